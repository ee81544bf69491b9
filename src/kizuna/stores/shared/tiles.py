"""The hashes of a log's tree, kept as tiles: 256 neighbours of one level, every eighth level.

A tile is one blob, so a page of 500 leaves touches three rows and not a thousand (measured with a row a node: 1.5 us a
record more). The levels between are reckoned anew when a proof wants them, at most 255 hashes. Nodes are those of RFC
6962: ``SHA-256(0x01 || left || right)``; leaves come in as hashes, made in ``share``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from kizuna.base.errors import InputError
from kizuna.share.ledger.merkle import Frontier, node_hash, nodes_before

HASH: Final = 32
HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT


def append(db: sqlite3.Connection, log: int, size: int, leaves: Sequence[bytes]) -> None:
    """Add leaf hashes behind the ``size`` that the log has."""
    level, at, new = 0, size, list(leaves)
    while new:
        up: list[bytes] = []
        done = 0
        while done < len(new):
            i, within = divmod(at + done, WIDTH)
            take = new[done : done + WIDTH - within]
            held = _tile(db, log, level, i) if within else b""
            if len(held) < within * HASH:
                raise InputError(f"tile {i} of level {level} is short", where=f"log {log}", hint="restore a backup")
            blob = held[: within * HASH] + b"".join(take)
            db.execute("INSERT OR REPLACE INTO tile VALUES (?, ?, ?, ?)", (log, level, i, blob))
            if len(blob) == WIDTH * HASH:
                up.append(fold([blob[k : k + HASH] for k in range(0, len(blob), HASH)]))
            done += len(take)
        at, new, level = at // WIDTH, up, level + 1


def fold(hashes: list[bytes]) -> bytes:
    """Root over a power of two of neighbouring nodes."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[k], hashes[k + 1]) for k in range(0, len(hashes), 2)]
    return hashes[0]


def node(db: sqlite3.Connection, log: int, level: int, i: int) -> bytes:
    """Hash of the whole subtree of ``2 ** level`` leaves that begins at leaf ``i * 2 ** level``.

    Raises InputError where the log is not that long yet.
    """
    step, within = divmod(level, HEIGHT)
    count = 1 << within
    tile, first = divmod(i * count, WIDTH)
    blob = _tile(db, log, step, tile)[first * HASH : (first + count) * HASH]
    if len(blob) < count * HASH:
        raise InputError(f"node {i} of level {level} is not there yet", where=f"log {log}")
    return fold([blob[k : k + HASH] for k in range(0, len(blob), HASH)])


def leaves(db: sqlite3.Connection, log: int, first: int, end: int) -> list[bytes]:
    """Leaf hashes ``first`` to ``end`` (half-open); fewer where the log is shorter."""
    blob = b"".join(_tile(db, log, 0, i) for i in range(first // WIDTH, -(-end // WIDTH)))
    begin = first % WIDTH * HASH
    blob = blob[begin : begin + (end - first) * HASH]
    return [blob[k : k + HASH] for k in range(0, len(blob), HASH)]


def numbered(db: sqlite3.Connection, log: int, numbers: Sequence[int]) -> list[bytes]:
    """Nodes by the numbers that ``share.ledger.merkle`` gives them."""
    return [node(db, log, *_place(number)) for number in numbers]


def _place(number: int) -> tuple[int, int]:
    """Level and index of a node: the inverse of ``merkle.number_of``."""
    last = number // 2
    while nodes_before(last + 1) <= number:
        last += 1
    level = number - nodes_before(last)
    return level, last >> level


def frontier(db: sqlite3.Connection, log: int, size: int) -> Frontier:
    """The tree of the first ``size`` leaves."""
    out, at = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            out.append(node(db, log, level, at >> level))
            at += 1 << level
    return Frontier(size, tuple(out))


def _tile(db: sqlite3.Connection, log: int, level: int, i: int) -> bytes:
    found = db.execute("SELECT hashes FROM tile WHERE log = ? AND level = ? AND i = ?", (log, level, i)).fetchone()
    return bytes(found[0]) if found else b""
