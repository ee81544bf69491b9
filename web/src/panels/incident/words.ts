/** Places, times and phrases as they are typed and read: degrees and minutes in, the reader's language out. */
import { said, type Texts } from "../../api/sharing";
import type { Phrase } from "../../api/incidents";
import { position, utc } from "../../i18n/format";

/** `25°31.2′N 123°48.7′E`, `25 31.2 N 123 48.7 E`, `25.52 123.81`, `25.52N 123.81E`; null for anything else. */
export function degrees(text: string): { lat: number; lon: number } | null {
  const clean = text.trim().toUpperCase().replace(/[°º′'’"″,;]/g, " ");
  const parts = [...clean.matchAll(/([+-]?\d+(?:\.\d+)?)(?:\s+(\d+(?:\.\d+)?))??\s*([NSEW])/g)];
  const long = [...clean.matchAll(/(\d+)\s+(\d+(?:\.\d+)?)\s*([NSEW])/g)];
  const found = long.length === 2 ? long : parts.length === 2 ? parts : null;
  let lat: number, lon: number;
  if (found) {
    const value = (m: RegExpMatchArray) => (Math.abs(Number(m[1])) + Number(m[2] ?? 0) / 60) * (m[3] === "S" || m[3] === "W" || Number(m[1]) < 0 ? -1 : 1);
    const [a, b] = found as [RegExpMatchArray, RegExpMatchArray];
    const northFirst = "NS".includes(a[3]!);
    if (northFirst === "NS".includes(b[3]!)) return null;
    [lat, lon] = northFirst ? [value(a), value(b)] : [value(b), value(a)];
  } else {
    const plain = /^([+-]?\d+(?:\.\d+)?)\s+([+-]?\d+(?:\.\d+)?)$/.exec(clean);
    if (!plain) return null;
    [lat, lon] = [Number(plain[1]), Number(plain[2])];
  }
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

const TIMES = new Set(["time", "until"]);
export const NUMBERS: ReadonlySet<string> = new Set(["n", "h", "min", "nm", "kn", "m", "brg"]);
export const isTime = (name: string): boolean => TIMES.has(name);

export type Values = Readonly<Record<string, string | number | readonly [number, number] | undefined>>;

/** A phrase with its values, as it will be read; what is not filled in yet stands as its name. */
export function filled(phrase: Phrase, values: Values, language: string): string {
  return said(phrase.words as Texts, language).replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || value === "") return `‹${name}›`;
    if (Array.isArray(value)) return position(value[1] as number, value[0] as number);
    return TIMES.has(name) ? utc(Number(value)).slice(5, 16) + "Z" : String(value);
  });
}
