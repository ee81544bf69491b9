import json

import numpy as np
import plain
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from kizuna.base.errors import InputError
from kizuna.base.table import concat, empty
from kizuna.fixes.statics import STATICS
from kizuna.fixes.table import FIXES, FLAG_NO_POSITION
from kizuna.sources.batch import join
from kizuna.sources.delimited import DelimitedDecoder
from kizuna.sources.dialects import Reading
from kizuna.sources.parquet import decoder_for, points

UTC = Reading(assume_utc=True)


def decode(table, reading=None, rows=None):
    decoder = decoder_for(table.schema, "x.parquet", reading=reading)
    table = table.select(decoder.columns)
    return join([decoder.feed(batch) for batch in table.to_batches(max_chunksize=rows)])


def noaa(n=50):
    names = pa.array(["ALPHA" if i % 2 else "Unknown" for i in range(n)])
    return pa.table({
        "MMSI": pa.array([366000000 + i % 2 for i in range(n)], pa.int64()),
        "BaseDateTime": pa.array([1577836800_000_000 + i * 1_000_000 for i in range(n)], pa.timestamp("us")),
        "LAT": [37.0 + i / 100 for i in range(n)],
        "LON": [-122.0] * n,
        "SOG": pa.array([102.3 if i == 3 else 1.5 for i in range(n)], pa.float32()),
        "COG": pa.array([360.0] * n, pa.float32()),
        "Heading": pa.array([511.0] * n, pa.float32()),
        "VesselName": names,
        "IMO": pa.array(["IMO9144665"] * n),
        "CallSign": pa.array([None] * n, pa.string()),
        "VesselType": pa.array([60.0] * n, pa.float32()),
        "Extra": pa.array([0] * n),
    })  # fmt: skip


def test_marinecadastre_columns_are_read_typed():
    out = decode(noaa())
    first = plain.rows(out.fixes)[0]
    assert (first["mmsi"], first["lat"], first["lon"], first["sog_kn"]) == (366000000, 37.0, -122.0, 1.5)
    assert (first["cog_deg"], first["heading_deg"], first["time_source"]) == (None, None, "table")
    assert np.flatnonzero(np.isnan(out.fixes["sog_kn"])).tolist() == [3]
    assert out.fixes["byte_offset"].tolist() == list(range(50))
    assert [(s["mmsi"], s["shipname"], s["imo"], s["ship_type"]) for s in plain.rows(out.statics)] == [
        (366000000, None, 9144665, 60), (366000001, "ALPHA", 9144665, 60),
    ]  # fmt: skip


def test_dictionaries_and_batches_of_any_size_give_the_same_rows():
    table = noaa()
    coded = table.set_column(7, "VesselName", table["VesselName"].dictionary_encode())
    large = table.cast(
        pa.schema([f.with_type(pa.large_string()) if f.type == pa.string() else f for f in table.schema])
    )
    expected = plain.batch_rows(decode(table))
    for other in (coded, large):
        for rows in (None, 7, 1):
            assert plain.batch_rows(decode(other, rows=rows)) == expected


def test_same_rows_from_csv_and_from_parquet():
    text = b"mmsi,timestamp,lat,lon,sog,name\n1,2020-01-01T00:00:00Z,1.5,2.5,3.5,ALPHA\n2,2020-01-01T00:00:01Z,91,181,102.3,Unknown\n"
    decoder = DelimitedDecoder("x.parquet")
    one = join([decoder.feed(text), decoder.finish()])
    two = decode(pa.table({"mmsi": [1, 2], "timestamp": pa.array([1577836800000, 1577836801000], pa.timestamp("ms", "UTC")),
                           "lat": [1.5, 91.0], "lon": [2.5, 181.0], "sog": [3.5, 102.3], "name": ["ALPHA", "Unknown"]}))  # fmt: skip
    ignored = {"msg_id", "byte_offset", "time_source"}
    for name in ("fixes", "statics"):
        a, b = (
            [{k: v for k, v in row.items() if k not in ignored} for row in plain.rows(getattr(x, name))]
            for x in (one, two)
        )
        assert a == b


def test_wrong_rows_are_shown_as_json():
    out = decode(pa.table({"mmsi": [1, -1], "time": [1577836800, 1577836800], "lat": [1.0, 2.0], "lon": [1.0, 2.0]}))
    (reject,) = plain.rows(out.rejects)
    assert (reject["reason"], reject["line_no"], reject["byte_offset"]) == ("bad_mmsi", None, 1)
    assert json.loads(reject["raw"]) == {"mmsi": -1, "time": 1577836800, "lat": 2.0, "lon": 2.0}


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"mmsi": [1], "time": [1], "a": [1.0], "b": [1.0]}, "--map lat=COLUMN"),
        ({"mmsi": [1], "time": pa.array([0], pa.timestamp("s")), "lat": [1.0], "lon": [1.0]}, "--assume-utc"),
        ({"mmsi": [[1]], "time": [1577836800], "lat": [1.0], "lon": [1.0]}, "holds no numbers"),
        ({"mmsi": [1], "time": [True], "lat": [1.0], "lon": [1.0]}, "holds no times"),
    ],
)
def test_tables_that_do_not_say_what_they_hold(columns, word):
    with pytest.raises(InputError, match=word) as caught:
        decode(pa.table(columns))
    assert "x.parquet" in str(caught.value)


