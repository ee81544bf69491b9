"""Follows vessels in and out of ports: one pass over the fixes, a handful of marks per visit."""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import kernel
from kizuna.base.kernels import distance_m, wrap_lon
from kizuna.places.kernels.near_points import FLAT_TO_DEG, SURE_IN, cell_slot, point_within

_ROOM = 4096

KEPT = 0
"""Kinds of marks: a row kept as a witness that nothing else happened meanwhile;"""
BEFORE = 1
"""the last row outside before an entry;"""
ENTRY = 2
"""first row inside, after one outside;"""
FIRST = 3
"""first row inside, none heard outside before;"""
STOP = 4
"""a stop begins;"""
GO = 5
"""a stop ends;"""
HUSH = 6
"""last row before a silence inside;"""
HEARD = 7
"""first row after it;"""
LAST = 8
"""last row inside;"""
EXIT = 9
"""first row outside;"""
ELSEWHERE = 10
"""first row in another port, too far away to be the same visit."""

_WIDE_DEG = 0.2
"""Rows further apart than this in latitude or longitude are both kept, so that what is kept shows no jump."""


@kernel
def port_marks(
    time_ms, lat_deg, lon_deg, sog_kn, seg_start, seg_end, segs, joined,
    per_deg, columns, table, point_from, point_to, points, lat, lon, per_lat, per_lon,
    enter_m, exit_m, begin_kn, end_kn, gap_ms, piece_ms, jump_m,
):  # fmt: skip
    """Marks of all visits, int64 (n, 3): row, number of the visit, kind. See ``events.port_visits``.

    ``segs`` are segments in order of vessel and time; ``joined`` whether one goes on where the one before it ended.
    The grid notes every point (anchorage) in all cells within ``exit_m`` of it. A fix inside is mostly near the same
    anchorage as the one before, which is asked first; a fix outside is mostly in a cell without any. Both are settled
    with numbers at hand: a call with all the arrays of the grid costs some 50 ns, a third of the whole pass.
    """
    hint_lat = 0.0
    hint_lon = 0.0
    hint_per_lat = 0.0
    hint_per_lon = 0.0
    piece_end_ms = 0
    marks = np.empty((_ROOM, 3), np.int64)
    n = 0
    visit = -1
    inside = False
    stopped = False
    prev = -1
    hint = -1
    kept = -1
    for j in range(segs.size):
        s = int(segs[j])
        if not joined[j]:
            if inside:
                marks, n = _mark(marks, n, prev, visit, LAST)
            inside = False
            stopped = False
            prev = -1
        for row in range(int(seg_start[s]), int(seg_end[s])):
            y = float(lat_deg[row])
            x = float(lon_deg[row])
            was_inside = inside
            t = int(time_ms[row])
            limit_m = exit_m if inside else enter_m
            found = -1
            if hint >= 0 and abs(y) < FLAT_TO_DEG:
                north = (y - hint_lat) * hint_per_lat
                east = wrap_lon(x - hint_lon) * hint_per_lon
                if north * north + east * east < SURE_IN * limit_m * limit_m:
                    found = hint
            if found < 0 and table[cell_slot(y, wrap_lon(x), per_deg, columns, table)] >= 0:
                found = _near_any(
                    y, x, limit_m, per_deg, columns, table, point_from, point_to, points, lat, lon, per_lat, per_lon
                )
            if was_inside:
                silence_ms = t - int(time_ms[prev])
                if silence_ms >= gap_ms:
                    marks, n = _mark(marks, n, prev, visit, HUSH)
                    marks, n = _mark(marks, n, row, visit, HEARD)
                wide = abs(y - lat_deg[kept]) > _WIDE_DEG or abs(wrap_lon(x - lon_deg[kept])) > _WIDE_DEG
                jumped = wide and found >= 0 and distance_m(y, x, lat_deg[prev], lon_deg[prev]) > jump_m
                if found < 0 or jumped:
                    marks, n = _mark(marks, n, prev, visit, LAST)
                    if stopped:
                        marks, n = _mark(marks, n, row, visit, GO)
                    marks, n = _mark(marks, n, row, visit, ELSEWHERE if jumped else EXIT)
                    inside = False
                    stopped = False
                    if jumped:
                        found = _near_any(
                            y, x, enter_m,
                            per_deg, columns, table, point_from, point_to, points, lat, lon, per_lat, per_lon,
                        )  # fmt: skip
                elif wide or silence_ms * 4 > gap_ms * 3:
                    marks, n = _mark(marks, n, prev, visit, KEPT)
                    marks, n = _mark(marks, n, row, visit, KEPT)
                    kept = row
                    piece_end_ms = (t // piece_ms + 1) * piece_ms
                elif t >= piece_end_ms:
                    marks, n = _mark(marks, n, row, visit, KEPT)
                    kept = row
                    piece_end_ms = (t // piece_ms + 1) * piece_ms
            if found >= 0 and found != hint:
                hint = found
                hint_lat = float(lat[found])
                hint_lon = float(lon[found])
                hint_per_lat = float(per_lat[found])
                hint_per_lon = float(per_lon[found])
            if found >= 0 and not inside:
                visit += 1
                inside = True
                kept = row
                piece_end_ms = (t // piece_ms + 1) * piece_ms
                if prev >= 0 and not was_inside:
                    marks, n = _mark(marks, n, prev, visit, BEFORE)
                    marks, n = _mark(marks, n, row, visit, ENTRY)
                else:
                    marks, n = _mark(marks, n, row, visit, FIRST)
            if inside:
                speed_kn = float(sog_kn[row])
                if not stopped and speed_kn <= begin_kn:
                    stopped = True
                    marks, n = _mark(marks, n, row, visit, STOP)
                elif stopped and speed_kn >= end_kn:
                    stopped = False
                    marks, n = _mark(marks, n, row, visit, GO)
            prev = row
    if inside:
        marks, n = _mark(marks, n, prev, visit, LAST)
    return _sized(marks, n, n)


@kernel
def _near_any(y, x, limit_m, per_deg, columns, table, point_from, point_to, points, lat, lon, per_lat, per_lon):
    """A point within ``limit_m`` of a position; -1 where there is none."""
    at = cell_slot(y, wrap_lon(x), per_deg, columns, table)
    if table[at] >= 0:
        for k in range(int(point_from[at]), int(point_to[at])):
            p = int(points[k])
            if point_within(y, x, p, limit_m, lat, lon, per_lat, per_lon):
                return p
    return -1


@kernel
def _mark(marks, n, row, visit, kind):
    """One mark more; the list grows as needed."""
    if n == len(marks):
        marks = _sized(marks, n, 2 * n)
    marks[n, 0] = row
    marks[n, 1] = visit
    marks[n, 2] = kind
    return marks, n + 1


@kernel
def _sized(marks, n, size):
    """The first ``n`` marks in a list of a given size (loops, because slices take seconds to compile)."""
    new = np.empty((size, 3), np.int64)
    for i in range(n):
        new[i, 0] = marks[i, 0]
        new[i, 1] = marks[i, 1]
        new[i, 2] = marks[i, 2]
    return new
