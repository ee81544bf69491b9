"""Positions and names as AIS sentences (NMEA 0183, ITU-R M.1371-5), for plotters that know nothing else.

A position becomes message 1 (class A) or 18 (class B), a name message 24 part A, each with a TAG block that gives its
time and our name as the source: the message itself carries a second only, and a relayed position may be old. What is
missing gets the code for "not available". Numbers that do not fit are sent as not available, never cut.
"""

from __future__ import annotations

import math
from typing import Final

_LON_NONE, _LAT_NONE, _SOG_NONE, _COG_NONE, _HEADING_NONE = 181, 91, 1023, 3600, 511
_PER_DEG: Final = 600_000
_LETTERS: Final = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
_NAME_LETTERS: Final = 20


class _Bits:
    """Fields one after the other, most significant bit first."""

    def __init__(self) -> None:
        self.value, self.count = 0, 0

    def put(self, value: int, width: int) -> None:
        self.value = self.value << width | value & (1 << width) - 1
        self.count += width

    def text(self, text: str, letters: int) -> None:
        for letter in text.upper()[:letters].ljust(letters, "@"):
            self.put(max(_LETTERS.find(letter), 0), 6)

    def armoured(self) -> tuple[str, int]:
        """Six bits a character (IEC 61162-1), and the number of bits that only fill."""
        fill = -self.count % 6
        value, size = self.value << fill, (self.count + fill) // 6
        codes = ((value >> 6 * (size - 1 - k)) & 63 for k in range(size))
        return "".join(chr(c + 48 if c < 40 else c + 56) for c in codes), fill  # noqa: PLR2004


def _scaled(value: float, scale: float, most: int, none: int) -> int:
    if math.isnan(value):
        return none
    number = round(value * scale)
    return number if 0 <= number <= most else none


def position(mmsi: int, time_s: int, lat_deg: float, lon_deg: float, sog_kn: float, cog_deg: float, heading_deg: float,
             nav_status: int, *, class_b: bool) -> str:  # fmt: skip
    """The payload's fields in order; lat and lon NaN, speeds and angles NaN, status -1 where missing. One sentence."""
    bits = _Bits()
    bits.put(18 if class_b else 1, 6)
    bits.put(0, 2)
    bits.put(mmsi, 30)
    if class_b:
        bits.put(0, 8)
    else:
        bits.put(nav_status if nav_status >= 0 else 15, 4)
        bits.put(-128, 8)  # rate of turn not available
    bits.put(_scaled(sog_kn, 10, 1022, _SOG_NONE), 10)
    bits.put(0, 1)
    known = not (math.isnan(lat_deg) or math.isnan(lon_deg))
    bits.put(round(lon_deg * _PER_DEG) if known else _LON_NONE * _PER_DEG, 28)
    bits.put(round(lat_deg * _PER_DEG) if known else _LAT_NONE * _PER_DEG, 27)
    bits.put(_scaled(cog_deg, 10, 3599, _COG_NONE), 12)
    bits.put(_scaled(heading_deg, 1, 359, _HEADING_NONE), 9)
    bits.put(time_s % 60, 6)
    bits.put(0, 168 - bits.count)
    return _sentence(bits, time_s)


def name(mmsi: int, time_s: int, shipname: str) -> str:
    """Message 24 part A. Letters that six bits do not know end the name there."""
    plain = "".join(c if c.upper() in _LETTERS else "?" for c in shipname)
    bits = _Bits()
    bits.put(24, 6)
    bits.put(0, 2)
    bits.put(mmsi, 30)
    bits.put(0, 2)
    bits.text(plain, _NAME_LETTERS)
    bits.put(0, 168 - bits.count)
    return _sentence(bits, time_s)


def remark(text: str) -> str:
    """A line of text (TXT sentence): what the reader of the stream must know."""
    plain = "".join(c if " " <= c <= "~" and c not in "$!*,\\^~" else " " for c in text)[:60]
    return _with_sum("$", f"AITXT,01,01,01,{plain}")


def _sentence(bits: _Bits, time_s: int) -> str:
    payload, fill = bits.armoured()
    tag = f"s:KIZUNA,c:{time_s}"
    return f"\\{tag}*{_xor(tag)}\\" + _with_sum("!", f"AIVDM,1,1,,A,{payload},{fill}")


def _with_sum(start: str, body: str) -> str:
    return f"{start}{body}*{_xor(body)}\r\n"


def _xor(text: str) -> str:
    total = 0
    for byte in text.encode("ascii"):
        total ^= byte
    return f"{total:02X}"
