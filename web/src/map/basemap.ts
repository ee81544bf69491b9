/** Where the basemap lies: static files beside the page. */
import { TileArchive } from "./tiles";

const base = new URL(`${import.meta.env.BASE_URL}basemap/`, document.baseURI).href;

export const ARCHIVES: Readonly<Record<string, TileArchive>> = {
  world: new TileArchive(`${base}world.tiles`),
  outer: new TileArchive(`${base}outer.tiles`),
  core: new TileArchive(`${base}core.tiles`),
};
export const NAMES_URL = `${base}names.json`;
