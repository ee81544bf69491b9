"""What TAXII clients read: rows of views, each in the order of arrival, found by index however many there are.

One SQLite file (WAL) per context. A view belongs to one partner; a collection of it to one community. Sequence numbers
and times of addition are counted in each view alone. ``date_added`` is the time of arrival, or one microsecond after
the row before where that is later: unique and increasing, whatever the clock does. Posts wait in quarantine.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kizuna.base.errors import ContextError, UnavailableError
from kizuna.formats.stix import head
from kizuna.formats.taxii.requests import ALL, FIRST, LAST, Want, of_stamp, stamp
from kizuna.formats.taxii.view import Collection, Row

_SCHEMA: Final = """
CREATE TABLE about (context TEXT NOT NULL, format INTEGER NOT NULL);
CREATE TABLE item (
  view TEXT NOT NULL, collection TEXT NOT NULL, seq INTEGER NOT NULL, added_us INTEGER NOT NULL,
  object_id TEXT NOT NULL, version TEXT NOT NULL, version_us INTEGER NOT NULL, type TEXT NOT NULL,
  spec TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (view, seq)) WITHOUT ROWID;
CREATE INDEX item_order ON item (view, collection, seq);
CREATE INDEX item_added ON item (view, collection, added_us);
CREATE UNIQUE INDEX item_version ON item (view, collection, object_id, version_us, spec);
CREATE INDEX item_body ON item (body);
CREATE TABLE body (hash TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY, view TEXT NOT NULL, collection TEXT NOT NULL, post TEXT NOT NULL, object_id TEXT NOT NULL,
  version TEXT NOT NULL, data BLOB NOT NULL, at_us INTEGER NOT NULL, state TEXT NOT NULL);
CREATE INDEX quarantine_post ON quarantine (view, post);
"""
_FORMAT: Final = 1
WAITING_MOST: Final = 10_000
"""Objects of one view that may wait in quarantine; further posts are refused until a person has looked."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One posted object that a person must look at."""

    number: int
    view: str
    collection: str
    object_id: str
    data: bytes
    at_us: int


