/** Corrections: what was wrong with a record that was told, who is told so, and what counts now. The record itself is kept. */
import "./corrections.css";
import { correctedOf, type Corrected, type Correction, type Would, wouldOf } from "../../api/corrections";
import { labelOf } from "../../api/sharing_shapes";
import { t, word } from "../../i18n";
import { short } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { Asked, marking, rowsOr, shortId, when } from "./parts";

/** What was said of a record: the latest of its originator first, as it counts; earlier words and those of others below. */
export function corrections(desk: Desk, all: readonly Correction[]): TemplateResult | typeof nothing {
  if (!all.length) return nothing;
  return html`<ul class="corrections">${all.map((c) => html`<li class=${c.counts ? "counts" : "muted"}>
    <p><strong>${c.counts ? html`<span aria-hidden="true">!</span> ${t("correct.by", { who: desk.sharing!.name(c.by) })}` : c.effect ? t("correct.earlier", { who: desk.sharing!.name(c.by) }) : t("correct.no_effect", { who: desk.sharing!.name(c.by) })}</strong>
      <span class="muted">${short(c.at_ms, desk.now())}</span></p>
    ${words(desk, c)}</li>`)}</ul>`; // prettier-ignore
}

function words(desk: Desk, c: Correction): TemplateResult {
  const use = () => openPart(desk, "release", `ledger/${c.instead}`);
  return html`<p class="said" dir="auto">${c.text}</p>
    ${c.fields.length ? html`<p>${t("correct.wrong")} ${c.fields.map((f) => html`<code>${f}</code> `)}</p>` : nothing}
    ${c.instead ? html`<p>${t("correct.use")} ${c.here && desk.may("release") ? html`<button class="link" @click=${use}>${shortId(c.instead)}</button>` : shortId(c.instead)} ${c.here ? nothing : html`<span class="muted">${t("correct.not_here")}</span>`}</p>` : nothing}`; // prettier-ignore
}

/** The list on the page of recalls: of ours who has it, of others what they say. */
export class CorrectionList {
  readonly #found: Asked<readonly Corrected[]>;

  constructor(
    private readonly desk: Desk,
    draw: () => void,
  ) {
    this.#found = new Asked(desk, draw);
  }

  pull(): void {
    void this.#found.get("/api/sharing/corrections", correctedOf);
  }

  view(): TemplateResult {
    const all = this.#found.value;
    return html`<section class="corrected"><h3 class="big">${t("correct.title")}</h3><p class="muted">${t("correct.means")}</p>
      ${all ? (all.length ? html`<ul class="cards one">${all.map((c) => card(this.desk, c))}</ul>` : html`<p class="empty">${t("correct.none")}</p>`) : this.#found.instead()}</section>`; // prettier-ignore
  }
}

const SIGN: Readonly<Record<string, string>> = { pending: "…", told: "→", acknowledged: "✓" };

function card(desk: Desk, c: Corrected): TemplateResult {
  const done = c.parties.filter((p) => p.state === "acknowledged").length;
  return html`<li class="box"><h4>${t("correct.one")} ${shortId(c.id)}${c.mine ? nothing : html` <span class="muted">${t("recall.of", { who: desk.sharing!.name(c.by) })}</span>`}</h4>
    <p class="muted">${short(c.at_ms, desk.now())} ${c.officer ? html`· <bdi>${c.officer}</bdi>` : nothing} · ${t("recall.records", { n: c.n })}
      ${c.records.slice(0, 3).map((id) => html` <button class="link" @click=${() => openPart(desk, "release", `ledger/${id}`)}>${shortId(id)}</button>`)}</p>
    ${words(desk, c)}
    ${c.without_effect ? html`<p class="cautions">${t("correct.without_effect", { n: c.without_effect })}</p>` : nothing}
    ${c.mine ? html`<p><strong>${t("recall.state", { done, all: c.parties.length })}</strong></p>
      ${rowsOr([t("ledger.to"), t("hop.state"), t("ledger.receipt")], c.parties.map((p) => html`<tr><td><bdi>${desk.sharing!.name(p.party)}</bdi></td>
        <td><strong><span aria-hidden="true">${SIGN[p.state] ?? ""}</span> ${word("correct_state", p.state)}</strong></td><td>${when(p.at_ms)}</td></tr>`), t("correct.nobody"))}` : nothing}</li>`; // prettier-ignore
}

/** Asks what was wrong, shows who would be told so, and tells them. */
export async function correctThis(desk: Desk, record: string): Promise<void> {
  const body = html`<p>${t("correct.do_means")}</p>
    <label>${t("correct.text")}<textarea name="text" required maxlength="4000" rows="3" data-first></textarea></label>
    <label>${t("correct.fields")}<input name="fields" maxlength="500" autocomplete="off" spellcheck="false" /></label>
    <label>${t("correct.instead")}<input name="instead" maxlength="64" pattern="[0-9a-f]{64}" autocomplete="off" spellcheck="false" /></label>`; // prettier-ignore
  const asked = await ask(t("correct.do"), body, t("correct.next"), async (form) => {
    const wish = wished(record, form);
    return { wish, would: wouldOf(await desk.api.post<Record<string, unknown>>("/api/sharing/corrections", { ...wish, dry_run: true })) };
  });
  if (!asked) return;
  const done = await ask(t("correct.confirm"), willHear(desk, asked.wish, asked.would), t("correct.send"), async () => {
    await desk.api.post("/api/sharing/corrections", asked.wish);
    return true;
  });
  if (!done) return;
  desk.say(t("correct.done"));
  desk.tell("share");
  openPart(desk, "release", "recalls");
}

type Wish = ReturnType<typeof wished>;

/** What a filled form asks for. */
export function wished(record: string, form: FormData) {
  const fields = String(form.get("fields") ?? "").split(/[,、，\s]+/); // prettier-ignore
  const instead = String(form.get("instead") ?? "").trim();
  return { records: [record], text: String(form.get("text")).trim(), fields: fields.filter((f) => f), instead: instead || null };
}

function willHear(desk: Desk, wish: Wish, would: readonly Would[]): TemplateResult {
  return html`<p>${t("correct.will")}</p>
    <ul data-first tabindex="-1">${would.map((w) => html`<li><strong>${w.parties.length ? w.parties.map((p) => desk.sharing!.name(p)).join(", ") : t("correct.nobody")}</strong>
      ${t("recall.records", { n: w.n })} ${marked(desk, w)}</li>`)}</ul>
    <blockquote dir="auto">${wish.text}</blockquote>`; // prettier-ignore
}

function marked(desk: Desk, w: Would): TemplateResult | typeof nothing {
  const label = labelOf(w.label);
  return label ? marking(desk, label) : nothing;
}
