"""Ports: the small regional table (``data/ports.csv``) and the points at which a vessel is in port.

Columns of the table: ``port_id`` (UN/LOCODE where one is known, else ``WPI`` and the number in NGA's World Port Index,
else ``KZ-`` and a short name), ``name`` (English or romanised), ``name_ja``, ``name_zh`` (Japanese; Chinese in
traditional characters; empty where not known), ``administration`` (ISO 3166-1 alpha-3 code of whoever runs the port
day by day; no statement about any claim), ``lat``, ``lon`` (degrees, WGS 84), ``size`` (``large``, ``medium``,
``small``, ``very_small``: by the World Port Index, or our judgement for rows by hand), ``source`` (where the row comes
from) and ``licence``. ``tools/ports`` makes the file; ``data/README.md`` tells how good it is.

A **port point** is an anchorage (computed from stops or from a list) or, where no anchorage lies within
``LONELY_M`` of it, a port of the table. Every point knows the nearest port of the table within ``NAME_REACH_M`` and so
has a name, and says where it comes from itself (``computed``, ``imported:<name>``, ``port table``).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.ids import hash_hex
from kizuna.base.kernels import metres_per_degree
from kizuna.places.anchorages import Anchorages, Name
from kizuna.places.grids.disc_grid import DiscGrid, build_discs
from kizuna.places.kernels.near_points import nearest_points
from kizuna.places.positions import positions

Floats = npt.NDArray[np.float64]

COLUMNS: Final = ("port_id", "name", "name_ja", "name_zh", "administration", "lat", "lon", "size", "source", "licence")
SIZES: Final = ("large", "medium", "small", "very_small")
PORT_TABLE: Final = "port table"
NAME_REACH_M: Final = 15_000.0
"""An anchorage further than this from every port of the table has no port name. The roads of the largest ports lie
within 15 km of the position that tables give; neighbouring ports are mostly further apart than that."""
LONELY_M: Final = 5_000.0
"""A port with an anchorage nearer than this is represented by it. A little more than the distance at which a vessel
leaves a port (4 km), so that no port is missed and none counts twice."""


class Port(NamedTuple):
    """One row of the table."""

    port_id: str
    name: str
    name_ja: str
    name_zh: str
    administration: str
    lat_deg: float
    lon_deg: float
    size: str
    source: str
    licence: str


def read_ports(data: bytes) -> tuple[Port, ...]:
    """Rows of the table. Raises InputError, naming the line, for a row that breaks the rules of the module."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise InputError(f"columns must be {', '.join(COLUMNS)}", where="ports")
    out: list[Port] = []
    seen: set[str] = set()
    for line, row in enumerate(rows, 2):
        try:
            lat, lon = float(row["lat"]), float(row["lon"])
        except (TypeError, ValueError) as exc:
            raise InputError("position is no number", where=f"ports line {line}") from exc
        good = -90.0 <= lat <= 90.0 and -180.0 <= lon < 180.0  # noqa: PLR2004  globe
        told = all(row[c] for c in ("port_id", "name", "administration", "source", "licence"))
        if not good or not told or row["size"] not in SIZES or row["port_id"] in seen:
            raise InputError("value out of range, missing or there twice", where=f"ports line {line}")
        seen.add(row["port_id"])
        words = {c: row[c] for c in COLUMNS if c not in ("lat", "lon")}
        out.append(Port(lat_deg=lat, lon_deg=lon, **words))
    return tuple(out)


@cache
def load_ports() -> tuple[Port, ...]:
    """The packaged table."""
    return read_ports((files("kizuna.places") / "data" / "ports.csv").read_bytes())


class NearGrid(NamedTuple):
    """Arrays for the kernels of ``near_points``: every point noted in all cells within reach."""

    per_deg: float
    columns: int
    table: npt.NDArray[np.int64]
    point_from: npt.NDArray[np.int64]
    point_to: npt.NDArray[np.int64]
    points: npt.NDArray[np.int64]
    lat_deg: Floats
    lon_deg: Floats
    per_lat_m: Floats
    per_lon_m: Floats


