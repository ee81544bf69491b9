/** The map as the rest of the picture sees it: the same over WebGL and over a plain canvas. */
import type { FeatureCollection, GeoJSON, Position } from "geojson";
import type { Theme, Units } from "../state";
import { metresPerPoint, mercatorX, mercatorY } from "./geodesy";
import { lineFeatures, lineNear, partsOf } from "./lines";
import { Measure } from "./measure";
import { Overlay } from "./overlay";
import { Pace } from "./pace";
import { project } from "./project";
import { Replay } from "./replay";
import { Scale } from "./scale";
import type { Sketch } from "./sketches";
import type { PointerAt, Surface, SurfaceEvents } from "./surface";
import { trackFeatures } from "./tracks";
import type {
  BlockColumns, DetectionMark, EventMark, KizunaMap, LayerName, MapOptions, MapView, Origin, Pick, PictureColumns, TrackColumns,
} from "./types"; // prettier-ignore
import { Fleet } from "./vessels/fleet";
import { SHAPES } from "./vessels/layer";

/** A vessel at this speed should not jump by more than half a point between two frames: 30 kn, in metres a second. */
const FAST_MS = 15;
const PICK_POINTS = 14;
const LINE_POINTS = 7;
/** Least time between two frames that only new data ask for. */
const FRAME_MS = 500;

export class Chart implements KizunaMap {
  readonly renderer: "webgl" | "canvas";
  readonly #surface: Surface;
  readonly #overlay: Overlay;
  readonly #scale: Scale;
  readonly #measure = new Measure();
  readonly #pace = new Pace();
  readonly #pickers = new Set<(pick: Pick) => void>();
  readonly #viewers = new Set<(view: MapView) => void>();
  readonly #tracks = new Map<string, TrackColumns>();
  readonly #keys: (event: KeyboardEvent) => void;
  #live: Fleet;
  #replay: Replay | null = null;
  #events: readonly EventMark[] = [];
  #detections: readonly DetectionMark[] = [];
  #detection: string | null = null;
  #sketches: readonly Sketch[] = [];
  #taker: ((at: { lon: number; lat: number }) => void) | null = null;
  #cables: GeoJSON | null = null;
  #cable: string | null = null;
  #cableDrawn: readonly Sketch[] = [];
  #shown: readonly string[] = [];
  #measured: (measured: ReturnType<Measure["said"]>) => void = () => undefined;
  /** Whether the last leg follows the middle of the chart and not the pointer. */
  #byKeys = false;
  #names: ReadonlyMap<number, string> = new Map();
  #selected: number | null = null;
  #shapes: ReadonlyMap<number, number> = new Map();
  #theme: Theme;
  #units: Units;
  #clock = { ms: 0, at: 0, running: false };
  #timer = 0;
  #painted = 0;

  static async open(
    container: HTMLElement, options: MapOptions,
    open: (events: SurfaceEvents) => Promise<Surface>,
  ): Promise<Chart> {
    let chart: Chart | null = null;
    const surface = await open({
      view: () => chart?.seen(),
      settled: () => chart?.settled(),
      frame: () => chart?.framed(),
      click: (at) => chart?.clicked(at),
      move: (at) => chart?.moved(at),
    });
    chart = new Chart(container, options, surface);
    return chart;
  } // prettier-ignore

