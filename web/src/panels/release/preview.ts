/**
 * Dry run: what each partner would gain, lose or get in another form by rules that are not in force, over the last days. The
 * node runs the publishing code over these days under both sets and compares the records; here they stand on a chart and in a table.
 */
import type { Difference, Preview, Sample } from "../../api/sharing";
import { rulesOf } from "../../api/sharing_shapes";
import { createMap } from "../../map";
import type { KizunaMap, Sketch } from "../../map/types";
import { t } from "../../i18n";
import { count, short } from "../../i18n/format";
import type { Desk } from "../desk";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { dryRun } from "./dry_run";
import { Asked, formWords, kindWord, type PartMaker, rowsOr } from "./parts";
import { draft } from "./rules";

/** Where no rules are written or proposed there is nothing to compare; the page says what to do instead. */
function nothingToCompare(desk: Desk): TemplateResult {
  const proposed = desk.sharing!.state?.rules.proposed;
  return html`<div class="box"><p><strong>${t("preview.nothing")}</strong></p><p class="muted">${t("preview.nothing_means")}</p>
    <p class="actions"><button class="main" @click=${() => openPart(desk, "release", "rules")}>${t("preview.to_rules")}</button>
      ${proposed ? html`<button @click=${() => openPart(desk, "release", `preview/${proposed.version}`)}>${t("preview.of_proposal", { version: proposed.version })}</button>` : nothing}</p></div>`;
}

const DAYS = [1, 3, 7, 14] as const;
const WHATS = ["gains", "loses", "changes", "moves"] as const;
type What = (typeof WHATS)[number];
const SIGNS: Readonly<Record<What, string>> = { gains: "+", loses: "−", changes: "→", moves: "⇄" };
const PROGRESS_MS = 1000;

export const previewPart: PartMaker = (desk, draw) => {
  const found = new Asked<Preview>(desk, draw);
  let days: number = 3;
  let chosen = "";
  let only: What | "" = "";
  let done: number | null = null;
  let chart: Promise<KizunaMap> | null = null;
  const host = document.createElement("div");
  host.className = "mini-map";
  host.setAttribute("aria-label", t("preview.map"));
  const run = async (version: string) => {
    let text = draft.text;
    const watch = setInterval(() => void reached(), PROGRESS_MS);
    await found.run(async () => {
      if (version || text === null) {
        const rules = rulesOf(await desk.api.get("/api/sharing/rules"));
        text = rules.proposals.find((p) => String(p.version) === version)?.text ?? rules.text;
      }
      return dryRun(desk, text, days);
    });
    clearInterval(watch);
    done = null;
    chosen = found.value?.partners.find((p) => total(p) > 0)?.id ?? found.value?.partners[0]?.id ?? "";
    draw();
    requestAnimationFrame(() => requestAnimationFrame(() => void show()));
  };
  const reached = async () => {
    const said = await desk.api.get<{ done: number | null }>("/api/sharing/rules/preview/progress").catch(() => ({ done: null }));
    if (!found.asking) return;
    done = said.done;
    draw();
  };
  const show = async () => {
    const p = found.value?.partners.find((one) => one.id === chosen);
    if (!p || !host.isConnected) return;
    const { theme, language, units } = desk.state;
    chart ??= createMap(host, { theme, language, units, home: desk.app.map.getView() });
    const map = await chart;
    map.setTheme(desk.state.theme);
    map.setSketches(p.sample.filter((s) => only === "" || s.change === only).flatMap(sketchesOf));
    const first = p.sample.find((s) => place(s));
    const at = p.box ? { lon: (p.box[0] + p.box[2]) / 2, lat: (p.box[1] + p.box[3]) / 2 } : first ? place(first)! : null;
    const span = p.box ? Math.max(p.box[2] - p.box[0], p.box[3] - p.box[1], 0.1) : 1;
    if (at) map.flyTo({ ...at, zoom: Math.max(3, Math.min(10, Math.log2(200 / span))) });
  };
  const look = async (s: Sample) => {
    const at = place(s);
    if (at) (await chart)?.flyTo({ ...at, zoom: 10 });
  };
  const stop = desk.app.store.on(["theme"], () => void show());
  return {
    come: (rest) => void (rest || draft.text !== null ? run(rest) : draw()),
    view(rest) {
      if (!rest && draft.text === null) return nothingToCompare(desk);
      const p = found.value?.partners.find((one) => one.id === chosen);
      return html`<p class="muted">${t("preview.means")}</p>
        <p class="actions"><strong>${rest ? t("preview.of_proposal", { version: rest }) : t("preview.of_draft")}</strong>
          <label>${t("preview.days")} <select @change=${(e: Event) => { days = Number((e.target as HTMLSelectElement).value); void run(rest); }}>${DAYS.map((d) => html`<option value=${d} ?selected=${d === days}>${t("preview.last_days", { n: d })}</option>`)}</select></label>
          <button @click=${() => void run(rest)}>${t("preview.again")}</button>${found.asking ? html`<span class="muted" role="status">${t("preview.running")}${done === null ? "" : ` ${Math.round(done * 100)} %`}</span>` : nothing}${found.value && !found.asking ? html`<span class="muted">${t("preview.looked_at", { n: count(found.value.looked_at) })}</span>` : nothing}</p>
        ${found.value?.short ? html`<p class="warn" role="status">${t("preview.short", { from: short(found.value.from_ms, desk.now()) })}</p>` : nothing}
        ${found.value ? html`${differenceTable(desk, found.value, chosen, (id) => { chosen = id; draw(); void show(); })}
          <div class="preview-two"><div>${host}<p class="muted">${t("preview.legend")}</p></div>
            <div>${p ? html`${filter(p, only, (what) => { only = what; draw(); void show(); })}${samples(desk, p, only, (s) => void look(s))}` : nothing}</div></div>` : found.instead()}`;
    },
    end: () => {
      stop();
      void chart?.then((map) => map.destroy());
    },
  }; // prettier-ignore
};

