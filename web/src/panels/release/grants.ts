/**
 * Leave to pass records on: what was asked of us, what we gave and were given, what went on under it, and what carriers
 * brought that was not taken in. A grant says in plain words what it covers, for whom, through whom and until when.
 */
import type { AsideRow, Grant, GrantProposal, Grants, LeaveAsked, LeaveScope, Stranger } from "../../api/sharing";
import { grantsOf } from "../../api/sharing_shapes";
import { t, tOr, word } from "../../i18n";
import { age, short } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { Asked, does, kindWord, type PartMaker, shortId, whyAside } from "./parts";

const DAY_MS = 86_400_000;
const SOON_MS = 2 * DAY_MS;
const SHOWN = 20;
const KINDS = ["track.position", "detection", "event.*", "zone.claim", "identity.claim", "cti.stix", "incident.*", "answer"] as const;

export const grantsPart: PartMaker = (desk, draw) => {
  const found = new Asked<Grants>(desk, draw);
  const pull = () => void found.get("/api/sharing/grants", grantsOf);
  return {
    come: pull,
    news: pull,
    view(rest) {
      if (!found.value) return found.instead();
      const all = found.value;
      const [given, held] = [all.grants.filter((g) => g.mine), all.grants.filter((g) => !g.mine)];
      const [ofUs, ours] = [all.asked.filter((a) => !a.mine), all.asked.filter((a) => a.mine)];
      const owed = ofUs.filter((a) => !a.answered);
      return html`<p class="muted">${t("grant.means")}</p>
        <p class="actions"><button class="main" @click=${() => void give(desk, null, pull)}>${t("grant.give")}</button><button @click=${() => void askFor(desk, pull)}>${t("grant.ask")}</button></p>
        ${owed.length ? html`<section><h3>${t("grant.asked_of_us")} <span class="n">${owed.length}</span></h3>${askedCards(desk, owed, pull)}</section>` : nothing}
        ${all.proposals.length ? html`<section><h3>${t("grant.second")} <span class="n">${all.proposals.length}</span></h3><ul class="cards">${all.proposals.map((p) => proposal(desk, p, pull))}</ul></section>` : nothing}
        <section><h3>${t("grant.given")}</h3>${given.length ? html`<ul class="cards">${given.map((g) => grant(desk, g, g.id === rest, pull))}</ul>` : html`<p class="empty">${t("grant.given_none")}</p>`}</section>
        <section><h3>${t("grant.received")}</h3>${held.length ? html`<ul class="cards">${held.map((g) => grant(desk, g, g.id === rest, pull))}</ul>` : html`<p class="empty">${t("grant.received_none")}</p>`}</section>
        <section><h3>${t("grant.ours")}</h3>${ours.length ? askedCards(desk, ours, pull) : html`<p class="empty">${t("grant.ours_none")}</p>`}</section>
        ${all.strangers.length ? html`<section><h3>${t("grant.strangers")}</h3><p class="muted">${t("grant.strangers_mean")}</p><ul class="cards">${all.strangers.map((s) => stranger(desk, s, pull))}</ul></section>` : nothing}
        ${all.aside.length ? html`<details><summary>${t("grant.aside", { n: all.aside.length })}</summary><p class="muted">${t("grant.aside_means")}</p><ul>${all.aside.slice(0, SHOWN).map((a) => aside(desk, a))}</ul></details>` : nothing}`;
    },
  }; // prettier-ignore
};

const name = (desk: Desk, id: string): string => desk.sharing?.name(id) ?? id;

