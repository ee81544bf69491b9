/** The chart on a plain canvas, for browsers without WebGL2: the same land, overlays, vessels and ways to move about. */
import type { FeatureCollection, GeoJSON } from "geojson";
import type { Theme } from "../state";
import { withPackaged } from "./places";
import { TOKENS } from "../theme";
import { packagedNames } from "./basemap";
import { drawLayers, drawLines, drawTracks } from "./canvas_chart";
import { type Crowd, drawVessels } from "./canvas_marks";
import { LandTiles } from "./canvas_tiles";
import { graticule } from "./graticule";
import { mercatorX, mercatorY, wrap } from "./geodesy";
import { bindPointer } from "./pointer";
import { boundsOf, project, unproject } from "./project";
import type { Surface, SurfaceEvents } from "./surface";
import type { LayerName, MapView, Origin } from "./types";
import { Fleet } from "./vessels/fleet";
import { SHAPES, type Scene } from "./vessels/layer";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const [ZOOM_LEAST, ZOOM_MOST] = [1.4, 17];

export class CanvasSurface implements Surface {
  readonly kind = "canvas";
  readonly #canvas = document.createElement("canvas");
  readonly #pen: CanvasRenderingContext2D;
  readonly #land = new LandTiles(() => this.repaint());
  readonly #layers = new Map<LayerName, GeoJSON>();
  readonly #events: SurfaceEvents;
  readonly #watch: ResizeObserver;
  #shown: ReadonlySet<string> = new Set();
  #tracks: FeatureCollection = EMPTY;
  #packaged: FeatureCollection = EMPTY;
  #names: FeatureCollection = EMPTY;
  #fleet = new Fleet();
  #now_s = 0;
  #crowd: Crowd = { visible: 0, size: 20 };
  #shapes = new Map<number, number>();
  #view: MapView;
  #theme: Theme;
  #language: string;
  #frame = 0;
  #settling = 0;
  #unbind: () => void;

  static async open(container: HTMLElement, theme: Theme, language: string, home: MapView, events: SurfaceEvents): Promise<CanvasSurface> {
    const surface = new CanvasSurface(container, theme, language, home, events);
    surface.#packaged = await packagedNames();
    surface.setPlaces(null);
    return surface;
  } // prettier-ignore

