"""The fields of a detection as files name them, and how their cells are read.

A name says what a number is: columns without a unit in their name (``speed``, ``length``) are not read, because
nobody can know the unit. Latitude and longitude come from columns of these names, or from GeoJSON points, which put the
longitude first; a column that holds both is refused, because their order would be a guess.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from kizuna.base import utc
from kizuna.base.errors import ContextError, InputError
from kizuna.base.ids import hash63
from kizuna.base.table import Kind, Table, empty
from kizuna.fixes.detections import DETECTIONS, SENSORS
from kizuna.fixes.statics import REJECT_REASONS, REJECTS
from kizuna.records.context import REAL, TEST
from kizuna.records.label import NOBODY

NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "timestamp": ("timestamp", "time", "datetime", "detected_at", "detect_timestamp", "acquisition_time"),
    "lat": ("lat", "latitude", "lat_deg", "detect_lat"),
    "lon": ("lon", "longitude", "lng", "lon_deg", "detect_lon"),
    "sensor": ("sensor", "sensor_type"),
    "scene_id": ("scene_id", "scene", "sweep_id", "image_id"),
    "ref": ("ref", "id", "detection_id", "detect_id"),
    "accuracy_m": ("accuracy_m", "position_error_m", "sigma_m", "uncertainty_m"),
    "length_m": ("length_m", "vessel_length_m", "estimated_length_m"),
    "course_deg": ("course_deg", "cog_deg"),
    "speed_kn": ("speed_kn", "sog_kn", "speed_knots"),
    "score": ("score", "confidence", "detection_score", "presence_score"),
    "image_ref": ("image_ref", "image_url", "image"),
    "context": ("context",),
}
"""Field to the column or property names that are read for it, upper and lower case alike; the first match wins."""
SENSOR_WORDS: Final[Mapping[str, str]] = {
    **{s: s for s in SENSORS},
    "coastal radar": "radar", "marine radar": "radar", "vts": "radar", "synthetic aperture radar": "sar",
    "sentinel-1": "sar", "s1": "sar", "radio frequency": "rf", "drone": "uav", "uas": "uav", "optical": "visual",
    "eo": "visual", "camera": "visual", "sentinel-2": "visual", "s2": "visual", "viirs": "visual", "partner": "report",
    "sighting": "report",
}  # fmt: skip
"""Words for kinds of sensor."""
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "accuracy_m": (0.0, 100_000.0), "length_m": (0.0, 1_000.0), "course_deg": (0.0, 360.0), "speed_kn": (0.0, 200.0),
    "score": (0.0, 1.0),
}  # fmt: skip
_BOTH: Final = ("position", "coordinates", "coords", "coordinate", "location", "latlon", "lat_lon", "lonlat", "lon_lat",
                "latlong", "point")  # fmt: skip
_KEPT: Final[tuple[str, ...]] = (
    "det_id", "time_ms", "lat_deg", "lon_deg", "sensor", "ref", "scene_id", "image_ref", *RANGES,
)  # fmt: skip
_MISSING: Final = frozenset({"", "null", "none", "nan", "na", "n/a", "-"})
_TEXT_LIMIT: Final = 500
_RAW_LIMIT: Final = 1024
_SCALE: Final = 1e7


class _RefusedError(Exception):
    """A row that cannot be used; the argument is the reason."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How files of detections are read.

    ``sensor`` stands in for a missing column; ``assume_utc`` reads times without a zone as UTC. A file that states
    another ``context`` is refused; an empty one takes any, for a look only.
    """

    source_id: str
    sensor: str = ""
    assume_utc: bool = False
    label: str = NOBODY
    context: str = REAL

    def __post_init__(self) -> None:
        """Refuse a sensor that has no word here."""
        if self.sensor and self.sensor not in SENSORS:
            raise InputError(f"{self.sensor!r} is no kind of sensor", hint=f"one of {', '.join(SENSORS)}")

    def stand(self, stated: object) -> None:
        """Raise ContextError where a file states the context of other statements; words that are none say nothing."""
        word = str(stated or "").strip()
        known = word.lower() in (REAL, TEST) or word.lower().startswith("exercise")
        if known and self.context and word != self.context:
            raise ContextError(
                f"the file says that it is {word[:80]!r}, not {self.context!r}", where=self.source_id,
                hint="real, exercise and test never mix",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """What a file held. ``unmapped`` are its columns that nothing was read from, ``notes`` sentences for people.

    ``stated`` are the contexts that its rows say they are of; empty where they say none.
    """

    detections: Table
    rejects: Table
    unmapped: tuple[str, ...]
    notes: tuple[str, ...]
    stated: tuple[str, ...] = ()


def mapped(names: Iterable[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Field to the file's name for it, and the names that are not read. Raises InputError for two at once."""
    given = list(names)
    lower: dict[str, str] = {}
    for name in given:
        key = name.strip().lower()
        if key and key in lower:
            raise InputError(f"two columns are called {key[:60]!r}")
        lower[key] = name
    found = {f: lower[w] for f, words in NAMES.items() for w in reversed(words) if w in lower}
    if ("lat" in found) != ("lon" in found) or not found.keys() & {"lat", "lon"}:
        both = [n for n in lower if n.replace(" ", "_") in _BOTH]
        if both:
            raise InputError(
                f"the column {both[0]!r} holds latitude and longitude in an order that nobody states",
                hint="give two columns, lat and lon",
            )
    return found, tuple(n for n in given if n not in found.values())


