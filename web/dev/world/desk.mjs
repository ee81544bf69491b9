// What the officers of the invented node do: sessions, alert states, log, watch lists, hand-overs. In memory only.
import { randomBytes } from "node:crypto";
import { makeAlerts, wholeEvent } from "./alerts.mjs";

export const PASSWORD = "exercise";
const STATE = { acknowledge: "acknowledged", silence: "silenced", dismiss: "dismissed" };
const ACT = { ack: "acknowledge", silence: "silence", dismiss: "dismiss", undo: "undo" };
const refuse = (status, words, code = "") => Object.assign(new Error(words), { status, code });

export class Desk {
  constructor(fleet, { open = false } = {}) {
    this.fleet = fleet;
    this.open = open;
    this.reset();
  }

  reset() {
    this.users = ["viewer", "analyst", "administrator", "release_officer"].map((name) => ({ name, role: name, disabled: false, created: Date.now(), has_password: true, subject: "", sessions: 0, last: null }));
    this.sessions = new Map();
    this.setup = "exercise-setup";
    this.alerts = makeAlerts(this.fleet, Math.floor(Date.now() / 1000));
    this.deeds = [];
    this.log = [];
    this.handovers = [];
    this.audit = [];
    this.tokens = [];
    const entry = (v) => ({ mmsi: String(v.mmsi), imo: "", callsign: "", name: v.name, reason: "EXERCISE: asked for by the fisheries office", source: "", until: "", note: "" });
    this.lists = new Map([["EXERCISE list", this.fleet.slice(20, 24).map(entry)]]);
    this.version = 1;
    this.events = 1;
  }

  logIn(name, password) {
    const user = this.users.find((u) => u.name === name && !u.disabled);
    if (!user || password !== PASSWORD) return null;
    const token = randomBytes(16).toString("hex");
    this.sessions.set(token, user);
    this.did(name, "login", "", "done");
    return token;
  }

  userOf(cookie) {
    const token = /(?:^|; )kizuna=([0-9a-f]+)/.exec(cookie)?.[1];
    const user = this.open ? this.users[1] : this.sessions.get(token);
    return user ? { name: user.name, role: user.role, token } : null;
  }

  did(by, act, object, outcome) {
    this.audit.unshift({ id: this.audit.length + 1, t: Date.now(), by, act, object, outcome, address: "127.0.0.1" });
  }

  alerted() {
    const open = this.alerts.filter((a) => a.state === "new" || a.state === "acknowledged");
    return new Set(open.flatMap((a) => a.mmsis));
  }

  watched() {
    return new Set([...this.lists.values()].flat().map((e) => Number(e.mmsi)));
  }

  event(id) {
    const alert = this.alerts.find((a) => a.event_id === id);
    return alert && wholeEvent(alert, this.deeds.filter((d) => d.event_id === id));
  }

  decide(id, action, user, body) {
    const alert = this.alerts.find((a) => a.event_id === id);
    if (!alert) throw refuse(404, "there is no such alert");
    if (body.version !== undefined && body.version !== alert.version) throw refuse(409, "the event has changed meanwhile", "event_changed");
    if (action === "dismiss" && !body.reason) throw refuse(400, "a dismissal needs a reason", "reason_needed");
    if (action === "silence" && (body.hours === undefined) === (body.until === undefined)) throw refuse(400, "a silence has either hours or until");
    const now = Date.now();
    const undone = new Set(this.deeds.map((d) => d.undoes).filter(Boolean));
    const standing = this.deeds.filter((d) => d.event_id === id && d.act !== "undo" && !undone.has(d.id));
    if (action === "undo" && !standing.length) throw refuse(400, "there is no decision to undo");
    this.deeds.push({
      id: this.deeds.length + 1, t: now, by: user.name, act: ACT[action], event_id: id, event_version: alert.version, mmsi: null,
      until: action === "silence" ? (body.until ?? now + 3600_000 * body.hours) : null, reason: body.reason ?? "",
      undoes: action === "undo" ? standing.at(-1).id : null, scope: body.scope ?? "event",
    }); // prettier-ignore
    const last = action === "undo" ? standing.at(-2) : this.deeds.at(-1);
    Object.assign(alert, { state: last ? STATE[last.act] : "new", by: last?.by ?? null, at: last?.t ?? null, until: last?.until ?? null, reason: last?.reason ?? "" });
    this.did(user.name, `alert.${ACT[action]}`, id, String(this.deeds.length));
    this.version++;
    return alert;
  }

  together(body, user) {
    const action = { acknowledge: "ack", silence: "silence", dismiss: "dismiss", undo: "undo" }[body.act];
    for (const { event_id, version } of body.events) this.decide(event_id, action, user, { ...body, version });
    return { version: this.version, decisions: this.deeds.slice(-body.events.length) };
  }

  makeToken(body, user) {
    const row = { id: this.tokens.length + 1, live: false, delay_s: 900, grid_deg: 0.05, ...body, by: user.name, created: Date.now(), until: Date.now() + 86_400_000 * body.days, revoked: null, used: null };
    this.tokens.unshift(row);
    this.did(user.name, "token.make", `token:${row.id}`, "done");
    return { ...row, secret: randomBytes(32).toString("base64url") };
  }

  raise() {
    const first = makeAlerts(this.fleet, Math.floor(Date.now() / 1000))[this.alerts.length % 5];
    const event_id = `ev-exercise-${String(this.alerts.length + 1).padStart(3, "0")}`;
    this.alerts.unshift({ ...first, event_id, t: Date.now(), state: "new", reason: "" });
    this.events++;
    return event_id;
  }

  write(entry, user) {
    if (!entry.text?.trim()) throw refuse(400, "an entry has 1 to 4000 letters");
    const row = { mmsi: null, event_id: null, lat: null, lon: null, corrects: null, t: Date.now(), ...entry, id: this.log.length + 1, by: user.name, written: Date.now() };
    this.log.unshift(row);
    this.did(user.name, "log.write", String(row.id), "done");
    this.version++;
    return row;
  }

  page() {
    const heard = [...this.lists].flatMap(([list, entries]) => entries.map((e) => ({ list, line: 1, mmsi: Number(e.mmsi), name: e.name, by: "mmsi", reason: e.reason, last_t: Date.now() - 90_000 })));
    return {
      version: this.version, t: Date.now(), since: this.handovers[0]?.t ?? Date.now() - 8 * 3600_000,
      open: this.alerts.filter((a) => a.state === "new" || a.state === "acknowledged"), open_left_out: 0,
      silenced: this.alerts.filter((a) => a.state === "silenced"), log: this.log, watch_hits: heard,
      signed: this.handovers, last: this.handovers[0] ?? null,
    }; // prettier-ignore
  }

  sign(body, user) {
    if (body.desk !== undefined && body.desk !== this.version) throw refuse(409, "the desk has changed since this page was shown");
    const row = { id: this.handovers.length + 1, by: user.name, to: body.to, t: Date.now(), note: body.note ?? "" };
    this.handovers.unshift(row);
    this.did(user.name, "handover.sign", String(row.id), body.to);
    this.version++;
    return row;
  }
}
