"""The abstract tests of OGC API - Features Part 1 (17-069r4, annex A) by number and id: core 1 to 33, geojson 34 and 35,
oas30 42 to 47. Those between are of GML and HTML, which the node does not claim.

Ported from their descriptions and run by ourselves: this is no certification. Tests of single parameters run over
every collection that has features.
"""

import datetime as dt
import json
from dataclasses import replace

import httpx
import pytest
from fake_keep import fix
from happen import HOUR, gap
from running import listening
from station import NOW, Browser

from kizuna.node.api.ogc.documents import CONFORMS, CRS84

ROOT = "/ogc"
NAMES = ("vessels", "tracks", "events", "zones")
ZONES = {"type": "FeatureCollection", "features": [
    {"type": "Feature", "id": "z1", "properties": {"zone_id": "z1", "name": "A", "kind": "watch"},
     "geometry": {"type": "Polygon", "coordinates": [[[123, 24], [124, 24], [124, 25], [123, 25], [123, 24]]]}},
    {"type": "Feature", "id": "z2", "properties": {"zone_id": "z2", "name": "B", "kind": "watch"},
     "geometry": {"type": "MultiPolygon", "coordinates": [[[[179, 0], [180, 0], [180, 1], [179, 0]]],
                                                          [[[-180, 0], [-179, 1], [-180, 1], [-180, 0]]]]}}]}  # fmt: skip


@pytest.fixture
def api(here):
    for m in range(5):
        for k in range(4):
            here.store.add(fix(431000001 + m, NOW - (4 - k) * 600_000, 24.0 + m / 10, 123.0 + m + k / 100, sog_kn=9.0))
    here.store.add(fix(412000001, NOW - 400_000, 10.0, 179.9), fix(412000001, NOW - 1000, 10.0, -179.9))
    here.store.put_events(
        gap(), gap("gap2", mmsi=431000002, start=NOW - 48 * HOUR), gap("gap3", lon_min_deg=179.5, lon_max_deg=-179.5)
    )
    here.node.layer = lambda name: json.dumps(ZONES).encode() if name == "zones" else None
    return here.user("viewer")


def get(api, path, status=200, **params):
    answer = api.get(path if path.startswith("http") else ROOT + path, params=params or None)
    assert answer.status_code == status, answer.text
    return answer.json()


def rels(document):
    return {link["rel"] for link in document["links"]}


def items(api, name, status=200, **params):
    return get(api, f"/collections/{name}/items", status, **params)


def test_01_http_1_1(here):
    """/conf/core/http: of the server itself, for the client of the other tests knows no version."""
    _, secret = here.desk.tokens.make("root", "ops", "feed")
    with listening(here.app) as (url, _):
        answer = httpx.get(f"{url}{ROOT}/", headers={"Authorization": f"Bearer {secret}"}, timeout=60)
    assert (answer.status_code, answer.http_version) == (200, "HTTP/1.1")


def test_02_crs84(api):
    """/conf/core/crs84"""
    for one in get(api, "/collections")["collections"]:
        assert one["crs"] == [CRS84] and one["extent"]["spatial"]["crs"] == CRS84
    assert items(api, "vessels")["features"][-1]["geometry"]["coordinates"][0] > 90  # longitude comes first


def test_03_root_op(api):
    """/conf/core/root-op"""
    assert get(api, "") == get(api, "/")


def test_04_root_success(api):
    """/conf/core/root-success"""
    assert {"service-desc", "conformance", "data"} <= rels(get(api, "/"))


def definition(api):
    link = next(x for x in get(api, "/")["links"] if x["rel"] == "service-desc")
    return link, api.get(link["href"])


def test_05_api_definition_op(api):
    """/conf/core/api-definition-op: the landing page leads to it, with the type that is announced"""
    link, answer = definition(api)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == link["type"] == "application/vnd.oai.openapi+json;version=3.0"


