"""Builds the nested grid that ``kernels.areas`` walks: which areas and which edges matter in which cell.

Level by level, edges are laid over cells. For every cell and area with a border in it the builder finds whether the
cell's south-east corner is inside, by counting crossings along the cells' borders from a corner that is known:
the parent cell's corner, up its east side, then west along each row. On the way it also learns which cells without a
border are covered whole. All counts use the predicate of the kernel (``_is_left`` is its twin for arrays) and the
same numbers, so that they agree to the last bit. Plain NumPy: the work is small and done once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.places.kernels.areas import FAN, LAST, LEVELS, ROOT_COLS, ROOT_ROWS, members

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

SPLIT_EDGES: Final = 10
"""A cell with more edges than this is divided: testing an edge costs about as much as going down half a level."""
_SLACK_DEG: Final = 1e-9
"""Edges this close to a cell count as in it, far above the rounding of a coordinate (3e-14 degrees)."""
_ROOM: Final = 1 << 22
"""Pairs to make room for at once; more is made as it is needed."""
_CHUNK_CELLS: Final = 4_000_000


@dataclass(frozen=True, slots=True)
class AreaGrid:
    """Arrays of the kernel ``members``. ``crowded`` lists the one-degree cells with more edges than ``SPLIT_EDGES``."""

    cells: npt.NDArray[np.int32]
    blocks: npt.NDArray[np.int32]
    pairs: npt.NDArray[np.int32]
    edges: Floats
    n_areas: int
    crowded: Ints

    def members(self, lat_deg: Floats, lon_deg: Floats) -> tuple[Ints, npt.NDArray[np.int32]]:
        """Pairs (number of the point, number of the area) of points inside areas, sorted by both."""
        room = max(min(len(lat_deg), _ROOM), self.n_areas)
        parts: list[tuple[Ints, npt.NDArray[np.int32]]] = [(np.empty(0, np.int64), np.empty(0, np.int32))]
        start = 0
        while start < len(lat_deg):
            rows, areas = np.empty(room, np.int64), np.empty(room, np.int32)
            grid = (self.cells, self.blocks, self.pairs, self.edges)
            start, found = members(lat_deg, lon_deg, start, *grid, rows, areas)
            parts.append((rows[:found], areas[:found]))
        if len(parts) == 2:  # noqa: PLR2004  the empty start and the one answer: nothing to copy
            return parts[1]
        return np.concatenate([r for r, _ in parts]), np.concatenate([a for _, a in parts])


@dataclass(frozen=True, slots=True)
class _Groups:
    """Borders in cells of one level: one row per (cell, area), ``edge_from`` into ``edge`` (numbers of edges)."""

    cell: Ints  # index over all levels
    row: Ints
    col: Ints
    area: Ints
    edge_from: Ints
    edge: Ints
    corner: npt.NDArray[np.bool_]  # south-east corner inside

    def counts(self) -> Ints:
        return np.diff(self.edge_from)


def root_of(lat_deg: Floats, lon_deg: Floats) -> Ints:
    """The one-degree cells that hold positions, each once; missing positions are left out."""
    good = (np.abs(lat_deg) <= 90.0) & (np.abs(lon_deg) <= 540.0)  # noqa: PLR2004  as in the kernel
    row = np.minimum((lat_deg[good] + 90.0).astype(np.int64), ROOT_ROWS - 1)
    col = np.floor(lon_deg[good] + 180.0).astype(np.int64) % ROOT_COLS
    found: Ints = np.flatnonzero(np.bincount(row * ROOT_COLS + col, minlength=1)).astype(np.int64)
    return found


def build_grid(areas: Sequence[Floats], *, divide: Ints | None = None) -> AreaGrid:
    """The grid over areas, each given by all edges of its rings as (n, 4) lon, lat, lon, lat in the plain form.

    Only the one-degree cells in ``divide`` are divided where they are crowded; all of them by default. The answers are
    the same, but for a very large area only the region in use needs the work.
    """
    edges = np.concatenate([np.empty((0, 4)), *areas])
    flip = (edges[:, 1] > edges[:, 3]) | ((edges[:, 1] == edges[:, 3]) & (edges[:, 0] > edges[:, 2]))
    edges[flip] = edges[flip][:, [2, 3, 0, 1]]  # upward, or east: one direction for both neighbours of a border
    area_of = np.repeat(np.arange(len(areas)), [len(a) for a in areas])
    entries: list[Ints] = []  # rows of cell, area, first edge, last edge, corner
    edge_lists: list[Ints] = []
    children = [np.full(ROOT_ROWS * ROOT_COLS, -1, np.int64)]
    groups = _root_groups(edges, area_of, len(areas), entries)
    per_deg, total, edges_kept = 1, ROOT_ROWS * ROOT_COLS, 0
    roots = np.zeros(0, np.int64)
    for level in range(LEVELS):
        crowded = np.zeros(0, np.int64)
        if level + 1 < LEVELS:
            cells, where = np.unique(groups.cell, return_inverse=True)
            load = np.bincount(where, groups.counts(), len(cells))
            crowded = cells[load > SPLIT_EDGES]
            if level == 0:
                roots = crowded
                crowded = crowded if divide is None else crowded[np.isin(crowded, divide)]
        split = np.isin(groups.cell, crowded)
        edges_kept += _keep_leaves(groups, ~split, edges_kept, entries, edge_lists)
        if not len(crowded):
            break
        base = total + np.arange(len(crowded)) * FAN * FAN
        _set_children(children, crowded, base)
        children.append(np.full(len(crowded) * FAN * FAN, -1, np.int64))
        total += len(crowded) * FAN * FAN
        per_deg *= FAN
        groups = _child_groups(edges, _only(groups, split), per_deg, crowded, base, entries)
    return _packed(edges, len(areas), np.concatenate(children), entries, edge_lists, roots)


def _set_children(children: list[Ints], cells: Ints, base: Ints) -> None:
    """Write the index of the first child of each divided cell; cells of one level lie in one block."""
    offset = 0
    for block in children:
        mine = (cells >= offset) & (cells < offset + len(block))
        block[cells[mine] - offset] = base[mine]
        offset += len(block)


def _keep_leaves(
    groups: _Groups, leaf: npt.NDArray[np.bool_], offset: int, entries: list[Ints], lists: list[Ints]
) -> int:
    """Record the borders of undivided cells; returns how many edges that stored."""
    kept = _only(groups, leaf)
    first = offset + kept.edge_from[:-1]
    entries.append(np.column_stack([kept.cell, kept.area, first, first + kept.counts(), kept.corner]))
    lists.append(kept.edge)
    return len(kept.edge)


def _only(groups: _Groups, keep: npt.NDArray[np.bool_]) -> _Groups:
    counts = groups.counts()
    edge = groups.edge[np.repeat(keep, counts)]
    edge_from = np.concatenate([[0], np.cumsum(counts[keep])])
    return _Groups(
        groups.cell[keep], groups.row[keep], groups.col[keep], groups.area[keep], edge_from, edge, groups.corner[keep]
    )


def _packed(
    edges: Floats, n_areas: int, child: Ints, entries: list[Ints], edge_lists: list[Ints], crowded: Ints
) -> AreaGrid:
    """Arrays of the kernel. Cells that only one area covers whole share that area's list: most of them do."""
    table = np.concatenate([np.empty((0, 5), np.int64), *entries])
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    cell, area = table[:, 0], table[:, 1]
    counts = np.bincount(cell, minlength=len(child))
    shared = (counts[cell] == 1) & (table[:, 2] == table[:, 3])
    own = np.flatnonzero(~shared)
    last = np.append(cell[own][1:] != cell[own][:-1], True)[: len(own)]
    pairs = np.zeros((1 + len(own) + n_areas, 4), np.int64)
    pairs[1 : 1 + len(own)] = table[own, 1:]
    pairs[1 : 1 + len(own), 3] += LAST * last
    pairs[1 + len(own) :, 0] = np.arange(n_areas)
    pairs[1 + len(own) :, 3] = LAST
    lists = np.zeros(len(child), np.int64)
    lists[cell[own][::-1]] = 1 + np.arange(len(own))[::-1]  # the first entry of a cell is written last
    lists[cell[shared]] = 1 + len(own) + area[shared]
    divided = np.flatnonzero(child >= 0)
    block = (child[divided] - ROOT_ROWS * ROOT_COLS) // (FAN * FAN)
    block_lists = np.zeros(len(divided), np.int64)
    block_lists[block] = lists[divided]
    lists[divided] = -1 - block
    chosen = edges[np.concatenate([np.empty(0, np.int64), *edge_lists])]
    return AreaGrid(
        lists.astype(np.int32), block_lists.astype(np.int32), pairs.astype(np.int32), np.ascontiguousarray(chosen),
        n_areas, crowded,
    )  # fmt: skip


