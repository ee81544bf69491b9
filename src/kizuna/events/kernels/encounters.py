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

from kizuna.base.jit import kernel
from kizuna.base.kernels import distance_m, metres_per_degree, wrap_lon

_LEAST_METRES_PER_DEGREE = 110_574.0
"""Metres of a degree of latitude at the equator, where it is shortest (WGS 84), rounded down."""
_WIDEST_DEG = 45.0
"""Where the distance may span more longitude than this, next to the poles, the row is one cell."""
_PLAIN_DEG = 75.0
"""Up to here metres per degree change by less than 0.6 % over three rows of the greatest distance allowed (5 km)."""
_ODD_A = 1_327_217_885
"""2**31 over the golden ratio, odd."""
_ODD_B = 1_145_324_613
"""Another odd number below 2**31, for the upper half of a key."""
_LOW31 = (1 << 31) - 1
_VESSELS = 1 << 31
_SLOTS = 1 << 31
"""Slots from the first that a word holds: 40,000 years of ten minutes."""
_FIRST_BITS = 12


@kernel
def grid_rows(reach_m):
    """The rows of the grid.

    Returns the height of a row and the reach in latitude, both in degrees, and per row

    - the number of columns and the number of the first cell (int64),
    - the reach in longitude in degrees, valid for a point of the row and others in it and its neighbours, then metres
      per degree of latitude and longitude at its middle, 0 where they change too fast to judge by them, and columns
      per degree (float64).
    """
    reach_lat = 1.001 * reach_m / _LEAST_METRES_PER_DEGREE
    height = 2.0 * reach_lat
    n = math.floor(180.0 / height) + 2
    cells = np.empty((n, 2), np.int64)
    sizes = np.zeros((n, 4), np.float64)
    total = 0
    for r in range(n):
        south = -90.0 + height * (r - 1)
        pole = max(abs(south), abs(south + 3.0 * height))
        cells[r, 0] = 1
        sizes[r, 0] = 360.0
        if pole < 90.0:
            _, per_lon = metres_per_degree(pole)
            wide = 1.05 * reach_m / per_lon  # an arc of 45 degrees is 3 % longer than its chord
            if wide < _WIDEST_DEG:
                sizes[r, 0] = wide
                cells[r, 0] = math.floor(180.0 / wide)
            if pole < _PLAIN_DEG:
                per_lat, per_lon = metres_per_degree(south + 1.5 * height)
                sizes[r, 1] = per_lat
                sizes[r, 2] = per_lon
        sizes[r, 3] = float(cells[r, 0]) / 360.0
        cells[r, 1] = total
        total += int(cells[r, 0])
    return height, reach_lat, cells, sizes


