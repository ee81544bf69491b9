"""Port visits: a vessel comes to a port, lies there, and leaves.

Definition, as Global Fishing Watch's pipe-anchorages has it. A vessel is **in port** from its first fix within
``enter_m`` of a port point (an anchorage, or a port of the table that has none; ``places.ports``) to its first fix
``leave_m`` or more from all of them. In port it is **stopped** from a fix of ``stop_begin_kn`` or less to one of
``stop_end_kn`` or more (speed as sent; a fix without speed changes nothing). It has an **in-port gap** where two of
its fixes lie ``gap_h`` or more apart, or the data go on for so long after its last. What was seen gives the level:

    4  entry and exit, and a stop or gap          2  a stop or gap, neither entry nor exit
    3  entry or exit, and a stop or gap           1  entry or exit, neither stop nor gap

A visit with none of the four is none. Confidence is 0.30, 0.50, 0.70 and 0.90 for levels 1 to 4: it says how much of a
visit was seen, and is no measured probability.

Found on vessels, whose segments are joined in order of time, so that a visit and the trip after it hold together
however long the transmitter was off: the exit is the first fix outside, days later if need be, and ``last_inside``
tells since when. Segments of one vessel that overlap in time are looked at one by one.

Four differences from GFW: a vessel heard first in port starts its visit there and then (GFW: at its next event, and
never when it lies still to the end of the data); two fixes in ports more than ``jump_max_nm`` apart part two visits
also inside a segment, and the silence between them belongs to the first; a gap tells the last fix before it beside its
begin, which is ``gap_h`` later as there; all stops and gaps are counted, not those of the first and last hundred
events.

Measured on the fixes that decide and the first in every quarter of ``gap_h``, which are the proof.

Limits: a port without anchorages and outside the table is not known. Passing close by is level 1. A roadstead with an
anchorage is a port; a vessel may wait there for days and leave without a berth. Vessels that send no speed have no
stops.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.table import Array, Table, empty
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS, NM_M, SECOND_MS
from kizuna.base.utc import iso_s
from kizuna.events.account import explain
from kizuna.events.account.draft import Parties, anchor, ends, events_table, rule
from kizuna.events.account.evidence import Groups, Test, chosen, evidence, extent, ranges
from kizuna.events.account.limits import within
from kizuna.events.runs.port_calls import Calls, calls
from kizuna.events.subjects import Subjects, subjects
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.events.table import EVENTS
from kizuna.places.ports import PortPoints
from kizuna.tracks.table import Tracks

RULE_VERSION: Final = "1"
_LISTED: Final = 10
"""Stops and gaps listed in ``event_info``, the longest; all are counted."""
CONFIDENCE: Final = (0.0, 0.30, 0.50, 0.70, 0.90)
"""By level; equal steps within the range that the other rules use (FLOOR to just below CEILING)."""


@dataclass(frozen=True, slots=True)
class Params:
    """Limits of the detector.

    Attributes:
        enter_m: in port from this distance to a port point, m; 100 to 10,000. Default 3,000, as Global Fishing Watch.
        leave_m: until this distance, m; enter_m to 20,000. Default 4,000, as GFW: the hysteresis spares a vessel that
            works along the rim fifty visits.
        stop_begin_kn: stopped from this speed down, kn; 0 to 2. Default 0.2, as GFW.
        stop_end_kn: to this speed, kn; stop_begin_kn to 5. Default 0.5, as GFW.
        gap_h: a silence in port that counts as a gap, h; 1 to 72. Default 4, as GFW.
        jump_max_nm: two fixes in port further apart belong to two visits, nm; 30 to 600. Default 60, as GFW.
        level_min: lowest level reported; 1 to 4. Default 2: level 1 is mostly passing by.
    """

    enter_m: float = 3000.0
    leave_m: float = 4000.0
    stop_begin_kn: float = 0.2
    stop_end_kn: float = 0.5
    gap_h: float = 4.0
    jump_max_nm: float = 60.0
    level_min: int = 2

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("port_visits", "enter_m", self.enter_m, 100, 10_000, "m")
        within("port_visits", "leave_m", self.leave_m, self.enter_m, 20_000, "m")
        within("port_visits", "stop_begin_kn", self.stop_begin_kn, 0, 2, "kn")
        within("port_visits", "stop_end_kn", self.stop_end_kn, self.stop_begin_kn, 5, "kn")
        within("port_visits", "gap_h", self.gap_h, 1, 72, "h")
        within("port_visits", "jump_max_nm", self.jump_max_nm, 30, 600, "nm")
        within("port_visits", "level_min", self.level_min, 1, 4)


def detect(
    tracks: Tracks, params: Params | None = None, surroundings: Surroundings = NOTHING_KNOWN,
    who: Subjects | None = None,
) -> Table:  # fmt: skip
    """Port visits of all watched vessels, in no particular order; none without port points."""
    params = params or Params()
    who = who or subjects(tracks)
    ports = surroundings.ports
    if ports is None or not len(ports):
        return empty(EVENTS)
    found = calls(tracks, who, ports, surroundings.data_end_ms, **_limits(params))
    level = _level(found)
    return _table(tracks, params, surroundings, who, ports, found.take(level >= params.level_min))


def _limits(p: Params) -> dict[str, Any]:
    return {
        "enter_m": p.enter_m, "leave_m": p.leave_m, "stop_begin_kn": p.stop_begin_kn, "stop_end_kn": p.stop_end_kn,
        "gap_ms": round(p.gap_h * HOUR_MS), "jump_m": p.jump_max_nm * NM_M,
    }  # fmt: skip


def _level(found: Calls) -> Array:
    """GFW's confidence, 1 to 4; 0 where nothing was seen but that the vessel was there."""
    edges = (found.before >= 0).astype(np.int32) + (found.exit >= 0)
    rested = (found.stops.count > 0) | (found.gaps.count > 0) | (found.data_end_ms != MISSING_TIME_MS)
    level: Array = np.where(rested, 2 + edges, np.minimum(edges, 1)).astype(np.int32)
    return level


