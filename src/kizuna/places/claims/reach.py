"""The outline of everything within a distance of some land, on the ellipsoid.

Method. The land's edges are cut into pieces of less than a kilometre (12 nm) to four (200 nm); each is replaced by its
convex hull; a piece that cannot touch the outer line is left out, as sampled distances show; the others are widened
by the distance in an azimuthal equidistant projection around them, and joined. What lies inside without being
reached by a kept piece is filled or kept as a hole by its measured distance from the land.

Error, as a bound on the distance of any point of the outline from the land, against the distance asked for:

- hull instead of piece: outward, at most ``_HULL_M``;
- arcs as chords: at most ``_ARC_M`` either way;
- projection: below 1 m within 30 km of its centre, at 200 nm;
- straight edges in longitude and latitude between corners of the outline, and leaving out corners: ``_SIMPLIFY_M``
  and 1 m.

``ERROR_M`` is their sum rounded up; tests compare outlines with pyproj's geodesics. How far the coast itself is from
the real one (``places.coast``) comes on top.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

Floats = npt.NDArray[np.float64]
Distance = Callable[[Floats, Floats], Floats]
"""From latitudes and longitudes to metres from the edges."""
OnLand = Callable[[Floats, Floats], npt.NDArray[np.bool_]]

ERROR_M: Final = 20.0
_HULL_M: Final = 5.0
_ARC_M: Final = 5.0
_SIMPLIFY_M: Final = 3.0
_M_PER_DEG: Final = 110_574.0
_TILE_M: Final = 20_000.0
_LOOKS: Final = (24, 96, 360)
"""Directions in which a piece is asked whether it can touch the outer line: a rough look, then finer ones."""
_ENOUGH_M: Final = 2_000.0
"""A look whose slack is below this is fine enough; each finer one costs more than the pieces that it saves."""
_RADIUS_M: Final = 6_371_000.0
_SLACK: Final = 0.005
"""The circle of the looks is a sphere's: its radius may be off by so much of itself."""
_MOST: Final = 0.5


def outline_at(edges: Floats, limit_m: float, distance: Distance, on_land: OnLand) -> list[list[Floats]]:
    """Polygons (shell and holes, columns longitude and latitude) of the sea and land within ``limit_m`` of the edges.

    Args:
        edges: (n, 4) lon, lat, lon, lat, each shorter than some kilometres.
        limit_m: the distance, above 0 and up to some 700 km.
        distance: metres to the same edges, from land and sea alike, infinite beyond reach.
        on_land: whether places are on any land; a hole over land is filled.

    Longitudes may run on beyond 180 degrees; ``places.outline`` brings them home.
    """
    if not len(edges):
        return []
    size_m = math.sqrt(8.0 * limit_m * _HULL_M)
    middle = float(_mean_longitude(edges[:, 0]))
    pieces, centres = _pieces(_unwrapped(edges, middle), size_m)
    kept = _at_the_rim(centres, limit_m, size_m, distance)
    whole = shapely.union_all(_widened([pieces[k] for k in kept.tolist()], centres[kept], limit_m))
    step = _SIMPLIFY_M / _M_PER_DEG
    out = []
    for part in shapely.get_parts(shapely.simplify(whole, step)):
        if part.geom_type != "Polygon" or part.is_empty:
            continue
        holes = [h for h in part.interiors if _is_open(h, limit_m, distance, on_land)]
        out.append([shapely.get_coordinates(r) for r in (part.exterior, *holes)])
    return _without_covered(out)


def _mean_longitude(lon: Floats) -> float:
    turn = np.radians(lon)
    return math.degrees(math.atan2(float(np.sin(turn).sum()), float(np.cos(turn).sum())))


def _unwrapped(edges: Floats, middle: float) -> Floats:
    """Edges with longitudes within half a turn of ``middle``."""
    out = edges.copy()
    out[:, 0] = middle + (edges[:, 0] - middle + 180.0) % 360.0 - 180.0
    out[:, 2] = out[:, 0] + (edges[:, 2] - edges[:, 0] + 180.0) % 360.0 - 180.0
    return out


def _pieces(edges: Floats, size_m: float) -> tuple[list[Floats], Floats]:
    """Corner points of the edges cell by cell, and the middle of each cell's points (longitude, latitude).

    A piece spans at most ``size_m``: cells are half of that, and edges are divided to a quarter.
    """
    edges = _divided(edges, 0.25 * size_m)
    tall = 0.5 * size_m / _M_PER_DEG
    row = np.floor(0.5 * (edges[:, 1] + edges[:, 3]) / tall)
    wide = tall / np.maximum(np.cos(np.radians(row * tall)), 0.01)
    col = np.floor(0.5 * (edges[:, 0] + edges[:, 2]) / wide)
    order = np.lexsort((col, row))
    edges, row, col = edges[order], row[order], col[order]
    starts = np.flatnonzero(np.append(True, (row[1:] != row[:-1]) | (col[1:] != col[:-1])))
    pieces = [np.unique(part.reshape(-1, 2), axis=0) for part in np.split(edges, starts[1:])]
    centres = np.array([0.5 * (p.min(axis=0) + p.max(axis=0)) for p in pieces])
    return pieces, centres


