"""Identity periods, IMO numbers, names, and the ships behind segments."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tracks.make import T0, fixes, statics

from kizuna.base.errors import InputError
from kizuna.tracks.identity import Params, identities, imo_is_valid, join, normalise_name
from kizuna.tracks.segment import segment
from kizuna.tracks.table import NOISE_KINDS

MIN, H = 60_000, 3_600_000


def said(minutes, shipname=None, callsign=None, imo=None, **more):
    return {"time_ms": T0 + minutes * MIN, "shipname": shipname, "callsign": callsign, "imo": imo, **more}


def periods(rows, **params):
    t = identities(statics(rows), Params(**params))
    return [
        (m, (a - T0) // MIN, (b - T0) // MIN, s, c, i, n)
        for m, a, b, s, c, i, n in zip(
            t["mmsi"].tolist(),
            t["first_ms"].tolist(),
            t["last_ms"].tolist(),
            t["shipname"].to_pylist(),
            t["callsign"].to_pylist(),
            t["imo"].tolist(),
            t["count"].tolist(),
            strict=True,
        )
    ]


@pytest.mark.parametrize(
    ("imo", "valid"),
    [
        (9074729, True),  # the example of the IMO's own scheme
        (9074728, False),
        (9074719, False),
        (0, False),
        (1000000, False),
        (999999, False),
        (10000000, False),
        (-1, False),
        (507027, False),  # a US document number, as MarineCadastre sends them
    ],
)
def test_imo_check_digit(imo, valid):
    assert imo_is_valid(imo) is valid


@given(st.integers(1_000_000, 9_999_999), st.integers(0, 6), st.integers(1, 9))
def test_one_wrong_digit_is_found_unless_its_weight_hides_it(imo, place, by):
    weight = (7, 6, 5, 4, 3, 2, 1)[place]
    digits = [int(d) for d in str(imo)]
    digits[6] = sum(d * w for d, w in zip(digits[:6], range(7, 1, -1), strict=True)) % 10
    right = int("".join(map(str, digits)))
    digits[place] = (digits[place] + by) % 10
    wrong = int("".join(map(str, digits)))
    if wrong < 1_000_000:
        return
    assert imo_is_valid(right)
    change = digits[place] - int(str(right)[place])
    assert imo_is_valid(wrong) is (weight * change % 10 == 0)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("EVER GIVEN", "evergiven"),
        ("Ever-Given.", "evergiven"),
        ("第八海神丸", "第八海神丸"),
        ("ＳＨＩＮ　ＭＡＲＵ　８", "shinmaru8"),
        ("ｶｲｼﾞﾝ", "カイジン"),
        ('M/V "STRASSE"', "mvstrasse"),
        ("Straße", "strasse"),
        ("@@@ ---", ""),
        ("No．12", "no12"),
    ],
)
def test_names_are_folded(name, plain):
    assert normalise_name(name) == plain


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(name):
    once = normalise_name(name)
    assert normalise_name(once) == once


def test_two_parts_of_type_24_make_one_identity():
    rows = [
        said(0, "KAI 1"),
        said(0, callsign="JD1234", ship_type=30, to_bow_m=10, to_stern_m=12),
        said(6, "KAI 1"),
        said(6, callsign="JD1234"),
    ]
    assert periods(rows) == [(1, 0, 6, "KAI 1", "JD1234", -1, 4)]
    t = identities(statics(rows))
    assert (t["ship_type"][0], t["length_m"][0], t["width_m"][0]) == (30, 22, -1)


def test_spelling_does_not_make_a_new_identity():
    assert periods([said(0, "EVER-GIVEN"), said(5, "EVER GIVEN ")]) == [(1, 0, 5, "EVER GIVEN ", None, -1, 2)]


def test_two_ships_sending_in_turn_give_two_overlapping_identities():
    rows = [said(k, *(("A", "AA") if k % 2 else ("B", "BB"))) for k in range(10)]
    assert periods(rows) == [(1, 0, 8, "B", "BB", -1, 5), (1, 1, 9, "A", "AA", -1, 5)]


def test_name_that_returns_after_another_begins_a_new_period():
    rows = [said(0, "A"), said(1, "B"), said(60 * 30, "A")]
    assert [p[:4] for p in periods(rows)] == [(1, 0, 0, "A"), (1, 1, 1, "B"), (1, 1800, 1800, "A")]
    assert [p[:4] for p in periods(rows, keep_h=48)] == [(1, 0, 1800, "A"), (1, 1, 1, "B")]


def test_silence_alone_does_not_end_a_period():
    assert periods([said(0, "A"), said(60 * 24 * 90, "A")]) == [(1, 0, 129600, "A", None, -1, 2)]


def test_messages_that_say_nothing_or_have_no_time_are_left_out():
    assert periods([said(0), said(1, " ", "@"), {**said(2, "A"), "time_ms": None}]) == []
    assert periods([]) == []


def test_last_draught_and_destination_are_kept():
    t = identities(
        statics([said(0, "A", draught_m=5.5, destination="KEELUNG"), said(9, "A", draught_m=7.0), said(10, "A")])
    )
    assert t["draught_m"].tolist() == [7.0]
    assert t["destination"].to_pylist() == ["KEELUNG"]


def test_order_of_arrival_does_not_matter():
    import numpy as np

    rows = [said(k % 7, "AB"[k % 2], imo=9074729 if k % 3 else None, mmsi=k % 2) for k in range(20)]
    table = statics(rows)
    shuffled = table.take(np.random.default_rng(1).permutation(len(table)))
    assert identities(table).to_arrow().equals(identities(shuffled).to_arrow())


def sailing(mmsi=1, lat=0.0, minutes=range(0, 120, 2), **more):
    return [
        {
            "mmsi": mmsi,
            "time_ms": T0 + m * MIN,
            "lat_deg": lat,
            "lon_deg": m * 10 / 60 / 60,
            "sog_kn": 10.0,
            "cog_deg": 90.0,
            **more,
        }
        for m in minutes
    ]


def test_segment_gets_the_identities_heard_near_it():
    tracks = join(
        segment(fixes(sailing())),
        statics([said(1, "A", "AA", 9074729), said(70, "A", "AA", 9074729), said(500, "Z"), said(10, "OTHER", mmsi=2)]),
    )
    assert tracks.segments["identities"].to_pylist() == [
        [{"shipname": "A", "callsign": "AA", "imo": 9074729, "count": 2}]
    ]
    assert tracks.segments["vessel_id"].to_pylist() == ["imo:9074729"]


def test_wrong_imo_number_names_no_ship():
    tracks = join(segment(fixes(sailing())), statics([said(1, "A", "AA", 9074728)]))
    assert tracks.segments["vessel_id"].to_pylist() == ["mmsi:1"]
    assert tracks.segments["identities"].to_pylist()[0][0]["imo"] == 9074728


def test_segments_without_static_data_follow_their_ship():
    rows = sailing() + [{**r, "time_ms": r["time_ms"] + 30 * H} for r in sailing()]
    tracks = join(segment(fixes(rows)), statics([said(5, "A", imo=9074729)]))
    assert len(tracks.segments) == 2
    assert tracks.segments["vessel_id"].to_pylist() == ["imo:9074729"] * 2


def test_imo_heard_while_two_ships_share_the_number_names_neither():
    tracks = join(
        segment(fixes(sailing() + sailing(lat=40.0, minutes=range(1, 120, 2)))), statics([said(5, "A", imo=9074729)])
    )
    assert tracks.segments["vessel_id"].to_pylist() == ["mmsi:1", "mmsi:1/2"]
    assert [len(x) for x in tracks.segments["identities"].to_pylist()] == [1, 1]


def test_number_handed_to_another_ship_gives_two_vessels():
    later = [
        {**r, "time_ms": r["time_ms"] + 48 * H, "lat_deg": -60.0, "lon_deg": -100.0 + r["lon_deg"]} for r in sailing()
    ]
    heard = [said(5, "A", imo=9074729), said(60 * 48 + 5, "B", imo=9319466)]
    tracks = join(segment(fixes(sailing() + later)), statics(heard))
    assert imo_is_valid(9319466)
    assert tracks.segments["vessel_id"].to_pylist() == ["imo:9074729", "imo:9319466"]


def test_slow_buoy_with_a_battery_in_its_name_is_gear_and_a_fast_ship_is_not():
    def noise(name, speed):
        rows = [{**r, "lon_deg": r["lon_deg"] * speed / 10, "sog_kn": speed} for r in sailing()]
        s = join(segment(fixes(rows)), statics([said(1, name)])).segments
        return NOISE_KINDS[s["noise"][0]]

    assert noise("NET 12 85%", 1.0) == noise("KX-3 11.8V", 0.5) == "stationary_gear"
    assert noise("NET 12 85%", 10.0) == noise("HAI FENG 85", 1.0) == "good"


def test_joining_nothing_changes_no_ids():
    tracks = segment(fixes(sailing()))
    same = join(tracks, statics([]))
    assert same.segments["vessel_id"].equals(tracks.segments["vessel_id"])
    assert same.segments["identities"].to_pylist() == [[]]
    assert math.isclose(same.segments["distance_m"][0], tracks.segments["distance_m"][0])


def test_parameters_out_of_range_are_refused():
    with pytest.raises(InputError, match="near_min"):
        Params(near_min=0.0)
