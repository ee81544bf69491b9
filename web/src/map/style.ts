/** The chart's style for MapLibre: basemap, graticule, overlays. No glyph server, no sprite: text is drawn locally. */
import type { LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";
import type { Theme } from "../state";
import { TOKENS } from "../theme";
import { CORE } from "./tiles";
import { LAYER_NAMES, type LayerName } from "./types";

const EMPTY = { type: "FeatureCollection" as const, features: [] };
export const TRACKS = "tracks";
export const GRID = "grid";
/** The vessel layer is put before this one, so that names of places stay below the vessels and rings above. */
export const ABOVE_VESSELS = "top-marker";
const FONT = ["Noto Sans"];

type Chart = { [K in LayerName]: LayerSpecification[] };

export function styleOf(theme: Theme, language: string): StyleSpecification {
  const chart = chartLayers(theme, language);
  return {
    version: 8,
    sources: sources(),
    layers: [
      { id: "sea", type: "background", paint: { "background-color": TOKENS[theme].sea } },
      ...LAYER_NAMES.filter((n) => n === "coverage" || n === "presence").flatMap((n) => chart[n]),
      { id: GRID, type: "line", source: GRID, paint: { "line-color": TOKENS[theme].grid, "line-width": 1 } },
      ...landLayers(theme),
      ...LAYER_NAMES.filter((n) => n !== "coverage" && n !== "presence").flatMap((n) => chart[n]),
      ...nameLayers(theme, language),
      ...trackLayers(theme),
      { id: ABOVE_VESSELS, type: "background", layout: { visibility: "none" } },
    ],
  };
}

function sources(): Record<string, SourceSpecification> {
  const tiles = (name: string, minzoom: number, maxzoom: number): SourceSpecification => ({
    type: "vector", tiles: [`kizuna://${name}/{z}/{x}/{y}`], minzoom, maxzoom,
  }); // prettier-ignore
  const data: Record<string, SourceSpecification> = {};
  for (const name of [...LAYER_NAMES, GRID]) data[name] = { type: "geojson", data: EMPTY, generateId: true };
  return {
    world: tiles("world", 0, 5),
    outer: tiles("outer", 6, 6),
    core: { ...tiles("core", 6, 9), bounds: [...CORE] } as SourceSpecification,
    names: { type: "geojson", data: EMPTY },
    [TRACKS]: { type: "geojson", data: EMPTY, lineMetrics: true },
    ...data,
  };
}

function landLayers(theme: Theme): LayerSpecification[] {
  const { land, shore } = TOKENS[theme];
  const out: LayerSpecification[] = [];
  const each = (["world", "outer", "core"] as const).map((source) => ({
    source, range: source === "world" ? { maxzoom: 6 } : { minzoom: 6 },
  })); // prettier-ignore
  for (const { source, range } of each)
    out.push({ id: `land-${source}`, type: "fill", source, "source-layer": "land", ...range,
      paint: { "fill-color": land, "fill-antialias": false } }); // prettier-ignore
  for (const { source, range } of each)
    out.push({ id: `shore-${source}`, type: "line", source, "source-layer": "shore", ...range,
      layout: { "line-join": "round" },
      paint: { "line-color": shore, "line-width": ["interpolate", ["linear"], ["zoom"], 3, 0.5, 8, 1.1] } }); // prettier-ignore
  return out;
}

function nameLayers(theme: Theme, language: string): LayerSpecification[] {
  const { place, halo } = TOKENS[theme];
  const radius = ["get", "radius_m"] as const;
  const both = ["concat", ["get", "local"], "\n", ["get", "name"]] as const;
  return [
    { id: "names", type: "symbol", source: "names", minzoom: 5,
      filter: [">=", ["to-number", [...radius]], ["step", ["zoom"], 14000, 6, 6000, 7, 2000, 8, 600, 9, 0]],
      layout: { "text-field": language === "en" ? [...both] : ["get", "local"], "text-font": FONT,
        "text-size": ["interpolate", ["linear"], ["zoom"], 5, 10, 10, 13], "text-padding": 6, "text-max-width": 9,
        "symbol-sort-key": ["-", 0, ["to-number", [...radius]]] },
      paint: { "text-color": place, "text-halo-color": halo, "text-halo-width": 1.4 } },
  ] as LayerSpecification[]; // prettier-ignore
}

function trackLayers(theme: Theme): LayerSpecification[] {
  const { track, halo } = TOKENS[theme];
  return [
    { id: "tracks-halo", type: "line", source: TRACKS, layout: { "line-join": "round" },
      paint: { "line-color": halo, "line-width": 4, "line-opacity": ["*", 0.6, ["get", "strength"]] } },
    { id: TRACKS, type: "line", source: TRACKS, layout: { "line-join": "round" },
      filter: ["!", ["get", "gap"]],
      paint: { "line-color": track, "line-width": 2, "line-opacity": ["get", "strength"] } },
    { id: "tracks-gap", type: "line", source: TRACKS, filter: ["get", "gap"],
      paint: { "line-color": track, "line-width": 1.5, "line-dasharray": [2, 3], "line-opacity": ["get", "strength"] } },
  ] as LayerSpecification[]; // prettier-ignore
}

/** Whose claim, and what it is called. */
const CLAIM_TEXT = ["concat", ["coalesce", ["get", "claimant_name"], ["get", "claimant"], ""],
  ["case", ["all", ["has", "claimant"], ["!=", ["coalesce", ["get", "name"], ""], ""]], ": ", ""], ["coalesce", ["get", "name"], ""]]; // prettier-ignore

function portText(language: string): unknown {
  const own = { ja: "name_ja", "zh-TW": "name_zh" }[language];
  return ["coalesce", ...(own ? [["get", own]] : []), ["get", "name"], ""];
}

/** Layers of the switchable overlays. Claims: dashed outline and a two-tone hatch, the same for every claimant. */
function chartLayers(theme: Theme, language: string): Chart {
  const t = TOKENS[theme];
  const text = { "text-color": t.place, "text-halo-color": t.halo, "text-halo-width": 1.2 };
  const named = (source: LayerName, extra: object, minzoom = 4): LayerSpecification =>
    ({ id: `${source}-name`, type: "symbol", source, minzoom,
      layout: { "text-field": ["coalesce", ["get", "name"], ""], "text-font": FONT, "text-size": 11, ...extra },
      paint: text }) as LayerSpecification; // prettier-ignore
  return {
    coverage: [
      { id: "coverage", type: "fill", source: "coverage",
        paint: { "fill-color": t.coverage, "fill-opacity": ["*", 0.3, ["coalesce", ["get", "share"], 0.5]], "fill-antialias": false } },
    ],
    presence: [
      { id: "presence", type: "fill", source: "presence",
        paint: { "fill-color": t.presence, "fill-opacity": ["*", 0.38, ["coalesce", ["get", "share"], 0.5]], "fill-antialias": false } },
    ],
    zones: [
      { id: "zones-fill", type: "fill", source: "zones", filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": t.zone, "fill-opacity": 0.1 } },
      { id: "zones", type: "line", source: "zones", paint: { "line-color": t.zone, "line-width": 1.5, "line-dasharray": [1, 2] },
        layout: { "line-cap": "round" } },
      named("zones", {}),
    ],
    claims: [
      { id: "claims-hatch", type: "fill", source: "claims", filter: ["all", ["==", ["geometry-type"], "Polygon"], ["has", "stripe"]],
        paint: { "fill-pattern": ["concat", "hatch-", ["get", "stripe"]], "fill-opacity": 0.35 } },
      { id: "claims", type: "line", source: "claims", paint: { "line-color": t.claim, "line-width": 1.2, "line-dasharray": [6, 4] } },
      named("claims", { "text-field": CLAIM_TEXT, "symbol-placement": "line", "symbol-spacing": 420, "text-offset": [0, 0.8], "text-max-angle": 25 }, 5),
    ],
    cables: [
      { id: "cables", type: "line", source: "cables", paint: { "line-color": t.cable, "line-width": 1.4 } },
      named("cables", { "symbol-placement": "line", "symbol-spacing": 500, "text-offset": [0, 0.8] }, 6),
    ],
    gates: [
      { id: "gates", type: "line", source: "gates", paint: { "line-color": t.gate, "line-width": 2, "line-dasharray": [1, 1] } },
      named("gates", { "symbol-placement": "line-center", "text-offset": [0, 0.9] }, 6),
    ],
    ports: [
      { id: "ports", type: "circle", source: "ports", minzoom: 5,
        paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 5, 1.5, 10, 4], "circle-color": t.halo,
          "circle-stroke-color": t.port, "circle-stroke-width": 1.5 } },
      named("ports", { "text-field": portText(language), "text-anchor": "left", "text-offset": [0.7, 0], "text-optional": true }, 7),
    ],
  } as unknown as Chart; // prettier-ignore
}

/** Ids of the style layers that draw one overlay. */
export function partsOf(name: LayerName): string[] {
  return chartLayers("day", "en")[name].map((layer) => layer.id);
}
