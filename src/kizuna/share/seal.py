"""Private keys: what signs and what opens. Only `share.release` and `share.receipt` may import this.

A key file is one line of JSON. The root key's is protected by a passphrase (Argon2id, XSalsa20-Poly1305) and stays off
line; the others lie beside the node, readable by its user alone. Nothing here reads a file: bytes and mode are handed
in, and a mode that lets others read is refused. Random bytes are handed in as well.

What a key may sign is fixed by its use, so that no signature can be taken for another: **page** signs checkpoints of
logs of its own kind of context, **node** cosignatures and requests, **root** manifests, **box** signs nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.signing import SigningKey

from kizuna.base.errors import ConfigError, InputError
from kizuna.share.keys import HEAD as MANIFEST_HEAD
from kizuna.share.keys import X25519, Key, kind_of
from kizuna.share.ledger.checkpoint import parse_text
from kizuna.share.ledger.name import parse_name
from kizuna.share.ledger.note import COSIGNATURE, ED25519, NOTE, Signature, Verifier, cosigned_message, read_base64

Random = Callable[[int], bytes]
Use = Literal["root", "page", "node", "box"]
Kind = Literal["real", "exercise", "test"]

REQUEST_HEAD: Final = b'"@'
"""An RFC 9421 signature base begins so, when its first component is derived (``"@method"``). No note does."""
OTHERS: Final = 0o077
FILE_MAX_BYTES: Final = 4096
PASSPHRASE_MIN: Final = 12


@dataclass(frozen=True, slots=True)
class Cost:
    """How hard a passphrase is to guess: passes and bytes of memory of Argon2id (RFC 9106)."""

    ops: int = argon2id.OPSLIMIT_MODERATE
    mem_bytes: int = argon2id.MEMLIMIT_MODERATE


COST_MAX: Final = Cost(16, 1024 * 1024 * 1024)


class _Protection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the secret is wrapped."""

    kdf: Literal["argon2id"]
    ops: int
    mem_bytes: int
    salt: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key file."""

    kizuna: Literal["key/1"]
    use: Use
    context: Kind
    alg: str
    public: str
    secret: str
    protection: _Protection | None = None


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A private key with its one use and kind of context. Its text form shows nothing of it."""

    use: Use
    context: Kind
    seed: bytes = field(repr=False)
    _signing: SigningKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the public half once: doing so for each signature would cost twice the signature."""
        object.__setattr__(self, "_signing", SigningKey(self.seed))

    @property
    def alg(self) -> str:
        """Name of the algorithm."""
        return X25519 if self.use == "box" else ED25519

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        if self.use == "box":
            return bytes(PrivateKey(self.seed).public_key)
        return bytes(self._signing.verify_key)

    def listed(self) -> Key:
        """The entry for a key manifest; a root key has none."""
        if self.use == "root":
            raise ValueError("a root key is not listed, it signs the list")
        return Key(self.use, self.alg, base64.b64encode(self.public).decode(), self.context)

    def sign_checkpoint(self, text: str) -> Signature:
        """Sign the text of a checkpoint as the log itself."""
        name = parse_name(parse_text(text).origin)
        self._for("page", kind_of(name.context))
        return self._note(text, str(name))

    def sign_manifest(self, text: str, party: str) -> Signature:
        """Sign the text of a key manifest as the party's root."""
        if self.use != "root" or not text.startswith(MANIFEST_HEAD):
            raise ValueError("a root key signs key manifests, and nothing else does")
        return self._note(text, f"{party}/root")

    def cosign(self, text: str, party: str, time_s: int) -> Signature:
        """Cosign the text of a checkpoint, one's own or another's, with the time (tlog-cosignature v1)."""
        self._for("node", kind_of(parse_name(parse_text(text).origin).context))
        verifier = Verifier(f"{party}/node", self.public, COSIGNATURE)
        signature = self._signing.sign(cosigned_message(text, time_s)).signature
        return Signature(verifier.name, verifier.key_id, time_s.to_bytes(8, "big") + signature)

    def sign_request(self, base: bytes) -> bytes:
        """Sign the signature base of an HTTP request (RFC 9421 section 2.5)."""
        if self.use != "node" or not base.startswith(REQUEST_HEAD):
            raise ValueError("a node key signs requests whose first component is derived")
        return self._signing.sign(base).signature

    def open_box(self, sealed: bytes) -> bytes:
        """Open what was sealed for this key; InputError when it was not, or was damaged."""
        if self.use != "box":
            raise ValueError("only a box key opens what is sealed")
        try:
            return SealedBox(PrivateKey(self.seed)).decrypt(sealed)
        except (CryptoError, ValueError, TypeError) as exc:
            raise InputError("this was not sealed for us, or it was damaged on its way") from exc

    def _for(self, use: Use, kind: Kind) -> None:
        if (self.use, self.context) != (use, kind):
            raise ValueError(f"a {self.use} key for {self.context} cannot sign as {use} for {kind}")

    def _note(self, text: str, name: str) -> Signature:
        verifier = Verifier(name, self.public, NOTE)
        return Signature(name, verifier.key_id, self._signing.sign(text.encode()).signature)


