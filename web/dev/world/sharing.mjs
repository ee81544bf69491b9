// The invented node's partners: what the real node answered once (dev/sharing.json, written by its tests), moved to now,
// with enough life in it that pages can be worked: rules proposed and approved, requests answered, cases written in.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beside, correct, corrections } from "./corrections.mjs";
import { whereIs } from "./vessels.mjs";

const TOLD = JSON.parse(readFileSync(fileURLToPath(new URL("../sharing.json", import.meta.url)), "utf8"));
/** One reason by code, with what lies within it. */
const reason = (code, facts, english, ...because) => ({ code, facts, reason: english, because });
const refuse = (status, words, code = "") => Object.assign(new Error(words), { status, code });
const OFFICE = ["release_officer", "administrator"];

/** Times of the recording become times around now. */
function moved(value, by) {
  if (typeof value === "number") return value > 1.6e12 && value < 2e12 ? value + by : value;
  if (Array.isArray(value)) return value.map((v) => moved(v, by));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, moved(v, by)]));
  return value;
}

const leave = ({ records = [], kinds = [], subjects = [], from_ms = null, to = "", purpose = [] }) => ({ records, kinds, subjects, from_ms, to, purpose });

/** Leave of every sort: given, held, asked by both sides; keys that a carrier brought, and what waits for them. */
function leaves(now) {
  const [hour, day] = [3_600_000, 86_400_000];
  const id = (two) => two.repeat(32);
  return {
    me: "north", now_ms: now, by_label: [], received: [], proposals: [],
    grants: [
      { ...leave({ kinds: ["track.position", "event.*"], subjects: ["mmsi:200000007"], from_ms: now - day, to: "east" }), id: id("a1"), origin: "north", mine: true, state: "open", until_ms: now + 29 * day, at_ms: now - day, by: "release_officer", via: ["south"], request: null, carrier: "",
        went: [{ carrier: "south", to: "east", records: 412, last_ms: now - 4 * 60_000 }] },
      { ...leave({ records: [id("01"), id("02")], to: "west" }), id: id("a2"), origin: "north", mine: true, state: "over", until_ms: now - 2 * day, at_ms: now - 30 * day, by: "administrator", via: ["south"], request: null, carrier: "", went: [] },
      { ...leave({ kinds: ["cti.stix"], from_ms: now - 3 * day, to: "west" }), id: id("a3"), origin: "east", mine: false, state: "open", until_ms: now + 30 * hour, at_ms: now - 3 * day, by: "", via: ["north"], request: null, carrier: "",
        went: [{ carrier: "north", to: "west", records: 3, last_ms: now - 2 * hour }] },
    ],
    asked: [
      { ...leave({ records: [id("03"), id("04"), id("05")], to: "east", purpose: ["SAR"] }), id: id("b1"), by: "south", of: "north", mine: false, answered: false, state: "asked", text: "EXERCISE: East patrols there tonight.", why: "", at_ms: now - 20 * 60_000, until_ms: now + 2 * day, officer: "", grant: null },
      { ...leave({ records: [id("06")], to: "west" }), id: id("b2"), by: "north", of: "south", mine: true, answered: true, state: "refused", text: "EXERCISE: may West have it?", why: "EXERCISE: not before the review.", at_ms: now - 5 * hour, until_ms: null, officer: "release_officer", grant: null },
    ],
    strangers: [{ party: "cape", fingerprint: "3f2a-91bc-0d4e-77aa-5510-c2e9", carriers: ["south"], confirmed: false }],
    aside: [{ record: id("07"), carrier: "south", origin: "cape", why: "nobody here has confirmed the root key of cape", kind: "track.position", at_ms: now - hour,
      because: [{ code: "check.keys", facts: {}, reason: "the keys by which to judge it are not here, or not confirmed", because: [], exact: false }] }],
  };
}

export class Sharing {
  constructor(fleet) {
    this.fleet = fleet;
    this.reset();
  }

