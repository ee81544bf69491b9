"""What was received: a verified page becomes records, entries, tree, checkpoint and cursor in one transaction.

``share.verify`` judges a page against what ``seen`` says is held; ``take`` keeps it only if that is still what is held.
Two pages that come at once, one pulled and one pushed, are thus judged one after the other.
"""

from __future__ import annotations

import shutil
import sqlite3
from typing import Final, NamedTuple

from kizuna.base.errors import TrustError, UnavailableError
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import parse_name
from kizuna.share.sync.taking import MovedError
from kizuna.share.verify import Accepted, Seen
from kizuna.stores.shared import books, logs, nodes
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.logs import Entry, LogState, Run
from kizuna.stores.shared.names import Connection

FREE_BYTES_LEAST: Final = 256 << 20
"""With less left on the disk nothing is taken from partners: the rest is for our own rows, decisions and audit."""


class Arrival(NamedTuple):
    """An entry as a consumer reads it: ``number`` goes up with the coming, in this store alone."""

    number: int
    log: str
    entry: Entry


class Inbox:
    """Logs of side ``in``: the shelf of ``share.sync.taking``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: dict[str, int] = {}

    def seen(self, name: str) -> Seen:
        """What is held of a log, as verification wants it. Raises TrustError where it is halted."""

        def work(db: sqlite3.Connection) -> Seen:
            state = logs.find(db, name)
            if state is None:
                return Seen(parse_name(name))
            _going(state)
            head = read_checkpoint(state.head)[0] if state.head else None
            return Seen(parse_name(name), nodes.frontier(db, state.number, state.size), head, state.head or b"")

        return self._database.read(work)

    def take(self, peer: str, page: Accepted, at_ms: int) -> int:
        """Keep a verified page; the cursor after it. A page of which all was held changes nothing but the checkpoint.

        Raises MovedError (judge again), TrustError for a log that is halted or of another peer, UnavailableError when
        the disk is full, or nearly: what partners send never takes the last of it.
        """
        self._check_room()
        name = page.seen.name
        run = Run(page.records, page.nodes, page.salts, dict(page.set_aside))

        def work(db: Connection) -> int:
            state = logs.opened(db, str(name), logs.IN, peer, name.lane)
            _going(state)
            if state.size + len(page.records) != page.seen.size:
                raise MovedError("the log went on meanwhile", where=str(name), hint="judge the page again")
            cursor = logs.extend(db, state, run) if page.records else state.size
            if page.records:
                _signed(db, state, page.signer)
            db.executemany(_TELL, [(size, log, size) for log, size in self._told.items()])
            if page.seen.head and page.seen.note != state.head:
                logs.put_head(db, state, page.seen.head.size, page.seen.note, at_ms)
            return cursor

        cursor = self._database.change(work)
        self._told.clear()
        return cursor

    def _check_room(self) -> None:
        free = shutil.disk_usage(self._database.path.parent).free
        if free < FREE_BYTES_LEAST:
            raise UnavailableError(f"the disk is nearly full: {free >> 20} MiB left", hint="try again later")

    def nodes(self, name: str) -> logs.NodesOf:
        """Stored nodes of a log's tree."""
        return logs.NodesOf(self._database, name)

    def halt(self, name: str, reason: str) -> None:
        """Stop a log until a person resumes it; a reason that stands already is kept."""
        logs.Logs(self._database).halt(name, reason)

    def refuse(self, peer: str, name: str, reason: str, data: bytes, at_ms: int) -> None:
        """Put refused bytes into quarantine."""
        books.Quarantine(self._database).put(peer, name, reason, data, at_ms)

    def signers(self, name: str) -> list[tuple[int, bytes]]:
        """Page keys under which a log was received, each from its first entry on (``KeyRing.doubtful``)."""
        sql = "SELECT s.first, s.key FROM signer s JOIN log l USING (log) WHERE l.name = ? ORDER BY s.first"
        return [(first, key) for first, key in self._database.rows(sql, name)]

    def owed(self, peer: str) -> list[LogState]:
        """Logs of a peer of which more is held than it has our receipt for."""
        held = logs.Logs(self._database).all(logs.IN, peer)
        return [state for state in held if max(state.told, self._told.get(state.name, 0)) < state.size]

    def told(self, log: str, size: int) -> None:
        """The peer has our receipt over ``size`` entries.

        It is written with the next page: a commit for it alone would double the cost of a page. What is forgotten by a
        crash in between is a receipt sent twice.
        """
        self._told[log] = max(size, self._told.get(log, 0))

    def arrived(self, after: int, most: int) -> list[Arrival]:
        """Entries of all received logs in the order of their coming: what a consumer reads on from ``after``.

        Numbers have holes. Entries with a reason in ``aside`` are among them and must not be interpreted.
        """
        sql = (
            "SELECT e.entry, e.log, e.n, r.id, r.bytes, CASE WHEN r.bytes IS NULL THEN "
            "(SELECT k.commitment FROM kept k WHERE k.log = e.log AND k.n = e.n) END, e.aside "
            "FROM entry e LEFT JOIN record r USING (rec) WHERE e.entry > ? AND +e.log IN "
            "(SELECT log FROM log WHERE side = 'in') ORDER BY e.entry LIMIT ?"
        )

        def work(db: sqlite3.Connection) -> list[Arrival]:
            names = dict(db.execute("SELECT log, name FROM log").fetchall())
            return [
                Arrival(number, names[log], Entry(n, raw.hex() if raw else None, data, kept, aside))
                for number, log, n, raw, data, kept, aside in db.execute(sql, (after, most))
            ]

        return self._database.read(work)


_TELL: Final = "UPDATE log SET told = ? WHERE name = ? AND told < ?"


def _signed(db: sqlite3.Connection, state: LogState, key: bytes) -> None:
    """Keep from which entry on another key signed."""
    sql = "SELECT key FROM signer WHERE log = ? ORDER BY first DESC LIMIT 1"
    if db.execute(sql, (state.number,)).fetchone() != (key,):
        db.execute("INSERT INTO signer VALUES (?, ?, ?)", (state.number, state.size, key))


def _going(state: LogState) -> None:
    if state.halted:
        raise TrustError(f"is halted: {state.halted}", where=state.name, hint="a person must resume it")
