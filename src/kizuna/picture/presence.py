"""Presence: how many vessels were heard where, for how long, by zone or cell, period, number block and class of ship.

Definitions.

- **Vessel-hours** are time, not messages: the time between two fixes of one segment that follow each other counts
  half at the place of each. A longer silence than ``silence_max_h`` counts as that long and no more: nobody knows
  where the ship was. So a class A set that reports every two seconds and a class B set that reports every three
  minutes weigh the same. Time before the first and after the last fix of a segment does not count.
- **Vessels** are different MMSIs. **Visits** are counted by zone: a fix inside begins one when the MMSI was not heard
  inside during the ``away_h`` before. (``zone_visits`` events judge entry and exit more finely.)
- **Period** is the UTC day or month of the fix. A vessel counts once in every period and place in which it was heard:
  so vessels of days must not be added up to vessels of a month.

Counts are added up in whole half milliseconds and whole vessels, so that partitions of vessels add up to the same
answer to the bit, whatever their order (``add``).

Nothing here scores anybody. A number block (flag) is a property of the number sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.table import Array
from kizuna.base.units import DAY_MS, HOUR_MS
from kizuna.picture.classes import CLASSES
from kizuna.picture.flags import FLAGS, UNKNOWN, mid_of
from kizuna.picture.rows import Rows
from kizuna.places.zone_index import ZoneIndex

BY: Final = ("zone", "cell", "flag", "type", "month", "day")
_LATEST: Final = 1 << 20
"""Number of days or months is below this: the year 4840."""


@dataclass(frozen=True, slots=True)
class Params:
    """What is counted and how.

    Attributes:
        by: which of ``BY`` to tell apart. ``zone`` and ``cell`` exclude each other, and so do ``month`` and ``day``.
        cell_deg: side of a cell, degrees; 0.001 to 10. Default 0.1.
        silence_max_h: a longer silence counts as this long, h; 0.05 to 24. Default 1, after the limit up to which
            Kizuna joins positions when it compares ships.
        away_h: a visit ends when the MMSI is not heard inside for so long, h; 0.1 to 720. Default 3.
    """

    by: tuple[str, ...] = ()
    cell_deg: float = 0.1
    silence_max_h: float = 1.0
    away_h: float = 3.0

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        for name, low, high in (("cell_deg", 0.001, 10), ("silence_max_h", 0.05, 24), ("away_h", 0.1, 720)):
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} = {getattr(self, name)} is out of range", hint=f"{low} to {high}")
        odd = [b for b in self.by if b not in BY]
        if odd:
            raise InputError(f"cannot count by {', '.join(odd)}", hint=", ".join(BY))
        for a, b in (("zone", "cell"), ("month", "day")):
            if a in self.by and b in self.by:
                raise InputError(f"count by {a} or by {b}, not by both", hint="two runs give both")


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts by key. The key packs place, period, flag and class; ``parts`` takes it apart.

    Attributes:
        key: int64, ascending.
        half_ms: int64, twice the milliseconds.
        vessels, visits, fixes: int64.
    """

    key: Array
    half_ms: Array
    vessels: Array
    visits: Array
    fixes: Array

    def __len__(self) -> int:
        """Number of keys."""
        return len(self.key)

    @property
    def hours(self) -> Array:
        """Vessel-hours."""
        return self.half_ms / (2.0 * HOUR_MS)


@dataclass(frozen=True, slots=True)
class Ships:
    """What is known of the ships: MMSIs in order with their class, and names of number blocks by MID."""

    mmsi: Array
    kind: Array
    names: Mapping[int, str]

    @staticmethod
    def unknown() -> Ships:
        """Nothing but the packaged names."""
        return Ships(np.empty(0, np.int32), np.empty(0, np.int8), FLAGS)

    def kind_of(self, mmsi: Array) -> Array:
        """Class of each MMSI, 0 where none is known."""
        if not len(self.mmsi):
            return np.zeros(len(mmsi), np.int64)
        at = np.minimum(np.searchsorted(self.mmsi, mmsi), len(self.mmsi) - 1)
        return np.where(self.mmsi[at] == mmsi, self.kind[at], 0).astype(np.int64)