const place = (s: Sample): { lon: number; lat: number } | null => {
  const at = [s, s.after, s.before].find((f) => f && typeof f.lat === "number" && typeof f.lon === "number");
  return at ? { lon: at.lon!, lat: at.lat! } : null;
};
const total = (p: Difference): number => p.gains + p.loses + p.changes + p.moves;
const kindOf = (s: Sample): What => s.change;

function sketchesOf(s: Sample): Sketch[] {
  const at = place(s);
  if (!at) return [];
  const look = { gains: "gain", loses: "loss", changes: "change", moves: "change" }[kindOf(s)] as Sketch["look"];
  const out: Sketch[] = [{ kind: "point", points: [[at.lon, at.lat]], look }];
  const cell = s.after?.cell_m ?? s.before?.cell_m;
  if (cell) out.push({ kind: "area", look: "cell", points: cellOf(s.after?.lon ?? at.lon, s.after?.lat ?? at.lat, cell) });
  return out;
}

/** A square of a cell's size around its middle. */
export function cellOf(lon: number, lat: number, cell_m: number): [number, number][] {
  const dy = cell_m / 2 / 111_195;
  const dx = dy / Math.max(0.05, Math.cos((lat * Math.PI) / 180));
  return [[lon - dx, lat - dy], [lon + dx, lat - dy], [lon + dx, lat + dy], [lon - dx, lat + dy]]; // prettier-ignore
}

export function differenceTable(desk: Desk, preview: Preview, chosen: string, choose: (id: string) => void): TemplateResult {
  const none = preview.partners.every((p) => total(p) === 0);
  const cell = (what: What, n: number) => html`<td class="num ${what} ${n ? "some" : ""}">${n ? html`<span aria-hidden="true">${SIGNS[what]}</span>${count(n)}` : "0"}</td>`;
  return html`${none ? html`<p class="good"><span aria-hidden="true">✓</span> ${t("preview.same")}</p>` : nothing}
    <div class="scroll"><table class="wide diff"><thead><tr><th scope="col">${t("preview.partner")}</th>${WHATS.map((w) => html`<th scope="col" class="num">${t(`preview.${w}`)}</th>`)}<th scope="col" class="num">${t("preview.records")}</th><th scope="col">${t("preview.by_kind")}</th></tr></thead>
    <tbody>${preview.partners.map((p) => html`<tr class=${p.id === chosen ? "chosen" : ""}><th scope="row"><button class="link" aria-pressed=${p.id === chosen} @click=${() => choose(p.id)}><bdi>${desk.sharing!.name(p.id)}</bdi></button></th>
      ${cell("gains", p.gains)}${cell("loses", p.loses)}${cell("changes", p.changes)}${cell("moves", p.moves)}<td class="num">${count(p.before)} → ${count(p.after)}</td>
      <td>${Object.entries(p.by_kind).map(([k, n]) => html`<span class="chip plain">${kindWord(k)} ${n.gains ? `+${n.gains} ` : ""}${n.loses ? `−${n.loses} ` : ""}${n.changes ? `→${n.changes} ` : ""}${n.moves ? `⇄${n.moves}` : ""}</span>`)}</td></tr>`)}</tbody></table></div>`; // prettier-ignore
}

/** Which rows stand on the chart and in the table: all, or only what is gained, lost or changed. */
function filter(p: Difference, only: What | "", choose: (what: What | "") => void): TemplateResult {
  const kinds = WHATS.filter((w) => p.sample.some((s) => s.change === w));
  if (kinds.length < 2) return html``;
  return html`<div class="tabs" role="group" aria-label=${t("preview.only")}><button aria-pressed=${only === ""} @click=${() => choose("")}>${t("preview.all")}</button>
    ${kinds.map((w) => html`<button aria-pressed=${only === w} @click=${() => choose(w)}><span aria-hidden="true">${SIGNS[w]}</span> ${t(`preview.${w}`)}</button>`)}</div>`; // prettier-ignore
}

function samples(desk: Desk, p: Difference, only: What | "", look: (s: Sample) => void): TemplateResult {
  const shown = p.sample.filter((s) => only === "" || s.change === only);
  const form = (f: Sample["before"]) =>
    f ? html`${formWords(f) || t("preview.whole")}${f.told_ms ? html` <time class="muted">${t("preview.told_at", { at: short(f.told_ms, desk.now()) })}</time>` : nothing}` : t("preview.not_told");
  return html`<h3>${t("preview.samples", { who: desk.sharing!.name(p.id), n: shown.length })}</h3>
    ${rowsOr(["", t("preview.what"), t("preview.before"), t("preview.after"), t("preview.rule")], shown.map((s) => html`<tr class=${kindOf(s)}>
      <td><strong aria-hidden="true">${SIGNS[kindOf(s)]}</strong><span class="hidden">${t(`preview.${kindOf(s)}`)}</span></td>
      <td><button class="link" ?disabled=${!place(s)} @click=${() => look(s)}>${kindWord(s.kind)}</button> <span dir="auto">${s.subject}</span> ${s.t_ms ? html`<time class="muted">${short(s.t_ms, desk.now())}</time>` : nothing}</td>
      <td>${form(s.before)}</td><td>${form(s.after)}</td><td><code>${s.rule}</code></td></tr>`), t("preview.no_sample"))}`; // prettier-ignore
}