class Shelf:
    """An open shelf; any number of threads may call it."""

    def __init__(self, path: Path, *, context: str, now_us: Callable[[], int]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._now_us = now_us
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        known = self._db.execute("SELECT count(*) FROM sqlite_master WHERE name='about'").fetchone()[0]
        if not known:
            self._db.executescript(f"BEGIN;{_SCHEMA}COMMIT;")
            self._db.execute("INSERT INTO about VALUES (?, ?)", (context, _FORMAT))
        found = self._db.execute("SELECT context FROM about").fetchone()[0]
        if found != context:
            self._db.close()
            raise ContextError(f"belongs to {found}, not to {context}", where=str(path))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def add(self, view: str, collection: str, objects: Iterable[bytes]) -> int:
        """Put objects into a collection, in this order; those that are there in that version already are left out.

        All or none. Returns how many are new. Raises InputError for what is no STIX object.
        """
        rows = [(head(data), data) for data in objects]
        new = 0
        with self._lock, _Whole(self._db):
            found = self._db.execute("SELECT max(seq), max(added_us) FROM item WHERE view = ?", (view,)).fetchone()
            seq, added_us = found[0] or 0, found[1] or 0
            for (object_id, version, kind, spec), data in rows:
                at = (view, collection, object_id)
                version_us = of_stamp(version)
                bounds = self._db.execute(
                    "SELECT min(version_us), max(version_us), max(version_us = ? AND spec = ?) FROM item"
                    " INDEXED BY item_version WHERE view = ? AND collection = ? AND object_id = ?",
                    (version_us, spec, *at),
                ).fetchone()  # fmt: skip
                if bounds[2]:
                    continue
                first = bounds[0] is None or version_us < bounds[0]
                last = bounds[1] is None or version_us >= bounds[1]
                for name, holds in (("first", first), ("last", last)):
                    if holds and bounds[0] is not None:
                        self._db.execute(
                            f"UPDATE item INDEXED BY item_version SET {name} = 0 WHERE view = ?"  # noqa: S608  a constant
                            " AND collection = ? AND object_id = ?", at,
                        )  # fmt: skip
                seq, added_us, new = seq + 1, max(added_us + 1, self._now_us()), new + 1
                digest = hashlib.sha256(data).hexdigest()
                self._db.execute("INSERT OR IGNORE INTO body VALUES (?, ?)", (digest, data))
                self._db.execute(
                    "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (view, collection, seq, added_us, object_id, version, version_us, kind, spec, first, last, digest),
                )
        return new

    def take_back(self, view: str, object_id: str) -> int:
        """Remove every version of an object from a view: its originator recalled it. How many versions went."""
        with self._lock, _Whole(self._db):
            went = self._db.execute(
                "DELETE FROM item WHERE view = ? AND object_id = ? RETURNING body", (view, object_id)
            )
            hashes = [row[0] for row in went.fetchall()]
            for digest in hashes:
                self._db.execute(
                    "DELETE FROM body WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM item WHERE body = ?)",
                    (digest, digest),
                )
        return len(hashes)

    def rows(self, view: str, collection: str, want: Want) -> list[Row]:
        """Rows of a collection by sequence number, at most ``want.limit + 1``."""
        where, given = ["view = ?", "collection = ?", "seq > ?"], [view, collection, want.after]
        if want.added_after_us is not None:
            where.append("added_us > ?")
            given.append(want.added_after_us)
        for column, words in (("object_id", want.ids), ("type", want.types), ("spec", want.specs)):
            if words:
                where.append(f"{column} IN ({','.join('?' * len(words))})")
                given += sorted(words)
        exact = sorted(of_stamp(v) for v in want.versions if v not in (FIRST, LAST, ALL))
        any_of = [name for name in (FIRST, LAST) if name in want.versions]
        if exact:
            any_of.append(f"version_us IN ({','.join('?' * len(exact))})")
            given += exact
        if any_of and ALL not in want.versions:
            where.append(f"({' OR '.join(any_of)})")
        with self._lock:
            found = self._db.execute(
                f"SELECT seq, added_us, object_id, version, spec, data FROM item JOIN body ON hash = body"  # noqa: S608
                f" WHERE {' AND '.join(where)} ORDER BY seq LIMIT ?", (*given, want.limit + 1),
            ).fetchall()  # fmt: skip
        return [Row(*row) for row in found]

    # ---- posts ----------------------------------------------------------------------------------------------------
    def post(self, view: str, collection: str, objects: Sequence[tuple[str, str, bytes]]) -> str:
        """Put posted objects into quarantine; the id of the status. Raises UnavailableError when too many wait."""
        now_us = self._now_us()
        digest = hashlib.sha256(b"\n".join([view.encode(), collection.encode(), *(d for *_, d in objects)]))
        post = digest.hexdigest()[:32]
        with self._lock, _Whole(self._db):
            if self._db.execute("SELECT 1 FROM quarantine WHERE view = ? AND post = ?", (view, post)).fetchone():
                return post
            waits = self._db.execute("SELECT count(*) FROM quarantine WHERE view = ? AND state = 'waiting'", [view])
            if waits.fetchone()[0] + len(objects) > WAITING_MOST:
                raise UnavailableError("too much waits in quarantine", hint="a person at the node must look first")
            self._db.executemany(
                "INSERT INTO quarantine VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, 'waiting')",
                [(view, collection, post, i, v, d, now_us) for i, v, d in objects],
            )
        return post

    def status(self, view: str, status_id: str) -> Mapping[str, Any] | None:
        """A TAXII status resource (section 4.3), or None where this view posted nothing of that id."""
        with self._lock:
            rows = self._db.execute(
                "SELECT object_id, version, state, at_us FROM quarantine WHERE view = ? AND post = ? ORDER BY id",
                [view, status_id],
            ).fetchall()
        if not rows:
            return None
        lists: dict[str, list[dict[str, str]]] = {"waiting": [], "accepted": [], "refused": []}
        for object_id, version, state, _ in rows:
            lists[state].append({"id": object_id, "version": version})
        return {
            "id": _as_uuid(status_id), "status": "pending" if lists["waiting"] else "complete",
            "request_timestamp": stamp(rows[0][3]), "total_count": len(rows),
            "success_count": len(lists["accepted"]), "successes": lists["accepted"],
            "failure_count": len(lists["refused"]),
            "failures": [{**f, "message": "not taken in"} for f in lists["refused"]],
            "pending_count": len(lists["waiting"]), "pendings": lists["waiting"],
        }  # fmt: skip

    def waiting(self, limit: int = 1000) -> list[Waiting]:
        """Posted objects that a person must look at, oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT id, view, collection, object_id, data, at_us FROM quarantine"
                                    " WHERE state = 'waiting' ORDER BY id LIMIT ?", (limit,)).fetchall()  # fmt: skip
        return [Waiting(*row) for row in rows]

    def judge(self, number: int, *, accepted: bool) -> None:
        """A person's word over a posted object."""
        with self._lock, _Whole(self._db):
            self._db.execute("UPDATE quarantine SET state = ? WHERE id = ? AND state = 'waiting'",
                             ("accepted" if accepted else "refused", number))  # fmt: skip


class ShelfView:
    """The shelf as one partner sees it; what ``formats.taxii.view`` asks."""

    def __init__(self, shelf: Shelf, view: str, collections: Sequence[Collection]) -> None:
        self._shelf, self._view, self._collections = shelf, view, collections

    def collections(self) -> Sequence[Collection]:
        """Collections that the partner may read."""
        return self._collections

    def rows(self, collection: str, want: Want) -> list[Row]:
        """Rows of a collection."""
        return self._shelf.rows(self._view, collection, want)

    def post(self, collection: str, objects: Sequence[tuple[str, str, bytes]]) -> str:
        """Into quarantine."""
        return _as_uuid(self._shelf.post(self._view, collection, objects))

    def status(self, status_id: str) -> Mapping[str, Any] | None:
        """What became of a post."""
        return self._shelf.status(self._view, status_id.replace("-", ""))


def _as_uuid(digest: str) -> str:
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))


class _Whole:
    """A transaction: all of it or nothing. A disk that is full is told as such."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, _: object) -> None:
        if exc is None:
            self._db.execute("COMMIT")
            return
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        if isinstance(exc, sqlite3.OperationalError):
            raise UnavailableError(f"the TAXII shelf cannot be written: {exc}") from exc
