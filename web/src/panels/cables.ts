/** Submarine cables of the node's own files: a card for the chosen one, and finding one by its name. */
import type { FeatureCollection, GeoJSON, Position } from "geojson";
import { lineFeatures, partsOf } from "../map/lines";
import { t } from "../i18n";
import type { Desk } from "./desk";
import { html, nothing, type TemplateResult } from "./drawing";

interface Cable {
  id: string;
  name: string;
  owner: string;
  status: string;
  source: string;
  licence: string;
  /** The point in the middle of its longest part. */
  at: { lon: number; lat: number };
}

const FOUND_MOST = 6;
let held: readonly Cable[] = [];
let pulled: Promise<GeoJSON | null> | null = null;
let told: () => void = () => undefined;

/** The cables of the node, asked for once; null where it has none. */
export function pullCables(desk: Desk): Promise<GeoJSON> {
  pulled ??= desk.api.get<FeatureCollection>("/api/layers/cables").then(
    (data) => { held = lineFeatures(data).map(cableOf); told(); return data; },
    (error: unknown) => { pulled = null; throw error; },
  ); // prettier-ignore
  return pulled as Promise<GeoJSON>;
}

function cableOf(feature: GeoJSON.Feature): Cable {
  const text = (name: string) => String(feature.properties?.[name] ?? "");
  const part = [...partsOf(feature)].sort((a, b) => b.length - a.length)[0] ?? [];
  const [lon = 0, lat = 0] = middle(part);
  return { id: text("cable_id"), name: text("name"), owner: text("owner"), status: text("status"), source: text("source"), licence: text("licence"), at: { lon, lat } };
}

/** A corner near the middle of a line; between its ends where it has no other. */
function middle(part: readonly Position[]): Position {
  if (part.length !== 2) return part[Math.floor(part.length / 2)] ?? [];
  return [(part[0]![0]! + part[1]![0]!) / 2, (part[0]![1]! + part[1]![1]!) / 2];
}

/** Cables whose name or owner holds what was typed. */
export function cablesNamed(typed: string): readonly { name: string; lat: number; lon: number; cable: string }[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted.length < 2) return [];
  return held
    .filter((c) => c.name.toLowerCase().includes(wanted) || c.owner.toLowerCase().includes(wanted))
    .slice(0, FOUND_MOST)
    .map((c) => ({ name: c.name || c.id, ...c.at, cable: c.id }));
}

/** Chooses a cable, and switches the layer on that it is in. */
export function chooseCable(desk: Desk, id: string): void {
  const { layers } = desk.state;
  desk.app.store.set({ cable: id, layers: layers.includes("cables") ? layers : [...layers, "cables"] });
}

export function mountCables(changed: () => void): void {
  told = changed;
}

/** The card of the chosen cable; nothing where none is chosen. */
export function cableCard(desk: Desk): TemplateResult | typeof nothing {
  const { cable } = desk.state;
  if (cable === null) return nothing;
  const found = held.find((c) => c.id === cable);
  const row = (name: string, value: string) => html`<tr><th scope="row">${name}</th><td>${value ? html`<span dir="auto">${value}</span>` : html`<span class="muted">${t("cable.not_said")}</span>`}</td></tr>`;
  return html`<article class="detection cable" aria-label=${t("cable.label")}>
    <header><h2><span dir="auto">${found ? found.name || found.id : t("cable.label")}</span></h2>
      <button class="icon-only" aria-label="${t("cable.close")} (Esc)" @click=${() => desk.app.store.set({ cable: null })}>×</button></header>
    ${found ? html`<p class="muted">${t("cable.means")}</p>
      <p class="actions"><button @click=${() => desk.app.bus.emit("fly", { ...found.at, zoom: Math.max(7, desk.app.map.getView().zoom) })}>${t("vessel.show")}</button></p>
      <table class="plain"><caption class="hidden">${t("cable.label")}</caption><tbody>
        ${row(t("cable.owner"), found.owner)} ${row(t("cable.status"), found.status)} ${row(t("cable.source"), found.source)} ${row(t("cable.licence"), found.licence)}</tbody></table>` : html`<p class="empty">${t("cable.unknown")}</p>`}
  </article>`; // prettier-ignore
}
