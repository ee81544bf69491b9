/** The watch hand-over: one page that says how things stand, made to be read aloud and printed, and signed by its giver. */
import { markingWords } from "./banner";
import { live } from "lit-html/directives/live.js";
import { handoverOf } from "../api/shapes";
import { Refused } from "../api/client";
import type { HandoverPage } from "../api/desk_types";
import type { Alert } from "../api/types";
import { t, word } from "../i18n";
import { detail, failure as words } from "../i18n/told";
import { age, position, short, utc, nine } from "../i18n/format";
import { whoIsIt } from "./alerts";
import type { Desk } from "./desk";
import { html, notHad, nothing, panel, type TemplateResult } from "./drawing";
import { line } from "./log";
import type { PageMaker } from "./pages";
import { Draft } from "./prefs";

export const handoverPage: PageMaker = (desk, root) => {
  const draft = new Draft("handover", desk.me.user);
  let note = draft.read();
  let to = "";
  let error = "";
  let page: HandoverPage | null = null;
  let refused = "";
  let away = "";

  async function pull(): Promise<void> {
    away = "";
    try {
      page = handoverOf(await desk.api.get("/api/handover"));
    } catch (failure) {
      if (failure instanceof Refused && failure.status === 403) refused = t("error.role");
      else if (page) desk.fail(failure);
      else away = words(failure);
    }
    draw();
  }

  async function sign(event: Event): Promise<void> {
    event.preventDefault();
    if (!to.trim()) {
      error = t("handover.to_whom");
      return draw();
    }
    try {
      await desk.api.post("/api/handover", { to: to.trim(), note: note.trim(), ...(page?.version === null ? {} : { desk: page?.version }) });
      [to, note, error] = ["", "", ""];
      draft.write("");
      desk.say(t("handover.done"));
    } catch (failure) {
      error = failure instanceof Refused && failure.status === 409 ? t("handover.changed") : words(failure);
    }
    await pull();
  }

  const draw = panel(root, () => html`
    <h2>${t("page.handover")}</h2>
    <p class="onlyprint"><strong>${markingWords(desk)}</strong></p>
    <p class="muted"><span dir="auto">${desk.me.node.title || desk.me.node.name}</span> · ${utc(desk.now())} · ${desk.me.user}
      ${page?.since ? html` · ${t("handover.since", { since: utc(page.since) })}` : nothing}</p>
    ${refused ? html`<p class="empty">${refused}</p>` : nothing}
    ${page ? whole(desk, page) : refused ? nothing : away ? notHad(away, () => (void pull(), draw())) : html`<p class="empty">${t("state.loading")}</p>`}
    ${page && desk.may("write") ? html`<form class="signing noprint" @submit=${sign}>
      <h3>${t("handover.sign")}</h3>
      <div class="grid2"><label>${t("handover.to")}<input data-first maxlength="100" required .value=${live(to)} @input=${(e: Event) => (to = (e.target as HTMLInputElement).value)} autocomplete="off" /></label>
      <label>${t("handover.note")}<textarea rows="2" maxlength="4000" .value=${live(note)} @input=${(e: Event) => { note = (e.target as HTMLTextAreaElement).value; draft.write(note); }}></textarea></label></div>
      <p class="refused" role="alert">${error}</p>
      <p class="actions"><button class="main">${t("handover.sign_now", { user: desk.me.user })}</button> <button type="button" @click=${() => print()}>${t("action.print")}</button></p>
    </form>` : nothing}
    ${page ? signatures(page) : nothing}`); // prettier-ignore

  const stops = [desk.on(["shared", "events"], () => void pull()), desk.app.store.on(["language"], draw)];
  void pull();
  return () => stops.forEach((stop) => stop());
};

function whole(desk: Desk, p: HandoverPage): TemplateResult {
  const section = (title: string, n: number, body: TemplateResult) => html`<section><h3>${title} <span class="n">${n}</span></h3>${n ? body : html`<p class="empty">${t("handover.nothing")}</p>`}</section>`;
  const hits = [...new Map(p.watch_hits.map((h) => [`${h.list}/${h.mmsi}`, h])).values()];
  return html`
    ${section(t("handover.open"), p.open.length + p.left_out, html`<ol class="plain">${p.open.map((a) => alertLine(desk, a))}</ol>
      ${p.left_out ? html`<p>${t("handover.left_out", { n: p.left_out })}</p>` : nothing}`)}
    ${section(t("handover.silenced"), p.silenced.length, html`<ol class="plain">${p.silenced.map((a) => alertLine(desk, a))}</ol>`)}
    ${section(t("handover.sources"), p.sources_down.length, html`<ul class="plain">${p.sources_down.map((s) => html`<li><strong dir="auto">${s.source}</strong> ${word("source", s.state)}
      ${s.last ? t("handover.last_heard", { at: short(s.last, desk.now()) }) : nothing} <span class="muted">${detail(s.detail).text}</span></li>`)}</ul>`)}
    ${section(t("handover.watch"), hits.length, html`<ul class="plain">${hits.map((h) => html`<li><strong dir="auto">${h.name || `MMSI ${nine(h.mmsi)}`}</strong> <span class="muted" dir="auto">${h.list}</span> <span dir="auto">${h.reason ?? ""}</span>
      ${h.last_t ? html`<span class="muted">${t("vessel.ago", { age: age(desk.now() - h.last_t) })}</span>` : nothing}</li>`)}</ul>`)}
    ${section(t("handover.log"), p.log.length, html`<ol class="log">${p.log.map((e) => line(desk, e, null))}</ol>`)}`; // prettier-ignore
}

const alertLine = (desk: Desk, a: Alert) => html`<li><strong>${word("event", a.event_type)}</strong> <span dir="auto">${whoIsIt(a)}</span>
  <span class="muted">${short(a.t, desk.now())} · ${position(a.lat, a.lon)} · ${word("level", a.word)} ${a.confidence?.toFixed(2) ?? ""}</span>
  <span class="state">${t(`state.${a.state}`)}${a.by ? ` · ${t("alert.by", { by: a.by, at: short(a.at, desk.now()) })}` : ""}${a.until ? ` · ${t("alert.until", { until: short(a.until, desk.now()) })}` : ""}</span>
  ${a.reason ? html`<span class="reason" dir="auto">${a.reason}</span>` : nothing}
  <button class="link noprint" @click=${() => desk.app.store.set({ alert: a.event_id })}>${t("log.the_event")}</button></li>`; // prettier-ignore

const signatures = (p: HandoverPage) => p.signed.length
  ? html`<section><h3>${t("handover.before")}</h3><ol class="plain">${p.signed.slice(0, 8).map((s) => html`<li><time>${utc(s.t)}</time> <strong>${s.by}</strong> → <strong dir="auto">${s.to}</strong> <span dir="auto">${s.note ?? ""}</span></li>`)}</ol></section>`
  : nothing; // prettier-ignore
