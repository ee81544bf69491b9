"""Positions of all segments at the slots of a fixed grid of times."""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.base.kernels import atan2_deg, cos_deg, distance_m, sin_deg, wrap_lon

_KN_MS = 3_600_000.0 / 1852.0
_FLAT_DEG = 80.0
"""Up to here a straight line in latitude and longitude differs by less than 200 m from the great circle over 60 nm."""


@kernel
def between(lat1_deg, lon1_deg, lat2_deg, lon2_deg, share):
    """Point at ``share`` of the way from one point to another less than some hundred km away, also over 180 degrees.

    Latitude and longitude are linear below 80 degrees; nearer to the poles the chord is followed and projected.
    """
    if max(abs(lat1_deg), abs(lat2_deg)) < _FLAT_DEG:
        lat = lat1_deg + (lat2_deg - lat1_deg) * share
        return lat, wrap_lon(lon1_deg + wrap_lon(lon2_deg - lon1_deg) * share)
    c1 = cos_deg(lat1_deg) * (1.0 - share)
    c2 = cos_deg(lat2_deg) * share
    x = c1 * cos_deg(lon1_deg) + c2 * cos_deg(lon2_deg)
    y = c1 * sin_deg(lon1_deg) + c2 * sin_deg(lon2_deg)
    z = (1.0 - share) * sin_deg(lat1_deg) + share * sin_deg(lat2_deg)
    return atan2_deg(z, math.sqrt(x * x + y * y)), wrap_lon(atan2_deg(y, x))


@kernel
def _first_slot(time_ms, step_ms):
    """The first slot at or after a time (floor division is exact for negative times too)."""
    return -((-time_ms) // step_ms)


@kernel
def count(seg_start, seg_end, use, time_ms, step_ms, bridge_ms):
    """How many slots the segments fill, and the least and greatest of them (0, -1 when none)."""
    n = 0
    least = 0
    greatest = -1
    for s in range(len(seg_start)):
        if not use[s]:
            continue
        done = 0
        for row in range(seg_start[s], seg_end[s]):
            t = time_ms[row]
            slot = _first_slot(t, step_ms)
            if row > seg_start[s] and t - time_ms[row - 1] < bridge_ms:
                slot = done
            last = t // step_ms
            if last >= slot:
                if n == 0:
                    least = slot
                    greatest = last
                least = min(least, slot)
                greatest = max(greatest, last)
                n += last - slot + 1
            done = last + 1
    return n, least, greatest


@kernel
def spread(seg_start, seg_end, use, time_ms, step_ms, bridge_ms, least, per_slot):
    """Count the entries of each slot; ``per_slot[k + 1]`` belongs to the ``k``-th slot after the least."""
    for s in range(len(seg_start)):
        if not use[s]:
            continue
        done = 0
        for row in range(seg_start[s], seg_end[s]):
            t = time_ms[row]
            slot = _first_slot(t, step_ms)
            if row > seg_start[s] and t - time_ms[row - 1] < bridge_ms:
                slot = done
            last = t // step_ms
            for k in range(slot, last + 1):
                per_slot[k - least + 1] += 1
            done = last + 1
    for k in range(1, len(per_slot)):
        per_slot[k] += per_slot[k - 1]


@kernel
def _speed_kn(a, b, share, time_ms, lat_deg, lon_deg, sog_kn):
    """Speed as sent, linear between the two fixes; from their distance where one of them sent none."""
    sa = float(sog_kn[a])
    sb = float(sog_kn[b])
    if not (math.isnan(sa) or math.isnan(sb)):
        return sa + (sb - sa) * share
    elapsed_ms = time_ms[b] - time_ms[a]
    if elapsed_ms <= 0:
        return math.nan
    return distance_m(lat_deg[a], lon_deg[a], lat_deg[b], lon_deg[b]) / elapsed_ms * _KN_MS


@kernel
def fill(seg_start, seg_end, use, time_ms, lat_deg, lon_deg, sog_kn, step_ms, bridge_ms, least, dense, cursor,
         slot_out, segment, lat_out, lon_out, speed_out, row_before, row_after):  # fmt: skip
    """Write each entry to the next free place of its slot; segments come in order, so slots are in order of MMSI.

    Unless ``dense``, ``cursor`` has one entry and entries are written one after the other as they come.
    """
    for s in range(len(seg_start)):
        if not use[s]:
            continue
        done = 0
        for row in range(seg_start[s], seg_end[s]):
            t = time_ms[row]
            slot = _first_slot(t, step_ms)
            if row > seg_start[s] and t - time_ms[row - 1] < bridge_ms:
                slot = done
            last = t // step_ms
            for k in range(slot, last + 1):
                at_ms = k * step_ms
                c = k - least if dense else 0
                p = cursor[c]
                cursor[c] = p + 1
                slot_out[p] = k
                segment[p] = s
                row_after[p] = row
                if at_ms == t:
                    row_before[p] = row
                    lat_out[p] = lat_deg[row]
                    lon_out[p] = lon_deg[row]
                    near = row - 1 if row > seg_start[s] else row
                    speed_out[p] = _speed_kn(near, row, 1.0, time_ms, lat_deg, lon_deg, sog_kn)
                    if not math.isnan(float(sog_kn[row])):
                        speed_out[p] = sog_kn[row]
                else:
                    share = (at_ms - time_ms[row - 1]) / (t - time_ms[row - 1])
                    row_before[p] = row - 1
                    lat, lon = between(lat_deg[row - 1], lon_deg[row - 1], lat_deg[row], lon_deg[row], share)
                    lat_out[p] = lat
                    lon_out[p] = lon
                    speed_out[p] = _speed_kn(row - 1, row, share, time_ms, lat_deg, lon_deg, sog_kn)
            done = last + 1
