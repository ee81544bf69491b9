"""Records on their way over a third party while their originator changes its keys: none is lost, none is forged."""

import datetime as dt
import os

import pytest

from kizuna.node.share.files import Places
from kizuna.node.share.onward import grants, receiving
from kizuna.node.share.onward.grants import Wish
from kizuna.node.share.trust import revocation, rotation
from kizuna.records.bodies.onward import CarriedKeys, Scope
from kizuna.records.record import decode
from kizuna.share.receipt import RootKey
from node.share.onward_nodes import Node, agreed, confirm, introduce, meet, onward, sync

DAY = 86_400_000


class Root:
    """The root key of ash, opened once: that takes a second by design."""

    def __init__(self) -> None:
        self._key: RootKey | None = None

    def open(self, places: Places) -> RootKey:
        self._key = self._key or rotation.Root(None, "a long passphrase").open(places)
        return self._key


ROOT = Root()


@pytest.fixture
def known(row: list[Node]) -> list[Node]:
    """The same, and cedar was introduced to ash."""
    introduce(row[0], row[2])
    return row


def let(node: Node, to: str, *via: str) -> None:
    scope = Scope(kinds=("track.*",), to=to, from_ms=node.sharing.now_ms() - DAY)
    grants.give(node.office, Wish(scope, node.sharing.now_ms() + DAY, via), "aiko")


def rotate(node: Node) -> None:
    """New keys, the old ones retired; the node runs again with them."""
    for step in (rotation.begin, rotation.finish):
        more = (os.urandom, dt.datetime.now(dt.UTC)) if step is rotation.begin else ()
        step(node.sharing, ROOT, *more, **({} if more else {"anyway": True}))
        again(node)
    node.sharing.door.sign_rest()


def again(node: Node) -> Node:
    """After a restart; agreements are none of these tests' matter."""
    node.again()
    agreed(node.office, *(k.id for k in node.partners.all()))
    return node


def hears_of_keys(node: Node, of: Node) -> None:
    for text in of.sharing.identity.manifests:
        node.partners.learn(of.party, text)


def state(node: Node, record: str, carrier: str) -> str:
    found = node.sharing.shared.carried.get(record, carrier)
    return found.state if found else ""


def asked(node: Node, of: str) -> list[str]:
    held = [node.sharing.shared.records.get(name) for name in node.told(of)]
    found = [decode(h.data) for h in held if h and h.data]
    return [r.kind for r in found if r.kind == "carriage.request"]


def carried_before_and_seen_after(nodes: list[Node]) -> str:
    """A record that birch put to cedar under a head of ash which was no longer the last when ash retired its key."""
    ash, birch, cedar, _ = nodes
    onward(birch, "ash", "cedar")
    let(ash, "cedar", "birch")
    name = ash.state("track.position", "birch")
    sync(ash, birch)
    assert name in birch.told("cedar")
    ash.state("track.position", "birch", geo=(123.6, 24.5))
    assert state(cedar, name, "birch") == ""
    return name


def test_what_was_on_its_way_is_proved_anew_where_the_originator_is_known(known: list[Node]) -> None:
    ash, birch, cedar, _ = known
    name = carried_before_and_seen_after(known)
    rotate(ash)
    hears_of_keys(cedar, ash)
    sync(birch, cedar)
    assert state(cedar, name, "birch") == "aside"
    assert "signed by a key since retired" in cedar.sharing.shared.carried.get(name, "birch").why
    assert asked(cedar, "birch") == ["carriage.request"]
    hears_of_keys(birch, ash)
    meet(birch, cedar)
    assert state(cedar, name, "birch") == "aside", "birch holds no newer head yet"
    meet(ash, birch, cedar)
    assert state(cedar, name, "birch") == "taken"
    assert cedar.shown()[431000001][0] == "partner:ash/birch"
    assert asked(cedar, "birch") == ["carriage.request"], "once"
    assert birch.told("cedar").count(name) == 1, "only the proof went anew"
    assert grants.listed(cedar.office)["aside"] == []


def test_with_an_old_manifest_of_the_originator_the_carrier_brings_the_newer_ones(known: list[Node]) -> None:
    ash, birch, cedar, _ = known
    name = carried_before_and_seen_after(known)
    rotate(ash)
    hears_of_keys(birch, ash)
    meet(birch, cedar)
    assert state(cedar, name, "birch") == "taken", "to cedar the key is alive"
    meet(ash, birch, cedar)
    assert cedar.partners.get("ash").ring.sequence == 1
    assert cedar.office.proofs.ring("ash").sequence == len(ash.sharing.identity.manifests)
    later = ash.state("track.position", "birch", geo=(123.7, 24.5))
    meet(ash, birch, cedar)
    assert state(cedar, later, "birch") == "taken"


def test_what_waited_for_an_unknown_originator_is_proved_anew_after_the_officers_word(row: list[Node]) -> None:
    ash, birch, cedar, _ = row
    name = carried_before_and_seen_after(row)
    sync(birch, cedar)
    assert state(cedar, name, "birch") == "aside"
    rotate(ash)
    hears_of_keys(birch, ash)
    meet(ash, birch, cedar)
    confirm(again(cedar), "ash")
    meet(birch, cedar)
    assert state(cedar, name, "birch") == "taken"
    assert grants.listed(cedar.office)["aside"] == []


