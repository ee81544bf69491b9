"""Rows of any table to fixes, static rows and rejects; shared by CSV, JSON lines and Parquet.

A wrong cell is made missing, counted by reason and shown in the rejects; the rest of its row is kept. Only a row
without a usable MMSI is lost as a whole. Counts:

- ``lines`` and ``messages``: rows looked at, and rows kept;
- one number for each reject reason, equal to the rows of that reason in ``rejects``;
- ``out_of_range``: cells that are numbers but impossible ones (a course of 400 degrees), made missing;
- ``unknown_word``: words for status, type and the like that no table knows, made missing.

AIS codes for "not available" (latitude 91, longitude 181, SOG 102.3, COG 360, heading 511, status 15) become missing
without being counted. Rows that say message type 5 or 24 give static rows only; rows of another type that is no
position report, and without a position, become headers in ``others`` (their bodies are not in such tables).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kizuna.base.ids import source_base
from kizuna.base.table import Schema, Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.fixes.statics import OTHERS, REJECT_REASONS, REJECTS, STATICS
from kizuna.fixes.table import (
    FIXES,
    FLAG_BAD_MMSI,
    FLAG_HALF_POSITION,
    FLAG_JUNK_SPEED,
    FLAG_NO_POSITION,
    FLAG_NO_TIME,
    FLAG_OUT_OF_RANGE,
    TIME_SOURCES,
)
from kizuna.sources.batch import Batch
from kizuna.sources.cells import BAD, Column, Text, TimeReader, by_word, numbers, take, text_of, words
from kizuna.sources.dialects import STATIC_FIELDS, Dialect
from kizuna.sources.static_rows import Changes, static_columns
from kizuna.sources.words import MOBILE, NAV_STATUS, RECEIVER, number_of, plain

Array = npt.NDArray[Any]

RAW_LIMIT: Final = 1024
"""Bytes of a bad line that are kept in the rejects."""
MMSI_MAX: Final = (1 << 30) - 1
"""The largest number that 30 bits carry."""
MMSI_PLAUSIBLE: Final = 999_999_999
_ID_MASK: Final = (1 << 63) - 1
_LAT_MAX: Final = 90.0
_LON_MAX: Final = 180.0
_NO_LAT: Final = 91.0
_NO_LON: Final = 181.0
_MSG_TYPE_MAX: Final = 63
_POSITION_TYPES: Final = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
_STATIC_TYPES: Final = (5, 24)
_REPEAT_MAX: Final = 3
_SECOND_MS: Final = 1000
_STATUS_UNDEFINED: Final = 15
_ROT_MAX_DPM: Final = 720.0
"""Above the 708 degrees per minute that AIS can send."""
_JUNK_KN: Final = np.array([51.2, 63.0], np.float32)
_BOUNDS: Final = (
    ("sog", "sog_kn", 102.25, 102.3),
    ("cog", "cog_deg", 360.0, 360.0),
    ("heading", "heading_deg", 360.0, 511.0),
)
"""Field, column, first value that is none, and the code for "not available"."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Cells of some rows, in order, and where the rows stand.

    Attributes:
        cells: column of each mapped field.
        offset: int64[n], byte offset of each row (row number where the source has no bytes).
        line_no: int64[n], line of each row counted from 1; -1 unknown.
        raw: the row's text as received, for the rejects.
        decimal: the decimal sign of text numbers.
    """

    cells: Mapping[str, Column]
    offset: Array
    line_no: Array
    raw: Callable[[int], bytes]
    decimal: str = "."


@dataclass(frozen=True, slots=True)
class Origin:
    """What all rows of one source share; ``time_source`` is a word of TIME_SOURCES."""

    source_id: str
    label: str
    context: str
    time_source: str


class RowReader:
    """Turns rows of one table into batches; remembers static values by MMSI, and what the first time showed."""

    def __init__(self, origin: Origin, dialect: Dialect) -> None:
        self._origin = origin
        self._dialect = dialect
        self._times = TimeReader(dialect, origin.source_id)
        self._changes = Changes()
        self._base = source_base(origin.source_id)

    def read(self, rows: Rows) -> Batch:
        """Fixes, statics and rejects of these rows. Raises InputError where the first time cannot be understood."""
        n = len(rows.offset)
        wrong = {reason: np.zeros(n, np.bool_) for reason in ("bad_mmsi", "bad_time", "bad_number")}
        counts = {"lines": n, "out_of_range": 0, "unknown_word": 0}
        mmsi, keep = self._mmsi(rows, wrong)
        time_ms, wrong["bad_time"] = self._times.read(rows.cells["time"])
        if "millisecond" in rows.cells:
            time_ms = self._finer(time_ms, rows, wrong["bad_number"])
        columns = self._heard(rows, mmsi, time_ms, counts)
        columns |= _Measured(rows, wrong["bad_number"], counts).columns()
        columns["flags"] |= np.where(time_ms == MISSING_TIME_MS, FLAG_NO_TIME, 0).astype(np.int32)
        columns["flags"] |= np.where((mmsi < 1) | (mmsi > MMSI_PLAUSIBLE), FLAG_BAD_MMSI, 0).astype(np.int32)
        station_words, columns["station_id"] = self._station(rows)
        statics = self._statics(rows, columns, keep, station_words, wrong["bad_number"], counts)
        others = _table(OTHERS, {}, 0, self._words(()))
        if "msg_type" in rows.cells:
            rest = keep & np.isnan(columns["lat_deg"]) & (columns["msg_type"] >= 0)
            rest &= ~np.isin(columns["msg_type"], _POSITION_TYPES + _STATIC_TYPES)
            if rest.any():
                others = _table(OTHERS, columns, n, self._words(station_words)).take(rest)
            keep &= ~np.isin(columns["msg_type"], _STATIC_TYPES) & ~rest
        fixes = _table(FIXES, columns, n, self._words(station_words))
        for reason in ("bad_time", "bad_number"):
            wrong[reason] &= ~wrong["bad_mmsi"]
        rejects = self._rejects(rows, wrong)
        for reason, marks in wrong.items():
            counts[reason] = int(np.count_nonzero(marks))
        counts["messages"] = n - counts["bad_mmsi"]
        return Batch(
            fixes if keep.all() else fixes.take(keep), statics, others, rejects,
            {name: number for name, number in counts.items() if number or name in ("lines", "messages")},
        )  # fmt: skip

    def _words(self, station_words: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        o = self._origin
        return {"source_id": (o.source_id,), "station_id": station_words, "label": (o.label,), "context": (o.context,)}

    def _mmsi(self, rows: Rows, wrong: dict[str, Array]) -> tuple[Array, Array]:
        """MMSIs as int32 (0 where there is none) and which rows have one."""
        column = rows.cells["mmsi"]
        if not isinstance(column, Text) and pa.types.is_integer(column.type) and column.null_count == 0:
            values = column.to_numpy()
            usable = (values >= 0) & (values <= MMSI_MAX)
        else:
            values, _ = numbers(column, rows.decimal)
            usable = (values >= 0) & (values <= MMSI_MAX)
            usable &= np.floor(values) == values
        if usable.all():
            return values.astype(np.int32), usable
        wrong["bad_mmsi"] = ~usable
        return np.where(usable, values, 0).astype(np.int32), usable

    def _heard(self, rows: Rows, mmsi: Array, time_ms: Array, counts: dict[str, int]) -> dict[str, Any]:
        n = len(mmsi)
        known = TIME_SOURCES.index(self._origin.time_source)
        source = np.full(n, known, np.int32)
        source[time_ms == MISSING_TIME_MS] = TIME_SOURCES.index("none")
        ids = (rows.offset.astype(np.uint64) + np.uint64(self._base)) & np.uint64(_ID_MASK)
        out = {
            "msg_id": ids.view(np.int64), "mmsi": mmsi, "time_ms": time_ms, "time_source": source,
            "byte_offset": rows.offset, "source_id": np.zeros(n, np.int32), "label": np.zeros(n, np.int32),
            "context": np.zeros(n, np.int32),
        }  # fmt: skip
        if "msg_type" in rows.cells:
            values, _ = numbers(rows.cells["msg_type"], rows.decimal)
            good = (values >= 0) & (values <= _MSG_TYPE_MAX)
            counts["out_of_range"] += int(np.count_nonzero(~good & ~np.isnan(values)))
            out["msg_type"] = np.where(good, values, -1).astype(np.int8)
        if "repeat" in rows.cells:
            values, _ = numbers(rows.cells["repeat"], rows.decimal)
            out["repeat"] = np.where((values >= 0) & (values <= _REPEAT_MAX), values, -1).astype(np.int8)
        return out

    @staticmethod
    def _finer(time_ms: Array, rows: Rows, bad: Array) -> Array:
        """Times with the milliseconds of their own column."""
        values, wrong = numbers(rows.cells["millisecond"], rows.decimal)
        if wrong is not None:
            bad |= wrong
        good = (values >= 0) & (values < _SECOND_MS) & (time_ms != MISSING_TIME_MS)
        finer: Array = np.where(good, time_ms + np.where(good, values, 0).astype(np.int64), time_ms)
        return finer

    def _station(self, rows: Rows) -> tuple[tuple[str, ...], Array]:
        if "station" not in rows.cells:
            return (), np.full(len(rows.offset), -1, np.int32)
        return words(rows.cells["station"])

    def _statics(self, rows: Rows, heard: Mapping[str, Any], usable: Array, station_words: tuple[str, ...], bad: Array,
                 counts: dict[str, int]) -> Table:  # fmt: skip
        """One row for each change of static values."""
        cells = {name: column for name, column in rows.cells.items() if name in STATIC_FIELDS}
        picked = self._changes.rows(heard["mmsi"], cells, usable) if cells else np.zeros(0, np.int64)
        columns: dict[str, Any] = {c.name: heard[c.name][picked] for c in STATICS.columns if c.name in heard}
        columns["flags"] = np.zeros(len(picked), np.int32)
        if len(picked):
            taken = {name: take(column, picked) for name, column in cells.items()}
            found, wrong, extra = static_columns(taken, rows.decimal, self._times)
            columns |= found
            bad[picked] |= wrong
            for name, number in extra.items():
                counts[name] = counts.get(name, 0) + number
        return _table(STATICS, columns, len(picked), self._words(station_words))

    def _rejects(self, rows: Rows, wrong: Mapping[str, Array]) -> Table:
        found = sorted((int(i), reason) for reason, marks in wrong.items() for i in np.flatnonzero(marks))
        at = np.array([i for i, _ in found], np.int64)
        return reject_table(
            self._origin,
            rows.offset[at],
            rows.line_no[at],
            [reason for _, reason in found],
            [rows.raw(i) for i, _ in found],
        )


class _Measured:
    """Position, motion and codes of some rows; cells that are no numbers are marked in ``bad``."""

    def __init__(self, rows: Rows, bad: Array, counts: dict[str, int]) -> None:
        self._rows = rows
        self._bad = bad
        self._counts = counts

    def columns(self) -> dict[str, Any]:
        """The columns of FIXES that these cells give."""
        cells = self._rows.cells
        lat, lon, flags = positions(self._numbers("lat").astype(np.float64), self._numbers("lon").astype(np.float64))
        self._counts["out_of_range"] += int(np.count_nonzero(flags & FLAG_OUT_OF_RANGE))
        out: dict[str, Any] = {"lat_deg": lat, "lon_deg": lon, "flags": flags}
        for name, target, top, code in _BOUNDS:
            if name in cells:
                out[target] = self._bounded(name, top, code)
        if "sog" in cells:
            junk = (out["sog_kn"] == _JUNK_KN[0]) | (out["sog_kn"] == _JUNK_KN[1])
            flags[junk] |= FLAG_JUNK_SPEED
        if "rot" in cells:
            rot = self._single("rot")
            out["rot_dpm"] = np.where(np.abs(rot) <= _ROT_MAX_DPM, rot, np.float32(np.nan))
        for name, target, read, dtype in _CODED:
            if name in cells:
                out[target], unknown = by_word(cells[name], read, dtype, -1)
                self._counts["unknown_word"] += unknown
        return out

    def _numbers(self, name: str) -> Array:
        values, wrong = numbers(self._rows.cells[name], self._rows.decimal)
        if wrong is not None:
            self._bad |= wrong
        return values

    def _single(self, name: str) -> Array:
        """A column in single precision; what is too great for it becomes infinite, and so out of range."""
        with np.errstate(over="ignore"):
            return self._numbers(name).astype(np.float32)

    def _bounded(self, name: str, top: float, code: float) -> Array:
        """Values from 0 up to, not including, ``top``; ``code`` means not available."""
        values = self._single(name)
        outside = ~((values >= 0) & (values < top))
        if outside.any():
            away = outside & ~np.isnan(values) & (np.abs(values - np.float32(code)) > np.float32(0.01))
            self._counts["out_of_range"] += int(np.count_nonzero(away))
            values[outside] = np.nan
        return values


def reject_table(origin: Origin, offset: Array, line_no: Array, reasons: list[str], raw: list[bytes]) -> Table:
    """Rejects of one source, in the order given."""
    n = len(reasons)
    columns = {
        "source_id": np.zeros(n, np.int32),
        "byte_offset": offset.astype(np.int64),
        "line_no": line_no.astype(np.int64),
        "reason": np.array([REJECT_REASONS.index(reason) for reason in reasons], np.int32),
        "raw": pa.array([r[:RAW_LIMIT] for r in raw], pa.binary()),
        "label": np.zeros(n, np.int32),
        "context": np.zeros(n, np.int32),
    }
    known = {"source_id": (origin.source_id,), "label": (origin.label,), "context": (origin.context,)}
    return Table(REJECTS, columns, known)


def _table(schema: Schema, columns: Mapping[str, Any], n: int, known: Mapping[str, tuple[str, ...]]) -> Table:
    """The columns given, everything else missing."""
    full = {c.name: columns[c.name] if c.name in columns else c.empty(n) for c in schema.columns}
    return Table(schema, full, {c.name: known[c.name] for c in schema.columns if c.name in known})


def positions(lat: Array, lon: Array) -> tuple[Array, Array, Array]:
    """Latitude and longitude with missing and impossible ones as NaN, both or none; and flags."""
    flags = np.zeros(len(lat), np.int32)
    if not lat.flags.writeable:
        lat = lat.copy()
    if not lon.flags.writeable:
        lon = lon.copy()
    good = (np.abs(lat) <= _LAT_MAX) & (np.abs(lon) <= _LON_MAX)
    if not good.all():
        at = np.flatnonzero(~good)
        no_lat = np.isnan(lat[at]) | (lat[at] == _NO_LAT)
        no_lon = np.isnan(lon[at]) | (lon[at] == _NO_LON)
        outside = (~no_lat & (np.abs(lat[at]) > _LAT_MAX)) | (~no_lon & (np.abs(lon[at]) > _LON_MAX))
        half = no_lat != no_lon
        flags[at] = FLAG_NO_POSITION | np.where(outside, FLAG_OUT_OF_RANGE, 0) | np.where(half, FLAG_HALF_POSITION, 0)
        lat[at] = np.nan
        lon[at] = np.nan
    east = lon == _LON_MAX  # the seam: longitudes lie in [-180, 180)
    if east.any():
        lon[east] = -180.0
    return lat, lon, flags


def _nav_status(cell: Any) -> Any:
    value = number_of(text_of(cell).strip(), NAV_STATUS, 15)
    if value is None:
        return BAD
    return value if value < _STATUS_UNDEFINED else None


def _mobile(cell: Any) -> Any:
    return MOBILE.get(plain(text_of(cell)), BAD)


def _receiver(cell: Any) -> Any:
    return RECEIVER.get(text_of(cell).strip().casefold(), BAD)


def _flag(cell: Any) -> Any:
    return {"0": 0, "1": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}.get(text_of(cell).strip().casefold(), BAD)


_CODED: Final[tuple[tuple[str, str, Callable[[Any], Any], Any], ...]] = (
    ("nav_status", "nav_status", _nav_status, np.int8),
    ("mobile", "ais_class", _mobile, np.int32),
    ("receiver_type", "receiver_type", _receiver, np.int32),
    ("accuracy", "accuracy", _flag, np.int8),
    ("raim", "raim", _flag, np.int8),
)
"""Fields of words: name, column, how a word is read, type."""
