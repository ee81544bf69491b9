"""Gaps: edges of the definition, and what peers get wrong."""

import json

import numpy as np
import pytest
from events.make import HOUR, T0_S, Leg, make_tracks, msg_ids, only, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events import gaps
from kizuna.events.account import explain
from kizuna.events.account.confidence import CEILING
from kizuna.events.reception import listened
from kizuna.events.surroundings import Surroundings

ALIVE = Leg(999_000_001 - 500_000_000, np.arange(0, 48 * HOUR, 600), 60.0, 30.0)
"""A vessel far away that is heard to the end, so that the data have an end."""


def found(*legs, params=None, surroundings=Surroundings(), **more):
    table = gaps.detect(make_tracks(*legs, **more), params, surroundings)
    return [e for e in rows(table) if e["mmsis"] != [ALIVE.mmsi]]


def silent(hours, before=20, mmsi=211_000_000, **more):
    """Twenty fixes, a silence, twenty fixes."""
    t = np.concatenate([np.arange(before) * 60, (before - 1) * 60 + hours * HOUR + np.arange(20) * 60])
    return Leg(mmsi, t, 10.0 + t / HOUR / 60 * 5, 20.0, sog=5.0, **more)


def test_gap_opens_when_silence_exceeds_limit():
    (gap,) = found(silent(6 + 1 / 3600))
    assert gap["duration_h"] == pytest.approx(6 + 1 / 3600)
    assert gap["tests"]["silence"] == {
        "test": "silence",
        "measured": gap["duration_h"],
        "threshold": 6.0,
        "relation": ">",
        "unit": "h",
        "passed": True,
    }


def test_exactly_the_limit_is_no_gap():
    assert found(silent(6)) == []


def test_last_fix_exactly_the_limit_before_the_end_is_not_open():
    end_ms = int(ALIVE.t[-1] + 1_577_836_800) * 1000
    one = Leg(211_000_000, [ALIVE.t[-1] - 6 * HOUR], 1, 1)
    assert found(one, ALIVE) == []
    (gap,) = found(Leg(211_000_000, [ALIVE.t[-1] - 6 * HOUR - 1], 1, 1), ALIVE)
    assert gap["status"] == "open" and gap["end_ms"] == MISSING_TIME_MS
    assert np.isnan(gap["end_lat_deg"]) and np.isnan(gap["distance_m"]) and np.isnan(gap["implied_speed_kn"])
    assert gap["start_ms"] + 6 * HOUR * 1000 + 1000 == end_ms


def test_end_of_data_can_be_handed_in():
    one = Leg(211_000_000, [0], 1, 1)
    assert found(one) == []
    (gap,) = found(one, surroundings=Surroundings(data_end_ms=(1_577_836_800 + 7 * HOUR) * 1000))
    assert gap["duration_h"] == 7


def test_distance_and_speed_between_last_and_first_fix():
    (gap,) = found(silent(12))
    assert gap["distance_m"] == pytest.approx(60 * 1852, rel=0.01)  # 12 h at 5 kn along a meridian
    assert gap["implied_speed_kn"] == pytest.approx(5.0, rel=0.01)
    assert gap["lat_min_deg"] == gap["start_lat_deg"] and gap["lat_max_deg"] == gap["end_lat_deg"]


def test_silence_of_one_ship_is_not_ended_by_another_with_its_mmsi():
    """pipe-gaps works by MMSI: the off message from one ship, the on message from the other."""
    a = Leg(211_000_000, [0, 60, 120, 10 * HOUR], 10, 20)
    b = Leg(211_000_000, np.arange(HOUR, 9 * HOUR, 600), 40, 20, vessel="mmsi:211000000/2")
    found_ = found(a, b)
    assert [g["duration_h"] for g in found_ if g["vessel_ids"] == ["mmsi:211000000"]] == [
        pytest.approx(10 - 120 / 3600)
    ]
    (gap,) = found_
    assert gap["tests"]["other_tracks_of_mmsi_heard"]["measured"] == 1
    assert gap["tests"]["other_tracks_of_mmsi_heard"]["passed"] is False
    assert gap["confidence_word"] == "low" and gap["alternatives"][0].startswith("another ship")
    assert len(gaps.mmsi_silences(make_tracks(a, b)).before) == 0


