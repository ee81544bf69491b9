"""Chart geometry and path data: nothing lost, nothing beyond its limit, nothing torn at 180 degrees."""

import math
import re

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from formats import make
from kizuna.formats.report import chart, paths
from kizuna.places.zone import make_zone

LAT, LON = st.floats(-80, 80), st.floats(-180, 179.9)
PX = st.integers(-400_000, 800_000).map(lambda v: v / 1000)  # thousandths: shapely fails at 1e-168


def decoded(data):
    """Positions of path data as lists of points, by walking its commands."""
    runs = []
    for move in re.findall(r"M(-?\d+) (-?\d+)(h0|l[-\d ]*)?(z?)", data):
        at = [int(move[0]), int(move[1])]
        run = [tuple(at)]
        numbers = [int(n) for n in re.findall(r"-?\d+", move[2])] if move[2].startswith("l") else []
        for dx, dy in zip(numbers[::2], numbers[1::2]):
            at = [at[0] + dx, at[1] + dy]
            run.append(tuple(at))
        runs.append(run)
    return runs


@given(LON, LAT, st.floats(0, 170), st.floats(0, 60))
def test_a_fitted_view_shows_the_whole_box(west, south, width, height):
    north = min(south + height, 80.0)
    view = chart.fitted((west, south, west + width, north), 400, (0.5, 0.8))
    lon = np.array([west, west + width, west + width / 2])
    lat = np.array([south, north, (south + north) / 2])
    assert view.inside((lon + 180) % 360 - 180, lat, 0.51).all()
    assert -180 <= view.west_deg < 180
    assert 0.49 <= view.height / view.width <= 0.82 or view.east_deg - view.west_deg > 350


def test_positions_on_both_sides_of_180_lie_side_by_side():
    view = chart.fitted((178.0, -20.0, 182.0, -15.0), 400, (0.5, 1.5))
    x, _ = view.xy(np.array([179.9, -179.9]), np.array([-17.0, -17.0]))
    assert 0 < x[1] - x[0] < 30
    assert view.turns() == [(view.west_deg, 180.0, 0.0), (-180.0, view.east_deg - 360.0, 360.0)]


@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=12))
def test_box_of_holds_every_position_and_takes_the_short_way(points):
    lon, lat = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    west, south, east, north = chart.box_of(lon, lat)
    assert south == lat.min() and north == lat.max()
    offset = (lon - west + 1e-5) % 360
    assert (offset <= east - west + 2e-5).all()
    assert east - west <= lon.max() - lon.min() + 1e-5


@given(st.lists(st.tuples(PX, PX), min_size=3, max_size=9))
def test_clipping_agrees_with_shapely(points):
    ring = shapely.Polygon(points)
    assume(ring.is_valid and ring.area > 1)
    view = chart.View(0, 0, 1, 1, 380, 250, mercator=False)
    x, y = paths.clipped(np.array([p[0] for p in points]), np.array([p[1] for p in points]), view, margin=0.0)
    area = 0.0 if len(x) < 3 else abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2
    assert area == pytest.approx(ring.intersection(shapely.box(0, 0, 380, 250)).area, rel=1e-6, abs=1e-3)


@given(st.lists(st.tuples(PX, PX), min_size=2, max_size=40), st.floats(0.1, 20))
def test_no_dropped_point_lies_off_the_thinned_line(points, tolerance):
    x, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    kept_x, kept_y = paths.thinned(x, y, tolerance)
    assert (kept_x[0], kept_y[0], kept_x[-1], kept_y[-1]) == (x[0], y[0], x[-1], y[-1])
    line = shapely.LineString(np.column_stack([kept_x, kept_y]))
    assert max(line.distance(shapely.Point(p)) for p in points) <= tolerance * (1 + 1e-9) + 1e-9


@given(st.lists(st.tuples(PX, PX), min_size=1, max_size=30))
def test_path_data_say_where_the_line_goes(points):
    x, y = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    grid = paths.steps(x, y)
    (run,) = decoded(paths.path(grid))
    assert run == [tuple(g) for g in grid.tolist()]
    assert run[0] == (round(x[0] * 4), round(y[0] * 4))
    drawn = shapely.LineString(run) if len(run) > 1 else shapely.Point(run[0])
    assert max(drawn.distance(shapely.Point(round(a * 4), round(b * 4))) for a, b in points) < 1e-6


def test_a_line_is_cut_at_breaks_and_at_missing_positions():
    x = np.array([0.0, 1, 2, np.nan, 4, 5, 6])
    runs = paths.pieces(x, x, np.array([False, False, False, False, False, True, False]))
    assert [r[0].tolist() for r in runs] == [[0, 1, 2], [4], [5, 6]]


