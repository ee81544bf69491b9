"""Thin frozen tables of columns with one declared schema each.

The schema is the single source of a table's reference documentation (``docs/reference/tables.md`` is generated from
it), of its form in memory and of its form in files. In memory quantities carry their unit (``lat_deg``); a few file
names follow the trade instead (``lat``). Missing is NaN in float columns, the declared ``missing`` value in integer
columns, -1 in code columns; in files it is null. A table is checked once, when it is made, and then trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.units import MISSING_TIME_MS

Array = npt.NDArray[Any]


class Kind(Enum):
    """How a column lies in memory and in a file."""

    I8 = "int8"
    I16 = "int16"
    I32 = "int32"
    I64 = "int64"
    F32 = "float32"
    F64 = "float64"
    BOOL = "bool"
    FLAG = "flag"  # int8 0/1, -1 missing; nullable bool in files
    TIME = "time_ms"  # int64 milliseconds UTC; timestamp[ms, UTC] in files
    CODE = "code"  # int32 index into a list of words; dictionary<string> in files
    TEXT = "string"  # Arrow string array in memory as well
    ARROW = "arrow"  # any other Arrow type (lists, structs, binary), Arrow array in memory as well

    __hash__ = object.__hash__  # members are single; the hash of Enum is Python code and took a third of making a table


_NUMPY = {
    Kind.I8: np.int8, Kind.I16: np.int16, Kind.I32: np.int32, Kind.I64: np.int64,
    Kind.F32: np.float32, Kind.F64: np.float64, Kind.BOOL: np.bool_, Kind.FLAG: np.int8,
    Kind.TIME: np.int64, Kind.CODE: np.int32,
}  # fmt: skip
_FILE = {
    Kind.I8: pa.int8(), Kind.I16: pa.int16(), Kind.I32: pa.int32(), Kind.I64: pa.int64(),
    Kind.F32: pa.float32(), Kind.F64: pa.float64(), Kind.BOOL: pa.bool_(), Kind.FLAG: pa.bool_(),
    Kind.TIME: pa.timestamp("ms", tz="UTC"), Kind.CODE: pa.dictionary(pa.int32(), pa.string()), Kind.TEXT: pa.string(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column. ``codes`` closes the list of words of a CODE column; without it the table brings its own."""

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    file_name: str = ""
    codes: tuple[str, ...] | None = None
    missing: int | None = None
    arrow: pa.DataType | None = None

    @property
    def in_file(self) -> str:
        """Name of the column in a file."""
        return self.file_name or self.name

    @property
    def file_type(self) -> pa.DataType:
        """Arrow type of the column in a file."""
        return self.arrow if self.kind is Kind.ARROW else _FILE[self.kind]

    @property
    def missing_value(self) -> int | None:
        """Integer that means missing in memory; None for columns that use NaN, null or know no missing value."""
        if self.missing is not None:
            return self.missing
        return {Kind.TIME: MISSING_TIME_MS, Kind.CODE: -1, Kind.FLAG: -1}.get(self.kind)

    def dtype(self) -> Any:
        """NumPy type in memory; None for Arrow columns."""
        return _NUMPY.get(self.kind)

    def empty(self, n: int) -> Any:
        """A column of ``n`` missing values (zeros where the column knows no missing value)."""
        if self.kind in (Kind.TEXT, Kind.ARROW):
            return pa.nulls(n, self.file_type)
        if self.kind in (Kind.F32, Kind.F64):
            return np.full(n, np.nan, self.dtype())
        return np.full(n, self.missing_value or 0, self.dtype())


@dataclass(frozen=True, slots=True)
class Schema:
    """Name, meaning and columns of one table."""

    name: str
    doc: str
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        """The column of that name in memory."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in memory, in order."""
        return tuple(c.name for c in self.columns)

    def arrow(self) -> pa.Schema:
        """The schema in a file, with units and meanings as field metadata."""
        return _plan(self).arrow


class _Step(NamedTuple):
    """What making or converting a table needs to know of one column."""

    name: str
    kind: Kind
    dtype: Any  # None for Arrow columns
    file_type: pa.DataType
    missing: int | None
    words: pa.Array | None  # of a closed CODE column


class _Plan(NamedTuple):
    schema: Schema
    names: frozenset[str]
    steps: tuple[_Step, ...]
    arrow: pa.Schema


_PLANS: Final[dict[int, _Plan]] = {}


