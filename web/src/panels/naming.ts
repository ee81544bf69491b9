/**
 * What things are called here: the node's own names of zones, ports, places and partners, and the viewpoint on rival claims
 * that this user looks from. A viewpoint chooses words and order; it changes no line and no alert.
 */
import type { FeatureCollection } from "geojson";
import { Unreachable } from "../api/client";
import type { AlertZone, OwnNames, Words } from "../api/types";
import { t } from "../i18n";
import type { Desk } from "./desk";
import { readPrefs, writePrefs } from "./prefs";

export const NEUTRAL = "neutral";
const NONE: OwnNames = { zones: {}, partners: {}, ports: {}, places: [], view: NEUTRAL, views: [{ id: NEUTRAL, names: {} }] };
const TYPED_LEAST = 2;
/** Names that did not come are asked for again. */
const AGAIN_MS = 5000;

export class Naming {
  own: OwnNames = NONE;

  constructor(private readonly desk: Desk) {}

  async pull(): Promise<void> {
    try {
      this.own = await this.desk.api.get<OwnNames>("/api/names");
    } catch (error) {
      this.desk.quiet(error);
      if (error instanceof Unreachable) return void setTimeout(() => void this.pull(), AGAIN_MS);
    }
    this.#toMap();
    this.desk.app.store.on(["language"], () => this.#toMap());
    this.desk.tell("names");
  }

  /** The viewpoint of this user: what was chosen at this station, else the node's. */
  get view(): string {
    const chosen = readPrefs().view;
    return chosen && this.own.views.some((v) => v.id === chosen) ? chosen : this.own.view || NEUTRAL;
  }

  look(view: string): void {
    writePrefs({ view });
    this.desk.tell("names");
  }

  viewName(id: string): string {
    if (id === NEUTRAL) return t("view.neutral");
    return this.of(this.own.partners[id]) || this.of(this.own.views.find((v) => v.id === id)?.names) || id;
  }

  zone(zone: AlertZone): string {
    return this.of(this.own.zones[zone.zone_id]) || zone.name || zone.zone_id;
  }

  /** A zone by its English name, as the detectors' sentences have it, in the words of this page. */
  zoneCalled(english: string): string {
    return this.of(Object.values(this.own.zones).find((words) => words["en"] === english)) || english;
  }

  partner(id: string): string {
    return this.of(this.own.partners[id]) || id;
  }

  /** Claimants in the order of the viewpoint: by id; in a party's view that party first. */
  inOrder(claimants: readonly string[]): readonly string[] {
    const { view } = this;
    return [...claimants].sort((a, b) => Number(b === view) - Number(a === view) || (a < b ? -1 : a > b ? 1 : 0));
  }

  of(words: Words | undefined): string {
    return words?.[this.desk.state.language] ?? words?.["en"] ?? "";
  }

  /** Places of this node by a part of their name in any language. */
  places(typed: string): readonly { name: string; lat: number; lon: number }[] {
    const wanted = typed.trim().toLowerCase();
    if (wanted.length < TYPED_LEAST && !/[^\x00-\x7f]/.test(wanted)) return [];
    return this.own.places
      .filter((p) => Object.values(p.names).some((n) => n.toLowerCase().includes(wanted)))
      .map((p) => ({ name: this.of(p.names) || Object.values(p.names)[0]!, lat: p.lat, lon: p.lon }));
  }

  /** The chart writes `local` and, in English, `name` below it: the first is one in another script where there is one. */
  #twice(names: Words): { local: string; name: string } {
    const own = this.of(names) || Object.values(names)[0] || "";
    const other = Object.entries(names).find(([code]) => code !== this.desk.state.language)?.[1] ?? "";
    return this.desk.state.language === "en" && other ? { local: other, name: own } : { local: own, name: "" };
  }

  #toMap(): void {
    const { places } = this.own;
    if (!places.length) return this.desk.app.map.setPlaces(null);
    const features: FeatureCollection["features"] = places.map((p) => ({
      type: "Feature",
      properties: { ...this.#twice(p.names), radius_m: p.radius_m },
      geometry: { type: "Point", coordinates: [p.lon, p.lat] },
    })); // prettier-ignore
    this.desk.app.map.setPlaces({ type: "FeatureCollection", features });
  }
}
