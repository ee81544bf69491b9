/** Stop everything: from now on nothing leaves. One person may do it at once; going on again needs two. */
import { t } from "../../i18n";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html } from "../drawing";
import { does } from "./parts";

export async function stopEverything(desk: Desk): Promise<void> {
  const word = t("stop.word");
  const body = html`<p>${t("stop.means")}</p><p>${t("stop.after")}</p>
    <label>${t("stop.type", { word })}<input name="word" data-first required autocomplete="off" spellcheck="false" /></label>`; // prettier-ignore
  await ask(t("stop.title"), body, t("stop.button"), async (form) => {
    if (String(form.get("word")).trim().toLowerCase() !== word.toLowerCase()) throw new Error(t("stop.mistyped", { word }));
    const done = await does(desk, () => desk.api.post("/api/sharing/rules/stop", {}), t("stop.done"));
    if (!done) throw new Error(t("error.refused"));
    return true;
  });
}
