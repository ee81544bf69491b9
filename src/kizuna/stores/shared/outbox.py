"""What was told: appended by the release door, then signed, read by whoever carries pages, closed by receipts.

Records, tree and decisions of one release are one transaction; the head is signed after it, never before. What is not
covered by a signed head yet is not seen by any partner, and ``unsigned`` names it after a crash. A log of which anybody
can show more than it holds was restored from an old backup: it is halted, and refuses every append, until its owner
opens a new epoch. Going on would fork it for ever.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kizuna.base.errors import InputError, TrustError
from kizuna.share.ledger.merkle import Frontier
from kizuna.share.ledger.name import LogName
from kizuna.share.ledger.salts import Salts
from kizuna.share.sync.cutting import Piece
from kizuna.share.verify import Receipt
from kizuna.stores.shared import books, decisions, logs, nodes, salts
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.logs import LogState, Run
from kizuna.stores.shared.names import Connection


class Told(NamedTuple):
    """One release, as the door made it: ``nodes`` of the tree for ``records`` from number ``first`` on."""

    name: LogName
    first: int
    records: Sequence[bytes]
    nodes: Sequence[bytes]
    salts: Salts


class Acked(NamedTuple):
    """A receipt of ours: ``witness`` had everything up to ``size``; its time is the witness's own clock."""

    witness: str
    size: int
    at_ms: int
    note: bytes


class OwnLog(NamedTuple):
    """A log of ours: what ``share.release.Outbox`` is made of."""

    name: LogName
    frontier: Frontier
    salts: Salts


class Outbox:
    """Logs of side ``out``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def log(self, name: LogName) -> OwnLog | None:
        """A log of ours as the release door wants it; None where it was not opened yet."""

        def work(db: sqlite3.Connection) -> OwnLog | None:
            state = logs.find(db, str(name))
            if state is None:
                return None
            rest = salts.known(db, state.number, 0, 1 << 40)
            return OwnLog(name, nodes.frontier(db, state.number, state.size), rest)

        return self._database.read(work)

    def append(
        self, told: Sequence[Told], at_ms: int, decided: Sequence[decisions.Decided] = (),
        notes: Mapping[str, bytes] = {},
    ) -> None:  # fmt: skip
        """Keep releases, the decisions behind them and what the releaser must remember, all or nothing. Sign next.

        Raises InputError where somebody else appended first (read the log again), TrustError for a halted log.
        """

        def work(db: Connection) -> None:
            for one in told:
                state = _ready(db, one.name, one.first)
                new = one.salts if state.size == 0 else Salts({})
                logs.extend(db, state, Run(one.records, one.nodes, new))
            decisions.add(db, decided, at_ms)
            books.note(db, notes)

        self._database.change(work)

    def signed(self, name: str, size: int, head: bytes, at_ms: int) -> None:
        """Keep the signed head over the first ``size`` entries: partners may read that far now."""

        def work(db: sqlite3.Connection) -> None:
            state = logs.must(db, name)
            if size > state.size:
                raise TrustError(f"a head over {size} entries of {state.size}", where=name)
            logs.put_head(db, state, size, head, at_ms)

        self._database.change(work)

    def unsigned(self) -> list[LogState]:
        """Logs that hold more than their head covers: to be signed, for instance after a crash in between."""
        return [state for state in logs.Logs(self._database).all(logs.OUT) if state.head_size < state.size]

    def piece(self, name: LogName, first: int, *, most: int, max_bytes: int) -> Piece:
        """Entries below the signed head from ``first`` on, of up to ``max_bytes`` unpacked, but one at least.

        Raises InputError where there is no such log or no signed head.
        """

        def work(db: sqlite3.Connection) -> Piece:
            state = logs.must(db, str(name))
            if state.head is None or state.side != logs.OUT:
                raise InputError("nothing of it is signed", where=str(name))
            room = min(most, max(0, state.head_size - first))
            records = [one.sent for one in logs.read(db, state, first, most=room, max_bytes=max_bytes)]
            some = salts.known(db, state.number, first, len(records))
            return Piece(records, some, state.head, state.head_size)

        return self._database.read(work)

    def nodes(self, name: str) -> logs.NodesOf:
        """Stored nodes of a log's tree."""
        return logs.NodesOf(self._database, name)

    def acknowledged(self, receipt: Receipt) -> None:
        """Keep a receipt that ``verify`` judged. One beyond our own size halts the log: see ``behind``."""

        def work(db: sqlite3.Connection) -> None:
            state = logs.must(db, str(receipt.name))
            row = (state.number, receipt.partner, receipt.size, receipt.time_s * 1000, receipt.note)
            db.execute("INSERT OR IGNORE INTO ack VALUES (?, ?, ?, ?, ?)", row)
            if receipt.size > state.size:
                reason = f"{receipt.partner} acknowledged {receipt.size} entries, this store holds {state.size}"
                db.execute("UPDATE log SET halted = ? WHERE log = ?", (reason, state.number))

        self._database.change(work)

    def receipts(self, log: str) -> list[tuple[str, int, bytes]]:
        """Every receipt kept of a log: witness, size, note."""
        sql = "SELECT a.witness, a.size, a.note FROM ack a JOIN log l USING (log) WHERE l.name = ? ORDER BY 1, 2"
        return [(witness, size, note) for witness, size, note in self._database.rows(sql, log)]

    def acks(self, log: str) -> dict[str, Acked]:
        """Newest acknowledgement of each witness."""

        def work(db: sqlite3.Connection) -> dict[str, Acked]:
            state, out = logs.find(db, log), {}
            number, witness = state.number if state else -1, ""
            ack = "SELECT witness, size, at_ms, note FROM ack WHERE log = ? AND"
            sql, last = (
                f"{ack} witness > ? ORDER BY witness, size LIMIT 1",
                f"{ack} witness = ? ORDER BY size DESC LIMIT 1",
            )
            while found := db.execute(sql, (number, witness)).fetchone():
                witness = found[0]
                out[witness] = Acked(*db.execute(last, (number, witness)).fetchone())
            return out

        return self._database.read(work)

    def behind(self) -> list[str]:
        """Logs that were restored from an old backup, as far as acknowledgements and halts show."""
        return [state.name for state in logs.Logs(self._database).all(logs.OUT) if state.halted]


def _ready(db: sqlite3.Connection, name: LogName, first: int) -> LogState:
    state = logs.opened(db, str(name), logs.OUT, name.audience, name.lane)
    if state.halted:
        raise TrustError(
            f"is halted: {state.halted}", where=str(name),
            hint="a backup was restored; open a new epoch with a statement signed by the root key",
        )  # fmt: skip
    if state.size != first:
        raise InputError(f"stands at {state.size}, not at {first}", where=str(name), hint="read it again and retry")
    return state
