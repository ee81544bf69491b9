"""Threat information of a partner goes on as it came, by its own label, to whom our rules release it and to nobody else."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kizuna.formats.taxii.requests import want_of
from kizuna.node.share.lines.page_exchange import Exchange
from kizuna.node.share.onward import late
from kizuna.records.label import EVERYBODY, Label, Reshare, Tlp
from node.share.onward_nodes import Node, agreed, chain, made, meet

BODY = (
    b'{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",'
    b'"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",'
    b'"pattern":"[domain-name:value = \'x.example\']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}'
)
FREE = Label(tlp=Tlp.CLEAR, rel_to=frozenset((EVERYBODY,)), reshare=Reshare.FREE, originator="north")
OWN = """
version = 1
[[rule]]
id = "own"
clause = ["memo/1"]
match = { context = ["test"], kind = ["cti.stix"], origin = ["north"] }
to = ["south"]
then = "release"
label = { tlp = "CLEAR", reshare = "free" }
"""
RULES = """
version = 1
[[rule]]
id = "threats"
clause = ["memo/1"]
match = { context = ["test"], kind = ["cti.stix"], origin = ["north"] }
to = ["forum"]
then = "release"
label = { tlp = "%s", reshare = "%s" }
"""
PARTIES = ("north", "south", "forum")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("threats"), *PARTIES)


@pytest.fixture
def three(homes: Path, tmp_path: Path) -> Iterator[list[Node]]:
    nodes = chain(homes, tmp_path, *PARTIES)
    nodes[0].rules(OWN)
    yield nodes
    for node in nodes:
        node.end()


def say(north: Node, label: Label) -> str:
    return north.state("cti.stix", "south", body=BODY, label=label, subject=("stix:1",), geo=())


def shelf(node: Node, partner: str) -> bytes:
    node.office.taxii.update(partner)
    want, desk = want_of((), where="objects"), node.office.taxii
    return repr([desk.shelf.rows(partner, c.id, want) for c in desk.collections(partner)]).encode()


def test_what_waited_for_its_head_goes_on_after_a_restart_in_between(three: list[Node]) -> None:
    north, south, forum = three
    south.rules(RULES % ("CLEAR", "free"))
    names = [north.state("cti.stix", "south", body=BODY, label=FREE, subject=(f"stix:{k}",), geo=()) for k in range(60)]
    [log] = [s.name for s in north.sharing.shared.logs.all("out")]
    page = Exchange(north.sharing, print).cut("south", log, 0, 1500)
    got = Exchange(south.sharing, print).take("north", page).new
    assert 0 < got < len(names)
    while south.arrivals.step():
        pass
    assert south.told("forum") == [], "the head is signed over what is still to come"
    south.again()
    agreed(south.office, "north", "forum")
    meet(north, south, forum)
    assert [n for n in south.told("forum") if n in names] == names
    assert south.sharing.shared.notes.get(late.NOTE) == b'{"first":{},"names":[]}'


def test_without_rules_nothing_is_passed_on(three: list[Node]) -> None:
    north, south, _ = three
    name = say(north, FREE)
    meet(*three)
    assert south.sharing.shared.records.get(name) is not None and south.told("forum") == []


def test_what_our_rules_release_goes_on_in_the_bytes_in_which_it_came(three: list[Node]) -> None:
    north, south, forum = three
    south.rules(RULES % ("CLEAR", "free"))
    name = say(north, FREE)
    meet(*three)
    assert south.told("forum").count(name) == 1
    mine, theirs = (n.sharing.shared.records.get(name) for n in (north, forum))
    assert mine and theirs and mine.data == theirs.data
    assert b"8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f" in shelf(south, "forum")
    assert b"8e2e2d2b" not in shelf(south, "north")


@pytest.mark.parametrize(
    ("label", "given"),
    [
        (msgspec.structs.replace(FREE, reshare=Reshare.NONE), ("CLEAR", "free")),
        (Label(tlp=Tlp.AMBER, rel_to=frozenset(("south",)), originator="north"), ("AMBER", "consent")),
        (FREE, ("AMBER", "none")),
    ],
)
def test_neither_beyond_the_originators_word_nor_under_a_wider_label_than_ours(
    three: list[Node], label: Label, given: tuple[str, str]
) -> None:
    north, south, _ = three
    south.rules(RULES % given)
    name = say(north, label)
    meet(*three)
    assert south.told("forum") == []
    [line] = [x for x in south.sharing.shared.decisions.lines() if x.decided.to == "forum"]
    assert (line.decided.verdict, list(line.decided.ids)) == ("withhold", [name])
