"""Encounters as other detectors need them: who met when, and on which fixes that rests."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.events.account.evidence import Groups


class Met(NamedTuple):
    """Encounters in columns: ids, the two MMSIs of each (n x 2), interval, rows of the tracks that prove it."""

    event_id: list[str]
    mmsi: Array
    start_ms: Array
    end_ms: Array
    rows: Groups


def no_meetings() -> Met:
    """No encounter at all."""
    none = np.empty(0, np.int64)
    return Met([], none.reshape(0, 2), none, none, Groups(none, np.zeros(1, np.int64)))


def overlapping(met: Met | None, mmsi: Array, start_ms: Array, end_ms: Array) -> Groups:
    """Encounters of each vessel that share time with its interval ``[start, end]``, in order of their number."""
    by_mmsi: dict[int, list[int]] = {}
    if met is not None:
        for k, pair in enumerate(met.mmsi.tolist()):
            for m in pair:
                by_mmsi.setdefault(m, []).append(k)
    flat: list[int] = []
    offsets = [0]
    for m, start, end in zip(mmsi.tolist(), start_ms.tolist(), end_ms.tolist(), strict=True):
        flat += [k for k in by_mmsi.get(m, ()) if met is not None and met.start_ms[k] < end and met.end_ms[k] > start]
        offsets.append(len(flat))
    return Groups(np.array(flat, np.int64), np.array(offsets, np.int64))
