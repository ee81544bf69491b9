"""Gates: lines drawn across a water, at which passing ships are counted.

A gate is one or more lines with a name for each direction of crossing. Whoever looks along the line from its first
point to its last has ``left`` on the left hand: ``left_to_right`` names the crossing from there to the other side. A
gate is a place to count at; it states no boundary and no claim.

Gates come from GeoJSON (``gates_from_geojson``), from GIS files (``links.line_files``) or from the packaged set
(``packaged_gates``), small lines drawn by hand, each with a note of how it was chosen. Lines are straight in latitude
and longitude; a gate may cross 180 degrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.ids import hash_hex
from kizuna.base.table import Array
from kizuna.places.geojson import checked_line, line_features, plain_text

MAX_GATES: Final = 1_000
MAX_VERTICES: Final = 10_000
MAX_WIDTH_DEG: Final = 90.0
"""Wider gates would leave the range of exact arithmetic in ``picture.kernels.crossing``."""
_MAX_BYTES: Final = 16 * 2**20
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
    said = {str(k).strip().lower(): plain_text(v) for k, v in (properties or {}).items()}
    checked = tuple(checked_line(line, "gate", MAX_VERTICES) for line in lines)
    if not checked:
        raise InputError("a gate needs a line")
    turns = [360.0 * round((line[0, 0] - checked[0][0, 0]) / 360.0) for line in checked]
    checked = tuple(line - np.array([turn, 0.0]) for line, turn in zip(checked, turns, strict=True))
    reach = np.concatenate([line[:, 0] for line in checked])
    if reach.max() - reach.min() > MAX_WIDTH_DEG:
        raise InputError(f"the gate spans more than {MAX_WIDTH_DEG:.0f} degrees of longitude", hint="cut it in two")
    name = said.get("name", "")
    digest = hash_hex("line", *(np.ascontiguousarray(line, "<f8").tobytes() for line in checked))[:8]
    gate_id = said.get("gate_id") or plain_text(feature_id) or said.get("id") or name or f"gate-{digest}"
    a, b = said.get("left_to_right") or _DIRECTIONS[0], said.get("right_to_left") or _DIRECTIONS[1]
    if a == b:
        raise InputError(f"both directions are called {a!r}", where=f"gate {gate_id}", hint="name them apart")
    return Gate(gate_id, name or gate_id, a, b, said.get("basis") or said.get("source", ""), checked)


def gates_from_geojson(data: bytes | str) -> list[Gate]:
    """Gates of a GeoJSON text: LineStrings and MultiLineStrings. Raises InputError naming the feature."""
    _, features = line_features(data, "gate", most=MAX_GATES, bytes_most=_MAX_BYTES)
    gates = []
    for number, lines, properties, feature_id in features:
        try:
            gates.append(make_gate(lines, properties, feature_id))
        except InputError as exc:
            raise InputError(exc.message, where=exc.where or f"feature {number}", hint=exc.hint) from exc
    return checked_gates(gates)


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
