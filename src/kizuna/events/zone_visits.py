"""Zone visits: a vessel enters a zone and leaves it.

Definition. A report is inside a zone when the zone holds its position. A visit begins with the first of ``reports``
reports of one track in a row that are inside. It ends with the first of ``reports`` reports in a row that are outside
*and* more than ``hysteresis_nm`` away from the zone's line. A vessel that runs along the line, or whose position
jitters over it, so makes one visit and not fifty. A track that is first heard inside has no seen entry, one that is
last heard inside no seen exit: the visit of a vessel that was not heard later is open.

Every zone is judged by itself. Where claims overlap, each has its own visits and each event names the line that
decided, its claimant, and how far from it the vessel was. No claim is weighed.

Class. ``passage`` where the vessel kept going: reports at most ``silence_max_h`` apart and progress of more than
``passage_speed_kn`` in every half hour (or over the whole of a shorter visit), in the sense of UNCLOS article 18
("continuous and expeditious"); else ``stay``. The class says nothing about purpose.

What is measured is measured on the reports of entry and exit and the first inside report of every half hour, which are
the proof: a vessel moored for a month in ten zones must not carry a million message ids.

Limits: a visit between two reports, or with fewer than ``reports`` inside, is not seen; the crossing lies between two
reports, whose times are given. The line is as exact as the file it came from.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table, empty
from kizuna.base.units import HOUR_MS, MINUTE_MS, MISSING_TIME_MS, NM_M
from kizuna.base.utc import iso_s
from kizuna.events.account import explain
from kizuna.events.account.confidence import LOW_CAP, Support, confidence
from kizuna.events.account.draft import Parties, anchor, distances, ends, events_table, knots, rule
from kizuna.events.account.evidence import Groups, Test, chosen, evidence, extent, medians, ranges, sums
from kizuna.events.account.limits import within
from kizuna.events.account.regions import made
from kizuna.events.runs.crossings import Visits, visits
from kizuna.events.subjects import Subjects, subjects
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.events.table import EVENTS
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks.table import Tracks

RULE_VERSION: Final = "1"
PIECE_MS: Final = 30 * MINUTE_MS
_LONG_ENOUGH_MS: Final = 15 * MINUTE_MS
"""Shorter pieces between two reports say little about progress."""


@dataclass(frozen=True, slots=True)
class Params:
    """Limits of the detector.

    Attributes:
        reports: reports in a row that make an entry or an exit; 1 to 10. Default 2: one alone may be an error.
        hysteresis_nm: how far outside the line a report must be to count for an exit, nm; 0 to 5. Default 0.1, more
            than the error of GNSS and the length of most ships together.
        passage_speed_kn: progress above this in every half hour is passage, kn; 0 to 20. Default 4: slower than any
            ship under way on a voyage, faster than drifting and most fishing gear.
        silence_max_h: longer without a report, passage is not shown, h; 0.1 to 24. Default 1.
        position_error_m: a visit that never was deeper inside than this may be an error of position, m; 0 to 5,000.
            Default 100: GNSS error plus distance of antenna and hull.
    """

    reports: int = 2
    hysteresis_nm: float = 0.1
    passage_speed_kn: float = 4.0
    silence_max_h: float = 1.0
    position_error_m: float = 100.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("zone_visits", "reports", self.reports, 1, 10)
        within("zone_visits", "hysteresis_nm", self.hysteresis_nm, 0, 5, "nm")
        within("zone_visits", "passage_speed_kn", self.passage_speed_kn, 0, 20, "kn")
        within("zone_visits", "silence_max_h", self.silence_max_h, 0.1, 24, "h")
        within("zone_visits", "position_error_m", self.position_error_m, 0, 5_000, "m")


def detect(
    tracks: Tracks, params: Params | None = None, surroundings: Surroundings = NOTHING_KNOWN,
    who: Subjects | None = None,
) -> Table:  # fmt: skip
    """Visits of all watched tracks to the zones of the surroundings; none without zones."""
    params = params or Params()
    who = who or subjects(tracks)
    zones = surroundings.zones
    if zones is None or not len(zones):
        return empty(EVENTS)
    found = visits(tracks, who.watched, zones, params.reports, params.hysteresis_nm * NM_M, PIECE_MS)
    return _table(tracks, params, surroundings, who, zones, found)


class _Facts(NamedTuple):
    """Measured values per visit; NaN where unknown."""

    hours: Array
    reports: Array
    path_m: Array
    progress_kn: Array
    silence_h: Array
    deepest_m: Array
    entry_m: Array
    before_ms: Array
    entered: Array
    left: Array
    passage: Array


def _table(
    tracks: Tracks, params: Params, surroundings: Surroundings, who: Subjects, zones: ZoneIndex, found: Visits
) -> Table:  # fmt: skip
    n = len(found.zone)
    left = found.exit >= 0
    final = np.where(left, found.exit, found.last)
    segment = tracks.segment[found.entry]
    later = _heard_later(tracks, who, segment)
    is_open = ~left & (later < 0)
    start_ms = tracks.time_ms[found.entry]
    facts = _facts(tracks, params, zones, found, final)
    first, last = ((tracks.lat_deg[r], tracks.lon_deg[r]) for r in (found.entry, final))
    gone = tuple(np.where(is_open, np.nan, v) for v in last)
    box = extent(tracks.lat_deg[found.kept.flat], tracks.lon_deg[found.kept.flat], found.kept.offsets)
    columns = {
        "start_ms": start_ms, "end_ms": np.where(is_open, MISSING_TIME_MS, tracks.time_ms[final]),
        **ends(surroundings, first, (gone[0], gone[1])), **box._asdict(),
        "duration_h": facts.hours, "distance_m": facts.path_m,
        "implied_speed_kn": knots(facts.path_m, tracks.time_ms[final] - start_ms),
        "median_speed_kn": medians(tracks.sog_kn[found.kept.flat], found.kept.offsets),
        "regions": made(zones, np.arange(n), found.zone, np.where(facts.passage, 0, 1), ["passage", "stay"], n),
        "confidence": _confidence(facts, params), "evidence": evidence(n, _tests(facts, params)),
        "summary": _summaries(tracks.mmsi[found.entry], start_ms, zones, found.zone, facts, is_open),
        "event_info": _info(tracks, zones, found, facts),
        **_words(facts, params), **rule(params, RULE_VERSION, surroundings, n),
    }  # fmt: skip
    alone = np.arange(n + 1)
    parties = Parties(Groups(who.vessel[segment], alone), Groups(segment, alone))
    ids = [zones.zones[z].zone_id for z in found.zone.tolist()]
    rows = _proof_rows(found, np.where(left, -1, later))
    return events_table("zone_visit", tracks, who, parties, rows, [(ids,), anchor(*first)], columns)


def _heard_later(tracks: Tracks, who: Subjects, segment: Array) -> Array:
    """First row of the vessel's next segment, -1 where this was its last."""
    s = who.segments_by_vessel
    following = np.full(len(tracks.seg_start), -1, np.int64)
    same = who.vessel[s[1:]] == who.vessel[s[:-1]]
    following[s[:-1][same]] = tracks.seg_start[s[1:][same]]
    return following[segment]


