"""Rival claims: the table, the land of each feature, bands, outlines, answers and views."""

import csv
import io
import json
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.kernels import distance_m
from kizuna.places.claims import words
from kizuna.places.claims.answer import as_dict, claims_at
from kizuna.places.claims.bands import Bands, LandIndex
from kizuna.places.claims.export import as_geojson, declared_lines
from kizuna.places.claims.land import line_edges, load_land, share_out
from kizuna.places.claims.reach import ERROR_M, outline_at
from kizuna.places.claims.reading import FILES, load_claims, read_table, with_own
from kizuna.places.claims.table import RIGHTS, STANCES, ClaimTable, Feature, grid_id, grid_name
from kizuna.places.claims.viewpoint import NEUTRAL, Viewpoint, viewpoint
from kizuna.places.claims.zones import Wanted, claim_zones, parts
from kizuna.places.coast import Coast
from kizuna.places.geojson import zones_from_geojson
from kizuna.places.zone_index import ZoneIndex

NM = 1852.0
GEOD = pyproj.Geod(ellps="WGS84")
UOTSURI, OKINOTORI, YONAGUNI = "g2574n12347e", "g2042n13608e", "g2445n12299e"
LEXICON = (
    "senkaku", "diaoyu", "tiaoyu", "uotsuri", "okinotori", "oki-no-tori", "takeshima", "dokdo", "liancourt", "kuril",
    "northern territor", "etorofu", "iturup", "ieodo", "suyan", "socotra", "matsu", "mazu", "kinmen", "jinmen",
    "quemoy", "wuqiu", "dongsha", "pratas", "scarborough", "huangyan", "masinloc", "panatag", "paracel", "xisha",
    "hoang sa", "spratly", "nansha", "truong sa", "kalayaan", "zhongsha", "taiping", "itu aba", "mischief", "ayungin",
)  # fmt: skip


@pytest.fixture(scope="module")
def land():
    return load_land()


@pytest.fixture(scope="module")
def watched(land):
    return claim_zones(land, Wanted((12.0, 24.0)))


# ------------------------------------------------------------------ table


def test_packaged_table_is_whole_and_small():
    table = load_claims()
    assert {"CN", "JP", "KR", "PH", "RU", "TW", "VN"} <= set(table.parties)
    folder = files("kizuna.places") / "data" / "claims"
    assert sum(len((folder / f"{n}.csv").read_bytes()) for n in FILES) < 300_000
    for row in table.rows():
        assert row.source and row.checked in ("text", "no")
        assert "memory" not in row.source or row.checked == "no", row
        assert "no text read" not in row.source or row.checked == "no", row
    for right in ("territorial_sea", "eez"):
        for party in ("CN", "JP", "KR", "PH", "RU", "TW", "VN"):
            assert any(c.subject == "*" and c.claimant == party and c.right == right for c in table.claims)


def test_rows_name_no_disputed_feature_outside_the_names():
    table = load_claims()
    for row in (*table.rows(), *table.groups.values()):
        text = " ".join(str(getattr(row, f, "")) for f in ("basis", "ground", "instrument", "source", "note")).lower()
        assert not [w for w in LEXICON if w in text], row


@pytest.mark.big
def test_claimants_are_those_of_the_reference_islands(land):
    path = Path(__file__).parents[2].parent / "shared" / "data" / "geo" / "east_asia_islands.csv"
    if not path.exists():
        pytest.skip("reference table of islands is not here")
    differ = {}
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    for row in rows:
        if "(" in row["claimed_by"]:
            continue
        lat, lon = float(row["lat"]), float(row["lon"])
        said, ours = set(row["claimed_by"].split(";")), set(owners_of(land, lat, lon))
        if said != ours:
            differ[row["name"]] = (sorted(ours - said), sorted(said - ours))
    assert len(rows) > 60
    assert differ == {
        "Takeshima/Dokdo": (["KP"], []),  # the reference leaves one claimant out
        "Mischief Reef (built-up)": ([], ["PH"]),  # claimed as part of its economic zone, not as land
    }


