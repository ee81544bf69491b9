"""Drawings that both desks see: points, lines, areas and search patterns, and the tracks that a pattern stands for.

A search pattern travels as its kind, its start, a bearing, a spacing and a number of legs, and each desk draws the
same track from it. The five patterns are those of IAMSAR volume II chapter 5: expanding square, sector, parallel
sweep, creeping line and track line (which is given by its points).

| pattern | ``c`` | ``brg`` | ``nm`` | ``legs`` |
|---|---|---|---|---|
| square | datum | first leg | track spacing | number of legs |
| sector | datum | first leg | radius | sectors, three legs each (usually 3) |
| parallel | commence point | direction of the legs | track spacing | legs; the length is that to the second point |
| creeping | commence point | direction of creep | track spacing | legs; the length is that to the second point |
| track | its points | | | |

Parallel sweep and creeping line differ in what the bearing means: along the legs, and across them. Both step to
starboard (right) of the leg or, for ``creeping``, along the creep.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from kizuna.base import kernels
from kizuna.base.errors import InputError
from kizuna.base.units import NM_M
from kizuna.records.bodies.incident import POINTS_MAX

LEGS_MAX: Final = 60
SPACING_MAX_NM: Final = 60.0
DIGITS: Final = 4
"""Decimals of a degree that a drawing keeps: 11 m. Hand-drawn lines are no better, and each digit costs bytes."""
_RIGHT_DEG: Final = 90.0
_TURN_DEG: Final = 360.0
_SECTOR_DEG: Final = 120.0
_FEWEST: Final = {"point": 1, "line": 2, "area": 3, "pattern": 1}

Point = tuple[float, float]


def rounded(points: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    """Points as they travel: longitude, latitude, four decimals."""
    return tuple((round(float(lon), DIGITS), round(float(lat), DIGITS)) for lon, lat in points)


def check_shape(
    shape: str, points: Sequence[Point], pattern: str, nm: float | None, brg: float | None, legs: int | None, *,
    removed: bool = False,
) -> None:  # fmt: skip
    """Raise InputError where a drawing cannot be drawn."""
    if removed:
        return
    if not _FEWEST[shape] <= len(points) <= POINTS_MAX:
        raise InputError(f"a {shape} of {len(points)} points", hint=f"{_FEWEST[shape]} to {POINTS_MAX}")
    for lon, lat in points:
        if not (math.isfinite(lon) and math.isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004
            raise InputError(f"drawing: {lon}, {lat} is not on the globe")
    if (shape == "pattern") != bool(pattern):
        raise InputError("drawing: a pattern, and nothing else, names its kind in pt")
    if not pattern or pattern == "track":
        return
    if nm is None or brg is None or legs is None:
        raise InputError(f"a {pattern} search needs nm, brg and legs")
    if not 0 < nm <= SPACING_MAX_NM or not 0 <= brg <= _TURN_DEG or not 1 <= legs <= LEGS_MAX:
        raise InputError(f"a {pattern} search: nm, brg or legs is out of range", hint=f"at most {LEGS_MAX} legs")
    if pattern in ("parallel", "creeping") and len(points) < 2:  # noqa: PLR2004  start and end of the first leg
        raise InputError(f"a {pattern} search needs two points")


def track(pattern: str, points: Sequence[Point], nm: float, brg: float, legs: int) -> tuple[Point, ...]:
    """The track that a unit follows: longitude, latitude, full precision."""
    start = points[0]
    if pattern == "track":
        return tuple(points)
    if pattern == "square":
        return _follow(start, [(brg + _RIGHT_DEG * k, nm * (k // 2 + 1)) for k in range(legs)])
    if pattern == "sector":
        moves: list[tuple[float, float]] = []
        for k in range(legs):
            course = brg - _SECTOR_DEG * k  # on through the datum, as the leg before came in
            moves += [(course, nm), (course + _SECTOR_DEG, nm), (course - _SECTOR_DEG, nm)]
        return _follow(start, moves)
    return _follow(start, _sweeps(pattern, points, nm, brg, legs))


def _sweeps(pattern: str, points: Sequence[Point], nm: float, brg: float, legs: int) -> list[tuple[float, float]]:
    (lon1, lat1), (lon2, lat2) = points[0], points[1]
    length_nm = float(kernels.distance_m(lat1, lon1, lat2, lon2)) / NM_M
    along, across = (brg, brg + _RIGHT_DEG) if pattern == "parallel" else (brg - _RIGHT_DEG, brg)
    moves: list[tuple[float, float]] = []
    for k in range(legs):
        moves.append((along if k % 2 == 0 else along + 180.0, length_nm))
        if k + 1 < legs:
            moves.append((across, nm))
    return moves


def _follow(start: Point, moves: Sequence[tuple[float, float]]) -> tuple[Point, ...]:
    out = [start]
    for course, run_nm in moves:
        lon, lat = out[-1]
        lat, lon = kernels.destination(lat, lon, course % _TURN_DEG, run_nm * NM_M)
        out.append((float(lon), float(lat)))
    return tuple(out)
