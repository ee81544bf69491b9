"""Which pairs of vessels stay close to each other, slot by slot: a hash grid per slot and one hash table of pairs.

Grid. The globe is cut into rows of latitude twice as high as the greatest distance, each row into columns at least
twice as wide as that distance is anywhere in the row and its neighbours. What lies near a point is then in one or two
rows and in one or two columns (three where rows differ) of each: 2.25 cells on average against 9 with cells of the
distance itself. Points are put in one after the other and look for those before them, so a pair is met once.

Pairs. The run of each pair (first and last slot) lies in an open-addressing hash table, so memory goes with the number
of pairs that are near each other at a time and not with pairs times slots. A run goes on only if the pair was near in
the slot before; so a slot without one of the vessels ends it. When the table fills, runs that ended are taken out.
"""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import inlined, kernel
from kizuna.base.kernels import distance_m, metres_per_degree, wrap_lon

_LEAST_METRES_PER_DEGREE = 110_574.0
"""Metres of a degree of latitude at the equator, where it is shortest (WGS 84), rounded down."""
_WIDEST_DEG = 45.0
"""Where the distance may span more longitude than this, next to the poles, the row is one cell."""
_ODD = 0x4F1BBCDCBFA53E0B
"""Multiplier of the hash: 2**63 over the golden ratio, odd."""
_LOW63 = 0x7FFFFFFFFFFFFFFF
_VESSELS = 1 << 31
_FIRST_ROOM = 1 << 12


@kernel
def grid_rows(reach_m):
    """Height of a row in degrees, and per row its number of columns, its first cell and its reach in longitude."""
    reach_lat = 1.001 * reach_m / _LEAST_METRES_PER_DEGREE
    height = 2.0 * reach_lat
    n = math.floor(180.0 / height) + 1
    columns = np.empty(n, np.int64)
    first = np.empty(n, np.int64)
    reach = np.empty(n, np.float64)
    cells = 0
    for r in range(n):
        south = -90.0 + height * (r - 1)
        pole = max(abs(south), abs(south + 3.0 * height))
        columns[r] = 1
        reach[r] = 360.0
        if pole < 90.0:
            _, per_lon = metres_per_degree(pole)
            wide = 1.05 * reach_m / per_lon  # an arc of 45 degrees is 3 % longer than its chord
            if wide < _WIDEST_DEG:
                reach[r] = wide
                columns[r] = math.floor(180.0 / wide)
        first[r] = cells
        cells += int(columns[r])
    return height, reach_lat, columns, first, reach


@inlined
def _hash(key, bits):
    """The upper ``bits`` of the low 63 bits of a product.

    Integers wrap in machine code and not in Python; the mask makes both equal, because the low 63 bits of a product
    do not depend on what was lost above them.
    """
    return ((key * _ODD) & _LOW63) >> (63 - bits)


