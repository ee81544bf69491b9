"""Anchorages from lists that others made: CSV or GeoJSON points, bytes in, a set of discs out.

CSV needs a header with a latitude and a longitude column under one of the names below and may have ``radius_m``, an id,
a label and a country; everything else in it is ignored. So Global Fishing Watch's list of named anchorages (S2 cell,
latitude, longitude, label, country) is read as it is. GeoJSON: a FeatureCollection of points with the same as optional
properties. A row without a usable position is left out and counted in the description.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.places.anchorages import DEFAULT_RADIUS_M, Anchorages, Name, make_anchorages

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_ROWS: Final = 5_000_000
_LAT: Final = ("lat", "latitude", "lat_deg")
_LON: Final = ("lon", "longitude", "lng", "long", "lon_deg")
_RADIUS: Final = ("radius_m",)
_ID: Final = ("s2id", "anchorage_id", "port_id", "id")
_LABEL: Final = ("label", "name", "port_name")
_COUNTRY: Final = ("iso3", "country", "flag", "administration")
_TEXT_MAX: Final = 100
"""Letters kept of an id, label or country."""
_RADIUS_RANGE_M: Final = (1.0, 100_000.0)

_Row = tuple[Any, Any, Any, tuple[str, str, str]]
_UNNAMED: Final = ("", "", "")


def anchorages_from_csv(data: bytes, name: str, radius_m: float = DEFAULT_RADIUS_M) -> Anchorages:
    """Anchorages of a CSV text (UTF-8). ``name`` becomes part of the origin, ``radius_m`` serves where it has none.

    Raises InputError for a text without the columns or without one usable row.
    """
    text = _text(data, name)
    try:
        rows = csv.reader(io.StringIO(text))
        header = [h.strip().lower() for h in next(rows, [])]
        lat, lon, radius = (_column(header, names) for names in (_LAT, _LON, _RADIUS))
        if lat is None or lon is None:
            raise InputError(
                f"no columns of latitude and longitude among {', '.join(header)[:200] or 'none'}",
                where=name, hint=f"name them {'|'.join(_LAT)} and {'|'.join(_LON)}",
            )  # fmt: skip
        texts = [_column(header, names) for names in (_ID, _LABEL, _COUNTRY)]
        return _made((_picked(row, lat, lon, radius, texts) for row in rows if row), name, radius_m)
    except csv.Error as exc:
        raise InputError(f"not CSV: {exc}", where=name) from exc


def anchorages_from_geojson(data: bytes, name: str, radius_m: float = DEFAULT_RADIUS_M) -> Anchorages:
    """Anchorages of a GeoJSON FeatureCollection of points. Raises InputError for anything else."""
    try:
        document = json.loads(_text(data, name))
    except (ValueError, RecursionError) as exc:
        raise InputError(f"not JSON: {exc}", where=name) from exc
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise InputError("not a GeoJSON FeatureCollection", where=name)
    return _made((_point(f) for f in features), name, radius_m)


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise InputError(f"a list of {len(data)} bytes", where=name, hint=f"at most {MAX_BYTES}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError("not UTF-8 text", where=name) from exc


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    found = [header.index(n) for n in names if n in header]
    return found[0] if found else None


def _picked(row: list[str], lat: int, lon: int, radius: int | None, texts: list[int | None]) -> _Row:
    if max(lat, lon) >= len(row):
        return None, None, None, _UNNAMED
    found = [row[at].strip()[:_TEXT_MAX] if at is not None and at < len(row) else "" for at in texts]
    radius_m = row[radius] if radius is not None and radius < len(row) else None
    return row[lat], row[lon], radius_m, (found[0], found[1], found[2])


def _point(feature: Any) -> _Row:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        return None, None, None, _UNNAMED
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list) or len(coordinates) < 2:  # noqa: PLR2004  longitude and latitude
        return None, None, None, _UNNAMED
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return coordinates[1], coordinates[0], None, _UNNAMED
    found = [str(next((properties[n] for n in names if n in properties), "") or "")[:_TEXT_MAX]
             for names in (_ID, _LABEL, _COUNTRY)]  # fmt: skip
    return coordinates[1], coordinates[0], properties.get("radius_m"), (found[0], found[1], found[2])


def _made(rows: Iterable[_Row], name: str, radius_m: float) -> Anchorages:
    good: list[tuple[float, float, float]] = []
    names: list[Name] = []
    total = 0
    for total, row in enumerate(rows, 1):
        if total > MAX_ROWS:
            raise InputError(f"more than {MAX_ROWS} rows", where=name)
        lat, lon = _number(row[0]), _number(row[1])
        radius = radius_m if row[2] in (None, "") else _number(row[2])
        if abs(lat) <= 90.0 and abs(lon) <= 180.0 and _RADIUS_RANGE_M[0] <= radius <= _RADIUS_RANGE_M[1]:  # noqa: PLR2004
            good.append((lat, lon, radius))
            names.append(Name(*row[3], f"imported:{name}"))
    if not good:
        raise InputError("no row has a usable position", where=name)
    table = np.array(good)
    words = f"{name}: {len(good)} of {total} rows"
    return make_anchorages(table[:, 0], table[:, 1], table[:, 2], f"imported:{name}", words, names)


def _number(value: Any) -> float:
    """A finite number, or NaN."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
    return number if math.isfinite(number) else math.nan
