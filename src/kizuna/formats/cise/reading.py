"""CISE messages of others: bounded, verified, then taken apart; in this order.

Only what the signature covers is read: the element that the verifier hands back, never the one that was sent. The
signature is the recipient's agreed certificate's or there is none; the certificate within the message is not believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from kizuna.base.errors import ConfigError, ContextError, InputError, TrustError
from kizuna.base.units import SECOND_MS
from kizuna.base.utc import parse
from kizuna.formats import bounded_xml
from kizuna.formats.cise import words
from kizuna.formats.cise.messages import MOST_ENTITIES, Service
from kizuna.formats.cise.words import Handling

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of one message."""
MOST_ELEMENTS: Final = 50_000
KINDS: Final = ("Push", "PullRequest", "PullResponse", "Feedback", "Acknowledgement")
HANDLING: Final = (
    "InformationSecurityLevel", "InformationSensitivity", "IsPersonalData", "Purpose", "RetentionPeriod",
    "EnsureEncryption", "Entities",
)  # fmt: skip
"""Children of a payload that are no entities."""
FUTURE_S: Final = 300
_LONGEST: Final = 256
_METHODS: Final = frozenset((
    SignatureMethod.RSA_SHA256, SignatureMethod.RSA_SHA384, SignatureMethod.RSA_SHA512, SignatureMethod.ECDSA_SHA256,
    SignatureMethod.ECDSA_SHA384, SignatureMethod.ECDSA_SHA512,
))  # fmt: skip
_DIGESTS: Final = frozenset((DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512))


@dataclass(frozen=True, slots=True)
class Expected:
    """What is agreed with one party at one door of this node.

    Attributes:
        me: the service that is written to; its context is that of everything that comes in here.
        senders: service ids of the other party in this context, and no others.
        certificate_pem: certificate of its signatures, as handed over by people.
        oldest_s: how old a message may be; whoever reads keeps the ids of messages for so long and refuses repeats.
    """

    me: Service
    senders: frozenset[str]
    certificate_pem: bytes
    oldest_s: int = 86_400


@dataclass(frozen=True, slots=True)
class Message:
    """A verified message; absent texts are empty."""

    kind: str
    message_id: str
    correlation_id: str
    created_ms: int
    priority: str
    requires_ack: bool
    sender_id: str
    recipient_id: str
    service_type: str
    context: str
    handling: Handling | None
    entities: tuple[etree._Element, ...] = ()
    said: tuple[tuple[str, str], ...] = ()

    def word(self, name: str) -> str:
        """What the kind of message adds: PullType, ResultCode, AckCode, FeedbackType, RefMessageID, Reason ..."""
        return dict(self.said).get(name, "")


def read(data: bytes, expected: Expected, now_ms: int) -> Message:
    """One message.

    Raises InputError for what is no message or too much, TrustError for a wrong signature or sender, ContextError for
    another context; ``ack_code`` turns each into the code to answer with.
    """
    root = bounded_xml.parse(data, largest=LARGEST, most=MOST_ELEMENTS)
    _kind(root)
    signed = _verified(root, expected.certificate_pem, now_ms)
    kind = _kind(signed)
    if kind != _kind(root):
        raise TrustError("the signature covers another message than the one sent")
    return _message(signed, kind, expected, now_ms)


def _kind(root: etree._Element) -> str:
    name = etree.QName(root)
    if name.namespace != words.MESSAGE or name.localname not in KINDS:
        raise InputError(f"<{name.localname[:40]}> is no CISE message", code="InvalidRequestObject")
    return str(name.localname)


def _verified(root: etree._Element, certificate_pem: bytes, now_ms: int) -> etree._Element:
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem)
    except ValueError as exc:
        raise ConfigError("the certificate of the CISE partner does not read") from exc
    config = SignatureConfiguration(
        location="./", expect_references=1, signature_methods=_METHODS, digest_algorithms=_DIGESTS,
        ignore_ambiguous_key_info=True,
        verification_time=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=now_ms),
    )  # fmt: skip
    try:
        found: Any = XMLVerifier().verify(root, x509_cert=certificate, expect_config=config)
    except (SignXMLException, InvalidSignature, UnsupportedAlgorithm, etree.LxmlError, ValueError, TypeError,
            KeyError, AttributeError, IndexError) as exc:  # fmt: skip
        raise TrustError(
            f"a CISE message is not signed as agreed: {str(exc)[:200]}", code="AuthenticationError"
        ) from exc
    signed = found.signed_xml
    if signed is None:
        raise TrustError("the signature of a CISE message covers no XML", code="AuthenticationError")
    return signed


