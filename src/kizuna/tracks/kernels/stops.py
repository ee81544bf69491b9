"""Stops of all segments in one reading of the rows."""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel
from kizuna.base.kernels import wrap_lon
from kizuna.tracks.kernels.plane import scale_at

_KN_MS = 3_600_000.0 / 1852.0
"""Knots from metres and milliseconds."""


@kernel
def _step_kn(row, begin, time_ms, step_m):
    """Speed from the step before; the first row, and one at the same time as its predecessor, count as at rest."""
    elapsed_ms = time_ms[row] - time_ms[row - 1] if row > begin else 0
    return float(step_m[row]) / elapsed_ms * _KN_MS if elapsed_ms > 0 else 0.0


@kernel
def _reach_m(first, behind, lat_deg, lon_deg, per_lat, per_lon, north, east):
    """Greatest distance of the fixes from a place given in metres from the first of them."""
    far = 0.0
    for row in range(first, behind):
        dy = (lat_deg[row] - lat_deg[first]) * per_lat - north
        dx = wrap_lon(lon_deg[row] - lon_deg[first]) * per_lon - east
        far = max(far, dx * dx + dy * dy)
    return math.sqrt(far)


@kernel
def _find_from(s, found, place, n, seg_start, seg_end, time_ms, lat_deg, lon_deg, sog_kn, step_m, table, begin_kn,
               end_kn, radius_m, silence_ms, least_ms):  # fmt: skip
    """Stops of the segments from ``s`` on, written behind the ``n`` that are there; stops where room may run out.

    Returns the segment that is next and the number of stops. The arrays must not be exchanged inside the loops: that
    made it three times slower. The distance from the mean is compared in multiples of the number of fixes, which
    saves a division for every fix. One row more than the segment has is looked at, to end its last stop.
    """
    while s < len(seg_start):
        begin = seg_start[s]
        behind = seg_end[s]
        if n + min(behind - begin, (time_ms[behind - 1] - time_ms[begin]) // max(least_ms, 1) + 1) > len(found):
            break
        first = -1
        count = 0.0
        lat = 0.0
        lon = 0.0
        per_lat = 0.0
        per_lon = 0.0
        north = 0.0  # sums of metres from the first fix of the stop
        east = 0.0
        for row in range(begin, behind + 1):
            speed_kn = math.inf
            if row < behind:
                speed_kn = float(sog_kn[row])
                if math.isnan(speed_kn):
                    speed_kn = _step_kn(row, begin, time_ms, step_m)
            if first >= 0:
                inside = speed_kn < end_kn and time_ms[row] - time_ms[row - 1] <= silence_ms
                if inside:
                    y = (lat_deg[row] - lat) * per_lat
                    x = wrap_lon(lon_deg[row] - lon) * per_lon
                    dy = y * count - north
                    dx = x * count - east
                    reach = radius_m * count
                    inside = dy * dy + dx * dx <= reach * reach
                if inside:
                    north += y
                    east += x
                    count += 1.0
                    continue
                if time_ms[row - 1] - time_ms[first] >= least_ms:
                    north /= count
                    east /= count
                    found[n, 0] = s
                    found[n, 1] = first
                    found[n, 2] = row
                    place[n, 0] = lat + north / per_lat
                    place[n, 1] = wrap_lon(lon + (east / per_lon if per_lon > 0.0 else 0.0))
                    place[n, 2] = _reach_m(first, row, lat_deg, lon_deg, per_lat, per_lon, north, east)
                    n += 1
                first = -1
            if speed_kn <= begin_kn:
                first = row
                count = 1.0
                lat = lat_deg[row]
                lon = lon_deg[row]
                per_lat, per_lon = scale_at(table, lat)
                north = 0.0
                east = 0.0
        s += 1
    return s, n


@kernel
def find(seg_start, seg_end, time_ms, lat_deg, lon_deg, sog_kn, step_m, table, begin_kn, end_kn, radius_m, silence_ms,
         least_ms):  # fmt: skip
    """Segment, first row and row behind the last of each stop; then mean latitude, longitude and radius in metres.

    See ``tracks.stops`` for the definition.
    """
    found = np.empty((4096, 3), np.int64)
    place = np.empty((4096, 3), np.float64)
    s = 0
    n = 0
    while True:
        s, n = _find_from(
            s, found, place, n, seg_start, seg_end, time_ms, lat_deg, lon_deg, sog_kn, step_m, table, begin_kn, end_kn,
            radius_m, silence_ms, least_ms,
        )  # fmt: skip
        if s == len(seg_start):
            return found[:n].copy(), place[:n].copy()
        found = np.concatenate((found, np.empty_like(found)))
        place = np.concatenate((place, np.empty_like(place)))
