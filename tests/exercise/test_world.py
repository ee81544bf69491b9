"""The world against independent coast lines, and its numbers against the table of assigned MIDs."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import shapely

from kizuna.exercise import world, world_places
from kizuna.places.coast import load_coast
from kizuna.places.geojson import zones_from_geojson

REGION = shapely.box(115.5, 19.5, 132.5, 33.5)
COASTS = ("gshhg_2.3.7_full_eastasia.geojson.gz", "osm_lands_250m_eastasia.geojson.gz")


def corridor(a, b, half_width_m):
    """The strip in which ships sail between two points, with a little to spare."""
    lat = (a[1] + b[1]) / 2
    scale = np.array([111_320.0 * np.cos(np.radians(lat)), 110_900.0])
    strip = shapely.LineString([np.array(a) * scale, np.array(b) * scale]).buffer(half_width_m * 1.2 + 200)
    return shapely.transform(strip, lambda xy: xy / scale)


def waters():
    """Every piece of water that the world declares free, by name."""
    nodes = world_places.NODES
    for a, b, half_width_m in world_places.LANES:
        yield f"{a} - {b}", corridor(nodes[a], nodes[b], half_width_m)
    for port in world.ports().values():
        node = world.node(port.node)
        for name, disc in (("berth", port.berth), ("anchorage", port.anchorage)):
            yield f"{port.name} {name}", corridor(disc.centre, disc.centre, disc.radius_m - 150)
            yield f"{port.name} {name} approach", corridor(node, disc.centre, 100)
        yield f"{port.name} berth - anchorage", corridor(port.berth.centre, port.anchorage.centre, 60)
        yield f"{port.name} outing", corridor(node, node, 1_900)
    for name, ring in world_places.GROUNDS.items():
        ground = shapely.Polygon(ring)
        yield f"ground {name}", ground
        node = world.nearest_node((ground.centroid.x, ground.centroid.y))
        yield f"way to ground {name}", shapely.MultiPoint([*ring, world.node(node)]).convex_hull
    for name, box in world_places.BOXES.items():
        yield f"box {name}", shapely.box(*box)
    for site in world.sites():
        yield site, corridor(world.node(site), world.node(site), 10_000)


@pytest.mark.slow
def test_all_declared_waters_are_free_of_land_on_two_coast_lines(shared: Path):
    land = []
    for name in COASTS:
        collection = shapely.from_geojson(gzip.decompress((shared / "geo" / name).read_bytes()))
        for geometry in collection.geoms:
            if geometry.intersects(REGION):
                land.extend(getattr(geometry, "geoms", [geometry]))
    tree = shapely.STRtree(land)
    named = list(waters())
    hit = tree.query([w for _, w in named], predicate="intersects")[0]
    assert sorted({named[i][0] for i in hit}) == []
    assert len(land) > 3_000


@pytest.mark.big
def test_all_declared_waters_are_free_of_land_on_the_packaged_coast():
    coast = load_coast()
    dry = []
    for name, water in waters():
        points = shapely.get_coordinates(shapely.segmentize(water.boundary, 0.01))
        inner = shapely.get_coordinates(shapely.segmentize(water.buffer(-0.01).boundary, 0.01))
        points = np.vstack([points, inner, shapely.get_coordinates(water.representative_point())])
        if coast.on_land(points[:, 1].copy(), points[:, 0].copy()).any():
            dry.append(name)
    assert dry == []


@pytest.mark.big
def test_sites_of_loitering_lie_far_from_shore():
    coast = load_coast()
    for name in world_places.OFFSHORE_SITES:
        lon, lat = world.node(name)
        assert coast.distance_to_shore_m(np.array([lat]), np.array([lon]))[0] > 25 * 1852, name


def test_grounds_are_convex_and_zones_are_valid():
    for ring in world_places.GROUNDS.values():
        ground = shapely.Polygon(ring)
        assert ground.equals(ground.convex_hull)
    assert all(z.polygon.is_valid for z in world.zones())


def test_every_port_and_gate_is_joined_to_every_other():
    names = [p.node for p in world.ports().values()] + list(world.gates()) + list(world.sites())
    for target in names[1:]:
        way = world.way(names[0], target)
        assert way.points[0] == world.node(names[0])
        assert way.points[-1] == world.node(target)
        assert len(way.half_width_m) == len(way.points) - 1


def test_every_gate_has_its_weight():
    assert set(world_places.GATE_WEIGHTS) == set(world.gates())


def test_way_does_not_leave_the_region_in_between():
    way = world.way("gate_southwest", "gate_osaka")
    gates = {world.node(g) for g in world.gates()}
    assert not gates & set(way.points[1:-1])


def test_way_is_shortest_on_the_graph():
    import itertools

    names = ["kaohsiung", "anping", "penghu_s", "penghu_e", "magong", "mailiao"]
    lengths = {frozenset((a, b)): world.distance_m(world.node(a), world.node(b)) for a, b, _ in world_places.LANES}

    def length(path):
        return sum(lengths.get(frozenset(leg), np.inf) for leg in itertools.pairwise(path))

    best = min(
        length(("kaohsiung", *middle, "mailiao")) for n in range(5) for middle in itertools.permutations(names[1:5], n)
    )
    points = world.way("kaohsiung", "mailiao").points
    assert sum(world.distance_m(a, b) for a, b in itertools.pairwise(points)) == pytest.approx(best)


def test_exercise_mids_belong_to_nobody():
    assigned = world.assigned_mids()
    assert not assigned & set(world.EXERCISE_MIDS)
    assert {201, 412, 416, 431, 440, 548, 563, 775} <= assigned
    assert all(200 < mid < 776 for mid in assigned)


def test_assigned_mids_cover_the_table_of_pyais():
    constants = pytest.importorskip("pyais.constants")
    assert set(constants.COUNTRY_MAPPING) <= world.assigned_mids()


def test_zones_of_the_example_are_those_of_the_world():
    path = Path(__file__).resolve().parents[2] / "examples" / "zones" / "exercise-areas.geojson"
    assert path.read_bytes() == world.zones_geojson()
    zones = zones_from_geojson(path.read_bytes())
    assert [z.zone_id for z in zones] == [z.zone_id for z in world.zones()]
    claims = {z.claimant: z for z in zones if z.kind == "claim"}
    assert set(claims) == {"Party A", "Party B"}
    both = claims["Party A"].area().intersection(claims["Party B"].area())
    assert 0.2 < both.area / claims["Party A"].area().area < 0.9
