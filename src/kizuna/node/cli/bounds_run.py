"""What partners may be told at most, pausing, and the end of it: by officers who log in.

What widens takes two persons, as rules do; what narrows, one. Whoever owns the files of the node can pass by this; the
audit of the node and the ledgers of its partners are what such a person cannot rewrite unseen.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from kizuna.node.cli import output
from kizuna.node.cli.desk_run import desk, tell
from kizuna.node.cli.persons import Hands, audited, officers
from kizuna.node.cli.share_open import ask_line, opened

if TYPE_CHECKING:
    from kizuna.node.share.partners import Known
    from kizuna.node.share.sharing import Sharing


class Bounds(NamedTuple):
    """What a partner may be told at most; empty or None leaves as it is."""

    tlp_max: str = ""
    caveats: list[str] | None = None
    communities: list[str] | None = None
    purposes: list[str] | None = None


def set_(home: Path, party: str, bounds: Bounds, hands: Hands, *, as_json: bool) -> None:
    """Change the bounds."""
    with output.plain_errors():
        _named(bounds)
        with opened(home) as sharing:
            words = [None if w is None else [x for x in w if x] for w in bounds[1:]]
            held = sharing.partners.get(party)
            by = officers(home, hands, widens=_widens(held, bounds.tlp_max, words))
            known = sharing.partners.change(party, tlp_max=bounds.tlp_max, caveats=words[0], communities=words[1],
                                            purposes=words[2])  # fmt: skip
        audited(home, by, "partner.set", f"{party} {_said(known)}")
        tell(row_of(known), f"{party}: at most {_said(known)}", as_json=as_json)


def _named(bounds: Bounds) -> None:
    """Words that no label can carry are a mistake of the typist."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.records.label import PURPOSES  # noqa: PLC0415

    wrong = [w for w in bounds.purposes or () if w and w not in PURPOSES]
    if wrong:
        raise ConfigError(f"{wrong[0]!r} is no purpose", where="--purpose", hint=", ".join(sorted(PURPOSES)))


def _widens(held: Known, level: str, words: list[list[str] | None]) -> str:
    """What a partner may be told after a change that it may not be told now; empty for nothing more."""
    from kizuna.records.label import tlp_of, tlp_word  # noqa: PLC0415

    old, out = tlp_of(held.tlp_max), []
    if level and tlp_of(level) > old:
        out.append(f"raising {held.id} from {tlp_word(old)} to {level}")
    named = (("caveat", held.caveats), ("community", held.communities), ("purpose", held.purposes))
    for (what, before), after in zip(named, words, strict=True):
        added = sorted(set(after or ()) - set(before))
        out += [f"giving {held.id} the {what} {', '.join(added)}"] if added else []
    return " and ".join(out)


def _said(known: Known) -> str:
    return ", ".join([known.tlp_max, *known.caveats, *known.communities, *known.purposes])


def row_of(known: Known) -> dict[str, Any]:
    """A partner as plain values."""
    return {"id": known.id, "title": known.title, "state": known.state, "tlp_max": known.tlp_max,
            "caveats": list(known.caveats), "communities": list(known.communities), "purposes": list(known.purposes),
            "addresses": list(known.addresses)}  # fmt: skip


# ---- for now, and for good -------------------------------------------------------------------------------------------
def pause(home: Path, party: str, why: str, hands: Hands) -> None:
    """Nothing goes out or is asked from now on."""
    from kizuna.node.share.desk import offboarding  # noqa: PLC0415

    with output.plain_errors():
        by = officers(home, hands)
        with desk(home) as office:
            offboarding.pause(office, party, why)
        audited(home, by, "partner.pause", f"{party} {why}")
        sys.stdout.write(f"{party} is paused\n")


def resume(home: Path, party: str, hands: Hands, *, make_up: bool) -> None:
    """Go on with a paused partner, within the bounds and rules that two persons put in force.

    ``make_up`` false: what came due during the pause is left out.
    """
    from kizuna.node.share.desk import offboarding  # noqa: PLC0415

    with output.plain_errors():
        by = officers(home, hands)
        with desk(home) as office:
            offboarding.resume(office, party, by, make_up=make_up)
        audited(home, by, "partner.resume", party if make_up else f"{party}, from now on")
        sys.stdout.write(f"{party} is active\n")


