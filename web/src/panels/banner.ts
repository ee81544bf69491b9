/** The marking of everything on the screen, always there where the node has one; an exercise says so in words. Below it what calls. */
import "./banner.css";
import { t } from "../i18n";
import type { Desk } from "./desk";
import { html, nothing, panel, type TemplateResult } from "./drawing";
import { calls } from "./incident/calls";

export function mountBanner(desk: Desk): () => void {
  const root = desk.app.regions.banner;
  const draw = panel(root, () => {
    const [marked, called] = [marking(desk), calls(desk)];
    return marked === nothing && called === nothing ? nothing : html`${marked}${called}`;
  });
  desk.on(["incidents", "partners"], draw);
  desk.app.store.on(["language", "page", "part"], draw);
  return draw;
}

function marking(desk: Desk): TemplateResult | typeof nothing {
  const { marking, exercise } = desk.me.node;
  if (!marking && !exercise) return nothing;
  const said = exercise && !/exercise/i.test(marking) ? `EXERCISE ${marking}` : marking;
  return html`<p class="banner" aria-label=${t("banner.label", { marking: said })}>
    <strong>${said}</strong>${exercise ? html` <span>${t("banner.exercise")}</span>` : nothing}
  </p>`;
}
