"""Segments of one MMSI beside each other: overlap, judgement, and which of them may be one ship."""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel
from kizuna.base.kernels import distance_m
from kizuna.base.units import HOUR_MS, NM_M

GOOD = 0
SHORT = 1
OVERLAPPING_SHORT = 2
_REMEMBERED = 100


@kernel
def judge(seg_vessel, start_ms, end_ms, pos_count, short_fixes):
    """Overlap in ms and judgement of each segment; segments stand by vessel, then start.

    A segment of fewer than ``short_fixes`` fixes is short; when a segment with more fixes was under way at any
    moment of it, it is overlapping and short. The matcher holds few tracks open, so the list swept here stays short.
    """
    n = len(seg_vessel)
    overlap_ms = np.zeros(n, np.int64)
    noise = np.zeros(n, np.int32)
    covered = np.empty(n, np.int64)
    active = np.empty(n, np.int64)
    n_active = 0
    for i in range(n):
        if pos_count[i] < short_fixes:
            noise[i] = SHORT
        covered[i] = start_ms[i]
        kept = 0
        for q in range(n_active):
            j = active[q]
            if seg_vessel[j] == seg_vessel[i] and end_ms[j] >= start_ms[i]:
                active[kept] = j
                kept += 1
        n_active = kept
        for q in range(n_active):
            j = active[q]
            until = min(end_ms[i], end_ms[j])
            overlap_ms[j] += max(0, until - max(start_ms[i], covered[j]))
            covered[j] = max(covered[j], until)
            overlap_ms[i] = max(overlap_ms[i], until - start_ms[i])
            if pos_count[i] < short_fixes and pos_count[j] > pos_count[i]:
                noise[i] = OVERLAPPING_SHORT
            if pos_count[j] < short_fixes and pos_count[i] > pos_count[j]:
                noise[j] = OVERLAPPING_SHORT
        covered[i] = start_ms[i] + overlap_ms[i]
        active[n_active] = i
        n_active += 1
    return overlap_ms, noise


@kernel
def number_ships(seg_vessel, start_ms, end_ms, noise, start_lat, start_lon, end_lat, end_lon, pad_h, speed_max_kn):
    """Number of the ship under its MMSI that each segment is held to be: 1, 2, ...; 0 for overlapping short ones.

    In order of start, a segment continues the ship that needs the least speed to come there and had ended before,
    if the limit of the matcher allows it; otherwise it is a further ship. The last hundred ships are remembered.
    """
    n = len(seg_vessel)
    ship = np.zeros(n, np.int32)
    last = np.empty(_REMEMBERED, np.int64)
    number = np.empty(_REMEMBERED, np.int32)
    n_ships = 0
    for i in range(n):
        if i == 0 or seg_vessel[i] != seg_vessel[i - 1]:
            n_ships = 0
        if noise[i] == OVERLAPPING_SHORT:
            continue
        best = -1
        best_kn = speed_max_kn
        for q in range(min(n_ships, _REMEMBERED)):
            j = last[q]
            if end_ms[j] > start_ms[i]:
                continue
            hours = (start_ms[i] - end_ms[j]) / HOUR_MS
            run_nm = distance_m(end_lat[j], end_lon[j], start_lat[i], start_lon[i]) / NM_M
            speed_kn = run_nm / math.sqrt(hours * hours + pad_h * pad_h)
            if speed_kn <= best_kn and (best < 0 or speed_kn < best_kn):
                best = q
                best_kn = speed_kn
        if best < 0:
            best = n_ships % _REMEMBERED
            n_ships += 1
            number[best] = n_ships
        last[best] = i
        ship[i] = number[best]
    return ship
