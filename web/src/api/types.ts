/** What the node answers in JSON. Times are UTC milliseconds unless a name ends in `_s`; missing values are null or left out. */
import type { Origin } from "../map/types";

/** What a code names. */
export type Facts = Readonly<Record<string, string | number>>;
/** One reason of the node: a code with its facts, the same in English, and the reasons within it. */
export interface Reason {
  code: string;
  facts: Facts;
  reason: string;
  because?: readonly Reason[];
  /** Of what was set aside: whether the node said just this, or it is only what its exact words mean. */
  exact?: boolean;
}

export type Role = "viewer" | "analyst" | "administrator" | "release_officer";

export interface NodeFacts {
  name: string;
  title: string;
  context: string;
  /** Words that stand on every screen; empty for real data without a marking. */
  marking: string;
  exercise: boolean;
  languages: readonly string[];
  home: { lat: number; lon: number; zoom: number };
  tz: string;
  /** demo: the time on the screen is played. */
  mode?: "live" | "demo";
}

/** Highest level of the whole picture, who may see all of it, and what its readers must hold; words: exercise or test. */
export interface ScreenMarking {
  words: string;
  tlp: string;
  rel_to: readonly string[];
  caveats: readonly string[];
}

export interface Me {
  user: string;
  role: Role;
  node: NodeFacts;
  marking?: ScreenMarking;
  /** Whether this node shares with partners, and under which party. */
  sharing?: boolean;
  party?: string;
  origins: readonly Origin[];
}

/** What the login page may know before anybody has logged in. */
export interface Entry {
  title?: string;
  name?: string;
  marking?: string;
  oidc?: boolean | string | null;
  setup?: boolean;
}

export interface VersionsMessage {
  picture: number;
  events: number;
  desk: number;
  detections?: number;
  share?: number;
  incidents?: number;
  marking?: ScreenMarking;
  now: number;
  mode: "live" | "demo";
}

/** What a sensor without identity saw. */
export interface Detection {
  id: string;
  t: number;
  lat: number;
  lon: number;
  sensor: string;
  source: string;
  ref: string;
  scene: string;
  image_ref: string;
  verdict: "dark" | "match" | "waits" | "not_judged";
  /** Whether no later fix can change what is said. */
  final: boolean;
  mmsi: number | null;
  name: string;
  event_id: string | null;
  accuracy_m: number | null;
  length_m: number | null;
  course_deg: number | null;
  speed_kn: number | null;
  score: number | null;
  probability: number | null;
  ais_probability: number | null;
  distance_m: number | null;
}

export type AlertState = "new" | "acknowledged" | "silenced" | "dismissed" | "withdrawn";

export interface Alert {
  event_id: string;
  version: number;
  event_type: string;
  /** Moment from which its definition held. */
  t: number;
  lat: number | null;
  lon: number | null;
  mmsis: readonly number[];
  /** In the order of `mmsis`; empty where no name is known. */
  names: readonly string[];
  confidence: number | null;
  word: string;
  summary: string;
  state: AlertState;
  by?: string | null;
  at?: number | null;
  until?: number | null;
  reason?: string | null;
  /** Zones that it is about, with whose they are said to be. */
  zones?: readonly AlertZone[];
  /** How a vessel was in a zone: passage, stopped, slow, not_shown. */
  manner?: string;
  /** Further events of its case. */
  joined?: readonly string[];
}

export interface AlertZone {
  zone_id: string;
  name: string;
  claimant: string;
}

/** Alerts that are one row of the list. */
export interface AlertGroup {
  id: string;
  kind: "single" | "rivals" | "visits" | "passages";
  event_type: string;
  /** 3 wants a decision first. */
  rank: number;
  /** Event ids, newest first. */
  members: readonly string[];
  mmsis: readonly number[];
  zones: readonly AlertZone[];
  claimants: readonly string[];
  t: number;
  first: number;
  /** Events of all its members. */
  events: number;
}

export interface AlertList {
  version: number;
  alerts: readonly Alert[];
  groups?: readonly AlertGroup[];
  watch_h?: number;
  counts: Readonly<Record<string, number>>;
  silenced: number;
}

export interface EvidenceTest {
  test: string;
  measured: number | null;
  threshold: number | null;
  relation: string;
  unit: string;
  passed: boolean | null;
}

export interface Decision {
  act: string;
  by: string;
  t: number;
  until?: number | null;
  reason?: string | null;
  scope?: "event" | "vessel";
}

export interface EventFull {
  event_id: string;
  version: number;
  event_type: string;
  status: string;
  mmsis: readonly number[];
  names: readonly string[];
  start: number | null;
  end: number | null;
  lat: number | null;
  lon: number | null;
  confidence: number | null;
  word: string;
  summary: string;
  evidence: readonly EvidenceTest[];
  alternatives: readonly string[];
  would_settle: readonly string[];
  sources: readonly string[];
  regions: readonly { zone_id: string; claimant: string; view: string; relation: string }[];
  rule_id: string;
  rule_version: string;
  params: unknown;
  proof: readonly { table: string; fixes: number }[];
  decisions: readonly Decision[];
}

export interface VesselName {
  name: string;
  first: number | null;
  last: number | null;
}

export interface Brief {
  event_id: string;
  event_type: string;
  t: number;
  end?: number | null;
  word?: string;
  summary?: string;
  status?: string;
  mmsis: readonly number[];
}

export interface VesselCard {
  mmsi: number;
  names: readonly VesselName[];
  imo: number | null;
  callsign: string | null;
  type: number | null;
  type_text: string | null;
  length_m: number | null;
  flag: string | null;
  fix: {
    lat: number;
    lon: number;
    t: number;
    sog_kn: number | null;
    cog_deg: number | null;
    nav_status: string | number | null;
    source: string | null;
    station?: string | null;
  } | null;
  cautions: readonly (string | { code?: string; facts?: Facts; text?: string })[];
  events: readonly Brief[];
  watch: readonly (string | { list?: string; reason?: string; until?: string; source?: string; note?: string })[];
  track_hours: number;
}

export interface SearchResult {
  mmsi: number;
  name: string;
  imo: number | null;
  callsign: string | null;
  by: string;
  likeness: number;
  way: string;
  last_t: number | null;
}

export interface History {
  block_s: number;
  /** Starts of the blocks, unix seconds. */
  blocks: readonly number[];
  counts: readonly number[];
  events: readonly { t: number; type: string; id: string }[];
}

export interface WatchHit {
  list: string;
  mmsi: number;
  name?: string;
  by?: string;
  reason?: string;
  last_t?: number | null;
}

export interface WatchList {
  name: string;
  entries: readonly WatchEntry[];
  hits: readonly WatchHit[];
}

export interface WatchEntry {
  mmsi: string;
  imo: string;
  callsign: string;
  name: string;
  reason: string;
  source: string;
  until: string;
  note: string;
}

export interface LayerInfo {
  name: string;
  /** Whether the node has anything in it. */
  there?: boolean;
  /** When it was worked out, where the node does that; null before the first time. */
  calculated?: number | null;
  from?: number;
  to?: number;
  /** How many cells it has. */
  cells?: number;
}

/** Names by language. */
export type Words = Readonly<Record<string, string>>;

export interface OwnNames {
  zones: Readonly<Record<string, Words>>;
  partners: Readonly<Record<string, Words>>;
  ports: Readonly<Record<string, Words>>;
  places: readonly { lat: number; lon: number; radius_m: number; names: Words }[];
  /** Viewpoint on rival claims from which users of this node start. */
  view: string;
  views: readonly { id: string; names: Words }[];
}
