"""What was not told in time is made up for: after a pause, a stop, a kill, and for rows that come late."""

import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.base.table import Table, empty, from_arrow
from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS
from kizuna.events.table import EVENTS
from kizuna.fixes.table import FIXES
from kizuna.node.share.desk.offboarding import from_now_on
from kizuna.node.share.door import Door, House
from kizuna.node.share.files import Places
from kizuna.node.share.identity import Identity, Marks, init, load
from kizuna.node.share.lines import loops as loops_
from kizuna.node.share.lines.loops import Loops, Tables
from kizuna.records import partner as records
from kizuna.records.partner import Partner, directory
from kizuna.records.record import decode
from kizuna.share import rules as rule_files
from kizuna.share.columns import Terms
from kizuna.share.publish import unpack
from kizuna.share.publish.memory import until_key
from kizuna.sources.batch import Batch, nothing
from kizuna.stores.keep import Keep, KeepParams, open_keep
from kizuna.stores.shared import Shared, open_shared
from node.share.pair import events
from node.share.test_introduction import NOW

T0 = 1_790_000_400_000  # a full hour is 400 s away
RULES = """
version = 1
[[rule]]
id = "positions"
clause = ["memo/1"]
match = { context = ["test"], kind = ["track.position"], source = ["tower"] }
to = ["south", "west"]
then = "release"
%s
[[rule]]
id = "events"
clause = ["memo/2"]
match = { context = ["test"], kind = ["event.*"] }
to = ["south", "west"]
then = "release"
"""
SOUTH = """
to = ["south"]
then = "release"
[[rule]]
id = "late-positions"
clause = ["memo/1"]
match = { context = ["test"], kind = ["track.position"], source = ["tower"] }
"""
PLAIN = ""
DELAYED = 'transform = ["delay delay_s=600 bucket_s=300", "coarsen_position cell_m=1000"]'
THINNED = 'transform = ["thin step_s=60"]'
HOURLY = 'transform = ["thin step_s=3600"]'
HELD = """
[[rule]]
id = "young"
to = ["south"]
then = "withhold"
match = { context = ["test"], kind = ["track.position"], age = { max_min = 20 } }
"""
HELD_DELAYED = DELAYED + HELD


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("keys")
    init(Places(home), "north", "test", passphrase="a long passphrase", random=os.urandom, hosts=["127.0.0.1"], now=NOW)
    return home


class Node:
    """A node without lines on a clock of its own: it hears, stops, is killed, and its officers pause partners."""

    def __init__(self, place: Path, identity: Identity, rules: str) -> None:
        self.place, self.identity = place, identity
        self.now, self.paused = T0, set[str]()
        self.from_ms: dict[str, int] = {}
        self.set = rule_files.load(RULES % rules)
        self.shared: Shared
        self.keep: Keep
        self.number = 0
        self.opened = 0
        self.start()

    def start(self) -> "Node":
        self.opened += 1
        (self.place / "store").mkdir(parents=True, exist_ok=True)
        params = KeepParams(full_sync=False, seal_rows=1000, seal_batches=16)
        self.keep = open_keep(self.place / "store", context="test", params=params)
        self.shared = open_shared(self.place / "share", context="test", durable=False, window_ms=0)
        house = House(
            self.identity, self.shared, Marks(self.place / "marks.json"), self.who, lambda: self.set,
            {"tower": Terms(True, frozenset({"all"}))}, (), bytes(range(32)), os.urandom, lambda: self.now,
            sources_of=lambda *_: frozenset({"tower"}), from_ms=lambda a: self.from_ms.get(a, 0),
        )  # fmt: skip
        self.door = Door(house)
        self.loops = Loops(self.door, Tables(self.keep, None), flash_s=0.1, routine_s=1.0)
        return self

    def stop(self) -> None:
        """As a kill: nothing is written at the end that was not written before."""
        self.shared.close()
        self.keep.close()

    def who(self) -> Any:
        states = {p: records.REVOKED if p in self.paused else records.ACTIVE for p in ("south", "west")}
        return directory("north", [Partner(p, state=state) for p, state in states.items()])

    def hear(self, table: Table, *, taken: bool = True) -> None:
        none = nothing()
        self.keep.append(Batch(table, none.statics, none.others, none.rejects, {}))
        if taken:
            self.loops.take(table)

    def run(self) -> None:
        """What the thread does, until nothing is owed."""
        self.door.sign_rest()
        self.loops.events()
        self.loops.positions()
        while self.loops.owed:
            self.loops.events()
            self.loops.positions()

    def told(self, to: str = "south", lane: str = "") -> list[Any]:
        logs = [s.name for s in self.shared.logs.all("out") if s.peer == to and s.name.endswith(lane)]
        return [
            decode(e.data)
            for g in logs
            for e in self.shared.logs.entries(g, 0, most=1 << 20, max_bytes=1 << 30)
            if e.data
        ]

    def words(self, to: str = "south") -> list[Any]:
        return sorted((r.kind, r.subject, r.observed_ms, r.geo, bytes(r.body)) for r in self.told(to))


