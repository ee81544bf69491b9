/** Drawings that both desks see, and drawing one: by clicking on the chart or by typing places, with the patterns of IAMSAR. */
import type { DrawingRow, Incident } from "../../api/incidents";
import { t, word, type WordKey } from "../../i18n";
import { position } from "../../i18n/format";
import { PATTERNS, patternTrack, POINTS_OF, type Pattern } from "../../map/patterns";
import { loadApp6 } from "../../map/app6";
import type { Sketch } from "../../map/types";
import type { Desk } from "../desk";
import { html, key, nothing, type TemplateResult } from "../drawing";
import { live } from "lit-html/directives/live.js";
import type { Acts } from "./acts";
import { placeOf } from "./place";
import { symbolOf, wantsApp6 } from "./units";

const SHAPES = ["point", "line", "area", ...PATTERNS] as const;
type Shape = (typeof SHAPES)[number];
const FEWEST: Readonly<Record<string, number>> = { point: 1, line: 2, area: 3 };
const isPattern = (s: Shape): s is Pattern => (PATTERNS as readonly string[]).includes(s);

let draft: readonly Sketch[] = [];
let shown: Incident | null = null;

/** Puts the drawings and shared fixes of a case on the chart; null takes them away. */
export function showDrawings(desk: Desk, i: Incident | null): void {
  shown = i;
  const all = () => [...(shown ? sketches(desk, shown) : []), ...draft];
  if (i?.on_scene.length && wantsApp6(desk)) void loadApp6().then(() => desk.app.map.setSketches(all()), (error: unknown) => desk.fail(error));
  desk.app.map.setSketches(all());
}

function sketches(desk: Desk, i: Incident): Sketch[] {
  const me = desk.sharing!.party;
  const app6 = wantsApp6(desk);
  const out: Sketch[] = [];
  if (typeof i.lat === "number" && typeof i.lon === "number") out.push({ kind: "point", points: [[i.lon, i.lat]], look: "own", label: word("incident_kind", i.kind) });
  for (const d of i.drawings) {
    const look = d.origin === me ? "own" : "theirs";
    if (d.shape === "pattern") out.push({ kind: "line", points: trackOf(d), look, label: d.label });
    else out.push({ kind: d.shape, points: d.points, look, label: d.label });
  }
  for (const u of i.on_scene)
    if (typeof u.lat === "number" && typeof u.lon === "number" && u.state !== "left")
      out.push({
        kind: "point", points: [[u.lon, u.lat]], look: u.origin === me ? "own" : "theirs", symbol: app6 ? symbolOf(u.unit, desk.me.node.exercise) : undefined,
        label: u.origin === me ? u.unit : `${u.unit} · ${desk.sharing!.name(u.origin)}`,
      }); // prettier-ignore
  for (const f of i.fixes) if (f.lat !== null && f.lon !== null) out.push({ kind: "point", points: [[f.lon, f.lat]], look: f.origin === me ? "own" : "theirs", label: f.name ?? word("seen", f.what) });
  return out;
}

const trackOf = (d: DrawingRow): Sketch["points"] =>
  d.track ?? patternTrack(d.pattern as Pattern, d.points, d.spacing_nm ?? 1, d.bearing_deg ?? 0, d.legs ?? 8);

export interface Tools {
  view(i: Incident): TemplateResult;
  stop(): void;
}

