/** What a desk does in a case: join, offer it, hand coordination over, close. What waits for this desk stands on top. */
import { OUTCOMES, type Incident } from "../../api/incidents";
import { said } from "../../api/sharing";
import { t, word } from "../../i18n";
import { failure } from "../../i18n/told";
import { forInput, parse, position } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { type Place, placeField, placeOf } from "./place";
import { whenField } from "./when";

const UNIT_STATES = ["assigned", "under_way", "on_scene", "left"] as const;

export class Acts {
  constructor(
    private readonly desk: Desk,
    private readonly pull: () => void,
  ) {}

  get #me(): string {
    return this.desk.sharing!.party;
  }

  #name(id: string): string {
    return this.desk.sharing!.name(id);
  }

  /** Whether this user may write in a case. */
  may(i: Incident): boolean {
    return this.desk.may("incident") && i.desks[this.#me] !== "declined";
  }

  /** One entry of this desk. */
  async entry(i: Incident, body: Record<string, unknown>): Promise<boolean> {
    return this.send(`/api/incidents/${i.id}/entries`, body);
  }

  async send(path: string, body: Record<string, unknown>): Promise<boolean> {
    try {
      await this.desk.api.post(path, body);
      this.pull();
      return true;
    } catch (error) {
      this.desk.say(failure(error));
      this.pull();
      return false;
    }
  }

  /** What waits for a word of this desk. */
  standing(i: Incident): TemplateResult | typeof nothing {
    if (i.closed || !this.desk.may("incident")) return nothing;
    const me = this.#me;
    const to = (path: string, act: string) => () => void this.send(`/api/incidents/${i.id}/${path}`, { act });
    const asks: TemplateResult[] = [];
    if (i.desks[me] === "offered")
      asks.push(html`<div class="box urgent"><p><strong>${t("incident.offered_by", { who: this.#name(i.opened_by) })}</strong></p>
        <p class="actions"><button class="main" @click=${to("join", "join")}>${t("incident.join")}</button><button @click=${() => void this.#why(t("incident.decline"), `/api/incidents/${i.id}/join`, { act: "decline" })}>${t("incident.decline")}</button></p></div>`);
    if (i.handover && i.handover.to === me)
      asks.push(html`<div class="box urgent"><p><strong>${t("handing.offered", { who: this.#name(i.handover.by) })}</strong></p>
        <p class="actions"><button class="main" @click=${to("handover", "accept")}>${t("handing.accept")}</button><button @click=${() => void this.#why(t("handing.refuse"), `/api/incidents/${i.id}/handover`, { act: "refuse" })}>${t("handing.refuse")}</button></p></div>`);
    for (const one of i.tasks.filter((x) => x.to === me && x.state === "offered" && x.may.includes("accept")))
      asks.push(html`<div class="box urgent asked"><p><strong>${t("task.asked", { who: this.#name(one.by) })}</strong> <span dir="auto">${said(one.text, this.desk.state.language)}</span></p>
        <p class="actions"><button class="main" @click=${() => void this.taskIs(i, one.id, "accept")}>${word("task_do", "accept")}</button><button @click=${() => void this.taskIs(i, one.id, "refuse")}>${word("task_do", "refuse")}</button></p></div>`);
    if (i.handover && i.handover.by === me)
      asks.push(html`<p class="muted">${t("handing.waits", { who: this.#name(i.handover.to) })} <button class="link" @click=${to("handover", "withdraw")}>${t("handing.withdraw")}</button></p>`);
    if (i.closure && !i.closure.agreed.includes(me))
      asks.push(html`<div class="box urgent"><p><strong>${t("closing.proposed", { who: this.#name(i.closure.by) })}</strong> <span dir="auto">${said(i.closure.text, this.desk.state.language)}</span></p>
        <p class="actions"><button class="main" @click=${to("close", "agree")}>${t("closing.agree")}</button><button @click=${() => void this.#why(t("closing.refuse"), `/api/incidents/${i.id}/close`, { act: "refuse" })}>${t("closing.refuse")}</button></p></div>`);
    else if (i.closure) asks.push(html`<p class="muted">${t("closing.waits")}</p>`);
    return html`${asks}`;
  } // prettier-ignore

  buttons(i: Incident): TemplateResult {
    const me = this.#me;
    const others = Object.keys(i.desks).filter((id) => id !== me && i.desks[id] !== "declined");
    const more = i.offerable.map((o) => o.to);
    const joined = i.desks[me] === "joined";
    const show = (page: string) => () => openPart(this.desk, "incidents", `${i.id}/${page}`);
    return html`<p class="actions">
      ${this.desk.may("incident") && joined && !i.closed ? html`
        <button @click=${() => void this.correct(i)}>${t("place.correct")}</button>
        ${i.opened_by === me && more.length ? html`<button @click=${() => void this.#offer(i, more)}>${t("incident.offer")}</button>` : nothing}
        ${i.coordinator === me && !i.handover && others.length ? html`<button @click=${() => void this.#handOver(i, others)}>${t("handing.do")}</button>` : nothing}
        ${i.coordinator !== me && i.handover?.to !== me ? html`<button @click=${() => void this.#why(t("handing.assume"), `/api/incidents/${i.id}/handover`, { act: "assume" }, true, t("handing.assume_means", { who: this.#name(i.coordinator) }))}>${t("handing.assume")}</button>` : nothing}
        ${i.closure ? nothing : html`<button @click=${() => void this.#close(i)}>${t("closing.do")}</button>`}` : nothing}
      <button @click=${show("sitrep")}>${t("sitrep.do")}</button>
      ${i.closed ? html`<a class="button" download=${`joint-${i.id.slice(0, 8)}.json`} href=${`/api/incidents/${i.id}/joint`}>${t("closing.joint")}</a>
        <a class="button" target="_blank" rel="noopener" href=${`/api/incidents/${i.id}/joint?lang=${this.desk.state.language}`}>${t("closing.joint_text")}</a>
        ${this.desk.may("incident") && i.joint && !i.joint.signed.some((s) => s.desk === me) ? html`<button @click=${() => void this.send(`/api/incidents/${i.id}/joint`, {})}>${t("closing.sign")}</button>` : nothing}
        ${i.joint?.signed.map((s) => html`<span class="chip plain"><bdi>${this.#name(s.desk)}</bdi> ${s.same ? t("closing.signed") : t("closing.signed_other")}</span>`)}
        ${this.desk.may("incident") ? html`<button @click=${() => void this.#why(t("closing.reopen"), `/api/incidents/${i.id}/close`, { act: "reopen" })}>${t("closing.reopen")}</button>` : nothing}` : nothing}</p>`; // prettier-ignore
  }

  async #why(title: string, path: string, body: Record<string, unknown>, needed = false, means = ""): Promise<void> {
    const form = html`${means ? html`<p>${means}</p>` : nothing}<label>${t("decide.reason")}<input name="why" maxlength="500" autocomplete="off" ?required=${needed} data-first /></label>`;
    const done = await ask(title, form, title, async (data) => {
      await this.desk.api.post(path, { ...body, why: data.get("why") ?? "" });
      return true;
    });
    if (done) this.pull();
  }

  async #offer(i: Incident, to: readonly string[]): Promise<void> {
    const body = html`<p>${t("incident.offer_means")}</p><fieldset><legend>${t("glass.to")}</legend>${to.map((p, k) => html`<label class="choice"><input type="radio" name="partner" value=${p} ?checked=${k === 0} ?data-first=${k === 0} required />${this.#name(p)}</label>`)}</fieldset>
      <label class="choice"><input type="checkbox" name="break_glass" />${t("glass.also")}</label><p class="muted">${t("glass.review")}</p>`; // prettier-ignore
    const done = await ask(t("incident.offer"), body, t("incident.offer"), async (form) => {
      await this.desk.api.post(`/api/incidents/${i.id}/offer`, { partner: form.get("partner"), break_glass: form.get("break_glass") === "on", why: "" });
      return true;
    });
    if (done) this.pull();
  }

  async #handOver(i: Incident, to: readonly string[]): Promise<void> {
    const body = html`<p>${t("handing.means")}</p><fieldset><legend>${t("glass.to")}</legend>${to.map((p, k) => html`<label class="choice"><input type="radio" name="to" value=${p} ?checked=${k === 0} ?data-first=${k === 0} required />${this.#name(p)}</label>`)}</fieldset>
      <label>${t("decide.reason")}<input name="why" maxlength="500" autocomplete="off" /></label>`; // prettier-ignore
    const done = await ask(t("handing.do"), body, t("handing.offer"), async (form) => {
      await this.desk.api.post(`/api/incidents/${i.id}/handover`, { act: "offer", to: form.get("to"), why: form.get("why") ?? "" });
      return true;
    });
    if (done) this.pull();
  }

  async #close(i: Incident): Promise<void> {
    const count = (name: "saved" | "lost" | "missing") => html`<label>${t(`closing.${name}`)}<input name=${name} type="number" min="0" max="100000" /></label>`;
    const body = html`<p>${t("closing.means")}</p><label>${t("closing.outcome")}<select name="outcome" data-first>${OUTCOMES.map((o) => html`<option value=${o}>${word("outcome_case", o)}</option>`)}</select></label>
      <div class="grid2">${count("saved")}${count("lost")}${count("missing")}</div><label>${t("queue.words")}<input name="why" maxlength="2000" autocomplete="off" /></label>`; // prettier-ignore
    const done = await ask(t("closing.do"), body, t("closing.propose"), async (form) => {
      const number = (name: string) => (String(form.get(name) ?? "").trim() ? Number(form.get(name)) : null);
      await this.desk.api.post(`/api/incidents/${i.id}/close`, { act: "propose", outcome: form.get("outcome"), saved: number("saved"), lost: number("lost"), missing: number("missing"), why: form.get("why") ?? "" });
      return true;
    });
    if (done) this.pull();
  }

  async task(i: Incident): Promise<void> {
    const others = Object.keys(i.desks).filter((id) => id !== this.#me && i.desks[id] !== "declined");
    const areas = i.drawings.map((d) => d.label);
    const body = html`<p>${t("task.means")}</p>
      <label>${t("task.to")}<select name="to" required>${others.map((p) => html`<option value=${p}>${this.#name(p)}</option>`)}</select></label>
      <label>${t("task.what")}<textarea name="text" rows="2" maxlength="2000" required data-first></textarea></label>
      <div class="grid2"><label>${t("task.unit")}<input name="unit" maxlength="120" autocomplete="off" /></label><label>${t("task.area")}<input name="area" list="areas" maxlength="120" autocomplete="off" /></label></div>
      <datalist id="areas">${areas.map((a) => html`<option value=${a}></option>`)}</datalist>`; // prettier-ignore
    const done = await ask(t("task.offer"), body, t("task.offer"), async (form) => {
      const area = String(form.get("area") ?? "").trim();
      const text = [String(form.get("text")).trim(), area ? `[${area}]` : ""].filter(Boolean).join(" ");
      await this.desk.api.post(`/api/incidents/${i.id}/entries`, { task: { to: form.get("to"), what: text, unit: form.get("unit") ?? "" } });
      return true;
    });
    if (done) this.pull();
  }

  /** What becomes of a task; a refusal and a failure say why. */
  async taskIs(i: Incident, id: string, act: string): Promise<void> {
    const path = `/api/incidents/${i.id}/tasks/${id}`;
    if (act === "refuse" || act === "fail" || act === "withdraw") await this.#why(word("task_do", act), path, { act });
    else await this.send(path, { act });
  }

  /** The chosen vessel's newest position, or the chosen detection, released to the desks of the case under its own rule. */
  async share(i: Incident): Promise<void> {
    const { vessel, detection } = this.desk.state;
    await this.entry(i, { position: detection === null ? { mmsi: vessel } : { detection } });
  }

  async unit(i: Incident): Promise<void> {
    const known = i.on_scene.filter((u) => u.origin === this.#me).map((u) => u.unit);
    const at = typeof i.lat === "number" ? position(i.lat, i.lon) : "";
    const body = html`<label>${t("unit_form.name")}<input name="unit" list="units" required maxlength="120" autocomplete="off" data-first /></label><datalist id="units">${known.map((u) => html`<option value=${u}></option>`)}</datalist>
      <fieldset><legend>${t("unit_form.state")}</legend>${UNIT_STATES.map((s) => html`<label class="choice"><input type="radio" name="state" value=${s} ?checked=${s === "on_scene"} />${word("unit", s)}</label>`)}</fieldset>
      ${placeField(this.desk, t("param.pos"), at, here(i))}
      <label class="choice"><input type="checkbox" name="osc" />${t("unit_form.osc")}</label>`; // prettier-ignore
    const done = await ask(t("incident.add_unit"), body, t("action.save"), async (form) => {
      const typed = String(form.get("place") ?? "").trim();
      const place = typed ? placeOf(typed) : null;
      if (typed && !place) throw new Error(t("incident.place_unreadable"));
      await this.desk.api.post(`/api/incidents/${i.id}/entries`, { on_scene: { unit: form.get("unit"), state: form.get("state"), osc: form.get("osc") === "on", ...(place ?? {}) } });
      return true;
    });
    if (done) this.pull();
  }

  /** The position was told or typed wrongly: every desk reads the right one as a line of agreed wording. */
  async correct(i: Incident): Promise<void> {
    const at = typeof i.lat === "number" ? position(i.lat, i.lon) : "";
    const body = html`<p>${t("place.correct_means")}</p>${placeField(this.desk, t("param.pos"), at, here(i), { required: true, first: true })}
      ${whenField(this.desk, t("incident.happened"), this.desk.now())}`; // prettier-ignore
    const done = await ask(t("place.correct"), body, t("place.correct"), async (form) => {
      const place = placeOf(String(form.get("place")));
      const ms = parse(String(form.get("at")), this.desk.now());
      if (!place) throw new Error(t("incident.place_unreadable"));
      if (Number.isNaN(ms)) throw new Error(t("time.unreadable", { example: forInput(this.desk.now()) }));
      await this.desk.api.post(`/api/incidents/${i.id}/entries`, { phrase: "di.correct", params: { pos: [place.lon, place.lat], time: ms } });
      return true;
    });
    if (done) this.pull();
  }

  async reading(i: Incident): Promise<void> {
    const body = html`<p>${t("incident.readings_mean")}</p><label>${t("incident.reading")}<textarea name="text" rows="3" maxlength="2000" required data-first></textarea></label>`;
    const done = await ask(t("incident.add_reading"), body, t("action.save"), async (form) => {
      await this.desk.api.post(`/api/incidents/${i.id}/entries`, { reading: String(form.get("text")) });
      return true;
    });
    if (done) this.pull();
  }
}

const here = (i: Incident): Place | null => (typeof i.lat === "number" && typeof i.lon === "number" ? { lat: i.lat, lon: i.lon } : null);
