"""Logs: what was told to each audience (side ``out``) and what each origin told us (side ``in``).

A log has a name, a lane, a size, a tree of leaf hashes and the newest checkpoint. Entries are numbered without a hole
from 0. The cursor of a received log *is* its size: there is no second number that could disagree with it, and an
interrupted transfer goes on from there. No time takes part in any order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kizuna.base.errors import InputError, TrustError
from kizuna.share.ledger.merkle import Frontier
from kizuna.share.ledger.salts import Salts
from kizuna.share.page import Erased
from kizuna.stores.shared import nodes, records, salts
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.names import Connection
from kizuna.stores.shared.nodes import LogNodes

OUT: Final = "out"
IN: Final = "in"
_NAMES: Final = "name, side, peer, lane, size, head_size, head, told, halted, log"


class Entry(NamedTuple):
    """One entry of a log. Erased here: ``data`` None, ``commitment`` in its place. Erased before it came: no ``id``.

    ``aside``: why it must not be interpreted (another context, not a record); None where it may.
    """

    n: int
    id: str | None
    data: bytes | None
    commitment: bytes | None
    aside: str | None = None

    @property
    def sent(self) -> bytes | Erased:
        """What a page carries of it."""
        return Erased(self.commitment or b"") if self.data is None else self.data


class LogState(NamedTuple):
    """Where a log stands.

    ``size``: entries held, the cursor of a received log. ``head``: newest checkpoint, over ``head_size`` entries.
    ``told``: up to where the peer has our acknowledgement. ``halted``: why nothing goes on; empty where all is well.
    """

    name: str
    side: str
    peer: str
    lane: str
    size: int
    head_size: int
    head: bytes | None
    told: int
    halted: str
    number: int


class Run(NamedTuple):
    """A run of entries to be appended.

    ``nodes``: what ``merkle.append`` hands out for them. ``salts``: seeds of numbers of which nothing is known yet:
    those of a whole new log, or what a page brought. ``aside``: entries not to be interpreted, by number, and why.
    """

    records: Sequence[bytes | Erased]
    nodes: Sequence[bytes]
    salts: Salts
    aside: Mapping[int, str] = {}


class NodesOf:
    """Nodes of one log by their number."""

    def __init__(self, database: Database, name: str) -> None:
        self._database, self._name = database, name

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Return the hashes of these node numbers, all of one state."""
        return self._database.read(lambda db: LogNodes(db, must(db, self._name).number).read(numbers))


class Logs:
    """Reading of both sides; outbox and inbox write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, side: str = "", peer: str = "") -> list[LogState]:
        """All logs, those of one side or of one peer."""
        sql = f"SELECT {_NAMES} FROM log WHERE (?1 = '' OR side = ?1) AND (?2 = '' OR peer = ?2) ORDER BY log"  # noqa: S608
        return [LogState(*row) for row in self._database.rows(sql, side, peer)]

    def state(self, name: str) -> LogState | None:
        """One log, or None."""
        return self._database.read(lambda db: find(db, name))

    def entries(self, name: str, after: int, *, most: int, max_bytes: int) -> list[Entry]:
        """Entries from number ``after`` on, up to ``most`` and to ``max_bytes`` of records, but at least one."""
        return self._database.read(lambda db: read(db, must(db, name), after, most=most, max_bytes=max_bytes))

    def nodes(self, name: str) -> NodesOf:
        """The nodes of a log's tree, as proofs read them (``share.ledger.merkle.Nodes``)."""
        return NodesOf(self._database, name)

    def frontier(self, name: str) -> Frontier:
        """The tree of a log as it stands; the empty one for a log that is not there yet."""

        def work(db: sqlite3.Connection) -> Frontier:
            state = find(db, name)
            return nodes.frontier(db, state.number, state.size) if state else Frontier()

        return self._database.read(work)

    def salts(self, name: str, first: int, count: int) -> Salts:
        """The fewest seeds that give the salts of these entries and of no other."""
        return self._database.read(lambda db: salts.known(db, must(db, name).number, first, count))

    def checkpoints(self, name: str, after: int = -1) -> list[tuple[int, int, bytes]]:
        """Checkpoints kept of a log with a size above ``after``: (size, when it came or was made, note)."""
        sql = "SELECT c.size, c.at_ms, c.note FROM checkpoint c JOIN log l USING (log) WHERE l.name = ? AND c.size > ?"
        return [(size, at_ms, note) for size, at_ms, note in self._database.rows(f"{sql} ORDER BY c.size", name, after)]

    def resume(self, name: str, by: str) -> None:
        """Take a halt away, by a person's decision. What halted it stays where it was decided: in the desk's log."""
        if not by:
            raise InputError("a person resumes a log", where=name)
        self._database.change(lambda db: db.execute("UPDATE log SET halted = '' WHERE name = ?", (name,)) and None)

    def halt(self, name: str, reason: str) -> None:
        """Stop a log until a person resumes it; a reason that stands already is kept."""
        sql = "UPDATE log SET halted = ? WHERE name = ? AND halted = ''"
        self._database.change(lambda db: db.execute(sql, (reason, name)) and None)


