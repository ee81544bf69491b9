"""Virtual time: events in one heap, one random source, nothing else moves. The same seed gives the same run."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable


class World:
    """Time in milliseconds since the beginning of the run, and what is still to happen."""

    def __init__(self, seed: int) -> None:
        self.seed, self.chance = seed, random.Random(seed)
        self.now_ms = 0.0
        self.events = 0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, wait_ms: float, act: Callable[[], None]) -> None:
        self.at(self.now_ms + wait_ms, act)

    def at(self, when_ms: float, act: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._heap, (max(when_ms, self.now_ms), self._number, act))

    def run(self, until_ms: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Let things happen until a time, or until ``stop`` says so."""
        while self._heap and self._heap[0][0] <= until_ms and not stop():
            self.now_ms, _, act = heapq.heappop(self._heap)
            self.events += 1
            act()
        if not stop():
            self.now_ms = max(self.now_ms, until_ms)
