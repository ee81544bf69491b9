/** What waits for a person: requests to answer, break-glass to review, proposed rules, what was set aside, introductions. */
import type { Grants, Quarantined, Request, Review } from "../../api/sharing";
import { said } from "../../api/sharing";
import { grantsOf, quarantineOf, requestsOf, reviewsOf } from "../../api/sharing_shapes";
import { t, tOr, word } from "../../i18n";
import { age, short } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { askedCards } from "./grants";
import { Asked, clauseText, does, kindWord, type PartMaker, shortId, whyAside } from "./parts";

const VERDICTS = ["given", "partly", "later", "nothing_held"] as const;
const REVIEWS = ["right", "right_but_improve", "wrong"] as const;

export const queuePart: PartMaker = (desk, draw) => {
  const requests = new Asked<readonly Request[]>(desk, draw);
  const reviews = new Asked<readonly Review[]>(desk, draw);
  const quarantine = new Asked<readonly Quarantined[]>(desk, draw);
  const leaves = new Asked<Grants>(desk, draw);
  const pull = () => {
    void requests.get("/api/sharing/requests", requestsOf);
    void reviews.get("/api/sharing/reviews", reviewsOf);
    if (!desk.may("release")) return;
    void quarantine.get("/api/sharing/quarantine", quarantineOf);
    void leaves.get("/api/sharing/grants", grantsOf);
  };
  return {
    come: pull,
    news: pull,
    view() {
      const { state } = desk.sharing!;
      const owed = requests.value?.filter((r) => r.owed) ?? [];
      const ours = requests.value?.filter((r) => r.mine) ?? [];
      const done = requests.value?.filter((r) => !r.mine && !r.owed) ?? [];
      const proposed = state?.rules.proposed;
      const [late, dirty] = [reviews.value ?? [], quarantine.value ?? []];
      const asked = leaves.value?.asked.filter((a) => !a.mine && !a.answered) ?? [];
      const second = leaves.value?.proposals.length ?? 0;
      const nothingWaits = requests.value && reviews.value && (quarantine.value || !desk.may("release")) && !owed.length && !late.length && !dirty.length && !proposed && !asked.length && !second;
      return html`${nothingWaits ? html`<p class="empty"><span aria-hidden="true">✓</span> ${t("queue.none")}</p>` : nothing}
        ${requests.value ? nothing : requests.instead()}
        ${owed.length ? html`<section><h3>${t("queue.requests")} <span class="n">${owed.length}</span></h3><ul class="cards">${owed.map((r) => request(desk, r, pull))}</ul></section>` : nothing}
        ${asked.length ? html`<section><h3>${t("grant.asked_of_us")} <span class="n">${asked.length}</span></h3>${askedCards(desk, asked, pull)}</section>` : nothing}
        ${second ? html`<section><h3>${t("grant.second")} <span class="n">${second}</span></h3><p class="actions"><button @click=${() => openPart(desk, "release", "grants")}>${t("release.grants")}</button></p></section>` : nothing}
        ${late.length ? html`<section><h3>${t("queue.reviews")} <span class="n">${late.length}</span></h3><p class="muted">${t("queue.reviews_mean")}</p><ul class="cards">${late.map((r) => review(desk, r, pull))}</ul></section>` : nothing}
        ${proposed ? html`<section><h3>${t("queue.proposals")}</h3><div class="box"><p>${t("rules.proposed_by", { version: proposed.version, by: proposed.by, at: short(proposed.at, desk.now()) })}</p>
          <p class="actions"><button @click=${() => openPart(desk, "release", "rules")}>${t("release.rules")}</button><button @click=${() => openPart(desk, "release", `preview/${proposed.version}`)}>${t("release.preview")}</button></p></div></section>` : nothing}
        ${dirty.length ? html`<section><h3>${t("queue.quarantine")} <span class="n">${dirty.length}</span></h3><p class="muted">${t("queue.quarantine_means")}</p>
          <ul class="cards">${dirty.map((q) => setAside(desk, q, pull))}</ul></section>` : nothing}
        <section><h3>${t("queue.ours")}</h3>${ours.length ? html`<ul class="cards">${ours.map((r) => request(desk, r, pull))}</ul>` : html`<p class="empty">${t("queue.ours_none")}</p>`}
          <p class="actions"><button @click=${() => void askPartner(desk, pull)}>${t("queue.ask")}</button></p></section>
        ${done.length ? html`<details><summary>${t("queue.done", { n: done.length })}</summary><ul class="cards">${done.map((r) => request(desk, r, pull))}</ul></details>` : nothing}`;
    },
  }; // prettier-ignore
};