def owners_of(land, lat, lon):
    """Claimants of the nearest coast to a place, by the middle of edges."""
    middle = 0.5 * (land.edges[:, :2] + land.edges[:, 2:])
    near = np.argmin(np.hypot((middle[:, 0] - lon) * np.cos(np.radians(lat)), middle[:, 1] - lat))
    return land.table.sovereigns(land.features[land.feature[near]])


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("claims", ",JP,eez,200", ",JP,eez,900", "limit_nm"),
        ("claims", ",JP,eez,200", ",XX,eez,200", "party"),
        ("claims", ",JP,eez,200", ",JP,fishing,200", "right"),
        ("features", "f2574n12347e", "f2575n12347e", "not that of its point"),
        ("features", "f2574n12347e,g2574n12347e", "f2574n12347e,g0000n00000e", "no group"),
        ("stances", ",objects,", ",dislikes,", "stance"),
        ("groups", ",yes,", ",maybe,", "watch"),
        ("shapes", "adiz-tw,area", "adiz-tw,blob", "kind"),
        ("parties", "JP,", "jp,", "party"),
    ],
)
def test_wrong_row_is_refused_by_name(name, old, new, says):
    folder = files("kizuna.places") / "data" / "claims"
    data = {n: (folder / f"{n}.csv").read_bytes() for n in FILES}
    assert old.encode() in data[name]
    data[name] = data[name].replace(old.encode(), new.encode(), 1)
    with pytest.raises(InputError, match=says):
        read_table(data)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_cell_holds_its_point(lat, lon):
    name = grid_id(lat, lon)
    south, west = int(name[1:5]) / 100, int(name[6:11]) / 100
    assert south <= abs(lat) + 1e-7 and abs(lat) < south + 0.01 + 1e-7
    assert west <= abs(lon) + 1e-7 and abs(lon) < west + 0.01 + 1e-7
    assert name[5] == ("s" if lat < 0 else "n") and name[11] == ("w" if lon < 0 else "e")


def test_own_rows_rename_add_and_remove():
    table = load_claims()
    own = with_own(
        table,
        """
        [parties.JP]
        en = "Nihon"
        [parties.XX]
        en = "Nowhere"
        [watch]
        g2445n12299e = true
        [[claims]]
        subject = "g2445n12299e"
        claimant = "XX"
        right = "sovereignty"
        source = "test"
        checked = "no"
        [[stances]]
        subject = "g2042n13608e"
        claimant = "JP"
        right = "eez"
        party = "TW"
        remove = true
        [[stances]]
        subject = "g2445n12299e"
        claimant = "XX"
        party = "JP"
        stance = "objects"
        ground = "never"
        source = "test"
        checked = "no"
        """,
    )
    assert own.parties["JP"].name("en") == "Nihon" and own.parties["JP"].name("ja") == "日本"
    feature = own.members(YONAGUNI)[0]
    assert own.sovereigns(feature) == ["JP", "XX"] and own.disputed(YONAGUNI) and not table.disputed(YONAGUNI)
    assert own.groups[YONAGUNI].watch and not table.groups[YONAGUNI].watch
    objectors = {s.party for s in own.stances if s.subject == OKINOTORI}
    assert objectors == {"CN", "KR"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = ", "not TOML"),
        ("[people]\n", "unknown section"),
        ('[[claims]]\nsubject="*"\nclaimant="JP"\nright="eez"\nlimit_nm=999', "limit_nm"),
        ('[[claims]]\nsubject="*"\nclaimant="QQ"\nright="eez"\nlimit_nm=9\nsource="s"\nchecked="no"', "no party"),
        ('[[claims]]\nwho="JP"', "unknown key"),
        ("[watch]\nnowhere = true", "watch"),
        ('[parties.JP]\nklingon = "tlh"', "language"),
        ("parties = 3", "has no attribute"),
    ],
)
def test_wrong_own_rows_are_refused(text, says):
    with pytest.raises(ConfigError, match=says):
        with_own(load_claims(), text)


# ------------------------------------------------------------------ land and bands


@pytest.mark.big
def test_every_edge_has_one_owner_and_all_land_is_claimed_by_a_party(land):
    assert len(land.edges) == len(land.feature) and land.feature.min() >= 0
    for number, feature in enumerate(land.features):
        has = bool((land.feature == number).any())
        assert has == (feature.kind not in ("submerged", "low_tide", "area")), feature


