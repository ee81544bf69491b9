"""Gaps: a vessel's track falls silent for longer than a limit.

Definition. Two consecutive fixes of one *track* (segments of one MMSI held to be one vessel) lie more than
``threshold_h`` apart: a gap from the first to the second. A track whose last fix lies more than ``threshold_h`` before
the end of the data has an open gap. Exactly the limit is not enough.

Gaps are found on tracks and not on MMSIs: where two ships send the same number, the silence of one is not filled, nor
ended, by the fixes of the other. That the MMSI was heard meanwhile is a test in the evidence and caps the confidence.
``mmsi_silences`` gives the view by MMSI, as Global Fishing Watch's pipe-gaps defines it.

A silence in the data is not a transmitter switched off. Whether the vessel could have been heard is judged by what its
neighbours' signals did: which of the vessels that could be expected near its last position were heard in the first
hours of the silence (``tracks.reception``), and by its own record: how long it had been silent before as a matter of
course. From these follows the confidence, a probability with a stated meaning (``events.account.silence``). Where no
counts of reception are given, the confidence is the uncalibrated formula of ``events.account.confidence`` without them.

Only a vessel's own fixes and those of the same MMSI are read here; all others come as counts with the surroundings.

Limits: those of the counts (see there); antenna heights and satellites' passes are not modelled. A ship that leaves the
reach of the receivers is silent like one that switched off, unless others are often missing there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table
from kizuna.base.units import HOUR_MS, HOUR_S, MISSING_TIME_MS, NM_M
from kizuna.base.utc import iso_s
from kizuna.events.account import explain
from kizuna.events.account.confidence import LOW_CAP, MODERATE_FROM, Support, capped, confidence
from kizuna.events.account.draft import Parties, anchor, distances, ends, events_table, knots, rule
from kizuna.events.account.evidence import Groups, Test, chosen, evidence, extent, ranges
from kizuna.events.account.limits import within
from kizuna.events.account.silence import own_silence, share_heard
from kizuna.events.reception import Heard, Silence, circumstances, heard, longest_interval_s
from kizuna.events.subjects import Subjects, subjects
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.tracks.table import Tracks

RULE_VERSION: Final = "2"
_FEW: Final = 50


@dataclass(frozen=True, slots=True)
class Params:
    """Limits of the detector.

    Attributes:
        threshold_h: a silence longer than this is a gap, h; 0.5 to 720. Default 6: what Global Fishing Watch's product
            table and Skylight use, and what a duty officer can still act on. Research uses 12 (Welch et al. 2022) to
            be robust against rare satellite passes; here reception is judged in the evidence instead.
        before_h: how far back own fixes are counted, h; 1 to 72. Default 12, as GFW.
        before_min: own fixes in that time that show good reception; 1 to 10,000. Default 14 (Welch et al. 2022).
        neighbours_min: other vessels that could be expected an hour, in the cell and around, for their silence or
            speech to say something; 1 to 50. Default 3: one may be a station of its own, two may leave together.
        heard_share_min: share of them heard meanwhile from which receivers are held to have listened; 0 to 1. Default
            0.5: between the two heaps that receiver outages (below 0.2) and working receivers (above 0.8) make in the
            day that the weights were fitted to.
        interval_factor: a silence this many times as long as the vessel's longest before is unusual for it; 1 to 1,000.
            Default 5, as the rule of thumb for reception-aware gaps has it.
        ordinary_per_own: silences of receivers or habit that come on each one of a vessel's own, where you watch; 0.1
            to 10,000. Default 2, the mix for which the confidence was fitted. A larger number lowers every confidence
            and keeps their order.
        moving_kn: speed from which the vessel was under way when last heard, kn; 0 to 10. Default 0.5, below which
            speed over ground is noise of the fix.
        implied_speed_max_kn: faster than this between the two fixes speaks for two ships, kn; 5 to 100. Default 40:
            few vessels but high-speed craft go faster.
        shore_min_nm: a vessel at rest nearer to shore than this when last heard is more likely moored, nm; 0 to 50.
            Default 1: the packaged coast draws quays as land and is right to about half a mile.
    """

    threshold_h: float = 6.0
    before_h: float = 12.0
    before_min: int = 14
    neighbours_min: int = 3
    heard_share_min: float = 0.5
    interval_factor: float = 5.0
    ordinary_per_own: float = 2.0
    moving_kn: float = 0.5
    implied_speed_max_kn: float = 40.0
    shore_min_nm: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("gaps", "threshold_h", self.threshold_h, 0.5, 720, "h")
        within("gaps", "before_h", self.before_h, 1, 72, "h")
        within("gaps", "before_min", self.before_min, 1, 10_000)
        within("gaps", "neighbours_min", self.neighbours_min, 1, _FEW)
        within("gaps", "heard_share_min", self.heard_share_min, 0, 1)
        within("gaps", "interval_factor", self.interval_factor, 1, 1000)
        within("gaps", "ordinary_per_own", self.ordinary_per_own, 0.1, 10_000)
        within("gaps", "moving_kn", self.moving_kn, 0, 10, "kn")
        within("gaps", "implied_speed_max_kn", self.implied_speed_max_kn, 5, 100, "kn")
        within("gaps", "shore_min_nm", self.shore_min_nm, 0, 50, "nm")


class Silences(NamedTuple):
    """Silences longer than the limit: last row before, first row after (-1 while open)."""

    before: Array
    after: Array


def detect(
    tracks: Tracks, params: Params | None = None, surroundings: Surroundings = NOTHING_KNOWN,
    who: Subjects | None = None,
) -> Table:  # fmt: skip
    """Gaps of all watched tracks, in no particular order."""
    params = params or Params()
    who = who or subjects(tracks)
    end = _data_end(tracks, who, surroundings)
    found = silences(tracks, params, who, end.time_ms)
    return _table(tracks, params, surroundings, who, found, end)


def silences(tracks: Tracks, params: Params, who: Subjects, end_ms: int) -> Silences:
    """Candidates: inside segments, between segments of one vessel, and up to the end of the data."""
    limit_ms = params.threshold_h * HOUR_MS
    inside = np.flatnonzero(np.diff(tracks.time_ms) > limit_ms) + 1
    inside = inside[(tracks.segment[inside] == tracks.segment[inside - 1]) & (tracks.segment[inside] >= 0)]
    inside = inside[who.watched[tracks.segment[inside]]]
    s = who.segments_by_vessel
    if len(s) == 0:
        return Silences(np.empty(0, np.int64), np.empty(0, np.int64))
    vessel, start_ms = who.vessel[s], tracks.time_ms[tracks.seg_start[s]]
    last = _latest_so_far(tracks.time_ms[tracks.seg_end[s] - 1], tracks.seg_end[s] - 1, vessel)
    same = vessel[1:] == vessel[:-1]
    between = same & (start_ms[1:] - tracks.time_ms[last[:-1]] > limit_ms)
    final = np.append(~same, True)  # the last segment of all ends its vessel
    is_open = final & (end_ms - tracks.time_ms[last] > limit_ms)
    return Silences(
        np.concatenate([inside - 1, last[:-1][between], last[is_open]]),
        np.concatenate([inside, tracks.seg_start[s][1:][between], np.full(is_open.sum(), -1)]),
    )


def mmsi_silences(tracks: Tracks, params: Params | None = None) -> Silences:
    """The second view: silences of an MMSI, whichever track its fixes belong to, without open ones."""
    params = params or Params()
    rows = np.flatnonzero(tracks.segment >= 0)
    rows = rows[np.lexsort((tracks.time_ms[rows], tracks.mmsi[rows]))]
    step = np.flatnonzero(np.diff(tracks.time_ms[rows]) > params.threshold_h * HOUR_MS)
    step = step[tracks.mmsi[rows[step]] == tracks.mmsi[rows[step + 1]]]
    return Silences(rows[step], rows[step + 1])


def _latest_so_far(end_ms: Array, row: Array, vessel: Array) -> Array:
    """Row of the latest fix of a vessel up to each of its segments (segments may overlap)."""
    out = row.copy()
    for k in range(1, len(out)):
        if vessel[k] == vessel[k - 1] and end_ms[k] < end_ms[k - 1]:
            end_ms[k], out[k] = end_ms[k - 1], out[k - 1]
    return out


class _End(NamedTuple):
    """End of the data, and the row that shows it (-1 where it was handed in)."""

    time_ms: int
    row: int


def _data_end(tracks: Tracks, who: Subjects, surroundings: Surroundings) -> _End:
    if surroundings.data_end_ms is not None:
        return _End(surroundings.data_end_ms, -1)
    lasts = tracks.seg_end[who.watched] - 1
    if len(lasts) == 0:
        return _End(MISSING_TIME_MS, -1)
    row = int(lasts[np.argmax(tracks.time_ms[lasts])])
    return _End(int(tracks.time_ms[row]), row)


def _table(
    tracks: Tracks, params: Params, surroundings: Surroundings, who: Subjects, found: Silences, end: _End
) -> Table:
    n = len(found.before)
    before, closed = found.before, found.after >= 0
    after = np.where(closed, found.after, before)
    lat, lon, time_ms = tracks.lat_deg, tracks.lon_deg, tracks.time_ms
    start_ms, until_ms = time_ms[before], np.where(closed, time_ms[after], end.time_ms)
    last = lat[before], lon[before]
    next_ = np.where(closed, lat[after], np.nan), np.where(closed, lon[after], np.nan)
    silence = Silence(before, until_ms, round(params.before_h * HOUR_MS))
    around = heard(tracks, who, silence)
    run_m = distances(*last, *next_)
    facts = _Facts(
        hours=(until_ms - start_ms) / HOUR_MS, own=np.diff(around.own.offsets),
        bridged=np.diff(around.same_mmsi.offsets), others=_others(tracks, silence, around, surroundings, params),
        longest_own_s=longest_interval_s(tracks, around.own),
        anchored=surroundings.anchored(*last), shore_m=surroundings.shore(*last),
        speed_kn=tracks.sog_kn[before].astype(np.float64), run_m=run_m,
        implied_kn=knots(run_m, until_ms - start_ms), closed=closed,
    )  # fmt: skip
    both = Groups(np.stack([before, after], axis=1).ravel(), np.arange(n + 1) * 2)
    columns = {
        "start_ms": start_ms, "end_ms": np.where(closed, until_ms, MISSING_TIME_MS),
        **ends(surroundings, last, next_), **extent(lat[both.flat], lon[both.flat], both.offsets)._asdict(),
        "duration_h": facts.hours, "distance_m": run_m, "implied_speed_kn": facts.implied_kn,
        "confidence": _confidence(facts, params), "evidence": evidence(n, _tests(facts, params)),
        "summary": _summaries(tracks.mmsi[before], start_ms, until_ms, facts),
        "event_info": _info(facts, end.time_ms),
        **_words(facts, params), **rule(params, RULE_VERSION, surroundings, n),
    }  # fmt: skip
    vessel = who.vessel[tracks.segment[before]]
    parties = Parties(Groups(vessel, np.arange(n + 1)), _segments(tracks, before, after))
    return events_table("gap", tracks, who, parties, _proof_rows(around, found, end), [anchor(*last)], columns)


class _Others(NamedTuple):
    """What is known of neighbours per gap: vessel-hours around, as floats; NaN without counts of reception."""

    heard: Array
    expected: Array
    per_hour: Array
    share: Array
    own: Array


def _others(
    tracks: Tracks, silence: Silence, around: Heard, surroundings: Surroundings, params: Params
) -> _Others:  # fmt: skip
    """Neighbours, and from them the probability that the silence is the vessel's own."""
    n = len(silence.before)
    if surroundings.reception is None:
        return _Others(*(np.full(n, np.nan) for _ in _Others._fields))
    c = circumstances(surroundings.reception, tracks, silence, around)
    per_hour = np.where(c.hours > 0, c.expected_around / np.maximum(c.hours, 1), np.nan)
    share = np.where(c.expected_around > 0, share_heard(c), np.nan)
    own = own_silence(c, params.ordinary_per_own)
    return _Others(c.heard_around.astype(float), c.expected_around.astype(float), per_hour, share, own)


