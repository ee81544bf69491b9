"""Zones and lines from GeoJSON (RFC 7946): bytes or text in, shapes out, no input or output of its own.

Zones: a FeatureCollection, a Feature, a Polygon, a MultiPolygon or a GeometryCollection of these. Points and lines in a
collection are refused rather than skipped: a zone that silently vanished would be an alarm that never comes. The
old ``crs`` member is accepted where it names WGS 84. Lines (gates, cables): LineStrings and MultiLineStrings alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.places.zone import Zone, joined, zone_from_properties

MAX_BYTES: Final = 512 * 1024 * 1024
MAX_FEATURES: Final = 200_000
_WGS84: Final = ("crs84", "epsg::4326", "epsg:4326", "epsg:4979", "epsg::4979")


def zones_from_geojson(data: bytes | str) -> list[Zone]:
    """Zones of a GeoJSON text, in its order; features with one id and the same properties become one zone.

    Property names are mapped as ``places.zone`` lists them. Raises InputError for whatever is not such a text,
    naming the feature.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"GeoJSON of {len(data)} bytes", hint=f"at most {MAX_BYTES}; use GeoPackage")
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.lstrip("\ufeff")
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {exc}") from exc
    if not isinstance(document, dict):
        raise InputError("not GeoJSON: the text is no JSON object")
    _check_crs(document.get("crs"))
    zones = []
    for number, feature in enumerate(_features(document)):
        if number >= MAX_FEATURES:
            raise InputError(f"more than {MAX_FEATURES} features")
        zones.append(_zone(feature, number))
    if not zones:
        raise InputError("the GeoJSON has no feature")
    return joined(zones)


def _check_crs(crs: Any) -> None:
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str) or not name.lower().endswith(_WGS84):
        raise InputError(
            f"the GeoJSON is in another coordinate system ({str(name)[:80]})",
            hint="RFC 7946 knows WGS 84 only; convert it",
        )


def _features(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise InputError("the FeatureCollection has no list of features")
        for number, feature in enumerate(features):
            if not isinstance(feature, dict) or feature.get("type") != "Feature":
                raise InputError("not a Feature", where=f"feature {number}")
            yield feature
    elif kind == "Feature":
        yield document
    else:
        yield {"type": "Feature", "geometry": document, "properties": {}}


def _zone(feature: dict[str, Any], number: int) -> Zone:
    properties = feature.get("properties")
    feature_id = feature.get("id")
    try:
        polygons = list(_polygons(feature.get("geometry"), 0))
        return zone_from_properties(polygons, properties if isinstance(properties, dict) else {}, feature_id)
    except InputError as exc:
        raise InputError(exc.message, where=f"feature {number}", hint=exc.hint) from exc


def _polygons(geometry: Any, depth: int) -> Iterator[list[Any]]:
    if not isinstance(geometry, dict):
        raise InputError("the feature has no geometry")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        parts = geometry.get("geometries")
        if not isinstance(parts, list) or depth > 0:
            raise InputError("the GeometryCollection has no list of plain geometries")
        for part in parts:
            yield from _polygons(part, depth + 1)
        return
    if kind not in ("Polygon", "MultiPolygon"):
        raise InputError(f"a zone is a Polygon or MultiPolygon, not {str(kind)[:40]}")
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list):
        raise InputError("the geometry has no coordinates")
    for rings in polygons:
        if not isinstance(rings, list):
            raise InputError("a polygon is not a list of rings")
        yield rings


# ---- lines -----------------------------------------------------------------------------------------------------------
class LineFeature(NamedTuple):
    """A feature of lines as the text has it: ``lines`` lists of [longitude, latitude], not checked yet."""

    number: int
    lines: list[Any]
    properties: dict[str, Any]
    feature_id: Any


def line_features(
    data: bytes | str, noun: str, *, most: int, bytes_most: int
) -> tuple[dict[str, Any], list[LineFeature]]:
    """The document and its features of lines, in its order. Raises InputError for whatever is not such a text.

    ``noun`` ("gate") stands in the messages.
    """
    if len(data) > bytes_most:
        raise InputError(f"{len(data)} bytes of {noun}s", hint=f"at most {bytes_most}")
    try:
        document = json.loads(data.decode("utf-8-sig") if isinstance(data, bytes) else data)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {exc}") from exc
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") if kind == "FeatureCollection" else [document]
    if kind is None or not isinstance(features, list) or len(features) > most:
        raise InputError("not a GeoJSON text of lines", hint=f"a FeatureCollection of at most {most} lines")
    return document, [_line_feature(feature, number, noun) for number, feature in enumerate(features)]


def _line_feature(feature: Any, number: int, noun: str) -> LineFeature:
    where = f"feature {number}"
    if not isinstance(feature, dict):
        raise InputError("not a feature", where=where)
    geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("LineString", "MultiLineString"):
        raise InputError(f"a {noun} is a LineString, not {kind}", where=where)
    points = geometry.get("coordinates")
    if not isinstance(points, list):
        raise InputError("the line has no coordinates", where=where)
    said = feature.get("properties")
    lines = [points] if kind == "LineString" else points
    return LineFeature(number, lines, said if isinstance(said, dict) else {}, feature.get("id"))


def checked_line(points: Any, noun: str, most: int) -> Array:
    """A line as an array of shape (n, 2), longitude and latitude, each longitude within half a turn of the one before.

    Raises InputError for what is no line of 2 to ``most`` points on the globe.
    """
    try:
        line = np.array([[float(p[0]), float(p[1])] for p in points], np.float64)
    except (TypeError, ValueError, IndexError) as exc:
        raise InputError(f"a {noun}'s line is a list of [longitude, latitude]") from exc
    if not 2 <= len(line) <= most:  # noqa: PLR2004  a line has two ends
        raise InputError(f"a {noun}'s line has {len(line)} points", hint=f"2 to {most}")
    if not np.isfinite(line).all() or np.abs(line[:, 1]).max() > 90 or np.abs(line[:, 0]).max() > 360:  # noqa: PLR2004
        raise InputError(f"a {noun}'s line leaves the globe", hint="[longitude, latitude] in degrees")
    steps = np.diff(line[:, 0])
    line[1:, 0] = line[0, 0] + np.cumsum(steps - 360.0 * np.floor((steps + 180.0) / 360.0))
    line = line[np.r_[True, np.any(np.diff(line, axis=0) != 0, axis=1)]]
    if len(line) < 2:  # noqa: PLR2004
        raise InputError(f"a {noun}'s line is a single point")
    return line


def plain_text(value: Any, most: int = 500) -> str:
    """What a property says, in one line; empty for what is no text or number."""
    if value is None or isinstance(value, (list, dict, tuple, set, bytes)):
        return ""
    if isinstance(value, float):
        value = int(value) if value.is_integer() else value
    return " ".join(str(value).split())[:most]
