import json

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, InputError
from kizuna.links.anchorage_files import read_anchorages
from kizuna.links.gis_files import read_zones

SQUARE = shapely.box(120, 20, 121, 21)
FIELDS = {"zone_id": ["a", "b"], "name": ["Zone Ä", "海"], "claimant": ["X", None], "rank": [1.0, 2.5]}


def wrote(path, shapes=(SQUARE, shapely.box(122, 20, 123, 21)), crs="EPSG:4326", fields=FIELDS, **more):
    columns = {k: v[: len(shapes)] for k, v in fields.items()}
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array(list(shapes))), [np.array(v, object) if isinstance(v[0], str) else np.array(v)
                                                       for v in columns.values()],
        list(columns), crs=crs, geometry_type=more.pop("geometry_type", "Polygon"), **more,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("name", ["z.gpkg", "z.shp", "z.fgb", "z.geojson"])
def test_zones_come_back_from_every_format(tmp_path, name):
    options = {"encoding": "UTF-8"} if name == "z.shp" else {}
    zones = sorted(
        read_zones(wrote(tmp_path / name, **options)), key=lambda z: z.zone_id
    )  # FlatGeobuf has its own order
    assert [z.zone_id for z in zones] == ["a", "b"]
    assert [z.name for z in zones] == ["Zone Ä", "海"]
    assert [z.claimant for z in zones] == ["X", ""]
    assert zones[0].attributes == {"rank": "1"}
    assert zones[0].bbox == pytest.approx((120.0, 20.0, 121.0, 21.0))


@pytest.mark.parametrize("name", ["z.gpkg", "z.shp"])
def test_projected_coordinates_become_degrees(tmp_path, name):
    # UTM zone 51 north: false easting 500 km on 123 E
    metres = shapely.box(500_000, 2_212_000, 510_000, 2_222_000)
    zone = read_zones(wrote(tmp_path / name, [metres], crs="EPSG:32651"))[0]
    west, south, east, north = zone.bbox
    assert west == pytest.approx(123.0, abs=1e-3)
    assert 20.0 < south < north < 20.11
    assert 123.09 < east < 123.1


def test_axis_order_of_a_geographic_system_is_longitude_first(tmp_path):
    zone = read_zones(wrote(tmp_path / "z.gpkg", [SQUARE], crs="EPSG:6668"))[0]  # JGD2011, latitude first by definition
    assert zone.bbox == pytest.approx((120.0, 20.0, 121.0, 21.0), abs=1e-4)


def test_layers_without_polygons_are_left_out_and_all_others_read(tmp_path):
    path = tmp_path / "z.gpkg"
    wrote(path, [SQUARE], layer="one")
    wrote(path, [shapely.box(122, 20, 123, 21)], layer="two", append=True, fields={"name": ["second"]})
    wrote(path, [shapely.Point(0, 0)], layer="points", append=True, geometry_type="Point", fields={"name": ["p"]})
    assert [z.name for z in read_zones(path)] == ["Zone Ä", "second"]


def test_zone_over_the_date_line_is_cut(tmp_path):
    zone = read_zones(wrote(tmp_path / "z.gpkg", [shapely.box(175, -5, 185, 5)]))[0]
    assert zone.bbox == (-180.0, -5.0, 180.0, 5.0)
    assert zone.area().area == pytest.approx(100.0)


def test_shapefile_without_prj_is_refused(tmp_path):
    path = wrote(tmp_path / "z.shp", [SQUARE])
    (tmp_path / "z.prj").unlink()
    with pytest.raises(InputError, match="no coordinate system"):
        read_zones(path)


def test_points_are_refused(tmp_path):
    path = wrote(tmp_path / "z.gpkg", [shapely.Point(0, 0)], geometry_type="Point", fields={"name": ["p"]})
    with pytest.raises(InputError, match="no layer of polygons"):
        read_zones(path)


