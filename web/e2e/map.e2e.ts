/** The map in a real browser: vessels are there, can be picked, with WebGL, without it, and after the
 * graphics driver was reset. What is on the screen is judged by the pixels of a screenshot. */
import { type Page, chromium } from "playwright-core";
import { describe, expect, test } from "vitest";
import { makeFleet } from "../dev/world/vessels.mjs";
import { TOKENS } from "../src/theme";
import { appears, pixels } from "./pixels";
import { built, chromiumPath, logIn, openPage, stage } from "./browser";

const why = !chromiumPath() || !built() ? "no chromium or no built page" : "";
const resting = (makeFleet(400) as unknown as { mmsi: number; still: boolean; home: [number, number]; kind: number }[])
  .find((v) => v.still && v.kind !== 8)!; // prettier-ignore
const VIEW = `view=11/${resting.home[1].toFixed(5)}/${resting.home[0].toFixed(5)}`;

/** All marks that a vessel may have, in a theme. */
const marks = async (page: Page, theme: "day" | "dusk" | "night"): Promise<number> => {
  let sum = 0;
  for (const colour of TOKENS[theme].marks.slice(0, 4)) sum += await pixels(page, colour);
  return sum;
};

describe.skipIf(why)("the map", () => {
  const { node, open } = stage();

  for (const renderer of ["webgl", "canvas"] as const) {
    const address = renderer === "canvas" ? "?canvas" : "";

    test(`${renderer}: a vessel is picked by a click and let go by a click beside it`, async () => {
      const { page } = await open();
      await logIn(page, node.url, "analyst", "exercise", `${address}#${VIEW}`);
      await appears(page, TOKENS.dusk.sea, 10_000);
      const box = (await page.locator("#map").boundingBox())!;
      const middle = [box.x + box.width / 2, box.y + box.height / 2] as const;
      const click = async () => {
        await page.mouse.click(...middle);
        await page.waitForTimeout(400);
        return page.url();
      };
      await expect.poll(click).toContain(`vessel=${resting.mmsi}`);
      await page.mouse.click(middle[0] + 90, middle[1] + 90);
      await expect.poll(() => page.url()).not.toContain(`vessel=${resting.mmsi}`);
    });

    test(`${renderer}: land, sea and vessels have the colours of the theme`, async () => {
      const { page } = await open();
      await logIn(page, node.url, "analyst", "exercise", `${address}#theme=day&view=6/25.4/122.5`);
      for (const theme of ["day", "night"] as const) {
        if (theme === "night") await page.evaluate(() => (location.hash = "#theme=night&view=6/25.4/122.5"));
        await appears(page, TOKENS[theme].sea, 20_000);
        await appears(page, TOKENS[theme].land, 5_000);
        await expect.poll(() => marks(page, theme)).toBeGreaterThanOrEqual(500);
      }
    });
  }

  test("a browser without WebGL gets the plain canvas and never fetches MapLibre", async () => {
    const browser = await chromium.launch({ executablePath: chromiumPath()!, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-3d-apis"] });
    try {
      const { page, strays, faults } = await openPage({ url: node.url, browser });
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await logIn(page, node.url);
      await page.waitForSelector("#map canvas.canvas-chart");
      await appears(page, TOKENS.dusk.land, 5_000);
      expect(asked.filter((url) => /webgl|maplibre/.test(url))).toEqual([]);
      expect([...strays, ...faults]).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test("vessels come back after the graphics driver was reset", async () => {
    const { page } = await open();
    await logIn(page, node.url);
    await expect.poll(() => marks(page, "dusk")).toBeGreaterThanOrEqual(500);
    await page.evaluate(() => {
      const gl = document.querySelector<HTMLCanvasElement>(".maplibregl-canvas")!.getContext("webgl2")!;
      const lose = gl.getExtension("WEBGL_lose_context")!;
      lose.loseContext();
      setTimeout(() => lose.restoreContext(), 300);
    });
    await page.waitForTimeout(1500);
    await expect.poll(() => marks(page, "dusk")).toBeGreaterThanOrEqual(500);
  });
});
