/** Asks the node what a text of rules would change over the last days. */
import { Refused } from "../../api/client";
import type { Preview } from "../../api/sharing";
import { previewOf } from "../../api/sharing_shapes";
import type { Desk } from "../desk";

/** As long as the node may go through what it goes through at most. */
const DRY_RUN_MS = 600_000;
const AGAIN_MS = 1000;
let newest = 0;

/**
 * The node goes through one dry run of a person at a time: this waits for an older one, which may be that of a page that
 * was left, until a newer one is wanted.
 */
export async function dryRun(desk: Pick<Desk, "api">, text: string, days: number, again_ms = AGAIN_MS): Promise<Preview> {
  for (const mine = ++newest; ; ) {
    try {
      return previewOf(await desk.api.post("/api/sharing/rules/preview", { text, days }, DRY_RUN_MS));
    } catch (error) {
      if (!(error instanceof Refused && error.code === "dry_run")) throw error;
      if (mine === newest) await new Promise((resolve) => setTimeout(resolve, again_ms));
      if (mine !== newest) throw error;
    }
  }
}
