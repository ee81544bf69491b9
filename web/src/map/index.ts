/** Opens the map: by WebGL2 where the browser has it, on a plain canvas where not. */
import { Chart } from "./chart";
import type { KizunaMap, MapOptions } from "./types";

export type * from "./types";
export { FLAG, LAYER_NAMES } from "./types";

export async function createMap(container: HTMLElement, options: MapOptions): Promise<KizunaMap> {
  const { theme, language, home } = options;
  const { WebglSurface } = await import("./webgl_surface");
  return Chart.open(container, options, (events) => WebglSurface.open(container, theme, language, home, events));
}
