/** Small things that every part of the release page uses: loading, tables, signs, and asking the node for a change. */
import type { ByRule, Form, Marking } from "../../api/sharing";
import { said } from "../../api/sharing";
import { failure } from "../../i18n/told";
import { t, tOr, word } from "../../i18n";
import { age, position, utc } from "../../i18n/format";
import { reasonWords } from "../../i18n/reasons";
import type { Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import type { Query } from "../../api/client";
import type { Reason } from "../../api/types";

/** One part of the page: draws itself into the sheet; `draw` draws the whole sheet anew. */
export interface Part {
  view(rest: string): TemplateResult | typeof nothing;
  /** Called when the part comes to the front, or when what stands behind its `/` in the address changes. */
  come?(rest: string): void;
  /** Called when the node says that something of sharing is new. */
  news?(): void;
  end?(): void;
}
export type PartMaker = (desk: Desk, draw: () => void) => Part;

/** Something asked of the node: not yet, there, or why not in words. */
export class Asked<T> {
  value: T | null = null;
  error = "";
  asking = false;
  #serial = 0;

  constructor(
    private readonly desk: Desk,
    private readonly draw: () => void,
  ) {}

  async get(path: string, read: (raw: Readonly<Record<string, unknown>>) => T, query: Query = {}): Promise<void> {
    await this.run(async () => read(await this.desk.api.get(path, query)));
  }

  async run(ask: () => Promise<T>): Promise<void> {
    const mine = ++this.#serial;
    this.asking = true;
    this.draw();
    try {
      const value = await ask();
      if (mine !== this.#serial) return;
      [this.value, this.error] = [value, ""];
    } catch (error) {
      if (mine !== this.#serial) return;
      this.error = failure(error);
    }
    this.asking = false;
    this.draw();
  }

  /** What stands there while there is nothing to show yet. */
  instead(empty = ""): TemplateResult {
    if (this.error) return html`<p class="refused" role="alert">${this.error}</p>`;
    return html`<p class="empty" role="status">${this.asking || !empty ? t("state.loading") : empty}</p>`;
  }
}

/** Ask the node to do something; says what was done, or why not. */
export async function does(desk: Desk, ask: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await ask();
    desk.say(done);
    void desk.sharing?.pull();
    return true;
  } catch (error) {
    desk.fail(error);
    return false;
  }
}

export const shortId = (id: string): TemplateResult => html`<code title=${id}>${id.slice(0, 10)}</code>`;

export function kindWord(kind: string): string {
  const known = tOr(`kind.${kind}`, "");
  if (known) return known;
  const [family, rest] = [kind.split(".")[0] ?? "", kind.split(".").slice(1).join(".")];
  if (rest === "*") return t("form.all_of", { what: word("kind_group", family) });
  return family === "event" ? word("event", rest) : kind;
}

/** Why something was set aside, in words of the page; the exact words of the check beside it, to be cited to a partner. */
export function whyAside(row: { why: string; because: readonly Reason[] }): TemplateResult {
  const exact = row.because.every((r) => r.exact !== false);
  return html`${row.because.map((r, n) => {
      const { text, lang } = reasonWords(r);
      return html`${n ? "; " : nothing}<span lang=${lang ?? nothing} dir="auto">${text}</span>`;
    })}${exact ? nothing : html` <span class="muted" lang="en" dir="ltr">${row.why}</span>`}`; // prettier-ignore
}

export const clauseText = (clause: readonly string[] | string): string => (typeof clause === "string" ? clause : clause.join(", "));

/** A rule in plain words, with the clause that it rests on. */
export function ruleWords(desk: Desk, r: ByRule): TemplateResult {
  return html`<span class="by-rule"><code>${r.id}</code> <span class="said" dir="auto">${said(r.words, desk.state.language).replace(/^\[[^\]]*\] ?/, "").replace(/\b[a-z]+(?:\.[a-z_]+)*\.(?:[a-z_]+|\*)/g, kindWord)}</span>
    ${clauseText(r.clause) ? html`<span class="muted nowrap">${t("share.clause")} <code>${clauseText(r.clause)}</code></span>` : nothing}</span>`;
}

/** In which form something is told: as which cell, how late, with which fields. */
export function formWords(form: Form): string {
  const out: string[] = [];
  if (form.cell_m) out.push(t("form.cell", { km: form.cell_m >= 1000 ? form.cell_m / 1000 : (form.cell_m / 1000).toFixed(1) }));
  else if (form.lat !== null && form.lat !== undefined) out.push(t("form.exact"));
  if (form.delay_s) out.push(t("form.delay", { age: age(form.delay_s * 1000) }));
  if (form.bucket_s && form.bucket_s > 1) out.push(t("form.bucket", { age: age(form.bucket_s * 1000) }));
  if (form.step_s) out.push(t("form.step", { age: age(form.step_s * 1000) }));
  if (form.masked) out.push(t("form.masked"));
  if (form.lat !== null && form.lat !== undefined) out.push(position(form.lat, form.lon));
  return out.join(" · ");
}

/** REL TO and level, as it stands on a card: letters that every partner reads. */
export function marking(desk: Desk, label: Marking): TemplateResult {
  const rel = label.rel_to.length ? `REL TO ${label.rel_to.map((p) => (p === "*" ? "*" : (desk.sharing?.name(p) ?? p))).join(", ")}` : t("mark.nobody");
  return html`<p class="marking"><span class="tlp tlp-${label.tlp.toLowerCase().replace(/\W.*/, "")}">TLP:${label.tlp.replace("_", "+")}</span>
    <bdi>${rel}</bdi>${label.caveats?.length ? html` <bdi>${label.caveats.join("/")}</bdi>` : nothing}
    ${label.reshare && label.reshare !== "none" ? html` <span class="muted">${word("reshare", label.reshare.toLowerCase())}</span>` : nothing}</p>`;
}

export const when = (ms: number | null | undefined): TemplateResult =>
  ms ? html`<time datetime=${new Date(ms).toISOString()}>${utc(ms)}</time>` : html`–`;

/** A table that gives way to a sentence where it has no rows. */
export function rowsOr(head: readonly string[], rows: readonly TemplateResult[], empty: string, numbers: readonly number[] = []): TemplateResult {
  if (!rows.length) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll"><table class="wide"><thead><tr>${head.map((h, i) => html`<th scope="col" class=${numbers.includes(i) ? "num" : ""}>${h}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
