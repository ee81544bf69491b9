"""The hand-made table of named islands, rocks and reefs (``data/islands.csv``) and its reader.

Columns: ``name`` (English or romanised), ``name_local`` (in the scripts used on the spot, more than one joined by
``/``), ``lat``, ``lon`` (degrees, WGS 84), ``radius_m`` (of a circle with about the area above water; for large islands
a rough half width), ``kind`` (``island``, ``rock``: dry at all tides; ``built``: land made on a reef; ``reef``: dry at
low water at most; ``submerged``: never dry; the last two are no land) and ``source`` (how the position is known). The
table says where things are. It says nothing about whose they are or what a feature is in law.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError

KINDS: Final = ("island", "rock", "built", "reef", "submerged")
_NO_LAND: Final = ("reef", "submerged")
COLUMNS: Final = ("name", "name_local", "lat", "lon", "radius_m", "kind", "source")
_RADIUS_MAX_M: Final = 1_000_000.0


@dataclass(frozen=True, slots=True)
class Island:
    """One row of the table."""

    name: str
    name_local: str
    lat_deg: float
    lon_deg: float
    radius_m: float
    kind: str
    source: str

    @property
    def is_land(self) -> bool:
        """Whether it stands above water at all tides."""
        return self.kind not in _NO_LAND


def read_islands(data: bytes) -> list[Island]:
    """Rows of the table. Raises InputError, naming the line, for a row that breaks the rules above."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise InputError(f"columns must be {', '.join(COLUMNS)}", where="islands")
    out: list[Island] = []
    for line, row in enumerate(rows, 2):
        try:
            lat, lon, radius = float(row["lat"]), float(row["lon"]), float(row["radius_m"])
        except (TypeError, ValueError) as exc:
            raise InputError("position or radius is no number", where=f"islands line {line}") from exc
        good = -90.0 <= lat <= 90.0 and -180.0 <= lon < 180.0 and 0.0 < radius < _RADIUS_MAX_M  # noqa: PLR2004  globe
        if not good or row["kind"] not in KINDS or not row["name"] or not row["source"]:
            raise InputError("value out of range or missing", where=f"islands line {line}")
        out.append(Island(row["name"], row["name_local"], lat, lon, radius, row["kind"], row["source"]))
    return out
