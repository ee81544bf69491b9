"""Arrow record batches, as Parquet, GeoParquet and Arrow files hold them, to the house's tables.

Three kinds of table are read: our own (``fixes.parquet`` and its sisters, back to what was written, with their ids,
sources, labels and contexts), tables with latitude and longitude columns (same aliases as CSV), and GeoParquet with
points in WGS 84. Such rows have no bytes: ``byte_offset`` is the row number, counted from 0.

This module opens no file: ``engines`` hands in schemas and batches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from kizuna.base.errors import InputError
from kizuna.base.table import Schema, from_arrow
from kizuna.fixes.statics import OTHERS, REJECTS, STATICS
from kizuna.fixes.table import FIXES
from kizuna.records.context import REAL
from kizuna.records.label import NOBODY
from kizuna.sources.batch import Batch, nothing
from kizuna.sources.cells import Column, Text, is_text
from kizuna.sources.dialects import Dialect, Reading, recognise
from kizuna.sources.rows import Origin, RowReader, Rows

Array = npt.NDArray[Any]

OWN: Final = {schema.name: schema for schema in (FIXES, STATICS, OTHERS, REJECTS)}
_WGS84: Final = {("OGC", "CRS84"), ("EPSG", "4326"), ("OGC", "CRS84h"), ("EPSG", "4979")}
_WKB_POINT = b"\x01\x01\x00\x00\x00"


class BatchDecoder(Protocol):
    """Arrow batches in, our batches out. ``columns`` and ``dictionaries`` say what is worth reading from the file."""

    columns: list[str]
    dictionaries: list[str]
    kind: str
    unmapped: tuple[str, ...]

    def feed(self, batch: pa.RecordBatch) -> Batch:
        """Rows of one record batch."""
        ...


def decoder_for(
    schema: pa.Schema, source_id: str, *, label: str = NOBODY, context: str = REAL, reading: Reading | None = None
) -> BatchDecoder:
    """The decoder of a table with this schema.

    Raises InputError where the columns do not say what is what, or positions are not in WGS 84.
    """
    own = (schema.metadata or {}).get(b"kizuna.table", b"").decode()
    if own in OWN:
        return OwnTable(OWN[own], schema)
    if own:
        raise InputError(
            f"a table of {own}, which holds no messages", where=source_id, hint=f"give one of {', '.join(OWN)}"
        )
    return ForeignTable(schema, Origin(source_id, label, context, "table"), reading)


class OwnTable:
    """Our own file, back to what was written."""

    def __init__(self, table: Schema, schema: pa.Schema) -> None:
        self._table = table
        known = {c.in_file for c in table.columns}
        self.columns = [name for name in schema.names if name in known]
        self.dictionaries: list[str] = []
        self.kind = f"kizuna {table.name}"
        self.unmapped = tuple(name for name in schema.names if name not in known)

    def feed(self, batch: pa.RecordBatch) -> Batch:
        """The rows; raises InputError for columns of other types or unknown words."""
        table = from_arrow(self._table, pa.Table.from_batches([batch]))
        none = nothing()
        parts = {"fixes": none.fixes, "statics": none.statics, "others": none.others, "rejects": none.rejects}
        parts[self._table.name] = table
        return Batch(**parts, counts={"lines": len(table), "messages": len(table)})


class ForeignTable:
    """A table of somebody else, read by its column names and its geometry."""

    def __init__(self, schema: pa.Schema, origin: Origin, reading: Reading | None) -> None:
        self._origin = origin
        self._geometry = _geometry_column(schema, origin.source_id, reading or Reading())
        try:
            self.dialect: Dialect = recognise(schema.names, reading, need_position=not self._geometry)
        except InputError as exc:
            raise InputError(exc.message, where=origin.source_id, hint=exc.hint) from exc
        self._fields = {name: schema.names[i] for name, i in self.dialect.columns.items()}
        self._rows = RowReader(origin, self.dialect)
        self._row = 0
        self.columns = sorted(set(self._fields.values()) | ({self._geometry} if self._geometry else set()))
        self.dictionaries = [
            name for name in self.columns
            if name != self._geometry and name != self._fields["time"] and _is_text(schema.field(name).type)
        ]  # fmt: skip
        self.kind = f"table {self.dialect.name}" if not self._geometry else "geoparquet"
        self.unmapped = tuple(name for name in self.dialect.unmapped if name != self._geometry)

    def feed(self, batch: pa.RecordBatch) -> Batch:
        """Fixes and static rows; raises InputError for a column of a type that cannot be what its name says."""
        n = batch.num_rows
        if n == 0:
            return nothing()
        cells: dict[str, Column] = {name: _plain(batch.column(column)) for name, column in self._fields.items()}
        if self._geometry:
            x, y = points(batch.column(self._geometry), self._origin.source_id)
            cells["lon"], cells["lat"] = pa.array(x), pa.array(y)
        offset = np.arange(self._row, self._row + n, dtype=np.int64)
        self._row += n

        def raw(i: int) -> bytes:
            return json.dumps(batch.slice(i, 1).to_pylist()[0], default=str).encode()

        try:
            return self._rows.read(Rows(cells, offset, np.full(n, -1, np.int64), raw))
        except InputError as exc:
            raise InputError(exc.message, where=exc.where or self._origin.source_id, hint=exc.hint) from exc


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(array: pa.Array) -> Column:
    """A column in a form that the cell readers know."""
    if isinstance(array.type, pa.ExtensionType):
        array = array.storage
    kind = array.type
    if pa.types.is_dictionary(kind):
        return array if pa.types.is_int32(kind.index_type) else array.cast(pa.dictionary(pa.int32(), kind.value_type))
    views = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
    return Text.of(array) if is_text(array) or views else array


def _geometry_column(schema: pa.Schema, where: str, reading: Reading) -> str:
    """Name of the primary geometry column of points in WGS 84; empty for a plain table.

    Follows GeoParquet 1.1: no ``crs`` means OGC:CRS84, x is always the longitude.
    """
    described = (schema.metadata or {}).get(b"geo")
    if described is None or {"lat", "lon"} <= set(reading.columns):
        return ""
    try:
        geo = json.loads(described)
        name = geo["primary_column"]
        column = geo["columns"][name]
    except (ValueError, KeyError, TypeError) as exc:
        raise InputError("the GeoParquet metadata cannot be read", where=where) from exc
    if name not in schema.names:
        raise InputError(f"the geometry column {name!r} is missing", where=where)
    kinds = set(column.get("geometry_types") or ())
    if kinds - {"Point", "Point Z"}:
        raise InputError(f"geometries of type {', '.join(sorted(kinds))}: only points are positions", where=where)
    _check_crs(column, where)
    return str(name)


def _check_crs(column: Mapping[str, Any], where: str) -> None:
    if "crs" not in column:
        return
    crs = column["crs"]
    known = crs.get("id") if isinstance(crs, Mapping) else None
    ident = (str(known.get("authority")), str(known.get("code"))) if isinstance(known, Mapping) else None
    if ident not in _WGS84:
        name = (
            "unknown" if crs is None else (":".join(ident) if ident else str(dict(crs).get("name", "without a name")))
        )
        raise InputError(
            f"positions are in the coordinate system {name}, not WGS 84",
            where=where,
            hint="reproject to OGC:CRS84 first",
        )


def points(array: pa.Array, where: str) -> tuple[Array, Array]:
    """X and y of a column of points: WKB or Arrow structs of x and y. NaN for null, empty and unreadable points."""
    if isinstance(array.type, pa.ExtensionType):
        array = array.storage
    if pa.types.is_struct(array.type):
        if not {"x", "y"} <= {field.name for field in array.type}:
            raise InputError(f"a geometry column of type {array.type} holds no points", where=where)
        x, y = (array.field(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in ("x", "y"))
        gone = np.asarray(array.is_null())
        return np.where(gone, np.nan, x), np.where(gone, np.nan, y)
    if not (pa.types.is_binary(array.type) or pa.types.is_large_binary(array.type)):
        raise InputError(f"a geometry column of type {array.type} holds no points", where=where)
    quick = _wkb_points(array)
    if quick is not None:
        return quick
    shapes = shapely.from_wkb(np.array(array.to_pylist(), dtype=object), on_invalid="ignore")
    return shapely.get_x(shapes), shapely.get_y(shapes)


def _wkb_points(array: pa.Array) -> tuple[Array, Array] | None:
    """Little-endian plain points without nulls, all at once; None where any is otherwise (7 times slower then)."""
    n = len(array)
    if array.null_count or n == 0 or pa.types.is_large_binary(array.type):
        return None
    _, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, np.int32)[array.offset : array.offset + n + 1]
    if not (np.diff(starts) == 21).all():  # noqa: PLR2004  1 byte order, 4 type, 2 x 8 coordinates
        return None
    body = np.frombuffer(data, np.uint8)[starts[0] : starts[-1]].reshape(n, 21)
    if not (body[:, :5] == np.frombuffer(_WKB_POINT, np.uint8)).all():
        return None
    pairs = np.ascontiguousarray(body[:, 5:]).view("<f8")
    return pairs[:, 0].copy(), pairs[:, 1].copy()
