/** The form of name and password, on its own page and as a dialog over the picture when a session has ended. */
import type { Client } from "../api/client";
import { Refused } from "../api/client";
import { t } from "../i18n";
import { ask } from "./dialogs";
import { html, type TemplateResult } from "./drawing";

export const loginFields = (user = ""): TemplateResult => html`
  <label>${t("login.user")}
    <input name="user" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" .value=${user} ?data-first=${!user} />
  </label>
  <label>${t("login.password")}
    <input name="password" type="password" autocomplete="current-password" required maxlength="256" ?data-first=${!!user} />
  </label>`; // prettier-ignore

export async function logIn(api: Client, form: FormData): Promise<string> {
  const user = String(form.get("user") ?? "").trim();
  try {
    await api.login(user, String(form.get("password") ?? ""));
  } catch (error) {
    if (error instanceof Refused && error.status === 401) throw new Error(t("login.wrong"));
    if (!(error instanceof Refused)) throw new Error(t("error.unreachable"));
    throw error;
  }
  return user;
}

/**
 * The session has ended: ask again, over the picture, until there is a new one. The page and everything that is being
 * written stay as they are. Whoever logs in as somebody else gets a fresh page.
 */
export async function logInAgain(api: Client, user: string): Promise<void> {
  for (;;) {
    const body = html`<p>${t("login.expired")}</p>${loginFields(user)}`;
    const now = await ask(t("login.again"), body, t("login.submit"), (form) => logIn(api, form));
    if (now === null) continue;
    if (user && now.normalize("NFKC").toLowerCase() !== user.normalize("NFKC").toLowerCase()) location.reload();
    return;
  }
}
