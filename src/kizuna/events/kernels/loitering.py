"""Runs of slow clock hours in one pass over the fixes of each segment."""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel
from kizuna.base.units import HOUR_MS, KN_MPS

_ROOM = 1024


@kernel
def slow_runs(
    time_ms, step_m, at_rest, seg_start, seg_end, seg_watched, speed_max_kn, rest_speed_kn, duration_min_ms, step_max_ms
):  # fmt: skip
    """First and last row (int64, n x 2) and way in metres of each run of slow clock hours that is long enough.

    A step (from the row before) counts to the clock hour of its later end. An hour is slow when it has a step and the
    distance over the time of its steps is below ``speed_max_kn``. A step longer than ``step_max_ms`` is not counted and
    ends the run before it. An hour in which most fixes say ``at_rest`` (anchored, moored, aground) while the speed is
    below ``rest_speed_kn`` belongs to no run. ``at_rest`` may be empty. A run begins at the row before its first hour.
    """
    rows = np.empty((_ROOM, 2), np.int64)
    ways_m = np.empty(_ROOM, np.float64)
    found = 0
    told = at_rest.size > 0
    for s in range(seg_start.size):
        if not seg_watched[s]:
            continue
        start = int(seg_start[s])
        end = int(seg_end[s])
        run_first = -1  # row at which the open run begins; -1: none
        run_last = -1
        run_hour = 0
        run_m = 0.0
        i = start
        while i < end:
            hour = int(time_ms[i]) // HOUR_MS
            hour_end_ms = (hour + 1) * HOUR_MS
            hour_first = i
            joined = i > start and int(time_ms[i]) - int(time_ms[i - 1]) <= step_max_ms
            path_m = 0.0
            spent_ms = 0
            resting = 0
            if joined:
                path_m = float(step_m[i])
                spent_ms = int(time_ms[i]) - int(time_ms[i - 1])
            if told and at_rest[i]:
                resting = 1
            i += 1
            while i < end and int(time_ms[i]) < hour_end_ms:
                path_m += float(step_m[i])
                if told and at_rest[i]:
                    resting += 1
                i += 1
            spent_ms += int(time_ms[i - 1]) - int(time_ms[hour_first])
            speed_kn = math.inf
            if spent_ms > 0:
                speed_kn = path_m * 1000.0 / (spent_ms * KN_MPS)
            slow = speed_kn < speed_max_kn and not (resting * 2 > i - hour_first and speed_kn < rest_speed_kn)
            if run_first >= 0 and not (slow and joined and hour == run_hour + 1):
                if int(time_ms[run_last]) - int(time_ms[run_first]) >= duration_min_ms:
                    rows, ways_m = _room(rows, ways_m, found)
                    rows[found, 0] = run_first
                    rows[found, 1] = run_last
                    ways_m[found] = run_m
                    found += 1
                run_first = -1
            if slow:
                if run_first < 0:
                    run_first = hour_first - 1 if joined else hour_first
                    run_m = 0.0
                run_m += path_m
                run_last = i - 1
                run_hour = hour
        if run_first >= 0 and int(time_ms[run_last]) - int(time_ms[run_first]) >= duration_min_ms:
            rows, ways_m = _room(rows, ways_m, found)
            rows[found, 0] = run_first
            rows[found, 1] = run_last
            ways_m[found] = run_m
            found += 1
    return _sized(rows, ways_m, found, found)


@kernel
def _room(rows, ways_m, found):
    """The lists of runs, twice as long if they are full."""
    if found < ways_m.size:
        return rows, ways_m
    return _sized(rows, ways_m, found, 2 * found)


@kernel
def _sized(rows, ways_m, found, size):
    """The first ``found`` runs in lists of a given size (loops, because slices take seconds to compile)."""
    new_rows = np.empty((size, 2), np.int64)
    new_ways = np.empty(size, np.float64)
    for i in range(found):
        new_rows[i, 0] = rows[i, 0]
        new_rows[i, 1] = rows[i, 1]
        new_ways[i] = ways_m[i]
    return new_rows, new_ways
