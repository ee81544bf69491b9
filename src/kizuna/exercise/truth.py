"""The truth of an exercise as a table: what really happened, and what of it could be seen at all.

Whether something was *observable* follows from the reports that receivers actually got, for all receivers together
and for each owner alone. Without that a detector would be punished for what nobody could see.

Grades: ``required`` must be found if observable; ``allowed`` may be found (borderline, or a matter of definition);
``forbidden`` is a hard negative, for which an event is a false alarm.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from kizuna.base.table import Column, Kind, Schema, Table
from kizuna.base.units import HOUR_MS, MINUTE_S, SECOND_MS
from kizuna.exercise.behaviour import KINDS, Row
from kizuna.exercise.simulate_fleet import Vessel
from kizuna.exercise.simulate_motion import STEP_S
from kizuna.exercise.simulate_plant import ALLOWED, DELIBERATE, FORBIDDEN, INNOCENT, REQUIRED
from kizuna.fixes.table import ORIGIN
from kizuna.records.label import NOBODY

_SILENCE_MS: Final = HOUR_MS
"""Longest silence over which positions may be interpolated (the same, one hour)."""
TRUTH: Final = Schema(
    "truth",
    "What really happened in an exercise: one row a behaviour, measured on the true tracks.",
    (
        Column("label_id", Kind.TEXT, "Number of the row within the exercise."),
        Column("kind", Kind.CODE, "Kind of behaviour; the words of events where they exist.", codes=KINDS),
        Column("grade", Kind.CODE, "Whether an event for it is required, allowed or forbidden.",
               codes=(REQUIRED, ALLOWED, FORBIDDEN)),
        Column("planted", Kind.BOOL, "Planted on purpose; false for what ordinary traffic did by itself."),
        Column("mmsis", Kind.ARROW, "MMSIs of the actors, ascending.", arrow=pa.list_(pa.int32())),
        Column("vessels", Kind.ARROW, "Numbers of the vessels, ascending.", arrow=pa.list_(pa.int32())),
        Column("start_ms", Kind.TIME, "Start.", file_name="start_timestamp"),
        Column("end_ms", Kind.TIME, "End.", file_name="end_timestamp"),
        Column("lat_deg", Kind.F64, "Latitude halfway along the geometry.", unit="deg", file_name="lat"),
        Column("lon_deg", Kind.F64, "Longitude of it.", unit="deg", file_name="lon"),
        Column("geometry", Kind.TEXT, "Track of the first actor meanwhile, thinned, as WKT."),
        Column("zone_id", Kind.TEXT, "Zone of a visit; empty for other kinds."),
        Column("intent", Kind.CODE, "Deliberate or innocent.", codes=(DELIBERATE, INNOCENT)),
        Column("cause", Kind.TEXT, "What made it happen, in a word or two."),
        Column("observable", Kind.BOOL, "The reports of all receivers together show it."),
        Column("observable_by", Kind.ARROW, "Owners whose own receivers show it.", arrow=pa.list_(pa.string())),
        *ORIGIN,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reports:
    """Times (ms since the start) of heard position reports by vessel, and the owner of each one's receiver."""

    time_ms: tuple[npt.NDArray[np.int64], ...]
    owner: tuple[npt.NDArray[np.int8], ...]
    owners: tuple[str, ...]

    def of(self, vessel: int, owner: int | None) -> npt.NDArray[np.int64]:
        """Times at which a vessel was heard, by one owner or by all."""
        times = self.time_ms[vessel]
        return times if owner is None else times[self.owner[vessel] == owner]


def observable(row: Row, reports: Reports, owner: int | None) -> bool:
    """Whether the reports of one owner's receivers (None: of all) show the behaviour."""
    kind = row.label.kind
    heard = [reports.of(actor, owner) for actor in row.label.actors]
    if kind == "gap":
        return _gap_seen(heard[0], row)
    inside = [t[(t >= row.begin_ms) & (t <= row.end_ms)] for t in heard]
    if kind == "port_visit":
        return _call_seen(inside[0], row)
    if kind == "shared_mmsi":
        return all(len(t) >= 5 and t[-1] - t[0] > 4 * HOUR_MS for t in inside)  # noqa: PLR2004  the definition's numbers
    if kind == "zone_visit" and not all(_around(t, row) for t in heard):
        return False
    ends = np.array([row.begin_ms]), np.array([row.end_ms])
    return all(len(t) >= 2 and np.diff(np.concatenate([ends[0], t, ends[1]])).max() <= _SILENCE_MS for t in inside)  # noqa: PLR2004


