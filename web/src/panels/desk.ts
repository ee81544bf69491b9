/**
 * What all panels share: who is logged in, what the node has told so far, and the ways to ask it. Panels hear of changes
 * by topic and draw themselves anew; none of them asks for what another has already.
 */
import type { App } from "../app";
import { Changes, type Link } from "../api/changes";
import { Client, Refused, Unreachable } from "../api/client";
import { readPicture } from "../api/columns";
import { eventOf, sourceOf } from "../api/shapes";
import type { SourceHealth } from "../api/desk_types";
import type { Alert, AlertList, EventFull, Me, VersionsMessage } from "../api/types";
import { failure } from "../i18n/told";
import type { IncidentBook } from "./incident/book";
import type { LogNews } from "./log_news";
import { Naming } from "./naming";
import type { ShareBook } from "./release/book";

/** share, incident_news: the node says that something is new; partners, incidents: what came of it is there. */
export type Topic = "share" | "partners" | "incident_news" | "incidents" | "log" | "alerts" | "link" | "tick" | "sources" | "shared" | "silenced" | "events" | "names" | "detections" | "marking" | "symbols";
export type Filter = "open" | "silenced" | "dismissed" | "all";

const SOURCES_MS = 15_000;
const EVENTS_KEPT = 100;
/** The picture is asked for at most so often; between two answers the map moves vessels on by itself. */
const PICTURE_MS = 500;

export class Desk {
  readonly api: Client;
  readonly naming: Naming;
  /** Sharing with partners, and cases; null on a node that shares nothing. */
  sharing: ShareBook | null = null;
  incidents: IncidentBook | null = null;
  log: LogNews | null = null;
  me: Me;
  link: Link = "connecting";
  /** Time at which the link was lost; null while it holds. */
  lost_at: number | null = null;
  mode: "live" | "demo" = "live";
  list: AlertList | null = null;
  filter: Filter = "open";
  /** The one kind of event that is shown; empty shows all. */
  kind = "";
  /** What wants a decision first, or the newest first. */
  order: "need" | "time" = "need";
  sources: readonly SourceHealth[] = [];
  /** Whether the node has said yet which sources there are. */
  sourcesKnown = false;
  /** Number of vessels in the picture, as far as the node told. */
  vessels = 0;
  #offset_ms = 0;
  #versions = { picture: 0, events: 0, desk: 0, detections: -1, share: 0, incidents: 0 };
  #picture = 0;
  readonly #topics = new Map<Topic, Set<() => void>>();
  readonly #events = new Map<string, EventFull>();
  #changes: Changes | null = null;
  readonly #pullPicture = oneAtATime(() => this.#getPicture());
  readonly #pullAlerts = oneAtATime(() => this.#getAlerts());

  constructor(
    readonly app: App,
    api: Client,
    me: Me,
  ) {
    this.api = api;
    this.me = me;
    this.naming = new Naming(this);
  }

  get state() {
    return this.app.store.get();
  }

  /** The node's time now. */
  now(): number {
    return Date.now() + this.#offset_ms;
  }

  /** The time by which lines to partners live: that of the clock on the wall, also where the picture is played. */
  wall(): number {
    return this.simulated ? Date.now() : this.now();
  }

  /** Whether the time on the screen is played and not that of the clock on the wall. */
  get simulated(): boolean {
    return this.mode === "demo" || this.me.node.mode === "demo";
  }

  /** The moment that is on the screen: now, or that of the replay. */
  shown(): number {
    return this.state.mode === "replay" && this.state.cursor !== null ? this.state.cursor : this.now();
  }

  may(what: "decide" | "write" | "administer" | "release" | "desk" | "incident"): boolean {
    if (what === "release") return this.sharing !== null && (this.me.role === "release_officer" || this.me.role === "administrator");
    if (what === "desk") return this.sharing !== null && this.me.role !== "viewer";
    if (what === "incident") return this.incidents !== null && (this.me.role === "analyst" || this.me.role === "administrator");
    if (what === "administer") return this.me.role === "administrator";
    return this.me.role === "analyst" || this.me.role === "administrator";
  }