class _Facts(NamedTuple):
    """Measured values per gap; NaN where unknown."""

    hours: Array
    own: Array
    bridged: Array
    others: _Others
    longest_own_s: Array
    anchored: Array
    shore_m: Array
    speed_kn: Array
    run_m: Array
    implied_kn: Array
    closed: Array

    @property
    def times_longest(self) -> Array:
        """The silence in lengths of the vessel's longest before; NaN for a vessel heard once."""
        times: Array = self.hours * HOUR_S / np.maximum(self.longest_own_s, 1.0)
        return times


def _tests(f: _Facts, p: Params) -> list[Test]:
    return [
        Test("silence", f.hours, ">", p.threshold_h, "h"),
        Test(f"own_fixes_in_{p.before_h:g}_h_before", f.own, ">=", p.before_min),
        Test("neighbours_expected_per_hour", f.others.per_hour, ">=", p.neighbours_min),
        Test("share_of_neighbours_heard", f.others.share, ">=", p.heard_share_min),
        Test("silence_over_longest_own_interval", f.times_longest, ">=", p.interval_factor),
        Test("chance_that_silence_is_own", f.others.own, ">=", MODERATE_FROM),
        Test("other_tracks_of_mmsi_heard", f.bridged, "<=", 0),
        Test("start_in_anchorage", f.anchored, "<=", 0),
        Test("distance_from_shore_when_last_heard", f.shore_m / NM_M, ">=", p.shore_min_nm, "nm"),
        Test("speed_when_last_heard", f.speed_kn, ">=", p.moving_kn, "kn"),
        Test("implied_speed", f.implied_kn, "<=", p.implied_speed_max_kn, "kn"),
    ]


