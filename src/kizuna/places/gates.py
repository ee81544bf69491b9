"""Gates: lines drawn across a water, at which passing ships are counted.

A gate is one or more lines with a name for each direction of crossing. Whoever looks along the line from its first
point to its last has ``left`` on the left hand: ``left_to_right`` names the crossing from there to the other side. A
gate is a place to count at; it states no boundary and no claim.

Gates come from GeoJSON (``gates_from_geojson``), from GIS files (``links.gate_files``) or from the packaged set
(``packaged_gates``), small lines drawn by hand, each with a note of how it was chosen. Lines are straight in latitude
and longitude; a gate may cross 180 degrees.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.ids import hash_hex
from kizuna.base.table import Array

MAX_GATES: Final = 1_000
MAX_VERTICES: Final = 10_000
MAX_WIDTH_DEG: Final = 90.0
"""Wider gates would leave the range of exact arithmetic in ``picture.kernels.crossing``."""
_MAX_BYTES: Final = 16 * 2**20
_TEXT: Final = 500
_PACKAGED: Final = "data/gates.geojson"
_DIRECTIONS: Final = ("left to right", "right to left")


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate. ``lines``: arrays of shape (n, 2) of longitude and latitude, continuous over 180 degrees."""

    gate_id: str
    name: str
    left_to_right: str = _DIRECTIONS[0]
    right_to_left: str = _DIRECTIONS[1]
    basis: str = ""
    lines: tuple[Array, ...] = field(default=(), compare=False, repr=False)

    @property
    def directions(self) -> tuple[str, str]:
        """Names of the two directions: left to right, right to left."""
        return self.left_to_right, self.right_to_left

    @property
    def digest(self) -> str:
        """Hash of the lines and of what their directions are called."""
        data = (np.ascontiguousarray(line, "<f8").tobytes() for line in self.lines)
        return hash_hex("gate", self.gate_id, *self.directions, *data)[:16]

    def reversed(self) -> Gate:
        """The same line drawn from its other end; crossings keep their names."""
        lines = tuple(np.ascontiguousarray(line[::-1]) for line in self.lines[::-1])
        return Gate(self.gate_id, self.name, self.right_to_left, self.left_to_right, self.basis, lines)


def make_gate(lines: Sequence[Any], properties: Mapping[str, Any] | None = None, feature_id: Any = None) -> Gate:
    """A gate from lines of (longitude, latitude) in degrees and free-form properties.

    Understood, in any case: ``gate_id`` (or ``id``), ``name``, ``left_to_right``, ``right_to_left``, ``basis`` (or
    ``source``). Raises InputError for a line that is no line, or wider than ``MAX_WIDTH_DEG``.
    """
    said = {str(k).strip().lower(): _text(v) for k, v in (properties or {}).items()}
    checked = tuple(_line(line) for line in lines)
    if not checked:
        raise InputError("a gate needs a line")
    turns = [360.0 * round((line[0, 0] - checked[0][0, 0]) / 360.0) for line in checked]
    checked = tuple(line - np.array([turn, 0.0]) for line, turn in zip(checked, turns, strict=True))
    reach = np.concatenate([line[:, 0] for line in checked])
    if reach.max() - reach.min() > MAX_WIDTH_DEG:
        raise InputError(f"the gate spans more than {MAX_WIDTH_DEG:.0f} degrees of longitude", hint="cut it in two")
    name = said.get("name", "")
    digest = hash_hex("line", *(np.ascontiguousarray(line, "<f8").tobytes() for line in checked))[:8]
    gate_id = said.get("gate_id") or _text(feature_id) or said.get("id") or name or f"gate-{digest}"
    a, b = said.get("left_to_right") or _DIRECTIONS[0], said.get("right_to_left") or _DIRECTIONS[1]
    if a == b:
        raise InputError(f"both directions are called {a!r}", where=f"gate {gate_id}", hint="name them apart")
    return Gate(gate_id, name or gate_id, a, b, said.get("basis") or said.get("source", ""), checked)


def _text(value: Any) -> str:
    if value is None or isinstance(value, (list, dict, tuple, set, bytes)):
        return ""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else value
    return " ".join(str(value).split())[:_TEXT]


def _line(points: Any) -> Array:
    """Checked and made continuous: each longitude within half a turn of the one before."""
    try:
        line = np.array([[float(p[0]), float(p[1])] for p in points], np.float64)
    except (TypeError, ValueError, IndexError) as exc:
        raise InputError("a gate's line is a list of [longitude, latitude]") from exc
    if not 2 <= len(line) <= MAX_VERTICES:  # noqa: PLR2004  a line has two ends
        raise InputError(f"a gate's line has {len(line)} points", hint=f"2 to {MAX_VERTICES}")
    if not np.isfinite(line).all() or np.abs(line[:, 1]).max() > 90 or np.abs(line[:, 0]).max() > 360:  # noqa: PLR2004
        raise InputError("a gate's line leaves the globe", hint="[longitude, latitude] in degrees")
    steps = np.diff(line[:, 0])
    line[1:, 0] = line[0, 0] + np.cumsum(steps - 360.0 * np.floor((steps + 180.0) / 360.0))
    line = line[np.r_[True, np.any(np.diff(line, axis=0) != 0, axis=1)]]
    if len(line) < 2:  # noqa: PLR2004
        raise InputError("a gate's line is a single point")
    return line


def gates_from_geojson(data: bytes | str) -> list[Gate]:
    """Gates of a GeoJSON text: LineStrings and MultiLineStrings. Raises InputError naming the feature."""
    if len(data) > _MAX_BYTES:
        raise InputError(f"{len(data)} bytes of gates", hint=f"at most {_MAX_BYTES}")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {exc}") from exc
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") if kind == "FeatureCollection" else [document]
    if kind is None or not isinstance(features, list) or len(features) > MAX_GATES:
        raise InputError("not a GeoJSON text of lines", hint=f"a FeatureCollection of at most {MAX_GATES} lines")
    gates = []
    for number, feature in enumerate(features):
        try:
            gates.append(_gate(feature))
        except InputError as exc:
            raise InputError(exc.message, where=exc.where or f"feature {number}", hint=exc.hint) from exc
    return checked_gates(gates)


def _gate(feature: Any) -> Gate:
    if not isinstance(feature, dict):
        raise InputError("not a feature")
    geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("LineString", "MultiLineString"):
        raise InputError(f"a gate is a LineString, not {kind}")
    points = geometry.get("coordinates")
    if not isinstance(points, list):
        raise InputError("the line has no coordinates")
    properties = feature.get("properties")
    return make_gate(
        [points] if kind == "LineString" else points, properties if isinstance(properties, dict) else {},
        feature.get("id"),
    )  # fmt: skip


def checked_gates(gates: Sequence[Gate]) -> list[Gate]:
    """The gates, where there is one at least and no two share an id; else InputError."""
    if not gates:
        raise InputError("no gate in it")
    ids = [g.gate_id for g in gates]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise InputError(f"gates share an id: {', '.join(twice[:5])}", hint="give each its own gate_id")
    return list(gates)


def packaged_gates() -> list[Gate]:
    """The straits that come with the package; see ``places/data/gates.geojson`` for the note on each."""
    return gates_from_geojson((files("kizuna.places") / _PACKAGED).read_bytes())
