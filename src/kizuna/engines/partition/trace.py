"""Second stage: the tracks of one bucket, and what the other stages must know of them.

What is left behind of a bucket:

- ``NAME.tracks``: the fixes in the order of tracks, where each segment begins and ends; stops, presence and positions
  on the grid of times.
- ``NAME.segments.parquet`` and ``NAME.identities.parquet``.
- ``NAME.rest``: rows that are in no track, in the order heard.

``NAME.tracks`` is written last: a bucket that has it is done.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from kizuna.base.table import Array, Table
from kizuna.base.units import HOUR_MS
from kizuna.engines.partition import packed
from kizuna.engines.partition.bucket import ID_BASE, KEPT, KERNELS_READ, Routed
from kizuna.engines.surround import Rests, rests
from kizuna.events.params import Settings
from kizuna.events.reception import vessels_heard
from kizuna.events.subjects import of_segments
from kizuna.fixes.table import FIXES
from kizuna.stores.parquet import read_table, write_table
from kizuna.tracks import identity
from kizuna.tracks.reception import Presence
from kizuna.tracks.resample import resample
from kizuna.tracks.segment import segment
from kizuna.tracks.stops import find
from kizuna.tracks.table import IDENTITIES, SEGMENTS, Tracks

HOT: Final = ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "step_m", "flags")
"""Columns of ``Tracks`` by row that are kept; order and segment follow from the order and the ends of segments."""
_COLD: Final = tuple(name for name in KEPT if name not in HOT and name != "seg_id")
"""The other columns of fixes. Flags are kept as the segmenter leaves them: detectors read no others."""
_RESTS: Final = Rests._fields
_PRESENT: Final = ("mmsi", "hour", "first", "last")
_SLOTS: Final = ("slot", "segment", "lat_deg", "lon_deg")


def tracks_path(folder: Path, name: str) -> Path:
    """File of a bucket's tracks; there when the bucket is done."""
    return folder / f"{name}.tracks"


def trace(routed: Routed, settings: Settings, last_ms: int, folder: Path, name: str) -> None:
    """Build the tracks of a bucket and leave them on the disk. ``last_ms`` is the last time in all buckets."""
    tracks = segment(routed.fixes, settings.segment)
    tracks = identity.join(tracks, routed.statics, settings.identity)
    tracks = replace(tracks, segments=_closed(tracks.segments, last_ms, settings))
    columns: dict[str, Array] = {name_: getattr(tracks, name_) for name_ in HOT}
    base = routed.fixes["msg_id"] - routed.fixes["byte_offset"]
    base = np.broadcast_to(base[:1], len(base)) if len(base) and (base == base[0]).all() else base
    columns |= {f"fix.{c}": _in_order(base if c == ID_BASE else routed.fixes[c], tracks.order) for c in _COLD}
    columns |= {"seg_start": tracks.seg_start, "seg_end": tracks.seg_end}
    columns |= {f"rest.{k}": v for k, v in rests(tracks, find(tracks, settings.stops))._asdict().items()}
    heard = vessels_heard(tracks)
    columns |= {f"present.{k}": getattr(heard, k) for k in _PRESENT}
    slots = resample(tracks, settings.resample, of_segments(tracks.segments).watched)
    columns |= {f"slot.{k}": getattr(slots, k) for k in _SLOTS}
    write_table(tracks.segments, folder / f"{name}.segments.parquet")
    write_table(identity.identities(routed.statics, settings.identity), folder / f"{name}.identities.parquet")
    _keep_rest(routed.fixes, tracks, folder / f"{name}.rest")
    packed.save(tracks_path(folder, name), columns, {"rows": len(tracks), "step_ms": slots.step_ms})


def _closed(segments: Table, last_ms: int, settings: Settings) -> Table:
    """Segments closed by the end of all data; the segmenter knew only the end of those of the bucket."""
    over = segments["end_ms"] < last_ms - settings.segment.max_gap_h * HOUR_MS
    return segments.replace(closed=segments["closed"] | over)


def _in_order(column: Array, order: Array) -> Array:
    return column[: len(order)] if len(column) and not column.strides[0] else column[order]


def _keep_rest(fixes: Table, tracks: Tracks, path: Path) -> None:
    if len(tracks) == len(fixes):
        return
    absent = np.ones(len(fixes), np.bool_)
    absent[tracks.order] = False
    rows = np.flatnonzero(absent)
    packed.save(path, {name: fixes[name][rows] for name in FIXES.names})


