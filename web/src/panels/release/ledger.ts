/** What was told to whom: rows of the logs, and the whole story of one record from its decision to the partner's receipt. */
import type { Hop, LedgerRow, Story } from "../../api/sharing";
import { said } from "../../api/sharing";
import { type Correction, correctionsOf } from "../../api/corrections";
import { formOf, ledgerOf, storyOf } from "../../api/sharing_shapes";
import { queryText } from "../../api/client";
import { t, word } from "../../i18n";
import { reasonsWords } from "../../i18n/reasons";
import { short } from "../../i18n/format";
import { oneAtATime, type Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { correctThis, corrections } from "./corrections";
import { Asked, formWords, kindWord, marking, type PartMaker, rowsOr, shortId, when } from "./parts";
import { recallThis } from "./recalls";

const KINDS = ["track.position", "detection", "event.*", "incident.*", "recall", "correction", "request", "grant", "zone.claim"] as const;

export const ledgerPart: PartMaker = (desk, draw) => {
  const page = new Asked<{ rows: readonly LedgerRow[]; next: number | null }>(desk, draw);
  const story = new Asked<Told>(desk, draw);
  const wish = { partner: "", kind: "", verdict: "release" };
  let asked = "";
  let rows: readonly LedgerRow[] = [];
  const pull = async (more = false) => {
    await page.get("/api/sharing/ledger", ledgerOf, { partner: wish.partner || null, kind: wish.kind.replace("*", "") || null, verdict: wish.verdict, after: more ? page.value?.next : null });
    if (page.value) rows = more ? [...rows, ...page.value.rows] : page.value.rows;
    draw();
  };
  // news may come faster than answers: one question at a time, or none of their answers would ever count
  const again = oneAtATime(() => pull());
  const set = (key: keyof typeof wish) => (e: Event) => {
    wish[key] = (e.target as HTMLInputElement).value;
    void pull();
  };
  return {
    come(rest) {
      if (rest && rest !== asked) {
        story.value = null;
        void story.get(`/api/sharing/ledger/${encodeURIComponent(rest)}`, (raw) => ({ ...storyOf(raw), corrections: correctionsOf(raw) }));
      }
      asked = rest;
      if (!rest && !rows.length) void pull();
    },
    news: () => void (asked ? nothing : again()),
    view(rest) {
      if (rest) return html`<p><button class="link" @click=${() => openPart(desk, "release", "ledger")}>← ${t("release.ledger")}</button></p>${story.value ? whole(desk, story.value) : story.instead()}`;
      return html`<form class="filters" @submit=${(e: Event) => { e.preventDefault(); void pull(); }}>
          <label>${t("ledger.partner")}<select @change=${set("partner")}><option value="">${t("ledger.everybody")}</option>${desk.sharing!.partners.map((p) => html`<option value=${p.id} ?selected=${p.id === wish.partner}>${desk.sharing!.name(p.id)}</option>`)}</select></label>
          <label>${t("ledger.kind")}<select @change=${set("kind")}><option value="">${t("ledger.every_kind")}</option>${KINDS.map((k) => html`<option value=${k} ?selected=${k === wish.kind}>${kindWord(k)}</option>`)}</select></label>
          <label>${t("ledger.verdict")}<select @change=${set("verdict")}>${(["release", "withhold"] as const).map((v) => html`<option value=${v} ?selected=${v === wish.verdict}>${word("verdict_share", v)}</option>`)}</select></label>
          <label>${t("ledger.find")}<input maxlength="64" pattern="[0-9a-f]{64}" autocomplete="off" spellcheck="false" @change=${(e: Event) => { const id = (e.target as HTMLInputElement).value.trim(); if (/^[0-9a-f]{64}$/.test(id)) openPart(desk, "release", `ledger/${id}`); }} /></label>
          <button class="main">${t("action.show")}</button></form>
        ${page.value || rows.length ? rowsOr([t("ledger.at"), t("ledger.to"), t("ledger.kind"), t("ledger.subject"), t("ledger.rule"), t("share.clause"), t("ledger.receipt")], rows.map((r) => row(desk, r)), t("ledger.none")) : page.instead()}
        ${page.value?.next ? html`<p><button @click=${() => void pull(true)}>${t("action.more")}</button></p>` : nothing}`;
    },
  }; // prettier-ignore
};

/** A record's story with what was said to correct it. */
type Told = Story & { corrections: readonly Correction[] };

/** Audience in the name of a log: `<origin>/<epoch>/<audience>/<context>/<lane>`. */
const audienceOf = (log: string): string => log.split("/")[2] ?? log;

function row(desk: Desk, r: LedgerRow): TemplateResult {
  const open = () => openPart(desk, "release", `ledger/${r.record}`);
  return html`<tr><td class="nowrap">${r.record ? html`<button class="link" @click=${open} aria-label=${t("ledger.open", { id: r.record.slice(0, 10) })}>${short(r.at_ms, desk.now())}</button>` : short(r.at_ms, desk.now())}</td>
    <td><bdi>${desk.sharing!.name(r.to ?? audienceOf(r.log))}</bdi></td><td>${kindWord(r.kind)}</td><td dir="auto">${r.subject || "–"}</td>
    <td><code>${r.rule}</code></td><td><code>${r.clause || "–"}</code></td>
    <td>${r.verdict === "withhold" ? html`<span class="muted" dir="auto">${reasonsWords(r.why)}</span>` : r.acked_ms ? html`<span class="good"><span aria-hidden="true">✓</span> ${short(r.acked_ms, desk.now())}</span>` : html`<span class="muted">${t("ledger.no_receipt")}</span>`}</td></tr>`; // prettier-ignore
}

function whole(desk: Desk, s: Told): TemplateResult {
  const { language } = desk.state;
  const rule = (id: string) => html`<button class="link" @click=${() => openPart(desk, "release", "rules")}><code>${id}</code></button> `;
  const ours = s.origin === desk.sharing!.party;
  return html`<h3 class="big">${kindWord(s.kind)} <span dir="auto">${s.subject}</span></h3><p><code class="long">${s.record}</code> ${s.at_ms ? html`<span class="muted">${t("as.seen", { at: short(s.at_ms, desk.now()) })}</span>` : nothing}</p>
    ${s.label ? marking(desk, s.label) : nothing}
    <ol class="story">
      <li><h4>${t("story.decision")}</h4>${s.decisions.length ? nothing : html`<p class="empty">${t("story.no_decision")}</p>`}
        ${s.decisions.map((d) => html`<div class="box"><p><strong>${word("verdict_share", d.verdict)}</strong> → <bdi>${desk.sharing!.name(d.to)}</bdi> · ${when(d.at_ms)} ${d.version ? html`<span class="muted">${t("story.rules", { version: d.version })} <code>${d.policy.slice(0, 12)}</code></span>` : nothing}</p>
          <p>${t("story.rule")}: ${d.rules.length ? d.rules.map(rule) : t("story.no_rule")}</p>
          ${d.transforms.length ? html`<p>${t("story.form")}: ${formWords(formOf({ verdict: "release", transforms: d.transforms }) ?? {})} <span class="muted">${d.transforms.map((x) => html`<code>${x}</code> `)}</span></p>` : nothing}
          ${d.clauses.map((c) => html`<p>${t("story.clause")}: <code>${c.id}</code> <strong dir="auto">${said(c.title, language)}</strong></p><blockquote dir="auto">${said(c.text, language)}</blockquote>`)}
          ${d.why.length ? html`<p class="muted" dir="auto">${reasonsWords(d.why)}</p>` : nothing}</div>`)}</li>
      <li><h4>${t("story.logs")}</h4>${rowsOr([t("ledger.to"), t("story.log"), t("ledger.receipt"), t("story.proof")], s.logs.map((l) => html`<tr><td><bdi>${desk.sharing!.name(l.to)}</bdi></td>
        <td><code>${l.log}</code> <span class="nowrap">#${l.n}</span></td><td>${l.receipts.length ? l.receipts.map((r) => html`<span class="good"><span aria-hidden="true">✓</span> <bdi>${desk.sharing!.name(r.by)}</bdi> ${when(r.at_ms)}</span> `) : t("ledger.no_receipt")}</td>
        <td>${l.proof ? html`<a class="button" download href=${`/api/sharing/ledger/${s.record}/proof${queryText({ log: l.log })}`}>${t("story.download")}</a>` : "–"}</td></tr>`), t("ledger.none"))}</li>
      <li><h4>${t("story.recall")}</h4>${s.recall ? html`<p><strong>${word("recall_action", s.recall.action)}</strong> ${when(s.recall.at_ms)} ${shortId(s.recall.id)}</p>${s.recall.hops.length ? hopTable(desk, s.recall.hops) : html`<p><button class="link" @click=${() => openPart(desk, "release", `recalls/${s.recall!.id}`)}>${t("release.recalls")}</button></p>`}`
        : html`<p class="actions"><span class="muted">${t("story.no_recall")}</span> ${ours ? html`<button @click=${() => void recallThis(desk, s.record)}>${t("recall.do")}</button>` : nothing}</p>`}</li>
      <li><h4>${t("story.correction")}</h4>${s.corrections.length ? corrections(desk, s.corrections) : html`<p class="muted">${t("story.no_correction")}</p>`}
        ${ours && s.kind !== "correction" && s.logs.some((l) => l.side === "out") ? html`<p class="actions"><button @click=${() => void correctThis(desk, s.record)}>${t("correct.do")}</button></p>` : nothing}</li>
      <li><h4>${t("story.bytes")}</h4><pre class="begins" dir="ltr">${s.bytes}</pre></li>
    </ol>`; // prettier-ignore
}

const HOP_SIGN: Readonly<Record<string, string>> = { pending: "…", asked: "→", acknowledged: "✓", refused: "✗", unreachable: "!" };

/** Who is known to hold it, through whom, and what each has said. */
export function hopTable(desk: Desk, hops: readonly Hop[]): TemplateResult {
  return rowsOr([t("hop.party"), t("hop.via"), t("hop.state"), t("hop.why")], hops.map((h) => html`<tr class="hop ${h.state}"><td><span class="depth" data-depth=${h.depth}>${"↳ ".repeat(Math.max(0, h.depth - 1))}</span><bdi>${desk.sharing!.name(h.party)}</bdi></td>
    <td><bdi>${h.via ? desk.sharing!.name(h.via) : "–"}</bdi></td><td><strong><span aria-hidden="true">${HOP_SIGN[h.state] ?? ""}</span> ${word("hop", h.state)}</strong></td><td dir="auto">${h.why ?? ""}</td></tr>`), t("hop.none")); // prettier-ignore
}
