"""Events as GeoJSON: RFC 7946, exact values, the same bytes again."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from formats import make
from kizuna.events.table import EVENTS
from kizuna.formats.geojson import events_geojson, events_geojson_chunks

LAT = st.floats(-90, 90)
LON = st.floats(-180, 180, exclude_max=True)


def features(table):
    return json.loads(events_geojson(table))["features"]


def one(kind="gap", start=(25.0, 123.0), end=(26.0, 124.0), open_=False, **more):
    end_ms = None if open_ else make.T0 + 7 * make.HOUR
    return make.events_table([make.event(kind, [416000001, 416000002], make.T0, end_ms, start, end, **more)])


def positions(geometry):
    def walk(c):
        if isinstance(c[0], (int, float)):
            yield c
        else:
            for part in c:
                yield from walk(part)

    return list(walk(geometry["coordinates"]))


def test_every_column_stands_under_its_file_name():
    (feature,) = features(one())
    assert set(feature["properties"]) == {c.in_file for c in EVENTS.columns} | {"marking"}
    assert feature["id"] == feature["properties"]["event_id"]


def test_times_are_utc_texts_and_missing_is_null():
    (feature,) = features(one(open_=True))
    assert feature["properties"]["start_timestamp"] == "2026-03-14T00:00:00.000Z"
    assert feature["properties"]["end_timestamp"] is None
    assert feature["properties"]["end_lat"] is None


def test_ids_of_63_bits_survive_readers_that_use_doubles():
    (feature,) = features(one())
    assert [int(i) for i in feature["properties"]["seg_ids"]] == [make.seg_id(416000001), make.seg_id(416000002)]
    proof = feature["properties"]["proof"]
    assert proof == [
        {
            "table": "fixes",
            "count": 6,
            "msg_id_first": str(make.hash63(416000001, 0)),
            "msg_id_last": str(make.hash63(416000002, 2)),
        }
    ]


def test_evidence_and_parameters_are_nested():
    properties = features(one(params='{"a": [1, NaN]}', event_info="not json"))[0]["properties"]
    assert properties["evidence"][0] == {
        "test": "silence",
        "measured": 7.0,
        "threshold": 6.0,
        "relation": ">",
        "unit": "h",
        "passed": True,
    }
    assert properties["params"] == {"a": [1, None]}
    assert properties["event_info"] == "not json"


def test_marking_label_and_context_stand_in_every_feature():
    for feature in features(make.east_china_sea(5, 8).events_table()):
        assert (feature["properties"]["marking"], feature["properties"]["label"], feature["properties"]["context"]) == (
            "EXERCISE demo",
            "nobody",
            "exercise:demo",
        )


def test_geometry_of_each_type():
    kinds = {k: features(one(k))[0]["geometry"] for k in ("gap", "encounter", "loitering", "zone_visit")}
    assert kinds["gap"] == {"type": "LineString", "coordinates": [[123.0, 25.0], [124.0, 26.0]]}
    assert kinds["encounter"] == kinds["loitering"] == {"type": "Point", "coordinates": [123.5, 25.5]}
    assert kinds["zone_visit"] == {"type": "Point", "coordinates": [123.0, 25.0]}


def test_open_gap_is_the_point_where_it_began():
    assert features(one(open_=True))[0]["geometry"] == {"type": "Point", "coordinates": [123.0, 25.0]}


def test_event_without_a_place_has_null_geometry():
    (feature,) = features(one(start_lat_deg=None, lat_mean_deg=None))
    assert feature["geometry"] is None


def test_line_over_180_degrees_is_cut_there():
    (feature,) = features(one(start=(10.0, 179.0), end=(12.0, -179.0)))
    assert feature["geometry"] == {
        "type": "MultiLineString",
        "coordinates": [[[179.0, 10.0], [180.0, 11.0]], [[-180.0, 11.0], [-179.0, 12.0]]],
    }
    west, _, east, _ = feature["bbox"]
    assert west > east


@given(LAT, LON, LAT, LON)
def test_no_part_of_a_gap_spans_half_the_globe(lat1, lon1, lat2, lon2):
    (feature,) = features(one(start=(lat1, lon1), end=(lat2, lon2)))
    geometry = feature["geometry"]
    lines = geometry["coordinates"] if geometry["type"] == "MultiLineString" else [geometry["coordinates"]]
    for line in lines:
        assert len(line) == 2
        assert abs(line[1][0] - line[0][0]) <= 180.0
        assert all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in line)
    got = positions(geometry)
    ends = [(round(lon1, 7), round(lat1, 7)), (round(lon2, 7), round(lat2, 7))]
    apart = [abs((a - b + 180) % 360 - 180) < 1e-6 and c == d for (a, c), (b, d) in zip([got[0], got[-1]], ends)]
    assert all(apart)


@given(st.text(), st.text())
def test_any_text_comes_back_and_nothing_reorders_the_file(name, summary):
    raw = events_geojson(
        one(summary=summary.encode("utf-8", "ignore").decode(), mask=name.encode("utf-8", "ignore").decode())
    )
    properties = json.loads(raw)["features"][0]["properties"]
    assert properties["summary"] == summary.encode("utf-8", "ignore").decode()
    text = raw.decode()
    assert not set(text) & {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x2028)}


def test_pieces_are_the_whole_and_the_whole_is_the_same_again():
    table = make.east_china_sea(5, 23).events_table()
    assert b"".join(events_geojson_chunks(table, rows=7)) == events_geojson(table) == events_geojson(table)
    assert len(features(table)) == 23


def test_no_events_give_an_empty_collection():
    assert json.loads(events_geojson(make.events_table([]))) == {"type": "FeatureCollection", "features": []}


def test_confidence_keeps_the_digits_of_its_float32():
    (feature,) = features(one(confidence=np.float32(0.7)))
    assert feature["properties"]["confidence"] == 0.7
