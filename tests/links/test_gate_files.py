"""Gates from files of GIS programs."""

import numpy as np
import pyogrio
import pytest
import shapely

from kizuna.base.errors import ConfigError, InputError
from kizuna.links.gate_files import read_gates


def written(path, shapes, crs="EPSG:4326", **fields):
    kind = "LineString" if shapes[0].geom_type == "LineString" else shapes[0].geom_type
    pyogrio.raw.write(path, shapely.to_wkb(np.array(shapes)), [np.array(v, object) for v in fields.values()],
                      list(fields), geometry_type=kind, crs=crs)  # fmt: skip
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
