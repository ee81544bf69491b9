"""What is looked for in the register and what is found: reaches, wishes, entries, counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kizuna.stores.shared.logs import LogState

Sees = Callable[[str], bool]
"""Whether a label, as JSON without its end, is for the reader."""


class Reach(NamedTuple):
    """What somebody reads of a log: entries below ``end``; of a log of several readers, those that ``sees`` lets it.

    Where there is a ``sees``, records whose keeping ended at ``now_ms`` are not seen either.
    """

    log: LogState
    end: int
    sees: Sees | None = None
    now_ms: int = 0


class Want(NamedTuple):
    """What is looked for; whatever is not given is not asked.

    ``start_ms``, ``end_ms``: observed in [start, end). ``kinds``: beginnings of kinds. ``subject``: one subject; a find
    may be another with the same number. ``box``: west, south, east, north; a find may lie a metre outside. Both are to
    be looked at again in the record. ``recalled``: also what was recalled. ``after``: entries from this number on.
    """

    start_ms: int | None = None
    end_ms: int | None = None
    kinds: tuple[str, ...] = ()
    subject: str = ""
    box: tuple[float, float, float, float] | None = None
    recalled: bool = False
    after: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Entries, in the order of their logs: place of the reach, number, time observed, record, state, bytes."""

    reach: npt.NDArray[np.int32]
    n: npt.NDArray[np.int64]
    time_ms: npt.NDArray[np.int64]
    rec: npt.NDArray[np.int64]
    state: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.n)

    def take(self, rows: npt.NDArray[Any]) -> Found:
        """These of them."""
        return Found(self.reach[rows], self.n[rows], self.time_ms[rows], self.rec[rows], self.state[rows])


class Survey(NamedTuple):
    """What of a log is wanted, in all.

    ``entries`` with numbers that sum to ``numbers``, observed from ``first_ms`` to ``last_ms`` (UTC; of none, the
    first is above the last); ``newest``: of each subject that is named first, the newest of the kinds asked for.
    """

    entries: int
    numbers: int
    first_ms: int
    last_ms: int
    newest: Found


@dataclass(slots=True)
class Tally:
    """What a reach holds: entries, those that are not erased, their bytes and kinds; times of observation.

    ``erased`` is counted where a reader sees the whole log; in a log of several it cannot be told whose it was.
    """

    entries: int = 0
    held: int = 0
    erased: int = 0
    bytes: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    """Only where it was asked."""


class Read(NamedTuple):
    """One entry that was found, with its record."""

    reach: int
    n: int
    id: str
    data: bytes


class Entered(NamedTuple):
    """An entry by the order of its coming (``number``); ``data`` None where it was erased."""

    number: int
    log: LogState
    n: int
    id: str | None
    data: bytes | None
