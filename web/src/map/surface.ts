/** What draws the chart: MapLibre with WebGL2 or, without it, a plain canvas. Everything else is the same over both. */
import type { FeatureCollection, GeoJSON } from "geojson";
import type { Theme } from "../state";
import type { LayerName, MapView, Origin } from "./types";
import type { Fleet } from "./vessels/fleet";
import type { Scene } from "./vessels/layer";

export interface SurfaceEvents {
  /** The view has changed, also in the middle of a movement. */
  view(): void;
  /** A movement has ended. */
  settled(): void;
  /** A frame was drawn; what lies on top is drawn now. */
  frame(): void;
  click(at: PointerAt): void;
  move(at: PointerAt | null): void;
}

export interface PointerAt {
  x: number;
  y: number;
  lon: number;
  lat: number;
}

export interface Surface {
  readonly kind: "webgl" | "canvas";
  scene(): Scene;
  setFleet(fleet: Fleet): void;
  setOrigins(origins: readonly Origin[]): void;
  /** Seconds since 1970 for which the vessels are drawn. */
  setNow(now_s: number): void;
  /** Number of vessels on the screen when it was last drawn, and the size of their marks in points. */
  crowd(): { visible: number; size: number };
  /** Colour of an origin's mark, as an index into `marks` of the theme. */
  markOf(origin: number): number;
  setLayer(name: LayerName, data: GeoJSON | null): void;
  setPlaces(places: FeatureCollection | null): void;
  showLayers(names: readonly string[]): void;
  setTracks(tracks: FeatureCollection): void;
  setTheme(theme: Theme): void;
  setLanguage(language: string): void;
  flyTo(to: MapView): void;
  /** Draw a frame soon. */
  repaint(): void;
  /** Whether a double click may zoom (not while measuring). */
  setDoubleClick(on: boolean): void;
  idle(): Promise<void>;
  resize(): void;
  destroy(): void;
}
