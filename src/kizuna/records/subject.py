"""Subjects of records: words for what a record is about, such as ``mmsi:431000001``.

An MMSI has nine digits (ITU-R M.585); those of coast stations and groups begin with zeros, which are part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

VESSEL: Final = "mmsi:"


def vessel(mmsi: int) -> str:
    """The subject of a vessel or station by its MMSI, with all nine digits."""
    return f"{VESSEL}{mmsi:09d}"


def vessels(subject: Iterable[str]) -> tuple[int, ...]:
    """MMSIs of the subjects that are vessels, in their order. Raises ValueError for one that is no number."""
    return tuple(int(word.removeprefix(VESSEL)) for word in subject if word.startswith(VESSEL))
