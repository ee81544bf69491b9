/**
 * Two fresh nodes get to know each other at their pages, one in Japanese and one in Traditional Chinese: three files there
 * and back, a code that two people read to each other, and then rules at each. What is done is counted; in the end a vessel
 * that one hears stands at the other. KIZUNA_E2E_SHOTS may name a directory for a picture of each step.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser, Download, Locator } from "playwright-core";
import { CATALOGUES, type WordKey } from "../src/i18n";
import { chromiumPath, english, logIn, openBrowser, openPage, overflow, type Seen } from "./browser";
import { whyNoNodes } from "./desks";
import { freshPair, type FreshNode, MMSI, OFFICERS, type Pair, PASSWORD } from "./fresh";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : whyNoNodes();
if (why) console.warn(`introduction skipped: ${why}`);

const LONG_MS = 300_000;
const MEMORANDUM = `
[agreement]
id = "memo"
title.en = "Rescue at sea"
title.ja = "海上救助"
title.zh-Hant = "海上救援"
purpose = ["SAR"]
starts = 2020-01-01
ends = 2100-01-01
[[party]]
id = "north"
name.en = "EXERCISE North"
name.ja = "北部海上保安機関"
name.zh-Hant = "北部海巡機關"
[[party]]
id = "south"
name.en = "EXERCISE South"
name.ja = "南部海事庁"
name.zh-Hant = "南部海事署"
[[clause]]
id = "1"
title.en = "Positions"
title.ja = "船位"
title.zh-Hant = "船位"
text.en = "Positions of vessels are told."
text.ja = "船位を提供する。"
text.zh-Hant = "提供船位。"
kinds = ["track.position"]
`;
const rules = (to: string): string => `
version = 1
[[rule]]
id = "positions"
clause = ["memo/1"]
match = { context = ["test"], kind = ["track.position"], source = ["tower"] }
to = ["${to}"]
then = "release"
`;

/** An officer at the page of a node, in one language. */
interface At extends Seen {
  node: FreshNode;
  language: string;
  other: { party: string; name: string };
  say(key: WordKey): string;
}

