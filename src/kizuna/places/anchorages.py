"""Anchorages: places where vessels habitually lie still, in which nobody wonders that two of them are close.

An anchorage is a disc around a point. A set of anchorages is computed from the input's own stops, read from a list, or
joined from several; it says which and carries a digest, so that an event can state the mask that it used.

Definition of a computed anchorage (``from_stops``). A stop counts from ``stop_min_s`` on. It is a *mooring* when

- within ``near_shore_m`` of land at least ``near_vessels`` different vessels, itself included, stopped within
  ``near_reach_m`` of it at any time of the input;
- further out, up to ``far_shore_m``, at least ``far_vessels`` different vessels stopped within ``far_reach_m`` of it
  no more than ``far_within_s`` before or after its own stop.

Moorings are gathered into cells of about ``cell_m``; each cell is an anchorage at the mean of its moorings, with the
radius ``radius_m``. Known limits: a vessel that lies alone all day is not in an anchorage; a meeting of three
vessels next to the shore makes one, so a rendezvous there is not reported; lakes and rivers count as shore (see
``places.coast``), so on them the rule for near the shore holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.ids import hash_hex
from kizuna.base.kernels import cos_deg
from kizuna.base.units import NM_M
from kizuna.places.coast import load_coast
from kizuna.places.grids.disc_grid import DiscGrid, build_discs, row_cells
from kizuna.places.grids.edge_tree import EdgeTree, build_tree
from kizuna.places.kernels.anchorages import MOST_COUNTED, company
from kizuna.places.positions import positions

Floats = npt.NDArray[np.float64]

COMPUTED: Final = "computed"
DEFAULT_RADIUS_M: Final = 1000.0
_MOST_CLASSES: Final = 64


@dataclass(frozen=True, slots=True)
class AnchorageParams:
    """Parameters of ``from_stops``; see the module for the definition.

    The field's own habit (Global Fishing Watch: 20 vessels in a cell of half a kilometre, over years and the globe)
    finds nothing in one day of one coast, so the numbers are smaller and the shore does part of the work.
    """

    stop_min_s: float = 1800.0
    """Half an hour: shorter halts are locks, pilots and traffic."""
    near_shore_m: float = 2.0 * NM_M
    """Marinas, berths and inner roads lie within this; coast lines are wrong by up to some hundred metres."""
    near_vessels: int = 3
    """A pair must not turn its own meeting place into an anchorage; one more vessel may."""
    near_reach_m: float = 1000.0
    """Length of a small harbour basin; twice the distance at which two vessels count as meeting."""
    far_shore_m: float = 12.0 * NM_M
    """Ships anchor on the shelf near a port. Beyond, vessels that lie together are what the detectors look for."""
    far_vessels: int = 5
    """More than near the shore, because there is no quay to explain them."""
    far_reach_m: float = 3000.0
    """Ships at anchor keep about half a nautical mile, so five lie within two."""
    far_within_s: float = 43_200.0
    """Half a day: then a year of data needs the same crowd as a day of it."""
    cell_m: float = 500.0
    """Moorings closer than this are gathered into one anchorage; half a kilometre as the field does it."""
    radius_m: float = DEFAULT_RADIUS_M
    """A cell's half diagonal and the distance at which two vessels count as meeting, rounded up."""

    def __post_init__(self) -> None:
        """Refuse values outside their range."""
        for name in ("near_vessels", "far_vessels"):
            if not 1 <= getattr(self, name) < MOST_COUNTED:
                raise ConfigError("out of range", where=f"anchorages.{name}", hint=f"1 to {MOST_COUNTED - 1}")
        for name in ("near_reach_m", "far_reach_m", "cell_m", "radius_m"):
            if not 1.0 <= getattr(self, name) <= 50_000.0:  # noqa: PLR2004  stated in the hint
                raise ConfigError("out of range", where=f"anchorages.{name}", hint="1 to 50000 metres")
        for name in ("stop_min_s", "near_shore_m", "far_shore_m", "far_within_s"):
            if not 0.0 <= getattr(self, name) < 1e9:  # noqa: PLR2004  far beyond any globe or century
                raise ConfigError("out of range", where=f"anchorages.{name}", hint="0 or more")


class Name(NamedTuple):
    """What a list says of one anchorage; each empty where it says nothing.

    ``anchorage_id`` is its id in that list (Global Fishing Watch: the S2 cell), ``country`` mostly ISO 3166 alpha-3.
    """

    anchorage_id: str
    label: str
    country: str
    origin: str