  reset() {
    const told = moved(TOLD, Date.now() - TOLD.incident.newest_ms);
    this.version = 1;
    this.cases = 1;
    this.state = { ...told.sharing, title: "EXERCISE North", context: "exercise:mock" };
    const south = this.state.partners[0];
    Object.assign(south, { title: "EXERCISE South", told: 1412, received: 906 });
    const other = (id, title, link, more) => ({ ...south, id, title, audiences: [id], link: { ...south.link, ...link }, agreement: null, ...more });
    this.state.partners = [
      south,
      other("east", "EXERCISE East", { state: "behind", behind: 214, lanes: { flash: 0, routine: 34, bulk: 180 } }, { told: 320, received: 12 }),
      other("west", "EXERCISE West", { state: "down", last_heard_ms: Date.now() - 47 * 60_000, behind: 12, lanes: { flash: 2, routine: 10, bulk: 0 }, why: "connection refused" }, { told: 88, received: 40 }),
    ];
    this.state.waiting = { ...this.state.waiting, requests: 1, reviews: 1, leaves: 1 };
    this.leaves = leaves(Date.now());
    this.rules = { ...told.rules };
    this.proposal = told.rules_proposed.proposals[0];
    this.told = told;
    this.requests = told.requests.requests.map((r) => ({ ...r, by: "south", to: "north", owed: true, mine: false, text: "EXERCISE: which vessels passed the cable?" }));
    this.reviews = { waiting: told.reviews.waiting, done: [] };
    this.recalls = told.recalls.recalls;
    this.recalls[0].hops.push({ party: "east", via: "south", depth: 2, state: "pending", why: "" }, { party: "west", via: "north", depth: 1, state: "refused", why: "kept as evidence" });
    this.corrections = corrections([told.ledger_record.id, told.ledger.rows[0].record], Date.now());
    this.incidents = new Map([[told.incident.id, { ...told.incident, title: "EXERCISE: fishing boat overdue" }]]);
    this.incidents.get(told.incident.id).coordinator = "north";
  }

