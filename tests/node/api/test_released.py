"""Programs of a partner: OGC, files, CoT and TAXII give exactly what that partner was told."""

import json

import msgspec
import pytest
from running import listening
from two import RULES, SHIP, st

from kizuna.formats.stix import MARKINGS
from kizuna.node.api.interfaces import LiveFeeds
from kizuna.node.api.routes import live
from kizuna.node.api.view import Viewer
from kizuna.node.share.exchange.lexicons import Lexicons
from kizuna.records.label import Label, Tlp
from kizuna.records.partner import Community, directory
from kizuna.records.record import Record, encode
from kizuna.share.columns import Terms
from kizuna.share.decide import Decision

CLEAR = next(k for k, v in MARKINGS.items() if v == Tlp.CLEAR)
RED = next(k for k, v in MARKINGS.items() if v == Tlp.RED)


@pytest.fixture
def north(sides):
    return sides[0]


def program(side, kind="feed", partner="south", **more):
    body = {"name": "gis", "kind": kind, "as": partner, **more}
    made = side.as_("administrator").post("/api/admin/tokens", body)
    assert made.status_code == 201, made.text
    browser = side.station.browser()
    browser.client.headers["Authorization"] = f"Bearer {made.json()['secret']}"
    return browser


def indicator(n, marking=CLEAR):
    body = {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--{n:08x}-0000-4000-8000-000000000000",
        "created": "2026-01-01T00:00:00.000Z", "modified": f"2026-01-01T00:00:{n % 60:02d}.000Z", "pattern_type": "stix",
        "pattern": "[ipv4-addr:value = '198.51.100.1']", "valid_from": "2026-01-01T00:00:00Z",
        "object_marking_refs": [marking],
    }  # fmt: skip
    return json.dumps(body, indent=1).encode()


def tell_stix(side, *objects, to="south"):
    for data in objects:
        record = Record(kind="cti.stix", origin=side.party, observed_ms=side.clock(), body=msgspec.Raw(data),
                        label=Label(tlp=Tlp.AMBER, rel_to=frozenset({to})))  # fmt: skip
        side.sharing.door.pass_on(encode(record), Decision("release", "", ("test",), label=record.label), to)


