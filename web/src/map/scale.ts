/** The scale bar and the line that tells where the pointer is. */
import type { Units } from "../state";
import { NM, degreesMinutes, metresPerPoint } from "./geodesy";

export class Scale {
  readonly #bar = document.createElement("div");
  readonly #cursor = document.createElement("div");

  constructor(container: HTMLElement) {
    this.#bar.className = "map-scale";
    this.#bar.append(document.createElement("span"));
    this.#cursor.className = "map-cursor";
    this.#cursor.setAttribute("aria-hidden", "true"); // it follows the mouse; it would never stop talking
    container.append(this.#bar, this.#cursor);
  }

  show(lat: number, zoom: number, units: Units): void {
    const unit = units === "nautical" ? { m: NM, name: "nm" } : { m: 1000, name: "km" };
    const most = (130 * metresPerPoint(lat, zoom)) / unit.m;
    const length = niceBelow(most);
    const span = this.#bar.firstElementChild as HTMLElement;
    span.style.width = `${((length * unit.m) / metresPerPoint(lat, zoom)).toFixed(1)}px`;
    const small = length < 1 && units === "metric";
    span.textContent = small ? `${Math.round(length * 1000)} m` : `${Number(length.toPrecision(3))} ${unit.name}`;
  }

  point(at: { lat: number; lon: number } | null): void {
    this.#cursor.textContent = at && Math.abs(at.lat) <= 90 ? degreesMinutes(at.lat, at.lon) : "";
  }
}

/** The largest of 1, 2, 5 times a power of ten that does not exceed a number. */
export function niceBelow(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const lead = most / power;
  return (lead >= 5 ? 5 : lead >= 2 ? 2 : 1) * power;
}
