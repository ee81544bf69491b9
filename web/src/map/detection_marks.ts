/** Marks of detections: one open shape for each kind of sensor, none of which an origin of positions has. */
import type { Theme } from "../state";
import { TOKENS, css } from "../theme";
import { project, toScreen } from "./project";
import { SENSORS, type DetectionMark, type Sensor } from "./types";
import type { Fleet } from "./vessels/fleet";
import type { Scene } from "./vessels/layer";

/** Paths of 16 by 16, drawn as lines. */
export const SENSOR_PATHS: Readonly<Record<Sensor, string>> = {
  radar: "M2.5 13.5V3.5a10 10 0 0 1 10 10zM2.5 13.5l7-7",
  sar: "M3 3h10v10H3zM3 3l10 10M13 3L3 13",
  rf: "M8 10.5V15M8 8a1.2 1.2 0 1 1 0 2.4A1.2 1.2 0 0 1 8 8M4.6 12.4a5 5 0 1 1 6.8 0",
  uav: "M2.5 4.5h11M2.5 11.5h11M4.5 2.5v4M11.5 2.5v4M4.5 9.5v4M11.5 9.5v4M8 4.5v7",
  visual: "M1.5 8c3.6-5.4 9.4-5.4 13 0-3.6 5.4-9.4 5.4-13 0zM8 6.3a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4",
  report: "M4 15V2h9l-2.6 3.2L13 8.5H4",
};
/** A tie to the matched vessel is drawn while both are near each other on the screen. */
const TIE_POINTS = 220;
const TIE_MIN = 60;

/** How strongly a mark of this age is drawn; marks older than a day are not drawn at all. */
export function strengthOf(age_min: number): number {
  if (age_min < 10) return 1;
  if (age_min < 60) return 0.85;
  return age_min < 360 ? 0.6 : 0.4;
}

let paths: Readonly<Record<Sensor, Path2D>> | null = null;

export function drawDetections(
  pen: CanvasRenderingContext2D, scene: Scene, theme: Theme, fleet: Fleet, now_s: number,
  marks: readonly DetectionMark[], selected: string | null, label: (text: string, x: number, y: number) => void,
): void {
  paths ??= Object.fromEntries(SENSORS.map((s) => [s, new Path2D(SENSOR_PATHS[s])])) as Record<Sensor, Path2D>;
  const t = TOKENS[theme];
  const order = (m: DetectionMark) => (m.id === selected ? 2 : m.verdict === "dark" ? 1 : 0);
  for (const mark of marks.toSorted((a, b) => order(a) - order(b))) {
    const [x, y] = project(scene, mark.lon, mark.lat);
    if (x < -20 || y < -20 || x > scene.width + 20 || y > scene.height + 20) continue;
    const alone = mark.verdict === "dark";
    const alpha = strengthOf(mark.age_min);
    if (mark.verdict === "match" && mark.age_min < TIE_MIN) tie(pen, scene, t.track, alpha, fleet, now_s, mark, x, y);
    const size = alone ? 1.35 : 0.9;
    pen.save();
    pen.translate(x - 8 * size, y - 8 * size);
    pen.scale(size, size);
    pen.lineJoin = pen.lineCap = "round";
    pen.lineWidth = alone ? 4.4 : 3.4;
    pen.strokeStyle = css(t.halo, 0.85 * alpha);
    pen.stroke(paths[mark.sensor]);
    pen.lineWidth = alone ? 2.1 : 1.3;
    if (mark.verdict === "waits" || mark.verdict === "not_judged") pen.setLineDash([2, 2]);
    pen.strokeStyle = css(alone ? t.selected : t.track, alpha);
    pen.stroke(paths[mark.sensor]);
    pen.restore();
    if (mark.id === selected) frame(pen, t.halo, t.selected, x, y);
    if (mark.label && alone && scene.zoom >= 7) label(mark.label, x + 14, y);
  }
} // prettier-ignore

/** A thin line to where the matched vessel is drawn now. */
function tie(
  pen: CanvasRenderingContext2D, scene: Scene, colour: string, alpha: number, fleet: Fleet, now_s: number,
  mark: DetectionMark, x: number, y: number,
): void {
  const row = mark.mmsi === null ? undefined : fleet.row(mark.mmsi);
  if (row === undefined) return;
  const [vx, vy] = toScreen(scene, ...fleet.drawn(row, now_s));
  const away = Math.hypot(vx - x, vy - y);
  if (away < 10 || away > TIE_POINTS) return;
  pen.beginPath();
  pen.setLineDash([1, 3]);
  pen.lineWidth = 1.3;
  pen.strokeStyle = css(colour, 0.9 * alpha);
  pen.moveTo(x, y);
  pen.lineTo(vx, vy);
  pen.stroke();
  pen.setLineDash([]);
} // prettier-ignore

function frame(pen: CanvasRenderingContext2D, halo: string, colour: string, x: number, y: number): void {
  for (const [width, stroke] of [[5, css(halo, 0.8)], [2.2, colour]] as const) { // prettier-ignore
    pen.beginPath();
    for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) { // prettier-ignore
      pen.moveTo(x + sx * 16, y + sy * 9);
      pen.lineTo(x + sx * 16, y + sy * 16);
      pen.lineTo(x + sx * 9, y + sy * 16);
    }
    pen.lineWidth = width;
    pen.strokeStyle = stroke;
    pen.stroke();
  }
}
