"""Signed requests between nodes: HTTP message signatures (RFC 9421) with Ed25519 and a content digest (RFC 9530).

Covered: method, whole address, the recipient (header ``Kizuna-To``: party and context, as ``south/real``), digest of
the body, and of the parameters ``created``, ``nonce``, ``keyid``, ``tag``. The recipient is named because an address is
no identity: two nodes may answer behind one, and names of hosts come to belong to others.
Where requests are checked, the library does the standard's work; here stands what Kizuna demands of it. The private
key stays where it is: whoever signs hands in a function from bytes to signature.

A request bears one signature, written in one way: whoever reads the claimed key id with a simpler reader than the
library's finds the same (`claimed`).

``created`` may differ from the receiver's clock by 300 s. A node whose clock is further off is refused with the
receiver's time, which the client uses from then on: clocks serve against replay here and order nothing.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kizuna.base.errors import InputError, TrustError

TAG: Final = "kizuna-fed-1"
WINDOW_S: Final = 300
"""A signature is taken for so long after, and before, its ``created``; nonces are remembered for twice that."""
ANY_TIME: Final = 30 * 366 * 86_400
TO: Final = "kizuna-to"
HELD: Final = "x-kizuna-keys"
"""In answers to questions: how many key manifests the answering party has, so that the asker fetches new ones soon."""
COVERED: Final = ("@method", "@target-uri", TO, "content-digest")
_LABEL: Final = "kizuna"
_NONCE_LEAST: Final = 16
_NONCE_MOST: Final = 64
_HEADERS: Final = (TO, "content-digest", "signature", "signature-input")
_PARAMETERS: Final = frozenset(("created", "keyid", "alg", "nonce", "tag"))
_PARAMETER: Final = re.compile(r';([a-z]+)=("[^"\\;]*"|[0-9]{1,12})')
_PLAIN: Final = re.compile(r"[!#-\[\]-~]+")
_INPUT: Final = re.compile(r'kizuna=\(("[@a-z-]+"(?: "[@a-z-]+")*)\)((?:;[a-z]+=(?:"[^"\\;]*"|[0-9]{1,12}))+)')
"""The one way to write the header: one signature, no parameter twice, no text in which a parameter could hide."""


@dataclass(slots=True)
class _Message:
    """What the library looks at."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a request, checked. ``nonce`` is for the caller to remember: a second use is a replay."""

    key_id: str
    nonce: str
    created_s: int


def recipient(party: str, context: str) -> str:
    """How a request names whom it is for."""
    return f"{party}/{context}"


def sign(method: str, url: str, body: bytes, *, to: str, key_id: str, signer: Callable[[bytes], bytes], nonce: str,
         created_s: int) -> dict[str, str]:  # fmt: skip
    """Headers to send with a request to ``to`` (`recipient`). ``signer`` makes an Ed25519 signature (64 bytes).

    Written out here, for there is one form: the library takes 1.5 ms of a page's 7 to get to the same bytes (a test
    compares). Who checks uses the library. Raises InputError where a part cannot stand in a header as it is.
    """
    for part in (method, url, to.replace(" ", "-") or "-", key_id, nonce):
        if not _PLAIN.fullmatch(part):
            raise InputError(f"{part[:80]!r} cannot be signed", hint="printable ASCII without quotes")
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    given = f'("@method" "@target-uri" "{TO}" "content-digest");created={created_s:d};keyid="{key_id}";alg="ed25519"'
    given = f'{given};nonce="{nonce}";tag="{TAG}"'
    base = f'"@method": {method}\n"@target-uri": {url}\n"{TO}": {to}\n"content-digest": {digest}'
    base = f'{base}\n"@signature-params": {given}'
    signature = base64.b64encode(signer(base.encode())).decode()
    return {TO: to, "Content-Digest": digest, "Signature-Input": f"{_LABEL}={given}",
            "Signature": f"{_LABEL}=:{signature}:"}  # fmt: skip


def check(method: str, url: str, headers: Mapping[str, str], body: bytes, *, to: str,
          key_of: Callable[[str], bytes | None], within_s: int = WINDOW_S) -> Signed:  # fmt: skip
    """Who signed this request to ``to``, which is who we are (`recipient`).

    ``key_of`` gives the raw Ed25519 public key of a key id, None for one unknown or dead. ``within_s``: how far
    ``created`` may be from our clock; ``ANY_TIME`` leaves that to the caller, who must then look at it.

    Raises TrustError, in the same words whatever was wrong with a signature, so that a stranger learns nothing.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    from http_message_signatures import HTTPMessageVerifier  # noqa: PLC0415
    from http_message_signatures.algorithms import ED25519  # noqa: PLC0415
    from http_message_signatures.exceptions import HTTPMessageSignaturesException  # noqa: PLC0415

    class Keys:
        def resolve_public_key(self, key_id: str) -> Any:
            raw = key_of(key_id)
            return Ed25519PublicKey.from_public_bytes(raw) if raw else None

    tool = HTTPMessageVerifier(signature_algorithm=ED25519, key_resolver=Keys())  # type: ignore[arg-type]
    tool.max_clock_skew = dt.timedelta(seconds=within_s)
    message = _Message(method, url, {n: headers[n] for n in _HEADERS if n in headers})
    try:
        _one_meaning(headers.get("signature-input", ""))
        _for_us(headers, to)
        found = tool.verify(message, max_age=dt.timedelta(0), expect_tag=TAG, require_components=COVERED, body=body)
    except (HTTPMessageSignaturesException, ValueError, TypeError, KeyError) as exc:
        raise TrustError("the signature of the request does not hold", hint="introduce the nodes again") from exc
    if len(found) != 1:
        raise TrustError("one signature is wanted", hint="introduce the nodes again")
    given = found[0].parameters
    nonce = str(given.get("nonce") or "")
    if not _NONCE_LEAST <= len(nonce) <= _NONCE_MOST:
        raise TrustError("the signature has no nonce of 16 to 64 characters")
    return Signed(str(given["keyid"]), nonce, int(given["created"]))


def claimed(headers: Mapping[str, str]) -> str:
    """The key id that a request claims, unchecked; empty where the header is not written as `check` wants it."""
    try:
        return _one_meaning(headers.get("signature-input", ""))["keyid"].strip('"')
    except (ValueError, KeyError):
        return ""


def _for_us(headers: Mapping[str, str], to: str) -> None:
    """ValueError where somebody else is named."""
    if headers.get(TO) != to:
        raise ValueError("a request to somebody else")


def _one_meaning(text: str) -> dict[str, str]:
    """Parameters of the only signature; ValueError where two readers could find two signatures, keys or times.

    Who looks up a partner by the key id before the signature is checked must not be shown another id than `check`.
    """
    found = _INPUT.fullmatch(text.strip())
    if not found:
        raise ValueError("not the one form of a signature's parameters")
    pairs = _PARAMETER.findall(found[2])
    if sorted(found[1].split(" ")) != sorted(f'"{part}"' for part in COVERED) or len(dict(pairs)) != len(pairs):
        raise ValueError("other parts are signed, or a parameter stands twice")
    if dict(pairs).keys() - _PARAMETERS:
        raise ValueError("an unknown parameter")
    return dict(pairs)
