"""What a partner holds: exactly what was released, and what ends when the ties are cut."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.records.bodies.onward import Scope
from kizuna.records.label import Label, Reshare, Tlp
from kizuna.records.record import decode, record_id
from kizuna.share import agreement, grants
from kizuna.share.agreement import signing
from kizuna.share.communities import Communities
from kizuna.share.exposure import Facts, Reading, Way, end, exposure
from kizuna.share.grants import Grants
from kizuna.share.recall import Holding, Recalls

T0, DAY, SEA = 1_775_088_000_000, 86_400_000, "c:sea"
TEXT = (Path(__file__).parents[2] / "examples" / "agreements" / "coast-rescue.toml").read_text()


def name(k):
    return f"{k:064x}"


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.sampled_from(["cape", "west", SEA]), st.integers(0, 30)),
        st.tuples(st.sampled_from(["join", "leave"]), st.sampled_from(["cape", "west"]), st.just(0)),
    ),
    max_size=60,
)


@settings(max_examples=300)
@given(ACTS)
def test_the_report_is_exactly_the_set_that_was_released(acts):
    logs, inside, readings = {"cape": [], "west": [], SEA: []}, {}, []
    released = {"cape": set(), "west": set()}  # kept apart, by hand
    for act, who, k in acts:
        if act == "tell":
            logs[who].append(name(k))
            for party in released:
                if party == who or (who == SEA and party in inside):
                    released[party].add(name(k))
        elif act == "join":
            inside.setdefault(who, len(logs[SEA]))
        elif who in inside:
            readings.append(Reading(SEA, SEA, who, inside.pop(who), len(logs[SEA]), 0))
    readings += [Reading(SEA, SEA, party, first, len(logs[SEA]), 0) for party, first in inside.items()]
    readings += [Reading(party, party, party, 0, len(logs[party]), len(logs[party]) // 2) for party in ("cape", "west")]
    facts = Facts({log: tuple(ids) for log, ids in logs.items()}, tuple(readings))
    for party in released:
        found = exposure(party, facts, "harbour", T0)
        assert set(found.released) == released[party]
        assert found.confirmed == set(logs[party][: len(logs[party]) // 2])
        assert not found.through_others and not found.onward


def test_what_came_through_others_and_what_may_go_on():
    book = Grants("real")
    first = grants.give(
        Scope(records=(name(1),), to="cape"), T0 + DAY, me="harbour", reach=("west", "cape"), now_ms=T0, context="real"
    )
    onward = grants.give(
        Scope(records=(name(2),), to="east"), T0 + DAY, me="harbour", reach=("cape", "east"), now_ms=T0, context="real"
    )
    book.take(first, "harbour")
    book.take(onward, "harbour")
    book.take(grants.end([record_id(first)], me="harbour", reach=("west",), now_ms=T0, context="real"), "harbour")
    free = Label(tlp=Tlp.CLEAR, rel_to=frozenset({"*"}), reshare=Reshare.FREE)
    facts = Facts(
        {"w": (name(1), name(3)), "c": (name(2),)},
        (Reading("w", "west", "west", 0, 2, 2), Reading("c", "cape", "cape", 0, 1, 1)),
        labels={name(3): free, name(2): Label(tlp=Tlp.AMBER)},
        grants=book.given(),
        told_of=((name(9), "cape", "west"),),
        passed=((name(8), "cape", "west", "f" * 64), (name(7), "east", "west", "f" * 64)),
    )
    found = exposure("cape", facts, "harbour", T0)
    assert found.through_others[name(1)] == (Way("west", f"grant {record_id(first)}"),)  # it ended, but it was allowed
    assert found.through_others[name(3)] == (Way("west", "label free"),)
    assert found.through_others[name(9)] == (Way("west", "told in answer to a recall"),)
    assert found.through_others[name(8)] == (Way("west", f"passed on under grant {'f' * 64}"),)
    assert name(7) not in found.through_others
    assert found.onward == {"east": (1, "grant")} and [g.to for g in found.grants] == ["east"]


def test_positions_that_no_log_has_are_refused():
    with pytest.raises(InputError):
        exposure("cape", Facts({"c": ()}, (Reading("c", "cape", "cape", 0, 1, 0),)), "harbour", T0)


def test_everything_that_ties_ends():
    agreements = agreement.Book()
    label = Label(tlp=Tlp.AMBER, rel_to=frozenset({"cape"}))
    for data in (
        signing.propose(TEXT, me="harbour", label=label, now_ms=T0, context="real"),
        signing.sign(agreement.load(TEXT), me="cape", label=label, now_ms=T0, context="real"),
    ):
        signing.apply(agreements, data, decode(data).origin, T0)
    sea = Communities({SEA: "harbour"}, "real")
    sea.take(sea.next_list(SEA, ["harbour", "cape", "west"], me="harbour", now_ms=T0), "harbour")
    other = Communities({SEA: "west"}, "real")
    book = Grants("real")
    book.take(
        grants.give(
            Scope(records=(name(0),), to=SEA), T0 + DAY, me="harbour", reach=("cape",), now_ms=T0, context="real"
        ),
        "harbour",
    )
    ids = tuple(name(k) for k in range(600))
    facts = Facts(
        {"c": ids},
        (Reading("c", "cape", "cape", 0, 600, 10),),
        grants=book.given(),
        members={SEA: frozenset({"harbour", "cape", "west"})},
        lanes={"cape": ("c", "from-c")},
        keys={"cape": ("k1",)},
        positions={"cape": {"from-c": 77}},
        incidents={"cape": ("ab" * 16,)},
        origins={name(5): "west"},
    )
    found = exposure("cape", facts, "harbour", T0)
    acts = end(found, facts, agreements, sea, me="harbour", now_ms=T0, context="real", label=label)
    by = {}
    for act in acts:
        by.setdefault(act.what, []).append(act)
    assert [a.about for a in by["stop_lane"]] == ["c", "from-c"] and by["revoke_key"][0].position == {"from-c": 77}
    assert acts[0].what == "stop_lane" and acts[-1].what == "propose_recall"
    sea.take(by["strike_member"][0].data, "harbour")
    assert sea.current(SEA).members == {"harbour", "west"}
    book.take(by["end_grant"][0].data, "harbour")
    assert [g.ended for g in book.given()] == [True]
    signing.apply(agreements, by["suspend_agreement"][0].data, "harbour", T0)
    assert not agreements.allows("coast-rescue/2.1", T0).ok
    proposed = [n for act in by["propose_recall"] for n in act.records]
    assert set(proposed) == set(ids) - {name(5)} and max(len(a.records) for a in by["propose_recall"]) == 512
    for act in by["propose_recall"]:  # each proposal is a recall that can be made
        Recalls("harbour", "real").ask(act.records, "security", lambda _: Holding("harbour", frozenset({"cape"})), T0)
    assert by["tell_incident"][0].about == "ab" * 16
    strangers = end(found, facts, agreements, other, me="harbour", now_ms=T0, context="real", label=label)
    assert next(a for a in strangers if a.what == "strike_member").data == b""


def test_a_grant_by_kind_counts_what_it_covers():
    book = Grants("real")
    scope = Scope(kinds=("track.*",), to="east")
    data = grants.give(scope, T0 + DAY, me="harbour", reach=("cape",), now_ms=T0, context="real")
    book.take(data, "harbour")
    readings = (Reading("c", "cape", "cape", 0, 2, 2),)
    facts = Facts(
        {"c": (name(1), name(2))}, readings, grants=book.given(), covered={record_id(data): frozenset({name(2)})}
    )
    assert exposure("cape", facts, "harbour", T0).onward == {"east": (1, "grant")}
    assert exposure("east", facts, "harbour", T0).through_others == {
        name(2): (Way("cape", f"grant {record_id(data)}"),)
    }
    assert [g.id for g in exposure("cape", facts, "harbour", T0).grants] == [record_id(data)]
