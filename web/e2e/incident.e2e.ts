/** One incident at a stand-in node whose other desk answers: by mouse and by keyboard, in two languages. */
import { describe, expect, test } from "vitest";
import { built, chromiumPath, logIn, openPage, overflow, stage, stand } from "./browser";

const why = !chromiumPath() ? "no chromium here (set KIZUNA_CHROMIUM)" : !built() ? "the page is not built: npm run build" : "";

describe.skipIf(why)("the incident desk", () => {
  const { node, open } = stage(200, ["--sharing"]);
  /** What the other side does. */
  const they = (body: object) => fetch(`${node.url}/mock/desk`, { method: "POST", headers: { "X-Kizuna": "1", "Content-Type": "application/json" }, body: JSON.stringify(body) });

  test("break-glass, agreed tasks, hand-over, closure", async () => {
    const { page } = await open();
    await logIn(page, node.url, "analyst", "exercise", "#vessel=200000007");
    await page.locator("#right .card h2", { hasText: "EXERCISE" }).waitFor();
    await page.locator("#map").focus();
    const dialog = page.getByRole("dialog");
    // where the vessel is comes with the picture, which the dialog does not wait for
    const begun = async () => {
      if (await dialog.count()) await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      await page.keyboard.press("g");
      await dialog.getByText("A second person reviews it within 72 hours").waitFor();
      return dialog.locator("input[name=place]").inputValue();
    };
    await expect.poll(begun, { interval: 1000 }).not.toBe("");
    await expect.poll(() => dialog.getByRole("textbox", { name: "Vessel" }).inputValue()).toContain("200000007");
    await dialog.getByLabel("Persons").fill("4");
    await dialog.getByRole("button", { name: "Send now" }).click();
    await page.locator("#page .incident-head").waitFor();
    await expect.poll(() => page.locator("#page").textContent()).toContain("by break-glass");
    await expect.poll(() => page.url()).toMatch(/page=incidents&part=[0-9a-f]{32}/);
    await they({ join: true });
    await page.locator(".timeline .theirs", { hasText: "Joined" }).waitFor();
    // a phrase, by keyboard alone
    await page.locator("#page").focus();
    await page.keyboard.press("p");
    await page.locator("#phrase:focus").waitFor();
    await page.keyboard.type("un.chan");
    await expect.poll(() => page.locator("#phrases li").count()).toBe(1);
    await page.keyboard.press("Enter");
    await page.locator(".fill input:focus").waitFor();
    await page.keyboard.type("16");
    await expect.poll(() => page.locator(".fill .preview").textContent()).toContain("16");
    await page.keyboard.press("Enter");
    await page.locator(".timeline .own", { hasText: "channel" }).or(page.locator(".timeline .own", { hasText: "Working" })).first().waitFor();
    // a task is offered to us and taken
    await they({ entry: { task: { to: "north", what: "EXERCISE: search area A1" } } });
    await page.locator(".task.offered").getByRole("button", { name: "Accept" }).click();
    await page.locator(".task.accepted").waitFor();
    // a pattern is drawn by typing, and shown to both
    await page.getByRole("button", { name: "Expanding square" }).click();
    const place = page.locator(".draw-form input[name=place]");
    await place.fill("25°20.0′N 124°40.0′E");
    await place.press("Enter");
    await page.getByRole("button", { name: "Show it to both desks" }).click();
    await page.locator(".drawings .units li", { hasText: "Expanding square" }).waitFor();
    // and a point without a mouse: the middle of the chart, moved by arrow keys
    await page.getByRole("button", { name: "Point", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.locator(".draw-form .points button").first().waitFor();
    await page.keyboard.press("c");
    const spot = page.locator(".draw-form .points button.place");
    await spot.waitFor();
    const before = await spot.textContent();
    await spot.focus();
    await page.keyboard.press("Shift+ArrowUp");
    await expect.poll(() => spot.textContent()).not.toBe(before);
    await page.keyboard.press("Delete");
    await expect.poll(() => spot.count()).toBe(0);
    await page.keyboard.press("Escape");
    await page.locator(".draw-form").waitFor({ state: "detached" });
    // coordination goes over, by word of both
    await page.getByRole("button", { name: "Hand over coordination…" }).click();
    await dialog.getByRole("button", { name: "Offer", exact: true }).click();
    await page.getByText("you coordinate until they accept").waitFor();
    await they({ handover: { act: "accept" } });
    await page.locator(".coordinator", { hasText: "EXERCISE South" }).waitFor();
    // closed when both agree
    await they({ close: { act: "propose", outcome: "saved" } });
    await page.getByRole("button", { name: "Agree to close" }).click();
    await page.getByRole("link", { name: "Joint record" }).waitFor();
    await page.getByRole("button", { name: "Sign the joint record" }).waitFor();
    await expect.poll(() => overflow(page)).toEqual([]);
  });

  test("what is new is marked and read in the reader's language; a refusal names its rule", async () => {
    const { page } = await open();
    await logIn(page, node.url, "analyst", "exercise", "#language=ja");
    await page.locator("#status .unread.some").waitFor();
    await page.keyboard.press("i");
    await page.locator("#page .incident button").click();
    await page.locator(".timeline").getByText("受領しました。").waitFor();
    await page.locator("#status .unread:not(.some)").waitFor();
    await page.locator("#page").press("Escape");
    // a notice stands for some seconds: it is watched for while it comes
    const announced = page.locator(".notice", { hasText: "新着" }).waitFor();
    await Promise.all([announced, they({ entry: { phrase: "de.received", params: {} } })]);
    await page.locator("#status .unread.some").waitFor();
    await page.getByLabel("言語").selectOption("en");
    await page.keyboard.press("i");
    await page.locator("#page .incident button").click();
    await page.locator(".unread-from").waitFor();
    await page.getByRole("button", { name: "SITREP" }).click();
    await page.locator(".sitrep textarea").first().waitFor();
    await expect.poll(() => page.locator(".sitrep label").count()).toBe(6);
    await page.getByRole("button", { name: "Send to the other desks" }).click();
    await expect.poll(() => page.locator(".timeline .own", { hasText: "SITREP 1 sent" }).count()).toBe(2);
  });

  test("what waits for an answer calls across the page until it is opened; a report that was sent can be read", async () => {
    const { page } = await open();
    await logIn(page, node.url);
    await page.locator("#status .unread.some").waitFor();
    await expect.poll(() => page.locator(".calls").count()).toBe(0);
    await they({ entry: { task: { to: "north", what: "EXERCISE: search area A1" } } });
    const call = page.locator(".calls li", { hasText: "A case waits for your answer" });
    await call.waitFor();
    await expect.poll(() => overflow(page)).toEqual([]);
    await call.getByRole("button", { name: "Open the case" }).click();
    const asked = page.locator(".box.urgent", { hasText: "offers you a task" });
    await asked.getByText("EXERCISE: search area A1").waitFor();
    await expect.poll(() => page.locator(".calls").count()).toBe(0);
    await asked.getByRole("button", { name: "Accept" }).click();
    await page.locator(".task.accepted", { hasText: "EXERCISE: search area A1" }).waitFor();
    await expect.poll(() => page.locator(".box.urgent").count()).toBe(0);
    await page.locator(".timeline").getByRole("button", { name: "Read it" }).click();
    await page.locator(".sitrep-sent dd", { hasText: "24-30.00N 123-18.00E" }).first().waitFor();
    await expect.poll(() => page.locator("#page textarea").count()).toBe(0);
    await expect.poll(() => page.url()).toMatch(/part=[0-9a-f]{32}(?:\/|%2F)sitrep(?:\/|%2F)[0-9a-f]{32}/);
  });

  test("a viewer reads and writes nothing; a node without partners shows nothing of all this", async () => {
    const { page } = await open();
    await logIn(page, node.url, "viewer");
    await page.keyboard.press("i");
    await page.locator("#page .incident").waitFor();
    await expect.poll(() => page.getByRole("button", { name: /Open incident|Break-glass/ }).count()).toBe(0);
    const alone = await stand(100);
    try {
      const other = await openPage(alone);
      await logIn(other.page, alone.url, "administrator", "exercise", "#page=incidents&as=south&vessel=200000007");
      await other.page.locator("#right h2").first().waitFor();
      await expect.poll(() => other.page.locator("#status, #as, .who-sees, .page-incidents").count()).toBe(0);
      await other.page.keyboard.press("e");
      await expect.poll(() => other.page.locator("#page").isHidden()).toBe(true);
      expect([...other.strays, ...other.faults]).toEqual([]);
    } finally {
      await alone.stop();
    }
  });
});
