"""The table of fixes: one position of one MMSI at one time, as it was heard.

Every report is kept, also those heard twice and those judged noise; judgements are flags, never deletions. AIS codes
for "not available" were made missing by the sources and are never seen here.
"""

from __future__ import annotations

from typing import Final

from kizuna.base.table import Column, Kind, Schema

TIME_SOURCES: Final = ("tag", "suffix", "prefix", "pghp", "base", "csv", "table", "receive", "assumed", "none")
AIS_CLASSES: Final = ("A", "B", "base", "aton", "sar_aircraft", "sart", "mob", "epirb", "other", "auxiliary")
RECEIVER_TYPES: Final = ("terrestrial", "satellite", "dynamic", "radar", "manual")
CHANNELS: Final = ("A", "B", "1", "2", "C", "D")
TALKERS: Final = ("AI", "AB", "AD", "AN", "AR", "AS", "AT", "AX", "BS", "SA", "BY", "SS")

# Bits of fixes.flags. "noise" bits keep a fix out of its segment; the others only tell.
FLAG_DUPLICATE: Final = 1 << 0
"""The same report was heard before (another station, or a retransmission within the window)."""
FLAG_OUT_OF_RANGE: Final = 1 << 1
"""A position outside the globe was sent that is not the code for "not available"; lat and lon are missing."""
FLAG_HALF_POSITION: Final = 1 << 2
"""Only one of latitude and longitude was available; both are missing."""
FLAG_JUNK_SPEED: Final = 1 << 3
"""SOG of 51.2 kn, 63 kn or 102.3 kn: known artefacts of cut or shifted bits."""
FLAG_TYPE27_NEAR: Final = 1 << 4
"""A type 27 report (0.1 minute resolution) within an hour of a finer one."""
FLAG_TIME_SUSPECT: Final = 1 << 5
"""The time contradicts its neighbours, or was assumed from --start."""
FLAG_DROPPED: Final = 1 << 6
"""The segmenter first took the fix into a track and later found a better successor for the one before it."""
FLAG_NO_POSITION: Final = 1 << 7
"""The report carries no usable position."""
FLAG_NO_TIME: Final = 1 << 8
"""The report carries no time."""
FLAG_ROT_OVER: Final = 1 << 9
"""Rate of turn was sent as "more than 5 degrees per 30 s": a direction, no rate. rot_dpm is missing."""
FLAG_BAD_MMSI: Final = 1 << 10
"""The MMSI is outside 1..999999999 (30 bits can carry more)."""
FLAG_ON_LAND: Final = 1 << 11
"""The position is on land, further from water than its accuracy explains."""
FLAG_TRUNCATED: Final = 1 << 12
"""The payload was cut; fields whose bits are incomplete are missing."""

COARSE_SHIFT: Final = 16
COARSE_MASK: Final = 0xF << COARSE_SHIFT
"""A number instead of a bit: the place is the middle of a grid cell, as a partner told it; which of the sizes of cells,
from 1 on. 0 where the place is exact or nobody said."""

FLAGS: Final = {
    "duplicate": FLAG_DUPLICATE, "out_of_range": FLAG_OUT_OF_RANGE, "half_position": FLAG_HALF_POSITION,
    "junk_speed": FLAG_JUNK_SPEED, "type27_near": FLAG_TYPE27_NEAR, "time_suspect": FLAG_TIME_SUSPECT,
    "dropped": FLAG_DROPPED, "no_position": FLAG_NO_POSITION, "no_time": FLAG_NO_TIME, "rot_over": FLAG_ROT_OVER,
    "bad_mmsi": FLAG_BAD_MMSI, "on_land": FLAG_ON_LAND, "truncated": FLAG_TRUNCATED,
}  # fmt: skip

_ORIGIN = (
    Column("label", Kind.CODE, "Who may be told; `nobody` until a rule says otherwise."),
    Column("context", Kind.CODE, "`real`, `exercise:<id>` or `test`; they never mix."),
)
"""Columns that every table carries."""

HEARD: Final = (
    Column("msg_id", Kind.I64, "Id of the message: hash of its source plus byte offset (see base.ids.source_base)."),
    Column("mmsi", Kind.I32, "Maritime Mobile Service Identity as sent (30 bits; not checked for plausibility)."),
    Column("time_ms", Kind.TIME, "When the message was sent or first heard, UTC.", file_name="timestamp"),
    Column("time_source", Kind.CODE, "Where the time comes from.", codes=TIME_SOURCES),
    Column("received_ms", Kind.TIME, "When this node received it; null for files.", file_name="received_at"),
    Column("source_id", Kind.CODE, "File, feed or receiver that the row came from."),
    Column("station_id", Kind.CODE, "Receiving station as the TAG block or the wrapper names it."),
    Column(
        "byte_offset", Kind.I64, "Where the message's first line begins in its source, counted from 0.", unit="byte"
    ),
    Column("channel", Kind.CODE, "VHF data link channel as sent.", codes=CHANNELS),
    Column("talker", Kind.CODE, "NMEA 0183 talker.", codes=TALKERS),
    Column("own_ship", Kind.BOOL, "A VDO sentence: the receiver's own ship."),
    Column("msg_type", Kind.I8, "Message type of ITU-R M.1371 (0 to 63); missing for sources without one.", missing=-1),
    Column("repeat", Kind.I8, "Repeat indicator, 0 to 3.", missing=-1),
)
"""Columns that all tables of messages share."""

FIXES: Final = Schema(
    "fixes",
    "One position report of one MMSI at one time, in the order heard (`decode`) or by vessel and time (`detect`).",
    (
        *HEARD,
        Column("lat_deg", Kind.F64, "Latitude, WGS 84, north positive.", unit="deg", file_name="lat"),
        Column("lon_deg", Kind.F64, "Longitude, WGS 84, east positive, in [-180, 180).", unit="deg", file_name="lon"),
        Column("sog_kn", Kind.F32, "Speed over ground.", unit="kn"),
        Column("cog_deg", Kind.F32, "Course over ground, from true north.", unit="deg"),
        Column("heading_deg", Kind.F32, "True heading.", unit="deg"),
        Column("rot_dpm", Kind.F32, "Rate of turn, to starboard positive.", unit="deg/min"),
        Column("altitude_m", Kind.F32, "Altitude of a search and rescue aircraft (type 9).", unit="m"),
        Column("nav_status", Kind.I8, "Navigational status 0 to 14 as M.1371 numbers them; 15 (not defined) is missing.",
               missing=-1),
        Column("second", Kind.I8, "UTC second of the report, 0 to 59; 60 to 63 (no time, manual, estimated, off) are missing.",
               missing=-1),
        Column("accuracy", Kind.FLAG, "Position accuracy: true is better than 10 m."),
        Column("raim", Kind.FLAG, "Receiver autonomous integrity monitoring in use."),
        Column("ais_class", Kind.CODE, "Kind of station.", codes=AIS_CLASSES),
        Column("receiver_type", Kind.CODE, "Kind of receiver, where the source says so.", codes=RECEIVER_TYPES),
        Column("flags", Kind.I32, "Judgements as bits; see the list of flags."),
        Column("seg_id", Kind.I64, "Segment that the fix belongs to; null before tracks are built and for noise.",
               missing=-1),
        *_ORIGIN,
    ),
)  # fmt: skip

ORIGIN: Final = _ORIGIN
