"""Table of events: what happened, with the evidence for it.

A superset of the columns that Global Fishing Watch publishes for its events, so that its users find their way.
An event is never "certain"; it says what the positions are consistent with, what else could explain them and what
would settle it.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from kizuna.base.ids import hash_hex
from kizuna.base.table import Array, Column, Kind, Schema
from kizuna.fixes.table import ORIGIN

EVENT_TYPES: Final = ("gap", "encounter", "loitering", "zone_visit", "port_visit", "dark_detection")
STATUSES: Final = ("open", "closed", "superseded", "retracted")
REASONS: Final = ("late_data", "reprocessed", "analyst")
LEVEL_WORDS: Final = ("low", "moderate", "high")

TEST_TYPE: Final = pa.struct([
    ("test", pa.string()), ("measured", pa.float64()), ("threshold", pa.float64()),
    ("relation", pa.string()), ("unit", pa.string()), ("passed", pa.bool_()),
])  # fmt: skip
"""One test of the evidence: ``measured relation threshold`` (relation is one of > >= < <=) and whether it held."""
PROOF_TYPE: Final = pa.struct([("table", pa.string()), ("msg_ids", pa.list_(pa.int64()))])
"""Fixes that reproduce the event when the detector is run on them alone."""
REGION_TYPE: Final = pa.struct([
    ("zone_id", pa.string()), ("claimant", pa.string()), ("view", pa.string()), ("relation", pa.string()),
])  # fmt: skip

EVENTS: Final = Schema(
    "events",
    "What happened: kind, interval, place, participants, evidence and confidence.",
    (
        Column("event_id", Kind.TEXT, "Hash of type, vessels and start; stays the same over versions."),
        Column("version", Kind.I32, "Counts up from 1 with every change of the event."),
        Column("status", Kind.CODE, "State of this version.", codes=STATUSES),
        Column("status_reason", Kind.CODE, "Why it was superseded or retracted.", codes=REASONS),
        Column("superseded_by", Kind.TEXT, "Id of the event that takes the place of this one."),
        Column("event_type", Kind.CODE, "Kind of event.", codes=EVENT_TYPES),
        Column("vessel_ids", Kind.ARROW, "Vessels, in order of MMSI.", arrow=pa.list_(pa.string())),
        Column("mmsis", Kind.ARROW, "MMSIs, ascending.", arrow=pa.list_(pa.int32())),
        Column("seg_ids", Kind.ARROW, "Segments, in the order of mmsis.", arrow=pa.list_(pa.int64())),
        Column("start_ms", Kind.TIME, "Start.", file_name="start_timestamp"),
        Column("end_ms", Kind.TIME, "End; null while the event is open.", file_name="end_timestamp"),
        Column("start_lat_deg", Kind.F64, "Latitude at the start.", unit="deg", file_name="start_lat"),
        Column("start_lon_deg", Kind.F64, "Longitude at the start.", unit="deg", file_name="start_lon"),
        Column("end_lat_deg", Kind.F64, "Latitude at the end.", unit="deg", file_name="end_lat"),
        Column("end_lon_deg", Kind.F64, "Longitude at the end.", unit="deg", file_name="end_lon"),
        Column("lat_mean_deg", Kind.F64, "Mean latitude.", unit="deg", file_name="lat_mean"),
        Column("lon_mean_deg", Kind.F64, "Mean longitude, right over 180 degrees.", unit="deg", file_name="lon_mean"),
        Column("lat_min_deg", Kind.F64, "South edge of the bounding box.", unit="deg", file_name="lat_min"),
        Column("lat_max_deg", Kind.F64, "North edge.", unit="deg", file_name="lat_max"),
        Column("lon_min_deg", Kind.F64, "West edge; greater than the east edge across 180 degrees.", unit="deg", file_name="lon_min"),
        Column("lon_max_deg", Kind.F64, "East edge.", unit="deg", file_name="lon_max"),
        Column("duration_h", Kind.F64, "End minus start; up to the end of the data while open.", unit="h"),
        Column("distance_m", Kind.F64, "Gap: between last and first position. Loitering, zone visit: along the fixes. Null for encounters and port visits.", unit="m"),
        Column("implied_speed_kn", Kind.F64, "Distance over duration.", unit="kn"),
        Column("median_speed_kn", Kind.F64, "Median speed during the event.", unit="kn"),
        Column("median_distance_m", Kind.F64, "Encounter: median distance between the vessels.", unit="m"),
        Column("start_distance_from_shore_m", Kind.F64, "Distance from shore at the start.", unit="m"),
        Column("end_distance_from_shore_m", Kind.F64, "Distance from shore at the end.", unit="m"),
        Column("start_distance_from_port_m", Kind.F64, "Distance from the nearest anchorage at the start; null where no mask was used.", unit="m"),
        Column("end_distance_from_port_m", Kind.F64, "The same at the end.", unit="m"),
        Column("regions", Kind.ARROW, "Zones that the event touches.", arrow=pa.list_(REGION_TYPE)),
        Column("confidence", Kind.F32, "0 to 1 by the documented formula of the rule; uncalibrated unless the documentation says otherwise."),
        Column("confidence_word", Kind.CODE, "low below .5, moderate, high from .8; never certain.", codes=LEVEL_WORDS),
        Column("level", Kind.I32, "Port visit: confidence 1 to 4 as Global Fishing Watch counts it (see the rule); null for other types.", missing=0),
        Column("sources", Kind.ARROW, "Kinds of source that the event rests on; `AIS only` when there is no second one.", arrow=pa.list_(pa.string())),
        Column("rule_id", Kind.TEXT, "Detector."),
        Column("rule_version", Kind.TEXT, "Version of the detector's definition."),
        Column("params", Kind.TEXT, "Parameters used, as JSON."),
        Column("evidence", Kind.ARROW, "Every test: measured, threshold, unit, passed; also those that failed.", arrow=pa.list_(TEST_TYPE)),
        Column("proof", Kind.ARROW, "Fixes that reproduce the event when replayed alone.", arrow=pa.list_(PROOF_TYPE)),
        Column("alternatives", Kind.ARROW, "Innocent explanations to rule out first.", arrow=pa.list_(pa.string())),
        Column("would_settle", Kind.ARROW, "What would settle it.", arrow=pa.list_(pa.string())),
        Column("mask", Kind.TEXT, "Anchorage mask used: its origin and digest; empty when none was."),
        Column("summary", Kind.TEXT, "One plain sentence: what was seen, in numbers."),
        Column("event_info", Kind.TEXT, "Further facts of this type, as JSON."),
        *ORIGIN,
    ),
)  # fmt: skip


def dark_ids(det_id: Array) -> list[str]:
    """Id of the dark detection that each detection (by its id) is, or would be where no track explained it."""
    return [hash_hex("dark_detection", d) for d in det_id.tolist()]
