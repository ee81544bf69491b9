// What the officers of the invented node do: sessions, alert states, log, watch lists, hand-overs. In memory only.
import { randomBytes } from "node:crypto";
import { makeAlerts, wholeEvent } from "./alerts.mjs";

const USERS = { viewer: "viewer", analyst: "analyst", administrator: "administrator" };
export const PASSWORD = "exercise";

export class Desk {
  constructor(fleet, { open = false } = {}) {
    this.fleet = fleet;
    this.open = open;
    this.reset();
  }

  reset() {
    this.sessions = new Map();
    this.alerts = makeAlerts(this.fleet, Math.floor(Date.now() / 1000));
    this.history = new Map();
    this.log = [];
    this.handovers = [];
    this.watchlists = [{ id: 1, name: "EXERCISE watch list", mmsis: this.fleet.slice(20, 26).map((v) => v.mmsi) }];
    this.version = 1;
    this.events = 1;
  }

  logIn(user, password) {
    if (!(user in USERS) || password !== PASSWORD) return null;
    const token = randomBytes(16).toString("hex");
    this.sessions.set(token, user);
    return token;
  }

  userOf(cookie) {
    const token = /(?:^|; )kizuna=([0-9a-f]+)/.exec(cookie)?.[1];
    const name = this.open ? "analyst" : this.sessions.get(token);
    return name ? { name, role: USERS[name], token } : null;
  }

  alerted() {
    const open = this.alerts.filter((a) => a.state === "new" || a.state === "acknowledged");
    return new Set(open.flatMap((a) => a.mmsis));
  }

  watched() {
    return new Set(this.watchlists.flatMap((w) => w.mmsis ?? []));
  }

  event(id) {
    const alert = this.alerts.find((a) => a.event_id === id);
    return alert && wholeEvent(alert, this.history.get(id) ?? []);
  }

  decide(id, action, user, body) {
    const alert = this.alerts.find((a) => a.event_id === id);
    if (!alert) throw Object.assign(new Error("no such alert"), { status: 404 });
    const now = Date.now();
    const state = { ack: "acknowledged", silence: "silenced", dismiss: "dismissed", undo: "new" }[action];
    if (action !== "ack" && action !== "undo" && !body.reason && action === "dismiss")
      throw Object.assign(new Error("a dismissal needs its reason"), { status: 422 });
    const until = action === "silence" ? (body.until ?? now + 3600_000 * (body.hours ?? 24)) : null;
    Object.assign(alert, { state, by: user.name, at: now, until, reason: body.reason ?? null });
    const rows = this.history.get(id) ?? [];
    this.history.set(id, [...rows, { action, by: user.name, at: now, until, reason: body.reason ?? null, scope: body.scope ?? null }]);
    this.version++;
    return alert;
  }

  raise() {
    const first = makeAlerts(this.fleet, Math.floor(Date.now() / 1000))[this.alerts.length % 7];
    const event_id = `ev-exercise-${String(this.alerts.length + 1).padStart(3, "0")}`;
    this.alerts.unshift({ ...first, event_id, t: Date.now() });
    this.events++;
    return event_id;
  }

  write(entry, user) {
    const row = { id: this.log.length + 1, t: Date.now(), by: user.name, kind: "note", ...entry };
    this.log.push(row);
    this.version++;
    return row;
  }
}