# ---- our own tables -----------------------------------------------------------------------------------------------


def test_own_tables_come_back_as_they_were():
    whole = decode(noaa())
    fixes = whole.fixes.replace(seg_id=np.arange(50, dtype=np.int64))
    again = decode(fixes.to_arrow(), rows=9)
    assert plain.rows(again.fixes) == plain.rows(fixes)
    statics = decode(whole.statics.to_arrow())
    assert plain.rows(statics.statics) == plain.rows(whole.statics)
    assert (len(statics.fixes), statics.counts["messages"]) == (0, 2)


def test_own_table_with_a_word_that_is_no_code_is_refused():
    table = empty(FIXES, 1).to_arrow()
    i = table.schema.get_field_index("ais_class")
    odd = table.set_column(i, table.schema.field(i), pa.array(["Z"]).dictionary_encode())
    with pytest.raises(InputError, match="unknown words"):
        decode(odd)


def test_other_tables_of_ours_hold_no_messages():
    events = pa.table({"a": [1]}).replace_schema_metadata({"kizuna.table": "events"})
    with pytest.raises(InputError, match="a table of events"):
        decode(events)


# ---- geometry -----------------------------------------------------------------------------------------------------


def geo(crs="absent", kinds=("Point",), geometry=None, **columns):
    column = {"encoding": "WKB", "geometry_types": list(kinds)}
    if crs != "absent":
        column["crs"] = crs
    geometry = geometry or pa.array(
        shapely.to_wkb(shapely.points([[139.5, 35.5], [-10.0, 60.0]])).tolist(), pa.binary()
    )
    table = pa.table({"mmsi": [1, 2], "t": [1577836800, 1577836801], "geometry": geometry, **columns})
    meta = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    return table.rename_columns(["mmsi", "time", "geometry", *columns]).replace_schema_metadata(
        {"geo": json.dumps(meta)}
    )


@pytest.mark.parametrize(
    "crs", ["absent", {"id": {"authority": "OGC", "code": "CRS84"}}, {"id": {"authority": "EPSG", "code": 4326}}]
)
def test_points_in_wgs84_are_positions(crs):
    out = decode(geo(crs))
    assert out.fixes["lon_deg"].tolist() == [139.5, -10.0]
    assert out.fixes["lat_deg"].tolist() == [35.5, 60.0]


@pytest.mark.parametrize(
    ("crs", "word"),
    [
        (None, "unknown"),
        ({"id": {"authority": "EPSG", "code": 3857}}, "EPSG:3857"),
        ({"name": "Local grid"}, "Local grid"),
    ],
)
def test_other_coordinate_systems_are_refused_by_name(crs, word):
    with pytest.raises(InputError, match=word):
        decode(geo(crs))


def test_only_points_are_positions():
    with pytest.raises(InputError, match="LineString"):
        decode(geo(kinds=["LineString"]))
    with pytest.raises(InputError, match="metadata"):
        decode(geo().replace_schema_metadata({"geo": "{}"}))


def test_latitude_and_longitude_columns_beside_a_geometry_can_be_chosen():
    out = decode(
        geo({"id": {"authority": "EPSG", "code": 3857}}, lat=[1.0, 2.0], lon=[3.0, 4.0]),
        Reading({"lat": "lat", "lon": "lon"}),
    )
    assert out.fixes["lat_deg"].tolist() == [1.0, 2.0]


def test_every_form_of_a_point():
    shapes = shapely.points([[1.0, 2.0], [3.0, 4.0]])
    plain_wkb = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
    big = pa.array(shapely.to_wkb(shapes, byte_order=0).tolist(), pa.binary())
    high = pa.array(
        shapely.to_wkb(shapely.points([[1.0, 2.0, 9.0], [3.0, 4.0, 9.0]]), output_dimension=3).tolist(), pa.binary()
    )
    struct = pa.array([{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}])
    for array in (plain_wkb, big, high, struct, pa.concat_arrays([big, plain_wkb]).slice(2)):
        x, y = points(array, "x")
        assert (x.tolist(), y.tolist()) == ([1.0, 3.0], [2.0, 4.0])
    with pytest.raises(InputError, match="holds no points"):
        points(pa.array([1]), "x")


def test_missing_and_broken_points_have_no_position():
    odd = pa.array([None, b"rubbish"], pa.binary())
    out = decode(geo(geometry=odd))
    assert (out.fixes["flags"] == FLAG_NO_POSITION).all()
    x, _ = points(pa.array([None, {"x": 1.0, "y": 2.0}]), "x")
    assert np.isnan(x[0])


def test_noaa_day(shared):
    file = pq.ParquetFile(shared / "ais" / "noaa_us_2020-01-01.parquet")
    decoder = decoder_for(file.schema_arrow, "noaa")
    out = decoder.feed(next(file.iter_batches(20_000, columns=decoder.columns)))
    assert (len(out.fixes), len(out.rejects), decoder.kind) == (20_000, 0, "table marinecadastre")
    assert not np.isnan(out.fixes["lat_deg"]).any()
    assert len(out.statics) == len(np.unique(out.fixes["mmsi"]))
    assert len(concat([out.statics, empty(STATICS)])) == len(out.statics)
