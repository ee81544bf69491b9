/** The alert queue: what is new, how old, how sure; evidence opens in place. What is put aside stays counted and in reach. */
import "./alerts.css";
import { repeat } from "lit-html/directives/repeat.js";
import { t, tOr, word } from "../i18n";
import { age, short, nine } from "../i18n/format";
import { sentence } from "../i18n/sentences";
import type { Alert } from "../api/types";
import type { EventMark } from "../map/types";
import { actions } from "./decide";
import type { Desk, Filter } from "./desk";
import { eventIcon, html, key, nothing, panel, type TemplateResult } from "./drawing";
import { evidence } from "./evidence";
import { readPrefs } from "./prefs";
import { holds, kindsOf, type Row, rowsOf } from "./rows";

const FILTERS: readonly Filter[] = ["open", "silenced", "dismissed", "all"];
/** Rows in one list; older ones are found on the time line and on the vessel's card. */
const SHOWN_MOST = 200;
const NAMED_MOST = 3;

/** The rows that the desk shows now, in their order. */
export const shownRows = (desk: Desk): readonly Row[] =>
  rowsOf(desk.list, { filter: desk.filter, kind: desk.kind, order: desk.order, now: desk.now() });

/** `MV EXAMPLE ↔ MMSI 416000001` */
export const whoIsIt = (alert: { mmsis: readonly number[]; names: readonly string[] }): string =>
  alert.mmsis.map((mmsi, i) => alert.names[i] || `MMSI ${nine(mmsi)}`).join(" ↔ ") || t("alert.no_vessel");

