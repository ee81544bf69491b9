/** Links to files of what is shown: the node writes them, with their marking, and the audit says who took one. */
import { queryText } from "../api/client";
import { t } from "../i18n";
import { html, type TemplateResult } from "./drawing";

const FORMS = { csv: "CSV", geojson: "GeoJSON", gpx: "GPX", kml: "KML", parquet: "GeoParquet" } as const;
const DAY_MS = 86_400_000;

export type What = "vessels" | "events" | "fixes";
/** What a file holds: of one vessel or of all; the hours before a moment (ms), without it as it is now. */
export interface Wish {
  what: What;
  mmsi?: number;
  to?: number;
  hours?: number;
}

export const fileLink = ({ what, mmsi, to, hours = 24 }: Wish, form: keyof typeof FORMS): string =>
  `/feeds/${what}.${form}${queryText({ mmsi, ...(to === undefined ? {} : { from: Math.floor(to - (hours * DAY_MS) / 24), to: Math.ceil(to) }) })}`;

/** What stands in the logs to a partner, as files of the programs that partners work with. */
const TOLD_FORMS = { geojson: "GeoJSON", cot: "CoT", cise: "CISE", stix: "STIX" } as const;

/** ``from`` and ``to`` in ms. */
export const toldLink = (partner: string, from: number, to: number, form: keyof typeof TOLD_FORMS): string =>
  `/api/sharing/as/${encodeURIComponent(partner)}/export${queryText({ format: form, from: Math.floor(from), to: Math.ceil(to) })}`;

/** One line: what it is, and a link for each form of file. */
export const files = (label: string, wish: Wish): TemplateResult => links(label, FORMS, (form) => fileLink(wish, form));

export const toldFiles = (label: string, partner: string, from: number, to: number): TemplateResult =>
  links(label, TOLD_FORMS, (form) => toldLink(partner, from, to, form));

function links<F extends string>(label: string, forms: Readonly<Record<F, string>>, href: (form: F) => string): TemplateResult {
  return html`<p class="links"><span class="muted">${label}</span>
    ${(Object.entries(forms) as [F, string][]).map(([form, name]) => html`<a download href=${href(form)} aria-label=${t("files.as", { what: label, form: name })}>${name}</a>`)}</p>`; // prettier-ignore
}
