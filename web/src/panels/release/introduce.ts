/**
 * Getting to know another node. One side begins, the other answers: three files go back and forth by any way, then each
 * reads a code to the other on the telephone. The pages lead through it and say whose turn it is.
 */
import { t } from "../../i18n";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";

interface Made {
  file?: string;
  name?: string;
  party?: string;
  code?: string;
}

export function introduction(desk: Desk): TemplateResult {
  const path = "/api/sharing";
  return html`<section class="introduce"><h3>${t("intro.title")}</h3><p class="muted">${t("intro.means")}</p>
    <div class="rules-two"><div class="box"><h4>${t("intro.we_begin")}</h4><ol class="steps">
        <li><button @click=${() => void made(desk, desk.api.post<Made>(`${path}/introduce`, {}))}>1 ${t("intro.give")}</button></li>
        <li><button @click=${() => void take(desk, `${path}/open`)}>3 ${t("intro.their_answer")}</button></li>
        <li><button @click=${() => void confirm(desk)}>5 ${t("intro.confirm")}</button></li></ol></div>
      <div class="box"><h4>${t("intro.they_begin")}</h4><ol class="steps">
        <li><button @click=${() => void take(desk, `${path}/accept`)}>2 ${t("intro.their_file")}</button></li>
        <li><button @click=${() => void take(desk, `${path}/see`, true)}>4 ${t("intro.their_opening")}</button></li>
        <li><button @click=${() => void confirm(desk)}>5 ${t("intro.confirm")}</button></li></ol></div></div></section>`; // prettier-ignore
}

/** What the node made: a file to hand over, a code to read aloud. */
async function made(desk: Desk, answer: Promise<Made>): Promise<boolean> {
  try {
    const { file, name, party, code } = await answer;
    if (file) save(file, name ?? "kizuna.intro.json");
    void desk.sharing!.pull();
    if (!code) desk.say(t("intro.given"));
    else if (await ask(t("intro.code"), spoken(desk.sharing!.name(party ?? ""), code, !!file), t("intro.confirm"), () => true)) await confirm(desk, party);
    return true;
  } catch (error) {
    desk.fail(error);
    return false;
  }
} // prettier-ignore

/** The code as it is read aloud: group by group, with what to do before and what to do when a group differs. */
function spoken(who: string, code: string, file: boolean): TemplateResult {
  return html`${file ? html`<p><strong>${t("intro.also_file")}</strong></p>` : nothing}<p>${t("intro.code_steps", { who })}</p>
    <h3>${t("intro.we_read")}</h3><ol class="code-words" aria-label=${t("intro.code")}>${code.split(/\s+/).map((group, n) => html`<li aria-label="${t("intro.group", { n: n + 1 })}"><output>${group}</output></li>`)}</ol>
    <p class="caution">${t("intro.code_same")}</p>`;
}

/** The other side, where an introduction with one alone is under way. */
async function underWay(desk: Desk): Promise<string> {
  try {
    const { introductions } = await desk.api.get<{ introductions: readonly string[] }>("/api/sharing/introductions");
    return introductions.length === 1 ? introductions[0]! : "";
  } catch {
    return ""; // then it is typed
  }
}

async function take(desk: Desk, path: string, named = false): Promise<void> {
  const party = named ? await underWay(desk) : "";
  const body = html`<p>${t("intro.take_means")}</p><label>${t("intro.file")}<input name="file" type="file" required data-first /></label>
    ${named ? html`<label>${t("intro.party")}<input name="party" required pattern="[a-z0-9][a-z0-9\\-]{0,31}" maxlength="32" autocomplete="off" spellcheck="false" .value=${party} /></label>` : nothing}`; // prettier-ignore
  const file = await ask(t("intro.file"), body, t("intro.take"), async (form) => {
    const bytes = new Uint8Array(await (form.get("file") as File).arrayBuffer());
    const at = named ? `${path}?party=${encodeURIComponent(String(form.get("party")))}` : path;
    return desk.api.post<Made>(at, { file: btoa(String.fromCharCode(...bytes)) });
  });
  if (file) await made(desk, Promise.resolve(file));
}

async function confirm(desk: Desk, known = ""): Promise<void> {
  const party = known || (await underWay(desk));
  const body = html`<p>${t("intro.confirm_means")}</p><label>${t("intro.party")}<input name="party" required maxlength="32" autocomplete="off" spellcheck="false" .value=${party} ?data-first=${!party} /></label>
    <label>${t("intro.heard")}<input name="code" required maxlength="100" autocomplete="off" spellcheck="false" ?data-first=${!!party} /></label>`; // prettier-ignore
  const done = await ask(t("intro.confirm"), body, t("intro.confirm"), async (form) => {
    await desk.api.post("/api/sharing/confirm", { party: String(form.get("party")).trim(), code: String(form.get("code")).trim() });
    return true;
  });
  if (!done) return;
  desk.say(t("intro.done"));
  void desk.sharing!.pull();
}

/** Hands bytes in base64 to the browser as a file. */
function save(base64: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
