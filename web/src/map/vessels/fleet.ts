/**
 * All vessels of the picture, in columns ready for the graphics card: positions as float pairs, velocities, looks.
 * A merge replaces rows by MMSI; a row that is gone is filled by the last one, so the columns stay dense.
 */
import { latOf, lonOf, mercatorY } from "../geodesy";
import { FLAG, type PictureColumns } from "../types";

/** Earth's equator in metres, the width of the mercator world. */
export const WORLD_M = 40075016.686;
const KNOT = 1852 / 3600;
const RAD = Math.PI / 180;
/** Seconds that a vessel is moved on from its last fix along its course; then it waits for the next fix. */
export const RECKON_S = 120;
/** From this age on a fix is no longer fresh: the mark loses its fill by and by and stands where the fix was. */
export const FRESH_S = 600;
/** From this age on only the outline is left. */
export const OLD_S = 3600;

/** Sides of the grid cells in which places are told (the node's list); a fleet keeps which of them, a byte for each vessel. */
export const CELL_SIZES_M = [500, 1000, 5000, 10_000, 50_000] as const;

/** Floats of one vessel on the graphics card: x hi, y hi, x lo, y lo, vx, vy, time, angle; then 4 bytes of looks. */
export const FLOATS = 9;

export class Fleet {
  size = 0;
  mmsi = new Int32Array(0);
  /** Mercator 0..1, float64, for picking and counting. */
  x = new Float64Array(0);
  y = new Float64Array(0);
  t = new Int32Array(0);
  flags = new Uint8Array(0);
  /** One record of `FLOATS` per vessel, and the same memory as bytes. */
  records = new Float32Array(0);
  #bytes = new Uint8Array(0);
  #row = new Map<number, number>();
  /** Seconds since 1970 that record times are counted from, so that they fit a float. */
  base = 0;
  /** Counts every change. */
  version = 0;
  /** Whether any vessel has an alert or is watched. */
  standsOut = false;
  /** Rows whose places are known to a cell only. */
  coarse: readonly number[] = [];

  constructor(public exercise = false) {}

