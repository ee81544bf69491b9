"""Tables of the shared store, and how a file of an earlier form becomes one of the present form.

One file holds one context. Record bytes lie there once, named by their hash; logs point at them. How an id is found
without an index over whole ids stands in `kizuna.stores.shared.names`. What proves something
(decisions, acknowledgements, checkpoints, papers) is only ever added to: triggers refuse an update or a delete by a
slip of ours, and the chain of the decisions finds one by anybody else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from kizuna.stores.shared.names import TABLE, take_over
from kizuna.stores.shared.register import tables

FORMAT: Final = 3
"""Form of the file, in ``PRAGMA user_version``."""
APPLICATION: Final = 0x4B5A5348
"""``PRAGMA application_id``: the letters KZSH."""

TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE record (
  rec INTEGER PRIMARY KEY, id BLOB NOT NULL, size INTEGER NOT NULL, bytes BLOB, erased_ms INTEGER, reason TEXT
) STRICT;
CREATE TABLE log (
  log INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, side TEXT NOT NULL CHECK (side IN ('in', 'out')),
  peer TEXT NOT NULL, lane TEXT NOT NULL, size INTEGER NOT NULL DEFAULT 0, head_size INTEGER NOT NULL DEFAULT 0,
  head BLOB, told INTEGER NOT NULL DEFAULT 0, halted TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE entry (
  entry INTEGER PRIMARY KEY, log INTEGER NOT NULL REFERENCES log, n INTEGER NOT NULL,
  rec INTEGER REFERENCES record, aside TEXT, UNIQUE (log, n)
) STRICT;
CREATE INDEX entry_rec ON entry (rec);
CREATE TABLE seed (
  log INTEGER NOT NULL REFERENCES log, first INTEGER NOT NULL, level INTEGER NOT NULL, seed BLOB NOT NULL,
  PRIMARY KEY (log, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE kept (
  log INTEGER NOT NULL REFERENCES log, n INTEGER NOT NULL, commitment BLOB NOT NULL, PRIMARY KEY (log, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE node (
  log INTEGER NOT NULL REFERENCES log, piece INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (log, piece)
) STRICT;
CREATE TABLE signer (
  log INTEGER NOT NULL REFERENCES log, first INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (log, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoint (
  log INTEGER NOT NULL REFERENCES log, size INTEGER NOT NULL, at_ms INTEGER NOT NULL, note BLOB NOT NULL,
  PRIMARY KEY (log, size)
) STRICT;
CREATE TABLE ack (
  log INTEGER NOT NULL REFERENCES log, witness TEXT NOT NULL, size INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  note BLOB NOT NULL, PRIMARY KEY (log, witness, size)
) STRICT;
CREATE TABLE decision (n INTEGER PRIMARY KEY, row BLOB NOT NULL, ids BLOB NOT NULL, chain BLOB NOT NULL) STRICT;
CREATE TABLE derived (
  original BLOB NOT NULL, transforms TEXT NOT NULL, id BLOB NOT NULL, salt BLOB NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY (original, transforms)
) STRICT, WITHOUT ROWID;
CREATE INDEX derived_id ON derived (id);
CREATE TABLE tombstone (
  id BLOB PRIMARY KEY, action TEXT NOT NULL, reason TEXT NOT NULL, recall BLOB NOT NULL, at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE carried (
  id BLOB NOT NULL, carrier TEXT NOT NULL, origin TEXT NOT NULL, carriage BLOB NOT NULL, state TEXT NOT NULL,
  why TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (id, carrier)
) STRICT, WITHOUT ROWID;
CREATE INDEX carried_state ON carried (state, at_ms);
CREATE TABLE passed (
  id BLOB NOT NULL, carrier TEXT NOT NULL, audience TEXT NOT NULL, origin TEXT NOT NULL, leave TEXT NOT NULL,
  at_ms INTEGER NOT NULL, reported INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (id, carrier, audience)
) STRICT, WITHOUT ROWID;
CREATE INDEX passed_leave ON passed (leave, audience);
CREATE INDEX passed_report ON passed (reported, carrier);
CREATE TABLE quarantine (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, peer TEXT NOT NULL, log TEXT NOT NULL,
  reason TEXT NOT NULL, size INTEGER NOT NULL, bytes BLOB NOT NULL
) STRICT;
CREATE TABLE paper (
  number INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL,
  by TEXT NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL, UNIQUE (kind, name, version)
) STRICT;
CREATE TABLE nonce (
  peer TEXT NOT NULL, nonce BLOB NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (peer, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_at ON nonce (at_ms);
"""
APPEND_ONLY: Final = ("decision", "ack", "checkpoint", "paper")

Step = Callable[[sqlite3.Connection], None]


def _onward(db: sqlite3.Connection) -> None:
    """Form 2: what goes on under leave. The table of leaves by leaf was never written to."""
    db.execute("DROP TABLE IF EXISTS grant_")
    for statement in TABLES.strip().split(";\n"):
        if any(f" {name} " in statement.partition("(")[0] + " " for name in ("carried", "passed")):
            db.execute(statement)


def _form_2(db: sqlite3.Connection) -> None:
    _onward(db)
    take_over(db)


STEPS: Final[Mapping[int, Step]] = {1: _form_2, 2: tables.bring_up}
"""From form N to N + 1. All steps of an upgrade are one transaction: one that is interrupted has not begun."""


def create(db: sqlite3.Connection, context: str) -> None:
    """The tables of an empty file, inside a transaction of the caller."""
    for statement in TABLES.strip().split(";\n"):
        db.execute(statement)
    tables.make(db)
    db.execute(TABLE)
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            db.execute(
                f"CREATE TRIGGER {table}_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    db.execute("INSERT INTO meta VALUES ('context', ?)", (context,))
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {FORMAT}")


def upgrade(db: sqlite3.Connection, form: int, steps: Mapping[int, Step] = STEPS, to: int = FORMAT) -> None:
    """Bring a file of form ``form`` up, inside a transaction of the caller. KeyError where no step is known."""
    for number in range(form, to):
        steps[number](db)
    db.execute(f"PRAGMA user_version = {to}")
