/** For administrators: who may log in, with which role, and who is logged in. */
import type { UserRow } from "../api/desk_types";
import type { Role } from "../api/types";
import { t, type WordKey } from "../i18n";
import { age, utc } from "../i18n/format";
import { ask } from "./dialogs";
import { html, nothing, panel } from "./drawing";
import type { PageMaker } from "./pages";

const ROLES: readonly Role[] = ["viewer", "analyst", "administrator", "release_officer"];
const PASSWORD_LEAST = 12;

const roleField = (role: Role) => html`<label>${t("users.role")}<select name="role">
  ${ROLES.map((r) => html`<option value=${r} ?selected=${r === role}>${t(`role.${r}`)}</option>`)}</select></label>`; // prettier-ignore
const passwordField = (required: boolean, words: WordKey = "users.new_password") => html`<label>${t(words)}
  <input name="password" type="password" autocomplete="new-password" minlength=${PASSWORD_LEAST} maxlength="256" ?required=${required} /></label>`; // prettier-ignore

export const usersPage: PageMaker = (desk, root) => {
  let users: readonly UserRow[] | null = null;
  const pull = async () => {
    try {
      users = (await desk.api.get<{ users: readonly UserRow[] }>("/api/admin/users")).users;
    } catch (error) {
      desk.fail(error);
    }
    draw();
  };
  const change = (user: UserRow) =>
    ask(user.name, html`${roleField(user.role)}${passwordField(false)}
      <label class="choice"><input type="checkbox" name="disabled" ?checked=${user.disabled} />${t("users.disabled")}</label>`, t("action.save"), async (form) => {
      const password = String(form.get("password") ?? "");
      await desk.api.put(`/api/admin/users/${encodeURIComponent(user.name)}`, { role: form.get("role"), disabled: form.get("disabled") === "on", ...(password ? { password } : {}) });
      await pull();
      return true;
    }); // prettier-ignore
  const end = async (user: UserRow) => {
    const sure = await ask(user.name, html`<p>${t("users.end_means")}</p>`, t("users.end"), async () => {
      await desk.api.put(`/api/admin/users/${encodeURIComponent(user.name)}`, {});
      return true;
    });
    if (sure) await pull();
  };
  const add = () =>
    ask(t("users.add"), html`<label>${t("login.user")}<input name="name" required maxlength="64" data-first autocomplete="off" /></label>${roleField("analyst")}${passwordField(false, "users.password")}
      <label>${t("users.subject")}<input name="subject" maxlength="300" autocomplete="off" /></label><p class="muted">${t("users.either")}</p>`, t("action.save"), async (form) => {
      const [password, subject] = [String(form.get("password") ?? ""), String(form.get("subject") ?? "").trim()];
      await desk.api.post("/api/admin/users", { name: String(form.get("name") ?? "").trim(), role: form.get("role"), ...(password ? { password } : {}), ...(subject ? { subject } : {}) });
      await pull();
      return true;
    }); // prettier-ignore
  const draw = panel(root, () => html`<h2>${t("page.users")}</h2>
    <p class="actions"><button class="main" data-first @click=${() => void add()}>${t("users.add")}</button></p>
    <div class="scroll"><table class="wide"><thead><tr><th scope="col">${t("login.user")}</th><th scope="col">${t("users.role")}</th><th scope="col">${t("users.state")}</th><th scope="col">${t("users.way")}</th><th scope="col">${t("users.last")}</th><th scope="col">${t("users.created")}</th><th scope="col"><span class="hidden">${t("action.edit")}</span></th></tr></thead>
    <tbody>${(users ?? []).map((u) => html`<tr><th scope="row" dir="auto">${u.name}</th><td>${t(`role.${u.role}`)}</td><td>${t(u.disabled ? "users.disabled" : "users.active")}</td>
      <td>${[u.has_password ? t("users.by_password") : "", u.subject ? t("users.by_provider") : ""].filter(Boolean).join(", ") || "–"}</td>
      <td>${u.last ? t("vessel.ago", { age: age(Date.now() - u.last) }) : "–"}${u.sessions ? html` <span class="muted">${t("users.sessions", { n: u.sessions })}</span>` : nothing}</td>
      <td>${utc(u.created)}</td><td class="buttons"><button @click=${() => void change(u)}>${t("action.edit")}</button>
        ${u.sessions ? html` <button @click=${() => void end(u)}>${t("users.end")}</button>` : nothing}</td></tr>`)}</tbody></table></div>`); // prettier-ignore
  const stop = desk.app.store.on(["language"], draw);
  void pull();
  return stop;
};
