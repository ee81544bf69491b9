"""Ports: the packaged table, the points made of anchorages and ports, and which of them is nearest."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from kizuna.base.errors import InputError
from kizuna.places.anchorage_lists import anchorages_from_csv
from kizuna.places.anchorages import make_anchorages, no_anchorages
from kizuna.places.coast import load_coast
from kizuna.places.ports import LONELY_M, NAME_REACH_M, Port, load_ports, port_points, read_ports

GEOD = Geod(ellps="WGS84")
ROOT = Path(__file__).parents[2]
INDEX = ROOT.parent / "shared" / "data" / "geo" / "world_port_index_pub150_2026-03.csv.gz"


def port(lat, lon, port_id="KZ-X", name="X") -> Port:
    return Port(port_id, name, "", "", "JPN", lat, lon, "small", "test", "none")


def test_every_port_has_a_source_and_lies_at_a_coast():
    ports = load_ports()
    assert len(ports) > 200 and all(p.source and p.licence and p.name for p in ports)
    lat, lon = np.array([p.lat_deg for p in ports]), np.array([p.lon_deg for p in ports])
    assert (load_coast().distance_to_shore_m(lat, lon) < 5000).all()
    assert {p.administration for p in ports} == {"JPN", "TWN", "KOR", "PHL", "CHN"}
    names = {p.name: p for p in ports}
    assert names["Naha"].name_ja == "那覇" and names["Kaohsiung"].name_zh == "高雄"
    assert names["Kubura (Yonaguni)"].source.startswith("hand")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("A,a,,,JPN,91,0,small,s,l", "out of range"),
        ("A,a,,,JPN,x,0,small,s,l", "no number"),
        ("A,a,,,JPN,1,0,tiny,s,l", "out of range"),
        ("A,a,,,JPN,1,0,small,,l", "missing"),
        ("A,a,,,JPN,1,0,small,s,l\nA,b,,,JPN,2,0,small,s,l", "twice"),
    ],
)
def test_a_wrong_row_is_refused_by_line(row, why):
    head = "port_id,name,name_ja,name_zh,administration,lat,lon,size,source,licence\n"
    with pytest.raises(InputError, match=why) as refused:
        read_ports((head + row).encode())
    assert "line" in str(refused.value)


def test_the_committed_table_is_what_its_sources_give():
    if not INDEX.exists():
        pytest.skip("the World Port Index is not beside the repository")
    done = subprocess.run(
        [sys.executable, "-m", "tools.ports.build", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and "is what its sources give" in done.stdout


def test_a_port_with_an_anchorage_near_by_is_represented_by_it_and_gives_its_name():
    anchorages = make_anchorages([26.21], [127.66], 1000.0, "computed", "")
    points = port_points(anchorages, [port(26.2167, 127.6833, "JPNAH", "Naha"), port(24.8, 125.28, "JPHRR", "Hirara")])
    assert [n.origin for n in points.names] == ["computed", "port table"]
    assert points.ports[points.port[0]].name == "Naha" and points.port_m[0] == pytest.approx(2400, rel=0.05)
    assert points.names[1].label == "Hirara" and points.point_id(1) == "JPHRR"
    assert points.point_id(0) == "26.2100,127.6600"
    assert "computed 1, port table 1" in points.citation


def test_an_anchorage_far_from_every_port_has_no_name():
    points = port_points(make_anchorages([0.0], [0.0], 1000.0, "computed", ""), [port(0.0, 0.2)])
    assert points.port[0] == -1 and np.isnan(points.port_m[0]) and len(points) == 2
    assert 0.2 * 111_000 > NAME_REACH_M > LONELY_M


def test_no_anchorages_and_no_ports_is_nowhere():
    points = port_points(no_anchorages(), [])
    number, metres = points.nearest([1.0], [1.0], 3000.0)
    assert len(points) == 0 and number[0] == -1 and np.isnan(metres[0])


def test_ids_and_labels_of_an_imported_list_are_kept():
    text = "s2id,latitude,longitude,label,sublabel,iso3\n356ec741,34.8391,128.4207,TONGYEONG,,KOR\nx1,1,2,,,\n"
    points = port_points(anchorages_from_csv(text.encode(), "gfw"), [])
    by_id = {n.anchorage_id: n for n in points.names}
    assert by_id["356ec741"].label == "TONGYEONG" and by_id["356ec741"].country == "KOR"
    assert by_id["356ec741"].origin == "imported:gfw" and by_id["x1"].label == ""


def test_all_names_of_the_list_of_global_fishing_watch_are_read():
    path = ROOT.parent / "shared" / "data" / "geo" / "gfw_anchorages.csv.gz"
    if not path.exists():
        pytest.skip("the list of anchorages is not beside the repository")
    found = anchorages_from_csv(gzip.decompress(path.read_bytes()), "gfw")
    assert len(found) > 60_000 and all(n.anchorage_id for n in found.names)
    assert sum(bool(n.country) for n in found.names) > 60_000
    at = [k for k, n in enumerate(found.names) if n.anchorage_id == "356ec741"]
    assert [(round(float(found.lat_deg[k]), 6), found.names[k].label) for k in at] == [(34.839059, "TONGYEONG")]


@given(st.integers(0, 2**32 - 1), st.sampled_from([500.0, 4000.0, 12_000.0]))
@settings(max_examples=25)
def test_nearest_is_that_of_a_plain_search(seed, within_m):
    rng = np.random.default_rng(seed)
    centre = rng.choice([0.0, 24.0, -60.0, 82.0]), rng.choice([122.0, 179.97, -180.0])
    lat, lon = centre[0] + rng.normal(0, 0.08, 40), centre[1] + rng.normal(0, 0.1, 40)
    points = port_points(make_anchorages(lat, lon, 1000.0, "test", ""), [])
    ask_lat, ask_lon = centre[0] + rng.normal(0, 0.12, 60), centre[1] + rng.normal(0, 0.15, 60)
    number, metres = points.nearest(ask_lat, ask_lon, within_m)
    for k in range(60):
        n = len(points)
        all_m = GEOD.inv(np.full(n, ask_lon[k]), np.full(n, ask_lat[k]), points.lon_deg, points.lat_deg)[2]
        best = float(np.min(all_m))
        if best > within_m * 1.001:
            assert number[k] == -1 and np.isnan(metres[k])
        elif best < within_m * 0.999:
            assert metres[k] == pytest.approx(best, rel=1e-3) and all_m[number[k]] == pytest.approx(best, rel=1e-3)