  private constructor(container: HTMLElement, options: MapOptions, surface: Surface) {
    this.#surface = surface;
    this.renderer = surface.kind;
    this.#theme = options.theme;
    this.#units = options.units;
    this.#live = new Fleet(options.exercise ?? false);
    this.#overlay = new Overlay(container);
    this.#scale = new Scale(container);
    surface.setFleet(this.#live);
    if (options.origins) this.#known(options.origins);
    this.#keys = (event) => {
      if (!this.#measure.on || event.key !== "Backspace" || isTyping(event)) return;
      this.#measure.back();
      this.#laid();
    };
    window.addEventListener("keydown", this.#keys);
    this.seen();
  }

  // -- what the surface tells ------------------------------------------------------------------------------------
  protected seen(): void {
    const { lat, zoom } = this.#surface.scene();
    this.#scale.show(lat, zoom, this.#units);
    if (this.#byKeys && this.#measure.on) this.#measure.follow(this.getView());
  }

  protected settled(): void {
    const view = this.getView();
    for (const viewer of this.#viewers) viewer(view);
    this.#run();
  }

  protected framed(): void {
    this.#pace.framed();
    this.#overlay.draw({
      scene: this.#surface.scene(), theme: this.#theme, units: this.#units, fleet: this.#fleet, now_s: this.#now_s(),
      crowd: this.#surface.crowd(), shapeOf: (origin) => this.#shapes.get(origin) ?? 2, events: this.#events, detections: this.#detections, detection: this.#detection, sketches: [...this.#cableDrawn, ...this.#sketches], names: this.#names, selected: this.#selected,
      measure: this.#measure,
    }); // prettier-ignore
  }

  protected clicked(at: PointerAt): void {
    if (this.#taker) return this.#taker({ lon: at.lon, lat: at.lat });
    if (this.#measure.on) {
      this.#measure.add(at);
      return this.#laid();
    }
    const near = { mmsi: this.#vesselAt(at), event_id: this.#eventAt(at), detection: this.#detectionAt(at) };
    const alone = near.mmsi === null && near.event_id === null && near.detection === null;
    const pick: Pick = { lon: at.lon, lat: at.lat, ...near, cable: alone ? this.#cableAt(at) : null };
    for (const picker of this.#pickers) picker(pick);
  }

  protected moved(at: PointerAt | null): void {
    this.#scale.point(at);
    if (at) this.#byKeys = false;
    if (this.#measure.follow(at)) this.#surface.repaint();
  }

  // -- what is asked of it ---------------------------------------------------------------------------------------
  setPicture(columns: PictureColumns, { merge = false } = {}): void {
    if (merge) this.#live.merge(columns);
    else this.#live.replace(columns);
    if (!this.#replay) this.#soon();
  }

  setReplay(blocks: readonly BlockColumns[] | null): void {
    this.#replay = blocks && new Replay(blocks, this.#live);
    if (this.#replay) this.#replay.show(this.#now_s());
    this.#surface.setFleet(this.#fleet);
  }

  setTime(ms: number, running = !this.#replay): void {
    this.#clock = { ms, at: performance.now(), running };
    if (running) this.#soon();
    else this.#tick();
  }

  setTrack(key: string, track: TrackColumns | null): void {
    if (track) this.#tracks.set(key, track);
    else this.#tracks.delete(key);
    this.#surface.setTracks(trackFeatures(this.#tracks.values()));
  }

  setEvents(events: readonly EventMark[]): void {
    this.#events = events;
    this.#again();
  }

  setDetections(detections: readonly DetectionMark[], selected: string | null): void {
    this.#detections = detections;
    this.#detection = selected;
    this.#surface.repaint();
  }

  setSketches(sketches: readonly Sketch[]): void {
    this.#sketches = sketches;
    this.#surface.repaint();
  }

  takePoints(taker: ((at: { lon: number; lat: number }) => void) | null): void {
    this.#taker = taker;
    this.#surface.setDoubleClick(taker === null && !this.#measure.on);
  }

  setNames(names: ReadonlyMap<number, string>): void {
    this.#names = names;
    this.#again();
  }

  setLayer(name: LayerName, data: GeoJSON | null): void {
    if (name === "cables") {
      this.#cables = data;
      this.selectCable(this.#cable);
    }
    this.#surface.setLayer(name, data);
  }

  setPlaces(places: FeatureCollection | null): void {
    this.#surface.setPlaces(places);
  }

  showLayers(names: readonly string[]): void {
    this.#shown = names;
    this.selectCable(this.#cable);
    this.#surface.showLayers(names);
  }

  flyTo({ lon, lat, zoom }: { lon: number; lat: number; zoom?: number }): void {
    this.#surface.flyTo({ lon, lat, zoom: zoom ?? Math.max(this.#surface.scene().zoom, 8) });
  }

  getView(): MapView {
    const { lon, lat, zoom } = this.#surface.scene();
    return { lon, lat, zoom };
  }

  selectCable(id: string | null): void {
    this.#cable = id;
    const chosen = this.#shown.includes("cables") && id !== null ? lineFeatures(this.#cables).find((f) => f.properties?.["cable_id"] === id) : undefined;
    const parts: readonly (readonly Position[])[] = chosen ? partsOf(chosen) : [];
    this.#cableDrawn = parts.map((points) => ({ kind: "line", look: "own", points: points as [number, number][] }));
    this.#surface.repaint();
  }

  select(mmsi: number | null): void {
    this.#selected = mmsi;
    this.#surface.repaint();
  }

  positionOf(mmsi: number): { lon: number; lat: number } | null {
    const row = this.#fleet.row(mmsi);
    return row === undefined ? null : this.#fleet.position(row, this.#now_s());
  }

  cellOf(mmsi: number): number {
    const row = this.#fleet.row(mmsi);
    return row === undefined ? 0 : this.#fleet.cell_m(row);
  }

  onPick(listener: (pick: Pick) => void): () => void {
    this.#pickers.add(listener);
    return () => this.#pickers.delete(listener);
  }

  onView(listener: (view: MapView) => void): () => void {
    this.#viewers.add(listener);
    return () => this.#viewers.delete(listener);
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.#surface.setTheme(theme);
  }

  setLanguage(language: string): void {
    this.#surface.setLanguage(language);
  }

  setUnits(units: Units): void {
    this.#units = units;
    this.seen();
    if (this.#measure.on) this.#laid();
    this.#surface.repaint();
  }

  setOrigins(origins: readonly Origin[], exercise: boolean): void {
    this.#live.exercise = exercise;
    this.#known(origins);
  }

  measure(on: boolean): void {
    if (on === this.#measure.on) return;
    if (on) this.#measure.start();
    else this.#measure.stop();
    this.#byKeys = false;
    this.#surface.setDoubleClick(!on);
    this.#laid();
  }

  measureMiddle(): void {
    if (!this.#measure.on) return;
    const { lon, lat } = this.#surface.scene();
    this.#measure.add({ lon, lat });
    this.#byKeys = true;
    this.#measure.follow({ lon, lat });
    this.#laid();
  }

  onMeasured(listener: (measured: ReturnType<Measure["said"]>) => void): void {
    this.#measured = listener;
  }

  #laid(): void {
    this.#measured(this.#measure.said(this.#units));
    this.#surface.repaint();
  }

  async idle(): Promise<void> {
    await this.#surface.idle();
  }

  resize(): void {
    this.#surface.resize();
  }

  #known(origins: readonly Origin[]): void {
    this.#shapes = new Map(origins.map(({ code, shape }) => [code, SHAPES.indexOf(shape)]));
    this.#surface.setOrigins(origins);
  }

  /** What the benchmarks compare with lies below this map; nothing else may call it. */
  _surfaceForBenchmarks(): Surface {
    return this.#surface;
  }

  destroy(): void {
    clearTimeout(this.#timer);
    window.removeEventListener("keydown", this.#keys);
    this.#surface.destroy();
  }

  // -- time ------------------------------------------------------------------------------------------------------
  get #fleet(): Fleet {
    return this.#replay?.fleet ?? this.#live;
  }

  #now_s(): number {
    const { ms, at, running } = this.#clock;
    return (running ? ms + performance.now() - at : ms) / 1000;
  }

  /** A node may tell of changes four times a second; two frames a second show them well enough. */
  #soon(): void {
    if (!this.#clock.running) return this.#surface.repaint();
    const wait = this.#painted + this.#pace.least_ms(FRAME_MS) - performance.now();
    if (wait <= 0) return this.#tick();
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#tick(), wait);
  }

  /** What came in is drawn at once where a frame is cheap, else with the next frame: the list of alerts goes first. */
  #again(): void {
    if (this.#pace.dear) this.#soon();
    else this.#surface.repaint();
  }

  #tick(): void {
    this.#painted = performance.now();
    const now = this.#now_s();
    this.#replay?.show(now);
    this.#surface.setNow(now);
    this.#run();
  }

  /** Frames come as often as a fast vessel moves half a point, and never while the page is hidden. */
  #run(): void {
    clearTimeout(this.#timer);
    if (!this.#clock.running || this.#fleet.size === 0) return;
    const { lat, zoom } = this.#surface.scene();
    const wait = this.#pace.least_ms(Math.min(10_000, Math.max(150, (500 * metresPerPoint(lat, zoom)) / FAST_MS)));
    this.#timer = window.setTimeout(() => (document.hidden ? this.#run() : this.#tick()), wait);
  }

  // -- picking ---------------------------------------------------------------------------------------------------
  #vesselAt({ lon, lat }: PointerAt): number | null {
    const radius = PICK_POINTS / (512 * 2 ** this.#surface.scene().zoom);
    const row = this.#fleet.nearest(mercatorX(lon), mercatorY(lat), radius, this.#now_s());
    return row < 0 ? null : (this.#fleet.mmsi[row] as number);
  }

  #detectionAt({ x, y }: PointerAt): string | null {
    const scene = this.#surface.scene();
    let [best, found]: [number, string | null] = [PICK_POINTS, null];
    for (const { lon, lat, id } of this.#detections) {
      const [dx, dy] = project(scene, lon, lat);
      const d = Math.hypot(dx - x, dy - y);
      if (d < best) [best, found] = [d, id];
    }
    return found;
  }

  #cableAt({ x, y }: PointerAt): string | null {
    if (!this.#shown.includes("cables")) return null;
    const found = lineNear(this.#cables, this.#surface.scene(), x, y, LINE_POINTS);
    return (found?.properties?.["cable_id"] as string | undefined) ?? null;
  }

  #eventAt({ x, y }: PointerAt): string | null {
    const scene = this.#surface.scene();
    let [best, found]: [number, string | null] = [18, null];
    for (const { lon, lat, event_id } of this.#events) {
      const [ex, ey] = project(scene, lon, lat);
      const d = Math.hypot(ex - x, ey - y);
      if (d < best) [best, found] = [d, event_id];
    }
    return found;
  }
}

function isTyping({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
