"""Transits: exact crossings, held to plain twins; directions, hysteresis, silences, cuts."""

from fractions import Fraction

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.picture.transits import Params, Transits
from kizuna.places.gates import make_gate, packaged_gates
from picture.make import joined, pieces, track

EAST_WEST = {"gate_id": "g", "left_to_right": "southbound", "right_to_left": "northbound"}
"""For lines drawn from west to east."""


def found(gates, rows, params=None, cuts=()):
    counter = Transits(gates, params)
    for piece in pieces(rows, cuts):
        counter.feed(piece)
    return counter.finish()


def facts(table):
    return list(zip(table["gate_id"].to_pylist(), table["direction"].to_pylist(), table["mmsi"].tolist(),
                    table["before_msg_id"].tolist(), table["crossings"].tolist(), table["clear"].tolist()))  # fmt: skip


def test_a_ship_through_a_gate_is_one_transit_with_both_fixes():
    gate = make_gate([[(122.0, 24.5), (123.0, 24.5)]], EAST_WEST)
    t = found([gate], track([24.7, 24.6, 24.4, 24.3], [122.5] * 4))
    assert facts(t) == [("g", "southbound", 431_000_001, 1, 1, True)]
    assert (t["after_msg_id"].tolist(), t["time_ms"].tolist()) == ([2], [90_000])
    assert t["lat_deg"][0] == pytest.approx(24.5)
    assert t["lon_deg"][0] == pytest.approx(122.5)
    assert t["speed_kn"][0] == pytest.approx(0.2 * 60 * 60, rel=0.01)
    assert not t["inferred"][0]


def test_passing_beside_the_end_of_a_gate_is_none():
    gate = make_gate([[(122.0, 24.5), (123.0, 24.5)]], EAST_WEST)
    assert len(found([gate], track([24.7, 24.3], [123.01] * 2))) == 0


def test_jitter_on_the_line_counts_once_at_most():
    gate = make_gate([[(122.0, 24.5), (123.0, 24.5)]], EAST_WEST)
    jitter = [24.5 + 0.002 * (-1) ** k for k in range(60)]
    through = found([gate], track([24.6, *jitter, 24.4], [122.5] * 62))
    assert facts(through)[0][:2] == ("g", "southbound")
    assert len(through) == 1
    assert through["crossings"][0] > 50
    back = found([gate], track([24.6, *jitter, 24.6], [122.5] * 62))
    assert len(back) == 0


def test_a_track_that_ends_near_the_line_counts_but_is_not_clear():
    gate = make_gate([[(122.0, 24.5), (123.0, 24.5)]], EAST_WEST)
    assert facts(found([gate], track([24.6, 24.499], [122.5] * 2))) == [("g", "southbound", 431_000_001, 0, 1, False)]


def test_there_and_back_beyond_the_clear_distance_are_two():
    gate = make_gate([[(122.0, 24.5), (123.0, 24.5)]], EAST_WEST)
    t = found([gate], track([24.6, 24.4, 24.6], [122.5] * 3))
    assert t["direction"].to_pylist() == ["southbound", "northbound"]


def test_a_crossing_in_a_long_silence_is_inferred_and_tells_its_interval():
    gate = make_gate([[(122.0, 24.5), (123.0, 24.5)]], EAST_WEST)
    t = found([gate], track([25.0, 24.0], [122.5] * 2, [0, 7200]))
    assert t["inferred"].tolist() == [True]
    assert (t["before_ms"][0], t["after_ms"][0]) == (0, 7_200_000)
    assert not found([gate], track([25.0, 24.0], [122.5] * 2, [0, 7200]), Params(long_silence_h=2.0))["inferred"][0]


def test_segments_are_not_joined():
    gate = make_gate([[(122.0, 24.5), (123.0, 24.5)]], EAST_WEST)
    rows = joined([track([24.6], [122.5]), track([24.4], [122.5], [600], segment=8)])
    assert len(found([gate], rows)) == 0


