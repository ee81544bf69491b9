/** What a panel is given when it is put on the page. */
import type { KizunaMap } from "./map/types";
import type { Bus, Store } from "./state";

export interface Regions {
  banner: HTMLElement;
  top: HTMLElement;
  left: HTMLElement;
  right: HTMLElement;
  bottom: HTMLElement;
  map: HTMLElement;
}

export interface App {
  store: Store;
  bus: Bus;
  map: KizunaMap;
  regions: Regions;
}
