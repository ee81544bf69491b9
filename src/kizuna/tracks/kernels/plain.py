"""Vessels with one plain track: flags, matching and step lengths in one reading of their rows.

Nine vessels of ten are such; this halves the time of the whole. ``plain_vessel`` may say yes only where the general
way must come to the same answer; the proof stands in its docstring.
"""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.base.kernels import cos_deg, sin_deg, wrap_lon
from kizuna.tracks.kernels.flags import OWN, cell, is_junk_speed, tenth
from kizuna.tracks.kernels.match import TYPE27_KIND
from kizuna.tracks.kernels.plane import ROWS_PER_DEGREE

_HOURS_PER_MS = 1.0 / 3_600_000.0
_PER_NM = 1.0 / 1852.0
_NEAR_DEG = 0.5
_POLAR_DEG = 85.0
_SPHERE = 1.01
"""The sphere of the matcher makes no distance longer than this times that on the ellipsoid (1.005 at the equator)."""
_HASH = 2654435761


@kernel
def _velocity(sog_kn, cog_deg):
    """Speed north and east; zero where speed or course is missing."""
    if sog_kn > 0.0 and not math.isnan(cog_deg):
        return sog_kn * cos_deg(cog_deg), sog_kn * sin_deg(cog_deg)
    return 0.0, 0.0


@kernel
def plain_vessel(start, end, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, kind, table, rules, keys, number, flags, track,
                 step_m):  # fmt: skip
    """Whether all fixes of an MMSI take part and make one track; then ``track`` and ``step_m`` of its rows are set.

    ``keys`` is a hash table of zeros on entry and exit, of a power of two of at least twice the rows. No says nothing,
    and leaves nothing behind but what the general way overwrites.

    Proof. Each condition under which a fix would take no part is looked for and ends the search with no: junk speed;
    lack of motion where that counts; a fix so soon after another that it may be the same report; the same cells of
    place, course and speed as of an earlier fix of a moving ship; type 27. The others must be matched. By induction
    one track is open and ends with the fix before. Write H for the padded hours to a fix, D for the discrepancy, L for
    the limit, w for the class weight, f for the lookback factor. The matcher's score of the last fix is
    w exp(-(sharpness D/L)**2) / H, that of the k-th fix before it at most w / (H f k), because hours only grow
    backwards. If the time does not exceed the limit and D/L <= ``near_fraction``, which ``segment`` sets so that
    exp(...) > 1/f, the last fix wins and nothing is dropped; with no other track open nothing is ambiguous. D is the
    least of several terms, so it is enough that ``shape`` times the distance or the mean error of dead reckoning is
    small. Both are taken on the ellipsoid here and on the sphere there, hence the hundredth in between.
    """
    size = 1
    while size < 2 * (end - start):
        size *= 2
    mask = size - 1
    used = False
    plain = True
    reach = rules.speed_max_kn * rules.near_fraction / _SPHERE
    reach2 = reach * reach
    pad2 = rules.pad_h * rules.pad_h
    soon_ms = max(rules.duplicate_ms, 1)
    each = len(kind) > 1
    lat = 0.0  # the fix before; values at hand cost less than reading them again
    lon = 0.0
    seen_ms = 0
    now_n = 0.0  # velocity of fix ``known``: that of the fix before is often at hand
    now_e = 0.0
    known = -1
    for row in range(start, end):
        sog = float(sog_kn[row])
        if is_junk_speed(sog) or (rules.need_motion and (math.isnan(sog) or math.isnan(cog_deg[row]))):
            plain = False
            break
        if each and (kind[row] & TYPE27_KIND) != 0:
            plain = False
            break
        if sog > rules.moving_kn:
            used = True
            key = ((cell(lat_deg[row]) * 32_400_000 + cell(lon_deg[row])) * 4096 + tenth(cog_deg[row])) | 1
            slot = ((key ^ key >> 31) & 0x3FFFFFFF) * _HASH >> 20 & mask
            while keys[slot] != 0 and keys[slot] != key:
                slot = (slot + 1) & mask
            if keys[slot] == key:
                plain = False
                break
            keys[slot] = key
        if row > start:
            elapsed_ms = time_ms[row] - seen_ms
            dlat = lat_deg[row] - lat
            dlon = wrap_lon(lon_deg[row] - lon)
            middle = 0.5 * (lat + lat_deg[row])
            if elapsed_ms < soon_ms or elapsed_ms > rules.max_gap_ms:
                plain = False
                break
            if abs(dlat) >= _NEAR_DEG or abs(dlon) >= _NEAR_DEG or abs(middle) >= _POLAR_DEG:
                plain = False
                break
            x = (middle + 90.0) * ROWS_PER_DEGREE  # as plane.step_length_m
            k = int(x)
            part = x - k
            north = dlat * (table[k, 0] + part * (table[k + 1, 0] - table[k, 0]))
            east = dlon * (table[k, 1] + part * (table[k + 1, 1] - table[k, 1]))
            step = math.sqrt(north * north + east * east)
            step_m[row] = step
            hours = elapsed_ms * _HOURS_PER_MS
            limit2 = (hours * hours + pad2) * reach2
            near = rules.shape * step * _PER_NM
            if near * near > limit2:
                if known != row - 1:
                    before_n, before_e = _velocity(float(sog_kn[row - 1]), float(cog_deg[row - 1]))
                else:
                    before_n, before_e = now_n, now_e
                now_n, now_e = _velocity(sog, float(cog_deg[row]))
                known = row
                penalised = hours / (1.0 + math.sqrt(hours / rules.penalty_h))
                fn = before_n * penalised - north * _PER_NM
                fe = before_e * penalised - east * _PER_NM
                bn = now_n * penalised - north * _PER_NM
                be = now_e * penalised - east * _PER_NM
                error = 0.5 * (math.sqrt(fn * fn + fe * fe) + math.sqrt(bn * bn + be * be))
                if error * error > limit2:
                    plain = False
                    break
        lat = lat_deg[row]
        lon = lon_deg[row]
        seen_ms = time_ms[row]
        if (flags[row] & OWN) != 0:
            flags[row] &= ~OWN
        track[row] = number
    step_m[start] = math.nan
    if used:
        keys[:size] = 0
    return plain
