"""Records of partners as rows of the node's tables: positions, events, detections, each with its origin.

``source_id`` is ``partner:<id>``; so is the rule of an event, whose id is made from the partner's, so that two partners
cannot overwrite each other or us. Ids of rows follow from the records alone: what is taken in twice is there once.
A position without an MMSI (a masked identity) is no row of the picture and stays in the shared store.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from kizuna.base.errors import InputError
from kizuna.base.ids import hash_hex
from kizuna.base.table import Kind, Schema, Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events.table import EVENT_TYPES, EVENTS
from kizuna.fixes.detections import DETECTIONS
from kizuna.fixes.table import COARSE_SHIFT, FIXES
from kizuna.node.origin import CARRIED_BY, PARTNER
from kizuna.records.bodies.events import Event
from kizuna.records.bodies.tracks import Detection, Position
from kizuna.records.label import word_of
from kizuna.records.record import Record
from kizuna.share.transforms.grid import listed

Row = tuple[str, str, Record, Any]
"""Who told it (``originator/carrier`` where a carrier brought it), record id, record, body."""


def number_of(record_id: str) -> int:
    """A row number from a record's id, 63 bits."""
    return int(record_id[:16], 16) >> 1


def mmsi_of(subject: Sequence[str]) -> int:
    """The one MMSI that a record is about; -1 where there is none or more than one."""
    found = [int(s[5:]) for s in subject if s.startswith("mmsi:") and s[5:].isdecimal() and len(s) <= 14]  # noqa: PLR2004
    return found[0] if len(found) == 1 and 0 < found[0] <= 999_999_999 else -1  # noqa: PLR2004


def positions(rows: Sequence[Row], received_ms: int) -> Table:
    """FIXES of positions that name one vessel and a place."""
    good = [(p, i, r, b, m) for p, i, r, b in rows if len(r.geo) == 2 and (m := mmsi_of(r.subject)) > 0  # noqa: PLR2004
            and isinstance(b, Position)]  # fmt: skip
    nan = float("nan")
    return _table(FIXES, {
        "msg_id": [number_of(i) for _, i, _, _, _ in good],
        "mmsi": [m for *_, m in good],
        "time_ms": [r.observed_ms for _, _, r, _, _ in good],
        "received_ms": [received_ms] * len(good),
        "time_source": ["table"] * len(good),
        "source_id": [PARTNER + p for p, *_ in good],
        "lon_deg": [_lon(r.geo[0]) for _, _, r, _, _ in good],
        "lat_deg": [r.geo[1] for _, _, r, _, _ in good],
        "sog_kn": [nan if b.sog_kn is None else b.sog_kn for _, _, _, b, _ in good],
        "cog_deg": [nan if b.cog_deg is None else b.cog_deg for _, _, _, b, _ in good],
        "heading_deg": [nan if b.heading_deg is None else b.heading_deg for _, _, _, b, _ in good],
        "nav_status": [-1 if b.nav_status in (None, 15) else b.nav_status for _, _, _, b, _ in good],
        "ais_class": [b.station for _, _, _, b, _ in good],
        "receiver_type": [b.via for _, _, _, b, _ in good],
        "byte_offset": [0] * len(good),
        "flags": (listed([b.cell_m or 0.0 for _, _, _, b, _ in good]).astype(int) << COARSE_SHIFT).tolist(),
        "label": [_label(r) for _, _, r, _, _ in good],
        "context": [r.context for _, _, r, _, _ in good],
    })  # fmt: skip


def detections(rows: Sequence[Row]) -> Table:
    """DETECTIONS that have a place, with the partner's verdict."""
    good = [(p, i, r, b) for p, i, r, b in rows if len(r.geo) == 2 and isinstance(b, Detection)]  # noqa: PLR2004
    numbers = ("accuracy_m", "length_m", "course_deg", "speed_kn", "score", "match_probability", "ais_probability")
    columns: dict[str, list[Any]] = {
        "det_id": [number_of(i) for _, i, _, _ in good],
        "time_ms": [r.observed_ms for _, _, r, _ in good],
        "lon_deg": [_lon(r.geo[0]) for _, _, r, _ in good],
        "lat_deg": [r.geo[1] for _, _, r, _ in good],
        "sensor": [b.sensor for _, _, _, b in good],
        "source_id": [PARTNER + p for p, *_ in good],
        "ref": [i for _, i, _, _ in good],
        "verdict": [b.verdict for _, _, _, b in good],
        "mmsi": [-1 if b.mmsi is None else b.mmsi for _, _, _, b in good],
        "label": [_label(r) for _, _, r, _ in good],
        "context": [r.context for _, _, r, _ in good],
    }  # fmt: skip
    columns |= {n: [float("nan") if (v := getattr(b, n)) is None else v for *_, b in good] for n in numbers}
    return _table(DETECTIONS, columns)


_SAME: Final = (
    "duration_h", "distance_m", "implied_speed_kn", "median_speed_kn", "median_distance_m",
    "start_distance_from_shore_m", "end_distance_from_shore_m", "start_distance_from_port_m",
    "end_distance_from_port_m", "start_lat_deg", "start_lon_deg", "end_lat_deg", "end_lon_deg", "confidence",
)  # fmt: skip


