"""Requests that a description allows, and many that it does not: nothing of sharing makes the server fail."""

import json

import pytest
from two import SHIP, st, two

MISSING = {"kind": "missing", "title": "Boat", "lat": 24.5, "lon": 123.3, "break_glass": "south"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return st.make_keys(tmp_path_factory.mktemp("made"))


@pytest.fixture
def north(made, tmp_path):
    with two(tmp_path, made) as (north, _):
        north.hear(SHIP)
        north.tell()
        yield north


@pytest.mark.slow
def test_schemathesis_finds_no_request_of_sharing_that_makes_the_server_fail(north):
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given, settings

    root = north.as_("administrator")
    incident = root.post("/api/incidents", MISSING).json()["id"]
    record = root.get("/api/sharing/ledger").json()["rows"][0]["record"]
    document = root.get("/api/openapi.json").json()
    document["paths"] = {
        p: v for p, v in document["paths"].items()
        if p.startswith(("/api/sharing", "/api/incidents", "/api/phrasebook")) and not p.endswith("/end")
    }  # fmt: skip
    assert len(document["paths"]) > 40
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert one.get("description"), (method, path)
    tried = 0
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
        @settings(
            max_examples=2,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def attempt(case):
            nonlocal tried
            tried += 1
            for name, value in (
                ("incident", incident),
                ("record", record),
                ("partner", "south"),
                ("agreement", "memo"),
            ):
                if name in (case.path_parameters or {}) and tried % 2:
                    case.path_parameters[name] = value
            wire = case.as_transport_kwargs(base_url="https://node.test")
            body = {k: wire[k] for k in ("json", "content") if wire.get(k) is not None}
            if isinstance(wire.get("data"), (bytes, str)):
                body["content"] = wire["data"]
            sent = {k: v for k, v in (wire.get("headers") or {}).items() if k.lower() in ("content-type", "accept")}
            answer = root.call(case.method, wire["url"], params=wire.get("params"), headers=sent, **body)
            assert answer.status_code < 500, (case.method, wire["url"], answer.text)
            if answer.headers["content-type"].startswith("application/problem"):
                assert {"status", "code", "detail"} <= set(answer.json())

        attempt()
    assert tried > 100


@pytest.mark.slow
def test_schemathesis_finds_no_taxii_request_that_makes_the_server_fail(north):
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as s

    body = {"name": "t", "kind": "taxii", "as": "south"}
    secret = north.as_("administrator").post("/api/admin/tokens", body).json()["secret"]
    client = north.station.browser()
    words = s.sampled_from(
        ["taxii2", "south", "north", "collections", "objects", "manifest", "status", "versions", "x", "..", "%00"]
    )
    query = s.dictionaries(s.sampled_from(["limit", "next", "added_after", "match[id]", "match[version]", "odd"]),
                           s.text(max_size=8), max_size=3)  # fmt: skip

    @given(
        path=s.lists(words, max_size=6),
        query=query,
        method=s.sampled_from(["GET", "POST", "DELETE"]),
        data=s.binary(max_size=60),
    )
    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def attempt(path, query, method, data):
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/taxii+json;version=2.1"}
        answer = client.call(
            method, "/taxii/" + "/".join(path) + "/", params=query, headers=headers, content=data, ours=False
        )
        assert answer.status_code < 500, (method, path, query, answer.text)
        if answer.headers["content-type"].startswith("application/taxii"):
            json.loads(answer.content)

    attempt()
