/**
 * The pages of sharing at a stand-in node: who sees what, a partner's view, rules that need two persons, the ledger. After
 * each test nothing may have left the origin and no script or policy may have complained.
 */
import { describe, expect, test } from "vitest";
import { built, chromiumPath, english, logIn, overflow, settled, stage } from "./browser";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : !built() ? "the page is not built: npm run build" : "";
/** Digits of hashes, words of labels and standards, and names of parties and agreements, beside those of the watch. */
const TERMS = /^([a-f]+|TLP|REL|AMBER|SITREP|STIX|kbit|South|East|West|North|memo) \|/;

describe.skipIf(why)("sharing", () => {
  const { node, open } = stage(200, ["--sharing"]);

  test("everybody sees how the links are, in words; only officers see the rest", async () => {
    const { page } = await open();
    await logIn(page, node.url, "viewer");
    await page.locator("#status button.link", { hasText: "EXERCISE South" }).waitFor();
    await expect.poll(() => page.locator("#status").textContent()).toMatch(/South.*up.*East.*behind.*West.*down, heard/s);
    await page.keyboard.press("e");
    await page.locator("#page h2", { hasText: "Release" }).waitFor();
    await expect.poll(() => page.locator("#page [role=tab]").count()).toBe(0);
    await expect.poll(() => page.getByRole("button", { name: "Stop everything…" }).count()).toBe(0);
    await expect.poll(() => page.locator(".who-sees").count()).toBe(0);
    await expect.poll(() => overflow(page)).toEqual([]);
  });

  test("rules: checked at the line while typing, tried, proposed, and put in force by another person only", async () => {
    const first = await open();
    await logIn(first.page, node.url, "release_officer", "exercise", "#page=release&part=rules");
    const { page } = first;
    const text = page.locator("#rules-text");
    const good = await text.inputValue();
    await text.fill(good.replace("track.position", "trak.position"));
    await page.locator("#rules-findings .error", { hasText: "trak.position" }).waitFor();
    await expect.poll(() => page.locator(".gutter .error").textContent()).toMatch(/✗\s+6/);
    await expect.poll(() => page.getByRole("button", { name: "Propose…" }).isDisabled()).toBe(true);
    await page.locator("#rules-findings").getByRole("button", { name: "line 6" }).click();
    await expect.poll(() => text.evaluate((a: HTMLTextAreaElement) => a.value.slice(a.selectionStart, a.selectionEnd))).toContain("trak.position");
    await text.fill(good.replace("cell_m=1000", "cell_m=5000"));
    await expect.poll(() => page.getByRole("button", { name: "Propose…" }).isEnabled()).toBe(true);
    await page.locator("#part").getByRole("button", { name: "Dry run", exact: true }).click();
    await page.locator("tr", { hasText: "EXERCISE South" }).getByText("+120").waitFor();
    await page.locator("tr.loses", { hasText: "not told" }).waitFor();
    await page.locator(".mini-map canvas").first().waitFor();
    await page.getByRole("tab", { name: "Rules" }).click();
    await page.getByRole("button", { name: "Propose…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Propose" }).click();
    await page.getByText("Another person has to approve").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Approve" }).isDisabled()).toBe(true);
    const second = await open();
    await logIn(second.page, node.url, "administrator", "exercise", "#page=release&part=queue");
    await second.page.getByText("Version 2, proposed by release_officer").waitFor();
    await second.page.locator("#part").getByRole("button", { name: "Rules", exact: true }).click();
    await second.page.getByRole("button", { name: "Approve" }).click();
    await second.page.getByText(/Version 2 in force since .* by release_officer \+ administrator/).waitFor();
    // and everything can be stopped by one person, after typing the word
    await second.page.getByRole("button", { name: "Stop everything…" }).click();
    const dialog = second.page.getByRole("dialog");
    await dialog.getByRole("textbox").fill("stopp");
    await dialog.getByRole("button", { name: "Stop everything" }).click();
    await dialog.getByText("Type “stop” to confirm.", { exact: true }).waitFor();
    await dialog.getByRole("textbox").fill("stop");
    await dialog.getByRole("button", { name: "Stop everything" }).click();
    await second.page.locator("#status .stopped").waitFor();
  });

  test("a rule is changed by form: what changes stands there line by line, a step is taken back, the rest stays as written", async () => {
    const { page } = await open();
    await logIn(page, node.url, "release_officer", "exercise", "#page=release&part=rules");
    await page.locator(".rule-words > li", { has: page.getByText("positions", { exact: true }) }).getByRole("button", { name: "Change…" }).click();
    const form = page.locator(".rule-form");
    const fresh = page.locator(".text-diff .new");
    await form.getByLabel("Place").selectOption("5000");
    await fresh.filter({ hasText: "coarsen_position cell_m=5000" }).waitFor();
    await form.getByLabel("Late by (minutes)").fill("60");
    await page.keyboard.press("Tab");
    await fresh.filter({ hasText: '"coarsen_position cell_m=5000", "delay delay_s=3600 bucket_s=60"' }).waitFor();
    await form.locator("summary", { hasText: "Where" }).click();
    await form.getByLabel("EXERCISE boundary strip").check();
    await fresh.filter({ hasText: 'source = ["feed"], zone = ["strip"]' }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => fresh.filter({ hasText: "strip" }).count()).toBe(0);
    await page.getByRole("button", { name: "Show the text" }).click();
    await expect.poll(() => page.locator("#rules-text").inputValue()).toContain('match = { kind = ["track.position"], source = ["feed"] }\nto = ["south"]');
    await page.getByRole("button", { name: "Propose…" }).click();
    await page.getByRole("dialog").locator(".text-diff .gone", { hasText: "cell_m=1000" }).waitFor();
    await expect.poll(() => overflow(page)).toEqual([]);
  });

  test("who sees what of a vessel, and the view as a partner: nothing of the own picture, left by Escape", async () => {
    const { page } = await open();
    await logIn(page, node.url, "analyst", "exercise", "#vessel=200000007");
    const section = page.locator("#right .who-sees");
    await section.getByText("REL TO EXERCISE South").waitFor();
    await expect.poll(() => section.locator("li.release").textContent()).toContain("as a cell of 5 km");
    await expect.poll(() => section.locator("li.withhold").count()).toBe(2);
    await section.locator("li.release summary").click();
    await section.getByText("By clause memo/1").waitFor();
    await page.locator("#map").focus();
    await page.keyboard.press("v");
    await page.locator("#as .as-banner", { hasText: "VIEW AS EXERCISE South" }).waitFor();
    await page.locator("#as li", { hasText: "mmsi:200000001" }).waitFor();
    await expect.poll(() => page.url()).toContain("as=south");
    for (const region of ["#left", "#right", "#map", "#bottom"]) await expect.poll(() => page.locator(region).getAttribute("inert")).not.toBeNull();
    await page.keyboard.press("j"); // keys of what lies beneath do nothing
    await settled(page);
    expect(page.url()).not.toContain("alert=");
    await page.keyboard.press("Escape");
    await page.locator("#as").waitFor({ state: "hidden" });
    await expect.poll(() => page.locator("#left").getAttribute("inert")).toBeNull();
    await expect.poll(() => page.url()).not.toContain("as=");
  });

  test("a request is answered, a break-glass reviewed by a second person, a record recalled; its story is told", async () => {
    const { page } = await open();
    await logIn(page, node.url, "release_officer", "exercise", "#page=release&part=queue");
    await page.getByText("EXERCISE: which vessels passed the cable?").waitFor();
    await page.getByRole("button", { name: "Answer…" }).click();
    await page.getByRole("dialog").getByLabel("we hold nothing").check();
    await page.getByRole("dialog").getByRole("button", { name: "Answer" }).click();
    await page.getByText("1 answered").waitFor();
    await page.getByRole("button", { name: "right", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Refuse…" }).first().click();
    await page.getByRole("dialog").getByLabel("Reason").fill("EXERCISE: not tonight");
    await page.getByRole("dialog").getByRole("button", { name: "Refuse" }).click();
    await page.getByText("Nothing waits for a person").waitFor();
    await page.getByRole("tab", { name: "Ledger" }).click();
    await page.locator("#part tbody button.link").first().click();
    await page.getByText("Distress at once").waitFor();
    await expect.poll(() => page.getByRole("link", { name: "Proof" }).getAttribute("href")).toMatch(/^\/api\/sharing\/ledger\/[0-9a-f]{64}\/proof\?log=/);
    await page.getByRole("button", { name: "Recall…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Recall" }).click();
    await page.locator("#part .hop.asked", { hasText: "EXERCISE South" }).waitFor();
    await expect.poll(() => page.locator("#part .hop").allTextContents()).toEqual(expect.arrayContaining([expect.stringContaining("refused")]));
    await expect.poll(() => page.locator("#part").textContent()).not.toMatch(/deleted/i);
  });

  test("an own request is taken back; a vessel found by search is shown on the chart, and the page gives way", async () => {
    const { page } = await open();
    await logIn(page, node.url, "release_officer", "exercise", "#page=release&part=queue");
    await page.getByRole("button", { name: "Ask a partner…" }).click();
    const question = page.getByRole("dialog", { name: "Ask a partner" });
    await question.getByLabel("Question").fill("EXERCISE: who is there?");
    await question.getByRole("button", { name: "Send" }).click();
    const ours = page.locator("#part li", { hasText: "EXERCISE: who is there?" });
    await ours.getByRole("button", { name: "Take back…" }).click();
    await page.getByRole("dialog", { name: "Take this request back?" }).getByRole("button", { name: "Take back" }).click();
    await ours.getByText("taken back").waitFor();
    await expect.poll(() => ours.getByRole("button").count()).toBe(0);
    await page.locator("#search").fill("BAIYUN");
    await page.locator('#found[data-of="BAIYUN"] li').nth(1).waitFor();
    await page.keyboard.press("Enter");
    await page.locator("#page").waitFor({ state: "hidden" });
    await page.locator("#right h2", { hasText: "BAIYUN" }).waitFor();
  });

  test("leave to pass on: asked of us and given, one for two persons, ended, and keys that a carrier brought confirmed", async () => {
    const { page } = await open();
    await logIn(page, node.url, "release_officer", "exercise", "#page=release&part=queue");
    await page.getByText("EXERCISE: East patrols there tonight.").waitFor();
    await page.getByRole("tab", { name: "Leave" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("EXERCISE South passed on 412 to EXERCISE East").waitFor();
    await page.locator("#part .box", { hasText: "asks that EXERCISE East may be told" }).getByRole("button", { name: "Give leave…" }).click();
    const dialog = page.getByRole("dialog");
    await expect.poll(() => dialog.getByLabel("Who may be told").inputValue()).toBe("east");
    await dialog.getByLabel("For how many days").fill("3");
    await dialog.getByRole("button", { name: "Give leave" }).click();
    await page.locator("#grant-d4d4d4d4d4", { hasText: "ends in" }).waitFor();
    await expect.poll(() => page.getByText("asks that EXERCISE East may be told").count()).toBe(0);
    // a second person where the rule says so
    await page.getByRole("button", { name: "Give leave…" }).first().click();
    await dialog.getByLabel("events", { exact: false }).first().check();
    await dialog.getByLabel("Who may be told").fill("west");
    await dialog.getByRole("button", { name: "Give leave" }).click();
    await page.getByText("another person must approve").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Approve" }).isDisabled()).toBe(true);
    // what is ended goes on no more; what a carrier brought counts after its keys were compared with the party itself
    await page.locator("#grant-a1a1a1a1a1").getByRole("button", { name: "End…" }).click();
    await dialog.getByRole("button", { name: "End" }).click();
    await page.locator("#grant-a1a1a1a1a1", { hasText: "ended early" }).waitFor();
    await page.getByRole("button", { name: "Confirm keys…" }).click();
    await dialog.getByLabel("Fingerprint").fill("3f2a-91bc-0d4e-77aa-5510-c2e9");
    await dialog.getByRole("button", { name: "Confirm keys" }).click();
    await page.getByText("confirmed", { exact: false }).first().waitFor();
    await expect.poll(() => page.getByText("1 brought and not taken in").count()).toBe(0);
  });

  test("when a partner turns: what it holds, what ends, and the act after its id is typed", async () => {
    const { page } = await open();
    await logIn(page, node.url, "administrator", "exercise", "#page=release&part=partners/south/turn");
    await page.getByText("16 records", { exact: true }).waitFor();
    await page.getByText("suspend the agreement").waitFor();
    await page.getByRole("button", { name: /^End it with/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("EXERCISE");
    await dialog.getByLabel("Type “south” to confirm").fill("south");
    await dialog.getByRole("button", { name: /^End it with/ }).click();
    await page.locator("#partner-south", { hasText: "ended" }).waitFor();
  });

  test.each([["ja", "day", 1280, 800], ["zh-TW", "night", 1024, 768], ["ja", "dusk", 1920, 1080]])("no word of English and nothing out of the page: %s, %s, %i x %i", async (language, theme, width, height) => {
    const { page } = await open({ width, height });
    await logIn(page, node.url, "administrator", "exercise", `#language=${language}&theme=${theme}&page=release`);
    for (const part of ["partners", "queue", "preview", "ledger", "recalls", "grants", "agreements"]) {
      await page.evaluate((p) => (location.hash = location.hash.replace(/&part=[^&]*/, "") + `&part=${p}`), part);
      await page.locator(`#part-${part}[aria-selected=true]`).waitFor();
      await settled(page);
      await expect.poll(async () => (await english(page)).filter((w) => !TERMS.test(w)), { message: part }).toEqual([]);
      await expect.poll(() => overflow(page), { message: part }).toEqual([]);
    }
  }); // prettier-ignore
});
