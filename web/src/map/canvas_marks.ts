/** Vessels on the canvas without WebGL: shapes while there are few, one dot each when there are many. */
import type { Theme } from "../state";
import { TOKENS, css, rgba } from "../theme";
import { CELL_MARK, pointsOf } from "./cells";
import { toScreen } from "./project";
import { FRESH_S, type Fleet, OLD_S } from "./vessels/fleet";
import { type Scene, markSize } from "./vessels/layer";

/** From so many on a mark is a dot written straight into the picture's pixels: 100,000 take a few milliseconds. */
const DOTS_FROM = 6000;

/** Outlines of hull, diamond, triangle and ball, bow up, for half a size of 1. */
const OUTLINES: readonly (readonly (readonly [number, number])[])[] = [
  [[0, -0.93], [0.5, -0.27], [0.5, 0.8], [-0.5, 0.8], [-0.5, -0.27]],
  [[0, -0.93], [0.7, 0], [0, 0.93], [-0.7, 0]],
  [[0, -0.9], [0.53, 0.72], [-0.53, 0.72]],
  Array.from({ length: 12 }, (_, i) => [0.5 * Math.sin((i * Math.PI) / 6), 0.22 - 0.5 * Math.cos((i * Math.PI) / 6)] as const),
]; // prettier-ignore

export interface Crowd {
  visible: number;
  size: number;
}

export function drawVessels(
  pen: CanvasRenderingContext2D, scene: Scene, fleet: Fleet, now_s: number, theme: Theme, shapeOf: (origin: number) => number,
): Crowd {
  const seen: number[] = [];
  const at: number[] = [];
  for (let row = 0; row < fleet.size; row++) {
    const [x, y] = toScreen(scene, ...fleet.drawn(row, now_s));
    if (x < -20 || y < -20 || x > scene.width + 20 || y > scene.height + 20) continue;
    seen.push(row);
    at.push(x, y);
  }
  const size = markSize(seen.length, scene.width * scene.height);
  if (seen.length >= DOTS_FROM) dots(pen, scene, fleet, theme, shapeOf, seen, at);
  else shapes(pen, scene, fleet, now_s, theme, shapeOf, seen, at, size);
  rings(pen, fleet, theme, seen, at, size);
  return { visible: seen.length, size };
} // prettier-ignore

function shapes(
  pen: CanvasRenderingContext2D, scene: Scene, fleet: Fleet, now_s: number, theme: Theme, shapeOf: (origin: number) => number,
  seen: number[], at: number[], full: number,
): void {
  const t = TOKENS[theme];
  seen.forEach((row, i) => {
    const boxed = pointsOf(scene, fleet.cell_m(row), scene.lat) > full; // its cell is drawn, and says where it is
    const size = boxed ? full * CELL_MARK : full;
    const { origin, kind, flags, angle } = fleet.look(row);
    const shape = shapeOf(origin);
    const turn = angle < 0 || flags & 8 ? 0 : angle;
    const [c, s] = [(Math.cos(turn) * size) / 2, (Math.sin(turn) * size) / 2];
    const [x, y] = [at[2 * i] as number, at[2 * i + 1] as number];
    pen.beginPath();
    if (kind === 8) pen.rect(x - size * 0.28, y - size * 0.28, size * 0.56, size * 0.56);
    else
      (OUTLINES[shape] as (typeof OUTLINES)[0]).forEach(([px, py], corner) => {
        const [qx, qy] = [x + px * c - py * s, y + px * s + py * c];
        if (corner) pen.lineTo(qx, qy);
        else pen.moveTo(qx, qy);
      });
    pen.closePath();
    if (shape === 3 && kind !== 8) {
      pen.moveTo(x + 0.28 * s, y - 0.28 * c);
      pen.lineTo(x + 0.95 * s, y - 0.95 * c);
    }
    const age = now_s - (fleet.t[row] as number);
    const colour = t.marks[shape] as string;
    pen.fillStyle = css(colour, boxed || kind === 8 || age >= OLD_S ? 0 : age >= FRESH_S ? 0.45 : 1);
    pen.strokeStyle = colour;
    pen.lineWidth = size < 11 ? 0.8 : 1.3;
    pen.fill();
    pen.stroke();
  });
} // prettier-ignore

function dots(
  pen: CanvasRenderingContext2D, scene: Scene, fleet: Fleet, theme: Theme, shapeOf: (origin: number) => number,
  seen: number[], at: number[],
): void {
  const { ratio } = scene;
  const [w, h] = [Math.round(scene.width * ratio), Math.round(scene.height * ratio)];
  const image = pen.getImageData(0, 0, w, h);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = TOKENS[theme].marks.map((colour) => {
    const [r, g, b] = rgba(colour).map((v) => Math.round(v * 255)) as [number, number, number];
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
  const reach = Math.max(2, Math.round(2.5 * ratio));
  seen.forEach((row, i) => {
    const colour = colours[shapeOf(fleet.look(row).origin)] as number;
    const [px, py] = [Math.round((at[2 * i] as number) * ratio), Math.round((at[2 * i + 1] as number) * ratio)];
    for (let y = Math.max(0, py - 1); y < Math.min(h, py - 1 + reach); y++)
      pixels.fill(colour, y * w + Math.max(0, Math.min(w, px - 1)), y * w + Math.max(0, Math.min(w, px - 1 + reach)));
  });
  pen.putImageData(image, 0, 0);
} // prettier-ignore

/** Double rings for alerts, corners for watched vessels, whatever the crowd. */
function rings(pen: CanvasRenderingContext2D, fleet: Fleet, theme: Theme, seen: number[], at: number[], size: number): void {
  if (!fleet.standsOut) return;
  const t = TOKENS[theme];
  const base = Math.max(size, 14) / 2 + 2.5;
  seen.forEach((row, i) => {
    const flags = fleet.flags[row] as number;
    if (!(flags & 3)) return;
    const [x, y] = [at[2 * i] as number, at[2 * i + 1] as number];
    pen.beginPath();
    if (flags & 1)
      for (const radius of [base, base + 4]) {
        pen.moveTo(x + radius, y);
        pen.arc(x, y, radius, 0, 7);
      }
    else pen.rect(x - base, y - base, 2 * base, 2 * base);
    pen.lineWidth = 1.8;
    pen.strokeStyle = flags & 1 ? t.marks[4] : t.selected;
    pen.stroke();
  });
}
