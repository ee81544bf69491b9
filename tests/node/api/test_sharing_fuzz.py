"""Requests that a description allows, and many that it does not: nothing of sharing makes the server fail."""

import itertools
import json

import pytest
from schema_trials import send_all
from two import SHIP

MISSING = {"kind": "missing", "title": "Boat", "lat": 24.5, "lon": 123.3, "break_glass": "south"}


@pytest.fixture
def north(sides):
    sides[0].hear(SHIP)
    sides[0].tell()
    return sides[0]


@pytest.mark.slow
def test_schemathesis_finds_no_request_of_sharing_that_makes_the_server_fail(north):
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
    names = {"incident": incident, "record": record, "partner": "south", "agreement": "memo"}
    turns = itertools.cycle((True, False))

    def known(case):
        """Every second request is about things that are there."""
        given = case.path_parameters or {}
        if next(turns):
            given.update({k: v for k, v in names.items() if k in given})

    answers = send_all(document, root, 2, change=known)
    assert len(answers) > 100
    for answer in answers:
        if answer.headers["content-type"].startswith("application/problem"):
            assert {"status", "code", "detail"} <= set(answer.json())


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
