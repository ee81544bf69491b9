/**
 * What the node says of sharing and of incidents (docs/reference/api.md). Times are UTC ms. Texts in several languages are
 * tables by language tag; a text without the language of the page is shown in English.
 */
import type { Reason } from "./types";

export type Texts = Readonly<Record<string, string>> | string | null | undefined;

/** A text in this language; `zh-Hant` and `zh-TW` are the same here. */
export function said(texts: Texts, language: string): string {
  if (!texts) return "";
  if (typeof texts === "string") return texts;
  return texts[language] ?? (language === "zh-TW" ? texts["zh-Hant"] : undefined) ?? texts["en"] ?? Object.values(texts)[0] ?? "";
}

export type LinkState = "up" | "behind" | "down" | "halted" | "never";
export interface LinkHealth {
  state: LinkState;
  last_heard_ms: number | null;
  /** Records told and not acknowledged yet. */
  behind: number;
  lanes: Readonly<Record<string, number>>;
  /** How far the partner's clock is ahead of ours. */
  ahead_s: number | null;
  why: string;
  to_come?: number;
  /** What failed last: a word of `link_fault.*`; empty while nothing did. */
  fault?: string;
  /** What was measured in each direction, bit/s; null before something moved. */
  out_bit_s?: number | null;
  in_bit_s?: number | null;
  /** Seconds until the queue of each lane is told at that rate; null where nothing says. */
  drain_s?: Readonly<Record<string, number | null>>;
}

export interface PartnerRow {
  id: string;
  title: string;
  /** What a memorandum that this node signed calls it, by language; its title where none does. */
  names: Texts;
  /** Clauses under which one officer may pass a distress on to it. */
  distress: readonly string[];
  state: "introduced" | "active" | "paused" | "revoked";
  why?: string;
  link: LinkHealth;
  told: number | null;
  received: number | null;
  audiences: readonly string[];
  tlp_max: string;
  agreement: { id: string; state: string; until_ms: number | null } | null;
}

export interface Proposal {
  version: number;
  hash?: string;
  by: string;
  at: number;
  approved_by?: string;
}
export interface SharingState {
  party: string;
  title: string;
  names: Texts;
  context: string;
  enabled: boolean;
  rules: { version: number; hash: string; activated_at: number | null; by: readonly string[]; proposed: Proposal | null };
  partners: readonly PartnerRow[];
  /** What waits for a person, by kind; empty for those who may not decide. */
  waiting: Readonly<Record<string, number>>;
}

export interface Rule {
  id: string;
  clause: readonly string[] | string;
  clauses?: readonly string[];
  words: Texts;
  releases: boolean;
  to: readonly string[];
  line?: number;
}
export interface Finding {
  level: string;
  line: number | null;
  key?: string;
  rule?: string;
  text: string;
  hint?: string;
  /** What it says, and what would help, by code. */
  reasons?: readonly Reason[];
  helps?: readonly Reason[];
}
export interface RulesPage {
  text: string;
  version: number;
  hash?: string;
  rules: readonly Rule[];
  findings: readonly Finding[];
  /** Whether one may still go back to the rules before. */
  back: boolean;
  proposals: readonly { version: number; by: string; at_ms: number; text: string; stale: boolean }[];
  history?: readonly { deed: string; by: string; at_ms: number; version: number }[];
}

/** What a rule may name at this node. */
export interface RuleChoices {
  kinds: readonly string[];
  families: readonly string[];
  context: string;
  audiences: readonly { id: string; title: string; tlp_max: string }[];
  zones: readonly { id: string; title: string }[];
  clauses: readonly { ref: string; title: Texts; kinds: readonly string[]; holds: boolean }[];
  tlp: readonly string[];
  reshare: readonly string[];
}

export interface Form {
  lat?: number | null;
  lon?: number | null;
  cell_m?: number | null;
  delay_s?: number | null;
  bucket_s?: number | null;
  /** At most one position in so many seconds. */
  step_s?: number | null;
  masked?: boolean;
  t_ms?: number | null;
  /** When it is told, in a dry run. */
  told_ms?: number | null;
}
export interface Sample {
  kind: string;
  subject: string;
  event?: string;
  change: "gains" | "loses" | "changes" | "moves";
  lat?: number | null;
  lon?: number | null;
  t_ms?: number | null;
  before: Form | null;
  after: Form | null;
  rule: string;
}
export interface Difference {
  id: string;
  title?: string;
  gains: number;
  loses: number;
  changes: number;
  /** The same words at another time. */
  moves: number;
  /** Records told in the period: under the rules in force, and under the others. */
  before: number;
  after: number;
  by_kind: Readonly<Record<string, { gains: number; loses: number; changes: number; moves: number }>>;
  sample: readonly Sample[];
  box: readonly [number, number, number, number] | null;
}
export interface Preview {
  partners: readonly Difference[];
  looked_at: number;
  /** From when on it was gone through; short where more was asked for than can be. */
  from_ms: number;
  short: boolean;
}

