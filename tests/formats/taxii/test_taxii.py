"""TAXII 2.1 over what was released; section numbers are those of the OASIS standard of 10 June 2021."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import ContextError, InputError, UnavailableError
from kizuna.formats.stix import bundle, head, marking, split, tlp
from kizuna.formats.taxii.requests import MEDIA, Ask, of_stamp, stamp
from kizuna.formats.taxii.view import Collection, Facts, Reply, reply
from kizuna.records.label import Tlp
from kizuna.stores.taxii_shelf import WAITING_MOST, Shelf, ShelfView

STANDARDS = Path(__file__).parents[4] / "shared" / "data" / "standards" / "stix"
FACTS = Facts("Cape", "real", "https://cape.test/taxii")
NOW_US = 1_790_000_000_000_000
CERT = Collection("cert", "Incident teams", can_write=True)


def indicator(number: int, minute: int = 0, **more: Any) -> bytes:
    body = {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--00000000-0000-4000-8000-{number:012x}",
        "created": "2026-01-01T00:00:00.000Z", "modified": f"2026-01-01T00:{minute:02d}:00.000Z",
        "pattern": "[ipv4-addr:value = '192.0.2.1']", "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z", **more,
    }  # fmt: skip
    return json.dumps(body).encode()


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    found = Shelf(tmp_path / "taxii.db", context="real", now_us=lambda: NOW_US)
    yield found
    found.close()


def ask(
    shelf: Shelf, path: str, *, view: str = "north", method: str = "GET", body: bytes = b"", **headers: str
) -> Reply:
    parts = urlsplit(path)
    named = {"accept": MEDIA, **{k.replace("_", "-"): v for k, v in headers.items()}}
    request = Ask(method, parts.path, parse_qsl(parts.query, keep_blank_values=True), named, body)
    return reply(request, FACTS, ShelfView(shelf, view, [CERT, Collection("relief", "Relief")]))


def objects(shelf: Shelf, query: str = "", **more: Any) -> Any:
    found = ask(shelf, f"real/collections/cert/objects/{query}", **more)
    assert found.status == 200, found.body
    return json.loads(found.body)


def test_discovery_names_the_api_root(shelf: Shelf) -> None:
    """4.1."""
    found = ask(shelf, "taxii2/")
    assert json.loads(found.body)["api_roots"] == ["https://cape.test/taxii/real/"]
    assert found.headers["Content-Type"] == MEDIA


def test_the_api_root_tells_version_and_size(shelf: Shelf) -> None:
    """4.2."""
    found = json.loads(ask(shelf, "real/").body)
    assert found["versions"] == [MEDIA]
    assert found["max_content_length"] > 0


def test_collections_are_those_of_the_one_who_asks(shelf: Shelf) -> None:
    """5.1, 5.2; a collection that may not be read is not found."""
    found = json.loads(ask(shelf, "real/collections/").body)["collections"]
    assert [(c["id"], c["can_read"], c["can_write"]) for c in found] == [("cert", True, True), ("relief", True, False)]
    assert ask(shelf, "real/collections/secret/").status == 404
    assert ask(shelf, "other/collections/").status == 404


@pytest.mark.parametrize(("accept", "status"), [
    (MEDIA, 200), ("application/taxii+json", 200), ("*/*", 200), ("", 200), ("application/json", 406),
    ("application/taxii+json;version=2.0", 406), ("text/html, application/taxii+json; version=2.1", 200),
])  # fmt: skip
def test_other_media_types_are_not_acceptable(shelf: Shelf, accept: str, status: int) -> None:
    """1.6.8.1."""
    assert ask(shelf, "taxii2/", accept=accept).status == status


def test_objects_come_in_their_very_bytes(shelf: Shelf) -> None:
    """5.4; what another producer wrote is not written anew."""
    odd = (
        b'{ "id":"indicator--00000000-0000-4000-8000-000000000001" ,"type": "indicator","x":1.10,"spec_version":"2.1"}'
    )
    shelf.add("north", "cert", [odd])
    assert odd in ask(shelf, "real/collections/cert/objects/").body


def test_an_empty_answer_is_an_empty_object(shelf: Shelf) -> None:
    """3.7."""
    assert objects(shelf) == {}


def test_pages_go_on_where_they_ended(shelf: Shelf) -> None:
    """3.5."""
    shelf.add("north", "cert", [indicator(n) for n in range(25)])
    seen: list[str] = []
    query = "?limit=10"
    while query:
        page = objects(shelf, query)
        seen += [o["id"] for o in page["objects"]]
        query = f"?limit=10&next={page['next']}" if page["more"] else ""
    assert seen == [json.loads(indicator(n))["id"] for n in range(25)]


def test_a_cursor_is_bound_to_its_filters(shelf: Shelf) -> None:
    shelf.add("north", "cert", [indicator(n) for n in range(25)])
    token = objects(shelf, "?limit=10")["next"]
    assert ask(shelf, f"real/collections/cert/objects/?next={token}&match[type]=malware").status == 400
    assert ask(shelf, f"real/collections/relief/objects/?next={token}").status == 400
    assert ask(shelf, "real/collections/cert/objects/?next=AAAA").status == 400


def test_date_added_is_unique_and_increasing_even_at_one_moment(shelf: Shelf) -> None:
    shelf.add("north", "cert", [indicator(n) for n in range(50)])
    found = json.loads(ask(shelf, "real/collections/cert/manifest/").body)["objects"]
    dates = [row["date_added"] for row in found]
    assert dates == sorted(set(dates))
    last = ask(shelf, f"real/collections/cert/objects/?added_after={dates[9]}&limit=5")
    assert last.headers["X-TAXII-Date-Added-First"] == dates[10]
    assert last.headers["X-TAXII-Date-Added-Last"] == dates[14]


def test_versions(shelf: Shelf) -> None:
    """3.4.1 match[version] and 5.7."""
    shelf.add("north", "cert", [indicator(1, 5), indicator(1, 0), indicator(1, 9), indicator(2, 3)])

    def minutes(query: str) -> list[str]:
        return [o["modified"][14:16] for o in objects(shelf, query).get("objects", [])]

    assert minutes("") == ["09", "03"]
    assert minutes("?match[version]=first") == ["00", "03"]
    assert minutes("?match[version]=all") == ["05", "00", "09", "03"]
    assert minutes("?match[version]=2026-01-01T00:05:00.000Z") == ["05"]
    assert minutes("?match[version]=first,last&match[id]=indicator--00000000-0000-4000-8000-000000000001") == [
        "00",
        "09",
    ]
    one = "real/collections/cert/objects/indicator--00000000-0000-4000-8000-000000000001/"
    assert len(json.loads(ask(shelf, one + "versions/").body)["versions"]) == 3
    assert len(json.loads(ask(shelf, one).body)["objects"]) == 1
    assert ask(shelf, one.replace("0001/", "0007/")).status == 404


def test_the_same_version_again_changes_nothing(shelf: Shelf) -> None:
    assert shelf.add("north", "cert", [indicator(1), indicator(1)]) == 1
    assert shelf.add("north", "cert", [indicator(1)]) == 0


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1&limit=2", "added_after=yesterday", "match[type]=",
                                   "match[version]=newest", "match[id]=me", "match[spec_version]=3.0",
                                   "match[version]=all,last"])  # fmt: skip
def test_filters_that_mean_nothing_are_refused(shelf: Shelf, query: str) -> None:
    found = ask(shelf, f"real/collections/cert/objects/?{query}")
    assert (found.status, json.loads(found.body)["http_status"]) == (400, "400")


def test_what_others_get_is_not_to_be_inferred(shelf: Shelf) -> None:
    shelf.add("north", "cert", [indicator(1)])
    alone = ask(shelf, "real/collections/cert/objects/")
    shelf.add("south", "cert", [indicator(n) for n in range(2, 9)])
    shelf.add("north", "cert", [])
    assert ask(shelf, "real/collections/cert/objects/") == alone
    shelf.add("north", "cert", [indicator(20)])
    assert [r.seq for r in ShelfView(shelf, "north", []).rows("cert", _all())] == [1, 2]


def _all() -> Any:
    from kizuna.formats.taxii.requests import Want

    return Want(versions=frozenset({"all"}))


def test_posts_wait_in_quarantine(shelf: Shelf) -> None:
    """5.5 and 4.3."""
    body = json.dumps({"objects": [json.loads(indicator(1))]}).encode()
    where = "real/collections/cert/objects/"
    found = ask(shelf, where, method="POST", body=body, content_type=MEDIA)
    status = json.loads(found.body)
    assert (found.status, status["status"], status["pending_count"]) == (202, "pending", 1)
    assert objects(shelf) == {}
    [waits] = shelf.waiting()
    shelf.judge(waits.number, accepted=True)
    again = json.loads(ask(shelf, f"real/status/{status['id']}/").body)
    assert (again["status"], again["success_count"]) == ("complete", 1)
    assert ask(shelf, f"real/status/{status['id']}/", view="south").status == 404


def test_posts_are_bounded(shelf: Shelf) -> None:
    where = "real/collections/cert/objects/"
    assert ask(shelf, where, method="POST", body=b"{}", content_type="application/json").status == 415
    assert ask(shelf, where, method="POST", body=b"{}", content_type=MEDIA).status == 422
    assert ask(shelf, where, method="POST", body=bytes(5 << 20), content_type=MEDIA).status == 413
    assert ask(shelf, where.replace("cert", "relief"), method="POST", body=b"{}", content_type=MEDIA).status == 403
    assert ask(shelf, where, method="PUT").status == 405
    with pytest.raises(UnavailableError):
        shelf.post("north", "cert", [("a", "b", b"c")] * (WAITING_MOST + 1))


def test_a_recalled_object_is_gone_from_the_view(shelf: Shelf) -> None:
    shelf.add("north", "cert", [indicator(1), indicator(1, 3), indicator(2)])
    assert shelf.take_back("north", json.loads(indicator(1))["id"]) == 2
    assert [o["id"][-1] for o in objects(shelf)["objects"]] == ["2"]


def test_contexts_never_share_a_shelf(tmp_path: Path) -> None:
    Shelf(tmp_path / "t.db", context="exercise:a", now_us=lambda: 0).close()
    with pytest.raises(ContextError):
        Shelf(tmp_path / "t.db", context="real", now_us=lambda: 0)


@given(st.integers(0, 4_000_000_000_000_000))
def test_times_go_there_and_back(time_us: int) -> None:
    assert of_stamp(stamp(time_us)) == time_us


@given(st.binary(max_size=300))
def test_whatever_is_posted_only_an_input_error_escapes(data: bytes) -> None:
    for tried in (data, b'{"objects":[' + data + b"]}"):
        try:
            split(tried)
        except InputError:
            pass


def test_markings_are_read_and_the_strictest_counts() -> None:
    amber = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
    old_red = "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
    assert tlp(indicator(1, object_marking_refs=[amber])) == Tlp.AMBER
    assert tlp(indicator(1, object_marking_refs=[amber, old_red])) == Tlp.RED
    assert tlp(indicator(1)) == Tlp.RED


def test_a_bundle_brings_the_markings_it_needs_and_is_valid() -> None:
    amber = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
    made = bundle([indicator(1, object_marking_refs=[amber], labels=["x"], indicator_types=["benign"])])
    assert made == bundle([indicator(1, object_marking_refs=[amber], labels=["x"], indicator_types=["benign"])])
    assert [head(o)[2] for _, _, o in split(made)] == ["indicator", "marking-definition"]
    assert faults(made.decode()) == []


MORE: dict[str, dict[str, Any]] = {
    "attack-pattern": {"name": "Spear phishing"}, "campaign": {"name": "Autumn"},
    "course-of-action": {"name": "Change passwords"}, "grouping": {"context": "suspicious-activity"},
    "identity": {"name": "Harbour office", "identity_class": "organization"}, "incident": {"name": "GNSS jammed"},
    "indicator": {"pattern": "[ipv4-addr:value = '192.0.2.1']", "pattern_type": "stix", "valid_from": "2026-01-01T00:00:00Z",
                  "indicator_types": ["malicious-activity"]},
    "infrastructure": {"name": "Server", "infrastructure_types": ["command-and-control"]},
    "intrusion-set": {"name": "Gang"}, "location": {"region": "eastern-asia"},
    "malware": {"name": "Wiper", "is_family": False, "malware_types": ["wiper"]},
    "malware-analysis": {"product": "scanner", "result": "malicious"},
    "note": {"content": "Seen twice"}, "observed-data": {"first_observed": "2026-01-01T00:00:00Z",
        "last_observed": "2026-01-01T00:00:00Z", "number_observed": 1},
    "opinion": {"opinion": "agree"},
    "report": {"name": "Week 1", "published": "2026-01-01T00:00:00Z", "report_types": ["threat-report"]},
    "threat-actor": {"name": "Nobody known", "threat_actor_types": ["crime-syndicate"]},
    "tool": {"name": "Scanner", "tool_types": ["network-capture"]}, "vulnerability": {"name": "CVE-2026-0001"},
    "relationship": {"relationship_type": "uses"}, "sighting": {},
}  # fmt: skip
"""What each object of STIX 2.1, domain object or relation, needs beside what all have."""
REFERS = {"grouping": "object_refs", "note": "object_refs", "opinion": "object_refs", "report": "object_refs",
          "observed-data": "object_refs", "malware-analysis": "sample_ref", "sighting": "sighting_of_ref"}  # fmt: skip


def each_type() -> list[bytes]:
    def name(kind: str) -> str:
        return f"{kind}--00000000-0000-4000-8000-{sorted(MORE).index(kind):012x}"

    address = {"type": "ipv4-addr", "spec_version": "2.1", "value": "192.0.2.1",
               "id": "ipv4-addr--9c1b24e9-7b30-5d6c-9a51-3b5a6f1f2c10"}  # fmt: skip
    file = {"type": "file", "spec_version": "2.1", "name": "a.exe", "id": "file--1190f2c9-166f-55f1-9706-eea3971d8082"}
    found = [address, file]
    for kind, more in MORE.items():
        body = {"type": kind, "spec_version": "2.1", "id": name(kind), "created": "2026-01-01T00:00:00.000Z",
                "modified": "2026-01-01T00:00:00.000Z", **more}  # fmt: skip
        if kind in REFERS:
            to = {"observed-data": address["id"], "malware-analysis": file["id"]}.get(kind, name("indicator"))
            body[REFERS[kind]] = [to] if REFERS[kind].endswith("s") else to
        if kind == "relationship":
            body |= {"source_ref": name("campaign"), "target_ref": name("tool")}
        found.append(body)
    return [json.dumps(body).encode() for body in found]


def faults(text: str) -> list[str]:
    """What another program finds wrong with a bundle, its "must" alone."""
    from stix2validator import ValidationOptions, validate_string

    found = validate_string(text, ValidationOptions(version="2.1", strict=False))
    return [] if found.is_valid else [str(e) for e in found.errors]


def test_every_type_is_valid_as_a_file_and_as_a_collection(shelf: Shelf) -> None:
    made = each_type()
    assert faults(bundle(made).decode()) == []
    shelf.add("north", "cert", made)
    told = objects(shelf, "?limit=1000")["objects"]
    assert sorted(o["type"] for o in told) == sorted(["ipv4-addr", "file", *MORE])
    assert (
        faults(json.dumps({"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": told}))
        == []
    )
    assert faults(bundle([b.replace(b'"Autumn"', b"7") for b in made]).decode())


@pytest.mark.slow
@pytest.mark.skipif(not STANDARDS.exists(), reason="the standards data are not on this machine")
def test_what_was_valid_when_it_came_is_valid_when_it_goes() -> None:
    tried = 0
    for path in sorted((STANDARDS / "examples").glob("*.json")):
        if not faults(path.read_text()):
            assert faults(bundle([data for _, _, data in split(path.read_bytes())]).decode()) == [], path.name
            tried += 1
    assert tried >= 5


@pytest.mark.skipif(not STANDARDS.exists(), reason="the standards data are not on this machine")
def test_markings_are_those_of_the_standard() -> None:
    known = json.loads((STANDARDS / "tlp2" / "tlp2-marking-definitions.json").read_text())
    assert [json.loads(marking(level)) for level in Tlp] == known


@pytest.mark.skipif(not STANDARDS.exists(), reason="the standards data are not on this machine")
def test_bundles_of_others_come_apart_in_their_bytes() -> None:
    for path in sorted((STANDARDS / "examples").glob("*.json")):
        text = path.read_text()
        for object_id, _, data in split(text.encode()):
            assert data.decode() in text
            assert json.loads(data)["id"] == object_id


class _Http(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        with self.server.lock:  # type: ignore[attr-defined]
            self.server.before()  # type: ignore[attr-defined]
        headers = {k.lower(): v for k, v in self.headers.items()}
        path = parts.path.removeprefix("/taxii/")
        found = reply(Ask("GET", path, parse_qsl(parts.query), headers), self.server.facts, self.server.view)  # type: ignore[attr-defined]
        self.send_response(found.status)
        for name, value in found.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        self.wfile.write(found.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.slow
def test_a_client_of_another_maker_walks_50000_objects_while_10000_more_come_in(shelf: Shelf) -> None:
    """Equal times of addition lost or repeated objects elsewhere (oasis-tcs/cti-taxii2 50)."""
    client = pytest.importorskip("taxii2client.v21")
    shelf.add("north", "cert", [indicator(n) for n in range(50_000)])
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Http)
    url = f"http://127.0.0.1:{server.server_port}/taxii"
    server.view, server.facts, server.lock = (
        ShelfView(shelf, "north", [CERT]),
        Facts("Cape", "real", url),
        threading.Lock(),
    )
    server.added = 50_000

    def before() -> None:
        if server.added < 60_000:
            shelf.add("north", "cert", [indicator(n) for n in range(server.added, server.added + 250)])
            server.added += 250

    server.before = before
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with client.Server(f"{url}/taxii2/") as found:
            [collection] = found.default.collections
            seen: list[str] = []
            since: dict[str, str] = {}
            for _ in range(3):  # a walk, then polls by time of addition, as such clients do
                for page in client.as_pages(collection.get_objects, per_request=1000, **since):
                    seen += [o["id"] for o in page.get("objects", [])]
                since = {"added_after": _last(shelf)}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert len(seen) == len(set(seen)) == server.added == 60_000


def _last(shelf: Shelf) -> str:
    from kizuna.formats.taxii.requests import Want

    rows = shelf.rows("north", "cert", Want(after=0, limit=10**6))
    return stamp(rows[-1].added_us)
