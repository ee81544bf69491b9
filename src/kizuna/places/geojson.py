"""Zones from GeoJSON (RFC 7946): bytes or text in, zones out, no input or output of its own.

A FeatureCollection, a Feature, a Polygon, a MultiPolygon or a GeometryCollection of these. Points and lines in a
collection are refused rather than skipped: a zone that silently vanished would be an alarm that never comes. The
old ``crs`` member is accepted where it names WGS 84.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from kizuna.base.errors import InputError
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
