"""The append-only Merkle tree of RFC 6962 section 2.1 (SHA-256): append, prove, check.

The tree is not held in memory. Whoever keeps it stores two things:

- the `Frontier`: size and the roots of the perfect subtrees that make up the tree, all that an append needs;
- the **nodes**, an append-only run of 32-byte hashes numbered from 0 without gaps. Appending leaf n adds the leaf and
  every subtree that it completes, so the node of ``(level, index)`` has the number `number_of(level, index)` for ever.
  `append` hands out exactly what is to be stored behind what is there; a proof reads some 2 log2(size) of them in one
  call through the port `Nodes`. (The numbering equals ``tlog.StoredHashIndex`` of Go, so its tools read our nodes.)

Edge cases decided on purpose, where RFC 9162 is silent or a literal reading accepts too much:

- every hash is 32 bytes long, otherwise it is refused before anything is computed;
- nothing is included in a tree of size 0; an index beyond the tree is refused;
- from size 0 every tree is consistent, but only with the root of the empty tree and an empty proof;
- equal sizes need equal roots and an empty proof; a tree never shrinks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from kizuna.base.errors import TrustError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
SIZE_MAX: Final = 2**40
"""Leaves of one log: 34 years at a thousand a second; a limit so that no number from outside grows without bound."""
PROOF_MAX: Final = 63
"""Hashes of one proof, the limit of tlog-witness."""


class Nodes(Protocol):
    """Where stored nodes are read."""

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Return the hashes of these node numbers, in the order asked for."""
        ...