  routes(on, only) {
    const office = (user) => only(user, ...OFFICE);
    const desk = (user) => only(user, "analyst", ...OFFICE);
    const get = (path, answer, who = () => undefined) => on("GET", path, (a) => (who(a.user), { json: answer(a) }));
    const post = (path, answer, who = office, status = 200) => on("POST", path, (a) => (who(a.user), { status, json: answer(a) ?? {} }));
    const base = "/api/sharing";
    get(base, ({ user }) => (OFFICE.includes(user.role) ? this.state : { ...this.state, waiting: null, partners: this.state.partners.map(({ id, title, state, agreement, distress, link }) => ({ id, title, state, agreement, distress, link: { state: link.state, last_heard_ms: link.last_heard_ms } })) }));
    get(`${base}/rules`, () => ({ ...this.rules, proposals: this.proposed ? [this.proposed] : [] }), office);
    get(`${base}/rules/choices`, () => this.told.choices, office);
    post(`${base}/rules/check`, ({ body }) => this.check(body.text));
    post(`${base}/rules/preview`, () => this.preview());
    post(`${base}/rules/propose`, ({ body, user }) => this.propose(body.text, user), office, 201);
    post(`${base}/rules/approve`, ({ user }) => this.approve(user));
    post(`${base}/rules/withdraw`, () => ((this.proposed = null), (this.state.rules.proposed = null), this.version++, this.state.rules));
    post(`${base}/rules/rollback`, () => this.state.rules);
    post(`${base}/rules/stop`, () => (this.version++, (this.state.rules = { version: 0, hash: "", activated_at: null, by: [], proposed: null })));
    get(`${base}/who`, ({ url }) => this.who(url), desk);
    on("GET", `${base}/as/{partner}`, ({ user, args: [partner] }) => (desk(user), { json: this.as(partner) }));
    get(`${base}/ledger`, ({ url }) => ({ rows: this.told.ledger.rows.filter((r) => !url.searchParams.get("partner") || r.to === url.searchParams.get("partner")), next: null }), office);
    get(`${base}/ledger/{record}`, () => ({ ...this.told.ledger_record, corrections: beside(this.corrections) }), office);
    get(`${base}/corrections`, () => ({ corrections: this.corrections }), office);
    post(`${base}/corrections`, ({ body, user }) => correct(this, body, user), office, 201);
    get(`${base}/recalls`, () => ({ recalls: this.recalls }), office);
    post(`${base}/recalls`, ({ body, user }) => (this.version++, this.recalls.unshift({ ...this.recalls[0], id: "a1".repeat(32), officer: user.name, ...body, records: 1, first: [body.record ?? ""], at_ms: Date.now(), hops: [{ party: "south", via: "north", depth: 1, state: "asked", why: "" }] })), office, 201);
    get(`${base}/grants`, () => this.leaves, office);
    post(`${base}/grants`, ({ body, user }) => this.give(body, user), office, 201);
    post(`${base}/grants/ask`, ({ body }) => (this.version++, this.leaves.asked.unshift({ ...leave(body), id: "e5".repeat(32), by: "north", mine: true, of: body.of, text: body.text, at_ms: Date.now(), state: "asked", why: "", answered: false, until_ms: null }), this.leaves), office, 201);
    post(`${base}/grants/proposed/{id}`, ({ args: [id], user, body }) => this.second(id, user, body.approve));
    post(`${base}/grants/asked/{id}/refuse`, ({ args: [id], body }) => this.answered(id, { state: "refused", why: body.why }));
    post(`${base}/grants/{id}/end`, ({ args: [id] }) => (this.version++, (this.leaves.grants.find((g) => g.id === id).state = "ended"), this.leaves));
    post(`${base}/originators/{party}`, ({ args: [party], body }) => {
      const found = this.leaves.strangers.find((s) => s.party === party);
      if (body.fingerprint !== found.fingerprint) throw refuse(403, "the keys that were brought have another fingerprint", "fingerprint");
      found.confirmed = true;
      this.leaves.aside = [];
      this.version++;
      return this.leaves;
    });
    get(`${base}/requests`, () => ({ me: "north", requests: this.requests }), desk);
    post(`${base}/requests`, ({ body }) => (this.version++, this.requests.push({ ...this.requests[0], id: "b2".repeat(32), by: "north", to: body.to, owed: false, mine: true, state: "asked", text: body.text, kinds: body.kinds, subject: body.subject })), desk, 201);
    for (const what of ["answer", "refuse"])
      post(`${base}/requests/{id}/${what}`, ({ args: [id], body }) => {
        const found = this.requests.find((r) => r.id === id);
        Object.assign(found, { owed: false, state: what === "refuse" ? "refused" : body.verdict, why: body.why ?? body.text ?? "" });
        this.state.waiting.requests = 0;
        this.version++;
      });
    post(`${base}/requests/{id}/withdraw`, ({ args: [id] }) => (this.version++, (this.requests.find((r) => r.id === id && r.mine).state = "withdrawn"), { requests: this.requests }), desk);
    get(`${base}/reviews`, () => this.reviews, desk);
    post(`${base}/reviews/{id}`, ({ user, args: [id] }) => {
      const act = this.reviews.waiting.find((r) => r.id === id);
      if (act?.officer === user.name) throw refuse(403, "an act is reviewed by a second person", "second_person");
      this.reviews.waiting = this.reviews.waiting.filter((r) => r.id !== id);
      this.state.waiting.reviews = 0;
      this.version++;
    }, desk);
    get(`${base}/quarantine`, () => this.told.quarantine, office);
    get(`${base}/agreements`, () => this.told.agreements, office);
    get(`${base}/exposure/{partner}`, ({ args: [partner] }) => ({ ...this.told.exposure, partner, through: [{ by: "east", through: "grant a1b2c3d4e5", records: 3 }] }), office);
    post(`${base}/partners/{id}/end`, ({ args: [id], body }) => {
      if (body.confirm !== id) throw refuse(400, "confirm repeats the id", "confirm");
      this.partner(id).state = "revoked";
      this.version++;
      return this.told.ended;
    });
    post(`${base}/partners/{id}/pause`, ({ args: [id] }) => ((this.partner(id).state = "paused"), this.version++, this.state));
    post(`${base}/partners/{id}/resume`, ({ args: [id] }) => ((this.partner(id).state = "active"), this.version++, this.state));
    post(`${base}/introduce`, () => ({ file: "RVhFUkNJU0U=", name: "north.intro.json" }), office, 201);
    this.cases_routes(on, only);
  }

