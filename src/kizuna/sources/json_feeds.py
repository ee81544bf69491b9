"""JSON lines: one object a line, its keys read by the same aliases as table headers.

Covers flat position records such as Global Fishing Watch's test data (``ssvid, lat, lon, timestamp, course, speed``).
The keys of the first object decide the mapping; later objects may lack keys, and their other keys are not read.
Nested feeds (aisstream.io, gpsd) are not read here.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.table import concat
from kizuna.records.context import REAL
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch, nothing
from kizuna.sources.cells import Text
from kizuna.sources.csv_block import LINE_LIMIT
from kizuna.sources.dialects import Dialect, Reading, recognise
from kizuna.sources.rows import Origin, RowReader, Rows, reject_table

_INT_MAX: Final = 1 << 53


class JsonLinesDecoder:
    """Decoder of JSON lines; see the module."""

    def __init__(
        self, source_id: str, *, label: str = NOBODY, context: str = REAL, reading: Reading | None = None
    ) -> None:
        self._origin = Origin(source_id, label, context, "table")
        self._reading = reading
        self._pending = b""
        self._dropped = 0
        self._offset = 0
        self._line_no = 1
        self._rows: RowReader | None = None
        self.dialect: Dialect | None = None

    def feed(self, data: bytes, received_ms: int | None = None) -> Batch:
        """Decode the lines that are whole."""
        cut = data.rfind(b"\n") + 1
        block, rest = (self._pending + data[:cut], data[cut:]) if cut else (b"", self._pending + data)
        batch = self._decode(block, received_ms) if block else nothing()
        keep = LINE_LIMIT + 1
        self._dropped += max(0, len(rest) - keep)
        self._pending = rest[:keep]
        return batch

    def finish(self) -> Batch:
        """Decode a last line without line end."""
        block, self._pending = self._pending, b""
        return self._decode(block, None) if block else nothing()

    def _decode(self, block: bytes, received_ms: int | None) -> Batch:
        objects: list[dict[str, Any]] = []
        good: list[tuple[int, int, bytes]] = []
        bad: list[tuple[int, int, bytes, str]] = []
        for line in block.splitlines(keepends=True) if b"\r" not in block else _lines(block):
            offset, number = self._offset, self._line_no
            self._offset += len(line) + self._dropped
            self._line_no += 1
            self._dropped = 0
            text = line.strip()
            if not text:
                continue
            found = None if len(line) > LINE_LIMIT else _object(text)
            if found is None:
                bad.append((offset, number, text, "line_too_long" if len(line) > LINE_LIMIT else "bad_row"))
            else:
                objects.append(found)
                good.append((offset, number, text))
        batch = self._read(objects, good, received_ms) if objects else nothing()
        return self._with_bad(batch, bad) if bad else batch

    def _read(
        self, objects: list[dict[str, Any]], where: list[tuple[int, int, bytes]], received_ms: int | None
    ) -> Batch:
        if self.dialect is None:
            try:
                self.dialect = recognise(list(objects[0]), self._reading)
            except InputError as exc:
                raise InputError(exc.message, where=self._origin.source_id, hint=exc.hint) from exc
            self._rows = RowReader(self._origin, self.dialect)
        assert self._rows is not None
        header = self.dialect.header
        cells = {
            name: Text.of(pa.array([_cell(o.get(header[i])) for o in objects], pa.binary()))
            for name, i in self.dialect.columns.items()
        }
        offset = np.array([w[0] for w in where], np.int64)
        line_no = np.array([w[1] for w in where], np.int64)
        batch = self._rows.read(Rows(cells, offset, line_no, lambda i: where[i][2]))
        if received_ms is None:
            return batch
        fixes = batch.fixes.replace(received_ms=np.full(len(batch.fixes), received_ms, np.int64))
        statics = batch.statics.replace(received_ms=np.full(len(batch.statics), received_ms, np.int64))
        return Batch(fixes, statics, batch.others, batch.rejects, batch.counts)

    def _with_bad(self, batch: Batch, bad: list[tuple[int, int, bytes, str]]) -> Batch:
        counts = dict(batch.counts)
        counts["lines"] = counts.get("lines", 0) + len(bad)
        for *_, reason in bad:
            counts[reason] = counts.get(reason, 0) + 1
        more = reject_table(
            self._origin, np.array([b[0] for b in bad], np.int64), np.array([b[1] for b in bad], np.int64),
            [b[3] for b in bad], [b[2] for b in bad],
        )  # fmt: skip
        both = concat([batch.rejects, more]) if len(batch.rejects) else more
        rejects = both.take(np.argsort(both["byte_offset"], kind="stable"))
        return Batch(batch.fixes, batch.statics, batch.others, rejects, counts)


def _lines(block: bytes) -> list[bytes]:
    """Lines that end with a line feed only (bytes.splitlines would also end them at a bare carriage return)."""
    parts = block.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _cell(value: Any) -> bytes | None:
    """A value as the text cell that the table readers know; nested values are missing."""
    if value is None or isinstance(value, (dict, list)):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < _INT_MAX:
        return str(int(value)).encode()
    return str(value).encode("utf-8", "replace")