@pytest.mark.big
@pytest.mark.parametrize(
    ("lat", "lon", "owners"),
    [
        (35.68, 140.85, {"JP"}),  # Honshu
        (24.34, 124.15, {"JP"}),  # Ishigaki
        (35.15, 129.15, {"KR"}),  # Busan
        (34.60, 129.30, {"JP"}),  # Tsushima
        (45.51, 141.94, {"JP"}), (45.90, 142.08, {"RU"}),  # across the Soya Strait
        (43.38, 145.80, {"JP"}), (43.42, 145.92, {"JP", "RU"}), (44.02, 145.20, {"JP"}), (44.03, 145.85, {"JP", "RU"}),
        (45.92, 149.9, {"RU"}),
        (24.60, 121.87, {"CN", "TW"}), (23.57, 119.60, {"CN", "TW"}), (24.44, 118.38, {"CN", "TW"}),
        (24.45, 118.10, {"CN"}), (26.15, 119.93, {"CN", "TW"}), (20.45, 121.97, {"PH"}), (18.50, 120.60, {"PH"}),
        (18.20, 109.50, {"CN"}), (16.10, 108.25, {"VN"}), (39.70, 125.00, {"KP"}), (37.95, 124.67, {"KR"}),
        (40.80, 129.72, {"KP"}), (42.70, 131.30, {"RU"}), (37.48, 130.90, {"KR"}), (38.10, 124.90, {"KP"}),
    ],
)  # fmt: skip
def test_coast_belongs_to_the_parties_that_claim_it(land, lat, lon, owners):
    assert set(owners_of(land, lat, lon)) == owners


@pytest.mark.big
def test_vessel_north_of_the_first_feature_is_within_12_nm_of_three_claimants(land):
    bands = Bands.build(land)
    assert bands.claimants_within([25.90], [123.474], 12.0) == [("CN", "JP", "TW")]
    assert bands.claimants_within([25.90], [123.474], 6.0) == [()]  # 6.2 nm from the declared line of one, 8 from land
    got = bands.distances([25.90, np.nan], [123.474, 123.0])
    assert got["JP"].metres[0] == got["TW"].metres[0] == pytest.approx(8.0 * NM, abs=400)
    assert got["CN"].metres[0] < got["JP"].metres[0]  # measured from declared straight baselines as well
    assert np.isnan(got["JP"].metres[1]) and got["JP"].feature[1] == -1
    assert got["JP"].to_line_m(12.0)[0] == pytest.approx(12 * NM - got["JP"].metres[0])


@pytest.mark.big
def test_distance_on_claimed_land_is_nought_and_on_anothers_is_not(land):
    bands = Bands.build(land, ("JP", "TW"), "eez")
    got = bands.distances([23.9, 26.5], [121.0, 127.95])  # inland Taiwan, Okinawa
    assert got["TW"].metres[0] == 0.0 and got["JP"].metres[0] > 100 * NM
    assert got["JP"].metres[1] == 0.0


@pytest.mark.big
def test_land_that_a_row_keeps_out_is_not_measured_from(land):
    taiwan = Bands.build(land, ("TW",)).by_claimant["TW"]
    groups = {f.group for f in taiwan.features}
    assert "g2375n12100e" in groups and "g2444n11833e" not in groups and "g2615n11992e" not in groups
    china = Bands.build(land, ("CN",)).by_claimant["CN"]
    assert "g2444n11833e" in {f.group for f in china.features}


@pytest.mark.big
def test_unknown_party_or_right_is_refused(land):
    with pytest.raises(InputError, match="no party"):
        Bands.build(land, ("ZZ",))
    with pytest.raises(InputError, match="no breadth"):
        Bands.build(land, ("JP",), "sovereignty")
    with pytest.raises(InputError, match="no claim has a limit"):
        claim_zones(land, Wanted((13.0,)))
    with pytest.raises(InputError, match="no party"):
        claim_zones(land, Wanted((12.0,), ("ZZ",)))


