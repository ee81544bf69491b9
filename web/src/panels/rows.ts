/**
 * The rows of the alert list: one for each happening. Which alerts belong together is said by the node; here they are
 * filtered, put in order and named. An alert is always in one row, and a row says how many it holds.
 */
import type { Alert, AlertGroup, AlertList } from "../api/types";
import type { Filter } from "./desk";

export interface Row {
  id: string;
  group: AlertGroup;
  /** Members that the filter shows: those that wait first, then the newest. */
  members: readonly Alert[];
  /** Whether it belongs to the watch that is on now. */
  now: boolean;
}

const KEEP: Readonly<Record<Filter, (a: Alert) => boolean>> = {
  open: (a) => a.state === "new" || a.state === "acknowledged" || a.state === "withdrawn",
  silenced: (a) => a.state === "silenced",
  dismissed: (a) => a.state === "dismissed",
  all: () => true,
};
const WAITS: Readonly<Record<string, number>> = { new: 3, acknowledged: 2, silenced: 1, dismissed: 1, withdrawn: 0 };

export interface Wish {
  filter: Filter;
  /** Kind of event; empty shows all. */
  kind: string;
  order: "need" | "time";
  now: number;
}

/** Rows that a wish shows. Withdrawn alerts stay, so that nobody wonders where they went. */
export function rowsOf(list: AlertList | null, wish: Wish): readonly Row[] {
  if (!list) return [];
  const watch_ms = (list.watch_h ?? 8) * 3_600_000;
  const began = Math.floor(wish.now / watch_ms) * watch_ms;
  const byId = new Map(list.alerts.map((a) => [a.event_id, a]));
  const grouped = new Set((list.groups ?? []).flatMap((g) => g.members));
  const alone = list.alerts.filter((a) => !grouped.has(a.event_id)).map(single);
  const rows = [...(list.groups ?? []), ...alone].flatMap((group): Row[] => {
    const members = group.members
      .map((id) => byId.get(id))
      .filter((a): a is Alert => a !== undefined && KEEP[wish.filter](a) && (!wish.kind || a.event_type === wish.kind))
      .sort((a, b) => WAITS[b.state]! - WAITS[a.state]! || b.t - a.t);
    return members.length ? [{ id: group.id, group, members, now: Math.max(...members.map((a) => a.t)) >= began }] : [];
  });
  return rows.sort((a, b) => Number(b.now) - Number(a.now) || (wish.order === "need" ? need(b) - need(a) : 0) || newest(b) - newest(a) || (a.id < b.id ? -1 : 1));
}

/** What waits for somebody comes first, then by rank. */
const need = (row: Row): number => WAITS[row.members[0]!.state]! * 10 + row.group.rank;
const newest = (row: Row): number => Math.max(...row.members.map((a) => a.t));

const single = (a: Alert): AlertGroup => ({
  id: a.event_id, kind: "single", event_type: a.event_type, rank: 2, members: [a.event_id], mmsis: a.mmsis, zones: a.zones ?? [],
  claimants: [], t: a.t, first: a.t, events: 1,
}); // prettier-ignore

/** How many of each kind a list holds, for the choice of kinds. */
export function kindsOf(list: AlertList | null, filter: Filter): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const row of rowsOf(list, { filter, kind: "", order: "time", now: 0 })) out.set(row.group.event_type, (out.get(row.group.event_type) ?? 0) + 1);
  return out;
}

export const holds = (row: Row, id: string | null): boolean => id !== null && row.members.some((a) => a.event_id === id);
