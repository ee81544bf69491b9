import { describe, expect, test } from "vitest";
import { cellAt } from "../src/panels/evidence_cover";
import { around, HEIGHT, planOf, scaleBar, WIDTH } from "../src/panels/evidence_plot";
import { lineNear } from "../src/map/lines";
import { project } from "../src/map/project";

const H = 3_600_000;
const track = (from: number, to: number, lon = 123, lat = 25) =>
  Array.from({ length: (to - from) * 6 + 1 }, (_, k) => ({ t: (from + k / 6) * H, lon: lon + k * 0.01, lat: lat + k * 0.005 }));

describe("plot of an event", () => {
  test("a silence is one dashed leg between the fixes before and after it", () => {
    const heard = [...track(0, 4), ...track(10, 12, 123.6, 25.4)];
    const plan = planOf([heard], 4 * H, 10 * H, true)!;
    expect(plan.stretches.map((s) => [s.kind, s.points.length])).toEqual([["way", 25], ["silent", 2], ["way", 13]]);
    expect(plan.stretches[1]!.points[0]).toEqual(plan.stretches[0]!.points.at(-1));
    expect(plan.stretches[1]!.points[1]).toEqual(plan.stretches[2]!.points[0]);
  });

  test("a meeting marks both ways, and everything stays inside", () => {
    const plan = planOf([track(0, 9), track(2, 7, 123.4, 25.1)], 3 * H, 5 * H, false)!;
    expect(plan.stretches.filter((s) => s.kind === "marked").map((s) => s.who)).toEqual([0, 1]);
    for (const [x, y] of plan.stretches.flatMap((s) => s.points)) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(WIDTH);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(HEIGHT);
    }
  });

  test("a silence that lasts ends with the last fix; without a fix there is no plot; across 180 degrees nothing tears", () => {
    const open = planOf([track(0, 4)], 4 * H, 9 * H, true)!;
    expect(open.stretches.map((s) => s.kind)).toEqual(["way", "silent"]);
    expect(planOf([[]], 0, H, true)).toBeNull();
    const far = planOf([[{ t: 0, lon: 179.9, lat: 10 }, { t: H, lon: -179.9, lat: 10 }]], 0, H, false)!;
    expect(far.nm * (WIDTH - 24)).toBeCloseTo(0.2 * 60 * Math.cos((10 * Math.PI) / 180), 1);
  });

  test("the bar is of a round number of miles, at most a third of the plot", () => {
    for (const nm of [0.004, 0.11, 0.9, 3.7]) {
      const [length, miles] = scaleBar(nm);
      expect(length).toBeLessThanOrEqual(WIDTH / 3 + 0.1);
      expect(Math.abs(length * nm - Number(miles))).toBeLessThan(0.06 * Number(miles));
    }
    expect([around(0, H), around(0, 8 * H), around(0, 40 * H)]).toEqual([H, 4 * H, 6 * H]);
  });
});

test("the cell of a place is found, its west and south sides included", () => {
  const cell = (w: number, s: number) => ({ type: "Feature" as const, properties: { w }, geometry: { type: "Polygon" as const, coordinates: [[[w, s], [w + 0.5, s], [w + 0.5, s + 0.5], [w, s + 0.5], [w, s]]] } }); // prettier-ignore
  const cells = { type: "FeatureCollection" as const, features: [cell(123, 25), cell(123.5, 25)] };
  expect(cellAt(cells, 123.5, 25)?.properties).toEqual({ w: 123.5 });
  expect(cellAt(cells, 123.2, 25.49)?.properties).toEqual({ w: 123 });
  expect(cellAt(cells, 124.1, 25.1)).toBeNull();
});

test("the nearest of several lines is found, and none beyond reach", () => {
  const scene = { lon: 123, lat: 25, zoom: 8, width: 800, height: 600, ratio: 1 };
  const line = (id: string, coordinates: number[][]) => ({ type: "Feature" as const, properties: { cable_id: id }, geometry: { type: "LineString" as const, coordinates } });
  const data = { type: "FeatureCollection" as const, features: [line("a", [[122, 25], [124, 25]]), line("b", [[122, 25.02], [124, 25.02]])] }; // prettier-ignore
  const [x, y] = project(scene, 123, 25.017);
  expect(lineNear(data, scene, x, y, 7)?.properties?.["cable_id"]).toBe("b");
  expect(lineNear(data, scene, x, y + 60, 7)).toBeNull();
});
