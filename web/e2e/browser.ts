/** A browser, a stand-in node and a page that watches itself: what every browser test needs. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page, type Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";

const WEB = fileURLToPath(new URL("..", import.meta.url));
const PATHS = [process.env["KIZUNA_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Playwright's own waits, for elements and for pages: a machine that hardly answers is waited for. */
const WAIT_MS = 240_000;
/** Pictures of the pages of a test that failed go here. */
const FAILED = process.env["KIZUNA_E2E_FAILED"] ?? join(tmpdir(), "kizuna-e2e-failed");
const LINES_MOST = 40;

/** Where a browser is, or the reason why nothing can be tested. */
export function chromiumPath(): string | null {
  return PATHS.find((p) => p && existsSync(p)) ?? null;
}

export const built = (): boolean => existsSync(`${WEB}dist/index.html`);

export async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export interface Stand {
  url: string;
  browser: Browser;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** The stand-in node with the built page, and a browser. */
export async function stand(vessels = 400, more: readonly string[] = []): Promise<Stand> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const node: ChildProcess = spawn(process.execPath, ["dev/mock.mjs", "--port", String(port), "--vessels", String(vessels), ...more], { cwd: WEB, stdio: "ignore" });
  await answers(`${url}/health`);
  const browser = await openBrowser();
  return {
    url, browser,
    reset: async () => void (await fetch(`${url}/mock/reset`, { method: "POST", headers: { "X-Kizuna": "1" } })),
    stop: async () => {
      await browser.close();
      node.kill();
    },
  }; // prettier-ignore
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath()!, args: ["--no-sandbox", "--disable-dev-shm-usage", "--lang=en"] });

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function answers(url: string): Promise<void> {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; await pause(100)) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // not yet
    }
  }
  throw new Error(`${url} does not answer`);
}

export interface Seen {
  page: Page;
  /** Requests that left the origin. There must be none. */
  strays: string[];
  /** Errors of scripts and of the content security policy. There must be none. */
  faults: string[];
  /** What it wrote to its console, where it went and what it was not answered, the last of it. */
  said: string[];
}

/** What each page has asked its node and not yet been answered, but for what is asked all the time. */
const asked = new WeakMap<Page, Set<Request>>();
const ALWAYS = /\/api\/(changes|picture|sources|block)|\.tiles/;

function listen(page: Page): string[] {
  const said: string[] = [];
  const say = (text: string) => {
    said.push(`${new Date().toISOString().slice(11, 23)} ${text}`);
    if (said.length > LINES_MOST) said.shift();
  };
  const under_way = new Set<Request>();
  asked.set(page, under_way);
  page.on("request", (request) => request.url().includes("/api/") && !ALWAYS.test(request.url()) && under_way.add(request));
  page.on("requestfinished", (request) => under_way.delete(request));
  page.on("requestfailed", (request) => {
    under_way.delete(request);
    say(`not answered: ${request.method()} ${request.url()} ${request.failure()?.errorText ?? ""}`);
  });
  page.on("response", (answer) => answer.status() >= 400 && say(`answered ${answer.status()}: ${answer.request().method()} ${answer.url()}`));
  page.on("framenavigated", (frame) => frame === page.mainFrame() && say(`at ${frame.url()}`));
  page.on("pageerror", (error) => say(`error: ${error.stack ?? String(error)}`));
  page.on("console", (message) => say(`${message.type()}: ${message.text()}`));
  page.on("crash", () => say("the page has crashed"));
  return said;
}

/** Waits until the page has what it asked for and has drawn it; a page that asks on and on is left at it. */
export async function settled(page: Page): Promise<void> {
  const drawn = () => page.evaluate(() => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))));
  await drawn();
  for (const end = Date.now() + 20_000; asked.get(page)?.size && Date.now() < end; ) await pause(20);
  await drawn();
}

/** What a look finds in the end: what stands there while something is on its way is no finding. */
export async function lasting<T>(look: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (const end = Date.now() + 20_000; ; await pause(200)) {
    const found = await look();
    if (!found.length || Date.now() > end) return found;
  }
}

