"""Partners as this node keeps them: one private file each, made by an introduction, changed by officers alone.

What a partner may be told at most (level, caveats, communities, purposes) stands here and bounds every rule. A partner
is ``active``, ``paused`` (nothing goes out or is asked; nothing is forgotten) or ``revoked`` (for good).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from kizuna.base.errors import ConfigError, InputError
from kizuna.base.sentences import Sentences
from kizuna.node.share.files import Places, put
from kizuna.records import partner as records
from kizuna.records.label import Tlp, tlp_of, tlp_word
from kizuna.share.introduce import Card
from kizuna.share.keys import KeyRing, read_manifest
from kizuna.share.ledger.note import read_base64

SAID: Final = Sentences({
    "partner.not_introduced": "{party} was not introduced to this node",
    "partner.gone": "{party} was revoked, for good",
    "partner.our_address": "{party} names an address of this node as its own",
    "partner.our_key": "{party} comes with a key of this node",
    "partner.key_of": "{party} comes with a key of {other}",
    "partner.address_of": "{party} names an address of {other}",
    "partner.manifests": "{party} stated more than {n} key manifests",
    "partner.other_root": "{party} comes with another root key than before",
    "partner.old_key": "{party} comes with a key that it ended before",
})  # fmt: skip
ACTIVE: Final = "active"
PAUSED: Final = "paused"
REVOKED: Final = "revoked"
STATES: Final = (ACTIVE, PAUSED, REVOKED)
_FILE_MOST: Final = 32 << 20
MANIFESTS_MOST: Final = 256
"""Key manifests of one partner that are kept: as many as an introduction may hold."""


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A partner.

    Attributes:
        id, title: party id; its name for people.
        root: public root key of its first manifest, base64.
        manifests: its key manifests so far, in order.
        addresses: where its node answers, ``https://HOST:PORT``; empty where only it can call us.
        introduced_ms, by: when its code was confirmed here, and by whom.
        tlp_max, caveats, communities, purposes: what it may be told at most.
        state, why: see the module; ``why`` in an officer's words.
        told_from_ms: what came due before this, UTC, and was not told then is not made up for: an officer decided so.
    """

    id: str
    title: str
    root: str
    manifests: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    introduced_ms: int = 0
    by: str = ""
    tlp_max: str = "AMBER"
    caveats: tuple[str, ...] = ()
    communities: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    state: str = ACTIVE
    why: str = ""
    told_from_ms: int = 0

    @property
    def ring(self) -> KeyRing:
        """Its keys, every manifest checked anew."""
        ring = KeyRing(self.id, read_base64(self.root, length=32))
        for text in self.manifests:
            ring = ring.accept(text.encode())
        return ring

    @property
    def partner(self) -> records.Partner:
        """The partner as rules and labels know it. A paused one is reached by nothing."""
        root = f"ed25519:{base64.b64decode(self.root).hex()}"
        return records.Partner(
            self.id, self.title, root, frozenset(self.communities), frozenset(self.caveats), tlp_of(self.tlp_max),
            frozenset(self.purposes), records.ACTIVE if self.state == ACTIVE else records.REVOKED,
        )  # fmt: skip


def introduced(card: Card, at_ms: int, by: str) -> Known:
    """A partner right after its code was confirmed."""
    return Known(id=card.party, title=card.title, root=card.root, manifests=card.manifests, addresses=card.addresses,
                 introduced_ms=at_ms, by=by)  # fmt: skip


