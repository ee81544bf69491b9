/**
 * The tracks that search patterns stand for, as `share.incident.drawings` makes them: expanding square, sector, parallel sweep,
 * creeping line, track line (IAMSAR volume II, chapter 5). For the preview while one is drawn; on a sphere, which differs
 * from the node's track by less than the width of a line.
 */
type Point = readonly [number, number];
export const PATTERNS = ["square", "sector", "parallel", "creeping", "track"] as const;
export type Pattern = (typeof PATTERNS)[number];
/** Points that a pattern needs. */
export const POINTS_OF: Readonly<Record<Pattern, number>> = { square: 1, sector: 1, parallel: 2, creeping: 2, track: 2 };

const RAD = Math.PI / 180;
const EARTH_NM = 3440.065;

export function patternTrack(pattern: Pattern, points: readonly Point[], nm: number, brg: number, legs: number): readonly Point[] {
  const start = points[0];
  if (!start || pattern === "track") return points;
  if (pattern === "square") return follow(start, Array.from({ length: legs }, (_, k) => [brg + 90 * k, nm * (Math.floor(k / 2) + 1)] as const));
  if (pattern === "sector")
    return follow(start, Array.from({ length: legs }, (_, k) => brg - 120 * k).flatMap((c) => [[c, nm], [c + 120, nm], [c - 120, nm]] as const)); // prettier-ignore
  const second = points[1];
  if (!second) return points;
  const [along, across] = pattern === "parallel" ? [brg, brg + 90] : [brg - 90, brg];
  const length = distanceNm(start, second);
  const moves: (readonly [number, number])[] = [];
  for (let k = 0; k < legs; k++) {
    moves.push([k % 2 ? along + 180 : along, length]);
    if (k + 1 < legs) moves.push([across, nm]);
  }
  return follow(start, moves);
}

function follow(start: Point, moves: readonly (readonly [number, number])[]): Point[] {
  const out: Point[] = [start];
  for (const [course, run] of moves) {
    const [lon, lat] = out[out.length - 1]!;
    const d = run / EARTH_NM;
    const [la, c] = [lat * RAD, course * RAD];
    const lat2 = Math.asin(Math.sin(la) * Math.cos(d) + Math.cos(la) * Math.sin(d) * Math.cos(c));
    const dLon = Math.atan2(Math.sin(c) * Math.sin(d) * Math.cos(la), Math.cos(d) - Math.sin(la) * Math.sin(lat2));
    out.push([((lon + dLon / RAD + 540) % 360) - 180, lat2 / RAD]);
  }
  return out;
}

function distanceNm([lon1, lat1]: Point, [lon2, lat2]: Point): number {
  const h = Math.sin(((lat2 - lat1) * RAD) / 2) ** 2 + Math.cos(lat1 * RAD) * Math.cos(lat2 * RAD) * Math.sin(((lon2 - lon1) * RAD) / 2) ** 2;
  return 2 * EARTH_NM * Math.asin(Math.sqrt(h));
}
