"""Facts of each segment, read off its fixes in one pass: lengths, box, silences, median interval."""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel
from kizuna.base.kernels import wrap_lon
from kizuna.tracks.kernels.plane import step_length_m

_SECONDS = 4096
"""Gaps are counted by second up to here; counting costs a third of selecting among all of them."""
_EVER = 1 << 62


@kernel
def _select(values, n, k):
    """The ``k``-th smallest of ``values[:n]`` (quickselect, middle pivot); reorders them."""
    low = 0
    high = n - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i = low
        j = high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return values[k]


@kernel
def _kth_ms(gaps, n, k, seconds, whole, spare):
    """The ``k``-th smallest gap, found in the second that the counts by second say it falls in."""
    second = 0
    below = 0
    while below + seconds[second] <= k:
        below += seconds[second]
        second += 1
    if whole and second < _SECONDS - 1:
        return second * 1000
    least = second * 1000
    most = least + 999 if second < _SECONDS - 1 else _EVER
    m = 0
    for i in range(n):
        if least <= gaps[i] <= most:
            spare[m] = gaps[i]
            m += 1
    return _select(spare, m, k - below)


@kernel
def _median_ms(gaps, n, seconds, whole, spare):
    """Median gap, the mean of the two in the middle for an even number.

    ``seconds`` counts the gaps by second, ``whole`` tells that all are whole seconds.
    """
    upper = _kth_ms(gaps, n, n // 2, seconds, whole, spare)
    if n % 2 == 1:
        return float(upper)
    return 0.5 * (float(_kth_ms(gaps, n, n // 2 - 1, seconds, whole, spare)) + float(upper))


@kernel
def summarise(seg_start, seg_end, time_ms, lat_deg, lon_deg, table, step_m):
    """Fill ``step_m`` and return one row a segment: distance_m, lat min, max, lon min, max, max gap s, median s.

    The box follows the track over 180 degrees: longitudes are unrolled from the first fix. A box as wide as the
    globe is [-180, 180).
    """
    n = len(seg_start)
    facts = np.empty((n, 7))
    longest = 1
    for s in range(n):
        longest = max(longest, seg_end[s] - seg_start[s])
    gaps = np.empty(longest, np.int64)
    spare = np.empty(longest, np.int64)
    seconds = np.zeros(_SECONDS, np.int32)
    step_m[:] = np.nan
    for s in range(n):
        a = seg_start[s]
        b = seg_end[s]
        total = 0.0
        south = lat_deg[a]
        north = lat_deg[a]
        turns = 0.0  # crossings of 180 degrees so far, eastward positive, in degrees
        west = lon_deg[a]
        east = west
        widest = 0
        odd = 0
        for r in range(a + 1, b):
            step = step_length_m(table, lat_deg[r - 1], lon_deg[r - 1], lat_deg[r], lon_deg[r])
            step_m[r] = step
            total += step
            south = min(south, lat_deg[r])
            north = max(north, lat_deg[r])
            jump = lon_deg[r] - lon_deg[r - 1]
            if jump >= 180.0:
                turns -= 360.0
            elif jump < -180.0:
                turns += 360.0
            west = min(west, lon_deg[r] + turns)
            east = max(east, lon_deg[r] + turns)
            gap = time_ms[r] - time_ms[r - 1]
            gaps[r - a - 1] = gap
            second = gap // 1000
            odd |= gap - second * 1000
            seconds[min(second, _SECONDS - 1)] += 1
            widest = max(widest, gap)
        facts[s, 0] = total
        facts[s, 1] = south
        facts[s, 2] = north
        if east - west >= 360.0:
            facts[s, 3] = -180.0
            facts[s, 4] = 180.0
        else:
            facts[s, 3] = wrap_lon(west)
            facts[s, 4] = wrap_lon(east)
        if b - a > 1:
            facts[s, 5] = widest / 1000.0
            facts[s, 6] = _median_ms(gaps, b - a - 1, seconds, odd == 0, spare) / 1000.0
            seconds[: min(widest // 1000, _SECONDS - 1) + 1] = 0
        else:
            facts[s, 5] = math.nan
            facts[s, 6] = math.nan
    return facts
