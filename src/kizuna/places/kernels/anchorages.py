"""Discs on the globe: which points lie in one; and how many different vessels stopped near a stop."""

from __future__ import annotations

import math

from kizuna.base.jit import kernel
from kizuna.base.kernels import distance_m, metres_per_degree, wrap_lon

MOST_COUNTED = 64
"""Distinct vessels are counted up to here; every threshold lies below it."""
_NO_PAIR = -1


@kernel
def slot_of(key, table):
    """Slot of a cell's key in an open hash table (-1 is free; the size is a power of two): its own or a free one."""
    last = len(table) - 1
    at = ((key * 2654435761) >> 16) & last  # keys stay below 2**31, so the product below 2**63
    while table[at] != key and table[at] != _NO_PAIR:
        at = (at + 1) & last
    return at


@kernel
def fill_table(keys, table, slots):
    """Put distinct keys into an empty hash table; ``slots`` takes where each went."""
    for i in range(len(keys)):
        at = slot_of(int(keys[i]), table)
        table[at] = int(keys[i])
        slots[i] = at


@kernel
def cover(
    lat_deg, lon_deg, per_deg, columns, table, disc_from, disc_to, whole, disc, disc_lat, disc_lon, radius_m, out
):
    """Whether each point lies in a disc (on its rim counts as in).

    Cells of 1/``per_deg`` degree, ``columns`` around the globe, found by the hash ``table``; per slot the discs that
    touch the cell (``disc`` from ``disc_from`` up to ``disc_to``) and whether one of them covers it whole. The flat
    distance settles all but the points near a rim, for which it is taken on WGS 84.
    """
    for i in range(len(lat_deg)):
        out[i] = False
        y = float(lat_deg[i])
        x = float(lon_deg[i])
        if not (-90.0 <= y <= 90.0) or not (-540.0 <= x <= 540.0):
            continue
        x = wrap_lon(x)
        r = int((y + 90.0) * per_deg)
        c = min(int((x + 180.0) * per_deg), columns - 1)
        at = slot_of(r * columns + c, table)
        if table[at] == _NO_PAIR:
            continue
        if whole[at]:
            out[i] = True
            continue
        for k in range(int(disc_from[at]), int(disc_to[at])):
            d = int(disc[k])
            limit = float(radius_m[d])
            per_lat, per_lon = metres_per_degree(0.5 * (y + disc_lat[d]))
            dy = (y - disc_lat[d]) * per_lat
            dx = wrap_lon(x - disc_lon[d]) * per_lon
            gap = math.sqrt(dx * dx + dy * dy)
            if gap > 1.05 * limit + 1.0 and abs(y) < 85.0:
                continue
            if distance_m(y, x, disc_lat[d], disc_lon[d]) <= limit:
                out[i] = True
                break


@kernel
def company(
    lat_deg, lon_deg, mmsi, start_ms, end_ms, order, keys, cell_from, per_deg, columns, reach_m, within_ms, out
):
    """For each stop the number of different vessels with a stop within ``reach_m`` metres of it, itself included.

    Only stops that begin or end within ``within_ms`` of its own interval count (negative: whenever). ``order`` sorts
    the stops by cell, ``keys`` are the cells that occur, ascending, ``cell_from`` where each begins in ``order``. A
    cell is at least as high as ``reach_m``; columns to look at follow from the latitude. Counts end at MOST_COUNTED.
    """
    seen = [0] * MOST_COUNTED
    for i in range(len(lat_deg)):
        y = lat_deg[i]
        x = lon_deg[i]
        r = int((y + 90.0) * per_deg)
        _, per_lon = metres_per_degree(min(abs(y) + 1.0 / per_deg, 89.0))
        side = int(reach_m / per_lon * per_deg) + 1
        c = min(int((x + 180.0) * per_deg), columns - 1)
        count = 0
        for rr in range(r - 1, r + 2):
            for cc in range(c - side, c + side + 1):
                key = rr * columns + (cc + columns) % columns
                low = 0
                high = len(keys)
                while low < high:
                    mid = (low + high) >> 1
                    if keys[mid] < key:
                        low = mid + 1
                    else:
                        high = mid
                if low == len(keys) or keys[low] != key:
                    continue
                for k in range(int(cell_from[low]), int(cell_from[low + 1])):
                    j = int(order[k])
                    if count == MOST_COUNTED:
                        break
                    if within_ms >= 0 and (start_ms[j] > end_ms[i] + within_ms or end_ms[j] < start_ms[i] - within_ms):
                        continue
                    number = int(mmsi[j])
                    known = False
                    for s in range(count):
                        if seen[s] == number:
                            known = True
                            break
                    if not known and distance_m(y, x, lat_deg[j], lon_deg[j]) <= reach_m:
                        seen[count] = number
                        count += 1
        out[i] = count