def test_a_gate_and_a_track_across_180_degrees():
    gate = make_gate([[(179.5, 10.0), (-179.5, 10.0)]], EAST_WEST)
    for lon in (179.8, -180.0, -179.8):
        assert facts(found([gate], track([10.1, 9.9], [lon] * 2)))[0][1] == "southbound", lon
    meridian = make_gate([[(180.0, 9.0), (180.0, 11.0)]], {"left_to_right": "eastbound", "right_to_left": "westbound"})
    t = found([meridian], track([10.0, 10.0], [179.9, -179.9]))
    assert t["direction"].to_pylist() == ["eastbound"]
    assert abs(t["lon_deg"][0]) == pytest.approx(180.0)
    assert found([meridian], track([10.0, 10.0], [-179.9, 179.9]))["direction"].to_pylist() == ["westbound"]


def test_a_fix_on_the_line_and_a_way_through_a_corner_count_once():
    gate = make_gate([[(122.0, 24.5), (122.5, 24.5), (123.0, 24.6)]], EAST_WEST)
    assert len(found([gate], track([24.7, 24.5, 24.3], [122.25] * 3))) == 1
    assert len(found([gate], track([24.7, 24.3], [122.5] * 2))) == 1
    assert len(found([gate], track([24.7, 24.5, 24.3], [122.5] * 3))) == 1


def test_params_out_of_range_are_refused():
    with pytest.raises(InputError, match="clear_nm"):
        Params(clear_nm=-1)


# ---- twins -----------------------------------------------------------------------------------------------------

grid = st.integers(-6, 6)
point = st.tuples(grid, grid)
STEP = 0.001


def plain_crossings(line, way):
    """Crossings of a path with a line in exact numbers, the path moved by a very small step east and a smaller north."""
    moved = [(Fraction(x) + Fraction(1, 10**6), Fraction(y) + Fraction(1, 10**12)) for x, y in way]
    out = []
    for i, (p, q) in enumerate(zip(moved, moved[1:])):
        for a, b in zip(line, line[1:]):

            def turn(u, v, w):
                return (v[0] - u[0]) * (w[1] - u[1]) - (v[1] - u[1]) * (w[0] - u[0])

            here, there = turn(a, b, p), turn(a, b, q)
            if a != b and p != q and (here > 0) != (there > 0) and (turn(p, q, a) > 0) != (turn(p, q, b) > 0):
                out.append((i, 1 if here > 0 else -1))
    return out


@settings(max_examples=300, deadline=None)
@given(st.lists(point, min_size=2, max_size=5, unique=True), st.lists(point, min_size=2, max_size=12))
def test_net_and_count_are_those_of_exact_arithmetic(line, way):
    gate = make_gate([[(x * STEP, y * STEP) for x, y in line]], EAST_WEST)
    want = plain_crossings(line, way)
    rows = track([y * STEP for _, y in way], [x * STEP for x, _ in way])
    t = found([gate], rows, Params(clear_nm=20.0))  # never clear: one answer for the whole track
    net = sum(s for _, s in want)
    if net == 0:
        assert len(t) == 0
    else:
        sign = 1 if net > 0 else -1
        last = max(i for i, s in want if s == sign)
        assert facts(t) == [("g", gate.directions[0 if net > 0 else 1], 431_000_001, last, len(want), False)]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**31))
def test_crossings_in_general_position_are_those_of_shapely(seed):
    rng = np.random.default_rng(seed)
    line = rng.uniform(-0.1, 0.1, (4, 2)) + [122.0, 24.0]
    way = rng.uniform(-0.12, 0.12, (2, 2)) + [122.0, 24.0]
    drawn = shapely.intersection(shapely.linestrings(np.round(line, 7)), shapely.linestrings(np.round(way, 7)))
    counter = Transits([make_gate([line])], Params(clear_nm=20.0))
    counter.feed(track(way[:, 1], way[:, 0]))
    held = int(counter._held[0, 1])
    t = counter.finish()
    if abs(held) == 0:
        assert drawn.is_empty
        assert len(t) == 0
    else:
        assert held == len(shapely.get_parts(drawn))
        if len(t):
            place = shapely.Point(t["lon_deg"][0], t["lat_deg"][0])
            assert drawn.distance(place) < 1e-6


