/** Tasks: offered to a desk and taken by it, or not. Nobody orders anybody. */
import type { Incident, TaskRow } from "../../api/incidents";
import { said } from "../../api/sharing";
import { t, word } from "../../i18n";
import { short } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import type { Acts } from "./acts";

/** What the desk that has a task may say of it, by its state. */
const NEXT: Readonly<Record<string, readonly string[]>> = { offered: ["accept", "refuse"], accepted: ["start", "done", "fail"], under_way: ["done", "fail"] };
const SIGN: Readonly<Record<string, string>> = { offered: "?", accepted: "✓", refused: "✗", withdrawn: "–", under_way: "▶", done: "✓✓", failed: "✗" };

export function taskList(desk: Desk, i: Incident, acts: Acts): TemplateResult {
  const live = i.tasks.filter((one) => NEXT[one.state]);
  const past = i.tasks.filter((one) => !NEXT[one.state]);
  return html`<section class="tasks"><h3>${t("task.title")} <span class="n">${live.length}</span></h3>
    ${i.tasks.length ? nothing : html`<p class="empty">${t("task.none")}</p>`}
    <ul>${live.map((one) => task(desk, i, one, acts))}</ul>
    ${past.length ? html`<details ?open=${!live.length}><summary>${t("task.past", { n: past.length })}</summary><ul>${past.map((one) => task(desk, i, one, acts))}</ul></details>` : nothing}
    ${i.closed || !acts.may(i) || Object.keys(i.desks).length < 2 ? nothing : html`<p class="actions"><button @click=${() => void acts.task(i)}>${t("task.offer")}</button></p>`}</section>`; // prettier-ignore
}

function task(desk: Desk, i: Incident, one: TaskRow, acts: Acts): TemplateResult {
  const me = desk.sharing!.party;
  const name = (id: string) => (id === me ? t("incident.we") : desk.sharing!.name(id));
  const may = acts.may(i) && !i.closed && one.may.length > 0;
  return html`<li class="box task ${one.state}"><p><strong><span aria-hidden="true">${SIGN[one.state] ?? ""}</span> ${word("task_state", one.state)}</strong>
      <span class="muted"><bdi>${name(one.by)}</bdi> → <bdi>${name(one.to)}</bdi></span></p>
    <p dir="auto">${said(one.text, desk.state.language)}</p>
    ${one.unit ? html`<p class="muted">${t("task.unit")}: <span dir="auto">${one.unit}</span></p>` : nothing}${one.until_ms ? html`<p class="muted">${t("task.until", { at: short(one.until_ms, desk.now()) })}</p>` : nothing}
    ${one.why ? html`<p class="reason" dir="auto">${one.why}</p>` : nothing}
    ${may ? html`<p class="actions">${one.to === me ? one.may.filter((op) => op !== "withdraw").map((op, k) => html`<button class=${k === 0 ? "main" : ""} @click=${() => void acts.taskIs(i, one.id, op)}>${word("task_do", op)}</button>`) : nothing}
      ${one.may.includes("withdraw") ? html`<button @click=${() => void acts.taskIs(i, one.id, "withdraw")}>${word("task_do", "withdraw")}</button>` : nothing}</p>` : nothing}</li>`; // prettier-ignore
}
