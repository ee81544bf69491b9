"""Originator control: a record of another party is passed on only where that party said so.

The word of the originator is either in the label (``free``; ``community`` inside a community that the label names) or
in a grant: a record of the originator that names records by their hashes, one audience and an end. The carrier hands
grant and originator's proof on with the record, and the receiver checks both itself. It trusts the originator's
signature, not the carrier's. Every refusal says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from kizuna.base.errors import InputError
from kizuna.base.utc import iso_s
from kizuna.records.bodies.trust import ConsentRequest, Grant, GrantEnd
from kizuna.records.kinds import read_body
from kizuna.records.label import COMMUNITY, Label, Reshare, Tlp, reshare_of
from kizuna.records.partner import Directory
from kizuna.records.record import Record, body_bytes, decode, encode, record_id

RECORDS_MAX: Final = 512
"""Records in one grant."""


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


def give(
    records: Iterable[str], to: str, until_ms: int, *, me: str, reach: Iterable[str], now_ms: int, context: str,
    purpose: Iterable[str] = (), request: str | None = None, tlp: Tlp = Tlp.AMBER,
) -> bytes:  # fmt: skip
    """A grant of this party. ``reach`` are those who must see it: who asked and who will receive. Raises InputError."""
    names = tuple(sorted(set(records)))
    if not 0 < len(names) <= RECORDS_MAX or until_ms <= now_ms:
        raise InputError("a grant names 1 to 512 records and an end that lies ahead")
    body = Grant(records=names, to=to, until_ms=until_ms, purpose=tuple(sorted(purpose)), request=request)
    return _record("grant", body, me, reach, now_ms, context, tlp, valid_to_ms=until_ms)


def end(grants: Iterable[str], *, me: str, reach: Iterable[str], now_ms: int, context: str, text: str = "") -> bytes:
    """Ends own grants before their time."""
    return _record(
        "grant.end", GrantEnd(grants=tuple(sorted(grants)), text=text), me, reach, now_ms, context, Tlp.AMBER
    )


def ask(
    records: Iterable[str], to: str, originator: str, *, me: str, now_ms: int, context: str, text: str = "",
    until_ms: int | None = None,
) -> bytes:  # fmt: skip
    """Asks the originator to allow that its records be passed on."""
    body = ConsentRequest(records=tuple(sorted(set(records))), to=to, until_ms=until_ms, text=text)
    return _record("consent.request", body, me, (originator,), now_ms, context, Tlp.AMBER)


def _record(
    kind: str, body: Grant | GrantEnd | ConsentRequest, me: str, reach: Iterable[str], now_ms: int, context: str,
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
    _given: dict[str, tuple[str, Grant]] = field(default_factory=dict)
    _ended: set[tuple[str, str]] = field(default_factory=set)
    _naming: dict[str, list[str]] = field(default_factory=dict)
    """Grants by record that they name."""

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
                self._given[record_id(data)] = (record.origin, body)
                for each in set(body.records):
                    self._naming.setdefault(each, []).append(record_id(data))
        else:
            self._ended.update((record.origin, each) for each in body.grants)
        return ""

    def given(self) -> tuple[Given, ...]:
        """All grants, in order of their ids."""
        return tuple(self._get(name) for name in sorted(self._given))

    def _get(self, name: str) -> Given:
        origin, body = self._given[name]
        return Given(name, origin, frozenset(body.records), body.to, body.until_ms, (origin, name) in self._ended)

    def _about(self, record: str, origin: str) -> tuple[Given, ...]:
        """Grants of the originator that name a record, also those that have ended."""
        found = (self._get(name) for name in sorted(self._naming.get(record, ())))
        return tuple(each for each in found if each.origin == origin)

    def audiences(self, record: str, origin: str, now_ms: int) -> frozenset[str]:
        """Audiences for which the originator allows this record now; the column ``granted`` of decisions."""
        about = self._about(record, origin)
        return frozenset(each.to for each in about if not each.ended and now_ms < each.until_ms)

    def may_pass_on(self, record: str, held: Record, to: str, who: Directory, now_ms: int) -> Verdict:
        """At the carrier: whether a foreign record may leave for an audience."""
        by_label = _label_allows(held.label, to, None)
        return by_label or self._granted(record, held.origin, frozenset((to,)), now_ms) or self._why(
            record, held.origin, to, now_ms, who
        )  # fmt: skip

    def may_take(
        self, record: str, held: Record, carrier: str, who: Directory, now_ms: int, *, proved: bool
    ) -> Verdict:
        """At the receiver: whether a record that somebody else carried may be accepted.

        ``proved``: the originator's own proof that came with it holds, as ``share.verify`` found.
        """
        if held.origin == carrier:
            return Verdict(ok=True, why=f"{carrier} states it itself")
        if not proved:
            return Verdict(ok=False, why=f"{carrier} brought a record of {held.origin} without {held.origin}'s proof")
        mine = frozenset((who.me, *(c.id for c in who.communities.values() if who.me in c.members)))
        by_label = _label_allows(held.label, who.me, mine)
        return by_label or self._granted(record, held.origin, mine, now_ms) or self._why(
            record, held.origin, who.me, now_ms, who
        )  # fmt: skip

    def _granted(self, record: str, origin: str, audiences: frozenset[str], now_ms: int) -> Verdict | None:
        for each in self._about(record, origin):
            if not each.ended and now_ms < each.until_ms and each.to in audiences:
                return Verdict(
                    ok=True, why=f"{origin} allows it for {each.to} until {iso_s(each.until_ms)}", grant=each.id
                )
        return None

    def _why(self, record: str, origin: str, to: str, now_ms: int, who: Directory) -> Verdict:
        near = self._about(record, origin)
        members = who.members(to)
        for each in near:
            if each.to == to or each.to in who.audiences_of(to) or (members and members <= who.members(each.to)):
                why = "ended it" if each.ended else f"allowed it until {iso_s(each.until_ms)} only"
                if each.ended or now_ms >= each.until_ms:
                    return Verdict(ok=False, why=f"{origin} {why}", grant=each.id)
        named = ", ".join(sorted({each.to for each in near}))
        rest = f"; it allowed {named}" if named else ""
        return Verdict(ok=False, why=f"{origin} has not allowed that {to} is told{rest}")


def _label_allows(label: Label, to: str, receiver: frozenset[str] | None) -> Verdict | None:
    """What the label itself allows; ``receiver`` are the names of who takes it, None where the audience is asked."""
    least = reshare_of(label)
    if least == Reshare.FREE:
        return Verdict(ok=True, why="its label lets it be passed on freely")
    if least == Reshare.COMMUNITY:
        names = receiver if receiver is not None else frozenset((to,))
        common = sorted(name for name in names & label.rel_to if COMMUNITY.fullmatch(name))
        if common:
            return Verdict(ok=True, why=f"its label lets it be passed on inside {common[0]}")
    return None
