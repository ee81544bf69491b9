/** What the page knows of sharing: this node's party, its partners and how the links to them are, what waits for a person. */
import type { LinkHealth, PartnerRow, SharingState } from "../../api/sharing";
import { sharingOf } from "../../api/sharing_shapes";
import { t, word } from "../../i18n";
import { age } from "../../i18n/format";
import { oneAtATime, type Desk } from "../desk";

export class ShareBook {
  state: SharingState | null = null;
  readonly pull = oneAtATime(() => this.#get());

  constructor(private readonly desk: Desk) {
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

  /** What a party is called here: by this node's own names, by its title, by its id. */
  name(id: string): string {
    const own = this.desk.naming.of(this.desk.naming.own.partners[id]);
    return own || (id === this.party ? this.state?.title : "") || this.partners.find((p) => p.id === id)?.title || id;
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

/** How a link is, in words: `up`, `behind, 40 to tell`, `down for 12 min`. */
export function linkWords(link: LinkHealth, now: number): string {
  const state = word("link", link.state);
  if (link.state === "behind" && link.behind + (link.to_come ?? 0)) return t("link.behind_n", { n: link.behind + (link.to_come ?? 0) });
  if (link.state === "down" && link.last_heard_ms) return t("link.down_for", { age: age(now - link.last_heard_ms) });
  return state;
}