def _confidence(f: _Facts, p: Params) -> Array:
    """Confidence that the vessel was one ship, could be heard, and was not.

    With counts of reception it is the probability that the silence is the vessel's own (``events.account.silence``).
    Without them it is the uncalibrated formula: own fixes before count most, then how far the silence exceeds the limit
    (full at four times), then that the vessel was under way and not in an anchorage; what neighbours did is not known
    and supports nothing. Capped low where another track of the MMSI was heard, where the silence begins in an
    anchorage or at rest close to shore, and where the two ends do not fit one ship.
    """
    two_ships = f.implied_kn > p.implied_speed_max_kn
    caps = [(held, LOW_CAP) for held in (f.bridged > 0, f.anchored > 0, two_ships, _moored(f, p))]
    if not np.isnan(f.others.own).all():
        return capped(f.others.own, caps)
    supports = [
        Support(3, np.full(len(f.hours), np.nan), 0, p.neighbours_min),
        Support(3, f.own, 0, p.before_min),
        Support(2, f.hours, p.threshold_h, 4 * p.threshold_h),
        Support(1, f.speed_kn, 0, max(p.moving_kn, 0.1)),
        Support(1, f.anchored, 1, 0),
    ]
    return confidence(len(f.hours), supports, caps)


def _moored(f: _Facts, p: Params) -> Array:
    """At rest close to shore when last heard; not where speed or coast is unknown."""
    moored: Array = (f.speed_kn < p.moving_kn) & (f.shore_m < p.shore_min_nm * NM_M)
    return moored


