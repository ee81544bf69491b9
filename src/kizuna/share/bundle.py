"""Bundle: pages, key manifests and receipts on carried media, sealed for one partner.

    4 bytes    "KZB1"
    line       {"to":"cape","box":"9f2c51d07a3e44b1","context":"real","id":"...","sealed":"..."}  + line feed
    chunk      4 bytes length (big-endian) | ciphertext        any number of them
    last       the same, of kind "end", with how many there were

``sealed`` is the bundle's key in a libsodium sealed box for the partner's box key; each chunk is a secret box
(XSalsa20-Poly1305) under it, its nonce the bundle's id and the chunk's number. A chunk that is damaged, moved, repeated
or of another bundle does not open; a missing end is told. What is inside is judged like anything that came over a
wire: sealing keeps strangers out, it does not make the contents true.

A stick that a stranger finds tells him for whom it is, in which context, how much, and nothing else. Reading goes
chunk by chunk with bounded memory; `Reader.at` tells where to go on after a break. Applied twice, it changes nothing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Final, Literal

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import Box, PrivateKey, PublicKey
from nacl.secret import SecretBox

from kizuna.base.errors import ContextError, InputError
from kizuna.records import context as contexts
from kizuna.share.ledger.note import read_base64

Random = Callable[[int], bytes]
MAGIC: Final = b"KZB1"
HEAD_MAX_BYTES: Final = 2048
CHUNK_MAX_BYTES: Final = 4 * 1024 * 1024 + 1024
CHUNKS_MAX: Final = 1_000_000
Kind = Literal["page", "manifest", "receipt", "head"]
_WORDS: Final[dict[bytes, Kind]] = {b"p": "page", b"m": "manifest", b"r": "receipt", b"h": "head"}
_KINDS: Final = {word: byte for byte, word in _WORDS.items()}
_END: Final = b"e"
_ID_BYTES: Final = 16
_LENGTH_BYTES: Final = 4


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    to: str
    box: str
    context: str
    id: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing carried: a page, a manifest, a receipt or a checkpoint, its bytes as they would go over a wire."""

    kind: Kind
    data: bytes


@dataclass(frozen=True, slots=True)
class Bad:
    """A chunk that could not be opened: its number, and why. The others are still good."""

    number: int
    reason: str


class Writer:
    """Writes one bundle; give each returned piece to the file, in order."""

    def __init__(self, to: str, box: bytes, context: str, random: Random) -> None:
        """``box`` is the partner's public box key for this kind of context, from its manifest."""
        key, self._id, self._count = random(SecretBox.KEY_SIZE), random(_ID_BYTES), 0
        self._box, self._context = SecretBox(key), contexts.check(context)
        sealed = _seal(key + context.encode(), box, random)
        self._head = _Head(to, _name(box), context, _text(self._id), _text(sealed))

    def begin(self) -> bytes:
        """The first piece."""
        return MAGIC + msgspec.json.encode(self._head) + b"\n"

    def add(self, item: Item) -> bytes:
        """The piece for one item."""
        if len(item.data) + 1 + SecretBox.MACBYTES > CHUNK_MAX_BYTES or self._count >= CHUNKS_MAX:
            raise InputError("too large for a bundle", hint="cut shorter pages, or begin another bundle")
        return self._chunk(_KINDS[item.kind] + item.data)

    def end(self) -> bytes:
        """The last piece."""
        return self._chunk(_END + str(self._count).encode())

    def _chunk(self, plain: bytes) -> bytes:
        sealed = self._box.encrypt(plain, _nonce(self._id, self._count)).ciphertext
        self._count += 1
        return len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed


class Reader:
    """Reads one bundle from pieces of any size. `done` tells whether its end was seen.

    Args:
        me: our party id.
        context: context that is open here; a bundle of another is refused with ContextError before anything is opened.
        opener: opens a sealed box with our private box key (``release.Keys.open_box``).
        at: byte and chunk number to go on from, as an earlier reader told in `at`; feed the head first all the same.
    """

    def __init__(
        self, me: str, context: str, opener: Callable[[bytes], bytes], at: tuple[int, int] | None = None
    ) -> None:
        self._me, self._context, self._opener, self._resume = me, context, opener, at
        self._left, self._offset, self._number = bytearray(), 0, 0
        self._box: SecretBox | None = None
        self._id = b""
        self.done = False

    @property
    def at(self) -> tuple[int, int]:
        """Byte of the file and number of the chunk that come next."""
        return self._offset, self._number

    def feed(self, piece: bytes) -> Iterator[Item | Bad]:
        """Yield what has become complete. Consume it wholly before the next call. InputError when it is no bundle."""
        self._left += piece
        if self._box is None and not self._open_head():
            return
        while not self.done and len(self._left) >= _LENGTH_BYTES:
            length = int.from_bytes(self._left[:_LENGTH_BYTES], "big")
            if not SecretBox.MACBYTES < length <= CHUNK_MAX_BYTES or self._number > CHUNKS_MAX:
                raise InputError(f"a chunk of {length} bytes", where=f"byte {self._offset}", hint="damaged; copy again")
            if len(self._left) < _LENGTH_BYTES + length:
                return
            sealed = bytes(self._left[_LENGTH_BYTES : _LENGTH_BYTES + length])
            self._skip(_LENGTH_BYTES + length)
            self._number += 1
            got = self._open_chunk(sealed)
            if got is not None:
                yield got

    def _open_chunk(self, sealed: bytes) -> Item | Bad | None:
        number = self._number - 1
        assert self._box is not None
        try:
            plain = self._box.decrypt(sealed, _nonce(self._id, number))
        except CryptoError:
            return Bad(number, "damaged, moved or of another bundle")
        if plain[:1] == _END:
            self.done = True
            return None if plain[1:] == str(number).encode() else Bad(number, "the end tells another number of chunks")
        if plain[:1] not in _WORDS:
            return Bad(number, "of a kind that is not known here")
        return Item(_WORDS[plain[:1]], plain[1:])

    def _open_head(self) -> bool:
        end = self._left.find(b"\n", 0, HEAD_MAX_BYTES)
        if not self._left.startswith(MAGIC[: len(self._left)]) or (end < 0 and len(self._left) >= HEAD_MAX_BYTES):
            raise InputError("not a bundle", hint="a file that `kizuna bundle` wrote")
        if end < 0:
            return False
        try:
            head = msgspec.json.decode(bytes(self._left[len(MAGIC) : end]), type=_Head)
        except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
            raise InputError("the head of a bundle cannot be read", hint="damaged; copy it again") from exc
        if head.to != self._me:
            raise InputError(f"this bundle is for {head.to[:40]!r}", hint="hand it on, unopened")
        if head.context != self._context:
            raise ContextError(f"a bundle of context {head.context[:80]!r}", hint=f"this desk is {self._context!r}")
        opened = self._opener(read_base64(head.sealed))
        if opened[SecretBox.KEY_SIZE :] != head.context.encode():
            raise ContextError("a bundle was relabelled to another context", hint="keep it as evidence")
        self._box, self._id = SecretBox(opened[: SecretBox.KEY_SIZE]), read_base64(head.id, length=_ID_BYTES)
        self._skip(end + 1)
        if self._resume:
            self._offset, self._number = self._resume
            self._left.clear()
        return True

    def _skip(self, count: int) -> None:
        del self._left[:count]
        self._offset += count


def _seal(plain: bytes, to: bytes, random: Random) -> bytes:
    """A sealed box as libsodium makes it, its ephemeral key handed in: public half, box with a nonce of both keys."""
    once = PrivateKey(random(PrivateKey.SIZE))
    public = bytes(once.public_key)
    nonce = blake2b(public + to, digest_size=Box.NONCE_SIZE).digest()
    return public + Box(once, PublicKey(to)).encrypt(plain, nonce).ciphertext


def _nonce(bundle: bytes, number: int) -> bytes:
    return bundle + number.to_bytes(SecretBox.NONCE_SIZE - _ID_BYTES, "big")


def _name(box: bytes) -> str:
    return sha256(box).hexdigest()[:16]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