def test_mmsi_view_finds_the_gap_that_no_track_has():
    a = Leg(211_000_000, [0, 60, 120], 10, 20)
    b = Leg(211_000_000, [10 * HOUR, 10 * HOUR + 60], 40, 20, vessel="mmsi:211000000/2")
    tracks = make_tracks(a, b)
    view = gaps.mmsi_silences(tracks)
    assert tracks.time_ms[view.after[0]] - tracks.time_ms[view.before[0]] == (10 * HOUR - 120) * 1000
    (gap,) = rows(gaps.detect(tracks))
    assert gap["status"] == "open"


def test_gap_between_two_segments_of_one_vessel():
    a = Leg(211_000_000, [0, 60], 10, 20)
    b = Leg(211_000_000, [40 * HOUR, 40 * HOUR + 60], 11, 20)
    (gap,) = found(a, b, ALIVE)[:1]
    assert gap["duration_h"] == pytest.approx(40, abs=0.02) and gap["status"] == "closed"
    assert len(gap["seg_ids"]) == 2 and gap["mmsis"] == [211_000_000]


def test_segments_that_overlap_are_silent_only_when_all_are():
    long = Leg(211_000_000, np.arange(0, 10 * HOUR, 600), 10, 20)
    short = Leg(211_000_000, [HOUR, HOUR + 60], 10, 20)
    later = Leg(211_000_000, [20 * HOUR, 20 * HOUR + 60], 10, 20)
    (gap,) = found(long, short, later)
    assert gap["start_ms"] == int((1_577_836_800 + long.t[-1]) * 1000)


def test_own_fixes_before_count_back_to_the_limit_and_include_the_last():
    t = np.array([0, HOUR, 12 * HOUR, 12 * HOUR + 1, 24 * HOUR - 1, 40 * HOUR])
    (gap,) = [g for g in found(Leg(211_000_000, t, 1, 1)) if g["end_ms"] % 86_400_000 == 16 * HOUR * 1000]
    assert gap["tests"]["own_fixes_in_12_h_before"]["measured"] == 3  # a fix just 12 h before is not counted


def judged(*legs, hours=48, **more):
    """The gap of the vessel that ``silent`` makes, with the reception that all legs together give."""
    tracks = make_tracks(*legs)
    reception = listened(tracks, (T0_S + hours * HOUR) * 1000)
    table = gaps.detect(tracks, None, Surroundings(reception=reception, **more))
    return next(g for g in rows(table) if g["vessel_ids"] == ["mmsi:211000000"])


def near(until_h=12, count=5, **more):
    """Vessels near by, heard all the time up to an hour."""
    return [Leg(300_000_000 + k, np.arange(0, until_h * HOUR, 600), 10.2, 20.2, **more) for k in range(count)]


def measured(gap, test):
    return gap["tests"][test]["measured"]


def test_gap_amid_neighbours_that_are_heard_is_the_vessels_own():
    gap = judged(silent(8), *near())
    assert measured(gap, "neighbours_expected_per_hour") == 5
    assert measured(gap, "share_of_neighbours_heard") > 0.9
    assert measured(gap, "chance_that_silence_is_own") > CEILING == pytest.approx(gap["confidence"])
    assert explain.RECEIVER_FAULT not in gap["alternatives"]
    assert "100% were heard" in gap["summary"]
    info = json.loads(gap["event_info"])
    assert (info["neighbour_hours_expected"], info["neighbour_hours_heard"]) == (35, 35)  # 7 whole hours


def test_gap_while_all_neighbours_are_missing_is_a_receiver_outage():
    gap = judged(silent(8), *near(until_h=1))
    assert measured(gap, "share_of_neighbours_heard") < 0.1 and gap["confidence_word"] == "low"
    assert gap["confidence"] < 0.2 and explain.RECEIVER_FAULT in gap["alternatives"]


