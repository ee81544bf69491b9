"""Edits of past rows of a shared store by somebody who can write the file, in every table and column that proves something."""

import base64
import os
import random as chance
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ledger_party import NOW_MS, Party, record

from kizuna.node.share.files import Places
from kizuna.node.share.ledgers import verify
from kizuna.node.share.partners import Known, Partners
from kizuna.node.share.rulebook import RuleBook
from kizuna.records.label import Label
from kizuna.records.record import encode, record_id
from kizuna.records.record import Record as Paperless
from kizuna.node.share.desk.journal import Journal, Row
from kizuna.share import receipt, release
from kizuna.share.ledger.name import LogName
from kizuna.share.sync.taking import take
from kizuna.share.verify import Seen, Trusted
from kizuna.stores.shared import open_shared
from kizuna.stores.shared.decisions import Decided
from kizuna.stores.shared.outbox import Told

EVIDENCE = {
    "record": ("id", "size", "bytes"),
    "log": ("name", "side", "peer", "lane", "size", "head_size", "head"),
    "entry": ("log", "n", "rec", "aside"),
    "seed": ("first", "level", "seed"),
    "kept": ("n", "commitment"),
    "node": ("piece", "hashes"),
    "signer": ("first", "key"),
    "checkpoint": ("size", "note", "at_ms"),
    "ack": ("witness", "size", "at_ms", "note"),
    "decision": ("n", "row", "ids", "chain"),
    "paper": ("kind", "name", "version", "at_ms", "by", "digest", "bytes"),
}
"""What proves something. Left out: numbers that only this file uses (entry, rec, number), and working state."""
RULES = """version = 1
[[rule]]
id = "all"
clause = ["memo/1"]
to = ["cape"]
then = "release"
match = { kind = ["track.position"] }
"""


class Yes:
    verdict = "release"


@dataclass
class House:
    """A store with logs of both sides, receipts, erased records, decisions and papers; all in order."""

    sharing: Any
    path: Path

    def wrong(self) -> list[str]:
        return verify(self.sharing)


def house(directory: Path, seed: int) -> House:
    rng = chance.Random(seed)
    me, cape = Party("harbour", seed), Party("cape", seed)
    places = Places(directory)
    places.make()
    partners, shared = Partners(places), open_shared(places.shared, context="real", durable=False)
    partners.put(Known(id="cape", title="Cape", root=base64.b64encode(cape.root.public).decode(),
                       manifests=tuple(m.decode() for m in cape.manifests)))  # fmt: skip
    for audience, count in (("cape", rng.randint(20, 60)), ("dune", rng.randint(2, 9))):
        _tell(
            shared, me, LogName("harbour", 1, audience, "real", "routine"), count, cape if audience == "cape" else None
        )
    came = LogName("cape", 1, "harbour", "real", "routine")
    cape.tell(came, [record(i, origin="cape") for i in range(30)])
    cape.tell(came, [record(30 + i, origin="cape", context="test") for i in range(3)])  # to be set aside
    cape.tell(came, [b'{"v":1,"context":7}'])
    take(cape.page(came), me.trusts(cape), shared.inbox, NOW_MS)
    erased = [record_id(record(i)) for i in (3, 4)] + [record_id(record(i, origin="cape")) for i in (5,)]
    shared.records.erase(erased, NOW_MS, "retention", forget=True)
    book = RuleBook(shared)
    rules = book.propose(RULES.encode(), "aiko", NOW_MS)
    book.approve(rules.hash, "bo", NOW_MS + 1)
    book.activate(rules.hash, "bo", NOW_MS + 2)
    journal = Journal(shared.papers)
    for k in range(6):
        data = encode(Paperless(kind="note", origin="harbour", observed_ms=NOW_MS + k, label=Label(), context="real"))
        journal.put(Row(what="note", data=data, at_ms=NOW_MS + k, proved="harbour", by="aiko"))
    identity = SimpleNamespace(ring=me.ring, party="harbour")
    sharing = SimpleNamespace(party="harbour", context="real", places=places, shared=shared, identity=identity,
                              partners=partners)  # fmt: skip
    return House(sharing, places.shared / "shared-real.db")


