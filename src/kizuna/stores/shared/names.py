"""Find a record by its id: the bulk of the ids in a table, the newest in memory.

An id is a hash, so each new one belongs on another leaf of a B-tree: a page of 500 records wrote some 500 leaves beside
the 45 pages that its bytes fill, and receiving cost twice as much at a million records as at fifty thousand. So ids are
**filed** late, many at once and in order: table ``name`` holds the first eight bytes of each id up to record ``filed``,
and what is newer is held in memory, read again from the records themselves after a start. Nothing is only in memory: a
kill loses no id. Eight bytes may meet by chance or by somebody's labour; what is found is compared whole.

How many wait grows with the store, up to a bound: filing costs 1.5 us a record at a million as at a hundred thousand.
Nearly every record that comes is new, and a filter in memory says so for a tenth of what a search of the table costs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

KEY_BYTES: Final = 8
WAIT_LEAST: Final = 16_384
WAIT_MOST: Final = 65_536
"""Ids in memory, some 12 MB at most. Filing so many among ten million would take some 0.3 s (reckoned)."""
_SHARE: Final = 16
"""One in so many of the ids may wait."""
_ASKED_MOST: Final = 512
_MANY: Final = 64
"""From so many ids on the filter is asked first; few are not worth the reading of all when it is made."""
_ROOM_LEAST: Final = 1 << 18
"""Ids that the filter has room for at the start: half a megabyte. It is made four times as large when it is full."""
_1, _3, _7, _FOUR = np.uint64(1), np.uint64(3), np.uint64(7), np.arange(4, dtype=np.uint64)
TABLE: Final = (
    "CREATE TABLE name (key BLOB NOT NULL, rec INTEGER NOT NULL, PRIMARY KEY (key, rec)) STRICT, WITHOUT ROWID"
)


class _State(NamedTuple):
    """Up to which record ids are filed, and how many were forgotten: what of memory still holds."""

    filed: int
    forgotten: int


class Names:
    """Ids of one connection, inside its transactions: each sees what its connection sees."""

    __slots__ = ("_fresh", "_last", "_perhaps", "_state")

    def __init__(self) -> None:
        self._forget_all()

    def _forget_all(self) -> None:
        self._fresh: dict[bytes, int] = {}
        self._state, self._last = _State(0, 0), 0
        self._perhaps: _Perhaps | None = None

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
            keys = [raw[:KEY_BYTES] for raw in rest]
            if len(keys) >= _MANY:
                keys = self._filter(db).perhaps(keys)
            wanted = set(rest)
            sql = "SELECT r.id, r.rec FROM name n JOIN record r USING (rec) WHERE n.key IN "
            found |= {raw: rec for raw, rec in asked(db, sql, keys) if raw in wanted}
        return found

    def _filter(self, db: sqlite3.Connection) -> _Perhaps:
        """The filter over all that is filed; made when it is first wanted, and anew, larger, when it is full."""
        held, filed = self._perhaps, self._state.filed
        if held is None or filed > held.room:
            held = self._perhaps = _Perhaps(4 * filed)
            held.add(db.execute("SELECT key FROM name"), filed)
        elif held.upto < filed:
            sql = "SELECT substr(id, 1, ?) FROM record WHERE rec > ? AND rec <= ?"
            held.add(db.execute(sql, (KEY_BYTES, held.upto, filed)), filed)
        return held

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
            if self._perhaps is not None and self._perhaps.upto == self._state.filed:
                self._perhaps.add(((raw[:KEY_BYTES],) for raw in self._fresh), self._last)
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
            self._forget_all()

    def _catch_up(self, db: sqlite3.Connection) -> None:
        """Take in what other connections wrote, filed and forgot."""
        state = _state(db)
        if state != self._state:
            self._fresh, self._state, self._last = {}, state, state.filed
        for raw, rec in db.execute("SELECT id, rec FROM record WHERE rec > ?", (self._last,)):
            self._fresh[raw] = self._last = rec


class _Perhaps:
    """What is surely not filed (Bloom, "Space/time trade-offs in hash coding", 1970).

    16 bits an id and four of them set: 1 in 400 of those that are not there passes in vain. ``upto``: records up to
    here are in it. Forgotten ids stay in it, which is no harm.
    """

    def __init__(self, room: int) -> None:
        bits = 1 << (16 * max(room, _ROOM_LEAST) - 1).bit_length()
        self.room, self.upto = bits // 16, 0
        self._mask, self._bits = np.uint64(bits - 1), np.zeros(bits // 8, np.uint8)

    def add(self, keys: Iterable[tuple[bytes]], upto: int) -> None:
        """Put the keys of further records in, as rows of one column."""
        places = self._places(b"".join(key for (key,) in keys)).ravel()
        while len(places):  # of several places in one byte one is set in each round; ``bitwise_or.at`` takes longer
            self._bits[places >> _3] |= (_1 << (places & _7)).astype(np.uint8)
            places = places[~self._there(places)]
        self.upto = upto

    def perhaps(self, keys: Sequence[bytes]) -> list[bytes]:
        """Those of the keys that may be filed."""
        there = self._there(self._places(b"".join(keys))).all(axis=1)
        return [keys[k] for k in np.flatnonzero(there).tolist()]

    def _there(self, places: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        there: npt.NDArray[np.bool_] = (self._bits[places >> _3] >> (places & _7).astype(np.uint8)) & np.uint8(1) != 0
        return there

    def _places(self, keys: bytes) -> npt.NDArray[np.uint64]:
        """Four places for each key, from its two halves; the key is part of a hash already."""
        whole = np.frombuffer(keys, "<u8")
        first, step = whole & np.uint64(0xFFFFFFFF), (whole >> np.uint64(32)) | _1
        places: npt.NDArray[np.uint64] = (first[:, None] + step[:, None] * _FOUR) & self._mask
        return places


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
