"""How coarse the newest place is that partners told of a vessel: the side of its grid cell.

A coarse place lies in the picture as the middle of its cell and would look like any other place. Whoever draws it asks
here. The answer follows the inbox of the shared store; after a start the newest ``BACK`` entries are looked at again,
so that a vessel of which nothing was told for longer is drawn without its cell until it is told of again.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.node.share.arrivals import CURSOR
from kizuna.node.share.received import mmsi_of
from kizuna.records.bodies.tracks import Position
from kizuna.records.kinds import read_body
from kizuna.records.record import decode
from kizuna.share.ledger.name import parse_name

if TYPE_CHECKING:
    from kizuna.stores.shared import Shared

BACK: Final = 50_000
AT_ONCE: Final = 2_000
MOST: Final = 200_000
"""Vessels that are kept."""
_KIND: Final = b'"track.position"'


class Cell(NamedTuple):
    """The newest place of one vessel: time (ms), side of the cell (m; 0: exact)."""

    time_ms: int
    cell_m: int


class Cells:
    """Any thread may ask."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._lock = threading.Lock()
        self._held: dict[int, Cell] = {}
        held = shared.notes.get(CURSOR)
        self._cursor = max(0, int(held) - BACK) if held else 0
        self.version = 0
        """Counts up with every change."""

    def follow(self) -> int:
        """Look at what came since the last time; the version reached."""
        with self._lock:
            while found := self._shared.inbox.arrived(self._cursor, AT_ONCE):
                for _, log, entry in found:
                    if entry.aside is None and entry.data is not None and _KIND in entry.data:
                        self._take(entry.data, parse_name(log).origin)
                self._cursor = found[-1].number
            return self.version

    def _take(self, data: bytes, partner: str) -> None:
        try:
            record = decode(data)
            body = read_body(record)
        except InputError:
            return
        mmsi = mmsi_of(record.subject)
        if mmsi < 0 or not isinstance(body, Position) or record.origin != partner:
            return
        held = self._held.get(mmsi)
        if held is not None and held.time_ms > record.observed_ms:
            return
        if held is None and len(self._held) >= MOST:
            del self._held[next(iter(self._held))]
        self._held[mmsi] = Cell(record.observed_ms, round(body.cell_m or 0))
        self.version += 1

    def of(self, mmsi: int, time_ms: int) -> int:
        """Side of the cell of a vessel's place at a time, m; 0 where that place was told exactly or by nobody."""
        held = self._held.get(mmsi)
        return held.cell_m if held is not None and held.time_ms // 1000 == time_ms // 1000 else 0
