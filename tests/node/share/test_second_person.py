"""Where two persons are asked for, accounts are compared: neither a new name nor one that looks alike makes a second."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from kizuna.base.errors import InputError
from kizuna.node.share.desk import agreements, requests
from kizuna.node.share.views import overview
from kizuna.node.share.desk.office import Office
from kizuna.node.share.desk.refusal import Refusal
from kizuna.records.bodies.incident import Opened
from kizuna.records.bodies.trust import Request
from kizuna.records.person import Person
from kizuna.share import requests as asking
from node.share import standin as st


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Person("aiko", "7"), Person("bo", "7"), True),
        (Person("aiko", "7"), Person("aiko", "8"), False),
        (Person("aiko"), Person("Aiko "), True),
        (Person("aiko"), Person("\uff21iko", "8"), True),
        (Person("aiko", "7"), Person("bo"), False),
    ],
)
def test_accounts_decide_and_names_only_where_no_account_is_known(one: Person, other: Person, same: bool) -> None:
    assert one.is_same(other) is other.is_same(one) is same


@pytest.fixture
def desk(tmp_path: Path, made: Path) -> Iterator[SimpleNamespace]:
    one, two = st.nodes(tmp_path, made)
    accounts = {"aiko": "7", "bo": "8"}
    office = Office(one, person_of=lambda name: accounts.get(name, ""))
    theirs = Office(two)
    office.open(), theirs.open()
    agreements.propose(office, st.MEMO, "aiko")
    st.meet(one, two)
    agreements.sign(theirs, "memo", "mei")
    st.meet(one, two)
    yield SimpleNamespace(office=office, accounts=accounts, one=one, two=two, theirs=theirs)
    office.close(), theirs.close()
    one.close(), two.close()


def renamed(desk: SimpleNamespace, old: str, new: str) -> None:
    desk.accounts[new] = desk.accounts.pop(old)


def test_an_officer_under_a_new_name_cannot_review_the_own_act(desk: SimpleNamespace) -> None:
    opened = Opened(n=1, type="distress", pos=(123.5, 24.5), what="taking water")
    act = desk.office.cases.break_glass(opened, "south", "memo/2", "aiko")
    renamed(desk, "aiko", "haruka")
    with pytest.raises(Refusal, match="second person"):
        desk.office.cases.review(act.act, "haruka", "right", "")
    desk.accounts["aiko"] = "9"  # another officer, who was given the name that became free
    desk.office.cases.review(act.act, "aiko", "right", "seen")
    assert [d["reviewer"] for d in overview.reviews(desk.office)["done"]] == ["aiko"]


def test_the_account_is_known_after_a_restart(desk: SimpleNamespace) -> None:
    opened = Opened(n=1, type="distress", pos=(123.5, 24.5), what="taking water")
    act = desk.office.cases.break_glass(opened, "south", "memo/2", "aiko")
    again = Office(desk.one, person_of={"haruka": "7"}.get)
    again.read()
    with pytest.raises(Refusal, match="second person"):
        again.cases.review(act.act, "haruka", "right", "")
    again.close()


def test_an_answer_in_distress_that_one_officer_gave_is_reviewed_by_another(desk: SimpleNamespace) -> None:
    body = Request(
        request_id="r1", kinds=("track.position",), purpose=(), clause="memo/2", distress=True, text="where?"
    )
    data = asking.ask(body, "north", me="south", now_ms=desk.two.clock(), context="real")
    desk.office.take(data, "south")
    st.in_force(desk.one, "south")
    [asked] = requests.listed(desk.office)
    requests.answer(desk.office, asked["id"], "nothing_held", (), "no trace", "aiko")
    [waiting] = overview.reviews(desk.office)["waiting"]
    assert (waiting["kind"], waiting["officer"]) == ("answer", "aiko")
    renamed(desk, "aiko", "haruka")
    with pytest.raises(Refusal, match="second person"):
        desk.office.cases.review(waiting["id"], "haruka", "right", "")
    desk.office.cases.review(waiting["id"], "bo", "right", "")
    assert overview.reviews(desk.office)["waiting"] == []


def test_who_proposed_rules_cannot_approve_them_under_a_new_name(desk: SimpleNamespace) -> None:
    book = desk.one.book
    rules = book.propose(st.RULES.replace("OTHER", "south").encode(), "aiko", desk.one.clock())
    renamed(desk, "aiko", "haruka")
    with pytest.raises(InputError, match="another person must"):
        book.approve(rules.hash, "haruka", desk.one.clock())
    book.approve(rules.hash, "bo", desk.one.clock())
    book.activate(rules.hash, "haruka", desk.one.clock())
    assert book.status().active == rules.hash
