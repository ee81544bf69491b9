"""What others sent in CISE or CoT, brought by a person: into quarantine, and no further before a person has looked.

One message (or up to 200 events of one file) is one thing that waits. Let in, its positions, detections and events
stand in the picture under the origin that brought them, with a label that reaches nobody; all else is kept to be read.
A CISE Feedback that takes a message back waits as the proposal of a recall; let in, what came with that message is
barred here.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from kizuna.base.errors import ConfigError, InputError, KizunaError, UnavailableError
from kizuna.base.units import DAY_MS, SECOND_MS
from kizuna.formats import bounded_xml, cise, cot_records
from kizuna.formats.cise import reading, words
from kizuna.node.share.desk.refusal import SAID
from kizuna.node.share.exchange import services
from kizuna.records.bodies.trust import Recall
from kizuna.records.kinds import read_body
from kizuna.records.label import PARTY
from kizuna.records.record import Record, decode, encode, record_id
from kizuna.stores.shared.books import Aside, Tombstone

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

Form = Literal["cise", "cot"]
IMPORTED: Final = "!import"
"""Journal rows of what a person let in."""
MARK: Final = "import:"
"""Beginning of the log's name under which it waits; no log and no kind of record is named so."""
LARGEST: Final = 64 << 20
MESSAGES_MOST: Final = 1_000
WAITING_MOST: Final = 1_000
AT_ONCE: Final = 200
OLDEST_S: Final = 30 * DAY_MS // SECOND_MS
"""A file may be carried for so long; the ids of messages are kept for good, so that none is taken twice."""
_ZIP: Final = b"PK\x03\x04"
_SEEN_MOST: Final = 10_000
EVENTS_MOST: Final = 20_000
_EVENT: Final = re.compile(rb"<event\s")
_END: Final = b"</event>"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of others.

    Attributes:
        data: its bytes: a CISE message or a ZIP of them, or CoT events one behind the other.
        form: what it is.
        origin: party under which its sender stands here.
        certificate_pem: the certificate agreed for its CISE signatures.
        sender, recipient: ids of the CISE services, where they are not named as those of a node such as this.
    """

    data: bytes
    form: Form
    origin: str
    certificate_pem: bytes = b""
    sender: str = ""
    recipient: str = ""


@dataclass(slots=True)
class Brought:
    """What became of a file: messages that wait now, candidates in them, what was not read and why."""

    waits: int = 0
    candidates: int = 0
    unread: dict[str, int] = field(default_factory=dict)
    answers: list[dict[str, str]] = field(default_factory=list)
    """For CISE: what to acknowledge, message by message."""

    def skip(self, why: str, n: int = 1) -> None:
        """Count what was not read."""
        self.unread[why] = self.unread.get(why, 0) + n


def bring(office: Office, sent: Sent) -> Brought:
    """Put a file into quarantine.

    Raises ConfigError for an origin that is none, InputError for a file that holds nothing to read, UnavailableError
    where too much waits already.
    """
    if not PARTY.fullmatch(sent.origin) or sent.origin == office.me:
        raise ConfigError(f"{sent.origin[:40]!r} is not somebody else", hint="a-z, 0-9, dash; never this node's party")
    if len(sent.data) > LARGEST:
        raise InputError(f"a file of {len(sent.data)} bytes", hint=f"at most {LARGEST}")
    with office.lock:
        room = WAITING_MOST - len(waiting(office))
        found = Brought()
        for row in _cise(office, sent, found) if sent.form == "cise" else _cot(office, sent, found):
            if found.waits >= room:
                raise UnavailableError("too much waits in quarantine", hint="let in or drop what waits first")
            _put(office, sent, found, *row)
    if not found.waits:
        why = "; ".join(found.unread) or "nothing in it is a message or event"
        raise InputError(f"nothing was brought: {why}"[:1000])
    return found


def _put(office: Office, sent: Sent, found: Brought, once: str, reason: str, records: Sequence[bytes]) -> None:
    note = f"import {sent.form} {sent.origin} {once}"
    if office.shared.notes.get(note) is not None:
        found.skip("was brought before")
        return
    office.shared.quarantine.put(sent.origin, MARK + sent.form, reason, b"\n".join(records), office.now_ms())
    office.shared.notes.put({note: b"1"})
    found.waits += 1
    found.candidates += len(records)


# ---- CISE ------------------------------------------------------------------------------------------------------------
_Row = tuple[str, str, list[bytes]]
"""Name that comes once, words for people, records."""


def _cise(office: Office, sent: Sent, found: Brought) -> Iterator[_Row]:
    if not sent.certificate_pem:
        raise ConfigError("a CISE message is read with the certificate agreed with its sender",
                          hint="--certificate FILE")  # fmt: skip
    for name, data in _messages(sent.data):
        try:
            message = reading.read(data, _expected(office, sent, data), office.now_ms())
            row = _one(office, sent, message, found)
        except ConfigError:
            raise
        except KizunaError as exc:
            if sent.data[:4] != _ZIP:
                raise
            found.skip(f"{name}: {exc.message[:200]}")
            found.answers.append({"message": name, "ack": reading.ack_code(exc)})
            continue
        found.answers.append({"message": message.message_id, "ack": reading.ack_code(None)})
        if row is not None:
            yield row


def _messages(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The message, or those of a ZIP; sizes are held against what is unpacked and not what was announced."""
    if data[:4] != _ZIP:
        yield "message", data
        return
    left = LARGEST
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            if len(box.infolist()) > MESSAGES_MOST:
                raise InputError(f"{len(box.infolist())} files in one ZIP", hint=f"at most {MESSAGES_MOST}")
            for part in box.infolist():
                with box.open(part) as stream:
                    plain = stream.read(min(reading.LARGEST, left) + 1)
                left -= len(plain)
                if left < 0:
                    raise InputError("the ZIP unpacks to too much", hint=f"at most {LARGEST} bytes")
                yield part.filename[:80], plain
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        zlib.error,
    ) as exc:
        raise InputError(f"a ZIP that does not read: {exc}") from exc