def _plan(schema: Schema) -> _Plan:
    """Worked out once for each schema: live streams make tables of a few rows, where looking things up costs most."""
    plan = _PLANS.get(id(schema))
    if plan is None:
        fields = [
            pa.field(c.in_file, c.file_type, metadata={"doc": c.doc} | ({"unit": c.unit} if c.unit else {}))
            for c in schema.columns
        ]
        steps = tuple(
            _Step(
                c.name,
                c.kind,
                None if c.dtype() is None else np.dtype(c.dtype()),
                c.file_type,
                c.missing_value,
                None if c.codes is None else pa.array(c.codes, pa.string()),
            )
            for c in schema.columns
        )
        arrow = pa.schema(fields, metadata={"kizuna.table": schema.name})
        plan = _PLANS[id(schema)] = _Plan(schema, frozenset(schema.names), steps, arrow)  # keeps the schema, and its id
    return plan


@dataclass(frozen=True, slots=True)
class Table:
    """Columns that obey a schema. ``words`` holds the word list of every open CODE column."""

    schema: Schema
    columns: Mapping[str, Any]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check names, types and lengths once."""
        plan = _plan(self.schema)
        if self.columns.keys() != plan.names:
            odd = sorted(set(self.columns) ^ plan.names)
            raise InputError(f"table {self.schema.name}: columns missing or unknown: {', '.join(odd)}")
        lengths = {len(v) for v in self.columns.values()}
        if len(lengths) > 1:
            raise InputError(f"table {self.schema.name}: columns of different lengths {sorted(lengths)}")
        for name, kind, dtype, file_type, _, words in plan.steps:
            value = self.columns[name]
            if dtype is None:
                if not isinstance(value, pa.Array) or value.type != file_type:
                    raise InputError(f"{self.schema.name}.{name}: expected Arrow {file_type}, got {_type(value)}")
            elif not isinstance(value, np.ndarray) or value.dtype != dtype:
                raise InputError(f"{self.schema.name}.{name}: expected {dtype}, got {_type(value)}")
            if kind is Kind.CODE and words is None and name not in self.words:
                raise InputError(f"{self.schema.name}.{name}: no word list")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.columns[self.schema.columns[0].name])

    def __getitem__(self, name: str) -> Any:
        """One column: a NumPy array, or an Arrow array for TEXT and ARROW columns."""
        return self.columns[name]

    def codes_of(self, name: str) -> tuple[str, ...]:
        """Words of a CODE column."""
        closed = self.schema[name].codes
        return closed if closed is not None else self.words[name]

    def take(self, rows: Array) -> Table:
        """The rows of an index or boolean mask, in that order."""
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        picked = {n: (v.take(pa.array(rows)) if isinstance(v, pa.Array) else v[rows]) for n, v in self.columns.items()}
        return Table(self.schema, picked, self.words)

    def slice(self, start: int, stop: int) -> Table:
        """Rows ``start`` up to, not including, ``stop``; no copy."""
        cut = {n: (v.slice(start, stop - start) if isinstance(v, pa.Array) else v[start:stop])
               for n, v in self.columns.items()}  # fmt: skip
        return Table(self.schema, cut, self.words)

    def replace(self, **columns: Any) -> Table:
        """The same table with some columns exchanged."""
        return Table(self.schema, {**self.columns, **columns}, self.words)

    def to_arrow(self) -> pa.Table:
        """The table as it stands in a file."""
        plan = _plan(self.schema)
        if not len(self):
            return plan.arrow.empty_table()
        return pa.Table.from_arrays([self._file_array(step) for step in plan.steps], schema=plan.arrow)

    def _file_array(self, step: _Step) -> pa.Array:
        value = self.columns[step.name]
        if step.dtype is None:
            return value
        n = len(value)
        there = None
        if step.kind is Kind.F32 or step.kind is Kind.F64:
            there = value == value  # noqa: PLR0124  false for NaN; half the time of isnan and its inversion
        elif step.missing is not None:
            there = value != step.missing
        if step.kind is Kind.CODE:
            words = pa.array(self.words[step.name], pa.string()) if step.words is None else step.words
            return pa.DictionaryArray.from_arrays(_over(value, there, n, pa.int32()), words, safe=False)
        if there is not None and not there[0] and not there.any():
            return pa.nulls(n, step.file_type)  # a third of the columns of most tables
        if step.kind is Kind.FLAG or step.kind is Kind.BOOL:
            value = np.packbits(value == 1, bitorder="little")
        return _over(value, there, n, step.file_type)


def _over(value: Array, there: Array | None, n: int, file_type: pa.DataType) -> pa.Array:
    """An Arrow array over the memory of ``value``, null where ``there`` is false.

    Nothing is copied but the bits of ``there``. ``pa.array`` with a mask copies and was 3 to 13 times slower.
    """
    valid, nulls = None, 0
    if there is not None:
        nulls = n - int(np.count_nonzero(there))
        valid = pa.py_buffer(np.packbits(there, bitorder="little")) if nulls else None
    if not value.flags.c_contiguous:
        value = np.ascontiguousarray(value)
    return pa.Array.from_buffers(file_type, n, [valid, pa.py_buffer(value)], nulls)


def _type(value: Any) -> str:
    return str(getattr(value, "dtype", getattr(value, "type", type(value).__name__)))


def empty(schema: Schema, n: int = 0) -> Table:
    """A table of ``n`` rows in which everything is missing."""
    words: dict[str, tuple[str, ...]] = {c.name: () for c in schema.columns if c.kind is Kind.CODE and c.codes is None}
    return Table(schema, {c.name: c.empty(n) for c in schema.columns}, words)


def concat(tables: Sequence[Table]) -> Table:
    """Tables of one schema one below the other; word lists are joined and codes renumbered."""
    schema = tables[0].schema
    if len(tables) == 1:
        return tables[0]
    columns: dict[str, Any] = {}
    words: dict[str, tuple[str, ...]] = {}
    for c in schema.columns:
        parts = [t[c.name] for t in tables]
        if c.kind is Kind.CODE and c.codes is None:
            words[c.name], parts = _join_words([t.codes_of(c.name) for t in tables], parts)
        columns[c.name] = pa.concat_arrays(parts) if c.dtype() is None else np.concatenate(parts)
    return Table(schema, columns, words)


def _join_words(lists: list[tuple[str, ...]], parts: list[Array]) -> tuple[tuple[str, ...], list[Array]]:
    if all(words == lists[0] for words in lists):
        return lists[0], parts
    index: dict[str, int] = {}
    out = []
    for words, codes in zip(lists, parts, strict=True):
        lookup = np.array([index.setdefault(w, len(index)) for w in words] + [-1], np.int32)
        out.append(lookup[codes])  # -1 picks the last entry, which is -1
    return tuple(index), out


def from_arrow(schema: Schema, table: pa.Table) -> Table:
    """Read a table that has the schema's file form; columns that the file lacks are missing throughout.

    Raises InputError for a column of a type that cannot be cast without loss.
    """
    columns: dict[str, Any] = {}
    words: dict[str, tuple[str, ...]] = {}
    for c in schema.columns:
        if c.in_file not in table.column_names:
            columns[c.name] = c.empty(table.num_rows)
            if c.kind is Kind.CODE and c.codes is None:
                words[c.name] = ()
            continue
        try:
            columns[c.name], found = _memory_array(c, table.column(c.in_file))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
            raise InputError(f"column {c.in_file} cannot be read as {c.file_type}: {exc}") from exc
        if found is not None and c.codes is None:
            words[c.name] = found
    return Table(schema, columns, words)


def _memory_array(c: Column, chunked: pa.ChunkedArray) -> tuple[Any, tuple[str, ...] | None]:
    if c.kind in (Kind.TEXT, Kind.ARROW):
        return _combined(chunked.cast(c.file_type)), None
    if c.kind is Kind.CODE:
        return _memory_codes(c, chunked)
    array = _combined(chunked.cast(c.file_type))
    if c.kind in (Kind.F32, Kind.F64):
        return np.ascontiguousarray(array.to_numpy(zero_copy_only=False), dtype=c.dtype()), None
    if c.kind in (Kind.FLAG, Kind.TIME):
        array = array.cast(pa.int8() if c.kind is Kind.FLAG else pa.int64())
    if array.null_count:
        if c.missing_value is None and c.kind is not Kind.BOOL:
            raise InputError(f"column {c.in_file} has {array.null_count} nulls and knows no missing value")
        array = array.fill_null(c.missing_value or 0)
    return np.array(array.to_numpy(zero_copy_only=False), dtype=c.dtype()), None


def _memory_codes(c: Column, chunked: pa.ChunkedArray) -> tuple[Array, tuple[str, ...]]:
    if not pa.types.is_dictionary(chunked.type):
        chunked = chunked.cast(pa.string()).dictionary_encode()
    array = _combined(chunked.unify_dictionaries())
    found = tuple(array.dictionary.cast(pa.string()).to_pylist())
    codes = np.array(array.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int32)
    if c.codes is None:
        return codes, found
    unknown = sorted(set(found) - set(c.codes))
    if unknown:
        raise InputError(f"column {c.in_file} has unknown words: {', '.join(unknown[:5])}", hint=f"allowed: {c.codes}")
    lookup = np.array([c.codes.index(w) for w in found] + [-1], np.int32)
    return lookup[codes], c.codes


def _combined(chunked: pa.ChunkedArray) -> pa.Array:
    combined = chunked.combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return combined.chunk(0) if combined.num_chunks else pa.array([], chunked.type)
    return combined


def words_and_codes(values: Iterable[str]) -> tuple[tuple[str, ...], Array]:
    """Word list in order of first appearance, and the code of every value."""
    index: dict[str, int] = {}
    codes = np.array([index.setdefault(v, len(index)) for v in values], np.int32)
    return tuple(index), codes