def _facts(tracks: Tracks, params: Params, zones: ZoneIndex, found: Visits, final: Array) -> _Facts:
    kept, n = found.kept, len(found.zone)
    rows, visit = kept.flat, kept.group
    apart_m = np.zeros(len(rows))
    apart_m[1:] = distances(tracks.lat_deg[rows[:-1]], tracks.lon_deg[rows[:-1]], tracks.lat_deg[rows[1:]],
                            tracks.lon_deg[rows[1:]])  # fmt: skip
    took_ms = np.diff(tracks.time_ms[rows], prepend=0).astype(np.int64)
    begins = kept.offsets[:-1]
    apart_m[begins], took_ms[begins] = 0.0, 0
    inside = rows <= found.last[visit]
    depth_m = np.full(len(rows), -1.0)
    for z in np.unique(found.zone).tolist():
        of = inside & (found.zone[visit] == z)
        depth_m[of] = zones.distance_to_line_m(z, tracks.lat_deg[rows[of]], tracks.lon_deg[rows[of]])
    spent_ms = tracks.time_ms[final] - tracks.time_ms[found.entry]
    upto = rows <= final[visit]
    path_m = sums(np.where(upto, apart_m, 0.0), kept.offsets)
    whole_kn = knots(path_m, spent_ms)
    piece_kn = np.where(upto & (took_ms >= _LONG_ENOUGH_MS), knots(apart_m, took_ms), np.inf)
    least_kn = np.minimum.reduceat(piece_kn, begins) if n else np.empty(0)
    progress_kn = np.where(np.isinf(least_kn), whole_kn, least_kn)
    silence_h = (np.maximum.reduceat(np.where(upto, took_ms, 0), begins) if n else np.empty(0)) / HOUR_MS
    return _Facts(
        hours=spent_ms / HOUR_MS, reports=np.full(n, params.reports), path_m=path_m, progress_kn=progress_kn,
        silence_h=silence_h, deepest_m=np.maximum.reduceat(depth_m, begins) if n else np.empty(0),
        entry_m=depth_m[np.searchsorted(visit, np.arange(n))],
        before_ms=np.where(found.before >= 0, tracks.time_ms[found.before], MISSING_TIME_MS),
        entered=found.before >= 0, left=found.exit >= 0,
        passage=(progress_kn > params.passage_speed_kn) & (silence_h <= params.silence_max_h),
    )  # fmt: skip


