/** Meridians and parallels for what the screen shows, at steps that suit it. */
import type { FeatureCollection } from "geojson";

const STEPS = [30, 20, 10, 5, 2, 1, 1 / 2, 1 / 6, 1 / 12, 1 / 30, 1 / 60];

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** The step in degrees that puts some four to eight meridians on the screen. */
export function stepFor(bounds: Bounds, width: number): number {
  const wanted = ((bounds.east - bounds.west) / width) * 170;
  return STEPS.findLast((step) => step >= wanted) ?? 30;
}

export interface Lines {
  step: number;
  lons: number[];
  lats: number[];
}

export function linesFor(bounds: Bounds, width: number): Lines {
  const step = stepFor(bounds, width);
  const count = (from: number, to: number) => {
    const out = [];
    for (let i = Math.ceil(from / step); i <= to / step; i++) out.push(i * step);
    return out;
  };
  return {
    step,
    lons: count(bounds.west, bounds.east),
    lats: count(Math.max(bounds.south, -80), Math.min(bounds.north, 84)),
  };
}

export function graticule(bounds: Bounds, width: number): FeatureCollection {
  const { lons, lats } = linesFor(bounds, width);
  const line = (coordinates: number[][]) => ({
    type: "Feature" as const,
    properties: {},
    geometry: { type: "LineString" as const, coordinates },
  });
  const [south, north] = [Math.max(bounds.south, -85), Math.min(bounds.north, 85)];
  return {
    type: "FeatureCollection",
    features: [
      ...lons.map((lon) => line([[lon, south], [lon, north]])),
      ...lats.map((lat) => line([[bounds.west, lat], [bounds.east, lat]])),
    ],
  }; // prettier-ignore
}

/** 25°30′N, without minutes where the step is whole degrees. */
export function gridText(value: number, axis: "lat" | "lon", step: number): string {
  const v = axis === "lon" ? ((((value + 180) % 360) + 360) % 360) - 180 : value;
  const side = v === 0 ? "" : axis === "lat" ? (v > 0 ? "N" : "S") : v > 0 ? "E" : "W";
  const minutes = Math.round(Math.abs(v) * 60);
  const whole = `${Math.floor(minutes / 60)}°`;
  return step >= 1 ? whole + side : `${whole}${String(minutes % 60).padStart(2, "0")}′${side}`;
}