def _root_groups(edges: Floats, area_of: Ints, n_areas: int, entries: list[Ints]) -> _Groups:
    """Borders in the one-degree cells; cells that an area covers whole go to ``entries``."""
    number, row, col = _laid(edges, np.arange(len(edges)), 1, 0, ROOT_ROWS - 1, 0, ROOT_COLS - 1)
    area = area_of[number]
    parent = area  # the whole map is the parent, once per area
    east_side = np.zeros((n_areas, ROOT_ROWS), np.bool_)  # beyond 180 degrees nothing is inside
    return _grouped(edges, number, row, col, parent, np.arange(n_areas), east_side, 1, ROOT_ROWS, ROOT_COLS, entries,
                    lambda _parent, r, c: r * ROOT_COLS + c)  # fmt: skip


def _child_groups(edges: Floats, up: _Groups, per_deg: int, crowded: Ints, base: Ints, entries: list[Ints]) -> _Groups:
    """Borders in the children of divided cells, from the borders ``up`` in those cells."""
    parent = np.repeat(np.arange(len(up.cell)), up.counts())
    low_row, low_col = up.row[parent] * FAN, up.col[parent] * FAN
    number, row, col = _laid(
        edges, up.edge, per_deg, low_row, low_row + FAN - 1, low_col, low_col + FAN - 1, keep=(of := [parent])
    )
    parent = of[0]
    first = base[np.searchsorted(crowded, up.cell)]

    def cell_of(p: Ints, r: Ints, c: Ints) -> Ints:
        return first[p] + (r % FAN) * FAN + c % FAN

    east_side = _east_side(edges, up, per_deg)
    return _grouped(edges, number, row, col, parent, up.area, east_side, per_deg, FAN, FAN, entries, cell_of)