  give(body, user) {
    this.version++;
    const made = { ...leave(body), id: "d4".repeat(32), origin: "north", mine: true, until_ms: body.until_ms, at_ms: Date.now(), by: user.name, via: body.via ?? ["south"], state: "open", went: [], request: body.request ?? null };
    if (body.to === "west") {
      this.leaves.proposals.push({ ...made, by: user.name });
      this.state.waiting.grants = 1;
      return { id: made.id, ...this.leaves, state: "proposed" };
    }
    if (body.request) this.answered(body.request, { state: "granted", grant: made.id });
    this.leaves.grants.unshift(made);
    return { id: made.id, ...this.leaves, state: "given" };
  }

  answered(id, how) {
    Object.assign(this.leaves.asked.find((a) => a.id === id), { answered: true, ...how });
    this.state.waiting.leaves = 0;
    this.version++;
    return this.leaves;
  }

  second(id, user, approve) {
    const found = this.leaves.proposals.find((p) => p.id === id);
    if (approve && found.by === user.name) throw refuse(403, "another person than the one who gave it must approve", "two-persons");
    this.leaves.proposals = this.leaves.proposals.filter((p) => p !== found);
    this.state.waiting.grants = 0;
    if (approve) this.leaves.grants.unshift({ ...found, by: `${found.by} + ${user.name}` });
    this.version++;
    return this.leaves;
  }

  cases_routes(on, only) {
    const watch = (user) => only(user, "analyst", "administrator");
    on("GET", "/api/phrasebook", () => ({ json: this.told.phrasebook }));
    on("GET", "/api/incidents", () => ({ json: { version: this.cases, me: "north", incidents: [...this.incidents.values()].map((i) => ({ ...i, entries: i.timeline.length, waits: waitsOf(i) })) } }));
    on("GET", "/api/incidents/{id}", ({ args: [id] }) => ({ json: this.case(id) }));
    on("GET", "/api/incidents/{id}/sitrep", ({ url }) => ({ json: this.sitrep(url.searchParams.get("form")) }));
    const act = (path, deed, status = 200) =>
      on("POST", path, ({ user, body, args }) => {
        watch(user);
        const id = deed(body, user, ...args);
        this.cases++;
        return { status, json: this.case(id ?? args[0]) };
      });
    act("/api/incidents", (body, user) => this.begin(body, user), 201);
    act("/api/incidents/{id}/entries", (body, user, id) => this.entry(this.case(id), body, user, "north"), 201);
    act("/api/incidents/{id}/join", (body, user, id) => this.line(this.case(id), "north", user.name, "offer", body.act === "join" ? ["Joined", "参加", "加入"] : ["Declined", "辞退", "婉拒"]));
    act("/api/incidents/{id}/offer", (body, user, id) => this.offer(this.case(id), body, user));
    act("/api/incidents/{id}/tasks/{task}", (body, user, id, task) => this.task(this.case(id), task, body, user, "north"));
    act("/api/incidents/{id}/handover", (body, user, id) => this.hand(this.case(id), body, user, "north"));
    act("/api/incidents/{id}/close", (body, user, id) => this.close(this.case(id), body, user, "north"));
    act("/api/incidents/{id}/sitrep", (body, user, id) => this.line(this.case(id), "north", user.name, "sitrep", ["SITREP 1 sent", "SITREP 1 を送付", "已發送 SITREP 1"]));
    act("/api/incidents/{id}/joint", (body, user, id) => void this.case(id).joint.signed.push({ desk: "north", same: true }));
    // what the desk of the other side does, for tests
    on("POST", "/mock/desk", ({ body }) => {
      const i = body.id ? this.case(body.id) : [...this.incidents.values()].at(-1);
      const user = { name: "duty officer" };
      if (body.entry) this.entry(i, body.entry, user, "south");
      if (body.task) this.task(i, i.tasks.at(-1).id, { act: body.task }, user, "south");
      if (body.handover) this.hand(i, body.handover, user, "south");
      if (body.close) this.close(i, body.close, user, "south");
      if (body.join) (i.desks.find((d) => d.id === "south").state = "joined"), this.line(i, "south", "", "offer", ["Joined", "参加", "加入"]);
      this.cases++;
      return { json: {} };
    }, true);
  }

