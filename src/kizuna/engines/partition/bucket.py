"""Files of routed rows, one a bucket: blocks of fixes and static messages, appended as they come.

A bucket holds the MMSIs of one range, so buckets in their order give vessels in their order. Code columns hold
numbers of words that are kept once for the whole run (``Words``). Only what the plan of the run counts as written is
read; what a stopped run left behind it is cut off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.table import Array, Kind, Table, concat, empty, from_arrow
from kizuna.engines.partition.packed import Form, Held, Stored, decode, encode
from kizuna.fixes.statics import STATICS
from kizuna.fixes.table import FIXES
from kizuna.stores.parquet import cannot_write

MAGIC: Final = b"KZBLOCK1"
_HEAD: Final = 32
OPEN: Final = tuple(c.name for c in FIXES.columns if c.kind is Kind.CODE and c.codes is None)
"""Code columns of fixes that bring their own words."""
ID_BASE: Final = "id_base"
"""Kept in place of message ids: the id less the offset, which is one number for all rows of a source."""
KEPT: Final = tuple(ID_BASE if c.name == "msg_id" else c.name for c in FIXES.columns)
"""Columns of fixes as they are kept."""
KERNELS_READ: Final = frozenset({
    "mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "msg_id", "byte_offset", "nav_status",
})  # fmt: skip
"""Columns that kernels are given as they are: these must lie in memory value by value."""


@dataclass(slots=True)
class Words:
    """All words of the open code columns of fixes, in order of first appearance."""

    index: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in OPEN})

    def numbered(self, name: str, words: tuple[str, ...], codes: Array) -> Array:
        """Codes by these words as codes by all words."""
        known = self.index[name]
        lookup = np.array([known.setdefault(w, len(known)) for w in words] + [-1], np.int32)
        if len(words) == len(lookup) - 1 and np.array_equal(lookup[:-1], np.arange(len(words))):
            return codes
        return lookup[codes]

    def lists(self) -> dict[str, tuple[str, ...]]:
        """Word list a column."""
        return {name: tuple(index) for name, index in self.index.items()}

    @classmethod
    def of(cls, lists: dict[str, list[str]]) -> Words:
        """From the lists of a plan."""
        return cls({name: {w: k for k, w in enumerate(lists[name])} for name in OPEN})


def ordered_by(code: Array, buckets: int) -> tuple[Array, Array]:
    """Rows in order of their bucket, and where each bucket begins (one more entry: the end)."""
    small = code.astype(np.int16) if buckets < np.iinfo(np.int16).max else code
    order = np.argsort(small, kind="stable")  # NumPy sorts 16 bits by radix
    return order, np.concatenate([[0], np.cumsum(np.bincount(code, minlength=buckets))])


def blocks(columns: dict[str, Array], order: Array, at: Array) -> list[list[Any]]:
    """The block of each bucket in pieces, empty where it has no row. Codes are by all words."""
    forms: dict[str, list[Any]] = {}
    kept: list[tuple[memoryview, int]] = []
    for name in KEPT:
        column = columns[name] if name != ID_BASE else columns["msg_id"] - columns["byte_offset"]
        if len(column) and not column.strides[0]:
            column = column[:1]
        form, data = encode(column if len(column) <= 1 else _picked(column, order))
        forms[name] = list(form)
        if data.nbytes:
            kept.append((data.data.cast("B"), data.dtype.itemsize))
            forms[name].append(data.dtype.itemsize)
    head = json.dumps(forms).encode()
    out: list[list[Any]] = []
    for b in range(len(at) - 1):
        first, behind = int(at[b]), int(at[b + 1])
        if behind == first:
            out.append([])
            continue
        slices = [view[first * size : behind * size] for view, size in kept]
        out.append([MAGIC, np.array([behind - first, len(head), 0], "<i8").tobytes(), head, *slices])
    return out


def _picked(column: Array, order: Array) -> Array:
    first = column[0]
    if column[-1] == first and (column == first).all() and column.dtype.kind != "f":
        return column[:1]
    return column[order]


def statics_block(statics: Table) -> list[Any]:
    """A block of static messages."""
    sink = pa.BufferOutputStream()
    table = statics.to_arrow()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data = sink.getvalue()
    return [MAGIC, np.array([-1, 0, data.size], "<i8").tobytes(), memoryview(data)]


def append(handle: int, pieces: Sequence[Any], path: Path) -> int:
    """Write pieces at the end of an open file; the number of bytes. Raises UnavailableError when the disk is full."""
    total = sum(len(p) for p in pieces)
    try:
        done = os.writev(handle, pieces)
        if done < total:
            rest = memoryview(b"".join(bytes(p) for p in pieces))[done:]
            while len(rest):
                rest = rest[os.write(handle, rest) :]
    except OSError as exc:
        raise cannot_write(exc, path) from exc
    return total


@dataclass(frozen=True, slots=True)
class Routed:
    """What a bucket holds, in the order heard."""

    fixes: Table
    statics: Table


@dataclass(frozen=True, slots=True)
class _Block:
    """Fixes of a block: how many, and form and place of each column."""

    rows: int
    columns: dict[str, tuple[Form, int]]

    def column(self, file: Stored, name: str) -> Array:
        """The values of one column of fixes."""
        if name == "msg_id":
            return self.column(file, ID_BASE) + self.column(file, "byte_offset")
        form, at = self.columns[name]
        if not form.disk:
            return decode(form, np.empty(0, np.int8), self.rows)
        kept = np.frombuffer(file.read(at, self.rows * np.dtype(form.disk).itemsize), form.disk)
        return decode(form, kept, self.rows)


def _scan(file: Stored, size: int) -> Iterator[_Block | Table]:
    """The blocks of a bucket: fixes, or a table of static messages."""
    where = str(file.path)
    if file.size < size:
        raise InputError("is cut short", where=where, hint="run again without --resume")
    at = 0
    while at < size:
        first = file.read(at, _HEAD)
        if first[: len(MAGIC)] != MAGIC:
            raise InputError("is damaged", where=where, hint="run again without --resume")
        n, head, tail = np.frombuffer(first, "<i8", 3, len(MAGIC)).tolist()
        at += _HEAD
        if n < 0:
            with pa.ipc.open_stream(pa.py_buffer(file.read(at, tail))) as stream:
                yield from_arrow(STATICS, stream.read_all())
            at += tail
            continue
        forms = json.loads(bytes(file.read(at, head)))
        at += head
        found = {}
        for name, form in forms.items():
            found[name] = (Form(*form[:5]), at)
            at += n * (form[5] if len(form) > 5 else 0)  # noqa: PLR2004  the size of a value stands last
        yield _Block(n, found)


def read(path: Path, size: int, words: Mapping[str, tuple[str, ...]]) -> Routed:
    """The first ``size`` bytes of a bucket. Raises InputError where they are not what was written."""
    file = Held(path, size)
    blocks_, statics = [], []
    for found in _scan(file, size):
        if isinstance(found, _Block):
            blocks_.append(found)
        else:
            statics.append(found)
    return Routed(_joined(file, blocks_, words), concat(statics) if statics else empty(STATICS))


def again(path: Path, size: int, names: Sequence[str] = FIXES.names) -> Iterator[dict[str, Array] | Table]:
    """The blocks one by one: columns of fixes, or a table of static messages."""
    file = Stored(path)
    for found in _scan(file, size):
        yield {name: found.column(file, name) for name in names} if isinstance(found, _Block) else found


def _joined(file: Stored, parts: list[_Block], words: Mapping[str, tuple[str, ...]]) -> Table:
    total = sum(part.rows for part in parts)
    columns: dict[str, Array] = {}
    for c in FIXES.columns:
        forms = {part.columns[ID_BASE if c.name == "msg_id" else c.name][0] for part in parts}
        values = {form.number if form.form == "same" else None for form in forms}
        one = next(iter(forms)) if len(values) == 1 and None not in values else None
        if one is not None and c.name == "msg_id" and "byte_offset" in columns:
            columns[c.name] = columns["byte_offset"] + one.number
            continue
        if one is not None and c.name != "msg_id":
            columns[c.name] = decode(one, np.empty(0, np.int8), total, spread=c.name in KERNELS_READ)
            continue
        column = np.empty(total, c.dtype())
        row = 0
        for part in parts:
            column[row : row + part.rows] = part.column(file, c.name)
            row += part.rows
        columns[c.name] = column
    return Table(FIXES, columns, words)
