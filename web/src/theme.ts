/**
 * Day, dusk and night: every colour of the picture, once. The page takes them as CSS custom properties, the map as numbers.
 *
 * `marks` are the colours that carry meaning on the chart, in the order hull, diamond, triangle, ball, alert. They were
 * found by `node tools/palette.mjs`, which searches for the largest smallest difference (CAM02-UCS) between any two of
 * them under four kinds of vision, with contrast to sea and land; `test/palette.test.ts` holds both on these tokens.
 * Colour is never the only channel: each origin has its shape, alerts have a double ring.
 * Night dims everything, banners and buttons too: no token of it is brighter than `NIGHT_LIMIT`.
 */
import type { Theme } from "./state";

export interface Tokens {
  /** Page and panels. */
  ground: string;
  panel: string;
  raised: string;
  line: string;
  text: string;
  muted: string;
  accent: string;
  accentText: string;
  good: string;
  warn: string;
  bad: string;
  banner: string;
  bannerText: string;
  /** Words of TLP 2.0, in its own colours on black. */
  tlpGround: string;
  tlpRed: string;
  tlpAmber: string;
  tlpGreen: string;
  tlpClear: string;
  replay: string;
  replayText: string;
  /** Frame and banner of a partner's view. */
  as: string;
  asText: string;
  focus: string;
  /** Chart. */
  sea: string;
  land: string;
  shore: string;
  grid: string;
  place: string;
  halo: string;
  claim: string;
  claimOther: string;
  zone: string;
  cable: string;
  gate: string;
  port: string;
  coverage: string;
  presence: string;
  track: string;
  selected: string;
  marks: readonly [string, string, string, string, string];
}

export const TOKENS: Readonly<Record<Theme, Tokens>> = {
  day: {
    ground: "#e9eef1", panel: "#ffffff", raised: "#f1f5f7", line: "#c3ced5", text: "#14212b", muted: "#51626e",
    accent: "#0a5c8a", accentText: "#ffffff", good: "#1d6b3a", warn: "#8a5300", bad: "#a3182c", banner: "#ffc107",
    bannerText: "#1a1400", replay: "#6d28a8", replayText: "#ffffff", as: "#00594f", asText: "#ffffff", focus: "#0a5c8a",
    tlpGround: "#000000", tlpRed: "#ff2b2b", tlpAmber: "#ffc000", tlpGreen: "#33ff00", tlpClear: "#ffffff",
    sea: "#cfe0ea", land: "#efe9d8", shore: "#8d8770", grid: "#a9c0ce", place: "#4d4a3d", halo: "#f4f1e6",
    claim: "#5b5340", claimOther: "#93875f", zone: "#44566b", cable: "#7a4b78", gate: "#3d6a4d", port: "#3c4a55",
    coverage: "#2d6f9e", presence: "#55457e", track: "#33414c", selected: "#0c1b26",
    marks: ["#001f47", "#2e0c00", "#7f5c6e", "#441ffc", "#c92e01"],
  },
  dusk: {
    ground: "#0b131b", panel: "#111c26", raised: "#182633", line: "#2b3b49", text: "#e3ebf0", muted: "#94a5b2",
    accent: "#5bb8e8", accentText: "#06131c", good: "#62c98a", warn: "#e8b04a", bad: "#f0808a", banner: "#ffc107",
    bannerText: "#1a1400", replay: "#b88cf0", replayText: "#150826", as: "#3fd6c0", asText: "#00231e", focus: "#8fd3f7",
    tlpGround: "#000000", tlpRed: "#ff2b2b", tlpAmber: "#ffc000", tlpGreen: "#33ff00", tlpClear: "#ffffff",
    sea: "#0f1a24", land: "#26323b", shore: "#566571", grid: "#1f2e3b", place: "#aab7c0", halo: "#101a22",
    claim: "#c9c3b0", claimOther: "#857f6d", zone: "#8aa0b8", cable: "#b08ab0", gate: "#86b596", port: "#a9b8c4",
    coverage: "#3f7fa8", presence: "#8f80c0", track: "#c4d0d8", selected: "#ffffff",
    marks: ["#5f9591", "#b9ff6e", "#d0781a", "#a756fb", "#ffc7fe"],
  },
  night: {
    ground: "#040608", panel: "#070b0e", raised: "#0c1216", line: "#172026", text: "#84919a", muted: "#66727a",
    accent: "#2e6a8c", accentText: "#04090c", good: "#3a7550", warn: "#80622a", bad: "#a3525a", banner: "#7d6216",
    bannerText: "#050400", replay: "#6d5590", replayText: "#050109", as: "#24786c", asText: "#000a08", focus: "#4784a3",
    tlpGround: "#000000", tlpRed: "#dc3434", tlpAmber: "#8f6c08", tlpGreen: "#1c8a04", tlpClear: "#8c959b",
    sea: "#04070a", land: "#0c1114", shore: "#27313a", grid: "#0a1116", place: "#56616a", halo: "#04070a",
    claim: "#615d52", claimOther: "#45423a", zone: "#45515d", cable: "#5a465a", gate: "#42594a", port: "#535c63",
    coverage: "#1c3d52", presence: "#453d60", track: "#5c666d", selected: "#98a4ac",
    marks: ["#247473", "#a4bd56", "#8c6012", "#9126fe", "#f890d8"],
  },
}; // prettier-ignore

/** Relative luminance that nothing exceeds at night (white is 1). */
export const NIGHT_LIMIT = 0.46;

/** Put a theme's tokens on the page: `--ground`, `--accent-text`, `--mark-0` and so on. */
export function applyTheme(theme: Theme, root: HTMLElement = document.documentElement): void {
  root.dataset["theme"] = theme;
  for (const [name, value] of Object.entries(TOKENS[theme])) {
    if (typeof value === "string") root.style.setProperty(`--${kebab(name)}`, value);
    else (value as readonly string[]).forEach((colour, i) => root.style.setProperty(`--mark-${i}`, colour));
  }
}

const kebab = (name: string) => name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** `#rrggbb` as red, green, blue and alpha in 0..1. */
export function rgba(hex: string, alpha = 1): [number, number, number, number] {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255, alpha];
}

export const css = (hex: string, alpha: number): string => {
  const [r, g, b] = rgba(hex);
  return `rgba(${Math.round(r * 255)},${Math.round(g * 255)},${Math.round(b * 255)},${alpha})`;
};
