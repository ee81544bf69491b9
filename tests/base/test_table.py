"""Tables obey their schema, survive the way to a file and back, and say what is wrong."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.base.table import Column, Kind, Schema, Table, concat, empty, from_arrow, words_and_codes
from kizuna.base.units import MISSING_TIME_MS

SCHEMA = Schema("things", "For the test.", (
    Column("n", Kind.I64, "A number."),
    Column("small", Kind.I8, "With a missing value.", missing=-1),
    Column("time_ms", Kind.TIME, "A time.", file_name="timestamp"),
    Column("lat_deg", Kind.F64, "A latitude.", unit="deg", file_name="lat"),
    Column("yes", Kind.FLAG, "Yes, no or unknown."),
    Column("kind", Kind.CODE, "Closed words.", codes=("a", "b")),
    Column("who", Kind.CODE, "Open words."),
    Column("name", Kind.TEXT, "A text."),
))  # fmt: skip

rows = st.lists(
    st.tuples(
        st.integers(-(2**62), 2**62),
        st.integers(-1, 127),
        st.one_of(st.just(MISSING_TIME_MS), st.integers(-(2**40), 2**41)),
        st.one_of(st.just(float("nan")), st.floats(-90, 90)),
        st.sampled_from([-1, 0, 1]),
        st.sampled_from([-1, 0, 1]),
        st.one_of(st.none(), st.sampled_from(["x", "y", "絆"])),
        st.one_of(st.none(), st.text(max_size=5)),
    ),
    max_size=20,
)


def build(data):
    n, small, t, lat, yes, kind, who, name = zip(*data, strict=True) if data else ([],) * 8
    words, codes = words_and_codes([w for w in who if w is not None])
    picked = iter(codes)
    who_codes = np.array([-1 if w is None else next(picked) for w in who], np.int32)
    return Table(SCHEMA, {
        "n": np.array(n, np.int64), "small": np.array(small, np.int8), "time_ms": np.array(t, np.int64),
        "lat_deg": np.array(lat, np.float64), "yes": np.array(yes, np.int8), "kind": np.array(kind, np.int32),
        "who": who_codes, "name": pa.array(name, pa.string()),
    }, {"who": words})  # fmt: skip


def same(a: Table, b: Table) -> bool:
    return a.to_arrow().cast(b.to_arrow().schema).equals(b.to_arrow()) or plain(a) == plain(b)


def plain(t: Table):
    return t.to_arrow().to_pylist()


@given(rows)
def test_the_way_to_arrow_and_back_changes_nothing(data):
    table = build(data)
    assert plain(from_arrow(SCHEMA, table.to_arrow())) == plain(table)


@given(rows)
def test_missing_values_are_null_in_files(data):
    table = build(data)
    out = table.to_arrow()
    assert out.column("timestamp").null_count == int((table["time_ms"] == MISSING_TIME_MS).sum())
    assert out.column("lat").null_count == int(np.isnan(table["lat_deg"]).sum())
    assert out.column("yes").null_count == int((table["yes"] == -1).sum())
    assert out.column("who").null_count == int((table["who"] == -1).sum())


@given(rows, rows)
def test_concatenation_joins_rows_and_word_lists(a, b):
    assert plain(concat([build(a), build(b)])) == plain(build(a)) + plain(build(b))


@given(rows, st.data())
def test_take_and_slice_pick_the_same_rows(data, draw):
    table = build(data)
    start = draw.draw(st.integers(0, len(table)))
    stop = draw.draw(st.integers(start, len(table)))
    assert plain(table.slice(start, stop)) == plain(table.take(np.arange(start, stop)))


def test_a_file_without_a_column_reads_as_missing():
    out = from_arrow(SCHEMA, pa.table({"n": [1, 2]}))
    assert np.isnan(out["lat_deg"]).all()
    assert (out["time_ms"] == MISSING_TIME_MS).all()


def test_an_unknown_word_of_a_closed_column_is_refused():
    with pytest.raises(InputError, match="unknown words: c"):
        from_arrow(SCHEMA, pa.table({"n": [1], "kind": ["c"]}))


def test_wrong_columns_types_and_lengths_are_refused():
    good = dict(empty(SCHEMA, 2).columns)
    with pytest.raises(InputError, match="missing or unknown: name"):
        Table(SCHEMA, {k: v for k, v in good.items() if k != "name"}, {"who": ()})
    with pytest.raises(InputError, match=r"n: expected int64"):
        Table(SCHEMA, {**good, "n": np.zeros(2, np.int32)}, {"who": ()})
    with pytest.raises(InputError, match="different lengths"):
        Table(SCHEMA, {**good, "n": np.zeros(3, np.int64)}, {"who": ()})
    with pytest.raises(InputError, match="no word list"):
        Table(SCHEMA, good, {})


def test_the_file_schema_tells_units_and_meaning():
    field = SCHEMA.arrow().field("lat")
    assert field.metadata[b"unit"] == b"deg"
    assert field.metadata[b"doc"]
