"""Encounters: two vessels stay close to each other, slowly, for hours, at sea.

Definition. Positions are brought to a 10-minute grid (``tracks.resample``). Two vessels are near in a slot when both
have a position in it and these lie at most ``distance_max_m`` apart. A run of slots without a break in which they are
near, from first to last at least ``duration_min_h`` long, is a meeting; meetings of the same two vessels less than
``merge_h`` apart are one encounter. It is an event when the median speed of both between the slots of its runs is below
``speed_max_kn``.

Positions inside anchorages are left out *before* pairs are built: moored neighbours are near each other for days, and
there are millions of them. Every event names the mask that was used.

The definition is that of Global Fishing Watch's pipe-encounters, except that there: days are cut at midnight and short
encounters around it are lost; interpolation is wrong at 180 degrees; runs go on over slots without one vessel; merged
encounters take medians of medians, and the speed is that of one vessel only. Positions are not extrapolated here.

Limits: vessels that meet and part between two slots are not seen. A ship with two MMSIs meets itself, unless both are
known to be one vessel. An encounter that lasts at the end of the data ends there; later data give
its next version.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kizuna.base.table import Array, Table, empty
from kizuna.base.units import HOUR_MS, NM_M
from kizuna.base.utc import iso_s
from kizuna.events.account import explain
from kizuna.events.account.confidence import LOW_CAP, Support, confidence
from kizuna.events.account.draft import Parties, ends, events_table, rule
from kizuna.events.account.evidence import Groups, Test, chosen, evidence, extent, medians, wrapped
from kizuna.events.account.limits import within
from kizuna.events.kernels.encounters import distances_m, near_runs
from kizuna.events.runs.meetings import Met, no_meetings
from kizuna.events.runs.near_slots import Runs as Runs  # noqa: PLC0414  a part of what this detector shows
from kizuna.events.runs.near_slots import (
    Seen,
    breaks_h,
    fixes_behind,
    greatest,
    kept,
    longest_h,
    say_at_rest,
    see,
    speeds_kn,
)
from kizuna.events.subjects import Subjects, subjects
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.events.table import EVENTS
from kizuna.tracks.resample import Params as Grid
from kizuna.tracks.resample import Slots, resample
from kizuna.tracks.table import Tracks

RULE_VERSION: Final = "2"


@dataclass(frozen=True, slots=True)
class Params:
    """Limits of the detector.

    Attributes:
        distance_max_m: greatest distance in a slot, m; 10 to 5,000. Default 500, as Global Fishing Watch: the
            positions of two ships side by side differ by their lengths and by interpolation.
        duration_min_h: shortest run, h; 0.5 to 48. Default 2, as GFW: transfers at sea take hours, passing does not.
        speed_max_kn: median speed below this, kn; 0.5 to 30. Default 2, as GFW: leaves out ships under way together.
        merge_h: runs less than this apart are one encounter, h; 0 to 48. Default 4, as GFW.
        port_min_km: distance from an anchorage at which meeting is no longer port business, km; 0 to 200. Default 10,
            as GFW's product. It is a test of the evidence and bears on the confidence; nearer encounters are kept.
        shore_min_nm: nearer to shore than this, two vessels that lie still are more likely at berths, moorings or on
            inland water, nm; 0 to 50. Default 1: the packaged coast draws quays and rivers as land and is right to
            about half a mile. Nearer encounters are kept with low confidence.
        still_kn: vessels whose median speed is below this lie fast: at a berth, in a raft or at a platform that the
            mask does not know, kn; 0 to 0.5. Default 0.03: a ship at anchor or adrift moves more than a metre a
            minute. They are kept with low confidence.
        rest_share_min: where both say in at least this share of their fixes that they are at anchor, moored or
            aground, and do not lie alongside, they are neighbours in a roadstead; 0 to 1. Default 0.9: statuses are
            changed by hand and late. They are kept with low confidence.
        alongside_m: nearer than this (median) two vessels at anchor may lie alongside, as for a transfer, m; 0 to
            1,000. Default 200, somewhat more than a ship's length between the antennas.
    """

    distance_max_m: float = 500.0
    duration_min_h: float = 2.0
    speed_max_kn: float = 2.0
    merge_h: float = 4.0
    port_min_km: float = 10.0
    shore_min_nm: float = 1.0
    still_kn: float = 0.03
    rest_share_min: float = 0.9
    alongside_m: float = 200.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("encounters", "distance_max_m", self.distance_max_m, 10, 5_000, "m")
        within("encounters", "duration_min_h", self.duration_min_h, 0.5, 48, "h")
        within("encounters", "speed_max_kn", self.speed_max_kn, 0.5, 30, "kn")
        within("encounters", "merge_h", self.merge_h, 0, 48, "h")
        within("encounters", "port_min_km", self.port_min_km, 0, 200, "km")
        within("encounters", "shore_min_nm", self.shore_min_nm, 0, 50, "nm")
        within("encounters", "still_kn", self.still_kn, 0, 0.5, "kn")
        within("encounters", "rest_share_min", self.rest_share_min, 0, 1)
        within("encounters", "alongside_m", self.alongside_m, 0, 1_000, "m")


def detect(
    tracks: Tracks, params: Params | None = None, surroundings: Surroundings = NOTHING_KNOWN,
    who: Subjects | None = None, grid: Grid | None = None,
) -> Table:  # fmt: skip
    """Encounters between all watched vessels; ``grid`` is the grid of times on which they are compared."""
    return detect_with_rows(tracks, params, surroundings, who, grid)[0]


def detect_with_rows(
    tracks: Tracks, params: Params | None = None, surroundings: Surroundings = NOTHING_KNOWN,
    who: Subjects | None = None, grid: Grid | None = None,
) -> tuple[Table, Met]:  # fmt: skip
    """The same, and the encounters with their rows for the detectors that come after."""
    params = params or Params()
    who = who or subjects(tracks)
    grid = grid or Grid()
    slots = resample(tracks, grid, who.watched)
    allowed = at_sea(slots, surroundings)
    runs = slow_runs(find_runs(slots, allowed, params, who), slots, allowed, params, who)
    return told(tracks, params, surroundings, who, runs, slots, grid)


def at_sea(slots: Slots, surroundings: Surroundings) -> Array:
    """Which positions may meet: those outside anchorages."""
    if surroundings.in_anchorage is None:
        return np.ones(len(slots), np.bool_)
    return ~np.asarray(surroundings.in_anchorage(slots.lat_deg, slots.lon_deg), np.bool_)


def told(
    tracks: Tracks, params: Params, surroundings: Surroundings, who: Subjects, runs: Runs, slots: Slots, grid: Grid
) -> tuple[Table, Met]:  # fmt: skip
    """The events of these runs. Tracks and slots may be of the vessels in them alone, and of the time of the runs."""
    if runs.events == 0:
        return empty(EVENTS), no_meetings()
    seen = see(slots, at_sea(slots, surroundings), runs, who)
    return _table(tracks, params, surroundings, who, runs, seen, grid)


def find_runs(slots: Slots, allowed: Array, params: Params, who: Subjects) -> Runs:
    """Candidates: runs that are long enough, merged to encounters. No test of speed."""
    return merged(near(slots, allowed, params, who), params, slots.step_ms)


def slots_min(params: Params, step_ms: int) -> int:
    """Least difference of the last and the first slot of a run."""
    return math.ceil(params.duration_min_h * HOUR_MS / step_ms)


def near(slots: Slots, allowed: Array, params: Params, who: Subjects) -> Array:
    """Runs that are long enough, in no order: vessel a, vessel b > a, first slot, last slot (int64, n x 4)."""
    ids = pc.dictionary_encode(who.vessel_id).indices.to_numpy(zero_copy_only=False).astype(np.int32)
    found, _ = near_runs(
        slots.slot, slots.segment, slots.lat_deg, slots.lon_deg, allowed, who.vessel, who.mmsi, ids,
        params.distance_max_m, slots_min(params, slots.step_ms),
    )  # fmt: skip
    return np.asarray(found)


def merged(found: Array, params: Params, step_ms: int) -> Runs:
    """Runs of ``near``, in order, and the encounter that each belongs to."""
    found = found[np.lexsort((found[:, 2], found[:, 1], found[:, 0]))]
    a, b, first, last = found.T
    new = np.ones(len(a), np.bool_)
    new[1:] = (a[1:] != a[:-1]) | (b[1:] != b[:-1])
    new[1:] |= (first[1:] - last[:-1]) * step_ms >= params.merge_h * HOUR_MS
    return Runs(a, b, first, last, np.cumsum(new) - 1, step_ms)


def slow_runs(runs: Runs, slots: Slots, allowed: Array, params: Params, who: Subjects) -> Runs:
    """The runs of the encounters that pass the test of speed. The slots may be those of vessels in runs alone."""
    slow = ~(speeds_kn(runs, see(slots, allowed, runs, who)) >= params.speed_max_kn)
    return runs if slow.all() else kept(runs, slow)


class _Facts(NamedTuple):
    """Measured values per encounter; NaN where unknown."""

    hours: Array
    longest_h: Array
    break_h: Array
    apart_m: Array
    apart_max_m: Array
    speed_kn: Array
    port_m: Array
    shore_m: Array
    fixes_per_slot: Array
    masked: Array
    at_rest: Array


def _table(
    tracks: Tracks, params: Params, surroundings: Surroundings, who: Subjects, runs: Runs, seen: Seen, grid: Grid
) -> tuple[Table, Met]:  # fmt: skip
    n = runs.events
    lat, lon = seen.slots.lat_deg, seen.slots.lon_deg
    first, last = (np.searchsorted(runs.event, np.arange(n), side) - (side == "right") for side in ("left", "right"))
    a, b = runs.a[first], runs.b[first]
    start_ms, end_ms = runs.first[first] * runs.step_ms, runs.last[last] * runs.step_ms
    event = runs.event[seen.run]
    slots_at = np.searchsorted(event, np.arange(n + 1))
    apart_m = distances_m(lat[seen.a], lon[seen.a], lat[seen.b], lon[seen.b])
    both = Groups(np.stack([seen.a, seen.b], axis=1).ravel(), slots_at * 2)
    box = extent(lat[both.flat], lon[both.flat], both.offsets)
    opening, closing = both.offsets[:-1], both.offsets[1:] - 2
    rows, per_slot = fixes_behind(seen, event, n)
    facts = _Facts(
        hours=(end_ms - start_ms) / HOUR_MS, longest_h=longest_h(runs, n), break_h=breaks_h(runs, n),
        apart_m=medians(apart_m, slots_at), apart_max_m=greatest(apart_m, event, n), speed_kn=speeds_kn(runs, seen),
        port_m=surroundings.port(box.lat_mean_deg, box.lon_mean_deg),
        shore_m=surroundings.shore(box.lat_mean_deg, box.lon_mean_deg), fixes_per_slot=per_slot,
        masked=np.full(n, surroundings.in_anchorage is not None), at_rest=say_at_rest(tracks, rows, who, a),
    )  # fmt: skip
    start, end = (_between(lat, lon, both.flat[k], both.flat[k + 1]) for k in (opening, closing))
    columns = {
        "start_ms": start_ms, "end_ms": end_ms, **ends(surroundings, start, end), **box._asdict(),
        "duration_h": facts.hours, "median_speed_kn": facts.speed_kn, "median_distance_m": facts.apart_m,
        "confidence": _confidence(facts, params), "evidence": evidence(n, _tests(facts, params)),
        "summary": _summaries(who.mmsi[a], who.mmsi[b], start_ms, facts, params), "event_info": _info(runs, facts, n),
        **_words(facts, params), **rule(params, RULE_VERSION, surroundings, n, **asdict(grid)),
    }  # fmt: skip
    pair = Groups(np.stack([a, b], axis=1).ravel(), np.arange(n + 1) * 2)
    ships = [tuple(_ship(v) for v in who.vessel_id.take(pa.array(k)).to_pylist()) for k in (a, b)]
    table = events_table("encounter", tracks, who, Parties(pair, _segments(tracks, rows)), rows, [ships], columns)
    return table, Met(table["event_id"].to_pylist(), who.mmsi[pair.flat].reshape(-1, 2), start_ms, end_ms, rows)


def _ship(vessel_id: str) -> str:
    """Which of the ships under an MMSI: the part of the vessel id after the stroke, empty for the first."""
    return vessel_id.partition("/")[2]


def _between(lat: Array, lon: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """Middle of two positions."""
    return 0.5 * (lat[a] + lat[b]), wrapped(lon[a] + 0.5 * wrapped(lon[b] - lon[a]))


def _segments(tracks: Tracks, rows: Groups) -> Groups:
    """Segments behind each encounter, in order of MMSI and start."""
    segment, event = tracks.segment[rows.flat], rows.group
    new = np.ones(len(segment), np.bool_)
    new[1:] = (segment[1:] != segment[:-1]) | (event[1:] != event[:-1])
    return Groups(segment[new], np.searchsorted(event[new], np.arange(len(rows.offsets))))


def _tests(f: _Facts, p: Params) -> list[Test]:
    return [
        Test("greatest_distance", f.apart_max_m, "<=", p.distance_max_m, "m"),
        Test("longest_run", f.longest_h, ">=", p.duration_min_h, "h"),
        Test("longest_break", f.break_h, "<", p.merge_h, "h"),
        Test("median_speed", f.speed_kn, "<", p.speed_max_kn, "kn"),
        Test("distance_from_anchorage", f.port_m / 1000.0, ">=", p.port_min_km, "km"),
        Test("distance_from_shore", f.shore_m / NM_M, ">=", p.shore_min_nm, "nm"),
        Test("fixes_per_slot_of_vessel_heard_less", f.fixes_per_slot, ">=", 1),
        Test("median_speed_of_vessels_not_lying_fast", f.speed_kn, ">=", p.still_kn, "kn"),
        Test("share_of_fixes_in_which_both_say_at_rest", f.at_rest, "<", p.rest_share_min),
    ]


def _confidence(f: _Facts, p: Params) -> Array:
    """Confidence that two vessels met on purpose, at sea.

    Distance from anchorages counts most (full at the limit of the test), then duration (full at four times the limit),
    how close they lay (full at a fifth of the limit), how slow they were and how densely both were heard (full at one
    fix a slot). Without a mask it stays low: most long neighbourhoods are in ports. So it does close to shore, for
    vessels that do not move at all, and for neighbours at anchor that do not lie alongside each other.
    """
    supports = [
        Support(3, f.port_m, 0, max(p.port_min_km, 0.001) * 1000.0),
        Support(2, f.hours, p.duration_min_h, 4 * p.duration_min_h),
        Support(1, f.apart_m, p.distance_max_m, 0.2 * p.distance_max_m),
        Support(1, f.speed_kn, p.speed_max_kn, 0.5 * p.speed_max_kn),
        Support(2, f.fixes_per_slot, 0, 1),
    ]
    ordinary = (~f.masked, _by_the_shore(f, p), _lying_fast(f, p), _roadstead(f, p))
    return confidence(len(f.hours), supports, [(held, LOW_CAP) for held in ordinary])


def _lying_fast(f: _Facts, p: Params) -> Array:
    """Neither drifts nor swings at anchor."""
    fast: Array = f.speed_kn < p.still_kn
    return fast


def _roadstead(f: _Facts, p: Params) -> Array:
    """Both say that they are at rest, and they do not lie alongside; not where a status is unknown."""
    waiting: Array = (f.at_rest >= p.rest_share_min) & (f.apart_m >= p.alongside_m)
    return waiting


def _by_the_shore(f: _Facts, p: Params) -> Array:
    """Nearer to shore than ``shore_min_nm``; not where no coast is known."""
    near: Array = f.shore_m < p.shore_min_nm * NM_M
    return near


def _words(f: _Facts, p: Params) -> dict[str, pa.Array]:
    n = len(f.hours)
    near_port = ~(f.port_m >= p.port_min_km * 1000.0)
    could_be: dict[str, Array | bool] = {
        explain.BERTHS: _by_the_shore(f, p) | _lying_fast(f, p), explain.WAITING: near_port | _roadstead(f, p),
        explain.SAME_WORK: True, explain.FISHING_TOGETHER: True, explain.SAME_OPERATOR: True, explain.RESCUE: True,
    }  # fmt: skip
    settle = (explain.SETTLE_SAR, explain.SETTLE_PATROL, explain.SETTLE_LOG, explain.SETTLE_RADIO)
    return {"alternatives": chosen(could_be, n), "would_settle": chosen(dict.fromkeys(settle, True), n)}


def _summaries(mmsi_a: Array, mmsi_b: Array, start_ms: Array, f: _Facts, p: Params) -> pa.Array:
    out = []
    rows = zip(mmsi_a.tolist(), mmsi_b.tolist(), start_ms.tolist(), f.hours.tolist(), f.apart_m.tolist(),
               f.speed_kn.tolist(), f.port_m.tolist(), _by_the_shore(f, p).tolist(), strict=True)  # fmt: skip
    for one, two, start, hours, apart, speed, port_m, by_the_shore in rows:
        what = "neighbouring berths, or a meeting close to shore" if by_the_shore else "a meeting at sea"
        where = f", {port_m / NM_M:.1f} nm from the nearest anchorage" if port_m == port_m else ""  # noqa: PLR0124  NaN
        out.append(
            f"MMSI {one} and MMSI {two} stayed {apart:.0f} m apart (median) at {speed:.1f} kn for {hours:.1f} h from "
            f"{iso_s(start)}{where}; {explain.consistent_with(what)}."
        )
    return pa.array(out, pa.string())


def _info(runs: Runs, f: _Facts, n: int) -> pa.Array:
    count = np.bincount(runs.event, minlength=n).tolist()
    rows = zip(count, f.apart_max_m.tolist(), f.fixes_per_slot.tolist(), strict=True)
    return pa.array([
        f'{{"fixes_per_slot":{fixes:.2f},"greatest_distance_m":{apart:.1f},"runs":{k}}}' for k, apart, fixes in rows
    ], pa.string())  # fmt: skip
