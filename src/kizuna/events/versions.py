"""Joins the events of a new run with those of an earlier one, so that no event ever changes or vanishes silently.

For every event of the earlier table that is still in force (open or closed):

- found again, unchanged: it stays, with its version;
- found again, changed: the old row is ``superseded``, the new one has the next version and the same id;
- not found again although the new run covers its start: ``retracted``. Where a new event of the same type and vessels
  (and zone) overlaps it, its start has moved: the old row names the new id in ``superseded_by``;
- outside the time that the new run covers: untouched, because the run says nothing about it.

The reason is ``reprocessed`` where the rule's version or parameters differ, else ``late_data``. Rows that were no
longer in force stay as they are. What counts as a change is listed in ``COMPARED``; distances to port and shore and the
mask are left out, because anchorages computed from more data move every time.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Table, concat
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.events.detect import in_order
from kizuna.events.table import REASONS, STATUSES

Run = tuple[int, int]
"""First and last time of the fixes that the new run saw, milliseconds UTC."""

COMPARED: Final = (
    "status", "vessel_ids", "mmsis", "seg_ids", "start_ms", "end_ms", "start_lat_deg", "start_lon_deg", "end_lat_deg",
    "end_lon_deg", "duration_h", "distance_m", "implied_speed_kn", "median_speed_kn", "median_distance_m", "regions",
    "confidence_word", "level", "rule_version", "params", "proof", "alternatives",
)  # fmt: skip
"""Columns in which a difference makes a new version, with the verdicts of the evidence."""

_IN_FORCE: Final = tuple(STATUSES.index(s) for s in ("open", "closed"))
_SUPERSEDED: Final = STATUSES.index("superseded")
_RETRACTED: Final = STATUSES.index("retracted")


def compare(earlier: Table, new: Table, run: Run) -> Table:
    """One table with the events of both, sorted by start, id and version."""
    ids, new_ids = earlier["event_id"].to_pylist(), new["event_id"].to_pylist()
    in_force = np.isin(earlier["status"], _IN_FORCE)
    old_row = {ids[k]: k for k in np.flatnonzero(in_force).tolist()}
    newest = _newest(ids, earlier["version"])
    rules = _rules(new)
    status, reason = earlier["status"].copy(), earlier["status_reason"].copy()
    by: list[str | None] = earlier["superseded_by"].to_pylist()
    version = np.array([newest.get(event_id, 0) + 1 for event_id in new_ids], np.int32)
    again = np.array([j for j, event_id in enumerate(new_ids) if event_id in old_row], np.int64)
    before = np.array([old_row.pop(new_ids[j]) for j in again.tolist()], np.int64)
    changed = _changed(earlier.take(before), new.take(again))
    keep_new = np.ones(len(new), np.bool_)
    keep_new[again[~changed]] = False
    for k in before[changed].tolist():
        status[k], by[k], reason[k] = _SUPERSEDED, ids[k], _reason(earlier, k, rules)
    known = set(ids)
    fresh = [j for j, event_id in enumerate(new_ids) if event_id not in known]
    moved = _Moved(new, fresh)
    for k in old_row.values():
        if not run[0] <= int(earlier["start_ms"][k]) <= run[1]:
            continue
        status[k], reason[k] = _RETRACTED, _reason(earlier, k, rules)
        other = moved.to(earlier, k)
        if other is not None:
            by[k] = new_ids[other]
    old = earlier.replace(status=status, status_reason=reason, superseded_by=pa.array(by, pa.string()))
    return in_order(concat([old, new.replace(version=version).take(keep_new)]))


def _newest(ids: list[str], version: Array) -> dict[str, int]:
    out: dict[str, int] = {}
    for event_id, v in zip(ids, version.tolist(), strict=True):
        out[event_id] = max(out.get(event_id, 0), v)
    return out


def _rules(new: Table) -> dict[int, set[tuple[str, str]]]:
    """Versions and parameters of the rules by which the new events of each type were found."""
    out: dict[int, set[tuple[str, str]]] = {}
    columns = (new["event_type"].tolist(), new["rule_version"].to_pylist(), new["params"].to_pylist())
    for kind, version, params in zip(*columns, strict=True):
        out.setdefault(kind, set()).add((version, params))
    return out


def _reason(earlier: Table, k: int, rules: dict[int, set[tuple[str, str]]]) -> int:
    mine = (earlier["rule_version"][k].as_py(), earlier["params"][k].as_py())
    other_rule = mine not in rules.get(int(earlier["event_type"][k]), {mine})
    return REASONS.index("reprocessed" if other_rule else "late_data")


def _changed(old: Table, new: Table) -> Array:
    """Whether each row differs from the row of the same number in one of the columns compared."""
    out = np.zeros(len(old), np.bool_)
    for name in COMPARED:
        a, b = old[name], new[name]
        if isinstance(a, np.ndarray):
            out |= (a != b) & ~((a != a) & (b != b))  # noqa: PLR0124  missing on both sides is no difference
        else:
            out |= _lists_differ(a, b)
    return out | _lists_differ(_verdicts(old), _verdicts(new))


def _lists_differ(a: pa.Array, b: pa.Array) -> Array:
    return np.array([not one.equals(two) for one, two in zip(a, b, strict=True)], np.bool_)


def _verdicts(events: Table) -> pa.Array:
    """What the tests of each event came to, as lists of true, false and null."""
    tests = events["evidence"]
    lengths = pc.list_value_length(tests).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), tests.flatten().field("passed"))


class _Moved:
    """New events by type, vessels and zone, to find the one whose start has moved."""

    def __init__(self, new: Table, rows: list[int]) -> None:
        self._new = new
        self._rows: dict[Any, list[int]] = {}
        for j in rows:
            self._rows.setdefault(_kin(new, j), []).append(j)

    def to(self, earlier: Table, k: int) -> int | None:
        """The new event that shares most time with an old one of its kind; None where none shares any."""
        start, end = _interval(earlier, k)
        best, most = None, 0
        for j in self._rows.get(_kin(earlier, k), ()):
            other_start, other_end = _interval(self._new, j)
            shared = min(end, other_end) - max(start, other_start)
            if shared > most:
                best, most = j, shared
        return best


def _kin(events: Table, k: int) -> Any:
    """What must agree for two events to be one whose start moved: type, vessels and, for zone visits, the zone."""
    kind = events.codes_of("event_type")[events["event_type"][k]]
    zones = tuple(r["zone_id"] for r in events["regions"][k].as_py()) if kind == "zone_visit" else ()
    return kind, tuple(events["mmsis"][k].as_py()), zones


def _interval(events: Table, k: int) -> tuple[int, int]:
    """Start and end; for an open event the end of what was known."""
    start, end = int(events["start_ms"][k]), int(events["end_ms"][k])
    if end == MISSING_TIME_MS:
        end = start + round(float(events["duration_h"][k]) * HOUR_MS)
    return start, end
