"""Who claims a place: every claim of the table that speaks of it, with its basis and what others say of it.

The answer lists claims, it does not weigh them. A place within a party's limit is said to lie *within N nm of land that
the party claims*, by computation; whether that makes it the party's water is not said. No median line, agreement or
award is applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import shapely

from kizuna.base.units import NM_M
from kizuna.places.claims.bands import LandIndex
from kizuna.places.claims.land import ClaimedLand
from kizuna.places.claims.table import ZONE_RIGHTS, Claim, ClaimTable, Feature, Stance, grid_name
from kizuna.places.claims.viewpoint import NEUTRAL, Viewpoint
from kizuna.places.claims.zones import LABEL, Part, Wanted, near, parts

_NEARBY_NM: Final = 5.0
"""A feature without land of its own is spoken of within so far of its point."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One claim at the place. ``distance_m`` from the claimed land (NaN for an area); ``inside_m`` from the line.

    ``main`` marks the entries that say most: per claimant the narrowest zone of each group, and zones of 200 nm only
    where the claimant has no narrower one.
    """

    claim: Claim
    group: str
    feature: str
    distance_m: float
    inside_m: float
    stances: tuple[Stance, ...]
    main: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """All claims at one place, claimants in the order of the viewpoint."""

    lat_deg: float
    lon_deg: float
    on_land: bool
    view: Viewpoint
    entries: tuple[Entry, ...]

    def claimants(self, right: str = "") -> tuple[str, ...]:
        """Parties with an entry, or with one of a given right, each once in order."""
        return tuple(dict.fromkeys(e.claim.claimant for e in self.entries if not right or e.claim.right == right))


def claims_at(land: ClaimedLand, lat_deg: float, lon_deg: float, view: Viewpoint = NEUTRAL) -> Answer:
    """Claims that speak of a place. Raises InputError for a place that is not on the globe."""
    grid_name(lat_deg, lon_deg)  # checks the place
    on_land = bool(land.coast.on_land([lat_deg], [lon_deg])[0])
    found = [*_bands(land, lat_deg, lon_deg), *_areas(land.table, lat_deg, lon_deg), *_nearby(land, lat_deg, lon_deg)]
    rank = {p: i for i, p in enumerate(view.in_order(e.claim.claimant for e in found))}
    found.sort(key=lambda e: (rank[e.claim.claimant], _breadth(e), e.distance_m, e.group, e.claim.right))
    return Answer(lat_deg, lon_deg, on_land, view, tuple(_marked(found)))


def _breadth(entry: Entry) -> float:
    if entry.claim.right == "sovereignty":
        return 0.0
    return entry.claim.limit_nm if entry.claim.right in ZONE_RIGHTS else 1e6


def _marked(entries: Sequence[Entry]) -> list[Entry]:
    """Entries with ``main`` set."""
    seen: set[tuple[str, str]] = set()
    narrow: set[str] = set()
    out = []
    for e in entries:
        main = True
        if e.claim.right in (*ZONE_RIGHTS, "sovereignty"):
            wide = e.claim.right == "eez"
            main = (e.claim.claimant, e.group) not in seen and not (wide and e.claim.claimant in narrow)
            seen.add((e.claim.claimant, e.group))
            narrow |= {e.claim.claimant}
        out.append(Entry(e.claim, e.group, e.feature, e.distance_m, e.inside_m, e.stances, main))
    return out


def _bands(land: ClaimedLand, lat: float, lon: float) -> list[Entry]:
    table = land.table
    here = (lon, lat, lon, lat)
    out = []
    for part in _all_parts(table):
        if not near(part, land, here):
            continue
        index = _index(land, part)
        got = index.distances([lat], [lon], part.claim.limit_nm)
        metres = float(got.metres[0])
        if not metres <= part.claim.limit_nm * NM_M:
            continue
        feature = land.features[int(got.feature[0])]
        inside_m = part.claim.limit_nm * NM_M - metres
        entry = Entry(part.claim, part.group, feature.feature, metres, inside_m, _stances(table, part.claim, feature))
        out.append(entry)
        if metres == 0.0 and part.claim.right == "territorial_sea":
            own = table.governing(feature, part.claimant, "sovereignty")
            if own is not None:
                out.append(Entry(own, part.group, feature.feature, 0.0, np.nan, _stances(table, own, feature)))
    return out


def _stances(table: ClaimTable, claim: Claim, feature: Feature) -> tuple[Stance, ...]:
    return tuple(table.stances_on(claim, feature))


def _air_bands(table: ClaimTable) -> list[Part]:
    rows = [c for c in table.claims if c.right == "air_defence" and c.limit_nm > 0 and c.subject in table.groups]
    return [Part(c.subject, c.claimant, c, tuple(table.members(c.subject))) for c in rows]


@lru_cache(maxsize=8)
def _all_parts(table: ClaimTable) -> tuple[Part, ...]:
    limits = sorted({c.limit_nm for c in table.claims if c.limit_nm > 0 and c.right in ZONE_RIGHTS})
    return *parts(table, Wanted(limits, only_watched=False)), *_air_bands(table)


@lru_cache(maxsize=512)
def _index(land: ClaimedLand, part: Part) -> LandIndex:
    return LandIndex.build(land, part.claimant, part.features, part.claim.right)


def _areas(table: ClaimTable, lat: float, lon: float) -> list[Entry]:
    out = []
    for claim in table.claims:
        shape = table.shapes.get(claim.shape)
        if shape is None or shape.kind != "area" or claim.right != "air_defence" or claim.subject not in table.groups:
            continue
        if shapely.contains_xy(shapely.Polygon(shape.points), lon, lat):
            first = table.members(claim.subject)[0]
            out.append(Entry(claim, claim.subject, first.feature, np.nan, np.nan, _stances(table, claim, first)))
    return out


def _nearby(land: ClaimedLand, lat: float, lon: float) -> list[Entry]:
    """Claims of jurisdiction over features of which the place is close to the point."""
    table = land.table
    out = []
    for claim in table.claims:
        if claim.right != "jurisdiction":
            continue
        for feature in table.features.values():
            if claim.subject in (feature.feature, feature.group):
                metres = distance_of(feature, lat, lon)
                if metres <= _NEARBY_NM * NM_M:
                    out.append(Entry(claim, feature.group, feature.feature, metres, np.nan,
                                     _stances(table, claim, feature)))  # fmt: skip
    return out


def distance_of(feature: Feature, lat_deg: float, lon_deg: float) -> float:
    """Metres from a feature's point."""
    from kizuna.base.kernels import distance_m  # noqa: PLC0415  compiles when first used

    return float(distance_m(feature.lat_deg, feature.lon_deg, lat_deg, lon_deg))


