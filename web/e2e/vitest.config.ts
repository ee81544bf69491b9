import { defineConfig } from "vitest/config";

// One browser, one test after the other: these tests share one stand-in node. A shared, busy machine gets one second
// try, which the report names; at a desk nothing is tried twice.
export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"], environment: "node", testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false,
    sequence: { concurrent: false }, retry: process.env["CI"] ? 1 : 0, expect: { poll: { timeout: 10_000 } },
  },
}); // prettier-ignore
