"""Positions as Cursor on Target events (MIL-STD-6090 base schema 2.0), for clients of the TAK family.

Every vessel is ``a-u-S``: on the surface of the sea, identity unknown, because a position is no judgement of whom it
belongs to. ``ce`` is the radius of what is not known of the place, in metres: that of AIS, or of the grid to which it
was coarsened. ``opex`` says whether this is an exercise; the remarks say it again, and how late and coarse the feed is.
"""

from __future__ import annotations

import math
from typing import Final

from kizuna.base.units import KN_MPS
from kizuna.base.utc import iso
from kizuna.formats.xml_maps import text

AIS_CE_M: Final = 30.0
"""Ten metres or better where the fix says so, thirty is right for whatever AIS sends (GNSS and antenna offsets)."""
UNKNOWN_M: Final = 9_999_999.0
"""What the schema writes for a height or error that is not known."""
_DEGREE_MOST_M: Final = 111_700.0
"""The longest degree of latitude or longitude on WGS 84, rounded up."""


def circle_m(grid_deg: float, lat_deg: float) -> float:
    """Radius around the middle of a grid cell that holds all of the cell; that of AIS without a grid."""
    if grid_deg <= 0:
        return AIS_CE_M
    return round(math.hypot(1.0, math.cos(math.radians(lat_deg))) * _DEGREE_MOST_M * grid_deg / 2, 1)


def event(node: str, mmsi: int, time_ms: int, lat_deg: float, lon_deg: float, *, sent_ms: int, stale_ms: int,
          ce_m: float, shipname: str = "", sog_kn: float = math.nan, cog_deg: float = math.nan, remarks: str = "",
          exercise: bool = False) -> str:  # fmt: skip
    """One event as a line of XML."""
    track = ""
    if not (math.isnan(sog_kn) or math.isnan(cog_deg)):
        track = f'<track course="{cog_deg:.1f}" speed="{sog_kn * KN_MPS:.2f}"/>'
    opex = "e" if exercise else "o"
    who = f'uid="KIZUNA.{text(node)}.{mmsi:09d}" type="a-u-S" how="m-g" opex="{opex}"'
    when = f'time="{iso(sent_ms)}" start="{iso(time_ms)}" stale="{iso(stale_ms)}"'
    place = f'lat="{lat_deg:.6f}" lon="{lon_deg:.6f}" hae="{UNKNOWN_M}" ce="{ce_m:.1f}" le="{UNKNOWN_M}"'
    called = f'<contact callsign="{text(shipname or f"{mmsi:09d}")}"/>'
    detail = f"<detail>{called}{track}<remarks>{text(remarks)}</remarks></detail>"
    return f'<event version="2.0" {who} {when}><point {place}/>{detail}</event>\n'
