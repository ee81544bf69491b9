/** Distances, bearings and coordinates as a navigator writes them. Degrees in, metres and degrees out. */
import type { Units } from "../state";

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
export const NM = 1852;
const RAD = Math.PI / 180;

export interface Leg {
  distance_m: number;
  /** Bearing at the start and at the end, degrees from true north, 0 to 360. */
  start_deg: number;
  end_deg: number;
}

/** The geodesic on WGS 84 (Vincenty's inverse; near antipodes, where it does not settle, the great circle). */
export function inverse(lat1: number, lon1: number, lat2: number, lon2: number): Leg {
  const L = wrap(lon2 - lon1) * RAD;
  const U1 = Math.atan((1 - F) * Math.tan(lat1 * RAD));
  const U2 = Math.atan((1 - F) * Math.tan(lat2 * RAD));
  const [s1, c1, s2, c2] = [Math.sin(U1), Math.cos(U1), Math.sin(U2), Math.cos(U2)];
  let lambda = L;
  for (let i = 0; i < 100; i++) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    const sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sinSigma === 0) return { distance_m: 0, start_deg: 0, end_deg: 0 };
    const cosSigma = s1 * s2 + c1 * c2 * cl;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sl) / sinSigma;
    const cos2Alpha = 1 - sinAlpha * sinAlpha;
    const cos2m = cos2Alpha === 0 ? 0 : cosSigma - (2 * s1 * s2) / cos2Alpha;
    const C = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const next = L + (1 - C) * F * sinAlpha * (sigma + C * sinSigma * (cos2m + C * cosSigma * (2 * cos2m * cos2m - 1)));
    const settled = Math.abs(next - lambda) < 1e-12;
    lambda = next;
    if (!settled) continue;
    const u2 = (cos2Alpha * (A * A - B * B)) / (B * B);
    const bigA = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
    const bigB = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
    const shift = bigB * sinSigma * (cos2m + (bigB / 4) * (cosSigma * (2 * cos2m * cos2m - 1)
      - (bigB / 6) * cos2m * (4 * sinSigma * sinSigma - 3) * (4 * cos2m * cos2m - 3))); // prettier-ignore
    return {
      distance_m: B * bigA * (sigma - shift),
      start_deg: turn(Math.atan2(c2 * sl, c1 * s2 - s1 * c2 * cl)),
      end_deg: turn(Math.atan2(c1 * sl, c1 * s2 * cl - s1 * c2)),
    };
  }
  return greatCircle(lat1, lon1, lat2, lon2);
}

function greatCircle(lat1: number, lon1: number, lat2: number, lon2: number): Leg {
  const [a, b, d] = [lat1 * RAD, lat2 * RAD, wrap(lon2 - lon1) * RAD];
  const x = Math.cos(b) * Math.sin(d);
  const y = Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(d);
  const angle = Math.atan2(Math.hypot(x, y), Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(d));
  const back = Math.atan2(Math.cos(a) * Math.sin(d), Math.sin(b) * Math.cos(a) * Math.cos(d) - Math.cos(b) * Math.sin(a));
  return { distance_m: 6371008.8 * angle, start_deg: turn(Math.atan2(x, y)), end_deg: turn(back) };
}

const turn = (radians: number) => (radians / RAD + 360) % 360;

/** A longitude or difference brought into [-180, 180). */
export function wrap(lon: number): number {
  return ((((lon + 180) % 360) + 360) % 360) - 180;
}

/** 25°31.2′N 123°48.7′E */
export function degreesMinutes(lat: number, lon: number, digits = 1): string {
  return `${side(lat, 2, "N", "S", digits)} ${side(wrap(lon), 3, "E", "W", digits)}`;
}

function side(value: number, width: number, plus: string, minus: string, digits: number): string {
  const steps = Math.round(Math.abs(value) * 60 * 10 ** digits);
  const minutes = steps / 10 ** digits;
  const degrees = Math.floor(minutes / 60 + 1e-12);
  const rest = (minutes - 60 * degrees).toFixed(digits).padStart(digits + 3, "0");
  return `${String(degrees).padStart(width, "0")}°${rest}′${value < 0 && steps > 0 ? minus : plus}`;
}

export function distanceText(metres: number, units: Units): string {
  if (units === "nautical") {
    const nm = metres / NM;
    return `${nm.toFixed(nm < 10 ? 2 : nm < 100 ? 1 : 0)} nm`;
  }
  return metres < 1000 ? `${metres.toFixed(0)} m` : `${(metres / 1000).toFixed(metres < 10000 ? 2 : metres < 1e5 ? 1 : 0)} km`;
}

export const bearingText = (deg: number): string => `${String(Math.round(deg) % 360).padStart(3, "0")}°`;

// -- web mercator, 0..1 ----------------------------------------------------------------------------------------------
export const mercatorX = (lon: number): number => lon / 360 + 0.5;
export function mercatorY(lat: number): number {
  const s = Math.sin(lat * RAD);
  return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
}
export const lonOf = (x: number): number => (x - 0.5) * 360;
export const latOf = (y: number): number => Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RAD;
/** Metres to a point of the screen at this latitude and zoom (512 points to the world at zoom 0). */
export const metresPerPoint = (lat: number, zoom: number): number =>
  (2 * Math.PI * A * Math.cos(lat * RAD)) / (512 * 2 ** zoom);
