/** Health of the sources: what delivers, what does not and since when, and what may be done with what they send. */
import type { SourceHealth } from "../api/desk_types";
import { t, word } from "../i18n";
import { detail } from "../i18n/told";
import { age } from "../i18n/format";
import type { Desk } from "./desk";
import { html, nothing, panel } from "./drawing";
import type { PageMaker } from "./pages";
import { healthy } from "./topbar";

export const sourcesPage: PageMaker = (desk, root) => {
  const draw = panel(root, () => html`<h2>${t("page.sources")}</h2>
    ${desk.sources.length ? html`<div class="scroll"><table class="wide"><thead><tr>
      ${(["source", "state", "last", "rate", "rejects", "licence"] as const).map((c) => html`<th scope="col">${t(`sources.${c}`)}</th>`)}</tr></thead>
      <tbody>${[...desk.sources].sort((a, b) => Number(healthy(a.state)) - Number(healthy(b.state))).map((s) => row(desk, s))}</tbody></table></div>`
      : html`<p class="empty">${t(desk.sourcesKnown ? "sources.none" : "state.loading")}</p>`}`); // prettier-ignore
  const stops = [desk.on(["sources"], draw), desk.app.store.on(["language"], draw)];
  void desk.pullSources();
  return () => stops.forEach((stop) => stop());
};

/** Sources are kept by the clock of the wall; the picture of a demonstration may run ahead of it. */
const since = (desk: Desk, ms: number) => age((desk.mode === "demo" ? Date.now() : desk.now()) - ms);

const row = (desk: Desk, s: SourceHealth) => html`<tr class=${healthy(s.state) ? "" : "bad"}>
  <th scope="row" dir="auto">${s.source}<span class="muted">${[s.kind, s.station].filter(Boolean).join(" · ")}</span></th>
  <td><span aria-hidden="true">${healthy(s.state) ? "✓" : "✗"}</span> <strong>${word("source", s.state)}</strong>
    ${s.since ? html`<span class="muted">${since(desk, s.since)}</span>` : nothing} ${((d) => html`<span lang=${d.lang ?? nothing}>${d.text}</span>`)(detail(s.detail))}</td>
  <td>${s.last ? t("vessel.ago", { age: since(desk, s.last) }) : "–"}</td>
  <td class="num">${s.lines_per_s === null ? "–" : s.lines_per_s.toFixed(1)}</td>
  <td>${s.rejects.length ? s.rejects.map(([why, n]) => html`<span class="nowrap">${why.replaceAll("_", " ")} ${n}</span> `) : "–"}</td>
  <td>${s.licence || "–"}${s.pass_on === null ? nothing : html` <span class="muted">${terms(s)}</span>`}</td></tr>`; // prettier-ignore

/** May it be passed on, to whom, for how long. */
function terms(s: SourceHealth): string {
  if (!s.pass_on || !s.pass_on_to.length) return t("sources.may_not_pass_on");
  const who = s.pass_on_to.includes("all") ? t("sources.to_all") : s.pass_on_to.join(", ");
  return s.pass_on_days ? t("sources.pass_on_for", { who, n: s.pass_on_days }) : t("sources.pass_on_to", { who });
}
