/** Names of places on the map: those of the node, and of the packaged ones those that the node does not name itself. */
import type { FeatureCollection, Point } from "geojson";
import { inverse } from "./geodesy";

const SAME_M = 2_000;

export function withPackaged(own: FeatureCollection | null, packaged: FeatureCollection): FeatureCollection {
  if (!own?.features.length) return packaged;
  const at = own.features.map((f) => (f.geometry as Point).coordinates as [number, number]);
  const rest = packaged.features.filter((f) => {
    const [lon, lat] = (f.geometry as Point).coordinates as [number, number];
    return !at.some(([x, y]) => Math.abs(y - lat) < 0.1 && inverse(y, x, lat, lon).distance_m < SAME_M);
  });
  return { type: "FeatureCollection", features: [...own.features, ...rest] };
}
