"""The table of claims: parties, features, what each claims of them, who agrees or objects, and what each calls them.

Rules of the table:

- Every row is one party's assertion and names its source. Nothing is merged, ranked or judged; rows of rivals stand
  side by side. ``checked`` says ``text`` where the author of the row read the source named or a report that quotes it,
  and ``no`` where the row is from memory and a person must check it before it is shown.
- Ids are neutral: a feature is named by the cell of 0.01 degree that holds its point (``f2574n12347e`` is the cell
  from 25.74 N, 123.47 E), a group of features by the point of its first one (``g...``). Names are data of parties.
- A claim speaks of one feature, of a group, or of all land that the claimant claims (subject ``*``). For one right the
  narrower subject goes before the wider one; a limit of 0 there means that nothing is measured from this land.
- A party, a feature and a name are never removed by configuration, only rows that the operator's own file replaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError

EVERYWHERE: Final = "*"
KINDS: Final = ("land", "island", "rock", "low_tide", "built", "submerged", "area")
"""Kind of a feature. The last three and ``low_tide`` carry land in the coast only where the sea is kept out by hand."""
RIGHTS: Final = ("sovereignty", "territorial_sea", "contiguous_zone", "eez", "baseline", "air_defence", "jurisdiction",
                 "other")  # fmt: skip
"""What is claimed. ``jurisdiction``: the feature lies in waters of the claimant, who claims no land there."""
ZONE_RIGHTS: Final = ("territorial_sea", "contiguous_zone", "eez")
_AIR: Final = ("air_defence", "other")
STANCES: Final = ("recognises", "objects", "no_position")
CHECKED: Final = ("text", "no")
LANGUAGES: Final = ("en", "ja", "zh-Hant", "zh-Hans", "ko", "ru", "fil", "vi", "ms")


@dataclass(frozen=True, slots=True)
class Party:
    """Who claims, recognises or objects. ``names``: language to name; the id is a code without meaning in law."""

    party: str
    names: Mapping[str, str]
    note: str = ""

    def name(self, language: str) -> str:
        """The name in a language, else in English, else the id."""
        return self.names.get(language) or self.names.get("en") or self.party


@dataclass(frozen=True, slots=True)
class Group:
    """Features that are spoken of together. ``watch``: among the zones that ``detect --claims`` takes by default."""

    group: str
    lat_deg: float
    lon_deg: float
    watch: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Feature:
    """A piece of land or sea. ``reach_nm``: coast within so far of the point is its land; ``shape`` instead: an area.

    A feature without land in the coast is a circle of ``radius_m`` round its point, or nothing where that is 0.
    """

    feature: str
    group: str
    kind: str
    lat_deg: float
    lon_deg: float
    reach_nm: float
    radius_m: float
    shape: str
    source: str
    checked: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One assertion. ``limit_nm`` NaN: the right has no breadth; ``shape``: drawn or measured from this line or area."""

    subject: str
    claimant: str
    right: str
    limit_nm: float
    shape: str
    basis: str
    instrument: str
    date: str
    source: str
    checked: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stance:
    """What another party says of a claim (of all claims by ``claimant`` over the subject where ``right`` is empty)."""

    subject: str
    claimant: str
    right: str
    party: str
    stance: str
    ground: str
    instrument: str
    date: str
    source: str
    checked: str


