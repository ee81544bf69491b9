import { describe, expect, it } from "vitest";
import { Replay } from "../src/map/replay";
import { GAP_MS, trackFeatures } from "../src/map/tracks";
import { FLAG, type BlockColumns, type PictureColumns } from "../src/map/types";
import { inverse, mercatorX, mercatorY } from "../src/map/geodesy";
import { FLOATS, FRESH_S, Fleet, RECKON_S } from "../src/map/vessels/fleet";
import { STRIPES, hatch, striped } from "../src/map/claims";
import { markSize } from "../src/map/vessels/layer";

const T = 1_790_000_000;
interface Row { mmsi: number; lon: number; lat: number; t?: number; sog?: number; cog?: number; flags?: number } // prettier-ignore

function picture(rows: Row[]): PictureColumns {
  return {
    mmsi: Int32Array.from(rows, (r) => r.mmsi), lon_e7: Int32Array.from(rows, (r) => r.lon * 1e7),
    lat_e7: Int32Array.from(rows, (r) => r.lat * 1e7), t_s: Int32Array.from(rows, (r) => r.t ?? T),
    sog_dkn: Int16Array.from(rows, (r) => r.sog ?? -1), cog_ddeg: Int16Array.from(rows, (r) => r.cog ?? -1),
    kind: new Int8Array(rows.length), origin: new Int8Array(rows.length), flags: Int8Array.from(rows, (r) => r.flags ?? 0),
  }; // prettier-ignore
}

