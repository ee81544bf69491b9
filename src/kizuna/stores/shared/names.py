"""Find a record by its id: the bulk of the ids in a table, the newest in memory.

An id is a hash, so each new one belongs on another leaf of a B-tree: a page of 500 records wrote some 500 leaves beside
the 45 pages that its bytes fill, and receiving cost twice as much at a million records as at fifty thousand. So ids are
**filed** late, many at once and in order: table ``name`` holds the first eight bytes of each id up to record ``filed``,
and what is newer is held in memory, read again from the records themselves after a start. Nothing is only in memory: a
kill loses no id. Eight bytes may meet by chance or by somebody's labour; what is found is compared whole.

How many wait grows with the store, up to a bound, so that filing stays below a microsecond a record up to a million.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

KEY_BYTES: Final = 8
WAIT_LEAST: Final = 16_384
WAIT_MOST: Final = 65_536
"""Ids in memory, some 12 MB at most. Filing so many among ten million takes about 0.3 s."""
_SHARE: Final = 16
"""One in so many of the ids may wait."""
_ASKED_MOST: Final = 512
TABLE: Final = (
    "CREATE TABLE name (key BLOB NOT NULL, rec INTEGER NOT NULL, PRIMARY KEY (key, rec)) STRICT, WITHOUT ROWID"
)


class _State(NamedTuple):
    """Up to which record ids are filed, and how many were forgotten: what of memory still holds."""

    filed: int
    forgotten: int


class Names:
    """Ids of one connection, inside its transactions: each sees what its connection sees."""

    __slots__ = ("_fresh", "_last", "_state")

    def __init__(self) -> None:
        self._fresh: dict[bytes, int] = {}
        self._state, self._last = _State(0, 0), 0

    def find(self, db: sqlite3.Connection, ids: Iterable[bytes]) -> dict[bytes, int]:
        """Row numbers of those records that are here, by id (32 bytes)."""
        self._catch_up(db)
        found, rest = {}, []
        for raw in ids:
            rec = self._fresh.get(raw)
            if rec is None:
                rest.append(raw)
            else:
                found[raw] = rec
        if self._state.filed and rest:
            wanted = set(rest)
            sql = "SELECT r.id, r.rec FROM name n JOIN record r USING (rec) WHERE n.key IN "
            keys = [raw[:KEY_BYTES] for raw in rest]
            found |= {raw: rec for raw, rec in asked(db, sql, keys) if raw in wanted}
        return found

    def begin(self, db: sqlite3.Connection, start: bytes) -> list[int]:
        """Row numbers of the records whose ids begin with these bytes, eight at least."""
        self._catch_up(db)
        sql = "SELECT r.rec, r.id FROM name n JOIN record r USING (rec) WHERE n.key = ?"
        filed = [rec for rec, raw in db.execute(sql, (start[:KEY_BYTES],)) if raw.startswith(start)]
        return filed + [rec for raw, rec in self._fresh.items() if raw.startswith(start)]

    def next(self, db: sqlite3.Connection) -> int:
        """The row number of the next new record."""
        self._catch_up(db)
        return self._last + 1

    def added(self, db: sqlite3.Connection, ids: Sequence[bytes]) -> None:
        """New records were written from ``next`` on; file what waits when it is enough."""
        first, self._last = self._last + 1, self._last + len(ids)
        self._fresh.update(zip(ids, range(first, self._last + 1), strict=True))
        if len(self._fresh) >= min(WAIT_MOST, max(WAIT_LEAST, self._state.filed // _SHARE)):
            file(db, self._state.filed, self._last)
            self._state, self._fresh = self._state._replace(filed=self._last), {}

    def forget(self, db: sqlite3.Connection, raw: bytes, rec: int) -> None:
        """An id is taken away, also out of the memory of other processes."""
        self._fresh.pop(raw, None)
        self._state = self._state._replace(forgotten=self._state.forgotten + 1)
        db.execute("DELETE FROM name WHERE key = ? AND rec = ?", (raw[:KEY_BYTES], rec))
        db.execute("INSERT OR REPLACE INTO meta VALUES ('forgotten', ?)", (self._state.forgotten,))

    def undone(self, db: sqlite3.Connection | None) -> None:
        """Something was rolled back: what is in memory may be of records that are not there."""
        if db is None or (_state(db), _last(db)) != (self._state, self._last):
            self._fresh, self._state, self._last = {}, _State(0, 0), 0

    def _catch_up(self, db: sqlite3.Connection) -> None:
        """Take in what other connections wrote, filed and forgot."""
        state = _state(db)
        if state != self._state:
            self._fresh, self._state, self._last = {}, state, state.filed
        for raw, rec in db.execute("SELECT id, rec FROM record WHERE rec > ?", (self._last,)):
            self._fresh[raw] = self._last = rec


class Connection(sqlite3.Connection):
    """A connection and the ids that it sees."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.names = Names()


def file(db: sqlite3.Connection, after: int, last: int) -> None:
    """File the ids of records above ``after`` up to ``last``, in their order: neighbours share a leaf."""
    sql = "INSERT INTO name SELECT substr(id, 1, ?), rec FROM record WHERE rec > ? AND rec <= ? ORDER BY 1, 2"
    db.execute(sql, (KEY_BYTES, after, last))
    db.execute("INSERT OR REPLACE INTO meta VALUES ('filed', ?)", (last,))


def take_over(db: sqlite3.Connection) -> None:
    """Form 2 of the file: ids are filed and no longer indexed; inside the transaction of the upgrade."""
    columns = (
        "rec INTEGER PRIMARY KEY, id BLOB NOT NULL, size INTEGER NOT NULL, bytes BLOB, erased_ms INTEGER, reason TEXT"
    )
    db.execute(f"CREATE TABLE record_2 ({columns}) STRICT")
    db.execute("INSERT INTO record_2 SELECT rec, id, size, bytes, erased_ms, reason FROM record")
    db.execute("DROP TABLE record")
    db.execute("ALTER TABLE record_2 RENAME TO record")
    db.execute(TABLE)
    file(db, 0, _last(db))


def asked(db: sqlite3.Connection, sql: str, values: Sequence[Any], *before: Any) -> Iterable[tuple[Any, ...]]:
    """Rows of ``sql``, which ends with IN, for any number of values; ``before`` are those of earlier marks.

    Lists are filled up to a power of two with their last value: few texts, each prepared once.
    """
    for start in range(0, len(values), _ASKED_MOST):
        part = list(values[start : start + _ASKED_MOST])
        part += part[-1:] * ((1 << (len(part) - 1).bit_length()) - len(part))
        yield from db.execute(f"{sql}({','.join('?' * len(part))})", (*before, *part))


def _state(db: sqlite3.Connection) -> _State:
    rows = dict(db.execute("SELECT key, value FROM meta WHERE key IN ('filed', 'forgotten')").fetchall())
    return _State(rows.get("filed", 0), rows.get("forgotten", 0))


def _last(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT max(rec) FROM record").fetchone()[0] or 0)