def test_ogc_gives_a_partner_what_it_was_told_and_nothing_else(north):
    north.hear()
    north.hear(SHIP + 1, ago=10)
    north.hear(SHIP + 2, source_id="sealed")
    ring = [[123, 24], [124, 24], [124, 25], [123, 24]]
    area = {"type": "Feature", "properties": {"zone_id": "own"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    north.node.layer = lambda _: json.dumps({"type": "FeatureCollection", "features": [area]}).encode()
    gis = program(north)
    assert gis.get("/ogc/collections/vessels/items").json()["features"] == []
    north.tell()
    found = gis.get("/ogc/collections/vessels/items").json()["features"]
    assert [f["properties"]["mmsi"] for f in found] == [SHIP, SHIP + 1]
    told = {
        f["properties"]["subject"][0]: f
        for f in north.as_("analyst").get("/api/sharing/as/south?kind=track").json()["features"]
    }
    for f in found:
        assert f["geometry"]["coordinates"] == told[f"mmsi:{f['properties']['mmsi']}"]["geometry"]["coordinates"]
    exact = north.as_("analyst").get("/ogc/collections/vessels/items").json()["features"]
    assert exact[0]["geometry"]["coordinates"] != found[0]["geometry"]["coordinates"] and len(exact) == 3
    assert gis.get("/ogc/collections/zones/items").json()["features"] == []
    csv = gis.get("/feeds/vessels.csv")
    assert csv.status_code == 200 and str(SHIP + 2) not in csv.text
    assert gis.get("/tiles/vessels/5/26/13.mvt").status_code == 200
    assert gis.get("/tiles/zones/0/0/0.mvt").status_code == 204  # our zones are told to nobody, in no form
    assert gis.get("/api/picture").status_code == gis.get("/api/sharing").status_code == 403


def test_what_was_recalled_is_gone_and_an_ended_partner_reads_nothing(north):
    north.hear()
    north.hear(SHIP + 1)
    north.tell()
    gis = program(north)
    officer = north.as_("release_officer")
    officer.post("/api/sharing/recalls", {"subject": f"mmsi:{SHIP}", "reason": "error"})
    assert [f["properties"]["mmsi"] for f in gis.get("/ogc/collections/vessels/items").json()["features"]] == [SHIP + 1]
    officer.post("/api/sharing/partners/south/end", {"confirm": "south"})
    assert gis.get("/ogc/collections/vessels/items").json()["features"] == []


def test_cot_events_are_made_of_the_very_records(north):
    north.hear()
    north.tell()
    viewer = Viewer("token:1", "feed", "", live=True, partner="south")
    north.node.facts = type(north.node.facts)(feeds=LiveFeeds(True))
    cursor, events, more = live._released(north.node, viewer, None)
    assert f"mmsi:{SHIP}".encode()[5:] in events and b"coarsened to a cell of 1000 m" in events
    assert not more and live._released(north.node, viewer, cursor) == (cursor, b"", False)


def test_tokens_that_read_as_a_partner_are_of_the_right_kind(north):
    admin = north.as_("administrator")
    for body in (
        {"kind": "taxii"},
        {"kind": "received", "as": "south"},
        {"kind": "metrics", "as": "south"},
        {"kind": "feed", "as": "No Party"},
    ):
        assert admin.post("/api/admin/tokens", {"name": "x", **body}).status_code == 400, body
    taxii = program(north, "taxii")
    assert taxii.get("/ogc/collections/vessels/items").status_code == 403
    assert program(north).get("/taxii/taxii2/").status_code == 403
    assert north.as_("viewer").get("/taxii/taxii2/").status_code == 403
    stranger = program(north, "taxii", partner="elsewhere")
    assert stranger.get("/taxii/elsewhere/collections/").json() == {}


def test_taxii_gives_the_objects_untouched_and_takes_back_what_was_recalled(north):
    tell_stix(north, indicator(1), indicator(2))
    client = program(north, "taxii")
    assert client.get("/taxii/taxii2/").json()["api_roots"] == ["https://node.test/taxii/south/"]
    [collection] = client.get("/taxii/south/collections/").json()["collections"]
    path = f"/taxii/south/collections/{collection['id']}/objects/"
    got = client.get(path)
    assert indicator(1) in got.content and indicator(2) in got.content
    names = [f["id"] for f in north.as_("analyst").get("/api/sharing/as/south?kind=cti").json()["features"]]
    north.as_("release_officer").post("/api/sharing/recalls", {"record": names[0], "reason": "error"})
    assert len(client.get(path).json()["objects"]) == 1
    assert client.get("/taxii/north/collections/").status_code == 404


def test_taxii_gives_of_a_community_only_what_its_label_lets_this_reader_read(north, monkeypatch):
    """As pages of sync do: being in a community is not being cleared for all that it was told."""
    sharing = north.sharing
    watch = Community("c:watch", 1, frozenset(("north", "south")))
    known = sharing.partners
    monkeypatch.setattr(sharing, "who", lambda: directory("north", [k.partner for k in known.all()], [watch]))
    known.change("south", communities=["c:watch"], tlp_max=Tlp.GREEN)
    tell_stix(north, indicator(1), to="c:watch")
    client, path = program(north, "taxii"), "/taxii/south/collections/c-watch/objects/"
    assert client.get(path).json() == {}
    assert north.as_("analyst").get("/api/sharing/as/south?kind=cti").json()["features"] == []
    known.change("south", tlp_max=Tlp.AMBER)
    tell_stix(north, indicator(2), to="c:watch")
    assert [o["id"] for o in client.get(path).json()["objects"]] == [json.loads(indicator(2))["id"]]


def test_what_is_posted_waits_for_a_person_and_then_for_a_rule(north):
    client, officer = program(north, "taxii"), north.as_("release_officer")
    headers = {"Content-Type": "application/taxii+json;version=2.1", "Accept": "application/taxii+json;version=2.1"}
    body = b'{"objects":[' + indicator(7) + b"," + indicator(8, RED) + b"]}"
    posted = client.call("POST", "/taxii/south/collections/south/objects/", ours=False, content=body, headers=headers)
    assert posted.status_code == 202 and posted.json()["pending_count"] == 2
    assert client.get("/taxii/south/collections/south/objects/").json() == {}
    items = officer.get("/api/sharing/quarantine").json()["items"]
    assert [i["source"] for i in items] == ["taxii", "taxii"] and officer.get("/api/sharing").json()["waiting"][
        "quarantine"
    ] == 2
    assert officer.post(f"/api/sharing/quarantine/{items[0]['n']}", {"accept": True}).status_code == 200
    assert officer.post(f"/api/sharing/quarantine/{items[1]['n']}", {"accept": False}).json()["items"] == []
    status = client.get(f"/taxii/south/status/{posted.json()['id']}/").json()
    assert (status["success_count"], status["failure_count"]) == (1, 1)
    assert client.get("/taxii/south/collections/south/objects/").json() == {}  # no rule speaks of it
    assert client.call("DELETE", "/taxii/south/collections/south/objects/x/").status_code in (403, 404)


POSTS = """
[[rule]]
id = "posts"
clause = ["memo/1"]
match = { kind = ["cti.stix"], source = ["taxii:south"] }
to = ["OTHER"]
then = "release"
"""


def test_what_was_posted_is_looked_through_for_words_as_all_that_leaves(north):
    house = north.sharing.door.house
    house.terms = {**house.terms, "taxii:south": Terms(True, frozenset({"all"}))}
    house.lexicons = Lexicons(north.sharing.places.home / "lexicon")
    st.in_force(north.sharing, "south", RULES + POSTS)
    north.sharing.bound = lambda rules: rules  # as if an agreement held
    client, officer = program(north, "taxii"), north.as_("release_officer")
    headers = {"Content-Type": "application/taxii+json;version=2.1", "Accept": "application/taxii+json;version=2.1"}
    named = json.dumps({**json.loads(indicator(9)), "name": "at Secret Shoal"}).encode()
    (north.sharing.places.home / "lexicon").mkdir()
    (north.sharing.places.home / "lexicon" / "shoals.txt").write_text("Secret Shoal\n")
    for body in (named, indicator(7)):
        post = b'{"objects":[' + body + b"]}"
        path = "/taxii/south/collections/south/objects/"
        assert client.call("POST", path, ours=False, content=post, headers=headers).status_code == 202
        [item] = officer.get("/api/sharing/quarantine").json()["items"]
        assert officer.post(f"/api/sharing/quarantine/{item['n']}", {"accept": True}).status_code == 200
    assert [o["id"] for o in client.get(path).json()["objects"]] == [json.loads(indicator(7))["id"]]


@pytest.mark.slow
def test_taxii2_client_walks_a_collection_over_http(north):
    taxii2client = pytest.importorskip("taxii2client.v21")
    tell_stix(north, *(indicator(n) for n in range(250)))
    made = north.as_("administrator").post("/api/admin/tokens", {"name": "t", "kind": "taxii", "as": "south"}).json()
    with listening(north.station.app) as (url, _):
        server = taxii2client.Server(f"{url}/taxii/taxii2/", user="any", password=made["secret"])
        [root] = server.api_roots
        [collection] = root.collections
        seen = []
        for page in taxii2client.as_pages(collection.get_objects, per_request=40):
            seen += [o["id"] for o in page.get("objects", [])]
        assert len(seen) == len(set(seen)) == 250
        status = collection.add_objects(json.loads(b'{"objects":[' + indicator(900) + b"]}"), wait_for_completion=False)
        assert status.pending_count == 1
