"""Fifth stage: the events of single vessels, a bucket at a time, by the very detectors of a run in memory.

A bucket is put together with the few rows of others that its events name: those of vessels that its own met, and the
last fix of all data, which ends open gaps. Events of the vessels of these rows are found elsewhere and dropped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Table, concat
from kizuna.engines.partition.assemble import Assembled, Piece, assemble, whole
from kizuna.engines.partition.meet import Fleet, Meetings, of_vessels
from kizuna.engines.partition.trace import Traced
from kizuna.events.account.evidence import Groups
from kizuna.events.detect import of_single_vessels
from kizuna.events.params import Settings
from kizuna.events.runs.meetings import Met
from kizuna.events.subjects import subjects
from kizuna.events.surroundings import Surroundings
from kizuna.stores.parquet import write_table


class Outlook(NamedTuple):
    """What the buckets need of each other: encounters, and where the last fix of all data stands."""

    meetings: Meetings
    last_bucket: int
    last_row: int


def outlook(traced: Sequence[Traced], all_: Fleet, meetings: Meetings) -> Outlook:
    """Gather it."""
    watched = np.flatnonzero(all_.who.watched)
    if not len(watched):
        return Outlook(meetings, -1, -1)
    last = int(watched[np.argmax(all_.segments["end_ms"][watched])])
    bucket = int(np.searchsorted(all_.base, last, "right")) - 1
    return Outlook(meetings, bucket, int(traced[bucket].ends()[1][last - int(all_.base[bucket])]) - 1)


def events_path(folder: Path, name: str) -> Path:
    """File of the events of a bucket's vessels; there when they are all found."""
    return folder / f"{name}.events.parquet"


def look(
    traced: Sequence[Traced], bucket: int, out: Outlook, settings: Settings, surroundings: Surroundings, path: Path
) -> int:
    """Find the events of the vessels of a bucket and leave them on the disk; their number."""
    own = np.unique(traced[bucket].segments()["mmsi"])
    met, rows = of_vessels(out.meetings, own)
    near, met = _together(traced, bucket, out, rows, met)
    who = subjects(near.tracks)
    events = concat(of_single_vessels(near.tracks, settings, surroundings, who, met))
    events = _of(events, own)
    write_table(events, path)
    return len(events)


def _together(
    traced: Sequence[Traced], bucket: int, out: Outlook, rows: Array, met: Met
) -> tuple[Assembled, Met]:  # fmt: skip
    """The bucket with rows of others, and the encounters with their rows in it."""
    of, row = out.meetings.bucket[rows], out.meetings.row[rows]
    foreign: dict[int, list[int]] = {}
    for b, r in zip(of.tolist(), row.tolist(), strict=True):
        if b != bucket:
            foreign.setdefault(b, []).append(r)
    if out.last_bucket not in (-1, bucket):
        foreign.setdefault(out.last_bucket, []).append(out.last_row)
    pieces = [whole(traced, bucket)]
    for b, found in foreign.items():
        alone = np.unique(found)
        breaks = np.flatnonzero(np.diff(alone) != 1)
        pieces.append(Piece(b, alone[np.append(0, breaks + 1)], alone[np.append(breaks, len(alone) - 1)] + 1))
    near = assemble(traced, sorted(pieces, key=lambda p: p.bucket))
    if not len(rows):
        return near, met
    place = near.place(of, row)
    return near, met._replace(rows=Groups(place[met.rows.flat], met.rows.offsets))


def _of(events: Table, mmsis: Array) -> Table:
    """The events of some MMSIs, which one vessel makes alone."""
    if not len(events):
        return events
    first = pc.list_element(events["mmsis"], pa.scalar(0)).to_numpy(zero_copy_only=False)
    keep = np.isin(first, mmsis)
    return events if keep.all() else events.take(np.flatnonzero(keep))
