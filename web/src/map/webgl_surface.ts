/** The chart by MapLibre GL, with the own vessel layer inside its drawing. North is always up. */
import type { FeatureCollection, GeoJSON } from "geojson";
import { withPackaged } from "./places";
import { type GeoJSONSource, Map as MapLibre, addProtocol, setWorkerUrl } from "maplibre-gl";
import type { CustomLayerInterface } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { Theme } from "../state";
import { graticule } from "./graticule";
import { boundsOf } from "./project";
import { STRIPES, hatch, striped } from "./claims";
import { ABOVE_VESSELS, GRID, TRACKS, partsOf, styleOf } from "./style";
import type { PointerAt, Surface, SurfaceEvents } from "./surface";
import { ARCHIVES, packagedNames } from "./basemap";
import { inCore } from "./tiles";
import { LAYER_NAMES, type LayerName, type MapView, type Origin } from "./types";
import { Fleet } from "./vessels/fleet";
import { type Scene, VesselLayer } from "./vessels/layer";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const STEP = 100;
let ready = false;

function prepare(): void {
  if (ready) return;
  ready = true;
  setWorkerUrl(workerUrl);
  addProtocol("kizuna", async ({ url }) => {
    const [, name = "", z = 0, x = 0, y = 0] = /^kizuna:\/\/(\w+)\/(\d+)\/(\d+)\/(\d+)/.exec(url) ?? [];
    const nothing = name === "outer" && inCore(+z, +x, +y);
    return { data: (nothing ? null : await ARCHIVES[name]?.tile(+z, +x, +y)) ?? new ArrayBuffer(0) };
  });
}

export class WebglSurface implements Surface {
  readonly kind = "webgl";
  readonly #map: MapLibre;
  readonly #vessels: VesselLayer;
  readonly #layers = new Map<LayerName, GeoJSON>();
  #shown: ReadonlySet<string> = new Set();
  #tracks: FeatureCollection = EMPTY;
  #theme: Theme;
  #language: string;
  #grid = "";
  #goal: MapView | null = null;
  #places: FeatureCollection | null = null;
  #packaged: FeatureCollection = EMPTY;

