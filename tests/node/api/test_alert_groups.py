from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from happen import HOUR, gap
from station import NOW

from kizuna.node.api.alert_book import Alert
from kizuna.node.api.alert_groups import PASSAGES, RIVALS, SINGLE, VISITS, Place, grouped

A = Place("ex-a", "Water as A states it", "Party A", "")
B = Place("ex-b", "Water as B states it", "Party B", "")
FREE = Place("ex-1", "Precautionary area", "", "")
WATCH = (NOW // (8 * HOUR)) * 8 * HOUR


def visit(event_id, mmsi=491000001, start=WATCH, hours=1.0, place=FREE, manner="passage", **more):
    return Alert(
        event_id, 1, "zone_visit", start, start, start + round(hours * HOUR), 25.0, 123.0, (mmsi,), 0.9, "high", "", 1, "",
        "", places=(place,), manner=manner, **more,
    )  # fmt: skip


def other(event_id, kind="gap", t=WATCH):
    return replace(visit(event_id), event_type=kind, places=(), manner="", t_ms=t)


def kinds(alerts):
    return [(g.kind, sorted(g.members)) for g in grouped(alerts)]


def test_visit_to_rival_claims_at_once_is_one_row_with_both_names_in_neutral_order():
    found = grouped([visit("b", place=B), visit("a", start=WATCH + HOUR // 2, place=A, manner="slow")])
    assert len(found) == 1 and found[0].kind == RIVALS and found[0].events == 2
    assert found[0].as_dict()["claimants"] == ["Party A", "Party B"]


def test_claims_in_which_nobody_was_at_once_stay_apart():
    assert len(grouped([visit("a", place=A), visit("b", start=WATCH + 2 * HOUR, place=B)])) == 2


def test_limits_of_one_claimant_stay_apart():
    near = replace(A, limit="12")
    far = replace(A, zone_id="ex-far", limit="24")
    assert len(grouped([visit("a", place=near), visit("b", place=far)])) == 2


def test_different_limits_of_two_claimants_stay_apart():
    near, far = replace(A, limit="12"), replace(B, limit="24")
    assert len(grouped([visit("a", place=near), visit("b", place=far)])) == 2


def test_passages_of_several_vessels_are_one_row_a_watch():
    alerts = [visit(f"p{k}", 491000001 + k, WATCH + k * HOUR) for k in range(5)]
    alerts.append(visit("next", 491000099, WATCH + 9 * HOUR))
    assert kinds(alerts) == [(SINGLE, ["next"]), (PASSAGES, [f"p{k}" for k in range(5)])]


def test_vessel_that_stays_or_comes_again_has_its_own_row():
    stays = visit("stay", 491000007, manner="slow")
    again = [visit("one", 491000008), visit("two", 491000008, WATCH + 3 * HOUR)]
    case = visit("case", 491000009)
    found = kinds([visit("p1", 491000001), visit("p2", 491000002), stays, *again, replace(case, events=4)])
    assert found == [(VISITS, ["one", "two"]), (VISITS, ["case"]), (SINGLE, ["stay"]), (PASSAGES, ["p1", "p2"])]


def test_visits_follow_the_newest_of_a_case_and_not_its_first():
    case = replace(visit("case"), events=5, last_ms=WATCH + 23 * HOUR)
    assert kinds([case, visit("next", start=WATCH + 26 * HOUR)]) == [(VISITS, ["case", "next"])]
    assert len(kinds([visit("case"), visit("next", start=WATCH + 26 * HOUR)])) == 2


def test_what_wants_a_decision_stands_before_those_who_passed():
    found = grouped([visit("p1"), other("loiter", "loitering"), other("gap"), visit("stay", 491000002, manner="slow")])
    assert [g.rank for g in found] == [3, 2, 2, 1] and found[0].members == ("gap",)


def test_id_of_a_row_stays_when_more_come():
    one = [visit("p1", 491000001), visit("p2", 491000002, WATCH + HOUR)]
    assert grouped(one)[0].group_id == grouped([*one, visit("p3", 491000003, WATCH + 2 * HOUR)])[0].group_id


places = st.sampled_from([A, B, FREE, replace(FREE, zone_id="ex-2")])


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 12), places,
                          st.sampled_from(["passage", "slow", "stopped"]), st.integers(1, 4)), max_size=12))  # fmt: skip
