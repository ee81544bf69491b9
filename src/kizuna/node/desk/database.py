"""The file ``desk.db``: its tables, its one connection, its upgrades.

SQLite in WAL mode with ``synchronous=FULL``: what a call has answered survives the loss of power. The threads of the
server share one connection for reading and one for writing, each under its lock: in WAL mode no reader waits for a
writer and its disk. Reads of a few rows take some tens of microseconds. Times are UTC milliseconds.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ConfigError, UnavailableError
from kizuna.node.desk import audit_chain

FORMAT: Final = 3
_CHAINED: Final = 2
_SCHEMA: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO meta VALUES ('version', 1);
CREATE TABLE users (
  user_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, shown TEXT NOT NULL, role TEXT NOT NULL, secret TEXT,
  subject TEXT UNIQUE, disabled INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE sessions (
  digest BLOB PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, created_ms INTEGER NOT NULL,
  seen_ms INTEGER NOT NULL, address TEXT NOT NULL
) STRICT;
CREATE TABLE attempts (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_ms INTEGER NOT NULL) STRICT;
CREATE TABLE setup (digest BLOB PRIMARY KEY, until_ms INTEGER NOT NULL) STRICT;
CREATE TABLE deeds (
  deed_id INTEGER PRIMARY KEY AUTOINCREMENT, t_ms INTEGER NOT NULL, by TEXT NOT NULL, act TEXT NOT NULL,
  event_id TEXT NOT NULL, event_version INTEGER NOT NULL, mmsi INTEGER, until_ms INTEGER, reason TEXT NOT NULL,
  undoes INTEGER REFERENCES deeds
) STRICT;
CREATE INDEX deeds_event ON deeds (event_id);
CREATE TABLE log (
  entry_id INTEGER PRIMARY KEY AUTOINCREMENT, t_ms INTEGER NOT NULL, written_ms INTEGER NOT NULL, by TEXT NOT NULL,
  kind TEXT NOT NULL, text TEXT NOT NULL, mmsi INTEGER, event_id TEXT, lat REAL, lon REAL, corrects INTEGER
) STRICT;
CREATE TABLE handovers (
  handover_id INTEGER PRIMARY KEY AUTOINCREMENT, t_ms INTEGER NOT NULL, by TEXT NOT NULL, to_user TEXT NOT NULL,
  note TEXT NOT NULL, page TEXT NOT NULL
) STRICT;
CREATE TABLE watch_lists (
  list TEXT NOT NULL, line INTEGER NOT NULL, entry TEXT NOT NULL, by TEXT NOT NULL, t_ms INTEGER NOT NULL,
  PRIMARY KEY (list, line)
) STRICT;
CREATE TABLE tokens (
  token_id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL,
  live INTEGER NOT NULL, delay_s INTEGER NOT NULL, grid_deg REAL NOT NULL, by TEXT NOT NULL,
  created_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, revoked_ms INTEGER, used_ms INTEGER
) STRICT;
CREATE TABLE audit (
  audit_id INTEGER PRIMARY KEY AUTOINCREMENT, t_ms INTEGER NOT NULL, by TEXT NOT NULL, act TEXT NOT NULL,
  object TEXT NOT NULL, outcome TEXT NOT NULL, address TEXT NOT NULL
) STRICT;
CREATE TRIGGER log_stays BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the watch log is append-only'); END;
CREATE TRIGGER log_kept BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the watch log is append-only'); END;
CREATE TRIGGER deeds_stay BEFORE UPDATE ON deeds BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER deeds_kept BEFORE DELETE ON deeds BEGIN SELECT RAISE(ABORT, 'decisions are append-only'); END;
CREATE TRIGGER handovers_stay BEFORE UPDATE ON handovers BEGIN SELECT RAISE(ABORT, 'signed hand-overs stay'); END;
CREATE TRIGGER handovers_kept BEFORE DELETE ON handovers BEGIN SELECT RAISE(ABORT, 'signed hand-overs stay'); END;
"""


class Database:
    """The connection. ``rows`` reads, ``change`` is one transaction; both may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the file, made with mode 600 where there is none. Raises ConfigError for one of a newer program."""
        self.path = path
        self._lock = threading.RLock()
        self._reading = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = _connected(path)
            self._upgrade()
            self._reader = _connected(path)
            self._reader.execute("PRAGMA query_only=ON")
        except OSError as exc:
            raise ConfigError(f"cannot be opened: {exc.strerror}", where=str(path)) from exc
        except sqlite3.DatabaseError as exc:
            raise ConfigError(f"is no usable desk file: {exc}", where=str(path), hint="restore a backup") from exc

    def _upgrade(self) -> None:
        found = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if found > FORMAT:
            raise ConfigError(
                f"was written by a newer program (format {found}, this one knows {FORMAT})", where=str(self.path),
                hint="use the newer program, or a backup made before",
            )  # fmt: skip
        if found == 0:
            self._connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version=1;COMMIT;")
        if found < _CHAINED:
            self._chain_audit()
        if found < FORMAT:
            self._add_partners()

    def _chain_audit(self) -> None:
        """From format 1 to 2."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if int(self._connection.execute("PRAGMA user_version").fetchone()[0]) < _CHAINED:
                for statement in audit_chain.UPGRADE:
                    self._connection.execute(statement)
                audit_chain.upgrade(self._connection)
                self._connection.execute(f"PRAGMA user_version={_CHAINED}")
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def _add_partners(self) -> None:
        """From format 2 to 3: a token may read as a partner."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if int(self._connection.execute("PRAGMA user_version").fetchone()[0]) < FORMAT:
                self._connection.execute("ALTER TABLE tokens ADD COLUMN partner TEXT NOT NULL DEFAULT ''")
                self._connection.execute(f"PRAGMA user_version={FORMAT}")
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Rows of a query."""
        with self._reading:
            return self._reader.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query, or None."""
        found = self.rows(sql, *values)
        return found[0] if found else None

    @contextlib.contextmanager
    def change(self, *, shared: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction; with ``shared`` it also counts up the version that the stations follow.

        Raises UnavailableError when the disk is full or the file cannot be written; nothing is half done then.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    if shared:
                        self._connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'version'")
                    self._connection.execute("COMMIT")
                except BaseException:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as exc:
                raise UnavailableError(f"cannot be written: {exc}", where=str(self.path)) from exc

    @property
    def version(self) -> int:
        """Counts up with every change that other stations must see."""
        found = self.row("SELECT value FROM meta WHERE key = 'version'")
        assert found is not None
        return int(found[0])

    def backup(self, to: Path) -> None:
        """A consistent copy, also while the node runs."""
        with self._lock, contextlib.closing(sqlite3.connect(to)) as target:
            self._connection.backup(target)
        to.chmod(0o600)

    def close(self) -> None:
        """Close the file."""
        with self._lock, self._reading:
            self._reader.close()
            self._connection.close()


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10.0)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
