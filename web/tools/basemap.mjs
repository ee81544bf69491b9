// Cuts the coast into vector tiles, once, when the picture is built: `node tools/basemap.mjs [target folder]`.
//
// Three archives, each one static file that the browser fetches whole (no range requests, nothing that a plain file
// server cannot do) and reads by index:
//   world.tiles  zoom 0 to 5, everything
//   outer.tiles  zoom 6, what lies outside East Asia (the file keeps it to some 600 m, so more zoom adds nothing)
//   core.tiles   zoom 6 to 9, East Asia with every vertex
// Archive: magic KZTILES1, uint32 number of tiles n, uint32 length of a JSON head, the head (padded to 4 bytes), n keys
// z << 18 | x << 9 | y (ascending), n offsets, n sizes (uint32, little endian), then the tiles: MVT, deflated raw.
// Equal tiles are stored once. Layers: `land` (polygons) and `shore` (lines without the file's own cuts).
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";
import { CORE, polygons, readCoast, shoreLines } from "./coast.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const DATA = join(HERE, "..", "..", "src", "kizuna", "places", "data");
const TOLERANCE = 0.5; // points of the screen, at 512 to a tile

/** Writes the archives and the names, unless they are there and made from the same sources. */
export function buildBasemap(target) {
  const sources = [join(DATA, "coast.bin"), join(DATA, "islands.csv"), join(HERE, "basemap.mjs"), join(HERE, "coast.mjs")];
  const hash = createHash("sha256");
  for (const path of sources) hash.update(readFileSync(path));
  const stamp = hash.digest("hex");
  const stampFile = join(target, "stamp.txt");
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return {};
  const { rings, digest } = readCoast(join(DATA, "coast.bin"));
  const land = polygons(rings);
  const shore = shoreLines(rings);
  const part = (keep) => ({
    land: collection(land.filter(keep).map(({ rings: r }) => ({ type: "Polygon", coordinates: r.map(pairs) }))),
    shore: collection(shore.filter(keep).map(({ line }) => ({ type: "LineString", coordinates: pairs(line) }))),
  });
  mkdirSync(target, { recursive: true });
  const sizes = {
    "world.tiles": archive(digest, part(() => true), { lowest: 0, highest: 5, extent: 4096, exact: false }),
    "outer.tiles": archive(digest, part((p) => !p.core), { lowest: 6, highest: 6, extent: 8192, exact: true }),
    "core.tiles": archive(digest, part((p) => p.core), { lowest: 6, highest: 9, extent: 8192, exact: true, box: CORE }),
  };
  for (const [name, bytes] of Object.entries(sizes)) writeFileSync(join(target, name), bytes);
  const names = islandNames(join(DATA, "islands.csv"));
  writeFileSync(join(target, "names.json"), JSON.stringify(names));
  writeFileSync(stampFile, stamp);
  return Object.fromEntries(Object.entries(sizes).map(([name, bytes]) => [name, bytes.length]));
}

function archive(digest, layers, { lowest, highest, extent, exact, box = [-180, -85.05, 180, 85.05] }) {
  // The tiler keeps every vertex at its highest zoom; one level more than is written means simplified at all of them.
  const options = { maxZoom: exact ? highest : highest + 1, indexMaxZoom: highest, indexMaxPoints: 0, tolerance: (TOLERANCE * extent) / 512, extent,
    buffer: extent / 64 }; // prettier-ignore
  const indexes = Object.entries(layers).map(([name, data]) => [name, new GeoJSONVT(data, options)]);
  const tiles = [];
  for (let z = lowest; z <= highest; z++) {
    const [x0, y0] = tileOf(box[0], box[3], z);
    const [x1, y1] = tileOf(box[2], box[1], z);
    for (let x = x0; x <= x1; x++)
      for (let y = y0; y <= y1; y++) {
        const found = {};
        for (const [name, index] of indexes) {
          const tile = index.getTile(z, x, y);
          if (tile?.features.length) found[name] = { features: tile.features.map((f) => ({ ...f, tags: {} })) };
        }
        if (Object.keys(found).length)
          tiles.push([(z << 18) | (x << 9) | y, fromGeojsonVt(found, { version: 2, extent })]);
      }
  }
  return pack({ digest, extent }, tiles.sort((a, b) => a[0] - b[0]));
}

function pack(head, tiles) {
  const text = Buffer.from(JSON.stringify(head));
  const padded = Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4, 32)]);
  const stored = new Map();
  const bodies = [];
  let offset = 16 + padded.length + 12 * tiles.length;
  const table = new Uint32Array(3 * tiles.length);
  tiles.forEach(([key, tile], i) => {
    const body = deflateRawSync(tile, { level: 9 });
    const known = body.toString("latin1");
    if (!stored.has(known)) {
      stored.set(known, offset);
      bodies.push(body);
      offset += body.length;
    }
    table[i] = key;
    table[tiles.length + i] = stored.get(known);
    table[2 * tiles.length + i] = body.length;
  });
  const start = Buffer.alloc(16);
  start.write("KZTILES1", "latin1");
  start.writeUInt32LE(tiles.length, 8);
  start.writeUInt32LE(padded.length, 12);
  return Buffer.concat([start, padded, Buffer.from(table.buffer), ...bodies]);
}

function islandNames(path) {
  const [head, ...rows] = readFileSync(path, "utf8").trim().split("\n").map((line) => line.split(","));
  const at = (row, name) => row[head.indexOf(name)];
  const features = rows.map((r) => ({
    type: "Feature",
    properties: { name: at(r, "name"), local: at(r, "name_local"), radius_m: +at(r, "radius_m") },
    geometry: { type: "Point", coordinates: [+at(r, "lon"), +at(r, "lat")] },
  }));
  return { type: "FeatureCollection", features };
}

const collection = (geometries) => ({
  type: "FeatureCollection",
  features: geometries.map((geometry) => ({ type: "Feature", properties: {}, geometry })),
});

function pairs(flat) {
  const out = [];
  for (let i = 0; i < flat.length; i += 2) out.push([flat[i], flat[i + 1]]);
  return out;
}

function tileOf(lon, lat, z) {
  const n = 2 ** z;
  const s = Math.sin((lat * Math.PI) / 180);
  const cut = (v) => Math.min(n - 1, Math.max(0, Math.floor(v * n)));
  return [cut((lon + 180) / 360), cut(0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI))];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = process.argv[2] ?? join(HERE, "..", "public", "basemap");
  console.log(buildBasemap(target));
}
