/** Moving about on the canvas without WebGL: mouse, wheel, fingers and keys, as MapLibre does it. */
import type { PointerAt } from "./surface";

export interface PointerTarget {
  at(x: number, y: number): PointerAt;
  drag(dx: number, dy: number): void;
  zoom(by: number, x: number, y: number): void;
  click(at: PointerAt): void;
  move(at: PointerAt | null): void;
}

const CLICK_SLACK = 4;
const STEP = 100;

/** Listen on the canvas for pointers and on its container for keys. Returns the way to stop. */
export function bindPointer(canvas: HTMLElement, container: HTMLElement, target: PointerTarget): () => void {
  const down = new Map<number, { x: number; y: number }>();
  let moved = 0;
  const spot = (e: MouseEvent) => {
    const box = canvas.getBoundingClientRect();
    return { x: e.clientX - box.left, y: e.clientY - box.top };
  };
  const spread = () => {
    const [a, b] = [...down.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  };
  const stop = new AbortController();
  const { signal } = stop;
  canvas.addEventListener("pointerdown", (e) => {
    down.set(e.pointerId, spot(e));
    canvas.setPointerCapture(e.pointerId);
    moved = 0;
  }, { signal }); // prettier-ignore
  canvas.addEventListener("pointermove", (e) => {
    const now = spot(e);
    const before = down.get(e.pointerId);
    if (before) {
      const wide = spread();
      down.set(e.pointerId, now);
      moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
      if (down.size === 2 && wide > 0) target.zoom(Math.log2(Math.max(spread(), 1) / wide), now.x, now.y);
      else if (down.size === 1 && moved > CLICK_SLACK) target.drag(now.x - before.x, now.y - before.y);
    }
    target.move(target.at(now.x, now.y));
  }, { signal }); // prettier-ignore
  canvas.addEventListener("pointerup", (e) => {
    const now = spot(e);
    if (down.delete(e.pointerId) && down.size === 0 && moved <= CLICK_SLACK) target.click(target.at(now.x, now.y));
  }, { signal }); // prettier-ignore
  canvas.addEventListener("pointercancel", (e) => void down.delete(e.pointerId), { signal });
  canvas.addEventListener("pointerleave", () => target.move(null), { signal });
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    const { x, y } = spot(e);
    target.zoom(-e.deltaY / (e.deltaMode === 1 ? 12 : 300), x, y);
  }, { signal, passive: false }); // prettier-ignore
  container.addEventListener("keydown", (e) => {
    const { clientWidth: w, clientHeight: h } = canvas;
    const way = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[e.key];
    if (e.altKey || e.ctrlKey || e.metaKey || e.target !== container) return;
    if (way) target.drag(way[0] as number, way[1] as number);
    else if (e.key === "+" || e.key === "=") target.zoom(1, w / 2, h / 2);
    else if (e.key === "-") target.zoom(-1, w / 2, h / 2);
    else return;
    e.preventDefault();
  }, { signal }); // prettier-ignore
  return () => stop.abort();
}
