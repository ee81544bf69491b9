/** The marking of everything on the screen, always there where the node has one; an exercise says so in words. */
import { t } from "../i18n";
import type { Desk } from "./desk";
import { html, nothing, panel } from "./drawing";

export function mountBanner(desk: Desk): () => void {
  const root = desk.app.regions.banner;
  return panel(root, () => {
    const { marking, exercise } = desk.me.node;
    if (!marking && !exercise) return nothing;
    const said = exercise && !/exercise/i.test(marking) ? `EXERCISE ${marking}` : marking;
    return html`<p class="banner" aria-label=${t("banner.label", { marking: said })}>
      <strong>${said}</strong>${exercise ? html` <span>${t("banner.exercise")}</span>` : nothing}
    </p>`;
  });
}
