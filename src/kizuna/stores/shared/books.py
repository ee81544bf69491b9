"""Small books of the shared store: derived versions, tombstones, quarantine, papers, nonces, notes."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.names import Connection
from kizuna.stores.shared.records import id_bytes
from kizuna.stores.shared.register.sheets import RECALLED, THERE, touched

_CHUNK: Final = 500
QUARANTINE_BYTES: Final = 64 << 20
QUARANTINE_ROWS: Final = 10_000
"""What a stranger can make us keep; the oldest gives way."""


class Derivative(NamedTuple):
    """The one derived version of an original under a transform set, and the salt that hides which original it was."""

    original: str
    transforms: str
    id: str
    salt: bytes


class Derived:
    """One derived version per (original, transform set), so that two partners who compare notes learn nothing more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, original: str, transforms: str) -> Derivative | None:
        """The version made before, or None."""
        sql = "SELECT id, salt FROM derived WHERE original = ? AND transforms = ?"
        found = self._database.row(sql, id_bytes(original), transforms)
        return Derivative(original, transforms, found[0].hex(), found[1]) if found else None

    def put(self, made: Iterable[Derivative], at_ms: int) -> list[Derivative]:
        """Keep new versions; where one stands already it stays, and is what comes back."""
        wanted = list(made)

        def work(db: sqlite3.Connection) -> list[Derivative]:
            rows = [(id_bytes(one.original), one.transforms, id_bytes(one.id), one.salt, at_ms) for one in wanted]
            db.executemany("INSERT OR IGNORE INTO derived VALUES (?, ?, ?, ?, ?)", rows)
            out = []
            for raw, name, *_ in rows:
                sql = "SELECT id, salt FROM derived WHERE original = ? AND transforms = ?"
                held = db.execute(sql, (raw, name)).fetchone()
                out.append(Derivative(raw.hex(), name, held[0].hex(), held[1]))
            return out

        return self._database.change(work)

    def versions(self, original: str) -> list[Derivative]:
        """All derived versions of an original: a recall must follow each."""
        rows = self._database.rows("SELECT transforms, id, salt FROM derived WHERE original = ?", id_bytes(original))
        return [Derivative(original, name, raw.hex(), salt) for name, raw, salt in rows]

    def original(self, derived: str) -> str | None:
        """What a derived record was made of; only its maker can tell."""
        found = self._database.row("SELECT original FROM derived WHERE id = ?", id_bytes(derived))
        return found[0].hex() if found else None


class Tombstone(NamedTuple):
    """A recalled record: what is to be done with it (hide, delete, annotate) and by which recall."""

    id: str
    action: str
    reason: str
    recall: str
    at_ms: int


