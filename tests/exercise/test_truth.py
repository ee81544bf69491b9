"""Truth against the tracks, by another way of computing it."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Geod

from kizuna.base.table import from_arrow
from kizuna.base.utc import parse
from kizuna.exercise import truth as truths
from kizuna.exercise import world
from kizuna.exercise.behaviour import Row, runs
from kizuna.exercise.simulate_plant import Label
from kizuna.exercise.simulate_motion import STEP_S
from kizuna.exercise.truth import TRUTH, Reports, observable

GEOD = Geod(ellps="WGS84")
HOUR_MS = 3_600_000


def rows(simulation, **wanted):
    start = simulation.scenario.start_ms
    found = []
    for row in simulation.truth.to_arrow().to_pylist():
        if all(row[k] == v for k, v in wanted.items()):
            row["begin_s"] = row["start_timestamp"].timestamp() - start / 1000
            row["end_s"] = row["end_timestamp"].timestamp() - start / 1000
            found.append(row)
    return found


def steps(simulation, number, begin_s, end_s):
    track = simulation.vessels[number].track
    return slice(round(begin_s / STEP_S) - track.first, round(end_s / STEP_S) - track.first + 1), track


def test_every_kind_is_planted_once_at_least(small):
    planted = {(r["kind"], r["grade"]) for r in rows(small, planted=True)}
    assert planted >= {
        ("gap", "required"),
        ("encounter", "required"),
        ("encounter", "forbidden"),
        ("loitering", "required"),
        ("shared_mmsi", "required"),
        ("zone_visit", "required"),
    }
    causes = {r["cause"] for r in rows(small, grade="forbidden")}
    assert causes - {"passing by"} == {"pilot boarding", "pair trawling", "tow", "anchorage neighbours"}


def test_planted_encounters_are_encounters(small):
    (found, *more) = rows(small, kind="encounter", grade="required")
    for row in (found, *more):
        assert row["end_s"] - row["begin_s"] > 2 * 3600
        a, b = row["vessels"]
        cut_a, track_a = steps(small, a, row["begin_s"], row["end_s"])
        cut_b, track_b = steps(small, b, row["begin_s"], row["end_s"])
        apart_m = np.asarray(
            GEOD.inv(track_a.lon_deg[cut_a], track_a.lat_deg[cut_a], track_b.lon_deg[cut_b], track_b.lat_deg[cut_b])[2]
        )
        assert apart_m.max() < 500
        assert max(track_a.sog_kn[cut_a].max(), track_b.sog_kn[cut_b].max()) < 2.0
        before = slice(cut_a.start - 2, cut_a.start - 1), slice(cut_b.start - 2, cut_b.start - 1)
        outside_m = GEOD.inv(
            track_a.lon_deg[before[0]],
            track_a.lat_deg[before[0]],
            track_b.lon_deg[before[1]],
            track_b.lat_deg[before[1]],
        )[2]
        speed = max(track_a.sog_kn[before[0]].max(), track_b.sog_kn[before[1]].max())
        assert outside_m[0] >= 500 or speed >= 2.0  # the interval could not have begun earlier


def test_hard_negatives_are_close_but_no_encounters(small):
    for row in rows(small, kind="encounter", grade="forbidden"):
        a, b = (small.vessels[n].track for n in row["vessels"])
        first, last = max(a.first, b.first), min(a.first + len(a), b.first + len(b))
        cut_a, cut_b = slice(first - a.first, last - a.first), slice(first - b.first, last - b.first)
        apart_m = np.asarray(GEOD.inv(a.lon_deg[cut_a], a.lat_deg[cut_a], b.lon_deg[cut_b], b.lat_deg[cut_b])[2])
        assert np.count_nonzero(apart_m < 600) * STEP_S > 7 * 60  # they tempt
        slow = (apart_m < 500) & (a.sog_kn[cut_a] < 2) & (b.sog_kn[cut_b] < 2)
        longest_s = max((high - low for low, high in runs(slow)), default=0) * STEP_S
        if row["cause"] == "anchorage neighbours":
            port = min(
                world.ports().values(), key=lambda p: world.distance_m(p.anchorage.centre, (a.lon_deg[0], a.lat_deg[0]))
            )
            assert world.distance_m(port.anchorage.centre, (a.lon_deg[0], a.lat_deg[0])) < port.anchorage.radius_m
        elif row["cause"] == "pilot boarding":
            assert np.median(a.sog_kn[cut_a][apart_m < 100]) < 18
        else:
            assert longest_s < 2 * 3600, row["cause"]


def test_planted_loitering_is_slow_all_the_time(small):
    for row in rows(small, kind="loitering", grade="required"):
        assert row["end_s"] - row["begin_s"] > 4.5 * 3600
        cut, track = steps(small, row["vessels"][0], row["begin_s"], row["end_s"])
        assert track.sog_kn[cut].max() < 2.0


def test_planted_gaps_are_silent_on_board_and_long_enough(small):
    found = rows(small, kind="gap", planted=True)
    assert found
    for row in found:
        assert row["end_s"] - row["begin_s"] > 6 * 3600
        assert row["intent"] == "deliberate"
        number = row["vessels"][0]
        mine = small.sent["sender"][small.heard.message] == number
        mine &= np.isin(small.sent["msg_type"][small.heard.message], (1, 3, 18, 27))
        time_s = small.heard.time_ms[mine] / 1000
        assert not np.any((time_s > row["begin_s"] + 1) & (time_s < row["end_s"]))


def test_zone_visits_are_inside_and_bounded_by_outside(small):
    polygons = {z.zone_id: z.polygon for z in world.zones()}
    found = rows(small, kind="zone_visit", grade="required")
    assert found
    for row in found:
        cut, track = steps(small, row["vessels"][0], row["begin_s"], row["end_s"])
        ends = shapely.points(
            track.lon_deg[[cut.start - 1, cut.start, cut.stop - 1, cut.stop]],
            track.lat_deg[[cut.start - 1, cut.start, cut.stop - 1, cut.stop]],
        )
        assert shapely.contains(polygons[row["zone_id"]], ends).tolist() == [False, True, True, False]


def test_no_visit_is_missing_from_the_truth(small):
    """Brute force over all steps, one point at a time as prepared areas are not used."""
    for zone in world.zones():
        for number, vessel in enumerate(small.vessels):
            track = vessel.track
            inside = shapely.within(shapely.points(track.lon_deg[::30], track.lat_deg[::30]), zone.polygon)
            stays = [r for r in rows(small, kind="zone_visit", zone_id=zone.zone_id) if r["vessels"] == [number]]
            for at in np.flatnonzero(inside) * 30:
                time_s = (track.first + at) * STEP_S
                assert any(r["begin_s"] <= time_s <= r["end_s"] for r in stays)


def test_shared_mmsi_is_two_ships_far_apart(small):
    (row,) = rows(small, kind="shared_mmsi")
    a, b = (small.vessels[n] for n in row["vessels"])
    assert a.mmsi == b.mmsi
    assert a.name != b.name
    assert GEOD.inv(a.track.lon_deg[0], a.track.lat_deg[0], b.track.lon_deg[0], b.track.lat_deg[0])[2] > 200_000


def reports_of(*times, owners=("A",)):
    arrays = tuple(np.array(t, np.int64) for t in times)
    return Reports(arrays, tuple(np.zeros(len(t), np.int8) for t in times), owners)


def row_of(kind, actors, begin_h, end_h, cause="test"):
    label = Label(kind, actors, begin_h * 3600, end_h * 3600, "deliberate", cause)
    return Row(label, round(begin_h * HOUR_MS), round(end_h * HOUR_MS), planted=True)


def hours(*values):
    return [round(v * HOUR_MS) for v in values]


@pytest.mark.parametrize(
    ("heard", "seen"),
    [
        (hours(0.5, 1.0, 8.5), True),
        (hours(0.5, 1.0), False),
        (hours(8.5), False),
        (hours(0.1, 9.9), False),
        ([], False),
    ],
)
def test_a_gap_shows_where_reports_stand_close_to_both_ends(heard, seen):
    assert observable(row_of("gap", (0,), 1.2, 8.2), reports_of(heard), None) is seen


def test_a_gap_to_the_end_needs_no_report_after_it():
    assert observable(row_of("gap", (0,), 1.2, 24, "not heard again"), reports_of(hours(1.1)), None)


@pytest.mark.parametrize(
    ("heard", "seen"),
    [
        (np.arange(0, 6, 0.25), True),
        (np.arange(0, 2.6, 0.25), False),
        ([0.0, 2.5, 5.0], False),
        ([], False),
    ],
)
def test_an_encounter_shows_when_both_are_heard_without_an_hour_of_silence(heard, seen):
    both = reports_of(hours(*np.arange(0, 6, 0.2)), hours(*heard))
    assert observable(row_of("encounter", (0, 1), 1.0, 4.0), both, None) is seen


@pytest.mark.parametrize(
    ("heard", "seen"),
    [
        ([0.9, 1.1, 1.9, 2.2], True),
        ([1.1, 1.9, 2.2], False),
        ([0.9, 1.1, 1.9], False),
        ([0.9, 1.5, 2.2], False),
        ([0.7, 1.1, 1.9, 2.2], False),
        ([0.9, 1.1, 1.7, 2.2], False),
    ],
)
def test_a_visit_shows_when_entry_and_exit_were_heard(heard, seen):
    assert observable(row_of("zone_visit", (0,), 1.0, 2.0), reports_of(hours(*heard)), None) is seen


def test_what_one_owner_hears_is_no_more_than_what_all_hear(small):
    for row in rows(small):
        if row["kind"] != "gap":  # more reports can fill a silence, never break an encounter
            assert row["observable"] or not row["observable_by"]


def test_pooling_shows_more_than_one_owner_alone():
    times = (np.array(hours(*np.arange(0, 6, 0.2)), np.int64),)
    owner = (np.where(np.arange(30) < 15, 0, 1).astype(np.int8),)
    split = Reports(times, owner, ("A", "B"))
    row = row_of("loitering", (0,), 1.0, 5.0)
    assert observable(row, split, None)
    assert not observable(row, split, 0)
    assert not observable(row, split, 1)


def test_table_survives_parquet_and_json(small, tmp_path):
    path = tmp_path / "truth.parquet"
    pq.write_table(small.truth.to_arrow(), path)
    again = from_arrow(TRUTH, pq.read_table(path))
    assert again.to_arrow().equals(small.truth.to_arrow())
    document = json.loads(small.truth_json())
    assert document["context"] == "exercise:small"
    assert document["seed"] == 7
    assert len(document["truth"]) == len(small.truth)
    first = document["truth"][0]
    assert parse(first["start_timestamp"]) == int(small.truth["start_ms"][0])
    assert shapely.from_wkt(first["geometry"]).length >= 0
    assert set(small.truth.codes_of("context")) == {"exercise:small"}


def test_runs_are_half_open():
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.zeros(3, bool)) == []
    assert truths.KINDS[0] == "gap"
