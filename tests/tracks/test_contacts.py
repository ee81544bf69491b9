"""Matching one scene: what must come out in plain cases, and laws that hold in all."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.tracks import contacts
from kizuna.tracks.contact_terms import Params, Scene, Seen
from kizuna.tracks.predict import Paths

AT = 1_772_337_600_000
BOX = shapely.box(122.0, 24.0, 124.0, 26.0)


def paths(places, speed=0.0, course=0.0, away_s=60.0, lengths=None):
    """Vessels that are at these places (lat, lon) at the time, with a fix before and after."""
    n = len(places)
    lat, lon = np.array(places, np.float64).reshape(-1, 2).T
    run = speed * 1852 / 3600 * away_s
    dlat, dlon = run * math.cos(math.radians(course)) / 110_900, run * math.sin(math.radians(course)) / 101_000
    return Paths(
        np.tile([AT - int(away_s * 1000), AT + int(away_s * 1000)], n).astype(np.int64),
        np.column_stack([lat - dlat, lat + dlat]).ravel(), np.column_stack([lon - dlon, lon + dlon]).ravel(),
        np.full(2 * n, speed, np.float32), np.full(2 * n, course, np.float32), np.arange(n) * 2, np.arange(n) * 2 + 2,
        np.arange(n) + 100, np.arange(n) + 7, np.arange(n),
        np.full(n, np.nan) if lengths is None else np.array(lengths, np.float64),
    )  # fmt: skip


def seen(places, lengths=None, accuracy_m=50.0, late_s=0):
    n = len(places)
    lat, lon = np.array(places, np.float64).reshape(-1, 2).T
    return Seen(np.full(n, AT + late_s * 1000), lat, lon, np.full(n, accuracy_m),
                np.full(n, np.nan) if lengths is None else np.array(lengths, np.float64))  # fmt: skip


def scene(**more):
    return Scene(AT, more.pop("sensor", "radar"), **({"area": BOX, "recall": 0.9} | more))


def test_a_contact_at_the_predicted_place_is_the_vessel():
    m = contacts.match(paths([(25.0, 123.0)]), scene(), seen([(25.0003, 123.0003)]))
    assert m.path.tolist() == [0] and m.detection.tolist() == [0]
    assert m.probability[0] > 0.99 and m.cost[0] < 0 and m.distance_m[0] == pytest.approx(45, abs=5)


def test_a_contact_far_from_all_tracks_is_dark():
    m = contacts.match(paths([(25.0, 123.0)]), scene(), seen([(25.4, 123.4)]))
    assert m.path.tolist() == [-1] and m.any_probability[0] < 0.01 and m.detection.tolist() == [-1]
    assert m.inside[0] == 1.0 and m.recall[0] == pytest.approx(0.9)


def test_no_vessel_and_no_contact_stand_twice():
    """Two contacts at one vessel: one of them is it, the other is not."""
    m = contacts.match(paths([(25.0, 123.0)]), scene(), seen([(25.0, 123.0), (25.002, 123.0)]))
    assert sorted(m.path.tolist()) == [-1, 0] and m.path[0] == 0
    assert m.any_probability.sum() <= 1.0 + 1e-6


def test_the_whole_decides_not_the_nearest():
    """Contact A lies between both vessels, B beside the second only: A must go to the first, though the second is nearer."""
    m = contacts.match(paths([(25.0, 123.0), (25.0, 123.003)]), scene(), seen([(25.0, 123.0018), (25.0, 123.0048)]))
    assert m.path.tolist() == [0, 1]


def test_length_decides_between_two_vessels_at_one_place():
    near = [(25.0, 123.0), (25.0, 123.001)]
    m = contacts.match(paths(near, lengths=[20, 300]), scene(), seen([(25.0, 123.0005)], lengths=[290]))
    assert m.path.tolist() == [1]


def test_a_late_contact_is_compared_with_the_place_of_that_moment():
    moving = paths([(25.0, 123.0)], speed=12, course=90, away_s=3600)
    there = (25.0, 123.0 + 12 * 1852 / 60 / 101_000 * 10)
    m = contacts.match(moving, scene(), seen([there], late_s=600))
    assert m.path.tolist() == [0] and m.distance_m[0] < 300


def test_a_satellite_radar_shifts_what_moves_away_back_along_its_flight():
    """Flight to the north, looking east: a ship that goes east is shown further south."""
    moving = paths([(25.0, 123.0)], speed=12, course=90)
    shift_m = 75 * 12 * 1852 / 3600
    shown = [(25.0 - shift_m / 110_900, 123.0)]
    known = scene(sensor="sar", flight_deg=0.0, look="right", shift_s=75.0)
    assert contacts.match(moving, known, seen(shown)).distance_m[0] < 20
    other = scene(sensor="sar", flight_deg=0.0, look="left", shift_s=75.0)
    assert contacts.match(moving, other, seen(shown)).distance_m[0] > 900
    assert (
        contacts.match(moving, scene(sensor="sar"), seen(shown)).path[0] == 0
    )  # direction unknown: wider, still found


def test_a_track_at_the_edge_is_inside_by_halves():
    m = contacts.match(paths([(25.0, 124.0)], away_s=1800), scene(), seen([]))
    assert 0.3 < m.inside[0] < 0.7
    assert contacts.match(paths([(25.0, 124.9)]), scene(), seen([])).inside[0] == 0.0


def test_small_vessels_are_expected_less():
    m = contacts.match(paths([(25, 123), (25.2, 123), (25.4, 123)], lengths=[8, 300, math.nan]),
                       scene(recall_length_m=20.0), seen([]))  # fmt: skip
    assert m.recall[0] < 0.05 and m.recall[1] > 0.89 and m.recall[0] < m.recall[2] < m.recall[1]


def test_without_area_nothing_is_outside():
    m = contacts.match(paths([(25.0, 123.0)]), scene(area=None, recall=math.nan), seen([(25.0, 123.0)]))
    assert m.path.tolist() == [0] and m.inside.tolist() == [1.0]


def test_across_the_date_line():
    over = shapely.MultiPolygon([shapely.box(179, 0, 180, 1), shapely.box(-180, 0, -179, 1)])
    m = contacts.match(paths([(0.5, 179.9999)]), scene(area=over), seen([(0.5, -179.9999)]))
    assert m.path.tolist() == [0] and m.distance_m[0] < 30


def test_nothing_at_all():
    m = contacts.match(paths([]), scene(), seen([]))
    assert len(m.path) == 0 and len(m.tracks) == 0


def test_settings_have_ranges():
    with pytest.raises(InputError):
        Params(recall=0)
    with pytest.raises(InputError):
        Scene(AT, "sonar")


@given(st.integers(0, 2**32 - 1), st.integers(0, 12), st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_laws(seed, vessels, dets):
    """One to one; probabilities are some; the order of vessels and contacts does not matter."""
    rng = np.random.default_rng(seed)
    places = rng.uniform((25.0, 123.0), (25.02, 123.02), (vessels, 2))
    shown = rng.uniform((25.0, 123.0), (25.02, 123.02), (dets, 2))
    m = contacts.match(paths(places, away_s=300), scene(), seen(shown))
    hit = m.path[m.path >= 0]
    assert len(set(hit.tolist())) == len(hit)
    assert all(m.detection[np.flatnonzero(m.tracks.path == m.path[d])[0]] == d for d in np.flatnonzero(m.path >= 0))
    assert np.all((m.any_probability >= 0) & (m.any_probability <= 1)) and np.all(m.found_probability <= 1)
    assert np.all(m.probability[m.path >= 0] <= m.any_probability[m.path >= 0] + 1e-6)
    order = rng.permutation(dets)
    again = contacts.match(paths(places, away_s=300), scene(), seen(shown[order]))
    assert again.any_probability == pytest.approx(m.any_probability[order], abs=1e-3)
    assert again.path.tolist() == m.path[order].tolist()
