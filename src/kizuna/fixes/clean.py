"""Mending tables of fixes before tracks are built: times for inputs that have none.

What is made here is marked: ``time_source`` becomes ``assumed`` and the flag ``time_suspect`` is set, so that
everything derived from it can be recognised.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.fixes import kernels
from kizuna.fixes.table import FLAG_NO_TIME, FLAG_TIME_SUSPECT, TIME_SOURCES

SMOOTHING: Final = 0.01
"""How far the clock follows one report: small, because reports of a network arrive up to several seconds late and
in no order; a feed of 100 reports a second is still followed within a second."""


def without_time(fixes: Table) -> int:
    """Number of fixes that have no time."""
    return int(np.count_nonzero(fixes["time_ms"] == MISSING_TIME_MS))


def assume_times(fixes: Table, start_ms: int) -> Table:
    """Give times to the fixes that have none, from the start of the recording and the second each report carries.

    The rows must be in the order heard. Exact to the second where reports come at least every 30 s; a longer pause in
    the recording is not noticed and the times after it are too early by whole minutes. Rows with a time are kept.
    """
    lacking = fixes["time_ms"] == MISSING_TIME_MS
    if not lacking.any():
        return fixes
    made_ms = np.empty(int(lacking.sum()), np.int64)
    kernels.unwind_seconds(fixes["second"][lacking], np.int64(start_ms), SMOOTHING, made_ms)
    time_ms = fixes["time_ms"].copy()
    time_ms[lacking] = made_ms
    source = fixes["time_source"].copy()
    source[lacking] = TIME_SOURCES.index("assumed")
    flags = fixes["flags"].copy()
    flags[lacking] = (flags[lacking] & ~FLAG_NO_TIME) | FLAG_TIME_SUSPECT
    return fixes.replace(time_ms=time_ms, time_source=source, flags=flags)