def fixes(node: Node, count: int, *, ago_ms: int = 0, ship: int = 0) -> Table:
    """Positions observed a while ago and heard now."""
    rows = []
    for k in range(count):
        node.number += 1
        rows.append({
            "msg_id": node.number, "mmsi": 431_000_001 + (ship or k), "timestamp": node.now - ago_ms - 100 * k,
            "lat": 24.5 + node.number * 1e-3, "lon": 123.5, "received_at": node.now, "source_id": "tower",
            "context": "test", "label": "nobody", "flags": 0, "byte_offset": 0,
        })  # fmt: skip
    form = empty(FIXES).to_arrow().schema
    return from_arrow(FIXES, pa.table({c: pa.array([r[c] for r in rows], form.field(c).type) for c in rows[0]}))


@pytest.fixture
def node(tmp_path: Path, keys: Path) -> Any:
    made = Node(tmp_path, load(Places(keys), "north", "North", "test"), PLAIN)
    yield made
    made.stop()


def minutes(node: Node, count: int, *, taken: bool = True, **more: Any) -> None:
    for _ in range(count):
        node.now += MINUTE_MS
        node.hear(fixes(node, 3, **more), taken=taken)
        node.now += 2_000
        if taken:
            node.run()


def test_what_was_not_told_during_a_pause_is_made_up_for_in_bulk_once(node: Node) -> None:
    minutes(node, 3)
    node.paused = {"south"}
    minutes(node, 60)
    assert len(node.told("south")) == 9 and len(node.told("west")) == 189
    node.paused = set()
    node.run()
    node.run()
    assert node.words("south") == node.words("west") and len(node.told("south")) == 189
    bulk = {r.observed_ms for r in node.told("south", "/bulk")}
    assert len(bulk) > 100 and max(bulk) < node.now - 14 * MINUTE_MS
    assert not node.told("west", "/bulk")


def test_a_partner_resumed_from_now_on_is_told_nothing_of_the_pause(node: Node) -> None:
    minutes(node, 3)
    node.paused = {"south"}
    minutes(node, 30)
    node.paused, node.from_ms = set(), {"south": node.now}
    minutes(node, 2)
    seen = [r.observed_ms for r in node.told("south")]
    assert len(seen) == 15 and not [t for t in seen if T0 + 4 * MINUTE_MS < t < node.from_ms["south"] - MINUTE_MS]


def test_from_now_on_holds_where_another_rule_delays(node: Node) -> None:
    """Rows that come due for West in the first run after the pause came due for South in its midst."""
    west = 'to = ["west"]\nthen = "release"\ntransform = ["delay delay_s=1800 bucket_s=600"]'
    node.set = rule_files.load((RULES % "").replace('to = ["south", "west"]\nthen = "release"\n', SOUTH + west, 1))
    minutes(node, 3)
    node.paused = {"south"}
    minutes(node, 64)
    node.paused, node.from_ms = set(), {"south": node.now}
    minutes(node, 12)
    assert not [r for r in node.told("south") if T0 + 4 * MINUTE_MS < r.observed_ms < node.from_ms["south"] - 5_000]
    assert len(node.told("south")) == 15 * 3 and node.told("west")


