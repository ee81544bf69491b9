/** Rules of release: in plain words beside their text. Edited here, checked while typing, with each finding at its line. */
import "./rules.css";
import type { Finding, Preview, Rule, RuleChoices, RulesPage } from "../../api/sharing";
import { said } from "../../api/sharing";
import { rulesOf } from "../../api/sharing_shapes";
import { t, word } from "../../i18n";
import { reasonsWords } from "../../i18n/reasons";
import { short, utc } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { Asked, does, kindWord, type PartMaker } from "./parts";
import { dryRun } from "./dry_run";
import { differenceTable } from "./preview";
import { newRule, ruleForm } from "./rule_form";
import { difference } from "./rule_text";

const CHECK_MS = 450;
/** What is being written, kept while other parts are looked at; the dry run looks at it too. */
export const draft = { text: null as string | null };

export const rulesPart: PartMaker = (desk, draw) => {
  const page = new Asked<RulesPage>(desk, draw);
  const checked = new Asked<{ findings: readonly Finding[]; rules?: readonly Rule[] }>(desk, draw);
  const choices = new Asked<RuleChoices>(desk, draw);
  const exact = new Asked<Preview>(desk, draw);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let area: HTMLTextAreaElement | null = null;
  /** The rule that stands as a form; empty while the text is shown. */
  let formed = "";
  /** Texts before the changes made by form, to go back to one by one. */
  let before: (string | null)[] = [];
  const pull = () => {
    void page.get("/api/sharing/rules", rulesOf);
    if (desk.may("release") && !choices.value) void choices.run(() => desk.api.get<RuleChoices>("/api/sharing/rules/choices"));
  };
  const typed = (event: Event) => take((event.target as HTMLTextAreaElement).value);
  const change = (text: string) => {
    before = [...before, draft.text].slice(-UNDO_MOST);
    take(text);
  };
  const undo = () => {
    const text = before.pop();
    if (text !== undefined) take(text);
  };
  const take = (text: string | null) => {
    draft.text = text;
    exact.value = null;
    clearTimeout(timer);
    if (text === null) return draw();
    timer = setTimeout(() => void checked.run(() => desk.api.post("/api/sharing/rules/check", { text: draft.text })), CHECK_MS);
    draw();
  };
  const toLine = (line: number) => {
    formed = "";
    draw();
    requestAnimationFrame(() => toLineOf(line));
  };
  const toLineOf = (line: number) => {
    area = document.querySelector("#rules-text");
    if (!area) return;
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((n, l) => n + l.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    area.scrollTop = (line - 4) * LINE_PX;
  };
  return {
    come: pull,
    news: pull,
    view() {
      const p = page.value;
      if (!p) return page.instead();
      const text = draft.text ?? p.text;
      const changed = draft.text !== null && draft.text !== p.text;
      const findings = changed ? (checked.value?.findings ?? []) : p.findings;
      const rules = (changed && checked.value?.rules) || p.rules;
      const errors = findings.filter((f) => f.level === "error").length;
      return html`${standing(desk, p)}
        <div class="rules-two">
          <section aria-label=${t("rules.in_words")}><h3>${t("rules.in_words")}</h3>
            ${rules.length ? html`<ol class="rule-words">${rules.map((r) => ruleCard(desk, r, r.id === formed, () => toLine(r.line ?? lineOf(text, r.id)), choices.value ? () => { formed = r.id; draw(); } : null))}</ol>` : html`<p class="empty">${t(errors ? "rules.unreadable" : "rules.none")}</p>`}
            ${choices.value ? html`<p class="actions"><button @click=${() => { const made = newRule(text, choices.value!); formed = made.id; change(made.text); }}>${t("rules.add")}</button></p>` : nothing}</section>
          <section aria-label=${t("rules.text")}>${formed && choices.value ? html`<div class="box">${ruleForm({ desk, text, choices: choices.value, change, close: () => { formed = ""; draw(); } }, formed)}</div>` : html`<h3>${t("rules.text")} ${changed ? html`<span class="badge new">${t("rules.changed")}</span>` : nothing}</h3>
            <div class="editor"><pre class="gutter" aria-hidden="true">${gutter(text, findings)}</pre>
              <textarea id="rules-text" spellcheck="false" autocapitalize="off" wrap="off" aria-label=${t("rules.text")} aria-describedby="rules-findings" aria-invalid=${errors > 0}
                .value=${text} @input=${typed} @scroll=${follow} ?readonly=${!desk.may("release")}></textarea></div>`}
            <div id="rules-findings" role="status">${changed && checked.asking ? html`<p class="muted">${t("rules.checking")}</p>` : nothing}${checked.error && changed ? html`<p class="refused">${checked.error}</p>` : nothing}
              ${findings.length ? html`<ul class="findings">${findings.map((f) => finding(f, toLine))}</ul>` : html`<p class="good"><span aria-hidden="true">✓</span> ${t("rules.fine")}</p>`}</div>
            <p class="actions">
              <button class="main" ?disabled=${!changed || errors > 0} @click=${() => void propose(desk, p.text, text, () => { [before, formed] = [[], ""]; pull(); })}>${t("rules.propose")}</button>
              <button ?disabled=${errors > 0} @click=${() => openPart(desk, "release", "preview")}>${t("rules.try")}</button>
              ${before.length ? html`<button @click=${undo}>${t("rules.undo")}</button>` : nothing}
              <button ?disabled=${!changed} @click=${() => { [before, formed] = [[], ""]; take(null); }}>${t("rules.discard")}</button></p>
            ${changed ? html`<details class="fieldset" open><summary>${t("rules.diff")}</summary>${lines(p.text, text)}</details>
              <details class="fieldset" @toggle=${(e: Event) => { if ((e.target as HTMLDetailsElement).open && !errors) void exact.run(() => dryRun(desk, text, 1)); }}><summary>${t("rules.exact")} <span class="muted">${t("preview.last_days", { n: 1 })}</span></summary>
                ${exact.value && !exact.asking ? differenceTable(desk, exact.value, "", () => openPart(desk, "release", "preview")) : exact.instead(t("preview.running"))}</details>` : nothing}</section>
        </div>
        ${p.history?.length ? html`<details><summary>${t("rules.history")}</summary><ol class="plain">${p.history.map((h) => html`<li>${utc(h.at_ms)} <strong><bdi>${h.by}</bdi></strong> ${word("deed_rules", h.deed)} ${h.version || ""}</li>`)}</ol></details>` : nothing}`;
    },
    end: () => clearTimeout(timer),
  }; // prettier-ignore
};
const LINE_PX = 19;
const UNDO_MOST = 50;

/** What changes in the text, line by line, with what stands around it. */
function lines(before: string, after: string): TemplateResult {
  const rows = difference(before, after);
  const sign = { "+": "new", "-": "gone", " ": "", "…": "" } as const;
  return rows.length ? html`<pre class="text-diff" dir="ltr">${rows.map((r) => html`<span class=${sign[r.sign]}>${`${r.sign === "…" ? " " : String(r.line)}`.padStart(4)} ${r.sign} ${r.text}\n</span>`)}</pre>` : html`<p class="muted">${t("rules.no_difference")}</p>`;
}

/** The numbers of lines stand still beside the text; they go where it goes. */
function follow(event: Event): void {
  const area = event.target as HTMLTextAreaElement;
  const gutter = area.previousElementSibling as HTMLElement;
  gutter.scrollTop = area.scrollTop;
}

const lineOf = (text: string, id: string): number => Math.max(1, text.split("\n").findIndex((l) => l.replaceAll(" ", "").startsWith(`id="${id}"`)) + 1);

function gutter(text: string, findings: readonly Finding[]): TemplateResult[] {
  const worst = new Map<number, string>();
  for (const f of findings) if (f.line !== null) worst.set(f.line, worst.get(f.line) === "error" ? "error" : f.level);
  return text.split("\n").map((_, i) => {
    const level = worst.get(i + 1);
    return html`<span class=${level ?? ""}>${level ? (level === "error" ? "✗" : "!") : " "}${String(i + 1).padStart(4)}\n</span>`;
  });
}

function finding(f: Finding, toLine: (line: number) => void): TemplateResult {
  const sign = f.level === "error" ? "✗" : "!";
  const [what, how] = [f.reasons?.length ? reasonsWords(f.reasons) : f.text, f.helps?.length ? reasonsWords(f.helps) : (f.hint ?? "")];
  return html`<li class=${f.level}><span aria-hidden="true">${sign}</span> <strong>${word("level_finding", f.level)}</strong>
    ${f.line ? html`<button class="link" @click=${() => toLine(f.line!)}>${t("rules.line", { n: f.line })}</button>` : nothing}
    ${f.rule ? html`<code>${f.rule}</code>` : nothing}${f.key ? html` <code>${f.key}</code>` : nothing} <span dir="auto">${what}</span>${how ? html` <span class="muted" dir="auto">${how}</span>` : nothing}</li>`; // prettier-ignore
}

/** Without its first line, which names the rule and whom it is for: both stand above already. */
const plain = (words: string): string => words.replace(/^\[[^\]]*\][^\n]*\n/, "").replace(KIND, kindWord);
/** Kinds as the file names them: `track.position`, `incident.*`. */
const KIND = /\b[a-z]+(?:\.[a-z_]+)*\.(?:[a-z_]+|\*)/g;