@dataclass(frozen=True, slots=True)
class PortPoints:
    """Points at which a vessel is in port, n of them in a fixed order.

    Attributes:
        lat_deg, lon_deg: float64.
        names: what the list of each point's origin says of it.
        port: int32, nearest row of ``ports`` within ``NAME_REACH_M``, -1 where there is none.
        port_m: float64, distance to it, NaN where there is none.
        ports: the table of ports.
    """

    lat_deg: Floats
    lon_deg: Floats
    names: tuple[Name, ...]
    port: npt.NDArray[np.int32]
    port_m: Floats
    ports: tuple[Port, ...]
    _grids: dict[float, NearGrid] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        """Number of points."""
        return len(self.lat_deg)

    @property
    def citation(self) -> str:
        """Origins, numbers and digest, for the column ``mask`` of events."""
        count = Counter(name.origin for name in self.names)
        digest = hash_hex("ports", np.column_stack([self.lat_deg, self.lon_deg]).astype("<f8").tobytes())
        told = ", ".join(f"{origin} {number}" for origin, number in count.items()) or "none"
        return f"port points: {told}; digest={digest[:16]}"

    def grid(self, reach_m: float) -> NearGrid:
        """The grid in which every point is noted in all cells within ``reach_m`` of it; built once per reach."""
        if reach_m not in self._grids:
            self._grids[reach_m] = _grid(self.lat_deg, self.lon_deg, reach_m)
        return self._grids[reach_m]

    def nearest(self, lat_deg: Any, lon_deg: Any, within_m: float) -> tuple[npt.NDArray[np.int32], Floats]:
        """Number of and distance in metres to the nearest point of each position; -1 and NaN beyond ``within_m``."""
        return _nearest(self.grid(within_m), lat_deg, lon_deg, within_m)

    def point_id(self, number: int) -> str:
        """Id of a point: that of its list, else its position."""
        return self.names[number].anchorage_id or f"{self.lat_deg[number]:.4f},{self.lon_deg[number]:.4f}"


def port_points(anchorages: Anchorages, ports: Sequence[Port] | None = None) -> PortPoints:
    """Points of anchorages and of ports that have none; ``ports`` are those of the packaged table by default."""
    table = load_ports() if ports is None else tuple(ports)
    lat, lon = np.array([p.lat_deg for p in table]), np.array([p.lon_deg for p in table])
    near, _ = _nearest(_grid(anchorages.lat_deg, anchorages.lon_deg, LONELY_M), lat, lon, LONELY_M)
    alone = np.flatnonzero(near < 0)
    names = (
        *anchorages.names,
        *(Name(table[k].port_id, table[k].name, table[k].administration, PORT_TABLE) for k in alone.tolist()),
    )
    lat_deg, lon_deg = np.append(anchorages.lat_deg, lat[alone]), np.append(anchorages.lon_deg, lon[alone])
    port, port_m = _nearest(_grid(lat, lon, NAME_REACH_M), lat_deg, lon_deg, NAME_REACH_M)
    return PortPoints(lat_deg, lon_deg, names, port, port_m, table)


def _grid(lat_deg: Floats, lon_deg: Floats, reach_m: float) -> NearGrid:
    # a metre more, so that rounding in the width of a cell loses no point that lies just at the limit
    grid: DiscGrid = build_discs(lat_deg, lon_deg, np.full(len(lat_deg), reach_m + 1.0, np.float32))
    scale = np.array([metres_per_degree(float(v)) for v in lat_deg], np.float64).reshape(-1, 2)
    return NearGrid(
        grid.per_deg, grid.columns, grid.table, grid.disc_from, grid.disc_to, grid.disc, lat_deg, lon_deg,
        scale[:, 0].copy(), scale[:, 1].copy(),
    )  # fmt: skip


def _nearest(
    grid: NearGrid, lat_deg: Any, lon_deg: Any, within_m: float
) -> tuple[npt.NDArray[np.int32], Floats]:  # fmt: skip
    lat, lon = positions(lat_deg, lon_deg)
    number, metres = np.full(len(lat), -1, np.int32), np.full(len(lat), np.nan)
    nearest_points(lat, lon, float(within_m), *grid, number, metres)
    return number, metres
