/** What a screen reader gets of a page, as Chromium itself works it out, and what must never be in one. */
import type { Page } from "playwright-core";

const WORKED = new Set([
  "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "listbox", "option", "tab", "slider", "spinbutton", "menuitem", "switch",
  "dialog", "alertdialog", "img", "image", "table", "heading", "tablist", "radiogroup", "DisclosureTriangle", "ComboBoxSelect", "Date", "DateTime",
]); // prettier-ignore
/** These may go without a name. */
const PLAIN = new Set(["table", "image"]);

interface Node {
  ignored: boolean;
  role?: { value: string };
  name?: { value: string };
  backendDOMNodeId?: number;
  properties?: readonly { name: string; value: { value?: unknown } }[];
}

/** What can be worked, or is a picture, a heading or a dialog, and has no name; and faults of the structure. */
export async function faults(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page);
  const out: string[] = [];
  try {
    const { nodes } = (await session.send("Accessibility.getFullAXTree")) as unknown as { nodes: readonly Node[] };
    for (const one of nodes) {
      const role = one.role?.value ?? "";
      if (one.ignored || !WORKED.has(role) || PLAIN.has(role) || one.name?.value.trim()) continue;
      const { node } = await session.send("DOM.describeNode", { backendNodeId: one.backendDOMNodeId! });
      out.push(`${role} without a name: <${node.localName} ${(node.attributes ?? []).join(" ")}>`);
    }
  } finally {
    await session.detach();
  }
  return [...out, ...(await page.evaluate(structure))];
}

/** Runs in the page. */
function structure(): readonly string[] {
  const out: string[] = [];
  const say = (what: string, one: Element) => out.push(`${what}: ${one.outerHTML.slice(0, 110)}`);
  const seen = new Set<string>();
  for (const one of document.querySelectorAll("[id]")) {
    if (one.id && seen.has(one.id)) say("an id twice", one);
    seen.add(one.id);
  }
  for (const name of ["aria-controls", "aria-labelledby", "aria-describedby", "aria-activedescendant", "for"])
    for (const one of document.querySelectorAll(`[${name}]`))
      for (const id of one.getAttribute(name)!.split(/\s+/)) if (id && !document.getElementById(id) && (one as HTMLElement).checkVisibility()) say(`${name} points to nothing`, one);
  for (const one of document.querySelectorAll<HTMLElement>("[aria-hidden=true]"))
    for (const inner of [one, ...one.querySelectorAll<HTMLElement>("*")]) if (inner.tabIndex >= 0 && inner.checkVisibility()) say("hidden from readers, but takes the focus", inner);
  for (const one of document.querySelectorAll<HTMLElement>("[tabindex]")) if (one.tabIndex > 0) say("out of the order of the page", one);
  for (const one of document.querySelectorAll<HTMLElement>("[role=tab]")) if (!one.hasAttribute("aria-selected")) say("a tab that does not say whether it is chosen", one);
  for (const one of document.querySelectorAll<HTMLElement>("[role=option], [role=tab]"))
    if (!one.closest(one.getAttribute("role") === "tab" ? "[role=tablist]" : "[role=listbox]")) say("a part without its whole", one);
  const worked = "button, a, label, summary, select, input, textarea, [role=option], [role=tab], [tabindex], #map";
  for (const one of document.querySelectorAll<HTMLElement>("body *")) if (getComputedStyle(one).cursor === "pointer" && !one.closest(worked) && !one.closest("[aria-hidden=true]") && one.checkVisibility()) say("works by mouse alone", one);
  for (const one of document.querySelectorAll("button button, a button, button a, label label, summary button")) say("one inside another", one);
  for (const one of document.querySelectorAll("th:not([scope])")) if ((one as HTMLElement).checkVisibility()) say("a head of a table without scope", one);
  for (const one of document.querySelectorAll("ul, ol")) for (const child of one.children) if (!["LI", "SCRIPT", "TEMPLATE"].includes(child.tagName)) say("no item of a list", child);
  if (document.querySelectorAll("main, [role=main]").length !== 1) out.push("not one main part");
  if (!document.documentElement.lang) out.push("the page has no language");
  const levels = [...document.querySelectorAll<HTMLElement>("#page :is(h1, h2, h3, h4)")].filter((h) => h.checkVisibility());
  levels.forEach((h, k) => { if (k && Number(h.tagName[1]) - Number(levels[k - 1]!.tagName[1]) > 1) say("a heading leaves out a level", h); }); // prettier-ignore
  return out;
}
