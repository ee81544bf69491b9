"""The hole around sensitive zones tells of them only which cells they touch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import InputError
from kizuna.base.kernels import distance_m
from kizuna.places.zone import make_zone
from kizuna.share.transforms.grid import grid
from kizuna.share.transforms.sensitive_zones import NOTHING_CARRIED, covered, hole, visible
from kizuna.share.transforms.moment import tick_ms
from kizuna.share.transforms.rows import Rows
from kizuna.share.transforms.steps import Delay, Stop

T0 = 1_767_225_600_000
STOP = Stop(frozenset(("base",)), 1_000, 600)
DELAY = Delay(0, 600)


def zone(corners, name="base"):
    return make_zone([[[*corners, corners[0]]]], zone_id=name)


def box(west, south, east, north):
    return zone([(west, south), (east, south), (east, north), (west, north)])


def rows_of(lat, lon, times, who=1, known=None):
    n = len(times)
    times = np.asarray(times, np.int64)
    return Rows("track.position", {
        "who": np.broadcast_to(np.asarray(who, np.int64), n).copy(), "number": np.arange(n), "time_ms": times,
        "known_ms": times if known is None else np.asarray(known, np.int64), "lat_deg": np.asarray(lat, np.float64),
        "lon_deg": np.asarray(lon, np.float64),
    })  # fmt: skip


def judge(rows, zones, stop=STOP, carried=NOTHING_CARRIED):
    return visible(rows, tick_ms(rows["time_ms"], rows["known_ms"], DELAY), hole(zones, stop), stop, carried)


def plain(rows, zones, stop=STOP):
    """The slow twin for rows that come in time: a loop over each vessel's fixes."""
    h = hole(zones, stop)
    inner, outer = h.inside(rows["lat_deg"], rows["lon_deg"])
    hidden = np.zeros(len(rows), bool)
    for who in set(rows["who"].tolist()):
        state = True
        for k in sorted(np.flatnonzero(rows["who"] == who).tolist(), key=lambda k: (rows["time_ms"][k], k)):
            state = bool(inner[k] or (state and outer[k]))
            hidden[k] = state
    bucket = rows["time_ms"] // (stop.quiet_s * 1000)
    quiet = {(w, b) for w, b, h in zip(rows["who"].tolist(), bucket.tolist(), hidden, strict=True) if h}
    return ~np.array(
        [h or (w, b) in quiet for w, b, h in zip(rows["who"].tolist(), bucket.tolist(), hidden, strict=True)]
    )


def walks(seed, n=300, vessels=5, spread=0.12):
    rng = np.random.default_rng(seed)
    parts = []
    for who in range(vessels):
        lat = 24.0 + np.cumsum(rng.normal(0, 0.01, n)) + rng.normal(0, spread)
        lon = 123.0 + np.cumsum(rng.normal(0, 0.01, n)) + rng.normal(0, spread)
        parts.append((np.full(n, who), lat, lon, T0 + np.cumsum(rng.integers(1, 400_000, n))))
    who, lat, lon, times = (np.concatenate(c) for c in zip(*parts, strict=True))
    return rows_of(lat, lon, times, who)


BASE = box(123.0, 24.0, 123.03, 24.02)


@given(st.integers(0, 10**6))
def test_the_kernel_says_what_the_plain_loop_says(seed):
    rows = walks(seed)
    stay, _ = judge(rows, [BASE])
    assert np.array_equal(stay, plain(rows, [BASE]))


@given(st.integers(0, 10**6), st.lists(st.integers(0, 1500), max_size=4))
def test_where_the_run_is_cut_makes_no_difference(seed, cuts):
    rows = walks(seed)
    ticks = tick_ms(rows["time_ms"], rows["known_ms"], DELAY)
    whole, _ = judge(rows, [BASE])
    bounds = [0, *sorted(int(np.sort(ticks)[min(c, len(ticks) - 1)]) for c in cuts), int(ticks.max())]
    got, carried = np.zeros(len(rows), bool), NOTHING_CARRIED
    for low, high in zip(bounds, bounds[1:], strict=False):
        now = np.flatnonzero((ticks > low) & (ticks <= high))
        got[now], carried = judge(rows.take(now), [BASE], carried=carried)
    assert np.array_equal(got, whole)


def another_outline(rng, cells, more):
    """An outline in the cells of BASE that touches every one of them: corners in the corner cells, a jagged south side."""
    south, west, north, east = grid(1_000).edges(cells)

    def within(low, high, *shape):
        return low + (high - low) * rng.uniform(0.02, 0.98, *shape)

    def corner(a, b):
        cell = np.flatnonzero(
            (a == south.min() if a is south else a == north.max()) & (b == west.min() if b is west else b == east.max())
        )[0]
        return within(west[cell], east[cell]), within(south[cell], north[cell])

    sw, se, ne, nw = corner(south, west), corner(south, east), corner(north, east), corner(north, west)
    low = south == south.min()
    lon = np.sort(rng.uniform(sw[0], se[0], more))
    return zone([sw, *zip(lon, within(south[low][0], north[low][0], more), strict=True), se, ne, nw])


