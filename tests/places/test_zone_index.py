import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from places.make import blob, box, box_zone, plain_inside
from pyproj import Geod

from kizuna.base.errors import InputError
from kizuna.places.grids.area_grid import AreaGrid, build_grid, root_of
from kizuna.places.outline import edges_of
from kizuna.places.zone import make_zone
from kizuna.places.zone_index import ZoneIndex

GEOD = Geod(ellps="WGS84")


def matrix(index, lat, lon):
    rows, zones = index.memberships(lat, lon)
    out = np.zeros((len(lat), len(index)), bool)
    out[rows, zones] = True
    assert len(rows) == out.sum()  # no pair twice
    assert (np.diff(rows * (len(index) + 1) + zones) > 0).all()  # sorted by row, then zone
    return out


def by_shapely(zones, lat, lon):
    return np.column_stack([shapely.contains_xy(z.area(), lon, lat) for z in zones])


def test_many_ragged_zones_agree_with_shapely():
    rng = np.random.default_rng(3)
    zones = [
        make_zone(
            [[blob(rng.uniform(118, 132), rng.uniform(18, 32), rng.uniform(0.01, 6), 400, seed)]], zone_id=str(seed)
        )
        for seed in range(12)
    ]
    index = ZoneIndex.build(zones)
    lat, lon = rng.uniform(12, 38, 4000), rng.uniform(112, 138, 4000)
    near = np.concatenate([z.rings[0][::20] + rng.normal(0, 0.002, z.rings[0][::20].shape) for z in zones])
    lat, lon = np.append(lat, near[:, 1]), np.append(lon, near[:, 0])
    assert (matrix(index, lat, lon) == by_shapely(zones, lat, lon)).all()


def test_corners_and_borders_follow_the_half_open_rule():
    zone = box_zone("a", 120.0, 20.0, 121.0, 21.0)
    index = ZoneIndex.build([zone])
    cases = {
        (20.0, 120.0): True, (20.0, 120.5): True, (20.5, 120.0): True, (20.5, 120.5): True,
        (21.0, 120.5): False, (20.5, 121.0): False, (21.0, 121.0): False, (20.0, 121.0): False, (21.0, 120.0): False,
    }  # fmt: skip
    for (lat, lon), inside in cases.items():
        assert index.contains(0, np.array([lat]), np.array([lon]))[0] == inside, (lat, lon)


@given(st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=1, max_size=30), st.integers(0, 5))
def test_tiles_share_no_point_and_leave_none_out(points, shift):
    # a diagonal through shared corners, on and off the lines of the grid
    s = shift / 20.0
    zones = [
        make_zone([[[(-2 - s, -2), (2, -2), (2, 2 + s), (-2 - s, -2)]]], zone_id="low"),
        make_zone([[[(-2 - s, -2), (2, 2 + s), (-2 - s, 2 + s), (-2 - s, -2)]]], zone_id="high"),
    ]
    lat, lon = (np.array(v, float) / 20.0 for v in zip(*points, strict=True))
    found = matrix(ZoneIndex.build(zones), lat, lon)
    inside = (lat >= -2) & (lat < 2 + s) & (lon >= -2 - s) & (lon < 2)
    assert (found.sum(axis=1) == inside).all()


@given(
    st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), min_size=3, max_size=9),
    st.lists(st.tuples(st.integers(-13, 13), st.integers(-13, 13)), min_size=1, max_size=20),
    st.sampled_from([0.05, 0.5, 1.0, 0.0025, 1 / 3]),
)
def test_any_polygon_on_any_lattice_agrees_with_the_plain_twin(corners, points, step):
    # corners and points on grid lines, on edges and on each other: the hardest case for a grid
    try:
        zone = make_zone([[np.array(corners) * step]], zone_id="a")
    except InputError:
        return
    lon, lat = (np.array(v, float) * step for v in zip(*points, strict=True))
    found = ZoneIndex.build([zone]).contains(0, lat, lon)
    assert found.tolist() == [plain_inside(zone.rings, x, y) for x, y in zip(lon, lat, strict=True)]


def test_crowded_cells_are_divided_and_still_agree():
    zone = make_zone([[blob(120.03, 20.03, 0.02, 900)]], zone_id="port")  # 900 edges within one small cell
    index = ZoneIndex.build([zone])
    assert len(index.grid.cells) > 180 * 360 + 400
    rng = np.random.default_rng(0)
    lat, lon = rng.uniform(20.0, 20.06, 3000), rng.uniform(120.0, 120.06, 3000)
    assert (index.contains("port", lat, lon) == shapely.contains_xy(zone.area(), lon, lat)).all()


def test_zone_over_the_date_line_holds_both_sides():
    index = ZoneIndex.build([box_zone("a", 175, -10, -175, 10)])
    lon = np.array([174.9, 175.0, 179.99, 180.0, -180.0, -179.9, -175.0, -174.9, 540.0, 185.0])
    expected = [False, True, True, True, True, True, False, False, True, False]
    assert index.contains(0, np.zeros(10), lon).tolist() == expected


