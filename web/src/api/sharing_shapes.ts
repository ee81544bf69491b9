/** From what the node says of sharing and of incidents to what the pages draw. Everything unknown is left out. */
import type { Incident, IncidentBrief, SitrepPage, TimelineLine } from "./incidents";
import type {
  Agreement, Exposure, Form, Grants, Hop, LedgerRow, Marking, Preview, Quarantined, Recall, Request, Review, RulesPage, Sample, SeenBy, SharingState, Story, WhoSees,
} from "./sharing"; // prettier-ignore
import type { Reason } from "./types";

export type Raw = Readonly<Record<string, unknown>>;
export const rows = (value: unknown): readonly Raw[] => (Array.isArray(value) ? (value as Raw[]) : []);
export const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : typeof value === "string" && value ? [value] : []);
export const text = (value: unknown): string => (value === null || value === undefined ? "" : String(value));
export const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
/** Reasons by code; where there are none, the sentences as they came. */
const reasons = (value: unknown, otherwise: unknown): readonly Reason[] =>
  Array.isArray(value) && value.length ? (value as Reason[]) : texts(otherwise).map((reason) => ({ code: "", facts: {}, reason }));
export const table = (value: unknown): Raw => (value && typeof value === "object" ? (value as Raw) : {});

/** `AMBER;rel=south,c:civil;cav=A;by=north` */
export function labelOf(word: unknown): Marking | null {
  if (typeof word !== "string" || !word) return null;
  const [tlp = "", ...rest] = word.split(";");
  if (tlp === "nobody") return { tlp: "RED", rel_to: [] };
  const parts = new Map(rest.map((p) => [p.slice(0, p.indexOf("=")), p.slice(p.indexOf("=") + 1)]));
  const list = (name: string) => (parts.get(name) ?? "").split(",").filter(Boolean); // prettier-ignore
  return { tlp, rel_to: list("rel"), caveats: list("cav"), reshare: parts.get("reshare") ?? "" };
}

/** The form that a list of transforms gives: `coarsen_position cell_m=1000`, `delay delay_s=3600 bucket_s=300`. */
export function formOf(decision: unknown): Form | null {
  const d = table(decision);
  if (d["verdict"] !== "release") return null;
  const words = texts(d["transforms"]);
  const value = (verb: string, name: string) => {
    const found = words.find((w) => w.startsWith(`${verb} `));
    const hit = found && new RegExp(`\\b${name}=([0-9.]+)`).exec(found);
    return hit ? Number(hit[1]) : null;
  };
  const delay = value("delay", "delay_s");
  return { cell_m: value("coarsen_position", "cell_m"), delay_s: delay, bucket_s: value("delay", "bucket_s"), step_s: value("thin", "step_s"), masked: words.some((w) => w.startsWith("mask_identity")) };
}

export function sharingOf(raw: Raw): SharingState {
  const rules = table(raw["rules"]);
  const proposed = rules["proposed"] ? table(rules["proposed"]) : null;
  return {
    party: text(raw["party"]), title: text(raw["title"]), names: table(raw["names"]) as Record<string, string>, context: text(raw["context"]), enabled: raw["enabled"] === true,
    rules: {
      version: number(rules["version"]) ?? 0, hash: text(rules["hash"]), activated_at: number(rules["activated_at"]), by: texts(rules["by"]),
      proposed: proposed && { version: number(proposed["version"]) ?? 0, by: text(proposed["by"]), at: number(proposed["at"]) ?? 0, approved_by: text(proposed["approved_by"]) },
    },
    partners: rows(raw["partners"]).map((p) => {
      const link = table(p["link"]);
      const agreement = p["agreement"] ? table(p["agreement"]) : null;
      return {
        id: text(p["id"]), title: text(p["title"]), names: table(p["names"]) as Record<string, string>, distress: texts(p["distress"]), state: text(p["state"]) as "active", why: text(p["why"]),
        link: {
          state: (text(link["state"]) || "never") as "up", last_heard_ms: number(link["last_heard_ms"]), behind: number(link["behind"]) ?? 0,
          lanes: table(link["lanes"]) as Record<string, number>, to_come: number(link["to_come"]) ?? 0, ahead_s: number(link["ahead_s"]), why: text(link["why"]),
          fault: text(link["fault"]), out_bit_s: number(link["out_bit_s"]), in_bit_s: number(link["in_bit_s"]), drain_s: table(link["drain_s"]) as Record<string, number | null>,
        },
        told: number(p["told"]), received: number(p["received"]), audiences: texts(p["audiences"]), tlp_max: text(p["tlp_max"]),
        agreement: agreement && { id: text(agreement["id"]), state: text(agreement["state"]), until_ms: number(agreement["until_ms"]) },
      };
    }),
    waiting: table(raw["waiting"]) as Record<string, number>,
  }; // prettier-ignore
}