class Presence:
    """Feed it the rows of tracks; batches may be cut anywhere. ``finish`` once."""

    def __init__(self, params: Params, zones: ZoneIndex | None = None, ships: Ships | None = None) -> None:
        if "zone" in params.by and zones is None:
            raise InputError("no zones to count by", hint="give --zones")
        self.params = params
        self.ships = ships or Ships.unknown()
        self.zones = zones if "zone" in params.by else None
        self.words = sorted({*self.ships.names.values(), UNKNOWN})
        codes = {w: i for i, w in enumerate(self.words)}
        self._flag_of = np.full(1000, codes[UNKNOWN], np.int64)
        for mid, word in self.ships.names.items():
            self._flag_of[mid] = codes[word]
        self._columns = int(np.ceil(360.0 / params.cell_deg - 1e-9))
        self._last: Rows | None = None
        self._carried = np.zeros(1, np.int64)
        self._inside: dict[int, tuple[int, int]] = {}
        self._open = _no_pieces()
        self._folded: list[Counts] = []

    def feed(self, rows: Rows) -> None:
        """Take the next rows; see ``picture.rows`` for their order."""
        if not len(rows):
            return
        batch = rows.after(self._last) if self._last is not None else rows
        same = batch.segment[1:] == batch.segment[:-1]
        cap = round(self.params.silence_max_h * HOUR_MS)
        steps = np.where(same, np.clip(np.diff(batch.time_ms), 0, cap), 0)
        before = np.concatenate([self._carried, steps])
        ready = len(batch) - 1  # the last row's step is not known yet
        if ready:
            self._add(batch.cut(0, ready), before[:-1] + steps)
        self._carried = before[-1:]
        self._last = batch.cut(ready, len(batch))

    def finish(self) -> Counts:
        """The counts."""
        if self._last is not None:
            self._add(self._last, self._carried)
            self._last = None
        self._fold(self._open)
        self._open = _no_pieces()
        return add(self._folded)

    def _add(self, rows: Rows, half_ms: Array) -> None:
        row, place, visit = self._places(rows)
        half_ms = half_ms[row]
        pieces = _pieces(rows.mmsi[row], place, self._periods(rows.time_ms)[row], half_ms, visit)
        pieces = _merged([self._open, pieces])
        whole = pieces[0] != rows.mmsi[-1]
        self._open = tuple(c[~whole] for c in pieces)
        self._fold(tuple(c[whole] for c in pieces))

    def _places(self, rows: Rows) -> tuple[Array, Array, Array]:
        """Rows, the place of each, and whether a visit begins with it."""
        n = len(rows)
        if self.zones is not None:
            row, zone = self.zones.memberships(rows.lat_deg, rows.lon_deg)
            order = np.argsort(zone, kind="stable")
            row, zone = row[order], zone[order].astype(np.int64)
            return row, zone, self._visits(rows, row, zone)
        everything = np.arange(n)
        if "cell" not in self.params.by:
            return everything, np.zeros(n, np.int64), np.zeros(n, np.int64)
        top = int(np.ceil(180.0 / self.params.cell_deg - 1e-9)) - 1
        y = np.minimum(np.floor((rows.lat_deg + 90.0) / self.params.cell_deg).astype(np.int64), top)
        x = np.floor((rows.lon_deg + 180.0) / self.params.cell_deg).astype(np.int64)
        return everything, y * self._columns + np.clip(x, 0, self._columns - 1), np.zeros(n, np.int64)

    def _visits(self, rows: Rows, row: Array, zone: Array) -> Array:
        """1 where a visit begins; rows are by zone, then as they came."""
        mmsi, time_ms = rows.mmsi[row], rows.time_ms[row]
        away = round(self.params.away_h * HOUR_MS)
        begins = np.ones(len(row), np.int64)
        known = (zone[1:] == zone[:-1]) & (mmsi[1:] == mmsi[:-1])
        begins[1:] = ~known | (np.diff(time_ms) > away)
        for first in np.flatnonzero(np.r_[True, zone[1:] != zone[:-1]][: len(zone)]).tolist():
            last_mmsi, last_ms = self._inside.get(int(zone[first]), (-1, 0))
            begins[first] = last_mmsi != mmsi[first] or time_ms[first] - last_ms > away
        for last in np.flatnonzero(np.r_[zone[1:] != zone[:-1], True][: len(zone)]).tolist():
            self._inside[int(zone[last])] = int(mmsi[last]), int(time_ms[last])
        return begins

    def _periods(self, time_ms: Array) -> Array:
        if "day" in self.params.by:
            return np.floor_divide(time_ms, DAY_MS)
        if "month" in self.params.by:
            return time_ms.view("M8[ms]").astype("M8[M]").astype(np.int64)
        return np.zeros(len(time_ms), np.int64)

    def _fold(self, pieces: tuple[Array, ...]) -> None:
        """Add whole vessels to the counts."""
        mmsi, place, period, half_ms, visits, fixes = pieces
        if not len(mmsi):
            return
        flag = self._flag_of[mid_of(mmsi)] if "flag" in self.params.by else np.zeros(len(mmsi), np.int64)
        kind = self.ships.kind_of(mmsi) if "type" in self.params.by else np.zeros(len(mmsi), np.int64)
        key = ((place * _LATEST + period) << 15) | (flag << 5) | kind
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
        sums = (np.add.reduceat(c[order], starts) for c in (half_ms, np.ones_like(key), visits, fixes))
        self._folded.append(Counts(key[order][starts], *sums))
        if len(self._folded) > 16 and sum(map(len, self._folded[1:])) > len(self._folded[0]):  # noqa: PLR2004
            self._folded = [add(self._folded)]

    def table(self, counts: Counts) -> pa.Table:
        """The counts with their names: the columns asked for, then vessels, hours, visits (by zone), fixes."""
        place, period, flag, kind = parts(counts.key)
        columns: dict[str, Any] = {}
        if self.zones is not None:
            held = self.zones.zones
            columns["zone_id"] = pa.array([held[p].zone_id for p in place.tolist()], pa.string())
            columns["zone"] = pa.array([held[p].name or held[p].zone_id for p in place.tolist()], pa.string())
        elif "cell" in self.params.by:
            columns["lat"] = pa.array((place // self._columns + 0.5) * self.params.cell_deg - 90.0)
            columns["lon"] = pa.array((place % self._columns + 0.5) * self.params.cell_deg - 180.0)
        if "month" in self.params.by:
            columns["month"] = pa.array([str(m) for m in period.astype("M8[M]")], pa.string())
        if "day" in self.params.by:
            columns["date"] = pa.array(period.astype("M8[D]"))
        if "flag" in self.params.by:
            columns["flag"] = pa.array([self.words[f] for f in flag.tolist()], pa.string())
        if "type" in self.params.by:
            columns["type"] = pa.array([CLASSES[k] for k in kind.tolist()], pa.string())
        columns |= {"vessels": counts.vessels, "vessel_hours": np.round(counts.hours, 4)}
        if self.zones is not None:
            columns["visits"] = counts.visits
        return pa.table(columns | {"fixes": counts.fixes})


def parts(key: Array) -> tuple[Array, Array, Array, Array]:
    """Place, period, flag and class of keys; floor division keeps times before 1970."""
    rest = key >> 15
    period = (rest + (_LATEST >> 1)) % _LATEST - (_LATEST >> 1)
    return (rest - period) // _LATEST, period, (key >> 5) & 1023, key & 31


def add(several: Sequence[Counts]) -> Counts:
    """Counts of partitions put together. Each vessel must be in one of them only, or it counts twice."""
    if not several:
        none = np.empty(0, np.int64)
        return Counts(none, none, none, none, none)
    key, where = np.unique(np.concatenate([c.key for c in several]), return_inverse=True)
    out = []
    for name in ("half_ms", "vessels", "visits", "fixes"):
        total = np.zeros(len(key), np.int64)
        np.add.at(total, where, np.concatenate([getattr(c, name) for c in several]))
        out.append(total)
    return Counts(key, *out)


def _no_pieces() -> tuple[Array, ...]:
    return (np.empty(0, np.int32), *(np.empty(0, np.int64) for _ in range(5)))


def _pieces(mmsi: Array, place: Array, period: Array, half_ms: Array, visit: Array) -> tuple[Array, ...]:
    """Stretches of rows with one MMSI, place and period: these three, half milliseconds, visits, fixes."""
    if not len(mmsi):
        return _no_pieces()
    new = (mmsi[1:] != mmsi[:-1]) | (place[1:] != place[:-1]) | (period[1:] != period[:-1])
    starts = np.flatnonzero(np.r_[True, new])
    fixes = np.diff(np.r_[starts, len(mmsi)])
    return (
        mmsi[starts], place[starts], period[starts], np.add.reduceat(half_ms, starts), np.add.reduceat(visit, starts),
        fixes,
    )  # fmt: skip


def _merged(several: Sequence[tuple[Array, ...]]) -> tuple[Array, ...]:
    """One piece for every MMSI, place and period."""
    mmsi, place, period, half_ms, visits, fixes = (np.concatenate(c) for c in zip(*several, strict=True))
    if not len(mmsi):
        return _no_pieces()
    order = np.lexsort((period, place, mmsi))
    a, b, c = mmsi[order], place[order], period[order]
    starts = np.flatnonzero(np.r_[True, (a[1:] != a[:-1]) | (b[1:] != b[:-1]) | (c[1:] != c[:-1])])
    sums = (np.add.reduceat(v[order], starts) for v in (half_ms, visits, fixes))
    return (a[starts], b[starts], c[starts], *sums)
