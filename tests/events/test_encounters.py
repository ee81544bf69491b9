"""Encounters: edges of the definition, brute force as twin, and what peers get wrong."""

import itertools
import json
import math

import numpy as np
import pytest
from events.make import HOUR, NM_DEG, Leg, make_tracks, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.base.kernels import distance_m
from kizuna.events import encounters
from kizuna.events.account import explain
from kizuna.events.kernels.encounters import distances_m, near_runs
from kizuna.events.surroundings import Surroundings

A, B, C = 211_000_000, 212_000_000, 213_000_000
M_DEG = 1 / 111_195  # degrees of latitude in a metre, near enough


def found(*legs, params=None, surroundings=Surroundings(), **more):
    return rows(encounters.detect(make_tracks(*legs, **more), params, surroundings))


def lying(mmsi, start_h, end_h, lat=10.0, lon=20.0, step_s=600, **more):
    return Leg(mmsi, np.arange(start_h * HOUR, end_h * HOUR + 1, step_s), lat, lon, **more)


def test_two_vessels_side_by_side_for_two_hours_meet():
    (met,) = found(lying(A, 0, 2), lying(B, 0, 2, lat=10 + 400 * M_DEG))
    assert met["mmsis"] == [A, B] and met["duration_h"] == 2
    assert met["median_distance_m"] == pytest.approx(400, abs=4)
    assert met["median_speed_kn"] == 0
    assert {t: v["passed"] for t, v in met["tests"].items()} == {
        "greatest_distance": True,
        "longest_run": True,
        "longest_break": None,
        "median_speed": True,
        "distance_from_anchorage": None,
        "distance_from_shore": None,
        "fixes_per_slot_of_vessel_heard_less": True,
        "median_speed_of_vessels_not_lying_fast": False,
        "share_of_fixes_in_which_both_say_at_rest": None,
    }


def test_one_slot_short_of_two_hours_is_no_encounter():
    assert found(lying(A, 0, 2), lying(B, 0, 1.99, lat=10.001)) == []


def test_distance_of_exactly_the_limit_counts_and_more_does_not():
    apart = distance_m(10.0, 20.0, 10.004, 20.0)
    legs = lying(A, 0, 2), lying(B, 0, 2, lat=10.004)
    assert len(found(*legs, params=encounters.Params(distance_max_m=apart))) == 1
    assert found(*legs, params=encounters.Params(distance_max_m=math.nextafter(apart, 0))) == []


def test_median_speed_of_exactly_the_limit_is_too_fast():
    run = 2 / 6 * NM_DEG  # degrees of latitude per slot at about 2 kn
    k = np.arange(13)
    legs = [Leg(m, k * 600, 10 + k * run, 20 + off) for m, off in ((A, 0), (B, 0.001))]
    (met,) = found(*legs, params=encounters.Params(speed_max_kn=2.1))
    exact = met["median_speed_kn"]
    assert exact == pytest.approx(2, rel=0.01)
    assert found(*legs, params=encounters.Params(speed_max_kn=exact)) == []
    assert len(found(*legs, params=encounters.Params(speed_max_kn=math.nextafter(exact, 9)))) == 1


def test_encounter_over_utc_midnight_is_one():
    """GFW's short encounters around midnight are lost, because days are cut (PIPELINE-2137)."""
    (met,) = found(lying(A, 22.5, 25.5), lying(B, 22.5, 25.5, lat=10.001))
    assert met["duration_h"] == 3


def test_encounter_over_180_degrees():
    """GFW's interpolation does not wrap: a vessel that crosses between two fixes is drawn around the globe."""
    t = np.arange(0, 3 * HOUR + 1, 1500)  # fixes between the slots
    lon = 180 + (t - 1.5 * HOUR) / HOUR * 0.01
    (met,) = found(Leg(A, t, 0, lon), Leg(B, t + 30, 0.001, lon))
    assert met["duration_h"] > 2.5
    assert abs(met["lon_mean_deg"]) == pytest.approx(180, abs=0.01)
    assert met["lon_min_deg"] > 179 and met["lon_max_deg"] < -179