function ruleCard(desk: Desk, r: Rule, chosen: boolean, toText: () => void, toForm: (() => void) | null): TemplateResult {
  return html`<li class="box ${r.releases ? "releases" : "withholds"} ${chosen ? "chosen" : ""}"><p><strong><span aria-hidden="true">${r.releases ? "→" : "✗"}</span> ${t(r.releases ? "rules.releases" : "rules.withholds")}</strong>
      ${r.to.map((p) => html` <span class="chip plain"><bdi>${p === "*" ? t("rules.everybody") : desk.sharing!.name(p)}</bdi></span>`)} <button class="link" @click=${toText}><code>${r.id}</code></button>
      ${toForm ? html`<button class="to-form" aria-pressed=${chosen} @click=${toForm}>${t("rules.change")}</button>` : nothing}</p>
    <p class="said" dir="auto">${plain(said(r.words, desk.state.language))}</p></li>`; // prettier-ignore
}

/** Which rules are in force, which wait for another person, and what one may do about them. */
function standing(desk: Desk, page: RulesPage): TemplateResult {
  const rules = desk.sharing!.state?.rules;
  if (!rules) return html``;
  const p = rules.proposed;
  const me = desk.me.user;
  const path = "/api/sharing/rules";
  const act = (what: "approve" | "withdraw", version: number, done: string) => () => void does(desk, () => desk.api.post(`${path}/${what}`, { version }), done);
  return html`<div class="box standing"><p>${rules.version
      ? html`<span class="good" aria-hidden="true">●</span> ${t("rules.in_force", { version: rules.version, at: short(rules.activated_at, desk.now()), by: rules.by.join(" + ") })} <code title=${rules.hash}>${rules.hash.slice(0, 12)}</code>`
      : html`<strong class="stopped"><span aria-hidden="true">■</span> ${t("rules.nothing_leaves")}</strong>`}</p>
    ${p ? html`<p><strong>${t("rules.proposed_by", { version: p.version, by: p.by, at: short(p.at, desk.now()) })}</strong>
        ${p.by === me ? t("rules.needs_other") : t("rules.look_first")}</p>
      <p class="actions"><button @click=${() => openPart(desk, "release", `preview/${p.version}`)}>${t("rules.try_proposed")}</button>
        <button class="main" ?disabled=${p.by === me} @click=${act("approve", p.version, t("rules.activated"))}>${t("rules.approve")}</button>
        <button @click=${act("withdraw", p.version, t("share.done"))}>${t("rules.withdraw")}</button></p>` : nothing}
    ${page.back ? html`<p class="actions"><button @click=${() => void rollBack(desk)}>${t("rules.roll_back")}</button></p>` : nothing}</div>`; // prettier-ignore
}

async function propose(desk: Desk, now: string, text: string, pull: () => void): Promise<void> {
  const body = html`<p>${t("rules.propose_means")}</p><h3>${t("rules.diff")}</h3>${lines(now, text)}`;
  const done = await ask(t("rules.propose"), body, t("rules.propose"), async () => {
    await desk.api.post("/api/sharing/rules/propose", { text });
    return true;
  });
  if (!done) return;
  draft.text = null;
  desk.say(t("rules.proposed"));
  void desk.sharing!.pull();
  pull();
}

async function rollBack(desk: Desk): Promise<void> {
  await ask(t("rules.roll_back"), html`<p>${t("rules.roll_back_means")}</p>`, t("rules.roll_back"), async () => {
    await desk.api.post("/api/sharing/rules/rollback", {});
    desk.say(t("share.done"));
    void desk.sharing!.pull();
    return true;
  });
}
