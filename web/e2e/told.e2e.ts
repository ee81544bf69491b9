/** Where an event was told to a partner, its evidence names the entry of the ledger. */
import { describe, expect, test } from "vitest";
import { built, chromiumPath, logIn, overflow, settled, stage } from "./browser";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : !built() ? "the page is not built: npm run build" : "";

describe.skipIf(why)("what was told of an event", () => {
  const { node, open } = stage(100, ["--sharing"]);

  test("log, number and hash stand in the evidence; the hash is copied whole, and officers look it up", async () => {
    const { page } = await open(undefined, { permissions: ["clipboard-read", "clipboard-write"] });
    await logIn(page, node.url, "administrator", "exercise", "#alert=ev-exercise-002");
    const entry = page.locator(".told-entries li");
    await entry.getByText("north/1/south/exercise:mock/routine").waitFor();
    await expect.poll(() => entry.textContent()).toMatch(/EXERCISE South.*no\. 41.*[0-9a-f]{12}…/s);
    const hash = await entry.locator("code").getAttribute("title");
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    await page.getByRole("button", { name: "Copy the hash of the record that EXERCISE South has" }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(hash);
    await expect.poll(() => overflow(page)).toEqual([]);
    await entry.getByRole("button", { name: /whole story|story/i }).click();
    await expect.poll(() => page.url()).toContain(`part=ledger/${hash}`);
  });

  test("somebody who sees nothing of sharing is shown none", async () => {
    const { page } = await open();
    await logIn(page, node.url, "viewer", "exercise", "#alert=ev-exercise-002");
    await page.locator(".alert.open .cover").waitFor();
    await settled(page);
    await expect.poll(() => page.locator(".told-entries").count()).toBe(0);
  });
});
