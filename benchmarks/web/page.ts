/**
 * The page that `run.mjs` measures and looks at. Its vessels are synthetic: uniform over the screen, moving, with seeded
 * numbers. What is compared: the picture's own vessel layer, MapLibre's circle layer fed with GeoJSON, and the empty map.
 */
import "maplibre-gl/dist/maplibre-gl.css";
import "../../web/src/layout.css";
import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { chance, makeFleet, pictureColumns } from "../../web/dev/world/vessels.mjs";
import { createMap, type KizunaMap, type PictureColumns } from "../../web/src/map";
import { applyTheme } from "../../web/src/theme";
import type { Theme } from "../../web/src/state";

const HOME = { lon: 124.6, lat: 25.4, zoom: 6 };
const ask = new URLSearchParams(location.search);
let map: KizunaMap;
let moment = 1_790_000_000;

function synthetic(n: number, step: number, box = [119, 21.5, 130, 29]): PictureColumns {
  const next = chance(11);
  const [west, south, east, north] = box as [number, number, number, number];
  const c: PictureColumns = {
    mmsi: new Int32Array(n), lon_e7: new Int32Array(n), lat_e7: new Int32Array(n), t_s: new Int32Array(n).fill(moment),
    sog_dkn: new Int16Array(n), cog_ddeg: new Int16Array(n), kind: new Int8Array(n), origin: new Int8Array(n), flags: new Int8Array(n),
  }; // prettier-ignore
  for (let i = 0; i < n; i++) {
    const course = Math.floor(next() * 3600);
    const move = step * 0.002;
    c.mmsi[i] = 200000001 + i;
    c.lon_e7[i] = Math.round((west + (east - west) * next() + move * Math.sin((course * Math.PI) / 1800)) * 1e7);
    c.lat_e7[i] = Math.round((south + (north - south) * next() + move * Math.cos((course * Math.PI) / 1800)) * 1e7);
    c.sog_dkn[i] = 20 + Math.floor(next() * 180);
    c.cog_ddeg[i] = course;
    c.kind[i] = Math.floor(next() * 8);
    c.origin[i] = Math.floor(next() * 4);
  }
  return c;
}

function geojson(c: PictureColumns): GeoJSON.FeatureCollection {
  const features = Array.from(c.mmsi, (mmsi, i) => ({
    type: "Feature" as const,
    properties: { mmsi, origin: c.origin[i], cog: c.cog_ddeg[i] },
    geometry: { type: "Point" as const, coordinates: [(c.lon_e7[i] as number) / 1e7, (c.lat_e7[i] as number) / 1e7] },
  }));
  return { type: "FeatureCollection", features };
}

/** MapLibre under the picture: measured against, so the page reaches through. */
const inner = (): MapLibre => (map as unknown as { _surfaceForBenchmarks(): { map: MapLibre } })._surfaceForBenchmarks().map;
/** Until nothing is left to draw and the last frame is really there: reading a pixel waits for it. */
async function drawn(): Promise<void> {
  await new Promise<void>((done) => {
    inner().once("idle", () => done());
    inner().triggerRepaint();
  });
  const gl = inner().getCanvas().getContext("webgl2")!;
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

let columns: PictureColumns;
let features: GeoJSON.FeatureCollection;

const bench = {
  /** Makes the positions of a step, for both, outside of what is measured. */
  prepare(n: number, step: number): void {
    columns = synthetic(n, step);
    features = geojson(columns);
  },
  /** One more step of the own layer: new positions for all, and the frame that shows them. */
  async own(): Promise<void> {
    map.setPicture(columns);
    await drawn();
  },
  async circle(): Promise<void> {
    const m = inner();
    if (!m.getSource("peer")) {
      m.addSource("peer", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
      m.addLayer({ id: "peer", type: "circle", source: "peer", paint: { "circle-radius": 4, "circle-color": "#3b8fb0" } });
    }
    (m.getSource("peer") as GeoJSONSource).setData(features);
    await new Promise<void>((done) => m.once("sourcedata", () => done()));
    await drawn();
  },
  async pan(frames: number): Promise<void> {
    for (let i = 0; i < frames; i++) {
      inner().jumpTo({ center: [HOME.lon + 0.05 * (i % 20), HOME.lat + 0.02 * (i % 10)] });
      await new Promise<void>((done) => inner().once("render", () => done()));
    }
    await drawn();
  },
  clear(): void {
    const m = inner();
    map.setPicture(synthetic(0, 0));
    if (m.getLayer("peer")) m.removeLayer("peer");
    if (m.getSource("peer")) m.removeSource("peer");
  },
  snapshot(n: number): { bytes: number; parse_ms: number[] } {
    const body = tableToIPC(tableFromArrays({ ...synthetic(n, 0) }), "stream");
    const parse_ms = Array.from({ length: 15 }, () => {
      const start = performance.now();
      const table = tableFromIPC(body);
      let sum = 0;
      for (const field of table.schema.fields) sum += table.getChild(field.name)!.toArray()[n - 1] as number;
      if (!Number.isFinite(sum)) throw new Error("no columns");
      return performance.now() - start;
    });
    return { bytes: body.length, parse_ms };
  },
  /** Milliseconds of the page's own thread to bring a picture into the columns of the layer, and to pick a vessel. */
  columns(n: number): { set_ms: number } {
    const c = synthetic(n, 1);
    const start = performance.now();
    map.setPicture(c);
    return { set_ms: performance.now() - start };
  },
  view: () => map.getView(),
  map: () => map,
};

async function start(): Promise<void> {
  const theme = (ask.get("theme") ?? "dusk") as Theme;
  applyTheme(theme);
  const view = (ask.get("view") ?? "").split("/").map(Number);
  const home = view.length === 3 ? { zoom: view[0]!, lat: view[1]!, lon: view[2]! } : HOME;
  const origins = (["hull", "diamond", "triangle", "ball"] as const).map((shape, code) => ({ code, name: shape, shape }));
  map = await createMap(document.getElementById("map")!, {
    theme, language: ask.get("language") ?? "en", units: "nautical", home, origins, exercise: ask.has("exercise"),
    forceCanvas: ask.has("canvas"),
  }); // prettier-ignore
  const lanes = Number(ask.get("lanes") ?? 0);
  if (lanes) {
    const fleet = makeFleet(lanes);
    const pick = (every: number, at: number) => new Set(fleet.filter((_, i) => i % every === at).map((v) => v.mmsi).slice(0, 6));
    moment = Math.floor(Date.now() / 1000);
    map.setPicture(pictureColumns(fleet, moment, pick(29, 5), pick(31, 7)) as PictureColumns);
    map.setNames(new Map(fleet.map((v) => [v.mmsi, v.name])));
    map.select(fleet[11]?.mmsi ?? null);
  }
  map.setTime(moment * 1000, ask.has("run"));
  Object.assign(window, { bench, ready: true });
}

void start();
