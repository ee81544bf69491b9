"""Segments brought to a common grid of times, so that vessels can be compared with each other.

Slot ``k`` is the instant ``k * step`` after 1970-01-01 UTC. A segment fills a slot at which it has a fix, or that lies
between two fixes less than ``bridge_h`` apart; then latitude and longitude are linear in time (near the poles along
the chord) and right over 180 degrees. Nothing is extrapolated. Each entry names the fixes around it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS, MINUTE_MS
from kizuna.tracks.kernels import resample as kernels
from kizuna.tracks.table import Tracks

_DENSE: Final = 4
"""Up to so many grid slots an entry, entries are counted per slot; beyond (few fixes over years) they are sorted."""


@dataclass(frozen=True, slots=True)
class Params:
    """The grid.

    Attributes:
        step_min: minutes between slots; 0.1 to 1,440. Global Fishing Watch compares at 10.
        bridge_h: fixes this far apart or more are not joined, h; 0.01 to 24. After Global Fishing Watch.
    """

    step_min: float = 10.0
    bridge_h: float = 1.0

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        if not 0.1 <= self.step_min <= 1440.0:  # noqa: PLR2004  the range, as documented
            raise InputError(f"step_min = {self.step_min} is out of range", hint="0.1 to 1440")
        if not 0.01 <= self.bridge_h <= 24.0:  # noqa: PLR2004
            raise InputError(f"bridge_h = {self.bridge_h} is out of range", hint="0.01 to 24")


@dataclass(frozen=True, slots=True)
class Slots:
    """One entry a segment and slot, in order of slot, then MMSI, then segment.

    Attributes:
        step_ms: length of a slot.
        slot: int64, number of the slot; its time is ``slot * step_ms``.
        segment: int32, index into the table of segments.
        lat_deg, lon_deg: float64.
        speed_kn: float32, as sent and linear between the fixes; from their distance where one sent none; NaN for a
            single fix without.
        row_before, row_after: int64, rows of the tracks around the slot; the same row where a fix falls on it.
    """

    step_ms: int
    slot: Array
    segment: Array
    lat_deg: Array
    lon_deg: Array
    speed_kn: Array
    row_before: Array
    row_after: Array

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.slot)

    def take(self, rows: Array) -> Slots:
        """The entries of an index or boolean mask, in that order."""
        return Slots(
            self.step_ms, self.slot[rows], self.segment[rows], self.lat_deg[rows], self.lon_deg[rows],
            self.speed_kn[rows], self.row_before[rows], self.row_after[rows],
        )  # fmt: skip


def resample(tracks: Tracks, params: Params | None = None, use: Array | None = None) -> Slots:
    """Positions of the segments at every slot they fill; ``use`` (bool by segment) leaves others out."""
    p = params or Params()
    step_ms, bridge_ms = round(p.step_min * MINUTE_MS), round(p.bridge_h * HOUR_MS)
    use = np.ones(len(tracks.seg_start), np.bool_) if use is None else use
    where = (tracks.seg_start, tracks.seg_end, use, tracks.time_ms)
    n, least, greatest = kernels.count(*where, step_ms, bridge_ms)
    slots = Slots(
        step_ms, np.empty(n, np.int64), np.empty(n, np.int32), np.empty(n, np.float64), np.empty(n, np.float64),
        np.empty(n, np.float32), np.empty(n, np.int64), np.empty(n, np.int64),
    )  # fmt: skip
    if n == 0:
        return slots
    span = greatest - least + 1
    dense = span <= _DENSE * n + MINUTE_MS
    if dense:
        cursor = np.zeros(span + 1, np.int64)
        kernels.spread(*where, step_ms, bridge_ms, least, cursor)
    else:
        cursor = np.zeros(1, np.int64)
    kernels.fill(
        *where, tracks.lat_deg, tracks.lon_deg, tracks.sog_kn, step_ms, bridge_ms, least, dense, cursor, slots.slot,
        slots.segment, slots.lat_deg, slots.lon_deg, slots.speed_kn, slots.row_before, slots.row_after,
    )  # fmt: skip
    return slots if dense else slots.take(np.argsort(slots.slot, kind="stable"))
