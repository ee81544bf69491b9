"""Bring fixes into the order of vessel and time without sorting the whole table.

MMSIs are hashed to codes, rows are counted per code, and the hot columns are scattered to their places: three
sequential readings of the input. Measured on 4.1 million rows this is four times faster than gathering columns
through a sorted index, which misses the cache on every row. Only vessels whose rows are out of order, or share a
time, are sorted afterwards, each alone.
"""

from __future__ import annotations

import math

import numpy as np

from kizuna.base.jit import kernel
from kizuna.base.units import MISSING_TIME_MS

_FIRST_SLOTS = 1 << 12
_HASH = 2146121005  # an odd number below 2**31: the product with 32 bits stays below 2**63
_SHIFT = 24  # the middle of the product depends on all bits of the MMSI
_LOW = 0xFFFFFFFF


@kernel
def _grown(slots):
    """A hash table of twice the size with the same entries."""
    size = 2 * len(slots)
    out = np.full(size, -1, np.int64)
    for k in range(len(slots)):
        if slots[k] >= 0:
            s = ((slots[k] & _LOW) * _HASH >> _SHIFT) & (size - 1)
            while out[s] >= 0:
                s = (s + 1) & (size - 1)
            out[s] = slots[k]
    return out


@kernel
def _code_from(i, mmsi, time_ms, lat_deg, lon_deg, slots, n_found, found, count, code):
    """Code rows from row ``i`` on; stops where the table would become more than a quarter full.

    Returns the row that is next and how many MMSIs are known. A slot holds code and MMSI in one word, so that a
    look-up reads one line of the cache. The arrays must not be exchanged inside the loop: that made it nine times
    slower.
    """
    mask = len(slots) - 1
    room = len(slots) // 4
    while i < len(mmsi):
        key = int(mmsi[i]) & _LOW
        s = (key * _HASH >> _SHIFT) & mask
        word = slots[s]
        while word & _LOW != key and word >= 0:
            s = (s + 1) & mask
            word = slots[s]
        if time_ms[i] == MISSING_TIME_MS or math.isnan(lat_deg[i]) or math.isnan(lon_deg[i]):
            code[i] = -1
        else:
            if word < 0:
                if n_found == room:
                    break
                word = n_found << 32 | key
                slots[s] = word
                found[n_found] = mmsi[i]
                n_found += 1
            code[i] = word >> 32
            count[word >> 32] += 1
        i += 1
    return i, n_found


@kernel
def code_rows(mmsi, time_ms, lat_deg, lon_deg, code):
    """Fill ``code`` for each row's MMSI (-1: no time or no position); the MMSIs, and how many rows, by code."""
    slots = np.full(_FIRST_SLOTS, -1, np.int64)
    found = np.empty(_FIRST_SLOTS // 4, np.int32)
    count = np.zeros(_FIRST_SLOTS // 4, np.int64)
    i, n = _code_from(0, mmsi, time_ms, lat_deg, lon_deg, slots, 0, found, count, code)
    while i < len(mmsi):
        slots = _grown(slots)
        found = np.concatenate((found, np.empty(n, np.int32)))
        count = np.concatenate((count, np.zeros(n, np.int64)))
        i, n = _code_from(i, mmsi, time_ms, lat_deg, lon_deg, slots, n, found, count, code)
    return found[:n].copy(), count[:n].copy()


@kernel
def scatter(code, place, time_in, lat_in, lon_in, sog_in, cog_in, order, time_ms, lat_deg, lon_deg, sog_kn, cog_deg):
    """Write each row to the next free place of its vessel.

    ``place`` holds by code the first place and a time before all others; the two stand side by side because each row
    needs both. Returns by code whether times fall (2), only repeat (1) or always rise (0).
    """
    disorder = np.zeros(len(place), np.int8)
    for i in range(len(code)):
        c = code[i]
        if c < 0:
            continue
        p = place[c, 0]
        t = time_in[i]
        order[p] = i
        time_ms[p] = t
        lat_deg[p] = lat_in[i]
        lon_deg[p] = lon_in[i]
        sog_kn[p] = sog_in[i]
        cog_deg[p] = cog_in[i]
        if t <= place[c, 1]:
            disorder[c] = max(disorder[c], 2 if t < place[c, 1] else 1)
        place[c, 0] = p + 1
        place[c, 1] = t
    return disorder


@kernel
def _before(a, b, time_in, byte_offset, msg_id):
    """Whether row ``a`` of the input stands before row ``b``: by time, place in its source, id, arrival."""
    if time_in[a] != time_in[b]:
        return time_in[a] < time_in[b]
    if byte_offset[a] != byte_offset[b]:
        return byte_offset[a] < byte_offset[b]
    if msg_id[a] != msg_id[b]:
        return msg_id[a] < msg_id[b]
    return a < b


@kernel
def _merge_sort(order, start, end, scratch, time_in, byte_offset, msg_id):
    """Sort ``order[start:end]`` with ``_before``: insertion in runs of 16, then merges."""
    n = end - start
    run = 16
    for a in range(0, n, run):
        for i in range(a + 1, min(a + run, n)):
            row = order[start + i]
            k = i
            while k > a and _before(row, order[start + k - 1], time_in, byte_offset, msg_id):
                order[start + k] = order[start + k - 1]
                k -= 1
            order[start + k] = row
    while run < n:
        for a in range(0, n, 2 * run):
            middle = min(a + run, n)
            b = min(a + 2 * run, n)
            if middle >= b or not _before(
                order[start + middle], order[start + middle - 1], time_in, byte_offset, msg_id
            ):
                continue
            scratch[: middle - a] = order[start + a : start + middle]
            i = 0
            j = middle
            k = a
            while i < middle - a:
                if j < b and _before(order[start + j], scratch[i], time_in, byte_offset, msg_id):
                    order[start + k] = order[start + j]
                    j += 1
                else:
                    order[start + k] = scratch[i]
                    i += 1
                k += 1
        run *= 2


@kernel
def sort_vessels(starts, ends, disorder, order, time_in, byte_offset, msg_id, lat_in, lon_in, sog_in, cog_in,
                 time_ms, lat_deg, lon_deg, sog_kn, cog_deg):  # fmt: skip
    """Sort the rows of vessels that need it (``disorder`` > 0) and fetch their columns anew."""
    longest = 0
    for v in range(len(starts)):
        if disorder[v] > 0:
            longest = max(longest, ends[v] - starts[v])
    scratch = np.empty(longest, order.dtype)
    for v in range(len(starts)):
        if disorder[v] == 0:
            continue
        _merge_sort(order, starts[v], ends[v], scratch, time_in, byte_offset, msg_id)
        for p in range(starts[v], ends[v]):
            i = order[p]
            time_ms[p] = time_in[i]
            lat_deg[p] = lat_in[i]
            lon_deg[p] = lon_in[i]
            sog_kn[p] = sog_in[i]
            cog_deg[p] = cog_in[i]
