/** What the desk decides about an alert: acknowledge, silence for a time, dismiss with a reason, undo. */
import { t, type WordKey } from "../i18n";
import { forInput, parse, utc } from "../i18n/format";
import type { Alert } from "../api/types";
import type { Desk } from "./desk";
import { ask } from "./dialogs";
import { html, key, nothing, type TemplateResult } from "./drawing";
import { goTo } from "./replay";

const HOUR_MS = 3_600_000;
const SILENCES_H = [1, 2, 6, 12, 24, 168] as const;
const REASONS: readonly WordKey[] = ["reason.known_work", "reason.reached", "reason.with_other", "reason.weather", "reason.false_alarm"];
const BEFORE_MS = 30 * 60_000;

export function actions(desk: Desk, a: Alert): TemplateResult {
  const may = desk.may("decide");
  const button = (act: Act, letter: string, wanted: boolean) =>
    wanted && may ? html`<button aria-keyshortcuts=${letter.toLowerCase()} @click=${() => void decide(desk, act, a)}>${t(`act.do_${act}`)} ${key(letter)}</button>` : nothing; // prettier-ignore
  const standing = a.state !== "new" && a.state !== "withdrawn";
  return html`<div class="actions">
    ${button("ack", "A", a.state === "new")} ${button("silence", "S", a.state === "new" || a.state === "acknowledged")}
    ${button("dismiss", "D", a.state === "new" || a.state === "acknowledged")} ${button("undo", "U", standing)}
    ${desk.may("write") ? html`<button aria-keyshortcuts="l" @click=${() => desk.app.store.set({ page: "log" })}>${t("act.log")} ${key("L")}</button>` : nothing}
    <button aria-keyshortcuts="r" @click=${() => replayAlert(desk, a)}>${t("act.replay")} ${key("R")}</button>
  </div>`; // prettier-ignore
}

export function replayAlert(desk: Desk, a: Alert): void {
  goTo(desk, Math.min(a.t, desk.now()) - BEFORE_MS);
}

export type Act = "ack" | "silence" | "dismiss" | "undo";

export async function decide(desk: Desk, act: Act, alert: Alert): Promise<void> {
  if (!desk.may("decide")) return desk.say(t("error.role"));
  try {
    const path = `/api/alerts/${encodeURIComponent(alert.event_id)}/${act}`;
    if (act === "silence") {
      if (!(await silence(desk, alert, path))) return;
    } else if (act === "dismiss") {
      if (!(await dismiss(desk, alert, path))) return;
    } else await desk.api.post(path, { version: alert.version });
    desk.say(t(`act.done_${act}`));
    desk.refresh();
  } catch (error) {
    desk.fail(error);
    desk.refresh();
  }
}

const reasonField = (first: boolean) => html`
  <label>${t("decide.reason")}<input name="reason" list="reasons" required maxlength="2000" autocomplete="off" ?data-first=${first} /></label>
  <datalist id="reasons">${REASONS.map((r) => html`<option value=${t(r)}></option>`)}</datalist>`; // prettier-ignore

function silence(desk: Desk, a: Alert, path: string): Promise<true | null> {
  const body = html`
    <fieldset class="hours"><legend>${t("decide.how_long")}</legend>
      ${SILENCES_H.map((h, i) => html`<label class="choice"><input type="radio" name="hours" value=${h} ?checked=${h === 6} ?data-first=${i === 2} />${h === 168 ? t("decide.week") : `${h} h`}</label>`)}
      <label class="choice"><input type="radio" name="hours" value="until" />${t("decide.until")}
        <input class="when" name="until" maxlength="20" autocomplete="off" aria-label=${t("decide.until")} placeholder=${forInput(desk.now() + 24 * HOUR_MS)}
          @input=${(e: Event) => ((e.target as HTMLElement).closest("label")!.querySelector<HTMLInputElement>("[type=radio]")!.checked = true)} /> Z</label>
    </fieldset>
    <fieldset><legend>${t("decide.what")}</legend>
      <label class="choice"><input type="radio" name="scope" value="event" checked />${t("decide.this_event")}</label>
      ${a.mmsis.length ? html`<label class="choice"><input type="radio" name="scope" value="vessel" />${t("decide.this_vessel", { who: a.names[0] || `MMSI ${a.mmsis[0]}` })}</label>` : nothing}
    </fieldset>
    ${reasonField(false)}`; // prettier-ignore
  return ask(t("act.do_silence"), body, t("act.do_silence"), async (form) => {
    const hours = String(form.get("hours"));
    const until = parse(String(form.get("until")), desk.now(), true);
    if (hours === "until" && !Number.isFinite(until)) throw new Error(t("time.unreadable", { example: forInput(desk.now()) }));
    if (hours === "until" && until <= desk.now()) throw new Error(t("decide.not_ahead", { now: utc(desk.now()) }));
    const end = hours === "until" ? { until } : { hours: Number(hours) };
    await desk.api.post(path, { ...end, scope: form.get("scope"), reason: form.get("reason"), version: a.version });
    return true as const;
  });
}

function dismiss(desk: Desk, a: Alert, path: string): Promise<true | null> {
  const body = html`<p>${t("decide.dismiss_means")}</p>${reasonField(true)}`;
  return ask(t("act.do_dismiss"), body, t("act.do_dismiss"), async (form) => {
    await desk.api.post(path, { reason: form.get("reason"), version: a.version });
    return true as const;
  });
}
