"""Which maps the overview shows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kizuna.formats.report.panels import MAX_PANELS, chosen

NONE = np.zeros(0)


def cloud(lon, lat, n=500, spread=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return (lon + rng.uniform(-spread, spread, n) + 180) % 360 - 180, lat + rng.uniform(-spread, spread, n)


def joined(*clouds):
    return np.concatenate([c[0] for c in clouds]), np.concatenate([c[1] for c in clouds])


def test_one_region_is_one_map():
    panels = chosen(*cloud(123.0, 25.0, spread=3.0), NONE, NONE)
    (panel,) = panels.shown
    assert panel.fixes == 500 and panel.share == 1.0
    assert panel.box[0] >= 119.9 and panel.box[2] <= 126.1


def test_far_regions_get_maps_of_their_own_fullest_first():
    panels = chosen(
        *joined(cloud(-75.0, 38.0, 900, 4.0), cloud(144.0, 13.0, 100), cloud(-157.0, 21.0, 300)), NONE, NONE
    )
    assert [p.fixes for p in panels.shown] == [900, 300, 100]
    of = panels.of(np.array([-75.0, 144.0, -157.0, 0.0]), np.array([38.0, 13.0, 21.0, 0.0]))
    assert of.tolist() == [0, 2, 1, -1]


def test_harbours_that_share_a_map_without_waste_are_joined():
    assert len(chosen(*joined(cloud(123.0, 25.0, spread=0.3), cloud(143.0, 25.0, spread=0.3)), NONE, NONE).shown) == 2
    assert len(chosen(*joined(cloud(123.0, 25.0, spread=3.9), cloud(134.0, 25.0, spread=3.9)), NONE, NONE).shown) == 1


def test_a_region_across_180_is_one_map():
    (panel,) = chosen(*cloud(180.0, -17.0, spread=2.0), NONE, NONE).shown
    assert panel.box[0] > 177 and 180 < panel.box[2] < 183


def test_a_few_stray_fixes_get_no_map_but_are_counted():
    panels = chosen(*joined(cloud(123.0, 25.0, 20_000), cloud(10.0, -40.0, 3, 0.1)), NONE, NONE)
    assert len(panels.shown) == 1
    assert panels.fixes_left_out == 3


def test_an_event_gives_its_region_a_map():
    lon, lat = joined(cloud(123.0, 25.0, 20_000), cloud(10.0, -40.0, 3, 0.1))
    panels = chosen(lon, lat, np.array([10.0]), np.array([-40.0]))
    assert len(panels.shown) == 2
    assert panels.events_left_out == 0


@given(st.lists(st.tuples(st.floats(-180, 179.99), st.floats(-80, 80)), min_size=1, max_size=40))
def test_every_event_is_on_a_map_or_counted(points):
    lon, lat = np.array([p[0] for p in points]), np.array([p[1] for p in points])
    panels = chosen(NONE, NONE, lon, lat)
    of = panels.of(lon, lat)
    assert len(panels.shown) <= MAX_PANELS
    assert int((of < 0).sum()) == panels.events_left_out
    for panel in panels.shown:
        west, south, east, north = panel.box
        mine = of == panel.index
        assert int(mine.sum()) == panel.events
        assert ((lat[mine] >= south) & (lat[mine] <= north)).all()
        assert ((lon[mine] - west + 1e-5) % 360 <= east - west + 2e-5).all()