export function drawingTools(desk: Desk, acts: Acts, draw: () => void): Tools {
  let shape: Shape | null = null;
  let points: [number, number][] = [];
  let wrong = "";
  const form = { label: "", text: "", nm: "2", brg: "0", legs: "8", place: "" };
  const least = () => (shape === null ? 0 : isPattern(shape) ? POINTS_OF[shape] : FEWEST[shape]!);

  const sketch = () => {
    draft = !shape || !points.length ? [] : isPattern(shape) ? [{ kind: "line", look: "draft", points: points.length >= least() ? patternTrack(shape, points, Number(form.nm) || 1, Number(form.brg) || 0, Number(form.legs) || 1) : points }]
      : [{ kind: points.length < 2 ? "point" : shape === "point" ? "point" : shape, look: "draft", points }]; // prettier-ignore
    showDrawings(desk, shown);
  };
  const add = (lon: number, lat: number) => {
    if (shape === "point" || (shape && isPattern(shape) && shape !== "track" && points.length >= POINTS_OF[shape])) points = [];
    points = [...points, [Math.round(lon * 1e4) / 1e4, Math.round(lat * 1e4) / 1e4]];
    wrong = "";
    sketch();
    draw();
  };
  const start = (s: Shape) => {
    [shape, points, wrong] = [s, [], ""];
    form.label ||= nextLabel(shown);
    desk.app.map.takePoints(({ lon, lat }) => add(lon, lat));
    sketch();
    draw();
    toForm();
  };
  /** Keys of the form work while the focus is in it. */
  const toForm = () =>
    void requestAnimationFrame(() => {
      document.querySelector<HTMLElement>(".draw-form .points button")?.focus();
      document.querySelector(".draw-form")?.scrollIntoView({ block: "nearest" }); // also what ends it, below the fields
    });
  const middle = () => {
    const { lon, lat } = desk.app.map.getView();
    add(lon, lat);
  };
  /** Arrow keys on a point move it, Delete takes it away. */
  const nudge = (n: number, event: KeyboardEvent) => {
    const step = event.shiftKey ? 1 : 0.1;
    const [east, north] = ({ ArrowUp: [0, step], ArrowDown: [0, -step], ArrowRight: [step, 0], ArrowLeft: [-step, 0] } as const)[event.key] ?? [0, 0];
    if (event.key === "Delete" || event.key === "Backspace") points = points.filter((_, k) => k !== n);
    else if (east || north) {
      const [lon, lat] = points[n]!;
      const to: [number, number] = [lon + east / 60 / Math.max(0.05, Math.cos((lat * Math.PI) / 180)), Math.max(-89.9, Math.min(89.9, lat + north / 60))];
      points = points.map((p, k) => (k === n ? [Math.round(to[0] * 1e5) / 1e5, Math.round(to[1] * 1e5) / 1e5] : p));
    } else return;
    event.preventDefault();
    event.stopPropagation();
    sketch();
    draw();
    if (n >= points.length) toForm(); // the button that had the focus is gone
  };
  const pressed = (event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "Escape") { stop(); draw(); } // prettier-ignore
    else if (event.key.toLowerCase() === "c" && !typing && !event.ctrlKey && !event.metaKey) middle();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const stop = () => {
    [shape, points, wrong, draft] = [null, [], "", []];
    form.label = form.text = form.place = "";
    desk.app.map.takePoints(null);
    showDrawings(desk, shown);
  };
  const send = async (i: Incident, event: Event) => {
    event.preventDefault();
    if (!shape || points.length < least() || !form.label.trim()) {
      wrong = t("draw.too_few", { n: least() });
      return draw();
    }
    const pattern = isPattern(shape);
    const done = await acts.entry(i, {
      drawing: {
        label: form.label.trim(), text: form.text.trim(), shape: pattern ? "pattern" : shape, points,
        ...(pattern ? { pattern: shape, nm: Number(form.nm), brg: Number(form.brg), legs: Math.round(Number(form.legs)) } : {}),
      },
    }); // prettier-ignore
    if (done) stop();
    draw();
  };
  const typed = () => {
    const at = placeOf(form.place);
    if (!at) wrong = t("incident.place_unreadable");
    else {
      form.place = "";
      return add(at.lon, at.lat);
    }
    draw();
  };
  const set = (name: keyof typeof form) => (e: Event) => {
    form[name] = (e.target as HTMLInputElement).value;
    sketch();
    draw();
  };
  const input = (name: keyof typeof form, words: WordKey, type = "text") => html`<label>${t(words)}<input name=${name} type=${type} maxlength="120" autocomplete="off" step="any" .value=${form[name]} @input=${set(name)} /></label>`;

  return {
    stop,
    view(i) {
      const may = acts.may(i) && !i.closed && i.desks[desk.sharing!.party] === "joined";
      return html`<section class="drawings"><h3>${t("draw.title")} <span class="n">${i.drawings.length}</span></h3>
        ${i.drawings.length ? html`<ul class="units">${i.drawings.map((d) => row(desk, i, d, acts, may))}</ul>` : html`<p class="empty">${t("draw.none")}</p>`}
        ${may ? html`<div class="actions" role="group" aria-label=${t("draw.new")}>${SHAPES.map((s) => html`<button aria-pressed=${shape === s} @click=${() => (shape === s ? (stop(), draw()) : start(s))}>${word("shape", s)}</button>`)}</div>` : nothing}
        ${shape ? html`<form class="box draw-form" @submit=${(e: Event) => void send(i, e)} @keydown=${pressed}>
          <p>${t("draw.click", { n: least() })} <span class="muted">${t("draw.keys")}</span></p>
          <p class="points"><button type="button" aria-keyshortcuts="c" @click=${middle}>${t("draw.middle")} ${key("C")}</button> ${points.map(([lon, lat], n) => html`<button type="button" class="chip plain place" aria-label=${t("draw.point", { n: n + 1, at: position(lat, lon) })} @keydown=${(e: KeyboardEvent) => nudge(n, e)}>${n + 1} ${position(lat, lon)}</button>`)}${points.length ? html`<button type="button" class="link" @click=${() => { points = points.slice(0, -1); sketch(); draw(); }}>${t("draw.back")}</button>` : nothing}</p>
          <div class="grid2"><label>${t("draw.place")}<span class="with"><input name="place" .value=${live(form.place)} autocomplete="off" spellcheck="false" @input=${(e: Event) => (form.place = (e.target as HTMLInputElement).value)} @keydown=${(e: KeyboardEvent) => { if (e.key === "Enter") { e.preventDefault(); typed(); } }} /><button type="button" @click=${typed}>${t("draw.add")}</button></span></label>
            ${input("label", "draw.label")}${isPattern(shape) && shape !== "track" ? html`${input("brg", "param.brg", "number")}${input("nm", shape === "sector" ? "draw.radius" : "draw.spacing", "number")}${input("legs", shape === "sector" ? "draw.sectors" : "draw.legs", "number")}` : nothing}${input("text", "draw.text")}</div>
          <p class="refused" role="alert">${wrong}</p>
          <p class="actions"><button class="main" ?disabled=${points.length < least()}>${t("draw.share")}</button><button type="button" @click=${() => { stop(); draw(); }}>${t("action.cancel")}</button></p></form>` : nothing}</section>`;
    },
  }; // prettier-ignore
}

