"""Two nodes over 64 kbit/s with 30 % loss and a cut; and one whose disk is full. Minutes of it: tests/soak/bad_line.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kizuna.base.errors import UnavailableError
from kizuna.links.slow_link import Line, Shape
from node.share.pair import RULES, Side, fixes, free_port, introduce, pair, until, wall_ms

ALERTS = RULES.replace('kind = ["event.*"] }', 'kind = ["event.*"] }\nlane = "flash"')


@pytest.fixture
def over_a_line(tmp_path: Path) -> Iterator[tuple[Side, Side, Line]]:
    line, sides = Line(Shape(64_000, 0.1, 0.3), seed=5), []
    for party, back in (("north", True), ("south", False)):
        (tmp_path / party).mkdir()
        port = free_port()
        far = f"https://127.0.0.1:{line.towards(port, back=back)}"
        sides.append(Side(tmp_path / party, party, port, addresses=[far]))
    introduce(*sides)
    for side in sides:
        side.start()
    yield sides[0], sides[1], line
    line.cut()
    for side in sides:
        side.stop()
    line.close()


def link(side: Side) -> dict:
    return side.sharing.health()[0]["link"]


@pytest.mark.slow
def test_over_a_bad_line_that_is_cut_nothing_is_lost_or_doubled_and_the_state_is_told(
    over_a_line: tuple[Side, Side, Line],
) -> None:
    north, south, line = over_a_line
    north.rules(ALERTS % {"to": "south"})
    north.hear(fixes(60))
    until(lambda: len(south.shown()) == 60)
    until(lambda: link(north)["behind"] == 0 and link(north)["state"] == "up")

    line.cut()
    north.hear(fixes(60, first=100, at_ms=wall_ms() - 2000))
    until(lambda: link(north)["behind"] == 60 and link(north)["state"] == "down" and link(south)["state"] == "down")
    assert link(north)["fault"] in ("broken", "nobody")
    assert south.sharing.health()[0]["received"] == 60

    line.mend()
    until(lambda: south.sharing.health()[0]["received"] == 120)
    until(lambda: link(north)["behind"] == 0 and link(north)["state"] == link(south)["state"] == "up")
    [log] = [s for s in south.sharing.shared.logs.all("in") if s.size]
    held = [e.id for e in south.sharing.shared.logs.entries(log.name, 0, most=10**4, max_bytes=10**7)]
    told = [e.id for e in north.sharing.shared.logs.entries(log.name, 0, most=10**4, max_bytes=10**7)]
    assert held == told
    assert len(set(held)) == 120
    assert abs(link(south)["ahead_s"]) <= 1
    assert link(north)["drain_s"] == {"flash": 0, "routine": 0, "bulk": 0}
    assert not {s.halted for s in (*north.sharing.shared.logs.all(), *south.sharing.shared.logs.all())} - {""}


@pytest.mark.slow
def test_one_question_out_of_time_is_trouble_and_not_yet_a_line_that_is_down(tmp_path: Path) -> None:
    north, south = pair(tmp_path)
    north.start(), south.start()

    def after(words: str) -> tuple[str, str]:
        north.sharing.traffic.down("south", UnavailableError(f"does not answer: {words}"))
        return link(north)["state"], link(north)["fault"]

    try:
        until(lambda: link(north)["state"] == "up")
        until(lambda: after("timed out") == ("up", "timeout"))
        until(lambda: after("[Errno 104] Connection reset by peer") == ("down", "broken"))
        until(lambda: after("timed out") == ("down", "timeout"))
    finally:
        north.stop(), south.stop()


@pytest.mark.slow
def test_a_disk_that_fills_up_while_pages_come_shows_none_of_them_and_all_come_when_there_is_room(
    tmp_path: Path,
) -> None:
    north, south = pair(tmp_path)
    north.start(), south.start()
    try:
        north.rules(RULES % {"to": "south"})
        north.hear(fixes(5))
        until(lambda: len(south.shown()) == 5)
        store = south.sharing.shared.database
        full = store.row("PRAGMA page_count")[0] + 8
        store.change(lambda db: db.execute(f"PRAGMA max_page_count = {full}"))
        north.hear(fixes(900, first=100, at_ms=wall_ms() - 2000))
        until(lambda: link(north)["behind"] > 500)
        until(lambda: not south.sharing.shared.inbox.owed("north"))
        seen = south.sharing.shared.logs.state("north/1/south/test/routine").size
        assert store.row("SELECT count(*) FROM record")[0] == seen < 905
        store.change(lambda db: db.execute("PRAGMA max_page_count = 1073741823"))
        until(lambda: south.sharing.health()[0]["received"] == 905)
        until(lambda: len(south.shown()) == 900)
        assert not {s.halted for s in south.sharing.shared.logs.all()} - {""}
    finally:
        north.stop(), south.stop()
