from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.sources.cells import BAD, Text, TimeReader, by_word, number_in, numbers, present, texts, words
from kizuna.sources.dialects import Dialect
from kizuna.sources.kernels import times

BASE = Dialect("headers", ("mmsi", "time", "lat", "lon"), {"mmsi": 0, "time": 1, "lat": 2, "lon": 3}, (), True, "")
MOMENTS = st.datetimes(datetime(1973, 3, 4), datetime(2199, 12, 31, 23, 59, 59))


def text(cells):
    return Text.of(pa.array([c if isinstance(c, bytes) else c.encode() for c in cells], pa.binary()))


def read(cells, *, utc=True, order=""):
    reader = TimeReader(Dialect("headers", BASE.header, BASE.columns, (), utc, order), "x")
    ms, bad = reader.read(text(cells))
    return [None if t == MISSING_TIME_MS else int(t) for t in ms], bad.tolist()


def ms_of(moment):
    delta = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


@given(
    MOMENTS,
    st.sampled_from(["T", " ", "t", "_"]),
    st.sampled_from(["Z", "", " UTC", "z", " GMT", "+00:00", " +0000 UTC"]),
)
def test_iso_times_equal_the_standard_library(moment, between, zone):
    text = moment.strftime(f"%Y-%m-%d{between}%H:%M:%S.%f") + zone
    assert read([text]) == ([ms_of(moment)], [False])


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_offsets_from_utc(moment, minutes):
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert read([aware.isoformat()], utc=False) == ([ms_of(aware)], [False])


@given(MOMENTS)
def test_other_written_forms(moment):
    exact, second = ms_of(moment), ms_of(moment.replace(microsecond=0))
    minute = ms_of(moment.replace(second=0, microsecond=0))
    for text, order, expected in (
        (moment.strftime("%Y%m%d_%H%M%S"), "", second),
        (moment.strftime("%Y%m%dT%H%M%SZ"), "", second),
        (moment.strftime("%Y%m%d%H%M%S"), "", second),
        (moment.strftime("%Y%m%d %H:%M:%S"), "", second),
        (moment.strftime("%Y/%m/%d %H:%M"), "", minute),
        (moment.strftime("%d/%m/%Y %H:%M:%S"), "dmy", second),
        (moment.strftime("%d.%m.%Y %H:%M"), "dmy", minute),
        (f"{moment.month}/{moment.day}/{moment.year} {moment.strftime('%I:%M:%S %p')}", "mdy", second),
        (f"{ms_of(moment) // 1000}.{moment.microsecond // 1000:03d}", "", exact),
        (f"{second // 1000}", "", second),
        (f"{exact}000", "", exact) if len(f"{exact}") == 13 else (f"{exact}", "", exact),
    ):
        assert read([text], order=order) == ([expected], [False]), text
    if len(f"{exact}") == 13:
        assert read([f"{exact}", f"{exact}999999"]) == ([exact, exact], [False, False])


@pytest.mark.parametrize(
    "text",
    ["2020-02-30 00:00:00", "2020-13-01 00:00:00", "2020-00-01 00:00:00", "2020-01-01", "2020-01-01T", "2020-01-01 24:00:00",
     "2020-01-01 00:60:00", "2020-01-01 00:00:60", "1969-12-31 00:00:00", "2200-01-01 00:00:00", "2021-02-29T00:00:00",
     "2020-01-01T00:00:00+25:00", "2020-01-01T00:00:00 JST", "2020-01-01T00:00:00.Z", "20200101", "12345678", "-1388534400",
     "1.388e9", "13:00", "2020-01-01 13:00:00 PM", "2020-01-01 1:5", "x", "2020-1-1-1 00:00", "99999999999999999999"],
)  # fmt: skip
def test_what_is_no_time(text):
    assert read(["2020-01-01T00:00:00Z", text, "2020-01-01T00:00:00Z"])[1] == [False, True, False]


@given(st.binary(max_size=24))
def test_reader_of_times_reads_any_bytes(cell):
    column = text([b"before", cell, b"behind"]).take(np.array([1]))
    out, state = np.zeros(1, np.int64), np.zeros(1, np.int8)
    for order in (0, 1, 2):
        times.parse_times(column.data, column.edges, column.k, order, out, state)
        assert 0 <= state[0] <= 4
        assert -86_400_000 <= out[0] < 7_289_568_000_000 or state[0] in (1, 2, 4)


