"""The door: what leaves, in which log, with which memory; and that nothing leaves otherwise."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kizuna.base.errors import TrustError
from kizuna.base.table import Table, empty, from_arrow
from kizuna.fixes.detections import DETECTIONS
from kizuna.fixes.table import FIXES
from kizuna.node.share.door import Door, House, Rows
from kizuna.node.share.files import Places
from kizuna.node.share.identity import Marks, init, load
from kizuna.node.share.exchange.lexicons import Lexicons
from kizuna.records.partner import Partner, directory
from kizuna.records.record import decode
from kizuna.share import rules as rule_files
from kizuna.share.columns import Terms
from kizuna.stores.shared import open_shared
from node.share.test_introduction import NOW

T0 = 1_790_000_000_000
NOW_MS = [T0 + 6 * 3_600_000]
RULES = """
version = 1
[[rule]]
id = "positions"
clause = ["memo/1"]
match = { kind = ["track.position"], source = ["tower"] }
to = ["south"]
then = "release"
transform = ["coarsen_position cell_m=1000"]
"""


def fixes(n: int, *, first: int = 0, source: str = "tower", start_ms: int = T0) -> Table:
    rows = [
        {"msg_id": first + k, "mmsi": 431_000_001 + k, "timestamp": start_ms + 1000 * k, "lat": 24.5, "lon": 123.5 + k * 0.01,
         "received_at": start_ms + 1000 * k, "source_id": source, "context": "real", "label": "nobody", "flags": 0, "byte_offset": 0}
        for k in range(n)
    ]  # fmt: skip
    return from_arrow(FIXES, _arrow(rows))


def _arrow(rows: list[dict[str, Any]]) -> pa.Table:
    form = empty(FIXES).to_arrow().schema
    return pa.table({n: pa.array([r[n] for r in rows], form.field(n).type) for n in rows[0]})


@pytest.fixture(autouse=True)
def clock() -> None:
    NOW_MS[0] = T0 + 6 * 3_600_000


@pytest.fixture
def house(tmp_path: Path) -> Any:
    places = Places(tmp_path)
    init(places, "north", "real", passphrase="a long passphrase", random=os.urandom, hosts=["127.0.0.1"], now=NOW)
    shared = open_shared(places.shared, context="real", durable=False)
    rules = rule_files.load(RULES)
    found = House(
        load(places, "north", "North", "real"), shared, Marks(places.marks("real")),
        lambda: directory("north", [Partner("south")]), lambda: rules,
        {"tower": Terms(True, frozenset({"all"})), "sealed": Terms()}, (), bytes(range(32)), os.urandom,
        lambda: NOW_MS[0],
    )  # fmt: skip
    yield found
    shared.close()


def told(house: House) -> list[Any]:
    entries = house.shared.logs.entries("north/1/south/real/routine", 0, most=1000, max_bytes=1 << 30)
    return [decode(e.data) for e in entries if e.data]


def later(house: House, first: int) -> None:
    NOW_MS[0] += 6 * 3_600_000
    Door(house).tell(Rows(fixes(3, first=first, start_ms=NOW_MS[0] - 3 * 3_600_000)))


def test_what_the_rules_release_stands_in_a_signed_log(house: House) -> None:
    door, news = Door(house), []
    door.news.append(lambda name, size: news.append((str(name), size)))
    door.tell(Rows(fixes(5)))
    [state] = house.shared.logs.all("out")
    assert (state.name, state.size, state.head_size) == ("north/1/south/real/routine", 5, 5)
    assert news == [(state.name, 5)]
    assert {r.kind for r in told(house)} == {"track.position"}
    assert house.marks.of(state.name).size == 5


def test_the_same_rows_again_tell_nothing_also_after_a_restart(house: House) -> None:
    Door(house).tell(Rows(fixes(5)))
    Door(house).tell(Rows(fixes(5)))
    assert len(told(house)) == 5


def test_a_vessel_heard_again_with_the_same_words_and_time_is_told_once(house: House) -> None:
    plain = rule_files.load(RULES.replace('transform = ["coarsen_position cell_m=1000"]', ""))
    house.rules = lambda: plain
    first, again = fixes(1), fixes(1, first=77)
    door = Door(house)
    door.tell(Rows(first))
    NOW_MS[0] += 6 * 3_600_000
    late = again.replace(received_ms=np.array([NOW_MS[0] - 3 * 3_600_000]))
    counts = door.tell(Rows(late))
    assert counts["south"].told == 1, "it is due by its time of receipt"
    assert len(told(house)) == 1


def test_a_source_without_leave_stays_and_the_decision_log_says_so(house: House) -> None:
    door = Door(house)
    door.tell(Rows(fixes(4, source="sealed")))
    assert house.shared.logs.all("out") == []
    [line] = house.shared.decisions.lines()
    assert (line.decided.verdict, "4 of track.position" in line.decided.why) == ("withhold", True)


def test_without_rules_nothing_leaves(house: House) -> None:
    house.rules = lambda: None
    assert Door(house).tell(Rows(fixes(4))) == {}
    assert house.shared.logs.all() == []


def test_a_store_set_back_signs_nothing(house: House, tmp_path: Path) -> None:
    Door(house).tell(Rows(fixes(3)))
    house.shared.backup(tmp_path / "old.db")
    house.marks = Marks(Places(tmp_path).marks("real"))
    later(house, 10)
    assert house.marks.of("north/1/south/real/routine").size == 6
    house.shared.close()
    (tmp_path / "old.db").replace(tmp_path / "share" / "shared-real.db")
    for rest in (tmp_path / "share").glob("shared-real.db-*"):
        rest.unlink()
    house.shared = open_shared(tmp_path / "share", context="real", durable=False)
    house.marks = Marks(Places(tmp_path).marks("real"))
    with pytest.raises(TrustError, match="6 records were signed, 3 are here"):
        later(house, 20)


def test_lost_marks_stop_a_node_that_has_signed_before(house: House, tmp_path: Path) -> None:
    Door(house).tell(Rows(fixes(3)))
    house.marks = Marks(tmp_path / "elsewhere.json")
    with pytest.raises(TrustError, match="how much"):
        later(house, 10)


def seen(time_ms: int) -> Table:
    rows = [{"det_id": 7, "timestamp": time_ms, "lat": 24.5, "lon": 123.5, "sensor": "radar", "source_id": "tower",
             "ref": "a/1", "accuracy_m": 50.0, "verdict": "dark", "context": "real", "label": "nobody"}]  # fmt: skip
    form = empty(DETECTIONS).to_arrow().schema
    return from_arrow(DETECTIONS, pa.table({n: pa.array([r[n] for r in rows], form.field(n).type) for n in rows[0]}))


def test_a_run_over_another_kind_swallows_no_positions_that_come_due(house: House) -> None:
    boundary_ms = (T0 // 300_000 + 10) * 300_000
    door = Door(house)
    NOW_MS[0] = boundary_ms - 5_000
    rows = fixes(3, start_ms=boundary_ms - 20_000)
    door.tell(Rows(rows))
    assert not house.shared.logs.all("out")
    NOW_MS[0] = boundary_ms + 1_000
    door.tell(Rows(detections=seen(boundary_ms), known_ms=np.array([boundary_ms])))
    NOW_MS[0] = boundary_ms + 2_000
    door.tell(Rows(rows))
    assert len(told(house)) == 3


def test_a_name_that_a_partner_must_not_read_stays_here(house: House, tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "south.txt").write_text("431000002\n")
    house.lexicons = Lexicons(tmp_path / "lexicon")
    Door(house).tell(Rows(fixes(3)))
    assert {s for r in told(house) for s in r.subject} == {"mmsi:431000001", "mmsi:431000003"}
    assert house.shared.decisions.head()[0] == 2  # one line for what left, one for what stayed


def test_names_of_a_word_list_leave_as_neutral_words(house: House, tmp_path: Path) -> None:
    (tmp_path / "lexicon").mkdir()
    (tmp_path / "lexicon" / "south.txt").write_text("431000002 = grid 24N123E\n")
    house.lexicons = Lexicons(tmp_path / "lexicon")
    neutral = Door(house).shop.tools.neutral
    assert neutral is not None
    assert neutral(frozenset(("south",)))("seen: 431-000-002") == "seen: grid 24N123E"
