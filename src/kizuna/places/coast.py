"""The coast: is a position on land, and how far is it from the shore.

One coast for detectors and maps, packaged in ``data/coast.bin`` (made by ``make data``; sources, licence and accuracy
in ``data/README.md``): East Asia (105 to 160 E, 0 to 52 N) with every vertex of its source and the islets of a
hand-made table, the rest of the world simplified to about half a kilometre.

What the answers mean, and their limits:

- Land is what the polygons enclose. Lakes and wide rivers are water from 20 km2 on in East Asia and from 100 km2
  elsewhere, and their banks are shore; smaller inland waters, canals and most harbour basins are land.
- ``distance_to_shore_m`` is 0 on land and otherwise the distance on WGS 84 to the nearest point of the polygons, right
  within 1 m up to 250 nm and within 0.01 % beyond (the far formula of ``base.kernels.distance_m``). The polygons
  themselves are a generalised coast: typically within 200 m of the real one in East Asia, 600 m elsewhere.
- Edges are straight in longitude and latitude, as in every map file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.errors import InputError
from kizuna.places import coast_file
from kizuna.places.grids.area_grid import AreaGrid, build_grid, root_of
from kizuna.places.grids.edge_tree import EdgeTree, build_tree
from kizuna.places.outline import Ring, border_edges, edges_of
from kizuna.places.positions import positions

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_DIVIDE_FROM: Final = 200_000
"""Positions from which dividing crowded cells pays: it costs half a second and saves about a microsecond a position."""


@dataclass(frozen=True, slots=True)
class Coast:
    """Rings of land in the plain form of ``places.outline``, and the indexes over them, made when first needed."""

    rings: tuple[Ring, ...]
    digest: str
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def on_land(self, lat_deg: Any, lon_deg: Any) -> Flags:
        """Whether each position lies on land; False for a missing one. Arrays of n degrees in, bool (n,) out."""
        lat, lon = positions(lat_deg, lon_deg)
        grid = self._grid(lat, lon)
        inside = np.zeros(len(lat), np.bool_)
        inside[grid.members(lat, lon)[0]] = True
        return inside

    def distance_to_shore_m(self, lat_deg: Any, lon_deg: Any) -> npt.NDArray[np.float32]:
        """Metres from each position to the nearest land, 0 on land, NaN for a missing position; float32 (n,)."""
        lat, lon = positions(lat_deg, lon_deg)
        water = ~self.on_land(lat, lon)
        out = np.zeros(len(lat), np.float32)
        out[water] = self._tree().distance_m(lat[water], lon[water])
        return out

    def distance_to_outline_m(self, lat_deg: Any, lon_deg: Any) -> npt.NDArray[np.float32]:
        """Metres from each position to the nearest shore, from the land as from the sea; NaN for a missing position."""
        return self._tree().distance_m(*positions(lat_deg, lon_deg))

    def land_rings(self, bbox: tuple[float, float, float, float], tolerance_deg: float = 0.0) -> list[Ring]:
        """Land inside a box (west, south, east, north in degrees; east may exceed 180) as closed rings for drawing.

        Each ring is (n, 2) of longitude and latitude, to be filled odd-even. Detail below ``tolerance_deg`` is left
        out, and so are islands smaller than that. In a box across 180 degrees longitudes run on beyond 180.
        """
        west, south, east, north = bbox
        if not (west < east <= west + 360.0 and -90.0 <= south < north <= 90.0):  # noqa: PLR2004  the globe
            raise InputError(f"no such box: {bbox}", hint="west, south, east, north in degrees")
        out: list[Ring] = []
        for turn in range(int(np.floor((west + 180.0) / 360.0)), int(np.floor((east + 180.0) / 360.0)) + 1):
            shift = 360.0 * turn
            found = self._rings_in((west - shift, south, east - shift, north), tolerance_deg)
            out += [ring + np.array([shift, 0.0]) for ring in found] if turn else found
        return out

    def _rings_in(self, box: tuple[float, float, float, float], tolerance_deg: float) -> list[Ring]:
        west, south, east, north = box
        low, high = self.bounds()
        near = (low[:, 0] < east) & (high[:, 0] > west) & (low[:, 1] < north) & (high[:, 1] > south)
        near &= (high - low).max(axis=1) >= tolerance_deg
        whole = near & (low[:, 0] >= west) & (high[:, 0] <= east) & (low[:, 1] >= south) & (high[:, 1] <= north)
        out = []
        for number in np.flatnonzero(near):
            ring = shapely.LinearRing(self.rings[number])
            if tolerance_deg > 0.0:
                ring = shapely.simplify(ring, tolerance_deg)
            if whole[number]:
                out.append(shapely.get_coordinates(ring))
                continue
            area = shapely.make_valid(shapely.Polygon(ring), method="structure")
            for part in shapely.get_parts(shapely.clip_by_rect(area, *box)):
                if part.geom_type == "Polygon":
                    out += [shapely.get_coordinates(r) for r in (part.exterior, *part.interiors)]
        return out

    def bounds(self) -> tuple[Floats, Floats]:
        """South-west and north-east corners of every ring, each (n, 2) longitude and latitude."""
        if "bounds" not in self._made:
            low = np.array([r.min(axis=0) for r in self.rings]).reshape(-1, 2)
            high = np.array([r.max(axis=0) for r in self.rings]).reshape(-1, 2)
            self._made["bounds"] = low, high
        found: tuple[Floats, Floats] = self._made["bounds"]
        return found

    def _tree(self) -> EdgeTree:
        if "tree" not in self._made:
            self._made["tree"] = build_tree(border_edges(self.rings), sort=False)
        tree: EdgeTree = self._made["tree"]
        return tree

    def _grid(self, lat: Floats, lon: Floats) -> AreaGrid:
        """The grid, divided finely where the positions are. Finer or not, its answers are the same.

        Threads may come together: the grid is put last, and whoever sees it sees what it was made of.
        """
        if "grid" not in self._made:
            self._made["edges"] = edges_of(self.rings)
            self._made["divided"] = np.empty(0, np.int64)
            self._made["grid"] = build_grid([self._made["edges"]], divide=np.empty(0, np.int64))
        if len(lat) < _DIVIDE_FROM:
            held: AreaGrid = self._made["grid"]
            return held
        wanted = np.intersect1d(root_of(lat, lon), self._made["grid"].crowded)
        if len(np.setdiff1d(wanted, self._made["divided"])):
            self._made["divided"] = np.union1d(wanted, self._made["divided"])
            self._made["grid"] = build_grid([self._made["edges"]], divide=self._made["divided"])
        grid: AreaGrid = self._made["grid"]
        return grid


def coast_from(data: bytes) -> Coast:
    """A coast from the bytes of a packed file. Raises InputError where they are damaged."""
    rings: list[Ring] = []
    for layer in coast_file.read(data):
        points = layer.degrees()
        stops = np.cumsum(layer.counts)
        for a, b in zip(stops - layer.counts, stops, strict=True):
            ring = np.vstack([points[a:b], points[a : a + 1]])
            ring.flags.writeable = False
            rings.append(ring)
    return Coast(tuple(rings), coast_file.digest(data))


@cache
def load_coast() -> Coast:
    """The packaged coast, read once per process."""
    return coast_from((files("kizuna.places") / "data" / "coast.bin").read_bytes())
