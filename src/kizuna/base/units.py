"""The conversion constants of the house; no other file holds one.

A quantity carries its unit as the last part of its name: ``gap_s``, ``speed_max_kn``, ``lat_deg``.
"""

from __future__ import annotations

from typing import Final

NM_M: Final = 1852.0
"""Metres in an international nautical mile (exact by definition)."""
KN_MPS: Final = 1852.0 / 3600.0
"""Metres per second in a knot."""
MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86_400
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

WGS84_A_M: Final = 6_378_137.0
"""Equatorial radius of WGS 84."""
WGS84_F: Final = 1.0 / 298.257223563
"""Flattening of WGS 84."""
EARTH_MEAN_RADIUS_M: Final = 6_371_008.7714
"""Mean radius of WGS 84, (2a + b) / 3."""

MISSING_TIME_MS: Final = -(2**63)
"""The value of a missing time in a ``time_ms`` column (null in files)."""