def test_a_line_among_unknown_shapes_is_refused_and_named(tmp_path):
    shapes = [SQUARE, shapely.LineString([(0, 0), (1, 1)])]
    path = wrote(tmp_path / "z.gpkg", shapes, geometry_type="Unknown")
    with pytest.raises(InputError, match="LineString") as caught:
        read_zones(path)
    assert "z.gpkg" in str(caught.value)
    assert "feature 2" in str(caught.value)


def test_layer_without_features_is_refused(tmp_path):
    path = wrote(tmp_path / "z.gpkg", [SQUARE])
    empty = tmp_path / "e.gpkg"
    pyogrio.raw.write(
        empty, np.array([], object), [np.array([], object)], ["name"], crs="EPSG:4326", geometry_type="Polygon"
    )
    assert len(read_zones(path)) == 1
    with pytest.raises(InputError, match="no zone"):
        read_zones(empty)


def test_absent_file_is_the_operators_business(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        read_zones(tmp_path / "none.gpkg")


@pytest.mark.parametrize("name", ["z.gpkg", "z.shp", "z.geojson", "z.json", "z.zip", "z.txt"])
@pytest.mark.parametrize("data", [b"", b"junk", b"SQLite format 3\x00", b"PK\x03\x04", b"{", b"\x00\x00\x27\x0a" * 30])
def test_broken_files_give_the_declared_error(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=name):
        read_zones(tmp_path / name)


def test_too_large_a_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("kizuna.links.gis_files.MAX_FILE_BYTES", 100)
    with pytest.raises(InputError, match="at most"):
        read_zones(wrote(tmp_path / "z.gpkg", [SQUARE]))


def test_geojson_with_another_coordinate_system_is_converted(tmp_path):
    ring = [[500_000, 2_212_000], [510_000, 2_212_000], [510_000, 2_222_000], [500_000, 2_212_000]]
    text = {"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32651"}},
            "features": [{"type": "Feature", "properties": {"name": "n"},
                          "geometry": {"type": "Polygon", "coordinates": [ring]}}]}  # fmt: skip
    path = tmp_path / "z.geojson"
    path.write_text(json.dumps(text))
    assert read_zones(path)[0].bbox[0] == pytest.approx(123.0, abs=1e-3)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    return wrote(tmp_path_factory.mktemp("gis") / "z.shp", [SQUARE])


@given(st.sampled_from(["shp", "shx", "dbf"]), st.integers(0, 300), st.binary(min_size=1, max_size=12))
def test_damaged_shapefile_gives_zones_or_the_declared_error(package, tmp_path_factory, part, at, junk):
    folder = tmp_path_factory.mktemp("damaged")
    for suffix in ("shp", "shx", "dbf", "prj"):
        data = package.with_suffix(f".{suffix}").read_bytes()
        if suffix == part:
            data = data[:at] + junk + data[at + len(junk) :]
        (folder / f"z.{suffix}").write_bytes(data)
    try:
        assert read_zones(folder / "z.shp")
    except InputError:
        pass


def test_lists_of_anchorages_are_read_plain_and_packed(tmp_path):
    import gzip

    text = b"lat,lon\n34.0,135.0\n"
    (tmp_path / "a.csv").write_bytes(text)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text))
    assert read_anchorages(tmp_path / "a.csv").origin == "imported:a"
    assert read_anchorages(tmp_path / "b.csv.gz", name="ports").origin == "imported:ports"
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(text * 999)[:-20])
    with pytest.raises(InputError):
        read_anchorages(tmp_path / "c.csv.gz")
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match="neither"):
        read_anchorages(tmp_path / "a.xlsx")
    with pytest.raises(ConfigError):
        read_anchorages(tmp_path / "none.csv")


def test_real_list_of_anchorages(shared):
    found = read_anchorages(shared / "geo" / "gfw_anchorages.csv.gz", name="gfw")
    assert found.description == "gfw: 60409 of 60410 rows"
    keelung, open_sea = (25.14, 121.75), (24.0, 130.0)
    lat, lon = (np.array(v) for v in zip(keelung, open_sea, strict=True))
    assert found.mask(lat, lon).tolist() == [True, False]
    assert found.distance_m(lat, lon)[1] > 200_000
