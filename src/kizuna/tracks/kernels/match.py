"""The multi-track matcher: which open track of an MMSI a fix continues, if any.

The definition stands in words in ``tracks.segment`` and docs/explanation/segmentation.md; the slow plain twin is
tests/tracks/slow_segment.py.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from kizuna.base.jit import kernel
from kizuna.base.kernels import cos_deg, exp, sin_deg, wrap_lon
from kizuna.tracks.kernels.plane import cos_at

DUPLICATE = 1
JUNK_SPEED = 8
TYPE27_NEAR = 16
DROPPED = 64
TYPE27_KIND = 1 << 12
_NM_PER_DEGREE = 60.0
_HOUR_MS = 3_600_000.0


class Rules(NamedTuple):
    """``segment.Params`` as kernels take it; units in the names."""

    max_gap_ms: float
    penalty_h: float
    pad_h: float
    speed_max_kn: float
    sharpness: float
    lookback: int
    lookback_factor: float
    ambiguity: float
    short_fixes: float
    class_weight: float
    shape: float
    very_slow_kn: float
    type27_h: float
    open_max: int
    duplicate_ms: int
    repeat_ms: int
    moving_kn: float
    need_motion: bool
    near_fraction: float


class Opened(NamedTuple):
    """Scratch by open track: last fix, fixes so far, number; then for the fix at hand: metric, weight, fix followed."""

    tail: Any
    count: Any
    ident: Any
    value: Any
    weight: Any
    to: Any


class Motion(NamedTuple):
    """Where the fixes of a table are, when, and how they move: rows in order of vessel and time."""

    time_ms: Any
    lat_deg: Any
    lon_deg: Any
    north_kn: Any
    east_kn: Any
    kind: Any


@kernel
def is_junk_speed(sog_kn):
    """Speeds that cut or shifted bits make: 51.2 kn, 63 kn (the "none" of type 27) and 102.3 kn (the "none")."""
    return 51.15 < sog_kn < 51.25 or 62.95 < sog_kn < 63.05 or 102.25 < sog_kn < 102.35


@kernel
def velocity(sog_kn, cog_deg):
    """Speed north and east in knots; zero where speed or course is missing."""
    if sog_kn > 0.0 and not math.isnan(cog_deg):
        return sog_kn * cos_deg(cog_deg), sog_kn * sin_deg(cog_deg)
    return 0.0, 0.0


@kernel
def discrepancy_nm(m, table, a, b, hours, shape):
    """How far fix ``b`` lies from where fix ``a`` leads to, in nautical miles; ``hours`` are the penalised ones.

    The least of: mean error of dead reckoning forward from ``a`` and backward from ``b``; ``shape`` times the
    distance (it stayed); ``shape`` times the mean distance across the courses, if each point lies ahead within reach.
    """
    north = (m.lat_deg[b] - m.lat_deg[a]) * _NM_PER_DEGREE
    east = wrap_lon(m.lon_deg[b] - m.lon_deg[a]) * _NM_PER_DEGREE
    east *= cos_at(table, 0.5 * (m.lat_deg[a] + m.lat_deg[b]))
    na = m.north_kn[a]
    ea = m.east_kn[a]
    nb = m.north_kn[b]
    eb = m.east_kn[b]
    distance = math.sqrt(north * north + east * east)
    fn = na * hours - north
    fe = ea * hours - east
    bn = nb * hours - north
    be = eb * hours - east
    best = min(0.5 * (math.sqrt(fn * fn + fe * fe) + math.sqrt(bn * bn + be * be)), shape * distance)
    sa = math.sqrt(na * na + ea * ea)
    sb = math.sqrt(nb * nb + eb * eb)
    if sa > 0.0 and sb > 0.0:
        along_a = (na * north + ea * east) / sa
        along_b = (nb * north + eb * east) / sb
        if 0.0 < along_a <= sa * hours and 0.0 < along_b <= sb * hours:
            across = 0.5 * (abs(na * east - ea * north) / sa + abs(nb * east - eb * north) / sb)
            best = min(best, shape * across)
    return best


@kernel
def match(m, table, rules, tail, row, before, metric):
    """How well fix ``row`` continues the track that ends with fix ``tail``: (metric, row it follows, or -1).

    ``before`` links each fix to the one before it in its track (-1: none).
    """
    weight = 1.0
    mine = m.kind[row] & 0xFFF
    k = 0
    p = tail
    while (m.kind[p] & mine) == 0:
        k += 1
        p = before[p]
        if k >= rules.lookback or p < 0:
            weight = rules.class_weight
            break
    best = 0.0
    best_metric = 0.0
    best_row = -1
    existing = 0.0
    p = tail
    for k in range(rules.lookback):
        elapsed_ms = m.time_ms[row] - m.time_ms[p]
        if elapsed_ms > rules.max_gap_ms:
            break
        hours = elapsed_ms / _HOUR_MS
        padded = math.sqrt(hours * hours + rules.pad_h * rules.pad_h)
        share = 1.0 if k == 0 else 1.0 / max(1.0, k * rules.lookback_factor)
        floor = max(best, existing)
        if weight / padded * share > floor:  # the metric is at most 1 / padded: most looks back end here
            distance = discrepancy_nm(m, table, p, row, hours / (1.0 + math.sqrt(hours / rules.penalty_h)), rules.shape)
            limit = padded * rules.speed_max_kn
            if distance <= limit:
                alpha = rules.sharpness * distance / limit
                value = weight * exp(-alpha * alpha) / padded
                if value * share > floor:
                    best = value * share
                    best_metric = value
                    best_row = p
        existing = metric[p]
        p = before[p]
        if p < 0:
            break
    return best_metric, best_row


@kernel
def _close_stale(m, rules, row, n_open, tail, count, ident):
    """Remove tracks that have been silent for longer than the limit; returns how many stay."""
    kept = 0
    for j in range(n_open):
        if m.time_ms[row] - m.time_ms[tail[j]] <= rules.max_gap_ms:
            tail[kept] = tail[j]
            count[kept] = count[j]
            ident[kept] = ident[j]
            kept += 1
    return kept


@kernel
def _remove(j, n_open, tail, count, ident):
    """Take track ``j`` out of the list of open ones."""
    for i in range(j, n_open - 1):
        tail[i] = tail[i + 1]
        count[i] = count[i + 1]
        ident[i] = ident[i + 1]
    return n_open - 1


@kernel
def match_vessel(m, table, rules, start, end, flags, track, before, metric, opened, closed):
    """Give every fix of one MMSI (rows ``start`` to ``end``, in time order) its track number; returns how many.

    ``track`` is -1 for noise, on entry for fixes that take no part; ``flags`` gains the reason. ``before`` and
    ``metric`` are scratch by row; of a dropped fix ``metric`` keeps the number of the track that dropped it.
    ``opened`` is scratch by open track. ``closed`` by track number tells whether ambiguity or crowding closed it.
    """
    tail, count, ident, value, weight, to = opened
    n_open = 0
    n_tracks = 0
    for row in range(start, end):
        if track[row] < 0:
            continue
        n_open = _close_stale(m, rules, row, n_open, tail, count, ident)
        best = -1
        for j in range(n_open):
            value[j], to[j] = match(m, table, rules, tail[j], row, before, metric)
            share = count[j] / rules.short_fixes
            weight[j] = value[j] * share / math.sqrt(1.0 + share * share)
            if to[j] >= 0 and (best < 0 or weight[j] > weight[best]):
                best = j
        n_close = 0
        nearest_h = math.inf
        if best >= 0:
            for j in range(n_open):
                if to[j] >= 0 and (j == best or weight[j] * rules.ambiguity >= weight[best]):
                    n_close += 1
                    nearest_h = min(nearest_h, (m.time_ms[row] - m.time_ms[to[j]]) / _HOUR_MS)
            if (m.kind[row] & TYPE27_KIND) != 0 and nearest_h < rules.type27_h:
                flags[row] |= TYPE27_NEAR
                track[row] = -1
                continue
        if n_close == 1:
            p = tail[best]
            while p != to[best]:
                track[p] = -1
                flags[p] |= DROPPED
                metric[p] = ident[best]  # which track dropped it
                p = before[p]
            before[row] = to[best]
            metric[row] = value[best]
            track[row] = ident[best]
            tail[best] = row
            count[best] += 1
            continue
        if n_close > 1:
            limit = weight[best]
            for j in range(n_open - 1, -1, -1):
                if to[j] >= 0 and (j == best or weight[j] * rules.ambiguity >= limit):
                    closed[ident[j]] = True
                    n_open = _remove(j, n_open, tail, count, ident)
        while n_open >= rules.open_max:
            stalest = 0
            for j in range(1, n_open):
                if m.time_ms[tail[j]] < m.time_ms[tail[stalest]]:
                    stalest = j
            closed[ident[stalest]] = True
            n_open = _remove(stalest, n_open, tail, count, ident)
        before[row] = -1
        metric[row] = 0.0
        track[row] = n_tracks
        tail[n_open] = row
        count[n_open] = 1
        ident[n_open] = n_tracks
        closed[n_tracks] = False
        n_open += 1
        n_tracks += 1
    return n_tracks
