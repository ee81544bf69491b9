import { defineConfig } from "vitest/config";

// One browser, one test after the other: these tests share one stand-in node. They wait for states and not for a time; how
// long they wait is for a machine that hardly answers. A shared, busy machine gets two more tries, which the report names;
// at a desk nothing is tried twice.
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"], environment: "node", testTimeout: 1_800_000, hookTimeout: 600_000, fileParallelism: false,
    sequence: { concurrent: false }, retry: process.env["CI"] ? 2 : 0, expect: { poll: { timeout: 120_000, interval: 100 } },
  },
}); // prettier-ignore
