/** Recalls: asked and acknowledged, hop by hop. Nothing here ever says "deleted": nobody can know that of another's node. */
import type { Recall } from "../../api/sharing";
import { recallsOf } from "../../api/sharing_shapes";
import { t, word } from "../../i18n";
import { short } from "../../i18n/format";
import type { Desk } from "../desk";
import { ask } from "../dialogs";
import { html, nothing, type TemplateResult } from "../drawing";
import { openPart } from "../pages";
import { CorrectionList } from "./corrections";
import { hopTable } from "./ledger";
import { Asked, type PartMaker, shortId } from "./parts";

const ACTIONS = ["hide", "annotate", "delete"] as const;
const REASONS = ["error", "sensitive", "personal", "legal", "security", "expired"] as const;

export const recallsPart: PartMaker = (desk, draw) => {
  const found = new Asked<readonly Recall[]>(desk, draw);
  const corrected = new CorrectionList(desk, draw);
  const pull = () => {
    void found.get("/api/sharing/recalls", recallsOf);
    corrected.pull();
  };
  return {
    come: pull,
    news: pull,
    view(rest) {
      return html`<p class="muted">${t("recall.means")}</p>
        <p class="actions"><button class="main" @click=${() => void recallThis(desk, "").then(pull)}>${t("recall.do")}</button></p>
        ${found.value ? (found.value.length ? html`<ul class="cards one">${found.value.map((r) => card(desk, r, r.id === rest))}</ul>` : html`<p class="empty">${t("recall.none")}</p>`) : found.instead()}${corrected.view()}`;
    },
  }; // prettier-ignore
};

function card(desk: Desk, r: Recall, chosen: boolean): TemplateResult {
  const done = r.hops.filter((h) => h.state === "acknowledged").length;
  return html`<li class="box ${chosen ? "chosen" : ""}"><h3>${word("recall_action", r.action)} · ${word("recall_reason", r.reason)} ${shortId(r.id)}
      ${r.mine ? nothing : html` <span class="muted">${t("recall.of", { who: desk.sharing!.name(r.origin!) })}</span>`}</h3>
    <p class="muted">${short(r.at_ms, desk.now())} · <bdi>${r.by}</bdi> · ${t("recall.records", { n: r.n })}
      ${r.records.slice(0, 3).map((id) => html` <button class="link" @click=${() => openPart(desk, "release", `ledger/${id}`)}>${shortId(id)}</button>`)}</p>
    ${r.text ? html`<p dir="auto">${r.text}</p>` : nothing}
    <p><strong>${t("recall.state", { done, all: r.hops.length })}</strong></p>${hopTable(desk, r.hops)}
    ${r.mine ? nothing : html`<p class="actions"><button @click=${() => void refuseRecall(desk, r)}>${t("recall.refuse")}</button></p>`}</li>`; // prettier-ignore
}

/** A node may keep what it is asked to hide, for instance as evidence; the originator is told why. */
async function refuseRecall(desk: Desk, r: Recall): Promise<void> {
  const body = html`<p>${t("recall.refuse_means")}</p><label>${t("decide.reason")}<input name="why" required maxlength="256" autocomplete="off" data-first /></label>`;
  await ask(t("recall.refuse"), body, t("recall.refuse"), async (form) => {
    await desk.api.post(`/api/sharing/recalls/${r.id}/refuse`, { why: form.get("why") });
    desk.tell("share");
    return true;
  });
}

export async function recallThis(desk: Desk, record: string): Promise<void> {
  const body = html`<p>${t("recall.do_means")}</p>
    <label>${t("recall.what")}<input name="what" required .value=${record} maxlength="120" autocomplete="off" spellcheck="false" placeholder="mmsi:416000001" ?data-first=${!record} /></label>
    <fieldset><legend>${t("recall.action")}</legend>${ACTIONS.map((a, i) => html`<label class="choice"><input type="radio" name="action" value=${a} ?checked=${i === 0} />${word("recall_action", a)}</label>`)}</fieldset>
    <label>${t("decide.reason")}<select name="reason" ?data-first=${!!record}>${REASONS.map((r) => html`<option value=${r}>${word("recall_reason", r)}</option>`)}</select></label>
    <label>${t("recall.text")}<input name="text" maxlength="500" autocomplete="off" /></label>`; // prettier-ignore
  const done = await ask(t("recall.do"), body, t("recall.do"), async (form) => {
    const what = String(form.get("what")).trim();
    const about = /^[0-9a-f]{64}$/.test(what) ? { record: what } : { subject: what };
    await desk.api.post("/api/sharing/recalls", { ...about, action: form.get("action"), reason: form.get("reason"), text: form.get("text") ?? "" });
    return true;
  });
  if (!done) return;
  desk.say(t("recall.asked"));
  openPart(desk, "release", "recalls");
}
