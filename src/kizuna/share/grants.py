"""Originator control: a record of another party is passed on only where that party said so.

The word of the originator is either in the label (``free``; ``community`` inside a community that the label names) or
in a grant: a record of the originator that says what may go on (records by their hashes, or all of some kinds or about
some subjects), to which audience, until when. The carrier hands grant and originator's proof on with the record, and
the receiver checks both itself. It trusts the originator's signature, not the carrier's. Every refusal says why.

A grant by kind or subject covers what is observed while it holds (or from a time that it names). It never covers
personal data, nor data that was given for a purpose which the grant does not name, distress data among them: such
records are named one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from kizuna.base.errors import InputError
from kizuna.base.sentences import Sentences
from kizuna.base.utc import iso_s
from kizuna.records import kinds as known
from kizuna.records.bodies.onward import RECORDS_MOST, ConsentRefusal, ConsentRequest, Grant, GrantEnd, Scope
from kizuna.records.kinds import read_body
from kizuna.records.label import COMMUNITY, Label, Reshare, Tlp, reshare_of
from kizuna.records.partner import Directory
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.rules.rule import matches

CARRIED: Final = (
    "track.*", "detection", "event.*", "zone.claim", "identity.claim", "cti.stix", "patrol.plan", "asset",
    "facility.offer", "need", "pledge", "delivery", "alert.cap", "incident.*", "answer", "correction",
)  # fmt: skip
"""Kinds that may be passed on at all; what is between two parties (requests, agreements, keys, receipts) never is."""
DUTIES: Final = frozenset(("recall", "grant", "grant.end"))
"""Kinds of another party that follow what was passed on, without a leave: they narrow, or carry the leave itself."""

SAID: Final = Sentences({
    "leave.free": "its label lets it be passed on freely",
    "leave.inside": "its label lets it be passed on inside {to}",
    "leave.own": "{party} states it itself",
    "leave.unproved": "{party} brought a record of {origin} without its proof",
    "leave.granted": "{party} allows it for {to} until {until}",
    "leave.ended": "{party} ended it",
    "leave.over": "{party} allowed it until {until} only",
    "leave.none": "{party} has not allowed that {to} is told",
    "leave.others": "{party} has not allowed that {to} is told; it allowed {names}",
})  # fmt: skip


class Verdict(NamedTuple):
    """Whether a record may be passed on, the reason in a sentence, and the grant that allows it (empty: the label)."""

    ok: bool
    why: str
    grant: str = ""


class Given(NamedTuple):
    """A grant as it stands."""

    id: str
    origin: str
    records: frozenset[str]
    to: str
    until_ms: int
    ended: bool
    kinds: tuple[str, ...] = ()
    subjects: frozenset[str] = frozenset()
    from_ms: int = 0
    purpose: frozenset[str] = frozenset()
    carriers: frozenset[str] = frozenset()

    def open(self, now_ms: int) -> bool:
        """Whether it holds now."""
        return not self.ended and now_ms < self.until_ms

    def lets(self, carrier: str) -> bool:
        """Whether this party may pass on under it."""
        return not self.carriers or carrier in self.carriers

    def covers(self, name: str, held: Record) -> bool:
        """Whether a record of its originator lies in its scope."""
        if name in self.records:
            return True
        if not (self.kinds or self.subjects) or held.label.personal:
            return False
        if held.label.purpose and not held.label.purpose & self.purpose:
            return False
        return (
            (not self.kinds or any(matches(kind, held.kind) for kind in self.kinds))
            and (not self.subjects or (bool(held.subject) and self.subjects.issuperset(held.subject)))
            and self.from_ms <= held.observed_ms < self.until_ms
        )


def may_be_carried(kind: str) -> bool:
    """Whether records of this kind may be passed on at all."""
    return any(matches(each, kind) for each in CARRIED)


def give(
    scope: Scope, until_ms: int, *, me: str, reach: Iterable[str], now_ms: int, context: str,
    carriers: Iterable[str] = (), request: str | None = None, tlp: Tlp = Tlp.AMBER,
) -> bytes:  # fmt: skip
    """A grant of this party. ``reach`` are those who must see it: who asked and who will receive. Raises InputError."""
    if until_ms <= now_ms:
        raise InputError("a grant has an end that lies ahead")
    body = Grant(**_words(scope), until_ms=until_ms, carriers=tuple(sorted(set(carriers))), request=request)
    return _record("grant", body, me, reach, now_ms, context, tlp, valid_to_ms=until_ms)


def end(grants: Iterable[str], *, me: str, reach: Iterable[str], now_ms: int, context: str, text: str = "") -> bytes:
    """Ends own grants before their time."""
    return _record(
        "grant.end", GrantEnd(grants=tuple(sorted(grants)), text=text), me, reach, now_ms, context, Tlp.AMBER
    )


def ask(
    scope: Scope, originator: str, *, me: str, now_ms: int, context: str, text: str = "", until_ms: int | None = None,
) -> bytes:  # fmt: skip
    """Asks the originator to allow that its records be passed on. Raises InputError."""
    body = ConsentRequest(**_words(scope), until_ms=until_ms, text=text)
    return _record("consent.request", body, me, (originator,), now_ms, context, Tlp.AMBER)


def refuse(request: str, asker: str, *, me: str, now_ms: int, context: str, text: str) -> bytes:
    """Refuses what was asked, with a reason."""
    return _record(
        "consent.refusal", ConsentRefusal(request=request, text=text), me, (asker,), now_ms, context, Tlp.AMBER
    )


def _words(scope: Scope) -> dict[str, Any]:
    """The scope in the form in which it is written. Raises InputError for one that covers nothing, or too much."""
    records, kinds, subjects = (tuple(sorted(set(w))) for w in (scope.records, scope.kinds, scope.subjects))
    if not (records or kinds or subjects) or len(records) > RECORDS_MOST:
        raise InputError(
            f"a grant names 1 to {RECORDS_MOST} records, or kinds, or subjects", hint="--record, --kind, --subject"
        )
    odd = [k for k in kinds if not _carries(k)]
    if odd:
        raise InputError(f"{odd[0][:80]!r} is no kind that is passed on", hint=", ".join(CARRIED))
    given = {"records": records, "kinds": kinds, "subjects": subjects, "purpose": tuple(sorted(set(scope.purpose)))}
    return {**given, "from_ms": scope.from_ms, "to": scope.to}


def _carries(word: str) -> bool:
    """Whether a kind, or every known kind of a family, may be passed on."""
    if word.endswith(".*"):
        family = [kind for kind in known.KINDS if matches(word, kind)]
        return bool(family) and all(may_be_carried(kind) for kind in family)
    return word in known.KINDS and may_be_carried(word)


def _record(
    kind: str, body: msgspec.Struct, me: str, reach: Iterable[str], now_ms: int, context: str,
    tlp: Tlp, valid_to_ms: int | None = None,
) -> bytes:  # fmt: skip
    label = Label(tlp=tlp, rel_to=frozenset(reach) - {me})
    record = Record(
        kind=kind, origin=me, observed_ms=now_ms, valid_to_ms=valid_to_ms, body=body_bytes(body), label=label,
        context=context,
    )  # fmt: skip
    return encode(record)


@dataclass(slots=True)
class Grants:
    """Every grant that one node knows. Order of arrival does not matter: an end that comes first ends what follows."""

    context: str
    _given: dict[str, tuple[str, Grant, int]] = field(default_factory=dict)
    """Originator, body and time by the grant's id."""
    _ended: set[tuple[str, str]] = field(default_factory=set)
    _naming: dict[str, list[str]] = field(default_factory=dict)
    """Grants by record that they name."""
    _wide: dict[str, list[str]] = field(default_factory=dict)
    """Grants by kind or subject, by originator."""
    version: int = 0
    """Counts up with every grant and end that was new."""

    def take(self, data: bytes, proved: str) -> str:
        """Take a grant or an end of grants; returns why not, or nothing.

        ``proved`` is the party whose signed log it is proved to come from, whoever carried it. Raises InputError.
        """
        record = decode(data)
        body = read_body(record)
        if not isinstance(body, Grant | GrantEnd):
            raise InputError(f"{record.kind} is no grant")
        if record.context != self.context:
            return f"it is of the context {record.context}"
        if record.origin != proved:
            return f"{proved} cannot speak for {record.origin}"
        if isinstance(body, Grant):
            if record_id(data) not in self._given:
                self._put(record_id(data), record, body)
        elif new := {(record.origin, each) for each in body.grants} - self._ended:
            self._ended |= new
            self.version += 1
        return ""

    def doubt(self, names: Iterable[str]) -> None:
        """Grants whose signature does not count any more: they have ended."""
        if new := {(self._given[name][0], name) for name in names if name in self._given} - self._ended:
            self._ended |= new
            self.version += 1

    def _put(self, name: str, record: Record, body: Grant) -> None:
        self._given[name] = (record.origin, body, record.observed_ms)
        for each in set(body.records):
            self._naming.setdefault(each, []).append(name)
        if body.kinds or body.subjects:
            self._wide.setdefault(record.origin, []).append(name)
        self.version += 1

    def speaks_of(self, origin: str, now_ms: int) -> bool:
        """Whether any grant of an originator holds now: quick, for streams of records."""
        return any(at == origin and now_ms < body.until_ms for at, body, _ in self._given.values())

    def get(self, name: str) -> Given | None:
        """One grant; None where it is not known."""
        return self._get(name) if name in self._given else None

    def given(self) -> tuple[Given, ...]:
        """All grants, in order of their ids."""
        return tuple(self._get(name) for name in sorted(self._given))

    def _get(self, name: str) -> Given:
        origin, body, at_ms = self._given[name]
        from_ms = at_ms if body.from_ms is None else body.from_ms
        return Given(name, origin, frozenset(body.records), body.to, body.until_ms, (origin, name) in self._ended,
                     body.kinds, frozenset(body.subjects), from_ms, frozenset(body.purpose),
                     frozenset(body.carriers))  # fmt: skip

    def _about(self, record: str, held: Record) -> tuple[Given, ...]:
        """Grants of the originator that cover a record, also those that have ended."""
        names = {*self._naming.get(record, ()), *self._wide.get(held.origin, ())}
        found = (self._get(name) for name in sorted(names))
        return tuple(each for each in found if each.origin == held.origin and each.covers(record, held))

    def onward(self, record: str, held: Record, carrier: str, now_ms: int) -> tuple[Given, ...]:
        """Open grants that name a party as one of those who may pass this record on."""
        return tuple(g for g in self._about(record, held) if g.open(now_ms) and carrier in g.carriers)

    def audiences(self, record: str, held: Record, now_ms: int) -> frozenset[str]:
        """Audiences for which the originator allows this record now; the column ``granted`` of decisions."""
        return frozenset(each.to for each in self._about(record, held) if each.open(now_ms))

    def may_pass_on(self, record: str, held: Record, to: str, who: Directory, now_ms: int) -> Verdict:
        """At the carrier: whether a foreign record may leave for an audience."""
        by_label = _label_allows(held.label, to, None)
        return by_label or self._granted(record, held, frozenset((to,)), who.me, now_ms) or self._why(
            record, held, to, now_ms, who
        )  # fmt: skip

    def may_take(
        self, record: str, held: Record, carrier: str, who: Directory, now_ms: int, *, proved: bool
    ) -> Verdict:
        """At the receiver: whether a record that somebody else carried may be accepted.

        ``proved``: the originator's own proof that came with it holds, as ``share.verify`` found.
        """
        if held.origin == carrier:
            return Verdict(ok=True, why=SAID("leave.own", party=carrier))
        if not proved:
            return Verdict(ok=False, why=SAID("leave.unproved", party=carrier, origin=held.origin))
        mine = frozenset((who.me, *(c.id for c in who.communities.values() if who.me in c.members)))
        by_label = _label_allows(held.label, who.me, mine)
        return by_label or self._granted(record, held, mine, carrier, now_ms) or self._why(
            record, held, who.me, now_ms, who
        )  # fmt: skip

    def _granted(
        self, record: str, held: Record, audiences: frozenset[str], carrier: str, now_ms: int
    ) -> Verdict | None:
        for each in self._about(record, held):
            if each.open(now_ms) and each.to in audiences and each.lets(carrier):
                return Verdict(
                    ok=True,
                    why=SAID("leave.granted", party=held.origin, to=each.to, until=iso_s(each.until_ms)),
                    grant=each.id,
                )
        return None

    def _why(self, record: str, held: Record, to: str, now_ms: int, who: Directory) -> Verdict:
        near, origin = self._about(record, held), held.origin
        members = who.members(to)
        for each in near:
            if each.to == to or each.to in who.audiences_of(to) or (members and members <= who.members(each.to)):
                code = "leave.ended" if each.ended else "leave.over"
                if each.ended or now_ms >= each.until_ms:
                    why = SAID(code, party=origin, until=iso_s(each.until_ms))
                    return Verdict(ok=False, why=why, grant=each.id)
        named = ", ".join(sorted({each.to for each in near}))
        why = SAID("leave.others" if named else "leave.none", party=origin, to=to, names=named)
        return Verdict(ok=False, why=why)


def _label_allows(label: Label, to: str, receiver: frozenset[str] | None) -> Verdict | None:
    """What the label itself allows; ``receiver`` are the names of who takes it, None where the audience is asked."""
    least = reshare_of(label)
    if least == Reshare.FREE:
        return Verdict(ok=True, why=SAID("leave.free"))
    if least == Reshare.COMMUNITY:
        names = receiver if receiver is not None else frozenset((to,))
        common = sorted(name for name in names & label.rel_to if COMMUNITY.fullmatch(name))
        if common:
            return Verdict(ok=True, why=SAID("leave.inside", to=common[0]))
    return None
