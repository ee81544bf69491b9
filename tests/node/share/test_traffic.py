"""Two nodes over real sockets: what one hears, the other sees, by rules and with its origin, whatever breaks between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.share.pair import RULES, Side, fixes, pair, until


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    north, south = pair(tmp_path)
    north.start(), south.start()
    yield north, south
    for side in (north, south):
        side.stop()


def test_positions_reach_the_partners_picture_with_their_origin(sides: tuple[Side, Side]) -> None:
    north, south = sides
    north.rules(RULES % {"to": "south"})
    north.hear(fixes(5))
    shown = until(lambda: south.shown() if len(south.shown()) == 5 else None)
    assert {source for source, _, _ in shown.values()} == {"partner:north"}
    [row] = south.sharing.health()
    assert (row["id"], row["received"], row["link"]["state"]) == ("north", 5, "up")
    until(lambda: north.sharing.health()[0]["link"]["behind"] == 0)
    assert north.troubles.get("sharing out", "") == ""