/** An answer is still to come: there is a day for it, and the asker may take the request back. */
const OPEN = new Set(["asked", "received", "open", "later"]);

function request(desk: Desk, r: Request, pull: () => void): TemplateResult {
  const now = desk.now();
  const mine = r.owed;
  const late = r.due_ms !== null && r.due_ms < now && OPEN.has(r.state);
  return html`<li class="box ${r.distress ? "urgent" : ""}"><h4>${r.distress ? html`<strong class="badge new">${t("queue.distress")}</strong> ` : nothing}
      ${!r.mine ? t("queue.asks", { who: desk.sharing!.name(r.by) }) : t("queue.asked_of", { who: desk.sharing!.name(r.to) })} ${shortId(r.id)}</h4>
    <p class="said" dir="auto">${r.text || "–"}</p>
    <p>${r.kinds.map((k) => html`<span class="chip plain">${kindWord(k)}</span>`)}${r.subject?.map((s) => html`<span class="chip plain"><bdi>${s}</bdi></span>`)}
      ${r.purpose.map((p) => html`<span class="chip plain">${t("queue.purpose")}: ${tOr(`purpose.${p}`, p)}</span>`)}${r.clause ? html`<span class="chip plain">${t("share.clause")} <code>${clauseText(r.clause)}</code></span>` : nothing}</p>
    <p class="muted">${t("queue.asked_at", { at: short(r.asked_ms, now) })} · ${word("request", r.state)}
      ${r.due_ms && OPEN.has(r.state) ? html` · <strong class=${late ? "old" : ""}>${late ? t("queue.late", { age: age(now - r.due_ms) }) : t("queue.due", { age: age(r.due_ms - now) })}</strong>` : nothing}</p>
    ${r.why ? html`<p dir="auto">${r.why}</p>` : nothing}${r.records.length ? html`<p>${t("recall.records", { n: r.records.length })}</p>` : nothing}
    ${mine && desk.may("release") ? html`<p class="actions"><button class="main" @click=${() => void answer(desk, r, pull)}>${t("queue.answer")}</button><button @click=${() => void refuse(desk, r, pull)}>${t("queue.refuse")}</button></p>` : nothing}
    ${r.mine && OPEN.has(r.state) ? html`<p class="actions"><button @click=${() => void withdraw(desk, r, pull)}>${t("queue.withdraw")}</button></p>` : nothing}</li>`; // prettier-ignore
}

async function answer(desk: Desk, r: Request, pull: () => void): Promise<void> {
  const body = html`<p>${t("queue.answer_means")}</p>
    <fieldset><legend>${t("queue.verdict")}</legend>${VERDICTS.map((v, i) => html`<label class="choice"><input type="radio" name="verdict" value=${v} ?checked=${i === 0} ?data-first=${i === 0} />${word("answer", v)}</label>`)}</fieldset>
    <label>${t("queue.records")}<input name="records" maxlength="4000" autocomplete="off" spellcheck="false" /></label>
    <label>${t("queue.words")}<textarea name="text" rows="3" maxlength="2000"></textarea></label>`; // prettier-ignore
  const done = await ask(t("queue.answer"), body, t("queue.answer"), async (form) => {
    const records = String(form.get("records") ?? "").split(/[\s,]+/).filter(Boolean); // prettier-ignore
    await desk.api.post(`/api/sharing/requests/${encodeURIComponent(r.id)}/answer`, { verdict: form.get("verdict"), records, text: form.get("text") ?? "" });
    return true;
  });
  if (done) finished(desk, pull);
}

async function refuse(desk: Desk, r: Request, pull: () => void): Promise<void> {
  const body = html`<p>${t("queue.refuse_means")}</p><label>${t("queue.words")}<input name="text" maxlength="256" autocomplete="off" required data-first /></label>`;
  const done = await ask(t("queue.refuse"), body, t("queue.refuse"), async (form) => {
    await desk.api.post(`/api/sharing/requests/${encodeURIComponent(r.id)}/refuse`, { why: form.get("text") });
    return true;
  });
  if (done) finished(desk, pull);
}

async function withdraw(desk: Desk, r: Request, pull: () => void): Promise<void> {
  const body = html`<p class="said" dir="auto">${r.text || "–"}</p><p>${t("queue.withdraw_means", { who: desk.sharing!.name(r.to) })}</p>`;
  const done = await ask(t("queue.withdraw_title"), body, t("queue.withdraw_do"), async () => {
    await desk.api.post(`/api/sharing/requests/${encodeURIComponent(r.id)}/withdraw`);
    return true;
  });
  if (done) finished(desk, pull);
}

