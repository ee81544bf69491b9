"""The release officer's pages, through the real app: rules by two persons, who sees what, recalls, requests, the end."""

import base64
import json

import pytest
from two import CASES, HOUR, MEMO, RULES, SHIP, meet, st, two

from kizuna.base.errors import InputError
from kizuna.node.api.books import Books
from kizuna.node.api.routes.picture import Changes
from kizuna.node.desk.rules import ROLES
from kizuna.node.share.desk import agreements, recalls
from kizuna.node.share.desk.journal import Row
from kizuna.records.record import Record, encode
from kizuna.share.decide import Decision
from kizuna.share.ledger.proof import read_proof

COARSER = (RULES + CASES).replace("OTHER", "south").replace("cell_m=1000", "cell_m=5000")


def officer(side):
    return side.as_("release_officer")


def told(side, kind="track.position"):
    rows = officer(side).get("/api/sharing/ledger", params={"kind": kind}).json()["rows"]
    return [r["record"] for r in rows]


def one_told(north, south):
    """The id of the one position that north heard, told, and south has."""
    north.hear()
    north.tell()
    meet(north, south)
    [name] = told(north)
    return name


def test_a_node_without_a_party_says_so(here):
    officer_ = here.user("release_officer")
    assert officer_.get("/api/sharing").json()["enabled"] is False
    for path in ("/api/sharing/rules", "/api/incidents", "/api/sharing/ledger"):
        assert (officer_.get(path).status_code, officer_.get(path).json()["code"]) == (404, "no_sharing")
    me = officer_.get("/api/me").json()
    assert (me["sharing"], me["party"]) == (False, "")


def test_everybody_sees_links_and_officers_see_numbers(sides):
    north, _ = sides
    mine = officer(north).get("/api/sharing").json()
    assert mine["partners"][0]["agreement"]["state"] == "in_force" and mine["waiting"]["requests"] == 0
    assert mine["rules"]["by"] == ["aiko", "bo"]
    seen = north.as_("viewer").get("/api/sharing").json()
    assert seen["waiting"] is None and set(seen["partners"][0]) == {
        "id", "title", "names", "state", "agreement", "distress", "link"}  # fmt: skip
    assert set(seen["partners"][0]["link"]) == {"state", "last_heard_ms"}
    assert north.as_("viewer").get("/api/me").json()["party"] == "north"


@pytest.mark.parametrize("role", ROLES)
def test_only_officers_act_and_refusals_tell_nothing(sides, role):
    north, _ = sides
    person = north.as_(role)
    may = role in ("release_officer", "administrator")
    for method, path, body in (
        ("GET", "/api/sharing/rules", None), ("GET", "/api/sharing/ledger", None), ("GET", "/api/sharing/recalls", None),
        ("GET", "/api/sharing/agreements", None), ("GET", "/api/sharing/exposure/south", None),
        ("GET", "/api/sharing/quarantine", None), ("POST", "/api/sharing/rules/check", {"text": "version = 1"}),
        ("POST", "/api/sharing/rules/stop", {}), ("POST", "/api/sharing/partners/south/pause", {"why": "x"}),
        ("POST", "/api/sharing/partners/south/resume", {}), ("POST", "/api/sharing/introduce", {}),
    ):  # fmt: skip
        answer = person.call(method, path, json=body)
        assert (answer.status_code == 403) != may, (role, path, answer.text)
        assert answer.status_code < 500
    desk = role != "viewer"
    for path in ("/api/sharing/who?mmsi=1", "/api/sharing/as/south", "/api/sharing/requests", "/api/sharing/reviews"):
        assert (person.get(path).status_code == 200) == desk, path


