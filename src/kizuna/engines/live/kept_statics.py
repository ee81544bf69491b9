"""The static messages of a stream, in the order heard, with an index by MMSI.

They lie in parts that never change: small ones are joined as they come, large ones stay. So adding some never costs
what all of them would, and whoever works on another thread may hold the parts.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array, Table, concat, empty
from kizuna.fixes.statics import STATICS

_JOINED_MOST: Final = 1 << 17


class _Part(NamedTuple):
    """``by_mmsi``: rows in order of MMSI, then as heard; ``mmsi``: the MMSIs in that order."""

    table: Table
    by_mmsi: Array
    mmsi: Array


class Statics:
    """Grows with the stream."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    @property
    def tables(self) -> tuple[Table, ...]:
        """All messages; each table stays as it is."""
        return tuple(part.table for part in self._parts)

    def add(self, table: Table) -> None:
        """Append messages."""
        while self._parts and len(self._parts[-1].table) < min(2 * len(table), _JOINED_MOST):
            table = concat([self._parts.pop().table, table])
        if len(table):
            by_mmsi = np.argsort(table["mmsi"], kind="stable")
            self._parts.append(_Part(table, by_mmsi, table["mmsi"][by_mmsi]))

    def of(self, mmsis: Array) -> Table:
        """Messages of some MMSIs, in the order heard."""
        found = []
        for part in self._parts:
            low, high = (np.searchsorted(part.mmsi, mmsis, side) for side in ("left", "right"))
            rows = [part.by_mmsi[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True) if b > a]
            if rows:
                found.append(part.table.take(np.sort(np.concatenate(rows))))
        return joined(found)


def joined(tables: list[Table] | tuple[Table, ...]) -> Table:
    """Static messages one below the other."""
    return concat(tables) if tables else empty(STATICS)
