/** Where an event was told to partners: the entry of the ledger for each of them, to be named in a talk and looked up. */
import { t } from "../i18n";
import { short } from "../i18n/format";
import type { Desk } from "./desk";
import { html, nothing, type TemplateResult } from "./drawing";
import { openPart } from "./pages";
import { whoHeld } from "./release/who";

const SHORT = 12;

/** The section of the evidence; nothing where nobody was told. */
export function told(desk: Desk, event: string): TemplateResult | typeof nothing {
  const partners = (whoHeld(desk, { event })?.partners ?? []).filter((p) => p.told_at_ms && p.record);
  if (!partners.length) return nothing;
  return html`<h4>${t("told.title")}</h4><ul class="told-entries">${partners.map((p) => html`<li><bdi>${desk.sharing!.name(p.id)}</bdi> <time class="muted">${short(p.told_at_ms, desk.now())}</time>
    ${p.log ? html`<span class="entry-of"><span dir="ltr" class="log">${p.log}</span> ${t("told.entry", { n: p.n ?? 0 })}</span>` : nothing}
    <span class="hash"><code title=${p.record}>${p.record.slice(0, SHORT)}…</code>
      <button class="link" aria-label=${t("told.copy_means", { who: desk.sharing!.name(p.id) })} @click=${() => void copy(desk, p.record)}>${t("told.copy")}</button>
      ${desk.may("release") ? html`<button class="link" @click=${() => openPart(desk, "release", `ledger/${p.record}`)}>${t("who.story")}</button>` : nothing}</span></li>`)}</ul>`; // prettier-ignore
}

async function copy(desk: Desk, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    desk.say(t("told.copied"));
  } catch {
    desk.say(text); // a page without a secure origin may not write to the clipboard: the hash is shown whole
  }
}
