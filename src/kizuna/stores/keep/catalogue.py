"""The catalogue: one SQLite file that says what is in the store. Whatever it does not name is not there.

It holds the buffer of batches not yet sealed, the segments with their bounds, the newest positions as of the last seal,
counts of blocks, identities and events. A change is one transaction. WAL mode: readers see a state that was whole.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from kizuna.base.errors import ConfigError, KizunaError
from kizuna.stores.keep.segments import BOUNDS, Segment
from kizuna.stores.sqlite_faults import fault

FORMAT: Final = 2
"""Form of the store on disk. 1 knew no bounds of row groups, no digests and no counts of blocks."""
NAME: Final = "keep.db"
_PAGE_BYTES: Final = 16_384  # batches are blobs of some 100 kB: fewer pages, a third less time than with 4,096
_WAIT_S: Final = 30.0

TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE buffer (
  seq INTEGER PRIMARY KEY, closed_ms INTEGER NOT NULL, newest_ms INTEGER NOT NULL, fixes BLOB, statics BLOB, others BLOB
);
CREATE TABLE snapshot (
  one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, closed_ms INTEGER NOT NULL,
  newest_ms INTEGER NOT NULL, latest BLOB
);
CREATE TABLE segment (
  number INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, window_ms INTEGER NOT NULL, late INTEGER NOT NULL,
  run INTEGER NOT NULL, rows INTEGER NOT NULL, size INTEGER NOT NULL, last INTEGER NOT NULL, sealed_ms INTEGER NOT NULL,
  digest TEXT NOT NULL, bounds BLOB NOT NULL
);
CREATE TABLE block (start_ms INTEGER PRIMARY KEY, fixes INTEGER NOT NULL);
CREATE TABLE event (
  event_id TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL, newest INTEGER NOT NULL,
  start_ms INTEGER, end_ms INTEGER, row BLOB NOT NULL, PRIMARY KEY (event_id, version)
);
CREATE INDEX event_seq ON event (seq) WHERE newest;
CREATE TABLE event_mmsi (
  mmsi INTEGER NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY (mmsi, event_id)
) WITHOUT ROWID;
CREATE TABLE identity (
  mmsi INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, shipname TEXT, n_shipname TEXT,
  callsign TEXT, imo INTEGER NOT NULL, ship_type INTEGER NOT NULL, length_m INTEGER NOT NULL,
  width_m INTEGER NOT NULL, draught_m REAL, destination TEXT, count INTEGER NOT NULL, label TEXT NOT NULL
);
CREATE INDEX identity_mmsi ON identity (mmsi);
"""


def cannot_commit(exc: sqlite3.Error, where: Path) -> KizunaError:
    """What the operator can do about a transaction that failed; it left nothing. An error of ours is raised itself."""
    return fault(exc, where, "the catalogue is damaged")


def connect(directory: Path, *, full_sync: bool, read_only: bool = False) -> sqlite3.Connection:
    """A connection to the catalogue of a store; threads must take turns with it."""
    path = directory / NAME
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    try:
        db = sqlite3.connect(uri, uri=True, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        if not read_only:
            db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {'FULL' if full_sync else 'NORMAL'}")
            db.execute("PRAGMA wal_autocheckpoint = 0")  # done after sealing, off the path of appends
    except sqlite3.Error as exc:
        raise cannot_commit(exc, path) from exc
    return db


@contextlib.contextmanager
def transaction(db: sqlite3.Connection, where: Path) -> Iterator[sqlite3.Connection]:
    """All or nothing. Raises UnavailableError when the disk is full; the store is as before then."""
    try:
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    except sqlite3.Error as exc:
        _roll_back(db)
        raise cannot_commit(exc, where) from exc
    except BaseException:
        _roll_back(db)
        raise


def _roll_back(db: sqlite3.Connection) -> None:
    with contextlib.suppress(sqlite3.Error):
        if db.in_transaction:
            db.execute("ROLLBACK")


def create(db: sqlite3.Connection, where: Path, context: str) -> None:
    """The tables of an empty store."""
    with transaction(db, where):
        for statement in TABLES.split(";\n"):
            db.execute(statement)
        facts = [("format", FORMAT), ("context", context), ("epoch", 0), ("reopened", 0)]
        db.executemany("INSERT INTO meta VALUES (?, ?)", facts)


def meta(db: sqlite3.Connection) -> dict[str, Any]:
    """Facts about the store; empty where nothing is there yet."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is None:
        return {}
    return dict(db.execute("SELECT key, value FROM meta"))


def put_meta(db: sqlite3.Connection, key: str, value: int | str) -> None:
    """Set one fact."""
    db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value))


def check(found: dict[str, Any], context: str, where: Path) -> None:
    """Refuse a store of another context or of a later version with ConfigError."""
    if found["context"] != context:
        raise ConfigError(
            f"the store is of context {found['context']}, not {context}", where=str(where),
            hint="contexts never share a directory: give another one",
        )  # fmt: skip
    if found["format"] > FORMAT:
        raise ConfigError(
            f"the store has form {found['format']}, this version knows {FORMAT}", where=str(where),
            hint="use the version that wrote it, or a later one",
        )  # fmt: skip


def segments(db: sqlite3.Connection) -> tuple[Segment, ...]:
    """All segments, in the order of their numbers."""
    names = "number, tbl, window_ms, late, run, rows, size, last, sealed_ms, digest, bounds"
    found = db.execute(f"SELECT {names} FROM segment ORDER BY number")  # noqa: S608  own texts
    return tuple(
        Segment(n, tbl, window, bool(late), run, rows, size, last, sealed_ms, digest,
                np.frombuffer(bounds, np.float64).reshape(-1, len(BOUNDS)))
        for n, tbl, window, late, run, rows, size, last, sealed_ms, digest, bounds in found
    )  # fmt: skip


def add_segments(db: sqlite3.Connection, new: list[Segment]) -> None:
    """Name segments whose files are on the disk."""
    db.executemany(
        "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(s.number, s.table, s.window_ms, int(s.late), s.run, s.rows, s.size, s.last, s.sealed_ms, s.digest,
          s.bounds.tobytes()) for s in new],
    )  # fmt: skip


def drop_segments(db: sqlite3.Connection, old: list[Segment]) -> None:
    """Name them no longer."""
    db.executemany("DELETE FROM segment WHERE number = ?", [(s.number,) for s in old])


def last_number(db: sqlite3.Connection) -> int:
    """Greatest number that a segment ever had."""
    found = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'segment'").fetchone()
    return int(found[0]) if found else 0


def bump(db: sqlite3.Connection, key: str) -> None:
    """Count a fact up by one."""
    db.execute("UPDATE meta SET value = value + 1 WHERE key = ?", (key,))
