"""Vector tiles, CSV, KML and GPX."""

import csv
import io
import math
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.base.table import empty
from kizuna.fixes.table import FIXES
from kizuna.formats import mvt
from kizuna.formats.spread import safe, table_csv
from kizuna.formats.xml_maps import gpx, kml

sys.path.insert(0, str(Path(__file__).parent))
import read_mvt  # noqa: E402


def point(lon, lat, **properties):
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, lat]}, "properties": properties}


@given(st.floats(-180, 180), st.floats(-85, 85), st.integers(0, 14))
def test_a_point_lies_in_its_tile_where_mercator_puts_it(lon, lat, z):
    x = min(int((lon + 180) / 360 * 2**z), 2**z - 1)
    down = (1 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / math.pi) / 2
    y = min(max(int(down * 2**z), 0), 2**z - 1)
    got = read_mvt.read(mvt.tile("v", [point(lon, lat)], z, x, y))["v"]["features"]
    wanted = (((lon + 180) / 360 * 2**z - x) * 4096, (down * 2**z - y) * 4096)
    assert any(abs(f["parts"][0][0][0] - wanted[0]) <= 1 and abs(f["parts"][0][0][1] - wanted[1]) <= 1 for f in got)


def test_properties_keep_their_types_and_lists_are_left_out():
    feature = point(1.0, 1.0, a="北斗", b=3, c=-7, d=2.5, e=True, f=None, g=[1], h=1, i=1.0)
    layer = read_mvt.read(mvt.tile("v", [feature], 0, 0, 0))["v"]
    assert (layer["version"], layer["extent"]) == (2, 4096)
    got = layer["features"][0]["properties"]
    assert got == {"a": "北斗", "b": 3, "c": -7, "d": 2.5, "e": True, "h": 1, "i": 1.0}
    assert [type(got[k]) for k in "ehi"] == [bool, int, float]


def test_lines_are_cut_at_the_tile_and_seen_in_both_tiles_at_180_degrees():
    line = {
        "type": "Feature",
        "properties": {},
        "geometry": {"type": "LineString", "coordinates": [[170, 0.5], [190, 0.5]]},
    }
    for x in (0, 3):
        features = read_mvt.read(mvt.tile("t", [line], 2, x, 1))["t"]["features"]
        assert len(features) == 1 and all(-64 <= px <= 4160 for px, _ in features[0]["parts"][0])


def test_shell_turns_clockwise_on_the_screen_and_hole_the_other_way():
    square = [[-40, -40], [40, -40], [40, 40], [-40, 40], [-40, -40]]
    hole = [[-20, -20], [-20, 20], [20, 20], [20, -20], [-20, -20]]
    for rings in ([square, hole], [square[::-1], hole[::-1]]):
        polygon = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": rings}}
        found = read_mvt.read(mvt.tile("z", [polygon], 0, 0, 0))["z"]["features"][0]["parts"]
        areas = [sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(r, r[1:])) for r in found]
        assert areas[0] > 0 > areas[1]


def test_tiles_that_do_not_exist_and_empty_ones():
    for z, x, y in ((-1, 0, 0), (0, 1, 0), (3, 0, 8), (23, 0, 0)):
        with pytest.raises(InputError):
            mvt.tile("v", [], z, x, y)
    assert mvt.tile("v", [point(100, 50)], 3, 0, 0) == b""
    assert mvt.tile("v", [{"geometry": None, "properties": {}}], 0, 0, 0) == b""


@pytest.mark.parametrize("name", ["=1+1", "+CMD", "-2", "@SUM(A1)", "\tx", "\r=1", "\n=1", "\uff1d1+1", "\uff20SUM"])
def test_names_are_no_formulas_in_a_spreadsheet(name):
    assert safe(name).startswith("'") and safe("HOKUTO") == "HOKUTO" and safe(None) == ""


def test_csv_has_the_columns_of_our_files_and_a_marking():
    fixes = empty(FIXES, 1).replace(
        mmsi=np.array([431000001], np.int32),
        time_ms=np.array([1_760_000_000_000]),
        lat_deg=np.array([24.5]),
        sog_kn=np.array([12.3], np.float32),
    )
    head, row = csv.reader(io.StringIO(table_csv(fixes, "EXERCISE x").decode(), newline=""))
    got = dict(zip(head, row))
    assert got["timestamp"] == "2025-10-09T08:53:20.000Z" and got["sog_kn"] == "12.3" and got["lon"] == ""
    assert got["marking"] == "EXERCISE x" and got["nav_status"] == ""


ODD = "<b>&\"'\x00\x0b\ufffe]]>"


def test_kml_and_gpx_are_well_formed_whatever_the_names():
    features = [
        point(123.5, 24.5, shipname=ODD, datetime="2025-10-09T08:53:20Z"),
        {**point(0, 0), "geometry": None},
        {
            "type": "Feature",
            "id": "z",
            "properties": {},
            "geometry": {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
        },
    ]
    root = ET.fromstring(kml(f"title {ODD}", features))
    names = [e.text for e in root.iter("{http://www.opengis.net/kml/2.2}name")]
    assert names == ["title <b>&\"']]>", "<b>&\"']]>", "z"]
    assert root.find(".//{*}coordinates").text == "123.500000,24.500000"
    track = [(24.5, 179.9, "2025-10-09T08:53:20Z"), (24.5, -179.9, "2025-10-09T08:54:20Z")]
    root = ET.fromstring(gpx(ODD, features, [(ODD, track)]))
    assert len(root.findall("{*}wpt")) == 1 and len(root.findall(".//{*}trkseg")) == 2
