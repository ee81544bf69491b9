"""Subjects of records: words for what a record is about, such as ``mmsi:431000001``.

An MMSI has nine digits (ITU-R M.585); those of coast stations and groups begin with zeros, which are part of it.
"""

from __future__ import annotations

from typing import Final

VESSEL: Final = "mmsi:"


def vessel(mmsi: int) -> str:
    """The subject of a vessel or station by its MMSI, with all nine digits."""
    return f"{VESSEL}{mmsi:09d}"
