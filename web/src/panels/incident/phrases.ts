/**
 * What is said to the other desk: phrases of agreed wording, found by typing and filled in by keyboard, each read there in
 * the reader's own language; free text beside them, which stands as it was written.
 */
import type { Incident, Phrase } from "../../api/incidents";
import { said } from "../../api/sharing";
import { LANGUAGES, t, tOr, word } from "../../i18n";
import { forInput, parse, position } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, key, nothing, type TemplateResult } from "../drawing";
import type { Acts } from "./acts";
import { placeOf } from "./place";
import { filled, isTime, NUMBERS, type Values } from "./words";

const SHOWN = 8;

export class Phrases {
  #book: readonly Phrase[] | null = null;
  #asked = false;
  #typed = "";
  #at = 0;
  #chosen: Phrase | null = null;
  #values: Record<string, string> = {};
  #wrong = "";
  #text = "";
  #free = false;
  #open = false;

  constructor(
    private readonly desk: Desk,
    private readonly acts: Acts,
    private readonly draw: () => void,
  ) {}

  reset(): void {
    [this.#typed, this.#at, this.#chosen, this.#values, this.#wrong, this.#text] = ["", 0, null, {}, "", ""];
  }

  view(i: Incident): TemplateResult | typeof nothing {
    if (!this.acts.may(i) || i.desks[this.desk.sharing!.party] !== "joined") return nothing;
    this.#load();
    return html`<section class="say" aria-label=${t("say.title")}>
      <div class="tabs" role="group" aria-label=${t("say.title")}>
        <button aria-pressed=${!this.#free} @click=${() => this.#set({ free: false })}>${t("say.phrase")}</button><button aria-pressed=${this.#free} @click=${() => this.#set({ free: true })}>${t("say.free")}</button>
        <span class="muted">${t(this.#free ? "say.free_means" : "say.phrase_means")}</span></div>
      ${this.#free ? this.#freeForm(i) : this.#chosen ? this.#fill(i, this.#chosen) : this.#picker()}</section>`; // prettier-ignore
  }

  #set({ free }: { free: boolean }): void {
    this.#free = free;
    this.draw();
  }