def test_missing_words_are_no_bad_times():
    assert read(["", "None", " ", "2020-01-01T00:00:00Z"]) == ([None, None, None, 1577836800000], [False] * 4)


def test_typed_columns_of_times():
    reader = TimeReader(BASE, "x")
    stamps = pa.array([datetime(2020, 1, 1), None], pa.timestamp("us"))
    assert reader.read(stamps)[0].tolist() == [1577836800000, MISSING_TIME_MS]
    assert reader.read(stamps.cast(pa.timestamp("ns")))[0].tolist() == [1577836800000, MISSING_TIME_MS]
    assert reader.read(pa.array([1577836800, None]))[0].tolist() == [1577836800000, MISSING_TIME_MS]
    assert reader.read(pa.array([1577836800.5]))[0].tolist() == [1577836800500]
    assert reader.read(pa.array(["2020-01-01 00:00:00"]).dictionary_encode())[0].tolist() == [1577836800000]
    with pytest.raises(InputError, match="--assume-utc"):
        TimeReader(Dialect("headers", BASE.header, BASE.columns), "x").read(stamps)
    with pytest.raises(InputError, match="holds no times"):
        reader.read(pa.array([True]))


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["1.", ".5", "-0", "007", "1e-400", " 12 ", "\t3", "1E5", "0.1", "123456789.123456789123456789"]),
)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_numbers_are_rounded_as_the_standard_library_rounds(cells):
    values, bad = numbers(text(cells))
    assert bad is None
    assert values.tobytes() == np.array([float(c) for c in cells]).tobytes()


@given(st.lists(st.one_of(NUMBERS, st.text("0123456789.-+eE, nax", max_size=22)), max_size=20))
def test_quick_and_careful_reader_of_numbers_agree(cells):
    values, bad = numbers(text(cells))
    careful = [number_in(c) for c in cells]
    assert [v is None for v in careful] == (bad.tolist() if bad is not None else [False] * len(cells))
    assert values.tobytes() == np.array([np.nan if v is None else v for v in careful], np.float64).tobytes()


@pytest.mark.parametrize(("cell", "value"), [("1_000", None), ("0x10", None), ("--1", None), ("1e999", None), ("Infinity", None), ("\u0661", None), ("+1.5", 1.5), ("1,5", None)])  # fmt: skip
def test_what_is_a_number(cell, value):
    assert number_in(cell) == value


def test_decimal_comma_is_read_where_it_was_announced():
    assert number_in("1,5", ",") == 1.5
    assert number_in("1,5,6", ",") is None


def test_numbers_of_typed_columns():
    for array in (pa.array([1, None], pa.int16()), pa.array([1.0, None], pa.float32()), pa.array(["1", None]),
                  pa.array(["1", "None"]).dictionary_encode(), pa.array([1.0, None], pa.float16())):  # fmt: skip
        values, bad = numbers(array)
        assert values[0] == 1.0
        assert np.isnan(values[1])
        assert bad is None
    with pytest.raises(InputError, match="holds no numbers"):
        numbers(pa.array([[1]]))


def test_present_cells_are_those_with_a_meaning():
    cells = [
        "",
        "  ",
        "Unknown",
        " None ",
        "unknown",
        "NULL",
        "x",
        "Unknown value",
        "Unknown values",
        "N",
        "\\N",
        "nan",
    ]
    assert present(text(cells)).tolist() == [
        False,
        False,
        False,
        False,
        True,
        False,
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    assert texts(text(["A ", " B", "None", "", "Ø"])).to_pylist() == ["A", " B", None, None, "Ø"]


def test_more_distinct_words_than_the_quick_way_takes():
    cells = [f"word {i % 5000}" for i in range(20_000)]
    found, codes = words(text(cells))
    assert found == tuple(f"word {i}" for i in range(5000))
    assert codes.tolist() == [i % 5000 for i in range(20_000)]


def test_each_distinct_word_is_read_once():
    seen = []

    def reader(cell):
        seen.append(cell)
        return {"a": 1, "b": BAD}.get(cell)

    values, bad = by_word(pa.array(["a", "b", "a", None, "Unknown", "b", "c"]), reader, np.int8, -1)
    assert values.tolist() == [1, -1, 1, -1, -1, -1, -1]
    assert (bad, seen) == (2, ["a", "b", "c"])


def test_words_are_numbered_by_first_appearance():
    found, codes = words(pa.array(["S2", None, " S1", "S2", "S1"]))
    assert (found, codes.tolist()) == (("S2", "S1"), [0, -1, 1, 0, 1])
