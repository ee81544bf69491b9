"""Messages of the EUCISE service model 1.0.9, written and signed (XML-DSig, enveloped, the whole document).

One message carries entities of one service and one handling, so ``runs`` sorts released records into as many as it
needs. Every context has service ids of its own: a ``Service`` knows which it belongs to, and a record of another
context is refused. The signature stands where the schema allows a foreign element, behind the common part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from kizuna.base.errors import ConfigError, ContextError, InputError
from kizuna.base.units import DAY_MS
from kizuna.base.utc import iso
from kizuna.formats.cise import entities, words
from kizuna.formats.cise.words import Handling, add, put
from kizuna.records import context as contexts
from kizuna.records.label import Label
from kizuna.records.record import decode

MOST_ENTITIES: Final = 200
"""Entities in one message."""
Operation = Literal["Push", "Pull", "Subscribe", "Feedback", "Acknowledgement"]
Role = Literal["Provider", "Consumer"]


@dataclass(frozen=True, slots=True)
class Service:
    """One end of an exchange. A service of an exercise or test is another service, with an id of its own."""

    service_id: str
    service_type: str
    operation: Operation
    role: Role
    context: str = contexts.REAL

    def __post_init__(self) -> None:
        """Refuse a type that is none here. Raises ConfigError."""
        contexts.check(self.context)
        if self.service_type not in words.SERVICES.values() or not self.service_id:
            raise ConfigError(
                f"CISE service {self.service_id!r} of type {self.service_type!r}",
                hint=", ".join(sorted(words.SERVICES.values())),
            )


@dataclass(frozen=True, slots=True)
class Head:
    """The common part of a message.

    Attributes:
        message_id: unique at its sender (``message_id`` makes one).
        created_ms: ms UTC; handed in.
        sender, recipient: services; a subscriber's push may have no recipient.
        correlation_id: of the exchange; the message's own where empty.
        priority: how urgent.
        requires_ack: whether the sender waits for an acknowledgement.
    """

    message_id: str
    created_ms: int
    sender: Service
    recipient: Service | None = None
    correlation_id: str = ""
    priority: Literal["Low", "Medium", "High"] = "Low"
    requires_ack: bool = False


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a private key and its certificate, both PEM. RSA or an elliptic curve."""

    key_pem: bytes
    certificate_pem: bytes
    method: Literal["RSA", "ECDSA"] = "RSA"