def _tell(shared: Any, me: Party, name: LogName, count: int, witness: Party | None) -> None:
    """Two releases with their decisions, signed; the reader's receipts, where there is one."""
    box = release.open_outbox(name, os.urandom)
    for first, end in ((0, count // 2), (count // 2, count)):
        data = [record(i) for i in range(first, end)]
        made = release.append(box, [(d, Yes()) for d in data])
        said = [Decided(name.audience, "release", tuple(map(record_id, data)), ("all",), (), "policy", "why")]
        shared.outbox.append([Told(name, made.first, data, made.nodes, made.outbox.salts)], NOW_MS, said)
        box = made.outbox
        head = release.sign(box, me.keys, marks=[], nodes=shared.outbox.nodes(str(name)), now_ms=NOW_MS)
        shared.outbox.signed(str(name), box.size, head, NOW_MS)
        if witness is not None and box.size:
            note = receipt.acknowledge(Seen(name, box.frontier), witness.keys, now_ms=NOW_MS + 5000)
            trusted = Trusted(me.name, witness.ring, "real")
            shared.outbox.acknowledged(trusted.receipt(note, box.size, shared.outbox.nodes(str(name))))


def edits(path: Path, rng: chance.Random, count: int) -> Any:
    """Change one value, hand out which, and put it back; triggers do not hold whoever opens the file."""
    db = sqlite3.connect(path, isolation_level=None)
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    db.execute("PRAGMA foreign_keys = OFF")
    columns = [(t, c) for t, cs in EVIDENCE.items() for c in cs]
    done = 0
    while done < count:
        table, column = columns[done % len(columns)]
        rows = db.execute(f"SELECT * FROM {table}").fetchall()
        names = [d[0] for d in db.execute(f"SELECT * FROM {table} LIMIT 1").description]
        before = dict(zip(names, rng.choice(rows), strict=True))
        after = _bent(before[column], column, rng)
        if table == "record" and before["bytes"] is None or column == "aside" and _is_erased(db, before["rec"]):
            continue  # of an erased record its commitment stays; the rest is said of what is gone
        if table == "seed" and before["first"] >= _size(db, before["log"]):
            continue  # salts of entries that are still to come
        if (table, column) == ("checkpoint", "at_ms") and not _own(db, before["log"]):
            continue  # when something came, by our own clock
        keys = [n for n in names if before[n] is not None]
        where = " AND ".join(f"{n} = ?" for n in keys)
        try:
            found = db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (after, *[before[n] for n in keys]))
        except sqlite3.IntegrityError:  # the form of the table does not let it be
            continue
        assert found.rowcount == 1
        yield table, column, before[column], after
        now = {**before, column: after}
        keys = [n for n in names if now[n] is not None]
        where = " AND ".join(f"{n} = ?" for n in keys)
        db.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (before[column], *[now[n] for n in keys]))
        done += 1
    db.close()


def _is_erased(db: sqlite3.Connection, rec: int | None) -> bool:
    return bool(db.execute("SELECT 1 FROM record WHERE rec = ? AND bytes IS NULL", (rec,)).fetchone())


def _size(db: sqlite3.Connection, log: int) -> int:
    return int(db.execute("SELECT size FROM log WHERE log = ?", (log,)).fetchone()[0])


def _own(db: sqlite3.Connection, log: int) -> bool:
    return bool(db.execute("SELECT side = 'out' FROM log WHERE log = ?", (log,)).fetchone()[0])


def _bent(value: Any, column: str, rng: chance.Random) -> Any:
    if column == "side":
        return "in" if value == "out" else "out"
    if column == "at_ms":
        return value + rng.choice([-1, 1]) * rng.randint(5_000, 10**9)
    if isinstance(value, int):
        return max(0, value + rng.choice([-1, 1]) * rng.randint(1, 5)) if value > 5 else value + rng.randint(1, 9)
    if isinstance(value, bytes):
        bent = bytearray(value)
        bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
        return bytes(bent)
    if value is None:
        return "another context"
    k = rng.randrange(len(value))
    return value[:k] + ("x" if value[k] != "x" else "y") + value[k + 1 :]


def trial(directory: Path, seed: int, count: int) -> tuple[int, list[str]]:
    """How many of so many edits were found, and those that were not."""
    at, rng = house(directory, seed), chance.Random(seed)
    assert at.wrong() == [], "the untouched store is whole"
    missed = [
        f"{t}.{c}: {before!r} to {after!r}" for t, c, before, after in edits(at.path, rng, count) if not at.wrong()
    ]
    assert at.wrong() == [], "and so it is when all was put back"
    at.sharing.shared.close()
    return count - len(missed), missed


__all__ = ["EVIDENCE", "house", "trial"]
