"""The simulation as a whole: same seed, same bytes; realistic motion, intervals, reception; decodable; marked."""

from __future__ import annotations

import hashlib
from collections import Counter

import numpy as np
import pytest
from pyproj import Geod

from kizuna.base.errors import ConfigError, InputError
from kizuna.exercise import simulate_radio as radio
from kizuna.exercise import world
from kizuna.exercise.simulate import Scenario, simulate
from kizuna.exercise.simulate_fleet import Vessel
from kizuna.exercise.simulate_motion import AT_ANCHOR, FISHING, STEP_S, UNDER_WAY, Piece, track_of
from kizuna.places.coast import load_coast
from kizuna.sources.nmea import decode_bytes

GEOD = Geod(ellps="WGS84")
KN_MPS = 1852 / 3600


@pytest.fixture(scope="module")
def decoded(small):
    """The small simulation as the product's own decoder reads it."""
    return decode_bytes(b"".join(small.nmea_chunks()), "simulated", context=small.scenario.context)


def digest(simulation):
    h = hashlib.sha256()
    for chunk in simulation.nmea_chunks():
        h.update(chunk)
    return h.hexdigest(), hashlib.sha256(simulation.truth_json()).hexdigest()


def test_same_seed_gives_the_same_bytes_and_another_seed_others():
    scenario = Scenario(vessels=16, hours=1, thin_s=60)
    first, again, other = (digest(simulate(scenario, seed)) for seed in (3, 3, 4))
    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


def test_progress_rises_to_one():
    seen = []
    simulate(Scenario(vessels=16, hours=0.5, thin_s=60), 1, seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"hours": 0.1}, "hours"),
        ({"hours": 1000}, "hours"),
        ({"vessels": 3}, "vessels"),
        ({"thin_s": -1}, "thin_s"),
        ({"exercise_id": "x" * 40}, "exercise_id"),
    ],
)
def test_scenario_refuses_what_makes_no_exercise(wrong, word):
    with pytest.raises(ConfigError, match=word):
        Scenario(**wrong)


def test_scenario_refuses_an_id_that_makes_no_context():
    with pytest.raises(InputError):
        Scenario(exercise_id="two words")


