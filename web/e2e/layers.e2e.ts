/**
 * Layers that the node gives, and measuring: what is switched on is on the screen, with WebGL and without it; a cable has a
 * card; distance and bearing between two points are those of the geodesic, by mouse and by keyboard.
 */
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { inverse, NM } from "../src/map/geodesy";
import { rgba, TOKENS } from "../src/theme";
import { built, chromiumPath, logIn, overflow, stage } from "./browser";
import { appears, pixels } from "./pixels";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : !built() ? "the page is not built: npm run build" : "";

/** A colour laid over another. */
function over(top: string, ground: string, share: number): string {
  const [a, b] = [rgba(top), rgba(ground)];
  return `#${[0, 1, 2].map((k) => Math.round(255 * (a[k]! * share + b[k]! * (1 - share))).toString(16).padStart(2, "0")).join("")}`; // prettier-ignore
}

/** What the view in the address is. */
const view = (page: Page) => {
  const [zoom, lat, lon] = new URLSearchParams(new URL(page.url()).hash.slice(1)).get("view")!.split("/").map(Number) as [number, number, number];
  return { zoom, lat, lon };
};

/** `53.5 nm 063°` */
const leg = (text: string) => {
  const [, nm, deg] = /([\d.]+) nm (\d{3})°/.exec(text) ?? [];
  return { nm: Number(nm), deg: Number(deg) };
};

