import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bestLanguage, CATALOGUES, phrase, setLanguage, t, word } from "../src/i18n";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const sources = (folder: string): string =>
  readdirSync(`${SRC}/${folder}`, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts")).map((f) => readFileSync(`${SRC}/${folder}/${f}`, "utf8")).join("\n"); // prettier-ignore
const { en, ja, "zh-TW": zh } = CATALOGUES as Record<string, Record<string, string>>;
const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

describe("catalogues", () => {
  test("every key stands in all languages, and says something", () => {
    for (const other of [ja, zh]) expect(Object.keys(other!).sort()).toEqual(Object.keys(en!).sort());
    for (const catalogue of [en, ja, zh]) for (const [key, text] of Object.entries(catalogue!)) expect(text.trim(), key).not.toBe("");
  });

  test("the same values stand in the text of every language", () => {
    for (const [key, text] of Object.entries(en!))
      for (const other of [ja, zh]) expect(names(other![key]!), key).toEqual(names(text));
  });

  test("no text is markup", () => {
    for (const catalogue of [en, ja, zh]) for (const [key, text] of Object.entries(catalogue!)) expect(text, key).not.toMatch(/<\w|&\w+;/);
  });

  test("no key is left over: each is used by name or belongs to a group that the node's codes choose from", () => {
    const text = sources("panels") + sources("i18n");
    const groups = new Set([...text.matchAll(/(?:word|tOr|t)\(\s*["`](\w+)[."`]/g)].map((m) => m[1]!));
    const unused = Object.keys(en!).filter((key) => {
      const group = key.split(".")[0]!;
      const chosen = new RegExp(`(?:word\\(\\s*"${group}"|\`${group}\\.\\$\\{|\`${group}\\.\\w+_\\$\\{)`).test(text);
      return !text.includes(`"${key}"`) && !chosen && group !== "phrase" && group !== "said"; // looked up by their English text
    });
    expect(groups.size).toBeGreaterThan(10);
    expect(unused).toEqual([]);
  });

  test("no name of a party, sea or island is wired in", () => {
    const hard = /Taiwan|Japan\b|China|Philippin|Korea|Formosa|Senkaku|Diaoyu|Okinawa|臺灣|台灣|中国|中國|尖閣|釣魚|沖縄/i;
    for (const catalogue of [en, ja, zh]) for (const [key, text] of Object.entries(catalogue!)) expect(text, key).not.toMatch(hard);
  });
});

describe("words", () => {
  test("values are put in, and unknown codes of the node are shown as they came", () => {
    setLanguage("en");
    expect(t("alert.new", { n: 4 })).toBe("4 new");
    expect(word("event", "port_visit")).toBe("Port visit");
    expect(word("event", "sea_monster")).toBe("sea monster");
  });

  test("a value that looks like a place for another is not replaced again", () => {
    setLanguage("en");
    expect(t("alert.by", { by: "{at}", at: "x" })).toBe("{at} x");
  });

  test("sentences of the detectors are translated where the catalogue has them", () => {
    setLanguage("ja");
    expect(phrase("coastal radar track")).toBe("沿岸レーダーの航跡");
    expect(phrase("something new")).toBe("something new");
    setLanguage("en");
    expect(phrase("coastal radar track")).toBe("coastal radar track");
  });

  test("the detectors' own sentences are all in the catalogue, letter by letter", () => {
    const explain = readFileSync(`${SRC}/../../src/kizuna/events/account/explain.py`, "utf8");
    const said = [...explain.matchAll(/^[A-Z_]+: Final = "([^"]+)"$/gm)].map((m) => m[1]!);
    const known = new Set(Object.entries(en!).filter(([key]) => key.startsWith("phrase.")).map(([, text]) => text)); // prettier-ignore
    expect(said.length).toBeGreaterThan(30);
    expect(said.filter((text) => !known.has(text))).toEqual([]);
  });

  test("the browser's wishes choose the language", () => {
    expect(bestLanguage(["de-AT", "ja-JP"])).toBe("ja");
    expect(bestLanguage(["zh-Hant-HK"])).toBe("zh-TW");
    expect(bestLanguage(["zh-CN"])).toBe("en");
    expect(bestLanguage([])).toBe("en");
  });
});
