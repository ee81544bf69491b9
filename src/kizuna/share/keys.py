"""Keys of a party: a chain of manifests, each signed by the party's root key, numbered without holes.

    kizuna-manifest/1
    {"party":"harbour","sequence":2,"previous":"q83v...","root":"1Yb0...","epoch":1,"keys":[
      {"use":"page","alg":"ed25519","public":"LC6J...","context":"real","state":"retired",
       "until":{"harbour/1/cape/real/routine":{"size":5120,"root":"CsUY..."}}},
      {"use":"page","alg":"ed25519","public":"9sK2...","context":"real","state":"live","until":{}}, ...],"closed":{}}

    — harbour/root base64...                                (the JSON is one line)

The root key stays offline. What it signs says which keys are in use: **page** signs checkpoints of logs; **node**
signs requests, receipts and the time of checkpoints; **box** opens what is sealed for the party; **tls** is the
SHA-256 of its server's certificate. Each stands for one kind of context (real, exercise, test) and for no other.

- **Rotation**: a manifest adds the new key (both are live), a later one retires the old, with size and root of each log
  up to which it signed. Nothing is decided by a date.
- **Compromise**: the key is revoked, with the last heads known to be true. What was accepted up to there stays; what
  was accepted beyond is doubtful (`KeyRing.doubtful`); a log can be taken up again from there (`verify.rewind`).
- A **dead key** (retired or revoked) counts for exactly those heads, for which now the root key vouches, and for
  nothing else: not for a smaller size either, or whoever finds the key could tell a partner who lags behind another
  beginning. What was signed under it and not yet delivered is delivered under a newer head.
- **Restore**: ``epoch`` counts up, ``closed`` says where the logs of earlier epochs ended. A closure may grow when a
  partner shows that it holds more; it never shrinks.
- **A new root key** is named in a manifest that both root keys sign.

A key once listed stays listed, and never comes back to life. Whoever compares two manifests of one number finds out
about a party that tells different stories.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Literal

import msgspec

from kizuna.base.errors import InputError, TrustError, UnavailableError
from kizuna.records import context as contexts
from kizuna.records.label import PARTY
from kizuna.share.ledger.checkpoint import Checkpoint
from kizuna.share.ledger.merkle import HASH_BYTES, SIZE_MAX
from kizuna.share.ledger.name import EPOCH_MAX, LogName, parse_name
from kizuna.share.ledger.note import COSIGNATURE, ED25519, Note, Verifier, check_note, read_base64, read_note

HEAD: Final = "kizuna-manifest/1\n"
KEYS_MAX: Final = 256
LOGS_MAX: Final = 10_000
MANIFEST_MAX_BYTES: Final = 1024 * 1024
X25519: Final = "x25519"
DIGEST: Final = "sha256"
_ALG: Final = {"page": ED25519, "node": ED25519, "box": X25519, "tls": DIGEST}
RETIRED: Final = "retired_key"
"""Code of the error for a head under which a newer one is to be asked for."""
_ORDER: Final = {"live": 0, "retired": 1, "revoked": 2}


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in a log: how many records, and the root over them in base64."""

    size: int
    root: str

    @property
    def root_hash(self) -> bytes:
        """The root as 32 bytes; InputError when it is none."""
        return read_base64(self.root, length=HASH_BYTES)


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One public key: what for, in which kind of context, and how far it counts."""

    use: Literal["page", "node", "box", "tls"]
    alg: str
    public: str
    context: Literal["real", "exercise", "test"]
    state: Literal["live", "retired", "revoked"] = "live"
    until: dict[str, Position] = {}

    @property
    def data(self) -> bytes:
        """The 32 bytes of the key, or of the digest of a certificate."""
        return read_base64(self.public, length=32)


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All keys of a party at one time. ``previous`` is the SHA-256 of the text before it, empty in the first."""

    party: str
    sequence: int
    previous: str
    root: str
    epoch: int
    keys: tuple[Key, ...]
    closed: dict[str, Position] = {}

    def text(self) -> str:
        """The text that the root key signs."""
        return HEAD + msgspec.json.encode(self).decode() + "\n"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What this node believes of one party's keys: the root key it was introduced with, and the chain since.

    Attributes:
        party: its id.
        root: public root key, 32 bytes.
        manifest: the newest, or None before the first.
        digests: SHA-256 of the text of each manifest so far, in order.
    """

    party: str
    root: bytes
    manifest: Manifest | None = None
    digests: tuple[bytes, ...] = ()

    @property
    def sequence(self) -> int:
        """Number of the newest manifest; 0 before the first."""
        return len(self.digests)

    def accept(self, data: bytes) -> KeyRing:
        """Return the ring with one more manifest; the same ring when it is known already.

        Raises InputError (malformed), UnavailableError (one in between is missing) or TrustError.
        """
        manifest, note = read_manifest(data)
        if manifest.party != self.party:
            raise TrustError(f"a key manifest of {manifest.party!r}", where=self.party)
        digest = sha256(note.text.encode()).digest()
        if manifest.sequence <= self.sequence:
            if digest != self.digests[manifest.sequence - 1]:
                hint = "keep both as evidence; meet and introduce the nodes anew"
                raise TrustError(f"two different key manifests {manifest.sequence}", where=self.party, hint=hint)
            return self
        if manifest.sequence > self.sequence + 1:
            raise self.missing(manifest.sequence - 1)
        root = read_base64(manifest.root, length=32)
        name = f"{self.party}/root"
        check_note(note, [Verifier(name, self.root)])
        if root != self.root:
            check_note(note, [Verifier(name, root)])
        before = base64.b64encode(self.digests[-1]).decode() if self.digests else ""
        if manifest.previous != before:
            raise TrustError("a key manifest that does not continue the last one", where=self.party)
        _check_step(self.manifest, manifest)
        return replace(self, root=root, manifest=manifest, digests=(*self.digests, digest))

    def missing(self, upto: int) -> UnavailableError:
        """The error that says which manifests to fetch first."""
        hint = "fetch the key manifests that follow, then try again"
        return UnavailableError(f"key manifests {self.sequence + 1} to {upto} are missing", where=self.party, hint=hint)

    def keys(self, use: str, context: str) -> tuple[Key, ...]:
        """All keys of one use for this context, living or dead."""
        kind = kind_of(context)
        found = self.manifest.keys if self.manifest else ()
        return tuple(k for k in found if k.use == use and k.context == kind)

    def live(self, use: str, context: str) -> tuple[Key, ...]:
        """Keys that may be used now: to check a request, to seal for the party, to pin its certificate."""
        return tuple(k for k in self.keys(use, context) if k.state == "live")

    def page_verifiers(self, log: LogName) -> tuple[Verifier, ...]:
        """Keys that ever signed checkpoints of this log of theirs; see `check_position`."""
        return tuple(Verifier(str(log), k.data) for k in self.keys("page", log.context))

    def node_verifiers(self, context: str) -> tuple[Verifier, ...]:
        """Keys that ever cosigned for the party in this context; see `check_position`."""
        return tuple(Verifier(f"{self.party}/node", k.data, COSIGNATURE) for k in self.keys("node", context))

    def check_position(self, verifier: Verifier, checkpoint: Checkpoint, context: str) -> None:
        """TrustError unless this key counts for this head; InputError when it once did (see Rotation above)."""
        use = "node" if verifier.kind == COSIGNATURE else "page"
        key = next(k for k in self.keys(use, context) if k.data == verifier.public)
        if key.state == "live":
            return
        where, position = f"{self.party} {use} key", key.until.get(checkpoint.origin)
        limit = position.size if position else 0
        if position and checkpoint.size == limit and checkpoint.root == position.root_hash:
            return
        if key.state == "retired" and checkpoint.size < limit:
            hint = "ask for it again, under a newer head"
            raise InputError("signed by a key since retired", where=where, hint=hint, code=RETIRED)
        hint = "fetch the newest checkpoint; if this goes on, call the partner: somebody uses a dead key"
        raise TrustError(f"the key was {key.state} at record {limit}", where=where, hint=hint)

    def check_epoch(self, checkpoint: Checkpoint, log: LogName) -> None:
        """TrustError when a log of a closed epoch goes on; UnavailableError when its epoch is not announced here."""
        epoch = self.manifest.epoch if self.manifest else 0
        if log.epoch > epoch:
            hint = "fetch the newest key manifest; only a statement signed by the root key begins an epoch"
            raise UnavailableError(f"epoch {log.epoch} was not announced", where=str(log), hint=hint)
        if self.manifest is None or log.epoch == epoch:
            return
        end = self.manifest.closed.get(str(log))
        if end is None or checkpoint.size > end.size:
            limit = end.size if end else 0
            hint = f"show {self.party} the checkpoint that you hold: it must state the true end"
            raise TrustError(f"this log was closed at record {limit}", where=str(log), hint=hint)
        if checkpoint.size == end.size and checkpoint.root != end.root_hash:
            raise TrustError("this log was closed with another root", where=str(log))

    def doubtful(self, log: LogName, public: bytes, size: int) -> range:
        """Numbers of records accepted under this key that a revocation has made doubtful; empty when it has not."""
        for key in self.keys("page", log.context):
            if key.data == public and key.state == "revoked":
                position = key.until.get(str(log))
                return range(position.size if position else 0, size)
        return range(0)


def kind_of(context: str) -> Literal["real", "exercise", "test"]:
    """Kind of a context, for which keys stand."""
    contexts.check(context)
    return "exercise" if context.startswith("exercise:") else "real" if context == contexts.REAL else "test"


def read_manifest(data: bytes) -> tuple[Manifest, Note]:
    """Read a manifest; InputError when malformed. The signature is not checked here."""
    note = read_note(data, MANIFEST_MAX_BYTES)
    if not note.text.startswith(HEAD):
        raise InputError("not a key manifest", hint=f"its first line is {HEAD.strip()}")
    try:
        manifest = msgspec.json.decode(note.text.removeprefix(HEAD), type=Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise InputError(f"a key manifest cannot be read: {exc}") from exc
    if manifest.text() != note.text:
        raise InputError("a key manifest is written otherwise than manifests are")
    check_manifest(manifest)
    return manifest, note


def check_manifest(manifest: Manifest) -> None:
    """InputError unless the manifest makes sense by itself."""
    where = f"key manifest of {manifest.party[:40]}"
    if not PARTY.fullmatch(manifest.party) or manifest.sequence < 1 or not 1 <= manifest.epoch <= EPOCH_MAX:
        raise InputError("party, number or epoch is out of range", where=where)
    if len(manifest.keys) > KEYS_MAX or len(manifest.closed) + sum(len(k.until) for k in manifest.keys) > LOGS_MAX:
        raise InputError("too many keys or logs", where=where, hint=f"{KEYS_MAX} keys, {LOGS_MAX} positions")
    read_base64(manifest.root, length=32)
    publics = [manifest.root, *(k.public for k in manifest.keys)]
    if len(set(publics)) != len(publics):
        raise InputError("one key for two purposes", where=where, hint="every use and context has a key of its own")
    for key in manifest.keys:
        if key.alg != _ALG[key.use]:
            raise InputError(f"a {key.use} key with {key.alg[:20]!r}", where=where, hint=_ALG[key.use])
        if key.state == "live" and key.until:
            raise InputError("a live key with an end", where=where)
        _ = key.data
        _check_positions(key.until)
    _check_positions(manifest.closed)
    if any(
        (log := parse_name(name)).origin != manifest.party or log.epoch >= manifest.epoch for name in manifest.closed
    ):
        raise InputError("only own logs of earlier epochs are closed", where=where)


def _check_positions(positions: Mapping[str, Position]) -> None:
    for name, position in positions.items():
        parse_name(name)
        if not 0 <= position.size <= SIZE_MAX or len(position.root_hash) != HASH_BYTES:
            raise InputError("a log of less than nothing, or of too much", where=name)


def _check_step(old: Manifest | None, new: Manifest) -> None:
    """TrustError unless ``new`` may follow ``old``: nothing comes back to life, nothing disappears."""
    if old is None:
        return
    if new.epoch < old.epoch:
        raise TrustError("a key manifest goes back to an earlier epoch", where=new.party)
    now = {(k.use, k.alg, k.public, k.context): k for k in new.keys}
    for key in old.keys:
        after = now.get((key.use, key.alg, key.public, key.context))
        if after is None or _ORDER[after.state] < _ORDER[key.state]:
            raise TrustError(f"a {key.use} key disappeared or came back to life", where=new.party)
        grown = any(p.size > key.until[n].size for n, p in after.until.items() if n in key.until)
        if key.state != "live" and (grown or after.until.keys() - key.until.keys()):
            raise TrustError(f"a dead {key.use} key counts for more than before", where=new.party)
    for name, end in old.closed.items():
        later = new.closed.get(name)
        if later is None or later.size < end.size or (later.size == end.size and later.root != end.root):
            raise TrustError("a closed log became shorter", where=name)