  partner(id) {
    const found = this.state.partners.find((p) => p.id === id);
    if (!found) throw refuse(404, "there is no such partner", "no_partner");
    return found;
  }

  case(id) {
    const found = this.incidents.get(id);
    if (!found) throw refuse(404, "there is no such incident", "no_incident");
    return { ...found, entries: found.timeline.length, __proto__: { raw: found } };
  }

  // ---- rules ------------------------------------------------------------------------------------------------------
  check(text) {
    const at = text.split("\n").findIndex((l) => /trak\.|BROKEN/.test(l));
    const findings = at < 0 ? this.rules.findings.slice(0, 1) : [{ level: "error", rule: "positions", key: "match", text: "'trak.position' is not allowed", hint: "track.position", line: at + 1, reasons: [reason("read.word", { key: "kind", what: "'trak.position'" }, "kind: 'trak.position' is not allowed")], helps: [reason("hint.one_of", { names: "track.position" }, "one of track.position")] }];
    return { reads: at < 0, rules: this.rules.rules, findings };
  }

  preview() {
    const south = this.told.preview.partners[0];
    const sample = [
      ...south.sample,
      { ...south.sample[0], change: "gains", subject: ["mmsi:200000011"], lat: 24.8, lon: 123.9, before: { ...south.sample[0].before, verdict: "withhold" } },
      { ...south.sample[0], change: "loses", subject: ["mmsi:200000012"], lat: 24.1, lon: 122.9, after: { ...south.sample[0].after, verdict: "withhold" }, rule: "own-vessels" },
    ];
    const zero = (id) => ({ ...south, id, readers: [id], gains: 0, loses: 0, changes: 0, moves: 0, before: 0, after: 0, by_kind: {}, sample: [], box: null });
    return { ...this.told.preview, looked_at: 48_210, partners: [{ ...south, gains: 120, loses: 4, changes: 2113, moves: 36, before: 2153, after: 2269, by_kind: { "track.position": { gains: 118, loses: 4, changes: 2113, moves: 36 }, "event.encounter": { gains: 2, loses: 0, changes: 0, moves: 0 } }, sample, box: [122.9, 24.1, 123.9, 24.8] }, zero("east"), zero("west")] };
  }

  propose(text, user) {
    this.proposed = { ...this.proposal, text, by: user.name, at_ms: Date.now() };
    this.state.rules = { ...this.state.rules, proposed: { version: 2, by: user.name, at: Date.now(), approved_by: "", count: 1 } };
    this.state.waiting.proposals = 1;
    this.version++;
    return this.state.rules;
  }

  approve(user) {
    const p = this.state.rules.proposed;
    if (!p) throw refuse(404, "nothing is proposed");
    if (p.by === user.name) throw Object.assign(refuse(403, "another person approves", "rule"), { facts: { rule: "second-person", why: "another person approves", hint: "" }, reasons: [reason("step.second", {}, "who proposed rules cannot approve them: another person must")] });
    this.rules = { ...this.rules, text: this.proposed.text, version: p.version, back: true };
    this.state.rules = { version: p.version, hash: "c3".repeat(32), activated_at: Date.now(), by: [p.by, user.name], proposed: null };
    this.state.waiting.proposals = 0;
    this.proposed = null;
    this.version++;
    return this.state.rules;
  }

