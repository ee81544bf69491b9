"""A packed tree over edges, for the distance from points to a coast or to the border of a zone.

Distances are those of ``base.kernels.distance_m``: within 0.01 % of the geodesic up to 19,000 km. Nearer to the
antipode Lambert's formula fails: the distance may be up to 0.17 % (34 km) off, and of several edges so far away another
than the nearest may be named. No detector asks for such distances; a test holds both bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.places.kernels.edges import WIDE, nearest, to_ecef

Floats = npt.NDArray[np.float64]

_STEP_DEG: Final = 0.1
"""Longer edges are divided: over 11 km a straight line in longitude and latitude leaves the chord by some 3 m."""
_SORT_FROM: Final = 1000
_FAR_M: Final = 2.1e7
_NOWHERE_M: Final = 1e15
"""Where unused places of a node lie: further than any limit, and its square is still a plain number."""


@dataclass(frozen=True, slots=True)
class EdgeTree:
    """Edges in tree order with their boxes; see ``kernels.edges.nearest``. ``source`` numbers the edges as given."""

    leaves: Floats
    ends: Floats
    boxes: npt.NDArray[np.float32]
    level_from: npt.NDArray[np.int64]
    source: npt.NDArray[np.int64]

    def distance_m(self, lat_deg: Any, lon_deg: Any, limit_m: float = _FAR_M) -> npt.NDArray[np.float32]:
        """Distance to the nearest edge in metres, float32; NaN for a missing position or none within the limit."""
        return self.nearest(lat_deg, lon_deg, limit_m)[0]

    def nearest(
        self, lat_deg: Any, lon_deg: Any, limit_m: float = _FAR_M
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Distance in metres and the number of the nearest edge as it was given (-1 where there is none)."""
        lat, lon = np.ascontiguousarray(lat_deg, np.float64), np.ascontiguousarray(lon_deg, np.float64)
        metres, edge = np.empty(len(lat), np.float32), np.empty(len(lat), np.int32)
        order = _neighbours(lat, lon)
        tree = (self.leaves, self.ends, self.boxes, self.level_from)
        nearest(order, lat, lon, float(limit_m), *tree, metres, edge)
        found = edge >= 0
        numbers = np.full(len(lat), -1, np.int64)
        numbers[found] = self.source[edge[found]]
        return metres, numbers


def _neighbours(lat: Floats, lon: Floats) -> npt.NDArray[np.int64]:
    """An order that takes points cell by cell, row by row."""
    if len(lat) < _SORT_FROM:
        return np.arange(len(lat))
    with np.errstate(invalid="ignore"):
        row = np.nan_to_num((lat + 90.0) * 10.0).astype(np.int32)
        col = np.nan_to_num((lon + 540.0) * 10.0).astype(np.int32)
    return np.argsort(row * np.int32(16384) + np.where(row & 1, 16383 - col, col), kind="stable")


def build_tree(edges: Floats, *, sort: bool = True) -> EdgeTree:
    """The tree over edges given as (n, 4) lon, lat, lon, lat.

    Without ``sort`` the edges stay in the order given, which serves where neighbours already stand together (a coast).
    """
    number, ends = _divided(edges)
    xyz = np.empty((len(ends), 6))
    to_ecef(ends, xyz)
    if sort:
        order = np.argsort(_morton(0.5 * (xyz[:, :3] + xyz[:, 3:])), kind="stable")
        xyz, ends, number = xyz[order], np.ascontiguousarray(ends[order]), number[order]
    low, high = np.minimum(xyz[:, :3], xyz[:, 3:]), np.maximum(xyz[:, :3], xyz[:, 3:])
    levels: list[npt.NDArray[np.float32]] = []
    low, high = _around(low, high)
    while not levels or len(levels[0]) > 1:
        levels.insert(0, _side_by_side(low, high))
        low, high = _around(low, high)
    level_from = np.concatenate([[0], np.cumsum([len(b) for b in levels])])
    return EdgeTree(_leaves(xyz), ends, np.concatenate(levels), level_from, number)


def _leaves(xyz: Floats) -> Floats:
    """Start, direction and one over the squared length of every edge, WIDE by WIDE; empty places lie far away."""
    n = max(-(-len(xyz) // WIDE), 1)
    table = np.zeros((n * WIDE, 7))
    table[len(xyz) :, :3] = _NOWHERE_M
    table[: len(xyz), :3] = xyz[:, :3]
    way = xyz[:, 3:] - xyz[:, :3]
    length2 = way[:, 0] * way[:, 0] + way[:, 1] * way[:, 1] + way[:, 2] * way[:, 2]
    table[: len(xyz), 3:6] = way
    table[: len(xyz), 6] = np.divide(1.0, length2, out=np.zeros(len(xyz)), where=length2 > 0.0)
    return np.ascontiguousarray(table.reshape(n, WIDE, 7).transpose(0, 2, 1))


def _around(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Boxes around every WIDE boxes in turn; one box far away for none."""
    if not len(low):
        return np.full((1, 3), _NOWHERE_M), np.full((1, 3), _NOWHERE_M)
    at = np.arange(0, len(low), WIDE)
    return np.minimum.reduceat(low, at), np.maximum.reduceat(high, at)


def _side_by_side(low: Floats, high: Floats) -> npt.NDArray[np.float32]:
    """Boxes in nodes of WIDE, in single precision rounded outward (half the memory; a box may be larger only)."""
    n = -(-len(low) // WIDE)
    table = np.full((n * WIDE, 6), _NOWHERE_M, np.float32)
    table[: len(low), :3] = np.nextafter(low.astype(np.float32), np.float32(-np.inf))
    table[: len(low), 3:] = np.nextafter(high.astype(np.float32), np.float32(np.inf))
    return np.ascontiguousarray(table.reshape(n, WIDE, 6).transpose(0, 2, 1))


def _divided(edges: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Edges no longer than the step, and from which edge each one comes."""
    span = np.abs(edges[:, 2:] - edges[:, :2]).max(axis=1, initial=0.0)
    if span.max(initial=0.0) <= _STEP_DEG:
        return np.arange(len(edges)), np.ascontiguousarray(edges)
    pieces = np.maximum(np.ceil(span / _STEP_DEG).astype(np.int64), 1)
    number = np.repeat(np.arange(len(edges)), pieces)
    k = np.arange(len(number)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start, whole = edges[number, :2], edges[number, 2:] - edges[number, :2]
    n = pieces[number]
    a = start + whole * (k / n)[:, None]
    b = np.where((k + 1 == n)[:, None], edges[number, 2:], start + whole * ((k + 1) / n)[:, None])
    return number, np.hstack([a, b])


def _morton(xyz: Floats) -> npt.NDArray[np.int64]:
    """Order that keeps neighbours in space together: the bits of three 20-bit coordinates in turn."""
    cell = np.clip((xyz + 6.5e6) * (2.0**20 / 1.3e7), 0, 2**20 - 1).astype(np.int64)
    key = np.zeros(len(xyz), np.int64)
    for bit in range(20):
        for axis in range(3):
            key |= ((cell[:, axis] >> bit) & 1) << (3 * bit + axis)
    return key
