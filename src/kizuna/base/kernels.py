"""Geodesy in numbers only, the same on every processor.

The platform's sine and cosine differ in the last bits between machines and library versions, so the kernels carry
their own polynomials (Taylor and minimax forms after range reduction; error below 1e-15 relative for sine and
cosine, below 2e-15 rad for the arctangent) and use only + - * / and the square root, which IEEE 754 fixes to the bit.

Distances are on the WGS 84 ellipsoid: a plane with the two radii of curvature at the middle latitude for points
closer than half a degree, Lambert's formula beyond that. Both lie within 0.01 % of the geodesic up to 19,000 km.
"""

from __future__ import annotations

import math
from typing import Final

from kizuna.base.jit import inlined, kernel
from kizuna.base.units import WGS84_A_M, WGS84_F

_PI: Final = 3.141592653589793
_HALF_PI: Final = 1.5707963267948966
_DEG: Final = 0.017453292519943295
_E2: Final = WGS84_F * (2.0 - WGS84_F)
_NEAR_DEG: Final = 0.5
_LN2_HI: Final = 0.6931471803691238
_LN2_LO: Final = 1.9082149292705877e-10


@inlined
def _sin_small(x):
    """Sine for |x| <= pi/4, by its Taylor polynomial to x**15."""
    z = x * x
    p = -7.647163731819816e-13
    p = p * z + 1.6059043836821613e-10
    p = p * z - 2.505210838544172e-08
    p = p * z + 2.7557319223985893e-06
    p = p * z - 1.984126984126984e-04
    p = p * z + 8.333333333333333e-03
    p = p * z - 1.6666666666666666e-01
    return x + x * z * p


@inlined
def _cos_small(x):
    """Cosine for |x| <= pi/4, by its Taylor polynomial to x**16."""
    z = x * x
    p = 4.779477332387385e-14
    p = p * z - 1.1470745597729725e-11
    p = p * z + 2.08767569878681e-09
    p = p * z - 2.755731922398589e-07
    p = p * z + 2.48015873015873e-05
    p = p * z - 1.388888888888889e-03
    p = p * z + 4.1666666666666664e-02
    return 1.0 - 0.5 * z + z * z * p


@kernel
def sin_deg(angle_deg):
    """Sine of an angle in degrees; exact at multiples of 90."""
    quarter = math.floor(angle_deg / 90.0 + 0.5)
    x = (angle_deg - 90.0 * quarter) * _DEG
    k = int(quarter) & 3
    if k == 0:
        return _sin_small(x)
    if k == 1:
        return _cos_small(x)
    if k == 2:
        return -_sin_small(x)
    return -_cos_small(x)


@kernel
def cos_deg(angle_deg):
    """Cosine of an angle in degrees; exact at multiples of 90."""
    return sin_deg(angle_deg + 90.0)


@kernel
def atan2_deg(y, x):
    """Angle of the vector (x, y) in degrees, in (-180, 180]; 0 for the zero vector."""
    ax = abs(x)
    ay = abs(y)
    if ax == 0.0 and ay == 0.0:
        return 0.0
    swap = ay > ax
    t = ax / ay if swap else ay / ax
    base = 0.0
    if t > 0.4142135623730950:
        base = 45.0
        t = (t - 1.0) / (t + 1.0)
    z = t * t
    # arctangent series to t**35; |t| <= 0.4142, so the first term left out is below 4e-16
    p = 0.0
    n = 35
    while n >= 1:
        p = p * -z + 1.0 / n if n != 35 else 1.0 / 35.0
        n -= 2
    angle = base + t * p / _DEG
    if swap:
        angle = 90.0 - angle
    if x < 0.0:
        angle = 180.0 - angle
    return -angle if y < 0.0 else angle


@kernel
def exp(x):
    """The exponential function, for x <= 700; 0 below -700."""
    if x < -700.0:
        return 0.0
    k = math.floor(x / 0.6931471805599453 + 0.5)
    r = (x - k * _LN2_HI) - k * _LN2_LO
    p = 1.0
    n = 14
    while n >= 1:
        p = 1.0 + r * p / n
        n -= 1
    scale = 1.0
    step = 2.0 if k >= 0 else 0.5
    m = int(abs(k))
    while m > 0:
        if m & 1:
            scale *= step
        step *= step
        m >>= 1
    return p * scale


