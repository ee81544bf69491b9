/** Times, ages, places and amounts as the watch writes them. UTC first, always with its Z. */
import type { Units } from "../state";

const two = (n: number) => String(n).padStart(2, "0");
const MISSING = "–";

/** `2026-03-14 06:42:10Z` */
export function utc(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** `06:42Z`, with the date before it when it is not the day of `now`. */
export function short(ms: number | null | undefined, now: number): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  const text = new Date(ms).toISOString();
  const today = new Date(now).toISOString().slice(0, 10);
  const time = `${text.slice(11, 16)}Z`;
  if (text.slice(0, 10) === today) return time;
  return text.slice(0, 4) === today.slice(0, 4) ? `${text.slice(5, 10)} ${time}` : `${text.slice(0, 10)} ${time}`;
}

/** `15:42 JST`; the zone of the node and not of the station, so that all stations read the same. */
export function local(ms: number, tz: string, language: string): string {
  try {
    const parts = new Intl.DateTimeFormat(language, {
      hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: tz, timeZoneName: "short",
    }).formatToParts(ms); // prettier-ignore
    const of = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
    return `${of("hour")}:${of("minute")} ${ABBREVIATIONS[tz] ?? of("timeZoneName")}`;
  } catch {
    return "";
  }
}
/** What the tz database calls these zones; browsers write GMT+9 for them in most languages. */
const ABBREVIATIONS: Readonly<Record<string, string>> = {
  "Asia/Tokyo": "JST", "Asia/Taipei": "CST", "Asia/Manila": "PST", "Asia/Seoul": "KST",
}; // prettier-ignore

/** `40 s`, `4 min`, `1 h 02`, `3 d 2 h`; what lies ahead has no age and is written 0 s. */
export function age(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return `${h} h ${two(min % 60)}`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** All nine digits: those of coast stations and groups begin with zeros (ITU-R M.585). */
export const nine = (mmsi: number): string => String(mmsi).padStart(9, "0");

/** `25°31.2′N 123°48.7′E` */
export function position(lat: number | null | undefined, lon: number | null | undefined): string {
  if (lat === null || lat === undefined || lon === null || lon === undefined) return MISSING;
  const one = (value: number, width: number, letters: string) => {
    const tenths = Math.round(Math.abs(value) * 600);
    const degrees = Math.floor(tenths / 600);
    const minutes = (tenths - degrees * 600) / 10;
    const letter = letters[value < 0 ? 1 : 0];
    return `${String(degrees).padStart(width, "0")}°${minutes.toFixed(1).padStart(4, "0")}′${letter}`;
  };
  return `${one(lat, 2, "NS")} ${one(lon, 3, "EW")}`;
}

export function speed(kn: number | null | undefined, units: Units): string {
  if (kn === null || kn === undefined) return MISSING;
  return units === "metric" ? `${(kn * 1.852).toFixed(1)} km/h` : `${kn.toFixed(1)} kn`;
}

export function course(deg: number | null | undefined): string {
  if (deg === null || deg === undefined) return MISSING;
  return `${String(Math.round(deg) % 360).padStart(3, "0")}°`;
}

/** A measured value: as many digits as say something, never an exponent. */
export function amount(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** `2026-03-14 06:42`, as `parse` reads it. */
/** A number of things, with its thousands parted by a thin blank, as all three languages read it. */
export const count = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

export const forInput = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

/**
 * A time as the watch writes it, always UTC: `2041` or `20:41` is the last such time (the next one with `ahead`),
 * `11-22 20:41` is of this year, and `2026-11-22 20:41` is itself. NaN for anything else.
 */
export function parse(text: string, now: number, ahead = false): number {
  const found = /^(?:(?:(\d{4})-)?(\d{1,2})-(\d{1,2})[ T]+)?([01]?\d|2[0-3]):?([0-5]\d) ?z?$/i.exec(text.trim());
  if (!found) return NaN;
  const [, year, month, day, hour, minute] = found;
  const today = new Date(now);
  const h = Number(hour);
  const min = Number(minute);
  if (month === undefined || day === undefined) {
    const at = Date.UTC(today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate(), h, min);
    if (ahead) return at > now ? at : at + DAY_MS;
    return at <= now ? at : at - DAY_MS;
  }
  const [y, m, d] = [Number(year ?? today.getUTCFullYear()), Number(month), Number(day)];
  const at = Date.UTC(y, m - 1, d, h, min);
  const back = new Date(at);
  return back.getUTCMonth() === m - 1 && back.getUTCDate() === d ? at : NaN; // no 31 February
}
const DAY_MS = 86_400_000;
