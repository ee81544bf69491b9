"""A hash grid of discs, for the question whether a point lies in one of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from kizuna.places.kernels.anchorages import cover, fill_table

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_DEG_M: Final = 110_500.0
"""Metres in a degree of latitude, rounded down, so that a cell is never too small."""
_CELL_MIN_M: Final = 2000.0
_POLAR_DEG: Final = 85.0
"""Beyond this latitude a disc is noted in all columns of its rows."""


@dataclass(frozen=True, slots=True)
class DiscGrid:
    """Arrays of the kernel ``cover``."""

    per_deg: float
    columns: int
    table: Ints
    disc_from: Ints
    disc_to: Ints
    whole: npt.NDArray[np.bool_]
    disc: Ints
    lat_deg: Floats
    lon_deg: Floats
    radius_m: Floats

    def cover(self, lat_deg: Floats, lon_deg: Floats) -> npt.NDArray[np.bool_]:
        """Whether each point lies in a disc."""
        out = np.empty(len(lat_deg), np.bool_)
        cover(lat_deg, lon_deg, self.per_deg, self.columns, self.table, self.disc_from, self.disc_to, self.whole,
              self.disc, self.lat_deg, self.lon_deg, self.radius_m, out)  # fmt: skip
        return out


def row_cells(lat_deg: Floats, lon_deg: Floats, reach_m: float) -> tuple[float, int, Ints]:
    """Cells at least ``reach_m`` high: cells per degree, columns around the globe, and the cell of each point."""
    columns = max(int(360.0 * _DEG_M / max(reach_m, 1.0)), 4)
    per_deg = columns / 360.0
    row = np.floor((lat_deg + 90.0) * per_deg).astype(np.int64)
    col = np.minimum(np.floor((lon_deg + 180.0) * per_deg).astype(np.int64), columns - 1)
    return per_deg, columns, row * columns + col


def build_discs(lat_deg: Floats, lon_deg: Floats, radius_m: npt.NDArray[np.float32]) -> DiscGrid:
    """The grid over discs; longitudes in [-180, 180)."""
    radius = radius_m.astype(np.float64)
    per_deg, columns, _ = row_cells(lat_deg, lon_deg, max(float(radius.max(initial=0.0)), _CELL_MIN_M))
    disc, row, col = _touched(lat_deg, lon_deg, radius, per_deg, columns)
    key = row * columns + col % columns
    order = np.lexsort((disc, key))
    disc, key = disc[order], key[order]
    keys, first = np.unique(key, return_index=True)
    table = np.full(1 << max(int(np.ceil(np.log2(max(len(keys), 1) * 2))), 4), -1, np.int64)
    slots = np.empty(len(keys), np.int64)
    fill_table(keys, table, slots)
    disc_from, disc_to = np.zeros(len(table), np.int64), np.zeros(len(table), np.int64)
    disc_from[slots], disc_to[slots] = first, np.append(first[1:], len(key))
    whole = np.zeros(len(table), np.bool_)
    whole[slots[np.searchsorted(keys, key[_covers(lat_deg, lon_deg, radius, disc, key, per_deg, columns)])]] = True
    return DiscGrid(per_deg, columns, table, disc_from, disc_to, whole, disc, lat_deg, lon_deg, radius)


def _touched(lat: Floats, lon: Floats, radius: Floats, per_deg: float, columns: int) -> tuple[Ints, Ints, Ints]:
    """Every cell that the box around a disc touches, as (disc, row, column not yet wrapped)."""
    high = radius / _DEG_M * 1.001 + 1e-9
    foot, top = lat - high, lat + high
    polar = np.maximum(np.abs(foot), np.abs(top)) > _POLAR_DEG
    width = np.where(polar, 180.0, high / np.cos(np.radians(np.minimum(np.maximum(np.abs(foot), np.abs(top)), 85.0))))
    r0 = np.floor((np.maximum(foot, -90.0) + 90.0) * per_deg).astype(np.int64)
    r1 = np.floor((np.minimum(top, 90.0) + 90.0) * per_deg).astype(np.int64)
    c0 = np.floor((lon - width + 180.0) * per_deg).astype(np.int64)
    c1 = np.minimum(np.floor((lon + width + 180.0) * per_deg).astype(np.int64), c0 + columns - 1)
    rows, cols = r1 - r0 + 1, c1 - c0 + 1
    disc = np.repeat(np.arange(len(lat)), rows * cols)
    k = np.arange(len(disc)) - np.repeat(np.cumsum(rows * cols) - rows * cols, rows * cols)
    return disc, r0[disc] + k // cols[disc], c0[disc] + k % cols[disc]


def _covers(
    lat: Floats, lon: Floats, radius: Floats, disc: Ints, key: Ints, per_deg: float, columns: int
) -> npt.NDArray[np.bool_]:
    """Whether a disc covers all of its cell, by a flat distance on the safe side; never near a pole."""
    foot, west = key // columns / per_deg - 90.0, key % columns / per_deg - 180.0
    dy = np.maximum(np.abs(foot - lat[disc]), np.abs(foot + 1.0 / per_deg - lat[disc])) * 112_000.0
    a = np.abs((west - lon[disc] + 180.0) % 360.0 - 180.0)
    b = np.abs((west + 1.0 / per_deg - lon[disc] + 180.0) % 360.0 - 180.0)
    flattest = np.maximum(np.minimum(np.abs(foot), np.abs(foot + 1.0 / per_deg)) - 1.0, 0.0)
    dx = np.maximum(a, b) * 112_000.0 * np.cos(np.radians(flattest))
    answer: npt.NDArray[np.bool_] = (np.hypot(dx, dy) < radius[disc]) & (np.abs(lat[disc]) < _POLAR_DEG)
    return answer
