"""Vector tiles: Mapbox Vector Tile 2.1 (protocol buffers), written by hand because so little of it is needed.

Geometries come in longitude and latitude and are drawn in web mercator (EPSG:3857) on a grid of ``EXTENT`` units a
tile, with ``BUFFER`` units around it so that symbols and outlines at the edge are whole. Latitudes beyond 85.0511
degrees are outside. Field numbers as in the specification's ``vector_tile.proto``.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.errors import InputError

EXTENT: Final = 4096
BUFFER: Final = 64
ZOOM_MOST: Final = 22
LAT_MOST_DEG: Final = 85.051128779806604
_POINT, _LINE, _POLYGON = 1, 2, 3
_MOVE, _DRAW, _CLOSE = 1, 2, 7
_WHOLE: Final = 1 << 63
Points = npt.NDArray[Any]
Value = str | int | float | bool | None


def check_tile(z: int, x: int, y: int) -> None:
    """Raise InputError for a tile that does not exist."""
    if not 0 <= z <= ZOOM_MOST or not (0 <= x < 1 << z and 0 <= y < 1 << z):
        raise InputError(f"there is no tile {z}/{x}/{y}", hint=f"zoom 0 to {ZOOM_MOST}")


def tile_box(z: int, x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile with its buffer, in degrees; longitudes may lie beyond 180 degrees."""
    pad = BUFFER / EXTENT
    west, east = ((x + d) / 2**z * 360.0 - 180.0 for d in (-pad, 1 + pad))
    north, south = (_lat_deg((y + d) / 2**z) for d in (-pad, 1 + pad))
    return west, south, east, north


def _lat_deg(part: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1.0 - 2.0 * min(max(part, 0.0), 1.0)))))


def _on_grid(points: Points, z: int, x: int, y: int) -> Points:
    """Longitude and latitude (n, 2) as units of the tile; east and down positive."""
    lat = np.radians(np.clip(points[:, 1], -LAT_MOST_DEG, LAT_MOST_DEG))
    across = (points[:, 0] + 180.0) / 360.0
    down = (1.0 - np.arcsinh(np.tan(lat)) / math.pi) / 2.0
    out: Points = (np.column_stack([across, down]) * 2.0**z - (x, y)) * EXTENT
    return out


def tile(name: str, features: Iterable[Mapping[str, Any]], z: int, x: int, y: int) -> bytes:
    """One layer of one tile from GeoJSON features; empty bytes where nothing of them lies in it.

    Properties that are no text, number or truth are left out. An integer id is kept.
    """
    check_tile(z, x, y)
    keys: dict[str, int] = {}
    values: dict[tuple[type, Any], int] = {}
    drawn = bytearray()
    for feature in features:
        for kind, commands in _geometry(feature.get("geometry"), z, x, y):
            tags: list[int] = []
            for key, value in (feature.get("properties") or {}).items():
                if isinstance(value, (str, int, float, bool)):
                    tags += [keys.setdefault(key, len(keys)), values.setdefault((type(value), value), len(values))]
            one = _bytes(2, _packed(tags)) + _number(3, kind) + _bytes(4, _packed(commands))
            if isinstance(feature.get("id"), int):
                one = _number(1, feature["id"]) + one
            drawn += _bytes(2, one)
    if not drawn:
        return b""
    layer = _bytes(1, name.encode()) + bytes(drawn)
    layer += b"".join(_bytes(3, k.encode()) for k in keys)
    layer += b"".join(_bytes(4, _value(v)) for _, v in values)
    return _bytes(3, layer + _number(5, EXTENT) + _number(15, 2))


def _geometry(geometry: Any, z: int, x: int, y: int) -> Iterable[tuple[int, list[int]]]:
    """Type and commands of what of a geometry lies in the tile, also of its copies a turn to the east and west."""
    if not geometry:
        return
    shape = shapely.from_geojson(json.dumps(geometry))
    for turn in (-360.0, 0.0, 360.0):
        moved = shapely.transform(shape, partial(_turned, turn=turn, z=z, x=x, y=y))
        cut = shapely.clip_by_rect(moved, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        if not cut.is_empty:
            yield from _drawn(cut)


def _turned(points: Points, turn: float, z: int, x: int, y: int) -> Points:
    return _on_grid(np.add(points, (turn, 0.0)), z, x, y)


def _drawn(shape: Any) -> Iterable[tuple[int, list[int]]]:
    parts = shapely.get_parts(shape)
    by_kind: dict[int, list[Any]] = {}
    for part in parts:
        kind = {"Point": _POINT, "LineString": _LINE, "LinearRing": _LINE, "Polygon": _POLYGON}.get(part.geom_type)
        if kind is not None:
            by_kind.setdefault(kind, []).append(part)
        else:
            yield from _drawn(part)
    for kind, mine in by_kind.items():
        commands = {_POINT: _points, _LINE: _lines, _POLYGON: _polygons}[kind](mine)
        if commands:
            yield kind, commands


def _points(parts: Sequence[Any]) -> list[int]:
    at = np.round(shapely.get_coordinates(parts)).astype(int)
    return [_MOVE | len(at) << 3, *_steps(at, (0, 0))[0]]


def _lines(parts: Sequence[Any]) -> list[int]:
    out: list[int] = []
    cursor = (0, 0)
    for part in parts:
        at = _without_repeats(shapely.get_coordinates(part))
        if len(at) > 1:
            steps, cursor = _steps(at, cursor)
            out += [_MOVE | 1 << 3, *steps[:2], _DRAW | (len(at) - 1) << 3, *steps[2:]]
    return out


def _polygons(parts: Sequence[Any]) -> list[int]:
    """Shells clockwise as seen on the screen (y down), holes the other way (4.3.4.4)."""
    out: list[int] = []
    cursor = (0, 0)
    for part in parts:
        for ring, outer in ((part.exterior, True), *((r, False) for r in part.interiors)):
            at = _without_repeats(shapely.get_coordinates(ring))[:-1]
            area = (
                float(np.sum(at[:, 0] * np.roll(at[:, 1], -1) - np.roll(at[:, 0], -1) * at[:, 1])) if len(at) else 0.0
            )
            if len(at) < 3 or area == 0.0:  # noqa: PLR2004  a ring has three corners
                if outer:
                    break
                continue
            if (area > 0) != outer:
                at = at[::-1]
            steps, cursor = _steps(at, cursor)
            out += [_MOVE | 1 << 3, *steps[:2], _DRAW | (len(at) - 1) << 3, *steps[2:], _CLOSE | 1 << 3]
    return out


def _without_repeats(points: Points) -> Points:
    at = np.round(points).astype(int)
    return at[np.append(True, np.any(at[1:] != at[:-1], axis=1))] if len(at) else at


def _steps(at: Points, cursor: tuple[int, int]) -> tuple[list[int], tuple[int, int]]:
    """Zigzag differences from point to point, and where they end."""
    steps = np.diff(at, axis=0, prepend=[cursor]).ravel()
    return [(int(s) << 1) ^ (int(s) >> 63) for s in steps], (int(at[-1, 0]), int(at[-1, 1]))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004  seven bits a byte
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _packed(values: Iterable[int]) -> bytes:
    return b"".join(map(_varint, values))


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return _bytes(1, value.encode())
    if isinstance(value, bool):
        return _number(7, int(value))
    if isinstance(value, int) and -_WHOLE <= value < _WHOLE:
        return _number(6, (value << 1) ^ (value >> 63))
    return _varint(3 << 3 | 1) + struct.pack("<d", float(value or 0.0))
