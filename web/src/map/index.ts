/** Opens the map: by WebGL2 where the browser has it, on a plain canvas where not. */
import { Chart } from "./chart";
import type { KizunaMap, MapOptions } from "./types";

export type * from "./types";
export { FLAG, LAYER_NAMES } from "./types";

function hasWebgl2(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return gl !== null;
}

/** The two surfaces are separate files: a browser without WebGL2 never fetches MapLibre. */
export async function createMap(container: HTMLElement, options: MapOptions): Promise<KizunaMap> {
  const { theme, language, home } = options;
  if (!options.forceCanvas && hasWebgl2()) {
    const { WebglSurface } = await import("./webgl_surface");
    return Chart.open(container, options, (events) => WebglSurface.open(container, theme, language, home, events));
  }
  const { CanvasSurface } = await import("./canvas_surface");
  return Chart.open(container, options, (events) => CanvasSurface.open(container, theme, language, home, events));
}
