"""An exercise of several parties: who hears and sees what, and what the file of the cast may say."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from kizuna.base.errors import ConfigError
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise import world
from kizuna.exercise.region import motion, watch
from kizuna.exercise.region.parties import load
from kizuna.exercise.region.play import RegionPlan, simulate_region
from kizuna.exercise.simulate import Scenario, simulate
from kizuna.sources.nmea import decode_bytes

CAST = Path(__file__).parents[2] / "src/kizuna/node/two_desks/cast.toml"
TEXT = CAST.read_text(encoding="utf-8")
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def plan():
    return RegionPlan(load(TEXT), vessels=40, before_h=7.0, ahead_h=2.0)


@pytest.fixture(scope="module")
def region(plan):
    return simulate_region(plan, 3)


def boat_heard(region, party):
    """Minutes from the beginning of the play at which a party heard the boat."""
    simulation, rows = region.simulation, region.rows[party]
    message = simulation.heard.message[rows]
    ship = ~np.isin(simulation.sent["msg_type"][message], (radio.BASE, radio.AID))
    mine = ship & (simulation.sent["sender"][message] == region.adrift.vessel)
    return simulation.heard.time_ms[rows][mine] / 60_000 - region.plan.before_h * 60


def test_same_plan_and_seed_give_each_party_the_same_bytes_and_another_seed_others(plan, region):
    again, other = simulate_region(plan, 3), simulate_region(plan, 4)
    for party in plan.cast.ids:
        a, b, c = (r.feed(party) for r in (region, again, other))
        assert a.lines(0, 9 * HOUR_MS) == b.lines(0, 9 * HOUR_MS)
        assert a.contacts(0, 9 * HOUR_MS) == b.contacts(0, 9 * HOUR_MS)
        assert a.lines(0, 9 * HOUR_MS) != c.lines(0, 9 * HOUR_MS)
    assert region.truth_json() == again.truth_json() != other.truth_json()


def test_actors_leave_what_ordinary_ships_send_as_it_was(plan, region):
    plain = simulate(replace(plan.scenario), 3)
    ships = len(plain.vessels)
    assert len(region.simulation.vessels) == ships + 3
    for name in ("time_ms", "lon_deg", "lat_deg", "sog_kn", "msg_type"):
        sent = region.simulation.sent
        mine = (sent["sender"] < ships) | (sent["msg_type"] == radio.BASE)
        np.testing.assert_array_equal(sent[name][mine], plain.sent[name])


def test_a_simulation_without_actors_is_the_older_one():
    scenario = Scenario(exercise_id="small", vessels=16, hours=1, thin_s=60)
    assert simulate(scenario, 7).receivers == ()


@pytest.mark.parametrize("party", ["cape", "harbour", "inlet"])
def test_a_party_hears_its_own_receivers_alone_and_its_lines_decode(region, party):
    feed = region.feed(party)
    data = feed.mark(0) + feed.lines(0, 9 * HOUR_MS)
    heard_by = {found.decode() for found in re.findall(rb"s:(EX[A-Z]-\d\d)", data)}
    assert heard_by <= set(region.plan.cast.party(party).own)
    assert len(heard_by) > 1
    read = decode_bytes(data, "simulated", context=region.simulation.scenario.context)
    assert read.counts["messages"] == len(region.rows[party])


def test_lines_of_two_pieces_are_those_of_the_whole(region):
    feed = region.feed("harbour")
    assert feed.lines(0, 3 * HOUR_MS) + feed.lines(3 * HOUR_MS, 5 * HOUR_MS) == feed.lines(0, 5 * HOUR_MS)


def test_receivers_of_parties_that_move_hear_what_is_near_them(region):
    simulation = region.simulation
    names = (*radio.station_names(), *(name for name, _ in simulation.receivers))
    for receiver, number in region.ships.items():
        rows = np.flatnonzero(simulation.heard.station == names.index(receiver))
        message = simulation.heard.message[rows]
        track = simulation.vessels[number].track
        time_s = simulation.sent["time_ms"][message] / 1000
        at = [np.interp(time_s, track.time_s, v) for v in (track.lon_deg, track.lat_deg)]
        away = world.GEOD.inv(*at, simulation.sent["true_lon_deg"][message], simulation.sent["true_lat_deg"][message])[
            2
        ]
        assert len(rows) > 20
        assert np.max(away) < 1.65 * 35_000


def test_an_aircraft_hears_nothing_on_the_ground(region):
    cast = region.plan.cast
    uav = cast.party("cape").uavs[0]
    names = (*radio.station_names(), *(name for name, _ in region.simulation.receivers))
    heard = region.simulation.heard
    time_s = heard.time_ms[heard.station == names.index(uav.receiver)] / 1000
    assert len(time_s) > 50
    assert time_s.min() >= region.plan.play_s + uav.since_min * 60


def test_the_boat_is_heard_by_one_side_only_until_her_battery_ends(region):
    d = region.plan.cast.distress
    known = boat_heard(region, d.known_to)
    assert len(boat_heard(region, d.heard_by)) == 0
    assert d.silent_min - 10 < known.max() < d.silent_min + 0.1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_story_holds_whatever_the_seed(seed):
    region = simulate_region(RegionPlan(load(TEXT), vessels=16, before_h=7.0, ahead_h=2.0), seed)
    d = region.plan.cast.distress
    assert len(boat_heard(region, d.heard_by)) == 0
    assert d.silent_min - 10 < boat_heard(region, d.known_to).max() < d.silent_min + 0.1
    assert any(s.vessel == region.adrift.vessel and s.party == d.heard_by for s in region.sightings)
    at_call = np.interp(region.call.time_ms, region.adrift.time_ms, region.adrift.lon_deg)
    assert abs(at_call - region.plan.cast.border[0][0]) < 0.05


def test_the_call_is_heard_by_one_watch_and_its_place_is_roughly_right(region):
    begin, end = 0, 9 * HOUR_MS
    call = region.call
    assert [p for p in region.plan.cast.ids if region.feed(p).heard_calls(begin, end)] == ["cape"]
    assert region.feed("cape").heard_calls(begin, call.time_ms) == ()
    lon, lat = (np.interp(call.time_ms, region.adrift.time_ms, v)
                for v in (region.adrift.lon_deg, region.adrift.lat_deg))  # fmt: skip
    assert 1_000 < world.distance_m((call.lon_deg, call.lat_deg), (float(lon), float(lat))) < 3_200


def test_the_boat_drifts_and_goes_where_the_cast_says(region):
    boat, d = region.adrift, region.plan.cast.distress
    azimuth, _, gone_m = world.GEOD.inv(boat.lon_deg[0], boat.lat_deg[0], boat.lon_deg[-1], boat.lat_deg[-1])
    assert (azimuth - d.toward_deg + 180) % 360 - 180 == pytest.approx(0, abs=20)
    hours = (boat.time_ms[-1] - boat.time_ms[0]) / HOUR_MS
    assert gone_m / hours / 1852 == pytest.approx(d.speed_kn, rel=0.3)


# ---- contacts
def test_a_radar_sees_nothing_in_its_blind_sector_and_nothing_beyond_its_range(region):
    for party in region.plan.cast.parties:
        for radar in party.radars:
            mine = [s for s in region.sightings if s.actor == radar.actor and s.vessel >= 0]
            away = [world.distance_m(radar.place, (s.lon_deg, s.lat_deg)) for s in mine]
            assert not away or max(away) < radar.range_m + 1_000
            area = shapely.buffer(watch.swept(radar), 0.01)
            assert all(area.contains(shapely.Point(s.lon_deg, s.lat_deg)) for s in mine)
            for begin, end in radar.blind:
                middle = world.GEOD.fwd(*radar.place, (begin + (end - begin) % 360 / 2), radar.range_m / 2)[:2]
                assert not watch.swept(radar).contains(shapely.Point(middle))


def test_a_camera_sees_what_is_under_the_aircraft_in_the_air(region):
    uav = region.plan.cast.party("cape").uavs[0]
    mine = [s for s in region.sightings if s.actor == uav.actor]
    assert mine
    for s in mine:
        lon, lat, aloft = motion.flown(uav, region.plan.play_s, np.array([s.time_ms / 1000]))
        assert aloft[0] == 1
        assert world.distance_m((float(lon[0]), float(lat[0])), (s.lon_deg, s.lat_deg)) < uav.camera_m + 400


def test_one_more_sensor_changes_the_looks_of_no_other(plan, region):
    cape, *others = plan.cast.parties
    cast = replace(plan.cast, parties=(replace(cape, radars=()), *others))
    without = watch.sightings(region.simulation, cast, plan.play_s, 3)
    assert without == tuple(s for s in region.sightings if s.actor != "cape-radar")


def test_contacts_are_csv_in_the_documented_form_and_the_truth_knows_each(region):
    truth = json.loads(region.truth_json())
    mmsi = {v.mmsi for v in region.simulation.vessels} | {-1, 0}
    seen = 0
    for party in region.plan.cast.ids:
        for actor, data in region.feed(party).contacts(0, 9 * HOUR_MS).items():
            for row in csv.DictReader(io.StringIO(data.decode())):
                assert row["context"] == "exercise:two-desks"
                assert row["ref"].startswith(actor)
                assert truth["contacts"][row["ref"]] in mmsi
                seen += 1
    assert seen == len(region.sightings) == len(truth["contacts"])


def test_the_same_exercise_at_another_date_is_the_same_but_for_the_date(region):
    later = region.at(region.simulation.scenario.start_ms + 86_400_000 * 3)
    a, b = region.feed("cape").lines(0, HOUR_MS), later.feed("cape").lines(0, HOUR_MS)
    assert len(a) == len(b)
    assert a != b
    assert json.loads(later.truth_json())["call"]["time_ms"] - json.loads(region.truth_json())["call"]["time_ms"] == (
        86_400_000 * 3
    )


# ---- the file of the cast
@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ('id = "cape"', 'id = "harbour"', "twice"),
        ('id = "cape"', 'id = "Cape"', "id"),
        ('stations = ["A"]', 'stations = ["Z"]', "station"),
        ('receiver = "EXQ-01"', 'receiver = "EXQ-02"', "twice"),
        ('actor = "cape-radar"', 'actor = "harbour-radar"', "twice"),
        ('heard_by = "cape"', 'heard_by = "nobody"', "nobody"),
        ("silent_min = -75", "silent_min = -500", "follow"),
        ("range_km = 35", "range_km = 3500", "range_km"),
        ("blind = [[60, 110]]", "blind = [[60, 500]]", "sector"),
        ("box = [121.95, 23.35, 122.35, 23.85]", "box = [122.35, 23.35, 121.95, 23.85]", "box"),
        ("ground = [123.10, 23.90]", 'ground = "Atlantis"', "ground"),
        ('name = "EXERCISE SMALL TERN"', 'name = "SMALL TERN"', "EXERCISE"),
        ("speed_kn = 1.2", "speed_kn = true", "speed_kn"),
        ("persons = 3", "persons = 3\nflag = 1", "flag"),
        ('title.ja = "ケープ海事庁"\n', "", "title"),
        ("place = [121.87, 24.57]", "place = [24.57, 121.87]", "outside"),
    ],
)
def test_a_mistake_in_the_cast_is_named(before, after, word):
    assert before in TEXT
    with pytest.raises(ConfigError, match=word):
        load(TEXT.replace(before, after, 1), "cast.toml")


def test_what_is_no_toml_is_refused():
    with pytest.raises(ConfigError, match="TOML"):
        load("= =", "x")
