"""Vector tiles of vessels, tracks, events and zones: the same rows as everywhere, through the view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import numpy as np
from fastapi import APIRouter, Path
from starlette.responses import Response

from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.formats import mvt
from kizuna.formats.geojson import event_features
from kizuna.node.api.answers import Problem
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.layers import Layers
from kizuna.node.api.ogc.collections import track_feature, vessel_features
from kizuna.node.api.ogc.query import Query
from kizuna.node.api.view import MOTION, Reader, Seen

MVT: Final = "application/vnd.mapbox-vector-tile"
_VESSELS_MOST: Final = 5_000
"""Vessels of one tile; where there are more, one for each eight units of the grid stands for its neighbours."""
_TRACK_ZOOM_LEAST: Final = 7
_KEPT: Final = ("mmsi", "event_id", "event_type", "confidence", "confidence_word", "summary", "start_timestamp",
                "end_timestamp", "shipname", "kind", "sog_kn", "cog_deg", "datetime", "zone_id", "name", "claimant",
                "fixes", "status", "share", "heard", "expected", "vessel_hours")  # fmt: skip
Layer = Literal["vessels", "tracks", "events", "zones", "coverage", "presence"]
Whole = Annotated[int, Path(ge=0, le=1 << 24)]


def add_to(router: APIRouter, books: Books) -> None:
    """Add the route."""
    node = books.node
    layers = Layers(node)

    @router.get("/tiles/{layer}/{z}/{x}/{y}.mvt", **needs("ogc.read"))
    def tile(viewer: Looks, layer: Layer, z: Whole, x: Whole, y: Whole) -> Response:
        """One tile; 204 where it is empty. Tracks of the last hour from zoom 7, events of the last week.

        Coverage and presence are for people only: they are neither late nor coarse in the way that a token is.
        """
        mvt.check_tile(z, x, y)
        if layer == "tracks" and z < _TRACK_ZOOM_LEAST:
            raise Problem(404, f"tracks are drawn from zoom {_TRACK_ZOOM_LEAST}")
        reader = Reader(node, viewer)
        west, south, east, north = mvt.tile_box(z, x, y)
        whole = east - west >= 360  # noqa: PLR2004  all round
        query = Query(box=(-180.0 if whole else _round(west), south, 180.0 if whole else _round(east), north))
        if layer in ("coverage", "presence") and viewer.is_token:
            raise Problem(403, f"{layer} is not given to tokens")
        if layer in ("zones", "coverage", "presence"):  # our zones are told to nobody
            features: Iterator[dict[str, Any]] = iter(layers.features_of(layer) if reader.released is None else ())
        elif layer == "events":
            now = node.now_ms()
            features = event_features(reader.events(start_ms=now - 7 * DAY_MS, end_ms=now + 1))
        else:
            features = _vessels(reader, query, z) if layer == "vessels" else _tracks(reader, query)
        data = mvt.tile(layer, map(_slim, features), z, x, y)
        node.desk.audit.saw(viewer.name, "tile.read", layer, viewer.address)
        return Response(data, media_type=MVT) if data else Response(status_code=204)


def _round(lon_deg: float) -> float:
    return (lon_deg + 180.0) % 360.0 - 180.0


def _slim(feature: dict[str, Any]) -> dict[str, Any]:
    properties = feature.get("properties") or {}
    return {"geometry": feature.get("geometry"), "properties": {k: properties[k] for k in _KEPT if k in properties}}


def _vessels(reader: Reader, query: Query, z: int) -> Iterator[dict[str, Any]]:
    rows = reader.latest(0).rows
    at = np.flatnonzero(~np.isnan(rows["lat_deg"]) & query.has_place(rows["lat_deg"], rows["lon_deg"]))
    if len(at) > _VESSELS_MOST:
        step_deg = 360.0 / 2**z / (mvt.EXTENT // 8)
        cells = np.column_stack([np.floor(rows[n][at] / step_deg) for n in ("lat_deg", "lon_deg")])
        at = at[np.unique(cells, axis=0, return_index=True)[1]]
    return vessel_features(Seen(rows.take(at[: 4 * _VESSELS_MOST])))


def _tracks(reader: Reader, query: Query) -> Iterator[dict[str, Any]]:
    newest = reader.versions().newest_ms
    assert query.box is not None
    fixes = reader.box(query.box, max(0, newest - HOUR_MS), newest + 1, MOTION)
    for mmsi in np.unique(fixes["mmsi"]).tolist():
        mine = fixes.take(fixes["mmsi"] == mmsi)
        found = track_feature(mmsi, Seen(mine.take(np.argsort(mine["time_ms"], kind="stable"))))
        if found is not None:
            yield found
