/** The card of the chosen vessel: who it says it is and was, where it was last heard, what is to be minded, what happened. */
import "./vessel.css";
import { readTrack } from "../api/columns";
import { cardOf } from "../api/shapes";
import type { VesselCard } from "../api/types";
import { Refused } from "../api/client";
import { t, tOr, word } from "../i18n";
import { caution, failure, region } from "../i18n/told";
import { age, course, position, short, speed, utc, nine } from "../i18n/format";
import { cableCard, mountCables } from "./cables";
import type { Desk } from "./desk";
import { detectionCard, mountDetections } from "./detections";
import { eventIcon, html, key, notHad, nothing, panel, type TemplateResult } from "./drawing";
import { files } from "./files";
import { incidentButton } from "./incident/start";
import { whoSees } from "./release/who";
import { watchThis } from "./watchlists";

const REFRESH_MS = 15_000;
const TRACK = "selected";

export function mountVessel(desk: Desk): void {
  const root = desk.app.regions.right;
  const { store, map } = desk.app;
  let card: VesselCard | null = null;
  let state: "none" | "loading" | "there" | "unknown" | "failed" = "none";
  let why = "";
  let serial = 0;

  async function pull(fresh: boolean): Promise<void> {
    const { vessel } = desk.state;
    const mine = ++serial;
    if (vessel === null) {
      [card, state] = [null, "none"];
      map.setTrack(TRACK, null);
      return draw();
    }
    if (fresh) [card, state] = [null, "loading"];
    draw();
    try {
      const found = cardOf(await desk.api.get(`/api/vessels/${vessel}`));
      if (mine !== serial) return;
      [card, state] = [found, "there"];
      draw();
      await track(vessel, mine);
    } catch (error) {
      if (mine !== serial) return;
      if (error instanceof Refused && error.status === 404) state = "unknown";
      else if (!card) [state, why] = ["failed", failure(error)];
      else if (fresh) desk.fail(error);
      draw();
    }
  }

  async function track(vessel: number, mine: number): Promise<void> {
    const to = desk.shown();
    const from = to - (card?.track_hours ?? 24) * 3_600_000;
    const { bytes } = await desk.api.bytes(`/api/vessels/${vessel}/track`, { from: Math.floor(from), to: Math.ceil(to) });
    if (mine === serial) map.setTrack(TRACK, readTrack(bytes));
  }

  const draw = panel(root, () => html`<section class="card" tabindex="-1" aria-label=${t("vessel.label")}>
    ${detectionCard(desk)} ${cableCard(desk)}
    ${state === "none" && desk.state.detection === null && desk.state.cable === null ? empty() : nothing}
    ${state === "loading" ? html`<p class="empty">${t("state.loading")}</p>` : nothing}
    ${state === "failed" ? notHad(why, () => void pull(true)) : nothing}
    ${state === "unknown" ? html`<p class="empty">${t("vessel.unknown", { mmsi: desk.state.vessel ?? "" })}</p>` : nothing}
    ${card ? whole(desk, card) : nothing}
    ${card ? whoSees(desk, { mmsi: card.mmsi }, () => draw()) : nothing}
  </section>`); // prettier-ignore
  store.on(["vessel"], () => void pull(true));
  store.on(["detection", "cable"], draw);
  mountCables(draw);
  mountDetections(desk, draw);
  store.on(["mode", "language", "units", "alert"], draw);
  store.on(["mode"], () => void pull(false));
  desk.on(["shared"], () => void pull(false));
  desk.on(["partners", "share"], () => draw());
  setInterval(() => document.hidden || (desk.state.vessel !== null && void pull(false)), REFRESH_MS);
  desk.on(["tick"], () => (card || desk.state.detection !== null) && draw());
  void pull(true);
}

const empty = () => html`<h2>${t("vessel.label")}</h2><p class="empty">${t("vessel.none")}</p>
  <ul class="empty"><li>${key("/")} ${t("vessel.by_search")}</li><li>${key("J")} ${t("vessel.by_alert")}</li><li>${t("vessel.by_click")}</li></ul>`; // prettier-ignore

/** From this on the field of the IMO number holds an official number of the flag state (ITU-R M.1371-5). */
const OFFICIAL_LEAST = 10_000_000;
const registered = (imo: number | null | undefined): string => (imo && imo >= OFFICIAL_LEAST ? t("vessel.official", { n: imo }) : `IMO ${imo ?? "–"}`);

