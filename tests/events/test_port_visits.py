"""Port visits: the levels, edges of the definition, silences, midnight and 180 degrees, and a slow plain twin."""

import json
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from events.make import HOUR, T0_S, Leg, make_tracks, msg_ids, only, rows
from events.slow_port_visits import visits as slow_visits
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events import port_visits
from kizuna.events.surroundings import Surroundings
from kizuna.places.anchorages import Name, make_anchorages
from kizuna.places.ports import Port, port_points

A = 431_000_000
MIN = 60
PORT = (26.2, 127.6)
M_NORTH = 1 / 110_850
"""Degrees of latitude in a metre near the port."""
ALL = port_visits.Params(level_min=1)


def ports(*places, names=(), table=()):
    places = places or (PORT,)
    lat, lon = [p[0] for p in places], [p[1] for p in places]
    return port_points(make_anchorages(lat, lon, 1000.0, "test", "", names), table)


def detect(*legs, at=None, params=ALL, end=None, **more):
    around = Surroundings(ports=at or ports(), data_end_ms=None if end is None else (T0_S + end) * 1000)
    return port_visits.detect(make_tracks(*legs, **more), params, around)


def found(*legs, **more):
    return rows(detect(*legs, **more))


def leg(metres, sog=5.0, every=10 * MIN, t0=0, mmsi=A, lon=PORT[1], **more):
    """A vessel at these distances north of the port, one fix every ten minutes."""
    m = np.asarray(metres, float)
    return Leg(
        mmsi, t0 + np.arange(len(m)) * every, PORT[0] + m * M_NORTH, lon, sog=np.broadcast_to(sog, len(m)), **more
    )


def minute(event, key="start_ms"):
    return (event[key] - T0_S * 1000) / 60_000


def test_level_4_from_entry_to_exit_with_a_stop():
    (v,) = found(leg([9000, 3500, 2900, 500, 500, 3500, 3900, 4100, 9000], [9, 9, 5, 0.1, 0.3, 5, 5, 5, 9]))
    assert (minute(v), minute(v, "end_ms"), v["level"]) == (20, 70, 4)
    assert v["confidence"] == pytest.approx(0.9) and v["confidence_word"] == "high" and v["status"] == "closed"
    info = json.loads(v["event_info"])
    assert info["confidence"] == 4 and info["stops"] == 1 and info["gaps"] == 0
    assert info["longest_stops"] == [{"stop_begin": "2020-01-01T00:30:00Z", "stop_end": "2020-01-01T00:50:00Z"}]
    assert info["outside_before"].endswith("00:10:00Z") and info["last_inside"].endswith("01:00:00Z")
    assert v["tests"]["entry_seen"]["passed"] and v["tests"]["exit_seen"]["passed"] and v["tests"]["stops"]["passed"]
    assert v["distance_m"] != v["distance_m"] and v["mask"].startswith("port points: test 1;")


@pytest.mark.parametrize(
    ("metres", "sog", "level", "status"),
    [
        ([9000, 1000, 1000, 9000], [9, 9, 9, 9], 1, "closed"),  # through, without a stop
        ([9000, 1000, 1000], [9, 5, 5], 1, "open"),  # only the entry
        ([1000, 1000, 9000], [5, 5, 9], 1, "closed"),  # only the exit
        ([1000, 1000, 1000], [0, 0, 0], 2, "open"),  # moored all along
        ([9000, 1000, 1000], [9, 5, 0], 3, "open"),
        ([1000, 1000, 9000], [0, 5, 9], 3, "closed"),
        ([9000, 1000, 1000, 9000], [9, 0, 5, 9], 4, "closed"),
    ],
)
def test_levels_as_global_fishing_watch_defines_them(metres, sog, level, status):
    (v,) = found(leg(metres, sog))
    assert (v["level"], v["status"]) == (level, status)
    assert v["confidence"] == pytest.approx((0, 0.3, 0.5, 0.7, 0.9)[level])
    assert (v["end_ms"] == MISSING_TIME_MS) == (status == "open")


def test_a_vessel_under_way_in_port_all_along_makes_no_visit():
    assert found(leg([1000, 1500, 1000], 5.0)) == []


def test_levels_below_the_limit_are_left_out():
    assert found(leg([9000, 1000, 9000], 9.0), params=port_visits.Params()) == []
    assert len(found(leg([9000, 1000, 9000], [9, 0, 9]), params=port_visits.Params())) == 1


def test_between_the_two_distances_the_state_stays_as_it_was():
    assert found(leg([9000, 3500, 3100, 3500, 9000])) == []
    assert len(found(leg([9000, 2000, 3500, 2000, 3900, 9000]))) == 1
    assert len(found(leg([9000, 2000, 4100, 2000, 9000]))) == 2


