"""Fifth stage: the events of single vessels, a bucket at a time, by the very detectors of a run in memory.

A bucket is put together with the few rows of others that its events name: those of vessels that its own met, and the
last fix of all data, which ends open gaps. Events of the vessels of these rows are found elsewhere and dropped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Table, concat
from kizuna.engines.partition.assemble import Piece, beneath, gather, tracks_of, whole
from kizuna.engines.partition.meet import Meetings, of_vessels
from kizuna.engines.partition.trace import Traced
from kizuna.events.account.evidence import Groups
from kizuna.events.detect import of_single_vessels
from kizuna.events.params import Settings
from kizuna.events.runs.meetings import Met
from kizuna.events.subjects import subjects
from kizuna.events.surroundings import Surroundings
from kizuna.stores.parquet import write_table
from kizuna.tracks.table import Tracks


def events_path(folder: Path, name: str) -> Path:
    """File of the events of a bucket's vessels; there when they are all found."""
    return folder / f"{name}.events.parquet"


def look(
    traced: Sequence[Traced], bucket: int, meetings: Meetings, settings: Settings, surroundings: Surroundings,
    path: Path,
) -> int:  # fmt: skip
    """Find the events of the vessels of a bucket and leave them on the disk; their number."""
    own = np.unique(traced[bucket].segments()["mmsi"])
    tracks, met = _together(traced, bucket, meetings, own)
    events = _of(concat(of_single_vessels(tracks, settings, surroundings, subjects(tracks), met)), own)
    write_table(events, path)
    return len(events)


def _together(traced: Sequence[Traced], bucket: int, meetings: Meetings, own: Array) -> tuple[Tracks, Met]:
    """The bucket with rows of others, and the encounters of its vessels with their rows in it."""
    met, of, row = of_vessels(meetings, own)
    foreign = {b: row[of == b] for b in np.unique(of).tolist() if b != bucket}
    if meetings.last is not None and meetings.last[0] != bucket:
        b, last = meetings.last
        foreign[b] = np.union1d(foreign.get(b, np.empty(0, np.int64)), [last])
    place = np.empty(len(row), np.int64)
    parts, before = [], 0
    for b in sorted({bucket, *foreign}):
        mine = of == b
        if b == bucket:
            parts.append(whole(traced[b]))
            place[mine] = before + row[mine]
        else:
            parts.append(gather(traced, np.zeros(len(traced), np.int64), [_piece(b, foreign[b])]).part)
            place[mine] = before + np.searchsorted(foreign[b], row[mine])
        before += len(parts[-1].segment)
    tracks = tracks_of(beneath(parts), traced[bucket].words)
    return tracks, met._replace(rows=Groups(place[met.rows.flat], met.rows.offsets))


def _piece(bucket: int, rows: Array) -> Piece:
    """Ascending rows as ranges."""
    breaks = np.flatnonzero(np.diff(rows) != 1)
    return Piece(bucket, rows[np.append(0, breaks + 1)], rows[np.append(breaks, len(rows) - 1)] + 1)


def _of(events: Table, mmsis: Array) -> Table:
    """The events of some MMSIs, which one vessel makes alone."""
    if not len(events):
        return events
    first = pc.list_element(events["mmsis"], pa.scalar(0)).to_numpy(zero_copy_only=False)
    keep = np.isin(first, mmsis)
    return events if keep.all() else events.take(np.flatnonzero(keep))
