"""What comes before matching: fixes that take no part, velocities, and vessels with one plain track.

``is_one_chain`` is the fast path. It may say "one track" only where the matcher must say the same; the proof stands
in its docstring.
"""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.base.kernels import wrap_lon
from kizuna.tracks.kernels.match import (
    DROPPED,
    DUPLICATE,
    JUNK_SPEED,
    TYPE27_KIND,
    TYPE27_NEAR,
    is_junk_speed,
    velocity,
)
from kizuna.tracks.kernels.plane import cos_at

_PER_DEGREE = 60_000.0
_EDGE = 0.25
"""Cells begin a quarter below a multiple of 0.001 minute, so that no place AIS can send lies on their edge."""
_HOUR_MS = 3_600_000.0


@kernel
def _tenth(x):
    """A speed or course in tenths, -1 where missing."""
    return -1 if math.isnan(x) else math.floor(float(x) * 10.0 + 0.5)


@kernel
def _same_report(a, b, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, order):
    """Whether two fixes say the same: place to 0.001 minute, speed and course to a tenth, heading to a degree."""
    if math.floor(lat_deg[a] * _PER_DEGREE + _EDGE) != math.floor(lat_deg[b] * _PER_DEGREE + _EDGE):
        return False
    if math.floor(lon_deg[a] * _PER_DEGREE + _EDGE) != math.floor(lon_deg[b] * _PER_DEGREE + _EDGE):
        return False
    if _tenth(sog_kn[a]) != _tenth(sog_kn[b]) or _tenth(cog_deg[a]) != _tenth(cog_deg[b]):
        return False
    ha = float(heading_in[order[a]])
    hb = float(heading_in[order[b]])
    return ha == hb or (math.isnan(ha) and math.isnan(hb))


@kernel
def _heard_before(row, start, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, track, within_ms):
    """Whether a row less than ``within_ms`` earlier says the same, or is the same message (same id and time)."""
    p = row - 1
    while p >= start:
        elapsed_ms = time_ms[row] - time_ms[p]
        if elapsed_ms == 0 and msg_id[order[row]] == msg_id[order[p]]:
            return True
        if elapsed_ms > 0 and elapsed_ms >= within_ms:
            return False
        near = elapsed_ms < within_ms and track[p] >= 0
        if near and _same_report(p, row, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, order):
            return True
        p -= 1
    return False


@kernel
def flag_vessel(start, end, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, rules, seen, flags,
                track):  # fmt: skip
    """Flag junk speeds and reports heard before among rows ``start`` to ``end``; ``track`` becomes 0, or -1 for these.

    ``seen`` is a hash table of rows, zero on entry and on exit, of a power of two of at least twice the rows.
    """
    size = 1
    while size < 2 * (end - start):
        size *= 2
    mask = size - 1
    for row in range(start, end):
        track[row] = 0
        flags[row] &= ~(DUPLICATE | JUNK_SPEED | TYPE27_NEAR | DROPPED)
        sog = float(sog_kn[row])
        if is_junk_speed(sog):
            flags[row] |= JUNK_SPEED
            track[row] = -1
            continue
        if rules.need_motion and (math.isnan(sog) or (sog > rules.very_slow_kn and math.isnan(cog_deg[row]))):
            track[row] = -1
            continue
        if _heard_before(row, start, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, msg_id, track,
                         rules.duplicate_ms):  # fmt: skip
            flags[row] |= DUPLICATE
            track[row] = -1
            continue
        if math.isnan(sog) or sog <= rules.moving_kn:
            continue
        key = math.floor(lat_deg[row] * _PER_DEGREE + _EDGE) * 31 + math.floor(lon_deg[row] * _PER_DEGREE + _EDGE)
        slot = ((key * 1000 + _tenth(cog_deg[row])) & 0x3FFFFFFF) * 2654435761 >> 12 & mask
        while seen[slot] > 0:
            p = seen[slot] - 1 + start
            if _same_report(p, row, lat_deg, lon_deg, sog_kn, cog_deg, heading_in, order):
                if time_ms[row] - time_ms[p] <= rules.repeat_ms:
                    flags[row] |= DUPLICATE
                    track[row] = -1
                break
            slot = (slot + 1) & mask
        if track[row] >= 0:
            seen[slot] = row - start + 1
    seen[:size] = 0


@kernel
def set_velocity(sog_kn, cog_deg, north_kn, east_kn):
    """Speed north and east of each row, zero where it is unknown."""
    for row in range(len(sog_kn)):
        north_kn[row], east_kn[row] = velocity(float(sog_kn[row]), float(cog_deg[row]))


@kernel
def is_one_chain(start, end, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, kind, table, rules, flags, track):
    """Whether the matcher must join all fixes that take part to one track, none dropped; False says nothing.

    Proof. By induction one track is open and ends with the fix before. Write H for the padded hours to a fix, D for
    the discrepancy, L for the limit, w for the class weight, f for the lookback factor. The matcher's score of the
    last fix is w exp(-(sharpness D/L)**2) / H, that of the k-th fix before it at most w / (H f k), because hours only
    grow backwards. If the time does not exceed the limit and D/L <= ``near_fraction``, which ``segment`` sets so that
    exp(...) > 1/f, the last fix wins, nothing is dropped, and no other track is there to be ambiguous with. D is the
    least of several terms, so it is enough that one of them is small: ``shape`` times the distance, or the mean
    dead reckoning error. A type 27 fix that matches so within the limit is noise and leaves the track as it was.
    """
    last = -1
    for row in range(start, end):
        if track[row] < 0:
            continue
        if last < 0:
            last = row
            continue
        elapsed_ms = time_ms[row] - time_ms[last]
        if elapsed_ms > rules.max_gap_ms:
            return False
        hours = elapsed_ms / _HOUR_MS
        limit = math.sqrt(hours * hours + rules.pad_h * rules.pad_h) * rules.speed_max_kn * rules.near_fraction
        north = (lat_deg[row] - lat_deg[last]) * 60.0
        east = wrap_lon(lon_deg[row] - lon_deg[last]) * 60.0
        east *= cos_at(table, 0.5 * (lat_deg[row] + lat_deg[last]))
        if rules.shape * math.sqrt(north * north + east * east) > limit:
            hours = hours / (1.0 + math.sqrt(hours / rules.penalty_h))
            na, ea = velocity(float(sog_kn[last]), float(cog_deg[last]))
            nb, eb = velocity(float(sog_kn[row]), float(cog_deg[row]))
            fn = na * hours - north
            fe = ea * hours - east
            bn = nb * hours - north
            be = eb * hours - east
            if 0.5 * (math.sqrt(fn * fn + fe * fe) + math.sqrt(bn * bn + be * be)) > limit:
                return False
        if (kind[row] & TYPE27_KIND) != 0 and elapsed_ms / _HOUR_MS < rules.type27_h:
            flags[row] |= TYPE27_NEAR
            track[row] = -1
            continue
        last = row
    return True
