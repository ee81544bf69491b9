// A stand-in for a node, for development and browser tests only; it is not shipped. It answers the node's HTTP
// interface with an invented, moving, EXERCISE-marked world and serves the built picture from `dist`, with the same
// content security policy as a node.
//
//   node dev/mock.mjs [--port 8787] [--vessels 2000] [--no-login] [--dist dist] [--sharing]
//
// With --sharing it also has partners, rules and incidents. Sign in as viewer, analyst, release_officer or administrator, each with the password `exercise`. State lives in memory. For tests,
// POST /mock/alert raises one more alert, and POST /mock/reset puts everything back.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Desk } from "./world/desk.mjs";
import { LAYERS } from "./world/layers.mjs";
import { routes } from "./world/routes.mjs";
import { Sharing } from "./world/sharing.mjs";
import { makeFleet } from "./world/vessels.mjs";

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? "");
};
const HERE = fileURLToPath(new URL("..", import.meta.url));
const DIST = normalize(join(HERE, option("dist", "dist")));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
  ".json": "application/json", ".tiles": "application/octet-stream", ".woff2": "font/woff2" }; // prettier-ignore
// As the node's own door sends them: pages may do what the page needs, everything else nothing at all.
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
  "worker-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const DATA_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

const fleet = makeFleet(Number(option("vessels", "2000")));
const desk = new Desk(fleet, { open: process.argv.includes("--no-login") });
const sharing = process.argv.includes("--sharing") ? new Sharing(fleet) : null;
const api = routes({ fleet, desk, layers: LAYERS, sharing });

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  response.setHeader("Content-Security-Policy", DATA_POLICY);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Kizuna-Marking", "EXERCISE");
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const found = api.find(request.method ?? "GET", url.pathname);
    const user = desk.userOf(request.headers.cookie ?? "");
    if (!found) return await file(url.pathname, response, user !== null);
    if (!found.open && !user) return problem(response, 401, "sign in first");
    if (request.method !== "GET" && request.headers["x-kizuna"] !== "1") return problem(response, 403, "X-Kizuna: 1 is missing");
    const answer = await found.answer({ url, user, request, response, body: text ? JSON.parse(text) : {}, args: found.args });
    if (answer !== undefined) send(request, response, answer);
  } catch (error) {
    problem(response, error.status ?? 500, String(error.message ?? error), error.code ?? "", error.facts, error.reasons);
  }
});

function send(request, response, { status = 200, headers = {}, json, bytes }) {
  const body = bytes ?? Buffer.from(JSON.stringify(json ?? {}));
  const packed = body.length > 2000 && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  response.writeHead(status, {
    "Content-Type": bytes ? "application/vnd.apache.arrow.stream" : "application/json", "Cache-Control": "private, no-store",
    ...(packed ? { "Content-Encoding": "gzip" } : {}), ...headers,
  }); // prettier-ignore
  response.end(packed ? gzipSync(body, { level: 1 }) : body);
}

function problem(response, status, detail, code, facts = {}, reasons = []) {
  if (response.headersSent) return response.end();
  response.writeHead(status, { "Content-Type": "application/problem+json", "Cache-Control": "private, no-store" });
  response.end(JSON.stringify({ type: "about:blank", title: detail, status, detail, code: code || `status_${status}`, facts, reasons }));
}

const PAGES = { "/": "index.html", "/login": "entry.html", "/setup": "entry.html" };

async function file(path, response, known) {
  if (path === "/" && !known) return response.writeHead(303, { Location: "/login" }).end();
  const wanted = normalize(join(DIST, PAGES[path] ?? decodeURIComponent(path)));
  if (!wanted.startsWith(DIST)) return problem(response, 404, "no such page");
  const body = await readFile(wanted).catch(() => null);
  if (!body) return problem(response, 404, "no such page");
  const type = TYPES[extname(wanted)] ?? "application/octet-stream";
  if (type.startsWith("text/html")) response.setHeader("Content-Security-Policy", PAGE_POLICY);
  response.writeHead(200, { "Content-Type": type });
  response.end(body);
}

server.listen(Number(option("port", "8787")), "127.0.0.1", () => {
  const { port } = server.address();
  console.log(`EXERCISE node with ${fleet.length} invented vessels: http://127.0.0.1:${port}/`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
