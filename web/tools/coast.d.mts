export interface CoastRing {
  core: boolean;
  ring: Float64Array;
}
export function readCoast(path: string): { rings: CoastRing[]; digest: string };
export function polygons(rings: CoastRing[]): { core: boolean; rings: Float64Array[] }[];
export function shoreLines(rings: CoastRing[]): { core: boolean; line: number[] }[];
