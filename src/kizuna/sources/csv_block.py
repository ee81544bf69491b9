"""Whole lines of delimited text to columns of cells, by Arrow's CSV reader, with every line accounted for.

A row is a line. Line breaks inside quotes are not AIS text, so a quote that does not close within its line spoils that
line alone: lines with an odd number of quotes, a bare carriage return or too many characters are set aside before
Arrow sees them, and should Arrow still find fewer or more rows than lines, the block is halved until the lines that
cause it stand alone. So no bad line can swallow its neighbours, and cutting the stream elsewhere changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from kizuna.sources.dialects import CODED_FIELDS, NUMBER_FIELDS, Dialect
from kizuna.sources.words import NULL_WORDS

Array = npt.NDArray[Any]

LINE_LIMIT: Final = 65_536
"""Longest line in bytes; longer ones are rejected, so that a file without line ends needs no memory."""

_NEWLINE, _RETURN, _QUOTE = 10, 13, 34


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block: half-open ranges of bytes without their line end, and where the next line begins."""

    block: bytes
    start: Array
    stop: Array
    after: Array

    def __len__(self) -> int:
        """Number of lines."""
        return len(self.start)

    def raw(self, i: int) -> bytes:
        """The bytes of a line."""
        return self.block[int(self.start[i]) : int(self.stop[i])]


def split(block: bytes) -> Lines:
    """The lines of a block that begins at a line's beginning; the last one may lack its line end."""
    data = np.frombuffer(block, np.uint8)
    end = np.flatnonzero(data == _NEWLINE)
    after = end + 1
    if len(block) and data[-1] != _NEWLINE:
        end = np.append(end, len(block))
        after = np.append(after, len(block))
    start = np.concatenate(([0], after[:-1])).astype(np.int64)[: len(end)]
    stop = end - ((end > start) & (data[np.maximum(end - 1, 0)] == _RETURN))
    return Lines(block, start, stop, after)


def spoiled(lines: Lines) -> Array:
    """Lines that Arrow must not see: an odd number of quotes, a carriage return inside, too long (bool)."""
    out: Array = lines.stop - lines.start > LINE_LIMIT
    data = np.frombuffer(lines.block, np.uint8)
    if b'"' in lines.block:
        quotes = np.flatnonzero(data == _QUOTE)
        line = np.searchsorted(lines.start, quotes, side="right") - 1
        out |= np.bincount(line, minlength=len(lines)) % 2 == 1
    if b"\r" in lines.block:
        returns = np.flatnonzero(data == _RETURN)
        line = np.searchsorted(lines.start, returns, side="right") - 1
        inside = returns < lines.stop[line]
        out[line[inside]] = True
    return out


class BlockReader:
    """Reads lines of one dialect."""

    def __init__(self, dialect: Dialect, delimiter: str) -> None:
        self._names = [f"c{i}" for i in range(len(dialect.header))]
        self._fields = {name: f"c{i}" for name, i in dialect.columns.items()}
        self._delimiter = delimiter

    def read(self, lines: Lines, rows: Array, decimal: str) -> tuple[dict[str, pa.Array], Array]:
        """Cells of some lines.

        Args:
            lines: the block's lines.
            rows: indices of non-empty, unspoiled lines, ascending.
            decimal: the decimal sign.

        Returns:
            cells by field (numbers as float64 where all are numbers, else as text; everything else as text), and the
            indices of the lines they come from; the others have the wrong number of cells.
        """
        tables: list[pa.Table] = []
        kept: list[Array] = []
        work = [rows] if len(rows) else []
        while work:
            part = work.pop()
            table, bad = self._attempt(_utf8(_bytes_of(lines, part)), decimal)
            if table is not None and table.num_rows + len(bad) == len(part):
                tables.append(table)
                kept.append(np.delete(part, bad))
            elif len(part) > 1:
                middle = len(part) // 2
                work += [part[middle:], part[:middle]]
        if not tables:
            return {}, np.zeros(0, np.int64)
        return self._cells(tables), np.concatenate(kept)

    def _cells(self, tables: list[pa.Table]) -> dict[str, pa.Array]:
        """One array a field. Where the parts differ in type (some held odd numbers) all become text."""
        out = {}
        for name, column in self._fields.items():
            parts = [t.column(column) for t in tables]
            chunks = [chunk for part in parts for chunk in part.chunks]
            if not chunks:
                out[name] = pa.array([], parts[0].type)
            elif len(chunks) == 1:
                out[name] = chunks[0]
            elif len({str(c.type) for c in chunks}) == 1:
                out[name] = pa.chunked_array(chunks).combine_chunks()
            else:
                out[name] = pa.concat_arrays([c.cast(pa.string()).cast(pa.binary()) for c in chunks])
            if isinstance(out[name], pa.ChunkedArray):
                out[name] = out[name].chunk(0)
        return out

    def _attempt(self, block: bytes, decimal: str) -> tuple[pa.Table | None, list[int]]:
        """The table and the rows with a wrong number of cells; None where Arrow refuses the block."""
        for typed in (True, False):
            bad: list[int] = []
            try:
                table = self._parse(block, decimal, bad, typed=typed)
            except pa.ArrowInvalid:
                continue
            if not typed or self._finite(table):
                return table, bad
        return None, []

    def _finite(self, table: pa.Table) -> bool:
        """Whether every number is one; words such as "nan" and "inf" are left to the careful reader."""
        for name, column in self._fields.items():
            if name in NUMBER_FIELDS:
                found = table.column(column)
                if np.count_nonzero(np.isfinite(found.to_numpy())) + found.null_count != len(found):
                    return False
        return True

    def _parse(self, block: bytes, decimal: str, bad: list[int], *, typed: bool) -> pa.Table:
        def skip(row: Any) -> str:
            bad.append(row.number - 1)
            return "skip"

        return pacsv.read_csv(
            pa.py_buffer(block),
            read_options=pacsv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=self._names),
            parse_options=pacsv.ParseOptions(delimiter=self._delimiter, invalid_row_handler=skip),
            convert_options=pacsv.ConvertOptions(
                column_types=self._types(typed=typed), include_columns=sorted(set(self._fields.values())),
                null_values=list(NULL_WORDS), strings_can_be_null=True, quoted_strings_can_be_null=True,
                check_utf8=False, decimal_point=decimal,
            ),
        )  # fmt: skip

    def _types(self, *, typed: bool) -> Mapping[str, pa.DataType]:
        kinds: dict[str, pa.DataType] = {}
        for name, column in self._fields.items():
            if name in NUMBER_FIELDS and typed:
                kinds[column] = pa.float64()
            elif name in CODED_FIELDS:
                kinds[column] = pa.dictionary(pa.int32(), pa.binary())
            else:
                kinds[column] = pa.binary()
        return kinds


def _bytes_of(lines: Lines, rows: Array) -> bytes:
    """The text of some lines, run by run."""
    if len(rows) == len(lines):
        return lines.block
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    firsts = rows[np.concatenate(([0], breaks))]
    lasts = rows[np.concatenate((breaks - 1, [len(rows) - 1]))]
    view = memoryview(lines.block)
    return b"".join(bytes(view[int(lines.start[a]) : int(lines.after[b])]) for a, b in zip(firsts, lasts, strict=True))


def _utf8(block: bytes) -> bytes:
    """The block with the replacement character for what is no UTF-8: Arrow cannot report a bad row otherwise."""
    if block.isascii():
        return block
    try:
        block.decode()
    except UnicodeDecodeError:
        return block.decode("utf-8", "replace").encode()
    return block
