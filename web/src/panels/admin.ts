/** For administrators: who may log in and with which role, and the book of who saw and did what. */
import type { AuditRow, Role, UserRow } from "../api/types";
import { t } from "../i18n";
import { utc } from "../i18n/format";
import type { Desk } from "./desk";
import { ask } from "./dialogs";
import { html, nothing, panel } from "./drawing";
import type { PageMaker } from "./pages";

const ROLES: readonly Role[] = ["viewer", "analyst", "administrator", "release_officer"];
const PASSWORD_LEAST = 12;

const roleField = (role: Role) => html`<label>${t("users.role")}<select name="role">
  ${ROLES.map((r) => html`<option value=${r} ?selected=${r === role}>${t(`role.${r}`)}</option>`)}</select></label>`; // prettier-ignore
const passwordField = (required: boolean) => html`<label>${t(required ? "users.password" : "users.new_password")}
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
  const add = () =>
    ask(t("users.add"), html`<label>${t("login.user")}<input name="name" required maxlength="64" data-first autocomplete="off" /></label>${roleField("analyst")}${passwordField(true)}`, t("action.save"), async (form) => {
      await desk.api.post("/api/admin/users", { name: String(form.get("name") ?? "").trim(), role: form.get("role"), password: form.get("password") });
      await pull();
      return true;
    }); // prettier-ignore
  const draw = panel(root, () => html`<h2>${t("page.users")}</h2>
    <p class="actions"><button class="main" data-first @click=${() => void add()}>${t("users.add")}</button></p>
    <table class="wide"><thead><tr><th scope="col">${t("login.user")}</th><th scope="col">${t("users.role")}</th><th scope="col">${t("users.state")}</th><th scope="col">${t("users.created")}</th><th><span class="hidden">${t("action.edit")}</span></th></tr></thead>
    <tbody>${(users ?? []).map((u) => html`<tr><th scope="row" dir="auto">${u.name}</th><td>${t(`role.${u.role}`)}</td><td>${t(u.disabled ? "users.disabled" : "users.active")}</td>
      <td>${utc(u.created)}</td><td class="buttons"><button @click=${() => void change(u)}>${t("action.edit")}</button></td></tr>`)}</tbody></table>`); // prettier-ignore
  const stop = desk.app.store.on(["language"], draw);
  void pull();
  return stop;
};

export const auditPage: PageMaker = (desk: Desk, root) => {
  let rows: AuditRow[] = [];
  let ended = false;
  let by = "";
  const pull = async (more: boolean) => {
    try {
      const before = more ? rows[rows.length - 1]?.id : undefined;
      const { lines } = await desk.api.get<{ lines: readonly AuditRow[] }>("/api/audit", { before, by: by || undefined });
      rows = more ? [...rows, ...lines] : [...lines];
      ended = lines.length === 0 || lines.length < 500;
    } catch (error) {
      desk.fail(error);
    }
    draw();
  };
  const draw = panel(root, () => html`<h2>${t("page.audit")}</h2>
    <form class="line" @submit=${(e: Event) => { e.preventDefault(); void pull(false); }}><label>${t("audit.by")} <input data-first maxlength="100" .value=${by} @input=${(e: Event) => (by = (e.target as HTMLInputElement).value.trim())} /></label> <button>${t("action.show")}</button></form>
    <div class="scroll"><table class="wide"><thead><tr>${(["time", "by", "act", "object", "outcome", "address"] as const).map((c) => html`<th scope="col">${t(`audit.${c}`)}</th>`)}</tr></thead>
    <tbody>${rows.map((r) => html`<tr><td class="nowrap">${utc(r.t)}</td><td dir="auto">${r.by}</td><td>${r.act}</td><td dir="auto">${r.object}</td><td dir="auto">${r.outcome}</td><td>${r.address}</td></tr>`)}</tbody></table></div>
    ${ended || !rows.length ? nothing : html`<p><button @click=${() => void pull(true)}>${t("action.more")}</button></p>`}`); // prettier-ignore
  const stop = desk.app.store.on(["language"], draw);
  void pull(false);
  return stop;
};
