"""Times made for inputs that have none."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.table import empty
from kizuna.base.units import MISSING_TIME_MS
from kizuna.fixes.clean import assume_times, without_time
from kizuna.fixes.table import FIXES, FLAG_NO_TIME, FLAG_TIME_SUSPECT, TIME_SOURCES

START_MS = 1_577_836_800_000


def fixes_with(second):
    t = empty(FIXES, len(second))
    return t.replace(second=np.array(second, np.int8), flags=np.full(len(second), FLAG_NO_TIME, np.int32))


@given(st.integers(0, 59_999), st.lists(st.integers(0, 20_000), min_size=1, max_size=200))
def test_times_are_exact_to_the_second_when_reports_keep_coming(offset_ms, steps_ms):
    """A steady feed: several reports a second and none late."""
    truth = START_MS + offset_ms + np.cumsum(np.array(steps_ms) % 400)
    got = assume_times(fixes_with((truth // 1000 % 60).astype(int)), START_MS + offset_ms)["time_ms"]
    assert (np.abs(got - truth) < 31_000).all()
    assert (got // 1000 % 60 == truth // 1000 % 60).all()


def test_a_long_feed_does_not_drift():
    truth = START_MS + np.arange(0, 3_600_000, 50)
    rng = np.random.default_rng(7)
    heard = truth + rng.integers(0, 4_000, len(truth))
    order = np.argsort(heard, kind="stable")
    got = assume_times(fixes_with((truth[order] // 1000 % 60).astype(int)), START_MS)["time_ms"]
    assert np.abs(got - truth[order]).max() < 1_000


def test_what_was_made_is_marked_and_the_rest_is_kept():
    t = fixes_with([5, 6])
    t = t.replace(time_ms=np.array([MISSING_TIME_MS, 42], np.int64), flags=np.array([FLAG_NO_TIME, 0], np.int32))
    assert without_time(t) == 1
    out = assume_times(t, START_MS)
    assert out["time_ms"].tolist() == [START_MS + 5_000, 42]
    assert out["flags"].tolist() == [FLAG_TIME_SUSPECT, 0]
    assert TIME_SOURCES[out["time_source"][0]] == "assumed"


def test_reports_without_a_second_take_the_clock():
    out = assume_times(fixes_with([-1, 30, -1]), START_MS + 29_000)
    assert out["time_ms"][0] == START_MS + 29_000
    assert out["time_ms"][1] == START_MS + 30_000


def test_a_table_with_all_times_is_returned_unchanged():
    t = fixes_with([1]).replace(time_ms=np.array([1], np.int64))
    assert assume_times(t, START_MS) is t
