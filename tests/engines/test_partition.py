"""A run in partitions leaves the tables of a run in memory, whatever the number of buckets, stopped or not."""

import errno
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, ContextError, InputError, UnavailableError
from kizuna.engines.decode import Options
from kizuna.engines.partition import meet, packed, plan, route
from kizuna.engines.partition import run as run_module
from kizuna.engines.partition.plan import FOLDER, Sizes
from kizuna.engines.partition.run import Partitioned, detect_in_parts
from kizuna.engines.run import Request, detect_into
from kizuna.exercise.simulate import Scenario, simulate, zones_geojson
from kizuna.formats.run_summary import run_digest

pytestmark = pytest.mark.big

TABLES = ("fixes", "statics", "others", "rejects", "segments", "identities", "events")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="module")
def exercise(home):
    """Simulated traffic in two files, with dirt, rows without position and zones; and what memory makes of it."""
    made = simulate(Scenario(exercise_id="parts", vessels=40, hours=11, thin_s=60), 7)
    lines = b"".join(made.nmea_chunks()).splitlines(keepends=True)
    half = len(lines) // 2
    (home / "a.nmea").write_bytes(b"".join(lines[:half]) + b"!AIVDM,broken\n")
    (home / "b.nmea").write_bytes(b"".join(lines[half:]))
    (home / "zones.geojson").write_bytes(zones_geojson())
    request = Request(
        [str(home / "a.nmea"), str(home / "b.nmea")], Options(context=made.scenario.context),
        zones=[home / "zones.geojson"],
    )  # fmt: skip
    return request, detect_into(request, home / "memory"), home / "memory"


def check_equal(one: Path, other: Path):
    for name in TABLES:
        assert (one / f"{name}.parquet").read_bytes() == (other / f"{name}.parquet").read_bytes(), name
    assert (one / "events.geojson").read_bytes() == (other / "events.geojson").read_bytes()


@pytest.mark.parametrize("buckets", [1, 2, 7, 500])
def test_tables_are_those_of_a_run_in_memory(exercise, tmp_path, buckets):
    request, summary, memory = exercise
    again = detect_in_parts(request, tmp_path, Partitioned(Sizes(partitions=buckets)))
    check_equal(memory, tmp_path)
    assert run_digest(again) == run_digest(summary)
    assert summary.counts["events"] > 20 and summary.counts["events of type encounter"] > 0
    assert not (tmp_path / FOLDER).exists()


def test_encounters_across_stretches_of_time_are_whole(exercise, tmp_path, monkeypatch):
    request, _, memory = exercise
    monkeypatch.setattr(run_module, "meet", lambda *a: meet.meet(*a, at_once=1))
    monkeypatch.setattr(meet, "TOLD_AT_ONCE", 1)
    detect_in_parts(request, tmp_path, Partitioned(Sizes(partitions=3)))
    check_equal(memory, tmp_path)


def test_a_shared_bay_is_as_in_memory(shared, tmp_path):
    request = Request([str(shared / "ais" / "noaa_sfbay_2020-01-01.csv.gz")], Options(assume_utc=True))
    detect_into(request, tmp_path / "memory")
    detect_in_parts(request, tmp_path / "parts", Partitioned(Sizes(partitions=11)))
    check_equal(tmp_path / "memory", tmp_path / "parts")


def test_small_chunks_and_tables_of_our_own_change_nothing(exercise, tmp_path, monkeypatch):
    _, _, memory = exercise
    request = Request([str(memory)], Options())
    detect_into(request, tmp_path / "memory")
    monkeypatch.setattr(route, "CHUNK_ROWS", 700)
    detect_in_parts(request, tmp_path / "parts", Partitioned(Sizes(partitions=5)))
    check_equal(tmp_path / "memory", tmp_path / "parts")


