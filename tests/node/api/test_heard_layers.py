"""Coverage and presence over HTTP: with their date, as tiles, and in words while there are none."""

import json

import pytest
from station import NOW, Browser

CELLS = {"type": "FeatureCollection", "calculated": NOW, "features": [
    {"type": "Feature", "properties": {"share": 0.5, "heard": 1, "expected": 2},
     "geometry": {"type": "Polygon", "coordinates": [[[123, 24], [123.5, 24], [123.5, 24.5], [123, 24.5], [123, 24]]]}},
]}  # fmt: skip


@pytest.fixture
def covered(here):
    data = json.dumps(CELLS).encode()
    here.node.layer = lambda name: data if name == "coverage" else None
    here.node.layer_about = lambda name: {
        "coverage": {"calculated": NOW, "from": NOW - 1000, "to": NOW, "cells": 1}, "presence": {"calculated": None},
    }.get(name)  # fmt: skip
    return here


def test_layers_say_when_they_were_worked_out(covered):
    viewer = covered.user("viewer")
    listed = {r["name"]: r for r in viewer.get("/api/layers").json()["layers"]}
    assert listed["coverage"]["there"] and listed["coverage"]["calculated"] == NOW
    assert not listed["presence"]["there"] and listed["presence"]["calculated"] is None
    assert "calculated" not in listed["cables"] and listed["claims"]["there"]
    assert viewer.get("/api/layers/coverage").json()["features"][0]["properties"]["share"] == 0.5
    missing = viewer.get("/api/layers/presence")
    assert missing.status_code == 404 and "not worked out yet" in missing.json()["detail"]


def test_coverage_comes_as_tiles_for_people_only(covered):
    viewer = covered.user("viewer")
    tile = viewer.get("/tiles/coverage/6/53/27.mvt")
    assert tile.status_code == 200 and b"coverage" in tile.content and b"share" in tile.content
    assert viewer.get("/tiles/presence/6/53/27.mvt").status_code == 204
    _, secret = covered.desk.tokens.make("root", "gis", "feed", delay_s=0, grid_deg=0)
    program = Browser(covered.app)
    assert program.get("/tiles/coverage/6/53/27.mvt", headers={"Authorization": f"Bearer {secret}"}).status_code == 403