def events(rows: Sequence[Row]) -> Table:
    """EVENTS of kinds that our table has; of several versions in one go the last."""
    last: dict[tuple[str, str, int], tuple[str, str, Record, Event]] = {}
    for partner, name, record, body in rows:
        if isinstance(body, Event) and record.kind.removeprefix("event.") in EVENT_TYPES:
            last[partner, body.event_id, body.version] = partner, name, record, body
    good = list(last.values())
    nan = float("nan")
    columns: dict[str, list[Any]] = {n: [nan if (v := getattr(b, n)) is None else v for *_, b in good] for n in _SAME}
    lat = [b.start_lat_deg if b.start_lat_deg is not None else _at(r, 1) for _, _, r, b in good]
    lon = [b.start_lon_deg if b.start_lon_deg is not None else _at(r, 0) for _, _, r, b in good]
    columns |= {
        "event_id": [event_name(p, b.event_id) for p, _, _, b in good],
        "version": [b.version for *_, b in good],
        "status": [b.status for *_, b in good],
        "status_reason": [b.status_reason for *_, b in good],
        "superseded_by": [event_name(p, b.superseded_by) if b.superseded_by else "" for p, _, _, b in good],
        "event_type": [r.kind.removeprefix("event.") for _, _, r, _ in good],
        "mmsis": [list(b.mmsis) or [m for m in (mmsi_of((s,)) for s in r.subject) if m > 0] for _, _, r, b in good],
        "vessel_ids": [[] for _ in good],
        "seg_ids": [[] for _ in good],
        "start_ms": [r.observed_ms if r.valid_from_ms is None else r.valid_from_ms for _, _, r, _ in good],
        "end_ms": [MISSING_TIME_MS if r.valid_to_ms is None else r.valid_to_ms for _, _, r, _ in good],
        "lat_mean_deg": lat, "lon_mean_deg": lon, "lat_min_deg": lat, "lat_max_deg": lat, "lon_min_deg": lon,
        "lon_max_deg": lon,
        "regions": [[{"zone_id": g.zone_id, "claimant": g.claimant, "view": g.view, "relation": g.relation}
                     for g in b.regions] for *_, b in good],
        "confidence_word": [b.confidence_word for *_, b in good],
        "level": [b.level for *_, b in good],
        "sources": [[PARTNER + p, *b.sources] for p, _, _, b in good],
        "rule_id": [PARTNER + p for p, *_ in good],
        "rule_version": [b.rule_version for *_, b in good],
        "params": ["{}" for _ in good],
        "evidence": [[{"test": t.test, "measured": t.measured, "threshold": t.threshold, "relation": t.relation,
                       "unit": t.unit, "passed": t.passed} for t in b.tests] for *_, b in good],
        "proof": [[] for _ in good],
        "alternatives": [list(b.alternatives) for *_, b in good],
        "would_settle": [list(b.would_settle) for *_, b in good],
        "mask": ["" for _ in good],
        "summary": [b.summary for *_, b in good],
        "event_info": [json.dumps({"partner": p.partition(CARRIED_BY)[0], "record": i, "rule": b.rule_id,
                                   "cell_m": b.cell_m, **_carrier(p)}) for p, i, _, b in good],
        "label": [_label(r) for _, _, r, _ in good],
        "context": [r.context for _, _, r, _ in good],
    }  # fmt: skip
    columns["start_lat_deg"], columns["start_lon_deg"] = lat, lon
    return _table(EVENTS, columns)


def _carrier(partner: str) -> dict[str, str]:
    carrier = partner.partition(CARRIED_BY)[2]
    return {"carrier": carrier} if carrier else {}


def event_name(partner: str, event_id: str) -> str:
    """Id under which a partner's event lies in our table; the same whoever carried it."""
    return hash_hex("partner event", partner.partition(CARRIED_BY)[0], event_id)


def _at(record: Record, place: int) -> float:
    return record.geo[place] if len(record.geo) == 2 else float("nan")  # noqa: PLR2004  a point


def _lon(deg: float) -> float:
    return -180.0 if deg >= 180.0 else deg  # noqa: PLR2004  half-open here, closed in records


def _label(record: Record) -> str:
    try:
        label = record.label
        if not label.originator:  # what comes from others is never taken for a label that nobody has chosen yet
            label = msgspec.structs.replace(label, originator=record.origin)
        return word_of(label)
    except InputError:
        return "nobody"


def _table(schema: Schema, columns: dict[str, list[Any]]) -> Table:
    """A table of these columns, the others missing; words that a closed list does not have are missing too."""
    n = len(next(iter(columns.values())))
    arrays: dict[str, Any] = {}
    words: dict[str, tuple[str, ...]] = {}
    for column in schema.columns:
        values = columns.get(column.name)
        if values is None:
            arrays[column.name] = column.empty(n)
            if column.kind is Kind.CODE and column.codes is None:
                words[column.name] = ()
        elif column.kind is Kind.CODE:
            if column.codes is None:
                index: dict[str, int] = {}
                codes = [index.setdefault(v, len(index)) for v in values]
                words[column.name] = tuple(index)
            else:
                index = {w: k for k, w in enumerate(column.codes)}
                codes = [index.get(v, -1) for v in values]
            arrays[column.name] = np.array(codes, column.empty(0).dtype)
        elif column.dtype() is None:
            arrays[column.name] = pa.array(values, column.empty(0).type)
        else:
            arrays[column.name] = np.array(values, column.empty(0).dtype)
    return Table(schema, arrays, words)
