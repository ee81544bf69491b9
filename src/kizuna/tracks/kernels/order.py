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
def code_rows(mmsi, time_ms, lat_deg, lon_deg):
    """Code of each row's MMSI (-1 for rows without time or position), the MMSIs by code, and rows per code.

    A slot of the hash table holds MMSI and code in one word, so that a look-up reads one line of the cache.
    """
    n = len(mmsi)
    code = np.empty(n, np.int32)
    found = np.empty(1024, np.int32)
    count = np.zeros(1024, np.int64)
    n_found = 0
    slots = np.full(_FIRST_SLOTS, -1, np.int64)
    mask = _FIRST_SLOTS - 1
    for i in range(n):
        if time_ms[i] == MISSING_TIME_MS or math.isnan(lat_deg[i]) or math.isnan(lon_deg[i]):
            code[i] = -1
            continue
        key = int(mmsi[i]) & _LOW
        s = (key * _HASH >> _SHIFT) & mask
        while slots[s] >= 0 and slots[s] & _LOW != key:
            s = (s + 1) & mask
        if slots[s] < 0:
            if n_found == len(found):
                found = np.concatenate((found, np.empty(n_found, np.int32)))
                count = np.concatenate((count, np.zeros(n_found, np.int64)))
            slots[s] = n_found << 32 | key
            found[n_found] = mmsi[i]
            k = n_found
            n_found += 1
            if 2 * n_found > len(slots):
                slots = _grown(slots)
                mask = len(slots) - 1
        else:
            k = slots[s] >> 32
        code[i] = k
        count[k] += 1
    return code, found[:n_found].copy(), count[:n_found].copy()


@kernel
def scatter(code, cursor, time_in, lat_in, lon_in, sog_in, cog_in, flags_in, order, time_ms, lat_deg, lon_deg, sog_kn,
            cog_deg, flags):  # fmt: skip
    """Write each row to the next free place of its vessel; ``cursor`` holds the first place by code.

    Returns by code whether times fall (2), only repeat (1) or always rise (0).
    """
    disorder = np.zeros(len(cursor), np.int8)
    first = cursor.copy()
    for i in range(len(code)):
        c = code[i]
        if c < 0:
            continue
        p = cursor[c]
        cursor[c] = p + 1
        t = time_in[i]
        order[p] = i
        time_ms[p] = t
        lat_deg[p] = lat_in[i]
        lon_deg[p] = lon_in[i]
        sog_kn[p] = sog_in[i]
        cog_deg[p] = cog_in[i]
        flags[p] = flags_in[i]
        if p > first[c]:
            before = time_ms[p - 1]
            if t < before:
                disorder[c] = 2
            elif t == before and disorder[c] == 0:
                disorder[c] = 1
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
                 flags_in, time_ms, lat_deg, lon_deg, sog_kn, cog_deg, flags):  # fmt: skip
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
            flags[p] = flags_in[i]