def raw_table(path, mmsi, seconds, order=None):
    """A small raw table; some rows lack time or place."""
    n = len(mmsi)
    rng = np.random.default_rng(n)
    where = np.cumsum(rng.normal(0, 0.0004, n))
    lat = np.where(rng.random(n) < 0.02, np.nan, 30 + np.asarray(mmsi) % 7 * 0.001 + where)
    at = (np.asarray(seconds) * 1000).astype("datetime64[ms]")
    at = np.where(rng.random(n) < 0.02, np.datetime64("NaT"), at)
    table = pa.table({
        "mmsi": np.asarray(mmsi, np.int32), "timestamp": pa.array(at, pa.timestamp("ms", tz="UTC")),
        "lat": pa.array(lat, from_pandas=True), "lon": 130 + where, "sog": np.abs(rng.normal(1, 1, n)).astype(np.float32),
    })  # fmt: skip
    pq.write_table(table.take(pa.array(order)) if order is not None else table, path)


@pytest.mark.slow
@settings(max_examples=12)
@given(data=st.data())
def test_any_traffic_is_as_in_memory(tmp_path_factory, data):
    here = tmp_path_factory.mktemp("any")
    vessels = data.draw(st.integers(1, 9))
    n = data.draw(st.integers(1, 1500))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    mmsi = rng.choice(rng.integers(1, 999_999_999, vessels), n)
    seconds = rng.integers(0, data.draw(st.sampled_from([3600, 86_400, 400_000])), n)
    raw_table(here / "raw.parquet", mmsi, seconds)
    request = Request([str(here / "raw.parquet")])
    try:
        detect_into(request, here / "memory")
    except ConfigError:  # no row with a time was drawn
        with pytest.raises(ConfigError, match="no times"):
            detect_in_parts(request, here / "parts", Partitioned(Sizes(partitions=3)))
        return
    detect_in_parts(request, here / "parts", Partitioned(Sizes(partitions=data.draw(st.integers(1, 12)))))
    check_equal(here / "memory", here / "parts")
    shutil.rmtree(here)


def stop_at(monkeypatch, number, stop):
    """Let ``stop`` happen at the n-th write to the disk."""
    count = [0]

    def counted(do):
        def inner(*a, **k):
            count[0] += 1
            if count[0] == number:
                stop()
            return do(*a, **k)

        return inner

    monkeypatch.setattr(packed.os, "fsync", counted(os.fsync))
    monkeypatch.setattr(packed.os, "writev", counted(os.writev))
    return count


def killed_at(request, out, how, number):
    """Run in a child process that is killed at its n-th write; whether it was."""
    child = os.fork()
    if child == 0:
        stop_at(pytest.MonkeyPatch(), number, lambda: os.kill(os.getpid(), signal.SIGKILL))
        try:
            detect_in_parts(request, out, how)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_killed_run_goes_on_to_the_same_tables(exercise, tmp_path, seed):
    request, summary, memory = exercise
    how = Partitioned(Sizes(partitions=6), work=tmp_path / "work", resume=True)
    rng = np.random.default_rng(seed)
    kills = 0
    while killed_at(request, tmp_path / "out", how, int(rng.integers(1, 60))) and kills < 6:
        kills += 1
        assert not (tmp_path / "out" / "run.json").exists()
    again = detect_in_parts(request, tmp_path / "out", how)
    assert kills > 0
    check_equal(memory, tmp_path / "out")
    assert run_digest(again) == run_digest(summary)


@pytest.mark.parametrize("number", [2, 9, 20, 31, 45])
def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(exercise, tmp_path, number):
    request, _, memory = exercise
    how = Partitioned(Sizes(partitions=4, workers=1), resume=True)

    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        stop_at(patch, number, full)
        with pytest.raises(UnavailableError, match="disk is full"):
            detect_in_parts(request, tmp_path, how)
    assert (tmp_path / FOLDER).exists()
    detect_in_parts(request, tmp_path, how)
    check_equal(memory, tmp_path)


