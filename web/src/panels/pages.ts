/**
 * Pages over the chart: log, hand-over, watch lists, sources, users, tokens, audit, help; on a node that shares, release and
 * incidents. One at a time; its name is in the URL, and so is its part.
 */
import "./pages.css";
import "./print.css";
import { t } from "../i18n";
import type { Desk } from "./desk";

export const PAGES = ["log", "handover", "watchlists", "sources", "users", "tokens", "audit", "help", "release", "incidents"] as const;
export type PageName = (typeof PAGES)[number];

export const pageTitle = (page: PageName): string => t(`page.${page}`);

/** Builds a page into `root`; gives back what ends it. */
export type PageMaker = (desk: Desk, root: HTMLElement) => () => void;

export function togglePage(desk: Desk, page: PageName): void {
  desk.app.store.set({ page: desk.state.page === page ? "" : page, part: "" });
}

/** A page with one of its parts in front. */
export function openPart(desk: Desk, page: PageName, part: string): void {
  desk.app.store.set({ page, part });
}

export function mountPages(desk: Desk, makers: Readonly<Partial<Record<PageName, PageMaker>>>): void {
  const { store } = desk.app;
  const host = document.createElement("section");
  host.id = "page";
  host.tabIndex = -1;
  host.hidden = true;
  document.getElementById("app")!.append(host);
  let end: (() => void) | null = null;
  let shown = "";
  let before: HTMLElement | null = null;

  const show = (): void => {
    const name = store.get().page;
    const known = Object.hasOwn(makers, name) ? (name as PageName) : "";
    if (known === shown) return;
    end?.();
    end = null;
    host.replaceChildren();
    if (known && !shown) before = document.activeElement as HTMLElement | null;
    const came = shown;
    shown = known;
    host.hidden = !known;
    document.getElementById("app")!.dataset["page"] = known;
    if (!known) {
      if (came && before?.isConnected) before.focus();
      return;
    }
    host.className = `page-${known}`;
    host.setAttribute("aria-label", pageTitle(known));
    const root = document.createElement("div");
    root.className = "sheet";
    host.append(root);
    const stop = makers[known]!(desk, root);
    const close = document.createElement("button");
    close.className = "icon-only close";
    close.textContent = "×";
    const label = () => {
      close.setAttribute("aria-label", `${t("action.close")} (Esc)`);
      host.setAttribute("aria-label", pageTitle(known));
    };
    label();
    const unlisten = store.on(["language"], label);
    close.addEventListener("click", () => store.set({ page: "", part: "" }));
    host.prepend(close);
    (host.querySelector<HTMLElement>("[data-first]") ?? host).focus();
    end = () => {
      stop();
      unlisten();
    };
  };
  store.on(["page"], show);
  show();
}
