"""At most one statement of a vessel in each time bucket."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kizuna.base.units import SECOND_MS
from kizuna.share.transforms.rows import Rows
from kizuna.share.transforms.steps import Thin

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_SHIFT = 32
_MASK = 0xFFFFFFFF


def thinned(rows: Rows, ticks: Ints, step: Thin, kept: Ints) -> tuple[Mask, Ints]:
    """Which rows stay: of each vessel and bucket the first observed of those told first; and what is kept by now.

    ``kept`` holds the pairs (vessel, bucket) of which something was told before; nothing follows in those. Rows of no
    known vessel all stay: nobody can say which of them are one vessel's.
    """
    who, number = rows["who"], rows["number"]
    keys = (who << _SHIFT) + (rows["time_ms"] // (step.step_s * SECOND_MS) & _MASK)
    order = np.lexsort((number, rows["time_ms"], ticks, keys))
    first = np.ones(len(order), np.bool_)
    first[1:] = keys[order][1:] != keys[order][:-1]
    stay = np.zeros(len(order), np.bool_)
    stay[order[first]] = True
    stay &= ~np.isin(keys, kept)
    alone = who < 0
    return stay | alone, np.union1d(kept, keys[stay & ~alone])


def forgotten(kept: Ints, before_ms: int, step: Thin) -> Ints:
    """The same without buckets that end before a time."""
    found: Ints = kept[((kept & _MASK) + 1) * step.step_s * SECOND_MS > before_ms]
    return found
