"""Fixes that take no part in tracks, told before matching: junk speeds, reports heard before or without motion."""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.tracks.kernels.columns import COG, LAT, LON, SOG, TIME

DUPLICATE = 1
JUNK_SPEED = 8
TYPE27_NEAR = 16
DROPPED = 64
OWN = DUPLICATE | JUNK_SPEED | TYPE27_NEAR | DROPPED
"""The flags that the segmenter sets; it clears them first."""

_PER_DEGREE = 60_000.0
_HASH = 2654435761


@kernel
def is_junk_speed(sog_kn):
    """Speeds that cut or shifted bits make: 51.2 kn, 63 kn (the "none" of type 27) and 102.3 kn (the "none")."""
    if not sog_kn > 51.15:  # nearly all
        return False
    return sog_kn < 51.25 or 62.95 < sog_kn < 63.05 or 102.25 < sog_kn < 102.35


@kernel
def _nearest(x):
    """The nearest whole number, from halfway the even one: as Global Fishing Watch rounds."""
    n = math.floor(x + 0.5)
    return n - 1 if n - x == 0.5 and n & 1 else n


@kernel
def tenth(x):
    """A speed or course in tenths, -1 where missing."""
    return -1 if math.isnan(x) else _nearest(float(x) * 10.0)


@kernel
def cell(x_deg):
    """A latitude or longitude in thousandths of a minute."""
    return _nearest(x_deg * _PER_DEGREE)


@kernel
def _same_report(f, a, b, order, heading_in):
    """Whether two fixes say the same: place to 0.001 minute, speed and course to a tenth, heading."""
    if cell(f[a, LAT]) != cell(f[b, LAT]) or cell(f[a, LON]) != cell(f[b, LON]):
        return False
    if tenth(f[a, SOG]) != tenth(f[b, SOG]) or tenth(f[a, COG]) != tenth(f[b, COG]):
        return False
    ha = float(heading_in[order[a]])
    hb = float(heading_in[order[b]])
    return ha == hb or (math.isnan(ha) and math.isnan(hb))


@kernel
def _heard_before(f, g, row, order, heading_in, msg_id, track, within_ms):
    """Whether a row less than ``within_ms`` earlier says the same, or is the same message (same id and time)."""
    p = row - 1
    while p >= 0:
        elapsed_ms = g[row, TIME] - g[p, TIME]
        if elapsed_ms == 0 and msg_id[order[row]] == msg_id[order[p]]:
            return True
        if elapsed_ms > 0 and elapsed_ms >= within_ms:
            return False
        if elapsed_ms < within_ms and track[p] >= 0 and _same_report(f, p, row, order, heading_in):
            return True
        p -= 1
    return False


@kernel
def flag_vessel(f, g, order, heading_in, msg_id, rules, seen, flags, track):
    """Flag fixes of one MMSI; ``track`` becomes 0, or -1 for those that take no part.

    ``seen`` is a hash table of rows, zero on entry and on exit, of a power of two of at least twice the rows.
    """
    n = len(track)
    size = 1
    while size < 2 * n:
        size *= 2
    mask = size - 1
    soon_ms = max(rules.duplicate_ms, 1)
    used = False
    for row in range(n):
        track[row] = 0
        if (flags[row] & OWN) != 0:  # else the page stays untouched
            flags[row] &= ~OWN
        sog = f[row, SOG]
        near = row > 0 and g[row, TIME] - g[row - 1, TIME] < soon_ms
        if is_junk_speed(sog):
            flags[row] |= JUNK_SPEED
            track[row] = -1
        elif rules.need_motion and (math.isnan(sog) or (sog > rules.very_slow_kn and math.isnan(f[row, COG]))):
            track[row] = -1
        elif near and _heard_before(f, g, row, order, heading_in, msg_id, track, rules.duplicate_ms):
            flags[row] |= DUPLICATE
            track[row] = -1
        elif sog > rules.moving_kn:
            used = True
            key = (cell(f[row, LAT]) * 31 + cell(f[row, LON])) * 1000 + tenth(f[row, COG])
            slot = (key & 0x3FFFFFFF) * _HASH >> 20 & mask
            while seen[slot] > 0:
                p = seen[slot] - 1
                if _same_report(f, p, row, order, heading_in):
                    if g[row, TIME] - g[p, TIME] <= rules.repeat_ms:
                        flags[row] |= DUPLICATE
                        track[row] = -1
                    break
                slot = (slot + 1) & mask
            if track[row] >= 0:
                seen[slot] = row + 1
    if used:
        seen[:size] = 0
