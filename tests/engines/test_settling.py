"""Settling on another thread: looks go on meanwhile, and in the end the events are those of the run over the file."""

import os

from engines import live_traffic as traffic
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base import grow
from kizuna.engines.live import kept
from kizuna.engines.live.engine import LiveEngine
from kizuna.engines.live.params import LiveParams
from kizuna.engines.live.settling import work_out
from kizuna.events.params import Settings
from kizuna.events.table import STATUSES

NO_JIT = os.environ.get("KIZUNA_JIT") == "0"
EVERY_S = 1800.0 if NO_JIT else 600.0
CLOSED, RETRACTED = STATUSES.index("closed"), STATUSES.index("retracted")


def in_force(told):
    """The newest version of each event that was not retracted, by id, as it was told."""
    out = {}
    for table in told:
        for row in table.to_arrow().to_pylist():
            out[row["event_id"]] = row
    return {i: r for i, r in out.items() if r["status"] != "retracted"}


def bare(rows):
    left_out = ("version", "status", "status_reason", "superseded_by")
    return {i: {k: v for k, v in r.items() if k not in left_out} for i, r in rows.items()}


@settings(max_examples=3 if NO_JIT else 10, deadline=None)
@given(seed=st.integers(0, 1000), order=st.integers(0, 1000), late=st.integers(1, 40))
def test_settling_that_ends_much_later_tells_the_same_in_the_end(seed, order, late):
    fixes, statics = traffic.mixed(seed, EVERY_S)
    wanted = traffic.as_run(fixes, statics)
    rng = np.random.default_rng(order)
    mixed = fixes.take(traffic.disorder(fixes, 2.9, rng))
    engine = LiveEngine(Settings(), traffic.AROUND, LiveParams(settle_h=1.0, lateness_h=3.0), apart=True)
    told, pending, closed = [engine.feed(mixed.slice(0, 0), statics)], None, {}
    for a, b in traffic.cuts(len(mixed), rng):
        told.append(engine.feed(mixed.slice(a, b)))
        if pending is not None and rng.integers(late) == 0:
            begun, found = pending
            pending = None
            told.append(engine.end_settling(begun, found))
            closed |= {i: r for i, r in in_force([told[-1]]).items() if r["status"] == "closed"}
        if pending is None and engine.settling_due:
            begun = engine.begin_settling()
            pending = begun, work_out(begun.fixes, begun.statics, engine.settings, traffic.AROUND, begun.data_end_ms)
    if pending is not None:
        told.append(engine.end_settling(*pending))
    changed, settled = engine.close()
    told.append(changed)
    assert traffic.digest(settled.events) == traffic.digest(wanted)
    last = bare(in_force(told))
    assert last.keys() == {i for i in wanted["event_id"].to_pylist()}
    versions = {}
    for table in told:
        for i, v, s in zip(
            table["event_id"].to_pylist(), table["version"].tolist(), table["status"].tolist(), strict=True
        ):
            assert s == RETRACTED or v == versions.get(i, 0) + 1
            versions[i] = v
    run = {r["event_id"]: r for r in wanted.to_arrow().to_pylist()}
    for event_id, row in bare(closed).items():  # what was told as closed was found as the run finds it
        assert {k: row[k] for k in ("start_timestamp", "end_timestamp", "proof")} == {
            k: run[event_id][k] for k in ("start_timestamp", "end_timestamp", "proof")
        }


@pytest.mark.parametrize("room", [0, 1 << 16])
def test_rows_that_come_meanwhile_do_not_move_those_that_are_worked_on(monkeypatch, room):
    monkeypatch.setattr(kept, "_ROOM", room)
    monkeypatch.setattr(grow, "STEP_ROWS", 64)
    fixes, statics = traffic.mixed(3, EVERY_S)
    engine = LiveEngine(Settings(), traffic.AROUND, LiveParams(), apart=True)
    engine.feed(fixes.slice(0, 50), statics.slice(0, 2))
    begun = engine.begin_settling()
    before = traffic.digest(begun.fixes), traffic.digest(begun.statics)
    for start in range(50, len(fixes), 40):
        engine.feed(fixes.slice(start, min(start + 40, len(fixes))), statics.slice(2, 4))
    assert (traffic.digest(begun.fixes), traffic.digest(begun.statics)) == before
    assert len(begun.fixes) <= 50 and len(begun.statics) == 2 < len(engine.kept.statics)
    assert np.shares_memory(begun.fixes["lat_deg"], engine.kept.fixes["lat_deg"]) == bool(room)
