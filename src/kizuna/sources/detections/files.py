"""Detections from the bytes of a CSV or GeoJSON file.

CSV: a header line, then one detection a line; comma, semicolon or tab, found in the header; no line breaks inside
cells. GeoJSON (RFC 7946): a FeatureCollection of points, longitude first, the fields as properties; for its rejects
``line_no`` is the number of the feature, counted from 1. Names are listed in ``fields``. Whatever the bytes, only
InputError is raised, and only where nothing of the file can be read; single rows are rejected by reason.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any, Final

from kizuna.base.errors import InputError
from kizuna.sources.detections.fields import Read, Reading, Rows, mapped

MAX_BYTES: Final = 512 * 1024 * 1024
LINE_LIMIT: Final = 1 << 16
_WGS84: Final = ("crs84", "epsg::4326", "epsg:4326", "epsg:4979", "epsg::4979")
_APART_DEG: Final = 1e-4


def read_detections(data: bytes, reading: Reading) -> Read:
    """Detections of a file, in its order. Raises InputError where it cannot be such a file."""
    if len(data) > MAX_BYTES:
        raise InputError(f"{len(data)} bytes of detections", hint=f"at most {MAX_BYTES}; cut the file")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError("the text is UTF-16", hint="save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] in (b"{", b"["):
        return _geojson(data, reading)
    return _csv(data, reading)


def is_detections(head: bytes) -> bool:
    """Whether the beginning of a file looks like a CSV file of detections: a header with place and sensor columns."""
    line = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    try:
        names = _cells(line, _delimiter(line))
        found, _ = mapped(names or [])
    except InputError:
        return False
    return {"lat", "lon", "timestamp", "sensor"} <= found.keys()


def _lines(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Offset, number and bytes of each line without its end."""
    offset, number = 0, 1
    while offset < len(data):
        end = data.find(b"\n", offset)
        stop = len(data) if end < 0 else end
        yield offset, number, data[offset:stop].removesuffix(b"\r")
        offset, number = stop + 1, number + 1


def _delimiter(header: bytes) -> str:
    return max(",;\t", key=lambda d: header.count(d.encode()))


def _cells(line: bytes, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader([line.decode("utf-8", "replace")], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


def _csv(data: bytes, reading: Reading) -> Read:
    lines = (row for row in _lines(data) if row[2].strip())
    _, _, header = next(lines, (0, 0, b""))
    delimiter = _delimiter(header)
    names = [] if len(header) > LINE_LIMIT else _cells(header, delimiter) or []
    found, unmapped = mapped(names)
    lacking = [f for f in ("timestamp", "lat", "lon") if f not in found]
    if not reading.sensor and "sensor" not in found:
        lacking.append("sensor")
    if lacking:
        raise InputError(
            f"the first line names no column for {', '.join(lacking)}",
            hint="a detection needs timestamp, lat, lon and sensor; see the how-to on detections",
        )
    where = {field: names.index(name) for field, name in found.items()}
    rows = Rows(reading)
    for offset, number, line in lines:
        cells = None if len(line) > LINE_LIMIT else _cells(line, delimiter)
        if cells is None or len(cells) != len(names):
            rows.refuse("line_too_long" if len(line) > LINE_LIMIT else "bad_row", offset, number, line)
        else:
            rows.add({field: cells[i] for field, i in where.items()}, offset, number, line)
    return rows.finish(unmapped)


def document(data: bytes, reading: Reading) -> list[Any]:
    """The features of a GeoJSON text in WGS 84. Raises InputError for anything else, and for another context."""
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {str(exc)[:200]}") from exc
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection":
        raise InputError("not a GeoJSON FeatureCollection")
    reading.stand(found.get("context"))
    crs = found.get("crs")
    if crs is not None:
        properties = crs.get("properties") if isinstance(crs, dict) else None
        name = properties.get("name") if isinstance(properties, dict) else None
        if not isinstance(name, str) or not name.lower().endswith(_WGS84):
            raise InputError("the GeoJSON is in another coordinate system", hint="RFC 7946 knows WGS 84 only")
    features = found.get("features")
    if not isinstance(features, list):
        raise InputError("the FeatureCollection has no list of features")
    return features


def _geojson(data: bytes, reading: Reading) -> Read:
    rows = Rows(reading)
    odd: dict[str, None] = {}
    for number, feature in enumerate(document(data, reading), 1):
        raw = json.dumps(feature, default=str)[:2000].encode("utf-8", "replace")
        properties = feature.get("properties") if isinstance(feature, dict) else None
        properties = properties if isinstance(properties, dict) else {}
        try:
            found, unmapped = mapped(str(k) for k in properties if str(k).lower() not in ("position", "location"))
        except InputError:
            rows.refuse("bad_row", 0, number, raw)
            continue
        odd |= dict.fromkeys(unmapped)
        cells = {field: _cell(properties[name]) for field, name in found.items() if name in properties}
        point = _point(feature)
        if point is None or _contradicts(cells, point):
            rows.refuse("bad_position", 0, number, raw)
            continue
        if "ref" not in cells and isinstance(feature.get("id"), (str, int)):
            cells["ref"] = str(feature["id"])
        rows.add({**cells, "lon": repr(point[0]), "lat": repr(point[1])}, 0, number, raw)
    return rows.finish(tuple(odd))


def _cell(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list, bool)) else str(value)


def _point(feature: Any) -> tuple[float, float] | None:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None
    numbers = geometry.get("coordinates")
    if not isinstance(numbers, list) or not 2 <= len(numbers) <= 4:  # noqa: PLR2004  RFC 7946 3.1.1, and a measure
        return None
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in numbers[:2]):
        return None
    try:
        return float(numbers[0]), float(numbers[1])
    except OverflowError:
        return None


def _contradicts(cells: dict[str, str], point: tuple[float, float]) -> bool:
    """Whether latitude or longitude properties say something else than the geometry."""
    for name, value in zip(("lon", "lat"), point, strict=True):
        try:
            if cells.get(name) and not abs(float(cells[name]) - value) < _APART_DEG:
                return True
        except ValueError:
            return True
    return False