def test_between_the_two_speeds_the_stop_stays_as_it_was():
    (v,) = found(leg([9000] + [500] * 8 + [9000], [9, 0.4, 0.2, 0.4, 0.3, 0.6, 0.4, 0.1, 0.4, 9]))
    assert json.loads(v["event_info"])["stops"] == 2


def test_a_silence_of_four_hours_in_port_is_a_gap_stamped_four_hours_after_the_last_fix():
    t = np.array([0, 10, 20, 20 + 240, 280, 290]) * MIN
    m = np.array([9000, 1000, 900, 900, 3000, 9000])
    (v,) = found(Leg(A, t, PORT[0] + m * M_NORTH, PORT[1], sog=3.0))
    info = json.loads(v["event_info"])
    assert v["level"] == 4 and info["stops"] == 0 and info["gaps"] == 1
    assert info["longest_gaps"] == [
        {"gap_begin": "2020-01-01T04:20:00Z", "last_heard": "2020-01-01T00:20:00Z", "gap_end": "2020-01-01T04:20:00Z"}
    ]
    t[3] -= 1
    (v,) = found(Leg(A, t, PORT[0] + m * M_NORTH, PORT[1], sog=3.0))
    assert v["level"] == 1


def test_switched_off_in_port_and_heard_days_later_at_sea_the_visit_has_its_exit_and_the_trip_its_port():
    away = Leg(A, 5 * 24 * HOUR + np.arange(3) * 600, 30.0, 130.0, sog=12)
    (v,) = found(leg([9000, 1000, 1000], [9, 2, 2]), away)
    info = json.loads(v["event_info"])
    assert v["level"] == 4 and minute(v, "end_ms") == 5 * 24 * 60
    assert info["last_inside"] == "2020-01-01T00:20:00Z" and info["end_anchorage"]["origin"] == "test"
    assert v["tests"]["time_unheard_before_exit"]["passed"] is False


def test_silent_in_one_port_and_heard_next_in_another_far_away_makes_two_visits():
    far = (28.4, 129.5)
    here, there = leg([9000, 1000, 1000], [9, 2, 2]), Leg(A, 30 * HOUR + np.arange(3) * 600, *far, sog=[0, 2, 2])
    first, second = sorted(found(here, there, at=ports(PORT, far)), key=lambda v: v["start_ms"])
    assert first["status"] == "closed" and minute(first, "end_ms") == 20 and first["level"] == 3
    assert "next heard elsewhere" in first["summary"]
    assert second["status"] == "open" and second["level"] == 2 and minute(second) == 30 * 60


def test_silent_and_heard_again_in_the_same_port_is_one_visit():
    (v,) = found(leg([9000, 1000, 1000], [9, 2, 2]), leg([1000, 9000], 2.0, t0=20 * HOUR))
    assert v["level"] == 4 and len(v["seg_ids"]) == 2


def test_the_data_going_on_without_the_vessel_is_a_gap():
    moored = leg([9000, 1000, 1000], [9, 2, 2])
    other = Leg(A + 1, np.arange(0, 5 * HOUR, 600), 10, 10, sog=9)
    assert found(moored)[0]["level"] == 1
    assert found(moored, other)[0]["level"] == 3
    assert found(moored, end=20 * MIN + 4 * HOUR)[0]["level"] == 3
    assert found(moored, end=20 * MIN + 4 * HOUR - 1)[0]["level"] == 1


def test_heard_at_sea_then_silent_until_in_port_counts_as_entry_and_says_so():
    (v,) = found(leg([50_000]), leg([1000, 1000], [0, 0], t0=30 * HOUR))
    assert v["level"] == 3 and v["tests"]["time_unheard_before_entry"]["passed"] is False


def test_right_over_midnight_and_180_degrees():
    at = ports((0.0, 179.995))
    lon = 179.9 + np.array([0, 0.08, 0.1, 0.11, 0.12, 0.2])
    (v,) = found(Leg(A, 23.7 * HOUR + np.arange(6) * 600, 0.0, lon, sog=[9, 0, 0, 0, 0, 9]), at=at)
    assert v["level"] == 4 and minute(v) == 23.7 * 60 + 10 and minute(v, "end_ms") == 23.7 * 60 + 50
    assert v["lon_min_deg"] > 179 and v["lon_max_deg"] < -179


def test_segments_that_overlap_are_looked_at_one_by_one():
    first = leg([9000, 1000, 1000, 1000, 9000], [9, 0, 0, 0, 9])
    inner = Leg(A, [15 * MIN, 16 * MIN], 40.0, 10.0, sog=5)
    (v,) = found(first, inner)
    assert v["level"] == 4 and minute(v, "end_ms") == 40


def test_vessels_that_share_a_number_are_kept_apart():
    one = leg([9000, 1000, 1000], [9, 0, 0], vessel="x/1")
    two = Leg(A, 15 * MIN + np.arange(3) * 600, 40.0, 10.0, sog=5, vessel="x/2")
    (v,) = found(one, two)
    assert v["status"] == "open" and v["vessel_ids"] == ["x/1"]


