"""Which static messages were heard while a segment was heard."""

from __future__ import annotations

import numpy as np

from kizuna.base.jit import kernel


@kernel
def heard_near(static_ms, segment, seg_start, seg_end, time_ms, within_ms):
    """Whether the segment has a fix at most ``within_ms`` from each static message; pairs of equal length."""
    near = np.zeros(len(static_ms), np.bool_)
    for k in range(len(static_ms)):
        t = static_ms[k]
        low = seg_start[segment[k]]
        high = seg_end[segment[k]]
        end = high
        while low < high:  # first fix not before the message
            middle = (low + high) // 2
            if time_ms[middle] < t:
                low = middle + 1
            else:
                high = middle
        after = low < end and time_ms[low] - t <= within_ms
        near[k] = after or (low > seg_start[segment[k]] and t - time_ms[low - 1] <= within_ms)
    return near
