/**
 * The one sentence of an event in the language of the page. The node writes it in English with its numbers; it has one
 * form for each detector, and each is read by its pattern and written again from the catalogue. A sentence that fits no
 * pattern, or has a part that we do not know, is shown as the node wrote it.
 */
import { CATALOGUES, t, tOr, type WordKey } from "./index";

interface Form {
  key: WordKey;
  pattern: RegExp;
}

const AT = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
const FORMS: readonly Form[] = [
  { key: "sentence.gap", pattern: new RegExp(`^MMSI (?<mmsi>\\d+) was not heard for (?<hours>[\\d.]+) h from (?<from>${AT}) to (?<to>${AT}), (?<nm>[\\d.]+) nm apart; (?<said>.+); consistent with a transmitter that did not send or was not received\\.$`) },
  { key: "sentence.gap_open", pattern: new RegExp(`^MMSI (?<mmsi>\\d+) was not heard for (?<hours>[\\d.]+) h since (?<from>${AT}), up to the end of the data at (?<to>${AT}); (?<said>.+); consistent with a transmitter that did not send or was not received\\.$`) },
  { key: "sentence.encounter", pattern: new RegExp(`^MMSI (?<one>\\d+) and MMSI (?<two>\\d+) stayed (?<m>\\d+) m apart \\(median\\) at (?<kn>[\\d.]+) kn for (?<hours>[\\d.]+) h from (?<from>${AT})(?:, (?<nm>[\\d.]+) nm from the nearest anchorage)?; consistent with (?<said>.+)\\.$`) },
  { key: "sentence.loitering", pattern: new RegExp(`^MMSI (?<mmsi>\\d+) made (?<kn>[\\d.]+) kn on average for (?<hours>[\\d.]+) h from (?<from>${AT}), (?<said>.+?); consistent with loitering\\.(?: It met (?<met>\\d+) other vessels? meanwhile\\.)?$`) },
  { key: "sentence.zone_visit", pattern: new RegExp(`^MMSI (?<mmsi>\\d+) (?<began>was inside) (?<zone>.+) for (?<hours>[\\d.]+) h from (?<from>${AT}), up to (?<nm>[\\d.]+) nm from the line, (?<first>[\\d.]+) nm at the first report(?<ended> and was not heard leaving| and had not left when last heard|); consistent with (?<said>.+)\\.$`) },
  { key: "sentence.zone_visit", pattern: new RegExp(`^MMSI (?<mmsi>\\d+) (?<began>was already inside) (?<zone>.+) when first heard at (?<from>${AT}), for (?<hours>[\\d.]+) h, up to (?<nm>[\\d.]+) nm from the line, (?<first>[\\d.]+) nm at the first report(?<ended> and was not heard leaving| and had not left when last heard|); consistent with (?<said>.+)\\.$`) },
  { key: "sentence.port_visit", pattern: new RegExp(`^MMSI (?<mmsi>\\d+) (?<came>came to|was already in) port \\((?<port>.+)\\) (?:when first heard )?at (?<from>${AT}), stayed (?<hours>[\\d.]+) h \\((?<stopped>[\\d.]+) h of them stopped\\) (?<went>and left|and was still there when last heard|and was next heard elsewhere); level (?<level>\\d) of 4; consistent with (?<said>.+)\\.$`) },
  { key: "sentence.dark_detection", pattern: new RegExp(`^(?<sensor>.+?)(?: of about (?<m>\\d+) m)? at (?<from>${AT}) was detected without a matching AIS report: (?<said>.+); probability that no track explains it (?<p>[\\d.]+)\\.(?<also> A fixed object is likely: something stands or was seen at this place\\.)?$`) },
]; // prettier-ignore

const WENT: Readonly<Record<string, WordKey>> = {
  "and left": "said.left", "and was still there when last heard": "said.still_there", "and was next heard elsewhere": "said.elsewhere",
}; // prettier-ignore

