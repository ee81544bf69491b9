"""Record bytes, each once, named by the SHA-256 of exactly these bytes; and their erasure.

Erasing takes the bytes and the salt of every entry, so that nobody can try out what a leaf was; commitment, leaf and id
stay, and with them every proof. An id is a plain hash: who can guess all bytes of a record can still check the guess.
Where that is too much (personal data of few possible values), ``forget`` takes the id as well; the record can then no
longer be recognised when it comes again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.stores.shared import salts
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.names import Connection, asked
from kizuna.stores.shared.register import sheets

_HELD: Final = "SELECT id, bytes, size, erased_ms, reason FROM record"


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

        def work(db: Connection) -> dict[str, Held]:
            recs = list(db.names.find(db, wanted).values())
            rows = asked(db, f"{_HELD} WHERE rec IN ", recs)
            return {raw.hex(): Held(raw.hex(), *rest) for raw, *rest in rows}

        return self._database.read(work)

    def begins(self, short: str) -> Held | None:
        """The record whose id begins with 32 hexadecimal digits; None where none does, or two do."""
        start = id_bytes(short + "0" * 32)[:16]

        def work(db: Connection) -> list[tuple[Any, ...]]:
            return list(asked(db, f"{_HELD} WHERE rec IN ", db.names.begin(db, start)))

        rows = self._database.read(work)
        return Held(rows[0][0].hex(), *rows[0][1:]) if len(rows) == 1 else None

    def put(self, data: Sequence[bytes]) -> list[str]:
        """Keep bytes outside any log (drafts, own originals). Returns their ids."""
        self._database.change(lambda db: insert(db, data))
        return [hashlib.sha256(one).hexdigest() for one in data]

    def where(self, record_id: str) -> list[tuple[str, int]]:
        """Logs that hold a record, with its number in each: to whom it was told, and from whom it came."""
        sql = "SELECT l.name, e.n FROM entry e JOIN log l USING (log) WHERE e.rec = ? ORDER BY e.entry"
        raw = id_bytes(record_id)

        def work(db: Connection) -> list[tuple[str, int]]:
            rec = db.names.find(db, (raw,)).get(raw)
            return [(name, n) for name, n in db.execute(sql, (rec,))]

        return self._database.read(work)

    def in_logs(self, logs: Sequence[str], record_ids: Iterable[str]) -> set[str]:
        """Those of the records that one of some logs holds, erased ones too. Raises InputError for what is no id."""
        wanted = [id_bytes(name) for name in record_ids]
        marks = ",".join("?" * len(logs))
        sql = (
            f"SELECT r.id FROM record r JOIN entry e USING (rec) JOIN log l USING (log) WHERE l.name IN ({marks}) "  # noqa: S608 marks
            "AND r.rec IN "
        )

        def work(db: Connection) -> set[str]:
            return {raw.hex() for (raw,) in asked(db, sql, list(db.names.find(db, wanted).values()), *logs)}

        return self._database.read(work)

    def erase(self, record_ids: Iterable[str], at_ms: int, reason: str, *, forget: bool = False) -> int:
        """Erase the bytes of records and the salts of their leaves; how many were there to erase."""
        wanted = [id_bytes(name) for name in record_ids]

        def work(db: Connection) -> int:
            done: list[int] = []
            for raw, rec in db.names.find(db, wanted).items():
                if db.execute("SELECT bytes IS NULL FROM record WHERE rec = ?", (rec,)).fetchone()[0]:
                    continue
                salts.forget(db, rec)
                sql = "UPDATE record SET bytes = NULL, erased_ms = ?, reason = ? WHERE rec = ?"
                db.execute(sql, (at_ms, reason, rec))
                if forget:
                    blank = b"erased".ljust(24, b"\0") + rec.to_bytes(8, "big")
                    db.execute("UPDATE record SET id = ? WHERE rec = ?", (blank, rec))
                    db.names.forget(db, raw, rec)
                done.append(rec)
            sheets.touched(db, done, sheets.ERASED)
            return len(done)

        return self._database.change(work)


def insert(db: Connection, data: Sequence[bytes]) -> Sequence[int]:
    """Row numbers of records, put in where they are new; a ``range`` where all were, each once.

    What was erased stays erased when it comes again.
    """
    ids = [hashlib.sha256(one).digest() for one in data]
    held = db.names.find(db, ids)
    first = db.names.next(db)
    numbers: Sequence[int]
    if held or len(set(ids)) < len(ids):
        new = {raw: one for raw, one in zip(ids, data, strict=True) if raw not in held}
        held |= zip(new, range(first, first + len(new)), strict=True)
        numbers = [held[raw] for raw in ids]
    else:
        new, numbers = dict(zip(ids, data, strict=True)), range(first, first + len(ids))
    rows = zip(range(first, first + len(new)), new, map(len, new.values()), new.values(), strict=True)
    db.executemany("INSERT INTO record (rec, id, size, bytes) VALUES (?, ?, ?, ?)", rows)
    db.names.added(db, list(new))
    return numbers


def id_bytes(record_id: str) -> bytes:
    """The 32 bytes of an id. Raises InputError for anything but 64 hexadecimal digits in lower case."""
    try:
        raw = bytes.fromhex(record_id)
    except ValueError:
        raw = b""
    if len(raw) != 32 or raw.hex() != record_id:  # noqa: PLR2004  SHA-256
        raise InputError(f"{record_id[:80]!r} is no record id", hint="64 hexadecimal digits, lower case")
    return raw