  /** Resolves when the style is in; rejects where the browser has no WebGL2. */
  static async open(container: HTMLElement, theme: Theme, language: string, home: MapView, events: SurfaceEvents): Promise<WebglSurface> {
    prepare();
    const surface = new WebglSurface(container, theme, language, home, events);
    const names = packagedNames();
    await new Promise<void>((done) => surface.#map.once("style.load", () => done()));
    surface.#packaged = await names;
    surface.#dress();
    // A driver that was reset takes everything on the graphics card along; MapLibre then loads its style once more.
    surface.#map.on("style.load", () => surface.#dress());
    return surface;
  } // prettier-ignore

  private constructor(container: HTMLElement, theme: Theme, language: string, home: MapView, events: SurfaceEvents) {
    this.#theme = theme;
    this.#language = language;
    this.#vessels = new VesselLayer(new Fleet(), theme);
    this.#map = new MapLibre({
      container, style: styleOf(theme, language), center: [home.lon, home.lat], zoom: home.zoom, minZoom: 1.4, maxZoom: 17,
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, maxPitch: 0,
      rollEnabled: false, fadeDuration: 0, renderWorldCopies: true, refreshExpiredTiles: false,
      canvasContextAttributes: { antialias: false, powerPreference: "default" },
      localIdeographFontFamily: '"Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK TC", sans-serif',
    }); // prettier-ignore
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#listen(events);
  }

  #listen(events: SurfaceEvents): void {
    const map = this.#map;
    const pointer = (e: { point: { x: number; y: number }; lngLat: { lng: number; lat: number } }): PointerAt => ({
      x: e.point.x, y: e.point.y, lon: e.lngLat.lng, lat: e.lngLat.lat,
    }); // prettier-ignore
    map.on("move", () => events.view());
    map.on("moveend", () => {
      this.#goal = null;
      this.#drawGrid();
      events.settled();
    });
    map.on("resize", () => {
      // A flight aims at the middle of the screen that it began on; on another screen it would end beside its goal.
      if (this.#goal) map.jumpTo({ center: [this.#goal.lon, this.#goal.lat], zoom: this.#goal.zoom });
      this.#drawGrid();
    });
    map.on("render", () => events.frame());
    map.on("click", (e) => events.click(pointer(e)));
    map.on("mousemove", (e) => events.move(pointer(e)));
    map.on("mouseout", () => events.move(null));
    // one stop of the Tab key for the chart: the region itself, which moves by the same keys as MapLibre's own canvas
    const canvas = map.getCanvas();
    canvas.tabIndex = -1;
    for (const name of ["role", "aria-label"]) canvas.removeAttribute(name);
    map.getContainer().addEventListener("keydown", (e) => this.#pressed(e));
  }

  #pressed(e: KeyboardEvent): void {
    const map = this.#map;
    if (e.target !== map.getContainer() || e.altKey || e.ctrlKey || e.metaKey) return;
    const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[e.key] as [number, number] | undefined;
    if (way) map.panBy(way, { duration: 200 });
    else if (e.key === "+" || e.key === "=") map.zoomIn();
    else if (e.key === "-") map.zoomOut();
    else return;
    e.preventDefault();
  }

  /** Put everything that is not in the style itself into a style that was just loaded. */
  #dress(): void {
    const map = this.#map;
    for (let i = 0; i < STRIPES; i++) if (!map.hasImage(`hatch-${i}`)) map.addImage(`hatch-${i}`, hatch(this.#theme, i));
    if (!map.getLayer("vessels")) map.addLayer(this.#custom(), ABOVE_VESSELS);
    for (const name of LAYER_NAMES) this.#source(name).setData(this.#layers.get(name) ?? EMPTY);
    this.#source(TRACKS).setData(this.#tracks);
    this.#source("names").setData(withPackaged(this.#places, this.#packaged));
    this.#grid = "";
    this.#drawGrid();
    this.#show();
  }

  #custom(): CustomLayerInterface {
    return {
      id: "vessels",
      type: "custom",
      renderingMode: "2d",
      onAdd: (_map, gl) => this.#vessels.start(gl as WebGL2RenderingContext),
      onRemove: (_map, gl) => this.#vessels.stop(gl as WebGL2RenderingContext),
      render: (gl) => this.#vessels.draw(gl as WebGL2RenderingContext, this.scene()),
    };
  }

  #source(name: string): GeoJSONSource {
    return this.#map.getSource(name) as GeoJSONSource;
  }

  #drawGrid(): void {
    const scene = this.scene();
    const { west, south, east, north } = boundsOf(scene);
    const [w, h] = [(east - west) / 2, (north - south) / 2];
    const lines = graticule({ west: west - w, south: south - h, east: east + w, north: north + h }, scene.width * 2);
    const key = JSON.stringify(lines).length + lines.features.map((f) => JSON.stringify(f.geometry)).join();
    if (key === this.#grid || !this.#source(GRID)) return;
    this.#grid = key;
    this.#source(GRID).setData(lines);
  }

  #show(): void {
    for (const name of LAYER_NAMES)
      for (const id of partsOf(name))
        this.#map.setLayoutProperty(id, "visibility", this.#shown.has(name) ? "visible" : "none");
  }

  /** MapLibre itself, for benchmarks. */
  get map(): MapLibre {
    return this.#map;
  }

  scene(): Scene {
    const { lng, lat } = this.#map.getCenter();
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    return { lon: lng, lat, zoom: this.#map.getZoom(), width, height, ratio: this.#map.getPixelRatio() };
  }

  setFleet(fleet: Fleet): void {
    this.#vessels.fleet = fleet;
    this.repaint();
  }

  setOrigins(origins: readonly Origin[]): void {
    this.#vessels.setOrigins(origins);
    this.repaint();
  }

  setNow(now_s: number): void {
    this.#vessels.now_s = now_s;
    this.repaint();
  }

  crowd(): { visible: number; size: number } {
    return { visible: this.#vessels.visible, size: this.#vessels.size };
  }

  markOf(origin: number): number {
    return this.#vessels.shapeOf(origin);
  }

  setLayer(name: LayerName, data: GeoJSON | null): void {
    const shown = data && name === "claims" ? striped(data) : data;
    if (shown) this.#layers.set(name, shown);
    else this.#layers.delete(name);
    this.#source(name)?.setData(shown ?? EMPTY);
  }

  setPlaces(places: FeatureCollection | null): void {
    this.#places = places;
    this.#source("names")?.setData(withPackaged(places, this.#packaged));
  }

  showLayers(names: readonly string[]): void {
    this.#shown = new Set(names);
    this.#show();
  }

  setTracks(tracks: FeatureCollection): void {
    this.#tracks = tracks;
    this.#source(TRACKS)?.setData(tracks);
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.#vessels.theme = theme;
    this.#restyle();
  }

  setLanguage(language: string): void {
    this.#language = language;
    this.#restyle();
  }

  /** Only paint and texts differ between two styles, so the tiles stay; the vessel layer is no part of a style. */
  #restyle(): void {
    const next = styleOf(this.#theme, this.#language);
    for (const layer of next.layers) {
      const paint = (layer as { paint?: Record<string, unknown> }).paint ?? {};
      for (const [key, value] of Object.entries(paint)) this.#map.setPaintProperty(layer.id, key as never, value as never);
      const text = (layer as { layout?: Record<string, unknown> }).layout?.["text-field"];
      if (text !== undefined) this.#map.setLayoutProperty(layer.id, "text-field", text as string);
    }
    for (let i = 0; i < STRIPES; i++) this.#map.updateImage(`hatch-${i}`, hatch(this.#theme, i));
    this.repaint();
  }

  flyTo({ lon, lat, zoom }: MapView): void {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (still) this.#map.jumpTo({ center: [lon, lat], zoom });
    else {
      this.#map.easeTo({ center: [lon, lat], zoom, duration: 500 });
      this.#goal = { lon, lat, zoom };
    }
  }

  repaint(): void {
    this.#map.triggerRepaint();
  }

  setDoubleClick(on: boolean): void {
    if (on) this.#map.doubleClickZoom.enable();
    else this.#map.doubleClickZoom.disable();
  }

  async idle(): Promise<void> {
    await new Promise<void>((done) => {
      this.#map.once("idle", () => done());
      this.#map.triggerRepaint();
    });
  }

  resize(): void {
    this.#map.resize();
  }

  destroy(): void {
    this.#map.remove();
  }
}
