"""What was heard around a silence: own fixes before it, other tracks of the MMSI and other vessels nearby during it."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.events.account.evidence import Groups, ranges
from kizuna.events.kernels.gaps import COLUMNS, ROWS, cell_of, neighbours_heard
from kizuna.events.subjects import Subjects, vessel_like
from kizuna.tracks.reception import Presence, Reception, count, presence
from kizuna.tracks.table import Tracks

TRACKS_MAX: Final = 5
"""Other tracks of the MMSI that are counted; one settles the matter, a number shared by hundreds must stay cheap."""


class Silence(NamedTuple):
    """A silence per entry: last row before it, its end (or that of the data), how far to look back and to listen."""

    before: Array
    until_ms: Array
    back_ms: int
    listen_ms: int


class Heard(NamedTuple):
    """Rows of tracks per silence. ``others`` has at most as many as were asked for, one per vessel."""

    own: Groups
    same_mmsi: Groups
    others: Groups


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


def heard(tracks: Tracks, who: Subjects, silence: Silence, neighbours: int) -> Heard:
    """Look around each silence; ``neighbours`` is the number of other vessels after which it stops counting."""
    own, same = _own_and_same_mmsi(tracks, who, silence)
    return Heard(own, same, _others(tracks, who, silence, neighbours))


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


def _others(tracks: Tracks, who: Subjects, silence: Silence, neighbours: int) -> Groups:
    n = len(silence.before)
    if n == 0:
        return Groups(np.empty(0, np.int64), np.zeros(1, np.int64))
    lat, lon = tracks.lat_deg[silence.before].tolist(), tracks.lon_deg[silence.before].tolist()
    first, following = _lists([cell_of(a, b) for a, b in zip(lat, lon, strict=True)])
    start_ms = tracks.time_ms[silence.before]
    rows = np.full((n, neighbours), -1, np.int64)
    count = np.zeros(n, np.int64)
    neighbours_heard(
        tracks.time_ms, tracks.lat_deg, tracks.lon_deg, tracks.seg_start, tracks.seg_end, who.watched,
        tracks.segments["mmsi"], tracks.mmsi[silence.before], start_ms,
        np.minimum(start_ms + silence.listen_ms, silence.until_ms), first, following, rows, count,
    )  # fmt: skip
    return Groups(rows[rows >= 0], np.concatenate([[0], np.cumsum(count)]))


def _lists(cells: list[int]) -> tuple[Array, Array]:
    """Linked lists of silences per cell: first of each cell, next of each silence; -1 ends one."""
    first = np.full(ROWS * COLUMNS, -1, np.int64)
    following = np.full(len(cells), -1, np.int64)
    for g, cell in enumerate(cells):
        following[g] = first[cell]
        first[cell] = g
    return first, following