def _proof_rows(found: Visits, later: Array) -> Groups:
    """The report before the entry, the reports measured, and where no exit was seen the vessel's next report.

    That is the first of its next segment; it shows that the visit is not open.
    """
    n = len(found.zone)
    before, after = np.flatnonzero(found.before >= 0), np.flatnonzero(later >= 0)
    flat = np.concatenate([found.kept.flat, found.before[before], later[after]])
    return ranges(flat, flat + 1, np.concatenate([found.kept.group, before, after]), n)


def _tests(f: _Facts, p: Params) -> list[Test]:
    return [
        Test("reports_in_a_row_at_entry", f.reports, ">=", p.reports),
        Test("entry_seen", f.entered.astype(np.float64), ">=", 1),
        Test("exit_seen", f.left.astype(np.float64), ">=", 1),
        Test("deepest_inside_the_line", f.deepest_m, ">", p.position_error_m, "m"),
        Test("least_progress_in_half_an_hour", f.progress_kn, ">", p.passage_speed_kn, "kn"),
        Test("longest_time_between_reports_kept", f.silence_h, "<=", p.silence_max_h, "h"),
    ]


def _confidence(f: _Facts, p: Params) -> Array:
    """Confidence that the vessel was inside the line as drawn.

    Depth inside counts most (full at ten times the position error), then that entry and exit were seen, then that
    reports were dense. Low where the vessel never was deeper inside than the error of positions.
    """
    error = max(p.position_error_m, 1.0)
    supports = [
        Support(4, f.deepest_m, 0, 10 * error),
        Support(1, f.entered.astype(np.float64), 0, 1),
        Support(1, f.left.astype(np.float64), 0, 1),
        Support(2, f.silence_h, 4 * p.silence_max_h, 0.5 * p.silence_max_h),
    ]
    return confidence(len(f.hours), supports, [(f.deepest_m <= p.position_error_m, LOW_CAP)])


def _words(f: _Facts, p: Params) -> dict[str, pa.Array]:
    n = len(f.hours)
    could_be: dict[str, Array | bool] = {
        explain.POSITION_ERROR: ~(f.deepest_m > 10 * p.position_error_m), explain.PASSAGE: True,
        explain.BOUNDARY_DATA: True, explain.SHELTER: True,
    }  # fmt: skip
    settle = (explain.SETTLE_RADAR, explain.SETTLE_PATROL, explain.SETTLE_RADIO)
    return {"alternatives": chosen(could_be, n), "would_settle": chosen(dict.fromkeys(settle, True), n)}


def _summaries(mmsi: Array, start_ms: Array, zones: ZoneIndex, zone: Array, f: _Facts, is_open: Array) -> pa.Array:
    names = [z.name or z.zone_id for z in zones.zones]
    claims = [f" (line of {z.claimant})" if z.claimant else "" for z in zones.zones]
    out = []
    rows = zip(mmsi.tolist(), start_ms.tolist(), zone.tolist(), f.hours.tolist(), f.deepest_m.tolist(),
               f.passage.tolist(), f.entered.tolist(), f.left.tolist(), is_open.tolist(), strict=True)  # fmt: skip
    for m, start, z, hours, deepest, passage, entered, left, still in rows:
        began = "was inside" if entered else "was first heard inside"
        ended = "" if left else " and was not heard leaving" if not still else " and had not left when last heard"
        out.append(
            f"MMSI {m} {began} {names[z]}{claims[z]} for {hours:.1f} h from {iso_s(start)}, "
            f"up to {deepest / NM_M:.2f} nm from the line{ended}; "
            f"{explain.consistent_with('a passage' if passage else 'a stay')}."
        )
    return pa.array(out, pa.string())


def _info(tracks: Tracks, zones: ZoneIndex, found: Visits, f: _Facts) -> pa.Array:
    named = ({"zone_id": z.zone_id, "zone": z.name, "claimant": z.claimant, "basis": z.basis} for z in zones.zones)
    heads = [json.dumps(z)[:-1] for z in named]
    last_ms = tracks.time_ms[found.last].tolist()
    rows = zip(found.zone.tolist(), f.passage.tolist(), f.before_ms.tolist(), last_ms, f.entry_m.tolist(),
               f.deepest_m.tolist(), strict=True)  # fmt: skip
    return pa.array([
        f'{heads[z]},"class":"{"passage" if passage else "stay"}","outside_before":{_time(before)},'
        f'"last_inside":{_time(last)},"entry_distance_to_line_m":{_metres(entry)},'
        f'"deepest_distance_to_line_m":{_metres(deep)}}}'
        for z, passage, before, last, entry, deep in rows
    ], pa.string())  # fmt: skip


def _time(time_ms: int) -> str:
    return "null" if time_ms == MISSING_TIME_MS else f'"{iso_s(time_ms)}"'


def _metres(value: float) -> str:
    return f"{value:.0f}" if value == value else "null"  # noqa: PLR0124  NaN
