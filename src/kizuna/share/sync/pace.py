"""How large a page, how long a wait. Both follow what was measured, not what was configured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kizuna.records.record import LARGEST

PAGE_LEAST: Final = 8 * 1024
PAGE_MOST: Final = 1024 * 1024
PAGE_FIRST: Final = 16 * 1024
"""Before anything is measured: two seconds at 64 kbit/s, 160 positions at least."""
PAGE_S: Final = 8.0
"""Aim for the time of one page of routine and bulk, where alerts have channels of their own: long enough that the round
trip between two pages is little beside it, at 64 kbit/s some 45 kB."""
PAGE_ALONE_S: Final = 3.0
"""The same where all lanes share one channel: an alert waits for what is under way, half of this on average."""
_MEASURED_LEAST: Final = 4096
"""Shorter answers measure the latency of a link and not its rate."""
_WEIGHT: Final = 0.4
_SLACK_MS: Final = 30_000
_SLOWER: Final = 4
"""A transfer may take this many times what was expected."""
_DOUBLINGS: Final = 5
_SOFTEST_MS: Final = 1000
_HARDEST_MS: Final = 60_000
Random = Callable[[int], bytes]


class Pace:
    """Goodput of one link as a weighted mean of its transfers, and the size of a page that follows from it."""

    def __init__(self, page_s: float = PAGE_S) -> None:
        """``page_s``: how long one page may take."""
        self._page_s = page_s
        self._bytes_per_s = 0.0
        self._ceiling = PAGE_MOST
        self._broken = 0

    def moved(self, size: int, took_ms: int) -> None:
        """A transfer of ``size`` bytes took this long, waiting for news not counted."""
        self._ceiling = min(PAGE_MOST, self._ceiling * 2)
        self._broken = 0
        if size < _MEASURED_LEAST:
            return
        rate = size * 1000 / max(1, took_ms)
        self._bytes_per_s = rate if not self._bytes_per_s else self._bytes_per_s + _WEIGHT * (rate - self._bytes_per_s)

    def broke(self) -> None:
        """A transfer did not come to its end: the next is at most half as large, until some do."""
        self._ceiling = max(PAGE_LEAST, min(self._ceiling, self.page_bytes) // 2)
        self._broken += 1

    @property
    def bytes_per_s(self) -> int:
        """What was measured; 0 before anything of some size moved."""
        return round(self._bytes_per_s)

    @property
    def page_bytes(self) -> int:
        """Bytes of the next page on the wire, ``PAGE_LEAST`` to ``PAGE_MOST``."""
        wanted = int(self._bytes_per_s * self._page_s) if self._bytes_per_s else PAGE_FIRST
        return max(PAGE_LEAST, min(self._ceiling, wanted))

    def patience_ms(self) -> int:
        """How long a transfer may take before it is given up.

        A page may be one record of 64 KiB however small a page was asked for, so this reckons with that; and it doubles
        after each transfer that was given up. With a fixed limit, a link slower than that would begin anew for ever.
        """
        longest_ms = _SLACK_MS + _SLOWER * self.expected_ms(max(self.page_bytes, LARGEST))
        return longest_ms << min(self._broken, _DOUBLINGS)

    def expected_ms(self, size: int) -> int:
        """How long a transfer will take; 0 where nothing was measured yet."""
        return int(size * 1000 / self._bytes_per_s) if self._bytes_per_s else 0


class Backoff:
    """Waits that double from 1 s to 60 s, each cut by chance to between half and all of it.

    The chance is handed in. Without it all partners of a node that comes back would ask in the same instant.
    """

    def __init__(self, random: Random) -> None:
        self._random, self._failures = random, 0

    def wait_ms(self) -> int:
        """The wait after one more failure."""
        full = min(_HARDEST_MS, _SOFTEST_MS << min(self._failures, 16))
        self._failures += 1
        return full // 2 + int.from_bytes(self._random(4), "big") * (full // 2) // 2**32

    def worked(self) -> None:
        """Something came of it: begin anew."""
        self._failures = 0
