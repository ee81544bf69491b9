"""Bodies of rarer messages, on demand: types 6 to 8, 10, 12 to 17, 20, 22, 23, 25, 26 and 28, from rows of ``others``.

The layout of some sixty bodies and their scales come from pyais (MIT), an optional dependency. The values are read
here from the bits, by our own rules:
- a field whose bits are not all there is None, and so is a code for "not available" (M.1371-5, IMO SN.1/Circ.236 and
  289, Inland ECDIS 2.4; as collected in the AIVDM document of the GPSD project);
- listed values stay the number that was sent, also where pyais knows no name for it;
- positions are degrees; texts end at ``@``, trailing blanks are cut; binary data is hexadecimal text.

Rows of ``others`` passed their checksum before they were made. Decoding costs some 0.1 ms a message (measured).

Known limits: repeated groups inside a body (areas, targets, way points) stay hexadecimal text; codes for "not
available" of regional bodies (DAC 200 and 367) are known only in part.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kizuna.base.errors import InputError, UnavailableError
from kizuna.base.table import Table

Value = int | float | bool | str | None

_SIX_BIT: Final = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
_PART: Final = 60  # payload characters of one sentence given to pyais
_PARTS_MAX: Final = 9
_HEAD: Final = 38  # bits of type, repeat indicator and MMSI
_DEGREE: Final = {28: 600_000, 27: 600_000, 25: 60_000, 24: 60_000, 18: 600, 17: 600}
"""Units in a degree, by the width of a coordinate."""
_ZERO_IS_MISSING: Final = frozenset(
    {"mmsi2", "mmsi3", "mmsi4", "persons", "vhfchan", "airdraught", "lading", "heavyoil", "lightoil", "dieseloil",
     "shiptype", "length", "beam", "draught", "berth_length", "berth_depth", "signal", "status", "year"}
)  # fmt: skip
_DIRECTIONS: Final = ("wdir", "wgustdir", "cdir", "cdir2", "cdir3", "wavedir", "swelldir", "facing")
_VALID: Final[Mapping[tuple[str, int, bool], tuple[int, int]]] = {
    ("month", 4, False): (1, 12),
    ("day", 5, False): (1, 31),
    ("hour", 5, False): (0, 23),
    ("minute", 6, False): (0, 59),
    ("second", 6, False): (0, 59),
    ("wspeed", 7, False): (0, 126),
    ("wgust", 7, False): (0, 126),
    ("humidity", 7, False): (0, 100),
    ("airtemp", 11, True): (-600, 600),
    ("airtemp", 11, False): (0, 2046),
    ("dewpoint", 10, True): (-200, 500),
    ("dewpoint", 10, False): (0, 1022),
    ("watertemp", 10, True): (-100, 500),
    ("watertemp", 10, False): (0, 1022),
    ("pressure", 9, False): (0, 402),
    ("pressuretend", 2, False): (0, 2),
    ("leveltrend", 2, False): (0, 2),
    ("visibility", 7, False): (0, 126),
    ("visibility", 8, False): (0, 254),
    ("waterlevel", 12, False): (0, 4000),
    ("waterlevel", 9, False): (0, 510),
    ("cspeed", 8, False): (0, 254),
    ("cspeed2", 8, False): (0, 254),
    ("cspeed3", 8, False): (0, 254),
    ("cdepth2", 5, False): (0, 30),
    ("cdepth3", 5, False): (0, 30),
    ("waveheight", 8, False): (0, 254),
    ("swellheight", 8, False): (0, 254),
    ("waveperiod", 6, False): (0, 62),
    ("swellperiod", 6, False): (0, 62),
    ("seastate", 4, False): (0, 12),
    ("preciptype", 3, False): (0, 6),
    ("salinity", 9, False): (0, 509),
    ("ice", 2, False): (0, 2),
    ("iceclass", 4, False): (0, 14),
    ("duration", 18, False): (0, 262_142),
    ("tonnage", 18, False): (0, 262_142),
    ("horsepower", 18, False): (0, 262_142),
    ("totaloil", 14, False): (0, 16_381),
} | {(name, 9, False): (0, 359) for name in _DIRECTIONS}
"""Raw values that mean something, by field, width and sign; all others are codes or were never defined."""


@dataclass(frozen=True, slots=True)
class RareMessage:
    """One decoded body. ``problem`` says why there are no fields, where there are none."""

    msg_id: int
    mmsi: int
    msg_type: int
    fields: Mapping[str, Value] = field(default_factory=dict)
    problem: str = ""


def messages(others: Table, types: Collection[int] | None = None) -> Iterator[RareMessage]:
    """Bodies of the rows of ``others``, of some types only or of all, in the order of the rows.

    Raises UnavailableError without pyais.
    """
    library()
    columns = (others["msg_id"].tolist(), others["mmsi"].tolist(), others["msg_type"].tolist(),
               others["payload"].to_pylist(), others["fill_bits"].tolist())  # fmt: skip
    for msg_id, mmsi, msg_type, payload, fill_bits in zip(*columns, strict=True):
        if types is not None and msg_type not in types:
            continue
        try:
            yield RareMessage(msg_id, mmsi, msg_type, read(payload or "", max(fill_bits, 0)))
        except InputError as exc:
            yield RareMessage(msg_id, mmsi, msg_type, problem=str(exc))


def library() -> Any:
    """The pyais package; raises UnavailableError with the command that installs it."""
    try:
        return importlib.import_module("pyais")
    except ImportError as exc:
        raise UnavailableError(
            "bodies of rare messages need the package pyais", hint="pip install 'kizuna[rare]'"
        ) from exc


def read(payload: str, fill_bits: int) -> dict[str, Value]:
    """Fields of one payload of armoured six-bit text, by the names that pyais gives them.

    Raises InputError for a payload that is no message, UnavailableError without pyais.
    """
    pyais = library()
    bits = "".join(format(_six_bits(c), "06b") for c in payload)
    bits = bits[: len(bits) - fill_bits] if fill_bits else bits
    if len(bits) < _HEAD:
        raise InputError("the payload ends before type and MMSI are whole")
    try:
        message = pyais.decode(*_sentences(payload[: -(-len(bits) // 6)], -len(bits) % 6))
    except Exception as exc:  # a foreign decoder: whatever it raises, this payload cannot be read
        raise InputError(f"pyais cannot read this payload: {type(exc).__name__}") from exc
    out: dict[str, Value] = {}
    begin = 0
    for column in type(message).fields():
        form = column.metadata
        width = min(form["width"], len(bits) - begin) if form["variable_length"] else form["width"]
        piece = bits[begin : begin + max(width, 0)]
        begin += form["width"]
        if not form["is_spare"]:
            whole = len(piece) == width > 0
            out[column.name] = _value(column.name, form, piece, getattr(message, column.name)) if whole else None
    if out.get("day") == 31 and out.get("hour", 0) is None and out.get("minute", 0) is None:  # noqa: PLR2004
        out["day"] = None  # Circ.236 sends all ones where there is no time
    return out


def _value(name: str, form: Mapping[str, Any], piece: str, theirs: Any) -> Value:
    """Value of a field whose bits are ``piece``; ``theirs`` is the scaled value of pyais."""
    kind = form["d_type"]
    if kind is str:
        return _text(piece) or None
    if kind is bytes:
        filled = piece + "0" * (-len(piece) % 8)
        return int(filled, 2).to_bytes(len(filled) // 8, "big").hex()
    return bool(int(piece, 2)) if kind is bool else _number(name, form, piece, theirs)


def _number(name: str, form: Mapping[str, Any], piece: str, theirs: Any) -> int | float | None:
    raw, width, signed = int(piece, 2), len(piece), bool(form["signed"])
    coordinate = name.endswith(("lon", "lat")) and width in _DEGREE
    if (signed or coordinate) and piece[0] == "1":
        raw -= 1 << width
    if coordinate:
        limit = 180 if name.endswith("lon") else 90
        return raw / _DEGREE[width] if abs(raw) <= limit * _DEGREE[width] else None
    low, high = _VALID.get((name, width, signed), (raw, raw))
    if not low <= raw <= high or (raw == 0 and (name in _ZERO_IS_MISSING or name.endswith("_state"))):
        return None
    if form["d_type"] is float:
        return float(theirs)
    return int(theirs) if _scales(form["to_converter"]) else raw  # not the library's name for a listed value


def _scales(converter: Any) -> bool:
    """Whether a converter of a whole number shifts it (air pressure), rather than naming it."""
    return str(getattr(converter, "__name__", "")).startswith("to_")


def _six_bits(c: str) -> int:
    value = ord(c) - 48
    if not (0 <= value <= 39 or 48 <= value <= 71):  # noqa: PLR2004  the armour of IEC 61162-1
        raise InputError(f"{c!r} is no character of a payload")
    return value - 8 if value > 40 else value  # noqa: PLR2004


def _text(piece: str) -> str:
    chars = (_SIX_BIT[int(piece[k : k + 6], 2)] for k in range(0, len(piece) - 5, 6))
    return "".join(chars).split("@", 1)[0].rstrip(" ")


def _sentences(payload: str, fill_bits: int) -> list[str]:
    """The payload as sentences with right checksums, the form in which pyais takes it."""
    pieces = [payload[k : k + _PART] for k in range(0, len(payload), _PART)] or [""]
    if len(pieces) > _PARTS_MAX:
        raise InputError("a payload longer than any message")
    out = []
    for k, piece in enumerate(pieces):
        inner = f"AIVDM,{len(pieces)},{k + 1},1,A,{piece},{fill_bits if k == len(pieces) - 1 else 0}"
        total = 0
        for c in inner.encode():
            total ^= c
        out.append(f"!{inner}*{total:02X}")
    return out