def test_neighbours_on_both_sides_of_180_degrees():
    (met,) = found(lying(A, 0, 2, lon=179.9995), lying(B, 0, 2, lon=-179.9995))
    assert met["median_distance_m"] < 200


@pytest.mark.parametrize("lat", [89.9999, -89.9999, 89.9, 85.0, 84.999, 60.0])
def test_encounters_near_the_poles(lat):
    near = 200 * M_DEG / max(math.cos(math.radians(lat)), 1e-9)
    (met,) = found(lying(A, 0, 2, lat=lat), lying(B, 0, 2, lat=lat, lon=20 + min(near, 170)))
    assert met["median_distance_m"] < 320


def test_run_ends_where_a_vessel_is_absent():
    """GFW's runs go on over slots in which vessel 1 has no position."""
    gap = Leg(A, np.concatenate([np.arange(0, 1.5 * HOUR + 1, 600), np.arange(3 * HOUR, 4.5 * HOUR + 1, 600)]), 10, 20)
    assert found(gap, lying(B, 0, 4.5, lat=10.001)) == []


def test_fixes_less_than_an_hour_apart_are_joined_and_an_hour_is_not():
    sparse = lying(A, 0, 3, step_s=3599)
    assert len(found(sparse, lying(B, 0, 3, lat=10.001))) == 1
    assert found(lying(A, 0, 3, step_s=3600), lying(B, 0, 3, lat=10.001)) == []


def test_vessels_that_part_and_meet_between_slots():
    t = np.arange(0, 2 * HOUR + 1, 300)
    lat = np.where(t % 600 == 0, 10.001, 10.05)  # away by 3 nm half-way between all slots
    fast = encounters.Params(speed_max_kn=30)
    assert len(found(lying(A, 0, 2), Leg(B, t, lat, 20), params=fast)) == 1  # a known limit: the grid does not see it
    lat = np.where(t % 600 == 0, 10.05, 10.001)  # near only between slots
    assert found(lying(A, 0, 2), Leg(B, t, lat, 20), params=fast) == []


def test_three_ships_give_three_pairs():
    met = found(lying(A, 0, 2), lying(B, 0, 2, lat=10.001), lying(C, 0, 2, lat=10.002))
    assert sorted(tuple(e["mmsis"]) for e in met) == [(A, B), (A, C), (B, C)]
    assert len({e["event_id"] for e in met}) == 3


def two_meetings(break_slots):
    """Together for two hours, apart, together again for two hours."""
    t = np.arange(0, 4 * HOUR + break_slots * 600 + 1, 600)
    away = (t > 2 * HOUR) & (t < 2 * HOUR + break_slots * 600)
    return Leg(B, t, np.where(away, 10.2, 10.001), 20), Leg(A, t, 10, 20)


def test_meetings_less_than_four_hours_apart_are_one_encounter():
    (met,) = found(*two_meetings(23))
    assert json.loads(met["event_info"])["runs"] == 2
    assert met["tests"]["longest_break"]["measured"] == pytest.approx(4 - 1 / 6)
    assert len(found(*two_meetings(24))) == 2


def test_median_over_merged_meetings_is_the_median_of_all():
    """GFW takes medians of medians: a long and a short meeting then count alike."""
    t = np.arange(0, 9 * HOUR + 1, 600)
    away = (t > 2 * HOUR) & (t < 3 * HOUR)
    apart_m = np.where(t <= 2 * HOUR, 400, 100)  # 13 slots at 400 m, then 37 at 100 m
    (met,) = found(lying(A, 0, 9), Leg(B, t, np.where(away, 10.5, 10 + apart_m * M_DEG), 20))
    assert met["median_distance_m"] == pytest.approx(100, rel=0.01)


