/** The evidence of an event: each test as measured against its limit, what else it could be, what would settle it. */
import "./evidence.css";
import { Refused } from "../api/client";
import { phrase, t, tOr, word } from "../i18n";
import { failure } from "../i18n/told";
import { sentence } from "../i18n/sentences";
import { age, amount, short, utc } from "../i18n/format";
import type { Alert, Decision, EventFull, EvidenceTest } from "../api/types";
import type { Desk } from "./desk";
import { whoSees } from "./release/who";
import { cover } from "./evidence_cover";
import { plot } from "./evidence_plot";
import { told } from "./evidence_told";
import { eventIcon, html, notHad, nothing, type TemplateResult } from "./drawing";

const loaded = new WeakMap<Desk, Map<string, EventFull | "asked" | { failed: unknown }>>();

/** Draws what is known; asks for the rest and draws again by `draw`. */
export function evidence(desk: Desk, id: string, alert: Alert | undefined, draw: () => void): TemplateResult {
  if (!loaded.has(desk)) {
    loaded.set(desk, new Map());
    desk.on(["shared", "events"], () => loaded.get(desk)!.clear());
    desk.on(["link"], () => desk.link === "open" && drop(loaded.get(desk)!));
  }
  const kept = loaded.get(desk)!;
  const key = `${id}/${alert?.version ?? ""}`;
  const found = kept.get(key);
  if (found === undefined) {
    kept.set(key, "asked");
    desk.event(id, alert?.version).then(
      (event) => { kept.set(key, event); draw(); },
      (failed: unknown) => { kept.set(key, { failed }); draw(); },
    ); // prettier-ignore
  }
  if (typeof found === "object" && "failed" in found) {
    const gone = found.failed instanceof Refused && found.failed.status === 404;
    return html`<div class="evidence">${alert ? said(desk, alert.summary) : nothing}
      ${gone ? html`<p class="empty">${t("error.no_event")}</p>` : notHad(failure(found.failed), () => (kept.delete(key), draw()))}</div>`;
  }
  if (found === undefined || found === "asked") return html`<div class="evidence">${alert ? said(desk, alert.summary) : nothing}<p class="muted">${t("state.loading")}</p></div>`;
  return whole(desk, found, alert, draw);
}

/** What could not be had is asked for again. */
function drop(kept: Map<string, EventFull | "asked" | { failed: unknown }>): void {
  for (const [key, found] of kept) if (typeof found === "object" && "failed" in found) kept.delete(key);
}

function said(desk: Desk, summary: string): TemplateResult {
  const { text, lang } = sentence(summary, desk.state.language, (id) => desk.naming.partner(id), (name) => desk.naming.zoneCalled(name));
  return html`<p lang=${lang}>${text}</p>`;
}

function whole(desk: Desk, e: EventFull, alert: Alert | undefined, draw: () => void): TemplateResult {
  return html`<div class="evidence">
    ${alert ? nothing : heading(desk, e)}
    ${said(desk, e.summary)}
    <p class="muted span"><time title=${utc(e.start)}>${short(e.start, desk.now())}</time> – ${e.end ? html`<time title=${utc(e.end)}>${short(e.end, desk.now())}</time> (${age(e.end - (e.start ?? e.end))})` : t("event.open")}
      ${e.sources.length ? html` · ${e.sources.map((s) => word("from", s)).join(", ")}` : nothing}</p>
    ${vessels(desk, e)}
    ${plot(desk, e, draw)}
    <table class="tests">
      <caption>${t("event.evidence")}</caption>
      <thead><tr><th scope="col"><span class="hidden">${t("event.held")}</span></th><th scope="col">${t("event.test")}</th>
        <th scope="col" class="num">${t("event.measured")}</th><th scope="col" class="num">${t("event.limit")}</th></tr></thead>
      <tbody>${e.evidence.map(test)}</tbody>
    </table>
    ${cover(desk, e, draw)}
    ${listed(t("event.could_be"), e.alternatives)} ${listed(t("event.would_settle"), e.would_settle)}
    ${claims(desk, e)}
    <p class="muted rule">${t("event.rule", { rule: word("rule", e.rule_id), version: e.rule_version })}
      ${e.proof.map((p) => html` · ${t("event.proof", { n: p.fixes, table: word("table", p.table) })}`)}</p>
    ${params(e)}
    ${whoSees(desk, { event: e.event_id }, draw)}
    ${told(desk, e.event_id)}
    ${e.decisions.length ? html`<h4>${t("event.decisions")}</h4><ol class="decisions">${e.decisions.map((d) => decision(desk, d))}</ol>` : nothing}
  </div>`; // prettier-ignore
}