/** Parts of sentences: exactly, or with a number in them. */
const NUMBERED: readonly { key: WordKey; pattern: RegExp }[] = [
  { key: "said.neighbours_heard", pattern: /^of other vessels expected near by in its first hours (?<n>\d+)% were heard$/ },
  { key: "said.from_shore", pattern: /^(?<n>\d+) nm from shore$/ },
  { key: "said.nearest_track", pattern: /^the likeliest track passed (?<n>[\d.]+) km away$/ },
];
const EXACT = new Map<string, WordKey>();
for (const [key, text] of Object.entries(CATALOGUES["en"]!))
  if (key.startsWith("said.") && !text.includes("{")) EXACT.set(text, key as WordKey);

function part(text: string): string | null {
  const exact = EXACT.get(text);
  if (exact) return t(exact);
  for (const { key, pattern } of NUMBERED) {
    const found = pattern.exec(text);
    if (found) return t(key, { n: found.groups!["n"]! });
  }
  return null;
}

const time = (iso: string | undefined): string => (iso ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}Z` : "");

const OWNED = /^(?<name>.+) \((?<computed>computed )?lines? of (?<who>[^;()]+)(?:; in the same hours also inside the (?<also_computed>computed )?lines? of (?<also>[^;()]+))?\)$/;

type Namer = (name: string) => string;

/** A zone as the node names it, with whose line it is; rivals are named together. */
function zoneWords(zone: string, partner: Namer, called: Namer): string {
  const found = OWNED.exec(zone)?.groups;
  if (!found) return called(zone);
  const names = (list: string) => list.split(/, | and /).map(partner).join(t("said.and"));
  const line = (computed: string | undefined, who: string) => t(computed ? "said.computed_line" : "said.line", { who: names(who) });
  const own = line(found["computed"], found["who"]!);
  const rest = found["also"] ? t("said.also_inside", { line: line(found["also_computed"], found["also"]) }) : "";
  return t("said.zone_of", { zone: called(found["name"]!), line: own + rest });
}

/** A port by the name of its list or node; a place that has none is said by its number. */
const portWords = (port: string): string => {
  const where = /^an anchorage at (?<where>.+)$/.exec(port)?.groups?.["where"];
  return where === undefined ? port : t("said.anchorage_at", { where });
};

/**
 * The sentence in the page's language, with what `partner` makes of ids of parties and `called` of English names of zones; whether it is one of ours or the node's own English. */
export function sentence(summary: string, language: string, partner: Namer = (id) => id, called: Namer = (name) => name): { text: string; lang: string } {
  const asItCame = { text: summary, lang: "en" };
  if (language === "en" || !(language in CATALOGUES)) return asItCame;
  const exercise = /^EXERCISE: /.test(summary) ? "EXERCISE: " : "";
  for (const { key, pattern } of FORMS) {
    const found = pattern.exec(summary.slice(exercise.length));
    if (!found) continue;
    const g = found.groups!;
    const said = part(g["said"]!);
    const sensor = g["sensor"] === undefined ? "" : part(g["sensor"]);
    if (said === null || sensor === null) return asItCame;
    const optional = (name: string, other: WordKey) => (g[name] ? t(other, { n: g[name] }) : "");
    const values = {
      ...Object.fromEntries(Object.entries(g).filter(([, v]) => v !== undefined)),
      from: time(g["from"]), to: time(g["to"]), said, sensor,
      anchorage: optional("nm", "said.from_anchorage"), size: optional("m", "said.size"), met: optional("met", "said.met"),
      ...(g["port"] ? { port: portWords(g["port"]) } : {}),
      zone: g["zone"] ? zoneWords(g["zone"], partner, called) : "",
      came: g["came"] ? t(g["came"] === "came to" ? "said.came" : "said.already_there") : "",
      went: g["went"] ? t(WENT[g["went"]]!) : "",
      began: g["began"] ? (part(g["began"]) ?? g["began"]) : "", ended: g["ended"] ? tOr(`said.ended${g["ended"].includes("leaving") ? "_unheard" : "_still"}`, "") : "",
      also: g["also"] ? t("said.fixed_object") : "",
    }; // prettier-ignore
    return { text: exercise + t(key, values as Record<string, string>), lang: language };
  }
  return asItCame;
}
