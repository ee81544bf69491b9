"""Compaction: runs of one window become one run in which a vessel's rows lie together.

Each sealing leaves a run for each window that it touched. Up to sixteen are merged at a time, those of like size first,
so a row is written a few times in its life and not once for each that comes after it; a few late rows wait beside the
large run until they are worth it. Rows are read and written by ranges of MMSI, so memory does not grow with the window.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kizuna.base.table import Table, concat, from_arrow
from kizuna.base.units import MISSING_TIME_MS
from kizuna.stores.keep import catalogue
from kizuna.stores.keep.core import Core
from kizuna.stores.keep.params import FILE_ROWS, WINDOW_MS
from kizuna.stores.keep.pieces import SCHEMAS
from kizuna.stores.keep.sealing import Origin, write_run
from kizuna.stores.keep.segments import Segment, in_order, read

RUNS_MOST: Final = 16
"""Runs merged at once; also the runs of a window that is still open before they are merged."""
_UNEQUAL: Final = 4
"""A run that is more than so many times the rest is left alone."""
_PART_ROWS: Final = FILE_ROWS * 9 // 10
"""Rows aimed at for a file; ranges are cut by bounds and come out a little uneven."""

Runs = dict[tuple[str, int, bool], dict[int, list[Segment]]]


def compact(core: Core) -> int:
    """Merge all runs that are worth it; rows written. Raises UnavailableError when the disk is full."""
    written = 0
    while True:
        with core.maintaining:
            runs = _worth_merging(core)
            if not runs:
                return written
            written += _merge(core, runs)


def _worth_merging(core: Core) -> list[list[Segment]]:
    """Runs to merge next; none when there is nothing to do."""
    by: Runs = {}
    for s in core.view.segments:
        by.setdefault((s.table, s.window_ms, s.late), {}).setdefault(s.run, []).append(s)
    for (_, window_ms, _), runs in sorted(by.items()):
        over = core.closed_ms != MISSING_TIME_MS and window_ms + WINDOW_MS <= core.closed_ms
        if not (over or len(runs) >= RUNS_MOST):
            continue
        ordered = sorted(runs.values(), key=_rows)
        chosen: list[list[Segment]] = []
        for run in ordered[:RUNS_MOST]:
            if chosen and _rows(run) > _UNEQUAL * sum(map(_rows, chosen)) and len(chosen) > 1:
                break
            chosen.append(run)
        small = sum(map(_rows, chosen[:-1]))
        if len(chosen) == 2 and _rows(chosen[1]) > _UNEQUAL * small:  # noqa: PLR2004  two runs, unlike in size
            continue
        if len(chosen) > 1:
            return chosen
    return []


def _rows(run: list[Segment]) -> int:
    return sum(s.rows for s in run)


def _merge(core: Core, runs: list[list[Segment]]) -> int:
    old = [s for run in runs for s in run]
    origin = Origin(old[0].window_ms, old[0].late, max(s.last for s in old), max(s.sealed_ms for s in old))
    new: list[Segment] = []
    try:
        core.check_room()
        run = 0
        for low, high in _ranges(old):
            part = _read_range(core, old, low, high)
            if len(part):
                run = write_run(core, [in_order(part)], origin, new, run)
        with core.committing, core.questions:
            with catalogue.transaction(core.maintenance, core.directory) as db:
                catalogue.drop_segments(db, old)
                catalogue.add_segments(db, new)
                catalogue.bump(db, "epoch")
            named, new = new, []
            core.change_segments({s.number for s in old}, named)
    except BaseException:
        core.unlink(new)
        raise
    core.unlink(old)
    core.checkpoint()
    return sum(s.rows for s in named)


def _ranges(segments: list[Segment]) -> list[tuple[float, float]]:
    """Ranges of MMSI (both ends included) of about one file each."""
    bounds = np.concatenate([s.bounds for s in segments])
    high = bounds[:, 1]
    order = np.argsort(high, kind="stable")
    total = np.cumsum(bounds[order, -1])
    cut = np.flatnonzero(np.diff(total // _PART_ROWS)) if len(total) > 1 else np.empty(0, np.int64)
    ends = np.unique(high[order][cut])
    ends = ends[ends < high.max()]
    return list(zip([-np.inf, *(ends + 1)], [*ends, np.inf], strict=True))


def _read_range(core: Core, segments: list[Segment], low: float, high: float) -> Table:
    """Rows of the range of all segments, in no order."""
    parts = []
    schema = SCHEMAS[segments[0].table]
    for s in segments:
        groups = np.flatnonzero((s.bounds[:, 0] <= high) & (s.bounds[:, 1] >= low))
        if len(groups):
            part = from_arrow(schema, read(core.files / s.name, schema, groups.tolist()).whole(schema))
            inside = (part["mmsi"] >= low) & (part["mmsi"] <= high)
            parts.append(part if inside.all() else part.take(inside))
    return concat(parts)
