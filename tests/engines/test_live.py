"""Live is batch: the events of a stream are those of the file, however late, mixed, cut and interrupted it comes."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import live_traffic as traffic
from engines.live_traffic import HOUR_MS, T0_MS
from kizuna.base import grow
from kizuna.base.errors import ConfigError, InputError
from kizuna.base.table import concat
from kizuna.base.units import MISSING_TIME_MS
from kizuna.engines.live import kept
from kizuna.engines.live.engine import LiveEngine
from kizuna.engines.live.params import LiveParams
from kizuna.engines.live.state import NAME, Store
from kizuna.events.params import Settings
from kizuna.events.table import STATUSES

EVERY_S = 1200.0
NO_JIT = os.environ.get("KIZUNA_JIT", "1") == "0"


def engine_of(**params) -> LiveEngine:
    return LiveEngine(Settings(), traffic.AROUND, LiveParams(**params))


def kinds(table):
    words = table.codes_of("event_type")
    return [words[k] for k in table["event_type"].tolist()]


@settings(max_examples=4 if NO_JIT else 8)
@given(seed=st.integers(0, 1000), order=st.integers(0, 1000), settle_h=st.sampled_from([0.5, 3.0, 24.0]),
       lateness_h=st.sampled_from([0.5, 6.0]), save=st.booleans())  # fmt: skip
def test_any_order_within_the_lateness_gives_the_events_of_the_sorted_file(
    tmp_path_factory, seed, order, settle_h, lateness_h, save
):
    fixes, statics = traffic.mixed(seed, EVERY_S)
    wanted = traffic.digest(traffic.as_run(fixes, statics))
    rng = np.random.default_rng(order)
    mixed = fixes.take(traffic.disorder(fixes, 0.999 * lateness_h, rng))
    engine = engine_of(settle_h=settle_h, lateness_h=lateness_h)
    store = Store(tmp_path_factory.mktemp("state"))
    pieces = traffic.cuts(len(mixed), rng)
    saves = set(rng.integers(0, len(pieces), 3).tolist()) if save else set()
    engine.feed(mixed.slice(0, 0), statics)
    for k, (a, b) in enumerate(pieces):
        engine.feed(mixed.slice(a, b))
        if k in saves:
            store.save(engine)
            engine = Store(store.directory).restore(Settings(), traffic.AROUND, engine.params)
            store = Store(store.directory)
            store.restore(Settings(), traffic.AROUND, engine.params)
    _, settled = engine.close()
    assert engine.counts.late == 0
    assert traffic.digest(settled.events) == wanted


def test_the_mixed_traffic_has_an_event_of_every_kind():
    found = set()
    for seed in range(4):
        found |= set(kinds(traffic.as_run(*traffic.mixed(seed, EVERY_S))))
    assert {"gap", "encounter", "loitering", "zone_visit", "port_visit"} <= found


def test_what_is_told_at_last_is_what_the_run_finds():
    fixes, statics = traffic.mixed(5, EVERY_S)
    engine = engine_of()
    engine.feed(fixes.slice(0, 0), statics)
    traffic.stream(engine, fixes, traffic.cuts(len(fixes), np.random.default_rng(1), 40))
    _, settled = engine.close()
    history = engine.told.history()
    in_force = history.take(np.isin(history["status"], [STATUSES.index("open"), STATUSES.index("closed")]))
    first = np.full(len(in_force), 1, np.int32)
    assert sorted(in_force["event_id"].to_pylist()) == sorted(settled.events["event_id"].to_pylist())
    assert traffic.digest(in_force.replace(version=first)) == traffic.digest(settled.events)


def test_versions_of_an_event_count_up_without_a_hole_and_each_replaces_the_one_before():
    fixes, statics = traffic.mixed(7, EVERY_S)
    engine = engine_of(settle_h=2.0)
    engine.feed(fixes.slice(0, 0), statics)
    traffic.stream(engine, fixes, traffic.cuts(len(fixes), np.random.default_rng(2), 20))
    engine.close()
    history = engine.told.history()
    by_id: dict[str, list[int]] = {}
    for k, event_id in enumerate(history["event_id"].to_pylist()):
        by_id.setdefault(event_id, []).append(k)
    assert any(len(rows) > 1 for rows in by_id.values())
    for event_id, rows in by_id.items():
        assert history["version"][rows].tolist() == list(range(1, len(rows) + 1))
        for k in rows[:-1]:
            word = STATUSES[history["status"][k]]
            assert word in ("superseded", "retracted")
            assert word == "retracted" or history["superseded_by"][k].as_py() == event_id


def test_gap_is_told_when_the_fix_of_another_ship_shows_that_the_limit_has_passed():
    rng = np.random.default_rng(0)
    rows = [*traffic.sail(1_000_001, (0, 1), 20, 122, 10, 90, 300, rng), *traffic.sail(1_000_002, (0, 12), 20, 123, 5, 0, 300, rng)]  # fmt: skip
    rows.sort(key=lambda r: r[1])
    last_ms = max(r[1] for r in rows if r[0] == 1_000_001)
    fixes = traffic.fixes_of(rows)
    engine = engine_of(settle_h=24)
    told = traffic.stream(engine, fixes, [(k, k + 1) for k in range(len(fixes))])
    at = [k for k, t in enumerate(told) if len(t)]
    assert len(at) == 1
    assert kinds(told[at[0]]) == ["gap"]
    assert told[at[0]]["version"].tolist() == [1]
    assert [STATUSES[s] for s in told[at[0]]["status"]] == ["open"]
    limit = next(k for k in range(len(fixes)) if fixes["time_ms"][k] - last_ms > 6 * HOUR_MS)
    assert at[0] == limit


def test_silence_needs_no_message_to_become_a_gap():
    fixes = traffic.fixes_of(traffic.sail(1_000_001, (0, 1), 20, 122, 10, 90, 300, np.random.default_rng(0)))
    engine = engine_of()
    traffic.stream(engine, fixes, [(0, len(fixes))])
    # one ship alone moves the clock only in step with itself
    last_ms = int(fixes["time_ms"].max())
    assert len(engine.advance(last_ms + 6 * HOUR_MS)) == 0
    told = engine.advance(last_ms + 6 * HOUR_MS + 1)
    assert kinds(told) == ["gap"]
    assert len(engine.advance(last_ms + 7 * HOUR_MS)) == 0  # once is enough


def test_gap_that_ends_is_told_with_the_fix_that_ends_it():
    rng = np.random.default_rng(0)
    rows = [*traffic.sail(1_000_001, (0, 1), 20, 122, 10, 90, 300, rng), *traffic.sail(1_000_001, (9, 10), 20, 123.3, 10, 90, 300, rng), *traffic.sail(1_000_002, (0, 12), 20, 123, 5, 0, 300, rng)]  # fmt: skip
    rows.sort(key=lambda r: r[1])
    fixes = traffic.fixes_of(rows)
    engine = engine_of(settle_h=24)
    told = traffic.stream(engine, fixes, [(k, k + 1) for k in range(len(fixes))])
    back = next(k for k, r in enumerate(rows) if r[0] == 1_000_001 and r[1] > T0_MS + 2 * HOUR_MS)
    assert kinds(told[back]) == ["gap"]
    assert told[back]["end_ms"][0] == rows[back][1]
    assert told[back]["version"].tolist() == [2]


def test_zone_visit_is_told_with_the_second_report_inside():
    rows = traffic.sail(1_000_001, (0, 8), 23.5, 122.5, 10, 90, 300, np.random.default_rng(0))
    others = [(m, r[1], 20.0, 120.0 + m % 10, 5.0, -1) for m in (1_000_011, 1_000_012, 1_000_013) for r in rows]
    both = sorted([*rows, *others], key=lambda r: r[1])
    engine = engine_of(settle_h=24)
    told = traffic.stream(engine, traffic.fixes_of(both), [(k, k + 1) for k in range(len(both))])
    inside = [k for k, r in enumerate(both) if r[0] == 1_000_001 and 123.0 <= r[3] < 124.0]
    assert [k for k, t in enumerate(told) if "zone_visit" in kinds(t)][0] == inside[1]


def test_loitering_is_told_with_the_fix_that_makes_four_hours():
    rng = np.random.default_rng(3)
    rows = [*traffic.sail(1_000_001, (0, 1), 20, 122, 10, 90, 300, rng), *traffic.sail(1_000_001, (1, 8), 20, 122.2, 0.8, 90, 300, rng)]  # fmt: skip
    fixes = traffic.fixes_of(rows)
    engine = engine_of(settle_h=24)
    told = traffic.stream(engine, fixes, [(k, k + 1) for k in range(len(fixes))])
    at = next(k for k, t in enumerate(told) if "loitering" in kinds(t))
    nothing = traffic.statics_of([])
    earlier = traffic.as_run(fixes.slice(0, at), nothing)
    now = traffic.as_run(fixes.slice(0, at + 1), nothing)
    assert "loitering" not in kinds(earlier)
    assert "loitering" in kinds(now)


def test_encounter_is_told_with_the_fix_that_makes_two_hours():
    rng = np.random.default_rng(3)
    rows = [*traffic.sail(1_000_001, (0, 6), 20, 122, 0.5, 0, 240, rng), *traffic.sail(1_000_002, (1, 6), 20 + 0.5 / 60, 122.001, 0.5, 0, 240, rng)]  # fmt: skip
    rows.sort(key=lambda r: r[1])
    fixes = traffic.fixes_of(rows)
    engine = engine_of(settle_h=24)
    told = traffic.stream(engine, fixes, [(k, k + 1) for k in range(len(fixes))])
    at = next(k for k, t in enumerate(told) if "encounter" in kinds(t))
    nothing = traffic.statics_of([])
    assert "encounter" not in kinds(traffic.as_run(fixes.slice(0, at), nothing))
    assert "encounter" in kinds(traffic.as_run(fixes.slice(0, at + 1), nothing))


def test_fix_that_comes_too_late_is_set_aside_and_counted():
    fixes, statics = traffic.mixed(3, EVERY_S)
    engine = engine_of(lateness_h=1.0)
    engine.feed(fixes.slice(0, 0), statics)
    rows = np.flatnonzero((fixes["time_ms"] > T0_MS + 2 * HOUR_MS) & (fixes["mmsi"] == 200_000_003))[:2]
    rest = np.setdiff1d(np.arange(len(fixes)), rows)
    half = int(np.searchsorted(fixes["time_ms"][rest], T0_MS + 20 * HOUR_MS))
    for part in (rest[:half], rows, rest[half:]):
        engine.feed(fixes.take(part))
    _, settled = engine.close()
    assert engine.counts.late == 2
    assert sorted(engine.kept.late.view()["msg_id"].tolist()) == sorted(fixes["msg_id"][rows].tolist())
    assert traffic.digest(settled.events) == traffic.digest(traffic.as_run(fixes.take(rest), statics))


def test_one_transponder_with_a_wrong_year_makes_nobody_late():
    fixes, _ = traffic.mixed(3, EVERY_S)
    row = fixes.slice(100, 101)
    wrong = row.replace(time_ms=row["time_ms"] + 365 * 24 * HOUR_MS)
    engine = engine_of(settle_h=24)
    engine.feed(fixes.slice(0, 101))
    for k in range(101, len(fixes), 10):
        engine.feed(fixes.slice(k, min(k + 10, len(fixes))))
        engine.feed(wrong)
    assert engine.counts.late == 0


def test_numbers_beyond_the_limit_are_refused_and_counted():
    rows = [(1_000_000 + k, T0_MS + k * 1000, 20.0, 122.0, 1.0, -1) for k in range(130)]
    engine = engine_of(vessels_max=100)
    engine.feed(traffic.fixes_of(rows))
    assert engine.counts.refused == 30
    assert engine.counts.fixes == 100


def test_rows_of_another_context_are_refused():
    fixes = traffic.fixes_of(traffic.sail(1_000_001, (0, 1), 20, 122, 1, 0, 600, np.random.default_rng(0)))
    engine = engine_of()
    engine.feed(fixes)
    other = replace(fixes, words={**fixes.words, "context": ("exercise:x",)})
    with pytest.raises(InputError, match="mixes the contexts"):
        engine.feed(other)


def test_nothing_can_be_fed_to_a_stream_that_is_over():
    engine = engine_of()
    engine.close()
    with pytest.raises(InputError, match="closed"):
        engine.feed(traffic.fixes_of([]))


def test_looks_wait_for_the_settling_when_there_are_too_many():
    fixes, statics = traffic.mixed(5, EVERY_S)
    engine = engine_of(burst=1, rows_per_look=100_000)
    engine.feed(fixes.slice(0, 0), statics)
    traffic.stream(engine, fixes, traffic.cuts(len(fixes), np.random.default_rng(1)))
    _, settled = engine.close()
    assert engine.counts.deferred > 0
    assert traffic.digest(settled.events) == traffic.digest(traffic.as_run(fixes, statics))


@pytest.fixture
def saved(tmp_path):
    fixes, statics = traffic.mixed(3, EVERY_S)
    engine = engine_of()
    engine.feed(fixes.slice(0, 0), statics)
    engine.feed(fixes.slice(0, 200))
    store = Store(tmp_path / "state")
    store.save(engine)
    return store, engine, fixes, statics


def test_state_of_other_settings_is_refused(saved):
    store, engine, _, _ = saved
    other = Settings(gaps=replace(Settings().gaps, threshold_h=5.0))
    with pytest.raises(ConfigError, match="other settings"):
        Store(store.directory).restore(other, traffic.AROUND, engine.params)
    with pytest.raises(ConfigError, match="other settings"):
        Store(store.directory).restore(Settings(), replace(traffic.AROUND, zones=None), engine.params)


def test_state_of_another_form_is_refused(saved):
    store, engine, _, _ = saved
    path = store.directory / NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"form": 99}))
    with pytest.raises(ConfigError, match="form 99"):
        Store(store.directory).restore(Settings(), traffic.AROUND, engine.params)


@pytest.mark.parametrize("name", ["fixes-000001.arrow", "watch-000001.npz", NAME])
def test_damaged_state_is_refused(saved, name):
    store, engine, _, _ = saved
    path = store.directory / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError):
        Store(store.directory).restore(Settings(), traffic.AROUND, engine.params)


def test_save_that_breaks_off_leaves_the_one_before(saved, monkeypatch):
    store, engine, fixes, _ = saved
    engine.feed(fixes.slice(200, 300))
    before = json.loads((store.directory / NAME).read_text())

    def broken(_path, data, real=__import__("kizuna.engines.live.state", fromlist=["x"])._put):
        if _path.name == NAME:
            raise KeyboardInterrupt
        real(_path, data)

    monkeypatch.setattr("kizuna.engines.live.state._put", broken)
    with pytest.raises(KeyboardInterrupt):
        store.save(engine)
    monkeypatch.undo()
    assert json.loads((store.directory / NAME).read_text()) == before
    again = Store(store.directory)
    back = again.restore(Settings(), traffic.AROUND, engine.params)
    assert len(back.kept) == 200
    back.feed(fixes.slice(200, 320))
    again.save(back)
    named = {file for parts in json.loads((store.directory / NAME).read_text())["parts"].values() for file, _ in parts}
    assert {p.name for p in store.directory.glob("*.arrow")} == named


def test_each_save_writes_only_what_came_since(saved):
    store, engine, fixes, _ = saved
    for k in range(200, 260, 20):
        engine.feed(fixes.slice(k, k + 20))
        store.save(engine)
    parts = json.loads((store.directory / NAME).read_text())["parts"]["fixes"]
    assert [rows for _, rows in parts] == [200, 20, 20, 20]


@pytest.mark.parametrize("room", [0, 1 << 16])
def test_what_was_taken_is_written_as_it_was_whatever_came_meanwhile(tmp_path, monkeypatch, room):
    monkeypatch.setattr(kept, "_ROOM", room)
    monkeypatch.setattr(grow, "STEP_ROWS", 32)
    fixes, statics = traffic.mixed(3, EVERY_S)
    engine, store = engine_of(), Store(tmp_path / "state")
    engine.feed(fixes.slice(0, 200), statics.slice(0, 2))
    store.save(engine)
    engine.feed(fixes.slice(200, 300), statics.slice(2, 3))
    wanted = [traffic.digest(t) for t in (engine.kept.fixes, engine.kept.statics, concat(engine.told.tables))]
    snapshot = store.taken(engine)
    engine.feed(fixes.slice(300, len(fixes)), statics.slice(3, 4))
    store.write(snapshot)
    back = Store(store.directory).restore(Settings(), traffic.AROUND, engine.params)
    assert [traffic.digest(t) for t in (back.kept.fixes, back.kept.statics, concat(back.told.tables))] == wanted
    assert len(engine.kept) > len(back.kept)


def test_fixes_without_time_or_place_are_kept_and_harm_nothing():
    rows = [(1_000_001, MISSING_TIME_MS, 20.0, 122.0, 1.0, -1), (1_000_001, T0_MS, np.nan, np.nan, 1.0, -1)]
    engine = engine_of()
    engine.feed(traffic.fixes_of(rows))
    assert engine.clock_ms == MISSING_TIME_MS
    assert len(engine.kept) == 2
    _, settled = engine.close()
    assert len(settled.events) == 0


@pytest.mark.big
@pytest.mark.slow
@pytest.mark.parametrize("lateness_h", [0.0, 6.0])
def test_a_real_day_gives_the_events_of_the_file(shared, lateness_h):
    from events.real import bay

    if not (shared / "ais" / "noaa_sfbay_2020-01-01.csv.gz").exists():
        pytest.skip("the day of San Francisco Bay is not there")
    fixes = bay(shared)
    fixes = fixes.take(np.argsort(fixes["time_ms"], kind="stable"))
    nothing = traffic.statics_of([])
    rng = np.random.default_rng(4)
    mixed = fixes.take(traffic.disorder(fixes, lateness_h, rng)) if lateness_h else fixes
    engine = engine_of(settle_h=6.0)
    told = traffic.stream(engine, mixed, traffic.cuts(len(mixed), rng, 3000))
    _, settled = engine.close()
    wanted = traffic.as_run(fixes, nothing)
    assert engine.counts.late == 0
    assert len(wanted) > 50
    assert sum(len(t) for t in told) > 50
    assert traffic.digest(settled.events) == traffic.digest(wanted)


def days(n: int):
    """The mixed traffic day after day, by the same ships."""
    fixes, statics = zip(*(traffic.mixed(k, EVERY_S) for k in range(n)))
    later = [k * 32 * HOUR_MS for k in range(n)]
    known = [np.where(f["time_ms"] == MISSING_TIME_MS, MISSING_TIME_MS, f["time_ms"] + x) for f, x in zip(fixes, later)]
    ids = [f["msg_id"] + 100_000 * k for k, f in enumerate(fixes)]
    sane = [f.replace(time_ms=t, msg_id=i, byte_offset=i) for f, t, i in zip(fixes, known, ids)]
    sane = [f.take(f["time_ms"] < T0_MS + x + 40 * HOUR_MS) for f, x in zip(sane, later)]
    moved = [
        s.replace(time_ms=s["time_ms"] + x, msg_id=s["msg_id"] + 100 * k)
        for k, (s, x) in enumerate(zip(statics, later))
    ]
    return concat(sane), concat(moved)


@pytest.mark.slow
def test_rows_let_go_leave_every_event_as_a_run_finds_it():
    fixes, statics = days(6)
    engine = engine_of(keep_h=48.0, settle_h=6.0)
    engine.feed(fixes.slice(0, 0), statics)
    most = 0
    for a, b in traffic.cuts(len(fixes), np.random.default_rng(1)):
        engine.feed(fixes.slice(a, b))
        most = max(most, len(engine.kept))
    _, settled = engine.close()
    assert engine.counts.let_go > len(fixes) // 3
    assert most < 2 * len(fixes) // 3
    wanted = traffic.as_run(fixes, statics)
    # which of several ships under a number fell silent cannot be told when their earlier rows are gone
    several = {v.split(":")[1].split("/")[0] for ids in wanted["vessel_ids"].to_pylist() for v in ids if "/" in v}

    def plain(table):
        sure = [k != "gap" or str(m[0]) not in several for k, m in zip(kinds(table), table["mmsis"].to_pylist())]
        return table.take(np.array(sure))

    found, wanted = plain(settled.events), plain(wanted)
    assert len(wanted) > 40
    assert found["event_id"].to_pylist() == wanted["event_id"].to_pylist()
    for name in ("start_ms", "end_ms", "duration_h", "lat_mean_deg", "distance_m", "median_speed_kn"):
        np.testing.assert_array_equal(found[name], wanted[name], err_msg=name)
    assert found["mmsis"].equals(wanted["mmsis"])
    assert found["proof"].equals(wanted["proof"])


@pytest.mark.slow
def test_state_saved_after_rows_were_let_go_is_taken_up(tmp_path):
    fixes, statics = days(5)
    wanted = None
    for store in (None, Store(tmp_path / "state")):
        engine = engine_of(keep_h=48.0, settle_h=6.0)
        engine.feed(fixes.slice(0, 0), statics)
        for a, b in traffic.cuts(len(fixes), np.random.default_rng(1)):
            engine.feed(fixes.slice(a, b))
            if store is not None and a % 3 == 0:
                store.save(engine)
                store = Store(store.directory)
                engine = store.restore(Settings(), traffic.AROUND, engine.params)
        _, settled = engine.close()
        assert engine.counts.let_go > 0
        wanted = wanted or traffic.digest(settled.events)
    assert traffic.digest(settled.events) == wanted


@pytest.mark.slow
def test_numbers_that_went_away_make_room_for_others():
    rng = np.random.default_rng(0)
    steady = traffic.sail(1_000_001, (0, 200), 20, 122, 0.1, 0, 600, rng)
    steady += traffic.sail(1_000_002, (0, 200), 20.5, 122, 0.1, 0, 600, rng)
    steady += traffic.sail(1_000_003, (0, 200), 21.5, 122, 0.1, 0, 600, rng)
    # stations on shore are no vessels: no gap of theirs stays open and holds their rows
    garbage = [(2_000_000 + k, T0_MS + k * HOUR_MS // 2, 20.0, 122.0, 1.0, -1) for k in range(380)]
    rows = sorted(steady + garbage, key=lambda r: r[1])
    engine = engine_of(vessels_max=300, keep_h=48.0, settle_h=6.0)
    fixes = traffic.fixes_of(rows)
    traffic.stream(engine, fixes, traffic.cuts(len(fixes), rng, 50))
    assert engine.counts.refused == 0
    assert engine.counts.let_go > 0
