/** Land for the canvas without WebGL: reads the same archives, decodes a tile once and keeps it as a path. */
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { ARCHIVES } from "./basemap";
import { CORE, inCore } from "./tiles";

export interface LandTile {
  land: Path2D;
  shore: Path2D;
  extent: number;
}

const KEPT = 160;

export class LandTiles {
  readonly #tiles = new Map<string, LandTile | null>();
  readonly #asked = new Set<string>();
  readonly #arrived: () => void;

  /** `arrived` is called when a tile that was asked for is there. */
  constructor(arrived: () => void) {
    this.#arrived = arrived;
  }

  get waiting(): boolean {
    return this.#asked.size > 0;
  }

  /** The archives that have a say at a zoom, and the zoom of their tiles. */
  static sources(zoom: number): { name: "world" | "outer" | "core"; z: number }[] {
    const z = Math.max(0, Math.floor(zoom));
    return z < 6 ? [{ name: "world", z }] : [{ name: "outer", z: 6 }, { name: "core", z: Math.min(z, 9) }]; // prettier-ignore
  }

  /** A tile, null where there is no land, undefined while it is on its way. */
  get(name: "world" | "outer" | "core", z: number, x: number, y: number): LandTile | null | undefined {
    if (name === "outer" ? inCore(z, x, y) : name === "core" && !touchesCore(z, x, y)) return null;
    const key = `${name}/${z}/${x}/${y}`;
    const known = this.#tiles.get(key);
    if (known !== undefined) return known;
    if (!this.#asked.has(key)) {
      this.#asked.add(key);
      void this.#load(key, name, z, x, y);
    }
    return undefined;
  }

  async #load(key: string, name: string, z: number, x: number, y: number): Promise<void> {
    const bytes = await ARCHIVES[name]?.tile(z, x, y).catch(() => null);
    this.#tiles.set(key, bytes ? decode(bytes) : null);
    if (this.#tiles.size > KEPT) this.#tiles.delete(this.#tiles.keys().next().value as string);
    this.#asked.delete(key);
    this.#arrived();
  }
}

function touchesCore(z: number, x: number, y: number): boolean {
  const n = 2 ** z;
  const lat = (row: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / n))) * 180) / Math.PI;
  const [west, south, east, north] = CORE;
  return ((x + 1) / n) * 360 - 180 > west && (x / n) * 360 - 180 < east && lat(y) > south && lat(y + 1) < north;
}

function decode(bytes: ArrayBuffer): LandTile {
  const { layers } = new VectorTile(new PbfReader(new Uint8Array(bytes)));
  const path = (name: string, closed: boolean): Path2D => {
    const out = new Path2D();
    const layer = layers[name];
    for (let i = 0; i < (layer?.length ?? 0); i++)
      for (const line of layer!.feature(i).loadGeometry()) {
        line.forEach(({ x, y }, at) => (at ? out.lineTo(x, y) : out.moveTo(x, y)));
        if (closed) out.closePath();
      }
    return out;
  };
  const extent = (layers["land"] ?? layers["shore"])?.extent ?? 4096;
  return { land: path("land", true), shore: path("shore", false), extent };
}
