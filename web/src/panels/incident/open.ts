/** Opening a case: from the map, an alert, a detection or a vessel; by rule, or by break-glass where somebody may be drowning. */
import { DISTRESS, type IncidentKind, TYPES } from "../../api/incidents";
import type { PartnerRow } from "../../api/sharing";
import { t, word } from "../../i18n";
import { parse, position, nine } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { placeField, placeOf } from "./place";
import { kindIn } from "./proposal";
import { whenField } from "./when";

export interface Start {
  lat?: number | null;
  lon?: number | null;
  kind?: string;
  vessel?: string;
  mmsi?: number | null;
  event_id?: string | null;
  detection?: string | null;
  t?: number | null;
  /** What is known, in the officer's words. */
  what?: string;
}

/** Kinds that an alert speaks of by itself; of others an officer says it. */
const KIND_OF: Readonly<Record<string, IncidentKind>> = { encounter: "encounter", gap: "missing" };

/** What the screen shows now as the beginning of a case: the chosen alert, detection or vessel, else no place at all: one that nobody chose must not be sent. */
export function startHere(desk: Desk): Start {
  const { alert, vessel } = desk.state;
  const a = desk.alert(alert);
  if (a) return { lat: a.lat, lon: a.lon, event_id: a.event_id, mmsi: a.mmsis[0] ?? null, vessel: a.names[0] ?? "", t: a.t, ...(KIND_OF[a.event_type] ? { kind: KIND_OF[a.event_type] } : {}) };
  if (vessel === null) return {};
  return { ...desk.app.map.positionOf(vessel), mmsi: vessel, vessel: `MMSI ${nine(vessel)}` };
}

export async function openIncident(desk: Desk, start: Start = startHere(desk)): Promise<void> {
  const id = await ask(t("incident.open"), fields(desk, start, false), t("incident.open"), async (form) => (await desk.api.post<{ id: string }>("/api/incidents", bodyOf(desk, form))).id);
  if (id) openPart(desk, "incidents", id);
}

/** One act: opens the case and passes it on at once. What leaves stands there before it is sent. */
export async function breakGlass(desk: Desk, start: Start = startHere(desk)): Promise<void> {
  if (!desk.sharing!.state) await desk.sharing!.pull(); // pressed before the page was told who its partners are
  if (!desk.sharing!.state) return desk.say(t("error.unreachable"));
  const partners = desk.sharing!.partners.filter((p) => p.state === "active");
  const bound = (p: PartnerRow) => p.distress.length > 0;
  const first = partners.find(bound);
  if (!first) return desk.say(t("glass.nobody"));
  const body = html`<div class="glass"><p><strong>${t("glass.means")}</strong></p>
      <ul><li>${t("glass.sends")}</li><li>${t("glass.officer", { who: desk.me.user })}</li><li>${t("glass.review")}</li></ul></div>
    <fieldset><legend>${t("glass.to")}</legend>${partners.map((p) => html`<label class="choice"><input type="radio" name="partner" value=${p.id} ?checked=${p === first} ?disabled=${!bound(p)} required />${desk.sharing!.name(p.id)} <span class="muted">${bound(p) ? word("link", p.link.state) : t("glass.no_clause")}</span></label>`)}</fieldset>
    ${fields(desk, { ...start, kind: [start.kind, kindIn(start.what ?? "")].find((k) => DISTRESS.includes(k ?? "")) ?? "distress" }, true)}`; // prettier-ignore
  const id = await ask(t("glass.title"), body, t("glass.send"), async (form) => {
    const opened = await desk.api.post<{ id: string }>("/api/incidents", { ...bodyOf(desk, form), break_glass: form.get("partner") });
    return opened.id;
  });
  if (!id) return;
  desk.say(t("glass.done"));
  openPart(desk, "incidents", id);
}

function fields(desk: Desk, s: Start, distress: boolean): TemplateResult {
  const kinds = TYPES.filter((k) => !distress || DISTRESS.includes(k));
  const proposed = s.kind ? null : kindIn(s.what ?? "");
  const kind = s.kind ?? proposed ?? "";
  const settled = (e: Event) => (e.target as HTMLElement).parentElement!.querySelector(".proposed")?.remove();
  const place = typeof s.lat === "number" && typeof s.lon === "number" ? position(s.lat, s.lon) : "";
  return html`<div class="grid2"><label>${t("incident.kind")}<select name="kind" required ?data-first=${!distress} @change=${settled}>${kind ? nothing : html`<option value="" selected>${t("incident.choose_kind")}</option>`}${kinds.map((k) => html`<option value=${k} ?selected=${k === kind}>${word("incident_kind", k)}</option>`)}</select>
        ${proposed ? html`<span class="muted proposed">${t("incident.kind_proposed")}</span>` : nothing}</label>
      <label>${t("incident.vessel")}<input name="vessel" .value=${s.vessel ?? ""} maxlength="120" autocomplete="off" ?data-first=${distress} /></label>
      ${placeField(desk, t("param.pos"), place, null, { required: true })}
      ${whenField(desk, t("incident.happened"), s.t ?? desk.now())}
      <label>${t("incident.persons")}<input name="persons" type="number" min="0" max="100000" /></label></div>
    <label>${t("incident.title")}<input name="title" maxlength="120" autocomplete="off" /></label>
    <label>${t("incident.what")}<textarea name="what" rows="2" maxlength="2000" .value=${s.what ?? ""}></textarea></label>
    ${s.event_id || s.detection ? html`<p class="muted">${t(s.event_id ? "incident.from_alert" : "incident.from_detection")}</p>` : nothing}`; // prettier-ignore
}

/** What leaves stands in the form; ids of own events and detections do not go with it. */
function bodyOf(desk: Desk, form: FormData): Record<string, unknown> {
  const place = placeOf(String(form.get("place")));
  if (!place) throw new Error(t("incident.place_unreadable"));
  const at = parse(String(form.get("at")), desk.now());
  if (Number.isNaN(at)) throw new Error(t("time.unreadable", { example: "2026-11-22 20:41" }));
  const persons = String(form.get("persons") ?? "").trim();
  const vessel = String(form.get("vessel") ?? "").trim();
  const kind = String(form.get("kind"));
  return {
    kind, title: String(form.get("title") ?? "").trim(), text: String(form.get("what") ?? "").trim(), vessel, lat: place.lat, lon: place.lon, at_ms: at,
    persons: persons ? Number(persons) : null,
  }; // prettier-ignore
}