export interface ByRule {
  id: string;
  clause: readonly string[] | string;
  words: Texts;
}
export interface SeenBy {
  id: string;
  title?: string;
  verdict: "release" | "withhold";
  why: readonly Reason[];
  record: string;
  label: Marking | null;
  rules: readonly ByRule[];
  as: Form | null;
  told_at_ms: number | null;
  /** Where the newest of what it was told stands: log and number in it. */
  log?: string;
  n?: number | null;
}
export interface Marking {
  tlp: string;
  rel_to: readonly string[];
  caveats?: readonly string[];
  reshare?: string;
}
/** One origin's statement about the same thing. */
export interface Statement {
  origin: string;
  t_ms: number | null;
  lat?: number | null;
  lon?: number | null;
  name?: string;
  label?: Marking | null;
}
export interface WhoSees {
  of: { label?: Marking | null; origin?: string; statements?: readonly Statement[]; recalled?: string | null };
  partners: readonly SeenBy[];
}

export interface LedgerRow {
  log: string;
  n: number;
  at_ms: number;
  to?: string;
  kind: string;
  subject: string;
  record: string;
  rule: string;
  clause: string;
  acked_ms: number | null;
  verdict: string;
  why: readonly Reason[];
}
export interface Story {
  record: string;
  kind: string;
  origin: string;
  subject: string;
  at_ms: number | null;
  label: Marking | null;
  /** The record itself, byte for byte. */
  bytes: string;
  decisions: readonly {
    at_ms: number;
    to: string;
    verdict: string;
    rules: readonly string[];
    transforms: readonly string[];
    version: number | null;
    policy: string;
    why: readonly Reason[];
    clauses: readonly { id: string; title: Texts; text: Texts }[];
  }[];
  logs: readonly { log: string; n: number; to: string; side: string; proof: boolean; receipts: readonly { by: string; at_ms: number }[] }[];
  recall: { id: string; action: string; at_ms: number | null; hops: readonly Hop[] } | null;
}

export interface Hop {
  party: string;
  via: string;
  depth: number;
  state: "pending" | "asked" | "acknowledged" | "refused" | "unreachable";
  why?: string;
  at_ms?: number | null;
}
export interface Recall {
  id: string;
  action: string;
  reason: string;
  text?: string;
  by: string;
  at_ms: number;
  origin?: string;
  mine: boolean;
  /** The first of them. */
  records: readonly string[];
  n: number;
  hops: readonly Hop[];
}

/** What a leave is about: records by their ids, or all of some kinds or about some subjects; and who may be told. */
export interface LeaveScope {
  records: readonly string[];
  kinds: readonly string[];
  subjects: readonly string[];
  from_ms: number | null;
  to: string;
  purpose: readonly string[];
}
export interface Grant extends LeaveScope {
  id: string;
  origin: string;
  mine: boolean;
  state: string;
  until_ms: number;
  at_ms: number;
  by: string;
  via: readonly string[];
  /** What went on under it: by whom, to whom, how many, when last. */
  went: readonly { carrier: string; to: string; records: number; last_ms: number }[];
}
export interface LeaveAsked extends LeaveScope {
  id: string;
  by: string;
  of: string;
  mine: boolean;
  answered: boolean;
  state: string;
  text: string;
  why: string;
  at_ms: number;
  until_ms: number | null;
}
/** A grant that one person gave and a second one must approve. */
export interface GrantProposal extends LeaveScope {
  id: string;
  by: string;
  until_ms: number;
}
/** A party that was never introduced here, as carriers tell of it. */
export interface Stranger {
  party: string;
  fingerprint: string;
  carriers: readonly string[];
  confirmed: boolean;
}
/** A record that a carrier brought and that was not taken in, and why. */
export interface AsideRow {
  record: string;
  origin: string;
  carrier: string;
  kind: string;
  why: string;
  because: readonly Reason[];
}
export interface Grants {
  grants: readonly Grant[];
  asked: readonly LeaveAsked[];
  proposals: readonly GrantProposal[];
  strangers: readonly Stranger[];
  aside: readonly AsideRow[];
}

export interface Request {
  id: string;
  by: string;
  to: string;
  kinds: readonly string[];
  subject?: readonly string[];
  geo: readonly number[];
  /** Asked by us; owed by us. */
  mine: boolean;
  owed: boolean;
  purpose: readonly string[];
  text: string;
  distress?: boolean;
  clause?: string;
  asked_ms: number;
  due_ms: number | null;
  state: string;
  why: string;
  records: readonly string[];
}
export interface Review {
  id: string;
  incident?: string;
  officer: string;
  to: string;
  clause: string;
  at_ms: number;
  due_ms: number;
  overdue: boolean;
  words?: Texts;
}
export interface Quarantined {
  n: number;
  partner: string;
  at_ms: number;
  why: string;
  because: readonly Reason[];
  size: number;
  begins: string;
  source: string;
}

export interface Clause {
  id: string;
  title: Texts;
  text: Texts;
  distress?: boolean;
  rules?: readonly string[];
}
export interface Agreement {
  id: string;
  version: number;
  title: Texts;
  state: string;
  why: readonly Reason[];
  starts_ms: number | null;
  ends_ms: number | null;
  days_left: number | null;
  sha256: string;
  current: boolean;
  mine_to_sign: boolean;
  signed: readonly { party: string; name: Texts; signed: boolean }[];
  clauses: readonly Clause[];
  findings: readonly Finding[];
}

export interface Exposure {
  party: string;
  title?: string;
  holds: { records: number; by_kind: Readonly<Record<string, number>>; confirmed: number };
  may_have: readonly { via: string; why: string; records: number }[];
  may_pass_to: readonly { to: string; why: string; records: number }[];
  acts: readonly { what: string; about: string; why: string }[];
}