def test_rules_need_a_second_person_and_say_the_exact_difference(sides):
    north, _ = sides
    for k in range(5):
        north.hear(SHIP + k)
    north.clock.now += 2 * HOUR
    look = officer(north).post("/api/sharing/rules/preview", {"text": COARSER, "days": 1}).json()
    [row] = look["partners"]
    assert (row["id"], row["readers"], row["gains"], row["loses"], row["changes"]) == ("south", ["south"], 0, 0, 5)
    assert row["by_kind"]["track.position"]["changes"] == 5 and len(row["box"]) == 4
    sample = row["sample"][0]
    assert "coarsen_position cell_m=1000" in sample["before"]["transforms"]
    assert "coarsen_position cell_m=5000" in sample["after"]["transforms"] and sample["rule"] == "positions"
    nothing = officer(north).post("/api/sharing/rules/preview", {"text": "", "days": 1}).json()["partners"][0]
    assert (nothing["loses"], nothing["after"]) == (5, 0)

    version = officer(north).post("/api/sharing/rules/propose", {"text": COARSER}).json()["proposed"]["version"]
    refused = officer(north).post("/api/sharing/rules/approve", {"version": version})
    assert (refused.status_code, refused.json()["rule"]) == (403, "second-person")
    assert officer(north).get("/api/sharing/rules").json()["version"] != version
    second = north.as_("administrator")
    assert second.post("/api/sharing/rules/approve", {"version": version}).json()["version"] == version
    assert officer(north).post("/api/sharing/rules/rollback", {}).json()["version"] != version
    assert officer(north).post("/api/sharing/rules/rollback", {}).status_code == 409
    assert officer(north).post("/api/sharing/rules/stop", {}).json()["hash"] == ""
    acts = [r["act"] for r in north.desk.audit.page(act="rules.") if r["act"] != "rules.see"]
    assert acts[:6] == [
        "rules.stop",
        "rules.rollback",
        "rules.rollback",
        "rules.approve",
        "rules.approve",
        "rules.propose",
    ]


def test_rules_that_cannot_do_what_they_say_are_not_proposed(sides):
    north, _ = sides
    bad = COARSER.replace('to = ["south"]', 'to = ["nobody-here"]', 1)
    found = officer(north).post("/api/sharing/rules/check", {"text": bad}).json()["findings"]
    first = next(f for f in found if f["key"] == "to")
    assert (first["rule"], first["level"]) == ("positions", "error") and bad.splitlines()[
        first["line"] - 1
    ] == 'id = "positions"'
    refused = officer(north).post("/api/sharing/rules/propose", {"text": bad})
    assert (refused.status_code, refused.json()["rule"]) == (403, "positions")
    broken = officer(north).post("/api/sharing/rules/check", {"text": "version = 1\n[[rule]]\nid = 3\n"}).json()
    assert not broken["reads"] and broken["findings"][0]["line"] == 2
    assert officer(north).post("/api/sharing/rules/propose", {"text": "version = 1\nx"}).status_code == 400


def test_who_sees_what_is_what_a_release_makes(sides):
    north, south = sides
    north.hear()
    row = north.as_("analyst").get(f"/api/sharing/who?mmsi={SHIP}").json()["partners"][0]
    assert (row["verdict"], row["rules"][0]["id"], row["rules"][0]["clause"]) == ("release", "positions", "memo/1")
    assert row["as"]["cell_m"] == 1000 and row["told_at_ms"] is None and row["rules"][0]["words"]["ja"]
    north.tell()
    [name] = told(north)
    after = north.as_("analyst").get(f"/api/sharing/who?mmsi={SHIP}").json()["partners"][0]
    assert after["record"] == name and after["told_at_ms"]
    entry = officer(north).get("/api/sharing/ledger").json()["rows"][0]
    assert (after["log"], after["n"]) == (entry["log"], entry["n"]) and entry["record"] == name
    record = officer(north).get(f"/api/sharing/ledger/{name}").json()["record"]
    assert [record["geometry"]["coordinates"][k] for k in (1, 0)] == [row["as"]["lat"], row["as"]["lon"]]
    of_record = north.as_("analyst").get(f"/api/sharing/who?record={name}").json()["partners"][0]
    assert of_record["verdict"] == "release" and of_record["as"]["lat"] == row["as"]["lat"]
    assert north.as_("analyst").get("/api/sharing/who").status_code == 400
    assert north.as_("analyst").get("/api/sharing/who?event=none").status_code == 404


