"""Sealing: buffered batches become segments.

Files are written and forced to the disk first; one transaction then names them, keeps the newest positions and empties
the buffer. An interruption before it leaves files that nobody names, after it nothing to do. Appends go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from kizuna.base.table import Array, Table
from kizuna.stores.keep import catalogue, identity_rows
from kizuna.stores.keep.core import Core
from kizuna.stores.keep.params import BLOCK_MS
from kizuna.stores.keep.pieces import SCHEMAS, joined, pack
from kizuna.stores.keep.segments import Segment, by_window, cuts, in_order, write

_COUNT: Final = (
    "INSERT INTO block VALUES (?, ?) ON CONFLICT (start_ms) DO UPDATE SET fixes = fixes + excluded.fixes"
)


def seal(core: Core) -> int:
    """Seal what is buffered; the number of rows. ``maintaining`` is held.

    Raises UnavailableError when the disk is full; the buffer stays as it is.
    """
    with core.state:
        pieces = core.view.pieces
        core.sealing = len(pieces)
        state, seq, closed_ms, newest_ms = core.latest.state(), core.seq, core.closed_ms, core.newest_ms
    if not pieces:
        return 0
    new: list[Segment] = []
    try:
        whole = joined(list(pieces))
        number = catalogue.next_number(core.maintenance)
        for segment in _written(core, whole.tables, whole.late, number, seq):
            new.append(segment)  # noqa: PERF402  one by one, so that those written before an error are known
        counts = block_counts(whole.tables["fixes"], whole.late)
        periods = identity_rows.periods(whole.tables["statics"])
        blob = pack(state)
        with core.committing, core.questions:
            with catalogue.transaction(core.maintenance, core.directory) as db:
                catalogue.add_segments(db, new)
                db.execute("DELETE FROM buffer WHERE seq <= ?", (seq,))
                db.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?)", (seq, closed_ms, newest_ms, blob))
                db.executemany(_COUNT, counts)
                identity_rows.fold(db, periods)
                catalogue.put_meta(db, "epoch", core.epoch + 1)
            named, new = new, []
            core.replace_segments((*core.view.segments, *named), sealed=len(pieces))
    except BaseException:
        with core.state:
            core.sealing = 0
        core.unlink(new)
        raise
    core.checkpoint()
    return whole.rows


def _written(core: Core, tables: Mapping[str, Table], late: Array, number: int, seq: int) -> Iterator[Segment]:
    """Write ordered files for each table, window, and what came late."""
    for name in SCHEMAS:
        table = tables[name]
        if not len(table):
            continue
        for window_ms, rows in by_window(table["time_ms"]):
            behind = late[rows] if name == "fixes" else np.zeros(len(rows), np.bool_)
            for flag in (False, True):
                some = rows[behind == flag]
                if not len(some):
                    continue
                run = number
                for part in cuts(in_order(table.take(some))):
                    yield write_segment(core, part, number, window_ms=window_ms, late=flag, run=run, last=seq)
                    number += 1


def write_segment(core: Core, part: Table, number: int, *, window_ms: int, late: bool, run: int, last: int) -> Segment:
    """Write one file; the catalogue does not name it yet."""
    name = part.schema.name
    path = core.files / f"{name}-{number:08d}.parquet"
    size, digest, bounds = write(part, path, core.context)
    return Segment(number, name, window_ms, late, run, len(part), size, last, digest, bounds)


def block_counts(fixes: Table, late: Array) -> list[tuple[int, int]]:
    """Blocks and their fixes that did not come late."""
    times = fixes["time_ms"][~late & (fixes["time_ms"] >= 0)]
    starts, counts = np.unique(times // BLOCK_MS * BLOCK_MS, return_counts=True)
    return list(zip(starts.tolist(), counts.tolist(), strict=True))
