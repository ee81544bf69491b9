"""Counts of who was heard and who was missing, held to a slow twin and to their laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.tracks.reception import (
    COLUMNS,
    MEMORY_H,
    NO_RECEPTION,
    Presence,
    Reception,
    cells_around,
    cells_of,
    count,
    presence,
)

T0_H = 438_288
fixes = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 30 * 60), st.sampled_from([10.1, 10.6, 89.9]), st.sampled_from([-0.1, 0.3, 179.9])),
    max_size=60,
)  # fmt: skip


def columns(rows):
    mmsi = np.array([r[0] for r in rows], np.int32)
    time_ms = np.array([T0_H * HOUR_MS + r[1] * 60_000 for r in rows], np.int64)
    return mmsi, time_ms, np.array([r[2] for r in rows], float), np.array([r[3] for r in rows], float)


def counted(rows, hours=31):
    return count(presence(*columns(rows)), (T0_H + hours) * HOUR_MS)


def as_dict(r: Reception):
    return {(c, h): (a, m) for c, h, a, m in zip(*(v.tolist() for v in (r.cell, r.hour, r.heard, r.missing)))}


def slow(rows, hours=31):
    """The definition, vessel by vessel and hour by hour."""
    out = {}
    mmsi, time_ms, lat, lon = columns(rows)
    cell = cells_of(lat, lon)
    for m in set(mmsi.tolist()):
        mine = sorted((t, c) for k, t, c in zip(mmsi.tolist(), time_ms.tolist(), cell.tolist()) if k == m)
        for hour in range(T0_H, T0_H + hours):
            inside = [c for t, c in mine if t // HOUR_MS == hour]
            before = [(t, c) for t, c in mine if t // HOUR_MS < hour]
            if inside:
                a, b = out.get((inside[0], hour), (0, 0))
                out[inside[0], hour] = a + 1, b
            elif before and hour - before[-1][0] // HOUR_MS <= MEMORY_H:
                a, b = out.get((before[-1][1], hour), (0, 0))
                out[before[-1][1], hour] = a, b + 1
    return out


@given(fixes)
@settings(max_examples=60, deadline=None)
def test_counts_agree_with_slow_twin(rows):
    assert as_dict(counted(rows)) == slow(rows)


@given(fixes, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_of_fixes_does_not_matter(rows, random):
    again = list(rows)
    random.shuffle(again)
    assert counted(again).digest == counted(rows).digest


@given(fixes, fixes)
@settings(max_examples=60, deadline=None)
def test_presence_of_parts_merges_to_that_of_the_whole(some, more):
    parts = presence(*columns(some)).merged(presence(*columns(more)))
    whole = presence(*columns(some + more))
    for name in Presence.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    again = parts.merged(presence(*columns(more)))
    np.testing.assert_array_equal(again.last, whole.last)


@given(fixes)
@settings(max_examples=60, deadline=None)
def test_counts_of_partitions_by_mmsi_add_up(rows):
    odd, even = ([r for r in rows if r[0] % 2 == k] for k in (1, 0))
    assert counted(odd).merged(counted(even)).digest == counted(rows).digest


@given(fixes, st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_hours_counted_as_they_end_equal_the_whole(rows, cut):
    """A node that listens keeps presence since the last count and adds each finished hour."""
    early = [r for r in rows if r[1] < cut * 60]
    cut_ms = (T0_H + cut) * HOUR_MS
    first = count(presence(*columns(early)), cut_ms)
    kept = presence(*columns(early)).since(cut_ms).merged(presence(*columns([r for r in rows if r[1] >= cut * 60])))
    then = count(kept, (T0_H + 31) * HOUR_MS, from_ms=cut_ms)
    assert first.merged(then).digest == counted(rows).digest


@given(fixes, st.integers(0, 30 * 60))
@settings(max_examples=60, deadline=None)
def test_one_more_vessel_heard_never_lowers_the_share_heard(rows, minute):
    place = np.array([10.1]), np.array([0.3])
    hours = np.array([T0_H]), np.array([T0_H + 31])
    before = counted(rows).near(*place, *hours)
    hour = minute // 60
    after_rows = rows + [(99, hour * 60 + k, 10.1, 0.3) for k in range(60)]
    after = counted(after_rows, hours=hour + 1).near(*place, *hours)
    before = counted(rows, hours=hour + 1).near(*place, *hours)
    assert after.heard[0] == before.heard[0] + 1 and after.expected[0] == before.expected[0] + 1
    assert after.heard[0] * max(before.expected[0], 1) >= before.heard[0] * after.expected[0]


@given(fixes, st.integers(-2, 32), st.integers(-2, 32))
@settings(max_examples=60, deadline=None)
def test_sums_around_a_place_agree_with_slow_twin(rows, a, b):
    r = counted(rows)
    lat, lon = np.array([10.2, 89.9]), np.array([-0.2, 179.9])
    got = r.near(lat, lon, np.full(2, T0_H + a), np.full(2, T0_H + b))
    table = as_dict(r)
    for k, cell in enumerate(cells_of(lat, lon).tolist()):
        around = set(cells_around(np.array([cell]))[0].tolist()) - {-1}
        pick = lambda cells: [v for (c, h), v in table.items() if c in cells and T0_H + a <= h < T0_H + b]  # noqa: E731
        own, near = pick({cell}), pick(around)
        want = (sum(x for x, _ in own), sum(map(sum, own)), sum(x for x, _ in near), sum(map(sum, near)))
        assert tuple(int(v[k]) for v in got) == want


def test_outage_shows_as_missing_vessels_until_memory_ends():
    rows = [(m, t, 10.1, 0.3) for m in range(1, 6) for t in range(0, 120, 10)]
    r = as_dict(counted(rows, hours=12))
    cell = int(cells_of(np.array([10.1]), np.array([0.3]))[0])
    assert r[cell, T0_H + 1] == (5, 0)
    assert [r[cell, T0_H + h] for h in range(2, 2 + MEMORY_H)] == [(0, 5)] * MEMORY_H
    assert (cell, T0_H + 2 + MEMORY_H) not in r


def test_hour_that_is_not_over_is_not_counted():
    rows = [(1, 0, 10.1, 0.3), (1, 70, 10.1, 0.3)]
    r = count(presence(*columns(rows)), T0_H * HOUR_MS + 90 * 60_000)
    assert r.hour.tolist() == [T0_H]


def test_cells_around_wrap_at_180_degrees_and_end_at_the_pole():
    cell = cells_of(np.array([0.1]), np.array([179.9]))
    assert cells_of(np.array([0.1]), np.array([-179.9]))[0] in cells_around(cell)[0]
    pole = cells_around(cells_of(np.array([89.9]), np.array([0.1])))[0]
    assert (pole >= 0).sum() == 6
    assert cells_of(np.array([90.0]), np.array([-180.0]))[0] == cells_of(np.array([89.9]), np.array([-179.9]))[0]
    assert COLUMNS == 720


def test_rows_without_time_or_position_are_left_out():
    found = presence(
        np.array([1, 1, 2], np.int32), np.array([MISSING_TIME_MS, 5, 5]), np.array([1.0, np.nan, 2.0]), np.zeros(3)
    )
    assert found.mmsi.tolist() == [2]
    nothing = presence(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0))
    assert len(count(nothing, 10 * HOUR_MS)) == 0 == len(NO_RECEPTION)
    got = NO_RECEPTION.near(np.array([1.0]), np.array([2.0]), np.array([1]), np.array([9]))
    assert [v.tolist() for v in got] == [[0]] * 4


@pytest.mark.parametrize("n", [0, 1])
def test_merge_with_nothing_changes_nothing(n):
    r = counted([(1, 5, 10.1, 0.3)] * n)
    assert r.merged(NO_RECEPTION).digest == r.digest