class _Facts(NamedTuple):
    """Measured values per visit; NaN where unknown."""

    level: Array
    hours: Array
    entered: Array
    left: Array
    stops: Array
    stopped_h: Array
    silence_h: Array
    unheard_before_h: Array
    unheard_after_h: Array
    metres: Array


class _Places(NamedTuple):
    """Port points per visit: at the entry, where the vessel lay longest, at its last fix inside."""

    start: Array
    main: Array
    end: Array


def _table(
    tracks: Tracks, params: Params, surroundings: Surroundings, who: Subjects, ports: PortPoints, found: Calls
) -> Table:
    n = len(found.entry)
    left = found.exit >= 0
    final = np.where(left, found.exit, found.last)
    is_open = ~left & (found.elsewhere < 0)
    start_ms, until_ms = tracks.time_ms[found.entry], tracks.time_ms[final]
    at, metres = _places(tracks, params, ports, found)
    facts = _facts(tracks, found, start_ms, until_ms, metres)
    first, last = ((tracks.lat_deg[r], tracks.lon_deg[r]) for r in (found.entry, final))
    gone = tuple(np.where(is_open, np.nan, v) for v in last)
    box = extent(tracks.lat_deg[found.inside.flat], tracks.lon_deg[found.inside.flat], found.inside.offsets)
    columns = {
        "start_ms": start_ms, "end_ms": np.where(is_open, MISSING_TIME_MS, until_ms),
        **ends(surroundings, first, (gone[0], gone[1])), **box._asdict(), "duration_h": facts.hours,
        "level": facts.level, "confidence": np.array(CONFIDENCE, np.float32)[facts.level],
        "evidence": evidence(n, _tests(facts, params)),
        "summary": _summaries(tracks.mmsi[found.entry], start_ms, ports, at, facts, is_open),
        "event_info": _info(tracks, params, ports, at, found, facts),
        **_words(facts), **rule(params, RULE_VERSION, surroundings, n),
    }  # fmt: skip
    columns["mask"] = pa.repeat(pa.scalar(ports.citation, pa.string()), n)
    vessel = who.vessel[tracks.segment[found.entry]]
    parties = Parties(Groups(vessel, np.arange(n + 1)), _segments(tracks, found))
    return events_table("port_visit", tracks, who, parties, found.proof, [anchor(*first)], columns)


