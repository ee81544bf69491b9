"""Reception: which vessels that could be expected in a place and hour were heard there.

Nobody knows what a receiver did not hear. What is known is who was heard shortly before and is missing now. So for
each half-degree cell and clock hour (UTC) two numbers are counted:

- ``heard``: MMSIs with at least one fix in the hour, in the cell of the first such fix;
- ``missing``: MMSIs without one, whose latest fix before lies in the cell and at most ``MEMORY_H`` hours back.

Expected are both together. Where a receiver fails, most vessels of its cells go missing at once. At the edge of
coverage and in ports where transmitters are switched off, some always are. A vessel that sailed away unheard counts as
missing in the cell that it left.

Rules kept here. The counts of an hour rest on fixes up to the end of that hour and on none later, so a node that
listens counts as a later run over its file does; an hour that the data do not cover to its end is not counted. Counts
of sets of MMSIs add up (``Reception.merged``), so partitions by MMSI may each count their own. ``Presence`` is what
must be kept to count further; it may be merged in any order and any number of times.

Limits: kinds of receivers are not told apart, so a satellite's pass looks like an hour in which all is heard. A cell
is 30 nm high and narrows towards the poles. In the first hours of the data few can be missing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS

CELLS_PER_DEGREE: Final = 2
MEMORY_H: Final = 6
"""How long a vessel that is not heard is expected, h: shorter than most voyages out of a receiver's reach, and as long
as the shortest silence that the detector of gaps reports by default."""
COLUMNS: Final = 360 * CELLS_PER_DEGREE
ROWS: Final = 180 * CELLS_PER_DEGREE
_CELLS: Final = ROWS * COLUMNS
_HOURS: Final = 1 << 24
"""More hours than 1,900 years have; room for the hour in a key of cell and hour."""


def cells_of(lat_deg: Array, lon_deg: Array) -> Array:
    """Number of the cell of each position, int64. Positions must not be missing."""
    row = np.floor((np.asarray(lat_deg) + 90.0) * CELLS_PER_DEGREE).astype(np.int64)
    column = np.floor((np.asarray(lon_deg) + 180.0) * CELLS_PER_DEGREE).astype(np.int64) % COLUMNS
    found: Array = np.clip(row, 0, ROWS - 1) * COLUMNS + column
    return found


def cells_around(cell: Array) -> Array:
    """The cell itself and its neighbours, shape (n, 9), right over 180 degrees; -1 beyond a pole."""
    row, column = cell // COLUMNS, cell % COLUMNS
    steps = np.array([(0, 0), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)])
    rows = row[:, None] + steps[:, 0]
    found: Array = rows * COLUMNS + (column[:, None] + steps[:, 1]) % COLUMNS
    return np.where((rows >= 0) & (rows < ROWS), found, -1)


@dataclass(frozen=True, slots=True)
class Presence:
    """In which hours each MMSI was heard, and where first and last: one row an MMSI and hour, sorted by both.

    ``first`` and ``last`` hold time and cell in one number (``time_ms * cells + cell``), so that the smallest and the
    largest are the same in whatever order fixes come.
    """

    mmsi: Array
    hour: Array
    first: Array
    last: Array

    def __len__(self) -> int:
        """Number of MMSIs times hours."""
        return len(self.mmsi)

    def merged(self, other: Presence) -> Presence:
        """Both together; the same whatever is merged first, and twice the same changes nothing."""
        pairs = zip(_columns(self), _columns(other), strict=True)
        return _reduced(*(np.concatenate(pair) for pair in pairs))

    def since(self, time_ms: int) -> Presence:
        """Without the hours that ended ``MEMORY_H`` or more before a time: enough to count the hours from then on."""
        keep = self.hour >= time_ms // HOUR_MS - MEMORY_H
        return Presence(*(column[keep] for column in _columns(self)))


def _columns(presence: Presence) -> tuple[Array, Array, Array, Array]:
    return presence.mmsi, presence.hour, presence.first, presence.last


def presence(mmsi: Array, time_ms: Array, lat_deg: Array, lon_deg: Array) -> Presence:
    """Presence in fixes of any order; rows without time or position are left out. Fast where fixes are in order."""
    known = (time_ms != MISSING_TIME_MS) & ~np.isnan(lat_deg) & ~np.isnan(lon_deg)
    if not known.all():
        mmsi, time_ms, lat_deg, lon_deg = mmsi[known], time_ms[known], lat_deg[known], lon_deg[known]
    if len(mmsi) == 0:
        return Presence(*(np.empty(0, kind) for kind in (np.int32, np.int64, np.int64, np.int64)))
    hour = time_ms // HOUR_MS
    new = np.ones(len(mmsi), np.bool_)  # runs of one MMSI in one hour, rising in time
    new[1:] = (mmsi[1:] != mmsi[:-1]) | (hour[1:] != hour[:-1]) | (time_ms[1:] <= time_ms[:-1])
    begin = np.flatnonzero(new)
    upto = np.append(begin[1:], len(mmsi)) - 1
    first, last = (time_ms[at] * _CELLS + cells_of(lat_deg[at], lon_deg[at]) for at in (begin, upto))
    return _reduced(mmsi[begin].astype(np.int32), hour[begin], first, last)


def _reduced(mmsi: Array, hour: Array, first: Array, last: Array) -> Presence:
    """One row an MMSI and hour."""
    order = np.lexsort((hour, mmsi))
    mmsi, hour, first, last = mmsi[order], hour[order], first[order], last[order]
    new = np.ones(len(mmsi), np.bool_)
    new[1:] = (mmsi[1:] != mmsi[:-1]) | (hour[1:] != hour[:-1])
    at = np.flatnonzero(new)
    if len(at) == len(mmsi):
        return Presence(mmsi, hour, first, last)
    return Presence(mmsi[at], hour[at], np.minimum.reduceat(first, at), np.maximum.reduceat(last, at))


class Neighbours(NamedTuple):
    """Vessel-hours per place and time asked for, int64: in the cell itself, and with the eight cells around it."""

    heard: Array
    expected: Array
    heard_around: Array
    expected_around: Array


@dataclass(frozen=True)
class Reception:
    """Counts per cell and hour, sorted by both, none twice.

    Attributes:
        cell: int64, number of the cell (``cells_of``).
        hour: int64, hours since 1970 UTC.
        heard, missing: int64, see the module.
    """

    cell: Array
    hour: Array
    heard: Array
    missing: Array

    def __len__(self) -> int:
        """Number of cells times hours."""
        return len(self.cell)

    def merged(self, other: Reception) -> Reception:
        """Counts of two sets of MMSIs that share none."""
        pairs = zip((self.cell, self.hour, self.heard, self.missing),
                    (other.cell, other.hour, other.heard, other.missing), strict=True)  # fmt: skip
        return _added(*(np.concatenate(pair) for pair in pairs))

    @cached_property
    def digest(self) -> str:
        """Names these counts: 32 hexadecimal digits, the same for the same counts."""
        h = hashlib.blake2b(digest_size=16)
        for column in (self.cell, self.hour, self.heard, self.missing):
            h.update(np.ascontiguousarray(column, "<i8").tobytes())
        return h.hexdigest()

    @cached_property
    def _key(self) -> Array:
        return _keyed(self.cell, self.hour)

    @cached_property
    def _sums(self) -> tuple[Array, Array]:
        """Running sums of ``heard`` and of both together, with a 0 before the first."""
        return tuple(np.concatenate([[0], np.cumsum(v)]) for v in (self.heard, self.heard + self.missing))  # type: ignore[return-value]

    def near(self, lat_deg: Array, lon_deg: Array, first_hour: Array, behind_hour: Array) -> Neighbours:
        """Vessel-hours around positions in the hours ``first_hour <= hour < behind_hour``."""
        cells = cells_around(cells_of(lat_deg, lon_deg))
        behind = np.maximum(first_hour, behind_hour)
        real = np.maximum(cells, 0)
        begin, end = (np.searchsorted(self._key, _keyed(real, h[:, None])) for h in (first_hour, behind))
        heard, expected = (np.where(cells >= 0, sums[end] - sums[begin], 0) for sums in self._sums)
        return Neighbours(heard[:, 0], expected[:, 0], heard.sum(axis=1), expected.sum(axis=1))


def _keyed(cell: Array, hour: Array) -> Array:
    key: Array = cell * _HOURS + hour
    return key


def _added(cell: Array, hour: Array, heard: Array, missing: Array) -> Reception:
    """Counts with one row a cell and hour."""
    key, at = np.unique(_keyed(cell, hour), return_inverse=True)
    sums = (np.bincount(at, weights=v, minlength=len(key)).astype(np.int64) for v in (heard, missing))
    return Reception(key // _HOURS, key % _HOURS, *sums)


def count(present: Presence, until_ms: int, from_ms: int = 0) -> Reception:
    """Counts of the whole hours between two times.

    Parts that are to be merged must be counted up to the same ``until_ms``, and so must those that are compared.
    ``from_ms`` leaves out earlier hours, which a listening node has counted already.
    """
    behind = until_ms // HOUR_MS  # the first hour that is not whole
    n = len(present)
    following = np.full(n, behind, np.int64)
    if n:
        same = present.mmsi[1:] == present.mmsi[:-1]
        following[:-1][same] = present.hour[1:][same]
    silent = np.clip(np.minimum(following, behind) - present.hour - 1, 0, MEMORY_H)
    row = np.repeat(np.arange(n), silent)
    later = np.arange(len(row)) - np.repeat(np.cumsum(silent) - silent, silent) + 1
    cell = np.concatenate([present.first % _CELLS, present.last[row] % _CELLS])
    hour = np.concatenate([present.hour, present.hour[row] + later])
    was_heard = np.concatenate([np.ones(n, np.int64), np.zeros(len(row), np.int64)])
    keep = (hour < behind) & (hour >= -(-from_ms // HOUR_MS))
    return _added(cell[keep], hour[keep], was_heard[keep], 1 - was_heard[keep])


NO_RECEPTION: Final = Reception(*(np.empty(0, np.int64) for _ in range(4)))
"""Nothing counted."""