@kernel
def near_runs(
    slot, segment, lat_deg, lon_deg, allowed, vessel_of, not_with, also_not_with, reach_m, slots_min
):  # fmt: skip
    """Runs of at least ``slots_min`` slots from first to last during which two vessels stay within ``reach_m``.

    Args:
        slot: int64 per row, ascending.
        segment: int32 per row, 0 or more.
        lat_deg: float64 per row.
        lon_deg: float64 per row, in [-180, 180).
        allowed: bool per row; rows without it take no part.
        vessel_of: int32 per segment; a vessel has at most one row in a slot.
        not_with: int32 per vessel; vessels that agree in it are one ship and make no pair.
        also_not_with: int32 per vessel; the same.
        reach_m: greatest distance, included.
        slots_min: least difference of last and first slot.

    Returns an int64 array with a row per run (vessel a, vessel b > a, first slot, last slot), in no order, and the
    number of pairs met in all slots.
    """
    height, reach_lat, columns, first_cell, reach = grid_rows(reach_m)
    n = slot.size
    following = np.empty(512, np.int64)  # by row within the slot: the row before it in its chain, and its cell
    cell = np.empty(512, np.int64)
    bits = 10
    head = np.full(1 << bits, -1, np.int64)
    pair_bits = 12
    key = np.full(_FIRST_ROOM, -1, np.int64)
    run_first = np.empty(_FIRST_ROOM, np.int64)
    run_last = np.empty(_FIRST_ROOM, np.int64)
    used = 0
    out = np.empty((1024, 4), np.int64)
    found = 0
    met = 0
    start = 0
    while start < n:
        now = int(slot[start])
        end = start
        while end < n and int(slot[end]) == now:
            end += 1
        while (1 << bits) < 2 * (end - start):
            bits += 1
        if head.size < (1 << bits):
            head = np.full(1 << bits, -1, np.int64)
            following = np.empty(1 << bits, np.int64)
            cell = np.empty(1 << bits, np.int64)
        else:
            head[:] = -1
        for i in range(start, end):
            if not allowed[i]:
                continue
            lat = float(lat_deg[i])
            lon = float(lon_deg[i])
            row = int((lat + 90.0) / height)
            row_low = int((max(lat - reach_lat, -90.0) + 90.0) / height)
            row_high = int((min(lat + reach_lat, 90.0) + 90.0) / height)
            span = float(reach[row])
            v = int(vessel_of[int(segment[i])])
            for r in range(row_low, row_high + 1):
                count = int(columns[r])
                low = 0
                high = 0
                if count > 1:
                    low = math.floor((lon - span + 180.0) / 360.0 * count)
                    high = math.floor((lon + span + 180.0) / 360.0 * count)
                    if high - low >= count:
                        low = 0
                        high = count - 1
                for c in range(low, high + 1):
                    column = c
                    if column < 0:
                        column += count
                    elif column >= count:
                        column -= count
                    here = int(first_cell[r]) + column
                    at = int(head[_hash(here, bits)])
                    while at >= 0:
                        j = start + at
                        u = int(vessel_of[int(segment[j])])
                        a = min(u, v)
                        b = max(u, v)
                        if (
                            int(cell[at]) == here and abs(lat - float(lat_deg[j])) <= reach_lat
                            and abs(wrap_lon(lon - float(lon_deg[j]))) <= span
                            and a != b and not_with[a] != not_with[b] and also_not_with[a] != also_not_with[b]
                            and distance_m(lat, lon, float(lat_deg[j]), float(lon_deg[j])) <= reach_m
                        ):  # fmt: skip
                            met += 1
                            if used * 2 >= key.size:
                                key, run_first, run_last, used, pair_bits, out, found = _make_room(
                                    key, run_first, run_last, now, slots_min, out, found
                                )
                            k = a * _VESSELS + b
                            h = _hash(k, pair_bits)
                            while int(key[h]) != k and int(key[h]) >= 0:
                                h = (h + 1) & (key.size - 1)
                            if int(key[h]) < 0:
                                key[h] = k
                                run_first[h] = now
                                run_last[h] = now
                                used += 1
                            else:
                                if int(run_last[h]) < now - 1:
                                    if int(run_last[h]) - int(run_first[h]) >= slots_min:
                                        out = _room(out, found)
                                        _tell(out, found, k, int(run_first[h]), int(run_last[h]))
                                        found += 1
                                    run_first[h] = now
                                run_last[h] = now
                        at = int(following[at])
            own = _cell(lat, lon, height, columns, first_cell)
            h = _hash(own, bits)
            cell[i - start] = own
            following[i - start] = head[h]
            head[h] = i - start
        start = end
    for h in range(key.size):
        if int(key[h]) >= 0 and int(run_last[h]) - int(run_first[h]) >= slots_min:
            out = _room(out, found)
            _tell(out, found, int(key[h]), int(run_first[h]), int(run_last[h]))
            found += 1
    return out[:found].copy(), met


@kernel
def _cell(lat, lon, height, columns, first_cell):
    """Number of the cell that a position lies in."""
    row = int((lat + 90.0) / height)
    count = int(columns[row])
    column = math.floor((lon + 180.0) / 360.0 * count)
    return int(first_cell[row]) + min(max(column, 0), count - 1)


@kernel
def _room(out, found):
    """The list of runs, twice as long if it is full."""
    if found < out.shape[0]:
        return out
    longer = np.empty((2 * found, 4), np.int64)
    longer[:found] = out
    return longer


@kernel
def _tell(out, found, key, first, last):
    """Write down one run."""
    out[found, 0] = key // _VESSELS
    out[found, 1] = key % _VESSELS
    out[found, 2] = first
    out[found, 3] = last


@kernel
def _make_room(key, run_first, run_last, now, slots_min, out, found):
    """A table with the runs that can still go on; those that ended are told or forgotten."""
    live = 0
    for h in range(key.size):
        if int(key[h]) >= 0 and int(run_last[h]) >= now - 1:
            live += 1
    size = key.size
    bits = 0
    while live * 4 > size:
        size *= 2
    while (1 << bits) < size:
        bits += 1
    key2 = np.full(size, -1, np.int64)
    first2 = np.empty(size, np.int64)
    last2 = np.empty(size, np.int64)
    for h in range(key.size):
        k = int(key[h])
        if k < 0:
            continue
        if int(run_last[h]) < now - 1:
            if int(run_last[h]) - int(run_first[h]) >= slots_min:
                out = _room(out, found)
                _tell(out, found, k, int(run_first[h]), int(run_last[h]))
                found += 1
            continue
        g = _hash(k, bits)
        while int(key2[g]) >= 0:
            g = (g + 1) & (size - 1)
        key2[g] = k
        first2[g] = run_first[h]
        last2[g] = run_last[h]
    return key2, first2, last2, live, bits, out, found


@kernel
def distances_m(lat1_deg, lon1_deg, lat2_deg, lon2_deg):
    """Distance in metres of each pair of points; NaN where one is missing."""
    out = np.empty(lat1_deg.size, np.float64)
    for i in range(lat1_deg.size):
        a = float(lat1_deg[i])
        b = float(lon1_deg[i])
        c = float(lat2_deg[i])
        d = float(lon2_deg[i])
        out[i] = math.nan
        if not (math.isnan(a) or math.isnan(b) or math.isnan(c) or math.isnan(d)):
            out[i] = distance_m(a, b, c, d)
    return out
