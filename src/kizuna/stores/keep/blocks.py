"""Blocks for replay: ten minutes of fixes that never change once they are closed.

A block is closed when the newest fix is later than its end by the lateness. A fix that comes for a closed block is
kept, and found by vessel and by box, but not given with the block, so that whoever fetched it has all of it for ever.
``reopen`` takes such fixes in: after history was imported, say. It counts ``reopened`` up, by which those who keep
blocks know that theirs are out of date.
"""

from __future__ import annotations

import numpy as np

from kizuna.base.units import MISSING_TIME_MS
from kizuna.stores.keep import block_counts, catalogue
from kizuna.stores.keep.core import Core
from kizuna.stores.keep.params import WINDOW_MS
from kizuna.stores.keep.reading import Want, answer
from kizuna.stores.keep.segments import ODD


def find(core: Core, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:
    """Blocks that begin in [start, end) and hold anything, and the number of fixes of each."""
    with core.asked() as db:
        pieces = core.view.pieces
        sql = "SELECT start_ms, fixes FROM block WHERE start_ms >= ? AND start_ms < ?"
        counts = dict(db.execute(sql, (start_ms, end_ms)))
    for piece in pieces:
        for start, n in block_counts.counted(piece.tables["fixes"], piece.late):
            if start_ms <= start < end_ms:
                counts[start] = counts.get(start, 0) + n
    starts = sorted(counts)
    return starts, [counts[s] for s in starts]


def reopen(core: Core, start_ms: int, end_ms: int) -> int:
    """Take the sealed late fixes of windows of six hours that touch [start, end) into their blocks; their number."""
    with core.maintaining:
        first = start_ms // WINDOW_MS * WINDOW_MS
        late = [s for s in core.view.segments if s.late and first <= s.window_ms < end_ms]
        if not late:
            return 0
        counts: list[tuple[int, int]] = []
        for window_ms in sorted({s.window_ms for s in late}):
            want = Want("fixes", window_ms, window_ms + WINDOW_MS, names=("mmsi",))
            view = core.view._replace(pieces=())
            fixes = answer(view, core.files, want, core.params.rows_most)
            counts += block_counts.counted(fixes, np.zeros(len(fixes), np.bool_))
        with core.committing, core.questions:
            with catalogue.transaction(core.maintenance, core.directory) as db:
                db.executemany("UPDATE segment SET late = 0 WHERE number = ?", [(s.number,) for s in late])
                db.executemany("INSERT OR REPLACE INTO block VALUES (?, ?)", counts)
                catalogue.bump(db, "reopened")
                catalogue.bump(db, "epoch")
            old = {s.number for s in late}
            core.change_segments(old, [s for s in catalogue.segments(core.maintenance) if s.number in old])
            core.reopened += 1
        return sum(s.rows for s in late)


def stored_since(core: Core, version: int) -> list[tuple[int, int]]:
    """Spans of time, half-open and in order, that hold whatever was stored after a version of the picture.

    Also some of what was stored before: segments know their last batch alone. Rows whose time is unknown or far off
    are in none.
    """
    view = core.view
    found = {s.window_ms for s in view.segments if s.table == "fixes" and s.last > version and s.window_ms != ODD}
    for piece in view.pieces:
        if piece.last > version:
            times = piece.tables["fixes"]["time_ms"]
            known = times[(times != MISSING_TIME_MS) & (times >= 0)]
            found.update((np.unique(known // WINDOW_MS) * WINDOW_MS).tolist())
    return [(start, start + WINDOW_MS) for start in sorted(found)]
