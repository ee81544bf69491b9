/** A field for a moment in UTC with what was read of it below: `2041` is the last 20:41, and whoever meant another one sees it. */
import { t } from "../../i18n";
import { age, forInput, parse, utc } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, type TemplateResult } from "../drawing";

const AHEAD_MS = 60_000;

export function whenField(desk: Desk, label: string, at_ms: number): TemplateResult {
  const told = (typed: string): { words: string; wrong: boolean } => {
    const now = desk.now();
    const ms = parse(typed, now);
    if (Number.isNaN(ms)) return { words: t("time.unreadable", { example: forInput(now) }), wrong: true };
    const at = utc(ms).slice(0, 16) + "Z";
    return ms > now + AHEAD_MS ? { words: t("when.ahead", { at }), wrong: true } : { words: t("when.read", { at, age: age(Math.max(0, now - ms)) }), wrong: false };
  };
  const show = (e: Event) => {
    const field = e.target as HTMLInputElement;
    const out = field.closest(".when-field")!.querySelector<HTMLElement>(".when-read")!;
    const { words, wrong } = told(field.value);
    out.textContent = words;
    out.classList.toggle("warn", wrong);
  };
  const first = told(forInput(at_ms));
  return html`<div class="when-field"><label>${label}<input name="at" .value=${forInput(at_ms)} maxlength="20" autocomplete="off" @input=${show} /></label>
    <p class="when-read ${first.wrong ? "warn" : ""}" aria-live="polite" .textContent=${first.words}></p></div>`; // prettier-ignore
}
