"""What a request for items may say: limit, bbox, datetime, values of queryables, and where the page begins.

OGC 17-069r4, 7.15.2 to 7.15.5. A box whose west is greater than its east crosses 180 degrees (7.15.3). Both ends of an
interval belong to it; ``..`` or nothing leaves an end open (7.15.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kizuna.base import utc
from kizuna.base.table import Array
from kizuna.node.api.answers import Problem

LIMIT: Final = 1000
LIMIT_MOST: Final = 10_000
Box = tuple[float, float, float, float]
_EVER: Final = (0, 1 << 42)


@dataclass(frozen=True, slots=True)
class Query:
    """Checked. ``box`` is west, south, east, north; ``after`` the id behind which the page begins; ``only`` one id."""

    limit: int = LIMIT
    box: Box | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    after: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    only: str = ""

    @property
    def span(self) -> tuple[int, int]:
        """The interval with open ends far away; the end belongs to it."""
        return (_EVER[0] if self.start_ms is None else self.start_ms, _EVER[1] if self.end_ms is None else self.end_ms)

    def has_time(self, time_ms: Array) -> Array:
        """Mask of moments in the interval."""
        start, end = self.span
        return np.asarray((time_ms >= start) & (time_ms <= end))

    def has_place(self, lat_deg: Array, lon_deg: Array) -> Array:
        """Mask of points in the box; those without a place only when no box is asked for."""
        if self.box is None:
            return np.ones(len(lat_deg), np.bool_)
        west, south, east, north = self.box
        lon = (lon_deg >= west) & (lon_deg <= east) if west <= east else (lon_deg >= west) | (lon_deg <= east)
        return np.asarray(lon & (lat_deg >= south) & (lat_deg <= north))

    def meets(self, west: float, south: float, east: float, north: float) -> bool:
        """Whether a box, which may cross 180 degrees itself, has a point in common with the one asked for."""
        if self.box is None:
            return True
        if any(v != v for v in (west, south, east, north)):  # noqa: PLR0124  a place that is not known
            return False
        if not (south <= self.box[3] and north >= self.box[1]):
            return False
        mine = _pieces(self.box[0], self.box[2])
        return any(a <= d and c <= b for a, b in mine for c, d in _pieces(west, east))


def _pieces(west: float, east: float) -> list[tuple[float, float]]:
    return [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]


def read_query(asked: Mapping[str, str], queryables: Mapping[str, str]) -> Query:
    """The query of a request. Raises Problem 400 for whatever is unknown or unfit."""
    known = {"limit", "bbox", "datetime", "after", *queryables}
    odd = sorted(set(asked) - known)
    if odd:
        raise Problem(400, f"unknown query parameter {odd[0][:40]!r}; known: {', '.join(sorted(known))}")
    start, end = read_datetime(asked["datetime"]) if "datetime" in asked else (None, None)
    return Query(
        read_limit(asked.get("limit", str(LIMIT))), read_box(asked["bbox"]) if "bbox" in asked else None, start, end,
        asked.get("after", "")[:100], {k: v for k, v in asked.items() if k in queryables},
    )  # fmt: skip


def read_limit(text: str) -> int:
    """A limit of at least 1; more than the most is brought down to it (7.15.2, requirement 21 C)."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= 1):  # noqa: PLR2004
        raise Problem(400, "limit is a whole number from 1")
    return min(int(text), LIMIT_MOST)


def read_box(text: str) -> Box:
    """Four or six numbers in longitude and latitude; heights are not looked at."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        raise Problem(400, "bbox has four or six numbers") from None
    if len(numbers) == 6:  # noqa: PLR2004
        numbers = [numbers[i] for i in (0, 1, 3, 4)]
    if len(numbers) != 4:  # noqa: PLR2004
        raise Problem(400, "bbox has four or six numbers")
    west, south, east, north = numbers
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004
        raise Problem(400, "bbox is west,south,east,north in degrees, south not above north")
    return west, south, east, north


def read_datetime(text: str) -> tuple[int | None, int | None]:
    """A moment or an interval; RFC 3339 with an offset."""
    parts = text.replace(" ", "+").split("/")
    if len(parts) > 2:  # noqa: PLR2004
        raise Problem(400, "datetime is a moment or an interval")
    ends = [None if len(parts) == 2 and p in ("", "..") else utc.parse(p.upper()) for p in parts]  # noqa: PLR2004
    start, end = ends[0], ends[-1]
    if start is not None and end is not None and start > end:
        raise Problem(400, "the interval ends before it begins")
    return start, end
