import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { said } from "../src/api/sharing";
import { agreementsOf, exposureOf, formOf, incidentOf, labelOf, ledgerOf, previewOf, rulesOf, sharingOf, storyOf, whoOf } from "../src/api/sharing_shapes";
import { patternTrack } from "../src/map/patterns";
import { position } from "../src/i18n/format";
import { placeIn, placeOf } from "../src/panels/incident/place";
import { filled } from "../src/panels/incident/words";
import { disagree } from "../src/panels/release/who";

/** What a node answered, written by its own tests. */
const told = JSON.parse(readFileSync(fileURLToPath(new URL("../dev/sharing.json", import.meta.url)), "utf8"));

describe("what the node says", () => {
  test("the same search pattern as the node draws", () => {
    const [d] = told.incident.drawings;
    const ours = patternTrack(d.pattern, d.points, d.nm, d.brg, d.legs);
    expect(ours.length).toBe(d.track.length);
    ours.forEach(([lon, lat], i) => {
      expect(Math.abs(lon - d.track[i][0])).toBeLessThan(0.002); // a sphere instead of the ellipsoid
      expect(Math.abs(lat - d.track[i][1])).toBeLessThan(0.002);
    });
  });

  test("a case: whose each line is, whether the other desk has it, what waits for us", () => {
    const i = incidentOf(told.incident_other_desk);
    expect(i.timeline.length).toBe(told.incident_other_desk.entries);
    expect(i.tasks[0]!.may).toEqual(["start", "done", "fail"]);
    expect(i.timeline.filter((l) => l.kind === "task").map((l) => l.task)).toEqual(["", i.tasks[0]!.id]);
    expect(i.glass).toEqual([expect.objectContaining({ to: "south", by: "north", clause: "memo/2" })]);
    expect(incidentOf(told.incident).timeline[0]!.acked).toBe(true);
    expect(i.fixes[0]).toMatchObject({ lat: 24.5, lon: 123.25, what: "fix" });
  });

  test("who sees what, and in which form a preview would tell it", () => {
    const [south] = whoOf(told.who).partners;
    expect(south).toMatchObject({ id: "south", verdict: "release", as: { cell_m: 5000, bucket_s: 600 } });
    expect(south!.label).toMatchObject({ tlp: "AMBER", rel_to: ["south"] });
    const [row] = previewOf(told.preview).partners[0]!.sample;
    expect([row!.before!.cell_m, row!.after!.cell_m]).toEqual([1000, 5000]);
    expect(formOf({ verdict: "withhold", transforms: ["coarsen_position cell_m=1"] })).toBeNull();
  });

  test("everything else is read without a hole", () => {
    expect(sharingOf(told.sharing_viewer).partners[0]).toMatchObject({ told: null, link: { state: "up", behind: 0 } });
    expect(rulesOf(told.rules_proposed).proposals[0]!.text).toContain("[[rule]]");
    expect(ledgerOf(told.ledger).rows[0]!.acked_ms).toBeGreaterThan(0);
    expect(storyOf(told.ledger_record)).toMatchObject({ origin: "north", logs: [{ proof: true, receipts: [{ by: "south" }] }] });
    expect(agreementsOf(told.agreements)[0]!.clauses.map((c) => c.distress)).toEqual([false, true]);
    expect(exposureOf(told.exposure)).toMatchObject({ holds: { records: 16, confirmed: 15 } });
  });

  test("a label that reaches nobody is never shown as one that reaches somebody", () => {
    expect(labelOf("nobody")).toEqual({ tlp: "RED", rel_to: [] });
    expect(labelOf("GREEN")!.rel_to).toEqual([]);
    expect(labelOf("AMBER;rel=south,c:civil;cav=A,B;by=north")).toMatchObject({ tlp: "AMBER", rel_to: ["south", "c:civil"], caveats: ["A", "B"] });
  });
});

