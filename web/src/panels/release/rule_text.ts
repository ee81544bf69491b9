/**
 * The text of the rules, changed one value at a time. Only what is changed is written anew: comments, order and everything
 * that this does not understand stay letter by letter. It reads as much of TOML as rules are written in: `[[rule]]` tables
 * of keys with strings, numbers, true and false, lists and inline tables. A rule that is written in another way
 * (sub-tables, dotted keys, texts of several lines) cannot be changed here, and `rulesIn` says so.
 */
export type Value = string | number | boolean | readonly Value[] | Readonly<{ [key: string]: Value }>;

interface Node {
  start: number;
  end: number;
  value: Value;
  items?: readonly Node[];
  entries?: readonly Entry[];
}
interface Entry {
  key: string;
  start: number;
  node: Node;
}
export interface RuleText {
  id: string;
  /** First line of its table, from 1 on. */
  line: number;
  start: number;
  end: number;
  /** Its values; null where it is written in a way that cannot be changed here. */
  values: Readonly<Record<string, Value>> | null;
  entries: readonly Entry[];
}

class Odd extends Error {}

/** Every `[[rule]]` of a text, in its order. */
export function rulesIn(text: string): readonly RuleText[] {
  const heads = [...text.matchAll(/^[ \t]*\[.*$/gm)];
  return heads.flatMap((head, k): readonly RuleText[] => {
    if (!/^[ \t]*\[\[[ \t]*rule[ \t]*\]\][ \t]*(#.*)?$/.test(head[0])) return [];
    const next = heads[k + 1];
    const start = head.index;
    const end = next ? next.index : text.length;
    const line = text.slice(0, start).split("\n").length;
    const parts = next && /^[ \t]*\[\[?[ \t]*rule[ \t]*\./.test(next[0]); // [rule.match] belongs to it
    try {
      if (parts) throw new Odd();
      const entries = new Reader(text, start + head[0].length, end).entries();
      const values = Object.fromEntries(entries.map((e) => [e.key, e.node.value]));
      return [{ id: String(values["id"] ?? ""), line, start, end, values, entries }];
    } catch (error) {
      if (!(error instanceof Odd)) throw error;
      const id = /^[ \t]*id[ \t]*=[ \t]*["']([^"']*)["']/m.exec(text.slice(start, end))?.[1] ?? "";
      return [{ id, line, start, end, values: null, entries: [] }];
    }
  });
}

class Reader {
  #at: number;

  constructor(
    private readonly text: string,
    from: number,
    private readonly end: number,
  ) {
    this.#at = from;
  }

  entries(): readonly Entry[] {
    const out: Entry[] = [];
    for (;;) {
      this.#skip();
      if (this.#at >= this.end) return out;
      out.push(this.#entry());
      if (out.some((e, k) => out.findIndex((f) => f.key === e.key) !== k)) throw new Odd();
    }
  }

  #entry(): Entry {
    const start = this.#at;
    const found = this.#match(/[A-Za-z0-9_-]+[ \t]*=[ \t]*/y);
    const key = found.slice(0, found.indexOf("=")).trim();
    return { key, start, node: this.#value() };
  }

  #value(): Node {
    const start = this.#at;
    const first = this.text[this.#at];
    if (first === '"' || first === "'") {
      if (this.text.startsWith(first.repeat(3), this.#at)) throw new Odd();
      const raw = this.#match(first === '"' ? /"(?:[^"\\\n]|\\["\\bfnrt]|\\u[0-9a-fA-F]{4})*"/y : /'[^'\n]*'/y);
      return { start, end: this.#at, value: first === '"' ? (JSON.parse(raw) as string) : raw.slice(1, -1) };
    }
    if (first === "[") return this.#list(start);
    if (first === "{") return this.#table(start);
    const raw = this.#match(/true|false|[+-]?\d[\d_]*(?![\w.:])/y);
    return { start, end: this.#at, value: raw === "true" ? true : raw === "false" ? false : Number(raw.replaceAll("_", "")) };
  }

  #list(start: number): Node {
    this.#at++;
    const items: Node[] = [];
    for (;;) {
      this.#skip();
      if (this.#take("]")) break;
      items.push(this.#value());
      this.#skip();
      if (this.#take(",")) continue;
      if (!this.#take("]")) throw new Odd();
      break;
    }
    return { start, end: this.#at, value: items.map((i) => i.value), items };
  }

  #table(start: number): Node {
    this.#at++;
    const entries: Entry[] = [];
    for (;;) {
      this.#match(/[ \t]*/y);
      if (this.#take("}")) break;
      entries.push(this.#entry());
      this.#match(/[ \t]*/y);
      if (this.#take(",")) continue;
      if (!this.#take("}")) throw new Odd();
      break;
    }
    return { start, end: this.#at, value: Object.fromEntries(entries.map((e) => [e.key, e.node.value])), entries };
  }

  #skip(): void {
    this.#match(/(?:[ \t\r\n]|#[^\n]*)*/y);
  }

  #take(sign: string): boolean {
    if (this.text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found || pattern.lastIndex > this.end) throw new Odd();
    this.#at = pattern.lastIndex;
    return found[0];
  }
}

/** A value as TOML. */
export function written(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value).replace(/\u007f/g, "\\u007f");
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(written).join(", ")}]`;
  return `{ ${Object.entries(value).map(([k, v]) => `${k} = ${written(v)}`).join(", ")} }`; // prettier-ignore
}

const cut = (text: string, start: number, end: number, by = ""): string => text.slice(0, start) + by + text.slice(end);
/** Lists here are sets: their order means nothing. */
const same = (a: Value | undefined, b: Value | undefined): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (v: Value | undefined): unknown => (Array.isArray(v) ? (v as readonly Value[]).map((x) => JSON.stringify(x)).sort() : v);

/**
 * The text with one value of one rule changed; `undefined` takes the key away. `path` is a key, or a key of an inline table
 * (`match`, `zone`). Lists keep what stays in them where it stands. The rule must be one that can be changed.
 */
export function withValue(text: string, rule: number, path: Path, value: Value | undefined): string {
  const out = put(text, rule, path, value);
  if (same(at(out, rule, path), value)) return out;
  return put(put(text, rule, path, undefined), rule, path, value); // a list that is written too oddly is written anew
}

export type Path = readonly [string] | readonly [string, string];

function at(text: string, rule: number, [key, inner]: Path): Value | undefined {
  const top = rulesIn(text)[rule]?.values?.[key];
  return inner === undefined ? top : (top as Record<string, Value> | undefined)?.[inner];
}

function put(text: string, rule: number, path: Path, value: Value | undefined): string {
  const found = rulesIn(text)[rule];
  if (!found?.values) throw new Error("this rule can only be changed as text");
  const top = found.entries.find((e) => e.key === path[0]);
  if (path.length === 1) return top ? (value === undefined ? withoutLine(text, top) : changed(text, top.node, value)) : value === undefined ? text : withLine(text, found, path[0], value);
  if (!top) return value === undefined ? text : withLine(text, found, path[0], { [path[1]]: value });
  if (!top.node.entries) throw new Error("this rule can only be changed as text");
  const inner = top.node.entries.find((e) => e.key === path[1]);
  if (inner && value !== undefined) return changed(text, inner.node, value);
  if (inner) return top.node.entries.length === 1 ? withoutLine(text, top) : without(text, top.node.entries.map((e) => [e.start, e.node.end]), top.node.entries.indexOf(inner)); // prettier-ignore
  if (value === undefined) return text;
  const last = top.node.entries.at(-1);
  const piece = `${path[1]} = ${written(value)}`;
  return last ? cut(text, last.node.end, last.node.end, `, ${piece}`) : cut(text, top.node.start, top.node.end, `{ ${piece} }`);
} // prettier-ignore

function changed(text: string, node: Node, value: Value): string {
  if (same(node.value, value)) return text;
  if (!node.items || !Array.isArray(value)) return cut(text, node.start, node.end, written(value));
  const wanted = value as readonly Value[];
  const keep = node.items.filter((i) => wanted.some((w) => same(w, i.value)));
  const fresh = wanted.filter((w) => !node.items!.some((i) => same(w, i.value)));
  if (!keep.length) return cut(text, node.start, node.end, written(value));
  const last = keep.at(-1)!;
  let out = fresh.length ? cut(text, last.end, last.end, `, ${fresh.map(written).join(", ")}`) : text; // prettier-ignore
  const grown = out.length - text.length;
  const spans = node.items.map((i) => [i.start + (i.start > last.end ? grown : 0), i.end + (i.end > last.end ? grown : 0)] as [number, number]);
  if (grown) spans[node.items.indexOf(last)]![1] += grown;
  for (let k = node.items.length - 1; k >= 0; k--) {
    if (keep.includes(node.items[k]!)) continue;
    const before = out.length;
    out = without(out, spans, k);
    const shrunk = before - out.length;
    spans.splice(k, 1);
    for (let j = k; j < spans.length; j++) spans[j] = [spans[j]![0] - shrunk, spans[j]![1] - shrunk];
  }
  return out;
}

/** Without one of the parts of a list or table, and one comma. */
function without(text: string, spans: readonly (readonly [number, number])[], k: number): string {
  const [start, end] = spans[k]!;
  const before = k > 0 ? spans[k - 1]![1] : 0;
  // a comment between belongs to the part before, and stays; a list may end with a comma
  if (k > 0 && !text.slice(before, start).includes("#")) return cut(text, text.indexOf(",", before), end);
  const rest = /^\s*,[ \t]*/.exec(text.slice(end));
  return cut(text, start, end + (rest?.[0].length ?? 0));
}

function withLine(text: string, rule: RuleText, key: string, value: Value): string {
  const last = rule.entries.at(-1);
  const from = last ? last.node.end : rule.start;
  const line = text.indexOf("\n", from);
  const at = line < 0 ? text.length : line;
  return cut(text, at, at, `\n${key} = ${written(value)}`);
}

function withoutLine(text: string, entry: Entry): string {
  const start = text.lastIndexOf("\n", entry.start) + 1;
  const line = text.indexOf("\n", entry.node.end);
  return cut(text, start, line < 0 ? text.length : line + 1);
}

/** The text with a new rule at its end. */
export function withRule(text: string, values: Readonly<Record<string, Value>>): string {
  const lines = Object.entries(values).map(([k, v]) => `${k} = ${written(v)}`);
  return `${text.replace(/\n*$/, "\n")}\n[[rule]]\n${lines.join("\n")}\n`;
}

/** The text without one rule. Comments that stand above its head go with it, for they speak of it. */
export function withoutRule(text: string, rule: number): string {
  const found = rulesIn(text)[rule]!;
  const body = found.entries.at(-1)?.node.end ?? found.end;
  const line = text.indexOf("\n", body);
  let end = found.entries.length && line >= 0 && line < found.end ? line + 1 : found.end;
  while (text[end] === "\n") end++;
  let start = found.start;
  for (;;) {
    const before = text.lastIndexOf("\n", start - 2) + 1;
    if (start === 0 || !/^[ \t]*#/.test(text.slice(before, start))) break;
    start = before;
  }
  return cut(text, start, end);
}

export interface DiffLine {
  sign: "-" | "+" | " " | "…";
  text: string;
  /** Where it stands in the new text. */
  line: number;
}

/** Lines that differ, with those around them: `-` gone, `+` new, ` ` as before; `…` where lines are passed over. */
export function difference(before: string, after: string, around = 2): readonly DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const [x, y] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)];
  const long = Array.from({ length: x.length + 1 }, () => new Uint16Array(y.length + 1));
  for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--) long[i]![j] = x[i] === y[j] ? long[i + 1]![j + 1]! + 1 : Math.max(long[i + 1]![j]!, long[i]![j + 1]!);
  const rows: { sign: "-" | "+" | " "; text: string; line: number }[] = a.slice(0, head).map((text, k) => ({ sign: " ", text, line: k + 1 }));
  let [i, j] = [0, 0];
  while (i < x.length || j < y.length)
    if (i < x.length && j < y.length && x[i] === y[j]) rows.push({ sign: " ", text: x[i++]!, line: head + ++j });
    else if (i < x.length && (j >= y.length || long[i + 1]![j]! >= long[i]![j + 1]!)) rows.push({ sign: "-", text: x[i++]!, line: head + j + 1 });
    else rows.push({ sign: "+", text: y[j++]!, line: head + j });
  rows.push(...a.slice(a.length - tail).map((text, k) => ({ sign: " " as const, text, line: b.length - tail + k + 1 })));
  const near = rows.map((_, k) => rows.slice(Math.max(0, k - around), k + around + 1).some((r) => r.sign !== " "));
  return rows.flatMap((row, k): readonly DiffLine[] => (near[k] ? [row] : near[k - 1] ? [{ sign: "…" as const, text: "", line: row.line }] : []));
} // prettier-ignore
