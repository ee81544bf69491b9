"""Cells of tables to numbers, times and codes, a column at a time.

A column arrives as an Arrow array: typed (Parquet), or text as bytes (CSV, JSON). Missing cells are nulls; the words
for "not available" count as missing. A wrong cell never stops a column: it becomes missing and is marked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.sources.dialects import Dialect
from kizuna.sources.kernels import times as times_kernels
from kizuna.sources.words import NULL_WORDS

Array = npt.NDArray[Any]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NULLS: Final = frozenset(NULL_WORDS)
_MONTHS: Final = 12
BAD: Final = object()
"""What a word reader returns for a cell that it cannot read."""


def is_text(array: pa.Array) -> bool:
    """Whether the cells are text or bytes."""
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(kind(array.type) for kind in kinds)


def text_of(cell: Any) -> str:
    """A cell as text; bytes that are no UTF-8 show the replacement character."""
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def number_in(cell: Any, decimal: str = ".") -> float | None:
    """The number in a text cell; NaN for a missing one, None for what is no finite number."""
    text = text_of(cell).strip()
    if text in _NULLS or text.casefold().lstrip("+-") == "nan":
        return float("nan")
    if decimal != ".":
        text = text.replace(decimal, ".", 1)
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) < float("inf") else None


def numbers(array: pa.Array, decimal: str = ".") -> tuple[Array, Array | None]:
    """A column as floats with NaN for missing, and which cells are no numbers (None: all are).

    float32 columns stay float32. Raises InputError for a column type that holds no numbers.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if is_text(array):
        return _text_numbers(array, decimal)
    if pa.types.is_null(array.type):
        return np.full(len(array), np.nan), None
    if pa.types.is_floating(array.type) and not pa.types.is_float16(array.type):
        return array.to_numpy(zero_copy_only=False), None
    if pa.types.is_integer(array.type) or pa.types.is_decimal(array.type) or pa.types.is_float16(array.type):
        return array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), None
    raise InputError(f"a column of type {array.type} holds no numbers")


def _text_numbers(array: pa.Array, decimal: str) -> tuple[Array, Array | None]:
    """Each distinct text is read once. The reference for the quick reader of ``delimited``."""
    encoded = array.dictionary_encode()
    values = [number_in(cell, decimal) for cell in encoded.dictionary.to_pylist()]
    table = np.array([np.nan if v is None else v for v in values] + [np.nan])
    bad = np.array([v is None for v in values] + [False], np.bool_)
    codes = _codes(encoded)
    return table[codes], (bad[codes] if bad.any() else None)


def _codes(encoded: pa.DictionaryArray) -> Array:
    """Dictionary codes; a null picks the last entry of a table."""
    indices = encoded.indices
    if indices.null_count:
        indices = indices.fill_null(-1)
    codes: Array = indices.to_numpy(zero_copy_only=False)
    return codes


def encode(array: pa.Array) -> pa.DictionaryArray:
    """The column as a dictionary of distinct cells."""
    return array if pa.types.is_dictionary(array.type) else array.dictionary_encode()


def by_word(array: pa.Array, read: Callable[[Any], Any], dtype: Any, missing: Any) -> tuple[Array, int]:
    """Read each distinct cell once with ``read``.

    ``read`` gets the cell (text, or a number of a typed column) and returns a value, None for missing or BAD.

    Returns:
        the values, and how many cells were BAD.
    """
    encoded = encode(array)
    found = [None if _is_null(cell) else read(cell) for cell in encoded.dictionary.to_pylist()]
    table = np.array([missing if v is None or v is BAD else v for v in found] + [missing], dtype)
    codes = _codes(encoded)
    bad = np.array([v is BAD for v in found] + [False], np.bool_)
    return table[codes], int(np.count_nonzero(bad[codes])) if bad.any() else 0


def _is_null(cell: Any) -> bool:
    if isinstance(cell, float):
        return cell != cell  # noqa: PLR0124  NaN
    return cell is None or text_of(cell).strip() in _NULLS


def words(array: pa.Array) -> tuple[tuple[str, ...], Array]:
    """The distinct texts of a column and the int32 code of each row, -1 for missing."""
    index: dict[str, int] = {}

    def code(cell: Any) -> int:
        return index.setdefault(text_of(cell).strip(), len(index))

    codes, _ = by_word(array, code, np.int32, -1)
    return tuple(index), codes


def buffers(array: pa.Array) -> tuple[Array, Array, Array]:
    """Bytes, int32 offsets and validity (bool) of a text column."""
    if array.type not in (pa.binary(), pa.string()):
        array = array.cast(pa.binary())
    valid, offsets, data = array.buffers()
    n, first = len(array), array.offset
    # All arrays are read-only, also the empty ones: Numba compiles read-only and writable arrays apart.
    starts = np.frombuffer(offsets or bytes(4 * (first + n + 1)), np.int32)[first : first + n + 1]
    body = np.frombuffer(data or b"\0", np.uint8)
    if valid is None or array.null_count == 0:
        return body, starts, np.ones(n, np.bool_)
    return body, starts, np.array(array.is_valid().to_numpy(zero_copy_only=False), np.bool_)


