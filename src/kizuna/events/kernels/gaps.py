"""Who else was heard while a vessel was silent: one pass over all fixes."""

from __future__ import annotations

import math

from kizuna.base.jit import kernel

COLUMNS = 360
ROWS = 180


@kernel
def cell_of(lat_deg, lon_deg):
    """Number of the 1-degree cell of a position."""
    row = min(max(math.floor(lat_deg) + 90, 0), ROWS - 1)
    return row * COLUMNS + min(max(math.floor(lon_deg) + 180, 0), COLUMNS - 1)


@kernel
def neighbours_heard(
    time_ms, lat_deg, lon_deg, seg_start, seg_end, seg_watched, seg_mmsi,
    gap_mmsi, gap_from_ms, gap_until_ms, first_in_cell, next_gap, rows, count,
):  # fmt: skip
    """First fix of each of the first few other vessels heard in a gap's cell during its first hours.

    ``first_in_cell`` and ``next_gap`` are linked lists of gaps per cell (-1 ends one) and are consumed: a gap that has
    all the neighbours it asks for (``rows.shape[1]``) leaves its list, so that busy cells soon cost nothing. A gap
    listens in ``(gap_from_ms, gap_until_ms]``. ``rows`` and ``count`` are filled. Vessels are told apart by MMSI.
    """
    want = rows.shape[1]
    last_mmsi = gap_mmsi.copy()  # the MMSI last counted for each gap; its own is never counted
    active = gap_mmsi.size
    for s in range(seg_start.size):
        if not seg_watched[s] or active == 0:
            continue
        mmsi = int(seg_mmsi[s])
        for i in range(int(seg_start[s]), int(seg_end[s])):
            cell = cell_of(float(lat_deg[i]), float(lon_deg[i]))
            g = int(first_in_cell[cell])
            before = -1
            t = int(time_ms[i])
            while g >= 0:
                after = int(next_gap[g])
                if (
                    t > int(gap_from_ms[g]) and t <= int(gap_until_ms[g])
                    and mmsi != int(last_mmsi[g]) and mmsi != int(gap_mmsi[g])
                ):  # fmt: skip
                    rows[g, int(count[g])] = i
                    count[g] += 1
                    last_mmsi[g] = mmsi
                if int(count[g]) == want:
                    active -= 1
                    if before < 0:
                        first_in_cell[cell] = after
                    else:
                        next_gap[before] = after
                else:
                    before = g
                g = after
    return active
