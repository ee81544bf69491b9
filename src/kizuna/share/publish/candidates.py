"""Candidates: rows of the tables with the facts that rules match on, and the columns that may become records.

What never becomes a candidate: repeats of a report, rows without time, place or vessel, and events that a newer
version has replaced. An event lies in a zone only where all of its places do, and touches every zone that one of them
or one of its regions names. Its label is joined with those of all fixes of its tracks in its time, so that an event
computed from a hidden track is as hidden as the track; a detection that a track explains takes its label in as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events.table import EVENT_TYPES
from kizuna.fixes.table import FLAG_BAD_MMSI, FLAG_DUPLICATE, FLAG_NO_POSITION, FLAG_NO_TIME
from kizuna.places.zone_index import ZoneIndex
from kizuna.records.label import join_words
from kizuna.records.subject import vessel
from kizuna.share.columns import Coded, Columns, Sets, labels, same, sets_of
from kizuna.share.transforms.rows import Array, Rows, objects

_UNFIT: Final = FLAG_DUPLICATE | FLAG_NO_POSITION | FLAG_NO_TIME | FLAG_BAD_MMSI
_NUMBERS: Final = (
    "distance_m", "implied_speed_kn", "median_speed_kn", "median_distance_m", "start_distance_from_shore_m",
    "end_distance_from_shore_m", "start_distance_from_port_m", "end_distance_from_port_m",
)  # fmt: skip
_LISTS: Final = {"alternatives": 32, "would_settle": 32, "sources": 64}
DETECTION_NUMBERS: Final = (
    "accuracy_m", "length_m", "course_deg", "speed_kn", "score", "match_probability", "ais_probability",
)  # fmt: skip
POSITION: Final = "track.position"
DETECTION: Final = "detection"
Known = int | npt.NDArray[np.int64]
"""When this node knew the rows, ms UTC: one time, or one for each row left after the unfit ones are gone."""
SourcesOf = Callable[[int, int, int], frozenset[str]]
"""On which sources the track of an MMSI rests around [start, end), ms UTC; empty where none is known."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What could leave. ``columns`` are the facts of ``share.columns``; ``rows`` the values, row by row the same.

    ``keys`` tells of an event under which name a later version of it is known; empty for other kinds.
    """

    columns: Columns
    rows: Rows
    keys: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of candidates."""
        return len(self.rows)


def of_fixes(fixes: Table, me: str, zones: ZoneIndex | None = None, known_ms: Known | None = None) -> Candidates:
    """Positions from a table of fixes. ``known_ms`` stands in where a row does not say when it was received."""
    good = (fixes["flags"] & _UNFIT == 0) & (fixes["time_ms"] != MISSING_TIME_MS)
    good &= (fixes["mmsi"] > 0) & np.isfinite(fixes["lat_deg"]) & np.isfinite(fixes["lon_deg"])
    fixes = fixes if good.all() else fixes.take(good)
    n = len(fixes)
    received = _received(fixes["received_ms"], fixes["time_ms"], known_ms)
    vessels, which = np.unique(fixes["mmsi"], return_inverse=True)
    names = [(vessel(m),) for m in vessels.tolist()]
    inside = _zones(zones, [(fixes["lat_deg"], fixes["lon_deg"])], n)[0]
    columns: dict[str, Array] = {
        "who": fixes["mmsi"].astype(np.int64), "number": fixes["msg_id"], "time_ms": fixes["time_ms"],
        "known_ms": received, "lat_deg": fixes["lat_deg"], "lon_deg": fixes["lon_deg"],
        "sog_kn": fixes["sog_kn"].astype(np.float64), "cog_deg": fixes["cog_deg"].astype(np.float64),
        "heading_deg": fixes["heading_deg"].astype(np.float64), "nav_status": fixes["nav_status"],
        "subject": objects(names)[which.ravel()] if n else np.empty(0, np.object_),
        "station": _words(fixes, "ais_class"), "via": _words(fixes, "receiver_type"), "cell_m": np.zeros(n, np.int64),
    }  # fmt: skip
    facts = Columns(
        kind=same(POSITION, n), origin=same(me, n), context=_coded(fixes, "context"),
        label=labels(fixes["label"], fixes.codes_of("label")), observed_ms=fixes["time_ms"], received_ms=received,
        zone=inside, touched=inside, source=_sources(fixes),
        subject=Coded(which.ravel().astype(np.int32), tuple(frozenset(s) for s in names)),
        tag=same(frozenset(), n),
    )  # fmt: skip
    rows = Rows(POSITION, columns, motion=("sog_kn", "cog_deg", "heading_deg"), telling=("nav_status",),
                sources=("via",))  # fmt: skip
    return Candidates(facts, rows)