/** What a leave covers: so many records, all of some kinds, about some subjects, from when on, what for. */
function scope(s: LeaveScope): TemplateResult {
  const wide = s.kinds.length || s.subjects.length;
  return html`<p>${s.records.length ? html`<span class="chip plain">${t("recall.records", { n: s.records.length })}</span>` : nothing}
    ${s.kinds.map((k) => html`<span class="chip plain">${kindWord(k)}</span>`)}${wide && !s.kinds.length ? html`<span class="chip plain">${t("grant.any_kind")}</span>` : nothing}
    ${s.subjects.map((x) => html`<span class="chip plain"><bdi>${x}</bdi></span>`)}
    ${wide && s.from_ms ? html`<span class="chip plain">${t("grant.from", { at: new Date(s.from_ms).toISOString().slice(0, 16) + "Z" })}</span>` : nothing}
    ${s.purpose.map((p) => html`<span class="chip plain">${t("queue.purpose")}: ${tOr(`purpose.${p}`, p)}</span>`)}</p>`; // prettier-ignore
}

function ends(desk: Desk, until: number | null): TemplateResult | typeof nothing {
  if (!until) return nothing;
  const left = until - desk.now();
  return html`<strong class=${left < SOON_MS ? "old" : ""}>${left > 0 ? t("grant.ends_in", { age: age(left) }) : t("grant.ended_ago", { age: age(-left) })}</strong>`;
}

function grant(desk: Desk, g: Grant, chosen: boolean, pull: () => void): TemplateResult {
  const through = g.via.length ? html` · ${t("grant.through", { who: g.via.map((p) => name(desk, p)).join(", ") })}` : nothing;
  return html`<li class="box ${chosen ? "chosen" : ""}" id="grant-${g.id.slice(0, 10)}"><h4>${g.mine ? t("grant.we_let", { to: name(desk, g.to) }) : t("grant.they_let", { who: name(desk, g.origin), to: name(desk, g.to) })} ${shortId(g.id)}</h4>
    ${scope(g)}
    <p class="muted"><strong class=${g.state === "open" ? "good" : "old"}>${word("grant_state", g.state)}</strong> · ${g.state === "open" ? ends(desk, g.until_ms) : ends(desk, Math.min(g.until_ms, desk.now()))}${through}
      ${g.by ? html` · <bdi>${g.by}</bdi>` : nothing}${g.at_ms ? html` · ${short(g.at_ms, desk.now())}` : nothing}</p>
    ${g.went.length ? html`<ul>${g.went.map((w) => html`<li>${t("grant.went", { who: name(desk, w.carrier), n: w.records, to: name(desk, w.to), at: short(w.last_ms, desk.now()) })}</li>`)}</ul>` : html`<p class="muted">${t("grant.went_none")}</p>`}
    ${g.mine && g.state === "open" ? html`<p class="actions"><button @click=${() => void end(desk, g, pull)}>${t("grant.end")}</button>${g.records[0] ? html`<button class="link" @click=${() => openPart(desk, "release", `ledger/${g.records[0]}`)}>${t("release.ledger")}</button>` : nothing}</p>` : nothing}</li>`; // prettier-ignore
}

/** Cards of requests for leave; those of others can be answered. Also stands among what waits for a person. */
export function askedCards(desk: Desk, rows: readonly LeaveAsked[], pull: () => void): TemplateResult {
  return html`<ul class="cards">${rows.map((a) => html`<li class="box"><h4>${a.mine ? t("grant.we_ask", { who: name(desk, a.of), to: name(desk, a.to) }) : t("grant.they_ask", { who: name(desk, a.by), to: name(desk, a.to) })} ${shortId(a.id)}</h4>
    ${scope(a)}${a.text ? html`<p class="said" dir="auto">${a.text}</p>` : nothing}
    <p class="muted">${t("queue.asked_at", { at: short(a.at_ms, desk.now()) })} · ${word("leave_state", a.state)} ${a.until_ms ? html`· ${t("grant.wanted_until", { at: short(a.until_ms, desk.now()) })}` : nothing}</p>
    ${a.why ? html`<p dir="auto">${a.why}</p>` : nothing}
    ${!a.mine && !a.answered ? html`<p class="actions"><button class="main" @click=${() => void give(desk, a, pull)}>${t("grant.give")}</button><button @click=${() => void refuse(desk, a, pull)}>${t("queue.refuse")}</button></p>` : nothing}</li>`)}</ul>`; // prettier-ignore
}

