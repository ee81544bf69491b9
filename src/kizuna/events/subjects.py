"""Whom the detectors watch: the tracks that can be vessels, and which segments belong to one vessel.

Left out are segments that the segmenter holds to be noise beside a better track (``overlapping_short``) or drifting
gear (``stationary_gear``), and stations that are no vessels by their MMSI (ITU-R M.585-9): coast stations 00x,
group calls 0x, search and rescue aircraft 111, aids to navigation 99, and the locating devices 970, 972 and 974.
Short segments stay: a boat heard ten times may matter, and its events say how little they rest on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Table
from kizuna.tracks.table import NOISE_KINDS, Tracks

_NOISE: Final = tuple(NOISE_KINDS.index(k) for k in ("overlapping_short", "stationary_gear"))
_NOT_VESSELS: Final = (
    (2_000_000, 8_000_000),  # 00MIDxxxx coast stations; 1193046 and other unset numbers stay, ships send them
    (20_000_000, 80_000_000),  # 0MIDxxxxx groups of ships
    (111_000_000, 112_000_000),  # search and rescue aircraft
    (970_000_000, 971_000_000),  # AIS-SART
    (972_000_000, 973_000_000),  # man overboard devices
    (974_000_000, 975_000_000),  # EPIRB-AIS
    (990_000_000, 1_000_000_000),  # aids to navigation
)
"""Ranges of MMSI, half-open."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """Vessels behind the segments.

    Attributes:
        watched: bool per segment, whether detectors look at it.
        vessel: int32 per segment, number of the vessel: one per pair of MMSI and vessel id, ascending with MMSI.
        mmsi: int32 per vessel.
        vessel_id: Arrow strings per vessel.
        segments_by_vessel: int64, watched segments ordered by (vessel, start time).
    """

    watched: Array
    vessel: Array
    mmsi: Array
    vessel_id: pa.Array
    segments_by_vessel: Array


def vessel_like(mmsi: Array) -> Array:
    """Whether an MMSI can be that of a vessel; see the module."""
    out = np.ones(len(mmsi), np.bool_)
    for low, high in _NOT_VESSELS:
        out &= (mmsi < low) | (mmsi >= high)
    return out


def subjects(tracks: Tracks) -> Subjects:
    """Find the vessels of the tracks."""
    return of_segments(tracks.segments)


def of_segments(segments: Table) -> Subjects:
    """Find the vessels behind segments."""
    mmsi = segments["mmsi"]
    watched = ~np.isin(segments["noise"], _NOISE) & vessel_like(mmsi)
    words = pc.dictionary_encode(segments["vessel_id"])
    code = words.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    key = mmsi.astype(np.int64) * (len(words.dictionary) + 1) + code + 1
    _, first, vessel = np.unique(key, return_index=True, return_inverse=True)
    by_vessel = np.lexsort((segments["start_ms"], vessel))
    return Subjects(
        watched=watched,
        vessel=vessel.astype(np.int32),
        mmsi=mmsi[first],
        vessel_id=segments["vessel_id"].take(pa.array(first)),
        segments_by_vessel=by_vessel[watched[by_vessel]],
    )