def _places(tracks: Tracks, params: Params, ports: PortPoints, found: Calls) -> tuple[_Places, Array]:
    rows = [found.entry, np.where(found.stops.longest >= 0, found.stops.longest, found.entry), found.last]
    near = [ports.nearest(tracks.lat_deg[r], tracks.lon_deg[r], params.leave_m) for r in rows]
    return _Places(*(number for number, _ in near)), near[1][1]


def _facts(tracks: Tracks, found: Calls, start_ms: Array, until_ms: Array, metres: Array) -> _Facts:
    def between(low: Array, high: Array, known: Array) -> Array:
        return np.where(known, (tracks.time_ms[high] - tracks.time_ms[low]) / HOUR_MS, np.nan)

    after = np.where(found.exit >= 0, found.exit, found.elsewhere)
    to_end = np.where(found.data_end_ms != MISSING_TIME_MS, found.data_end_ms - tracks.time_ms[found.last], 0)
    return _Facts(
        level=_level(found), hours=(until_ms - start_ms) / HOUR_MS, entered=(found.before >= 0).astype(np.float64),
        left=(found.exit >= 0).astype(np.float64), stops=found.stops.count, stopped_h=found.stops.total_ms / HOUR_MS,
        silence_h=np.maximum(found.gaps.most_ms, to_end) / HOUR_MS,
        unheard_before_h=between(found.before, found.entry, found.before >= 0),
        unheard_after_h=between(found.last, after, after >= 0), metres=metres,
    )  # fmt: skip


def _tests(f: _Facts, p: Params) -> list[Test]:
    return [
        Test("entry_seen", f.entered, ">=", 1),
        Test("exit_seen", f.left, ">=", 1),
        Test("stops", f.stops, ">=", 1),
        Test("longest_gap_in_port", f.silence_h, ">=", p.gap_h, "h"),
        Test("nearest_port_point", f.metres, "<=", p.leave_m, "m"),
        Test("time_unheard_before_entry", f.unheard_before_h, "<", p.gap_h, "h"),
        Test("time_unheard_before_exit", f.unheard_after_h, "<", p.gap_h, "h"),
    ]


def _words(f: _Facts) -> dict[str, pa.Array]:
    n = len(f.hours)
    could_be: dict[str, Array | bool] = {
        explain.PASSING_PORT: f.level == 1, explain.ROADSTEAD: f.level > 1, explain.HARBOUR_WORK: True,
        explain.BUSY_PLACE: True, explain.SWITCHED_OFF_IN_PORT: f.silence_h > 0,
    }  # fmt: skip
    settle = (explain.SETTLE_PORT_LOG, explain.SETTLE_RADIO, explain.SETTLE_SAR)
    return {"alternatives": chosen(could_be, n), "would_settle": chosen(dict.fromkeys(settle, True), n)}


def place_name(ports: PortPoints, number: int) -> str:
    """Name of a port point: that of its list, else the nearest port's, else its id."""
    if ports.names[number].label:
        return ports.names[number].label
    port = int(ports.port[number])
    return ports.ports[port].name if port >= 0 else f"an anchorage at {ports.point_id(number)}"


def _summaries(mmsi: Array, start_ms: Array, ports: PortPoints, at: _Places, f: _Facts, is_open: Array) -> pa.Array:
    out = []
    rows = zip(mmsi.tolist(), start_ms.tolist(), at.main.tolist(), f.level.tolist(), f.hours.tolist(),
               f.stopped_h.tolist(), f.entered.tolist(), f.left.tolist(), is_open.tolist(), strict=True)  # fmt: skip
    for m, start, place, level, hours, stopped, entered, left, still in rows:
        port = f"port ({place_name(ports, place)})"
        came = f"came to {port} at" if entered else f"was already in {port} when first heard at"
        gone = "and was still there when last heard" if still else "and was next heard elsewhere"
        ended = "and left" if left else gone
        out.append(
            f"MMSI {m} {came} {iso_s(start)}, stayed {hours:.1f} h ({stopped:.1f} h of them stopped) {ended}; "
            f"level {level} of 4; {explain.consistent_with('a port visit')}."
        )
    return pa.array(out, pa.string())


