"""What the node takes for now: the clock of the machine, or the time that an exercise plays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from kizuna.base.units import MISSING_TIME_MS


class Clock(Protocol):
    """Time of the picture, UTC ms."""

    def now_ms(self) -> int:
        """Now."""
        ...

    def received_ms(self) -> int | None:
        """Time of receipt to stamp on what comes in now; None where messages bring their own."""
        ...

    def heard(self, newest_ms: int) -> None:
        """A message of this time came in."""
        ...


def wall_ms() -> int:
    """UTC of this machine, ms."""
    return time.time_ns() // 1_000_000


class WallClock:
    """The clock of the machine."""

    def now_ms(self) -> int:
        """UTC of this machine."""
        return wall_ms()

    def received_ms(self) -> int | None:
        """The same."""
        return wall_ms()

    def heard(self, newest_ms: int) -> None:
        """Nothing: this clock goes by itself."""


class StreamClock:
    """The time that is played: that of the newest message, carried on for at most some seconds of play."""

    def __init__(self, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._speed = speed
        self._monotonic = monotonic
        self._newest_ms = MISSING_TIME_MS
        self._since_s = 0.0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """Time played; that of the machine before the first message."""
        with self._lock:
            if self._newest_ms == MISSING_TIME_MS:
                return wall_ms()
            on_s = min(self._monotonic() - self._since_s, 2.0)
            return self._newest_ms + round(on_s * self._speed * 1000)

    def received_ms(self) -> int | None:
        """None: an exercise says when each of its messages was heard."""
        return None

    def heard(self, newest_ms: int) -> None:
        """Go on from a newer message."""
        with self._lock:
            if newest_ms > self._newest_ms:
                self._newest_ms, self._since_s = newest_ms, self._monotonic()
