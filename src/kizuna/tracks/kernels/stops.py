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
def _speed_kn(row, begin, time_ms, sog_kn, step_m):
    """Speed over ground as sent, else from the step before, else (first row) unknown and taken as at rest."""
    sog = float(sog_kn[row])
    if not math.isnan(sog):
        return sog
    if row == begin:
        return 0.0
    elapsed_ms = time_ms[row] - time_ms[row - 1]
    return float(step_m[row]) / elapsed_ms * _KN_MS if elapsed_ms > 0 else 0.0


@kernel
def find(seg_start, seg_end, time_ms, lat_deg, lon_deg, sog_kn, step_m, table, begin_kn, end_kn, radius_m, silence_ms,
         least_ms):  # fmt: skip
    """Segment, first row and row behind the last of each stop; see ``tracks.stops`` for the definition."""
    room = 1024
    found = np.empty((room, 3), np.int64)
    n = 0
    for s in range(len(seg_start)):
        first = -1
        lat = 0.0  # mean place of the stop so far; longitude counted from that of its first fix
        east = 0.0
        per_lat = 0.0
        per_lon = 0.0
        b = seg_end[s]
        for row in range(seg_start[s], b + 1):
            speed = _speed_kn(row, seg_start[s], time_ms, sog_kn, step_m) if row < b else 0.0
            if first >= 0:
                inside = row < b and speed < end_kn and time_ms[row] - time_ms[row - 1] <= silence_ms
                offset = 0.0
                if inside:
                    offset = wrap_lon(lon_deg[row] - lon_deg[first])
                    dy = (lat_deg[row] - lat) * per_lat
                    dx = (offset - east) * per_lon
                    inside = dy * dy + dx * dx <= radius_m * radius_m
                if inside:
                    share = 1.0 / (row - first + 1)
                    lat += (lat_deg[row] - lat) * share
                    east += (offset - east) * share
                else:
                    if time_ms[row - 1] - time_ms[first] >= least_ms:
                        if n == room:
                            found = np.concatenate((found, np.empty((room, 3), np.int64)))
                            room *= 2
                        found[n, 0] = s
                        found[n, 1] = first
                        found[n, 2] = row
                        n += 1
                    first = -1
            if first < 0 and row < b and speed <= begin_kn:
                first = row
                per_lat, per_lon = scale_at(table, lat_deg[row])
                lat = lat_deg[row]
                east = 0.0
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
