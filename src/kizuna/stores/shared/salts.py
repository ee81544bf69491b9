"""Salts of a log's leaves, as the few seeds that give them, and their forgetting.

``share.ledger.salts`` says how seeds and salts hang together. A row is a seed and the range that lies under it; ranges
of a log never overlap. Forgetting a record's salt splits the seed above it and keeps the commitment in its place.
"""

from __future__ import annotations

import sqlite3

from kizuna.share.ledger.leaf import commitment
from kizuna.share.ledger.salts import Salts


def known(db: sqlite3.Connection, log: int, first: int, count: int) -> Salts:
    """The fewest seeds that give what is known of this range."""
    return _over(db, log, first, count).cover(first, count)


def _over(db: sqlite3.Connection, log: int, first: int, count: int) -> Salts:
    """The seeds as they are kept that touch this range."""
    sql = "SELECT first, level, seed FROM seed WHERE log = ? AND first <= ? ORDER BY first DESC LIMIT 1"
    rows = db.execute(sql, (log, first)).fetchall()
    sql = "SELECT first, level, seed FROM seed WHERE log = ? AND first > ? AND first < ?"
    rows += db.execute(sql, (log, first, first + count)).fetchall()
    return Salts({(level, start >> level): seed for start, level, seed in rows if start + (1 << level) > first})


def add(db: sqlite3.Connection, log: int, new: Salts) -> None:
    """Keep seeds of ranges that nothing is known of yet."""
    rows = [(log, index << level, level, seed) for (level, index), seed in new.seeds.items()]
    db.executemany("INSERT INTO seed VALUES (?, ?, ?, ?)", rows)


def forget(db: sqlite3.Connection, rec: int) -> None:
    """Keep the commitments of a record, whose bytes are still ``bytes`` of its row, and forget its salts everywhere."""
    data = db.execute("SELECT bytes FROM record WHERE rec = ?", (rec,)).fetchone()[0]
    for log, n in db.execute("SELECT log, n FROM entry WHERE rec = ?", (rec,)).fetchall():
        above = _over(db, log, n, 1)
        salt = above.read(n, 1)[0]
        if salt is None:
            continue
        db.execute("INSERT OR IGNORE INTO kept VALUES (?, ?, ?)", (log, n, commitment(salt, data)))
        db.executemany("DELETE FROM seed WHERE log = ? AND first = ?", [(log, i << lv) for lv, i in above.seeds])
        add(db, log, above.without([n]))
