"""Positions at common times: brackets, bridges, 180 degrees, order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from tracks.make import T0, fixes

from kizuna.base import jit
from kizuna.base.errors import InputError
from kizuna.tracks.resample import Params, resample
from kizuna.tracks.segment import segment

MIN = 60_000
STEP = 10 * MIN
SLOT0 = T0 // STEP
GEOD = Geod(ellps="WGS84")


def slots_of(rows, use=None, **params):
    tracks = segment(fixes(rows))
    return tracks, resample(tracks, Params(**params), use)


def fix(minutes, lat=0.0, lon=0.0, sog=0.0, cog=90.0, **more):
    return {"time_ms": T0 + round(minutes * MIN), "lat_deg": lat, "lon_deg": lon, "sog_kn": sog, "cog_deg": cog, **more}


def test_slots_between_two_fixes_lie_on_the_way():
    _, s = slots_of([fix(5, lon=0.0, sog=6.0), fix(35, lon=0.05, sog=12.0)])
    assert (s.slot - SLOT0).tolist() == [1, 2, 3]
    assert s.lon_deg == pytest.approx([0.05 / 6, 0.025, 0.05 * 5 / 6])
    assert s.speed_kn == pytest.approx([7.0, 9.0, 11.0])
    assert s.row_before.tolist() == [0, 0, 0]
    assert s.row_after.tolist() == [1, 1, 1]


def test_fix_on_a_slot_is_its_own_bracket():
    _, s = slots_of([fix(10, lat=1.0), fix(20, lat=1.001)])
    assert (s.slot - SLOT0).tolist() == [1, 2]
    assert s.row_before.tolist() == s.row_after.tolist() == [0, 1]
    assert s.lat_deg.tolist() == [1.0, 1.001]


def test_silence_of_an_hour_is_not_bridged():
    _, s = slots_of([fix(1), fix(60.99)])
    assert (s.slot - SLOT0).tolist() == [1, 2, 3, 4, 5, 6]
    _, s = slots_of([fix(1), fix(61)])
    assert (s.slot - SLOT0).tolist() == []
    _, s = slots_of([fix(0), fix(60)])
    assert (s.slot - SLOT0).tolist() == [0, 6]


def test_way_over_180_degrees_stays_there():
    _, s = slots_of([fix(5, lat=50.0, lon=179.98, sog=5.0), fix(25, lat=50.0, lon=-179.98, sog=5.0)])
    assert s.lon_deg == pytest.approx([179.99, -179.99], abs=1e-9)
    assert (s.lon_deg >= -180).all()
    assert (s.lon_deg < 180).all()


def test_speed_comes_from_the_way_where_none_was_sent():
    _, s = slots_of([fix(5, sog=None), fix(25, lat=0.05, sog=None)])
    assert s.speed_kn == pytest.approx([0.05 * 110_574 / 1852 * 3] * 2, rel=1e-4)
    _, s = slots_of([fix(10, sog=None)])
    assert np.isnan(s.speed_kn).all()


def test_entries_stand_by_slot_then_mmsi():
    rows = [fix(m, mmsi=mmsi, lat=mmsi / 10) for mmsi in (9, 3, 5) for m in (0, 15, 31)]
    tracks, s = slots_of(rows)
    assert tracks.segments["mmsi"][s.segment].tolist() == [3, 5, 9] * 4
    assert (np.diff(s.slot) >= 0).all()


def test_segments_can_be_left_out():
    rows = [fix(m, mmsi=mmsi) for mmsi in (1, 2) for m in (0, 10)]
    _, s = slots_of(rows, use=np.array([False, True]))
    assert set(s.segment.tolist()) == {1}


def test_few_fixes_over_many_years_are_sorted_not_counted():
    rows = [fix(60 * 24 * 366 * 30, mmsi=1), fix(0, mmsi=2), fix(60 * 24 * 366 * 30, mmsi=3)]
    _, s = slots_of(rows, step_min=0.1)
    assert s.segment.tolist() == [1, 0, 2]


def test_times_before_1970_have_slots_too():
    rows = [{**fix(0), "time_ms": -15 * MIN}, {**fix(0), "time_ms": 5 * MIN}]
    _, s = slots_of(rows)
    assert s.slot.tolist() == [-1, 0]


def test_no_fixes_give_no_slots():
    _, s = slots_of([])
    assert len(s) == 0


def test_parameters_out_of_range_are_refused():
    with pytest.raises(InputError, match="step_min"):
        Params(step_min=0.0)
    with pytest.raises(InputError, match="bridge_h"):
        Params(bridge_h=100.0)


@settings(max_examples=100 if jit.enabled() else 20, deadline=None)
@given(st.floats(-89.9, 89.9), st.floats(-180, 179.9), st.floats(0, 360), st.floats(0.1, 24.0), st.floats(0.02, 0.98))
def test_place_between_lies_near_the_geodesic(lat, lon, course, run_nm, share):
    lon2, lat2, _ = GEOD.fwd(lon, lat, course, run_nm * 1852)
    minutes = 50.0
    rows = [fix(0.001, lat=lat, lon=lon), fix(minutes, lat=lat2, lon=(lon2 + 180) % 360 - 180)]
    at = max(1, math.ceil(share * 5)) - 1
    tracks, s = slots_of(rows)
    if len(tracks.segments) > 1:
        return  # too far for one track
    if len(s) <= at:
        return
    k = (s.slot[at] * STEP - rows[0]["time_ms"]) / (rows[1]["time_ms"] - rows[0]["time_ms"])
    lon3, lat3, _ = GEOD.fwd(lon, lat, course, run_nm * 1852 * k)
    _, _, off = GEOD.inv(lon3, lat3, s.lon_deg[at], s.lat_deg[at])
    assert off <= 5 + 0.006 * run_nm * 1852
