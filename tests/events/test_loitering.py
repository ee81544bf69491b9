"""Loitering: edges of the definition, and what peers get wrong."""

import json

import numpy as np
import pytest
from events.make import HOUR, NM_DEG, T0_S, Leg, make_tracks, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.events import loitering
from kizuna.events.runs.meetings import Met
from kizuna.events.account.evidence import Groups
from kizuna.events.subjects import subjects
from kizuna.events.surroundings import Surroundings

A = 211_000_000


def far(m=50 * 1852.0):
    return Surroundings(shore_m=lambda lat, lon: np.full(len(lat), m, np.float32))


def found(*legs, params=None, surroundings=far(), **more):
    return rows(loitering.detect(make_tracks(*legs, **more), params, surroundings))


def moving(speeds_kn, step_s=600, mmsi=A, start_h=0.0, **more):
    """A vessel that goes north with one speed per hour; its first fix is at the start."""
    t = start_h * HOUR + np.arange(0, len(speeds_kn) * HOUR + 1, step_s)
    speed = np.asarray(speeds_kn, float)[
        np.minimum(((t[1:] - 1 - start_h * HOUR) // HOUR).astype(int), len(speeds_kn) - 1)
    ]
    lat = 10 + np.concatenate([[0], np.cumsum(speed * np.diff(t) / HOUR * NM_DEG)])
    return Leg(mmsi, t, lat, 20.0, **more)


def hours(event):
    return (event["start_ms"] - T0_S * 1000) / 3_600_000, (event["end_ms"] - T0_S * 1000) / 3_600_000


def test_slow_hours_in_a_row_are_one_period_from_the_last_fix_before():
    (event,) = found(moving([8, 8, 0.5, 0.5, 0.5, 0.5, 0.5, 8, 8]))
    # the fix on the hour counts to the hour that it begins: ten minutes at 8 kn and fifty at 0.5 are 1.75 kn
    assert hours(event) == (pytest.approx(1 + 5 / 6), pytest.approx(6 + 5 / 6))
    assert event["implied_speed_kn"] == pytest.approx((8 / 6 + 0.5 * (5 - 1 / 6)) / 5, rel=0.01)
    assert event["tests"]["mean_implied_speed"]["passed"] and event["tests"]["duration"]["passed"]


def test_mean_speed_of_exactly_the_limit_is_not_slow():
    leg = moving([2] * 6)
    kn = found(leg, params=loitering.Params(speed_max_kn=3))[0]["implied_speed_kn"]
    assert kn == pytest.approx(2, rel=0.01)
    assert found(leg, params=loitering.Params(speed_max_kn=kn * 0.99)) == []


def test_four_hours_count_and_less_does_not():
    (event,) = found(moving([1] * 4))
    assert event["duration_h"] == 4
    assert found(Leg(A, np.arange(0, 4 * HOUR - 1, 599), 10, 20)) == []


def test_missing_hours_end_a_period():
    """pipe-loitering joins slow hours on both sides of hours without a fix."""
    t = np.concatenate([np.arange(0, 3 * HOUR, 600), np.arange(6 * HOUR, 9 * HOUR, 600)])
    assert found(Leg(A, t, 10, 20)) == []
    t = np.concatenate([np.arange(0, 5 * HOUR, 600), np.arange(8 * HOUR, 13 * HOUR, 600)])
    one, two = sorted(found(Leg(A, t, 10, 20)), key=lambda e: e["start_ms"])
    assert hours(one)[1] < 5 and hours(two)[0] == 8


def test_a_step_of_exactly_an_hour_is_counted_and_a_longer_one_is_not():
    assert len(found(Leg(A, np.arange(6) * HOUR, 10, 20))) == 1
    assert found(Leg(A, np.arange(6) * (HOUR + 1), 10, 20)) == []


def test_mean_distance_from_shore_decides():
    limit = 20 * 1852.0
    assert len(found(moving([1] * 6), surroundings=far(limit))) == 1
    assert found(moving([1] * 6), surroundings=far(limit * 0.999999)) == []


def test_mean_distance_is_weighted_by_time():
    """Ten fixes near the shore within ten minutes weigh less than one fix an hour far from it."""
    t = np.concatenate([np.arange(0, 600, 60), np.arange(HOUR, 7 * HOUR, HOUR - 1)])
    lat = np.where(t < 600, 10.0, 10.005)
    shore = Surroundings(shore_m=lambda lat, lon: ((lat - 10) * 60 + 19.8) * 1852)
    assert len(found(Leg(A, t, lat, 20), surroundings=shore)) == 1


def test_without_a_coast_there_is_no_verdict_on_it_and_confidence_is_low():
    (event,) = found(moving([1] * 30), surroundings=Surroundings())
    assert event["tests"]["mean_distance_from_shore"]["passed"] is None
    assert event["confidence_word"] == "low" and np.isnan(event["start_distance_from_shore_m"])


def test_period_in_an_anchorage_is_left_out():
    mask = Surroundings(shore_m=far().shore_m, in_anchorage=lambda lat, lon: lat < 10.5, mask="m")
    assert found(moving([1] * 6), surroundings=mask) == []
    (event,) = found(
        moving([1] * 6),
        surroundings=Surroundings(shore_m=far().shore_m, in_anchorage=lambda lat, lon: lat > 10.5, mask="m"),
    )
    assert event["mask"] == "m" and event["tests"]["mean_position_in_anchorage"]["passed"] is True


def test_anchored_vessel_that_says_so_does_not_loiter():
    assert found(moving([0.2] * 8, status=1)) == []
    assert found(moving([0.2] * 8, status=5)) == []
    assert len(found(moving([0.2] * 8, status=0))) == 1


def test_status_at_anchor_is_not_believed_of_a_drifting_vessel():
    assert len(found(moving([1.0] * 8, status=1))) == 1


def test_hours_at_anchor_end_a_period():
    t = np.arange(0, 12 * HOUR, 600)
    status = np.where(t < 5 * HOUR, 0, 1)
    (event,) = found(Leg(A, t, 10, 20, status=status))
    assert hours(event)[1] < 5


def test_period_says_that_the_vessel_met_another():
    met = Met(
        ["e1"],
        np.array([[A, A + 1]]),
        np.array([(T0_S + HOUR) * 1000]),
        np.array([(T0_S + 3 * HOUR) * 1000]),
        Groups(np.array([50, 51]), np.array([0, 2])),
    )
    tracks = make_tracks(moving([1] * 6), Leg(A + 1, np.arange(30) * 60, 30, 30))
    (event,) = [e for e in rows(loitering.detect(tracks, None, far(), subjects(tracks), met)) if e["mmsis"] == [A]]
    assert json.loads(event["event_info"])["encounters"] == ["e1"]
    assert event["tests"]["encounters_meanwhile"]["passed"] is False
    assert "met 1 other vessel" in event["summary"]
    assert event["alternatives"][0].startswith("part of a meeting")
    assert set(tracks.fixes["msg_id"][tracks.order[[50, 51]]]) <= set(event["proof"][0]["msg_ids"])


def test_over_180_degrees_and_at_the_pole():
    t = np.arange(0, 6 * HOUR, 600)
    (event,) = found(Leg(A, t, 0, 179.99 + t / HOUR * 0.01))
    assert event["lon_min_deg"] == pytest.approx(179.99) and event["lon_max_deg"] < -179.9
    assert len(found(Leg(A, t, 89.999, np.arange(len(t)) * 50.0))) == 1  # circling the pole within 100 m


@pytest.mark.parametrize("legs", [[], [Leg(A, [0], 1, 1)], [Leg(A, [0, 0, 0], 1, 1)]])
def test_nothing_comes_of_nothing(legs):
    assert found(*legs) == []


@pytest.mark.parametrize("key", ["speed_max_kn", "duration_min_h", "shore_min_nm", "rest_speed_kn"])
def test_wrong_parameters_are_refused_by_name(key):
    with pytest.raises(ConfigError, match=rf"\[loitering\] {key}"):
        loitering.Params(**{key: -1})


def test_texts_are_plain_and_careful():
    (event,) = found(moving([1] * 6))
    text = " ".join([event["summary"], *event["alternatives"], *event["would_settle"]]).lower()
    assert "dark" not in text and "hid" not in text and "consistent with" in event["summary"]


# ------------------------------------------------------------------ the kernel and its plain twin


def twin(tracks, params):
    """Buckets in dictionaries, one fix after the other."""
    out = []
    for a, b in zip(tracks.seg_start, tracks.seg_end):
        hours_of = {}
        for i in range(a, b):
            hours_of.setdefault(int(tracks.time_ms[i]) // 3_600_000, []).append(i)
        run = None
        runs = []
        for hour, fixes in hours_of.items():
            steps = [i for i in fixes if i > a and tracks.time_ms[i] - tracks.time_ms[i - 1] <= 3_600_000]
            took_ms = sum(int(tracks.time_ms[i] - tracks.time_ms[i - 1]) for i in steps)
            way_m = 0.0
            for i in steps:
                way_m += float(tracks.step_m[i])
            slow = took_ms > 0 and way_m / 1852 / (took_ms / 3_600_000) < params.speed_max_kn
            joined = fixes[0] in steps
            if run and not (slow and joined and hour == run[2] + 1):
                runs.append(run)
                run = None
            if slow:
                run = (run[0] if run else fixes[0] - joined, fixes[-1], hour)
        runs += [run] if run else []
        out += [
            (int(f), int(k))
            for f, k, _ in runs
            if tracks.time_ms[k] - tracks.time_ms[f] >= params.duration_min_h * 3_600_000
        ]
    return out


@st.composite
def wanderers(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    legs = []
    for k in range(draw(st.integers(1, 3))):
        n = draw(st.integers(1, 60))
        t = np.cumsum(rng.choice([0, 60, 600, 1800, 3600, 3601, 9000], n))
        lat = np.cumsum(rng.normal(0, rng.choice([0.002, 0.02, 0.2]), n))
        legs.append(Leg(A + k, t, np.clip(lat, -89, 89), rng.normal(0, 0.001, n)))
    return legs


@given(wanderers())
def test_kernel_finds_what_the_twin_finds(legs):
    params = loitering.Params(duration_min_h=1)
    tracks = make_tracks(*legs)
    first, last, _ = loitering.candidates(tracks, params, subjects(tracks))
    assert list(zip(first.tolist(), last.tolist())) == twin(tracks, params)


@given(wanderers(), st.integers(-1000, 1000), st.integers(0, 99))
@settings(max_examples=30)
def test_shift_by_hours_mirror_and_order_of_arrival_change_nothing(legs, shift_h, seed):
    def periods(**change):
        moved = [
            Leg(
                g.mmsi,
                g.t + change.get("shift", 0) * HOUR,
                g.lat * change.get("sign", 1),
                g.lon * change.get("sign", 1),
            )
            for g in legs
        ]
        got = found(*moved, params=loitering.Params(duration_min_h=1), shuffle=change.get("seed"))
        return sorted(
            (e["start_ms"] - change.get("shift", 0) * 3_600_000, e["duration_h"], round(e["distance_m"], 3))
            for e in got
        )

    plain = periods()
    assert periods(shift=shift_h) == plain
    assert periods(sign=-1) == plain
    assert periods(seed=seed) == plain
