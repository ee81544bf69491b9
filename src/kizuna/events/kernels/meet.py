"""Carried state of the live watch for encounters: who is near whom, one position on the grid of times after the other.

Positions of recent slots lie in a hash grid by slot and cell. A new one is compared with those around it; each pair
that is near remembers, in the bits of one word, in which of the last slots it was. When it was in enough of them in a
row, it is named once, and again from time to time while that goes on. As in ``kernels.watch`` this says where to look.
"""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.tracks.kernels.plane import cos_at, step_length_m

SLOT, CELL, VESSEL, NEXT = range(4)
KEY, TOP, BITS, TOLD = range(4)
VESSELS = 1 << 31
_HASH = 2654435761
_MOST_BITS = 62
_M_PER_DEGREE = 110_500.0
"""A degree of latitude is nowhere shorter than this."""


@kernel
def _place(slot, cell, mask):
    key = (slot * 31 + cell) & 0x3FFFFFFF
    return (key * _HASH >> 16) & mask


@kernel
def link(grid, n, heads):
    """Thread the first ``n`` rows of the grid onto empty lists (-1)."""
    for k in range(n):
        h = _place(grid[k, SLOT], grid[k, CELL], len(heads) - 1)
        grid[k, NEXT] = heads[h]
        heads[h] = k


@kernel
def pair_place(key, pairs):
    """Place of a pair in its hash table: of its entry, or the free one (-1) where it belongs."""
    mask = len(pairs) - 1
    h = ((key ^ key >> 29) & 0x3FFFFFFF) * _HASH >> 20 & mask
    while pairs[h, KEY] >= 0 and pairs[h, KEY] != key:
        h = (h + 1) & mask
    return h


@kernel
def keep_pairs(pairs, since, fresh):
    """Copy the pairs near in slot ``since`` or later into an empty table (-1) with room; returns how many."""
    n = 0
    for h in range(len(pairs)):
        if pairs[h, KEY] >= 0 and pairs[h, TOP] >= since:
            g = pair_place(pairs[h, KEY], fresh)
            for k in range(4):
                fresh[g, k] = pairs[h, k]
            n += 1
    return n


@kernel
def _near(key, slot, least, again, pairs, used):
    """Remember that a pair was near in a slot. Returns whether to name it, and how many pairs are known."""
    h = pair_place(key, pairs)
    if pairs[h, KEY] < 0:
        if used * 10 >= len(pairs) * 9:  # full; the pair is found when the events are settled
            return False, used
        used += 1
        pairs[h, KEY] = key
        pairs[h, TOP] = slot
        pairs[h, BITS] = 0
        pairs[h, TOLD] = -1
    ahead = slot - pairs[h, TOP]
    if ahead > 0:
        pairs[h, BITS] = (pairs[h, BITS] << ahead) & ((1 << _MOST_BITS) - 1) if ahead < _MOST_BITS else 0
        pairs[h, TOP] = slot
        ahead = 0
    if -ahead >= _MOST_BITS:
        return False, used
    pairs[h, BITS] |= 1 << -ahead
    bits = pairs[h, BITS] >> -ahead  # this slot and those before it
    run = 0
    while bits & 1:
        run += 1
        bits >>= 1
    if run < least:
        return False, used
    told = pairs[h, TOLD]
    if told >= 0 and slot - told < again:
        return False, used
    pairs[h, TOLD] = slot
    return True, used


@kernel
def meet(slot, vessel, lat, lon, allowed, limit_m, least, again, table, grid, places, heads, n, pairs, used, found):
    """Add positions, compare each with those of its slot. Returns positions kept, pairs known, pairs named.

    ``found`` takes the two vessels of each pair named, as many as it has room for.
    """
    height = limit_m / _M_PER_DEGREE
    named = 0
    for i in range(len(slot)):
        if not allowed[i]:
            continue
        v = vessel[i]
        row = math.floor((lat[i] + 90.0) / height)
        for r in range(row - 1, row + 2):
            middle = min(max((r + 0.5) * height - 90.0, -89.9), 89.9)
            width = height / max(cos_at(table, middle), 0.002) * 1.01
            column = math.floor((lon[i] + 180.0) / width)
            for q in range(column - 1, column + 2):
                k = heads[_place(slot[i], r * 16_777_216 + q, len(heads) - 1)]
                while k >= 0:
                    if grid[k, SLOT] == slot[i] and grid[k, CELL] == r * 16_777_216 + q and grid[k, VESSEL] != v:
                        apart = step_length_m(table, lat[i], lon[i], places[k, 0], places[k, 1])
                        if apart <= limit_m:
                            a = min(v, grid[k, VESSEL])
                            b = max(v, grid[k, VESSEL])
                            name, used = _near(a * VESSELS + b, slot[i], least, again, pairs, used)
                            if name and named < len(found):
                                found[named, 0] = a
                                found[named, 1] = b
                                named += 1
                    k = grid[k, NEXT]
        middle = min(max((row + 0.5) * height - 90.0, -89.9), 89.9)
        width = height / max(cos_at(table, middle), 0.002) * 1.01
        cell = row * 16_777_216 + math.floor((lon[i] + 180.0) / width)
        h = _place(slot[i], cell, len(heads) - 1)
        grid[n, SLOT] = slot[i]
        grid[n, CELL] = cell
        grid[n, VESSEL] = v
        grid[n, NEXT] = heads[h]
        heads[h] = n
        places[n, 0] = lat[i]
        places[n, 1] = lon[i]
        n += 1
    return n, used, named
