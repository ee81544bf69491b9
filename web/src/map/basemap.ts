/** Where the basemap lies: static files beside the page. */
import type { FeatureCollection } from "geojson";
import { TileArchive } from "./tiles";

const base = new URL(`${import.meta.env.BASE_URL}basemap/`, document.baseURI).href;

export const ARCHIVES: Readonly<Record<string, TileArchive>> = {
  world: new TileArchive(`${base}world.tiles`),
  outer: new TileArchive(`${base}outer.tiles`),
  core: new TileArchive(`${base}core.tiles`),
};
const NAMES_URL = `${base}names.json`;

/** Names of islands that are packaged; none where they cannot be had. Asked for here and not in MapLibre's worker, which
 * has no access to the network: a node gives it a policy that forbids everything. */
export async function packagedNames(): Promise<FeatureCollection> {
  const answer = await fetch(NAMES_URL).catch(() => null);
  return answer?.ok ? ((await answer.json()) as FeatureCollection) : { type: "FeatureCollection", features: [] };
}