export function rulesOf(raw: Raw): RulesPage {
  return {
    text: text(raw["text"]), version: number(raw["version"]) ?? 0, hash: text(raw["hash"]), back: raw["back"] === true,
    rules: rows(raw["rules"]) as unknown as RulesPage["rules"], findings: rows(raw["findings"]) as unknown as RulesPage["findings"],
    proposals: rows(raw["proposals"]) as unknown as RulesPage["proposals"], history: rows(raw["steps"]) as unknown as NonNullable<RulesPage["history"]>,
  }; // prettier-ignore
}

/** The form in which a record of a dry run is told, and when; null where it is not told. */
function toldAs(side: unknown): Form | null {
  const form = formOf(side);
  return form && { ...form, told_ms: number(table(side)["told_ms"]) };
}

export function previewOf(raw: Raw): Preview {
  const sample = (s: Raw): Sample => ({
    kind: text(s["kind"]), subject: texts(s["subject"]).join(", "), t_ms: number(s["at_ms"]), lat: number(s["lat"]), lon: number(s["lon"]), change: text(s["change"]) as Sample["change"],
    before: toldAs(s["before"]), after: toldAs(s["after"]), rule: text(s["rule"]), event: text(s["event"]),
  }); // prettier-ignore
  return {
    looked_at: number(raw["looked_at"]) ?? 0, from_ms: number(raw["from_ms"]) ?? 0, short: raw["short"] === true,
    partners: rows(raw["partners"]).map((p) => ({
      id: text(p["id"]), gains: number(p["gains"]) ?? 0, loses: number(p["loses"]) ?? 0, changes: number(p["changes"]) ?? 0, moves: number(p["moves"]) ?? 0,
      before: number(p["before"]) ?? 0, after: number(p["after"]) ?? 0,
      by_kind: table(p["by_kind"]) as Preview["partners"][number]["by_kind"], sample: rows(p["sample"]).map(sample), box: (p["box"] ?? null) as [number, number, number, number] | null,
    })),
  }; // prettier-ignore
}

export function whoOf(raw: Raw): WhoSees {
  const of = table(raw["of"]);
  const partners = rows(raw["partners"]).map((p): SeenBy => {
    const as = p["as"] ? table(p["as"]) : null;
    const by = rows(p["rules"]) as unknown as SeenBy["rules"];
    return {
      id: text(p["id"]), verdict: (text(p["verdict"]) || "withhold") as "release", rules: by, why: reasons(p["reasons"], p["why"]), told_at_ms: number(p["told_at_ms"]), record: text(p["record"]), log: text(p["log"]), n: number(p["n"]),
      label: labelOf(table(p["decision"])["label"]),
      as: as && { lat: number(as["lat"]), lon: number(as["lon"]), cell_m: number(as["cell_m"]), delay_s: number(as["delay_s"]), bucket_s: number(as["bucket_s"]), t_ms: number(as["observed_ms"]), masked: texts(as["subject"]).some((s) => s.startsWith("pseudonym")) },
    }; // prettier-ignore
  });
  return { of: { label: labelOf(of["label"]), origin: text(of["origin"]), recalled: text(of["recalled"]) || null, statements: rows(of["statements"]) as unknown as NonNullable<WhoSees["of"]["statements"]> }, partners };
}

const hop = (h: Raw): Hop => ({ party: text(h["party"]), via: text(h["via"]), depth: number(h["depth"]) ?? 1, state: text(h["state"]) as Hop["state"], why: text(h["why"]) });

export const ledgerOf = (raw: Raw): { rows: readonly LedgerRow[]; next: number | null } => ({
  rows: rows(raw["rows"]).map((r) => ({
    log: text(r["log"]), n: number(r["n"]) ?? 0, at_ms: number(r["at_ms"]) ?? 0, to: text(r["to"]), kind: text(r["kind"]), subject: texts(r["subject"]).join(", "), record: text(r["record"]),
    rule: text(r["rule"]), clause: text(r["clause"]), acked_ms: number(r["acked_ms"]), verdict: text(r["verdict"]), why: reasons(r["reasons"], r["why"]),
  })),
  next: number(raw["next"]),
}); // prettier-ignore

