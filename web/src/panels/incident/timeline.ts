/** The shared timeline in the reader's language: one line for each act, newest first as in the watch log, with whose it is. */
import type { Incident, TimelineLine } from "../../api/incidents";
import { said } from "../../api/sharing";
import { t, tOr } from "../../i18n";
import { reasonsWords } from "../../i18n/reasons";
import { short, utc } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, nothing, shapeIcon, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import type { Acts } from "./acts";

/** `marked`: lines that were read before; a rule stands where those of others begin that were not. */
export function timeline(desk: Desk, i: Incident, _acts: Acts, marked: number): TemplateResult {
  const lines = i.timeline;
  const fresh = marked > 0 && lines.some((l, n) => n >= marked && l.origin !== desk.sharing!.party);
  const shown = lines.map((l, n) => ({ l, n })).reverse();
  return html`<section class="timeline" aria-label=${t("timeline.title")}><h3>${t("timeline.title")} <span class="n">${lines.length}</span></h3>
    <ol role="log" aria-live="polite">${fresh ? html`<li class="unread-from" role="separator"><span>${t("timeline.unread")}</span></li>` : nothing}
      ${shown.map(({ l, n }) => html`${fresh && n === marked - 1 ? html`<li class="read-before" role="separator"><span>${t("timeline.read_before")}</span></li>` : nothing}${line(desk, i, l)}`)}</ol>
    ${lines.length ? nothing : html`<p class="empty">${t("timeline.none")}</p>`}</section>`; // prettier-ignore
}

function line(desk: Desk, i: Incident, l: TimelineLine): TemplateResult {
  const own = l.origin === desk.sharing!.party;
  const here = typeof l.lat === "number" && typeof l.lon === "number";
  const text = said(l.text, desk.state.language);
  const task = l.task && i.tasks.find((one) => one.id === l.task);
  return html`<li class="entry ${own ? "own" : "theirs"} ${l.overtaken ? "overtaken" : ""} ${l.kind.replace("incident.", "")}">
    <span class="line">${shapeIcon(own ? "hull" : "diamond")} <strong><bdi>${desk.sharing!.name(l.origin)}</bdi></strong>${l.by ? html` <bdi class="muted">${l.by}</bdi>` : nothing}
      <time class="muted" title=${utc(l.at_ms)}>${short(l.at_ms, desk.now())}</time>
      ${own && l.acked === false ? html`<span class="muted" title=${t("timeline.on_its_way_means")}>… ${t("timeline.on_its_way")}</span>` : nothing}${own && l.acked ? html`<span class="good" title=${t("timeline.acked")}>✓<span class="hidden">${t("timeline.acked")}</span></span>` : nothing}</span>
    <p dir="auto" lang=${l.lang || nothing}>${text}</p>
    ${task ? html`<p class="muted about" dir="auto"><span aria-hidden="true">↳</span> ${said(task.text, desk.state.language)}</p>` : nothing}
    ${l.lang && l.lang !== desk.state.language && typeof l.text === "string" ? html`<p class="muted">${t("timeline.as_written")}</p>` : nothing}
    ${l.held ? html`<p class="old"><strong>${t("timeline.held")}</strong> <span dir="auto">${[l.held.rule, reasonsWords(l.held.why)].filter(Boolean).join(": ")}</span></p>` : nothing}${l.recalled ? html`<p class="old">${t("incident.recalled")}</p>` : nothing}
    ${l.overtaken ? html`<p class="old">${t("timeline.overtaken")} ${tOr(`overtaken.${l.overtaken}`, "") || html`<span lang="en">${l.overtaken}</span>`}</p>` : nothing}
    ${l.fork ? html`<p class="old"><strong>${t("timeline.fork")}</strong></p>` : nothing}
    ${i.sitreps.some((s) => s.id === l.id) ? html`<button class="link" @click=${() => openPart(desk, "incidents", `${i.id}/sitrep/${l.id}`)}>${t("sitrep.read")}</button>` : nothing}
    ${here ? html`<button class="link" @click=${() => desk.app.bus.emit("fly", { lat: l.lat!, lon: l.lon!, zoom: Math.max(9, desk.app.map.getView().zoom) })}>${t("vessel.show")}</button>` : nothing}</li>`; // prettier-ignore
}
