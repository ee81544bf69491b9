"""Signed notes, C2SP ``signed-note`` v1.0.0, and timestamped cosignatures, C2SP ``tlog-cosignature`` v1.0.0.

    harbour/1/cape/real/routine
    200
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — harbour/1/cape/real/routine Az3grl...            the log's signature over the text (type 0x01)
    — harbour/node jWbPPwAAAABkGFDL...                  a cosignature: time and signature (type 0x04)

A key is known by its name and its public bytes; the four bytes in a signature line are only a hint. Signatures of keys
that are not known are passed over; one of a known key that is wrong condemns the whole note. Public keys only; what
signs is `kizuna.share.seal`. The algorithm is a field from the first day: today there is Ed25519.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from nacl.bindings import crypto_sign_BYTES, crypto_sign_open, crypto_sign_PUBLICKEYBYTES
from nacl.exceptions import CryptoError

from kizuna.base.errors import InputError, TrustError

ED25519: Final = "ed25519"
ALGORITHMS: Final = (ED25519,)
NOTE: Final = 0x01
"""Type byte of an Ed25519 signature over the text."""
COSIGNATURE: Final = 0x04
"""Type byte of an Ed25519 signature over time and text."""
NOTE_MAX_BYTES: Final = 64 * 1024
SIGNATURES_MAX: Final = 32
TIME_MAX_S: Final = 2**63 - 1
_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_DASH: Final = "— "
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says to have signed, the hint of the key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """The line, with its line feed."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text (ending in a line feed) and its signature lines, none of them checked."""

    text: str
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The bytes of the note."""
        return (self.text + "\n" + "".join(s.line() for s in self.signatures)).encode()


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name and the type of its signatures: ``NOTE`` or ``COSIGNATURE``."""

    name: str
    public: bytes
    kind: int = NOTE
    alg: str = ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.alg not in ALGORITHMS or self.kind not in (NOTE, COSIGNATURE):
            raise InputError(f"signatures {self.alg!r} of type {self.kind} are not known", where=self.name)
        if len(self.public) != crypto_sign_PUBLICKEYBYTES:
            raise InputError("a public Ed25519 key is 32 bytes long", where=self.name)

    @property
    def key_id(self) -> bytes:
        """Four bytes that hint at the key (signed-note, Signatures)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as a text that other tools read (signed-note, Verifier keys)."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def check(self, text: str, signature: bytes) -> int | None:
        """Seconds since 1970 of a cosignature, None for a plain signature; TrustError when it is wrong."""
        time_s, message = None, text.encode()
        if self.kind == COSIGNATURE:
            if len(signature) != _TIME_BYTES + crypto_sign_BYTES:
                raise TrustError("a cosignature of the wrong length", where=self.name)
            time_s = int.from_bytes(signature[:_TIME_BYTES], "big")
            signature = signature[_TIME_BYTES:]
            if time_s > TIME_MAX_S:
                raise TrustError("a cosignature with an impossible time", where=self.name)
            message = cosigned_message(text, time_s)
        if len(signature) != crypto_sign_BYTES:
            raise TrustError("a signature of the wrong length", where=self.name)
        try:
            crypto_sign_open(signature + message, self.public)
        except CryptoError as exc:
            raise TrustError("the signature is wrong", where=self.name) from exc
        return time_s


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was found right: by which key, and for a cosignature the time it states."""

    verifier: Verifier
    time_s: int | None


def cosigned_message(text: str, time_s: int) -> bytes:
    """What a cosignature signs (tlog-cosignature, Ed25519 signed message)."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def check_name(name: str) -> str:
    """Return a key's name when it is well formed (signed-note, Format)."""
    if not name or "+" in name or any(c.isspace() for c in name) or _CONTROL.search(name) or _SURROGATE.search(name):
        raise InputError(f"{name[:80]!r} is no name of a key", hint="not empty, no spaces, no plus sign")
    return name


def read_vkey(text: str) -> Verifier:
    """Read a verifier key; InputError when malformed or when its hint does not fit."""
    parts = text.split("+", 2)
    if len(parts) != 3 or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):  # noqa: PLR2004  name, hint, key
        raise InputError("not a verifier key", hint="<name>+<8 hex digits>+<base64>")
    data = read_base64(parts[2])
    verifier = Verifier(parts[0], data[1:], data[0] if data else 0)
    if verifier.key_id.hex() != parts[1]:
        raise InputError("the hint of a verifier key does not fit its key", where=parts[0])
    return verifier


def read_note(data: bytes, limit: int = NOTE_MAX_BYTES) -> Note:
    """Take a note apart; InputError when it is none. Nothing in it may be believed before `check_note`."""
    if len(data) > limit:
        raise InputError(f"a signed note of {len(data)} bytes", hint=f"at most {limit}")
    try:
        whole = data.decode()
    except UnicodeDecodeError as exc:
        raise InputError("a signed note is not UTF-8") from exc
    if _CONTROL.search(whole):
        raise InputError("a signed note holds control characters")
    at = whole.rfind("\n\n")
    lines = whole[at + 2 :].split("\n")
    if at < 0 or lines[-1] or not 1 <= len(lines) - 1 <= SIGNATURES_MAX:
        raise InputError("not a signed note", hint=f"text, an empty line, 1 to {SIGNATURES_MAX} signature lines")
    return Note(whole[: at + 1], tuple(_read_line(line) for line in lines[:-1]))


def check_note(note: Note, known: Iterable[Verifier]) -> tuple[Signed, ...]:
    """Signatures of known keys, all of them right (signed-note, Signatures).

    Raises TrustError when one of a known key is wrong, when a key signed twice, or when no known key signed.
    """
    keys = {(v.name, v.key_id): v for v in known}
    found: dict[tuple[str, bytes], Signed] = {}
    for line in note.signatures:
        where = (line.name, line.key_id)
        if where not in keys:
            continue
        if where in found:
            raise TrustError("one key signed twice", where=line.name)
        found[where] = Signed(keys[where], keys[where].check(note.text, line.signature))
    if not found:
        raise TrustError("no known key signed this", hint="fetch the partner's newest key manifest, then try again")
    return tuple(found.values())


def add_signatures(data: bytes, lines: Sequence[Signature]) -> bytes:
    """The note with further signature lines behind its own."""
    return data + "".join(line.line() for line in lines).encode()


def read_base64(text: str | bytes, *, length: int | None = None) -> bytes:
    """Decode standard base64; InputError unless it is exactly what encoding gives back."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise InputError("not base64") from exc
    plain = text.encode() if isinstance(text, str) else text
    if base64.b64encode(data) != plain or (length is not None and len(data) != length):
        raise InputError("not base64 of the right length")
    return data


def _read_line(line: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:  # noqa: PLR2004  name and signature
        raise InputError("not a signature line")
    data = read_base64(parts[1])
    if len(data) <= _ID_BYTES:
        raise InputError("a signature line without a signature")
    return Signature(check_name(parts[0]), data[:_ID_BYTES], data[_ID_BYTES:])
