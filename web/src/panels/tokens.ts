/** For administrators: tokens for programs. A secret is shown once; what a token allows and when it was last used stands here. */
import "./tokens.css";
import type { TokenRow } from "../api/desk_types";
import { t } from "../i18n";
import { age, utc } from "../i18n/format";
import { ask } from "./dialogs";
import { html, nothing, panel, type TemplateResult } from "./drawing";
import type { PageMaker } from "./pages";

/** A token of kind `taxii` is made for one partner, by HTTP. */
const KINDS = ["feed", "metrics", "received"] as const;
const DAY_MS = 86_400_000;
const SOON_MS = 14 * DAY_MS;

export const tokensPage: PageMaker = (desk, root) => {
  let tokens: readonly TokenRow[] | null = null;
  let made: (TokenRow & { secret: string }) | null = null;
  const pull = async () => {
    try {
      tokens = (await desk.api.get<{ tokens: readonly TokenRow[] }>("/api/admin/tokens")).tokens;
    } catch (error) {
      desk.fail(error);
    }
    draw();
  };
  const add = async () => {
    const fresh = await ask(t("tokens.add"), fields(), t("tokens.make"), (form) => {
      const number = (name: string) => Number(form.get(name));
      const feed = form.get("kind") === "feed";
      const about = feed ? { live: form.get("live") === "on", delay_s: Math.round(number("delay") * 60), grid_deg: number("grid") } : {};
      return desk.api.post<TokenRow & { secret: string }>("/api/admin/tokens", { name: String(form.get("name")).trim(), kind: form.get("kind"), days: number("days"), ...about });
    });
    if (!fresh) return;
    made = fresh;
    await pull();
    root.querySelector<HTMLElement>("[data-secret]")?.focus();
  };
  const revoke = async (token: TokenRow) => {
    const sure = await ask(t("tokens.revoke"), html`<p><strong dir="auto">${token.name}</strong></p><p>${t("tokens.revoke_means")}</p>`, t("tokens.revoke"), async () => {
      await desk.api.del(`/api/admin/tokens/${token.id}`);
      return true;
    });
    if (sure) await pull();
  };
  const draw = panel(root, () => html`<h2>${t("page.tokens")}</h2>
    <p class="muted">${t("tokens.means")}</p>
    ${made ? secret(made, () => { made = null; draw(); }) : nothing}
    <p class="actions"><button class="main" data-first @click=${() => void add()}>${t("tokens.add")}</button></p>
    ${tokens?.length === 0 ? html`<p class="empty">${t("tokens.none")}</p>` : nothing}
    ${tokens?.length ? html`<div class="scroll"><table class="wide"><thead><tr>${(["name", "kind", "gives", "made", "until", "used"] as const).map((c) => html`<th scope="col">${t(`tokens.${c}`)}</th>`)}
      <th scope="col"><span class="hidden">${t("tokens.revoke")}</span></th></tr></thead>
      <tbody>${tokens.map((one) => row(one, () => void revoke(one)))}</tbody></table></div>` : nothing}`); // prettier-ignore
  const stop = desk.app.store.on(["language"], draw);
  void pull();
  return stop;
};

const fields = (): TemplateResult => html`
  <label>${t("tokens.name")}<input name="name" required maxlength="80" data-first autocomplete="off" placeholder=${t("tokens.name_example")} /></label>
  <fieldset class="kinds"><legend>${t("tokens.kind")}</legend>
    ${KINDS.map((k) => html`<label class="choice"><input type="radio" name="kind" value=${k} ?checked=${k === "feed"}
      @change=${(e: Event) => ((e.target as HTMLElement).closest("form")!.querySelector<HTMLFieldSetElement>(".feed")!.disabled = k !== "feed")} />${t(`tokens.kind_${k}`)}</label>`)}
  </fieldset>
  <label>${t("tokens.days")}<input name="days" type="number" min="1" max="730" value="90" required /></label>
  <fieldset class="feed"><legend>${t("tokens.gives")}</legend>
    <label>${t("tokens.delay")}<input name="delay" type="number" min="0" max="43200" step="1" value="15" required /></label>
    <label>${t("tokens.grid")}<input name="grid" type="number" min="0" max="5" step="0.01" value="0.05" required /></label>
    <label class="choice"><input type="checkbox" name="live" />${t("tokens.live")}</label>
  </fieldset>`; // prettier-ignore

const secret = (made: { name: string; secret: string }, close: () => void) => html`<section class="secret" role="status">
  <p><strong>${t("tokens.once")}</strong> <span dir="auto">${made.name}</span></p>
  <p><input data-secret readonly aria-label=${t("tokens.secret")} .value=${made.secret} size="56" @focus=${(e: Event) => (e.target as HTMLInputElement).select()} /></p>
  <p class="actions"><button @click=${() => void navigator.clipboard?.writeText(made.secret)}>${t("tokens.copy")}</button> <button @click=${close}>${t("tokens.noted")}</button></p>
</section>`; // prettier-ignore

function row(one: TokenRow, revoke: () => void): TemplateResult {
  const now = Date.now(); // tokens are kept by the clock of the wall, also where a demonstration plays another time
  const over = one.revoked !== null || one.until <= now;
  const gives = one.kind === "metrics" ? t("tokens.gives_metrics")
    : one.kind === "taxii" || one.kind === "received" ? t(`tokens.gives_${one.kind}`)
    : [one.delay_s ? t("tokens.late", { age: age(one.delay_s * 1000) }) : t("tokens.not_late"), one.grid_deg ? t("tokens.coarse", { deg: one.grid_deg }) : t("tokens.not_coarse"), one.live ? t("tokens.streams") : ""].filter(Boolean).join(" · "); // prettier-ignore
  const until = one.revoked !== null ? t("tokens.revoked", { at: utc(one.revoked) }) : one.until <= now ? t("tokens.over", { at: utc(one.until) }) : utc(one.until);
  return html`<tr class=${over ? "over" : ""}><th scope="row" dir="auto">${one.name}<span class="muted">#${one.id}</span></th><td>${t(`tokens.kind_${one.kind}`)}</td><td>${gives}</td>
    <td>${utc(one.created)} <span class="muted" dir="auto">${one.by}</span></td>
    <td>${until}${!over && one.until - now < SOON_MS ? html` <strong>${t("tokens.soon")}</strong>` : nothing}</td>
    <td>${one.used ? t("vessel.ago", { age: age(now - one.used) }) : t("tokens.never")}</td>
    <td class="buttons">${over ? nothing : html`<button @click=${revoke}>${t("tokens.revoke")}</button>`}</td></tr>`; // prettier-ignore
}
