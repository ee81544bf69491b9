import { describe, expect, test, vi } from "vitest";
import { Changes, type Link } from "../src/api/changes";
import { Client, queryText, Refused, Unreachable } from "../src/api/client";
import { oneAtATime } from "../src/panels/desk";
import { reasonOf, whoIsIt } from "../src/panels/alerts";
import { kindsOf, rowsOf } from "../src/panels/rows";
import type { AlertGroup, Alert } from "../src/api/types";

const answer = (status: number, body: unknown = {}, type = "application/json") =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": type } });

describe("asking the node", () => {
  test("what changes something carries the header; what reads does not", async () => {
    const asked: RequestInit[] = [];
    const client = new Client("", (_, init) => (asked.push(init!), Promise.resolve(answer(200, { a: 1 }))));
    expect(await client.get<{ a: number }>("/api/x", { q: "あ", none: undefined })).toEqual({ a: 1 });
    await client.post("/api/x", { b: 2 });
    expect((asked[0]!.headers as Record<string, string>)["X-Kizuna"]).toBeUndefined();
    expect((asked[1]!.headers as Record<string, string>)["X-Kizuna"]).toBe("1");
    expect(asked.every((i) => i.credentials === "same-origin" && i.redirect === "error")).toBe(true);
  });

  test("a refusal is the node's own sentence; an answer that is none is a node that cannot be reached", async () => {
    const refusing = new Client("", () => Promise.resolve(answer(409, { title: "Changed meanwhile", detail: "look again" }, "application/problem+json")));
    await expect(refusing.get("/x")).rejects.toMatchObject({ status: 409, message: "look again" });
    const odd = new Client("", () => Promise.resolve(new Response("<html>", { status: 502, statusText: "Bad Gateway" })));
    await expect(odd.get("/x")).rejects.toMatchObject({ status: 502, message: "Bad Gateway" });
    const away = new Client("", () => Promise.reject(new TypeError("failed")));
    await expect(away.get("/x")).rejects.toBeInstanceOf(Unreachable);
  });

  test("a line that is too slow, or breaks, in the middle of an answer is a node that does not answer", async () => {
    for (const error of [new DOMException("signal timed out", "TimeoutError"), new TypeError("network error")]) {
      const cut = () => new Response(new ReadableStream({ start: (to) => (to.enqueue(new TextEncoder().encode('{"a":')), to.error(error)) }));
      const client = new Client("", () => Promise.resolve(cut()));
      for (const ask of [client.get("/x"), client.bytes("/x"), client.post("/x")]) await expect(ask).rejects.toBeInstanceOf(Unreachable);
    }
    const odd = new Client("", () => Promise.resolve(new Response("{half")));
    await expect(odd.get("/x")).rejects.toBeInstanceOf(SyntaxError);
  });

  test("an ended session is renewed once for all who wait, and each call is then made once more", async () => {
    let known = false;
    const posted: string[] = [];
    const client = new Client("", (url, init) => {
      if (!known) return Promise.resolve(answer(401));
      if (init?.method === "POST") posted.push(String(url));
      return Promise.resolve(answer(200, {}));
    });
    const renew = vi.fn(async () => void (known = true));
    client.onExpired(renew);
    await Promise.all([client.get("/a"), client.get("/b"), client.post("/c", {})]);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(posted).toEqual(["/c"]);
  });

  test("logging in is never answered by asking to log in", async () => {
    const client = new Client("", () => Promise.resolve(answer(401, { detail: "wrong" })));
    const renew = vi.fn(async () => undefined);
    client.onExpired(renew);
    await expect(client.login("a", "b")).rejects.toBeInstanceOf(Refused);
    expect(renew).not.toHaveBeenCalled();
  });

  test("queries are escaped", () => expect(queryText({ q: "a&b=ü", n: 3, x: null })).toBe("?q=a%26b%3D%C3%BC&n=3"));
});

class FakeSource extends EventTarget {
  static made: FakeSource[] = [];
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  constructor() {
    super();
    FakeSource.made.push(this);
  }
  close(): void {
    this.closed = true;
  }
  say(data: string): void {
    this.dispatchEvent(new MessageEvent("versions", { data }));
  }
}