def test_new_events_go_out_between_the_steps_of_what_is_owed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops_, "WORK_S", 0.0)
    minutes(node, 2)
    node.paused = {"south"}
    minutes(node, 50)
    node.paused = set()
    node.now += 1_000
    node.loops.positions()
    assert node.loops.owed
    node.keep.put_events(events(1, at_ms=node.now - 500))
    node.now += 1_000
    node.loops.events()
    assert [r.kind for r in node.told("south", "/routine") + node.told("south", "/flash")].count("event.gap") == 1
    assert node.loops.owed, "the event did not wait for what is owed"
    node.run()
    assert node.words("south") == node.words("west")


def test_events_of_a_pause_are_made_up_for_also_when_it_was_long(node: Node) -> None:
    minutes(node, 1)
    node.paused = {"south"}
    for k in range(4):
        node.now += DAY_MS
        table = events(1, at_ms=node.now - 4_000)
        node.keep.put_events(table.replace(event_id=pa.array([f"gap-{k}"])))
        node.run()
    node.paused = set()
    node.now += 1_000
    node.run()
    node.run()
    assert [r.kind for r in node.told("south")].count("event.gap") == 4
    assert node.words("south") == node.words("west")
    assert [r.kind for r in node.told("south", "/bulk")].count("event.gap") == 3


def test_after_a_kill_rows_that_were_stored_and_not_offered_go_out_however_late_they_came(node: Node) -> None:
    minutes(node, 5)
    node.hear(fixes(node, 4, ago_ms=9 * HOUR_MS))  # stored, at hand, never offered
    node.hear(fixes(node, 4))
    node.stop()
    node.now += 40_000
    node.start()
    node.run()
    assert len(node.told()) == 15 + 8
    node.stop()
    node.start()
    node.run()
    assert len(node.told()) == 15 + 8


def test_rows_that_another_process_stored_while_the_node_was_down_go_out(node: Node) -> None:
    minutes(node, 5)
    node.stop()
    node.start()
    for ago in (0, 5 * MINUTE_MS, 3 * HOUR_MS, 30 * HOUR_MS):
        node.now += 20 * MINUTE_MS
        node.hear(fixes(node, 2, ago_ms=ago), taken=False)
    node.stop()
    node.now += 26 * HOUR_MS
    node.start()
    node.run()
    assert len(node.told()) == 15 + 8 and node.words("south") == node.words("west")


def test_a_row_that_is_stored_after_its_second_was_told_is_not_lost(node: Node) -> None:
    minutes(node, 2)
    table = fixes(node, 2)  # received now, but it takes four seconds until it is stored
    node.now += 4_000
    node.run()
    node.hear(table)
    node.now += 2_000
    node.run()
    assert len(node.told()) == 8


def test_a_late_row_that_comes_while_a_partner_is_brought_up_reaches_it(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops_, "WORK_S", 0.0)
    minutes(node, 2)
    node.paused = {"south"}
    minutes(node, 50)
    node.paused = set()
    node.loops.positions()
    node.now += 10_000
    node.hear(fixes(node, 3, ago_ms=5 * HOUR_MS))
    node.now += 10_000
    node.run()
    assert node.words("south") == node.words("west")


def test_what_is_withheld_while_it_is_young_goes_out_once_when_it_is_old_enough(node: Node) -> None:
    node.set = rule_files.load((RULES % PLAIN) + HELD)
    minutes(node, 10)
    assert len(node.told("south")) == 0 and len(node.told("west")) == 30
    node.stop()
    node.now += 14 * MINUTE_MS  # the eldest come of age meanwhile
    node.start()
    node.run()
    first = node.told("south")
    assert 0 < len(first) < 30 and max(r.observed_ms for r in first) <= node.now - 20 * MINUTE_MS
    for _ in range(3):
        node.now += 5 * MINUTE_MS
        node.run()
        node.stop()
        node.start()
        node.run()
    assert len(node.told("south")) == 30 and node.words("south") == node.words("west")


