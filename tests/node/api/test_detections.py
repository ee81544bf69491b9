"""Detections over HTTP: those that wait, those that were matched, and who may see them."""

import numpy as np
import pytest
from fake_keep import fix
from station import NOW, Browser

from kizuna.base.table import Table, empty
from kizuna.engines.live.contacts import ContactWatch
from kizuna.engines.live.look import FINAL
from kizuna.engines.matching.tracks import run_of
from kizuna.events.table import dark_ids
from kizuna.node.service.contacts import Contacts
from kizuna.tracks.segment import segment
from kizuna.tracks.table import IDENTITIES

SHIP = 431000001
CSV = "timestamp,lat,lon,sensor,ref,accuracy_m,length_m\n"


@pytest.fixture
def seen(here, tmp_path):
    """A ship with AIS seen by a radar, a contact without any, and one that was not judged yet."""
    from kizuna.base.utc import iso

    here.store.add(
        *(fix(SHIP, NOW - k * 60_000, 24.5, 123.25 + k / 1000, sog_kn=1.0, cog_deg=270.0) for k in range(20))
    )
    here.store.say(SHIP, shipname="HOKUTO")
    contacts = Contacts(tmp_path, "real")
    at = NOW - 600_000
    contacts.post((CSV + f"{iso(at)},24.5,123.26,radar,a,50,\n{iso(at)},24.8,123.9,radar,b,50,60\n").encode(), "coast")
    watch = ContactWatch("real")
    watch.add(contacts.since(0, 0)[1])
    due = watch.due(NOW + 86_400_000)
    fixes = here.store.box(-180, -90, 180, 90, 0, NOW + 1)
    run = run_of(segment(fixes), empty(IDENTITIES), "real", NOW - 1_200_000, NOW)
    watch.judge(due, run, NOW + 86_400_000)
    contacts.put_looks(due.looks)
    assert due.looks[0].step == FINAL
    contacts.post((CSV + f"{iso(NOW - 1000)},24.9,123.1,uav,c,,\n").encode(), "drone")
    here.node.contacts = contacts
    yield here
    contacts.close()


def test_what_matching_says_stands_with_each_detection(seen):
    got = seen.user("viewer").get("/api/detections").json()
    by = {d["ref"]: d for d in got["detections"]}
    assert [d["ref"] for d in got["detections"]] in (["a", "b", "c"], ["b", "a", "c"]) and got["left_out"] == 0
    assert (by["a"]["verdict"], by["a"]["mmsi"], by["a"]["name"]) == ("match", SHIP, "HOKUTO")
    assert by["a"]["probability"] > 0.9 and by["a"]["distance_m"] < 300 and by["a"]["event_id"] is None
    assert by["b"]["verdict"] == "dark" and by["b"]["mmsi"] is None and by["b"]["length_m"] == 60 and by["b"]["final"]
    assert (by["c"]["verdict"], by["c"]["sensor"], by["c"]["source"], by["c"]["final"]) == (
        "waits",
        "uav",
        "drone",
        False,
    )
    rows, _ = seen.node.contacts.judged(0, NOW + 1)
    assert by["b"]["event_id"] in dark_ids(rows["det_id"]) and all(isinstance(d["id"], str) for d in got["detections"])


def test_one_detection_and_periods(seen):
    viewer = seen.user("viewer")
    every = viewer.get("/api/detections").json()["detections"]
    assert viewer.get(f"/api/detections/{every[0]['id']}").json() == every[0]
    assert viewer.get("/api/detections/1").status_code == 404
    assert viewer.get("/api/detections/x").status_code == 400
    late = viewer.get("/api/detections", params={"from": NOW - 2000, "to": NOW}).json()
    assert [d["ref"] for d in late["detections"]] == ["c"]
    assert viewer.get("/api/detections?odd=1").status_code == 400
    assert viewer.get("/api/detections", params={"from": 0, "to": NOW}).status_code == 400


def test_nobody_without_a_login_and_no_token_reads_detections(seen):
    assert Browser(seen.app).get("/api/detections").status_code == 401
    _, secret = seen.desk.tokens.make("root", "gis", "feed", delay_s=0, grid_deg=0)
    program = Browser(seen.app)
    assert program.get("/api/detections", headers={"Authorization": f"Bearer {secret}"}).status_code == 403


def test_rows_of_another_context_do_not_leave(seen, monkeypatch):
    judged = seen.node.contacts.judged

    def mixed(start, end):
        rows, final = judged(start, end)
        words = {**rows.words, "context": ("real", "exercise:x")}
        codes = rows["context"].copy()
        codes[:1] = 1
        return Table(rows.schema, {**rows.columns, "context": codes}, words), final

    monkeypatch.setattr(seen.node.contacts, "judged", mixed)
    assert len(seen.user("viewer").get("/api/detections").json()["detections"]) == 2


def test_a_node_without_sensors_has_none(here):
    got = here.user("viewer").get("/api/detections").json()
    assert got["detections"] == [] and got["version"] == 0


def test_the_description_tells_of_posts_and_changes_of_the_version(seen):
    document = seen.user("administrator").get("/api/openapi.json").json()
    assert set(document["paths"]["/api/detections"]) == {"get", "post"}
    before = seen.node.contacts.version
    seen.node.contacts.post((CSV + "2025-10-09T08:50:00Z,24.1,123.1,uav,z,,\n").encode(), "drone")
    assert seen.node.contacts.version == before + 1 and isinstance(np.int64(before), np.integer)