def test_gap_without_neighbours_or_without_counts_has_no_verdict_on_them():
    alone = judged(silent(8))
    assert measured(alone, "neighbours_expected_per_hour") == 0
    assert measured(alone, "share_of_neighbours_heard") is None
    assert explain.RECEIVER_FAULT in alone["alternatives"]
    (uncounted,) = found(silent(8), *near())[:1]
    assert measured(uncounted, "neighbours_expected_per_hour") is None
    assert measured(uncounted, "chance_that_silence_is_own") is None


def test_silence_as_long_as_is_usual_for_the_vessel_is_hardly_its_own():
    t = np.concatenate([[0, 2 * HOUR, 5 * HOUR], 12 * HOUR + np.arange(20) * 600])
    gap = judged(Leg(211_000_000, t, 10.0, 20.0, sog=5.0), *near(until_h=16))
    assert measured(gap, "silence_over_longest_own_interval") == pytest.approx(7 / 3)
    assert explain.USUAL_SILENCE in gap["alternatives"]
    assert gap["confidence"] < judged(silent(7), *near())["confidence"]


def test_vessels_after_the_silence_far_off_and_no_vessels_do_not_count():
    others = [
        Leg(300_000_001, [9 * HOUR + 1800], 10.2, 20.2),  # after its end
        Leg(300_000_002, [HOUR + 60], 11.2, 20.2),  # beyond the cells around
        Leg(990_000_003, [HOUR + 60], 10.2, 20.2),  # an aid to navigation
        Leg(211_000_000, [HOUR + 60], 10.2, 20.2, vessel="mmsi:211000000/2"),  # the same MMSI
    ]
    gap = judged(silent(8), *others[:3])
    assert measured(gap, "neighbours_expected_per_hour") == 0
    assert measured(judged(silent(8), *others), "other_tracks_of_mmsi_heard") == 1


