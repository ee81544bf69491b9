"""Others' records that may go on and cannot be proved yet, kept over a restart until they can.

While a log is caught up with, what comes first stands under a head that is signed over what is still to come: the log
is gone through once more from there when the head is reached. What a carrier brought under a head that does not count
any more waits by name until its proof was made anew (``renewal``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from kizuna.share.ledger.name import parse_name

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.sharing import Received

NOTE: Final = "onward late"
NAMES_MOST: Final = 10_000
"""Records that wait by name."""
_PIECE: Final = 2_000


class _Kept(msgspec.Struct, frozen=True):
    """The note: for each log the first entry that waits, and names."""

    first: dict[str, int] = {}
    names: tuple[str, ...] = ()


class Late:
    """One node's. Under the lock of the desk."""

    def __init__(self, office: Office) -> None:
        self._office = office
        held = office.shared.notes.get(NOTE)
        self._kept = msgspec.json.decode(held, type=_Kept) if held else _Kept()
        self._first = dict(self._kept.first)
        self._names = dict.fromkeys(self._kept.names)

    def put(self, row: Received) -> None:
        """This one may go on and cannot be proved yet."""
        if row.partner == row.record.origin:
            self._first[row.log] = min(row.n, self._first.get(row.log, row.n))
        elif len(self._names) < NAMES_MOST:
            self._names[row.id] = None

    def ready(self) -> Iterator[list[Received]]:
        """What may be proved by now, in pieces. What still cannot is put again by whoever tries."""
        office, passing = self._office, self._office.onward.passing_on
        for log, first in list(self._first.items()):
            state = office.shared.logs.state(log)
            if state is not None and not office.proofs.covers(parse_name(log).origin, first, state):
                continue
            del self._first[log]
            after = first
            while state is not None and (
                piece := office.shared.logs.entries(log, after, most=_PIECE, max_bytes=8 << 20)
            ):
                yield [row for e in piece if e.id and e.aside is None and (row := passing.row(e.id)) is not None]
                after = piece[-1].n + 1
        asked = office.onward.renewal.waiting() if self._names else set[str]()
        some = [name for name in self._names if name not in asked]
        for name in some:
            del self._names[name]
        if some:
            yield [row for name in some if (row := passing.row(name)) is not None]

    def keep(self) -> None:
        """Write down what waits, where that changed. Before the cursor of arrivals moves on."""
        now = _Kept(dict(self._first), tuple(self._names))
        if now != self._kept:
            self._office.shared.notes.put({NOTE: msgspec.json.encode(now)})
            self._kept = now
