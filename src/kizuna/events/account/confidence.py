"""How sure an event is: one documented formula for all detectors but for gaps with known reception.

**Uncalibrated**: it orders events of one type; it is no probability. What has been checked against labelled cases, and
how, stands in docs/explanation/reception.md: of gaps, the probability that a silence is the vessel's own, which takes
the place of this formula where reception is known (``events.account.silence``).

    confidence = min(cap, FLOOR + (CEILING - FLOOR) * sum(w_i * s_i) / sum(w_i))

- An event exists because every defining test held; that alone is worth ``FLOOR``.
- Each support ``s_i`` in [0, 1] rises linearly with one measured value between a point where it says nothing and a
  point from which more says no more. What was not measured supports nothing (s = 0): knowing less never makes us surer.
- A cap stands for a known better explanation (another ship under the same MMSI was heard): then the event stays in
  the table as evidence, with low confidence, however large its numbers are.
- The result never falls when a support rises, and never passes ``CEILING``: no event of ours is certain.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kizuna.base.table import Array

FLOOR: Final = 0.30
CEILING: Final = 0.95
LOW_CAP: Final = 0.40
"""Cap where a better explanation is known."""
MODERATE_FROM: Final = 0.5
HIGH_FROM: Final = 0.8


class Support(NamedTuple):
    """One measured value that supports an event: not at ``none_at``, fully at ``full_at`` (either may be larger)."""

    weight: float
    measured: Array
    none_at: float
    full_at: float


def support(measured: Array, none_at: float, full_at: float) -> Array:
    """Linear rise from 0 at ``none_at`` to 1 at ``full_at``, 0 where not measured."""
    share = (np.asarray(measured, np.float64) - none_at) / (full_at - none_at)
    return np.where(np.isnan(share), 0.0, np.clip(share, 0.0, 1.0))


def confidence(n: int, supports: list[Support], caps: list[tuple[Array, float]]) -> Array:
    """The formula of the module for ``n`` events, float32; a cap is (events that it holds for, value)."""
    total = np.zeros(n)
    for s in supports:
        total += s.weight * support(s.measured, s.none_at, s.full_at)
    value = FLOOR + (CEILING - FLOOR) * total / sum(s.weight for s in supports)
    return capped(value, caps)


def capped(value: Array, caps: list[tuple[Array, float]]) -> Array:
    """Values held down where a better explanation is known, never above ``CEILING``, float32."""
    value = np.minimum(value, CEILING)
    for held, cap in caps:
        value = np.where(held, np.minimum(value, cap), value)
    return value.astype(np.float32)


def level(value: Array) -> Array:
    """Code of the confidence word: 0 low, 1 moderate, 2 high."""
    return ((value >= MODERATE_FROM).astype(np.int32) + (value >= HIGH_FROM)).astype(np.int32)
