/** Agreements: the clauses in the reader's language, who signed, days left, what does not fit the rules, the yearly account. */
import type { Agreement, Clause } from "../../api/sharing";
import { said } from "../../api/sharing";
import { agreementsOf } from "../../api/sharing_shapes";
import { LANGUAGES, t, word } from "../../i18n";
import { reasonsWords } from "../../i18n/reasons";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { Asked, type PartMaker } from "./parts";

const SOON_DAYS = 90;

export const agreementsPart: PartMaker = (desk, draw) => {
  const found = new Asked<readonly Agreement[]>(desk, draw);
  const pull = () => void found.get("/api/sharing/agreements", agreementsOf);
  /** Clauses are read in the page's language, or in all three side by side. */
  let all = false;
  return {
    come: pull,
    news: pull,
    view(rest) {
      if (!found.value) return found.instead();
      const list = found.value;
      if (!list.length) return html`<p class="empty">${t("agreements.none")}</p>`;
      return html`<p class="actions"><label class="choice"><input type="checkbox" .checked=${all} @change=${(e: Event) => { all = (e.target as HTMLInputElement).checked; draw(); }} />${t("agreements.all_languages")}</label></p>
        ${list.map((a) => whole(desk, a, all, a.id === rest || list.length === 1))}`;
    },
  }; // prettier-ignore
};

const day = (ms: number | null): string => (ms === null ? "–" : new Date(ms).toISOString().slice(0, 10));

function whole(desk: Desk, a: Agreement, all: boolean, open: boolean): TemplateResult {
  const { language } = desk.state;
  const year = new Date(desk.now()).getUTCFullYear();
  const soon = a.days_left !== null && a.days_left <= SOON_DAYS;
  const report = (y: number) => `/api/sharing/agreements/${encodeURIComponent(a.id)}/report?year=${y}&lang=${language}`;
  return html`<section class="box agreement"><h3><span dir="auto">${said(a.title, language)}</span> <code>${a.id}</code> <span class="muted">${t("agreements.version", { n: a.version })}</span></h3>
    <p><strong class=${a.state === "in_force" ? "good" : "old"}>${word("agreement", a.state)}</strong> ${a.why.length ? html`<span dir="auto">${reasonsWords(a.why)}</span>` : nothing}
      · ${day(a.starts_ms)} – ${day(a.ends_ms)} ${a.days_left === null ? nothing : html`· <strong class=${soon ? "old" : ""}>${a.days_left < 0 ? t("agreements.over") : t("agreements.days_left", { n: a.days_left })}</strong>`}</p>
    <p>${a.signed.map((s) => html`<span class="chip plain"><bdi>${said(s.name, language) || desk.sharing!.name(s.party)}</bdi> <span aria-hidden="true">${s.signed ? "✓" : "–"}</span> ${t(s.signed ? "agreements.signed" : "agreements.unsigned")}</span>`)}</p>
    ${a.findings.length ? html`<ul class="findings">${a.findings.map((f) => html`<li class=${f.level}><span aria-hidden="true">${f.level === "error" ? "✗" : "!"}</span> <strong>${word("level_finding", f.level)}</strong> <span dir="auto">${f.reasons?.length ? reasonsWords(f.reasons) : f.text}</span></li>`)}</ul>` : nothing}
    <p class="actions">${a.mine_to_sign ? html`<button class="main" @click=${() => void sign(desk, a)}>${t("agreements.sign")}</button>` : nothing}${[year, year - 1].map((y) => html`<a class="button" download href=${report(y)}>${t("agreements.report", { year: y })}</a>`)}</p>
    <details ?open=${open}><summary>${t("agreements.clauses", { n: a.clauses.length })}</summary><ol class="clauses">${a.clauses.map((c) => clause(desk, c, all))}</ol></details></section>`; // prettier-ignore
}

async function sign(desk: Desk, a: Agreement): Promise<void> {
  const body = html`<p>${t("agreements.sign_means")}</p><p dir="auto"><strong>${said(a.title, desk.state.language)}</strong> <code class="long">${a.sha256}</code></p>`;
  await ask(t("agreements.sign"), body, t("agreements.sign"), async () => {
    await desk.api.post(`/api/sharing/agreements/${encodeURIComponent(a.id)}/sign`, { sha256: a.sha256 });
    desk.say(t("share.done"));
    desk.tell("share");
    return true;
  });
}

function clause(desk: Desk, c: Clause, all: boolean): TemplateResult {
  const { language } = desk.state;
  const shown = all ? Object.keys(LANGUAGES) : [language];
  return html`<li><h4><code>${c.id}</code> <span dir="auto">${said(c.title, language)}</span> ${c.distress ? html`<span class="badge new">${t("agreements.distress")}</span>` : nothing}</h4>
    <div class="texts">${shown.map((l) => html`<p lang=${l} dir="auto">${said(c.text, l)}</p>`)}</div>
    ${c.rules ? html`<p class="muted">${c.rules.length ? html`${t("agreements.rules")} ${c.rules.map((r) => html`<button class="link" @click=${() => openPart(desk, "release", "rules")}><code>${r}</code></button> `)}` : t("agreements.no_rule")}</p>` : nothing}</li>`; // prettier-ignore
}