def test_speed_is_that_of_both_vessels():
    """GFW takes the speed of vessel 1 only, so that the answer depends on who comes first."""
    t = np.arange(0, 3 * HOUR + 1, 600)
    wander = 10 + np.where(np.arange(len(t)) % 2 == 0, 0, 450 * M_DEG)  # 1.5 kn
    one = found(Leg(A, t, wander, 20), lying(B, 0, 3))[0]["median_speed_kn"]
    two = found(lying(A, 0, 3), Leg(B, t, wander, 20))[0]["median_speed_kn"]
    assert one == pytest.approx(two) and one == pytest.approx(1.46 / 2, rel=0.01)  # between 0 and 1.46


def test_positions_inside_anchorages_make_no_pairs():
    mask = Surroundings(
        in_anchorage=lambda lat, lon: lat < 10.5,
        anchorage_m=lambda lat, lon: np.full(len(lat), 5000.0),
        mask="north only",
    )
    legs = [lying(A, 0, 2), lying(B, 0, 2, lat=10.001), lying(A + 5, 0, 2, lat=11), lying(B + 5, 0, 2, lat=11.001)]
    (met,) = found(*legs, surroundings=mask)
    assert met["mmsis"] == [A + 5, B + 5] and met["mask"] == "north only"
    assert met["tests"]["distance_from_anchorage"]["passed"] is False  # 5 km of 10
    assert len(found(*legs)) == 2


def test_without_a_mask_confidence_is_low():
    (met,) = found(lying(A, 0, 20), lying(B, 0, 20, lat=10.001))
    assert met["confidence_word"] == "low" and met["mask"] == ""


def open_sea(shore_m=50_000.0):
    """A mask that knows no anchorage near by."""
    return Surroundings(
        shore_m=lambda lat, lon: np.full(len(lat), shore_m),
        in_anchorage=lambda lat, lon: lat > 80,
        mask="m",
        anchorage_m=lambda lat, lon: np.full(len(lat), 20_000.0),
    )


def swinging(mmsi, north_deg=0.0, hours=20, turn_m=80.0, **more):
    """A vessel that lies at sea and moves a little; two of them keep their distance."""
    t = np.arange(0, hours * HOUR + 1, 600)
    return Leg(mmsi, t, 10.0 + north_deg + turn_m * M_DEG * np.sin(t / 1200), 20.0, **more)


def test_vessels_that_do_not_move_at_all_lie_fast_somewhere():
    still = found(lying(A, 0, 20), lying(B, 0, 20, lat=10.001), surroundings=open_sea())[0]
    moving = found(swinging(A), swinging(B, 0.001), surroundings=open_sea())[0]
    assert (still["confidence_word"], moving["confidence_word"]) == ("low", "high")
    assert still["tests"]["median_speed_of_vessels_not_lying_fast"]["passed"] is False
    assert explain.BERTHS in still["alternatives"] and explain.BERTHS not in moving["alternatives"]


@pytest.mark.parametrize(
    ("status", "other", "north_deg", "word"),
    [
        (1, 1, 0.003, "low"),  # two at anchor, a cable and a half apart
        (1, 5, 0.003, "low"),
        (1, 5, 0.001, "high"),  # one anchored, the other moored alongside it
        (1, 0, 0.003, "high"),  # one is under way
        (-1, 1, 0.003, "high"),  # one says nothing
    ],
)
def test_neighbours_at_anchor_have_low_confidence_unless_they_lie_alongside(status, other, north_deg, word):
    legs = swinging(A, status=status), swinging(B, north_deg, status=other)
    (met,) = found(*legs, surroundings=open_sea())
    assert met["confidence_word"] == word
    share = met["tests"]["share_of_fixes_in_which_both_say_at_rest"]["measured"]
    assert share == {True: None, False: float(other != 0)}[status < 0]
    assert (explain.WAITING in met["alternatives"]) is (word == "low")


