/** Screen readers: on every page everything that can be worked has a name, and the structure holds. */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { faults } from "./access";
import { built, chromiumPath, lasting, logIn, settled, stage } from "./browser";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : !built() ? "the page is not built: npm run build" : "";

describe.skipIf(why)("screen readers", () => {
  const { node, open } = stage(150, ["--sharing"]);
  const collect = (page: Page, found: Record<string, readonly string[]>) => async (where: string) => {
    await settled(page);
    const here = await lasting(() => faults(page));
    if (here.length) found[where] = here;
  };

  test("the picture, its cards and the pages of the watch", async () => {
    const { page } = await open();
    await logIn(page, node.url, "administrator", "exercise", "#vessel=200000026&alert=ev-exercise-001&layers=cables");
    await page.locator(".alert.open .plot svg").waitFor();
    const found: Record<string, readonly string[]> = {};
    const look = collect(page, found);
    await look("picture");
    await page.keyboard.press("y");
    await look("layers");
    await page.locator("button.more").click();
    await look("menu");
    await page.keyboard.press("Escape");
    await page.evaluate(() => (location.hash = location.hash.replace(/vessel=\d+/, "cable=ex-1")));
    await page.locator("article.cable").waitFor();
    await look("cable");
    for (const name of ["log", "handover", "watchlists", "sources", "users", "tokens", "audit", "help"]) {
      await page.evaluate((p) => (location.hash = location.hash.replace(/&?page=\w*/, "") + `&page=${p}`), name);
      await page.locator(`#page.page-${name}`).waitFor();
      await look(name);
    }
    expect(found).toEqual({});
  });

  test("the release page: every tab, the form of a rule, the entry of the ledger, and its dialogs", async () => {
    const { page } = await open();
    await logIn(page, node.url, "release_officer", "exercise", "#page=release");
    await page.locator("#page [role=tab]").first().waitFor();
    const found: Record<string, readonly string[]> = {};
    const look = collect(page, found);
    const tabs = await page.locator("#page [role=tab]").allTextContents();
    expect(tabs.length).toBeGreaterThan(5);
    for (let k = 0; k < tabs.length; k++) {
      await page.locator("#page [role=tab]").nth(k).click();
      await look(tabs[k]!.trim());
      // what opens from it
      const buttons = page.locator("#part button:visible");
      for (let b = 0; b < (await buttons.count()); b++) {
        const label = ((await buttons.nth(b).textContent()) ?? "").trim();
        if (!label.endsWith("…") || (await buttons.nth(b).isDisabled())) continue;
        await buttons.nth(b).click();
        await settled(page);
        if (!(await page.getByRole("dialog").count())) continue;
        await look(`${tabs[k]!.trim()}: ${label}`);
        await page.keyboard.press("Escape");
        await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
      }
    }
    await page.keyboard.press("v");
    await look("as a partner");
    expect(found).toEqual({});
  });

  test("the incident page: the list, a case with everything in it, its forms and dialogs", async () => {
    const { page } = await open();
    await logIn(page, node.url, "analyst", "exercise", "#vessel=200000007");
    await page.keyboard.press("i");
    await page.locator("#page .incident button").first().waitFor();
    const found: Record<string, readonly string[]> = {};
    const look = collect(page, found);
    await look("list");
    for (const key of ["o", "g"]) {
      await page.keyboard.press(key);
      await page.getByRole("dialog").waitFor();
      await look(`dialog ${key}`);
      await page.keyboard.press("Escape");
      await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    }
    await page.locator("#page .incident button").first().click();
    await page.locator("#page .incident-head").waitFor();
    await look("case");
    const buttons = page.locator("#page button:visible");
    for (let b = 0; b < (await buttons.count()); b++) {
      const label = ((await buttons.nth(b).textContent()) ?? "").trim();
      if (!label.endsWith("…") || (await buttons.nth(b).isDisabled())) continue;
      await buttons.nth(b).click();
      await settled(page);
      if (!(await page.getByRole("dialog").count())) continue;
      await look(`case: ${label}`);
      await page.keyboard.press("Escape");
      await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
    }
    for (const name of ["Expanding square", "Area"]) {
      const draw = page.getByRole("button", { name, exact: true });
      if (!(await draw.count())) continue;
      await draw.click();
      await page.locator(".draw-form").waitFor();
      await look(`draw ${name}`);
      await draw.click();
    }
    expect(found).toEqual({});
  });
});
