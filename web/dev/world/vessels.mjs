// Invented vessels for development and browser tests. Nothing here is real: MMSIs begin with 200, which no country
// holds, names begin with EXERCISE, and every flag column carries the exercise bit.
const LANES = [
  [[118.2, 23.2], [119.6, 24.6], [121.2, 26.4], [122.6, 28.6], [123.2, 31.0]],
  [[119.4, 21.2], [120.9, 21.4], [123.0, 22.6], [126.0, 24.2], [129.6, 27.0], [132.5, 29.8]],
  [[122.3, 25.6], [124.6, 26.6], [127.0, 28.6], [129.2, 31.2]],
  [[121.6, 20.2], [123.6, 23.6], [125.6, 25.8], [126.2, 28.6], [125.4, 31.6]],
  [[116.2, 21.6], [118.6, 21.2], [121.0, 20.9], [125.0, 21.4], [131.0, 23.2]],
]; // prettier-ignore
const KINDS = [1, 1, 1, 1, 2, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 0];
const KNOT_DEG_S = 1 / 60 / 3600;

/** A repeatable stream of numbers in [0, 1). */
export function chance(seed) {
  let s = seed >>> 0;
  return () => {
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A fleet of `count` vessels. Each knows where it is at any moment, so that history and the present agree. */
export function makeFleet(count, seed = 7) {
  const next = chance(seed);
  return Array.from({ length: count }, (_, i) => {
    const kind = KINDS[Math.floor(next() * KINDS.length)];
    const still = kind === 8 || next() < 0.12;
    const fishing = kind === 4 || kind === 6;
    const lane = LANES[Math.floor(next() * LANES.length)];
    const vessel = {
      mmsi: 200000001 + i, kind, still, origin: next() < 0.72 ? 2 : next() < 0.5 ? 0 : next() < 0.7 ? 1 : 3,
      sog: still ? 0 : fishing ? 2 + 5 * next() : 9 + 9 * next(), name: `EXERCISE ${NAMES[i % NAMES.length]} ${i + 1}`,
      lag_s: next() < 0.86 ? 20 * next() : next() < 0.6 ? 700 + 2400 * next() : 3700 + 7000 * next(),
      class_b: fishing && next() < 0.7, lane, offset: (next() - 0.5) * 1.1, phase: next(), back: next() < 0.5,
      home: [0, 0], fishing,
    }; // prettier-ignore
    const [lon, lat] = alongLane(lane, next());
    vessel.home = [lon + (next() - 0.5) * 1.2, lat + (next() - 0.5) * 0.9];
    return vessel;
  });
}

const NAMES = ["KAMOME", "HAITUN", "LINNEA", "AOZORA", "BAIYUN", "MISAGO", "FORMOSA STAR", "TIDE", "HANAKAZE", "YUNHAI"];

/** Longitude, latitude, course at a moment (unix seconds). */
export function whereIs(v, t_s) {
  if (v.still) return { lon: v.home[0], lat: v.home[1], cog: -1 };
  if (v.fishing) {
    const turn = 2 * Math.PI * (v.phase + t_s / 5400);
    const r = (v.sog * KNOT_DEG_S * 5400) / (2 * Math.PI);
    const sign = v.back ? -1 : 1;
    return { lon: v.home[0] + (r * Math.cos(turn * sign)) / 0.9, lat: v.home[1] + r * Math.sin(turn * sign),
      cog: (((-sign * turn * 180) / Math.PI + (sign > 0 ? 0 : 180)) % 360 + 360) % 360 }; // prettier-ignore
  }
  const length = laneLength(v.lane);
  const done = (v.phase * length + t_s * v.sog * KNOT_DEG_S) % length;
  const f = v.back ? 1 - done / length : done / length;
  const [lon, lat] = alongLane(v.lane, f);
  const [lon2, lat2] = alongLane(v.lane, Math.min(1, Math.max(0, f + (v.back ? -0.001 : 0.001))));
  const cog = ((Math.atan2((lon2 - lon) * 0.9, lat2 - lat) * 180) / Math.PI + 360) % 360;
  return { lon: lon + v.offset * 0.55, lat: lat - v.offset * 0.45, cog };
}

function laneLength(lane) {
  let sum = 0;
  for (let i = 1; i < lane.length; i++) sum += Math.hypot((lane[i][0] - lane[i - 1][0]) * 0.9, lane[i][1] - lane[i - 1][1]);
  return sum;
}

function alongLane(lane, f) {
  let rest = f * laneLength(lane);
  for (let i = 1; i < lane.length; i++) {
    const step = Math.hypot((lane[i][0] - lane[i - 1][0]) * 0.9, lane[i][1] - lane[i - 1][1]);
    if (rest <= step || i === lane.length - 1) {
      const g = Math.min(1, rest / step);
      return [lane[i - 1][0] + g * (lane[i][0] - lane[i - 1][0]), lane[i - 1][1] + g * (lane[i][1] - lane[i - 1][1])];
    }
    rest -= step;
  }
  return lane[0];
}

/** When a vessel was last heard at a moment: each has its own lag and hears itself every ten seconds or so. */
export const lastHeard = (v, now_s) => Math.floor((now_s - v.lag_s) / 10) * 10;

/** Rows of the picture as columns. */
export function pictureColumns(fleet, now_s, alerted = new Set(), watched = new Set()) {
  const n = fleet.length;
  const c = {
    mmsi: new Int32Array(n), lon_e7: new Int32Array(n), lat_e7: new Int32Array(n), t_s: new Int32Array(n),
    sog_dkn: new Int16Array(n), cog_ddeg: new Int16Array(n), kind: new Int8Array(n), origin: new Int8Array(n), flags: new Int8Array(n),
  }; // prettier-ignore
  fleet.forEach((v, i) => {
    const t = lastHeard(v, now_s);
    const { lon, lat, cog } = whereIs(v, t);
    c.mmsi[i] = v.mmsi;
    c.lon_e7[i] = Math.round(lon * 1e7);
    c.lat_e7[i] = Math.round(lat * 1e7);
    c.t_s[i] = t;
    c.sog_dkn[i] = Math.round(v.sog * 10);
    c.cog_ddeg[i] = cog < 0 ? -1 : Math.round(cog * 10) % 3600;
    c.kind[i] = v.kind;
    c.origin[i] = v.origin;
    c.flags[i] = (alerted.has(v.mmsi) ? 1 : 0) | (watched.has(v.mmsi) ? 2 : 0) | (v.class_b ? 4 : 0) | (v.still ? 8 : 0) | 64;
  });
  return c;
}