class Tombstones:
    """Recalled records. One stands also for a record that comes only later, by another way."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, stones: Iterable[Tombstone]) -> None:
        """Set tombstones; a later recall of the same record takes the place of an earlier one."""
        rows = [(id_bytes(s.id), s.action, s.reason, id_bytes(s.recall), s.at_ms) for s in stones]
        sql = "INSERT OR REPLACE INTO tombstone VALUES (?, ?, ?, ?, ?)"

        def work(db: Connection) -> None:
            db.executemany(sql, rows)
            for state, some in ((THERE, [r[0] for r in rows if r[1] == "annotate"]),
                                (RECALLED, [r[0] for r in rows if r[1] != "annotate"])):  # fmt: skip
                touched(db, db.names.find(db, some).values(), state)

        self._database.change(work)

    def remove(self, record_ids: Iterable[str]) -> None:
        """Take tombstones away, where a recall was refused here; a name without one is passed over."""
        rows = [(id_bytes(name),) for name in record_ids]

        def work(db: Connection) -> None:
            db.executemany("DELETE FROM tombstone WHERE id = ?", rows)
            touched(db, db.names.find(db, [r[0] for r in rows]).values(), THERE)

        self._database.change(work)

    def of(self, record_ids: Iterable[str]) -> dict[str, Tombstone]:
        """Tombstones of those records that have one."""
        wanted, out = [id_bytes(name) for name in record_ids], {}
        for at in range(0, len(wanted), _CHUNK):
            part = wanted[at : at + _CHUNK]
            marks = ",".join("?" * len(part))
            sql = f"SELECT id, action, reason, recall, at_ms FROM tombstone WHERE id IN ({marks})"  # noqa: S608 marks only
            for raw, action, reason, recall, at_ms in self._database.rows(sql, *part):
                out[raw.hex()] = Tombstone(raw.hex(), action, reason, recall.hex(), at_ms)
        return out


class Aside(NamedTuple):
    """Bytes set aside unread, with the reason."""

    number: int
    at_ms: int
    peer: str
    log: str
    reason: str
    data: bytes


_GIVES_WAY: Final = (
    "SELECT number, length(bytes) FROM quarantine WHERE peer = (SELECT peer FROM quarantine GROUP BY peer"
    " ORDER BY sum(length(bytes)) * 1.0 / ? + count(*) * 1.0 / ? DESC LIMIT 1) ORDER BY number LIMIT 1"
)


class Quarantine:
    """Bytes that were refused, for a person to look at.

    Bounded by count and by size: the oldest give way of the party that takes most room, so that one which sends rubbish
    pushes out nothing of another.
    """

    def __init__(self, database: Database, rows: int = QUARANTINE_ROWS, size: int = QUARANTINE_BYTES) -> None:
        self._database, self._rows, self._size = database, rows, size

    def put(self, peer: str, log: str, reason: str, data: bytes, at_ms: int) -> None:
        """Set bytes aside."""
        row = (at_ms, peer, log[:300], reason[:1000], len(data), data[: self._size])

        def work(db: sqlite3.Connection) -> None:
            db.execute("INSERT INTO quarantine (at_ms, peer, log, reason, size, bytes) VALUES (?, ?, ?, ?, ?, ?)", row)
            count, total = db.execute("SELECT count(*), sum(length(bytes)) FROM quarantine").fetchone()
            while count > 1 and (count > self._rows or total > self._size):
                oldest = db.execute(_GIVES_WAY, (self._size, self._rows)).fetchone()
                db.execute("DELETE FROM quarantine WHERE number = ?", oldest[:1])
                count, total = count - 1, total - oldest[1]

        self._database.change(work)

    def list(self, most: int = 1000) -> list[Aside]:
        """The newest, newest first."""
        sql = "SELECT number, at_ms, peer, log, reason, bytes FROM quarantine ORDER BY number DESC LIMIT ?"
        return [Aside(*row) for row in self._database.rows(sql, most)]


class Paper(NamedTuple):
    """A version of something written down: an agreement, a rule set, a list of members, a key manifest."""

    kind: str
    name: str
    version: int
    at_ms: int
    by: str
    data: bytes


class Papers:
    """Versions of agreements and rules: what was in force when something was decided can always be read again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, paper: Paper) -> None:
        """Keep a version; the same again is fine. Raises InputError for other text under a version that is taken."""
        digest = hashlib.sha256(paper.data).digest()

        def work(db: sqlite3.Connection) -> None:
            key = (paper.kind, paper.name, paper.version)
            sql = "SELECT digest FROM paper WHERE kind = ? AND name = ? AND version = ?"
            held = db.execute(sql, key).fetchone()
            if held is None:
                sql = "INSERT INTO paper (kind, name, version, at_ms, by, digest, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)"
                db.execute(sql, (*key, paper.at_ms, paper.by, digest, paper.data))
            elif held[0] != digest:
                raise InputError(
                    f"version {paper.version} of {paper.name} says something else", hint="give it a new number"
                )  # fmt: skip

        self._database.change(work)

    def versions(self, kind: str, name: str = "") -> list[Paper]:
        """All versions of one paper, or of all of a kind, oldest first."""
        sql = "SELECT kind, name, version, at_ms, by, bytes FROM paper WHERE kind = ?1 AND (?2 = '' OR name = ?2)"
        return [Paper(*row) for row in self._database.rows(f"{sql} ORDER BY name, version", kind, name)]

    def kinds(self) -> list[str]:
        """Every kind of which there are papers."""
        return [kind for (kind,) in self._database.rows("SELECT DISTINCT kind FROM paper ORDER BY kind")]

    def count(self, kind: str) -> int:
        """How many papers of a kind there are; goes up with each, so a reader sees whether something came."""
        found = self._database.row("SELECT count(*) FROM paper WHERE kind = ?", kind)
        return int(found[0]) if found else 0

    def by_digest(self, digest: str) -> Paper | None:
        """The paper whose bytes have this SHA-256, for instance the rule set that a decision names."""
        sql = "SELECT kind, name, version, at_ms, by, bytes FROM paper WHERE digest = ?"
        found = self._database.row(sql, id_bytes(digest))
        return Paper(*found) if found else None


class Nonces:
    """Nonces of signed requests, kept over a restart, so that a recorded request is refused when it is played again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def first_time(self, peer: str, nonce: bytes, now_ms: int, keep_ms: int) -> bool:
        """Whether this nonce of a peer is new; forgets those older than ``keep_ms``."""

        def work(db: sqlite3.Connection) -> bool:
            db.execute("DELETE FROM nonce WHERE at_ms < ?", (now_ms - keep_ms,))
            return db.execute("INSERT OR IGNORE INTO nonce VALUES (?, ?, ?)", (peer, nonce, now_ms)).rowcount == 1

        return self._database.change(work)


class Notes:
    """What a part of the node must remember together with what it did: state as bytes, by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> bytes | None:
        """A note, or None."""
        found = self._database.row("SELECT value FROM meta WHERE key = ?", f"note:{name}")
        return bytes(found[0]) if found else None

    def put(self, notes: Mapping[str, bytes]) -> None:
        """Keep notes, in place of earlier ones of these names."""
        self._database.change(lambda db: note(db, notes))


def note(db: sqlite3.Connection, notes: Mapping[str, bytes]) -> None:
    """Keep notes inside a transaction."""
    rows = [(f"note:{name}", data) for name, data in notes.items()]
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