@kernel
def _hash(key, bits):
    """A number of at most ``bits`` bits (up to 31) for a non-negative key: Fibonacci hashing modulo 2**31.

    Nothing overflows, on purpose: signed products are compiled as "never wraps", so a mask over a wrapped product of a
    number known to be positive is optimised away (it was: the first form of this function wrote outside its table).
    """
    low = key & _LOW31
    high = key >> 31
    return ((low * _ODD_A + high * _ODD_B) & _LOW31) >> (31 - bits)


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
    height, reach_lat, cells, sizes = grid_rows(reach_m)
    per_height = 1.0 / height
    surely_in = (0.99 * reach_m) * (0.99 * reach_m)
    surely_out = (1.01 * reach_m) * (1.01 * reach_m)
    n = slot.size
    bits = 10
    head = np.empty(1 << bits, np.int64)
    node = np.empty((1 << bits, 3), np.int64)  # by row within the slot: cell, row before it in its chain, vessel
    place = np.empty((1 << bits, 2), np.float64)
    keys = np.empty(1 << bits, np.int64)  # pairs met in this slot
    pairs = _no_pairs(_FIRST_BITS)
    used = 0
    out = np.empty((1024, 4), np.int64)
    found = 0
    met = 0
    base = int(slot[0]) if n else 0
    start = 0
    while start < n:
        now = int(slot[start]) - base
        end = start
        while end < n and int(slot[end]) - base == now:
            end += 1
        while (1 << bits) < 2 * (end - start):
            bits += 1
        if head.size < (1 << bits):
            head = np.empty(1 << bits, np.int64)
            node = np.empty((1 << bits, 3), np.int64)
            place = np.empty((1 << bits, 2), np.float64)
        for k in range(head.size):
            head[k] = -1
        near = 0
        for i in range(start, end):
            if not allowed[i]:
                continue
            lat = float(lat_deg[i])
            lon = float(lon_deg[i])
            row = int((lat + 90.0) * per_height)
            row_low = int((max(lat - reach_lat, -90.0) + 90.0) * per_height)
            row_high = int((min(lat + reach_lat, 90.0) + 90.0) * per_height)
            span = float(sizes[row, 0])
            per_lat = float(sizes[row, 1])
            per_lon = float(sizes[row, 2])
            v = int(vessel_of[int(segment[i])])
            for r in range(row_low, row_high + 1):
                count = int(cells[r, 0])
                low = 0
                high = 0
                if count > 1:
                    low = math.floor((lon - span + 180.0) * float(sizes[r, 3]))
                    high = math.floor((lon + span + 180.0) * float(sizes[r, 3]))
                    if high - low >= count:
                        low = 0
                        high = count - 1
                for c in range(low, high + 1):
                    column = c
                    if column < 0:
                        column += count
                    elif column >= count:
                        column -= count
                    here = int(cells[r, 1]) + column
                    at = int(head[_hash(here, bits)])
                    while at >= 0:
                        j = at
                        at = int(node[j, 1])
                        dlat = lat - float(place[j, 0])
                        dlon = wrap_lon(lon - float(place[j, 1]))
                        if int(node[j, 0]) != here or abs(dlat) > reach_lat or abs(dlon) > span:
                            continue
                        y = dlat * per_lat
                        x = dlon * per_lon
                        d2 = y * y + x * x
                        if d2 > surely_out:  # a plane tells all but the doubtful 1 %: twice as fast
                            continue
                        if (d2 > surely_in or per_lat == 0.0) and (
                            distance_m(lat, lon, float(place[j, 0]), float(place[j, 1])) > reach_m
                        ):
                            continue
                        u = int(node[j, 2])
                        a = min(u, v)
                        b = max(u, v)
                        if a == b or not_with[a] == not_with[b] or also_not_with[a] == also_not_with[b]:
                            continue
                        if near == keys.size:
                            keys = _longer(keys)
                        keys[near] = a * _VESSELS + b
                        near += 1
            own = _cell(lat, lon, per_height, cells, sizes)
            h = _hash(own, bits)
            k = i - start
            node[k, 0] = own
            node[k, 1] = head[h]
            node[k, 2] = v
            place[k, 0] = lat
            place[k, 1] = lon
            head[h] = k
        met += near
        if used * 10 > pairs.shape[0] * 7 or (used + near) * 10 > pairs.shape[0] * 9:
            pairs, used, out, found = _make_room(pairs, near, now, base, slots_min, out, found)
        # the slot's pairs in one tight loop, so that the misses of several overlap: 40 % faster than one by one
        new, out, found = _go_on(pairs, keys, near, now, base, slots_min, out, found)
        used += new
        start = end
    out, found = _tell_all(pairs, base, slots_min, out, found)
    return _cut(out, found), met


@kernel
def _no_pairs(bits):
    """An empty table: key (-1: free) beside first and last slot in one word, so one cache miss in place of three."""
    pairs = np.empty((1 << bits, 2), np.int64)
    for h in range(pairs.shape[0]):
        pairs[h, 0] = -1
    return pairs


@kernel
def _longer(keys):
    """The same numbers with as much room again."""
    longer = np.empty(2 * keys.size, np.int64)
    for i in range(keys.size):
        longer[i] = keys[i]
    return longer


