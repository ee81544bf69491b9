/** What is said aloud by screen readers and shown for a moment: a polite live region, and a line of notice. */
import "./spoken.css";
import type { App } from "../app";
import { t } from "../i18n";
import { html, nothing, panel } from "./drawing";

const SHOWN_MS = { info: 5000, error: 12_000 };

export function mountSpoken(app: App): void {
  const root = document.createElement("div");
  root.className = "spoken";
  document.body.append(root);
  let text = "";
  let kind: "info" | "error" = "info";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const clear = () => {
    text = "";
    draw();
  };
  const draw = panel(root, () => html`
    <div role="status" aria-live="polite" class="notice ${kind} ${text ? "" : "empty"}">
      ${text ? html`<span>${text}</span><button class="icon-only" aria-label=${t("action.close")} @click=${clear}>×</button>` : nothing}
    </div>`); // prettier-ignore
  app.bus.on("say", (said) => {
    text = said.text;
    kind = said.kind;
    draw();
    clearTimeout(timer);
    timer = setTimeout(clear, SHOWN_MS[kind]);
  });
  app.store.on(["language"], draw);
}
