/** Layers of the chart and the legend, in a corner of it; and the few tools that act on the chart. */
import "./layers.css";
import type { GeoJSON } from "geojson";
import { Unreachable } from "../api/client";
import { LAYER_NAMES, type LayerName } from "../map/types";
import type { LayerInfo } from "../api/types";
import { t, tOr, word } from "../i18n";
import { short } from "../i18n/format";
import { pullCables } from "./cables";
import type { Desk } from "./desk";
import { sensorIcon, sensorsSeen } from "./detections";
import { html, key, nothing, panel, shapeIcon } from "./drawing";
import { files } from "./files";

/** These change with the hour and are asked for again. */
const CHANGING: readonly string[] = ["coverage", "presence", "zones"];
const AGAIN_MS = 300_000;
/** So often is asked for what the node has still to work out. */
const SOON_MS = 20_000;
/** And so soon for what the node did not answer. */
const UNREACHED_MS = 5000;

let toggle: () => void = () => undefined;
export const toggleLayers = () => toggle();

export function mountLayers(desk: Desk): void {
  const { store, map, regions } = desk.app;
  const root = document.createElement("div");
  root.className = "tools";
  regions.map.append(root);
  let known: readonly LayerInfo[] | null = null;
  let open = false;
  let measured = { corners: 0, leg: "", sum: "" };
  const got = new Map<string, number>();

  async function pull(name: LayerName): Promise<void> {
    const at = got.get(name);
    if (at !== undefined && !(CHANGING.includes(name) && Date.now() - at > AGAIN_MS)) return;
    got.set(name, Date.now());
    try {
      const { language } = store.get();
      const data = name === "cables" ? await pullCables(desk) : name === "claims" ? await desk.api.get<GeoJSON>("/api/claims", { view: desk.naming.view, language }) : await desk.api.get<GeoJSON>(`/api/layers/${name}`);
      map.setLayer(name, named(desk, name, data));
    } catch (error) {
      got.delete(name);
      if (at === undefined) desk.fail(error);
      if (error instanceof Unreachable) setTimeout(need, UNREACHED_MS);
    }
  }
  let called = false;
  const anew = () => {
    for (const name of ["claims", "zones", "ports"]) got.delete(name);
    need();
    draw();
  };
  const there = (name: string) => known === null || known.some((l) => l.name === name && l.there !== false);
  const info = (name: string) => known?.find((l) => l.name === name);
  /** When a layer was worked out, or that it was not yet; why it cannot be shown. */
  const state = (name: string): string => {
    const { calculated, cells } = info(name) ?? {};
    if (calculated) return t(cells === 0 ? "layers.too_little" : "layers.calculated", { at: short(calculated, desk.now()) });
    if (there(name)) return "";
    if (calculated === null) return t("layers.waits");
    return name === "coverage" || name === "presence" ? t("layers.off") : name === "cables" ? t("layers.no_cables") : t("layers.none");
  };
  const look = async () => {
    ({ layers: known } = await desk.api.get<{ layers: readonly LayerInfo[] }>("/api/layers"));
    draw();
    if (called) need(); // before the names are known everything would be asked for twice
    if (there("cables")) void pullCables(desk).catch((error: unknown) => desk.quiet(error));
    if (known.some((l) => l.calculated === null)) setTimeout(() => document.hidden || void look().catch(() => undefined), SOON_MS);
  };
  const need = () => {
    for (const name of LAYER_NAMES) if (store.get().layers.includes(name) && there(name)) void pull(name);
  };
  const flip = (name: LayerName) => {
    const { layers } = store.get();
    store.set({ layers: layers.includes(name) ? layers.filter((l) => l !== name) : [...layers, name] });
  };
  toggle = () => {
    open = !open;
    draw();
    requestAnimationFrame(() => root.querySelector<HTMLElement>(open ? "#layers input" : "button")?.focus());
  };

  const draw = panel(root, () => html`
    <div class="row">
      <button aria-expanded=${open} aria-controls="layers" aria-keyshortcuts="y" @click=${toggle}>${t("layers.title")} ${key("Y")}</button>
      <button aria-pressed=${store.get().measuring} aria-keyshortcuts="m" @click=${() => store.set({ measuring: !store.get().measuring })}>${t("tool.measure")} ${key("M")}</button>
      <button @click=${() => desk.app.bus.emit("fly", desk.me.node.home)}>${t("tool.home")}</button>
    </div>
    ${store.get().measuring ? html`<p class="hint" role="status">${t("tool.measuring")} ${measured.leg ? html`<strong class="measured">${t(measured.sum ? "tool.measured_sum" : "tool.measured", { leg: measured.leg, sum: measured.sum })}</strong>` : measured.corners ? t("tool.measured_one") : nothing}</p>` : nothing}
    <div id="layers" class="box" ?hidden=${!open}>
      <fieldset><legend>${t("layers.title")}</legend>
        ${[...LAYER_NAMES].reverse().map((name) => html`<label class="choice"><input type="checkbox" ?disabled=${!there(name)} .checked=${store.get().layers.includes(name)} @change=${() => flip(name)} />
          <span class="swatch ${name}" aria-hidden="true"></span>${t(`layer.${name}`)}${state(name) ? html` <span class="muted">${state(name)}</span>` : nothing}</label>`)}
        <label class="pick view">${t("view.label")} <select @change=${(e: Event) => desk.naming.look((e.target as HTMLSelectElement).value)}>
          ${desk.naming.own.views.map((v) => html`<option value=${v.id} ?selected=${v.id === desk.naming.view}>${desk.naming.viewName(v.id)}</option>`)}</select></label>
        <p class="muted">${t("layers.claims_means")}</p>
        ${(["coverage", "presence"] as const).map((name) => (info(name)?.calculated ? html`<p class="muted scale"><strong>${t(`layer.${name}`)}</strong> ${t(`layers.${name}_low`)} <span class="ramp ${name}" aria-hidden="true"></span> ${t(`layers.${name}_high`)} · ${t("layers.of_time", { from: short(info(name)?.from, desk.now()), to: short(info(name)?.to, desk.now()) })}</p>` : nothing))}
      </fieldset>
      <section class="legend"><h3>${t("legend.title")}</h3>
        <ul>${desk.me.origins.map((o) => html`<li>${shapeIcon(o.shape)} <span dir="auto">${tOr(`origin.${o.name}`, desk.sharing?.called(o.name) ?? o.name)}</span></li>`)}
          <li><svg class="icon ring" viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6.5"></circle><circle cx="8" cy="8" r="3.8"></circle></svg> ${t("legend.alert")}</li>
          <li>${shapeIcon("triangle")} ${t("legend.fresh")}</li><li>${shapeIcon("triangle", true)} ${t("legend.old")}</li>
          ${sensorsSeen().map((s) => html`<li>${sensorIcon(s)} ${word("sensor", s)}</li>`)}
          ${sensorsSeen().length ? html`<li>${sensorIcon(sensorsSeen()[0]!, true)} ${t("legend.unmatched")}</li>` : nothing}</ul>
        <details><summary>${t("files.title")}</summary>${files(t("files.vessels"), { what: "vessels" })}${files(t("files.events", { h: 24 }), { what: "events", to: desk.shown() })}</details></section>
    </div>`); // prettier-ignore
  map.onMeasured((found) => {
    measured = found;
    draw();
  });
  store.on(["layers", "language", "measuring"], draw);
  store.on(["layers"], need);
  store.on(["language"], anew);
  desk.on(["names"], () => {
    called = true;
    anew();
  });
  desk.on(["partners"], draw);
  desk.on(["detections"], draw);
  setInterval(() => document.hidden || void look().catch(() => undefined), AGAIN_MS);
  const first = (): Promise<void> =>
    look().catch((error: unknown) => {
      if (error instanceof Unreachable) setTimeout(() => void first(), UNREACHED_MS);
      desk.quiet(error);
      draw();
      need();
    });
  void first();
}

/** Own names of the node in a layer: of zones, of ports, and of claimants where the layer has none in a viewpoint. */
function named(desk: Desk, layer: LayerName, data: GeoJSON): GeoJSON {
  if (data.type !== "FeatureCollection") return data;
  const { own } = desk.naming;
  const features = data.features.map((f) => {
    const p = f.properties ?? {};
    const name = layer === "zones" ? desk.naming.of(own.zones[String(p["zone_id"])]) : layer === "ports" ? desk.naming.of(own.ports[String(p["port_id"])]) : "";
    const called = p["claimant"] ? desk.naming.of(own.partners[String(p["claimant"])]) : "";
    if (!name && !called) return f;
    const names = name ? { name, name_ja: name, name_zh: name } : {};
    return { ...f, properties: { ...p, ...names, ...(called ? { claimant_name: called } : {}) } };
  });
  return { ...data, features };
}
