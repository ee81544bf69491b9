// Searches the colours that carry meaning on the chart: `node tools/palette.mjs [seconds per theme] [theme]`. For each theme it
// climbs from many random starts to five colours (hull, diamond, triangle, ball, alert) whose smallest CAM02-UCS
// difference under four kinds of vision is largest, with contrast to sea and land, each near its hue, so that a mark
// keeps its colour from day to night as far as that costs no difference. What it found stands in src/theme.ts.
import { format, leastContrast, luminance, parse, seen, separation, ucs } from "./vision.mjs";

const HUES = [200, 95, 25, 300, 350]; // degrees in CAM02-UCS: cyan, yellow, red, violet, magenta
const FREE = 50;
const THEMES = {
  day: { grounds: ["#cfe0ea", "#efe9d8"], contrast: 3.3, brightest: 1 },
  dusk: { grounds: ["#0f1a24", "#26323b"], contrast: 3.3, brightest: 1 },
  night: { grounds: ["#04070a", "#0c1114"], contrast: 3.1, brightest: Number(process.argv[4] ?? 0.36) },
};
const SECONDS = Number(process.argv[2] ?? 40);

let seed = 5;
const next = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 4294967296;
};

function hueCost(colours) {
  return colours.reduce((cost, c, i) => {
    const [, a, b] = ucs(seen(c, "normal"));
    const hue = (Math.atan2(b, a) * 180) / Math.PI;
    const off = Math.abs(((hue - HUES[i] + 540) % 360) - 180);
    return cost + Math.max(0, off - FREE) * 0.15 + (Math.hypot(a, b) < 12 ? 2 : 0);
  }, 0);
}

function score(colours, { grounds, contrast, brightest }) {
  if (colours.some((c) => luminance(seen(c, "normal")) > brightest)) return -Infinity;
  const short = Math.max(0, contrast - leastContrast(colours, grounds));
  return Math.min(separation(colours), 40) - 60 * short - hueCost(colours);
}

for (const [theme, rule] of Object.entries(THEMES)) {
  if (process.argv[3] && process.argv[3] !== theme) continue;
  let best = { value: -Infinity, colours: [] };
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    let colours = HUES.map(() => format([next(), next(), next()].map((v) => v * (theme === "dusk" ? 1 : 0.7))));
    let value = score(colours, rule);
    for (let i = 0, width = 0.35; i < 1500; i++, width *= 0.9975) {
      const at = Math.floor(next() * 5);
      const tried = colours.with(at, format(parse(colours[at]).map((v) => Math.min(1, Math.max(0, v + (next() - 0.5) * width)))));
      const worth = score(tried, rule);
      if (worth >= value) [colours, value] = [tried, worth];
    }
    if (value > best.value) best = { value, colours };
  }
  console.log(theme, best.colours.join(" "), "difference", separation(best.colours).toFixed(1), "contrast",
    leastContrast(best.colours, rule.grounds).toFixed(2), "score", best.value.toFixed(1)); // prettier-ignore
}
