/** The release officer's page: partners, what waits, rules, dry run, ledger, recalls, agreements. The part is in the address. */
import "./release.css";
import { t, type WordKey } from "../../i18n";
import type { Desk } from "../desk";
import { html, nothing, panel } from "../drawing";
import { openPart, type PageMaker } from "../pages";
import { agreementsPart } from "./agreements";
import { grantsPart } from "./grants";
import { ledgerPart } from "./ledger";
import type { Part, PartMaker } from "./parts";
import { partnersPart } from "./partners";
import { previewPart } from "./preview";
import { queuePart } from "./queue";
import { recallsPart } from "./recalls";
import { rulesPart } from "./rules";
import { stopEverything } from "./stop";

const PARTS: readonly { name: string; words: WordKey; make: PartMaker }[] = [
  { name: "partners", words: "release.partners", make: partnersPart },
  { name: "queue", words: "release.queue", make: queuePart },
  { name: "rules", words: "release.rules", make: rulesPart },
  { name: "preview", words: "release.preview", make: previewPart },
  { name: "ledger", words: "release.ledger", make: ledgerPart },
  { name: "recalls", words: "release.recalls", make: recallsPart },
  { name: "grants", words: "release.grants", make: grantsPart },
  { name: "agreements", words: "release.agreements", make: agreementsPart },
];

/** News of sharing come by the second while much is told; the part in front asks anew at most so often. */
const NEWS_MS = 1000;

export const releasePage: PageMaker = (desk: Desk, root) => {
  const made = new Map<string, Part>();
  let shown = "";
  const officer = desk.may("release");
  const parts = PARTS.filter((p) => officer || p.name === "partners" || (p.name === "queue" && desk.may("desk")));
  const split = (): [string, string] => {
    const [name = "", ...rest] = desk.state.part.split("/");
    return parts.some((p) => p.name === name) ? [name, rest.join("/")] : [parts[0]!.name, ""];
  };
  const front = (): Part => {
    const [name] = split();
    if (!made.has(name)) made.set(name, parts.find((p) => p.name === name)!.make(desk, () => draw()));
    return made.get(name)!;
  };
  const come = () => {
    const [name, rest] = split();
    const now = `${name}/${rest}`;
    if (now !== shown) {
      shown = now;
      front().come?.(rest);
    }
    draw();
  };
  const arrows = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const at = parts.findIndex((p) => p.name === split()[0]);
    const next = parts[(at + step + parts.length) % parts.length]!;
    openPart(desk, "release", next.name);
    root.querySelector<HTMLElement>(`#part-${next.name}`)?.focus();
    event.preventDefault();
  };
  const draw = panel(root, () => {
    const [name, rest] = split();
    const waiting = desk.sharing?.waiting ?? 0;
    return html`<header class="release-head"><h2 tabindex="-1" data-first>${t("page.release")}</h2>
        <span class="muted"><bdi>${desk.sharing?.name(desk.sharing.party) ?? ""}</bdi></span><span class="grow"></span>
        ${officer ? html`<button class="danger" @click=${() => void stopEverything(desk)}><span aria-hidden="true">■</span> ${t("stop.button")}</button>` : nothing}</header>
      ${parts.length > 1 ? html`<div class="parts" role="tablist" aria-label=${t("page.release")} @keydown=${arrows}>
        ${parts.map((p) => html`<button role="tab" id="part-${p.name}" aria-selected=${p.name === name} aria-controls="part" tabindex=${p.name === name ? 0 : -1}
          @click=${() => openPart(desk, "release", p.name)}>${t(p.words)}${p.name === "queue" && waiting ? html` <span class="n">${waiting}</span>` : nothing}</button>`)}</div>` : nothing}
      <div id="part" role=${parts.length > 1 ? "tabpanel" : nothing} aria-labelledby=${parts.length > 1 ? `part-${name}` : nothing}>${front().view(rest)}</div>`;
  }); // prettier-ignore
  let due = 0;
  const news = () => {
    if (due) return;
    due = window.setTimeout(() => {
      due = 0;
      front().news?.();
      draw();
    }, NEWS_MS);
  };
  const stops = [
    desk.app.store.on(["part"], come),
    desk.app.store.on(["language", "theme"], draw),
    desk.on(["partners", "names"], draw),
    desk.on(["share"], news),
  ];
  come();
  return () => {
    clearTimeout(due);
    for (const stop of stops) stop();
    for (const part of made.values()) part.end?.();
  };
};
