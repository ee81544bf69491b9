"""Zones from files on disk: GeoJSON, GeoPackage, zipped or plain Shapefile, and whatever else GDAL reads.

GeoJSON in WGS 84 is read by ``places.geojson``. Everything else goes through pyogrio, is brought to WGS 84 by pyproj
and then built the same way. A layer without a coordinate system is refused: numbers that look like degrees may be
metres of a local grid. The order of fields is kept out of it; names are mapped as ``places.zone`` lists them.

Only the file that was named is read. GDAL knows files that are lists of other files, services or addresses (VRT, WFS,
pipelines): those are left out, a coordinate system that is an address is refused, and GDAL reaches no network.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely

from kizuna.base.errors import ConfigError, InputError
from kizuna.places.geojson import zones_from_geojson
from kizuna.places.zone import Zone, joined, zone_from_properties

MAX_FILE_BYTES: Final = 2 * 1024**3
MAX_FEATURES: Final = 200_000
_JSON_NAMES: Final = (".geojson", ".json")
_WGS84: Final = "EPSG:4326"
_MOST_NOTES: Final = 5
_LEFT_OUT: Final = (
    "OGR_VRT", "GDALG", "WFS", "OAPIF", "CSW", "OGCAPI", "HTTP", "EEDA", "PLSCENES", "Carto", "Elasticsearch",
    "AmigoCloud", "NGW", "ADBC", "GPSBabel",
)  # fmt: skip
"""GDAL's drivers of what is no file of shapes itself."""
_NO_NETWORK: Final = {"GDAL_HTTP_PROXY": "none://none"}
"""A proxy of no known kind: libcurl gives up before it connects."""


def read_zones(path: str | Path) -> list[Zone]:
    """Zones of all polygon layers of a file (or a File Geodatabase folder), in the file's order.

    Raises InputError, naming the file and where possible layer and feature, for a file that is too large, unreadable,
    without coordinate system or without polygons, and ConfigError for one that is not there.
    """
    where = Path(path)
    if not where.exists():
        raise ConfigError("no such file", where=str(path))
    if where.is_file() and where.stat().st_size > MAX_FILE_BYTES:
        size = where.stat().st_size
        raise InputError(f"the file has {size} bytes", where=str(path), hint=f"at most {MAX_FILE_BYTES}; cut it first")
    try:
        return _read(where)
    except InputError as exc:
        inner = f"{path}: {exc.where}" if exc.where else str(path)
        raise InputError(exc.message, where=inner, hint=exc.hint) from exc


def _read(path: Path) -> list[Zone]:
    if path.suffix.lower() in _JSON_NAMES:
        data = path.read_bytes()
        if not _has_other_crs(data):
            return zones_from_geojson(data)
    zones = joined([zone for layer in _layers(path) for zone in _zones_of_layer(path, layer)])
    if not zones:
        raise InputError("the file holds no zone")
    return zones


def _has_other_crs(data: bytes) -> bool:
    """Whether a GeoJSON text carries the old ``crs`` member; then pyogrio reads and converts it.

    Raises InputError for one that is an address to be asked.
    """
    if b'"crs"' not in data:
        return False
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    crs = document.get("crs") if isinstance(document, dict) else None
    if isinstance(crs, dict) and str(crs.get("type")).lower() in ("link", "url"):
        raise InputError("the coordinate system is an address, which is not asked", hint="convert it to WGS 84")
    return crs is not None


