"""What was received: a verified page becomes records, entries, tree, checkpoint and cursor in one transaction.

``share.verify`` judges a page against what ``seen`` says is held; ``take`` keeps it only if that is still what is held.
Two pages that come at once, one pulled and one pushed, are thus judged one after the other.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from kizuna.base.errors import TrustError
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.name import parse_name
from kizuna.share.sync.taking import MovedError
from kizuna.share.verify import Accepted, Seen
from kizuna.stores.shared import books, logs, nodes
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.logs import Entry, LogState, Run


class Arrival(NamedTuple):
    """An entry as a consumer reads it: ``number`` goes up with the coming, in this store alone."""

    number: int
    log: str
    entry: Entry


class Inbox:
    """Logs of side ``in``: the shelf of ``share.sync.taking``."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        the disk is full.
        """
        name = page.seen.name
        run = Run(page.records, page.nodes, page.salts, dict(page.set_aside))

        def work(db: sqlite3.Connection) -> int:
            state = logs.opened(db, str(name), logs.IN, peer, name.lane)
            _going(state)
            if state.size + len(page.records) != page.seen.size:
                raise MovedError("the log went on meanwhile", where=str(name), hint="judge the page again")
            cursor = logs.extend(db, state, run) if page.records else state.size
            if page.seen.head and page.seen.note != state.head:
                logs.put_head(db, state, page.seen.head.size, page.seen.note, at_ms)
            return cursor

        return self._database.change(work)

    def nodes(self, name: str) -> logs.NodesOf:
        """Stored nodes of a log's tree."""
        return logs.NodesOf(self._database, name)

    def halt(self, name: str, reason: str) -> None:
        """Stop a log until a person resumes it; a reason that stands already is kept."""
        logs.Logs(self._database).halt(name, reason)

    def refuse(self, peer: str, name: str, reason: str, data: bytes, at_ms: int) -> None:
        """Put refused bytes into quarantine."""
        books.Quarantine(self._database).put(peer, name, reason, data, at_ms)

    def owed(self, peer: str) -> list[LogState]:
        """Logs of a peer of which more is held than it has our receipt for."""
        return [state for state in logs.Logs(self._database).all(logs.IN, peer) if state.told < state.size]

    def told(self, log: str, size: int) -> None:
        """The peer has our acknowledgement over ``size`` entries."""
        sql = "UPDATE log SET told = ? WHERE name = ? AND told < ?"
        self._database.change(lambda db: db.execute(sql, (size, log, size)) and None)

    def arrived(self, after: int, most: int) -> list[Arrival]:
        """Entries of all received logs in the order of their coming: what a consumer reads on from ``after``.

        Numbers have holes. Entries with a reason in ``aside`` are among them and must not be interpreted.
        """
        sql = (
            "SELECT e.entry, l.name, e.n, r.id, r.bytes, k.commitment, e.aside FROM entry e JOIN log l USING (log) "
            "LEFT JOIN record r USING (rec) LEFT JOIN kept k ON k.log = e.log AND k.n = e.n "
            "WHERE e.entry > ? AND l.side = 'in' ORDER BY e.entry LIMIT ?"
        )
        return [
            Arrival(number, name, Entry(n, raw.hex() if raw else None, data, kept, aside))
            for number, name, n, raw, data, kept, aside in self._database.rows(sql, after, most)
        ]


def _going(state: LogState) -> None:
    if state.halted:
        raise TrustError(f"is halted: {state.halted}", where=state.name, hint="a person must resume it")