def _divided(edges: Floats, step_m: float) -> Floats:
    span_m = np.hypot((edges[:, 2] - edges[:, 0]) * np.cos(np.radians(edges[:, 1])), edges[:, 3] - edges[:, 1])
    n = np.maximum(np.ceil(span_m * (_M_PER_DEG * 1.02) / step_m).astype(np.int64), 1)
    number = np.repeat(np.arange(len(edges)), n)
    k = np.arange(len(number)) - np.repeat(np.cumsum(n) - n, n)
    start, way = edges[number, :2], edges[number, 2:] - edges[number, :2]
    a, b = (start + way * ((k + shift) / n[number])[:, None] for shift in (0, 1))
    return np.hstack([a, b])


def _at_the_rim(centres: Floats, limit_m: float, size_m: float, distance: Distance) -> npt.NDArray[np.int64]:
    """Pieces that may touch the outer line: some point around them at the distance is that far from all land."""
    kept = np.arange(len(centres))
    for looks in _LOOKS:
        course = np.linspace(0.0, 2.0 * math.pi, looks, endpoint=False)
        slack_m = limit_m * (math.pi / looks + _SLACK) + size_m
        lat, lon = _around(centres[kept], limit_m, course)
        far = distance(lat.ravel(), _on_map(lon.ravel())).reshape(lat.shape).max(axis=1) >= limit_m - slack_m
        kept = kept[far]
        if slack_m < _ENOUGH_M:
            break
    return kept


def _around(centres: Floats, radius_m: float, course: Floats) -> tuple[Floats, Floats]:
    """Points on the sphere at a distance from each centre, (pieces, courses)."""
    lat0, lon0 = np.radians(centres[:, 1])[:, None], centres[:, 0][:, None]
    a = radius_m / _RADIUS_M
    sine = np.sin(lat0) * math.cos(a) + np.cos(lat0) * math.sin(a) * np.cos(course)
    lat = np.arcsin(np.clip(sine, -1.0, 1.0))
    east = np.arctan2(np.sin(course) * math.sin(a) * np.cos(lat0), math.cos(a) - np.sin(lat0) * np.sin(lat))
    return np.degrees(lat), lon0 + np.degrees(east)


def _on_map(lon: Floats) -> Floats:
    return (lon + 180.0) % 360.0 - 180.0


def _widened(pieces: list[Floats], centres: Floats, limit_m: float) -> list[Any]:
    """Each piece's hull, widened by the limit, in longitude and latitude."""
    bulge = 4.0 * _ARC_M / limit_m  # 1 - cos(x) of the half angle x of a chord, twice: the bulge goes half out, half in
    quadrant = max(math.ceil(0.25 * math.pi / math.sqrt(bulge)), 8)
    half = 0.25 * math.pi / quadrant
    radius_m = limit_m * (1.0 + 0.5 * (1.0 - math.cos(half)))
    tall = _TILE_M / _M_PER_DEG
    row = np.floor(centres[:, 1] / tall)
    col = np.floor(centres[:, 0] / (tall / np.maximum(np.cos(np.radians(row * tall)), 0.01)))
    order = np.lexsort((col, row))
    starts = np.flatnonzero(np.append(True, (np.diff(row[order]) != 0) | (np.diff(col[order]) != 0)))
    out: list[Any] = []
    for tile in np.split(order, starts[1:]):
        out += _tile([pieces[k] for k in tile.tolist()], centres[tile].mean(axis=0), radius_m, quadrant)
    return out


def _tile(pieces: list[Floats], centre: Floats, radius_m: float, quadrant: int) -> list[Any]:
    lon0, lat0 = float(centre[0]), float(centre[1])
    plane = pyproj.Proj(proj="aeqd", lat_0=lat0, lon_0=(lon0 + 180.0) % 360.0 - 180.0, ellps="WGS84")
    points = np.vstack(pieces)
    x, y = plane(_on_map(points[:, 0]), points[:, 1])
    flat = np.column_stack([x, y])
    cuts = np.cumsum([len(p) for p in pieces])[:-1]
    hulls = shapely.convex_hull(np.array([shapely.MultiPoint(p) for p in np.split(flat, cuts)]))
    wide = shapely.union_all(shapely.buffer(hulls, radius_m, quad_segs=quadrant))

    def back(xy: Floats) -> Floats:
        lon, lat = plane(xy[:, 0], xy[:, 1], inverse=True)
        return np.column_stack([lon0 + (np.asarray(lon) - lon0 + 180.0) % 360.0 - 180.0, lat])

    return list(shapely.get_parts(shapely.transform(wide, back)))


def _is_open(hole: Any, limit_m: float, distance: Distance, on_land: OnLand) -> bool:
    """Whether a hole is water beyond the limit: its rim lies at the limit and not ashore.

    A hole that only lacks the pieces which were left out has its rim well within the limit.
    """
    rim = shapely.get_coordinates(hole)
    lat, lon = rim[:, 1], _on_map(rim[:, 0])
    at_limit = distance(lat, lon) >= limit_m - 2.0 * ERROR_M
    return bool(at_limit.mean() > _MOST and on_land(lat, lon).mean() < _MOST)


def _without_covered(polygons: list[list[Floats]]) -> list[list[Floats]]:
    """Polygons without those that lie in a filled hole of another."""
    areas = [shapely.Polygon(p[0], p[1:]) for p in polygons]
    out = []
    for k, area in enumerate(areas):
        if not any(j != k and other.area > area.area and other.contains(area) for j, other in enumerate(areas)):
            out.append(polygons[k])
    return out
