/** The cases that this desk knows, and what is unread: how many lines of each this user has seen is kept at the station. */
import type { IncidentBrief, Phrasebook } from "../../api/incidents";
import { briefOf } from "../../api/sharing_shapes";
import { t } from "../../i18n";
import { readPrefs } from "../prefs";
import { oneAtATime, type Desk } from "../desk";
import { chime } from "../sound";

const KEY = "kizuna.incidents.read";
/** A first answer that did not come is asked for again. */
const AGAIN_MS = 5000;

export class IncidentBook {
  list: readonly IncidentBrief[] | null = null;
  phrases: Phrasebook | null = null;
  readonly pull = oneAtATime(() => this.#get());
  #heard: Map<string, number> | null = null;

  constructor(private readonly desk: Desk) {
    desk.on(["incident_news"], () => void this.pull());
    void this.pull();
  }

  /** Lines that came since this user last looked, over all cases. */
  get unread(): number {
    return (this.list ?? []).reduce((sum, one) => sum + this.unreadOf(one), 0);
  }

  unreadOf(one: IncidentBrief): number {
    return Math.max(0, one.lines - (this.#read()[one.id] ?? 0));
  }

  /** This user has seen a case up to so many lines. */
  seen(id: string, lines: number): void {
    const read = this.#read();
    if ((read[id] ?? 0) >= lines) return;
    read[id] = lines;
    try {
      localStorage.setItem(this.#key(), JSON.stringify(read));
    } catch {
      // a station that keeps nothing shows everything as unread
    }
    this.desk.tell("incidents");
  }

  async book(): Promise<Phrasebook> {
    this.phrases ??= await this.desk.api.get<Phrasebook>("/api/phrasebook");
    return this.phrases;
  }

  async #get(): Promise<void> {
    try {
      this.list = (await this.desk.api.get<{ incidents: readonly Record<string, unknown>[] }>("/api/incidents")).incidents.map(briefOf);
      this.#announce();
      this.desk.tell("incidents");
    } catch (error) {
      this.desk.quiet(error);
      if (this.list === null) setTimeout(() => void this.pull(), AGAIN_MS);
    }
  }

  /** What is new since the last look is said aloud; the first look says nothing. */
  #announce(): void {
    const before = this.#heard;
    this.#heard = new Map((this.list ?? []).map((one) => [one.id, one.lines]));
    if (!before) return;
    const open = this.desk.state.page === "incidents" ? this.desk.state.part : "";
    const fresh = (this.list ?? []).filter((one) => one.lines > (before.get(one.id) ?? 0) && one.id !== open);
    if (!fresh.length) return;
    const first = fresh[0]!;
    this.desk.say(before.has(first.id) ? t("incident.news", { title: first.title }) : t("incident.came", { title: first.title, who: this.desk.sharing?.name(first.opened_by) ?? first.opened_by }));
    if (readPrefs().sound) chime();
  }

  #key(): string {
    return `${KEY}.${this.desk.me.node.name}.${this.desk.me.user}`;
  }

  #read(): Record<string, number> {
    try {
      return JSON.parse(localStorage.getItem(this.#key()) ?? "{}") as Record<string, number>;
    } catch {
      return {};
    }
  }
}
