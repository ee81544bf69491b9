import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bindHash, DEFAULTS, type State, Store, fromHash, toHash } from "../src/state";

const SOME: State = {
  ...DEFAULTS, vessel: 200000001, alert: "ev-1", mode: "replay", cursor: Date.UTC(2026, 2, 14, 6, 42, 10), theme: "night",
  language: "zh-TW", units: "metric", view: { lon: 124.4012, lat: -25.2, zoom: 7.25 }, layers: ["zones"], page: "log", measuring: true,
}; // prettier-ignore

describe("the hash", () => {
  it("is empty for a fresh picture", () => expect(toHash(DEFAULTS)).toBe(""));
  it("brings every state back", () => expect(fromHash(toHash(SOME))).toEqual(SOME));
  it("remembers that no layer is on", () => expect(fromHash(toHash({ ...DEFAULTS, layers: [] })).layers).toEqual([]));
  it.each([
    "vessel=-4", "vessel=x", "vessel=99999999999", "theme=pink", "at=yesterday", "view=1/2", "view=9/95/200", "language=<b>",
    "units=furlongs", "%%%", "layers=<script>",
  ])("ignores nonsense: %s", (hash) => {
    const { layers, ...rest } = fromHash(hash);
    const { layers: _, ...fresh } = DEFAULTS;
    expect(rest).toEqual(fresh);
    expect(layers.every((name) => /^[a-z_-]+$/.test(name))).toBe(true);
  }); // prettier-ignore
});

describe("the store", () => {
  it("tells only those who asked for what changed, once", () => {
    const store = new Store();
    const heard: string[] = [];
    store.on(["theme"], () => heard.push("theme"));
    store.on([], (_, changed) => heard.push([...changed].join()));
    store.set({ vessel: 5, theme: DEFAULTS.theme });
    store.set({ vessel: 5 });
    store.set({ theme: "day" });
    expect(heard).toEqual(["vessel", "theme", "theme"]);
  });
  it("forgets who no longer listens", () => {
    const store = new Store();
    let calls = 0;
    const stop = store.on(["vessel"], () => calls++);
    store.set({ vessel: 1 });
    stop();
    store.set({ vessel: 2 });
    expect(calls).toBe(1);
  });
});

describe("the hash and the store", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A window whose address is changed by `go`; its event comes later, with `tell`. */
  function bound(hash = "") {
    const location = { hash: hash && `#${hash}` };
    const target = new EventTarget();
    const win = {
      location, addEventListener: target.addEventListener.bind(target), setTimeout,
      history: { replaceState: (_: unknown, __: string, to: string) => void (location.hash = to === "#" ? "" : to) },
    }; // prettier-ignore
    const store = new Store(fromHash(hash));
    bindHash(store, win as unknown as Window);
    return { store, location, go: (to: string) => void (location.hash = to), tell: () => void target.dispatchEvent(new Event("hashchange")) };
  }

  it("the address follows the store", () => {
    const { store, location } = bound("theme=day");
    store.set({ page: "incidents" });
    store.set({ part: "0a" });
    vi.advanceTimersByTime(200);
    expect(location.hash).toBe("#theme=day&page=incidents&part=0a");
  });
  it("the store follows the address, also where something was taken out of it", () => {
    const { store, go, tell } = bound("theme=day&page=log&at=2026-03-14T06:42:10.000Z");
    go("#page=log&vessel=200000001");
    tell();
    expect(store.get()).toMatchObject({ theme: "dusk", page: "log", vessel: 200000001, mode: "live", cursor: null });
  });
  it("what is about to be written stays when the address is changed from the one before", () => {
    const { store, location, go, tell } = bound("page=incidents");
    store.set({ part: "0a" });
    go(`${location.hash}&vessel=200000001`);
    tell();
    expect(store.get()).toMatchObject({ page: "incidents", part: "0a", vessel: 200000001 });
    vi.advanceTimersByTime(200);
    expect(location.hash).toBe("#vessel=200000001&page=incidents&part=0a");
  });
  it("an address that was changed and not yet heard of is not written over", () => {
    const { store, location, go, tell } = bound("page=log");
    store.set({ vessel: 200000001 });
    go("#page=help");
    vi.advanceTimersByTime(200);
    expect(store.get()).toMatchObject({ page: "help", vessel: 200000001 });
    expect(location.hash).toBe("#vessel=200000001&page=help");
    tell();
    expect(store.get()).toMatchObject({ page: "help", vessel: 200000001 });
  });
});
