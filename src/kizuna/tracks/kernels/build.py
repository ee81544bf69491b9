"""Walk through the vessels: flag, match, and lay the fixes of each track side by side."""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel
from kizuna.tracks.kernels.columns import COG, FLOATS, INTS, KIND, LAT, LON, METRIC, NORTH, SOG, TIME
from kizuna.tracks.kernels.flags import DROPPED, flag_vessel
from kizuna.tracks.kernels.match import match_vessel
from kizuna.tracks.kernels.plain import plain_vessel
from kizuna.tracks.kernels.summary import SECONDS, measure, summarise


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
def _doubled(table):
    """The same table with twice the rows."""
    out = np.zeros((2 * len(table), table.shape[1]), table.dtype)
    out[: len(table)] = table
    return out


@kernel
def _general(a, b, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, kind, table, rules, full,
             seen, f, g, closed, rank, rows, flags, track, opened):  # fmt: skip
    """Flag and match the rows ``a`` to ``b`` of one MMSI: how many tracks were opened, and the places of those left."""
    for row in range(a, b):
        f[row - a, LAT] = lat_deg[row]
        f[row - a, LON] = lon_deg[row]
        f[row - a, SOG] = sog_kn[row]
        f[row - a, COG] = cog_deg[row]
        f[row - a, NORTH] = math.nan
        g[row - a, TIME] = time_ms[row]
        g[row - a, KIND] = kind[row] if len(kind) > 1 else kind[0]
    flag_vessel(f, g, order[a:b], heading_in, msg_id, rules, seen, flags[a:b], track[a:b])
    n_tracks = match_vessel(f, g, table, rules, full, opened, flags[a:b], track[a:b], closed)
    return n_tracks, _regroup(a, b, n_tracks, track, rank, rows)


@kernel
def build(starts, ends, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, kind, table, rules, full,
          first, last, number, flags, track, step_m, opened):  # fmt: skip
    """Segment the vessels ``first`` up to ``last``; rows come back in the order that ``Tracks`` promises.

    ``track`` comes back as the number of the segment, counted on from ``number``, -1 for noise, ``step_m`` filled.
    ``kind`` has one entry where all fixes are alike. With ``full`` no short cut is taken. Returns a row a segment:
    first row, row behind the last, vessel, whether ambiguity or crowding closed it, how many fixes it dropped; and
    the facts that ``summary.summarise`` gives.
    """
    longest = 1
    for v in range(first, last):
        longest = max(longest, ends[v] - starts[v])
    size = 2
    while size < 2 * longest:
        size *= 2
    keys = np.zeros(size, np.int64)
    seen = np.zeros(size, np.int32)
    f = np.empty((longest, FLOATS), np.float64)
    g = np.empty((longest, INTS), np.int64)
    closed = np.zeros(longest + 1, np.bool_)
    rank = np.empty(longest + 2, np.int64)
    rows = np.empty(longest, np.int64)
    spare = np.empty(longest, np.float64)
    spare_i = np.empty(longest, np.int64)
    seconds = np.zeros(SECONDS, np.int32)
    segments = np.zeros((1024, 5), np.int64)
    facts = np.zeros((1024, 7), np.float64)
    n = 0
    for v in range(first, last):
        a = starts[v]
        b = ends[v]
        if n == len(segments):
            segments = _doubled(segments)
            facts = _doubled(facts)
        if not full and plain_vessel(
            a, b, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, kind, table, rules, keys, number + n, flags, track, step_m
        ):
            segments[n, 0] = a
            segments[n, 1] = b
            segments[n, 2] = v
            summarise(a, b, time_ms, lat_deg, lon_deg, step_m, spare_i, seconds, facts[n])
            n += 1
            continue
        n_tracks, place = _general(
            a, b, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, kind, table, rules, full, seen,
            f, g, closed, rank, rows, flags, track, opened,
        )  # fmt: skip
        n_kept = len(place) - 1
        while n + n_kept > len(segments):
            segments = _doubled(segments)
            facts = _doubled(facts)
        for t in range(n_tracks):
            if rank[t] >= 0:
                segments[n + rank[t], 3] = closed[t]
        for row in range(a, b):
            if track[row] < 0 and (flags[row] & DROPPED) != 0:
                segments[n + rank[int(f[row - a, METRIC])], 4] += 1
        if n_kept > 1 or place[n_kept] < b - a:
            _permute(time_ms, a, b, rows, spare_i)
            _permute(order, a, b, rows, spare_i)
            _permute(track, a, b, rows, spare_i)
            _permute(flags, a, b, rows, spare_i)
            _permute(lat_deg, a, b, rows, spare)
            _permute(lon_deg, a, b, rows, spare)
            _permute(sog_kn, a, b, rows, spare)
            _permute(cog_deg, a, b, rows, spare)
        for k in range(n_kept):
            low = a + place[k]
            high = a + place[k + 1]
            segments[n, 0] = low
            segments[n, 1] = high
            segments[n, 2] = v
            track[low:high] = number + n
            measure(low, high, lat_deg, lon_deg, table, step_m)
            summarise(low, high, time_ms, lat_deg, lon_deg, step_m, spare_i, seconds, facts[n])
            n += 1
        step_m[a + place[n_kept] : b] = math.nan
    return segments[:n].copy(), facts[:n].copy()