  #load(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.desk.incidents!.book().then(
      (book) => {
        this.#book = book.phrases;
        this.draw();
      },
      (error: unknown) => {
        this.#asked = false;
        this.desk.fail(error);
      },
    );
  }

  #found(): readonly Phrase[] {
    const words = this.#typed.trim().toLowerCase().split(/\s+/).filter(Boolean); // prettier-ignore
    const { language } = this.desk.state;
    const text = (p: Phrase) => `${p.id} ${this.#group(p)} ${said(p.words, language)} ${said(p.words, "en")}`.toLowerCase();
    return (this.#book ?? []).filter((p) => words.every((w) => text(p).includes(w))).slice(0, SHOWN);
  }

  #group(p: Phrase): string {
    return word("phrase_group", p.group);
  }

  #picker(): TemplateResult {
    const found = this.#found();
    const { language } = this.desk.state;
    if (this.#at >= found.length) this.#at = Math.max(0, found.length - 1);
    return html`<label class="hidden" for="phrase">${t("say.find")}</label>
      <input id="phrase" role="combobox" autocomplete="off" spellcheck="false" maxlength="80" placeholder=${t("say.find")} aria-expanded=${this.#open} aria-controls="phrases" aria-keyshortcuts="p"
        aria-activedescendant=${this.#open && found.length ? `phrase-${this.#at}` : nothing} .value=${this.#typed} @focus=${() => this.#expand(true)} @blur=${() => setTimeout(() => this.#expand(false), 150)}
        @input=${(e: Event) => { this.#typed = (e.target as HTMLInputElement).value; this.#at = 0; this.#open = true; this.draw(); }} @keydown=${(e: KeyboardEvent) => this.#pressed(e, found)} /> ${this.#open ? nothing : key("P")}
      <ul id="phrases" role="listbox" aria-label=${t("say.phrase")} ?hidden=${!this.#open}>${found.map((p, n) => html`<li id="phrase-${n}" role="option" aria-selected=${n === this.#at} class=${n === this.#at ? "active" : ""}
        @mousedown=${(e: Event) => { e.preventDefault(); this.#choose(p); }}><span dir="auto">${filled(p, {}, language)}</span> <span class="muted"><code>${p.id}</code> <bdi>${this.#group(p)}</bdi></span></li>`)}
        ${this.#book && !found.length ? html`<li class="none" role="option" aria-disabled="true" aria-selected="false">${t("search.none")}</li>` : nothing}</ul>`; // prettier-ignore
  }

  #expand(open: boolean): void {
    if (this.#open === open) return;
    this.#open = open;
    this.draw();
  }

  #pressed(event: KeyboardEvent, found: readonly Phrase[]): void {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) {
      this.#at = (this.#at + step + found.length) % found.length;
      this.#open = true;
      event.preventDefault();
      this.draw();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#open && found[this.#at]) this.#choose(found[this.#at]!);
    } else if (event.key === "Escape" && (this.#typed || this.#open)) {
      event.preventDefault();
      event.stopPropagation();
      this.#typed = "";
      this.#open = false;
      this.draw();
    }
  }

  #choose(p: Phrase): void {
    this.#chosen = p;
    this.#wrong = "";
    this.#open = false;
    this.#values = Object.fromEntries(p.parameters.map((name) => [name, isTime(name) ? forInput(this.desk.now()) : ""]));
    this.draw();
    requestAnimationFrame(() => document.querySelector<HTMLElement>(".say .fill input, .say .fill button.main")?.focus());
  }

  /** The values as they travel, and the first that cannot be read. */
  #read(p: Phrase): { values: Values; missing: string } {
    let missing = "";
    const out: Record<string, string | number | readonly [number, number]> = {};
    for (const name of p.parameters) {
      const typed = (this.#values[name] ?? "").trim();
      if (name === "pos") {
        const at = placeOf(typed);
        if (at) out[name] = [at.lon, at.lat];
      } else if (isTime(name)) {
        const ms = parse(typed, this.desk.now());
        if (!Number.isNaN(ms)) out[name] = ms;
      } else if (NUMBERS.has(name)) {
        if (typed && Number.isFinite(Number(typed))) out[name] = Number(typed);
      } else if (typed) out[name] = typed;
      if (out[name] === undefined) missing ||= name;
    }
    return { values: out, missing };
  }

  #fill(i: Incident, p: Phrase): TemplateResult {
    const { language } = this.desk.state;
    const others = Object.keys(LANGUAGES).filter((l) => l !== language);
    const shown = this.#read(p).values;
    const field = (name: string) => html`<label>${tOr(`param.${name}`, name)}<span class="with"><input name=${name} maxlength="120" autocomplete="off" spellcheck="false" inputmode=${NUMBERS.has(name) ? "decimal" : "text"}
        .value=${this.#values[name] ?? ""} @input=${(e: Event) => { this.#values[name] = (e.target as HTMLInputElement).value; this.draw(); }} />
      ${name === "pos" ? html`<button type="button" @click=${() => this.#point()}>${t("say.on_map")}</button>` : nothing}</span></label>`; // prettier-ignore
    return html`<form class="fill" @submit=${(e: Event) => { e.preventDefault(); void this.#send(i, p); }} @keydown=${(e: KeyboardEvent) => { if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); this.#cancel(); } }}>
      <p class="preview" dir="auto">${filled(p, shown, language)}</p>
      ${p.parameters.length ? html`<div class="grid2">${p.parameters.map(field)}</div>` : nothing}
      <details><summary>${t("say.they_read")}</summary>${others.map((l) => html`<p lang=${l} dir="auto">${filled(p, shown, l)}</p>`)}</details>
      <p class="refused" role="alert">${this.#wrong}</p>
      <p class="actions"><button class="main">${t("say.send")} ${key("Enter")}</button><button type="button" @click=${() => this.#cancel()}>${t("action.cancel")}</button></p></form>`; // prettier-ignore
  }

  #cancel(): void {
    this.#chosen = null;
    this.desk.app.map.takePoints(null);
    this.draw();
    requestAnimationFrame(() => document.querySelector<HTMLElement>("#phrase")?.focus());
  }

  #point(): void {
    this.desk.say(t("say.click_map"));
    this.desk.app.map.takePoints(({ lat, lon }) => {
      this.desk.app.map.takePoints(null);
      this.#values["pos"] = position(lat, lon);
      this.draw();
    });
  }

  async #send(i: Incident, p: Phrase): Promise<void> {
    const { values: params, missing } = this.#read(p);
    this.#wrong = missing ? t("say.unreadable", { name: tOr(`param.${missing}`, missing) }) : "";
    if (missing) return this.draw();
    if (!(await this.acts.entry(i, { phrase: p.id, params }))) return;
    this.#typed = "";
    this.#cancel();
  }

  #freeForm(i: Incident): TemplateResult {
    const send = async (event: Event) => {
      event.preventDefault();
      if (!this.#text.trim()) return;
      if (await this.acts.entry(i, { text: this.#text.trim(), lang: this.desk.state.language })) this.#text = "";
      this.draw();
    };
    return html`<form @submit=${send}><label class="hidden" for="free">${t("say.free")}</label>
      <textarea id="free" rows="2" maxlength="2000" .value=${this.#text} @input=${(e: Event) => (this.#text = (e.target as HTMLTextAreaElement).value)}
        @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) void send(e); }}></textarea>
      <p class="actions"><button class="main">${t("say.send")} ${key("Ctrl Enter")}</button></p></form>`; // prettier-ignore
  }
}