def test_who_holds_a_record_by_a_carrier_asks_before_passing_it_on(row: list[Node]) -> None:
    ash, birch, cedar, dune = row
    name = carried_before_and_seen_after(row)
    meet(birch, cedar)
    confirm(cedar, "ash")
    meet(birch, cedar)
    assert state(cedar, name, "birch") == "taken"
    rotate(ash)
    hears_of_keys(birch, ash)
    meet(ash, birch, cedar)
    onward(cedar, "ash", "dune")
    let(ash, "dune", "birch", "cedar")
    ash.state("track.position", "birch", geo=(123.7, 24.5))  # which takes the grant along
    meet(*row)
    assert asked(cedar, "birch") == ["carriage.request"]
    assert cedar.told("dune").count(name) == 1
    confirm(dune, "ash")
    meet(*row)
    assert state(dune, name, "cedar") == "taken"
    assert [dune.shown()[431000001][0], asked(dune, "cedar")] == ["partner:ash/cedar", []]


def test_whoever_gets_no_answer_asks_again_later_and_each_carrier_asks_its_own(row: list[Node]) -> None:
    ash, birch, cedar, dune = row
    name = carried_before_and_seen_after(row)
    onward(cedar, "ash", "dune")
    let(ash, "dune", "birch", "cedar")
    meet(birch, cedar)
    confirm(cedar, "ash")
    meet(ash, birch, cedar)
    assert name in cedar.told("dune") and state(dune, name, "cedar") == ""
    ash.state("track.position", "birch", geo=(123.8, 24.5))
    rotate(ash)
    meet(cedar, dune)
    texts = [m.decode() for m in ash.sharing.identity.manifests]
    for number, text in enumerate(texts, 1):
        dune.office.proofs.learn(CarriedKeys(party="ash", sequence=number, text=text), "cedar")
    confirm(dune, "ash")
    meet(cedar, dune)
    assert state(dune, name, "cedar") == "aside", "cedar does not know of the new keys, and answers as before"
    hears_of_keys(birch, ash)
    meet(ash, birch, cedar, dune)
    assert state(dune, name, "cedar") == "aside"
    dune.ahead_ms += 601_000
    meet(ash, birch, cedar, dune)
    assert asked(dune, "cedar") == ["carriage.request"] * 2
    assert state(dune, name, "cedar") == "taken"


def test_what_stands_under_a_revoked_key_stays_out(known: list[Node]) -> None:
    ash, birch, cedar, _ = known
    name = carried_before_and_seen_after(known)
    revocation.revoke(ash.sharing, ROOT, revocation.ALL, os.urandom, dt.datetime.now(dt.UTC))
    again(ash)
    hears_of_keys(cedar, ash)
    hears_of_keys(birch, ash)
    meet(ash, birch, cedar)
    cedar.ahead_ms += DAY
    meet(ash, birch, cedar)
    assert state(cedar, name, "birch") == "aside"
    assert "the key was revoked" in cedar.sharing.shared.carried.get(name, "birch").why
    assert asked(cedar, "birch") == [] and 431000001 not in cedar.shown()


def test_what_a_carrier_brought_under_a_key_that_was_stolen_is_hidden_once_that_is_known(known: list[Node]) -> None:
    ash, birch, cedar, _ = known
    onward(birch, "ash", "cedar")
    let(ash, "cedar", "birch")
    name = ash.state("track.position", "birch")
    meet(ash, birch, cedar)
    assert state(cedar, name, "birch") == "taken" and set(cedar.shown()) == {431000001}
    assert [g.ended for g in cedar.office.grants.given()] == [False]
    ash.state("track.position", "birch", geo=(123.6, 24.5))  # the head under which it was carried is not the last
    revocation.revoke(ash.sharing, ROOT, revocation.ALL, os.urandom, dt.datetime.now(dt.UTC))
    again(ash)
    hears_of_keys(cedar, ash)
    while cedar.arrivals.step():
        pass
    assert state(cedar, name, "birch") == "aside"
    stones = cedar.sharing.shared.tombstones.of([name])
    assert {i: (s.action, s.reason) for i, s in stones.items()} == {name: ("hide", "revoked key")}
    assert [a for a in cedar.alarms if "revoked" in a] == [
        "birch: 2 records of ash that it brought were signed by a key that was revoked since; they are hidden"
    ], "the position and the grant under which it came"
    assert [g.ended for g in cedar.office.grants.given()] == [True]
    again(cedar)
    while cedar.arrivals.step():
        pass
    assert [g.ended for g in cedar.office.grants.given()] == [True]
    assert state(cedar, name, "birch") == "aside" and sum("revoked" in a for a in cedar.alarms) == 1, "told once"


def test_all_that_waits_is_judged_again_however_much_it_is(row: list[Node], monkeypatch: pytest.MonkeyPatch) -> None:
    ash, birch, cedar, _ = row
    onward(birch, "ash", "cedar")
    let(ash, "cedar", "birch")
    names = [ash.state("track.position", "birch", geo=(123.0 + k / 10, 24.5)) for k in range(7)]
    meet(ash, birch, cedar)
    assert {state(cedar, name, "birch") for name in names} == {"aside"}
    monkeypatch.setattr(receiving, "AGAIN_MOST", 2)
    confirm(cedar, "ash")
    while cedar.arrivals.step() or cedar.office.onward.due:
        pass
    assert {state(cedar, name, "birch") for name in names} == {"taken"}
