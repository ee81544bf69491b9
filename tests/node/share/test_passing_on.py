"""Threat information of a partner goes on as it came, to whom our rules release it and to nobody else."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kizuna.formats.taxii.requests import want_of
from kizuna.node.share.desk.office import Office
from kizuna.node.share.sharing import Received
from kizuna.records.label import EVERYBODY, Label, Reshare, Tlp
from kizuna.records.record import Record, decode, encode, record_id
from node.share.pair import Side, agreed, free_port, introduce, pair, wall_ms

BODY = (
    b'{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",'
    b'"created":"2026-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z",'
    b'"pattern":"[domain-name:value = \'x.example\']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"}'
)
FREE = Label(tlp=Tlp.CLEAR, rel_to=frozenset((EVERYBODY,)), reshare=Reshare.FREE, originator="north")
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


def came(label: Label, n: int = 1) -> Received:
    record = Record(kind="cti.stix", origin="north", observed_ms=wall_ms(), body=msgspec.Raw(BODY), label=label,
                    context="test", subject=(f"stix:{n}",))  # fmt: skip
    data = encode(record)
    return Received(n, "north", "north/1/south/test/routine", n, record_id(data), data, decode(data))


@pytest.fixture
def south(tmp_path: Path) -> Iterator[tuple[Side, Office]]:
    _, south = pair(tmp_path)
    (tmp_path / "forum").mkdir()
    introduce(south, Side(tmp_path / "forum", "forum", free_port()))
    south.open()
    office = Office(south.sharing)
    office.open()
    agreed(office, "north", "forum")
    yield south, office
    office.close()
    south.stop()


def shelf(office: Office, partner: str) -> bytes:
    office.taxii.update(partner)
    want = want_of((), where="objects")
    return repr([office.taxii.shelf.rows(partner, c.id, want) for c in office.taxii.collections(partner)]).encode()


def told(south: Side) -> dict[str, list[bytes]]:
    logs = south.sharing.shared.logs
    return {s.name: [e.data for e in logs.entries(s.name, 0, most=9, max_bytes=1 << 20)] for s in logs.all("out")}


def test_without_rules_nothing_is_passed_on(south: tuple[Side, Office]) -> None:
    side, office = south
    office.taxii.received(came(FREE))
    assert told(side) == {}


def test_what_our_rules_release_goes_on_in_the_bytes_in_which_it_came(south: tuple[Side, Office]) -> None:
    side, office = south
    side.rules(RULES % ("CLEAR", "free"))
    one = came(FREE)
    office.taxii.received(one)
    office.taxii.received(one)
    assert list(told(side).values()) == [[one.data]], "once, as it came, under its own label"
    assert b"8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f" in shelf(office, "forum")
    assert b"8e2e2d2b" not in shelf(office, "north")


@pytest.mark.parametrize(
    ("label", "given"),
    [
        (msgspec.structs.replace(FREE, reshare=Reshare.NONE), ("CLEAR", "free")),
        (Label(tlp=Tlp.AMBER, rel_to=frozenset(("south",)), originator="north"), ("AMBER", "consent")),
        (FREE, ("AMBER", "none")),
    ],
)
def test_neither_beyond_the_originators_word_nor_under_a_wider_label_than_ours(
    south: tuple[Side, Office], label: Label, given: tuple[str, str]
) -> None:
    side, office = south
    side.rules(RULES % given)
    one = came(label)
    office.taxii.received(one)
    assert told(side) == {}
    [line] = side.sharing.shared.decisions.lines()
    assert (line.decided.verdict, list(line.decided.ids)) == ("withhold", [one.id])
