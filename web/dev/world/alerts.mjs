// Invented alerts: a handful, of the kinds that the detectors know, on vessels of the invented fleet.
import { whereIs } from "./vessels.mjs";

const test = (name, measured, relation, threshold, unit = "") => {
  const held = { ">": measured > threshold, ">=": measured >= threshold, "<": measured < threshold, "<=": measured <= threshold };
  return { test: name, measured, threshold, relation, unit, passed: measured === null ? null : held[relation] };
};

const KINDS = [
  { event_type: "encounter", confidence: 0.91, hours: 2.1, pair: true,
    say: (a, b) => `MMSI ${a} and MMSI ${b} stayed 120 m apart (median) at 0.9 kn for 2.1 h from 2026-11-21T04:00:00Z, 31.4 nm from the nearest anchorage; consistent with a meeting at sea.`,
    evidence: [test("greatest_distance", 310, "<=", 500, "m"), test("longest_run", 2.1, ">=", 2, "h"), test("median_speed", 0.9, "<", 2, "kn"),
      test("distance_from_anchorage", 58.2, ">=", 10, "km"), test("distance_from_shore", 31.4, ">=", 2, "nm"), test("share_of_fixes_in_which_both_say_at_rest", null, "<", 0.5)],
    could: ["tug, pilot, supply or bunker service at work", "fishing or trawling together", "assistance or rescue"],
    settle: ["satellite radar or optical image of the area and time", "fishing log, bunker note or tug order", "sighting by patrol vessel or aircraft"] },
  { event_type: "gap", confidence: 0.83, hours: 13.6,
    say: (a) => `MMSI ${a} was not heard for 13.6 h from 2026-11-21T04:00:00Z to 2026-11-21T17:36:00Z, 31.2 nm apart; of other vessels expected near by in its first hours 96% were heard; consistent with a transmitter that did not send or was not received.`,
    evidence: [test("silence", 13.6, ">", 12, "h"), test("own_fixes_in_12_h_before", 412, ">=", 14), test("share_of_neighbours_heard", 0.96, ">=", 0.5),
      test("chance_that_silence_is_own", 0.83, ">=", 0.5), test("other_tracks_of_mmsi_heard", 0, "<=", 0), test("implied_speed", 31.2, "<=", 30, "kn")],
    could: ["receiver outage or poor propagation", "switched off while moored, as is usual and mostly allowed"],
    settle: ["fixes of another receiver or of satellites for the same hours", "radio call to the vessel or its operator"] },
  { event_type: "zone_visit", confidence: 0.64, hours: 1.4,
    say: (a) => `MMSI ${a} was inside EXERCISE area W (line of A; in the same hours also inside the line of B) for 1.4 h from 2026-11-21T04:00:00Z, up to 6.20 nm from the line, 0.10 nm at the first report; consistent with a slow stay.`,
    evidence: [test("reports_in_a_row_at_entry", 9, ">=", 2), test("entry_seen", 1, ">=", 1), test("exit_seen", 0, ">=", 1), test("deepest_inside_the_line", 11482, ">", 100, "m")],
    could: ["passage along a route that crosses the line", "shelter from weather, or distress"], settle: ["coastal radar track"],
    zones: [{ zone_id: "a", name: "EXERCISE area W", claimant: "A" }, { zone_id: "b", name: "EXERCISE area W", claimant: "B" }], manner: "slow",
    regions: [{ zone_id: "a", claimant: "A", view: "A", relation: "inside" }, { zone_id: "b", claimant: "B", view: "B", relation: "inside" }] },
  { event_type: "loitering", confidence: 0.58, hours: 9.2,
    say: (a) => `MMSI ${a} made 1.1 kn on average for 9.2 h from 2026-11-21T04:00:00Z, 42 nm from shore; consistent with loitering.`,
    evidence: [test("mean_implied_speed", 1.1, "<", 2, "kn"), test("duration", 9.2, ">=", 8, "h"), test("mean_distance_from_shore", 42, ">=", 20, "nm"), test("fixes_per_hour", 19, ">=", 1)],
    could: ["drifting for orders, weather or repair", "fishing, survey or research work"], settle: ["radio call to the vessel or its operator"] },
  { event_type: "dark_detection", confidence: 0.71, hours: 0, alone: true,
    say: () => "A radar contact of about 31 m at 2026-11-21T04:00:00Z was detected without a matching AIS report: the likeliest track passed 9.4 km away; probability that no track explains it 0.97.",
    evidence: [test("probability_without_track", 0.97, ">=", 0.9), test("vessels_heard_around", 38, ">=", 5), test("length", 31, ">=", 15, "m")],
    could: ["small craft, fishing boats, yachts and warships need not send AIS, or not everywhere"], settle: ["another pass or sweep over the place"] },
  { event_type: "encounter", confidence: 0.52, hours: 3.4, pair: true,
    say: (a, b) => `MMSI ${a} and MMSI ${b} stayed 240 m apart (median) at 1.6 kn for 3.4 h from 2026-11-21T04:00:00Z, 12.0 nm from the nearest anchorage; consistent with a meeting at sea.`,
    evidence: [test("greatest_distance", 480, "<=", 500, "m"), test("longest_run", 3.4, ">=", 2, "h")],
    could: ["fishing or trawling together"], settle: ["sighting by patrol vessel or aircraft"] },
  ...[0.9, 0.86, 0.81].map((confidence) => ({ event_type: "zone_visit", confidence, hours: 0.4, manner: "passage",
    zones: [{ zone_id: "ex-precaution", name: "EXERCISE precautionary area", claimant: "" }],
    say: (a) => `MMSI ${a} was inside EXERCISE precautionary area for 0.4 h from 2026-11-21T04:00:00Z, up to 2.10 nm from the line, 0.10 nm at the first report; consistent with a passage.`,
    evidence: [test("reports_in_a_row_at_entry", 9, ">=", 2), test("entry_seen", 1, ">=", 1)], could: ["position error near the line"], settle: ["coastal radar track"] })),
  { event_type: "gap", confidence: 0.55, hours: 16, withdrawn: "superseded: late data",
    say: (a) => `MMSI ${a} was not heard for 16.0 h from 2026-11-21T04:00:00Z to 2026-11-21T20:00:00Z, 31.2 nm apart; nothing is known of other vessels near by; consistent with a transmitter that did not send or was not received.`,
    evidence: [test("silence", 16, ">", 12, "h")], could: ["out of reach of the receivers"], settle: ["fixes of another receiver or of satellites for the same hours"] },
]; // prettier-ignore

