/**
 * What the node says in codes, as words of the page: refusals, cautions, what is wrong with a source. A code that the page
 * does not know is said in the general words of its kind; the node's own English is shown in an English page only.
 */
import { Refused, Unreachable } from "../api/client";
import type { Facts, VesselCard } from "../api/types";
import { language, t, tOr, type WordKey } from "./index";
import { reasonsWords, refusedBy } from "./reasons";

const filled = (text: string, facts: Facts): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = facts[name];
    return value === undefined ? whole : typeof value === "number" ? String(Math.round(value * 10) / 10) : value;
  });

/** Words for a failure of any kind. */
export function failure(error: unknown): string {
  if (error instanceof Unreachable) return t("error.unreachable");
  if (!(error instanceof Refused)) return error instanceof Error && error.name === "Error" ? error.message : t("error.fault");
  if (error.reasons.length && error.code === "rule") return refusedBy(String(error.facts["rule"] ?? ""), error.reasons, String(error.facts["hint"] ?? ""));
  if (error.reasons.length) return (error.code === "text" ? t("problem.text", { where: String(error.facts["where"] ?? ""), hint: "" }).trim() + " " : "") + reasonsWords(error.reasons);
  const known = tOr(`problem.${error.code}`, "");
  if (known) return filled(known, error.facts);
  const general = tOr(`problem.status_${error.status}`, t("error.refused"));
  return language() === "en" ? error.detail || general : general;
}

export function caution(one: VesselCard["cautions"][number]): string {
  if (typeof one === "string") return language() === "en" ? one : t("caution.other");
  const known = tOr(`caution.${one.code ?? ""}`, "");
  return known ? filled(known, one.facts ?? {}) : language() === "en" ? (one.text ?? "") : t("caution.other");
}

/** What is wrong with a source: sentences of the node with a number in them. What the system or the far side says stays. */
const DETAILS: readonly { key: WordKey; pattern: RegExp }[] = [
  { key: "detail.silent", pattern: /^nothing came for (?<n>\d+) s$/ },
  { key: "detail.first_line", pattern: /^waits for the first line$/ },
  { key: "detail.compiling", pattern: /^kernels compile for this processor, once/ },
  { key: "detail.posts", pattern: /^waits for posts$/ },
];

export function detail(text: string): { text: string; lang: string | undefined } {
  if (!text || language() === "en") return { text, lang: undefined };
  for (const { key, pattern } of DETAILS) {
    const found = pattern.exec(text);
    if (found) return { text: t(key, found.groups ?? {}), lang: undefined };
  }
  return { text, lang: "en" };
}

let codes: Map<string, string> | null = null;

/** The administration of a number block, which the node gives in English, by the browser's own names of regions. */
export function region(name: string): string {
  if (language() === "en") return name;
  if (name === "unassigned") return t("flag.unassigned");
  if (!codes) {
    const english = new Intl.DisplayNames(["en"], { type: "region", style: "short", fallback: "none" });
    const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
    codes = new Map(letters.flatMap((a) => letters.map((b) => a + b)).flatMap((code) => (english.of(code) ? [[english.of(code)!, code] as const] : [])));
    codes.set("Viet Nam", "VN").set("Myanmar", "MM");
  }
  const code = codes.get(name);
  return (code && new Intl.DisplayNames([language()], { type: "region", style: "short" }).of(code)) || name;
}
