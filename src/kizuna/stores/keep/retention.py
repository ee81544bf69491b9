"""Retention: what is older than a time is deleted, not hidden.

Segments that are older throughout go; those that straddle the time are written anew without the older rows. With the
fixes go the other messages, the counts of blocks, identities that ended before and vessels not heard since. Events stay
unless a time is given for them: they are what was found, and what a case rests on.

Deleted bytes leave the files at once; in the catalogue their pages are used again, not wiped.
"""

from __future__ import annotations

import numpy as np

from kizuna.base.table import from_arrow
from kizuna.base.units import MISSING_TIME_MS
from kizuna.stores.keep import catalogue, event_rows, identity_rows, sealing
from kizuna.stores.keep.core import Core
from kizuna.stores.keep.latest import STATE, Latest
from kizuna.stores.keep.params import BLOCK_MS, WINDOW_MS
from kizuna.stores.keep.pieces import SCHEMAS, pack, unpack
from kizuna.stores.keep.segments import ODD, Segment, read


def retain(core: Core, before_ms: int | None, events_before_ms: int | None, bytes_most: int | None) -> int:
    """Delete what is older; rows deleted. Raises UnavailableError when the disk is full."""
    with core.maintaining:
        cut = MISSING_TIME_MS if before_ms is None else before_ms
        if bytes_most is not None:
            cut = max(cut, _cut_for(core, bytes_most))
        gone = _retain(core, cut // BLOCK_MS * BLOCK_MS) if cut != MISSING_TIME_MS else 0
        if events_before_ms is not None:
            with core.committing, core.questions, catalogue.transaction(core.maintenance, core.directory) as db:
                event_rows.forget(db, events_before_ms)
        return gone


def _cut_for(core: Core, bytes_most: int) -> int:
    """End of the last of the oldest windows that must go for the segments to fit."""
    sizes: dict[int, int] = {}
    for s in core.view.segments:
        sizes[s.window_ms] = sizes.get(s.window_ms, 0) + s.size
    total = sum(sizes.values())
    cut = MISSING_TIME_MS
    for window_ms in sorted(w for w in sizes if w != ODD):
        if total <= bytes_most:
            break
        total -= sizes[window_ms]
        cut = window_ms + WINDOW_MS
    return cut


def _retain(core: Core, before_ms: int) -> int:
    sealing.seal(core)
    with core.to_seal:  # the snapshot below must not meet another one
        touched = [s for s in core.view.segments if _oldest(s) < before_ms]
        new: list[Segment] = []
        try:
            for segment in touched:
                _write_rest(core, segment, before_ms, new)
            _commit(core, before_ms, touched, new)
        except BaseException:
            core.unlink(new)
            raise
        core.unlink(touched)
    core.checkpoint()
    return sum(s.rows for s in touched) - sum(s.rows for s in new)


def _oldest(segment: Segment) -> float:
    """Oldest time in the segment; when it was sealed, for rows without a time."""
    times = segment.bounds[:, 2]
    oldest = float(np.nanmin(times)) if not np.isnan(times).all() else np.inf
    return min(oldest, segment.sealed_ms) if segment.window_ms == ODD else oldest


def _write_rest(core: Core, segment: Segment, before_ms: int, new: list[Segment]) -> None:
    """Write what of the segment is not older."""
    newest = np.nanmax(segment.bounds[:, 3]) if segment.window_ms != ODD else np.inf
    if newest < before_ms:
        return
    schema = SCHEMAS[segment.table]
    table = from_arrow(schema, read(core.files / segment.name, schema).whole(schema))
    undated = (table["time_ms"] == MISSING_TIME_MS) & (segment.sealed_ms >= before_ms)
    rest = table.take((table["time_ms"] >= before_ms) | undated)
    if len(rest):
        origin = sealing.Origin(segment.window_ms, segment.late, segment.last, segment.sealed_ms)
        sealing.write_run(core, [rest], origin, new)


def _commit(core: Core, before_ms: int, old: list[Segment], new: list[Segment]) -> None:
    with core.taking, core.committing, core.questions, core.state:
        kept = core.db.execute("SELECT seq, closed_ms, newest_ms, latest FROM snapshot").fetchone()
        with catalogue.transaction(core.maintenance, core.directory) as db:
            catalogue.drop_segments(db, old)
            catalogue.add_segments(db, new)
            db.execute("DELETE FROM block WHERE start_ms < ?", (before_ms,))
            identity_rows.forget(db, before_ms)
            if kept is not None:
                blob = _without(kept[3], before_ms)
                db.execute("UPDATE snapshot SET latest = ?", (blob,))
            catalogue.bump(db, "epoch")
        core.latest.forget(before_ms)
        core.change_segments({s.number for s in old}, new)


def _without(latest: bytes | None, before_ms: int) -> bytes | None:
    """The snapshot without vessels not heard since."""
    state = Latest(unpack(STATE, latest))
    state.forget(before_ms)
    return pack(state.state())
