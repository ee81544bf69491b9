import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from kizuna.base.errors import ConfigError, InputError
from kizuna.places.anchorage_lists import anchorages_from_csv, anchorages_from_geojson
from kizuna.places.anchorages import AnchorageParams, from_stops, join, make_anchorages, no_anchorages

GEOD = Geod(ellps="WGS84")
HOUR_MS = 3_600_000
NEAR, FAR, OCEAN = 500.0, 10_000.0, 60_000.0


def computed(lat, lon, mmsi=None, shore_m=NEAR, start_h=0.0, hours=6.0, params=None):
    n = len(lat)
    start = np.broadcast_to(np.asarray(start_h, float) * HOUR_MS, n).astype(np.int64)
    return from_stops(
        np.asarray(lat, float), np.asarray(lon, float), np.arange(n) if mmsi is None else np.asarray(mmsi), start,
        start + int(hours * HOUR_MS), params, shore_m=np.full(n, shore_m),
    )  # fmt: skip


def test_three_vessels_by_the_shore_make_an_anchorage():
    found = computed([34.0, 34.002, 34.004], [135.0, 135.0, 135.001])
    assert len(found) >= 1
    assert found.mask(np.array([34.002, 34.05]), np.array([135.0, 135.0])).tolist() == [True, False]
    assert found.origin == "computed"


def test_a_pair_does_not_mask_its_own_meeting():
    assert len(computed([34.0, 34.001], [135.0, 135.0])) == 0


def test_one_vessel_that_comes_back_is_one_vessel():
    assert len(computed([34.0] * 5, [135.0] * 5, mmsi=[7] * 5, start_h=[0, 10, 20, 30, 40])) == 0


def test_short_halts_do_not_count():
    assert len(computed([34.0] * 4, [135.0] * 4, hours=0.4)) == 0
    assert len(computed([34.0] * 4, [135.0] * 4, hours=0.5)) == 1


def test_vessels_further_apart_than_the_reach_do_not_count():
    assert len(computed([34.0, 34.02, 34.04], [135.0] * 3)) == 0  # 2.2 km apart


def test_by_the_shore_any_time_counts_further_out_only_the_same_half_day():
    assert len(computed([34.0] * 3, [135.0] * 3, start_h=[0, 100, 200])) == 1
    together = {"lat": [34.0] * 5, "lon": [135.0] * 5, "shore_m": FAR}
    assert len(computed(**together, start_h=[0, 2, 4, 6, 8])) == 1
    assert len(computed(**together, start_h=[0, 100, 200, 300, 400])) == 0


def test_further_out_five_vessels_are_wanted():
    assert len(computed([34.0] * 4, [135.0] * 4, shore_m=FAR)) == 0
    assert len(computed([34.0] * 5, [135.0] * 5, shore_m=FAR)) == 1


def test_a_fleet_that_drifts_on_the_high_sea_is_no_anchorage():
    assert len(computed([34.0] * 40, [135.0] * 40, shore_m=OCEAN)) == 0


def test_order_of_stops_does_not_matter():
    rng = np.random.default_rng(1)
    lat, lon, mmsi = 34 + rng.normal(0, 0.02, 200), 135 + rng.normal(0, 0.02, 200), rng.integers(0, 40, 200)
    mix = rng.permutation(200)
    a, b = computed(lat, lon, mmsi), computed(lat[mix], lon[mix], mmsi[mix])
    assert len(a) > 3
    assert a.digest == b.digest
    assert a.citation == b.citation


def plain_company(lat, lon, mmsi, reach_m):
    n = len(lat)
    counts = []
    for i in range(n):
        _, _, metres = GEOD.inv(np.full(n, lon[i]), np.full(n, lat[i]), lon, lat)
        counts.append(len(set(np.asarray(mmsi)[metres <= reach_m].tolist())))
    return np.array(counts)


@pytest.mark.parametrize(("lat0", "lon0"), [(0.0, 0.0), (60.0, 179.999), (-70.0, -179.999), (34.0, 135.0)])
def test_counting_agrees_with_brute_force_also_over_the_date_line(lat0, lon0):
    rng = np.random.default_rng(2)
    lat = lat0 + rng.uniform(-0.02, 0.02, 60)
    lon = (lon0 + rng.uniform(-0.02, 0.02, 60) + 180) % 360 - 180
    mmsi = rng.integers(0, 30, 60)
    counts = plain_company(lat, lon, mmsi, 1000.0)
    for wanted in (2, 3, 5):
        found = computed(lat, lon, mmsi, params=AnchorageParams(near_vessels=wanted, radius_m=50.0, cell_m=1.0))
        expected = np.unique(np.column_stack([lat, lon])[counts >= wanted], axis=0)
        assert len(found) == len(expected)


def test_no_stops_and_missing_positions():
    assert len(computed([], [])) == 0
    assert len(computed([np.nan, 34, 34], [135, 135, 135])) == 0
    empty = no_anchorages()
    assert empty.origin == "none"
    assert not empty.mask(np.zeros(3), np.zeros(3)).any()
    assert np.isnan(empty.distance_m(np.zeros(3), np.zeros(3))).all()