def _info(tracks: Tracks, params: Params, ports: PortPoints, at: _Places, found: Calls, f: _Facts) -> pa.Array:
    texts = {k: _point(ports, k) for k in np.unique(np.concatenate([np.asarray(v) for v in at])).tolist()}
    calls_at = {k: _port(ports, k) for k in np.unique(at.main).tolist()}
    stops, gaps = found.stops.listed(tracks.time_ms, _LISTED), found.gaps.listed(tracks.time_ms, _LISTED)
    rested = _spans('"stop_begin":"', '"stop_end":"', tracks.time_ms, found.stops.begin, found.stops.end)
    silent = _spans('"last_heard":"', '"gap_end":"', tracks.time_ms, found.gaps.begin, found.gaps.end)
    begun = _iso(tracks.time_ms[found.gaps.begin] + round(params.gap_h * HOUR_MS))
    inside = _iso(tracks.time_ms[found.last])
    outside = _iso(np.where(found.before >= 0, tracks.time_ms[found.before], 0))
    entered = (found.before >= 0).tolist()
    out = []
    counts = (f.level.tolist(), f.stops.tolist(), f.stopped_h.tolist(), found.gaps.count.tolist())
    rows = zip(*(v.tolist() for v in at), *counts, entered, outside, inside, stops, gaps, strict=True)
    for start, main, end, level, count, hours, silences, came, before, last, lay_k, mute_k in rows:
        lay = ",".join(f"{{{rested[k]}}}" for k in lay_k)
        told = ",".join(f'{{"gap_begin":"{begun[k]}",{silent[k]}}}' for k in mute_k)
        before_text = f'"{before}"' if came else "null"
        out.append(
            f'{{"confidence":{level},"start_anchorage":{texts[start]},"intermediate_anchorage":{texts[main]},'
            f'"end_anchorage":{texts[end]},"port":{calls_at[main]},"outside_before":{before_text},'
            f'"last_inside":"{last}","stops":{count},"stopped_h":{hours:.2f},"longest_stops":[{lay}],'
            f'"gaps":{silences},"longest_gaps":[{told}]}}'
        )
    return pa.array(out, pa.string())


def _point(ports: PortPoints, k: int) -> str:
    name = ports.names[k]
    return json.dumps({
        "anchorage_id": ports.point_id(k), "name": name.label or None, "flag": name.country or None,
        "lat": round(float(ports.lat_deg[k]), 5), "lon": round(float(ports.lon_deg[k]), 5), "origin": name.origin,
    }, ensure_ascii=False, separators=(",", ":"))  # fmt: skip


def _port(ports: PortPoints, k: int) -> str:
    at = int(ports.port[k])
    if at < 0:
        return "null"
    port = ports.ports[at]
    return json.dumps({
        "port_id": port.port_id, "name": port.name, "name_ja": port.name_ja or None, "name_zh": port.name_zh or None,
        "administration": port.administration, "distance_m": round(float(ports.port_m[k])), "source": port.source,
    }, ensure_ascii=False, separators=(",", ":"))  # fmt: skip


def _iso(time_ms: Array) -> list[str]:
    """Texts of known times to the second, all at once: a tenth of the cost of one by one."""
    seconds = np.asarray(time_ms, np.int64) // SECOND_MS
    return [f"{t}Z" for t in np.datetime_as_string(seconds.astype("datetime64[s]"), unit="s").tolist()]


def _spans(begin_key: str, end_key: str, time_ms: Array, begin: Array, end: Array) -> list[str]:
    pairs = zip(_iso(time_ms[begin]), _iso(time_ms[end]), strict=True)
    return [f'{begin_key}{a}",{end_key}{b}"' for a, b in pairs]


def _segments(tracks: Tracks, found: Calls) -> Groups:
    """Segments that the fixes kept inside belong to."""
    segment = tracks.segment[found.inside.flat]
    return ranges(segment, segment + 1, found.inside.group, len(found.entry))
