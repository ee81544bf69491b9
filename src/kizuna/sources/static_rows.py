"""Static rows out of tables that repeat a ship's name and size beside every position.

One row is given whenever the static values of an MMSI differ from the last ones seen, not one for every position. A
row without any static value changes nothing. Length and width without antenna distances are written as M.1371 does
for an unknown reference point: nothing to bow and port, all to stern and starboard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.units import MISSING_TIME_MS
from kizuna.base.utc import iso
from kizuna.sources.cells import BAD, Column, Text, TimeReader, by_word, numbers, present, text_of, texts
from kizuna.sources.dialects import STATIC_FIELDS
from kizuna.sources.kernels import changes
from kizuna.sources.words import CARGO, CARGO_GROUPS, EPFD, SHIP_TYPE, number_of

Array = npt.NDArray[Any]

_IMO = re.compile(r"(?:IMO)?\s*0*(\d{1,10})(?:\.0*)?", re.IGNORECASE | re.ASCII)
_LIMIT_M: Final = {"to_bow": 511, "to_stern": 1022, "to_port": 63, "to_starboard": 126, "length": 1022, "width": 126}
"""What AIS can send; a length or width is the sum of two fields. Greater values are no measures."""
_DRAUGHT_MAX_M: Final = 25.5
_IMO_MAX: Final = (1 << 30) - 1  # thirty bits; wrong ones of ten digits are on the air
_FIRST_ROOM: Final = 1 << 15
_ETA_RANGE: Final = {"month": (1, 12), "day": (1, 31), "hour": (0, 23), "minute": (0, 59)}


class Changes:
    """Which rows of a stream change the static values of their MMSI. Memory: 48 bytes an MMSI."""

    def __init__(self) -> None:
        self._count = 0
        self._make(_FIRST_ROOM)

    def _make(self, slots: int) -> None:
        self._keys = np.full(slots, changes.EMPTY_KEY, np.int64)
        self._a = np.zeros(slots, np.int64)
        self._b = np.zeros(slots, np.int64)

    def rows(self, mmsi: Array, cells: Mapping[str, Column], usable: Array) -> Array:
        """Indices of the rows that change something, ascending.

        Args:
            mmsi: int32[n].
            cells: the static columns.
            usable: bool[n], rows that may be looked at.
        """
        n = len(mmsi)
        lane_a = np.ones(n, np.int64)
        lane_b = np.ones(n, np.int64)
        present = np.zeros(n, np.bool_)
        for name in STATIC_FIELDS:
            if name in cells:
                present |= _fold(cells[name], lane_a, lane_b)
        present &= usable
        out = np.zeros(n, np.bool_)
        done = 0
        while done < n:
            room = len(self._keys) // 2 - self._count
            done, added = changes.mark_changes(
                mmsi, lane_a, lane_b, present, self._keys, self._a, self._b, room, done, out
            )
            self._count += int(added)
            if done < n:
                self._grow()
        return np.flatnonzero(out)

    def _grow(self) -> None:
        """Twice the slots: the known MMSIs go into the new table as rows that were already reported."""
        used = self._keys != changes.EMPTY_KEY
        keys, a, b = self._keys[used], self._a[used], self._b[used]
        self._make(2 * len(self._keys))
        n = len(keys)
        everything, out = np.ones(n, np.bool_), np.zeros(n, np.bool_)
        changes.mark_changes(keys.astype(np.int32), a, b, everything, self._keys, self._a, self._b, n, 0, out)


def _fold(column: Column, lane_a: Array, lane_b: Array) -> Array:
    """Fold a column into the hashes; which cells are present."""
    if isinstance(column, Text):
        there = present(column)
        changes.mix_text(column.data, column.edges, column.k, there, lane_a, lane_b)
        return there
    if pa.types.is_dictionary(column.type):
        return _fold_dictionary(column, lane_a, lane_b)
    values = numbers(column)[0].astype(np.float64)
    there = ~np.isnan(values)
    changes.mix_numbers(values.view(np.int64), lane_a, lane_b)
    return there


def _fold_dictionary(array: pa.DictionaryArray, lane_a: Array, lane_b: Array) -> Array:
    """As for text, but each distinct word is hashed once."""
    found = Text.of(array.dictionary)
    word_a = np.ones(len(found), np.int64)
    word_b = np.ones(len(found), np.int64)
    known = present(found)
    changes.mix_text(found.data, found.edges, found.k, known, word_a, word_b)
    values = np.append(np.where(known, (word_a << 31) | word_b, -1), -1)
    there = np.append(known, False)
    indices = array.indices.fill_null(-1) if array.indices.null_count else array.indices
    codes = indices.to_numpy(zero_copy_only=False)  # -1 picks the last entry, that of a null
    changes.mix_numbers(values[codes], lane_a, lane_b)
    out: Array = there[codes]
    return out


def static_columns(
    cells: Mapping[str, Column], decimal: str, times: TimeReader
) -> tuple[dict[str, Any], Array, dict[str, int]]:
    """The columns of STATICS that the static cells give, row for row.

    Returns:
        columns by name in memory, which rows hold a cell that is no number, and counts of words not known.
    """
    n = len(next(iter(cells.values())))
    bad = np.zeros(n, np.bool_)
    counts: dict[str, int] = {}
    out: dict[str, Any] = {}
    for name in ("callsign", "shipname", "destination"):
        if name in cells:
            out[name] = texts(cells[name])
    if "imo" in cells:
        out["imo"] = _marked(cells["imo"], _imo, np.int32, bad)
    if "epfd" in cells:
        out["epfd"], counts["unknown_word"] = by_word(cells["epfd"], _reader(EPFD, 15), np.int8, -1)
    if "ship_type" in cells:
        out["ship_type"], unknown = _ship_type(cells)
        counts["unknown_word"] = counts.get("unknown_word", 0) + unknown
    if "draught" in cells:
        draught = _measure(cells["draught"], decimal, bad)
        known = (draught > 0) & (draught <= _DRAUGHT_MAX_M)  # 0 is "not available"
        out["draught_m"] = np.where(known, draught, np.nan).astype(np.float32)
    if "eta" in cells:
        out["eta"] = _eta(cells["eta"], times)
    elif "eta_month" in cells:
        out["eta"] = eta_texts(*(_part_of_eta(cells, name, decimal, bad, n) for name in _ETA_RANGE))
    out |= _sides(cells, decimal, bad)
    return out, bad, counts


def _reader(table: Mapping[str, int], top: int) -> Any:
    def read(cell: Any) -> Any:
        value = number_of(text_of(cell).strip(), table, top)
        return BAD if value is None else value

    return read


def _imo(cell: Any) -> Any:
    match = _IMO.fullmatch(text_of(cell).strip())
    if match is None:
        return BAD
    number = int(match.group(1))
    if number > _IMO_MAX:
        return BAD
    return number or None


def _marked(column: Column, read: Any, dtype: Any, bad: Array) -> Array:
    """The values of ``read``; rows with BAD cells are marked in ``bad``."""
    values, wrong = by_word(column, read, dtype, -1)
    if wrong:
        bad |= by_word(column, lambda cell: 1 if read(cell) is BAD else 0, np.int8, 0)[0] == 1
    return values


def _measure(column: Column, decimal: str, bad: Array) -> Array:
    values, wrong = numbers(column, decimal)
    if wrong is not None:
        bad |= wrong
    return values.astype(np.float64)


def _ship_type(cells: Mapping[str, Column]) -> tuple[Array, int]:
    """Ship type numbers; a group's first number and the cargo word give the two digits."""
    values, unknown = by_word(cells["ship_type"], _reader(SHIP_TYPE, 255), np.int16, -1)
    if "cargo" in cells:
        cargo, _ = by_word(cells["cargo"], _reader(CARGO, 0), np.int16, 0)
        values = np.where(np.isin(values, CARGO_GROUPS), values + cargo, values).astype(np.int16)
    return values, unknown


