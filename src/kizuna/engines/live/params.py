"""Settings of the live engine; those of the detectors are the same as in a run over files."""

from __future__ import annotations

from dataclasses import dataclass

from kizuna.base.units import HOUR_MS
from kizuna.events.account.limits import within


@dataclass(frozen=True, slots=True)
class LiveParams:
    """How long to wait, how often to settle, how much to hold.

    Attributes:
        lateness_h: how much later than the newest fix a fix may come, h; 0 to 72. Satellites deliver within some
            hours. Later ones are counted and set aside, because events before that time have been closed.
        settle_h: how often (in the time of the stream) all events are worked out anew, h; 0.05 to 24. Events close, and
            hints that were missed are made good, at most so much after the lateness.
        ahead_h: a fix further than this ahead of the stream does not move its clock alone, h; 0.1 to 24.
        vessels_max: MMSIs held; fixes of further ones are counted and refused; 100 to 10,000,000.
        lanes_max: ships told apart under one MMSI while watching; 1 to 64. The detectors themselves know no such limit.
        rows_per_look: rows that must come in for each vessel looked at between settlings; 1 to 100,000. Bounds the
            cost of a sea in which something happens all the time; what waits is found when events are settled.
        burst: looks that may be saved up; 1 to 1,000,000.
        keep_h: rows older than this before the watermark are let go, h; 48 to 10,000, or 0 to keep everything. What was
            closed before then stays as it was told; events that go on hold the rows that they need, up to four times
            as long. Byte for byte the events of a run are promised for streams no longer than this.
    """

    lateness_h: float = 6.0
    settle_h: float = 1.0
    ahead_h: float = 1.0
    vessels_max: int = 1_000_000
    lanes_max: int = 8
    rows_per_look: int = 100
    burst: int = 5_000
    keep_h: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("live", "lateness_h", self.lateness_h, 0, 72, "h")
        within("live", "settle_h", self.settle_h, 0.05, 24, "h")
        within("live", "ahead_h", self.ahead_h, 0.1, 24, "h")
        within("live", "vessels_max", self.vessels_max, 100, 10_000_000)
        within("live", "lanes_max", self.lanes_max, 1, 64)
        within("live", "rows_per_look", self.rows_per_look, 1, 100_000)
        within("live", "burst", self.burst, 1, 1_000_000)
        if self.keep_h:
            within("live", "keep_h", self.keep_h, 48, 10_000, "h")

    @property
    def lateness_ms(self) -> int:
        """Lateness in milliseconds."""
        return round(self.lateness_h * HOUR_MS)

    @property
    def settle_ms(self) -> int:
        """Time of the stream between two settlings, in milliseconds."""
        return round(self.settle_h * HOUR_MS)

    @property
    def keep_ms(self) -> int:
        """Time for which rows are kept, in milliseconds; 0 for ever."""
        return round(self.keep_h * HOUR_MS)
