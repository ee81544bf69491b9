"""Medians of many groups, each found by selection in place of sorting."""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel


@kernel
def _nth(values, n, k):
    """The ``k``-th smallest of ``values[:n]`` (Hoare's selection with the middle as pivot); reorders them."""
    low = 0
    high = n - 1
    while low < high:
        pivot = float(values[(low + high) // 2])
        i = low
        j = high
        while i <= j:
            while float(values[i]) < pivot:
                i += 1
            while float(values[j]) > pivot:
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
    return float(values[k])


@kernel
def group_medians(values, offsets):
    """Median of ``values[offsets[g]:offsets[g + 1]]`` for each g, NaN left out; NaN for a group without values.

    The mean of the two in the middle for an even number.
    """
    n = offsets.size - 1
    out = np.full(n, math.nan)
    most = 0
    for g in range(n):
        most = max(most, int(offsets[g + 1]) - int(offsets[g]))
    held = np.empty(most, np.float64)
    for g in range(n):
        count = 0
        for i in range(int(offsets[g]), int(offsets[g + 1])):
            if not math.isnan(float(values[i])):
                held[count] = float(values[i])
                count += 1
        if count == 0:
            continue
        upper = _nth(held, count, count // 2)
        out[g] = upper
        if count % 2 == 0:
            out[g] = 0.5 * (upper + _nth(held, count, count // 2 - 1))
    return out
