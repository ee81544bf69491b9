/** The situation report: filled by the node from the case, every field can be changed before it is sent; printed as it stands. */
import { markingWords } from "../banner";
import type { Incident, SentSitrep, SitrepPage } from "../../api/incidents";
import { said } from "../../api/sharing";
import { sitrepOf } from "../../api/sharing_shapes";
import { t, word } from "../../i18n";
import { failure } from "../../i18n/told";
import { utc } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import type { Acts } from "./acts";

interface Held {
  key: string;
  page: SitrepPage | null;
  error: string;
  changes: Record<string, string>;
}
let held: Held = { key: "", page: null, error: "", changes: {} };
let form: "short" | "full" = "short";

export function sitrepView(desk: Desk, i: Incident, acts: Acts, draw: () => void): TemplateResult {
  const { language } = desk.state;
  const key = `${i.id}/${form}/${language}/${i.lines}`;
  if (held.key !== key) {
    const changes = held.key.startsWith(i.id) ? held.changes : {};
    held = { key, page: null, error: "", changes };
    desk.api.get<Record<string, unknown>>(`/api/incidents/${i.id}/sitrep`, { form, lang: language }).then(
      (raw) => { if (held.key === key) held.page = sitrepOf(raw); draw(); },
      (error: unknown) => { if (held.key === key) held.error = failure(error); draw(); },
    ); // prettier-ignore
  }
  const { page, error, changes } = held;
  const send = async (event: Event) => {
    event.preventDefault();
    if (!(await acts.send(`/api/incidents/${i.id}/sitrep`, { form, lang: language, changes, priority: page?.priority ?? "" }))) return;
    held = { key: "", page: null, error: "", changes: {} };
    desk.say(t("sitrep.sent"));
    openPart(desk, "incidents", i.id);
  };
  return html`${back(desk, i)}
    <h2 tabindex="-1" data-first>SITREP ${page ? page.number : ""}</h2>
    <div class="tabs noprint" role="group" aria-label=${t("sitrep.form")}>${(["short", "full"] as const).map((f) => html`<button aria-pressed=${form === f} @click=${() => { form = f; draw(); }}>${t(`sitrep.${f}`)}</button>`)}
      <button @click=${() => window.print()}>${t("action.print")}</button></div>
    ${error ? html`<p class="refused" role="alert">${error}</p>` : nothing}
    ${!page && !error ? html`<p class="empty">${t("state.loading")}</p>` : nothing}
    ${page ? html`<form class="sitrep" @submit=${send}><p>${word("priority", page.priority)} · ${utc(desk.now())} · ${t("sitrep.from", { who: desk.sharing!.name(desk.sharing!.party) })} ${page.to.length ? html`→ <bdi>${page.to.map((p) => desk.sharing!.name(p)).join(", ")}</bdi>` : nothing}</p>
      ${page.fields.map((f) => html`<label><span><strong>${f.letter}</strong> ${said(f.name, language)}</span><textarea name=${f.letter} rows=${Math.min(6, Math.max(1, Math.ceil((changes[f.letter] ?? f.text).length / 60)))} maxlength="2000" .value=${changes[f.letter] ?? f.text}
        @input=${(e: Event) => { changes[f.letter] = (e.target as HTMLTextAreaElement).value; }} ?readonly=${i.closed || !acts.may(i)}></textarea></label>`)}
      ${i.closed || !acts.may(i) ? nothing : html`<p class="actions noprint"><button class="main">${t("sitrep.send")}</button></p>`}</form>` : nothing}`; // prettier-ignore
}

const back = (desk: Desk, i: Incident): TemplateResult => html`<p class="noprint"><button class="link" @click=${() => openPart(desk, "incidents", i.id)}>← ${word("incident_kind", i.kind)} <span dir="auto">${i.title}</span></button></p>
    <p class="onlyprint">${markingWords(desk)}</p>`; // prettier-ignore

let names: { key: string; page: SitrepPage | null; error: string } = { key: "", page: null, error: "" };

/** A situation report that was sent, by this desk or another, as it stands in the case. */
export function sentSitrep(desk: Desk, i: Incident, one: SentSitrep, draw: () => void): TemplateResult {
  const { language } = desk.state;
  const key = `${one.id}/${language}`;
  if (names.key !== key) {
    names = { key, page: null, error: "" };
    desk.api.get<Record<string, unknown>>(`/api/incidents/${i.id}/sitrep`, { no: one.number, lang: language }).then(
      (raw) => { if (names.key === key) names.page = sitrepOf(raw); draw(); },
      (error: unknown) => { if (names.key === key) names.error = failure(error); draw(); },
    ); // prettier-ignore
  }
  const called = new Map((names.page?.fields ?? []).map((f) => [f.letter, said(f.name, language)]));
  const to = one.to.map((p) => desk.sharing!.name(p)).join(", ");
  return html`${back(desk, i)}
    <h2 tabindex="-1" data-first>SITREP ${one.number}</h2>
    <div class="tabs noprint"><button @click=${() => window.print()}>${t("action.print")}</button></div>
    ${names.error ? html`<p class="refused" role="alert">${names.error}</p>` : nothing}
    <p>${word("priority", one.priority)} · ${utc(one.at_ms)} · ${t("sitrep.from", { who: desk.sharing!.name(one.by) })} ${to ? html`→ <bdi>${to}</bdi>` : nothing}</p>
    <dl class="sitrep-sent">${Object.entries(one.fields).filter(([, words]) => words.trim()).sort(([a], [b]) => (a < b ? -1 : 1)).map(([letter, words]) => html`<dt><strong>${letter}</strong> ${called.get(letter) ?? ""}</dt><dd dir="auto">${words}</dd>`)}</dl>`; // prettier-ignore
}
