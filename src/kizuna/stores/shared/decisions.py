"""The private log of every decision, also of "withheld": who was to get what, what was decided, by which rules.

A row holds all records of one batch about which the same was decided for the same audience, so that the millions of
"withheld" by default cost 32 bytes each. Rows are chained: ``chain = SHA-256(0x02 || chain before || SHA-256(row) ||
SHA-256(ids))``. ``verify`` recomputes the chain from the first row, so an edit, a removal or an insertion anywhere is
found; that rows were cut off at the end is found against an anchor (``head``) that was kept elsewhere, for instance in
the checkpoints that partners cosign. Nothing of this log is ever released.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from kizuna.base.errors import InputError
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.names import Connection
from kizuna.stores.shared.records import id_bytes
from kizuna.stores.shared.register import tables

_START: Final = bytes(32)
_ID: Final = 32


class Decided(NamedTuple):
    """One decision over ``ids`` (record ids): ``verdict`` release or withhold, and why.

    ``rules``: ids of the rules that gave it; ``transforms``: what was done; ``policy``: hash of the rule set, hex.
    ``at``: log and number of the first of the records where they were released, for finding it; not in the chain.
    """

    to: str
    verdict: str
    ids: Sequence[str]
    rules: Sequence[str] = ()
    transforms: Sequence[str] = ()
    policy: str = ""
    why: str = ""
    at: tuple[str, int] | None = None


class Line(NamedTuple):
    """A row of the log: its number, when it was written, what was decided."""

    n: int
    at_ms: int
    decided: Decided


class Decisions:
    """The log. Written together with releases by the outbox, or by ``add`` where nothing left."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, decided: Sequence[Decided], at_ms: int) -> None:
        """Append decisions of a batch of which nothing was released."""
        self._database.change(lambda db: add(db, decided, at_ms))

    def head(self) -> tuple[int, bytes]:
        """Number of rows and the chain's last value: the anchor to keep elsewhere."""
        found = self._database.row("SELECT n, chain FROM decision ORDER BY n DESC LIMIT 1")
        return (found[0], bytes(found[1])) if found else (0, _START)

    def verify(self, anchors: Iterable[tuple[int, bytes]] = ()) -> list[str]:
        """What is wrong with the log: empty when every row is as it was written and every anchor is met."""
        wanted = dict(anchors)
        wrong: list[str] = []
        chain, expected = _START, 1
        while not wrong:
            sql = "SELECT n, row, ids, chain FROM decision WHERE n >= ? ORDER BY n LIMIT 500"
            rows = self._database.rows(sql, expected)
            for n, row, ids, kept in rows:
                chain = _link(chain, row, ids)
                if n != expected:
                    wrong.append(f"rows {expected} to {n - 1} are missing")
                elif chain != kept:
                    wrong.append(f"row {n} is not what was written, or a row before it was taken out or put in")
                elif wanted.get(n, chain) != chain:
                    wrong.append(f"row {n} differs from an anchor kept elsewhere")
                if wrong:
                    break
                expected = n + 1
            if not rows:
                break
        if not wrong and max(wanted, default=0) >= expected:
            wrong.append(f"rows {expected} to {max(wanted)} were cut off at the end")
        return wrong

    def about(self, record_id: str) -> list[Line]:
        """Every decision about one record, oldest first."""
        raw = id_bytes(record_id)

        def work(db: Connection) -> list[Line]:
            sql = "SELECT d.n, d.row, d.ids FROM named f JOIN decision d ON d.n = f.decision WHERE f.id = ?"
            found = {n: _line(n, row, ids) for n, row, ids in db.execute(sql, (raw,))}
            rec = db.names.find(db, (raw,)).get(raw)
            for log, n in db.execute("SELECT log, n FROM entry WHERE rec = ?", (rec,)).fetchall():
                line = _behind(db, log, n, raw)
                if line is not None:
                    found[line.n] = line
            return [found[n] for n in sorted(found)]

        return self._database.read(work)

    def behind(self, log: int, n: int, record_id: str) -> Line | None:
        """The decision by which an entry of a log of ours (its number in the store) was released."""
        raw = id_bytes(record_id)
        return self._database.read(lambda db: _behind(db, log, n, raw))

    def docket(self, verdict: str, audiences: Iterable[str], before: int, most: int) -> list[Line]:
        """The newest decisions of a verdict about these audiences with a number below ``before``, newest first."""

        def work(db: sqlite3.Connection) -> list[Line]:
            sql = "SELECT decision FROM docket WHERE verdict = ? AND audience = ? AND decision < ?"
            sql += " ORDER BY decision DESC LIMIT ?"
            numbers = {n for a in audiences for (n,) in db.execute(sql, (verdict, a, before, most))}
            newest = sorted(numbers, reverse=True)[:most]
            one = "SELECT n, row, ids FROM decision WHERE n = ?"
            return [_line(*db.execute(one, (n,)).fetchone()) for n in newest]

        return self._database.read(work)

    def audiences(self, verdict: str) -> list[str]:
        """Every audience about which there is a decision of this verdict."""

        def work(db: sqlite3.Connection) -> list[str]:
            out, sql = [""], "SELECT audience FROM docket WHERE verdict = ? AND audience > ? ORDER BY audience LIMIT 1"
            while found := db.execute(sql, (verdict, out[-1])).fetchone():
                out.append(found[0])
            return out[1:]

        return self._database.read(work)

    def lines(self, after: int = 0, most: int = 1000) -> list[Line]:
        """Rows after number ``after``."""
        rows = self._database.rows("SELECT n, row, ids FROM decision WHERE n > ? ORDER BY n LIMIT ?", after, most)
        return [_line(n, row, ids) for n, row, ids in rows]


