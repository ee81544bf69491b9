/** Partners: how the link is and what was told and received; for officers pause, and the page for when a partner turns. */
import type { Exposure, PartnerRow } from "../../api/sharing";
import { exposureOf } from "../../api/sharing_shapes";
import { t, tOr, word } from "../../i18n";
import { age, count, short } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, shapeIcon, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { drainWords, faultWords, LINK_SIGN, linkWords, rateWords } from "./book";
import { Asked, kindWord, rowsOr, type PartMaker } from "./parts";
import { introduction } from "./introduce";

export const partnersPart: PartMaker = (desk, draw) => {
  const exposure = new Asked<Exposure>(desk, draw);
  let asked = "";
  return {
    come(rest) {
      const [id, what] = rest.split("/");
      if (what === "turn" && id && asked !== id) {
        asked = id;
        exposure.value = null;
        void exposure.get(`/api/sharing/exposure/${encodeURIComponent(id)}`, exposureOf);
      }
    },
    view(rest) {
      const [id = "", what] = rest.split("/");
      if (what === "turn" && desk.may("release")) return turnPage(desk, id, exposure);
      const { partners } = desk.sharing!;
      if (!desk.sharing!.state) return html`<p class="empty">${t("state.loading")}</p>`;
      return html`<p class="muted">${t("partners.means")}</p>
        ${partners.length ? html`<ul class="cards">${partners.map((p) => card(desk, p, p.id === id))}</ul>` : html`<p class="empty">${t("partners.none")}</p>`}
        ${desk.may("release") ? introduction(desk) : nothing}`;
    },
  };
};