/** For `afterEach`: closes the pages of a test; nothing may have left the origin and nothing complained. Of a test that failed it says what they showed. */
export async function closed(task: Tried, seen: Seen[]): Promise<void> {
  const pages = seen.splice(0);
  const words = task.result?.state === "fail" ? await Promise.all(pages.map((one, n) => shown(task, one, n))) : [];
  await Promise.all(pages.map(({ page }) => page.context().close()));
  if (words.length) {
    console.error(words.join("\n"));
    throw new Error(words.join("\n"));
  }
  for (const { strays, faults } of pages) {
    expect(strays).toEqual([]);
    expect(faults).toEqual([]);
  }
}

interface Tried {
  name: string;
  result?: { state: string; retryCount?: number };
}

async function shown(task: Tried, { page, said, faults, strays }: Seen, n: number): Promise<string> {
  const name = `${task.name.replace(/[^\w]+/g, "-").slice(0, 60)}-${process.pid}-${task.result?.retryCount ?? 0}-${n}.png`;
  mkdirSync(FAILED, { recursive: true });
  const picture = await page.screenshot({ path: join(FAILED, name), timeout: 120_000 }).then(() => join(FAILED, name), (error: unknown) => `none: ${String(error).split("\n")[0]}`); // prettier-ignore
  return [`page ${n + 1} of the test that failed: ${page.url()}`, `picture: ${picture}`, ...(strays.length ? [`strays: ${strays.join(" ")}`] : []), ...(faults.length ? [`faults: ${faults.join(" | ")}`] : []), ...said].join("\n  ");
}

export async function openPage(stand: { url: string; browser: Browser }, size = { width: 1280, height: 800 }, options: object = {}): Promise<Seen> {
  const context = await stand.browser.newContext({ viewport: size, locale: "en-GB", timezoneId: "Asia/Tokyo", ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(WAIT_MS);
  const page = await context.newPage();
  const said = listen(page);
  const strays: string[] = [];
  const faults: string[] = [];
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(stand.url) && !to.startsWith("data:") && !to.startsWith("blob:")) strays.push(to);
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    // refusals that a test provokes are answers and no faults; a software renderer may complain of its slowness
    if (message.type() === "error" && !/status of (401|403|404|409|429|503)|GPU stall/.test(text) && !/net::ERR/.test(text)) {
      const at = faults.push(text) - 1;
      // an error object is shown by its class alone, whose name the build has shortened: ask it what it says
      void message.args()[0]?.evaluate((e: unknown) => (e instanceof Error ? `${e.name}: ${e.message}` : JSON.stringify(e)))
        .then((said) => (faults[at] = `${text} ${said}`), () => undefined); // prettier-ignore
    }
  });
  return { page, strays, faults, said };
}

/**
 * The stand-in node of one file of tests, made anew before each of them. After each test nothing may have left the origin,
 * and no script or policy may have complained. To be called inside `describe`; `node` is there while tests run.
 */
export function stage(vessels?: number, more: readonly string[] = []): { node: Stand; open(size?: { width: number; height: number }, options?: object): Promise<Seen> } {
  const node = {} as Stand;
  const seen: Seen[] = [];
  beforeAll(async () => void Object.assign(node, await stand(vessels, more)));
  afterAll(async () => node.stop?.());
  beforeEach(async () => node.reset());
  afterEach(async ({ task }) => closed(task, seen));
  return {
    node,
    open: async (...args) => {
      const one = await openPage(node, ...args);
      seen.push(one);
      return one;
    },
  };
}

/** Opens the picture as somebody who has logged in, and waits until it has its alerts; `where` is what follows the slash. */
export async function logIn(page: Page, url: string, user = "analyst", password = "exercise", where = ""): Promise<void> {
  const answer = await page.context().request.post(`${url}/api/login`, { data: { user, password }, headers: { "X-Kizuna": "1" } });
  expect(answer.status()).toBeLessThan(300);
  await page.goto(`${url}/${where}`);
  await page.waitForSelector("#left[aria-busy=false]");
}

