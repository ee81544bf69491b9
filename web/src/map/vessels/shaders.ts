/**
 * Vessels as points whose shapes are drawn by distance in the fragment shader. Points, not quads: instanced quads cost
 * twice as much where the graphics card is a processor (see benchmarks/results/web.json for what points cost).
 *
 * Everything that changes with time is computed here from the moment `u_now`: how far a vessel has moved on since its
 * fix, and how fresh that fix is. Between two updates of the picture nothing is uploaded.
 */
import { CELL_SIZES_M, FRESH_S, OLD_S, RECKON_S } from "./fleet";

/** Side in metres of the class of cell that stands in the fourth byte of the looks, as an expression of the shader. */
const CELL_PROBE = CELL_SIZES_M.slice(0, -1).reduceRight((rest, m, k) => `(a_look.w == ${k + 1}u ? ${m}.0 : ${rest})`, `${CELL_SIZES_M.at(-1)}.0`);

const reckoned = `
vec2 reckoned(float age) {
  return a_velocity * (age <= 0.0 || age >= ${FRESH_S}.0 ? 0.0 : min(age, ${RECKON_S}.0));
}
vec2 clip(vec2 ahead) {
  vec2 from_centre = (a_hi - u_centre.xy) + (a_lo - u_centre.zw) + ahead;
  return from_centre * u_scale;
}`;

/** Whether the place is only known to a cell that is larger on the screen than a mark: then the cell is drawn (overlay). */
const coarse = `
bool in_cell(float size) {
  return a_look.w > 0u && ${CELL_PROBE} * u_metre > size;
}`;

const shapes = `
float shape_distance(int shape, vec2 p) {           // bow to the top, unit size
  vec2 q = vec2(abs(p.x), p.y);
  if (shape == 0) return max(max(q.x - 0.5, -q.y - 0.8), dot(q, vec2(0.8, 0.6)) - 0.56);
  if (shape == 1) return dot(q, vec2(0.80, 0.0)) + abs(q.y) * 0.6 - 0.56;
  if (shape == 2) return max(-q.y - 0.72, dot(q, vec2(0.95, 0.31)) - 0.28);
  return min(length(p + vec2(0.0, 0.22)) - 0.5, max(q.x - 0.11, max(-p.y, p.y - 0.95)));
}`;

const inputs = `
layout(location=0) in vec2 a_hi;
layout(location=1) in vec2 a_lo;
layout(location=2) in vec2 a_velocity;
layout(location=3) in vec2 a_time_angle;
layout(location=4) in uvec4 a_look;
uniform vec4 u_centre;   // hi x, hi y, lo x, lo y of the middle of the screen, mercator
uniform vec2 u_scale;    // mercator to clip space
uniform float u_now;     // seconds since the base of the record times
uniform float u_metre;   // pixels that a metre takes at the middle of the screen`;

/** `u_pass`: 0 everything, 1 only what must stand out (alert, watched), drawn again on top with its rings. */
export const VERTEX = `#version 300 es
precision highp float;
${inputs}
uniform float u_size;        // points of the screen times pixels per point
uniform float u_ratio;
uniform int u_pass;
uniform int u_shapes[16];
uniform vec3 u_colours[5];
flat out vec3 v_colour;
flat out vec4 v_form;        // shape, kind, fill, half size in pixels
flat out vec2 v_turn;
flat out int v_flags;
${reckoned}
${coarse}
void main() {
  int flags = int(a_look.z);
  float age = u_now - a_time_angle.x;
  vec2 at = clip(reckoned(age));
  int shape = u_shapes[min(int(a_look.x), 15)];
  bool stands_out = (flags & 3) != 0;
  float size = u_pass == 1 ? max(u_size, 14.0 * u_ratio) : u_size;
  if ((u_pass == 1) != stands_out || abs(at.x) > 1.2 || abs(at.y) > 1.2) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    gl_PointSize = 0.0;
    return;
  }
  gl_Position = vec4(at, 0.0, 1.0);
  v_colour = u_colours[shape];
  float fill = age < ${FRESH_S}.0 ? 1.0 : age < ${OLD_S}.0 ? 0.45 : 0.0;
  bool in_a_cell = in_cell(size);
  if (in_a_cell) size *= 0.55;
  v_form = vec4(float(shape), in_a_cell ? 0.0 : float(a_look.y), in_a_cell ? 0.0 : fill, size * 0.5);
  float angle = a_time_angle.y < 0.0 || (flags & 8) != 0 ? 0.0 : a_time_angle.y;
  v_turn = vec2(cos(angle), sin(angle));
  v_flags = flags;
  gl_PointSize = u_pass == 1 ? size + 20.0 * u_ratio : size + 2.0;
}`;

