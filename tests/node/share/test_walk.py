"""Two fresh nodes, two operators: eight actions and less than five minutes until each sees what the other hears."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import pytest

from node.share.walking import MMSI, OTHER_MMSI, OTHER_SENTENCE, RULES, Operator, introduced, until


pytestmark = pytest.mark.slow


def cpu_s() -> float:
    """Of this process and of all those that it waited for."""
    return sum(getrusage(who).ru_utime + getrusage(who).ru_stime for who in (RUSAGE_SELF, RUSAGE_CHILDREN))


@pytest.fixture
def operators(tmp_path: Path) -> Iterator[tuple[Operator, Operator]]:
    north, south = Operator(tmp_path, "north"), Operator(tmp_path, "south")
    north.fresh(), south.fresh()
    yield north, south
    for each in (north, south):
        each.stops()


def test_two_fresh_nodes_exchange_after_eight_actions(operators: tuple[Operator, Operator], tmp_path: Path) -> None:
    north, south = operators
    begun, used = time.monotonic(), cpu_s()
    introduced(tmp_path, north, south)
    north.activates(RULES.format(to="south", tlp="AMBER"))
    south.activates(RULES.format(to="north", tlp="AMBER"))
    north.runs(), south.runs()
    until(lambda: north.hears() or south.shown().get(MMSI) == "partner:north")
    until(lambda: south.hears(OTHER_SENTENCE) or north.shown().get(OTHER_MMSI) == "partner:south")
    until(lambda: south.received() and south.ledger()[0]["size"])
    assert north.actions + south.actions <= 8
    wall_s = time.monotonic() - begun
    north.stops(), south.stops()
    assert min(wall_s, cpu_s() - used) < 300  # what others do on the machine meanwhile does not count
    assert north.quiet("ledger", "verify", north.home)
    assert south.quiet("ledger", "verify", south.home)
    assert "whole" in south.quiet("ledger", "verify", south.home)


def test_a_kill_of_either_side_loses_and_doubles_nothing(operators: tuple[Operator, Operator], tmp_path: Path) -> None:
    north, south = operators
    introduced(tmp_path, north, south)
    north.activates(RULES.format(to="south", tlp="AMBER"))
    south.signs()
    north.runs(), south.runs()
    until(lambda: north.hears() or south.shown().get(MMSI) == "partner:north")
    for victim in (south, north, south):
        victim.stops(signal.SIGKILL)
        for _ in range(5):
            north.hears()
        victim.runs()
        until(lambda: north.hears() or (north.told() and south.received() == north.told()), 1.0)
    north.stops(), south.stops()
    assert "whole" in north.quiet("ledger", "verify", north.home)
    assert "whole" in south.quiet("ledger", "verify", south.home)
    ids = [row["record"] for row in json.loads(
        south.quiet("ledger", "show", south.home, "--log", "north/1/south/test/routine", "--most", 10_000, "--json")
    )["rows"]]  # fmt: skip
    assert len(ids) == len(set(ids))


def test_a_copy_of_a_node_holds_what_was_told_but_no_marks_and_no_root_key(
    operators: tuple[Operator, Operator], tmp_path: Path
) -> None:
    north, south = operators
    introduced(tmp_path, north, south)
    north.activates(RULES.format(to="south", tlp="AMBER"))
    north.quiet("node", "backup", north.home, tmp_path / "copy")
    north.quiet("node", "restore", tmp_path / "copy", tmp_path / "again")
    names = {p.name for p in (tmp_path / "again").rglob("*") if p.is_file()}
    assert "shared-test.db" in names
    assert "south.json" in names
    assert "test-page.key" in names
    assert not {n for n in names if n.startswith("marks-") or n == "root.key"}
    assert "AMBER" in north.quiet("partner", "list", tmp_path / "again")
    refused = north.quiet("rules", "activate", north.home, "1", "--by", "aiko", "--password-file",
                          tmp_path / "ben.password", ok=(4,))  # fmt: skip
    assert refused == ""