function proposal(desk: Desk, p: GrantProposal, pull: () => void): TemplateResult {
  const say = (approve: boolean) => void does(desk, () => desk.api.post(`/api/sharing/grants/proposed/${p.id}`, { approve }), t("share.done")).then(pull);
  const own = p.by === desk.me.user;
  return html`<li class="box"><h4>${t("grant.would_let", { who: p.by, to: name(desk, p.to) })} ${shortId(p.id)}</h4>${scope(p)}
    <p class="muted">${ends(desk, p.until_ms)} ${own ? html`· ${t("grant.not_yourself")}` : nothing}</p>
    <p class="actions"><button class="main" ?disabled=${own} @click=${() => say(true)}>${t("grant.approve")}</button><button @click=${() => say(false)}>${t("grant.drop")}</button></p></li>`; // prettier-ignore
}

function stranger(desk: Desk, s: Stranger, pull: () => void): TemplateResult {
  return html`<li class="box"><h4><bdi>${s.party}</bdi></h4><p>${t("grant.brought_by", { who: s.carriers.map((c) => name(desk, c)).join(", ") })}</p>
    ${s.confirmed ? html`<p><strong class="good">✓ ${t("grant.confirmed")}</strong> <code class="long">${s.fingerprint}</code></p>` : html`<p class="old">${t("grant.unconfirmed")}</p><p class="actions"><button @click=${() => void confirm(desk, s, pull)}>${t("grant.confirm")}</button></p>`}</li>`; // prettier-ignore
}

const aside = (desk: Desk, a: AsideRow): TemplateResult =>
  html`<li><button class="link" @click=${() => openPart(desk, "release", `ledger/${a.record}`)}>${shortId(a.record)}</button> ${a.kind ? kindWord(a.kind) : nothing} ·
    ${t("grant.aside_of", { who: name(desk, a.origin), by: name(desk, a.carrier) })} · ${whyAside(a)}</li>`;

// ---- acts ----

const list = (value: FormDataEntryValue | null): readonly string[] => String(value ?? "").split(/[\s,]+/).filter(Boolean); // prettier-ignore

/** Fields of a scope; what was asked for stands in them already. */
function fields(desk: Desk, from: LeaveAsked | null, days: number): TemplateResult {
  const partners = desk.sharing?.partners ?? [];
  return html`<label>${t("grant.records")}<textarea name="records" rows="2" maxlength="34000" spellcheck="false" .value=${from?.records.join("\n") ?? ""}></textarea></label>
    <fieldset><legend>${t("grant.kinds")}</legend>${KINDS.map((k) => html`<label class="choice"><input type="checkbox" name="kinds" value=${k} ?checked=${from?.kinds.includes(k) ?? false} />${kindWord(k)}</label>`)}</fieldset>
    <label>${t("grant.subjects")}<input name="subjects" maxlength="4000" autocomplete="off" spellcheck="false" placeholder="mmsi:416000001" .value=${from?.subjects.join(" ") ?? ""} /></label>
    <label>${t("grant.to")}<input name="to" required maxlength="64" list="grant-parties" autocomplete="off" spellcheck="false" .value=${from?.to ?? ""} ?data-first=${!from} /></label>
    <datalist id="grant-parties">${partners.map((p) => html`<option value=${p.id}>${p.title}</option>`)}</datalist>
    ${days ? html`<label>${t("grant.days")}<input name="days" type="number" min="1" max="3650" value=${days} required ?data-first=${!!from} /></label>` : nothing}
    <label>${t("grant.purpose")}<input name="purpose" maxlength="200" autocomplete="off" spellcheck="false" placeholder="SAR" .value=${from?.purpose.join(" ") ?? ""} /></label>`; // prettier-ignore
}

const scopeOf = (form: FormData) => ({
  records: list(form.get("records")), kinds: form.getAll("kinds").map(String), subjects: list(form.get("subjects")), to: String(form.get("to")).trim(), purpose: list(form.get("purpose")),
}); // prettier-ignore

