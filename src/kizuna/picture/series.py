"""Daily series: one number a day, from our own counts or from a table that somebody publishes.

A day without a value is missing. It is not zero: nobody counted, or nothing was published. A series names its source,
its licence and its unit, and they travel with every figure made of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array

_DATE_NAMES: Final = ("date", "day", "timestamp", "datum", "日付", "日期")
_MAX_BYTES: Final = 64 * 2**20
_MAX_SERIES: Final = 200
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers by day.

    Attributes:
        name: what is counted.
        unit: of the values; ``count a day`` unless said otherwise.
        source, licence: who counted, and under which terms the figures may be used.
        day: int64, days since 1970-01-01, ascending, without repetition; days without a value are left out.
        value: float64, 0 or more.
        heard: float64, vessels heard anywhere on these days; empty where that is not known.
        notes: what a reader must know, such as rows left out.
    """

    name: str
    unit: str
    source: str
    licence: str
    day: Array
    value: Array
    heard: Array
    notes: tuple[str, ...] = ()

    def within(self, first: int, end: int) -> Array:
        """Whether each day lies from ``first`` up to, not including, ``end``."""
        inside: Array = (self.day >= first) & (self.day < end)
        return inside


def make_series(
    name: str, day: Array, value: Array, *, unit: str = "count a day", source: str = "", licence: str = "",
    heard: Array | None = None, notes: tuple[str, ...] = (),
) -> Series:  # fmt: skip
    """A checked series, put in order. Raises InputError for a day told twice and for values that are no counts."""
    day, value = np.asarray(day, np.int64), np.asarray(value, np.float64)
    there = np.isfinite(value)
    heard = np.empty(0) if heard is None else np.asarray(heard, np.float64)[there]
    order = np.argsort(day[there], kind="stable")
    day, value = day[there][order], value[there][order]
    if (np.diff(day) == 0).any():
        twice = day[1:][np.diff(day) == 0][0]
        raise InputError(
            f"two values for {np.datetime64(int(twice), 'D')}", where=f"series {name}",
            hint="choose rows with --where COLUMN=VALUE",
        )  # fmt: skip
    if (value < 0).any():
        raise InputError("negative values are no counts", where=f"series {name}")
    return Series(name, unit, source, licence, day, value, heard[order] if len(heard) else heard, notes)


def series_from_csv(
    data: bytes, *, where: Mapping[str, str] | None = None, source: str = "", licence: str = "",
    unit: str = "count a day",
) -> dict[str, Series]:  # fmt: skip
    """Every column of numbers of a CSV as a series, by name.

    The first row names the columns. The dates stand in a column of one of the usual names, else in the first in
    which all cells are dates such as 2026-01-31. Empty cells are missing; a column with other text is left out.
    ``where`` keeps the rows whose cells are these. Raises InputError for a text that is no such table.
    """
    if len(data) > _MAX_BYTES:
        raise InputError(f"{len(data)} bytes of daily numbers", hint=f"at most {_MAX_BYTES}")
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InputError(f"not a CSV text: {exc}") from exc
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if len(lines) < 2:  # noqa: PLR2004  names and one row
        raise InputError("the table has no rows")
    names = [cell.strip() for cell in lines[0]]
    rows = [[*(c.strip() for c in line), *[""] * (len(names) - len(line))][: len(names)] for line in lines[1:]]
    for column, wanted in (where or {}).items():
        if column not in names:
            raise InputError(f"no column {column!r}", hint=f"there are {', '.join(names)}")
        rows = [row for row in rows if row[names.index(column)] == wanted]
    if not rows:
        raise InputError("no row is left", hint="check --where")
    at = _date_column(names, rows)
    days = np.array([_day(row[at]) for row in rows])
    known = days != _NO_DAY
    notes = (f"{int((~known).sum())} rows without a date left out",) if not known.all() else ()
    out: dict[str, Series] = {}
    for k, name in enumerate(names):
        values = None if k == at or k >= _MAX_SERIES else _numbers([row[k] for row in rows])
        if values is not None and name:
            one = make_series(name, days[known], values[known], unit=unit, source=source, licence=licence, notes=notes)
            out[name] = one
    if not out:
        raise InputError("no column of numbers beside the dates")
    return out


_NO_DAY: Final = -(2**62)


def _date_column(names: list[str], rows: list[list[str]]) -> int:
    usual = [k for k, n in enumerate(names) if n.lower() in _DATE_NAMES]
    for k in usual + list(range(len(names))):
        dated = sum(_day(row[k]) != _NO_DAY for row in rows)
        if dated > len(rows) // 2 or (dated and k in usual):
            return k
    raise InputError("no column of dates", hint="write them as 2026-01-31 in a column named date")


def _day(cell: str) -> int:
    """Day of a cell such as 2026-01-31, also with a time behind; _NO_DAY for anything else."""
    head = cell[:10].replace("/", "-")
    if len(head) != 10 or head[4] != "-" or head[7] != "-":  # noqa: PLR2004  the form YYYY-MM-DD
        return _NO_DAY
    try:
        return date.fromisoformat(head).toordinal() - _EPOCH
    except ValueError:
        return _NO_DAY


def _numbers(cells: list[str]) -> Array | None:
    """Values of a column, NaN where empty; None where a cell is another text or nothing is a number."""
    out = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        if cell.lower() in ("", "na", "n/a", "nan", "null", "-"):
            continue
        try:
            out[i] = float(cell)
        except ValueError:
            return None
    return out if np.isfinite(out).any() else None


def span(text: str) -> tuple[int, int]:
    """First day and end (not included) of ``2025-10..2025-12``, ``2026-01``, ``2026``, ``2026-01-05..2026-02-03``.

    Both ends of ``FIRST..LAST`` belong to it. Raises InputError for anything else.
    """
    first, dots, last = text.strip().partition("..")
    try:
        start, end = _unit(first)[0], _unit(last if dots else first)[1]
    except ValueError as exc:
        raise InputError(
            f"{text!r} is no span of days", hint="2026-01, 2025-10..2025-12, 2026-01-05..2026-02-03"
        ) from exc
    if end <= start:
        raise InputError(f"{text!r} ends before it begins", hint="write FIRST..LAST")
    return start, end


def _unit(text: str) -> tuple[int, int]:
    """First day and end of a year, month or day."""
    text = text.strip()
    kind = {4: "Y", 7: "M", 10: "D"}.get(len(text), "")
    if not kind or not text.replace("-", "").isdigit():
        raise ValueError(text)
    one = np.datetime64(text, kind)  # type: ignore[call-overload]
    return int(one.astype("M8[D]").astype(np.int64)), int((one + 1).astype("M8[D]").astype(np.int64))


def days_of(bounds: tuple[int, int]) -> str:
    """``2025-10-01 to 2025-12-31``."""
    return f"{np.datetime64(bounds[0], 'D')} to {np.datetime64(bounds[1] - 1, 'D')}"
