/** What was told to whom: rows of the logs, and the whole story of one record from its decision to the partner's receipt. */
import type { Hop, LedgerRow, Story } from "../../api/sharing";
import { said } from "../../api/sharing";
import { queryText } from "../../api/client";
import { t, word } from "../../i18n";
import { short } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { Asked, kindWord, marking, type PartMaker, rowsOr, ruleWords, shortId, when } from "./parts";
import { recallThis } from "./recalls";

const PAGE = 100;
const KINDS = ["track.position", "detection", "event.", "incident.", "recall", "request", "grant", "zone.claim"] as const;

export const ledgerPart: PartMaker = (desk, draw) => {
  const page = new Asked<{ rows: readonly LedgerRow[] }>(desk, draw);
  const story = new Asked<Story>(desk, draw);
  const wish = { partner: "", kind: "", text: "" };
  let asked = "";
  let rows: readonly LedgerRow[] = [];
  const pull = async (more = false) => {
    const last = rows[rows.length - 1];
    await page.get("/api/sharing/ledger", { partner: wish.partner || null, kind: wish.kind || null, text: wish.text.trim() || null, after: more && last ? `${last.log}:${last.n}` : null });
    if (page.value) rows = more ? [...rows, ...page.value.rows] : page.value.rows;
    draw();
  };
  const set = (key: keyof typeof wish) => (e: Event) => {
    wish[key] = (e.target as HTMLInputElement).value;
    void pull();
  };
  return {
    come(rest) {
      if (rest && rest !== asked) {
        story.value = null;
        void story.get(`/api/sharing/ledger/${encodeURIComponent(rest)}`);
      }
      asked = rest;
      if (!rest && !rows.length) void pull();
    },
    news: () => void (asked ? nothing : pull()),
    view(rest) {
      if (rest) return html`<p><button class="link" @click=${() => openPart(desk, "release", "ledger")}>← ${t("release.ledger")}</button></p>${story.value ? whole(desk, story.value) : story.instead()}`;
      return html`<form class="filters" @submit=${(e: Event) => { e.preventDefault(); void pull(); }}>
          <label>${t("ledger.partner")}<select @change=${set("partner")}><option value="">${t("ledger.everybody")}</option>${desk.sharing!.partners.map((p) => html`<option value=${p.id} ?selected=${p.id === wish.partner}>${desk.sharing!.name(p.id)}</option>`)}</select></label>
          <label>${t("ledger.kind")}<select @change=${set("kind")}><option value="">${t("ledger.every_kind")}</option>${KINDS.map((k) => html`<option value=${k} ?selected=${k === wish.kind}>${kindWord(k)}</option>`)}</select></label>
          <label>${t("ledger.find")}<input maxlength="100" .value=${wish.text} @change=${set("text")} autocomplete="off" spellcheck="false" /></label>
          <button class="main">${t("action.show")}</button></form>
        ${page.value || rows.length ? rowsOr([t("ledger.at"), t("ledger.to"), t("ledger.kind"), t("ledger.subject"), t("ledger.rule"), t("share.clause"), t("ledger.receipt")], rows.map((r) => row(desk, r)), t("ledger.none")) : page.instead()}
        ${page.value && page.value.rows.length >= PAGE ? html`<p><button @click=${() => void pull(true)}>${t("action.more")}</button></p>` : nothing}`;
    },
  }; // prettier-ignore
};

/** Audience in the name of a log: `<origin>/<epoch>/<audience>/<context>/<lane>`. */
const audienceOf = (log: string): string => log.split("/")[2] ?? log;

function row(desk: Desk, r: LedgerRow): TemplateResult {
  const open = () => openPart(desk, "release", `ledger/${r.record}`);
  return html`<tr><td class="nowrap"><button class="link" @click=${open} aria-label=${t("ledger.open", { id: r.record.slice(0, 10) })}>${short(r.at_ms, desk.now())}</button></td>
    <td><bdi>${desk.sharing!.name(r.to ?? audienceOf(r.log))}</bdi></td><td>${kindWord(r.kind)}</td><td dir="auto">${r.subject || "–"}</td>
    <td><code>${r.rule}</code></td><td><code>${r.clause || "–"}</code></td>
    <td>${r.acked_ms ? html`<span class="good"><span aria-hidden="true">✓</span> ${short(r.acked_ms, desk.now())}</span>` : html`<span class="muted">${t("ledger.no_receipt")}</span>`}</td></tr>`; // prettier-ignore
}

