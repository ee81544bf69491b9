// Invented alerts: a handful, of different kinds and confidence, on vessels of the invented fleet.
import { whereIs } from "./vessels.mjs";

const KINDS = [
  ["dark_rendezvous", 0.91, "likely", "Two vessels met for 41 min; one of them was silent for 79 min"],
  ["gap", 0.83, "likely", "Silent for 96 min where others nearby were heard without a break"],
  ["identity_clash", 0.88, "likely", "One MMSI was heard 212 nm apart within 4 min"],
  ["loitering", 0.58, "possible", "Drifted within 2 nm of a cable for 3.2 h"],
  ["zone_entry", 0.64, "possible", "Entered a zone where two claims overlap"],
  ["encounter", 0.71, "likely", "Stayed within 320 m of another vessel for 2.1 h"],
  ["speed_jump", 0.42, "possible", "Position jumped by 9 nm in 30 s"],
]; // prettier-ignore

export function makeAlerts(fleet, now_s) {
  if (fleet.length < 10) return [];
  return KINDS.map(([event_type, confidence, word, summary], i) => {
    const vessel = fleet[(i * 37 + 3) % fleet.length];
    const other = fleet[(i * 37 + 4) % fleet.length];
    const pair = event_type === "dark_rendezvous" || event_type === "encounter";
    const t = now_s - 240 * (i + 1) * (i + 1);
    const { lon, lat } = whereIs(vessel, t);
    return {
      event_id: `ev-exercise-${String(i + 1).padStart(3, "0")}`, version: 1, event_type, t: t * 1000, lat, lon,
      mmsis: pair ? [vessel.mmsi, other.mmsi] : [vessel.mmsi], names: pair ? [vessel.name, other.name] : [vessel.name],
      confidence, word, summary: `EXERCISE: ${summary}`, state: "new", by: null, at: null, until: null, reason: null,
    }; // prettier-ignore
  });
}

/** Everything about one alert. */
export function wholeEvent(alert, history) {
  const end = alert.t;
  return {
    ...alert, start: end - 41 * 60000, end, rule: { id: alert.event_type, version: "1.3" },
    evidence: [
      { text: "AIS silent 05:12 to 06:31 (79 min); usual interval here 9 s", value: 79, unit: "min", kind: "gap" },
      { text: "Reception at this place 96 % in the hour before", value: 96, unit: "%", kind: "coverage" },
      { text: "Two tracks closer than 320 m for 41 min below 2.1 kn", value: 320, unit: "m", kind: "distance" },
    ],
    alternatives: [
      { text: "The transponder failed and the crew repaired it", confidence: 0.06 },
      { text: "Both fished the same ground", confidence: 0.12 },
    ],
    would_settle: ["Radar contacts of the same hour", "A question by radio to either vessel"],
    proof: { counts: { fixes_before: 412, fixes_after: 97, vessels_heard: 38 } },
    params: { distance_max_m: 500, duration_min_s: 1800, speed_max_kn: 2.5 }, history,
  }; // prettier-ignore
}
