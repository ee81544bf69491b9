/** The incident desk: the list of cases, and one page for each. It stands beside the chart, for both are looked at together. */
import "./incident.css";
import type { Incident, IncidentBrief } from "../../api/incidents";
import { incidentOf } from "../../api/sharing_shapes";
import { said } from "../../api/sharing";
import { failure } from "../../i18n/told";
import { t, word } from "../../i18n";
import { age, position, short } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, key, nothing, panel, type TemplateResult } from "../drawing";
import { openPart, type PageMaker } from "../pages";
import { Acts } from "./acts";
import { drawingTools, showDrawings } from "./drawings";
import { breakGlass, openIncident } from "./open";
import { Phrases } from "./phrases";
import { sentSitrep, sitrepView } from "./sitrep";
import { taskList } from "./tasks";
import { timeline } from "./timeline";

export const incidentsPage: PageMaker = (desk: Desk, root) => {
  const book = desk.incidents!;
  let one: Incident | null = null;
  let error = "";
  let serial = 0;
  let marked = 0;
  const split = (): [string, string, string] => {
    const [id = "", what = "", which = ""] = desk.state.part.split("/");
    return [id, what, which];
  };
  const pull = async () => {
    const [id] = split();
    const mine = ++serial;
    if (!id) return;
    try {
      const found = incidentOf(await desk.api.get(`/api/incidents/${encodeURIComponent(id)}`));
      if (mine !== serial) return;
      if (one?.id !== found.id) marked = found.lines - book.unreadOf(found);
      one = found;
      error = "";
      showDrawings(desk, one);
      if (!document.hidden) book.seen(found.id, found.lines);
    } catch (problem) {
      if (mine !== serial) return;
      error = failure(problem);
    }
    draw();
  };
  const acts = new Acts(desk, () => void pull());
  const phrases = new Phrases(desk, acts, () => draw());
  const tools = drawingTools(desk, acts, () => draw());
  const come = () => {
    const [id] = split();
    if (one?.id !== id) {
      one = null;
      error = "";
      phrases.reset();
      tools.stop();
      showDrawings(desk, null);
    }
    void pull();
    draw();
  };
  const draw = panel(root, () => {
    const [id, what, which] = split();
    if (!id) return list(desk);
    if (!one) return html`${back(desk)}${error ? html`<p class="refused" role="alert">${error}</p>` : html`<p class="empty">${t("state.loading")}</p>`}`;
    const sent = what === "sitrep" && which ? one.sitreps.find((s) => s.id === which) : undefined;
    if (sent) return sentSitrep(desk, one, sent, () => draw());
    if (what === "sitrep") return sitrepView(desk, one, acts, () => draw());
    return html`${back(desk)}${error ? html`<p class="refused" role="alert">${error}</p>` : nothing}${head(desk, one, acts)}
      ${one.closed ? nothing : html`${phrases.view(one)}`}
      ${timeline(desk, one, acts, marked)}
      ${taskList(desk, one, acts)} ${units(desk, one, acts)} ${tools.view(one)} ${fixes(desk, one, acts)} ${readings(desk, one, acts)}`;
  }); // prettier-ignore
  const stops = [
    desk.app.store.on(["part"], come),
    desk.app.store.on(["vessel", "detection"], () => draw()),
    desk.app.store.on(["language", "units"], () => { showDrawings(desk, one); draw(); }),
    desk.on(["symbols"], () => showDrawings(desk, one)),
    desk.on(["incident_news"], () => void pull()),
    desk.on(["incidents", "partners", "names"], draw),
  ]; // prettier-ignore
  const timer = setInterval(() => document.hidden || draw(), 20_000);
  come();
  return () => {
    clearInterval(timer);
    tools.stop();
    showDrawings(desk, null);
    for (const stop of stops) stop();
  };
};

const back = (desk: Desk) => html`<p><button class="link" @click=${() => openPart(desk, "incidents", "")}>← ${t("page.incidents")}</button></p>`;

