/**
 * The vessel layer: one buffer, one draw call for the crowd, one more for what stands out (alerts, watched vessels).
 *
 * Marks shrink as the screen fills: the price of a frame is the number of pixels that marks cover, not the number of
 * vessels. What stands out is never small.
 */
import type { Theme } from "../../state";
import { TOKENS, rgba } from "../../theme";
import { mercatorX, mercatorY } from "../geodesy";
import type { Origin } from "../types";
import { FLOATS, type Fleet, WORLD_M } from "./fleet";
import { type Program, compile, recordArray } from "./program";
import { FRAGMENT, PLAIN_FRAGMENT, PLAIN_VERTEX, VECTOR_FRAGMENT, VECTOR_VERTEX, VERTEX } from "./shaders";

export const SHAPES = ["hull", "diamond", "triangle", "ball"] as const;
const LARGEST = 20;
const SMALLEST = 5.5;
const CROWD = 900;
/** Below this size a mark shows shape and fill only. */
const PLAIN_BELOW = 11;
/** Course lines: from this zoom on, for at most so many vessels, this long. */
const VECTOR_ZOOM = 8.5;
const VECTOR_MOST = 3000;
const VECTOR_S = 360;

/** Size of a mark in points of the screen for so many vessels on it; a screen of a million points is the measure. */
export function markSize(vessels: number, screenPoints: number): number {
  const crowd = (vessels / Math.max(screenPoints, 1)) * 1e6;
  return Math.min(LARGEST, Math.max(SMALLEST, LARGEST * (crowd / CROWD) ** -0.42));
}

export interface Scene {
  lon: number;
  lat: number;
  zoom: number;
  /** Points of the screen, and pixels per point. */
  width: number;
  height: number;
  ratio: number;
}

export class VesselLayer {
  fleet: Fleet;
  theme: Theme;
  now_s = 0;
  visible = 0;
  size = LARGEST;
  #shapes = new Int32Array(16).fill(2);
  #full: Program | null = null;
  #plain: Program | null = null;
  #vector: Program | null = null;
  #buffer: WebGLBuffer | null = null;
  #points: WebGLVertexArrayObject | null = null;
  #instances: WebGLVertexArrayObject | null = null;
  #uploaded: { fleet: Fleet; version: number } | null = null;
  #counted = "";

  constructor(fleet: Fleet, theme: Theme) {
    this.fleet = fleet;
    this.theme = theme;
  }

  setOrigins(origins: readonly Origin[]): void {
    this.#shapes.fill(2);
    for (const { code, shape } of origins) if (code >= 0 && code < 16) this.#shapes[code] = SHAPES.indexOf(shape);
  }

  shapeOf(origin: number): number {
    return this.#shapes[Math.min(Math.max(origin, 0), 15)] as number;
  }

  start(gl: WebGL2RenderingContext): void {
    this.#full = compile(gl, VERTEX, FRAGMENT);
    this.#plain = compile(gl, PLAIN_VERTEX, PLAIN_FRAGMENT);
    this.#vector = compile(gl, VECTOR_VERTEX, VECTOR_FRAGMENT);
    this.#buffer = gl.createBuffer();
    this.#points = recordArray(gl, this.#buffer, 0);
    this.#instances = recordArray(gl, this.#buffer, 1);
    this.#uploaded = null;
  }