  // ---- who sees what ----------------------------------------------------------------------------------------------
  who(url) {
    const [south] = this.told.who.partners;
    const v = this.fleet.find((f) => f.mmsi === Number(url.searchParams.get("mmsi")));
    const at = v ? whereIs(v, Date.now() / 1000) : { lat: 24.5, lon: 123.3 };
    const cell = (x) => Math.floor(x / 0.05) * 0.05 + 0.025;
    const given = { ...south, as: { ...south.as, lat: cell(at.lat), lon: cell(at.lon) }, told_at_ms: Date.now() - 420_000, log: "north/1/south/exercise:mock/routine", n: 41 };
    const waits = reason("agreement.waits", { agreement: "north-west", names: "west" }, "north-west waits for the signature of west");
    const clause = reason("clause.waits", { clause: "2.1", agreement: "north-west", why: waits.reason }, `clause 2.1 of north-west is not in force: ${waits.reason}`, waits);
    const reasons = {
      east: [reason("decision.no_rule", {}, "no rule releases it")],
      west: [reason("rule.lapsed", { rule: "positions-west", why: clause.reason }, `rule positions-west releases nothing: ${clause.reason}`, clause)],
    };
    const kept = (id) => ({ id, verdict: "withhold", rules: [], as: null, why: reasons[id].map((r) => r.reason), reasons: reasons[id], told_at_ms: null, record: "", decision: { verdict: "withhold", rules: [], transforms: [], label: null } });
    return { of: this.told.who.of, partners: [given, kept("east"), kept("west")] };
  }

  as(partner) {
    this.partner(partner);
    if (partner === "west") return { ...this.told.as_partner, partner, features: [], logs: [] };
    const cell = (x) => Math.floor(x / 0.05) * 0.05 + 0.025;
    const now = Date.now();
    const features = this.fleet.slice(0, 60).map((v, n) => {
      const at = whereIs(v, now / 1000 - 600);
      return { type: "Feature", id: n.toString(16).padStart(64, "0"), geometry: { type: "Point", coordinates: [cell(at.lon), cell(at.lat)] },
        properties: { log: `north/1/${partner}/exercise:mock/routine`, n, kind: "track.position", origin: "north", subject: [`mmsi:${v.mmsi}`], observed_ms: now - 600_000 - n * 7000, body: { g: 5000 }, label: `AMBER;rel=${partner};by=north`, tlp: "AMBER" } };
    }); // prettier-ignore
    return { ...this.told.as_partner, partner, features, logs: [{ log: `north/1/${partner}/exercise:mock/routine`, records: features.length, bytes: 3480 }] };
  }

  // ---- cases ------------------------------------------------------------------------------------------------------
  begin(body, user) {
    const id = [...Array(32)].map(() => "0123456789abcdef"[Math.floor(Math.random() * 16)]).join("");
    const model = this.told.incident;
    const to = body.break_glass;
    this.incidents.set(id, {
      ...model, id, kind: body.kind, title: body.title || body.vessel || "", lat: body.lat, lon: body.lon, at_ms: body.at_ms, opened_ms: Date.now(), newest_ms: Date.now(), coordinator: "north", vessel: body.vessel, persons: body.persons, what: body.text,
      desks: [{ id: "north", state: "joined" }, ...(to ? [{ id: to, state: "offered" }] : [])], tasks: [], on_scene: [], drawings: [], shared: [], readings: [], sitreps: [], proposals: [], timeline: [], offer_open: null, joint: null, outcome: null,
      ways: to ? [{ desk: to, how: "break_glass", clause: "memo/2", by: "north", at_ms: Date.now() }] : [{ desk: "south", how: "", clause: "memo/2", by: "", at_ms: null }],
    }); // prettier-ignore
    this.line(this.case(id), "north", user.name, "opened", [`Incident opened: ${body.vessel}`, `事案を開始：${body.vessel}`, `開案：${body.vessel}`]);
    if (to) this.line(this.case(id), "north", user.name, "offer", [`Offered to ${to} (break-glass, to be reviewed)`, `${to} に提供（緊急提供、事後審査）`, `提供給 ${to}（緊急提供，事後審查）`]);
    return id;
  }

