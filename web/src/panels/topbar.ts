/** Top bar: which node, LIVE or REPLAY, health of the sources, search, pages, language, theme, clocks. */
import "./topbar.css";
import { LANGUAGES, t } from "../i18n";
import { age, local, short, utc } from "../i18n/format";
import { THEMES, type Theme } from "../state";
import { dropDrafts, readPrefs, writePrefs } from "./prefs";
import type { Desk } from "./desk";
import { ask } from "./dialogs";
import { live } from "lit-html/directives/live.js";
import { html, key, nothing, panel, type TemplateResult } from "./drawing";
import { searchBox } from "./search";
import { wantApp6, wantsApp6 } from "./incident/units";
import { pageTitle, PAGES, type PageName, togglePage } from "./pages";

const LOST_SHOWN_MS = 4000;

export function mountTopbar(desk: Desk): void {
  const { store, regions } = desk.app;
  const search = searchBox(desk);
  const draw = panel(regions.top, () => html`
    <div class="bar">
      <div class="who"><span class="sign" aria-hidden="true">絆</span><strong>Kizuna</strong>
        <span class="node" title=${desk.me.node.name}>${ownName(desk)}</span></div>
      ${mode(desk)} ${health(desk)}
      ${search.root}
      <nav class="pages" aria-label=${t("top.pages")}>
        ${pageButton(desk, "log", "L")} ${desk.may("write") ? pageButton(desk, "handover", "H") : nothing} ${more(desk)}
      </nav>
      <label class="pick"><span class="hidden">${t("top.language")}</span>
        <select .value=${live(desk.state.language)} @change=${(e: Event) => store.set({ language: (e.target as HTMLSelectElement).value })}>
          ${languages(desk).map((code) => html`<option value=${code} lang=${code} ?selected=${code === desk.state.language}>${LANGUAGES[code] ?? code}</option>`)}
        </select></label>
      <label class="pick"><span class="hidden">${t("top.theme")} (N)</span>
        <select aria-keyshortcuts="n" .value=${live(desk.state.theme)} @change=${(e: Event) => store.set({ theme: (e.target as HTMLSelectElement).value as Theme })}>
          ${THEMES.map((name) => html`<option value=${name} ?selected=${name === desk.state.theme}>${t(`theme.${name}`)}</option>`)}
        </select></label>
      ${clocks(desk)}
    </div>`); // prettier-ignore
  desk.on(["link", "tick", "sources", "log", "partners"], draw);
  store.on(["mode", "cursor", "language", "theme", "page", "units"], draw);
}

/** What this node calls itself: as its agreements do, in the words of this page, else its title. */
const ownName = (desk: Desk): string => desk.sharing?.ownName || desk.me.node.title || desk.me.node.name;

const languages = (desk: Desk) =>
  desk.me.node.languages.filter((code) => code in LANGUAGES).length
    ? desk.me.node.languages.filter((code) => code in LANGUAGES)
    : Object.keys(LANGUAGES);

function mode(desk: Desk): TemplateResult {
  const { mode, cursor } = desk.state;
  if (mode === "replay")
    return html`<button class="mode replay" @click=${() => desk.app.store.set({ mode: "live", cursor: null })} title=${t("mode.back")}>
      <span aria-hidden="true">◀◀</span> ${t("mode.replay")} <span class="when">${cursor === null ? "" : short(cursor, desk.now())}</span></button>`; // prettier-ignore
  if (desk.lost_at !== null && Date.now() - desk.lost_at > LOST_SHOWN_MS)
    return html`<span class="mode lost" role="status"><span aria-hidden="true">▲</span> ${t("mode.lost", { age: age(Date.now() - desk.lost_at) })}</span>`;
  if (desk.simulated)
    return html`<span class="mode live simulated" title=${t("mode.simulated_means")}><span aria-hidden="true">●</span> ${t("mode.live")}</span>`;
  return html`<span class="mode live"><span aria-hidden="true">●</span> ${t("mode.live")}</span>`;
}

/** How many sources deliver, and how many do not: in words and by sign, never by colour alone. */
function health(desk: Desk): TemplateResult | typeof nothing {
  if (!desk.sources.length) return nothing;
  const bad = desk.sources.filter((s) => !healthy(s.state)).length;
  const good = desk.sources.length - bad;
  return html`<button class="health ${bad ? "bad" : ""}" aria-label=${t("sources.short", { good, bad })} title=${t("sources.short", { good, bad })}
    @click=${() => togglePage(desk, "sources")}>
    <span class="good"><span aria-hidden="true">✓</span>${good}</span>${bad ? html` <span class="bad"><span aria-hidden="true">✗</span>${bad}</span>` : nothing}
    <span class="wide">${t("sources.word")}</span></button>`; // prettier-ignore
}

