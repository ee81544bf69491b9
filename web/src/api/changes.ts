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
  url?: string;
  /** For tests. */
  source?: (url: string) => EventSource;
}

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** The node sends a comment or a message at least every 15 s, which keeps the socket open; versions come with `now`. */
const SILENT_MS = 45_000;

export class Changes {
  #source: EventSource | null = null;
  #wait_ms = FIRST_WAIT_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;
  #closed = false;

  constructor(private readonly options: ChangesOptions) {
    this.#open();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  /** Look now whether the stream still lives: after the machine slept, or the network came back. */
  nudge(): void {
    if (Date.now() - this.#last > SILENT_MS && this.#source) this.#broken();
  }

  #open(): void {
    this.options.onLink("connecting");
    const make = this.options.source ?? ((url: string) => new EventSource(url));
    const source = (this.#source = make(this.options.url ?? "/api/changes"));
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
