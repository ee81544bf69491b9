"""Segments: Parquet files of one table and one window of time, by (mmsi, time, msg_id), that never change.

The bounds of each row group (MMSI, time, box) stand in the catalogue, so a question opens only files that can answer it
and reads only their groups that can. Reading costs 35 microseconds a column and group before the first row, so a column
that is missing throughout is left out, and one that says the same throughout stands once in the file's metadata
(``kizuna.same``): half of the columns of one feed. Positions stand as whole numbers of the unit that all of a file are
multiples of (``kizuna.scale``; AIS sends 1/600,000 of a degree), where that gives the same numbers back: 5 bytes less
each.

A file is written under ``NAME.part``, forced to the disk and then named; only then does the catalogue speak of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kizuna.base.errors import InputError
from kizuna.base.table import Array, Column, Kind, Schema, Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.base.version import __version__
from kizuna.records.context import marking
from kizuna.stores.keep.params import FILE_ROWS, GROUP_ROWS, WINDOW_MS
from kizuna.stores.parquet import cannot_write, sync, write_options

BOUNDS: Final = ("mmsi_lo", "mmsi_hi", "time_lo", "time_hi", "south", "north", "west", "east", "rows")
"""Columns of the bounds of a segment, float64, one row a row group; NaN where nothing is known."""
ODD: Final = -1
"""Window of rows without a time, and of those whose times lie strangely far apart."""
_WINDOWS_MOST: Final = 8
_POSITION: Final = ("lat", "lon")
_UNITS: Final = (600_000, 1_000_000, 10_000_000)
"""Parts of a degree: AIS as sent (and five decimals), six and seven decimals; 180 degrees of each fit into 32 bits."""
_ALWAYS: Final = frozenset({"mmsi", "time_ms", "msg_id", "lat_deg", "lon_deg"})
"""Columns that questions look at; they stand in every file."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file and what the catalogue says of it."""

    number: int
    table: str
    window_ms: int
    late: bool
    run: int  # files of one run lie behind each other by MMSI and do not overlap
    rows: int
    size: int
    last: int  # newest batch in it
    sealed_ms: int  # newest fix of the store when it was sealed; by it rows without a time are let go
    digest: str
    bounds: Array

    @property
    def name(self) -> str:
        """Name of the file."""
        return f"{self.table}-{self.number:08d}.parquet"