def test_finished_buckets_are_not_done_again(exercise, tmp_path, monkeypatch):
    request, _, memory = exercise
    how = Partitioned(Sizes(partitions=5, workers=1), resume=True)

    def interrupted(*_a):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "meet", interrupted)
        with pytest.raises(KeyboardInterrupt):
            detect_in_parts(request, tmp_path, how)
    monkeypatch.setattr(run_module, "trace", interrupted)
    monkeypatch.setattr(route, "read", interrupted)
    detect_in_parts(request, tmp_path, how)
    check_equal(memory, tmp_path)


def test_work_of_another_run_is_refused_and_of_none_begun_anew(exercise, tmp_path):
    request, _, memory = exercise
    other = Request(request.inputs[:1], request.options)
    work = tmp_path / "work"
    folder = work / FOLDER
    plan.opened(folder, "somebody", resume=False).save(folder)
    with pytest.raises(ConfigError, match="other inputs"):
        detect_in_parts(other, tmp_path / "out", Partitioned(Sizes(partitions=2), work=work, resume=True))
    (work / "mine.txt").write_text("stays")
    detect_in_parts(request, tmp_path / "out", Partitioned(Sizes(partitions=2), work=work))
    check_equal(memory, tmp_path / "out")
    assert [p.name for p in work.iterdir()] == ["mine.txt"]


