"""The dry run says what a node tells: the same records, and of two rule sets every difference between theirs."""

import random
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kizuna.base.table import Table
from kizuna.base.units import HOUR_MS, MINUTE_MS
from kizuna.events.table import STATUSES
from kizuna.fixes.detections import DETECTIONS
from kizuna.node.share.files import Places
from kizuna.node.share.identity import load
from kizuna.node.share.lines.loops import Loops, Tables
from kizuna.node.share.preview import Period, StoreHistory, compared, rehearse
from kizuna.node.share.preview import history as history_
from kizuna.node.share.preview.said import Said, words_of
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.share import rules as rule_files
from kizuna.share.publish.run import Workshop
from kizuna.sources.batch import Batch, nothing
from node.api.fake_keep import table
from node.share.pair import events
from node.share.test_backlog import T0, Node, fixes, keys  # noqa: F401  a fixture

RULES = """
version = 1
[[rule]]
id = "all"
clause = ["memo/1"]
match = { context = ["test"], kind = %s%s }
to = ["south", "west"]
then = "release"
%s
[[rule]]
id = "events"
clause = ["memo/2"]
match = { context = ["test"], kind = ["event.*"] }
to = ["south"]
then = "release"
"""
BOTH = '["track.position", "detection"]'
FORMS = {
    "plain": "",
    "delayed": 'transform = ["delay delay_s=1800 bucket_s=600"]',
    "coarse": 'transform = ["coarsen_position cell_m=5000"]',
    "thinned": 'transform = ["thin step_s=600"]',
    "hidden": 'transform = ["stop zones=bay cell_m=5000 quiet_s=1800"]',
}


