"""Tables of the register, what decisions note in them, and how a store without a register gets one.

``sheet`` and ``mention`` say what the entries of a log are about (``sheets``) and are drawn behind the log. ``ruled``
says from which entry on a decision released, ``named`` which other decisions name a record, ``docket`` which decisions
are about an audience. All of it follows from the tables that prove something, and proves nothing itself.
"""

from __future__ import annotations

import sqlite3
from typing import Final

import msgspec

TABLES: Final = """
CREATE TABLE sheet (
  log INTEGER NOT NULL REFERENCES log, sheet INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL, held INTEGER NOT NULL, bytes INTEGER NOT NULL, kinds TEXT NOT NULL, counts TEXT NOT NULL,
  labels TEXT NOT NULL, also TEXT NOT NULL, columns BLOB NOT NULL, PRIMARY KEY (log, sheet)
) STRICT;
CREATE TABLE mention (
  about INTEGER NOT NULL, log INTEGER NOT NULL, sheet INTEGER NOT NULL, PRIMARY KEY (about, log, sheet)
) STRICT, WITHOUT ROWID;
CREATE TABLE ruled (
  log INTEGER NOT NULL, n INTEGER NOT NULL, decision INTEGER NOT NULL, PRIMARY KEY (log, n, decision)
) STRICT, WITHOUT ROWID;
CREATE INDEX ruled_by ON ruled (decision);
CREATE TABLE named (id BLOB NOT NULL, decision INTEGER NOT NULL, PRIMARY KEY (id, decision)) STRICT, WITHOUT ROWID;
CREATE TABLE docket (
  verdict TEXT NOT NULL, audience TEXT NOT NULL, decision INTEGER NOT NULL, PRIMARY KEY (verdict, audience, decision)
) STRICT, WITHOUT ROWID
"""
RELEASE: Final = "release"
_ID: Final = 32
_MADE: Final = "CREATE TEMP TABLE begun (id BLOB NOT NULL, audience TEXT NOT NULL, decision INTEGER NOT NULL)"
_FOUND: Final = (
    "INSERT OR IGNORE INTO ruled SELECT e.log, e.n, b.decision FROM record r JOIN begun b ON b.id = r.id "
    "JOIN entry e ON e.rec = r.rec JOIN log l ON l.log = e.log WHERE l.side = 'out' AND l.peer = b.audience"
)
_STRAY: Final = (
    "SELECT d.n, d.ids FROM docket k JOIN decision d ON d.n = k.decision WHERE k.verdict = ? "
    "AND NOT EXISTS (SELECT 1 FROM ruled u WHERE u.decision = d.n)"
)


def make(db: sqlite3.Connection) -> None:
    """The tables, empty, inside a transaction of the caller."""
    for statement in TABLES.strip().split(";\n"):
        db.execute(statement)


def note(
    db: sqlite3.Connection, n: int, audience: str, verdict: str, ids: bytes, at: tuple[str, int] | None = None
) -> None:
    """Note what decision ``n`` is about. ``at``: log and number of its first record, where they were released."""
    db.execute("INSERT OR IGNORE INTO docket VALUES (?, ?, ?)", (verdict, audience, n))
    if at is None:
        _name(db, n, ids)
    else:
        db.execute("INSERT OR IGNORE INTO ruled SELECT log, ?, ? FROM log WHERE name = ?", (at[1], n, at[0]))


def _name(db: sqlite3.Connection, n: int, ids: bytes) -> None:
    names = [(ids[k : k + _ID], n) for k in range(0, len(ids), _ID)]
    db.executemany("INSERT OR IGNORE INTO named VALUES (?, ?)", names)


def bring_up(db: sqlite3.Connection) -> None:
    """The step of a store without a register: what decisions note is noted now, sheets are drawn as the node runs.

    Of a release the first record that is still known says where it began: one that was erased and forgotten cannot.
    Reads the decisions once and the records once: some 5 s for a million.
    """
    make(db)
    db.execute(_MADE)
    for n, row, ids in db.execute("SELECT n, row, ids FROM decision ORDER BY n"):
        try:
            _, _, audience, verdict, *_ = msgspec.json.decode(row)
        except (msgspec.DecodeError, ValueError):  # damaged: ``kizuna ledger verify`` says so
            continue
        if verdict != RELEASE:
            note(db, n, audience, verdict, ids)
            continue
        db.execute("INSERT OR IGNORE INTO docket VALUES (?, ?, ?)", (verdict, audience, n))
        firsts = [(ids[k : k + _ID], audience, n) for k in range(0, min(len(ids), 4 * _ID), _ID)]
        db.executemany("INSERT INTO begun VALUES (?, ?, ?)", firsts)
    db.execute("CREATE INDEX temp.begun_id ON begun (id)")
    db.execute(_FOUND)
    db.execute("DROP TABLE begun")
    for n, ids in db.execute(_STRAY, (RELEASE,)).fetchall():  # in no log of ours that is known
        _name(db, n, ids)
