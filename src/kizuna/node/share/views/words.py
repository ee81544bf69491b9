"""Words for pages: one text in the three languages of the house, and places as GeoJSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from kizuna.base.languages import PAGES

TONGUES: Final = PAGES
"""Language of our texts to the one that pages name."""
_POINT: Final = 2


def in_tongues(say: Callable[[str], str]) -> dict[str, str]:
    """A text in every language."""
    return {page: say(ours) for ours, page in TONGUES.items()}


def ours(language: str) -> str:
    """The name of a page's language in our texts; English where it is none."""
    return next((o for o, page in TONGUES.items() if language in (o, page)), "en")


def geometry(geo: Sequence[float]) -> dict[str, Any] | None:
    """The place of a record as GeoJSON: a point, a box, or nothing. A box across 180 degrees is two."""
    if not geo:
        return None
    if len(geo) == _POINT:
        return {"type": "Point", "coordinates": list(geo)}
    west, south, east, north = geo
    if west <= east:
        return {"type": "Polygon", "coordinates": [_ring(west, south, east, north)]}
    halves = [[_ring(west, south, 180.0, north)], [_ring(-180.0, south, east, north)]]
    return {"type": "MultiPolygon", "coordinates": halves}


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]