class Seen:
    """Detections, all judged for good."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def judged(self, start_ms: int, end_ms: int) -> tuple[Table, Any]:
        rows = [r for r in self.rows if start_ms <= r["time_ms"] < end_ms]
        return table(DETECTIONS, rows), np.ones(len(rows), np.bool_)


class Station(Node):
    """A node with a zone and detections."""

    def start(self) -> "Station":
        super().start()
        self.seen = Seen()
        corners = [(123.4, 24.65), (123.7, 24.65), (123.7, 24.9), (123.4, 24.9), (123.4, 24.65)]
        zone = Zone("bay", "Bay", "sensitive", "", "", (np.array(corners),))
        house = self.door.house
        house.zones, house.index = (zone,), ZoneIndex.build((zone,))
        self.door._shop = Workshop(self.door.shop.author, self.door.shop.tools, (zone,))
        self.loops = Loops(self.door, Tables(self.keep, self.seen), flash_s=0.1, routine_s=1.0)
        return self

    def minute(self, chance: random.Random) -> None:
        self.now += MINUTE_MS
        self.hear(fixes(self, 3))
        if chance.random() < 0.2:
            self.hear(fixes(self, 1, ago_ms=chance.randrange(HOUR_MS), ship=7))
        self.sight(chance)
        if chance.random() < 0.3:
            self.loops.events()  # a node looks every second: what is due goes out before the next version is known
            self.event(chance)
        self.now += 2_000
        self.run()
        self.loops.detections()

    def sight(self, chance: random.Random) -> None:
        """Now and then a detection."""
        if chance.random() < 0.3:
            self.seen.rows.append({
                "det_id": self.number, "time_ms": self.now - 5_000, "lat_deg": 24.4 + 0.3 * chance.random(), "lon_deg": 123.5,
                "mmsi": 431_000_001 if chance.random() < 0.5 else 0, "source_id": "tower", "context": "test",
                "label": "nobody", "sensor": "radar", "verdict": "dark", "length_m": 30.0,
            })  # fmt: skip

    def event(self, chance: random.Random) -> None:
        """A new event, or a new version of one of the last."""
        name = f"gap-{chance.randrange(6)}"
        version = self.versions[name] = self.versions.get(name, 0) + 1
        row = events(1, at_ms=self.now - 4_000).replace(
            event_id=pa.array([name]), version=np.array([version], np.int32)
        )
        if chance.random() < 0.3:
            words = list(STATUSES)
            row = row.replace(status=np.array([words.index("retracted")], np.int32))
        self.keep.put_events(row)

    versions: dict[str, int]

    def logged(self, to: str) -> Counter[int]:
        logs = [s.name for s in self.shared.logs.all("out") if s.peer == to]
        return Counter(
            words_of(e.data)
            for g in logs
            for e in self.shared.logs.entries(g, 0, most=1 << 20, max_bytes=1 << 30)
            if e.data
        )


@pytest.fixture
def place(tmp_path: Path, keys: Path) -> Any:  # noqa: F811
    def make(text: str) -> Station:
        node = Station(tmp_path / f"n{len(made)}", load(Places(keys), "north", "North", "test"), "")
        node.set, node.versions = rule_files.load(text), {}
        made.append(node)
        return node

    made: list[Station] = []
    yield make
    for node in made:
        node.stop()


def inside(said: Said, period: Period) -> Counter[int]:
    return Counter(said.words[(said.told_ms > period.start_ms) & (said.told_ms <= period.end_ms)].tolist())


@pytest.mark.parametrize("form", FORMS)
def test_a_dry_run_of_the_rules_in_force_says_what_was_told(place: Any, form: str) -> None:
    node, chance = place(RULES % (BOTH, "", FORMS[form])), random.Random(form)
    for _ in range(20):
        node.minute(chance)
    before, start_ms = {a: node.logged(a) for a in ("south", "west")}, node.now
    for _ in range(45):
        node.minute(chance)
    period = Period(start_ms, node.now)
    history = StoreHistory(node.keep, node.seen)  # type: ignore[arg-type]
    covered, looked_at, [told] = rehearse(node.door, history, [node.set], ("south", "west"), period)
    assert covered == period and looked_at > 120
    for audience in ("south", "west"):
        truth = node.logged(audience) - before[audience]
        assert inside(told[audience], period) == truth
        assert len(truth) > 4
        kinds = {"track.position", "detection"} | ({"event.gap"} if audience == "south" else set())
        assert form == "hidden" or set(told[audience].kind.tolist()) == kinds


def test_each_difference_between_two_rule_sets_is_of_its_kind(place: Any) -> None:
    node, chance = place(RULES % (BOTH, "", "")), random.Random(5)
    for _ in range(60):
        node.now += MINUTE_MS
        node.hear(fixes(node, 3))
        node.sight(chance)
    period = Period(node.now - 50 * MINUTE_MS, node.now)

    def against(text: str) -> dict[str, Any]:
        sets = [node.set, rule_files.load(text)]
        _, _, told = rehearse(node.door, StoreHistory(node.keep, node.seen), sets, ("south",), period)
        return compared(told[0]["south"], told[1]["south"], period, lambda d: {"rules": list(d.rule_ids)})

    def counts(found: dict[str, Any]) -> tuple[int, ...]:
        return tuple(found[w] for w in ("before", "after", "gains", "loses", "changes", "moves"))

    same = against(RULES % (BOTH, "", ""))
    n = same["before"]
    assert n > 150 and counts(same) == (n, n, 0, 0, 0, 0) and same["sample"] == [] and same["box"] is None
    late = against(RULES % (BOTH, "", FORMS["delayed"]))
    assert late["gains"] == late["loses"] == late["changes"] == 0 and late["moves"] >= n > late["after"]
    assert {s["after"]["told_ms"] > s["before"]["told_ms"] for s in late["sample"]} == {True}
    few = against(RULES % (BOTH, "", FORMS["thinned"]))
    positions = few["by_kind"]["track.position"]
    assert positions["loses"] == 3 * 45 and few["gains"] == few["changes"] == 0 and few["after"] < n / 3
    coarse = against(RULES % (BOTH, "", FORMS["coarse"]))
    assert coarse["changes"] > 0 < coarse["loses"] and coarse["gains"] == 0
    nothing = against(RULES % ('["detection"]', "", ""))
    assert set(nothing["by_kind"]) == {"track.position"} and nothing["loses"] == positions["loses"] + positions["moves"]
    assert len(nothing["box"]) == 4 and nothing["sample"][0]["after"]["told_ms"] is None
    node.set = rule_files.load(RULES % ('["detection"]', "", ""))
    more = against(RULES % (BOTH, "", ""))
    assert more["gains"] == nothing["loses"] and more["loses"] == 0


def test_rules_that_ask_for_an_age_are_asked_at_the_time_of_telling(place: Any) -> None:
    node = place(RULES % (BOTH, ", age = { max_min = 10 }", ""))
    for k in range(40):
        node.now += MINUTE_MS
        node.hear(fixes(node, 2, ago_ms=(k % 4) * 5 * MINUTE_MS))
        node.now += 2_000
        node.run()
    period = Period(T0, node.now)
    _, _, [told] = rehearse(node.door, StoreHistory(node.keep, node.seen), [node.set], ("west",), period)
    assert inside(told["west"], period) == node.logged("west")
    assert len(told["west"]) == 2 * 20


def test_what_a_rule_withholds_while_it_is_young_is_told_later_in_a_dry_run_as_well(place: Any) -> None:
    young = '[[rule]]\nid = "young"\nto = ["west"]\nthen = "withhold"\nmatch = { context = ["test"], age = { max_min = 10 } }'
    node, chance = place(RULES % (BOTH, "", "") + young), random.Random(3)
    for _ in range(40):
        node.minute(chance)
    period = Period(T0, node.now)
    _, _, [told] = rehearse(node.door, StoreHistory(node.keep, node.seen), [node.set], ("south", "west"), period)  # type: ignore[arg-type]
    for audience in ("south", "west"):
        assert inside(told[audience], period) == node.logged(audience)
    waits_ms = told["west"].told_ms - told["west"].time_ms
    assert len(waits_ms) > 80 and waits_ms.min() >= 10 * MINUTE_MS
    assert {"track.position", "detection"} == set(told["west"].kind.tolist())


def test_a_period_that_holds_too_much_is_cut_at_its_beginning(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    node = place(RULES % (BOTH, "", ""))
    for _ in range(60):
        node.now += 10 * MINUTE_MS
        node.hear(fixes(node, 10))
    asked, reached = Period(node.now - 8 * HOUR_MS, node.now), []
    monkeypatch.setattr(history_, "ROWS_MOST", 400)
    found, looked_at, _ = rehearse(
        node.door, StoreHistory(node.keep, node.seen), [node.set], ("south",), asked, reached.append
    )
    assert found.end_ms == asked.end_ms and asked.start_ms < found.start_ms
    assert 150 <= looked_at <= 400 and reached[-1] == 1.0 and reached == sorted(reached)
