/** Drawings on the chart: points, lines and areas of an incident, cells of what a partner is told. Colour is never alone. */
import type { Theme } from "../state";
import { TOKENS, css } from "../theme";
import { app6 } from "./app6";
import { project } from "./project";
import type { Scene } from "./vessels/layer";

/** own: full line, square; theirs: dashed, diamond; draft: dotted with corners; cell: thin box; gain, loss, change: with +, × or → . */
export type SketchLook = "own" | "theirs" | "draft" | "cell" | "gain" | "loss" | "change";
export interface Sketch {
  kind: "point" | "line" | "area";
  points: readonly (readonly [number, number])[];
  look: SketchLook;
  label?: string;
  /** Code of 20 digits of APP-6: a point is drawn by it, where the library is there. */
  symbol?: string | undefined;
}

const DASH: Readonly<Record<SketchLook, readonly number[]>> = { own: [], theirs: [7, 4], draft: [2, 4], cell: [], gain: [], loss: [], change: [] };
const SIGN: Readonly<Partial<Record<SketchLook, string>>> = { gain: "+", loss: "×", change: "→" };

export function drawSketches(
  pen: CanvasRenderingContext2D, scene: Scene, theme: Theme, sketches: readonly Sketch[], label: (text: string, x: number, y: number) => void,
): void {
  const t = TOKENS[theme];
  for (const s of sketches) {
    const spots = s.points.map(([lon, lat]) => project(scene, lon, lat));
    const first = spots[0];
    if (!first) continue;
    const symbol = s.symbol ? app6(s.symbol, t.selected, css(t.halo, 0.85), scene.ratio) : null;
    if (symbol) {
      const [x, y] = first;
      pen.drawImage(symbol.canvas, x - symbol.x, y - symbol.y, symbol.width, symbol.height);
      if (s.label) label(s.label, x + symbol.width - symbol.x + 3, y);
      continue;
    }
    const colour = s.look === "draft" ? t.accent : s.look === "cell" ? t.muted : s.look === "loss" ? t.bad : s.look === "gain" ? t.good : t.selected;
    pen.save();
    pen.lineJoin = "round";
    pen.setLineDash([...DASH[s.look]]);
    if (spots.length > 1) {
      pen.beginPath();
      spots.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      if (s.kind === "area") pen.closePath();
      if (s.kind === "area" && s.look !== "cell") {
        pen.fillStyle = css(colour, 0.08);
        pen.fill();
      }
      stroke(pen, t.halo, colour, s.look === "cell" ? 1 : 2);
    }
    pen.setLineDash([]);
    if (s.kind === "point" || s.look === "draft")
      for (const [x, y] of s.kind === "point" ? [first] : spots) {
        pen.beginPath();
        if (SIGN[s.look]) pen.arc(x, y, 8, 0, 7);
        else if (s.look === "theirs") diamond(pen, x, y);
        else pen.rect(x - 5, y - 5, 10, 10);
        if (!SIGN[s.look] && s.kind === "point") {
          pen.moveTo(x - 9, y);
          pen.lineTo(x + 9, y);
          pen.moveTo(x, y - 9);
          pen.lineTo(x, y + 9);
        }
        stroke(pen, t.halo, colour, 1.8);
        const sign = SIGN[s.look];
        if (sign) {
          pen.font = "700 13px system-ui, sans-serif";
          pen.textAlign = "center";
          pen.textBaseline = "middle";
          pen.fillStyle = colour;
          pen.fillText(sign, x, y + 0.5);
        }
      }
    pen.restore();
    const [x, y] = s.kind === "line" ? spots[spots.length - 1]! : first;
    if (s.label) label(s.label, x + 12, y - 9);
  }
} // prettier-ignore

/** What another party drew has the shape of a partner's marks. */
function diamond(pen: CanvasRenderingContext2D, x: number, y: number): void {
  pen.moveTo(x, y - 7);
  pen.lineTo(x + 6, y);
  pen.lineTo(x, y + 7);
  pen.lineTo(x - 6, y);
  pen.closePath();
}

function stroke(pen: CanvasRenderingContext2D, halo: string, colour: string, width: number): void {
  pen.lineWidth = width + 2.5;
  pen.strokeStyle = css(halo, 0.75);
  pen.stroke();
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.stroke();
}
