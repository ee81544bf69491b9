/**
 * Words of the page in the languages that are shipped. Every key stands in all catalogues (`test/i18n.test.ts`); names
 * of partners, places and zones come from the node and never stand here. `glossary.md` beside this says which words of
 * the trade were chosen, for a native speaker to correct.
 */
import en from "./en.json";
import ja from "./ja.json";
import becauseEn from "./reasons/en.json";
import becauseJa from "./reasons/ja.json";
import becauseZh from "./reasons/zh-TW.json";
import sharedEn from "./sharing/en.json";
import sharedJa from "./sharing/ja.json";
import sharedZh from "./sharing/zh-TW.json";
import zhTW from "./zh-TW.json";

/** Words of sharing and of incidents stand in `sharing/`, those of reasons in `reasons/`. */
export type WordKey = keyof typeof en | keyof typeof sharedEn | keyof typeof becauseEn;
type Catalogue = Readonly<Record<WordKey, string>>;

export const CATALOGUES: Readonly<Record<string, Catalogue>> = {
  en: { ...en, ...sharedEn, ...becauseEn }, ja: { ...ja, ...sharedJa, ...becauseJa }, "zh-TW": { ...zhTW, ...sharedZh, ...becauseZh },
}; // prettier-ignore
/** Languages by their own names. */
export const LANGUAGES: Readonly<Record<string, string>> = { en: "English", ja: "日本語", "zh-TW": "繁體中文" };

let catalogue: Catalogue = CATALOGUES["en"]!;
let current = "en";

/** The language of the page now. */
export const language = (): string => current;

export function setLanguage(language: string): void {
  current = language in CATALOGUES ? language : "en";
  catalogue = CATALOGUES[language] ?? CATALOGUES["en"]!;
}

/** The best shipped language for a wish list such as `navigator.languages`. */
export function bestLanguage(wished: readonly string[]): string {
  for (const wish of wished) {
    if (wish in CATALOGUES) return wish;
    const base = wish.toLowerCase();
    if (base.startsWith("ja")) return "ja";
    if (base.startsWith("zh-hant") || base.startsWith("zh-tw") || base.startsWith("zh-hk")) return "zh-TW";
    if (base.startsWith("en")) return "en";
  }
  return "en";
}

/** The words of a key, with `{name}` replaced by values. */
export function t(key: WordKey, values: Readonly<Record<string, string | number>> = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The words of a key that is put together from what the node sent; its own word where we have none. */
export function tOr(key: string, otherwise: string): string {
  return Object.hasOwn(catalogue, key) ? catalogue[key as WordKey] : otherwise;
}

/** A code of the node as words: from the catalogue under `group.code`, else the code with blanks. */
export function word(group: string, code: string): string {
  return tOr(`${group}.${code}`, code.replaceAll("_", " "));
}

/** A sentence of the detectors in this language, where the catalogue has it; else as the node sent it. */
export function phrase(text: string): string {
  if (current === "en") return text;
  const key = PHRASES.get(text);
  return key ? catalogue[key] : text;
}
const PHRASES = new Map<string, WordKey>(
  (Object.keys(en) as WordKey[]).filter((k) => k.startsWith("phrase.")).map((k) => [CATALOGUES["en"]![k], k]),
);
