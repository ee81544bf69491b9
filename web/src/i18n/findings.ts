/** What the check of rules finds, as sentences of the page: the node says them in English, with names in them. */
import { language, t, type WordKey } from "./index";

const PATTERNS: readonly { key: WordKey; pattern: RegExp }[] = [
  { key: "finding.follow", pattern: /^events follow positions, so they leave under the transforms of (?<rule>\S+) as well$/ },
  { key: "finding.finer", pattern: /^tells events more exactly than (?<rule>\S+) tells positions of the same vessels$/ },
  { key: "finding.nobody", pattern: /^(?<who>\S+) is not known here, so it releases to nobody$/ },
  { key: "finding.everybody", pattern: /^(?<who>\S+) is not known here, so it withholds from everybody$/ },
  { key: "finding.clause", pattern: /^no clause (?<clause>\S+) is in force$/ },
  { key: "finding.all", pattern: /^it releases whatever this node has$/ },
  { key: "finding.exact", pattern: /^everybody is told as exactly as the node itself knows$/ },
  { key: "finding.clear", pattern: /^only CLEAR goes to everybody$/ },
  { key: "finding.reader", pattern: /^nobody reads for (?<who>\S+) now$/ },
  { key: "finding.level", pattern: /^(?<who>\S+) may be told at most (?<level>\S+), so nothing goes to (?<to>\S+)$/ },
  { key: "finding.caveat", pattern: /^(?<who>\S+) does not hold (?<what>.+), so nothing goes to (?<to>\S+)$/ },
  { key: "finding.zone", pattern: /^no zone (?<what>\S+) here, so it refuses whatever else it matches$/ },
  { key: "finding.source", pattern: /^no source (?<what>\S+) here, so it refuses whatever else it matches$/ },
  { key: "finding.terms", pattern: /^the terms of (?<what>\S+) do not allow to pass anything on$/ },
  { key: "finding.words", pattern: /^no word list '(?<what>[^']*)'/ },
  { key: "finding.hint_own_grid", pattern: /^write them here too, or own_grid = true by a clause$/ },
  { key: "finding.hint_kinds", pattern: /^name kinds at least$/ },
  { key: "finding.hint_known", pattern: /^known: (?<names>.+)$/ },
];

/** The sentence in the page's language; the node's own, marked as English, where it is none of these. */
export function findingWords(text: string): { text: string; lang: string | undefined } {
  if (!text || language() === "en") return { text, lang: undefined };
  for (const { key, pattern } of PATTERNS) {
    const found = pattern.exec(text);
    if (found) return { text: t(key, found.groups ?? {}), lang: undefined };
  }
  return { text, lang: "en" };
}
