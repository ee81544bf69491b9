"""Which edges of the coast belong to which feature of the table.

An edge of the coast belongs to the feature whose point is nearest among those whose reach holds the edge's middle, and
else to the first area of the table that holds it. A feature without land in the coast is a circle of its radius, or
nothing. The areas that divide mainlands are drawn by hand over sea and land: they say which coast is meant, and no
more; they are no boundaries.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.kernels import distance_m
from kizuna.base.units import NM_M
from kizuna.places.claims.reading import load_claims
from kizuna.places.claims.table import ClaimTable, Feature, Shape
from kizuna.places.coast import Coast, load_coast
from kizuna.places.outline import border_edges

Edges = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]

_CIRCLE_CORNERS: Final = 48
_M_PER_DEG: Final = 110_574.0
_STEP_DEG: Final = 0.02
"""A declared baseline is divided so finely that a straight piece in degrees stays within 1 m of the line."""


@dataclass(frozen=True, slots=True, eq=False)
class ClaimedLand:
    """The coast shared out: ``edges`` (n, 4) as lon, lat, lon, lat; ``feature`` (n,) the number of each edge's owner.

    ``features`` holds the features in the order of those numbers.
    """

    table: ClaimTable
    features: tuple[Feature, ...]
    edges: Edges = field(repr=False)
    feature: Numbers = field(repr=False)
    coast: Coast = field(repr=False)

    def of(self, numbers: Iterable[int]) -> tuple[Edges, Numbers]:
        """Edges of some features, and whose each edge is."""
        wanted = np.zeros(len(self.features), np.bool_)
        wanted[list(numbers)] = True
        held = wanted[self.feature]
        return self.edges[held], self.feature[held]

    def edges_of(self, features: tuple[Feature, ...]) -> Edges:
        """Edges of some features, kept for the next question."""
        return _edges_of(self, features)

    def numbers(self, features: Iterable[Feature]) -> list[int]:
        """Numbers of features."""
        at = {f.feature: i for i, f in enumerate(self.features)}
        return [at[f.feature] for f in features]


@lru_cache(maxsize=256)
def _edges_of(land: ClaimedLand, features: tuple[Feature, ...]) -> Edges:
    return land.of(land.numbers(features))[0]


def share_out(table: ClaimTable, coast: Coast) -> ClaimedLand:
    """Give every edge of the coast to its feature, if it has one."""
    features = tuple(table.features.values())
    edges = border_edges(coast.rings)
    owner = np.full(len(edges), -1, np.int32)
    middle = 0.5 * (edges[:, :2] + edges[:, 2:])
    _nearest_points(features, middle, owner)
    for number, feature in enumerate(features):
        if feature.shape and feature.kind == "land":
            free = np.flatnonzero(owner < 0)
            free = free[_inside(table.shapes[feature.shape], middle[free])]
            owner[free] = number
    more = [_circle(f) for f in features]
    for number, circle in enumerate(more):
        if len(circle) and not (owner == number).any():
            edges = np.vstack([edges, circle])
            owner = np.append(owner, np.full(len(circle), number, np.int32))
    held = owner >= 0
    return ClaimedLand(table, features, np.ascontiguousarray(edges[held]), owner[held], coast)


def _nearest_points(features: tuple[Feature, ...], middle: Edges, owner: Numbers) -> None:
    best = np.full(len(middle), np.inf)
    by_lat = np.argsort(middle[:, 1])
    lat = middle[by_lat, 1]
    for number, feature in enumerate(features):
        if feature.reach_nm <= 0.0:
            continue
        reach_m = feature.reach_nm * NM_M
        tall = reach_m / _M_PER_DEG * 1.02
        wide = tall / max(math.cos(math.radians(feature.lat_deg)), 0.01)
        near = by_lat[np.searchsorted(lat, feature.lat_deg - tall) : np.searchsorted(lat, feature.lat_deg + tall)]
        near = near[np.abs((middle[near, 0] - feature.lon_deg + 180.0) % 360.0 - 180.0) <= wide]
        away = np.array([distance_m(feature.lat_deg, feature.lon_deg, y, x) for x, y in middle[near].tolist()])
        near = near[(away <= reach_m) & (away < best[near])] if len(near) else near
        best[near] = [distance_m(feature.lat_deg, feature.lon_deg, y, x) for x, y in middle[near].tolist()]
        owner[near] = number


def _inside(shape: Shape, middle: Edges) -> npt.NDArray[np.bool_]:
    """Whether points lie in an area; corners may run on beyond 180 degrees."""
    area = shapely.Polygon(shape.points)
    shapely.prepare(area)
    held: npt.NDArray[np.bool_] = shapely.contains_xy(area, middle[:, 0], middle[:, 1])
    if shape.points[:, 0].max() > 180.0:  # noqa: PLR2004  the seam
        held |= shapely.contains_xy(area, middle[:, 0] + 360.0, middle[:, 1])
    return held


def _circle(feature: Feature) -> Edges:
    """The edge of a feature that the coast lacks; nothing for one without a radius."""
    if feature.radius_m <= 0.0:
        return np.empty((0, 4))
    turn = np.linspace(0.0, 2.0 * math.pi, _CIRCLE_CORNERS + 1)
    high = feature.radius_m / _M_PER_DEG
    wide = high / max(math.cos(math.radians(feature.lat_deg)), 0.01)
    ring = np.column_stack([feature.lon_deg + wide * np.cos(turn), feature.lat_deg + high * np.sin(turn)])
    return np.hstack([ring[:-1], ring[1:]])


def line_edges(shape: Shape) -> Edges:
    """Edges along a declared line, closed where it is an area, in small steps."""
    points = shape.points
    if shape.kind == "area":
        points = np.vstack([points, points[:1]])
    out = []
    for a, b in pairwise(points):
        n = max(math.ceil(float(np.abs(b - a).max()) / _STEP_DEG), 1)
        walk = a + (b - a) * (np.arange(n + 1) / n)[:, None]
        out.append(np.hstack([walk[:-1], walk[1:]]))
    return np.vstack(out)


@cache
def load_land() -> ClaimedLand:
    """The packaged table on the packaged coast, shared out once per process."""
    return share_out(load_claims(), load_coast())
