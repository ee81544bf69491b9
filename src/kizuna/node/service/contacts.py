"""Detections by sensors without identity, as they are posted to the node or dropped as files.

They lie in one SQLite file beside the store of the context: a row a detection under its id, so that what is sent twice
is held once. What has been answered is durable. ``span`` gives them as the table ``fixes.detections``, ``judged`` the
same with what matching said of them (``engines.live.contacts``). Both are kept side by side, so that what came in
stays as it came.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from kizuna.base.errors import InputError, KizunaError
from kizuna.base.table import Array, Table, concat, empty
from kizuna.engines.live.look import FINAL, Look
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
    (
        "CREATE TABLE IF NOT EXISTS look (key TEXT PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,"
        " about TEXT NOT NULL, rows BLOB NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS look_time ON look (first_ms, last_ms)",
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
        self.version = 0
        """Counts up, within this start of the node, with whatever was added or judged."""
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
            new = detections.take(np.array(list(first.values()), np.int64))
            times = new["time_ms"]
            found = db.execute("INSERT INTO batch (first_ms, last_ms, rows) VALUES (?, ?, ?)",
                               (int(times.min()), int(times.max()), pack(new)))  # fmt: skip
            db.executemany("INSERT INTO seen VALUES (?, ?)", [(i, found.lastrowid) for i in first])
        self.version += 1
        return len(first)

    def since(self, number: int, from_ms: int) -> tuple[int, Table]:
        """Number of the newest batch, and the detections from a time on that came after batch ``number``."""
        with self._lock:
            try:
                sql = "SELECT number, rows FROM batch WHERE number > ? AND last_ms >= ? ORDER BY number"
                found = self._db.execute(sql, (number, from_ms))
                batches = [(n, unpack(DETECTIONS, blob)) for n, blob in found]
            except (sqlite3.Error, KizunaError) as exc:
                raise InputError(f"damaged: {exc}", where=str(self._where), hint="restore a backup") from exc
        if not batches:
            return number, empty(DETECTIONS)
        whole = concat([t for _, t in batches])
        return batches[-1][0], whole.take(whole["time_ms"] >= from_ms)

    def put_looks(self, looks: Sequence[Look]) -> None:
        """Keep what is said of looks. Raises UnavailableError when the disk is full."""
        with self._lock, transaction(self._db, self._where) as db:
            db.executemany(
                "INSERT OR REPLACE INTO look VALUES (?, ?, ?, ?, ?)",
                [(json.dumps(x.key), x.first_ms, x.last_ms, _about(x), pack(x.done)) for x in looks if len(x.done)],
            )
        self.version += 1

    def looks(self, since_ms: int) -> list[Look]:
        """What was said of the looks that end at or after a time."""
        with self._lock:
            sql = "SELECT key, about, rows FROM look WHERE last_ms >= ? ORDER BY last_ms, key"
            try:
                return [_look(*row) for row in self._db.execute(sql, (since_ms,))]
            except (sqlite3.Error, KizunaError) as exc:
                raise InputError(f"damaged: {exc}", where=str(self._where), hint="restore a backup") from exc

    def judged(self, start_ms: int, end_ms: int) -> tuple[Table, Array]:
        """Detections in [start, end) by time, with what is said of each, and whether that is for good.

        Those that wait to be matched have no verdict.
        """
        seen = self.span(start_ms, end_ms)
        with self._lock:
            sql = "SELECT key, about, rows FROM look WHERE first_ms < ? AND last_ms >= ?"
            looks = [_look(*row) for row in self._db.execute(sql, (end_ms, start_ms))]
        parts = [x.done for x in looks]
        over = np.concatenate([np.full(len(x.done), x.step == FINAL) for x in looks] or [np.empty(0, np.bool_)])
        done = concat(parts) if parts else empty(DETECTIONS)
        waits = seen.take(~np.isin(seen["det_id"], done["det_id"]))
        whole, final = concat([done, waits]), np.concatenate([over, np.zeros(len(waits), np.bool_)])
        keep = (whole["time_ms"] >= start_ms) & (whole["time_ms"] < end_ms)
        rows = np.flatnonzero(keep)
        rows = rows[np.lexsort((whole["det_id"][rows], whole["time_ms"][rows]))]
        return whole.take(rows), final[rows]

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

    def time_of(self, det_id: int) -> int | None:
        """When a detection was made; None where there is none of that id."""
        with self._lock:
            sql = "SELECT rows FROM batch JOIN seen USING (number) WHERE det_id = ?"
            found = self._db.execute(sql, (det_id,)).fetchone()
        if found is None:
            return None
        rows = unpack(DETECTIONS, found[0])
        return int(rows["time_ms"][rows["det_id"] == det_id][0])

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


def _about(look: Look) -> str:
    """What belongs to a look beside its rows, as text."""
    return json.dumps({
        "step": look.step, "scene_ms": look.scene_ms, "found_share": look.found_share, "heard": look.heard.tolist(),
        "fixed_m": look.fixed_m.tolist(),
    })  # fmt: skip


def _look(key: str, about: str, rows: bytes) -> Look:
    done, said = unpack(DETECTIONS, rows), json.loads(about)
    name, source, sensor, slot = json.loads(key)
    return Look((name, source, sensor, slot), done, int(said["step"]), int(said["scene_ms"]), done,
                np.array(said["heard"], np.float64), np.array(said["fixed_m"], np.float64),
                float(said["found_share"]))  # fmt: skip
