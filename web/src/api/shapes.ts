/**
 * From what the node sends to what the panels draw: the columns of a table of events keep their names in files there, and
 * times come as ISO text in some places. Everything unknown is left out; a missing list is an empty one.
 */
import type { HandoverPage, HandoverSigned, LogEntry, SourceHealth } from "./desk_types";
import type { Alert, Brief, Decision, EventFull, EvidenceTest, VesselCard, WatchEntry, WatchHit, WatchList } from "./types"; // prettier-ignore

type Raw = Readonly<Record<string, unknown>>;
const list = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : []);
const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

/** UTC ms of a number, or of ISO text; null for neither. */
export function moment(value: unknown): number | null {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const parsed = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isFinite(parsed) ? parsed : null;
}

export function eventOf(raw: Raw): EventFull {
  return {
    event_id: text(raw["event_id"]),
    version: Number(raw["version"] ?? 1),
    event_type: text(raw["event_type"]),
    status: text(raw["status"]),
    mmsis: list<number>(raw["mmsis"]),
    names: list<string>(raw["names"]),
    start: moment(raw["start"]),
    end: moment(raw["end"]),
    lat: (raw["end_lat"] ?? raw["start_lat"] ?? null) as number | null,
    lon: (raw["end_lon"] ?? raw["start_lon"] ?? null) as number | null,
    confidence: (raw["confidence"] ?? null) as number | null,
    word: text(raw["confidence_word"]),
    summary: text(raw["summary"]),
    evidence: list<EvidenceTest>(raw["evidence"]),
    alternatives: list<string>(raw["alternatives"]),
    would_settle: list<string>(raw["would_settle"]),
    sources: list<string>(raw["sources"]),
    regions: list(raw["regions"]),
    rule_id: text(raw["rule_id"]),
    rule_version: text(raw["rule_version"]),
    params: raw["params"] ?? null,
    proof: list<{ table: string; fixes: number }>(raw["proof"]),
    decisions: list<Decision>(raw["decisions"]),
  };
}

export function cardOf(raw: Raw): VesselCard {
  const card = raw as unknown as VesselCard;
  return {
    ...card,
    names: list<VesselCard["names"][number]>(raw["names"]).filter((n) => n.name),
    cautions: list(raw["cautions"]),
    watch: list(raw["watch"]),
    events: list<Raw>(raw["events"]).map(
      (e): Brief => ({
        event_id: text(e["event_id"]), event_type: text(e["event_type"]), t: moment(e["t"]) ?? 0, end: moment(e["end"]),
        word: text(e["confidence_word"]), summary: text(e["summary"]), status: text(e["status"]), mmsis: list<number>(e["mmsis"]),
      }), // prettier-ignore
    ),
    track_hours: Number(raw["track_hours"] ?? 24),
  };
}

export function sourceOf(raw: Raw): SourceHealth {
  return {
    source: text(raw["source"]),
    kind: text(raw["kind"]),
    station: text(raw["station"]),
    state: text(raw["state"]),
    detail: text(raw["detail"]),
    since: moment(raw["since"]),
    last: moment(raw["last"]),
    lines_per_s: typeof raw["lines_per_s"] === "number" ? raw["lines_per_s"] : null,
    licence: text(raw["licence"]),
    pass_on: typeof raw["pass_on"] === "boolean" ? raw["pass_on"] : null,
    pass_on_to: list<string>(raw["pass_on_to"]),
    pass_on_days: Number(raw["pass_on_days"] ?? 0),
    rejects: Object.entries((raw["rejects"] as Record<string, number> | undefined) ?? {}),
    dropped: Number(raw["dropped"] ?? 0),
  };
}

export function handoverOf(raw: Raw): HandoverPage {
  return {
    version: typeof raw["version"] === "number" ? raw["version"] : null,
    since: moment(raw["since"]),
    open: list<Alert>(raw["open"]),
    left_out: Number(raw["open_left_out"] ?? 0),
    silenced: list<Alert>(raw["silenced"]),
    log: list<LogEntry>(raw["log"]),
    watch_hits: list<WatchHit>(raw["watch_hits"]),
    sources_down: list<Raw>(raw["sources_down"]).map(sourceOf),
    signed: list<HandoverSigned>(raw["signed"]),
  };
}

export const WATCH_FIELDS: readonly (keyof WatchEntry)[] = ["mmsi", "imo", "callsign", "name", "reason", "source", "until", "note"];

export function watchListsOf(raw: Raw): readonly WatchList[] {
  return list<Raw>(raw["lists"]).map((l) => ({
    name: text(l["name"]),
    entries: list<Raw>(l["entries"]).map((e) => Object.fromEntries(WATCH_FIELDS.map((f) => [f, text(e[f])])) as unknown as WatchEntry),
    hits: list<WatchHit>(l["hits"]),
  }));
}
