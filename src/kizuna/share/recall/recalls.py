"""Recall: the originator asks everybody who has its records to hide, delete or annotate them, and sees who answered.

    A asks -> B hides at once, answers, passes it on -> C hides at once, answers B -> B's next answer tells A of C

A recall is routed down every audience that got a record or something derived from it. Unchanged records are recalled
by the originator's own bytes, carried on; of what a party derived from them it is the originator itself, so it
recalls that with a recall of its own that ``follows`` the first. Each answer is signed by its party and lists
everybody below it, so the originator has one table of hops. We say **asked and acknowledged**, never "deleted":
nobody can prove a deletion.

A recall must be able to follow records to anybody who has them, so it carries the label CLEAR and names records by
hash alone; what its text says is said to all of them.

Rules kept: only the originator of a record recalls it; any other is refused and the refusal said. The receiver hides
before it answers. A record that comes after its recall is barred at once. A tombstone keeps hash, recall and action.
Recalls and their answers go to the parties named in ``Send`` by duty, not by a rule of release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from kizuna.base.errors import InputError
from kizuna.records.bodies.trust import Recall, RecallAck
from kizuna.records.kinds import read_body
from kizuna.records.label import EVERYBODY, Label, Reshare, Tlp
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.recall.hops import HOPS, HOPS_MAX, Hop, State, depth

Action = Literal["annotate", "hide", "delete"]
_STRENGTH: Final = ("annotate", "hide", "delete")
_FOLLOWS: Final = Label(tlp=Tlp.CLEAR, rel_to=frozenset((EVERYBODY,)), reshare=Reshare.FREE)


class Holding(NamedTuple):
    """What a node knows of a record that it has or had: whose it is, to whom it passed it, what it made from it."""

    origin: str
    to: frozenset[str] = frozenset()
    """Parties, with communities already told apart into their members at the time."""
    derived: frozenset[str] = frozenset()
    """Ids of own records that were made from it, over any number of steps."""


Holdings = Callable[[str], Holding | None]


class Send(NamedTuple):
    """A record that must reach a party, in lane flash."""

    to: str
    data: bytes


class Bar(NamedTuple):
    """What stands in the place of a record: a tombstone. The record's id is the hash of its bytes."""

    record_id: str
    action: Action
    recall: str
    reason: str
    text: str


class Outcome(NamedTuple):
    """What follows from a recall or an answer.

    Attributes:
        barred: what is barred now.
        send: what must be sent.
        refused: why it was refused; empty where it was not.
        freed: ids of records that no recall bars any more.
    """

    barred: tuple[Bar, ...] = ()
    send: tuple[Send, ...] = ()
    refused: str = ""
    freed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Case:
    """One recall at this node."""

    id: str
    origin: str
    body: Recall
    parent: str
    """Party that brought it first; empty at the originator."""
    hops: dict[str, tuple[State, str]] = field(default_factory=dict)
    below: dict[str, RecallAck] = field(default_factory=dict)
    """Newest answer of each party below."""
    held: int = 0
    answers: int = 0
    refused: str = ""
    own: str = ""
    """Id of the recall that this node made of what it had derived; empty where there is none."""