class Partners:
    """All partners of a node, read from its directory; every change is on the disk when the call returns."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def all(self) -> list[Known]:
        """Every partner by id, also revoked ones."""
        if not self._places.partners.is_dir():
            return []
        return [self.get(p.stem) for p in sorted(self._places.partners.glob("*.json")) if not p.name.startswith(".")]

    def stamp(self) -> tuple[tuple[str, int, int], ...]:
        """Changes whenever a partner's file does."""
        try:
            found = [(e.name, e.stat()) for e in os.scandir(self._places.partners) if e.name.endswith(".json")]
        except FileNotFoundError:
            return ()
        return tuple(sorted((name, at.st_mtime_ns, at.st_ino) for name, at in found if not name.startswith(".")))

    def get(self, party: str) -> Known:
        """One partner. Raises InputError where it is not known, ConfigError where its file is damaged."""
        path = self._places.partner(party)
        try:
            found = msgspec.json.decode(path.read_bytes()[:_FILE_MOST], type=Known)
        except FileNotFoundError as exc:
            raise InputError(SAID("partner.not_introduced", party=party), hint="kizuna partner list") from exc
        except (OSError, msgspec.MsgspecError, ValueError) as exc:
            raise ConfigError(f"cannot be read: {exc}", where=str(path), hint="restore it, or introduce anew") from exc
        if found.id != party or found.state not in STATES:
            raise ConfigError("is not the file of this partner", where=str(path))
        return found

    def put(self, known: Known) -> None:
        """Keep a partner as it is now. Its chain of keys and its bounds are checked first."""
        _ = known.ring, known.partner
        put(self._places.partner(known.id), msgspec.json.format(msgspec.json.encode(known), indent=1))

    def introduce(self, known: Known, mine: Iterable[str] = ()) -> Known:
        """Keep a partner that was introduced. One that is known keeps its bounds; one that was revoked stays so.

        ``mine``: addresses of this node. Raises InputError for a revoked partner, where the root key is another than
        before, and where a key or an address is one of another partner's, or of ours.
        """
        self._apart(known, mine)
        try:
            held = self.get(known.id)
        except InputError:
            self.put(known)
            return known
        if held.state == REVOKED:
            raise InputError(f"{known.id} was revoked: {held.why}", hint="remove its file first, if that was a mistake")
        fresh = _newer(held, known)
        after = msgspec.structs.replace(held, manifests=fresh.manifests, addresses=known.addresses, title=known.title,
                                        introduced_ms=known.introduced_ms, by=known.by)  # fmt: skip
        self.put(after)
        return after

    def _apart(self, known: Known, mine: Iterable[str]) -> None:
        """One party under two ids would be told twice, and could testify for itself: no key and no address is shared.

        A revoked partner's keys stay taken; its addresses are free for whoever comes after it.
        """
        keys, places = _keys(known.ring), {urlsplit(a).netloc.lower() for a in known.addresses}
        if places & {urlsplit(a).netloc.lower() for a in mine}:
            raise InputError(SAID("partner.our_address", party=known.id), hint="ask for its own address")
        first = self._places.manifest(1)
        own = _keys(_ring_of(sorted(self._places.manifests.glob("[0-9]*.note")))) if first.exists() else frozenset()
        if keys & own:
            raise InputError(SAID("partner.our_key", party=known.id), hint="a copy of this node is no partner")
        for other in self.all():
            if other.id == known.id:
                continue
            if keys & _keys(other.ring):
                raise InputError(
                    SAID("partner.key_of", party=known.id, other=other.id), hint="each party has keys of its own"
                )
            if other.state != REVOKED and places & {urlsplit(a).netloc.lower() for a in other.addresses}:
                raise InputError(
                    SAID("partner.address_of", party=known.id, other=other.id), hint="ask both for their own addresses"
                )

    def change(self, party: str, *, state: str = "", why: str = "", tlp_max: Tlp | str = "",
               caveats: Iterable[str] | None = None, communities: Iterable[str] | None = None,
               purposes: Iterable[str] | None = None, told_from_ms: int | None = None) -> Known:  # fmt: skip
        """Change what an officer decides. A revoked partner stays revoked."""
        held = self.get(party)
        if state and held.state == REVOKED and state != REVOKED:
            raise InputError(SAID("partner.gone", party=party), hint="introduce it anew under another id")
        given = {"caveats": caveats, "communities": communities, "purposes": purposes}
        words = {name: tuple(sorted(set(v))) for name, v in given.items() if v is not None}
        level = {"tlp_max": tlp_max if isinstance(tlp_max, str) else tlp_word(tlp_max)} if tlp_max != "" else {}
        after = msgspec.structs.replace(
            held, **words, **level, state=state or held.state, why=why if state else held.why,
            told_from_ms=held.told_from_ms if told_from_ms is None else told_from_ms,
        )  # fmt: skip
        self.put(after)
        return after

    def learn(self, party: str, manifest: bytes) -> Known:
        """Keep the next key manifest of a partner. Raises TrustError where it does not follow."""
        held = self.get(party)
        ring = held.ring
        if ring.accept(manifest).sequence == ring.sequence:
            return held
        if ring.sequence >= MANIFESTS_MOST:
            raise InputError(SAID("partner.manifests", party=party, n=str(MANIFESTS_MOST)), hint="introduce it anew")
        after = msgspec.structs.replace(held, manifests=(*held.manifests, manifest.decode()))
        self.put(after)
        return after


def _newer(held: Known, known: Known) -> Known:
    """Which of two chains of keys of one party counts; they go on from each other, or the root key in force says so.

    Raises InputError where an earlier root key, which may have been handed over because it was stolen, tells another
    story than the one that is known; and where another story brings a dead key back to life.
    """
    old, new = held.ring, known.ring
    if new.digests[: old.sequence] == old.digests:
        return known
    if old.digests[: new.sequence] == new.digests:
        return held
    if old.root != new.root:
        raise InputError(SAID("partner.other_root", party=known.id),
                         hint="revoke it, and introduce the party anew under another id")  # fmt: skip
    dead = {k.public for k in old.manifest.keys if k.state != "live"} if old.manifest else set()
    if any(k.public in dead and k.state == "live" for k in (new.manifest.keys if new.manifest else ())):
        raise InputError(SAID("partner.old_key", party=known.id), hint="it must bring its newest manifests")
    return known


def _ring_of(paths: Iterable[Path]) -> KeyRing:
    """Keys of a party by the files of its manifests, in order; our own."""
    data = [path.read_bytes() for path in paths]
    first = read_manifest(data[0])[0]
    ring = KeyRing(first.party, read_base64(first.root, length=32))
    for one in data:
        ring = ring.accept(one)
    return ring


def _keys(ring: KeyRing) -> frozenset[str]:
    """Every public key that a party has, living or dead, its root key among them."""
    listed = ring.manifest.keys if ring.manifest else ()
    return frozenset([base64.b64encode(ring.root).decode(), *(key.public for key in listed)])


def pins(known: Known, context: str) -> list[str]:
    """Fingerprints of certificates that the partner may show now, hex."""
    return [key.data.hex() for key in known.ring.live("tls", context)]
