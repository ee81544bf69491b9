/** Phrases and their values as they are typed and read, in the reader's language. */
import { said, type Texts } from "../../api/sharing";
import type { Phrase } from "../../api/incidents";
import { CATALOGUES, type WordKey } from "../../i18n";
import { position, utc } from "../../i18n/format";

const TIMES = new Set(["time", "until"]);
export const NUMBERS: ReadonlySet<string> = new Set(["n", "h", "min", "nm", "kn", "m", "brg"]);
export const isTime = (name: string): boolean => TIMES.has(name);

export type Values = Readonly<Record<string, string | number | readonly [number, number] | undefined>>;

/** A phrase with its values, as it will be read; what is not filled in yet stands as its name. */
export function filled(phrase: Phrase, values: Values, language: string): string {
  return said(phrase.words as Texts, language).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === "") return `‹${CATALOGUES[language]?.[`param.${name}` as WordKey] ?? name}›`;
    if (Array.isArray(value)) return position(value[1] as number, value[0] as number);
    return TIMES.has(name) ? utc(Number(value)).slice(5, 16) + "Z" : String(value);
  });
}