async function give(desk: Desk, asked: LeaveAsked | null, pull: () => void): Promise<void> {
  const partners = desk.sharing?.partners ?? [];
  const body = html`<p>${t("grant.give_means")}</p>${asked ? html`<p class="said" dir="auto">${asked.text}</p>` : nothing}${fields(desk, asked, 30)}
    ${asked ? nothing : html`<fieldset><legend>${t("grant.via")}</legend>${partners.map((p) => html`<label class="choice"><input type="checkbox" name="via" value=${p.id} /><bdi>${p.title}</bdi></label>`)}</fieldset>`}`; // prettier-ignore
  const done = await ask(t("grant.give"), body, t("grant.give"), async (form) => {
    const until = Math.round(desk.now() + Number(form.get("days")) * DAY_MS);
    const more = asked ? { request: asked.id, from_ms: asked.from_ms } : { via: form.getAll("via").map(String) };
    return desk.api.post<{ state: string }>("/api/sharing/grants", { ...scopeOf(form), ...more, until_ms: until });
  });
  if (!done) return;
  desk.say(t(done.state === "proposed" ? "grant.waits" : "share.done"));
  desk.tell("share");
  void desk.sharing?.pull();
  pull();
}

async function askFor(desk: Desk, pull: () => void): Promise<void> {
  const partners = desk.sharing?.partners ?? [];
  const body = html`<p>${t("grant.ask_means")}</p><label>${t("grant.of")}<select name="of">${partners.map((p) => html`<option value=${p.id}>${p.title}</option>`)}</select></label>
    ${fields(desk, null, 0)}<label>${t("queue.words")}<textarea name="text" rows="3" maxlength="2000"></textarea></label>`; // prettier-ignore
  const done = await ask(t("grant.ask"), body, t("grant.ask"), async (form) => {
    await desk.api.post("/api/sharing/grants/ask", { ...scopeOf(form), of: form.get("of"), text: form.get("text") ?? "" });
    return true;
  });
  if (!done) return;
  desk.say(t("grant.was_asked"));
  pull();
}

async function refuse(desk: Desk, a: LeaveAsked, pull: () => void): Promise<void> {
  const body = html`<p>${t("grant.refuse_means")}</p><label>${t("decide.reason")}<input name="why" required maxlength="2000" autocomplete="off" data-first /></label>`;
  const done = await ask(t("queue.refuse"), body, t("queue.refuse"), async (form) => {
    await desk.api.post(`/api/sharing/grants/asked/${a.id}/refuse`, { why: form.get("why") });
    return true;
  });
  if (!done) return;
  desk.say(t("share.done"));
  void desk.sharing?.pull();
  pull();
}

async function end(desk: Desk, g: Grant, pull: () => void): Promise<void> {
  const body = html`<p>${t("grant.end_means")}</p><label>${t("queue.words")}<input name="text" maxlength="2000" autocomplete="off" data-first /></label>`;
  const done = await ask(t("grant.end"), body, t("grant.end"), async (form) => {
    await desk.api.post(`/api/sharing/grants/${g.id}/end`, { text: form.get("text") ?? "" });
    return true;
  });
  if (!done) return;
  desk.say(t("share.done"));
  pull();
}

async function confirm(desk: Desk, s: Stranger, pull: () => void): Promise<void> {
  const body = html`<p>${t("grant.confirm_means", { who: s.party })}</p><label>${t("grant.fingerprint")}<input name="print" required pattern="[0-9a-fA-F]{4}(-[0-9a-fA-F]{4}){5}" autocomplete="off" spellcheck="false" placeholder="0000-0000-0000-0000-0000-0000" data-first /></label>`;
  const done = await ask(t("grant.confirm"), body, t("grant.confirm"), async (form) => {
    await desk.api.post(`/api/sharing/originators/${encodeURIComponent(s.party)}`, { fingerprint: String(form.get("print")).trim() });
    return true;
  });
  if (!done) return;
  desk.say(t("share.done"));
  pull();
}