@inlined
def wrap_lon(lon_deg):
    """A difference of longitudes, or a longitude, brought into [-180, 180)."""
    if lon_deg >= 180.0 or lon_deg < -180.0:
        lon_deg -= 360.0 * math.floor((lon_deg + 180.0) / 360.0)
    return lon_deg


@kernel
def metres_per_degree(lat_deg):
    """Metres in a degree of latitude and of longitude on WGS 84 at this latitude."""
    s = sin_deg(lat_deg)
    w = 1.0 - _E2 * s * s
    n = WGS84_A_M / math.sqrt(w)
    return n * (1.0 - _E2) / w * _DEG, n * cos_deg(lat_deg) * _DEG


@kernel
def distance_m(lat1_deg, lon1_deg, lat2_deg, lon2_deg):
    """Distance of two points in metres on WGS 84; see the module for its error."""
    dlat = lat2_deg - lat1_deg
    dlon = wrap_lon(lon2_deg - lon1_deg)
    middle = 0.5 * (lat1_deg + lat2_deg)
    if abs(dlat) < _NEAR_DEG and abs(dlon) < _NEAR_DEG and abs(middle) < 85.0:
        per_lat, per_lon = metres_per_degree(middle)
        y = dlat * per_lat
        x = dlon * per_lon
        return math.sqrt(x * x + y * y)
    return _far_distance_m(lat1_deg, lat2_deg, dlon)


@kernel
def _far_distance_m(lat1_deg, lat2_deg, dlon_deg):
    """Lambert's formula for long lines on reduced latitudes (first order in the flattening)."""
    b1 = atan2_deg((1.0 - WGS84_F) * sin_deg(lat1_deg), cos_deg(lat1_deg))
    b2 = atan2_deg((1.0 - WGS84_F) * sin_deg(lat2_deg), cos_deg(lat2_deg))
    sp = sin_deg(0.5 * (b1 + b2))
    cp = cos_deg(0.5 * (b1 + b2))
    sq = sin_deg(0.5 * (b2 - b1))
    cq = cos_deg(0.5 * (b2 - b1))
    sl = sin_deg(0.5 * dlon_deg)
    cl = cos_deg(0.5 * dlon_deg)
    s2 = sq * sq * cl * cl + cp * cp * sl * sl  # sin and cos squared of half the central angle
    c2 = cq * cq * cl * cl + sp * sp * sl * sl
    if s2 == 0.0:
        return 0.0
    if c2 == 0.0:
        return _PI * WGS84_A_M * (1.0 - WGS84_F)
    sigma = 2.0 * atan2_deg(math.sqrt(s2), math.sqrt(c2)) * _DEG
    sin_sigma = 2.0 * math.sqrt(s2 * c2)
    x = (sigma - sin_sigma) * sp * sp * cq * cq / c2
    y = (sigma + sin_sigma) * cp * cp * sq * sq / s2
    return WGS84_A_M * (sigma - 0.5 * WGS84_F * (x + y))


@kernel
def bearing_deg(lat1_deg, lon1_deg, lat2_deg, lon2_deg):
    """Initial true bearing on the sphere from point 1 to point 2, in [0, 360); 0 where they coincide."""
    dlon = wrap_lon(lon2_deg - lon1_deg)
    y = sin_deg(dlon) * cos_deg(lat2_deg)
    x = cos_deg(lat1_deg) * sin_deg(lat2_deg) - sin_deg(lat1_deg) * cos_deg(lat2_deg) * cos_deg(dlon)
    angle = atan2_deg(y, x)
    return angle + 360.0 if angle < 0.0 else angle


@kernel
def destination(lat_deg, lon_deg, course_deg, run_m):
    """Point reached from here by ``run_m`` metres on a constant course, for runs up to some 100 km."""
    per_lat, _ = metres_per_degree(lat_deg)
    north = run_m * cos_deg(course_deg) / per_lat
    lat2 = min(max(lat_deg + north, -89.9), 89.9)
    _, per_lon = metres_per_degree(0.5 * (lat_deg + lat2))
    return lat2, wrap_lon(lon_deg + run_m * sin_deg(course_deg) / per_lon)
