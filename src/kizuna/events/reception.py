"""What was heard around a silence: own fixes before it, other tracks of the MMSI during it, and how others fared.

Own fixes and those of the same MMSI are rows of tracks. Other vessels come in as counts (``tracks.reception``) through
the surroundings, so that a run that holds only some vessels, or listens live, finds the same.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS
from kizuna.events.account.evidence import Groups, ranges
from kizuna.events.account.silence import Circumstances
from kizuna.events.subjects import Subjects, vessel_like
from kizuna.tracks.reception import MEMORY_H, Presence, Reception, count, presence
from kizuna.tracks.table import Tracks

TRACKS_MAX: Final = 5
"""Other tracks of the MMSI that are counted; one settles the matter, a number shared by hundreds must stay cheap."""
LISTEN_H: Final = 12
"""Whole hours of the silence in which neighbours are counted. Twice the memory of the counts: later, few of those
expected at its start can still be missing."""
BEFORE_H: Final = 6
"""Hours up to that of the last fix in which they are counted for comparison."""


class Silence(NamedTuple):
    """A silence per entry: last row before it, its end (or that of the data), and how far to look back."""

    before: Array
    until_ms: Array
    back_ms: int


class Heard(NamedTuple):
    """Rows of tracks per silence: own fixes before, and the first fix of each other track of the MMSI meanwhile."""

    own: Groups
    same_mmsi: Groups


def listened(tracks: Tracks, until_ms: int | None = None) -> Reception:
    """Who was heard and who was missing, from all fixes of vessels, up to a time (the last fix where None)."""
    if until_ms is None:
        until_ms = int(tracks.time_ms.max(initial=0))
    return count(vessels_heard(tracks), until_ms)


def vessels_heard(tracks: Tracks) -> Presence:
    """In which hours each vessel was heard; fixes that the segmenter holds to be noise were heard as well."""
    found = presence(tracks.mmsi, tracks.time_ms, tracks.lat_deg, tracks.lon_deg)
    keep = vessel_like(found.mmsi)
    return Presence(found.mmsi[keep], found.hour[keep], found.first[keep], found.last[keep])


def circumstances(reception: Reception, tracks: Tracks, silence: Silence, around: Heard) -> Circumstances:
    """Counts of other vessels during and before each silence, and the longest own interval before it.

    During: the whole hours inside the silence, ``LISTEN_H`` at most. The vessel itself is missing in them for as long
    as the counts remember it and is taken out, unless another track of its MMSI was heard. Nothing later than the end
    of the silence is used.
    """
    lat, lon, last_ms = (v[silence.before] for v in (tracks.lat_deg, tracks.lon_deg, tracks.time_ms))
    first, over = last_ms // HOUR_MS + 1, silence.until_ms // HOUR_MS
    behind = np.clip(over, first, first + LISTEN_H)
    during = reception.near(lat, lon, first, behind)
    before = reception.near(lat, lon, first - BEFORE_H, np.minimum(first, over))
    alone = np.diff(around.same_mmsi.offsets) == 0
    self_ = np.where(alone, np.minimum(behind - first, MEMORY_H), 0)
    expected, expected_around = (
        np.maximum(all_ - self_, of) for all_, of in
        ((during.expected, during.heard), (during.expected_around, during.heard_around))
    )  # fmt: skip
    return Circumstances(
        during.heard, expected, during.heard_around, expected_around, before.heard_around, before.expected_around,
        behind - first, longest_interval_s(tracks, around.own),
    )  # fmt: skip


def longest_interval_s(tracks: Tracks, own: Groups) -> Array:
    """Longest time between neighbouring rows of each group, s; NaN for groups of fewer than two."""
    n = len(own.offsets) - 1
    out = np.full(n, -1.0)
    step_ms = np.diff(tracks.time_ms[own.flat])
    event = own.group
    inside = event[1:] == event[:-1] if len(event) else np.empty(0, np.bool_)
    np.maximum.at(out, event[1:][inside], step_ms[inside] / 1000.0)
    return np.where(out < 0, np.nan, out)


def heard(tracks: Tracks, who: Subjects, silence: Silence) -> Heard:
    """Look around each silence."""
    return Heard(*_own_and_same_mmsi(tracks, who, silence))


def _own_and_same_mmsi(tracks: Tracks, who: Subjects, silence: Silence) -> tuple[Groups, Groups]:
    """Own fixes in ``(start - back, start]``; first fix of other tracks of the MMSI inside ``(start, until)``."""
    n = len(silence.before)
    watched = np.flatnonzero(who.watched)
    first_ms, last_ms = tracks.time_ms[tracks.seg_start[watched]], tracks.time_ms[tracks.seg_end[watched] - 1]
    mmsi_of, vessel_of = tracks.segments["mmsi"][watched], who.vessel[watched]
    mmsi, vessel = tracks.mmsi[silence.before], who.vessel[tracks.segment[silence.before]]
    low, high = (np.searchsorted(mmsi_of, mmsi, side).tolist() for side in ("left", "right"))
    own: list[tuple[int, int, int]] = []
    same: list[tuple[int, int, int]] = []
    for g, t in enumerate(tracks.time_ms[silence.before].tolist()):
        near = slice(low[g], high[g])
        mine = vessel_of[near] == vessel[g]
        if high[g] - low[g] == 1:
            back = watched[near]
            meanwhile = back[:0]
        else:
            back = watched[near][mine & (first_ms[near] <= t) & (last_ms[near] > t - silence.back_ms)]
            meanwhile = watched[near][~mine & (first_ms[near] < silence.until_ms[g]) & (last_ms[near] > t)]
        own.extend((g, _after(tracks, s, t - silence.back_ms), _after(tracks, s, t)) for s in back.tolist())
        rows = [_after(tracks, s, t) for s in meanwhile[:TRACKS_MAX].tolist()]
        same.extend((g, r, r + 1) for r in rows if tracks.time_ms[r] < silence.until_ms[g])
    return _grouped(own, n), _grouped(same, n)


def _after(tracks: Tracks, segment: int, time_ms: int) -> int:
    """First row of a segment later than a time, or its end."""
    start, end = int(tracks.seg_start[segment]), int(tracks.seg_end[segment])
    return start + int(np.searchsorted(tracks.time_ms[start:end], time_ms, "right"))


def _grouped(found: list[tuple[int, int, int]], n: int) -> Groups:
    table = np.array(found, np.int64).reshape(-1, 3)
    return ranges(table[:, 1], table[:, 2], table[:, 0], n)
