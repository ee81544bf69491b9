import { describe, expect, it } from "vitest";
import { Pace } from "../src/map/pace";

describe("pace of the chart", () => {
  const drawn = (cost_ms: number) => {
    let now = 1000;
    const waiting: (() => void)[] = [];
    const pace = new Pace(() => now, (job) => waiting.push(job)); // prettier-ignore
    pace.framed();
    now += cost_ms;
    waiting.forEach((job) => job());
    return pace;
  };

  it("is what is wanted while frames are cheap", () => {
    expect(new Pace().least_ms(500)).toBe(500);
    expect(drawn(12).least_ms(500)).toBe(500);
    expect(drawn(12).least_ms(150)).toBe(150);
    expect([new Pace().dear, drawn(12).dear, drawn(400).dear]).toEqual([false, false, true]);
  });

  it("leaves the page three times as long as a dear frame took, at most two seconds", () => {
    expect(drawn(400).least_ms(150)).toBe(1600);
    expect(drawn(5000).least_ms(150)).toBe(7000);
  });
});