def _words(f: _Facts, p: Params) -> dict[str, pa.Array]:
    n = len(f.hours)
    could_be: dict[str, Array | bool] = {
        explain.SHARED_MMSI: f.bridged > 0, explain.TWO_SHIPS: f.implied_kn > p.implied_speed_max_kn,
        explain.SWITCHED_OFF_IN_PORT: (f.anchored > 0) | _moored(f, p), explain.DATA_END: ~f.closed,
        explain.RECEIVER_FAULT: ~((f.others.share >= p.heard_share_min) & (f.others.per_hour >= p.neighbours_min)),
        explain.USUAL_SILENCE: f.times_longest < p.interval_factor,
        explain.OUT_OF_REACH: True, explain.CLASS_B: True,
    }  # fmt: skip
    settle = (explain.SETTLE_OTHER_RECEIVER, explain.SETTLE_RADAR, explain.SETTLE_SAR, explain.SETTLE_RADIO)
    return {"alternatives": chosen(could_be, n), "would_settle": chosen(dict.fromkeys(settle, True), n)}


def _summaries(mmsi: Array, start_ms: Array, until_ms: Array, f: _Facts) -> pa.Array:
    out = []
    rows = zip(mmsi.tolist(), start_ms.tolist(), until_ms.tolist(), f.hours.tolist(), f.run_m.tolist(),
               f.others.heard.tolist(), f.others.expected.tolist(), f.closed.tolist(), strict=True)  # fmt: skip
    for m, start, until, hours, run_m, others, expected, closed in rows:
        span = (f"from {iso_s(start)} to {iso_s(until)}, {run_m / NM_M:.1f} nm apart" if closed
                else f"since {iso_s(start)}, up to the end of the data at {iso_s(until)}")  # fmt: skip
        out.append(
            f"MMSI {m} was not heard for {hours:.1f} h {span}; {_neighbours(others, expected)}; "
            f"{explain.consistent_with('a transmitter that did not send or was not received')}."
        )
    return pa.array(out, pa.string())