def test_a_row_that_comes_when_it_is_old_enough_goes_out_with_the_next_run(node: Node) -> None:
    node.set = rule_files.load((RULES % PLAIN) + HELD)
    node.run()
    minutes(node, 1, ago_ms=30 * MINUTE_MS)
    assert len(node.told("south")) == 3 and node.words("south") == node.words("west")


SECONDS, HOURS = (
    [1_000, 3_000, 20_000, 57_000],
    [31 * MINUTE_MS, 61 * MINUTE_MS, 2 * HOUR_MS, 8 * HOUR_MS, 30 * HOUR_MS],
)
AGO = st.sampled_from([0, 0, 0, 0, 3_000, 30_000, 90_000, 5 * MINUTE_MS, 20 * MINUTE_MS, *HOURS])
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.integers(1, 4), AGO),
        st.tuples(st.sampled_from(["slow", "other"]), st.sampled_from(SECONDS), AGO),
        st.tuples(st.just("wait"), st.sampled_from([*SECONDS, MINUTE_MS, 11 * MINUTE_MS, 40 * MINUTE_MS, 7 * HOUR_MS]), AGO),
        st.tuples(st.sampled_from(["pause", "resume", "kill", "down", "look", "cut"]), st.integers(1, 3), AGO),
    ),
    min_size=3, max_size=25,
)  # fmt: skip


class CutError(Exception):
    """The process died here."""


class Pair:
    """A node at which South is paused and which is killed at will, and an undisturbed one beside it."""

    def __init__(self, place: Path, identity: Identity, rules: str) -> None:
        self.node, self.calm = (Node(place / name, identity, rules) for name in ("node", "calm"))

    def both(self, table: Table, *, taken: bool = True) -> None:
        self.node.hear(table, taken=taken)
        self.calm.hear(table)

    def wait(self, ms: int) -> None:
        """Time goes by at a node that is down."""
        self.node.now += ms
        self.calm.now = self.node.now
        self.calm.run()

    def act(self, act: str, count: int, ago_ms: int) -> None:
        """One thing that happens to both."""
        node = self.node
        if act == "hear":
            self.both(fixes(node, count, ago_ms=ago_ms))
        elif act == "slow":  # a run goes by while it is stored
            table = fixes(node, 2, ago_ms=ago_ms)
            self.act("wait", count, 0)
            self.both(table)
        elif act == "wait":
            self.wait(count)
            node.run()
        elif act in ("pause", "resume"):
            node.paused = {"south"} if act == "pause" else set()
        elif act == "look":  # no time for more than a step
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(loops_, "WORK_S", 0.0)
                node.loops.positions()
        else:
            self.break_off(act, count, ago_ms)

    def break_off(self, act: str, count: int, ago_ms: int) -> None:
        """The node is killed: now, in the middle of a run, or to be down for a while; another process stores rows."""
        node = self.node
        if act == "cut":
            told = iter(range(count))
            tell = node.door.tell

            def dying(*args: Any, **kwargs: Any) -> Any:
                if next(told, None) is None:
                    raise CutError
                return tell(*args, **kwargs)

            with pytest.MonkeyPatch.context() as patch, contextlib.suppress(CutError):
                patch.setattr(node.door, "tell", dying)
                node.run()
        node.stop()
        if act == "other":
            self.both(fixes(node.start(), 2, ago_ms=ago_ms), taken=False)
            node.stop()
            self.wait(count)
        elif act == "down":
            self.wait(35 * MINUTE_MS)
        node.start()


