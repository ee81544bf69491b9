/**
 * Replay: fixes of closed blocks, shown at any moment. A vessel stands between the fix before and the fix after the
 * moment, where both are near enough in time; otherwise at the fix before, and it is gone when that is long past. A place
 * that is known to a grid cell only stays in its cell: between two cells lies no place that anybody told.
 */
import { type BlockColumns, FLAG, type PictureColumns } from "./types";
import { Fleet } from "./vessels/fleet";

/** Two fixes further apart than this are not joined. */
export const JOIN_S = 600;
/** A vessel whose last fix is older than this is no longer shown. */
export const GONE_S = 3600;

/** Origin of a vessel that the live picture does not know: no node gives this code, and it has the plainest shape. */
const UNKNOWN = 15;

export class Replay {
  readonly fleet: Fleet;
  readonly #rows: BlockColumns & { cell: Int8Array };
  /** First row of each vessel, and one more for the end. */
  readonly #starts: Int32Array;
  readonly #looks: { kind: Int8Array; origin: Int8Array; flags: Int8Array };
  /** Row at which each vessel stood last: moments mostly come in order. */
  readonly #at: Int32Array;
  readonly #live: Fleet;
  #seen = -1;

  constructor(blocks: readonly BlockColumns[], live: Fleet) {
    this.fleet = new Fleet(live.exercise);
    this.#rows = sorted(blocks);
    const { mmsi } = this.#rows;
    const starts = [];
    for (let i = 0; i < mmsi.length; i++) if (i === 0 || mmsi[i] !== mmsi[i - 1]) starts.push(i);
    this.#starts = Int32Array.from([...starts, mmsi.length]);
    this.#at = Int32Array.from(starts);
    const n = starts.length;
    this.#looks = { kind: new Int8Array(n), origin: new Int8Array(n).fill(UNKNOWN), flags: new Int8Array(n) };
    this.#live = live;
  }

  /** What a vessel looks like is not in its fixes: taken from the live picture, as far as that knows the vessel. */
  #lookAgain(): void {
    const live = this.#live;
    if (this.#seen === live.version) return;
    this.#seen = live.version;
    for (let v = 0; v < this.#looks.kind.length; v++) {
      const row = live.row(this.#rows.mmsi[this.#starts[v] as number] as number);
      if (row === undefined) continue;
      const { kind, origin, flags } = live.look(row);
      this.#looks.kind[v] = kind;
      this.#looks.origin[v] = origin;
      this.#looks.flags[v] = flags & (FLAG.watched | FLAG.classB | FLAG.exercise); // alerts and rest belong to now
    }
  }

  /** Bring the fleet to a moment, seconds since 1970. */
  show(now_s: number): void {
    this.#lookAgain();
    const { mmsi, t_s, lon_e7, lat_e7, sog_dkn, cog_ddeg, cell } = this.#rows;
    const vessels = this.#starts.length - 1;
    const out = emptyPicture(vessels);
    let n = 0;
    for (let v = 0; v < vessels; v++) {
      const row = this.#seek(v, now_s);
      if (row < 0 || now_s - (t_s[row] as number) > GONE_S) continue;
      const next = row + 1 < (this.#starts[v + 1] as number) ? row + 1 : row;
      const step = (t_s[next] as number) - (t_s[row] as number);
      const join = step > 0 && step <= JOIN_S && !cell[row] && !cell[next];
      const f = join ? (now_s - (t_s[row] as number)) / step : 0;
      let dLon = (lon_e7[next] as number) - (lon_e7[row] as number);
      if (Math.abs(dLon) > 1.8e9) dLon -= Math.sign(dLon) * 3.6e9;
      out.mmsi[n] = mmsi[row] as number;
      out.lon_e7[n] = wrapE7((lon_e7[row] as number) + f * dLon);
      out.lat_e7[n] = (lat_e7[row] as number) + f * ((lat_e7[next] as number) - (lat_e7[row] as number));
      out.t_s[n] = join ? now_s : (t_s[row] as number);
      out.sog_dkn[n] = sog_dkn[row] as number;
      out.cog_ddeg[n] = cog_ddeg[row] as number;
      out.kind[n] = this.#looks.kind[v] as number;
      out.origin[n] = this.#looks.origin[v] as number;
      out.flags[n] = this.#looks.flags[v] as number;
      out.cell![n] = cell[row] as number;
      n++;
    }
    this.fleet.replace(cut(out, n));
  }

  /** Last row of a vessel at or before a moment, or -1. */
  #seek(v: number, now_s: number): number {
    const { t_s } = this.#rows;
    const [first, end] = [this.#starts[v] as number, this.#starts[v + 1] as number];
    let low = this.#at[v] as number;
    let high = end;
    if ((t_s[low] as number) > now_s) [low, high] = [first, low];
    if ((t_s[low] as number) > now_s) return -1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((t_s[middle] as number) <= now_s) low = middle;
      else high = middle;
    }
    this.#at[v] = low;
    return low;
  }
}

const wrapE7 = (lon: number) => (lon >= 1.8e9 ? lon - 3.6e9 : lon < -1.8e9 ? lon + 3.6e9 : lon);

function emptyPicture(n: number): PictureColumns {
  return {
    mmsi: new Int32Array(n), lon_e7: new Int32Array(n), lat_e7: new Int32Array(n), t_s: new Int32Array(n),
    sog_dkn: new Int16Array(n), cog_ddeg: new Int16Array(n), kind: new Int8Array(n), origin: new Int8Array(n),
    flags: new Int8Array(n), cell: new Int8Array(n),
  }; // prettier-ignore
}

function cut(c: PictureColumns, n: number): PictureColumns {
  return Object.fromEntries(Object.entries(c).map(([name, column]) => [name, column.subarray(0, n)])) as unknown as PictureColumns;
}

/** The rows of all blocks by vessel and time; of two fixes of one second, the later row stays. */
function sorted(blocks: readonly BlockColumns[]): BlockColumns & { cell: Int8Array } {
  const total = blocks.reduce((n, b) => n + b.mmsi.length, 0);
  const keys = new Float64Array(total);
  const from: [BlockColumns, number][] = [];
  let oldest = Infinity;
  for (const { t_s } of blocks) for (const t of t_s) if (t < oldest) oldest = t;
  for (const block of blocks)
    for (let i = 0; i < block.mmsi.length; i++) {
      keys[from.length] = (block.mmsi[i] as number) * 2 ** 23 + ((block.t_s[i] as number) - oldest); // 97 days fit
      from.push([block, i]);
    }
  const order = Uint32Array.from(keys, (_, i) => i).sort((a, b) => (keys[a] as number) - (keys[b] as number) || a - b);
  const kept = order.filter((row, i) => i + 1 === order.length || keys[row] !== keys[order[i + 1] as number]);
  const column = <T extends Int32Array | Int16Array | Int8Array>(name: keyof BlockColumns, make: new (n: number) => T): T => {
    const out = new make(kept.length);
    kept.forEach((row, i) => {
      const [block, at] = from[row] as [BlockColumns, number];
      out[i] = block[name]?.[at] ?? 0;
    });
    return out;
  };
  return {
    mmsi: column("mmsi", Int32Array), t_s: column("t_s", Int32Array), lon_e7: column("lon_e7", Int32Array),
    lat_e7: column("lat_e7", Int32Array), sog_dkn: column("sog_dkn", Int16Array), cog_ddeg: column("cog_ddeg", Int16Array),
    cell: column("cell", Int8Array),
  }; // prettier-ignore
}
