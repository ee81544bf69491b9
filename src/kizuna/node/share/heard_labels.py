"""Under which labels partners told anything lately: each label once, with the day on which it was last heard.

They follow the inbox of the shared store and are kept beside it, so that a restart forgets none. A label is let go
when nothing came under it for ``KEPT_MS``, which is as far back as the page replays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.base.units import DAY_MS
from kizuna.node.share.arrivals import CURSOR
from kizuna.records.label import UNREADABLE, Label, label_of, word_of
from kizuna.records.record import decode

if TYPE_CHECKING:
    from kizuna.stores.shared import Shared

NOTE: Final = "heard labels"
KEPT_MS: Final = 31 * DAY_MS
BACK: Final = 50_000
"""Newest entries that are looked at where nothing was kept yet."""
AT_ONCE: Final = 2_000
MOST: Final = 1_000
"""Labels that are told apart; beyond, all count as unreadable."""


class _Kept(msgspec.Struct):
    cursor: int
    days: dict[str, int] = {}


class HeardLabels:
    """Any thread may ask."""

    def __init__(self, shared: Shared, now_ms: Callable[[], int]) -> None:
        self._shared, self._now_ms = shared, now_ms
        self._lock = threading.Lock()
        held, at = shared.notes.get(NOTE), shared.notes.get(CURSOR)
        back = _Kept(max(0, int(at) - BACK) if at else 0)
        self._kept = msgspec.json.decode(held, type=_Kept) if held else back

    def follow(self) -> frozenset[Label]:
        """Look at what came since the last time; all labels of the time that is shown."""
        with self._lock:
            before, today = dict(self._kept.days), self._now_ms() // DAY_MS
            days = self._kept.days
            while found := self._shared.inbox.arrived(self._kept.cursor, AT_ONCE):
                for _, _, entry in found:
                    if entry.data is not None:
                        word = _word(entry.data)
                        days[word if word in days or len(days) < MOST else word_of(UNREADABLE)] = today
                self._kept.cursor = found[-1].number
            self._kept.days = {w: d for w, d in days.items() if (today - d) * DAY_MS <= KEPT_MS}
            if self._kept.days != before:
                self._shared.notes.put({NOTE: msgspec.json.encode(self._kept)})
            return frozenset(label_of(w) for w in self._kept.days)


def _word(data: bytes) -> str:
    try:
        label = decode(data).label
    except InputError:
        label = UNREADABLE
    return word_of(msgspec.structs.replace(label, retain_until_ms=None, originator="", info=()))
