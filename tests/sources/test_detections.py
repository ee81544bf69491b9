"""Readers of detections and scenes: forms, refusals, and that nothing but InputError escapes."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ContextError, InputError
from kizuna.fixes.statics import REJECT_REASONS
from kizuna.sources.detections.fields import Reading
from kizuna.sources.detections.files import is_detections, read_detections
from kizuna.sources.detections.points import read_points
from kizuna.sources.detections.scenes import read_scenes

HEAD = "timestamp,lat,lon,sensor,scene_id,ref,accuracy_m,length_m,course_deg,speed_kn,score,image_ref"
GOOD = "2026-03-01T04:00:00Z,25.1,123.4,sar,s1,d1,40,85,360,12.5,0.9,img/1.png"


def read(text, **more):
    return read_detections(text.encode() if isinstance(text, str) else text, Reading("file.csv", **more))


def reasons(found):
    return [REJECT_REASONS[c] for c in found.rejects["reason"]]


def feature(coordinates=(123.4, 25.1), kind="Point", **properties):
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": list(coordinates)}, "properties": properties}


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def test_every_column_is_read():
    row = read(f"{HEAD}\n{GOOD}\n").detections.to_arrow().to_pylist()[0]
    assert (row["lat"], row["lon"], row["sensor"], row["scene_id"], row["ref"]) == (25.1, 123.4, "sar", "s1", "d1")
    assert (row["accuracy_m"], row["length_m"], row["course_deg"], row["speed_kn"]) == (40, 85, 0, 12.5)
    assert row["score"] == pytest.approx(0.9) and row["image_ref"] == "img/1.png" and row["source_id"] == "file.csv"
    assert row["verdict"] is None and row["mmsi"] is None and row["label"] == "nobody"


@pytest.mark.parametrize("stated", ["exercise:x", "Exercise: x", "test", "real"])
def test_a_file_of_another_context_is_refused(stated):
    """In a column, a property or a member of the document; by any file that is read into another context."""
    for context in {"real", "test", "exercise:blue"} - {stated}:
        texts = (
            f"{HEAD},Context\n{GOOD},\n{GOOD.replace('d1', 'd2')},{stated}\n",
            collection(feature(timestamp="2026-03-01T04:00:00Z", sensor="sar", context=stated)),
            collection()[:-1] + json.dumps({"context": stated})[1:].join([",", ""]),
        )
        for text in texts:
            with pytest.raises(ContextError, match="file.csv: .*never mix"):
                read(text, context=context)


def test_a_file_of_the_same_context_is_read_and_other_words_say_nothing():
    assert read(f"{HEAD},context\n{GOOD},exercise:x\n", context="exercise:x").stated == ("exercise:x",)
    found = read(f"{HEAD},context\n{GOOD},near the coast\n")
    assert len(found.detections) == 1 and not found.unmapped


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_names(delimiter):
    text = "Time,Latitude,Longitude,Sensor\n2026-03-01T04:00:00+09:00,25,123,S1\n".replace(",", delimiter)
    found = read("\ufeff" + text)
    assert found.detections.to_arrow().to_pylist()[0]["sensor"] == "sar" and not len(found.rejects)


def test_what_is_missing_is_missing():
    row = read(f"{HEAD}\n2026-03-01T04:00:00Z,25.1,123.4,rf,,,,nan,,null,-,\n").detections.to_arrow().to_pylist()[0]
    assert all(row[k] is None for k in ("scene_id", "ref", "accuracy_m", "length_m", "course_deg", "speed_kn", "score"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("2026-03-01T04:00:00Z", "2026-03-01T04:00:00"), "bad_time"), (("2026-03-01T04:00:00Z", "1772337600"), "bad_time"),
        (("25.1", "91"), "bad_position"), (("25.1", ""), "bad_position"), (("25.1", "25,1"), "bad_row"),
        (("25.1", "N25"), "bad_number"), (("25.1", "inf"), "bad_position"), (("123.4", "181"), "bad_position"),
        (("sar", "sonar"), "bad_sensor"), (("85", "-3"), "bad_number"), (("0.9", "1.5"), "bad_number"),
        (("85", "8_5"), "bad_number"), (("img/1.png", "a,b"), "bad_row"), (("img/1.png", '"open'), "bad_row"),
    ],
)  # fmt: skip
def test_a_bad_row_is_rejected_by_reason_with_its_line(change, reason):
    found = read(f"{HEAD}\n{GOOD.replace('d1', 'd0')}\n{GOOD.replace(*change)}\n")
    if reason == "bad_position" and change[1] == "inf":
        reason = "bad_number"
    assert reasons(found) == [reason] and found.rejects["line_no"].tolist() == [3] and len(found.detections) == 1
    assert found.rejects["byte_offset"][0] == len(HEAD) + len(GOOD) + 2


def test_the_same_detection_twice_is_one():
    assert reasons(read(f"{HEAD}\n{GOOD}\n{GOOD}\n")) == ["duplicate"]


def test_exchanged_latitude_and_longitude_are_told_and_never_mended():
    found = read("timestamp,lat,lon,sensor\n2026-03-01T04:00:00Z,123.4,25.1,sar\n")
    assert reasons(found) == ["bad_position"] and "exchanged" in found.notes[0]


@pytest.mark.parametrize("name", ["position", "Coordinates", "lat lon", "latlon"])
def test_a_column_with_both_coordinates_is_refused(name):
    with pytest.raises(InputError, match="order"):
        read(f'timestamp,{name},sensor\n2026-03-01T04:00:00Z,"25 123",sar\n')


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "timestamp,lat,lon\n", "{", "[]", '{"type":"Point"}', "\ufeff", "lat,lat\n"]
)
def test_a_file_of_something_else_is_refused(text):
    with pytest.raises(InputError):
        read(text)


def test_units_are_not_guessed():
    found = read("timestamp,lat,lon,sensor,speed,length\n2026-03-01T04:00:00Z,25,123,radar,10,20\n")
    assert found.unmapped == ("speed", "length") and np.isnan(found.detections["speed_kn"][0])


def test_sensor_and_utc_can_be_given():
    text = "timestamp,lat,lon\n2026-03-01T04:00:00,25,123\n"
    assert len(read(text, sensor="radar", assume_utc=True).detections) == 1
    with pytest.raises(InputError):
        read(text, sensor="sonar")


def test_geojson_points_have_the_longitude_first():
    found = read(collection(feature(timestamp="2026-03-01T04:00:00Z", sensor="uav", length_m=12)))
    assert found.detections["lat_deg"][0] == 25.1 and found.detections["length_m"][0] == 12


@pytest.mark.parametrize(
    "bad",
    [feature((25.1, 123.4)), feature(kind="LineString", coordinates=[[1, 2], [3, 4]]), feature(("1", 2)), feature((1,)),
     feature((True, 2)), {"type": "Feature"}, 7, feature(lat=12.0), feature((10**400, 1))],
)  # fmt: skip
def test_geojson_without_a_point_on_the_globe_is_rejected(bad):
    good = feature(timestamp="2026-03-01T04:00:00Z", sensor="uav")
    if isinstance(bad, dict) and "properties" in bad:
        bad["properties"] |= good["properties"]
    found = read(collection(good, bad))
    assert len(found.detections) == 1 and reasons(found) == ["bad_position"] and found.rejects["line_no"][0] == 2


def test_ids_are_the_same_for_the_same_detection():
    a, b = (read(f"{HEAD}\n{GOOD}\n").detections["det_id"][0] for _ in range(2))
    assert a == b != read(f"{HEAD}\n{GOOD.replace('d1', 'd2')}\n").detections["det_id"][0]


def test_a_head_is_known_as_detections():
    assert (
        is_detections(HEAD.encode())
        and not is_detections(b"MMSI,BaseDateTime,LAT,LON")
        and not is_detections(b"!AIVDM")
    )


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_give_rows_rejects_or_input_error(data):
    for read_it in (lambda d: read(d), lambda d: read_scenes(d, Reading("s")), lambda d: read_points(d, "p")):
        try:
            read_it(data)
        except InputError:
            pass
    found = read(HEAD.encode() + b"\n" + data)
    assert len(found.detections) + len(found.rejects) <= data.count(b"\n") + 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["type", "features", "geometry", "coordinates", "properties", "lat", "lon", "timestamp", "sensor", "crs", "id",
         "scene_id", "range_m", "position", "recall"]), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
@settings(max_examples=300, deadline=None)
def test_any_json_gives_rows_rejects_or_input_error(value):
    for document in (
        value,
        {"type": "FeatureCollection", "features": value},
        {"type": "FeatureCollection", "features": [value]},
    ):
        data = json.dumps(document).encode()
        for read_it in (lambda d: read(d), lambda d: read_scenes(d, Reading("s"))):
            try:
                read_it(data)
            except InputError:
                pass


def scene(geometry=None, **more):
    properties = {"scene_id": "a", "sensor": "sar", "timestamp": "2026-03-01T04:00:00Z", "recall": 0.9} | more
    ring = [[123, 25], [124, 25], [124, 26], [123, 26], [123, 25]]
    return {
        "type": "Feature",
        "geometry": geometry or {"type": "Polygon", "coordinates": [ring]},
        "properties": properties,
    }


def scenes(*features):
    return read_scenes(collection(*features).encode(), Reading("scenes.geojson"))


def test_a_scene_is_read():
    row = scenes(scene(flight_deg=347, look="right", shift_s=75)).to_arrow().to_pylist()[0]
    assert shapely.from_wkt(row["area"]).area == pytest.approx(1.0)
    assert row["recall"] == pytest.approx(0.9) and row["look"] == "right" and row["false_alarms_per_1000_km2"] is None


def test_a_radar_is_a_disc():
    area = (
        scenes(scene({"type": "Point", "coordinates": [180.0, 10.0]}, range_m=40_000)).to_arrow().to_pylist()[0]["area"]
    )
    shape = shapely.from_wkt(area)
    assert shape.geom_type == "MultiPolygon" and shape.bounds[0] == -180 and shape.bounds[2] == 180


def test_start_and_end_give_the_middle():
    changed = scene(timestamp=None, start="2026-03-01T04:00:00Z", end="2026-03-01T04:00:30Z")
    assert scenes(changed).to_arrow().to_pylist()[0]["timestamp"].second == 15


@pytest.mark.parametrize(
    "bad",
    [scene(scene_id=""), scene(sensor="sonar"), scene(recall=1.2), scene(recall=0), scene(recall="0.9"),
     scene(timestamp="2026-03-01T04:00:00"), scene(timestamp=None), scene(look="up"),
     scene({"type": "Point", "coordinates": [1, 2]}), scene({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}),
     scene({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}), {"type": "Feature"}, 3,
     scene(timestamp=None, start="2026-03-01T05:00:00Z", end="2026-03-01T04:00:30Z")],
)  # fmt: skip
def test_a_bad_scene_is_refused_with_its_number(bad):
    with pytest.raises(InputError, match="feature 2"):
        scenes(scene(scene_id="b"), bad)


def test_two_scenes_of_one_name_are_refused():
    with pytest.raises(InputError, match="called 'a'"):
        scenes(scene(), scene())


def test_points_are_read_and_bad_ones_named():
    lat, lon = read_points(b"name,lat,lon\nrig,25,123\n", "rigs.csv")
    assert (lat.tolist(), lon.tolist()) == ([25.0], [123.0])
    with pytest.raises(InputError, match="line 3"):
        read_points(b"lat,lon\n25,123\n95,123\n", "rigs.csv")
