"""Submarine cables, as somebody's file draws them: lines to look at, with whose cable it is and who says so.

A cable is no zone and raises no alert. Published routes are simplified on purpose; what is drawn is where a file has
it, and a card says which file, by whom and under which licence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.ids import hash_hex
from kizuna.base.table import Array
from kizuna.places.geojson import checked_line, line_features, plain_text

MAX_CABLES: Final = 20_000
MAX_VERTICES: Final = 200_000
MAX_BYTES: Final = 64 * 2**20
_DECIMALS: Final = 5
"""About a metre; a published route is not known better than that."""
_WORDS: Final = {
    "name": ("name", "cable", "cable_name", "cablename"),
    "owner": ("owner", "owners", "operator"),
    "status": ("status", "state", "condition"),
    "source": ("source", "attribution", "basis"),
    "licence": ("licence", "license"),
}
"""Names of properties that are understood, in any case, the first that says something."""


@dataclass(frozen=True, slots=True)
class Cable:
    """One cable. Empty texts: the file does not say. ``lines``: arrays (n, 2) of longitude and latitude, degrees."""

    cable_id: str
    name: str = ""
    owner: str = ""
    status: str = ""
    source: str = ""
    licence: str = ""
    lines: tuple[Array, ...] = field(default=(), compare=False, repr=False)


def make_cable(
    lines: Sequence[Any], properties: Mapping[str, Any] | None = None, feature_id: Any = None,
    of_file: Mapping[str, str] | None = None,
) -> Cable:  # fmt: skip
    """A cable from lines of (longitude, latitude) in degrees and free-form properties.

    Understood, in any case: ``cable_id`` (or ``id``), ``name``, ``owner`` (``operator``), ``status``, ``source``
    (``attribution``), ``licence`` (``license``). ``of_file`` holds source and licence where the feature states none.
    Raises InputError for a line that is no line.
    """
    said = {str(k).strip().lower(): plain_text(v) for k, v in (properties or {}).items()}
    checked = tuple(checked_line(line, "cable", MAX_VERTICES) for line in lines)
    if not checked:
        raise InputError("a cable needs a line")
    found = {word: next((said[n] for n in names if said.get(n)), "") for word, names in _WORDS.items()}
    for word in ("source", "licence"):
        found[word] = found[word] or (of_file or {}).get(word, "")
    digest = hash_hex("cable", *(np.ascontiguousarray(line, "<f8").tobytes() for line in checked))[:8]
    cable_id = said.get("cable_id") or plain_text(feature_id) or said.get("id") or f"cable-{digest}"
    return Cable(cable_id, **found, lines=checked)


def cables_from_geojson(data: bytes | str, of_file: Mapping[str, str] | None = None) -> list[Cable]:
    """Cables of a GeoJSON text. Source and licence may stand beside ``features``, for all of them.

    Raises InputError naming the feature.
    """
    document, features = line_features(data, "cable", most=MAX_CABLES, bytes_most=MAX_BYTES)
    whole = {str(k).strip().lower(): plain_text(v) for k, v in document.items() if k != "features"}
    stated = {word: next((whole[n] for n in _WORDS[word] if whole.get(n)), "") for word in ("source", "licence")}
    beside = {**(of_file or {}), **{k: v for k, v in stated.items() if v}}
    out = []
    for number, lines, properties, feature_id in features:
        try:
            out.append(make_cable(lines, properties, feature_id, beside))
        except InputError as exc:
            raise InputError(exc.message, where=f"feature {number}", hint=exc.hint) from exc
    return out


def cables_geojson(cables: Sequence[Cable]) -> dict[str, Any]:
    """A FeatureCollection of the cables in the order given; each carries all its texts, empty ones too."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature", "id": c.cable_id,
                "geometry": {"type": "MultiLineString", "coordinates": [_rounded(line) for line in c.lines]},
                "properties": {
                    "cable_id": c.cable_id, "name": c.name, "owner": c.owner, "status": c.status, "source": c.source,
                    "licence": c.licence,
                },
            }
            for c in cables
        ],
    }  # fmt: skip


def _rounded(line: Array) -> list[list[float]]:
    rounded: list[list[float]] = np.round(line, _DECIMALS).tolist()
    return rounded
