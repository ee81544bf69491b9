"""Compaction, retention by size, backup, upgrade, full disks: the store stays whole."""

import contextlib
import resource
import shutil
import sqlite3
import subprocess
import threading

import numpy as np
import plain
import pytest
from stores.store_rows import T0_MS, batch, event, events, fix, said

from kizuna.base.errors import ConfigError, InputError, UnavailableError
from kizuna.base.units import MINUTE_MS, MISSING_TIME_MS
from kizuna.stores.keep import KeepParams, compaction, open_keep, restore, sealing, verify
from kizuna.stores.keep.horizon import Horizon

SMALL = KeepParams(seal_rows=1000, lateness_s=3600)
FOREVER = (0, 2**52)
EVERYWHERE = (-180, -90, 180, 90, *FOREVER)


def rows(first, n, minute, vessels=10):
    return [fix(first + k, 440000000 + k % vessels, minute + k / 100) for k in range(n)]


def segments_of(keep, table="fixes"):
    return [s for s in keep._core.view.segments if s.table == table]


def filled(place, batches=6, each=50, step=30):
    """An open store of so many sealed batches, half an hour apart."""
    keep = open_keep(place, params=SMALL)
    for k in range(batches):
        keep.append(batch(rows(1000 * k, each, step * k), [said(1000 * k, 440000000 + k, step * k, shipname=f"S{k}")]))
        keep.put_events(events(event(f"e{k}")))
        keep.seal()
    return keep


def everything(keep):
    versions = keep.versions()
    return (
        plain.rows(keep.box(*EVERYWHERE)), plain.rows(keep.latest()[1]), plain.rows(keep.events()),
        plain.rows(keep.identities()), keep.history(*FOREVER), versions,
    )  # fmt: skip


# ---- compaction -----------------------------------------------------------------------------------------------------


def test_a_window_that_is_over_becomes_one_run_in_which_a_vessel_lies_together(tmp_path):
    with filled(tmp_path / "s", batches=16) as keep:  # 8 hours: the window from 0 to 6 h is over, the next is not
        before = everything(keep)
        assert len(segments_of(keep)) == 16
        assert keep.compact() > 0
        over = [s for s in segments_of(keep) if s.window_ms == T0_MS]
        assert len({s.run for s in over}) == 1
        assert over[0].rows == 12 * 50
        assert len(segments_of(keep)) == 5
        assert everything(keep) == before
        assert keep.compact() == 0
        assert {p.name for p in keep._core.files.iterdir()} == {s.name for s in keep._core.view.segments}


def test_an_open_window_is_merged_only_when_it_lies_in_many_pieces(tmp_path):
    with filled(tmp_path / "s", batches=compaction.RUNS_MOST - 1, step=1) as keep:
        assert keep.compact() == 0
        keep.append(batch(rows(90_000, 5, 20)))
        keep.seal()
        keep.compact()
        assert len(segments_of(keep)) == 1


def test_few_late_rows_wait_beside_a_large_run(tmp_path):
    with filled(tmp_path / "s", batches=16) as keep:
        keep.compact()
        large = next(s for s in segments_of(keep) if s.window_ms == T0_MS)
        for k in range(3):
            keep.append(batch(rows(50_000 + 100 * k, 3, 5)))
            keep.seal()
            keep.compact()
        assert large.number in {s.number for s in segments_of(keep)}
        late = [s for s in segments_of(keep) if s.late]
        assert sum(s.rows for s in late) == 9
        assert len(late) == 1