def test_06_api_definition_success(api):
    """/conf/core/api-definition-success: OpenAPI 3.0 (and checked as such below)"""
    assert definition(api)[1].json()["openapi"].startswith("3.0")


def test_07_conformance_op(api):
    """/conf/core/conformance-op"""
    get(api, "/conformance")


def test_08_conformance_success(api):
    """/conf/core/conformance-success"""
    assert tuple(get(api, "/conformance")["conformsTo"]) == CONFORMS
    assert any(c.endswith("/conf/core") for c in CONFORMS)


def test_09_fc_md_op(api):
    """/conf/core/fc-md-op"""
    found = get(api, "/collections")
    assert [c["id"] for c in found["collections"]] == list(NAMES) and "self" in rels(found)


def test_10_fc_md_success(api):
    """/conf/core/fc-md-success: with 11 to 14, and the first system of coordinates"""
    for one in get(api, "/collections")["collections"]:
        assert one["id"] and one.get("crs", [CRS84])[0] == CRS84


def test_11_fc_md_links(api):
    """/conf/core/fc-md-links: to itself, and in no other form, as there is none"""
    found = get(api, "/collections")
    assert "self" in rels(found) and "alternate" not in rels(found)
    assert all(link["rel"] and link["type"] for link in found["links"])


def test_12_fc_md_items(api):
    """/conf/core/fc-md-items: an entry for each collection"""
    assert [c["id"] for c in get(api, "/collections")["collections"]] == list(NAMES)


def test_13_fc_md_items_links(api):
    """/conf/core/fc-md-items-links: each leads to its features"""
    for one in get(api, "/collections")["collections"]:
        link = next(x for x in one["links"] if x["rel"] == "items")
        assert link["type"] == "application/geo+json" and all(x["rel"] and x["type"] for x in one["links"])
        assert get(api, link["href"])["type"] == "FeatureCollection"


def test_14_fc_md_extent(api):
    """/conf/core/fc-md-extent: of the form that is asked for; the box is that of all the world"""
    for one in get(api, "/collections")["collections"]:
        assert len(one["extent"]["spatial"]["bbox"][0]) == 4
        for ends in one["extent"].get("temporal", {}).get("interval", []):
            assert len(ends) == 2 and (ends[0] is None or dt.datetime.fromisoformat(ends[0]))


@pytest.mark.parametrize("name", NAMES)
def test_15_sfc_md_op(api, name):
    """/conf/core/sfc-md-op"""
    assert get(api, f"/collections/{name}")["id"] == name
    get(api, "/collections/nowhere", 404)


@pytest.mark.parametrize("name", NAMES)
def test_16_sfc_md_success(api, name):
    """/conf/core/sfc-md-success: the same as in the list"""
    one = get(api, f"/collections/{name}")
    assert one == next(c for c in get(api, "/collections")["collections"] if c["id"] == name)


@pytest.mark.parametrize("name", NAMES)
def test_17_fc_op(api, name):
    """/conf/core/fc-op"""
    answer = api.get(f"{ROOT}/collections/{name}/items")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["features"]


def parameter(api, name, wanted):
    document = get(api, "/api")
    for one in document["paths"][f"/collections/{name}/items"]["get"]["parameters"]:
        if "$ref" in one:
            key = one["$ref"].rpartition("/")[2]
            one = document["components"]["parameters"][key]
        if one["name"] == wanted:
            return one
    raise AssertionError(wanted)


@pytest.mark.parametrize("name", NAMES)
def test_18_fc_bbox_definition(api, name):
    """/conf/core/fc-bbox-definition"""
    p = parameter(api, name, "bbox")
    assert (p["in"], p["required"], p["style"], p["explode"]) == ("query", False, "form", False)
    assert p["schema"] == {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}