export const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
uniform float u_ratio;
uniform int u_pass;
uniform vec3 u_halo;
uniform vec3 u_alert;
uniform vec3 u_watched;
uniform float u_exercise;
flat in vec3 v_colour;
flat in vec4 v_form;
flat in vec2 v_turn;
flat in int v_flags;
out vec4 colour;

float polygon3(vec2 p, vec3 a, vec3 b, vec3 c) { // largest of three edge distances
  return max(max(dot(p, a.xy) - a.z, dot(p, b.xy) - b.z), dot(p, c.xy) - c.z);
}
${shapes}
float kind_distance(int kind, vec2 p) {             // a sign inside large marks
  p.y += 0.18;
  if (kind == 2) return max(abs(p.x) - 0.42, abs(p.y) - 0.10);
  if (kind == 3) return length(p) - 0.2;
  if (kind == 4) return max(abs(abs(p.x) - abs(p.y)) * 0.707 - 0.08, length(p) - 0.3);
  if (kind == 5) return max(abs(p.x) - 0.10, abs(p.y) - 0.3);
  if (kind == 6) return abs(length(p) - 0.2) - 0.07;
  if (kind == 7) return min(max(abs(p.x) - 0.09, abs(p.y) - 0.3), max(abs(p.x) - 0.3, abs(p.y) - 0.09));
  return 9.0;
}
void main() {
  float half_point = v_form.w + (u_pass == 1 ? 10.0 * u_ratio : 1.0);
  vec2 pixel = (gl_PointCoord * 2.0 - 1.0) * half_point;
  vec2 up = vec2(pixel.x, -pixel.y);
  vec2 turned = vec2(up.x * v_turn.x - up.y * v_turn.y, up.x * v_turn.y + up.y * v_turn.x);
  int kind = int(v_form.y);
  vec2 p = turned / v_form.w;
  float d = kind == 8
    ? min(max(abs(up.x), abs(up.y)) - v_form.w * 0.14, abs(max(abs(up.x), abs(up.y)) - v_form.w * 0.55) - 0.3)
    : shape_distance(int(v_form.x), p) * v_form.w;
  if ((v_flags & 8) != 0 && kind != 8) d = max(d, -(length(up) - v_form.w * 0.2));
  float inside = clamp(0.5 - d, 0.0, 1.0);
  float width = 1.4 * u_ratio;
  float edge = inside * clamp(0.5 + d + width, 0.0, 1.0);
  float fill = inside * v_form.z;
  if (u_exercise < 0.5 && (v_flags & 64) != 0) // an exercise over the real world: striped inside its outline
    fill *= 0.15 + 0.85 * step(0.5, fract((pixel.x + pixel.y) / (6.0 * u_ratio)));
  vec4 outcome = vec4(v_colour, 1.0) * max(edge, fill);
  float sign_ink = clamp(0.5 - kind_distance(kind, p) * v_form.w, 0.0, 1.0) * inside;
  outcome = mix(outcome, vec4(v_form.z > 0.7 ? u_halo : v_colour, 1.0), sign_ink * 0.9);
  float shade = clamp(0.5 - (d - 1.2 * u_ratio), 0.0, 1.0) * (1.0 - outcome.a);
  outcome += vec4(u_halo, 1.0) * shade * 0.75;
  if (u_pass == 1) {
    float r = length(up);
    float base = v_form.w + 2.5 * u_ratio;
    if ((v_flags & 1) != 0) {
      float ring = min(abs(r - base), abs(r - base - 4.0 * u_ratio)) - 0.9 * u_ratio;
      outcome = mix(outcome, vec4(u_alert, 1.0), clamp(0.5 - ring, 0.0, 1.0));
    } else {
      float corner = max(abs(up.x), abs(up.y)) - base;
      float frame = max(abs(corner) - 0.8 * u_ratio, base * 0.45 - min(abs(up.x), abs(up.y)));
      outcome = mix(outcome, vec4(u_watched, 1.0), clamp(0.5 - frame, 0.0, 1.0));
    }
  }
  if (outcome.a < 0.01) discard;
  colour = outcome;
}`;

/** Small marks of a crowd: shape and fill only, and as little as possible handed from the vertex to its pixels. */
export const PLAIN_VERTEX = `#version 300 es
precision highp float;
${inputs}
uniform float u_size;
uniform int u_shapes[16];
uniform vec3 u_colours[5];
flat out vec4 v_colour;      // and the fill
flat out vec4 v_form;        // cosine and sine of the course over half the size, half point size, shape
${reckoned}
void main() {
  int flags = int(a_look.z);
  float age = u_now - a_time_angle.x;
  vec2 at = clip(reckoned(age));
  if ((flags & 3) != 0 || abs(at.x) > 1.05 || abs(at.y) > 1.05) {
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    gl_PointSize = 0.0;
    return;
  }
  int shape = u_shapes[min(int(a_look.x), 15)];
  float angle = a_time_angle.y < 0.0 || (flags & 8) != 0 ? 0.0 : a_time_angle.y;
  float half_size = u_size * 0.5;
  v_colour = vec4(u_colours[shape], age < ${FRESH_S}.0 ? 1.0 : age < ${OLD_S}.0 ? 0.45 : 0.0);
  v_form = vec4(vec2(cos(angle), sin(angle)) / half_size, half_size + 0.5, float(shape) + (a_look.y == 8u ? 4.0 : 0.0));
  gl_Position = vec4(at, 0.0, 1.0);
  gl_PointSize = u_size + 1.0;
}`;

export const PLAIN_FRAGMENT = `#version 300 es
precision highp float;
uniform float u_size;
flat in vec4 v_colour;
flat in vec4 v_form;
out vec4 colour;
${shapes}
void main() {
  vec2 up = (gl_PointCoord * vec2(2.0, -2.0) + vec2(-1.0, 1.0)) * v_form.z;
  vec2 p = vec2(up.x * v_form.x - up.y * v_form.y, up.x * v_form.y + up.y * v_form.x);
  float d = (v_form.w > 3.5 ? max(abs(up.x), abs(up.y)) * 2.0 / u_size - 0.6 : shape_distance(int(v_form.w), p)) * u_size * 0.5;
  float inside = clamp(0.5 - d, 0.0, 1.0);
  colour = vec4(v_colour.rgb, 1.0) * (inside * max(v_colour.a, clamp(1.5 + d, 0.0, 1.0)));
}`;

/** A line ahead of each vessel, as long as it sails in `u_ahead` seconds: two vertices per instance. */
export const VECTOR_VERTEX = `#version 300 es
precision highp float;
${inputs}
uniform float u_ahead;
uniform int u_shapes[16];
uniform vec3 u_colours[5];
flat out vec3 v_colour;
${reckoned}
void main() {
  float age = u_now - a_time_angle.x;
  vec2 ahead = reckoned(age) + a_velocity * (gl_VertexID == 1 ? u_ahead : 0.0);
  gl_Position = age >= ${FRESH_S}.0 ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(clip(ahead), 0.0, 1.0);
  v_colour = u_colours[u_shapes[min(int(a_look.x), 15)]];
}`;

export const VECTOR_FRAGMENT = `#version 300 es
precision mediump float;
flat in vec3 v_colour;
out vec4 colour;
void main() { colour = vec4(v_colour, 1.0) * 0.85; }`;
