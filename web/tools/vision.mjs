// How different two colours look, and how clearly one stands on another, to eyes of four kinds. Used by the search for
// palettes and by the test that holds the palettes; not shipped.
//
// Difference: CAM02-UCS (Luo, Cui and Li 2006) on CIECAM02, sRGB viewing conditions (L_A 4, Y_b 20, average surround).
// Colour blindness: Machado, Oliveira and Fernandes 2009, full severity, on linear RGB. Contrast: WCAG 2.2.

export const VISIONS = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protan: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deutan: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritan: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

export const parse = (hex) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255);
export const format = (rgb) => `#${rgb.map((v) => Math.round(v * 255).toString(16).padStart(2, "0")).join("")}`; // prettier-ignore
const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const cut = (v) => Math.min(1, Math.max(0, v));
const times = (m, [a, b, c]) => [m[0] * a + m[1] * b + m[2] * c, m[3] * a + m[4] * b + m[5] * c, m[6] * a + m[7] * b + m[8] * c];

/** Linear RGB as an eye of this kind sees it. */
export const seen = (hex, vision) => times(VISIONS[vision], parse(hex).map(linear)).map(cut);

export const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

export function contrast(a, b, vision) {
  const [x, y] = [luminance(seen(a, vision)), luminance(seen(b, vision))].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

const RGB_XYZ = [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041];
const CAT02 = [0.7328, 0.4296, -0.1624, -0.7036, 1.6975, 0.0061, 0.003, 0.0136, 0.9834];
const CAT02_INVERSE = [1.096124, -0.278869, 0.182745, 0.454369, 0.473533, 0.072098, -0.009628, -0.005698, 1.015326];
const HPE = [0.38971, 0.68898, -0.07868, -0.22981, 1.1834, 0.04641, 0, 0, 1];
const WHITE = [95.047, 100, 108.883];
const LA = 64 / Math.PI / 5;
const K = 1 / (5 * LA + 1);
const FL = 0.2 * K ** 4 * 5 * LA + 0.1 * (1 - K ** 4) ** 2 * Math.cbrt(5 * LA);
const N = 0.2;
const NBB = 0.725 * (1 / N) ** 0.2;
const Z = 1.48 + Math.sqrt(N);
const [SURROUND_F, SURROUND_C, SURROUND_NC] = [1, 0.69, 1];
const D = SURROUND_F * (1 - (1 / 3.6) * Math.exp((-LA - 42) / 92));
const WHITE_RGB = times(CAT02, WHITE);

function response(xyz) {
  const adapted = times(CAT02, xyz).map((v, i) => v * ((100 * D) / WHITE_RGB[i] + 1 - D));
  return times(HPE, times(CAT02_INVERSE, adapted)).map((v) => {
    const p = ((FL * Math.abs(v)) / 100) ** 0.42;
    return Math.sign(v) * ((400 * p) / (27.13 + p)) + 0.1;
  });
}
const achromatic = ([r, g, b]) => (2 * r + g + b / 20 - 0.305) * NBB;
const WHITE_A = achromatic(response(WHITE));

/** CAM02-UCS coordinates J', a', b' of linear RGB. */
export function ucs(rgb) {
  const [r, g, b] = response(times(RGB_XYZ, rgb).map((v) => v * 100));
  const a = r - (12 * g) / 11 + b / 11;
  const bb = (r + g - 2 * b) / 9;
  const h = Math.atan2(bb, a);
  const J = 100 * Math.max(0, achromatic([r, g, b]) / WHITE_A) ** (SURROUND_C * Z);
  const e = 0.25 * (Math.cos(h + 2) + 3.8);
  const t = ((50000 / 13) * SURROUND_NC * NBB * e * Math.hypot(a, bb)) / (r + g + (21 / 20) * b);
  const C = t ** 0.9 * Math.sqrt(J / 100) * (1.64 - 0.29 ** N) ** 0.73;
  const M = C * FL ** 0.25;
  const m = Math.log(1 + 0.0228 * M) / 0.0228;
  return [(1.7 * J) / (1 + 0.007 * J), m * Math.cos(h), m * Math.sin(h)];
}

export function difference(a, b, vision) {
  const [p, q] = [ucs(seen(a, vision)), ucs(seen(b, vision))];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

/** The smallest difference of any two colours under any vision. */
export function separation(colours) {
  let least = Infinity;
  for (const vision of Object.keys(VISIONS))
    for (let i = 0; i < colours.length; i++)
      for (let j = 0; j < i; j++) least = Math.min(least, difference(colours[i], colours[j], vision));
  return least;
}

/** The smallest contrast of any colour to any ground under any vision. */
export function leastContrast(colours, grounds) {
  let least = Infinity;
  for (const vision of Object.keys(VISIONS))
    for (const c of colours) for (const g of grounds) least = Math.min(least, contrast(c, g, vision));
  return least;
}