  line(shown, author, by, kind, [en, ja, zh], more = {}) {
    const i = this.incidents.get(shown.id);
    const mine = author === "north";
    i.timeline.push({ id: (i.timeline.length + 16).toString(16).padStart(32, "0"), record: "d4".repeat(32), n: i.timeline.length + 1, author, mine, kind, at_ms: Date.now(), here_ms: Date.now(), by, words: { en, ja, "zh-TW": zh }, overtaken: "", recalled: false, body: {}, ...(mine ? { told: i.desks.filter((d) => d.id !== author).map((d) => ({ to: d.id, state: i.timeline.length % 2 ? "told" : "acknowledged", acked_ms: null, why: "" })) } : {}), ...more });
    i.newest_ms = Date.now();
  }

  offer(shown, body, user) {
    const i = this.incidents.get(shown.id);
    if (!body.break_glass && body.partner !== "south") throw Object.assign(refuse(403, "no rule releases it", "rule"), { facts: { rule: "no-rule", why: `${body.partner} may not be told: no rule releases it`, hint: "propose a rule" }, reasons: [reason("told.not", { to: body.partner, why: "no rule releases it" }, `${body.partner} may not be told: no rule releases it`, reason("decision.no_rule", {}, "no rule releases it"))] });
    i.desks.push({ id: body.partner, state: "offered" });
    i.ways = i.ways.filter((w) => w.desk !== body.partner);
    this.line(i, "north", user.name, "offer", [`Offered to ${body.partner} (by rule)`, `${body.partner} に提供(規則による)`, `提供給 ${body.partner}(依規則)`]);
  }

  entry(shown, body, user, author) {
    const i = this.incidents.get(shown.id);
    if (body.phrase) {
      const p = this.told.phrasebook.phrases.find((x) => x.id === body.phrase);
      const fill = (text) => text.replace(/\{(\w+)\}/g, (_, k) => (Array.isArray(body.params[k]) ? `${body.params[k][1]}N ${body.params[k][0]}E` : body.params[k]));
      this.line(i, author, user.name, "message", ["en", "ja", "zh-TW"].map((l) => fill(p.words[l])), { phrase: body.phrase, params: body.params, text: "" });
    } else if (body.text) this.line(i, author, user.name, "message", [body.text, body.text, body.text], { text: body.text, lang: body.lang ?? "" });
    else if (body.task) {
      const task = { id: (i.tasks.length + 256).toString(16).padStart(32, "0"), by: author, to: body.task.to, state: "offered", why: "", words: { en: body.task.what, ja: body.task.what, "zh-TW": body.task.what }, until_ms: null, may: body.task.to === "north" ? ["accept", "refuse"] : ["withdraw"] };
      i.tasks.push(task);
      this.line(i, author, user.name, "task", [`Task offered to ${body.task.to}: ${body.task.what}`, `${body.task.to} に任務を依頼：${body.task.what}`, `向 ${body.task.to} 提出任務：${body.task.what}`]);
    } else if (body.drawing) {
      i.drawings = i.drawings.filter((d) => d.label !== body.drawing.label);
      if (!body.drawing.remove) i.drawings.push({ desk: author, track: null, ...body.drawing });
      this.line(i, author, user.name, "drawing", [`Drawing ${body.drawing.label}`, `作図 ${body.drawing.label}`, `標繪 ${body.drawing.label}`]);
    } else if (body.on_scene) {
      i.on_scene = [...i.on_scene.filter((u) => u.unit !== body.on_scene.unit), { desk: author, at_ms: Date.now(), lat: null, lon: null, ...body.on_scene }];
      this.line(i, author, user.name, "on_scene", [`${body.on_scene.unit}: ${body.on_scene.state}`, `${body.on_scene.unit}: ${body.on_scene.state}`, `${body.on_scene.unit}: ${body.on_scene.state}`]);
    } else if (body.reading) {
      i.readings = [...i.readings.filter((r) => r.desk !== author), { desk: author, text: body.reading }];
      this.line(i, author, user.name, "reading", [`Our reading of the place: ${body.reading}`, `当方の法的見解:${body.reading}`, `我方對該地點的法律見解:${body.reading}`]);
    } else if (body.position) i.shared.push({ ...this.told.incident.shared[0], at_ms: Date.now(), subject: [`mmsi:${body.position.mmsi ?? ""}`] });
  }

