// Reads the coast that the detectors use (src/kizuna/places/data/coast.bin; layout in places/coast_file.py) as rings,
// and finds which ring is a hole in which: the file says only that a point is land when it lies inside an odd number
// of rings, and a renderer wants polygons with holes.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { decompress } from "fzstd";

/** Longitudes and latitudes along which the file cuts its rings; an edge that runs along one of them is no shore. */
export const SEAMS = { lon: [-180, 105, 160, 180], lat: [-90, 0, 52] };
export const CORE = [105, 0, 160, 52];

/** Rings of each layer, as {core, ring: Float64Array of lon, lat pairs, closed}; and the digest of the packed layers. */
export function readCoast(path) {
  const file = readFileSync(path);
  if (file.subarray(0, 8).toString("latin1") !== "KZCOAST1") throw new Error(`${path} is not a packed coast`);
  const body = decompress(file.subarray(8));
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const rings = [];
  for (let at = 0; at < body.length; ) {
    const perDeg = view.getInt32(at, true);
    const count = view.getInt32(at + 4, true);
    const vertices = view.getInt32(at + 8, true);
    const counts = Array.from({ length: count }, (_, i) => view.getInt32(at + 12 + 4 * i, true));
    at += 12 + 4 * count;
    const lon = unfold(body, at, vertices, perDeg);
    const lat = unfold(body, at + 4 * vertices, vertices, perDeg);
    at += 8 * vertices;
    let from = 0;
    for (const n of counts) {
      const ring = new Float64Array(2 * (n + 1));
      for (let i = 0; i <= n; i++) {
        ring[2 * i] = lon[from + (i % n)];
        ring[2 * i + 1] = lat[from + (i % n)];
      }
      rings.push({ core: perDeg === 100000, ring });
      from += n;
    }
  }
  return { rings, digest: createHash("sha256").update(body).digest("hex") };
}

function unfold(body, at, n, perDeg) {
  const out = new Float64Array(n);
  let value = 0;
  for (let i = 0; i < n; i++) {
    const folded =
      (body[at + i] | (body[at + n + i] << 8) | (body[at + 2 * n + i] << 16) | (body[at + 3 * n + i] << 24)) >>> 0;
    value += (folded >>> 1) ^ -(folded & 1);
    out[i] = value / perDeg;
  }
  return out;
}

export const onSeam = (lon, lat) => SEAMS.lon.includes(lon) || SEAMS.lat.includes(lat);

/** Polygons as {core, rings: [outer, ...holes]}: a ring inside an even number of others is land, otherwise a hole. */
export function polygons(rings) {
  const ROWS = 3600;
  const row = (lat) => Math.min(ROWS - 1, Math.max(0, Math.floor((lat + 90) * 20)));
  const rows = Array.from({ length: ROWS }, () => []);
  rings.forEach(({ ring }, number) => {
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const [lo, hi] = ring[i + 1] < ring[i + 3] ? [ring[i + 1], ring[i + 3]] : [ring[i + 3], ring[i + 1]];
      for (let r = row(lo); r <= row(hi); r++) rows[r].push(number, i);
    }
  });
  const width = rings.map(({ ring }) => span(ring, 0) * span(ring, 1));
  const around = rings.map(({ ring }, number) => {
    const [x, y] = probe(ring);
    const crossings = new Map();
    const edges = rows[row(y)];
    for (let e = 0; e < edges.length; e += 2) {
      const other = edges[e];
      if (other === number || width[other] <= width[number]) continue;
      const r = rings[other].ring;
      const i = edges[e + 1];
      const [x1, y1, x2, y2] = [r[i], r[i + 1], r[i + 2], r[i + 3]];
      if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1))
        crossings.set(other, (crossings.get(other) ?? 0) + 1);
    }
    return [...crossings].filter(([, n]) => n % 2 === 1).map(([other]) => other);
  });
  const found = new Map();
  rings.forEach(({ core, ring }, number) => {
    if (around[number].length % 2 === 0) found.set(number, { core, rings: [ring] });
  });
  rings.forEach(({ ring }, number) => {
    if (around[number].length % 2 === 0) return;
    const parent = around[number].reduce((a, b) => (width[b] < width[a] ? b : a));
    found.get(parent)?.rings.push(ring);
  });
  return [...found.values()];
}

/** The shore as open lines: every ring without the edges that the file's own cuts made. */
export function shoreLines(rings) {
  const out = [];
  for (const { core, ring } of rings) {
    let line = [];
    const end = () => {
      if (line.length > 2) out.push({ core, line });
      line = [];
    };
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const [x1, y1, x2, y2] = [ring[i], ring[i + 1], ring[i + 2], ring[i + 3]];
      const seam = (x1 === x2 && SEAMS.lon.includes(x1)) || (y1 === y2 && SEAMS.lat.includes(y1));
      if (seam) end();
      else if (line.length) line.push(x2, y2);
      else line.push(x1, y1, x2, y2);
    }
    end();
  }
  return out;
}

function span(ring, axis) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = axis; i < ring.length; i += 2) {
    if (ring[i] < low) low = ring[i];
    if (ring[i] > high) high = ring[i];
  }
  return high - low + 1e-9;
}

/** A vertex of the ring that lies on no seam, where it has one. */
function probe(ring) {
  for (let i = 0; i < ring.length; i += 2) if (!onSeam(ring[i], ring[i + 1])) return [ring[i], ring[i + 1]];
  return [(ring[0] + ring[4]) / 2, (ring[1] + ring[5]) / 2];
}