def test_what_a_partner_told_is_no_candidate_of_ours(sides):
    north, _ = sides
    north.hear(source_id="partner:south")
    [row] = north.as_("analyst").get(f"/api/sharing/who?mmsi={SHIP}").json()["partners"]
    assert row["verdict"] == "withhold"
    assert officer(north).post("/api/sharing/rules/preview", {"text": "", "days": 1}).json()["looked_at"] == 0


def test_ledger_story_and_proof(sides):
    north, south = sides
    name = one_told(north, south)
    [row] = officer(north).get("/api/sharing/ledger?partner=south&kind=track").json()["rows"]
    assert (row["rule"], row["clause"], row["n"]) == ("positions", "memo/1", 0) and row["acked_ms"]
    story = officer(north).get(f"/api/sharing/ledger/{name}").json()
    assert story["decisions"][0]["clauses"][0]["text"]["zh-Hant"].startswith("船位")
    assert story["logs"][0]["receipts"][0]["by"] == "south"
    proof = officer(north).get(f"/api/sharing/ledger/{name}/proof", params={"log": row["log"]})
    assert proof.text.startswith("c2sp.org/tlog-proof@v1\n")
    assert read_proof(proof.content).index == 0
    assert officer(north).get("/api/sharing/ledger/" + "0" * 64).status_code == 404
    withheld = officer(north).get("/api/sharing/ledger?verdict=withhold").json()
    assert withheld["rows"] == [] and withheld["next"] is None


def test_the_ledger_goes_on_from_its_cursor_without_gap_or_repeat(sides):
    north, _ = sides
    for k in range(450):
        north.office.withhold(f"{k:064x}", Decision("withhold", ""), "south")
    seen, after = [], 0
    for _ in range(10):
        page = officer(north).get("/api/sharing/ledger", params={"verdict": "withhold", "after": after}).json()
        seen += [int(r["record"], 16) for r in page["rows"]]
        after = page["next"]
        if after is None:
            break
    assert seen == list(range(449, -1, -1))


def test_as_partner_is_the_very_bytes(sides):
    north, south = sides
    for k in range(3):
        north.hear(SHIP + k)
    north.tell()
    meet(north, south)
    seen = north.as_("analyst").get("/api/sharing/as/south?kind=track").json()
    names = {f["id"] for f in seen["features"]}
    assert len(names) == 3
    assert all(south.sharing.shared.records.get(n).data == north.sharing.shared.records.get(n).data for n in names)
    assert seen["logs"][-1]["log"] == "north/1/south/real/routine"
    assert north.as_("analyst").get("/api/sharing/as/nobody").status_code == 404


def test_recall_is_asked_and_acknowledged_hop_by_hop(sides):
    north, south = sides
    name = one_told(north, south)
    ask = {"subject": f"mmsi:{SHIP}", "reason": "error", "text": "wrong vessel"}
    made = officer(north).post("/api/sharing/recalls", ask)
    assert made.status_code == 201 and made.json()["recalls"][0]["hops"][0]["state"] == "pending"
    st.carry(north.sharing, south.sharing)
    north.office.tend()
    assert south.sharing.shared.tombstones.of([name])[name].action == "hide"
    assert officer(north).get("/api/sharing/recalls").json()["recalls"][0]["hops"][0]["state"] == "asked"
    meet(north, south)
    [row] = officer(north).get("/api/sharing/recalls").json()["recalls"]
    assert (row["state"], row["hops"][0]["party"], row["hops"][0]["state"]) == ("done", "south", "acknowledged")
    assert officer(north).get("/api/sharing/as/south?kind=track").json()["recalled"] == 1
    size = [s.size for s in north.sharing.shared.logs.all("out")]
    north.again()
    south.again()
    meet(north, south)
    assert officer(north).get("/api/sharing/recalls").json()["recalls"][0]["state"] == "done"
    assert [s.size for s in north.sharing.shared.logs.all("out")] == size
    other = officer(south).post("/api/sharing/recalls", {"record": name, "reason": "error"})
    assert (other.status_code, other.json()["rule"]) == (403, "originator")


