"""After a new epoch: what readers acknowledged before is not told again, what they did not is, and each counts once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kizuna.base.table import Table
from kizuna.node.share import epoch, ledgers
from kizuna.node.share.door import Rows
from kizuna.node.share.lines.page_exchange import Exchange
from kizuna.node.share.views import exposed
from kizuna.share.publish.memory import Memory
from node.share.onward_nodes import Node, agreed, chain, made, sync
from node.share.pair import RULES, fixes, wall_ms

PARTIES = ("north", "south")


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("epochs"), *PARTIES)


@pytest.fixture
def two(homes: Path, tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    north, south = chain(homes, tmp_path, *PARTIES)
    north.rules((RULES % {"to": "south"}).replace("memo/2", "memo/1"))
    yield north, south
    north.end(), south.end()


def goes_on_in_a_new_epoch(north: Node) -> None:
    """As after a backup was restored: nothing is remembered of what was told, and the root key begins anew."""
    epoch.begin(north.sharing, "a long passphrase")
    north.sharing.shared.notes.put({"publish memory": Memory().pack()})
    north.again()
    agreed(north.office, "south")


def tell(node: Node, rows: Table) -> None:
    node.sharing.door.tell(Rows(fixes=rows), until_ms=int(rows["received_ms"].max()) + 2000)


def heard_later(n: int) -> Table:
    """Positions that come when all before were told."""
    rows = fixes(n, first=20, at_ms=wall_ms() - 60_000)
    return rows.replace(received_ms=rows["received_ms"] + 10_000)


def sizes(node: Node) -> dict[str, int]:
    return {s.name: s.size for s in node.sharing.shared.logs.all("out") if s.peer == "south"}


def test_what_was_acknowledged_is_not_told_again_and_what_was_not_is(two: tuple[Node, Node]) -> None:
    north, south = two
    rows, later = fixes(5), heard_later(7)
    tell(north, rows)
    sync(north, south)
    assert north.sharing.shared.outbox.acks("north/1/south/test/routine")["south"].size == 5
    tell(north, later)
    told = sum(sizes(north).values()) - 5
    assert told == 7
    goes_on_in_a_new_epoch(north)
    tell(north, rows)
    assert sum(n for log, n in sizes(north).items() if log.startswith("north/2")) == 0, "south has them"
    tell(north, later)
    assert sizes(north)["north/2/south/test/routine"] == 7, "whether south has them nobody knows"


def test_where_all_was_acknowledged_the_ledger_and_the_exposure_count_each_once(two: tuple[Node, Node]) -> None:
    north, south = two
    rows = fixes(5)
    tell(north, rows)
    sync(north, south)
    before = exposed.count(north.office, "south")
    goes_on_in_a_new_epoch(north)
    for text in north.sharing.identity.manifests:
        south.partners.learn("north", text)
    tell(north, rows)
    tell(north, heard_later(1))
    sync(north, south)
    after = exposed.count(north.office, "south")
    assert (after.released, after.confirmed) == (before.released + 1, before.confirmed + 1) == (6, 6)
    assert sum(row["size"] for row in ledgers.told_to(north.sharing, "south")) == 6
    assert len(south.shown()) == 5


def test_a_receipt_that_never_came_lets_all_be_told_again_and_the_receiver_keeps_each_once(
    two: tuple[Node, Node],
) -> None:
    north, south = two
    rows = fixes(5)
    tell(north, rows)
    [page] = Exchange(north.sharing, print).pages("south", "north/1/south/test/routine", 0, 5)
    assert Exchange(south.sharing, print).take("north", page).new == 5
    goes_on_in_a_new_epoch(north)
    for text in north.sharing.identity.manifests:
        south.partners.learn("north", text)
    tell(north, rows)
    sync(north, south)
    ids = [e.id for s in south.sharing.shared.logs.all("in") for e in
           south.sharing.shared.logs.entries(s.name, 0, most=99, max_bytes=1 << 20)]  # fmt: skip
    assert (len(ids), len(set(ids)), len(south.shown())) == (10, 5, 5)
