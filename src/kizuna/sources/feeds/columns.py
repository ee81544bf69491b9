"""Values of JSON messages, whatever their types, to columns; and columns of messages to our tables.

A wrong value never stops a message: it becomes missing and its message is marked, as a wrong cell of a table is. Codes
for "not available" become missing. What the air interface says of them: ITU-R M.1371-6, tables 48 to 82.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.units import MISSING_TIME_MS
from kizuna.fixes.table import AIS_CLASSES
from kizuna.sources.cells import Text, number_in
from kizuna.sources.kernels import times as times_kernels
from kizuna.sources.words import plain

Array = npt.NDArray[Any]

_TEXT_MAX: Final = 64
"""Characters of a text; the longest that AIS sends, a name with its extension, has 34."""
_TIME_TEXT_MAX: Final = 64
_PLAIN_NUMBERS: Final = frozenset({int, float, bool, type(None)})
_MINUTE_MS: Final = 60_000
_HALF_MINUTE_MS: Final = 30_000
_MMSI_MAX: Final = 999_999_999


class Columns:
    """Columns of ``n`` messages, filled group by group; what no group fills is missing.

    Attributes:
        wrong: bool[n], messages with a value that is none.
        unknown_words: how many words without a digit stood where a number or a known word belongs.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.wrong = np.zeros(n, np.bool_)
        self.unknown_words = 0
        self._numbers: dict[str, Array] = {}
        self._texts: dict[str, list[str | None]] = {}

    def put(self, name: str, rows: Array, values: Sequence[Any], scale: float = 1.0,
            words: Mapping[str, float] | None = None) -> None:  # fmt: skip
        """Numbers of some messages, divided by ``scale``; ``words`` are those that stand for a number."""
        if not len(rows):
            return
        column = self._numbers.get(name)
        if column is None:
            column = self._numbers[name] = np.full(self.n, np.nan)
        found = _plain(values)
        if found is None:
            found, bad, unknown = _odd(values, words)
            self.wrong[rows[bad]] = True
            self.unknown_words += unknown
        column[rows] = found / scale if scale != 1.0 else found

    def put_text(self, name: str, rows: Array, values: Sequence[Any]) -> None:
        """Texts of some messages: ended by ``@``, trailing blanks and unprintable characters cut, empty is missing."""
        column = self._texts.setdefault(name, [None] * self.n)
        for row, value in zip(rows.tolist(), values, strict=True):
            if isinstance(value, str):
                text = value.split("@", 1)[0].rstrip()[:_TEXT_MAX]
                if text:
                    column[row] = text if text.isprintable() else "".join(c for c in text if c.isprintable()) or None
            elif value is not None:
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    column[row] = str(value)[:_TEXT_MAX]
                else:
                    self.wrong[row] = True

    def number(self, name: str) -> Array:
        """float64[n] with NaN for missing."""
        found = self._numbers.get(name)
        return np.full(self.n, np.nan) if found is None else found

    def whole(self, name: str, low: int, high: int, dtype: Any, missing: int = -1) -> Array:
        """Whole numbers from ``low`` to ``high``; all else is missing."""
        values = self.number(name)
        good = (values >= low) & (values <= high)
        return np.where(good, values, missing).astype(dtype)

    def any_of(self, names: Sequence[str]) -> Array:
        """Which messages have a value in one of these columns (bool[n])."""
        out = np.zeros(self.n, np.bool_)
        for name in names:
            if name in self._texts:
                out |= np.array([text is not None for text in self._texts[name]], np.bool_)
            out |= ~np.isnan(self.number(name))
        return out

    def text(self, name: str) -> pa.Array:
        """Arrow text with nulls."""
        return pa.array(self._texts.get(name) or [None] * self.n, pa.string())


def _plain(values: Sequence[Any]) -> Array | None:
    """Numbers as floats, nulls as NaN, where all values are numbers, truth values or null."""
    if not set(map(type, values)) <= _PLAIN_NUMBERS:
        return None
    try:
        found = np.array(values, np.float64)
    except OverflowError:
        return None
    return None if np.isinf(found).any() else found