function list(desk: Desk): TemplateResult {
  const book = desk.incidents!;
  const [open, closed] = [(book.list ?? []).filter((i) => !i.closed), (book.list ?? []).filter((i) => i.closed)];
  return html`<h2 tabindex="-1" data-first>${t("page.incidents")}</h2>
    ${desk.may("incident") ? html`<p class="actions"><button class="main" @click=${() => void openIncident(desk)}>${t("incident.open")} ${key("O")}</button>
      <button class="danger" @click=${() => void breakGlass(desk)}><span aria-hidden="true">⚡</span> ${t("glass.title")} ${key("G")}</button></p>` : nothing}
    ${book.list === null ? html`<p class="empty">${t("state.loading")}</p>` : nothing}
    ${book.list && !open.length ? html`<p class="empty">${t("incident.none")}</p>${desk.may("incident") ? html`<p class="muted">${t("incident.none_hint")}</p>` : nothing}` : nothing}
    <ul class="cards one">${open.map((i) => brief(desk, i))}</ul>
    ${closed.length ? html`<details><summary>${t("incident.closed_n", { n: closed.length })}</summary><ul class="cards one">${closed.map((i) => brief(desk, i))}</ul></details>` : nothing}`; // prettier-ignore
}

function brief(desk: Desk, i: IncidentBrief): TemplateResult {
  const unread = desk.incidents!.unreadOf(i);
  const name = (id: string) => desk.sharing!.name(id);
  const mine = i.desks[desk.sharing!.party] === "offered";
  return html`<li class="box incident ${i.closed ? "closed" : ""}"><button class="row" @click=${() => openPart(desk, "incidents", i.id)}>
      <span class="line"><strong>${word("incident_kind", i.kind)}</strong> <strong dir="auto">${i.title}</strong> ${unread ? html`<span class="badge new">${t("incident.unread", { n: unread })}</span>` : nothing}
        ${mine ? html`<span class="badge new">${t("incident.offered_to_us")}</span>` : nothing}</span>
      ${i.what && i.what !== i.title ? html`<span class="one-line" dir="auto">${i.what.split("\n")[0]}</span>` : nothing}
      <span class="muted">${i.lat === null ? nothing : html`<span class="place">${position(i.lat, i.lon)}</span> · `}${t("incident.opened_by", { who: name(i.opened_by), at: short(i.opened_ms, desk.now()) })}</span>
      <span class="muted">${t("incident.coordinates", { who: name(i.coordinator) })} · ${t("incident.last", { age: age(desk.now() - i.last_ms) })}</span></button></li>`; // prettier-ignore
}

function head(desk: Desk, i: Incident, acts: Acts): TemplateResult {
  const name = (id: string) => desk.sharing!.name(id);
  const me = desk.sharing!.party;
  const here = typeof i.lat === "number" && typeof i.lon === "number";
  return html`<header class="incident-head"><h2 tabindex="-1" data-first><span>${word("incident_kind", i.kind)}</span> <span dir="auto">${i.title}</span></h2>
      ${i.closed ? html`<strong class="badge">${t("incident.closed")}</strong>` : nothing}</header>
    <p>${here ? html`<button class="link" @click=${() => desk.app.bus.emit("fly", { lat: i.lat!, lon: i.lon!, zoom: Math.max(9, desk.app.map.getView().zoom) })}><span class="place">${position(i.lat, i.lon)}</span></button> · ` : nothing}
      ${i.happened_ms ? html`${short(i.happened_ms, desk.now())} · ` : nothing}${i.persons === null || i.persons === undefined ? t("incident.persons_unknown") : t("incident.persons_n", { n: i.persons })}</p>
    ${i.what ? html`<p class="said" dir="auto">${i.what}</p>` : nothing}
    <div class="who-is"><p class="coordinator ${i.coordinator === me ? "own" : ""}"><span class="muted">${t("incident.coordinator")}</span> <strong><bdi>${name(i.coordinator)}</bdi>${i.coordinator === me ? ` (${t("incident.we")})` : ""}</strong></p>
      <p>${Object.entries(i.desks).map(([id, state]) => html`<span class="chip plain ${state}"><bdi>${name(id)}</bdi>: ${word("desk_state", state)}</span>`)}</p></div>
    ${i.glass.map((g) => html`<p><span class="caution"><strong aria-hidden="true">⚡</strong> ${t("glass.was", { by: name(g.by), who: name(g.to), at: short(g.at_ms, desk.now()) })} <span class="nowrap">(${t("share.clause")} <code>${g.clause}</code>)</span> ${g.by === me ? t("glass.review") : ""}</span></p>`)}
    ${i.closed && i.outcome ? html`<p><strong>${t("closing.outcome")}:</strong> <span dir="auto">${said(i.outcome, desk.state.language)}</span></p>` : nothing}
    ${i.waiting ? html`<p class="old">${t("incident.forerunners", { n: i.waiting })}</p>` : nothing}
    ${acts.standing(i)} ${acts.buttons(i)}`; // prettier-ignore
}

