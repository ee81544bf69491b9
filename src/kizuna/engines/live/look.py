"""What a look of a sensor is while detections are matched as they come, and the settings of that; see ``contacts``."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kizuna.base.table import Array, Table, empty
from kizuna.events.account.limits import within
from kizuna.fixes.detections import DETECTIONS

WAITS, EARLY, AGAIN, FINAL = 0, 1, 2, 3
"""Steps of a look: not judged, judged after the settling time, an hour after it, and for good."""
Key = tuple[str, str, int, int]
"""As ``engines.matching.looks.Key``."""


@dataclass(frozen=True, slots=True)
class ContactParams:
    """How detections are matched while they come.

    Attributes:
        settle_s: a look is judged first so long after its last detection, s; 0 to 86,400. Default 180: the reporting
            interval of class B at rest, after which whoever sends was heard.
        remember_days: contacts are remembered so long for what stands at one place, days; 1 to 366.
    """

    settle_s: int = 180
    remember_days: int = 14

    def __post_init__(self) -> None:
        """Check the ranges."""
        within("detections", "settle_s", self.settle_s, 0, 86_400, "s")
        within("detections", "remember_days", self.remember_days, 1, 366, "d")


@dataclass(slots=True)
class Look:
    """One look: its detections as they came, and what is said of them.

    ``done`` has the rows of ``seen`` by time and id with the verdicts; ``heard`` and ``fixed_m`` go with them.
    """

    key: Key
    seen: Table
    step: int = WAITS
    scene_ms: int = 0
    done: Table = field(default_factory=lambda: empty(DETECTIONS))
    heard: Array = field(default_factory=lambda: np.empty(0))
    fixed_m: Array = field(default_factory=lambda: np.empty(0))
    found_share: float = float("nan")

    @property
    def first_ms(self) -> int:
        """Time of the first detection."""
        return int(self.seen["time_ms"].min())

    @property
    def last_ms(self) -> int:
        """Time of the last one."""
        return int(self.seen["time_ms"].max())
