/**
 * One rule as a form, for officers who do not write TOML. Every change is made in the text of the rules at once, value by
 * value, so that form, plain words, findings and text never say different things, and comments stay.
 */
import type { RuleChoices } from "../../api/sharing";
import { said } from "../../api/sharing";
import { t, word, type WordKey } from "../../i18n";
import { age } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import { kindWord } from "./parts";
import { rulesIn, type Path, type RuleText, type Value, withoutRule, withRule, withValue } from "./rule_text";

/** What the form needs of the page: the text, what may be named, and how a new text is taken over. */
export interface FormOf {
  desk: Desk;
  text: string;
  choices: RuleChoices;
  change(text: string): void;
  close(): void;
}

type Values = Readonly<Record<string, Value>>;
const list = (v: Value | undefined): readonly string[] => (Array.isArray(v) ? v.map(String) : []);
const table = (v: Value | undefined): Values => (v && typeof v === "object" && !Array.isArray(v) ? (v as Values) : {});

/** The place of a rule among all of a text. */
export const placeOf = (text: string, id: string): number => rulesIn(text).findIndex((r) => r.id === id);

export function ruleForm(f: FormOf, id: string): TemplateResult {
  const at = placeOf(f.text, id);
  const rule = rulesIn(f.text)[at];
  if (!rule) return html`<p class="empty">${t("form.gone")}</p>`;
  const head = html`<header class="form-head"><h3>${t("form.title")} <code>${id}</code></h3><button @click=${f.close}>${t("form.as_text")}</button></header>`;
  if (!rule.values) return html`${head}<p class="caution">${t("form.only_text", { line: rule.line })}</p>`;
  const v = rule.values;
  const put = (path: Path, value: Value | undefined) => f.change(withValue(f.text, at, path, value));
  const releases = v["then"] === "release";
  return html`${head}<div class="rule-form" @change=${(e: Event) => e.stopPropagation()}>
    ${choice("form.then", [["release", t("rules.releases")], ["withhold", t("rules.withholds")]], String(v["then"] ?? ""), (to) => f.change(turned(f.text, at, rule, to)))}
    ${checks("form.to", f.choices.audiences.map((a) => [a.id, audience(f.desk, a.id, a.title)]), list(v["to"]), (to) => put(["to"], to), true)}
    ${what(f, v, put)} ${where(f, v, releases, put)}
    ${releases ? html`${form(v, put)} ${label(f, v, put)} ${clauses(f, v, put)}` : nothing}
    ${kept(v)}
    <label>${t("form.note")}<input .value=${String(v["note"] ?? "")} maxlength="500" autocomplete="off" @change=${(e: Event) => put(["note"], (e.target as HTMLInputElement).value.trim() || undefined)} /></label>
    <p class="actions"><button class="danger quiet" @click=${() => { f.change(withoutRule(f.text, at)); f.close(); }}>${t("form.remove")}</button></p></div>`;
} // prettier-ignore

/** A new rule at the end of the text, that releases nothing yet: whom and what it is about is chosen next. */
export function newRule(text: string, choices: RuleChoices, releases = true): { text: string; id: string } {
  const ids = new Set(rulesIn(text).map((r) => r.id));
  let n = 1;
  while (ids.has(`rule-${n}`)) n++;
  const id = `rule-${n}`;
  const match = { kind: ["track.position"], ...(choices.context === "real" ? {} : { context: [choices.context.startsWith("exercise:") ? "exercise:*" : choices.context] }) };
  const held = choices.clauses.find((c) => c.holds);
  const to = choices.audiences.find((a) => a.id !== "*")?.id;
  const values: Record<string, Value> = { id, ...(releases && held ? { clause: [held.ref] } : {}), to: to ? [to] : ["*"], then: releases ? "release" : "withhold", match };
  if (releases) Object.assign(values, { transform: ["coarsen_position cell_m=5000", "delay delay_s=3600 bucket_s=600"], label: { tlp: "AMBER", retain_d: 90 } });
  return { text: withRule(text, values), id };
} // prettier-ignore

const audience = (desk: Desk, id: string, title: string): string => (id === "*" ? t("rules.everybody") : id.startsWith("c:") ? title : desk.sharing!.name(id));

/** A rule that withholds has no form, label, lane or clause: they go when it is turned. */
function turned(text: string, at: number, rule: RuleText, to: string): string {
  const gone = to === "withhold" ? ["transform", "label", "lane", "own_grid", "two_persons"].filter((k) => k in rule.values!) : [];
  return gone.reduce((out, key) => withValue(out, at, [key], undefined), withValue(text, at, ["then"], to));
}

type Put = (path: Path, value: Value | undefined) => void;