export function mountAlerts(desk: Desk): void {
  const root = desk.app.regions.left;
  root.setAttribute("aria-label", t("alert.queue"));
  const { store } = desk.app;
  const again = () => draw();
  const draw = panel(root, () => {
    root.setAttribute("aria-busy", String(desk.list === null));
    const rows = shownRows(desk).slice(0, SHOWN_MOST);
    const fresh = rows.filter((r) => r.members.some((a) => a.state === "new")).length;
    const chosen = desk.state.alert;
    const row = (r: Row) => card(desk, r, holds(r, chosen) ? chosen : null, again);
    const [now, before] = [rows.filter((r) => r.now), rows.filter((r) => !r.now)];
    return html`
      <header class="head">
        <h2>${t("alert.queue")}</h2>
        <span class="count ${fresh ? "some" : ""}">${t("alert.new", { n: fresh })}</span>
        <span class="hint">${key("J")}${key("K")}</span>
      </header>
      <div class="tabs" role="group" aria-label=${t("alert.show")}>
        ${FILTERS.map((f) => html`<button aria-pressed=${desk.filter === f} @click=${() => desk.setFilter(f)}>${t(`filter.${f}`)}${tally(desk, f)}</button>`)}
      </div>
      ${choices(desk)}
      ${chosen && !rows.some((r) => holds(r, chosen)) ? html`<section class="alert open apart">${evidence(desk, chosen, undefined, again)}</section>` : nothing}
      ${desk.list === null ? html`<p class="empty">${t("state.loading")}</p>` : nothing}
      ${desk.list && !rows.length ? html`<p class="empty">${t(desk.filter === "open" && !desk.kind ? "alert.none" : "alert.none_here")}</p>` : nothing}
      ${now.length ? html`<h3 class="part">${t("alert.this_watch")} <span class="n">${now.length}</span></h3>` : nothing}
      <ol class="queue">${repeat(now, (r) => r.id, row)}</ol>
      ${before.length ? html`<h3 class="part">${t("alert.before")} <span class="n">${before.length}</span></h3><ol class="queue">${repeat(before, (r) => r.id, row)}</ol>` : nothing}
      ${folded(rows)}`; // prettier-ignore
  });
  desk.on(["alerts", "events", "shared", "names"], draw);
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

/** Which kinds, and in which order. */
function choices(desk: Desk): TemplateResult {
  const kinds = kindsOf(desk.list, desk.filter);
  const chosen = desk.kind && !kinds.has(desk.kind) ? [desk.kind] : [];
  return html`<div class="choices">
    <label><span class="hidden">${t("alert.kind")}</span><select @change=${(e: Event) => desk.show({ kind: (e.target as HTMLSelectElement).value })}>
      <option value="" ?selected=${!desk.kind}>${t("alert.every_kind")}</option>
      ${[...kinds.keys(), ...chosen].map((k) => html`<option value=${k} ?selected=${desk.kind === k}>${word("event", k)} (${kinds.get(k) ?? 0})</option>`)}
    </select></label>
    <label><span class="hidden">${t("alert.order")}</span><select @change=${(e: Event) => desk.show({ order: (e.target as HTMLSelectElement).value as "need" | "time" })}>
      ${(["need", "time"] as const).map((o) => html`<option value=${o} ?selected=${desk.order === o}>${t(`alert.order_${o}`)}</option>`)}
    </select></label></div>`; // prettier-ignore
}

/** Nothing is left out: how many events stand behind the rows. */
function folded(rows: readonly Row[]): TemplateResult | typeof nothing {
  const events = rows.reduce((n, r) => n + r.group.events, 0);
  return events > rows.length ? html`<p class="muted foot">${t("alert.behind", { rows: rows.length, events })}</p>` : nothing;
}

function tally(desk: Desk, filter: Filter): TemplateResult | typeof nothing {
  if (filter === "silenced") return html` <span class="n">${desk.list?.silenced ?? 0}</span>`;
  if (filter === "dismissed") return html` <span class="n">${desk.list?.counts["dismissed"] ?? 0}</span>`;
  return nothing;
}

function bring(root: HTMLElement, id: string): void {
  root.querySelector(`[data-events~="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" });
}

function card(desk: Desk, r: Row, chosen: string | null, draw: () => void): TemplateResult {
  const lead = r.members[0]!;
  const open = chosen !== null;
  const several = r.members.length > 1;
  const a = (open && r.members.find((m) => m.event_id === chosen)) || lead;
  const toggle = () => choose(desk, open ? null : lead);
  return html`<li class="alert ${lead.state} ${lead.word} ${open ? "open" : ""}" data-event=${r.id} data-events=${r.members.map((m) => m.event_id).join(" ")}>
    <button class="summary" aria-expanded=${open} @click=${toggle}>
      <span class="line"><span class="type">${eventIcon(lead.event_type)} ${word("event", lead.event_type)}${times(r)}</span>
        <span class="muted age"><time datetime=${new Date(lead.t).toISOString()}>${age(desk.now() - lead.t)}</time>${several ? nothing : confidence(a)}</span></span>
      <span class="names" dir="auto">${who(r)}</span>
      ${where(desk, r)}
      ${open ? nothing : html`<span class="sentence">${said(desk, r)}</span>`}
      ${standing(desk, r)}
    </button>
    ${open ? html`${actions(desk, r.members)}${several ? members(desk, r, a) : nothing}${evidence(desk, a.event_id, a, draw)}${joined(desk, a)}` : nothing}
  </li>`; // prettier-ignore
}

/** How many events a row stands for. */
const times = (r: Row) => (r.group.events > 1 ? html` <span class="n" title=${t("alert.events", { n: r.group.events })}>×${r.group.events}</span>` : nothing);

/** Vessels of a row; many are counted. */
function who(r: Row): string {
  if (r.members.length === 1) return whoIsIt(r.members[0]!);
  const names = [...new Map(r.members.flatMap((a) => a.mmsis.map((m, i) => [m, a.names[i] || `MMSI ${nine(m)}`] as const))).values()];
  return names.length > NAMED_MOST ? t("alert.vessels", { n: names.length }) : names.join(", ");
}

/** The place of a row; claimants of the same water stand side by side, in the order of the viewpoint. */
function where(desk: Desk, r: Row): TemplateResult | typeof nothing {
  const { zones, claimants } = r.group;
  if (!zones.length) return nothing;
  if (claimants.length > 1)
    return html`<span class="rivals"><span class="muted">${t("alert.rival_claims")}</span>
      ${desk.naming.inOrder(claimants).map((c) => html`<bdi class="claimant">${desk.naming.partner(c)}</bdi>`)}</span>`; // prettier-ignore
  return html`<span class="zone" dir="auto">${[...new Set(zones.map((z) => desk.naming.zone(z)))].join(", ")}</span>`;
}

function said(desk: Desk, r: Row): TemplateResult | string {
  const zones = [...new Set(r.group.zones.map((z) => desk.naming.zone(z)))].join(", ");
  const from = short(r.group.first, desk.now());
  const last = short(r.members.reduce((n, a) => Math.max(n, a.t), 0), desk.now());
  if (r.members.length > 1 && r.group.kind === "passages") return t("group.passages", { n: r.group.mmsis.length, zones, from, last });
  if (r.group.kind === "rivals" && r.group.claimants.length > 1) return t("group.rivals", { n: r.group.claimants.length, from, manner: manner(r) });
  if (r.group.events > 1 && r.group.kind === "visits") return t("group.visits", { n: r.group.events, zones, from, last });
  const { text, lang } = sentence(r.members[0]!.summary, desk.state.language, (id) => desk.naming.partner(id), (name) => desk.naming.zoneCalled(name));
  return html`<span lang=${lang}>${text}</span>`;
}

const manner = (r: Row): string => tOr(`manner.${r.members[0]!.manner ?? ""}`, "");

/** The alerts of a row; one of them is read below. */
function members(desk: Desk, r: Row, chosen: Alert): TemplateResult {
  return html`<ol class="members" aria-label=${t("alert.members")}>${r.members.map((m) => html`<li>
    <button aria-pressed=${m.event_id === chosen.event_id} @click=${() => choose(desk, m)}>
      <time datetime=${new Date(m.t).toISOString()}>${short(m.t, desk.now())}</time> <span dir="auto">${whoIsIt(m)}</span>
      ${r.group.claimants.length > 1 ? html`<bdi class="claimant">${m.zones?.map((z) => desk.naming.partner(z.claimant)).join(", ")}</bdi>` : nothing}
      <span class="muted">${t(`state.${m.state}`)}</span></button>
    ${m.event_id === chosen.event_id ? html`<span class="alone"><span class="muted">${t("alert.only_this")}</span> ${actions(desk, [m], true)}</span>` : nothing}</li>`)}</ol>`; // prettier-ignore
}

/** Further events of the case: folded, counted, and each can be read. */
function joined(desk: Desk, a: Alert): TemplateResult | typeof nothing {
  if (!a.joined?.length) return nothing;
  return html`<details class="joined"><summary>${t("alert.joined", { n: a.joined.length })}</summary>
    <p>${a.joined.map((id, i) => html`<button class="chip" @click=${() => desk.app.store.set({ alert: id })}>${t("alert.joined_one", { n: i + 2 })}</button> `)}</p></details>`; // prettier-ignore
}

function confidence(a: Alert): TemplateResult | typeof nothing {
  if (a.confidence === null) return nothing;
  return html` · <span title=${t("alert.confidence")}>${word("level", a.word)} ${a.confidence.toFixed(2)}</span>`;
}

/** What the desk has said of it, and who; in a row of several what still waits is counted. */
function standing(desk: Desk, r: Row): TemplateResult | typeof nothing {
  const a = r.members[0]!;
  const fresh = r.members.filter((m) => m.state === "new").length;
  const some = r.members.length > 1 ? ` ${t("alert.of", { n: r.members.filter((m) => m.state === a.state).length, all: r.members.length })}` : "";
  if (fresh) return html`<span class="badge new">${t("state.new")}${some}</span>`;
  const by = a.by ? t("alert.by", { by: a.by, at: short(a.at, desk.now()) }) : "";
  const until = a.state === "silenced" && a.until ? t("alert.until", { until: short(a.until, desk.now()) }) : "";
  return html`<span class="badge ${a.state}">${t(`state.${a.state}`)}${some} ${[until, by].filter(Boolean).join(" · ")}</span>
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

/** The next row down (1) or up (-1) the list. */
export function stepAlert(desk: Desk, step: 1 | -1): void {
  const rows = shownRows(desk).slice(0, SHOWN_MOST);
  if (!rows.length) return;
  const at = rows.findIndex((r) => holds(r, desk.state.alert));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  choose(desk, rows[next]!.members[0]!);
}

/** The alerts that a key decides about: those of the row that is open. */
export function chosenAlerts(desk: Desk): readonly Alert[] {
  const row = shownRows(desk).find((r) => holds(r, desk.state.alert));
  const alone = desk.alert(desk.state.alert);
  return row ? row.members : alone ? [alone] : [];
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
