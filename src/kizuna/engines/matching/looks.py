"""Looks of sensors: which detections belong together, and what matching says of them, whoever brought them.

The command and the running node both work through here, so that the same detections on the same tracks are told alike.
The detections of one look are judged in order of time and id: in which order they came makes no difference.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table, concat, empty
from kizuna.base.units import MINUTE_MS
from kizuna.base.utc import iso
from kizuna.engines.matching.scene import Judged
from kizuna.events import dark
from kizuna.fixes.detections import SCENES, SENSORS

TOGETHER_MS: Final = 5 * MINUTE_MS
"""Detections without a scene are one look where source and sensor agree and they lie in one span of this length."""
JUDGED: Final = (
    "verdict", "mmsi", "seg_id", "distance_m", "match_cost", "match_probability", "ais_probability",
)  # fmt: skip
"""Columns of detections that matching fills."""
Key = tuple[str, str, int, int]
"""Name of the scene (empty where none), source, sensor, and number of the span (-1 for a named scene)."""


def keys_of(seen: Table) -> list[Key]:
    """The look that each detection belongs to where no file states its scene."""
    sources = seen.codes_of("source_id")
    rows = zip(seen["scene_id"].to_pylist(), seen["source_id"].tolist(), seen["sensor"].tolist(),
               (seen["time_ms"] // TOGETHER_MS).tolist(), strict=True)  # fmt: skip
    return [(name or "", sources[s] if s >= 0 else "", k, slot if name is None else -1) for name, s, k, slot in rows]


def looks_of(seen: Table, known: Table, label: str, context: str) -> tuple[Table, Array]:
    """All scenes, those that none of ``known`` states made up from the detections, and the scene of each detection."""
    names = {name: k for k, name in enumerate(known["scene_id"].to_pylist())}
    number = np.full(len(seen), -1, np.int64)
    made: dict[Key, list[int]] = {}
    for row, (name, key) in enumerate(zip(seen["scene_id"].to_pylist(), keys_of(seen), strict=True)):
        if name is not None and name in names:
            number[row] = names[name]
        else:
            made.setdefault(key, []).append(row)
    more = _made_up(made, seen, label, context)
    for k, rows in enumerate(made.values()):
        number[rows] = len(known) + k
    return (concat([known, more]) if len(known) else more), number


def _made_up(made: dict[Key, list[int]], seen: Table, label: str, context: str) -> Table:
    n = len(made)
    sources = tuple(dict.fromkeys(source for _, source, _, _ in made))
    done = dict(empty(SCENES, n).columns)
    middle = [int(np.median(seen["time_ms"][rows])) for rows in made.values()]
    done |= {
        "scene_id": pa.array([
            name or f"{source} {SENSORS[kind]} {iso(t)}"
            for (name, source, kind, _), t in zip(made, middle, strict=True)
        ], pa.string()),
        "sensor": np.array([k[2] for k in made], np.int32),
        "source_id": np.array([sources.index(k[1]) for k in made], np.int32),
        "time_ms": np.array(middle, np.int64), "label": np.zeros(n, np.int32), "context": np.zeros(n, np.int32),
    }  # fmt: skip
    return Table(SCENES, done, {"source_id": sources, "label": (label,), "context": (context,)})


def rows_by_scene(seen: Table, number: Array, scenes: int) -> list[Array]:
    """Rows of the detections of each scene, by time and id."""
    order = np.lexsort((seen["det_id"], seen["time_ms"], number))
    ends = np.searchsorted(number[order], np.arange(scenes + 1))
    return [order[a:b] for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]


def filled(seen: Table, order: list[Array], judged: list[Judged]) -> Table:
    """The detections with what matching says of each."""
    columns: dict[str, Array] = {name: seen[name].copy() for name in JUDGED}
    for rows, j in zip(order, judged, strict=True):
        for name, column in columns.items():
            column[rows] = getattr(j, name)
    return seen.replace(**columns)


def around(
    done: Table, order: list[Array], judged: list[Judged], scenes: Table, fixed: tuple[Array, Array], p: dark.Params
) -> dark.Around:
    """What dark events want to know around each detection; ``fixed`` are known fixed objects."""
    n = len(done)
    heard, share = np.full(n, np.nan), np.full(n, np.nan)
    scene = np.zeros(n, np.int64)
    for k, (rows, j) in enumerate(zip(order, judged, strict=True)):
        heard[rows], share[rows], scene[rows] = j.heard, j.found_share, k
    repeats = dark.same_place(done, scene, scenes["time_ms"], p)
    return dark.Around(heard, share, repeats, dark.nearest_m(done, *fixed))
