"""Records, leaves and pages of made-up logs, with no signatures: what the store is given after verification."""

from __future__ import annotations

import hashlib

from kizuna.share.ledger.leaf import leaves_of
from kizuna.share.ledger.salts import Salts
from kizuna.stores.shared import Leaves, Page, Told

T0_MS = 1_700_000_000_000
LOG = "birch/1/cedar/real/routine"


def record(k: int, salt: str = "") -> bytes:
    return b'{"v":1,"kind":"test","n":%d,"say":"%s"}' % (k, salt.encode())


SEED = b"0123456789abcdef"


def run(first: int, count: int, say: str = "", log: str = LOG, out: bool = False) -> Leaves:
    data = [record(k, say) for k in range(first, first + count)]
    salts = Salts.of_log(SEED)
    leaves = leaves_of(log, data, salts.read(first, count))
    return Leaves(data, leaves, (salts if first == 0 else Salts({})) if out else salts.cover(first, count))


def told(first: int, count: int, log: str = LOG, say: str = "") -> Told:
    return Told(log, "cedar", log.rsplit("/", 1)[1], first, run(first, count, say, log, out=True), b"note %d" % (first + count))


def page(first: int, count: int, log: str = LOG, say: str = "", size: int | None = None) -> Page:
    size = first + count if size is None else size
    note = b"note %d %s" % (size, say.encode())
    return Page(log, "birch", log.rsplit("/", 1)[1], first, run(first, count, say, log), size, note)


def plain_root(leaves: list[bytes]) -> bytes:
    """Root by the definition of RFC 6962, 2.1: slow, recursive."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()