/** A1, A2, ...: short names that are said on the radio. */
const nextLabel = (i: Incident | null): string => {
  const taken = new Set(i?.drawings.map((d) => d.label));
  for (let n = 1; ; n++) if (!taken.has(`A${n}`)) return `A${n}`;
};

function row(desk: Desk, i: Incident, d: DrawingRow, acts: Acts, may: boolean): TemplateResult {
  const own = d.origin === desk.sharing!.party;
  const [lon, lat] = d.points[0] ?? [NaN, NaN];
  return html`<li><button class="link" @click=${() => Number.isFinite(lat) && desk.app.bus.emit("fly", { lon, lat, zoom: Math.max(8.5, desk.app.map.getView().zoom) })}><span dir="auto">${d.label}</span></button>
    <span>${word("shape", d.shape === "pattern" ? (d.pattern ?? "") : d.shape)}</span> <bdi class="muted">${desk.sharing!.name(d.origin)}</bdi> ${d.text ? html`<span dir="auto">${d.text}</span>` : nothing}
    ${d.shape === "pattern" && d.spacing_nm ? html`<span class="muted">${String(Math.round(d.bearing_deg ?? 0)).padStart(3, "0")}° · ${d.spacing_nm} nm · ×${d.legs}</span>` : nothing}
    ${own && may ? html`<button class="link" @click=${() => void acts.entry(i, { drawing: { label: d.label, remove: true } })}>${t("action.remove")}</button>` : nothing}</li>`; // prettier-ignore
}