def layer_features(path: Path, kinds: tuple[str, ...], noun: str) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Features of all layers that may hold shapes of these kinds: points of each part in WGS 84, and properties.

    ``noun`` ("a gate") stands in the message for a shape of another kind. Raises InputError as ``read_zones`` does.
    """
    if path.suffix.lower() in _JSON_NAMES:
        _has_other_crs(path.read_bytes())
    for layer in _layers(path, kinds[0]):
        for where, shape, to_wgs84, properties, _said in _features_of_layer(path, layer):
            try:
                yield [_lonlat(p, to_wgs84) for p in _parts(shape, kinds, noun)], properties
            except InputError as exc:
                raise InputError(exc.message, where=where, hint=exc.hint) from exc


def _gdal() -> Any:
    """GDAL without the drivers to leave out: it reads the list of them once, when it is loaded.

    The list stands in the environment for that moment alone, so that programs started later have all their drivers.
    """
    alone = "pyogrio" not in sys.modules and "GDAL_SKIP" not in os.environ
    if alone:
        os.environ["GDAL_SKIP"] = ",".join(_LEFT_OUT)
    try:
        import pyogrio  # noqa: PLC0415  brings GDAL with it: only when such a file is read
    finally:
        if alone:
            os.environ.pop("GDAL_SKIP", None)
    return pyogrio


def _layers(path: Path, kind: str = "Polygon") -> list[str]:
    """Names of the layers that may hold polygons, or shapes of another kind."""
    pyogrio = _gdal()
    try:
        with _heard():
            listed = pyogrio.list_layers(path)
    except _unreadable() as exc:
        raise InputError(f"not a file of shapes that GDAL can read: {_line(exc)}") from exc
    names = [str(name) for name, k in listed if k is None or kind in k or k in ("Unknown", "Geometry")]
    if not names:
        kinds = ", ".join(f"{n}: {k}" for n, k in listed) or "none"
        raise InputError(f"the file has no layer of {kind.lower()}s (layers: {kinds})")
    return names


@contextmanager
def _heard() -> Iterator[list[str]]:
    """GDAL reads without a network; what it warns of are notes for the zones instead of text on the screen."""
    pyogrio = _gdal()
    before = {name: pyogrio.get_gdal_config_option(name) for name in _NO_NETWORK}
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pyogrio.set_gdal_config_options(_NO_NETWORK)
        try:
            yield notes
        finally:
            pyogrio.set_gdal_config_options(before)
    notes += list(dict.fromkeys(f"reading the layer: {_line(w.message)}" for w in caught))[:_MOST_NOTES]


def _unreadable() -> tuple[type[Exception], ...]:
    pyogrio = _gdal()
    return pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError


def _zones_of_layer(path: Path, layer: str) -> Iterator[Zone]:
    for where, shape, to_wgs84, properties, said in _features_of_layer(path, layer):
        try:
            parts = _parts(shape, ("Polygon", "MultiPolygon"), "a zone")
            polygons = [[_lonlat(ring, to_wgs84) for ring in (p.exterior, *p.interiors)] for p in parts]
            zone = zone_from_properties(polygons, properties)
            yield replace(zone, notes=(*zone.notes, *said)) if said else zone
        except InputError as exc:
            raise InputError(exc.message, where=where, hint=exc.hint) from exc


def _features_of_layer(path: Path, layer: str) -> Iterator[tuple[str, bytes | None, Any, dict[str, Any], list[str]]]:
    """Where each feature stands, its shape as WKB, how to bring it to WGS 84, its properties, and what GDAL said."""
    pyogrio = _gdal()
    try:
        with _heard() as said:
            info = pyogrio.read_info(path, layer=layer)
            if info["driver"] in _LEFT_OUT:
                raise InputError(f"a file of kind {info['driver']} names other files", where=f"layer {layer}")
            if info["features"] > MAX_FEATURES:
                raise InputError(f"{info['features']} features", where=f"layer {layer}", hint=f"at most {MAX_FEATURES}")
            meta, fids, shapes, columns = pyogrio.raw.read(path, layer=layer, return_fids=True, force_2d=True)
    except (*_unreadable(), pyogrio.errors.FeatureError) as exc:
        raise InputError(f"the layer cannot be read: {_line(exc)}", where=f"layer {layer}") from exc
    if shapes is None:
        return
    to_wgs84 = _transform(meta.get("crs"), layer)
    for number, shape in enumerate(shapes):
        where = f"layer {layer}, feature {number if fids is None else fids[number]}"
        properties = {n: _plain(c[number]) for n, c in zip(meta["fields"], columns, strict=True)}
        yield where, shape, to_wgs84, properties, said


def _transform(crs: str | None, layer: str) -> Any:
    """A function from coordinates of the layer to longitude and latitude; None where they are that already."""
    import pyproj  # noqa: PLC0415

    if not crs:
        raise InputError(
            "the layer states no coordinate system", where=f"layer {layer}",
            hint="add the .prj file, or convert to GeoJSON in WGS 84",
        )  # fmt: skip
    try:
        source = pyproj.CRS.from_user_input(crs)
        if source.is_geographic and source.to_2d().equals(pyproj.CRS(_WGS84), ignore_axis_order=True):
            return None
        return pyproj.Transformer.from_crs(source, _WGS84, always_xy=True)
    except pyproj.exceptions.ProjError as exc:
        raise InputError(f"unknown coordinate system {crs[:80]}", where=f"layer {layer}") from exc


def _parts(shape: bytes | None, kinds: tuple[str, ...], noun: str) -> Any:
    """The parts of one feature, all of the first kind."""
    if shape is None:
        raise InputError("the feature has no geometry")
    try:
        geometry = shapely.from_wkb(shape)
    except shapely.errors.GEOSException as exc:
        raise InputError(f"the geometry cannot be read: {_line(exc)}") from exc
    parts = shapely.get_parts(geometry)
    if not len(parts) or not all(p.geom_type == kinds[0] for p in parts):
        raise InputError(f"{noun} is a {' or '.join(kinds)}, not {geometry.geom_type}")
    return parts


def _lonlat(ring: Any, to_wgs84: Any) -> Any:
    points = shapely.get_coordinates(ring)
    if to_wgs84 is None:
        return points
    lon, lat = to_wgs84.transform(points[:, 0], points[:, 1])
    return np.column_stack([lon, lat])


def _plain(value: Any) -> Any:
    """A field's value as Python knows it."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    return value.item() if isinstance(value, np.generic) else value


def _line(exc: BaseException | str) -> str:
    return " ".join(str(exc).split())[:200]
