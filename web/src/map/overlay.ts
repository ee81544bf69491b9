/**
 * What lies on top of the chart, on a canvas of its own: degrees at the border, alert rings, the selected vessel, names
 * of vessels where there are few, and the measured line. Both surfaces share it.
 */
import { nine } from "../i18n/format";
import type { Theme, Units } from "../state";
import { TOKENS, css } from "../theme";
import { mercatorY } from "./geodesy";
import { gridText, linesFor } from "./graticule";
import type { Measure } from "./measure";
import { boundsOf, project, toScreen } from "./project";
import { drawCells } from "./cells";
import { drawDetections } from "./detection_marks";
import { drawSketches, type Sketch } from "./sketches";
import type { DetectionMark, EventMark } from "./types";
import type { Fleet } from "./vessels/fleet";
import type { Scene } from "./vessels/layer";

const FONT = '"Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK TC", system-ui, sans-serif';
/** Names are written when at most so many vessels are on the screen. */
const NAMES_MOST = 120;
const NAMES_ZOOM = 8;

export interface OverlayContent {
  scene: Scene;
  theme: Theme;
  units: Units;
  fleet: Fleet;
  now_s: number;
  crowd: { visible: number; size: number };
  /** Shape and with it colour of an origin. */
  shapeOf: (origin: number) => number;
  events: readonly EventMark[];
  detections: readonly DetectionMark[];
  detection: string | null;
  sketches: readonly Sketch[];
  names: ReadonlyMap<number, string>;
  selected: number | null;
  measure: Measure;
}

export class Overlay {
  readonly #canvas = document.createElement("canvas");
  readonly #pen: CanvasRenderingContext2D;
  #taken: [number, number, number, number][] = [];

  constructor(container: HTMLElement) {
    this.#canvas.className = "overlay";
    this.#canvas.setAttribute("aria-hidden", "true");
    container.append(this.#canvas);
    const pen = this.#canvas.getContext("2d");
    if (!pen) throw new Error("this browser draws no canvas");
    this.#pen = pen;
  }

  draw(c: OverlayContent): void {
    const { width, height, ratio } = c.scene;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) Object.assign(this.#canvas, { width: w, height: h });
    const pen = this.#pen;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.#taken = [];
    this.#degrees(c);
    drawCells(pen, c.scene, c.theme, c.fleet, c.now_s, c.crowd.size, c.shapeOf);
    drawDetections(pen, c.scene, c.theme, c.fleet, c.now_s, c.detections, c.detection, (text, x, y) =>
      this.#label(text, x, y, TOKENS[c.theme].text, TOKENS[c.theme].halo),
    );
    drawSketches(pen, c.scene, c.theme, c.sketches, (text, x, y) => this.#label(text, x, y, TOKENS[c.theme].text, TOKENS[c.theme].halo));
    this.#events(c);
    this.#selected(c);
    this.#names(c);
    this.#measured(c);
  }

  #degrees({ scene, theme }: OverlayContent): void {
    const { step, lons, lats } = linesFor(boundsOf(scene), scene.width);
    const t = TOKENS[theme];
    for (const lon of lons) {
      const [x] = project(scene, lon, scene.lat);
      if (x > 40 && x < scene.width - 30) this.#text(gridText(lon, "lon", step), x, 10, { colour: t.muted, align: "center", size: 10.5 });
    } // prettier-ignore
    for (const lat of lats) {
      const [, y] = project(scene, scene.lon, lat);
      if (y > 24 && y < scene.height - 40) this.#text(gridText(lat, "lat", step), 6, y, { colour: t.muted, size: 10.5 });
    } // prettier-ignore
  }

  #events({ scene, theme, events }: OverlayContent): void {
    const pen = this.#pen;
    const t = TOKENS[theme];
    for (const { lon, lat, state, label } of events) {
      const [x, y] = project(scene, lon, lat);
      if (x < -20 || y < -20 || x > scene.width + 20 || y > scene.height + 20) continue;
      const fresh = state === "new";
      const gone = state === "dismissed" || state === "withdrawn" || state === "silenced";
      pen.setLineDash(gone ? [2, 3] : []);
      for (const radius of [11, 15]) {
        pen.beginPath();
        pen.arc(x, y, radius, 0, 7);
        pen.lineWidth = fresh ? 4.5 : 3.5;
        pen.strokeStyle = css(t.halo, 0.7);
        pen.stroke();
        pen.lineWidth = fresh ? 2.2 : 1.4;
        pen.strokeStyle = css(t.marks[4], gone ? 0.55 : 1);
        pen.stroke();
      }
      pen.setLineDash([]);
      if (label && fresh && scene.zoom >= 6) this.#label(label, x + 20, y, t.text, t.halo);
    }
  }

