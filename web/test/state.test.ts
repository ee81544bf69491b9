import { describe, expect, it } from "vitest";
import { DEFAULTS, type State, Store, fromHash, toHash } from "../src/state";

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
