/** What the desk decides about an alert: acknowledge, silence for a time, dismiss with a reason, undo. */
import { t, type WordKey } from "../i18n";
import { forInput, parse, utc, nine } from "../i18n/format";
import type { Alert } from "../api/types";
import type { Desk } from "./desk";
import { ask } from "./dialogs";
import { html, key, nothing, type TemplateResult } from "./drawing";
import { incidentButton } from "./incident/start";
import { goTo } from "./replay";

const HOUR_MS = 3_600_000;
const SILENCES_H = [1, 2, 6, 12, 24, 168] as const;
const REASONS: readonly WordKey[] = ["reason.known_work", "reason.reached", "reason.with_other", "reason.weather", "reason.false_alarm"];
const BEFORE_MS = 30 * 60_000;

/** Which of the alerts an act is for. */
const CAN: Readonly<Record<Act, (a: Alert) => boolean>> = {
  ack: (a) => a.state === "new",
  silence: (a) => a.state === "new" || a.state === "acknowledged",
  dismiss: (a) => a.state === "new" || a.state === "acknowledged",
  undo: (a) => a.state !== "new" && a.state !== "withdrawn",
};
const NAMES: Readonly<Record<Act, string>> = { ack: "acknowledge", silence: "silence", dismiss: "dismiss", undo: "undo" };

/** What can be done about a row of alerts, or about one alone of a row (`small`: no keys, no log). */
export function actions(desk: Desk, alerts: readonly Alert[], small = false): TemplateResult {
  const may = desk.may("decide");
  const button = (act: Act, letter: string) => {
    const n = alerts.filter(CAN[act]).length;
    if (!n || !may) return nothing;
    const words = `${t(`act.do_${act}`)}${alerts.length > 1 ? ` (${n})` : ""}`;
    return html`<button aria-keyshortcuts=${small ? nothing : letter.toLowerCase()} @click=${() => void decide(desk, act, alerts)}>${words} ${small ? nothing : key(letter)}</button>`;
  };
  const deeds = html`${button("ack", "A")} ${button("silence", "S")} ${button("dismiss", "D")} ${button("undo", "U")}`;
  if (small) return deeds;
  return html`<div class="actions">${deeds}
    ${desk.may("write") ? html`<button aria-keyshortcuts="l" @click=${() => desk.app.store.set({ page: "log" })}>${t("act.log")} ${key("L")}</button>` : nothing}
    <button aria-keyshortcuts="r" @click=${() => replayAlert(desk, alerts[0]!)}>${t("act.replay")} ${key("R")}</button>
    ${incidentButton(desk)}
  </div>`; // prettier-ignore
}

export function replayAlert(desk: Desk, a: Alert): void {
  goTo(desk, Math.min(a.t, desk.now()) - BEFORE_MS);
}

export type Act = "ack" | "silence" | "dismiss" | "undo";

/** One decision about one or several alerts; each gets its row in the book, all of them or none. */
export async function decide(desk: Desk, act: Act, all: readonly Alert[]): Promise<void> {
  if (!desk.may("decide")) return desk.say(t("error.role"));
  const alerts = all.filter(CAN[act]);
  if (!alerts.length) return;
  const send = (more: object = {}) =>
    desk.api.post("/api/decisions", { act: NAMES[act], events: alerts.map((a) => ({ event_id: a.event_id, version: a.version })), ...more });
  try {
    if (act === "silence") {
      if (!(await silence(desk, alerts, send))) return;
    } else if (act === "dismiss") {
      if (!(await dismiss(alerts, send))) return;
    } else await send();
    desk.say(alerts.length > 1 ? t("act.done_many", { n: alerts.length, done: t(`act.done_${act}`) }) : t(`act.done_${act}`));
    desk.refresh();
  } catch (error) {
    desk.fail(error);
    desk.refresh();
  }
}

type Send = (more?: object) => Promise<unknown>;

const reasonField = (first: boolean) => html`
  <label>${t("decide.reason")}<input name="reason" list="reasons" required maxlength="2000" autocomplete="off" ?data-first=${first} /></label>
  <datalist id="reasons">${REASONS.map((r) => html`<option value=${t(r)}></option>`)}</datalist>`; // prettier-ignore

function silence(desk: Desk, alerts: readonly Alert[], send: Send): Promise<true | null> {
  const a = alerts[0]!;
  const vessels = new Set(alerts.flatMap((one) => one.mmsis)).size;
  const body = html`
    <fieldset class="hours"><legend>${t("decide.how_long")}</legend>
      ${SILENCES_H.map((h, i) => html`<label class="choice"><input type="radio" name="hours" value=${h} ?checked=${h === 6} ?data-first=${i === 2} />${h === 168 ? t("decide.week") : `${h} h`}</label>`)}
      <label class="choice"><input type="radio" name="hours" value="until" />${t("decide.until")}
        <input class="when" name="until" maxlength="20" autocomplete="off" aria-label=${t("decide.until")} placeholder=${forInput(desk.now() + 24 * HOUR_MS)}
          @input=${(e: Event) => ((e.target as HTMLElement).closest("label")!.querySelector<HTMLInputElement>("[type=radio]")!.checked = true)} /> Z</label>
    </fieldset>
    <fieldset><legend>${t("decide.what")}</legend>
      <label class="choice"><input type="radio" name="scope" value="event" checked />${alerts.length > 1 ? t("decide.these_events", { n: alerts.length }) : t("decide.this_event")}</label>
      ${a.mmsis.length ? html`<label class="choice"><input type="radio" name="scope" value="vessel" />${vessels > 1 ? t("decide.these_vessels", { n: vessels }) : t("decide.this_vessel", { who: a.names[0] || `MMSI ${nine(a.mmsis[0]!)}` })}</label>` : nothing}
    </fieldset>
    ${reasonField(false)}`; // prettier-ignore
  return ask(t("act.do_silence"), body, t("act.do_silence"), async (form) => {
    const hours = String(form.get("hours"));
    const until = parse(String(form.get("until")), desk.now(), true);
    if (hours === "until" && !Number.isFinite(until)) throw new Error(t("time.unreadable", { example: forInput(desk.now()) }));
    if (hours === "until" && until <= desk.now()) throw new Error(t("decide.not_ahead", { now: utc(desk.now()) }));
    const end = hours === "until" ? { until } : { hours: Number(hours) };
    await send({ ...end, scope: form.get("scope"), reason: form.get("reason") });
    return true as const;
  });
}

function dismiss(alerts: readonly Alert[], send: Send): Promise<true | null> {
  const body = html`${alerts.length > 1 ? html`<p><strong>${t("decide.these_events", { n: alerts.length })}</strong></p>` : nothing}<p>${t("decide.dismiss_means")}</p>${reasonField(true)}`;
  return ask(t("act.do_dismiss"), body, t("act.do_dismiss"), async (form) => {
    await send({ reason: form.get("reason") });
    return true as const;
  });
}