@given(st.lists(st.sampled_from([-1, 0, 1, 3, 5, 6]), min_size=6, max_size=6))
@settings(max_examples=30, deadline=None)
def test_share_at_rest_is_that_of_the_vessel_that_says_so_less(statuses):
    t = np.arange(0, 2 * HOUR + 1, 2400)
    legs = [Leg(m, t, 10.0 + 0.001 * k, 20.0, status=np.array(statuses[k::2] + [0])) for k, m in enumerate((A, B))]
    (met,) = found(*legs)
    shares = [[s in (1, 5, 6) for s in g.status.tolist() if s >= 0] for g in legs]
    assert met["tests"]["share_of_fixes_in_which_both_say_at_rest"]["measured"] == min(map(np.mean, shares))


@pytest.mark.parametrize(("shore_m", "word"), [(1852.0, "high"), (1851.0, "low")])
def test_close_to_shore_confidence_is_low(shore_m, word):
    (met,) = found(swinging(A), swinging(B, 0.001), surroundings=open_sea(shore_m))
    assert met["confidence_word"] == word
    assert met["tests"]["distance_from_shore"]["passed"] is (word == "high")
    assert ("neighbouring berths" in met["summary"]) is (word == "low")


def test_one_ship_makes_no_pair_with_itself():
    assert found(lying(A, 0, 2), lying(A, 0, 2, lat=10.001, vessel=f"mmsi:{A}/2")) == []
    assert found(lying(A, 0, 2, vessel="imo:9074729"), lying(B, 0, 2, lat=10.001, vessel="imo:9074729")) == []


def test_run_goes_on_over_the_segments_of_a_vessel():
    met = found(lying(A, 0, 1), lying(A, 1 + 1 / 6, 2.5), lying(B, 0, 2.5, lat=10.001))
    assert [m["duration_h"] for m in met] == [2.5] and len(met[0]["seg_ids"]) == 3


def test_noise_and_aids_to_navigation_meet_nobody():
    assert found(lying(A, 0, 2), lying(B, 0, 2, lat=10.001, noise="overlapping_short")) == []
    assert found(lying(A, 0, 2), lying(992_000_000, 0, 2, lat=10.001)) == []


@pytest.mark.parametrize("legs", [[], [Leg(A, [0], 1, 1)], [lying(A, 0, 5)]])
def test_nothing_comes_of_nothing(legs):
    assert found(*legs) == []


def test_order_of_arrival_does_not_matter():
    legs = two_meetings(6)
    assert (
        encounters.detect(make_tracks(*legs))
        .to_arrow()
        .equals(encounters.detect(make_tracks(*legs, shuffle=1)).to_arrow())
    )


@pytest.mark.parametrize("key", ["distance_max_m", "duration_min_h", "speed_max_kn"])
def test_wrong_parameters_are_refused_by_name(key):
    with pytest.raises(ConfigError, match=rf"\[encounters\] {key}"):
        encounters.Params(**{key: -1})


# ------------------------------------------------------------------ the kernel and its plain twin


def twin(slot, vessel, lat, lon, reach_m, slots_min):
    """All pairs of all slots, run by run."""
    seen = {}
    for s in sorted(set(slot.tolist())):
        at = np.flatnonzero(slot == s)
        for i, j in itertools.combinations(at.tolist(), 2):
            if vessel[i] != vessel[j] and distance_m(lat[i], lon[i], lat[j], lon[j]) <= reach_m:
                seen.setdefault((min(vessel[i], vessel[j]), max(vessel[i], vessel[j])), []).append(s)
    runs = set()
    for (a, b), slots in seen.items():
        first = last = slots[0]
        for s in [*slots[1:], None]:
            if s is not None and s == last + 1:
                last = s
                continue
            if last - first >= slots_min:
                runs.add((int(a), int(b), first, last))
            first = last = s
    return runs, sum(map(len, seen.values()))


def kernel(slot, vessel, lat, lon, reach_m, slots_min, allowed=None):
    order = np.argsort(slot, kind="stable")
    n = int(vessel.max(initial=0)) + 1
    ids = np.arange(n, dtype=np.int32)
    out, met = near_runs(
        slot[order],
        vessel[order].astype(np.int32),
        lat[order],
        lon[order],
        np.ones(len(slot), np.bool_) if allowed is None else allowed[order],
        ids,
        ids,
        ids,
        float(reach_m),
        slots_min,
    )
    assert len({tuple(r) for r in out.tolist()}) == len(out)
    return {tuple(r) for r in out.tolist()}, met


