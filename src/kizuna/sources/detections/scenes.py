"""Scenes from a GeoJSON text: where and when a sensor looked, and how much it finds.

A FeatureCollection of polygons, or of points with ``range_m`` (the disc around a radar). Properties: ``scene_id``,
``sensor`` and ``timestamp`` (or ``start`` and ``end``, of which the middle counts) are needed; ``recall``,
``recall_length_m``, ``false_alarms_per_1000_km2``, ``accuracy_m``, ``flight_deg``, ``look`` and ``shift_s`` are read
where given. Unlike detections, scenes are refused as a whole: a scene lost in silence would be read as "nobody looked".
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from kizuna.base import utc
from kizuna.base.errors import ContextError, InputError
from kizuna.base.table import Kind, Table, empty
from kizuna.fixes.detections import SCENES, SENSORS
from kizuna.places.zone import make_zone
from kizuna.sources.detections.fields import SENSOR_WORDS, Reading
from kizuna.sources.detections.files import MAX_BYTES, document

MAX_SCENES: Final = 100_000
_DISC_CORNERS: Final = 72
_NUMBERS: Final = {
    "recall": (0.0, 1.0), "recall_length_m": (0.0, 1_000.0), "false_alarms_per_1000_km2": (0.0, 1e6),
    "accuracy_m": (0.0, 100_000.0), "flight_deg": (0.0, 360.0), "shift_s": (0.0, 500.0),
}  # fmt: skip


def read_scenes(data: bytes, reading: Reading) -> Table:
    """The table of scenes. Raises InputError, naming the feature, for whatever is not such a file."""
    if len(data) > MAX_BYTES:
        raise InputError(f"{len(data)} bytes of scenes", hint=f"at most {MAX_BYTES}")
    features = document(data, reading)
    if len(features) > MAX_SCENES:
        raise InputError(f"{len(features)} scenes", hint=f"at most {MAX_SCENES}")
    rows = []
    for number, feature in enumerate(features, 1):
        try:
            rows.append(_scene(feature, reading))
        except ContextError:
            raise
        except InputError as exc:
            raise InputError(exc.message, where=f"{reading.source_id}: feature {number}", hint=exc.hint) from exc
    names = [r["scene_id"] for r in rows]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise InputError(f"two scenes are called {twice!r}", where=reading.source_id)
    return _table(rows, reading)


def _scene(feature: Any, reading: Reading) -> dict[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise InputError("not a feature with properties")
    reading.stand(properties.get("context"))
    scene_id = str(properties.get("scene_id") or "").strip()
    if not scene_id:
        raise InputError("a scene needs a scene_id")
    sensor = SENSOR_WORDS.get(str(properties.get("sensor") or reading.sensor).strip().lower())
    if sensor is None:
        raise InputError(f"scene {scene_id} has no known sensor", hint=f"one of {', '.join(SENSORS)}")
    look = properties.get("look")
    if look not in (None, "left", "right"):
        raise InputError(f"look is {str(look)[:40]!r}", hint="left or right")
    numbers = {name: _number(properties.get(name), name, *span) for name, span in _NUMBERS.items()}
    if numbers["recall"] == 0.0:
        raise InputError("recall is 0", hint="leave it out where it is not known")
    return {
        "scene_id": scene_id, "sensor": SENSORS.index(sensor), "time_ms": _time_ms(properties, reading),
        "area": _area(feature.get("geometry"), properties), **numbers,
        "look": -1 if look is None else ("left", "right").index(look),
    }  # fmt: skip


def _number(value: Any, name: str, low: float, high: float) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InputError(f"{name} is {str(value)[:40]!r}", hint=f"a number from {low:g} to {high:g}")
    return float(value)


def _time_ms(properties: dict[str, Any], reading: Reading) -> int:
    given = [properties.get(k) for k in ("timestamp", "start", "end")]
    texts = [given[0]] if given[0] is not None else given[1:]
    words = [t for t in texts if isinstance(t, str)]
    if len(words) < len(texts):
        raise InputError("a scene needs timestamp, or start and end", hint="e.g. 2026-03-01T04:00:00Z")
    try:
        times = [utc.parse(t, assume_utc=reading.assume_utc) for t in words]
    except OverflowError as exc:
        raise InputError("the time is out of range") from exc
    if times[-1] < times[0]:
        raise InputError("the scene ends before it starts")
    return sum(times) // len(times)


def _area(geometry: Any, properties: dict[str, Any]) -> str:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    try:
        if kind == "Point":
            polygons = [[_disc(coordinates, properties.get("range_m"))]]
        elif kind == "Polygon" and isinstance(coordinates, list):
            polygons = [coordinates]
        elif kind == "MultiPolygon" and isinstance(coordinates, list):
            polygons = coordinates
        else:
            raise InputError("a scene is a Polygon, a MultiPolygon, or a Point with range_m")
        return str(shapely.to_wkt(make_zone(polygons).area(), rounding_precision=7))
    except (TypeError, ValueError, OverflowError) as exc:
        raise InputError(f"the area cannot be read: {str(exc)[:100]}") from exc


def _disc(point: Any, range_m: Any) -> list[list[float]]:
    radius = _number(range_m, "range_m", 1.0, 1_000_000.0)
    if math.isnan(radius) or not isinstance(point, list) or len(point) < 2:  # noqa: PLR2004  longitude, latitude
        raise InputError("a point needs coordinates and range_m, the radius of what the sensor sees")
    lon = _number(point[0], "longitude", -180.0, 180.0)
    lat = _number(point[1], "latitude", -90.0, 90.0)
    n = _DISC_CORNERS
    angle = np.arange(n) * 360.0 / n
    east, north, _ = pyproj.Geod(ellps="WGS84").fwd(np.full(n, lon), np.full(n, lat), angle, np.full(n, radius))
    ring = np.column_stack([lon + (np.asarray(east) - lon + 180.0) % 360.0 - 180.0, north])
    return [*ring.tolist(), ring[0].tolist()]


def _table(rows: list[dict[str, Any]], reading: Reading) -> Table:
    n = len(rows)
    done = dict(empty(SCENES, n).columns)
    for c in SCENES.columns:
        if rows and c.name in rows[0]:
            values = [r[c.name] for r in rows]
            done[c.name] = pa.array(values, pa.string()) if c.kind is Kind.TEXT else np.array(values, c.dtype())
    for name in ("source_id", "label", "context"):
        done[name] = np.zeros(n, np.int32)
    words = {"source_id": (reading.source_id,), "label": (reading.label,), "context": (reading.context,)}
    return Table(SCENES, done, words)
