"""Comma, semicolon, tab or bar separated tables with a header: the CSV decoder.

Reads MarineCadastre (classic and csv2), the Danish Maritime Authority's files, and any table whose header names what
it holds (see ``dialects``); ``words`` lists the cells that mean "not available". Bytes go in as they come; a row is a
line (see ``csv_block``), so any cutting of the stream gives the same rows. ``byte_offset`` is where the line begins,
counted from the first byte of the stream (a byte order mark included), ``line_no`` counts all lines from 1.

Memory: one block of at most 8 MB, and 48 bytes for every MMSI that has static values.

Known limits: line breaks inside quotes make bad rows; files that end lines with a carriage return alone and UTF-16
are refused; a decimal comma is recognised (first latitude) where the delimiter is not the comma.
"""

from __future__ import annotations

import csv
import re
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.table import concat
from kizuna.records.context import REAL
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch, join, nothing
from kizuna.sources.csv_block import LINE_LIMIT, BlockReader, Lines, split, spoiled
from kizuna.sources.dialects import Dialect, Reading, recognise
from kizuna.sources.rows import Origin, RowReader, Rows, reject_table

Array = npt.NDArray[Any]

BLOCK: Final = 8 << 20
"""Most bytes parsed at once: bounds the memory; larger blocks are no faster."""
DELIMITERS: Final = (",", ";", "\t", "|")

_SEP_LINE = re.compile(r'"?sep=(.)"?')
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_BOM = b"\xef\xbb\xbf"


def header_cells(line: bytes, delimiter: str = "") -> tuple[list[str], str]:
    """Cells of a header line and its delimiter, the one of ``DELIMITERS`` that stands in it most often if not given.

    Raises InputError where the line is no header of a table.
    """
    text = line.removeprefix(_BOM).decode("utf-8", "replace").strip("\r\n")
    bare = re.sub(r'"[^"]*"', "", text)
    delimiter = delimiter or max(DELIMITERS, key=bare.count)
    if bare.count(delimiter) == 0:
        raise InputError(f"the first line is no header of a table: {text[:60]!r}")
    cells = _cells(text, delimiter)
    if sum(bool(_NUMBER.fullmatch(cell.strip())) for cell in cells) > 1:  # one column may be called 2020
        raise InputError(
            f"the first line holds data, no header: {text[:60]!r}", hint="add a header line that names the columns"
        )
    return cells, delimiter


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text.replace("\x00", " ")], delimiter=delimiter), [])
    except csv.Error as exc:
        raise InputError(f"a line that cannot be read: {exc}") from exc


