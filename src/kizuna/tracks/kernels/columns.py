"""Columns of the two tables in which the fixes of one MMSI are handed to the matcher."""

from __future__ import annotations

from typing import Final

LAT: Final = 0
LON: Final = 1
SOG: Final = 2
COG: Final = 3
NORTH: Final = 4
"""Speed north in knots; NaN until asked for."""
EAST: Final = 5
METRIC: Final = 6
"""Metric with which the fix joined its track, NaN where not worked out; of a dropped fix the track that dropped it."""
FLOATS: Final = 7

TIME: Final = 0
KIND: Final = 1
BEFORE: Final = 2
"""The fix before in its track, -1 for its first."""
INTS: Final = 3
