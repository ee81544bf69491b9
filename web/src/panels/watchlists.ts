/** Watch lists: vessels that the desk wants to be told of, with the reason and who asked. Never persons. */
import { t, type WordKey } from "../i18n";
import { WATCH_FIELDS, watchListsOf } from "../api/shapes";
import type { VesselCard, WatchEntry, WatchList } from "../api/types";
import type { Desk } from "./desk";
import { ask } from "./dialogs";
import { html, nothing, panel } from "./drawing";
import type { PageMaker } from "./pages";

const EMPTY: WatchEntry = { mmsi: "", imo: "", callsign: "", name: "", reason: "", source: "", until: "", note: "" };

async function read(desk: Desk): Promise<readonly WatchList[]> {
  return watchListsOf(await desk.api.get("/api/watchlists"));
}

const entryOf = (form: FormData): WatchEntry => {
  const entry = { ...EMPTY };
  for (const field of WATCH_FIELDS) entry[field] = String(form.get(field) ?? "").trim();
  if (!entry.mmsi && !entry.imo && !entry.callsign && !entry.name) throw new Error(t("lists.which"));
  return entry;
};

const put = (desk: Desk, name: string, entries: readonly WatchEntry[]) => desk.api.put("/api/watchlists", { name, entries });

export const watchlistsPage: PageMaker = (desk, root) => {
  let lists: readonly WatchList[] | null = null;
  const pull = async () => {
    try {
      lists = await read(desk);
      draw();
    } catch (error) {
      desk.fail(error);
    }
  };
  const entriesOf = (name: string) => lists?.find((l) => l.name === name)?.entries ?? [];
  const save = async (name: string, entries: readonly WatchEntry[]) => {
    await put(desk, name, entries);
    await pull();
  };
  const edit = (name: string, index: number | null) => {
    const form = entryForm(index === null ? EMPTY : (entriesOf(name)[index] ?? EMPTY), !name);
    return ask(t("lists.entry"), form, t("action.save"), async (given) => {
      const entry = entryOf(given);
      const list = name || String(given.get("list") ?? "").trim();
      const now = [...entriesOf(list)];
      if (index === null) now.push(entry);
      else now[index] = entry;
      await save(list, now);
      return true;
    });
  };
  const remove = (name: string, index: number) =>
    ask(t("lists.remove"), html`<p>${t("lists.remove_sure")}</p>`, t("lists.remove"), async () => {
      await save(name, entriesOf(name).filter((_, i) => i !== index));
      return true;
    });
  const draw = panel(root, () => html`
    <h2>${t("page.watchlists")}</h2><p class="muted">${t("lists.means")}</p>
    ${desk.may("write") ? html`<p class="actions"><button data-first class="main" @click=${() => void edit("", null)}>${t("lists.new")}</button></p>` : nothing}
    ${lists && !lists.length ? html`<p class="empty">${t("lists.none")}</p>` : nothing}
    ${(lists ?? []).map(({ name, entries, hits }) => html`<section><h3 dir="auto">${name} <span class="muted">${t("lists.count", { n: entries.length, hits: new Set(hits.map((h) => h.mmsi)).size })}</span></h3>
      <div class="scroll"><table class="wide"><thead><tr>${WATCH_FIELDS.map((f) => html`<th scope="col">${t(`lists.${f}`)}</th>`)}<th scope="col"><span class="hidden">${t("action.edit")}</span></th></tr></thead>
      <tbody>${entries.map((e, i) => html`<tr>${WATCH_FIELDS.map((f) => html`<td dir="auto">${f === "mmsi" && e.mmsi ? html`<button class="link" @click=${() => desk.app.store.set({ vessel: Number(e.mmsi), page: "" })}>${e.mmsi}</button>` : e[f]}</td>`)}
        <td class="buttons">${desk.may("write") ? html`<button @click=${() => void edit(name, i)}>${t("action.edit")}</button>
          <button @click=${() => void remove(name, i)}>${t("action.remove")}</button>` : nothing}</td></tr>`)}</tbody></table></div>
      ${desk.may("write") ? html`<p><button @click=${() => void edit(name, null)}>${t("lists.add")}</button></p>` : nothing}</section>`)}`); // prettier-ignore
  const stops = [desk.on(["shared"], () => void pull()), desk.app.store.on(["language"], draw)];
  void pull();
  return () => stops.forEach((stop) => stop());
};

function entryForm(e: WatchEntry, newList: boolean, list = "") {
  return html`
    ${newList ? html`<label>${t("lists.list")}<input name="list" required maxlength="80" data-first .value=${list} /></label>` : nothing}
    <div class="grid2">${WATCH_FIELDS.map((f, i) => html`<label>${t(`lists.${f}` as WordKey)}
      <input name=${f} maxlength="300" .value=${e[f]} ?data-first=${!newList && i === 0} ?required=${f === "reason"} autocomplete="off" /></label>`)}</div>
    <p class="muted">${t("lists.until_means")}</p>`; // prettier-ignore
}

/** Put a vessel on a list from its card. */
export async function watchThis(desk: Desk, card: VesselCard, name: string): Promise<void> {
  try {
    const lists = await read(desk);
    const first = lists[0]?.name ?? t("lists.default");
    const entry = { ...EMPTY, mmsi: String(card.mmsi), imo: card.imo ? String(card.imo) : "", callsign: card.callsign ?? "", name };
    const done = await ask(t("vessel.watch"), entryForm(entry, true, first), t("action.save"), async (form) => {
      const list = String(form.get("list") ?? "").trim();
      await put(desk, list, [...(lists.find((l) => l.name === list)?.entries ?? []), entryOf(form)]);
      return true;
    });
    if (done) desk.say(t("lists.watched", { who: name || String(card.mmsi) }));
  } catch (error) {
    desk.fail(error);
  }
}