const wordOf = (confidence) => (confidence >= 0.8 ? "high" : confidence >= 0.5 ? "moderate" : "low");

export function makeAlerts(fleet, now_s) {
  if (fleet.length < 10) return [];
  return KINDS.map((kind, i) => {
    const vessel = fleet[(i * 37 + 3) % fleet.length];
    const other = fleet[(i * 37 + 4) % fleet.length];
    const who = kind.alone ? [] : kind.pair ? [vessel, other] : [vessel];
    const t = now_s - 240 * (i + 1) * (i + 1);
    const { lon, lat } = whereIs(vessel, t);
    return {
      event_id: `ev-exercise-${String(i + 1).padStart(3, "0")}`, version: 1, event_type: kind.event_type, t: t * 1000, lat, lon,
      mmsis: who.map((v) => v.mmsi), names: who.map((v) => v.name), confidence: kind.confidence, word: wordOf(kind.confidence),
      summary: `EXERCISE: ${kind.say(...who.map((v) => v.mmsi))}`, zones: kind.zones ?? [], manner: kind.manner ?? "", joined: [], state: kind.withdrawn ? "withdrawn" : "new",
      by: null, at: null, until: null, reason: kind.withdrawn ?? "", kind: i,
    }; // prettier-ignore
  });
}

const RANK = { dark_detection: 3, gap: 3, encounter: 3, loitering: 2, zone_visit: 2 };

/** The rows of the list, as the node makes them: passages of one zone together, the rest alone. */
export function groupsOf(alerts) {
  const rows = new Map();
  for (const a of alerts) {
    const key = a.manner === "passage" ? `passages ${a.zones[0].zone_id}` : a.event_id;
    rows.set(key, [...(rows.get(key) ?? []), a]);
  }
  return [...rows.values()].map((members) => {
    const claimants = [...new Set(members.flatMap((a) => a.zones.map((z) => z.claimant)))].filter(Boolean).sort();
    return {
      id: members.at(-1).event_id, kind: members.length > 1 ? "passages" : claimants.length > 1 ? "rivals" : "single", event_type: members[0].event_type,
      rank: members[0].manner === "passage" ? 1 : RANK[members[0].event_type], members: members.map((a) => a.event_id), mmsis: members.flatMap((a) => a.mmsis),
      zones: members[0].zones, claimants, t: members[0].t, first: members.at(-1).t, events: members.length + (claimants.length > 1 ? 1 : 0),
    };
  }); // prettier-ignore
}

/** Everything about one alert, under the names that a table of events has in files. */
export function wholeEvent(alert, decisions) {
  const kind = KINDS[alert.kind];
  return {
    event_id: alert.event_id, version: alert.version, status: kind.withdrawn ? "superseded" : "closed", event_type: alert.event_type,
    mmsis: alert.mmsis, names: alert.names, start: alert.t - kind.hours * 3600_000, end: alert.t,
    start_lat: alert.lat, start_lon: alert.lon, end_lat: alert.lat, end_lon: alert.lon, confidence: alert.confidence, confidence_word: alert.word,
    summary: alert.summary, sources: kind.alone ? ["coastal radar", "AIS"] : ["AIS only"], regions: kind.regions ?? [],
    rule_id: alert.event_type, rule_version: "2.0", params: { distance_max_m: 500, duration_min_h: 2, speed_max_kn: 2 },
    evidence: kind.evidence, alternatives: kind.could, would_settle: kind.settle,
    proof: [{ table: "fixes", fixes: 97 }], event_info: {}, state: alert.state, decisions,
  }; // prettier-ignore
}