  private constructor(container: HTMLElement, theme: Theme, language: string, home: MapView, events: SurfaceEvents) {
    this.#theme = theme;
    this.#language = language;
    this.#view = home;
    this.#events = events;
    this.#canvas.className = "overlay canvas-chart";
    this.#canvas.style.pointerEvents = "auto";
    container.append(this.#canvas);
    const pen = this.#canvas.getContext("2d", { willReadFrequently: true });
    if (!pen) throw new Error("this browser draws no canvas");
    this.#pen = pen;
    this.#unbind = bindPointer(this.#canvas, container, {
      at: (x, y) => ({ x, y, ...unproject(this.scene(), x, y) }),
      drag: (dx, dy) => this.#pan(dx, dy),
      zoom: (by, x, y) => this.#zoom(by, x, y),
      click: (at) => events.click(at),
      move: (at) => events.move(at),
    });
    this.#watch = new ResizeObserver(() => this.repaint());
    this.#watch.observe(container);
  }

  scene(): Scene {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    return { ...this.#view, width: Math.max(width, 1), height: Math.max(height, 1), ratio: window.devicePixelRatio || 1 };
  }

  #pan(dx: number, dy: number): void {
    const scene = this.scene();
    const { lon, lat } = unproject(scene, scene.width / 2 - dx, scene.height / 2 - dy);
    this.#look({ lon, lat, zoom: scene.zoom });
  }

  #zoom(by: number, x: number, y: number): void {
    const before = this.scene();
    const zoom = Math.min(ZOOM_MOST, Math.max(ZOOM_LEAST, before.zoom + by));
    const held = unproject(before, x, y);
    const [hx, hy] = project({ ...before, zoom }, held.lon, held.lat);
    const { lon, lat } = unproject({ ...before, zoom }, before.width / 2 + hx - x, before.height / 2 + hy - y);
    this.#look({ lon, lat, zoom });
  }

  #look({ lon, lat, zoom }: MapView): void {
    this.#view = { lon: wrap(lon), lat: Math.max(-84, Math.min(84, lat)), zoom };
    this.#events.view();
    this.repaint();
    clearTimeout(this.#settling);
    this.#settling = window.setTimeout(() => this.#events.settled(), 200);
  }

  repaint(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      this.#events.frame();
    });
  }

  #draw(): void {
    const scene = this.scene();
    const [w, h] = [Math.round(scene.width * scene.ratio), Math.round(scene.height * scene.ratio)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) Object.assign(this.#canvas, { width: w, height: h });
    const pen = this.#pen;
    const t = TOKENS[this.#theme];
    pen.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    pen.fillStyle = t.sea;
    pen.fillRect(0, 0, scene.width, scene.height);
    drawLines(pen, scene, graticule(boundsOf(scene), scene.width), t.grid);
    this.#drawLand(scene);
    drawLayers(pen, scene, this.#theme, this.#layers, this.#shown);
    this.#drawNames(scene);
    drawTracks(pen, scene, this.#theme, this.#tracks);
    this.#crowd = drawVessels(pen, scene, this.#fleet, this.#now_s, this.#theme, (origin) => this.markOf(origin));
  }

  #drawLand(scene: Scene): void {
    const pen = this.#pen;
    const t = TOKENS[this.#theme];
    const world = 512 * 2 ** scene.zoom;
    const [left, top] = [mercatorX(scene.lon) - scene.width / 2 / world, mercatorY(scene.lat) - scene.height / 2 / world];
    for (const { name, z } of LandTiles.sources(scene.zoom)) {
      const n = 2 ** z;
      const size = world / n;
      for (let x = Math.floor(left * n); x * size < left * world + scene.width; x++)
        for (let y = Math.max(0, Math.floor(top * n)); y < n && y * size < top * world + scene.height; y++) {
          const tile = this.#land.get(name, z, ((x % n) + n) % n, y);
          if (!tile) continue;
          pen.save();
          pen.beginPath();
          pen.rect(x * size - left * world - 0.3, y * size - top * world - 0.3, size + 0.6, size + 0.6);
          pen.clip();
          pen.translate(x * size - left * world, y * size - top * world);
          pen.scale(size / tile.extent, size / tile.extent);
          pen.fillStyle = t.land;
          pen.fill(tile.land, "evenodd");
          pen.lineWidth = tile.extent / size;
          pen.strokeStyle = t.shore;
          pen.stroke(tile.shore);
          pen.restore();
        }
    }
  }

  #drawNames(scene: Scene): void {
    if (scene.zoom < 5) return;
    const pen = this.#pen;
    const t = TOKENS[this.#theme];
    const least = scene.zoom < 6 ? 14000 : scene.zoom < 7 ? 6000 : scene.zoom < 8 ? 2000 : scene.zoom < 9 ? 600 : 0;
    pen.font = '11px "Noto Sans", "Noto Sans CJK JP", "Noto Sans CJK TC", system-ui, sans-serif';
    pen.textAlign = "center";
    pen.strokeStyle = t.halo;
    pen.fillStyle = t.place;
    pen.lineWidth = 3;
    const taken: [number, number][] = [];
    for (const { geometry, properties } of this.#names.features) {
      if (geometry.type !== "Point" || Number(properties?.["radius_m"]) < least) continue;
      const [x, y] = project(scene, geometry.coordinates[0] as number, geometry.coordinates[1] as number);
      if (x < 0 || y < 0 || x > scene.width || y > scene.height) continue;
      if (taken.some(([tx, ty]) => Math.abs(tx - x) < 80 && Math.abs(ty - y) < 30)) continue;
      taken.push([x, y]);
      const lines = this.#language === "en" ? [properties?.["local"], properties?.["name"]] : [properties?.["local"]];
      (lines as string[]).forEach((text, i) => {
        pen.strokeText(text, x, y + 14 * i);
        pen.fillText(text, x, y + 14 * i);
      });
    }
    pen.textAlign = "left";
  }

  setFleet(fleet: Fleet): void {
    this.#fleet = fleet;
    this.repaint();
  }

  setOrigins(origins: readonly Origin[]): void {
    this.#shapes = new Map(origins.map(({ code, shape }) => [code, SHAPES.indexOf(shape)]));
    this.repaint();
  }

  markOf(origin: number): number {
    return this.#shapes.get(origin) ?? 2;
  }

  setNow(now_s: number): void {
    this.#now_s = now_s;
    this.repaint();
  }

  crowd(): Crowd {
    return this.#crowd;
  }

  setLayer(name: LayerName, data: GeoJSON | null): void {
    if (data) this.#layers.set(name, data);
    else this.#layers.delete(name);
    this.repaint();
  }

  setPlaces(places: FeatureCollection | null): void {
    this.#names = bySize(withPackaged(places, this.#packaged));
    this.repaint();
  }

  showLayers(names: readonly string[]): void {
    this.#shown = new Set(names);
    this.repaint();
  }

  setTracks(tracks: FeatureCollection): void {
    this.#tracks = tracks;
    this.repaint();
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.repaint();
  }

  setLanguage(language: string): void {
    this.#language = language;
    this.repaint();
  }

  flyTo(view: MapView): void {
    this.#look(view);
  }

  setDoubleClick(): void {} // a double click does nothing here

  async idle(): Promise<void> {
    do await new Promise<void>((done) => requestAnimationFrame(() => done()));
    while (this.#frame || this.#land.waiting);
  }

  resize(): void {
    this.repaint();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settling);
    this.#watch.disconnect();
    this.#unbind();
    this.#canvas.remove();
  }
}

/** Large islands first, so that they keep their names where there is little room. */
function bySize({ features }: FeatureCollection): FeatureCollection {
  const size = (f: (typeof features)[0]) => Number(f.properties?.["radius_m"] ?? 0);
  return { type: "FeatureCollection", features: features.toSorted((a, b) => size(b) - size(a)) };
}