@pytest.mark.big
@settings(max_examples=40, deadline=None)
@given(st.floats(24.9, 26.7), st.floats(122.5, 125.5))
def test_band_distance_is_the_geodesic_to_the_nearest_corner_or_edge(lat, lon):
    land = load_land()
    index = Bands.build(land, ("JP",)).by_claimant["JP"]
    only = LandIndex.build(land, "JP", land.table.members(UOTSURI), "territorial_sea")
    got = float(only.distances([lat], [lon]).metres[0])
    edges = only.edges
    walk = np.vstack([edges[:, :2] + (edges[:, 2:] - edges[:, :2]) * k / 8 for k in range(9)])
    true = GEOD.inv(np.full(len(walk), lon), np.full(len(walk), lat), walk[:, 0], walk[:, 1])[2].min()
    assert got == 0.0 or got == pytest.approx(true, abs=60)  # corners every eighth of an edge
    assert got == 0.0 or got <= true + 2.0
    assert float(index.distances([lat], [lon]).metres[0]) <= got + 1.0


# ------------------------------------------------------------------ outlines


def geodesic_error(polygons, edges, limit_m):
    """Least and greatest distance of points along an outline from the edges, minus the limit, by pyproj."""
    rims = [shapely.get_coordinates(shapely.segmentize(shapely.LineString(r), 0.01)) for p in polygons for r in p]
    points = np.vstack(rims)[::3]
    walk = np.vstack([edges[:, :2] + (edges[:, 2:] - edges[:, :2]) * k / 4 for k in range(5)])
    worst = []
    for lon, lat in points.tolist():
        rough = np.hypot((walk[:, 0] - lon + 180) % 360 - 180, walk[:, 1] - lat)
        near = walk[np.argsort(rough * 1.0)[:60]]
        many = np.full(len(near), 1.0)
        worst.append(GEOD.inv(many * lon, many * lat, near[:, 0], near[:, 1])[2].min() - limit_m)
    return min(worst), max(worst)


def nowhere(lat, _lon):
    return np.zeros(len(lat), np.bool_)


def measured(edges):
    from kizuna.places.grids.edge_tree import build_tree

    tree = build_tree(edges)
    return lambda lat, lon: np.nan_to_num(tree.distance_m(lat, lon).astype(float), nan=np.inf)


def ring_edges(lat, lon, radius_deg, corners=40):
    turn = np.linspace(0, 2 * np.pi, corners + 1)
    wide = radius_deg / np.cos(np.radians(lat))
    ring = np.column_stack([lon + wide * np.cos(turn), lat + radius_deg * np.sin(turn)])
    return np.hstack([ring[:-1], ring[1:]])


@pytest.mark.big
@settings(max_examples=12, deadline=None)
@given(st.floats(-65, 65), st.floats(-180, 179.9), st.sampled_from([12.0, 24.0, 200.0]), st.floats(0.001, 0.03))
def test_outline_is_at_its_distance_by_geodesics(lat, lon, limit_nm, radius_deg):
    edges = ring_edges(lat, lon, radius_deg)
    polygons = outline_at(edges, limit_nm * NM, measured(edges), nowhere)
    low, high = geodesic_error(polygons, edges, limit_nm * NM)
    assert -ERROR_M <= low and high <= ERROR_M
    assert ERROR_M <= 30.0
    assert len(polygons) == 1 and len(polygons[0]) == 1  # no hole over the small island


@pytest.mark.big
def test_outline_of_a_real_coast_is_at_its_distance(land, watched):
    zones = {z.zone_id: z for z in watched}
    for zone_id in (f"claim-12nm-{UOTSURI}-jp", f"claim-12nm-{UOTSURI}-cn", "claim-12nm-g1683n11233e-vn"):
        zone = zones[zone_id]
        part = next(p for p in parts(land.table, Wanted()) if p.zone_id == zone_id)
        edges = LandIndex.build(land, part.claimant, part.features, part.claim.right).edges
        low, high = geodesic_error([list(zone.rings)], edges, 12 * NM)
        assert -ERROR_M <= low and high <= ERROR_M + 30  # nearest of points on edges, at most some 150 m apart


@pytest.mark.big
def test_open_water_inside_a_ring_of_islands_stays_out():
    atoll = np.vstack([ring_edges(10 + 0.6 * np.sin(t), 120 + 0.6 * np.cos(t), 0.005)
                       for t in np.linspace(0, 2 * np.pi, 24, endpoint=False)])  # fmt: skip
    polygons = outline_at(atoll, 12 * NM, measured(atoll), nowhere)
    assert len(polygons) == 1 and len(polygons[0]) == 2
    hole = shapely.Polygon(polygons[0][1])
    assert hole.contains(shapely.Point(120, 10))
    filled = outline_at(atoll, 12 * NM, measured(atoll), lambda lat, _lon: np.ones(len(lat), np.bool_))
    assert len(filled[0]) == 1  # over land a hole means nothing