def test_a_damaged_bucket_is_not_trusted(exercise, tmp_path):
    request, _, _ = exercise
    how = Partitioned(Sizes(partitions=3, workers=1), resume=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "_trace", lambda _job: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            detect_in_parts(request, tmp_path, how)
    victim = next((tmp_path / FOLDER).glob("*.routed"))
    victim.write_bytes(victim.read_bytes()[:-100])
    with pytest.raises(InputError, match="cut short"):
        detect_in_parts(request, tmp_path, how)


def test_one_crowded_bucket_is_cut_at_its_vessels(tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    mmsi = np.sort(rng.choice(rng.integers(200_000_000, 700_000_000, 40), 6000))  # sorted: the first chunk misleads
    raw_table(tmp_path / "raw.parquet", mmsi, rng.integers(0, 80_000, 6000))
    request = Request([str(tmp_path / "raw.parquet")])
    detect_into(request, tmp_path / "memory")
    monkeypatch.setattr(route, "CHUNK_ROWS", 300)
    monkeypatch.setattr(Sizes, "rows_at_once", property(lambda _self: 900))
    seen = []
    monkeypatch.setattr(
        run_module, "_trace", lambda job, do=run_module._trace: (seen.append(job.plan.buckets), do(job))[1]
    )
    detect_in_parts(request, tmp_path / "parts", Partitioned(Sizes(partitions=4)))
    check_equal(tmp_path / "memory", tmp_path / "parts")
    assert len(seen[0]) > 6 and max(b.rows for b in seen[0]) <= 900


def test_one_number_with_too_many_rows_is_named(tmp_path, monkeypatch):
    rng = np.random.default_rng(6)
    mmsi = np.where(rng.random(4000) < 0.3, 1_193_046, rng.choice(rng.integers(2e8, 7e8, 200), 4000))
    raw_table(tmp_path / "raw.parquet", mmsi, rng.integers(0, 80_000, 4000))
    request = Request([str(tmp_path / "raw.parquet")])
    monkeypatch.setattr(Sizes, "rows_at_once", property(lambda _self: 600))
    with pytest.raises(ConfigError, match="MMSI 1193046 alone has 1,[0-9]+ rows"):
        detect_in_parts(request, tmp_path / "parts", Partitioned(Sizes(partitions=8)))
    monkeypatch.undo()
    detect_into(request, tmp_path / "memory")
    detect_in_parts(request, tmp_path / "parts", Partitioned(Sizes(partitions=8), resume=True))  # with more memory
    check_equal(tmp_path / "memory", tmp_path / "parts")


def test_fixes_and_report_can_be_left_out(exercise, tmp_path):
    request, summary, memory = exercise
    (tmp_path / "fixes.parquet").write_bytes(b"of an earlier run")
    again = detect_in_parts(request, tmp_path, Partitioned(Sizes(partitions=2), fixes=False, report=False))
    assert sorted(p.name for p in memory.iterdir() if not (tmp_path / p.name).exists()) == [
        "fixes.parquet",
        "report.html",
    ]
    assert run_digest(again) == run_digest(summary)


def test_an_earlier_result_is_continued_as_in_memory(exercise, tmp_path):
    request, _, _ = exercise
    early = Request(request.inputs[:1], request.options, zones=request.zones)
    detect_into(early, tmp_path / "early")
    late = Request(request.inputs, request.options, zones=request.zones, previous=tmp_path / "early")
    detect_into(late, tmp_path / "memory")
    detect_in_parts(late, tmp_path / "parts", Partitioned(Sizes(partitions=4)))
    check_equal(tmp_path / "memory", tmp_path / "parts")


def test_assumed_times_and_mixed_contexts_are_refused(exercise, tmp_path):
    request, _, memory = exercise
    with pytest.raises(ConfigError, match="--start"):
        detect_in_parts(Request(request.inputs, start="2020-01-01T00:00:00Z"), tmp_path / "a", Partitioned())
    raw_table(tmp_path / "raw.parquet", np.array([431_000_001]), np.array([60]))
    mixed = Request([str(tmp_path / "raw.parquet"), str(memory / "fixes.parquet")], Options(context="test"))
    with pytest.raises(ContextError, match="mix the contexts"):
        detect_in_parts(mixed, tmp_path / "b", Partitioned())


@pytest.mark.parametrize("data", [b"", b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*22\r\n"])
def test_inputs_without_a_row_are_as_in_memory(tmp_path, data):
    (tmp_path / "none.nmea").write_bytes(data)
    request = Request([str(tmp_path / "none.nmea")])
    detect_into(request, tmp_path / "memory")
    detect_in_parts(request, tmp_path / "parts", Partitioned(Sizes(partitions=3)))
    check_equal(tmp_path / "memory", tmp_path / "parts")


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 300), st.integers(0, 60)), max_size=12),
    st.integers(1, 12), st.integers(2, 80),
)  # fmt: skip
def test_runs_cut_at_stretches_are_put_together(drawn, least, step):
    """The law behind the overlap: what is seen of runs in overlapping stretches gives the runs."""
    true = []
    for pair in range(4):
        behind = -1
        for _, gap, length in sorted(d for d in drawn if d[0] == pair):
            first = behind + 1 + gap
            true.append((pair, pair + 1, first, first + length))
            behind = first + length + 1
    last = max((t[3] for t in true), default=0) + 1
    overlap = least + 1
    stretches = [(a, a + step + 2 * overlap) for a in range(0, last, step + overlap)]
    found = []
    for a, b in stretches:
        rows = [(p, q, max(f, a), min(t, b - 1)) for p, q, f, t in true if f < b and t >= a]
        found.append(np.array([r for r in rows if r[3] - r[2] >= least], np.int64).reshape(-1, 4))
    got = sorted(tuple(r) for r in meet._stitched(found).tolist())
    assert got == sorted(t for t in true if t[3] - t[2] >= least)


def test_sizes_keep_to_the_memory():
    sizes = Sizes(memory_gb=2.0, workers=2)
    assert sizes.rows_at_once * 2 * plan.ROW_BYTES + plan.BASE_BYTES <= 2e9
    assert sizes.buckets_for(100_000_000) >= 100 and sizes.buckets_for(10) == 1
    assert plan.fits_in_memory(1000, 1.0) and not plan.fits_in_memory(10**9, 16.0)
    for wrong in ({"memory_gb": 0.1}, {"partitions": -1}):
        with pytest.raises(ConfigError):
            Sizes(**wrong)
