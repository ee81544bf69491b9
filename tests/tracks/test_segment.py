"""The segmenter against its slow twin, and its edge cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tracks import make, slow_segment
from tracks.make import T0, fixes

from kizuna.base import jit
from kizuna.base.errors import InputError
from kizuna.fixes.table import FLAG_DROPPED, FLAG_DUPLICATE, FLAG_JUNK_SPEED, FLAG_TYPE27_NEAR
from kizuna.tracks.segment import Params, segment

H = 3_600_000
PEER = Params(moving_kn=0.0, duplicate_s=0.0, repeat_h=240.0, need_motion=True)
"""The rules of Global Fishing Watch on which fixes take part."""


def rows_of(tracks):
    return [tracks.order[a:b].tolist() for a, b in zip(tracks.seg_start, tracks.seg_end, strict=True)]


def flags_of(tracks):
    return {int(o): int(f) for o, f in zip(tracks.order, tracks.flags, strict=True)}


def agrees_with_twin(table, params):
    segments, noise, dropped = slow_segment.segment(table, params)
    for full in (True, False):
        tracks = segment(table, params, full=full)
        assert rows_of(tracks) == segments
        assert tracks.segments["dropped_count"].tolist() == dropped
        flags = flags_of(tracks)
        reasons = {
            "junk_speed": FLAG_JUNK_SPEED,
            "no_motion": 0,
            "duplicate": FLAG_DUPLICATE,
            "dropped": FLAG_DROPPED,
            "type27_near": FLAG_TYPE27_NEAR,
        }
        own = FLAG_JUNK_SPEED | FLAG_DUPLICATE | FLAG_DROPPED | FLAG_TYPE27_NEAR
        assert {r for r, s in zip(tracks.order.tolist(), tracks.segment.tolist(), strict=True) if s < 0} == set(noise)
        assert {r: f & own for r, f in flags.items() if r in noise} == {r: reasons[n] for r, n in noise.items()}
        assert all(f & own == 0 for r, f in flags.items() if r not in noise)


@st.composite
def traffic(draw):
    """Some ships that sail, stop and jump under one or two numbers, with copies, noise and holes."""
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        mmsi = draw(st.integers(1, 2))
        lat, lon = draw(st.sampled_from([(0.0, 0.0), (60.0, 179.99), (-45.0, -179.98), (60.2, -179.9), (89.9, 10.0)]))
        t = T0 + draw(st.integers(0, 3)) * 1800_000
        cog, sog = draw(st.floats(0, 359)), draw(st.sampled_from([0.0, 0.1, 0.3, 8.0, 14.5, 30.0]))
        kind = draw(st.sampled_from([(1, "A"), (18, "B"), (1, None), (27, "A")]))
        for _ in range(draw(st.integers(1, 9))):
            what = draw(
                st.sampled_from(["on", "on", "on", "on", "turn", "jump", "copy", "hole", "junk", "mute", "still"])
            )
            if what == "copy" and rows:
                rows.append(
                    {
                        **rows[-1],
                        "time_ms": rows[-1]["time_ms"] + draw(st.sampled_from([0, 0, 2000, 60_000, 90_000_000])),
                    }
                )
                continue
            dt = (
                draw(st.sampled_from([0, 2000, 10_000, 60_000, 360_000, H]))
                if what != "hole"
                else draw(st.sampled_from([6 * H, 24 * H, 24 * H + 1, 40 * H]))
            )
            t += dt
            if what == "turn":
                cog, sog = draw(st.floats(0, 359)), draw(st.floats(0, 25))
            run = sog * dt / H / 60
            lat = max(min(lat + run * math.cos(math.radians(cog)), 90.0), -90.0)
            lon += run * math.sin(math.radians(cog)) / max(math.cos(math.radians(lat)), 0.01)
            off = draw(st.sampled_from([0.3, 3.0, 40.0])) if what == "jump" else 0.0
            place = max(min(lat + off, 90.0), -90.0)
            rows.append(
                {
                    "mmsi": mmsi,
                    "time_ms": t,
                    "lat_deg": place,
                    "lon_deg": (lon + off + 180) % 360 - 180,
                    "sog_kn": {"junk": draw(st.sampled_from([51.2, 63.0, 102.3])), "mute": None, "still": 0.0}.get(
                        what, sog
                    ),
                    "cog_deg": None if what == "mute" else cog,
                    "heading_deg": None,
                    "msg_type": kind[0],
                    "ais_class": kind[1],
                }
            )
    return rows


@settings(max_examples=150 if jit.enabled() else 40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=traffic(),
    params=st.sampled_from(
        [
            Params(),
            PEER,
            Params(lookback=1, ambiguity=1.5),
            Params(open_max=1),
            Params(open_max=2, lookback_factor=1.0),
            Params(max_gap_h=2.0, shape=1.0, short_fixes=2, class_weight=0.5, type27_h=3.0),
        ]
    ),
)
def test_segments_equal_those_of_the_slow_twin(rows, params):
    agrees_with_twin(fixes(rows), params)


@settings(max_examples=60 if jit.enabled() else 10, deadline=None)
@given(rows=traffic(), seed=st.integers(0, 2**32 - 1))
def test_order_of_arrival_does_not_matter(rows, seed):
    table = fixes(rows)
    shuffled = table.take(np.random.default_rng(seed).permutation(len(table)))
    a, b = segment(table), segment(shuffled)
    assert a.segments.to_arrow().equals(b.segments.to_arrow())
    assert np.array_equal(table["msg_id"][a.order], shuffled["msg_id"][b.order])
    for name in ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "segment", "step_m", "flags"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name


def ship(n, dt_ms=60_000, sog=10.0, cog=90.0, lat=0.0, lon=0.0, start=T0, **more):
    step = sog * dt_ms / H / 60 / math.cos(math.radians(lat))
    return [
        {"time_ms": start + k * dt_ms, "lat_deg": lat, "lon_deg": lon + k * step, "sog_kn": sog, "cog_deg": cog, **more}
        for k in range(n)
    ]


def test_identical_moving_position_is_flagged_once_more_heard():
    rows = ship(2)
    tracks = segment(fixes([rows[0], {**rows[0], "time_ms": T0 + 30_000}, rows[1]]))
    assert rows_of(tracks) == [[0, 2]]
    assert flags_of(tracks) == {0: 0, 1: FLAG_DUPLICATE, 2: 0}


def test_identical_position_at_speed_0_is_kept():
    rows = [
        {"time_ms": T0 + k * 180_000, "lat_deg": 21.4, "lon_deg": -91.7, "sog_kn": 0.0, "cog_deg": 0.0}
        for k in range(4)
    ]
    assert rows_of(segment(fixes(rows))) == [[0, 1, 2, 3]]


def test_report_of_a_ship_at_rest_heard_by_several_stations_counts_once():
    row = {"time_ms": T0, "lat_deg": 21.4, "lon_deg": -91.7, "sog_kn": 0.0, "cog_deg": 0.0}
    table = fixes([row, {**row, "time_ms": T0 + 1000}, {**row, "time_ms": T0 + 4999}, {**row, "time_ms": T0 + 5000}])
    assert rows_of(segment(table)) == [[0, 3]]
    assert rows_of(segment(table, PEER)) == [[0, 1, 2, 3]]  # the peer keeps all of them


def test_same_message_at_the_same_time_is_a_duplicate_whatever_it_says():
    rows = ship(1) * 2
    table = fixes(
        [{**rows[0], "msg_id": 7, "byte_offset": 0}, {**rows[1], "msg_id": 7, "byte_offset": 0, "cog_deg": 5.0}]
    )
    assert rows_of(segment(table)) == [[0]]


def test_same_time_far_apart_gives_two_tracks():
    row = {"time_ms": T0, "lat_deg": 0.0, "lon_deg": 0.0, "sog_kn": 1.0, "cog_deg": 0.0}
    tracks = segment(fixes([row, {**row, "lat_deg": 10.0, "lon_deg": 10.0, "cog_deg": 1.0}]))
    assert rows_of(tracks) == [[0], [1]]
    assert tracks.segments["seg_key"].to_pylist() == ["1-2020-01-01T00:00:00.000Z", "1-2020-01-01T00:00:00.000Z-2"]
    assert len(set(tracks.segments["seg_id"].tolist())) == 2


def test_thousand_days_of_silence_part_a_track_at_the_pole():
    row = {"time_ms": T0, "lat_deg": -90.0, "lon_deg": -90.0, "sog_kn": 1.0, "cog_deg": 0.0}
    tracks = segment(fixes([row, {**row, "time_ms": T0 + 1000 * 24 * H, "cog_deg": 1.0}]))
    assert rows_of(tracks) == [[0], [1]]
    assert tracks.segments["closed"].tolist() == [True, False]


def test_silence_of_exactly_the_limit_joins_and_a_millisecond_more_parts():
    row = {"lat_deg": 10.0, "lon_deg": 10.0, "sog_kn": 0.0, "cog_deg": 0.0}
    for extra, expected in ((0, 1), (1, 2)):
        table = fixes([{**row, "time_ms": T0}, {**row, "time_ms": T0 + 24 * H + extra}])
        assert len(segment(table).segments) == expected


def test_rows_without_time_or_position_take_no_part():
    rows = ship(3)
    table = fixes(
        [rows[0], {**rows[1], "lat_deg": None}, {**rows[1], "lon_deg": None}, {**rows[1], "time_ms": None}, rows[2]]
    )
    tracks = segment(table)
    assert rows_of(tracks) == [[0, 4]]
    assert len(tracks) == 2
    assert len(tracks.fixes) == 5


@pytest.mark.parametrize("speed", [51.2, 63.0, 102.3])
def test_junk_speed_is_noise(speed):
    rows = ship(3)
    rows[1]["sog_kn"] = speed
    tracks = segment(fixes(rows))
    assert rows_of(tracks) == [[0, 2]]
    assert flags_of(tracks)[1] == FLAG_JUNK_SPEED


@pytest.mark.parametrize("speed", [51.0, 51.4, 62.8, 102.2])
def test_speed_beside_a_junk_one_is_none(speed):
    rows = ship(3)
    rows[1]["sog_kn"] = speed
    assert flags_of(segment(fixes(rows)))[1] & FLAG_JUNK_SPEED == 0


def test_missing_course_is_noise_for_the_peer_above_very_slow_only():
    rows = ship(3, sog=0.3) + ship(3, sog=0.4, start=T0 + H)
    for r in rows:
        r["cog_deg"] = None
    assert segment(fixes(rows), PEER).segment.tolist() == [0, 0, 0, -1, -1, -1]
    assert rows_of(segment(fixes(rows))) == [[0, 1, 2, 3, 4, 5]]


def test_fixes_without_motion_are_placed_by_distance():
    rows = ship(20)
    for r in rows:
        r["sog_kn"] = r["cog_deg"] = None
    assert rows_of(segment(fixes(rows))) == [list(range(20))]


def test_single_far_fix_does_not_break_the_track():
    rows = ship(30)
    rows[12] = {**rows[12], "lat_deg": 40.0}
    tracks = segment(fixes(rows))
    assert rows_of(tracks) == [[k for k in range(30) if k != 12], [12]]
    assert tracks.segments["noise"].tolist() == [0, 2]
    assert tracks.segments["vessel_id"].to_pylist() == ["mmsi:1", "mmsi:1/0"]


def test_two_ships_under_one_number_keep_two_tracks():
    rows = [r for pair in zip(ship(40), ship(40, lat=30.0, lon=100.0, start=T0 + 7000), strict=True) for r in pair]
    tracks = segment(fixes(rows))
    assert rows_of(tracks) == [list(range(0, 80, 2)), list(range(1, 80, 2))]
    assert tracks.segments["vessel_id"].to_pylist() == ["mmsi:1", "mmsi:1/2"]
    assert tracks.segments["overlap_s"].tolist() == [39 * 60 - 7, 39 * 60 - 7]
    assert tracks.segments["noise"].tolist() == [0, 0]


def test_fix_with_a_better_successor_is_dropped():
    # 3 nm aside within 5 minutes can hardly be, but can; the next fix shows that it was not
    rows = ship(6, dt_ms=600_000, sog=10.0)
    rows.insert(3, {**rows[3], "lat_deg": rows[3]["lat_deg"] + 0.05, "time_ms": rows[3]["time_ms"] - 300_000})
    tracks = segment(fixes(rows))
    assert rows_of(tracks) == [[0, 1, 2, 4, 5, 6]]
    assert flags_of(tracks)[3] == FLAG_DROPPED
    assert tracks.segments["dropped_count"].tolist() == [1]


def test_noise_at_the_same_time_as_a_slow_ship_stays_alone():
    rows = [
        {"time_ms": T0 + h * H, "lat_deg": lat, "lon_deg": lon, "sog_kn": 0.0, "cog_deg": cog}
        for h, lat, lon, cog in (
            (0, 44.63928, -63.551333, 0),
            (0, 44.63928, -64.551334, 0),
            (2, 44.63896, -63.551333, 180),
            (4, 44.63928, -63.551333, 0),
            (6, 44.63928, -63.551334, 0),
        )
    ]
    assert rows_of(segment(fixes(rows))) == [[0, 2, 3, 4], [1]]


def test_type_27_near_a_finer_fix_is_noise_and_alone_it_is_not():
    fine = ship(10, ais_class="A", msg_type=1)
    coarse = {**fine[5], "lat_deg": 0.003, "time_ms": fine[5]["time_ms"] + 20_000, "msg_type": 27, "ais_class": "A"}
    tracks = segment(fixes([*fine[:6], coarse, *fine[6:]]))
    assert flags_of(tracks)[6] == FLAG_TYPE27_NEAR
    assert rows_of(tracks) == [[k for k in range(11) if k != 6]]
    alone = ship(10, dt_ms=2 * H, msg_type=27, ais_class="A")
    assert rows_of(segment(fixes(alone))) == [list(range(10))]


def test_class_of_transponder_tells_ships_beside_each_other_apart():
    # a ship sails up to one at rest and stops half a mile off
    rest = ship(60, sog=0.0, dt_ms=120_000, ais_class="A", msg_type=1)
    comes = [
        {
            **r,
            "lat_deg": max(0.3 - 10 / 60 * k / 30, 0.5 / 60),
            "lon_deg": 0.0,
            "time_ms": r["time_ms"] + 30_000,
            "sog_kn": 10.0 if k < 52 else 0.0,
            "cog_deg": 180.0,
            "ais_class": "B",
            "msg_type": 18,
        }
        for k, r in enumerate(rest)
    ]
    rows = [r for pair in zip(rest, comes, strict=True) for r in pair]
    assert rows_of(segment(fixes(rows))) == [list(range(0, 120, 2)), list(range(1, 120, 2))]
    unknown = segment(fixes([{**r, "ais_class": None, "msg_type": None} for r in rows]))
    assert len(unknown.segments) > 2
    assert unknown.segments["closed"][:2].tolist() == [True, True]


def test_tracks_cross_180_degrees():
    rows = ship(30, lat=50.0, lon=179.9, sog=20.0)
    for r in rows:
        r["lon_deg"] = (r["lon_deg"] + 180) % 360 - 180
    s = segment(fixes(rows)).segments
    assert len(s) == 1
    assert s["lon_min_deg"][0] == rows[0]["lon_deg"] > 179.8
    assert s["lon_max_deg"][0] == rows[-1]["lon_deg"] < 0
    assert s["distance_m"][0] == pytest.approx(20.0 * 29 / 60 * 1852, rel=4e-3)


def test_facts_of_a_segment():
    rows = ship(4, lat=10.0)
    rows[3]["time_ms"] += 100_000
    tracks = segment(fixes(rows))
    s = tracks.segments
    assert s["pos_count"].tolist() == [4]
    assert s["max_gap_s"].tolist() == [160.0]
    assert s["median_interval_s"].tolist() == [60.0]
    assert (s["start_ms"][0], s["end_ms"][0]) == (rows[0]["time_ms"], rows[3]["time_ms"])
    assert s["distance_m"][0] == pytest.approx(tracks.step_m[1:].astype(float).sum(), rel=1e-6)
    assert np.isnan(tracks.step_m[0])
    assert s["closed"].tolist() == [False]


def test_contexts_are_never_mixed():
    rows = ship(2)
    with pytest.raises(InputError, match="several contexts"):
        segment(fixes([rows[0], {**rows[1], "context": "exercise:x"}]))


def test_label_of_a_segment_is_that_of_its_fixes_or_nobody():
    rows = [*ship(3, mmsi=1, label="allies"), *ship(3, mmsi=2, label="allies")]
    rows[4]["label"] = "press"
    s = segment(fixes(rows)).segments
    assert [s.codes_of("label")[c] for c in s["label"]] == ["allies", "nobody"]


def test_no_fixes_give_no_segments():
    tracks = segment(fixes([]))
    assert (len(tracks), len(tracks.segments)) == (0, 0)
    assert tracks.segments.to_arrow().num_rows == 0


@pytest.mark.parametrize("name", ["max_gap_h", "lookback", "duplicate_s"])
def test_parameters_out_of_range_are_refused(name):
    with pytest.raises(InputError, match=name):
        Params(**{name: 10_000})


def test_segmenting_twice_gives_the_same_flags():
    rows = ship(6, dt_ms=600_000)
    rows.insert(3, {**rows[3], "lat_deg": 0.05, "time_ms": rows[3]["time_ms"] - 300_000})
    table = fixes(rows)
    first = segment(table)
    flags = np.zeros(len(table), np.int32)
    flags[first.order] = first.flags
    again = segment(table.replace(flags=flags))
    assert np.array_equal(first.flags, again.flags)
    assert np.array_equal(first.segment, again.segment)


@pytest.mark.big
@pytest.mark.slow
def test_fast_path_agrees_with_the_full_one_on_a_real_day():
    table = make.noaa()
    if table is None:
        pytest.skip("the real US day is not at ../shared/data/ais")
    a, b = segment(table), segment(table, full=True)
    for name in ("order", "segment", "step_m", "flags", "seg_start", "seg_end"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes(), name
    assert a.segments.to_arrow().equals(b.segments.to_arrow())


@pytest.mark.big
@pytest.mark.slow
def test_real_vessels_agree_with_the_slow_twin():
    table = make.noaa(every=40)
    if table is None:
        pytest.skip("the real US day is not at ../shared/data/ais")
    shared = [303457000, 366614000, 338189586, 1193046, 368059550, 338182085]
    table = table.take((table["mmsi"] % 37 == 0) | np.isin(table["mmsi"], shared))
    agrees_with_twin(table, Params())
    agrees_with_twin(table, PEER)
