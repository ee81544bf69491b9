/** A position as officers write it, read strictly: what could be meant in two ways is not read at all, and what was read is said back. */
import { NM, inverse } from "../../map/geodesy";
import { t } from "../../i18n";
import { position } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, type TemplateResult } from "../drawing";

export interface Place {
  lat: number;
  lon: number;
}

/** What writings of the same sign are brought to. A comma is none of them: in `24,5` it may be a decimal point. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/[°º˚度]/g, " "], [/[′’'´分]/g, " "], [/[″”"秒]/g, " "], [/[‐‑–—−]/g, "-"], [/北緯|北纬/g, "N "], [/南緯|南纬/g, "S "], [/東経|東經|东经/g, "E "], [/西経|西經|西经/g, "W "],
]; // prettier-ignore

const NUMBER = String.raw`\d{1,5}(?:\.\d+)?(?:(?:\s+|\s*[-:]\s*)\d{1,2}(?:\.\d+)?){0,2}`;
const BETWEEN = String.raw`\s*[,;/]?\s*`;
const AFTER = String.raw`(${NUMBER})\s*([NSEW])${BETWEEN}(${NUMBER})\s*([NSEW])`;
const BEFORE = String.raw`([NSEW])\s*(${NUMBER})${BETWEEN}([NSEW])\s*(${NUMBER})`;
const SIGNED = /^([+-]?\d{1,3}\.\d+)(?:\s+|\s*[,;/]\s*)([+-]?\d{1,3}\.\d+)$/;
/** From here on a typed place is worth a second look. */
const FAR_NM = 300;

function plain(text: string): string {
  let out = text;
  for (const [from, to] of SIGNS) out = out.replace(from, to);
  return out.normalize("NFKC").toUpperCase().trim();
}

/** Degrees of `25 31.2`, `25-31.2`, `25 31 12`, `25.52` or, packed, `2531.2`; null where minutes or seconds cannot be. */
function angle(text: string, letter: string): number | null {
  const width = "NS".includes(letter) ? 2 : 3;
  const parts = text.trim().split(/\s*[-:]\s*|\s+/);
  const whole = parts[0]!.split(".")[0]!;
  if (parts.length === 1 && whole.length === width + 2) parts.splice(0, 1, whole.slice(0, width), parts[0]!.slice(width));
  else if (whole.length > width) return null;
  if (parts.slice(0, -1).some((part) => part.includes("."))) return null;
  const [deg, min = 0, s = 0] = parts.map(Number) as [number, number?, number?];
  if (min >= 60 || s >= 60) return null;
  const value = deg + min / 60 + s / 3600;
  return value > (width === 2 ? 90 : 180) ? null : "SW".includes(letter) ? -value : value;
}

function pair(one: string, a: string, two: string, b: string): Place | null {
  const first = "NS".includes(a);
  if (first === "NS".includes(b)) return null;
  const [lat, lon] = first ? [angle(one, a), angle(two, b)] : [angle(two, b), angle(one, a)];
  return lat === null || lon === null ? null : { lat, lon };
}

/**
 * `25°31.2′N 123°48.7′E`, `25-31.2N 123-48.7E`, `25°31′12″N 123°48′42″E`, `N25 31.2 E123 48.7`, `2531.2N 12348.7E`,
 * `25.52N 123.81E`, `25.52, 123.81`, in either order, also with full-width digits or 北緯 and 東経. Null for all else.
 */
export function placeOf(text: string): Place | null {
  const clean = plain(text);
  const after = new RegExp(`^${AFTER}$`).exec(clean);
  if (after) return pair(after[1]!, after[2]!, after[3]!, after[4]!);
  const before = new RegExp(`^${BEFORE}$`).exec(clean);
  if (before) return pair(before[2]!, before[1]!, before[4]!, before[3]!);
  const signed = SIGNED.exec(clean);
  if (!signed) return null;
  const [lat, lon] = [Number(signed[1]), Number(signed[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : null;
}

/** The first position in a text that names its hemispheres; null where there is none. */
export function placeIn(text: string): Place | null {
  const clean = plain(text);
  for (const found of clean.matchAll(new RegExp(`(?<![\\d.])(?:${AFTER}|${BEFORE})(?![\\dA-Z])`, "g"))) {
    const at = placeOf(found[0]);
    if (at) return at;
  }
  return null;
}

/** A field for a position with what was read of it below, and how far that lies from `from`. */
export function placeField(desk: Desk, label: string, value: string, from: Place | null, more: { required?: boolean; first?: boolean } = {}): TemplateResult {
  const { lat, lon } = desk.app.map.getView();
  const near = from ?? { lat, lon };
  const told = (typed: string): { words: string; wrong: boolean } => {
    if (!typed.trim()) return { words: t("place.forms"), wrong: false };
    const at = placeOf(typed);
    if (!at) return { words: t("incident.place_unreadable"), wrong: true };
    const nm = inverse(near.lat, near.lon, at.lat, at.lon).distance_m / NM;
    return { words: t(from ? "place.from_case" : "place.from_chart", { place: position(at.lat, at.lon), nm: nm < 10 ? nm.toFixed(1) : Math.round(nm) }), wrong: nm > FAR_NM };
  };
  const show = (field: HTMLInputElement) => {
    const { words, wrong } = told(field.value);
    const out = field.form!.querySelector<HTMLElement>(".place-read")!;
    out.textContent = words;
    out.classList.toggle("warn", wrong);
  };
  const fill = (e: Event) => {
    const field = (e.target as HTMLElement).closest(".place")!.querySelector("input")!;
    field.value = position(lat, lon);
    show(field);
    field.focus();
  };
  const first = told(value);
  return html`<div class="place"><label>${label}<input name="place" .value=${value} ?required=${more.required ?? false} ?data-first=${more.first ?? false} maxlength="64" autocomplete="off" spellcheck="false" @input=${(e: Event) => show(e.target as HTMLInputElement)} /></label>
    <p class="place-read ${first.wrong ? "warn" : ""}" aria-live="polite" .textContent=${first.words}></p>
    ${value ? "" : html`<button type="button" class="quiet" @click=${fill}>${t("place.middle")}</button>`}</div>`; // prettier-ignore
}