def _odd(values: Sequence[Any], words: Mapping[str, float] | None) -> tuple[Array, Array, int]:
    """Numbers, which values are none, and how many unknown words there were."""
    found = np.full(len(values), np.nan)
    bad = np.zeros(len(values), np.bool_)
    unknown = 0
    for i, value in enumerate(values):
        if value is None:
            continue
        if isinstance(value, (bool, int, float)):
            number = float(value) if abs(value) < 1e300 else np.inf  # noqa: PLR2004  a float holds no more
            bad[i] = not np.isfinite(number)
            found[i] = np.nan if bad[i] else number
        elif isinstance(value, str):
            read = number_in(value) if len(value) <= _TEXT_MAX else None
            if read is None and words is not None:
                read = words.get(plain(value[:_TEXT_MAX]))
                if read is None and not any(c.isdigit() for c in value[:_TEXT_MAX]):
                    unknown += 1
                    read = np.nan
            bad[i] = read is None
            found[i] = np.nan if read is None else read
        else:
            bad[i] = True
    return found, bad, unknown


def times(values: list[Any]) -> tuple[Array, Array]:
    """Milliseconds UTC (MISSING_TIME_MS for none) and which values are no times; times without a zone are UTC."""
    n = len(values)
    if values.count(None) == n:
        return np.full(n, MISSING_TIME_MS, np.int64), np.zeros(n, np.bool_)
    column = Text.of(pa.array([_time_text(v) for v in values], pa.binary()))
    ms, state = np.zeros(n, np.int64), np.zeros(n, np.int8)
    times_kernels.parse_times(column.data, column.edges, column.k, 0, ms, state)
    good = (state == times_kernels.TIME_OK) | (state == times_kernels.TIME_NO_ZONE)
    ms[~good] = MISSING_TIME_MS
    return ms, ~good & (state != times_kernels.TIME_EMPTY)


def _time_text(value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return value[:_TIME_TEXT_MAX].encode("utf-8", "replace")
    if isinstance(value, float):
        return f"{value:.3f}".encode()[:_TIME_TEXT_MAX]
    return str(value).encode()[:_TIME_TEXT_MAX] if isinstance(value, int) and not isinstance(value, bool) else b"?"


def refined(base_ms: Array, second: Array) -> Array:
    """Times nearest to ``base_ms`` that have this UTC second (at most 30 s away); as they are where it is missing."""
    made = base_ms - base_ms % _MINUTE_MS + 1000 * second.astype(np.int64)
    made = np.where(made - base_ms > _HALF_MINUTE_MS, made - _MINUTE_MS, made)
    made = np.where(base_ms - made > _HALF_MINUTE_MS, made + _MINUTE_MS, made)
    out: Array = np.where((second >= 0) & (base_ms != MISSING_TIME_MS), made, base_ms)
    return out


def station_class(kind: Array, mmsi: Array) -> Array:
    """Codes of AIS_CLASSES by message type, else by the form of the MMSI; as ``kernels.payload.station_class``.

    Where the type is not known (0), a ship's class is missing.
    """
    code = AIS_CLASSES.index
    head = mmsi // 1_000_000
    two = mmsi // 10_000_000
    tests = (
        (kind == 4, "base"), (kind == 9, "sar_aircraft"), (kind == 21, "aton"), (head == 970, "sart"),  # noqa: PLR2004
        (head == 972, "mob"), (head == 974, "epirb"), (head == 111, "sar_aircraft"),  # noqa: PLR2004  M.585-9
        (two == 99, "aton"), (two == 98, "auxiliary"), ((mmsi < 1) | (mmsi > _MMSI_MAX), "other"),  # noqa: PLR2004
        (mmsi < 10_000_000, "base"), (mmsi < 100_000_000, "other"), ((kind == 18) | (kind == 19), "B"),  # noqa: PLR2004
    )  # fmt: skip
    ship = np.where(kind == 0, -1, code("A"))
    out: Array = np.select([t for t, _ in tests], [code(word) for _, word in tests], ship).astype(np.int32)
    return out
