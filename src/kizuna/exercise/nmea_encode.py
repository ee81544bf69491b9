"""AIS messages to NMEA 0183 sentences, many at once: the simulator's own encoder.

It shares nothing with the decoders that it serves to test. Bit fields follow ITU-R M.1371-5, annex 8; armouring and
the sentence follow IEC 61162-1 (VDM), the TAG block NMEA 0183 4.10. Every value is an array with one entry a
message; NaN is encoded as the message's own code for "not available".

A message type has one fixed length here, so that all sentences of a type in one call have one width and whole
columns of characters are written at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Field = tuple[int, Any]
"""Width in bits and value: an integer or one integer a message, two's complement when negative."""

PART_CHARS: Final = 60
"""Payload characters of one sentence; with TAG-less head and tail that keeps VDM within 82 characters."""
_ARMOUR_STEP: Final = 40
"""From this value on the armour skips eight characters (IEC 61162-1, table of six-bit codes)."""
_SIXBIT_TEXT: Final = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"


class Payloads(NamedTuple):
    """Armoured payloads of equal length: ASCII characters, one row a message, and the fill bits of the last one."""

    chars: Bytes
    fill_bits: int


def pack(fields: Sequence[Field], count: int) -> Payloads:
    """Join bit fields, most significant bit first, and armour them.

    A field must not be wider than 62 bits; text goes in as one field of six bits a character.
    """
    total = sum(width for width, _ in fields)
    six = np.zeros(((total + 5) // 6, count), np.int64)
    at = 0
    for width, value in fields:
        bits = np.asarray(value, np.int64) & ((1 << width) - 1)
        for index in range(at // 6, (at + width - 1) // 6 + 1):
            shift = at + width - 6 * (index + 1)  # bits of the field beyond this character; negative: left to fill
            six[index] |= (bits >> shift if shift >= 0 else bits << -shift) & 0x3F
        at += width
    chars = (six + np.where(six < _ARMOUR_STEP, 48, 56)).astype(np.uint8)
    return Payloads(np.ascontiguousarray(chars.T), len(six) * 6 - total)


def text_codes(texts: Sequence[str], length: int) -> Ints:
    """Six-bit codes of texts, one row each, padded with ``@``. Raises ValueError for a character AIS cannot send."""
    return np.array([[_SIXBIT_TEXT.index(c) for c in t[:length].ljust(length, "@")] for t in texts], np.int64).reshape(
        len(texts), length
    )


def _text(codes: Ints) -> list[Field]:
    return [(6, codes[:, i]) for i in range(codes.shape[1])]


def scaled(value: Floats, scale: float, missing: int, low: int, high: int) -> Ints:
    """``value * scale`` to the nearest integer within ``low`` to ``high``; ``missing`` where NaN."""
    absent = np.isnan(value)
    number = np.rint(np.where(absent, 0.0, value) * scale).astype(np.int64)
    return np.where(absent, missing, np.clip(number, low, high))


def _circle(value: Floats, scale: int, missing: int) -> Ints:
    absent = np.isnan(value)
    return np.where(absent, missing, np.rint(np.where(absent, 0.0, value) * scale).astype(np.int64) % (360 * scale))


def _lon(lon_deg: Floats) -> Ints:
    return scaled(lon_deg, 600_000, 181 * 600_000, -180 * 600_000, 180 * 600_000)


def _lat(lat_deg: Floats) -> Ints:
    return scaled(lat_deg, 600_000, 91 * 600_000, -90 * 600_000, 90 * 600_000)


def rate_of_turn(rot_dpm: Floats) -> Ints:
    """Rate of turn as sent: 4.733 times the root of degrees a minute, with sign; -128 where not available."""
    size = np.minimum(4.733 * np.sqrt(np.abs(np.nan_to_num(rot_dpm))), 126.0)
    return np.where(np.isnan(rot_dpm), -128, np.rint(np.copysign(size, rot_dpm))).astype(np.int64)


class Fixes(NamedTuple):
    """What a position report says: angles in degrees, speed in knots, rate of turn in degrees a minute."""

    mmsi: Ints
    lon_deg: Floats
    lat_deg: Floats
    sog_kn: Floats
    cog_deg: Floats
    heading_deg: Floats
    rot_dpm: Floats
    nav_status: Ints
    second: Ints
    accurate: Ints


class Ship(NamedTuple):
    """Static data, one row a ship: texts as codes of ``text_codes``, lengths in metres."""

    mmsi: Ints
    imo: Ints
    callsign: Ints
    name: Ints
    ship_type: Ints
    to_bow_m: Ints
    to_stern_m: Ints
    to_port_m: Ints
    to_starboard_m: Ints
    draught_m: Floats
    destination: Ints


def position_a(fix: Fixes, msg_type: int, radio: Ints) -> Payloads:
    """Types 1 to 3, class A position report, 168 bits."""
    return pack([
        (6, msg_type), (2, 0), (30, fix.mmsi), (4, fix.nav_status), (8, rate_of_turn(fix.rot_dpm)),
        (10, scaled(fix.sog_kn, 10, 1023, 0, 1022)), (1, fix.accurate), (28, _lon(fix.lon_deg)),
        (27, _lat(fix.lat_deg)), (12, _circle(fix.cog_deg, 10, 3600)), (9, _circle(fix.heading_deg, 1, 511)),
        (6, fix.second), (2, 0), (3, 0), (1, 0), (19, radio),
    ], len(fix.mmsi))  # fmt: skip


def position_b(fix: Fixes, carrier_sense: Ints, radio: Ints) -> Payloads:
    """Type 18, class B position report, 168 bits. ``carrier_sense`` is 1 for class B "CS", 0 for "SO"."""
    return pack([
        (6, 18), (2, 0), (30, fix.mmsi), (8, 0), (10, scaled(fix.sog_kn, 10, 1023, 0, 1022)), (1, fix.accurate),
        (28, _lon(fix.lon_deg)), (27, _lat(fix.lat_deg)), (12, _circle(fix.cog_deg, 10, 3600)),
        (9, _circle(fix.heading_deg, 1, 511)), (6, fix.second), (2, 0), (1, carrier_sense), (1, 0), (1, 1), (1, 1),
        (1, 1), (1, 0), (1, 0), (1, carrier_sense), (19, radio),
    ], len(fix.mmsi))  # fmt: skip


def position_b_extended(fix: Fixes, ship: Ship) -> Payloads:
    """Type 19, extended class B position report, 312 bits."""
    return pack([
        (6, 19), (2, 0), (30, fix.mmsi), (8, 0), (10, scaled(fix.sog_kn, 10, 1023, 0, 1022)), (1, fix.accurate),
        (28, _lon(fix.lon_deg)), (27, _lat(fix.lat_deg)), (12, _circle(fix.cog_deg, 10, 3600)),
        (9, _circle(fix.heading_deg, 1, 511)), (6, fix.second), (4, 0), *_text(ship.name), (8, ship.ship_type),
        (9, ship.to_bow_m), (9, ship.to_stern_m), (6, ship.to_port_m), (6, ship.to_starboard_m), (4, 1), (1, 0), (1, 1),
        (1, 0), (4, 0),
    ], len(fix.mmsi))  # fmt: skip


def long_range(fix: Fixes) -> Payloads:
    """Type 27, long-range position report, 96 bits: position to 0.1 minute, whole knots and degrees."""
    return pack([
        (6, 27), (2, 3), (30, fix.mmsi), (1, fix.accurate), (1, 0), (4, fix.nav_status),
        (18, scaled(fix.lon_deg, 600, 181 * 600, -108_000, 108_000)),
        (17, scaled(fix.lat_deg, 600, 91 * 600, -54_000, 54_000)),
        (6, scaled(fix.sog_kn, 1, 63, 0, 62)), (9, _circle(fix.cog_deg, 1, 511)), (1, 0), (1, 0),
    ], len(fix.mmsi))  # fmt: skip


def static_a(ship: Ship) -> Payloads:
    """Type 5, static and voyage data of class A, 424 bits, without a time of arrival."""
    return pack([
        (6, 5), (2, 0), (30, ship.mmsi), (2, 1), (30, ship.imo), *_text(ship.callsign), *_text(ship.name),
        (8, ship.ship_type), (9, ship.to_bow_m), (9, ship.to_stern_m), (6, ship.to_port_m), (6, ship.to_starboard_m),
        (4, 1), (4, 0), (5, 0), (5, 24), (6, 60), (8, scaled(ship.draught_m, 10, 0, 0, 255)), *_text(ship.destination),
        (1, 0), (1, 0),
    ], len(ship.mmsi))  # fmt: skip


def static_b_name(ship: Ship) -> Payloads:
    """Type 24 part A, name of a class B ship, 168 bits with eight spare ones."""
    return pack([(6, 24), (2, 0), (30, ship.mmsi), (2, 0), *_text(ship.name), (8, 0)], len(ship.mmsi))


def static_b_data(ship: Ship) -> Payloads:
    """Type 24 part B, type, call sign and size of a class B ship, 168 bits. The vendor id reads ``EXE``."""
    return pack([
        (6, 24), (2, 0), (30, ship.mmsi), (2, 1), (8, ship.ship_type), (18, 5 << 12 | 24 << 6 | 5), (24, 0),
        *_text(ship.callsign), (9, ship.to_bow_m), (9, ship.to_stern_m), (6, ship.to_port_m), (6, ship.to_starboard_m),
        (4, 1), (2, 0),
    ], len(ship.mmsi))  # fmt: skip


def base_station(mmsi: Ints, date: Sequence[Ints], lon_deg: Floats, lat_deg: Floats) -> Payloads:
    """Type 4, base station report, 168 bits. ``date``: year, month, day, hour, minute, second UTC."""
    widths = (14, 4, 5, 5, 6, 6)
    return pack([
        (6, 4), (2, 0), (30, mmsi), *zip(widths, date, strict=True), (1, 1), (28, _lon(lon_deg)), (27, _lat(lat_deg)),
        (4, 7), (1, 0), (9, 0), (1, 0), (19, 0),
    ], len(mmsi))  # fmt: skip


class Aids(NamedTuple):
    """Aids to navigation: name as codes of ``text_codes``, type of aid, UTC second of the report (60: none)."""

    mmsi: Ints
    aid_type: Ints
    name: Ints
    lon_deg: Floats
    lat_deg: Floats
    second: Ints
    virtual: Ints


def aid_to_navigation(aid: Aids) -> Payloads:
    """Type 21, report of an aid to navigation, 272 bits without a name extension, on its position."""
    return pack([
        (6, 21), (2, 0), (30, aid.mmsi), (5, aid.aid_type), *_text(aid.name), (1, 1), (28, _lon(aid.lon_deg)),
        (27, _lat(aid.lat_deg)), (9, 0), (9, 0), (6, 0), (6, 0), (4, 7), (6, aid.second), (1, 0), (8, 0), (1, 0),
        (1, aid.virtual), (1, 0), (1, 0),
    ], len(aid.mmsi))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Heard:
    """How messages were heard: station names of one length as ASCII rows, UTC second, channel, numbers of parts."""

    station: Bytes
    time_s: Ints
    channel: Bytes
    sequence: Ints
    group: Ints


_HEX: Final = np.frombuffer(b"0123456789ABCDEF", np.uint8)


def _digits(value: Ints, width: int) -> Bytes:
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return (value[:, None] // powers % 10 + 48).astype(np.uint8)


def _columns(parts: Sequence[bytes | Bytes], count: int) -> Bytes:
    """Constant texts and columns of characters side by side."""
    return np.concatenate(
        [
            p.reshape(count, -1)
            if isinstance(p, np.ndarray)
            else np.broadcast_to(np.frombuffer(p, np.uint8), (count, len(p)))
            for p in parts
        ],
        axis=1,
    )


def _with_checksum(parts: Sequence[bytes | Bytes], count: int) -> Bytes:
    """The parts, ``*`` and the XOR of all characters but the first, in upper-case hexadecimal."""
    body = _columns(parts, count)
    xor = np.bitwise_xor.reduce(body[:, 1:], axis=1)
    return _columns([body, b"*", _HEX[xor >> 4], _HEX[xor & 15]], count)


def sentences(payloads: Payloads, heard: Heard) -> Bytes:
    """Lines with TAG block, one row a message; a message of several parts has all its lines in the row.

    The first part carries station and time, further ones only the group, as NMEA 0183 4.10 asks.
    """
    count, length = payloads.chars.shape
    total = -(-length // PART_CHARS)
    lines: list[bytes | Bytes] = []
    for part in range(total):
        piece = payloads.chars[:, part * PART_CHARS : (part + 1) * PART_CHARS]
        fill = payloads.fill_bits if part == total - 1 else 0
        tag: list[bytes | Bytes] = [b"\\"]
        if total > 1:
            tag += [b"g:%d-%d-" % (part + 1, total), _digits(heard.group, 4)]
        if part == 0:
            tag += [*([b","] if total > 1 else []), b"s:", heard.station, b",c:", _digits(heard.time_s, 10)]
        sequence = _digits(heard.sequence, 1) if total > 1 else b""
        body = [b"!AIVDM,%d,%d," % (total, part + 1), sequence, b",", heard.channel, b",", piece, b",%d" % fill]
        lines += [_with_checksum(tag, count), b"\\", _with_checksum(body, count), b"\r\n"]
    return _columns(lines, count)


def joined(rows: Sequence[Bytes], order: Sequence[Ints]) -> bytes:
    """Rows of several message types as one text; ``order`` names each row's place in it."""
    width = np.concatenate([np.full(len(r), r.shape[1], np.int64) for r in rows])
    place = np.concatenate(list(order))
    start = np.zeros(len(place), np.int64)
    sequence = np.argsort(place, kind="stable")
    start[sequence] = np.concatenate([[0], np.cumsum(width[sequence])[:-1]])
    out = np.empty(int(width.sum()), np.uint8)
    at = 0
    for block in rows:
        out[start[at : at + len(block), None] + np.arange(block.shape[1])] = block
        at += len(block)
    return out.tobytes()


def comment(text: str, station: str, time_s: int) -> bytes:
    """A text sentence ($AITXT) with TAG block; no AIS decoder takes it for a message.

    Raises ValueError for a text with characters that NMEA 0183 reserves.
    """
    if any(c in text for c in "$*,!\\^~\r\n") or not text.isascii():
        raise ValueError("text of a sentence must be plain ASCII without reserved characters")
    tag = f"s:{station},c:{time_s:010d},t:{text}".encode()
    body = f"AITXT,01,01,07,{text}".encode()
    return b"\\%s*%02X\\$%s*%02X\r\n" % (tag, _xor(tag), body, _xor(body))


def _xor(data: bytes) -> int:
    return int(np.bitwise_xor.reduce(np.frombuffer(data, np.uint8)))
