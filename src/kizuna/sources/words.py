"""Words that archives print where AIS sends a number, and the numbers behind them (ITU-R M.1371-6).

The Danish Maritime Authority and some MarineCadastre years write navigational status, ship type and the like in
English. What a word cannot tell is not made up: a ship type word gives the first number of its group, the cargo word
adds the last digit, and the four codes that share the word "reserved" become the group's first number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kizuna.fixes.table import AIS_CLASSES, RECEIVER_TYPES

NULL_WORDS: Final = (
    "", "Unknown", "Undefined", "Unknown value", "None", "none", "null", "NULL", "Null", "NaN", "nan", "NAN",
    "N/A", "n/a", "#N/A", "\\N", "NaT", "<NA>",
)  # fmt: skip
"""Cells that mean "not available", compared to the letter (a ship may well be called UNKNOWN or NA)."""

_NOT_WORD = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """A word reduced to its lower-case letters and digits."""
    return _NOT_WORD.sub("", text.casefold())


def _plain_keys(words: Mapping[str, int]) -> dict[str, int]:
    return {plain(word): number for word, number in words.items()}


NAV_STATUS: Final = _plain_keys({
    "Under way using engine": 0, "At anchor": 1, "Not under command": 2, "Restricted maneuverability": 3,
    "Restricted manoeuvrability": 3, "Constrained by her draught": 4, "Moored": 5, "Aground": 6,
    "Engaged in fishing": 7, "Under way sailing": 8, "Reserved for future amendment [HSC]": 9,
    "Reserved for future amendment [WIG]": 10, "Power-driven vessel towing astern": 11,
    "Power-driven vessel pushing ahead or towing alongside": 12, "Reserved for future use": 13,
    "AIS-SART (active)": 14, "AIS-SART is active": 14, "AIS-SART": 14, "Undefined": 15, "Not defined": 15,
    "Unknown value": 15,
})  # fmt: skip

SHIP_TYPE: Final = _plain_keys({
    "WIG": 20, "Fishing": 30, "Towing": 31, "Towing long/wide": 32, "Dredging": 33, "Diving": 34, "Military": 35,
    "Sailing": 36, "Pleasure": 37, "Pleasure craft": 37, "HSC": 40, "High speed craft": 40, "Pilot": 50, "SAR": 51,
    "Search and rescue": 51, "Tug": 52, "Port tender": 53, "Anti-pollution": 54, "Law enforcement": 55, "Spare 1": 56,
    "Spare 2": 57, "Medical": 58, "Not party to conflict": 59, "Passenger": 60, "Cargo": 70, "Tanker": 80, "Other": 90,
})  # fmt: skip
"""First number of the group. "Reserved" names no group and stays missing."""

CARGO: Final = _plain_keys({
    "Category X": 1, "Category Y": 2, "Category Z": 3, "Category OS": 4, "No additional information": 9,
    "Reserved for future use": 0, "Undefined": 0,
})  # fmt: skip
"""Last digit of the ship type; only the groups 20, 40, 60, 70, 80 and 90 have one."""

CARGO_GROUPS: Final = (20, 40, 60, 70, 80, 90)

EPFD: Final = _plain_keys({
    "Undefined": 0, "GPS": 1, "GLONASS": 2, "Combined GPS/GLONASS": 3, "Loran-C": 4, "Chayka": 5,
    "Integrated navigation system": 6, "Surveyed": 7, "Galileo": 8, "BDS": 9, "BeiDou": 9, "Internal": 15,
})  # fmt: skip

MOBILE: Final = {
    key: AIS_CLASSES.index(word)
    for key, word in {
        "a": "A", "classa": "A", "b": "B", "classb": "B", "basestation": "base", "base": "base", "aton": "aton",
        "sarairborne": "sar_aircraft", "saraircraft": "sar_aircraft", "sart": "sart",
        "searchandrescuetransponder": "sart", "mob": "mob", "manoverboarddevice": "mob", "epirb": "epirb",
        "other": "other",
    }.items()
}  # fmt: skip

RECEIVER: Final = {word: code for code, word in enumerate(RECEIVER_TYPES)}


def number_of(word: str, table: Mapping[str, int], top: int) -> int | None:
    """The number that a cell stands for: a whole number from 0 to ``top`` or a known word; None for anything else."""
    known = table.get(plain(word))
    if known is not None:
        return known
    try:
        value = float(word)
    except ValueError:
        return None
    return int(value) if value.is_integer() and 0 <= value <= top else None
