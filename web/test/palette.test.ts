import { describe, expect, it } from "vitest";
import { THEMES } from "../src/state";
import { NIGHT_LIMIT, TOKENS } from "../src/theme";
import { VISIONS, contrast, difference, leastContrast, luminance, parse, seen, separation, ucs } from "../tools/vision.mjs";

const linear = (hex: string) => seen(hex, "normal");

describe("the colour model", () => {
  it("gives white and black the lightness that they have", () => {
    expect(ucs(linear("#ffffff"))[0]).toBeCloseTo(100, 0);
    expect(ucs(linear("#000000"))[0]).toBeLessThan(1);
  });
  it("gives greys no colour", () => {
    const [, a, b] = ucs(linear("#808080")) as [number, number, number];
    expect(Math.hypot(a, b)).toBeLessThan(2);
  });
  it("gives the contrast of WCAG", () => {
    expect(contrast("#ffffff", "#000000", "normal")).toBeCloseTo(21, 5);
    expect(contrast("#777777", "#ffffff", "normal")).toBeCloseTo(4.48, 1);
  });
  it("finds the well-known four of Okabe and Ito too alike to the colour-blind", () => {
    expect(separation(["#E69F00", "#56B4E9", "#009E73", "#CC79A7"])).toBeLessThan(15);
  });
  it("lets every eye see greys as greys", () => {
    for (const vision of Object.keys(VISIONS)) expect(difference("#808080", "#808080", vision)).toBe(0);
  });
});

describe.each(THEMES)("the %s theme", (theme) => {
  const t = TOKENS[theme];
  it("keeps the marks apart by 25 for four kinds of vision", () => {
    expect(separation(t.marks)).toBeGreaterThanOrEqual(25);
  });
  it("lets every mark stand on sea and land with contrast 3 for four kinds of vision", () => {
    expect(leastContrast(t.marks, [t.sea, t.land])).toBeGreaterThanOrEqual(3);
  });
  it("says the level in the colours of TLP 2.0 on black with contrast 3 for four kinds of vision", () => {
    const levels = [t.tlpRed, t.tlpAmber, t.tlpGreen, t.tlpClear];
    expect(leastContrast(levels, [t.tlpGround])).toBeGreaterThanOrEqual(3);
    if (theme !== "night") expect(levels).toEqual(["#ff2b2b", "#ffc000", "#33ff00", "#ffffff"]);
  });
  it("writes its texts with contrast", () => {
    for (const ground of [t.ground, t.panel, t.raised]) {
      expect(contrast(t.text, ground, "normal")).toBeGreaterThanOrEqual(4.5);
      expect(contrast(t.muted, ground, "normal")).toBeGreaterThanOrEqual(theme === "night" ? 3 : 4.5);
      for (const word of [t.accent, t.good, t.warn, t.bad])
        expect(contrast(word, ground, "normal")).toBeGreaterThanOrEqual(3);
    }
    expect(contrast(t.bannerText, t.banner, "normal")).toBeGreaterThanOrEqual(theme === "night" ? 3 : 4.5);
    expect(contrast(t.accentText, t.accent, "normal")).toBeGreaterThanOrEqual(3);
    expect(contrast(t.replayText, t.replay, "normal")).toBeGreaterThanOrEqual(theme === "night" ? 3 : 4.5);
    expect(contrast(t.place, t.land, "normal")).toBeGreaterThanOrEqual(theme === "night" ? 2.5 : 4.5);
    expect(contrast(t.selected, t.sea, "normal")).toBeGreaterThanOrEqual(4.5);
  });
});

describe("night", () => {
  it("dims everything", () => {
    const colours = Object.values(TOKENS.night).flat() as string[];
    for (const colour of colours) expect(luminance(parse(colour).map((v) => v ** 2.2)), colour).toBeLessThan(NIGHT_LIMIT);
  });
});
