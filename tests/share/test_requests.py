"""Requests: a ladder of states that does not depend on the order of arrival."""

from itertools import permutations
from pathlib import Path

import pytest

from kizuna.base.errors import InputError
from kizuna.records.bodies.trust import Request
from kizuna.records.label import Label, Tlp
from kizuna.records.record import decode, record_id
from kizuna.share import agreement, requests
from kizuna.share.agreement import signing
from kizuna.share.requests import LADDER, STATES, Requests

T0, DAY = 1_775_088_000_000, 86_400_000
TEXT = (Path(__file__).parents[2] / "examples" / "agreements" / "coast-rescue.toml").read_text()


def asked(**more):
    body = Request(request_id="r-1", kinds=("track.position",), purpose=("SAR",), clause="coast-rescue/1.3", **more)
    return requests.ask(
        body, "cape", me="harbour", now_ms=T0, context="real", subject=("mmsi:431000001",), geo=(123.0, 24.0)
    )


def book_of(*data):
    book = Requests("real")
    for each in data:
        assert book.take(each, decode(each).origin, T0) == ""
    return book


def get(book):
    return book.all()[0]


def test_a_request_is_asked_received_and_answered():
    first = asked()
    book = book_of(first)
    assert get(book).state == "asked" and book.owed("cape") and not book.owed("harbour")
    book.received(record_id(first), "cape")
    assert get(book).state == "received"
    book.take(requests.answer(get(book), "later", me="cape", now_ms=T0, context="real"), "cape", T0)
    assert get(book).state == "later" and get(book).overdue(T0 + 8 * DAY) and not get(book).overdue(T0 + DAY)
    reply = requests.answer(get(book), "given", me="cape", now_ms=T0, context="real", records=["1" * 64])
    book.take(reply, "cape", T0)
    assert get(book).state == "given" and get(book).records == ("1" * 64,) and not book.owed("cape")
    assert decode(reply).label.rel_to == {"harbour"}


def test_every_order_of_arrival_gives_the_same_state():
    first = asked()
    one = get(book_of(first))
    parts = [
        first,
        requests.withdraw(one, me="harbour", now_ms=T0, context="real"),
        requests.answer(one, "partly", me="cape", now_ms=T0, context="real", records=["1" * 64]),
        requests.answer(one, "refused", me="cape", now_ms=T0, context="real", text="no"),
    ]
    found = {(get(book_of(*order)).state, get(book_of(*order)).records) for order in permutations(parts)}
    assert found == {("partly", ("1" * 64,))}
    assert get(book_of(*parts[:2])).state == "withdrawn"


def test_a_refusal_gives_its_reason_and_only_the_asked_party_answers():
    one = get(book_of(asked()))
    with pytest.raises(InputError):
        requests.answer(one, "refused", me="cape", now_ms=T0, context="real")
    with pytest.raises(InputError):
        requests.answer(one, "given", me="cape", now_ms=T0, context="real")
    with pytest.raises(InputError):
        requests.answer(one, "refused", me="west", now_ms=T0, context="real", text="x")
    with pytest.raises(InputError):
        requests.withdraw(one, me="cape", now_ms=T0, context="real")
    book = book_of(asked())
    reply = requests.answer(one, "refused", me="cape", now_ms=T0, context="real", text="not under this agreement")
    assert "cannot speak" in book.take(reply, "west", T0) and get(book).state == "asked"
    book.take(reply, "cape", T0)
    assert (get(book).state, get(book).why) == ("refused", "not under this agreement")
    forged = requests.answer(one._replace(to="west"), "given", me="west", now_ms=T0, context="real", records=["2" * 64])
    book.take(forged, "west", T0)  # west was not asked: its word counts for nothing
    assert get(book).state == "refused" and get(book).records == ()


def test_in_distress_one_officer_answers_alone_under_a_clause_that_both_signed():
    book = agreement.Book()
    label = Label(tlp=Tlp.AMBER, rel_to=frozenset({"cape"}))
    signing.apply(book, signing.propose(TEXT, me="harbour", label=label, now_ms=T0, context="real"), "harbour", T0)

    def alone(clause, distress=True, now=T0):
        body = Request(request_id="r", clause=clause, distress=distress)
        return requests.alone(
            get(book_of(requests.ask(body, "cape", me="harbour", now_ms=T0, context="real"))), book, now
        )

    assert "not in force" in alone("coast-rescue/2.1").why
    signing.apply(
        book, signing.sign(agreement.load(TEXT), me="cape", label=label, now_ms=T0, context="real"), "cape", T0
    )
    assert alone("coast-rescue/2.1").ok
    assert alone("coast-rescue/1.3").why == "clause coast-rescue/1.3 is no distress clause"
    assert alone("coast-rescue/2.1", distress=False).why == "the request is not marked as distress"
    assert get(book_of(asked(distress=True))).due_ms == T0 and get(book_of(asked())).due_ms == T0 + 7 * DAY


def test_distress_stands_first_in_the_queue():
    book = book_of(asked(), asked(distress=True))
    assert [each.request.distress for each in book.all()] == [True, False]


def test_the_ladder_is_a_join():
    for state in LADDER:
        for one in LADDER[1:]:
            for two in LADDER[1:]:
                assert STATES[STATES[state, one], two] == STATES[STATES[state, two], one]
            assert STATES[STATES[state, one], one] == STATES[state, one]


def test_the_week_for_an_answer_runs_from_when_it_came_and_not_from_the_date_on_it():
    book = Requests("real")
    late = T0 + 30 * DAY
    assert book.take(asked(), "harbour", late) == ""
    assert get(book).due_ms == late + requests.DUE_DAYS * DAY and not get(book).overdue(late)


def test_one_party_cannot_fill_the_memory_with_requests_or_answers(monkeypatch):
    monkeypatch.setattr(requests, "ASKED_MOST", 2)
    monkeypatch.setattr(requests, "WORDS_MOST", 3)
    monkeypatch.setattr(requests, "EARLY_MOST", 1)
    book, many = Requests("real"), [asked(text=f"{k}") for k in range(3)]
    assert [book.take(each, "harbour", T0) for each in many] == ["", "", "harbour asked more than 2 times"]
    assert book.take(many[0], "harbour", T0) == "", "the same again is no further one"
    first = book.get(record_id(many[0]))
    said = [requests.answer(first, "refused", me="cape", now_ms=T0, context="real", text=f"no {k}") for k in range(4)]
    assert [book.take(each, "cape", T0) for each in said] == ["", "", "", "cape said more than 3 things to one request"]
    assert book.take(said[0], "cape", T0) == ""
    early = Requests("real")
    for k, each in enumerate(many[:2]):
        other = Requests("real")
        other.take(each, "harbour", T0)
        reply = requests.answer(get(other), "later", me="cape", now_ms=T0, context="real")
        assert bool(early.take(reply, "cape", T0)) == (k == 1)