def _behind(db: sqlite3.Connection, log: int, n: int, raw: bytes) -> Line | None:
    """Decisions of one release lie side by side: the wanted one is among the last that began at ``n`` or before."""
    sql = "SELECT d.n, d.row, d.ids FROM ruled u JOIN decision d ON d.n = u.decision WHERE u.log = ? AND u.n <= ?"
    for found, row, ids in db.execute(f"{sql} ORDER BY u.n DESC, u.decision DESC", (log, n)):
        at = ids.find(raw)
        while at >= 0 and at % _ID:  # a match between two ids
            at = ids.find(raw, at + 1)
        if at >= 0:
            return _line(found, row, ids)
    return None


def add(db: Connection, decided: Sequence[Decided], at_ms: int) -> None:
    """Append rows inside a transaction."""
    found = db.execute("SELECT n, chain FROM decision ORDER BY n DESC LIMIT 1").fetchone() or (0, _START)
    n, chain = int(found[0]), bytes(found[1])
    for one in decided:
        n += 1
        row = msgspec.json.encode(
            [n, at_ms, one.to, one.verdict, list(one.rules), list(one.transforms), one.policy, one.why]
        )  # fmt: skip
        ids = b"".join(id_bytes(name) for name in one.ids)
        chain = _link(chain, row, ids)
        db.execute("INSERT INTO decision VALUES (?, ?, ?, ?)", (n, row, ids, chain))
        tables.note(db, n, one.to, one.verdict, ids, one.at)


def _link(chain: bytes, row: bytes, ids: bytes) -> bytes:
    inner = hashlib.sha256(row).digest() + hashlib.sha256(ids).digest()
    return hashlib.sha256(b"\x02" + chain + inner).digest()


def _line(n: int, row: bytes, ids: bytes) -> Line:
    try:
        _, at_ms, to, verdict, rules, transforms, policy, why = msgspec.json.decode(row)
    except (msgspec.DecodeError, ValueError) as exc:
        raise InputError(f"row {n} of the decisions is damaged", hint="kizuna ledger verify") from exc
    names = [ids[k : k + _ID].hex() for k in range(0, len(ids), _ID)]
    return Line(n, at_ms, Decided(to, verdict, names, tuple(rules), tuple(transforms), policy, why))
