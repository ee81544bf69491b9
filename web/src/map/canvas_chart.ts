/** Overlays and tracks on the canvas without WebGL, in the same manner as the style for MapLibre. */
import type { Feature, FeatureCollection, GeoJSON, Geometry, Position } from "geojson";
import type { Theme } from "../state";
import { TOKENS, css } from "../theme";
import { project } from "./project";
import { LAYER_NAMES, type LayerName } from "./types";
import type { Scene } from "./vessels/layer";

interface Look {
  line?: string;
  width?: number;
  dash?: number[];
  fill?: string;
}

function lookOf(name: LayerName, theme: Theme, { properties, geometry }: Feature): Look {
  const t = TOKENS[theme];
  const share = Number(properties?.["share"] ?? 0.5);
  const area = geometry.type.endsWith("Polygon");
  switch (name) {
    case "coverage":
      return { fill: css(t.coverage, 0.3 * share) };
    case "presence":
      return { fill: css(t.presence, 0.38 * share) };
    case "zones":
      return { line: t.zone, width: 1.5, dash: [2, 3], ...(area ? { fill: css(t.zone, 0.1) } : {}) };
    case "claims":
      return { line: t.claim, width: 1.2, dash: [7, 5], ...(area ? { fill: css(t.claimOther, 0.12) } : {}) };
    case "cables":
      return { line: t.cable, width: 1.4 };
    case "gates":
      return { line: t.gate, width: 2, dash: [2, 2] };
    case "ports":
      return { line: t.port, width: 1.5, fill: t.halo };
  }
}

export function drawLayers(
  pen: CanvasRenderingContext2D, scene: Scene, theme: Theme, layers: ReadonlyMap<LayerName, GeoJSON>, shown: ReadonlySet<string>,
): void {
  for (const name of LAYER_NAMES) {
    const data = layers.get(name);
    if (!data || !shown.has(name)) continue;
    for (const feature of featuresOf(data)) {
      const look = lookOf(name, theme, feature);
      pen.beginPath();
      trace(pen, scene, feature.geometry, 3);
      paint(pen, look);
      const { name: called, claimant, claimant_name } = (feature.properties ?? {}) as Record<string, string | undefined>;
      const text = [name === "claims" ? (claimant_name ?? claimant) : "", called].filter(Boolean).join(": ");
      if (text && scene.zoom >= (name === "ports" ? 7 : 5)) caption(pen, scene, feature.geometry, text, theme);
    }
  }
} // prettier-ignore

export function drawTracks(pen: CanvasRenderingContext2D, scene: Scene, theme: Theme, tracks: FeatureCollection): void {
  const { track } = TOKENS[theme];
  for (const feature of tracks.features) {
    const { strength, gap } = feature.properties as { strength: number; gap: boolean };
    pen.beginPath();
    trace(pen, scene, feature.geometry, 0);
    paint(pen, { line: css(track, strength), width: gap ? 1.5 : 2, dash: gap ? [3, 5] : [] });
  }
}

export function drawLines(pen: CanvasRenderingContext2D, scene: Scene, lines: FeatureCollection, colour: string): void {
  pen.beginPath();
  for (const feature of lines.features) trace(pen, scene, feature.geometry, 0);
  paint(pen, { line: colour, width: 1 });
}

function featuresOf(data: GeoJSON): Feature[] {
  if (data.type === "FeatureCollection") return data.features;
  return data.type === "Feature" ? [data] : [{ type: "Feature", properties: {}, geometry: data }];
}

function paint(pen: CanvasRenderingContext2D, { line, width = 1, dash = [], fill }: Look): void {
  if (fill) {
    pen.fillStyle = fill;
    pen.fill("evenodd");
  }
  if (!line) return;
  pen.setLineDash(dash);
  pen.lineWidth = width;
  pen.strokeStyle = line;
  pen.stroke();
  pen.setLineDash([]);
}

function trace(pen: CanvasRenderingContext2D, scene: Scene, geometry: Geometry, radius: number): void {
  const line = (positions: Position[], closed: boolean) => {
    let before = Number.NaN;
    for (const [lon, lat] of positions) {
      const [x, y] = project(scene, lon as number, lat as number);
      if (Math.abs(x - before) < scene.width * 4) pen.lineTo(x, y);
      else pen.moveTo(x, y);
      before = x;
    }
    if (closed) pen.closePath();
  };
  switch (geometry.type) {
    case "Point": {
      const [x, y] = project(scene, geometry.coordinates[0] as number, geometry.coordinates[1] as number);
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, 7);
      break;
    }
    case "LineString":
      line(geometry.coordinates, false);
      break;
    case "MultiLineString":
      for (const part of geometry.coordinates) line(part, false);
      break;
    case "Polygon":
      for (const ring of geometry.coordinates) line(ring, true);
      break;
    case "MultiPolygon":
      for (const rings of geometry.coordinates) for (const ring of rings) line(ring, true);
      break;
    case "MultiPoint":
      for (const coordinates of geometry.coordinates) trace(pen, scene, { type: "Point", coordinates }, radius);
      break;
    case "GeometryCollection":
      for (const part of geometry.geometries) trace(pen, scene, part, radius);
  }
}

function caption(pen: CanvasRenderingContext2D, scene: Scene, geometry: Geometry, text: string, theme: Theme): void {
  const flat = (c: unknown): number[] => (Array.isArray(c) && typeof c[0] === "number" ? (c as number[]) : Array.isArray(c) ? flat(c[0]) : []);
  const [lon, lat] = "coordinates" in geometry ? flat(geometry.coordinates) : [];
  if (lon === undefined || lat === undefined) return;
  const [x, y] = project(scene, lon, lat);
  const t = TOKENS[theme];
  pen.font = '11px "Noto Sans", system-ui, sans-serif';
  pen.lineWidth = 3;
  pen.strokeStyle = css(t.halo, 0.85);
  pen.strokeText(text, x + 7, y - 4);
  pen.fillStyle = t.place;
  pen.fillText(text, x + 7, y - 4);
} // prettier-ignore