describe("the fleet", () => {
  it("replaces, adds and removes rows by MMSI", () => {
    const fleet = new Fleet();
    fleet.replace(picture([{ mmsi: 1, lon: 1, lat: 1 }, { mmsi: 2, lon: 2, lat: 2 }, { mmsi: 3, lon: 3, lat: 3 }]));
    fleet.merge(picture([{ mmsi: 2, lon: 9, lat: 2 }, { mmsi: 1, lon: 0, lat: 0, flags: FLAG.gone }, { mmsi: 7, lon: 7, lat: 7 }]));
    const at = Object.fromEntries([1, 2, 3, 7].map((m) => [m, fleet.row(m) === undefined ? null : Math.round(fleet.position(fleet.row(m)!, T).lon)]));
    expect(at).toEqual({ 1: null, 2: 9, 3: 3, 7: 7 });
    expect(fleet.size).toBe(3);
  }); // prettier-ignore
  it("ends where a whole picture would have ended, whatever the order of changes", () => {
    const merged = new Fleet();
    let seed = 3;
    const next = (n: number) => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) % n;
    const known = new Map<number, Row>();
    for (let step = 0; step < 300; step++) {
      const rows = Array.from({ length: 1 + next(4) }, () => ({ mmsi: 1 + next(40), lon: next(300) - 150, lat: next(120) - 60, flags: next(4) ? 0 : FLAG.gone as number }));
      merged.merge(picture(rows));
      for (const row of rows) row.flags ? known.delete(row.mmsi) : known.set(row.mmsi, row);
    }
    const whole = new Fleet();
    whole.replace(picture([...known.values()]));
    expect(merged.size).toBe(known.size);
    for (const [mmsi, { lon }] of known) expect(merged.position(merged.row(mmsi)!, T).lon).toBeCloseTo(lon, 5);
    expect([...merged.mmsi.slice(0, merged.size)].sort()).toEqual([...whole.mmsi.slice(0, whole.size)].sort());
  }); // prettier-ignore
  it("carries positions in two floats to a centimetre", () => {
    const fleet = new Fleet();
    fleet.replace(picture([{ mmsi: 1, lon: 123.4567891, lat: 25.7654321 }]));
    const [hx, hy, lx, ly] = fleet.records as unknown as [number, number, number, number];
    expect(Math.abs(hx + lx - mercatorX(123.4567891)) * 4e7).toBeLessThan(0.01);
    expect(Math.abs(hy + ly - mercatorY(25.7654321)) * 4e7).toBeLessThan(0.01);
  });
  it("moves a vessel on by its speed and course, for two minutes, and not once its fix is stale", () => {
    const fleet = new Fleet();
    fleet.replace(picture([{ mmsi: 1, lon: 124, lat: 25, sog: 200, cog: 600 }]));
    const after = (s: number) => {
      const { lon, lat } = fleet.position(0, T + s);
      return inverse(25, 124, lat, lon);
    };
    expect(after(60).distance_m).toBeCloseTo((20 * 1852) / 60, -1);
    expect(after(60).start_deg).toBeCloseTo(60, 0);
    expect(after(500).distance_m).toBeCloseTo(after(RECKON_S).distance_m, 3);
    expect(after(FRESH_S).distance_m).toBeLessThan(1);
    expect(after(-30).distance_m).toBeLessThan(1);
  });
  it("leaves vessels at rest and those without speed where they are", () => {
    const fleet = new Fleet();
    fleet.replace(picture([{ mmsi: 1, lon: 1, lat: 1, sog: 50, cog: 0, flags: FLAG.still }, { mmsi: 2, lon: 1, lat: 1, cog: 90 }]));
    expect([...fleet.records.slice(4, 6), ...fleet.records.slice(FLOATS + 4, FLOATS + 6)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });
  it("picks the nearest vessel, also across 180 degrees", () => {
    const fleet = new Fleet();
    fleet.replace(picture([{ mmsi: 1, lon: 179.99, lat: 0 }, { mmsi: 2, lon: 179.9, lat: 0 }]));
    expect(fleet.mmsi[fleet.nearest(mercatorX(-179.99), mercatorY(0), 1e-4, T)]).toBe(1);
    expect(fleet.nearest(mercatorX(170), mercatorY(0), 1e-4, T)).toBe(-1);
  });
  it("counts what a screen across 180 degrees shows", () => {
    const fleet = new Fleet();
    fleet.replace(picture([{ mmsi: 1, lon: 179.9, lat: 0 }, { mmsi: 2, lon: -179.9, lat: 0 }, { mmsi: 3, lon: 0, lat: 0 }]));
    expect(fleet.countIn(mercatorX(179), mercatorY(5), mercatorX(181), mercatorY(-5))).toBe(2);
  });
});

describe("marks", () => {
  it("shrink as the screen fills and never vanish", () => {
    const sizes = [1, 500, 2000, 10_000, 100_000].map((n) => markSize(n, 1280 * 800));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(Math.min(...sizes)).toBeGreaterThan(5);
    expect(sizes[0]).toBe(20);
  });
});

const block = (rows: Row[]): BlockColumns => picture(rows);

describe("replay", () => {
  const live = new Fleet();
  it("puts a vessel between two fixes by time, whatever the order of rows and blocks", () => {
    const replay = new Replay([block([{ mmsi: 5, lon: 11, lat: 20, t: T + 60 }]), block([{ mmsi: 5, lon: 10, lat: 20, t: T }])], live);
    replay.show(T + 15);
    expect(replay.fleet.position(0, T + 15).lon).toBeCloseTo(10.25, 5);
    replay.show(T);
    expect(replay.fleet.position(0, T).lon).toBeCloseTo(10, 5);
  });
  it("gives vessels the look that the live picture has, also when that comes later", () => {
    const now = new Fleet();
    const replay = new Replay([block([{ mmsi: 5, lon: 10, lat: 20, t: T }])], now);
    replay.show(T);
    expect(replay.fleet.look(0)).toMatchObject({ origin: 15, kind: 0 });
    now.replace({ ...picture([{ mmsi: 5, lon: 10, lat: 20, flags: FLAG.alert | FLAG.watched }]), origin: Int8Array.of(3), kind: Int8Array.of(2) });
    replay.show(T);
    expect(replay.fleet.look(0)).toMatchObject({ origin: 3, kind: 2, flags: FLAG.watched });
  });
  it("shows nobody before his first fix, nor long after his last", () => {
    const replay = new Replay([block([{ mmsi: 5, lon: 10, lat: 20, t: T }])], live);
    for (const [at, size] of [[T - 1, 0], [T, 1], [T + 3600, 1], [T + 3601, 0]] as const) {
      replay.show(at);
      expect(replay.fleet.size).toBe(size);
    }
  }); // prettier-ignore
  it("does not join two fixes across a silence", () => {
    const replay = new Replay([block([{ mmsi: 5, lon: 10, lat: 20, t: T }, { mmsi: 5, lon: 12, lat: 20, t: T + 1200 }])], live);
    replay.show(T + 900);
    expect(replay.fleet.position(0, T + 900).lon).toBeCloseTo(10, 5);
  });
  it("shows a place that is known to a cell as that cell, and nothing between two cells", () => {
    const rows = [{ mmsi: 5, lon: 10, lat: 20, t: T }, { mmsi: 5, lon: 10.1, lat: 20, t: T + 60 }, { mmsi: 5, lon: 10.2, lat: 20, t: T + 120 }, { mmsi: 5, lon: 10.3, lat: 20, t: T + 180 }];
    const replay = new Replay([{ ...block(rows), cell: Int8Array.of(0, 3, 3, 0) }], live);
    for (const [at, lon, cell_m] of [[T + 30, 10, 0], [T + 90, 10.1, 5000], [T + 150, 10.2, 5000], [T + 180, 10.3, 0]] as const) {
      replay.show(at);
      expect([replay.fleet.position(0, at).lon, replay.fleet.cell_m(0)]).toEqual([expect.closeTo(lon, 5), cell_m]);
    }
    const older = new Replay([{ ...block(rows), cell: null }], live); // a block kept from an older node
    older.show(T + 90);
    expect(older.fleet.cell_m(0)).toBe(0);
  }); // prettier-ignore
  it("takes the short way over 180 degrees", () => {
    const replay = new Replay([block([{ mmsi: 5, lon: 179.9, lat: 0, t: T }, { mmsi: 5, lon: -179.9, lat: 0, t: T + 100 }])], live);
    replay.show(T + 75);
    expect(replay.fleet.position(0, T + 75).lon).toBeCloseTo(-179.95, 5);
  });
});

describe("tracks", () => {
  it("fade to the past and are broken where the vessel was silent", () => {
    const n = 10;
    const t_ms = Float64Array.from({ length: n }, (_, i) => T * 1000 + i * 60_000 + (i > 4 ? GAP_MS : 0));
    const track = { t_ms, lon: Float64Array.from(t_ms, (_, i) => 120 + i / 10), lat: new Float64Array(n), sog: new Float32Array(n) };
    const { features } = trackFeatures([track]);
    expect(features.filter((f) => f.properties!["gap"])).toHaveLength(1);
    const strengths = features.map((f) => f.properties!["strength"] as number);
    expect(strengths).toEqual([...strengths].sort());
    const corners = features.filter((f) => !f.properties!["gap"]).reduce((sum, f) => sum + (f.geometry as unknown as { coordinates: [] }).coordinates.length - 1, 0);
    expect(corners).toBe(n - 2);
  });
  it("run on across 180 degrees", () => {
    const track = { t_ms: Float64Array.from([0, 1000]), lon: Float64Array.from([179.5, -179.5]), lat: new Float64Array(2), sog: new Float32Array(2) };
    const [line] = trackFeatures([track]).features;
    expect((line!.geometry as unknown as { coordinates: number[][] }).coordinates.map((c) => c[0])).toEqual([179.5, 180.5]);
  });
});

describe("claims", () => {
  const claim = (claimant?: string) => ({ type: "Feature" as const, properties: claimant ? { claimant } : {}, geometry: { type: "Point" as const, coordinates: [0, 0] } });
  it("get a stripe for each claimant, whatever the order they come in, and none without one", () => {
    const of = (names: (string | undefined)[]) => {
      const out = striped({ type: "FeatureCollection", features: names.map(claim) });
      return out.type === "FeatureCollection" ? out.features.map((f) => f.properties!["stripe"] as number | undefined) : [];
    };
    expect(of(["B", "A", undefined, "B"])).toEqual([1, 0, undefined, 1]);
    expect(of(["A", "B"])).toEqual([0, 1]);
  });
  it("have stripes that never cover each other", () => {
    const inked = Array.from({ length: STRIPES }, (_, i) => [...hatch("day", i).data].map((v, at) => (at % 4 === 3 && v > 0 ? at : -1)).filter((at) => at >= 0));
    const all = inked.flat();
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(inked.map((stripe) => stripe.length)).size).toBe(1);
  });
}); // prettier-ignore
