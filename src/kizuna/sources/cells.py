"""Cells of tables to numbers, times and codes, a column at a time.

A column is typed (an Arrow array, from Parquet) or ``Text``: cells that lie in one run of bytes. Empty cells, nulls
and the words for "not available" are missing. A wrong cell never stops a column: it becomes missing and is marked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS
from kizuna.sources.dialects import Dialect
from kizuna.sources.kernels import cells as kernels
from kizuna.sources.kernels import times as times_kernels
from kizuna.sources.words import NULL_WORDS

Array = npt.NDArray[Any]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_NULLS: Final = frozenset(NULL_WORDS)
_POWERS: Final = np.array([float(10**k) for k in range(20)])
_WORDS_MAX: Final = 4096
"""Distinct words of a column in one block that the quick way takes; more go through Arrow's dictionaries."""
_MONTHS: Final = 12
BAD: Final = object()
"""What a word reader returns for a cell that it cannot read."""


@dataclass(frozen=True, slots=True)
class Text:
    """A column of text cells: cell ``n`` is ``data[edges[n, k] + 1 : edges[n, k + 1]]``, as the kernels know it."""

    data: Array
    edges: Array
    k: int

    @classmethod
    def of(cls, array: pa.Array) -> Self:
        """An Arrow column of text or bytes; its nulls become empty cells."""
        if array.type not in (pa.binary(), pa.string()):
            array = array.cast(pa.binary())
        if array.null_count:
            array = array.fill_null(b"" if array.type == pa.binary() else "")
        n, first = len(array), array.offset
        _, offsets, data = array.buffers()
        # All bytes are read-only, also none at all: Numba compiles read-only and writable arrays apart.
        body = np.frombuffer(data or b"\0", np.uint8)
        starts = np.frombuffer(offsets, np.int32)[first : first + n + 1] if n else np.zeros(1, np.int32)
        edges = np.empty((n, 2), np.int32)
        edges[:, 0] = starts[:-1]
        edges[:, 0] -= 1
        edges[:, 1] = starts[1:]
        return cls(body, edges, 0)

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.edges)

    def cell(self, i: int) -> bytes:
        """The bytes of a cell."""
        return self.data[int(self.edges[i, self.k]) + 1 : int(self.edges[i, self.k + 1])].tobytes()

    def take(self, rows: Array) -> Self:
        """Some of the cells."""
        return type(self)(self.data, self.edges[rows], self.k)


Column: TypeAlias = pa.Array | Text


def is_text(array: pa.Array) -> bool:
    """Whether an Arrow column holds text or bytes."""
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(kind(array.type) for kind in kinds)


def take(column: Column, rows: Array) -> Column:
    """Some cells of a column."""
    return column.take(rows) if isinstance(column, Text) else column.take(pa.array(rows))


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


def numbers(column: Column, decimal: str = ".") -> tuple[Array, Array | None]:
    """A column as floats with NaN for missing, and which cells are no numbers (None: all are).

    float32 columns stay float32. Raises InputError for a column type that holds no numbers.
    """
    if isinstance(column, Text):
        return _text_numbers(column, decimal)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if is_text(column):
        return _text_numbers(Text.of(column), decimal)
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan), None
    if pa.types.is_floating(column.type) and not pa.types.is_float16(column.type):
        return column.to_numpy(zero_copy_only=False), None
    if pa.types.is_integer(column.type) or pa.types.is_decimal(column.type) or pa.types.is_float16(column.type):
        return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), None
    raise InputError(f"a column of type {column.type} holds no numbers")


def _text_numbers(column: Text, decimal: str) -> tuple[Array, Array | None]:
    """Plain numbers by the kernel; every other distinct text is read once by ``number_in``."""
    n = len(column)
    values = np.empty(n)
    odd = np.empty(n, np.bool_)
    if not kernels.parse_numbers(column.data, column.edges, column.k, ord(decimal), _POWERS, values, odd):
        return values, None
    rows = np.flatnonzero(odd)
    found, codes = _distinct(column.take(rows))
    read = [number_in(cell, decimal) for cell in found]
    values[rows] = np.array([np.nan if v is None else v for v in read])[codes]
    bad = np.zeros(n, np.bool_)
    bad[rows] = np.array([v is None for v in read], np.bool_)[codes]
    return values, (bad if bad.any() else None)


def _distinct(column: Text) -> tuple[list[bytes], Array]:
    """The distinct cells in order of first appearance, and the number of each cell."""
    n = len(column)
    slots = np.full(4 * _WORDS_MAX, -1, np.int32)
    firsts = np.zeros(_WORDS_MAX, np.int64)
    codes = np.empty(n, np.int32)
    known = int(kernels.number_words(column.data, column.edges, column.k, slots, firsts, codes))
    if known >= 0:
        return [column.cell(int(i)) for i in firsts[:known]], codes
    index: dict[bytes, int] = {}
    codes[:] = [index.setdefault(column.cell(i), len(index)) for i in range(n)]
    return list(index), codes


def present(column: Text) -> Array:
    """Which cells hold something other than blanks and words for "not available" (bool)."""
    out = np.empty(len(column), np.bool_)
    kernels.mark_present(column.data, column.edges, column.k, _NULL_BYTES, _NULL_EDGES, _NULL_INITIALS, out)
    return out


