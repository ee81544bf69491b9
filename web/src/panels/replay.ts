/**
 * Replay: the picture as it was. Time is cut into blocks of fixed length; a closed block never changes, so it is asked
 * for once and kept (and the browser keeps it too). Around the moment shown, a few blocks lie ready; the clock of the
 * replay runs here and the map draws the moment that it is told.
 */
import { readBlock } from "../api/columns";
import type { History } from "../api/types";
import type { BlockColumns } from "../map/types";
import { t } from "../i18n";
import type { Desk } from "./desk";

export const SPEEDS = [1, 10, 30, 60, 120, 300, 600] as const;
export const SPANS_H = [1, 6, 24, 72] as const;
const STEP_MS = 60_000;
const STRETCH_STEP_MS = 15_000;
/** Blocks before the moment shown: the map shows a vessel for an hour after its last fix. */
const BEHIND = 6;
const KEPT = 80;
const FRAME_MS = 100;

export class Replay {
  history: History | null = null;
  span_h = 24;
  speed: number = 60;
  playing = false;
  loading = false;
  #blocks = new Map<number, BlockColumns>();
  #given = "";
  #timer: ReturnType<typeof setInterval> | undefined;
  #last = 0;
  #serial = 0;
  readonly #listeners = new Set<() => void>();

  constructor(readonly desk: Desk) {
    const { store } = desk.app;
    store.on(["mode", "cursor"], (_, changed) => void this.#show(changed.has("mode")));
    void this.#show(true);
    void this.pull();
    setInterval(() => void this.pull(), 60_000);
  }

  on(listener: () => void): void {
    this.#listeners.add(listener);
  }

  get end_ms(): number {
    return this.desk.now();
  }

  get start_ms(): number {
    return this.end_ms - this.span_h * 3_600_000;
  }

  /** The stretch of time that is drawn. It moves on in steps, so that what is drawn changes seldom. */
  get stretch(): { from: number; to: number } {
    const to = Math.ceil(this.end_ms / STRETCH_STEP_MS) * STRETCH_STEP_MS;
    return { from: to - this.span_h * 3_600_000, to };
  }

  async pull(): Promise<void> {
    const block = (this.history?.block_s ?? 600) * 1000;
    const from = Math.floor(this.start_ms / block) * block;
    try {
      this.history = await this.desk.api.get<History>("/api/history", { from, to: Math.ceil(this.end_ms / block) * block });
      this.#tell();
    } catch {
      // the next minute asks again; the line of the link says when the node is away
    }
  }

  setSpan(hours: number): void {
    this.span_h = hours;
    void this.pull();
    this.#tell();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.#tell();
  }

  toggle(): void {
    if (this.playing) return this.pause();
    if (this.desk.state.mode === "live") this.goTo(this.end_ms - 3_600_000);
    this.playing = true;
    this.#last = performance.now();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#run(), FRAME_MS);
    this.#tell();
  }

  pause(): void {
    this.playing = false;
    clearInterval(this.#timer);
    this.#tell();
  }

  goTo(ms: number): void {
    if (ms >= this.end_ms - 1000) return this.live();
    this.desk.app.store.set({ mode: "replay", cursor: Math.max(0, Math.round(ms)) });
  }

  step(by: number): void {
    this.goTo(this.desk.shown() + by * STEP_MS);
  }

  live(): void {
    this.pause();
    this.desk.app.store.set({ mode: "live", cursor: null });
  }

  #run(): void {
    const now = performance.now();
    const passed = now - this.#last;
    this.#last = now;
    if (this.loading) return; // do not run ahead of what there is to show
    this.goTo(this.desk.shown() + passed * this.speed);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #show(switched: boolean): Promise<void> {
    const { mode, cursor } = this.desk.state;
    const { map } = this.desk.app;
    document.documentElement.dataset["mode"] = mode;
    if (mode === "live" || cursor === null) {
      if (switched) {
        this.playing = false;
        clearInterval(this.#timer);
        this.#given = "";
        map.setReplay(null);
        map.setTime(this.desk.now(), true);
        this.#tell();
      }
      return;
    }
    const block_s = this.history?.block_s ?? 600;
    const here = Math.floor(cursor / 1000 / block_s) * block_s;
    const wanted: number[] = [];
    for (let i = -BEHIND; i <= 1; i++) if ((here + i * block_s) * 1000 <= this.end_ms) wanted.push(here + i * block_s);
    const missing = wanted.filter((s) => !this.#blocks.has(s) || this.#open(s, block_s));
    const needed = missing.filter((s) => s <= here);
    if (needed.length) {
      const mine = ++this.#serial;
      this.loading = true;
      this.#tell();
      await Promise.all(needed.map((s) => this.#fetch(s)));
      if (mine === this.#serial) this.loading = false;
      if (this.desk.state.mode !== "replay") return;
    }
    for (const s of missing) if (s > here) void this.#fetch(s);
    const ready = wanted.filter((s) => this.#blocks.has(s));
    const given = ready.join();
    if (given !== this.#given) {
      this.#given = given;
      map.setReplay(ready.map((s) => this.#blocks.get(s)!));
    }
    map.setTime(this.desk.shown(), false);
    this.#tell();
  }

  /** Whether a block still grows. Such a one is asked for again each minute, with the history. */
  #open(start_s: number, block_s: number): boolean {
    const asked = this.#asked.get(start_s) ?? 0;
    return (start_s + block_s) * 1000 + 900_000 > this.end_ms && Date.now() - asked > 60_000;
  }
  readonly #asked = new Map<number, number>();
  readonly #fetching = new Map<number, Promise<void>>();

  #fetch(start_s: number): Promise<void> {
    const running = this.#fetching.get(start_s);
    if (running) return running;
    const job = this.desk.api
      .bytes(`/api/block/${start_s}`)
      .then(({ bytes }) => {
        if (this.#blocks.size >= KEPT) this.#blocks.delete(this.#blocks.keys().next().value!);
        this.#blocks.set(start_s, readBlock(bytes));
        this.#asked.set(start_s, Date.now());
        this.#given = "";
      })
      .catch((error: unknown) => {
        this.pause();
        this.desk.fail(error);
      })
      .finally(() => this.#fetching.delete(start_s));
    this.#fetching.set(start_s, job);
    return job;
  }
}

let replay: Replay | null = null;
export const startReplay = (desk: Desk): Replay => (replay = new Replay(desk));
export const theReplay = (): Replay => {
  if (!replay) throw new Error("the replay is not there yet");
  return replay;
};

/** Show the picture of a moment. */
export function goTo(desk: Desk, ms: number): void {
  theReplay().goTo(ms);
  desk.say(t("mode.went", { at: new Date(ms).toISOString().slice(0, 16).replace("T", " ") + "Z" }));
}
