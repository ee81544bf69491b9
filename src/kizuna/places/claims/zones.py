"""Computed claim zones as ``Zone`` outlines: one per group of features, claimant and limit, for detectors and maps.

Every zone says ``computed``: it is measured here from the packaged coast, and is no official limit of anybody. Rivals
over one water get a zone each; none is cut where another begins. The outline includes the land itself and waters
inside it. Zone ids are neutral as to the feature and name the claimant by id:
``claim-12nm-g2574n12347e-jp``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.units import NM_M
from kizuna.places.claims.bands import LandIndex
from kizuna.places.claims.land import ClaimedLand
from kizuna.places.claims.reach import ERROR_M, outline_at
from kizuna.places.claims.table import ZONE_RIGHTS, Claim, ClaimTable, Feature
from kizuna.places.claims.viewpoint import NEUTRAL, Viewpoint
from kizuna.places.zone import Zone, make_zone

KIND: Final = "claim"
LABEL: Final = "computed"
_M_PER_DEG: Final = 110_574.0
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which zones to compute: limits, claimants (all where empty), only watched groups, only near a box."""

    limits_nm: Sequence[float] = (12.0,)
    claimants: Sequence[str] = ()
    only_watched: bool = True
    box: Box | None = None

    def check(self, table: ClaimTable) -> None:
        """Raise InputError for a limit that nobody measures or a party that is not in the table."""
        known = sorted({c.limit_nm for c in table.claims if c.limit_nm > 0 and c.right in ZONE_RIGHTS})
        for limit in self.limits_nm:
            if limit not in known:
                raise InputError(
                    f"no claim has a limit of {limit:g} nm", hint=f"one of {', '.join(f'{k:g}' for k in known)}"
                )
        for party in self.claimants:
            if party not in table.parties:
                raise InputError(f"no party {party!r}", hint=f"one of {', '.join(sorted(table.parties))}")


@dataclass(frozen=True, slots=True)
class Part:
    """One zone to be: features of one group from which one claimant asserts one right to one limit."""

    group: str
    claimant: str
    claim: Claim
    features: tuple[Feature, ...]

    @property
    def zone_id(self) -> str:
        """Neutral as to the feature."""
        return f"claim-{self.claim.limit_nm:g}nm-{self.group}-{self.claimant.lower()}"


def parts(table: ClaimTable, wanted: Wanted) -> list[Part]:
    """The zones that a request means, before anything is computed, by group, claimant and limit."""
    wanted.check(table)
    found: dict[tuple[str, str, float, str], tuple[Claim, list[Feature]]] = {}
    for feature in table.features.values():
        if wanted.only_watched and not table.groups[feature.group].watch:
            continue
        for claimant in table.sovereigns(feature):
            if wanted.claimants and claimant not in wanted.claimants:
                continue
            for claim in table.limits(feature, claimant):
                if claim.limit_nm in wanted.limits_nm:
                    key = (feature.group, claimant, claim.limit_nm, claim.right)
                    found.setdefault(key, (claim, []))[1].append(feature)
    return [Part(k[0], k[1], claim, tuple(features)) for k, (claim, features) in sorted(found.items())]


def claim_zones(land: ClaimedLand, wanted: Wanted, view: Viewpoint = NEUTRAL) -> list[Zone]:
    """Computed zones of a request, named as the viewpoint names them; the view changes no geometry and no membership.

    Raises InputError for an unknown limit or party.
    """
    out = []
    for part in parts(land.table, wanted):
        if wanted.box is not None and not near(part, land, wanted.box):
            continue
        polygons = _polygons(land, part)
        if polygons:
            out.append(_zone(land.table, part, polygons, view))
    return out


def near(part: Part, land: ClaimedLand, box: Box) -> bool:
    """Whether the zone can reach a box (west, south, east, north in degrees; west above east crosses 180)."""
    edges = land.edges_of(part.features)
    if not len(edges):
        return False
    tall = part.claim.limit_nm * NM_M / _M_PER_DEG + 1.0
    lat = edges[:, [1, 3]]
    wide = tall / max(math.cos(math.radians(min(float(np.abs(lat).max()) + tall, 89.0))), 0.02)
    west, south, east, north = box
    span = (east - west) % 360.0 if east - west < 360.0 else 360.0  # noqa: PLR2004  a turn
    if float(lat.min()) - tall > north or float(lat.max()) + tall < south:
        return False
    offset = (edges[:, 0] - (west - wide)) % 360.0
    return bool((offset <= span + 2.0 * wide).any())


@lru_cache(maxsize=512)
def _polygons(land: ClaimedLand, part: Part) -> tuple[tuple[Any, ...], ...]:
    """The outline, computed once per process."""
    index = LandIndex.build(land, part.claimant, part.features, part.claim.right)
    limit_nm = part.claim.limit_nm

    def distance(lat: Any, lon: Any) -> Any:
        return index.from_shore_m(lat, lon, 1.05 * limit_nm)

    return tuple(tuple(rings) for rings in outline_at(index.edges, limit_nm * NM_M, distance, land.coast.on_land))


def _zone(table: ClaimTable, part: Part, polygons: tuple[tuple[Any, ...], ...], view: Viewpoint) -> Zone:
    claim = part.claim
    named = view.name_of(table, part.group)
    stances = [s for f in part.features for s in table.stances_on(claim, f)]
    attributes = {
        "label": LABEL, "limit_nm": f"{claim.limit_nm:g}", "right": claim.right, "group": part.group,
        "features": str(len(part.features)), "claim_view": view.party or view.NEUTRAL_WORD,
        "line_error_m": f"{ERROR_M:g}", "claimant_name": view.party_name(table, part.claimant),
        "instrument": claim.instrument, "date": claim.date, "source": claim.source, "checked": claim.checked,
        "objections": ";".join(sorted({s.party for s in stances if s.stance == "objects"})),
        "recognitions": ";".join(sorted({s.party for s in stances if s.stance == "recognises"})),
    }  # fmt: skip
    basis = f"{LABEL}: {claim.limit_nm:g} nm from the coast" + (" and declared baselines" if claim.shape else "")
    return make_zone(
        polygons, zone_id=part.zone_id, name=f"{claim.limit_nm:g} nm of {named}", kind=KIND, claimant=part.claimant,
        basis=basis, attributes={k: v for k, v in attributes.items() if v},
    )  # fmt: skip
