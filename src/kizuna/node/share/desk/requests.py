"""Requests for information: what an officer asks of a partner, and what others ask of this desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from kizuna.base.errors import InputError
from kizuna.node.share.desk.journal import DUTY, RULE
from kizuna.node.share.desk.refusal import SAID, Refusal
from kizuna.records.bodies.trust import Request
from kizuna.records.record import decode
from kizuna.share import requests as asking
from kizuna.share.requests import Asked

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office


class Wish(NamedTuple):
    """A request for information. Times in ms UTC; ``geo``: a point or west, south, east, north."""

    to: str
    text: str = ""
    kinds: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    geo: tuple[float, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    by_ms: int | None = None
    purpose: tuple[str, ...] = ()
    clause: str = ""
    distress: bool = False


def ask(office: Office, wish: Wish, by: str) -> str:
    """Ask a partner for information; the id. Raises Refusal where no rule lets requests go to it."""
    if not office.reaches(wish.to):
        raise Refusal(SAID("partner.none", party=wish.to), rule="partner")
    now = office.now_ms()
    body = Request(request_id=f"r{now}", kinds=wish.kinds, purpose=wish.purpose, by_ms=wish.by_ms, clause=wish.clause,
                   distress=wish.distress, text=wish.text)  # fmt: skip
    data = asking.ask(body, wish.to, me=office.me, now_ms=now, context=office.context, subject=wish.subject,
                      geo=wish.geo, from_ms=wish.from_ms, to_ms=wish.to_ms)  # fmt: skip
    return office.write(data, by, [wish.to], RULE).id


def listed(office: Office) -> list[dict[str, Any]]:
    """Requests of both sides, those in distress first, then by the day on which an answer is due."""
    for row in [r for r in office.rows.values() if r.what == "request" and r.proved == office.me]:
        if any(office.acknowledged_ms(log, n) is not None for log, n in office.shared.records.where(row.id)):
            office.requests.received(row.id, row.to[0])
    return [_asked(office, each) for each in office.requests.all()]


def _asked(office: Office, asked: Asked) -> dict[str, Any]:
    record = decode(office.rows[asked.id].data)
    alone = asking.alone(asked, office.agreements, office.now_ms())
    return {
        "id": asked.id, "by": asked.by, "to": asked.to, "mine": asked.by == office.me, "state": asked.state,
        "why": asked.why, "text": asked.request.text, "kinds": list(asked.request.kinds),
        "clause": asked.request.clause, "purpose": list(asked.request.purpose),
        "distress": asked.request.distress, "subject": list(record.subject),
        "geo": list(record.geo), "from_ms": record.valid_from_ms, "to_ms": record.valid_to_ms,
        "asked_ms": asked.asked_ms, "due_ms": asked.due_ms, "overdue": asked.overdue(office.now_ms()),
        "records": list(asked.records), "owed": asked.to == office.me and asked.state in asking.WAITING,
        "alone": {"ok": alone.ok, "why": alone.why}, "officer": office.rows[asked.id].by,
    }  # fmt: skip


def answer(office: Office, name: str, verdict: str, records: Sequence[str], text: str, by: str) -> None:
    """Answer a request; what is given must have been told to the asker under its own rules."""
    asked = office.requests.get(name)
    if asked is None or asked.to != office.me:
        raise InputError("there is no such request to this desk", code="no_request")
    missing = [r for r in records if not any(office.told(r, a) for a in _names(office, asked.by))]
    if missing:
        raise Refusal(SAID("request.not_told", party=asked.by, record=missing[0][:16]), rule="no-rule")
    data = asking.answer(asked, verdict, me=office.me, now_ms=office.now_ms(), context=office.context,  # type: ignore[arg-type]
                         records=records, text=text)  # fmt: skip
    office.write(data, by, [asked.by], RULE)


def _names(office: Office, party: str) -> frozenset[str]:
    return office.sharing.who().audiences_of(party) | {party}


def withdraw(office: Office, name: str, text: str, by: str) -> None:
    """Take an own request back."""
    asked = office.requests.get(name)
    if asked is None or asked.by != office.me:
        raise InputError("there is no such request of this desk", code="no_request")
    data = asking.withdraw(asked, me=office.me, now_ms=office.now_ms(), context=office.context, text=text)
    office.write(data, by, [asked.to], DUTY)
