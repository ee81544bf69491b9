"""Zone visits: a vessel enters a zone and leaves it.

Definition. A report is inside a zone when the zone holds its position. A visit begins with the first of ``reports``
reports of one track in a row that are inside. It ends with the first of ``reports`` reports in a row that are outside
*and* more than ``hysteresis_nm`` away from the zone's line. A vessel that runs along the line, or whose position
jitters over it, so makes one visit and not fifty. A track that is first heard inside has no seen entry, one that is
last heard inside no seen exit: the visit of a vessel that was not heard later is open.

Every zone is judged by itself. Where claims overlap, each has its own visits and each event names the line that
decided, its claimant, and how far from it the vessel was. No claim is weighed.

Class, from the least progress in any half hour (or over the whole of a shorter visit): ``passage`` above
``passage_speed_kn`` where reports were at most ``silence_max_h`` apart, else ``not_shown``; ``stopped`` below
``stopped_speed_kn`` where one of the reports measured has a speed over ground below that too, or none has one; ``slow``
else, also for a vessel that goes round and round. Passage is meant in the sense of UNCLOS article 18 ("continuous and
expeditious"); whether it was innocent (article 19) depends on what the vessel did, which AIS does not tell.

Computed claim zones (``places.claims``) carry the error of their line; a visit no deeper than that and the error of
positions together is flagged ``near_line`` and has low confidence.

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
from kizuna.events.account.regions import CLAIM, VIEW, line_of, made
from kizuna.events.runs.crossings import Visits, visits
from kizuna.events.subjects import Subjects, subjects
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.events.table import EVENTS
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.tracks.table import Tracks

RULE_VERSION: Final = "2"
CLASSES: Final = ("passage", "stopped", "slow", "not_shown")
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
        stopped_speed_kn: progress below this in a half hour is a stop, kn; 0 to 5. Default 1: what current, a swinging
            anchor and errors of position make of a vessel that lies still.
        silence_max_h: longer without a report, passage is not shown, h; 0.1 to 24. Default 1.
        position_error_m: a visit that never was deeper inside than this may be an error of position, m; 0 to 5,000.
            Default 100: GNSS error plus distance of antenna and hull.
    """

    reports: int = 2
    hysteresis_nm: float = 0.1
    passage_speed_kn: float = 4.0
    stopped_speed_kn: float = 1.0
    silence_max_h: float = 1.0
    position_error_m: float = 100.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("zone_visits", "reports", self.reports, 1, 10)
        within("zone_visits", "hysteresis_nm", self.hysteresis_nm, 0, 5, "nm")
        within("zone_visits", "passage_speed_kn", self.passage_speed_kn, 0, 20, "kn")
        within("zone_visits", "stopped_speed_kn", self.stopped_speed_kn, 0, 5, "kn")
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
    kind: Array
    line_error_m: Array


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
        "regions": made(zones, np.arange(n), found.zone, facts.kind, list(CLASSES), n),
        "confidence": _confidence(facts, params), "evidence": evidence(n, _tests(facts, params)),
        "summary": _summaries(tracks.mmsi[found.entry], start_ms, zones, found.zone, facts, is_open),
        "event_info": _info(tracks, params, zones, found, facts),
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
        kind=_class(params, progress_kn, silence_h, _least(np.where(upto, tracks.sog_kn[rows], np.nan), begins)),
        line_error_m=np.array([_line_error_m(z) for z in zones.zones])[found.zone],
    )  # fmt: skip


def _least(values: Array, begins: Array) -> Array:
    """Least value of each group, NaN left out; NaN for a group without values."""
    least = np.minimum.reduceat(np.where(np.isnan(values), np.inf, values), begins) if len(begins) else np.empty(0)
    return np.where(np.isinf(least), np.nan, least)


def _class(params: Params, progress_kn: Array, silence_h: Array, least_sog_kn: Array) -> Array:
    """Number of the class in ``CLASSES``."""
    gone = progress_kn > params.passage_speed_kn
    still = ~(progress_kn >= params.stopped_speed_kn) & ~(least_sog_kn >= params.stopped_speed_kn)
    return np.select([gone & (silence_h <= params.silence_max_h), gone, still], [0, 3, 1], 2)


def _line_error_m(zone: Zone) -> float:
    """Error of a computed line; 0 for a zone from a file, whose error nobody told."""
    said = zone.attributes.get("line_error_m", "") if zone.kind == CLAIM else ""
    return float(said) if said.replace(".", "", 1).isdigit() else 0.0