@kernel
def _cut(out, found):
    """The runs found, without the room behind them."""
    cut = np.empty((found, 4), np.int64)
    for i in range(found):
        for k in range(4):
            cut[i, k] = out[i, k]
    return cut


@kernel
def _cell(lat, lon, per_height, cells, sizes):
    """Number of the cell that a position lies in."""
    row = int((lat + 90.0) * per_height)
    count = int(cells[row, 0])
    column = math.floor((lon + 180.0) * float(sizes[row, 3]))
    return int(cells[row, 1]) + min(max(column, 0), count - 1)


@kernel
def _room(out, found):
    """The list of runs, twice as long if it is full."""
    if found < out.shape[0]:
        return out
    longer = np.empty((2 * found, 4), np.int64)
    for i in range(found):  # loops in place of slices: each array expression costs seconds to compile
        for k in range(4):
            longer[i, k] = out[i, k]
    return longer


@kernel
def _tell(out, found, key, first, last):
    """Write down one run."""
    out[found, 0] = key // _VESSELS
    out[found, 1] = key % _VESSELS
    out[found, 2] = first
    out[found, 3] = last


@kernel
def _go_on(pairs, keys, near, now, base, slots_min, out, found):
    """Lengthen or begin the runs of the pairs met in a slot; returns how many pairs are new in the table."""
    mask = pairs.shape[0] - 1
    bits = _bits_of(pairs)
    new = 0
    for i in range(near):
        k = int(keys[i])
        h = _hash(k, bits)
        while int(pairs[h, 0]) != k and int(pairs[h, 0]) >= 0:
            h = (h + 1) & mask
        first = now
        if int(pairs[h, 0]) < 0:
            pairs[h, 0] = k
            new += 1
        else:
            first = int(pairs[h, 1]) // _SLOTS
            last = int(pairs[h, 1]) % _SLOTS
            if last < now - 1:
                if last - first >= slots_min:
                    out = _room(out, found)
                    _tell(out, found, k, first + base, last + base)
                    found += 1
                first = now
        pairs[h, 1] = first * _SLOTS + now
    return new, out, found


@kernel
def _bits_of(pairs):
    """Bits of an index into the table."""
    bits = 0
    while (1 << bits) < pairs.shape[0]:
        bits += 1
    return bits


@kernel
def _tell_all(pairs, base, slots_min, out, found):
    """Write down all runs that are long enough."""
    for h in range(pairs.shape[0]):
        if int(pairs[h, 0]) >= 0:
            first = int(pairs[h, 1]) // _SLOTS
            last = int(pairs[h, 1]) % _SLOTS
            if last - first >= slots_min:
                out = _room(out, found)
                _tell(out, found, int(pairs[h, 0]), first + base, last + base)
                found += 1
    return out, found


@kernel
def _make_room(pairs, more, now, base, slots_min, out, found):
    """A table with the runs that can still go on and room for ``more``; runs that ended are told or forgotten."""
    live = 0
    for h in range(pairs.shape[0]):
        if int(pairs[h, 0]) >= 0 and int(pairs[h, 1]) % _SLOTS >= now - 1:
            live += 1
    bits = _FIRST_BITS
    while live * 2 > (1 << bits) or (live + more) * 10 > (1 << bits) * 9:
        bits += 1
    fresh = _no_pairs(bits)
    used = 0
    for h in range(pairs.shape[0]):
        k = int(pairs[h, 0])
        if k < 0:
            continue
        first = int(pairs[h, 1]) // _SLOTS
        last = int(pairs[h, 1]) % _SLOTS
        if last < now - 1:
            if last - first >= slots_min:
                out = _room(out, found)
                _tell(out, found, k, first + base, last + base)
                found += 1
            continue
        g = _hash(k, bits)
        while int(fresh[g, 0]) >= 0:
            g = (g + 1) & ((1 << bits) - 1)
        fresh[g, 0] = k
        fresh[g, 1] = pairs[h, 1]
        used += 1
    return fresh, used, out, found


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
