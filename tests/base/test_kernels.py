"""The house's own geodesy against the mathematics library and the geodesic of pyproj."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyproj import Geod

from kizuna.base import kernels as k

GEOD = Geod(ellps="WGS84")
lats = st.floats(-90, 90)
lons = st.floats(-180, 180)


@given(st.floats(-1080, 1080))
def test_sine_and_cosine_agree_with_the_library(angle_deg):
    assert abs(k.sin_deg(angle_deg) - math.sin(math.radians(angle_deg))) < 3e-15
    assert abs(k.cos_deg(angle_deg) - math.cos(math.radians(angle_deg))) < 3e-15


@pytest.mark.parametrize(
    ("angle_deg", "sine"), [(0.0, 0.0), (90.0, 1.0), (180.0, 0.0), (270.0, -1.0), (-90.0, -1.0), (360.0, 0.0)]
)
def test_sine_is_exact_at_quarter_turns(angle_deg, sine):
    assert k.sin_deg(angle_deg) == sine


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_arctangent_agrees_with_the_library(y, x):
    assume(max(abs(x), abs(y)) > 1e-3)
    difference = k.atan2_deg(y, x) - math.degrees(math.atan2(y, x))
    assert abs((difference + 180.0) % 360.0 - 180.0) < 1e-12


def test_arctangent_of_the_zero_vector_is_zero():
    assert k.atan2_deg(0.0, 0.0) == 0.0


@given(st.floats(-690, 690))
def test_exponential_agrees_with_the_library(x):
    assert k.exp(x) == pytest.approx(math.exp(x), rel=2e-15 * max(1.0, abs(x)))


def test_exponential_is_zero_far_below():
    assert k.exp(-800.0) == 0.0


@given(lats, lons, lats, lons)
def test_distance_lies_within_a_ten_thousandth_of_the_geodesic(lat1, lon1, lat2, lon2):
    truth_m = GEOD.inv(lon1, lat1, lon2, lat2)[2]
    assume(truth_m < 19.0e6)
    assert abs(k.distance_m(lat1, lon1, lat2, lon2) - truth_m) <= 1e-4 * truth_m + 0.05


@given(st.floats(-84, 84), lons, st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_short_distances_lie_within_two_hundred_thousandths(lat, lon, dlat, dlon):
    truth_m = GEOD.inv(lon, lat, lon + dlon, lat + dlat)[2]
    assert abs(k.distance_m(lat, lon, lat + dlat, lon + dlon) - truth_m) <= 2e-5 * truth_m + 1e-3


@given(lats, lons, lats, lons)
def test_distance_is_symmetric(lat1, lon1, lat2, lon2):
    assume(GEOD.inv(lon1, lat1, lon2, lat2)[2] < 19.0e6)  # nearly antipodal points are beyond the formula
    assert k.distance_m(lat1, lon1, lat2, lon2) == pytest.approx(
        k.distance_m(lat2, lon2, lat1, lon1), abs=1e-6, rel=1e-12
    )


def test_distance_crosses_the_antimeridian():
    assert k.distance_m(10.0, 179.95, 10.0, -179.95) == pytest.approx(k.distance_m(10.0, 0.0, 10.0, 0.1), rel=1e-9)


def test_distance_to_itself_is_zero_also_at_the_pole():
    assert k.distance_m(90.0, 0.0, 90.0, 120.0) < 1e-6
    assert k.distance_m(25.0, 121.0, 25.0, 121.0) == 0.0


@given(st.floats(-720, 720))
def test_longitudes_wrap_into_half_open_range(lon):
    wrapped = k.wrap_lon(lon)
    assert -180.0 <= wrapped < 180.0
    assert abs((wrapped - lon + 180.0) % 360.0 - 180.0) < 1e-9


@given(st.floats(-80, 80), lons, st.floats(0, 360), st.floats(1, 50_000))
def test_destination_lies_at_the_distance_asked_for(lat, lon, course, run_m):
    lat2, lon2 = k.destination(lat, lon, course, run_m)
    truth_m = GEOD.inv(lon, lat, lon2, lat2)[2]
    assert abs(truth_m - run_m) < 0.005 * run_m


@given(st.floats(-80, 80), lons, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_bearing_agrees_with_the_geodesic_over_short_distances(lat, lon, dlat, dlon):
    assume(abs(dlat) + abs(dlon) > 0.01)
    truth = GEOD.inv(lon, lat, lon + dlon, lat + dlat)[0] % 360.0
    difference = (k.bearing_deg(lat, lon, lat + dlat, lon + dlon) - truth + 180.0) % 360.0 - 180.0
    assert abs(difference) < 0.3


def test_metres_per_degree_at_the_equator_and_at_45_north():
    assert np.allclose(k.metres_per_degree(0.0), (110574.2758, 111319.4908), atol=1e-3)
    assert np.allclose(k.metres_per_degree(45.0), (111131.7774, 78846.8351), atol=1e-3)
