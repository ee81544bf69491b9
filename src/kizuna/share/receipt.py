"""Receipts, and what the root key signs: the second of the two modules that hold private keys.

- A **receipt** is our cosignature, with the time, over the head of a partner's log as far as we hold it. It says: all
  of this log up to here was received. It says nothing of reading, believing or agreeing.
- A **key manifest** (`kizuna.share.keys`) is made by an operator with the root key at hand: first keys, rotation,
  compromise, a new epoch after a restore, a new root key. Each is one function from the last manifest to the next.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

import msgspec

from kizuna.base.errors import ConfigError
from kizuna.base.units import SECOND_MS
from kizuna.share.keys import MANIFEST_MAX_BYTES, Key, KeyRing, Manifest, Position, check_manifest
from kizuna.share.ledger.checkpoint import Checkpoint
from kizuna.share.ledger.note import Note, read_note
from kizuna.share.release import KeyFile, Keys
from kizuna.share.seal import Kind, Random, SecretKey, Use, new_key, read_key, write_key
from kizuna.share.verify import Seen

RootKey = SecretKey
"""The root key, for whoever passes one to the functions here."""


def acknowledge(seen: Seen, keys: Keys, *, now_ms: int) -> bytes:
    """A receipt for what is held of a partner's log.

    When we hold all that the partner signed, its own signatures stand in it too: then it shows the partner, should it
    ever be set back, how much it had signed.
    """
    text = Checkpoint(str(seen.name), seen.size, seen.frontier.root).text()
    theirs = read_note(seen.note).signatures if seen.head and seen.head.size == seen.size else ()
    return Note(text, (*theirs, keys.node.cosign(text, keys.party, now_ms // SECOND_MS))).encode()


def make_root(passphrase: str, random: Random) -> tuple[bytes, SecretKey]:
    """A new root key: the bytes of its file under a passphrase, and the key to sign the first manifest with."""
    key = new_key("root", "real", random)
    return write_key(key, random, passphrase), key


def make_key(use: Use, kind: Kind, random: Random) -> tuple[bytes, Key]:
    """A new key of a running node: the bytes of its file, and its entry for the manifest."""
    key = new_key(use, kind, random)
    return write_key(key, random), key.listed()


def public_of(file: KeyFile) -> bytes:
    """The public key of a key file of a running node."""
    return read_key(file.data, mode=file.mode, where=file.where).public


def open_root(file: KeyFile, passphrase: str) -> SecretKey:
    """The root key from its file. Raises ConfigError for a wrong passphrase, an unsafe mode, or another file."""
    key = read_key(file.data, mode=file.mode, where=file.where, passphrase=passphrase)
    if key.use != "root":
        raise ConfigError(f"a {key.use} key, not the root key", where=file.where)
    return key


def first_manifest(party: str, root: SecretKey, keys: Iterable[Key]) -> bytes:
    """The manifest that a party begins with."""
    return _signed(KeyRing(party, root.public), Manifest(party, 1, "", _text(root.public), 1, tuple(keys)), [root])


def rotate(ring: KeyRing, root: SecretKey, new: Iterable[Key]) -> bytes:
    """Add keys; those in use go on beside them until they are retired. Wait until every partner has this manifest."""
    manifest = _next(ring)
    return _signed(ring, msgspec.structs.replace(manifest, keys=(*manifest.keys, *new)), [root])


def retire(ring: KeyRing, root: SecretKey, public: bytes, until: Mapping[str, Position]) -> bytes:
    """End the use of a key as planned, at these heads. Wait until nothing signed by it is on its way any more."""
    return _ended(ring, root, public, "retired", until)


def revoke(ring: KeyRing, root: SecretKey, public: bytes, until: Mapping[str, Position]) -> bytes:
    """End a key that others may hold. Positions are heads known to be our own, from receipts: nothing else counts."""
    return _ended(ring, root, public, "revoked", until)


def begin_epoch(ring: KeyRing, root: SecretKey, closed: Mapping[str, Position]) -> bytes:
    """The statement of continuity after a restore: where each log of the ended epoch ended.

    ``closed`` names, for each log, the largest head that we or any partner can show with our signature.
    """
    manifest = _next(ring)
    ends = {**manifest.closed, **closed}
    return _signed(ring, msgspec.structs.replace(manifest, epoch=manifest.epoch + 1, closed=ends), [root])


def close_later(ring: KeyRing, root: SecretKey, log: str, end: Position) -> bytes:
    """State a later end of a closed log, when a partner has shown more with our signature."""
    manifest = _next(ring)
    return _signed(ring, msgspec.structs.replace(manifest, closed={**manifest.closed, log: end}), [root])


def change_root(ring: KeyRing, old: SecretKey, new: SecretKey) -> bytes:
    """Hand over to a new root key; both sign."""
    return _signed(ring, msgspec.structs.replace(_next(ring), root=_text(new.public)), [old, new])


def _ended(ring: KeyRing, root: SecretKey, public: bytes, state: str, until: Mapping[str, Position]) -> bytes:
    manifest = _next(ring)
    if all(k.data != public for k in manifest.keys):
        raise ConfigError("this key is in no manifest", where=ring.party)
    keys = tuple(
        msgspec.structs.replace(k, state=state, until=dict(until)) if k.data == public else k for k in manifest.keys
    )
    return _signed(ring, msgspec.structs.replace(manifest, keys=keys), [root])


def _next(ring: KeyRing) -> Manifest:
    if ring.manifest is None:
        raise ConfigError("there is no key manifest yet", where=ring.party, hint="make the first one")
    previous = _text(ring.digests[-1])
    return msgspec.structs.replace(ring.manifest, sequence=ring.sequence + 1, previous=previous)


def _signed(ring: KeyRing, manifest: Manifest, roots: Sequence[SecretKey]) -> bytes:
    check_manifest(manifest)
    text = manifest.text()
    data = Note(text, tuple(root.sign_manifest(text, manifest.party) for root in roots)).encode()
    ring.accept(data)  # what partners would refuse never leaves
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def digest_of(data: bytes) -> str:
    """SHA-256 of the text of a manifest, 64 hexadecimal characters: how operators name one."""
    return sha256(read_note(data, MANIFEST_MAX_BYTES).text.encode()).hexdigest()
