"""Times: when something may be told, and how coarse the times in it are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kizuna.base.units import MISSING_TIME_MS, SECOND_MS
from kizuna.share.transforms.rows import Array, Rows
from kizuna.share.transforms.steps import CoarsenTime, Delay

Ints = npt.NDArray[np.int64]


def floored(time_ms: Array, step_s: int) -> Ints:
    """Beginning of the time bucket of each time; missing stays missing."""
    step = step_s * SECOND_MS
    times = np.asarray(time_ms, np.int64)
    return np.where(times == MISSING_TIME_MS, times, times // step * step)


def tick_ms(time_ms: Array, known_ms: Array, step: Delay) -> Ints:
    """When each row is told: a boundary between time buckets, ``delay_s`` after the end of its own bucket or later.

    All rows observed in one bucket have one tick, unless this node itself heard of some of them later than that; those
    follow at the first boundary after they were known. A row without a time is never told (the last tick there is).
    """
    bucket = step.bucket_s * SECOND_MS
    times = np.asarray(time_ms, np.int64)
    safe = np.where(times == MISSING_TIME_MS, 0, times)
    due = np.maximum((safe // bucket + 1) * bucket + step.delay_s * SECOND_MS, np.asarray(known_ms, np.int64))
    out: Ints = np.where(times == MISSING_TIME_MS, np.iinfo(np.int64).max, -(-due // bucket) * bucket)
    return out


def last_tick_ms(now_ms: int, step: Delay) -> int:
    """The newest boundary that has passed at ``now_ms``: nothing later is told yet."""
    bucket = step.bucket_s * SECOND_MS
    return now_ms // bucket * bucket


def coarsen_time(rows: Rows, step: CoarsenTime) -> Rows:
    """Every time of the rows becomes the beginning of its bucket."""
    return rows.put(**{n: floored(rows[n], step.step_s) for n in ("time_ms", *rows.times) if n in rows.columns})
