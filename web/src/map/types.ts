/** What goes into the map and what comes out of it. Columns are typed arrays as they come off the wire. */
import type { FeatureCollection, GeoJSON } from "geojson";
import type { Theme, Units } from "../state";
import type { Sketch } from "./sketches";

export type { Sketch, SketchLook } from "./sketches";

/** Rows of `/api/picture`; every column has one value per vessel. */
export interface PictureColumns {
  mmsi: Int32Array;
  lon_e7: Int32Array;
  lat_e7: Int32Array;
  /** Unix seconds of the fix. */
  t_s: Int32Array;
  /** Tenths of a knot, -1 missing. */
  sog_dkn: Int16Array;
  /** Tenths of a degree from true north, -1 missing. */
  cog_ddeg: Int16Array;
  /** 0 other 1 cargo 2 tanker 3 passenger 4 fishing 5 tug/special 6 pleasure 7 law enforcement/SAR 8 aton/base. */
  kind: Int8Array;
  origin: Int8Array;
  /** See `FLAG`. */
  flags: Int8Array;
  /** Which of `CELL_SIZES_M` the place is the middle of, from 1 on; 0 or no column: the place is exact. */
  cell?: Int8Array | null;
}

export const FLAG = { alert: 1, watched: 2, classB: 4, still: 8, gone: 16, exercise: 64 } as const;

/** Rows of `/api/block/{start}`: fixes of all vessels in one stretch of time, in any order. */
export interface BlockColumns {
  mmsi: Int32Array;
  t_s: Int32Array;
  lon_e7: Int32Array;
  lat_e7: Int32Array;
  sog_dkn: Int16Array;
  cog_ddeg: Int16Array;
  /** As in the picture; null in a block that an older node made. */
  cell?: Int8Array | null;
}

/** Rows of `/api/vessels/{mmsi}/track`, oldest first. */
export interface TrackColumns {
  t_ms: BigInt64Array | Float64Array;
  lon: Float64Array;
  lat: Float64Array;
  sog: Float32Array;
}

/** An alert on the map: a double ring at its place, for as long as it is given. */
export interface EventMark {
  event_id: string;
  lat: number;
  lon: number;
  /** What the ring looks like: new rings stand out, others are drawn quietly. */
  state: "new" | "acknowledged" | "silenced" | "dismissed" | "withdrawn";
  label?: string;
}

export const SENSORS = ["radar", "sar", "rf", "uav", "visual", "report"] as const;
export type Sensor = (typeof SENSORS)[number];

/** What a sensor without identity saw, at its place; its shape says which kind of sensor. */
export interface DetectionMark {
  id: string;
  lat: number;
  lon: number;
  sensor: Sensor;
  /** Unmatched ones stand out; matched ones are tied to their vessel; others wait for a verdict or get none. */
  verdict: "dark" | "match" | "waits" | "not_judged";
  mmsi: number | null;
  /** Minutes since it was seen. */
  age_min: number;
  label?: string;
}

export type Shape = "hull" | "diamond" | "triangle" | "ball";
/** `code` is the number in the column `origin`; shape and colour go together and never change between themes. */
export interface Origin {
  code: number;
  name: string;
  shape: Shape;
}

export type LayerName = "zones" | "claims" | "ports" | "gates" | "cables" | "coverage" | "presence";
export const LAYER_NAMES: readonly LayerName[] = [
  "coverage", "presence", "zones", "claims", "cables", "gates", "ports",
]; // prettier-ignore

export interface MapOptions {
  theme: Theme;
  language: string;
  units: Units;
  home: { lon: number; lat: number; zoom: number };
  origins?: readonly Origin[];
  /** Whether everything on this map is an exercise. Where not, vessels of an exercise are striped. */
  exercise?: boolean;
  /** Use the canvas without WebGL even where WebGL exists (for tests). */
  forceCanvas?: boolean;
}

export interface Pick {
  /** Vessel under the pointer, or null where there is none. */
  mmsi: number | null;
  /** Alert ring under the pointer. */
  event_id: string | null;
  /** Detection under the pointer. */
  detection: string | null;
  /** Cable under the pointer, where nothing else is. */
  cable: string | null;
  lon: number;
  lat: number;
}

export interface MapView {
  lon: number;
  lat: number;
  zoom: number;
}

export interface KizunaMap {
  /** webgl, or canvas where the browser has no WebGL2. */
  readonly renderer: "webgl" | "canvas";
  /** `merge: false` (default): these are all vessels. `merge: true`: rows replace those of the same MMSI; gone ones go. */
  setPicture(columns: PictureColumns, options?: { merge?: boolean }): void;
  /** Add the fixes of a block to those that are replayed; `null` ends the replay and shows the live picture again. */
  setReplay(blocks: readonly BlockColumns[] | null): void;
  /** The moment to show, ms since 1970. While live call it with the node's clock; the map then runs on by itself. */
  setTime(ms: number, running?: boolean): void;
  /** Track of a vessel; null takes it away. Several can be shown, each under its own key. */
  setTrack(key: string, track: TrackColumns | null): void;
  setEvents(events: readonly EventMark[]): void;
  setDetections(detections: readonly DetectionMark[], selected: string | null): void;
  /** Drawings above everything else: of an incident, of what a partner is told. */
  setSketches(sketches: readonly Sketch[]): void;
  /** While there is a taker, a click gives it a place and chooses nothing. null: clicks choose again. */
  takePoints(taker: ((at: { lon: number; lat: number }) => void) | null): void;
  /** Names to be written beside vessels where there is room. */
  setNames(names: ReadonlyMap<number, string>): void;
  setLayer(name: LayerName, data: GeoJSON | null): void;
  /** Names of islands by the node's own choice: points with `name`, `local`, `radius_m`. null: those that are packaged. */
  setPlaces(places: FeatureCollection | null): void;
  showLayers(names: readonly string[]): void;
  flyTo(to: { lon: number; lat: number; zoom?: number }): void;
  getView(): MapView;
  /** Draw one cable strongly, by its `cable_id`; null draws none so. */
  selectCable(id: string | null): void;
  /** Ring one vessel; null rings none. */
  select(mmsi: number | null): void;
  /** Where a vessel is drawn now; null where it is not known. */
  positionOf(mmsi: number): { lon: number; lat: number } | null;
  /** Side of the grid cell in which the place of a vessel is known, m; 0 where it is exact or not known. */
  cellOf(mmsi: number): number;
  onPick(listener: (pick: Pick) => void): () => void;
  onView(listener: (view: MapView) => void): () => void;
  setTheme(theme: Theme): void;
  setLanguage(language: string): void;
  setUnits(units: Units): void;
  setOrigins(origins: readonly Origin[], exercise: boolean): void;
  /** Measuring: clicks lay a line, its length and bearings are written beside it; Escape or `false` ends it. */
  measure(on: boolean): void;
  /** While measuring: lay a corner in the middle of the chart. The last leg then follows the middle. */
  measureMiddle(): void;
  /** Hear what was measured between the corners that were laid, newest leg and sum; empty texts before the second. */
  onMeasured(listener: (measured: { corners: number; leg: string; sum: string }) => void): void;
  /** Resolves when everything asked for so far is on the screen (for tests and screenshots). */
  idle(): Promise<void>;
  resize(): void;
  destroy(): void;
}
