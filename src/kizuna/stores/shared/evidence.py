"""What is wrong with the rows of a shared store by themselves, without any key: edits by whoever can write the file.

Each row of evidence says something twice (a record and its hash, an entry and its leaf, a checkpoint and its size, a
paper and its digest), and the two must agree. Signatures and trees are for whoever holds keys (``node.share.trust``),
the decisions for their own chain. Not looked at, for they prove nothing and can be worked out anew: nonces, notes,
tombstones, what was derived, carried or passed on, the register, when something came by our own clock.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Final

from kizuna.base.errors import InputError
from kizuna.base.units import SECOND_MS
from kizuna.share.ledger.checkpoint import read_checkpoint
from kizuna.share.ledger.leaf import header_hash, leaf_of
from kizuna.share.ledger.merkle import number_of
from kizuna.share.ledger.name import LANES, parse_name
from kizuna.share.ledger.note import Note
from kizuna.share.ledger.salts import TOP
from kizuna.stores.shared.database import Database
from kizuna.stores.shared.nodes import LogNodes

SHOWN_MOST: Final = 20
"""Findings of one kind that are named; more say no more."""
_KEY_BYTES: Final = 32
_OF_A_LOG: Final = ("entry", "seed", "kept", "node", "signer", "checkpoint", "ack")
Check = Callable[[sqlite3.Connection], Iterator[str]]


def look(database: Database) -> list[str]:
    """What is wrong, in words; empty where every row agrees with itself and with the others."""
    wrong: list[str] = []
    for check in (_records, _logs, _strays, _entries, _seeds, _kept, _signers, _heads, _receipts, _papers, _quarantine):
        try:
            wrong += database.read(lambda db, check=check: _some(check, db))  # type: ignore[misc]
        except (InputError, ValueError, TypeError, LookupError) as exc:
            wrong.append(f"{check.__name__.strip('_')} cannot be read: {exc}")
    return wrong


def _some(check: Check, db: sqlite3.Connection) -> list[str]:
    out = []
    for words in check(db):
        out.append(words)
        if len(out) == SHOWN_MOST:
            break
    return out


def _records(db: sqlite3.Connection) -> Iterator[str]:
    for rec, raw, size, data, erased_ms, reason in db.execute(
        "SELECT rec, id, size, bytes, erased_ms, reason FROM record"
    ):
        if data is None:
            if erased_ms is None or len(raw) != _KEY_BYTES:
                yield f"record row {rec} has neither bytes nor a note of their erasure"
        elif sha256(data).digest() != raw or len(data) != size or erased_ms is not None or reason is not None:
            yield f"record row {rec} is not what its id, its size or its state says"


def _logs(db: sqlite3.Connection) -> Iterator[str]:
    sql = "SELECT log, name, side, peer, lane, size, head_size, head, told FROM log"
    for log, text, side, peer, lane, size, head_size, head, told in db.execute(sql).fetchall():
        name = parse_name(text)
        held, last = db.execute("SELECT count(*), coalesce(max(n), -1) FROM entry WHERE log = ?", (log,)).fetchone()
        if peer != (name.audience if side == "out" else name.origin) or lane != name.lane or lane not in LANES:
            yield f"{text}: its row says another peer, side or lane"
        if not size == held == last + 1 or not 0 <= told <= size:
            yield f"{text}: {size} entries are said, {held} are held, {told} told"
        if head is None:
            if head_size:
                yield f"{text}: a head over {head_size} records is missing"
        elif (found := read_checkpoint(head)[0]).size != head_size or found.origin != text:
            yield f"{text}: its head is over {found.size} records of {found.origin}, not {head_size}"
        if (
            head_size
            and not db.execute("SELECT 1 FROM checkpoint WHERE log = ? AND size = ?", (log, head_size)).fetchone()
        ):
            yield f"{text}: the checkpoint of its head is missing"


def _strays(db: sqlite3.Connection) -> Iterator[str]:
    for table in _OF_A_LOG:
        sql = f"SELECT count(*) FROM {table} WHERE log NOT IN (SELECT log FROM log)"  # noqa: S608  own names
        (count,) = db.execute(sql).fetchone()
        if count:
            yield f"{count} rows of {table} belong to no log"


def _entries(db: sqlite3.Connection) -> Iterator[str]:
    sql = (
        "SELECT l.name, e.n, e.rec, r.rec, r.bytes IS NULL, k.n FROM entry e JOIN log l USING (log) "
        "LEFT JOIN record r ON r.rec = e.rec LEFT JOIN kept k ON k.log = e.log AND k.n = e.n "
        "WHERE r.rec IS NULL OR r.bytes IS NULL"
    )
    for name, n, rec, found, erased, kept in db.execute(sql):
        if (rec is not None and found is None) or (erased and kept is None):
            yield f"{name}: entry {n} has neither a record nor what is kept of an erased one"
    sql = "SELECT l.name, e.n FROM entry e JOIN log l USING (log) WHERE l.side = 'out' AND e.aside IS NOT NULL"
    for name, n in db.execute(sql):
        yield f"{name}: entry {n} of our own is set aside"


def _seeds(db: sqlite3.Connection) -> Iterator[str]:
    """A seed stands at the beginning of its range, and no two ranges of a log overlap."""
    before = (-1, 0)
    for log, first, level in db.execute("SELECT log, first, level FROM seed ORDER BY log, first"):
        if not 0 <= level <= TOP or first % (1 << level) or (before[0] == log and first < before[1]):
            yield f"log {log}: the seed of salts from {first} on stands where none can"
        before = log, first + (1 << min(level, TOP))


def _kept(db: sqlite3.Connection) -> Iterator[str]:
    """What stays of an erased record must be its leaf."""
    for log, text in db.execute("SELECT log, name FROM log").fetchall():
        nodes, header = LogNodes(db, log), header_hash(text)
        for n, commitment in db.execute("SELECT n, commitment FROM kept WHERE log = ?", (log,)):
            if nodes.read([number_of(0, n)])[0] != leaf_of(commitment, header):
                yield f"{text}: what is kept of the erased record {n} is not its leaf"


def _signers(db: sqlite3.Connection) -> Iterator[str]:
    for log, text, size, side in db.execute("SELECT log, name, size, side FROM log").fetchall():
        rows = db.execute("SELECT first, key FROM signer WHERE log = ? ORDER BY first", (log,)).fetchall()
        firsts, keys = [first for first, _ in rows], [key for _, key in rows]
        same = any(a == b for a, b in itertools.pairwise(keys))
        starts = firsts[:1] != [0] if side == "in" and size else bool(rows)
        if starts or same or any(len(key) != _KEY_BYTES for key in keys) or any(first >= size for first in firsts):
            yield f"{text}: the keys under which it came do not fit"


def _heads(db: sqlite3.Connection) -> Iterator[str]:
    sql = "SELECT l.name, l.side, l.size, c.size, c.at_ms, c.note FROM checkpoint c JOIN log l USING (log)"
    for text, side, held, size, at_ms, data in db.execute(sql):
        head, note = read_checkpoint(data)
        if head.size != size or head.origin != text or (side == "out" and size > held):
            yield f"{text}: the checkpoint over {size} records says {head.size} of {head.origin}"
        if side == "out" and abs(at_ms // SECOND_MS - _time_s(note, f"{parse_name(text).origin}/node")) > 1:
            yield f"{text}: the checkpoint over {size} records was made at another time"


def _receipts(db: sqlite3.Connection) -> Iterator[str]:
    sql = "SELECT l.name, a.witness, a.size, a.at_ms, a.note FROM ack a JOIN log l USING (log)"
    for text, witness, size, at_ms, data in db.execute(sql):
        head, note = read_checkpoint(data)
        if head.size != size or head.origin != text or _time_s(note, f"{witness}/node") * SECOND_MS != at_ms:
            yield f"{text}: the receipt of {witness} over {size} records says something else"


def _time_s(note: Note, name: str) -> int:
    """The time in the last signature of a name; -1 where there is none."""
    found = [s.signature for s in note.signatures if s.name == name]
    return int.from_bytes(found[-1][:8], "big") if found else -1


def _papers(db: sqlite3.Connection) -> Iterator[str]:
    before = ("", "", 0)
    for kind, name, version, digest, data in db.execute(
        "SELECT kind, name, version, digest, bytes FROM paper ORDER BY kind, name, version"
    ):
        if sha256(data).digest() != digest:
            yield f"paper {kind} {name} {version} is not what its digest says"
        if version != (before[2] + 1 if before[:2] == (kind, name) else 1):
            yield f"paper {kind} {name}: the version before {version} is missing"
        before = kind, name, version


def _quarantine(db: sqlite3.Connection) -> Iterator[str]:
    for number, size, data in db.execute("SELECT number, size, bytes FROM quarantine"):
        if len(data) != size:
            yield f"quarantine {number} is not {size} bytes long"
