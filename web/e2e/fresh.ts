/**
 * Two fresh nodes that know nobody, each answering over TLS on loopback: own process, own directory, a receiver, keys and
 * two release officers, as an installation has them before its first partner.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, PYTHON, RUN, setting, withPage } from "./desks";

export const OFFICERS = ["aiko", "ben"] as const;
export const PASSWORD = "a very long password of officers";
/** Several commands in one process: loading the program takes longer than what each does. */
const COMMANDS = "import json,sys; from typer.main import get_command; from kizuna.node.cli.main import app; [get_command(app)(args=words, standalone_mode=False) for words in json.loads(sys.argv[1])]";
/** A position of MMSI 227006760. */
const SENTENCE = "!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n";
export const MMSI = "227006760";

export interface FreshNode {
  party: string;
  url: string;
  /** A sentence comes in at its receiver. */
  hears(): Promise<void>;
  /** Two officers sign a memorandum and put rules in force that rest on it, in one command. */
  activates(rules: string, memorandum: string): Promise<void>;
}

export interface Pair {
  nodes: readonly [FreshNode, FreshNode];
  /** A directory for files that people carry. */
  place: string;
  stop(): Promise<void>;
}

export async function freshPair(): Promise<Pair> {
  withPage();
  const place = mkdtempSync(join(tmpdir(), "kizuna-fresh-"));
  const runs: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(runs.map((run) => ended(run)));
    rmSync(place, { recursive: true, force: true });
  };
  try {
    writeFileSync(join(place, "secret"), PASSWORD, { mode: 0o600 });
    const one = await made(place, "north", "EXERCISE North");
    const two = await made(place, "south", "EXERCISE South");
    await Promise.all([one, two].map((node) => running(place, node, runs)));
    return { nodes: [one, two], place, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A port to be listened on later; below those that connections are given, which might take it meanwhile. */
async function portFor(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer().once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

async function made(place: string, party: string, title: string): Promise<FreshNode> {
  const home = join(place, party);
  const secret = join(place, "secret");
  const [page, line, udp] = [await portFor(), await portFor(), await portFor()];
  const words = [
    ["node", "init", home, "--name", party, "--title", title, "--context", "test", "--port", String(page)],
    ...OFFICERS.map((name) => ["node", "user", "add", home, name, "--role", "release_officer", "--password-file", secret]),
    ["partner", "init", home, "--party", party, "--title", title, "--listen", `127.0.0.1:${line}`, "--address", `https://127.0.0.1:${line}`, "--passphrase-file", secret],
  ];
  await run(place, ["-c", COMMANDS, JSON.stringify(words)]);
  const source = ['id = "tower"', 'kind = "udp"', `address = "127.0.0.1:${udp}"`, "pass_on = true", 'pass_on_to = ["all"]', 'origin = "own"'];
  appendFileSync(join(home, "node.toml"), `\n[[sources]]\n${source.join("\n")}\n`);
  return {
    party,
    url: `https://localhost:${page}`,
    hears: () =>
      new Promise((resolve, reject) => {
        const socket = createSocket("udp4");
        socket.send(SENTENCE, udp, "127.0.0.1", (error) => socket.close(() => (error ? reject(error) : resolve())));
      }),
    activates: async (rules, memorandum) => {
      const [file, memo] = [join(place, `${party}.rules.toml`), join(place, "memo.toml")];
      writeFileSync(file, rules);
      writeFileSync(memo, memorandum);
      const people = ["--by", OFFICERS[0], "--second", OFFICERS[1], "--password-file", secret, "--password-file", secret];
      await run(place, [...RUN, "rules", "activate", home, file, "--agreement", memo, ...people]);
    },
  };
}

/** Runs a command to its end; the test's own loop goes on meanwhile, which its runner wants to hear from. */
function run(place: string, words: readonly string[]): Promise<void> {
  const child = spawn(PYTHON, words, { cwd: place, env: setting(), stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let said = "";
    for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (data: Buffer) => (said = (said + data.toString()).slice(-4000)));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`${words.slice(-8).join(" ")} ended with ${code}: ${said}`))));
  });
}

/** Starts a node; done once its page answers. */
function running(place: string, node: FreshNode, runs: ChildProcess[]): Promise<void> {
  const child = spawn(PYTHON, [...RUN, "node", "run", join(place, node.party)], { env: setting(), stdio: ["ignore", "pipe", "pipe"] });
  runs.push(child);
  return new Promise((resolve, reject) => {
    let said = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (data: Buffer) => {
        said = (said + data.toString()).slice(-4000);
        if (said.includes(`The page is at ${node.url}`)) resolve();
      });
    child.on("exit", (code) => reject(new Error(`${node.party} ended with ${code}: ${said}`)));
  });
}

