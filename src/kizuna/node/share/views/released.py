"""What one partner was told, as the tables that the node's open interfaces read: the records in the logs and no more.

So OGC, files, tiles and CoT of a token that reads as a partner give what the partner itself has. What was recalled is
gone here at once. Nothing of the logs is held but the newest position of each vessel and, once somebody asked for
them, the newest events; whatever else is asked is found in the register and read then.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.table import Schema, Table, concat, empty, words_and_codes
from kizuna.base.units import MISSING_TIME_MS
from kizuna.events.table import EVENTS
from kizuna.fixes.table import FIXES
from kizuna.node.share import received
from kizuna.node.share.views import reading
from kizuna.records import subject
from kizuna.records.kinds import read_body
from kizuna.stores.keep import LATEST
from kizuna.stores.shared.register.wishes import Reach, Want
from kizuna.tracks.table import IDENTITIES

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

ROWS_MOST: Final = 200_000
"""Rows of one answer; more is refused, as the store refuses it."""
EVENTS_MOST: Final = 50_000
"""Newest events that are held for one partner."""
STORY_MOST: Final = 5_000
"""Records that a live feed is given at a time."""
POSITION: Final = ("track.position",)
_PIECE: Final = 65_536
_FROM_FIX: Final = ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status",
                    "source_id", "ais_class")  # fmt: skip
LABELLED: Final = Schema(LATEST.name, LATEST.doc, (*LATEST.columns, FIXES["label"]))
"""Newest positions, each with the label under which it was told."""


class Versions(NamedTuple):
    """What the logs have reached."""

    picture: int
    events: int
    newest_ms: int
    oldest_ms: int
    closed_ms: int


class Cursor(NamedTuple):
    """How far a live feed has read: entries of each log, and recalls of the desk."""

    logs: tuple[tuple[str, int], ...] = ()
    recalls: int = 0


class Released:
    """The reading side of a store over the logs to one partner. Any thread may call it."""

    def __init__(self, office: Office, partner: str) -> None:
        self._office, self._partner = office, partner
        self._lock = threading.Lock()
        self._key: Any = None
        self._logs: list[Reach] = []
        self._done: dict[str, int] = {}
        """How many entries of each log are in what is held."""
        self._counted: dict[str, tuple[int, int]] = {}
        """Of those, how many are there, and the sum of their numbers."""
        self._changes = -1
        self._version = 0
        self._begin()

    def _begin(self) -> None:
        self._done, self._counted = {}, {}
        self._latest, self._arrived, self._logged = empty(LATEST), np.empty(0, np.int64), np.empty(0, "<U1")
        self._labels = np.empty(0, np.object_)
        self._events, self._events_done = empty(EVENTS), dict[str, int]()
        self._newest_ms = self._oldest_ms = MISSING_TIME_MS

    # ---- what is held ------------------------------------------------------------------------------------------------
    def _read(self) -> list[Reach]:
        """Take in what the logs have grown by; all anew where something was recalled, erased or is read otherwise.

        What becomes of other partners, and of what they alone were told, begins nothing anew: who follows the versions
        or a live feed would learn of it.
        """
        office = self._office
        who, changes = office.sharing.who(), office.shared.register.changes
        mine = who.partners.get(self._partner), frozenset(c for c in who.communities if self._partner in who.members(c))
        try:
            logs = reading.reach(office, self._partner) if office.reaches(self._partner) else []
        except InputError:
            logs = []
        with self._lock:
            if (mine, bool(logs)) != self._key or (changes != self._changes and not self._stand(logs)):
                if self._key is not None:
                    self._version += 1
                self._begin()
                self._key = mine, bool(logs)
            self._changes = changes
            fresh = [r for r in logs if r.end > self._done.get(r.log.name, 0)]
            reached = self._version + sum(r.end for r in logs)  # of all: whoever follows asks by that number
            for log in fresh:
                self._take(log, Want(after=self._done.get(log.log.name, 0)), reached)
                self._done[log.log.name] = log.end
            self._logs = logs
            return logs

    def _stand(self, logs: list[Reach]) -> bool:
        """Whether of what is held nothing has gone, and nothing has come back."""
        register, there = self._office.shared.register, {r.log.name: r for r in logs}
        for name, end in self._done.items():
            found = register.find([there[name]], Want()).n if name in there else np.empty(0, np.int64)
            found = found[found < end]
            if (len(found), int(found.sum())) != self._counted[name]:
                return False
        return True

    def _take(self, log: Reach, want: Want, reached: int) -> None:
        register = self._office.shared.register
        told = register.survey(log, want, POSITION)
        count, total = self._counted.get(log.log.name, (0, 0))
        self._counted[log.log.name] = count + told.entries, total + told.numbers
        if told.entries:
            low, high = told.first_ms, told.last_ms
            self._newest_ms = high if self._newest_ms == MISSING_TIME_MS else max(high, self._newest_ms)
            self._oldest_ms = low if self._oldest_ms == MISSING_TIME_MS else min(low, self._oldest_ms)
        places = told.newest
        for at in range(0, len(places), _PIECE):
            rows = received.positions(self._rows([log], places.take(np.arange(at, min(at + _PIECE, len(places))))),
                                      MISSING_TIME_MS)  # fmt: skip
            self._put(rows, reached, log.log.name)

    def _take_events(self) -> Table:
        """The newest events, with those that the logs have grown by."""
        with self._lock:
            for log in self._logs:
                done = self._events_done.get(log.log.name, 0)
                end = self._done[log.log.name]
                if done >= end:
                    continue
                reach = log._replace(end=end)
                found = self._office.shared.register.find([reach], Want(kinds=("event.",), after=done))
                if len(found):
                    rows = received.events(self._rows([reach], reading.newest(found, EVENTS_MOST)))
                    self._events = concat([self._events, rows]) if len(self._events) else rows
                    self._events = self._events.slice(max(0, len(self._events) - EVENTS_MOST), len(self._events))
                self._events_done[log.log.name] = end
            return self._events

    def _put(self, rows: Table, version: int, log: str) -> None:
        """Newest position of each vessel; of equally old ones the last told, of several logs that of the last by name.

        So it does not matter which log was looked at first, and when.
        """
        new = Table(LATEST, {**(out := empty(LATEST, len(rows))).columns,
                             **{n: rows[n] for n in _FROM_FIX}},
                    {**out.words, "source_id": rows.codes_of("source_id")})  # fmt: skip
        whole = concat([self._latest, new]) if len(self._latest) else new
        logged = np.concatenate([self._logged, np.full(len(new), log)])
        order = np.lexsort((np.arange(len(whole)), logged, whole["time_ms"], whole["mmsi"]))
        last = order[np.append(whole["mmsi"][order][1:] != whole["mmsi"][order][:-1], True)] if len(order) else order
        arrived = np.concatenate([self._arrived, np.full(len(new), version, np.int64)])
        words = np.array([*rows.codes_of("label"), ""], np.object_)
        labels = np.concatenate([self._labels, words[rows["label"]]])
        self._latest, self._arrived, self._logged = whole.take(last), arrived[last], logged[last]
        self._labels = labels[last]

    def _rows(self, logs: list[Reach], found: Any) -> list[received.Row]:
        return list(self._said(logs, found, Want()))

    def _said(self, logs: list[Reach], found: Any, want: Want) -> Iterator[received.Row]:
        me = self._office.me
        for row in reading.records(self._office, logs, found, want):
            try:
                yield me, row.id, row.record, read_body(row.record)
            except InputError:
                continue

    def _find(self, want: Want) -> list[received.Row]:
        """Records that are wanted. Raises InputError where they are too many for one answer."""
        logs = self._read()
        found = self._office.shared.register.find(logs, want)
        if len(found) > ROWS_MOST:
            raise InputError(f"the answer would have {len(found):,} rows", hint=f"at most {ROWS_MOST:,}: narrow it")
        order = np.lexsort((found.n, found.reach, found.time_ms))
        return list(self._said(logs, found.take(order), want))

    # ---- the reading side of a store ---------------------------------------------------------------------------------
    def versions(self) -> Versions:
        """Sizes and times."""
        logs = self._read()
        size = self._version + sum(r.end for r in logs)
        return Versions(size, size, self._newest_ms, self._oldest_ms, MISSING_TIME_MS)

    def latest(self, since: int = 0) -> tuple[int, Table]:
        """Newest position of each vessel that was told after a version."""
        return self._newest(since)[:2]

    def labelled(self, since: int = 0) -> tuple[int, Table]:
        """The same rows, each with its label (``LABELLED``)."""
        version, rows, labels = self._newest(since)
        words, codes = words_and_codes(labels.tolist())
        return version, Table(LABELLED, {**rows.columns, "label": codes}, {**rows.words, "label": words})

    def _newest(self, since: int) -> tuple[int, Table, npt.NDArray[np.object_]]:
        version = self.versions().picture
        with self._lock:
            rows, arrived, labels = self._latest, self._arrived, self._labels
        if not 0 < since <= version:
            return version, rows, labels
        fresh = arrived > since
        return version, rows.take(fresh), labels[fresh]

    def track(self, mmsi: int, start_ms: int, end_ms: int, *, names: Sequence[str] = ()) -> Table:  # noqa: ARG002
        """Fixes of one vessel. Raises InputError where there are too many for one answer."""
        want = Want(start_ms, end_ms, POSITION, subject.vessel(mmsi))
        rows = received.positions(self._find(want), MISSING_TIME_MS)
        return rows.take(rows["mmsi"] == mmsi)

    def box(self, west: float, south: float, east: float, north: float, start_ms: int, end_ms: int, *,
            names: Sequence[str] = ()) -> Table:  # noqa: ARG002  # fmt: skip
        """Fixes in a box and time. Raises InputError where there are too many for one answer."""
        whole = (west, south, east, north) == (-180.0, -90.0, 180.0, 90.0)
        want = Want(start_ms, end_ms, POSITION, box=None if whole else (west, south, east, north))
        return received.positions(self._find(want), MISSING_TIME_MS)

    def events(self, *, since_version: int = 0, start_ms: int | None = None, end_ms: int | None = None,  # noqa: ARG002
               mmsi: int | None = None, event_id: str = "",
               every_version: bool = False) -> Table:  # noqa: ARG002  # fmt: skip
        """Events, newest version of each."""
        self._read()
        rows = self._take_events()
        keep = np.ones(len(rows), np.bool_)
        if event_id:
            keep &= np.array([v == event_id for v in rows["event_id"].to_pylist()], np.bool_)
        if mmsi is not None:
            keep &= np.array([mmsi in (v or ()) for v in rows["mmsis"].to_pylist()], np.bool_)
        if start_ms is not None:
            keep &= (rows["end_ms"] == MISSING_TIME_MS) | (rows["end_ms"] >= start_ms)
        if end_ms is not None:
            keep &= rows["start_ms"] < end_ms
        rows = rows.take(keep)
        names = ("start_ms", "event_id", "version", "event_info")  # the last names the record
        start, ids, versions, said = (rows[n].tolist() if n.endswith(("_ms", "version")) else rows[n].to_pylist()
                                      for n in names)  # fmt: skip
        newest: dict[str, int] = {}
        for k in sorted(range(len(rows)), key=lambda k: (versions[k], said[k])):
            newest[ids[k]] = k
        order = sorted(newest.values(), key=lambda k: (start[k], ids[k]))  # and not that of the reading
        return rows.take(np.array(order, np.int64))

    def identities(self, mmsi: int | None = None) -> Table:  # noqa: ARG002  names are not told as such
        """None: what vessels say of themselves is told in no record."""
        return empty(IDENTITIES)

    def block(self, start_ms: int, *, names: Sequence[str] = ()) -> Table:  # noqa: ARG002
        """Fixes of one block of 600 s."""
        return received.positions(self._find(Want(start_ms, start_ms + 600_000, POSITION)), MISSING_TIME_MS)

    def history(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:  # noqa: ARG002
        """None: there are no blocks."""
        return [], []

    def detections(self, start_ms: int, end_ms: int) -> Table:
        """Detections by time."""
        return received.detections(self._find(Want(start_ms, end_ms, ("detection",))))

    # ---- live --------------------------------------------------------------------------------------------------------
    def told_since(
        self, cursor: Cursor | None, most: int = STORY_MOST
    ) -> tuple[Cursor, list[tuple[bool, bytes]], bool]:
        """What came after a cursor that this gave before (None at first): gone or not, record; the next; if more waits.

        In the order of the logs. What is gone is said to whoever was given it.
        """
        office, logs = self._office, self._read()
        recalls = [r for r in office.rows.values() if r.what == "recall"]
        if cursor is None:
            cursor = Cursor((), len(recalls))
        if not logs:
            return cursor, [], False
        done, out = dict(cursor.logs), []
        for row in recalls[cursor.recalls :]:
            out += [(True, data) for data in self._gone(row, done, logs)]
        for log in logs:
            after = done.get(log.log.name, 0)
            if after < log.end and len(out) < most:
                found = office.shared.register.find([log], Want(after=after))
                part = found.take(np.arange(min(len(found), most - len(out))))
                out += [(False, one.data) for one in office.shared.register.read(part)]
                done[log.log.name] = int(part.n[-1]) + 1 if len(part) < len(found) else log.end
        more = any(done.get(r.log.name, 0) < r.end for r in logs)
        return Cursor(tuple(sorted(done.items())), len(recalls)), out, more

    def _gone(self, row: Any, done: dict[str, int], logs: list[Reach]) -> Iterator[bytes]:
        from kizuna.node.share.desk.recalls import named  # noqa: PLC0415  it imports the desk

        mine = {r.log.name for r in logs}
        for name, held in office_records(self._office, named(row)):
            places = self._office.shared.records.where(name)
            if any(log in mine and n < done.get(log, 0) for log, n in places):
                yield held


def office_records(office: Office, names: Sequence[str]) -> list[tuple[str, bytes]]:
    """Those of the records that are hidden now and still here."""
    stones = office.shared.tombstones.of(names)
    held = office.shared.records.many(n for n, s in stones.items() if s.action != "annotate")
    return [(name, one.data) for name, one in held.items() if one.data is not None]