/** The same at the page for it. */
export async function logInByForm(page: Page, url: string, user = "analyst", password = "exercise", where = ""): Promise<void> {
  await page.goto(`${url}/${where}`);
  await page.fill("input[name=user]", user);
  await page.fill("input[name=password]", password);
  await page.keyboard.press("Enter");
  await page.waitForSelector("#left[aria-busy=false]");
}

/** Elements that stick out of the page sideways, and pages that can be scrolled sideways. */
export const overflow = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    const out: string[] = [];
    if (document.documentElement.scrollWidth > wide) out.push(`page ${document.documentElement.scrollWidth} > ${wide}`);
    for (const one of document.querySelectorAll<HTMLElement>("#top *, #left *, #right *, #bottom *, #page *, #banner *")) {
      const box = one.getBoundingClientRect();
      const scrolls = one.closest(".scroll, .hidden, svg, .marks, .ticks, [popover]");
      if (box.width > 0 && !scrolls && (box.right > wide + 1 || box.left < -1)) out.push(`${one.tagName}.${one.className} ${Math.round(box.left)}..${Math.round(box.right)}`);
    }
    for (const one of document.querySelectorAll<HTMLElement>("#left, #right, #page, #top .bar, #bottom .keys"))
      if (one.scrollWidth > one.clientWidth + 1) out.push(`${one.id || one.className} scrolls sideways: ${one.scrollWidth} > ${one.clientWidth}`);
    return out;
  });

/**
 * Latin words of a page in Japanese or Chinese that are neither data nor terms of the trade. Data are what people, ships
 * and sources call themselves (`dir=auto`, `bdi`, `code`), keys, and what is typed; technical ids of settings stand as they are.
 */
export const english = (page: Page): Promise<readonly string[]> =>
  page.evaluate((terms) => {
    const allowed = new Set(terms);
    const skip = "script, style, kbd, code, bdi, [dir=auto], [lang=en], time, input, textarea, option[lang], details dl, .numbers, .clock, .who, .onlyprint";
    const out = new Set<string>();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const parent = node.parentElement!;
      if (parent.closest(skip) || !parent.checkVisibility()) continue;
      // a caution ends with the names that a ship sent
      const text = parent.closest(".cautions") ? node.textContent!.replace(/EXERCISE .*$/, "") : node.textContent!;
      for (const word of text.match(/[A-Za-z][A-Za-z'’-]{2,}/g) ?? []) if (!allowed.has(word)) out.add(`${word} | ${node.textContent!.trim().slice(0, 70)}`);
    }
    for (const one of document.querySelectorAll<HTMLElement>("[aria-label], [title], [placeholder]")) {
      if (one.closest("code, bdi, [lang=en], .who") || !one.checkVisibility()) continue;
      for (const text of [one.getAttribute("aria-label"), one.getAttribute("title"), one.getAttribute("placeholder")])
        for (const word of text?.match(/[A-Za-z][a-z'’-]{3,}/g) ?? []) if (!allowed.has(word)) out.add(`${word} | ${text!.slice(0, 70)}`);
    }
    return [...out];
  }, TERMS);

/** Names of standards and units, signs of the page, and data of the stand-in node. */
const TERMS = [
  "AIS", "MMSI", "IMO", "UTC", "COG", "SOG", "LIVE", "REPLAY", "EXERCISE", "SYNTHETIC", "DATA", "CSV", "GPX", "KML", "GeoJSON", "GeoParquet", "Parquet", "NMEA", "CoT", "OIDC", "SAR", "RADAR",
  "Kizuna", "NEW", "JST", "min", "Esc", "Ctrl", "Enter", "Space", "End", "Shift", "Tab", "EPIRB", "MOB", "SART", "AIS-SART", "WGS", "GPS", "km", "sha",
  "EX-", "analyst", "administrator", "viewer", "Own", "Partner", "Open", "source", "precautionary", "area", "list", "shore", "receiver", "partner", "feed", "tcp", "websocket", "own", "restricted", "checksum", "coastal", "radar",
]; // prettier-ignore