@dataclass(frozen=True, slots=True)
class Name:
    """What a party (nobody in particular where empty) calls a feature or group in a language."""

    subject: str
    party: str
    language: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A line or an area by its corners, columns longitude and latitude; an area is closed by itself."""

    shape: str
    kind: str
    points: npt.NDArray[np.float64]
    source: str
    checked: str


@dataclass(frozen=True, slots=True, eq=False)
class ClaimTable:
    """All rows. Build it with ``claims.reading``; it is checked there."""

    parties: Mapping[str, Party]
    groups: Mapping[str, Group]
    features: Mapping[str, Feature]
    claims: tuple[Claim, ...]
    stances: tuple[Stance, ...]
    names: tuple[Name, ...]
    shapes: Mapping[str, Shape]

    def members(self, group: str) -> list[Feature]:
        """Features of a group in order of the table."""
        return [f for f in self.features.values() if f.group == group]

    def subjects_of(self, feature: Feature) -> tuple[str, str, str]:
        """Subjects whose claims speak of a feature, the narrowest first."""
        return feature.feature, feature.group, EVERYWHERE

    def sovereigns(self, feature: Feature) -> list[str]:
        """Ids of the parties that claim the feature as their land, in order of id."""
        own = self.subjects_of(feature)[:2]
        return sorted({c.claimant for c in self.claims if c.right == "sovereignty" and c.subject in own})

    def claimed(self, claimant: str) -> list[Feature]:
        """Features that a party claims as its land."""
        return [f for f in self.features.values() if claimant in self.sovereigns(f)]

    def governing(self, feature: Feature, claimant: str, right: str) -> Claim | None:
        """The narrowest row in which a claimant asserts a right from a feature; None without one."""
        for subject in self.subjects_of(feature):
            for claim in self.claims:
                if claim.subject == subject and claim.claimant == claimant and claim.right == right:
                    return claim
        return None

    def limits(self, feature: Feature, claimant: str) -> list[Claim]:
        """Zones that a claimant measures from a feature, each with a limit above 0, by breadth."""
        rows = [self.governing(feature, claimant, right) for right in ZONE_RIGHTS]
        return sorted((r for r in rows if r is not None and r.limit_nm > 0), key=lambda r: r.limit_nm)

    def stances_on(self, claim: Claim, feature: Feature | None = None) -> list[Stance]:
        """What others say of a claim, asked for one feature where that is given; by party, then date."""
        subjects = {claim.subject} if feature is None else set(self.subjects_of(feature))
        found = (s for s in self.stances if s.claimant == claim.claimant and s.right in ("", claim.right))
        return sorted((s for s in found if s.subject in subjects), key=lambda s: (s.party, s.date))

    def disputed(self, group: str) -> bool:
        """Whether two parties claim land of the group, or one objects to a claim over it or its sea (not its air)."""
        members = self.members(group)
        if any(len(self.sovereigns(f)) > 1 for f in members):
            return True
        own = {group, *(f.feature for f in members)}
        return any(s.stance == "objects" and s.subject in own and s.right not in _AIR for s in self.stances)

    def rows(self) -> Iterator[Claim | Stance]:
        """Claims, then stances."""
        yield from self.claims
        yield from self.stances


def grid_id(lat_deg: float, lon_deg: float, mark: str = "f") -> str:
    """Neutral id of the cell of 0.01 degree that holds a point; degrees are cut off, not rounded.

    Raises InputError for a point that is not on the globe.
    """
    lat, lon = _hundredths(lat_deg, lon_deg)
    north, east = "ns"[lat_deg < 0], "ew"[lon_deg < 0]
    return f"{mark}{lat:04d}{north}{lon:05d}{east}"


def grid_name(lat_deg: float, lon_deg: float) -> str:
    """The same cell for people: ``25.74N 123.47E``."""
    lat, lon = _hundredths(lat_deg, lon_deg)
    return f"{lat / 100:.2f}{'NS'[lat_deg < 0]} {lon / 100:.2f}{'EW'[lon_deg < 0]}"


def _hundredths(lat_deg: float, lon_deg: float) -> tuple[int, int]:
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):  # noqa: PLR2004  the globe
        raise InputError(f"no such place: {lat_deg}, {lon_deg}", hint="latitude, longitude in degrees")
    # a decimal such as 20.43 may lie a hair below its cell; a millionth of a cell is a centimetre
    return int(abs(lat_deg) * 100 + 1e-6), int(abs(lon_deg) * 100 + 1e-6)
