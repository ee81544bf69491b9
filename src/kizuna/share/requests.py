"""Requests for information between partners: asked, received, answered or refused with a reason, by a date.

The states are a table, drawn as a ladder: what is further up stays. So it does not matter in which order a request,
its answers and its end arrive, and both desks see the same. An answer that crossed the asker's end counts, for what
was given was given. A refusal is an answer; it may be followed by a better one.

In distress nobody waits for a second signature: a request marked ``distress``, under a clause of that mark in force,
may be answered by one officer at once, and is reviewed like break-glass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from kizuna.base.errors import InputError
from kizuna.base.units import DAY_MS
from kizuna.records.bodies.trust import Answer, Request, RequestEnd
from kizuna.records.kinds import read_body
from kizuna.records.label import Label, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.agreement.standing import Book

Verdict = Literal["given", "partly", "refused", "nothing_held", "later"]
LADDER: Final = ("asked", "received", "later", "withdrawn", "nothing_held", "refused", "partly", "given")
"""From the bottom. ``withdrawn`` gives way to every answer with content."""
EVENTS: Final = LADDER[1:]
STATES: Final[Mapping[tuple[str, str], str]] = {
    (state, event): LADDER[max(LADDER.index(state), LADDER.index(event))] for state in LADDER for event in EVENTS
}
"""State after an event."""
WAITING: Final = frozenset(("asked", "received", "later"))
"""States in which an answer is owed; ``partly`` is an answer that may be followed by more."""
ASKED_MOST: Final = 10_000
"""Requests of one party that are kept in mind."""
WORDS_MOST: Final = 64
"""Answers and ends of one party to one request."""
EARLY_MOST: Final = 1_000
"""Requests of which an answer came before them."""
DUE_DAYS: Final = 7
"""When an answer is due unless the request says otherwise: a week lets a release officer be on leave."""


class Asked(NamedTuple):
    """One request as both desks see it."""

    id: str
    by: str
    to: str
    request: Request
    asked_ms: int
    due_ms: int
    state: str
    why: str
    records: tuple[str, ...]

    def overdue(self, now_ms: int) -> bool:
        """Whether an answer is owed and late."""
        return self.state in WAITING and now_ms > self.due_ms


class Alone(NamedTuple):
    """Whether one officer may answer alone, and why."""

    ok: bool
    why: str


def ask(
    request: Request, to: str, *, me: str, now_ms: int, context: str, subject: Iterable[str] = (),
    geo: tuple[float, ...] = (), from_ms: int | None = None, to_ms: int | None = None, tlp: Tlp = Tlp.AMBER,
) -> bytes:  # fmt: skip
    """A request to one partner: about whom, where (point or box), about which time. Raises InputError."""
    label = Label(tlp=tlp, rel_to=frozenset((to,)), purpose=frozenset(request.purpose))
    record = Record(
        kind="request", origin=me, subject=tuple(subject), observed_ms=now_ms, valid_from_ms=from_ms,
        valid_to_ms=to_ms, geo=geo, body=body_bytes(request), label=label, context=context,
    )  # fmt: skip
    return encode(record)


def answer(
    asked: Asked, verdict: Verdict, *, me: str, now_ms: int, context: str, records: Iterable[str] = (), text: str = "",
    rule: str = "", tlp: Tlp = Tlp.AMBER,
) -> bytes:  # fmt: skip
    """An answer. What is given travels as records under its own rules; the answer names them. Raises InputError."""
    if me != asked.to:
        raise InputError(f"{asked.to} was asked, not {me}")
    names = tuple(sorted(set(records)))
    if (verdict in ("given", "partly")) != bool(names):
        raise InputError("an answer that gives names records, any other names none")
    if verdict == "refused" and not text:
        raise InputError("a refusal gives a reason", hint="it may be as short as 'not under this agreement'")
    body = Answer(request=asked.id, verdict=verdict, records=names, rule=rule, text=text)
    return _record("answer", body, me, asked.by, now_ms, context, tlp)


def withdraw(asked: Asked, *, me: str, now_ms: int, context: str, text: str = "") -> bytes:
    """The asker needs no answer any more. Raises InputError for another."""
    if me != asked.by:
        raise InputError(f"{asked.by} asked, not {me}")
    return _record("request.end", RequestEnd(request=asked.id, text=text), me, asked.to, now_ms, context, Tlp.AMBER)


def _record(kind: str, body: Answer | RequestEnd, me: str, to: str, now_ms: int, context: str, tlp: Tlp) -> bytes:
    label = Label(tlp=tlp, rel_to=frozenset((to,)))
    return encode(Record(kind=kind, origin=me, observed_ms=now_ms, body=body_bytes(body), label=label, context=context))


def alone(asked: Asked, book: Book, now_ms: int) -> Alone:
    """Whether one officer may answer this request without a second person."""
    if not asked.request.distress:
        return Alone(ok=False, why="the request is not marked as distress")
    allowed = book.allows(asked.request.clause, now_ms)
    if not allowed.ok or allowed.clause is None:
        return Alone(ok=False, why=allowed.why)
    if not allowed.clause.distress:
        return Alone(ok=False, why=f"clause {asked.request.clause} is no distress clause")
    if asked.to not in allowed.clause.givers or asked.by not in allowed.clause.takers:
        return Alone(ok=False, why=f"clause {asked.request.clause} does not let {asked.to} give to {asked.by}")
    return Alone(ok=True, why=f"{allowed.why}; to be reviewed afterwards")


@dataclass(slots=True)
class Requests:
    """All requests of one node, asked and to answer. Rebuilt from records in any order."""

    context: str
    _asked: dict[str, tuple[Record, Request, int]] = field(default_factory=dict)
    _of: Counter[str] = field(default_factory=Counter)
    """How many each party asked."""
    _events: dict[str, set[tuple[str, str, str, tuple[str, ...]]]] = field(default_factory=dict)
    """(who, event, text, records) by request."""

    def take(self, data: bytes, proved: str, at_ms: int) -> str:
        """Take a request, an answer or an end; returns why not, or nothing. Raises InputError for another record.

        ``at_ms``: when it came here, or was written here; the week for an answer runs from then and not from the date
        that the asker put on it.
        """
        record, name = decode(data), record_id(data)
        body = read_body(record)
        if not isinstance(body, Request | Answer | RequestEnd):
            raise InputError(f"{record.kind} is neither request nor answer")
        if record.context != self.context:
            return f"it is of the context {record.context}"
        if record.origin != proved:
            return f"{proved} cannot speak for {record.origin}"
        if isinstance(body, Request):
            return self._ask(name, record, body, at_ms)
        return self._say(body, proved)

    def _ask(self, name: str, record: Record, body: Request, at_ms: int) -> str:
        if len(record.label.rel_to) != 1:
            return "a request goes to one partner"
        if name not in self._asked:
            if self._of[record.origin] >= ASKED_MOST:
                return f"{record.origin} asked more than {ASKED_MOST} times"
            self._of[record.origin] += 1
            self._asked[name] = (record, body, at_ms)
        return ""

    def _say(self, body: Answer | RequestEnd, who: str) -> str:
        event, records = (body.verdict, body.records) if isinstance(body, Answer) else ("withdrawn", ())
        held = self._events.get(body.request, set())
        if (who, event, body.text, records) not in held:
            if sum(each == who for each, *_ in held) >= WORDS_MOST:
                return f"{who} said more than {WORDS_MOST} things to one request"
            if body.request not in self._asked and len(self._events) >= EARLY_MOST + len(self._asked):
                return "too many answers to requests that have not arrived"
        self._note(body.request, who, event, body.text, records)
        return ""

    def received(self, request: str, party: str) -> None:
        """The partner's receipt covers the request."""
        self._note(request, party, "received", "", ())

    def _note(self, request: str, who: str, event: str, text: str, records: tuple[str, ...]) -> None:
        self._events.setdefault(request, set()).add((who, event, text, records))

    def get(self, request: str) -> Asked | None:
        """One request with what became of it; None where it has not arrived."""
        if request not in self._asked:
            return None
        record, body, came_ms = self._asked[request]
        to = next(iter(record.label.rel_to))
        state, why = "asked", ""
        given: set[str] = set()
        for who, event, text, records in sorted(self._events.get(request, ())):
            if who != (record.origin if event == "withdrawn" else to):
                continue
            after = STATES[state, event]
            if after == event:
                state, why = after, text
            given.update(records)
        due_ms = body.by_ms if body.by_ms is not None else came_ms + (0 if body.distress else DUE_DAYS * DAY_MS)
        return Asked(request, record.origin, to, body, record.observed_ms, due_ms, state, why, tuple(sorted(given)))

    def all(self) -> tuple[Asked, ...]:
        """Every request, those in distress first, then by the day on which an answer is due."""
        found = [each for each in map(self.get, self._asked) if each is not None]
        return tuple(sorted(found, key=lambda a: (not a.request.distress, a.due_ms, a.id)))

    def owed(self, me: str) -> tuple[Asked, ...]:
        """Requests that this party has to answer."""
        return tuple(each for each in self.all() if each.to == me and each.state in WAITING)
