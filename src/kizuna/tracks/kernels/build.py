"""Walk through the vessels: flag, match, and lay the fixes of each track side by side."""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import kernel
from kizuna.tracks.kernels.chain import flag_vessel, is_one_chain, set_velocity
from kizuna.tracks.kernels.match import DROPPED, Motion, match_vessel


@kernel
def _regroup(start, end, n_tracks, track, rank, rows):
    """Order in which the rows of a vessel must stand: tracks by first fix, each in time order, noise last.

    Gives the rows in that order in ``rows``, the rank of each track number in ``rank`` (-1: nothing of it is left),
    sets ``track`` to the rank, and returns the first place of each rank (one more entry: where noise begins).
    """
    rank[: n_tracks + 1] = -1
    ranked = 0
    for row in range(start, end):
        t = track[row]
        if t >= 0:
            if rank[t] < 0:
                rank[t] = ranked
                ranked += 1
            track[row] = rank[t]
    place = np.zeros(ranked + 1, np.int64)
    for row in range(start, end):
        if track[row] >= 0:
            place[track[row] + 1] += 1
    for k in range(ranked):
        place[k + 1] += place[k]
    cursor = place.copy()
    for row in range(start, end):
        t = track[row] if track[row] >= 0 else ranked
        rows[cursor[t]] = row
        cursor[t] += 1
    return place


@kernel
def _permute(column, start, end, rows, spare):
    """Bring ``column[start:end]`` into the order of ``rows``."""
    for k in range(end - start):
        spare[k] = column[rows[k]]
    for k in range(end - start):
        column[start + k] = spare[k]


@kernel
def build(starts, ends, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, kind, table, rules, full,
          first, last, before_n, flags, track, opened):  # fmt: skip
    """Segment the vessels ``first`` up to ``last``; rows come back in the order that ``Tracks`` promises.

    ``track`` comes back as the number of the segment, counted on from ``before_n``, -1 for noise. With ``full``
    the fast path is not taken. Returns per segment: first row, row behind the last, vessel, whether ambiguity or
    crowding closed it, and how many fixes it dropped.
    """
    longest = 0
    for v in range(first, last):
        longest = max(longest, ends[v] - starts[v])
    size = 2
    while size < 2 * longest:
        size *= 2
    seen = np.zeros(size, np.int32)
    before = np.empty(0, np.int64)
    metric = np.empty(0, np.float64)
    north = np.empty(0, np.float64)
    east = np.empty(0, np.float64)
    closed = np.zeros(longest + 1, np.bool_)
    drops = np.zeros(longest + 1, np.int32)
    rank = np.empty(longest + 2, np.int64)
    rows = np.empty(longest, np.int64)
    spare = np.empty(longest, np.float64)
    spare_i = np.empty(longest, np.int64)
    room = 1024
    seg_start = np.empty(room, np.int64)
    seg_end = np.empty(room, np.int64)
    seg_vessel = np.empty(room, np.int32)
    seg_closed = np.empty(room, np.bool_)
    seg_drops = np.empty(room, np.int32)
    n = 0
    for v in range(first, last):
        a = starts[v]
        b = ends[v]
        flag_vessel(a, b, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, rules, seen, flags,
                    track)  # fmt: skip
        n_tracks = 0
        one = not full and is_one_chain(
            a, b, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, kind, table, rules, flags, track
        )
        if one:
            n_tracks = 1
            closed[0] = False
            drops[0] = 0
        else:
            if len(before) < b - a:
                before = np.empty(longest, np.int64)
                metric = np.empty(longest, np.float64)
                north = np.empty(longest, np.float64)
                east = np.empty(longest, np.float64)
            set_velocity(sog_kn[a:b], cog_deg[a:b], north, east)
            m = Motion(time_ms[a:b], lat_deg[a:b], lon_deg[a:b], north, east, kind[a:b])
            n_tracks = match_vessel(
                m, table, rules, 0, b - a, flags[a:b], track[a:b], before, metric, opened, closed
            )
            drops[:n_tracks] = 0
            for k in range(b - a):
                if track[a + k] < 0 and (flags[a + k] & DROPPED) != 0:
                    drops[int(metric[k])] += 1
        place = _regroup(a, b, n_tracks, track, rank, rows)
        n_kept = len(place) - 1
        if n_kept > 1 or (n_kept == 1 and place[1] < b - a):
            _permute(time_ms, a, b, rows, spare_i)
            _permute(order, a, b, rows, spare_i)
            _permute(track, a, b, rows, spare_i)
            _permute(flags, a, b, rows, spare_i)
            _permute(kind, a, b, rows, spare_i)
            _permute(lat_deg, a, b, rows, spare)
            _permute(lon_deg, a, b, rows, spare)
            _permute(sog_kn, a, b, rows, spare)
            _permute(cog_deg, a, b, rows, spare)
        for row in range(a, b):
            if track[row] >= 0:
                track[row] += before_n + n
        while n + n_kept > room:
            seg_start = np.concatenate((seg_start, np.empty(room, np.int64)))
            seg_end = np.concatenate((seg_end, np.empty(room, np.int64)))
            seg_vessel = np.concatenate((seg_vessel, np.empty(room, np.int32)))
            seg_closed = np.concatenate((seg_closed, np.empty(room, np.bool_)))
            seg_drops = np.concatenate((seg_drops, np.empty(room, np.int32)))
            room *= 2
        for t in range(n_tracks):
            k = rank[t]
            if k >= 0:
                seg_start[n + k] = a + place[k]
                seg_end[n + k] = a + place[k + 1]
                seg_vessel[n + k] = v
                seg_closed[n + k] = closed[t]
                seg_drops[n + k] = drops[t]
        n += n_kept
    return seg_start[:n].copy(), seg_end[:n].copy(), seg_vessel[:n].copy(), seg_closed[:n].copy(), seg_drops[:n].copy()
