/** What others wrote in the watch log since this user last looked: counted at the button, and said when it comes. */
import type { LogEntry } from "../api/desk_types";
import { t } from "../i18n";
import { type Desk, oneAtATime } from "./desk";
import { readPrefs } from "./prefs";
import { chime } from "./sound";

const KEY = "kizuna.log.read";
/** A new station asks for so much; what is older is not news. */
const BACK_MS = 12 * 3600_000;
const SAID_MOST = 80;

export class LogNews {
  unread = 0;
  #newest = 0;
  #entries: readonly LogEntry[] = [];
  #heard: number | null = null;
  readonly #pull = oneAtATime(() => this.#get());

  constructor(private readonly desk: Desk) {
    desk.on(["shared"], () => void this.#pull());
    void this.#pull();
  }

  /** This user has the newest entries on the screen. */
  seen(entries: readonly LogEntry[]): void {
    this.#newest = Math.max(this.#newest, 0, ...entries.map((e) => e.id));
    this.#heard = Math.max(this.#heard ?? 0, this.#newest);
    try {
      localStorage.setItem(this.#key(), String(this.#newest));
    } catch {
      // a station that keeps nothing counts from the beginning of the watch
    }
    this.#count();
  }

  async #get(): Promise<void> {
    try {
      const from = new Date(this.desk.now() - BACK_MS).toISOString();
      this.#entries = (await this.desk.api.get<{ entries: readonly LogEntry[] }>("/api/log", { from })).entries;
    } catch {
      return; // whoever may not read the log, or has no link, is told so elsewhere
    }
    this.#announce();
    this.#count();
  }

  #count(): void {
    const read = Math.max(this.#newest, this.#read());
    const unread = this.#entries.filter((e) => e.id > read && e.by !== this.desk.me.user).length;
    if (unread === this.unread) return;
    this.unread = unread;
    this.desk.tell("log");
  }

  /** The first look says nothing. */
  #announce(): void {
    const before = this.#heard;
    this.#heard = Math.max(before ?? 0, 0, ...this.#entries.map((e) => e.id));
    if (before === null || this.desk.state.page === "log") return;
    const fresh = this.#entries.filter((e) => e.id > before && e.by !== this.desk.me.user);
    const last = fresh[0];
    if (!last) return;
    const line = last.text.split("\n")[0]!;
    this.desk.say(t("log.came", { who: last.by, text: line.length > SAID_MOST ? `${line.slice(0, SAID_MOST)}…` : line }));
    if (readPrefs().sound) chime();
  }

  #key(): string {
    return `${KEY}.${this.desk.me.node.name}.${this.desk.me.user}`;
  }

  #read(): number {
    try {
      return Number(localStorage.getItem(this.#key()) ?? 0) || 0;
    } catch {
      return 0;
    }
  }
}
