/** What the page knows of sharing: this node's party, its partners and how the links to them are, what waits for a person. */
import type { LinkHealth, PartnerRow, SharingState } from "../../api/sharing";
import { said } from "../../api/sharing";
import { sharingOf } from "../../api/sharing_shapes";
import { language, t, tOr, word } from "../../i18n";
import { nameParties } from "../../i18n/reasons";
import { age } from "../../i18n/format";
import { oneAtATime, type Desk } from "../desk";

export class ShareBook {
  state: SharingState | null = null;
  readonly pull = oneAtATime(() => this.#get());

  constructor(private readonly desk: Desk) {
    nameParties((id) => this.name(id));
    desk.on(["share"], () => void this.pull());
    setInterval(() => document.hidden || void this.pull(), 15_000);
    void this.pull();
  }

  get party(): string {
    return this.desk.me.party ?? "";
  }

  get partners(): readonly PartnerRow[] {
    return this.state?.partners ?? [];
  }

  /** Everything that waits for an officer. */
  get waiting(): number {
    const waiting = this.state?.waiting ?? {};
    return WAITS.reduce((sum, kind) => sum + (waiting[kind] ?? 0), 0);
  }

  /** What a party is called here: by this node's own names, as a memorandum names it, by its title, by its id. */
  name(id: string): string {
    const own = this.desk.naming.of(this.desk.naming.own.partners[id]);
    const found = id === this.party ? this.state : this.partners.find((p) => p.id === id);
    return own || said(found?.names, language()) || found?.title || id;
  }

  /** This node's party as its agreements name it; empty where none does. */
  get ownName(): string {
    return this.desk.naming.of(this.desk.naming.own.partners[this.party]) || said(this.state?.names, language());
  }

  /** A partner by its title, as this page calls it; other words stay as they are. */
  called(title: string): string {
    const one = this.partners.find((p) => p.title === title);
    return one ? this.name(one.id) : title;
  }

  async #get(): Promise<void> {
    try {
      this.state = sharingOf(await this.desk.api.get("/api/sharing"));
      this.desk.tell("partners");
    } catch (error) {
      this.desk.quiet(error);
    }
  }
}

/** What is counted as waiting for an officer; incidents wait at their own desk. */
const WAITS = ["requests", "reviews", "proposals", "quarantine", "introductions", "agreements", "leaves", "grants"] as const;

/** Sign of a link beside its word; colour only helps. */
export const LINK_SIGN: Readonly<Record<string, string>> = { up: "✓", behind: "▲", down: "✗", halted: "■", never: "–" };

/** What failed last on a link, in the reader's language; what an officer wrote where the partner is paused; else nothing. */
export function faultWords(link: LinkHealth): string {
  return link.fault ? tOr(`link_fault.${link.fault}`, link.why) : link.state === "down" || link.state === "halted" ? tOr(`why.${link.why}`, link.why) : "";
}

/** What a link moves: `12 kbit/s out, 8 kbit/s in`, as far as it was measured. */
export function rateWords(link: LinkHealth): string {
  const kbit = (bit: number) => (bit < 10_000 ? (bit / 1000).toFixed(1) : String(Math.round(bit / 1000)));
  return [link.out_bit_s ? t("link.rate_out", { n: kbit(link.out_bit_s) }) : "", link.in_bit_s ? t("link.rate_in", { n: kbit(link.in_bit_s) }) : ""].filter(Boolean).join(" · ");
}

/** How long a lane's queue takes at that rate; empty while the link is down and where nothing was measured. */
export function drainWords(link: LinkHealth, lane: string): string {
  const s = link.drain_s?.[lane];
  return s === null || s === undefined || link.state === "down" ? "" : t("link.drain", { age: age(Math.max(1, s) * 1000) });
}

/** How a link is, in words: `up`, `behind, 40 to tell`, `down for 12 min`. */
export function linkWords(link: LinkHealth, now: number): string {
  const state = word("link", link.state);
  if (link.state === "behind" && link.behind + (link.to_come ?? 0)) return t("link.behind_n", { n: link.behind + (link.to_come ?? 0) });
  if (link.state === "down" && link.last_heard_ms) return t("link.down_for", { age: age(now - link.last_heard_ms) });
  return state;
}
