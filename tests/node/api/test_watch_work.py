"""What a watch does: alerts, decisions shared between stations, log, hand-over, watch lists, replay."""

import asyncio
import json

import pyarrow as pa
from fake_keep import fix
from happen import HOUR, gap
from station import NOW, PASSWORD

from kizuna.node.api.books import Books
from kizuna.node.api.routes.picture import Changes
from kizuna.node.api.view import Viewer
from kizuna.node.service.own_layers import OwnLayers
from kizuna.places.cables import make_cable

SHIP = 431000001


def at_sea(here):
    here.store.add(
        fix(SHIP, NOW - 5000, 24.5, 123.25), fix(412000002, NOW - 5000, 25.5, 123.25, nav_status=5, ais_class="B")
    )
    here.store.say(SHIP, shipname="HOKUTO MARU", imo=9074729, callsign="7JXX", ship_type=70, length_m=90)
    here.store.put_events(gap())


def flags(browser, since=0):
    answer = browser.get(f"/api/picture?since={since}")
    table = pa.ipc.open_stream(answer.content).read_all()
    rows = zip(table["mmsi"].to_pylist(), table["flags"].to_pylist())
    return int(answer.headers["x-kizuna-version"]), dict(rows)


def test_alert_is_new_then_acknowledged_for_every_station(here):
    at_sea(here)
    ana, bo = here.user("analyst", "ana"), here.user("analyst", "bo")
    alert = ana.get("/api/alerts").json()["alerts"][0]
    assert (alert["state"], alert["t"], alert["names"]) == ("new", NOW - 4 * HOUR, ["HOKUTO MARU"])
    assert ana.post("/api/alerts/gap1/ack", {"version": 1}).json()["state"] == "acknowledged"
    seen = bo.get("/api/alerts").json()
    assert seen["alerts"][0]["by"] == "ana" and seen["counts"]["acknowledged"] == 1
    assert bo.post("/api/alerts/gap1/undo").json()["state"] == "new"
    assert bo.post("/api/alerts/gap1/undo").status_code == 400
    assert ana.post("/api/alerts/nope/ack").status_code == 404
    assert ana.post("/api/alerts/gap1/ack", {"version": 7}).status_code == 409
    told = bo.get("/api/events/gap1").json()
    assert [d["act"] for d in told["decisions"]] == ["acknowledge", "undo"] and told["state"] == "new"
    assert told["evidence"][0]["passed"] and told["proof"][0]["fixes"] == 2 and told["end"] == NOW - 3 * HOUR


def test_silence_for_a_time_and_for_a_vessel(here):
    at_sea(here)
    here.store.put_events(gap("gap2", start=NOW - 40 * HOUR), gap("other", mmsi=412000002))
    ana = here.user("analyst", "ana")
    assert ana.post("/api/alerts/gap1/silence", {}).status_code == 400
    assert ana.post("/api/alerts/gap1/silence", {"hours": 2, "scope": "vessel"}).json()["state"] == "silenced"
    listed = ana.get("/api/alerts").json()
    assert [a["event_id"] for a in listed["alerts"]] == ["other"] and listed["silenced"] == 2
    here.clock.now += 2 * HOUR
    assert ana.get("/api/alerts").json()["silenced"] == 0


def test_dismissal_needs_a_reason_and_stays_in_all(here):
    at_sea(here)
    ana = here.user("analyst", "ana")
    assert ana.post("/api/alerts/gap1/dismiss").status_code == 400
    ana.post("/api/alerts/gap1/dismiss", {"reason": "known survey"})
    assert ana.get("/api/alerts").json()["alerts"] == []
    assert ana.get("/api/alerts?state=all").json()["alerts"][0]["reason"] == "known survey"


def test_withdrawn_alert_stays_with_its_reason(here):
    at_sea(here)
    viewer = here.user("viewer")
    assert viewer.get("/api/alerts").json()["counts"]["new"] == 1
    here.store.put_events(gap(version=2, status="retracted", status_reason="late_data"))
    listed = viewer.get("/api/alerts").json()
    assert listed["alerts"][0]["state"] == "withdrawn" and "late data" in listed["alerts"][0]["reason"]