  row(mmsi: number): number | undefined {
    if (this.#row.size !== this.size) this.#index();
    return this.#row.get(mmsi);
  }

  /** These are all vessels. */
  replace(columns: PictureColumns): void {
    const n = columns.mmsi.length;
    this.#room(n);
    this.base = n ? (columns.t_s[0] as number) : this.base;
    let at = 0;
    for (let i = 0; i < n; i++) if (!((columns.flags[i] as number) & FLAG.gone)) this.#write(at++, columns, i);
    this.size = at;
    this.#row.clear();
    this.#changed();
  }

  /** These rows replace those of the same MMSI. */
  merge(columns: PictureColumns): void {
    if (this.size === 0) return this.replace(columns);
    if (this.#row.size !== this.size) this.#index();
    for (let i = 0; i < columns.mmsi.length; i++) {
      const mmsi = columns.mmsi[i] as number;
      const known = this.#row.get(mmsi);
      if ((columns.flags[i] as number) & FLAG.gone) {
        if (known !== undefined) this.#remove(known);
        continue;
      }
      const row = known ?? this.size;
      if (known === undefined) {
        this.#room(this.size + 1);
        this.size++;
        this.#row.set(mmsi, row);
      }
      this.#write(row, columns, i);
    }
    this.#changed();
  }

  #changed(): void {
    this.version++;
    const marked = FLAG.alert | FLAG.watched;
    this.coarse = Array.from({ length: this.size }, (_, row) => row).filter((row) => this.#bytes[row * FLOATS * 4 + 35]);
    this.standsOut = this.flags.subarray(0, this.size).some((flags) => (flags & marked) !== 0);
  }

  /** Seconds by which the vessel of a row is moved on at a moment. */
  reckoned_s(row: number, now_s: number): number {
    const age = now_s - (this.t[row] as number);
    return age <= 0 || age >= FRESH_S ? 0 : Math.min(age, RECKON_S);
  }

  /** Where the vessel of a row is drawn, mercator 0..1. */
  drawn(row: number, now_s: number): [number, number] {
    const ahead = this.reckoned_s(row, now_s);
    const at = row * FLOATS;
    return [
      (this.x[row] as number) + ahead * (this.records[at + 4] as number),
      (this.y[row] as number) + ahead * (this.records[at + 5] as number),
    ];
  }

  position(row: number, now_s: number): { lon: number; lat: number } {
    const [x, y] = this.drawn(row, now_s);
    return { lon: lonOf(x), lat: latOf(y) };
  }

  look(row: number): { origin: number; kind: number; flags: number; angle: number } {
    const at = row * FLOATS * 4 + 32;
    return {
      origin: this.#bytes[at] as number,
      kind: this.#bytes[at + 1] as number,
      flags: this.#bytes[at + 2] as number,
      angle: this.records[row * FLOATS + 7] as number,
    };
  }

  /** Side of the cell in which a vessel's place is known, m; 0 where the place is exact. */
  cell_m(row: number): number {
    return CELL_SIZES_M[(this.#bytes[row * FLOATS * 4 + 35] as number) - 1] ?? 0;
  }

  /** Number of vessels inside a box of mercator coordinates, whose west side may lie below 0. */
  countIn(west: number, north: number, east: number, south: number): number {
    const { x, y, size } = this;
    let n = 0;
    for (let i = 0; i < size; i++) {
      const yi = y[i] as number;
      if (yi < north || yi > south) continue;
      const xi = x[i] as number;
      if ((xi >= west && xi <= east) || (xi - 1 >= west && xi - 1 <= east) || (xi + 1 >= west && xi + 1 <= east)) n++;
    }
    return n;
  }

  /** The vessel drawn nearest to a point within a radius (all mercator 0..1), or -1. */
  nearest(px: number, py: number, radius: number, now_s: number): number {
    let best = radius * radius;
    let found = -1;
    const reach = radius + RECKON_S * 1.5e-6; // nobody sails further than 100 kn
    for (let i = 0; i < this.size; i++) {
      const dy = (this.y[i] as number) - py;
      if (dy > reach || dy < -reach) continue;
      const [x, y] = this.drawn(i, now_s);
      const dx = x - px - Math.round(x - px);
      const d = dx * dx + (y - py) * (y - py);
      if (d <= best) [best, found] = [d, i];
    }
    return found;
  }

  #write(row: number, c: PictureColumns, i: number): void {
    const lat = (c.lat_e7[i] as number) / 1e7;
    const x = (c.lon_e7[i] as number) / 3.6e9 + 0.5;
    const y = mercatorY(lat);
    const sog = c.sog_dkn[i] as number;
    const cog = c.cog_ddeg[i] as number;
    const flags = c.flags[i] as number;
    const at = row * FLOATS;
    const r = this.records;
    const still = sog < 0 || cog < 0 || (flags & FLAG.still) !== 0 || c.kind[i] === 8;
    const speed = still ? 0 : (sog * 0.1 * KNOT) / (WORLD_M * Math.cos(lat * RAD));
    const course = cog * 0.1 * RAD;
    r[at] = x;
    r[at + 1] = y;
    r[at + 2] = x - (r[at] as number);
    r[at + 3] = y - (r[at + 1] as number);
    r[at + 4] = speed * Math.sin(course);
    r[at + 5] = -speed * Math.cos(course);
    r[at + 6] = (c.t_s[i] as number) - this.base;
    r[at + 7] = cog < 0 ? -1 : course;
    const b = row * FLOATS * 4 + 32;
    this.#bytes[b] = c.origin[i] as number;
    this.#bytes[b + 1] = c.kind[i] as number;
    this.#bytes[b + 2] = flags;
    this.#bytes[b + 3] = c.cell?.[i] ?? 0;
    this.mmsi[row] = c.mmsi[i] as number;
    this.x[row] = x;
    this.y[row] = y;
    this.t[row] = c.t_s[i] as number;
    this.flags[row] = flags;
  }

  #remove(row: number): void {
    const last = --this.size;
    this.#row.delete(this.mmsi[row] as number);
    if (row === last) return;
    this.records.copyWithin(row * FLOATS, last * FLOATS, (last + 1) * FLOATS);
    for (const column of [this.mmsi, this.x, this.y, this.t, this.flags]) column[row] = column[last] as number;
    this.#row.set(this.mmsi[row] as number, row);
  }

  #index(): void {
    this.#row.clear();
    for (let i = 0; i < this.size; i++) this.#row.set(this.mmsi[i] as number, i);
  }

  #room(n: number): void {
    if (n <= this.mmsi.length) return;
    const room = Math.max(1024, Math.ceil(n * 1.3));
    const grow = <T extends Int32Array | Float64Array | Float32Array | Uint8Array>(old: T, size: number): T => {
      const out = new (old.constructor as new (n: number) => T)(size);
      out.set(old);
      return out;
    };
    this.mmsi = grow(this.mmsi, room);
    this.x = grow(this.x, room);
    this.y = grow(this.y, room);
    this.t = grow(this.t, room);
    this.flags = grow(this.flags, room);
    this.records = grow(this.records, room * FLOATS);
    this.#bytes = new Uint8Array(this.records.buffer);
  }
}
