"""How far places are from the land that each party claims, and so in which of its bands they lie.

One index per claimant, over the land that it claims and the baselines that it declared where the table holds them. The
distance is that of ``places.grids.edge_tree``: right within 1 m up to 250 nm. No median line, agreement or award is
applied: a place within 200 nm of two parties' land lies in the bands of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.units import NM_M
from kizuna.places.claims.land import ClaimedLand, line_edges
from kizuna.places.claims.table import ZONE_RIGHTS, ClaimTable, Feature
from kizuna.places.grids.edge_tree import EdgeTree, build_tree
from kizuna.places.positions import positions

REACH_NM: Final = 200.0
"""Further than this nothing is measured."""
_SURE_M: Final = 100.0
_SAME_M: Final = 1.0
"""Two measurements to one shore agree within this."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Of n places: ``metres`` float32 from the nearest claimed land (0 on it, NaN beyond reach or without position).

    ``feature`` int32 is the number of that land's feature in ``ClaimedLand.features``, -1 where there is none.
    """

    metres: npt.NDArray[np.float32]
    feature: npt.NDArray[np.int32]

    def inside(self, limit_nm: float) -> npt.NDArray[np.bool_]:
        """Whether each place lies within the limit."""
        return np.asarray(self.metres <= limit_nm * NM_M)

    def to_line_m(self, limit_nm: float) -> npt.NDArray[np.float32]:
        """Metres to the line at the limit, positive inside, negative outside.

        Outside it is exact; inside it is the least way out toward the line, and the line may be further where the
        claimed land curves around the place.
        """
        return np.asarray(np.float32(limit_nm * NM_M) - self.metres)


@dataclass(frozen=True, slots=True, eq=False)
class LandIndex:
    """The land that one party claims (or a part of it) with what is needed to measure from it."""

    land: ClaimedLand = field(repr=False)
    claimant: str
    features: tuple[Feature, ...]
    _tree: EdgeTree = field(repr=False)
    _owner: npt.NDArray[np.int32] = field(repr=False)
    edges: npt.NDArray[np.float64] = field(repr=False)

    @staticmethod
    def build(land: ClaimedLand, claimant: str, features: Sequence[Feature], right: str) -> LandIndex:
        """Index of some features, with the declared baselines from which the claimant measures the right."""
        edges, owner = land.of(land.numbers(features))
        lines, line_owner = _declared(land, claimant, features, right)
        edges, owner = np.vstack([edges, *lines]), np.concatenate([owner, *line_owner])
        tree = build_tree(edges)
        return LandIndex(land, claimant, tuple(features), tree, np.append(owner, -1).astype(np.int32), edges)

    def __len__(self) -> int:
        """Number of edges."""
        return len(self.edges)

    def distances(self, lat_deg: Any, lon_deg: Any, reach_nm: float = REACH_NM) -> Distances:
        """Distance from the claimed land and whose it is, arrays of n degrees."""
        lat, lon = positions(lat_deg, lon_deg)
        metres, edge = self._tree.nearest(lat, lon, reach_nm * NM_M + _SURE_M)
        feature = self._owner[edge]
        near = np.flatnonzero(metres <= reach_nm * NM_M)
        ashore = near[self.land.coast.on_land(lat[near], lon[near])]
        if not len(ashore):
            return Distances(metres, feature)
        nearest_of_all = self.land.coast.distance_to_outline_m(lat[ashore], lon[ashore])
        metres[ashore[metres[ashore] <= nearest_of_all + _SAME_M]] = 0.0  # else it is another party's land
        return Distances(metres, feature)

    def from_shore_m(self, lat_deg: Any, lon_deg: Any, reach_nm: float) -> npt.NDArray[np.float64]:
        """Metres to the nearest edge, from land and sea alike; infinite beyond reach."""
        metres = self._tree.distance_m(*positions(lat_deg, lon_deg), reach_nm * NM_M + _SURE_M)
        return np.nan_to_num(metres.astype(np.float64), nan=np.inf)


def _declared(land: ClaimedLand, claimant: str, features: Sequence[Feature], right: str) -> tuple[list[Any], list[Any]]:
    lines: list[Any] = []
    owners: list[Any] = []
    seen: set[str] = set()
    for number, feature in zip(land.numbers(features), features, strict=True):
        claim = land.table.governing(feature, claimant, right)
        for shape in claim.shape.split(";") if claim is not None and claim.shape else ():
            if shape not in seen:
                seen.add(shape)
                lines.append(line_edges(land.table.shapes[shape]))
                owners.append(np.full(len(lines[-1]), number, np.int32))
    return lines, owners


def measured_from(table: ClaimTable, claimant: str, right: str) -> list[Feature]:
    """Features that a party claims and from which it asserts a right with a breadth."""
    rows = ((f, table.governing(f, claimant, right)) for f in table.claimed(claimant))
    return [f for f, row in rows if row is not None and row.limit_nm > 0]


@dataclass(frozen=True, slots=True)
class Bands:
    """Indexes of several claimants, each over all the land from which it asserts one right.

    Land that a row keeps out (a limit of 0) is left out; see ``ClaimTable.governing``.
    """

    land: ClaimedLand = field(repr=False)
    by_claimant: dict[str, LandIndex] = field(repr=False)

    @staticmethod
    def build(land: ClaimedLand, claimants: Iterable[str] = (), right: str = "territorial_sea") -> Bands:
        """Bands of the claimants given, or of all that claim land. Raises InputError for an unknown one."""
        table = land.table
        if right not in ZONE_RIGHTS:
            raise InputError(f"no breadth is measured for {right!r}", hint=f"one of {', '.join(ZONE_RIGHTS)}")
        wanted = sorted(set(claimants)) or [p for p in sorted(table.parties) if table.claimed(p)]
        for party in wanted:
            if party not in table.parties:
                raise InputError(f"no party {party!r}", hint=f"one of {', '.join(sorted(table.parties))}")
        return Bands(land, {p: LandIndex.build(land, p, measured_from(table, p, right), right) for p in wanted})

    def distances(self, lat_deg: Any, lon_deg: Any, reach_nm: float = REACH_NM) -> dict[str, Distances]:
        """For every claimant, in order of id, how far each place is from the land that it claims."""
        return {p: index.distances(lat_deg, lon_deg, reach_nm) for p, index in self.by_claimant.items()}

    def claimants_within(self, lat_deg: Any, lon_deg: Any, limit_nm: float) -> list[tuple[str, ...]]:
        """For every place the claimants whose claimed land lies within the limit, in order of id."""
        inside = {p: d.inside(limit_nm) for p, d in self.distances(lat_deg, lon_deg, limit_nm).items()}
        n = len(np.atleast_1d(lat_deg))
        return [tuple(p for p, held in inside.items() if held[i]) for i in range(n)]
