"""Loitering: a vessel moves slowly for hours far from shore.

Definition. Time is cut into clock hours (UTC). The mean implied speed of an hour is the length of the steps between
fixes over their time, a step counting to the hour of its later fix. Consecutive hours slower than ``speed_max_kn`` form
one period, which begins at the last fix before its first hour. It is an event when it lasts at least ``duration_min_h``
and its mean distance from shore, weighted by time, is at least ``shore_min_nm``.

This is the definition of Global Fishing Watch's pipe-loitering, so that the same fixes give the same periods, with
four differences: hours without a fix, and steps longer than an hour, end a period (there, slow hours are joined across
missing ones); hours in which the vessel says that it is anchored, moored or aground and does not move belong to no
period; periods inside anchorages are left out; a period during which the vessel met another says so.

Limits: a vessel that circles quickly has no low implied speed. Clock hours cut at full hours: a slow spell shorter than
two hours may lie in no slow hour. Without a coast the distance test has no verdict and near-shore periods come through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table
from kizuna.base.units import HOUR_MS, NM_M
from kizuna.base.utc import iso_s
from kizuna.events.account import explain
from kizuna.events.account.confidence import LOW_CAP, Support, confidence
from kizuna.events.account.draft import Parties, anchor, ends, events_table, knots, rule
from kizuna.events.account.evidence import Extent, Groups, Test, chosen, evidence, extent, medians, ranges, sums
from kizuna.events.account.limits import within
from kizuna.events.kernels.loitering import slow_runs
from kizuna.events.runs.meetings import Met, overlapping
from kizuna.events.subjects import Subjects, subjects
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.tracks.table import Tracks

RULE_VERSION: Final = "1"
_AT_REST: Final = (1, 5, 6)
"""Navigational status at anchor, moored, aground (ITU-R M.1371-5, table 45)."""


@dataclass(frozen=True, slots=True)
class Params:
    """Limits of the detector.

    Attributes:
        speed_max_kn: an hour is slow below this mean implied speed, kn; 0.1 to 10. Default 2, as Global Fishing Watch.
        duration_min_h: shortest period, h; 1 to 240. Default 4: what GFW reports to fisheries organisations (formerly
            8); single slow hours are everyday.
        shore_min_nm: least mean distance from shore, nm; 0 to 200. Default 20, as GFW's product: nearer, waiting for
            a berth or a pilot is the rule.
        rest_speed_kn: below this an anchored, moored or aground status is believed, kn; 0 to 3. Default 0.5, the noise
            of positions at anchor.
    """

    speed_max_kn: float = 2.0
    duration_min_h: float = 4.0
    shore_min_nm: float = 20.0
    rest_speed_kn: float = 0.5

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("loitering", "speed_max_kn", self.speed_max_kn, 0.1, 10, "kn")
        within("loitering", "duration_min_h", self.duration_min_h, 1, 240, "h")
        within("loitering", "shore_min_nm", self.shore_min_nm, 0, 200, "nm")
        within("loitering", "rest_speed_kn", self.rest_speed_kn, 0, 3, "kn")


def detect(
    tracks: Tracks, params: Params | None = None, surroundings: Surroundings = NOTHING_KNOWN,
    who: Subjects | None = None, met: Met | None = None,
) -> Table:  # fmt: skip
    """Loitering periods of all watched tracks. ``met`` are the encounters found on the same tracks."""
    params = params or Params()
    who = who or subjects(tracks)
    first, last, way_m = candidates(tracks, params, who)
    keep = _could_be_far(tracks, first, way_m, params, surroundings)
    return _table(tracks, params, surroundings, who, first[keep], last[keep], met)


def candidates(tracks: Tracks, params: Params, who: Subjects) -> tuple[Array, Array, Array]:
    """First row, last row and way in metres of all slow periods that last long enough, wherever they lie."""
    status = tracks.fixes["nav_status"]
    told = np.isin(status, _AT_REST)
    at_rest = told[tracks.order] if told.any() else np.empty(0, np.bool_)
    rows, way_m = slow_runs(
        tracks.time_ms, tracks.step_m, at_rest, tracks.seg_start, tracks.seg_end, who.watched,
        params.speed_max_kn, params.rest_speed_kn, round(params.duration_min_h * HOUR_MS), HOUR_MS,
    )  # fmt: skip
    return rows[:, 0], rows[:, 1], way_m


def _could_be_far(tracks: Tracks, first: Array, way_m: Array, params: Params, surroundings: Surroundings) -> Array:
    """Leave out what cannot reach the distance from shore: where it began plus all of its way, 1 % for errors.

    Saves asking for the coast at every fix of every moored vessel.
    """
    start_m = surroundings.shore(tracks.lat_deg[first], tracks.lon_deg[first])
    return ~(start_m + way_m < 0.99 * params.shore_min_nm * NM_M)


class _Facts(NamedTuple):
    """Measured values per period; NaN where unknown."""

    hours: Array
    path_m: Array
    implied_kn: Array
    shore_m: Array
    anchored: Array
    encounters: Array
    fixes: Array


def _table(
    tracks: Tracks, params: Params, surroundings: Surroundings, who: Subjects, first: Array, last: Array,
    met: Met | None,
) -> Table:  # fmt: skip
    rows = ranges(first, last + 1, np.arange(len(first)), len(first))
    box = extent(tracks.lat_deg[rows.flat], tracks.lon_deg[rows.flat], rows.offsets)
    shore_m = _mean_shore_m(tracks, rows, surroundings)
    anchored = surroundings.anchored(box.lat_mean_deg, box.lon_mean_deg)
    keep = ~(shore_m < params.shore_min_nm * NM_M) & ~(anchored > 0)
    if not keep.all():
        return _table(tracks, params, surroundings, who, first[keep], last[keep], met)
    return _rows(tracks, params, surroundings, who, first, last, rows, box, shore_m, anchored, met)


def _rows(
    tracks: Tracks, params: Params, surroundings: Surroundings, who: Subjects, first: Array, last: Array, rows: Groups,
    box: Extent, shore_m: Array, anchored: Array, met: Met | None,
) -> Table:  # fmt: skip
    n = len(first)
    segment = tracks.segment[first]
    mmsi = tracks.mmsi[first]
    start_ms, end_ms = tracks.time_ms[first], tracks.time_ms[last]
    meetings = overlapping(met, mmsi, start_ms, end_ms)
    step_m = tracks.step_m[rows.flat].astype(np.float64)
    step_m[rows.offsets[:-1]] = 0.0
    path_m = sums(step_m, rows.offsets)
    facts = _Facts(
        (end_ms - start_ms) / HOUR_MS, path_m, knots(path_m, end_ms - start_ms), shore_m, anchored,
        np.diff(meetings.offsets), last + 1 - first,
    )  # fmt: skip
    columns = {
        "start_ms": start_ms, "end_ms": end_ms,
        **ends(surroundings, _place(tracks, first), _place(tracks, last)), **box._asdict(),
        "duration_h": facts.hours, "distance_m": path_m, "implied_speed_kn": facts.implied_kn,
        "median_speed_kn": medians(tracks.sog_kn[rows.flat], rows.offsets),
        "confidence": _confidence(facts, params), "evidence": evidence(n, _tests(facts, params)),
        "summary": _summaries(mmsi, start_ms, facts), "event_info": _info(facts, meetings, met),
        **_words(facts), **rule(params, RULE_VERSION, surroundings, n),
    }  # fmt: skip
    alone = np.arange(n + 1)
    parties = Parties(Groups(who.vessel[segment], alone), Groups(segment, alone))
    proved = _with_meetings(tracks, rows, meetings, met)
    return events_table("loitering", tracks, who, parties, proved, [anchor(*_place(tracks, first))], columns)


def _place(tracks: Tracks, rows: Array) -> tuple[Array, Array]:
    return tracks.lat_deg[rows], tracks.lon_deg[rows]


def _mean_shore_m(tracks: Tracks, rows: Groups, surroundings: Surroundings) -> Array:
    """Mean distance from shore, each fix after the first weighted by the time since the one before it."""
    n = len(rows.offsets) - 1
    if surroundings.shore_m is None or n == 0:
        return np.full(n, np.nan)
    weight = np.diff(tracks.time_ms[rows.flat], prepend=0).astype(np.float64)
    weight[rows.offsets[:-1]] = 0.0
    distance = surroundings.shore(*_place(tracks, rows.flat))
    return sums(distance * weight, rows.offsets) / sums(weight, rows.offsets)


def _with_meetings(tracks: Tracks, rows: Groups, meetings: Groups, met: Met | None) -> Groups:
    """The fixes of the period, and those of the encounters during it, which it names.

    An encounter may begin before the period, in an hour that was not slow. That hour must be proved whole, or what is
    left of it might be slow; so the vessel's own fixes are filled up to whole clock hours and the fix before them.
    """
    if met is None or len(meetings.flat) == 0:
        return rows
    at, size = met.rows.offsets[meetings.flat], np.diff(met.rows.offsets)[meetings.flat]
    theirs = ranges(at, at + size, np.arange(len(at)), len(at))
    flat = np.concatenate([rows.flat, met.rows.flat[theirs.flat]])
    event = np.concatenate([rows.group, meetings.group[theirs.group]])
    joined = ranges(flat, flat + 1, event, len(rows.offsets) - 1)
    of = np.flatnonzero(np.diff(meetings.offsets) > 0)
    begin, stop = np.empty(len(of), np.int64), np.empty(len(of), np.int64)
    for k, e in enumerate(of.tolist()):
        segment = tracks.segment[rows.flat[rows.offsets[e]]]
        mine = joined.flat[joined.offsets[e] : joined.offsets[e + 1]]
        mine = mine[tracks.segment[mine] == segment]
        start, end = int(tracks.seg_start[segment]), int(tracks.seg_end[segment])
        times = tracks.time_ms[start:end]
        first_hour, last_hour = tracks.time_ms[mine[0]] // HOUR_MS, tracks.time_ms[mine[-1]] // HOUR_MS
        begin[k] = start + max(int(np.searchsorted(times, first_hour * HOUR_MS)) - 1, 0)
        stop[k] = start + int(np.searchsorted(times, (last_hour + 1) * HOUR_MS))
    flat = np.concatenate([joined.flat, (filled := ranges(begin, stop, of, len(rows.offsets) - 1)).flat])
    return ranges(flat, flat + 1, np.concatenate([joined.group, filled.group]), len(rows.offsets) - 1)


def _tests(f: _Facts, p: Params) -> list[Test]:
    return [
        Test("mean_implied_speed", f.implied_kn, "<", p.speed_max_kn, "kn"),
        Test("duration", f.hours, ">=", p.duration_min_h, "h"),
        Test("mean_distance_from_shore", f.shore_m / NM_M, ">=", p.shore_min_nm, "nm"),
        Test("mean_position_in_anchorage", f.anchored, "<=", 0),
        Test("encounters_meanwhile", f.encounters, "<=", 0),
        Test("fixes_per_hour", f.fixes / f.hours, ">=", 1),
    ]


def _confidence(f: _Facts, p: Params) -> Array:
    """Confidence that the vessel stayed about for hours, at sea and alone.

    Duration counts most (full at four times the limit), then the distance from shore (full at twice the limit), how
    slow it was, and how densely it was heard (full at six fixes an hour). Without a coast it stays low.
    """
    far = p.shore_min_nm * NM_M
    supports = [
        Support(3, f.hours, p.duration_min_h, 4 * p.duration_min_h),
        Support(2, f.shore_m, far, 2 * far + 1),
        Support(1, f.implied_kn, p.speed_max_kn, 0.5 * p.speed_max_kn),
        Support(2, f.fixes / f.hours, 0, 6),
    ]
    return confidence(len(f.hours), supports, [(np.isnan(f.shore_m), LOW_CAP)])


def _words(f: _Facts) -> dict[str, pa.Array]:
    n = len(f.hours)
    could_be: dict[str, Array | bool] = {
        explain.MEETING: f.encounters > 0, explain.DRIFTING: True, explain.FISHING: True, explain.ANCHORED_AT_SEA: True,
        explain.RESCUE: True,
    }  # fmt: skip
    settle = (explain.SETTLE_SAR, explain.SETTLE_RADIO, explain.SETTLE_PATROL, explain.SETTLE_LOG)
    return {"alternatives": chosen(could_be, n), "would_settle": chosen(dict.fromkeys(settle, True), n)}


def _summaries(mmsi: Array, start_ms: Array, f: _Facts) -> pa.Array:
    out = []
    rows = zip(mmsi.tolist(), start_ms.tolist(), f.hours.tolist(), f.implied_kn.tolist(), f.shore_m.tolist(),
               f.encounters.tolist(), strict=True)  # fmt: skip
    for m, start, hours, speed, shore_m, meetings in rows:
        where = f"{shore_m / NM_M:.0f} nm from shore" if shore_m == shore_m else "at an unknown distance from shore"  # noqa: PLR0124  NaN
        also = f" It met {meetings} other vessel{'s' * (meetings > 1)} meanwhile." if meetings else ""
        out.append(
            f"MMSI {m} made {speed:.1f} kn on average for {hours:.1f} h from {iso_s(start)}, {where}; "
            f"{explain.consistent_with('loitering')}.{also}"
        )
    return pa.array(out, pa.string())


def _info(f: _Facts, meetings: Groups, met: Met | None) -> pa.Array:
    ids = [met.event_id[k] for k in meetings.flat.tolist()] if met is not None else []
    at = meetings.offsets.tolist()
    named = [",".join(f'"{i}"' for i in ids[at[e] : at[e + 1]]) for e in range(len(at) - 1)]
    rows = zip(f.fixes.tolist(), named, strict=True)
    return pa.array([f'{{"encounters":[{names}],"fixes":{fixes}}}' for fixes, names in rows], pa.string())
