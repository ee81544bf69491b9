"""Layers from the node's own files: what ``node.toml`` names is what the map gets."""

import json

import pytest
from node.service.node_make import make_node

from kizuna.base.errors import ConfigError
from kizuna.node.service.beside import read_beside
from kizuna.node.service.own_layers import OwnLayers

CABLE = {"type": "FeatureCollection", "source": "The office", "license": "CC BY 4.0", "features": [
    {"type": "Feature", "properties": {"name": "C1", "owner": "O", "status": "in use"},
     "geometry": {"type": "LineString", "coordinates": [[121, 25], [122, 26.1234567]]}},
]}  # fmt: skip


def test_cables_named_in_the_settings_are_a_layer_with_source_and_licence(tmp_path):
    config = make_node(tmp_path / "n", (), places={"cables": ["c.geojson"]})
    (tmp_path / "n" / "c.geojson").write_text(json.dumps(CABLE))
    beside = read_beside(config)
    layers = OwnLayers(beside.zones, beside.cables)
    (feature,) = json.loads(layers.layer("cables"))["features"]
    said = feature["properties"]
    assert [said[k] for k in ("name", "owner", "status", "source", "licence")] == [
        "C1", "O", "in use", "The office", "CC BY 4.0",
    ]  # fmt: skip
    assert feature["geometry"]["coordinates"] == [[[121, 25], [122, 26.12346]]]
    assert layers.layer("zones") is None and layers.layer("coverage") is None


def test_a_node_without_cables_has_no_such_layer_and_a_missing_file_is_named(tmp_path):
    assert OwnLayers(()).layer("cables") is None
    with pytest.raises(ConfigError, match=r"none\.kml"):
        read_beside(make_node(tmp_path / "n", (), places={"cables": ["none.kml"]}))
