"""The model of silences: its laws, and its numbers worked out by hand."""

import math

import numpy as np
import pytest
from events.make import HOUR, T0_S, Leg, make_tracks
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.units import HOUR_MS
from kizuna.events.account import silence
from kizuna.events.account.evidence import Groups
from kizuna.events.account.silence import Circumstances, own_silence, share_heard
from kizuna.events.reception import Heard, Silence, circumstances, listened, longest_interval_s
from kizuna.tracks.reception import MEMORY_H, cells_around, cells_of


def case(heard=0, missing=0, heard_far=0, missing_far=0, before=(5, 5), longest_s=300.0):
    values = (
        heard,
        heard + missing,
        heard + heard_far,
        heard + missing + heard_far + missing_far,
        *before,
        6,
        longest_s,
    )
    return Circumstances(*(np.array([float(v)]) for v in values))


counts = st.integers(0, 50)


def test_numbers_are_those_of_the_formula():
    got = own_silence(case(heard=3, missing=1, heard_far=2, missing_far=4))[0]
    around = (5 + 0.5 * 4) / (10 + 4)
    share = (3 + 2 * around) / (4 + 2)
    before = (5 + 2) / (5 + 4)
    a, b, c = silence.WEIGHTS.values()
    z = silence.INTERCEPT + a * math.log(share / (1 - share)) + b * math.log(before / (1 - before)) + c * math.log(300)
    assert got == pytest.approx(1 / (1 + math.exp(-z)), abs=6e-5)


def test_weights_point_the_way_that_sense_demands():
    """More neighbours heard: more likely its own. More missing there as a rule, or silent before: less."""
    weights = silence.WEIGHTS
    assert weights["neighbours_heard"] > 0 > weights["longest_own_interval"]
    assert weights["neighbours_heard_before"] < 0  # what counts is how much fewer are heard than before


@given(counts, counts, counts, counts)
@settings(max_examples=100, deadline=None)
def test_one_more_heard_raises_and_one_more_missing_lowers(heard, missing, heard_far, missing_far):
    base = (heard, missing, heard_far, missing_far)
    share, own = share_heard(case(*base))[0], own_silence(case(*base))[0]
    for more in ((heard + 1, missing, heard_far, missing_far), (heard, missing, heard_far + 1, missing_far)):
        assert share_heard(case(*more))[0] >= share and own_silence(case(*more))[0] >= own
    for less in ((heard, missing + 1, heard_far, missing_far), (heard, missing, heard_far, missing_far + 1)):
        assert share_heard(case(*less))[0] <= share and own_silence(case(*less))[0] <= own


@given(counts, counts, st.floats(0.1, 1000))
@settings(max_examples=50, deadline=None)
def test_other_mix_shifts_the_odds_and_keeps_the_order(heard, missing, ordinary_per_own):
    fitted, shifted = (own_silence(case(heard, missing), m)[0] for m in (2.0, ordinary_per_own))
    if 0.01 < fitted < 0.99 and 0.01 < shifted < 0.99:
        odds = fitted / (1 - fitted) / (shifted / (1 - shifted))
        assert odds == pytest.approx(ordinary_per_own / 2, rel=0.02)
    assert (shifted <= fitted) if ordinary_per_own >= 2 else (shifted >= fitted)


def test_nothing_known_of_neighbours_is_one_half():
    assert share_heard(case())[0] == 0.5


def test_vessel_heard_once_counts_as_one_that_is_usually_silent_for_an_hour():
    assert own_silence(case(longest_s=np.nan))[0] == own_silence(case(longest_s=3600.0))[0]


@st.composite
def seas(draw):
    """A silent vessel and others that come and go, some in other cells, some under the same number."""
    silent_h = draw(st.integers(6, 20))
    t = np.concatenate([np.arange(0, 3 * HOUR, 900), 3 * HOUR + silent_h * HOUR + np.arange(4) * 900])
    legs = [Leg(211_000_000, t, 10.1, 20.1)]
    for k in range(draw(st.integers(0, 6))):
        begin, end = sorted(draw(st.tuples(st.integers(0, 26), st.integers(0, 27))))
        place = draw(st.sampled_from([(10.2, 20.2), (10.7, 20.2), (12.0, 20.2)]))
        legs.append(Leg(300_000_000 + k, np.arange(begin * 4, end * 4 + 1) * 900 + 60 * k, *place))
    if draw(st.booleans()):
        legs.append(Leg(211_000_000, [(5 + draw(st.integers(0, 4))) * HOUR], 10.1, 20.1, vessel="mmsi:211000000/2"))
    return silent_h, legs


@given(seas())
@settings(max_examples=60, deadline=None)
def test_counts_around_a_silence_are_those_of_a_plain_walk(sea):
    silent_h, legs = sea
    tracks = make_tracks(*legs)
    row = int(np.flatnonzero((tracks.mmsi == 211_000_000) & (tracks.lat_deg == 10.1) & (np.diff(tracks.time_ms, append=0) > 6 * HOUR_MS))[0])  # fmt: skip
    until_ms = int(tracks.time_ms[row + 1])
    bridged = len(legs) > 1 and legs[-1].mmsi == 211_000_000
    same = Groups(np.zeros(int(bridged), np.int64), np.array([0, int(bridged)]))
    own = Groups(np.arange(row + 1), np.array([0, row + 1]))
    end_ms = (T0_S + 30 * HOUR) * 1000
    got = circumstances(
        listened(tracks, end_ms), tracks, Silence(np.array([row]), np.array([until_ms]), 12 * HOUR_MS), Heard(own, same)
    )
    home = set(cells_around(cells_of(np.array([10.1]), np.array([20.1])))[0].tolist())
    heard = {"own": 0, "around": 0}
    expected = {"own": 0, "around": 0}
    first = int(tracks.time_ms[row]) // HOUR_MS + 1
    for hour in range(first, min(until_ms // HOUR_MS, first + 12)):
        for leg in legs:
            if leg.mmsi == 211_000_000 and not bridged:
                continue  # the vessel itself
            t = np.concatenate([g.t for g in legs if g.mmsi == leg.mmsi])
            if leg.mmsi == 211_000_000 and leg is not legs[-1]:
                continue  # one MMSI counts once
            hours = (t + T0_S) // HOUR
            is_heard = bool((hours == hour).any())
            back = hours[hours < hour]
            missing = not is_heard and len(back) > 0 and hour - back.max() <= MEMORY_H
            cell = cells_of(leg.lat[:1], leg.lon[:1])
            for name, here in (("own", cell[0] == cells_of(np.array([10.1]), np.array([20.1]))[0]), ("around", cell[0] in home)):  # fmt: skip
                heard[name] += is_heard and here
                expected[name] += (is_heard or missing) and here
    assert (got.heard[0], got.heard_around[0]) == (heard["own"], heard["around"])
    assert (got.expected[0], got.expected_around[0]) == (expected["own"], expected["around"])
    assert got.longest_own_s[0] == 900


def test_longest_interval_is_per_group_and_unknown_for_one_row():
    tracks = make_tracks(Leg(211_000_000, [0, 60, 600, 610], 10, 20), Leg(212_000_000, [5], 10, 20))
    groups = Groups(np.array([0, 1, 2, 4]), np.array([0, 2, 3, 3, 4]))
    np.testing.assert_array_equal(longest_interval_s(tracks, groups), [60, np.nan, np.nan, np.nan])
    assert longest_interval_s(tracks, Groups(np.empty(0, np.int64), np.zeros(1, np.int64))).tolist() == []