  on(topics: readonly Topic[], listener: () => void): () => void {
    for (const topic of topics) {
      if (!this.#topics.has(topic)) this.#topics.set(topic, new Set());
      this.#topics.get(topic)!.add(listener);
    }
    return () => topics.forEach((topic) => this.#topics.get(topic)?.delete(listener));
  }

  tell(topic: Topic): void {
    for (const listener of [...(this.#topics.get(topic) ?? [])]) listener();
  }

  start(): void {
    this.#changes = new Changes({
      onVersions: (message) => this.#heard(message),
      onLink: (link) => this.#linked(link),
      onBreak: async () => {
        this.me = await this.api.get<Me>("/api/me");
      },
      probe: async () => void (await this.api.get("/health")),
    });
    for (const turn of ["online", "offline"]) window.addEventListener(turn, () => this.#changes?.nudge(true));
    document.addEventListener("visibilitychange", () => document.hidden || this.#changes?.nudge());
    setInterval(() => this.tell("tick"), 1000);
    setInterval(() => document.hidden || void this.pullSources(), SOURCES_MS);
    void this.#pullPicture();
    void this.#pullAlerts();
    void this.pullSources();
    void this.naming.pull();
  }

  refresh(): void {
    void this.#pullAlerts();
  }

  setFilter(filter: Filter): void {
    this.filter = filter;
    this.tell("alerts");
    void this.#pullAlerts();
  }

  /** Draw the alerts anew: by another kind, in another order. */
  show(change: { kind?: string; order?: "need" | "time" }): void {
    Object.assign(this, change);
    this.tell("alerts");
  }

  alert(id: string | null): Alert | undefined {
    return id === null ? undefined : this.list?.alerts.find((a) => a.event_id === id);
  }

  /** The whole event; kept by version, so that opening it again costs nothing. */
  async event(id: string, version?: number): Promise<EventFull> {
    const key = `${id}/${version ?? ""}/${this.#versions.desk}`;
    const kept = this.#events.get(key);
    if (kept) return kept;
    const found = eventOf(await this.api.get(`/api/events/${encodeURIComponent(id)}`));
    if (this.#events.size >= EVENTS_KEPT) this.#events.delete(this.#events.keys().next().value!);
    this.#events.set(key, found);
    return found;
  }

  async pullSources(): Promise<void> {
    try {
      const { sources } = await this.api.get<{ sources: readonly Record<string, unknown>[] }>("/api/sources");
      this.sources = sources.map(sourceOf);
      this.sourcesKnown = true;
      this.tell("sources");
    } catch (error) {
      this.quiet(error);
    }
  }

  say(text: string): void {
    this.app.bus.emit("say", { text, kind: "info" });
  }

  fail(error: unknown): void {
    const text = failure(error);
    if (!(error instanceof Unreachable) && !(error instanceof Refused)) console.error(error);
    this.app.bus.emit("say", { text, kind: "error" });
  }

  /** What the page asked by itself: a node that does not answer is shown by the state of the link, and nothing pops up. */
  quiet(error: unknown): void {
    if (error instanceof Unreachable) this.#changes?.nudge(true);
    else this.fail(error);
  }

  #heard(message: VersionsMessage): void {
    this.#offset_ms = message.now - Date.now();
    this.mode = message.mode;
    if (message.marking && JSON.stringify(message.marking) !== JSON.stringify(this.me.marking)) {
      this.me = { ...this.me, marking: message.marking };
      this.tell("marking");
    }
    const before = this.#versions;
    this.#versions = { picture: message.picture, events: message.events, desk: message.desk, detections: message.detections ?? 0, share: message.share ?? 0, incidents: message.incidents ?? 0 };
    if (message.picture !== this.#picture) void this.#pullPicture();
    if (message.events !== before.events || message.desk !== before.desk) void this.#pullAlerts();
    if (message.events !== before.events) this.tell("events");
    if (this.#versions.detections !== before.detections) this.tell("detections");
    if (message.desk !== before.desk) this.tell("shared");
    if (this.#versions.share !== before.share) this.tell("share");
    if (this.#versions.incidents !== before.incidents) this.tell("incident_news");
    if (this.state.mode === "live") this.app.map.setTime(this.now(), true);
  }

  #linked(link: Link): void {
    if (link === "open") {
      this.lost_at = null;
      void this.#pullAlerts();
    } else if (link === "lost") this.lost_at ??= Date.now();
    this.link = link;
    this.tell("link");
  }

  async #getPicture(): Promise<void> {
    try {
      const since = this.#picture;
      const { bytes, headers } = await this.api.bytes("/api/picture", { since });
      const version = Number(headers.get("X-Kizuna-Version") ?? 0);
      if (version < since) {
        this.#picture = 0; // another run of the node, with its own count: begin anew
        return void this.#pullPicture();
      }
      const columns = readPicture(bytes);
      this.#picture = version;
      if (since === 0) this.vessels = columns.mmsi.length;
      this.app.map.setPicture(columns, { merge: since > 0 });
      await new Promise((resolve) => setTimeout(resolve, PICTURE_MS));
    } catch (error) {
      this.quiet(error);
    }
  }

  async #getAlerts(): Promise<void> {
    try {
      const state = this.filter === "open" ? "open" : "all";
      this.list = await this.api.get<AlertList>("/api/alerts", { state });
      this.tell("alerts");
    } catch (error) {
      this.quiet(error);
    }
  }
}

/** Runs `job` at most once at a time; asked meanwhile, it runs once more afterwards. */
export function oneAtATime(job: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await job();
    } while (again);
  };
  return () => {
    if (running) again = true;
    else running = run().finally(() => (running = null));
    return running;
  };
}