def of_detections(
    detections: Table, me: str, zones: ZoneIndex | None = None, *, known_ms: Known, fixes: Table | None = None,
    sources: SourcesOf | None = None,
) -> Candidates:  # fmt: skip
    """What sensors saw. ``fixes`` are those of the tracks that explain them, for their labels; None takes their own.

    One that a track explains says which vessel it is, and rests on the sources of that track as well (``sources``).
    """
    good = (detections["time_ms"] != MISSING_TIME_MS) & np.isfinite(detections["lat_deg"])
    detections = detections.take(good & np.isfinite(detections["lon_deg"]))
    n = len(detections)
    matched = detections["mmsi"] > 0
    words, codes = detections.codes_of("label"), detections["label"]
    if fixes is not None:
        segs = [[s] if m else [] for s, m in zip(detections["seg_id"].tolist(), matched, strict=True)]
        words, codes = _joined(detections, segs, detections["time_ms"], detections["time_ms"], fixes)
    named = [(vessel(m),) if there else () for m, there in zip(detections["mmsi"].tolist(), matched, strict=True)]
    inside = _zones(zones, [(detections["lat_deg"], detections["lon_deg"])], n)[0]
    received = _received(np.full(n, MISSING_TIME_MS), detections["time_ms"], known_ms)
    columns: dict[str, Array] = {
        "who": np.full(n, -1, np.int64), "number": detections["det_id"], "time_ms": detections["time_ms"],
        "known_ms": received, "lat_deg": detections["lat_deg"], "lon_deg": detections["lon_deg"],
        "subject": objects(named), "sensor": _words(detections, "sensor"), "verdict": _words(detections, "verdict"),
        "cell_m": np.zeros(n, np.int64),
    } | {name: detections[name].astype(np.float64) for name in DETECTION_NUMBERS}  # fmt: skip
    facts = Columns(
        kind=same(DETECTION, n), origin=same(me, n), context=_coded(detections, "context"),
        label=labels(codes, words), observed_ms=detections["time_ms"], received_ms=received, zone=inside,
        touched=inside, source=_seen_sources(detections, sources), subject=_subjects(named), tag=same(frozenset(), n),
    )  # fmt: skip
    rows = Rows(DETECTION, columns, identity=("length_m",), motion=("course_deg", "speed_kn"),
                telling=("accuracy_m", "length_m", "score", "match_probability", "ais_probability"),
                sources=("sensor",))  # fmt: skip
    return Candidates(facts, rows)


