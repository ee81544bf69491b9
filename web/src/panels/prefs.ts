/** What a station remembers for itself: theme, language, units, sound. Nothing of the picture and nothing of the watch. */
import { DEFAULTS, fromHash, THEMES, type State, type Store, type Theme } from "../state";
import { CATALOGUES, bestLanguage } from "../i18n";

const KEY = "kizuna.station";

export interface Prefs {
  theme?: State["theme"];
  language?: string;
  units?: State["units"];
  sound?: boolean;
  /** Viewpoint on rival claims; without one the node's. */
  view?: string;
  /** Users of this station who want symbols of APP-6 for own units and those of partners. */
  app6?: readonly string[];
}

export function readPrefs(): Prefs {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Prefs;
    const out: Prefs = {};
    if (found.theme && THEMES.includes(found.theme)) out.theme = found.theme;
    if (found.language && found.language in CATALOGUES) out.language = found.language;
    if (found.units === "metric" || found.units === "nautical") out.units = found.units;
    if (found.sound === true) out.sound = true;
    if (typeof found.view === "string" && /^[A-Za-z]{1,20}$/.test(found.view)) out.view = found.view;
    if (Array.isArray(found.app6)) out.app6 = found.app6.filter((user) => typeof user === "string");
    return out;
  } catch {
    return {};
  }
}

export function writePrefs(change: Prefs): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...readPrefs(), ...change }));
  } catch {
    // a browser that keeps nothing: the page works without
  }
}

/** The station's own settings where the URL says nothing; and remember what is changed. */
export function bindPrefs(store: Store, hash: string): void {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const kept = readPrefs();
  const change: Partial<State> = {};
  if (!given.has("theme") && kept.theme) change.theme = kept.theme;
  if (!given.has("language")) change.language = kept.language ?? bestLanguage(navigator.languages);
  if (!given.has("units") && kept.units) change.units = kept.units;
  store.set(change);
  store.on(["theme", "language", "units"], ({ theme, language, units }) => writePrefs({ theme, language, units }));
}

/** Theme and language of the page before the picture: as its address asks, else as the station keeps them. */
export function askedLook(hash: string, kept: Prefs, wished: readonly string[]): { theme: Theme; language: string } {
  const usual = { theme: kept.theme ?? DEFAULTS.theme, language: kept.language ?? bestLanguage(wished) };
  const { theme, language } = fromHash(hash, { ...DEFAULTS, ...usual });
  return { theme, language: language in CATALOGUES ? language : usual.language };
}

/** A hash that asks for a theme or a language asks for these instead. */
export function hashWith(hash: string, change: { theme?: Theme; language?: string }): string {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const asked = (Object.keys(change) as (keyof typeof change)[]).filter((key) => given.has(key));
  if (!asked.length) return hash;
  for (const key of asked) given.set(key, change[key]!);
  return `#${given.toString()}`;
}

/** Text that is being written, kept until it is sent, so that a reload or a closed tab does not lose it. */
export class Draft {
  constructor(
    private readonly name: string,
    private readonly user: string,
  ) {}

  get key(): string {
    return `kizuna.draft.${this.user}.${this.name}`;
  }

  read(): string {
    return sessionStorage.getItem(this.key) ?? "";
  }

  write(text: string): void {
    if (text) sessionStorage.setItem(this.key, text);
    else sessionStorage.removeItem(this.key);
  }
}

export function dropDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("kizuna.draft.")) sessionStorage.removeItem(key);
}
