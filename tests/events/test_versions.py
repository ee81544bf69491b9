"""Events over several runs: nothing changes or vanishes silently."""

from dataclasses import replace

import numpy as np
import pytest
from events.make import HOUR, T0_S, Leg, make_tracks

from kizuna.base.table import empty
from kizuna.events import gaps
from kizuna.events.params import Settings
from kizuna.events.table import EVENTS
from kizuna.events.versions import compare

A, B = 211_000_000, 212_000_000
ALL = (-(2**62), 2**62)


def silent(*hours, mmsi=A):
    return Leg(mmsi, np.asarray(hours) * HOUR, 10, 20, sog=5.0)


def run(*legs, settings=Settings()):
    return gaps.detect(make_tracks(*legs), settings.gaps)


def told(events):
    t = events.to_arrow().to_pylist()
    return sorted(
        (e["start_timestamp"].hour, e["version"], e["status"], e["status_reason"], e["superseded_by"] == e["event_id"])
        for e in t
    )


def test_same_fixes_change_nothing():
    events = run(silent(0, 8, 8.1), silent(0, 4, 12, mmsi=B))
    assert compare(events, events, ALL).to_arrow().equals(events.to_arrow())


def test_open_gap_that_closed_has_a_second_version():
    early = run(silent(0, 0.5), silent(*range(10), mmsi=B))
    late = run(silent(0, 0.5, 9.5), silent(*range(11), mmsi=B))
    both = compare(early, late, ALL)
    assert told(both) == [(0, 1, "superseded", "late_data", True), (0, 2, "closed", None, False)]
    assert len(set(both["event_id"].to_pylist())) == 1


def test_gap_filled_by_late_data_is_retracted():
    both = compare(run(silent(0, 8)), run(silent(0, 4, 8)), ALL)
    assert told(both) == [(0, 1, "retracted", "late_data", False)]


def test_gap_that_other_parameters_no_longer_find_is_reprocessed():
    settings = replace(Settings(), gaps=gaps.Params(threshold_h=10))
    legs = silent(0, 8), silent(0, 12, mmsi=B)
    both = compare(run(*legs), run(*legs, settings=settings), ALL)
    assert told(both) == [
        (0, 1, "retracted", "reprocessed", False),
        (0, 1, "superseded", "reprocessed", True),
        (0, 2, "closed", None, False),
    ]


def test_event_whose_start_moved_names_the_new_one():
    both = compare(run(silent(0, 10)), run(silent(0, 1, 10)), ALL).to_arrow().to_pylist()
    old, new = both
    assert (old["status"], old["status_reason"], old["superseded_by"]) == ("retracted", "late_data", new["event_id"])
    assert new["version"] == 1 and new["event_id"] != old["event_id"]


def test_new_gap_of_the_vessel_elsewhere_in_time_does_not_take_its_place():
    both = compare(run(silent(0, 8, 8.1)), run(silent(0, 4, 8, 8.1, 20)), ALL).to_arrow().to_pylist()
    assert [e["superseded_by"] for e in both] == [None, None]


def test_events_before_the_new_run_stay_untouched():
    early = run(silent(0, 8))
    both = compare(early, run(silent(50, 51, mmsi=B)), ((T0_S + 50 * HOUR) * 1000, (T0_S + 51 * HOUR) * 1000))
    assert told(both) == [(0, 1, "closed", None, False)]


def test_retracted_event_that_comes_back_counts_on():
    with_gap, without = run(silent(0, 8)), run(silent(0, 4, 8))
    gone = compare(with_gap, without, ALL)
    back = compare(gone, with_gap, ALL)
    assert told(back) == [(0, 1, "retracted", "late_data", False), (0, 2, "closed", None, False)]
    again = compare(back, with_gap, ALL)
    assert told(again) == told(back)


def test_history_is_kept_over_many_runs():
    tables = [run(silent(0, 0.5), silent(*range(10 + k), mmsi=B)) for k in range(4)]
    both = tables[0]
    for t in tables[1:]:
        both = compare(both, t, ALL)
    assert [e[1:3] for e in told(both)] == [(1, "superseded"), (2, "superseded"), (3, "superseded"), (4, "open")]


@pytest.mark.parametrize("swap", [False, True])
def test_empty_tables(swap):
    some, none = run(silent(0, 8)), empty(EVENTS)
    both = compare(*((none, some) if swap else (some, none)), ALL)
    assert told(both) == [(0, 1, "closed", None, False) if swap else (0, 1, "retracted", "late_data", False)]