@st.composite
def scenes(draw):
    """Vessels that wander in a small area anywhere on the globe, now and then absent."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_vessels, n_slots = draw(st.integers(2, 14)), draw(st.integers(1, 12))
    reach = draw(st.sampled_from([200.0, 500.0, 5000.0]))
    lat0 = draw(st.sampled_from([0.0, 35.0, -60.0, 74.99, 75.01, 84.99, 85.01, 89.999, -90.0, 90.0]))
    lon0 = draw(st.sampled_from([0.0, 179.9999, -180.0, 120.0]))
    spread = reach * draw(st.sampled_from([0.6, 2.0, 8.0]))
    slot, vessel = (v.ravel() for v in np.meshgrid(np.arange(n_slots) + 2_629_728, np.arange(n_vessels), indexing="ij"))
    keep = rng.random(len(slot)) < 0.85
    lat = np.clip(lat0 + rng.normal(0, spread, len(slot)) * M_DEG, -90, 90)
    wide = np.minimum(spread * M_DEG / np.maximum(np.cos(np.radians(lat)), 1e-6), 180)
    lon = (lon0 + rng.normal(0, 1, len(slot)) * wide + 180) % 360 - 180
    return slot[keep].astype(np.int64), vessel[keep], lat[keep], lon[keep], reach, draw(st.integers(0, 3))


@given(scenes())
def test_kernel_finds_what_brute_force_finds(scene):
    assert kernel(*scene) == twin(*scene)


@given(scenes())
@settings(max_examples=15)
def test_mirror_and_shift_of_time_change_nothing(scene):
    slot, vessel, lat, lon, reach, least = scene
    runs, met = kernel(*scene)
    mirrored = kernel(slot, vessel, -lat, (-lon + 180) % 360 - 180, reach, least)
    shifted = kernel(slot + 144, vessel, lat, lon, reach, least)
    assert mirrored[1] == met or abs(lat).max() > 89.9  # within an ulp of the limit at the pole
    assert shifted == ({(a, b, f + 144, k + 144) for a, b, f, k in runs}, met)


@given(scenes(), st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_order_within_a_slot_changes_nothing(scene, seed):
    slot, vessel, lat, lon, reach, least = scene
    mixed = np.random.default_rng(seed).permutation(len(slot))
    assert kernel(slot[mixed], vessel[mixed], lat[mixed], lon[mixed], reach, least) == kernel(*scene)


@given(scenes())
@settings(max_examples=15)
def test_mask_is_the_same_as_leaving_rows_out(scene):
    slot, vessel, lat, lon, reach, least = scene
    allowed = np.random.default_rng(1).random(len(slot)) < 0.6
    assert kernel(*scene, allowed=allowed) == kernel(
        slot[allowed], vessel[allowed], lat[allowed], lon[allowed], reach, least
    )


@pytest.mark.big
def test_crowds_and_full_tables():
    """Hundreds of vessels in one place make the tables grow and drop what ended."""
    rng = np.random.default_rng(5)
    n, slots = 400, 6
    slot = np.repeat(np.arange(slots), n)
    vessel = np.tile(np.arange(n), slots)
    lat = 30 + rng.normal(0, 700 * M_DEG, n * slots)
    lon = 130 + rng.normal(0, 700 * M_DEG, n * slots)
    assert kernel(slot, vessel, lat, lon, 500.0, 1) == twin(slot, vessel, lat, lon, 500.0, 1)


def test_distance_of_missing_points_is_missing():
    nan = np.nan
    got = distances_m(np.array([0.0, nan]), np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([0.0, 0.0]))
    assert got[0] == pytest.approx(110_574, rel=1e-3) and np.isnan(got[1])
