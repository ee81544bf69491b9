"""Calls at simulated ports: the truth, measured again with other means, and the planted ships."""

import numpy as np
import pytest

from kizuna.exercise import world
from kizuna.exercise.simulate import Scenario, simulate
from kizuna.exercise.simulate_motion import STEP_S
from kizuna.exercise.simulate_ports import FAR_M, NEAR_M, UNDER_WAY_KN, _judged, _times, from_ports_m

SCENARIO = Scenario(exercise_id="ports", hours=16, vessels=40, port_calls=120, port_waits=120, thin_s=120)


@pytest.fixture(scope="module")
def day():
    return simulate(SCENARIO, 31)


def calls(simulation, **wanted):
    rows = [r for r in simulation.truth.to_arrow().to_pylist() if r["kind"] == "port_visit"]
    return [r for r in rows if all(r[k] == v for k, v in wanted.items())]


def steps(simulation, row):
    track = simulation.vessels[row["vessels"][0]].track
    begin, end = (
        (row[n].timestamp() - SCENARIO.start_ms / 1000) / STEP_S for n in ("start_timestamp", "end_timestamp")
    )
    return track, slice(round(begin) - track.first, round(end) - track.first + 1)


def test_distance_from_ports_is_right_to_a_per_cent():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(118, 131, 200), rng.uniform(21, 32, 200)
    got = from_ports_m(lon, lat)
    for k in range(200):
        want = min(
            world.distance_m((lon[k], lat[k]), disc.centre) - disc.radius_m
            for p in world.ports().values()
            for disc in (p.berth, p.anchorage)
        )
        if want < 100_000:
            assert got[k] == pytest.approx(want, rel=0.02, abs=30)


def test_required_calls_lie_still_at_a_port(day):
    found = calls(day, grade="required")
    assert len(found) >= 10
    for row in found:
        track, at = steps(day, row)
        assert (from_ports_m(track.lon_deg[at], track.lat_deg[at]) < NEAR_M).all()
        assert np.median(track.sog_kn[at]) < 0.3 or (track.sog_kn[at] < 0.2).sum() * STEP_S >= 1800
        outside = [i for i in (at.start - 1, at.stop) if 0 <= i < len(track)]
        assert (from_ports_m(track.lon_deg[outside], track.lat_deg[outside]) >= NEAR_M).all()


def test_hard_negatives_keep_moving_or_keep_outside(day):
    passing, waiting = calls(day, cause="passing by"), calls(day, grade="forbidden", planted=True)
    assert passing and len(waiting) >= 5
    for row in passing:
        track, at = steps(day, row)
        assert track.sog_kn[at].min() >= UNDER_WAY_KN and row["grade"] == "forbidden"
    for row in waiting:
        track, at = steps(day, row)
        assert from_ports_m(track.lon_deg[at], track.lat_deg[at]).min() > FAR_M
        assert row["cause"] in ("at anchor outside", "drifting outside")


def test_planted_calls_have_their_transponders_off_at_times(day):
    silent = [v for v in day.vessels if v.silent_s and v.destination == "EXERCISE PORT"]
    assert len(silent) >= 3
    assert all(begin < end for v in silent for begin, end in v.silent_s)


def test_excursions_make_the_ends_debatable_unless_the_ship_was_far_away():
    away = np.array([9e3, 1e3, 1e3, 3e3, 1e3, 9e3, 1e3])
    assert _times(away) == [(1, 5, False), (6, 7, True)]


def test_slow_without_lying_is_allowed_and_no_more(day):
    track = day.vessels[0].track
    slow = np.flatnonzero(track.sog_kn < UNDER_WAY_KN)
    if len(slow):
        k = int(slow[0])
        assert _judged(track, k, k + 1, rested=False, plain=True)[0] == "allowed"
    fast = int(np.argmax(track.sog_kn))
    assert _judged(track, fast, fast + 1, rested=False, plain=True)[0] == "forbidden"
    assert _judged(track, fast, fast + 1, rested=True, plain=False)[0] == "allowed"


def test_older_exercises_stay_as_they_were():
    assert Scenario().port_calls == 0 and Scenario().port_waits == 0
