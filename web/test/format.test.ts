import { describe, expect, test } from "vitest";
import { age, amount, course, local, parse, position, short, speed, utc } from "../src/i18n/format";

const NOW = Date.UTC(2026, 10, 22, 20, 50, 30);

describe("format", () => {
  test("times are UTC with their Z; the day stands before those of other days", () => {
    expect(utc(NOW)).toBe("2026-11-22 20:50:30Z");
    expect(short(NOW - 3600_000, NOW)).toBe("19:50Z");
    expect(short(NOW - 86_400_000, NOW)).toBe("11-21 20:50Z");
    expect(short(Date.UTC(2025, 0, 2, 3, 4), NOW)).toBe("2025-01-02 03:04Z");
    expect(utc(null)).toBe("–");
  });

  test("local time is that of the node's zone, in every language with the same short name", () => {
    for (const language of ["en", "ja", "zh-TW"]) expect(local(NOW, "Asia/Tokyo", language)).toBe("05:50 JST");
    expect(local(NOW, "no/where", "en")).toBe("");
  });

  test("ages", () => {
    expect([40_000, 240_000, 3_720_000, 180_000_000, -5].map(age)).toEqual(["40 s", "4 min", "1 h 02", "2 d 2 h", "0 s"]);
  });

  test("positions carry over from 60.0 minutes to the next degree", () => {
    expect(position(25.52, 123.8117)).toBe("25°31.2′N 123°48.7′E");
    expect(position(-0.99999, -179.99999)).toBe("01°00.0′S 180°00.0′W");
    expect(position(null, 3)).toBe("–");
  });

  test("amounts without exponents, speeds in both units, courses in three digits", () => {
    expect([0.96, 31.42, 310.4, 1e7, 2, null].map(amount)).toEqual(["0.96", "31.4", "310", "10000000", "2", "–"]);
    expect([speed(10, "nautical"), speed(10, "metric"), speed(null, "metric")]).toEqual(["10.0 kn", "18.5 km/h", "–"]);
    expect([course(7), course(359.7), course(null)]).toEqual(["007°", "000°", "–"]);
  });
});

describe("a time as the watch writes it", () => {
  const at = (text: string, ahead = false) => {
    const ms = parse(text, NOW, ahead);
    return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 16) : null;
  };

  test("an hour alone is the last such time, or the next one", () => {
    expect(at("2041")).toBe("2026-11-22T20:41");
    expect(at("20:55")).toBe("2026-11-21T20:55");
    expect(at("20:55", true)).toBe("2026-11-22T20:55");
    expect(at("06:00Z", true)).toBe("2026-11-23T06:00");
  });

  test("with a day and a year", () => {
    expect(at("11-20 03:15")).toBe("2026-11-20T03:15");
    expect(at("2025-12-31 23:59Z")).toBe("2025-12-31T23:59");
    expect(at("2025-12-31T2359")).toBe("2025-12-31T23:59");
  });

  test("what is no time is none", () => {
    for (const text of ["", "soon", "25:00", "12:60", "02-30 10:00", "11/22 20:41", "2026-13-01 00:00"]) expect(at(text), text).toBe(null);
  });
});
