"""Rows of tracks as they stream by: one vessel after the other, a segment's rows together and in order of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kizuna.base.table import Array


@dataclass(frozen=True, slots=True)
class Rows:
    """Fixes with position and time that belong to a segment, of one batch.

    Attributes:
        mmsi: int32; all rows of one MMSI follow each other.
        segment: int64, id of the segment; all rows of one segment follow each other, by time.
        time_ms: int64, UTC.
        msg_id: int64.
        lat_deg, lon_deg: float64.
    """

    mmsi: Array
    segment: Array
    time_ms: Array
    msg_id: Array
    lat_deg: Array
    lon_deg: Array

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.time_ms)

    def columns(self) -> tuple[Array, ...]:
        """The columns in order."""
        return self.mmsi, self.segment, self.time_ms, self.msg_id, self.lat_deg, self.lon_deg

    def cut(self, start: int, stop: int) -> Rows:
        """Rows ``start`` up to, not including, ``stop``."""
        return Rows(*(c[start:stop] for c in self.columns()))

    def after(self, before: Rows) -> Rows:
        """These rows behind those of ``before``."""
        return Rows(*(np.concatenate(pair) for pair in zip(before.columns(), self.columns(), strict=True)))

    def stranger(self, row: int) -> Rows:
        """One row at the place of ``row`` that belongs to no segment and no MMSI (-1): what ends or begins a stream."""
        one = self.cut(row, row + 1) if row >= 0 else self.cut(len(self) + row, len(self) + row + 1)
        return Rows(np.full(1, -1, np.int32), np.full(1, -1, np.int64), *one.columns()[2:])
