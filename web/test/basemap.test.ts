import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { inflateRawSync } from "node:zlib";
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { beforeAll, describe, expect, it } from "vitest";
import { mercatorX, mercatorY } from "../src/map/geodesy";
import { inCore, readIndex } from "../src/map/tiles";
import { buildBasemap } from "../tools/basemap.mjs";
import { polygons, readCoast, shoreLines } from "../tools/coast.mjs";

const FOLDER = fileURLToPath(new URL("../public/basemap", import.meta.url));
const DATA = fileURLToPath(new URL("../../src/kizuna/places/data", import.meta.url));
const { rings, digest } = readCoast(`${DATA}/coast.bin`);

function archive(name: string) {
  const file = readFileSync(`${FOLDER}/${name}.tiles`);
  const bytes = file.buffer.slice(file.byteOffset, file.byteOffset + file.length);
  return { bytes, ...readIndex(bytes, name) };
}

/** Whether the tile that holds a place draws land there: inside an odd number of rings. */
function land(from: ReturnType<typeof archive>, lon: number, lat: number, z: number): boolean {
  const n = 2 ** z;
  const [fx, fy] = [mercatorX(lon) * n, mercatorY(lat) * n];
  const at = from.keys.indexOf((z << 18) | (Math.floor(fx) << 9) | Math.floor(fy));
  if (at < 0) return false;
  const body = new Uint8Array(from.bytes, from.offsets[at], from.sizes[at]);
  const layer = new VectorTile(new PbfReader(inflateRawSync(body))).layers["land"];
  let inside = false;
  for (let i = 0; i < (layer?.length ?? 0); i++)
    for (const ring of layer!.feature(i).loadGeometry()) {
      const [x, y] = [(fx % 1) * layer!.extent, (fy % 1) * layer!.extent];
      for (let a = 0, b = ring.length - 1; a < ring.length; b = a++) {
        const [p, q] = [ring[a]!, ring[b]!];
        if (p.y > y !== q.y > y && x < p.x + ((y - p.y) / (q.y - p.y)) * (q.x - p.x)) inside = !inside;
      }
    }
  return inside;
}

/** The same by the coast itself: odd-even over all rings. */
function onLand(lon: number, lat: number): boolean {
  let inside = false;
  for (const { ring } of rings)
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const [x1, y1, x2, y2] = [ring[i]!, ring[i + 1]!, ring[i + 2]!, ring[i + 3]!];
      if (y1 > lat !== y2 > lat && lon < x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1)) inside = !inside;
    }
  return inside;
}

beforeAll(() => void buildBasemap(FOLDER), 240_000);

describe("the basemap", () => {
  it("is cut from the very coast that the detectors use", () => {
    const told = JSON.parse(readFileSync(`${DATA}/coast.json`, "utf8")) as { sha256_unpacked: string };
    expect(digest).toBe(told.sha256_unpacked);
    for (const name of ["world", "outer", "core"]) expect(archive(name).head.digest).toBe(digest);
  });
  it("says land and sea where the coast does, at its finest zoom", () => {
    const core = archive("core");
    let seed = 9;
    const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    let lands = 0;
    let differ = 0;
    for (let i = 0; i < 150; i++) {
      const [lon, lat] = [118 + 14 * next(), 22 + 12 * next()];
      const truth = onLand(lon, lat);
      lands += +truth;
      differ += +(land(core, lon, lat, 9) !== truth);
    }
    expect(lands).toBeGreaterThan(20);
    expect(differ).toBe(0);
  });
  it("knows the islets that small-scale maps leave out", () => {
    const core = archive("core");
    for (const [lon, lat] of [[122.9914, 24.457], [123.475, 25.7445], [122.079, 25.628], [123.7807, 24.058]] as const)
      expect(land(core, lon, lat, 9), `${lat} ${lon}`).toBe(true);
  }); // prettier-ignore
  it("draws no shore where the file merely cuts its rings", () => {
    for (const { line } of shoreLines(rings))
      for (let i = 0; i + 3 < line.length; i += 2)
        if (line[i] === line[i + 2] && line[i] === 105) throw new Error("a shore runs along the seam");
  });
  it("gives every hole its land", () => {
    const found = polygons(rings).reduce((n, p) => n + p.rings.length, 0);
    expect(found).toBe(rings.length);
  });
  it("asks the outer archive only for tiles that reach beyond East Asia", () => {
    expect(inCore(6, 54, 27)).toBe(true);
    expect(inCore(6, 32, 20)).toBe(false);
  });
  it("refuses what is no archive", () => {
    expect(() => readIndex(new ArrayBuffer(4), "x")).toThrow("no basemap archive");
    expect(() => readIndex(new TextEncoder().encode("KZTILES1\xff\xff\xff\x00aaaaaaaa").buffer as ArrayBuffer, "x")).toThrow();
  });
});
