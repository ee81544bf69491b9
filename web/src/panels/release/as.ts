/**
 * View as partner: what one partner can see of us, drawn from the very records that sync sent it, read back from its logs. A
 * chart of its own over everything else: nothing of the own picture is beneath it, so nothing of it can shine through.
 */
import "./as.css";
import type { FeatureCollection, Feature } from "geojson";
import { failure } from "../../i18n/told";
import { t, word } from "../../i18n";
import { position, short, speed } from "../../i18n/format";
import { createMap } from "../../map";
import { SENSORS, type DetectionMark, type EventMark, type KizunaMap, type PictureColumns, type Sensor, type Sketch } from "../../map/types";
import type { Desk } from "../desk";
import { html, key, nothing, panel, type TemplateResult } from "../drawing";
import { toldFiles } from "../files";
import { kindWord, shortId } from "./parts";
import { cellOf } from "./preview";

const HOURS = [1, 6, 24, 72, 168] as const;
const LISTED = 150;
const AGAIN_MS = 10_000;
const UNDER = ["#top", "#left", "#map", "#right", "#bottom", "#page", "#status"];

interface View extends FeatureCollection {
  logs?: readonly { log: string; records: number; bytes: number }[];
  recalled?: number;
  left_out?: number;
}

export function mountAs(desk: Desk): void {
  const host = document.createElement("section");
  host.id = "as";
  host.hidden = true;
  host.tabIndex = -1;
  document.getElementById("app")!.append(host);
  let end: (() => void) | null = null;
  let before: HTMLElement | null = null;
  const turn = () => {
    const partner = desk.state.as;
    end?.();
    end = null;
    const open = partner !== "" && desk.may("desk");
    for (const one of UNDER) document.querySelector(one)?.toggleAttribute("inert", open);
    host.hidden = !open;
    if (!open) {
      host.replaceChildren();
      if (before?.isConnected) before.focus();
      before = null;
      return;
    }
    before ??= document.activeElement as HTMLElement | null;
    end = show(desk, host, partner);
    host.focus();
  };
  desk.app.store.on(["as"], turn);
  turn();
}