def _near_line(f: _Facts, p: Params) -> Array:
    return np.asarray(f.deepest_m <= p.position_error_m + f.line_error_m)


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
    return confidence(len(f.hours), supports, [(_near_line(f, p), LOW_CAP)])


def _words(f: _Facts, p: Params) -> dict[str, pa.Array]:
    n = len(f.hours)
    could_be: dict[str, Array | bool] = {
        explain.POSITION_ERROR: ~(f.deepest_m > 10 * p.position_error_m), explain.PASSAGE: True,
        explain.BOUNDARY_DATA: True, explain.SHELTER: True,
    }  # fmt: skip
    settle = (explain.SETTLE_RADAR, explain.SETTLE_PATROL, explain.SETTLE_RADIO)
    return {"alternatives": chosen(could_be, n), "would_settle": chosen(dict.fromkeys(settle, True), n)}


_SAID: Final = ("a passage", "a stop", "a slow stay", "a passage or a stay: reports were too far apart to tell")


def _summaries(mmsi: Array, start_ms: Array, zones: ZoneIndex, zone: Array, f: _Facts, is_open: Array) -> pa.Array:
    names = [z.name or z.zone_id for z in zones.zones]
    claims = [line_of(z.claimant, z.basis) for z in zones.zones]
    out = []
    rows = zip(mmsi.tolist(), start_ms.tolist(), zone.tolist(), f.hours.tolist(), f.entry_m.tolist(),
               f.deepest_m.tolist(), f.kind.tolist(), f.entered.tolist(), f.left.tolist(), is_open.tolist(),
               strict=True)  # fmt: skip
    for m, start, z, hours, first, deepest, kind, entered, left, still in rows:
        place = f"{names[z]}{claims[z]}"
        stayed = (f"was inside {place} for {hours:.1f} h from {iso_s(start)}" if entered
                  else f"was already inside {place} when first heard at {iso_s(start)}, for {hours:.1f} h")  # fmt: skip
        ended = "" if left else " and was not heard leaving" if not still else " and had not left when last heard"
        out.append(
            f"MMSI {m} {stayed}, up to {deepest / NM_M:.2f} nm from the line, "
            f"{first / NM_M:.2f} nm at the first report{ended}; {explain.consistent_with(_SAID[kind])}."
        )
    return pa.array(out, pa.string())


def _head(zone: Zone) -> dict[str, str | float]:
    """What an event says of its zone: whose line, on what basis; of a computed claim zone also in whose words."""
    head: dict[str, str | float] = {
        "zone_id": zone.zone_id, "zone": zone.name, "claimant": zone.claimant, "basis": zone.basis
    }  # fmt: skip
    if zone.kind == CLAIM:
        words = zone.attributes
        more = {k: words[k] for k in ("right", "limit_nm", "label", "instrument", "date", "objections") if k in words}
        head |= {"view": words.get(VIEW, ""), **more, "line_error_m": _line_error_m(zone)}
    return head


def _info(tracks: Tracks, params: Params, zones: ZoneIndex, found: Visits, f: _Facts) -> pa.Array:
    heads = [json.dumps(_head(z), ensure_ascii=False)[:-1] for z in zones.zones]
    last_ms = tracks.time_ms[found.last].tolist()
    near = ["true" if v else "false" for v in _near_line(f, params).tolist()]
    rows = zip(found.zone.tolist(), f.kind.tolist(), near, f.before_ms.tolist(), last_ms, f.entry_m.tolist(),
               f.deepest_m.tolist(), strict=True)  # fmt: skip
    return pa.array([
        f'{heads[z]},"class":"{CLASSES[kind]}","near_line":{close},"outside_before":{_time(before)},'
        f'"last_inside":{_time(last)},"entry_distance_to_line_m":{_metres(entry)},'
        f'"deepest_distance_to_line_m":{_metres(deep)}}}'
        for z, kind, close, before, last, entry, deep in rows
    ], pa.string())  # fmt: skip


def _time(time_ms: int) -> str:
    return "null" if time_ms == MISSING_TIME_MS else f'"{iso_s(time_ms)}"'


def _metres(value: float) -> str:
    return f"{value:.0f}" if value == value else "null"  # noqa: PLR0124  NaN
