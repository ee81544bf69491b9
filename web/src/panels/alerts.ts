/** The alert queue: what is new, how old, how sure; evidence opens in place. What is put aside stays counted and in reach. */
import { repeat } from "lit-html/directives/repeat.js";
import { t, tOr, word } from "../i18n";
import { age, short } from "../i18n/format";
import { sentence } from "../i18n/sentences";
import type { Alert } from "../api/types";
import type { EventMark } from "../map/types";
import { actions } from "./decide";
import type { Desk, Filter } from "./desk";
import { eventIcon, html, key, nothing, panel, type TemplateResult } from "./drawing";
import { evidence } from "./evidence";
import { readPrefs } from "./prefs";

const FILTERS: readonly Filter[] = ["open", "silenced", "dismissed", "all"];
/** Alerts in one list; older ones are found on the time line and on the vessel's card. */
const SHOWN_MOST = 200;

/** Those that the filter shows, newest first. Withdrawn ones stay, so that nobody wonders where they went. */
export function shownAlerts(alerts: readonly Alert[], filter: Filter): readonly Alert[] {
  const keep: Readonly<Record<Filter, (a: Alert) => boolean>> = {
    open: (a) => a.state === "new" || a.state === "acknowledged" || a.state === "withdrawn",
    silenced: (a) => a.state === "silenced",
    dismissed: (a) => a.state === "dismissed",
    all: () => true,
  };
  return alerts.filter(keep[filter]).sort((a, b) => b.t - a.t || (a.event_id < b.event_id ? -1 : 1));
}

/** `MV EXAMPLE ↔ MMSI 416000001` */
export const whoIsIt = (alert: { mmsis: readonly number[]; names: readonly string[] }): string =>
  alert.mmsis.map((mmsi, i) => alert.names[i] || `MMSI ${mmsi}`).join(" ↔ ") || t("alert.no_vessel");

export function mountAlerts(desk: Desk): void {
  const root = desk.app.regions.left;
  root.setAttribute("aria-label", t("alert.queue"));
  const { store } = desk.app;
  const again = () => draw();
  const draw = panel(root, () => {
    const list = shownAlerts(desk.list?.alerts ?? [], desk.filter).slice(0, SHOWN_MOST);
    const fresh = count(desk, "new");
    const chosen = desk.state.alert;
    return html`
      <header class="head">
        <h2>${t("alert.queue")}</h2>
        <span class="count ${fresh ? "some" : ""}">${t("alert.new", { n: fresh })}</span>
        <span class="hint">${key("J")}${key("K")}</span>
      </header>
      <div class="tabs" role="group" aria-label=${t("alert.show")}>
        ${FILTERS.map((f) => html`<button aria-pressed=${desk.filter === f} @click=${() => desk.setFilter(f)}>${t(`filter.${f}`)}${tally(desk, f)}</button>`)}
      </div>
      ${chosen && !list.some((a) => a.event_id === chosen) ? html`<section class="alert open apart">${evidence(desk, chosen, undefined, again)}</section>` : nothing}
      ${desk.list === null ? html`<p class="empty">${t("state.loading")}</p>` : nothing}
      ${desk.list && !list.length ? html`<p class="empty">${t(desk.filter === "open" ? "alert.none" : "alert.none_here")}</p>` : nothing}
      <ol class="queue">${repeat(list, (a) => a.event_id, (a) => card(desk, a, a.event_id === chosen, again))}</ol>`; // prettier-ignore
  });
  desk.on(["alerts", "events", "shared"], draw);
  store.on(["alert", "language", "units"], draw);
  store.on(["language"], () => root.setAttribute("aria-label", t("alert.queue")));
  setInterval(draw, 20_000); // ages
  store.on(["alert"], ({ alert }) => alert && requestAnimationFrame(() => bring(root, alert)));
  desk.on(["alerts"], () => {
    desk.app.map.setEvents(marks(desk.list?.alerts ?? []));
    desk.app.map.setNames(names(desk.list?.alerts ?? []));
  });
  announceNew(desk);
}

function count(desk: Desk, state: string): number {
  return desk.list?.counts[state] ?? desk.list?.alerts.filter((a) => a.state === state).length ?? 0;
}

function tally(desk: Desk, filter: Filter): TemplateResult | typeof nothing {
  if (filter === "silenced") return html` <span class="n">${desk.list?.silenced ?? 0}</span>`;
  if (filter === "dismissed") return html` <span class="n">${count(desk, "dismissed")}</span>`;
  return nothing;
}

