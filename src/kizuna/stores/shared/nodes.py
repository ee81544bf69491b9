"""The nodes of a log's tree: an append-only run of 32-byte hashes, numbered as ``share.ledger.merkle`` numbers them.

They lie in pieces of 256, one blob each, so that a page of 500 records touches five rows and not a thousand (measured
with a row a node: 1.5 us a record more). Whoever appends hands over the nodes that verification reckoned already.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from kizuna.base.errors import InputError
from kizuna.share.ledger.merkle import HASH_BYTES, Frontier, frontier_at, nodes_before

PIECE: Final = 256


class LogNodes:
    """Nodes of one log inside a transaction (the port ``merkle.Nodes``)."""

    def __init__(self, db: sqlite3.Connection, log: int) -> None:
        self._db, self._log = db, log
        self._pieces: dict[int, bytes] = {}

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Return the hashes of these node numbers; InputError for one that is not there."""
        out = []
        for number in numbers:
            piece, at = divmod(number, PIECE)
            if piece not in self._pieces:
                self._pieces[piece] = _piece(self._db, self._log, piece)
            one = self._pieces[piece][at * HASH_BYTES : (at + 1) * HASH_BYTES]
            if len(one) != HASH_BYTES:
                raise InputError(f"node {number} is not there", where=f"log {self._log}", hint="restore a backup")
            out.append(one)
        return out


def append(db: sqlite3.Connection, log: int, size: int, new: Sequence[bytes]) -> None:
    """Put nodes behind those of a tree of ``size`` leaves."""
    start = nodes_before(size)
    whole = b"".join(new)
    piece, within = divmod(start, PIECE)
    held = _piece(db, log, piece)[: within * HASH_BYTES] if within else b""
    gap = not within and piece > 0 and len(_piece(db, log, piece - 1)) != PIECE * HASH_BYTES
    if gap or len(held) != within * HASH_BYTES or len(whole) != len(new) * HASH_BYTES:
        raise InputError("the tree is shorter than its log", where=f"log {log}", hint="restore a backup")
    whole = held + whole
    step = PIECE * HASH_BYTES
    rows = [(log, piece + k // step, whole[k : k + step]) for k in range(0, len(whole), step)]
    db.executemany("INSERT OR REPLACE INTO node VALUES (?, ?, ?)", rows)


def frontier(db: sqlite3.Connection, log: int, size: int) -> Frontier:
    """The tree of the first ``size`` leaves."""
    return frontier_at(size, LogNodes(db, log))


def _piece(db: sqlite3.Connection, log: int, piece: int) -> bytes:
    found = db.execute("SELECT hashes FROM node WHERE log = ? AND piece = ?", (log, piece)).fetchone()
    return bytes(found[0]) if found else b""
