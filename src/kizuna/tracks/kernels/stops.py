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
    """Row behind the stop that begins with ``first``.

    The distance from the mean is compared in multiples of the number of fixes: that saves a division for every fix.
    """
    per_lat, per_lon = scale_at(table, lat_deg[first])
    north = 0.0  # sums of metres from the first fix
    east = 0.0
    for row in range(first + 1, behind):
        if time_ms[row] - time_ms[row - 1] > silence_ms:
            return row
        speed_kn = float(sog_kn[row])
        if math.isnan(speed_kn):
            speed_kn = _step_kn(row, begin, time_ms, step_m)
        if speed_kn >= end_kn:
            return row
        n = row - first
        y = (lat_deg[row] - lat_deg[first]) * per_lat
        x = wrap_lon(lon_deg[row] - lon_deg[first]) * per_lon
        dy = y * n - north
        dx = x * n - east
        if dy * dy + dx * dx > (radius_m * n) ** 2:
            return row
        north += y
        east += x
    return behind


@kernel
def find(seg_start, seg_end, time_ms, lat_deg, lon_deg, sog_kn, step_m, table, begin_kn, end_kn, radius_m, silence_ms,
         least_ms):  # fmt: skip
    """Segment, first row and row behind the last of each stop; see ``tracks.stops`` for the definition."""
    room = 1024
    found = np.empty((room, 3), np.int64)
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
            behind = _end_of_stop(
                row, seg_end[s], seg_start[s], time_ms, lat_deg, lon_deg, sog_kn, step_m, table, end_kn, radius_m,
                silence_ms,
            )  # fmt: skip
            if time_ms[behind - 1] - time_ms[row] >= least_ms:
                if n == room:
                    found = np.concatenate((found, np.empty((room, 3), np.int64)))
                    room *= 2
                found[n, 0] = s
                found[n, 1] = row
                found[n, 2] = behind
                n += 1
            row = behind
    return found[:n].copy()


@kernel
def places(first, behind, lat_deg, lon_deg, table):
    """Mean latitude and longitude of each stop, and the greatest distance of a fix from there in metres."""
    out = np.empty((len(first), 3))
    for k in range(len(first)):
        a = first[k]
        north = 0.0
        east = 0.0
        for row in range(a, behind[k]):
            north += lat_deg[row] - lat_deg[a]
            east += wrap_lon(lon_deg[row] - lon_deg[a])
        north /= behind[k] - a
        east /= behind[k] - a
        far = 0.0
        per_lat, per_lon = scale_at(table, lat_deg[a])
        for row in range(a, behind[k]):
            dy = (lat_deg[row] - lat_deg[a] - north) * per_lat
            dx = (wrap_lon(lon_deg[row] - lon_deg[a]) - east) * per_lon
            far = max(far, dx * dx + dy * dy)
        out[k, 0] = lat_deg[a] + north
        out[k, 1] = wrap_lon(lon_deg[a] + east)
        out[k, 2] = math.sqrt(far)
    return out
