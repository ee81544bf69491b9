"""Exports and tiles over HTTP."""

import io
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from fake_keep import fix
from happen import gap
from station import NOW, Browser, station

sys.path.insert(0, str(Path(__file__).parents[2] / "formats"))
import read_mvt  # noqa: E402

SHIP = 431000001


@pytest.fixture
def busy(tmp_path):
    with station(tmp_path, context="exercise:dawn") as here:
        for k in range(5):
            here.store.add(fix(SHIP, NOW - (5 - k) * 60_000, 24.5 + k / 100, 123.25, sog_kn=9.0))
        here.store.say(SHIP, shipname="=HOKUTO", ship_type=70)
        here.store.put_events(gap())
        here.node.layer = lambda name: json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "id": "z1", "properties": {"zone_id": "z1"}, "geometry": {"type": "Polygon", "coordinates": [
                [[123, 24], [124, 24], [124, 25], [123, 25], [123, 24]]]}}]}).encode() if name == "zones" else None  # fmt: skip
        yield here


@pytest.mark.parametrize("what", ["vessels", "events", "fixes"])
def test_every_form_carries_the_rows_and_the_marking(busy, what):
    ana = busy.user("analyst")
    query = f"?mmsi={SHIP}"
    n = {"vessels": 1, "events": 1, "fixes": 5}[what]
    answer = {form: ana.get(f"/feeds/{what}.{form}{query}") for form in ("csv", "geojson", "kml", "gpx", "parquet")}
    assert all(a.status_code == 200 for a in answer.values()), [a.text[:200] for a in answer.values()]
    assert "EXERCISE dawn" in answer["csv"].text and len(answer["csv"].text.splitlines()) == n + 1
    document = answer["geojson"].json()
    assert document["marking"] == "EXERCISE dawn // TLP:AMBER" and len(document["features"]) == n
    assert "EXERCISE dawn" in ET.fromstring(answer["kml"].content).find(".//{*}name").text
    assert "EXERCISE dawn" in ET.fromstring(answer["gpx"].content).find(".//{*}name").text
    table = pq.read_table(io.BytesIO(answer["parquet"].content))
    assert table.num_rows == n and table.schema.metadata[b"kizuna.marking"] == b"EXERCISE dawn // TLP:AMBER"
    assert answer["csv"].headers["content-disposition"].startswith(f'attachment; filename="kizuna-{what}-2025')
    assert any(r["act"] == "export.take" and r["by"] == "analyst" for r in busy.desk.audit.page())


def test_exports_are_for_the_watch_and_bounded(busy):
    assert busy.user("viewer").get("/feeds/vessels.csv").status_code == 403
    ana = busy.user("analyst")
    assert ana.get("/feeds/fixes.csv").status_code == 400
    assert ana.get("/feeds/fixes.csv?bbox=123,24,124,25").status_code == 200
    assert len(ana.get("/feeds/vessels.geojson?bbox=0,0,1,1").json()["features"]) == 0
    assert ana.get("/feeds/vessels.exe").status_code == 400 and ana.get("/feeds/users.csv").status_code == 400
    assert ana.get("/feeds/vessels.csv?from=0").status_code == 400


def test_a_token_takes_late_and_coarse_files_that_say_so(busy):
    _, secret = busy.desk.tokens.make("root", "ops", "feed", delay_s=150, grid_deg=0.5)
    program = Browser(busy.app)
    program.client.headers["Authorization"] = f"Bearer {secret}"
    answer = program.get(f"/feeds/fixes.geojson?mmsi={SHIP}")
    assert len(answer.json()["features"]) == 3 and "delayed by 150 s" in answer.json()["marking"]
    assert {tuple(f["geometry"]["coordinates"]) for f in answer.json()["features"]} == {(123.25, 24.75)}
    assert answer.headers["x-kizuna-delay-s"] == "150"


def test_tiles_of_every_layer(busy):
    viewer = busy.user("viewer")
    z, x, y = 8, int((123.25 + 180) / 360 * 256), 109
    for layer, kind in (("vessels", 1), ("tracks", 2), ("events", 2), ("zones", 3)):
        answer = viewer.get(f"/tiles/{layer}/{z}/{x}/{y}.mvt")
        assert answer.status_code == 200, (layer, answer.text)
        assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
        found = read_mvt.read(answer.content)[layer]["features"]
        assert found[0]["kind"] == kind and found[0]["properties"]
    assert viewer.get("/tiles/vessels/8/0/0.mvt").status_code == 204
    assert viewer.get("/tiles/vessels/0/0/0.mvt").status_code == 200
    assert viewer.get("/tiles/tracks/3/6/3.mvt").status_code == 404
    assert (
        viewer.get("/tiles/vessels/3/99/3.mvt").status_code == 400
        and viewer.get("/tiles/x/0/0/0.mvt").status_code == 400
    )


def test_many_vessels_in_one_tile_are_thinned(busy):
    for m in range(400):
        busy.store.add(fix(412000000 + m, NOW - 1000, 24.0 + m / 1e4, 123.0))
    from kizuna.node.api.routes import tiles

    viewer = busy.user("viewer")
    whole = read_mvt.read(viewer.get("/tiles/vessels/2/3/1.mvt").content)["vessels"]["features"]
    assert len(whole) == 401
    tiles._VESSELS_MOST = 100
    try:
        few = read_mvt.read(viewer.get("/tiles/vessels/2/3/1.mvt").content)["vessels"]["features"]
    finally:
        tiles._VESSELS_MOST = 5_000
    assert 1 <= len(few) < 10
