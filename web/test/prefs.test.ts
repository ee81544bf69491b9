import { expect, test } from "vitest";
import { askedLook, hashWith } from "../src/panels/prefs";
import { fromHash } from "../src/state";

test("the page before the picture looks as its address asks, else as the station keeps it", () => {
  const kept = { theme: "day", language: "ja" } as const;
  expect(askedLook("#vessel=200000010&theme=night&language=zh-TW", kept, ["en"])).toEqual({ theme: "night", language: "zh-TW" });
  expect(askedLook("#theme=night", kept, ["en"])).toEqual({ theme: "night", language: "ja" });
  expect(askedLook("", kept, ["en"])).toEqual({ theme: "day", language: "ja" });
  expect(askedLook("#theme=pink&language=de", {}, ["zh-Hant-TW", "en"])).toEqual({ theme: "dusk", language: "zh-TW" });
});

test("what is chosen there takes the place of what the address asked for, and of nothing else", () => {
  const now = hashWith("#theme=night&view=7.25/25.2000/124.4000&page=release", { theme: "day" });
  expect(fromHash(now)).toMatchObject({ theme: "day", page: "release", view: { zoom: 7.25, lat: 25.2, lon: 124.4 } });
  expect(hashWith("#vessel=200000010&page=log", { language: "ja" })).toBe("#vessel=200000010&page=log");
});
