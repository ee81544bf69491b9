/**
 * Reads the basemap's archives (layout: `tools/basemap.mjs`). Each is one static file, fetched whole when its first tile
 * is asked for, kept as bytes, and read by binary search; a tile is inflated when it is drawn.
 */
export class TileArchive {
  #loading: Promise<Index> | null = null;

  constructor(readonly url: string) {}

  /** The MVT bytes of a tile, or null where the archive has none (open sea). */
  async tile(z: number, x: number, y: number): Promise<ArrayBuffer | null> {
    this.#loading ??= load(this.url).catch((error: unknown) => {
      this.#loading = null; // so that the next tile tries again
      throw error;
    });
    const { bytes, keys, offsets, sizes } = await this.#loading;
    const at = find(keys, (z << 18) | (x << 9) | y);
    if (at < 0) return null;
    const start = offsets[at] as number;
    const body = bytes.slice(start, start + (sizes[at] as number));
    return new Response(new Blob([body]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).arrayBuffer();
  }
}

interface Index {
  bytes: ArrayBuffer;
  keys: Uint32Array;
  offsets: Uint32Array;
  sizes: Uint32Array;
}

async function load(url: string): Promise<Index> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const bytes = await answer.arrayBuffer();
  return { bytes, ...readIndex(bytes, url) };
}

export function readIndex(bytes: ArrayBuffer, name: string): Omit<Index, "bytes"> & { head: { digest: string } } {
  if (bytes.byteLength < 16 || new TextDecoder().decode(bytes.slice(0, 8)) !== "KZTILES1")
    throw new Error(`${name} is no basemap archive`);
  const [count, headLength] = new Uint32Array(bytes, 8, 2) as unknown as [number, number];
  const table = 16 + headLength;
  if (table + 12 * count > bytes.byteLength) throw new Error(`${name} ends early`);
  return {
    head: JSON.parse(new TextDecoder().decode(bytes.slice(16, table))) as { digest: string },
    keys: new Uint32Array(bytes, table, count),
    offsets: new Uint32Array(bytes, table + 4 * count, count),
    sizes: new Uint32Array(bytes, table + 8 * count, count),
  };
}

function find(keys: Uint32Array, wanted: number): number {
  let low = 0;
  let high = keys.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const key = keys[middle] as number;
    if (key === wanted) return middle;
    if (key < wanted) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** East Asia, where the coast keeps every vertex: west, south, east, north. */
export const CORE = [105, 0, 160, 52] as const;

/** Whether a tile lies wholly in East Asia, where `outer` has nothing: saves fetching that archive. */
export function inCore(z: number, x: number, y: number): boolean {
  const n = 2 ** z;
  const lat = (row: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * row) / n))) * 180) / Math.PI;
  const [west, south, east, north] = CORE;
  return (x / n) * 360 - 180 >= west && ((x + 1) / n) * 360 - 180 <= east && lat(y + 1) >= south && lat(y) <= north;
}
