"""Recalls: what an officer asks to be hidden or deleted again, how far that went, and refusing another party's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from kizuna.base.errors import InputError
from kizuna.node.share.desk.holdings import REFUSE, Sent
from kizuna.node.share.desk.journal import Row
from kizuna.node.share.desk.refusal import Refusal
from kizuna.records.bodies.trust import Recall
from kizuna.records.kinds import read_body
from kizuna.records.record import decode
from kizuna.share.recall import Hop, Recalls

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

BATCH: Final = 512
"""Records in one recall."""


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


def listed(office: Office) -> list[dict[str, Any]]:
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


def refuse(office: Office, name: str, why: str, by: str) -> None:
    """Refuse a recall of another party, with a reason; what it hid shows again."""
    row = office.rows.get(name)
    if row is None or row.what != "recall" or row.proved == office.me:
        raise InputError("there is no such recall of another party", code="no_recall")
    office.note(REFUSE, msgspec.json.encode(Sent(name, "", why)), by)
    office.deliver()