def _neighbours(heard: float, expected: float) -> str:
    """What neighbours did, in words; numbers are vessels times hours."""
    if expected != expected:  # noqa: PLR0124  NaN
        return "nothing is known of other vessels near by"
    if expected == 0:
        return "no other vessel was to be expected near by"
    return f"of other vessels expected near by in its first hours {heard / expected:.0%} were heard"


def _info(f: _Facts, data_end_ms: int) -> pa.Array:
    end = f'"{iso_s(data_end_ms)}"'
    rows = zip(f.own.tolist(), f.bridged.tolist(), f.closed.tolist(), _whole(f.longest_own_s),
               _whole(f.others.expected), _whole(f.others.heard), strict=True)  # fmt: skip
    return pa.array([
        f'{{"data_end":{"null" if closed else end},"longest_own_interval_s":{longest},'
        f'"neighbour_hours_expected":{expected},"neighbour_hours_heard":{heard},"other_tracks_of_mmsi":{b},'
        f'"own_fixes_before":{w}}}'
        for w, b, closed, longest, expected, heard in rows
    ], pa.string())  # fmt: skip


def _whole(values: Array) -> list[str]:
    return [f"{v:.0f}" if v == v else "null" for v in values.tolist()]  # noqa: PLR0124  NaN


def _segments(tracks: Tracks, before: Array, after: Array) -> Groups:
    """The segment before, and that after where it is another one."""
    pair = np.stack([tracks.segment[before], tracks.segment[after]], axis=1)
    keep = np.stack([np.ones(len(pair), np.bool_), pair[:, 0] != pair[:, 1]], axis=1)
    return Groups(pair[keep], np.concatenate([[0], np.cumsum(keep.sum(axis=1))]))


def _proof_rows(around: Heard, found: Silences, end: _End) -> Groups:
    """Own fixes before, the one after, one fix of each other track of the MMSI, and for an open gap the data's end."""
    n = len(found.before)
    closed = np.flatnonzero(found.after >= 0)
    late = np.flatnonzero(found.after < 0) if end.row >= 0 else closed[:0]
    witness = np.full(len(late), end.row)
    rows = [around.own.flat, around.same_mmsi.flat, found.after[closed], witness]
    event = np.concatenate([around.own.group, around.same_mmsi.group, closed, late])
    flat = np.concatenate(rows)
    return ranges(flat, flat + 1, event, n)