def message_id(*parts: str | bytes) -> str:
    """A UUID that depends on the parts alone, such as the sender's id and the ids of the records."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "big") + data)
    return words.name_of(found.hexdigest())


def runs(records: Iterable[bytes], most: int = MOST_ENTITIES) -> list[tuple[str, tuple[bytes, ...]]]:
    """Released records by service and handling, in their order: (service type, records of one message).

    Ends of keeping on one day (UTC) share a message, which says the earliest. Records that have no entity are left out.
    """
    found: dict[tuple[str, Handling, int | None], list[bytes]] = {}
    for data in records:
        entity = entities.entity(data)
        if entity is not None:
            handled = words.handling([decode(data).label])
            end_ms = handled.retain_until_ms
            day = None if end_ms is None else end_ms // DAY_MS
            key = (words.SERVICES[str(entity.tag)], replace(handled, retain_until_ms=None), day)
            found.setdefault(key, []).append(data)
    return [
        (service, tuple(rows[at : at + most]))
        for (service, _, _), rows in found.items()
        for at in range(0, len(rows), most)
    ]


def push(head: Head, records: Sequence[bytes], signer: Signer) -> bytes:
    """Records to a recipient, or to whoever subscribed."""
    root = _root("Push", head)
    _payload(root, head, records)
    return _signed(root, signer)


def pull_response(
    head: Head, records: Sequence[bytes], signer: Signer, *, result: str = "Success", detail: str = ""
) -> bytes:
    """The answer to a request: records, or a result that says why there are none."""
    root = _root("PullResponse", head)
    if records:
        _payload(root, head, records)
    _place(root)
    put(root, "ErrorDetail", detail)
    add(root, "ResultCode", result)
    return _signed(root, signer)


def pull_request(
    head: Head, signer: Signer, *, asked: Label, mmsi: int | None = None, imo: int | None = None, timeout_s: int = 600
) -> bytes:
    """Asks for vessels by an example; without one, for whatever the service has."""
    root = _root("PullRequest", head)
    payload = _handled(root, words.handling([asked]))
    if mmsi is not None or imo is not None:
        example = add(payload, "Vessel")
        put(example, "IMONumber", imo)
        put(example, "MMSI", mmsi)
    _place(root)
    add(root, "PullType", "Request")
    add(root, "ResponseTimeOut", timeout_s)
    return _signed(root, signer)


def subscribe(
    head: Head, signer: Signer, *, asked: Label, end: bool = False, until_ms: int | None = None, refresh_s: int = 0
) -> bytes:
    """Begins a subscription, or ends it."""
    root = _root("PullRequest", head)
    _handled(root, words.handling([asked]))
    _place(root)
    add(root, "PullType", "Unsubscribe" if end else "Subscribe")
    if not end and (until_ms is not None or refresh_s):
        wanted = add(root, "Requests")
        wanted.set(words.XSI_TYPE, "service:SubscriptionCapability")
        put(wanted, "RefreshRate", f"PT{refresh_s}S" if refresh_s else None)
        put(wanted, "SubscriptionEnd", iso(until_ms) if until_ms is not None else None)
    return _signed(root, signer)


def feedback(
    head: Head, signer: Signer, *, about: str, recalled: Sequence[bytes] = (), asked: Label | None = None,
    delete: bool = True, reason: str = "",
) -> bytes:  # fmt: skip
    """About an earlier message (its id): take it back, or something to know.

    ``recalled`` are the records to take back; their entities ride along by their ids alone, never with their content.
    """
    root = _root("Feedback", head)
    labels = [decode(data).label for data in recalled] or [asked or Label()]
    payload = _handled(root, words.handling(labels))
    for data in recalled:
        if decode(data).context != head.sender.context:
            raise ContextError(f"a record of {decode(data).context} from a service of {head.sender.context}")
        whole = entities.must(data)
        bare = add(payload, str(whole.tag))
        named = add(bare, "Identifier")
        add(named, "UUID", whole.findtext("Identifier/UUID"))
    _place(root)
    add(root, "FeedbackType", "delete" if delete else "info")
    put(root, "Reason", reason)
    add(root, "RefMessageID", about)
    return _signed(root, signer)


def acknowledgement(head: Head, signer: Signer, *, code: str = "Success", detail: str = "") -> bytes:
    """That a message came, or what was wrong with it; ``correlation_id`` of the head names it."""
    root = _root("Acknowledgement", head)
    _place(root)
    add(root, "AckCode", code)
    put(root, "AckDetail", detail)
    return _signed(root, signer)


def _root(kind: str, head: Head) -> etree._Element:
    if head.recipient is not None and head.recipient.context != head.sender.context:
        raise ContextError(f"a service of {head.sender.context} does not write to one of {head.recipient.context}")
    names = {"cise": words.MESSAGE, "service": words.SERVICE, "xsi": words.XSI, "vessel": words.VESSEL}
    root = etree.Element(f"{{{words.MESSAGE}}}{kind}", nsmap=names)
    add(root, "CorrelationID", head.correlation_id or head.message_id)
    add(root, "CreationDateTime", iso(head.created_ms))
    add(root, "MessageID", head.message_id)
    add(root, "Priority", head.priority)
    add(root, "RequiresAck", head.requires_ack)
    for tag, service in (("Sender", head.sender), ("Recipient", head.recipient)):
        if service is not None:
            found = add(root, tag)
            add(found, "ServiceID", service.service_id)
            add(found, "ServiceOperation", service.operation)
            add(found, "ServiceRole", service.role)
            add(found, "ServiceStatus", "Online")
            add(found, "ServiceType", service.service_type)
    return root


def _handled(root: etree._Element, found: Handling) -> etree._Element:
    payload = add(root, "Payload")
    payload.set(words.XSI_TYPE, "cise:XmlEntityPayload")
    add(payload, "InformationSecurityLevel", found.security)
    add(payload, "InformationSensitivity", found.sensitivity)
    add(payload, "IsPersonalData", found.personal)
    add(payload, "Purpose", found.purpose)
    put(payload, "RetentionPeriod", iso(found.retain_until_ms) if found.retain_until_ms is not None else None)
    add(payload, "EnsureEncryption", value=False)
    return payload


def _payload(root: etree._Element, head: Head, records: Sequence[bytes]) -> None:
    if not records or len(records) > MOST_ENTITIES:
        raise InputError(f"{len(records)} records in one CISE message", hint=f"1 to {MOST_ENTITIES}; see runs")
    labels = []
    made = []
    for data in records:
        record = decode(data)
        if record.context != head.sender.context:
            raise ContextError(f"a record of {record.context} from a service of {head.sender.context}")
        made.append(entities.must(data))
        labels.append(record.label)
    types = {words.SERVICES[str(e.tag)] for e in made}
    if types != {head.sender.service_type}:
        raise InputError(f"{', '.join(sorted(types))} from a {head.sender.service_type}", hint="see runs")
    _handled(root, words.handling(labels)).extend(made)


def _place(root: etree._Element) -> None:
    """Where the signature will stand: before what the kinds of messages add to the common part."""
    etree.SubElement(root, f"{{{words.DSIG}}}Signature", {"Id": "placeholder"}, nsmap={"ds": words.DSIG})


def _signed(root: etree._Element, signer: Signer) -> bytes:
    if root.find(f"{{{words.DSIG}}}Signature") is None:
        _place(root)
    writer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256 if signer.method == "RSA" else SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_1,
    )
    found = writer.sign(root, key=signer.key_pem, cert=signer.certificate_pem.decode())
    return bytes(etree.tostring(found, xml_declaration=True, encoding="UTF-8"))