def test_a_vessel_that_sends_no_speed_has_no_stops():
    (v,) = found(leg([9000, 1000, 1000, 9000], np.nan))
    assert v["level"] == 1


def test_names_ids_and_origins_stand_in_the_event():
    names = (Name("356ec741", "NAHA KO", "JPN", "imported:gfw"),)
    table = (Port("JPNAH", "Naha", "那覇", "那霸", "JPN", 26.21, 127.66, "small", "index no. 1", "free"),)
    (v,) = found(leg([9000, 500, 9000], [9, 0, 9]), at=ports(names=names, table=table))
    info = json.loads(v["event_info"])
    for key in ("start_anchorage", "intermediate_anchorage", "end_anchorage"):
        assert info[key]["anchorage_id"] == "356ec741" and info[key]["name"] == "NAHA KO" and info[key]["flag"] == "JPN"
        assert info[key]["origin"] == "imported:gfw"
    assert info["port"]["port_id"] == "JPNAH" and info["port"]["name_ja"] == "那覇" and info["port"]["source"]
    assert 5000 < info["port"]["distance_m"] < 7000 and "NAHA KO" in v["summary"]


def test_start_and_end_anchorage_differ_where_the_vessel_shifted():
    second = (PORT[0] + 5000 * M_NORTH, PORT[1])
    (v,) = found(leg([-9000, -500, 0, 2500, 5000, 9900], [9, 0, 5, 5, 5, 9]), at=ports(PORT, second))
    info = json.loads(v["event_info"])
    assert info["start_anchorage"]["lat"] == info["intermediate_anchorage"]["lat"] == round(PORT[0], 5)
    assert info["end_anchorage"]["lat"] == round(second[0], 5)


def test_without_port_points_there_are_no_visits():
    tracks = make_tracks(leg([9000, 500, 9000], [9, 0, 9]))
    assert len(port_visits.detect(tracks)) == 0
    assert (
        len(port_visits.detect(tracks, None, Surroundings(ports=port_points(make_anchorages([], [], 1.0, "", ""), ()))))
        == 0
    )


def test_a_vessel_that_works_in_port_for_weeks_is_proved_by_few_fixes():
    n = 21 * 24 * 60
    metres = np.full(n, 500.0)
    (v,) = rows(events := detect(leg(metres, 0.1, every=60)))
    assert v["level"] == 2 and len(msg_ids(events, 0)) < 21 * 24 + 5


@pytest.mark.parametrize(
    ("key", "value"), [("enter_m", 50.0), ("leave_m", 2000.0), ("stop_end_kn", 0.1), ("gap_h", 0.5), ("level_min", 5)]
)
def test_values_out_of_range_are_refused_by_name(key, value):
    with pytest.raises(ConfigError) as refused:
        port_visits.Params(**{key: value})
    assert key in str(refused.value)


PLACES = ((26.2, 127.6), (26.26, 127.62), (27.4, 128.6), (-30.0, 179.99))


@st.composite
def wanderings(draw):
    """Fixes of vessels that jump about near ports: times, places, speeds, cut into segments."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    legs, plain = [], []
    for vessel in range(3):
        n = int(rng.integers(1, 60))
        t = np.cumsum(
            rng.choice([60, 600, 3000, 9000, 12_000, 14_400, 100_000], n, p=[0.3, 0.3, 0.15, 0.1, 0.06, 0.05, 0.04])
        )
        base = np.array(PLACES)[rng.integers(0, len(PLACES), 4)][np.sort(rng.integers(0, 4, n))]
        apart = rng.choice([0.002, 0.02, 0.04], n)[:, None] * rng.normal(0, 1, (n, 2))
        lat, lon = base[:, 0] + apart[:, 0], (base[:, 1] + apart[:, 1] + 180) % 360 - 180
        sog = np.round(rng.choice([0.0, 0.2, 0.3, 0.5, 0.6, 5.0], n), 1)
        cuts = [0, *sorted(set(rng.integers(1, n, 2).tolist())), n] if n > 3 else [0, n]
        for a, b in zip(cuts[:-1], cuts[1:]):
            if b > a:
                legs.append(Leg(A + vessel, t[a:b], lat[a:b], lon[a:b], sog=sog[a:b]))
        plain.append([(int((T0_S + t[k]) * 1000), lat[k], lon[k], float(sog[k])) for k in range(n)])
    return legs, plain


def clear(plain) -> bool:
    """No fix lies so near a limit that an error of distance decides."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    m = [geod.inv(f[2], f[1], lon, lat)[2] for fixes in plain for f in fixes for lat, lon in PLACES]
    return all(abs(d - limit) > 5 for d in m for limit in (3000, 4000))