def as_dict(answer: Answer, table: ClaimTable) -> dict[str, Any]:
    """The answer for a program; names as its viewpoint has them, texts as the table has them."""
    view = answer.view
    return {
        "lat": answer.lat_deg, "lon": answer.lon_deg, "cell": grid_name(answer.lat_deg, answer.lon_deg),
        "on_land": answer.on_land, "view": view.party or view.NEUTRAL_WORD, "label": LABEL,
        "claims": [_entry(e, table, view) for e in answer.entries],
    }  # fmt: skip


def _entry(e: Entry, table: ClaimTable, view: Viewpoint) -> dict[str, Any]:
    c = e.claim
    return {
        "claimant": c.claimant, "claimant_name": view.party_name(table, c.claimant), "right": c.right,
        "limit_nm": _or_none(c.limit_nm), "feature": e.feature, "feature_name": view.name_of(table, e.feature),
        "group": e.group, "group_name": view.name_of(table, e.group), "distance_from_land_m": _or_none(e.distance_m),
        "inside_the_line_m": _or_none(e.inside_m), "basis": c.basis, "instrument": c.instrument, "date": c.date,
        "source": c.source, "checked": c.checked, "note": c.note, "main": e.main,
        "stances": [
            {"party": s.party, "party_name": view.party_name(table, s.party), "stance": s.stance, "ground": s.ground,
             "instrument": s.instrument, "date": s.date, "source": s.source, "checked": s.checked}
            for s in e.stances
        ],
    }  # fmt: skip


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)
