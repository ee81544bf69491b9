"""A packed tree over edges, for the distance from points to a coast or to the border of a zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.places.kernels.edges import LEAF, NODE, nearest, to_ecef

Floats = npt.NDArray[np.float64]

_STEP_DEG: Final = 0.1
"""Longer edges are divided: over 11 km a straight line in longitude and latitude leaves the chord by some 3 m."""
_FAR_M: Final = 2.1e7


@dataclass(frozen=True, slots=True)
class EdgeTree:
    """Edges in tree order with their boxes; see ``kernels.edges.nearest``. ``source`` numbers the edges as given."""

    xyz: Floats
    ends: Floats
    boxes: Floats
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
        nearest(lat, lon, float(limit_m), self.xyz, self.ends, self.boxes, self.level_from, metres, edge)
        numbers = np.append(self.source, -1)[edge]
        return metres, numbers


def build_tree(edges: Floats) -> EdgeTree:
    """The tree over edges given as (n, 4) lon, lat, lon, lat."""
    number, ends = _divided(edges)
    middle = np.column_stack([ends[:, [1, 0]], ends[:, [3, 2]]])
    xyz = np.empty((len(ends), 6))
    to_ecef(np.ascontiguousarray(middle[:, 0]), np.ascontiguousarray(middle[:, 1]), xyz[:, :3])
    to_ecef(np.ascontiguousarray(middle[:, 2]), np.ascontiguousarray(middle[:, 3]), xyz[:, 3:])
    order = np.argsort(_morton(0.5 * (xyz[:, :3] + xyz[:, 3:])), kind="stable")
    xyz, ends, number = np.ascontiguousarray(xyz[order]), np.ascontiguousarray(ends[order]), number[order]
    low, high = np.minimum(xyz[:, :3], xyz[:, 3:]), np.maximum(xyz[:, :3], xyz[:, 3:])
    levels = [_boxed(low, high, LEAF)]
    while len(levels[0]) > 1:
        levels.insert(0, _boxed(levels[0][:, :3], levels[0][:, 3:], NODE))
    level_from = np.concatenate([[0], np.cumsum([len(b) for b in levels])])
    return EdgeTree(xyz, ends, np.concatenate(levels), level_from, number)


def _divided(edges: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Edges no longer than the step, and from which edge each one comes."""
    span = np.abs(edges[:, 2:] - edges[:, :2]).max(axis=1, initial=0.0)
    pieces = np.maximum(np.ceil(span / _STEP_DEG).astype(np.int64), 1)
    number = np.repeat(np.arange(len(edges)), pieces)
    k = np.arange(len(number)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start, whole = edges[number, :2], edges[number, 2:] - edges[number, :2]
    n = pieces[number]
    a = start + whole * (k / n)[:, None]
    b = np.where((k + 1 == n)[:, None], edges[number, 2:], start + whole * ((k + 1) / n)[:, None])
    return number, np.hstack([a, b])


def _boxed(low: Floats, high: Floats, size: int) -> Floats:
    """Boxes around every ``size`` boxes in turn; one empty box for no boxes at all."""
    if not len(low):
        return np.zeros((1, 6))
    at = np.arange(0, len(low), size)
    return np.hstack([np.minimum.reduceat(low, at), np.maximum.reduceat(high, at)])


def _morton(xyz: Floats) -> npt.NDArray[np.int64]:
    """Order that keeps neighbours in space together: the bits of three 20-bit coordinates in turn."""
    cell = np.clip((xyz + 6.5e6) * (2.0**20 / 1.3e7), 0, 2**20 - 1).astype(np.int64)
    key = np.zeros(len(xyz), np.int64)
    for bit in range(20):
        for axis in range(3):
            key |= ((cell[:, axis] >> bit) & 1) << (3 * bit + axis)
    return key
