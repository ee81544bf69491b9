/** What originators say was wrong with records that they told, and how far it has come. */
import { number, rows, table, text, texts, type Raw } from "./sharing_shapes";

export interface Correction {
  id: string;
  /** The party that says so. */
  by: string;
  mine: boolean;
  /** When it was said, and since when it is known here. */
  at_ms: number | null;
  since_ms: number | null;
  text: string;
  fields: readonly string[];
  /** The record that counts instead, and whether it is here. */
  instead: string;
  here: boolean;
  /** Whether it is the originator's, and whether it is the latest of those. */
  effect: boolean;
  counts: boolean;
}
export type PartyState = "pending" | "told" | "acknowledged";
/** One correction as a whole: of ours, who has it. */
export interface Corrected extends Correction {
  officer: string;
  /** The first of the records, and how many there are. */
  records: readonly string[];
  n: number;
  /** How many of them are of another originator, so that nothing changes. */
  without_effect: number;
  parties: readonly { party: string; state: PartyState; at_ms: number | null }[];
}
/** To whom a correction would go. */
export interface Would {
  parties: readonly string[];
  n: number;
  label: string;
}

const correctionOf = (c: Raw): Correction => ({
  id: text(c["id"]), by: text(c["by"]), mine: c["mine"] === true, at_ms: number(c["at_ms"]), since_ms: number(c["since_ms"]), text: text(c["text"]), fields: texts(c["fields"]),
  instead: text(c["instead"]), here: c["instead_here"] === true, effect: c["effect"] !== false, counts: c["counts"] === true,
}); // prettier-ignore

/** Of a record or a card: what was said of it, that which counts first. */
export const correctionsOf = (raw: unknown): readonly Correction[] => rows(table(raw)["corrections"]).map(correctionOf);

export const correctedOf = (raw: Raw): readonly Corrected[] =>
  rows(raw["corrections"]).map((c) => ({
    ...correctionOf(c), officer: text(c["officer"]), records: texts(c["first"]), n: number(c["records"]) ?? 0, without_effect: number(c["without_effect"]) ?? 0,
    parties: rows(c["parties"]).map((p) => ({ party: text(p["party"]), state: text(p["state"]) as PartyState, at_ms: number(p["at_ms"]) })),
  })); // prettier-ignore

export const wouldOf = (raw: Raw): readonly Would[] =>
  rows(raw["would"]).map((w) => ({ parties: texts(w["parties"]), n: texts(w["records"]).length, label: text(w["label"]) }));