export function storyOf(raw: Raw): Story {
  const record = table(raw["record"]);
  const recall = raw["recall"] ? table(raw["recall"]) : null;
  return {
    record: text(raw["id"]), kind: text(record["kind"]), subject: texts(record["subject"]).join(", "), at_ms: number(record["observed_ms"]), label: labelOf(record["label"]), bytes: text(raw["bytes"]), origin: text(record["origin"]),
    decisions: rows(raw["decisions"]).map((d) => ({
      at_ms: number(d["at_ms"]) ?? 0, to: text(d["to"]), verdict: text(d["verdict"]), rules: texts(d["rules"]), transforms: texts(d["transforms"]), version: number(d["version"]), policy: text(d["policy"]), why: reasons(d["reasons"], d["why"]),
      clauses: rows(d["clauses"]).map((c) => ({ id: text(c["ref"]), title: c["title"] as Story["decisions"][number]["clauses"][number]["title"], text: c["text"] as Story["decisions"][number]["clauses"][number]["text"] })),
    })),
    logs: rows(raw["logs"]).map((l) => ({ log: text(l["log"]), n: number(l["n"]) ?? 0, to: text(l["audience"]), side: text(l["side"]), proof: l["proof"] === true, receipts: rows(l["receipts"]).map((r) => ({ by: text(r["by"]), at_ms: number(r["at_ms"]) ?? 0 })) })),
    recall: recall && { id: text(recall["id"] ?? recall["recall"]), action: text(recall["action"]), at_ms: number(recall["at_ms"]), hops: rows(recall["hops"]).map(hop) },
  }; // prettier-ignore
}

export const recallsOf = (raw: Raw): readonly Recall[] =>
  rows(raw["recalls"]).map((r) => ({
    id: text(r["id"]), action: text(r["action"]), reason: text(r["reason"]), text: text(r["text"]), by: text(r["officer"]), at_ms: number(r["at_ms"]) ?? 0, origin: text(r["by"]), mine: r["mine"] === true,
    records: texts(r["first"]), n: number(r["records"]) ?? 0, hops: rows(r["hops"]).map(hop),
  })); // prettier-ignore

const scopeOf = (r: Raw) => ({
  records: texts(r["records"]), kinds: texts(r["kinds"]), subjects: texts(r["subjects"]), from_ms: number(r["from_ms"]), to: text(r["to"]), purpose: texts(r["purpose"]),
}); // prettier-ignore

export const grantsOf = (raw: Raw): Grants => ({
  grants: rows(raw["grants"]).map((g) => ({
    ...scopeOf(g), id: text(g["id"]), origin: text(g["origin"]), mine: g["mine"] === true, state: text(g["state"]), until_ms: number(g["until_ms"]) ?? 0, at_ms: number(g["at_ms"]) ?? 0, by: text(g["by"]), via: texts(g["via"]),
    went: rows(g["went"]).map((w) => ({ carrier: text(w["carrier"]), to: text(w["to"]), records: number(w["records"]) ?? 0, last_ms: number(w["last_ms"]) ?? 0 })),
  })),
  asked: rows(raw["asked"]).map((a) => ({
    ...scopeOf(a), id: text(a["id"]), by: text(a["by"]), of: text(a["of"]), mine: a["mine"] === true, answered: a["answered"] === true, state: text(a["state"]), text: text(a["text"]), why: text(a["why"]), at_ms: number(a["at_ms"]) ?? 0, until_ms: number(a["until_ms"]),
  })),
  proposals: rows(raw["proposals"]).map((p) => ({ ...scopeOf(p), id: text(p["id"]), by: text(p["by"]), until_ms: number(p["until_ms"]) ?? 0 })),
  strangers: rows(raw["strangers"]).map((s) => ({ party: text(s["party"]), fingerprint: text(s["fingerprint"]), carriers: texts(s["carriers"]), confirmed: s["confirmed"] === true })),
  aside: rows(raw["aside"]).map((a) => ({ record: text(a["record"]), origin: text(a["origin"]), carrier: text(a["carrier"]), kind: text(a["kind"]), why: text(a["why"]), because: reasons(a["because"], a["why"]) })),
}); // prettier-ignore

export const requestsOf = (raw: Raw): readonly Request[] =>
  rows(raw["requests"]).map((r) => ({
    id: text(r["id"]), by: text(r["by"]), to: text(r["to"]), mine: r["mine"] === true, owed: r["owed"] === true, kinds: texts(r["kinds"]), subject: texts(r["subject"]), purpose: texts(r["purpose"]), text: text(r["text"]),
    distress: r["distress"] === true, clause: text(r["clause"]), asked_ms: number(r["asked_ms"]) ?? 0, due_ms: number(r["due_ms"]), state: text(r["state"]), why: text(r["why"]), records: texts(r["records"]), geo: (r["geo"] ?? []) as number[],
  })); // prettier-ignore

