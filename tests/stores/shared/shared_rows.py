"""Records and pages of made-up logs, with no signatures: what the store is given after verification."""

from __future__ import annotations

import hashlib

from kizuna.share.ledger import merkle
from kizuna.share.ledger.checkpoint import Checkpoint
from kizuna.share.ledger.leaf import leaves_of
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.note import Note, Signature
from kizuna.share.ledger.salts import Salts
from kizuna.share.verify import Accepted, Seen
from kizuna.stores.shared import Told

T0_MS = 1_700_000_000_000
LOG = "birch/1/cedar/test/routine"
SEED = b"0123456789abcdef"
SALTS = Salts.of_log(SEED)


def record(k: int, say: str = "") -> bytes:
    return b'{"v":1,"kind":"test","n":%d,"say":"%s"}' % (k, say.encode())


def rid_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def leaves(first: int, count: int, log: str = LOG, say: str = "") -> list[bytes]:
    return leaves_of(log, [record(k, say) for k in range(first, first + count)], SALTS.read(first, count))


def tree(size: int, log: str = LOG, say: str = "") -> merkle.Frontier:
    return merkle.append(merkle.EMPTY, leaves(0, size, log, say))[0]


def note(size: int, log: str = LOG, say: str = "") -> bytes:
    signature = Signature(log, b"1234", hashlib.sha256(say.encode()).digest() * 2)
    return Note(Checkpoint(log, size, tree(size, log, say).root).text(), (signature,)).encode()


def told(first: int, count: int, log: str = LOG, say: str = "") -> Told:
    _, nodes = merkle.append(tree(first, log, say), leaves(first, count, log, say))
    return Told(parse_name(log), first, [record(k, say) for k in range(first, first + count)], nodes, SALTS)


def page(first: int, count: int, log: str = LOG, size: int | None = None, key: bytes = b"k" * 32) -> Accepted:
    """A page as ``verify`` gives it out for a reader who holds ``first`` entries."""
    frontier, nodes = merkle.append(tree(first, log), leaves(first, count, log))
    head = first + count if size is None else size
    signed = note(head, log)
    seen = Seen(parse_name(log), frontier, Checkpoint(log, head, tree(head, log).root), signed)
    records = tuple(record(k) for k in range(first, first + count))
    return Accepted(
        seen, first, records, SALTS.cover(first, count), tuple(nodes), (), 0, key, 0, max(0, head - first - count)
    )


def plain_root(of: list[bytes]) -> bytes:
    """Root by the definition of RFC 6962, 2.1: slow, recursive."""
    if not of:
        return hashlib.sha256(b"").digest()
    if len(of) == 1:
        return of[0]
    k = 1
    while k * 2 < len(of):
        k *= 2
    return hashlib.sha256(b"\x01" + plain_root(of[:k]) + plain_root(of[k:])).digest()