function card(desk: Desk, p: PartnerRow, chosen: boolean): TemplateResult {
  const now = desk.wall();
  const officer = desk.may("release");
  const shown = p.state === "active" ? p.link.state : "halted";
  const row = (name: string, value: unknown) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`;
  const lanes = Object.entries(p.link.lanes).filter(([, n]) => n > 0);
  return html`<li class="box ${chosen ? "chosen" : ""}" id="partner-${p.id}"><h3>${shapeIcon("diamond")} <bdi>${desk.sharing!.name(p.id)}</bdi> <code>${p.id}</code></h3>
    <p class="link ${shown}"><strong><span aria-hidden="true">${LINK_SIGN[shown]}</span> ${p.state === "active" ? linkWords(p.link, now) : word("partner_state", p.state)}</strong>
      ${faultWords(p.link) ? html` <span dir="auto">${faultWords(p.link)}</span>` : nothing}</p>
    <table class="plain"><caption class="hidden">${desk.sharing!.name(p.id)}</caption><tbody>
      ${row(t("partners.heard"), p.link.last_heard_ms ? html`${short(p.link.last_heard_ms, now)} <span class="muted">${t("vessel.ago", { age: age(now - p.link.last_heard_ms) })}</span>` : t("link.never_heard"))}
      ${row(t("partners.to_tell"), p.link.behind ? html`<strong>${p.link.behind}</strong> ${lanes.map(([lane, n]) => html`<span class="chip plain">${word("lane", lane)} ${n}${drainWords(p.link, lane) ? html` · ${drainWords(p.link, lane)}` : nothing}</span> `)}` : t("partners.nothing"))}
      ${rateWords(p.link) ? row(t("partners.rate"), rateWords(p.link)) : nothing}
      ${p.link.to_come ? row(t("partners.to_come"), p.link.to_come) : nothing}
      ${p.link.ahead_s && Math.abs(p.link.ahead_s) > 5 ? row(t("partners.clock"), t("link.clock", { age: age(Math.abs(p.link.ahead_s) * 1000) })) : nothing}
      ${officer ? html`${row(t("partners.told"), p.told ?? "–")}${row(t("partners.received"), p.received ?? "–")}
        ${row(t("partners.audiences"), p.audiences.map((a) => html`<code>${a}</code> `))}${row(t("partners.level"), html`<code>TLP:${p.tlp_max}</code>`)}` : nothing}
      ${p.agreement ? row(t("partners.agreement"), html`${officer ? html`<button class="link" @click=${() => openPart(desk, "release", `agreements/${p.agreement!.id}`)}>${p.agreement.id}</button>` : html`<code>${p.agreement.id}</code>`}
        ${word("agreement", p.agreement.state)}${p.agreement.until_ms ? ` · ${t("partners.until", { day: new Date(p.agreement.until_ms).toISOString().slice(0, 10) })}` : ""}`) : nothing}
    </tbody></table>
    ${officer ? html`<p class="actions"><button @click=${() => desk.app.store.set({ as: p.id, page: "", part: "" })}>${t("as.open")} </button>
      ${p.state === "active" ? html`<button @click=${() => void pause(desk, p, "pause")}>${t("partners.pause")}</button>` : nothing}
      ${p.state === "paused" ? html`<button @click=${() => void pause(desk, p, "resume")}>${t("partners.resume")}</button>` : nothing}
      ${p.state !== "revoked" ? html`<button class="danger quiet" @click=${() => openPart(desk, "release", `partners/${p.id}/turn`)}>${t("turn.open")}</button>` : nothing}</p>` : nothing}
  </li>`; // prettier-ignore
}

async function pause(desk: Desk, p: PartnerRow, what: "pause" | "resume"): Promise<void> {
  await ask(t(what === "pause" ? "partners.pause" : "partners.resume"), html`<p>${t(what === "pause" ? "partners.pause_means" : "partners.resume_means", { who: desk.sharing!.name(p.id) })}</p>
    ${what === "pause" ? html`<label>${t("decide.reason")}<input name="reason" required maxlength="500" autocomplete="off" data-first /></label>` : html`<label class="check"><input type="checkbox" name="make_up" checked data-first /> ${t("partners.make_up")}</label><p class="muted">${t("partners.make_up_means")}</p>`}`, t(what === "pause" ? "partners.pause" : "partners.resume"), async (form) => {
    await desk.api.post(`/api/sharing/partners/${encodeURIComponent(p.id)}/${what}`, what === "pause" ? { why: form.get("reason") } : { make_up: form.get("make_up") === "on" });
    void desk.sharing!.pull();
    desk.say(t("share.done"));
    return true;
  }); // prettier-ignore
}

/** When a partner turns: what it holds, through whom, and what ends now. */
function turnPage(desk: Desk, id: string, asked: Asked<Exposure>): TemplateResult {
  const name = desk.sharing!.name(id);
  const x = asked.value;
  const back = html`<p><button class="link" @click=${() => openPart(desk, "release", `partners/${id}`)}>← ${t("release.partners")}</button></p>`;
  if (!x) return html`${back}<h3>${t("turn.title", { who: name })}</h3>${asked.instead()}`;
  return html`${back}<h3 class="big">${t("turn.title", { who: name })}</h3>
    <section><h3>${t("turn.holds")}</h3><p><strong>${t("turn.holds_n", { n: x.holds.records })}</strong> ${t("turn.confirmed", { n: x.holds.confirmed })}</p>
      <p>${Object.entries(x.holds.by_kind).map(([k, n]) => html`<span class="chip plain">${kindWord(k)} <strong>${n}</strong></span>`)}</p></section>
    <section><h3>${t("turn.may_have")}</h3><p class="muted">${t("turn.may_have_means")}</p>
      ${rowsOr([t("turn.via"), t("turn.why"), t("turn.records")], x.may_have.map((m) => html`<tr><td><bdi>${desk.sharing!.name(m.via)}</bdi></td><td>${through(m.why)}</td><td class="num">${count(m.records)}</td></tr>`), t("turn.nobody"), [2])}</section>
    <section><h3>${t("turn.may_pass")}</h3>
      ${rowsOr([t("turn.to"), t("turn.why"), t("turn.records")], x.may_pass_to.map((m) => html`<tr><td><bdi>${m.to === "*" ? t("rules.everybody") : desk.sharing!.name(m.to)}</bdi></td><td dir="auto">${tOr(`why.${m.why}`, m.why)}</td><td class="num">${count(m.records)}</td></tr>`), t("turn.nobody"), [2])}</section>
    <section><h3>${t("turn.ends")}</h3><p class="muted">${t("turn.ends_means")}</p>
      <ol class="plain acts">${x.acts.map((a) => html`<li><strong>${word("act_end", a.what)}</strong> <bdi>${a.about}</bdi> <span class="muted" dir="auto">${tOr(`why.${a.why}`, a.why)}</span></li>`)}</ol>
      <p class="actions"><button class="danger" @click=${() => void end(desk, id, name)}>${t("turn.act", { who: name })}</button></p></section>`; // prettier-ignore
}

/** A way by which a record may have come, as the node names it: a label, a community, a grant or a log. */
function through(way: string): TemplateResult {
  const [kind = "", rest = ""] = way.split(/[ :](.*)/s);
  if (kind === "label") return html`${t("turn.through_label")}`;
  if (kind === "c" || kind === "community") return html`${t("turn.through_community", { name: way.replace("community ", "") })}`;
  if (kind === "grant") return html`${t("turn.through_grant")} <code>${rest.slice(0, 10)}</code>`;
  return way.includes("/") ? html`${t("turn.through_log")} <code>${way}</code>` : html`<span dir="auto">${tOr(`why.${way}`, way)}</span>`;
}

async function end(desk: Desk, id: string, name: string): Promise<void> {
  const body = html`<p>${t("turn.act_means", { who: name })}</p>
    <label>${t("decide.reason")}<input name="reason" required maxlength="500" autocomplete="off" data-first /></label>
    <label class="choice"><input type="checkbox" name="recall" />${t("turn.recall")}</label>
    <label>${t("stop.type", { word: id })}<input name="confirm" required autocomplete="off" spellcheck="false" /></label>`; // prettier-ignore
  const done = await ask(t("turn.title", { who: name }), body, t("turn.act", { who: name }), async (form) => {
    if (String(form.get("confirm")).trim() !== id) throw new Error(t("stop.mistyped", { word: id }));
    await desk.api.post(`/api/sharing/partners/${encodeURIComponent(id)}/end`, { confirm: id, why: form.get("reason"), recall: form.get("recall") === "on" });
    return true;
  });
  if (!done) return;
  desk.say(t("turn.done", { who: name }));
  void desk.sharing!.pull();
  openPart(desk, "release", `partners/${id}`);
}

