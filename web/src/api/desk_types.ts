/** What the desk keeps, in JSON: the log, sources, the hand-over, users, tokens, the audit. Times as in `types.ts`. */
import type { Alert, Role, WatchHit } from "./types";

export type LogKind = "saw" | "did" | "decided" | "note";
export const LOG_KINDS: readonly LogKind[] = ["saw", "did", "decided", "note"];

export interface LogEntry {
  id: number;
  t: number;
  by: string;
  text: string;
  kind: LogKind;
  mmsi?: number | null;
  event_id?: string | null;
  lat?: number | null;
  lon?: number | null;
  corrects?: number | null;
  written?: number | null;
}

export interface NewLogEntry {
  text: string;
  kind: LogKind;
  t?: number;
  mmsi?: number;
  event_id?: string;
  lat?: number;
  lon?: number;
  corrects?: number;
}

export interface SourceHealth {
  source: string;
  kind: string;
  station: string;
  /** up, silent, down, refused, starting, stopped. */
  state: string;
  /** What is wrong, in words. */
  detail: string;
  since: number | null;
  last: number | null;
  lines_per_s: number | null;
  licence: string;
  /** Whether what it sends may be passed on; null where nobody said. */
  pass_on: boolean | null;
  /** To whom (partner ids, or "all"), and for how many days after receipt; 0 is without end. */
  pass_on_to: readonly string[];
  pass_on_days: number;
  rejects: readonly (readonly [string, number])[];
  dropped: number;
}

export interface HandoverSigned {
  id?: number;
  by: string;
  to: string;
  t: number;
  note?: string | null;
}

export interface HandoverPage {
  /** Version of the desk that the page shows; given back when it is signed. */
  version: number | null;
  since: number | null;
  open: readonly Alert[];
  left_out: number;
  silenced: readonly Alert[];
  log: readonly LogEntry[];
  watch_hits: readonly WatchHit[];
  sources_down: readonly SourceHealth[];
  signed: readonly HandoverSigned[];
}

export interface UserRow {
  name: string;
  role: Role;
  disabled: boolean;
  created?: number | null;
  has_password?: boolean;
  subject?: string;
  sessions?: number;
  last?: number | null;
}

export interface TokenRow {
  id: number;
  name: string;
  kind: "feed" | "metrics" | "taxii" | "received";
  live: boolean;
  delay_s: number;
  grid_deg: number;
  by: string;
  created: number;
  until: number;
  revoked: number | null;
  used: number | null;
}

export interface AuditPage {
  lines: readonly AuditRow[];
  people?: readonly string[];
  head?: { id: number; hash: string };
}

export interface AuditCheck {
  whole: boolean;
  lines: number;
  head: string;
  noted: boolean | null;
  faults: readonly { audit_id: number; kind: string }[];
}

export interface AuditRow {
  id: number;
  t: number;
  by: string;
  act: string;
  object: string;
  outcome: string;
  address: string;
}
