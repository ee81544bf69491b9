"""Turns the columns of one detector into rows of the table of events; every detector ends here.

What is the same for all types is filled in once: id, version 1, state, words of the confidence, sources, label and
context of the fixes behind the event.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from kizuna.base.ids import hash_hex
from kizuna.base.table import Array, Kind, Table, empty
from kizuna.base.units import KN_MPS, MISSING_TIME_MS
from kizuna.events.account.confidence import level
from kizuna.events.account.evidence import Groups, listed, proof, wrapped
from kizuna.events.account.limits import as_json
from kizuna.events.account.regions import none, regions
from kizuna.events.kernels.encounters import distances_m
from kizuna.events.subjects import Subjects
from kizuna.events.surroundings import Surroundings
from kizuna.events.table import EVENT_TYPES, EVENTS, STATUSES
from kizuna.records.label import NOBODY, join_words
from kizuna.tracks.table import Tracks

SOURCES: Final = "AIS only"
_ANCHOR_SCALE: Final = 1e7
"""Positions enter ids as whole 1e-7 degrees (about a centimetre)."""


class Parties(NamedTuple):
    """Who took part: vessel numbers (``Subjects``) and segments per event, both as groups, in order of MMSI."""

    vessels: Groups
    segments: Groups


def events_table(
    kind: str, tracks: Tracks, who: Subjects, parties: Parties, rows: Groups,
    anchors: Sequence[Sequence[Array | Sequence[str]]], columns: dict[str, Any],
) -> Table:  # fmt: skip
    """Rows of events of one kind.

    Args:
        kind: word of ``event_type``; also the ``rule_id``.
        tracks: the tracks that the rows belong to.
        who: vessels of the tracks.
        parties: participants.
        rows: rows of ``tracks`` that prove each event, none empty.
        anchors: further columns that make the id with kind, MMSIs and start, such as the start position.
        columns: all other columns in memory form; ``start_ms``, ``end_ms``, ``confidence``, ``summary``, ``params``,
            ``rule_version``, ``evidence``, ``alternatives``, ``would_settle`` are required.
    """
    n = len(columns["start_ms"])
    mmsis = who.mmsi[parties.vessels.flat]
    status = np.where(columns["end_ms"] == MISSING_TIME_MS, STATUSES.index("open"), STATUSES.index("closed"))
    labels, label_words = _origin(tracks, rows, "label", n)
    contexts, context_words = _origin(tracks, rows, "context", n)
    done = dict(empty(EVENTS, n).columns) | {
        "event_id": pa.array(_ids(kind, mmsis, parties, tracks, columns["start_ms"], anchors), pa.string()),
        "version": np.ones(n, np.int32),
        "status": status.astype(np.int32),
        "event_type": np.full(n, EVENT_TYPES.index(kind), np.int32),
        "vessel_ids": listed(who.vessel_id.take(pa.array(parties.vessels.flat)), parties.vessels.offsets),
        "mmsis": listed(pa.array(mmsis, pa.int32()), parties.vessels.offsets),
        "seg_ids": listed(pa.array(tracks.segments["seg_id"][parties.segments.flat]), parties.segments.offsets),
        "confidence_word": level(columns["confidence"]),
        "sources": _constant_list(SOURCES, n),
        "rule_id": constant(kind, n),
        "regions": none(n),
        "proof": proof(tracks, rows),
        "label": labels,
        "context": contexts,
    } | columns  # fmt: skip
    for c in EVENTS.columns:
        if c.dtype() is not None:
            done[c.name] = np.ascontiguousarray(done[c.name], c.dtype())
    words = {c.name: () for c in EVENTS.columns if c.kind is Kind.CODE and c.codes is None}
    return Table(EVENTS, done, words | {"label": label_words, "context": context_words})


def constant(text: str, n: int) -> pa.Array:
    """A text column that says the same of every event."""
    return pa.repeat(pa.scalar(text, pa.string()), n)


def _constant_list(text: str, n: int) -> pa.Array:
    return listed(constant(text, n), np.arange(n + 1))


def knots(distance_m: Array, duration_ms: Array) -> Array:
    """Speed in knots; NaN where no time passed or nothing is known."""
    seconds = np.asarray(duration_ms, np.float64) / 1000.0
    out = np.full(len(seconds), np.nan)
    np.divide(distance_m, seconds * KN_MPS, out=out, where=seconds > 0)
    return out


def distances(lat1: Array, lon1: Array, lat2: Array, lon2: Array) -> Array:
    """WGS 84 distance in metres of each pair of points; NaN where one is missing."""
    return np.asarray(distances_m(*(np.ascontiguousarray(v, np.float64) for v in (lat1, lon1, lat2, lon2))))


def ends(surroundings: Surroundings, start: tuple[Array, Array], end: tuple[Array, Array]) -> dict[str, Any]:
    """Columns of the first and last position (latitudes, longitudes): place, distances from shore and port, zones."""
    return {
        "regions": regions(surroundings.zones, {"start": start, "end": end}, len(start[0])),
        "start_lat_deg": start[0], "start_lon_deg": start[1], "end_lat_deg": end[0], "end_lon_deg": end[1],
        "start_distance_from_shore_m": surroundings.shore(start[0], start[1]),
        "end_distance_from_shore_m": surroundings.shore(end[0], end[1]),
        "start_distance_from_port_m": surroundings.port(start[0], start[1]),
        "end_distance_from_port_m": surroundings.port(end[0], end[1]),
    }  # fmt: skip


def rule(
    params: Any, version: str, surroundings: Surroundings, n: int, **more: float | str
) -> dict[str, pa.Array]:  # fmt: skip
    """Columns that say by which rule, with which parameters (and ``more`` of them from elsewhere) and mask."""
    return {
        "rule_version": constant(version, n), "params": constant(as_json(params, **more), n),
        "mask": constant(surroundings.mask, n),
    }  # fmt: skip


def anchor(lat_deg: Array, lon_deg: Array) -> tuple[Array, Array]:
    """A position as whole numbers for an id."""
    return tuple(np.rint(v * _ANCHOR_SCALE).astype(np.int64) for v in (lat_deg, wrapped(lon_deg)))  # type: ignore[return-value]


def _ids(
    kind: str, mmsis: Array, parties: Parties, tracks: Tracks, start_ms: Array, anchors: Sequence[Sequence[Any]]
) -> list[str]:  # fmt: skip
    """Ids; where two events would share one (two ships under one MMSI at one time), their segments part them."""
    at = parties.vessels.offsets.tolist()
    numbers = mmsis.tolist()
    more = [a.tolist() if isinstance(a, np.ndarray) else a for group in anchors for a in group]
    start = start_ms.tolist()
    parts = [(kind, *numbers[at[e] : at[e + 1]], start[e], *(m[e] for m in more)) for e in range(len(start))]
    ids = [hash_hex(*p) for p in parts]
    if len(set(ids)) == len(ids):
        return ids
    seen: dict[str, int] = {}
    for i in ids:
        seen[i] = seen.get(i, 0) + 1
    segment = tracks.segments["seg_id"][parties.segments.flat].tolist()
    of = parties.segments.offsets.tolist()
    return [hash_hex(*parts[e], *segment[of[e] : of[e + 1]]) if seen[i] > 1 else i for e, i in enumerate(ids)]


def _origin(tracks: Tracks, rows: Groups, name: str, n: int) -> tuple[Array, tuple[str, ...]]:
    """Label or context of each event: that of its fixes where they agree; else the join of labels, or no context."""
    words = tracks.fixes.codes_of(name)
    codes = tracks.fixes[name]
    if n == 0:
        return np.empty(0, np.int32), words
    of = codes[tracks.order[rows.flat]]
    low = np.minimum.reduceat(of, rows.offsets[:-1])
    high = np.maximum.reduceat(of, rows.offsets[:-1])
    if (low == high).all() and (low >= 0).all():
        return low.astype(np.int32), words
    index = {word: code for code, word in enumerate(words)}
    out = low.astype(np.int32)
    for k in np.flatnonzero((low != high) | (low < 0)).tolist():
        met = np.unique(of[rows.offsets[k] : rows.offsets[k + 1]]).tolist()
        found = join_words(words[c] if c >= 0 else NOBODY for c in met) if name == "label" else NOBODY
        out[k] = index.setdefault(found, len(index))
    return out, tuple(index)