@pytest.mark.big
def test_zone_over_180_degrees():
    edges = ring_edges(-16.8, 179.98, 0.02)
    polygons = outline_at(edges, 24 * NM, measured(edges), nowhere)
    from kizuna.places.zone import make_zone

    zone = make_zone(polygons, zone_id="seam")
    index = ZoneIndex.build([zone])
    lon = np.array([179.7, -179.9, -179.75, -179.5, 179.4])
    expected = GEOD.inv(np.full(5, 179.98), np.full(5, -16.8), lon, np.full(5, -16.8))[2] < 24 * NM + 2000
    assert index.contains("seam", np.full(5, -16.8), lon).tolist() == expected.tolist() == [True] * 3 + [False] * 2
    low, high = geodesic_error(polygons, edges, 24 * NM)
    assert -ERROR_M <= low and high <= ERROR_M


def test_nothing_gives_no_outline():
    assert outline_at(np.empty((0, 4)), 1000.0, nowhere, nowhere) == []


# ------------------------------------------------------------------ zones


@pytest.mark.big
def test_rivals_over_one_water_have_a_zone_each(watched):
    index = ZoneIndex.build(watched)
    _, numbers = index.memberships([25.90], [123.474])
    inside = {watched[k].zone_id for k in numbers}
    assert inside == {f"claim-{nm}nm-{UOTSURI}-{p}" for nm in (12, 24) for p in ("cn", "jp", "tw")}
    assert all(z.basis.startswith("computed") and z.attributes["label"] == "computed" for z in watched)
    assert not any("official" in (z.name + z.basis).lower() for z in watched)


@pytest.mark.big
def test_default_watch_is_the_territorial_sea_of_marked_features_only(land):
    found = parts(land.table, Wanted())
    assert {p.claim.right for p in found} == {"territorial_sea"} and {p.claim.limit_nm for p in found} == {12.0}
    assert all(land.table.groups[p.group].watch and land.table.disputed(p.group) for p in found)
    assert len(found) < 40


@pytest.mark.big
def test_zone_and_band_agree_on_membership(land, watched):
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(24.9, 26.8, 4000), rng.uniform(122.5, 125.5, 4000)
    index = ZoneIndex.build(watched)
    for party in ("jp", "cn"):
        band = LandIndex.build(land, party.upper(), land.table.members(UOTSURI), "territorial_sea")
        metres = band.distances(lat, lon).metres
        inside = index.contains(f"claim-12nm-{UOTSURI}-{party}", lat, lon)
        sure = np.abs(np.nan_to_num(metres, nan=1e9) - 12 * NM) > ERROR_M
        assert (inside[sure] == (metres[sure] <= 12 * NM)).all()
        assert inside.sum() > 100


@pytest.mark.big
def test_vessel_in_the_contiguous_zone_but_not_in_the_territorial_sea(land):
    zones = claim_zones(land, Wanted((12.0, 24.0), ("TW",), only_watched=False, box=(121.9, 23.5, 122.2, 24.1)))
    index = ZoneIndex.build(zones)
    _, numbers = index.memberships([23.80], [121.95])  # some 18 nm east of the main island
    assert [zones[k].zone_id for k in numbers] == ["claim-24nm-g2375n12100e-tw"]


@pytest.mark.big
def test_zones_of_200_nm_from_two_rocks(land):
    (zone,) = claim_zones(land, Wanted((200.0,), box=(135.0, 19.0, 137.0, 21.0)))
    assert zone.claimant == "JP" and zone.attributes["objections"] == "CN;KR;TW"
    index = ZoneIndex.build([zone])
    lat, lon = [20.425, 17.2, 16.9], [139.55, 136.08, 136.08]
    true = np.array(GEOD.inv([136.08] * 3, [20.4255] * 3, lon, lat)[2]) <= 200 * NM
    assert index.contains(0, lat, lon).tolist() == true.tolist() == [True, True, False]


