/** The measuring tool: a line of legs, each a geodesic, with distance and bearing; the last leg follows the pointer. */
import type { Units } from "../state";
import { bearingText, distanceText, inverse } from "./geodesy";

export interface Spot {
  lon: number;
  lat: number;
}

export class Measure {
  on = false;
  #spots: Spot[] = [];
  #pointer: Spot | null = null;

  start(): void {
    this.on = true;
    this.#spots = [];
    this.#pointer = null;
  }

  stop(): void {
    this.on = false;
    this.#spots = [];
    this.#pointer = null;
  }

  add(spot: Spot): void {
    this.#spots.push({ lon: spot.lon, lat: spot.lat });
  }

  /** What was measured between the corners that were laid: the newest leg, and the sum from the second leg on. */
  said(units: Units): { corners: number; leg: string; sum: string } {
    const pointer = this.#pointer;
    this.#pointer = null;
    const last = this.picture(units).labels.at(-1);
    this.#pointer = pointer;
    const [leg = "", sum = ""] = (last?.text ?? "").split(" · Σ ");
    return { corners: this.#spots.length, leg, sum };
  }

  /** Take the last corner away. */
  back(): void {
    this.#spots.pop();
  }

  follow(spot: Spot | null): boolean {
    if (!this.on || this.#spots.length === 0) return false;
    this.#pointer = spot && { lon: spot.lon, lat: spot.lat };
    return true;
  }

  /** Each leg as points along it, and what is written at each corner: this leg, and the sum from the second leg on. */
  picture(units: Units): { points: Spot[][]; labels: (Spot & { text: string })[] } {
    const last = this.#spots.at(-1);
    const leads = this.#pointer !== null && (this.#pointer.lat !== last?.lat || this.#pointer.lon !== last.lon);
    const spots = this.on ? [...this.#spots, ...(leads ? [this.#pointer as Spot] : [])] : [];
    const points: Spot[][] = [];
    const labels = spots.slice(0, 1).map((spot) => ({ ...spot, text: "" }));
    let sum = 0;
    for (let i = 1; i < spots.length; i++) {
      const [a, b] = [spots[i - 1] as Spot, spots[i] as Spot];
      const leg = inverse(a.lat, a.lon, b.lat, b.lon);
      sum += leg.distance_m;
      const total = i > 1 ? ` · Σ ${distanceText(sum, units)}` : "";
      labels.push({ ...b, text: `${distanceText(leg.distance_m, units)} ${bearingText(leg.start_deg)}${total}` });
      points.push(along(a, b, leg.distance_m));
    }
    return { points, labels };
  }
}

const RAD = Math.PI / 180;

/** Points along the great circle, close enough together for the screen. */
function along(a: Spot, b: Spot, distance_m: number): Spot[] {
  const steps = Math.min(128, Math.max(1, Math.ceil(distance_m / 50000)));
  const unit = ({ lon, lat }: Spot) => {
    const c = Math.cos(lat * RAD);
    return [c * Math.cos(lon * RAD), c * Math.sin(lon * RAD), Math.sin(lat * RAD)] as const;
  };
  const [p, q] = [unit(a), unit(b)];
  const angle = Math.acos(Math.max(-1, Math.min(1, p[0] * q[0] + p[1] * q[1] + p[2] * q[2])));
  const out: Spot[] = [];
  for (let i = 0; i <= steps; i++) {
    const f = i / steps;
    const [u, v] = angle < 1e-9 ? [1 - f, f] : [Math.sin((1 - f) * angle), Math.sin(f * angle)];
    const [x, y, z] = [u * p[0] + v * q[0], u * p[1] + v * q[1], u * p[2] + v * q[2]];
    out.push({ lon: Math.atan2(y, x) / RAD, lat: Math.atan2(z, Math.hypot(x, y)) / RAD });
  }
  return out;
}