def test_large_merges_are_cut_into_ranges_of_vessels_that_do_not_overlap(tmp_path, monkeypatch):
    monkeypatch.setattr(compaction, "_PART_ROWS", 500)
    monkeypatch.setattr("kizuna.stores.keep.segments.GROUP_ROWS", 64)
    with open_keep(tmp_path / "s", params=SMALL) as keep:
        for k in range(16):
            keep.append(batch(rows(1000 * k, 400, 30 * k, vessels=40)))
            keep.seal()
        before = everything(keep)
        keep.compact()
        assert everything(keep) == before
        run = sorted((s.bounds[0, 0], s.bounds[-1, 1]) for s in segments_of(keep) if s.window_ms == T0_MS)
        assert len(run) > 3
        assert all(a[1] < b[0] for a, b in zip(run, run[1:]))


def test_message_that_came_again_beyond_the_horizon_is_shown_once_and_compaction_drops_it(tmp_path):
    with open_keep(tmp_path / "s", params=KeepParams(seal_rows=1000, lateness_s=3600, horizon_rows=0)) as keep:
        for _ in range(2):
            keep.append(batch(rows(0, 30, 0)))
            keep.seal()
        keep.append(batch([fix(9_999, 1, 9 * 60)]))
        assert len(keep.box(*EVERYWHERE)) == 31
        keep.compact()
        assert sum(s.rows for s in segments_of(keep)) == 30


@pytest.mark.parametrize("broken", ["write", "commit"])
def test_compaction_that_fails_leaves_the_store_as_it_was(tmp_path, monkeypatch, broken):
    with filled(tmp_path / "s", batches=16) as keep:
        before, files = everything(keep), sorted(p.name for p in keep._core.files.iterdir())
        with monkeypatch.context() as patch:
            if broken == "write":
                patch.setattr(sealing, "write", full_disk)
            else:
                patch.setattr(compaction.catalogue, "drop_segments", full_disk)
            with pytest.raises(UnavailableError):
                keep.compact()
        assert everything(keep) == before
        assert sorted(p.name for p in keep._core.files.iterdir()) == files
        assert keep.compact() > 0


def full_disk(*_):
    raise UnavailableError("the disk is full")


def test_files_that_the_catalogue_does_not_name_are_removed_at_the_start(tmp_path):
    filled(tmp_path / "s", batches=1).close()
    for name in ("fixes-00000099.parquet", "fixes-00000100.parquet.part"):
        (tmp_path / "s" / "segments" / name).write_bytes(b"torn")
    with open_keep(tmp_path / "s", params=SMALL) as keep:
        assert {p.name for p in keep._core.files.iterdir()} == {s.name for s in keep._core.view.segments}


# ---- retention ------------------------------------------------------------------------------------------------------


