"""Tables as GeoParquet: what GIS reads is what our tables hold."""

import io
import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely

from formats import make
from kizuna.base.errors import InputError
from kizuna.base.table import empty
from kizuna.events.table import EVENTS
from kizuna.fixes.table import FIXES
from kizuna.formats.geojson import events_geojson
from kizuna.formats.geoparquet import geoparquet
from kizuna.tracks.table import SEGMENTS


def read(raw):
    table = pq.read_table(io.BytesIO(raw))
    return table, json.loads(table.schema.metadata[b"geo"])


def test_events_have_the_geometry_of_their_geojson():
    events = make.east_china_sea(3, 8).events_table()
    table, geo = read(geoparquet(events))
    shapes = shapely.from_wkb(table.column("geometry").to_pylist())
    expected = [shapely.from_geojson(json.dumps(f["geometry"])) for f in json.loads(events_geojson(events))["features"]]
    assert all(a.equals(b) for a, b in zip(shapes, expected, strict=True))
    assert geo["version"] == "1.1.0" and geo["primary_column"] == "geometry"
    assert geo["columns"]["geometry"]["geometry_types"] == ["LineString", "Point"]
    assert table.column_names[:-1] == [c.in_file for c in EVENTS.columns]
    assert table.schema.metadata[b"kizuna.marking"] == b"EXERCISE demo"


def test_fixes_are_points_and_missing_places_are_null():
    fixes = empty(FIXES, 3)
    fixes = fixes.replace(lat_deg=np.array([25.0, np.nan, -1.0]), lon_deg=np.array([123.0, 5.0, 179.5]))
    table, geo = read(geoparquet(fixes))
    shapes = table.column("geometry").to_pylist()
    assert shapes[1] is None
    assert shapely.get_coordinates(shapely.from_wkb([shapes[0], shapes[2]])).tolist() == [[123.0, 25.0], [179.5, -1.0]]
    assert geo["columns"]["geometry"]["bbox"] == [123.0, -1.0, 179.5, 25.0]


def test_our_own_reader_of_geoparquet_reads_it_back():
    from kizuna.sources.parquet import points

    table, _ = read(
        geoparquet(
            make.events_table([make.event("encounter", [1, 2], make.T0, make.T0 + make.HOUR, (1.0, 2.0), (1.0, 2.0))])
        )
    )
    lat, lon = sorted(v.tolist() for v in points(table.column("geometry").combine_chunks(), "test"))
    assert (lat, lon) == ([1.0], [2.0])


def test_no_rows_and_no_places():
    _, geo = read(geoparquet(make.events_table([])))
    assert geo["columns"]["geometry"] == {"encoding": "WKB", "geometry_types": []}
    with pytest.raises(InputError, match="no places"):
        geoparquet(empty(SEGMENTS, 1))
