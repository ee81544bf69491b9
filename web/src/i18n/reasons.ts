/**
 * Why something is so, in the words of the page: the node sends each reason as a code with its facts, beside its English
 * for programs. The words stand in `reasons/`, under `because.` and the code. A reason without a code is shown as it came.
 */
import type { Reason } from "../api/types";
import { language, t, tOr, word } from "./index";

const BETWEEN: Readonly<Record<string, string>> = { en: "; ", ja: "、", "zh-TW": "；" };
/** Facts that are ids of parties: said by name, as the memorandum or the node names them. */
const PARTIES = new Set(["to", "party", "who", "origin", "other"]);
let called: (id: string) => string = (id) => id;

/** How parties are called from here on. */
export function nameParties(by: (id: string) => string): void {
  called = by;
}

export interface Worded {
  text: string;
  /** Set where it stands in another language than the page. */
  lang: string | undefined;
}

export function reasonWords(r: Reason): Worded {
  const form = r.code ? tOr(`because.${r.code}`, "") : "";
  if (!form) return { text: r.reason, lang: language() === "en" ? undefined : "en" };
  const text = form.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(r.facts[name] ?? "");
    if (name === "why") return r.because?.length ? reasonsWords(r.because) : value;
    if (name === "task_state") return word("task_state", value);
    if (name === "names") return value.split(", ").map(called).join(", ");
    return PARTIES.has(name) ? called(value) : value;
  });
  return { text, lang: undefined };
}

/** Several reasons in one line. */
export const reasonsWords = (all: readonly Reason[]): string => all.map((r) => reasonWords(r).text).join(BETWEEN[language()] ?? "; ");

/** A refusal by rule: what rule, and why; what would help, where the page has words for that. */
export const refusedBy = (rule: string, all: readonly Reason[], hint: string): string =>
  t("problem.rule", { rule, why: reasonsWords(all), hint: language() === "en" && hint ? `(${hint})` : "" }).trim();
