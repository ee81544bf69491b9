"""Outlines and points for the tests of this room."""

from __future__ import annotations

import math

import numpy as np

from kizuna.places.zone import Zone, make_zone


def blob(lon: float, lat: float, reach_deg: float, corners: int, seed: int = 1) -> np.ndarray:
    """A closed ring around a point, ragged but never crossing itself."""
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0.0, 2.0 * math.pi, corners))
    reach = reach_deg * (1.0 + 0.2 * np.sin(5.0 * turn) + 0.1 * rng.random(corners))
    ring = np.column_stack([lon + reach * np.cos(turn), lat + reach * np.sin(turn)])
    return np.vstack([ring, ring[:1]])


def box(west: float, south: float, east: float, north: float) -> list[tuple[float, float]]:
    return [(west, south), (east, south), (east, north), (west, north), (west, south)]


def box_zone(zone_id: str, west: float, south: float, east: float, north: float) -> Zone:
    return make_zone([[box(west, south, east, north)]], zone_id=zone_id, name=zone_id)


def plain_inside(rings, lon: float, lat: float) -> bool:
    """The slow twin: crossings of the ray to the east, with the border rule of ``places.outline``."""
    odd = False
    for ring in rings:
        for (ax, ay), (bx, by) in zip(ring[:-1], ring[1:], strict=True):
            if by < ay:
                ax, ay, bx, by = bx, by, ax, ay
            if ay <= lat < by and (bx - ax) * (lat - ay) - (by - ay) * (lon - ax) > 0.0:
                odd = not odd
    return odd