def _laid(
    edges: Floats, number: Ints, per_deg: int, row_low: Any, row_high: Any, col_low: Any, col_high: Any,
    keep: list[Ints] | None = None,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """Cells that edges pass, as (edge number, row, column), within limits per edge; ``keep[0]`` is repeated alike."""
    ax, ay, bx, by = edges[number].T
    r0 = np.floor((ay - _SLACK_DEG + 90.0) * per_deg).astype(np.int64)
    r1 = np.floor((by + _SLACK_DEG + 90.0) * per_deg).astype(np.int64)
    c0 = np.floor((np.minimum(ax, bx) - _SLACK_DEG + 180.0) * per_deg).astype(np.int64)
    c1 = np.floor((np.maximum(ax, bx) + _SLACK_DEG + 180.0) * per_deg).astype(np.int64)
    r0, r1 = np.maximum(r0, row_low), np.minimum(r1, row_high)
    c0, c1 = np.maximum(c0, col_low), np.minimum(c1, col_high)
    one = np.flatnonzero((r0 == r1) & (c0 == c1))  # most edges of a coast lie in one cell
    rest = np.flatnonzero((r0 != r1) | (c0 != c1))
    which, row = _ranges(r0[rest], r1[rest])
    which = rest[which]
    ax, ay, bx, by = (v[which] for v in (ax, ay, bx, by))
    rise = np.where(by > ay, by - ay, 1.0)
    t0 = np.where(by > ay, np.clip((row / per_deg - 90.0 - _SLACK_DEG - ay) / rise, 0.0, 1.0), 0.0)
    t1 = np.where(by > ay, np.clip(((row + 1) / per_deg - 90.0 + _SLACK_DEG - ay) / rise, 0.0, 1.0), 1.0)
    x0, x1 = ax + t0 * (bx - ax), ax + t1 * (bx - ax)
    west = np.floor((np.minimum(x0, x1) - _SLACK_DEG + 180.0) * per_deg).astype(np.int64)
    east = np.floor((np.maximum(x0, x1) + _SLACK_DEG + 180.0) * per_deg).astype(np.int64)
    again, col = _ranges(np.maximum(west, c0[which]), np.minimum(east, c1[which]))
    which = np.concatenate([one, which[again]])
    if keep is not None:
        keep[0] = keep[0][which]
    return number[which], np.concatenate([r0[one], row[again]]), np.concatenate([c0[one], col])


def _ranges(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """For each pair of bounds all whole numbers from low to high; and to which pair each belongs."""
    counts = np.maximum(high - low + 1, 0)
    which = np.repeat(np.arange(len(low)), counts)
    step = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    return which, low[which] + step


def _grouped(
    edges: Floats, number: Ints, row: Ints, col: Ints, parent: Ints, area_of_parent: Ints,
    east_side: npt.NDArray[np.bool_], per_deg: int, rows: int, cols: int, entries: list[Ints], cell_of: Any,
) -> _Groups:  # fmt: skip
    """Sort edges to (parent, cell), find every cell's corner and the cells that are covered whole."""
    r, c = row % rows, col % cols
    order = np.argsort((parent * rows + r) * cols + c, kind="stable")
    number, row, col, parent, r, c = (v[order] for v in (number, row, col, parent, r, c))
    new = np.ones(len(number), np.bool_)
    new[1:] = (parent[1:] != parent[:-1]) | (r[1:] != r[:-1]) | (c[1:] != c[:-1])
    at = np.flatnonzero(new)
    group = np.cumsum(new) - 1
    south, west, east = row / per_deg - 90.0, col / per_deg - 180.0, (col + 1) / per_deg - 180.0
    edge = edges[number].T
    crosses = (edge[1] <= south) & (south < edge[3]) & (_is_left(edge, west, south) != _is_left(edge, east, south))
    odd = np.bincount(group, crosses, len(at)).astype(np.int64) & 1
    corner = np.zeros(len(at), np.bool_)
    g_parent, g_r, g_c = parent[at], r[at], c[at]
    step = max(1, _CHUNK_CELLS // (rows * cols))
    for p0 in range(0, len(area_of_parent), step):
        p1 = min(p0 + step, len(area_of_parent))
        mine = slice(*np.searchsorted(g_parent, [p0, p1]))
        flips = np.zeros((p1 - p0, rows, cols + 1), np.bool_)
        bordered = np.zeros((p1 - p0, rows, cols), np.bool_)
        where = (g_parent[mine] - p0, g_r[mine], g_c[mine])
        flips[where] = odd[mine] != 0
        bordered[where] = True
        flips[:, :, cols] = east_side[p0:p1]
        # corner of a cell = its parent's east side, turned over by every crossing between here and there
        inside = np.bitwise_xor.accumulate(flips[:, :, ::-1], axis=2)[:, :, -2::-1]
        corner[mine] = inside[where]
        p, rr, cc = np.nonzero(inside & ~bordered)
        cells = cell_of(p + p0, rr, cc)
        zero = np.zeros(len(p), np.int64)
        entries.append(np.column_stack([cells, area_of_parent[p + p0], zero, zero, zero]))
    cell = cell_of(g_parent, g_r, g_c)
    edge_from = np.append(at, len(number))
    return _Groups(cell, row[at], col[at], area_of_parent[g_parent], edge_from, number, corner)


def _east_side(edges: Floats, up: _Groups, per_deg: int) -> npt.NDArray[np.bool_]:
    """Whether the points on the east side of each parent at the foot of each row of children are inside."""
    parent = np.repeat(np.arange(len(up.cell)), up.counts())
    east = (up.col + 1) / (per_deg // FAN) - 180.0
    south = up.row / (per_deg // FAN) - 90.0
    edge = edges[up.edge].T
    near = np.flatnonzero((edge[0] <= east[parent]) != (edge[2] <= east[parent]))
    parent, edge = parent[near], edge[:, near]
    at_corner = _is_left(edge, east[parent], south[parent])
    out = np.zeros((len(up.cell), FAN), np.bool_)
    for k in range(FAN):
        foot = (up.row * FAN + k) / per_deg - 90.0
        crosses = at_corner != _is_left(edge, east[parent], foot[parent])
        out[:, k] = (np.bincount(parent, crosses, len(up.cell)).astype(np.int64) & 1).astype(np.bool_)
    return out ^ up.corner[:, None]


def _is_left(edge: Floats, x: Floats, y: Floats) -> npt.NDArray[np.bool_]:
    """The kernel's ``is_left`` for arrays, operation for operation."""
    ax, ay, bx, by = edge
    low, high = np.minimum(ax, bx), np.maximum(ax, bx)
    beside = x < low
    within = ~beside & (x < high)
    slant = (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0.0
    level = np.where(within, slant, beside)
    level = np.where(y >= by, np.where(within, bx > ax, beside), level)
    level = np.where(y < ay, np.where(within, bx <= ax, beside), level)
    answer: npt.NDArray[np.bool_] = np.where(ay == by, y >= ay, level)
    return answer