class Recalls:
    """All recalls of one node. Holds no bytes of records; rebuilt at start by taking the same records in again."""

    def __init__(self, me: str, context: str, tlp: Tlp = Tlp.AMBER) -> None:
        self._me, self._context, self._tlp = me, context, tlp
        self._cases: dict[str, _Case] = {}
        self._wanted: dict[str, list[str]] = {}  # record id -> recalls that name it

    def ask(
        self, ids: Iterable[str], reason: str, holdings: Holdings, now_ms: int, *, action: Action = "hide",
        text: str = "", follows: str | None = None, gone: frozenset[str] = frozenset(),
    ) -> tuple[bytes, Outcome]:  # fmt: skip
        """Recall own records. Personal data is always asked to be deleted. Raises InputError for records of others."""
        names = tuple(sorted(set(ids)))
        theirs = [each for each in names if (found := holdings(each)) is None or found.origin != self._me]
        if theirs or not names:
            raise InputError("only the originator recalls a record", hint=f"not {self._me}'s: {theirs[:3]}")
        wanted = "delete" if reason == "personal" else action
        body = Recall(records=names, reason=reason, action=wanted, text=text, follows=follows)  # type: ignore[arg-type]
        data = self._record("recall", body, _FOLLOWS, now_ms)
        return data, self._begin(data, body, self._me, "", holdings, now_ms, gone)

    def take(
        self, data: bytes, proved: str, via: str, holdings: Holdings, now_ms: int, *, gone: frozenset[str] = frozenset()
    ) -> Outcome:
        """Take a recall that came in.

        Args:
            data: the record's bytes.
            proved: party whose signed log it is proved to be from (the originator, whoever carried it).
            via: partner that brought it.
            holdings: what this node has.
            now_ms: UTC.
            gone: parties to which this node has no way any more.

        Raises InputError for a record that is none.
        """
        record, name = decode(data), record_id(data)
        body = read_body(record)
        if record.kind != "recall" or not isinstance(body, Recall) or record.context != self._context:
            raise InputError(f"{record.kind} of {record.context} is no recall of {self._context}")
        known = self._cases.get(name)
        if known is not None:  # again, or by another way: one short answer, no second branch of the table
            return Outcome() if via == known.parent else Outcome(send=self._answer(known, via, now_ms, short=True))
        why = _not_theirs(body, record.origin, proved, holdings)
        if why:
            refusal = RecallAck(recall=name, state="refused", why=why)
            return Outcome(send=(Send(via, self._record("recall.ack", refusal, self._for(via), now_ms)),), refused=why)
        return self._begin(data, body, record.origin, via, holdings, now_ms, gone)

    def take_answer(self, data: bytes, proved: str, now_ms: int) -> Outcome:
        """Take an answer from a party below. Raises InputError for a record that is none."""
        record = decode(data)
        body = read_body(record)
        if record.kind != "recall.ack" or not isinstance(body, RecallAck) or record.origin != proved:
            raise InputError(f"{record.kind} from {proved} is no answer to a recall")
        case = self._cases.get(body.recall)
        if case is None or proved not in case.hops:
            return Outcome(refused=f"{proved} was not asked")
        last = case.below.get(proved)
        if last is not None and last.no >= body.no:
            return Outcome()
        case.below[proved] = body
        self._move(case, proved, "ack" if body.state == "acknowledged" else "refuse", body.why)
        return Outcome(send=self._tell_up(case, now_ms))

    def sent(self, recall: str, party: str, now_ms: int) -> Outcome:
        """A partner's receipt covers the recall: it is asked."""
        return self._event(recall, party, "sent", now_ms)

    def lost(self, recall: str, party: str, now_ms: int) -> Outcome:
        """There is no way to a party any more."""
        return self._event(recall, party, "lost", now_ms)

    def refuse(self, recall: str, why: str, now_ms: int) -> Outcome:
        """A person of this node refuses a recall, for instance to keep evidence.

        Its records are freed, but for those that another recall names.
        """
        case = self._cases.get(recall)
        if case is None or not case.parent or not why:
            raise InputError("only a recall that came from another party can be refused, with a reason")
        case.refused = why
        still = {each: self.barred(each, case.origin) for each in case.body.records}
        return Outcome(
            tuple(bar for bar in still.values() if bar), self._answer(case, case.parent, now_ms),
            freed=tuple(each for each, bar in still.items() if bar is None),
        )  # fmt: skip

    def refusal(self, recall: str) -> str | None:
        """Why this node refused a recall, empty where it did not; None for one that was refused when it came."""
        case = self._cases.get(recall)
        return None if case is None else case.refused

    def barred(self, record: str, origin: str) -> Bar | None:
        """What stands in the place of a record of ``origin``; the strongest action where several name it."""
        found: Bar | None = None
        for name in self._wanted.get(record, ()):
            case = self._cases[name]
            if case.origin != origin or case.refused:
                continue
            if found is None or _STRENGTH.index(case.body.action) > _STRENGTH.index(found.action):
                found = Bar(record, case.body.action, name, case.body.reason, case.body.text)
        return found

    def table(self, recall: str) -> tuple[Hop, ...]:
        """Every hop that is known of, nearest first, those of recalls that follow this one among them."""
        case = self._cases[recall]
        rows = [Hop(party, self._me, 1, state, why) for party, (state, why) in case.hops.items()]
        for party, answer in case.below.items():
            rows += [Hop(p, v, 1 + depth(v, party, answer), s) for p, v, s in answer.hops]
        if case.own:
            rows += self.table(case.own)
        best: dict[tuple[str, str], Hop] = {}
        for row in sorted(rows, key=lambda r: (r.depth, r.party, r.via)):
            old = best.get((row.party, row.via))
            if old is None or old.state == "acknowledged":  # who has two branches is done when both are
                best[row.party, row.via] = row
        return tuple(sorted(best.values(), key=lambda r: (r.depth, r.party, r.via)))

    def open(self) -> tuple[str, ...]:
        """Recalls of this node with a hop that has not acknowledged."""
        mine = (case.id for case in self._cases.values() if not case.parent)
        return tuple(sorted(each for each in mine if any(hop.state != "acknowledged" for hop in self.table(each))))

    def _begin(
        self, data: bytes, body: Recall, origin: str, via: str, holdings: Holdings, now_ms: int, gone: frozenset[str]
    ) -> Outcome:
        case = _Case(record_id(data), origin, body, via)
        self._cases[case.id] = case
        passed: set[str] = set()
        derived: set[str] = set()
        for each in body.records:
            self._wanted.setdefault(each, []).append(case.id)
            found = holdings(each)
            if found is not None:
                case.held += 1
                passed |= found.to
                derived |= found.derived
        for party in sorted(passed - {via, origin, self._me}):
            case.hops[party] = ("unreachable", "no way to it") if party in gone else ("pending", "")
        send = [Send(party, data) for party, (state, _) in case.hops.items() if state == "pending"]
        bars = [bar for each in body.records if (bar := self.barred(each, origin))]
        if derived:
            own, follows = self.ask(
                derived, body.reason, holdings, now_ms, action=body.action, text=body.text, follows=case.id, gone=gone
            )
            case.own = record_id(own)
            bars += follows.barred
            send += follows.send
        send += self._tell_up(case, now_ms)
        return Outcome(tuple(bars), tuple(send))

    def _event(self, recall: str, party: str, event: str, now_ms: int) -> Outcome:
        case = self._cases.get(recall)
        if case is None or party not in case.hops or not self._move(case, party, event):
            return Outcome()
        return Outcome(send=self._tell_up(case, now_ms))

    def _move(self, case: _Case, party: str, event: str, why: str = "") -> bool:
        state = HOPS.get((case.hops[party][0], event))
        if state is not None:
            case.hops[party] = (state, why)
        return state is not None

    def _tell_up(self, case: _Case, now_ms: int) -> tuple[Send, ...]:
        """The next answer to whoever brought it; of a recall that follows another, the answer to that one."""
        top = case
        while not top.parent and top.body.follows in self._cases:
            top = self._cases[top.body.follows]
        return self._answer(top, top.parent, now_ms) if top.parent else ()

    def _answer(self, case: _Case, to: str, now_ms: int, *, short: bool = False) -> tuple[Send, ...]:
        rows = () if short else tuple((hop.party, hop.via, hop.state) for hop in self.table(case.id))[:HOPS_MAX]
        case.answers += 1
        body = RecallAck(
            recall=case.id, no=case.answers, state="refused" if case.refused else "acknowledged", held=case.held,
            hops=rows, why=case.refused,
        )  # fmt: skip
        return (Send(to, self._record("recall.ack", body, self._for(to), now_ms)),)

    def _record(self, kind: str, body: Recall | RecallAck, label: Label, now_ms: int) -> bytes:
        record = Record(
            kind=kind, origin=self._me, observed_ms=now_ms, body=body_bytes(body), label=label, context=self._context
        )
        return encode(record)

    def _for(self, party: str) -> Label:
        return Label(tlp=self._tlp, rel_to=frozenset((party,)))


def _not_theirs(body: Recall, origin: str, proved: str, holdings: Holdings) -> str:
    if origin != proved:
        return f"{proved} brought a recall of {origin} as its own"
    found = (holdings(each) for each in body.records)
    others = sorted({each.origin for each in found if each is not None and each.origin != origin})
    return f"only {', '.join(others)} may recall records of {', '.join(others)}" if others else ""
