"""Segments give back what was written, and their bounds never hide a row."""

import json

import numpy as np
import plain
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores.store_rows import T0_MS, fix, said, table_of

from kizuna.base.errors import InputError, UnavailableError
from kizuna.base.table import from_arrow
from kizuna.base.units import DAY_MS, MISSING_TIME_MS
from kizuna.fixes.statics import STATICS
from kizuna.fixes.table import FIXES
from kizuna.stores.keep import segments
from kizuna.stores.keep.params import FILE_ROWS, GROUP_ROWS, WINDOW_MS


def rows_back(table, path, names=()):
    segments.write(table, path, "real")
    return from_arrow(table.schema, segments.read(path, table.schema, None, names).whole(table.schema, names))


some_rows = st.lists(
    st.builds(
        lambda k, mmsi, lat, lon, sog, status, second, channel: fix(
            k, mmsi, k % 50, lat, lon, sog_kn=sog, nav_status=status, second=second, channel=channel
        ),
        st.integers(0, 2**63 - 1), st.integers(1, 5),
        st.one_of(st.none(), st.integers(-54_000_000, 54_000_000).map(lambda n: n / 600_000), st.floats(-90, 90)),
        st.one_of(st.none(), st.integers(-18_000_000, 17_999_999).map(lambda n: n / 100_000)),
        st.sampled_from([None, 0.0, 12.5]), st.sampled_from([None, 0, 5]), st.sampled_from([None, 30]),
        st.sampled_from([None, 0, 1]),
    ), min_size=1, max_size=20,
)  # fmt: skip


@given(rows=some_rows)
def test_file_gives_back_every_value(tmp_path_factory, rows):
    table = segments.in_order(table_of(FIXES, rows))
    path = tmp_path_factory.mktemp("s") / "x.parquet"
    assert plain.rows(rows_back(table, path)) == plain.rows(table)


def test_positions_of_ais_stand_as_whole_numbers_and_others_as_they_are(tmp_path):
    for lon, unit in (
        (600_001 / 600_000, 600_000),
        (1.23457, 600_000),
        (1.234567, 1_000_000),
        (1.2345678, 10_000_000),
        (0.1 + 0.2, None),
    ):
        table = table_of(FIXES, [fix(1, 5, 0, 30.0, lon), fix(2, 5, 1, np.nan, np.nan)])
        back = rows_back(table, tmp_path / "x.parquet")
        facts = pq.read_metadata(tmp_path / "x.parquet").metadata
        assert json.loads(facts[b"kizuna.scale"]).get("lon") == unit
        assert back["lon_deg"][0] == lon
        assert np.isnan(back["lon_deg"][1])


def test_column_that_says_the_same_throughout_is_not_written_and_comes_back(tmp_path):
    table = table_of(STATICS, [said(1, 5, 0, shipname="A", imo=7), said(2, 6, 0, shipname="B", imo=7)])
    assert plain.rows(rows_back(table, tmp_path / "x.parquet")) == plain.rows(table)
    names = pq.read_schema(tmp_path / "x.parquet").names
    assert "shipname" in names
    assert not {"imo", "context", "callsign", "destination"} & set(names)
    only = segments.read(tmp_path / "x.parquet", STATICS, None, ("imo",)).whole(STATICS, ("imo",))
    assert only.column_names == ["imo"]


def test_bounds_hold_every_row_of_their_group():
    rng = np.random.default_rng(3)
    n = 2 * GROUP_ROWS + 100
    rows = [
        fix(k, int(m), float(t), float(y), float(x))
        for k, (m, t, y, x) in enumerate(
            zip(rng.integers(1, 90, n), rng.uniform(0, 300, n), rng.uniform(-90, 90, n), rng.uniform(-180, 180, n))
        )
    ]
    rows[5]["lat_deg"] = rows[5]["lon_deg"] = np.nan
    rows[6]["time_ms"] = MISSING_TIME_MS
    table = segments.in_order(table_of(FIXES, rows))
    bounds = segments.bounds_of(table)
    assert bounds[:, -1].tolist() == [GROUP_ROWS, GROUP_ROWS, 100]
    for k, b in enumerate(bounds):
        part = table.slice(k * GROUP_ROWS, min((k + 1) * GROUP_ROWS, n))
        dated = part["time_ms"] != MISSING_TIME_MS
        assert (b[0], b[1]) == (part["mmsi"].min(), part["mmsi"].max())
        assert (b[2], b[3]) == (part["time_ms"][dated].min(), part["time_ms"][dated].max())
        assert (b[4], b[5]) == (np.nanmin(part["lat_deg"]), np.nanmax(part["lat_deg"]))
        assert (b[6], b[7]) == (np.nanmin(part["lon_deg"]), np.nanmax(part["lon_deg"]))


def test_rows_strewn_over_many_windows_make_few_files():
    times = np.concatenate([T0_MS + np.arange(100) * DAY_MS, np.full(50, T0_MS), [MISSING_TIME_MS]])
    found = dict(segments.by_window(times))
    assert len(found) <= 9
    assert sorted(np.concatenate(list(found.values())).tolist()) == list(range(len(times)))
    assert len(found[T0_MS // WINDOW_MS * WINDOW_MS]) == 51
    assert len(times) - 1 in found[segments.ODD]


def test_files_are_cut_between_vessels_where_that_is_possible():
    mmsi = np.sort(np.random.default_rng(1).integers(1, 40, FILE_ROWS + 50_000)).astype(np.int32)
    bare = table_of(FIXES, [fix(1, 1, 0)])
    table = bare.take(np.zeros(len(mmsi), np.int64)).replace(mmsi=mmsi)
    parts = list(segments.cuts(table))
    assert sum(map(len, parts)) == len(table)
    assert max(map(len, parts)) <= FILE_ROWS
    assert not set(parts[0]["mmsi"].tolist()) & set(parts[1]["mmsi"].tolist())
    one = table.replace(mmsi=np.ones(len(mmsi), np.int32))
    assert [len(p) for p in segments.cuts(one)] == [FILE_ROWS, 50_000]


def test_damaged_file_is_told_and_a_missing_one_is_missing(tmp_path):
    table = table_of(FIXES, [fix(1, 5, 0)])
    path = tmp_path / "x.parquet"
    segments.write(table, path, "real")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="damaged"):
        segments.read(path, FIXES)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        segments.read(path, FIXES)


def test_full_disk_leaves_no_file(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segments, "sync", full)
    with pytest.raises(UnavailableError, match="disk is full"):
        segments.write(table_of(FIXES, [fix(1, 5, 0)]), tmp_path / "x.parquet", "real")
    assert list(tmp_path.iterdir()) == []


def test_context_and_marking_stand_in_the_file(tmp_path):
    segments.write(table_of(FIXES, [fix(1, 5, 0)], "exercise:north"), tmp_path / "x.parquet", "exercise:north")
    facts = pq.read_metadata(tmp_path / "x.parquet").metadata
    assert facts[b"kizuna.marking"] == b"EXERCISE north"
    assert isinstance(pq.read_table(tmp_path / "x.parquet"), pa.Table)
