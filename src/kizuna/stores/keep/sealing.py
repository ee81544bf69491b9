"""Sealing: buffered batches become segments.

Files are written and forced to the disk first; one transaction then names them, keeps the newest positions and empties
the buffer. An interruption before it leaves files that nobody names, after it nothing to do. Appends go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from kizuna.base.table import Array, Table
from kizuna.stores.keep import block_counts, catalogue, identity_rows
from kizuna.stores.keep.core import Core
from kizuna.stores.keep.pieces import SCHEMAS, joined, pack
from kizuna.stores.keep.segments import Segment, by_window, cuts, in_order, write


class Origin(NamedTuple):
    """What the segments of one run share."""

    window_ms: int
    late: bool
    last: int
    sealed_ms: int


def seal(core: Core) -> int:
    """Seal what is buffered; the number of rows.

    Raises UnavailableError when the disk is full; the buffer stays as it is.
    """
    with core.to_seal:
        with core.state:
            pieces = core.view.pieces
            core.sealing = len(pieces)
            state, seq, closed_ms, newest_ms = core.latest.state(), core.seq, core.closed_ms, core.newest_ms
        new: list[Segment] = []
        try:
            if not pieces:
                return 0
            whole = joined(list(pieces))
            _write_tables(core, whole.tables, whole.late, seq, new)
            counts = block_counts.counted(whole.tables["fixes"], whole.late)
            periods = identity_rows.periods(whole.tables["statics"])
            blob = pack(state)
            with core.committing, core.questions:
                with catalogue.transaction(core.maintenance, core.directory) as db:
                    catalogue.add_segments(db, new)
                    db.execute("DELETE FROM buffer WHERE seq <= ?", (seq,))
                    row = (seq, closed_ms, newest_ms, blob)
                    db.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?, ?, ?)", row)
                    block_counts.add(db, counts)
                    identity_rows.fold(db, periods)
                    catalogue.bump(db, "epoch")
                named, new = new, []
                core.change_segments((), named, sealed=len(pieces))
        except BaseException:
            with core.state:
                core.sealing = 0
            core.unlink(new)
            raise
        core.checkpoint()
        return whole.rows


def _write_tables(core: Core, tables: Mapping[str, Table], late: Array, seq: int, new: list[Segment]) -> None:
    """Write ordered files for each table, each window, and what came late; they are added to ``new`` one by one."""
    for name in SCHEMAS:
        table = tables[name]
        for window_ms, rows in by_window(table["time_ms"]):
            behind = late[rows] if name == "fixes" else np.zeros(len(rows), np.bool_)
            for flag in (False, True):
                some = rows[behind == flag]
                if len(some):
                    origin = Origin(window_ms, flag, seq, core.newest_ms)
                    write_run(core, [in_order(table.take(some))], origin, new)


def write_run(core: Core, parts: list[Table], origin: Origin, new: list[Segment], run: int = 0) -> int:
    """Write ordered rows as files of one run, which begins here (0) or goes on; its number."""
    for whole in parts:
        for part in cuts(whole):
            number = core.new_number()
            run = run or number
            name = part.schema.name
            path = core.files / f"{name}-{number:08d}.parquet"
            size, digest, bounds = write(part, path, core.context)
            window_ms, late, last, sealed_ms = origin
            new.append(Segment(number, name, window_ms, late, run, len(part), size, last, sealed_ms, digest, bounds))
    return run
