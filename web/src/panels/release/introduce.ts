/** Getting to know another node: give it our file, take its file, and read a code to each other on the telephone. */
import { t } from "../../i18n";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, type TemplateResult } from "../drawing";

export function introduction(desk: Desk): TemplateResult {
  return html`<section><h3>${t("intro.title")}</h3><p class="muted">${t("intro.means")}</p>
    <p class="actions">
      <button @click=${() => void give(desk)}>1 ${t("intro.give")}</button>
      <button @click=${() => void take(desk)}>2 ${t("intro.take")}</button>
      <button @click=${() => void confirm(desk)}>3 ${t("intro.confirm")}</button></p></section>`; // prettier-ignore
}

async function give(desk: Desk): Promise<void> {
  try {
    const made = await desk.api.post<{ text?: string; name?: string }>("/api/sharing/introduce", {});
    save(made.text ?? JSON.stringify(made), made.name ?? `${desk.sharing!.party}.intro`);
    desk.say(t("intro.given"));
  } catch (error) {
    desk.fail(error);
  }
}

/** The other side's file; then the code that both must read alike. */
async function take(desk: Desk): Promise<void> {
  const body = html`<p>${t("intro.take_means")}</p><label>${t("intro.file")}<input name="file" type="file" required data-first /></label>`;
  let code = "";
  const done = await ask(t("intro.take"), body, t("intro.take"), async (form) => {
    const text = await (form.get("file") as File).text();
    const taken = await desk.api.post<{ code?: string }>("/api/sharing/accept", { text });
    code = taken.code ?? "";
    return true;
  });
  if (!done) return;
  void desk.sharing!.pull();
  if (code) await ask(t("intro.code"), html`<p>${t("intro.code_means")}</p><p class="code-words"><output>${code}</output></p>`, t("action.close"), () => true);
}

async function confirm(desk: Desk): Promise<void> {
  const body = html`<p>${t("intro.confirm_means")}</p><label>${t("intro.code")}<input name="code" required autocomplete="off" spellcheck="false" data-first /></label>`;
  const done = await ask(t("intro.confirm"), body, t("intro.confirm"), async (form) => {
    await desk.api.post("/api/sharing/confirm", { code: String(form.get("code")).trim() });
    return true;
  });
  if (!done) return;
  desk.say(t("intro.done"));
  void desk.sharing!.pull();
}

/** Hands a text to the browser as a file. */
export function save(text: string, name: string, type = "application/octet-stream"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
