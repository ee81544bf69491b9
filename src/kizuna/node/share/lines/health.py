"""How it stands with each partner: the link, what was told and received, how far either side is behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from kizuna.node.share.partners import ACTIVE, Known
from kizuna.share.ledger.name import LANES, parse_name
from kizuna.stores.shared import LogState

if TYPE_CHECKING:
    from kizuna.node.share.sharing import Sharing

UP: Final = "up"
BEHIND: Final = "behind"
DOWN: Final = "down"
HALTED: Final = "halted"
NEVER: Final = "never"


def rows(sharing: Sharing) -> list[dict[str, Any]]:
    """One row of plain values for each partner, by id."""
    logs = sharing.shared.logs.all()
    return [_row(sharing, known, logs) for known in sharing.partners.all()]


def _row(sharing: Sharing, known: Known, logs: Iterable[LogState]) -> dict[str, Any]:
    audiences = sorted(sharing.who().audiences_of(known.id))
    told = [s for s in logs if s.side == "out" and s.peer in audiences]
    ever = {known.id, *audiences, *known.communities}  # what it was told stays told, also when it is told no more
    ever_told = sum(s.size for s in logs if s.side == "out" and s.peer in ever)
    received = [s for s in logs if s.side == "in" and s.peer == known.id]
    return {
        "id": known.id, "title": known.title, "state": known.state, "why": known.why,
        "link": _link(sharing, known, told, received), "told": ever_told,
        "received": sum(s.size for s in received), "audiences": audiences, "tlp_max": known.tlp_max,
        "caveats": list(known.caveats), "communities": list(known.communities), "purposes": list(known.purposes),
        "addresses": list(known.addresses), "introduced_ms": known.introduced_ms, "by": known.by,
    }  # fmt: skip


def _link(sharing: Sharing, known: Known, told: list[LogState], received: list[LogState]) -> dict[str, Any]:
    heard = sharing.traffic.link(known.id) if sharing.traffic is not None else None
    lanes = dict.fromkeys(LANES, 0)
    for log in told:
        acks = sharing.shared.outbox.acks(log.name)
        held = acks[known.id].size if known.id in acks else 0
        lanes[parse_name(log.name).lane] += max(0, log.size - held)
    ahead = sum(max(0, s.head_size - s.size) for s in received)
    halted = next((f"{s.name}: {s.halted}" for s in (*told, *received) if s.halted), "")
    state, why = NEVER, ""
    if heard is not None:
        state, why = heard.state, heard.why
    if halted:
        state, why = HALTED, halted
    elif known.state != ACTIVE:
        state, why = DOWN, known.state
    elif state == UP and ahead:
        state = BEHIND
    return {
        "state": state, "last_heard_ms": heard.last_ms if heard else None, "behind": sum(lanes.values()),
        "lanes": lanes, "to_come": ahead, "fault": heard.fault if heard else "",
        "out_bit_s": heard.out.bit_per_s if heard else None, "in_bit_s": heard.inward.bit_per_s if heard else None,
        "drain_s": heard.out.drain_s(lanes) if heard else dict.fromkeys(LANES),
        "ahead_s": heard.ahead_s if heard else 0, "why": why,
    }  # fmt: skip
