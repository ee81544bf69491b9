import { describe, expect, test } from "vitest";
import { difference, rulesIn, type Value, withoutRule, withRule, withValue, written } from "../src/panels/release/rule_text";

const TEXT = `# What we tell. Nobody else is told anything.
version = 1
title = "Ours" # a title

# the picture, coarse
[[rule]]
id = "picture" # its name
clause = ["mou/4.1"]
to = [
  "south", # since 2026, and only
  "east",
]
then = "release"
match = { kind = ["track.position"], context = ["real"] } # no zone
transform = ["coarsen_position cell_m=1000", "delay delay_s=1200 bucket_s=300"]

# boats of our own
[[rule]]
id = 'own'
to = ["*"]
then = "withhold"
match = { subject = ["mmsi:431000001"] }
`;

describe("the text of rules, changed one value at a time", () => {
  test("rules are read with their values and lines", () => {
    const [a, b] = rulesIn(TEXT);
    expect([a!.id, a!.line, b!.id, b!.line]).toEqual(["picture", 6, "own", 18]);
    expect(a!.values).toEqual({ id: "picture", clause: ["mou/4.1"], to: ["south", "east"], then: "release", match: { kind: ["track.position"], context: ["real"] }, transform: ["coarsen_position cell_m=1000", "delay delay_s=1200 bucket_s=300"] }); // prettier-ignore
  });

  test("only what changes is written anew; comments and order stay", () => {
    const out = withValue(TEXT, 0, ["match", "zone"], ["strip"]);
    expect(out).toBe(TEXT.replace('context = ["real"] } # no zone', 'context = ["real"], zone = ["strip"] } # no zone'));
    expect(withValue(out, 0, ["match", "zone"], undefined)).toBe(TEXT);
    expect(withValue(TEXT, 0, ["to"], ["south", "east", "west"])).toContain('"south", # since 2026, and only\n  "east", "west",\n]');
    expect(withValue(TEXT, 0, ["to"], ["south"])).toContain('"south", # since 2026, and only\n');
    expect(rulesIn(withValue(TEXT, 0, ["to"], ["south"]))[0]!.values!["to"]).toEqual(["south"]);
    expect(withValue(TEXT, 0, ["note"], "why")).toContain('bucket_s=300"]\nnote = "why"\n\n# boats');
    expect(withValue(TEXT, 1, ["match", "subject"], undefined)).not.toContain("match = { subject");
    expect(withValue(TEXT, 0, ["then"], "release")).toBe(TEXT);
  });

  test("a rule is added at the end and taken away with the comment above it", () => {
    const more = withRule(TEXT, { id: "new", to: ["south"], then: "release", label: { tlp: "GREEN", retain_d: 90 } });
    expect(more.startsWith(TEXT)).toBe(true);
    expect(rulesIn(more)[2]!.values).toEqual({ id: "new", to: ["south"], then: "release", label: { tlp: "GREEN", retain_d: 90 } });
    expect(withoutRule(TEXT, 0)).toBe(TEXT.slice(0, TEXT.indexOf("# the picture")) + TEXT.slice(TEXT.indexOf("# boats")));
    expect(rulesIn(withoutRule(TEXT, 1)).map((r) => r.id)).toEqual(["picture"]);
  });

  test.each(["[rule.match]\nkind = ['a']", "match.kind = ['a']", 'note = """\nlong\n"""', "to = [1.5]", "a = 1\na = 2"])("what is written in another way is left to the text: %s", (odd) => {
    const [rule] = rulesIn(`version = 1\n[[rule]]\nid = "x"\n${odd}\n`);
    expect(rule!.id).toBe("x");
    expect(rule!.values).toBeNull();
    expect(() => withValue(`[[rule]]\nid = "x"\n${odd}\n`, 0, ["then"], "release")).toThrow();
  }); // prettier-ignore

  test("whatever is put in is read again, and nothing else has changed", () => {
    let seed = 7;
    const next = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
    const words = ["a", "b,c", 'd"e', "f # g", "h\\i", "漂"];
    const some = (): Value => words.filter(() => next(2));
    for (let i = 0; i < 400; i++) {
      let text = TEXT;
      const wanted: Record<string, Value>[] = rulesIn(TEXT).map((r) => structuredClone(r.values!) as Record<string, Value>);
      for (let k = 0; k < 6; k++) {
        const rule = next(2);
        const path = ([["to"], ["note"], ["match", "kind"], ["match", "zone"], ["clause"], ["label", "tlp"]] as const)[next(6)]!;
        const value = path[0] === "note" || path[1] === "tlp" ? words[next(6)]! : next(5) ? some() : undefined;
        text = withValue(text, rule, path, value);
        if (path.length === 1) value === undefined ? delete wanted[rule]![path[0]] : (wanted[rule]![path[0]] = value);
        else {
          const inner = { ...(wanted[rule]![path[0]] as Record<string, Value> | undefined) };
          if (value === undefined) delete inner[path[1]];
          else inner[path[1]] = value;
          if (Object.keys(inner).length) wanted[rule]![path[0]] = inner;
          else delete wanted[rule]![path[0]];
        }
      }
      const sets = (v: unknown): unknown => (Array.isArray(v) ? [...v].sort() : v && typeof v === "object" ? Object.fromEntries(Object.entries(v).map(([a, b]) => [a, sets(b)]).sort()) : v);
      expect(rulesIn(text).map((r) => sets(r.values))).toEqual(wanted.map(sets));
      for (const comment of ["# What we tell. Nobody else is told anything.", "# a title", "# the picture, coarse", "# its name", "# boats of our own"]) expect(text).toContain(comment);
    }
  }); // prettier-ignore

  test("the difference shows what goes and what comes, and what stands around", () => {
    const after = withValue(TEXT, 0, ["match", "zone"], ["strip"]);
    const rows = difference(TEXT, after);
    expect(rows.filter((r) => r.sign === "-").map((r) => r.text)).toEqual(['match = { kind = ["track.position"], context = ["real"] } # no zone']);
    expect(rows.find((r) => r.sign === "+")).toEqual({ sign: "+", text: 'match = { kind = ["track.position"], context = ["real"], zone = ["strip"] } # no zone', line: 14 });
    expect(rows.filter((r) => r.sign === " ").length).toBe(4);
    expect(difference(TEXT, TEXT)).toEqual([]);
  });

  test("texts are written so that TOML reads them", () => {
    expect(written('say "no" \\ \n')).toBe('"say \\"no\\" \\\\ \\n"');
    expect(written({ a: [1, true], b: "x" })).toBe('{ a = [1, true], b = "x" }');
  });
});
