/**
 * Hears from the node that something is new. The stream carries version numbers only; whoever hears of a higher one asks
 * for what it needs. So a lost message costs nothing, and coming back after a break is the same as going on.
 */
import type { VersionsMessage } from "./types";

export type Link = "connecting" | "open" | "lost";

export interface ChangesOptions {
  onVersions(message: VersionsMessage): void;
  onLink(link: Link): void;
  /** Asked after every break: whether there still is a session. Resolves once there is. */
  onBreak(): Promise<void>;
  /** Asks the node for a sign of life; rejects when there is none. */
  probe(): Promise<void>;
  url?: string;
  /** For tests. */
  source?: (url: string) => EventSource;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/**
 * After so long without a message the node is asked for a sign of life: a cable that was pulled closes no socket, and the
 * comments that keep the stream open are not shown to scripts.
 */
const SILENT_MS = 12_000;

export class Changes {
  #source: EventSource | null = null;
  #wait_ms = FIRST_WAIT_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  #closed = false;
  #asking = false;
  readonly #pulse: ReturnType<typeof setInterval>;

  constructor(private readonly options: ChangesOptions) {
    this.#open();
    this.#pulse = setInterval(() => this.nudge(), SILENT_MS / 3);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#pulse);
    this.#source?.close();
  }

  /** Look whether the node still answers, when nothing came for a while; with `now` in any case. */
  nudge(now = false): void {
    if (this.#asking || !this.#source || (!now && Date.now() - this.#last < SILENT_MS)) return;
    this.#asking = true;
    const asked = this.#source;
    this.options
      .probe()
      .then(
        () => void (this.#last = Date.now()),
        () => this.#source === asked && this.#broken(),
      )
      .finally(() => (this.#asking = false));
  }

  #open(): void {
    this.options.onLink("connecting");
    const make = this.options.source ?? ((url: string) => new EventSource(url));
    const source = (this.#source = make(this.options.url ?? "/api/changes"));
    this.#last = Date.now();
    source.onopen = () => {
      this.#wait_ms = FIRST_WAIT_MS;
      this.#last = Date.now();
      this.options.onLink("open");
    };
    source.addEventListener("versions", (event) => {
      this.#last = Date.now();
      let message: VersionsMessage;
      try {
        message = JSON.parse((event as MessageEvent<string>).data) as VersionsMessage;
      } catch {
        return; // one unreadable message; the next one says the same
      }
      this.options.onVersions(message);
    });
    source.onerror = () => this.#broken();
  }

  #broken(): void {
    this.#source?.close();
    this.#source = null;
    if (this.#closed) return;
    this.options.onLink("lost");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#wait_ms = Math.min(LONGEST_WAIT_MS, this.#wait_ms * 2);
      this.options.onBreak().then(
        () => !this.#closed && this.#open(),
        () => this.#broken(),
      );
    }, this.#wait_ms);
  }
}
