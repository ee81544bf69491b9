/** Puts the panels into the regions of the page. */
import "./base.css";
import "./marks.css";
import type { App } from "../app";
import { Client, Refused } from "../api/client";
import type { Me } from "../api/types";
import { setLanguage } from "../i18n";
import { usersPage } from "./admin";
import { mountAlerts } from "./alerts";
import { auditPage } from "./audit";
import { mountBanner } from "./banner";
import { Desk } from "./desk";
import { handoverPage } from "./handover";
import { helpPage } from "./help";
import { incidentsPage } from "./incident";
import { IncidentBook } from "./incident/book";
import { mountKeys } from "./keys";
import { mountLayers } from "./layers";
import { logPage } from "./log";
import { LogNews } from "./log_news";
import { logInAgain } from "./login";
import { mountPages } from "./pages";
import { bindPrefs } from "./prefs";
import { releasePage } from "./release";
import { mountAs } from "./release/as";
import { ShareBook } from "./release/book";
import { mountStatus } from "./release/status";
import { sourcesPage } from "./sources";
import { mountSpoken } from "./spoken";
import { mountTimeline } from "./timeline";
import { tokensPage } from "./tokens";
import { mountTopbar } from "./topbar";
import { mountVessel } from "./vessel";
import { watchlistsPage } from "./watchlists";

const AGAIN_MS = 3000;

export function mountPanels(app: App): void {
  const { store } = app;
  bindPrefs(store, location.hash);
  const speak = () => setLanguage(store.get().language);
  speak();
  store.on(["language"], speak); // before any panel listens: they draw with the new words
  mountSpoken(app);
  void open(app);
}

async function open(app: App): Promise<void> {
  const api = new Client();
  let user = "";
  api.onExpired(() => logInAgain(api, user));
  const me = await whoAmI(api);
  user = me.user;
  const desk = new Desk(app, api, me);
  if (me.sharing) [desk.sharing, desk.incidents] = [new ShareBook(desk), new IncidentBook(desk)];
  desk.log = new LogNews(desk);
  document.title = `${me.node.title || me.node.name} · Kizuna`;
  app.map.setOrigins(me.origins, me.node.exercise);
  if (!new URLSearchParams(location.hash.slice(1)).has("view")) app.map.flyTo(me.node.home);
  mountBanner(desk);
  mountTopbar(desk);
  mountAlerts(desk);
  mountVessel(desk);
  mountTimeline(desk);
  mountLayers(desk);
  mountPages(desk, {
    log: logPage, handover: handoverPage, watchlists: watchlistsPage, sources: sourcesPage, users: usersPage, tokens: tokensPage, audit: auditPage, help: helpPage,
    ...(desk.sharing ? { release: releasePage, incidents: incidentsPage } : {}),
  }); // prettier-ignore
  if (desk.sharing) {
    mountStatus(desk);
    mountAs(desk);
  }
  mountKeys(desk);
  desk.start();
}

/** Who is logged in; asks again for as long as the node does not answer. */
async function whoAmI(api: Client): Promise<Me> {
  for (;;) {
    try {
      return await api.get<Me>("/api/me");
    } catch (error) {
      if (error instanceof Refused && error.status < 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