_NULL_BYTES: Final = np.frombuffer("".join(NULL_WORDS).encode(), np.uint8)
_NULL_INITIALS: Final = np.isin(np.arange(256), [ord(word[0]) for word in NULL_WORDS if word])
_NULL_EDGES: Final = np.cumsum([0, *(len(word.encode()) for word in NULL_WORDS)]).astype(np.int64)


def by_word(column: Column, read: Callable[[Any], Any], dtype: Any, missing: Any) -> tuple[Array, int]:
    """Read each distinct cell once with ``read``.

    ``read`` gets the cell (text or bytes, or a number of a typed column) and returns a value, None for missing or BAD.

    Returns:
        the values, and how many cells were BAD.
    """
    if isinstance(column, Text):
        cells, codes = _distinct(column)
    else:
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        cells = encoded.dictionary.to_pylist()
        indices = encoded.indices.fill_null(-1) if encoded.indices.null_count else encoded.indices
        codes = indices.to_numpy(zero_copy_only=False)  # -1 picks the last entry of a table
    found = [None if _is_null(cell) else read(cell) for cell in cells]
    table = np.array([missing if v is None or v is BAD else v for v in found] + [missing], dtype)
    bad = np.array([v is BAD for v in found] + [False], np.bool_)
    return table[codes], int(np.count_nonzero(bad[codes])) if bad.any() else 0


def _is_null(cell: Any) -> bool:
    if isinstance(cell, float):
        return cell != cell  # noqa: PLR0124  NaN
    return cell is None or text_of(cell).strip() in _NULLS


def words(column: Column) -> tuple[tuple[str, ...], Array]:
    """The distinct texts of a column and the int32 code of each row, -1 for missing."""
    index: dict[str, int] = {}

    def code(cell: Any) -> int:
        return index.setdefault(text_of(cell).strip(), len(index))

    codes, _ = by_word(column, code, np.int32, -1)
    return tuple(index), codes


def texts(column: Column) -> pa.Array:
    """Text with trailing blanks cut; missing words are null."""
    cells = [column.cell(i) for i in range(len(column))] if isinstance(column, Text) else column.to_pylist()
    clean = [None if cell is None else text_of(cell).rstrip() for cell in cells]
    return pa.array([None if text is None or text in _NULLS else text for text in clean], pa.string())


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

    def read(self, column: Column) -> tuple[Array, Array]:
        """Milliseconds UTC (MISSING_TIME_MS where there is none) and which cells are no times.

        Raises InputError when the first time is ambiguous.
        """
        if isinstance(column, Text):
            return self._text(column)
        if pa.types.is_timestamp(column.type):
            return self._typed(column)
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_integer(column.type):
            column = column.cast(pa.string())
        elif pa.types.is_floating(column.type):
            column = pa.array([None if v is None else f"{v:.3f}" for v in column.to_pylist()], pa.string())
        if not is_text(column):
            raise InputError(f"column {self._column!r} of type {column.type} holds no times", where=self._where)
        return self._text(Text.of(column))

    def read_eta(self, column: Column) -> Array:
        """Times as they stand, whatever their zone; MISSING_TIME_MS for what is no time."""
        if not isinstance(column, Text):
            if pa.types.is_dictionary(column.type):
                column = column.dictionary_decode()
            if not (is_text(column) or pa.types.is_timestamp(column.type)):
                return np.full(len(column), MISSING_TIME_MS, np.int64)
            column = Text.of(column.cast(pa.string()))
        ms, state = self._parsed(column)
        ms[(state != times_kernels.TIME_OK) & (state != times_kernels.TIME_NO_ZONE)] = MISSING_TIME_MS
        return ms

    def _typed(self, array: pa.Array) -> tuple[Array, Array]:
        if array.type.tz is None and not self._utc:
            raise self._no_zone("timestamps without a zone")
        whole = array.cast(pa.timestamp("ms", array.type.tz), safe=False).cast(pa.int64())
        if whole.null_count:
            whole = whole.fill_null(MISSING_TIME_MS)
        return whole.to_numpy(zero_copy_only=False), np.zeros(len(array), np.bool_)

    def _parsed(self, column: Text) -> tuple[Array, Array]:
        ms = np.zeros(len(column), np.int64)
        state = np.zeros(len(column), np.int8)
        times_kernels.parse_times(column.data, column.edges, column.k, self._order, ms, state)
        return ms, state

    def _text(self, column: Text) -> tuple[Array, Array]:
        ms, state = self._parsed(column)
        if not self._decided and self._decide(column, state):
            return self._text(column)
        bad = (state == times_kernels.TIME_BAD) | (state == times_kernels.TIME_ORDER_UNKNOWN)
        if not self._utc:
            bad |= state == times_kernels.TIME_NO_ZONE
        ms[bad | (state == times_kernels.TIME_EMPTY)] = MISSING_TIME_MS
        if bad.any():
            bad &= present(column)  # a word for "not available" is no wrong time
        return ms, bad

    def _decide(self, column: Text, state: Array) -> bool:
        """Learn from the first readable time; true when the column must be read again."""
        telling = (times_kernels.TIME_OK, times_kernels.TIME_NO_ZONE, times_kernels.TIME_ORDER_UNKNOWN)
        seen = np.flatnonzero(np.isin(state, telling))
        if not len(seen):
            return False
        cell = text_of(column.cell(int(seen[0]))).strip()
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