describe.skipIf(why)("layers and measuring", () => {
  const { node, open } = stage(150);

  for (const renderer of ["webgl", "canvas"] as const) {
    const address = renderer === "canvas" ? "?canvas" : "";
    const go = async (hash: string): Promise<Page> => {
      const { page } = await open();
      await logIn(page, node.url, "analyst", "exercise", `${address}#${hash}`);
      await page.waitForSelector("#left .queue li");
      return page;
    };

    for (const theme of ["day", "dusk", "night"] as const)
      test(`${renderer}, ${theme}: reception, presence and cables are drawn when they are ticked, and say of which time they are`, async () => {
        const t = TOKENS[theme];
        const page = await go(`theme=${theme}&layers=&view=6/26/123`);
        await appears(page, t.sea, 20_000);
        const boxes = page.locator("#layers");
        for (const [name, colour, least] of [
          ["Reception", over(t.coverage, t.sea, 0.3), 2_000],
          ["Presence", over(t.presence, t.sea, 0.38 * 0.85), 2_000],
          ["Submarine cables", t.cable, 60],
        ] as const) {
          const row = page.locator("#layers label", { hasText: name });
          // the boxes of layers stand over the chart: they are closed while pixels are counted
          const inBoxes = async (deed: () => Promise<void>) => {
            await page.keyboard.press("y");
            await boxes.waitFor();
            await deed();
            await page.keyboard.press("y");
            await boxes.waitFor({ state: "hidden" });
          };
          const before = await pixels(page, colour);
          await inBoxes(() => row.locator("input").check());
          await appears(page, colour, before + least);
          await inBoxes(async () => {
            if (name === "Reception") await row.getByText("worked out").waitFor();
            await row.locator("input").uncheck();
          });
          await expect.poll(() => pixels(page, colour)).toBeLessThan(before + least);
        }
      });

    test(`${renderer}: a cable is picked on the chart; its card says whose it is and who says so`, async () => {
      const page = await go("layers=cables&view=8/26.2/123.2");
      await appears(page, TOKENS.dusk.cable, 60);
      const box = (await page.locator("#map").boundingBox())!;
      const card = page.locator("article.cable");
      const click = async () => {
        await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2 + 1);
        await page.waitForTimeout(300);
        return card.count();
      };
      await expect.poll(click).toBe(1);
      await card.getByText("EXERCISE consortium").waitFor();
      await expect.poll(() => card.textContent()).toMatch(/in use.*EXERCISE: invented routes.*CC0-1\.0/s);
      await expect.poll(() => page.url()).toContain("cable=ex-1");
      await page.keyboard.press("Escape");
      await expect.poll(() => card.count()).toBe(0);
      // by keyboard: found by its name, also while the layer is off
      await page.keyboard.press("/");
      await page.keyboard.type("cable 2");
      await page.locator('#found[data-of="cable 2"] li', { hasText: "EXERCISE cable 2" }).waitFor();
      await page.keyboard.press("Enter");
      await card.locator("h2", { hasText: "EXERCISE cable 2" }).waitFor();
      await expect.poll(() => card.locator("td", { hasText: "not stated" }).count()).toBe(3);
      await expect.poll(() => overflow(page)).toEqual([]);
    });

    test(`${renderer}: measured by mouse, distance and bearing are those of the geodesic`, async () => {
      const page = await go("layers=&view=8/25/123");
      await appears(page, TOKENS.dusk.sea, 20_000);
      await page.keyboard.press("m");
      const box = (await page.locator("#map").boundingBox())!;
      const at = (x: number, y: number) => page.mouse.click(Math.round(box.x + box.width / 2) + x, Math.round(box.y + box.height / 2) + y);
      const said = page.locator(".tools .measured");
      await at(-200, 60);
      await page.getByText("1 point.").waitFor();
      await at(120, -100);
      // 24.850554 N 122.450684 E to 25.248672 N 123.329590 E on WGS 84, by PROJ: 53.482 nm, 63.376 degrees
      await expect.poll(async () => Math.abs(leg((await said.textContent())!).nm - 53.482)).toBeLessThan(0.4);
      await expect.poll(async () => Math.abs(leg((await said.textContent())!).deg - 63.376)).toBeLessThan(1.1);
      await at(40, 140);
      // and on to 24.651013 N 123.109863 E: 37.702 nm, 198.577 degrees, 91.184 nm in all
      await expect.poll(async () => Math.abs(leg((await said.textContent())!).nm - 37.702)).toBeLessThan(0.4);
      await expect.poll(async () => Math.abs(leg((await said.textContent())!).deg - 198.577)).toBeLessThan(1.1);
      await expect.poll(async () => Math.abs(Number(/sum ([\d.]+) nm/.exec((await said.textContent())!)?.[1]) - 91.184)).toBeLessThan(0.6);
      await page.keyboard.press("Backspace");
      await expect.poll(async () => Math.abs(leg((await said.textContent())!).nm - 53.482)).toBeLessThan(0.4);
      await appears(page, TOKENS.dusk.accent, 150);
      await page.keyboard.press("Escape");
      await expect.poll(() => said.count()).toBe(0);
    });

    test(`${renderer}: measured by keyboard alone, from the middle of the chart to where the arrow keys bring it`, async () => {
      const page = await go("layers=&view=8/25/123");
      await appears(page, TOKENS.dusk.sea, 20_000);
      for (let i = 0; i < 8 && (await page.evaluate(() => !document.activeElement?.closest("#map"))); i++) await page.keyboard.press("F6");
      await page.keyboard.press("m");
      await page.keyboard.press("c");
      await page.getByText("1 point.").waitFor();
      const from = view(page);
      // each press goes on from where the one before it has ended: 100 points at this zoom are 0.275 degrees of longitude
      let [lon, lat] = [from.lon, from.lat];
      for (const [key, east, north] of [["ArrowRight", 0.275, 0], ["ArrowRight", 0.275, 0], ["ArrowUp", 0, 0.249]] as const) {
        await page.keyboard.press(key);
        [lon, lat] = [lon + east, lat + north];
        await expect.poll(() => Math.abs(view(page).lon - lon) + Math.abs(view(page).lat - lat)).toBeLessThan(0.02);
      } // prettier-ignore
      await page.keyboard.press("c");
      const said = page.locator(".tools .measured");
      const to = view(page);
      const way = inverse(from.lat, from.lon, to.lat, to.lon);
      await expect.poll(async () => Math.abs(leg((await said.textContent())!).nm - way.distance_m / NM)).toBeLessThan(0.1);
      await expect.poll(async () => Math.abs(leg((await said.textContent())!).deg - way.start_deg)).toBeLessThan(1);
    });
  }

  test("what a node has not is said: no file of cables, reception switched off, or not worked out yet", async () => {
    const { page } = await open();
    await page.route("**/api/layers", (route) =>
      route.fulfill({ json: { layers: ["zones", "claims", "ports", "gates", "cables", "coverage", "presence"].map((name) => ({ name, there: name !== "cables" && name !== "coverage" && name !== "presence", ...(name === "presence" ? { calculated: null } : {}) })) } }),
    );
    await logIn(page, node.url);
    await page.keyboard.press("y");
    const row = (name: string) => page.locator("#layers label", { hasText: name });
    await row("Submarine cables").getByText("no file of cables on this node").waitFor();
    await row("Reception").getByText("switched off in the settings of this node").waitFor();
    await row("Presence").getByText("it takes a whole hour of data").waitFor();
    await expect.poll(() => row("Submarine cables").locator("input").isDisabled()).toBe(true);
  });

  test("the evidence shows the track with the silence marked, in lines and in words, and how the place is heard", async () => {
    const { page } = await open();
    await logIn(page, node.url, "analyst", "exercise", "#alert=ev-exercise-002");
    await page.locator(".alert.open .plot svg").waitFor();
    await expect.poll(() => page.locator(".plot polyline.silent").count()).toBe(1);
    await expect.poll(() => page.locator(".plot polyline.way").count()).toBeGreaterThan(0);
    await expect.poll(() => page.getByRole("img", { name: /^Plot\. .*nothing heard from .* nm from the last fix/ }).count()).toBe(1);
    await page.locator(".cover", { hasText: "Meanwhile 96 % of the other vessels" }).waitFor();
    await page.evaluate(() => (location.hash = location.hash.replace("exercise-002", "exercise-001")));
    await expect.poll(() => page.locator(".plot polyline.marked").count()).toBe(2);
    await page.locator(".cover", { hasText: /of the vessels expected in this cell were heard|Outside of what our receivers usually hear/ }).waitFor();
    await expect.poll(() => overflow(page)).toEqual([]);
  });
});