def test_a_recall_can_be_refused_with_a_reason(sides):
    north, south = sides
    north.hear()
    north.tell()
    meet(north, south)
    officer(north).post("/api/sharing/recalls", {"subject": f"mmsi:{SHIP}", "reason": "legal"})
    meet(north, south)
    [row] = officer(south).get("/api/sharing/recalls").json()["recalls"]
    assert not row["mine"]
    assert (
        officer(south).post(f"/api/sharing/recalls/{row['id']}/refuse", {"why": "evidence in court"}).status_code == 200
    )
    meet(north, south)
    hop = officer(north).get("/api/sharing/recalls").json()["recalls"][0]["hops"][0]
    assert (hop["state"], hop["why"]) == ("refused", "evidence in court")


@pytest.mark.parametrize("action", ["hide", "delete"])
def test_refused_records_show_again_unless_their_bytes_are_erased(sides, action):
    north, south = sides
    name = one_told(north, south)
    officer(north).post("/api/sharing/recalls", {"record": name, "reason": "error", "action": action})
    meet(north, south)
    assert south.office.is_recalled(name)
    [row] = officer(south).get("/api/sharing/recalls").json()["recalls"]
    officer(south).post(f"/api/sharing/recalls/{row['id']}/refuse", {"why": "evidence in court"})
    for _ in range(2):
        assert south.office.is_recalled(name) is (action == "delete")
        assert bool(south.office.hidden.places) is (action == "delete")
        south.again()


def test_parties_are_called_by_the_names_of_the_node_where_it_has_some(sides):
    north, _ = sides
    north.office.names = {"south": {"ja": "南の家"}, "north": {"en": "The house"}}
    found = officer(north).get("/api/sharing").json()
    [south] = found["partners"]
    assert south["names"]["ja"] == "南の家" and south["names"]["en"] == "South Maritime Service"
    assert found["names"]["en"] == "The house" and found["names"]["ja"] == "北部海上保安機関"
    north.office.agreements.agreements.clear()
    [south] = officer(north).get("/api/sharing").json()["partners"]
    assert south["names"]["ja"] == "南の家" and south["names"]["zh-TW"] == south["title"]


def test_a_record_that_another_recall_names_stays_hidden_where_one_is_refused(sides):
    north, south = sides
    name = one_told(north, south)
    for reason in ("error", "legal"):
        officer(north).post("/api/sharing/recalls", {"record": name, "reason": reason})
        meet(north, south)
    for k, row in enumerate(officer(south).get("/api/sharing/recalls").json()["recalls"]):
        assert south.office.is_recalled(name)
        officer(south).post(f"/api/sharing/recalls/{row['id']}/refuse", {"why": "evidence in court"})
        assert south.office.is_recalled(name) is (k == 0)


@pytest.mark.parametrize(
    "ask", [{"reason": "banana"}, {"reason": "error", "action": "burn"}, {"reason": "error", "text": "x" * 20_000}]
)
def test_a_recall_in_wrong_words_is_refused_before_it_is_kept(sides, ask):
    north, south = sides
    name = one_told(north, south)
    with pytest.raises(InputError):
        recalls.recall(north.office, [name], "", ask.get("action", "hide"), ask["reason"], ask.get("text", ""), "mei")
    rows = dict(north.office.rows)
    north.again()
    assert north.office.rows.keys() == rows.keys() and not north.office.unusable


def test_a_row_that_cannot_be_used_is_left_out_and_keeps_no_desk_shut(sides):
    north, _ = sides
    bad = Record(
        kind="recall",
        origin="north",
        observed_ms=north.clock(),
        context="real",
        body=b'{"records":[],"reason":"banana"}',
    )
    north.office.journal.put(Row(what="recall", data=encode(bad), at_ms=north.clock(), proved="north", by="mei"))
    north.again()
    assert len(north.office.unusable) == 1
    assert any("cannot be used and is left out: recall" in line for line in north.office.tend())
    assert officer(north).get("/api/sharing/recalls").json()["recalls"] == []


