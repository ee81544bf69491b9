"""Files to take away: vessels, events, fixes as CSV, GeoJSON, KML, GPX or GeoParquet, each with its marking.

A token's files are as late and coarse as the token. Fixes are given for one vessel or one box, ``ROWS_MOST`` at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Final, Literal

import numpy as np
from fastapi import APIRouter, Query
from starlette.responses import Response

from kizuna.base.units import DAY_MS
from kizuna.base.utc import iso, iso_s
from kizuna.formats.geojson import event_features, feature_bytes
from kizuna.formats.geoparquet import geoparquet
from kizuna.formats.spread import table_csv
from kizuna.formats.xml_maps import gpx, kml
from kizuna.node.api.answers import GEOJSON, Problem
from kizuna.node.api.books import Books
from kizuna.node.api.door import Looks, needs
from kizuna.node.api.interfaces import Node
from kizuna.node.api.ogc.collections import track_feature, vessel_features
from kizuna.node.api.ogc.query import read_box
from kizuna.node.api.times import Moment, period
from kizuna.node.api.view import Reader, Seen, Viewer

ROWS_MOST: Final = 500_000
_SPAN_MOST_MS: Final = 31 * DAY_MS
_TYPES: Final = {
    "csv": "text/csv; charset=utf-8", "geojson": GEOJSON, "kml": "application/vnd.google-earth.kml+xml",
    "gpx": "application/gpx+xml", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
What = Literal["vessels", "events", "fixes"]
Form = Literal["csv", "geojson", "kml", "gpx", "parquet"]


def add_to(router: APIRouter, books: Books) -> None:
    """Add the route."""
    node = books.node

    @router.get("/feeds/{what}.{form}", **needs("export.take"))
    def export(viewer: Looks, what: What, form: Form, start: Annotated[Moment, Query(alias="from")] = None,
               end: Annotated[Moment, Query(alias="to")] = None,
               mmsi: Annotated[int | None, Query(ge=1, le=999_999_999)] = None,
               bbox: Annotated[str | None, Query(max_length=200)] = None) -> Response:  # fmt: skip
        """One file."""
        rows = _rows(node, viewer, what, start, end, mmsi, bbox)
        if len(rows) > ROWS_MOST:
            raise Problem(400, f"{len(rows):,} rows; at most {ROWS_MOST:,} at a time: narrow time or box")
        node.desk.audit.did(viewer.name, "export.take", f"{what}.{form}", f"{len(rows)} rows", viewer.address)
        said = _said(node, viewer, rows)
        name = f"kizuna-{what}-{iso_s(node.now_ms()).replace(':', '')}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(_WRITE[form](what, rows, said), headers=headers, media_type=_TYPES[form])


def _rows(node: Node, viewer: Viewer, what: What, start: str | None, end: str | None, mmsi: int | None,
          bbox: str | None) -> Seen:  # fmt: skip
    reader = Reader(node, viewer)
    box = None if bbox is None else read_box(bbox)
    if what == "vessels":
        if start is not None or end is not None:
            raise Problem(400, "vessels are as they are now; for the past take fixes")
        rows = reader.latest(0).rows
        keep = ~np.isnan(rows["lat_deg"])
        keep &= True if mmsi is None else rows["mmsi"] == mmsi
        return Seen(rows.take(keep & _inside(box, rows["lat_deg"], rows["lon_deg"])))
    start_ms, end_ms = period(start, end, node, DAY_MS, _SPAN_MOST_MS)
    if what == "events":
        rows = reader.events(start_ms=start_ms, end_ms=end_ms, mmsi=mmsi)
        return Seen(rows.take(_inside(box, rows["lat_mean_deg"], rows["lon_mean_deg"])))
    if mmsi is None and box is None:
        raise Problem(400, "fixes are taken for one mmsi or one bbox")
    if mmsi is None and box is not None:
        return reader.box(box, start_ms, end_ms)
    rows = reader.track(mmsi or 0, start_ms, end_ms)
    return Seen(rows.take(_inside(box, rows["lat_deg"], rows["lon_deg"])))


def _inside(box: tuple[float, float, float, float] | None, lat: Any, lon: Any) -> Any:
    if box is None:
        return np.ones(len(lat), np.bool_)
    west, south, east, north = box
    across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    return across & (lat >= south) & (lat <= north)


def _said(node: Node, viewer: Viewer, rows: Seen) -> str:
    """The words that a file carries: its marking, and how late and coarse it is where it is."""
    words = [w] if (w := node.markings.of(viewer, rows)) else []
    if viewer.delay_ms or viewer.grid_deg:
        words.append(f"delayed by {viewer.delay_ms // 1000} s, places coarsened to {viewer.grid_deg:g} degrees")
    return "; ".join(words)


def _features(what: What, rows: Seen) -> Iterator[dict[str, Any]]:
    if what == "events":
        yield from event_features(rows)
    elif what == "vessels":
        yield from vessel_features(rows)
    else:
        for k in np.flatnonzero(~np.isnan(rows["lat_deg"])).tolist():
            place = [float(rows["lon_deg"][k]), float(rows["lat_deg"][k])]
            sog, cog = (None if np.isnan(rows[n][k]) else round(float(rows[n][k]), 1) for n in ("sog_kn", "cog_deg"))
            said = {
                "mmsi": int(rows["mmsi"][k]),
                "datetime": iso(int(rows["time_ms"][k])),
                "sog_kn": sog,
                "cog_deg": cog,
            }
            yield {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": said}


def _geojson(what: What, rows: Seen, said: str) -> bytes:
    body = b",\n".join(feature_bytes(f) for f in _features(what, rows))
    return b'{"type":"FeatureCollection","marking":' + feature_bytes(said) + b',"features":[\n' + body + b"\n]}\n"


def _kml(what: What, rows: Seen, said: str) -> bytes:
    features = _tracks(rows) if what == "fixes" else _features(what, rows)
    return kml(f"Kizuna {what} {said}".strip(), features)


def _tracks(rows: Seen) -> Iterator[dict[str, Any]]:
    for mmsi in np.unique(rows["mmsi"]).tolist():
        found = track_feature(mmsi, Seen(rows.take(rows["mmsi"] == mmsi)))
        if found is not None:
            yield found


def _gpx(what: What, rows: Seen, said: str) -> bytes:
    title = f"Kizuna {what} {said}".strip()
    if what != "fixes":
        return gpx(title, _features(what, rows), ())
    return gpx(title, (), ((f"{m:09d}", _places(rows, m)) for m in np.unique(rows["mmsi"]).tolist()))


def _places(rows: Seen, mmsi: int) -> Iterator[tuple[float, float, str]]:
    for k in np.flatnonzero((rows["mmsi"] == mmsi) & ~np.isnan(rows["lat_deg"])).tolist():
        yield float(rows["lat_deg"][k]), float(rows["lon_deg"][k]), iso(int(rows["time_ms"][k]))


_WRITE: Final[dict[str, Callable[[What, Seen, str], bytes]]] = {
    "csv": lambda _, rows, said: table_csv(rows, said), "geojson": _geojson, "kml": _kml, "gpx": _gpx,
    "parquet": lambda _, rows, said: geoparquet(rows, said),
}  # fmt: skip
