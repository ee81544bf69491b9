/** Keys of the page. They are letters alone and mean nothing while something is typed; browsers' own keys stay theirs. */
import { THEMES } from "../state";
import { chosenAlerts, stepAlert } from "./alerts";
import { decide, replayAlert, type Act } from "./decide";
import type { Desk } from "./desk";
import { dialogOpen } from "./dialogs";
import { toggleLayers } from "./layers";
import { breakGlass, openIncident } from "./incident/open";
import { type PageName, togglePage } from "./pages";
import { t } from "../i18n";
import { theReplay } from "./replay";
import { focusSearch } from "./search";
import { see } from "./vessel";

const TYPING = "input:not([type=radio]):not([type=checkbox]):not([type=range]), textarea, select, [contenteditable]";
const REGIONS = ["#top", "#left", "#map", "#page", "#right", "#bottom", "#status"] as const;

export function mountKeys(desk: Desk): void {
  const { store } = desk.app;
  const act = (what: Act) => () => {
    const alerts = chosenAlerts(desk);
    if (alerts.length) void decide(desk, what, alerts);
  };
  const deeds: Readonly<Record<string, () => void>> = {
    "/": focusSearch,
    j: () => stepAlert(desk, 1),
    k: () => stepAlert(desk, -1),
    a: act("ack"),
    s: act("silence"),
    d: act("dismiss"),
    u: act("undo"),
    r: () => {
      const alert = desk.alert(desk.state.alert);
      if (alert) replayAlert(desk, alert);
    },
    f: () => desk.state.vessel !== null && see(desk, { mmsi: desk.state.vessel }),
    l: () => togglePage(desk, "log"),
    h: () => watchOnly(desk, "handover"),
    w: () => watchOnly(desk, "watchlists"),
    y: toggleLayers,
    n: () => store.set({ theme: THEMES[(THEMES.indexOf(desk.state.theme) + 1) % THEMES.length]! }),
    m: () => store.set({ measuring: !desk.state.measuring }),
    c: () => desk.app.map.measureMiddle(),
    " ": () => theReplay().toggle(),
    ",": () => theReplay().step(-1),
    ".": () => theReplay().step(1),
    "<": () => theReplay().step(-60),
    ">": () => theReplay().step(60),
    End: () => theReplay().live(),
    "?": () => togglePage(desk, "help"),
    ...(desk.sharing ? shared(desk) : {}),
    F6: () => nextRegion(1),
    Escape: () => escape(desk),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || dialogOpen()) return;
    const target = event.target as HTMLElement;
    const typing = target.matches?.(TYPING) ?? false;
    if (typing && event.key !== "Escape" && event.key !== "F6") return;
    // these keys work the thing that has the focus
    if (event.key === " " && target.closest("button, input, summary, a")) return;
    if (event.key === "End" && target.matches("input")) return;
    if (event.key === "Escape" && document.querySelector(":popover-open")) return; // it closes the open menu alone
    if (event.key === "F6" && event.shiftKey) {
      nextRegion(-1);
      return event.preventDefault();
    }
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (desk.state.as && name !== "Escape") return; // what lies beneath is not on the screen
    const deed = deeds[name];
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}

/** Keys that a node has which shares. */
/** Pages of those who keep the watch; others are told so. */
function watchOnly(desk: Desk, page: PageName): void {
  if (desk.may("write")) togglePage(desk, page);
  else desk.say(t("error.watch_only"));
}

function shared(desk: Desk): Readonly<Record<string, () => void>> {
  const partners = () => desk.sharing!.partners.filter((p) => p.state !== "revoked");
  return {
    e: () => togglePage(desk, "release"),
    i: () => togglePage(desk, "incidents"),
    o: () => void (desk.may("incident") && openIncident(desk)),
    g: () => void (desk.may("incident") && breakGlass(desk)),
    p: () => document.querySelector<HTMLElement>("#phrase")?.focus(),
    v: () => void (desk.may("desk") && partners()[0] && desk.app.store.set({ as: partners()[0]!.id })),
  };
}

/** What was opened last is closed first. */
function escape(desk: Desk): void {
  const { measuring, page, alert, vessel, detection, cable, as } = desk.state;
  if (as) return desk.app.store.set({ as: "" });
  const typed = document.activeElement as HTMLElement | null;
  if (typed?.matches(TYPING) && !typed.closest("#page")) return typed.blur();
  if (measuring) return desk.app.store.set({ measuring: false });
  if (page) return desk.app.store.set({ page: "", part: "" });
  if (alert !== null) return desk.app.store.set({ alert: null });
  if (detection !== null) return desk.app.store.set({ detection: null });
  if (cable !== null) return desk.app.store.set({ cable: null });
  if (vessel !== null) desk.app.store.set({ vessel: null });
}

function nextRegion(step: 1 | -1): void {
  const there = REGIONS.map((r) => document.querySelector<HTMLElement>(r)).filter((r): r is HTMLElement => r !== null && !r.hidden && r.childElementCount > 0);
  const now = there.findIndex((r) => r.contains(document.activeElement));
  for (let i = 1; i <= there.length; i++) {
    const region = there[(now + step * i + there.length * 2) % there.length]!;
    const into = region.matches("[tabindex]") ? region : region.querySelector<HTMLElement>("button:not([disabled]), input, select, [tabindex]");
    if (!into) continue;
    into.focus();
    if (region.contains(document.activeElement)) return;
  }
}
