"""Computes the packaged coast from the pinned package and the table of islands.

    npm ci --prefix tools/coast --ignore-scripts       # fetch the pinned source (33 MB), checked by its hash
    python -m tools.coast.build                        # write src/kizuna/places/data/
    python -m tools.coast.build --check                # compute again and compare with what is committed

What it does, and why, is told in tools/coast/README.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from kizuna.places import coast_file
from kizuna.places.island_table import Island, read_islands

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "src" / "kizuna" / "places" / "data"
PACKAGE = HERE / "node_modules" / "@geo-maps" / "earth-lands-10m"
LIMIT_BYTES = 3 * 1024 * 1024

CORE = (105.0, 0.0, 160.0, 52.0)
"""West, south, east, north: East Asia, where every vertex of the source is kept."""
CORE_PER_DEG = 100_000
WORLD_PER_DEG = 10_000
WORLD_TOLERANCE_DEG = 0.006
"""About 670 m, less than the source's own generalisation on rugged coasts; decides the size of the file."""
ISLET_SHARE = 0.1
"""Small islands outside the core are simplified by at most this share of their size, so that none collapses."""
CORE_WATER_KM2 = 20.0
WORLD_WATER_KM2 = 100.0
"""Inland waters below this size are filled: nobody sails there, and they are most of the source's vertices."""
ISLAND_CORNERS = 16
SAME_ISLAND_M = 500.0
"""Land this close to an island of the table is that island: so far the source and published positions differ."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed data instead of writing them")
    arguments = parser.parse_args()
    if not (PACKAGE / "map.geo.json").exists():
        print("the source is not here: run `npm ci --prefix tools/coast --ignore-scripts` first", file=sys.stderr)
        return 2
    if not arguments.check:
        write(DATA)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return compare(Path(folder))


def write(folder: Path) -> None:
    """Compute the coast into a folder."""
    islands = read_islands((DATA / "islands.csv").read_bytes())
    land, added, removed = with_islands(source_land(), islands)
    layers = layers_of(land)
    data = coast_file.write(layers)
    (folder / "coast.bin").write_bytes(data)
    lock = json.loads((HERE / "package-lock.json").read_text())
    source = lock["packages"]["node_modules/@geo-maps/earth-lands-10m"]
    manifest = {
        "file": "coast.bin",
        "sha256_unpacked": coast_file.digest(data),
        "source": f"@geo-maps/earth-lands-10m {source['version']}",
        "source_integrity": source["integrity"],
        "islands_sha256": hashlib.sha256((DATA / "islands.csv").read_bytes()).hexdigest(),
        "islands_added": added,
        "shoals_removed": removed,
        "core_deg": CORE,
        "rings": sum(len(layer.counts) for layer in layers),
        "vertices": sum(len(layer.units) for layer in layers),
        "licence": "ODbL-1.0",
        "attribution": "(c) OpenStreetMap contributors",
    }
    (folder / "coast.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(
        f"coast.bin: {len(data)} bytes, {manifest['rings']} rings, {manifest['vertices']} vertices, {len(added)} islands added"
    )
    if len(data) > LIMIT_BYTES:
        raise SystemExit(f"larger than {LIMIT_BYTES} bytes")


def compare(folder: Path) -> int:
    """Say whether the committed data are what the sources give; 1 where they are not."""
    fresh, held = json.loads((folder / "coast.json").read_text()), json.loads((DATA / "coast.json").read_text())
    wrong = [key for key in fresh if json.dumps(fresh[key]) != json.dumps(held.get(key))]
    if coast_file.digest((DATA / "coast.bin").read_bytes()) != held["sha256_unpacked"]:
        wrong.append("coast.bin")
    print(f"differs: {', '.join(wrong)}" if wrong else "the packaged coast is what its sources give")
    return 1 if wrong else 0


def source_land() -> Any:
    """Land of the source as one valid area, simplified outside the core, without small inland waters."""
    document = json.loads((PACKAGE / "map.geo.json").read_bytes())
    shells, waters = [], []
    for geometry in document["geometries"]:
        for rings in polygons_of(geometry):
            lines = [np.array(ring) for ring in rings]
            shells.append(simplified(to_pole(lines[0])))
            waters += [simplified(hole) for hole in lines[1:] if worth_keeping(hole)]
    land = shapely.union_all(shapely.make_valid(np.array(shells), method="structure"))
    return shapely.difference(land, shapely.union_all(shapely.make_valid(np.array(waters), method="structure")))


def polygons_of(geometry: dict[str, Any]) -> Iterator[list[Any]]:
    if geometry["type"] == "Polygon":
        yield geometry["coordinates"]
    elif geometry["type"] == "MultiPolygon":
        yield from geometry["coordinates"]
    else:
        raise SystemExit(f"the source holds a {geometry['type']}")


def to_pole(ring: np.ndarray) -> np.ndarray:
    """The source ends at the edge of the web's map, 85.05 degrees south; Antarctica goes on to the pole."""
    ring = ring.copy()
    ring[ring[:, 1] < -85.05, 1] = -90.0
    return ring