export const reviewsOf = (raw: Raw): readonly Review[] => rows(raw["waiting"]) as unknown as readonly Review[];

export const quarantineOf = (raw: Raw): readonly Quarantined[] =>
  rows(raw["items"]).map((q) => ({ n: number(q["n"]) ?? 0, partner: text(q["partner"]), at_ms: number(q["at_ms"]) ?? 0, why: text(q["reason"]), because: reasons(q["because"], q["reason"]), size: number(q["size"]) ?? 0, begins: text(q["begins"]), source: text(q["source"]) }));

export const agreementsOf = (raw: Raw): readonly Agreement[] =>
  rows(raw["agreements"]).map((a) => ({
    id: text(a["id"]), version: number(a["version"]) ?? 1, title: a["title"] as Agreement["title"], state: text(a["state"]), why: reasons(a["reasons"], a["warning"]), starts_ms: number(a["starts_ms"]), ends_ms: number(a["ends_ms"]), days_left: number(a["days_left"]),
    mine_to_sign: a["mine_to_sign"] === true, sha256: text(a["sha256"]), current: a["current"] !== false,
    signed: rows(a["parties"]).map((p) => ({ party: text(p["node"] || p["id"]), name: p["name"] as Agreement["title"], signed: p["signed"] === true })),
    clauses: rows(a["clauses"]).map((c) => ({ id: text(c["id"]), title: c["title"] as Agreement["title"], text: c["text"] as Agreement["title"], distress: c["distress"] === true, rules: texts(c["rules"]) })),
    findings: rows(a["findings"]) as unknown as Agreement["findings"],
  })); // prettier-ignore

export function exposureOf(raw: Raw): Exposure {
  return {
    party: text(raw["partner"]), holds: { records: number(raw["released"]) ?? 0, by_kind: table(raw["by_kind"]) as Record<string, number>, confirmed: number(raw["confirmed"]) ?? 0 },
    may_have: rows(raw["through"]).map((m) => ({ via: text(m["by"]), why: text(m["through"]), records: number(m["records"]) ?? 0 })),
    may_pass_to: rows(raw["onward"]).map((m) => ({ to: text(m["to"]), why: text(m["by"]), records: number(m["records"]) ?? 0 })),
    acts: rows(raw["ends"]).map((a) => ({ what: text(a["what"]), about: text(a["about"]), why: text(a["why"]) })),
  }; // prettier-ignore
}

export function briefOf(raw: Raw): IncidentBrief {
  const waits = table(raw["waits"]);
  return {
    id: text(raw["id"]), kind: text(raw["kind"]), title: text(raw["title"]), what: afterTitle(text(raw["what"]), text(raw["title"])), lat: number(raw["lat"]), lon: number(raw["lon"]), opened_ms: number(raw["opened_ms"]) ?? 0, opened_by: text(raw["opened_by"]), coordinator: text(raw["coordinator"]),
    closed: raw["state"] === "closed", desks: Object.fromEntries(rows(raw["desks"]).map((d) => [text(d["id"]), text(d["state"])])), lines: number(raw["entries"]) ?? 0, last_ms: number(raw["newest_ms"]) ?? 0,
    waits: texts(waits["tasks"]).length + texts(waits["closure"]).length + Number(waits["asked"] === true) + Number(waits["handover"] === true),
  }; // prettier-ignore
}

/** What was said beside the title, where its first line is the title. */
const afterTitle = (what: string, title: string): string => (what === title ? "" : what.startsWith(`${title}\n`) ? what.slice(title.length + 1) : what);