class DelimitedDecoder:
    """Decoder of one delimited table; see the module. ``dialect`` is None until the header was seen."""

    def __init__(
        self, source_id: str, *, label: str = NOBODY, context: str = REAL, reading: Reading | None = None
    ) -> None:
        self._origin = Origin(source_id, label, context, "csv")
        self._reading = reading or Reading()
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._dropped = 0  # bytes of an over-long line that were not kept
        self._offset = 0  # of the first pending byte in the stream
        self._line_no = 1  # of the first pending line
        self._delimiter = ""
        self._decimal = ""
        self._block_reader: BlockReader | None = None
        self._rows: RowReader | None = None
        self.dialect: Dialect | None = None

    def feed(self, data: bytes, received_ms: int | None = None) -> Batch:
        """Decode the lines that are whole; raises InputError for a table that must not be guessed at."""
        cut = data.rfind(b"\n") + 1
        if cut == 0:
            self._keep(data)
            return nothing()
        block = b"".join([*self._pending, data[:cut]])
        self._pending, self._pending_size = [], 0
        batch = self._decode(block, received_ms)
        self._keep(data[cut:])
        return batch

    def finish(self) -> Batch:
        """Decode a last line without line end."""
        block = b"".join(self._pending)
        self._pending, self._pending_size = [], 0
        return self._decode(block, None) if block else nothing()

    def _keep(self, data: bytes) -> None:
        """Hold the beginning of a line, but never more than decides that it is too long."""
        room = LINE_LIMIT + 2 - self._pending_size
        if len(data) > room:
            self._dropped += len(data) - room
            data = data[:room]
        if data:
            self._pending.append(data)
            self._pending_size += len(data)

    def _decode(self, block: bytes, received_ms: int | None) -> Batch:
        batches = []
        at = 0
        while at < len(block):
            end = len(block) if len(block) - at <= BLOCK else block.rfind(b"\n", at, at + BLOCK) + 1
            if end <= at:  # no line end within a block: an over-long line, up to its end
                end = block.find(b"\n", at) + 1 or len(block)
            batches.append(self._decode_block(block[at:end] if (at, end) != (0, len(block)) else block))
            at = end
        whole = batches[0] if len(batches) == 1 else join(batches)
        if received_ms is None or not len(whole.fixes):
            return whole
        fixes = whole.fixes.replace(received_ms=np.full(len(whole.fixes), received_ms, np.int64))
        statics = whole.statics.replace(received_ms=np.full(len(whole.statics), received_ms, np.int64))
        return Batch(fixes, statics, whole.others, whole.rejects, whole.counts)

    def _decode_block(self, block: bytes) -> Batch:
        lines = split(block)
        offset = lines.start + self._offset
        offset[1:] += self._dropped  # only the first line of a block can have lost bytes
        line_no = np.arange(len(lines), dtype=np.int64) + self._line_no
        filled = np.flatnonzero(lines.stop > lines.start)
        lost = self._dropped
        self._offset += len(block) + lost
        self._line_no += len(lines)
        self._dropped = 0
        first = 0
        extra: dict[str, int] = {}
        while self._rows is None and first < len(filled):
            extra["unmapped_columns"] = self._read_header(lines.raw(int(filled[first])))
            first += 1
        filled = filled[first:]
        if self._block_reader is None or self._rows is None or not len(filled):
            return Batch(*_tables(nothing()), {k: v for k, v in extra.items() if v})
        spoilt = spoiled(lines)
        if not self._decimal:
            self._learn_decimal(lines, filled[~spoilt[filled]])
        cells, kept = self._block_reader.read(lines, filled[~spoilt[filled]])
        bad = np.setdiff1d(filled, kept, assume_unique=True)
        if len(kept):
            rows = Rows(cells, offset[kept], line_no[kept], lambda i: lines.raw(int(kept[i])), self._decimal or ".")
            batch = self._rows.read(rows)
        else:
            batch = nothing()
        if not len(bad) and not extra:
            return batch
        return self._with_bad_lines(batch, lines, bad, offset, line_no, extra)

    def _with_bad_lines(
        self, batch: Batch, lines: Lines, bad: Array, offset: Array, line_no: Array, extra: dict[str, int]
    ) -> Batch:
        counts = dict(batch.counts)
        counts["lines"] = counts.get("lines", 0) + len(bad)
        counts.setdefault("messages", 0)
        counts |= {name: number for name, number in extra.items() if number}
        rejects = batch.rejects
        if len(bad):
            long = lines.stop[bad] - lines.start[bad] > LINE_LIMIT
            reasons = np.where(long, "line_too_long", "bad_row").tolist()
            for reason in reasons:
                counts[reason] = counts.get(reason, 0) + 1
            more = reject_table(self._origin, offset[bad], line_no[bad], reasons, [lines.raw(int(i)) for i in bad])
            both = concat([rejects, more])
            rejects = both.take(np.argsort(both["byte_offset"], kind="stable"))
        return Batch(batch.fixes, batch.statics, batch.others, rejects, counts)

    def _read_header(self, line: bytes) -> int:
        """Learn from the header line, or the `sep=` line before it; the number of columns that nothing is read from."""
        where = self._origin.source_id
        if line.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError("the text is UTF-16", where=where, hint="convert it to UTF-8")
        if len(line) > LINE_LIMIT:
            raise InputError(
                f"no line end within the first {LINE_LIMIT} bytes", where=where, hint="is this a text table?"
            )
        told = _SEP_LINE.fullmatch(line.removeprefix(_BOM).decode("utf-8", "replace").strip())
        if told and not self._delimiter:
            self._delimiter = told.group(1)
            return 0
        try:
            cells, delimiter = header_cells(line, self._delimiter)
            dialect = recognise(cells, self._reading)
        except InputError as exc:
            raise InputError(exc.message, where=where, hint=exc.hint) from exc
        self.dialect = dialect
        self._delimiter = delimiter
        self._decimal = "." if delimiter == "," else ""
        self._block_reader = BlockReader(dialect, delimiter)
        self._rows = RowReader(self._origin, dialect)
        return len(dialect.unmapped)

    def _learn_decimal(self, lines: Lines, rows: Array) -> None:
        """The decimal sign, from the first line that has a latitude."""
        if self.dialect is None:
            return
        at = self.dialect.columns["lat"]
        for i in rows:
            cells = _cells(lines.raw(int(i)).decode("utf-8", "replace"), self._delimiter)
            if len(cells) == len(self.dialect.header) and cells[at].strip():
                self._decimal = "," if "," in cells[at] else "."
                return


def _tables(batch: Batch) -> tuple[Any, Any, Any, Any]:
    return batch.fixes, batch.statics, batch.others, batch.rejects
