"""What was received: a verified page becomes records, entries, tree, checkpoint and cursor in one transaction.

A page that comes again changes nothing; one that begins beyond the cursor is refused as a hole; one that overlaps must
say the same where it does, else the log has been forked and is halted with both versions kept.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from kizuna.base.errors import InputError, TrustError
from kizuna.stores.shared import logs, tiles
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.logs import Entry, Leaves, LogState


class HoleError(InputError):
    """A page that begins beyond the cursor: something before it has not come. ``cursor`` is where to go on."""

    def __init__(self, log: str, cursor: int, first: int) -> None:
        super().__init__(f"begins at {first}, the cursor is at {cursor}", where=log, hint=f"ask after {cursor}")
        self.cursor = cursor


class Page(NamedTuple):
    """A page after verification: entries ``first`` onward of ``log``; ``note``: checkpoint over ``size`` entries."""

    log: str
    peer: str
    lane: str
    first: int
    run: Leaves
    size: int
    note: bytes


class Taken(NamedTuple):
    """What became of a page: ``new`` of its records were not here by this log; ``cursor`` is where the log stands."""

    log: str
    first: int
    new: int
    cursor: int


class Inbox:
    """Logs of side ``in``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, page: Page, at_ms: int) -> Taken:
        """Keep a verified page. Raises HoleError, TrustError for a fork, UnavailableError when the disk is full."""
        fork: list[str] = []

        def work(db: sqlite3.Connection) -> Taken:
            state = logs.opened(db, page.log, logs.IN, page.peer, page.lane)
            if state.halted:
                raise TrustError(f"is halted: {state.halted}", where=page.log)
            if page.first > state.size:
                raise HoleError(page.log, state.size, page.first)
            known = min(state.size - page.first, len(page.run.data))
            if tiles.leaves(db, state.number, page.first, page.first + known) != list(page.run.leaves[:known]):
                fork.append(_halt(db, page, state, at_ms))
                return Taken(page.log, state.size, 0, state.size)
            cursor = state.size
            if known < len(page.run.data):
                cursor = logs.extend(db, state, _from(page, known))
            logs.put_head(db, state, page.size, page.note, at_ms)
            return Taken(page.log, state.size, cursor - state.size, cursor)

        taken = self._database.change(work)
        if fork:
            raise TrustError(fork[0], where=page.log, hint="both versions are kept in quarantine; speak with its owner")
        return taken

    def owed(self, peer: str) -> list[LogState]:
        """Logs of a peer of which more is held and covered by a checkpoint than it has our acknowledgement for."""
        held = logs.Logs(self._database).all(logs.IN, peer)
        return [state for state in held if state.head_size <= state.size and state.head_size > state.told]

    def told(self, log: str, size: int) -> None:
        """The peer has our acknowledgement over ``size`` entries."""
        sql = "UPDATE log SET told = ? WHERE name = ? AND told < ?"
        self._database.change(lambda db: db.execute(sql, (size, log, size)) and None)

    def arrived(self, after: int, most: int) -> list[tuple[int, str, Entry]]:
        """Entries of all received logs in the order of their coming: (number, log, entry); ``after`` the last seen.

        This is where a consumer reads on from; the number goes up, with holes, and has to do with this store alone.
        """
        sql = (
            "SELECT e.entry, l.name, e.n, r.id, r.bytes, k.commitment FROM entry e JOIN log l USING (log) "
            "LEFT JOIN record r USING (rec) LEFT JOIN kept k ON k.log = e.log AND k.n = e.n "
            "WHERE e.entry > ? AND l.side = 'in' ORDER BY e.entry LIMIT ?"
        )
        return [
            (number, name, Entry(n, raw.hex() if raw else None, data, kept))
            for number, name, n, raw, data, kept in self._database.rows(sql, after, most)
        ]


def _from(page: Page, known: int) -> Leaves:
    """The part of a page behind its first ``known`` entries."""
    run = page.run
    count = len(run.data) - known
    kept = {k - known: one for k, one in run.commitments.items() if k >= known}
    salts = run.salts if not known else run.salts.cover(page.first + known, count)
    return Leaves(run.data[known:], run.leaves[known:], salts, kept)


def _halt(db: sqlite3.Connection, page: Page, state: LogState, at_ms: int) -> str:
    """Stop a forked log and keep the other version beside it: its checkpoint is the proof against its origin."""
    reason = f"two versions of entries {page.first} to {min(state.size, page.first + len(page.run.data))} are signed"
    db.execute("UPDATE log SET halted = ? WHERE log = ?", (reason, state.number))
    row = (at_ms, page.peer, page.log, "fork", len(page.note), page.note)
    db.execute("INSERT INTO quarantine (at_ms, peer, log, reason, size, bytes) VALUES (?, ?, ?, ?, ?, ?)", row)
    return reason
