/** What radar, satellites, aircraft and eyes saw: marks on the chart, and a card for the chosen one. */
import "./detections.css";
import type { Detection } from "../api/types";
import { t, word } from "../i18n";
import { age, course, position, speed, utc, nine } from "../i18n/format";
import { SENSORS, type DetectionMark, type Sensor } from "../map/types";
import { SENSOR_PATHS } from "../map/detection_marks";
import { oneAtATime, type Desk } from "./desk";
import { html, nothing, type TemplateResult } from "./drawing";
import { incidentButton } from "./incident/start";
import { whoSees } from "./release/who";

const SHOWN_MS = 24 * 3_600_000;
const AGAIN_MS = 300_000;
const REDRAW_MS = 30_000;

let held: readonly Detection[] = [];
let told: () => void = () => undefined;

/** Kinds of sensor that something on the chart comes from. */
export const sensorsSeen = (): readonly Sensor[] => SENSORS.filter((s) => held.some((d) => d.sensor === s));

export function mountDetections(desk: Desk, changed: () => void): void {
  const { store, map } = desk.app;
  let to = 0;
  told = changed;

  const pull = oneAtATime(async () => {
    const at = desk.shown();
    try {
      const found = await desk.api.get<{ detections: readonly Detection[] }>("/api/detections", { from: Math.floor(at - SHOWN_MS), to: Math.ceil(at) + 60_000 });
      [held, to] = [found.detections, at];
      show();
      told();
    } catch (error) {
      desk.quiet(error);
    }
  });
  const show = () => map.setDetections(marks(held, desk.shown()), desk.state.detection);
  desk.on(["detections"], () => void pull());
  store.on(["detection"], show);
  store.on(["mode", "cursor"], ({ mode, cursor }) => {
    if (mode === "live" || Math.abs((cursor ?? to) - to) > SHOWN_MS / 4) void pull();
    else show();
  });
  setInterval(() => document.hidden || show(), REDRAW_MS);
  setInterval(() => document.hidden || void pull(), AGAIN_MS);
}

/** Those of the day before a moment, with what the chart must know of them. */
export function marks(detections: readonly Detection[], now: number): readonly DetectionMark[] {
  return detections
    .filter((d) => d.t <= now && now - d.t < SHOWN_MS && (SENSORS as readonly string[]).includes(d.sensor))
    .map((d) => ({
      id: d.id, lat: d.lat, lon: d.lon, sensor: d.sensor as Sensor, verdict: d.verdict, mmsi: d.mmsi,
      age_min: (now - d.t) / 60_000, label: `${word("sensor", d.sensor)} ${age(now - d.t)}`,
    })); // prettier-ignore
}

export const sensorIcon = (sensor: Sensor, strong = false) =>
  html`<svg class="icon sensor ${strong ? "strong" : ""}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d=${SENSOR_PATHS[sensor]} fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"></path>
  </svg>`;

/** The card of the chosen detection; nothing where none is chosen. */
export function detectionCard(desk: Desk): TemplateResult | typeof nothing {
  const { detection } = desk.state;
  if (detection === null) return nothing;
  const found = held.find((d) => d.id === detection);
  const close = () => desk.app.store.set({ detection: null });
  return html`<article class="detection" aria-label=${t("detection.label")}>
    <header><h2>${found ? html`${sensorIcon(found.sensor as Sensor, found.verdict === "dark")} ${word("sensor", found.sensor)}` : t("detection.label")}</h2>
      <button class="icon-only" aria-label="${t("detection.close")} (Esc)" @click=${close}>×</button></header>
    ${found ? whole(desk, found) : html`<p class="empty">${t("detection.unknown")}</p>`}
  </article>`;
}

function whole(desk: Desk, d: Detection): TemplateResult {
  const row = (name: string, value: unknown) => (value === null || value === "" ? nothing : html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  const metres = (v: number | null) => (v === null ? null : v >= 3704 ? `${(v / 1852).toFixed(1)} nm` : `${Math.round(v)} m`);
  const share = (v: number | null) => (v === null ? null : `${Math.round(v * 100)} %`);
  return html`<p class="verdict ${d.verdict}"><strong>${word("verdict", d.verdict)}</strong></p>
    <p class="muted">${d.verdict === "waits" ? t("detection.waits") : d.final ? t("detection.final") : t("detection.open")}</p>
    <p class="actions">
      ${d.mmsi !== null ? html`<button @click=${() => desk.app.store.set({ vessel: d.mmsi, detection: null })}>${t("detection.vessel", { who: d.name || `MMSI ${nine(d.mmsi)}` })}</button>` : nothing}
      ${d.event_id ? html`<button @click=${() => desk.app.store.set({ alert: d.event_id })}>${t("detection.evidence")}</button>` : nothing}
      <button @click=${() => desk.app.bus.emit("fly", { lat: d.lat, lon: d.lon, zoom: Math.max(9, desk.app.map.getView().zoom) })}>${t("vessel.show")}</button>
      ${incidentButton(desk, { lat: d.lat, lon: d.lon, detection: d.id, t: d.t, vessel: d.name, mmsi: d.mmsi })}</p>
    <table class="plain"><caption class="hidden">${t("detection.label")}</caption><tbody>
      ${row(t("detection.seen"), html`<strong>${t("vessel.ago", { age: age(Math.max(0, desk.shown() - d.t)) })}</strong>`)}
      ${row(t("vessel.time"), utc(d.t))}
      ${row(t("vessel.position"), html`<span class="place">${position(d.lat, d.lon)}</span>`)}
      ${row(t("detection.accuracy"), d.accuracy_m === null ? null : `± ${metres(d.accuracy_m)}`)}
      ${row(t("detection.likely"), share(d.probability))}
      ${row(t("detection.explained"), share(d.ais_probability))}
      ${row(t("detection.distance"), metres(d.distance_m))}
      ${row(t("detection.length"), metres(d.length_m))}
      ${row(t("vessel.motion"), d.speed_kn === null ? null : `${speed(d.speed_kn, desk.state.units)} / ${course(d.course_deg)}`)}
      ${row(t("detection.score"), d.score)}
      ${row(t("vessel.source"), d.source)} ${row(t("detection.ref"), d.ref)} ${row(t("detection.scene"), d.scene)}
      ${row(t("detection.image"), d.image_ref)}</tbody></table>
    ${whoSees(desk, { detection: d.id }, told)}`; // prettier-ignore
}
