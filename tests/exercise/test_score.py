"""Scores of handmade events whose counts are known; then the product's own detectors on a simulated day."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from kizuna.base.errors import InputError
from kizuna.base.table import empty
from kizuna.events.table import EVENT_TYPES, EVENTS, STATUSES
from kizuna.exercise.score import overlap, score, wilson
from kizuna.exercise.truth import KINDS, TRUTH

CONTEXT = "exercise:test"
HOUR = 3_600_000


def truth_of(*rows):
    """Rows: kind, mmsis, begin h, end h, grade, observable, zone."""
    n = len(rows)
    table = empty(TRUTH, n)
    grades = TRUTH["grade"].codes
    columns = {
        "label_id": pa.array([f"T{i}" for i in range(n)]),
        "kind": np.array([KINDS.index(r[0]) for r in rows], np.int32),
        "mmsis": pa.array([sorted(r[1]) for r in rows], pa.list_(pa.int32())),
        "start_ms": np.array([r[2] * HOUR for r in rows], np.int64),
        "end_ms": np.array([r[3] * HOUR for r in rows], np.int64),
        "grade": np.array([grades.index(r[4]) for r in rows], np.int32),
        "observable": np.array([r[5] for r in rows], np.bool_),
        "zone_id": pa.array([r[6] if len(r) > 6 else "" for r in rows], pa.string()),
        "context": np.zeros(n, np.int32),
    }
    return type(table)(TRUTH, {**table.columns, **columns}, {**table.words, "context": (CONTEXT,)})


def events_of(*rows, context=CONTEXT):
    """Rows: type, mmsis, begin h, end h (None: open), zone, status, id, version."""
    n = len(rows)
    rows = [(*r, *("", "closed", f"E{i}", 1)[len(r) - 4 :]) for i, r in enumerate(rows)]
    table = empty(EVENTS, n)
    columns = {
        "event_type": np.array([EVENT_TYPES.index(r[0]) for r in rows], np.int32),
        "mmsis": pa.array([sorted(r[1]) for r in rows], pa.list_(pa.int32())),
        "start_ms": np.array([r[2] * HOUR for r in rows], np.int64),
        "end_ms": np.array([EVENTS["end_ms"].missing_value if r[3] is None else r[3] * HOUR for r in rows], np.int64),
        "duration_h": np.array([math.nan if r[3] is None else r[3] - r[2] for r in rows], np.float64),
        "event_info": pa.array([f'{{"zone_id": "{r[4]}"}}' if r[4] else "{}" for r in rows], pa.string()),
        "status": np.array([STATUSES.index(r[5]) for r in rows], np.int32),
        "event_id": pa.array([r[6] for r in rows], pa.string()),
        "version": np.array([r[7] for r in rows], np.int32),
        "context": np.zeros(n, np.int32),
    }
    return type(table)(EVENTS, {**table.columns, **columns}, {**table.words, "context": (context,)})


def counts(result):
    return result.truth, result.events, result.hits, result.misses, result.false_alarms, result.left_out


def test_a_found_a_missed_and_a_false_one_are_counted():
    truth = truth_of(("gap", [1], 0, 8, "required", True), ("gap", [2], 0, 8, "required", True))
    found = score(events_of(("gap", [1], 1, 8), ("gap", [3], 0, 8)), truth)
    assert counts(found["gap"]) == (2, 2, 1, 1, 1, 0)
    assert found["gap"].precision.share == found["gap"].recall.share == found["gap"].f1 == 0.5
    assert found["gap"].mean_iou == pytest.approx(7 / 8)
    assert found["gap"].onset_delay_s == 3600
    assert (found.missed, found.false) == (("T1",), ("E1",))
    assert "gap" in found.text()


def test_overlap_below_the_limit_is_a_miss_and_a_false_alarm():
    truth = truth_of(("loitering", [1], 0, 10, "required", True))
    assert counts(score(events_of(("loitering", [1], 0, 3)), truth)["loitering"]) == (1, 1, 1, 0, 0, 0)
    assert counts(score(events_of(("loitering", [1], 0, 2)), truth)["loitering"]) == (1, 1, 0, 1, 1, 0)
    assert counts(score(events_of(("loitering", [1], 0, 2)), truth, iou_min=0.2)["loitering"])[2] == 1


def test_actors_must_be_the_same_in_any_order():
    truth = truth_of(("encounter", [5, 4], 0, 3, "required", True))
    assert score(events_of(("encounter", [4, 5], 0, 3)), truth)["encounter"].hits == 1
    assert score(events_of(("encounter", [4, 6], 0, 3)), truth)["encounter"].hits == 0


def test_a_split_event_is_one_hit_and_one_false_alarm():
    truth = truth_of(("gap", [1], 0, 10, "required", True))
    assert counts(score(events_of(("gap", [1], 0, 5), ("gap", [1], 5, 10)), truth)["gap"]) == (1, 2, 1, 0, 1, 0)


def test_the_better_overlap_wins():
    truth = truth_of(("gap", [1], 0, 10, "required", True))
    found = score(events_of(("gap", [1], 0, 4), ("gap", [1], 0, 9)), truth)
    assert found["gap"].mean_iou == pytest.approx(0.9)
    assert found.false == ("E0",)


def test_what_nobody_could_see_is_neither_missed_nor_false():
    truth = truth_of(("gap", [1], 0, 8, "required", False))
    assert counts(score(events_of(), truth)["gap"]) == (0, 0, 0, 0, 0, 0)
    assert counts(score(events_of(("gap", [1], 0, 8)), truth)["gap"]) == (0, 1, 0, 0, 0, 1)


def test_what_may_be_found_is_left_out():
    truth = truth_of(("loitering", [1], 0, 8, "allowed", True))
    assert counts(score(events_of(("loitering", [1], 2, 5)), truth)["loitering"]) == (0, 1, 0, 0, 0, 1)
    assert counts(score(events_of(), truth)["loitering"]) == (0, 0, 0, 0, 0, 0)
    assert score(events_of(("loitering", [1], 7, 12)), truth)["loitering"].false_alarms == 1


def test_a_badly_heard_row_excuses_a_rough_event_but_no_wild_one():
    truth = truth_of(("zone_visit", [1], 0, 2, "required", False, "z"))
    assert score(events_of(("zone_visit", [1], 1, 4, "z")), truth)["zone_visit"].left_out == 1
    assert score(events_of(("zone_visit", [1], 1, 12, "z")), truth)["zone_visit"].false_alarms == 1


def test_rows_that_overlap_do_not_count_twice_for_what_may_be_found():
    truth = truth_of(("loitering", [1], 0, 2, "allowed", True), ("loitering", [1], 0, 2, "allowed", True))
    assert score(events_of(("loitering", [1], 0, 7)), truth)["loitering"].false_alarms == 1


def test_an_event_on_a_hard_negative_is_a_false_alarm_of_its_own_kind():
    truth = truth_of(("encounter", [1, 2], 0, 8, "forbidden", True))
    found = score(events_of(("encounter", [1, 2], 1, 4), ("encounter", [1, 3], 1, 4)), truth)["encounter"]
    assert (found.false_alarms, found.on_hard_negatives) == (2, 1)


def test_visits_must_name_the_zone():
    truth = truth_of(
        ("zone_visit", [1], 0, 2, "required", True, "z1"), ("zone_visit", [1], 0, 2, "required", True, "z2")
    )
    found = score(events_of(("zone_visit", [1], 0, 2, "z1"), ("zone_visit", [1], 0, 2, "z3")), truth)
    assert counts(found["zone_visit"]) == (2, 2, 1, 1, 1, 0)
    assert found.missed == ("T1",)


def test_only_the_latest_standing_version_counts():
    truth = truth_of(("gap", [1], 0, 8, "required", True))
    events = events_of(
        ("gap", [1], 0, 4, "", "superseded", "E", 1),
        ("gap", [1], 0, 8, "", "closed", "E", 2),
        ("gap", [9], 0, 8, "", "retracted", "R", 2),
    )
    found = score(events, truth)["gap"]
    assert counts(found) == (1, 1, 1, 0, 0, 0)
    assert found.mean_iou == 1.0


def test_an_open_event_lasts_to_the_end():
    truth = truth_of(("gap", [1], 0, 10, "required", True))
    events = events_of(("gap", [1], 0, None, "", "open"), ("loitering", [2], 0, 10))
    assert score(events, truth)["gap"].hits == 1


def test_contexts_do_not_mix():
    truth = truth_of(("gap", [1], 0, 8, "required", True))
    with pytest.raises(InputError, match="contexts"):
        score(events_of(("gap", [1], 0, 8), context="real"), truth)
    with pytest.raises(InputError, match="table of truth"):
        score(events_of(), events_of())


def test_wilson_agrees_with_published_values():
    # Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3
    for hits, count, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson(hits, count)
        assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))
    assert all(math.isnan(v) for v in wilson(0, 0))


def test_overlap_of_intervals():
    assert overlap((0, 10), (5, 15)) == pytest.approx(1 / 3)
    assert overlap((0, 1), (2, 3)) == 0.0
    assert overlap((4, 4), (4, 4)) == 1.0


@pytest.mark.slow
@pytest.mark.big
def test_own_detectors_find_what_was_planted_on_a_day_never_used_for_tuning():
    """The whole chain on a day of 150 ships: recall of what was observable, and what false alarms there were."""
    from kizuna.events.detect import detect_all
    from kizuna.events.surroundings import Surroundings
    from kizuna.exercise import world
    from kizuna.exercise.simulate import Scenario, simulate
    from kizuna.places.coast import load_coast
    from kizuna.places.geojson import zones_from_geojson
    from kizuna.places.zone_index import ZoneIndex
    from kizuna.sources.nmea import decode_bytes
    from kizuna.tracks.segment import segment

    scenario = Scenario(vessels=150, thin_s=60, encounters=16, loiterings=12, poachings=12, gaps=20)
    simulation = simulate(scenario, 90_210)
    batch = decode_bytes(b"".join(simulation.nmea_chunks()), "simulated", context=scenario.context)
    coast = load_coast()
    zones = ZoneIndex.build(zones_from_geojson(world.zones_geojson()))
    events = detect_all(segment(batch.fixes), surroundings=Surroundings(shore_m=coast.distance_to_shore_m, zones=zones))
    found = score(events, simulation.truth)
    for kind in ("gap", "encounter", "loitering", "zone_visit"):
        assert found[kind].truth >= 3, kind
        assert found[kind].recall.share >= 0.9, found.text()
    for kind in ("gap", "loitering", "zone_visit"):
        assert found[kind].precision.share >= 0.9, found.text()
