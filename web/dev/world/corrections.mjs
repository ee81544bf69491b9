/** Corrections of the stand-in node: one of its own, told to two, and one of a partner. */
const label = "AMBER;rel=south";

/** What a node says of corrections; `records` are ids that its ledger knows. */
export function corrections(records, now) {
  const said = { by: "north", mine: true, at_ms: now - 600_000, since_ms: now - 600_000, text: "EXERCISE: it is another vessel", fields: ["subject"], instead: records[1] ?? null, instead_here: true, label };
  const parties = [{ party: "south", audience: "south", state: "acknowledged", at_ms: now - 540_000 }, { party: "east", audience: "east", state: "pending", at_ms: null }];
  const whole = { records: 1, first: records.slice(0, 1), not_here: 0, without_effect: 0, counts: 1 };
  return [
    { ...said, ...whole, id: "c1".repeat(32), officer: "release_officer", state: "open", parties },
    { ...said, ...whole, id: "c2".repeat(32), by: "south", mine: false, officer: "", text: "EXERCISE: an hour early", fields: ["observed_ms"], instead: null, state: "received", parties: [], without_effect: 1, counts: 0 },
  ]; // prettier-ignore
}

/** The same as they stand beside a record: that which counts, and what has no effect. */
export const beside = (all) => all.map((c) => ({ ...c, effect: c.mine, counts: c === all.find((o) => o.mine) }));

/** What `POST /api/sharing/corrections` answers. */
export function correct(world, body, user) {
  if (body.dry_run) return { would: [{ id: "c3".repeat(32), to: ["south"], parties: ["south"], records: body.records, label }] };
  world.version++;
  const parties = [{ party: "south", audience: "south", state: "told", at_ms: null }];
  world.corrections.unshift({ ...world.corrections[0], ...body, id: "c3".repeat(32), officer: user.name, records: body.records.length, first: body.records, at_ms: Date.now(), since_ms: Date.now(), parties });
  return { ids: ["c3".repeat(32)], corrections: world.corrections };
} // prettier-ignore
