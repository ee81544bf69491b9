/** Cases that wait for an answer of this desk, across the whole width until they are opened: a neighbour's call is not to be overlooked. */
import "./calls.css";
import { t, word } from "../../i18n";
import { position } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, key, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";

export function calls(desk: Desk): TemplateResult | typeof nothing {
  if (!desk.may("incident")) return nothing;
  const open = desk.state.page === "incidents" ? desk.state.part.split("/")[0] : "";
  const waiting = (desk.incidents!.list ?? []).filter((one) => !one.closed && one.waits && one.id !== open);
  if (!waiting.length) return nothing;
  const asked = (id: string) => desk.sharing!.name(id);
  return html`<ul class="calls" aria-label=${t("call.label")}>${waiting.map((one) => html`<li><strong><span aria-hidden="true">⚡</span>
      ${one.desks[desk.sharing!.party] === "offered" ? t("call.asked", { who: asked(one.opened_by) }) : t("call.waits")}</strong>
    <span>${word("incident_kind", one.kind)} <bdi>${one.title}</bdi>${one.lat === null ? nothing : html` · <span class="place">${position(one.lat, one.lon)}</span>`}</span>
    <button @click=${() => openPart(desk, "incidents", one.id)}>${t("call.open")} ${waiting.length === 1 && desk.state.page !== "incidents" ? key("I") : nothing}</button></li>`)}</ul>`; // prettier-ignore
}
