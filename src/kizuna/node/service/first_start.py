"""The first start on a machine: rows wait until kernels are compiled. That is said, and is taken for no fault."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from kizuna.base import jit
from kizuna.node.service.health import Health

STUCK_S: Final = 120.0
"""A thread that gave no sign of life for so long is stuck: the node ends, and is started again by whoever minds it."""
STUCK_COLD_S: Final = 900.0
"""The same while kernels compile, which a small machine takes minutes for."""
BUSY_S: Final = 2.0
"""A thread that takes longer than this over its first rows is compiling."""
TROUBLE: Final = "first start"
_MEANS: Final = "kernels compile for this processor, once; what arrives is kept and shown after that"
_LOG: Final = logging.getLogger("kizuna.node")


class FirstStart:
    """Whether the kernels of live detection are still to be compiled."""

    def __init__(self, health: Health, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.cold = not jit.is_warm("live")
        self._health, self._monotonic = health, monotonic

    def look(self, alive_s: float, *, detected: bool) -> None:
        """``alive_s``: last sign of life of the slowest thread; ``detected``: whether rows went through detection."""
        if not self.cold:
            return
        if detected:
            self.cold = False
            jit.mark_warm("live")
            self._health.trouble(TROUBLE, "")
        elif self._monotonic() - alive_s > BUSY_S and self._health.trouble(TROUBLE, _MEANS):
            _LOG.warning("%s", _MEANS)

    @property
    def stuck_s(self) -> float:
        """How long a thread may stand still, s."""
        return STUCK_COLD_S if self.cold else STUCK_S