def test_requests_are_answered_or_refused_and_both_sides_see_it(sides):
    north, south = sides
    ask = {"to": "south", "text": "Which vessels passed?", "kinds": ["track.position"], "geo": [123, 24, 124, 25]}
    name = north.as_("analyst").post("/api/sharing/requests", ask).json()["id"]
    meet(north, south)
    assert north.as_("analyst").get("/api/sharing/requests").json()["requests"][0]["state"] == "received"
    [row] = officer(south).get("/api/sharing/requests").json()["requests"]
    assert row["owed"] and officer(south).get("/api/sharing").json()["waiting"]["requests"] == 1
    fake = officer(south).post(f"/api/sharing/requests/{name}/answer", {"verdict": "given", "records": ["0" * 64]})
    assert (fake.status_code, fake.json()["rule"]) == (403, "no-rule")
    assert south.as_("analyst").post(f"/api/sharing/requests/{name}/refuse", {"why": "x"}).status_code == 403
    south.hear()
    south.tell()
    records = told(south)
    officer(south).post(f"/api/sharing/requests/{name}/answer", {"verdict": "given", "records": records})
    meet(north, south)
    [mine] = north.as_("analyst").get("/api/sharing/requests").json()["requests"]
    assert (mine["state"], mine["records"]) == ("given", records)


def test_a_request_needs_a_rule_that_lets_it_go(made, tmp_path):
    with two(tmp_path, made, rules=False) as (north, south):
        answer = north.as_("analyst").post("/api/sharing/requests", {"to": "south", "text": "?"})
        assert (answer.status_code, answer.json()["rule"]) == (403, "no-rule")
        meet(north, south)
        assert officer(south).get("/api/sharing/requests").json()["requests"] == []


def test_grants_are_of_the_originator_alone_and_end(sides):
    north, south = sides
    name = one_told(north, south)
    until = north.clock() + 24 * HOUR
    asked = officer(south).post("/api/sharing/grants/ask", {"records": [name], "to": "north", "text": "may we?"})
    assert asked.status_code == 201
    meet(north, south)
    assert officer(north).get("/api/sharing").json()["waiting"]["leaves"] == 1
    body = {"records": [name], "to": "south", "until_ms": until, "request": asked.json()["id"]}
    given = officer(north).post("/api/sharing/grants", body).json()
    assert given["asked"][0]["answered"] and given["grants"][0]["state"] == "open"
    meet(north, south)
    assert officer(south).get("/api/sharing/grants").json()["grants"][0]["state"] == "open"
    theirs = officer(south).post("/api/sharing/grants", {"records": [name], "to": "north", "until_ms": until})
    assert (theirs.status_code, theirs.json()["rule"]) == (403, "originator")
    officer(north).post(f"/api/sharing/grants/{given['id']}/end")
    meet(north, south)
    assert officer(south).get("/api/sharing/grants").json()["grants"][0]["state"] == "ended"


def test_an_agreement_that_is_suspended_or_over_releases_nothing(sides):
    north, south = sides
    north.hear()
    assert officer(north).post("/api/sharing/agreements/memo/suspend").json()["agreements"][0]["state"] == "unsigned"
    row = north.as_("analyst").get(f"/api/sharing/who?mmsi={SHIP}").json()["partners"][0]
    assert row["verdict"] == "withhold"
    north.tell()
    assert told(north) == []
    assert any("releases nothing" in w for w in north.office.tend())
    meet(north, south)
    assert "positions" not in {r.id for r in south.sharing.rules().rules}
    officer(north).post("/api/sharing/agreements/memo/sign", {})
    north.hear()
    north.tell()
    assert len(told(north)) == 2
    north.clock.now += 400 * 24 * HOUR
    assert north.office.tend()[0].startswith("memo ended")
    assert north.sharing.rules().rules == ()


