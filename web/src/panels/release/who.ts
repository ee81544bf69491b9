/**
 * Who sees what: for the chosen vessel, event or detection, what each partner may know of it by the rules in force, in which
 * form, by which clause, and since when. The node asks the function that releases; nothing is guessed here.
 */
import "./who.css";
import type { Marking, SeenBy, Statement, WhoSees } from "../../api/sharing";
import { type Correction, correctionsOf } from "../../api/corrections";
import { whoOf } from "../../api/sharing_shapes";
import { t, word } from "../../i18n";
import { reasonWords } from "../../i18n/reasons";
import { failure } from "../../i18n/told";
import { age, position, short } from "../../i18n/format";
import { inverse } from "../../map/geodesy";
import type { Desk } from "../desk";
import { html, nothing, shapeIcon, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { corrections } from "./corrections";
import { formWords, marking, ruleWords } from "./parts";

type Of = { mmsi: number } | { event: string } | { detection: string };
type Known = WhoSees & { corrections: readonly Correction[] };
type Held = { at: number; value: Known | null; error: string };
const FRESH_MS = 15_000;
/** Origins whose places differ by more than this, and by more than a ship runs between the two times, disagree. */
const DIFFER_M = 1000;
const FAST_MS = 26;
const kept = new WeakMap<Desk, Map<string, Held>>();

/** What is known of it so far, without asking. */
export const whoHeld = (desk: Desk, of: Of): WhoSees | null => kept.get(desk)?.get(JSON.stringify(of))?.value ?? null;

/** The section of a card; nothing on a node that shares nothing. */
export function whoSees(desk: Desk, of: Of, draw: () => void): TemplateResult | typeof nothing {
  if (!desk.may("desk")) return nothing;
  if (!kept.has(desk)) {
    kept.set(desk, new Map());
    desk.on(["share"], () => kept.get(desk)!.clear());
  }
  const cache = kept.get(desk)!;
  const key = JSON.stringify(of);
  const held = cache.get(key);
  if (!held || Date.now() - held.at > FRESH_MS) {
    cache.set(key, { at: Date.now(), value: held?.value ?? null, error: "" });
    if (cache.size > 60) cache.delete(cache.keys().next().value!);
    desk.api.get<Record<string, unknown>>("/api/sharing/who", of).then(
      (raw) => { const value = { ...whoOf(raw), corrections: correctionsOf(raw["of"]) }; cache.set(key, { at: Date.now(), value, error: "" }); draw(); },
      (error: unknown) => { cache.set(key, { at: Date.now(), value: null, error: failure(error) }); draw(); },
    ); // prettier-ignore
  }
  if (held?.error) return html`<section class="who-sees"><h3>${t("who.title")}</h3><p class="refused">${held.error}</p></section>`;
  if (!held?.value) return html`<section class="who-sees"><h3>${t("who.title")}</h3><p class="muted">${t("state.loading")}</p></section>`;
  return section(desk, held.value);
}

function section(desk: Desk, w: Known): TemplateResult {
  const told = w.partners.filter((p) => p.told_at_ms).length;
  return html`<section class="who-sees">
    ${marking(desk, w.of.label ?? releasable(w))}
    ${w.of.recalled ? html`<p class="cautions"><strong>! ${t("who.recalled", { action: word("recall_action", w.of.recalled) })}</strong></p>` : nothing}
    ${corrections(desk, w.corrections)}
    ${differing(desk, w.of.statements ?? [])}
    <h3>${t("who.title")} <span class="muted">${t("who.told_n", { n: told, all: w.partners.length })}</span></h3>
    ${w.partners.length ? html`<ul class="seen-by">${w.partners.map((p) => one(desk, p))}</ul>` : html`<p class="empty">${t("who.no_partner")}</p>`}
  </section>`; // prettier-ignore
}

/** For whom it may be by the rules in force: everybody to whom they release it, at the strictest level of those. */
function releasable(w: WhoSees): Marking {
  const given = w.partners.filter((p) => p.verdict === "release");
  const levels = given.flatMap((p) => (p.label ? [p.label.tlp] : []));
  const tlp = LEVELS.findLast((l) => levels.includes(l)) ?? "RED";
  return { tlp, rel_to: given.map((p) => p.id), caveats: [...new Set(given.flatMap((p) => p.label?.caveats ?? []))] };
}
const LEVELS = ["CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "AMBER+STRICT", "RED"];

const SIGN: Readonly<Record<string, string>> = { release: "→", withhold: "✗" };

function one(desk: Desk, p: SeenBy): TemplateResult {
  return html`<li class=${p.verdict}><details><summary><span aria-hidden="true">${SIGN[p.verdict] ?? ""}</span> <bdi>${desk.sharing!.name(p.id)}</bdi>
      <strong>${word("sees", p.verdict)}</strong> <span class="muted">${p.as ? formWords({ ...p.as, lat: null }) : ""}</span></summary>
    ${p.as && typeof p.as.lat === "number" ? html`<p>${t("who.as")}: <span class="place">${position(p.as.lat, p.as.lon)}</span> ${p.as.cell_m ? html`<button class="link" @click=${() => showCell(desk, p)}>${t("vessel.show")}</button>` : nothing}</p>` : nothing}
    ${p.rules.length ? html`<p>${t("who.by")}</p><ul>${p.rules.map((r) => html`<li>${ruleWords(desk, r)}</li>`)}</ul>` : p.why.length ? nothing : html`<p class="muted">${t("who.no_rule")}</p>`}
    ${p.verdict === "withhold" && p.why.length ? html`<ul>${p.why.map((w) => html`<li class="muted" dir="auto" lang=${reasonWords(w).lang ?? nothing}>${reasonWords(w).text}</li>`)}</ul>` : nothing}
    ${p.record && desk.may("release") ? html`<p><button class="link" @click=${() => openPart(desk, "release", `ledger/${p.record}`)}>${t("who.story")}</button></p>` : nothing}</details>
    <p class="told">${p.told_at_ms ? t("who.told_at", { at: short(p.told_at_ms, desk.now()), age: age(desk.now() - p.told_at_ms) }) : t("who.not_told")}</p></li>`; // prettier-ignore
}

function showCell(desk: Desk, p: SeenBy): void {
  const { lat, lon, cell_m } = p.as!;
  if (typeof lat !== "number" || typeof lon !== "number" || !cell_m) return;
  const dy = cell_m / 2 / 111_195;
  const dx = dy / Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  desk.app.map.setSketches([{ kind: "area", look: "theirs", points: [[lon - dx, lat - dy], [lon + dx, lat - dy], [lon + dx, lat + dy], [lon - dx, lat + dy]], label: desk.sharing!.name(p.id) }]);
  desk.app.bus.emit("fly", { lat, lon, zoom: Math.max(4, Math.min(11, 18 - Math.log2(cell_m / 40))) });
} // prettier-ignore

/** Two origins that say different things stand side by side; nobody merges them. */
function differing(desk: Desk, all: readonly Statement[]): TemplateResult | typeof nothing {
  if (all.length < 2) return nothing;
  const newest = [...new Map([...all].sort((a, b) => (a.t_ms ?? 0) - (b.t_ms ?? 0)).map((s) => [s.origin, s] as const)).values()];
  if (newest.length < 2) return nothing;
  const apart = newest.some((a, i) => newest.slice(i + 1).some((b) => disagree(a, b)));
  return html`<section class="origins"><h3>${t("who.origins")} ${apart ? html`<strong class="badge new">${t("who.disagree")}</strong>` : nothing}</h3>
    ${apart ? html`<p>${t("who.disagree_means")}</p>` : nothing}
    <table class="plain"><tbody>${newest.map((s) => html`<tr><th scope="row">${shapeIcon(shapeOf(desk, s.origin))} <bdi>${s.origin === desk.sharing!.party ? t("who.own") : desk.sharing!.name(s.origin)}</bdi></th>
      <td>${s.name ? html`<span dir="auto">${s.name}</span> ` : nothing}<span class="place">${position(s.lat, s.lon)}</span> <span class="muted">${short(s.t_ms, desk.now())}</span></td></tr>`)}</tbody></table></section>`; // prettier-ignore
}

export function disagree(a: Statement, b: Statement): boolean {
  if (a.name && b.name && a.name !== b.name) return true;
  if (typeof a.lat !== "number" || typeof a.lon !== "number" || typeof b.lat !== "number" || typeof b.lon !== "number") return false;
  const run = FAST_MS * (Math.abs((a.t_ms ?? 0) - (b.t_ms ?? 0)) / 1000);
  return inverse(a.lat, a.lon, b.lat, b.lon).distance_m > DIFFER_M + run;
}

const shapeOf = (desk: Desk, origin: string): string =>
  desk.me.origins.find((o) => o.name === desk.sharing!.name(origin))?.shape ?? (origin === desk.sharing!.party ? "hull" : "diamond");