@pytest.mark.big
def test_only_zones_near_the_box(land):
    near = claim_zones(land, Wanted(box=(123.0, 25.0, 124.0, 26.0)))
    assert {z.attributes["group"] for z in near} == {UOTSURI}
    assert claim_zones(land, Wanted(box=(10.0, 50.0, 20.0, 55.0))) == []
    assert {z.claimant for z in claim_zones(land, Wanted(claimants=("VN",)))} == {"VN"}


@pytest.mark.big
def test_view_changes_names_and_no_geometry(land):
    wanted = Wanted(box=(123.0, 25.0, 124.0, 26.0))
    plain = claim_zones(land, wanted)
    for view in (Viewpoint("JP", "ja"), Viewpoint("CN"), Viewpoint("TW", "zh-Hant")):
        other = claim_zones(land, wanted, view)
        assert [(z.zone_id, z.outline_digest, z.claimant) for z in other] == [
            (z.zone_id, z.outline_digest, z.claimant) for z in plain
        ]
        assert {z.attributes["claim_view"] for z in other} == {view.party}
    names = {v.party: claim_zones(land, wanted, v)[0].name for v in (Viewpoint("JP", "ja"), Viewpoint("CN"), NEUTRAL)}
    assert "尖閣諸島" in names["JP"] and "Diaoyu Dao" in names["CN"] and "25.74N 123.47E" in names[""]


@pytest.mark.big
def test_geojson_is_marked_turned_and_complete(watched):
    made = json.loads(json.dumps(as_geojson(watched)))
    assert len(made["features"]) == len(watched) and made["label"] == "computed"
    for feature in made["features"]:
        assert feature["properties"]["label"] == "computed" and feature["properties"]["claimant"]
        polygons = feature["geometry"]["coordinates"]
        polygons = [polygons] if feature["geometry"]["type"] == "Polygon" else polygons
        for shell, *holes in polygons:
            assert shapely.LinearRing(shell).is_ccw and not any(shapely.LinearRing(h).is_ccw for h in holes)
    lines = declared_lines(load_claims())
    assert {f["properties"]["label"] for f in lines} == {"declared"} and len({f["id"] for f in lines}) == len(lines)
    assert {f["properties"]["kind"] for f in lines} == {"baseline", "air_defence", "other"}
    text = json.dumps([made, lines], ensure_ascii=False).lower()
    assert not [w for w in LEXICON if w in text]


@pytest.mark.big
def test_zones_read_from_the_file_are_the_zones_written(land):
    wanted = Wanted(box=(123.0, 25.0, 124.0, 26.0))
    made = claim_zones(land, wanted, Viewpoint("TW"))
    back = zones_from_geojson(json.dumps(as_geojson(made)))
    for zone, other in zip(made, back, strict=True):
        for key in ("zone_id", "name", "kind", "claimant", "basis"):
            assert getattr(zone, key) == getattr(other, key)
        assert {k: other.attributes[k] for k in ("claim_view", "line_error_m", "label")} == {
            "claim_view": "TW", "line_error_m": "20", "label": "computed"
        }  # fmt: skip
        assert zone.area().symmetric_difference(other.area()).area < 1e-5 * zone.area().area


# ------------------------------------------------------------------ answers and views


@pytest.mark.big
def test_rivals_at_one_place_each_with_basis_and_objections(land):
    answer = claims_at(land, 25.90, 123.474)
    seas = [e for e in answer.entries if e.claim.right == "territorial_sea"]
    assert [e.claim.claimant for e in seas] == ["CN", "JP", "TW"] and all(e.main for e in seas)
    objectors = {e.claim.claimant: {s.party for s in e.stances if s.stance == "objects"} for e in seas}
    assert objectors == {"CN": {"JP", "TW"}, "JP": {"CN", "TW"}, "TW": {"CN", "JP"}}
    assert all(e.inside_m == pytest.approx(12 * NM - e.distance_m) for e in seas)
    assert answer.claimants("territorial_sea") == ("CN", "JP", "TW")


@pytest.mark.big
def test_claimant_of_200_nm_and_those_who_object(land):
    answer = claims_at(land, 20.0, 137.5)
    (entry,) = answer.entries
    assert (entry.claim.claimant, entry.claim.right, entry.claim.limit_nm) == ("JP", "eez", 200.0)
    assert {s.party: s.stance for s in entry.stances} == {"CN": "objects", "KR": "objects", "TW": "objects"}


