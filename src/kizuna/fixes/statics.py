"""Tables beside the fixes: static ship data, other messages, rejects."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from kizuna.base.table import Column, Kind, Schema
from kizuna.fixes.table import HEARD, ORIGIN

REJECT_REASONS: Final = (
    "no_sentence",  # text without a sentence in it
    "other_sentence",  # a well-formed sentence of another kind (GNSS, radar); counted, not an error
    "bad_checksum",
    "no_checksum",
    "bad_format",  # fields missing, or not what the sentence needs
    "bad_payload_character",
    "bad_fragment",  # fragment count or number 0, number above count, or more parts than the limit
    "part_missing",  # a multi-part message whose other parts never came
    "part_conflict",  # two different parts claim one place
    "part_late",  # the parts lie too far apart in time or text to be one message
    "too_short",  # the payload ends before the message type and MMSI are whole
    "bad_type",  # message type 0 or above 28
    "bad_part_number",  # type 24 part 2 or 3
    "line_too_long",
    "bad_tag",  # a TAG block that cannot be read; its sentence is kept, its time is not trusted
    "bad_number",  # a table cell that is no number
    "bad_time",  # a table cell that is no time
    "bad_mmsi",  # a table cell that is no MMSI
    "bad_row",  # a row with the wrong number of cells, or an object that is no JSON or no message
    "bad_position",  # a detection without a position on the globe, or with only half of one
    "bad_sensor",  # a detection of a sensor that has no word here
    "duplicate",  # the same detection stands in the file before
    "invalid_message",  # a message of a feed that says itself that it could not be decoded
)

STATICS: Final = Schema(
    "statics",
    "Static and voyage data of ships and aids to navigation (types 5, 19, 21, 24), one row a message.",
    (
        *HEARD,
        Column("part", Kind.I8, "Part of a type 24 message: 0 is A, 1 is B; missing for other types.", missing=-1),
        Column("imo", Kind.I32, "IMO number as sent; 0 (not available) is missing.", missing=-1),
        Column("callsign", Kind.TEXT, "Call sign, trailing blanks cut."),
        Column("shipname", Kind.TEXT, "Name of the ship or of the aid to navigation, trailing blanks cut."),
        Column("ship_type", Kind.I16, "Ship and cargo type as sent, 0 to 255; 0 is 'not available'.", missing=-1),
        Column("to_bow_m", Kind.I16, "Antenna to bow.", unit="m", missing=-1),
        Column("to_stern_m", Kind.I16, "Antenna to stern.", unit="m", missing=-1),
        Column("to_port_m", Kind.I16, "Antenna to port side.", unit="m", missing=-1),
        Column("to_starboard_m", Kind.I16, "Antenna to starboard side.", unit="m", missing=-1),
        Column("draught_m", Kind.F32, "Maximum present static draught.", unit="m"),
        Column("destination", Kind.TEXT, "Destination as typed on board."),
        Column("eta", Kind.TEXT, "Estimated time of arrival as `MM-DDTHH:MM`, UTC, without a year; `--` stands for a part not given."),
        Column("epfd", Kind.I8, "Type of position fixing device as sent, 0 to 15.", missing=-1),
        Column("ais_version", Kind.I8, "AIS version indicator, 0 to 3.", missing=-1),
        Column("dte", Kind.FLAG, "Data terminal ready (true: ready)."),
        Column("mothership_mmsi", Kind.I32, "Mother ship of an auxiliary craft (98MIDxxxx).", missing=-1),
        Column("vendor", Kind.TEXT, "Vendor id of type 24 part B, three characters."),
        Column("aid_type", Kind.I8, "Type of aid to navigation (type 21), 0 to 31.", missing=-1),
        Column("off_position", Kind.FLAG, "Aid to navigation off its position."),
        Column("virtual", Kind.FLAG, "Virtual aid to navigation."),
        Column("flags", Kind.I32, "Judgements as bits; see the list of flags of fixes."),
        *ORIGIN,
    ),
)  # fmt: skip

OTHERS: Final = Schema(
    "others",
    "Messages that are neither fixes nor static data: their header and raw payload, decoded on demand.",
    (
        *HEARD,
        Column("dest_mmsi", Kind.I32, "Addressee, where the type has one.", missing=-1),
        Column("dac", Kind.I16, "Designated area code of a binary message (types 6, 8, 25, 26).", missing=-1),
        Column("fid", Kind.I8, "Function identifier of a binary message.", missing=-1),
        Column("payload", Kind.TEXT, "Six-bit payload as armoured text, all parts joined."),
        Column("fill_bits", Kind.I8, "Bits to ignore at the end of the payload.", missing=-1),
        *ORIGIN,
    ),
)  # fmt: skip

REJECTS: Final = Schema(
    "rejects",
    "Lines and rows that could not be used, each with the reason; the good rest is in the other tables.",
    (
        Column("source_id", Kind.CODE, "File, feed or receiver that the line came from."),
        Column("byte_offset", Kind.I64, "Where the line begins in its source, counted from 0.", unit="byte"),
        Column("line_no", Kind.I64, "Number of the line, counted from 1.", missing=-1),
        Column("reason", Kind.CODE, "Why it could not be used.", codes=REJECT_REASONS),
        Column("raw", Kind.ARROW, "The line as received, at most 1,024 bytes.", arrow=pa.binary()),
        *ORIGIN,
    ),
)  # fmt: skip
