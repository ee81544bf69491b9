/**
 * Symbols of APP-6 for own units and those of partners, drawn by milsymbol in the one colour of the theme. The library is
 * large and fetched when somebody turns the symbols on; until it is there, the plain shapes stand.
 */
import type ms from "milsymbol";

export interface Drawn {
  canvas: HTMLCanvasElement;
  /** Size in points, and the point of the symbol that lies on the place. */
  width: number;
  height: number;
  x: number;
  y: number;
}

const SIZE = 30;
let library: typeof ms | null = null;
let coming: Promise<void> | null = null;
const drawn = new Map<string, Drawn | null>();

export function loadApp6(): Promise<void> {
  coming ??= import("milsymbol").then(
    (found) => void (library = found.default),
    (error: unknown) => { coming = null; throw error; },
  ); // prettier-ignore
  return coming;
}

/** The symbol of a 20-digit code; null while the library is not there, and for a code that it does not know. */
export function app6(sidc: string, colour: string, halo: string, ratio: number): Drawn | null {
  if (!library) return null;
  const key = `${sidc} ${colour} ${halo} ${ratio}`;
  const kept = drawn.get(key);
  if (kept !== undefined) return kept;
  const symbol = new library.Symbol(sidc, { size: SIZE, monoColor: colour, fill: false, outlineColor: halo, outlineWidth: 4, strokeWidth: 5, infoFields: false });
  const { width, height } = symbol.getSize();
  const { x, y } = symbol.getAnchor();
  const made = symbol.isValid() ? { canvas: symbol.asCanvas(ratio), width, height, x, y } : null;
  drawn.set(key, made);
  return made;
}
