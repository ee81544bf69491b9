"""Message ids seen lately, so that what is appended again is known. Bounded memory.

Sorted runs of ids, joined while they are small; the oldest run is let go when the rest holds enough.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kizuna.base.table import Array

_LARGEST: Final = 8
"""A run is not joined beyond this part of the horizon, so that letting one go forgets little."""


class Horizon:
    """The newest ``rows`` ids; up to one eighth more."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._runs: list[Array] = []

    def __len__(self) -> int:
        """Ids remembered."""
        return sum(len(run) for run in self._runs)

    def fresh(self, ids: Array) -> Array:
        """Mask of ids that are not remembered and stand for the first time in ``ids``."""
        order = np.argsort(ids, kind="stable")
        ranked = ids[order]
        new = np.ones(len(ids), np.bool_)
        new[1:] = ranked[1:] != ranked[:-1]
        for run in self._runs:
            at = np.searchsorted(run, ranked)
            at[at == len(run)] = len(run) - 1
            new &= run[at] != ranked
        out = np.empty(len(ids), np.bool_)
        out[order] = new
        return out

    def add(self, ids: Array) -> None:
        """Remember ids as the newest."""
        if not len(ids) or not self._rows:
            return
        run = np.sort(ids)
        largest = self._rows // _LARGEST
        while self._runs and len(self._runs[-1]) <= 2 * len(run) and len(self._runs[-1]) + len(run) <= largest:
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)
        held = len(self)
        while len(self._runs) > 1 and held - len(self._runs[0]) >= self._rows:
            held -= len(self._runs.pop(0))