function what(f: FormOf, v: Values, put: Put): TemplateResult {
  const kinds = list(table(v["match"])["kind"]);
  const groups = [...new Set(f.choices.kinds.map((k) => k.split(".")[0]!))];
  const usual = USUAL.filter((g) => groups.includes(g));
  const rare = groups.filter((g) => !usual.includes(g));
  const set = (kind: string, on: boolean) => {
    const next = on ? [...kinds, kind] : kinds.filter((k) => k !== kind);
    put(["match", "kind"], next.length ? next : undefined);
  };
  const box = (kind: string) => html`<label class="choice"><input type="checkbox" .checked=${kinds.includes(kind)} @change=${(e: Event) => set(kind, (e.target as HTMLInputElement).checked)} />${kindWord(kind)}</label>`;
  const group = (g: string) => {
    const mine = [...f.choices.families.filter((k) => k === `${g}.*`), ...f.choices.kinds.filter((k) => k.split(".")[0] === g)];
    if (mine.length === 1) return box(mine[0]!);
    const some = mine.filter((k) => kinds.includes(k));
    return html`<details ?open=${some.length > 0}><summary>${word("kind_group", g)} ${some.length ? html`<span class="n">${some.length}</span>` : nothing}</summary><div class="choices">${mine.map(box)}</div></details>`;
  };
  return html`<fieldset><legend>${t("form.kinds")} ${kinds.length ? nothing : html`<strong class="old">${t("form.every_kind")}</strong>`}</legend>
    ${usual.map((g) => group(g))}
    <details ?open=${kinds.some((k) => rare.includes(k.split(".")[0]!))}><summary>${t("form.other_kinds")}</summary><div class="choices">${rare.map((g) => group(g))}</div></details></fieldset>`;
} // prettier-ignore

/** Groups of kinds that most rules are about; the others stand under one heading. */
const USUAL: readonly string[] = ["track", "detection", "event", "incident", "request", "answer"];
function where(f: FormOf, v: Values, releases: boolean, put: Put): TemplateResult {
  const zones = list(table(v["match"])["zone"]);
  const all = [...f.choices.zones, ...zones.filter((id) => !f.choices.zones.some((z) => z.id === id)).map((id) => ({ id, title: id }))];
  return html`<details class="fieldset" ?open=${zones.length > 0}><summary>${t("form.zones")} <span class="muted">${zones.length ? zones.length : t("form.anywhere")}</span></summary>
    <p class="muted">${t(releases ? "form.zones_release" : "form.zones_withhold")}</p>
    ${all.length ? checks(null, all.map((z) => [z.id, z.title]), zones, (to) => put(["match", "zone"], to.length ? to : undefined)) : html`<p class="empty">${t("form.no_zones")}</p>`}</details>`;
} // prettier-ignore

/** The parameters of one transform of the list, which may stand there as a text; null where it is not there. */
function step(v: Values, name: string): { item: string; values: Readonly<Record<string, string>> } | null {
  const item = list(v["transform"]).find((s) => s === name || s.startsWith(`${name} `));
  return item === undefined ? null : { item, values: Object.fromEntries(item.split(/\s+/).slice(1).map((p) => p.split("=") as [string, string])) };
} // prettier-ignore

function form(v: Values, put: Put): TemplateResult {
  const items = list(v["transform"]);
  const tables = Array.isArray(v["transform"]) && v["transform"].some((i) => typeof i === "object");
  if (tables) return html`<p class="caution">${t("form.transform_text")}</p>`;
  const set = (name: string, item: string | null) => {
    const old = step(v, name)?.item;
    const next = old === undefined ? (item ? [...items, item] : items) : items.flatMap((i) => (i === old ? (item ? [item] : []) : [i]));
    put(["transform"], next.length ? next : undefined);
  };
  const [cell, late, mask] = [step(v, "coarsen_position"), step(v, "delay"), step(v, "mask_identity")];
  const delay = { s: Number(late?.values["delay_s"] ?? 0), bucket: Number(late?.values["bucket_s"] ?? 60) };
  const told = (s: number, bucket: number) => set("delay", s || bucket > 60 ? `delay delay_s=${s} bucket_s=${bucket}` : null);
  const dropped = (step(v, "drop_fields")?.values["fields"] ?? "").split(",").filter(Boolean);
  const pick = (words: WordKey, options: readonly (readonly [string, string])[], value: string, on: (to: string) => void) => html`<label>${t(words)}<select @change=${(e: Event) => on((e.target as HTMLSelectElement).value)}>${options.map(([o, w]) => html`<option value=${o} ?selected=${o === value}>${w}</option>`)}</select></label>`;
  return html`<fieldset><legend>${t("form.form")}</legend><div class="grid2">
    ${pick("form.place", [["", t("form.exact")], ...CELLS_M.map((m) => [String(m), t("form.cell", { km: m / 1000 })] as const)], cell?.values["cell_m"] ?? "", (m) => set("coarsen_position", m ? `coarsen_position cell_m=${m}` : null))}
    <label>${t("form.late_min")}<input type="number" min="0" max="527040" step="1" .value=${String(Math.round(delay.s / 60))} @change=${(e: Event) => told(Math.max(0, Math.round(Number((e.target as HTMLInputElement).value) || 0)) * 60, delay.bucket)} /></label>
    ${pick("form.who", [["", t("form.named")], ...PERIODS_S.map((s) => [String(s), t("form.code", { age: age(s * 1000) })] as const)], mask?.values["period_s"] ?? (mask ? "86400" : ""), (s) => set("mask_identity", s ? `mask_identity period_s=${s}` : null))}
    ${pick("form.together", BUCKETS_S.map((s) => [String(s), age(s * 1000)] as const), String(delay.bucket), (s) => told(delay.s, Number(s)))}</div>
    <details ?open=${dropped.length > 0}><summary>${t("form.left_out")} <span class="muted">${dropped.length || ""}</span></summary>
      ${checks(null, FIELDS.map((x) => [x, word("field", x)]), dropped, (to) => set("drop_fields", to.length ? `drop_fields fields=${to.join(",")}` : null))}</details></fieldset>`;
} // prettier-ignore

