/** Lines of a layer: which one passes nearest to a place on the screen, and where one runs. */
import type { Feature, GeoJSON, Position } from "geojson";
import { project } from "./project";
import type { Scene } from "./vessels/layer";

/** The features of a layer that are lines, whatever it is wrapped in. */
export function lineFeatures(data: GeoJSON | null): readonly Feature[] {
  const all = data?.type === "FeatureCollection" ? data.features : data?.type === "Feature" ? [data] : [];
  return all.filter((f) => f.geometry?.type === "LineString" || f.geometry?.type === "MultiLineString");
}

export const partsOf = ({ geometry }: Feature): readonly (readonly Position[])[] =>
  geometry.type === "MultiLineString" ? geometry.coordinates : geometry.type === "LineString" ? [geometry.coordinates] : [];

/** The line that passes nearest to a place, at most `reach` points away; null where none does. */
export function lineNear(data: GeoJSON | null, scene: Scene, x: number, y: number, reach: number): Feature | null {
  let [best, found]: [number, Feature | null] = [reach, null];
  for (const feature of lineFeatures(data))
    for (const part of partsOf(feature)) {
      let before: readonly [number, number] | null = null;
      for (const [lon, lat] of part) {
        const at = project(scene, lon as number, lat as number);
        // a line that leaves one side of the world and comes back at the other passes through nothing between
        if (before && Math.abs(at[0] - before[0]) < scene.width * 4) {
          const d = beside(x, y, before, at);
          if (d < best) [best, found] = [d, feature];
        }
        before = at;
      }
    }
  return found;
}

/** Distance of a point from a stretch. */
function beside(x: number, y: number, [ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