function show(desk: Desk, host: HTMLElement, partner: string): () => void {
  const root = document.createElement("div");
  root.className = "as-frame";
  const chart = document.createElement("div");
  chart.className = "as-map";
  host.replaceChildren(root);
  let view: View | null = null;
  let error = "";
  let hours: number = 24;
  let shown = { from: 0, to: 0, hours };
  let ended = false;
  let looked = false;
  let map: Promise<KizunaMap> | null = null;
  const leave = () => desk.app.store.set({ as: "" });
  const pull = async () => {
    const to = Math.ceil(desk.now());
    try {
      const from = to - hours * 3_600_000;
      view = await desk.api.get<View>(`/api/sharing/as/${encodeURIComponent(partner)}`, { from, to });
      shown = { from, to, hours };
      error = "";
    } catch (problem) {
      error = failure(problem);
    }
    if (ended) return;
    draw();
    await paint();
  };
  const paint = async () => {
    if (!chart.isConnected) return;
    const { theme, language, units, view: home } = desk.state;
    map ??= createMap(chart, { theme, language, units, home: home ?? desk.me.node.home, exercise: desk.me.node.exercise,
      origins: [{ code: 0, name: desk.sharing!.party, shape: "diamond" }] }); // prettier-ignore
    const there = await map;
    if (ended) return there.destroy();
    put(there, view?.features ?? [], desk.now());
    if (!looked && view) {
      looked = true;
      const at = around(view.features);
      if (at) there.flyTo(at);
    }
  };
  const draw = panel(root, () => {
    const name = desk.sharing!.name(partner);
    const features = view?.features ?? [];
    const logs = view?.logs ?? [];
    const kinds = new Map<string, number>();
    for (const f of features) kinds.set(of(f, "kind"), (kinds.get(of(f, "kind")) ?? 0) + 1);
    return html`<header class="as-banner" role="status"><strong><span aria-hidden="true">◈</span> ${t("as.title", { who: name })}</strong>
        <span class="means">${t("as.means", { who: name })}</span>
        <label>${t("as.hours")} <select @change=${(e: Event) => { hours = Number((e.target as HTMLSelectElement).value); void pull(); }}>${HOURS.map((h) => html`<option value=${h} ?selected=${h === hours}>${t("time.hours", { h })}</option>`)}</select></label>
        <button class="leave" @click=${leave}>${t("as.leave")} ${key("Esc")}</button></header>
      <div class="as-body">${chart}
        <aside class="as-list" aria-label=${t("as.records")}>
          ${error ? html`<p class="refused" role="alert">${error}</p>` : nothing}
          ${view === null && !error ? html`<p class="empty">${t("state.loading")}</p>` : nothing}
          ${view ? html`<h3>${t("as.records_n", { n: features.length + (view.left_out ?? 0) })}</h3>
            <p>${[...kinds].map(([k, n]) => html`<span class="chip plain">${kindWord(k)} ${n}</span>`)}</p>
            ${logs.length ? html`<details><summary>${t("as.logs", { n: logs.length })}</summary><ul>${logs.map((l) => html`<li><code>${l.log}</code> <span class="nowrap">${l.records} · ${l.bytes} B</span></li>`)}</ul></details>` : nothing}
            ${view.recalled ? html`<p class="muted">${t("as.recalled", { n: view.recalled })}</p>` : nothing}${view.left_out ? html`<p class="muted">${t("as.left_out", { n: view.left_out })}</p>` : nothing}
            ${desk.may("release") ? html`<details><summary>${t("files.title")}</summary>${toldFiles(t("as.files", { h: shown.hours }), partner, shown.from, shown.to)}</details>` : nothing}
            ${features.length ? html`<ol>${newest(features).slice(0, LISTED).map((f) => line(desk, f, (lon, lat) => void map?.then((m) => m.flyTo({ lon, lat, zoom: Math.max(8, m.getView().zoom) }))))}</ol>` : html`<p class="empty">${t("as.nothing", { who: name })}</p>`}` : nothing}
        </aside></div>`;
  }); // prettier-ignore
  const escape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    leave();
  };
  host.setAttribute("aria-label", t("as.title", { who: desk.sharing!.name(partner) }));
  host.addEventListener("keydown", escape);
  const timer = setInterval(() => document.hidden || void pull(), AGAIN_MS);
  const stops = [
    desk.app.store.on(["theme"], ({ theme }) => void map?.then((m) => m.setTheme(theme))),
    desk.app.store.on(["language"], draw),
    desk.on(["share"], () => void pull()),
    desk.on(["partners", "names"], draw),
  ];
  void pull();
  return () => {
    ended = true;
    clearInterval(timer);
    host.removeEventListener("keydown", escape);
    for (const stop of stops) stop();
    void map?.then((m) => m.destroy());
  };
}

/** Where to look so that all places are on the chart. */
function around(features: readonly Feature[]): { lon: number; lat: number; zoom: number } | null {
  const spots = features.flatMap((f) => spot(f) ?? []);
  const lons = spots.filter((_, i) => i % 2 === 0);
  const lats = spots.filter((_, i) => i % 2 === 1);
  if (!lons.length) return null;
  const [west, east, south, north] = [Math.min(...lons), Math.max(...lons), Math.min(...lats), Math.max(...lats)];
  const span = Math.max(east - west, (north - south) * 1.4, 0.3);
  return { lon: (west + east) / 2, lat: (south + north) / 2, zoom: Math.max(2, Math.min(9, Math.log2(430 / span))) };
}

const time = (f: Feature): number => Number(f.properties?.["t_ms"] ?? f.properties?.["observed_ms"] ?? 0);
const newest = (features: readonly Feature[]) => [...features].sort((a, b) => time(b) - time(a));
const spot = (f: Feature): [number, number] | null => (f.geometry?.type === "Point" ? [f.geometry.coordinates[0]!, f.geometry.coordinates[1]!] : null);
const of = (f: Feature, name: string): string => {
  const value = f.properties?.[name] as unknown;
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
};
/** A number of the body of a record; positions travel under short keys: s speed, c course, g cell. */
const body = (f: Feature, name: string): number | null => {
  const value = (f.properties?.["body"] as Record<string, unknown> | undefined)?.[name];
  return typeof value === "number" ? value : null;
};
const cellM = (f: Feature): number => body(f, "g") ?? body(f, "cell_m") ?? 0;

