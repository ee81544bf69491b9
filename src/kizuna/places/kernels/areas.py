"""Which areas hold a point: descent through a nested grid, then a crossing count over the few edges of one cell.

The grid has three levels (1, 1/20 and 1/400 of a degree); a cell is divided only where many edges pass. A cell knows
the areas that cover it whole and, for each area whose border passes through it, the edges nearby and whether the
cell's south-east corner is inside. From the point the kernel walks east to the cell's border and then south to that
corner and counts crossings. Both legs ask the same question of the same numbers (``is_left``), so that a rounding
error at their meeting point turns over both counts or none.
"""

from __future__ import annotations

import math

from kizuna.base.jit import kernel

FAN = 20
"""Children of a divided cell along each side."""
LEVELS = 3
LAST = 2
"""Marks the last entry of a cell's list."""
ROOT_ROWS = 180
ROOT_COLS = 360
_POLE_IN = 89.99999999999999


@kernel
def is_left(ax, ay, bx, by, x, y):
    """Whether (x, y) lies left of the edge a-b, which runs upward (or, if level, east).

    On the edge counts as right, on a level edge as left. Exact wherever the point is beyond the edge's box.
    """
    if ay == by:
        return y >= ay
    if y >= by:
        return bx > ax if x >= min(ax, bx) and x < max(ax, bx) else x < min(ax, bx)
    if y < ay:
        return bx <= ax if x >= min(ax, bx) and x < max(ax, bx) else x < min(ax, bx)
    if x < min(ax, bx):
        return True
    if x >= max(ax, bx):
        return False
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0


@kernel
def _odd(edges, first, last, corner, x, y, east, south):
    """Whether the point lies inside the area, from the edges ``first`` to ``last`` of its cell."""
    inside = corner != 0
    for i in range(first, last):
        ax = edges[i, 0]
        ay = edges[i, 1]
        bx = edges[i, 2]
        by = edges[i, 3]
        if ay <= y < by and is_left(ax, ay, bx, by, x, y) != is_left(ax, ay, bx, by, east, y):
            inside = not inside
        if (ax <= east) != (bx <= east) and is_left(ax, ay, bx, by, east, y) != is_left(ax, ay, bx, by, east, south):
            inside = not inside
    return inside


@kernel
def members(lat_deg, lon_deg, start, cells, blocks, pairs, edges, out_rows, out_zones):
    """Write (row, area) for every area that holds a point, from point ``start`` on, in order of both.

    ``cells`` int32 per cell: where its list begins in ``pairs`` (0: empty), or, where it is divided, minus one minus
    the number of its block of children; ``blocks`` then holds the cell's own list. ``pairs``: area, first edge, last
    edge, bits (1: the cell's corner is inside, LAST); a list is sorted by area; no edges means covered whole. Returns
    the next point to do (the number of points when all is done) and the number of pairs written; it stops early when
    the space left does not hold a point's answer. A missing position is in no area.
    """
    n = len(lat_deg)
    room = len(out_rows)
    found = 0
    for row in range(start, n):
        y = float(lat_deg[row])
        x = float(lon_deg[row])
        if not (-90.0 <= y <= 90.0) or not (-540.0 <= x <= 540.0):
            continue
        if x >= 180.0 or x < -180.0:
            x -= 360.0 * math.floor((x + 180.0) / 360.0)
        y = min(y, _POLE_IN)
        r = min(int(y + 90.0), ROOT_ROWS - 1)
        c = min(int(x + 180.0), ROOT_COLS - 1)
        value = int(cells[r * ROOT_COLS + c])
        first = found
        per_deg = 1
        while value != 0:
            p = value if value > 0 else int(blocks[-1 - value])
            more = p > 0
            while more:
                bits = int(pairs[p, 3])
                e0 = int(pairs[p, 1])
                e1 = int(pairs[p, 2])
                inside = True
                if e0 < e1:
                    east = (c + 1) / per_deg - 180.0
                    south = r / per_deg - 90.0
                    inside = _odd(edges, e0, e1, bits & 1, x, y, east, south)
                if inside:
                    if found == room:
                        return row, first
                    zone = int(pairs[p, 0])
                    at = found
                    while at > first and int(out_zones[at - 1]) > zone:
                        out_zones[at] = out_zones[at - 1]
                        at -= 1
                    out_zones[at] = zone
                    out_rows[found] = row
                    found += 1
                more = bits < LAST
                p += 1
            if value > 0:
                break
            per_deg *= FAN
            r = min(max(int((y + 90.0) * per_deg), r * FAN), r * FAN + FAN - 1)
            c = min(max(int((x + 180.0) * per_deg), c * FAN), c * FAN + FAN - 1)
            value = int(cells[ROOT_ROWS * ROOT_COLS + (-1 - value) * FAN * FAN + (r % FAN) * FAN + c % FAN])
    return n, found
