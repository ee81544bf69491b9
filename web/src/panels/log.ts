/** The watch log: what the officer saw, did and decided. Entries stay; a correction is a new entry that names the old one. */
import "./log.css";
import { live } from "lit-html/directives/live.js";
import { LOG_KINDS, type LogEntry, type LogKind, type NewLogEntry } from "../api/desk_types";
import { t } from "../i18n";
import { failure as words } from "../i18n/told";
import { forInput, parse, position, short, utc, nine } from "../i18n/format";
import type { Desk } from "./desk";
import { breakGlass, openIncident, type Start } from "./incident/open";
import { placeIn } from "./incident/place";
import { html, key, notHad, nothing, panel, type TemplateResult } from "./drawing";
import type { PageMaker } from "./pages";
import { Draft } from "./prefs";

interface Entry {
  kind: LogKind;
  vessel: boolean;
  event: boolean;
  place: boolean;
  /** As written; empty is now, or in a replay the moment shown. */
  time: string;
  corrects: LogEntry | null;
}

export const logPage: PageMaker = (desk, root) => {
  const draft = new Draft("log", desk.me.user);
  let text = draft.read();
  let entries: readonly LogEntry[] | null = null;
  let error = "";
  let away = "";
  let busy = false;
  const fresh = (): Entry => ({ kind: "note", vessel: true, event: true, place: false, time: "", corrects: null });
  let entry = fresh();

  async function pull(): Promise<void> {
    try {
      away = "";
      entries = (await desk.api.get<{ entries: readonly LogEntry[] }>("/api/log")).entries;
      if (!document.hidden) desk.log?.seen(entries);
      draw();
    } catch (failure) {
      if (entries) return desk.fail(failure);
      away = words(failure);
      draw();
    }
  }

  async function send(event: Event): Promise<void> {
    event.preventDefault();
    if (busy || !text.trim()) return;
    const made: NewLogEntry = { text: text.trim(), kind: entry.kind };
    const { vessel, alert } = desk.state;
    if (entry.time) {
      made.t = parse(entry.time, desk.now());
      if (!Number.isFinite(made.t)) return refuse(t("time.unreadable", { example: forInput(desk.now()) }));
      if (made.t > desk.now() + 60_000) return refuse(t("log.not_ahead"));
    } else if (desk.state.mode === "replay" && !entry.corrects) made.t = Math.round(desk.shown());
    if (entry.corrects) Object.assign(made, attachments(entry.corrects), { corrects: entry.corrects.id, t: made.t ?? entry.corrects.t });
    else {
      if (entry.vessel && vessel !== null) made.mmsi = vessel;
      if (entry.event && alert !== null) made.event_id = alert;
      if (entry.place) Object.assign(made, place(desk));
    }
    busy = true;
    draw();
    try {
      await desk.api.post("/api/log", made);
      [text, entry, error] = ["", fresh(), ""];
      draft.write("");
      desk.say(t("log.written"));
      await pull();
    } catch (failure) {
      error = words(failure);
    } finally {
      busy = false;
      draw();
      root.querySelector<HTMLElement>("textarea")?.focus();
    }
  }

  function refuse(words: string): void {
    error = words;
    draw();
  }

  function correct(of: LogEntry): void {
    entry = { ...fresh(), kind: of.kind, corrects: of };
    text = of.text;
    draw();
    root.querySelector<HTMLElement>("textarea")?.focus();
  }

  const draw = panel(root, () => html`
    <h2>${t("page.log")}</h2>
    ${desk.may("write") ? form() : html`<p class="muted">${t("error.role")}</p>`}
    <ol class="log">${(entries ?? []).map((e) => line(desk, e, desk.may("write") ? () => correct(e) : null))}</ol>
    ${entries === null ? (away ? notHad(away, () => void pull()) : html`<p class="empty">${t("state.loading")}</p>`) : !entries.length ? html`<p class="empty">${t("log.none")}</p>` : nothing}`); // prettier-ignore

  const set = (change: Partial<Entry>) => {
    entry = { ...entry, ...change };
    draw();
  };

  function form(): TemplateResult {
    const { vessel, alert, mode } = desk.state;
    const tick = (name: "vessel" | "event" | "place", words: string) => html`<label class="choice"><input type="checkbox" .checked=${live(entry[name])}
      @change=${(e: Event) => set({ [name]: (e.target as HTMLInputElement).checked })} />${words}</label>`; // prettier-ignore
    return html`<form class="entry" @submit=${send} @keydown=${(e: KeyboardEvent) => e.key === "Enter" && (e.ctrlKey || e.metaKey) && void send(e)}>
      ${entry.corrects ? html`<p class="corrects">${t("log.correcting", { id: entry.corrects.id })} <button type="button" @click=${() => { entry = fresh(); text = ""; draw(); }}>${t("action.cancel")}</button></p>` : nothing}
      <fieldset class="kinds"><legend>${t("log.kind")}</legend>${LOG_KINDS.map((k) => html`<label class="choice"><input type="radio" name="kind" .checked=${live(entry.kind === k)} @change=${() => set({ kind: k })} />${t(`log.${k}`)}</label>`)}</fieldset>
      <label class="hidden" for="log-text">${t("log.text")}</label>
      <textarea id="log-text" data-first rows="3" maxlength="4000" placeholder=${t("log.text")} .value=${live(text)}
        @input=${(e: Event) => { text = (e.target as HTMLTextAreaElement).value; draft.write(text); }}></textarea>
      <p class="attached">
        ${vessel !== null && !entry.corrects ? tick("vessel", t("log.vessel", { mmsi: nine(vessel) })) : nothing}
        ${alert !== null && !entry.corrects ? tick("event", t("log.event")) : nothing}
        ${entry.corrects ? nothing : tick("place", entry.place ? position(place(desk).lat, place(desk).lon) : t("log.place"))}
        <label class="choice">${t("log.time")} <input class="when" maxlength="20" autocomplete="off" placeholder=${entry.corrects ? forInput(entry.corrects.t) : mode === "replay" ? forInput(desk.shown()) : t("log.now")} .value=${live(entry.time)} @input=${(e: Event) => set({ time: (e.target as HTMLInputElement).value })} /> Z
          <span class="muted">${entry.time ? utc(parse(entry.time, desk.now())) : t("time.forms")}</span></label></p>
      <p class="refused" role="alert">${error}</p>
      <p class="actions"><button class="main" ?disabled=${busy}>${t("log.write")} ${key("Ctrl+Enter")}</button> <span class="muted">${t("log.stays")}</span></p>
    </form>`; // prettier-ignore
  }

  const stops = [desk.on(["shared"], () => void pull()), desk.app.store.on(["language", "vessel", "alert", "mode"], draw)];
  void pull();
  return () => stops.forEach((stop) => stop());
};

