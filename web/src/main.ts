/** The page: store, theme, map, then the panels. */
import "maplibre-gl/dist/maplibre-gl.css";
import "./layout.css";
import type { App, Regions } from "./app";
import { createMap } from "./map";
import { mountPanels } from "./panels";
import { Bus, Store, bindHash, fromHash } from "./state";
import { applyTheme } from "./theme";

const HOME = { lon: 124.5, lat: 25.2, zoom: 5.6 };

function region(id: keyof Regions): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no region #${id}`);
  return found;
}

async function start(): Promise<void> {
  const store = new Store(fromHash(location.hash));
  const bus = new Bus();
  bindHash(store);
  applyTheme(store.get().theme);
  const regions: Regions = {
    banner: region("banner"), top: region("top"), left: region("left"), right: region("right"),
    bottom: region("bottom"), map: region("map"),
  }; // prettier-ignore
  const { theme, language, units, view } = store.get();
  const map = await createMap(regions.map, {
    theme, language, units, home: view ?? HOME,
    forceCanvas: new URLSearchParams(location.search).has("canvas"),
  }); // prettier-ignore
  const app: App = { store, bus, map, regions };
  follow(app);
  mountPanels(app);
}

/** The map follows the store, and the store the map. */
function follow({ store, bus, map }: App): void {
  store.on(["theme"], ({ theme }) => {
    applyTheme(theme);
    map.setTheme(theme);
  });
  store.on(["language"], ({ language }) => {
    document.documentElement.lang = language;
    map.setLanguage(language);
  });
  store.on(["units"], ({ units }) => map.setUnits(units));
  store.on(["vessel"], ({ vessel }) => map.select(vessel));
  store.on(["cable"], ({ cable }) => map.selectCable(cable));
  store.on(["layers"], ({ layers }) => map.showLayers(layers));
  store.on(["measuring"], ({ measuring }) => map.measure(measuring));
  store.on(["view"], ({ view }) => {
    const now = map.getView();
    if (view && (Math.abs(view.lon - now.lon) + Math.abs(view.lat - now.lat) > 1e-4 || Math.abs(view.zoom - now.zoom) > 0.01))
      map.flyTo(view); // prettier-ignore
  });
  map.onView((view) => store.set({ view }));
  map.onPick((pick) => {
    bus.emit("pick", pick);
    if (pick.event_id) store.set({ alert: pick.event_id });
    else if (pick.detection && pick.mmsi === null) store.set({ detection: pick.detection });
    else store.set({ vessel: pick.mmsi, detection: null, cable: pick.cable });
  });
  bus.on("fly", (to) => map.flyTo(to));
  const { vessel, cable, layers, measuring, language } = store.get();
  document.documentElement.lang = language;
  map.select(vessel);
  map.showLayers(layers);
  map.selectCable(cable);
  if (measuring) map.measure(true);
}

void start();
