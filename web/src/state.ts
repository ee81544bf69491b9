/**
 * What the whole picture shares: which vessel and alert are chosen, which moment is shown, theme, language, units, where
 * the map looks. One small store; every part subscribes to the keys that it draws. All of it lives in the URL's hash,
 * so a picture can be bookmarked, reloaded and handed to the next watch.
 */

export type Theme = "day" | "dusk" | "night";
export type Units = "nautical" | "metric";
export type Mode = "live" | "replay";
export const THEMES: readonly Theme[] = ["day", "dusk", "night"];

export interface State {
  /** MMSI of the selected vessel. */
  vessel: number | null;
  /** `event_id` of the selected alert. */
  alert: string | null;
  /** Id of the selected detection of another sensor. */
  detection: string | null;
  /** `cable_id` of the selected cable. */
  cable: string | null;
  mode: Mode;
  /** The moment shown in replay, ms since 1970; null while live. */
  cursor: number | null;
  theme: Theme;
  /** BCP 47 tag: en, ja, zh-TW. */
  language: string;
  units: Units;
  /** Longitude, latitude, zoom; null until the map has looked somewhere. */
  view: { lon: number; lat: number; zoom: number } | null;
  /** Names of layers that are switched on. */
  layers: readonly string[];
  /** Which panel or page is in front (the panels say what their names are). */
  page: string;
  /** Which part of that page: a tab, a record, an incident. */
  part: string;
  /** Partner whose view is shown instead of the own picture; empty: nobody's. */
  as: string;
  measuring: boolean;
}

export type Key = keyof State;
type Listener = (state: Readonly<State>, changed: ReadonlySet<Key>) => void;

export const DEFAULTS: Readonly<State> = {
  vessel: null,
  alert: null,
  detection: null,
  cable: null,
  mode: "live",
  cursor: null,
  theme: "dusk",
  language: "en",
  units: "nautical",
  view: null,
  layers: ["claims", "gates"],
  page: "",
  part: "",
  as: "",
  measuring: false,
};

export class Store {
  #state: State;
  readonly #listeners = new Set<{ keys: ReadonlySet<Key> | null; listener: Listener }>();

  constructor(initial: Partial<State> = {}) {
    this.#state = { ...DEFAULTS, ...initial };
  }

  get(): Readonly<State> {
    return this.#state;
  }