function line(desk: Desk, f: Feature, fly: (lon: number, lat: number) => void): TemplateResult {
  const at = spot(f);
  const cell = cellM(f);
  const sog = of(f, "kind") === "track.position" ? body(f, "s") : null;
  return html`<li><button class="row" ?disabled=${!at} @click=${() => at && fly(...at)}><span><strong>${kindWord(of(f, "kind"))}</strong> <span dir="auto">${of(f, "subject")}</span></span>
    <span class="muted">${at ? html`<span class="place">${position(at[1], at[0])}</span> ` : nothing}${cell ? t("form.cell", { km: cell / 1000 }) : nothing} ${sog === null ? nothing : speed(sog, desk.state.units)}</span>
    <span class="muted">${t("as.seen", { at: short(time(f), desk.now()) })} · ${shortId(String(f.id ?? ""))}</span></button></li>`; // prettier-ignore
}

/** Puts the records on the chart: the newest position of each subject, events, detections, and cells of coarse places. */
function put(map: KizunaMap, features: readonly Feature[], now: number): void {
  const latest = new Map<string, Feature>();
  const events: EventMark[] = [];
  const detections: DetectionMark[] = [];
  const sketches: Sketch[] = [];
  for (const f of [...features].sort((a, b) => time(a) - time(b))) {
    const at = spot(f);
    const kind = of(f, "kind");
    if (!at) sketches.push(...outlines(f));
    else if (kind === "track.position") latest.set(of(f, "subject") || String(f.id), f);
    else if (kind.startsWith("event.")) events.push({ event_id: String(f.id), lon: at[0], lat: at[1], state: "acknowledged", label: word("event", kind.slice(6)) });
    else if (kind.startsWith("detection")) {
      const sensor = String((f.properties?.["body"] as Record<string, unknown> | undefined)?.["sensor"] ?? "");
      detections.push({ id: String(f.id), lon: at[0], lat: at[1], sensor: (SENSORS as readonly string[]).includes(sensor) ? (sensor as Sensor) : "report", verdict: "dark", mmsi: null, age_min: Math.max(0, now - time(f)) / 60_000 });
    } else sketches.push({ kind: "point", look: "theirs", points: [at], label: kindWord(kind) });
  }
  const rows = [...latest.values()];
  const names = new Map<number, string>();
  const column = (read: (f: Feature, i: number) => number) => rows.map(read);
  const mmsi = column((f, i) => Number(/(\d{9})$/.exec(of(f, "subject"))?.[1] ?? 1 + i));
  rows.forEach((f, i) => names.set(mmsi[i]!, of(f, "subject").replace("mmsi:", "")));
  const scaled = (f: Feature, name: string) => Math.round((body(f, name) ?? -0.1) * 10);
  const columns: PictureColumns = {
    mmsi: Int32Array.from(mmsi), lon_e7: Int32Array.from(column((f) => Math.round(spot(f)![0] * 1e7))), lat_e7: Int32Array.from(column((f) => Math.round(spot(f)![1] * 1e7))),
    t_s: Int32Array.from(column((f) => Math.round(time(f) / 1000))), sog_dkn: Int16Array.from(column((f) => scaled(f, "s"))), cog_ddeg: Int16Array.from(column((f) => scaled(f, "c"))),
    kind: Int8Array.from(column(() => 0)), origin: Int8Array.from(column(() => 0)), flags: Int8Array.from(column(() => 0)),
  }; // prettier-ignore
  for (const f of rows) {
    const cell = cellM(f);
    if (cell) sketches.push({ kind: "area", look: "cell", points: cellOf(...spot(f)!, cell) });
  }
  map.setTime(now, false);
  map.setPicture(columns);
  map.setNames(names);
  map.setEvents(events);
  map.setDetections(detections, null);
  map.setSketches(sketches);
}

function outlines(f: Feature): Sketch[] {
  const g = f.geometry;
  if (g?.type === "LineString") return [{ kind: "line", look: "theirs", points: g.coordinates.map(([x, y]) => [x!, y!] as const) }];
  if (g?.type === "Polygon") return g.coordinates.slice(0, 1).map((ring) => ({ kind: "area", look: "theirs", points: ring.map(([x, y]) => [x!, y!] as const) }));
  return [];
}