def test_every_alert_is_in_exactly_one_row_and_all_events_are_counted(rows):
    alerts = [
        replace(visit(f"e{k}", 491000000 + m, WATCH + at * HOUR, hours, place, manner), events=n)
        for k, (m, at, hours, place, manner, n) in enumerate(rows)
    ]
    found = grouped(alerts)
    assert sorted(e for g in found for e in g.members) == sorted(a.event_id for a in alerts)
    assert sum(g.events for g in found) == sum(a.events for a in alerts)
    assert found == grouped(alerts[::-1])


def test_one_decision_about_a_row_is_a_row_for_each_member(here):
    here.store.put_events(gap("gap1", 431000001), gap("gap2", 431000002), gap("gap3", 431000003))
    ana = here.user("analyst", "ana")
    told = ana.get("/api/alerts").json()
    assert sorted(e for g in told["groups"] for e in g["members"]) == ["gap1", "gap2", "gap3"]
    body = {"act": "acknowledge", "events": [{"event_id": "gap1", "version": 1}, {"event_id": "gap2"}]}
    assert len(ana.post("/api/decisions", body).json()["decisions"]) == 2
    states = {a["event_id"]: a["state"] for a in ana.get("/api/alerts").json()["alerts"]}
    assert states == {"gap1": "acknowledged", "gap2": "acknowledged", "gap3": "new"}
    assert len(here.desk.decisions.of_event("gap1")) == len(here.desk.decisions.of_event("gap2")) == 1
    undone = ana.post("/api/decisions", {"act": "undo", "events": [{"event_id": e} for e in ("gap1", "gap2", "gap3")]})
    assert len(undone.json()["decisions"]) == 2
    assert {a["state"] for a in ana.get("/api/alerts").json()["alerts"]} == {"new"}


def test_decision_about_a_row_is_all_or_nothing(here):
    here.store.put_events(gap("gap1", 431000001), gap("gap2", 431000002))
    ana = here.user("analyst", "ana")
    stale = {"act": "acknowledge", "events": [{"event_id": "gap1"}, {"event_id": "gap2", "version": 7}]}
    refused = ana.post("/api/decisions", stale)
    assert refused.status_code == 409 and refused.json()["code"] == "event_changed"
    unknown = {"act": "acknowledge", "events": [{"event_id": "gap1"}, {"event_id": "none"}]}
    assert ana.post("/api/decisions", unknown).status_code == 404
    no_reason = {"act": "dismiss", "events": [{"event_id": "gap1"}]}
    assert ana.post("/api/decisions", no_reason).json()["code"] == "reason_needed"
    assert {a["state"] for a in ana.get("/api/alerts").json()["alerts"]} == {"new"}
    vic = here.user("viewer", "vic")
    assert vic.post("/api/decisions", {"act": "acknowledge", "events": [{"event_id": "gap1"}]}).status_code == 403


def test_silence_of_a_row_covers_every_vessel_in_it(here):
    here.store.put_events(gap("gap1", 431000001), gap("gap2", 431000002))
    ana = here.user("analyst", "ana")
    body = {"act": "silence", "hours": 6, "scope": "vessel", "reason": "known", "events": [{"event_id": "gap1"}, {"event_id": "gap2"}]}  # fmt: skip
    assert [d["mmsi"] for d in ana.post("/api/decisions", body).json()["decisions"]] == [431000001, 431000002]
    assert ana.get("/api/alerts").json()["silenced"] == 2
