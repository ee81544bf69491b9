"""Transits: which tracks crossed a gate, when, where and in which direction. Facts with their two fixes, no alerts.

Definition. A track crosses a gate where the straight step between two fixes of one segment that follow each other cuts
the gate's line. A crossing is held back until the track is more than ``clear_nm`` away from the line, or ends; what
is counted then is the net of the crossings: one to and fro is none, fifty along the line are at most one. The transit
has time, place and fixes of the last crossing in its direction. ``clear`` is false where the track ended before.

A step longer than ``long_silence_h`` crosses somewhere in between: such a transit is marked ``inferred``, its time is
the share of the way along a straight step and the fixes on both sides give the interval.

A transit is no event: nobody needs to be alerted of a ship on her way, the lines change with the question, and
events would have to be found anew for each. The two message ids prove it as an event's evidence does.

Limits: steps are straight in latitude and longitude. A silence long enough to end a segment (24 h by default) hides
what was crossed in it. Two lines of one gate that a track crosses within ``clear_nm`` of each other count as net.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.ids import hash_hex
from kizuna.base.table import Array, Column, Kind, Schema, Table
from kizuna.base.units import HOUR_MS, KN_MPS, NM_M, SECOND_MS
from kizuna.fixes.table import ORIGIN
from kizuna.picture.kernels import crossing
from kizuna.picture.rows import Rows
from kizuna.places.gates import Gate
from kizuna.records.context import REAL
from kizuna.records.label import NOBODY

TRANSITS: Final = Schema(
    "transits",
    "Crossings of gates by tracks, in order of time, MMSI and gate.",
    (
        Column("transit_id", Kind.TEXT, "Hash of the gate's line, the segment and the two fixes."),
        Column("gate_id", Kind.TEXT, "Gate."),
        Column("gate", Kind.TEXT, "Its name."),
        Column("direction", Kind.TEXT, "Direction as the gate names it."),
        Column("mmsi", Kind.I32, "MMSI."),
        Column("seg_id", Kind.I64, "Segment."),
        Column("time_ms", Kind.TIME, "When the line was crossed, on a straight step.", file_name="timestamp"),
        Column("lat_deg", Kind.F64, "Where.", unit="deg", file_name="lat"),
        Column("lon_deg", Kind.F64, "Where.", unit="deg", file_name="lon"),
        Column("speed_kn", Kind.F32, "Speed that the step implies; null where both fixes have one time.", unit="kn"),
        Column("before_ms", Kind.TIME, "Last fix before.", file_name="before_timestamp"),
        Column("after_ms", Kind.TIME, "First fix after.", file_name="after_timestamp"),
        Column("before_msg_id", Kind.I64, "Message of the fix before."),
        Column("after_msg_id", Kind.I64, "Message of the fix after."),
        Column("crossings", Kind.I32, "Times that the line was cut, to and fro, until the track was clear of it."),
        Column("clear", Kind.BOOL, "The track was heard clear of the line afterwards."),
        Column("inferred", Kind.BOOL, "The fixes lie further apart than the long silence: the time is inferred."),
        *ORIGIN,
    ),
)
_ROOM: Final = 8_192
_UNITS: Final = 1e7
_MARGIN_DEG: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Params:
    """Limits.

    Attributes:
        clear_nm: a crossing counts when the track is further than this from the line, nm; 0 to 20. Default 0.5: more
            than ships that lie at anchor or work on the line swing or jitter, less than any strait is wide.
        long_silence_h: fixes further apart make the transit ``inferred``, h; 0.01 to 24. Default 1: a ship of 15 kn
            then is up to 15 nm from where a fix was.
    """

    clear_nm: float = 0.5
    long_silence_h: float = 1.0

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        for name, value, low, high in (("clear_nm", self.clear_nm, 0, 20),
                                       ("long_silence_h", self.long_silence_h, 0.01, 24)):  # fmt: skip
            if not low <= value <= high:
                raise InputError(f"{name} = {value} is out of range", hint=f"{low} to {high}")


class Transits:
    """Feed it the rows of tracks; it keeps the transits. Batches may be cut anywhere."""

    def __init__(self, gates: Sequence[Gate], params: Params | None = None) -> None:
        self.gates = tuple(gates)
        self.params = params or Params()
        self._lines = _lines(self.gates)
        self._held = np.zeros((len(self.gates), crossing.STATE), np.int64)
        self._held_f = np.zeros((len(self.gates), crossing.STATE_F), np.float64)
        self._last: Rows | None = None
        self._found: list[tuple[Array, Array]] = []
        room = max(_ROOM, 4 * len(self.gates))
        self._out = np.empty((room, crossing.OUT), np.int64)
        self._out_f = np.empty((room, crossing.WIDE_F), np.float64)

    def feed(self, rows: Rows) -> None:
        """Take the next rows; see ``picture.rows`` for their order."""
        if not len(rows):
            return
        batch = rows.after(self._last if self._last is not None else rows.stranger(0))
        start = 1
        while start < len(batch):
            clear_m, kept = self.params.clear_nm * NM_M, (self._held, self._held_f, self._out, self._out_f)
            given: tuple[Any, ...] = (start, *batch.columns(), *self._lines, clear_m, *kept)
            start, n = crossing.crossings(*given)
            if n:
                self._found.append((self._out[:n].copy(), self._out_f[:n].copy()))
        self._last = batch.cut(len(batch) - 1, len(batch))

    def finish(self, *, context: str = REAL, label: str = NOBODY) -> Table:
        """All transits, those included that a track's end leaves unclear."""
        if self._last is not None:
            self.feed(self._last.stranger(-1))
        whole = np.concatenate([f[0] for f in self._found] or [np.empty((0, crossing.OUT), np.int64)])
        numbers = np.concatenate([f[1] for f in self._found] or [np.empty((0, crossing.WIDE_F))])
        order = np.lexsort((whole[:, 2], whole[:, 1], whole[:, 6], whole[:, 5], whole[:, 0]))
        return _table(self.gates, self.params, whole[order], numbers[order], context, label)


