"""Stops: where a ship lay, how long and how widely it moved there.

A stop begins at a fix with a speed of at most ``begin_kn`` and goes on while each next fix is slower than ``end_kn``,
lies within ``radius_m`` of the mean place of the stop so far, and comes within ``silence_h``. It counts when it lasted
at least ``least_min`` minutes. Speed is as sent, and from the step before where none was sent. The two speeds keep a
ship at anchor, whose speed flickers, in one stop; the running mean lets her swing around her anchor without leaving
the circle; the radius ends the "stop" of a ship that drifts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS, MINUTE_MS
from kizuna.tracks.kernels import stops as kernels
from kizuna.tracks.kernels.plane import shared_table
from kizuna.tracks.table import Tracks


@dataclass(frozen=True, slots=True)
class Params:
    """When a ship is held to lie still.

    Attributes:
        begin_kn: a stop begins at or below this, kn; 0 to 5. Ships at rest send up to half a knot of noise.
        end_kn: and ends at or above this, kn; begin_kn to 10. Twice the noise.
        radius_m: and ends further than this from its mean place, m; 10 to 5,000. A ship on a long chain swings
            within some 300 m of her anchor; 500 m is also what others compare at (trackintel, scikit-mobility).
        silence_h: and at a longer silence, h; 0.1 to 240. The default is the limit of a gap event.
        least_min: shorter stops are not reported, min; 0 to 10,000.
    """

    begin_kn: float = 0.5
    end_kn: float = 1.0
    radius_m: float = 500.0
    silence_h: float = 12.0
    least_min: float = 60.0

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} = {getattr(self, name)} is out of range", hint=f"{low} to {high}")
        if self.end_kn < self.begin_kn:
            raise InputError("end_kn is less than begin_kn")


_RANGES: Final = {"begin_kn": (0.0, 5.0), "end_kn": (0.0, 10.0), "radius_m": (10.0, 5000.0), "silence_h": (0.1, 240.0),
                  "least_min": (0.0, 10_000.0)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stops:
    """One entry a stop, in the order of segments, then time.

    Attributes:
        segment: int32, index into the table of segments.
        row_start, row_end: int64, rows of the tracks: first, and behind the last.
        start_ms, end_ms: int64, time of the first and last fix.
        lat_deg, lon_deg: float64, mean place of the fixes.
        radius_m: float64, greatest distance of a fix from there.
    """

    segment: Array
    row_start: Array
    row_end: Array
    start_ms: Array
    end_ms: Array
    lat_deg: Array
    lon_deg: Array
    radius_m: Array

    def __len__(self) -> int:
        """Number of stops."""
        return len(self.segment)


def find(tracks: Tracks, params: Params | None = None) -> Stops:
    """Stops of all segments."""
    p = params or Params()
    found, place = kernels.find(
        tracks.seg_start, tracks.seg_end, tracks.time_ms, tracks.lat_deg, tracks.lon_deg, tracks.sog_kn, tracks.step_m,
        shared_table(), p.begin_kn, p.end_kn, p.radius_m, round(p.silence_h * HOUR_MS), round(p.least_min * MINUTE_MS),
    )  # fmt: skip
    segment, first, behind = (np.ascontiguousarray(found[:, k]) for k in range(3))
    return Stops(
        segment=segment.astype(np.int32), row_start=first, row_end=behind,
        start_ms=tracks.time_ms[first], end_ms=tracks.time_ms[behind - 1],
        lat_deg=place[:, 0].copy(), lon_deg=place[:, 1].copy(), radius_m=place[:, 2].copy(),
    )  # fmt: skip
