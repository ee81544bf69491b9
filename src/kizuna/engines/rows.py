"""The table of fixes as ``detect`` writes it: by vessel and time, with the segment and the flags of every row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from kizuna.base.table import Array, Table
from kizuna.tracks.table import Tracks

_AT_ONCE: Final = 1 << 18
"""Rows copied at a time, so that no second table of all rows stands in memory."""


def judged(tracks: Tracks) -> Table:
    """The fixes in arrival order, with what the segmenter found."""
    fixes = tracks.fixes
    seg_id = np.full(len(fixes), -1, np.int64)
    ids = np.append(tracks.segments["seg_id"], np.int64(-1))
    seg_id[tracks.order] = ids[tracks.segment]  # -1 picks the last entry, which is -1
    flags = fixes["flags"].copy()
    flags[tracks.order] = tracks.flags
    return fixes.replace(seg_id=seg_id, flags=flags)


def by_vessel(fixes: Table, tracks: Tracks) -> Iterator[Table]:
    """All fixes in pieces: rows of the tracks in their order, an MMSI's rows without time or place behind them."""
    rows = row_order(fixes["mmsi"], tracks)
    for start in range(0, len(rows), _AT_ONCE):
        yield fixes.take(rows[start : start + _AT_ONCE])


def row_order(mmsi: Array, tracks: Tracks) -> Array:
    """Row numbers of the fixes in the order of the tracks; rows that are in no track follow those of their MMSI."""
    absent = np.ones(len(mmsi), np.bool_)
    absent[tracks.order] = False
    rest = np.flatnonzero(absent)
    if len(rest) == 0:
        return tracks.order
    rest = rest[np.argsort(mmsi[rest], kind="stable")]
    behind = np.searchsorted(tracks.mmsi, mmsi[rest], side="right")
    return np.insert(tracks.order, behind, rest)
