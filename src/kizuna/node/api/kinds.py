"""Kinds of vessel as the picture draws them, from ship types and classes of AIS (ITU-R M.1371-5, table 53)."""

from __future__ import annotations

from typing import Final

import numpy as np

from kizuna.base.table import Array
from kizuna.fixes.table import AIS_CLASSES

KINDS: Final = ("other", "cargo", "tanker", "passenger", "fishing", "tug or special craft", "pleasure craft",
                "law enforcement or rescue", "aid or base station")  # fmt: skip
"""By the number that stands in the column ``kind``."""
OTHER, CARGO, TANKER, PASSENGER, FISHING, SPECIAL, PLEASURE, LAW, AID = range(9)
_LAW_TYPES: Final = (35, 51, 55)  # military operations, search and rescue, law enforcement
_AIDS: Final = tuple(AIS_CLASSES.index(c) for c in ("base", "aton"))
_RESCUE: Final = tuple(AIS_CLASSES.index(c) for c in ("sar_aircraft", "sart", "mob", "epirb"))
CLASS_B: Final = AIS_CLASSES.index("B")
_WORDS: Final = {
    20: "wing in ground", 30: "fishing", 31: "towing", 32: "towing, long", 33: "dredging", 34: "diving operations",
    35: "military operations", 36: "sailing", 37: "pleasure craft", 40: "high-speed craft", 50: "pilot vessel",
    51: "search and rescue", 52: "tug", 53: "port tender", 54: "anti-pollution", 55: "law enforcement",
    58: "medical transport", 59: "non-combatant ship", 60: "passenger", 70: "cargo", 80: "tanker", 90: "other",
}  # fmt: skip


def _by_type() -> Array:
    kind = np.full(257, OTHER, np.int8)
    kind[60:70], kind[70:80], kind[80:90] = PASSENGER, CARGO, TANKER
    kind[30] = FISHING
    kind[[31, 32, 33, 34, 50, 52, 53, 54]] = SPECIAL
    kind[[36, 37]] = PLEASURE
    kind[list(_LAW_TYPES)] = LAW
    return kind


_BY_TYPE: Final = _by_type()  # the last entry stands for a missing type


def kinds(ship_type: Array, ais_class: Array) -> Array:
    """Kind of each vessel, int8; ``ship_type`` -1 is missing."""
    kind = _BY_TYPE[np.where((ship_type >= 0) & (ship_type < 256), ship_type, 256)]  # noqa: PLR2004  8 bits
    kind = np.where(np.isin(ais_class, _AIDS), AID, kind)
    return np.where(np.isin(ais_class, _RESCUE), LAW, kind).astype(np.int8)


def type_text(ship_type: int) -> str:
    """A ship type in words; empty where it is missing or says nothing."""
    if ship_type in _WORDS:
        return _WORDS[ship_type]
    tens = ship_type // 10 * 10
    return _WORDS.get(tens, "") if tens in (20, 40, 60, 70, 80, 90) else ""
