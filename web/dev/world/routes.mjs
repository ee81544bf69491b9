// The node's HTTP interface over the invented world.
import { groupsOf } from "./alerts.mjs";
import { ipc } from "./arrow.mjs";
import { lastHeard, pictureColumns, whereIs } from "./vessels.mjs";

const BLOCK_S = 600;
const HISTORY_S = 24 * 3600;
const KIND_TEXT = ["other", "cargo", "tanker", "passenger", "fishing", "tug", "pleasure craft", "law enforcement", "aid to navigation"];

export function routes({ fleet, desk, layers, sharing = null }) {
  const table = [];
  const on = (method, path, answer, open = false) => {
    const shape = new RegExp(`^${path.replace(/\{(\w+)\}/g, "([^/]+)")}$`);
    table.push({ method, shape, answer, open });
  };
  const now_s = () => Date.now() / 1000;
  const vessel = (mmsi) => fleet.find((v) => v.mmsi === Number(mmsi)) ?? missing();

  const only = (user, ...roles) => {
    if (!roles.includes(user.role)) throw Object.assign(new Error("this needs another role"), { status: 403 });
  };

  on("GET", "/health", () => ({ json: { ok: true } }), true);
  on("POST", "/mock/alert", () => ({ json: { event_id: desk.raise() } }), true);
  on("POST", "/mock/reset", () => (desk.reset(), sharing?.reset(), { json: {} }), true);
  sharing?.routes(on, only);
  on("POST", "/mock/expire", () => (desk.sessions.clear(), { json: {} }), true);
  on("GET", "/api/entry", () => ({ json: { marking: "EXERCISE - SYNTHETIC DATA", languages: ["en", "ja", "zh-TW"], oidc: null } }), true);
  const session = (token) => ({ json: {}, headers: { "Set-Cookie": `kizuna=${token}; HttpOnly; SameSite=Strict; Path=/` } });
  on("POST", "/api/login", ({ body }) => {
    const token = desk.logIn(body.user, body.password);
    if (!token) throw Object.assign(new Error("user or password is wrong"), { status: 401, code: "wrong_password" });
    return session(token);
  }, true); // prettier-ignore
  on("POST", "/api/setup", ({ body }) => {
    if (body.token !== desk.setup) throw Object.assign(new Error("the set-up link does not hold"), { status: 403 });
    desk.setup = null;
    desk.users.push({ name: body.user, role: "administrator", disabled: false, created: Date.now(), has_password: true, subject: "" });
    return session(desk.logIn(body.user, "exercise"));
  }, true); // prettier-ignore
  on("POST", "/api/logout", ({ user }) => (desk.sessions.delete(user.token),
    { json: {}, headers: { "Set-Cookie": "kizuna=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0" } })); // prettier-ignore
  on("GET", "/api/me", ({ user }) => ({ json: { ...me(user), sharing: sharing !== null, party: sharing ? "north" : "" } }));
  on("GET", "/api/picture", () => {
    const columns = pictureColumns(fleet, now_s(), desk.alerted(), desk.watched());
    return { bytes: ipc(columns), headers: { "X-Kizuna-Version": String(Math.floor(now_s())) } };
  });
  on("GET", "/api/changes", ({ request, response }) => changes(desk, sharing, request, response));
  on("GET", "/api/search", ({ url }) => ({ json: { results: search(fleet, url.searchParams.get("q") ?? "") } }));
  on("GET", "/api/vessels/{mmsi}", ({ args: [mmsi] }) => ({ json: card(vessel(mmsi), desk) }));
  on("GET", "/api/vessels/{mmsi}/track", ({ args: [mmsi], url }) => ({ bytes: track(vessel(mmsi), span(url)) }));
  on("GET", "/api/alerts", ({ url }) => ({ json: alerts(desk, url.searchParams.get("state") ?? "open") }));
  on("GET", "/api/events/{id}", ({ args: [id] }) => ({ json: desk.event(id) ?? missing() }));
  for (const action of ["ack", "silence", "dismiss", "undo"])
    on("POST", `/api/alerts/{id}/${action}`, ({ args: [id], user, body }) => {
      only(user, "analyst", "administrator");
      return { json: desk.decide(id, action, user, body) };
    });
  on("GET", "/api/detections", ({ url }) => ({ json: { version: 1, detections: detections(fleet, span(url)), left_out: 0 } }));
  on("POST", "/api/decisions", ({ user, body }) => (only(user, "analyst", "administrator"), { json: desk.together(body, user) }));
  on("GET", "/api/names", () => ({ json: NAMES }));
  on("GET", "/api/claims", () => ({ json: layers.claims ?? missing() }));
  on("GET", "/api/admin/tokens", ({ user }) => (only(user, "administrator"), { json: { tokens: desk.tokens } }));
  on("POST", "/api/admin/tokens", ({ user, body }) => (only(user, "administrator"), { status: 201, json: desk.makeToken(body, user) }));
  on("DELETE", "/api/admin/tokens/{id}", ({ user, args: [id] }) => {
    only(user, "administrator");
    const token = desk.tokens.find((one) => one.id === Number(id)) ?? missing();
    token.revoked = Date.now();
    return { json: {} };
  });
  on("GET", "/api/audit/check", ({ user }) => (only(user, "administrator"), { json: { whole: true, lines: desk.audit.length, head: "ab".repeat(32), noted: null, faults: [] } }));
  on("GET", "/api/history", ({ url }) => ({ json: history(fleet, desk, span(url)) }));
  on("GET", "/api/block/{start}", ({ args: [start] }) => ({
    bytes: block(fleet, Number(start)),
    headers: { "Cache-Control": "private, max-age=86400, immutable" },
  }));
  on("GET", "/api/layers", () => ({ json: { layers: Object.keys(layers).map((name) => ({
    name, there: layers[name].features.length > 0,
    ...(["coverage", "presence"].includes(name) ? { calculated: Date.now() - 1_800_000, from: Date.now() - 90_000_000, to: Date.now() - 3_600_000, cells: layers[name].features.length } : {}),
  })) } }));
  on("GET", "/api/layers/{name}", ({ args: [name] }) => ({ json: layers[name] ?? missing() }));
  on("GET", "/api/log", () => ({ json: { version: desk.version, entries: desk.log } }));
  on("POST", "/api/log", ({ user, body }) => (only(user, "analyst", "administrator"), { status: 201, json: desk.write(body, user) }));
  on("GET", "/api/handover", ({ user }) => (only(user, "analyst", "administrator"),
    { json: { ...desk.page(), sources_down: sources().filter((s) => s.state !== "up") } })); // prettier-ignore
  on("POST", "/api/handover", ({ user, body }) => (only(user, "analyst", "administrator"), { status: 201, json: desk.sign(body, user) }));
  on("GET", "/api/watchlists", () => ({
    json: { version: desk.version, lists: [...desk.lists].map(([name, entries]) => ({ name, entries, hits: entries.map((e) => ({ list: name, mmsi: Number(e.mmsi) })) })) },
  }));
  on("PUT", "/api/watchlists", ({ user, body }) => {
    only(user, "analyst", "administrator");
    if (body.entries.length) desk.lists.set(body.name, body.entries);
    else desk.lists.delete(body.name);
    desk.version++;
    return { json: { name: body.name, entries: body.entries.length, version: desk.version } };
  });
  on("GET", "/api/sources", () => ({ json: { sources: sources() } }));
  on("GET", "/api/admin/users", ({ user }) => (only(user, "administrator"), { json: { users: desk.users } }));
  on("POST", "/api/admin/users", ({ user, body }) => {
    only(user, "administrator");
    const made = { name: body.name, role: body.role, disabled: false, created: Date.now(), has_password: true, subject: "" };
    desk.users.push(made);
    return { status: 201, json: made };
  });
  on("PUT", "/api/admin/users/{name}", ({ user, args: [name], body }) => {
    only(user, "administrator");
    const found = desk.users.find((u) => u.name === name) ?? missing();
    const { password, ...change } = body;
    return { json: Object.assign(found, change) };
  });
  on("GET", "/api/audit", ({ user, url }) => (only(user, "administrator"), { json: { lines: desk.audit.filter((l) => url.searchParams.get("act") === null || l.act.startsWith(url.searchParams.get("act"))), people: [...new Set(desk.audit.map((l) => l.by))], head: { id: desk.audit.length, hash: "ab".repeat(32) } } }));
  return {
    find(method, path) {
      for (const route of table) {
        const hit = route.method === method && route.shape.exec(path);
        if (hit) return { ...route, args: hit.slice(1).map(decodeURIComponent) };
      }
      return path.startsWith("/api/") ? { open: false, args: [], answer: missing } : null;
    },
  };
}

