"""The release door: released records go into a log, and its head is signed. Nothing else reaches the signer.

    box = open_outbox(LogName("harbour", 1, "cape", "real", "routine"), random)
    added = append(box, [(record, decision), ...])      nodes and records go into the store, in one transaction
    head = sign(added.outbox, keys, marks=..., nodes=..., now_ms=...)
    page = cut(added.outbox, first, records, head, nodes)       no key needed: any run, at any time, for any link

A log's head is signed after the records are safely stored and never before. A node that was restored from a backup must
not sign a second history over the one that its partners hold: `sign` refuses when anything shows that more was signed
than is held (see `standing`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from kizuna.base.errors import ConfigError, TrustError
from kizuna.base.units import SECOND_MS
from kizuna.share import page as pages
from kizuna.share.keys import Key, Position, kind_of
from kizuna.share.ledger import merkle
from kizuna.share.ledger.checkpoint import Checkpoint, read_checkpoint
from kizuna.share.ledger.leaf import leaves_of
from kizuna.share.ledger.merkle import EMPTY, Frontier, Nodes
from kizuna.share.ledger.name import LogName
from kizuna.share.ledger.note import Note
from kizuna.share.ledger.salts import SEED_BYTES, Salts
from kizuna.share.seal import Random, SecretKey, read_key

RELEASE: Final = "release"


class Decided(Protocol):
    """A decision of the rules."""

    @property
    def verdict(self) -> str:
        """``release`` or ``withhold``."""
        ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """One log of our own: its name, its frontier, the salts of its records (less the erased ones)."""

    name: LogName
    frontier: Frontier
    salts: Salts

    @property
    def size(self) -> int:
        """How many records it holds."""
        return self.frontier.size


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append made: the outbox after it, the number of the first new record, and nodes to store behind those."""

    outbox: Outbox
    first: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """The private keys that a running node holds for one kind of context: page, node and, if there is one, box."""

    party: str
    page: SecretKey
    node: SecretKey
    box: SecretKey | None = None

    def __post_init__(self) -> None:
        """Refuse keys of different kinds of context, or of a use that is not theirs."""
        held = [(self.page, "page"), (self.node, "node"), *([(self.box, "box")] if self.box else [])]
        if any(key.use != use or key.context != self.page.context for key, use in held):
            raise ConfigError("keys of different uses or contexts are mixed up", where=f"keys of {self.party}")

    def listed(self) -> tuple[Key, ...]:
        """Entries for the key manifest."""
        return tuple(key.listed() for key in (self.page, self.node, self.box) if key)

    def sign_request(self, base: bytes) -> bytes:
        """Sign the signature base of an HTTP request (RFC 9421)."""
        return self.node.sign_request(base)

    def open_box(self, sealed: bytes) -> bytes:
        """Open what a partner sealed for us."""
        if self.box is None:
            raise ConfigError("this node has no key for sealed media", where=f"keys of {self.party}")
        return self.box.open_box(sealed)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file as the node read it: bytes, ``st_mode``, and where it lies."""

    data: bytes
    mode: int
    where: str


def load_keys(party: str, files: Sequence[KeyFile]) -> Keys:
    """The keys of one kind of context from their files; ConfigError when one is missing, unsafe or of another kind."""
    held = {key.use: key for key in (read_key(f.data, mode=f.mode, where=f.where) for f in files)}
    missing = {"page", "node"} - held.keys()
    if missing or len(held) != len(files):
        raise ConfigError(f"key files of {party}: one each for page, node and box", hint=f"missing: {sorted(missing)}")
    return Keys(party, held["page"], held["node"], held.get("box"))


def open_outbox(name: LogName, random: Random) -> Outbox:
    """A new, empty log."""
    return Outbox(name, EMPTY, Salts.of_log(random(SEED_BYTES)))


def append(outbox: Outbox, released: Sequence[tuple[bytes, Decided]]) -> Appended:
    """Append released records, in this order. One that was not released is a bug in the caller and stops everything."""
    held = [decision.verdict for _, decision in released]
    if any(verdict != RELEASE for verdict in held):
        raise RuntimeError(f"a record that was not released came to the door of {outbox.name}")  # a bug: crash
    records = [data for data, _ in released]
    salts = [salt for salt in outbox.salts.read(outbox.size, len(records)) if salt is not None]
    frontier, nodes = merkle.append(outbox.frontier, leaves_of(str(outbox.name), records, salts))
    return Appended(replace(outbox, frontier=frontier), outbox.size, tuple(nodes))


def standing(outbox: Outbox, marks: Sequence[Position] | None, nodes: Nodes) -> None:
    """Raise TrustError unless everything known to have been signed of this log is still held as it was.

    Args:
        outbox: the log as the store has it.
        marks: heads signed before, from wherever they are known: the mark that the node keeps **outside** its store and
            its backups, and partners' receipts. None when that mark is lost: then nobody can say that this is no
            restored backup, until each partner was asked.
        nodes: stored nodes of the log.
    """
    hint = "open a new epoch, as after a restore (docs/explanation/ledger.md); never reset the mark by hand"
    where = str(outbox.name)
    if marks is None:
        raise TrustError("nothing says how much this node has signed before", where=where, hint=hint)
    for mark in marks:
        if mark.size > outbox.size:
            raise TrustError(f"{mark.size} records were signed, {outbox.size} are here", where=where, hint=hint)
        if merkle.frontier_at(mark.size, nodes).root != mark.root_hash:
            raise TrustError(f"the {mark.size} records that were signed are not those here", where=where, hint=hint)


def sign(outbox: Outbox, keys: Keys, *, marks: Sequence[Position] | None, nodes: Nodes, now_ms: int) -> bytes:
    """Sign the head of a log: the log's signature and its time. See `standing` for what is refused, and why.

    The caller puts size and root into its mark before it hands the result to anybody.
    """
    name = outbox.name
    if name.origin != keys.party or kind_of(name.context) != keys.page.context:
        raise ConfigError(f"keys of {keys.party} for {keys.page.context}", where=str(name), hint="another key file")
    standing(outbox, marks, nodes)
    text = Checkpoint(str(name), outbox.size, outbox.frontier.root).text()
    log = keys.page.sign_checkpoint(text)
    return Note(text, (log, keys.node.cosign(text, keys.party, now_ms // SECOND_MS))).encode()


def cut(
    outbox: Outbox, first: int, records: Sequence[bytes | pages.Erased], head: bytes, nodes: Nodes, *,
    keys: int, alone: bool = False, build: Callable[..., bytes] = pages.build,
) -> bytes:  # fmt: skip
    """A page of stored records from ``first`` on, under a head signed before. Needs no key.

    Args:
        outbox: the log; only its name and salts are used.
        first: number of the first record.
        records: their bytes, or `page.Erased` with the commitment for those erased.
        head: a checkpoint of at least ``first + len(records)`` records, as `sign` gave it.
        nodes: stored nodes of the log.
        keys: number of our newest key manifest.
        alone: bring the frontier before the page along, for a reader who holds nothing of the log.
        build: stands in for `page.build` where level or limits differ.
    """
    size, end = read_checkpoint(head)[0].size, first + len(records)
    left = merkle.frontier_at(first, nodes) if alone else None
    proof = merkle.consistency(end, size, nodes)
    return build(outbox.name, first, records, outbox.salts, head, proof=proof, left=left, keys=keys)


def erase(outbox: Outbox, numbers: Sequence[int]) -> Outbox:
    """The log without the salts of these records. The caller deletes the bytes and keeps the commitments."""
    return replace(outbox, salts=outbox.salts.without(numbers))
