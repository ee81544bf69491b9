"""Cells: fixed, nested, of at least their size, without a seam at 180 degrees, sound at the poles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.base.kernels import distance_m
from kizuna.share.transforms.grid import CELL_SIZES_M, NO_CELL, grid

LATS = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, -89.999999, 0.0, 89.999999, 90.0]))
LONS = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 179.9999999, -179.9999999, 180.0, 0.0]))
SIZES = st.sampled_from(CELL_SIZES_M)


def one(cell_m, lat, lon):
    return int(grid(cell_m).cells(np.array([lat]), np.array([lon]))[0])


def middle(cell_m, cell):
    lat, lon = grid(cell_m).middles(np.array([cell]))
    return float(lat[0]), float(lon[0])


@given(LATS, LONS, SIZES)
def test_the_middle_of_a_cell_lies_in_it_and_on_the_globe(lat, lon, size):
    cell = one(size, lat, lon)
    at = middle(size, cell)
    assert one(size, *at) == cell
    assert -90 <= at[0] <= 90
    assert -180 <= at[1] < 180


@given(LATS, LONS, SIZES)
def test_a_place_is_never_farther_from_the_middle_than_the_radius_told(lat, lon, size):
    cell = one(size, lat, lon)
    radius = grid(size).radius_m(np.array([cell]))[0]
    assert distance_m(lat, lon, *middle(size, cell)) <= radius
    assert radius <= 1.6 * size


@given(LATS, LONS)
def test_every_cell_lies_in_one_cell_of_the_next_size(lat, lon):
    """Coarse from fine is coarse from the truth: the larger cell is known from the smaller one alone."""
    for fine, coarse in zip(CELL_SIZES_M, CELL_SIZES_M[1:], strict=False):
        assert one(coarse, *middle(fine, one(fine, lat, lon))) == one(coarse, lat, lon)


@given(LATS, SIZES)
def test_longitude_has_no_seam(lat, size):
    assert one(size, lat, 180.0) == one(size, lat, -180.0)
    assert one(size, lat, 190.0) == one(size, lat, -170.0)
    beside = grid(size).grown(np.array([one(size, lat, -180.0)]), 1)
    assert one(size, lat, 179.99999999) in beside or one(size, lat, 179.99999999) == one(size, lat, -180.0)


@pytest.mark.parametrize("size", CELL_SIZES_M)
def test_cells_are_at_least_their_size_high_and_wide_and_less_than_twice(size):
    g = grid(size)
    rows = np.unique(
        np.concatenate([np.arange(0, g.rows, max(1, g.rows // 400)), np.arange(8), g.rows - 1 - np.arange(8)])
    )
    south, west, north, east = g.edges(rows << 32)
    for k, row in enumerate(rows.tolist()):
        high = distance_m(south[k], 0.0, north[k], 0.0)
        assert size <= high * 1.0001
        assert high < 1.02 * size
        if g.columns[row] > 1:
            width = east[k] - west[k]
            wide = [distance_m(lat, 0.0, lat, width / 16) * 16 for lat in (south[k], north[k])]  # along the parallel
            assert min(wide) >= size * 0.9999
            assert min(wide) < 2 * size


@pytest.mark.parametrize("size", CELL_SIZES_M)
def test_around_each_pole_lies_one_round_cell(size):
    for lat in (90.0, -90.0):
        cells = grid(size).cells(np.full(8, lat * 0.99999999), np.arange(-180.0, 180.0, 45.0))
        assert len(set(cells.tolist())) == 1
        assert middle(size, int(cells[0])) == (lat, 0.0)


@given(LATS, LONS, SIZES)
def test_growing_twice_is_growing_by_two(lat, lon, size):
    g, cell = grid(size), one(size, lat, lon)
    around = g.grown(np.array([cell]), 1)
    assert cell in around
    assert len(around) >= 7
    assert np.array_equal(g.grown(around, 1), g.grown(np.array([cell]), 2))


def test_a_step_out_of_the_grown_cells_is_at_least_a_cell_away():
    g, rng = grid(5_000), np.random.default_rng(7)
    for _ in range(120):
        lat, lon = float(rng.uniform(-88, 88)), float(rng.uniform(-180, 180))
        cell = one(5_000, lat, lon)
        near = set(g.grown(np.array([cell]), 1).tolist())
        south, west, north, east = (float(v[0]) for v in g.edges(np.array([cell])))
        for _ in range(60):
            a, b = float(rng.uniform(south - 0.1, north + 0.1)), float(rng.uniform(west - 0.3, east + 0.3))
            if one(5_000, a, b) not in near:
                inside = min(max(a, south), north), min(max(b, west), east)
                assert distance_m(a, b, *inside) > 4_950.0  # the border bends between corners


def test_a_missing_position_is_in_no_cell():
    lat = np.array([np.nan, 91.0, 10.0, np.inf])
    lon = np.array([10.0, 10.0, np.nan, 10.0])
    cells = grid(1_000).cells(lat, lon)
    assert (cells == NO_CELL).all()
    assert np.isnan(grid(1_000).middles(cells)[0]).all()
    assert np.isnan(grid(1_000).radius_m(cells)).all()
    assert grid(1_000).names(cells) == [""] * 4


def test_only_sizes_of_the_list_have_a_grid():
    with pytest.raises(InputError, match="no grid of 3000 m"):
        grid(3_000)