def of_events(
    events: Table, me: str, zones: ZoneIndex | None = None, *, known_ms: Known, fixes: Table | None = None,
    sources: SourcesOf | None = None,
) -> Candidates:  # fmt: skip
    """Events, the newest version of each.

    ``fixes`` are those of their tracks, for their labels and sources. Without them the events' own labels stand, and
    ``sources`` tells of an MMSI which sources its track rests on in the time of the event; without both the sources
    are unknown and rules that ask for them refuse.
    """
    events = _newest(events)
    n = len(events)
    start, end = events["start_ms"], events["end_ms"]
    closed = end != MISSING_TIME_MS
    known = np.where(closed, end, start)
    segs, mmsis = events["seg_ids"].to_pylist(), events["mmsis"].to_pylist()
    words, codes = events.codes_of("label"), events["label"]
    if fixes is not None:
        words, codes = _joined(events, segs, start, np.where(closed, end, np.iinfo(np.int64).max), fixes)
    places = [
        (events[f"{a}lat{b}_deg"], events[f"{a}lon{b}_deg"]) for a, b in (("start_", ""), ("end_", ""), ("", "_mean"))
    ]
    inside, touched = _zones(zones, places, n, _regions(events))
    named = [tuple(vessel(m) for m in row or ()) for row in mmsis]
    columns: dict[str, Array] = {
        "who": np.full(n, -1, np.int64), "number": np.arange(n, dtype=np.int64), "time_ms": known,
        "known_ms": _received(np.full(n, MISSING_TIME_MS), known, known_ms), "start_ms": start, "end_ms": end,
        "event_id": objects(events["event_id"].to_pylist()), "version": events["version"].astype(np.int64),
        "status": _words(events, "status"), "status_reason": _words(events, "status_reason"),
        "superseded_by": objects(events["superseded_by"].to_pylist()),
        "event_type": _words(events, "event_type"), "subject": objects(named), "duration_h": events["duration_h"],
        "confidence": events["confidence"].astype(np.float64), "confidence_word": _words(events, "confidence_word"),
        "level": events["level"].astype(np.int64), "rule_id": objects(events["rule_id"].to_pylist()),
        "rule_version": objects(events["rule_version"].to_pylist()), "tests": objects(events["evidence"].to_pylist()),
        "regions": objects(events["regions"].to_pylist()), "summary": objects(events["summary"].to_pylist()),
        "cell_m": np.zeros(n, np.int64),
    } | {f"{a}_{b}_deg": events[f"{a}_{b}_deg"] for a in ("start", "end") for b in ("lat", "lon")}  # fmt: skip
    columns |= {name: events[name] for name in _NUMBERS}
    columns |= {n: objects([tuple((v or ())[:most]) for v in events[n].to_pylist()]) for n, most in _LISTS.items()}
    facts = Columns(
        kind=Coded(events["event_type"], tuple(f"event.{w}" for w in EVENT_TYPES)), origin=same(me, n),
        context=_coded(events, "context"), label=labels(codes, words), observed_ms=known,
        received_ms=columns["known_ms"], zone=inside, touched=touched, source=_event_sources(events, fixes, sources),
        subject=_subjects(named), tag=same(frozenset(), n),
    )  # fmt: skip
    rows = Rows(
        "event", columns, places=(("start_lat_deg", "start_lon_deg"), ("end_lat_deg", "end_lon_deg")),
        times=("start_ms", "end_ms"),
        telling=(*_NUMBERS, "confidence", "confidence_word", "level", "tests", "regions", "summary", "alternatives",
                 "would_settle", "duration_h"),
        texts=("summary", "alternatives", "would_settle", "regions", "tests"), sources=("sources",),
        identity=("summary",),
    )  # fmt: skip
    return Candidates(facts, rows, tuple(columns["event_id"].tolist()))


def _newest(events: Table) -> Table:
    """Of each event the row of the highest version."""
    ids = pc.dictionary_encode(events["event_id"]).indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.lexsort((events["version"], ids))
    last = np.append(ids[order][1:] != ids[order][:-1], True) if len(order) else np.empty(0, np.bool_)
    rows = np.sort(order[last])
    return events if len(rows) == len(events) else events.take(rows)


def _received(received: Array, times: Array, known_ms: Known | None) -> npt.NDArray[np.int64]:
    stand_in = times if known_ms is None else np.broadcast_to(np.asarray(known_ms, np.int64), times.shape)
    out: npt.NDArray[np.int64] = np.where(received == MISSING_TIME_MS, stand_in, received).astype(np.int64)
    return out


def _coded(table: Table, name: str) -> Coded[str]:
    return Coded(table[name], tuple(table.codes_of(name)))


def _words(table: Table, name: str) -> Array:
    """A CODE column as words, None where missing."""
    words: Array = objects([*table.codes_of(name), None])[table[name]]
    return words


def _sources(table: Table) -> Sets:
    return Coded(table["source_id"], tuple(frozenset((w,)) for w in table.codes_of("source_id")))


def _subjects(named: Sequence[tuple[str, ...]]) -> Sets:
    index: dict[frozenset[str], int] = {}
    codes = np.array([index.setdefault(frozenset(s), len(index)) for s in named], np.int32)
    return Coded(codes, tuple(index))


