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
def _end_of_stop(first, behind, begin, time_ms, lat_deg, lon_deg, sog_kn, step_m, table, end_kn, radius_m, silence_ms):
    """Row behind the stop that begins with ``first``, and its mean place in metres north and east of that fix.

    The distance from the mean is compared in multiples of the number of fixes: that saves a division for every fix.
    """
    per_lat, per_lon = scale_at(table, lat_deg[first])
    lat = lat_deg[first]
    lon = lon_deg[first]
    north = 0.0  # sums of metres from the first fix
    east = 0.0
    row = first + 1
    while row < behind:
        speed_kn = float(sog_kn[row])
        if math.isnan(speed_kn):
            speed_kn = _step_kn(row, begin, time_ms, step_m)
        if speed_kn >= end_kn or time_ms[row] - time_ms[row - 1] > silence_ms:
            break
        n = float(row - first)
        y = (lat_deg[row] - lat) * per_lat
        x = wrap_lon(lon_deg[row] - lon) * per_lon
        dy = y * n - north
        dx = x * n - east
        reach = radius_m * n
        if dy * dy + dx * dx > reach * reach:
            break
        north += y
        east += x
        row += 1
    return row, north / (row - first), east / (row - first)


@kernel
def find(seg_start, seg_end, time_ms, lat_deg, lon_deg, sog_kn, step_m, table, begin_kn, end_kn, radius_m, silence_ms,
         least_ms):  # fmt: skip
    """Segment, first row and row behind the last of each stop, then mean latitude, longitude and radius in metres.

    See ``tracks.stops`` for the definition.
    """
    room = 1024
    found = np.empty((room, 3), np.int64)
    place = np.empty((room, 3), np.float64)
    n = 0
    for s in range(len(seg_start)):
        row = seg_start[s]
        while row < seg_end[s]:
            speed_kn = float(sog_kn[row])
            if math.isnan(speed_kn):
                speed_kn = _step_kn(row, seg_start[s], time_ms, step_m)
            if speed_kn > begin_kn:
                row += 1
                continue
            behind, north, east = _end_of_stop(
                row, seg_end[s], seg_start[s], time_ms, lat_deg, lon_deg, sog_kn, step_m, table, end_kn, radius_m,
                silence_ms,
            )  # fmt: skip
            if time_ms[behind - 1] - time_ms[row] >= least_ms:
                if n == room:
                    found = np.concatenate((found, np.empty((room, 3), np.int64)))
                    place = np.concatenate((place, np.empty((room, 3), np.float64)))
                    room *= 2
                found[n, 0] = s
                found[n, 1] = row
                found[n, 2] = behind
                per_lat, per_lon = scale_at(table, lat_deg[row])
                place[n, 0] = lat_deg[row] + north / per_lat
                place[n, 1] = wrap_lon(lon_deg[row] + (east / per_lon if per_lon > 0.0 else 0.0))
                place[n, 2] = _reach_m(row, behind, lat_deg, lon_deg, per_lat, per_lon, north, east)
                n += 1
            row = behind
    return found[:n].copy(), place[:n].copy()


@kernel
def _reach_m(first, behind, lat_deg, lon_deg, per_lat, per_lon, north, east):
    """Greatest distance of the fixes from a place given in metres from the first of them."""
    far = 0.0
    for row in range(first, behind):
        dy = (lat_deg[row] - lat_deg[first]) * per_lat - north
        dx = wrap_lon(lon_deg[row] - lon_deg[first]) * per_lon - east
        far = max(far, dx * dx + dy * dy)
    return math.sqrt(far)
