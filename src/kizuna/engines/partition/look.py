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
from kizuna.engines.partition.assemble import beneath, tracks_of, whole
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
    met, rows = of_vessels(meetings, own)
    tracks, met = _together(traced[bucket], bucket, meetings, rows, met)
    events = _of(concat(of_single_vessels(tracks, settings, surroundings, subjects(tracks), met)), own)
    write_table(events, path)
    return len(events)


def _together(source: Traced, bucket: int, meetings: Meetings, rows: Array, met: Met) -> tuple[Tracks, Met]:
    """The bucket with rows of others, and the encounters with their rows in it."""
    around = meetings.around
    at = int(np.searchsorted(rows, meetings.last_row))
    known = meetings.last_row < 0 or (at < len(rows) and rows[at] == meetings.last_row)
    wanted = rows if known else np.insert(rows, at, meetings.last_row)
    of = around.bucket[wanted]
    below, above = wanted[of < bucket], wanted[of > bucket]
    parts = [whole(source)]
    if len(below):
        parts.insert(0, around.part.take(below))
    if len(above):
        parts.append(around.part.take(above))
    tracks = tracks_of(beneath(parts), source.words)
    if not len(rows):
        return tracks, met
    of = around.bucket[rows]
    place = len(below) + around.row[rows]
    place[of < bucket] = np.searchsorted(below, rows[of < bucket])
    place[of > bucket] = len(below) + source.rows + np.searchsorted(above, rows[of > bucket])
    return tracks, met._replace(rows=Groups(place[met.rows.flat], met.rows.offsets))


def _of(events: Table, mmsis: Array) -> Table:
    """The events of some MMSIs, which one vessel makes alone."""
    if not len(events):
        return events
    first = pc.list_element(events["mmsis"], pa.scalar(0)).to_numpy(zero_copy_only=False)
    keep = np.isin(first, mmsis)
    return events if keep.all() else events.take(np.flatnonzero(keep))
