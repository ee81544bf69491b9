"""The multi-track matcher: which open track of an MMSI a fix continues, if any.

The definition stands in words in ``tracks.segment`` and docs/explanation/segmentation.md; the slow plain twin is
tests/tracks/slow_segment.py.

The fixes of one MMSI come in two small tables, ``f`` (float64) and ``g`` (int64), one row a fix in order of time;
``columns.py`` names their columns. Passing ten arrays instead, alone or as a tuple, made every call some 100 ns
dearer and the whole four times slower.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from kizuna.base.jit import kernel
from kizuna.base.kernels import cos_deg, exp, sin_deg, wrap_lon
from kizuna.tracks.kernels.columns import BEFORE, COG, EAST, KIND, LAT, LON, METRIC, NORTH, SOG, TIME
from kizuna.tracks.kernels.flags import DROPPED, TYPE27_NEAR
from kizuna.tracks.kernels.plane import cos_at

ANY_CLASS = 0xFFF
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


@kernel
def _motion(f, row):
    """Speed north and east in knots, worked out when first asked for; zero where speed or course is missing."""
    if math.isnan(f[row, NORTH]):
        f[row, NORTH] = 0.0
        f[row, EAST] = 0.0
        if f[row, SOG] > 0.0 and not math.isnan(f[row, COG]):
            f[row, NORTH] = f[row, SOG] * cos_deg(f[row, COG])
            f[row, EAST] = f[row, SOG] * sin_deg(f[row, COG])
    return f[row, NORTH], f[row, EAST]


@kernel
def _discrepancy_nm(f, a, b, hours, shape, north, east):
    """How far fix ``b`` lies from where fix ``a`` leads to, in nautical miles; ``hours`` are the penalised ones.

    The least of: mean error of dead reckoning forward from ``a`` and backward from ``b``; ``shape`` times the
    distance (it stayed); ``shape`` times the mean distance across the courses, if each point lies ahead within reach.
    ``north`` and ``east`` lead from ``a`` to ``b``, in nautical miles.
    """
    na, ea = _motion(f, a)
    nb, eb = _motion(f, b)
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
def _way_nm(f, table, a, b):
    """The way from fix ``a`` to fix ``b``, north and east, on the plane at their middle latitude."""
    north = (f[b, LAT] - f[a, LAT]) * _NM_PER_DEGREE
    east = wrap_lon(f[b, LON] - f[a, LON]) * _NM_PER_DEGREE
    return north, east * cos_at(table, 0.5 * (f[a, LAT] + f[b, LAT]))


@kernel
def _metric(f, table, rules, a, b, hours, padded, weight):
    """How well fix ``b`` continues fix ``a``; 0 where it cannot."""
    north, east = _way_nm(f, table, a, b)
    penalised = hours / (1.0 + math.sqrt(hours / rules.penalty_h))
    distance = _discrepancy_nm(f, a, b, penalised, rules.shape, north, east)
    limit = padded * rules.speed_max_kn
    if distance > limit:
        return 0.0
    alpha = rules.sharpness * distance / limit
    return weight * exp(-alpha * alpha) / padded


@kernel
def _padded_h(rules, hours):
    return math.sqrt(hours * hours + rules.pad_h * rules.pad_h)


@kernel
def _class_weight(g, rules, tail, row):
    """1 if one of the last fixes of the track that ends with ``tail`` may be of the fix's class, else the weight."""
    mine = g[row, KIND] & ANY_CLASS
    p = tail
    for _ in range(rules.lookback):
        if (g[p, KIND] & mine) != 0:
            return 1.0
        p = g[p, BEFORE]
        if p < 0:
            break
    return rules.class_weight


@kernel
def _joined_with(f, g, table, rules, row):
    """The metric with which a fix joined its track, worked out now if it had not been needed so far."""
    if math.isnan(f[row, METRIC]):
        p = g[row, BEFORE]
        hours = (g[row, TIME] - g[p, TIME]) / _HOUR_MS
        weight = _class_weight(g, rules, p, row)
        f[row, METRIC] = _metric(f, table, rules, p, row, hours, _padded_h(rules, hours), weight)
    return f[row, METRIC]


@kernel
def _match(f, g, table, rules, tail, row):
    """How well fix ``row`` continues the track that ends with ``tail``: (metric, fix that it follows, or -1)."""
    weight = _class_weight(g, rules, tail, row)
    best = 0.0
    best_metric = 0.0
    best_row = -1
    follower = -1
    p = tail
    for k in range(rules.lookback):
        elapsed_ms = g[row, TIME] - g[p, TIME]
        if elapsed_ms > rules.max_gap_ms:
            break
        hours = elapsed_ms / _HOUR_MS
        padded = _padded_h(rules, hours)
        share = 1.0 if k == 0 else 1.0 / max(1.0, k * rules.lookback_factor)
        # a metric is at most weight / padded: most looks back end here, before the metric of the follower is needed
        if weight / padded * share > best:
            floor = best if k == 0 else max(best, _joined_with(f, g, table, rules, follower))
            if weight / padded * share > floor:
                value = _metric(f, table, rules, p, row, hours, padded, weight)
                if value * share > floor:
                    best = value * share
                    best_metric = value
                    best_row = p
        follower = p
        p = g[p, BEFORE]
        if p < 0:
            break
    return best_metric, best_row