@dataclass(slots=True)
class Rows:
    """Gathers rows and rejects of one file."""

    reading: Reading
    columns: dict[str, list[object]] = field(default_factory=lambda: {n: [] for n in _KEPT})
    bad: list[tuple[int, int, str, bytes]] = field(default_factory=list)
    swapped: int = 0
    stated: set[str] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)

    def add(self, cells: Mapping[str, str], offset: int, number: int, raw: bytes) -> None:
        """One row by field; a cell that says "missing" is missing. Raises ContextError for a row of another context."""
        if (context := cells.get("context", "").strip()) and context not in self.stated:
            self.reading.stand(context)
            self.stated.add(context)
        try:
            row = self._row({k: v.strip() for k, v in cells.items() if v.strip().lower() not in _MISSING})
        except _RefusedError as exc:
            self.refuse(str(exc), offset, number, raw)
            return
        for name, value in row.items():
            self.columns[name].append(value)

    def refuse(self, reason: str, offset: int, number: int, raw: bytes) -> None:
        """Count a row as unusable."""
        self.bad.append((offset, number, reason, raw[:_RAW_LIMIT]))

    def _row(self, cells: dict[str, str]) -> dict[str, object]:
        lat, lon = self._position(cells)
        time_ms = _time_ms(cells.get("timestamp", ""), assume_utc=self.reading.assume_utc)
        sensor = SENSOR_WORDS.get(cells.get("sensor", self.reading.sensor).lower())
        if sensor is None:
            raise _RefusedError("bad_sensor")
        ref = _text(cells.get("ref")) or ""
        where = (round(lat * _SCALE), round(lon * _SCALE))
        det_id = hash63("detection", self.reading.source_id, ref, sensor, time_ms, *where)
        numbers = {name: _number(cells.get(name), *RANGES[name]) for name in RANGES}
        if det_id in self._seen:
            raise _RefusedError("duplicate")
        self._seen.add(det_id)
        if numbers["course_deg"] == 360.0:  # noqa: PLR2004  the full circle
            numbers["course_deg"] = 0.0
        texts = {name: _text(cells.get(name)) for name in ("ref", "scene_id", "image_ref")}
        return {"det_id": det_id, "time_ms": time_ms, "lat_deg": lat, "lon_deg": lon,
                "sensor": SENSORS.index(sensor), **numbers, **texts}  # fmt: skip

    def _position(self, cells: dict[str, str]) -> tuple[float, float]:
        if "lat" not in cells or "lon" not in cells:
            raise _RefusedError("bad_position")
        lat, lon = (_number(cells[k], -math.inf, math.inf) for k in ("lat", "lon"))
        if abs(lat) > 90.0 or abs(lon) > 180.0:  # noqa: PLR2004  the globe
            self.swapped += abs(lat) <= 180.0 and abs(lon) <= 90.0  # noqa: PLR2004
            raise _RefusedError("bad_position")
        return lat, -180.0 if lon == 180.0 else lon  # noqa: PLR2004

    def finish(self, unmapped: tuple[str, ...] = ()) -> Read:
        """The tables."""
        n = len(self.columns["det_id"])
        done = dict(empty(DETECTIONS, n).columns)
        for c in DETECTIONS.columns:
            if c.name in self.columns:
                values = self.columns[c.name]
                done[c.name] = pa.array(values, pa.string()) if c.kind is Kind.TEXT else np.array(values, c.dtype())
        for name in ("source_id", "label", "context"):
            done[name] = np.zeros(n, np.int32)
        r = self.reading
        words: dict[str, tuple[str, ...]] = {"source_id": (r.source_id,), "label": (r.label,), "context": (r.context,)}
        told = (
            f"{self.swapped:,} positions were refused that would lie on the globe with latitude and longitude "
            "exchanged: check the columns; nothing was exchanged here"
        )
        notes = (told,) if self.swapped else ()
        return Read(Table(DETECTIONS, done, words), self._rejects(words), unmapped, notes, tuple(sorted(self.stated)))

    def _rejects(self, words: Mapping[str, tuple[str, ...]]) -> Table:
        nothing = np.zeros(len(self.bad), np.int32)
        return Table(REJECTS, {
            "source_id": nothing, "byte_offset": np.array([b[0] for b in self.bad], np.int64),
            "line_no": np.array([b[1] for b in self.bad], np.int64),
            "reason": np.array([REJECT_REASONS.index(b[2]) for b in self.bad], np.int32),
            "raw": pa.array([b[3] for b in self.bad], pa.binary()), "label": nothing, "context": nothing,
        }, words)  # fmt: skip


def _number(text: str | None, low: float, high: float) -> float:
    if text is None:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise _RefusedError("bad_number") from None
    if "_" in text or not math.isfinite(value) or not low <= value <= high:
        raise _RefusedError("bad_number")
    return value


def _time_ms(text: str, *, assume_utc: bool) -> int:
    try:
        return utc.parse(text, assume_utc=assume_utc)
    except (InputError, OverflowError):
        raise _RefusedError("bad_time") from None


def _text(text: str | None) -> str | None:
    """One line of text, control characters left out; None when empty."""
    if text is None:
        return None
    clean = "".join(c if c.isprintable() else " " for c in text[:_TEXT_LIMIT])
    return " ".join(clean.split()) or None
