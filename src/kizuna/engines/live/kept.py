"""The rows of a stream in the order heard, and for each vessel the chain of its rows."""

from __future__ import annotations

import os
from typing import Final

import numpy as np

from kizuna.base.grow import Growing, Hold
from kizuna.base.table import Array, Table
from kizuna.engines.live.kept_statics import Statics, joined
from kizuna.events.kernels.watch import chain
from kizuna.fixes.statics import OTHERS, REJECTS
from kizuna.fixes.table import FIXES

_ROOM: Final = 1 << 26 if os.name == "posix" else 0
"""Fixes for which addresses are set aside. Memory is taken as rows come; rows that need not move make no alert wait."""

_AT_ONCE: Final = 1 << 17
"""Rows copied at once: memory that is used again costs less than fresh memory."""


class Kept:
    """Grows with the stream: 133 bytes a fix and 8 for its chain.

    A view of the rows is true until rows are added: their memory may move. Who needs it for longer takes a ``hold``.
    ``generation`` counts how often rows were let go.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.late = Growing(FIXES)
        self.others = Growing(OTHERS)
        self.rejects = Growing(REJECTS)
        self._fixes, self._before = _roomy()
        self._statics = Statics()

    def __len__(self) -> int:
        """Fixes taken."""
        return len(self._fixes)

    @property
    def fixes(self) -> Table:
        """All fixes taken, without a copy."""
        return self._fixes.view()

    def hold(self) -> Hold:
        """All fixes taken, without a copy, for another thread: they stay where they are until it releases them."""
        return self._fixes.hold()

    @property
    def statics(self) -> Table:
        """All static messages."""
        return joined(self.statics_in_parts)

    @property
    def statics_in_parts(self) -> tuple[Table, ...]:
        """All static messages, without a copy, in tables that stay as they are."""
        return self._statics.tables

    def add(self, fixes: Table, before: Array) -> None:
        """Append fixes; ``before`` is the row before of the same vessel, -1 for its first."""
        start = len(self._fixes)
        stop = start + len(fixes)
        if stop > len(self._before):
            longer = np.empty(max(stop, 2 * len(self._before)), np.int64)
            longer[:start] = self._before[:start]
            self._before = longer
        self._before[start:stop] = before
        self._fixes.add(fixes)

    def add_statics(self, statics: Table) -> None:
        """Append static messages."""
        if len(statics):
            self._statics.add(statics)

    def take_up(self, tables: dict[str, Table]) -> None:
        """Go on with rows that were saved."""
        self.add(tables["fixes"], _chained(tables["fixes"]["mmsi"]))
        self.add_statics(tables["statics"])
        self.late.add(tables["late"])
        self.others.add(tables["others"])
        self.rejects.add(tables["rejects"])

    def let_go(self, keep: Array, keep_statics: Array) -> None:
        """Keep only some rows (masks), and none of those that no event rests on: others, rejects, late ones."""
        fixes, statics = self.fixes, self.statics.take(keep_statics)
        self.generation += 1
        self.late, self.others, self.rejects = (Growing(s) for s in (FIXES, OTHERS, REJECTS))
        self._fixes, self._before = _roomy()
        self._statics = Statics()
        for start in range(0, len(fixes), _AT_ONCE):
            some = slice(start, min(start + _AT_ONCE, len(fixes)))
            self._fixes.add(fixes.slice(some.start, some.stop).take(keep[some]))
        before = _chained(self.fixes["mmsi"])
        self._before = self._before if len(before) <= len(self._before) else np.empty(len(before), np.int64)
        self._before[: len(before)] = before
        self.add_statics(statics)

    def fixes_of(self, heads: list[int]) -> Table:
        """Fixes of some vessels, named by their newest rows, in the order heard."""
        scratch = np.empty(len(self._fixes), np.int64)
        n = 0
        for head in heads:
            n += chain(head, self._before, scratch[n:])
        return self._fixes.view().take(np.sort(scratch[:n]))

    def statics_of(self, mmsis: Array) -> Table:
        """Static messages of some MMSIs, in the order heard."""
        return self._statics.of(mmsis)


def _roomy() -> tuple[Growing, Array]:
    """For the fixes and their chain; without the room where the system does not give so many addresses."""
    try:
        return Growing(FIXES, _ROOM), np.empty(_ROOM, np.int64)
    except MemoryError:
        return Growing(FIXES), np.empty(0, np.int64)


def _chained(mmsi: Array) -> Array:
    """For each row the row before of the same MMSI, -1 for its first."""
    by = np.argsort(mmsi, kind="stable")
    before = np.full(len(mmsi), -1, np.int64)
    same = mmsi[by[1:]] == mmsi[by[:-1]]
    before[by[1:][same]] = by[:-1][same]
    return before
