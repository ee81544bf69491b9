/**
 * A small plot of an event: the tracks of its vessels around it, north up, with the silence, the meeting or the stay marked.
 * Lines differ by stroke as well as by colour, and the same is said in words.
 */
import { readTrack } from "../api/columns";
import type { EventFull } from "../api/types";
import type { TrackColumns } from "../map/types";
import { inverse, NM } from "../map/geodesy";
import { t, word } from "../i18n";
import { age, nine, short } from "../i18n/format";
import type { Desk } from "./desk";
import { html, nothing, svg, type TemplateResult } from "./drawing";
import "./evidence_plot.css";

export interface Spot {
  t: number;
  lon: number;
  lat: number;
}
/** One stretch to draw: `way` before and after, `marked` meanwhile, `silent` where nothing was heard meanwhile. */
export interface Stretch {
  who: number;
  kind: "way" | "marked" | "silent";
  points: readonly (readonly [number, number])[];
}
export interface Plan {
  stretches: readonly Stretch[];
  /** Nautical miles to which one unit of the plot comes. */
  nm: number;
}

export const WIDTH = 260;
export const HEIGHT = 130;
const EDGE = 12;
const HOUR_MS = 3_600_000;
const VESSELS_MOST = 3;
const POINTS_MOST = 400;

/** How far before and after an event the tracks are drawn: half of it, an hour at least, six at most. */
export const around = (start: number, end: number): number => Math.max(HOUR_MS, Math.min(6 * HOUR_MS, (end - start) / 2));

/** Stretches in units of the plot. `tracks`: fixes in the order of time, one list for each vessel. */
export function planOf(tracks: readonly (readonly Spot[])[], start: number, end: number, gap: boolean): Plan | null {
  const all = tracks.flat();
  if (!all.length) return null;
  const base = all[0]!.lon;
  const east = (lon: number) => ((((lon - base) % 360) + 540) % 360) - 180;
  const mid = all.reduce((sum, s) => sum + s.lat, 0) / all.length;
  const wide = Math.max(0.01, Math.cos((mid * Math.PI) / 180));
  const flat = (s: Spot): [number, number] => [east(s.lon) * wide, s.lat];
  const [xs, ys] = [all.map((s) => flat(s)[0]), all.map((s) => s.lat)];
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = Math.min((WIDTH - 2 * EDGE) / Math.max(x1 - x0, 1e-3), (HEIGHT - 2 * EDGE) / Math.max(y1 - y0, 1e-3));
  const at = (s: Spot): [number, number] => {
    const [x, y] = flat(s);
    return [round(WIDTH / 2 + (x - (x0 + x1) / 2) * scale), round(HEIGHT / 2 - (y - (y0 + y1) / 2) * scale)];
  };
  const stretches = tracks.flatMap((track, who) => cut(track, start, end, gap).map(({ kind, spots }) => ({ who, kind, points: thinned(spots).map(at) })));
  return { stretches, nm: 60 / scale };
}

/** Before, meanwhile and after; each stretch begins where the one before ended. */
function cut(track: readonly Spot[], start: number, end: number, gap: boolean): { kind: Stretch["kind"]; spots: readonly Spot[] }[] {
  const last = track.findLastIndex((s) => s.t <= start);
  const next = track.findIndex((s) => s.t >= end);
  const [from, to] = [Math.max(0, last), next < 0 ? track.length - 1 : next];
  const out: { kind: Stretch["kind"]; spots: readonly Spot[] }[] = [];
  if (from > 0) out.push({ kind: "way", spots: track.slice(0, from + 1) });
  if (to >= from && track.length) out.push(gap ? { kind: "silent", spots: [track[from]!, track[to]!] } : { kind: "marked", spots: track.slice(from, to + 1) });
  if (to < track.length - 1) out.push({ kind: "way", spots: track.slice(to) });
  return out;
}

const thinned = (spots: readonly Spot[]): readonly Spot[] => {
  const step = Math.ceil(spots.length / POINTS_MOST);
  return step <= 1 ? spots : spots.filter((_, k) => k % step === 0 || k === spots.length - 1);
};
const round = (v: number) => Math.round(v * 10) / 10;

// ---- drawing ---------------------------------------------------------------------------------------------------------
const kept = new WeakMap<Desk, Map<string, readonly (readonly Spot[])[] | "asked" | "failed">>();
const KEPT_MOST = 40;

