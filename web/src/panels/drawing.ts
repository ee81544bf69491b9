/**
 * Drawing of panels: lit-html templates, which set text and attributes and never parse what came from outside as HTML.
 * A panel is a function that gives its template; `panel` draws it, at most once a frame, whenever it is told to.
 */
import { html, nothing, render, svg, type TemplateResult } from "lit-html";
import { t } from "../i18n";

export { html, nothing, render, svg, type TemplateResult };

export function panel(root: HTMLElement, template: () => TemplateResult | typeof nothing): () => void {
  let asked = false;
  const draw = () => {
    asked = false;
    render(template(), root);
  };
  const ask = () => {
    if (asked) return;
    asked = true;
    // a hidden page gets no frames, but its live region must go on speaking
    if (document.hidden) queueMicrotask(draw);
    else requestAnimationFrame(draw);
  };
  draw();
  return ask;
}

/** A key as it stands on a button. The button names it to screen readers by `aria-keyshortcuts`. */
export const key = (letter: string) => html`<kbd aria-hidden="true">${letter}</kbd>`;

/** Pictures of kinds of event, drawn with lines so that they read in every theme. 16 by 16. */
const PATHS: Readonly<Record<string, string>> = {
  gap: "M1 8h4M11 8h4M7.5 8h1",
  encounter: "M2 5l4 0 2 2.5-2 2.5-4 0zM14 5l-4 0-2 2.5 2 2.5 4 0zM3 13.5h10",
  loitering: "M12.5 8a4.5 4.5 0 1 1-4.5-4.5A3.2 3.2 0 1 1 5 8a2 2 0 1 1 3 1.5",
  zone_visit: "M6 2h8v12H6M1 8h8M6.5 5.5 9 8l-2.5 2.5",
  port_visit: "M8 5.5v9M4.5 7.5h7M2.5 10c.5 3 3 4.5 5.5 4.5s5-1.5 5.5-4.5M8 1.5a2 2 0 1 1 0 4 2 2 0 0 1 0-4",
  dark_detection: "M2 13a11 11 0 0 1 11-11M5 13a8 8 0 0 1 8-8M8.5 13a4.5 4.5 0 0 1 4.5-4.5M12 12h1.5v1.5H12z",
};
const OTHER = "M8 2l6 11H2zM8 6.5v3M8 11.5v.3";

export const eventIcon = (type: string) =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d=${PATHS[type] ?? OTHER} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"></path>
  </svg>`;

const SHAPES: Readonly<Record<string, string>> = {
  hull: "M8 1l5 5v9H3V6z",
  diamond: "M8 1l6 7-6 7-6-7z",
  triangle: "M8 1l6 14H2z",
  ball: "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3",
};
export const SHAPE_ORDER = ["hull", "diamond", "triangle", "ball"] as const;

/** The sign of an origin on the chart. */
export function shapeIcon(shape: string, hollow = false): TemplateResult {
  const place = Math.max(0, (SHAPE_ORDER as readonly string[]).indexOf(shape));
  return html`<svg class="icon mark-${place} ${hollow ? "hollow" : ""}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d=${SHAPES[shape] ?? SHAPES["triangle"]!}></path>
  </svg>`;
}

/** What stands where something could not be had: why, and a way to ask again. */
export const notHad = (why: string, again: () => void): TemplateResult =>
  html`<p class="empty" role="alert">${why} <button class="link" @click=${again}>${t("action.again")}</button></p>`;