def _expected(office: Office, sent: Sent, data: bytes) -> cise.Expected:
    """What is agreed with the sender for the service that the message says it is from; the signature decides."""
    root = bounded_xml.parse(data, largest=reading.LARGEST, most=reading.MOST_ELEMENTS)
    kind = (root.findtext("Sender/ServiceType") or "").strip()
    if kind not in words.SERVICES.values():
        raise InputError(f"a CISE message of service type {kind[:40]!r}", code="InvalidRequestObject")
    sender = sent.sender or services.service(sent.origin, kind, office.context).service_id
    usual = services.service(office.me, kind, office.context, "Consumer")
    me = cise.Service(sent.recipient, kind, "Push", "Consumer", office.context) if sent.recipient else usual
    return cise.Expected(me, frozenset((sender,)), sent.certificate_pem, oldest_s=OLDEST_S)


def _one(office: Office, sent: Sent, message: cise.Message, found: Brought) -> _Row | None:
    once = f"{message.sender_id} {message.message_id}"
    said = {"kind": message.kind, "message": message.message_id, "sender": message.sender_id}
    if message.kind == "Feedback":
        made = cise.recall(message, sent.origin, came_with(office, sent.origin, message.word("RefMessageID")))
        if made is None:
            found.skip("Feedback about nothing that is here")
            return None
        body: Any = read_body(decode(made))
        return once, SAID("brought.recall", **said, n=str(len(body.records))), [made]
    if message.kind == "PullRequest":
        made = cise.request(message, sent.origin)
        if made is None:
            found.skip("subscription")
            return None
        return once, SAID("brought.request", **said), [made]
    read = cise.candidates(message, sent.origin)
    for why, n in read.unread.items():
        found.skip(why, n)
    if not read.records:
        found.skip(f"{message.kind} without anything to read")
        return None
    return once, SAID("brought.records", **said, n=str(len(read.records))), read.records


