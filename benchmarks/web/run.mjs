// Measures the map in headless Chromium: CPU time of the browser's whole process tree, because with software rendering
// (no graphics card here) the work is spread over many threads. Every figure is the median of rounds within one run, and
// what is compared is measured in turns inside that run, so that a busy machine disturbs both alike.
//
//   (cd web && npm ci --ignore-scripts) && node benchmarks/web/run.mjs [--rounds 5] [--out benchmarks/results/web.json]
//
// All vessels are synthetic: uniform over the screen, seeded.
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WEB = join(ROOT, "web");
const { chromium } = createRequire(join(WEB, "package.json"))("playwright-core");
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const ROUNDS = Number(option("rounds", "5"));
const OUT = option("out", join(ROOT, "benchmarks", "results", "web.json"));
const CHROME = option("chromium", "/usr/bin/chromium");
const FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]; // prettier-ignore
const TICK_MS = 10;

/** CPU milliseconds of a process and everything below it, of those that have ended too. */
function cpu(root) {
  const all = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "latin1");
      const f = text.slice(text.lastIndexOf(")") + 2).split(" ");
      all.set(+pid, { parent: +f[1], ticks: +f[11] + +f[12] + +f[13] + +f[14] });
    } catch {
      // it has ended between listing and reading
    }
  }
  let sum = 0;
  for (const [pid, { ticks }] of all) {
    let at = pid;
    while (at && at !== root) at = all.get(at)?.parent ?? 0;
    if (at === root) sum += ticks;
  }
  return sum * TICK_MS;
}

function serve(folder) {
  const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" };
  const server = createServer((request, response) => {
    const wanted = request.url.split("?")[0];
    const path = join(folder, wanted === "/" ? "index.html" : wanted);
    if (!existsSync(path) || !statSync(path).isFile()) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": types[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

execFileSync("npx", ["vite", "build", "--config", "../benchmarks/web/vite.config.mjs", "--logLevel", "warn"], { cwd: WEB, stdio: "inherit" });
const files = await serve(join(WEB, "dist-bench"));
const browserServer = await chromium.launchServer({ executablePath: CHROME, args: FLAGS });
const root = browserServer.process().pid;
const browser = await chromium.connect(browserServer.wsEndpoint());
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.on("pageerror", (error) => console.error("page:", error.message));
await page.goto(`http://127.0.0.1:${files.address().port}/?run=0`);
while (!(await page.evaluate(() => window.ready === true))) await page.waitForTimeout(100);
await page.waitForTimeout(1500);

const session = await page.context().newCDPSession(page);
async function spent(name, ...args) {
  const before = cpu(root);
  await page.evaluate(([n, a]) => window.bench[n](...a), [name, args]);
  await page.waitForTimeout(120); // work that the frame left behind
  return cpu(root) - before;
}
const call = (name, ...args) => page.evaluate(([n, a]) => window.bench[n](...a), [name, args]);
/** Everything gone, and the garbage of what was measured before it too. */
async function clear() {
  await call("clear");
  await session.send("HeapProfiler.collectGarbage");
  await page.waitForTimeout(700);
}

const rows = {};
const note = (name, value) => (rows[name] ??= []).push(value);
const FRAMES = 10;
const SIZES = option("sizes", "1000,10000,100000").split(",").map(Number);
for (let round = 0; round <= ROUNDS; round++) {
  const keep = round > 0 ? note : () => {}; // the first round warms up
  for (const n of SIZES) {
    for (const method of ["own", "circle"]) {
      await clear();
      keep("pan_empty", (await spent("pan", FRAMES)) / FRAMES);
      await call("prepare", n, 2 * round);
      await call(method);
      await call("prepare", n, 2 * round + 1);
      await session.send("HeapProfiler.collectGarbage");
      keep(`${method}_update_${n}`, await spent(method));
      keep(`${method}_pan_${n}`, (await spent("pan", FRAMES)) / FRAMES);
    }
  }
  console.error(`round ${round} of ${ROUNDS}`);
}
await clear();
const snapshot = await page.evaluate(() => window.bench.snapshot(100000));
const columns = [];
for (let i = 0; i < 9; i++) columns.push((await page.evaluate(() => window.bench.columns(100000))).set_ms);
const version = browser.version();
await browser.close();
await browserServer.close();
files.close();

const ms = Object.fromEntries(Object.entries(rows).map(([name, values]) => [name, Math.round(median(values) * 10) / 10]));
const result = {
  what: "CPU ms of the browser's process tree, medians; vessels are synthetic, uniform over a screen of 1280 x 800; software rendering",
  machine: { cpus: cpus().length, model: cpus()[0]?.model, chromium: version, rounds: ROUNDS },
  cpu_ms: ms,
  update_100000_of_circle: Math.round((ms.own_update_100000 / ms.circle_update_100000) * 1000) / 1000,
  pan_10000_of_empty: Math.round((ms.own_pan_10000 / ms.pan_empty) * 100) / 100,
  snapshot_100000: { bytes: snapshot.bytes, parse_ms_median: Math.round(median(snapshot.parse_ms) * 100) / 100 },
  columns_100000_ms_median: Math.round(median(columns) * 10) / 10,
  goals: { update_100000_of_circle: 0.125, pan_10000_of_empty: 1.5, snapshot_bytes: 2_500_000, parse_ms: 5 },
};
writeFileSync(OUT, `${JSON.stringify(result, null, 2)}\n`);
console.log(JSON.stringify(result, null, 2));
