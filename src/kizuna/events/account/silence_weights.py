"""Weights of ``silence``, written by ``benchmarks/reception.py fit``; do not edit by hand.

Fitted to noaa_us_2020-01-01.parquet (sha256 5baf337734dcd8f2...):
1,835 natural, 2,341 own, 4,688 outage silences of more than 2 hours,
of the half of the MMSIs that is not used to check.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

INTERCEPT: Final = 2.2087
WEIGHTS: Final[Mapping[str, float]] = MappingProxyType({
    "neighbours_heard": 0.7791,
    "neighbours_heard_before": -0.3116,
    "longest_own_interval": -0.4667,
})  # fmt: skip