/** What invented sensors saw of the invented fleet, and of ships that send nothing. */
function detections(fleet, { from, to }) {
  if (fleet.length === 0) return [];
  const kinds = ["radar", "sar", "rf", "uav", "visual", "report"];
  const now = Math.floor(Date.now() / 60_000) * 60_000;
  const out = [];
  for (let k = 0; k < 36; k++) {
    const t = now - (k < 12 ? 3 + k : k * 24) * 60_000;
    const v = fleet[(k * 37) % fleet.length];
    const alone = k % 3 === 1;
    const at = whereIs(v, t / 1000);
    out.push({
      id: String(1000 + k), t, lat: at.lat + (alone ? 0.21 : 0.004), lon: at.lon + (alone ? 0.17 : 0.003), sensor: kinds[k % 6],
      source: "EXERCISE sensor", ref: `c${k}`, scene: "", image_ref: "", verdict: k === 0 ? "waits" : alone ? "dark" : "match", final: k > 20,
      mmsi: alone || k === 0 ? null : v.mmsi, name: alone || k === 0 ? "" : v.name, event_id: null, accuracy_m: 100, length_m: k % 2 ? 45 : null,
      course_deg: null, speed_kn: null, score: k % 2 ? 0.8 : null, probability: alone || k === 0 ? null : 0.97,
      ais_probability: k === 0 ? null : alone ? 0.04 : 0.98, distance_m: alone ? 21_000 : 380,
    });
  }
  return out.filter((d) => d.t >= from && d.t < to);
} // prettier-ignore

