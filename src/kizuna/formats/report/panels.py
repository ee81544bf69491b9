"""Which parts of the world the overview shows: one map, or several where the data lie far apart.

Positions are counted in cells of four degrees; cells that touch, also over 180 degrees, form a region. Regions that
share a map without wasting it are joined. A region needs an event or one fix in a thousand to get a map of its own;
what gets none is counted, and the report says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.formats.report.chart import Box, Floats, box_of, mercator_deg

MAX_PANELS: Final = 6
_CELL_DEG: Final = 4
_COLUMNS: Final = 360 // _CELL_DEG
_ROWS: Final = 180 // _CELL_DEG
_SHARE: Final = 0.001
_WASTE: Final = 1.8  # a joint map may have this many times the area of the regions on it
_LEAST_DEG: Final = 3.0  # small boxes count as this wide when maps are joined: two harbours side by side share a map
_TURN: Final = 360.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One map: its number for ``Panels.of``, its box, its fixes and events, and the mean of their shares of all."""

    index: int
    box: Box
    fixes: int
    events: int
    share: float


@dataclass(frozen=True, slots=True)
class Panels:
    """All maps, the one with most to show first; ``cells`` maps a cell to the panel's index, -1 for none."""

    shown: tuple[Panel, ...]
    cells: Array
    fixes_left_out: int
    events_left_out: int

    def of(self, lon_deg: Array, lat_deg: Array) -> Array:
        """Index of the panel of every position; -1 for none."""
        found: Array = self.cells[cell_of(lon_deg, lat_deg)]
        return found


def cell_of(lon_deg: Array, lat_deg: Array) -> Array:
    """Number of the cell of every position."""
    column = np.floor((np.asarray(lon_deg) + 180.0) / _CELL_DEG).astype(np.int64) % _COLUMNS
    row = np.clip(np.floor((np.asarray(lat_deg) + 90.0) / _CELL_DEG), 0, _ROWS - 1).astype(np.int64)
    cell: Array = row * _COLUMNS + column
    return cell


def chosen(lon_deg: Array, lat_deg: Array, event_lon_deg: Floats, event_lat_deg: Floats) -> Panels:
    """Panels for these fixes and events; positions must be finite."""
    cell = cell_of(lon_deg, lat_deg)
    event_cell = cell_of(event_lon_deg, event_lat_deg)
    size = _ROWS * _COLUMNS
    fixes, events = np.bincount(cell, minlength=size), np.bincount(event_cell, minlength=size)
    region = _regions((fixes > 0) | (events > 0))
    label = region[cell]
    boxes: dict[int, Box] = {}
    for k in range(int(region.max(initial=-1)) + 1):
        mine, theirs = label == k, region[event_cell] == k
        boxes[k] = box_of(_joined(lon_deg[mine], event_lon_deg[theirs]), _joined(lat_deg[mine], event_lat_deg[theirs]))
    return _ranked(region, boxes, fixes, events)


def _joined(many: Array, few: Floats) -> Floats:
    """All values, or of very many positions only the distinct thousandths: boxes need no more."""
    return np.concatenate([np.unique(np.round(many, 3)).astype(np.float64), few])


def _regions(occupied: Array) -> Array:
    """Number of the region of every cell, -1 for empty cells; neighbours by edge or corner, round the globe."""
    region = np.full(len(occupied), -1, np.int64)
    k = 0
    for seed in np.flatnonzero(occupied).tolist():
        if region[seed] >= 0:
            continue
        region[seed] = k
        waiting = [seed]
        while waiting:
            row, column = divmod(waiting.pop(), _COLUMNS)
            for r in range(max(row - 1, 0), min(row + 2, _ROWS)):
                for c in (column - 1, column, column + 1):
                    near = r * _COLUMNS + c % _COLUMNS
                    if occupied[near] and region[near] < 0:
                        region[near] = k
                        waiting.append(near)
        k += 1
    return region


def _ranked(region: Array, boxes: dict[int, Box], fixes: Array, events: Array) -> Panels:
    """Join what fits on one map, keep what has something to show, put the fullest first."""
    held = region >= 0
    n_fixes = {k: int(fixes[held & (region == k)].sum()) for k in boxes}
    n_events = {k: int(events[held & (region == k)].sum()) for k in boxes}
    total = int(fixes.sum())
    kept = [k for k in boxes if n_events[k] or n_fixes[k] >= _SHARE * total]
    groups = _grouped([_Group(boxes[k], _area(boxes[k]), (k,)) for k in kept])
    weights = [(sum(n_events[k] for k in g.members), sum(n_fixes[k] for k in g.members)) for g in groups]
    wholes = [(k, n) for k, n in enumerate((int(events.sum()), total)) if n]  # of nothing there is no share
    share = [sum(weight[k] / n for k, n in wholes) / len(wholes) for weight in weights]
    order = sorted(range(len(groups)), key=lambda i: (-share[i], groups[i].box))[:MAX_PANELS]
    lookup = np.full(len(boxes) + 1, -1, np.int64)  # the last entry answers for region -1
    panels = []
    for index, i in enumerate(order):
        lookup[list(groups[i].members)] = index
        panels.append(Panel(index, groups[i].box, weights[i][1], weights[i][0], share[i]))
    shown_fixes, shown_events = sum(p.fixes for p in panels), sum(p.events for p in panels)
    return Panels(tuple(panels), lookup[region], total - shown_fixes, int(events.sum()) - shown_events)


class _Group(NamedTuple):
    """Regions on one map: its box, the areas of the regions themselves together, and their numbers."""

    box: Box
    own_area: float
    members: tuple[int, ...]


def _grouped(groups: list[_Group]) -> list[_Group]:
    """Join the pair that wastes least, as long as a joint map is no waste."""
    while len(groups) > 1:
        best, chosen_pair = _WASTE, None
        for i, a in enumerate(groups):
            for j, b in enumerate(groups[:i]):
                box = _union(a.box, b.box)
                waste = _area(box) / (a.own_area + b.own_area)
                if waste < best:
                    joint = _Group(box, a.own_area + b.own_area, tuple(sorted(a.members + b.members)))
                    best, chosen_pair = waste, (i, j, joint)
        if chosen_pair is None:
            break
        i, j, joint = chosen_pair
        groups = [g for n, g in enumerate(groups) if n not in (i, j)] + [joint]
    return groups


def _area(box: Box) -> float:
    west, south, east, north = box
    height = float(mercator_deg(north)) - float(mercator_deg(south))
    return max(east - west, _LEAST_DEG) * max(height, _LEAST_DEG)


def _union(a: Box, b: Box) -> Box:
    """Smallest box around both, the shorter way round."""
    best: Box | None = None
    for turn in (-_TURN, 0.0, _TURN):
        west, east = min(a[0], b[0] + turn), max(a[2], b[2] + turn)
        if best is None or east - west < best[2] - best[0]:
            best = (west, min(a[1], b[1]), east, max(a[3], b[3]))
    assert best is not None
    return best