/** What the old entry was attached to: the new one takes its place. */
function attachments(e: LogEntry): Partial<NewLogEntry> {
  const { mmsi, event_id, lat, lon } = e;
  return {
    ...(mmsi ? { mmsi } : {}), ...(event_id ? { event_id } : {}),
    ...(lat !== null && lat !== undefined && lon !== null && lon !== undefined ? { lat, lon } : {}),
  }; // prettier-ignore
}

/** Where the chosen vessel is, else the middle of the chart. */
function place(desk: Desk): { lat: number; lon: number } {
  const { vessel } = desk.state;
  const at = (vessel !== null && desk.app.map.positionOf(vessel)) || desk.app.map.getView();
  return { lat: Number(at.lat.toFixed(5)), lon: Number(at.lon.toFixed(5)) };
}

export function line(desk: Desk, e: LogEntry, correct: (() => void) | null): TemplateResult {
  const late = e.written !== null && e.written !== undefined && e.written - e.t > 120_000;
  const { lat, lon } = e;
  return html`<li class="entry ${e.kind}">
    <p class="line"><time datetime=${new Date(e.t).toISOString()}>${short(e.t, desk.now())}</time> <span class="kind">${t(`log.${e.kind}`)}</span> <strong>${e.by}</strong>
      ${late ? html`<span class="muted">${t("log.late", { at: short(e.written, desk.now()) })}</span>` : nothing}
      ${e.corrects ? html`<span class="muted">${t("log.corrects", { id: e.corrects })}</span>` : nothing}
      <span class="grow"></span><span class="muted">#${e.id}</span></p>
    <p class="text" dir="auto">${e.text}</p>
    <p class="links noprint">
      ${e.mmsi ? html`<button class="link" @click=${() => desk.app.store.set({ vessel: e.mmsi! })}>MMSI ${nine(e.mmsi)}</button>` : nothing}
      ${e.event_id ? html`<button class="link" @click=${() => desk.app.store.set({ alert: e.event_id! })}>${t("log.the_event")}</button>` : nothing}
      ${lat !== null && lat !== undefined && lon !== null && lon !== undefined ? html`<button class="link" @click=${() => desk.app.bus.emit("fly", { lat, lon })}>${position(lat, lon)}</button>` : nothing}
      ${correct ? html`<button class="link" @click=${correct}>${t("log.correct")}</button>` : nothing}
      ${correct && desk.may("incident") ? html`<button class="link" @click=${() => void openIncident(desk, startOf(e))}>${t("incident.open")}</button>
        <button class="link urgent" @click=${() => void breakGlass(desk, startOf(e))}><span aria-hidden="true">⚡</span> ${t("glass.do")}</button>` : nothing}</p></li>`; // prettier-ignore
}

/** What an entry says, as the beginning of a case: its own place, else one that stands in its words. */
function startOf(e: LogEntry): Start {
  const { lat, lon } = e;
  const at = typeof lat === "number" && typeof lon === "number" ? { lat, lon } : placeIn(e.text);
  return { ...at, t: e.t, what: e.text, mmsi: e.mmsi ?? null, vessel: e.mmsi ? `MMSI ${nine(e.mmsi)}` : "" };
}
