/** For administrators: the book of who saw and did what. Filtered here, taken away as a file, and checked whether it is whole. */
import "./audit.css";
import type { AuditCheck, AuditPage, AuditRow } from "../api/desk_types";
import { queryText } from "../api/client";
import { t, tOr } from "../i18n";
import { failure as words } from "../i18n/told";
import { parse, utc } from "../i18n/format";
import type { Desk } from "./desk";
import { html, notHad, nothing, panel, type TemplateResult } from "./drawing";
import type { PageMaker } from "./pages";

const PAGE = 500;
/** Deeds by what they are about; the book is asked for those that begin so. */
const GROUPS = ["", "alert.", "log.", "handover.", "watchlist.", "vessel.", "login", "user.", "token.", "export.", "audit."] as const;

export const auditPage: PageMaker = (desk: Desk, root) => {
  let rows: AuditRow[] = [];
  let people: readonly string[] = [];
  let head: AuditPage["head"];
  let ended = false;
  let error = "";
  let known = false;
  let away = "";
  let check: AuditCheck | "asked" | null = null;
  const wish = { by: "", act: "", text: "", from: "", to: "" };

  const query = (): Record<string, string | number | undefined> | null => {
    const now = Date.now();
    const times = [wish.from, wish.to].map((v) => (v.trim() ? parse(v, now) : undefined));
    if (times.some((v) => Number.isNaN(v))) return null;
    return { by: wish.by || undefined, act: wish.act || undefined, text: wish.text.trim() || undefined, from: times[0], to: times[1] };
  };
  const pull = async (more: boolean) => {
    const wanted = query();
    error = wanted ? "" : t("time.unreadable", { example: "2026-11-22 20:41" });
    if (!wanted) return draw();
    try {
      const page = await desk.api.get<AuditPage>("/api/audit", { before: more ? rows[rows.length - 1]?.id : undefined, ...wanted });
      rows = more ? [...rows, ...page.lines] : [...page.lines];
      [people, head] = [page.people ?? people, page.head ?? head];
      [ended, known, away] = [page.lines.length < PAGE, true, ""];
    } catch (failure) {
      if (known) desk.fail(failure);
      else away = words(failure);
    }
    draw();
  };
  const verify = async () => {
    check = "asked";
    draw();
    try {
      check = await desk.api.get<AuditCheck>("/api/audit/check");
    } catch (failure) {
      check = null;
      desk.fail(failure);
    }
    draw();
  };
  const set = (key: keyof typeof wish, now = false) => (e: Event) => {
    wish[key] = (e.target as HTMLInputElement).value;
    if (now) void pull(false);
  };
  const draw = panel(root, () => html`<h2>${t("page.audit")}</h2>
    <p class="muted">${t("audit.means")}</p>
    <form class="filters" @submit=${(e: Event) => { e.preventDefault(); void pull(false); }}>
      <label>${t("audit.by")}<select data-first @change=${set("by", true)}><option value="">${t("audit.everybody")}</option>${people.map((p) => html`<option value=${p} ?selected=${p === wish.by}>${p}</option>`)}</select></label>
      <label>${t("audit.act")}<select @change=${set("act", true)}>${GROUPS.map((g) => html`<option value=${g} ?selected=${g === wish.act}>${t(g ? `audit.group_${g.replace(".", "") as "alert"}` : "audit.every_act")}</option>`)}</select></label>
      <label>${t("audit.text")}<input maxlength="100" .value=${wish.text} @input=${set("text")} autocomplete="off" /></label>
      <label>${t("audit.from")}<input maxlength="20" .value=${wish.from} @input=${set("from")} placeholder="11-22 20:41" autocomplete="off" /></label>
      <label>${t("audit.to")}<input maxlength="20" .value=${wish.to} @input=${set("to")} placeholder="11-22 20:41" autocomplete="off" /></label>
      <button class="main">${t("action.show")}</button>
      <a class="button" download="audit.csv" href=${`/api/audit/file${queryText(query() ?? {})}`}>${t("audit.export")}</a>
      <button type="button" @click=${() => void verify()}>${t("audit.check")}</button>
    </form>
    <p class="refused" role="alert">${error}</p>
    ${verdict(check)}
    <div class="scroll"><table class="wide"><thead><tr>${(["time", "by", "act", "object", "outcome", "address"] as const).map((c) => html`<th scope="col">${t(`audit.${c}`)}</th>`)}</tr></thead>
    <tbody>${rows.map((r) => html`<tr><td class="nowrap">${utc(r.t)}</td><td dir="auto">${r.by}</td><td>${deed(r.act)}</td><td dir="auto">${r.object}</td><td dir="auto">${outcome(r.outcome)}</td><td>${r.address}</td></tr>`)}</tbody></table></div>
    ${away ? notHad(away, () => void pull(false)) : rows.length ? nothing : html`<p class="empty">${t(known ? "audit.none" : "state.loading")}</p>`}
    ${ended || !rows.length ? nothing : html`<p><button @click=${() => void pull(true)}>${t("action.more")}</button></p>`}
    ${head ? html`<p class="muted head-of-chain">${t("audit.head", { id: head.id })} <code>${head.hash}</code></p>` : nothing}`); // prettier-ignore
  const stop = desk.app.store.on(["language"], draw);
  void pull(false);
  return stop;
};

const deed = (act: string): string => tOr(`deed.${act}`, act);
const outcome = (said: string): string => tOr(`outcome.${said}`, said);

function verdict(check: AuditCheck | "asked" | null): TemplateResult | typeof nothing {
  if (check === null) return nothing;
  if (check === "asked") return html`<p role="status">${t("audit.checking")}</p>`;
  return html`<div role="status" class="verdict ${check.whole ? "good" : "bad"}"><p><span aria-hidden="true">${check.whole ? "✓" : "✗"}</span>
    ${t(check.whole ? "audit.whole" : "audit.not_whole", { n: check.lines })}</p>
    ${check.faults.length ? html`<ul>${check.faults.map((f) => html`<li>${t("audit.fault", { id: f.audit_id, kind: tOr(`fault.${f.kind}`, f.kind) })}</li>`)}</ul>` : nothing}</div>`; // prettier-ignore
}
