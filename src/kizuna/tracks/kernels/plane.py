"""A flat earth around two near points, from a table by latitude.

A table row holds what a plane at that latitude needs: metres per degree of latitude and longitude (WGS 84) and the
cosine. Reading between two rows costs a few multiplications where the trigonometry costs some 60; at a row every
0.1 degree the linear reading errs by less than 4e-7.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from kizuna.base.jit import inlined, kernel
from kizuna.base.kernels import cos_deg, distance_m, metres_per_degree, wrap_lon

ROWS_PER_DEGREE = 10
_NEAR_DEG = 0.5
_POLAR_DEG = 85.0


@kernel
def latitude_table():
    """Rows (metres per degree north, per degree east, cosine, 0) for latitudes -90 to 90 degrees."""
    n = 180 * ROWS_PER_DEGREE + 2
    table = np.zeros((n, 4))
    for k in range(n):
        lat = min(k / ROWS_PER_DEGREE - 90.0, 90.0)
        north, east = metres_per_degree(lat)
        table[k, 0] = north
        table[k, 1] = east
        table[k, 2] = cos_deg(lat)
    return table


shared_table = cache(latitude_table)
"""The table, made once in a process."""


@inlined
def cos_at(table, lat_deg):
    """Cosine of a latitude, read from the table."""
    x = (lat_deg + 90.0) * ROWS_PER_DEGREE
    k = int(x)
    return table[k, 2] + (x - k) * (table[k + 1, 2] - table[k, 2])


@kernel
def scale_at(table, lat_deg):
    """Metres per degree of latitude and of longitude at a latitude."""
    x = (lat_deg + 90.0) * ROWS_PER_DEGREE
    k = int(x)
    part = x - k
    north = table[k, 0] + part * (table[k + 1, 0] - table[k, 0])
    return north, table[k, 1] + part * (table[k + 1, 1] - table[k, 1])


@kernel
def step_length_m(table, lat1_deg, lon1_deg, lat2_deg, lon2_deg):
    """Distance in metres as ``base.kernels.distance_m``, but from the table for points nearer than half a degree."""
    dlat = lat2_deg - lat1_deg
    dlon = wrap_lon(lon2_deg - lon1_deg)
    middle = 0.5 * (lat1_deg + lat2_deg)
    if abs(dlat) >= _NEAR_DEG or abs(dlon) >= _NEAR_DEG or abs(middle) >= _POLAR_DEG:
        return distance_m(lat1_deg, lon1_deg, lat2_deg, lon2_deg)
    x = (middle + 90.0) * ROWS_PER_DEGREE  # as scale_at, which as a call would cost twice the whole
    k = int(x)
    part = x - k
    north = dlat * (table[k, 0] + part * (table[k + 1, 0] - table[k, 0]))
    east = dlon * (table[k, 1] + part * (table[k + 1, 1] - table[k, 1]))
    return math.sqrt(north * north + east * east)
