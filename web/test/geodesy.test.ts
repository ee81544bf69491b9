import { describe, expect, it } from "vitest";
import { bearingText, degreesMinutes, distanceText, inverse, latOf, mercatorY, metresPerPoint, wrap } from "../src/map/geodesy";
import { gridText, linesFor } from "../src/map/graticule";
import { Measure } from "../src/map/measure";
import { niceBelow } from "../src/map/scale";

describe("the geodesic", () => {
  it("gives Vincenty's own example, Flinders Peak to Buninyong", () => {
    const leg = inverse(-37.95103341666667, 144.42486788888888, -37.65282113888889, 143.92649552777777);
    expect(leg.distance_m).toBeCloseTo(54972.271, 1);
    expect(leg.start_deg).toBeCloseTo(306.8681583, 4);
  });
  it("is a quarter of a meridian from the equator to the pole", () => {
    expect(inverse(0, 10, 90, 10).distance_m).toBeCloseTo(10001965.729, 1);
  });
  it("is nothing from a place to itself", () => expect(inverse(25, 124, 25, 124).distance_m).toBe(0));
  it("takes the short way over 180 degrees", () => {
    const leg = inverse(0, 179.5, 0, -179.5);
    expect(leg.distance_m).toBeCloseTo(111319.49, 0);
    expect(leg.start_deg).toBeCloseTo(90, 6);
  });
  it("answers near antipodes too", () => {
    const { distance_m } = inverse(0.5, 0, -0.4, 179.9);
    expect(distance_m).toBeGreaterThan(19_900_000);
    expect(distance_m).toBeLessThan(20_020_000);
  });
});

describe("what a navigator reads", () => {
  it.each([
    [25.52, 123.8117, "25°31.2′N 123°48.7′E"], [-0.99999, -0.5, "01°00.0′S 000°30.0′W"], [0, 180, "00°00.0′N 180°00.0′W"],
    [59.99999, 9.1, "60°00.0′N 009°06.0′E"],
  ])("writes %d, %d as %s", (lat, lon, text) => expect(degreesMinutes(lat, lon)).toBe(text)); // prettier-ignore
  it("writes distances in the chosen units", () => {
    expect(distanceText(1852 * 12.34, "nautical")).toBe("12.3 nm");
    expect(distanceText(850, "metric")).toBe("850 m");
    expect(bearingText(359.7)).toBe("000°");
  });
  it("takes one, two or five for the scale bar", () => {
    expect([0.3, 1, 4.9, 77, 1999].map(niceBelow)).toEqual([0.2, 1, 2, 50, 1000]);
  });
  it("writes minutes at the border only where lines need them", () => {
    expect(gridText(-24.5, "lat", 0.5)).toBe("24°30′S");
    expect(gridText(182, "lon", 2)).toBe("178°W");
  });
  it("draws a handful of meridians at every zoom", () => {
    for (let zoom = 2; zoom < 16; zoom++) {
      const half = (1280 / 2 / (512 * 2 ** zoom)) * 360;
      const { lons } = linesFor({ west: 124 - half, east: 124 + half, south: 25 - half / 2, north: 25 + half / 2 }, 1280);
      expect(lons.length).toBeLessThan(14);
    }
  });
  it("goes back and forth between latitude and mercator", () => {
    for (const lat of [-80, -25.2, 0, 51.5, 84]) expect(latOf(mercatorY(lat))).toBeCloseTo(lat, 10);
    expect(wrap(540)).toBe(-180);
    expect(metresPerPoint(0, 0)).toBeCloseTo(78271.5, 0);
  });
});

describe("measuring", () => {
  it("writes each leg and the sum", () => {
    const measure = new Measure();
    measure.start();
    measure.add({ lon: 124, lat: 25 });
    measure.add({ lon: 124, lat: 26 });
    measure.add({ lon: 125, lat: 26 });
    expect(measure.picture("nautical").labels.map((l) => l.text)).toEqual(["", "59.8 nm 000°", expect.stringMatching(/^5\d\.\d nm 090° · Σ 11\d nm$/)]);
    measure.back();
    expect(measure.picture("nautical").labels).toHaveLength(2);
    measure.stop();
    expect(measure.picture("nautical").points).toEqual([]);
  });
});
