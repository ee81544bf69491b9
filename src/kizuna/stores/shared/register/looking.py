"""Looking at one sheet: which of its entries are wanted; and, over many sheets, the newest entry about each subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kizuna.stores.shared.register import sheets
from kizuna.stores.shared.register.sheets import ERASED, THERE, Sheet
from kizuna.stores.shared.register.wishes import Found, Reach, Want

Ints = npt.NDArray[np.int64]
_AT_ONCE: Final = 32
"""Sheets whose entries are looked at together: alone, each costs four times as much."""


def wanted(sheet: Sheet, reach: Reach, want: Want) -> npt.NDArray[np.bool_]:
    """Which entries of a sheet are wanted and read."""
    rows = sheet.rows
    mask: npt.NDArray[np.bool_] = rows["state"] == THERE
    if want.recalled:
        mask = rows["state"] != ERASED
    numbers = (max(0, want.after - sheet.first), reach.end - sheet.first)
    if numbers[0] > 0 or numbers[1] < len(sheet):
        mask = mask & (np.arange(len(sheet)) >= numbers[0]) & (np.arange(len(sheet)) < numbers[1])
    if want.start_ms is not None:
        mask = mask & (rows["time_ms"] >= want.start_ms)
    if want.end_ms is not None:
        mask = mask & (rows["time_ms"] < want.end_ms)
    if want.kinds:
        mask = mask & of_kinds(sheet, want.kinds)
    if want.subject:
        code = sheets.about(want.subject)
        named = rows["about"] == code
        named[[place for place, also in sheet.also if also == code]] = True
        mask = mask & named
    if want.box is not None:
        mask = mask & sheets.within(rows, want.box)
    if reach.sees is not None:
        seen = [k for k, label in enumerate(sheet.labels) if reach.sees(label)]
        mask = mask & _among(rows["label"], sheet.labels, seen) & (rows["until_ms"] > reach.now_ms)
    return mask


def _among(codes: npt.NDArray[Any], words: Sequence[str], good: Sequence[int]) -> npt.NDArray[np.bool_]:
    table = np.zeros(len(words) + 1, np.bool_)  # the last place is that of -1
    table[list(good)] = True
    found: npt.NDArray[np.bool_] = table[codes]
    return found


def of_kinds(sheet: Sheet, kinds: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Which entries are of a kind that begins with one of these; all where none is named."""
    return _among(sheet.rows["kind"], sheet.kinds, sheets.codes(sheet.kinds, kinds))


class Newest:
    """Of each subject that is named first in an entry, the newest by observation; of equal ones the last added."""

    def __init__(self) -> None:
        self._who = np.empty(0, np.int64)
        """Subjects so far, ascending; of each its newest: time, and (number, record)."""
        self._time, self._best = np.empty(0, np.int64), np.empty((0, 2), np.int64)
        self._waiting: list[tuple[Ints, Ints, Ints]] = []

    def add(self, sheet: Sheet, mask: npt.NDArray[np.bool_]) -> None:
        """The entries of a sheet under a mask."""
        rows = np.flatnonzero(mask & (sheet.rows["about"] != 0))
        if len(rows):
            what = np.column_stack((sheet.first + rows, sheet.rows["rec"][rows]))
            self._waiting.append((sheet.rows["about"][rows], sheet.rows["time_ms"][rows], what))
        if len(self._waiting) >= _AT_ONCE:
            self._settle()

    def found(self) -> Found:
        """The newest of all that was added, by time and number; all of one log, the first."""
        self._settle()
        order = np.lexsort((self._best[:, 0], self._time))
        n, rec = self._best[order].T
        return Found(np.zeros(len(n), np.int32), n, self._time[order], rec, np.full(len(n), THERE, np.uint8))

    def _settle(self) -> None:
        if not self._waiting:
            return
        who, when, what = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting = []
        at = np.searchsorted(self._who, who)
        known = self._who[np.minimum(at, len(self._who) - 1)] == who if len(self._who) else np.zeros(len(who), np.bool_)
        if not known.all():
            self._admit(np.unique(who[~known]))
            at = np.searchsorted(self._who, who)
        np.maximum.at(self._time, at, when)
        rows = np.flatnonzero(when == self._time[at])
        self._best[at[rows]] = what[rows]  # of several for one subject the last stays

    def _admit(self, fresh: Ints) -> None:
        places = np.searchsorted(self._who, fresh)
        self._who = np.insert(self._who, places, fresh)
        self._time = np.insert(self._time, places, np.iinfo(np.int64).min)
        self._best = np.insert(self._best, places, 0, axis=0)
