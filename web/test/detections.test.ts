import { describe, expect, test } from "vitest";
import type { Detection } from "../src/api/types";
import { SENSOR_PATHS, strengthOf } from "../src/map/detection_marks";
import { SENSORS } from "../src/map/types";
import { marks } from "../src/panels/detections";
import { fromHash, toHash, DEFAULTS } from "../src/state";

const NOW = 1_760_000_000_000;
const one = (more: Partial<Detection>): Detection => ({
  id: "1", t: NOW - 60_000, lat: 24, lon: 123, sensor: "radar", source: "s", ref: "", scene: "", image_ref: "", verdict: "dark", final: false,
  mmsi: null, name: "", event_id: "e", accuracy_m: null, length_m: null, course_deg: null, speed_kn: null, score: null, probability: null,
  ais_probability: null, distance_m: null, ...more,
}); // prettier-ignore

describe("detections", () => {
  test("marks are those of the day before the moment shown, with their age", () => {
    const all = [one({}), one({ id: "2", t: NOW + 1 }), one({ id: "3", t: NOW - 25 * 3_600_000 }), one({ id: "4", sensor: "smell" })];
    expect(marks(all, NOW).map((m) => [m.id, m.age_min])).toEqual([["1", 1]]);
    expect(marks(all, NOW + 3_600_000).map((m) => m.id)).toEqual(["1", "2"]);
  });

  test("marks fade with age and never vanish before a day is over", () => {
    const ages = [0, 30, 120, 1000].map(strengthOf);
    expect(ages).toEqual(ages.toSorted((a, b) => b - a));
    expect(new Set(ages).size).toBe(4);
    expect(Math.min(...ages)).toBeGreaterThan(0.3);
  });

  test("each kind of sensor has its own shape", () => {
    expect(new Set(SENSORS.map((s) => SENSOR_PATHS[s])).size).toBe(SENSORS.length);
  });

  test("the chosen one stands in the address; what is no id does not", () => {
    expect(fromHash(toHash({ ...DEFAULTS, detection: "9223372036854775807" })).detection).toBe("9223372036854775807");
    expect(fromHash("#detection=<b>").detection).toBeNull();
  });
});
