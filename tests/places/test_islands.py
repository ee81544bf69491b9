import csv
import gzip
import json
from importlib.resources import files

import numpy as np
import pytest
import shapely
from places.make import box

from kizuna.base.errors import InputError
from kizuna.places.coast import Coast
from kizuna.places.island_table import COLUMNS, Island, read_islands
from kizuna.places.islands import bind, load_islands, nearest_island
from kizuna.places.outline import outline, ring_from

TABLE = (files("kizuna.places") / "data" / "islands.csv").read_bytes()


def island(name, lat, lon, radius_m=1000.0, kind="island"):
    return Island(name, "", lat, lon, radius_m, kind, "test")


def land(*boxes):
    rings, _ = outline([[ring_from(b)] for b in boxes])
    return Coast(rings, "made")


def test_nearest_is_by_shore_not_by_middle():
    found = bind(
        [island("large", 20.5, 120.0), island("small", 20.5, 121.6)],
        land(box(119, 20, 121, 21), box(121.59, 20.49, 121.61, 20.51)),
    ).nearest(np.array([20.5, 20.5, 20.5, np.nan]), np.array([121.2, 121.5, 120.0, 0.0]))
    assert found.names() == ["large", "small", "large", ""]
    assert found.distance_m[2] == 0.0
    assert found.distance_m[0] == pytest.approx(0.2 * 104_300, rel=0.01)
    assert np.isnan(found.distance_m[3])


def test_island_without_outline_is_its_point():
    found = bind([island("rock", 25.0, 125.0)], land(box(119, 20, 121, 21)))
    assert found.nearest(np.array([25.0]), np.array([125.1])).distance_m[0] == pytest.approx(10_089, rel=0.01)


def test_shoals_are_no_islands():
    found = bind([island("rock", 25.0, 125.0), island("shoal", 26.0, 125.0, kind="reef")], land(box(0, 0, 1, 1)))
    assert [i.name for i in found.islands] == ["rock"]
    assert [i.name for i in found.shoals] == ["shoal"]
    assert found.nearest(np.array([26.0]), np.array([125.0])).names() == ["rock"]


def test_packaged_table_keeps_its_rules():
    rows = read_islands(TABLE)
    assert len({r.name for r in rows}) == len(rows)
    assert len(rows) >= 200
    names = " ".join(r.name for r in rows)
    for wanted in ("Taisho-to", "Okinotorishima", "Mianhua", "Pratas", "Dokdo", "Nakanokamishima", "Scarborough",
                   "Mischief", "Socotra", "Minamitorishima", "Tobise", "Okino-Kitaiwa", "Kogaja", "Pengjia",
                   "Dongyin", "Lieyu", "Nishinoshima", "Sofu-iwa"):  # fmt: skip
        assert wanted in names, wanted
    assert not next(r for r in rows if r.name.startswith("Socotra")).is_land
    text = TABLE.decode().lower()
    for word in ("claim", "sovereign", "belongs", "administ", "occup", "territor"):  # it says where, not whose
        assert word not in text, word


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,,x,1,5,island,s", "no number"), ("a,,91,1,5,island,s", "range"), ("a,,1,180,5,island,s", "range"),
        ("a,,1,1,0,island,s", "range"), ("a,,1,1,5,hill,s", "range"), (",,1,1,5,island,s", "range"),
        ("a,,1,1,5,island,", "range"), ("a,,1", "no number"),
    ],
)  # fmt: skip
def test_row_that_breaks_a_rule_is_named(row, message):
    with pytest.raises(InputError, match=message) as caught:
        read_islands((",".join(COLUMNS) + "\nok,,1,1,5,island,s\n" + row + "\n").encode())
    assert "line 3" in str(caught.value)


def test_other_columns_are_refused():
    with pytest.raises(InputError, match="columns"):
        read_islands(b"name,lat,lon\na,1,1\n")


@pytest.mark.big
def test_named_islands_are_found_where_the_reference_table_has_them(shared):
    aliases = {"Shimoji/Irabu": "Irabu", "Danjo (Meshima)": "Meshima", "Wuqiu (Daqiu)": "Daqiu (Wuqiu)",
               "Nangan (Matsu)": "Nangan", "Penghu (Magong)": "Penghu", "Socotra Rock (Ieodo/Suyan)": "Marado",
               "Takeshima/Dokdo": "Dokdo", "Turtle Island (Guishan)": "Guishan"}  # fmt: skip
    for row in csv.DictReader((shared / "geo" / "east_asia_islands.csv").read_text(encoding="utf-8").splitlines()):
        found, metres = nearest_island(float(row["lat"]), float(row["lon"]))
        wanted = aliases.get(row["name"], row["name"].split(" (")[0].split("/")[0])
        words = wanted.replace("-jima", "").split(" I.")[0].split(" Islet")[0].split(" (")[0]
        assert words.lower() in found.name.lower(), (row["name"], found.name, metres)


@pytest.mark.big
def test_every_land_row_lies_on_or_beside_its_outline():
    table = load_islands()
    lat, lon = (np.array([getattr(i, k) for i in table.islands]) for k in ("lat_deg", "lon_deg"))
    found = table.nearest(lat, lon)
    radius = np.array([i.radius_m for i in table.islands])
    own = found.index == np.arange(len(table.islands))
    assert (found.distance_m <= np.minimum(radius, 20_000.0) + 520.0).all()
    assert own.mean() > 0.97, [table.islands[k].name for k in np.flatnonzero(~own)]


@pytest.mark.big
@pytest.mark.slow
def test_positions_that_cite_gshhg_lie_near_its_shapes(shared):
    document = json.loads(gzip.decompress((shared / "geo" / "gshhg_2.3.7_full_eastasia.geojson.gz").read_bytes()))
    shapes = [shapely.geometry.shape(f["geometry"]) for f in document["features"]]
    tree = shapely.STRtree(shapes)
    checked = 0
    for row in read_islands(TABLE):
        if "GSHHG has a shape" in row.source:
            _, gap = tree.query_nearest(shapely.Point(row.lon_deg, row.lat_deg), return_distance=True)
            assert gap[0] * 111.3 < 1.7, row.name
            checked += 1
    assert checked >= 40
