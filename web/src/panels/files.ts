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

/** One line: what it is, and a link for each form of file. */
export function files(label: string, wish: Wish): TemplateResult {
  const forms = Object.entries(FORMS) as [keyof typeof FORMS, string][];
  return html`<p class="links"><span class="muted">${label}</span>
    ${forms.map(([form, name]) => html`<a download href=${fileLink(wish, form)} aria-label=${t("files.as", { what: label, form: name })}>${name}</a>`)}</p>`; // prettier-ignore
}
