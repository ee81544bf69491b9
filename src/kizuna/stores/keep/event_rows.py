"""Events in the catalogue: each version of each event one row, as JSON packed with zstd.

A row can be put again as it was, which changes nothing, or with another status (an event that was replaced), which
gives it the next number of the events. A question gets the newest version of each event unless it asks for all.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.json as pj
import zstandard

from kizuna.base.table import Table, concat, empty, from_arrow
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events.table import EVENTS

_LEVEL: Final = 3
_BLOCK_BYTES: Final = 16 << 20
ROWS_AT_ONCE: Final = 5_000
"""The parser takes less than 2 GiB at once."""


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return pa.string()
    return pa.int64() if pa.types.is_timestamp(kind) else kind


_PLAIN: Final = pa.schema([pa.field(f.name, _plain_type(f.type)) for f in EVENTS.arrow()])
"""Columns as JSON can say them: words as text, times as milliseconds."""


def as_rows(events: Table) -> list[dict[str, Any]]:
    """Events as plain values that JSON can say."""
    rows: list[dict[str, Any]] = events.to_arrow().cast(_PLAIN).to_pylist()
    return rows


def _as_table(packed: list[bytes]) -> Table:
    if not packed:
        return empty(EVENTS)
    return concat([_parsed(packed[at : at + ROWS_AT_ONCE]) for at in range(0, len(packed), ROWS_AT_ONCE)])


def _parsed(packed: list[bytes]) -> Table:
    unpack = zstandard.ZstdDecompressor()
    return from_json([unpack.decompress(row) for row in packed])


def from_json(rows: list[bytes]) -> Table:
    """Events of JSON objects, one each; at most ``ROWS_AT_ONCE``."""
    lines = b"\n".join(rows)
    options = pj.ReadOptions(block_size=max(_BLOCK_BYTES, len(lines) + 1))
    form = pj.ParseOptions(explicit_schema=_PLAIN, unexpected_field_behavior="ignore")
    table = pj.read_json(pa.BufferReader(lines), read_options=options, parse_options=form)
    return from_arrow(EVENTS, table.combine_chunks().select(_PLAIN.names))


def put(db: sqlite3.Connection, events: Table, seq: int) -> int:
    """Take in rows within a transaction; how many were new or changed. They carry the number ``seq``."""
    pack = zstandard.ZstdCompressor(level=_LEVEL)
    changed = 0
    columns = (events["start_ms"].tolist(), events["end_ms"].tolist())
    for row, start_ms, end_ms in zip(as_rows(events), *columns, strict=True):
        data = msgspec.json.encode(row)
        key = (row["event_id"], row["version"])
        old = db.execute("SELECT row FROM event WHERE event_id = ? AND version = ?", key).fetchone()
        if old is not None and zstandard.ZstdDecompressor().decompress(old[0]) == data:
            continue
        changed += 1
        end = None if end_ms == MISSING_TIME_MS else end_ms
        db.execute(
            "INSERT INTO event VALUES (?, ?, ?, 0, ?, ?, ?) ON CONFLICT (event_id, version) DO UPDATE SET "
            "seq = excluded.seq, start_ms = excluded.start_ms, end_ms = excluded.end_ms, row = excluded.row",
            (*key, seq, start_ms, end, pack.compress(data)),
        )
        db.execute(
            "UPDATE event SET newest = (version = (SELECT max(version) FROM event WHERE event_id = ?1)) "
            "WHERE event_id = ?1",
            key[:1],
        )
        pairs = [(mmsi, key[0]) for mmsi in row["mmsis"] or ()]
        db.executemany("INSERT OR IGNORE INTO event_mmsi VALUES (?, ?)", pairs)
    return changed


def find(
    db: sqlite3.Connection, *, since: int, start_ms: int | None, end_ms: int | None, mmsi: int | None, event_id: str,
    every_version: bool = False,
) -> Table:  # fmt: skip
    """Events that overlap the time, name the vessel, or have the id; by start, id and version."""
    where, values = ["seq > ?"], [since]
    conditions: list[tuple[str, Any]] = [
        ("(end_ms IS NULL OR end_ms >= ?)", start_ms), ("start_ms < ?", end_ms),
        ("event_id IN (SELECT event_id FROM event_mmsi WHERE mmsi = ?)", mmsi), ("event_id = ?", event_id or None),
    ]  # fmt: skip
    for text, value in conditions:
        if value is not None:
            where.append(text)
            values.append(value)
    if not every_version:
        where.append("newest")
    sql = f"SELECT row FROM event WHERE {' AND '.join(where)} ORDER BY start_ms, event_id, version"  # noqa: S608  own texts
    return _as_table([row for (row,) in db.execute(sql, values)])


def newest_seq(db: sqlite3.Connection) -> int:
    """Number of the last change of the events."""
    return int(db.execute("SELECT ifnull(max(seq), 0) FROM event").fetchone()[0])


def forget(db: sqlite3.Connection, before_ms: int) -> int:
    """Delete events all of whose versions ended before; within a transaction."""
    stale = (
        "SELECT event_id FROM event GROUP BY event_id "
        "HAVING max(CASE WHEN end_ms IS NULL THEN 1 ELSE 0 END) = 0 AND max(end_ms) < ?"
    )
    db.execute(f"DELETE FROM event_mmsi WHERE event_id IN ({stale})", (before_ms,))  # noqa: S608  own text
    return int(db.execute(f"DELETE FROM event WHERE event_id IN ({stale})", (before_ms,)).rowcount)  # noqa: S608
