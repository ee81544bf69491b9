import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places.make import box, box_zone

from kizuna.base.errors import InputError
from kizuna.places.geojson import zones_from_geojson
from kizuna.places.zone import make_zone, zone_from_properties


def feature(ring, properties=None, **more):
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties, **more}


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more})


def test_named_properties_are_found_and_the_rest_kept():
    zone = zone_from_properties(
        [[box(0, 0, 1, 1)]],
        {"MRGID": 8487.0, "GEONAME": "A  sea\n", "POL_TYPE": "200NM", "SOVEREIGN1": "A", "SOVEREIGN2": "B",
         "AREA_KM2": 12.5, "X": None, "Y": float("nan"), "Z": [1]},
    )  # fmt: skip
    assert (zone.zone_id, zone.name, zone.kind, zone.claimant) == ("8487", "A sea", "200nm", "A;B")
    assert zone.attributes == {"area_km2": "12.5"}


def test_plain_claimant_goes_before_sovereigns():
    zone = zone_from_properties([[box(0, 0, 1, 1)]], {"claimant": "C", "sovereign1": "A"})
    assert zone.claimant == "C"
    assert zone.attributes == {"sovereign1": "A"}


def test_own_zone_id_goes_before_feature_id_before_other_ids():
    ring = [[box(0, 0, 1, 1)]]
    assert zone_from_properties(ring, {"zone_id": "a", "id": "c"}, "b").zone_id == "a"
    assert zone_from_properties(ring, {"id": "c"}, "b").zone_id == "b"
    assert zone_from_properties(ring, {"id": "c"}).zone_id == "c"


def test_zone_without_id_is_named_by_name_and_outline():
    one, same = make_zone([[box(0, 0, 1, 1)]], name="x"), make_zone([[box(0, 0, 1, 1)]], name="x")
    other = make_zone([[box(0, 0, 1, 2)]], name="x")
    assert one.zone_id == same.zone_id != other.zone_id
    assert one == same != other


def test_zone_without_claimant_has_none():
    assert make_zone([[box(0, 0, 1, 1)]]).claimant == ""


def test_kinds_of_geojson_give_the_same_zone():
    polygon = {"type": "Polygon", "coordinates": [box(0, 0, 1, 1)]}
    multi = {"type": "MultiPolygon", "coordinates": [[box(0, 0, 1, 1)]]}
    several = {"type": "GeometryCollection", "geometries": [polygon]}
    digests = {zones_from_geojson(json.dumps(g))[0].outline_digest for g in (polygon, multi, several)}
    digests.add(zones_from_geojson(b"\xef\xbb\xbf" + collection(feature(box(0, 0, 1, 1))).encode())[0].outline_digest)
    assert len(digests) == 1


def test_features_of_one_id_become_one_zone():
    text = collection(
        feature(box(0, 0, 1, 1), {"id": 5, "name": "n"}),
        feature(box(2, 0, 3, 1), {"id": 6}),
        feature(box(0.5, 0, 2, 1), {"id": 5, "name": "n"}),
    )
    first, second = zones_from_geojson(text)
    assert (first.zone_id, second.zone_id) == ("5", "6")
    assert first.area().area == pytest.approx(2.0)
    assert "joined from 2 parts" in first.notes


def test_different_features_of_one_id_are_refused():
    text = collection(
        feature(box(0, 0, 1, 1), {"id": 5, "name": "n"}), feature(box(2, 0, 3, 1), {"id": 5, "name": "m"})
    )
    with pytest.raises(InputError, match="same id"):
        zones_from_geojson(text)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326"])
def test_crs_member_that_names_wgs84_is_fine(name):
    text = collection(feature(box(0, 0, 1, 1)), crs={"type": "name", "properties": {"name": name}})
    assert len(zones_from_geojson(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "7", b"\xff\xfe", "{}", '{"type":"FeatureCollection"}',
        '{"type":"FeatureCollection","features":[]}', '{"type":"FeatureCollection","features":[7]}',
        '{"type":"Feature","geometry":null}', '{"type":"Point","coordinates":[0,0]}',
        '{"type":"LineString","coordinates":[[0,0],[1,1]]}', '{"type":"Polygon"}', '{"type":"Polygon","coordinates":[]}',
        '{"type":"Polygon","coordinates":[[]]}', '{"type":"Polygon","coordinates":{"a":1}}',
        '{"type":"Polygon","coordinates":[[[0,0],[1,1],[NaN,2],[0,0]]]}',
        '{"type":"Polygon","coordinates":[[[0,0],[1,1],[1e999,2],[0,0]]]}',
        '{"type":"MultiPolygon","coordinates":[7]}',
        '{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[]}]}',
        "[" * 100_000,
        collection(feature(box(0, 0, 1, 1)), crs={"type": "name", "properties": {"name": "EPSG:3857"}}),
        collection(feature(box(0, 0, 1, 1)), crs=7),
    ],
)  # fmt: skip
def test_what_is_no_zone_is_refused(text):
    with pytest.raises(InputError):
        zones_from_geojson(text)


def test_refusal_names_the_feature():
    text = collection(feature(box(0, 0, 1, 1)), feature([[0, 0], [200, 95], [1, 1]]))
    with pytest.raises(InputError, match="feature 1"):
        zones_from_geojson(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    | st.sampled_from(["Polygon", "MultiPolygon", "Feature", "FeatureCollection", "GeometryCollection"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(
        st.sampled_from(["type", "coordinates", "geometry", "geometries", "features", "properties", "id", "crs"]), inner,
        max_size=4), max_leaves=20,
)  # fmt: skip


@given(VALUES)
def test_any_json_gives_zones_or_the_declared_error(value):
    try:
        zones = zones_from_geojson(json.dumps(value))
    except InputError:
        return
    assert zones


NUMBERS = st.floats(-200, 200) | st.sampled_from([0, 90, -90, 180, -180, 179.9, -179.9, 360])


@given(st.lists(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=9), min_size=1, max_size=3))
def test_any_ring_gives_an_outline_on_the_map_or_the_declared_error(rings):
    try:
        zone = make_zone([rings])
    except InputError:
        return
    west, south, east, north = zone.bbox
    assert -180.0 <= west < east <= 180.0
    assert -90.0 <= south < north <= 90.0


@given(st.binary(max_size=60), st.integers(0, 400))
def test_damaged_text_gives_zones_or_the_declared_error(junk, at):
    whole = collection(feature(box(0, 0, 1, 1), {"name": "é"})).encode()
    try:
        zones_from_geojson(whole[:at] + junk + whole[at + len(junk) :])
    except InputError:
        pass


def test_bbox_and_vertices():
    zone = box_zone("a", 1, 2, 3, 4)
    assert zone.bbox == (1.0, 2.0, 3.0, 4.0)
    assert zone.vertex_count == 4


def test_area_of_a_zone_whose_rings_differ_in_length():
    square = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    triangle = [(2, 0), (3, 0), (2, 1), (2, 0)]
    assert make_zone([[square], [triangle]]).area().area == pytest.approx(1.5)
