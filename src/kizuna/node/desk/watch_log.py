"""The watch log, what is handed over between watches, and the watch lists.

The log is append-only: a correction is a new entry that names the one it corrects, and the file itself refuses changes.
A hand-over keeps the page as it was signed. Watch lists are those of ``picture.watch``: vessels, reasons and ends,
never persons.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kizuna.base.errors import InputError
from kizuna.base.units import MINUTE_MS
from kizuna.node.desk.database import Database
from kizuna.picture import watch

KINDS: Final = ("saw", "did", "decided", "note")
TEXT_MOST: Final = 4000
_AHEAD_MS: Final = 5 * MINUTE_MS
LISTS_MOST: Final = 50
_LIST_NAME_MOST: Final = 80
_MMSI_MOST: Final = 999_999_999


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log: what was seen, done or decided at ``t_ms``, written down at ``written_ms``."""

    entry_id: int
    t_ms: int
    written_ms: int
    by: str
    kind: str
    text: str
    mmsi: int | None
    event_id: str | None
    lat_deg: float | None
    lon_deg: float | None
    corrects: int | None


@dataclass(frozen=True, slots=True)
class Handover:
    """A signed hand-over with the page as it was."""

    handover_id: int
    t_ms: int
    by: str
    to: str
    note: str
    page: str


class WatchLog:
    """Keeps log and hand-overs."""

    def __init__(self, db: Database, clock: Callable[[], int]) -> None:
        self._db = db
        self._clock = clock

    def write(self, by: str, kind: str, text: str, *, t_ms: int | None = None, mmsi: int | None = None,
              event_id: str | None = None, lat_deg: float | None = None, lon_deg: float | None = None,
              corrects: int | None = None) -> Entry:  # fmt: skip
        """Add an entry. Raises InputError for one without text, of no kind, out of range, or from the future."""
        now, text = self._clock(), text.strip()
        if kind not in KINDS:
            raise InputError(f"{kind!r} is no kind of entry", hint=f"one of {', '.join(KINDS)}")
        if not text or len(text) > TEXT_MOST:
            raise InputError(f"an entry has 1 to {TEXT_MOST} letters", code="entry_length", most=TEXT_MOST)
        t_ms = now if t_ms is None else t_ms
        if not 0 <= t_ms <= now + _AHEAD_MS:
            raise InputError("the entry is from the future or from before 1970", code="entry_time")
        if mmsi is not None and not 0 < mmsi <= _MMSI_MOST:
            raise InputError(f"{mmsi} is no MMSI", code="no_mmsi", mmsi=mmsi)
        if event_id is not None and not 0 < len(event_id) <= 64:  # noqa: PLR2004  ids have 32 digits; room for others
            raise InputError("this is no id of an event")
        if (lat_deg is None) != (lon_deg is None):
            raise InputError("a place has a latitude and a longitude")
        if lat_deg is not None and lon_deg is not None and not (abs(lat_deg) <= 90 and abs(lon_deg) <= 180):  # noqa: PLR2004
            raise InputError("the place is not on the globe")
        with self._db.change(shared=True) as change:
            if (
                corrects is not None
                and not change.execute("SELECT 1 FROM log WHERE entry_id = ?", (corrects,)).fetchone()
            ):
                raise InputError(f"there is no entry {corrects} to correct", code="no_entry")
            found = change.execute(
                "INSERT INTO log (t_ms, written_ms, by, kind, text, mmsi, event_id, lat, lon, corrects)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (t_ms, now, by, kind, text, mmsi, event_id, lat_deg, lon_deg, corrects),
            ).fetchone()
        return Entry(*tuple(found))

    def entries(self, *, start_ms: int | None = None, end_ms: int | None = None, before_id: int | None = None,
                most: int = 500) -> list[Entry]:  # fmt: skip
        """Newest first: at most ``most`` with a time in [start, end) and a number below ``before_id``."""
        end = math.inf if end_ms is None else end_ms
        before = math.inf if before_id is None else before_id
        rows = self._db.rows(
            "SELECT * FROM log WHERE t_ms >= ? AND t_ms < ? AND entry_id < ? ORDER BY entry_id DESC LIMIT ?",
            start_ms or 0, end, before, most,
        )  # fmt: skip
        return [Entry(*tuple(r)) for r in rows]

    def sign(self, by: str, to: str, note: str, page: Mapping[str, Any]) -> Handover:
        """Hand the watch over: who, to whom, with the page that was on the screen."""
        to, note = to.strip(), note.strip()
        if not to or len(to) > 100 or len(note) > TEXT_MOST:  # noqa: PLR2004
            raise InputError(
                "a hand-over names the one who takes over",
                hint=f"and a note of {TEXT_MOST} letters at most",
                code="handover_to",
            )
        with self._db.change(shared=True) as change:
            found = change.execute(
                "INSERT INTO handovers (t_ms, by, to_user, note, page) VALUES (?, ?, ?, ?, ?) RETURNING *",
                (self._clock(), by, to, note, json.dumps(page, ensure_ascii=False, allow_nan=False)),
            ).fetchone()
        return Handover(*tuple(found))

    def handovers(self, most: int = 20) -> list[Handover]:
        """The last ones, newest first."""
        rows = self._db.rows("SELECT * FROM handovers ORDER BY handover_id DESC LIMIT ?", most)
        return [Handover(*tuple(r)) for r in rows]


