"""All trust rules for bytes from a partner, in one place: bytes and what was seen before in, a value or an error out.

`Trusted` stands for one partner in one context. It changes nothing: it says what would be new (`Accepted`, with the
next `Seen`), the caller keeps both in one transaction, and what dies in between happens again with the same outcome.
Errors: InputError (damaged or malformed: ask again), UnavailableError (fetch something first, then again), TrustError
(stop this log, raise the alarm, keep the bytes as evidence). The rules, cited as V1 to V16 where they are checked:

V1   The bytes are a page within the limits, undamaged, written as pages are written (`page.open_page`).
V2   The log is one of the partner that we speak to, for us or for a community that we are in, not our own.
V3   The log is of this context; so is every record in it. Others are set aside, with an alarm, and never interpreted.
V4   The sender's key manifest is known here up to the number that the page names.
V5   The log's epoch was announced by the root key; a closed log does not go on.
V6   A page key of the partner for this kind of context signed the checkpoint, and a node key its time.
V7   Both keys are alive, or this is the very head at which the root key let them end.
V8   Records follow on those held, without a hole.
V9   Records that we hold already are the same as those that we hold.
V10  The root over all that we would then hold leads, by the proof, to the root that was signed.
V11  Two checkpoints of one size have one root.
V12  A checkpoint seen ahead of what we hold binds: it must fit as soon as we hold that much, and stays till then.
V13  An older checkpoint (sent late, or again) is of a tree that we held; it takes nothing back.
V14  An answer to "what is after N" is not signed at less than N: that partner lost what it had told us.
V15  A receipt is for our own log, signed by a node key of the partner, with our root at its size.
V16  A receipt beyond our own size that bears our own signature means that **we** were set back.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from kizuna.base.errors import InputError, TrustError
from kizuna.share.keys import KeyRing, Position
from kizuna.share.ledger import merkle
from kizuna.share.ledger.checkpoint import Checkpoint, parse_text, read_checkpoint
from kizuna.share.ledger.merkle import EMPTY, Frontier, Nodes
from kizuna.share.ledger.name import LogName, parse_name
from kizuna.share.ledger.note import COSIGNATURE, Note, Signed, check_note, read_note
from kizuna.share.ledger.proof import Proof, Shown, check_path, read_proof
from kizuna.share.ledger.salts import Salts
from kizuna.share.page import LIMITS, Erased, Limits, Page, open_page


@dataclass(frozen=True, slots=True)
class Seen:
    """What is held of one log: its frontier, and the newest checkpoint, or the one ahead that is not reached yet."""

    name: LogName
    frontier: Frontier = EMPTY
    head: Checkpoint | None = None
    note: bytes = b""

    @property
    def size(self) -> int:
        """How many records are held."""
        return self.frontier.size

    def encode(self) -> bytes:
        """Bytes to keep."""
        peaks = tuple(base64.b64encode(p).decode() for p in self.frontier.peaks)
        return msgspec.json.encode(_Kept(str(self.name), self.size, peaks, self.note.decode()))

    @classmethod
    def decode(cls, data: bytes) -> Seen:
        """Read what `encode` wrote, from our own store."""
        kept = msgspec.json.decode(data, type=_Kept)
        frontier = Frontier(kept.size, tuple(base64.b64decode(p) for p in kept.peaks))
        note = kept.note.encode()
        return cls(parse_name(kept.log), frontier, read_checkpoint(note)[0] if note else None, note)


class _Kept(msgspec.Struct, frozen=True):
    log: str
    size: int
    peaks: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A page that was found right.

    Attributes:
        seen: what is held once this is kept.
        first: number of the first record that is new.
        records: the new ones, in order; empty when all were held before.
        salts: seeds of their salts.
        nodes: nodes of the tree to store from ``merkle.nodes_before(first)`` on.
        set_aside: numbers of new records that must not be interpreted, each with the reason (V3).
        signed_s: time that the partner states for the checkpoint, seconds since 1970; orders nothing.
        signer: public page key that signed; keep it with the records, so that `KeyRing.doubtful` can be asked later.
        repeated: how many records of the page were held before.
        behind: records that the checkpoint has beyond what is held then.
    """

    seen: Seen
    first: int
    records: tuple[bytes | Erased, ...]
    salts: Salts
    nodes: tuple[bytes, ...]
    set_aside: tuple[tuple[int, str], ...]
    signed_s: int
    signer: bytes
    repeated: int
    behind: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a partner signed to have received of our log, up to and without ``size``, and when by its clock."""

    name: LogName
    partner: str
    size: int
    root: bytes
    time_s: int
    note: bytes

    @property
    def position(self) -> Position:
        """Size and root."""
        return Position(self.size, base64.b64encode(self.root).decode())


class _Peek(msgspec.Struct):
    """The one field of a record that decides whether it may stand in this log."""

    context: str = "real"


_PEEK = msgspec.json.Decoder(_Peek)


@dataclass(frozen=True, slots=True)
class Trusted:
    """One partner in one context, as ``me`` sees it; ``communities`` are those that I am in."""

    me: str
    ring: KeyRing
    context: str
    communities: frozenset[str] = frozenset()
    limits: Limits = LIMITS

    def manifest(self, data: bytes) -> Trusted:
        """Take in the next key manifest of the partner (V4); see `KeyRing.accept`."""
        return replace(self, ring=self.ring.accept(data))

    def page(self, data: bytes | Page, seen: Seen, nodes: Nodes, *, asked: int | None = None) -> Accepted:
        """Judge a page of the log of which ``seen`` is held.

        Args:
            data: the bytes as they came, or what `page.open_page` made of them (V1).
            seen: what is held of this log; ``Seen(name)`` before the first page.
            nodes: stored nodes of that log.
            asked: what the partner was asked for (records after this number), when this is its direct answer; None
                for what was pushed or carried.
        """
        page = data if isinstance(data, Page) else open_page(data, self.limits)  # V1
        if page.name != seen.name:
            raise InputError(f"a page of {page.name}", where=str(seen.name))
        signer, signed_s, note = self._signed(page.name, page.checkpoint, page.note, page.keys)
        self._not_set_back(page.checkpoint, seen, asked)
        if page.first > seen.size:  # V8
            raise InputError(f"records from {page.first} on, but only {seen.size} are held", hint="ask from there")
        if page.left is not None and page.left != merkle.frontier_at(page.first, nodes):  # V9
            raise TrustError("what the page says to be before it is not what is held", where=str(page.name))
        leaves = page.leaves()
        known = min(seen.size, page.end) - page.first
        self._same_as_held(page, leaves[:known], nodes)
        frontier, new_nodes = _extend(seen, leaves[known:])  # V12
        after = frontier if page.end >= seen.size else merkle.frontier_at(page.end, nodes)
        checkpoint = page.checkpoint
        if checkpoint.size >= page.end:  # V10
            merkle.check_consistency(page.end, after.root, checkpoint.size, checkpoint.root, page.proof)
        else:
            raise TrustError("a page of more records than were signed", where=str(page.name))
        if checkpoint.size <= seen.size:  # V13
            _held_then(checkpoint, nodes)
        first, new = page.first + known, page.records[known:]
        if page.end >= seen.size:
            seen = _advance(seen, frontier, checkpoint, note)
        return Accepted(
            seen=seen, first=first, records=new,
            salts=page.salts.cover(first, len(new)), nodes=tuple(new_nodes), set_aside=self._set_aside(first, new),
            signed_s=signed_s, signer=signer, repeated=known, behind=max(0, checkpoint.size - frontier.size),
        )  # fmt: skip

    def alone(self, data: bytes) -> Page:
        """Judge a page without holding what is before it: V1 to V7 and V10 from the frontier that it brings along.

        For whoever carries or inspects pages. It shows that the log holds these records, not that nothing was changed
        since an earlier look.
        """
        page = open_page(data, self.limits)
        self._signed(page.name, page.checkpoint, page.note, page.keys)
        left = page.left or EMPTY
        if left.size != page.first:
            raise InputError("the page does not bring what is before it", where=str(page.name))
        after, _ = merkle.append(left, page.leaves())
        merkle.check_consistency(after.size, after.root, page.checkpoint.size, page.checkpoint.root, page.proof)
        return page

    def head(self, data: bytes, seen: Seen, nodes: Nodes, proof: Sequence[bytes] = (), keys: int = 0) -> Seen:
        """Judge a checkpoint that came alone, with the proof from what is held: V2 to V7, V10, V11, V13."""
        checkpoint, note = read_checkpoint(data)
        if checkpoint.origin != str(seen.name):
            raise InputError(f"a checkpoint of {checkpoint.origin[:80]!r}", where=str(seen.name))
        *_, note = self._signed(seen.name, checkpoint, note, keys)
        self._not_set_back(checkpoint, seen, None)
        if checkpoint.size <= seen.size:
            _held_then(checkpoint, nodes)
        else:
            merkle.check_consistency(seen.size, seen.frontier.root, checkpoint.size, checkpoint.root, proof)
        return _advance(seen, seen.frontier, checkpoint, note)

    def receipt(self, data: bytes, size: int, nodes: Nodes, own: KeyRing | None = None) -> Receipt:
        """Judge a receipt of the partner for our own log of ``size`` records (V15, V16).

        ``own`` are our own public keys: with them it is found out that we were set back.
        """
        note = read_note(data)
        checkpoint = parse_text(note.text)
        name = parse_name(checkpoint.origin)
        if name.origin != self.me or name.context != self.context:
            raise TrustError("a receipt for a log that is not ours, or of another context", where=str(name))
        if name.audience != self.ring.party and not name.audience.startswith(("c:", "*")):
            raise TrustError(f"a receipt for a log that {self.ring.party} is not told", where=str(name))
        (signed, *_) = check_note(note, self.ring.node_verifiers(name.context))
        self.ring.check_position(signed.verifier, checkpoint, name.context)  # V7
        if checkpoint.size > size:  # V16
            if own and _signed_by(note, own, name):
                hint = "this node was set back: sign nothing, and open a new epoch (docs/explanation/ledger.md)"
                raise TrustError(f"we signed {checkpoint.size} records and hold {size}", where=str(name), hint=hint)
            raise TrustError(f"a receipt for {checkpoint.size} records of {size}", where=str(name))
        if merkle.frontier_at(checkpoint.size, nodes).root != checkpoint.root:
            raise TrustError("a receipt for a log that is not ours", where=str(name), hint="keep it as evidence")
        return Receipt(name, self.ring.party, checkpoint.size, checkpoint.root, signed.time_s or 0, data)

    def proof(self, data: bytes, record: bytes) -> Shown:
        """Judge a proof that the partner told this record (whom, the log's name says): V5 to V7 and the path."""
        return proved(read_proof(data), record, self.ring, self.context)

    def _signed(self, name: LogName, checkpoint: Checkpoint, note: Note, keys: int) -> tuple[bytes, int, Note]:
        """V2 to V7 for a checkpoint; return the key that signed it, the time that is stated for it, and the note.

        Only signatures that were checked stay in the note: lines of strangers would go on into our receipts.
        """
        where, told = str(name), {self.me, "*", *self.communities}
        if name.origin != self.ring.party or name.origin == self.me or name.audience not in told:  # V2
            raise TrustError(f"not a log of {self.ring.party} for us", where=where)
        if name.context != self.context:  # V3
            raise TrustError(f"a log of another context than {self.context}", where=where)
        if keys > self.ring.sequence:  # V4
            raise self.ring.missing(keys)
        self.ring.check_epoch(checkpoint, name)  # V5
        known = (*self.ring.page_verifiers(name), *self.ring.node_verifiers(name.context))
        signed = check_note(note, known)
        log = self._one_counts([s for s in signed if s.verifier.kind != COSIGNATURE], checkpoint, name)
        node = self._one_counts([s for s in signed if s.verifier.kind == COSIGNATURE], checkpoint, name)
        good = {(s.verifier.name, s.verifier.key_id) for s in signed}
        lines = tuple(line for line in note.signatures if (line.name, line.key_id) in good)
        return log.verifier.public, node.time_s or 0, replace(note, signatures=lines)

    def _one_counts(self, signed: Sequence[Signed], checkpoint: Checkpoint, name: LogName) -> Signed:
        """V6, V7: return one of these that signed and counts at this size."""
        refused: InputError | TrustError = TrustError("the log's signature or its time is missing", where=str(name))
        for one in signed:
            try:
                self.ring.check_position(one.verifier, checkpoint, name.context)
            except (InputError, TrustError) as exc:
                refused = exc
            else:
                return one
        raise refused

    def _not_set_back(self, checkpoint: Checkpoint, seen: Seen, asked: int | None) -> None:
        where = str(seen.name)
        hint = "keep the bytes; call the partner: its node was restored from a backup, or it tells different stories"
        if asked is not None and checkpoint.size < asked:  # V14
            raise TrustError(f"the partner signs {checkpoint.size} records but told us {asked}", where=where, hint=hint)
        if seen.head and checkpoint.size == seen.head.size and checkpoint.root != seen.head.root:  # V11
            raise TrustError(f"two different logs of {checkpoint.size} records", where=where, hint=hint)
        if checkpoint.size == seen.size and checkpoint.root != seen.frontier.root:  # V11
            raise TrustError(f"another log of {checkpoint.size} records than the one held", where=where, hint=hint)

    def _same_as_held(self, page: Page, leaves: Sequence[bytes], nodes: Nodes) -> None:
        """V9, by the leaves. An erased record has the same leaf as the whole one."""
        held = nodes.read([merkle.number_of(0, page.first + i) for i in range(len(leaves))]) if leaves else []
        for i, (one, other) in enumerate(zip(leaves, held, strict=True)):
            if one != other:
                raise TrustError(f"record {page.first + i} is not the one that we were told", where=str(page.name))

    def _set_aside(self, first: int, records: Sequence[bytes | Erased]) -> tuple[tuple[int, str], ...]:
        """V3 for each record."""
        whole = ((n, data) for n, data in enumerate(records, first) if not isinstance(data, Erased))
        return tuple((n, why) for n, data in whole if (why := aside_of(data, self.context)))


def aside_of(data: bytes, context: str) -> str:
    """Why bytes that stand in a log of this context must not be interpreted (V3); empty where they may."""
    try:
        found = _PEEK.decode(data).context
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "not a record"
    return "" if found == context else "another context"


def proved(proof: Proof, record: bytes, ring: KeyRing, context: str) -> Shown:
    """Judge a proof that a party told this record in a log of this context, whoever shows it: V3, V5 to V7, the path.

    Raises InputError, UnavailableError (its epoch was not announced here) or TrustError.
    """
    checkpoint, signed = counts(proof.checkpoint, ring, context)
    check_path(proof, record, checkpoint)
    return Shown(checkpoint, proof.index, signed)


def counts(head: bytes, ring: KeyRing, context: str) -> tuple[Checkpoint, tuple[Signed, ...]]:
    """Judge a head of a party in this context by itself: V3, V5 to V7. Raises as ``proved``."""
    checkpoint, note = read_checkpoint(head)
    name = parse_name(checkpoint.origin)
    if name.origin != ring.party or name.context != context:
        raise TrustError("a proof of another party or context", where=str(name))
    signed = check_note(note, (*ring.page_verifiers(name), *ring.node_verifiers(name.context)))
    if all(s.verifier.name != checkpoint.origin for s in signed):
        raise TrustError("the log itself did not sign", where=checkpoint.origin)
    ring.check_epoch(checkpoint, name)
    for one in signed:
        ring.check_position(one.verifier, checkpoint, name.context)
    return checkpoint, signed


def rewind(seen: Seen, to: Position, nodes: Nodes) -> Seen:
    """What was held of a log at an earlier position, to take it up again from there after a compromise.

    Only the root key's word (``until`` of a revoked key) is a reason. The caller sets the records beyond aside, cuts
    the stored nodes to ``merkle.nodes_before(to.size)``, and shows an operator what it had believed.
    """
    frontier = merkle.frontier_at(to.size, nodes) if to.size <= seen.size else EMPTY
    if to.size > seen.size or frontier.root != to.root_hash:
        raise TrustError(f"what is held is not the log of {to.size} records vouched for", where=str(seen.name))
    return Seen(seen.name, frontier)


def _extend(seen: Seen, leaves: Sequence[bytes]) -> tuple[Frontier, list[bytes]]:
    """Append, and compare with the checkpoint seen ahead where its size is reached (V12)."""
    frontier, ahead = seen.frontier, seen.head
    nodes: list[bytes] = []
    if ahead and seen.size < ahead.size <= seen.size + len(leaves):
        cut = ahead.size - seen.size
        frontier, nodes = merkle.append(frontier, leaves[:cut])
        if frontier.root != ahead.root:
            raise TrustError(f"not the log of {ahead.size} records that was signed before", where=str(seen.name))
        leaves = leaves[cut:]
    frontier, more = merkle.append(frontier, leaves)
    return frontier, nodes + more


def _advance(seen: Seen, frontier: Frontier, checkpoint: Checkpoint, note: Note) -> Seen:
    """What is held then, and the head that binds what comes. One not reached yet stays until it is (V12).

    A larger one may not take its place before: nothing has shown yet that it goes on from there.
    """
    if seen.head is None or (frontier.size >= seen.head.size and checkpoint.size >= seen.head.size):
        return Seen(seen.name, frontier, checkpoint, note.encode())
    return replace(seen, frontier=frontier)


def _held_then(checkpoint: Checkpoint, nodes: Nodes) -> None:
    """V13."""
    if merkle.frontier_at(checkpoint.size, nodes).root != checkpoint.root:
        hint = "keep the bytes: they prove that the partner signed two different logs"
        raise TrustError(f"another log of {checkpoint.size} records than the one held", hint=hint)


def _signed_by(note: Note, ring: KeyRing, name: LogName) -> bool:
    try:
        return bool(check_note(note, ring.page_verifiers(name)))
    except TrustError:
        return False