def _sides(cells: Mapping[str, Column], decimal: str, bad: Array) -> dict[str, Any]:
    """Distances of the antenna from the ship's sides, in whole metres."""
    found: dict[str, Array] = {}
    for name, limit in _LIMIT_M.items():
        if name in cells:
            values = np.rint(_measure(cells[name], decimal, bad))
            found[name] = np.where((values >= 0) & (values <= limit), values, -1).astype(np.int16)
    out: dict[str, Array] = {}
    missing = np.full(len(bad), -1, np.int16)
    for whole, near, far in (("length", "to_bow", "to_stern"), ("width", "to_port", "to_starboard")):
        if not {whole, near, far} & set(found):
            continue
        size, a, b = found.get(whole, missing), found.get(near, missing), found.get(far, missing)
        unknown = (size > 0) & (a < 0) & (b < 0)
        out[f"{near}_m"] = np.where(unknown, np.int16(0), a)
        out[f"{far}_m"] = np.where(unknown, size, b)
    return out


def _part_of_eta(cells: Mapping[str, Column], name: str, decimal: str, bad: Array, n: int) -> Array:
    return _measure(cells[f"eta_{name}"], decimal, bad) if f"eta_{name}" in cells else np.full(n, np.nan)


def eta_texts(month: Array, day: Array, hour: Array, minute: Array) -> pa.Array:
    """Times of arrival as ``MM-DDTHH:MM`` from float64 columns; ``--`` for a part not given, null where none is.

    The codes for "not available" (month 0, day 0, hour 24, minute 60) and impossible parts count as not given.
    """
    parts = []
    for values, (low, high) in zip((month, day, hour, minute), _ETA_RANGE.values(), strict=True):
        good = (values >= low) & (values <= high)
        parts.append([f"{int(v):02d}" if there else "--" for v, there in zip(values, good, strict=True)])
    none = ("--",) * len(parts)
    rows = zip(*parts, strict=True)
    return pa.array([None if row == none else "{}-{}T{}:{}".format(*row) for row in rows], pa.string())


def _eta(column: Column, times: TimeReader) -> pa.Array:
    """Times of arrival as MM-DDTHH:MM; what is no time is missing, since crews type it in many ways."""
    ms = times.read_eta(column)
    return pa.array([None if t == MISSING_TIME_MS else iso(int(t))[5:16] for t in ms], pa.string())
