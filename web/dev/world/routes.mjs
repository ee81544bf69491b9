// The node's HTTP interface over the invented world.
import { ipc } from "./arrow.mjs";
import { lastHeard, pictureColumns, whereIs } from "./vessels.mjs";

const BLOCK_S = 600;
const HISTORY_S = 24 * 3600;
const KIND_TEXT = ["other", "cargo", "tanker", "passenger", "fishing", "tug", "pleasure craft", "law enforcement", "aid to navigation"];

export function routes({ fleet, desk, layers }) {
  const table = [];
  const on = (method, path, answer, open = false) => {
    const shape = new RegExp(`^${path.replace(/\{(\w+)\}/g, "([^/]+)")}$`);
    table.push({ method, shape, answer, open });
  };
  const now_s = () => Date.now() / 1000;
  const vessel = (mmsi) => fleet.find((v) => v.mmsi === Number(mmsi)) ?? missing();

  on("GET", "/health", () => ({ json: { ok: true } }), true);
  on("POST", "/mock/alert", () => ({ json: { event_id: desk.raise() } }), true);
  on("POST", "/mock/reset", () => (desk.reset(), { json: {} }), true);
  on("POST", "/api/login", ({ body }) => {
    const token = desk.logIn(body.user, body.password);
    if (!token) throw Object.assign(new Error("wrong name or password"), { status: 401 });
    return { json: {}, headers: { "Set-Cookie": `kizuna=${token}; HttpOnly; SameSite=Strict; Path=/` } };
  }, true); // prettier-ignore
  on("POST", "/api/logout", ({ user }) => (desk.sessions.delete(user.token),
    { json: {}, headers: { "Set-Cookie": "kizuna=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0" } })); // prettier-ignore
  on("GET", "/api/me", ({ user }) => ({ json: me(user) }));
  on("GET", "/api/picture", () => {
    const columns = pictureColumns(fleet, now_s(), desk.alerted(), desk.watched());
    return { bytes: ipc(columns), headers: { "X-Kizuna-Version": String(Math.floor(now_s())) } };
  });
  on("GET", "/api/changes", ({ request, response }) => changes(desk, request, response));
  on("GET", "/api/search", ({ url }) => ({ json: { results: search(fleet, url.searchParams.get("q") ?? "") } }));
  on("GET", "/api/vessels/{mmsi}", ({ args: [mmsi] }) => ({ json: card(vessel(mmsi), desk) }));
  on("GET", "/api/vessels/{mmsi}/track", ({ args: [mmsi], url }) => ({ bytes: track(vessel(mmsi), span(url)) }));
  on("GET", "/api/alerts", ({ url }) => ({ json: alerts(desk, url.searchParams.get("state") ?? "open") }));
  on("GET", "/api/events/{id}", ({ args: [id] }) => ({ json: desk.event(id) ?? missing() }));
  for (const action of ["ack", "silence", "dismiss", "undo"])
    on("POST", `/api/alerts/{id}/${action}`, ({ args: [id], user, body }) => {
      if (user.role === "viewer") throw Object.assign(new Error("a viewer decides nothing"), { status: 403 });
      return { json: desk.decide(id, action, user, body) };
    });
  on("GET", "/api/history", ({ url }) => ({ json: history(fleet, desk, span(url)) }));
  on("GET", "/api/block/{start}", ({ args: [start] }) => ({
    bytes: block(fleet, Number(start)),
    headers: { "Cache-Control": "private, max-age=86400, immutable" },
  }));
  on("GET", "/api/layers", () => ({ json: { layers: Object.keys(layers).map((name) => ({ name, features: layers[name].features.length })) } }));
  on("GET", "/api/layers/{name}", ({ args: [name] }) => ({ json: layers[name] ?? missing() }));
  on("GET", "/api/log", () => ({ json: { entries: desk.log } }));
  on("POST", "/api/log", ({ user, body }) => ({ status: 201, json: desk.write(body, user) }));
  on("GET", "/api/handover", () => ({ json: handover(desk) }));
  on("POST", "/api/handover", ({ user, body }) => {
    const row = { id: desk.handovers.length + 1, by: user.name, to: body.to ?? "", t: Date.now(), note: body.note ?? "" };
    desk.handovers.push(row);
    desk.version++;
    return { status: 201, json: row };
  });
  on("GET", "/api/watchlists", () => ({ json: { watchlists: desk.watchlists } }));
  on("PUT", "/api/watchlists", ({ body }) => ((desk.watchlists = body.watchlists ?? []), desk.version++, { json: { watchlists: desk.watchlists } }));
  on("GET", "/api/sources", () => ({ json: { sources: SOURCES } }));
  on("GET", "/api/audit", ({ user }) => {
    if (user.role !== "administrator") throw Object.assign(new Error("administrators only"), { status: 403 });
    return { json: { entries: [] } };
  });
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

const SOURCES = [
  { name: "EXERCISE shore receiver", state: "up", last_ms: Date.now(), per_minute: 5120, licence: "own" },
  { name: "EXERCISE partner feed", state: "down", last_ms: Date.now() - 1_900_000, per_minute: 0, licence: "restricted" },
];

function missing() {
  throw Object.assign(new Error("there is no such thing"), { status: 404 });
}

function me({ name, role }) {
  return {
    user: name, role,
    node: { name: "exercise", title: "Exercise node", context: "exercise", marking: "EXERCISE - SYNTHETIC DATA", exercise: true,
      languages: ["en", "ja", "zh-TW"], home: { lat: 25.4, lon: 124.4, zoom: 6 }, tz: "Asia/Tokyo" },
    origins: [
      { code: 0, name: "Own", shape: "hull" }, { code: 1, name: "Partner", shape: "diamond" },
      { code: 2, name: "Open AIS", shape: "triangle" }, { code: 3, name: "Open source", shape: "ball" },
    ],
  }; // prettier-ignore
}

/** At most four a second are allowed; the invented node says one. */
function changes(desk, request, response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const say = () => {
    const now = Date.now();
    const data = { picture: Math.floor(now / 1000), events: desk.events, desk: desk.version, now, mode: "demo" };
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
  const hits = fleet.filter((v) => v.name.includes(wanted) || String(v.mmsi).startsWith(wanted));
  return hits.slice(0, 12).map((v) => ({ mmsi: v.mmsi, name: v.name, imo: null, callsign: `EX${v.mmsi % 10000}`,
    by: v.name.includes(wanted) ? "name" : "mmsi", likeness: 1, way: "exact", last_t: lastHeard(v, Date.now() / 1000) * 1000 })); // prettier-ignore
}

function card(v, desk) {
  const t = lastHeard(v, Date.now() / 1000);
  const { lon, lat, cog } = whereIs(v, t);
  const events = desk.alerts.filter((a) => a.mmsis.includes(v.mmsi));
  return {
    mmsi: v.mmsi, names: [{ name: v.name, first: (t - 86400) * 1000, last: t * 1000 }], imo: null, callsign: `EX${v.mmsi % 10000}`,
    type: v.kind, type_text: KIND_TEXT[v.kind], length_m: v.fishing ? 24 : 180, flag: null,
    fix: { lat, lon, t: t * 1000, sog_kn: v.sog, cog_deg: cog < 0 ? null : cog, nav_status: v.still ? 1 : 0, source: "EXERCISE shore receiver", station: "EX-1" },
    cautions: v.class_b ? ["Class B: reports rarely"] : [],
    events: events.map(({ event_id, event_type, t: at, confidence, summary, state }) => ({ event_id, event_type, t: at, confidence, summary, state })),
    watch: desk.watchlists.filter((w) => w.mmsis?.includes(v.mmsi)).map((w) => w.name), track_hours: 24,
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
  return { version: desk.version, alerts: desk.alerts.filter((a) => state === "all" || open(a)), counts, silenced: counts.silenced ?? 0 };
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

function handover(desk) {
  const open = desk.alerts.filter((a) => a.state === "new" || a.state === "acknowledged");
  return {
    alerts: open, silenced: desk.alerts.filter((a) => a.state === "silenced"), log: desk.log,
    watch_hits: desk.watchlists.flatMap((w) => (w.mmsis ?? []).map((mmsi) => ({ list: w.name, mmsi }))),
    sources_down: SOURCES.filter((s) => s.state === "down"), signed: desk.handovers,
  }; // prettier-ignore
}
