"""What the desk decided about alerts, shared between all stations: rows with user and time, nothing is overwritten.

A decision stands until another about the same event follows, until it is undone, or until a silence is over. A silence
of a vessel covers every alert of that vessel while it lasts. A dismissal needs a reason. What an event itself does
(it may be withdrawn) is not decided here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kizuna.base.errors import InputError
from kizuna.base.units import DAY_MS
from kizuna.node.desk.database import Database

ACTS: Final = ("acknowledge", "silence", "dismiss", "undo")
STATES: Final = ("new", "acknowledged", "silenced", "dismissed", "withdrawn")
_STATE_OF: Final = {"acknowledge": "acknowledged", "silence": "silenced", "dismiss": "dismissed"}
REASON_MOST: Final = 2000
SILENCE_MOST_MS: Final = 366 * DAY_MS
"""A silence ends; what shall never be told again belongs in the settings of alerts."""


@dataclass(frozen=True, slots=True)
class Deed:
    """One decision. ``mmsi`` is given for a silence of a whole vessel; ``undoes`` names the deed that is undone."""

    deed_id: int
    t_ms: int
    by: str
    act: str
    event_id: str
    event_version: int
    mmsi: int | None
    until_ms: int | None
    reason: str
    undoes: int | None

    @property
    def state(self) -> str:
        """State of an alert under this decision."""
        return _STATE_OF[self.act]


class Standing:
    """Decisions that stand, looked up by event and vessel."""

    def __init__(self, deeds: Sequence[Deed]) -> None:
        undone = {d.undoes for d in deeds if d.undoes is not None}
        standing = [d for d in deeds if d.act != "undo" and d.deed_id not in undone]
        self.by_event = {d.event_id: d for d in standing}  # the last one wins
        self.by_vessel = {d.mmsi: d for d in standing if d.mmsi is not None}

    def of(self, event_id: str, mmsis: Sequence[int], now_ms: int) -> Deed | None:
        """The decision that holds for an alert now: its own, else a silence of one of its vessels."""
        own = self.by_event.get(event_id)
        if own is not None and not _over(own, now_ms):
            return own
        for mmsi in mmsis:
            silence = self.by_vessel.get(mmsi)
            if silence is not None and not _over(silence, now_ms):
                return silence
        return None


def _over(deed: Deed, now_ms: int) -> bool:
    return deed.until_ms is not None and deed.until_ms <= now_ms


class Decisions:
    """Keeps them."""

    def __init__(self, db: Database, clock: Callable[[], int]) -> None:
        self._db = db
        self._clock = clock
        self._cached: tuple[int, Standing] | None = None

    def standing(self) -> Standing:
        """Decisions that stand; worked out once for each version of the desk."""
        version = self._db.version
        if self._cached is None or self._cached[0] != version:
            self._cached = version, Standing([_deed(r) for r in self._db.rows("SELECT * FROM deeds ORDER BY deed_id")])
        return self._cached[1]

    def of_event(self, event_id: str) -> list[Deed]:
        """Every decision about one event, oldest first."""
        return [_deed(r) for r in self._db.rows("SELECT * FROM deeds WHERE event_id = ? ORDER BY deed_id", event_id)]

    def decide(self, act: str, by: str, event_id: str, event_version: int, *, reason: str = "",
               until_ms: int | None = None, mmsi: int | None = None) -> Deed:  # fmt: skip
        """Write one down. Raises InputError for a silence without an end in time or a dismissal without reason."""
        about = [(event_id, event_version, mmsi)]
        return self.decide_all(act, by, about, reason=reason, until_ms=until_ms)[0]

    def decide_all(self, act: str, by: str, about: Sequence[tuple[str, int, int | None]], *, reason: str = "",
                   until_ms: int | None = None) -> list[Deed]:  # fmt: skip
        """One decision about several events: a row for each (event, its version, MMSI of a silenced vessel or None).

        All are written or none. Raises InputError as ``decide``.
        """
        now, reason = self._clock(), reason.strip()
        if act not in _STATE_OF:
            raise InputError(f"{act!r} is no decision", hint=f"one of {', '.join(_STATE_OF)}")
        if len(reason) > REASON_MOST:
            raise InputError(f"a reason has {REASON_MOST} letters at most", code="reason_length", most=REASON_MOST)
        if act == "dismiss" and not reason:
            raise InputError("a dismissal needs a reason", hint="say what explains it", code="reason_needed")
        if act == "silence":
            if until_ms is None or not now < until_ms <= now + SILENCE_MOST_MS:
                raise InputError("a silence needs an end, at most a year from now", code="silence_end")
        elif until_ms is not None or any(mmsi is not None for _, _, mmsi in about):
            raise InputError("only a silence has an end or covers a vessel")
        return self._write(*((now, by, act, e, v, mmsi, until_ms, reason, None) for e, v, mmsi in about))

    def undo(self, by: str, event_id: str, event_version: int, *, reason: str = "") -> Deed:
        """Take back the last decision about an event that stands. Raises InputError where there is none."""
        return self.undo_all(by, [(event_id, event_version)], reason=reason)[0]

    def undo_all(self, by: str, about: Sequence[tuple[str, int]], *, reason: str = "") -> list[Deed]:
        """The same for several events: those that have a decision. Raises InputError where none has."""
        now, standing, reason = self._clock(), self.standing().by_event, reason.strip()
        rows = [(now, by, "undo", e, v, None, None, reason, standing[e].deed_id) for e, v in about if e in standing]
        if not rows:
            raise InputError("there is no decision to undo", code="nothing_to_undo")
        return self._write(*rows)

    def _write(self, *rows: tuple[object, ...]) -> list[Deed]:
        with self._db.change(shared=True) as change:
            found = [
                change.execute(
                    "INSERT INTO deeds (t_ms, by, act, event_id, event_version, mmsi, until_ms, reason, undoes)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                    values,
                ).fetchone()
                for values in rows
            ]
        return [_deed(row) for row in found]


def _deed(row: sqlite3.Row) -> Deed:
    return Deed(*tuple(row))
