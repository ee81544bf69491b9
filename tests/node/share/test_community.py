"""Communities between nodes: lists come by the line, count where their founder is known, and open logs of their own."""

from pathlib import Path

import pytest

from kizuna.base.errors import InputError
from kizuna.node.share.trust.membership import Membership
from kizuna.records.record import decode
from kizuna.stores.shared import open_shared
from node.share.pair import RULES, Side, fixes, free_port, introduce, pair, until, wall_ms

WATCH = "c:watch"
FOUNDED = {"founders": [f"{WATCH} = north"]}


def now_in(side: Side) -> set[str]:
    found = {c.id: c.members for c in side.sharing.communities()}
    return set(found.get(WATCH, ()))


def texts(side: Side, log: str) -> list[bytes]:
    return [e.data for e in side.sharing.shared.logs.entries(log, 0, most=100, max_bytes=1 << 20) if e.data]


@pytest.mark.slow
def test_what_is_told_to_a_community_reaches_its_members_and_nobody_else(tmp_path: Path) -> None:
    north, south = pair(tmp_path, **FOUNDED)
    (tmp_path / "forum").mkdir()
    forum = Side(tmp_path / "forum", "forum", free_port(), **FOUNDED)
    introduce(north, forum)
    for each in ("south", "forum"):
        north.partners.change(each, communities=[WATCH])
    three = [side.start() for side in (north, south, forum)]
    try:
        north.sharing.membership.found(WATCH, ["south"], now_ms=wall_ms(), title="Watch")
        until(lambda: now_in(south) == {"north", "south"})
        north.rules(RULES % {"to": WATCH})
        north.hear(fixes(3))
        until(lambda: len(south.shown()) == 3)
        log = f"north/1/{WATCH}/test/routine"
        assert {s.name for s in south.sharing.shared.logs.all("in")} >= {log}
        assert {decode(d).label.rel_to for d in texts(south, log)} == {frozenset((WATCH,))}
        assert forum.sharing.shared.logs.all("in") == []
        assert now_in(forum) == set()
        # one more member: it is shown the lists before its own, and what it was no member for comes without a word
        north.sharing.membership.change(WATCH, add=["forum"], now_ms=wall_ms())
        until(lambda: now_in(forum) == now_in(south) == {"north", "south", "forum"})
        north.hear(fixes(1, first=50, at_ms=wall_ms() - 2000))
        until(lambda: forum.sharing.health()[0]["received"] >= 4)
        # who leaves is told nothing more
        south.sharing.membership.leave(WATCH, now_ms=wall_ms())
        until(lambda: now_in(north) == now_in(south) == {"north", "forum"})
        assert WATCH not in north.sharing.audiences("south")
        had = len(texts(south, log))
        north.hear(fixes(1, first=90, at_ms=wall_ms() - 1000))
        until(lambda: len(texts(forum, log)) > had)
        assert len(texts(south, log)) == had
    finally:
        for side in three:
            side.stop()


def test_a_list_of_somebody_else_than_the_founder_does_not_count(tmp_path: Path) -> None:
    with open_shared(tmp_path, context="test") as ours, open_shared(tmp_path / "2", context="test") as theirs:
        here = Membership({WATCH: "north"}, "south", "test", ours.papers)
        there = Membership({WATCH: "west"}, "west", "test", theirs.papers)
        there.found(WATCH, ["south"], now_ms=1)
        [(_, record, reach)] = there.owed()
        from kizuna.records.record import encode

        assert reach == {"south"}
        with pytest.raises(InputError):
            here.take(encode(record), "north", 1)
        here.take(encode(record), "west", 1)
        assert here.all() == ()
        assert list(here.refused().values()) == ["west is not the founder of c:watch"]
        # the operator settles on that founder later: what was kept counts then
        assert [c.members for c in Membership({WATCH: "west"}, "south", "test", ours.papers).all()] == [
            frozenset(("west", "south"))
        ]


def test_what_another_process_writes_counts_at_the_next_look(tmp_path: Path) -> None:
    with open_shared(tmp_path, context="test") as one, open_shared(tmp_path, context="test") as two:
        node = Membership({WATCH: "north"}, "north", "test", one.papers)
        command = Membership({WATCH: "north"}, "north", "test", two.papers)
        assert node.all() == ()
        command.found(WATCH, ["south"], now_ms=5)
        command.change(WATCH, add=["forum"], remove=["south"], now_ms=6)
        node.look()
        assert [(c.version, c.members) for c in node.all()] == [(2, frozenset(("north", "forum")))]
        reach = {decode_version(r): to for _, r, to in node.owed()}
        assert reach == {1: {"south", "forum"}, 2: {"south", "forum"}}
        with pytest.raises(InputError, match="founded already"):
            node.found(WATCH, [], now_ms=7)
        with pytest.raises(InputError, match="nothing changes"):
            node.change(WATCH, add=["forum"], now_ms=7)


def decode_version(record: object) -> int:
    from kizuna.records.kinds import read_body

    return int(read_body(record).version)  # type: ignore[arg-type]
