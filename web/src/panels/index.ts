/** Puts the panels into the regions of the page. */
import type { App } from "../app";

export function mountPanels(_app: App): void {}