def new_key(use: Use, context: Kind, random: Random) -> SecretKey:
    """Make a key from 32 random bytes."""
    seed = random(32)
    if len(seed) != 32:  # noqa: PLR2004  the size of Ed25519 and X25519 keys
        raise ValueError("32 random bytes were asked for")
    return SecretKey(use, context, seed)


def write_key(key: SecretKey, random: Random, passphrase: str = "", cost: Cost = Cost()) -> bytes:
    """The bytes of a key file, to be written with mode 600. A root key needs a passphrase of at least 12 characters."""
    secret, protection = key.seed, None
    if key.use == "root" and len(passphrase) < PASSPHRASE_MIN:
        raise ConfigError("the root key needs a passphrase", hint=f"at least {PASSPHRASE_MIN} characters")
    if passphrase:
        salt = random(argon2id.SALTBYTES)
        protection = _Protection("argon2id", cost.ops, cost.mem_bytes, base64.b64encode(salt).decode())
        wrapped = SecretBox(_stretch(passphrase, salt, cost)).encrypt(secret, random(SecretBox.NONCE_SIZE))
        secret = bytes(wrapped)
    public, text = base64.b64encode(key.public).decode(), base64.b64encode(secret).decode()
    return msgspec.json.encode(_File("key/1", key.use, key.context, key.alg, public, text, protection)) + b"\n"


def read_key(data: bytes, *, mode: int, where: str, passphrase: str = "") -> SecretKey:
    """Read a key file. ``mode`` is its ``st_mode``; ConfigError says what to do when it cannot be used."""
    if mode & OTHERS:
        raise ConfigError("others can read this key", where=where, hint=f"chmod 600 {where}, and think of a new key")
    try:
        file = msgspec.json.decode(data[:FILE_MAX_BYTES], type=_File)
        secret, public = read_base64(file.secret), read_base64(file.public, length=32)
        salt = read_base64(file.protection.salt, length=argon2id.SALTBYTES) if file.protection else b""
    except (msgspec.MsgspecError, ValueError, RecursionError, InputError) as exc:
        raise ConfigError("not a key file", where=where) from exc
    if file.use == "root" and not file.protection:
        raise ConfigError("a root key without a passphrase is not used", where=where)
    if file.protection:
        cost = Cost(file.protection.ops, file.protection.mem_bytes)
        if not (0 < cost.ops <= COST_MAX.ops and 8192 <= cost.mem_bytes <= COST_MAX.mem_bytes):  # noqa: PLR2004  libsodium
            raise ConfigError("a key file asks for too much work", where=where)
        try:
            secret = SecretBox(_stretch(passphrase, salt, cost)).decrypt(secret)
        except (CryptoError, ValueError) as exc:
            raise ConfigError("the passphrase is wrong, or the file was changed", where=where) from exc
    if len(secret) != 32:  # noqa: PLR2004  the size of a key
        raise ConfigError("a secret of the wrong length", where=where)
    key = SecretKey(file.use, file.context, secret)
    if key.public != public or key.alg != file.alg:
        raise ConfigError("the two halves of the key do not fit", where=where)
    return key


def _stretch(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    return argon2id.kdf(SecretBox.KEY_SIZE, passphrase.encode(), salt, opslimit=cost.ops, memlimit=cost.mem_bytes)