@given(st.integers(0, 10**6), st.integers(0, 6))
def test_two_zones_with_one_cover_give_one_answer(seed, more):
    """Whatever the outline inside the cells: an attacker with every track there is learns the cells and no more."""
    touched = covered(BASE, grid(1_000))
    other = another_outline(np.random.default_rng(seed), touched, more)
    assert np.array_equal(covered(other, grid(1_000)), touched)
    rows = walks(seed, spread=0.03)
    a, _ = judge(rows, [BASE])
    b, _ = judge(rows, [other])
    assert np.array_equal(a, b)


def test_nothing_within_a_cell_of_the_zone_is_ever_told():
    for seed in range(30):
        rows = walks(seed, spread=0.03)
        stay, _ = judge(rows, [BASE])
        for lat, lon in zip(rows["lat_deg"][stay], rows["lon_deg"][stay], strict=True):
            near = min(max(lat, 24.0), 24.02), min(max(lon, 123.0), 123.03)
            assert distance_m(lat, lon, *near) >= 990.0


def test_where_ships_in_the_zone_go_changes_nothing_outside():
    rng = np.random.default_rng(5)
    for seed in range(20):
        rows = walks(seed, spread=0.03)
        inner, _ = hole([BASE], STOP).inside(rows["lat_deg"], rows["lon_deg"])
        n = len(rows)
        other = rows.put(lat_deg=np.where(inner, rng.uniform(24.0, 24.02, n), rows["lat_deg"]),
                         lon_deg=np.where(inner, rng.uniform(123.0, 123.03, n), rows["lon_deg"]))  # fmt: skip
        assert np.array_equal(judge(rows, [BASE])[0], judge(other, [BASE])[0])


def test_the_last_fix_before_and_the_first_after_do_not_lie_on_a_border():
    """A ship that crosses again and again at another hour: the ends of its track scatter by what it runs in a bucket."""
    ends = []
    for k in range(200):
        times = T0 + k * 86_400_000 + k * 7_919 + np.arange(0, 3_600_000, 10_000)
        lon = 122.85 + (times - times[0]) / 1000 * 1e-4  # 10 m/s to the east, through the zone
        rows = rows_of(np.full(len(times), 24.01), lon, times)
        stay, _ = judge(rows, [BASE])
        before = lon[stay & (lon < 123.0)]
        ends.append(before.max())
    spread_m = (max(ends) - min(ends)) * 101_600
    assert spread_m > 4_500  # 600 s at 10 m/s is 6,000 m; the border itself would give less than 150 m


def test_a_vessel_that_drifts_along_the_border_does_not_trace_it():
    g = grid(1_000)
    south, west, _, _ = (float(v.min()) for v in g.edges(hole([BASE], STOP).inner))
    times = T0 + np.arange(0, 6_000_000, 10_000)
    lon = west + 0.003 * np.sin(np.arange(len(times)) / 3)  # to and fro over the entry border
    stay, _ = judge(rows_of(np.full(len(times), south + 0.02), lon, times), [BASE])
    assert not stay.any()


def test_a_vessel_first_heard_between_the_borders_is_hidden():
    h = hole([BASE], STOP)
    ring = np.setdiff1d(h.outer, h.inner)
    lat, lon = grid(1_000).middles(ring[:1])
    assert not judge(rows_of(lat, lon, [T0]), [BASE])[0].any()
    far = rows_of([lat[0] + 1, lat[0]], [lon[0], lon[0]], [T0, T0 + 600_000])
    assert judge(far, [BASE])[0].all()  # known to come from outside


def test_a_fix_that_comes_late_is_judged_by_itself():
    h = hole([BASE], STOP)
    lat, lon = grid(1_000).middles(np.setdiff1d(h.outer, h.inner)[:1])
    hour = 3_600_000
    rows = rows_of([25.0, lat[0], 24.5], [124.0, lon[0], 124.5], [T0 + hour, T0, T0 + 700_000],
                   known=[T0 + hour, T0 + 3 * hour, T0 + 3 * hour])  # fmt: skip
    assert judge(rows, [BASE])[0].tolist() == [True, False, True]


def test_a_zone_over_180_degrees_is_covered_without_a_seam():
    parts = make_zone([[[(179.9, -1), (180, -1), (180, -0.9), (179.9, -0.9), (179.9, -1)]],
                       [[(-180, -1), (-179.9, -1), (-179.9, -0.9), (-180, -0.9), (-180, -1)]]], zone_id="base")  # fmt: skip
    h = hole([parts], Stop(frozenset(("base",)), 5_000, 600))
    lon = np.array([179.95, 179.9999, -180.0, -179.95, 179.85, -179.85])
    assert h.inside(np.full(6, -0.95), lon)[0].all()
    assert not h.inside(np.full(2, -0.95), np.array([179.5, -179.5]))[1].any()
    assert len(covered(parts, grid(5_000))) < 40


def test_a_zone_that_is_not_known_stops_everything():
    with pytest.raises(InputError, match="no zone other"):
        hole([BASE], Stop(frozenset(("other",))))
    with pytest.raises(InputError, match="larger cell"):
        hole([box(-170, -80, 170, 80)], Stop(frozenset(("base",)), 500))