def _zones(
    zones: ZoneIndex | None, places: list[tuple[Array, Array]], n: int, also: list[frozenset[str]] | None = None
) -> tuple[Sets, Sets]:
    """Zones that hold all places of each row, and zones that hold one or that ``also`` names."""
    names = [z.zone_id for z in zones.zones] if zones is not None else []
    extra = sorted({w for words in also or () for w in words} - set(names))
    shape = (n, len(names) + len(extra))
    if not shape[1]:
        nothing: Sets = same(frozenset(), n)
        return nothing, nothing
    every, some = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    every[:, : len(names)] = True
    for lat, lon in places:
        here, there = np.zeros(shape, np.bool_), np.isfinite(lat) & np.isfinite(lon)
        if zones is not None and names:
            rows, found = zones.memberships(lat, lon)
            here[rows, found] = True
        every &= here | (~there[:, None] & (np.arange(shape[1]) < len(names)))
        some |= here
    if also is not None:
        at = {w: k for k, w in enumerate((*names, *extra))}
        for k, words in enumerate(also):
            some[k, [at[w] for w in words]] = True
    every &= some
    inside = sets_of(every, [*names, *extra])
    return inside, inside if also is None and len(places) == 1 else sets_of(some, [*names, *extra])


def _regions(events: Table) -> list[frozenset[str]]:
    return [frozenset(r["zone_id"] for r in row or () if r["zone_id"]) for row in events["regions"].to_pylist()]


def _joined(
    table: Table, segs: list[list[int]], start: Array, end: Array, fixes: Table
) -> tuple[tuple[str, ...], Array]:
    """Labels joined with those of the fixes of each row's segments in its time (all of the segment's where none is)."""
    order = np.lexsort((fixes["time_ms"], fixes["seg_id"]))
    seg, times, code = fixes["seg_id"][order], fixes["time_ms"][order], fixes["label"][order]
    words, own = fixes.codes_of("label"), table.codes_of("label")
    index: dict[str, int] = {}
    out = np.empty(len(table), np.int32)
    for k, mine in enumerate(segs):
        met = {own[c] for c in (int(table["label"][k]),) if c >= 0}
        for one in mine or ():
            low, high = np.searchsorted(seg, [one, one + 1])
            a = low + int(np.searchsorted(times[low:high], start[k]))
            b = low + int(np.searchsorted(times[low:high], end[k], "right"))
            met |= {words[c] for c in np.unique(code[a:b] if b > a else code[low:high]).tolist() if c >= 0}
        out[k] = index.setdefault(join_words(met), len(index))
    return tuple(index), out


def _seen_sources(detections: Table, sources: SourcesOf | None) -> Sets:
    matched = np.flatnonzero(detections["mmsi"] > 0)
    if sources is None or not len(matched):
        return _sources(detections)
    words = detections.codes_of("source_id")
    found = [frozenset((words[c] if c >= 0 else "",)) for c in detections["source_id"].tolist()]
    mmsis, times = detections["mmsi"][matched].tolist(), detections["time_ms"][matched].tolist()
    for k, mmsi, time_ms in zip(matched.tolist(), mmsis, times, strict=True):
        found[k] |= sources(mmsi, time_ms, time_ms) or {""}
    return _or_missing(found)


def _event_sources(events: Table, fixes: Table | None, sources: SourcesOf | None) -> Sets | None:
    if fixes is not None:
        pairs = np.unique(np.column_stack([fixes["seg_id"], fixes["source_id"].astype(np.int64)]), axis=0)
        by_seg: dict[int, set[str]] = {}
        for seg, code in pairs.tolist():
            by_seg.setdefault(seg, set()).add(fixes.codes_of("source_id")[code] if code >= 0 else "")
        found = [set().union(*(by_seg.get(s, {""}) for s in row or ())) for row in events["seg_ids"].to_pylist()]
        return _or_missing([frozenset(f) for f in found])
    if sources is None:
        return None
    start, end = events["start_ms"], events["end_ms"]
    times = zip(start.tolist(), np.where(end == MISSING_TIME_MS, start, end).tolist(), strict=True)
    rows: Any = zip(events["mmsis"].to_pylist(), times, strict=True)
    return _or_missing([frozenset().union(*(sources(m, *when) or {""} for m in row or ())) for row, when in rows])


def _or_missing(found: list[frozenset[str]]) -> Sets:
    """Sets of sources; missing where one is unknown or none is known."""
    index: dict[frozenset[str], int] = {}
    codes = [-1 if not f or "" in f else index.setdefault(f, len(index)) for f in found]
    return Coded(np.array(codes, np.int32), tuple(index))
