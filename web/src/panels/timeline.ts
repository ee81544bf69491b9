/** Along the bottom: how many fixes there were and which events, a slider over them, and the keys of the replay. */
import "./timeline.css";
import { live } from "lit-html/directives/live.js";
import { t, word } from "../i18n";
import { local, short, utc } from "../i18n/format";
import type { History } from "../api/types";
import type { Desk } from "./desk";
import { html, key, nothing, panel, svg, type TemplateResult } from "./drawing";
import { SPANS_H, SPEEDS, startReplay, type Replay } from "./replay";

const WIDTH = 1000;
const HEIGHT = 34;
const MARKS_MOST = 400;

export function mountTimeline(desk: Desk): Replay {
  const root = desk.app.regions.bottom;
  const replay = startReplay(desk);
  root.setAttribute("aria-label", t("time.label"));
  const draw = panel(root, () => {
    const { mode } = desk.state;
    const shown = desk.shown();
    const { from, to } = replay.stretch;
    return html`<div class="time ${mode}">
      <div class="keys">
        <button class="play" aria-keyshortcuts="Space" aria-pressed=${replay.playing} @click=${() => replay.toggle()}>
          <span aria-hidden="true">${replay.playing ? "❚❚" : "▶"}</span> ${t(replay.playing ? "time.pause" : "time.play")} ${key(t("key.space"))}</button>
        <button class="icon-only" aria-label="${t("time.back")} (,)" aria-keyshortcuts="," @click=${() => replay.step(-1)}>‹ ${key(",")}</button>
        <button class="icon-only" aria-label="${t("time.forward")} (.)" aria-keyshortcuts="." @click=${() => replay.step(1)}>› ${key(".")}</button>
        <label class="pick"><span class="hidden">${t("time.speed")}</span><select .value=${live(String(replay.speed))} @change=${(e: Event) => replay.setSpeed(Number((e.target as HTMLSelectElement).value))}>
          ${SPEEDS.map((s) => html`<option value=${s} ?selected=${s === replay.speed}>${s}×</option>`)}</select></label>
        <button class="golive" ?disabled=${mode === "live"} aria-keyshortcuts="End" @click=${() => replay.live()}><span aria-hidden="true">●</span> ${t("time.to_live")}</button>
        <span class="at ${mode}"><span class="hidden">${t(mode === "live" ? "mode.live" : "mode.replay")}</span><time datetime=${new Date(shown).toISOString()}>${utc(shown)}</time>
          <span class="muted">${desk.me.node.tz === "UTC" ? "" : local(shown, desk.me.node.tz, desk.state.language)}</span></span>
        ${replay.loading ? html`<span class="muted" role="status">${t("state.loading")}</span>` : nothing}
        <span class="grow"></span>
        <label class="pick"><span class="hidden">${t("time.span")}</span><select .value=${live(String(replay.span_h))} @change=${(e: Event) => replay.setSpan(Number((e.target as HTMLSelectElement).value))}>
          ${SPANS_H.map((h) => html`<option value=${h} ?selected=${h === replay.span_h}>${t("time.hours", { h })}</option>`)}</select></label>
      </div>
      <div class="scale">
        ${histogram(replay.history, from, to, shown, mode)}
        <input type="range" min=${Math.floor(from / 1000)} max=${Math.floor(to / 1000)} step="60" .value=${live(String(Math.floor(shown / 1000)))}
          aria-label=${t("time.slider")} aria-valuetext="${utc(shown)}${mode === "live" ? `, ${t("mode.live")}` : ""}"
          @input=${(e: Event) => replay.goTo(Number((e.target as HTMLInputElement).value) * 1000)} />
        ${eventMarks(desk, replay, from, to)}
      </div>
      <div class="ticks" aria-hidden="true">${ticks(from, to).map((ms) => html`<span data-x=${ms}>${short(ms, shown)}</span>`)}</div>
    </div>`; // prettier-ignore
  });
  const place = () => placeMarks(root, replay);
  replay.on(() => (draw(), requestAnimationFrame(place)));
  desk.on(["tick"], () => (draw(), requestAnimationFrame(place)));
  desk.app.store.on(["mode", "cursor", "language"], () => (draw(), requestAnimationFrame(place)));
  desk.on(["events"], () => void replay.pull());
  desk.on(["alerts"], () => (draw(), requestAnimationFrame(place)));
  return replay;
}

/** Positions are set by script, not by a style attribute: the page's policy lets no inline style in. */
function placeMarks(root: HTMLElement, replay: Replay): void {
  const { from, to } = replay.stretch;
  for (const one of root.querySelectorAll<HTMLElement>("[data-x]")) {
    const left = `${(((Number(one.dataset["x"]) - from) / (to - from)) * 100).toFixed(3)}%`;
    if (one.dataset["left"] !== left) one.dataset["left"] = one.style.left = left;
  }
}

const x = (ms: number, from: number, to: number) => ((ms - from) / (to - from)) * WIDTH;

function histogram(history: History | null, from: number, to: number, shown: number, mode: string): TemplateResult {
  const bars: TemplateResult[] = [];
  const most = Math.max(1, ...(history?.counts ?? []));
  const wide = history ? Math.max(0.6, (history.block_s * 1000 * WIDTH) / (to - from) - 0.6) : 1;
  history?.blocks.forEach((start, i) => {
    const left = x(start * 1000, from, to);
    if (left + wide < 0 || left > WIDTH) return;
    const high = ((history.counts[i] ?? 0) / most) * (HEIGHT - 4);
    bars.push(svg`<rect x=${left} y=${HEIGHT - high} width=${wide} height=${high}></rect>`);
  });
  const at = x(shown, from, to);
  return html`<svg class="histogram" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    <g>${bars}</g><line class=${mode} x1=${at} x2=${at} y1="0" y2=${HEIGHT} vector-effect="non-scaling-stroke"></line></svg>`; // prettier-ignore
}

function eventMarks(desk: Desk, replay: Replay, from: number, to: number): TemplateResult {
  const seen = (replay.history?.events ?? []).filter((e) => e.t >= from && e.t <= to).slice(-MARKS_MOST);
  const alerts = new Set(desk.list?.alerts.map((a) => a.event_id));
  return html`<div class="marks" aria-hidden="true">${seen.map((e) => html`<span class="dot ${e.type} ${alerts.has(e.id) ? "" : "quiet"}" data-x=${e.t} title="${word("event", e.type)} ${short(e.t, desk.now())}"
    @click=${() => desk.app.store.set({ alert: e.id, mode: "replay", cursor: e.t })}></span>`)}</div>`; // prettier-ignore
}

const TICK_H = [1 / 6, 1, 3, 4, 12, 24] as const;
function ticks(from: number, to: number): number[] {
  const step = (TICK_H.find((h) => (to - from) / (h * 3_600_000) <= 8) ?? 24) * 3_600_000;
  const out: number[] = [];
  for (let ms = Math.ceil(from / step) * step; ms < to - step * 0.35; ms += step) if (ms > from + step * 0.2) out.push(ms);
  return out;
}
