"""Rows on their way into the database and out of it.

A column lies there under its name in files. Words are numbers, explained by the table ``word``; the context is that of
the schema and stands in no row. Times are ``timestamptz``; what is missing is null. Text cannot hold the character NUL
there; U+FFFD takes its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Column, Kind, Schema, Table, from_arrow
from kizuna.base.units import DAY_MS, MISSING_TIME_MS

ODD_DAY: Final = dt.date(1900, 1, 1)
"""Rows without a time, or whose day has no partition, lie in the partition of this day."""
LAST_MS: Final = 253_402_300_799_999
"""End of the year 9999; later times, and those before 1970, cannot be kept and are missing."""
EPOCH: Final = dt.date(1970, 1, 1)
ODD: Final = (ODD_DAY - EPOCH).days
_SQL: Final = {
    Kind.I8: "int2", Kind.I16: "int2", Kind.I32: "int4", Kind.I64: "int8", Kind.F32: "float4", Kind.F64: "float8",
    Kind.BOOL: "bool", Kind.FLAG: "bool", Kind.TIME: "timestamptz", Kind.CODE: "int4", Kind.TEXT: "text",
}  # fmt: skip
Words = Mapping[str, tuple[str, ...]]
"""Known words of each kind, by number."""


def stored(schema: Schema) -> tuple[Column, ...]:
    """Columns of a table that lie in the database."""
    return tuple(c for c in schema.columns if c.name != "context")


def sql_columns(schema: Schema) -> str:
    """Columns with their types, as CREATE TABLE wants them."""
    return ", ".join(f'"{c.in_file}" {_sql_type(c)}' for c in stored(schema))


def _sql_type(c: Column) -> str:
    """Milliseconds of a state that is carried on may be older than any calendar and stay numbers."""
    return "int8" if c.kind is Kind.TIME and not c.file_name and c.name.endswith("_ms") else _SQL[c.kind]


def days_of(time_ms: Array) -> Array:
    """UTC day of each time, counted from 1970; the odd day for times that are missing or out of range."""
    fine = (time_ms >= 0) & (time_ms <= LAST_MS)
    return np.where(fine, np.where(fine, time_ms, 0) // DAY_MS, ODD).astype(np.int32)


def date_of(day: int) -> dt.date:
    """A day counted from 1970."""
    return EPOCH + dt.timedelta(days=day)


def in_calendar(table: Table) -> Table:
    """The rows with times that the database cannot hold made missing."""
    value = table["time_ms"]
    wrong = (value != MISSING_TIME_MS) & ((value < 0) | (value > LAST_MS))
    return table.replace(time_ms=np.where(wrong, MISSING_TIME_MS, value)) if wrong.any() else table


def new_words(tables: Sequence[Table], words: Words) -> dict[str, list[str]]:
    """Words of open columns that are used here and not known yet."""
    out: dict[str, dict[str, None]] = {}
    for table in tables:
        for c in stored(table.schema):
            if c.kind is not Kind.CODE or c.codes is not None:
                continue
            used = np.unique(table[c.name])
            mine = table.words[c.name]
            known = set(words.get(c.name, ()))
            for code in used[used >= 0].tolist():
                if (word := plain(mine[code])) not in known:
                    out.setdefault(c.name, {})[word] = None
    return {kind: list(found) for kind, found in out.items()}


def plain(text: str) -> str:
    """Text as the database can hold it."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def to_database(table: Table, words: Words) -> pa.Table:
    """Rows as COPY takes them; their words must be known."""
    arrow = table.to_arrow()
    columns: dict[str, pa.Array] = {}
    for c in stored(table.schema):
        if c.kind is Kind.CODE:
            columns[c.in_file] = _numbers(c, table, words)
        elif _sql_type(c) == "int8":
            value = table[c.name]
            columns[c.in_file] = pa.array(value, pa.int64(), mask=value == MISSING_TIME_MS)
        elif c.kind is Kind.TIME:
            value = table[c.name]
            columns[c.in_file] = pa.array(value, pa.timestamp("ms", "UTC"), mask=(value < 0) | (value > LAST_MS))
        elif c.kind is Kind.TEXT:
            columns[c.in_file] = _clean(arrow[c.in_file].combine_chunks())
        else:
            columns[c.in_file] = arrow[c.in_file].combine_chunks()
    return pa.table(columns)


def _clean(column: pa.Array) -> pa.Array:
    return pc.replace_substring(column, "\0", "\ufffd") if column.null_count < len(column) else column


def _numbers(c: Column, table: Table, words: Words) -> pa.Array:
    codes = table[c.name]
    if c.codes is None:
        index = {word: k for k, word in enumerate(words.get(c.name, ()))}
        lookup = np.array([index.get(plain(w), -1) for w in table.words[c.name]] + [-1], np.int32)
        codes = lookup[codes]
    return pa.array(codes, pa.int32(), mask=codes < 0)


def from_database(schema: Schema, arrow: pa.Table, words: Words, context: str) -> Table:
    """Rows again; columns that were not asked for are missing."""
    codes = {c.in_file: c for c in stored(schema) if c.kind is Kind.CODE}
    rest = {}
    for name in arrow.column_names:
        if name not in codes:
            column = arrow[name]
            rest[name] = _milliseconds(column) if pa.types.is_timestamp(column.type) else column
    table = from_arrow(schema, pa.table(rest) if rest else arrow.select([]))
    columns: dict[str, Any] = dict(table.columns)
    found = dict(table.words)
    for name, c in codes.items():
        if name in arrow.column_names:
            number = arrow[name].fill_null(-1).to_numpy()
            columns[c.name] = np.array(number, np.int32)
            if c.codes is None:
                found[c.name] = words.get(c.name, ())
    if "context" in schema.names:
        columns["context"], found["context"] = np.zeros(len(table), np.int32), (context,)
    return Table(schema, columns, found)


def _milliseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.timestamp("ms", "UTC"))
