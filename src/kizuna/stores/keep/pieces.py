"""Rows on their way into the store: batches as bytes for the buffer, and as pieces in memory for questions.

Small pieces are joined with their neighbours as they come, so that a question looks at few, however small the batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Schema, Table, concat, empty, from_arrow
from kizuna.fixes.statics import OTHERS, STATICS
from kizuna.fixes.table import FIXES

SCHEMAS: Final[Mapping[str, Schema]] = {s.name: s for s in (FIXES, STATICS, OTHERS)}
_SMALL_ROWS: Final = 4096
"""Pieces up to this are joined; joining larger ones costs more than looking at them one by one."""
_LZ4: Final = pa.ipc.IpcWriteOptions(compression="lz4")


def pack(table: Table) -> bytes | None:
    """A table as an Arrow IPC stream without the meanings of its columns; None where it has no rows."""
    if not len(table):
        return None
    arrow = table.to_arrow()
    bare = pa.schema([pa.field(f.name, f.type) for f in arrow.schema])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, bare, options=_LZ4) as writer:
        writer.write_table(pa.Table.from_arrays(arrow.columns, schema=bare))
    return bytes(memoryview(sink.getvalue()))


def unpack(schema: Schema, data: bytes | None) -> Table:
    """The table again."""
    if data is None:
        return empty(schema)
    with pa.ipc.open_stream(data) as reader:
        return from_arrow(schema, reader.read_all())


class Piece(NamedTuple):
    """Rows of consecutive batches. ``late``: fixes whose block was closed when they came."""

    first: int  # numbers of the batches
    last: int
    tables: Mapping[str, Table]
    late: Array

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(len(t) for t in self.tables.values())


def piece_of(seq: int, tables: Mapping[str, Table], closed_ms: int) -> Piece:
    """A batch as a piece; blocks up to ``closed_ms`` were closed when it came."""
    return Piece(seq, seq, tables, np.asarray(tables["fixes"]["time_ms"] < closed_ms))


def added(pieces: tuple[Piece, ...], new: Piece) -> tuple[Piece, ...]:
    """The pieces with one more, small neighbours joined; none of those given is changed."""
    out = list(pieces)
    while out and out[-1].rows <= min(2 * new.rows, _SMALL_ROWS):
        new = joined([out.pop(), new])
    return (*out, new)


def joined(pieces: list[Piece]) -> Piece:
    """Consecutive pieces as one."""
    tables = {name: _below([p.tables[name] for p in pieces]) for name in SCHEMAS}
    return Piece(pieces[0].first, pieces[-1].last, tables, np.concatenate([p.late for p in pieces]))


def _below(tables: list[Table]) -> Table:
    full = [t for t in tables if len(t)]
    return concat(full) if full else tables[0]