def _lines(gates: Sequence[Gate]) -> tuple[Array, ...]:
    """Gates as the kernel wants them: near cells, edges by gate, boxes, reference meridians."""
    near = np.zeros((181, 361), np.bool_)
    first, boxes, refs = [0], [], []
    edges: list[Array] = []
    for gate in gates:
        points = np.concatenate(gate.lines)
        ref = _units((points[:, 0].min() + points[:, 0].max()) / 2.0)
        ref = (ref + 1_800_000_000) // 3_600_000_000 * -3_600_000_000 + ref
        for line in gate.lines:
            x, y = np.array([_units(v) for v in line[:, 0]]), np.array([_units(v) for v in line[:, 1]])
            x = x - ref
            x = x - 3_600_000_000 * round(float(x[0]) / 3_600_000_000)  # the turn of the globe nearest to the meridian
            piece = np.column_stack([x[:-1], y[:-1], x[1:], y[1:]])
            edges.append(piece[(piece[:, 0] != piece[:, 2]) | (piece[:, 1] != piece[:, 3])])
        mine = np.concatenate(edges[-len(gate.lines) :])
        if not len(mine):
            raise InputError("the line is shorter than a position is exact", where=f"gate {gate.gate_id}")
        first.append(first[-1] + len(mine))
        low, high = mine.min(axis=0), mine.max(axis=0)
        box = (min(low[0], low[2]), min(low[1], low[3]), max(high[0], high[2]), max(high[1], high[3]))
        boxes.append(box)
        refs.append(ref)
        _mark(near, *(float(v) / _UNITS for v in (box[0] + ref, box[1], box[2] + ref, box[3])))
    e = np.concatenate(edges) if edges else np.empty((0, 4))
    e = e.astype(np.int64)
    return (
        near, np.array(first, np.int64), np.array(boxes, np.int64).reshape(-1, 4), np.array(refs, np.int64),
        *(np.ascontiguousarray(e[:, k]) for k in range(4)),
    )  # fmt: skip


def _units(degrees: float) -> int:
    return int(np.floor(degrees * _UNITS + 0.5))


def _mark(near: Array, west: float, south: float, east: float, north: float) -> None:
    """Mark the cells of a box, a little widened; columns go round the globe."""
    top = slice(max(int(np.floor(south - _MARGIN_DEG + 90.0)), 0), int(np.floor(north + _MARGIN_DEG + 90.0)) + 1)
    for column in range(int(np.floor(west - _MARGIN_DEG + 180.0)), int(np.floor(east + _MARGIN_DEG + 180.0)) + 1):
        near[top, column % 360] = True
        if column % 360 == 0:
            near[top, 360] = True


def _table(
    gates: Sequence[Gate], params: Params, whole: Array, numbers: Array, context: str, label: str
) -> Table:  # fmt: skip
    n = len(whole)
    gate, way = whole[:, 1].tolist(), whole[:, 2].tolist()
    took_ms = whole[:, 8] - whole[:, 7]
    speed = np.full(n, np.nan)
    moved = took_ms > 0
    speed[moved] = numbers[moved, crossing.STEP_M] / (took_ms[moved] / SECOND_MS) / KN_MPS
    digests = [g.digest for g in gates]
    ids = [hash_hex("transit", digests[g], *map(str, row))[:16] for g, row in zip(gate, _proofs(whole), strict=True)]
    zeros = np.zeros(n, np.int32)
    columns = {
        "transit_id": pa.array(ids, pa.string()), "gate_id": pa.array([gates[g].gate_id for g in gate], pa.string()),
        "gate": pa.array([gates[g].name for g in gate], pa.string()),
        "direction": pa.array([gates[g].directions[w] for g, w in zip(gate, way, strict=True)], pa.string()),
        "mmsi": whole[:, 5].astype(np.int32), "seg_id": whole[:, 6].copy(), "time_ms": whole[:, 0].copy(),
        "lat_deg": numbers[:, crossing.LAT].copy(), "lon_deg": numbers[:, crossing.LON].copy(),
        "speed_kn": speed.astype(np.float32), "before_ms": whole[:, 7].copy(), "after_ms": whole[:, 8].copy(),
        "before_msg_id": whole[:, 9].copy(), "after_msg_id": whole[:, 10].copy(),
        "crossings": whole[:, 3].astype(np.int32), "clear": whole[:, 4] == 1,
        "inferred": took_ms > params.long_silence_h * HOUR_MS, "label": zeros, "context": zeros.copy(),
    }  # fmt: skip
    return Table(TRANSITS, columns, {"label": (label,), "context": (context,)})


def _proofs(whole: Array) -> list[list[int]]:
    """Segment, direction and the two messages of each row, which make its id."""
    out: list[list[int]] = whole[:, [6, 2, 9, 10]].tolist()
    return out
