"""Columns packed small give back the same bits, and nothing half-written is read."""

import errno

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kizuna.base.errors import InputError, UnavailableError
from kizuna.engines.partition import packed

DTYPES = (np.int8, np.int16, np.int32, np.int64, np.bool_)


def same(a, b):
    """Equal type and bits; a NaN is a NaN whatever its bits."""
    assert a.dtype == b.dtype and len(a) == len(b)
    if a.dtype.kind == "f":
        gone = np.isnan(a)
        assert np.array_equal(gone, np.isnan(b))
        a, b = a[~gone], b[~gone]
    assert np.array_equal(packed.bits(a), packed.bits(b))


def there_and_back(column):
    form, kept = packed.encode(column)
    same(packed.decode(form, kept, len(column)), column)
    return form


@given(st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, st.integers(0, 40))))
def test_integers_come_back(column):
    there_and_back(column)


@given(hnp.arrays(np.float64, st.integers(0, 40)) | hnp.arrays(np.float32, st.integers(0, 40)))
def test_any_floats_come_back(column):
    there_and_back(column)


@given(st.lists(st.none() | st.integers(-1_800_000_000, 1_800_000_000), min_size=2, max_size=40))
def test_positions_to_seven_places_take_four_bytes(values):
    column = np.array([np.nan if v is None else v / 1e7 for v in values])
    form = there_and_back(column)
    assert form.form == "same" or form.disk == "<i4"


@given(st.lists(st.none() | st.integers(0, 3600), min_size=2, max_size=40))
def test_tenths_take_two_bytes(values):
    column = np.array([np.nan if v is None else v / 10 for v in values], np.float32)
    form = there_and_back(column)
    assert form.form == "same" or form.disk == "<i2"


@pytest.mark.parametrize("value", [0.0, -0.0, np.nan, np.inf, 1e300, -180.0, 214.7483648])
def test_odd_values_among_plain_ones_come_back(value):
    there_and_back(np.array([1.5, value, 2.5]))
    with np.errstate(over="ignore"):
        there_and_back(np.array([1.5, value, 2.5]).astype(np.float32))
    there_and_back(np.full(3, value))


def test_one_value_for_all_rows_takes_no_room_and_is_not_repeated_unless_asked():
    form, kept = packed.encode(np.broadcast_to(np.float64(7.5), 1000))
    assert (form.form, len(kept)) == ("same", 0)
    assert packed.decode(form, kept, 5, spread=False).strides == (0,)
    assert packed.decode(form, kept, 5).tolist() == [7.5] * 5


def test_times_of_a_day_take_four_bytes():
    form = there_and_back(np.array([1_767_225_600_000, 1_767_311_999_000]))
    assert form.disk == "<i4"


def test_parts_of_a_column_are_those_of_the_whole(tmp_path):
    columns = {"a": np.arange(100) * 1.5, "b": np.arange(7), "c": np.full(100, 3), "none": np.empty(0)}
    packed.save(tmp_path / "x", columns, {"rows": 100})
    pack = packed.load(tmp_path / "x")
    assert pack.notes["rows"] == 100 and pack.rows("b") == 7
    for name, column in columns.items():
        same(pack.get(name), column)
    same(pack.get("a", 10, 20), columns["a"][10:20])
    same(pack.take("a", np.array([3, 50]), np.array([5, 51])), columns["a"][[3, 4, 50]])


@pytest.mark.parametrize(
    "harm", [lambda d: d[:-1], lambda d: d + b"x", lambda d: b"?" + d[1:], lambda _d: b"", lambda d: d[:20]]
)
def test_a_file_that_is_not_whole_is_refused(tmp_path, harm):
    packed.save(tmp_path / "x", {"a": np.arange(100)})
    (tmp_path / "x").write_bytes(harm((tmp_path / "x").read_bytes()))
    with pytest.raises(InputError):
        packed.load(tmp_path / "x")


def test_a_full_disk_leaves_the_earlier_file(tmp_path, monkeypatch):
    packed.save(tmp_path / "x", {"a": np.arange(3)})

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packed.os, "fsync", full)
    with pytest.raises(UnavailableError, match="disk is full"):
        packed.save(tmp_path / "x", {"a": np.arange(99)})
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert packed.load(tmp_path / "x").get("a").tolist() == [0, 1, 2]
