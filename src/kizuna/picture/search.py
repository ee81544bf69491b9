"""Find vessels by what they are called or numbered: MMSI, IMO number, call sign, or a name in any script.

A vessel is matched, never a person. A number is matched exactly; a name by likeness, best first, with the way in which
it is alike. What is found are MMSIs with an identity that fits: the same name may be several ships, and one ship may
have sent several numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.tracks.identity import imo_is_valid, normalise_name
from kizuna.tracks.names.likeness import Heard, Likeness, likeness
from kizuna.tracks.names.spelling import letters

LEAST_LIKENESS: Final = 0.8
"""From this likeness a name is shown: two letters amiss in ten. Measured in docs/explanation/names.md."""
_MMSI: Final = re.compile(r"(?:mmsi[\s:]*)?(\d{9})", re.IGNORECASE)
_IMO: Final = re.compile(r"(?:imo[\s:]*)?(\d{7})", re.IGNORECASE)
_CALLSIGN: Final = re.compile(r"[A-Z0-9]{3,7}", re.IGNORECASE)
_QUERY_MOST: Final = 200
_PART_LEAST: Final = 4
PART_OF_NAME: Final = "part of the name"
"""A query of four letters or more that stands inside a name: 0.8 and up to 0.2 more by its share of the letters."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An MMSI that fits a query.

    Attributes:
        mmsi: the number.
        by: what fitted: ``mmsi``, ``imo``, ``callsign`` or ``name``.
        likeness: 1 for numbers; 0.8 to 1 for names.
        way: how a name is alike, e.g. ``Japanese reading``; empty for numbers.
        shipnames: names sent under it, the fitting one first.
        imos: IMO numbers sent under it.
        first_ms, last_ms: when the fitting identity was heard; of the segments where there is no identity.
    """

    mmsi: int
    by: str
    likeness: float
    way: str
    shipnames: tuple[str, ...]
    imos: tuple[int, ...]
    first_ms: int
    last_ms: int


def search(query: str, identities: Table, segments: Table, least: float = LEAST_LIKENESS) -> list[Candidate]:
    """Vessels that fit, best first, then by MMSI.

    Raises InputError for a query that is empty or longer than 200 characters.
    """
    text = query.strip()
    if not text or len(text) > _QUERY_MOST:
        raise InputError("nothing to look for" if not text else "the query is longer than 200 characters")
    found: list[Candidate] = []
    if (number := _MMSI.fullmatch(text)) is not None:
        found += _by_mmsi(int(number.group(1)), identities, segments)
    elif (number := _IMO.fullmatch(text)) is not None:
        found += _rows(identities, np.flatnonzero(identities["imo"] == int(number.group(1))), "imo")
    elif _CALLSIGN.fullmatch(text):
        same = [normalise_name(c or "") == normalise_name(text) for c in identities["callsign"].to_pylist()]
        found += _rows(identities, np.flatnonzero(np.array(same, np.bool_)), "callsign")
    if not found:
        found = _by_name(text, identities, least)
    return _best(found)


def imo_note(query: str) -> str:
    """A sentence where the query is an IMO number whose check digit is wrong; else empty."""
    number = _IMO.fullmatch(query.strip())
    if number is None or imo_is_valid(int(number.group(1))):
        return ""
    return f"{number.group(1)} is no IMO number of a ship: its check digit is wrong (it may still have been sent)"


def _by_mmsi(mmsi: int, identities: Table, segments: Table) -> list[Candidate]:
    found = _rows(identities, np.flatnonzero(identities["mmsi"] == mmsi), "mmsi")
    held = np.flatnonzero(segments["mmsi"] == mmsi)
    if not found and len(held):
        first, last = int(segments["start_ms"][held].min()), int(segments["end_ms"][held].max())
        found = [Candidate(mmsi, "mmsi", 1.0, "", (), (), first, last)]
    return found


def _by_name(text: str, identities: Table, least: float) -> list[Candidate]:
    names = identities["shipname"].to_pylist()
    words = sorted({n for n in names if n})
    alike = dict(zip(words, likeness(text, Heard.of(words)), strict=True))
    part = letters(text)
    if len(part) >= _PART_LEAST:
        for word in words:
            if part in letters(word):
                share = len(part) / len(letters(word))
                alike[word] = max(alike[word], Likeness(0.8 + 0.2 * share, PART_OF_NAME))
    found: list[Candidate] = []
    for i, name in enumerate(names):
        if name and alike[name].score >= least:
            found += _rows(identities, np.array([i]), "name", alike[name].score, alike[name].way)
    return found


def _rows(identities: Table, rows: Any, by: str, score: float = 1.0, way: str = "") -> list[Candidate]:
    names, out = identities["shipname"], []
    for i in rows.tolist():
        name, imo = names[i].as_py(), int(identities["imo"][i])
        out.append(Candidate(
            int(identities["mmsi"][i]), by, score, way, (name,) if name else (), (imo,) if imo >= 0 else (),
            int(identities["first_ms"][i]), int(identities["last_ms"][i]),
        ))  # fmt: skip
    return out


def _best(found: Sequence[Candidate]) -> list[Candidate]:
    """One candidate per MMSI: the best, with the names and numbers of the others."""
    by_mmsi: dict[int, list[Candidate]] = {}
    for one in sorted(found, key=lambda c: (-c.likeness, c.first_ms)):
        by_mmsi.setdefault(one.mmsi, []).append(one)
    merged = [
        Candidate(
            same[0].mmsi, same[0].by, same[0].likeness, same[0].way,
            tuple(dict.fromkeys(n for c in same for n in c.shipnames)),
            tuple(dict.fromkeys(i for c in same for i in c.imos)),
            min(c.first_ms for c in same), max(c.last_ms for c in same),
        )
        for same in by_mmsi.values()
    ]  # fmt: skip
    return sorted(merged, key=lambda c: (-c.likeness, c.mmsi))
