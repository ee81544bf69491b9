"""A zone: an area with a purpose, as one party or source states it.

Zones that overlap stand side by side; nothing is merged and no claim is weighed. The claimant is whoever asserts the
zone and may be empty (a rectangle that an operator drew). The outline has the plain form of ``places.outline``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import shapely

from kizuna.base.errors import InputError
from kizuna.base.ids import hash_hex
from kizuna.places.outline import Ring, outline, ring_from

DEFAULT_KIND: Final = "area"
_TEXT_LIMIT: Final = 500

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "zone_id": ("zone_id", "zoneid", "mrgid", "id", "gid", "wdpaid", "site_id", "fid", "objectid"),
    "name": ("name", "geoname", "zone_name", "title", "label", "name_en"),
    "kind": ("kind", "zone_kind", "zone_type", "pol_type", "type", "category", "desig_eng"),
    "basis": ("basis", "legal_basis", "source", "doc", "url"),
}
"""Property names that a reader looks for, first match wins, upper and lower case alike."""
_SOVEREIGNS: Final = ("sovereign1", "sovereign2", "sovereign3")
_CLAIMANTS: Final = ("claimant", "claimants", *_SOVEREIGNS, "sovereign", "iso_sov1", "party")
"""Names for the claimant: the first of the plain names, or all of ``sovereign1`` to ``sovereign3`` joined by ``;``."""


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone. ``rings`` is its outline, ``notes`` tells what was repaired when it was read.

    Two zones are equal when everything that is said of them is equal; the outline counts by its digest.
    """

    zone_id: str
    name: str
    kind: str
    claimant: str
    basis: str
    rings: tuple[Ring, ...] = field(compare=False, repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    notes: tuple[str, ...] = ()
    outline_digest: str = ""

    def __post_init__(self) -> None:
        """Refuse a zone without id or outline; fill in the digest of the outline."""
        if not self.zone_id:
            raise InputError("a zone needs an id")
        if not self.rings:
            raise InputError("the area is empty", where=f"zone {self.zone_id}")
        if not self.outline_digest:
            object.__setattr__(self, "outline_digest", digest_of(self.rings))

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees; a zone that crosses 180 degrees spans the whole width."""
        low = np.min([r.min(axis=0) for r in self.rings], axis=0)
        high = np.max([r.max(axis=0) for r in self.rings], axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def vertex_count(self) -> int:
        """Corners of the outline."""
        return sum(len(r) - 1 for r in self.rings)

    def area(self) -> Any:
        """The zone as a shapely area, for drawing and export."""
        return shapely.build_area(shapely.multilinestrings([shapely.linestrings(r) for r in self.rings]))


def digest_of(rings: Sequence[Ring]) -> str:
    """Hash of an outline, the same wherever it is read."""
    return hash_hex("outline", *(np.ascontiguousarray(r, "<f8").tobytes() for r in rings))


def make_zone(
    polygons: Sequence[Sequence[Any]],
    *,
    zone_id: str = "",
    name: str = "",
    kind: str = DEFAULT_KIND,
    claimant: str = "",
    basis: str = "",
    attributes: Mapping[str, str] | None = None,
) -> Zone:
    """Build a zone from polygons, each a shell and its holes, each ring a sequence of (longitude, latitude) in degrees.

    Without ``zone_id`` the id is a hash of name and outline. Raises InputError for an outline that encloses nothing.
    """
    checked = [[ring_from(ring) for ring in rings] for rings in polygons if len(rings)]
    rings, notes = outline(checked)
    digest = digest_of(rings)
    return Zone(
        zone_id or "zone-" + hash_hex("zone", name, digest)[:12],
        name, kind or DEFAULT_KIND, claimant, basis, rings, dict(attributes or {}), tuple(notes), digest,
    )  # fmt: skip


def zone_from_properties(
    polygons: Sequence[Sequence[Any]], properties: Mapping[str, Any], feature_id: Any = None
) -> Zone:
    """Build a zone from a feature's polygons and its free-form properties.

    Recognised names are listed in the module; the rest of the properties become ``attributes`` as text. A
    ``zone_id`` property goes before the feature's own id, which goes before the other id names.
    """
    by_name = {str(k).strip().lower(): v for k, v in properties.items()}
    own = _text(by_name.get("zone_id")) or _text(feature_id)
    used: set[str] = set()
    found = {key: _first(by_name, names, used) for key, names in _NAMES.items()}
    said = [(n, _text(by_name.get(n))) for n in _CLAIMANTS if _text(by_name.get(n))]
    said = [s for s in said if s[0] in _SOVEREIGNS] if said and said[0][0] in _SOVEREIGNS else said[:1]
    used |= {n for n, _ in said}
    rest = {k: _text(v) for k, v in by_name.items() if k not in used and _text(v)}
    return make_zone(
        polygons, zone_id=own or found["zone_id"], name=found["name"], kind=found["kind"].lower() or DEFAULT_KIND,
        claimant=";".join(dict.fromkeys(t for _, t in said)), basis=found["basis"], attributes=rest,
    )  # fmt: skip


def _first(by_name: Mapping[str, Any], names: Sequence[str], used: set[str]) -> str:
    for name in names:
        text = _text(by_name.get(name))
        if text:
            used.add(name)
            return text
    return ""


def _text(value: Any) -> str:
    """Scalar property as one line of text; nothing for null, NaN, lists and objects."""
    if value is None or isinstance(value, (list, dict, tuple, set, bytes)):
        return ""
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            return ""
        if float(value).is_integer():
            value = int(value)
    return " ".join(str(value).split())[:_TEXT_LIMIT]


def joined(zones: Sequence[Zone]) -> list[Zone]:
    """Zones with parts that carry the same id put together; other zones as they are, in order of first appearance.

    Raises InputError where two zones share an id but not what is said of them.
    """
    groups: dict[str, list[Zone]] = {}
    for zone in zones:
        groups.setdefault(zone.zone_id, []).append(zone)
    return [parts[0] if len(parts) == 1 else _joined(parts) for parts in groups.values()]


def _joined(parts: list[Zone]) -> Zone:
    first = parts[0]
    for part in parts[1:]:
        if (part.name, part.kind, part.claimant, part.basis) != (first.name, first.kind, first.claimant, first.basis):
            raise InputError(
                "two different zones have the same id", where=f"zone {first.zone_id}", hint="give each its own zone_id"
            )
    polygons = [[r] for part in parts for r in part.rings] if all(len(p.rings) == 1 for p in parts) else None
    if polygons is None:
        whole = shapely.union_all([p.area() for p in parts])
        polygons = [[g.exterior.coords, *(i.coords for i in g.interiors)] for g in shapely.get_parts(whole)]
    zone = make_zone(
        polygons, zone_id=first.zone_id, name=first.name, kind=first.kind, claimant=first.claimant, basis=first.basis,
        attributes=first.attributes,
    )  # fmt: skip
    notes = dict.fromkeys([n for p in parts for n in p.notes] + [*zone.notes, f"joined from {len(parts)} parts"])
    return replace(zone, notes=tuple(notes))