def in_core(points: np.ndarray) -> np.ndarray:
    west, south, east, north = CORE
    lon, lat = points[:, 0], points[:, 1]
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def worth_keeping(hole: np.ndarray) -> bool:
    limit = CORE_WATER_KM2 if in_core(hole).any() else WORLD_WATER_KM2
    return area_km2(hole) >= limit


def area_km2(ring: np.ndarray) -> float:
    """Area on the sphere, good to half a per cent."""
    lon, sin_lat = np.radians(ring[:, 0]), np.sin(np.radians(ring[:, 1]))
    return abs(float(np.sum(np.diff(lon) * (2.0 + sin_lat[1:] + sin_lat[:-1])))) * 6371.0**2 / 2.0


def simplified(ring: np.ndarray) -> Any:
    """The ring as an area: as it is in the core, with fewer vertices elsewhere; ends of runs and 180 degrees stay."""
    core = in_core(ring)
    if core.all():
        return shapely.Polygon(ring)
    size = np.ptp(ring, axis=0)
    tolerance = min(WORLD_TOLERANCE_DEG, ISLET_SHARE * float(size.max()))
    if not core.any() and abs(ring[:, 0]).max() < 180.0:
        return shapely.simplify(shapely.Polygon(ring), tolerance, preserve_topology=True)
    fixed = core | (np.abs(ring[:, 0]) == 180.0) | (ring[:, 1] == -90.0)
    fixed[[0, -1]] = True
    stops = np.flatnonzero(fixed)
    pieces = []
    for a, b in zip(stops[:-1], stops[1:], strict=True):
        piece = ring[a : b + 1]
        if b - a > 1:
            piece = shapely.get_coordinates(shapely.simplify(shapely.LineString(piece), tolerance))
        pieces.append(piece[:-1])
    return shapely.Polygon(np.vstack([*pieces, ring[-1:]]))


def with_islands(land: Any, islands: list[Island]) -> tuple[Any, list[str], list[str]]:
    """Land with a disc for every island that the source lacks, without the shoals that it draws as land; their names."""
    parts = shapely.get_parts(land)
    tree = shapely.STRtree(parts)
    drowned, discs, added, removed = set(), [], [], []
    for island in islands:
        disc = disc_of(island, 0.0)
        if not island.is_land:
            inside = tree.query(disc, predicate="contains")
            drowned |= set(inside.tolist())
            removed += [island.name] * bool(len(inside))
        elif not len(tree.query(disc_of(island, SAME_ISLAND_M), predicate="intersects")):
            discs.append(disc)
            added.append(island.name)
    kept = [p for n, p in enumerate(parts) if n not in drowned]
    return shapely.union_all([*kept, *discs]), added, removed


def disc_of(island: Island, margin_m: float) -> Any:
    """A regular polygon with the area of the island's circle, the circle widened by a margin."""
    turn = np.radians((np.arange(ISLAND_CORNERS) + 0.5) * 360.0 / ISLAND_CORNERS)
    reach = (island.radius_m + margin_m) * np.sqrt(2.0 * np.pi / ISLAND_CORNERS / np.sin(2.0 * np.pi / ISLAND_CORNERS))
    lat = island.lat_deg + reach * np.sin(turn) / 110_900.0
    lon = island.lon_deg + reach * np.cos(turn) / (111_320.0 * np.cos(np.radians(island.lat_deg)))
    return shapely.Polygon(np.column_stack([lon, lat]))


def layers_of(land: Any) -> list[coast_file.Layer]:
    """Rings in two resolutions: those that touch the core, and the rest of the world."""
    core, world = [], []
    for part in shapely.get_parts(land):
        for ring in (part.exterior, *part.interiors):
            points = shapely.get_coordinates(shapely.normalize(ring))
            (core if in_core(points).any() else world).append(points)
    return [layer(core, CORE_PER_DEG), layer(world, WORLD_PER_DEG)]


def layer(rings: list[np.ndarray], per_deg: int) -> coast_file.Layer:
    """Quantised rings, neighbours next to each other; a ring that collapses is left out."""
    units = []
    for ring in rings:
        whole = np.round(ring * per_deg).astype(np.int64)
        moved = np.ones(len(whole), bool)
        moved[1:] = (whole[1:] != whole[:-1]).any(axis=1)
        whole = whole[moved]
        if len(np.unique(whole[:-1], axis=0)) >= 3:
            units.append(whole[:-1])
    units.sort(key=lambda u: (curve(int(u[0, 0] + 180 * per_deg), int(u[0, 1] + 90 * per_deg)), u.tobytes()))
    counts = np.array([len(u) for u in units], np.int32)
    return coast_file.Layer(per_deg, counts, np.concatenate(units).astype(np.int32))


def curve(x: int, y: int) -> int:
    """Position along a curve that keeps neighbours together (bits of both in turn)."""
    key = 0
    for bit in range(26):
        key |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return key


if __name__ == "__main__":
    sys.exit(main())
