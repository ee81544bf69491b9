export interface Invented {
  mmsi: number;
  name: string;
}
export function chance(seed: number): () => number;
export function makeFleet(count: number, seed?: number): Invented[];
export function pictureColumns(fleet: Invented[], now_s: number, alerted?: Set<number>, watched?: Set<number>): Record<string, Int32Array | Int16Array | Int8Array>; // prettier-ignore