  stop(gl: WebGL2RenderingContext): void {
    for (const p of [this.#full, this.#plain, this.#vector]) if (p) gl.deleteProgram(p.program);
    gl.deleteBuffer(this.#buffer);
    gl.deleteVertexArray(this.#points);
    gl.deleteVertexArray(this.#instances);
  }

  draw(gl: WebGL2RenderingContext, scene: Scene): void {
    if (!this.#full || !this.#plain || !this.#vector || this.fleet.size === 0) return;
    this.#upload(gl);
    this.#count(scene);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    for (const turn of worlds(scene)) {
      if (scene.zoom >= VECTOR_ZOOM && this.visible <= VECTOR_MOST) {
        this.#use(gl, this.#vector, scene, turn);
        gl.uniform1f(this.#vector.at("u_ahead"), VECTOR_S);
        gl.bindVertexArray(this.#instances);
        gl.drawArraysInstanced(gl.LINES, 0, 2, this.fleet.size);
      }
      gl.bindVertexArray(this.#points);
      this.#pass(gl, this.size < PLAIN_BELOW ? this.#plain : this.#full, scene, turn, 0);
      if (this.fleet.standsOut) this.#pass(gl, this.#full, scene, turn, 1);
    }
    gl.bindVertexArray(null);
  }

  #pass(gl: WebGL2RenderingContext, program: Program, scene: Scene, turn: number, pass: number): void {
    this.#use(gl, program, scene, turn);
    const t = TOKENS[this.theme];
    gl.uniform1f(program.at("u_size"), this.size * scene.ratio);
    gl.uniform1f(program.at("u_ratio"), scene.ratio);
    gl.uniform1i(program.at("u_pass"), pass);
    gl.uniform3fv(program.at("u_halo"), rgba(t.halo).slice(0, 3));
    gl.uniform3fv(program.at("u_alert"), rgba(t.marks[4]).slice(0, 3));
    gl.uniform3fv(program.at("u_watched"), rgba(t.selected).slice(0, 3));
    gl.uniform1f(program.at("u_exercise"), this.fleet.exercise ? 1 : 0);
    gl.drawArrays(gl.POINTS, 0, this.fleet.size);
  }

  #use(gl: WebGL2RenderingContext, { program, at }: Program, scene: Scene, turn: number): void {
    gl.useProgram(program);
    const x = mercatorX(scene.lon) - turn;
    const y = mercatorY(scene.lat);
    const [hx, hy] = [Math.fround(x), Math.fround(y)];
    gl.uniform4f(at("u_centre"), hx, hy, x - hx, y - hy);
    const world = 512 * 2 ** scene.zoom;
    gl.uniform2f(at("u_scale"), (2 * world) / scene.width, (-2 * world) / scene.height);
    gl.uniform1f(at("u_metre"), (world / (WORLD_M * Math.cos((scene.lat * Math.PI) / 180))) * scene.ratio);
    gl.uniform1f(at("u_now"), this.now_s - this.fleet.base);
    gl.uniform1iv(at("u_shapes"), this.#shapes);
    gl.uniform3fv(at("u_colours"), TOKENS[this.theme].marks.flatMap((c) => rgba(c).slice(0, 3)));
  }

  #upload(gl: WebGL2RenderingContext): void {
    const { fleet } = this;
    if (this.#uploaded?.fleet === fleet && this.#uploaded.version === fleet.version) return;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffer);
    gl.bufferData(gl.ARRAY_BUFFER, fleet.records.subarray(0, fleet.size * FLOATS), gl.DYNAMIC_DRAW);
    this.#uploaded = { fleet, version: fleet.version };
  }

  /** Count what is on the screen, when the screen or the picture has changed by enough to matter. */
  #count(scene: Scene): void {
    const cell = (0.25 * scene.width) / (512 * 2 ** scene.zoom);
    const [x, y] = [mercatorX(scene.lon), mercatorY(scene.lat)];
    const key = [Math.round(x / cell), Math.round(y / cell), scene.zoom.toFixed(1), scene.width, scene.height,
      this.fleet.version].join(); // prettier-ignore
    if (key === this.#counted) return;
    this.#counted = key;
    const world = 512 * 2 ** scene.zoom;
    const [dx, dy] = [scene.width / 2 / world, scene.height / 2 / world];
    this.visible = this.fleet.countIn(x - dx, y - dy, x + dx, y + dy);
    this.size = markSize(this.visible, scene.width * scene.height);
  }
}

/** Copies of the world that the screen shows, as whole turns. */
function worlds(scene: Scene): number[] {
  const half = scene.width / 2 / (512 * 2 ** scene.zoom);
  const x = mercatorX(scene.lon);
  const out = [];
  for (let turn = Math.floor(x - half - 0.05); turn <= Math.floor(x + half + 0.05); turn++) out.push(turn);
  return out;
}
