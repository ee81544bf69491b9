"""The collections: vessels, tracks, events, zones. Each says what it holds and finds one page of it, in a fixed order.

A page begins behind an id (``after``), so rows that come or go meanwhile neither repeat nor drop another. ``vessels``
are newest positions; their time is that of the fix. ``tracks`` are lines of at most a day; those with a fix in the box
are found, not those that only cross it between two fixes. ``events`` have the geometry of our GeoJSON. ``zones`` have
no time and so match any.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.base.utc import iso
from kizuna.events.table import EVENT_TYPES, LEVEL_WORDS
from kizuna.formats.geojson import event_features
from kizuna.node.api.answers import Problem
from kizuna.node.api.kinds import KINDS, kinds
from kizuna.node.api.layers import Layers
from kizuna.node.api.ogc.query import Query
from kizuna.node.api.view import MOTION, Reader, Seen

_TRACKS_MOST: Final = 500
_DECIMALS: Final = 6
Feature = dict[str, Any]


class Page(NamedTuple):
    """Features of one page, how many fit in all (None: not counted), and the id behind which the next begins."""

    features: list[Feature]
    matched: int | None
    after: str


@dataclass(frozen=True, slots=True)
class Collection:
    """One collection. ``queryables`` gives the JSON Schema type of each property that can be asked for."""

    id: str
    title: str
    description: str
    queryables: Mapping[str, str]
    find: Callable[[Reader, Query], Page]
    extent: Callable[[Reader], tuple[str | None, str | None]] | None = None


def _paged(ids: list[str], query: Query, make: Callable[[list[int]], list[Feature]]) -> Page:
    """One page of what fits, in order of id as text."""
    order = sorted(range(len(ids)), key=ids.__getitem__)
    begin = [i for i in order if ids[i] > query.after] if query.after else order
    rows = begin[: query.limit]
    return Page(make(rows), len(ids), ids[rows[-1]] if len(begin) > len(rows) else "")


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):  # noqa: PLR2004
        raise Problem(400, f"{name} is a whole number")
    return int(text)


def _vessels(reader: Reader, query: Query) -> Page:
    rows = reader.latest(0).rows
    keep = query.has_time(rows["time_ms"]) & query.has_place(rows["lat_deg"], rows["lon_deg"])
    keep &= ~np.isnan(rows["lat_deg"])
    for name in ("mmsi", "imo", "ship_type"):
        if name in query.values:
            keep &= rows[name] == _number(query.values[name], name)
    for name in ("shipname", "callsign"):
        if name in query.values:
            keep &= np.array([v == query.values[name] for v in rows[name].to_pylist()], np.bool_)
    kind = kinds(rows["ship_type"], rows["ais_class"])
    if "kind" in query.values:
        keep &= np.array([KINDS[k] == query.values["kind"] for k in kind.tolist()], np.bool_)
    at = np.flatnonzero(keep)
    ids = [f"{m:09d}" for m in rows["mmsi"][at].tolist()]
    return _paged(ids, query, lambda page: list(vessel_features(Seen(rows.take(at[page])))) if page else [])


def vessel_features(rows: Seen) -> Iterator[Feature]:
    """Newest positions as points."""
    kind = kinds(rows["ship_type"], rows["ais_class"])
    texts = {n: rows[n].to_pylist() for n in ("shipname", "callsign")}
    for k in range(len(rows)):
        properties = {
            "mmsi": int(rows["mmsi"][k]), "datetime": iso(int(rows["time_ms"][k])), "shipname": texts["shipname"][k],
            "callsign": texts["callsign"][k], "imo": _positive(rows["imo"][k]), "kind": KINDS[kind[k]],
            "ship_type": _positive(rows["ship_type"][k]), "length_m": _positive(rows["length_m"][k]),
            "sog_kn": _real(rows["sog_kn"][k]), "cog_deg": _real(rows["cog_deg"][k]),
            "heading_deg": _real(rows["heading_deg"][k]),
            "nav_status": None if rows["nav_status"][k] < 0 else int(rows["nav_status"][k]),
        }  # fmt: skip
        place = [round(float(rows["lon_deg"][k]), 7), round(float(rows["lat_deg"][k]), 7)]
        yield {
            "type": "Feature", "id": f"{properties['mmsi']:09d}",
            "geometry": {"type": "Point", "coordinates": place}, "properties": properties,
        }  # fmt: skip


def _positive(value: Any) -> int | None:
    return int(value) if value > 0 else None


def _real(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)


def _tracks(reader: Reader, query: Query) -> Page:
    newest = reader.versions().newest_ms
    end = newest if query.end_ms is None else query.end_ms
    start = max(0, end - HOUR_MS) if query.start_ms is None else query.start_ms
    if query.end_ms is None and query.start_ms is not None:
        end = min(max(newest, start), start + DAY_MS)
    if end - start > DAY_MS:
        raise Problem(400, "tracks are given for a day at most; narrow the datetime")
    if "mmsi" in query.values:
        mmsis = [_number(query.values["mmsi"], "mmsi")]
    elif query.box is not None:
        mmsis = np.unique(reader.box(query.box, start, end + 1, ("mmsi",))["mmsi"]).tolist()
    else:
        rows = reader.latest(0).rows
        mmsis = rows["mmsi"][rows["time_ms"] >= start].tolist()
    query = Query(min(query.limit, _TRACKS_MOST), query.box, start, end, query.after, query.values)
    ids = [f"{m:09d}" for m in mmsis]

    def make(page: list[int]) -> list[Feature]:
        made = (track_feature(mmsis[i], reader.track(mmsis[i], start, end + 1, MOTION)) for i in page)
        return [f for f in made if f is not None]

    page = _paged(ids, query, make)
    return page._replace(matched=None)  # whether a track has two places is known when it is read


def track_feature(mmsi: int, fixes: Seen) -> Feature | None:
    """Fixes as a line, cut where it crosses 180 degrees; None for fewer than two."""
    keep = ~np.isnan(fixes["lat_deg"])
    if np.count_nonzero(keep) < 2:  # noqa: PLR2004
        return None
    lon, lat = np.round(fixes["lon_deg"][keep], _DECIMALS), np.round(fixes["lat_deg"][keep], _DECIMALS)
    times = fixes["time_ms"][keep]
    cuts = np.flatnonzero(np.abs(np.diff(lon)) > 180) + 1  # noqa: PLR2004
    parts = [p.tolist() for p in np.split(np.column_stack([lon, lat]), cuts)]
    lines = [p if len(p) > 1 else p * 2 for p in parts]
    kind, places = ("LineString", lines[0]) if len(lines) == 1 else ("MultiLineString", lines)
    geometry = {"type": kind, "coordinates": places}
    properties = {"mmsi": mmsi, "datetime": iso(int(times[0])), "end": iso(int(times[-1])), "fixes": len(times)}
    return {"type": "Feature", "id": f"{mmsi:09d}", "geometry": geometry, "properties": properties}


def _events(reader: Reader, query: Query) -> Page:
    mmsi = _number(query.values["mmsi"], "mmsi") if "mmsi" in query.values else None
    start, end = query.span
    rows = reader.events(start_ms=start, end_ms=end + 1, mmsi=mmsi, event_id=query.only)
    keep = np.ones(len(rows), np.bool_)
    for name, words in (("event_type", EVENT_TYPES), ("confidence_word", LEVEL_WORDS)):
        if name in query.values:
            if query.values[name] not in words:
                raise Problem(400, f"{name} is one of {', '.join(words)}")
            keep &= rows[name] == words.index(query.values[name])
    if query.box is not None:
        box = zip(*(rows[f"{n}_deg"].tolist() for n in ("lon_min", "lat_min", "lon_max", "lat_max")), strict=True)
        keep &= np.array([query.meets(*b) for b in box], np.bool_)
    at = np.flatnonzero(keep)
    ids = [rows["event_id"][int(k)].as_py() for k in at]

    def make(page: list[int]) -> list[Feature]:
        return [_timed(f) for f in event_features(rows.take(at[page]))] if page else []

    return _paged(ids, query, make)


def _timed(feature: Feature) -> Feature:
    properties = feature["properties"]
    return {**feature, "properties": {**properties, "datetime": properties["start_timestamp"]}}


def zones_of(layers: Layers) -> Callable[[Reader, Query], Page]:
    """Zones as the node was given them."""

    def find(reader: Reader, query: Query) -> Page:
        data = None if reader.released is not None else layers.bytes_of("zones")  # our zones are told to nobody
        held = json.loads(data)["features"] if data else []
        ids, kept = [], []
        for n, feature in enumerate(held):
            properties = feature.get("properties") or {}
            if any(str(properties.get(k, "")) != v for k, v in query.values.items()):
                continue
            if query.box is None or any(query.meets(*b) for b in _boxes(feature.get("geometry"))):
                ids.append(str(feature.get("id") or properties.get("zone_id") or n))
                kept.append({**feature, "id": ids[-1]})
        return _paged(ids, query, lambda page: [kept[i] for i in page])

    return find


def _boxes(geometry: Any) -> Iterator[tuple[float, float, float, float]]:
    """The box of every ring or line of a geometry."""
    if not geometry:
        return
    if geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _boxes(part)
        return
    todo = [geometry["coordinates"]]
    while todo:
        one = todo.pop()
        if one and isinstance(one[0], (int, float)):
            yield one[0], one[1], one[0], one[1]
        elif one and isinstance(one[0][0], (int, float)):
            flat = np.array([p[:2] for p in one])
            yield (*flat.min(axis=0).tolist(), *flat.max(axis=0).tolist())
        else:
            todo += one


def _when(reader: Reader) -> tuple[str | None, str | None]:
    reached = reader.versions()
    return iso(reached.oldest_ms) or None, None


def collections(layers: Layers) -> dict[str, Collection]:
    """All of them by id."""
    whole, text = "integer", "string"
    every = (
        Collection("vessels", "Vessels", "Newest position of each MMSI. A number need not be one ship.",
                   {"mmsi": whole, "imo": whole, "ship_type": whole, "shipname": text, "callsign": text, "kind": text},
                   _vessels, _when),
        Collection("tracks", "Tracks", "Positions of each MMSI as a line; the last hour unless datetime says, a day at "
                   "most.", {"mmsi": whole}, _tracks, _when),
        Collection("events", "Events", "What happened, with its evidence. Never certain; see the summary of each.",
                   {"mmsi": whole, "event_type": text, "confidence_word": text}, _events, _when),
        Collection("zones", "Zones", "Areas that this node watches, each as one party states it.",
                   {"zone_id": text, "kind": text, "claimant": text, "name": text}, zones_of(layers)),
    )  # fmt: skip
    return {c.id: c for c in every}
