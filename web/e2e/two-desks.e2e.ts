/**
 * One case, two desks: two nodes with a line of 64 kbit/s between them, a browser at each, one in Japanese and one in
 * Traditional Chinese. From the opening to the joint record everything is done at the pages, and what one desk does is read
 * at the other. Then an officer reads in the ledger what was told, under which rule and clause, and looks as the partner
 * does. Every wait is for a state; how long the crossings took is printed at the end.
 */
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Browser, Locator, Page } from "playwright-core";
import { CATALOGUES, type WordKey } from "../src/i18n";
import { chromiumPath, closed, english, logIn, openBrowser, openPage, overflow, type Seen } from "./browser";
import { twoDesks, whyNoNodes, type DeskNode, type Desks } from "./desks";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : whyNoNodes();
if (why) console.warn(`two desks skipped: ${why}`);

const LONG_MS = 300_000;
const PLACE = "24 01.8 N 122 52.2 E";
const KANA = /[ぁ-んァ-ヶ]/;

type Named = { names: Readonly<Record<string, string>> };

/** A desk: its node, its page, and the words of its language. */
interface At extends Seen {
  node: DeskNode;
  language: string;
  /** What its pages call a party: in its language, as the memorandum names it. */
  called(of: DeskNode): string;
  say(key: WordKey, values?: Readonly<Record<string, string | number>>): string;
}