function whole(desk: Desk, c: VesselCard): TemplateResult {
  const name = c.names.length ? c.names[c.names.length - 1]!.name : "";
  const newest = [...c.names].sort((a, b) => (b.last ?? 0) - (a.last ?? 0))[0]?.name ?? name;
  return html`
    <header><h2 dir="auto">${newest || t("vessel.no_name")}</h2>
      <button class="icon-only" aria-label="${t("vessel.close")} (Esc)" @click=${() => desk.app.store.set({ vessel: null })}>×</button></header>
    <p class="numbers">MMSI ${nine(c.mmsi)} · ${registered(c.imo)} · ${c.callsign || "–"}</p>
    <p class="chips">${c.watch.map((w) => html`<span class="chip watched"><span aria-hidden="true">◉</span> ${t("vessel.watched")}: ${watchWords(w)}</span>`)}
      ${c.type_text ? html`<span class="chip plain">${word("type", c.type_text)}${c.length_m ? ` ${c.length_m} m` : ""}</span>` : nothing}
      ${c.flag ? html`<span class="chip plain" title=${t("vessel.flag_means")}>${t("vessel.block", { flag: region(c.flag) })}</span>` : nothing}</p>
    ${c.cautions.length ? html`<ul class="cautions" aria-label=${t("vessel.cautions")}>${c.cautions.map((one) => html`<li><span aria-hidden="true">!</span> ${caution(one)}</li>`)}</ul>` : nothing}
    ${fix(desk, c)}
    <p class="actions">
      <button @click=${() => see(desk, c)}>${t("vessel.show")} ${key("F")}</button>
      ${desk.may("write") ? html`<button @click=${() => void watchThis(desk, c, newest)}>${t("vessel.watch")}</button>` : nothing}
      ${incidentButton(desk, { ...(c.fix ? { lat: c.fix.lat, lon: c.fix.lon } : {}), mmsi: c.mmsi, vessel: newest || `MMSI ${nine(c.mmsi)}` })}</p>
    ${c.names.length > 1 ? html`<h3>${t("vessel.identities")}</h3><table class="plain"><tbody>${c.names.map((n) => html`
      <tr><th scope="row" dir="auto">${n.name}</th><td>${short(n.first, desk.now())} – ${short(n.last, desk.now())}</td></tr>`)}</tbody></table>` : nothing}
    <h3>${t("vessel.history")}</h3>
    ${c.events.length ? html`<ul class="history">${c.events.map((e) => html`<li>
      <button @click=${() => desk.app.store.set({ alert: e.event_id })}>${eventIcon(e.event_type)}
        <span><strong>${word("event", e.event_type)}</strong> <time class="muted" datetime=${new Date(e.t).toISOString()}>${short(e.t, desk.now())}</time>
        ${e.end ? html`<span class="muted">${age(e.end - e.t)}</span>` : nothing}
        ${others(c, e.mmsis)}</span></button></li>`)}</ul>` : html`<p class="empty">${t("vessel.no_events")}</p>`}
    <h3>${t("files.title")}</h3>
    ${files(t("files.fixes", { h: c.track_hours }), { what: "fixes", mmsi: c.mmsi, to: desk.shown(), hours: c.track_hours })}
    ${files(t("files.events", { h: c.track_hours }), { what: "events", mmsi: c.mmsi, to: desk.shown(), hours: c.track_hours })}`; // prettier-ignore
}

/** Who else took part. */
function others(c: VesselCard, mmsis: readonly number[]): TemplateResult | typeof nothing {
  const rest = mmsis.filter((mmsi) => mmsi !== c.mmsi);
  return rest.length ? html`<span class="muted nowrap">↔ ${rest.join(", ")}</span>` : nothing;
}

export function see(desk: Desk, c: { mmsi: number; fix?: VesselCard["fix"] }): void {
  const at = desk.app.map.positionOf(c.mmsi) ?? (c.fix ? { lat: c.fix.lat, lon: c.fix.lon } : null);
  if (at) desk.app.bus.emit("fly", { ...at, zoom: Math.max(9, desk.app.map.getView().zoom) });
}

function fix(desk: Desk, c: VesselCard): TemplateResult {
  const f = c.fix;
  if (!f) return html`<p class="empty">${t("vessel.no_fix")}</p>`;
  const old = desk.now() - f.t;
  const { units } = desk.state;
  const cell = desk.app.map.cellOf(c.mmsi);
  const origin = [f.source, f.station].filter(Boolean).join(" · ");
  const row = (name: string, value: unknown) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
  return html`<table class="plain fix"><caption class="hidden">${t("vessel.last_fix")}</caption><tbody>
    ${row(t("vessel.last_fix"), html`<strong class=${old > 3_600_000 ? "old" : ""}>${t("vessel.ago", { age: age(old) })}</strong>`)}
    ${row(t("vessel.time"), html`<span class="moment">${utc(f.t)}</span>`)}
    ${row(t("vessel.position"), html`<span class="place">${position(f.lat, f.lon)}</span>${cell ? html` <strong class="caution">${t("vessel.cell", { km: cell / 1000 })}</strong>` : nothing}`)}
    ${row(t("vessel.motion"), `${speed(f.sog_kn, units)} / ${course(f.cog_deg)}`)}
    ${f.nav_status !== null && f.nav_status !== undefined ? row(t("vessel.status"), status(f.nav_status)) : nothing}
    ${origin ? row(t("vessel.source"), html`<span dir="auto">${origin}</span>`) : nothing}</tbody></table>
    ${desk.state.mode === "replay" ? html`<p class="muted">${t("vessel.now_not_then")}</p>` : nothing}`; // prettier-ignore
}

const status = (code: string | number): string => tOr(`nav.${code}`, String(code).replaceAll("_", " "));

const watchWords = (w: VesselCard["watch"][number]): string =>
  typeof w === "string" ? w : [w.list, w.reason].filter(Boolean).join(", ");