describe("hearing of changes", () => {
  test("a break is told, waited out ever longer, and ends with a new stream; unreadable messages are passed over", async () => {
    vi.useFakeTimers();
    FakeSource.made = [];
    const links: Link[] = [];
    const heard: number[] = [];
    let there = false;
    const changes = new Changes({
      onVersions: (m) => heard.push(m.picture), onLink: (l) => links.push(l),
      onBreak: () => (there ? Promise.resolve() : Promise.reject(new Unreachable("away"))), probe: () => Promise.resolve(),
      source: () => new FakeSource() as unknown as EventSource,
    }); // prettier-ignore
    const first = FakeSource.made[0]!;
    first.onopen!();
    first.say('{"picture":7}');
    first.say("{half");
    expect(heard).toEqual([7]);
    first.onerror!();
    expect(first.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(1100);
    await vi.advanceTimersByTimeAsync(2100);
    expect(FakeSource.made.length).toBe(1);
    there = true;
    await vi.advanceTimersByTimeAsync(4100);
    expect(FakeSource.made.length).toBe(2);
    FakeSource.made[1]!.onopen!();
    expect(links).toEqual(["connecting", "open", "lost", "lost", "lost", "connecting", "open"]);
    changes.close();
    vi.useRealTimers();
  });

  test("a silent stream is probed; where nobody answers the link counts as lost", async () => {
    vi.useFakeTimers();
    FakeSource.made = [];
    const links: Link[] = [];
    let alive = true;
    const changes = new Changes({
      onVersions: () => undefined, onLink: (l) => links.push(l), onBreak: () => Promise.resolve(),
      probe: () => (alive ? Promise.resolve() : Promise.reject(new Unreachable("away"))),
      source: () => new FakeSource() as unknown as EventSource,
    }); // prettier-ignore
    FakeSource.made[0]!.onopen!();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(links).not.toContain("lost");
    alive = false;
    await vi.advanceTimersByTimeAsync(17_000);
    expect(links).toContain("lost");
    changes.close();
    vi.useRealTimers();
  });
});

describe("one at a time", () => {
  test("asked while it runs, a job runs once more afterwards and not more often", async () => {
    let runs = 0;
    const job = oneAtATime(async () => {
      runs++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    await Promise.all([job(), job(), job()]);
    expect(runs).toBe(2);
  });
});

const alert = (event_id: string, state: Alert["state"], t: number, more: Partial<Alert> = {}): Alert => ({
  event_id, version: 1, event_type: "gap", t, lat: 1, lon: 2, mmsis: [431000001], names: [""], confidence: 0.5, word: "moderate",
  summary: "", state, ...more,
}); // prettier-ignore

describe("the queue", () => {
  const all = [alert("a", "new", 1), alert("b", "silenced", 2), alert("c", "withdrawn", 3), alert("d", "dismissed", 4), alert("e", "acknowledged", 5)];

  test("open shows what waits and what was withdrawn, newest first; nothing shown elsewhere is lost", () => {
    const list = { version: 1, alerts: all, counts: {}, silenced: 1 };
    const ids = (filter: "open" | "silenced" | "dismissed" | "all") =>
      rowsOf(list, { filter, kind: "", order: "time", now: 10 }).flatMap((r) => r.members.map((a) => a.event_id));
    expect(ids("open")).toEqual(["e", "c", "a"]);
    expect([...ids("open"), ...ids("silenced"), ...ids("dismissed")].sort()).toEqual(ids("all").sort());
  });

  const group = (id: string, members: string[], rank: number): AlertGroup => ({
    id, kind: "passages", event_type: "gap", rank, members, mmsis: [1], zones: [], claimants: [], t: 1, first: 1, events: members.length,
  }); // prettier-ignore
  const H = 3_600_000;

  test("alerts of one happening are one row; what waits comes first, then what wants a decision; each alert is in one row", () => {
    const alerts = [alert("p1", "acknowledged", 9 * H), alert("p2", "new", 9.1 * H), alert("g", "new", 8.5 * H), alert("old", "new", 2 * H), alert("s", "new", 9.2 * H, { event_type: "zone_visit" })];
    const list = { version: 1, alerts, groups: [group("p", ["p1", "p2"], 1), group("g", ["g"], 3), group("old", ["old"], 3)], watch_h: 8, counts: {}, silenced: 0 };
    const rows = rowsOf(list, { filter: "open", kind: "", order: "need", now: 10 * H });
    expect(rows.map((r) => [r.id, r.now])).toEqual([["g", true], ["s", true], ["p", true], ["old", false]]); // prettier-ignore
    expect(rows[2]!.members.map((a) => a.event_id)).toEqual(["p2", "p1"]);
    expect(rows.flatMap((r) => r.members)).toHaveLength(alerts.length);
    expect(rowsOf(list, { filter: "open", kind: "zone_visit", order: "need", now: 10 * H }).map((r) => r.id)).toEqual(["s"]);
    expect(rowsOf(list, { filter: "open", kind: "", order: "time", now: 10 * H }).map((r) => r.id)).toEqual(["s", "p", "g", "old"]);
    expect([...kindsOf(list, "open")]).toEqual(expect.arrayContaining([["gap", 3], ["zone_visit", 1]])); // prettier-ignore
  });

  test("a vessel without a name goes by its number; an officer's reason is left as written", () => {
    expect(whoIsIt(alert("a", "new", 1))).toBe("MMSI 431000001");
    expect(reasonOf(alert("a", "dismissed", 1, { reason: "late data: no_joke" }))).toBe("late data: no_joke");
  });
});