def test_agreements_with_clauses_findings_and_the_yearly_account(sides):
    north, _ = sides
    north.hear()
    north.tell()
    [row] = officer(north).get("/api/sharing/agreements").json()["agreements"]
    assert row["clauses"][0]["rules"] == ["positions", "words"] and row["clauses"][1]["distress"]
    report = officer(north).get("/api/sharing/agreements/memo/report?year=2026&form=json").json()
    assert report["total"]["kinds"] == {"track.position": 1}
    page = officer(north).get("/api/sharing/agreements/memo/report?year=2026&lang=ja")
    assert "海上救助" in page.text
    assert officer(north).get("/api/sharing/agreements/none/report?year=2026").status_code == 404
    assert officer(north).post("/api/sharing/agreements", {"text": MEMO}).status_code == 409
    other = officer(north).post("/api/sharing/agreements", {"text": MEMO.replace('"north"', '"west"')})
    assert (other.status_code, other.json()["rule"]) == (403, "agreement")
    assert officer(north).post("/api/sharing/agreements", {"text": "nonsense"}).status_code == 400


def test_when_a_partner_turns_one_page_says_and_does_it(sides):
    north, south = sides
    north.hear()
    north.tell()
    meet(north, south)
    page = officer(north).get("/api/sharing/exposure/south").json()
    assert page["by_kind"]["track.position"] == 1 and page["released"] == page["confirmed"]
    assert {e["what"] for e in page["ends"]} >= {"stop_lane", "revoke_key", "suspend_agreement", "propose_recall"}
    path = "/api/sharing/partners/south/end"
    assert officer(north).post(path, {"confirm": "west"}).status_code == 400
    done = officer(north).post(path, {"confirm": "south", "why": "talks broke down"}).json()
    assert done["state"] == "revoked" and any(a["what"] == "suspend_agreement" and a["done"] for a in done["acts"])
    assert not any(a["done"] for a in done["acts"] if a["what"] == "propose_recall")
    north.hear(SHIP + 1)
    north.tell()
    assert len(told(north)) == 1
    assert officer(north).post(path, {"confirm": "south"}).status_code == 409
    assert officer(north).post("/api/sharing/partners/south/resume", {}).status_code == 400
    assert north.audit("partner.end")[-1]["outcome"] == "talks broke down"


def test_a_paused_partner_is_told_nothing_until_it_is_resumed(sides):
    north, _ = sides
    officer(north).post("/api/sharing/partners/south/pause", {"why": "line cut"})
    north.hear()
    north.tell()
    assert told(north) == []
    refused = north.as_("analyst").post(
        "/api/incidents", {"kind": "missing", "lat": 24, "lon": 123, "break_glass": "south"}
    )
    assert (refused.status_code, refused.json()["rule"]) == (403, "partner")
    officer(north).post("/api/sharing/partners/south/resume", {})
    north.hear()
    north.tell()
    assert len(told(north)) == 2, "what was not told meanwhile is made up for"
    officer(north).post("/api/sharing/partners/south/pause", {"why": "line cut"})
    officer(north).post("/api/sharing/partners/south/resume", {"make_up": False})
    [line] = north.sharing.shared.decisions.docket("withhold", ["south"], 1 << 40, 1)
    assert "from now on" in line.decided.why and north.sharing.partners.get("south").told_from_ms > 0
    assert north.audit("partner.resume")[0]["outcome"] == "done, from now on"


def test_refused_bytes_are_looked_at_and_never_let_in(sides):
    north, _ = sides
    north.sharing.shared.quarantine.put(
        "south", "south/1/north/real/flash", "a signature does not hold", b"\xff\x00bytes", 5
    )
    [item] = officer(north).get("/api/sharing/quarantine").json()["items"]
    assert [(b["code"], b["exact"]) for b in item["because"]] == [("check.signature", False)]
    refused = officer(north).post(f"/api/sharing/quarantine/{item['n']}", {"accept": True})
    assert (refused.status_code, refused.json()["rule"]) == (403, "verify")
    assert officer(north).post(f"/api/sharing/quarantine/{item['n']}", {}).json()["items"] == []
    assert officer(north).post("/api/sharing/quarantine/77", {}).status_code == 404


def test_records_that_speak_for_others_are_set_aside(sides):
    north, south = sides
    data = next(r.data for r in north.office.rows.values() if r.what == "agreement" and r.proved == "north")
    south.office.take(data[:-1] + b" }", "south", "south")
    assert [q["partner"] for q in officer(south).get("/api/sharing/quarantine").json()["items"]] == ["south"]