def test_an_area_grows_coarser_to_meet_its_limit_and_large_parts_survive():
    angle = np.linspace(0, 2 * np.pi, 4000)
    rough = 100 + 3 * np.sin(80 * angle)
    big = (190 + rough * np.cos(angle), 125 + rough * np.sin(angle))
    islets = [(np.array([x, x + 1.5, x]), np.array([3.0, 3, 5])) for x in np.arange(5, 375, 4.0)]
    view = chart.View(0, 0, 1, 1, 380, 250, mercator=False)
    for limit in (40_000, 4000, 1500, 400):
        data = paths.area_path([big, *islets], view, limit)
        assert len(data) <= limit
        largest = max((shapely.Polygon(run).area / 16 for run in decoded(data)), default=0.0)
        assert largest == pytest.approx(math.pi * 1e4, rel=0.12)
    assert len(decoded(paths.area_path([big, *islets], view, 4000))) == 1 + len(islets)


def test_an_islet_smaller_than_a_pixel_stays_as_a_dot():
    view = chart.View(0, 0, 1, 1, 380, 250, mercator=False)
    speck = (np.array([50.0, 50.01, 50.01]), np.array([60.0, 60.0, 60.01]))
    assert paths.area_path([speck], view, 100) == "M200 240h2v2z"


def test_edges_made_by_the_cut_at_180_are_no_border():
    zone = make_zone([[[(179, 10), (-179, 10), (-179, 12), (179, 12)]]], zone_id="z")
    view = chart.fitted((178.0, 9.0, 182.0, 13.0), 400, (0.5, 1.5))
    runs = decoded(paths.outline_path(view, zone.rings, 10_000))
    middle = round(view.xy(np.array([180.0]), np.array([11.0]))[0][0] * 4)
    for run in runs:
        on_seam = [abs(x - middle) <= 1 for x, _ in run]
        assert not any(a and b for a, b in zip(on_seam, on_seam[1:]))
    assert len({p for run in runs for p in run}) >= 6


def test_land_across_180_is_asked_for_in_two_boxes_and_drawn_as_one():
    asked = []

    def land(*box):
        asked.append(box[:4])
        return [np.array([(box[0], 10.0), (box[2], 10.0), (box[2], 11.0), (box[0], 11.0), (box[0], 10.0)])]

    view = chart.fitted((178.0, 9.0, 182.0, 13.0), 400, (0.5, 1.5))
    data = paths.land_path(view, land, 10_000)
    assert [(-180 <= w < e <= 180) for w, _, e, _ in asked] == [True, True]
    xs = [x / 4 for run in decoded(data) for x, _ in run]
    assert min(xs) <= 1 and max(xs) >= 399


def test_neighbouring_small_maps_ask_the_coast_once():
    calls = []

    def land(*args):
        calls.append(args)
        return make.block_land(*args)

    shelf = paths.Shelf(land)
    for k in range(20):
        shelf(121.0 + k / 10, 24.0, 121.5 + k / 10, 24.4, 0.001)
    assert len(calls) == 1
    shelf(0.0, 0.0, 40.0, 30.0, 0.01)
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("low", "high", "most"), [(24.0, 24.3, 3), (-33.0, 70.0, 7), (0.0, 0.01, 3), (179.0, 183.0, 5)]
)
def test_ticks_are_round_and_few(low, high, most):
    values, step = chart.ticks(low, high, most)
    assert 0 < len(values) <= most
    assert all(abs(v * 60 / step - round(v * 60 / step)) < 1e-6 and low - 1e-9 <= v <= high + 1e-9 for v in values)


@pytest.mark.parametrize(
    ("value", "step", "letters", "text"),
    [
        (24.0, 60, "NS", "24°N"),
        (-24.5, 30, "NS", "24°30′S"),
        (181.0, 60, "EW", "179°W"),
        (123.475, 0.5, "EW", "123°28.5′E"),
        (0.0, 60, "NS", "0°"),
    ],
)
def test_degrees_are_labelled_as_fine_as_their_step(value, step, letters, text):
    assert chart.degrees_label(value, step, letters) == text


def test_scale_bar_is_as_long_as_it_says():
    view = chart.fitted((122.0, 24.0, 124.0, 26.0), 800, (0.5, 1.2))
    length, label = chart.scale_bar(view, 160)
    assert 40 < length <= 160
    x, _ = view.xy(
        np.array([123.0, 123.0 + float(label.split()[0]) / 60 / math.cos(math.radians(25.0))]), np.array([25.0, 25.0])
    )
    assert x[1] - x[0] == pytest.approx(length, rel=0.02)
