/** The button on a card that opens a case from what is shown there; nothing on a node that shares nothing. */
import { t } from "../../i18n";
import type { Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import { openIncident, startHere, type Start } from "./open";

export const incidentButton = (desk: Desk, start?: Start): TemplateResult | typeof nothing =>
  desk.may("incident") ? html`<button @click=${() => void openIncident(desk, start ?? startHere(desk))}>${t("incident.open")}</button>` : nothing;
