"""Communities: signed lists, versions that follow, disputes that narrow."""

from itertools import permutations

import pytest

from kizuna.base.errors import InputError
from kizuna.records.bodies.trust import Members
from kizuna.records.label import Label, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share import communities
from kizuna.share.communities import Communities

T0, SEA = 1_767_225_600_000, "c:civil.maritime"


def fresh():
    return Communities({SEA: "north"}, "real")


def grown(*steps):
    """A book and the records that made it."""
    book, made = fresh(), []
    for me, members, stewards in steps:
        data = book.next_list(SEA, members, me=me, now_ms=T0, stewards=stewards)
        assert book.take(data, me) == ""
        made.append(data)
    return book, made


def test_lists_follow_each_other():
    book, made = grown(("north", ["north", "south"], ["north", "south"]), ("south", ["north", "south", "east"], ()))
    now = book.current(SEA)
    assert (now.version, now.members) == (2, {"north", "south", "east"})
    assert decode(made[1]).supersedes == (record_id(made[0]),)


def test_any_order_of_arrival_gives_the_same_members():
    _, made = grown(
        ("north", ["north"], ["north", "south"]), ("south", ["south"], ()), ("north", ["north", "east"], ())
    )
    for order in permutations(made):
        book = fresh()
        for data in order:
            book.take(data, decode(data).origin)
        assert book.current(SEA).members == {"north", "east"} and book.current(SEA).version == 3


def test_only_the_founder_begins_and_only_a_steward_goes_on():
    book = fresh()
    with pytest.raises(InputError):
        book.next_list(SEA, ["south"], me="south", now_ms=T0)
    body = Members(community=SEA, version=1, members=("south",), stewards=("south",))
    data = encode(Record(kind="community.members", origin="south", observed_ms=T0, body=body_bytes(body)))
    assert book.take(data, "south") == "south is not the founder of c:civil.maritime" and book.current(SEA) is None
    book, made = grown(("north", ["north", "south"], ["north"]))
    body = Members(community=SEA, version=2, members=("south",), stewards=("south",))
    data = encode(
        Record(
            kind="community.members",
            origin="south",
            observed_ms=T0,
            body=body_bytes(body),
            supersedes=(record_id(made[0]),),
        )
    )
    assert book.take(data, "south") == "south is no steward of the list before"
    assert "brought by" in book.take(made[0], "south")


def test_a_dispute_narrows_until_a_list_names_both():
    book, made = grown(("north", ["north", "south"], ["north", "south"]))
    other = fresh()
    other.take(made[0], "north")
    one = book.next_list(SEA, ["north", "south", "east"], me="north", now_ms=T0)
    two = other.next_list(SEA, ["north", "south", "west"], me="south", now_ms=T0)
    book.take(one, "north")
    book.take(two, "south")
    assert book.disputed(SEA) and book.current(SEA).members == {"north", "south"}
    data = book.next_list(SEA, ["north", "south", "east", "west"], me="south", now_ms=T0)
    book.take(data, "south")
    assert not book.disputed(SEA) and len(book.current(SEA).members) == 4


def test_a_steward_cannot_lock_the_founder_out():
    book, made = grown(("north", ["north", "south"], ["north", "south"]), ("south", ["south"], ["south"]))
    data = book.next_list(SEA, ["north"], me="north", now_ms=T0)
    assert book.take(data, "north") == "" and book.current(SEA).members == {"north"}


def test_a_member_leaves_by_its_own_word_until_it_is_named_again():
    book, _ = grown(("north", ["north", "south"], ["north"]))
    data = book.leave(SEA, me="south", now_ms=T0)
    assert "brought by" in book.take(data, "north")
    assert book.take(data, "south") == "" and book.current(SEA).members == {"north"}
    book.take(book.next_list(SEA, ["north", "south"], me="north", now_ms=T0), "north")
    assert book.current(SEA).members == {"north", "south"}


def test_an_empty_list_reaches_nobody_and_other_contexts_do_not_count():
    book, made = grown(("north", [], ["north"]))
    assert book.current(SEA).members == frozenset() and [c.id for c in book.all()] == [SEA]
    drill = Communities({SEA: "north"}, "exercise:x")
    assert drill.take(made[0], "north") and drill.current(SEA) is None


def test_a_version_that_does_not_follow_is_refused():
    book, made = grown(("north", ["north"], ["north"]))
    body = Members(community=SEA, version=9, members=("north",), stewards=("north",))
    data = encode(
        Record(
            kind="community.members",
            origin="north",
            observed_ms=T0,
            body=body_bytes(body),
            supersedes=(record_id(made[0]),),
            label=Label(tlp=Tlp.AMBER),
        )
    )
    assert book.take(data, "north") == "its version does not follow"


def test_no_member_is_left_out_in_silence():
    book, many = fresh(), [f"p{k}" for k in range(80)]
    data = book.next_list(SEA, many[:60], me="north", now_ms=T0)
    assert book.take(data, "north") == ""
    assert decode(data).label.rel_to == set(many[:60])
    with pytest.raises(InputError, match="at most 64"):  # sixty who leave and twenty who come must all hear of it
        book.next_list(SEA, many[60:], me="north", now_ms=T0)
    with pytest.raises(InputError, match="at most 64"):
        book.next_list(SEA, many, me="north", now_ms=T0)


def test_a_list_of_too_many_counts_nowhere(monkeypatch):
    wide = fresh()
    with monkeypatch.context() as wider:
        wider.setattr(communities, "PARTIES_MAX", 100)
        wider.setattr(communities, "_to", lambda _parties, _community: Label(tlp=Tlp.AMBER))
        data = wide.next_list(SEA, [f"p{k}" for k in range(65)], me="north", now_ms=T0)
    book = fresh()
    assert book.take(data, "north") == "it names more than 64 parties" and book.all() == ()


def test_what_is_kept_in_mind_is_bounded(monkeypatch):
    monkeypatch.setattr(communities, "LISTS_MAX", 1)
    book, other = fresh(), fresh()
    one = book.next_list(SEA, ["south"], me="north", now_ms=T0)
    assert book.take(one, "north") == other.take(one, "north") == ""
    assert book.take(book.next_list(SEA, ["west"], me="north", now_ms=T0), "north") == "too many lists are held"
    assert book.take(one, "north") == "" and book.current(SEA).members == {"south"}
    assert book.take(other.leave(SEA, me="south", now_ms=T0), "south") == ""
    assert book.take(other.leave(SEA, me="west", now_ms=T0), "west") == "too many words of leaving are held"
