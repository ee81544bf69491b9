"""Which of many zones hold which of many points, and how far a point is from a zone's border.

Membership is exact in longitude and latitude, with the border rule of ``places.outline``: a point on a western or
southern border is inside, on an eastern or northern one outside. Measured beside shapely in ``benchmarks/zones.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.places.area_grid import AreaGrid, build_grid
from kizuna.places.edge_tree import EdgeTree, build_tree
from kizuna.places.kernels.areas import members
from kizuna.places.outline import border_edges, edges_of
from kizuna.places.zone import Zone

Rows = npt.NDArray[np.int64]
Zones = npt.NDArray[np.int32]

_ROOM: Final = 65_536
"""Least number of pairs to make room for at once; must exceed what one point can be in."""


@dataclass(frozen=True, slots=True)
class ZoneIndex:
    """Zones with the grid that finds them. Zones are meant by their number in ``zones`` or by their id."""

    zones: tuple[Zone, ...]
    grid: AreaGrid = field(repr=False)
    _lines: dict[int, EdgeTree] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def build(zones: Sequence[Zone]) -> ZoneIndex:
        """The index over zones (none is fine). Raises InputError where two have the same id."""
        ids = [z.zone_id for z in zones]
        if len(set(ids)) != len(ids):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            raise InputError(f"zones share an id: {', '.join(twice[:5])}", hint="give each its own zone_id")
        return ZoneIndex(tuple(zones), build_grid([edges_of(z.rings) for z in zones]))

    def __len__(self) -> int:
        """Number of zones."""
        return len(self.zones)

    def position(self, zone: int | str) -> int:
        """Number of a zone in ``zones``. Raises InputError for an id that the index does not hold."""
        if isinstance(zone, str):
            for number, held in enumerate(self.zones):
                if held.zone_id == zone:
                    return number
            raise InputError(f"no zone {zone!r}")
        return range(len(self.zones))[zone]

    def memberships(self, lat_deg: Any, lon_deg: Any) -> tuple[Rows, Zones]:
        """Pairs (row of the point, number of the zone) of points inside zones, sorted by row, then zone.

        ``lat_deg``, ``lon_deg``: arrays of n degrees; longitudes beyond 180 are read as the same meridian; a missing
        (NaN) position is in no zone.
        """
        lat, lon = _pair(lat_deg, lon_deg)
        return _all_members(self.grid, lat, lon, len(self.zones))

    def contains(self, zone: int | str, lat_deg: Any, lon_deg: Any) -> npt.NDArray[np.bool_]:
        """Whether each point lies inside one zone."""
        rows, zones = self.memberships(lat_deg, lon_deg)
        inside = np.zeros(len(np.atleast_1d(lat_deg)), np.bool_)
        inside[rows[zones == self.position(zone)]] = True
        return inside

    def distance_to_line_m(self, zone: int | str, lat_deg: Any, lon_deg: Any) -> npt.NDArray[np.float32]:
        """Metres from each point to the nearest border of a zone, inside and outside alike; NaN for no position.

        Edges made by cutting at 180 degrees or closing at a pole are no border. NaN throughout for a zone without
        any border (the whole globe).
        """
        number = self.position(zone)
        if number not in self._lines:
            self._lines[number] = build_tree(border_edges(self.zones[number].rings))
        lat, lon = _pair(lat_deg, lon_deg)
        return self._lines[number].distance_m(lat, lon)


def _pair(lat_deg: Any, lon_deg: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    lat = np.atleast_1d(np.ascontiguousarray(lat_deg, np.float64))
    lon = np.atleast_1d(np.ascontiguousarray(lon_deg, np.float64))
    if lat.shape != lon.shape or lat.ndim != 1:
        raise InputError(f"latitudes {lat.shape} and longitudes {lon.shape} do not go together")
    return lat, lon


def _all_members(
    grid: AreaGrid, lat: npt.NDArray[np.float64], lon: npt.NDArray[np.float64], n_areas: int
) -> tuple[Rows, Zones]:
    """Call the kernel until all points are done, making room as it is needed."""
    size = max(len(lat), n_areas, _ROOM)
    parts: list[tuple[Rows, Zones]] = []
    start = 0
    while start < len(lat):
        rows, zones = np.empty(size, np.int64), np.empty(size, np.int32)
        start, found = members(lat, lon, start, grid.cells, grid.pairs, grid.edges, rows, zones)
        parts.append((rows[:found], zones[:found]))
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int32)
    if len(parts) == 1:
        return parts[0]
    return np.concatenate([r for r, _ in parts]), np.concatenate([z for _, z in parts])