@pytest.mark.big
def test_air_defence_lines_around_one_island(land):
    west, east, far = (claims_at(land, 24.45, lon) for lon in (122.85, 123.2, 122.6))
    air = [{(e.claim.claimant, e.claim.right) for e in a.entries if e.claim.right == "air_defence"}
           for a in (west, east, far)]  # fmt: skip
    assert air[0] == {("JP", "air_defence"), ("TW", "air_defence")}  # west of 123 E, within 14 nm of the island
    assert ("TW", "air_defence") not in air[1] and ("JP", "air_defence") in air[1]
    assert air[2] == {("TW", "air_defence")}
    (own,) = [e for e in west.entries if e.claim.right == "air_defence" and e.claim.claimant == "JP"]
    assert own.claim.date == "2010-06-25" and [s.party for s in own.stances] == ["TW"]


@pytest.mark.big
def test_former_air_defence_line_ran_through_the_island(land):
    edges = land.edges_of(tuple(land.table.members(YONAGUNI)))
    line = land.table.shapes["adiz-123e"].points
    assert edges[:, 0].min() < 123.0 < edges[:, 0].max() and set(line[:, 0]) == {123.0}
    assert line[:, 1].min() < edges[:, 1].min() and line[:, 1].max() > edges[:, 1].max()


@pytest.mark.big
def test_rock_below_water_has_no_zone_but_two_who_speak_of_it(land):
    answer = claims_at(land, 32.12, 125.18)
    assert {e.claim.claimant for e in answer.entries if e.claim.right == "jurisdiction"} == {"CN", "KR"}
    assert not [e for e in answer.entries if e.claim.right == "territorial_sea"]


@pytest.mark.big
def test_place_that_nobody_in_the_table_claims(land):
    for lat, lon in ((15.0, 150.0), (-20.0, -150.0), (0.0, 180.0)):
        assert claims_at(land, lat, lon).entries == ()
    with pytest.raises(InputError, match="no such place"):
        claims_at(land, 95.0, 0.0)


@pytest.mark.big
def test_place_ashore_names_who_claims_the_land(land):
    answer = claims_at(land, 25.7445, 123.4750)
    assert answer.on_land and answer.claimants("sovereignty") == ("CN", "JP", "TW")
    assert claims_at(land, 25.7445, 123.4750, Viewpoint("TW")).claimants("sovereignty") == ("TW", "CN", "JP")


@pytest.mark.big
def test_neutral_answers_hold_no_partys_name_for_a_disputed_feature(land):
    table = land.table
    own = {n.name.lower() for n in table.names if n.party and n.subject not in ("g2375n12100e", "f2375n12100e")
           and table.disputed(n.subject if n.subject in table.groups else table.features[n.subject].group)}  # fmt: skip
    for feature in table.features.values():
        for language in ("en", "ja", "zh-Hant"):
            text = json.dumps(
                as_dict(claims_at(land, feature.lat_deg, feature.lon_deg, Viewpoint("", language)), table),
                ensure_ascii=False,
            ).lower()
            assert not [w for w in (*LEXICON, *own) if w in text]


@pytest.mark.big
def test_a_partys_view_uses_its_own_names_and_no_rivals(land):
    table = land.table
    assert viewpoint(table, "jp", "ja").name_of(table, UOTSURI) == "尖閣諸島"
    assert viewpoint(table, "TW", "zh-Hant").name_of(table, UOTSURI) == "釣魚臺列嶼"
    assert viewpoint(table, "CN", "ja").name_of(table, UOTSURI) == "钓鱼岛及其附属岛屿"  # its own language
    assert viewpoint(table, "VN", "en").name_of(table, UOTSURI) == "features around 25.74N 123.47E"  # has no name
    assert viewpoint(table, "neutral").name_of(table, YONAGUNI) == "Yonaguni"  # not disputed
    with pytest.raises(InputError, match="no viewpoint"):
        viewpoint(table, "ZZ")
    with pytest.raises(InputError, match="no texts in 'xx'"):
        viewpoint(table, "JP", "xx")