function units(desk: Desk, i: Incident, acts: Acts): TemplateResult {
  return html`<section><h3>${t("incident.on_scene")} <span class="n">${i.on_scene.length}</span></h3>
    ${i.on_scene.length ? html`<ul class="units">${i.on_scene.map((u) => html`<li class=${u.state}><strong dir="auto">${u.unit}</strong> <bdi class="muted">${desk.sharing!.name(u.origin)}</bdi> <span>${word("unit", u.state)}</span>
      ${u.osc ? html`<span class="badge new">${t("incident.osc")}</span>` : nothing} ${typeof u.lat === "number" ? html`<span class="place">${position(u.lat, u.lon)}</span>` : nothing} ${u.at_ms ? html`<time class="muted">${short(u.at_ms, desk.now())}</time>` : nothing}</li>`)}</ul>` : html`<p class="empty">${t("incident.nobody_on_scene")}</p>`}
    ${i.closed || !acts.may(i) ? nothing : html`<p class="actions"><button @click=${() => void acts.unit(i)}>${t("incident.add_unit")}</button></p>`}</section>`; // prettier-ignore
}

function fixes(desk: Desk, i: Incident, acts: Acts): TemplateResult | typeof nothing {
  const may = acts.may(i) && !i.closed && (desk.state.vessel !== null || desk.state.detection !== null);
  if (!i.fixes.length && !may) return nothing;
  return html`<section><h3>${t("incident.fixes")}</h3><ul class="units">${i.fixes.map((f) => html`<li><button class="link" ?disabled=${f.lat === null} @click=${() => f.lat !== null && desk.app.bus.emit("fly", { lat: f.lat, lon: f.lon!, zoom: 10 })}>${word("seen", f.what)} <span dir="auto">${f.name ?? ""}</span></button>
    <bdi class="muted">${desk.sharing!.name(f.origin)}</bdi> ${f.lat === null ? nothing : html`<span class="place">${position(f.lat, f.lon)}</span>`} ${f.t_ms ? html`<time class="muted">${short(f.t_ms, desk.now())}</time>` : nothing}
    ${f.here ? nothing : html`<span class="muted">${t("incident.not_here_yet")}</span>`}${f.recalled ? html`<strong class="old">${t("incident.recalled")}</strong>` : nothing}</li>`)}</ul>
    ${may ? html`<p class="actions"><button @click=${() => void acts.share(i)}>${t(desk.state.detection !== null ? "incident.share_detection" : "incident.share_vessel", { who: desk.state.vessel ?? "" })}</button></p>` : nothing}</section>`; // prettier-ignore
}

/** How each side reads the place in law: side by side, never merged. */
function readings(desk: Desk, i: Incident, acts: Acts): TemplateResult | typeof nothing {
  const all = Object.entries(i.readings ?? {});
  if (!all.length && (i.closed || !acts.may(i))) return nothing;
  return html`<section><h3>${t("incident.readings")}</h3><p class="muted">${t("incident.readings_mean")}</p>
    ${all.length ? html`<dl class="readings">${all.map(([id, text]) => html`<dt><bdi>${desk.sharing!.name(id)}</bdi></dt><dd dir="auto">${text}</dd>`)}</dl>` : nothing}
    ${i.closed || !acts.may(i) ? nothing : html`<p class="actions"><button @click=${() => void acts.reading(i)}>${t("incident.add_reading")}</button></p>`}</section>`; // prettier-ignore
}

