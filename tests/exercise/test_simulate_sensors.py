"""Simulated sensors: what is seen, missed and made up, and that the truth is kept."""

import numpy as np
import pytest
import shapely

from kizuna.exercise import simulate_sensors as sensors
from kizuna.exercise.score_contacts import ContactScore, reliability
from kizuna.exercise.simulate import Scenario, simulate

PERFECT = sensors.Sensor("radar", 1.0, -1e3, 0.0, 0.0, 0.0)


def targets(n=200, speed=0.0, length=100.0):
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(122, 124, n), rng.uniform(24, 26, n)
    return sensors.Targets(np.arange(n), lon, lat, np.full(n, speed), np.zeros(n), np.full(n, length))


def look(sensor, **more):
    return sensors.Look("a", sensor, 0, shapely.box(122.5, 24.5, 123.5, 25.5), **more)


def test_a_perfect_sensor_sees_exactly_what_is_inside():
    t = targets()
    c = sensors.observe(look(PERFECT), t, np.random.default_rng(2))
    inside = shapely.contains_xy(look(PERFECT).area, t.lon_deg, t.lat_deg)
    assert sorted(c.vessel) == np.flatnonzero(inside).tolist() and len(c.missed) == 0
    assert c.lon_deg == pytest.approx(t.lon_deg[c.vessel]) and c.lat_deg == pytest.approx(t.lat_deg[c.vessel])


def test_recall_rises_with_length_and_the_missed_are_named():
    for length, low, high in ((8.0, 0.05, 0.4), (200.0, 0.85, 1.0)):
        t = targets(3000, length=length)
        c = sensors.observe(look(sensors.SAR), t, np.random.default_rng(3))
        found = (c.vessel >= 0).sum()
        assert low < found / (found + len(c.missed)) < high
        assert not set(c.vessel.tolist()) & set(c.missed.tolist())


def test_false_alarms_follow_their_rate_and_structures_stay():
    none = sensors.Targets(*(np.empty(0) for _ in range(6)))
    rng = np.random.default_rng(4)
    looks = [sensors.observe(look(sensors.RADAR), none, rng, [(123.0, 25.0)], 10_000.0) for _ in range(100)]
    alarms = np.mean([(c.vessel == sensors.FALSE_ALARM).sum() for c in looks])
    assert alarms == pytest.approx(8.0, abs=1.2)
    assert 85 <= sum((c.vessel == sensors.STRUCTURE).sum() for c in looks) <= 100


def test_a_right_looking_radar_shifts_what_moves_away_back_along_the_flight():
    t = targets(speed=5.0)
    shifting = sensors.Sensor("sar", 1.0, -1e3, 0.0, 0.0, 0.0, 75.0)
    c = sensors.observe(look(shifting, flight_deg=0.0), t, np.random.default_rng(5))
    south = (t.lat_deg[c.vessel] - c.lat_deg) * 110_800
    assert south == pytest.approx(np.full(len(south), 375.0), abs=5)


@pytest.fixture(scope="module")
def sensed():
    return sensors.sense(simulate(Scenario(vessels=40, hours=3.0), 5), sensors.Plan(2, 2, 2, 0.25), 5)


def test_dark_vessels_send_nothing_and_the_rest_all_they_sent(sensed):
    whole = simulate(sensed.simulation.scenario, 5)
    sent = whole.sent
    vessel = ~np.isin(sent["msg_type"], (4, 21))
    kept = set(sensed.simulation.heard.message.tolist())
    for message in np.unique(whole.heard.message).tolist():
        silent = vessel[message] and int(sent["sender"][message]) in sensed.dark
        assert (message in kept) != silent
    assert len(sensed.dark) == 10


def test_the_same_seed_gives_the_same_bytes(sensed):
    again = sensors.sense(simulate(Scenario(vessels=40, hours=3.0), 5), sensors.Plan(2, 2, 2, 0.25), 5)
    assert again.detections_csv() == sensed.detections_csv() and again.scenes_geojson() == sensed.scenes_geojson()
    assert len(sensed.truth()) == sensed.detections_csv().count(b"\n") - 1


def test_the_files_are_what_the_readers_read(sensed):
    from kizuna.sources.detections.fields import Reading
    from kizuna.sources.detections.files import read_detections
    from kizuna.sources.detections.scenes import read_scenes

    read = read_detections(sensed.detections_csv(), Reading("d", context=sensed.simulation.scenario.context))
    assert not len(read.rejects) and set(read.detections["ref"].to_pylist()) == set(sensed.truth())
    scenes = read_scenes(sensed.scenes_geojson(), Reading("s", context=sensed.simulation.scenario.context))
    assert len(scenes) == len(sensed.contacts) and set(scenes["scene_id"].to_pylist()) >= set(
        read.detections["scene_id"].to_pylist()
    )


def test_scores_count_right_wrong_missed_and_left_out():
    score = ContactScore()
    said = [100, 100, 0, 0, 0, 200, 0]
    true = [100, 300, 0, -1, 400, 0, 500]
    score.add_detections(said, true, {100: 10, 300: 10, 400: 10}, 60.0, [0.9] * 7, [0.5] * 7)
    m, d = score.match, score.dark
    assert (m.right, m.wrong, m.missed, m.left_out) == (1, 2, 2, 1)  # 500 was not heard: left out
    assert (d.right, d.wrong, d.missed, d.left_out) == (2, 1, 1, 1)
    assert len(score.stated) == 3 and len(score.any_stated) == 6
    score.add_tracks({1, 2}, {2, 3, 4}, {3: 10.0, 4: 1e9}, 60.0)
    n = score.not_detected
    assert (n.right, n.wrong, n.missed) == (1, 1, 1)


def test_reliability_bins_hold_every_case_once():
    stated = [(p / 100, p % 2 == 0) for p in range(101)]
    table = reliability(stated)
    assert sum(r[2] for r in table) == 101 and all(r[0] <= r[3] <= r[1] for r in table)