def test_mmsis_are_unassigned_unique_but_for_the_shared_one_and_never_distress(small, decoded):
    mmsis = [v.mmsi for v in small.vessels]
    assigned = world.assigned_mids()
    assert all(m // 1_000_000 not in assigned for m in mmsis)
    assert all(m % 1000 for m in mmsis)
    assert sorted(Counter(mmsis).values())[-2:] == [1, 2]
    sent = set(np.concatenate([decoded.fixes["mmsi"], decoded.statics["mmsi"]]).tolist())
    ships = {m for m in sent if 200_000_000 <= m < 800_000_000}
    base = {m for m in sent if m < 10_000_000}
    aids = {m for m in sent if m // 10_000_000 == 99}
    assert ships | base | aids == sent
    assert {m // 1_000_000 for m in ships} | {m // 10_000 for m in base} | {m // 10_000 % 1000 for m in aids} <= {
        491,
        492,
        493,
        494,
        495,
    }


def test_every_name_says_exercise(small):
    assert all(v.name.startswith("EXERCISE ") and len(v.name) <= 20 for v in small.vessels)
    assert all(v.callsign.startswith("Q") for v in small.vessels)  # no administration has a series with Q
    assert all(v.imo > 9_999_999 for v in small.vessels)  # outside the range of IMO numbers
    assert len({v.name for v in small.vessels}) == len(small.vessels)


def test_stream_begins_with_the_mark_and_repeats_it(small):
    lines = b"".join(small.nmea_chunks()).splitlines()
    marks = [i for i, line in enumerate(lines) if b"$AITXT" in line]
    assert marks[0] == 0
    assert len(marks) == 11 * 6
    assert all(b"EXERCISE small SIMULATED" in lines[i] and b"t:EXERCISE" in lines[i] for i in marks)
    assert "exercise" in small.file_name


def test_decoder_reads_every_sentence(small, decoded):
    assert {k: n for k, n in decoded.counts.items() if n and k != "lines"} == {
        "messages": len(small.heard),
        "other_sentence": 11 * 6,
    }


def test_decoded_positions_are_the_sent_ones_within_quantisation(small, decoded):
    fixes = decoded.fixes
    kinds = small.sent["msg_type"][small.heard.message]
    ships = np.isin(kinds, (1, 3, 18))
    rows = np.isin(fixes["msg_type"], (1, 3, 18))
    message = small.heard.message[ships]
    for name in ("lon_deg", "lat_deg"):
        np.testing.assert_allclose(fixes[name][rows], small.sent[name][message], rtol=0, atol=0.5 / 600_000 + 1e-9)
    np.testing.assert_allclose(fixes["sog_kn"][rows], small.sent["sog_kn"][message], rtol=0, atol=0.051)
    mmsi = np.array([v.mmsi for v in small.vessels])
    np.testing.assert_array_equal(fixes["mmsi"][rows], mmsi[small.sent["sender"][message]])
    np.testing.assert_array_equal(
        fixes["time_ms"][rows] // 1000, (small.scenario.start_ms + small.heard.time_ms[ships]) // 1000
    )
    words = fixes.codes_of("station_id")
    stations = radio.station_names()
    assert [words[c] for c in fixes["station_id"][rows]] == [stations[s] for s in small.heard.station[ships]]


def test_pyais_reads_the_same_messages():
    pyais = pytest.importorskip("pyais")
    simulation = simulate(Scenario(vessels=16, hours=1, thin_s=60), 5)
    text = b"".join(simulation.nmea_chunks())
    messages = [m.decode() for m in pyais.stream.IterMessages(text.splitlines(keepends=True))]
    kinds = simulation.sent["msg_type"][simulation.heard.message].astype(int)
    wanted = Counter(np.where(kinds == radio.PART_B, 24, kinds).tolist())
    assert Counter(m.msg_type for m in messages) == wanted
    assert set(wanted) >= {1, 4, 5, 18, 21, 24}


def constant(speed_kn, status, ais_class, turning=False):
    """A vessel at one speed for an hour, straight or in circles of one turn in ten minutes."""
    count = 361
    metres = speed_kn * KN_MPS * STEP_S
    course = np.arange(count) * (6.0 if turning else 0.0)
    east, north = np.cumsum(np.sin(np.radians(course)) * metres), np.cumsum(np.cos(np.radians(course)) * metres)
    lon, lat, _ = GEOD.fwd(
        np.full(count, 124.0), np.full(count, 23.0), np.degrees(np.arctan2(east, north)), np.hypot(east, north)
    )
    track = track_of([Piece(np.asarray(lon), np.asarray(lat), np.full(count, np.nan), status)], 0, 3600)
    return Vessel(
        "cargo",
        ais_class,
        491_000_001,
        "EXERCISE TEST",
        "QX00000",
        90_000_000,
        70,
        100,
        16,
        5.0,
        "X",
        long_range=False,
        gnss_m=5.0,
        track=track,
    )


TABLE_1 = [
    # speed, status, class, turning -> interval in seconds (M.1371-5, annex 1, tables 1 and 2)
    (0.3, AT_ANCHOR, "A", False, 180),
    (4.0, AT_ANCHOR, "A", False, 10),
    (0.3, UNDER_WAY, "A", False, 10),
    (10.0, UNDER_WAY, "A", False, 10),
    (13.0, UNDER_WAY, "A", True, 10 / 3),
    (18.0, UNDER_WAY, "A", False, 6),
    (18.0, UNDER_WAY, "A", True, 2),
    (26.0, UNDER_WAY, "A", False, 2),
    (3.5, FISHING, "A", False, 10),
    (1.0, UNDER_WAY, "B_CS", False, 180),
    (7.0, UNDER_WAY, "B_CS", False, 30),
    (25.0, UNDER_WAY, "B_CS", False, 30),
    (1.0, UNDER_WAY, "B_SO", False, 180),
    (7.0, UNDER_WAY, "B_SO", False, 30),
    (18.0, UNDER_WAY, "B_SO", False, 15),
    (25.0, UNDER_WAY, "B_SO", False, 5),
]


@pytest.mark.parametrize(("speed_kn", "status", "ais_class", "turning", "wanted_s"), TABLE_1)
def test_report_intervals_are_those_of_m1371(speed_kn, status, ais_class, turning, wanted_s):
    vessel = constant(speed_kn, status, ais_class, turning)
    block = radio.reports(vessel, 0, np.random.default_rng(1), 0.0, [])[0]
    inner = (block["time_ms"] > 60_000) & (block["time_ms"] < 3_540_000)  # the circle begins and ends straight
    steps_s = np.diff(block["time_ms"][inner]) / 1000
    assert np.mean(steps_s) == pytest.approx(wanted_s, rel=0.03)
    assert steps_s.min() > 0.75 * wanted_s
    assert steps_s.max() < 1.25 * wanted_s
    assert set(block["msg_type"]) <= ({1, 3} if ais_class == "A" else {18})


def test_thinning_keeps_at_most_one_report_in_so_many_seconds():
    block = radio.reports(constant(10.0, UNDER_WAY, "A"), 0, np.random.default_rng(1), 60.0, [])[0]
    assert np.mean(np.diff(block["time_ms"])) == pytest.approx(60_000, rel=0.03)


def test_static_messages_come_every_six_minutes(full_rate):
    sent = full_rate.sent
    steady = [n for n, v in enumerate(full_rate.vessels) if len(v.track) == 721]
    assert len(steady) > 5
    for number in steady:
        mine = (sent["sender"] == number) & np.isin(sent["msg_type"], (5, 24))
        assert np.diff(sent["time_ms"][mine]) == pytest.approx(360_000, abs=2)


def test_nobody_sends_before_appearing_or_while_switched_off(small):
    for number, vessel in enumerate(small.vessels):
        mine = (small.sent["sender"] == number) & ~np.isin(small.sent["msg_type"], (4, 21))
        time_s = small.sent["time_ms"][mine] / 1000
        assert time_s.min() >= vessel.track.first * STEP_S
        assert time_s.max() <= (vessel.track.first + len(vessel.track)) * STEP_S + 20
        for begin_s, end_s in vessel.silent_s:
            assert not np.any((time_s >= begin_s) & (time_s < end_s))
    assert any(v.silent_s for v in small.vessels)


def test_share_heard_falls_with_distance_as_stated(full_rate):
    sent, heard = full_rate.sent, full_rate.heard
    a_ships = np.array([v.ais_class == "A" for v in full_rate.vessels])
    kind = sent["msg_type"]
    chosen = np.isin(kind, (1, 3)) & a_ships[np.where(np.isin(kind, (4, 21)), 0, sent["sender"])]
    bins = np.array([0.0, 0.5, 0.9, 1.1, 1.5, 4.0])
    got, all_ = np.zeros(5), np.zeros(5)
    for number, station in enumerate(world.stations()):
        away = (
            np.asarray(
                GEOD.inv(
                    sent["true_lon_deg"],
                    sent["true_lat_deg"],
                    np.full(len(sent), station.lon_deg),
                    np.full(len(sent), station.lat_deg),
                )[2]
            )
            / station.range_m
        )
        here = np.zeros(len(sent), bool)
        here[heard.message[heard.station == number]] = True
        place = np.digitize(away, bins) - 1
        for b in range(5):
            all_[b] += np.count_nonzero(chosen & (place == b))
            got[b] += np.count_nonzero(chosen & (place == b) & here)
    share = got / all_
    assert all_.min() > 200
    assert share[0] > 0.9
    assert np.all(np.diff(share) < 0)
    assert 0.3 < share[2] < 0.7
    assert share[4] < 0.01


def test_class_b_is_heard_less_far(small):
    lon, lat = np.linspace(122.0, 124.0, 50), np.full(50, 26.5)
    assert np.all(radio.ashore_share(lon, lat, "B_CS") <= radio.ashore_share(lon, lat, "A"))


def test_several_stations_hear_one_message_under_different_names(small):
    copies = np.bincount(small.heard.message)
    assert np.count_nonzero(copies > 1) > 500
    pairs = np.stack([small.heard.message, small.heard.station])
    assert len(np.unique(pairs, axis=1).T) == len(small.heard)


def test_receptions_come_in_order_and_shortly_after_sending(small):
    assert np.all(np.diff(small.heard.time_ms) >= 0)
    late_ms = small.heard.time_ms - small.sent["time_ms"][small.heard.message]
    assert late_ms.min() >= 0
    assert late_ms.max() <= 500


def test_satellites_hear_only_during_passes_and_long_range_reports_only_there():
    simulation = simulate(Scenario(vessels=40, hours=12, thin_s=60), 2)
    heard, kinds = simulation.heard, simulation.sent["msg_type"][simulation.heard.message]
    space = heard.station == len(world.stations())
    assert np.count_nonzero(kinds == 27) > 20
    assert np.all(space[kinds == 27])
    minutes = np.unique(heard.time_ms[space] // 60_000)
    assert len(minutes) < 0.6 * 12 * 60


def test_errors_of_positions_are_those_of_gnss(full_rate):
    sent = full_rate.sent
    ships = np.isin(sent["msg_type"], (1, 3, 18))
    error_m = np.asarray(
        GEOD.inv(
            sent["lon_deg"][ships], sent["lat_deg"][ships], sent["true_lon_deg"][ships], sent["true_lat_deg"][ships]
        )[2]
    )
    sender = sent["sender"][ships]
    for number, vessel in enumerate(full_rate.vessels):
        mine = error_m[sender == number]
        if len(mine) > 200:
            assert 0.6 < np.sqrt(np.mean(mine**2) / 2) / vessel.gnss_m < 1.4  # per axis
    assert 3 < np.sqrt(np.mean(error_m**2) / 2) < 10


def test_speed_and_course_sent_agree_with_the_motion(full_rate):
    sent = full_rate.sent
    for number, vessel in enumerate(full_rate.vessels):
        mine = np.flatnonzero((sent["sender"] == number) & np.isin(sent["msg_type"], (1, 3, 18)))
        fast = mine[sent["sog_kn"][mine] > 4]
        if len(fast) < 100:
            continue
        a, b = fast[:-1], fast[1:]
        step_s = (sent["time_ms"][b] - sent["time_ms"][a]) / 1000
        close = step_s < 31
        bearing, _, metres = GEOD.inv(
            sent["true_lon_deg"][a], sent["true_lat_deg"][a], sent["true_lon_deg"][b], sent["true_lat_deg"][b]
        )
        implied = np.asarray(metres) / np.maximum(step_s, 0.1) / KN_MPS
        assert np.median(np.abs(implied - sent["sog_kn"][b])[close]) < 0.4
        turned = (np.asarray(bearing) - sent["cog_deg"][b] + 180) % 360 - 180
        assert np.median(np.abs(turned[close])) < 4


def test_no_ship_stops_or_turns_like_a_top(small):
    limits = {
        "cargo": 20,
        "tanker": 17,
        "ferry": 30,
        "fishing": 13,
        "patrol": 19,
        "tug": 11,
        "pleasure": 11,
        "pilot": 20,
    }
    for vessel in small.vessels:
        track = vessel.track
        assert track.sog_kn.max() < limits[vessel.kind]
        assert np.abs(np.diff(track.sog_kn)).max() < 4.0, vessel.kind
        big = np.abs(track.rot_dpm[track.sog_kn > 8.0])
        if vessel.kind in ("cargo", "tanker") and len(big):
            assert big.max() < 90


@pytest.mark.big
def test_no_ship_crosses_land(small, full_rate):
    coast = load_coast()
    for simulation in (small, full_rate):
        for vessel in simulation.vessels:
            track = vessel.track
            wet = ~coast.on_land(track.lat_deg.copy(), track.lon_deg.copy())
            assert wet.all(), (vessel.kind, vessel.destination)


@pytest.mark.slow
@pytest.mark.big
def test_no_ship_of_a_large_fleet_crosses_land():
    simulation = simulate(Scenario(vessels=300, thin_s=600), 21)
    lat = np.concatenate([v.track.lat_deg[::2] for v in simulation.vessels])
    lon = np.concatenate([v.track.lon_deg[::2] for v in simulation.vessels])
    assert not load_coast().on_land(lat, lon).any()


def test_opposite_streams_keep_to_starboard():
    from kizuna.exercise.simulate_motion import Handling, sail

    way = world.way("penghu_s", "taichung")
    back = world.way("taichung", "penghu_s")
    how = Handling(12.0, 0.01, 900, 0.5, 0.6)
    north = sail(way, how, np.random.default_rng(1), (False, False))
    south = sail(back, how, np.random.default_rng(2), (False, False))
    at = 23.6  # both pass this latitude; the northbound ship must be east of the southbound one
    lon_n = np.interp(at, north.lat_deg, north.lon_deg)
    lon_s = np.interp(at, south.lat_deg[::-1], south.lon_deg[::-1])
    assert lon_n > lon_s + 0.01