def test_flag_of_an_alert_reaches_pages_that_have_the_position_already(here):
    at_sea(here)
    ana = here.user("analyst", "ana")
    version, seen = flags(ana)
    assert seen == {SHIP: 1, 412000002: 4 | 8}
    ana.post("/api/alerts/gap1/dismiss", {"reason": "known"})
    again, seen = flags(ana, version)
    assert again == version and seen == {SHIP: 0}
    ana.call("PUT", "/api/watchlists", json={"name": "L", "entries": [{"name": "Hokuto Maru", "reason": "asked"}]})
    assert flags(ana, version)[1] == {SHIP: 2}
    assert flags(ana, 10_000)[1].keys() == {SHIP, 412000002}  # a version of another store: everything


def test_vessel_not_heard_for_a_day_leaves_the_picture(here):
    at_sea(here)
    viewer = here.user("viewer")
    here.clock.now += 20 * HOUR
    here.store.add(fix(SHIP, here.clock.now, 24.6, 123.3))
    viewer.log_in("viewer")
    assert flags(viewer)[1].keys() == {SHIP, 412000002}
    here.clock.now += 5 * HOUR
    assert flags(viewer)[1].keys() == {SHIP}


def test_card_tells_names_watch_reason_and_events(here):
    at_sea(here)
    ana, vic = here.user("analyst", "ana"), here.user("viewer", "vic")
    ana.call("PUT", "/api/watchlists", json={"name": "L", "entries": [{"imo": "9074729", "reason": "asked"}]})
    card = ana.get(f"/api/vessels/{SHIP}").json()
    assert card["watch"][0]["reason"] == "asked" and card["type_text"] == "cargo" and card["kind"] == 1
    assert card["events"][0]["event_id"] == "gap1" and card["imo"] == 9074729 and card["fix"]["source"] == "feed"
    assert vic.get(f"/api/vessels/{SHIP}").json()["watch"] == []
    assert ana.get("/api/vessels/431999999").status_code == 404
    hits = ana.get("/api/watchlists").json()["lists"][0]["hits"]
    assert hits[0]["by"] == "imo" and hits[0]["mmsi"] == SHIP


def test_search_by_number_name_and_call_sign(here):
    at_sea(here)
    vic = here.user("viewer")
    for q in ("431000001", "9074729", "7JXX", "hokuto", "北斗丸"):
        found = vic.get("/api/search", params={"q": q}).json()["results"]
        assert found and found[0]["mmsi"] == SHIP, q
    assert vic.get("/api/search", params={"q": "412000002"}).json()["results"][0]["by"] == "mmsi"


def test_log_and_hand_over_with_the_page_that_was_signed(here):
    at_sea(here)
    here.node.sources = lambda: [{"source": "mast", "state": "down", "last": "2025-10-09T08:00:00Z"}]
    ana, vic = here.user("analyst", "ana"), here.user("viewer", "vic")
    entry = ana.post(
        "/api/log", {"text": "white hull", "kind": "saw", "mmsi": SHIP, "event_id": "gap1", "lat": 24.5, "lon": 123.2}
    )
    assert entry.status_code == 201 and vic.post("/api/log", {"text": "x"}).status_code == 403
    assert vic.get("/api/log").json()["entries"][0]["text"] == "white hull"
    page = ana.get("/api/handover").json()
    assert len(page["open"]) == 1 and page["sources_down"][0]["source"] == "mast" and len(page["log"]) == 1
    assert ana.post("/api/handover", {"to": "bo", "desk": page["version"] - 1}).status_code == 409
    assert ana.post("/api/handover", {"to": "bo", "note": "calm", "desk": page["version"]}).status_code == 201
    after = ana.get("/api/handover").json()
    assert after["signed"][0]["to"] == "bo" and after["since"] == NOW
    kept = json.loads(here.desk.log.handovers()[0].page)
    assert kept["open"][0]["event_id"] == "gap1" and vic.get("/api/handover").status_code == 403
    assert ana.get("/api/sources").json()["sources"][0]["last_t"] == 1_759_996_800_000


