"""What one partner reads of our logs, and finding things in it: every surface that shows a partner's view asks here.

A partner reads the logs to itself whole, and of a log of several readers what its label lets it read today. Only what
stands under a signed head is read, for nothing else was ever sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from kizuna.base.errors import InputError
from kizuna.records.label import EVERYBODY, Label
from kizuna.records.record import Record, decode
from kizuna.share.ledger.name import parse_name
from kizuna.share.sync.cutting import reaches
from kizuna.stores.shared.register.wishes import Found, Reach, Want

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.stores.shared.logs import LogState

PIECE: Final = 500
_LABEL: Final = msgspec.json.Decoder(Label)


class Told(NamedTuple):
    """One record that stands in a log to a partner."""

    log: str
    n: int
    id: str
    data: bytes
    record: Record


def audiences_of(office: Office, partner: str) -> frozenset[str]:
    """Names under which a partner was told something, also when it is paused: itself, communities that list it, all."""
    who = office.sharing.who()
    if partner not in who.partners:
        raise InputError(f"{partner} was not introduced to this node", code="no_partner")
    served = who.partners[partner].communities
    mine = (c.id for c in who.communities.values() if partner in c.members and c.id in served)
    return frozenset((partner, EVERYBODY, *mine))


def reach(office: Office, partner: str) -> list[Reach]:
    """The logs that a partner reads, each with what of it. Raises InputError for one that was not introduced."""
    names, now_ms = audiences_of(office, partner), office.now_ms()
    sees = _sees(office, partner)
    return [
        Reach(state, state.head_size, None if parse_name(state.name).audience == partner else sees, now_ms)
        for state in sorted(office.shared.logs.all("out"), key=lambda s: s.name)
        if state.peer in names
    ]


def everything(office: Office) -> list[Reach]:
    """Every log of ours, whole."""
    return [Reach(state, state.size) for state in office.shared.logs.all("out")]


def _sees(office: Office, partner: str) -> Callable[[str], bool]:
    who = office.sharing.who()
    known: dict[str, bool] = {}

    def sees(label: str) -> bool:
        if label not in known:
            try:
                known[label] = reaches(_LABEL.decode(label), partner, who)
            except (msgspec.MsgspecError, InputError, ValueError):  # cannot be read, so it reaches nobody
                known[label] = False
        return known[label]

    return sees


def records(office: Office, logs: list[Reach], found: Found, want: Want) -> Iterator[Told]:
    """The records of what was found, a few at a time, without those that are not what is wanted after all."""
    for one in office.shared.register.read(found):
        record = decode(one.data)
        if (not want.subject or want.subject in record.subject) and (want.box is None or touches(record.geo, want.box)):
            yield Told(logs[one.reach].log.name, one.n, one.id, one.data, record)


def newest(found: Found, most: int) -> Found:
    """So many of the newest by observation, in the order of their times; of equal times, of their logs."""
    rows = np.lexsort((found.n, found.reach, found.time_ms))
    return found.take(rows[max(0, len(rows) - most) :])


def touches(geo: tuple[float, ...], box: tuple[float, float, float, float]) -> bool:
    """Whether a place (a point, or a box) touches a box; west above east crosses 180 degrees."""
    if not geo:
        return False
    west, south, east, north = geo if len(geo) > 2 else (geo[0], geo[1], geo[0], geo[1])  # noqa: PLR2004  a point
    if north < box[1] or south > box[3]:
        return False
    spans = [(a, b) for a, b in _spans(west, east) for c, d in _spans(box[0], box[2]) if a <= d and b >= c]
    return bool(spans)


def _spans(west: float, east: float) -> Iterable[tuple[float, float]]:
    return ((west, east),) if west <= east else ((west, 180.0), (-180.0, east))


def states(office: Office) -> dict[int, LogState]:
    """Logs of ours by their number in the store."""
    return {state.number: state for state in office.shared.logs.all("out")}