def read(db: sqlite3.Connection, state: LogState, after: int, *, most: int, max_bytes: int) -> list[Entry]:
    """Entries of a log, inside a transaction; see ``Logs.entries``."""
    sql = "SELECT e.n, r.id, r.bytes, k.commitment, e.aside FROM entry e LEFT JOIN record r USING (rec)"
    sql += " LEFT JOIN kept k ON k.log = e.log AND k.n = e.n WHERE e.log = ? AND e.n >= ? ORDER BY e.n LIMIT ?"
    out: list[Entry] = []
    total = 0
    for n, raw, data, commitment, aside in db.execute(sql, (state.number, after, most)):
        total += len(data or commitment)
        if out and total > max_bytes:
            break
        out.append(Entry(n, raw.hex() if raw else None, data, commitment, aside))
    return out


def find(db: sqlite3.Connection, name: str) -> LogState | None:
    """The log of a name, inside a transaction."""
    row = db.execute(f"SELECT {_NAMES} FROM log WHERE name = ?", (name,)).fetchone()  # noqa: S608  own text
    return LogState(*row) if row else None


def must(db: sqlite3.Connection, name: str) -> LogState:
    """The log of a name; raises InputError where there is none."""
    found = find(db, name)
    if found is None:
        raise InputError("no such log", where=name)
    return found


def opened(db: sqlite3.Connection, name: str, side: str, peer: str, lane: str) -> LogState:
    """The log of a name, made where there is none. Raises TrustError where it belongs to another peer or side."""
    found = find(db, name)
    if found is None:
        db.execute("INSERT INTO log (name, side, peer, lane) VALUES (?, ?, ?, ?)", (name, side, peer, lane))
        found = must(db, name)
    if (found.side, found.peer) != (side, peer):
        raise TrustError(f"is a log of {found.peer}, side {found.side}; {peer} has no part in it", where=name)
    return found


def extend(db: Connection, state: LogState, run: Run) -> int:
    """Put entries behind a log, with records and tree; its new size."""
    erased = [(n, one) for n, one in enumerate(run.records, state.size) if isinstance(one, Erased)]
    numbers = records.insert(db, [one for one in run.records if not isinstance(one, Erased)])
    if isinstance(numbers, range) and not erased:  # each once and new: 1.3 us a record less
        sql = (
            "INSERT INTO entry (log, n, rec) SELECT ?, rec + ?, rec FROM record WHERE rec >= ? AND rec < ? ORDER BY rec"
        )
        db.execute(sql, (state.number, state.size - numbers.start, numbers.start, numbers.stop))
        aside = [(why, state.number, n) for n, why in run.aside.items()]
        db.executemany("UPDATE entry SET aside = ? WHERE log = ? AND n = ?", aside)
    else:
        rest = iter(numbers)
        rows = [
            (state.number, n, None if isinstance(one, Erased) else next(rest), run.aside.get(n))
            for n, one in enumerate(run.records, state.size)
        ]
        db.executemany("INSERT INTO entry (log, n, rec, aside) VALUES (?, ?, ?, ?)", rows)
    kept = [(state.number, n, one.commitment) for n, one in erased]
    db.executemany("INSERT INTO kept VALUES (?, ?, ?)", kept)
    salts.add(db, state.number, run.salts)
    nodes.append(db, state.number, state.size, run.nodes)
    size = state.size + len(run.records)
    db.execute("UPDATE log SET size = ? WHERE log = ?", (size, state.number))
    return size


def put_head(db: sqlite3.Connection, state: LogState, size: int, note: bytes, at_ms: int) -> None:
    """Keep a checkpoint; the newest becomes the head."""
    db.execute("INSERT OR IGNORE INTO checkpoint VALUES (?, ?, ?, ?)", (state.number, size, at_ms, note))
    if size >= state.head_size:
        db.execute("UPDATE log SET head = ?, head_size = ? WHERE log = ?", (note, size, state.number))
