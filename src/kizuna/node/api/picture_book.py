"""The picture as it goes to the browser: one snapshot in memory that follows the store, encoded once for all.

The store is asked for what changed since the last time, so a hundred screens cost one look. Rows stand in order of
MMSI. ``since=V`` gives the vessels changed after V, and those whose flags (alert, watched) changed at V or later: a
flag changes without a new position. Times are whole seconds, places 1e-7 degrees (a centimetre), speeds and courses
tenths. ``cell`` says in which of ``CELL_SIZES_M`` a partner told the place, from 1 on; 0 where it is exact.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table
from kizuna.fixes.table import COARSE_MASK, COARSE_SHIFT
from kizuna.node.api.interfaces import Node
from kizuna.node.api.kinds import CLASS_B, kinds
from kizuna.node.api.view import HOUSE, Reader
from kizuna.node.origin import are_own
from kizuna.node.share.cell_sizes import Cells
from kizuna.share.transforms.grid import listed

ALERT, WATCHED, IS_CLASS_B, STILL, GONE = 1, 2, 4, 8, 16
"""Bits of ``flags``."""
SCHEMA: Final = pa.schema([
    ("mmsi", pa.int32()), ("lon_e7", pa.int32()), ("lat_e7", pa.int32()), ("t_s", pa.int32()),
    ("sog_dkn", pa.int16()), ("cog_ddeg", pa.int16()), ("kind", pa.int8()), ("origin", pa.int8()),
    ("flags", pa.int8()), ("cell", pa.int8()),
])  # fmt: skip
BLOCK_SCHEMA: Final = pa.schema([SCHEMA.field(i) for i in (0, 3, 1, 2, 4, 5, 9)])
_AT_ANCHOR, _MOORED = 1, 5
_CHANGES_MOST: Final = 10_000


class Columns(NamedTuple):
    """The columns of ``SCHEMA`` as arrays, but for the flags that the desk decides."""

    mmsi: Array
    lon_e7: Array
    lat_e7: Array
    t_s: Array
    sog_dkn: Array
    cog_ddeg: Array
    kind: Array
    origin: Array
    flags: Array
    version: Array
    cell: Array


def tenths(value: Array, most: int) -> Array:
    """Tenths as int16; -1 where missing."""
    out = np.where(np.isnan(value), -1, np.minimum(np.nan_to_num(value) * 10 + 0.5, most))
    return out.astype(np.int16)


def e7(degrees: Array) -> Array:
    """1e-7 degrees as int32; the place must be known."""
    return np.round(degrees * 1e7).astype(np.int32)


def ipc(schema: pa.Schema, arrays: list[Array]) -> bytes:
    """One Arrow IPC stream with one batch."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.record_batch([pa.array(a) for a in arrays], schema=schema))
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def encoded_block(fixes: Table) -> bytes:
    """Fixes of a block for replay, by vessel and time; those without a place are left out."""
    keep = np.flatnonzero(~np.isnan(fixes["lat_deg"]))
    rows = keep[np.lexsort((fixes["time_ms"][keep], fixes["mmsi"][keep]))]
    return ipc(BLOCK_SCHEMA, [
        fixes["mmsi"][rows], (fixes["time_ms"][rows] // 1000).astype(np.int32), e7(fixes["lon_deg"][rows]),
        e7(fixes["lat_deg"][rows]), tenths(fixes["sog_kn"][rows], 1022), tenths(fixes["cog_deg"][rows], 3599),
        ((fixes["flags"][rows] & COARSE_MASK) >> COARSE_SHIFT).astype(np.int8),
    ])  # fmt: skip


class PictureBook:
    """Newest position of every vessel, ready to be sent; ``names`` for whatever shows one."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._reader = Reader(node, HOUSE)
        self._lock = threading.Lock()
        self._version = 0
        self._columns = Columns(*(np.zeros(0, t) for t in (*("i4",) * 4, *("i2",) * 2, *("i1",) * 3, "i8", "i4")))
        self._cells = Cells(node.office.shared) if node.office is not None else None
        self._names: dict[int, str] = {}
        self._marks: dict[int, int] = {}
        self._mark_changes: deque[tuple[int, int]] = deque(maxlen=_CHANGES_MOST)
        self._forgotten = 0  # version at or before which changes of marks are no longer known
        self._whole: tuple[tuple[int, int, int], bytes] | None = None
        self._marks_version = 0
        self._hidden = 0

    def name(self, mmsi: int) -> str:
        """Name last heard; empty without one."""
        return self._names.get(mmsi, "")

    def row(self, mmsi: int) -> dict[str, float] | None:
        """Place (degrees) and time (UTC ms) of a vessel, as last taken up; None for one not heard."""
        columns = self._columns
        k = int(np.searchsorted(columns.mmsi, mmsi))
        if k == len(columns.mmsi) or columns.mmsi[k] != mmsi:
            return None
        return {"lat": columns.lat_e7[k] / 1e7, "lon": columns.lon_e7[k] / 1e7, "t": int(columns.t_s[k]) * 1000}

    @property
    def size(self) -> int:
        """Number of vessels held."""
        return len(self._columns.mmsi)

    def refresh(self) -> int:
        """Take up what the store has; the version reached."""
        with self._lock:
            self._hide()
            if self._cells is not None:
                self._cells.follow()
            version, rows = self._reader.latest(self._version)
            if len(rows):
                self._merge(rows)
            self._version = max(version, self._version)
            return self._version

    def _hide(self) -> None:
        """Take away what was recalled since: without place and time, and told as gone to whoever has it."""
        hidden = self._node.office.hidden if self._node.office is not None else None
        if hidden is None or hidden.version == self._hidden:
            return
        self._hidden = hidden.version
        places = {(mmsi, time_ms // 1000) for _, mmsi, time_ms in tuple(hidden.places)}
        columns = self._columns
        for k in np.flatnonzero(np.isin(columns.mmsi, sorted({m for m, _ in places}))).tolist():
            if columns.origin[k] and (int(columns.mmsi[k]), int(columns.t_s[k])) in places:
                columns.t_s[k] = columns.lat_e7[k] = columns.lon_e7[k] = 0
                self._mark_changes.append((self._version, int(columns.mmsi[k])))
        self._marks_version += 1

    def _merge(self, rows: Table) -> None:
        placed = rows.take(~np.isnan(rows["lat_deg"]))
        for mmsi, name in zip(rows["mmsi"].tolist(), rows["shipname"].to_pylist(), strict=True):
            if name:
                self._names[mmsi] = name
        new = self._encoded(placed)
        old = self._columns
        kept = ~np.isin(old.mmsi, new.mmsi)
        if kept.any():
            new = Columns(*(np.concatenate([o[kept], n]) for o, n in zip(old, new, strict=True)))
        order = np.argsort(new.mmsi, kind="stable")
        self._columns = Columns(*(c[order] for c in new))

    def _encoded(self, rows: Table) -> Columns:
        origins = np.array([self._node.origin_of(w) for w in rows.codes_of("source_id")] + [0], np.int8)
        still = (rows["nav_status"] == _AT_ANCHOR) | (rows["nav_status"] == _MOORED)
        flags = np.where(rows["ais_class"] == CLASS_B, IS_CLASS_B, 0) | np.where(still, STILL, 0)
        return Columns(
            rows["mmsi"], e7(rows["lon_deg"]), e7(rows["lat_deg"]), (rows["time_ms"] // 1000).astype(np.int32),
            tenths(rows["sog_kn"], 1022), tenths(rows["cog_deg"], 3599), kinds(rows["ship_type"], rows["ais_class"]),
            origins[rows["source_id"]], flags.astype(np.int8), rows["version"], self._coarse(rows),
        )  # fmt: skip

    def _coarse(self, rows: Table) -> Array:
        """The cells in which partners told places: the smallest listed side that is not smaller; 0 for all others."""
        sides_m = np.zeros(len(rows), np.int32)
        if self._cells is not None:
            for k in np.flatnonzero(~are_own(rows)).tolist():
                sides_m[k] = self._cells.of(int(rows["mmsi"][k]), int(rows["time_ms"][k]))
        return listed(sides_m)

    def mark(self, marks: dict[int, int]) -> None:
        """The flags that the desk decides, by MMSI; whoever follows is told of those that changed."""
        with self._lock:
            changed = [m for m in marks.keys() | self._marks.keys() if marks.get(m, 0) != self._marks.get(m, 0)]
            if not changed:
                return
            if len(self._mark_changes) + len(changed) > _CHANGES_MOST:
                self._forgotten = self._version
            self._mark_changes.extend((self._version, m) for m in changed)
            self._marks = dict(marks)
            self._marks_version += 1

    def encoded(self, since: int) -> tuple[int, bytes]:
        """Version and Arrow bytes of what changed after ``since``; everything for 0 or a version not known here."""
        version = self.refresh()
        gone_s = (self._node.now_ms() // 1000) - round(self._node.facts.gone_h * 3600)
        with self._lock:
            columns, marks = self._columns, self._marks
            whole = since <= 0 or since > version or since <= self._forgotten
            key = (version, self._marks_version, gone_s // 60)
            if whole and self._whole is not None and self._whole[0] == key:
                return version, self._whole[1]
            told = [] if whole else [m for v, m in self._mark_changes if v >= since]
        if whole:
            rows = np.flatnonzero(columns.t_s > gone_s)
        else:
            pick = columns.version > since
            if told:
                pick |= np.isin(columns.mmsi, told)
            rows = np.flatnonzero(pick)
        flags = columns.flags[rows].copy()
        if marks:
            marked = np.array(sorted(marks), np.int32)
            bits = np.array([marks[m] for m in marked.tolist()], np.int8)
            at = np.minimum(np.searchsorted(marked, columns.mmsi[rows]), len(marked) - 1)
            flags |= np.where(marked[at] == columns.mmsi[rows], bits[at], 0).astype(np.int8)
        flags |= np.where(columns.t_s[rows] <= gone_s, GONE, 0).astype(np.int8)
        data = ipc(SCHEMA, [*(c[rows] for c in columns[:8]), flags, columns.cell[rows]])
        if whole:
            self._whole = key, data
        return version, data