@dataclass(frozen=True, slots=True)
class Anchorages:
    """A set of discs: ``lat_deg``, ``lon_deg`` float64, ``radius_m`` float32, all of length n; may be empty.

    ``origins`` names where they come from (``computed``, ``imported:<name>``), ``description`` tells it in words,
    ``names`` holds one entry a disc.
    """

    lat_deg: Floats
    lon_deg: Floats
    radius_m: npt.NDArray[np.float32]
    origins: tuple[str, ...]
    description: str
    names: tuple[Name, ...] = ()
    _parts: list[Any] = field(default_factory=list, repr=False, compare=False)

    def __len__(self) -> int:
        """Number of anchorages."""
        return len(self.lat_deg)

    @property
    def origin(self) -> str:
        """All origins in one word, such as ``computed+imported:gfw``; ``none`` for a set from nowhere."""
        return "+".join(self.origins) or "none"

    @property
    def digest(self) -> str:
        """Hash of the discs, independent of where they come from."""
        table = np.column_stack([self.lat_deg, self.lon_deg, self.radius_m.astype(np.float64)])
        return hash_hex("anchorages", table.astype("<f8").tobytes())

    @property
    def citation(self) -> str:
        """What an event states about its mask: origin, number of discs and digest."""
        return f"{self.origin} n={len(self)} digest={self.digest[:16]}"

    def mask(self, lat_deg: Any, lon_deg: Any) -> npt.NDArray[np.bool_]:
        """Whether each point lies in an anchorage; False for a missing position."""
        lat, lon = positions(lat_deg, lon_deg)
        return self._grid().cover(lat, lon)

    def distance_m(self, lat_deg: Any, lon_deg: Any) -> npt.NDArray[np.float32]:
        """Metres from each point to the rim of the nearest anchorage, float32; 0 inside.

        NaN for a missing position and where there is no anchorage at all.
        """
        lat, lon = positions(lat_deg, lon_deg)
        out = np.full(len(lat), np.nan, np.float32)
        for radius_m, tree in self._trees():
            out = np.fmin(out, np.maximum(tree.distance_m(lat, lon) - np.float32(radius_m), np.float32(1e-3)))
        out[self.mask(lat, lon)] = 0.0
        return out

    def _grid(self) -> DiscGrid:
        if not self._parts:
            self._parts.append(build_discs(self.lat_deg, self.lon_deg, self.radius_m))
        grid: DiscGrid = self._parts[0]
        return grid

    def _trees(self) -> list[tuple[float, EdgeTree]]:
        """One tree of points per radius: the nearest point is the nearest rim only among equal discs."""
        self._grid()
        if len(self._parts) == 1:
            trees = []
            for radius_m in np.unique(self.radius_m):
                rows = self.radius_m == radius_m
                points = np.column_stack([self.lon_deg[rows], self.lat_deg[rows]])
                trees.append((float(radius_m), build_tree(np.hstack([points, points]))))
            self._parts.append(trees)
        found: list[tuple[float, EdgeTree]] = self._parts[1]
        return found


def make_anchorages(
    lat_deg: Any, lon_deg: Any, radius_m: Any, origin: str, description: str, names: Sequence[Name] = ()
) -> Anchorages:  # fmt: skip
    """A set of discs from arrays (``radius_m`` may be one number), in a fixed order without repetition.

    Radii are rounded up to whole 100 m where there would otherwise be more than 64 different ones. Raises InputError
    for a position off the globe or a radius outside 1 m to 100 km.
    """
    lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
    radius = np.broadcast_to(np.asarray(radius_m, np.float32), lat.shape).copy()
    if lat.shape != lon.shape or lat.ndim != 1:
        raise InputError("anchorages: latitudes and longitudes do not go together")
    if not ((np.abs(lat) <= 90.0) & (np.abs(lon) <= 540.0)).all():  # noqa: PLR2004  the globe
        raise InputError("anchorages: a position is missing or off the globe")
    if not ((radius >= 1.0) & (radius <= 100_000.0)).all():  # noqa: PLR2004  stated in the message
        raise InputError("anchorages: a radius is outside 1 m to 100 km")
    if len(np.unique(radius)) > _MOST_CLASSES:
        radius = np.ceil(radius / np.float32(100.0)) * np.float32(100.0)
    lon = lon - 360.0 * np.floor((lon + 180.0) / 360.0)
    given = np.column_stack([lat, lon, radius.astype(np.float64)])
    table, first = np.unique(given, axis=0, return_index=True)
    nameless = Name("", "", "", origin)
    return Anchorages(
        np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1]), table[:, 2].astype(np.float32),
        (origin,) if origin else (), description,
        tuple(names[k] for k in first.tolist()) if len(names) else (nameless,) * len(table),
    )  # fmt: skip


def no_anchorages() -> Anchorages:
    """The empty set: nothing is masked."""
    return make_anchorages(np.empty(0), np.empty(0), DEFAULT_RADIUS_M, "", "no anchorages")


