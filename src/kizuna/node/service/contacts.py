"""Detections by sensors without identity, as they are posted to the node or dropped as files.

They lie in one SQLite file beside the store of the context: a row a detection under its id, so that what is sent twice
is held once. What has been answered is durable. ``since`` and ``span`` give them as the table ``fixes.detections``.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, Final, NamedTuple

from kizuna.base.errors import InputError, KizunaError
from kizuna.base.table import Table, concat, empty
from kizuna.fixes.detections import DETECTIONS
from kizuna.sources.detections.fields import Reading
from kizuna.sources.detections.files import read_detections
from kizuna.stores.keep.catalogue import cannot_commit, transaction
from kizuna.stores.keep.pieces import pack, unpack

NAME: Final = "detections.db"
_TABLES: Final = (
    "CREATE TABLE IF NOT EXISTS seen (det_id INTEGER PRIMARY KEY, number INTEGER NOT NULL)",
    (
        "CREATE TABLE IF NOT EXISTS batch (number INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL,"
        " last_ms INTEGER NOT NULL, rows BLOB NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS batch_time ON batch (first_ms, last_ms)",
)
_PER_QUESTION: Final = 500


class Taken(NamedTuple):
    """What became of a post: rows stored, rows that were there before, rows refused, remarks."""

    stored: int
    known: int
    rejected: int
    notes: tuple[str, ...]


class Contacts:
    """The detections of one context; any thread may call."""

    def __init__(self, directory: Path, context: str) -> None:
        self._where = directory / NAME
        self._context = context
        self._lock = threading.Lock()
        try:
            self._db = sqlite3.connect(self._where, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            for statement in _TABLES:
                self._db.execute(statement)
        except sqlite3.Error as exc:
            raise cannot_commit(exc, self._where) from exc
        self._where.chmod(0o600)

    def post(self, data: bytes, source_id: str, sensor: str = "") -> Taken:
        """Take in a CSV or GeoJSON document.

        Raises InputError where nothing can be read, UnavailableError when the disk is full.
        """
        read = read_detections(data, Reading(source_id, sensor, context=self._context))
        stored = self.add(read.detections)
        return Taken(stored, len(read.detections) - stored, len(read.rejects), read.notes)

    def add(self, detections: Table) -> int:
        """Store what is new; the number of those."""
        ids = detections["det_id"].tolist()
        with self._lock, transaction(self._db, self._where) as db:
            known: set[int] = set()
            for start in range(0, len(ids), _PER_QUESTION):
                part = ids[start : start + _PER_QUESTION]
                marks = ",".join("?" * len(part))
                known |= {n for (n,) in db.execute(f"SELECT det_id FROM seen WHERE det_id IN ({marks})", part)}  # noqa: S608  marks
            first: dict[int, int] = {}
            for row, det_id in enumerate(ids):
                if det_id not in known:
                    first.setdefault(det_id, row)
            if not first:
                return 0
            new = detections.take(_rows(list(first.values())))
            times = new["time_ms"]
            found = db.execute("INSERT INTO batch (first_ms, last_ms, rows) VALUES (?, ?, ?)",
                               (int(times.min()), int(times.max()), pack(new)))  # fmt: skip
            db.executemany("INSERT INTO seen VALUES (?, ?)", [(i, found.lastrowid) for i in first])
        return len(first)

    def span(self, start_ms: int, end_ms: int) -> Table:
        """Detections in [start, end), in the order stored."""
        with self._lock:
            sql = "SELECT rows FROM batch WHERE first_ms < ? AND last_ms >= ? ORDER BY number"
            try:
                parts = [unpack(DETECTIONS, blob) for (blob,) in self._db.execute(sql, (end_ms, start_ms))]
            except (sqlite3.Error, KizunaError) as exc:
                raise InputError(f"damaged: {exc}", where=str(self._where), hint="restore a backup") from exc
        if not parts:
            return empty(DETECTIONS)
        whole = concat(parts)
        return whole.take((whole["time_ms"] >= start_ms) & (whole["time_ms"] < end_ms))

    def count(self) -> int:
        """Detections held."""
        with self._lock:
            return int(self._db.execute("SELECT count(*) FROM seen").fetchone()[0])

    def backup(self, to: Path) -> None:
        """A consistent copy."""
        with self._lock:
            target = sqlite3.connect(to)
            try:
                self._db.backup(target)
            finally:
                target.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()


def _rows(rows: list[int]) -> Any:
    import numpy as np  # noqa: PLC0415

    return np.array(rows, np.int64)
