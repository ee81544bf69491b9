"""Where another party's record stands in that party's own log, and the keys by which that is judged.

A proof comes from the originator's own log here, under its newest head; or, where the record came through somebody
else, from the carriage that brought it. Keys of a party that this node was introduced to are those of the introduction.
Of another they come from the carrier, signed by a root key that nobody here has seen: they are kept, and count only
once an officer has confirmed that root key.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kizuna.base.errors import InputError, KizunaError, TrustError, UnavailableError
from kizuna.node.share.partners import REVOKED
from kizuna.records.bodies.onward import MANIFEST_MOST, Carriage, CarriedKeys
from kizuna.records.kinds import read_body
from kizuna.records.label import PARTY, Label, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode
from kizuna.share.keys import RETIRED, KeyRing, read_manifest
from kizuna.share.ledger import merkle
from kizuna.share.ledger.carriage import proof_in
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.note import read_base64
from kizuna.share.ledger.proof import Proof
from kizuna.share.verify import counts
from kizuna.stores.shared.books import Paper
from kizuna.stores.shared.onward import TAKEN

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.stores.shared import LogState

KIND: Final = "originator"
"""Papers with key manifests of parties that carriers brought."""
CONFIRMED: Final = "!originator"
"""Journal rows: an officer confirmed a root key."""
HEADS_MOST: Final = 256
"""Heads of which it is remembered whether they count."""
ORIGINATORS_MOST: Final = 256
"""Parties whose keys are kept without an introduction."""


class Stranger(NamedTuple):
    """A party that was never introduced here, as carriers tell of it. ``fingerprint``: of its root key."""

    party: str
    fingerprint: str
    carriers: tuple[str, ...]
    confirmed: bool


class Proofs:
    """Over the store of one node."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._confirmed: set[tuple[str, str]] = set()
        self._rings: dict[str, tuple[Any, KeyRing]] = {}
        self._counts: dict[tuple[bytes, tuple[bytes, ...]], KizunaError | None] = {}
        """By head and keys: why it does not count, None where it does."""
        self.confirmations = 0

    # ---- places ------------------------------------------------------------------------------------------------------
    def of(self, record: str, origin: str) -> Proof:
        """The proof of a record that is held. Raises UnavailableError while no head covers it, InputError for none."""
        shared, found = self._office.shared, False
        for log, n in shared.records.where(record):
            state = shared.logs.state(log)
            if state is None or state.side != "in" or parse_name(log).origin != origin:
                continue
            found = True
            head = self._head(origin, n, state)
            salt = shared.logs.salts(log, n, 1).read(n, 1)[0]
            if head is not None and salt is not None:
                size, note = head
                return Proof(n, tuple(merkle.inclusion(n, size, shared.logs.nodes(log))), note, salt)
        carried = shared.carried.get(record)
        if carried is not None and carried.carriage and carried.state == TAKEN:
            paper = self.paper(carried.carriage)
            why = self.head_fault(origin, paper.checkpoint.encode())
            if why is None:
                return proof_in(paper, record)
            if why.code != RETIRED:
                raise why
            self._office.onward.renewal.need(record, carried.carrier)
            raise UnavailableError("its proof is asked for anew", where=record[:16])
        if found:
            raise UnavailableError("no signed head covers it yet", where=record[:16])
        raise InputError(f"nothing proves that {origin} stated {record[:16]}")

    def covers(self, origin: str, n: int, state: LogState) -> bool:
        """Whether a head that counts covers this entry by now."""
        try:
            return self._head(origin, n, state) is not None
        except KizunaError:  # its keys do not count any more
            return False

    def _head(self, origin: str, n: int, state: LogState) -> tuple[int, bytes] | None:
        """A signed head over this entry that counts now, of a tree that is held: the newest."""
        heads = [(state.head_size, state.head)] if state.head is not None and n < state.head_size <= state.size else []
        if heads and self.head_fault(origin, heads[0][1]) is None:
            return heads[0]
        rows = [(s, note) for s, _, note in self._office.shared.logs.checkpoints(state.name, n) if n < s <= state.size]
        return next((row for row in reversed(rows) if self.head_fault(origin, row[1]) is None), None)

    def head_fault(self, origin: str, note: bytes) -> KizunaError | None:
        """Why a head of a party does not count as its keys stand now; None where it does."""
        ring = self.ring(origin)
        key = (note, ring.digests)
        if key not in self._counts:
            if len(self._counts) >= HEADS_MOST:
                del self._counts[next(iter(self._counts))]
            try:
                counts(note, ring, self._office.context)
                self._counts[key] = None
            except KizunaError as exc:
                self._counts[key] = exc
        return self._counts[key]

    def paper(self, name: str) -> Carriage:
        """A carriage that is held. Raises InputError where it is none."""
        held = self._office.shared.records.get(name)
        body = read_body(decode(held.data)) if held and held.data else None
        if not isinstance(body, Carriage):
            raise InputError(f"{name[:16]} is no carriage that is held")
        return body

    # ---- keys --------------------------------------------------------------------------------------------------------
    def ring(self, party: str) -> KeyRing:
        """The keys of a party. Raises UnavailableError where its root key is not known or not confirmed."""
        papers = self._papers(party)
        stamp = (self._office.sharing.partners.stamp(), len(papers), (party, self._root(papers)) in self._confirmed)
        held = self._rings.get(party)
        if held is None or held[0] != stamp:
            held = self._rings[party] = stamp, self._ring(party, papers)
        return held[1]

    def _ring(self, party: str, papers: Sequence[Paper]) -> KeyRing:
        try:
            known = self._office.sharing.partners.get(party)
        except InputError:
            known = None
        if known is not None and known.state == REVOKED:
            raise TrustError(f"{party} was revoked: {known.why}", where=party)
        if known is not None:
            ring = known.ring
        elif not papers:
            raise UnavailableError(f"the keys of {party} are not known here", where=party)
        else:
            root = self._root(papers)
            if (party, root) not in self._confirmed:
                hint = f"kizuna grant confirm NODE {party} --fingerprint {fingerprint(root)}"
                raise UnavailableError(f"nobody here has confirmed the root key of {party}", where=party, hint=hint)
            ring = KeyRing(party, read_base64(root, length=32))
        for paper in papers:
            if paper.version == ring.sequence + 1:
                ring = ring.accept(paper.data)
        return ring

    def _papers(self, party: str) -> list[Paper]:
        return self._office.shared.papers.versions(KIND, party)

    @staticmethod
    def _root(papers: Sequence[Paper]) -> str:
        return read_manifest(papers[0].data)[0].root if papers and papers[0].version == 1 else ""

    def learn(self, body: CarriedKeys, carrier: str) -> bool:
        """Keep a key manifest that a carrier brought; whether it is new. Raises InputError or TrustError."""
        manifest, _ = read_manifest(body.text.encode())
        if (manifest.party, manifest.sequence) != (body.party, body.sequence) or not PARTY.fullmatch(body.party):
            raise InputError(f"a key manifest of {manifest.party}, said to be of {body.party}")
        held = self._papers(body.party)
        for paper in held:
            if paper.version == body.sequence:
                if read_manifest(paper.data)[0] != manifest:
                    raise TrustError(f"two different key manifests {body.sequence}", where=body.party,
                                     hint="keep both as evidence, and ask the party itself")  # fmt: skip
                return False
        known = self._known(body.party)
        if known is not None and body.sequence <= known.sequence:
            known.accept(body.text.encode())  # raises where it is another than the one known
            return False
        if not held and known is None and len(self.strangers()) >= ORIGINATORS_MOST:
            raise InputError(f"more than {ORIGINATORS_MOST} parties are known by their carriers alone")
        root = read_manifest(held[0].data)[0].root if held else manifest.root
        ring = known or KeyRing(body.party, read_base64(root, length=32))
        for paper in held:
            if paper.version == ring.sequence + 1:
                ring = ring.accept(paper.data)
        ring.accept(body.text.encode())  # signed by its root key, and follows
        paper = Paper(KIND, body.party, body.sequence, self._office.now_ms(), carrier, body.text.encode())
        self._office.shared.papers.put(paper)
        return True

    def _known(self, party: str) -> KeyRing | None:
        try:
            return self._office.sharing.partners.get(party).ring
        except InputError:
            return None

    def manifests(self, party: str, to: str) -> list[bytes]:
        """Records with all key manifests of a party, to go ahead of what it states; the same each time."""
        try:
            texts = [t.encode() for t in self._office.sharing.partners.get(party).manifests]
        except InputError:
            texts = []
        texts += [p.data for p in self._papers(party) if p.version > len(texts)]
        return [self._carried_keys(party, n, text, to) for n, text in enumerate(texts, 1)]

    def _carried_keys(self, party: str, sequence: int, text: bytes, to: str) -> bytes:
        if len(text) > MANIFEST_MOST:
            raise InputError(f"key manifest {sequence} of {party} is too long to be carried", where=party)
        office = self._office
        body = CarriedKeys(party=party, sequence=sequence, text=text.decode())
        label = Label(tlp=Tlp.AMBER if to != "*" else Tlp.CLEAR, rel_to=frozenset((to,)))
        # its time says nothing: the same record again is told once
        return encode(Record(kind="carriage.keys", origin=office.me, observed_ms=0, body=body_bytes(body), label=label,
                             context=office.context))  # fmt: skip

    # ---- parties that were never introduced --------------------------------------------------------------------------
    def confirm(self, party: str, root: str) -> None:
        """An officer confirmed a root key; from the journal."""
        self._confirmed.add((party, root))
        self.confirmations += 1

    def root_of(self, party: str) -> str:
        """Root key of a stranger, base64. Raises InputError where no carrier brought one."""
        root = self._root(self._papers(party))
        if not root:
            raise InputError(f"nobody brought keys of {party}", code="no_originator")
        return root

    def strangers(self) -> list[Stranger]:
        """Parties that were never introduced here and whose keys carriers brought."""
        papers: dict[str, list[Paper]] = {}
        for paper in self._office.shared.papers.versions(KIND):
            papers.setdefault(paper.name, []).append(paper)
        known = self._office.sharing.who().partners
        out = []
        for party, rows in sorted(papers.items()):
            if party not in known and (root := self._root(rows)):
                carriers = tuple(sorted({p.by for p in rows}))
                out.append(Stranger(party, fingerprint(root), carriers, (party, root) in self._confirmed))
        return out


def fingerprint(root: str) -> str:
    """A root key (base64) as people compare it: 24 hexadecimal digits in six groups."""
    digest = hashlib.sha256(base64.b64decode(root)).hexdigest()[:24]
    return "-".join(digest[k : k + 4] for k in range(0, 24, 4))


__all__ = ["CONFIRMED", "KIND", "Proofs", "Stranger", "fingerprint"]