@given(wanderings())
@settings(max_examples=60)
def test_visits_are_those_of_a_slow_plain_twin(wandering):
    legs, plain = wandering
    if not clear(plain):
        return
    end_ms = max(fixes[-1][0] for fixes in plain)
    want = []
    for vessel, fixes in enumerate(plain):
        for v in slow_visits(fixes, PLACES, end_ms):
            want.append(
                (
                    A + vessel,
                    v.start_ms,
                    MISSING_TIME_MS if v.end_ms is None else v.end_ms,
                    v.level,
                    v.stops,
                    len(v.gaps),
                )
            )
    got = []
    for e in found(*legs, at=ports(*PLACES)):
        info = json.loads(e["event_info"])
        got.append((e["mmsis"][0], e["start_ms"], e["end_ms"], e["level"], info["stops"], info["gaps"]))
    assert sorted(got) == sorted(want)


@given(wanderings())
@settings(max_examples=25)
def test_every_visit_is_found_again_from_its_proof(wandering):
    legs, _ = wandering
    around = Surroundings(ports=ports(*PLACES))
    tracks = make_tracks(*legs, shuffle=3)
    events = port_visits.detect(tracks, ALL, around)
    for k in range(len(events)):
        want = events.slice(k, k + 1).to_arrow().to_pylist()[0]
        again = port_visits.detect(only(tracks, msg_ids(events, k)), ALL, around).to_arrow().to_pylist()
        (got,) = [e for e in again if e["event_id"] == want["event_id"]]
        assert {c: got[c] for c in want if got[c] != want[c]} == {}


@given(wanderings(), st.integers(0, 1000))
@settings(max_examples=15)
def test_the_order_of_arrival_does_not_matter(wandering, seed):
    legs, _ = wandering
    straight, mixed = detect(*legs, at=ports(*PLACES)), detect(*legs, at=ports(*PLACES), shuffle=seed)
    assert straight.to_arrow().equals(mixed.to_arrow())


def test_a_jump_between_ports_parts_two_visits_also_inside_a_segment():
    far = (28.4, 129.5)
    t = np.array([0, 600, 1200, 12 * HOUR, 12 * HOUR + 600])
    lat, lon = [26.3, 26.2, 26.2, far[0], far[0]], [127.6, 127.6, 127.6, far[1], far[1]]
    legs = [Leg(A, t, lat, lon, sog=[9, 0, 0, 0, 0])]
    first, second = sorted(found(*legs, at=ports(PORT, far)), key=lambda v: v["start_ms"])
    assert (first["level"], second["level"]) == (3, 2)
    assert json.loads(first["event_info"])["gaps"] == 1 and json.loads(second["event_info"])["gaps"] == 0


def test_a_jump_to_the_rim_of_another_port_is_no_visit_there():
    far = (28.4, 129.5)
    t = np.array([0, 600, 1200, 12 * HOUR, 12 * HOUR + 600])
    rim = far[0] + 3500 * M_NORTH
    lat, lon = [26.3, 26.2, 26.2, rim, rim], [127.6, 127.6, 127.6, far[1], far[1]]
    (only_one,) = found(Leg(A, t, lat, lon, sog=[9, 0, 0, 0, 0]), at=ports(PORT, far))
    assert only_one["status"] == "closed"


def test_a_shorter_jump_stays_one_visit_as_global_fishing_watch_has_it():
    near = (26.9, 127.6)  # 42 nm
    t = np.array([0, 600, 1200, 12 * HOUR, 12 * HOUR + 600])
    lat = [26.3, 26.2, 26.2, near[0], near[0]]
    (v,) = found(Leg(A, t, lat, 127.6, sog=[9, 0, 0, 0, 0]), at=ports(PORT, near))
    info = json.loads(v["event_info"])
    assert info["start_anchorage"]["lat"] != info["end_anchorage"]["lat"] and v["status"] == "open"


def test_vessel_already_in_port_when_first_heard_is_told_so_in_plain_words():
    told = port_visits._summaries  # the sentence alone; what it tells is tested above
    facts = SimpleNamespace(
        level=np.array([2]), hours=np.array([12.0]), stopped_h=np.array([11.5]), entered=np.array([False]),
        left=np.array([False]),
    )  # fmt: skip
    ports = SimpleNamespace()
    with mock.patch.object(port_visits, "place_name", lambda _ports, _place: "Suao"):
        (said,) = told(
            np.array([7]), np.array([0]), ports, SimpleNamespace(main=np.array([0])), facts, np.array([True])
        ).to_pylist()
    assert said == (
        "MMSI 7 was already in port (Suao) when first heard at 1970-01-01T00:00:00Z, stayed 12.0 h (11.5 h of them stopped) "
        "and was still there when last heard; level 2 of 4; consistent with a port visit."
    )
