/** How claims are told apart without any claimant having a look of his own. */
import type { Feature, GeoJSON } from "geojson";
import type { Theme } from "../state";
import { TOKENS } from "../theme";

/**
 * Stripes of claimed water, drawn here so that no sprite is fetched: 16 by 16, one stripe for each place in the order of
 * claimants, in two tones by turns. One claim alone is sparsely striped; where claims overlap their stripes stand side by
 * side, so that contested water shows as a hatch of two tones, and no claimant has a look of his own.
 */
export const STRIPES = 4;
export function hatch(theme: Theme, stripe: number): { width: number; height: number; data: Uint8Array } {
  const size = 16;
  const tone = Number.parseInt(TOKENS[theme][stripe % 2 ? "claimOther" : "claim"].slice(1), 16);
  const start = [0, 8, 4, 12][stripe % STRIPES] as number;
  const data = new Uint8Array(size * size * 4);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const along = (x + y - start + size) % size;
      if (along < 2) data.set([tone >> 16, (tone >> 8) & 255, tone & 255, 170], 4 * (y * size + x));
    }
  return { width: size, height: size, data };
}

/** Claims with the stripe of their claimant; lines and areas without a claimant get none. */
export function striped(data: GeoJSON): GeoJSON {
  if (data.type !== "FeatureCollection") return data;
  const claimant = (f: Feature) => String(f.properties?.["claimant"] ?? "");
  const place = (f: Feature) => (typeof f.properties?.["order"] === "number" ? (f.properties["order"] as number) : -1);
  const firsts = new Map(data.features.map((f) => [claimant(f), place(f)]));
  const order = [...firsts.keys()].filter(Boolean).sort((a, b) => firsts.get(a)! - firsts.get(b)! || (a < b ? -1 : 1));
  const features = data.features.map((f) =>
    claimant(f) ? { ...f, properties: { ...f.properties, stripe: order.indexOf(claimant(f)) % STRIPES } } : f,
  );
  return { ...data, features };
}
