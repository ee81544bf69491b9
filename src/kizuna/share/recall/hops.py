"""The table of hops of a recall: who has the records, from whom, and what became of the recall there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from kizuna.records.bodies.trust import RecallAck

State = Literal["pending", "asked", "acknowledged", "refused", "unreachable"]
HOPS: Final[Mapping[tuple[str, str], State]] = {
    ("pending", "sent"): "asked",
    ("unreachable", "sent"): "asked",
    ("pending", "lost"): "unreachable",
    ("asked", "lost"): "unreachable",
    **{(state, "ack"): "acknowledged" for state in ("pending", "asked", "unreachable", "refused")},
    **{(state, "refuse"): "refused" for state in ("pending", "asked", "unreachable", "acknowledged")},
}
"""State of a hop after an event; anything else leaves it. ``sent``: the partner's receipt covers the recall."""
HOPS_MAX: Final = 256
"""Rows of one answer."""


class Hop(NamedTuple):
    """One line of the table: a party, from whom it has the records, how far away, what became of the recall there."""

    party: str
    via: str
    depth: int
    state: State
    why: str = ""


def depth(via: str, top: str, answer: RecallAck) -> int:
    """Steps from ``top`` down to a row of its answer that came by ``via``."""
    parents: dict[str, str] = {p: v for p, v, _ in answer.hops}
    steps, at = 1, via
    while at != top and at in parents and steps < HOPS_MAX:
        steps, at = steps + 1, parents[at]
    return steps
