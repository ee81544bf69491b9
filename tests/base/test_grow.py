import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base import grow
from kizuna.base.grow import STEP_ROWS, Growing
from kizuna.base.table import Column, Kind, Schema, Table, concat, empty, from_arrow, words_and_codes

SCHEMA = Schema(
    "thing",
    "",
    (
        Column("n", Kind.I32, ""),
        Column("x_m", Kind.F64, ""),
        Column("word", Kind.CODE, ""),
        Column("closed", Kind.CODE, "", codes=("A", "B")),
        Column("text", Kind.TEXT, ""),
    ),
)


def table(names):
    words, codes = words_and_codes(names)
    n = len(names)
    codes = codes.astype(np.int32).reshape(n)
    return from_arrow(SCHEMA, Table(SCHEMA, {
        "n": np.arange(n, dtype=np.int32), "x_m": np.arange(n) / 3, "word": codes if n else np.zeros(0, np.int32),
        "closed": np.full(n, -1, np.int32), "text": empty(SCHEMA, n)["text"],
    }, {"word": words}).to_arrow())  # fmt: skip


@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=6), min_size=1, max_size=6), st.sampled_from([0, 1, 1000]))
def test_growing_equals_joining(parts, expected):
    tables = [table(names) for names in parts]
    grown = Growing(SCHEMA, expected)
    for one in tables:
        grown.add(one)
    assert len(grown) == sum(map(len, parts))
    assert plain.rows(grown.finish()) == plain.rows(concat(tables))


def test_missing_codes_stay_missing_when_words_are_renumbered():
    one = table(["a", "b"])
    two = table(["b", "a", "b"]).replace(word=np.array([0, -1, 1], np.int32))
    grown = Growing(SCHEMA)
    grown.add(one)
    grown.add(two)
    assert [r["word"] for r in plain.rows(grown.finish())] == ["a", "b", "b", None, "a"]


def test_columns_grow_beyond_the_first_step():
    big = empty(SCHEMA, STEP_ROWS // 2 + 1)
    grown = Growing(SCHEMA)
    for _ in range(3):
        grown.add(big)
    whole = grown.finish()
    assert len(whole) == 3 * len(big)
    assert whole["n"].flags.owndata


@pytest.mark.parametrize("expected", [0, 7, 1000])
def test_rows_that_are_held_stay_as_they_are_while_more_come(monkeypatch, expected):
    monkeypatch.setattr(grow, "STEP_ROWS", 4)
    tables = [table(list("abcdefgh"[k % 5 : k % 5 + 3])) for k in range(40)]
    grown = Growing(SCHEMA, expected)
    held = {}
    for k, one in enumerate(tables):
        grown.add(one)
        held[k + 1] = grown.hold()
        if k % 3 == 0:
            held.pop(k // 2 + 1).release()
    assert len(held) > 20
    for k, hold in held.items():
        assert plain.rows(hold.rows) == plain.rows(concat(tables[:k]))
        hold.release()
    assert plain.rows(grown.finish()) == plain.rows(concat(tables))