def test_replay_from_blocks_that_stay(here):
    old = NOW // 600_000 * 600_000 - 6 * 600_000
    here.store.add(fix(SHIP, old + 1000, 24.5, 123.25, sog_kn=10.0), fix(SHIP, NOW - 1000, 24.6, 123.25))
    here.store.put_events(gap())
    vic = here.user("viewer")
    told = vic.get(f"/api/history?from={NOW - 12 * HOUR}&to={NOW}").json()
    assert told["blocks"] == [old // 1000, NOW // 600_000 * 600] and told["counts"] == [1, 1]
    assert told["events"] == [{"t": NOW - 10 * HOUR, "type": "gap", "id": "gap1"}]
    closed, open_ = (vic.get(f"/api/block/{s}") for s in told["blocks"])
    assert "immutable" in closed.headers["cache-control"] and open_.headers["cache-control"] == "private, no-store"
    row = pa.ipc.open_stream(closed.content).read_all().to_pylist()[0]
    assert row == {
        "mmsi": SHIP,
        "t_s": (old + 1000) // 1000,
        "lon_e7": 1232500000,
        "lat_e7": 245000000,
        "sog_dkn": 100,
        "cog_ddeg": -1,
        "cell": 0,
    }
    assert vic.get(f"/api/block/{told['blocks'][0] + 1}").status_code == 404
    assert vic.get(f"/api/history?from={NOW}&to={NOW - 1}").status_code == 400
    assert vic.get("/api/history?from=2025-10-09T08:00:00").status_code == 400  # no time zone


def test_who_saw_and_did_what_is_in_the_audit(here):
    at_sea(here)
    ana, root = here.user("analyst", "ana"), here.user("administrator", "root")
    ana.get(f"/api/vessels/{SHIP}")
    ana.post("/api/alerts/gap1/ack")
    here.browser().post("/api/login", {"user": "ana", "password": "wrong"})
    lines = [(r["by"], r["act"], r["object"], r["outcome"]) for r in root.get("/api/audit?by=ana").json()["lines"]]
    assert ("ana", "vessel.see", str(SHIP), "seen") in lines and ("ana", "login", "", "refused") in lines
    assert any(line[:3] == ("ana", "alert.acknowledge", "gap1") for line in lines)


def test_administrator_makes_users_and_tokens(here):
    root = here.user("administrator", "root")
    assert root.post("/api/admin/users", {"name": "bo", "role": "viewer", "password": PASSWORD}).status_code == 201
    assert root.post("/api/admin/users", {"name": "bo", "role": "viewer", "password": PASSWORD}).status_code == 400
    bo = here.browser().log_in("bo")
    assert root.call("PUT", "/api/admin/users/bo", json={"role": "analyst"}).json()["role"] == "analyst"
    assert bo.get("/api/me").status_code == 401
    made = root.post("/api/admin/tokens", {"name": "prometheus", "kind": "metrics"}).json()
    text = here.browser().get("/metrics", headers={"Authorization": f"Bearer {made['secret']}"}).text
    assert "kizuna_picture_version 0" in text
    assert root.call("DELETE", f"/api/admin/tokens/{made['id']}").status_code == 204
    assert "secret" not in root.get("/api/admin/tokens").json()["tokens"][0]
    new = {"old": PASSWORD, "new": "other words of no kin"}
    bo = here.browser().log_in("bo")
    assert bo.post("/api/password", {**new, "old": "wrong"}).status_code == 403
    assert bo.post("/api/password", new).status_code == 200
    assert here.browser().post("/api/login", {"user": "bo", "password": PASSWORD}).status_code == 401


def test_stream_tells_versions_and_ends_with_the_session(here, monkeypatch):
    monkeypatch.setattr("kizuna.node.api.routes.picture._ALIVE_S", 0.05)
    here.desk.people.add("ana", "analyst", PASSWORD)
    session = here.desk.people.begin(here.desk.people.named("ana"), "")
    changes = Changes(Books.over(here.node))

    async def follow():
        got = []
        async for piece in changes.stream(Viewer("ana", "analyst", "", session=session)):
            got.append(piece)
            if piece.startswith(b"event: versions"):
                if len(got) > 3:
                    here.desk.people.end(session)
                else:
                    here.store.add(fix(SHIP, NOW, 1.0, 1.0))
        return got

    got = asyncio.run(follow())
    seen = [json.loads(p.split(b"data: ")[1]) for p in got if p.startswith(b"event: versions")]
    assert [v["picture"] for v in seen][:2] == [0, 1] and seen[0]["now"] == NOW and seen[0]["mode"] == "live"
    assert got[-1].startswith(b"event: ended") and not changes._open


def test_layers_of_the_package_and_of_the_node(here):
    here.node.layer = lambda name: b'{"type":"FeatureCollection","features":[]}' if name == "zones" else None
    vic = here.user("viewer")
    assert len(vic.get("/api/layers/gates").json()["features"]) > 3
    assert len(vic.get("/api/layers/ports").json()["features"]) > 20
    assert vic.get("/api/layers/zones").json()["features"] == []
    assert vic.get("/api/layers/cables").status_code == 404 and vic.get("/api/layers/..").status_code == 404


def test_cables_of_the_node_come_with_whose_they_are(here):
    cable = make_cable([[[121.5, 25.2], [123.2, 26.2]]], {"name": "C1", "owner": "O", "license": "ODbL"}, "c1")
    here.node.layer = OwnLayers((), [cable]).layer
    vic = here.user("viewer")
    assert {r["name"]: r["there"] for r in vic.get("/api/layers").json()["layers"]}["cables"] is True
    (feature,) = vic.get("/api/layers/cables").json()["features"]
    assert feature["geometry"] == {"type": "MultiLineString", "coordinates": [[[121.5, 25.2], [123.2, 26.2]]]}
    assert feature["properties"] == {
        "cable_id": "c1", "name": "C1", "owner": "O", "status": "", "source": "", "licence": "ODbL",
    }  # fmt: skip


def test_audit_is_filtered_taken_away_and_checked(here):
    ana, root = here.user("analyst", "ana"), here.user("administrator", "root")
    ana.post("/api/log", {"text": "=seen"})
    here.desk.audit.did("=ana", "log.write", "9", "done", "")
    told = root.get("/api/audit?act=log.&text=ana").json()
    assert {(r["by"], r["act"]) for r in told["lines"]} == {("ana", "log.write"), ("=ana", "log.write")}
    assert {"ana", "root"} <= set(told["people"]) and told["head"]["id"] >= 4
    assert root.get(f"/api/audit?from={NOW + HOUR}").json()["lines"] == []
    file = root.get("/api/audit/file?act=log.").text
    assert file.startswith("\ufeffline,time,by,") and "'=ana" in file and len(file.splitlines()) == 3
    checked = root.get(f"/api/audit/check?noted={told['head']['hash']}").json()
    assert checked["whole"] is True and checked["noted"] is True
    with here.desk._db.change() as change:
        change.execute("UPDATE audit SET by = 'bob' WHERE audit_id = 2")
    assert root.get("/api/audit/check").json()["faults"] == [{"audit_id": 2, "kind": "changed"}]
    for path in ("", "/file", "/check"):
        assert ana.get(f"/api/audit{path}").status_code == 403


def test_administrator_sees_who_is_logged_in(here):
    root = here.user("administrator", "root")
    here.user("viewer", "vic")
    users = {u["name"]: u for u in root.get("/api/admin/users").json()["users"]}
    assert users["vic"]["sessions"] == 1 and users["vic"]["last"] == NOW
    assert root.call("PUT", "/api/admin/users/vic", json={}).status_code == 200
    assert {u["name"]: u["sessions"] for u in root.get("/api/admin/users").json()["users"]} == {"root": 1, "vic": 0}
