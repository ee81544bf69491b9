"""Answers from segments and pieces: what can hold a row is told by bounds, and only that is read.

A box reads times and positions of the groups that it touches first, and all columns only of those with a hit. Rows come
by time, MMSI and message id; a message that is stored twice (it came again beyond the horizon) is given once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.table import Array, Schema, Table, concat, empty, from_arrow
from kizuna.base.units import MISSING_TIME_MS
from kizuna.stores.keep.pieces import SCHEMAS, Piece
from kizuna.stores.keep.segments import BOUNDS, ODD, Rows, Segment, SegmentFile

_ORDER: Final = ("mmsi", "time_ms", "msg_id")
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west greater than east crosses 180 degrees."""


class Index(NamedTuple):
    """Row groups of all segments of one table, below each other."""

    bounds: Array  # (groups, len(BOUNDS))
    segment: Array  # index into the segments
    group: Array  # number of the group in its file
    late: Array


class View(NamedTuple):
    """What the store holds at one moment; never changed."""

    segments: tuple[Segment, ...]
    indexes: dict[str, Index]
    oldest_ms: float  # of the fixes in segments; infinite without any
    pieces: tuple[Piece, ...]  # being sealed, and behind them those to come


def view_of(segments: tuple[Segment, ...], pieces: tuple[Piece, ...] = ()) -> View:
    """The view of these segments and pieces."""
    oldest = [float(s.bounds[:, 2].min()) for s in segments if s.table == "fixes" and s.window_ms != ODD]
    return View(segments, _indexes(segments), min(oldest, default=np.inf), pieces)


def _indexes(segments: Sequence[Segment]) -> dict[str, Index]:
    """The row groups of each table."""
    out = {}
    for name in SCHEMAS:
        mine = [k for k, s in enumerate(segments) if s.table == name]
        bounds = [segments[k].bounds for k in mine] or [np.empty((0, len(BOUNDS)))]
        lengths = [len(b) for b in bounds]
        which = np.repeat(np.array(mine or [0]), lengths)
        group = np.concatenate([np.arange(n) for n in lengths])
        late = np.array([s.late for s in segments] or [False])[which]
        out[name] = Index(np.concatenate(bounds), which, group, late)
    return out


