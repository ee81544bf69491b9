"""What a line to a partner moves, measured on what it moved; how long what waits will take; and why it failed.

Each direction apart. A page that we told is measured from the answer to the first question that shows it was kept, so
the way back and the partner's work count in; one that we were told, from its first byte to its last. Nothing is
configured and nothing guessed: before a page of some size has moved, there is no figure.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from kizuna.base.errors import KizunaError, TrustError
from kizuna.share.ledger.name import LANES
from kizuna.share.sync.actions import Position
from kizuna.share.sync.pace import Pace

Fault = Literal["", "timeout", "broken", "nobody", "certificate", "unknown", "paused", "too_often", "clock", "other"]
"""Why a line failed, for people; "" while nothing did."""
_OPEN_MOST: Final = 64
_WEIGHT: Final = 0.4
_WORDS: Final[tuple[tuple[Fault, tuple[str, ...]], ...]] = (
    ("nobody", ("refused", "No route", "unreachable", "not known", "resolution")),
    ("timeout", ("timed out", "Timeout")),
    ("unknown", ("does not know us",)), ("paused", ("has paused",)), ("too_often", ("asks for a pause",)),
    ("clock", ("clock is too far",)),
    ("broken", ("reset", "disconnected", "Broken pipe", "EOF", "closed", "does not answer")),
)  # fmt: skip
SAID: Final[Mapping[Fault, str]] = {
    "timeout": "no answer in time: the line is very slow or loses a lot",
    "broken": "the line broke off",
    "nobody": "nobody answers at its address: its node or the line is off",
    "certificate": "another certificate than the one agreed; nothing was sent. Ask the partner by telephone",
    "unknown": "the partner does not know us: was the introduction confirmed there?",
    "paused": "the partner has paused the exchange",
    "too_often": "the partner asks for a pause",
    "clock": "the clocks are too far apart",
    "other": "the partner's answer could not be used",
}
"""The faults in English, for the command line; the page has its own words in each language."""


def fault_of(exc: KizunaError) -> Fault:
    """Which fault an error of a line is."""
    if isinstance(exc, TrustError):
        return "certificate"
    text = f"{exc} {type(exc.__cause__).__name__} {exc.__cause__}"
    return next((fault for fault, marks in _WORDS if any(mark in text for mark in marks)), "other")


class Goodput:
    """One direction of the line to one partner. Any thread may call."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._record_bytes: dict[str, float] = {}
        self._told: dict[str, tuple[int, int, int]] = {}  # log -> first, bytes, when; until it is seen to be kept
        self._lock = threading.Lock()

    def moved(self, log: str, size: int, records: int, took_ms: int) -> None:
        """A page of ``size`` bytes with so many new records moved in so long."""
        with self._lock:
            self._moved(log, size, records, took_ms)

    def told(self, log: str, first: int, size: int, now_ms: int) -> None:
        """A page of ours went out. Of equal ones the last counts: those before it may have gone into a cut line."""
        with self._lock:
            if log in self._told or len(self._told) < _OPEN_MOST:
                self._told[log] = first, size, now_ms

    def asked(self, positions: Iterable[Position], now_ms: int) -> None:
        """A question came: whatever it stands behind was kept."""
        with self._lock:
            for log, after in positions:
                first, size, at_ms = self._told.get(log, (after, 0, 0))
                if after > first:
                    del self._told[log]
                    self._moved(log, size, after - first, now_ms - at_ms)

    def _moved(self, log: str, size: int, records: int, took_ms: int) -> None:
        self._pace.moved(size, took_ms)
        if records > 0:
            lane, each = log.rpartition("/")[2], size / records
            self._record_bytes[lane] = self._record_bytes.get(lane, each) * (1 - _WEIGHT) + _WEIGHT * each

    @property
    def bit_per_s(self) -> int | None:
        """The rate, as far as it was measured."""
        with self._lock:
            return self._pace.bytes_per_s * 8 or None

    def drain_s(self, lanes: Mapping[str, int]) -> dict[str, int | None]:
        """Seconds until each lane's queue is through, those before it first; None where nothing says how long."""
        rate = (self.bit_per_s or 0) / 8
        found: dict[str, int | None] = {}
        total = 0.0
        for lane in LANES:
            waiting, each = lanes.get(lane, 0), self._record_bytes.get(lane)
            if waiting and (not rate or each is None):
                return found | dict.fromkeys(LANES[LANES.index(lane) :])
            total += waiting * (each or 0.0) / rate if waiting else 0.0
            found[lane] = round(total) if waiting else 0
        return found
