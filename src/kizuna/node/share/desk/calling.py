"""Recalls and requests for information: what an officer asks of others, and what others ask of this desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from kizuna.base.errors import InputError
from kizuna.node.share.desk.holdings import REFUSE, Sent
from kizuna.node.share.desk.journal import DUTY, RULE, Row
from kizuna.node.share.desk.refusal import Refusal
from kizuna.records.bodies.trust import Recall, Request
from kizuna.records.kinds import read_body
from kizuna.records.record import decode
from kizuna.share import requests as asking
from kizuna.share.recall import Hop, Recalls
from kizuna.share.requests import Asked

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

BATCH: Final = 512
"""Records in one recall."""


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


# ---- recalls ---------------------------------------------------------------------------------------------------------
def recall(office: Office, ids: Iterable[str], subject: str, action: str, reason: str, text: str, by: str) -> list[str]:
    """Ask everybody who has these records, or all records about a subject, to act; ids of the recalls.

    Raises Refusal for records of others.
    """
    names = list(dict.fromkeys(ids)) or office.holdings.about(subject)
    if not names:
        raise InputError(f"nothing about {subject} was told to anybody" if subject else "no record is named")
    done = []
    with office.lock:
        for at in range(0, len(names), BATCH):
            part = names[at : at + BATCH]
            draft = Recalls(office.me, office.context)
            now = office.now_ms()
            try:
                data, _ = draft.ask(part, reason, office.holdings, now, action=action, text=text)  # type: ignore[arg-type]
            except InputError as exc:
                raise Refusal(exc.message, rule="originator", hint=exc.hint) from exc
            done.append(office.write(data, by).id)
    return done


def recalls(office: Office) -> list[dict[str, Any]]:
    """Every recall with its table of hops, newest first."""
    office.deliver()
    rows = [r for r in office.rows.values() if r.what == "recall"]
    out = []
    for row in sorted(rows, key=lambda r: -r.at_ms):
        body = read_body(decode(row.data))
        assert isinstance(body, Recall)
        table = hops(office, row.id)
        states = [h.state for h in table]
        out.append({
            "id": row.id, "by": row.proved, "officer": row.by, "at_ms": row.at_ms, "action": body.action,
            "reason": body.reason, "text": body.text, "records": len(body.records), "first": list(body.records[:5]),
            "mine": row.proved == office.me, "hops": [h._asdict() for h in table],
            **_standing(office, row.id, states),
            "counts": {s: states.count(s) for s in sorted(set(states))},
        })  # fmt: skip
    return out


def _standing(office: Office, name: str, states: Sequence[str]) -> dict[str, str]:
    """How a recall stands: refused here, and why; done; or open."""
    refused = office.recalls.refusal(name)
    if refused is None or refused:
        return {"state": "refused", "why": refused or "it was refused when it came"}
    return {"state": "done" if all(s == "acknowledged" for s in states) else "open", "why": ""}


def hops(office: Office, name: str) -> tuple[Hop, ...]:
    """Table of a recall; empty for one that was refused when it came."""
    try:
        return office.recalls.table(name)
    except KeyError:
        return ()


def named(row: Row) -> tuple[str, ...]:
    """Records that a recall names."""
    body = read_body(decode(row.data))
    return body.records if isinstance(body, Recall) else ()


def refuse_recall(office: Office, name: str, why: str, by: str) -> None:
    """Refuse a recall of another party, with a reason; what it hid shows again."""
    row = office.rows.get(name)
    if row is None or row.what != "recall" or row.proved == office.me:
        raise InputError("there is no such recall of another party", code="no_recall")
    office.note(REFUSE, msgspec.json.encode(Sent(name, "", why)), by)
    office.deliver()


# ---- requests --------------------------------------------------------------------------------------------------------
def request(office: Office, wish: Wish, by: str) -> str:
    """Ask a partner for information; the id. Raises Refusal where no rule lets requests go to it."""
    if not office.reaches(wish.to):
        raise Refusal(f"{wish.to} is no partner that may be told anything", rule="partner")
    now = office.now_ms()
    body = Request(request_id=f"r{now}", kinds=wish.kinds, purpose=wish.purpose, by_ms=wish.by_ms, clause=wish.clause,
                   distress=wish.distress, text=wish.text)  # fmt: skip
    data = asking.ask(body, wish.to, me=office.me, now_ms=now, context=office.context, subject=wish.subject,
                      geo=wish.geo, from_ms=wish.from_ms, to_ms=wish.to_ms)  # fmt: skip
    return office.write(data, by, [wish.to], RULE).id


def requests(office: Office) -> list[dict[str, Any]]:
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
        raise Refusal(f"{asked.by} has not been told {missing[0][:16]}; what is given goes under its own rule first",
                      rule="no-rule")  # fmt: skip
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
