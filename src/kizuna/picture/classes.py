"""Coarse classes of ships from the ship and cargo type that they send (ITU-R M.1371-5, annex 8, table 53).

The type is typed in on board and is often missing or wrong; a ship that sent several counts as the one she sent most.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kizuna.base.table import Array

CLASSES: Final = (
    "unknown", "fishing", "tug and towing", "dredging and diving", "military", "sailing and pleasure", "high speed",
    "pilot, rescue, port service", "law enforcement", "passenger", "cargo", "tanker", "other",
)  # fmt: skip
_RANGES: Final = (
    (20, 30, "other"), (30, 31, "fishing"), (31, 33, "tug and towing"), (33, 35, "dredging and diving"),
    (35, 36, "military"), (36, 38, "sailing and pleasure"), (40, 50, "high speed"),
    (50, 52, "pilot, rescue, port service"), (52, 53, "tug and towing"), (53, 55, "pilot, rescue, port service"),
    (55, 56, "law enforcement"), (56, 60, "other"), (60, 70, "passenger"), (70, 80, "cargo"), (80, 90, "tanker"),
    (90, 100, "other"),
)  # fmt: skip
_KNOWN: Final = 256


def _lookup() -> Array:
    table = np.zeros(_KNOWN, np.int8)
    for low, high, word in _RANGES:
        table[low:high] = CLASSES.index(word)
    return table


_CLASS_OF: Final = _lookup()


def class_of(ship_type: Array) -> Array:
    """Index into ``CLASSES`` (int8) of each ship type; 0, unknown, for missing (-1), 0 and reserved ones."""
    return _CLASS_OF[np.clip(np.asarray(ship_type, np.int64), 0, _KNOWN - 1)]


def most_sent(mmsi: Array, ship_type: Array, count: Array) -> tuple[Array, Array]:
    """MMSIs in order, and the class (int8) that each sent most; the lower type on a tie; types not known do not vote.

    ``count``: messages behind each row.
    """
    told = np.asarray(ship_type) > 0
    mmsi, ship_type, count = np.asarray(mmsi)[told], np.asarray(ship_type)[told], np.asarray(count, np.int64)[told]
    if not len(mmsi):
        return np.empty(0, np.int32), np.empty(0, np.int8)
    key = mmsi.astype(np.int64) * _KNOWN + ship_type
    keys, where = np.unique(key, return_inverse=True)
    votes = np.bincount(where, weights=count)
    order = np.lexsort((keys, -votes, keys // _KNOWN))
    first = np.unique(keys[order] // _KNOWN, return_index=True)[1]
    best = keys[order][first]
    return (best // _KNOWN).astype(np.int32), class_of(best % _KNOWN)