@kernel
def _run_on(f, g, table, rules, row, tail, number, flags, track):
    """Join fixes from ``row`` on to the only open track, which ends with ``tail``, while they plainly continue it.

    Returns the row at which that ends, the new last fix, and how many fixes joined. Metrics are left for when
    they are asked for.

    Why the matcher would do the same stands at ``plain.plain_vessel``; a type 27 fix that matches so within its limit
    is noise and leaves the track as it was.
    """
    joined = 0
    lat = f[tail, LAT]
    lon = f[tail, LON]
    seen_ms = g[tail, TIME]
    reach = rules.speed_max_kn * rules.near_fraction
    reach2 = reach * reach
    pad2 = rules.pad_h * rules.pad_h
    shape2 = rules.shape * rules.shape
    while row < len(track):
        if track[row] < 0:
            row += 1
            continue
        elapsed_ms = g[row, TIME] - seen_ms
        if elapsed_ms > rules.max_gap_ms:
            break
        hours = elapsed_ms / _HOUR_MS
        limit2 = (hours * hours + pad2) * reach2
        north = (f[row, LAT] - lat) * _NM_PER_DEGREE
        east = wrap_lon(f[row, LON] - lon) * _NM_PER_DEGREE * cos_at(table, 0.5 * (lat + f[row, LAT]))
        if shape2 * (north * north + east * east) > limit2:
            penalised = hours / (1.0 + math.sqrt(hours / rules.penalty_h))
            distance = _discrepancy_nm(f, tail, row, penalised, rules.shape, north, east)
            if distance * distance > limit2:
                break
        if (g[row, KIND] & TYPE27_KIND) != 0 and hours < rules.type27_h:
            flags[row] |= TYPE27_NEAR
            track[row] = -1
        else:
            g[row, BEFORE] = tail
            f[row, METRIC] = math.nan
            track[row] = number
            tail = row
            lat = f[row, LAT]
            lon = f[row, LON]
            seen_ms = g[row, TIME]
            joined += 1
        row += 1
    return row, tail, joined


@kernel
def _close_stale(g, rules, row, n_open, o):
    """Remove tracks that have been silent for longer than the limit; returns how many stay."""
    kept = 0
    for j in range(n_open):
        if g[row, TIME] - g[o.tail[j], TIME] <= rules.max_gap_ms:
            o.tail[kept] = o.tail[j]
            o.count[kept] = o.count[j]
            o.ident[kept] = o.ident[j]
            kept += 1
    return kept


@kernel
def _remove(j, n_open, o):
    """Take track ``j`` out of the list of open ones."""
    for i in range(j, n_open - 1):
        o.tail[i] = o.tail[i + 1]
        o.count[i] = o.count[i + 1]
        o.ident[i] = o.ident[i + 1]
    return n_open - 1


@kernel
def _drop(f, g, tail, follows, number, flags, track):
    """Make the fixes from ``tail`` back to, not including, ``follows`` noise."""
    p = tail
    while p != follows:
        track[p] = -1
        flags[p] |= DROPPED
        f[p, METRIC] = number
        p = g[p, BEFORE]


@kernel
def match_vessel(f, g, table, rules, full, o, flags, track, closed):
    """Give every fix of one MMSI its track; returns the number of tracks.

    ``track`` is -1 on entry for fixes that take no part and comes back with numbers from 0 in order of opening, -1
    for noise; ``flags`` gains the reason. ``closed`` by track tells whether ambiguity or crowding closed it. With
    ``full`` every metric is worked out; else fixes that plainly continue the only open track are joined by ``_run_on``.
    """
    n_open = 0
    n_tracks = 0
    row = -1
    while row + 1 < len(track):
        row += 1
        if n_open == 1 and not full:
            row, o.tail[0], joined = _run_on(f, g, table, rules, row, o.tail[0], o.ident[0], flags, track)
            o.count[0] += joined
            if row == len(track):
                break
        if track[row] < 0:
            continue
        n_open = _close_stale(g, rules, row, n_open, o)
        best = -1
        for j in range(n_open):
            o.value[j], o.to[j] = _match(f, g, table, rules, o.tail[j], row)
            share = o.count[j] / rules.short_fixes
            o.weight[j] = o.value[j] * share / math.sqrt(1.0 + share * share)
            if o.to[j] >= 0 and (best < 0 or o.weight[j] > o.weight[best]):
                best = j
        n_close = 0
        nearest_h = math.inf
        if best >= 0:
            for j in range(n_open):
                if o.to[j] >= 0 and (j == best or o.weight[j] * rules.ambiguity >= o.weight[best]):
                    n_close += 1
                    nearest_h = min(nearest_h, (g[row, TIME] - g[o.to[j], TIME]) / _HOUR_MS)
            if (g[row, KIND] & TYPE27_KIND) != 0 and nearest_h < rules.type27_h:
                flags[row] |= TYPE27_NEAR
                track[row] = -1
                continue
        if n_close == 1:
            _drop(f, g, o.tail[best], o.to[best], o.ident[best], flags, track)
            g[row, BEFORE] = o.to[best]
            f[row, METRIC] = o.value[best]
            track[row] = o.ident[best]
            o.tail[best] = row
            o.count[best] += 1
            continue
        if n_close > 1:
            least = o.weight[best]
            for j in range(n_open - 1, -1, -1):
                if o.to[j] >= 0 and (j == best or o.weight[j] * rules.ambiguity >= least):
                    closed[o.ident[j]] = True
                    n_open = _remove(j, n_open, o)
        while n_open >= rules.open_max:
            stalest = 0
            for j in range(1, n_open):
                if g[o.tail[j], TIME] < g[o.tail[stalest], TIME]:
                    stalest = j
            closed[o.ident[stalest]] = True
            n_open = _remove(stalest, n_open, o)
        g[row, BEFORE] = -1
        f[row, METRIC] = 0.0
        track[row] = n_tracks
        o.tail[n_open] = row
        o.count[n_open] = 1
        o.ident[n_open] = n_tracks
        closed[n_tracks] = False
        n_open += 1
        n_tracks += 1
    return n_tracks
