"""Tracks: fixes in the order of vessels, cut into segments, with the columns that kernels read.

A segment is a run of fixes of one MMSI held to be one ship without a break. Several ships under one number give
several segments that overlap in time. Fixes judged noise belong to no segment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from kizuna.base.table import Array, Column, Kind, Schema, Table
from kizuna.fixes.table import ORIGIN

NOISE_KINDS: Final = ("good", "short", "overlapping_short", "stationary_gear")

IDENTITY_TYPE: Final = pa.struct([
    ("shipname", pa.string()), ("callsign", pa.string()), ("imo", pa.int32()), ("count", pa.int32()),
])  # fmt: skip

SEGMENTS: Final = Schema(
    "segments",
    "Runs of fixes of one MMSI held to be one ship without a break.",
    (
        Column("seg_id", Kind.I64, "Id: 63-bit hash of MMSI, time and position of the first fix."),
        Column("seg_key", Kind.TEXT, "`mmsi-time` of the first fix, `-n` appended from the second of that name on."),
        Column("mmsi", Kind.I32, "MMSI of all fixes."),
        Column("vessel_id", Kind.TEXT, "Vessel held to be behind the segment: `imo:...` where a valid IMO number was heard, else `mmsi:...`, with `/n` for further ships under the same number."),
        Column("start_ms", Kind.TIME, "First fix.", file_name="start_timestamp"),
        Column("end_ms", Kind.TIME, "Last fix.", file_name="end_timestamp"),
        Column("start_lat_deg", Kind.F64, "Latitude of the first fix.", unit="deg", file_name="start_lat"),
        Column("start_lon_deg", Kind.F64, "Longitude of the first fix.", unit="deg", file_name="start_lon"),
        Column("end_lat_deg", Kind.F64, "Latitude of the last fix.", unit="deg", file_name="end_lat"),
        Column("end_lon_deg", Kind.F64, "Longitude of the last fix.", unit="deg", file_name="end_lon"),
        Column("pos_count", Kind.I32, "Fixes in the segment."),
        Column("dropped_count", Kind.I32, "Fixes of this MMSI taken into the segment and dropped again for a better successor."),
        Column("distance_m", Kind.F64, "Length along the fixes.", unit="m"),
        Column("lat_min_deg", Kind.F64, "South edge of the bounding box.", unit="deg", file_name="lat_min"),
        Column("lat_max_deg", Kind.F64, "North edge.", unit="deg", file_name="lat_max"),
        Column("lon_min_deg", Kind.F64, "West edge; greater than the east edge where the box crosses 180 degrees.", unit="deg", file_name="lon_min"),
        Column("lon_max_deg", Kind.F64, "East edge.", unit="deg", file_name="lon_max"),
        Column("max_gap_s", Kind.F64, "Longest silence inside; null for a single fix.", unit="s"),
        Column("median_interval_s", Kind.F64, "Median time between fixes; null for a single fix.", unit="s"),
        Column("closed", Kind.BOOL, "No later fix can join: the limit has passed within the data, or another rule closed it."),
        Column("noise", Kind.CODE, "Judgement on the whole segment.", codes=NOISE_KINDS),
        Column("overlap_s", Kind.F64, "Time during which another segment of the MMSI was open as well.", unit="s"),
        Column("identities", Kind.ARROW, "Names, call signs and IMO numbers heard within it, with counts.", arrow=pa.list_(IDENTITY_TYPE)),
        *ORIGIN,
    ),
)  # fmt: skip

IDENTITIES: Final = Schema(
    "identities",
    "Periods during which an MMSI sent one and the same static data.",
    (
        Column("mmsi", Kind.I32, "MMSI."),
        Column("first_ms", Kind.TIME, "First heard.", file_name="first_seen"),
        Column("last_ms", Kind.TIME, "Last heard.", file_name="last_seen"),
        Column("shipname", Kind.TEXT, "Name as sent."),
        Column("n_shipname", Kind.TEXT, "Name normalised for comparison."),
        Column("callsign", Kind.TEXT, "Call sign as sent."),
        Column("imo", Kind.I32, "IMO number as sent.", missing=-1),
        Column("imo_valid", Kind.FLAG, "Check digit of the IMO number is right."),
        Column("ship_type", Kind.I16, "Ship and cargo type.", missing=-1),
        Column("length_m", Kind.I16, "Length over all from the antenna distances.", unit="m", missing=-1),
        Column("width_m", Kind.I16, "Beam from the antenna distances.", unit="m", missing=-1),
        Column("draught_m", Kind.F32, "Last draught sent.", unit="m"),
        Column("destination", Kind.TEXT, "Last destination sent."),
        Column("count", Kind.I32, "Messages."),
        *ORIGIN,
    ),
)


@dataclass(frozen=True, slots=True)
class Tracks:
    """Fixes ordered by (mmsi, segment, time), as hot columns for kernels, and their segments.

    All arrays except ``seg_start`` and ``seg_end`` have one entry per fix that has a position and a time.
    Rows of one segment are contiguous: rows ``seg_start[s]`` up to, not including, ``seg_end[s]``. Noise rows
    (``segment == -1``) stand behind the segments of their MMSI. Segments of one MMSI are in order of start.

    Attributes:
        order: int64, the row in the table of fixes given to ``segment`` (arrival order).
        mmsi: int32.
        time_ms: int64, UTC.
        lat_deg, lon_deg: float64.
        sog_kn, cog_deg: float32, NaN missing.
        segment: int32, index into ``segments``; -1 for noise.
        step_m: float32, distance from the row before within the segment; NaN in its first row and for noise.
        flags: int32, the flags of the fix with those of the segmenter added.
        seg_start, seg_end: int64, rows of each segment.
        segments: table of segments, one row each.
        fixes: the table given, in arrival order, for the columns that kernels do not read.
    """

    order: Array
    mmsi: Array
    time_ms: Array
    lat_deg: Array
    lon_deg: Array
    sog_kn: Array
    cog_deg: Array
    segment: Array
    step_m: Array
    flags: Array
    seg_start: Array
    seg_end: Array
    segments: Table
    fixes: Table

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.order)
