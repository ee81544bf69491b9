"""Where the vessels of one event were before, during and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS
from kizuna.tracks.table import Tracks

_BESIDE_LEAST_MS: Final = HOUR_MS
_BESIDE_MOST_MS: Final = 6 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Way:
    """Fixes of one vessel around an event, by time; ``letter`` tells the vessels of an event apart."""

    mmsi: int
    letter: str
    time_ms: Array
    lon_deg: Array
    lat_deg: Array
    sog_kn: Array

    def part(self, from_ms: float, to_ms: float) -> tuple[Array, Array]:
        """Longitudes and latitudes from the first to the last of these moments, both included."""
        held = (self.time_ms >= from_ms) & (self.time_ms <= to_ms)
        return self.lon_deg[held], self.lat_deg[held]


def window(start_ms: int, end_ms: int) -> tuple[int, int]:
    """The time to show: half the event's length before and after it, one to six hours."""
    beside = min(max((end_ms - start_ms) // 2, _BESIDE_LEAST_MS), _BESIDE_MOST_MS)
    return start_ms - beside, end_ms + beside


def ways(tracks: Tracks | None, mmsis: list[int], seg_ids: list[Any], start_ms: int, end_ms: int) -> list[Way]:
    """Ways of the vessels in the order of ``mmsis``; vessels without a fix in the window have none.

    Of an MMSI that several ships use, only the event's own segments are taken, and those that end where it starts or
    start where it ends (a gap lies between two segments).
    """
    if tracks is None:
        return []
    first_ms, last_ms = window(start_ms, end_ms)
    segments = tracks.segments
    out = []
    for k, mmsi in enumerate(mmsis):
        borders = np.array([mmsi, mmsi + 1], np.int32)  # of the column's own type, which saves a copy of millions
        low, high = np.searchsorted(tracks.mmsi, borders)
        mine = np.flatnonzero(segments["mmsi"] == mmsi)
        own = np.isin(segments["seg_id"][mine], np.array([s for s in seg_ids if s is not None], np.int64))
        beside = (segments["end_ms"][mine] == start_ms) | (segments["start_ms"][mine] == end_ms)
        time_ms = tracks.time_ms[low:high]
        held = (time_ms >= first_ms) & (time_ms <= last_ms) & np.isin(tracks.segment[low:high], mine[own | beside])
        rows = low + np.flatnonzero(held)
        rows = rows[np.argsort(tracks.time_ms[rows], kind="stable")]
        if len(rows):
            out.append(
                Way(mmsi, chr(ord("A") + k % 26), tracks.time_ms[rows], tracks.lon_deg[rows], tracks.lat_deg[rows],
                    tracks.sog_kn[rows])
            )  # fmt: skip
    return out