def join(a: Anchorages, b: Anchorages) -> Anchorages:
    """All anchorages of both."""
    both = make_anchorages(
        np.concatenate([a.lat_deg, b.lat_deg]), np.concatenate([a.lon_deg, b.lon_deg]),
        np.concatenate([a.radius_m, b.radius_m]), "", "; ".join(t for t in (a.description, b.description) if t),
        (*a.names, *b.names),
    )  # fmt: skip
    origins = tuple(dict.fromkeys(a.origins + b.origins))
    return Anchorages(both.lat_deg, both.lon_deg, both.radius_m, origins, both.description, both.names)


def from_stops(
    lat_deg: Any, lon_deg: Any, mmsi: Any, start_ms: Any, end_ms: Any, params: AnchorageParams | None = None,
    *, shore_m: Any = None,
) -> Anchorages:  # fmt: skip
    """Anchorages computed from stops: position, vessel and interval of each, arrays of one length in any order.

    ``shore_m``: distance of each stop to the shore in metres where the caller knows it; taken from the coast otherwise.
    The order of the stops does not matter.
    """
    p = params or AnchorageParams()
    given_lat, given_lon = positions(lat_deg, lon_deg)
    begin, finish, who = np.asarray(start_ms, np.int64), np.asarray(end_ms, np.int64), np.asarray(mmsi, np.int64)
    keep = np.isfinite(given_lat) & np.isfinite(given_lon) & (finish - begin >= p.stop_min_s * 1000.0)
    rows = np.flatnonzero(keep)
    rows = rows[np.lexsort((finish[rows], begin[rows], given_lon[rows], given_lat[rows], who[rows]))]
    lat, lon, vessel, start, end = given_lat[rows], given_lon[rows], who[rows], begin[rows], finish[rows]
    shore = load_coast().distance_to_shore_m(lat, lon) if shore_m is None else np.asarray(shore_m)[rows]
    near = shore <= p.near_shore_m
    far = (shore > p.near_shore_m) & (shore <= p.far_shore_m)
    stops = (lat, lon, vessel, start, end)
    mooring = near & (_company(stops, near, p.near_reach_m, -1.0) >= p.near_vessels)
    mooring |= far & (_company(stops, far, p.far_reach_m, p.far_within_s) >= p.far_vessels)
    words = (
        f"computed from {len(np.unique(vessel))} vessels' {len(lat)} stops of at least {p.stop_min_s:g} s: "
        f"{p.near_vessels} vessels within {p.near_reach_m:g} m up to {p.near_shore_m:g} m from shore, "
        f"{p.far_vessels} within {p.far_reach_m:g} m and {p.far_within_s:g} s up to {p.far_shore_m:g} m"
    )
    return make_anchorages(*_cells(lat[mooring], lon[mooring], p.cell_m), p.radius_m, COMPUTED, words)


def _company(stops: Sequence[Any], wanted: Any, reach_m: float, within_s: float) -> npt.NDArray[np.int32]:
    """Different vessels around each wanted stop (0 for the others); all stops count as company."""
    lat, lon, vessel, start, end = stops
    per_deg, columns, cell = row_cells(lat, lon, reach_m)
    order = np.argsort(cell, kind="stable")
    keys, first = np.unique(cell[order], return_index=True)
    out = np.zeros(len(lat), np.int32)
    if wanted.any():
        company(lat, lon, vessel, start, end, order, keys, np.append(first, len(cell)), per_deg, columns,
                float(reach_m), int(within_s * 1000.0), out)  # fmt: skip
    return np.where(wanted, out, 0).astype(np.int32)


def _cells(lat: Floats, lon: Floats, cell_m: float) -> tuple[Floats, Floats]:
    """Mean position of the points in each cell of about ``cell_m`` metres."""
    per_deg, _, _ = row_cells(lat, lon, cell_m)
    row = np.floor((lat + 90.0) * per_deg).astype(np.int64)
    rows, of = np.unique(row, return_inverse=True)
    # the house's own cosine: the platform's could put a stop into another cell elsewhere, and so change an event
    wide = np.array([max(float(cos_deg(float(r))), 1e-3) for r in (rows + 0.5) / per_deg - 90.0])
    col = np.floor((lon + 180.0) * per_deg * wide[of]).astype(np.int64)
    cells, which = np.unique(np.column_stack([row, col]), axis=0, return_inverse=True)
    counts = np.bincount(which.ravel(), minlength=len(cells))
    mean_lat = np.bincount(which.ravel(), lat, len(cells)) / np.maximum(counts, 1)
    mean_lon = np.bincount(which.ravel(), lon, len(cells)) / np.maximum(counts, 1)
    return mean_lat, mean_lon
