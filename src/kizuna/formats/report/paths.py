"""Lines and areas as compact SVG path data.

Path data are integers in quarters of a pixel, to be drawn under ``transform="scale(.25)"``: half the length of
decimals, and finer than any screen. Whatever can grow has a limit in characters and grows coarser to meet it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from kizuna.base.table import Array
from kizuna.formats.report.chart import Box, Floats, View

Land = Callable[[float, float, float, float, float], Sequence[Array]]
"""Rings of land, each (n, 2) longitude and latitude, in a box west, south, east, north at a tolerance in degrees.

The box lies within [-180, 180] and [-90, 90]; rings may reach beyond it and are cut here.
"""

SUB: Final = 4
"""Path units in a pixel."""
_MARGIN_PX: Final = 20.0
_SHEET_DEG: Final = 30.0
_SHEET_MARGIN_DEG: Final = 6.0
_SHEET_TOLERANCE_DEG: Final = 0.0  # measured: asking for 0.0003 costs 1.6 times as much and saves 0.5 % of the points
_HALF_TURN: Final = 180.0
_POLE: Final = 90.0


def clipped(x: Floats, y: Floats, view: View, margin: float = 8.0) -> tuple[Floats, Floats]:
    """A closed ring cut to the drawing and a margin (Sutherland and Hodgman); empty where nothing is left."""
    points = np.column_stack([x, y])
    edges = ((0, -margin, 1.0), (0, view.width + margin, -1.0), (1, -margin, 1.0), (1, view.height + margin, -1.0))
    for axis, edge, sign in edges:
        if len(points) == 0:
            break
        depth = sign * (points[:, axis] - edge)
        after = np.roll(depth, -1)
        here = depth >= 0
        if here.all():
            continue
        crossing = here != (after >= 0)
        share = np.divide(depth, depth - after, out=np.zeros_like(depth), where=crossing)
        cut = points + share[:, None] * (np.roll(points, -1, axis=0) - points)
        both = np.stack([points, cut], axis=1).reshape(-1, 2)
        points = both[np.column_stack([here, crossing]).ravel()]
    return points[:, 0], points[:, 1]


def steps(x: Floats, y: Floats, quantum: int = 1) -> npt.NDArray[np.int64]:
    """Positions in path units on a grid of ``quantum`` units, repeats and points in straight runs left out; (n, 2)."""
    grid = np.round(np.column_stack([x, y]) * (SUB / quantum)).astype(np.int64) * quantum
    if len(grid) > 1:
        grid = grid[np.append(True, (grid[1:] != grid[:-1]).any(axis=1))]
    if len(grid) > 2:  # noqa: PLR2004  two points have no middle
        d = np.diff(grid, axis=0)
        turns = (d[:-1, 0] * d[1:, 1] != d[:-1, 1] * d[1:, 0]) | ((d[:-1] * d[1:]).sum(axis=1) < 0)
        grid = grid[np.concatenate([[True], turns, [True]])]
    return grid


def thinned(x: Floats, y: Floats, tolerance: float) -> tuple[Floats, Floats]:
    """The line without the points that lie within ``tolerance`` of the line without them (Douglas and Peucker 1973)."""
    keep = np.zeros(len(x), np.bool_)
    keep[[0, -1]] = True
    waiting = [(0, len(x) - 1)]
    while waiting:
        a, b = waiting.pop()
        if b - a < 2:  # noqa: PLR2004  nothing between
            continue
        dx, dy = x[b] - x[a], y[b] - y[a]
        px, py = x[a + 1 : b] - x[a], y[a + 1 : b] - y[a]
        length = dx * dx + dy * dy
        along = np.clip((px * dx + py * dy) / length, 0.0, 1.0) if length > 0 else np.zeros(len(px))
        off = np.hypot(px - along * dx, py - along * dy)
        worst = int(np.argmax(off))
        if off[worst] > tolerance:
            middle = a + 1 + worst
            keep[middle] = True
            waiting += [(a, middle), (middle, b)]
    return x[keep], y[keep]


def path(grid: npt.NDArray[np.int64], *, closed: bool = False) -> str:
    """Path data of positions in path units; a single position becomes a dot (round line caps show it)."""
    if len(grid) == 0:
        return ""
    head = f"M{grid[0, 0]} {grid[0, 1]}"
    if len(grid) == 1:
        return head + "h0"
    tail = " ".join(map(str, np.diff(grid, axis=0).ravel().tolist())).replace(" -", "-")
    return f"{head}l{tail}{'z' if closed else ''}"


def pieces(x: Floats, y: Floats, breaks: npt.NDArray[np.bool_]) -> list[tuple[Floats, Floats]]:
    """A line cut before every marked point and at missing positions."""
    gone = ~(np.isfinite(x) & np.isfinite(y))
    cut = np.flatnonzero(breaks | gone | np.append(False, gone[:-1]))
    parts = zip(np.split(x, cut), np.split(y, cut), strict=True)
    kept = []
    for px, py in parts:
        good = np.isfinite(px) & np.isfinite(py)
        if good.any():
            kept.append((px[good], py[good]))
    return kept


def area_path(rings: Sequence[tuple[Floats, Floats]], view: View, limit: int) -> str:
    """Areas as path data of at most ``limit`` characters: simpler and simpler, then without the smallest.

    The smallest islet stays as a dot as long as there is room.
    """
    cut = [c for c in (clipped(x, y, view) for x, y in rings) if len(c[0])]
    cut.sort(key=lambda c: -float(np.ptp(c[0]) * np.ptp(c[1])))
    parts: list[str] = []
    for tolerance in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0):
        parts = [_ring_path(x, y, tolerance) for x, y in cut]
        if sum(map(len, parts)) <= limit:
            return "".join(parts)
    ends = np.cumsum([len(p) for p in parts])
    return "".join(parts[: int(np.searchsorted(ends, limit, side="right"))])


def _ring_path(x: Floats, y: Floats, tolerance: float) -> str:
    grid = steps(*thinned(x, y, tolerance))
    if len(grid) < 4:  # noqa: PLR2004  too small for the tolerance: as fine as the eye can see
        grid = steps(x, y, 2)
    if len(grid) < 3:  # noqa: PLR2004  smaller than half a pixel
        return f"M{grid[0, 0]} {grid[0, 1]}h2v2z"
    return path(grid, closed=True)


def land_path(view: View, land: Land, limit: int) -> str:
    """Land on the drawing as path data (fill rule even-odd)."""
    rings = []
    for west, east, shift in view.turns():
        for ring in land(west, view.south_deg, east, view.north_deg, view.px_deg / 2):
            x, y = _on_sheet(view, np.asarray(ring, np.float64), shift)
            rings.append((x, y))
    return area_path(rings, view, limit)


class Shelf:
    """Land kept for many small drawings: fetched once a sheet of thirty degrees in full detail, cut to each view.

    To ask the coast anew for every card would cost a hundred times more: it simplifies whole continents each time.
    """

    def __init__(self, land: Land) -> None:
        self._land = land
        self._sheets: dict[tuple[int, int], list[tuple[Floats, Box]]] = {}

    def __call__(self, west: float, south: float, east: float, north: float, tolerance_deg: float) -> list[Array]:
        """As ``Land``; boxes too wide for a sheet are asked of the coast itself."""
        if max(east - west, north - south) > 2 * _SHEET_MARGIN_DEG:
            return list(self._land(west, south, east, north, tolerance_deg))
        column, row = math.floor((west + east) / 2 / _SHEET_DEG), math.floor((south + north) / 2 / _SHEET_DEG)
        if (column, row) not in self._sheets:
            left, low = column * _SHEET_DEG - _SHEET_MARGIN_DEG, row * _SHEET_DEG - _SHEET_MARGIN_DEG
            right, high = left + _SHEET_DEG + 2 * _SHEET_MARGIN_DEG, low + _SHEET_DEG + 2 * _SHEET_MARGIN_DEG
            box = max(left, -_HALF_TURN), max(low, -90.0), min(right, _HALF_TURN), min(high, 90.0)
            rings = [np.asarray(r, np.float64) for r in self._land(*box, _SHEET_TOLERANCE_DEG)]
            self._sheets[column, row] = [(r, (*r.min(axis=0), *r.max(axis=0))) for r in rings if len(r)]
        near = self._sheets[column, row]
        return [r for r, b in near if b[0] <= east and b[2] >= west and b[1] <= north and b[3] >= south]


def _on_sheet(view: View, ring: Floats, shift: float) -> tuple[Floats, Floats]:
    """Pixels of a ring on its own turn of longitude: a ring wider than half a turn must not be folded."""
    _, y = view.xy(ring[:, 0], ring[:, 1])
    return (ring[:, 0] + shift - view.west_deg) / view.px_deg, y


def outline_path(view: View, rings: Sequence[Floats], limit: int) -> str:
    """Border of an area given as ``places.outline`` has it: edges on 180 degrees and at the poles are no border."""
    runs = [run for _, _, shift in view.turns() for ring in rings for run in _border(view, ring, shift)]
    for quantum in (1, 2, 4, 8, 16):
        grids = (steps(x, y, quantum) for x, y in runs)
        text = "".join(path(g) for g in grids if len(g) > 1)
        if len(text) <= limit:
            return text
    return ""


def _border(view: View, ring: Floats, shift: float) -> list[tuple[Floats, Floats]]:
    """The runs of a ring's border that pass near the drawing; far corners are not even projected."""
    lon, lat = ring[:, 0] + shift, ring[:, 1]
    margin = _MARGIN_PX * view.px_deg
    near = _reaching(lon, view.west_deg - margin, view.east_deg + margin)
    near &= _reaching(lat, view.south_deg - margin, view.north_deg + margin)
    near &= ~((np.abs(ring[1:, 0]) == _HALF_TURN) & (ring[1:, 0] == ring[:-1, 0]))
    near &= ~((np.abs(lat[1:]) == _POLE) & (lat[1:] == lat[:-1]))
    edges = np.flatnonzero(near)
    if not len(edges):
        return []
    starts = np.split(edges, np.flatnonzero(np.diff(edges) > 1) + 1)
    return [_on_sheet(view, ring[run[0] : run[-1] + 2], shift) for run in starts]


def _reaching(value: Floats, low: float, high: float) -> npt.NDArray[np.bool_]:
    """Which steps from one value to the next touch the range."""
    high_end, low_end = np.maximum(value[1:], value[:-1]), np.minimum(value[1:], value[:-1])
    reach: npt.NDArray[np.bool_] = (high_end > low) & (low_end < high)
    return reach
