"""Nested grids of cells on the globe: how coarse a released place is.

A grid of ``cell_m`` has rows of one height in degrees and in each row as many equal columns as fit, so that every cell
is at least ``cell_m`` metres high and wide on WGS 84, and less than twice as wide. Rules that it keeps:

- **Fixed.** The cell of a place depends on nothing but the place. A random shift would be undone by an average.
- **Nested.** Sizes are a closed list, each a multiple of the one before, and every cell lies in exactly one cell of the
  next size. Two partners that hold two sizes and put them together know the finer one of the two and nothing more; with
  grids that cut across each other they would know the overlap.
- **Exact.** Positions are rounded once to 1e-7 degree; from there on only integers are divided. Longitudes wrap at 180
  degrees without a seam. Around each pole lies one round cell, whose middle is the pole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.kernels import cos_deg, metres_per_degree
from kizuna.base.units import WGS84_A_M

CELL_SIZES_M: Final = (500, 1_000, 5_000, 10_000, 50_000)
"""Sizes that a rule may name, metres."""
_TOP_M: Final = CELL_SIZES_M[-1]
_UNITS: Final = 10_000_000
_HALF_UNITS: Final = 180 * _UNITS
_TURN_UNITS: Final = 360 * _UNITS
_SHIFT: Final = 32
_PI: Final = 3.141592653589793
NO_CELL: Final = -1
"""Cell of a missing position."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """One size. ``columns`` counts the columns of every row, from south to north.

    A cell is named by an int64: row * 2**32 + column.
    """

    cell_m: int
    columns: Ints

    @property
    def rows(self) -> int:
        """Number of rows from pole to pole."""
        return len(self.columns)

    def cells(self, lat_deg: Any, lon_deg: Any) -> Ints:
        """Cell of each position; ``NO_CELL`` where latitude or longitude is missing or not on the globe."""
        lat, lon = np.asarray(lat_deg, np.float64), np.asarray(lon_deg, np.float64)
        good = (np.abs(lat) <= 90.0) & (np.abs(lon) <= 540.0)  # noqa: PLR2004  three turns, as everywhere in the house
        lat_u = np.rint((np.where(good, lat, 0.0) + 90.0) * _UNITS).astype(np.int64)
        lon_u = np.rint((np.where(good, lon, 0.0) + 180.0) * _UNITS).astype(np.int64) % _TURN_UNITS
        row = np.minimum(lat_u * self.rows // _HALF_UNITS, self.rows - 1)
        column = lon_u * self.columns[row] // _TURN_UNITS
        return np.where(good, (row << _SHIFT) + column, NO_CELL)

    def middles(self, cells: Ints) -> tuple[Floats, Floats]:
        """Latitude and longitude of the middle of each cell, to 1e-5 degree; the pole for a round one; NaN for none."""
        there = cells >= 0
        row, column = np.where(there, cells >> _SHIFT, 0), np.where(there, cells & 0xFFFFFFFF, 0)
        many = self.columns[row]
        lat = np.round((2 * row + 1) * 90.0 / self.rows - 90.0, 5)
        lon = np.round((2 * column + 1) * 180.0 / many - 180.0, 5)
        lat = np.where(many == 1, np.where(row == 0, -90.0, 90.0), lat)
        lon = np.where(many == 1, 0.0, lon)
        return np.where(there, lat, np.nan), np.where(there, lon, np.nan)

    def edges(self, cells: Ints) -> tuple[Floats, Floats, Floats, Floats]:
        """South, west, north and east side of each cell in degrees."""
        row, column = cells >> _SHIFT, cells & 0xFFFFFFFF
        many = self.columns[row]
        south, north = row * 180.0 / self.rows - 90.0, (row + 1) * 180.0 / self.rows - 90.0
        return south, column * 360.0 / many - 180.0, north, (column + 1) * 360.0 / many - 180.0

    def radius_m(self, cells: Ints) -> Floats:
        """Metres from the middle of each cell within which all of it lies (rounded up to 10 m); NaN for no cell."""
        rows = np.unique(cells[cells >= 0] >> _SHIFT)
        found = np.array([_radius_m(self.cell_m, int(r)) for r in rows], np.float64)
        at = np.searchsorted(rows, np.maximum(cells, 0) >> _SHIFT)
        return np.where(cells >= 0, np.append(found, np.nan)[np.minimum(at, len(rows))], np.nan)

    def names(self, cells: Ints) -> list[str]:
        """Neutral name of each cell, such as ``g10000-1275-2943``; empty for no cell."""
        return [f"g{self.cell_m}-{c >> _SHIFT}-{c & 0xFFFFFFFF}" if c >= 0 else "" for c in cells.tolist()]

    def grown(self, cells: Ints, by: int) -> Ints:
        """Cells and those around them, so that every place within ``by`` times ``cell_m`` is held; in order."""
        out = np.unique(cells)
        for _ in range(by):
            out = np.unique(np.concatenate([out, *(self._beside(out, step) for step in (-1, 0, 1))]))
        return out

    def _beside(self, cells: Ints, step: int) -> Ints:
        """Cells of the row ``step`` away that are around each cell.

        Columns of two rows are out of step: a cell that touches a corner may end just behind it, so in other rows one
        column more is taken on either side.
        """
        row, column = cells >> _SHIFT, cells & 0xFFFFFFFF
        inside = (row + step >= 0) & (row + step < self.rows)
        row, column = row[inside], column[inside]
        many, other = self.columns[row], self.columns[row + step]
        spare = abs(step)
        first = -(-column * other // many) - 1 - spare
        last = (column + 1) * other // many + spare
        counts = np.minimum(last - first + 1, other)
        which = np.repeat(np.arange(len(row)), counts)
        offset = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
        found: Ints = ((row[which] + step) << _SHIFT) + (first[which] + offset) % other[which]
        return found


def listed(sides_m: Any) -> npt.NDArray[np.int8]:
    """Which listed size a side is, from 1 on: the smallest that is not smaller; 0 for no side (0 or missing)."""
    sides = np.nan_to_num(np.asarray(sides_m, np.float64))
    at = np.minimum(np.searchsorted(CELL_SIZES_M, sides), len(CELL_SIZES_M) - 1)
    return np.where(sides > 0, at + 1, 0).astype(np.int8)


@lru_cache(maxsize=len(CELL_SIZES_M))
def grid(cell_m: int) -> Grid:
    """The grid of one of ``CELL_SIZES_M``. Raises InputError for any other size."""
    if cell_m not in CELL_SIZES_M:
        raise InputError(f"no grid of {cell_m} m", hint=f"one of {', '.join(map(str, CELL_SIZES_M))}")
    if cell_m == _TOP_M:
        per_deg_m, _ = metres_per_degree(0.0)  # the shortest degree of latitude
        rows = int(180.0 * per_deg_m / cell_m)
        return Grid(cell_m, np.array([_fit(_girth_m(r, rows), cell_m) for r in range(rows)], np.int64))
    up = grid(CELL_SIZES_M[CELL_SIZES_M.index(cell_m) + 1])
    times = up.cell_m // cell_m
    rows = up.rows * times
    above = up.columns.tolist()
    columns = [n * _fit(_girth_m(r, rows) / n, cell_m) for r in range(rows) for n in (above[r // times],)]
    return Grid(cell_m, np.array(columns, np.int64))


def _girth_m(row: int, rows: int) -> float:
    """Length of the parallel on the side of a row that is nearer to its pole; never more than the true length."""
    south, north = row * 180.0 / rows - 90.0, (row + 1) * 180.0 / rows - 90.0
    return float(2.0 * _PI * WGS84_A_M * max(0.0, cos_deg(max(abs(south), abs(north)))))


def _fit(length_m: float, cell_m: int) -> int:
    return max(1, int(length_m / cell_m))


@lru_cache(maxsize=65_536)
def _radius_m(cell_m: int, row: int) -> float:
    g = grid(cell_m)
    south, north = row * 180.0 / g.rows - 90.0, (row + 1) * 180.0 / g.rows - 90.0
    per_lat, _ = metres_per_degree(max(abs(south), abs(north)))
    if g.columns[row] == 1:
        return float(np.ceil((north - south) * per_lat / 10.0) * 10.0)
    _, per_lon = metres_per_degree(min(abs(south), abs(north)))
    high, wide = (north - south) / 2.0 * per_lat, 180.0 / int(g.columns[row]) * per_lon
    return float(np.ceil((high * high + wide * wide) ** 0.5 / 10.0 + 0.1) * 10.0)
