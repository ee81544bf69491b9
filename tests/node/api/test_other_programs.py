"""Programs that others wrote read what the node gives: GDAL (the one inside pyogrio, and ogr2ogr where it is installed),
and schemathesis looks for requests that make the server fail."""

import json
import os
import shutil
import subprocess
import sys

import httpx
import pytest
from fake_keep import fix
from happen import HOUR, gap
from running import listening
from schema_trials import send_all
from station import NOW, Browser

SHIP = 431000001
ZONES = {"type": "FeatureCollection", "features": [{"type": "Feature", "id": "z1", "properties": {"zone_id": "z1", "name": "A"},
         "geometry": {"type": "Polygon", "coordinates": [[[123, 24], [124, 24], [124, 25], [123, 25], [123, 24]]]}}]}  # fmt: skip


@pytest.fixture
def busy(here):
    for m in range(25):
        here.store.add(
            *(fix(SHIP + m, NOW - k * 60_000, 24.0 + m / 100, 123.0 + k / 100, sog_kn=9.0) for k in range(3))
        )
    here.store.say(SHIP, shipname="北斗丸 HOKUTO")
    here.store.put_events(gap(), gap("gap2", start=NOW - 48 * HOUR))
    here.node.layer = lambda name: json.dumps(ZONES).encode() if name == "zones" else None
    _, here.secret = here.desk.tokens.make("root", "gis", "feed", delay_s=0, grid_deg=0)
    return here


READ = """
import json, sys, pyogrio, pyogrio.raw
pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": sys.argv[2]})
url = "OAPIF:" + sys.argv[1] + "/ogc"
def rows(layer, **more):
    meta, _, geometry, columns = pyogrio.raw.read(url, layer=layer, **more)
    return {"n": len(geometry), "type": meta["geometry_type"], "fields": sorted(meta["fields"].tolist()),
            "first": {f: str(c[0]) for f, c in zip(meta["fields"], columns)} if len(geometry) else None}
print(json.dumps({
    "layers": sorted(pyogrio.list_layers(url)[:, 0].tolist()), "vessels": rows("vessels"), "paged": rows("vessels", PAGE_SIZE=10),
    "box": rows("vessels", bbox=(122, 23.995, 124, 24.045)), "events": rows("events"), "tracks": rows("tracks"),
    "zones": rows("zones"), "one": rows("vessels", where="mmsi = %d" % (431000003)),
}))
"""


@pytest.mark.slow
def test_gdal_reads_the_collections_page_by_page(busy):
    with listening(busy.app) as (url, _):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", READ, url, busy.secret], capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["layers"] == ["events", "tracks", "vessels", "zones"]
    assert (
        got["vessels"]["n"] == got["paged"]["n"] == got["tracks"]["n"] == 25
        and got["events"]["n"] == 2
        and got["zones"]["n"] == 1
    )
    assert got["box"]["n"] == 5 and got["one"]["n"] == 1 and got["one"]["first"]["mmsi"] == "431000003"
    assert got["vessels"]["type"] == "Point" and got["vessels"]["first"]["shipname"] == "北斗丸 HOKUTO"
    assert {"event_type", "summary", "confidence"} <= set(got["events"]["fields"])


@pytest.mark.slow
def test_ogr2ogr_takes_the_events_into_a_geopackage(busy, tmp_path):
    if shutil.which("ogr2ogr") is None:
        assert not os.environ.get("CI"), "continuous integration has to have ogr2ogr (gdal-bin)"
        pytest.skip("ogr2ogr (gdal-bin) is not installed")
    with listening(busy.app) as (url, _):
        done = subprocess.run(["ogr2ogr", "-oo", "PAGE_SIZE=1000", str(tmp_path / "e.gpkg"), f"OAPIF:{url}/ogc", "vessels"],
                              env={**os.environ, "GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": f"token:{busy.secret}"},
                              capture_output=True, text=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_owslib_reads_the_collections(busy):
    from owslib.ogcapi import features  # in the locked set for tests: not having it is a fault, not a reason to skip

    with listening(busy.app) as (url, _):
        client = features.Features(url + "/ogc/", headers={"Authorization": f"Bearer {busy.secret}"})
        assert sorted(client.feature_collections()) == ["events", "tracks", "vessels", "zones"]
        assert client.collection("events")["title"] == "Events" and client.conformance()["conformsTo"]
        found = client.collection_items("vessels", bbox=[122.0, 23.995, 124.0, 24.045], limit=3)
        assert found["numberMatched"] == 5 and found["numberReturned"] == 3
        assert client.collection_item("vessels", f"{SHIP:09d}")["properties"]["shipname"] == "北斗丸 HOKUTO"
        assert "mmsi" in client.collection_queryables("vessels")["properties"]


def test_a_token_may_come_as_a_password_for_programs_that_know_no_other_way(busy):
    program = busy.browser()
    assert (
        program.get("/ogc/", headers={"Authorization": httpx.BasicAuth("token", busy.secret)._auth_header}).status_code
        == 200
    )
    for wrong in ("Basic !!!", "Basic " + "QUFB", "Basic", "Digest x", httpx.BasicAuth("root", "x")._auth_header):
        assert program.get("/ogc/", headers={"Authorization": wrong}).status_code == 401


def test_gdal_reads_the_files_and_the_tiles(busy, tmp_path):
    import pyogrio.raw

    busy.user("analyst", "ana")
    ana = busy.browser().log_in("ana")
    for form, layer in (("kml", None), ("gpx", "waypoints"), ("geojson", None), ("csv", None)):
        path = tmp_path / f"vessels.{form}"
        path.write_bytes(ana.get(f"/feeds/vessels.{form}").content)
        assert len(pyogrio.raw.read(path, layer=layer, read_geometry=form != "csv")[3][0]) == 25, form
    path = tmp_path / "fixes.gpx"
    path.write_bytes(ana.get(f"/feeds/fixes.gpx?mmsi={SHIP}").content)
    assert len(pyogrio.raw.read(path, layer="track_points")[2]) == 3
    tile = tmp_path / "110.mvt"
    tile.write_bytes(ana.get("/tiles/vessels/8/215/110.mvt").content)
    meta, _, shapes, columns = pyogrio.raw.read(f"MVT:{tile}", layer="vessels", X="215", Y="110", Z="8")
    assert len(shapes) == 25 and "mmsi" in meta["fields"]


@pytest.mark.slow
def test_schemathesis_finds_no_request_that_makes_the_server_fail(busy):
    root = busy.user("administrator", "root")
    document = root.get("/api/openapi.json").json()
    not_here = ("/api/logout", "/api/changes", "/api/login", "/feeds/live/{form}")  # end the session, or never end
    document["paths"] = {p: v for p, v in document["paths"].items() if p not in not_here}
    answers = send_all(document, root, 4)
    answers += send_all(root.get("/ogc/api").json(), root, 4, base="/ogc")
    assert len(answers) > 100


def test_the_ogc_description_is_openapi_3_0(busy):
    document = Browser(busy.app).get("/ogc/api", headers={"Authorization": f"Bearer {busy.secret}"}).json()
    assert document["openapi"].startswith("3.0")
    validate = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed").validate
    validate(document)
