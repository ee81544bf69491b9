/** Dialogs: one at a time, above everything, with the focus held inside and given back afterwards (the browser's own). */
import "./dialogs.css";
import { t } from "../i18n";
import { failure } from "../i18n/told";
import { html, render, type TemplateResult } from "./drawing";

let serial = 0;

/**
 * Shows a form and resolves with what `read` makes of it when it is sent; null when it is closed otherwise. `read` may
 * throw an Error whose message is then shown, and may be asynchronous: the dialog stays until it has succeeded.
 */
export function ask<T>(title: string, body: TemplateResult, submit: string, read: (form: FormData) => T | Promise<T>): Promise<T | null> {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    const id = `dialog-${++serial}`;
    dialog.setAttribute("aria-labelledby", id);
    let result: T | null = null;
    let busy = false;
    const draw = (error = "") =>
      render(
        html`<form method="dialog" novalidate @submit=${send}>
          <h2 id=${id}>${settled(title)}</h2>
          ${body}
          <p class="refused" role="alert">${error}</p>
          <div class="buttons">
            <button type="button" class="quiet" @click=${() => dialog.close()}>${t("action.cancel")} <kbd aria-hidden="true">Esc</kbd></button>
            <button type="submit" class="main" ?disabled=${busy} aria-busy=${busy}>${busy ? html`<span aria-hidden="true">… </span>` : ""}${settled(submit)}</button>
          </div>
        </form>`,
        dialog,
      );
    async function send(event: Event) {
      event.preventDefault();
      const form = event.target as HTMLFormElement;
      if (busy || !form.reportValidity()) return;
      busy = true;
      draw();
      try {
        result = await read(new FormData(form));
        dialog.close();
      } catch (error) {
        busy = false;
        draw(failure(error));
      }
    }
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) dialog.querySelector("form")!.requestSubmit();
      event.stopPropagation();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    draw();
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-first]")?.focus();
  });
}

/** Dots promise that something will be asked; in the dialog it is. */
const settled = (words: string): string => words.replace(/…$/, "");

export const dialogOpen = (): boolean => document.querySelector("dialog[open]") !== null;