class NodeList:
    """Nodes in memory: for tests, and for checking a log from its beginning."""

    def __init__(self, nodes: Sequence[bytes] = ()) -> None:
        self._nodes = list(nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    def extend(self, nodes: Sequence[bytes]) -> None:
        """Store what `append` handed out."""
        self._nodes.extend(nodes)

    def cut(self, count: int) -> None:
        """Keep the first ``count`` nodes."""
        del self._nodes[count:]

    def read(self, numbers: Sequence[int]) -> Sequence[bytes]:
        """Return the hashes of these node numbers."""
        return [self._nodes[n] for n in numbers]


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of ``size`` leaves; ``peaks`` are the roots of its perfect subtrees, from the left (largest) on."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= SIZE_MAX or len(self.peaks) != self.size.bit_count():
            raise TrustError(f"{len(self.peaks)} peaks cannot make up a tree of {self.size} leaves")
        if any(len(p) != HASH_BYTES for p in self.peaks):
            raise TrustError("a hash of the tree is not 32 bytes long")

    @property
    def root(self) -> bytes:
        """Merkle tree hash of all leaves; of none, SHA-256 of nothing (RFC 6962 section 2.1)."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in self.peaks[-2::-1]:
            root = node_hash(peak, root)
        return root


EMPTY: Final = Frontier()


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def nodes_before(size: int) -> int:
    """How many nodes a tree of ``size`` leaves has stored: the number that its next node gets."""
    return 2 * size - size.bit_count()


def number_of(level: int, index: int) -> int:
    """Number of the stored node over leaves ``[index << level, (index + 1) << level)``."""
    last = ((index + 1) << level) - 1
    return nodes_before(last) + level


def append(frontier: Frontier, leaves: Sequence[bytes]) -> tuple[Frontier, list[bytes]]:
    """Append leaf hashes; return the new frontier and the nodes to store from ``nodes_before(frontier.size)`` on."""
    size, peaks, out = frontier.size, list(frontier.peaks), []
    for leaf in leaves:
        node, rest = leaf, size
        out.append(node)
        while rest & 1:
            node = sha256(b"\x01" + peaks.pop() + node).digest()
            out.append(node)
            rest >>= 1
        peaks.append(node)
        size += 1
    return Frontier(size, tuple(peaks)), out


def frontier_at(size: int, nodes: Nodes) -> Frontier:
    """Frontier of the first ``size`` leaves, from the stored nodes."""
    return Frontier(size, tuple(nodes.read([number_of(*where) for where in _perfect(0, size)])))


def inclusion(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Proof that leaf ``index`` is in the tree of the first ``size`` leaves (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size <= SIZE_MAX:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    ranges, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return _hashes(ranges[::-1], nodes)


def consistency(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Proof that the tree of ``old`` leaves is the beginning of that of ``new`` (RFC 6962 section 2.1.2)."""
    if not 0 <= old <= new <= SIZE_MAX:
        raise ValueError(f"a tree of {new} does not begin with one of {old}")
    if old in (0, new):
        return []
    ranges, low, high, whole = [], 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low, whole = middle, False
    if not whole:
        ranges.append((low, high))
    return _hashes(ranges[::-1], nodes)


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise TrustError unless ``proof`` shows that ``leaf`` stands at ``index`` under ``root`` (RFC 9162 2.1.3.2)."""
    _check_hashes([leaf, root], proof)
    if not 0 <= index < size <= SIZE_MAX:
        raise TrustError(f"leaf {index} is not in a tree of {size}")
    at, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise TrustError("the inclusion proof is too long")
        if at & 1 or at == last:
            node = node_hash(step, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, step)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise TrustError("the inclusion proof is too short")
    if node != root:
        raise TrustError("the inclusion proof leads to another root")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise TrustError unless the tree of ``old`` leaves is the beginning of that of ``new`` (RFC 9162 2.1.4.2)."""
    _check_hashes([old_root, new_root], proof)
    if not 0 <= old <= new <= SIZE_MAX:
        raise TrustError(f"a log of {old} records cannot become one of {new}")
    if old in (0, new):
        if proof:
            raise TrustError("a proof is given where none is needed")
        if old_root != (EMPTY_ROOT if old == 0 else new_root):
            raise TrustError(f"two different trees of {old} records")
        return
    if not old & (old - 1):
        proof = [old_root, *proof]
    if not proof:
        raise TrustError("the consistency proof is missing")
    first, second = _climb(old - 1, new - 1, proof)
    if first != old_root or second != new_root:
        raise TrustError(f"the log of {new} records does not begin with the {old} that were seen before")


def _climb(at: int, last: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Roots of the old and the new tree to which a consistency proof leads (RFC 9162 2.1.4.2, steps 3 to 6)."""
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = proof[0]
    for step in proof[1:]:
        if last == 0:
            raise TrustError("the consistency proof is too long")
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise TrustError("the consistency proof is too short")
    return first, second


def _check_hashes(roots: Sequence[bytes], proof: Sequence[bytes]) -> None:
    if len(proof) > PROOF_MAX:
        raise TrustError(f"a proof of more than {PROOF_MAX} hashes")
    if any(len(h) != HASH_BYTES for h in (*roots, *proof)):
        raise TrustError("a hash of a proof is not 32 bytes long")


def _split(count: int) -> int:
    """Largest power of two below ``count`` (RFC 6962 section 2.1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _perfect(low: int, high: int) -> list[tuple[int, int]]:
    """Perfect subtrees ``(level, index)`` of ``[low, high)``, left to right; ``low`` is where a subtree begins."""
    out = []
    while low < high:
        level = (high - low).bit_length() - 1
        out.append((level, low >> level))
        low += 1 << level
    return out


def _hashes(ranges: Sequence[tuple[int, int]], nodes: Nodes) -> list[bytes]:
    """Merkle tree hash of each range, all nodes read in one call."""
    parts = [[number_of(*where) for where in _perfect(*r)] for r in ranges]
    read = iter(nodes.read([number for part in parts for number in part]))
    out = []
    for part in parts:
        hashes = [next(read) for _ in part]
        node = hashes.pop()
        while hashes:
            node = node_hash(hashes.pop(), node)
        out.append(node)
    return out
