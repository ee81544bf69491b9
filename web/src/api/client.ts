/**
 * Asks the node. Same origin only; refusals are problem documents (RFC 9457) and become `Refused`, a node that cannot be
 * reached becomes `Unreachable`. When the session has ended the call waits until somebody has logged in again, and is
 * then made once more: whatever was being written is neither lost nor sent twice.
 */

import type { Facts, Reason } from "./types";

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly code = "",
    readonly facts: Facts = {},
    readonly reasons: readonly Reason[] = [],
  ) {
    super(detail || title);
  }
}

export class Unreachable extends Error {}

const TIMEOUT_MS = 20_000;

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export class Client {
  /** Called when the session has ended; resolves when there is a new one. Calls share one promise. */
  #renew: (() => Promise<void>) | null = null;
  #renewing: Promise<void> | null = null;

  constructor(
    private readonly base = "",
    private readonly get_: typeof fetch = (...a) => fetch(...a),
  ) {}

  onExpired(renew: () => Promise<void>): void {
    this.#renew = renew;
  }

  async get<T>(path: string, query: Query = {}): Promise<T> {
    const answer = await this.#ask("GET", path + queryText(query));
    return (await whole(answer.json())) as T;
  }

  async bytes(path: string, query: Query = {}): Promise<{ bytes: Uint8Array; headers: Headers }> {
    const answer = await this.#ask("GET", path + queryText(query));
    return { bytes: new Uint8Array(await whole(answer.arrayBuffer())), headers: answer.headers };
  }

  /** ``wait_ms``: for what the node has to work on for longer. */
  async post<T = unknown>(path: string, body: unknown = {}, wait_ms = TIMEOUT_MS): Promise<T> {
    return this.#send<T>("POST", path, body, wait_ms);
  }

  async del(path: string): Promise<void> {
    await this.#send("DELETE", path);
  }

  async put<T = unknown>(path: string, body: unknown): Promise<T> {
    return this.#send<T>("PUT", path, body);
  }

  /** Once more log in is no call that waits for a login. */
  async login(user: string, password: string): Promise<void> {
    await this.#once("POST", "/api/login", { user, password });
  }

  /** Ask for a new session, as a call that found none would. Everybody who asks meanwhile waits for the same. */
  renew(): Promise<void> {
    if (!this.#renew) return Promise.reject(new Refused(401, "Log in first", ""));
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #send<T>(method: string, path: string, body?: unknown, wait_ms = TIMEOUT_MS): Promise<T> {
    const answer = await this.#ask(method, path, body, wait_ms);
    const text = await whole(answer.text());
    return (text ? JSON.parse(text) : undefined) as T;
  }

  async #ask(method: string, path: string, body?: unknown, wait_ms = TIMEOUT_MS): Promise<Response> {
    for (;;) {
      try {
        return await this.#once(method, path, body, wait_ms);
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 401 || !this.#renew) throw error;
        await this.renew();
      }
    }
  }

  async #once(method: string, path: string, body?: unknown, wait_ms = TIMEOUT_MS): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json, */*" };
    if (method !== "GET") headers["X-Kizuna"] = "1";
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer: Response;
    try {
      answer = await this.get_(this.base + path, {
        method, headers, credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(wait_ms),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }); // prettier-ignore
    } catch (error) {
      throw new Unreachable(String(error));
    }
    if (answer.ok) return answer;
    throw await refusal(answer);
  }
}

/** A body as it comes. A line that breaks, or is too slow, after the answer began is a node that cannot be reached. */
async function whole<T>(body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch (error) {
    throw error instanceof SyntaxError ? error : new Unreachable(String(error));
  }
}

async function refusal(answer: Response): Promise<Refused> {
  let title = answer.statusText;
  let detail = "";
  let code = "";
  let facts: Facts = {};
  let reasons: readonly Reason[] = [];
  try {
    const problem = (await answer.json()) as { title?: unknown; detail?: unknown; code?: unknown; facts?: unknown; reasons?: unknown };
    if (typeof problem.title === "string") title = problem.title;
    if (typeof problem.detail === "string") detail = problem.detail;
    if (typeof problem.code === "string") code = problem.code;
    if (problem.facts && typeof problem.facts === "object") facts = problem.facts as Facts;
    if (Array.isArray(problem.reasons)) reasons = problem.reasons as Reason[];
  } catch {
    // not a problem document; the status says enough
  }
  return new Refused(answer.status, title, detail, code, facts, reasons);
}

export function queryText(query: Query): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== null && value !== undefined) out.set(key, String(value));
  const text = out.toString();
  return text ? `?${text}` : "";
}
