"""The truth of an exercise: what really happened, and what of it could be seen at all.

Planted behaviours are measured on the true tracks; visits to zones, meetings, slow drifting and silences that the
ordinary traffic made by itself are found there too, so that a detector is not punished for finding them. Distances
come from pyproj, areas from shapely. Whether something was *observable* follows from the reports that receivers
actually got, for all receivers together and for each owner alone.

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
from kizuna.base.units import HOUR_MS, HOUR_S, MINUTE_MS, MINUTE_S, NM_M, SECOND_MS
from kizuna.exercise import world
from kizuna.exercise.simulate_fleet import Vessel
from kizuna.exercise.simulate_motion import STEP_S, Track
from kizuna.exercise.simulate_plant import ALLOWED, DELIBERATE, FORBIDDEN, INNOCENT, REQUIRED, Label
from kizuna.fixes.table import ORIGIN
from kizuna.records.label import NOBODY

KINDS: Final = ("gap", "encounter", "loitering", "zone_visit", "shared_mmsi")
MEETING_M: Final = 500.0
"""Distance of an encounter (Global Fishing Watch's definition)."""
SLOW_KN: Final = 2.0
"""Speed below which ships meet or loiter (the same)."""
_SILENCE_MS: Final = HOUR_MS
"""Longest silence over which positions may be interpolated (the same, one hour)."""
_SHORT_VISIT_MS: Final = 10 * MINUTE_MS
_SHALLOW_M: Final = 60.0
"""A stay no deeper than this may vanish in the error of positions."""
HYSTERESIS_M: Final = 0.1 * NM_M
"""Excursions that stay closer to the line than this do not end a visit."""
_AWAY_S: Final = 5 * MINUTE_S
"""Two stays are two without doubt when the ship was beyond that for so long in between."""
_SLOT_S: Final = 5 * MINUTE_S
_LOOSE: Final = 1.25
"""How much wider than the definition something may be and still count as borderline."""

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


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour before it becomes a row of the table; times in milliseconds since the start."""

    label: Label
    begin_ms: int
    end_ms: int
    planted: bool


def measure(
    vessels: Sequence[Vessel], labels: Sequence[Label], reports: Reports, length_s: float, gap_s: float
) -> list[Row]:
    """All behaviours: planted ones as they really came out, and those of the ordinary traffic."""
    rows = [_planted(vessels, label) for label in labels if label.kind != "zone_visit"]
    rows += _visits(vessels, [label for label in labels if label.kind == "zone_visit"], length_s)
    rows += _silences(reports, rows, length_s, gap_s)
    rows += _slow(vessels, rows)
    rows += _meetings(vessels, rows, length_s)
    return sorted(rows, key=lambda r: (KINDS.index(r.label.kind), r.begin_ms, r.label.actors))


def _planted(vessels: Sequence[Vessel], label: Label) -> Row:
    """A planted label with its interval measured where the motion decides it."""
    begin_s, end_s = label.begin_s, label.end_s
    if label.kind == "encounter" and label.grade == REQUIRED:
        begin_s, end_s = _together(vessels, label, _meets)
    elif label.kind == "loitering":
        begin_s, end_s = _together(vessels, label, lambda slow, _: slow)
    return Row(label, round(begin_s * SECOND_MS), round(end_s * SECOND_MS), planted=True)


def _meets(slow: npt.NDArray[np.bool_], apart_m: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return slow & (apart_m < MEETING_M)


def _together(vessels: Sequence[Vessel], label: Label, rule: Any) -> tuple[float, float]:
    """The run of steps around the middle of a label in which the rule holds for its actors."""
    tracks = [vessels[a].track for a in label.actors]
    first = max(t.first for t in tracks)
    last = min(t.first + len(t) for t in tracks)
    cut = [slice(first - t.first, last - t.first) for t in tracks]
    slow = np.logical_and.reduce([t.sog_kn[c] < SLOW_KN for t, c in zip(tracks, cut, strict=True)])
    (a, cut_a), (b, cut_b) = (tracks[0], cut[0]), (tracks[-1], cut[-1])
    apart_m = np.asarray(world.GEOD.inv(a.lon_deg[cut_a], a.lat_deg[cut_a], b.lon_deg[cut_b], b.lat_deg[cut_b])[2])
    holds = rule(slow, apart_m)
    middle = round((label.begin_s + label.end_s) / 2 / STEP_S) - first
    runs = [(low, high) for low, high in _runs(holds) if low <= middle < high]
    if not runs:
        raise AssertionError(f"the planted {label.kind} did not happen")
    low, high = runs[0]
    return (first + low) * STEP_S, (first + high - 1) * STEP_S


def _runs(holds: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open runs of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _visits(vessels: Sequence[Vessel], planted: Sequence[Label], length_s: float) -> list[Row]:
    """Every stay of every vessel in every zone.

    Stays parted by an excursion of less than 0.1 nm are one. Allowed, not required: short stays, those that hardly
    cross the line or only run along it, those cut by the edge of the exercise, and neighbours parted by a middling
    excursion.
    """
    rows = []
    for zone in world.zones():
        shapely.prepare(zone.polygon)
        for number, vessel in enumerate(vessels):
            mine = [p for p in planted if p.zone_id == zone.zone_id and p.actors == (number,)]
            stays = [_visit(number, vessel, zone, stay, mine, length_s) for stay in _stays(vessel.track, zone)]
            rows += stays + _grazes(number, vessel.track, zone, stays)
    return rows


def _visit(
    number: int, vessel: Vessel, zone: world.ZoneArea, stay: _Stay, planted: Sequence[Label], length_s: float
) -> Row:
    begin_s, end_s = (vessel.track.first + stay.low) * STEP_S, (vessel.track.first + stay.high - 1) * STEP_S
    mine = [p for p in planted if p.begin_s < end_s and begin_s < p.end_s]
    whole = begin_s > 0 and end_s < length_s - STEP_S and end_s - begin_s >= _SHORT_VISIT_MS / SECOND_MS
    grade = REQUIRED if whole and stay.plain and _depth_m(vessel.track, zone, stay) > _SHALLOW_M else ALLOWED
    intent, cause = (mine[0].intent, mine[0].cause) if mine else (INNOCENT, f"ordinary {vessel.kind}")
    label = Label("zone_visit", (number,), begin_s, end_s, intent, cause, grade, zone.zone_id)
    return Row(label, begin_s * SECOND_MS, end_s * SECOND_MS, planted=bool(mine))


@dataclass(frozen=True, slots=True)
class _Stay:
    """Half-open run of steps inside a zone; ``plain`` when no middling excursion makes its ends debatable."""

    low: int
    high: int
    plain: bool


def _stays(track: Track, zone: world.ZoneArea) -> list[_Stay]:
    runs = _runs(_inside(zone.polygon, track))
    stays: list[_Stay] = []
    for low, high in runs:
        if not stays:
            stays.append(_Stay(low, high, plain=True))
            continue
        last = stays[-1]
        away_m = _line_distance_m(track, zone, last.high, low)
        if away_m.max() < HYSTERESIS_M / _LOOSE:
            stays[-1] = _Stay(last.low, high, last.plain)
            continue
        plain = bool(np.count_nonzero(away_m > HYSTERESIS_M * _LOOSE) * STEP_S >= _AWAY_S)
        stays[-1] = _Stay(last.low, last.high, last.plain and plain)
        stays.append(_Stay(low, high, plain))
    return stays


def _grazes(number: int, track: Track, zone: world.ZoneArea, stays: Sequence[Row]) -> list[Row]:
    """Passages so close along the line of a zone that an error of positions makes a visit of them: allowed."""
    near, touching = (_inside(shapely.buffer(zone.polygon, reach_m / 95_000.0), track)  # degrees, roughly
                      for reach_m in (HYSTERESIS_M, _SHALLOW_M))  # fmt: skip
    rows = []
    for low, high in _runs(near):
        begin_ms, end_ms = ((track.first + at) * STEP_S * SECOND_MS for at in (low, high - 1))
        sure = any(r.label.grade == REQUIRED and r.begin_ms < end_ms and begin_ms < r.end_ms for r in stays)
        if touching[low:high].any() and not sure:
            label = Label("zone_visit", (number,), begin_ms / SECOND_MS, end_ms / SECOND_MS, INNOCENT,
                          "along the line", ALLOWED, zone.zone_id)  # fmt: skip
            rows.append(Row(label, begin_ms, end_ms, planted=False))
    return rows


def _inside(area: shapely.Polygon, track: Track) -> npt.NDArray[np.bool_]:
    return np.asarray(shapely.contains_xy(area, track.lon_deg, track.lat_deg), np.bool_)


def _line_distance_m(track: Track, zone: world.ZoneArea, low: int, high: int) -> npt.NDArray[np.float64]:
    """Distance of steps from the line of a zone, on a local plane; good to a few per cent near it."""
    scale = np.array([111_320.0 * np.cos(np.radians(zone.polygon.centroid.y)), 110_850.0])
    ring = shapely.transform(zone.polygon.exterior, lambda xy: xy * scale)
    points = shapely.points(np.column_stack([track.lon_deg[low:high], track.lat_deg[low:high]]) * scale)
    return np.asarray(shapely.distance(points, ring), np.float64)


def _depth_m(track: Track, zone: world.ZoneArea, stay: _Stay) -> float:
    return float(_line_distance_m(track, zone, stay.low, stay.high).max())


def _silences(reports: Reports, rows: Sequence[Row], length_s: float, gap_s: float) -> list[Row]:
    """Silences that were not switched on board: bad coverage, or the ship left. An event for them is allowed."""
    planted = {row.label.actors[0]: row for row in rows if row.label.kind == "gap"}
    found = []
    for number, times in enumerate(reports.time_ms):
        if len(times) == 0:
            continue
        edges = np.append(times, round(length_s * SECOND_MS))
        for at in np.flatnonzero(np.diff(edges) >= gap_s * SECOND_MS / _LOOSE):
            cause = "not heard again" if at == len(times) - 1 else "out of coverage"
            begin_ms, end_ms = int(edges[at]), int(edges[at + 1])
            switched = planted.get(number)
            if switched and begin_ms < switched.end_ms and switched.begin_ms < end_ms:
                continue
            label = Label("gap", (number,), begin_ms / SECOND_MS, end_ms / SECOND_MS, INNOCENT, cause, ALLOWED)
            found.append(Row(label, begin_ms, end_ms, planted=False))
    return found


def _slow(vessels: Sequence[Vessel], rows: Sequence[Row]) -> list[Row]:
    """Other ships that drift for an hour or more outside ports: an event for them is allowed."""
    taken = {row.label.actors[0] for row in rows if row.label.kind == "loitering"}
    found = []
    for number, vessel in enumerate(vessels):
        if number in taken:
            continue
        track = vessel.track
        slow = (track.sog_kn < SLOW_KN * _LOOSE) & ~in_port(track.lon_deg, track.lat_deg)
        for low, high in _runs(slow):
            begin_s, end_s = (track.first + low) * STEP_S, (track.first + high - 1) * STEP_S
            if end_s - begin_s >= HOUR_S:
                label = Label("loitering", (number,), begin_s, end_s, INNOCENT, f"slow {vessel.kind}", ALLOWED)
                found.append(Row(label, begin_s * SECOND_MS, end_s * SECOND_MS, planted=False))
    return found


def in_port(lon_deg: npt.NDArray[np.float64], lat_deg: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether positions lie in a berth area or anchorage, or within 2 km of one."""
    inside = np.zeros(len(lon_deg), np.bool_)
    for port in world.ports().values():
        for disc in (port.berth, port.anchorage):
            east = (lon_deg - disc.lon_deg) * 111_320.0 * np.cos(np.radians(disc.lat_deg))
            inside |= np.hypot(east, (lat_deg - disc.lat_deg) * 110_900.0) < disc.radius_m + 2_000.0
    return inside


def _meetings(vessels: Sequence[Vessel], rows: Sequence[Row], length_s: float) -> list[Row]:
    """Other pairs of slow ships close together at sea for an hour or more: an event for them is allowed."""
    taken = {row.label.actors for row in rows if row.label.kind == "encounter"}
    slots = np.arange(0, length_s, _SLOT_S)
    seen: dict[tuple[int, int], list[int]] = {}
    for slot, time_s in enumerate(slots):
        step = round(time_s / STEP_S)
        here = [(n, v.track, step - v.track.first) for n, v in enumerate(vessels)
                if 0 <= step - v.track.first < len(v.track)]  # fmt: skip
        here = [(n, t, i) for n, t, i in here if t.sog_kn[i] < SLOW_KN * _LOOSE]
        if not here:
            continue
        lon, lat = np.array([t.lon_deg[i] for _, t, i in here]), np.array([t.lat_deg[i] for _, t, i in here])
        sea = ~in_port(lon, lat)
        numbers = np.array([n for n, _, _ in here])[sea]
        plane = shapely.points(lon[sea] * 100_000.0, lat[sea] * 111_000.0)  # coarse; the distance decides below
        tree = shapely.STRtree(plane)
        a, b = tree.query(plane, predicate="dwithin", distance=2 * MEETING_M)
        once = a < b
        a, b = a[once], b[once]
        apart_m = np.asarray(world.GEOD.inv(lon[sea][a], lat[sea][a], lon[sea][b], lat[sea][b])[2])
        for i in np.flatnonzero(apart_m < MEETING_M * _LOOSE):
            seen.setdefault((int(numbers[a[i]]), int(numbers[b[i]])), []).append(slot)
    found = []
    for pair, at in sorted(seen.items()):
        holds = np.zeros(len(slots), np.bool_)
        holds[at] = True
        for low, high in _runs(holds):
            begin_s, end_s = float(slots[low]), float(slots[high - 1])
            if end_s - begin_s >= HOUR_S and pair not in taken:
                label = Label("encounter", pair, begin_s, end_s, INNOCENT, "close and slow", ALLOWED)
                found.append(Row(label, round(begin_s * SECOND_MS), round(end_s * SECOND_MS), planted=False))
    return found


def observable(row: Row, reports: Reports, owner: int | None) -> bool:
    """Whether the reports of one owner's receivers (None: of all) show the behaviour."""
    kind = row.label.kind
    heard = [reports.of(actor, owner) for actor in row.label.actors]
    if kind == "gap":
        return _gap_seen(heard[0], row)
    inside = [t[(t >= row.begin_ms) & (t <= row.end_ms)] for t in heard]
    if kind == "shared_mmsi":
        return all(len(t) >= 5 and t[-1] - t[0] > 4 * HOUR_MS for t in inside)  # noqa: PLR2004  the definition's numbers
    if kind == "zone_visit" and not all(_around(t, row) for t in heard):
        return False
    ends = np.array([row.begin_ms]), np.array([row.end_ms])
    return all(len(t) >= 2 and np.diff(np.concatenate([ends[0], t, ends[1]])).max() <= _SILENCE_MS for t in inside)  # noqa: PLR2004


def _around(times: npt.NDArray[np.int64], row: Row) -> bool:
    """Whether the ship was heard shortly before and shortly after, so that entry and exit show."""
    before = np.any((times < row.begin_ms) & (times >= row.begin_ms - _SILENCE_MS))
    return bool(before and np.any((times > row.end_ms) & (times <= row.end_ms + _SILENCE_MS)))


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
