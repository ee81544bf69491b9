"""Which of many zones hold which of many points, and how far a point is from a zone's border.

Membership is exact in longitude and latitude, with the border rule of ``places.outline``: a point on a western or
southern border is inside, on an eastern or northern one outside. Measured beside shapely in ``benchmarks/zones.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.places.grids.area_grid import AreaGrid, build_grid
from kizuna.places.grids.edge_tree import EdgeTree, build_tree
from kizuna.places.outline import border_edges, edges_of
from kizuna.places.positions import positions
from kizuna.places.zone import Zone

Rows = npt.NDArray[np.int64]
Zones = npt.NDArray[np.int32]


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
        return self.grid.members(*positions(lat_deg, lon_deg))

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
        return self._lines[number].distance_m(*positions(lat_deg, lon_deg))
