/** The marking of the whole picture, always there: context, level, who may see all of it. Below it what calls. */
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
  desk.on(["incidents", "partners", "marking"], draw);
  desk.app.store.on(["language", "page", "part"], draw);
  return draw;
}

/** `TLP:AMBER · REL TO NORTH, SOUTH`; empty where the node says none. The words are those of the trade in every language. */
export function levelWords(desk: Desk): string {
  const m = desk.me.marking;
  if (!m) return "";
  return [`TLP:${m.tlp}`, ...(m.rel_to.length ? [`REL TO ${m.rel_to.join(", ").toUpperCase()}`] : []), ...m.caveats].join(" · ");
}

/** Exercise or test, in words; empty for real data. */
function contextWords(desk: Desk): string {
  const { marking: said, exercise } = desk.me.node;
  return exercise && !/exercise|test/i.test(said) ? `EXERCISE ${said}`.trim() : said;
}

/** All of it, as it stands on paper. */
export const markingWords = (desk: Desk): string => [contextWords(desk), levelWords(desk)].filter(Boolean).join(" · ");

function marking(desk: Desk): TemplateResult | typeof nothing {
  const [context, level, all] = [contextWords(desk), levelWords(desk), markingWords(desk)];
  if (!all) return nothing;
  const colour = (desk.me.marking?.tlp ?? "").toLowerCase().replace(/\W.*/, "");
  return html`<p class="banner ${context ? "" : "real"}" aria-label=${t("banner.label", { marking: all })}>
    ${level ? html`<strong class="tlp tlp-${colour}" lang="en">${level}</strong>` : nothing}
    ${context ? html`<strong>${context}</strong>` : nothing}${desk.me.node.exercise ? html` <span class="unreal">${t("banner.exercise")}</span>` : nothing}
  </p>`;
}
