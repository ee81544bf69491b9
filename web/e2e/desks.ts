/**
 * Two nodes of an exercise with a slow line between them, as `kizuna demo --link 64k` sets them up: own processes, own
 * directories, introduced to each other, with a memorandum and rules. Nothing of it is special to these tests.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const PYTHON = process.env["KIZUNA_PYTHON"] ?? join(ROOT, ".venv/bin/python");
export const RUN = ["-c", "from kizuna.node.cli.main import run; run()"];

/** Why there can be no nodes here; empty where there can. */
export const whyNoNodes = (): string => (existsSync(PYTHON) ? "" : `no Python environment here: make setup, or KIZUNA_PYTHON names one`);

export interface DeskNode {
  party: string;
  title: string;
  url: string;
  password: string;
}

export interface Desks {
  nodes: readonly [DeskNode, DeskNode];
  link: string;
  /** Seconds from the command to the moment at which both desks were ready. */
  seconds: number;
  stop(): Promise<void>;
}

/** The environment in which nodes run. */
export const setting = (): NodeJS.ProcessEnv => ({ ...process.env, PYTHONPATH: join(ROOT, "src"), PYTHONUNBUFFERED: "1" });

/** Builds the page that nodes serve where it is not current. */
export function withPage(): void {
  const made = spawnSync(PYTHON, ["tools/web.py"], { cwd: ROOT, env: setting(), encoding: "utf-8" });
  if (made.status !== 0) throw new Error(`the page cannot be built: ${made.stdout}${made.stderr}`);
}

/**
 * Starts both; the page is built first where it is not current. KIZUNA_E2E_DESKS may name a file with what a
 * demonstration that runs already has told (`kizuna demo --json`); then that one is used, and goes on afterwards.
 */
export async function twoDesks(link = "64k"): Promise<Desks> {
  const running = process.env["KIZUNA_E2E_DESKS"];
  if (running) {
    const told = JSON.parse(readFileSync(running, "utf-8")) as Told;
    return { nodes: told.desks, link: told.link, seconds: told.seconds, stop: async () => undefined };
  }
  withPage();
  const out = mkdtempSync(join(tmpdir(), "kizuna-desks-"));
  const cast = fileURLToPath(new URL("two-desks.toml", import.meta.url));
  const words = ["demo", "--out", join(out, "demo"), "--cast", cast, "--link", link, "--vessels", "40", "--hours", "3", "--port", "0", "--json", "--quiet"];
  const run = spawn(PYTHON, [...RUN, ...words], { cwd: ROOT, env: setting(), stdio: ["ignore", "pipe", "pipe"] });
  const logs = () => ["cape", "harbour"].map((p) => tail(join(out, "demo", p, "node.log"))).join("\n");
  const stop = async () => {
    await ended(run);
    rmSync(out, { recursive: true, force: true });
  };
  try {
    const told = await firstAnswer(run, logs);
    return { nodes: told.desks, link: told.link, seconds: told.seconds, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Told = { desks: [DeskNode, DeskNode]; link: string; seconds: number };

/** The JSON document that it prints when both desks are ready. */
function firstAnswer(run: ChildProcess, logs: () => string): Promise<Told> {
  return new Promise((resolve, reject) => {
    let [said, complained] = ["", ""];
    run.stderr!.on("data", (data: Buffer) => (complained = (complained + data.toString()).slice(-4000)));
    run.stdout!.on("data", (data: Buffer) => {
      said += data.toString();
      if (/^\}\s*$/m.test(said)) resolve(JSON.parse(said) as Told);
    });
    run.on("exit", (code) => reject(new Error(`the desks ended with ${code}: ${complained}\n${logs()}`)));
  });
}

/** Asks a node or a demonstration to end, and waits until it has. */
export async function ended(run: ChildProcess): Promise<void> {
  if (run.exitCode !== null || run.signalCode !== null) return;
  const over = new Promise<void>((resolve) => run.once("exit", () => resolve()));
  run.kill("SIGINT");
  const late = setTimeout(() => run.kill("SIGKILL"), 90_000);
  await over;
  clearTimeout(late);
}

const tail = (path: string): string => (existsSync(path) ? readFileSync(path, "utf-8").slice(-1500) : "");