export const healthy = (state: string): boolean => state === "up" || state === "ok";

function pageButton(desk: Desk, page: PageName, letter: string): TemplateResult {
  const open = desk.state.page === page;
  return html`<button aria-pressed=${open} aria-keyshortcuts=${letter.toLowerCase()} @click=${() => togglePage(desk, page)}>
    ${pageTitle(page)} ${page === "log" && desk.log?.unread ? html`<span class="n">${t("log.unread", { n: desk.log.unread })}</span>` : nothing} ${key(letter)}</button>`; // prettier-ignore
}

function more(desk: Desk): TemplateResult {
  const close = () => document.getElementById("more")?.hidePopover();
  const go = (page: PageName) => () => {
    close();
    togglePage(desk, page);
  };
  const item = (page: PageName, letter = "") => html`<li><button @click=${go(page)}>${pageTitle(page)} ${letter ? key(letter) : nothing}</button></li>`;
  return html`
    <button popovertarget="more" aria-haspopup="true" class="more">${desk.me.user} <span aria-hidden="true">▾</span></button>
    <div id="more" popover class="menu" aria-label=${t("top.more")}>
      <p class="muted">${t("top.logged_in", { user: desk.me.user, role: t(`role.${desk.me.role}`) })}</p>
      <ul>
        ${desk.may("write") ? item("watchlists", "W") : nothing} ${item("sources")}
        ${PAGES.filter((p) => p === "users" || p === "tokens" || p === "audit").map((p) => (desk.may("administer") ? item(p) : nothing))}
        <li><button @click=${() => { close(); desk.app.store.set({ measuring: !desk.state.measuring }); }}>${t("tool.measure")} ${key("M")}</button></li>
        ${item("help", "?")}
      </ul>
      <fieldset><legend>${t("top.units")}</legend>
        ${(["nautical", "metric"] as const).map((u) => html`<label class="choice"><input type="radio" name="units" .checked=${desk.state.units === u}
          @change=${() => desk.app.store.set({ units: u })} />${t(`units.${u}`)}</label>`)}
      </fieldset>
      <label class="choice"><input type="checkbox" .checked=${readPrefs().sound === true}
        @change=${(e: Event) => writePrefs({ sound: (e.target as HTMLInputElement).checked })} />${t("top.sound")}</label>
      ${desk.sharing ? html`<label class="choice"><input type="checkbox" .checked=${wantsApp6(desk)}
        @change=${(e: Event) => wantApp6(desk, (e.target as HTMLInputElement).checked)} />${t("top.app6")}</label>` : nothing}
      <button class="wide" @click=${() => { close(); void changePassword(desk); }}>${t("action.password")}</button>
      <button class="wide" @click=${() => void logOut(desk)}>${t("action.log_out")}</button>
    </div>`; // prettier-ignore
}

async function changePassword(desk: Desk): Promise<void> {
  const field = (name: string, words: string, complete: "current-password" | "new-password") =>
    html`<label>${words}<input name=${name} type="password" autocomplete=${complete} required maxlength="256" ?data-first=${name === "old"} /></label>`;
  const body = html`${field("old", t("login.password"), "current-password")} ${field("new", t("setup.password"), "new-password")} ${field("again", t("setup.again"), "new-password")}`;
  const done = await ask(t("action.password"), body, t("action.save"), async (form) => {
    if (form.get("new") !== form.get("again")) throw new Error(t("setup.differ"));
    await desk.api.post("/api/password", { old: form.get("old"), new: form.get("new") });
    return true;
  });
  if (done) desk.say(t("users.password_changed"));
}

async function logOut(desk: Desk): Promise<void> {
  try {
    await desk.api.post("/api/logout");
    const kept = readPrefs(); // the node clears the browser's storage; how the station looks is no secret of anybody
    dropDrafts();
    writePrefs(kept);
    location.assign("/login");
  } catch (error) {
    desk.fail(error);
  }
}

function clocks(desk: Desk): TemplateResult {
  const now = desk.now();
  const { tz } = desk.me.node;
  const there = tz && tz !== "UTC" ? local(now, tz, desk.state.language) : "";
  if (desk.simulated)
    return html`<div class="clock simulated" role="timer" aria-live="off" aria-label=${t("top.clock_simulated")} title=${t("mode.simulated_means")}>
      <time datetime=${new Date(now).toISOString()}>${utc(now)}</time><span class="played">${t("mode.simulated")}</span>
      <span>${t("top.wall", { at: utc(Date.now()).slice(11, 16) })}</span></div>`;
  return html`<div class="clock" role="timer" aria-live="off" aria-label=${t("top.clock")}>
    <time datetime=${new Date(now).toISOString()}>${utc(now)}</time>${there ? html`<span>${there}</span>` : nothing}</div>`;
}