@pytest.mark.parametrize("sign", [1, -1])
def test_polar_zone_holds_the_pole(sign):
    lon = np.arange(-180.0, 180.0, 15.0)
    zone = make_zone([[np.column_stack([lon, np.full(len(lon), 80.0 * sign)])]], zone_id="cap")
    index = ZoneIndex.build([zone])
    lat = np.array([90.0, 89.999, 80.1, 79.9, 85.0]) * sign
    assert index.contains(0, lat, np.array([0.0, 77.0, -180.0, 10.0, 179.999])).tolist() == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_whole_globe_holds_everything():
    index = ZoneIndex.build([box_zone("globe", -180, -90, 180, 90)])
    lat, lon = np.array([90.0, -90.0, 0.0, 12.3]), np.array([180.0, -180.0, 0.0, 179.9])
    assert index.contains(0, lat, lon).all()
    assert np.isnan(index.distance_to_line_m(0, lat, lon)).all()


def test_missing_and_impossible_positions_are_nowhere():
    index = ZoneIndex.build([box_zone("globe", -180, -90, 180, 90)])
    lat = np.array([np.nan, 0.0, 91.0, -91.0, 0.0, np.inf])
    lon = np.array([0.0, np.nan, 0.0, 0.0, 1e9, 0.0])
    assert len(index.memberships(lat, lon)[0]) == 0


def test_no_zones_and_no_points():
    empty = ZoneIndex.build([])
    assert len(empty.memberships(np.zeros(3), np.zeros(3))[0]) == 0
    index = ZoneIndex.build([box_zone("a", 0, 0, 1, 1)])
    assert len(index.memberships(np.empty(0), np.empty(0))[0]) == 0


def test_hole_is_outside_and_island_in_the_hole_inside():
    zone = make_zone([[box(0, 0, 9, 9), box(3, 3, 6, 6)], [box(4, 4, 5, 5)]], zone_id="a")
    index = ZoneIndex.build([zone])
    assert index.contains(0, np.array([1.0, 3.5, 4.5]), np.array([1.0, 3.5, 4.5])).tolist() == [True, False, True]


def test_more_pairs_than_room_are_all_given(monkeypatch):
    monkeypatch.setattr("kizuna.places.grids.area_grid._ROOM", 7)
    index = ZoneIndex.build([box_zone(str(k), 0, 0, 1 + k, 1) for k in range(5)])
    rows, zones = index.memberships(np.full(40, 0.5), np.full(40, 0.5))
    assert rows.tolist() == np.repeat(np.arange(40), 5).tolist()
    assert zones.tolist() == list(range(5)) * 40


def test_two_zones_of_one_id_are_refused():
    with pytest.raises(InputError, match="share an id: a"):
        ZoneIndex.build([box_zone("a", 0, 0, 1, 1), box_zone("a", 2, 0, 3, 1)])


def test_unknown_zone_is_refused():
    index = ZoneIndex.build([box_zone("a", 0, 0, 1, 1)])
    assert index.position("a") == 0
    with pytest.raises(InputError):
        index.position("b")
    with pytest.raises(InputError):
        index.memberships(np.zeros(2), np.zeros(3))


def test_distance_to_a_straight_border_is_that_of_the_geodesic():
    index = ZoneIndex.build([box_zone("a", 120, 20, 130, 30)])
    lat, lon = np.array([20.3, 19.6, 25.0, 25.0]), np.array([125.0, 125.0, 129.8, 130.5])
    _, _, expected = GEOD.inv([125.0, 125.0, 129.8, 130.5], [20.3, 19.6, 25.0, 25.0],
                              [125.0, 125.0, 130.0, 130.0], [20.0, 20.0, 25.0, 25.0])  # fmt: skip
    got = index.distance_to_line_m(0, lat, lon)
    assert np.abs(got - expected).max() < 30.0  # a parallel is no geodesic: its nearest point lies a little off


def test_distance_leaves_out_the_cut_at_the_date_line():
    index = ZoneIndex.build([box_zone("a", 170, -10, -170, 10)])
    metres = index.distance_to_line_m(0, np.array([0.0]), np.array([180.0]))[0]
    assert metres == pytest.approx(math.radians(10.0) * 6.3781e6, rel=0.01)


def test_grid_divided_in_places_gives_the_same_answers():
    edges = [edges_of(make_zone([[blob(120.4, 20.4, 3.0, 3000)]]).rings)]
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(16, 25, 2000), rng.uniform(116, 125, 2000)
    whole, bare = build_grid(edges), build_grid(edges, divide=np.empty(0, np.int64))
    some = build_grid(edges, divide=bare.crowded[::2])
    assert len(bare.cells) < len(some.cells) < len(whole.cells)

    def answer(grid: AreaGrid):
        return grid.members(lat, lon)[0].tolist()

    assert answer(whole) == answer(bare) == answer(some)
    assert np.isin(bare.crowded, root_of(edges[0][:, 1], edges[0][:, 0])).all()