/** The plot of an event; nothing where it has no vessel. */
export function plot(desk: Desk, e: EventFull, draw: () => void): TemplateResult | typeof nothing {
  if (!e.mmsis.length || e.start === null) return nothing;
  if (!kept.has(desk)) kept.set(desk, new Map());
  const cache = kept.get(desk)!;
  const key = `${e.event_id}/${e.version}`;
  const held = cache.get(key);
  if (held === undefined) {
    if (cache.size >= KEPT_MOST) cache.delete(cache.keys().next().value!);
    cache.set(key, "asked");
    void pull(desk, e).then((tracks) => cache.set(key, tracks), () => cache.set(key, "failed")).then(draw);
  }
  if (held === "failed") return html`<p class="muted plot-words">${t("plot.failed")}</p>`;
  if (held === undefined || held === "asked") return html`<p class="muted plot-words">${t("plot.loading")}</p>`;
  const gap = e.event_type === "gap";
  const plan = planOf(held, e.start, e.end ?? desk.now(), gap);
  if (!plan) return html`<p class="muted plot-words">${t("plot.none")}</p>`;
  return drawn(desk, e, held, plan, gap);
}

async function pull(desk: Desk, e: EventFull): Promise<readonly (readonly Spot[])[]> {
  const [start, end] = [e.start!, e.end ?? desk.now()];
  const pad = around(start, end);
  return Promise.all(e.mmsis.slice(0, VESSELS_MOST).map(async (mmsi) => {
    const { bytes } = await desk.api.bytes(`/api/vessels/${mmsi}/track`, { from: Math.floor(start - pad), to: Math.ceil(end + pad) });
    return spotsOf(readTrack(bytes));
  })); // prettier-ignore
}

const spotsOf = (track: TrackColumns): readonly Spot[] =>
  Array.from(track.lon, (lon, k) => ({ t: Number(track.t_ms[k]), lon, lat: track.lat[k]! })).filter((s) => Number.isFinite(s.lon) && Number.isFinite(s.lat));

function drawn(desk: Desk, e: EventFull, tracks: readonly (readonly Spot[])[], plan: Plan, gap: boolean): TemplateResult {
  const [bar, nm] = scaleBar(plan.nm);
  const ends = plan.stretches.filter((s) => s.kind !== "way").flatMap((s) => [s.points[0]!, s.points.at(-1)!]);
  return html`<figure class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${spoken(desk, e, tracks, gap)}>
      ${plan.stretches.map((s) => svg`<polyline class="${s.kind} who-${s.who}" points=${s.points.map((p) => p.join()).join(" ")}></polyline>`)}
      ${ends.map(([x, y]) => svg`<circle class="end" cx=${x} cy=${y} r="2.6"></circle>`)}
      <path class="bar" d="M8 ${HEIGHT - 8}v4h${bar}v-4"></path><text x=${12 + bar} y=${HEIGHT - 4}>${nm} nm</text>
      <path class="bar" d="M${WIDTH - 10} 22V8m-3 5 3-5 3 5"></path><text x=${WIDTH - 18} y="14" text-anchor="end">N</text></svg>
    <figcaption class="muted"><span class="key ${gap ? "silent" : "marked"}" aria-hidden="true"></span> ${gap ? t("plot.silent") : t("plot.marked")}
      ${e.mmsis.slice(0, VESSELS_MOST).length > 1 ? e.mmsis.slice(0, VESSELS_MOST).map((mmsi, k) => html` <span class="nowrap"><span class="key way who-${k}" aria-hidden="true"></span> <span dir="auto">${e.names[k] || nine(mmsi)}</span></span>`) : nothing}</figcaption></figure>`; // prettier-ignore
}

/** A bar of 1, 2 or 5 times a power of ten, at most a third of the plot: its length, and the miles that it stands for. */
export function scaleBar(nm: number): [number, string] {
  const most = (WIDTH / 3) * nm;
  const power = 10 ** Math.floor(Math.log10(most));
  const miles = [5, 2, 1].map((k) => k * power).find((m) => m <= most) ?? power;
  return [round(miles / nm), miles >= 1 ? miles.toFixed(0) : String(Number(miles.toPrecision(1)))];
}

/** The plot in words: of which time, how much was heard, and what is marked. */
function spoken(desk: Desk, e: EventFull, tracks: readonly (readonly Spot[])[], gap: boolean): string {
  const [start, end] = [e.start!, e.end ?? desk.now()];
  const pad = around(start, end);
  const fixes = tracks.reduce((sum, track) => sum + track.length, 0);
  const first = tracks[0] ?? [];
  const before = first.findLast((s) => s.t <= start) ?? first[0];
  const after = first.find((s) => s.t >= end) ?? first.at(-1);
  const nm = before && after ? (inverse(before.lat, before.lon, after.lat, after.lon).distance_m / NM).toFixed(1) : "–";
  return t(gap ? "plot.says_gap" : "plot.says", {
    what: word("event", e.event_type), who: e.mmsis.slice(0, VESSELS_MOST).map((m, k) => e.names[k] || nine(m)).join(", "), from: short(start - pad, desk.now()),
    to: short(end + pad, desk.now()), n: fixes, start: short(start, desk.now()), end: short(end, desk.now()), age: age(end - start), nm,
  }); // prettier-ignore
}
