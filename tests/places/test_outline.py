import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.places.outline import border_edges, edges_of, outline, ring_from, unwrapped
from kizuna.places.zone import make_zone

from places.make import box


def area_of(rings):
    return shapely.build_area(shapely.multilinestrings(list(rings))).area


def one(ring):
    return outline([[ring_from(ring)]])


def test_plain_ring_comes_back_without_note():
    rings, notes = one(box(120, 20, 125, 25))
    assert notes == []
    assert len(rings) == 1
    assert area_of(rings) == pytest.approx(25.0)
    assert not rings[0].flags.writeable


def test_open_ring_is_closed():
    ring = ring_from(box(0, 0, 1, 1)[:-1])
    assert (ring[0] == ring[-1]).all()


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [(0, 0)],
        [(0, 0), (1, 1)],
        [(0, 0), (1, "x"), (1, 1)],
        [("0", "0"), ("1", "0"), ("1", "1")],
        [(0, 0), (1, None), (1, 1)],
        [(0, 0), (1, float("nan")), (1, 1)],
        [(0, 0), (1, float("inf")), (1, 1)],
        [(0, 0), (1, 91), (1, 1)],
        [(0, 0), (541, 1), (1, 1)],
        [0, 1, 2, 3],
        [(0,), (1,), (2,), (0,)],
        [(True, False), (True, True), (False, True)],
        "text",
        None,
        7,
        {"a": 1},
        [(10**400, 1), (1, 1), (0, 0)],
    ],
)
def test_what_is_no_ring_is_refused(bad):
    with pytest.raises(InputError):
        one(bad)


@pytest.mark.parametrize(
    ("ring", "square_deg"),
    [
        (box(170, -10, -170, 10), 400.0),  # 179 followed by -179
        (box(170, -10, 190, 10), 400.0),
        (box(-190, -10, -170, 10), 400.0),
        (box(500, 0, 510, 10), 100.0),
        (box(-180, 60, 180, 90), 360.0 * 30.0),
    ],
)
def test_ring_over_the_date_line_keeps_its_area_on_the_map(ring, square_deg):
    rings, _ = one(ring)
    joined = np.concatenate(rings)
    assert joined[:, 0].min() >= -180.0
    assert joined[:, 0].max() <= 180.0
    assert area_of(rings) == pytest.approx(square_deg)


def test_cut_at_the_date_line_is_told():
    assert "180" in one(box(170, -10, -170, 10))[1][0]


@pytest.mark.parametrize(("lat", "pole"), [(75.0, 90.0), (-70.0, -90.0)])
@pytest.mark.parametrize("way", [1, -1])
def test_ring_around_the_globe_holds_the_pole_of_its_hemisphere(lat, pole, way):
    lon = np.arange(-170.0, 180.0, 20.0)[::way]
    rings, notes = one(np.column_stack([lon, np.full(len(lon), lat)]))
    assert any("pole" in n for n in notes)
    assert area_of(rings) == pytest.approx(360.0 * abs(pole - lat))
    # the border on the ground is the circle alone: neither the pole nor 180 degrees
    edges = border_edges(rings)
    assert (edges[:, 1] == lat).all()
    assert np.abs(edges[:, 2] - edges[:, 0]).sum() == pytest.approx(360.0)


def test_ring_that_goes_round_twice_is_refused():
    lon = np.arange(0.0, 720.0, 20.0)
    with pytest.raises(InputError, match="more than once"):
        one(np.column_stack([(lon + 180) % 360 - 180, 60 + lon / 100]))


def test_crossing_ring_is_mended_and_told():
    rings, notes = one([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
    assert area_of(rings) == pytest.approx(2.0)
    assert "repaired" in notes[0]


def test_ring_without_area_is_refused():
    with pytest.raises(InputError, match="empty"):
        one([(0, 0), (1, 1), (2, 2), (0, 0)])


def test_hole_over_the_date_line_is_taken_out():
    rings, _ = outline([[ring_from(box(170, -10, -170, 10)), ring_from(box(175, -5, -175, 5))]])
    assert area_of(rings) == pytest.approx(400.0 - 100.0)


def test_overlapping_polygons_are_joined():
    rings, _ = outline([[ring_from(box(0, 0, 2, 2))], [ring_from(box(1, 0, 3, 2))]])
    assert area_of(rings) == pytest.approx(6.0)


def test_real_border_on_the_180th_meridian_stays_a_border():
    rings, _ = one(box(170, -10, 180, 10))
    edges = border_edges(rings)
    on = (edges[:, 0] == 180.0) & (edges[:, 2] == 180.0)
    assert on.sum() == 1
    assert np.abs(edges[on, 3] - edges[on, 1]) == pytest.approx(20.0)


def test_seam_is_a_border_only_where_one_side_is_outside():
    west, east = box(-180, -10, -170, 10), box(170, -20, 180, 0)
    rings, _ = outline([[ring_from(west)], [ring_from(east)]])
    edges = border_edges(rings)
    on = np.abs(edges[:, 0]) + np.abs(edges[:, 2]) == 360.0
    assert np.abs(edges[on, 3] - edges[on, 1]).sum() == pytest.approx(20.0)


@given(st.floats(-400, 400), st.floats(-60, 60), st.floats(0.1, 20))
def test_area_does_not_depend_on_where_the_map_is_cut(west, south, size):
    rings, _ = one(box(west, south, west + size, south + size / 2))
    assert area_of(rings) == pytest.approx(size * size / 2, rel=1e-6)


@given(st.lists(st.integers(-1000, 1000), min_size=3, max_size=8))
def test_unwrapping_moves_by_whole_turns_only(lon):
    ring = np.column_stack([np.array(lon, float) / 2.0, np.arange(len(lon))])
    out, _, _ = unwrapped(ring)
    assert np.all((out[:, 0] - ring[:, 0]) % 360.0 == 0.0)
    assert np.all((np.abs(np.diff(out[:, 0])) <= 180.0) | (np.abs(np.diff(ring[:, 0])) == 360.0))


def test_same_area_gives_same_bytes_from_any_first_corner():
    ring = box(1, 2, 3, 4)
    turned = ring[2:-1] + ring[:3]
    assert make_zone([[ring]], zone_id="a").outline_digest == make_zone([[turned[::-1]]], zone_id="a").outline_digest


def test_edges_of_two_rings_are_not_joined():
    rings, _ = outline([[ring_from(box(0, 0, 1, 1))], [ring_from(box(5, 5, 6, 6))]])
    edges = edges_of(rings)
    assert len(edges) == 8
    assert np.abs(edges[:, 2:] - edges[:, :2]).max() == 1.0
