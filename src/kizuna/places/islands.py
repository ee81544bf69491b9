"""Named islands: which is nearest, and how far.

The names are those of the hand-made table (``places.island_table``): the islands around Japan, Taiwan and the seas
between and south of them, large ones included, every remote one that we know of. An islet without a row has no name
here; mainlands have none either. Outlines are those of the coast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.places.coast import Coast, load_coast
from kizuna.places.grids.edge_tree import EdgeTree, build_tree
from kizuna.places.island_table import Island, read_islands
from kizuna.places.outline import border_edges
from kizuna.places.positions import positions

_SAME_ISLAND_M: Final = 500.0
"""As in tools/coast: land within an island's circle and this margin is that island."""
_M_PER_DEG: Final = 110_574.0


@dataclass(frozen=True, slots=True)
class Nearest:
    """Nearest named island of n positions: ``index`` int32 into ``islands`` (-1: no position), ``distance_m`` float32.

    Distances are to the island's shore, 0 on the island.
    """

    islands: tuple[Island, ...]
    index: npt.NDArray[np.int32]
    distance_m: npt.NDArray[np.float32]

    def names(self) -> list[str]:
        """Name of each position's island; empty where there is none."""
        return [self.islands[i].name if i >= 0 else "" for i in self.index]


@dataclass(frozen=True, slots=True)
class Islands:
    """The table bound to the rings of a coast. ``islands`` holds all rows, ``shoals`` those that are no land."""

    islands: tuple[Island, ...]
    shoals: tuple[Island, ...]
    _shells: tuple[Any, ...] = field(repr=False, compare=False)
    _tree: EdgeTree = field(repr=False, compare=False)
    _island_of_edge: npt.NDArray[np.int32] = field(repr=False, compare=False)

    def nearest(self, lat_deg: Any, lon_deg: Any) -> Nearest:
        """The nearest named island of each position, arrays of n degrees."""
        lat, lon = positions(lat_deg, lon_deg)
        metres, edge = self._tree.nearest(lat, lon)
        index = np.append(self._island_of_edge, np.int32(-1))[edge]
        for number, shell in enumerate(self._shells):
            if shell is None:
                continue
            west, south, east, north = shell.bounds
            near = np.flatnonzero((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
            inside = near[shapely.contains_xy(shell, lon[near], lat[near])]
            index[inside], metres[inside] = number, 0.0
        return Nearest(self.islands, index, metres)


def bind(rows: Sequence[Island], coast: Coast) -> Islands:
    """Find the outline of every island of the table on the coast.

    An island's outline is the ring around its point, or else the nearest ring within its circle and a margin; an
    island without either is a point with its radius left out.
    """
    land = tuple(i for i in rows if i.is_land)
    low, high = coast.bounds()
    edges: list[Any] = []
    owner: list[Any] = []
    shells: list[Any] = []
    taken: set[int] = set()
    for number, island in enumerate(land):
        ring = _ring_of(island, coast, low, high)
        if ring is None or ring in taken:  # two names on one ring: the second is a point
            shells.append(None)
            edges.append(np.array([[island.lon_deg, island.lat_deg, island.lon_deg, island.lat_deg]]))
        else:
            taken.add(ring)
            shells.append(shapely.Polygon(coast.rings[ring]))
            shapely.prepare(shells[-1])
            edges.append(border_edges([coast.rings[ring]]))
        owner.append(np.full(len(edges[-1]), number, np.int32))
    shoals = tuple(i for i in rows if not i.is_land)
    tree = build_tree(np.concatenate([np.empty((0, 4)), *edges]))
    return Islands(land, shoals, tuple(shells), tree, np.concatenate([np.empty(0, np.int32), *owner]))


def _ring_of(island: Island, coast: Coast, low: Any, high: Any) -> int | None:
    """Number of the outermost ring around the island's point, or of the nearest within its circle and the margin."""
    lat, lon = island.lat_deg, island.lon_deg
    reach = (min(island.radius_m, 20_000.0) + _SAME_ISLAND_M) / _M_PER_DEG
    wide = reach / max(float(np.cos(np.radians(lat))), 0.01)
    beside = (low[:, 0] > lon + wide) | (high[:, 0] < lon - wide)
    near = np.flatnonzero(~beside & (low[:, 1] <= lat + reach) & (high[:, 1] >= lat - reach))
    point = shapely.Point(lon, lat)
    areas = [shapely.Polygon(coast.rings[n]) for n in near]
    around = [(a.area, n) for a, n in zip(areas, near, strict=True) if a.contains(point)]
    if around:
        return int(max(around)[1])  # the largest: the shell, not a lake in it
    gaps = [(a.distance(point), n) for a, n in zip(areas, near, strict=True)]
    if not gaps or min(gaps)[0] > wide:
        return None
    return int(min(gaps)[1])


@cache
def load_islands() -> Islands:
    """The packaged table on the packaged coast, bound once per process."""
    data = (files("kizuna.places") / "data" / "islands.csv").read_bytes()
    return bind(read_islands(data), load_coast())


def nearest_island(lat_deg: float, lon_deg: float) -> tuple[Island, float]:
    """The nearest named island of one position and its distance in metres (0 on it)."""
    found = load_islands().nearest(np.array([lat_deg]), np.array([lon_deg]))
    return found.islands[int(found.index[0])], float(found.distance_m[0])
