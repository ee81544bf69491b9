"""Events as GeoJSON (RFC 7946): one Feature an event, properties under the names of the columns in files.

Geometry by type, so that a map shows no more than is known:

* ``gap``: the straight line from the last position before to the first after; the point of the start while it is open.
  The line joins two positions; it is no route.
* ``encounter``, ``loitering``: the mean position.
* ``zone_visit``, ``port_visit``: the position of entry; the exit stands in ``end_lat`` and ``end_lon``.

Lines are cut where they cross 180 degrees (RFC 7946, 3.1.9), ``bbox`` has its west edge greater than its east edge
there (5.2). Coordinates have 7 decimals (about a centimetre). A place that is missing gives a null geometry.

Ids of 63 bits (``seg_ids`` and message ids) are texts, because readers that hold numbers as doubles would change them
(RFC 8259, 6). ``params`` and ``event_info`` are objects. ``proof`` gives the number of proving messages and the first
and last of them; the complete list stands in ``events.parquet``. Every feature carries ``marking``, ``label`` and
``context``. Control characters that reorder text are written as escapes: the data stay the same, no editor is misled.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from kizuna.base.table import Kind, Table
from kizuna.base.utc import iso
from kizuna.records.context import marking

_DECIMALS: Final = 7
_REORDERING: Final = {code: f"\\u{code:04x}" for code in (*range(0x200B, 0x2010), *range(0x2028, 0x202F),
                                                          *range(0x2060, 0x206A), 0x061C, 0xFEFF)}  # fmt: skip
"""Characters that JSON allows bare but that reorder, hide or break text on a screen."""
_TEXT_IDS: Final = ("seg_ids",)
_JSON_TEXT: Final = ("params", "event_info")

_HALF_TURN: Final = 180.0

Point = tuple[float, float]


def events_geojson(events: Table) -> bytes:
    """The whole table as one FeatureCollection; the same bytes for the same table."""
    return b"".join(events_geojson_chunks(events))


def events_geojson_chunks(events: Table, rows: int = 1000) -> Iterator[bytes]:
    """The same bytes in pieces of ``rows`` features; memory is bounded by one piece."""
    yield b'{"type":"FeatureCollection","features":['
    first = True
    for start in range(0, len(events), rows):
        lines = [_dumps(f) for f in _features(events.slice(start, min(start + rows, len(events))))]
        yield (("\n" if first else ",\n") + ",\n".join(lines)).encode()
        first = False
    yield b"\n]}\n"


def _dumps(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_REORDERING)


def _features(events: Table) -> Iterator[dict[str, Any]]:
    columns = {c.in_file: _values(events, c.name, c.kind) for c in events.schema.columns if c.name != "proof"}
    columns["proof"] = _proof(events["proof"])
    names = tuple(columns)
    for values in zip(*columns.values(), strict=True):
        properties = dict(zip(names, values, strict=True))
        properties["marking"] = marking(properties["context"] or "")
        feature: dict[str, Any] = {"type": "Feature", "id": properties["event_id"]}
        box = _bbox(properties)
        if box is not None:
            feature["bbox"] = box
        feature["geometry"] = geometry(properties)
        feature["properties"] = properties
        yield feature


def event_rows(events: Table) -> Iterator[dict[str, Any]]:
    """The properties of each feature: one event as plain JSON values under the names of the columns in files."""
    for feature in _features(events):
        yield feature["properties"]


def event_features(events: Table) -> Iterator[dict[str, Any]]:
    """The features one by one, as plain values."""
    yield from _features(events)


def feature_bytes(value: Any) -> bytes:
    """JSON of a feature as ``events_geojson`` writes it."""
    return _dumps(value).encode()


def _values(events: Table, name: str, kind: Kind) -> list[Any]:
    """One column as JSON values."""
    column = events[name]
    if kind is Kind.TIME:
        return [iso(int(v)) or None for v in column]
    if kind is Kind.CODE:
        words = events.codes_of(name)
        return [words[v] if v >= 0 else None for v in column.tolist()]
    if kind is Kind.F32:  # the shortest decimal that gives the same float32, not its float64 expansion
        return [float(str(v)) if math.isfinite(v) else None for v in column]
    values = column.to_pylist() if isinstance(column, pa.Array) else column.tolist()
    missing = events.schema[name].missing_value
    if missing is not None:
        values = [None if v == missing else v for v in values]
    if name in _TEXT_IDS:
        return [None if v is None else [None if i is None else str(i) for i in v] for v in values]
    if name in _JSON_TEXT:
        return [_parsed(v) for v in values]
    return [_finite(v) for v in values]


def _finite(value: Any) -> Any:
    """The value with every number that JSON cannot hold made null, also inside lists and objects."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return value


def _parsed(text: str | None) -> Any:
    """JSON text as the value it stands for; text that is no JSON stays text."""
    if not text:
        return None
    try:
        return _finite(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _proof(column: pa.Array) -> list[Any]:
    return [None if not v.is_valid else [_proof_part(p) for p in v.values] for v in column]


def _proof_part(part: pa.Scalar) -> dict[str, Any]:
    ids = part["msg_ids"].values if part["msg_ids"].is_valid else pa.array([], pa.int64())
    ends = (str(ids[0].as_py()), str(ids[-1].as_py())) if len(ids) else (None, None)
    return {"table": part["table"].as_py(), "count": len(ids), "msg_id_first": ends[0], "msg_id_last": ends[1]}


def _point(properties: dict[str, Any], which: str) -> Point | None:
    names = ("lon_mean", "lat_mean") if which == "mean" else (f"{which}_lon", f"{which}_lat")
    lon, lat = properties[names[0]], properties[names[1]]
    return None if lon is None or lat is None else (_round(lon), _round(lat))


def _round(degrees: float) -> float:
    return round(degrees, _DECIMALS) + 0.0  # no negative zero


def geometry(properties: dict[str, Any]) -> dict[str, Any] | None:
    """GeoJSON geometry of one event given by its file columns, as the module says; None without a place."""
    start, end, mean = (_point(properties, which) for which in ("start", "end", "mean"))
    kind = properties["event_type"]
    if kind == "gap" and start is not None and end is not None:
        return _line(start, end)
    place = mean or start if kind in ("encounter", "loitering") else start or mean
    return None if place is None else {"type": "Point", "coordinates": list(place)}


def _line(start: Point, end: Point) -> dict[str, Any]:
    """A straight line in longitude and latitude, taking the shorter way round and cut at 180 degrees."""
    (lon1, lat1), (lon2, lat2) = start, end
    if abs(lon2 - lon1) <= _HALF_TURN:
        return {"type": "LineString", "coordinates": [[lon1, lat1], [lon2, lat2]]}
    edge = _HALF_TURN if lon1 > lon2 else -_HALF_TURN
    span = lon2 + 2.0 * edge - lon1  # the way to go, with its sign
    cut = _round(lat1 + (lat2 - lat1) * ((edge - lon1) / span if span else 0.0))
    parts = [[[lon1, lat1], [edge, cut]], [[-edge, cut], [lon2, lat2]]]
    kept = [p for p in parts if p[0] != p[1]]  # an end that lies on 180 degrees leaves no second part
    return {"type": "MultiLineString", "coordinates": kept}


def _bbox(properties: dict[str, Any]) -> list[float] | None:
    box = [properties[n] for n in ("lon_min", "lat_min", "lon_max", "lat_max")]
    return None if any(v is None for v in box) else [_round(v) for v in box]
