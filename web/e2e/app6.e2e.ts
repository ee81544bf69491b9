/** Symbols of APP-6: off until a user turns them on, for units of a case alone, and for that user alone. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { TOKENS } from "../src/theme";
import { built, chromiumPath, logIn, logInByForm, stage } from "./browser";
import { appears, differing, middle, still } from "./pixels";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : !built() ? "the page is not built: npm run build" : "";

describe.skipIf(why)("symbols of APP-6", () => {
  const { node, open } = stage(20, ["--sharing"]);
  const library = (asked: readonly string[]) => asked.filter((url) => /milsymbol/.test(url)).length;
  const box = (page: Page) => page.locator("#more label", { hasText: "APP-6" }).locator("input");
  const toCase = async (page: Page) => {
    await page.keyboard.press("i");
    await page.locator("#page .incident button").first().click();
    await page.locator("#page .incident-head").waitFor();
    await page.getByText("PL-10").first().waitFor();
  };

  test("a unit of a case gets its symbol when its user wants it; the library is fetched then and not before", async () => {
    const { page } = await open();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await logIn(page, node.url, "analyst", "exercise", "#layers=&view=10/24.2/123.1");
    await toCase(page);
    await appears(page, TOKENS.dusk.selected, 20); // the plain shape
    expect(library(asked)).toBe(0);
    const plain = await still(page);
    await page.locator("button.more").click();
    await expect.poll(() => box(page).isChecked()).toBe(false);
    await box(page).check();
    await page.keyboard.press("Escape");
    await expect.poll(() => library(asked)).toBe(1);
    await expect.poll(async () => differing(await middle(page), plain)).toBeGreaterThan(100);
    // it stays through a reload, and goes when it is turned off
    await page.reload();
    await page.locator("#page .incident-head").waitFor();
    await expect.poll(async () => differing(await middle(page), plain)).toBeGreaterThan(100);
    await page.locator("button.more").click();
    await box(page).uncheck();
    await page.keyboard.press("Escape");
    await expect.poll(async () => differing(await middle(page), plain)).toBeLessThan(20);
    // another user of the same station is asked anew
    await page.locator("button.more").click();
    await box(page).check();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForSelector("input[name=user]");
    await logInByForm(page, node.url, "administrator", "exercise", "#layers=");
    await page.locator("button.more").click();
    await expect.poll(() => box(page).isChecked()).toBe(false);
  });
});