def end(home: Path, party: str, why: str, yes: str, hands: Hands, *, recall: bool, as_json: bool) -> None:
    """Show what ends, have the id typed, and end every tie: what the page's "End it" does."""
    from kizuna.node.share.desk import offboarding  # noqa: PLC0415

    with output.plain_errors():
        by = officers(home, hands)
        with desk(home) as office:
            shown = offboarding.shown(office, party)
            (sys.stderr if as_json else sys.stdout).write("\n".join([*_head(shown), *_ends(shown)]) + "\n")
            (sys.stderr if as_json else sys.stdout).flush()
            typed = yes or ask_line(f"To end it with {party} for good, type its id: ")
            if typed != party:
                output.fail(f"nothing was ended: {typed[:40]!r} is not {party}", output.USAGE)
            done = offboarding.finish(office, party, typed, why, by, recall=recall)
        audited(home, by, "partner.end", f"{party} {why}")
        lines = [f"{'done' if a['done'] else 'left'}  {a['what']}  {a['about']}: {a['why']}" for a in done["acts"]]
        tell(done, "\n".join([*lines, f"{party} is revoked"]), as_json=as_json)


def exposure(home: Path, party: str, *, as_json: bool) -> None:
    """What it holds, through whom, what may go on from there, and what would end now."""
    from kizuna.node.share.desk import offboarding  # noqa: PLC0415
    from kizuna.node.share.ledgers import told_to  # noqa: PLC0415

    with output.plain_errors(), desk(home) as office:
        shown = offboarding.shown(office, party)
        shown["party"], shown["told"] = party, told_to(cast("Sharing", office.sharing), party)
        lines = [*_head(shown), *_holds(shown), *_ends(shown)]
        if not as_json:
            output.mark(office.context)
        tell(shown, "\n".join(lines), as_json=as_json)


def _head(shown: dict[str, Any]) -> list[str]:
    told = f"told {shown['released']:,} records, receipts cover {shown['confirmed']:,}"
    return [f"{shown['partner']} ({shown['title']}): {shown['state']}; {told}"]


def _holds(shown: dict[str, Any]) -> list[str]:
    """Kinds and logs, ways through others, onward copies."""
    from kizuna.node.cli.share_open import when  # noqa: PLC0415

    lines = ["", "What it holds"]
    lines += [f"  {n:>9,}  {kind}" for kind, n in shown["by_kind"].items()] or ["  nothing of ours"]
    lines += [f"  {r['log']}: {r['size']:,} told, {r['acknowledged']:,} acknowledged, {when(r['first_ms'])} to "
              f"{when(r['last_ms'])}" for r in shown["told"]]  # fmt: skip
    lines += ["", "What it may have through others"]
    lines += [f"  {r['records']:>9,}  by {r['through']}, from {r['by']}" for r in shown["through"]] or [
        "  nothing known"
    ]
    lines += ["", "What it may pass on, or has"]
    lines += [f"  {r['records']:>9,}  to {r['to']}, by {r['by']}" for r in shown["onward"]] or ["  nothing known"]
    return lines


def _ends(shown: dict[str, Any]) -> list[str]:
    lines = ["", "What ends with `kizuna partner end`"]
    for row in shown["ends"]:
        to = f"  (told to {', '.join(row['to'])})" if row["to"] and row["what"] != "propose_recall" else ""
        lines.append(f"  {_ACTS.get(row['what'], row['what']):<18} {row['about']}: {row['why']}{to}")
    return lines if len(lines) > 2 else [*lines, "  nothing is left to end"]  # noqa: PLR2004  the heading


_ACTS = {"stop_lane": "lane stops", "revoke_key": "key revoked", "end_grant": "grant ends",
         "strike_member": "struck from", "suspend_agreement": "suspended", "propose_recall": "--recall asks back",
         "tell_incident": "case to be told"}  # fmt: skip
