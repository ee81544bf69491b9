"""Tables as CSV (RFC 4180) for spreadsheets: the columns of our files, a marking in every row, times in ISO 8601.

Text that a spreadsheet would take for a formula (it begins with = + - @, also as wide as Chinese characters, or with a
control character) gets an apostrophe before it: names come from the air, and anybody can send one. Lists and objects
are JSON in their cell.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from kizuna.base.table import Kind, Table
from kizuna.base.utc import iso

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


def table_csv(table: Table, marking: str) -> bytes:
    """The whole table in UTF-8 with a head line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*(c.in_file for c in table.schema.columns), "marking"])
    columns = [_cells(table, c.name, c.kind) for c in table.schema.columns]
    for row in zip(*columns, strict=True):
        writer.writerow([*row, marking])
    return out.getvalue().encode()


def _cells(table: Table, name: str, kind: Kind) -> list[Any]:
    column = table[name]
    if kind is Kind.TIME:
        return [iso(int(v)) for v in column]
    if kind is Kind.CODE:
        words = table.codes_of(name)
        return [safe(words[v]) if v >= 0 else "" for v in column.tolist()]
    if kind is Kind.TEXT:
        return [safe(v) for v in column.to_pylist()]
    if kind is Kind.ARROW:
        return ["" if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()]
    if kind is Kind.F32:
        return ["" if v != v else str(v) for v in column]  # noqa: PLR0124  the shortest decimal of the float32
    missing = table.schema[name].missing_value
    return ["" if v == missing or v != v else v for v in column.tolist()]  # noqa: PLR0124  NaN


def safe(text: str | None) -> str:
    """Text that no spreadsheet works out."""
    return "" if text is None else f"'{text}" if text.startswith(_FORMULA) else text
