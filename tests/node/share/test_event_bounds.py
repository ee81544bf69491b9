"""What is derived of several sources leaves only where every one of them lets it."""

from pathlib import Path

import numpy as np
import pytest

from kizuna.node.share.door import Rows
from kizuna.sources.batch import Batch, nothing
from node.share.onward_nodes import Node, chain, made
from node.share.pair import RULES, events, fixes, wall_ms


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("bounds"), "north", "south")


def hears(node: Node, source: str, first: int, at_ms: int) -> None:
    none = nothing()
    node.keep.append(
        Batch(fixes(1, first=first, source=source, at_ms=at_ms), none.statics, none.others, none.rejects, {})
    )


@pytest.mark.parametrize(("also", "released"), [("", True), ("harbour radar", False)])
def test_an_event_is_bound_by_every_source_of_its_track(homes: Path, tmp_path: Path, also: str, released: bool) -> None:
    north, south = chain(homes, tmp_path, "north", "south")
    north.rules((RULES % {"to": "south"}).replace("memo/2", "memo/1"))
    end_ms = wall_ms() - 60_000
    hears(north, "tower", 0, end_ms - 1000)
    if also:
        hears(north, also, 1, end_ms - 2000)
    gap = events(1, at_ms=end_ms)
    assert set(gap.codes_of("label")) == {"nobody"}, "nobody has chosen: the rules do, within what the sources allow"
    north.sharing.door.tell(Rows(events=gap, known_ms=np.array([wall_ms()])), until_ms=wall_ms() + 5000)
    [line] = [x.decided for x in north.sharing.shared.decisions.lines() if x.decided.to == "south"]
    assert (line.verdict == "release") is released
    assert ("bound.terms" in line.rules) is not released
    north.end(), south.end()