describe.skipIf(why)("one case, two desks", () => {
  let desks: Desks;
  let browser: Browser;
  const seen: At[] = [];
  const took: Record<string, number> = {};

  /** Whether the nodes hold what a test left that failed: a second try begins with new ones. */
  let spoiled = true;

  beforeEach(async () => {
    if (!spoiled) return;
    await desks?.stop();
    desks = await twoDesks("64k");
    browser ??= await openBrowser();
    spoiled = false;
  }, 900_000);
  afterEach(async ({ task }) => {
    spoiled ||= task.result?.state === "fail";
    await closed(task, seen);
  });
  afterAll(async () => {
    await browser?.close();
    await desks?.stop();
  }, 300_000);

  async function sit(node: DeskNode, user: string, language: string, locale: string): Promise<At> {
    const one = await openPage({ url: node.url, browser }, { width: 1440, height: 900 }, { locale });
    const words = CATALOGUES[language]!;
    const at: At = { ...one, node, language, called: (of) => of.title, say: (key: WordKey, values: Readonly<Record<string, string | number>> = {}) => words[key].replace(/\{(\w+)\}/g, (w, n: string) => String(values[n] ?? w)) }; // prettier-ignore
    seen.push(at);
    at.page.setDefaultTimeout(LONG_MS);
    await logIn(at.page, node.url, user, node.password);
    await at.page.getByRole("button", { name: node.title }).or(at.page.locator("#top .node")).first().waitFor();
    const share = (await get(at.page, "/api/sharing")) as Named & { party: string; partners: readonly (Named & { id: string })[] };
    const names = new Map([[share.party, share.names], ...share.partners.map((p) => [p.id, p.names] as const)]);
    at.called = (of) => names.get(of.party)?.[language] ?? of.title;
    return at;
  }

  const button = (at: At, key: WordKey, within?: Locator): Locator => (within ?? at.page.locator("#page")).getByRole("button", { name: at.say(key), exact: false }).first();
  const dialog = (at: At): Locator => at.page.locator("dialog[open]");
  async function send(at: At): Promise<void> {
    await dialog(at).locator(".buttons button.main").click();
    await dialog(at).waitFor({ state: "detached" });
  }
  /** How long something took from the answer of one desk's node to the act until it stood on the other desk's page. */
  async function crossed(name: string, act: () => Promise<void>, there: () => Promise<void>): Promise<void> {
    await act();
    const begun = Date.now();
    await there();
    took[name] = (Date.now() - begun) / 1000;
  }
  /** English words of a page in another language that are no names of parties, users, zones, contexts or time zones. */
  async function unsaid(at: At): Promise<readonly string[]> {
    const names = new Set(["two-desks", "CST", "watch", "officer", "SITREP", "TLP", ...desks.nodes.flatMap((n) => n.title.split(" "))]);
    return (await english(at.page)).filter((found) => !names.has(found.split(" | ")[0]!) && !/MMSI \d{9}/.test(found));
  }
  const line = (at: At, text: string): Locator => at.page.locator(".timeline li.entry", { hasText: text }).first();
  async function phrase(at: At, id: string, values: Readonly<Record<string, string>>): Promise<void> {
    await at.page.locator("#phrase").fill(id);
    await at.page.locator("#phrases li", { hasText: id }).first().click();
    for (const [name, value] of Object.entries(values)) await at.page.locator(`.say .fill input[name=${name}]`).fill(value);
    await at.page.locator(".say .fill button.main").click();
    await at.page.locator("#phrase").waitFor();
  }

  test("from the call to the joint record", { timeout: 1_800_000 }, async () => {
    // a name of its own, so that a case is told from those of earlier runs
    const VESSEL = `EXERCISE TERN ${Date.now() % 100_000}`;
    const [cape, harbour] = desks.nodes;
    const [a, b] = await Promise.all([sit(cape, "watch", "ja", "ja-JP"), sit(harbour, "watch", "zh-TW", "zh-TW")]);
    expect(desks.link).toBe("64k");
    for (const at of [a, b]) await expect.poll(() => at.page.locator("html").getAttribute("lang")).toBe(at.language);
    await b.page.keyboard.press("i");
    await b.page.locator("#page h2", { hasText: b.say("page.incidents") }).waitFor();

    // ---- the call that waits in the log of one desk: break-glass from it, and the other desk has it
    await a.page.keyboard.press("l");
    const call = a.page.locator("li.entry", { hasText: "MAYDAY" }).first();
    await call.waitFor();
    await crossed("open to seen at the other desk", async () => {
      await call.getByRole("button", { name: a.say("glass.do") }).click();
      await dialog(a).getByText(a.say("glass.means")).waitFor();
      await expect.poll(() => dialog(a).locator("input[name=partner]:checked").inputValue()).toBe("harbour");
      await expect.poll(() => dialog(a).locator("textarea[name=what]").inputValue()).toContain("MAYDAY");
      await expect.poll(() => dialog(a).locator("input[name=place]").inputValue()).toMatch(/^24.+N.+122.+E/);
      await dialog(a).locator("input[name=vessel]").fill(VESSEL);
      await dialog(a).locator("input[name=title]").fill(VESSEL);
      await dialog(a).locator("input[name=persons]").fill("3");
      await send(a);
    }, async () => {
      await b.page.locator("li.incident", { hasText: VESSEL }).getByText(b.say("incident.offered_to_us")).waitFor();
    }); // prettier-ignore
    await a.page.locator(".incident-head").waitFor();
    const id = /part=([0-9a-f]{32})/.exec(await hashOf(a.page, /part=[0-9a-f]{32}/))![1]!;
    await a.page.locator(".caution", { hasText: "two-desks/2.1" }).waitFor();
    await b.page.locator("li.incident button.row", { hasText: VESSEL }).click();
    await b.page.locator(".incident-head", { hasText: b.say("incident_kind.distress" as WordKey) }).waitFor();
    await b.page.locator(".box.urgent", { hasText: b.say("incident.offered_by", { who: b.called(cape) }) }).waitFor();
    await b.page.locator("#page", { hasText: b.say("incident.persons_n", { n: 3 }) }).waitFor();
    await b.page.locator("#page", { hasText: VESSEL }).waitFor();
    await crossed("joined", async () => button(b, "incident.join").click(), async () => {
      await a.page.locator(".who-is .chip.joined", { hasText: a.called(harbour) }).waitFor();
    }); // prettier-ignore

    // ---- each reads the other in its own language
    await crossed("phrase", () => phrase(a, "di.persons", { n: "3" }), () => line(b, "船上人員 3 名").waitFor());
    await line(a, "乗船者 3 名").waitFor();
    await phrase(b, "as.offer", { unit: "EXERCISE HARBOUR 1", pos: PLACE, time: "23:30" });
    await line(a, "EXERCISE HARBOUR 1 を派遣できます").waitFor();
    await line(b, "可派遣 EXERCISE HARBOUR 1").waitFor();
    await button(a, "say.free").click();
    await a.page.locator("#free").fill("海面は穏やか（演習）");
    await a.page.keyboard.press("Control+Enter");
    const written = line(b, "海面は穏やか（演習）");
    await written.getByText(b.say("timeline.as_written")).waitFor();
    await expect.poll(() => written.locator("p[dir=auto]").first().getAttribute("lang")).toBe("ja");

    // ---- a task is offered and taken; a unit comes on scene
    await crossed("task", async () => {
      await button(a, "task.offer").click();
      await dialog(a).locator("textarea[name=text]").fill("EXERCISE: search 5 nm around the last position");
      await send(a);
    }, async () => b.page.locator(".task.offered").waitFor()); // prettier-ignore
    await b.page.locator(".task.offered button.main", { hasText: b.say("task_do.accept" as WordKey) }).click();
    await a.page.locator(".task.accepted", { hasText: a.say("task_state.accepted" as WordKey) }).waitFor();
    await button(b, "incident.add_unit").click();
    await dialog(b).locator("input[name=unit]").fill("EXERCISE HARBOUR 1");
    await dialog(b).locator("input[name=osc]").check();
    await send(b);
    const unit = a.page.locator(".units li.on_scene", { hasText: "EXERCISE HARBOUR 1" });
    await unit.getByText(a.say("unit.on_scene" as WordKey), { exact: true }).waitFor();
    await unit.getByText(a.say("incident.osc")).waitFor();

    // ---- a vessel that one desk hears itself is released into the case, exactly and under its own rule
    await b.page.fill("#search", "EXERCISE");
    await b.page.locator("#found li").first().click();
    await b.page.locator("#page").getByRole("button", { name: new RegExp(b.say("incident.share_vessel", { who: "\\d{9}" })) }).click();
    await a.page.locator(".units li button.link", { hasText: a.say("seen.fix" as WordKey) }).first().waitFor();

    // ---- coordination goes over when the other desk accepts, and not before
    await button(a, "handing.do").click();
    await send(a);
    await b.page.locator(".box.urgent", { hasText: b.say("handing.offered", { who: b.called(cape) }) }).waitFor();
    for (const at of [a, b]) await at.page.locator(".coordinator", { hasText: at.called(cape) }).waitFor();
    await crossed("hand-over", async () => button(b, "handing.accept").click(), () => a.page.locator(".coordinator", { hasText: a.called(harbour) }).waitFor());
    await b.page.locator(".coordinator.own", { hasText: b.called(harbour) }).waitFor();

    // ---- both close, and both sign one record
    await button(b, "closing.do").click();
    await dialog(b).locator("select[name=outcome]").selectOption("saved");
    await dialog(b).locator("input[name=saved]").fill("3");
    await send(b);
    await button(a, "closing.agree").click();
    for (const at of [a, b]) await at.page.locator(".incident-head .badge", { hasText: at.say("incident.closed") }).waitFor();
    for (const at of [a, b]) await button(at, "closing.sign").click();
    for (const at of [a, b]) await expect.poll(() => at.page.locator(".chip", { hasText: at.say("closing.signed") }).count(), { timeout: LONG_MS }).toBe(2);
    const [one, two] = await Promise.all([a, b].map((at) => joint(at.page, id)));
    expect(one!.sha256).toBe(two!.sha256);
    expect(one!.document).toBe(two!.document);
    expect(one!.document).not.toMatch(/cape|harbour/i);

    // ---- both timelines say the same, each in one language
    const [ours, theirs] = await Promise.all([a, b].map((at) => entries(at.page, id)));
    expect(ours!.map((e) => e.id)).toEqual(theirs!.map((e) => e.id));
    expect(ours!.length).toBeGreaterThan(12);
    for (const at of [a, b]) await expect.poll(() => unsaid(at)).toEqual([]);
    await expect.poll(() => a.page.locator(".timeline").textContent()).toMatch(KANA);
    for (const text of await b.page.locator(".timeline li.own p[dir=auto]").allTextContents()) expect(text).not.toMatch(KANA);
    for (const at of [a, b]) await expect.poll(() => overflow(at.page)).toEqual([]);

    await ledgerTells(id, ours!.filter((e) => e.mine).map((e) => e.record)); // prettier-ignore
    console.info(`two desks over ${desks.link}bit/s: ready after ${desks.seconds.toFixed(0)} s; ${Object.entries(took).map(([what, s]) => `${what} ${s.toFixed(1)} s`).join(", ")}`);
  });

  /** What the officers of both read of it afterwards. */
  async function ledgerTells(incident: string, told: readonly string[]): Promise<void> {
    const [cape, harbour] = desks.nodes;
    const [o, p] = await Promise.all([sit(cape, "officer", "ja", "ja-JP"), sit(harbour, "officer", "zh-TW", "zh-TW")]);
    await o.page.keyboard.press("e");
    await o.page.locator("#part-ledger").click();
    await o.page.locator("#part select").nth(1).selectOption("incident.*");
    const rows = o.page.locator("#part tbody tr");
    const all = () => rows.evaluateAll((list) => list.map((one) => one.textContent ?? ""));
    const words = Object.entries(CATALOGUES[o.language]!).flatMap(([key, text]) => (key.startsWith("kind.incident.") ? [text] : []));
    let text: readonly string[] = [];
    await expect.poll(async () => {
      text = await all();
      return text.length >= told.length && text.every((row) => words.some((word) => row.includes(word)));
    }, { timeout: LONG_MS }).toBe(true); // prettier-ignore
    for (const row of text) expect(row).toContain(o.called(harbour));
    // at once under the clause of distress (break-glass needs no rule, and the rule for cases rests on that clause too),
    // then under the rule for cases; the other desk's receipt stands there
    expect(text.some((row) => row.includes(o.say("kind.incident.offer")) && row.includes("two-desks/2.1"))).toBe(true);
    expect(text.some((row) => row.includes("cases") && row.includes("two-desks/2.2"))).toBe(true);
    await expect.poll(async () => (await all()).every((row) => row.includes("✓")), { timeout: LONG_MS }).toBe(true);
    await rows.last().locator("button.link").click();
    const story = o.page.locator(".story");
    await story.getByText("当直官は、人命の危険を知ったときは").waitFor();

    // the same bytes: what the partner's view draws, what the ledger holds, and what the other node received
    for (const record of told) {
      const [here, there] = await Promise.all([o, p].map((at) => get(at.page, `/api/sharing/ledger/${record}`) as Promise<{ bytes: string }>));
      expect(there!.bytes).toBe(here!.bytes);
      expect(createHash("sha256").update(here!.bytes).digest("hex")).toBe(record);
    }
    await o.page.keyboard.press("Escape");
    await o.page.keyboard.press("v");
    await o.page.locator(".as-banner", { hasText: o.say("as.title", { who: o.called(harbour) }) }).waitFor();
    await o.page.locator(".as-list", { hasText: o.say("kind.incident.message") }).waitFor();
    type Drawn = { id: string; properties: { kind: string; body: { i?: string } } };
    const view = (await get(o.page, "/api/sharing/as/harbour?kind=incident.")) as { features: readonly Drawn[] };
    const drawn = view.features.filter((f) => f.properties.body.i === incident || f.id.startsWith(incident));
    const signed = drawn.filter((f) => f.properties.kind === "incident.joint"); // stands beside the timeline, not in it
    expect(signed.length).toBe(1);
    expect(drawn.filter((f) => !signed.includes(f)).map((f) => f.id).sort()).toEqual([...told].sort());

    // the vessel that the other desk released into the case went under the rule for that
    const { shared } = (await get(p.page, `/api/incidents/${incident}`)) as { shared: readonly { record: string }[] };
    expect(shared.length).toBe(1);
    const { decisions } = (await get(p.page, `/api/sharing/ledger/${shared[0]!.record}`)) as { decisions: readonly { rules: readonly string[]; clauses: readonly { ref: string }[] }[] };
    expect(decisions.some((d) => d.rules.includes("what-belongs-to-a-case") && d.clauses.some((c) => c.ref === "two-desks/2.2"))).toBe(true);
    for (const at of [o, p]) await expect.poll(() => unsaid(at)).toEqual([]);
  }

  test("reception, presence and cables stand at both desks by the time that an officer looks", { timeout: 900_000 }, async () => {
    for (const node of desks.nodes) {
      const { page } = await sit(node, "watch", "en", "en-GB");
      const there = async () => {
        const { layers } = (await get(page, "/api/layers")) as { layers: readonly { name: string; there: boolean }[] };
        return layers.filter((l) => l.there).map((l) => l.name);
      };
      await expect.poll(there, { timeout: LONG_MS }).toEqual(expect.arrayContaining(["cables", "coverage", "presence"]));
      for (const name of ["coverage", "presence", "cables"])
        expect(((await get(page, `/api/layers/${name}`)) as { features: readonly unknown[] }).features.length).toBeGreaterThan(1);
    }
  });
});

/** What the page's own session is answered. */
const get = (page: Page, path: string): Promise<unknown> => page.evaluate(async (to) => (await fetch(to)).json() as Promise<unknown>, path);

async function joint(page: Page, id: string): Promise<{ sha256: string; document: string }> {
  const found = (await get(page, `/api/incidents/${id}/joint`)) as { sha256: string; document: unknown };
  return { sha256: found.sha256, document: JSON.stringify(found.document) };
}

async function entries(page: Page, id: string): Promise<readonly { id: string; record: string; mine: boolean }[]> {
  return ((await get(page, `/api/incidents/${id}`)) as { timeline: { id: string; record: string; mine: boolean }[] }).timeline;
}

/** The address, once it says this; it follows the state of the page with a moment's delay. */
async function hashOf(page: Page, says: RegExp): Promise<string> {
  await page.waitForFunction((pattern) => new RegExp(pattern).test(location.hash), says.source);
  return page.evaluate(() => location.hash);
}
