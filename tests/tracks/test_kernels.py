"""Small steps of the tracks kernels: the flat earth, ordering, medians, overlaps, ships; and a digest of the whole."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from tracks.make import T0, columns, fixes

from kizuna.base import jit
from kizuna.tracks.kernels.plane import shared_table, step_length_m
from kizuna.tracks.kernels.ships import judge
from kizuna.tracks.segment import segment
from kizuna.tracks.stops import find as find_stops

GEOD = Geod(ellps="WGS84")
EXAMPLES = 200 if jit.enabled() else 40


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 360), st.floats(0, 6.3))
def test_step_length_is_that_of_the_geodesic(lat, lon, course, decades):
    run_m = 10**decades
    lon2, lat2, _ = GEOD.fwd(lon, lat, course, run_m)
    got = step_length_m(shared_table(), lat, lon, lat2, lon2)
    assert got == pytest.approx(run_m, rel=2e-4, abs=0.02)


@settings(max_examples=EXAMPLES // 4, deadline=None)
@given(st.data())
def test_rows_stand_by_vessel_time_place_in_source_and_message(data):
    n = data.draw(st.integers(0, 60))
    pick = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    t = columns(
        mmsi=pick.choice([5, -7, 2**31 - 1, 0, 1_073_741_823], n),
        time_ms=T0 + 1000 * pick.integers(0, 12, n),
        lat_deg=pick.choice([1.0, 2.0, np.nan], n),
        lon_deg=np.full(n, 3.0),
        sog_kn=np.full(n, np.nan),
        byte_offset=pick.integers(0, 3, n),
        msg_id=pick.integers(0, 3, n),
    )
    tracks = segment(t)
    kept = np.flatnonzero(~np.isnan(t["lat_deg"]))
    want = kept[np.lexsort((kept, t["msg_id"][kept], t["byte_offset"][kept], t["time_ms"][kept], t["mmsi"][kept]))]
    noise_last = np.lexsort((np.arange(len(want)),))
    assert sorted(tracks.order.tolist()) == sorted(want[noise_last].tolist())
    assert (np.diff(tracks.mmsi.astype(np.int64)) >= 0).all()
    place = {int(r): k for k, r in enumerate(want)}
    for a, b in zip(tracks.seg_start, tracks.seg_end, strict=True):
        assert (np.diff([place[int(r)] for r in tracks.order[a:b]]) > 0).all()
    assert np.array_equal(tracks.mmsi, t["mmsi"][tracks.order])
    assert np.array_equal(tracks.time_ms, t["time_ms"][tracks.order])


def test_thousands_of_vessels_are_told_apart():
    n = 20_000 if jit.enabled() else 3_000
    mmsi = np.random.default_rng(3).permutation(np.arange(n) * 997 % 2**30)
    t = columns(
        mmsi=np.tile(mmsi, 2), time_ms=np.repeat([T0, T0 + 1000], n), lat_deg=np.ones(2 * n), lon_deg=np.ones(2 * n)
    )
    tracks = segment(t)
    assert np.array_equal(tracks.segments["mmsi"], np.sort(mmsi))
    assert (tracks.seg_end - tracks.seg_start == 1).all()  # the second says the same a second later


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(
        st.one_of(st.integers(1, 90_000_000), st.integers(1, 200).map(lambda s: s * 1000)), min_size=1, max_size=40
    )
)
def test_median_interval_is_that_of_numpy(gaps):
    gaps = [g for g in gaps if g <= 80_000_000] or [1]
    times = np.cumsum([T0, *gaps])
    t = columns(
        mmsi=np.ones(len(times)),
        time_ms=times,
        lat_deg=np.ones(len(times)),
        lon_deg=np.ones(len(times)),
        sog_kn=np.zeros(len(times)),
        cog_deg=np.arange(len(times)),
    )
    s = segment(t).segments
    assert len(s) == 1
    assert s["median_interval_s"][0] == np.median(gaps) / 1000
    assert s["max_gap_s"][0] == max(gaps) / 1000


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(1, 30)), min_size=1, max_size=12))
def test_overlap_is_the_time_shared_with_any_other(spans):
    spans = sorted(spans, key=lambda s: s[0])
    start = np.array([a for a, _, _ in spans]) * 1000
    end = start + np.array([d for _, d, _ in spans]) * 1000
    count = np.array([c for _, _, c in spans], np.int32)
    overlap, noise = judge(np.zeros(len(spans), np.int32), start, end, count, 10)
    for i in range(len(spans)):
        others = [j for j in range(len(spans)) if j != i]
        shared = sum(any(start[j] <= s and end[j] >= s + 1000 for j in others) for s in range(start[i], end[i], 1000))
        assert overlap[i] == shared * 1000
        beside = any(count[j] > count[i] and start[j] <= end[i] and end[j] >= start[i] for j in others)
        assert noise[i] == (0 if count[i] >= 10 else 2 if beside else 1)


def test_box_of_a_track_around_the_globe_is_the_globe():
    n = 500
    rows = [
        {
            "time_ms": T0 + k * 1_200_000,
            "lat_deg": 88.0,
            "lon_deg": (k * 0.8 + 180) % 360 - 180,
            "sog_kn": 5.0,
            "cog_deg": 90.0,
        }
        for k in range(n)
    ]
    s = segment(fixes(rows)).segments
    assert len(s) == 1
    assert (s["lon_min_deg"][0], s["lon_max_deg"][0]) == (-180.0, 180.0)


def world():
    """Some thousand fixes made with whole numbers only, so that they are the same everywhere."""
    rows = []
    for v in range(12):
        lat, lon, x = -60 * 10**7 + v * 11 * 10**7, 1795 * 10**6 - v * 30 * 10**7, 7 + v
        for k in range(120):
            x = x * 1_103_515_245 % 2_147_483_648 + 12_345
            jump = 3 * 10**6 if x % 29 == 0 else 0
            lat, lon = lat + x % 4000 - 2000, lon + x // 5000 % 9000
            rows.append(
                (
                    100 + v // 2,
                    T0 + k * 60_000 + x % 9000,
                    (lat + jump) / 1e7,
                    ((lon + 180 * 10**7) % (360 * 10**7) - 180 * 10**7) / 1e7,
                    x // 77 % 150 / 10,
                    x // 991 % 3600 / 10,
                )
            )
    return columns(
        **dict(zip(("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg"), map(np.array, zip(*rows))))
    )


def test_digest_is_the_same_compiled_and_not():
    """Two partners with the same fixes find the same segments to the last bit, whatever their processor."""
    tracks = segment(world())
    h = hashlib.blake2b(digest_size=12)
    for name in ("order", "segment", "step_m", "flags", "seg_start", "seg_end"):
        h.update(np.ascontiguousarray(getattr(tracks, name)).tobytes())
    s = tracks.segments
    for name in ("seg_id", "distance_m", "lon_min_deg", "lon_max_deg", "overlap_s", "median_interval_s", "noise"):
        h.update(np.nan_to_num(s[name], nan=-1).tobytes())
    stops = find_stops(tracks)
    h.update(stops.row_start.tobytes() + stops.lat_deg.tobytes() + stops.radius_m.tobytes())
    assert len(s) > 12
    assert math.isfinite(s["distance_m"].sum())
    assert h.hexdigest() == DIGEST


DIGEST = "2cf2e49a7a8e6f2a5c6aed24"
