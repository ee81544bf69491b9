/** The pages before the picture: logging in, and making the first administrator with the link that the node printed. */
import "../layout.css";
import "./base.css";
import "./marks.css";
import "./banner.css";
import "./entry.css";
import { Client, Refused } from "../api/client";
import type { Entry } from "../api/types";
import { LANGUAGES, setLanguage, t } from "../i18n";
import { failure as words } from "../i18n/told";
import { THEMES, type Theme } from "../state";
import { applyTheme } from "../theme";
import { html, nothing, panel } from "./drawing";
import { logIn, loginFields } from "./login";
import { askedLook, hashWith, readPrefs, writePrefs } from "./prefs";

const PASSWORD_LEAST = 12;
const query = new URLSearchParams(location.search);
const token = query.get("token") ?? "";
/** One page for both: the address says which. */
const setup = location.pathname.replace(/\/$/, "").endsWith("/setup");
const api = new Client();
let { theme, language } = askedLook(location.hash, readPrefs(), navigator.languages);
let about: Entry = {};
let error = "";
let busy = false;

/** Where to go afterwards: a path of this node and nothing else; the hash holds the picture that was asked for. */
export function nextPath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}

async function send(event: Event): Promise<void> {
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  if (busy || !form.reportValidity()) return;
  [busy, error] = [true, ""];
  draw();
  try {
    const given = new FormData(form);
    if (setup) await first(given);
    else await logIn(api, given);
    location.replace(nextPath(query.get("next")) + location.hash);
  } catch (failure) {
    error = words(failure);
    busy = false;
    draw();
    form.querySelector<HTMLInputElement>("input[type=password]")?.select();
  }
}

async function first(given: FormData): Promise<void> {
  const password = String(given.get("password") ?? "");
  if (password !== given.get("again")) throw new Error(t("setup.differ"));
  try {
    await api.post("/api/setup", { token, user: String(given.get("user") ?? "").trim(), password });
  } catch (failure) {
    if (failure instanceof Refused) throw new Error(failure.status === 403 ? t("setup.no_link") : words(failure));
    throw new Error(t("error.unreachable"));
  }
}

const setupFields = () => html`
  <p>${t("setup.means")}</p>
  <label>${t("login.user")}<input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" autofocus /></label>
  <label>${t("setup.password")}<input name="password" type="password" autocomplete="new-password" required minlength=${PASSWORD_LEAST} maxlength="256" /></label>
  <label>${t("setup.again")}<input name="again" type="password" autocomplete="new-password" required maxlength="256" /></label>`; // prettier-ignore

/** What is chosen here counts for the picture too, whatever its address asked for. */
function choose(change: { theme?: Theme; language?: string }): void {
  writePrefs(change);
  ({ theme, language } = { theme, language, ...change });
  history.replaceState(null, "", location.pathname + location.search + hashWith(location.hash, change));
  look();
  draw();
}

function look(): void {
  setLanguage(language);
  applyTheme(theme);
  document.documentElement.lang = language;
  document.title = `${t(setup ? "setup.title" : "login.title")} · Kizuna`;
}

look();
const draw = panel(document.getElementById("entry")!, () => html`
  ${about.marking ? html`<p class="banner"><strong>${about.marking}</strong></p>` : nothing}
  <main>
    <h1><span class="sign" aria-hidden="true">絆</span> Kizuna</h1>
    <form @submit=${send} novalidate>
      <h2>${t(setup ? "setup.title" : "login.title")}</h2>
      ${setup ? setupFields() : loginFields()}
      <p class="refused" role="alert">${error}</p>
      <button class="main" ?disabled=${busy}>${t(setup ? "setup.submit" : "login.submit")}</button>
      ${!setup && about.oidc ? html`<a class="button" href="/api/oidc/begin">${t("login.oidc", { who: String(about.oidc) })}</a>` : nothing}
    </form>
    <footer>
      <label class="pick"><span class="hidden">${t("top.language")}</span><select @change=${(e: Event) => choose({ language: (e.target as HTMLSelectElement).value })}>
        ${Object.entries(LANGUAGES).map(([code, name]) => html`<option value=${code} lang=${code} ?selected=${code === language}>${name}</option>`)}</select></label>
      <label class="pick"><span class="hidden">${t("top.theme")}</span><select @change=${(e: Event) => choose({ theme: (e.target as HTMLSelectElement).value as Theme })}>
        ${THEMES.map((name) => html`<option value=${name} ?selected=${name === theme}>${t(`theme.${name}`)}</option>`)}</select></label>
    </footer>
  </main>`); // prettier-ignore
document.querySelector<HTMLElement>("input[name=user]")?.focus();
new Client().get<Entry>("/api/entry").then((found) => ((about = found), draw()), () => undefined); // prettier-ignore