export function incidentOf(raw: Raw): Incident {
  const me = text(raw["me"]);
  const offer = raw["offer_open"] ? table(raw["offer_open"]) : null;
  const proposal = rows(raw["proposals"]).at(-1);
  const forks = new Set(rows(raw["forks"]).map((f) => `${text(f["author"])}/${text(f["n"])}`));
  const outcome = raw["outcome"] ? table(raw["outcome"]) : null;
  const line = (e: Raw): TimelineLine => {
    const told = rows(e["told"]);
    const pos = table(e["body"])["pos"] ?? table(e["params"])["pos"];
    const place = Array.isArray(pos) ? (pos as number[]) : null;
    const free = text(e["text"]);
    const waits = told.find((x) => x["state"] === "waits" && text(x["why"]));
    return {
      id: text(e["id"]), origin: text(e["author"]), by: text(e["by"]), at_ms: number(e["at_ms"]) ?? 0, kind: text(e["kind"]), text: free || (e["words"] as TimelineLine["text"]), lang: free ? text(e["lang"]) : "",
      overtaken: text(e["overtaken"]), fork: forks.has(`${text(e["author"])}/${text(e["n"])}`), lat: place?.[1] ?? null, lon: place?.[0] ?? null, recalled: e["recalled"] === true,
      acked: told.length ? told.every((x) => x["state"] === "acknowledged") : null, task: e["kind"] === "task" ? text(e["of"]) : "", held: waits ? { rule: text(waits["rule"]), why: reasons(waits["reasons"], waits["why"]) } : null,
    };
  }; // prettier-ignore
  return {
    ...briefOf(raw), me, vessel: text(raw["vessel"]), persons: number(raw["persons"]), happened_ms: number(raw["at_ms"]),
    what: afterTitle(text(raw["what"]), text(raw["title"])),
    timeline: rows(raw["timeline"]).map(line),
    tasks: rows(raw["tasks"]).map((x) => ({ id: text(x["id"]), by: text(x["by"]), to: text(x["to"]), state: text(x["state"]) as "offered", text: x["words"] as Incident["tasks"][number]["text"], unit: "", until_ms: number(x["until_ms"]), why: text(x["why"]), may: texts(x["may"]) })),
    on_scene: rows(raw["on_scene"]).map((u) => ({ origin: text(u["desk"]), unit: text(u["unit"]), state: text(u["state"]) as "left", lat: number(u["lat"]), lon: number(u["lon"]), place_ms: number(u["place_ms"]), at_ms: number(u["at_ms"]), osc: u["osc"] === true })),
    drawings: rows(raw["drawings"]).map((d) => ({
      id: `${text(d["desk"])}/${text(d["label"])}`, origin: text(d["desk"]), label: text(d["label"]), shape: text(d["shape"]) as "point", points: (d["points"] ?? []) as [number, number][], pattern: text(d["pattern"]), spacing_nm: number(d["nm"]),
      bearing_deg: number(d["brg"]), legs: number(d["legs"]), text: text(d["text"]), ...(d["track"] ? { track: d["track"] as [number, number][] } : {}),
    })),
    fixes: rows(raw["shared"]).map((s) => {
      const at = table(s["geometry"])["type"] === "Point" ? (table(s["geometry"])["coordinates"] as number[]) : null;
      return { record: text(s["record"] ?? s["id"]), origin: text(s["origin"]), what: text(s["what"]), lat: at?.[1] ?? null, lon: at?.[0] ?? null, t_ms: number(s["at_ms"]), name: texts(s["subject"]).join(", "), here: s["here"] === true, recalled: s["recalled"] === true };
    }),
    readings: Object.fromEntries(rows(raw["readings"]).map((r) => [text(r["desk"]), text(r["text"])])),
    handover: offer && { id: text(offer["id"]), by: text(raw["coordinator"]), to: text(offer["to"]) },
    closure: proposal && raw["state"] !== "closed" ? { id: text(proposal["id"]), by: text(proposal["by"]), text: proposal["words"] as Incident["tasks"][number]["text"], agreed: texts(proposal["agreed"]) } : null,
    outcome: outcome && (outcome["words"] as Incident["tasks"][number]["text"]),
    joint: raw["joint"] ? { sha256: text(table(raw["joint"])["sha256"]), signed: rows(table(raw["joint"])["signed"]).map((s) => ({ desk: text(s["desk"]), same: s["same"] === true })) } : null,
    glass: rows(raw["ways"]).filter((w) => w["how"] === "break_glass").map((w) => ({ to: text(w["desk"]), by: text(w["by"]), at_ms: number(w["at_ms"]) ?? 0, clause: text(w["clause"]) })),
    offerable: rows(raw["ways"]).filter((w) => w["how"] === "").map((w) => ({ to: text(w["desk"]), clauses: text(w["clause"]) })),
    waiting: number(raw["waiting"]) ?? 0,
    sitreps: rows(raw["sitreps"]).map((s) => ({
      id: text(s["id"]), number: number(s["no"]) ?? 0, by: text(s["by"]), at_ms: number(s["at_ms"]) ?? 0, priority: text(s["prio"]), to: texts(s["to"]), fields: Object.fromEntries(Object.entries(table(s["fields"])).map(([letter, words]) => [letter, text(words)])),
    })),
  }; // prettier-ignore
}

export const sitrepOf = (raw: Raw): SitrepPage => ({
  number: number(raw["no"]) ?? 0, priority: text(raw["prio"]), to: texts(raw["to"]), text: text(raw["text"]),
  fields: rows(raw["fields"]).map((f) => ({ letter: text(f["letter"]), name: f["name"] as string, text: text(f["text"]) })),
}); // prettier-ignore