class TimeReader:
    """Reads the time column of one table; what the first time shows holds for the whole table.

    The first readable time decides: one such as 05/04/2026 needs a known order of day and month (13/04/2026 tells it
    itself), one without a zone needs ``utc``. After that, times that do not fit are bad cells.
    """

    def __init__(self, dialect: Dialect, where: str) -> None:
        self._utc = dialect.utc
        self._order = {"": 0, "dmy": 1, "mdy": 2}[dialect.date_order]
        self._where = where
        self._column = dialect.header[dialect.columns["time"]]
        self._decided = False

    def read(self, array: pa.Array) -> tuple[Array, Array]:
        """Milliseconds UTC (MISSING_TIME_MS where there is none) and which cells are no times.

        Raises InputError when the first time is ambiguous.
        """
        if pa.types.is_timestamp(array.type):
            return self._typed(array)
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_integer(array.type):
            array = array.cast(pa.string())
        elif pa.types.is_floating(array.type):
            array = pa.array([None if v is None else f"{v:.3f}" for v in array.to_pylist()], pa.string())
        if not is_text(array):
            raise InputError(f"column {self._column!r} of type {array.type} holds no times", where=self._where)
        return self._text(array)

    def read_eta(self, array: pa.Array) -> Array:
        """Times as they stand, whatever their zone; MISSING_TIME_MS for what is no time."""
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.string())
        elif pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        n = len(array)
        ms = np.full(n, MISSING_TIME_MS, np.int64)
        if is_text(array):
            data, offsets, _ = buffers(array)
            state = np.zeros(n, np.int8)
            times_kernels.parse_times(data, offsets, self._order, ms, state)
            ms[(state != times_kernels.TIME_OK) & (state != times_kernels.TIME_NO_ZONE)] = MISSING_TIME_MS
        return ms

    def _typed(self, array: pa.Array) -> tuple[Array, Array]:
        if array.type.tz is None and not self._utc:
            raise self._no_zone("timestamps without a zone")
        whole = array.cast(pa.timestamp("ms", array.type.tz), safe=False).cast(pa.int64())
        if whole.null_count:
            whole = whole.fill_null(MISSING_TIME_MS)
        return whole.to_numpy(zero_copy_only=False), np.zeros(len(array), np.bool_)

    def _text(self, array: pa.Array) -> tuple[Array, Array]:
        data, offsets, valid = buffers(array)
        n = len(array)
        ms = np.zeros(n, np.int64)
        state = np.zeros(n, np.int8)
        times_kernels.parse_times(data, offsets, self._order, ms, state)
        state[~valid] = times_kernels.TIME_EMPTY
        if not self._decided and self._decide(array, state):
            return self._text(array)
        bad = (state == times_kernels.TIME_BAD) | (state == times_kernels.TIME_ORDER_UNKNOWN)
        if not self._utc:
            bad |= state == times_kernels.TIME_NO_ZONE
        ms[bad | (state == times_kernels.TIME_EMPTY)] = MISSING_TIME_MS
        if bad.any():
            bad &= ~np.array([c is None or text_of(c).strip() in _NULLS for c in array.to_pylist()], np.bool_)
        return ms, bad

    def _decide(self, array: pa.Array, state: Array) -> bool:
        """Learn from the first readable time; true when the column must be read again."""
        telling = (times_kernels.TIME_OK, times_kernels.TIME_NO_ZONE, times_kernels.TIME_ORDER_UNKNOWN)
        seen = np.flatnonzero(np.isin(state, telling))
        if not len(seen):
            return False
        cell = text_of(array[int(seen[0])].as_py()).strip()
        if state[seen[0]] == times_kernels.TIME_ORDER_UNKNOWN:
            self._order = self._order_in(cell)
            return True
        if state[seen[0]] == times_kernels.TIME_NO_ZONE and not self._utc:
            raise self._no_zone(f"times without a zone such as {cell!r}")
        self._decided = True
        return False

    def _order_in(self, cell: str) -> int:
        first, second = (int(part) for part in re.split(r"[-/.]", cell)[:2])
        if first > _MONTHS >= second:
            return 1
        if second > _MONTHS >= first:
            return 2
        raise InputError(
            f"column {self._column!r}: {cell!r} may be day first or month first", where=self._where,
            hint="say which: --date-order dmy, or mdy",
        )  # fmt: skip

    def _no_zone(self, what: str) -> InputError:
        return InputError(
            f"column {self._column!r} has {what}", where=self._where, hint="pass --assume-utc if they are UTC"
        )
