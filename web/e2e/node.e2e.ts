/**
 * The same watch at a real node, which the Python test starts (tests/web): KIZUNA_E2E_URL, KIZUNA_E2E_USER and
 * KIZUNA_E2E_PASSWORD say where and who. Here the stand-in node's answers are held to the real ones: whatever panel would
 * not understand the node, fails here.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Browser } from "playwright-core";
import { type Seen, chromiumPath, closed, logInByForm, openBrowser, openPage } from "./browser";

const url = process.env["KIZUNA_E2E_URL"];
const user = process.env["KIZUNA_E2E_USER"] ?? "demo";
const password = process.env["KIZUNA_E2E_PASSWORD"] ?? "";

describe.skipIf(!url || !chromiumPath())("a real node", () => {
  let browser: Browser;
  const seen: Seen[] = [];
  beforeAll(async () => void (browser = await openBrowser()));
  afterAll(async () => browser?.close());
  afterEach(async ({ task }) => closed(task, seen));

  test("a watch: find, read, acknowledge, silence, log, replay, hand over", async () => {
    const one = await openPage({ url: url!, browser });
    seen.push(one);
    const { page } = one;
    const { keyboard } = page;
    await page.goto(`${url}/`);
    await expect.poll(() => new URL(page.url()).pathname).toBe("/login");
    await expect.poll(() => page.locator(".banner").textContent()).toContain("EXERCISE");
    await logInByForm(page, url!, user, password);
    await page.locator("#banner .banner").waitFor();
    await page.locator("#left .queue li").first().waitFor();
    // the picture stands: vessels are counted by the map's own store
    await keyboard.press("j");
    const alert = page.locator(".alert.open");
    await alert.locator(".tests tbody tr").first().waitFor();
    await expect.poll(() => alert.locator(".tests tbody tr").count()).toBeGreaterThan(1);
    await alert.getByText("Would settle it").waitFor();
    await page.locator("#right .fix").waitFor();
    const mmsi = /MMSI (\d{9})/.exec((await page.locator("#right .numbers").textContent()) ?? "")![1]!;
    await keyboard.press("a");
    await alert.getByText(new RegExp(`acknowledged .*${user}`)).waitFor();
    await keyboard.press("u");
    await alert.locator(".badge.new").waitFor();
    await keyboard.press("s");
    await page.getByRole("dialog").getByLabel("Reason").fill("EXERCISE: known work");
    await keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: /^Silenced [1-9]/ }).waitFor();
    // find the vessel again by its number
    await keyboard.press("Escape");
    await keyboard.press("Escape");
    await keyboard.press("/");
    await keyboard.type(mmsi);
    await page.locator(`#found[data-of="${mmsi}"] li`, { hasText: mmsi }).first().waitFor();
    await keyboard.press("Enter");
    await page.locator("#right .numbers", { hasText: mmsi }).waitFor();
    // log
    await keyboard.press("l");
    await page.locator("#log-text").fill("EXERCISE: seen by the browser test");
    await keyboard.press("Control+Enter");
    await page.locator("#page .log .entry", { hasText: "seen by the browser test" }).first().waitFor(); // a second try writes a second one
    await keyboard.press("Escape");
    await keyboard.press("Escape");
    // replay the hour
    await keyboard.press("Space");
    await page.locator("#top .mode.replay").waitFor();
    const from = Date.parse((await page.locator("#bottom .at time").getAttribute("datetime"))!);
    await expect.poll(async () => Date.parse((await page.locator("#bottom .at time").getAttribute("datetime"))!)).toBeGreaterThan(from + 10_000);
    await expect.poll(() => page.locator(".histogram rect").count()).toBeGreaterThan(10);
    await keyboard.press("End");
    // hand over
    await keyboard.press("h");
    await page.locator("#page", { hasText: "EXERCISE: known work" }).waitFor();
    await page.locator("#page", { hasText: "seen by the browser test" }).waitFor();
    await page.getByLabel("Taken over by").fill("next officer");
    await page.getByRole("button", { name: `Sign as ${user}` }).click();
    await page.locator("#page", { hasText: `${user} → next officer` }).waitFor();
  });
});
