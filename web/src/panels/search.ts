/** Finds a vessel by name in any script, MMSI, IMO number or call sign: one field with a list, worked by keyboard. */
import "./search.css";
import { t, word } from "../i18n";
import { age, nine } from "../i18n/format";
import type { SearchResult } from "../api/types";
import { cablesNamed, chooseCable } from "./cables";
import type { Desk } from "./desk";
import { html, nothing, panel, type TemplateResult } from "./drawing";

const WAIT_MS = 160;
/** What was found is on the chart, which a page would hide. A case stays open: what is found may be let into it. */
const toChart = ({ page, part }: { page: string; part: string }) => (page === "incidents" ? { page, part } : { page: "", part: "" });

export interface SearchBox {
  root: HTMLElement;
  focus(): void;
}

let box: SearchBox | null = null;
export const focusSearch = () => box?.focus();

export function searchBox(desk: Desk): SearchBox {
  const root = document.createElement("search");
  let results: readonly SearchResult[] = [];
  let places: readonly { name: string; lat: number; lon: number; cable?: string }[] = [];
  let active = -1;
  let open = false;
  let asked = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let serial = 0;
  const input = () => root.querySelector("input")!;

  async function look(text: string): Promise<void> {
    const mine = ++serial;
    if (!text.trim()) {
      [results, places, open, asked] = [[], [], false, ""];
      return draw();
    }
    try {
      const found = await desk.api.get<{ results: readonly SearchResult[] }>("/api/search", { q: text });
      if (mine !== serial) return; // a later question is on its way
      places = [...desk.naming.places(text), ...cablesNamed(text)];
      [results, active, open, asked] = [found.results, found.results.length + places.length ? 0 : -1, true, text];
      draw();
    } catch (error) {
      desk.fail(error);
    }
  }

  function choose(index: number): void {
    const found = results[index];
    const place = places[index - results.length];
    if (place) {
      close();
      input().value = "";
      if (place.cable) chooseCable(desk, place.cable);
      desk.app.store.set(toChart(desk.app.store.get()));
      return desk.app.bus.emit("fly", { lat: place.lat, lon: place.lon, zoom: Math.max(8, desk.app.map.getView().zoom) });
    }
    if (!found) return;
    close();
    input().value = "";
    desk.app.store.set({ vessel: found.mmsi, ...toChart(desk.app.store.get()) });
    const at = desk.app.map.positionOf(found.mmsi);
    if (at) desk.app.bus.emit("fly", { ...at, zoom: Math.max(8, desk.app.map.getView().zoom) });
    document.querySelector<HTMLElement>("#right .card")?.focus();
  }

  function close(): void {
    [results, places, open, active] = [[], [], false, -1];
    serial++;
    draw();
  }

  function pressed(event: KeyboardEvent): void {
    if (event.isComposing) return; // the key belongs to the input method
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const all = results.length + places.length;
    if (step && all) {
      active = (active + step + all) % all;
      event.preventDefault();
      draw();
    } else if (event.key === "Enter") {
      clearTimeout(timer);
      if (open && active >= 0 && asked === input().value) choose(active);
      else void look(input().value).then(() => results.length + places.length === 1 && choose(0)); // one alone is meant; several are shown
      event.preventDefault();
    } else if (event.key === "Escape") {
      if (open || input().value) event.preventDefault();
      input().value = "";
      close();
      input().blur();
    }
    event.stopPropagation();
  }

  const draw = panel(root, () => html`
    <label class="hidden" for="search">${t("search.label")}</label>
    <input id="search" type="text" role="combobox" autocomplete="off" spellcheck="false" maxlength="80" placeholder=${t("search.placeholder")}
      aria-expanded=${open} aria-controls="found" aria-autocomplete="list" aria-keyshortcuts="/" aria-activedescendant=${active >= 0 ? `found-${active}` : nothing}
      @input=${(e: Event) => { clearTimeout(timer); const { value } = e.target as HTMLInputElement; timer = setTimeout(() => void look(value), WAIT_MS); }}
      @keydown=${pressed} @blur=${() => setTimeout(close, 150)} />
    <kbd aria-hidden="true">/</kbd>
    <ul id="found" role="listbox" data-of=${asked} aria-label=${t("search.results")} ?hidden=${!open}>
      ${results.map((r, i) => row(desk, r, i, i === active, () => choose(i)))}
      ${places.map((p, i) => html`<li id="found-${results.length + i}" role="option" aria-selected=${results.length + i === active} class=${results.length + i === active ? "active" : ""}
        @mousedown=${(e: Event) => { e.preventDefault(); choose(results.length + i); }}><strong>${p.name}</strong><span class="muted">${p.cable ? t("cable.label") : t("search.place")}</span></li>`)}
      ${open && !results.length && !places.length ? html`<li class="none" role="option" aria-disabled="true" aria-selected="false">${t("search.none")}</li>` : nothing}
    </ul>`); // prettier-ignore
  desk.app.store.on(["language"], draw);
  box = { root, focus: () => { input().focus(); input().select(); } }; // prettier-ignore
  return box;
}

function row(desk: Desk, r: SearchResult, i: number, active: boolean, choose: () => void): TemplateResult {
  const also = [`MMSI ${nine(r.mmsi)}`, r.imo ? `IMO ${r.imo}` : "", r.callsign ?? ""].filter(Boolean).join(" · ");
  const how = r.by === "name" && r.likeness < 1 ? `${word("way", r.way || "likeness")} ${Math.round(r.likeness * 100)} %` : word("by", r.by);
  return html`<li id="found-${i}" role="option" aria-selected=${active} class=${active ? "active" : ""} @mousedown=${(e: Event) => { e.preventDefault(); choose(); }}>
    <strong>${r.name || t("vessel.no_name")}</strong><span class="muted">${also}</span>
    <span class="muted how">${how}${r.last_t ? ` · ${t("search.heard", { age: age(desk.now() - r.last_t) })}` : ""}</span></li>`; // prettier-ignore
}
