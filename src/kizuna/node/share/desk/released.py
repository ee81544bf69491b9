"""What one partner was told, as the tables that the node's open interfaces read: the records in the logs and no more.

So OGC, files, tiles and CoT of a token that reads as a partner give what the partner itself has. What was recalled is
gone here at once. Of a long log the newest records are held.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Table, empty
from kizuna.base.units import MISSING_TIME_MS
from kizuna.node.share import received
from kizuna.node.share.desk.told import audiences_of
from kizuna.records.kinds import read_body
from kizuna.records.record import Record, decode
from kizuna.share.sync.cutting import not_for
from kizuna.stores.keep import LATEST
from kizuna.tracks.table import IDENTITIES

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

RECORDS_MOST: Final = 200_000
"""Newest records of each log that are held for one partner."""
_PIECE: Final = 5_000
_FROM_FIX: Final = ("mmsi", "time_ms", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status",
                    "source_id", "ais_class", "label", "context")  # fmt: skip


class Versions(NamedTuple):
    """What the logs have reached."""

    picture: int
    events: int
    newest_ms: int
    oldest_ms: int
    closed_ms: int


class Released:
    """The reading side of a store over the logs to one partner. Any thread may call it."""

    def __init__(self, office: Office, partner: str) -> None:
        self._office, self._partner = office, partner
        self._lock = threading.Lock()
        self._key: Any = None
        self.records: list[tuple[str, bytes]] = []
        """Id and bytes of each record that the partner has, log by log."""
        self._story: list[tuple[bool, bytes] | None] = []
        """What was told, in the order in which it was seen here; and what is gone again (True). None: it was told."""
        self._shown: dict[str, int] = {}
        self._arrived = np.empty(0, np.int64)
        self._fixes = self._events = self._detections = empty(LATEST)
        self._read()

    def _read(self) -> None:
        """Read the logs again where one grew, or something was recalled."""
        office = self._office
        try:
            names = audiences_of(office, self._partner)
        except InputError:
            names = frozenset()
        states = [s for s in office.shared.logs.all("out") if s.peer in names]
        key = (tuple((s.name, s.head_size) for s in states), sum(r.what == "recall" for r in office.rows.values()))
        if not office.reaches(self._partner):
            states, key = [], ((), -1)
        with self._lock:
            if key == self._key:
                return
            rows: list[tuple[str, bytes]] = []
            hides = not_for(self._partner, office.sharing.who(), office.now_ms())
            for state in states:
                after = max(0, state.head_size - RECORDS_MOST)
                while after < state.head_size:
                    piece = office.shared.logs.entries(
                        state.name, after, most=min(_PIECE, state.head_size - after), max_bytes=8 << 20
                    )
                    mine = state.peer == self._partner
                    rows += [
                        (e.id, e.data)
                        for e in piece
                        if e.data is not None and e.id is not None and (mine or not hides(e.data))
                    ]
                    after = piece[-1].n + 1
            gone = {n for n, s in office.shared.tombstones.of([i for i, _ in rows]).items() if s.action != "annotate"}
            self.records = [(i, r) for i, r in rows if i not in gone]
            self._tell_on(gone)
            me = office.me
            told = [(me, i, r, b) for i, data in self.records if (b := _body(r := decode(data))) is not None]
            fixes = received.positions([t for t in told if t[2].kind == "track.position"], MISSING_TIME_MS)
            self._arrived = np.lexsort((fixes["time_ms"], fixes["mmsi"]))
            self._fixes = fixes.take(self._arrived)
            self._detections = received.detections([t for t in told if t[2].kind == "detection"])
            self._events = received.events([t for t in told if t[2].kind.startswith("event.")])
            self._key = key

    # ---- the reading side of a store ---------------------------------------------------------------------------------
    def versions(self) -> Versions:
        """Sizes and times."""
        self._read()
        times = self._fixes["time_ms"]
        newest, oldest = (int(times.max()), int(times.min())) if len(times) else (MISSING_TIME_MS, MISSING_TIME_MS)
        return Versions(len(self._fixes), len(self._events), newest, oldest, MISSING_TIME_MS)

    def latest(self, since: int = 0) -> tuple[int, Table]:
        """Newest position of each vessel that was told after a version."""
        self._read()
        rows = self._fixes
        last = np.flatnonzero(np.append(rows["mmsi"][1:] != rows["mmsi"][:-1], True)) if len(rows) else np.empty(0, int)
        if since <= len(rows):
            last = last[self._arrived[last] >= since]
        picked, out = rows.take(last), empty(LATEST, len(last))
        words = {n: picked.codes_of(n) for n in ("source_id", "label", "context") if n in out.words}
        return len(rows), Table(LATEST, {**out.columns, **{n: picked[n] for n in _FROM_FIX if n in out.columns}},
                                {**out.words, **words})  # fmt: skip

    def track(self, mmsi: int, start_ms: int, end_ms: int, *, names: Sequence[str] = ()) -> Table:  # noqa: ARG002
        """Fixes of one vessel."""
        return self._between(self._of(mmsi), start_ms, end_ms)

    def _of(self, mmsi: int) -> Table:
        self._read()
        return self._fixes.take(self._fixes["mmsi"] == mmsi)

    def _between(self, rows: Table, start_ms: int, end_ms: int) -> Table:
        return rows.take((rows["time_ms"] >= start_ms) & (rows["time_ms"] < end_ms))

    def box(self, west: float, south: float, east: float, north: float, start_ms: int, end_ms: int, *,
            names: Sequence[str] = ()) -> Table:  # noqa: ARG002  # fmt: skip
        """Fixes in a box and time."""
        self._read()
        rows = self._between(self._fixes, start_ms, end_ms)
        lat, lon = rows["lat_deg"], rows["lon_deg"]
        across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
        return rows.take(across & (lat >= south) & (lat <= north))

    def events(self, *, since_version: int = 0, start_ms: int | None = None, end_ms: int | None = None,  # noqa: ARG002
               mmsi: int | None = None, event_id: str = "") -> Table:  # fmt: skip
        """Events, newest version of each."""
        self._read()
        rows = self._events
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
        newest: dict[str, int] = {}
        ids, versions = rows["event_id"].to_pylist(), rows["version"].tolist()
        for k, name in enumerate(ids):
            if name not in newest or versions[k] >= versions[newest[name]]:
                newest[name] = k
        return rows.take(np.array(sorted(newest.values()), np.int64))

    def identities(self, mmsi: int | None = None) -> Table:  # noqa: ARG002  names are not told as such
        """None: what vessels say of themselves is told in no record."""
        return empty(IDENTITIES)

    def block(self, start_ms: int, *, names: Sequence[str] = ()) -> Table:  # noqa: ARG002
        """Fixes of one block of 600 s."""
        self._read()
        return self._between(self._fixes, start_ms, start_ms + 600_000)

    def history(self, start_ms: int, end_ms: int) -> tuple[list[int], list[int]]:  # noqa: ARG002
        """None: there are no blocks."""
        return [], []

    def told_since(self, cursor: int) -> tuple[int, list[tuple[bool, bytes]]]:
        """What came after a cursor that this gave before (0 at first): gone or not, record; and the next cursor."""
        self._read()
        if not self._office.reaches(self._partner):
            return cursor, []
        with self._lock:
            fresh = [row for row in self._story[cursor:] if row is not None and (cursor or not row[0])]
            return len(self._story), fresh

    def _tell_on(self, gone: set[str]) -> None:
        """Records of several logs come mixed, so what is new is found by id. What is gone is not told again."""
        for name in sorted(gone & self._shown.keys()):
            row, self._story[self._shown[name]] = self._story[self._shown[name]], None
            del self._shown[name]
            if row is not None:
                self._story.append((True, row[1]))
        for name, data in self.records:
            if name not in self._shown:
                self._shown[name] = len(self._story)
                self._story.append((False, data))

    def detections(self, start_ms: int, end_ms: int) -> Table:
        """Detections by time."""
        self._read()
        return self._between(self._detections, start_ms, end_ms)


def _body(record: Record) -> Any:
    try:
        return read_body(record)
    except InputError:
        return None