describe.skipIf(why)("an introduction at the pages", () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await openBrowser()), 180_000);
  afterAll(async () => browser?.close(), 180_000);

  async function sit(node: FreshNode, language: string, locale: string, other: At["other"]): Promise<At> {
    const one = await openPage({ url: node.url, browser }, { width: 1280, height: 800 }, { locale, acceptDownloads: true });
    one.page.setDefaultTimeout(LONG_MS);
    await logIn(one.page, node.url, OFFICERS[0], PASSWORD);
    await expect.poll(() => one.page.locator("html").getAttribute("lang"), { timeout: LONG_MS }).toBe(language);
    await one.page.keyboard.press("e");
    await one.page.locator("section.introduce").waitFor();
    return { ...one, node, language, other, say: (key) => CATALOGUES[language]![key].replace(/…$/, "") };
  }

  const dialog = (at: At): Locator => at.page.locator("dialog[open]");
  const step = (at: At, key: WordKey): Locator => at.page.locator("section.introduce").getByRole("button", { name: at.say(key) }).first();
  const main = (at: At): Locator => dialog(at).locator("button.main");
  const code = (at: At): Locator => dialog(at).locator(".code-words output");

  async function saved(at: At, act: () => Promise<void>, place: string): Promise<string> {
    const [found] = await Promise.all([at.page.waitForEvent("download"), act()]) as [Download, void];
    const path = join(place, `${at.node.party}-to-${at.other.party}-${found.suggestedFilename()}`);
    await found.saveAs(path);
    return path;
  } // prettier-ignore

  async function looked(at: At, name: string): Promise<void> {
    const shots = process.env["KIZUNA_E2E_SHOTS"];
    if (shots) await at.page.screenshot({ path: join(shots, `${name}-${at.language}.png`) });
    const names = new Set(["north", "south", "EXERCISE", "North", "South", "TLP", "AMBER", "aiko", "ben", "memo", "tower", "REL", "RED", "TEST", "NORTH", "SOUTH"]);
    const unsaid = async () => (await english(at.page)).filter((found) => !names.has(found.split(" | ")[0]!));
    await expect.poll(unsaid, { message: name, timeout: LONG_MS }).toEqual([]);
    await expect.poll(() => overflow(at.page), { message: name, timeout: LONG_MS }).toEqual([]);
  }

  async function walk(pair: Pair): Promise<void> {
    const [north, south] = pair.nodes;
    const [a, b] = await Promise.all([
      sit(north, "ja", "ja-JP", { party: "south", name: "南部海事庁" }),
      sit(south, "zh-TW", "zh-TW", { party: "north", name: "北部海巡機關" }),
    ]);
    let acts = 0;
    const gives = async (at: At, key: WordKey, file: string, send: () => Promise<void>) => {
      acts += 1;
      await step(at, key).click();
      await dialog(at).locator("input[name=file]").setInputFiles(file);
      await looked(at, `file-${acts}`);
      await send();
    };

    // ---- three files there and back
    await looked(a, "begin");
    acts += 1;
    const offer = await saved(a, () => step(a, "intro.give").click(), pair.place);
    await looked(a, "offered");
    let answer = "";
    await gives(b, "intro.their_file", offer, async () => void (answer = await saved(b, () => main(b).click(), pair.place)));
    await dialog(b).waitFor({ state: "detached" });
    await looked(b, "answered");
    let opening = "";
    await gives(a, "intro.their_answer", answer, async () => void (opening = await saved(a, () => main(a).click(), pair.place)));
    await gives(b, "intro.their_opening", opening, async () => {
      await expect.poll(() => dialog(b).locator("input[name=party]").inputValue(), { timeout: LONG_MS }).toBe("north");
      await main(b).click();
    });

    // ---- each reads the code aloud and types what it hears
    for (const at of [a, b]) await expect.poll(() => code(at).count(), { timeout: LONG_MS }).toBe(5);
    const [ours, theirs] = await Promise.all([a, b].map(async (at) => (await code(at).allTextContents()).join(" ")));
    expect(ours).toMatch(/^\d{4}( \d{4}){4}$/);
    expect(theirs).toBe(ours);
    for (const [at, heard] of [[a, theirs], [b, ours]] as const) {
      acts += 1;
      await looked(at, "code");
      await main(at).click();
      await dialog(at).locator("input[name=code]").fill(heard!);
      await expect.poll(() => dialog(at).locator("input[name=party]").inputValue(), { timeout: LONG_MS }).toBe(at.other.party);
      await looked(at, "typed");
      await main(at).click();
      await at.page.locator(`#partner-${at.other.party}`).waitFor();
      await looked(at, "known");
    } // prettier-ignore

    // ---- nothing leaves before rules say so; then both are linked, by the names that the memorandum gives
    await north.hears();
    for (const [node, to] of [[north, "south"], [south, "north"]] as const) {
      acts += 1;
      await node.activates(rules(to), MEMORANDUM);
    } // prettier-ignore
    expect(acts).toBe(8);
    for (const at of [a, b]) {
      const card = at.page.locator(`#partner-${at.other.party}`);
      await card.locator("h3", { hasText: at.other.name }).waitFor();
      await card.locator(".link.up").waitFor();
      await at.page.locator("#status button.link", { hasText: at.other.name }).waitFor();
      await looked(at, "linked");
    }

    // ---- a vessel that one hears stands in the other's picture, and says whose it is
    const [sought, found] = [b.page.locator("#search"), b.page.locator("#found li")];
    await expect.poll(async () => {
      await north.hears();
      await sought.fill("");
      await sought.fill(MMSI);
      return found.filter({ hasText: MMSI }).count();
    }, { timeout: LONG_MS, interval: 1_000 }).toBeGreaterThan(0); // prettier-ignore
    await found.filter({ hasText: MMSI }).first().click();
    await b.page.locator("#right", { hasText: MMSI }).filter({ hasText: b.other.name }).waitFor();
    await looked(b, "exchanged");
    for (const { strays, faults } of [a, b]) expect({ strays, faults }).toEqual({ strays: [], faults: [] });
    for (const at of [a, b]) await at.page.context().close();
  }

  // nodes of its own for each try: who was introduced once is known
  test("eight acts until each sees what the other hears", { timeout: 1_500_000 }, async () => {
    const pair = await freshPair();
    try {
      await walk(pair);
    } catch (error) {
      for (const page of browser.contexts().flatMap((context) => context.pages())) console.error(page.url(), (await page.evaluate(() => document.body.innerText)).slice(0, 600));
      throw error;
    } finally {
      await pair.stop();
    }
  });
});