class WatchLists:
    """Keeps the watch lists of ``picture.watch`` by name."""

    def __init__(self, db: Database, clock: Callable[[], int]) -> None:
        self._db = db
        self._clock = clock

    def all(self) -> dict[str, list[tuple[int, watch.Entry]]]:
        """Every list with its entries and line numbers."""
        out: dict[str, list[tuple[int, watch.Entry]]] = {}
        for row in self._db.rows("SELECT list, line, entry FROM watch_lists ORDER BY list, line"):
            out.setdefault(row["list"], []).append((row["line"], watch.Entry(**json.loads(row["entry"]))))
        return out

    def put(self, by: str, name: str, entries: Sequence[Mapping[str, str]]) -> int:
        """Replace a list by these entries; an empty list is removed. Returns its number of entries.

        Raises InputError, with the line, for whatever ``picture.watch`` does not take.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= _LIST_NAME_MOST:
            raise InputError(f"the name of a list has 1 to {_LIST_NAME_MOST} letters", code="list_name",
                             most=_LIST_NAME_MOST)  # fmt: skip
        kept, aside = watch.read_watch_list(_as_csv(entries), f"list {name}") if entries else ([], [])
        if aside:
            raise InputError(aside[0], code="list_entry", line=_line_of(aside[0]))
        now = self._clock()
        with self._db.change(shared=True) as change:
            change.execute("DELETE FROM watch_lists WHERE list = ?", (name,))
            if change.execute("SELECT count(DISTINCT list) FROM watch_lists").fetchone()[0] >= LISTS_MOST:
                raise InputError(f"there are {LISTS_MOST} lists already", code="lists_full", most=LISTS_MOST)
            change.executemany(
                "INSERT INTO watch_lists VALUES (?, ?, ?, ?, ?)",
                [(name, n, json.dumps(dataclasses.asdict(e)), by, now) for n, (_, e) in enumerate(kept, 1)],
            )
        return len(kept)


def _as_csv(entries: Sequence[Mapping[str, str]]) -> bytes:
    """The entries in the form that ``picture.watch`` checks. Raises InputError for unknown columns."""
    import csv  # noqa: PLC0415  needed here only
    import io  # noqa: PLC0415

    odd = sorted({key for e in entries for key in e} - set(watch.COLUMNS))
    if odd:
        raise InputError(f"columns that a watch list does not have: {', '.join(odd)}", hint=", ".join(watch.COLUMNS))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(watch.COLUMNS)
    writer.writerows([e.get(c, "") for c in watch.COLUMNS] for e in entries)
    return out.getvalue().encode()


def _line_of(words: str) -> int:
    """The line that a sentence about a list names; 0 without one."""
    found = re.search(r"line (\d+)", words)
    return int(found.group(1)) if found else 0
