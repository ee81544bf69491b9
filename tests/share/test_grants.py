"""Re-sharing needs the originator's word: label or grant, checked at the carrier and again at the receiver."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.records.bodies.onward import Scope
from kizuna.records.label import Label, Reshare, Tlp
from kizuna.records.partner import Community, Partner, directory
from kizuna.records.record import Record, decode, encode, record_id
from kizuna.share import grants
from kizuna.share.grants import Grants

T0, DAY = 1_767_225_600_000, 86_400_000


def held(**label):
    label = {"tlp": Tlp.AMBER, "rel_to": frozenset({"b"}), **label}
    data = encode(Record(kind="track.position", origin="a", observed_ms=T0, label=Label(**label)))
    return record_id(data), decode(data)


WHO = directory(
    "b",
    [Partner("a"), Partner("c", communities=frozenset({"c:sea"})), Partner("d")],
    [Community("c:sea", 1, frozenset({"b", "c"}))],
)
AT_C = directory("c", [Partner("a"), Partner("b")], [Community("c:sea", 1, frozenset({"b", "c"}))])


def test_without_the_originators_word_nothing_is_passed_on_and_the_reason_is_said():
    book, (name, record) = Grants("real"), held()
    verdict = book.may_pass_on(name, record, "c", WHO, T0)
    assert not verdict.ok and verdict.why == "a has not allowed that c is told"
    assert not book.may_take(name, record, "b", AT_C, T0, proved=True).ok


def test_a_grant_allows_its_records_its_audience_until_its_end():
    book, (name, record) = Grants("real"), held()
    data = grants.give(Scope(records=(name,), to="c"), T0 + DAY, me="a", reach=("b", "c"), now_ms=T0, context="real")
    assert book.take(data, "a") == ""
    assert book.may_pass_on(name, record, "c", WHO, T0).grant == record_id(data)
    assert book.may_take(name, record, "b", AT_C, T0, proved=True).ok
    assert book.audiences(name, record, T0) == {"c"}
    assert book.may_pass_on(name, record, "d", WHO, T0).why == "a has not allowed that d is told; it allowed c"
    late = book.may_pass_on(name, record, "c", WHO, T0 + DAY)
    assert not late.ok and "until 2026-01-02T00:00:00Z only" in late.why
    assert not book.may_pass_on("9" * 64, record, "c", WHO, T0).ok


def test_the_receiver_asks_for_the_originators_proof_whatever_the_carrier_says():
    book, (name, record) = Grants("real"), held(tlp=Tlp.CLEAR, rel_to=frozenset({"*"}), reshare=Reshare.FREE)
    assert not book.may_take(name, record, "b", AT_C, T0, proved=False).ok
    assert book.may_take(name, record, "b", AT_C, T0, proved=True).ok
    assert book.may_take(name, record, "a", AT_C, T0, proved=False).ok  # stated by who brings it


def test_only_the_originator_grants():
    book, (name, record) = Grants("real"), held()
    forged = grants.give(Scope(records=(name,), to="c"), T0 + DAY, me="b", reach=("c",), now_ms=T0, context="real")
    assert book.take(forged, "b") == ""  # b may state it, but it is not b's record
    stolen = grants.give(Scope(records=(name,), to="c"), T0 + DAY, me="a", reach=("c",), now_ms=T0, context="real")
    assert book.take(stolen, "b") == "b cannot speak for a"
    assert not book.may_pass_on(name, record, "c", WHO, T0).ok


def test_an_end_stops_a_grant_also_when_it_arrives_first():
    (name, record) = held()
    data = grants.give(Scope(records=(name,), to="c"), T0 + DAY, me="a", reach=("c",), now_ms=T0, context="real")
    stop = grants.end([record_id(data)], me="a", reach=("c",), now_ms=T0, context="real")
    theirs = grants.end([record_id(data)], me="b", reach=("c",), now_ms=T0, context="real")
    for order in ((data, stop), (stop, data)):
        book = Grants("real")
        for each in order:
            book.take(each, "a")
        assert book.may_pass_on(name, record, "c", WHO, T0).why == "a ended it"
    book = Grants("real")
    book.take(theirs, "b")
    book.take(data, "a")
    assert book.may_pass_on(name, record, "c", WHO, T0).ok


def test_a_label_for_a_community_stays_inside_it():
    book, (name, record) = Grants("real"), held(tlp=Tlp.GREEN, rel_to=frozenset({"c:sea"}), reshare=Reshare.COMMUNITY)
    assert book.may_pass_on(name, record, "c:sea", WHO, T0).ok
    assert (
        not book.may_pass_on(name, record, "c:other", WHO, T0).ok
        and not book.may_pass_on(name, record, "d", WHO, T0).ok
    )
    assert book.may_take(name, record, "b", AT_C, T0, proved=True).ok


def test_a_grant_of_an_exercise_allows_nothing_real():
    book, (name, _) = Grants("real"), held()
    data = grants.give(Scope(records=(name,), to="c"), T0 + DAY, me="a", reach=("c",), now_ms=T0, context="exercise:x")
    assert "exercise:x" in book.take(data, "a") and not book.given()


def test_a_grant_has_records_and_an_end_ahead():
    for names, until in ([], T0 + 1), (["1" * 64], T0), ([f"{k:064x}" for k in range(513)], T0 + 1):
        with pytest.raises(InputError):
            grants.give(Scope(records=tuple(names), to="c"), until, me="a", reach=("c",), now_ms=T0, context="real")


def scoped(book, kinds=(), subjects=(), *, purpose=(), from_ms=None, to="c"):
    scope = Scope(kinds=kinds, subjects=subjects, to=to, purpose=purpose, from_ms=from_ms)
    assert book.take(grants.give(scope, T0 + DAY, me="a", reach=("b",), now_ms=T0, context="real"), "a") == ""


def about(observed_ms=T0, kind="track.position", subject=("mmsi:1",), **label):
    label = {"tlp": Tlp.AMBER, "rel_to": frozenset({"b"}), **label}
    data = encode(Record(kind=kind, origin="a", observed_ms=observed_ms, subject=subject, label=Label(**label)))
    return record_id(data), decode(data)


@pytest.mark.parametrize(
    ("words", "covered"),
    [
        ({}, True),
        ({"kind": "event.gap"}, False),  # another kind
        ({"subject": ("mmsi:1", "mmsi:2")}, False),  # also about somebody who is not named
        ({"subject": ()}, False),  # about nobody knows whom
        ({"observed_ms": T0 - 1}, False),  # before the grant
        ({"observed_ms": T0 + DAY}, False),  # after its end
        ({"personal": True}, False),  # personal data is named one by one
        ({"purpose": frozenset({"SAR"})}, False),  # and so is distress data, where the grant does not name it
    ],
)
def test_a_grant_by_kind_and_subject_covers_what_is_observed_while_it_holds(words, covered):
    book = Grants("real")
    scoped(book, ("track.*",), ("mmsi:1",))
    assert book.may_pass_on(*about(**words), "c", WHO, T0).ok is covered
    assert book.may_take(*about(**words), "b", AT_C, T0, proved=True).ok is covered


def test_a_grant_that_names_the_purpose_covers_distress_data_and_one_may_reach_back():
    book = Grants("real")
    scoped(book, ("track.*",), purpose=("SAR",), from_ms=T0 - DAY)
    assert book.may_pass_on(*about(T0 - DAY, purpose=frozenset({"SAR"})), "c", WHO, T0).ok
    assert not book.may_pass_on(*about(T0 - DAY - 1), "c", WHO, T0).ok
    assert book.speaks_of("a", T0) and not book.speaks_of("a", T0 + DAY) and not book.speaks_of("b", T0)


@pytest.mark.parametrize(
    "kind", ["recall", "request", "agreement", "key.manifest", "carriage", "x.y", "grant", "*", "c*"]
)
def test_what_is_between_two_parties_is_never_in_a_grant(kind):
    with pytest.raises(InputError, match="no kind that is passed on"):
        grants.give(Scope(kinds=(kind,), to="c"), T0 + 1, me="a", reach=("b",), now_ms=T0, context="real")


@given(st.binary(max_size=200))
def test_only_input_errors_escape(data):
    with pytest.raises(InputError):
        Grants("real").take(data, "a")
