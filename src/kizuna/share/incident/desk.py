"""What one desk writes: every act of an officer becomes one entry, ready for the release door.

Nothing is sent from here. A draft that would change nothing (a task that is already refused, coordination that
another has) is refused with the reason, so that the officer learns it before the partner does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from kizuna.base.errors import InputError
from kizuna.records.bodies.incident import Entry, Offer, Opened, Seen
from kizuna.records.label import Label, Tlp
from kizuna.share.columns import Facts
from kizuna.share.incident.case import Case, tell
from kizuna.share.incident.entries import SHORT, Written, read, write
from kizuna.share.incident.purpose import purpose_of, tags_of
from kizuna.share.incident.reasons import SAID
from kizuna.share.incident.timeline import following, order

LANE: Final = "flash"


class Draft(NamedTuple):
    """The bytes of an entry, or None with the reason why it was not written."""

    data: bytes | None
    why: str = ""


class Desk(NamedTuple):
    """Who writes: the party, the officer's word for itself (may be empty), the level of its labels."""

    me: str
    by: str = ""
    tlp: Tlp = Tlp.AMBER
    retain_until_ms: int | None = None

    def label(self, reach: Iterable[str], incident_type: str) -> Label:
        """The label of an entry: for the other desks of the case, for its purpose, not to be passed on."""
        return Label(
            tlp=self.tlp, rel_to=frozenset(reach) - {self.me}, purpose=purpose_of(incident_type),
            retain_until_ms=self.retain_until_ms,
        )  # fmt: skip


def open_case(desk: Desk, opened: Opened, now_ms: int, context: str, reach: Iterable[str] = ()) -> bytes:
    """The opening. Raises InputError.

    ``reach`` names the desks (or communities) that may ever be told of this case, usually the takers of the clause. It
    goes into the labels, which cannot be changed later; a desk is told only when the case is offered to it.
    """
    body = msgspec.structs.replace(opened, i="", n=1, a=(), by=desk.by)
    return write(body, me=desk.me, observed_ms=now_ms, label=desk.label(reach, opened.type), context=context)


def add(desk: Desk, case: Case, body: Entry, now_ms: int) -> Draft:
    """The next entry of this desk. ``body`` needs no head: ``i``, ``n``, ``a`` and ``by`` are filled in.

    Raises InputError for a body that is none; returns the reason where it would change nothing.
    """
    if isinstance(body, Opened):
        raise InputError("a case is opened once")
    if isinstance(body, Offer) and body.op == "offer" and not _may_ever_reach(case, body.to):
        return Draft(None, SAID("case.labels", party=body.to))
    head = following(case.timeline, desk.me)
    whole = msgspec.structs.replace(body, i=case.incident, n=head.n, a=head.after, by=desk.by)
    label = desk.label(audience(case), case.opened.type)
    data = write(whole, me=desk.me, observed_ms=now_ms, label=label, context=case.context)
    after = case_of([*(row.entry for row in case.timeline.rows), read(data)], case.incident)
    assert after is not None
    why = after.overtaken.get(read(data).id, "")
    return Draft(None, why) if why else Draft(data)


def audience(case: Case) -> frozenset[str]:
    """Everybody whom labels of this case name: those of the opening, and the desk that opened it."""
    return case.timeline.rows[0].entry.label.rel_to | {case.opened_by}


def _may_ever_reach(case: Case, party: str) -> bool:
    return any(each == party or each.startswith("c:") for each in audience(case))


def case_of(entries: Iterable[Written], incident: str) -> Case | None:
    """The case from entries in any order; None while its opening is missing."""
    return tell(order(entries, incident))


def facts(entry: Written, incident_type: str) -> Facts:
    """What rules of release look at in an entry. An entry that is released leaves byte for byte, for others name it."""
    return Facts(
        kind=entry.kind, origin=entry.author, context=entry.context, label=entry.label, observed_ms=entry.observed_ms,
        zone=frozenset(), touched=frozenset(), source=frozenset(), subject=frozenset(),
        tag=tags_of(incident_type) | {f"incident:{entry.incident}"},
    )  # fmt: skip


def seen(what: Any, record_ids: Iterable[str], text: str = "") -> Seen:
    """The body that puts released records into the case."""
    return Seen(n=1, what=what, ids=tuple(each[:SHORT] for each in record_ids), t=text)
