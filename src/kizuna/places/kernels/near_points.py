"""Which of many points is near: one within a limit, or the nearest of all, through the hash grid of discs."""

from __future__ import annotations

from kizuna.base.jit import kernel
from kizuna.base.kernels import distance_m, wrap_lon
from kizuna.places.kernels.anchorages import slot_of

FLAT_TO_DEG = 80.0
"""Up to this latitude the flat distance of points some kilometres apart is right to half a per cent."""
SURE_IN = 0.98 * 0.98
_SURE_OUT = 1.02 * 1.02


@kernel
def point_within(y, x, p, limit_m, lat, lon, per_lat, per_lon):
    """Whether point ``p`` lies within ``limit_m`` metres of a position; the flat distance settles all but the rim."""
    dy = (y - lat[p]) * per_lat[p]
    dx = wrap_lon(x - lon[p]) * per_lon[p]
    square = dy * dy + dx * dx
    if abs(y) < FLAT_TO_DEG:
        if square < SURE_IN * limit_m * limit_m:
            return True
        if square > _SURE_OUT * limit_m * limit_m:
            return False
    return distance_m(y, x, lat[p], lon[p]) <= limit_m


@kernel
def cell_slot(y, x, per_deg, columns, table):
    """Slot of the cell of a position; longitude in [-180, 180)."""
    r = int((y + 90.0) * per_deg)
    c = min(int((x + 180.0) * per_deg), columns - 1)
    return slot_of(r * columns + c, table)


@kernel
def nearest_points(
    lat_deg, lon_deg, limit_m, per_deg, columns, table, point_from, point_to, points, lat, lon, per_lat, per_lon,
    number, metres,
):  # fmt: skip
    """Number of and distance to the nearest point within ``limit_m`` of each position; -1 and NaN where none is.

    The grid must note every point in all cells within ``limit_m`` of it. Of two at one distance the lower number wins.
    """
    for i in range(len(lat_deg)):
        number[i] = -1
        y = float(lat_deg[i])
        x = float(lon_deg[i])
        if not (-90.0 <= y <= 90.0) or not (-540.0 <= x <= 540.0):
            continue
        x = wrap_lon(x)
        at = cell_slot(y, x, per_deg, columns, table)
        if table[at] < 0:
            continue
        best = limit_m
        for k in range(int(point_from[at]), int(point_to[at])):
            p = int(points[k])
            if point_within(y, x, p, best + 1.0, lat, lon, per_lat, per_lon):
                m = distance_m(y, x, lat[p], lon[p])
                if m < best or (m == best and (number[i] < 0 or p < number[i])):
                    best = m
                    number[i] = p
                    metres[i] = m
