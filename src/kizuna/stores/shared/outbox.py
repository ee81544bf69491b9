"""What was told: appended by the release door, read by whoever carries pages, closed by cosignatures.

Records, entries, tree, checkpoint and decisions of one release are one transaction. A log whose partner has
acknowledged more than it holds was restored from an old backup: it is halted, and refuses every append, until the
owner opens a new epoch. Going on would fork it for ever.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from kizuna.base.errors import InputError, TrustError
from kizuna.stores.shared import decisions, logs
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.logs import Leaves, LogState


class Told(NamedTuple):
    """One release: ``run`` goes to ``log`` from number ``first`` on; ``note`` is the checkpoint over all of it."""

    log: str
    audience: str
    lane: str
    first: int
    run: Leaves
    note: bytes


class Acked(NamedTuple):
    """A cosignature of ours: ``witness`` had everything up to ``size``."""

    witness: str
    size: int
    at_ms: int
    note: bytes


class Outbox:
    """Logs of side ``out``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, told: Sequence[Told], at_ms: int, decided: Sequence[decisions.Decided] = ()) -> dict[str, int]:
        """Keep releases and the decisions behind them, all or nothing; the new size of each log.

        Raises InputError where somebody else appended first (read the frontier again), TrustError for a halted log.
        """

        def work(db: sqlite3.Connection) -> dict[str, int]:
            sizes = {}
            for one in told:
                state = _ready(db, one)
                sizes[one.log] = size = logs.extend(db, state, one.run)
                logs.put_head(db, state, size, one.note, at_ms)
            decisions.add(db, decided, at_ms)
            return sizes

        return self._database.change(work)

    def acknowledged(self, log: str, acked: Acked) -> None:
        """Keep a cosignature that was checked. One above our own size halts the log: see ``behind``."""

        def work(db: sqlite3.Connection) -> None:
            state = logs.must(db, log)
            row = (state.number, acked.witness, acked.size, acked.at_ms, acked.note)
            db.execute("INSERT OR IGNORE INTO ack VALUES (?, ?, ?, ?, ?)", row)
            if acked.size > state.size:
                reason = f"{acked.witness} acknowledged {acked.size} entries, this store holds {state.size}"
                db.execute("UPDATE log SET halted = ? WHERE log = ?", (reason, state.number))

        self._database.change(work)

    def acks(self, log: str) -> dict[str, Acked]:
        """Newest acknowledgement of each witness."""
        sql = (
            "SELECT a.witness, max(a.size), a.at_ms, a.note FROM ack a JOIN log l USING (log) WHERE l.name = ? "
            "GROUP BY a.witness"
        )
        return {row[0]: Acked(*row) for row in self._database.rows(sql, log)}

    def behind(self) -> list[str]:
        """Logs that were restored from an old backup, as far as the acknowledgements held here and halts show."""
        return [state.name for state in logs.Logs(self._database).all(logs.OUT) if state.halted]


def _ready(db: sqlite3.Connection, told: Told) -> LogState:
    state = logs.opened(db, told.log, logs.OUT, told.audience, told.lane)
    if state.halted:
        raise TrustError(
            f"is halted: {state.halted}", where=told.log,
            hint="a backup was restored; open a new epoch with a statement signed by the root key",
        )  # fmt: skip
    if state.size != told.first:
        raise InputError(f"stands at {state.size}, not at {told.first}", where=told.log, hint="read it again and retry")
    return state