  task(shown, id, body, user, author) {
    const i = this.incidents.get(shown.id);
    const one = i.tasks.find((x) => x.id === id);
    one.state = { accept: "accepted", refuse: "refused", withdraw: "withdrawn", start: "under_way", done: "done", fail: "failed" }[body.act];
    one.why = body.why ?? "";
    one.may = one.to !== "north" ? [] : ({ accepted: ["start", "done", "fail"], under_way: ["done", "fail"] }[one.state] ?? []);
    const words = { accept: ["Task accepted", "任務を受諾", "接受任務"], done: ["Task done", "任務を完了", "完成任務"] }[body.act] ?? [`Task ${body.act}`, "任務", "任務"];
    this.line(i, author, user.name, "task", words);
  }

  hand(shown, body, user, author) {
    const i = this.incidents.get(shown.id);
    if (body.act === "offer") i.offer_open = { id: "e5".repeat(16), to: body.to };
    else {
      if (body.act === "accept" || body.act === "assume") i.coordinator = author;
      i.offer_open = null;
    }
    this.line(i, author, user.name, "handover", { offer: [`Coordination offered to ${body.to}`, `${body.to} に調整の引継ぎを提案`, `向 ${body.to} 提議移交協調`], accept: ["Coordination accepted", "調整を引き受け", "接受協調"] }[body.act] ?? ["Coordination", "調整", "協調"]);
  }

  close(shown, body, user, author) {
    const i = this.incidents.get(shown.id);
    const words = { en: body.outcome, ja: body.outcome, "zh-TW": body.outcome };
    if (body.act === "propose") i.proposals = [{ id: "f6".repeat(16), by: author, agreed: [author], out: body.outcome, words }];
    else if (body.act === "agree") Object.assign(i, { state: "closed", outcome: { ...i.proposals[0] }, proposals: [], joint: { sha256: "ab".repeat(32), signed: [] } });
    else if (body.act === "reopen") Object.assign(i, { state: "open", outcome: null, joint: null });
    else i.proposals = [];
    this.line(i, author, user.name, "closure", body.act === "agree" ? ["Closure agreed", "終了に同意", "同意結案"] : [`Closure proposed: ${body.outcome}`, "終了を提案", "提議結案"]);
  }

  sitrep(form) {
    const { fields } = this.told.sitrep;
    return { ...this.told.sitrep, no: 1, fields: form === "full" ? [...fields, { letter: "K", name: "Search area", text: "A1" }] : fields };
  }
}

/** What waits for an answer of the desk "north", as the node counts it. */
function waitsOf(i) {
  return {
    tasks: i.tasks.filter((one) => one.to === "north" && one.state === "offered").map((one) => one.id),
    asked: i.desks.some((d) => d.id === "north" && d.state === "offered"),
    handover: i.offer_open?.to === "north",
    closure: i.state === "closed" ? [] : i.proposals.filter((p) => !p.agreed.includes("north")).map((p) => p.id),
  }; // prettier-ignore
}
