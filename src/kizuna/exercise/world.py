"""The simulated world: where ships may sail, lie, fish, patrol and be heard.

Sea lanes are a small graph of turning points; a voyage is a shortest path on it. The data stand in
``world_places``; this module gives them types and finds ways. It knows no coast: that nothing crosses land is
checked by the tests against independent coast lines.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import shapely
from pyproj import Geod

from kizuna.exercise import world_places

GEOD: Final = Geod(ellps="WGS84")
Point = tuple[float, float]
"""Longitude and latitude in degrees."""

ASSIGNED_MIDS: Final = (
    "201-216 218-220 224-259 261-279 301 303-312 314 316 319 321 323 325 327 329-332 334 336 338-339 341 343 345 "
    "347-348 350-359 361-362 364 366-379 401 403 405 408 410 412-414 416-417 419 422-423 425 428 431-432 434 "
    "436-438 440-441 443 445 447 450-451 453 455 457 459 461 463 466 468 470-473 475 477-478 501 503 506 508 "
    "510-512 514-516 518 520 523 525 529 531 533 536 538 540 542 544 546 548 550 553 555 557 559 561 563-567 570 "
    "572 574 576-578 601 603 605 607-613 615-622 624-627 629-638 642 644-645 647 649-650 654-657 659-672 674-679 "
    "701 710 720 725 730 735 740 745 750 755 760 765 770 775"
)
"""Maritime identification digits that ITU has given to an administration, as ranges.

Source: the union of several published copies of the ITU table of MIDs (itu.int, "Table of Maritime Identification
Digits"). Where the copies differ, a number counts as assigned.
"""
EXERCISE_MIDS: Final = (491, 492, 493, 494, 495)
"""MIDs of simulated ships: inside the Asian block (4xx), given to nobody."""


def assigned_mids() -> frozenset[int]:
    """Every MID that belongs to an administration."""
    found: set[int] = set()
    for part in ASSIGNED_MIDS.split():
        low, _, high = part.partition("-")
        found.update(range(int(low), int(high or low) + 1))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Disc:
    """A round piece of free water."""

    lon_deg: float
    lat_deg: float
    radius_m: float

    @property
    def centre(self) -> Point:
        """Longitude and latitude of the centre."""
        return self.lon_deg, self.lat_deg


@dataclass(frozen=True, slots=True)
class Port:
    """A port: the node at which ships join the lanes, its berths and its anchorage."""

    name: str
    node: str
    berth: Disc
    anchorage: Disc


@dataclass(frozen=True, slots=True)
class Station:
    """A shore receiver; ``range_m`` is the distance at which half of the class A messages are lost."""

    name: str
    owner: str
    lon_deg: float
    lat_deg: float
    range_m: float


@dataclass(frozen=True, slots=True)
class ZoneArea:
    """A fictional area with its outline."""

    zone_id: str
    name: str
    kind: str
    claimant: str
    basis: str
    polygon: shapely.Polygon


@dataclass(frozen=True, slots=True)
class Way:
    """A way over the lanes: turning points, and per leg how far to each side of it ships may sail."""

    points: tuple[Point, ...]
    half_width_m: tuple[float, ...]

    def then(self, point: Point, half_width_m: float = 150.0) -> Way:
        """The way prolonged by a leg."""
        return Way((*self.points, point), (*self.half_width_m, half_width_m))

    def after(self, point: Point, half_width_m: float = 150.0) -> Way:
        """The way with a leg before it."""
        return Way((point, *self.points), (half_width_m, *self.half_width_m))


def distance_m(a: Point, b: Point) -> float:
    """Geodesic distance on WGS 84."""
    return float(GEOD.inv(a[0], a[1], b[0], b[1])[2])


@cache
def ports() -> dict[str, Port]:
    """Ports by name."""
    return {n: Port(n, node, Disc(*b), Disc(*a)) for n, (node, b, a) in world_places.PORTS.items()}


@cache
def stations() -> tuple[Station, ...]:
    """Shore receivers."""
    return tuple(Station(*row) for row in world_places.STATIONS)


@cache
def zones() -> tuple[ZoneArea, ...]:
    """Fictional areas."""
    return tuple(
        ZoneArea(z["zone_id"], z["name"], z["kind"], z["claimant"], z["basis"], shapely.Polygon(z["ring"]))
        for z in world_places.ZONES
    )


def zones_geojson() -> bytes:
    """The fictional areas as GeoJSON; the same bytes as the file in ``examples/zones``."""
    features = [
        {
            "type": "Feature",
            "properties": {"zone_id": z.zone_id, "name": z.name, "kind": z.kind, "claimant": z.claimant,
                           "basis": z.basis, "context": "exercise"},
            "geometry": shapely.geometry.mapping(shapely.orient_polygons(z.polygon)),
        }
        for z in zones()
    ]  # fmt: skip
    return (json.dumps({"type": "FeatureCollection", "features": features}, indent=1) + "\n").encode()


@cache
def _graph() -> dict[str, dict[str, tuple[float, float]]]:
    """Per node its neighbours with length and half width in metres."""
    graph: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in world_places.NODES}
    for a, b, half_width_m in world_places.LANES:
        length_m = distance_m(world_places.NODES[a], world_places.NODES[b])
        graph[a][b] = graph[b][a] = (length_m, half_width_m)
    return graph


def gates() -> tuple[str, ...]:
    """Nodes at the edge of the region."""
    return tuple(n for n in world_places.NODES if n.startswith("gate_"))


def sites() -> tuple[str, ...]:
    """Nodes in open water where ships meet or wait."""
    return tuple(n for n in world_places.NODES if n.startswith("site_"))


def node(name: str) -> Point:
    """Position of a node."""
    return world_places.NODES[name]


def nearest_node(point: Point, among: tuple[str, ...] | None = None) -> str:
    """The node nearest to a point."""
    return min(among or tuple(world_places.NODES), key=lambda n: distance_m(point, world_places.NODES[n]))


def way(origin: str, target: str, taste: Callable[[], float] = lambda: 1.0) -> Way:
    """Shortest way between two nodes (Dijkstra, 1959). ``taste`` scales each leg, so that masters differ.

    Raises ValueError where the nodes are not joined: the world data are then wrong.
    """
    graph = _graph()
    best = {origin: 0.0}
    came: dict[str, str] = {}
    queue = [(0.0, origin)]
    while queue:
        cost_m, here = heapq.heappop(queue)
        if here == target:
            break
        if cost_m > best[here]:
            continue
        for there, (length_m, _) in graph[here].items():
            if there.startswith("gate_") and there != target:
                continue  # a ship that leaves the region does not come back the same day
            onward = cost_m + length_m * taste()
            if onward < best.get(there, float("inf")):
                best[there] = onward
                came[there] = here
                heapq.heappush(queue, (onward, there))
    if target not in best:
        raise ValueError(f"no way from {origin} to {target}")
    names = [target]
    while names[-1] != origin:
        names.append(came[names[-1]])
    names.reverse()
    widths = tuple(graph[a][b][1] for a, b in pairwise(names))
    return Way(tuple(world_places.NODES[n] for n in names), widths)