@pytest.mark.parametrize(("name", "box", "ids"), [
    ("vessels", "122.9,23.9,124.5,24.2", ["431000001", "431000002"]), ("vessels", "122.9,23.9,0,124.5,24.2,0", ["431000001", "431000002"]),
    ("vessels", "170,0,-170,40", ["412000001"]), ("vessels", "-170,0,170,40", [f"43100000{i}" for i in range(1, 6)]),
    ("vessels", "0,0,1,1", []), ("tracks", "122.9,23.9,123.5,24.05", ["431000001"]), ("tracks", "170,0,-170,40", ["412000001"]),
    ("events", "123,24,125,25", ["gap1", "gap2"]), ("events", "170,20,-170,40", ["gap3"]), ("events", "-179.6,24,-179.4,25", ["gap3"]),
    ("zones", "123.5,24.5,123.6,24.6", ["z1"]), ("zones", "170,-10,-170,10", ["z2"]), ("zones", "0,-10,10,10", []),
])  # fmt: skip
def test_19_fc_bbox_response(api, name, box, ids):
    """/conf/core/fc-bbox-response: only what meets the box, over 180 degrees too"""
    assert [f["id"] for f in items(api, name, bbox=box)["features"]] == ids


@pytest.mark.parametrize("name", NAMES)
def test_20_fc_limit_definition(api, name):
    """/conf/core/fc-limit-definition: by reference, so that clients find minimum, maximum and default"""
    shared = {"$ref": "#/components/parameters/limit"}
    assert shared in get(api, "/api")["paths"][f"/collections/{name}/items"]["get"]["parameters"]
    schema = parameter(api, name, "limit")["schema"]
    assert schema["minimum"] == 1 and schema["maximum"] == 10_000 and schema["default"] == 1000


@pytest.mark.parametrize("name", NAMES)
def test_21_fc_limit_response(api, name):
    """/conf/core/fc-limit-response: pages of one give everything once, in order"""
    whole = [f["id"] for f in items(api, name)["features"]]
    assert len(items(api, name, limit=1)["features"]) == 1 and items(api, name, limit=99_999)["features"]
    page, ids = items(api, name, limit=1), []
    while True:
        ids += [f["id"] for f in page["features"]]
        following = [x["href"] for x in page["links"] if x["rel"] == "next"]
        if not following:
            break
        page = get(api, following[0])
    assert ids == whole and len(whole) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_22_fc_time_definition(api, name):
    """/conf/core/fc-time-definition"""
    p = parameter(api, name, "datetime")
    assert (p["in"], p["required"], p["style"], p["explode"], p["schema"]["type"]) == (
        "query",
        False,
        "form",
        False,
        "string",
    )


def iso(ms):
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(("name", "when", "n"), [
    ("vessels", f"{iso(NOW - 700_000)}/..", 6), ("vessels", f"../{iso(NOW - 700_000)}", 0), ("vessels", iso(NOW - 600_000), 5),
    ("vessels", f"{iso(NOW - 1000)}/{iso(NOW)}", 1), ("vessels", f"/{iso(NOW - 1500)}", 5), ("vessels", "../..", 6),
    ("events", f"{iso(NOW - 12 * HOUR)}/..", 2), ("events", f"../{iso(NOW - 30 * HOUR)}", 1), ("events", iso(NOW - 47 * HOUR), 1),
    ("tracks", f"{iso(NOW - 2 * HOUR)}/{iso(NOW)}", 6), ("zones", iso(NOW), 2),
])  # fmt: skip
def test_23_fc_time_response(api, name, when, n):
    """/conf/core/fc-time-response: moments, intervals, open ends; a feature without time matches any"""
    assert len(items(api, name, datetime=when)["features"]) == n


@pytest.mark.parametrize("name", NAMES)
def test_25_query_param_unknown(api, name):
    """/conf/core/query-param-unknown"""
    items(api, name, 400, nonsense="1")
    get(api, "/collections", 400, nonsense="1")