  #selected({ scene, theme, fleet, selected, now_s }: OverlayContent): void {
    const row = selected === null ? undefined : fleet.row(selected);
    if (row === undefined) return;
    const [x, y] = toScreen(scene, ...fleet.drawn(row, now_s));
    const t = TOKENS[theme];
    const pen = this.#pen;
    const r = 17;
    pen.beginPath();
    for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) { // prettier-ignore
      pen.moveTo(x + sx * r, y + sy * (r - 8));
      pen.lineTo(x + sx * r, y + sy * r);
      pen.lineTo(x + sx * (r - 8), y + sy * r);
    }
    for (const [w, colour] of [[5, css(t.halo, 0.8)], [2.4, t.selected]] as const) { // prettier-ignore
      pen.lineWidth = w;
      pen.strokeStyle = colour;
      pen.stroke();
    }
  }

  #names(c: OverlayContent): void {
    const { scene, fleet, names, selected, now_s, theme } = c;
    const t = TOKENS[theme];
    const write = (row: number) => {
      const mmsi = fleet.mmsi[row] as number;
      const [x, y] = toScreen(scene, ...fleet.drawn(row, now_s));
      if (x < -50 || y < -10 || x > scene.width || y > scene.height + 10) return;
      const cell_m = fleet.cell_m(row);
      this.#label(`${names.get(mmsi) || nine(mmsi)}${cell_m ? ` ▢ ${cell_m / 1000} km` : ""}`, x + c.crowd.size / 2 + 4, y, t.text, t.halo);
    };
    const chosen = selected === null ? undefined : fleet.row(selected);
    if (chosen !== undefined) write(chosen);
    if (c.crowd.visible > NAMES_MOST || scene.zoom < NAMES_ZOOM) return;
    const reach = (scene.height / 2 + 40) / (512 * 2 ** scene.zoom);
    const middle = mercatorY(scene.lat);
    for (let row = 0; row < fleet.size; row++)
      if (row !== chosen && Math.abs((fleet.y[row] as number) - middle) < reach) write(row);
  }

  #measured({ scene, theme, units, measure }: OverlayContent): void {
    const { points, labels } = measure.picture(units);
    const t = TOKENS[theme];
    const pen = this.#pen;
    if (measure.on) this.#middle(scene, t.accent, css(t.halo, 0.8));
    if (points.length === 0) return;
    const corners = points.map((line) => line.map(({ lon, lat }) => project(scene, lon, lat)));
    pen.beginPath();
    for (const line of corners) line.forEach(([x, y], i) => (i && Math.abs(x - (line[i - 1] as [number, number])[0]) < scene.width ? pen.lineTo(x, y) : pen.moveTo(x, y))); // prettier-ignore
    for (const [w, colour] of [[4.5, css(t.halo, 0.8)], [2, t.accent]] as const) { // prettier-ignore
      pen.lineWidth = w;
      pen.strokeStyle = colour;
      pen.stroke();
    }
    for (const { lon, lat, text } of labels) {
      const [x, y] = project(scene, lon, lat);
      pen.beginPath();
      pen.arc(x, y, 4, 0, 7);
      pen.fillStyle = t.accent;
      pen.fill();
      if (text) this.#text(text, x + 9, y - 9, { colour: t.text, halo: t.halo, size: 12.5, bold: true });
    }
  }

  /** Where the next corner lies for those who measure with keys. */
  #middle({ width, height }: Scene, colour: string, halo: string): void {
    const [x, y] = [width / 2, height / 2];
    const pen = this.#pen;
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) { // prettier-ignore
      pen.moveTo(x + dx * 4, y + dy * 4);
      pen.lineTo(x + dx * 12, y + dy * 12);
    }
    for (const [w, c] of [[4, halo], [1.6, colour]] as const) { // prettier-ignore
      pen.lineWidth = w;
      pen.strokeStyle = c;
      pen.stroke();
    }
  }

  /** A text that gives way where another one stands already. */
  #label(text: string, x: number, y: number, colour: string, halo: string): void {
    const box: [number, number, number, number] = [x, y - 7, x + 7 * text.length, y + 7];
    if (this.#taken.some(([a, b, c, d]) => box[0] < c && box[2] > a && box[1] < d && box[3] > b)) return;
    this.#taken.push(box);
    this.#text(text, x, y, { colour, halo, size: 11.5 });
  }

  #text(text: string, x: number, y: number, o: { colour: string; halo?: string; size: number; align?: CanvasTextAlign; bold?: boolean }): void {
    const pen = this.#pen;
    pen.font = `${o.bold ? "600 " : ""}${o.size}px ${FONT}`;
    pen.textAlign = o.align ?? "left";
    pen.textBaseline = "middle";
    if (o.halo) {
      pen.lineWidth = 3;
      pen.lineJoin = "round";
      pen.strokeStyle = css(o.halo, 0.85);
      pen.strokeText(text, x, y);
    }
    pen.fillStyle = o.colour;
    pen.fillText(text, x, y);
  } // prettier-ignore
}
