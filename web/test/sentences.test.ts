import { describe, expect, test } from "vitest";
import { setLanguage } from "../src/i18n";
import { sentence } from "../src/i18n/sentences";

/** As the detectors write them (src/kizuna/events). */
const SAID = [
  "MMSI 431000001 was not heard for 13.6 h from 2026-11-21T04:00:00Z to 2026-11-21T17:36:00Z, 31.2 nm apart; of other vessels expected near by in its first hours 96% were heard; consistent with a transmitter that did not send or was not received.",
  "MMSI 431000001 was not heard for 16.0 h since 2026-11-21T04:00:00Z, up to the end of the data at 2026-11-21T20:00:00Z; nothing is known of other vessels near by; consistent with a transmitter that did not send or was not received.",
  "MMSI 431000001 and MMSI 431000002 stayed 120 m apart (median) at 0.9 kn for 2.1 h from 2026-11-21T04:00:00Z, 31.4 nm from the nearest anchorage; consistent with a meeting at sea.",
  "MMSI 431000001 and MMSI 431000002 stayed 40 m apart (median) at 0.1 kn for 5.0 h from 2026-11-21T04:00:00Z; consistent with neighbouring berths, or a meeting close to shore.",
  "MMSI 431000001 made 0.6 kn on average for 4.0 h from 2026-11-22T16:59:44Z, 25 nm from shore; consistent with loitering. It met 2 other vessels meanwhile.",
  "MMSI 431000001 was already inside Zone; with (computed line of A) odd name when first heard at 2026-11-21T04:00:00Z, for 1.4 h, up to 6.20 nm from the line, 0.10 nm at the first report and had not left when last heard; consistent with a slow stay.",
  "A radar contact of about 31 m at 2026-11-21T04:00:00Z was detected without a matching AIS report: the likeliest track passed 9.4 km away; probability that no track explains it 0.97. A fixed object is likely: something stands or was seen at this place.",
  "MMSI 431000001 came to port (Keelung, TW) at 2026-11-21T04:00:00Z, stayed 6.2 h (5.1 h of them stopped) and left; level 4 of 4; consistent with a port visit.",
  "MMSI 431000001 was already in port (near Naha (north), no name) when first heard at 2026-11-21T04:00:00Z, stayed 6.2 h (5.1 h of them stopped) and was still there when last heard; level 2 of 4; consistent with a port visit.",
  "MMSI 431000001 was inside Water (line of Party A; in the same hours also inside the line of Party B) for 2.0 h from 2026-11-22T09:29:37Z, up to 8.53 nm from the line, 0.04 nm at the first report; consistent with a passage.",
  "MMSI 431000001 was inside Water (computed lines of CN, JP and TW) for 2.0 h from 2026-11-22T09:29:37Z, up to 8.53 nm from the line, 0.04 nm at the first report; consistent with a passage or a stay: reports were too far apart to tell.",
] as const;

describe("sentences of the detectors", () => {
  for (const language of ["ja", "zh-TW"])
    for (const said of SAID)
      test(`${language}: ${said.slice(0, 60)}`, () => {
        setLanguage(language);
        const { text, lang } = sentence(said, language);
        expect(lang).toBe(language);
        expect(text).not.toMatch(/[{}]|consistent|heard|vessel\b|undefined|stayed|port |passage|inside (?!Zone)|level/);
        // every number of the sentence is kept; times are written shorter
        const numbers = (s: string) => s.replace(/\d{4}-(\d\d-\d\d)T(\d\d:\d\d):\d\dZ/g, "$1 $2Z").match(/\d+(\.\d+)?/g)!.sort();
        expect(numbers(text)).toEqual(numbers(said));
      });

  test("zones have the names that this node gives them", () => {
    setLanguage("ja");
    const called = (name: string) => (name === "Water" ? "水域" : name);
    expect(sentence(SAID[9], "ja", undefined, called).text).toContain("水域");
    expect(sentence(SAID[5].replace("Zone; with (computed line of A) odd name", "Water"), "ja", undefined, called).text).toContain("水域");
  });

  test("English stays as it came, and so does what nobody knows", () => {
    setLanguage("ja");
    expect(sentence(SAID[0], "en")).toEqual({ text: SAID[0], lang: "en" });
    const odd = SAID[0].replace("of other vessels expected near by in its first hours 96% were heard", "the moon was full");
    expect(sentence(odd, "ja")).toEqual({ text: odd, lang: "en" });
    expect(sentence("EXERCISE: " + SAID[4], "ja").text).toMatch(/^EXERCISE: MMSI/);
  });

  test("rival claimants are named together, by the node's own names", () => {
    setLanguage("ja");
    const partner = (id: string) => ({ "Party A": "甲", "Party B": "乙" })[id] ?? id;
    expect(sentence(SAID[9], "ja", partner).text).toMatch(/甲.*乙/);
    expect(sentence(SAID[10], "ja").text).toMatch(/CN.*JP.*TW/);
  });

  test("a zone may bear any name, braces and tags too", () => {
    setLanguage("zh-TW");
    expect(sentence(SAID[5].replace("Zone; with", "{hours}<b>"), "zh-TW").text).toContain("{hours}<b> (computed line of A) odd name");
  });
});