@pytest.mark.parametrize("params", [
    {"limit": "0"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "1.5"}, {"bbox": "1,2,3"}, {"bbox": "a,b,c,d"}, {"bbox": ""},
    {"bbox": "0,50,1,40"}, {"bbox": "0,0,0,nan"}, {"bbox": "0,0,inf,1"}, {"bbox": "-181,0,1,1"}, {"datetime": "yesterday"},
    {"datetime": "2025-10-09T00:00:00"}, {"datetime": "2025-10-09T00:00:00Z/2025-10-08T00:00:00Z"},
    {"datetime": "a/b/c"}, {"mmsi": "x"}, {"limit": "9" * 30},
])  # fmt: skip
def test_24_query_param_invalid(api, params):
    """/conf/core/query-param-invalid"""
    items(api, "vessels", 400, **params)


@pytest.mark.parametrize("name", NAMES)
def test_26_fc_response(api, name):
    """/conf/core/fc-response"""
    found = items(api, name, limit=1)
    assert found["type"] == "FeatureCollection" and len(found["features"]) == 1
    assert all(f["type"] == "Feature" and {"geometry", "properties", "id"} <= set(f) for f in found["features"])


@pytest.mark.parametrize("name", NAMES)
def test_27_fc_links(api, name):
    """/conf/core/fc-links: each with its type"""
    found = items(api, name, limit=1)
    assert {"self", "next"} <= rels(found) and all(x["type"] for x in found["links"])


@pytest.mark.parametrize("name", NAMES)
def test_28_fc_time_stamp(api, name):
    """/conf/core/fc-timeStamp"""
    assert dt.datetime.fromisoformat(items(api, name)["timeStamp"]).tzinfo is not None


@pytest.mark.parametrize("name", NAMES)
def test_29_fc_number_matched(api, name):
    """/conf/core/fc-numberMatched: of all pages; left out for tracks, where all would have to be read to count them"""
    found = items(api, name, limit=1)
    if name == "tracks":
        assert "numberMatched" not in found
    else:
        assert found["numberMatched"] == len(items(api, name)["features"])


@pytest.mark.parametrize("name", NAMES)
def test_30_fc_number_returned(api, name):
    """/conf/core/fc-numberReturned"""
    for limit in (1, 10_000):
        found = items(api, name, limit=limit)
        assert found["numberReturned"] == len(found["features"])


@pytest.mark.parametrize("name", NAMES)
def test_31_f_op(api, name):
    """/conf/core/f-op"""
    for feature in items(api, name)["features"]:
        get(api, f"/collections/{name}/items/{feature['id']}")
    get(api, f"/collections/{name}/items/nowhere", 404)


@pytest.mark.parametrize("name", NAMES)
def test_32_f_success(api, name):
    """/conf/core/f-success: the same feature as in the collection"""
    for feature in items(api, name)["features"]:
        one = get(api, f"/collections/{name}/items/{feature['id']}")
        assert {**one, "links": None} == {**feature, "links": None}


@pytest.mark.parametrize("name", NAMES)
def test_33_f_links(api, name):
    """/conf/core/f-links"""
    first = items(api, name, limit=1)["features"][0]
    assert {"self", "collection"} <= rels(get(api, f"/collections/{name}/items/{first['id']}"))


def test_34_geojson_definition(api):
    """/conf/geojson/definition: GeoJSON where there are features, JSON elsewhere"""
    first = items(api, "vessels", limit=1)["features"][0]["id"]
    for path in ("/collections/vessels/items", f"/collections/vessels/items/{first}"):
        assert api.get(ROOT + path).headers["content-type"].partition(";")[0] == "application/geo+json"
    for path in ("/", "/conformance", "/collections", "/collections/vessels"):
        assert api.get(ROOT + path).headers["content-type"].partition(";")[0] == "application/json"


