"""Presence: time not messages, silences capped, distinct vessels, sums over partitions; held to a plain twin."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.picture.presence import Params, Presence, Ships, add, parts
from kizuna.places.zone import make_zone
from kizuna.places.zone_index import ZoneIndex
from picture.make import joined, pieces, track

DAY_S = 86_400


def square(west, south, side, name):
    east, north = west + side, south + side
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return make_zone([[ring]], zone_id=name)


ZONES = ZoneIndex.build([square(0.0, 0.0, 2.0, "a"), square(1.0, 0.0, 2.0, "b")])


def counted(rows, by=(), cuts=(), zones=None, ships=None, **limits):
    tally = Presence(Params(by=by, **limits), zones, ships)
    for piece in pieces(rows, cuts):
        tally.feed(piece)
    counts = tally.finish()
    return tally.table(counts).to_pylist(), counts


def test_a_ship_heard_every_two_seconds_weighs_as_one_heard_every_three_minutes():
    often = track([1.0] * 1801, [0.5] * 1801, np.arange(1801) * 2, mmsi=1, segment=1)
    seldom = track([1.0] * 21, [0.5] * 21, np.arange(21) * 180, mmsi=2, segment=2)
    assert counted(often)[0][0]["vessel_hours"] == 1.0
    assert counted(seldom)[0][0]["vessel_hours"] == 1.0
    both = counted(joined([often, seldom]))[0][0]
    assert (both["vessels"], both["vessel_hours"]) == (2, 2.0)


def test_a_silence_counts_up_to_its_limit():
    rows = track([1.0, 1.0], [0.5, 0.5], [0, 5 * 3600])
    assert counted(rows)[0][0]["vessel_hours"] == 1.0
    assert counted(rows, silence_max_h=6.0)[0][0]["vessel_hours"] == 5.0


def test_time_between_segments_does_not_count():
    rows = joined([track([1.0] * 2, [0.5] * 2, [0, 600]), track([1.0] * 2, [0.5] * 2, [1200, 1800], segment=8)])
    assert counted(rows)[0][0]["vessel_hours"] == pytest.approx(1200 / 3600, abs=1e-4)


def test_half_of_each_step_counts_at_either_end():
    rows = track([1.0, 1.0], [0.5, 2.5], [0, 1200])
    shown = {r["zone_id"]: r["vessel_hours"] for r in counted(rows, ("zone",), zones=ZONES)[0]}
    assert shown == pytest.approx({"a": 600 / 3600, "b": 600 / 3600}, abs=1e-4)


def test_zones_that_overlap_both_count():
    rows = track([1.0] * 2, [1.5] * 2, [0, 3600])
    assert [r["vessel_hours"] for r in counted(rows, ("zone",), zones=ZONES)[0]] == [1.0, 1.0]


def test_a_vessel_counts_once_in_a_month_and_once_in_every_day():
    rows = track([1.0] * 5, [0.5] * 5, np.arange(5) * DAY_S)
    assert [r["vessels"] for r in counted(rows, ("month",))[0]] == [1]
    assert [str(r["date"]) for r in counted(rows, ("day",))[0]] == [f"1970-01-0{k}" for k in range(1, 6)]


def test_visits_begin_after_being_away():
    hours = np.array([0, 1, 2, 6, 7, 8.5])
    rows = track([1.0, 1.0, 5.0, 1.0, 5.0, 1.0], [0.5] * 6, hours * 3600)
    assert counted(rows, ("zone",), zones=ZONES)[0][0]["visits"] == 2
    assert counted(rows, ("zone",), zones=ZONES, away_h=1.0)[0][0]["visits"] == 3


def test_number_blocks_and_classes_have_their_names():
    ships = Ships(np.array([416_000_001, 431_000_001], np.int32), np.array([11, 1], np.int8), {416: "X", 431: "Y"})
    rows = joined([track([1.0], [0.5], mmsi=m, segment=m) for m in (416_000_001, 431_000_001, 123_456_789)])
    shown = counted(rows, ("flag", "type"), ships=ships)[0]
    assert [(r["flag"], r["type"]) for r in shown] == [("X", "tanker"), ("Y", "fishing"), ("unassigned", "unknown")]


def test_cells_at_the_edges_of_the_globe():
    rows = joined([track([90.0], [-180.0], mmsi=1, segment=1), track([-90.0], [179.999], mmsi=2, segment=2)])
    shown = counted(rows, ("cell",), cell_deg=1.0)[0]
    assert [(r["lat"], r["lon"]) for r in shown] == [(-89.5, 179.5), (89.5, -179.5)]


@pytest.mark.parametrize("by", [("flags",), ("zone", "cell"), ("month", "day")])
def test_what_cannot_be_counted_is_refused(by):
    with pytest.raises(InputError, match="count"):
        Params(by=by)


def test_zones_are_needed_to_count_by_them():
    with pytest.raises(InputError, match="no zones"):
        Presence(Params(by=("zone",)))


# ---- twin and laws ---------------------------------------------------------------------------------------------

fix = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 30_000))
vessel = st.lists(st.lists(fix, min_size=1, max_size=12), min_size=1, max_size=3)


def rows_of(fleet):
    out, seg = [], 0
    for k, segments in enumerate(fleet):
        start = -40_000
        for fixes in segments:
            seg += 1
            time_s = start + np.cumsum([f[2] for f in fixes])
            start = int(time_s[-1])
            out.append(track([f[0] / 10 for f in fixes], [f[1] / 10 for f in fixes], time_s,
                             mmsi=431_000_000 + 7_000_000 * k, segment=seg))  # fmt: skip
    return out


def plain(rows, cap_ms, zone_of, period_of, away_ms):
    """Sums by (place, period) with loops and sets."""
    out = defaultdict(lambda: [0, set(), 0, 0])
    last_inside = {}
    for i in range(len(rows)):
        w = 0
        for a, b in ((i - 1, i), (i, i + 1)):
            if a >= 0 and b < len(rows) and rows.segment[a] == rows.segment[b]:
                w += min(int(rows.time_ms[b] - rows.time_ms[a]), cap_ms)
        for place in zone_of(rows.lat_deg[i], rows.lon_deg[i]):
            mmsi, t = int(rows.mmsi[i]), int(rows.time_ms[i])
            one = out[place, period_of(t)]
            one[0] += w
            one[1].add(mmsi)
            last = last_inside.get((mmsi, place))
            one[2] += last is None or t - last > away_ms
            last_inside[mmsi, place] = t
            one[3] += 1
    return {k: (v[0], len(v[1]), v[2], v[3]) for k, v in out.items()}


@given(st.lists(vessel, min_size=1, max_size=4), st.lists(st.integers(1, 60), max_size=5))
def test_counts_by_zone_and_day_are_those_of_the_plain_twin(fleet, cuts):
    rows = joined(rows_of(fleet))

    def zones(lat, lon):
        return [k for k, west in enumerate((0.0, 1.0)) if 0.0 <= lat < 2.0 and west <= lon < west + 2.0]

    _, counts = counted(rows, ("zone", "day"), cuts, ZONES)
    place, period, _, _ = parts(counts.key)
    ours = {
        (p, d): (h, v, s, n)
        for p, d, h, v, s, n in zip(place.tolist(), period.tolist(), counts.half_ms.tolist(), counts.vessels.tolist(),
                                    counts.visits.tolist(), counts.fixes.tolist())
    }  # fmt: skip
    assert ours == plain(rows, 3_600_000, zones, lambda t: t // 86_400_000, 3 * 3_600_000)


@given(st.lists(vessel, min_size=2, max_size=5), st.integers(1, 4), st.lists(st.integers(1, 60), max_size=5))
def test_partitions_of_vessels_add_up_in_any_order(fleet, split, cuts):
    tracks = rows_of(fleet)
    whole = counted(joined(tracks), ("cell", "month", "flag"), cuts, cell_deg=0.5)[1]
    edge = min(sum(len(s) for s in fleet[:split]), len(tracks))
    several = [
        counted(joined(p), ("cell", "month", "flag"), cell_deg=0.5)[1] for p in (tracks[:edge], tracks[edge:]) if p
    ]
    for order in (several, several[::-1]):
        together = add(order)
        for name in ("key", "half_ms", "vessels", "visits", "fixes"):
            assert getattr(together, name).tolist() == getattr(whole, name).tolist(), name


def test_nothing_heard_is_an_empty_table():
    tally = Presence(Params(by=("flag", "day")))
    assert tally.table(tally.finish()).num_rows == 0