def _message(root: etree._Element, kind: str, expected: Expected, now_ms: int) -> Message:
    sender, recipient = (root.findtext(f"{side}/ServiceID") or "" for side in ("Sender", "Recipient"))
    if sender not in expected.senders:
        raise TrustError(f"CISE service {sender[:80]!r} does not write here", code="Unauthorized")
    if recipient and recipient != expected.me.service_id:
        raise ContextError(f"a CISE message to {recipient[:80]!r}, which is not {expected.me.service_id}",
                           code="EndPointNotFound")  # fmt: skip
    created_ms = parse((root.findtext("CreationDateTime") or "").strip())
    if not now_ms - expected.oldest_s * SECOND_MS <= created_ms <= now_ms + FUTURE_S * SECOND_MS:
        raise InputError("a CISE message of another time", code="TimestampError")
    payload = root.find("Payload")
    found = () if payload is None else tuple(e for e in payload if etree.QName(e).localname not in HANDLING)
    if len(found) > MOST_ENTITIES:
        raise InputError(f"{len(found)} entities in one CISE message", hint=f"at most {MOST_ENTITIES}")
    handled = None if payload is None else _handling(payload)
    _same_context(found, expected.me.context)
    said = tuple(
        (str(etree.QName(e).localname), (e.text or "")[:_LONGEST].strip())
        for e in root
        if isinstance(e.tag, str) and not len(e) and e.text
    )
    known = dict(said)
    name = known.get("MessageID", "")
    if not name:
        raise InputError("a CISE message without an id", code="BadRequest")
    return Message(
        kind, name, known.get("CorrelationID", ""), created_ms, known.get("Priority", ""),
        known.get("RequiresAck") in ("true", "1"), sender, recipient, root.findtext("Sender/ServiceType") or "",
        expected.me.context, handled, found, said,
    )  # fmt: skip


def _handling(payload: etree._Element) -> Handling:
    security = (payload.findtext("InformationSecurityLevel") or "").strip()
    if security not in (words.UNCLASSIFIED, words.NOT_GIVEN):
        raise InputError(f"a CISE message of level {security[:40]!r}; this node holds no classified information",
                         code="SecurityError")  # fmt: skip
    if payload.find("Entities") is not None or (payload.findtext("EnsureEncryption") or "").strip() in ("true", "1"):
        raise InputError("an encrypted CISE payload is not read", code="ObjectTypeNotAccepted")
    until = (payload.findtext("RetentionPeriod") or "").strip()
    return Handling(
        (payload.findtext("InformationSensitivity") or "").strip(), (payload.findtext("Purpose") or "").strip(),
        (payload.findtext("IsPersonalData") or "").strip() not in ("false", "0"),
        parse(until) if until else None, security,
    )  # fmt: skip


def _same_context(entities: tuple[etree._Element, ...], context: str) -> None:
    """What says of itself that it is simulated never enters real life; CISE has no other mark of an exercise."""
    if context != "real":
        return
    for each in entities:
        for name in ("NatureType", "SourceType"):
            if any((e.text or "").strip() in ("Simulated", "Simulation") for e in each.iter(name)):
                raise ContextError("a simulated CISE entity is not real", code="BadRequest")


def ack_code(problem: Exception | None) -> str:
    """The code of an acknowledgement: Success without a problem."""
    if problem is None:
        return "Success"
    code = getattr(problem, "code", "")
    if code:
        return str(code)
    if isinstance(problem, ContextError):
        return "BadRequest"
    if isinstance(problem, TrustError):
        return "SecurityError"
    return "InvalidRequestObject" if isinstance(problem, InputError) else "ServerError"