@given(st.integers(0, 5), st.integers(0, 11), st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_one_more_neighbour_that_is_heard_never_lowers_the_share_heard(count, until_h, hours):
    """Heard before and all through the silence."""
    others = near(until_h=until_h + 1, count=count)
    before = judged(silent(hours + 6), *others)
    after = judged(silent(hours + 6), *others, Leg(400_000_000, np.arange(0, 30 * HOUR, 600), 10.2, 20.2))
    assert measured(after, "neighbours_expected_per_hour") > measured(before, "neighbours_expected_per_hour")
    if measured(before, "share_of_neighbours_heard") is not None:
        assert measured(after, "share_of_neighbours_heard") >= measured(before, "share_of_neighbours_heard")


def test_what_comes_after_the_end_of_a_silence_does_not_change_it():
    """A node that judges the gap when it ends finds what a later run over more data finds."""
    at_once = judged(silent(8), *near(until_h=5), hours=9)
    later = judged(silent(8), *near(until_h=5), Leg(400_000_000, np.arange(9, 40) * HOUR, 10.2, 20.2), hours=47)
    np.testing.assert_equal(at_once, later)


def test_gap_is_found_again_from_its_proof_and_the_counts_alone():
    tracks = make_tracks(silent(8), *near(until_h=5), Leg(211_000_000, [3 * HOUR], 40, 60, vessel="mmsi:211000000/2"))
    around = Surroundings(reception=listened(tracks))
    table = gaps.detect(tracks, None, around)
    row = table["vessel_ids"].to_pylist().index(["mmsi:211000000"])
    again = gaps.detect(only(tracks, msg_ids(table, row)), None, around)
    want = table.slice(row, row + 1).to_arrow().to_pylist()
    assert (
        want[0]["evidence"]
        and [r for r in again.to_arrow().to_pylist() if r["event_id"] == want[0]["event_id"]] == want
    )


def test_gap_is_the_same_where_the_neighbours_are_known_by_counts_only():
    """A partition holds some vessels; the counts of all come with the surroundings."""
    whole = make_tracks(silent(8), *near(), ALIVE)
    around = Surroundings(reception=listened(whole), data_end_ms=int(whole.time_ms.max()))
    part = gaps.detect(make_tracks(silent(8)), None, around).to_arrow().to_pylist()
    every = gaps.detect(whole, None, around).to_arrow().to_pylist()
    strip = ("proof",)  # the message ids of these tracks depend on the place in them
    same = [{k: v for k, v in r.items() if k not in strip} for r in every if r["mmsis"] == [211_000_000]]
    assert [{k: v for k, v in r.items() if k not in strip} for r in part] == same


def test_gap_that_begins_in_an_anchorage_has_low_confidence():
    mask = Surroundings(in_anchorage=lambda lat, lon: lat < 11, anchorage_m=lambda lat, lon: lat * 0, mask="test mask")
    gap = judged(silent(8), *near(), in_anchorage=mask.in_anchorage, anchorage_m=mask.anchorage_m, mask=mask.mask)
    assert gap["confidence_word"] == "low" and gap["mask"] == "test mask"
    assert gap["tests"]["start_in_anchorage"]["passed"] is False


def test_vessel_at_rest_close_to_shore_has_low_confidence_and_one_under_way_has_not():
    words = {}
    for speed in (0.4, 0.5):
        leg = silent(20)
        leg.sog = np.full(leg.n, speed)
        gap = judged(leg, *near(until_h=24), shore_m=lambda lat, lon: np.full(len(lat), 1000.0))
        assert gap["tests"]["distance_from_shore_when_last_heard"]["passed"] is False
        words[speed] = gap["confidence_word"]
    assert words == {0.4: "low", 0.5: "high"}


def test_what_is_not_known_has_no_verdict():
    (gap,) = found(silent(8))
    assert (
        gap["tests"]["start_in_anchorage"]["passed"] is None and gap["tests"]["start_in_anchorage"]["measured"] is None
    )
    assert gap["mask"] == "" and np.isnan(gap["start_distance_from_shore_m"])


def test_implied_speed_of_two_ships_lowers_confidence():
    a, b = Leg(211_000_000, [0, 60], 10, 20), Leg(211_000_000, [30 * HOUR, 30 * HOUR + 60], 60, 20)
    (gap,) = found(a, b)
    assert gap["tests"]["implied_speed"]["passed"] is False and gap["confidence_word"] == "low"


@pytest.mark.parametrize("mmsi", [2_190_001, 21_900_001, 111_219_501, 970_012_345, 992_191_234])
def test_stations_that_are_no_vessels_have_no_gaps(mmsi):
    assert found(silent(8, mmsi=mmsi)) == []


@pytest.mark.parametrize("mmsi", [1_193_046, 123_456_789, 211_000_000, 982_111_222])
def test_vessels_with_odd_numbers_have_gaps(mmsi):
    assert len(found(silent(8, mmsi=mmsi))) == 1


def test_noise_beside_a_track_has_no_gap():
    assert found(silent(8, noise="overlapping_short")) == []
    assert len(found(silent(8, noise="short"))) == 1


@pytest.mark.parametrize("legs", [[], [Leg(211_000_000, [0], 1, 1)]])
def test_nothing_comes_of_nothing(legs):
    assert found(*legs) == []


def test_over_180_degrees_and_near_the_pole():
    east = Leg(211_000_000, [0, 8 * HOUR], [0, 0], [179.9, -179.9])
    (gap,) = found(east)
    assert gap["distance_m"] == pytest.approx(0.2 * 111_320, rel=0.01)
    assert gap["lon_min_deg"] == pytest.approx(179.9) and gap["lon_max_deg"] == pytest.approx(-179.9)
    assert abs(gap["lon_mean_deg"]) == pytest.approx(180)
    (pole,) = found(Leg(211_000_000, [0, 8 * HOUR], [89.9, 89.9], [0, 179]))
    assert pole["distance_m"] < 25_000


def test_texts_are_plain_and_careful():
    for gap in found(silent(8), Leg(212_000_000, [0], 1, 1), ALIVE):
        text = " ".join([gap["summary"], *gap["alternatives"], *gap["would_settle"]]).lower()
        assert " dark" not in text and "hid" not in text and "consistent with" in gap["summary"]
        assert json.loads(gap["event_info"])["own_fixes_before"] >= 1
        assert json.loads(gap["params"])["threshold_h"] == 6.0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("threshold_h", 0),
        ("threshold_h", float("nan")),
        ("before_min", 0),
        ("neighbours_min", 51),
        ("heard_share_min", 1.1),
    ],
)
def test_wrong_parameters_are_refused_by_name(key, value):
    with pytest.raises(ConfigError, match=rf"\[gaps\] {key}"):
        gaps.Params(**{key: value})


