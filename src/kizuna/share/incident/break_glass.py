"""Break-glass: one officer, alone, passes a distress position to another desk in one act, at once.

It needs no second person, no delay and no rule, only a clause that both sides signed beforehand and marked
``distress``. In return it is narrow and it is looked at: it carries the opening of a case and nothing else, it names
officer and clause, and a second person reviews it afterwards. Acts without a review stay on a list until they have
one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.base.units import HOUR_MS
from kizuna.records.bodies.incident import Offer, Opened, Review
from kizuna.records.label import Label
from kizuna.records.person import Person
from kizuna.records.record import Record, body_bytes, encode, record_id
from kizuna.share.agreement.standing import Book
from kizuna.share.incident.case import Case
from kizuna.share.incident.desk import LANE, Desk, add, case_of, open_case
from kizuna.share.incident.entries import read
from kizuna.share.incident.purpose import DISTRESS_TYPES, RESCUE
from kizuna.share.incident.reasons import SAID

REVIEW_DUE_MS: Final = 72 * HOUR_MS
"""When a review is overdue: over a weekend, so that the reviewer need not be the officer's watch-mate."""


class Act(NamedTuple):
    """What was passed, in this order and in this lane, and what the review will need. Kept in the decision log."""

    records: tuple[bytes, ...]
    act: str
    """Id of the record that offers the case: the act is named by it."""
    to: str
    clause: str
    officer: str
    at_ms: int
    why: str
    lane: str = LANE
    person: str = ""
    """Id of the officer's account."""


class Refusal(NamedTuple):
    """Why the glass does not break here. The ordinary way, by rule, is still open."""

    why: str


class Unreviewed(NamedTuple):
    """An act that waits for a second person."""

    act: Act
    due_ms: int
    overdue: bool


def break_glass(
    desk: Desk, opened: Opened, to: str, clause: str, book: Book, now_ms: int, context: str
) -> Act | Refusal:
    """Open a case and pass it to ``to`` in one act.

    Args:
        desk: who acts; ``desk.by`` must name the officer.
        opened: a distress type with a position; everything in it is passed.
        to: partner id.
        clause: ``agreement/clause``; marked distress, in force (or within its grace), naming both.
        book: the agreements of this node.
        now_ms: UTC.
        context: real, exercise:<id> or test.
    """
    why = _refused(desk, opened, to, clause, book, now_ms)
    if why:
        return Refusal(why)
    found = book.allows(clause, now_ms).clause
    assert found is not None
    first = open_case(desk, _named(opened, clause), now_ms, context, reach=found.takers | {to})
    case = case_of([read(first)], read(first).incident)
    assert case is not None
    return _act(desk, case, (first,), to, clause, book, now_ms)


def pass_on(desk: Desk, case: Case, to: str, clause: str, book: Book, now_ms: int) -> Act | Refusal:
    """The same for a case that is open already: the other desk is brought in at once.

    The opening and all entries so far must then be sent to it as well, which ``case.timeline`` lists; those of other
    desks only where they may be passed on.
    """
    why = _refused(desk, case.opened, to, clause, book, now_ms)
    if not why and case.opened_by != desk.me:
        why = SAID("glass.opener")
    return Refusal(why) if why else _act(desk, case, (), to, clause, book, now_ms)


def _named(opened: Opened, clause: str) -> Opened:
    fields = {name: getattr(opened, name) for name in opened.__struct_fields__}
    return Opened(**{**fields, "clause": clause})


def _act(
    desk: Desk, case: Case, before: tuple[bytes, ...], to: str, clause: str, book: Book, now_ms: int
) -> Act | Refusal:
    draft = add(desk, case, Offer(n=1, op="offer", to=to, how="break_glass", clause=clause), now_ms)
    if draft.data is None:
        return Refusal(draft.why)
    why = book.allows(clause, now_ms).why
    return Act((*before, draft.data), record_id(draft.data), to, clause, desk.by, now_ms, why)


def _refused(desk: Desk, opened: Opened, to: str, clause: str, book: Book, now_ms: int) -> str:
    allowed = book.allows(clause, now_ms)
    found = allowed.clause
    if not allowed.ok or found is None:
        return allowed.why
    if not found.distress:
        return SAID("glass.no_distress", clause=clause)
    if desk.me not in found.givers or to not in found.takers or to == desk.me:
        return SAID("glass.parties", clause=clause, party=desk.me, to=to)
    if RESCUE not in found.purpose or not found.covers("incident.opened"):
        return SAID("glass.rescue", clause=clause)
    if opened.type not in DISTRESS_TYPES or opened.pos is None:
        return SAID("glass.position")
    return "" if desk.by else SAID("glass.officer")


def review(act: Act, reviewer: Person, verdict: str, text: str, now_ms: int, *, me: str, context: str) -> bytes:
    """The review of an act, a record that stays in the house. Raises InputError where officer and reviewer are one."""
    if not reviewer.name or reviewer.is_same(Person(act.officer, act.person)):
        raise InputError(SAID("review.second"), hint=f"somebody other than {act.officer}")
    if verdict not in ("right", "wrong", "right_but_improve"):
        raise InputError(f"{verdict!r} is no verdict", hint="right, wrong or right_but_improve")
    body = Review(act=act.act, officer=act.officer, reviewer=reviewer.name, verdict=verdict, text=text)  # type: ignore[arg-type]
    return encode(
        Record(
            kind="incident.review", origin=me, observed_ms=now_ms, body=body_bytes(body), label=Label(),
            context=context, evidence=(act.act,),
        )
    )  # fmt: skip


def unreviewed(acts: Iterable[Act], reviewed: Iterable[str], now_ms: int) -> tuple[Unreviewed, ...]:
    """Acts without a review, oldest first. ``reviewed`` holds the ids of acts that have one."""
    done = frozenset(reviewed)
    waiting = sorted((act for act in acts if act.act not in done), key=lambda a: (a.at_ms, a.act))
    return tuple(Unreviewed(act, act.at_ms + REVIEW_DUE_MS, now_ms >= act.at_ms + REVIEW_DUE_MS) for act in waiting)