@settings(max_examples=150, deadline=None)
@given(st.lists(point, min_size=2, max_size=4, unique=True), st.lists(point, min_size=2, max_size=20),
       st.lists(st.integers(1, 20), max_size=4))  # fmt: skip
def test_drawn_from_its_other_end_and_cut_anywhere_it_gives_the_same(line, way, cuts):
    gate = make_gate([[(x * STEP, y * STEP) for x, y in line]], EAST_WEST)
    rows = track([y * STEP for _, y in way], [x * STEP for x, _ in way])
    params = Params(clear_nm=0.1)
    whole = found([gate], rows, params)
    assert facts(found([gate.reversed()], rows, params)) == facts(whole)
    assert found([gate], rows, params, cuts).to_arrow() == whole.to_arrow()
    turned = make_gate([[(x * STEP, y * STEP) for x, y in line[::-1]]], EAST_WEST)
    other = {"southbound": "northbound", "northbound": "southbound"}
    assert [other[d] for d in found([turned], rows, params)["direction"].to_pylist()] == whole["direction"].to_pylist()


@settings(max_examples=150, deadline=None)
@given(st.lists(point, min_size=2, max_size=4, unique=True), st.lists(point, min_size=3, max_size=12), st.data())
def test_a_track_split_at_a_fix_keeps_its_crossings(line, way, data):
    k = data.draw(st.integers(1, len(way) - 2))

    def net(some):
        counter = Transits([make_gate([[(x * STEP, y * STEP) for x, y in line]], EAST_WEST)], Params(clear_nm=20.0))
        counter.feed(track([y * STEP for _, y in some], [x * STEP for x, _ in some]))
        return counter._held[0, 0], counter._held[0, 1]

    first, second = net(way[: k + 1]), net(way[k:])
    assert tuple(np.add(first, second)) == net(way)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(point, min_size=1, max_size=8), min_size=2, max_size=5), st.integers(1, 4))
def test_vessels_in_partitions_add_up(ways, split):
    gate = make_gate([[(-3 * STEP, 0.0), (3 * STEP, STEP)]], EAST_WEST)
    tracks = [track([y * STEP for _, y in w], [x * STEP for x, _ in w], mmsi=431_000_000 + k, segment=k)
              for k, w in enumerate(ways)]  # fmt: skip
    whole = found([gate], joined(tracks))
    parts = [found([gate], joined(p)) for p in (tracks[:split], tracks[split:]) if p]
    assert sorted(i for p in parts for i in p["transit_id"].to_pylist()) == sorted(whole["transit_id"].to_pylist())


def test_more_transits_than_the_kernel_has_room_for():
    gates = [make_gate([[(122.0, 24.0 + k / 100), (123.0, 24.0 + k / 100)]], {"gate_id": str(k)}) for k in range(50)]
    n = 400
    t = found(gates, track([23.9, 24.6] * (n // 2), [122.5] * n))
    assert len(t) == 50 * (n - 1)


def test_packaged_gates_see_a_ship_through_each():
    for gate in packaged_gates():
        line = gate.lines[0]
        middle, along = line[:2].mean(axis=0), line[1] - line[0]
        across = np.array([along[1], -along[0]])  # to the right of the line
        a, b = middle - 0.2 * across, middle + 0.2 * across
        t = found([gate], track([a[1], b[1]], [a[0], b[0]]))
        assert t["direction"].to_pylist() == [gate.left_to_right], gate.gate_id
