"""Settings of a store, and the measures that belong to its form on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.base.units import HOUR_MS, SECOND_MS

BLOCK_MS: Final = 600 * SECOND_MS
"""Length of a block for replay: ten minutes, about 2 MB of 5,000 vessels."""
WINDOW_MS: Final = 6 * HOUR_MS
"""Rows of one window of UTC time lie in the same segments. A week of a vessel is 28 windows; a box with an hour, or a
block, is looked for in one or two."""
GROUP_ROWS: Final = 8192
"""Rows of a row group, the least that is read: 1 ms."""
FILE_ROWS: Final = 262_144
"""Rows of a segment file, about 4 MB; larger files have footers that take longer to read than the rows wanted."""


@dataclass(frozen=True, slots=True)
class KeepParams:
    """How a store takes in and lets go.

    Attributes:
        full_sync: wait for the disk at each append, so that power loss takes nothing that was acknowledged. Without it
            the death of the process takes nothing, the loss of power may take the appends since the last checkpoint.
        seal_rows: rows buffered before they are sealed into segments; 1,000 to 5,000,000. Held in memory twice.
        seal_batches: batches buffered before that; 2 to 100,000. Bounds the time to open a store.
        horizon_rows: messages of each table, newest first, within which one that comes again is known; 0 to
            100,000,000. 8 bytes each.
        lateness_s: a block for replay is closed so much before the newest fix, s; 0 to 604,800. Six hours as in live
            detection: satellites deliver late.
        ahead_s: a fix this much later than its receipt does not count as new, s; 0 to 86,400. Clocks on board go wrong;
            one fix from next year must not stop a vessel's position, nor close all blocks.
        free_bytes_least: appends are refused when the disk has less left, byte; 0 to 10**15. Sealing needs room to make
            room.
        rows_most: rows of one answer; 1 to 1,000,000,000. More is refused, not cut.
    """

    full_sync: bool = False
    seal_rows: int = 300_000
    seal_batches: int = 2_000
    horizon_rows: int = 4_000_000
    lateness_s: int = 21_600
    ahead_s: int = 600
    free_bytes_least: int = 64 << 20
    rows_most: int = 20_000_000

    def __post_init__(self) -> None:
        """Refuse values outside their ranges with InputError."""
        for name, least, most in _RANGES:
            value = getattr(self, name)
            if not least <= value <= most:
                raise InputError(f"{name} = {value} is out of range", hint=f"{least} to {most}")


_RANGES: Final = (
    ("seal_rows", 1_000, 5_000_000), ("seal_batches", 2, 100_000), ("horizon_rows", 0, 100_000_000),
    ("lateness_s", 0, 604_800), ("ahead_s", 0, 86_400), ("free_bytes_least", 0, 10**15), ("rows_most", 1, 10**9),
)  # fmt: skip