def test_retention_by_size_lets_the_oldest_windows_go(tmp_path):
    with filled(tmp_path / "s", batches=30, step=60) as keep:
        size = sum(s.size for s in keep._core.view.segments)
        keep.retain(bytes_most=size // 2)
        kept = [s.window_ms for s in keep._core.view.segments]
        assert sum(s.size for s in keep._core.view.segments) <= size // 2
        assert min(kept) > T0_MS
        assert keep.versions().oldest_ms == min(kept)
        assert verify(tmp_path / "s") == []
        assert keep.retain(bytes_most=size) == 0


def test_deleted_rows_are_in_no_file_any_more(tmp_path):
    with filled(tmp_path / "s", batches=4) as keep:
        keep.retain(T0_MS + 40 * MINUTE_MS)
        for s in segments_of(keep):
            assert np.nanmin(s.bounds[:, 2]) >= T0_MS + 40 * MINUTE_MS
        assert {p.name for p in keep._core.files.iterdir()} == {s.name for s in keep._core.view.segments}


# ---- backup ---------------------------------------------------------------------------------------------------------


def test_backup_taken_in_use_is_restored_to_the_same_store(tmp_path):
    with filled(tmp_path / "s") as keep:
        keep.append(batch(rows(70_000, 20, 200)))  # not sealed
        before = everything(keep)
        assert keep.backup(tmp_path / "b") > 0
        keep.append(batch(rows(80_000, 20, 300)))
    restore(tmp_path / "b", tmp_path / "r")
    assert verify(tmp_path / "r") == []
    with open_keep(tmp_path / "r", params=SMALL) as again:
        assert everything(again) == before
        assert again.append(batch(rows(80_000, 20, 300))) == before[-1].picture + 1


def test_backups_while_appending_sealing_and_compacting_are_whole(tmp_path):
    stop = threading.Event()
    with open_keep(tmp_path / "s", params=SMALL) as keep:

        def busy():
            k = 0
            while not stop.is_set():
                keep.append(batch(rows(1000 * k, 300, 15 * k)))
                k += 1
                if k % 10 == 0:
                    keep.compact()

        thread = threading.Thread(target=busy)
        thread.start()
        try:
            for k in range(5):
                while keep.versions().picture < 12 * (k + 1):
                    stop.wait(0.01)
                keep.backup(tmp_path / f"b{k}")
        finally:
            stop.set()
            thread.join()
    for k in range(5):
        assert verify(tmp_path / f"b{k}") == []
        restore(tmp_path / f"b{k}", tmp_path / f"r{k}")
        with open_keep(tmp_path / f"r{k}", params=SMALL) as again:
            n = again.versions().picture
            assert n >= 12 * (k + 1)
            found = np.sort(again.box(*EVERYWHERE)["msg_id"])
            assert np.array_equal(found, (1000 * np.arange(n)[:, None] + np.arange(300)).ravel())


def test_backup_does_not_write_over_anything(tmp_path):
    with filled(tmp_path / "s", batches=1) as keep:
        (tmp_path / "b").mkdir()
        keep.backup(tmp_path / "b")  # empty: fine
        with pytest.raises(ConfigError, match="exists"):
            keep.backup(tmp_path / "b")
    with pytest.raises(ConfigError, match="exists"):
        restore(tmp_path / "b", tmp_path / "s")
    with pytest.raises(ConfigError, match="no backup"):
        restore(tmp_path / "nothing", tmp_path / "r")


def test_damaged_segment_is_found_and_not_backed_up(tmp_path):
    with filled(tmp_path / "s", batches=2) as keep:
        path = keep._core.files / segments_of(keep)[0].name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
        assert len(verify(tmp_path / "s")) == 1
        assert path.name in verify(tmp_path / "s")[0]
        with pytest.raises(InputError, match=path.name):
            keep.backup(tmp_path / "b")
        assert not list(tmp_path.glob("b*"))
        path.unlink()
        assert "missing" in verify(tmp_path / "s")[0]


# ---- forms ----------------------------------------------------------------------------------------------------------


def as_form_1(place):
    """Turn a store into one of form 1: what later forms added is taken away."""
    db = sqlite3.connect(place / "keep.db", isolation_level=None)
    db.executescript("""
        CREATE TABLE old AS SELECT number, tbl, window_ms, run, rows, size, last FROM segment;
        DROP TABLE segment;
        CREATE TABLE segment (number INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, window_ms INTEGER NOT NULL,
          run INTEGER NOT NULL, rows INTEGER NOT NULL, size INTEGER NOT NULL, last INTEGER NOT NULL);
        INSERT INTO segment SELECT * FROM old;
        DROP TABLE old;
        DROP TABLE block;
        DELETE FROM meta WHERE key = 'reopened';
        UPDATE meta SET value = 1 WHERE key = 'format';
    """)
    db.close()


def test_store_of_form_1_is_upgraded_and_says_the_same(tmp_path):
    with filled(tmp_path / "s") as keep:
        keep.append(batch(rows(70_000, 20, 200)))
        before = everything(keep)
    as_form_1(tmp_path / "s")
    shutil.copytree(tmp_path / "s", tmp_path / "old")
    with pytest.raises(ConfigError, match="open it for writing once"):
        open_keep(tmp_path / "s", read_only=True)
    with open_keep(tmp_path / "s", params=SMALL) as keep:
        assert everything(keep) == before
    assert verify(tmp_path / "s") == []
    old = sqlite3.connect(tmp_path / "s" / "keep.db.form-1")
    assert old.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == (1,)
    old.close()


def test_upgrade_that_fails_has_not_begun(tmp_path):
    filled(tmp_path / "s").close()
    as_form_1(tmp_path / "s")
    path = sorted((tmp_path / "s" / "segments").iterdir())[3]
    data = path.read_bytes()
    path.write_bytes(data[:-9])
    with pytest.raises(InputError, match=path.name):
        open_keep(tmp_path / "s", params=SMALL)
    path.write_bytes(data)
    with open_keep(tmp_path / "s", params=SMALL) as keep:
        assert len(keep.box(*EVERYWHERE)) == 300


@pytest.mark.parametrize(("form", "match"), [(99, "later"), (0, "nothing reads")])
def test_store_of_an_unknown_form_is_refused(tmp_path, form, match):
    filled(tmp_path / "s", batches=1).close()
    db = sqlite3.connect(tmp_path / "s" / "keep.db", isolation_level=None)
    db.execute("UPDATE meta SET value = ? WHERE key = 'format'", (form,))
    db.close()
    with pytest.raises(ConfigError, match=match):
        open_keep(tmp_path / "s")


# ---- full disks -----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def files_no_larger_than(size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def append_until_full(keep, first):
    """Append batches until one is refused; the number taken."""
    for k in range(first, first + 100_000):
        try:
            keep.append(batch(rows(1000 * k, 1000, 10 * k)))
        except UnavailableError as exc:
            assert "nothing" in str(exc) or "kept" in str(exc) or "not taken" in str(exc) or "full" in str(exc)
            return k
    raise AssertionError("never full")


def assert_whole(keep, taken):
    found = np.sort(keep.box(*EVERYWHERE, names=("mmsi",))["msg_id"])
    assert np.array_equal(found, np.arange(1000 * taken))


def test_when_files_cannot_grow_appends_stop_loudly_and_go_on_later(tmp_path):
    params = KeepParams(seal_rows=100_000, lateness_s=3600)
    with open_keep(tmp_path / "s", params=params) as keep:
        with files_no_larger_than(1_000_000):
            taken = append_until_full(keep, 0)
            assert 3 < taken < 100
            assert_whole(keep, taken)
            with pytest.raises(UnavailableError):
                keep.append(batch(rows(1000 * taken, 1000, 10 * taken)))
            with pytest.raises(UnavailableError):
                keep.put_events(events(*(event(f"e{k}", summary="x" * 5000) for k in range(1000))))
        keep.append(batch(rows(1000 * taken, 1000, 10 * taken)))
        assert_whole(keep, taken + 1)
        before = everything(keep)
    with open_keep(tmp_path / "s", params=params) as keep:
        assert everything(keep) == before


def test_when_segments_cannot_be_written_appends_go_on_for_a_while_and_then_stop(tmp_path, monkeypatch):
    with open_keep(tmp_path / "s", params=SMALL) as keep:
        with monkeypatch.context() as patch:
            patch.setattr(sealing, "write", full_disk)
            taken = append_until_full(keep, 0)
            assert taken == 4
            assert "disk is full" in keep.trouble
            assert_whole(keep, taken)
            assert list(keep._core.files.iterdir()) == []
        keep.append(batch(rows(1000 * taken, 1000, 10 * taken)))
        assert_whole(keep, taken + 1)
        keep.append(batch(rows(1000 * taken + 1000, 1000, 10 * taken)))
        keep.seal()
        assert keep.trouble == ""
    with open_keep(tmp_path / "s", params=SMALL) as keep:
        assert_whole(keep, taken + 2)


def test_little_room_left_is_refused_before_it_is_gone(tmp_path):
    with open_keep(tmp_path / "s", params=KeepParams(free_bytes_least=10**15)) as keep:
        with pytest.raises(UnavailableError, match="nearly full"):
            keep.append(batch(rows(0, 1, 0)))
        assert keep.versions().picture == 0


def test_small_disk_that_is_full_loses_nothing_and_takes_more_when_there_is_room(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk can be mounted only by root")
    try:
        params = KeepParams(seal_rows=20_000, lateness_s=3600, free_bytes_least=0)
        (disk / "ballast").write_bytes(bytes(2_000_000))
        with open_keep(disk / "s", params=params) as keep:
            taken = append_until_full(keep, 0)
            assert_whole(keep, taken)
            (disk / "ballast").unlink()
            keep.append(batch(rows(1000 * taken, 1000, 10 * taken)))
            assert_whole(keep, taken + 1)
        with open_keep(disk / "s", params=params) as keep:
            assert_whole(keep, taken + 1)
            assert verify(disk / "s") == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# ---- what is known again --------------------------------------------------------------------------------------------


def test_horizon_knows_the_newest_ids_and_stays_small():
    horizon = Horizon(1000)
    rng = np.random.default_rng(1)
    ids = rng.permutation(20_000).astype(np.int64)
    at = 0
    while at < len(ids):
        n = int(rng.integers(1, 120))
        part = ids[at : at + n]
        assert horizon.fresh(part).all()
        horizon.add(part)
        at += n
        newest = ids[max(0, at - 1000) : at]
        assert not horizon.fresh(newest).any()
        assert len(horizon) <= 1400
        assert len(horizon._runs) < 40
    assert horizon.fresh(ids[:10]).all()


def test_of_equal_ids_in_one_batch_the_first_is_new():
    horizon = Horizon(10)
    assert horizon.fresh(np.array([5, 3, 5, 3, 7])).tolist() == [True, True, False, False, True]


def test_settings_out_of_range_are_refused():
    with pytest.raises(InputError, match="seal_rows"):
        KeepParams(seal_rows=1)


@pytest.mark.parametrize("read_only", [False, True])
def test_catalogue_that_is_none_is_told(tmp_path, read_only):
    filled(tmp_path / "s", batches=1).close()
    (tmp_path / "s" / "keep.db").write_bytes(b"no database" * 5000)
    with pytest.raises(InputError, match="not a database"):
        open_keep(tmp_path / "s", read_only=read_only)


@pytest.mark.parametrize(("full_sync", "level"), [(False, 1), (True, 2)])
def test_appends_wait_for_the_disk_when_asked_to(tmp_path, full_sync, level):
    with open_keep(tmp_path / "s", params=KeepParams(full_sync=full_sync)) as keep:
        assert keep._core.db.execute("PRAGMA synchronous").fetchone() == (level,)
        assert keep._core.maintenance.execute("PRAGMA synchronous").fetchone() == (2,)
        assert keep.append(batch(rows(0, 10, 0))) == 1


def test_log_of_the_catalogue_stays_small_under_steady_appends(tmp_path):
    with open_keep(tmp_path / "s", params=SMALL) as keep:
        for k in range(60):
            keep.append(batch(rows(1000 * k, 500, 5 * k)))
        keep.seal()
        assert (tmp_path / "s" / "keep.db-wal").stat().st_size < 2_000_000


def test_events_are_read_in_parts_and_rows_without_a_time_answer_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("kizuna.stores.keep.event_rows.ROWS_AT_ONCE", 2)
    with open_keep(tmp_path / "s") as keep:
        keep.put_events(events(*(event(f"e{k}") for k in range(5))))
        assert keep.events()["event_id"].to_pylist() == [f"e{k}" for k in range(5)]
        keep.append(batch([{**fix(1, 5, 0), "time_ms": MISSING_TIME_MS}, fix(2, 5, 0)]))
        for _ in range(2):
            assert keep.box(-180, -90, 180, 90, -(2**52), 2**52)["msg_id"].tolist() == [2]
            keep.seal()
