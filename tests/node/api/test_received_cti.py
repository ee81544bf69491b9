"""What partners told of threats, over TAXII for our own people and programs."""

import json

import pytest

from running import listening
from test_released import RED, indicator, program, tell_stix
from two import meet

OBJECTS = "/taxii/received/collections/received/objects/"
HEADERS = {"Content-Type": "application/taxii+json;version=2.1", "Accept": "application/taxii+json;version=2.1"}


def by_type(answer):
    out = {}
    for one in answer.json().get("objects", []):
        out.setdefault(one["type"], []).append(one)
    return out


def test_people_and_programs_read_what_partners_told_in_their_bytes_with_markings(sides):
    north, south = sides
    tell_stix(north, indicator(1), indicator(2, RED))
    meet(north, south)
    for reader in (program(south, "received", partner=""), south.as_("analyst")):
        assert reader.get("/taxii/taxii2/").json()["api_roots"] == ["https://node.test/taxii/received/"]
        answer = reader.get(OBJECTS)
        assert indicator(1) in answer.content and indicator(2, RED) in answer.content
        found = by_type(answer)
        assert {n["abstract"] for n in found["note"]} == {"Told by north"}
        assert all("AMBER;rel=south" in n["content"] for n in found["note"])
        assert {m["name"] for m in found["marking-definition"]} == {"TLP:CLEAR", "TLP:AMBER", "TLP:RED"}
        assert {n["object_refs"][0] for n in found["note"]} == {i["id"] for i in found["indicator"]}
    assert south.as_("viewer").get(OBJECTS).status_code == 403
    assert program(south, "taxii", partner="north").get(OBJECTS).status_code == 404, "a partner's program never sees it"
    assert program(south, "feed", partner="").get(OBJECTS).status_code == 403


@pytest.mark.parametrize("action", ["hide", "delete"])
def test_what_was_recalled_is_revoked_and_says_nothing_else(sides, action):
    north, south = sides
    tell_stix(north, indicator(1), indicator(2))
    meet(north, south)
    client = program(south, "received", partner="")
    assert len(by_type(client.get(OBJECTS))["indicator"]) == 2
    names = [f["id"] for f in north.as_("analyst").get("/api/sharing/as/south?kind=cti").json()["features"]]
    body = {"record": names[0], "reason": "error", "action": action}
    assert north.as_("release_officer").post("/api/sharing/recalls", body).status_code == 201
    meet(north, south)
    found = by_type(client.get(OBJECTS))
    assert len(found["note"]) == 1 and len(found["indicator"]) == 2
    [gone] = [i for i in found["indicator"] if i.get("revoked")]
    assert set(gone) == {"type", "spec_version", "id", "created", "modified", "revoked"}
    again = client.get(f"/taxii/received/collections/received/objects/{gone['id']}/versions/").json()["versions"]
    assert again == [gone["modified"]]


def test_what_our_programs_post_waits_and_then_stands_there_and_goes_to_nobody(sides):
    _, south = sides
    client, officer = program(south, "received", partner=""), south.as_("release_officer")
    body = b'{"objects":[' + indicator(7) + b"]}"
    posted = client.call("POST", OBJECTS, ours=False, content=body, headers=HEADERS)
    assert posted.status_code == 202 and client.get(OBJECTS).json() == {}
    [item] = officer.get("/api/sharing/quarantine").json()["items"]
    assert officer.post(f"/api/sharing/quarantine/{item['n']}", {"accept": True}).status_code == 200
    assert indicator(7) in client.get(OBJECTS).content
    assert not south.sharing.shared.logs.all("out") or b"indicator" not in b"".join(
        e.data or b"" for s in south.sharing.shared.logs.all("out")
        for e in south.sharing.shared.logs.entries(s.name, 0, most=99, max_bytes=1 << 20)
    )  # fmt: skip


@pytest.mark.slow
def test_taxii2_client_reads_what_partners_told(sides):
    taxii2client = pytest.importorskip("taxii2client.v21")
    north, south = sides
    tell_stix(north, *(indicator(n) for n in range(120)))
    meet(north, south)
    made = south.as_("administrator").post("/api/admin/tokens", {"name": "siem", "kind": "received"}).json()
    with listening(south.station.app) as (url, _):
        server = taxii2client.Server(f"{url}/taxii/taxii2/", user="any", password=made["secret"])
        [collection] = server.api_roots[0].collections
        assert (collection.id, collection.can_write) == ("received", True)
        seen = []
        for page in taxii2client.as_pages(collection.get_objects, per_request=40, type="indicator"):
            seen += [o["id"] for o in page.get("objects", [])]
        assert len(seen) == len(set(seen)) == 120
        status = collection.add_objects(json.loads(b'{"objects":[' + indicator(900) + b"]}"), wait_for_completion=False)
        assert status.pending_count == 1
