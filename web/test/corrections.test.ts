import { describe, expect, test } from "vitest";
import { correctedOf, correctionsOf, wouldOf } from "../src/api/corrections";
import { wished } from "../src/panels/release/corrections";

const ID = "a".repeat(64);
const said = {
  id: ID, by: "north", mine: false, at_ms: 1, since_ms: 2, text: "another vessel", fields: ["subject"], instead: null, instead_here: false, label: "AMBER;rel=south",
}; // prettier-ignore

describe("corrections", () => {
  test("of a record: which counts, and which is not its originator's", () => {
    const [counts, other] = correctionsOf({ corrections: [{ ...said, effect: true, counts: true }, { ...said, by: "east", effect: false, counts: false }] });
    expect(counts).toMatchObject({ by: "north", counts: true, effect: true, fields: ["subject"], instead: "" });
    expect(other).toMatchObject({ by: "east", counts: false, effect: false });
    expect(correctionsOf({})).toEqual([]);
    expect(correctionsOf(null)).toEqual([]);
  });

  test("as a whole: who has one of ours, and on how many records another's has no effect", () => {
    const parties = [{ party: "south", audience: "south", state: "told", at_ms: null }];
    const [c] = correctedOf({ corrections: [{ ...said, mine: true, officer: "aiko", records: 7, first: [ID], without_effect: 2, counts: 5, parties }] });
    expect(c).toMatchObject({ officer: "aiko", n: 7, records: [ID], without_effect: 2, parties: [{ party: "south", state: "told", at_ms: null }] });
  });

  test("what a form asks for, and to whom it would go", () => {
    const form = new FormData();
    form.set("text", "  off by a mile ");
    form.set("fields", "geo, subject、 observed_ms");
    form.set("instead", "");
    expect(wished(ID, form)).toEqual({ records: [ID], text: "off by a mile", fields: ["geo", "subject", "observed_ms"], instead: null });
    form.set("instead", ID);
    expect(wished(ID, form).instead).toBe(ID);
    expect(wouldOf({ would: [{ to: ["south"], parties: ["south"], records: [ID], label: "AMBER;rel=south" }] })).toEqual([{ parties: ["south"], n: 1, label: "AMBER;rel=south" }]);
  });
});
