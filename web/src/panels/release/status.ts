/** One line along the bottom: how the link to each partner is, what waits for an officer, incidents with unread lines. */
import "./status.css";
import { t, word } from "../../i18n";
import { age, short } from "../../i18n/format";
import type { PartnerRow } from "../../api/sharing";
import type { Desk } from "../desk";
import { html, key, nothing, panel, shapeIcon, type TemplateResult } from "../drawing";
import { openPart, togglePage } from "../pages";
import { faultWords, LINK_SIGN, linkWords, rateWords } from "./book";

export function mountStatus(desk: Desk): void {
  const root = document.createElement("section");
  root.id = "status";
  document.getElementById("app")!.append(root);
  const draw = panel(root, () => {
    const book = desk.sharing!;
    const { state } = book;
    if (!state) return nothing;
    const unread = desk.incidents?.unread ?? 0;
    return html`<div class="line" role="group" aria-label=${t("status.label")}>
      <span class="muted">${t("status.partners")}</span>
      <ul>${state.partners.filter((p) => p.state !== "revoked").map((p) => html`<li>${chip(desk, p)}</li>`)}</ul>
      ${state.partners.length ? nothing : html`<span class="muted">${t("status.alone")}</span>`}
      ${state.enabled && state.rules.version ? nothing : html`<strong class="stopped"><span aria-hidden="true">■</span> ${t("status.stopped")}</strong>`}
      <span class="grow"></span>
      <button class="unread ${unread ? "some" : ""}" aria-keyshortcuts="i" aria-pressed=${desk.state.page === "incidents"} @click=${() => togglePage(desk, "incidents")}>
        ${t("page.incidents")} ${unread ? html`<span class="n">${t("status.unread", { n: unread })}</span>` : nothing} ${key("I")}</button>
      <button aria-keyshortcuts="e" aria-pressed=${desk.state.page === "release"} @click=${() => togglePage(desk, "release")}>${t("page.release")}
        ${desk.may("release") && book.waiting ? html`<span class="n">${t("status.waiting", { n: book.waiting })}</span>` : nothing} ${key("E")}</button>
    </div>`;
  }); // prettier-ignore
  desk.on(["partners", "incidents", "names"], draw);
  desk.app.store.on(["language", "page"], draw);
  setInterval(() => document.hidden || draw(), 20_000);
}

function chip(desk: Desk, p: PartnerRow): TemplateResult {
  const name = desk.sharing!.name(p.id);
  const said = p.state === "active" ? linkWords(p.link, desk.wall()) : word("partner_state", p.state);
  const shown = p.state === "active" ? p.link.state : "halted";
  const more = [
    `${name}: ${said}`,
    p.link.last_heard_ms ? t("link.heard", { at: short(p.link.last_heard_ms, desk.wall()) }) : t("link.never_heard"),
    p.link.behind ? t("link.queue", { n: p.link.behind }) : "",
    p.link.ahead_s && Math.abs(p.link.ahead_s) > 5 ? t("link.clock", { age: age(Math.abs(p.link.ahead_s) * 1000) }) : "",
    rateWords(p.link),
    faultWords(p.link),
  ].filter(Boolean).join(" · "); // prettier-ignore
  return html`<button class="link ${shown}" title=${more} aria-label=${more} @click=${() => openPart(desk, "release", `partners/${p.id}`)}>
    ${shapeIcon("diamond")} <bdi>${name}</bdi> <span class="state"><span aria-hidden="true">${LINK_SIGN[shown] ?? "–"}</span> ${said}</span></button>`;
}
