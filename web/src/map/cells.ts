/**
 * Places that are known to a grid cell only, as partners tell them: the cell is drawn, in the colour of its origin, filled
 * as a mark of that age would be. The mark in its middle is small and hollow then; it says whose it is, not where.
 */
import type { Theme } from "../state";
import { TOKENS, css } from "../theme";
import { latOf, metresPerPoint } from "./geodesy";
import { toScreen } from "./project";
import { FRESH_S, OLD_S, type Fleet } from "./vessels/fleet";
import type { Scene } from "./vessels/layer";

/** Of a mark whose cell is drawn, so much is left. */
export const CELL_MARK = 0.55;

/** Points of the screen that so many metres take at a latitude. */
export const pointsOf = (scene: Scene, metres: number, lat: number): number => metres / metresPerPoint(lat, scene.zoom);

/** Draws the cells that are larger on the screen than a mark. `shapeOf`: from the code of an origin to its colour. */
export function drawCells(
  pen: CanvasRenderingContext2D, scene: Scene, theme: Theme, fleet: Fleet, now_s: number, mark: number, shapeOf: (origin: number) => number,
): void {
  const t = TOKENS[theme];
  for (const row of fleet.coarse) {
    const [x, y] = toScreen(scene, fleet.x[row] as number, fleet.y[row] as number);
    const half = pointsOf(scene, fleet.cell_m(row), latOf(fleet.y[row] as number)) / 2;
    if (2 * half <= mark || x < -half || y < -half || x > scene.width + half || y > scene.height + half) continue;
    const age = now_s - (fleet.t[row] as number);
    const colour = t.marks[shapeOf(fleet.look(row).origin)] ?? t.muted;
    pen.beginPath();
    pen.rect(x - half, y - half, 2 * half, 2 * half);
    pen.fillStyle = css(colour, age < FRESH_S ? 0.3 : age < OLD_S ? 0.16 : 0.05);
    pen.fill();
    pen.setLineDash(age < OLD_S ? [] : [4, 3]);
    for (const [width, ink] of [[3.5, css(t.halo, 0.6)], [1.3, colour]] as const) { // prettier-ignore
      pen.lineWidth = width;
      pen.strokeStyle = ink;
      pen.stroke();
    }
    pen.setLineDash([]);
  }
} // prettier-ignore
