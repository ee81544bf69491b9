import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Client, Refused } from "../src/api/client";
import { dryRun } from "../src/panels/release/dry_run";

const told = JSON.parse(readFileSync(fileURLToPath(new URL("../dev/sharing.json", import.meta.url)), "utf8"));
const busy = new Refused(429, "Too many tries", "a dry run of yours still goes on", "dry_run");
const desk = (answer: (text: string) => unknown) => ({ api: { post: async (_: string, { text }: { text: string }) => answer(text) } as unknown as Client });

test("a dry run waits for an older one of the same person, and other refusals are said at once", async () => {
  let asked = 0;
  const found = await dryRun(desk(() => { if (++asked < 3) throw busy; return told.preview; }), "", 1, 0); // prettier-ignore
  expect([asked, found.looked_at]).toEqual([3, told.preview.looked_at]);
  const other = new Refused(400, "This cannot be used", "", "text");
  await expect(dryRun(desk(() => { throw other; }), "", 1, 0)).rejects.toBe(other); // prettier-ignore
});

test("a dry run that waits gives way to a newer one", async () => {
  const there = desk((text) => { if (text === "old") throw busy; return told.preview; }); // prettier-ignore
  const old = dryRun(there, "old", 1, 0);
  const refused = expect(old).rejects.toBe(busy);
  await dryRun(there, "new", 1, 0);
  await refused;
});
