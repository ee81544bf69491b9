/**
 * A watch at the stand-in node, in a real browser: by mouse, by keyboard alone, with an ended session, at every size. After
 * each test nothing may have left the origin and no script or policy may have complained.
 */
import { describe, expect, test } from "vitest";
import { built, chromiumPath, english, lasting, logIn, logInByForm, overflow, settled, stage } from "./browser";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : !built() ? "the page is not built: npm run build" : "";
if (why) console.warn(`browser tests skipped: ${why}`);

describe.skipIf(why)("the watch", () => {
  const { node, open } = stage();

  test("whoever is not logged in sees the login page and nothing else; a wrong password is said in words", async () => {
    const { page } = await open();
    await page.goto(`${node.url}/`);
    await expect.poll(() => new URL(page.url()).pathname).toBe("/login");
    await expect.poll(() => page.locator(".banner").textContent()).toContain("EXERCISE");
    await page.fill("input[name=user]", "analyst");
    await page.fill("input[name=password]", "wrong");
    await page.keyboard.press("Enter");
    await page.getByText("User name or password is wrong").waitFor();
    await expect.poll(async () => (await page.context().cookies()).length).toBe(0);
  });

  test("the login page looks as the address asks, and what is chosen there holds for the picture", async () => {
    const { page } = await open();
    await page.goto(`${node.url}/#theme=night&language=ja&vessel=200000010`);
    await page.locator("html[data-theme=night][lang=ja] input[name=user]").waitFor();
    await page.locator("select", { has: page.locator("option[value=day]") }).selectOption("day");
    await page.locator("html[data-theme=day][lang=ja]").waitFor();
    await page.fill("input[name=user]", "analyst");
    await page.fill("input[name=password]", "exercise");
    await page.keyboard.press("Enter");
    await page.locator("html[data-theme=day][lang=ja] #left[aria-busy=false]").waitFor();
    await page.locator("#right", { hasText: "200000010" }).waitFor();
  });

  test("real data carry their level and who may see them; a change of either is there at once", async () => {
    const { page } = await open();
    const real = { words: "", tlp: "AMBER", rel_to: ["jcg", "cga"], caveats: [] as string[] };
    await page.route("**/api/me", async (route) => {
      const answer = await route.fetch();
      const me = (await answer.json()) as { node: object };
      await route.fulfill({ response: answer, json: { ...me, marking: real, node: { ...me.node, context: "real", marking: "", exercise: false } } });
    });
    let marking: object = real;
    await page.route("**/api/changes*", (route) =>
      route.fulfill({ contentType: "text/event-stream", body: `event: versions\nid: 1\ndata: ${JSON.stringify({ picture: 1, events: 1, desk: 1, now: Date.now(), mode: "live", marking })}\n\n` }));
    await logIn(page, node.url);
    const banner = page.locator("#banner .banner");
    await expect.poll(() => banner.textContent()).toContain("TLP:AMBER · REL TO JCG, CGA");
    await expect.poll(() => banner.textContent()).not.toContain("EXERCISE");
    marking = { ...real, tlp: "RED", rel_to: ["jcg"] };
    await expect.poll(() => banner.textContent()).toContain("TLP:RED · REL TO JCG");
    await expect.poll(() => banner.getAttribute("aria-label")).toContain("TLP:RED");
    await expect.poll(() => banner.locator(".tlp").evaluate((e) => getComputedStyle(e).color)).toBe("rgb(255, 43, 43)");
  });

  test("the first administrator is made with the link, once", async () => {
    const { page } = await open();
    await page.goto(`${node.url}/setup?token=exercise-setup`);
    await page.fill("input[name=user]", "first");
    await page.fill("input[name=password]", "exercise exercise");
    await page.fill("input[name=again]", "exercise exercis");
    await page.keyboard.press("Enter");
    await page.getByText("The two passwords differ").waitFor();
    await page.fill("input[name=again]", "exercise exercise");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#left .queue");
    const again = await open();
    await again.page.goto(`${node.url}/setup?token=exercise-setup`);
    for (const [name, value] of [["user", "second"], ["password", "exercise exercise"], ["again", "exercise exercise"]] as const)
      await again.page.fill(`input[name=${name}]`, value); // prettier-ignore
    await again.page.keyboard.press("Enter");
    await again.page.getByText("This link does not hold").waitFor();
  });

  test("a watch by mouse: find, read, acknowledge, silence, log, replay, language, theme, hand over", async () => {
    const { page } = await open();
    await logInByForm(page, node.url);
    // find a vessel by its name in another script
    await page.fill("#search", "かもめ");
    await page.locator("#found li").first().click();
    await page.locator("#right h2", { hasText: "KAMOME" }).waitFor();
    await expect.poll(() => page.url()).toContain("vessel=");
    // open an alert and read its evidence
    await page.locator(".alert .summary", { hasText: "AIS gap" }).first().click();
    const alert = page.locator(".alert.open");
    await alert.getByText("share of neighbours heard").waitFor();
    await expect.poll(() => alert.getByRole("row", { name: /implied speed/ }).textContent()).toMatch(/✗.*31.2 kn.*≤ 30 kn/s);
    await alert.getByText("Could also be").waitFor();
    await alert.getByText("Would settle it").waitFor();
    // acknowledge
    await alert.getByRole("button", { name: "Acknowledge" }).click();
    await alert.getByText(/acknowledged analyst/).waitFor();
    // silence another one for a time, with a reason
    await page.locator(".alert .summary", { hasText: "Loitering" }).click();
    await page.locator(".alert.open").getByRole("button", { name: "Silence…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("12 h", { exact: true }).check();
    await dialog.getByLabel(/every alert of/).check();
    await dialog.getByLabel("Reason").fill("EXERCISE: known survey work");
    await dialog.getByRole("button", { name: "Silence" }).click();
    await page.getByRole("button", { name: "Silenced 1" }).click();
    await page.locator(".alert.silenced", { hasText: "EXERCISE: known survey work" }).waitFor();
    await page.getByRole("button", { name: "Open", exact: true }).click();
    // write the log
    await page.getByRole("button", { name: "Watch log" }).click();
    await page.getByLabel("decided", { exact: true }).check();
    await page.getByLabel("What was seen, done or decided").fill("EXERCISE: asked the patrol vessel to look");
    await page.getByRole("button", { name: "Write" }).click();
    await page.locator("#page .log .entry", { hasText: "asked the patrol vessel" }).waitFor();
    await expect.poll(() => page.locator("#page .log .entry").first().textContent()).toContain("MMSI 2000");
    await page.locator("#page .log .entry").first().getByRole("button", { name: "Correct" }).click();
    await page.getByLabel("What was seen, done or decided").fill("EXERCISE: asked the patrol vessel to look from the north");
    await page.getByRole("button", { name: "Write" }).click();
    await page.locator("#page .log .entry", { hasText: "corrects #1" }).waitFor();
    await expect.poll(() => page.locator("#page .log .entry").count()).toBe(2);
    await page.locator("#page > .close").click();
    // replay the hour
    await page.locator("#bottom").getByRole("button", { name: "Play" }).click();
    await page.locator("#top .mode.replay").waitFor();
    const first = await page.locator("#bottom .at time").textContent();
    await expect.poll(() => page.locator("#bottom .at time").textContent()).not.toBe(first);
    await page.locator("#bottom").getByRole("button", { name: "Pause" }).click();
    await expect.poll(() => page.url()).toContain("at=20");
    await page.locator("#bottom").getByRole("button", { name: "To LIVE" }).click();
    await page.locator("#top .mode.live").waitFor();
    // language and theme
    await page.getByLabel("Language").selectOption("zh-TW");
    await page.getByRole("heading", { name: "警示" }).waitFor();
    await expect.poll(() => page.evaluate(() => document.documentElement.lang)).toBe("zh-TW");
    await page.getByLabel("顯示模式").selectOption("night");
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe("night");
    await page.getByLabel("語言").selectOption("en");
    // hand the watch over
    await page.getByRole("button", { name: "Hand-over" }).click();
    await page.locator("#page h3", { hasText: "Open alerts" }).waitFor();
    await expect.poll(() => page.locator("#page").textContent()).toContain("asked the patrol vessel");
    await expect.poll(() => page.locator("#page").textContent()).toContain("EXERCISE: known survey work");
    // on paper: the page alone, over the whole width, with its marking
    await page.emulateMedia({ media: "print" });
    await expect.poll(() => page.locator("#left").isVisible()).toBe(false);
    await expect.poll(async () => (await page.locator("#page").boundingBox())!.width).toBeGreaterThan(1200);
    await expect.poll(() => page.locator("#page .onlyprint").textContent()).toContain("EXERCISE");
    await page.emulateMedia({ media: "screen" });
    await page.getByLabel("Taken over by").fill("next officer");
    await page.getByLabel("What the next watch must know").fill("EXERCISE: the patrol vessel reports at 06:00Z");
    await page.getByRole("button", { name: "Sign as analyst" }).click();
    await page.locator("#page", { hasText: "analyst → next officer" }).waitFor();
  });

  test("the same watch by keyboard alone", async () => {
    const { page } = await open();
    const { keyboard } = page;
    const press = async (...keys: string[]) => {
      for (const key of keys) await keyboard.press(key);
    };
    /** The news of a deed may be there before the answer to it, with which its dialog closes. */
    const over = () => page.locator("dialog[open]").waitFor({ state: "detached" });
    await page.goto(`${node.url}/`);
    await keyboard.type("analyst");
    await press("Tab");
    await keyboard.type("exercise");
    await press("Enter");
    await page.waitForSelector("#left .queue li");
    // find
    await press("/");
    await keyboard.type("BAIYUN");
    await page.locator('#found[data-of="BAIYUN"] li').nth(1).waitFor();
    await press("ArrowDown", "Enter");
    await page.locator("#right h2", { hasText: "BAIYUN" }).waitFor();
    // read an alert, acknowledge it, undo, dismiss it with a reason
    await press("j", "j");
    const alert = page.locator(".alert.open");
    await alert.getByText("silence over").or(alert.getByText("share of neighbours heard")).first().waitFor();
    await press("a");
    await alert.getByText(/acknowledged analyst/).waitFor();
    await press("u");
    await alert.locator(".badge.new").waitFor();
    await press("d");
    await page.getByRole("dialog").waitFor();
    await keyboard.type("EXERCISE: receiver fault, confirmed");
    await press("Enter");
    await page.getByRole("button", { name: "Dismissed 1" }).waitFor();
    await over();
    // silence the next one
    await press("Escape");
    await alert.waitFor({ state: "detached" });
    await press("j", "s");
    await page.getByRole("dialog").waitFor();
    await press("ArrowDown", "Tab", "Tab", "Tab");
    for (let i = 0; i < 6 && !(await page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.name === "reason")); i++) await press("Tab");
    await keyboard.type("EXERCISE: with the other desk");
    await press("Enter");
    await page.getByRole("button", { name: "Silenced 1" }).waitFor();
    await over();
    // log
    await press("j", "l");
    await page.locator("#log-text:focus").waitFor();
    await keyboard.type("EXERCISE: saw two vessels part");
    await press("Control+Enter");
    await page.locator("#page .log .entry", { hasText: "saw two vessels part" }).waitFor();
    await press("Escape", "Escape");
    await page.locator("#page").waitFor({ state: "hidden" });
    // replay: play, pause, step, an hour back, live
    await press("Space");
    await page.locator("#top .mode.replay").waitFor();
    await page.locator("#bottom .play[aria-pressed=true]").waitFor();
    await press("Space");
    await page.locator("#bottom .play[aria-pressed=false]").waitFor(); // drawn with the moment at which it stands
    const before = Date.parse((await page.locator("#bottom .at time").getAttribute("datetime"))!);
    await press(",");
    const at = async () => Date.parse((await page.locator("#bottom .at time").getAttribute("datetime"))!);
    await expect.poll(at).toBe(before - 60_000);
    await press("Shift+>", ".");
    await expect.poll(at).not.toBe(before - 60_000);
    await press("End");
    await page.locator("#top .mode.live").waitFor();
    // theme three times round, layers, measuring, help
    for (const theme of ["night", "day", "dusk"]) {
      await press("n");
      await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe(theme);
    }
    await press("y");
    await page.locator("#layers input:focus").waitFor();
    await press("Space");
    await expect.poll(() => page.url()).toContain("layers=");
    await press("y");
    await page.locator("#layers").waitFor({ state: "hidden" });
    await press("m");
    await page.getByText("Click points on the chart").waitFor();
    await press("Escape", "?");
    await page.getByRole("region", { name: "Keys and signs" }).waitFor();
    await press("Escape");
    // language by keyboard: the select is in the tab order, some steps behind the search
    await press("/");
    await page.locator("#search:focus").waitFor();
    const onLanguage = () => page.getByLabel("Language").evaluate((e) => e === document.activeElement);
    for (let i = 0; i < 15 && !(await onLanguage()); i++) await press("Tab");
    await expect.poll(onLanguage).toBe(true);
    await press("ArrowDown");
    await page.getByRole("heading", { name: "警報" }).waitFor();
    await press("ArrowUp");
    await page.getByRole("heading", { name: "Alerts" }).waitFor();
    await press("Escape");
    // hand over
    await press("h");
    await page.locator("#page h3", { hasText: "Open alerts" }).waitFor();
    for (let i = 0; i < 30 && !(await page.evaluate(() => document.activeElement?.closest("form.signing input") !== null && document.activeElement?.tagName === "INPUT")); i++) await press("Tab");
    await keyboard.type("next officer");
    await press("Enter");
    await page.locator("#page", { hasText: "analyst → next officer" }).waitFor();
  });

  test("an ended session asks again over the picture; what was written is kept and sent once", async () => {
    const { page } = await open();
    await logIn(page, node.url);
    await page.keyboard.press("l");
    await page.locator("#log-text").fill("EXERCISE: written while the session ended");
    await fetch(`${node.url}/mock/expire`, { method: "POST", headers: { "X-Kizuna": "1" } });
    await page.evaluate(() => document.querySelector<HTMLFormElement>("form.entry")!.requestSubmit()); // whether or not it has been noticed yet
    const dialog = page.getByRole("dialog", { name: "Log in again" });
    await dialog.waitFor();
    await expect.poll(() => page.locator("#log-text").inputValue()).toBe("EXERCISE: written while the session ended");
    await dialog.getByLabel("Password").fill("wrong");
    await page.keyboard.press("Enter");
    await dialog.getByText("User name or password is wrong").waitFor();
    await dialog.getByLabel("Password").fill("exercise");
    await page.keyboard.press("Enter");
    await page.locator("#page .log .entry", { hasText: "written while the session ended" }).waitFor();
    await expect.poll(() => page.locator("#page .log .entry").count()).toBe(1);
  });

  test("text of the log survives a reload", async () => {
    const { page } = await open();
    await logIn(page, node.url);
    await page.keyboard.press("l");
    await page.locator("#log-text").fill("EXERCISE: half a sentence");
    await expect.poll(() => page.url()).toContain("page=log");
    await page.reload();
    await page.waitForSelector("#log-text");
    await expect.poll(() => page.locator("#log-text").inputValue()).toBe("EXERCISE: half a sentence");
  });

  test("two stations see the same: what one decides stands at the other, a new alert is announced at both", async () => {
    const one = await open();
    const two = await open();
    await logIn(one.page, node.url);
    await logIn(two.page, node.url, "administrator");
    await one.page.keyboard.press("j");
    await one.page.keyboard.press("a");
    await two.page.locator(".alert .badge", { hasText: "acknowledged analyst" }).waitFor();
    // a notice stands for some seconds: both are watched while it comes
    const announced = Promise.all([one, two].map(({ page }) => page.locator("[role=status].notice", { hasText: "New alert" }).waitFor()));
    await Promise.all([announced, fetch(`${node.url}/mock/alert`, { method: "POST", headers: { "X-Kizuna": "1" } })]);
    for (const { page } of [one, two]) await page.locator(".count", { hasText: "7 new" }).waitFor();
    // an entry of the log is announced as well, and counted until it was looked at
    const unread = two.page.locator("#top .pages .n");
    await two.page.keyboard.press("l");
    await two.page.locator("#log-text").waitFor();
    await expect.poll(() => unread.count()).toBe(0);
    await two.page.keyboard.press("Escape");
    await one.page.keyboard.press("l");
    await one.page.locator("#log-text").fill("EXERCISE: MAYDAY on channel 16");
    const said = two.page.locator(".notice", { hasText: "analyst wrote in the watch log: EXERCISE: MAYDAY on channel 16" }).waitFor();
    await Promise.all([said, one.page.keyboard.press("Control+Enter")]);
    await unread.waitFor();
    await expect.poll(() => one.page.locator("#top .pages .n").count()).toBe(0);
    await two.page.keyboard.press("l");
    await expect.poll(() => unread.count()).toBe(0);
  });

  test("a lost link is said at once and heals by itself", async () => {
    const { page } = await open();
    await logIn(page, node.url);
    await page.context().setOffline(true);
    await page.locator("#top .mode.lost").waitFor();
    await page.context().setOffline(false);
    await page.locator("#top .mode.live").waitFor();
  });

  test("a viewer sees everything and decides nothing", async () => {
    const { page } = await open();
    await logIn(page, node.url, "viewer");
    await page.keyboard.press("j");
    await page.locator(".alert.open").getByText("Evidence").waitFor();
    await expect.poll(() => page.getByRole("button", { name: "Acknowledge" }).count()).toBe(0);
    await page.keyboard.press("a");
    await page.getByText("Your role may look but not do this.").waitFor();
    // pages of the watch are not offered to those who may not open them
    await expect.poll(() => page.getByRole("button", { name: "Hand-over" }).count()).toBe(0);
    await page.keyboard.press("h");
    await page.getByText("This page is for those who keep the watch.").waitFor();
    await expect.poll(() => page.locator("#page").isHidden()).toBe(true);
  });

  test("names are text, whatever they hold", async () => {
    const { page } = await open();
    await logIn(page, node.url, "analyst", "exercise", "#vessel=200000026");
    await page.getByText('EXERCISE <img src=x onerror="document.title=1">', { exact: true }).waitFor();
    await page.locator(".cautions", { hasText: 'It sent 2 names: ' }).waitFor();
    await expect.poll(() => page.locator("#right img").count()).toBe(0);
    await expect.poll(() => page.title()).not.toBe("1");
  });

  test("the URL holds the picture: vessel, alert, moment, theme and language come back", async () => {
    const { page } = await open();
    const at = new Date(Date.now() - 2 * 3600_000).toISOString().slice(0, 19) + "Z";
    await logInByForm(page, node.url, "analyst", "exercise", `#vessel=200000010&alert=ev-exercise-002&at=${at}&theme=night&language=ja`);
    await page.locator("#top .mode.replay").waitFor();
    await page.locator(".alert.open", { hasText: "AIS途絶" }).waitFor();
    await page.locator("#right", { hasText: "200000010" }).waitFor();
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe("night");
    await expect.poll(() => page.locator("#bottom .at time").textContent()).toBe(at.replace("T", " "));
  });

  test("without WebGL the watch goes on, on a plain canvas", async () => {
    const { page } = await open();
    await logIn(page, node.url, "analyst", "exercise", "?canvas");
    await page.locator("#left .queue li").first().waitFor();
    await page.keyboard.press("j");
    await page.locator(".alert.open .tests").waitFor();
    await page.locator("#right .fix").waitFor();
    const drawn = () => page.evaluate(() => [...document.querySelectorAll<HTMLCanvasElement>("#map canvas")].some((c) => c.width > 100 && c.getContext("2d") !== null));
    await expect.poll(drawn).toBe(true);
  });

  test("what belongs together is one row: opened it shows its members, and one key decides about all of them", async () => {
    const { page } = await open();
    await logIn(page, node.url);
    const row = page.locator(".alert", { hasText: "EXERCISE precautionary area" });
    await row.locator(".names", { hasText: /,|vessels/ }).waitFor();
    await expect.poll(() => row.locator(".type .n").textContent()).toBe("×3");
    await expect.poll(() => page.locator(".rivals").first().textContent()).toMatch(/claimed by\s*Party A\s*Party B/);
    await row.locator(".summary").click();
    await expect.poll(() => row.locator(".members li").count()).toBe(3);
    // one alone, then the rest
    await row.locator(".members").getByRole("button", { name: "Acknowledge" }).click();
    await row.locator(".badge", { hasText: "NEW 2 of 3" }).waitFor();
    await page.keyboard.press("a");
    await row.locator(".badge", { hasText: "acknowledged 3 of 3" }).waitFor();
    await page.keyboard.press("u");
    await row.locator(".badge", { hasText: "NEW 3 of 3" }).waitFor();
    // by kind and in another order; nothing is lost
    const all = await page.locator(".alert").count();
    await page.getByLabel("Kind of event").selectOption("zone_visit");
    await expect.poll(() => page.locator(".alert").count()).toBe(2);
    await page.getByLabel(/^Order/).selectOption("time");
    await page.getByLabel("Kind of event").selectOption("");
    await expect.poll(() => page.locator(".alert").count()).toBe(all);
  });

  test("rival claims are named from a viewpoint that the user chooses; the node's own places are found", async () => {
    const { page } = await open();
    await logIn(page, node.url);
    await page.keyboard.press("y");
    await page.getByLabel("Names by").selectOption("B");
    await page.locator(".rivals", { hasText: /Party B\s*Party A/ }).first().waitFor();
    await page.reload();
    await page.locator(".rivals", { hasText: /Party B\s*Party A/ }).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("home isl");
    await page.locator('#found[data-of="home isl"] li', { hasText: "EXERCISE home island" }).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("view=");
  });

  test("an administrator makes a token, sees its secret once and revokes it; the audit is filtered and checked", async () => {
    const { page } = await open();
    await logIn(page, node.url, "administrator", "exercise", "#page=tokens");
    await page.getByText("There is no token").waitFor();
    await page.getByRole("button", { name: "Make a token" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Used by").fill("EXERCISE plotter");
    await dialog.getByLabel("Held back for (minutes)").fill("30");
    await dialog.getByRole("button", { name: "Make", exact: true }).click();
    const secret = await page.getByLabel("Secret of the token").inputValue();
    expect(secret.length).toBeGreaterThan(30);
    await page.getByRole("button", { name: "I have noted it" }).click();
    await page.locator("#page td", { hasText: "30 min late" }).waitFor();
    await expect.poll(() => page.locator("#page").innerHTML()).not.toContain(secret);
    await page.locator("#page td").getByRole("button", { name: "Revoke" }).click();
    await dialog.getByRole("button", { name: "Revoke" }).click();
    await page.locator("#page td", { hasText: /^revoked 20/ }).waitFor();
    await page.evaluate(() => (location.hash = location.hash.replace("page=tokens", "page=audit")));
    await page.getByLabel(/^deed/).selectOption("token.");
    await page.locator("#page td", { hasText: "made a token" }).waitFor();
    await page.getByRole("button", { name: "Check the chain" }).click();
    await page.getByText(/The chain of \d+ lines is whole/).waitFor();
    await expect.poll(() => page.getByRole("link", { name: "Take as CSV" }).getAttribute("href")).toBe("/api/audit/file?act=token.");
  });

  test("watch lists, sources, users and audit", async () => {
    const { page } = await open();
    await logIn(page, node.url, "administrator");
    await page.keyboard.press("w");
    await page.getByRole("button", { name: "New entry" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("List").fill("EXERCISE night list");
    await dialog.getByLabel("MMSI").fill("200000050");
    await dialog.getByLabel("reason", { exact: true }).fill("EXERCISE: asked by the harbour office");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.locator("#page h3", { hasText: "EXERCISE night list" }).waitFor();
    for (const [name, words] of [["Sources", "nothing came for 1900 s"], ["Users", "administrator"], ["Audit", "login"]] as const) {
      await page.locator("button.more").click();
      await page.locator("#more").getByRole("button", { name, exact: true }).click();
      await page.locator("#page", { hasText: words }).waitFor();
    } // prettier-ignore
  });

  test("everything that can be worked has a name for screen readers", async () => {
    const { page } = await open();
    await logIn(page, node.url, "administrator");
    await page.keyboard.press("j");
    await page.locator(".alert.open .tests").waitFor();
    for (const key of ["l", "h", "w", "?"]) {
      await page.keyboard.press("Escape");
      await page.keyboard.press(key);
      await settled(page);
      const nameless = () => page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>("button, input, select, textarea, [role=option], [role=listbox]")]
          .filter((one) => {
            const labels = [...((one as HTMLInputElement).labels ?? [])].map((l) => l.textContent).join("");
            const own = one.tagName === "BUTTON" || one.getAttribute("role") === "option" ? one.textContent : "";
            return !`${one.getAttribute("aria-label") ?? ""}${labels}${own}`.trim();
          })
          .map((one) => one.outerHTML.slice(0, 120)),
      );
      await expect.poll(nameless, { message: key }).toEqual([]);
    }
    await expect.poll(() => page.locator("main, [role=main]").count()).toBe(1);
  });

  const SIZES = [{ width: 1280, height: 800 }, { width: 1920, height: 1080 }, { width: 1024, height: 768 }, { width: 820, height: 1180 }]; // prettier-ignore
  for (const size of SIZES)
    test(`nothing sticks out at ${size.width} x ${size.height}, in any language, on any page`, async () => {
      const { page } = await open(size);
      await logIn(page, node.url, "administrator", "exercise", "#vessel=200000026&alert=ev-exercise-001");
      await page.locator(".alert.open .tests").waitFor();
      const found: Record<string, readonly string[]> = {};
      for (const language of ["en", "ja", "zh-TW"]) {
        await page.locator("#top select").first().selectOption(language);
        for (const name of ["", "log", "handover", "watchlists", "sources", "users", "tokens", "audit", "help"]) {
          await page.evaluate((p) => (location.hash = location.hash.replace(/&?page=\w*/, "") + (p ? `&page=${p}` : "")), name);
          await page.locator(name ? `#page.page-${name}` : "#page[hidden]").waitFor({ state: name ? "visible" : "attached" });
          await settled(page);
          const out = await lasting(() => overflow(page));
          if (out.length) found[`${language} ${name}`] = out;
        }
      }
      expect(found).toEqual({});
    });

  for (const language of ["ja", "zh-TW"])
    test(`no English is left in a session in ${language}: alerts, evidence, cards, every page, refusals`, async () => {
      const { page } = await open();
      await logIn(page, node.url, "administrator", "exercise", `#vessel=200000026&language=${language}`);
      await page.locator("#right .cautions").waitFor();
      await page.locator(".queue .alert").first().waitFor();
      const found: Record<string, readonly string[]> = {};
      const look = async (where: string) => {
        await settled(page);
        const words = await lasting(() => english(page));
        if (words.length) found[where] = words;
      };
      await look("picture");
      const rows = await page.locator(".queue .alert").count();
      const read = page.locator(".alert.open").filter({ has: page.locator(".tests") });
      let last: string | null = null;
      for (let i = 0; i < rows; i++) {
        await page.keyboard.press("j");
        await expect.poll(() => read.getAttribute("data-event")).not.toBe(last);
        last = await read.getAttribute("data-event");
        await look(`alert ${i}`);
      }
      await page.locator(".alert.new .summary").first().click();
      for (const [key, where] of [["s", "silence"], ["d", "dismiss"]] as const) {
        await page.keyboard.press(key);
        await page.getByRole("dialog").waitFor();
        await look(where);
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
      await page.keyboard.press("y");
      await look("layers");
      await page.locator("button.more").click();
      await look("menu");
      await page.keyboard.press("Escape");
      for (const name of ["log", "handover", "watchlists", "sources", "users", "tokens", "audit", "help"]) {
        await page.evaluate((p) => (location.hash = location.hash.replace(/&?page=\w*/, "") + `&page=${p}`), name);
        await page.locator(`#page.page-${name}`).waitFor();
        await look(name);
      }
      expect(found).toEqual({});
      const login = await open();
      await login.page.goto(`${node.url}/login`);
      await login.page.locator("select").first().selectOption(language);
      await login.page.fill("input[name=user]", "x");
      await login.page.fill("input[name=password]", "wrong");
      await login.page.keyboard.press("Enter");
      await expect.poll(() => login.page.locator(".refused").textContent()).toMatch(/[\u3040-\u9fff]/);
      await expect.poll(() => english(login.page)).toEqual([]);
    });
});
