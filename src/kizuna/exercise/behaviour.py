"""What really happened, measured on the true tracks.

Planted behaviours get the interval that the motion gave them. Visits to zones, meetings, slow drifting and silences
that the ordinary traffic made by itself are found as well, so that a detector is not punished for finding them.
Distances come from pyproj, areas from shapely; no kernel of the product takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from kizuna.base.units import HOUR_S, MINUTE_MS, MINUTE_S, NM_M, SECOND_MS
from kizuna.exercise import simulate_ports, world
from kizuna.exercise.simulate_fleet import Vessel
from kizuna.exercise.simulate_motion import STEP_S, Track
from kizuna.exercise.simulate_plant import ALLOWED, INNOCENT, REQUIRED, Label

Flags = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]
Rule = Callable[[Flags, npt.NDArray[np.float64]], Flags]
"""From "both are slow" and their distance in metres to whether the behaviour holds."""
KINDS: Final = ("gap", "encounter", "loitering", "zone_visit", "shared_mmsi", "port_visit")
"""Kinds of behaviour; the words of events where they exist."""
MEETING_M: Final = 500.0
"""Distance of an encounter (Global Fishing Watch's definition)."""
SLOW_KN: Final = 2.0
"""Speed below which ships meet or loiter (the same)."""
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


@dataclass(frozen=True, slots=True)
class Row:
    """One behaviour before it becomes a row of the table; times in milliseconds since the start."""

    label: Label
    begin_ms: int
    end_ms: int
    planted: bool


def measure(
    vessels: Sequence[Vessel], labels: Sequence[Label], heard_ms: Sequence[Times], length_s: float, gap_s: float
) -> list[Row]:
    """All behaviours: planted ones as they really came out, and those of the ordinary traffic.

    ``heard_ms`` holds per vessel the sorted times at which a position of hers was heard, in milliseconds.
    """
    rows = [_planted(vessels, label) for label in labels if label.kind != "zone_visit"]
    rows += _visits(vessels, [label for label in labels if label.kind == "zone_visit"], length_s)
    rows += _silences(heard_ms, rows, length_s, gap_s)
    rows += _slow(vessels, rows)
    rows += _meetings(vessels, rows, length_s)
    rows += [Row(label, first * STEP_S * SECOND_MS, last * STEP_S * SECOND_MS, planted=False)
             for label, first, last in simulate_ports.visits(vessels)]  # fmt: skip
    return sorted(rows, key=lambda r: (KINDS.index(r.label.kind), r.begin_ms, r.label.actors))


def _planted(vessels: Sequence[Vessel], label: Label) -> Row:
    """A planted label with its interval measured where the motion decides it."""
    begin_s, end_s = label.begin_s, label.end_s
    if label.kind == "encounter" and label.grade == REQUIRED:
        begin_s, end_s = _together(vessels, label, _meets)
    elif label.kind == "loitering":
        begin_s, end_s = _together(vessels, label, lambda slow, _: slow)
    return Row(label, round(begin_s * SECOND_MS), round(end_s * SECOND_MS), planted=True)


def _meets(slow: Flags, apart_m: npt.NDArray[np.float64]) -> Flags:
    return slow & (apart_m < MEETING_M)


def _together(vessels: Sequence[Vessel], label: Label, rule: Rule) -> tuple[float, float]:
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
    around = [(low, high) for low, high in runs(holds) if low <= middle < high]
    if not around:
        raise AssertionError(f"the planted {label.kind} did not happen")
    low, high = around[0]
    return (first + low) * STEP_S, (first + high - 1) * STEP_S


def runs(holds: Flags) -> list[tuple[int, int]]:
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
    stays: list[_Stay] = []
    for low, high in runs(_inside(zone.polygon, track)):
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
    for low, high in runs(near):
        begin_ms, end_ms = ((track.first + at) * STEP_S * SECOND_MS for at in (low, high - 1))
        sure = any(r.label.grade == REQUIRED and r.begin_ms < end_ms and begin_ms < r.end_ms for r in stays)
        if touching[low:high].any() and not sure:
            label = Label("zone_visit", (number,), begin_ms / SECOND_MS, end_ms / SECOND_MS, INNOCENT,
                          "along the line", ALLOWED, zone.zone_id)  # fmt: skip
            rows.append(Row(label, begin_ms, end_ms, planted=False))
    return rows


def _inside(area: shapely.Polygon, track: Track) -> Flags:
    return np.asarray(shapely.contains_xy(area, track.lon_deg, track.lat_deg), np.bool_)


def _line_distance_m(track: Track, zone: world.ZoneArea, low: int, high: int) -> npt.NDArray[np.float64]:
    """Distance of steps from the line of a zone, on a local plane; good to a few per cent near it."""
    scale = np.array([111_320.0 * np.cos(np.radians(zone.polygon.centroid.y)), 110_850.0])
    ring = shapely.transform(zone.polygon.exterior, lambda xy: xy * scale)
    points = shapely.points(np.column_stack([track.lon_deg[low:high], track.lat_deg[low:high]]) * scale)
    return np.asarray(shapely.distance(points, ring), np.float64)


def _depth_m(track: Track, zone: world.ZoneArea, stay: _Stay) -> float:
    return float(_line_distance_m(track, zone, stay.low, stay.high).max())


def _silences(heard_ms: Sequence[Times], rows: Sequence[Row], length_s: float, gap_s: float) -> list[Row]:
    """Silences that were not switched on board: bad coverage, or the ship left. An event for them is allowed."""
    planted = {row.label.actors[0]: row for row in rows if row.label.kind == "gap"}
    found = []
    for number, times in enumerate(heard_ms):
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
        for low, high in runs(slow):
            begin_s, end_s = (track.first + low) * STEP_S, (track.first + high - 1) * STEP_S
            if end_s - begin_s >= HOUR_S:
                label = Label("loitering", (number,), begin_s, end_s, INNOCENT, f"slow {vessel.kind}", ALLOWED)
                found.append(Row(label, begin_s * SECOND_MS, end_s * SECOND_MS, planted=False))
    return found


def in_port(lon_deg: npt.NDArray[np.float64], lat_deg: npt.NDArray[np.float64]) -> Flags:
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
        for low, high in runs(holds):
            begin_s, end_s = float(slots[low]), float(slots[high - 1])
            if end_s - begin_s >= HOUR_S and pair not in taken:
                label = Label("encounter", pair, begin_s, end_s, INNOCENT, "close and slow", ALLOWED)
                found.append(Row(label, round(begin_s * SECOND_MS), round(end_s * SECOND_MS), planted=False))
    return found
