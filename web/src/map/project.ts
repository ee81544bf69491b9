/** Between positions and points of the screen, north up, for both surfaces. */
import { latOf, lonOf, mercatorX, mercatorY, wrap } from "./geodesy";
import type { Scene } from "./vessels/layer";

export function toScreen(scene: Scene, x: number, y: number): [number, number] {
  const world = 512 * 2 ** scene.zoom;
  let dx = x - mercatorX(scene.lon);
  dx -= Math.round(dx);
  return [scene.width / 2 + dx * world, scene.height / 2 + (y - mercatorY(scene.lat)) * world];
}

export const project = (scene: Scene, lon: number, lat: number): [number, number] =>
  toScreen(scene, mercatorX(lon), mercatorY(Math.max(-85.05, Math.min(85.05, lat))));

export function unproject(scene: Scene, px: number, py: number): { lon: number; lat: number } {
  const world = 512 * 2 ** scene.zoom;
  const x = mercatorX(scene.lon) + (px - scene.width / 2) / world;
  const y = mercatorY(scene.lat) + (py - scene.height / 2) / world;
  return { lon: wrap(lonOf(x)), lat: latOf(y) };
}

/** West, south, east, north of the screen; east may exceed 180. */
export function boundsOf(scene: Scene): { west: number; south: number; east: number; north: number } {
  const world = 512 * 2 ** scene.zoom;
  const x = mercatorX(scene.lon);
  const y = mercatorY(scene.lat);
  const [dx, dy] = [scene.width / 2 / world, scene.height / 2 / world];
  return { west: lonOf(x - dx), east: lonOf(x + dx), north: latOf(y - dy), south: latOf(y + dy) };
}