function whole(desk: Desk, s: Story): TemplateResult {
  const { language } = desk.state;
  const d = s.decision;
  const why = d?.why ? (typeof d.why === "string" ? [d.why] : d.why) : [];
  return html`<h3 class="big">${kindWord(s.kind)} <span dir="auto">${s.subject ?? ""}</span></h3><p><code class="long">${s.record}</code></p>
    ${s.label ? marking(desk, s.label) : nothing}
    <ol class="story">
      <li><h4>${t("story.decision")}</h4>${d ? html`<p><strong>${word("verdict_share", d.verdict)}</strong> ${s.at_ms ? when(s.at_ms) : nothing}</p>
        ${d.transforms?.length ? html`<p>${t("story.form")}: ${d.transforms.map((x) => html`<code>${x}</code> `)}</p>` : nothing}
        ${why.length ? html`<ul lang="en">${why.map((w) => html`<li dir="auto">${w}</li>`)}</ul>` : nothing}${d.policy_hash ? html`<p class="muted">${t("story.rules")} <code>${d.policy_hash.slice(0, 12)}</code></p>` : nothing}` : html`<p class="empty">${t("story.no_decision")}</p>`}</li>
      <li><h4>${t("story.rule")}</h4>${s.rule ? html`<p>${ruleWords(desk, s.rule)}</p>` : html`<p class="empty">${t("story.no_rule")}</p>`}</li>
      <li><h4>${t("story.clause")}</h4>${s.clause ? html`<p><code>${s.clause.id}</code> <strong dir="auto">${said(s.clause.title, language)}</strong></p><blockquote dir="auto">${said(s.clause.text, language)}</blockquote>` : html`<p class="empty">${t("story.no_clause")}</p>`}</li>
      <li><h4>${t("story.logs")}</h4>${rowsOr([t("ledger.to"), t("story.log"), t("ledger.at"), t("ledger.receipt"), t("story.proof")], s.logs.map((l) => html`<tr><td><bdi>${desk.sharing!.name(l.to)}</bdi></td>
        <td><code>${l.log}</code> <span class="nowrap">#${l.n}</span></td><td>${when(l.at_ms)}</td><td>${l.acked_ms ? html`<span class="good"><span aria-hidden="true">✓</span> ${when(l.acked_ms)}</span>` : t("ledger.no_receipt")}</td>
        <td><a class="button" download="proof-${s.record.slice(0, 10)}-${l.n}.txt" href=${l.proof ?? `/api/sharing/ledger/${s.record}/proof${queryText({ log: l.log })}`}>${t("story.download")}</a></td></tr>`), t("ledger.none"))}</li>
      <li><h4>${t("story.recall")}</h4>${s.recall ? html`<p><strong>${word("recall_action", s.recall.action)}</strong> ${when(s.recall.at_ms)} ${shortId(s.recall.id)}</p>${hopTable(desk, s.recall.hops)}`
        : html`<p class="actions"><span class="muted">${t("story.no_recall")}</span> <button @click=${() => void recallThis(desk, s.record)}>${t("recall.do")}</button></p>`}</li>
    </ol>`; // prettier-ignore
}

const HOP_SIGN: Readonly<Record<string, string>> = { pending: "…", asked: "→", acknowledged: "✓", refused: "✗", unreachable: "!" };

/** Who is known to hold it, through whom, and what each has said. */
export function hopTable(desk: Desk, hops: readonly Hop[]): TemplateResult {
  return rowsOr([t("hop.party"), t("hop.via"), t("hop.state"), t("hop.why")], hops.map((h) => html`<tr class="hop ${h.state}"><td><span class="depth" data-depth=${h.depth}>${"↳ ".repeat(Math.max(0, h.depth - 1))}</span><bdi>${desk.sharing!.name(h.party)}</bdi></td>
    <td><bdi>${h.via ? desk.sharing!.name(h.via) : "–"}</bdi></td><td><strong><span aria-hidden="true">${HOP_SIGN[h.state] ?? ""}</span> ${word("hop", h.state)}</strong></td><td dir="auto">${h.why ?? ""}</td></tr>`), t("hop.none")); // prettier-ignore
}
