import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { setLanguage } from "../src/i18n";
import { sentence } from "../src/i18n/sentences";

/** Every sentence that the detectors can write, from their own code (tests/house/event_sentences.py). */
const WRITTEN = JSON.parse(readFileSync(fileURLToPath(new URL("event_sentences.json", import.meta.url)), "utf8")) as Record<string, string[]>;
/** Latin letters that stand in a sentence of any language: numbers of ships, units, names of places and parties. */
const LATIN = /MMSI|AIS|UTC|Z\b|\b(?:h|m|km|nm|kn)\b|Keelung, TW|Naha \(north\)|Strait \(north\)|Water|zone-2|\bP[123]\b|[\d.]+[NE]\b/g;

describe.each(["ja", "zh-TW"])("sentences of the detectors in %s", (language) => {
  test.each(Object.keys(WRITTEN))("%s: each is translated whole", (kind) => {
    setLanguage(language);
    expect(WRITTEN[kind]!.length).toBeGreaterThan(2);
    const left = WRITTEN[kind]!.map((said) => ({ said, ...sentence(said, language) })).filter(({ text, lang }) => lang !== language || /[A-Za-z]/.test(text.replace(LATIN, "")));
    setLanguage("en");
    expect(left.slice(0, 5)).toEqual([]);
  });
});
