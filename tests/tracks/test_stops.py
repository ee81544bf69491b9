"""Stops: begin, end, swing, drift, and a slow twin."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tracks import make
from tracks.make import T0, fixes

from kizuna.base import jit
from kizuna.base.errors import InputError
from kizuna.tracks import stops
from kizuna.tracks.segment import segment

MIN = 60_000
DEG_M = 111_195.0


def lying(n, sog=0.1, lat=10.0, lon=20.0, start=T0, every=10 * MIN):
    return [
        {"time_ms": start + k * every, "lat_deg": lat, "lon_deg": lon, "sog_kn": sog, "cog_deg": 0.0} for k in range(n)
    ]


def spans(found, start=T0):
    return [
        ((a - start) // MIN, (b - start) // MIN)
        for a, b in zip(found.start_ms.tolist(), found.end_ms.tolist(), strict=True)
    ]


def found(rows, **params):
    return stops.find(segment(fixes(rows)), stops.Params(**params))


def test_stop_of_exactly_the_least_time_counts():
    assert spans(found(lying(7))) == [(0, 60)]
    assert spans(found(lying(6))) == []


def test_stop_begins_below_one_speed_and_ends_above_another():
    rows = lying(30)
    for k in range(10, 20):
        rows[k]["sog_kn"] = 0.9  # flickers, but not above the end
    assert spans(found(rows)) == [(0, 290)]
    for k in range(10, 20):
        rows[k]["sog_kn"] = 1.0
    assert spans(found(rows)) == [(0, 90), (200, 290)]


def test_ship_swinging_at_anchor_stays_in_one_stop():
    rows = lying(60)
    for k, r in enumerate(rows):
        turn = math.radians(37 * k)
        r["lat_deg"] += 280 * math.cos(turn) / DEG_M
        r["lon_deg"] += 280 * math.sin(turn) / DEG_M / math.cos(math.radians(10))
    got = found(rows)
    assert spans(got) == [(0, 590)]
    assert got.radius_m[0] == pytest.approx(280, rel=0.05)
    assert got.lat_deg[0] == pytest.approx(10.0, abs=3e-4)


def test_drifting_ship_leaves_the_circle():
    rows = [{**r, "lat_deg": 10.0 + k * 150 / DEG_M} for k, r in enumerate(lying(60, sog=0.5))]
    got = found(rows)
    assert all(b - a < 120 for a, b in spans(got))


def test_silence_ends_a_stop():
    rows = lying(7) + lying(7, start=T0 + 60 * MIN + 12 * 60 * MIN + 1)
    assert len(found(rows)) == 2
    rows = lying(7) + lying(7, start=T0 + 60 * MIN + 12 * 60 * MIN)
    assert len(found(rows)) == 1


def test_without_speeds_the_steps_tell():
    still = [{**r, "sog_kn": None} for r in lying(7)]
    sails = [
        {**r, "lat_deg": 10.0 + 0.02 * (k + 1), "sog_kn": None} for k, r in enumerate(lying(12, start=T0 + 70 * MIN))
    ]
    assert spans(found(still + sails)) == [(0, 60)]


def test_stop_at_180_degrees_has_its_mean_there():
    rows = lying(12, lat=-17.0)
    for k, r in enumerate(rows):
        r["lon_deg"] = 179.9995 if k % 2 else -179.9995
    got = found(rows)
    assert spans(got) == [(0, 110)]
    assert abs(abs(got.lon_deg[0]) - 180) < 1e-9
    assert got.radius_m[0] < 60


def test_no_fixes_give_no_stops():
    assert len(found([])) == 0


def test_parameters_out_of_range_are_refused():
    with pytest.raises(InputError, match="end_kn"):
        stops.Params(begin_kn=2.0, end_kn=1.0)
    with pytest.raises(InputError, match="radius_m"):
        stops.Params(radius_m=0.0)


def slow_stops(tracks, p):
    """A plain twin: mean by averaging anew at each fix, distances on a sphere-like plane."""
    out = []
    for s, (a, b) in enumerate(zip(tracks.seg_start.tolist(), tracks.seg_end.tolist(), strict=True)):

        def speed(r):
            sog = float(tracks.sog_kn[r])
            if not math.isnan(sog):
                return sog
            dt = (tracks.time_ms[r] - tracks.time_ms[r - 1]) / 3_600_000 if r > a else 0
            return float(tracks.step_m[r]) / 1852 / dt if dt > 0 else 0.0

        r = a
        while r < b:
            if speed(r) > p.begin_kn:
                r += 1
                continue
            e = r + 1
            while e < b:
                xs = [(tracks.lon_deg[k] - tracks.lon_deg[r] + 180) % 360 - 180 for k in range(r, e + 1)]
                ys = tracks.lat_deg[r : e + 1] - tracks.lat_deg[r]
                dy = (ys[-1] - np.mean(ys[:-1])) * 110_574
                dx = (xs[-1] - np.mean(xs[:-1])) * 111_320 * math.cos(math.radians(tracks.lat_deg[r]))
                if (
                    speed(e) >= p.end_kn
                    or math.hypot(dx, dy) > p.radius_m
                    or tracks.time_ms[e] - tracks.time_ms[e - 1] > p.silence_h * 3_600_000
                ):
                    break
                e += 1
            if tracks.time_ms[e - 1] - tracks.time_ms[r] >= p.least_min * MIN:
                out.append((s, r, e))
            r = e
    return out


@settings(max_examples=60 if jit.enabled() else 15, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0, 6.0, None]),
            st.sampled_from([0.0, 0.0, 0.0005, 0.004, 0.02]),
            st.sampled_from([1, 10, 40, 13 * 60]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_stops_equal_those_of_the_slow_twin(moves):
    rows, t, lat = [], T0, 1.0
    for k, (sog, off, minutes) in enumerate(moves):
        t += minutes * MIN
        lat += off if k % 3 else -off
        rows.append({"time_ms": t, "lat_deg": lat, "lon_deg": 20.0, "sog_kn": sog, "cog_deg": 0.0})
    tracks = segment(fixes(rows))
    got = stops.find(tracks)
    assert list(zip(got.segment.tolist(), got.row_start.tolist(), got.row_end.tolist(), strict=True)) == slow_stops(
        tracks, stops.Params()
    )


@pytest.mark.big
@pytest.mark.slow
def test_stops_of_real_vessels_equal_those_of_the_slow_twin():
    table = make.noaa()
    if table is None:
        pytest.skip("the real US day is not at ../shared/data/ais")
    table = table.take(table["mmsi"] % 211 == 0)
    tracks = segment(table)
    got = stops.find(tracks)
    assert len(got) > 20
    assert list(zip(got.segment.tolist(), got.row_start.tolist(), got.row_end.tolist(), strict=True)) == slow_stops(
        tracks, stops.Params()
    )