function finished(desk: Desk, pull: () => void): void {
  desk.say(t("share.done"));
  void desk.sharing!.pull();
  pull();
}

const ASKABLE = ["track.position", "detection", "event.encounter", "event.gap", "event.loitering"] as const;

async function askPartner(desk: Desk, pull: () => void): Promise<void> {
  const about = desk.state.vessel !== null ? `mmsi:${desk.state.vessel}` : "";
  const body = html`<label>${t("queue.to")}<select name="to" required data-first>${desk.sharing!.partners.filter((p) => p.state === "active").map((p) => html`<option value=${p.id}>${desk.sharing!.name(p.id)}</option>`)}</select></label>
    <fieldset><legend>${t("queue.kinds")}</legend>${ASKABLE.map((k, i) => html`<label class="choice"><input type="checkbox" name="kinds" value=${k} ?checked=${i === 0} />${kindWord(k)}</label>`)}</fieldset>
    <label>${t("queue.subject")}<input name="subject" .value=${about} placeholder="mmsi:416000001" maxlength="120" autocomplete="off" /></label>
    <label>${t("share.clause")}<input name="clause" maxlength="120" autocomplete="off" /></label>
    <label>${t("queue.question")}<textarea name="text" rows="3" maxlength="2000" required></textarea></label>`; // prettier-ignore
  const done = await ask(t("queue.ask"), body, t("queue.send"), async (form) => {
    const subject = String(form.get("subject") ?? "").trim();
    await desk.api.post("/api/sharing/requests", {
      to: form.get("to"), kinds: form.getAll("kinds"), subject: subject ? [subject] : [], clause: form.get("clause") ?? "", text: form.get("text"),
    }); // prettier-ignore
    return true;
  });
  if (done) finished(desk, pull);
}

/** A lone officer passed a distress on: a second person says whether that was right. */
function review(desk: Desk, r: Review, pull: () => void): TemplateResult {
  const now = desk.now();
  const own = r.officer === desk.me.user;
  return html`<li class="box ${r.overdue ? "urgent" : ""}"><h4>${t("review.title", { officer: r.officer, who: desk.sharing!.name(r.to) })}</h4>
    <p>${short(r.at_ms, now)} · ${t("share.clause")} <code>${r.clause}</code> ${r.words ? html`<span dir="auto">${said(r.words, desk.state.language)}</span>` : nothing}</p>
    <p class=${r.overdue ? "old" : "muted"}>${r.overdue ? t("review.overdue", { age: age(now - r.due_ms) }) : t("queue.due", { age: age(r.due_ms - now) })}</p>
    ${r.incident ? html`<p><button class="link" @click=${() => openPart(desk, "incidents", r.incident!)}>${t("review.incident")}</button></p>` : nothing}
    ${own ? html`<p class="muted">${t("review.not_own")}</p>` : html`<p class="actions">${REVIEWS.map((v) => html`<button @click=${() => void judge(desk, r, v, pull)}>${word("review", v)}</button>`)}</p>`}</li>`; // prettier-ignore
}

async function judge(desk: Desk, r: Review, verdict: (typeof REVIEWS)[number], pull: () => void): Promise<void> {
  const body = html`<p><strong>${word("review", verdict)}</strong></p><p>${t("review.stays")}</p><label>${t("queue.words")}<textarea name="text" rows="3" maxlength="2000" data-first ?required=${verdict !== "right"}></textarea></label>`;
  const done = await ask(t("review.do"), body, t("action.save"), async (form) => {
    await desk.api.post(`/api/sharing/reviews/${encodeURIComponent(r.id)}`, { verdict, text: form.get("text") ?? "" });
    return true;
  });
  if (done) finished(desk, pull);
}

function setAside(desk: Desk, q: Quarantined, pull: () => void): TemplateResult {
  const judge = (accept: boolean) => async () => {
    if (await does(desk, () => desk.api.post(`/api/sharing/quarantine/${q.n}`, { accept }), t("share.done"))) pull();
  };
  return html`<li class="box"><h4><bdi>${desk.sharing!.name(q.partner)}</bdi> <span class="muted">${q.size} B</span></h4><p>${short(q.at_ms, desk.now())} · ${whyAside(q)}</p>
    <details><summary>${t("quarantine.begins")}</summary><pre class="begins" dir="auto">${q.begins}</pre></details>
    <p class="actions">${q.source === "line" ? nothing : html`<button @click=${judge(true)}>${t("quarantine.accept")}</button>`}<button @click=${judge(false)}>${t("quarantine.drop")}</button></p></li>`; // prettier-ignore
}
