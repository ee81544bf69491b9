"""Facts of a segment, read off its fixes in one pass: length, box, silences, median interval."""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.base.kernels import wrap_lon
from kizuna.tracks.kernels.plane import step_length_m

SECONDS = 4096
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
def _kth_ms(time_ms, a, b, k, seconds, whole, spare):
    """The ``k``-th smallest gap, found in the second that the counts by second say it falls in."""
    second = 0
    below = 0
    while below + seconds[second] <= k:
        below += seconds[second]
        second += 1
    if whole and second < SECONDS - 1:
        return second * 1000
    least = second * 1000
    most = least + 999 if second < SECONDS - 1 else _EVER
    m = 0
    for r in range(a + 1, b):
        gap = time_ms[r] - time_ms[r - 1]
        if least <= gap <= most:
            spare[m] = gap
            m += 1
    return _select(spare, m, k - below)


@kernel
def _median_ms(time_ms, a, b, seconds, whole, spare):
    """Median gap of the rows ``a`` to ``b``, the mean of the two in the middle for an even number.

    ``seconds`` counts the gaps by second, ``whole`` tells that all are whole seconds.
    """
    n = b - a - 1
    upper = _kth_ms(time_ms, a, b, n // 2, seconds, whole, spare)
    if n % 2 == 1:
        return float(upper)
    return 0.5 * (float(_kth_ms(time_ms, a, b, n // 2 - 1, seconds, whole, spare)) + float(upper))


@kernel
def measure(a, b, lat_deg, lon_deg, table, step_m):
    """Step lengths of the rows ``a`` to ``b`` of one segment."""
    step_m[a] = math.nan
    for r in range(a + 1, b):
        step_m[r] = step_length_m(table, lat_deg[r - 1], lon_deg[r - 1], lat_deg[r], lon_deg[r])


@kernel
def summarise(a, b, time_ms, lat_deg, lon_deg, step_m, spare, seconds, facts):
    """Facts of the segment of rows ``a`` to ``b``: distance_m, lat min, max, lon min, max, max gap s, median gap s.

    ``spare`` is scratch of at least as many entries, ``seconds`` of ``SECONDS`` zeros. The box follows
    the track over 180 degrees; one as wide as the globe is [-180, 180).
    """
    total = 0.0
    south = lat_deg[a]
    north = lat_deg[a]
    turns = 0.0  # crossings of 180 degrees so far, eastward positive, in degrees
    west = lon_deg[a]
    east = west
    before = west
    seen_ms = time_ms[a]
    widest = 0
    odd = 0
    for r in range(a + 1, b):
        total += float(step_m[r])
        south = min(south, lat_deg[r])
        north = max(north, lat_deg[r])
        lon = lon_deg[r]
        jump = lon - before
        before = lon
        if jump >= 180.0:
            turns -= 360.0
        elif jump < -180.0:
            turns += 360.0
        west = min(west, lon + turns)
        east = max(east, lon + turns)
        gap = time_ms[r] - seen_ms
        seen_ms = time_ms[r]
        widest = max(widest, gap)
        second = gap // 1000
        odd |= gap - second * 1000
        seconds[min(second, SECONDS - 1)] += 1
    facts[0] = total
    facts[1] = south
    facts[2] = north
    facts[3] = -180.0
    facts[4] = 180.0
    if east - west < 360.0:
        facts[3] = wrap_lon(west)
        facts[4] = wrap_lon(east)
    facts[5] = math.nan
    facts[6] = math.nan
    if b - a > 1:
        facts[5] = widest / 1000.0
        facts[6] = _median_ms(time_ms, a, b, seconds, odd == 0, spare) / 1000.0
        seconds[: min(widest // 1000, SECONDS - 1) + 1] = 0