const CELLS_M = [500, 1000, 5000, 10_000, 50_000] as const;
const PERIODS_S = [3600, 86_400, 604_800] as const;
const BUCKETS_S = [60, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400] as const;
const FIELDS = ["sog", "cog", "heading", "nav_status", "source", "sensor", "dimensions", "draught", "destination", "name", "callsign", "imo", "confidence", "evidence", "text"] as const;

function label(f: FormOf, v: Values, put: Put): TemplateResult {
  const given = table(v["label"]);
  return html`<fieldset><legend>${t("form.label")}</legend><div class="grid2">
    <label>TLP<select @change=${(e: Event) => put(["label", "tlp"], (e.target as HTMLSelectElement).value)}>${f.choices.tlp.map((x) => html`<option value=${x} ?selected=${x === String(given["tlp"] ?? "AMBER")}>TLP:${x}</option>`)}</select></label>
    <label>${t("form.retain_d")}<input type="number" min="1" max="36500" .value=${String(given["retain_d"] ?? "")} placeholder="–" @change=${(e: Event) => { const n = Math.round(Number((e.target as HTMLInputElement).value)); put(["label", "retain_d"], n >= 1 ? n : undefined); }} /></label>
    <label>${t("form.reshare")}<select @change=${(e: Event) => put(["label", "reshare"], (e.target as HTMLSelectElement).value)}>${f.choices.reshare.map((x) => html`<option value=${x} ?selected=${x === String(given["reshare"] ?? "none")}>${word("reshare", x)}</option>`)}</select></label></div></fieldset>`;
} // prettier-ignore

function clauses(f: FormOf, v: Values, put: Put): TemplateResult {
  const given = list(v["clause"]);
  const { language } = f.desk.state;
  const known = f.choices.clauses.map((c) => [c.ref, `${c.ref} ${said(c.title, language)}${c.holds ? "" : ` (${t("form.not_in_force")})`}`] as const);
  const all = [...known, ...given.filter((c) => !known.some(([ref]) => ref === c)).map((c) => [c, c] as const)];
  return all.length ? checks("form.clause", all, given, (to) => put(["clause"], to), true) : html`<p class="caution">${t("form.no_clause")}</p>`;
}

/** What the rule says beside what this form shows: it stays as it is written. */
function kept(v: Values): TemplateResult | typeof nothing {
  const shown = new Set(["id", "then", "to", "clause", "note", "transform", "label", "match"]);
  const match = table(v["match"]);
  const rest = [
    ...Object.keys(v).filter((k) => !shown.has(k)), ...Object.keys(match).filter((k) => k !== "kind" && k !== "zone").map((k) => `match.${k}`),
    ...Object.keys(table(v["label"])).filter((k) => !["tlp", "retain_d", "reshare"].includes(k)).map((k) => `label.${k}`),
    ...list(v["transform"]).map((s) => s.split(" ")[0]!).filter((s) => !["coarsen_position", "delay", "mask_identity", "drop_fields"].includes(s)),
  ]; // prettier-ignore
  return rest.length ? html`<p class="muted">${t("form.kept")} ${rest.map((k) => html`<code>${k}</code> `)}</p>` : nothing;
}

function choice(words: WordKey, options: readonly (readonly [string, string])[], value: string, on: (to: string) => void): TemplateResult {
  return html`<fieldset><legend>${t(words)}</legend><div class="choices">${options.map(([o, w]) => html`<label class="choice"><input type="radio" name=${words} .checked=${o === value} @change=${() => on(o)} />${w}</label>`)}</div></fieldset>`;
}

/** Boxes to tick. `needed`: one must stay, so the last cannot be taken away. */
function checks(words: WordKey | null, options: readonly (readonly [string, string])[], given: readonly string[], on: (to: readonly string[]) => void, needed = false): TemplateResult {
  const box = ([o, w]: readonly [string, string]) => {
    const ticked = given.includes(o);
    return html`<label class="choice"><input type="checkbox" .checked=${ticked} ?disabled=${needed && ticked && given.length === 1} @change=${(e: Event) => on((e.target as HTMLInputElement).checked ? [...given, o] : given.filter((g) => g !== o))} /><span dir="auto">${w}</span></label>`;
  };
  const boxes = html`<div class="choices ${options.length > 12 ? "many" : ""}">${options.map(box)}</div>`;
  return words ? html`<fieldset><legend>${t(words)}</legend>${boxes}</fieldset>` : boxes;
} // prettier-ignore