def test_two_sides_are_introduced_through_their_pages(made, tmp_path):
    with two(tmp_path, made, rules=False, agreed=False) as (north, south):
        for side, other in ((north, "south"), (south, "north")):
            (side.sharing.places.partners / f"{other}.json").unlink()
        first = officer(north).post("/api/sharing/introduce").json()
        second = officer(south).post("/api/sharing/accept", {"file": first["file"]}).json()
        third = officer(north).post("/api/sharing/open", {"file": second["file"]}).json()
        fourth = officer(south).post("/api/sharing/see?party=north", {"file": third["file"]}).json()
        assert third["code"] == fourth["code"] and third["party"] == "south"
        assert officer(north).get("/api/sharing").json()["waiting"]["introductions"] == 1
        for side, other in ((north, "south"), (south, "north")):
            done = officer(side).post("/api/sharing/confirm", {"party": other, "code": third["code"]})
            assert (done.status_code, done.json()["party"]) == (201, other)
        assert officer(north).post("/api/sharing/accept", {"file": "%%"}).status_code == 400
        odd = base64.b64encode(b"nonsense").decode()
        assert officer(north).post("/api/sharing/accept", {"file": odd}).status_code in (400, 403)


def test_the_stream_counts_up_with_what_happens_at_either_desk(sides):
    north, south = sides
    changes = Changes(Books.over(south.node))
    before = json.loads(changes._look())
    north.as_("analyst").post("/api/incidents", {"kind": "missing", "lat": 24.5, "lon": 123, "break_glass": "south"})
    meet(north, south)
    after = json.loads(changes._look())
    assert after["incidents"] > before["incidents"] and after["share"] > before["share"]


def test_a_command_beside_the_node_is_seen_and_carried_out(sides):
    """Two desks over one store, as a command and the running node are."""
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.incidents import acts

    north, south = sides
    beside = Office(north.sharing)
    beside.look()
    acts.begin(beside, acts.Opening("missing", 24.5, 123.0), "cli", "south")
    assert len(north.as_("viewer").get("/api/incidents").json()["incidents"]) == 1
    meet(north, south)
    assert len(south.as_("viewer").get("/api/incidents").json()["incidents"]) == 1
    assert agreements.listed(beside)[0]["state"] == "in_force"


def test_a_correction_is_tried_told_and_acknowledged_through_the_pages(sides):
    north, south = sides
    name = one_told(north, south)
    ask = {"records": [name], "text": "another vessel", "fields": ["subject"]}
    tried = officer(north).post("/api/sharing/corrections", {**ask, "dry_run": True}).json()["would"]
    assert [(w["parties"], w["records"]) for w in tried] == [(["south"], [name])]
    assert officer(north).get("/api/sharing/corrections").json()["corrections"] == []
    made = officer(north).post("/api/sharing/corrections", ask)
    assert made.status_code == 201 and made.json()["corrections"][0]["parties"][0]["state"] == "told"
    meet(north, south)
    [row] = officer(north).get("/api/sharing/corrections").json()["corrections"]
    assert (row["state"], row["parties"][0]["state"]) == ("done", "acknowledged")
    [story] = officer(south).get(f"/api/sharing/ledger/{name}").json()["corrections"]
    assert (story["by"], story["text"], story["counts"]) == ("north", "another vessel", True)
    who = south.as_("analyst").get(f"/api/sharing/who?mmsi={SHIP}").json()
    assert [s["text"] for s in who["of"]["corrections"]] == ["another vessel"]
    other = officer(south).post("/api/sharing/corrections", ask)
    assert (other.status_code, other.json()["rule"]) == (403, "originator")
    assert officer(south).post("/api/sharing/corrections", {**ask, "records": ["a" * 64]}).status_code == 403
    assert officer(north).post("/api/sharing/corrections", {**ask, "instead": "a" * 64}).status_code == 404
    assert north.as_("analyst").post("/api/sharing/corrections", ask).status_code == 403