def in_order(table: Table) -> Table:
    """Rows by MMSI, time and message id; a message that stands twice once."""
    mmsi, time_ms, msg_id = table["mmsi"], table["time_ms"], table["msg_id"]
    order = np.lexsort((msg_id, time_ms, mmsi))
    ranked = msg_id[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (ranked[1:] != ranked[:-1]) | (time_ms[order][1:] != time_ms[order][:-1])
    new[1:] |= mmsi[order][1:] != mmsi[order][:-1]
    return table.take(order[new])


def by_window(time_ms: Array) -> Iterator[tuple[int, Array]]:
    """Windows and the rows of each. Beyond some windows at once, the emptiest go together as ``ODD``."""
    window = np.where(time_ms < 0, ODD, time_ms // WINDOW_MS * WINDOW_MS)
    found, where, count = np.unique(window, return_inverse=True, return_counts=True)
    if len(found) > _WINDOWS_MOST:
        few = np.argsort(count, kind="stable")[: len(found) - _WINDOWS_MOST]
        window[np.isin(where, few)] = ODD
        found = np.unique(window)
    for one in found.tolist():
        yield one, np.flatnonzero(window == one)


def cuts(table: Table) -> Iterator[Table]:
    """The ordered table in parts for one file each; a vessel's rows are parted only where they fill a file."""
    at = 0
    while at < len(table):
        stop = min(at + FILE_ROWS, len(table))
        if stop < len(table):
            begin = int(np.searchsorted(table["mmsi"], table["mmsi"][stop]))
            stop = begin if begin > at + FILE_ROWS // 2 else stop
        yield table.slice(at, stop)
        at = stop


def write(table: Table, path: Path, context: str) -> tuple[int, str, Array]:
    """Write ordered rows; size, digest and bounds of the file. Raises UnavailableError when the disk is full.

    Nothing is left behind when it fails.
    """
    part = path.with_name(path.name + ".part")
    same = _same(table)
    arrow = table.to_arrow()
    arrow = arrow.select([f.name for f in arrow.schema if f.name not in same])
    arrow, scale = _as_whole_numbers(arrow)
    options = write_options(table.schema)
    options["column_encoding"] |= dict.fromkeys(scale, "DELTA_BINARY_PACKED")
    for name in ("use_dictionary", "write_statistics"):
        options[name] = [c for c in options[name] if c not in same]
    try:
        with pq.ParquetWriter(part, arrow.schema, **options) as writer:
            writer.write_table(arrow, row_group_size=GROUP_ROWS)
            writer.add_key_value_metadata({
                "kizuna.version": __version__, "kizuna.context": context, "kizuna.marking": marking(context),
                "kizuna.scale": json.dumps(scale),
                "kizuna.same": json.dumps({name: value for name, value in same.items() if value is not None}),
            })  # fmt: skip
        data = part.read_bytes()
        sync(part)
        part.replace(path)
        sync(path.parent)
    except OSError as exc:
        part.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise cannot_write(exc, path) from exc
    return len(data), digest_of(data), bounds_of(table)


def _same(table: Table) -> dict[str, Any]:
    """Columns (names in files) that hold one value throughout, and that value; None for missing."""
    out: dict[str, Any] = {}
    for c in table.schema.columns:
        value = table[c.name]
        if c.name in _ALWAYS:
            continue
        if isinstance(value, pa.Array):
            if value.null_count == len(value):
                out[c.in_file] = None
        elif c.kind in (Kind.F32, Kind.F64):
            if np.isnan(value).all():
                out[c.in_file] = None
        elif (value == value[0]).all():
            out[c.in_file] = _in_file(table, c.name, int(value[0]))
    return out


def _as_whole_numbers(arrow: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """The table with positions as whole numbers where nothing is lost, and how many of them make a degree."""
    scale = {}
    for name in _POSITION:
        if name in arrow.column_names:
            at = arrow.column_names.index(name)
            degrees = arrow.column(at).to_numpy()
            for unit in _UNITS:
                number = np.rint(degrees * unit)
                if np.array_equal(number / unit, degrees, equal_nan=True):
                    whole = pa.array(number, mask=np.isnan(degrees)).cast(pa.int32())
                    arrow, scale[name] = arrow.set_column(at, name, whole), unit
                    break
    return arrow, scale


def _in_file(table: Table, name: str, value: int) -> Any:
    """A value in memory as it stands in a file."""
    c = table.schema[name]
    if value == c.missing_value:
        return None
    if c.kind is Kind.CODE:
        return table.codes_of(name)[value]
    return bool(value) if c.kind in (Kind.FLAG, Kind.BOOL) else value


def digest_of(data: bytes) -> str:
    """Digest of a file as the catalogue holds it."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def bounds_of(table: Table) -> Array:
    """Bounds of the row groups of ordered rows."""
    starts = np.arange(0, len(table), GROUP_ROWS)
    out = np.full((len(starts), len(BOUNDS)), np.nan)
    mmsi = table["mmsi"]
    out[:, 0] = mmsi[starts]
    out[:, 1] = mmsi[np.append(starts[1:], len(table)) - 1]
    time = np.where(table["time_ms"] == MISSING_TIME_MS, np.nan, table["time_ms"])
    spans: list[tuple[int, Array]] = [(2, time)]
    if "lat_deg" in table.schema.names:
        spans += [(4, table["lat_deg"]), (6, table["lon_deg"])]
    for column, values in spans:
        out[:, column] = np.fmin.reduceat(values, starts)
        out[:, column + 1] = np.fmax.reduceat(values, starts)
    out[:, 8] = np.diff(np.append(starts, len(table)))
    return out


class Rows(NamedTuple):
    """Rows of a file, and the columns that hold one value in all of them."""

    table: pa.Table
    same: bytes  # JSON object

    def whole(self, schema: Schema, names: Sequence[str] = ()) -> pa.Table:
        """All columns of the file, or those named."""
        same = json.loads(self.same)
        wanted = {schema[name].in_file for name in names}
        more = [c for c in schema.columns if c.in_file in same and (not wanted or c.in_file in wanted)]
        columns = [_repeated(same[c.in_file], c, self.table.num_rows) for c in more]
        names_all = [*self.table.column_names, *(c.in_file for c in more)]
        return pa.Table.from_arrays([*self.table.columns, *columns], names=names_all)


def _repeated(value: Any, c: Column, rows: int) -> pa.Array:
    if c.kind is Kind.CODE:
        return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array([value], pa.string()))
    return pa.repeat(pa.scalar(value, pa.int64() if c.kind is Kind.TIME else c.file_type), rows).cast(c.file_type)


class SegmentFile:
    """An open segment: a context manager.

    Raises FileNotFoundError where it is gone, InputError where it is damaged.
    """

    def __init__(self, path: Path, schema: Schema) -> None:
        self._path, self._schema = path, schema
        self._data = pa.OSFile(str(path))
        try:
            self._file = pq.ParquetFile(self._data, pre_buffer=False)  # read-ahead costs half as much again, and memory
        except (pa.ArrowInvalid, OSError) as exc:
            self._data.close()
            raise self._damaged(exc) from exc
        facts = self._file.metadata.metadata or {}
        self._scale = json.loads(facts.get(b"kizuna.scale", b"{}"))
        self._same = facts.get(b"kizuna.same", b"{}")
        self._names = frozenset(self._file.schema_arrow.names)

    def read(self, groups: Sequence[int] | None = None, names: Sequence[str] = ()) -> Rows:
        """Row groups (all of them: None); ``names`` as in memory, none for all."""
        columns = [c for name in names if (c := self._schema[name].in_file) in self._names] if names else None
        some = list(range(self._file.num_row_groups)) if groups is None else list(groups)
        try:
            table = self._file.read_row_groups(some, columns=columns)
        except (pa.ArrowInvalid, OSError) as exc:
            raise self._damaged(exc) from exc
        for name, unit in self._scale.items():
            if name in table.column_names:
                degrees = pc.divide(table.column(name).cast(pa.float64()), float(unit))
                table = table.set_column(table.column_names.index(name), name, degrees)
        return Rows(table, self._same)

    def _damaged(self, exc: Exception) -> InputError:
        return InputError(f"damaged: {str(exc).splitlines()[0]}", where=self._path.name, hint="restore a backup")

    def __enter__(self) -> Self:
        """The segment itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Close."""
        self._data.close()


def read(path: Path, schema: Schema, groups: Sequence[int] | None = None, names: Sequence[str] = ()) -> Rows:
    """Open, read, close. Raises as ``SegmentFile``."""
    with SegmentFile(path, schema) as file:
        return file.read(groups, names)
