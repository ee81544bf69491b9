"""Which key of a JSON message is what: gpsd and AIS-catcher (``class``: ``AIS``), and aisstream.io.

gpsd and AIS-catcher share their names. gpsd sends ``scaled`` messages in knots and degrees, others as on the air
(1/600,000 degree and so on; type 27 in 1/600 degree); its turn is a number or "nan", "n/a", "fastleft", "fastright".
AIS-catcher adds ``turn_unscaled``, the value on the air, which is preferred because it is not rounded.

aisstream.io sends envelopes: ``MessageType``, ``MetaData`` and ``Message``, which holds one body named as the type.
Its values are in knots and degrees with the codes for "not available" left in; RateOfTurn is as on the air.

Sources: the gpsd client protocol (gpsd_json(5)), AIS-catcher's JSON output, aisstream/ais-message-models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy.typing as npt

from kizuna.sources.feeds.columns import Columns
from kizuna.sources.static_rows import eta_texts
from kizuna.sources.words import EPFD, NAV_STATUS, SHIP_TYPE

Array = npt.NDArray[Any]
Message = dict[str, Any]

POSITION_TYPES: Final = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
STATIC_TYPES: Final = (5, 19, 21, 24)
TYPE_MAX: Final = 28
_WORDS: Final[dict[str, Mapping[str, float]]] = {
    "nav_status": NAV_STATUS, "ship_type": SHIP_TYPE, "epfd": EPFD, "aid_type": {}, "part": {"a": 0, "b": 1},
    "sog": {"fast": 102.2},
}  # fmt: skip
"""Fields in which a word may stand for a number; "fast" is 102.2 kn or more, which is sent as 102.2."""
_TURNS: Final[Mapping[str, float]] = {"na": -128, "fastleft": -127, "fastright": 127}
_ETA_TEXT: Final = (slice(0, 2), slice(3, 5), slice(6, 8), slice(9, 11))

_HEAD = {"repeat": "repeat"}
_FLAGS = {"accuracy": "accuracy", "raim": "raim"}
_POSITION = {"lon": "lon", "lat": "lat"} | _FLAGS
_MOTION = {"sog": "speed", "cog": "course", "second": "second"} | _POSITION
_NAVIGATION = {"nav_status": "status", "heading": "heading"} | _MOTION
_SIDES = {"to_bow": "to_bow", "to_stern": "to_stern", "to_port": "to_port", "to_starboard": "to_starboard"}

GPSD_NUMBERS: Final[dict[int, dict[str, str]]] = {
    1: _NAVIGATION, 2: _NAVIGATION, 3: _NAVIGATION,
    4: _POSITION, 11: _POSITION,
    5: {"imo": "imo", "ais_version": "ais_version", "ship_type": "shiptype", "epfd": "epfd", "draught": "draught",
        "dte": "dte"} | _SIDES,
    9: {"altitude": "alt"} | _MOTION,
    18: {"heading": "heading"} | _MOTION,
    19: {"heading": "heading", "ship_type": "shiptype", "epfd": "epfd", "dte": "dte"} | _MOTION | _SIDES,
    21: {"aid_type": "aid_type", "epfd": "epfd", "second": "second", "off_position": "off_position",
         "virtual": "virtual_aid"} | _POSITION | _SIDES,
    24: {"ship_type": "shiptype", "mothership": "mothership_mmsi", "part": "part"} | _SIDES,
    27: {"nav_status": "status", "sog": "speed", "cog": "course"} | _POSITION,
}  # fmt: skip
_OTHER_NUMBERS: Final = {"dest_mmsi": "dest_mmsi", "dac": "dac", "fid": "fid"}
GPSD_TEXTS: Final[dict[int, dict[str, str]]] = {
    5: {"callsign": "callsign", "shipname": "shipname", "destination": "destination"},
    19: {"shipname": "shipname"},
    21: {"shipname": "name"},
    24: {"callsign": "callsign", "shipname": "shipname", "vendor": "vendorid"},
}

_STREAM_FLAGS = {"accuracy": "PositionAccuracy", "raim": "Raim"}
_STREAM_POSITION = {"lon": "Longitude", "lat": "Latitude"} | _STREAM_FLAGS
_STREAM_MOTION = {"sog": "Sog", "cog": "Cog", "second": "Timestamp"} | _STREAM_POSITION
_STREAM_SIDES = {"to_bow": "A", "to_stern": "B", "to_port": "C", "to_starboard": "D"}


@dataclass(frozen=True, slots=True)
class StreamShape:
    """One message type of aisstream.io: the types on the air, and keys by field."""

    kinds: tuple[int, ...]
    numbers: dict[str, str]
    texts: dict[str, str]


def _other(kind: int) -> StreamShape:
    return StreamShape((kind,), {"dest_mmsi": "DestinationID"}, {})


STREAM: Final[dict[str, StreamShape]] = {
    "PositionReport": StreamShape(
        (1, 2, 3),
        {"nav_status": "NavigationalStatus", "heading": "TrueHeading", "turn": "RateOfTurn"} | _STREAM_MOTION, {}),
    "BaseStationReport": StreamShape((4, 11), _STREAM_POSITION, {}),
    "ShipStaticData": StreamShape(
        (5,), {"imo": "ImoNumber", "ais_version": "AisVersion", "ship_type": "Type", "epfd": "FixType",
               "draught": "MaximumStaticDraught", "dte": "Dte"},
        {"callsign": "CallSign", "shipname": "Name", "destination": "Destination"}),
    "StandardSearchAndRescueAircraftReport": StreamShape((9,), {"altitude": "Altitude"} | _STREAM_MOTION, {}),
    "StandardClassBPositionReport": StreamShape((18,), {"heading": "TrueHeading"} | _STREAM_MOTION, {}),
    "ExtendedClassBPositionReport": StreamShape(
        (19,), {"heading": "TrueHeading", "ship_type": "Type", "epfd": "FixType", "dte": "Dte"} | _STREAM_MOTION,
        {"shipname": "Name"}),
    "AidsToNavigationReport": StreamShape(
        (21,), {"aid_type": "Type", "epfd": "Fixtype", "second": "Timestamp", "off_position": "OffPosition",
                "virtual": "VirtualAtoN"} | _STREAM_POSITION, {"shipname": "Name"}),
    "StaticDataReport": StreamShape((24,), {"part": "PartNumber"}, {}),
    "LongRangeAisBroadcastMessage": StreamShape(
        (27,), {"nav_status": "NavigationalStatus", "sog": "Sog", "cog": "Cog"} | _STREAM_POSITION, {}),
    "AddressedBinaryMessage": _other(6), "BinaryAcknowledge": _other(7), "BinaryBroadcastMessage": _other(8),
    "CoordinatedUTCInquiry": _other(10), "AddressedSafetyMessage": _other(12), "SafetyBroadcastMessage": _other(14),
    "Interrogation": _other(15), "AssignedModeCommand": _other(16), "GnssBroadcastBinaryMessage": _other(17),
    "DataLinkManagementMessage": _other(20), "ChannelManagement": _other(22), "GroupAssignmentCommand": _other(23),
    "SingleSlotBinaryMessage": _other(25), "MultiSlotBinaryMessage": _other(26),
}  # fmt: skip


def fill_gpsd(out: Columns, kind: int, rows: Array, found: list[Message], *, scaled: bool) -> None:
    """Columns of messages of one type from gpsd or AIS-catcher."""
    scales = {} if scaled else _raw_scales(kind)
    for name, key in (GPSD_NUMBERS.get(kind, _OTHER_NUMBERS) | _HEAD).items():
        out.put(name, rows, [o.get(key) for o in found], scales.get(name, 1.0), _WORDS.get(name))
    for name, key in GPSD_TEXTS.get(kind, {}).items():
        out.put_text(name, rows, [o.get(key) for o in found])
    if kind <= 3:  # noqa: PLR2004  types 1 to 3
        _fill_turn(out, rows, found, scaled=scaled)
    if kind == 24 and any("partno" in o for o in found):  # noqa: PLR2004  as AIS-catcher calls it
        out.put("part", rows, [o.get("part", o.get("partno")) for o in found], 1.0, _WORDS["part"])
    if kind == 5:  # noqa: PLR2004
        for name, part in zip(("eta_month", "eta_day", "eta_hour", "eta_minute"), _ETA_TEXT, strict=True):
            out.put(name, rows, [_digits(o.get("eta"), part) for o in found])
    if kind == 21 and any("name_extension" in o for o in found):  # noqa: PLR2004
        out.put_text("shipname", rows, [_joined(o.get("name"), o.get("name_extension")) for o in found])


def _raw_scales(kind: int) -> dict[str, float]:
    degree = 600.0 if kind == 27 else 600_000.0  # noqa: PLR2004
    tenths = 1.0 if kind == 27 else 10.0  # noqa: PLR2004
    speed = 1.0 if kind == 9 else tenths  # noqa: PLR2004
    return {"lon": degree, "lat": degree, "sog": speed, "cog": tenths, "draught": 10.0}


def _fill_turn(out: Columns, rows: Array, found: list[Message], *, scaled: bool) -> None:
    """Turn as on the air into ``turn``, as a rate into ``rot``."""
    values = [o.get("turn_unscaled", o.get("turn")) for o in found]
    # Words are codes of the air, also in scaled messages.
    raw = [not scaled or "turn_unscaled" in o or isinstance(v, str) for o, v in zip(found, values, strict=True)]
    for name, wanted in (("turn", True), ("rot", False)):
        at = [i for i, is_raw in enumerate(raw) if is_raw is wanted]
        out.put(name, rows[at], [values[i] for i in at], 1.0, _TURNS)


def _digits(value: Any, part: slice) -> int | None:
    text = value[part] if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() else None


def _joined(name: Any, extension: Any) -> Any:
    return name + extension if isinstance(name, str) and isinstance(extension, str) else name


def fill_stream(out: Columns, name: str, rows: Array, bodies: list[Message]) -> None:
    """Columns of bodies of one type from aisstream.io."""
    shape = STREAM[name]
    out.put("repeat", rows, [o.get("RepeatIndicator") for o in bodies])
    for field, key in shape.numbers.items():
        out.put(field, rows, [o.get(key) for o in bodies])
    for field, key in shape.texts.items():
        out.put_text(field, rows, [o.get(key) for o in bodies])
    if name in ("ShipStaticData", "ExtendedClassBPositionReport", "AidsToNavigationReport"):
        _put_sides(out, rows, bodies)
    if name == "ShipStaticData":
        eta = [_inner(o, "Eta") for o in bodies]
        for part in ("Month", "Day", "Hour", "Minute"):
            out.put(f"eta_{part.lower()}", rows, [o.get(part) for o in eta])
    elif name == "AidsToNavigationReport":
        out.put_text("shipname", rows, [_joined(o.get("Name"), o.get("NameExtension")) for o in bodies])
    elif name == "StaticDataReport":
        _fill_parts(out, rows, bodies)
    elif name in ("AddressedBinaryMessage", "BinaryBroadcastMessage"):
        identifiers = [_inner(o, "ApplicationID") for o in bodies]
        out.put("dac", rows, [o.get("DesignatedAreaCode") for o in identifiers])
        out.put("fid", rows, [o.get("FunctionIdentifier") for o in identifiers])


def _inner(body: Message, key: str) -> Message:
    found = body.get(key)
    return found if isinstance(found, dict) else {}


def _put_sides(out: Columns, rows: Array, bodies: list[Message]) -> None:
    sizes = [_inner(o, "Dimension") for o in bodies]
    for field, key in _STREAM_SIDES.items():
        out.put(field, rows, [o.get(key) for o in sizes])


def _fill_parts(out: Columns, rows: Array, bodies: list[Message]) -> None:
    """Parts A and B of type 24; a part that says that it is not valid gives nothing."""
    a = [_valid(_inner(o, "ReportA")) for o in bodies]
    b = [_valid(_inner(o, "ReportB")) for o in bodies]
    out.put_text("shipname", rows, [o.get("Name") for o in a])
    out.put_text("callsign", rows, [o.get("CallSign") for o in b])
    out.put_text("vendor", rows, [o.get("VendorIDName") for o in b])
    out.put("ship_type", rows, [o.get("ShipType") for o in b])
    out.put("epfd", rows, [o.get("FixType") for o in b])
    _put_sides(out, rows, b)


def _valid(part: Message) -> Message:
    return {} if part.get("Valid") is False else part


def is_valid(name: str, body: Message) -> bool:
    """Whether an aisstream.io body says that it was decoded; a static report is when one of its parts is."""
    if body.get("Valid") is False:
        return False
    if name != "StaticDataReport":
        return True
    parts = [body[key] for key in ("ReportA", "ReportB") if isinstance(body.get(key), dict)]
    return any(part.get("Valid") is not False for part in parts)


def own_time(kind: int, message: Message) -> str | None:
    """The UTC time that a base station's message (types 4 and 11) states, as text; None for others."""
    if kind not in (4, 11):
        return None
    stated = message.get("timestamp")
    if isinstance(stated, str):
        return stated
    parts = [message.get(f"Utc{name}") for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")]
    numbers = [p for p in parts if isinstance(p, int) and 0 <= p < 10_000]  # noqa: PLR2004  four digits
    return "{:04d}-{:02d}-{:02d}T{:02d}:{:02d}:{:02d}Z".format(*numbers) if len(numbers) == len(parts) else None


def etas(out: Columns) -> Any:
    """The column of times of arrival."""
    return eta_texts(*(out.number(f"eta_{part}") for part in ("month", "day", "hour", "minute")))
