"""Between the threads that read sources and the one that takes in: a bounded lane for each source.

A full lane makes its reader wait, and that a TCP sender slow down: nothing is thrown away here. All lanes are emptied
in turn and by equal portions, so that a source that floods costs the others no more than their share.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kizuna.sources.batch import Batch

_ROW_BYTES: Final = 100
"""What a row that is decoded already counts for."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Bytes, or rows that are decoded already. ``stored`` is called once they are durable."""

    data: bytes
    received_ms: int | None = None
    rows: Batch | None = None
    stored: Callable[[], None] | None = None

    @property
    def size(self) -> int:
        """Bytes that it counts for."""
        if self.rows is None:
            return len(self.data)
        return _ROW_BYTES * (len(self.rows.fixes) + len(self.rows.statics) + len(self.rows.others)) + 1


class Bell:
    """Wakes whoever empties the lanes; says when the node stops."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self.stopping = threading.Event()

    def ring(self) -> None:
        """There is something."""
        self._rung.set()

    def wait(self, seconds: float) -> None:
        """Until it rings, or so long."""
        self._rung.wait(seconds)
        self._rung.clear()

    def stop(self) -> None:
        """The node stops: nobody waits any more."""
        self.stopping.set()
        self._rung.set()


class Lane:
    """The lane of one source."""

    def __init__(self, source_id: str, most_bytes: int, bell: Bell) -> None:
        self.source_id = source_id
        self._most = most_bytes
        self._bell = bell
        self._parcels: deque[Parcel] = deque()
        self._bytes = 0
        self._room = threading.Condition()

    @property
    def waiting_bytes(self) -> int:
        """Bytes that wait."""
        return self._bytes

    def put(self, parcel: Parcel) -> bool:
        """Add a parcel, waiting for room; False when the node stops and it was not taken."""
        with self._room:
            while self._bytes and self._bytes + parcel.size > self._most:
                if self._bell.stopping.is_set():
                    return False
                self._room.wait(0.2)
            self._parcels.append(parcel)
            self._bytes += parcel.size
        self._bell.ring()
        return True

    def take(self, most_bytes: int) -> list[Parcel]:
        """The oldest parcels up to so many bytes, at least one where there is any."""
        out: list[Parcel] = []
        size = 0
        with self._room:
            while self._parcels and (not out or size + self._parcels[0].size <= most_bytes):
                parcel = self._parcels.popleft()
                out.append(parcel)
                size += parcel.size
            self._bytes -= size
            if out:
                self._room.notify_all()
        return out


def any_waits(lanes: Sequence[Lane]) -> bool:
    """Whether anything is left in them."""
    return any(lane.waiting_bytes for lane in lanes)