def _around(times: npt.NDArray[np.int64], row: Row) -> bool:
    """Whether entry and exit show: reports before and after each, within a quarter of the stay, at most an hour."""
    reach_ms = min(_SILENCE_MS, (row.end_ms - row.begin_ms) // 4)
    return all(
        np.any((times >= low) & (times <= low + reach_ms))
        for end_ms in (row.begin_ms, row.end_ms)
        for low in (end_ms - reach_ms, end_ms)
    )


def _call_seen(inside: npt.NDArray[np.int64], row: Row) -> bool:
    """A port visit shows where two reports tell that the ship lies, and reports span half of her time at the port."""
    lying = (inside >= row.label.begin_s * SECOND_MS) & (inside <= row.label.end_s * SECOND_MS)
    return bool(lying.sum() >= 2 and inside[-1] - inside[0] >= (row.end_ms - row.begin_ms) / 2)  # noqa: PLR2004


def _gap_seen(times: npt.NDArray[np.int64], row: Row) -> bool:
    """A silence shows where reports stand close before its start and, unless it lasts to the end, after its end."""
    before = times[times <= row.begin_ms]
    after = times[times >= row.end_ms]
    if len(before) == 0 or row.begin_ms - before[-1] > _SILENCE_MS:
        return False
    if row.label.cause == "not heard again":
        return True
    return len(after) > 0 and bool(after[0] - row.end_ms <= _SILENCE_MS)


def table(rows: Sequence[Row], vessels: Sequence[Vessel], reports: Reports, start_ms: int, context: str) -> Table:
    """Rows as the table of truth, times as UTC."""
    lines = [_line(row, vessels) for row in rows]
    middle = [line.interpolate(0.5, normalized=True) for line in lines]
    owners = range(len(reports.owners))
    by_owner = [[reports.owners[o] for o in owners if observable(row, reports, o)] for row in rows]

    def codes(column: str, values: Sequence[str]) -> Any:
        words = TRUTH[column].codes or ()
        return np.array([words.index(v) for v in values], np.int32)

    nothing = np.zeros(len(rows), np.int32)
    return Table(TRUTH, {
        "label_id": pa.array([f"T{n:05d}" for n in range(1, len(rows) + 1)], pa.string()),
        "kind": codes("kind", [r.label.kind for r in rows]),
        "grade": codes("grade", [r.label.grade for r in rows]),
        "planted": np.array([r.planted for r in rows], np.bool_),
        "mmsis": pa.array([sorted(vessels[a].mmsi for a in r.label.actors) for r in rows], pa.list_(pa.int32())),
        "vessels": pa.array([sorted(r.label.actors) for r in rows], pa.list_(pa.int32())),
        "start_ms": np.array([start_ms + r.begin_ms for r in rows], np.int64),
        "end_ms": np.array([start_ms + r.end_ms for r in rows], np.int64),
        "lat_deg": np.array([p.y for p in middle], np.float64),
        "lon_deg": np.array([p.x for p in middle], np.float64),
        "geometry": pa.array([shapely.to_wkt(line, rounding_precision=5) for line in lines], pa.string()),
        "zone_id": pa.array([r.label.zone_id for r in rows], pa.string()),
        "intent": codes("intent", [r.label.intent for r in rows]),
        "cause": pa.array([r.label.cause for r in rows], pa.string()),
        "observable": np.array([observable(r, reports, None) for r in rows], np.bool_),
        "observable_by": pa.array(by_owner, pa.list_(pa.string())),
        "label": nothing, "context": nothing,
    }, {"label": (NOBODY,), "context": (context,)})  # fmt: skip


def _line(row: Row, vessels: Sequence[Vessel]) -> shapely.LineString:
    """Track of the first actor during a behaviour, a point every ten minutes and at both ends."""
    track = vessels[row.label.actors[0]].track
    last = len(track) - 1
    low = min(max(row.begin_ms // SECOND_MS // STEP_S - track.first, 0), last)
    high = min(max(row.end_ms // SECOND_MS // STEP_S - track.first, low), last)
    at = np.unique(np.append(np.arange(low, high + 1, 10 * MINUTE_S // STEP_S), high))
    if len(at) == 1:
        at = np.append(at, at)
    return shapely.LineString(np.column_stack([track.lon_deg[at], track.lat_deg[at]]))


def to_json(truth: Table, facts: dict[str, Any]) -> bytes:
    """The table and facts of the exercise as JSON, times in ISO 8601."""
    rows = truth.to_arrow().to_pylist()
    for row in rows:
        for name in ("start_timestamp", "end_timestamp"):
            row[name] = row[name].isoformat().replace("+00:00", "Z")
    return (json.dumps({**facts, "truth": rows}, indent=1, ensure_ascii=False) + "\n").encode()