@pytest.mark.parametrize("name", NAMES)
def test_35_geojson_content(api, name):
    """/conf/geojson/content: geometries of RFC 7946, longitudes within 180 degrees, lines cut there"""
    kinds = {"vessels": {"Point"}, "tracks": {"LineString", "MultiLineString"}, "zones": {"Polygon", "MultiPolygon"},
             "events": {"Point", "LineString", "MultiLineString"}}  # fmt: skip
    for feature in items(api, name)["features"]:
        assert feature["geometry"]["type"] in kinds[name]
        todo = [feature["geometry"]["coordinates"]]
        while todo:
            one = todo.pop()
            if isinstance(one[0], (int, float)):
                assert abs(one[0]) <= 180 and abs(one[1]) <= 90
            else:
                todo += one


def test_42_43_46_47_oas30_every_path_with_its_refusals(api):
    """/conf/oas30/completeness, exceptions-codes, oas-impl, security"""
    document = get(api, "/api")
    assert document["security"] == [{"token": []}] and document["servers"][0]["url"].endswith(ROOT)
    for path, operation in document["paths"].items():
        assert {"200", "401"} <= set(operation["get"]["responses"])
        if "{" not in path:
            assert api.get(ROOT + path).status_code == 200


def test_44_oas30_definition_1(api, here):
    """/conf/oas30/oas-definition-1: as JSON, and as a page that names every path and takes no text for markup"""
    here.node.facts = replace(here.node.facts, title="<b>North</b>")
    links = {link["rel"]: link for link in get(api, "/")["links"]}
    assert links["service-desc"]["type"] == "application/vnd.oai.openapi+json;version=3.0"
    told = api.get(links["service-doc"]["href"])
    assert told.headers["content-type"].partition(";")[0] == links["service-doc"]["type"] == "text/html"
    assert all(f"<code>{path}</code>" in told.text for path in get(api, "/api")["paths"])
    assert "bbox: array" in told.text and "&lt;b&gt;North" in told.text and "<b>" not in told.text


def test_45_oas30_definition_2(api):
    """/conf/oas30/oas-definition-2: valid by the schema of OpenAPI 3.0"""
    check = pytest.importorskip("openapi_spec_validator", reason="openapi-spec-validator is not installed").validate
    check(get(api, "/api"))


def test_queryables_are_what_can_be_asked_for(api):
    wanted = {
        "vessels": ("mmsi", "431000001"),
        "tracks": ("mmsi", "431000001"),
        "events": ("event_type", "gap"),
        "zones": ("name", "A"),
    }
    for name, (key, value) in wanted.items():
        answer = api.get(f"{ROOT}/collections/{name}/queryables")
        assert answer.headers["content-type"] == "application/schema+json" and key in answer.json()["properties"]
        assert 1 <= len(get(api, f"/collections/{name}/items", **{key: value})["features"]) <= 3
    items(api, "events", 400, event_type="nonsense")


def test_a_feed_token_sees_late_and_coarse(api, here):
    token, secret = here.desk.tokens.make("root", "ops", "feed", delay_s=900, grid_deg=0.5)
    program = Browser(here.app)
    program.client.headers["Authorization"] = f"Bearer {secret}"
    found = items(program, "vessels")["features"]
    assert [f["id"] for f in found] == [f"43100000{i}" for i in range(1, 6)]  # the other was heard too lately
    for path in ("/collections/vessels/items", "/collections/vessels/items/431000001", "/collections"):
        said = program.get(ROOT + path).headers
        assert (said["x-kizuna-delay-s"], said["x-kizuna-grid-deg"]) == ("900", "0.5")
    assert "x-kizuna-delay-s" not in api.get(ROOT + "/collections/vessels/items").headers
    for feature in found:
        lon, lat = feature["geometry"]["coordinates"]
        assert lon % 0.5 == 0.25 and lat % 0.5 == 0.25 and feature["properties"]["sog_kn"] is None
        assert dt.datetime.fromisoformat(feature["properties"]["datetime"]).timestamp() * 1000 <= NOW - 900_000
    for event in items(program, "events")["features"]:
        assert event["properties"]["summary"] is None and not event["properties"]["evidence"]
        assert "24.5," not in json.dumps(event["geometry"])
    program.get("/api/picture", headers={})
    assert program.get("/api/picture").status_code == 403
