"""The node's own names of places, zones, ports and partners, by language: read from files, used wherever shown.

A file of names is TOML. Ids are those of the rows that they name; a language that is missing falls back to English, and
that to what the row itself says.

    [zones.ex-precaution-1]           # zone_id
    en = "Precautionary area 1"
    ja = "警戒区域1"

    [partners.A]                      # claimant or source
    en = "Party A"

    [ports.TWKHH]                     # port_id
    en = "Kaohsiung"

    [[places]]                        # points with a name on the map, beside the islands that are packaged
    lat = 24.45
    lon = 123.0
    radius_m = 3000                   # how large it is: the larger, the earlier its name is drawn
    en = "Home island"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError
from kizuna.base.languages import PAGES

LANGUAGES: Final = tuple(PAGES.values())
"""As pages name them."""
KINDS: Final = ("zones", "partners", "ports")
_TEXT_MOST: Final = 120
_RADIUS_M: Final = 1_000.0

Words = Mapping[str, str]
"""Language to name."""


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A point with a name; degrees, metres."""

    lat_deg: float
    lon_deg: float
    radius_m: float
    names: Words


@dataclass(frozen=True, slots=True)
class Names:
    """Own names by id, and places."""

    zones: Mapping[str, Words] = field(default_factory=dict)
    partners: Mapping[str, Words] = field(default_factory=dict)
    ports: Mapping[str, Words] = field(default_factory=dict)
    places: tuple[NamedPlace, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As the API gives them."""
        return {
            "zones": self.zones, "partners": self.partners, "ports": self.ports,
            "places": [{"lat": p.lat_deg, "lon": p.lon_deg, "radius_m": p.radius_m, "names": p.names}
                       for p in self.places],
        }  # fmt: skip


def read_names(paths: Sequence[Path]) -> Names:
    """Names of several files; later ones win. Raises ConfigError that names file and key."""
    kinds: dict[str, dict[str, Words]] = {k: {} for k in KINDS}
    places: list[NamedPlace] = []
    for path in paths:
        found = _parsed(path)
        for key in found:
            if key not in (*KINDS, "places"):
                raise ConfigError(f"unknown section {key!r}", where=str(path), hint=f"{', '.join(KINDS)}, places")
        for kind, held in kinds.items():
            for name, words in _table(found.get(kind, {}), f"{path} [{kind}]").items():
                held[name] = _words(words, f"{path} [{kind}.{name}]", LANGUAGES)
        rows = found.get("places", [])
        if not isinstance(rows, list):
            raise ConfigError("write [[places]] above each place", where=str(path))
        places += [_place(row, f"{path} [[places]] {n}") for n, row in enumerate(rows, 1)]
    return Names(kinds["zones"], kinds["partners"], kinds["ports"], tuple(places))


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"cannot be read: {exc}", where=str(path)) from exc


def _table(found: Any, where: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ConfigError("must be a section", where=where)
    return found


def _words(found: Any, where: str, known: Sequence[str]) -> dict[str, str]:
    out = {}
    for key, text in _table(found, where).items():
        if key not in known:
            raise ConfigError(f"unknown key {key!r}", where=where, hint=", ".join(known))
        if not isinstance(text, str) or not 0 < len(text.strip()) <= _TEXT_MOST:
            raise ConfigError(f"{key}: a name has 1 to {_TEXT_MOST} letters", where=where)
        out[key] = text.strip()
    return out


def _place(row: Any, where: str) -> NamedPlace:
    found = _table(row, where)
    numbers = {}
    for key, default in (("lat", None), ("lon", None), ("radius_m", _RADIUS_M)):
        value = found.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"{key} must be a number", where=where)
        numbers[key] = float(value)
    if not (abs(numbers["lat"]) <= 90 and abs(numbers["lon"]) <= 180 and numbers["radius_m"] > 0):  # noqa: PLR2004
        raise ConfigError("lies not on the globe", where=where, hint="lat and lon in degrees, radius_m above 0")
    words = {k: v for k, v in found.items() if k not in numbers}
    names = _words(words, where, LANGUAGES)
    if not names:
        raise ConfigError("has no name", where=where, hint=", ".join(LANGUAGES))
    return NamedPlace(numbers["lat"], numbers["lon"], numbers["radius_m"], names)