@dataclass(frozen=True, slots=True)
class Want:
    """A question. Times are half-open; ``names`` limits the columns that are read; the others are missing then."""

    table: str
    start_ms: int
    end_ms: int
    mmsi: int | None = None
    box: Box | None = None
    on_time: bool = False  # without what came after its block was closed
    names: tuple[str, ...] = ()

    @property
    def schema(self) -> Schema:
        """Schema of the table asked for."""
        return SCHEMAS[self.table]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns to read; none for all."""
        more = ("lat_deg", "lon_deg") if self.box else ()
        return tuple(dict.fromkeys((*_ORDER, *more, *self.names))) if self.names else ()


def answer(view: View, directory: Path, want: Want, rows_most: int) -> Table:
    """Rows by time. Raises InputError where there are too many, FileNotFoundError where a segment was replaced."""
    parts = [_of_piece(piece, want) for piece in view.pieces]
    found = _bounded(sum(len(p) for p in parts), rows_most)
    alike: dict[bytes, list[Rows]] = {}  # by what is the same throughout
    index = view.indexes[want.table]
    hit = np.flatnonzero(_possible(index, want))  # in the order of segments
    begins = np.flatnonzero(np.diff(index.segment[hit], prepend=-1))
    for mine in np.split(hit, begins[1:]) if len(hit) else []:
        path = directory / view.segments[int(index.segment[mine[0]])].name
        part = _of_segment(path, want, index.group[mine], index.bounds[mine, -1].astype(np.int64))
        found = _bounded(found + part.table.num_rows, rows_most)
        if part.table.num_rows:
            alike.setdefault(part.same, []).append(part)
    if alike:
        arrow = [_joined(group).whole(want.schema, want.columns) for group in alike.values()]
        parts.append(from_arrow(want.schema, pa.concat_tables(arrow, promote_options="permissive")))
    parts = [p for p in parts if len(p)]
    return by_time(_only(concat(parts), want)) if parts else empty(want.schema)


def _joined(group: list[Rows]) -> Rows:
    return group[0]._replace(table=pa.concat_tables([r.table for r in group], promote_options="permissive"))


def _bounded(rows: int, most: int) -> int:
    if rows > most:
        raise InputError(f"more than {most:,} rows answer this", hint="ask for less time or a smaller box")
    return rows


def by_time(table: Table) -> Table:
    """Rows by time, MMSI and message id, each message once."""
    time_ms, mmsi, msg_id = table["time_ms"], table["mmsi"], table["msg_id"]
    order = np.lexsort((msg_id, mmsi, time_ms))
    ranked = msg_id[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (ranked[1:] != ranked[:-1]) | (mmsi[order][1:] != mmsi[order][:-1])
    new[1:] |= time_ms[order][1:] != time_ms[order][:-1]
    return table.take(order[new])


def _only(table: Table, want: Want) -> Table:
    """Columns that were not asked for made missing, so that a piece in memory answers as a file does."""
    if not want.names:
        return table
    bare = empty(want.schema, len(table))
    named = set(want.columns)
    columns = {name: (table if name in named else bare)[name] for name in want.schema.names}
    words = {name: (table.words if name in named else bare.words)[name] for name in table.words}
    return Table(want.schema, columns, words)


def _possible(index: Index, want: Want) -> Array:
    """Mask of the row groups that may hold an answer."""
    low, high = index.bounds[:, 0:8:2], index.bounds[:, 1:8:2]
    hit = (low[:, 1] < want.end_ms) & (high[:, 1] >= want.start_ms)
    if want.mmsi is not None:
        hit &= (low[:, 0] <= want.mmsi) & (high[:, 0] >= want.mmsi)
    if want.on_time:
        hit &= ~index.late
    if want.box is not None:
        west, south, east, north = want.box
        hit &= (low[:, 2] <= north) & (high[:, 2] >= south)
        over = (low[:, 3] <= east) & (high[:, 3] >= west)
        hit &= over if west <= east else (low[:, 3] <= east) | (high[:, 3] >= west)
    return np.asarray(hit)


def _inside(want: Want, time_ms: Array, mmsi: Array | None, lat: Array | None, lon: Array | None) -> Array:
    """Mask of the rows asked for."""
    ok = (time_ms >= want.start_ms) & (time_ms < want.end_ms)
    if mmsi is not None:
        ok &= mmsi == want.mmsi
    if lat is not None and lon is not None and want.box is not None:
        west, south, east, north = want.box
        ok &= (lat >= south) & (lat <= north)
        ok &= ((lon >= west) & (lon <= east)) if west <= east else ((lon >= west) | (lon <= east))
    return np.asarray(ok)


def _of_piece(piece: Piece, want: Want) -> Table:
    table = piece.tables[want.table]
    if not len(table):
        return table
    position = (table["lat_deg"], table["lon_deg"]) if want.box else (None, None)
    ok = _inside(want, table["time_ms"], table["mmsi"] if want.mmsi is not None else None, *position)
    if want.on_time and want.table == "fixes":
        ok &= ~piece.late
    return table.take(ok)


def _of_segment(path: Path, want: Want, groups: Array, sizes: Array) -> Rows:
    with SegmentFile(path, want.schema) as file:
        if want.box is None:
            found = file.read(groups.tolist(), want.columns)
            return _filtered(found, _rows_inside(found.table, want))
        ok = _rows_inside(file.read(groups.tolist(), ("time_ms", "lat_deg", "lon_deg")).table, want)
        hit = np.add.reduceat(ok, np.cumsum(sizes) - sizes) > 0
        found = file.read(groups[hit].tolist(), want.columns)
        return _filtered(found, ok[np.repeat(hit, sizes)])


def _filtered(found: Rows, ok: Array) -> Rows:
    return found._replace(table=found.table.filter(pa.array(ok)))


def _rows_inside(found: pa.Table, want: Want) -> Array:
    time_ms = found["timestamp"].cast(pa.int64()).fill_null(MISSING_TIME_MS).to_numpy()
    mmsi = found["mmsi"].to_numpy() if want.mmsi is not None else None
    if want.box is None:
        return _inside(want, time_ms, mmsi, None, None)
    return _inside(want, time_ms, mmsi, found["lat"].to_numpy(), found["lon"].to_numpy())
