"""What a dry run reads: own rows of the past, within limits that are stated.

- At most ``ROWS_MOST`` positions times audiences are looked at; a period that holds more is cut at its beginning.
- A row that came more than ``LATE_MS`` after it was observed is found only where a delay looks back so far.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from kizuna.base.table import Table, concat
from kizuna.base.units import HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.node.origin import are_own, own_rows
from kizuna.node.share.lines import delays as delays_
from kizuna.share.transforms.steps import Delay

if TYPE_CHECKING:
    from kizuna.node.service.contacts import Contacts
    from kizuna.node.service.storing import NodeStore

ROWS_MOST: Final = 1_000_000
LATE_MS: Final = 3 * HOUR_MS
SHORTEST_MS: Final = 10 * MINUTE_MS
"""A period is not cut to less than this, however much it holds."""
Ints = npt.NDArray[np.int64]
Read = Callable[[int, int], Table]


class Period(NamedTuple):
    """Times of telling: (start, end], ms UTC."""

    start_ms: int
    end_ms: int


class History(Protocol):
    """Own rows of a node, as they are stored."""

    def fixes(self, start_ms: int, end_ms: int) -> Table:
        """FIXES observed in [start, end)."""
        ...

    def blocks(self, start_ms: int, end_ms: int) -> tuple[Sequence[int], Sequence[int]]:
        """Blocks that begin in [start, end), and how many fixes each holds at most."""
        ...

    def events(self, start_ms: int) -> Table:
        """EVENTS, every version of those that had not ended by then."""
        ...

    def detections(self, start_ms: int, end_ms: int) -> Table:
        """DETECTIONS made in [start, end) of which what is said is for good."""
        ...


class StoreHistory:
    """History straight from the files of a node, also of one that runs."""

    def __init__(self, keep: NodeStore, contacts: Contacts) -> None:
        self._keep, self._contacts = keep, contacts

    def fixes(self, start_ms: int, end_ms: int) -> Table:
        """See ``History``."""
        return own_rows(self._keep.messages("fixes", None, start_ms, end_ms))

    def blocks(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
        """See ``History``."""
        return self._keep.history(start_ms, end_ms)

    def events(self, start_ms: int) -> Table:
        """See ``History``."""
        return own_rows(self._keep.events(start_ms=start_ms, every_version=True))

    def detections(self, start_ms: int, end_ms: int) -> Table:
        """See ``History``."""
        return settled(*self._contacts.judged(start_ms, end_ms))


def settled(detections: Table, final: npt.NDArray[np.bool_]) -> Table:
    """Own detections of which what is said is for good, with time and place."""
    good = final & are_own(detections) & (detections["time_ms"] != MISSING_TIME_MS)
    good &= np.isfinite(detections["lat_deg"]) & np.isfinite(detections["lon_deg"])
    return detections.take(good)


def fitted(history: History, period: Period, before_ms: int, audiences: int) -> Period:
    """The period, cut at its beginning where with ``before_ms`` ahead of it it holds too much for so many audiences."""
    starts, counts = history.blocks(period.start_ms - before_ms, period.end_ms)
    if not len(starts):
        return period
    most = ROWS_MOST // max(1, audiences)
    order = np.argsort(np.asarray(starts, np.int64))[::-1]
    total = np.cumsum(np.asarray(counts, np.int64)[order])
    if total[-1] <= most:
        return period
    first_ms = int(np.asarray(starts, np.int64)[order][max(0, int(np.searchsorted(total, most, "right")) - 1)])
    start_ms = min(first_ms + before_ms, period.end_ms - SHORTEST_MS)
    return Period(max(period.start_ms, start_ms), period.end_ms)


class Rolling:
    """Rows of one table, read by the hour and let go when no delay can ask for them any more.

    ``known`` gives of rows when this node knew them. Nothing observed behind the period is read.
    """

    def __init__(self, read: Read, known: Callable[[Table], Ints], period: Period) -> None:
        self._read, self._known, self._period = read, known, period
        self._held: dict[int, Table] = {}
        self._seen: dict[int, int] = {}

    @property
    def looked_at(self) -> int:
        """How many rows were observed in the period, as far as it was read."""
        return sum(self._seen.values())

    def due(self, delays: Sequence[Delay], before_ms: int, until_ms: int) -> Table | None:
        """Rows that come due in (before, until] under any of these delays; None where there are none."""
        hours = set()
        for delay in delays:
            if delays_.passed(delay, before_ms, until_ms):
                start, end = delays_.window(delay, before_ms, until_ms)
                hours |= set(range((start - LATE_MS) // HOUR_MS, -(-min(end + 1, self._period.end_ms) // HOUR_MS)))
        self._held = {h: self._hour(h) for h in sorted(hours)}
        parts = [self.of(t, delays, before_ms, until_ms) for t in self._held.values()]
        parts = [t for t in parts if len(t)]
        return concat(parts) if parts else None

    def of(self, rows: Table, delays: Sequence[Delay], before_ms: int, until_ms: int) -> Table:
        """Those of the rows that come due in (before, until]."""
        return rows.take(delays_.due(rows["time_ms"], self._known(rows), delays, before_ms, until_ms))

    def _hour(self, hour: int) -> Table:
        if hour in self._held:
            return self._held[hour]
        rows = self._read(hour * HOUR_MS, min((hour + 1) * HOUR_MS, self._period.end_ms))
        self._seen[hour] = int(np.count_nonzero(rows["time_ms"] >= self._period.start_ms))
        return rows


def received_ms(fixes: Table) -> Ints:
    """When each fix was received; one without that time counts as received when it was observed."""
    received = fixes["received_ms"]
    found: Ints = np.where(received == MISSING_TIME_MS, fixes["time_ms"], received)
    return found
