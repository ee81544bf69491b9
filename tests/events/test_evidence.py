"""Evidence, proof lists, extents, medians, confidence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.events.account.confidence import (
    CEILING,
    FLOOR,
    HIGH_FROM,
    MODERATE_FROM,
    Support,
    confidence,
    level,
    support,
)
from kizuna.events.account.evidence import Test as Measured
from kizuna.events.account.evidence import chosen, evidence, extent, medians, ranges, sums, wrapped


@pytest.mark.parametrize(
    ("relation", "measured", "passed"),
    [
        (">", 6.0, False),
        (">", 6.1, True),
        (">=", 6.0, True),
        ("<", 6.0, False),
        ("<", 5.9, True),
        ("<=", 6.0, True),
        ("<=", np.nan, None),
    ],
)
def test_verdict_follows_the_relation(relation, measured, passed):
    (event,) = evidence(1, [Measured("t", np.array([measured]), relation, 6.0, "h")]).to_pylist()
    assert event == [
        {
            "test": "t",
            "measured": None if np.isnan(measured) else measured,
            "threshold": 6.0,
            "relation": relation,
            "unit": "h",
            "passed": passed,
        }
    ]


def test_every_event_lists_every_test_in_order():
    got = evidence(3, [Measured("a", np.arange(3.0), ">", 1), Measured("b", np.arange(3), "<=", 1)]).to_pylist()
    assert [[t["test"] for t in e] for e in got] == [["a", "b"]] * 3
    assert [[t["passed"] for t in e] for e in got] == [[False, True], [False, True], [True, False]]
    assert evidence(0, [Measured("a", np.empty(0), ">", 1)]).to_pylist() == []


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8), st.integers(0, 4)), max_size=12))
def test_ranges_are_sets_of_rows(parts):
    table = np.array(parts, np.int64).reshape(-1, 3)
    got = ranges(table[:, 0], table[:, 0] + table[:, 1], table[:, 2], 5)
    want = [sorted({r for a, k, e in parts if e == event for r in range(a, a + k)}) for event in range(5)]
    assert [got.flat[got.offsets[e] : got.offsets[e + 1]].tolist() for e in range(5)] == want


def test_texts_stand_where_they_hold():
    got = chosen({"a": np.array([True, False]), "b": True, "c": np.array([False, False])}, 2)
    assert got.to_pylist() == [["a", "b"], ["b"]]
    assert chosen({"b": True}, 0).to_pylist() == []


def test_extent_over_180_degrees():
    box = extent(np.array([0.0, 1.0, 5.0]), np.array([179.0, -179.0, 10.0]), np.array([0, 2, 3]))
    assert (box.lon_min_deg[0], box.lon_max_deg[0]) == (179.0, -179.0) and abs(box.lon_mean_deg[0]) == 180.0
    assert (box.lat_mean_deg[0], box.lat_min_deg[0], box.lat_max_deg[0]) == (0.5, 0.0, 1.0)
    assert (box.lon_mean_deg[1], box.lon_min_deg[1], box.lon_max_deg[1]) == (10.0, 10.0, 10.0)


def test_wrapped():
    assert wrapped(np.array([180.0, -180.0, 181.0, 540.0, 0.0])).tolist() == [-180.0, -180.0, -179.0, -180.0, 0.0]


@given(st.lists(st.lists(st.one_of(st.just(np.nan), st.floats(-100, 100)), max_size=9), max_size=6))
def test_medians_are_those_of_numpy(groups):
    flat = np.array([v for g in groups for v in g], np.float64)
    offsets = np.cumsum([0, *(len(g) for g in groups)])
    want = [np.nanmedian(g) if not np.isnan(g).all() else np.nan for g in map(np.array, groups)]
    np.testing.assert_allclose(medians(flat, offsets), want, rtol=1e-15)


@given(st.lists(st.lists(st.floats(-100, 100), max_size=9), max_size=6))
def test_sums(groups):
    flat = np.array([v for g in groups for v in g], np.float64)
    np.testing.assert_allclose(
        sums(flat, np.cumsum([0, *(len(g) for g in groups)])), [sum(g) for g in groups], atol=1e-9
    )


# ------------------------------------------------------------------ confidence

values = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6))
supports = st.lists(
    st.tuples(st.floats(0.1, 5), values, st.floats(-100, 100), st.floats(1, 100), st.booleans()), min_size=1, max_size=5
)


def made(parts, k=None, better=0.0):
    out = []
    for i, (w, v, none_at, span, falling) in enumerate(parts):
        sign = -1 if falling else 1
        v = v if i != k else (none_at if np.isnan(v) else v) + sign * better
        out.append(Support(w, np.array([v]), none_at, none_at + sign * span))
    return out


@given(supports, st.floats(0, 1e3), st.data())
def test_confidence_never_falls_when_a_support_rises(parts, better, data):
    k = data.draw(st.integers(0, len(parts) - 1))
    assert confidence(1, made(parts, k, better), [])[0] >= confidence(1, made(parts), [])[0]


@given(supports)
def test_confidence_stays_between_floor_and_ceiling(parts):
    c = confidence(1, made(parts), [])[0]
    assert np.float32(FLOOR) <= c <= np.float32(CEILING) and CEILING < 1
    assert confidence(1, made(parts), [(np.array([True]), 0.4)])[0] <= np.float32(0.4)


@given(supports, st.data())
def test_not_knowing_never_makes_surer(parts, data):
    k = data.draw(st.integers(0, len(parts) - 1))
    unknown = [*parts[:k], (parts[k][0], np.nan, *parts[k][2:]), *parts[k + 1 :]]
    assert confidence(1, made(unknown), [])[0] <= confidence(1, made(parts), [])[0]


def test_support_is_linear_between_its_ends():
    assert support(np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.nan]), 2, 4).tolist() == [0, 0, 0.5, 1, 1, 0]
    assert support(np.array([1.0, 3.0, 9.0]), 4, 2).tolist() == [1, 0.5, 0]


def test_words_begin_where_documented():
    assert level(np.array([0, MODERATE_FROM - 1e-9, MODERATE_FROM, HIGH_FROM - 1e-9, HIGH_FROM, 1])).tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
    ]
