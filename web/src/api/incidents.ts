/** What the node says of incidents: the case as every desk of it reads it, each in its own language. */
import type { Texts } from "./sharing";
import type { Reason } from "./types";

export const TYPES = ["missing", "distress", "collision", "drifting", "cable", "encounter", "other"] as const;
export type IncidentKind = (typeof TYPES)[number];
export const DISTRESS: readonly string[] = ["missing", "distress", "collision", "drifting"];
export const OUTCOMES = ["saved", "lost", "not_found", "false_alarm", "handed_over", "repaired", "settled", "other"] as const;

export interface IncidentBrief {
  id: string;
  kind: string;
  title: string;
  /** What was said when it was opened; the first line may be a title. */
  what: string;
  lat: number | null;
  lon: number | null;
  opened_ms: number;
  opened_by: string;
  coordinator: string;
  closed: boolean;
  /** State by desk: offered, joined, declined. */
  desks: Readonly<Record<string, string>>;
  /** Counts up with every line; what this user has read is kept at the station. */
  lines: number;
  last_ms: number;
  /** Something is offered to this desk and waits for a word. */
  waits?: number;
}

export interface TimelineLine {
  id: string;
  origin: string;
  by?: string;
  at_ms: number;
  kind: string;
  text: Texts;
  /** Language of free text that stands as it was written. */
  lang?: string;
  recalled?: boolean;
  /** Why it has not left for another desk: the rule and its words. */
  held?: { rule: string; why: readonly Reason[] } | null;
  overtaken?: string;
  fork?: boolean;
  lat?: number | null;
  lon?: number | null;
  /** Until the other desk's receipt covers it. */
  acked?: boolean | null;
  records?: readonly string[];
  /** The task that the line is about, where another line offered it. */
  task?: string;
}

export interface TaskRow {
  id: string;
  by: string;
  to: string;
  state: "offered" | "accepted" | "refused" | "withdrawn" | "under_way" | "done" | "failed";
  text: Texts;
  unit?: string;
  until_ms?: number | null;
  why?: string;
  /** What this desk may say of it. */
  may: readonly string[];
}

export interface UnitRow {
  origin: string;
  unit: string;
  state: "assigned" | "under_way" | "on_scene" | "left";
  lat?: number | null;
  lon?: number | null;
  /** Of which time the place is, where its desk said so. */
  place_ms?: number | null;
  at_ms?: number | null;
  osc: boolean;
}

export interface DrawingRow {
  id: string;
  origin: string;
  label: string;
  shape: "point" | "line" | "area" | "pattern";
  points: readonly (readonly [number, number])[];
  pattern?: string;
  spacing_nm?: number | null;
  bearing_deg?: number | null;
  legs?: number | null;
  /** Track that the node drew from a pattern. */
  track?: readonly (readonly [number, number])[];
  text?: string;
}

export interface SharedFix {
  record: string;
  origin: string;
  what: string;
  lat: number | null;
  lon: number | null;
  t_ms: number | null;
  name?: string;
  /** Whether the record itself is here already. */
  here: boolean;
  recalled: boolean;
}

export interface Incident extends IncidentBrief {
  persons?: number | null;
  vessel?: string;
  happened_ms?: number | null;
  timeline: readonly TimelineLine[];
  tasks: readonly TaskRow[];
  on_scene: readonly UnitRow[];
  drawings: readonly DrawingRow[];
  fixes: readonly SharedFix[];
  readings?: Readonly<Record<string, string>>;
  handover: { id?: string; by: string; to: string } | null;
  closure: { id?: string; by: string; text: Texts; agreed: readonly string[] } | null;
  outcome: Texts;
  joint: { sha256: string; signed: readonly { desk: string; same: boolean }[] } | null;
  /** Desks that were brought in by break-glass. */
  glass: readonly { to: string; by: string; at_ms: number; clause: string }[];
  /** Parties named at the opening that are not in the case yet, with the clauses that would let them in at once. */
  offerable: readonly { to: string; clauses: string }[];
  /** Entries whose forerunners have not arrived. */
  waiting: number;
  sitreps: readonly SentSitrep[];
  me: string;
}

export interface Phrase {
  id: string;
  group: string;
  parameters: readonly string[];
  words: Texts;
}
export interface Phrasebook {
  version: number;
  phrases: readonly Phrase[];
  groups?: Readonly<Record<string, Texts>>;
}

/** A situation report as it was sent; `id` is that of its line in the timeline. */
export interface SentSitrep {
  id: string;
  number: number;
  by: string;
  at_ms: number;
  priority: string;
  to: readonly string[];
  /** Text by the letter of its field. */
  fields: Readonly<Record<string, string>>;
}

/** A field of a situation report. */
export interface SitrepField {
  letter: string;
  name: Texts;
  text: string;
}
export interface SitrepPage {
  number: number;
  priority: string;
  to: readonly string[];
  fields: readonly SitrepField[];
  /** As it is sent. */
  text?: string;
}