const sources = () => [
  { source: "EXERCISE shore receiver", kind: "tcp", station: "EX-1", state: "up", detail: "", since: iso(Date.now() - 7200_000), last: iso(Date.now() - 1000),
    lines_per_s: 85.3, rejects: { checksum: 12 }, licence: "own", pass_on: true, pass_on_to: ["all"], pass_on_days: 30, dropped: 0 },
  { source: "EXERCISE partner feed", kind: "websocket", station: "", state: "down", detail: "nothing came for 1900 s",
    since: iso(Date.now() - 1_900_000), last: iso(Date.now() - 1_900_000), lines_per_s: 0, rejects: {}, licence: "restricted", pass_on: false, pass_on_to: [], pass_on_days: 0, dropped: 0 },
]; // prettier-ignore
const iso = (ms) => new Date(ms).toISOString();

function missing() {
  throw Object.assign(new Error("there is no such thing"), { status: 404 });
}

function me({ name, role }) {
  return {
    user: name, role,
    node: { name: "exercise", title: "Exercise node", context: "exercise", marking: "EXERCISE - SYNTHETIC DATA", exercise: true,
      languages: ["en", "ja", "zh-TW"], home: { lat: 25.4, lon: 124.4, zoom: 6 }, tz: "Asia/Tokyo" },
    marking: { words: "EXERCISE - SYNTHETIC DATA", tlp: "AMBER", rel_to: ["north", "south"], caveats: [] },
    origins: [
      { code: 0, name: "Own", shape: "hull" }, { code: 1, name: "Partner", shape: "diamond" },
      { code: 2, name: "Open AIS", shape: "triangle" }, { code: 3, name: "Open source", shape: "ball" },
    ],
  }; // prettier-ignore
}