def test_order_of_arrival_does_not_matter():
    legs = [silent(8), silent(9, mmsi=212_000_000), ALIVE]
    straight = gaps.detect(make_tracks(*legs))
    mixed = gaps.detect(make_tracks(*legs, shuffle=3))
    assert straight.to_arrow().equals(mixed.to_arrow())


def test_two_ships_of_one_mmsi_silent_from_the_same_moment_have_two_ids():
    a = Leg(211_000_000, [0, 8 * HOUR], 10, 20)
    b = Leg(211_000_000, [0, 8 * HOUR], 10, 20, vessel="mmsi:211000000/2")
    ids = [g["event_id"] for g in found(a, b)]
    assert len(ids) == 2 and len(set(ids)) == 2


# ------------------------------------------------------------------ laws


@st.composite
def fleets(draw):
    """Vessels with silences of all lengths, one or two tracks under each MMSI."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    legs = []
    for k in range(draw(st.integers(1, 5))):
        for ship in range(draw(st.integers(1, 2))):
            n = draw(st.integers(1, 12))
            t = np.cumsum(rng.choice([0, 60, 6 * HOUR, 6 * HOUR + 1, 9 * HOUR], n))
            way = np.cumsum(rng.normal(0, 0.02, (2, n)), axis=1)
            legs.append(
                Leg(300_000_000 + k, t, 10 + way[0], 20 + way[1], sog=rng.choice([0, 9]), vessel=f"v{k}/{ship}")
            )
    return legs


def intervals(legs, **more):
    table = gaps.detect(make_tracks(*legs, **more))
    return sorted(
        (
            e["vessel_ids"][0],
            e["start_ms"],
            e["end_ms"],
            e["confidence"],
            round(e["distance_m"], 3) if e["end_ms"] > 0 else None,
        )
        for e in rows(table)
    )


@given(fleets())
def test_gaps_are_those_of_a_plain_walk_over_each_track(legs):
    end = max(g.t[-1] for g in legs)
    want = set()
    for g in legs:
        for before, after in zip(g.t, [*g.t[1:], end]):
            if after - before > 6 * HOUR:
                want.add((g.vessel, int((before + T0_S) * 1000)))
    assert {(v, start) for v, start, *_ in intervals(legs)} == want


@given(fleets())
def test_view_by_mmsi_is_that_of_pipe_gaps(legs):
    tracks = make_tracks(*legs)
    view = gaps.mmsi_silences(tracks)
    want = set()
    for mmsi in {g.mmsi for g in legs}:
        t = sorted(x for g in legs if g.mmsi == mmsi for x in g.t)
        want |= {(mmsi, int((a + T0_S) * 1000), int((b + T0_S) * 1000)) for a, b in zip(t, t[1:]) if b - a > 6 * HOUR}
    assert (
        set(
            zip(
                tracks.mmsi[view.before].tolist(),
                tracks.time_ms[view.before].tolist(),
                tracks.time_ms[view.after].tolist(),
            )
        )
        == want
    )


@given(fleets(), st.integers(-(10**8), 10**8), st.integers(0, 99))
@settings(max_examples=30)
def test_shift_of_time_mirror_and_order_of_arrival_change_nothing(legs, shift_s, seed):
    plain = intervals(legs)
    assert intervals(legs, shuffle=seed) == plain
    shifted = intervals([Leg(g.mmsi, g.t + shift_s, g.lat, g.lon, sog=g.sog, vessel=g.vessel) for g in legs])
    open_ms = MISSING_TIME_MS
    assert [(v, s - shift_s * 1000, e if e == open_ms else e - shift_s * 1000, *r) for v, s, e, *r in shifted] == plain
    mirrored = intervals([Leg(g.mmsi, g.t, -g.lat, -g.lon, sog=g.sog, vessel=g.vessel) for g in legs])
    assert [m[:3] + m[4:] for m in mirrored] == [m[:3] + m[4:] for m in plain]  # whole-degree cells are not symmetric