function bring(root: HTMLElement, id: string): void {
  root.querySelector(`[data-event="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
}

function card(desk: Desk, a: Alert, open: boolean, draw: () => void): TemplateResult {
  const toggle = () => choose(desk, open ? null : a);
  return html`<li class="alert ${a.state} ${a.word} ${open ? "open" : ""}" data-event=${a.event_id}>
    <button class="summary" aria-expanded=${open} @click=${toggle}>
      <span class="line"><span class="type">${eventIcon(a.event_type)} ${word("event", a.event_type)}</span>
        <span class="muted age"><time datetime=${new Date(a.t).toISOString()}>${age(desk.now() - a.t)}</time>${confidence(a)}</span></span>
      <span class="names" dir="auto">${whoIsIt(a)}</span>
      ${open ? nothing : said(desk, a.summary)}
      ${standing(desk, a)}
    </button>
    ${open ? html`${actions(desk, a)}${evidence(desk, a.event_id, a, draw)}` : nothing}
  </li>`; // prettier-ignore
}

function said(desk: Desk, summary: string): TemplateResult {
  const { text, lang } = sentence(summary, desk.state.language);
  return html`<span class="sentence" lang=${lang}>${text}</span>`;
}

function confidence(a: Alert): TemplateResult | typeof nothing {
  if (a.confidence === null) return nothing;
  return html` · <span title=${t("alert.confidence")}>${word("level", a.word)} ${a.confidence.toFixed(2)}</span>`;
}

/** What the desk has said of it, and who. */
function standing(desk: Desk, a: Alert): TemplateResult | typeof nothing {
  if (a.state === "new") return html`<span class="badge new">${t("state.new")}</span>`;
  const who = a.by ? t("alert.by", { by: a.by, at: short(a.at, desk.now()) }) : "";
  const until = a.state === "silenced" && a.until ? t("alert.until", { until: short(a.until, desk.now()) }) : "";
  return html`<span class="badge ${a.state}">${t(`state.${a.state}`)} ${[until, who].filter(Boolean).join(" · ")}</span>
    ${a.reason ? html`<span class="reason" dir="auto">${reasonOf(a)}</span>` : nothing}`;
}

/** What somebody wrote stands as it is; why an event was withdrawn is said by the node in words that we know. */
export function reasonOf(a: Alert): string {
  if (a.state !== "withdrawn") return a.reason ?? "";
  return (a.reason ?? "").split(": ").map((part) => tOr(`withdrawn.${part}`, part)).join(": "); // prettier-ignore
}

/** Select an alert (or none) and show its place. */
export function choose(desk: Desk, a: Alert | null): void {
  desk.app.store.set({ alert: a?.event_id ?? null, ...(a && a.mmsis.length ? { vessel: a.mmsis[0]! } : {}) });
  if (a && a.lat !== null && a.lon !== null) {
    const { zoom } = desk.app.map.getView();
    desk.app.bus.emit("fly", { lat: a.lat, lon: a.lon, zoom: Math.max(zoom, 7.5) });
  }
}

/** The next alert down (1) or up (-1) the list. */
export function stepAlert(desk: Desk, step: 1 | -1): void {
  const list = shownAlerts(desk.list?.alerts ?? [], desk.filter);
  if (!list.length) return;
  const at = list.findIndex((a) => a.event_id === desk.state.alert);
  const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step));
  choose(desk, list[next]!);
}

function marks(alerts: readonly Alert[]): EventMark[] {
  return alerts
    .filter((a) => a.state === "new" || a.state === "acknowledged")
    .flatMap((a) => (a.lat === null || a.lon === null ? [] : [{ event_id: a.event_id, lat: a.lat, lon: a.lon, state: a.state }]));
}

function names(alerts: readonly Alert[]): Map<number, string> {
  const out = new Map<number, string>();
  for (const a of alerts) a.mmsis.forEach((mmsi, i) => a.names[i] && out.set(mmsi, a.names[i]));
  return out;
}

/** Says aloud what has come in since the last look; the first look says nothing. */
function announceNew(desk: Desk): void {
  let known: Set<string> | null = null;
  desk.on(["alerts"], () => {
    const fresh = (desk.list?.alerts ?? []).filter((a) => a.state === "new");
    const before = known;
    known = new Set([...(before ?? []), ...fresh.map((a) => a.event_id)]);
    if (!before) return;
    const came = fresh.filter((a) => !before.has(a.event_id));
    if (!came.length) return;
    const first = came[0]!;
    desk.say(came.length === 1 ? t("alert.came", { type: word("event", first.event_type), who: whoIsIt(first) }) : t("alert.came_many", { n: came.length }));
    if (readPrefs().sound) beep();
  });
}

function beep(): void {
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    gain.gain.value = 0.05;
    tone.frequency.value = 660;
    tone.connect(gain).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.18);
    tone.onended = () => void audio.close();
  } catch {
    // no sound device: the notice stands on the screen
  }
}