def test_mask_is_distance_zero_and_distance_is_to_the_rim():
    rng = np.random.default_rng(3)
    lat, lon = 34 + rng.normal(0, 0.5, 80), 135 + rng.normal(0, 0.5, 80)
    discs = make_anchorages(lat, lon, rng.choice([300.0, 1000.0, 5000.0], 80), "imported:x", "x")
    at_lat, at_lon = 34 + rng.normal(0, 0.8, 500), 135 + rng.normal(0, 0.8, 500)
    n, m = len(at_lat), len(discs)
    _, _, metres = GEOD.inv(
        np.repeat(at_lon, m), np.repeat(at_lat, m), np.tile(discs.lon_deg, n), np.tile(discs.lat_deg, n)
    )
    rim = (metres.reshape(n, m) - discs.radius_m).min(axis=1)
    clear = np.abs(rim) > 20.0
    mask, got = discs.mask(at_lat, at_lon), discs.distance_m(at_lat, at_lon)
    assert (mask[clear] == (rim[clear] <= 0.0)).all()
    assert mask.any()
    assert (mask == (got == 0.0)).all()
    assert np.abs(got - np.maximum(rim, 0.0)).max() < 20.0


@pytest.mark.parametrize("lat", [0.0, 45.0, -84.0, 86.0, 89.99, 90.0, -90.0])
@pytest.mark.parametrize("lon", [-180.0, 0.0, 179.999])
def test_disc_is_whole_at_the_date_line_and_the_poles(lat, lon):
    discs = make_anchorages([lat], [lon], 3000.0, "imported:x", "x")
    turn = np.arange(0.0, 360.0, 15.0)
    for reach, inside in ((2950.0, True), (3050.0, False)):
        to_lon, to_lat, _ = GEOD.fwd(np.full(24, lon), np.full(24, lat), turn, np.full(24, reach))
        assert (discs.mask(to_lat, (to_lon + 180) % 360 - 180) == inside).all()


def test_missing_positions_are_in_no_anchorage():
    discs = make_anchorages([34.0], [135.0], 3000.0, "imported:x", "x")
    lat, lon = np.array([np.nan, 34.0, 95.0]), np.array([135.0, np.nan, 135.0])
    assert not discs.mask(lat, lon).any()
    assert np.isnan(discs.distance_m(lat, lon)).all()


def test_joined_sets_hold_both_and_cite_both():
    a = computed([34.0] * 3, [135.0] * 3)
    b = make_anchorages([20.0, 34.0], [120.0, 10.0], 500.0, "imported:gfw", "gfw: 2 of 2 rows")
    both = join(a, b)
    assert len(both) == 3
    assert both.origin == "computed+imported:gfw"
    assert both.mask(np.array([34.0, 20.0]), np.array([135.0, 120.0])).all()
    assert join(b, a).digest == both.digest
    assert both.digest in join(both, b).digest  # joining again adds nothing
    assert "gfw: 2 of 2 rows" in both.description
    assert both.digest[:16] in both.citation


@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 179.99)), min_size=1, max_size=20), st.floats(10, 50_000))
def test_every_disc_holds_its_own_middle(points, radius_m):
    lat, lon = np.array(points).T
    discs = make_anchorages(lat, lon, radius_m, "imported:x", "x")
    assert discs.mask(lat, lon).all()


@pytest.mark.parametrize(
    ("lat", "lon", "radius_m"),
    [([91.0], [0.0], 10.0), ([np.nan], [0.0], 10.0), ([0.0], [0.0], 0.0), ([0.0], [0.0], 1e6)],
)
def test_impossible_discs_are_refused(lat, lon, radius_m):
    with pytest.raises(InputError):
        make_anchorages(lat, lon, radius_m, "imported:x", "x")


@pytest.mark.parametrize(
    "wrong", [{"near_vessels": 0}, {"far_vessels": 64}, {"cell_m": 0.0}, {"radius_m": 1e6}, {"stop_min_s": -1.0},
              {"far_within_s": float("nan")}],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match="anchorages"):
        AnchorageParams(**wrong)


def test_list_in_the_form_of_global_fishing_watch():
    text = (
        b"s2id,latitude,longitude,label,sublabel,iso3\n356ec741,34.84,128.43,TONGYEONG,,KOR\nx,,,NOWHERE,,\ny,95,1,,,\n"
    )
    found = anchorages_from_csv(text, "gfw", radius_m=800.0)
    assert len(found) == 1
    assert found.origin == "imported:gfw"
    assert found.description == "gfw: 1 of 3 rows"
    assert found.radius_m.tolist() == [800.0]


def test_list_with_its_own_radii_and_other_names():
    found = anchorages_from_csv(b"Lon,Lat,radius_m\n1,2,250\n1,3,\n", "a")
    assert sorted(found.radius_m.tolist()) == [250.0, 1000.0]


def test_list_as_geojson():
    text = b"""{"type":"FeatureCollection","features":[
      {"type":"Feature","geometry":{"type":"Point","coordinates":[128.43,34.84]},"properties":{"radius_m":300}},
      {"type":"Feature","geometry":{"type":"Polygon","coordinates":[]},"properties":null}]}"""
    found = anchorages_from_geojson(text, "points")
    assert (len(found), found.radius_m[0], found.description) == (1, 300.0, "points: 1 of 2 rows")


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"a,b\n1,2\n", b"lat,lon\n", b"lat,lon\nx,y\n", b"lat\n1\n", b'lat,lon\n"1']
)
def test_csv_without_a_usable_row_is_refused(data):
    with pytest.raises(InputError):
        anchorages_from_csv(data, "list")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"features":[]}', b'{"features":[1,null,{"geometry":[]}]}', b"[" * 99_999]
)
def test_geojson_without_a_usable_point_is_refused(data):
    with pytest.raises(InputError):
        anchorages_from_geojson(data, "list")


@given(st.binary(max_size=80))
def test_any_bytes_give_a_list_or_the_declared_error(data):
    for reader in (anchorages_from_csv, anchorages_from_geojson):
        for head in (b"", b"lat,lon,radius_m\n"):
            try:
                assert len(reader(head + data, "x")) > 0
            except InputError:
                pass