  /** Change some keys; listeners hear once, and only when something is different. */
  set(change: Partial<State>): void {
    const changed = new Set<Key>();
    for (const key of Object.keys(change) as Key[])
      if (JSON.stringify(this.#state[key]) !== JSON.stringify(change[key])) changed.add(key);
    if (changed.size === 0) return;
    this.#state = { ...this.#state, ...change };
    for (const { keys, listener } of [...this.#listeners])
      if (keys === null || [...changed].some((key) => keys.has(key))) listener(this.#state, changed);
  }

  /** Hear of changes to these keys (of all, where none are named). Returns the way to stop. */
  on(keys: readonly Key[], listener: Listener): () => void {
    const entry = { keys: keys.length ? new Set(keys) : null, listener };
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }
}

/** Things that happen once and are no state: a panel asks the map to go somewhere, and the like. */
export interface Happenings {
  fly: { lon: number; lat: number; zoom?: number };
  pick: { mmsi: number | null; lon: number; lat: number };
  refresh: { what: string };
  say: { text: string; kind: "info" | "error" };
}

export class Bus {
  readonly #target = new EventTarget();

  emit<K extends keyof Happenings>(name: K, detail: Happenings[K]): void {
    this.#target.dispatchEvent(new CustomEvent(name, { detail }));
  }

  on<K extends keyof Happenings>(name: K, listener: (detail: Happenings[K]) => void): () => void {
    const wrapped = (event: Event) => listener((event as CustomEvent<Happenings[K]>).detail);
    this.#target.addEventListener(name, wrapped);
    return () => this.#target.removeEventListener(name, wrapped);
  }
}

const CABLE_MOST = 500;

/** The hash of a state; what is at its default is left out, so a fresh picture has an empty hash. */
export function toHash(state: Readonly<State>): string {
  const out = new URLSearchParams();
  if (state.vessel !== null) out.set("vessel", String(state.vessel));
  if (state.alert !== null) out.set("alert", state.alert);
  if (state.detection !== null) out.set("detection", state.detection);
  if (state.cable !== null) out.set("cable", state.cable);
  if (state.mode === "replay" && state.cursor !== null) out.set("at", new Date(state.cursor).toISOString());
  for (const key of ["theme", "language", "units", "page", "part", "as"] as const)
    if (state[key] !== DEFAULTS[key]) out.set(key, state[key]);
  if (state.layers.join() !== DEFAULTS.layers.join()) out.set("layers", state.layers.join());
  if (state.measuring) out.set("measure", "1");
  if (state.view) {
    const { lat, lon, zoom } = state.view;
    out.set("view", `${zoom.toFixed(2)}/${lat.toFixed(4)}/${lon.toFixed(4)}`);
  }
  return out.toString().replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
}

/** What a hash says; whatever in it makes no sense is left at its default. */
export function fromHash(hash: string, defaults: Readonly<State> = DEFAULTS): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const out: State = { ...defaults };
  const vessel = Number(given.get("vessel") ?? NaN);
  if (Number.isInteger(vessel) && vessel > 0 && vessel < 2 ** 31) out.vessel = vessel;
  out.alert = given.get("alert");
  const detection = given.get("detection");
  if (detection && /^\d{1,19}$/.test(detection)) out.detection = detection;
  const cable = given.get("cable");
  if (cable && cable.length <= CABLE_MOST) out.cable = cable;
  const cursor = Date.parse(given.get("at") ?? "");
  if (Number.isFinite(cursor)) Object.assign(out, { mode: "replay", cursor });
  const theme = given.get("theme") as Theme | null;
  if (theme && THEMES.includes(theme)) out.theme = theme;
  const language = given.get("language");
  if (language && /^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$/.test(language)) out.language = language;
  const units = given.get("units");
  if (units === "nautical" || units === "metric") out.units = units;
  out.page = given.get("page") ?? "";
  const part = given.get("part");
  if (part && /^[\w.:/-]{1,160}$/.test(part)) out.part = part;
  const as = given.get("as");
  if (as && /^[a-z0-9:.-]{1,64}$/.test(as)) out.as = as;
  const layers = given.get("layers");
  if (layers !== null) out.layers = layers.split(",").filter((name) => /^[a-z_-]+$/.test(name));
  out.measuring = given.get("measure") === "1";
  const [zoom, lat, lon] = (given.get("view") ?? "").split("/").map(Number);
  if (zoom !== undefined && lat !== undefined && lon !== undefined && [zoom, lat, lon].every(Number.isFinite))
    if (Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && zoom >= 0 && zoom <= 24) out.view = { lon, lat, zoom };
  return out;
}

/**
 * Keep the hash and the store alike, both ways. The hash follows the store a moment later, so whoever changes the address
 * may have begun from an older one: what was changed in it is taken over, and nothing else of it.
 */
export function bindHash(store: Store, win: Window = window): void {
  /** The hash that was last written or read. */
  let known = win.location.hash;
  let pending = 0;
  const read = () => {
    const { hash } = win.location;
    if (hash === known) return;
    const [before, now] = [fromHash(known), fromHash(hash)];
    known = hash;
    const keys = (Object.keys(now) as Key[]).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(before[key]));
    store.set(Object.fromEntries(keys.map((key) => [key, now[key]])));
  };
  const write = () => {
    pending = 0;
    read(); // what was changed in the address and not yet heard of would be written over
    const hash = toHash(store.get());
    if (hash === known.slice(1)) return;
    win.history.replaceState(null, "", `#${hash}`);
    known = win.location.hash;
  };
  // At most once in 150 ms, and never put off by further changes: a replay that plays changes the store at each frame.
  store.on([], () => void (pending ||= win.setTimeout(write, 150)));
  win.addEventListener("hashchange", read);
}