describe("words", () => {
  test.each([
    ["25°31.2′N 123°48.7′E", 25.52, 123.81167],
    ["25 31.2 N 123 48.7 E", 25.52, 123.81167],
    ["123°48.7′E 25°31.2′N", 25.52, 123.81167],
    ["25.5S 123.8W", -25.5, -123.8],
    ["25.5 -123.8", 25.5, -123.8],
    ["25.5, 123.8", 25.5, 123.8],
    ["24-00.4N 122-50.3E", 24.00667, 122.83833],
    ["24:00.4N, 122:50.3E", 24.00667, 122.83833],
    ["24°00′24″N 122°50′18″E", 24.00667, 122.83833],
    ["24-00-24N/122-50-18E", 24.00667, 122.83833],
    ["N24 00.4 E122 50.3", 24.00667, 122.83833],
    ["N24°00.4′E122°50.3′", 24.00667, 122.83833],
    ["2400.4N 12250.3E", 24.00667, 122.83833],
    ["00-24.00S 050-18.00W", -0.4, -50.3],
    ["２４°００．４′Ｎ　１２２°５０．３′Ｅ", 24.00667, 122.83833],
    ["北緯24度00.4分 東経122度50.3分", 24.00667, 122.83833],
    ["北緯24度0分24秒、東經122度50分18秒".replace("、", " "), 24.00667, 122.83833],
  ])("a place is read as it is written: %s", (text, lat, lon) => {
    const at = placeOf(text)!;
    expect(at.lat).toBeCloseTo(lat, 4);
    expect(at.lon).toBeCloseTo(lon, 4);
  });
  test.each([
    "", "here", "95 10", "25N 30N", "25.5", "24,5", "24,5N 122,8E", "24 00.4 122 50.3", "24 75.0N 122 50.3E", "24 00 60N 122 00 00E", "91N 122E", "24N 181E", "24.5 30N 122E",
    "at 24-00.4N 122-50.3E", "24-00.4N 122-50.3E or so", "240N 122E", "24-00.4N", "24 N S 122 E", "124-00.4N 22-50.3E",
  ])("and nothing else is: %s", (text) => expect(placeOf(text)).toBeNull()); // prettier-ignore
  test("every place that is written out reads back as itself", () => {
    for (let lat = -90; lat <= 90; lat += 7.3)
      for (let lon = -179.9; lon < 180; lon += 13.7) {
        const at = placeOf(position(lat, lon))!;
        expect(Math.abs(at.lat - lat)).toBeLessThan(0.001);
        expect(Math.abs(at.lon - lon)).toBeLessThan(0.001);
      }
  });
  test("a place is found in what was said over the radio", () => {
    const at = placeIn("MAYDAY from YAEMARU 3, engine dead, 4 persons, 24-00.4N 122-50.3E, since 0310Z")!;
    expect(at.lat).toBeCloseTo(24.00667, 4);
    expect(at.lon).toBeCloseTo(122.83833, 4);
    expect(placeIn("4 persons, 12 nm NE of the light, 0310Z")).toBeNull();
  });

  test("zh-TW and zh-Hant are one language; what is missing is said in English", () => {
    expect(said({ en: "a", "zh-Hant": "甲" }, "zh-TW")).toBe("甲");
    expect(said({ en: "a" }, "ja")).toBe("a");
  });

  test("what is not filled in yet stands as its name in the language that is read", () => {
    const phrase = { id: "un.eta", group: "un", parameters: ["unit", "time"], words: { en: "{unit} arrives at {time}." } };
    expect(filled(phrase, { unit: "PL-10" }, "en")).toBe("PL-10 arrives at ‹Time (UTC)›.");
    expect(filled(phrase, {}, "zh-TW")).toContain("‹時間（UTC）›");
  });
});

test("two origins disagree where no ship could have run from one place to the other", () => {
  const here = { origin: "a", t_ms: 0, lat: 25, lon: 124 };
  expect(disagree(here, { ...here, origin: "b", lat: 25.2 })).toBe(true);
  expect(disagree(here, { ...here, origin: "b", lat: 25.2, t_ms: 3_600_000 })).toBe(false);
  expect(disagree({ ...here, name: "A" }, { ...here, origin: "b", name: "B" })).toBe(true);
});
