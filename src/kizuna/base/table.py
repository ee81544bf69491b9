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
from typing import Any

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
        return pa.schema(
            [
                pa.field(c.in_file, c.file_type, metadata={"doc": c.doc} | ({"unit": c.unit} if c.unit else {}))
                for c in self.columns
            ],
            metadata={"kizuna.table": self.name},
        )


@dataclass(frozen=True, slots=True)
class Table:
    """Columns that obey a schema. ``words`` holds the word list of every open CODE column."""

    schema: Schema
    columns: Mapping[str, Any]
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check names, types and lengths once."""
        if set(self.columns) != set(self.schema.names):
            odd = sorted(set(self.columns) ^ set(self.schema.names))
            raise InputError(f"table {self.schema.name}: columns missing or unknown: {', '.join(odd)}")
        lengths = {len(v) for v in self.columns.values()}
        if len(lengths) > 1:
            raise InputError(f"table {self.schema.name}: columns of different lengths {sorted(lengths)}")
        for c in self.schema.columns:
            value = self.columns[c.name]
            if c.dtype() is None:
                if not isinstance(value, pa.Array) or value.type != c.file_type:
                    raise InputError(f"{self.schema.name}.{c.name}: expected Arrow {c.file_type}, got {_type(value)}")
            elif not isinstance(value, np.ndarray) or value.dtype != c.dtype():
                raise InputError(f"{self.schema.name}.{c.name}: expected {np.dtype(c.dtype())}, got {_type(value)}")
            if c.kind is Kind.CODE and c.codes is None and c.name not in self.words:
                raise InputError(f"{self.schema.name}.{c.name}: no word list")

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
        arrays = [self._file_array(c) for c in self.schema.columns]
        return pa.Table.from_arrays(arrays, schema=self.schema.arrow())

    def _file_array(self, c: Column) -> pa.Array:  # noqa: PLR0911  one way out for each form of column
        value = self.columns[c.name]
        if isinstance(value, pa.Array):
            return value
        if c.kind in (Kind.F32, Kind.F64):
            if len(value) and np.isnan(value[0]) and np.isnan(value).all():
                return pa.nulls(len(value), c.file_type)
            return pa.array(value, from_pandas=True)  # NaN becomes null
        mask = None
        if c.missing_value is not None:
            mask = value == c.missing_value
            if not mask.any():
                mask = None
            elif mask[0] and mask.all() and c.kind is not Kind.CODE:  # a third of the columns of most tables
                return pa.nulls(len(value), c.file_type)
        if c.kind is Kind.CODE:
            indices = pa.array(value, mask=mask)
            return pa.DictionaryArray.from_arrays(indices, pa.array(self.codes_of(c.name), pa.string()), safe=False)
        if c.kind is Kind.FLAG:
            return pa.array(value == 1, mask=mask)
        array = pa.array(value, mask=mask)
        return array.view(c.file_type) if c.kind is Kind.TIME else array


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
