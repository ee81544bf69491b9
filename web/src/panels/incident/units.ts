/** Which symbol of APP-6 a unit of ours or of a partner has, for those who turned the symbols on. */
import { readPrefs, writePrefs } from "../prefs";
import type { Desk } from "../desk";

/** Symbol set and entity by what the unit is called; everything else is taken for a law-enforcement vessel. */
const KINDS: readonly (readonly [RegExp, string, string])[] = [
  [/\b(uav|uas|drone)\b|無人機|無人航空機|ドローン/i, "01", "110300"],
  [/\b(heli\w*|helo)\b|ヘリ|直升機/i, "01", "110200"],
  [/\b(aircraft|plane|fixed.wing)\b|航空機|飛行機|飛機|定翼機/i, "01", "110100"],
];
const VESSEL = ["30", "140300"] as const;

/** A code of 20 digits: a friend, present, in an exercise or in reality. */
export function symbolOf(unit: string, exercise: boolean): string {
  const [, set, entity] = KINDS.find(([words]) => words.test(unit)) ?? [null, ...VESSEL];
  return `10${exercise ? 1 : 0}3${set}0000${entity}0000`;
}

/** Whether this user wants the symbols; every other user of the station keeps plain shapes. */
export const wantsApp6 = (desk: Desk): boolean => readPrefs().app6?.includes(desk.me.user) ?? false;

export function wantApp6(desk: Desk, on: boolean): void {
  const others = (readPrefs().app6 ?? []).filter((user) => user !== desk.me.user);
  writePrefs({ app6: on ? [...others, desk.me.user] : others });
  desk.tell("symbols");
}