const vessels = (desk: Desk, a: EventFull) => html`<p class="vessels">${a.mmsis.map((mmsi, i) => html`
  <button class="chip" aria-pressed=${desk.state.vessel === mmsi} @click=${() => desk.app.store.set({ vessel: mmsi })}>
    <span dir="auto">${a.names[i] || mmsi}</span></button>`)}</p>`; // prettier-ignore

/** An event that is no alert of the list: its kind, and the way back. */
const heading = (desk: Desk, e: EventFull) => html`<header class="head"><h3>${eventIcon(e.event_type)} ${word("event", e.event_type)}</h3>
  <button class="icon-only" aria-label=${t("action.close")} @click=${() => desk.app.store.set({ alert: null })}>×</button></header>`; // prettier-ignore

/** Words of a test; a number inside its name (`own_fixes_in_12_h_before`) is shown as it is. */
function testWords(name: string): string {
  const number = /_(\d+(?:\.\d+)?)_h_before$/.exec(name);
  if (number) return t("test.own_fixes_before", { h: number[1]! });
  return tOr(`test.${name}`, name.replaceAll("_", " "));
}

function test(e: EvidenceTest): TemplateResult {
  const [sign, said] = e.passed === null ? ["–", t("event.not_measured")] : e.passed ? ["✓", t("event.yes")] : ["✗", t("event.no")];
  const relation = { ">=": "≥", "<=": "≤" }[e.relation] ?? e.relation;
  return html`<tr class=${e.passed === false ? "failed" : ""}>
    <td><span aria-hidden="true">${sign}</span><span class="hidden">${said}</span></td>
    <td>${testWords(e.test)}</td>
    <td class="num">${amount(e.measured)}${e.measured !== null && e.unit ? html` <span class="unit">${e.unit}</span>` : nothing}</td>
    <td class="num">${relation} ${amount(e.threshold)}${e.unit ? html` <span class="unit">${e.unit}</span>` : nothing}</td></tr>`; // prettier-ignore
}

const listed = (title: string, lines: readonly string[]) =>
  lines.length ? html`<h4>${title}</h4><ul>${lines.map((l) => html`<li>${phrase(l)}</li>`)}</ul>` : nothing;

/** What each party's line says, side by side; the order is that of the node. */
function claims(desk: Desk, e: EventFull): TemplateResult | typeof nothing {
  const order = desk.naming.inOrder(e.regions.map((r) => r.claimant));
  const rows = e.regions.filter((r) => r.claimant).sort((a, b) => order.indexOf(a.claimant) - order.indexOf(b.claimant));
  if (!rows.length) return nothing;
  return html`<h4>${t("event.claims")}</h4><ul>${rows.map((r) => html`<li><bdi>${desk.naming.partner(r.claimant)}</bdi>: ${word("relation", r.relation)}</li>`)}</ul>`;
}

function params(e: EventFull): TemplateResult | typeof nothing {
  let given: unknown = e.params;
  if (typeof given === "string") {
    try {
      given = JSON.parse(given);
    } catch {
      return nothing;
    }
  }
  if (!given || typeof given !== "object") return nothing;
  return html`<details><summary>${t("event.settings")}</summary>
    <dl>${Object.entries(given).map(([k, v]) => html`<dt>${k}</dt><dd>${String(v)}</dd>`)}</dl></details>`;
}

const decision = (desk: Desk, d: Decision) => html`<li><time>${short(d.t, desk.now())}</time> <strong>${d.by}</strong> ${word("act", d.act)}
  ${d.until ? t("alert.until", { until: short(d.until, desk.now()) }) : nothing} ${d.reason ? html`<span class="reason" dir="auto">${d.reason}</span>` : nothing}</li>`; // prettier-ignore