@pytest.mark.parametrize("rules", [PLAIN, DELAYED, THINNED, HOURLY, HELD, HELD_DELAYED])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_partners_are_told_what_they_would_have_been_told(
    tmp_path_factory: pytest.TempPathFactory, keys: Path, rules: str, acts: list[tuple[str, int, int]]
) -> None:
    """Record by record; under rules that delay or thin as under others, however late a row came."""
    pair = Pair(tmp_path_factory.mktemp("n"), load(Places(keys), "north", "North", "test"), rules)
    begin, end = [("hear", 2, 0), ("wait", 3_000, 0)], [("resume", 0, 0), *(("wait", h, 0) for h in (40 * MINUTE_MS, 3 * HOUR_MS))]  # fmt: skip
    for act in (*begin, *acts, *end):
        pair.act(*act)
    for to in ("south", "west"):
        said = pair.node.words(to)
        assert said == pair.calm.words(to)
        assert len({r.derived_from or (r.subject, r.observed_ms, r.geo) for r in pair.node.told(to)}) == len(said)
    pair.node.stop()
    pair.calm.stop()


def retracted(table: Table) -> Table:
    """The second version of an event: it is held to be true no more."""
    arrow = table.to_arrow()
    for name, value in (("status", "retracted"), ("version", 2)):
        at = arrow.schema.get_field_index(name)
        arrow = arrow.set_column(
            at, arrow.schema.field(at), pa.array([value] * len(table)).cast(arrow.schema.field(at).type)
        )
    return from_arrow(EVENTS, arrow)


def test_events_are_forgotten_after_a_month_and_whoever_was_told_still_hears_that_one_is_gone(node: Node) -> None:
    first = events(1, at_ms=node.now - 4_000)
    node.keep.put_events(first)
    node.run()
    node.now += 2_000
    node.run()
    assert set(node.door._memory.events["south"]) == {"gap-0"}
    node.now += 40 * DAY_MS
    node.keep.put_events(events(1, at_ms=node.now - 4_000).replace(event_id=pa.array(["gap-9"])))
    node.run()
    node.now += 2_000
    node.run()
    assert set(node.door._memory.events["south"]) == {"gap-9"}
    node.stop()
    node.start()
    assert set(node.door._memory.events["south"]) == {"gap-9"}
    assert node.door._memory.until[until_key("south", "event")] > T0 + 39 * DAY_MS
    node.keep.put_events(retracted(first))
    for _ in range(3):
        node.now += 2_000
        node.run()
    said = [msgspec.json.decode(r.body) for r in node.told() if r.kind == "event.gap"]
    assert [(b["event_id"], b.get("status")) for b in said][-1] == ("gap-0", "retracted") and len(said) == 3
    assert node.words("south") == node.words("west")


def test_an_event_that_nobody_was_told_of_is_not_told_to_be_gone(node: Node) -> None:
    node.run()
    node.keep.put_events(retracted(events(1, at_ms=node.now - 4_000)))
    for _ in range(3):
        node.now += 2_000
        node.run()
    assert node.told() == []


def test_a_memory_of_the_first_form_is_read(node: Node) -> None:
    old = msgspec.msgpack.encode([1, [], {"south": {"gap-0": "ab"}}, {until_key("south", "event"): T0}])
    assert unpack(old).events == {"south": {"gap-0": ("ab", T0)}}
    assert unpack(unpack(old).pack()) == unpack(old)


def test_resuming_from_now_on_is_in_the_decision_log(node: Node) -> None:
    class Book:
        def change(self, party: str, **what: Any) -> None:
            self.said = party, what

    sharing: Any = type("S", (), {"now_ms": staticmethod(lambda: node.now), "partners": Book(), "shared": node.shared})
    from_now_on(sharing, "south", "aiko")
    assert sharing.partners.said == ("south", {"state": "active", "told_from_ms": node.now})
    [line] = node.shared.decisions.lines()
    assert (line.decided.to, line.decided.verdict) == ("south", "withhold") and "aiko" in line.decided.why


def test_a_frozen_front_is_that_of_the_last_run(node: Node) -> None:
    minutes(node, 2)
    before = node.loops.fronts.of("south", "track.position", node.now)
    node.paused = {"south"}
    minutes(node, 3)
    assert node.loops.fronts.of("south", "track.position", node.now) == before
    assert node.loops.fronts.of("west", "track.position", node.now) > before
    assert np.all([g.audiences == ("west",) for g in node.loops.fronts.groups(node.set, "event", node.now)])