@given(st.lists(st.sampled_from(["CN", "JP", "KR", "TW", "VN"]), max_size=6), st.sampled_from(["", "TW", "JP"]))
def test_claimants_stand_in_order_of_id_with_the_viewer_first(parties, viewer):
    order = Viewpoint(viewer).in_order(parties)
    assert sorted(order) == sorted(set(parties))
    if viewer in order:
        assert order[0] == viewer
        order = order[1:]
    assert order == sorted(order)


@pytest.mark.big
@settings(max_examples=8, deadline=None)
@given(st.floats(18, 30), st.floats(118, 140), st.sampled_from(["JP", "TW", "CN"]))
def test_views_agree_on_what_is_claimed(lat, lon, party):
    land = load_land()

    def facts(view):
        entries = claims_at(land, lat, lon, view).entries
        return {(e.claim, e.feature, round(e.distance_m, 3) if e.distance_m == e.distance_m else None) for e in entries}

    assert facts(NEUTRAL) == facts(Viewpoint(party, "ja"))


# ------------------------------------------------------------------ a small world of its own


def tiny(*sovereigns):
    """One island at 10 N, 150 E claimed by parties who each measure 12 nm from it."""
    table = load_claims()
    feature = Feature(grid_id(10, 150), "g1000n15000e", "island", 10.0, 150.0, 5.0, 1000.0, "", "test", "no")
    rows = [c for c in table.claims if c.subject == "*"]
    one = next(c for c in table.claims if c.right == "sovereignty")
    rows += [replace(one, subject="g1000n15000e", claimant=p) for p in sovereigns]
    group = replace(next(iter(table.groups.values())), group="g1000n15000e", lat_deg=10.0, lon_deg=150.0, watch=True)
    made = ClaimTable(table.parties, {group.group: group}, {feature.feature: feature}, tuple(rows), (), (), {})
    return share_out(made, Coast((), "0" * 64))


def test_island_that_the_coast_lacks_is_a_circle():
    land = tiny("JP")
    assert len(land.edges) == 48
    (zone,) = claim_zones(land, Wanted())
    area = zone.area()
    west, south, east, north = area.bounds
    assert (north - south) * 110_600 == pytest.approx(2 * (12 * NM + 1000), rel=0.001)
    assert as_dict(claims_at(land, 10.1, 150.0), land.table)["claims"][0]["claimant"] == "JP"


def test_each_further_claimant_adds_a_zone_and_changes_no_other():
    one, two = (claim_zones(tiny(*p), Wanted()) for p in (("JP",), ("JP", "TW")))
    assert [z.claimant for z in two] == ["JP", "TW"]
    assert one[0].outline_digest == two[0].outline_digest == two[1].outline_digest
    assert tiny("JP", "TW").table.disputed("g1000n15000e") and not tiny("JP").table.disputed("g1000n15000e")


def test_declared_line_is_divided_along_itself():
    edges = line_edges(load_claims().shapes["baseline-cn-2012-west"])
    assert (edges[1:, :2] == edges[:-1, 2:]).all() and (edges[0, :2] == edges[-1, 2:]).all()
    assert np.abs(edges[:, 2:] - edges[:, :2]).max() <= 0.02 + 1e-9


def test_cell_is_cut_off_and_not_rounded():
    assert grid_name(25.7445, 123.475) == "25.74N 123.47E" and grid_name(-0.009, -179.999) == "0.00S 179.99W"


def test_every_column_is_in_the_reference_page():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "claims-table.md").read_text(encoding="utf-8")
    folder = files("kizuna.places") / "data" / "claims"
    for name in FILES:
        part = page.split(f"## {name}\n")[1].split("\n## ")[0]
        for column in (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(","):
            assert f"`{column}`" in part, f"{name}.{column}"


def test_every_right_and_stance_of_the_table_is_said_in_each_language_of_ours():
    for word in (*RIGHTS, *STANCES, "computed"):
        for language in ("ja", "zh-Hant"):
            told = words.said(word, language)
            assert told != words.said(word, "en") and not told.isascii(), (word, language)
    assert words.said("territorial_sea", "en") == "territorial sea"
    assert words.said("an act that nobody put in the table", "ja") == "an act that nobody put in the table"


def test_translated_sentences_have_the_blanks_of_the_english_ones():
    for english, others in words.WORDS.items():
        blanks = sorted(re.findall(r"\{.*?\}", english))
        assert all(sorted(re.findall(r"\{.*?\}", text)) == blanks for text in others), english