/** The node's own names: an exercise zone, its partners and a place, and two viewpoints. */
const NAMES = {
  zones: { "ex-precaution": { en: "EXERCISE precautionary area", ja: "EXERCISE 警戒区域", "zh-TW": "EXERCISE 警戒區" }, a: { en: "EXERCISE area W", ja: "EXERCISE 区域W", "zh-TW": "EXERCISE 區域 W" }, b: { en: "EXERCISE area W", ja: "EXERCISE 区域W", "zh-TW": "EXERCISE 區域 W" } },
  partners: { A: { en: "Party A", ja: "甲", "zh-TW": "甲方" }, B: { en: "Party B", ja: "乙", "zh-TW": "乙方" } },
  ports: {}, places: [{ lat: 25.4, lon: 124.6, radius_m: 9000, names: { en: "EXERCISE home island", ja: "EXERCISE 島", "zh-TW": "EXERCISE 島" } }],
  view: "neutral", views: [{ id: "neutral", names: {} }, { id: "A", names: { en: "Party A" } }, { id: "B", names: { en: "Party B" } }],
}; // prettier-ignore

/** At most four a second are allowed; the invented node says one. */
function changes(desk, sharing, request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const say = () => {
    const now = Date.now();
    const data = { picture: Math.floor(now / 1000), events: desk.events, desk: desk.version, now, mode: "demo", ...(sharing ? { share: sharing.version, incidents: sharing.cases } : {}) };
    response.write(`event: versions\nid: ${now}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  say();
  const timer = setInterval(say, 1000);
  request.on("close", () => clearInterval(timer));
  response.on("close", () => clearInterval(timer));
}

function span(url) {
  const to = time(url.searchParams.get("to")) ?? Date.now();
  return { from: time(url.searchParams.get("from")) ?? to - HISTORY_S * 1000, to };
}

/** Milliseconds, seconds or an ISO time. */
function time(text) {
  if (!text) return null;
  const n = Number(text);
  return Number.isFinite(n) ? (n < 1e11 ? n * 1000 : n) : Date.parse(text);
}

function search(fleet, q) {
  const wanted = q.trim().toUpperCase();
  if (!wanted) return [];
  const now = Date.now() / 1000;
  const row = (v, name, by, likeness, way) => ({ mmsi: v.mmsi, name, imo: null, callsign: `EX${v.mmsi % 10000}`, by, likeness, way, last_t: lastHeard(v, now) * 1000 });
  return fleet
    .flatMap((v) => {
      const read = READINGS.find((r) => v.name.includes(r.name) && r.also.some((a) => a.includes(wanted)));
      if (String(v.mmsi).startsWith(wanted)) return [row(v, v.name, "mmsi", 1, "")];
      if (v.name.includes(wanted)) return [row(v, v.name, "name", 1, "spelling")];
      return read ? [row(v, v.name, "name", 0.97, read.way)] : [];
    })
    .slice(0, 12);
}

/** Other ways to write names of the invented fleet. */
const READINGS = [
  { name: "KAMOME", also: ["かもめ", "カモメ", "鴎"], way: "Japanese reading" },
  { name: "AOZORA", also: ["青空", "あおぞら"], way: "Japanese reading" },
  { name: "BAIYUN", also: ["白雲", "白云"], way: "Mandarin reading, pinyin" },
];

function card(v, desk) {
  const t = lastHeard(v, Date.now() / 1000);
  const { lon, lat, cog } = whereIs(v, t);
  const events = desk.alerts.filter((a) => a.mmsis.includes(v.mmsi));
  const names = [{ name: v.name, first: (t - 86400) * 1000, last: t * 1000 }];
  // a name from outside may be anything; this one tries to be a program
  if (v.mmsi % 37 === 4) names.push({ name: 'EXERCISE <img src=x onerror="document.title=1">', first: (t - 900_000) * 1000, last: (t - 90_000) * 1000 });
  return {
    mmsi: v.mmsi, names, imo: null, callsign: `EX${v.mmsi % 10000}`,
    type: v.kind, type_text: KIND_TEXT[v.kind], length_m: v.fishing ? 24 : 180, flag: "unassigned",
    fix: { lat, lon, t: t * 1000, sog_kn: v.sog, cog_deg: cog < 0 ? null : cog, nav_status: v.still ? 1 : 0, source: "EXERCISE shore receiver", station: "EX-1" },
    cautions: names.length > 1 ? [{ code: "names", facts: { n: 2, which: names.map((n) => n.name).join(", ") }, text: "It sent 2 names." }] : [],
    events: events.map((a) => ({ event_id: a.event_id, event_type: a.event_type, mmsis: a.mmsis, t: a.t - 3600_000, end: a.t, confidence_word: a.word, summary: a.summary, status: "closed" })),
    watch: [...desk.lists].flatMap(([list, entries]) => entries.filter((e) => e.mmsi === String(v.mmsi)).map((e) => ({ list, reason: e.reason }))), track_hours: 24,
  }; // prettier-ignore
}

function track(v, { from, to }) {
  const end = Math.min(to / 1000, lastHeard(v, Date.now() / 1000));
  const t_ms = [];
  for (let t = Math.ceil(from / 60000) * 60; t <= end; t += 60)
    if ((v.mmsi + Math.floor(t / 5400)) % 9 !== 0) t_ms.push(BigInt(t) * 1000n);
  const spots = t_ms.map((t) => whereIs(v, Number(t) / 1000));
  return ipc({
    t_ms: BigInt64Array.from(t_ms), lon: Float64Array.from(spots, (s) => s.lon), lat: Float64Array.from(spots, (s) => s.lat),
    sog: Float32Array.from(spots, () => v.sog),
  }); // prettier-ignore
}

function alerts(desk, state) {
  const counts = {};
  for (const a of desk.alerts) counts[a.state] = (counts[a.state] ?? 0) + 1;
  const open = (a) => a.state === "new" || a.state === "acknowledged" || a.state === "withdrawn";
  return { version: desk.version, alerts: desk.alerts.filter((a) => state === "all" || open(a)), groups: groupsOf(desk.alerts), watch_h: 8, counts, silenced: counts.silenced ?? 0 };
}

function history(fleet, desk, { from, to }) {
  const first = Math.ceil(from / 1000 / BLOCK_S) * BLOCK_S;
  const blocks = [];
  for (let s = first; s + BLOCK_S <= to / 1000; s += BLOCK_S) blocks.push(s);
  const counts = blocks.map((s) => Math.round(fleet.length * 10 * (0.75 + 0.25 * Math.sin(s / 7000) + 0.06 * Math.sin(s))));
  const events = desk.alerts.filter((a) => a.t >= from && a.t <= to).map((a) => ({ t: a.t, type: a.event_type, id: a.event_id }));
  return { block_s: BLOCK_S, blocks, counts, events };
}

/** A fix a minute of every vessel heard in the block. */
function block(fleet, start) {
  const rows = [];
  for (const v of fleet)
    for (let t = start + (v.mmsi % 60); t < start + BLOCK_S; t += 60)
      if ((v.mmsi + Math.floor(t / 5400)) % 9 !== 0) rows.push([v, t, whereIs(v, t)]);
  return ipc({
    mmsi: Int32Array.from(rows, ([v]) => v.mmsi), t_s: Int32Array.from(rows, ([, t]) => t),
    lon_e7: Int32Array.from(rows, ([, , s]) => Math.round(s.lon * 1e7)),
    lat_e7: Int32Array.from(rows, ([, , s]) => Math.round(s.lat * 1e7)),
    sog_dkn: Int16Array.from(rows, ([v]) => Math.round(v.sog * 10)),
    cog_ddeg: Int16Array.from(rows, ([, , s]) => (s.cog < 0 ? -1 : Math.round(s.cog * 10) % 3600)),
  }); // prettier-ignore
}
