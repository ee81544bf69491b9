import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from places.make import blob
from pyproj import Geod

from kizuna.places.grids.edge_tree import build_tree
from kizuna.places.outline import edges_of

GEOD = Geod(ellps="WGS84")


def points_of(lonlat):
    return build_tree(np.hstack([lonlat, lonlat]))


def geodesic_m(lat, lon, lonlat):
    n, m = len(lat), len(lonlat)
    _, _, metres = GEOD.inv(np.repeat(lon, m), np.repeat(lat, m), np.tile(lonlat[:, 0], n), np.tile(lonlat[:, 1], n))
    return metres.reshape(n, m)


@pytest.mark.parametrize("size", [1, 7, 8, 9, 64, 65, 700])
def test_nearest_of_many_points_is_that_of_the_geodesic(size):
    rng = np.random.default_rng(size)
    lonlat = np.column_stack([rng.uniform(-180, 180, size), rng.uniform(-90, 90, size)])
    lat, lon = rng.uniform(-90, 90, 60), rng.uniform(-180, 180, 60)
    expected = geodesic_m(lat, lon, lonlat).min(axis=1)
    got = points_of(lonlat).distance_m(lat, lon)
    assert np.all(np.abs(got - expected) <= 2.0 + 2e-4 * expected)


def test_order_of_points_does_not_matter():
    ring = blob(121.0, 24.0, 2.0, 500)
    tree = build_tree(edges_of([ring]))
    rng = np.random.default_rng(1)
    lat = np.concatenate([24 + 3 * rng.standard_normal(1500), ring[::9, 1]])
    lon = np.concatenate([121 + 3 * rng.standard_normal(1500), ring[::9, 0]])
    metres, edge = tree.nearest(lat, lon)
    mix = rng.permutation(len(lat))
    again, edge_again = tree.nearest(lat[mix], lon[mix])
    assert (again == metres[mix]).all()
    assert (edge_again == edge[mix]).all()
    one_by_one = [tree.nearest(lat[k : k + 1], lon[k : k + 1]) for k in range(0, len(lat), 40)]
    assert [float(m[0]) for m, _ in one_by_one] == metres[::40].tolist()
    assert [int(e[0]) for _, e in one_by_one] == edge[::40].tolist()


def test_sorting_the_edges_changes_no_distance():
    edges = edges_of([blob(121.0, 24.0, 2.0, 300), blob(125.0, 24.0, 1.0, 90)])
    rng = np.random.default_rng(2)
    lat, lon = rng.uniform(18, 30, 400), rng.uniform(115, 130, 400)
    assert (build_tree(edges).distance_m(lat, lon) == build_tree(edges, sort=False).distance_m(lat, lon)).all()


def test_long_edge_follows_its_parallel():
    tree = build_tree(np.array([[100.0, 60.0, 140.0, 60.0]]))  # the great circle passes 400 km north of it
    assert tree.distance_m(np.array([60.0]), np.array([120.0]))[0] < 5.0
    assert tree.source.max() == 0


def test_distance_over_the_date_line_and_the_pole():
    tree = points_of(np.array([[179.9, 0.0], [0.0, 89.5]]))
    lat, lon = np.array([0.0, 89.5]), np.array([-179.9, 180.0])
    _, _, expected = GEOD.inv([-179.9, 180.0], [0.0, 89.5], [179.9, 0.0], [0.0, 89.5])
    assert tree.distance_m(lat, lon) == pytest.approx(expected, rel=1e-4)


def test_number_is_that_of_the_edge_as_given():
    edges = np.array([[0.0, 0.0, 1.0, 0.0], [50.0, 50.0, 51.0, 50.0], [-90.0, 10.0, -90.0, 30.0]])
    _, number = build_tree(edges).nearest(np.array([50.1, 20.0, 0.1]), np.array([50.5, -91.0, 0.5]))
    assert number.tolist() == [1, 2, 0]


def test_limit_missing_positions_and_no_edges():
    tree = points_of(np.array([[10.0, 10.0]]))
    metres, edge = tree.nearest(np.array([10.0, np.nan, 91.0, 50.0]), np.array([10.001, 10.0, 0.0, 50.0]), 1000.0)
    assert np.isnan(metres).tolist() == [False, True, True, True]
    assert edge.tolist() == [0, -1, -1, -1]
    metres, edge = build_tree(np.empty((0, 4))).nearest(np.zeros(2), np.zeros(2))
    assert np.isnan(metres).all()
    assert edge.tolist() == [-1, -1]


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=40),
    st.lists(st.tuples(st.floats(-180, 179.9), st.floats(-90, 90)), min_size=1, max_size=12),
)
@example([(180.0, 0.0)], [(0.0, 0.0)])
def test_tree_finds_what_looking_at_every_point_finds(held, asked):
    lonlat = np.array(held)
    lon, lat = np.array(asked).T
    expected = geodesic_m(lat, lon, lonlat).min(axis=1)
    got = points_of(lonlat).distance_m(np.ascontiguousarray(lat), np.ascontiguousarray(lon))
    share = np.where(expected < 19.0e6, 5e-4, 2e-3)  # Lambert's formula fails at the antipode; see the module and ADR 2
    assert np.all(np.abs(got - expected) <= 2.0 + share * expected)
