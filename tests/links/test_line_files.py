"""Gates and cables from files of GIS programs."""

import json

import numpy as np
import pyogrio
import pytest
import shapely

from kizuna.base.errors import ConfigError, InputError
from kizuna.links.line_files import read_cables, read_gates


def written(path, shapes, crs="EPSG:4326", **fields):
    kind = "LineString" if shapes[0].geom_type == "LineString" else shapes[0].geom_type
    pyogrio.raw.write(path, shapely.to_wkb(np.array(shapes)), [np.array(v, object) for v in fields.values()],
                      list(fields), geometry_type=kind, crs=crs, driver="LIBKML" if path.suffix == ".kml" else None)  # fmt: skip
    return path


@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.geojson"])
def test_lines_of_a_gis_file_are_gates(tmp_path, name):
    line = shapely.LineString([(122.0, 24.5), (123.0, 24.6)])
    (gate,) = read_gates(written(tmp_path / name, [line], name=["Y"]))
    assert gate.name == "Y"
    assert gate.lines[0].tolist() == [[122.0, 24.5], [123.0, 24.6]]


def test_other_coordinates_are_brought_to_degrees(tmp_path):
    line = shapely.LineString([(0.0, 0.0), (111_319.49, 0.0)])
    (gate,) = read_gates(written(tmp_path / "m.gpkg", [line], crs="EPSG:3857", name=["M"]))
    assert gate.lines[0] == pytest.approx(np.array([[0.0, 0.0], [1.0, 0.0]]), abs=1e-6)


def test_areas_and_missing_files_are_refused(tmp_path):
    area = written(tmp_path / "b.gpkg", [shapely.box(0, 0, 1, 1)], name=["B"])
    with pytest.raises(InputError, match="linestring"):
        read_gates(area)
    with pytest.raises(ConfigError, match="no such file"):
        read_gates(tmp_path / "none.gpkg")


# ---- cables ----------------------------------------------------------------------------------------------------------
LINE = shapely.LineString([(121.5, 25.2), (123.2, 26.2), (126.2, 26.9)])


@pytest.mark.parametrize("name", ["c.gpkg", "c.shp", "c.kml", "c.geojson"])
def test_cables_carry_whose_they_are_and_who_says_so(tmp_path, name):
    path = written(tmp_path / name, [LINE], Name=["C1"], Owner=["O"], Status=["in use"], source=["S"], license=["ODbL"])
    (cable,) = read_cables(path)
    assert (cable.name, cable.owner, cable.status, cable.source, cable.licence) == ("C1", "O", "in use", "S", "ODbL")
    assert cable.lines[0] == pytest.approx(np.array(LINE.coords))


def test_a_cable_of_a_file_without_a_source_names_the_file(tmp_path):
    (cable,) = read_cables(written(tmp_path / "landing.gpkg", [LINE], name=["C1"]))
    assert (cable.source, cable.licence, cable.owner) == ("landing.gpkg", "", "")


def test_source_and_licence_may_stand_once_for_all_cables(tmp_path):
    line = {"type": "LineString", "coordinates": [[121, 25], [122, 26]]}
    features = [{"type": "Feature", "geometry": line, "properties": p} for p in ({}, {"source": "own survey"})]
    path = tmp_path / "c.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "attribution": "The office", "license": "CC BY 4.0",
                                "features": features}))  # fmt: skip
    assert [(c.source, c.licence) for c in read_cables(path)] == [
        ("The office", "CC BY 4.0"), ("own survey", "CC BY 4.0"),
    ]  # fmt: skip


def test_a_cable_is_a_line_and_may_cross_180_degrees(tmp_path):
    path = written(tmp_path / "p.gpkg", [shapely.LineString([(179.5, 10), (-179.5, 10)])], name=["far"])
    (cable,) = read_cables(path)
    assert cable.lines[0][:, 0].tolist() == [179.5, 180.5]
    with pytest.raises(InputError, match="linestring"):
        read_cables(written(tmp_path / "b.gpkg", [shapely.box(0, 0, 1, 1)], name=["B"]))
    points = tmp_path / "points.geojson"
    points.write_text('{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}')
    with pytest.raises(InputError, match="a cable is a LineString, not Point"):
        read_cables(points)
