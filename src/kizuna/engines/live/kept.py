"""The rows of a stream in the order heard, and for each vessel the chain of its rows."""

from __future__ import annotations

import numpy as np

from kizuna.base.grow import Growing
from kizuna.base.table import Array, Table, concat, empty
from kizuna.events.kernels.watch import chain
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES

_PENDING_MOST = 64


class Kept:
    """Grows with the stream: 133 bytes a fix and 8 for its chain.

    A view of the rows must not be held while rows are added: their memory may move. ``generation`` counts how often
    rows were let go.
    """

    def __init__(self) -> None:
        self.generation = 0
        self.late = Growing(FIXES)
        self.others = Growing(OTHERS)
        self.rejects = Growing(REJECTS)
        self._fixes = Growing(FIXES)
        self._before = np.empty(0, np.int64)
        self._statics = empty(STATICS)
        self._by_mmsi = np.empty(0, np.int64)
        self._pending: list[Table] = []

    def __len__(self) -> int:
        """Fixes taken."""
        return len(self._fixes)

    @property
    def fixes(self) -> Table:
        """All fixes taken, without a copy."""
        return self._fixes.view()

    @property
    def statics(self) -> Table:
        """All static messages; brings those that wait into order first."""
        if self._pending:
            self._statics = concat([t for t in (self._statics, *self._pending) if len(t)])
            self._by_mmsi = np.argsort(self._statics["mmsi"], kind="stable")
            self._pending = []
        return self._statics

    def add(self, fixes: Table, before: Array) -> None:
        """Append fixes; ``before`` is the row before of the same vessel, -1 for its first."""
        start = len(self._fixes)
        stop = start + len(fixes)
        if stop > len(self._before):
            longer = np.empty(max(stop, 2 * len(self._before), 1 << 16), np.int64)
            longer[:start] = self._before[:start]
            self._before = longer
        self._before[start:stop] = before
        self._fixes.add(fixes)

    def add_statics(self, statics: Table) -> None:
        """Append static messages."""
        if not len(statics):
            return
        self._pending.append(statics)
        if len(self._pending) > _PENDING_MOST:
            self._pending = [concat(self._pending)]

    def take_up(self, tables: dict[str, Table]) -> None:
        """Go on with rows that were saved."""
        self.add(tables["fixes"], _chained(tables["fixes"]["mmsi"]))
        self.add_statics(tables["statics"])
        self.late.add(tables["late"])
        self.others.add(tables["others"])
        self.rejects.add(tables["rejects"])

    def let_go(self, keep: Array, keep_statics: Array) -> None:
        """Keep only some rows (masks), and none of those that no event rests on: others, rejects, late ones."""
        fixes, statics = self.fixes.take(keep), self.statics.take(keep_statics)
        self.generation += 1
        self.late, self.others, self.rejects, self._fixes = (Growing(s) for s in (FIXES, OTHERS, REJECTS, FIXES))
        self._before = np.empty(0, np.int64)
        self._statics, self._by_mmsi = empty(STATICS), np.empty(0, np.int64)
        self.add(fixes, _chained(fixes["mmsi"]))
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
        held = self._statics["mmsi"][self._by_mmsi]
        low, high = np.searchsorted(held, mmsis, "left"), np.searchsorted(held, mmsis, "right")
        rows = [self._by_mmsi[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True) if b > a]
        parts = [self._statics.take(np.sort(np.concatenate(rows)))] if rows else []
        for table in self._pending:
            hit = np.isin(table["mmsi"], mmsis)
            if hit.any():
                parts.append(table.take(hit))
        return concat(parts) if parts else empty(STATICS)


def _chained(mmsi: Array) -> Array:
    """For each row the row before of the same MMSI, -1 for its first."""
    by = np.argsort(mmsi, kind="stable")
    before = np.full(len(mmsi), -1, np.int64)
    same = mmsi[by[1:]] == mmsi[by[:-1]]
    before[by[1:][same]] = by[:-1][same]
    return before