class Traced:
    """A bucket whose tracks are done; reads from the disk what is asked for."""

    def __init__(self, folder: Path, name: str, words: dict[str, tuple[str, ...]]) -> None:
        self._folder = folder
        self._name = name
        self.words = words
        self._pack = packed.load(tracks_path(folder, name))
        self._ends: tuple[Array, Array] | None = None
        self._segments: Table | None = None
        self.rows = int(self._pack.notes["rows"])
        self.step_ms = int(self._pack.notes["step_ms"])

    def segments(self) -> Table:
        """Table of segments."""
        if self._segments is None:
            self._segments = read_table(SEGMENTS, self._folder / f"{self._name}.segments.parquet")
        return self._segments

    def identities(self) -> Table:
        """Table of identities."""
        return read_table(IDENTITIES, self._folder / f"{self._name}.identities.parquet")

    def rests(self) -> Rests:
        """Stops, for anchorages."""
        return Rests(*(self._pack.get(f"rest.{name}") for name in _RESTS))

    def presence(self) -> Presence:
        """In which hours each MMSI was heard."""
        return Presence(*(self._pack.get(f"present.{name}") for name in _PRESENT))

    def slots(self, first: int, behind: int) -> tuple[Array, ...]:
        """Slot, segment, latitude, longitude of the slots ``first <= slot < behind``."""
        a, b = np.searchsorted(self._slot_column(), [first, behind]).tolist()
        return tuple(self._pack.get(f"slot.{name}", a, b) for name in _SLOTS)

    def _slot_column(self) -> Array:
        return self._pack.get("slot.slot", spread=False)

    def slot_counts(self) -> tuple[int, Array]:
        """The first slot, and the number of positions in each slot from there on."""
        slot = self._slot_column()
        return (int(slot[0]), np.bincount(slot - slot[0])) if len(slot) else (0, np.empty(0, np.int64))

    def ends(self) -> tuple[Array, Array]:
        """Rows at which the segments begin, and behind their ends."""
        if self._ends is None:
            self._ends = self._pack.get("seg_start"), self._pack.get("seg_end")
        return self._ends

    def column(self, name: str, start: int = 0, stop: int | None = None) -> Array:
        """A column of ``Tracks``."""
        return self._pack.get(name, start, stop)

    def rest(self) -> Table | None:
        """Rows that are in no track, in the order heard; None where there are none."""
        path = self._folder / f"{self._name}.rest"
        if not path.exists():
            return None
        found = packed.load(path)
        return Table(FIXES, {name: found.get(name) for name in FIXES.names}, self.words)

    def pieces(self, starts: Array, stops: Array) -> dict[str, Array]:
        """Columns of ``Tracks`` of some ranges of rows, one behind the other."""
        return {name: self._pack.take(name, starts, stops) for name in HOT}

    def cold(self, starts: Array, stops: Array) -> dict[str, Array]:
        """The other columns of fixes of the same rows; a column with one value may lie in memory once."""
        n = int((stops - starts).sum())
        out: dict[str, Array] = {}
        for c in _COLD:
            if self._pack.forms[f"fix.{c}"].form == "same" and n:
                out[c] = self._pack.get(f"fix.{c}", 0, n, spread=c in KERNELS_READ)
            else:
                out[c] = self._pack.take(f"fix.{c}", starts, stops)
        out["msg_id"] = out["byte_offset"] + out.pop(ID_BASE)
        return out


def fixes_of(hot: dict[str, Array], cold: dict[str, Array]) -> dict[str, Array]:
    """All columns of fixes of rows in the order of tracks."""
    columns = {c: hot[c] for c in HOT if c in FIXES.names} | {"seg_id": np.full(len(hot["mmsi"]), -1, np.int64)}
    return columns | {c: cold[c] for c in FIXES.names if c not in columns}


def joined(parts: list[Array]) -> Array:
    """Columns one below the other; what has one value throughout still lies in memory once."""
    if len(parts) == 1:
        return parts[0]
    parts = [p for p in parts if len(p)]
    if parts and all(p.strides == (0,) and packed.bits(p[:1]) == packed.bits(parts[0][:1]) for p in parts):
        return np.broadcast_to(parts[0][:1], sum(len(p) for p in parts))
    return np.concatenate(parts)
