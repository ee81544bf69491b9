/** What is on the screen, judged by the pixels of a screenshot of the map. */
import type { JSHandle, Page } from "playwright-core";
import { expect } from "vitest";

/** The pixels of a PNG, in the page. */
const decoded = (page: Page, png: Buffer): Promise<JSHandle<ImageData>> =>
  page.evaluateHandle(async (text) => {
    const image = new Image();
    image.src = `data:image/png;base64,${text}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const pen = canvas.getContext("2d")!;
    pen.drawImage(image, 0, 0);
    return pen.getImageData(0, 0, image.width, image.height);
  }, png.toString("base64"));

/** The middle of the map, 80 by 80 points, as red, green and blue of each pixel. */
export async function middle(page: Page): Promise<readonly number[]> {
  const box = (await page.locator("#map").boundingBox())!;
  const clip = { x: Math.round(box.x + box.width / 2) - 40, y: Math.round(box.y + box.height / 2) - 40, width: 80, height: 80 };
  const image = await decoded(page, await page.screenshot({ clip }));
  return image.evaluate(({ data }) => [...data].filter((_, k) => k % 4 !== 3));
}

/** How many pixels of two such pictures look different. */
export const differing = (a: readonly number[], b: readonly number[]): number => {
  let count = 0;
  for (let k = 0; k < a.length; k += 3) if (Math.hypot(a[k]! - b[k]!, a[k + 1]! - b[k + 1]!, a[k + 2]! - b[k + 2]!) > 40) count++;
  return count;
};

/** Pixels of the map that have nearly this colour. */
export async function pixels(page: Page, colour: string): Promise<number> {
  const image = await decoded(page, await page.locator("#map").screenshot());
  const count = await image.evaluate(({ data }, hex) => {
    const n = Number.parseInt(hex.slice(1), 16);
    let found = 0;
    for (let i = 0; i < data.length; i += 4)
      if (Math.hypot(data[i]! - (n >> 16), data[i + 1]! - ((n >> 8) & 255), data[i + 2]! - (n & 255)) < 24) found++;
    return found;
  }, colour);
  await image.dispose();
  return count;
}

/** Waits until at least so many pixels have a colour; says how many there were at last. */
export async function appears(page: Page, colour: string, least: number): Promise<void> {
  await expect.poll(() => pixels(page, colour), { message: `pixels of ${colour}`, interval: 200, timeout: 240_000 }).toBeGreaterThanOrEqual(least);
}

/** The middle of the map once it stands still: twice the same, half a second apart. */
export async function still(page: Page): Promise<readonly number[]> {
  let before = await middle(page);
  for (const end = Date.now() + 240_000; Date.now() < end; ) {
    await page.waitForTimeout(500);
    const now = await middle(page);
    if (differing(now, before) === 0) return now;
    before = now;
  }
  throw new Error("the middle of the map does not stand still");
}
