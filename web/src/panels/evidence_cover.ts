/**
 * What reception has to say of an event: for a gap the share of the neighbours that were heard meanwhile, as the detector
 * measured it; else how our receivers usually hear the place, from the layer of coverage.
 */
import type { Feature, FeatureCollection, Polygon } from "geojson";
import type { EventFull, LayerInfo } from "../api/types";
import { t } from "../i18n";
import { amount, short } from "../i18n/format";
import { failure } from "../i18n/told";
import type { Desk } from "./desk";
import { html, nothing, type TemplateResult } from "./drawing";

interface Cover extends FeatureCollection {
  from?: number;
  to?: number;
}
interface Held {
  data: Cover | null;
  info: LayerInfo | undefined;
  at: number;
  /** Why it could not be had, in words. */
  failed: string;
}
const FRESH_MS = 300_000;
const SOON_MS = 20_000;
const kept = new WeakMap<Desk, Held | "asked">();

/** The cell of a layer in which a place lies. */
export function cellAt(cells: FeatureCollection, lon: number, lat: number): Feature | null {
  for (const feature of cells.features) {
    const ring = (feature.geometry as Polygon).coordinates[0];
    const [west, south] = ring?.[0] ?? [];
    const [east, north] = ring?.[2] ?? [];
    if (west === undefined || south === undefined || east === undefined || north === undefined) continue;
    if (lon >= west && lon < east && lat >= south && lat < north) return feature;
  }
  return null;
}

/** The section of the evidence. */
export function cover(desk: Desk, e: EventFull, draw: () => void): TemplateResult | typeof nothing {
  const neighbours = e.evidence.find((test) => test.test === "share_of_neighbours_heard" && test.measured !== null);
  if (neighbours) return section(html`${bar(neighbours.measured!)} ${t("cover.meanwhile", { share: percent(neighbours.measured!) })} <span class="muted">${neighbours.passed === false ? t("cover.poor") : t("cover.good")}</span>`);
  if (e.lat === null || e.lon === null) return nothing;
  const held = kept.get(desk);
  if (!held || (held !== "asked" && Date.now() - held.at > (held.data ? FRESH_MS : SOON_MS))) void pull(desk, draw);
  if (!held || held === "asked") return section(html`<span class="muted">${t("state.loading")}</span>`);
  if (held.failed) return section(html`<span class="muted">${held.failed}</span>`);
  if (!held.data) return section(html`<span class="muted">${held.info?.calculated === null ? t("cover.waits") : t("cover.off")}</span>`);
  const cell = cellAt(held.data, e.lon, e.lat)?.properties;
  const when = { from: short(held.data.from, desk.now()), to: short(held.data.to, desk.now()) };
  if (!cell) return section(html`<strong>${t("cover.outside")}</strong> <span class="muted">${t("cover.outside_means", when)}</span>`);
  const share = Number(cell["share"]);
  return section(html`${bar(share)} ${t("cover.usually", { share: percent(share), heard: amount(cell["heard"] as number), expected: amount(cell["expected"] as number) })} <span class="muted">${t("cover.of_time", when)}</span>`);
}

const section = (what: TemplateResult) => html`<h4>${t("cover.title")}</h4><p class="cover">${what}</p>`;
const percent = (share: number) => `${Math.round(share * 100)} %`;

/** How much of a whole, drawn; the words beside it say the same. */
const bar = (share: number) => html`<svg class="share" viewBox="0 0 60 8" aria-hidden="true" focusable="false">
  <rect class="all" x="0.5" y="0.5" width="59" height="7"></rect><rect class="part" x="1" y="1" width=${Math.max(0, Math.min(1, share)) * 58} height="6"></rect></svg>`; // prettier-ignore

async function pull(desk: Desk, draw: () => void): Promise<void> {
  const before = kept.get(desk);
  if (!before) kept.set(desk, "asked");
  let [info, data, failed]: [LayerInfo | undefined, Cover | null, string] = [undefined, null, ""];
  try {
    const { layers } = await desk.api.get<{ layers: readonly LayerInfo[] }>("/api/layers");
    info = layers.find((l) => l.name === "coverage");
    if (info?.there) data = await desk.api.get<Cover>("/api/layers/coverage");
    if (data && info) data = { ...data, ...(info.from ? { from: info.from } : {}), ...(info.to ? { to: info.to } : {}) };
  } catch (error) {
    desk.quiet(error);
    [data, failed] = [null, failure(error)];
  }
  kept.set(desk, { data, info, at: Date.now(), failed });
  draw();
}
