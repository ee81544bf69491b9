"""Record bytes, each once, named by the SHA-256 of exactly these bytes; and their erasure.

Erasing takes the bytes and the salt of every entry, so that nobody can try out what a leaf was; commitment, leaf and id
stay, and with them every proof. An id is a plain hash: who can guess all bytes of a record can still check the guess.
Where that is too much (personal data of few possible values), ``forget`` takes the id as well; the record can then no
longer be recognised when it comes again.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.stores.shared import salts
from kizuna.stores.shared.database import Database

_CHUNK: Final = 500


class Held(NamedTuple):
    """A record as the store holds it; ``data`` None: erased, at ``erased_ms`` for ``reason``."""

    id: str
    data: bytes | None
    size: int
    erased_ms: int | None
    reason: str | None


class Records:
    """Bytes by hash."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, record_id: str) -> Held | None:
        """One record, or None where it was never here."""
        return self.many([record_id]).get(record_id)

    def many(self, record_ids: Iterable[str]) -> dict[str, Held]:
        """Those of the records that are here, by id. Raises InputError for what is no id."""
        wanted = [id_bytes(name) for name in record_ids]
        out: dict[str, Held] = {}
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            sql = f"SELECT id, bytes, size, erased_ms, reason FROM record WHERE id IN ({marks})"  # noqa: S608 marks only
            for raw, data, size, erased_ms, reason in self._database.rows(sql, *part):
                out[raw.hex()] = Held(raw.hex(), data, size, erased_ms, reason)
        return out

    def begins(self, short: str) -> Held | None:
        """The record whose id begins with 32 hexadecimal digits; None where none does, or two do."""
        low, high = id_bytes(short + "0" * 32), id_bytes(short + "f" * 32)
        sql = "SELECT id, bytes, size, erased_ms, reason FROM record WHERE id BETWEEN ? AND ? LIMIT 2"
        rows = self._database.rows(sql, low, high)
        return Held(rows[0][0].hex(), *rows[0][1:]) if len(rows) == 1 else None

    def put(self, data: Sequence[bytes]) -> list[str]:
        """Keep bytes outside any log (drafts, own originals). Returns their ids."""
        self._database.change(lambda db: insert(db, data))
        return [hashlib.sha256(one).hexdigest() for one in data]

    def where(self, record_id: str) -> list[tuple[str, int]]:
        """Logs that hold a record, with its number in each: to whom it was told, and from whom it came."""
        sql = "SELECT l.name, e.n FROM record r JOIN entry e USING (rec) JOIN log l USING (log) WHERE r.id = ?"
        return [(name, n) for name, n in self._database.rows(f"{sql} ORDER BY e.entry", id_bytes(record_id))]

    def in_log(self, log: str, record_ids: Iterable[str]) -> set[str]:
        """Those of the records that a log holds, erased ones too. Raises InputError for what is no id."""
        wanted = [id_bytes(name) for name in record_ids]
        out: set[str] = set()
        for start in range(0, len(wanted), _CHUNK):
            part = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            sql = (
                "SELECT r.id FROM record r JOIN entry e USING (rec) JOIN log l USING (log) "  # noqa: S608 marks only
                f"WHERE l.name = ? AND r.id IN ({marks})"
            )
            out.update(raw.hex() for (raw,) in self._database.rows(sql, log, *part))
        return out

    def erase(self, record_ids: Iterable[str], at_ms: int, reason: str, *, forget: bool = False) -> int:
        """Erase the bytes of records and the salts of their leaves; how many were there to erase."""
        wanted = [id_bytes(name) for name in record_ids]

        def work(db: sqlite3.Connection) -> int:
            done = 0
            for raw in wanted:
                found = db.execute("SELECT rec FROM record WHERE id = ? AND bytes IS NOT NULL", (raw,)).fetchone()
                if found is None:
                    continue
                salts.forget(db, found[0])
                db.execute(
                    "UPDATE record SET bytes = NULL, erased_ms = ?, reason = ? WHERE rec = ?", (at_ms, reason, found[0])
                )
                if forget:
                    blank = b"erased".ljust(24, b"\0") + int(found[0]).to_bytes(8, "big")
                    db.execute("UPDATE record SET id = ? WHERE rec = ?", (blank, found[0]))
                done += 1
            return done

        return self._database.change(work)


def insert(db: sqlite3.Connection, data: Sequence[bytes]) -> list[int]:
    """Row numbers of records, put in where they are new. What was erased stays erased when it comes again."""
    ids = [hashlib.sha256(one).digest() for one in data]
    first = (db.execute("SELECT max(rec) FROM record").fetchone()[0] or 0) + 1
    before = db.total_changes
    rows = [(first + k, raw, len(one), one) for k, (raw, one) in enumerate(zip(ids, data, strict=True))]
    db.executemany("INSERT OR IGNORE INTO record (rec, id, size, bytes) VALUES (?, ?, ?, ?)", rows)
    if db.total_changes - before == len(rows):  # all new: the numbers are those just given
        return [row[0] for row in rows]
    return [db.execute("SELECT rec FROM record WHERE id = ?", (raw,)).fetchone()[0] for raw in ids]


def id_bytes(record_id: str) -> bytes:
    """The 32 bytes of an id. Raises InputError for anything but 64 hexadecimal digits in lower case."""
    try:
        raw = bytes.fromhex(record_id)
    except ValueError:
        raw = b""
    if len(raw) != 32 or raw.hex() != record_id:  # noqa: PLR2004  SHA-256
        raise InputError(f"{record_id[:80]!r} is no record id", hint="64 hexadecimal digits, lower case")
    return raw