def came_with(office: Office, origin: str, message_id: str) -> tuple[str, ...]:
    """Ids of the records that came from an origin with one message, let in or still waiting."""
    mark = f"cise:{message_id}"
    let_in = [row.data for row in office.rows.values() if row.what == IMPORTED]
    wait = [data for one in waiting(office) if one.peer == origin for data in one.data.split(b"\n")]
    both = {data: decode(data) for data in (*let_in, *wait) if mark.encode() in data}
    return tuple(
        record_id(d) for d, r in both.items() if r.origin == origin and mark in r.evidence and r.kind != "recall"
    )


# ---- CoT -------------------------------------------------------------------------------------------------------------
def _cot(office: Office, sent: Sent, found: Brought) -> Iterator[_Row]:
    records: dict[bytes, None] = {}
    for n, one in enumerate(_events(sent.data)):
        if n >= EVENTS_MOST:
            raise InputError(f"more than {EVENTS_MOST} CoT events", hint="bring them in parts")
        try:
            records[encode(cot_records.read(one, origin=sent.origin, context=office.context))] = None
        except InputError as exc:
            found.skip(exc.message[:120])
    whole = list(records)
    for at in range(0, len(whole), AT_ONCE):
        some = whole[at : at + AT_ONCE]
        once = hashlib.sha256(b"\n".join(some)).hexdigest()
        yield once, SAID("brought.cot", party=sent.origin, n=str(len(some))), some


def _events(data: bytes) -> Iterator[bytes]:
    """What may be events, in one pass over the bytes; each is parsed alone, so a broken one spoils no other."""
    at = 0
    while (start := _EVENT.search(data, at)) is not None and (end := data.find(_END, start.start())) >= 0:
        at = end + len(_END)
        yield data[start.start() : at]


# ---- a person's word -------------------------------------------------------------------------------------------------
def is_import(one: Aside) -> bool:
    """Whether it was brought as a file of candidates, and did not fail a check of the line."""
    return one.log.startswith(MARK)


def waiting(office: Office) -> list[Aside]:
    """What was brought and nobody has looked at."""
    done = judged(office)
    return [a for a in office.shared.quarantine.list(_SEEN_MOST) if is_import(a) and a.number not in done]


def judged(office: Office) -> set[int]:
    """Numbers that a person has spoken about."""
    from kizuna.node.share.views.overview import JUDGED  # noqa: PLC0415  which asks here

    return {int(r.data.split(b" ")[0]) for r in office.rows.values() if r.what == JUDGED}


def let_in(office: Office, one: Aside, by: str) -> int:
    """Take in what waited; how many records. Twice does no harm. Recalled ones stay out."""
    found = {record_id(data): (data, decode(data)) for data in one.data.split(b"\n")}
    barred = office.shared.tombstones.of(list(found))
    rows = [(n, d, r) for n, (d, r) in found.items() if n not in barred and r.context == office.context]
    traffic = getattr(office.sharing, "traffic", None)
    if traffic is not None:
        traffic.arrivals.let_in(one.log, rows)
    for name, data, record in rows:
        if record.kind == "recall":
            _bar(office, one, name, record)
        office.note(IMPORTED, data, by)
    return len(rows)


def _bar(office: Office, one: Aside, name: str, record: Record) -> None:
    """Bar what the recall names, where it came from the same origin."""
    body = read_body(record)
    assert isinstance(body, Recall)
    mine = {r.id for r in office.rows.values() if r.what == IMPORTED and decode(r.data).origin == one.peer}
    mine |= {record_id(d) for a in waiting(office) if a.peer == one.peer for d in a.data.split(b"\n")}
    at_ms = office.now_ms()
    office.shared.tombstones.put(
        [Tombstone(i, body.action, body.reason, name, at_ms) for i in body.records if i in mine]
    )
