"""Watch lists: vessels that somebody asked to be told of, with the reason and an end date.

A list names vessels by MMSI, IMO number, call sign or name. It has a closed set of columns: there is no place for a
person's name, an owner or a nationality, and an unknown column is refused. Every entry needs a reason, because who is
watched without one cannot be answered for later; an entry past its ``until`` no longer matches.

How sure a match is depends on what matched: an IMO number with a right check digit is built for it; an MMSI can be
shared or set wrongly; a call sign changes hands with the flag; a name alone proves little.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from kizuna.base import utc
from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.base.units import MISSING_TIME_MS
from kizuna.picture.search import LEAST_LIKENESS, Candidate, search
from kizuna.tracks.identity import imo_is_valid

BYTES_MOST: Final = 16 << 20
ENTRIES_MOST: Final = 20_000
_ANY_OF: Final = ("mmsi", "imo", "callsign", "name")
STRENGTH: Final[Mapping[str, str]] = {
    "imo": "the number of the hull", "mmsi": "the number of the radio, which can be shared or set wrongly",
    "callsign": "the call sign, which changes with the flag", "name": "the name alone, which proves little",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One vessel of a list, as written; empty where not given.

    Attributes:
        mmsi, imo, callsign, name: at least one of them; several names are separated by ``|``, in any scripts.
        reason: why it is watched.
        source: who asked, or where the entry is from.
        until: date or UTC time after which it no longer matches.
        note: anything else for the officer.
    """

    mmsi: str = ""
    imo: str = ""
    callsign: str = ""
    name: str = ""
    reason: str = ""
    source: str = ""
    until: str = ""
    note: str = ""

    @property
    def until_ms(self) -> int:
        """End of its validity; missing where it has none."""
        return utc.parse(self.until, assume_utc=True) if self.until else MISSING_TIME_MS


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that fits an MMSI heard: by what, how well, and what that is worth."""

    line: int
    entry: Entry
    candidate: Candidate

    @property
    def worth(self) -> str:
        """What the match rests on, in words."""
        return STRENGTH[self.candidate.by]


COLUMNS: Final = tuple(f.name for f in fields(Entry))


def read_watch_list(data: bytes, where: str = "watch list") -> tuple[list[tuple[int, Entry]], list[str]]:
    """Entries with their line numbers, and a sentence for every line that was set aside.

    CSV in UTF-8 with a head line of column names (``COLUMNS``, any order, any subset). Raises InputError for a file
    that is no such table, is too large, or has other columns.
    """
    if len(data) > BYTES_MOST:
        raise InputError(f"larger than {BYTES_MOST >> 20} MiB", where=where)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise InputError(f"byte {exc.start} is not UTF-8", where=where, hint="save it as UTF-8") from exc
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as exc:
        raise InputError(f"line {reader.line_num}: {exc}", where=where) from exc
    if not rows:
        return [], []
    head = [cell.strip().casefold() for cell in rows[0][1]]
    _check_head(head, where)
    if len(rows) - 1 > ENTRIES_MOST:
        raise InputError(f"more than {ENTRIES_MOST:,} entries", where=where, hint="split the list")
    kept, aside = [], []
    for line, row in rows[1:]:
        try:
            kept.append((line, _entry(head, row)))
        except InputError as exc:
            aside.append(f"{where} line {line}: {exc}")
    return kept, aside


def _check_head(head: Sequence[str], where: str) -> None:
    odd = [name for name in head if name not in COLUMNS]
    if odd or len(set(head)) != len(head):
        raise InputError(
            f"columns that a watch list does not have: {', '.join(map(repr, odd))}" if odd else "a column stands twice",
            where=where, hint=f"vessels only; columns are {', '.join(COLUMNS)}",
        )  # fmt: skip
    if not set(head) & set(_ANY_OF):
        raise InputError("no column says which vessel", where=where, hint=f"one of {', '.join(_ANY_OF)}")


def _entry(head: Sequence[str], row: Sequence[str]) -> Entry:
    if len(row) > len(head):
        raise InputError(f"{len(row)} cells under {len(head)} columns")
    entry = Entry(**dict(zip(head, (cell.strip() for cell in row), strict=False)))
    if not any((entry.mmsi, entry.imo, entry.callsign, entry.name)):
        raise InputError("says no vessel")
    if not entry.reason:
        raise InputError("has no reason", hint="write why the vessel is watched")
    if entry.mmsi and not (entry.mmsi.isdigit() and len(entry.mmsi) == 9):  # noqa: PLR2004  nine digits, M.585
        raise InputError(f"{entry.mmsi!r} is no MMSI", hint="nine digits")
    imo = entry.imo.upper().removeprefix("IMO").strip()
    if imo and not (imo.isdigit() and imo_is_valid(int(imo))):
        raise InputError(f"{entry.imo!r} is no IMO number", hint="seven digits, the last a check digit")
    if entry.until:
        utc.parse(entry.until, assume_utc=True)
    return entry


def matches(
    entries: Sequence[tuple[int, Entry]], identities: Table, segments: Table, least: float = LEAST_LIKENESS
) -> list[Hit]:
    """Hits in order of the list, best first within an entry; an MMSI counts once per entry, by its strongest match."""
    out: list[Hit] = []
    for line, entry in entries:
        best: dict[int, Candidate] = {}
        for candidate in _candidates(entry, identities, segments, least):
            if entry.until_ms != MISSING_TIME_MS and candidate.first_ms >= entry.until_ms:
                continue
            best.setdefault(candidate.mmsi, candidate)
        out += [Hit(line, entry, candidate) for candidate in best.values()]
    return out


def _candidates(entry: Entry, identities: Table, segments: Table, least: float) -> list[Candidate]:
    """Strongest first: IMO number, MMSI, call sign, names."""
    found: list[Candidate] = []
    if entry.imo:
        found += search("IMO " + entry.imo.upper().removeprefix("IMO").strip(), identities, segments)
    if entry.mmsi:
        found += search(entry.mmsi, identities, segments)
    if entry.callsign:
        found += [c for c in search(entry.callsign, identities, segments, 1.1) if c.by == "callsign"]
    for name in entry.name.split("|"):
        if name.strip():
            found += [c for c in search(name, identities, segments, least) if c.by == "name"]
    return found


def mmsis(hits: Sequence[Hit]) -> np.ndarray:
    """MMSIs hit, ascending."""
    return np.unique(np.array([hit.candidate.mmsi for hit in hits], np.int64))
