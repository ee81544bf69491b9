/** Every key of the page. The list is also what `keys.ts` obeys, so that help and deed cannot differ. */
import { t, type WordKey } from "../i18n";
import { html, panel } from "./drawing";
import type { PageMaker } from "./pages";

export interface KeyHelp {
  keys: readonly string[];
  words: WordKey;
}

export const KEY_HELP: readonly KeyHelp[] = [
  { keys: ["/"], words: "keys.search" },
  { keys: ["J", "K"], words: "keys.alerts" },
  { keys: ["A"], words: "keys.ack" },
  { keys: ["S"], words: "keys.silence" },
  { keys: ["D"], words: "keys.dismiss" },
  { keys: ["U"], words: "keys.undo" },
  { keys: ["R"], words: "keys.replay" },
  { keys: ["F"], words: "keys.find" },
  { keys: ["L"], words: "keys.log" },
  { keys: ["H"], words: "keys.handover" },
  { keys: ["W"], words: "keys.watchlists" },
  { keys: ["Y"], words: "keys.layers" },
  { keys: ["N"], words: "keys.theme" },
  { keys: ["M"], words: "keys.measure" },
  { keys: ["C"], words: "keys.measure_here" },
  { keys: ["Space"], words: "keys.play" },
  { keys: [",", "."], words: "keys.step" },
  { keys: ["<", ">"], words: "keys.hour" },
  { keys: ["End"], words: "keys.live" },
  { keys: ["F6"], words: "keys.regions" },
  { keys: ["Esc"], words: "keys.close" },
  { keys: ["?"], words: "keys.help" },
];

/** Keys that a node has which shares with partners. */
const SHARED_KEYS: readonly { keys: readonly string[]; words: WordKey }[] = [
  { keys: ["E"], words: "keys.release" },
  { keys: ["I"], words: "keys.incidents" },
  { keys: ["O"], words: "keys.open_incident" },
  { keys: ["G"], words: "keys.break_glass" },
  { keys: ["P"], words: "keys.phrase" },
  { keys: ["V"], words: "keys.view_as" },
];

export const helpPage: PageMaker = (desk, root) => {
  const draw = panel(root, () => html`<h2>${t("page.help")}</h2>
    <table class="plain keys"><tbody>${[...KEY_HELP, ...(desk.sharing ? SHARED_KEYS : [])].map(({ keys, words }) => html`<tr><td>${keys.map((k) => html`<kbd>${k}</kbd> `)}</td><td>${t(words)}</td></tr>`)}</tbody></table>
    <h3>${t("help.shapes")}</h3><p>${t("help.shapes_means")}</p>
    <h3>${t("help.confidence")}</h3><p>${t("help.confidence_means")}</p>
    <h3>${t("help.withdrawn")}</h3><p>${t("help.withdrawn_means")}</p>`); // prettier-ignore
  return desk.app.store.on(["language"], draw);
};
