"""Leave to pass records on, as people deal with it: asked, given, refused, ended; and what went on under it.

A grant goes to whoever asked, to carriers that are named, and, where our rules let it, to those who will receive and
to those who hold the records. Where the rule that lets it go asks for two persons, it waits for the second. What a
person refuses is said to the asker with the reason.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from kizuna.base.errors import InputError
from kizuna.node.share.desk.journal import DUTY, RULE, Row
from kizuna.node.share.desk.refusal import SAID, Refusal, of_decision
from kizuna.node.share.onward.proofs import CONFIRMED, fingerprint
from kizuna.node.share.onward.receiving import asides
from kizuna.records.bodies.onward import ConsentRefusal, ConsentRequest, Grant, GrantEnd, Scope
from kizuna.records.kinds import read_body
from kizuna.records.label import is_audience
from kizuna.records.person import Person
from kizuna.records.record import decode, record_id
from kizuna.share import grants as granting
from kizuna.share.grants import Given

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

PROPOSED: Final = "!grant."
PROPOSAL: Final = "!grant.proposed"
DECIDED: Final = "!grant.decided"
"""Journal rows: a grant that waits for a second person; and that person's word."""
TWO: Final = "two-persons"
SHOWN_MOST: Final = 200


class Proposal(msgspec.Struct, frozen=True):
    """A grant that one person gave: its bytes (base64), to whom it is to go, and the id of the giver's account."""

    grant: str
    to: tuple[str, ...]
    person: str = ""


class Verdict(msgspec.Struct, frozen=True):
    """A second person's word about a proposal."""

    proposal: str
    approve: bool
    by: str


class Wish(NamedTuple):
    """A grant to be given. ``via``: who alone may pass on (with who asked); ``request``: what it answers."""

    scope: Scope
    until_ms: int
    via: tuple[str, ...] = ()
    request: str = ""


@dataclass(slots=True)
class AskedGrants:
    """What the journal says about leave, beside the grants themselves."""

    asked: dict[str, Row] = field(default_factory=dict)
    refused: dict[str, tuple[Row, ConsentRefusal]] = field(default_factory=dict)
    """By the request."""
    proposals: dict[str, Row] = field(default_factory=dict)
    decided: dict[str, Verdict] = field(default_factory=dict)

    def take(self, row: Row) -> None:
        """A row of the journal. Raises InputError for what is no answer to anything asked."""
        if row.what == PROPOSAL:
            self.proposals[row.id] = row
        elif row.what == DECIDED:
            said = msgspec.json.decode(row.data, type=Verdict)
            self.decided.setdefault(said.proposal, said)
        else:
            body = read_body(decode(row.data))
            if isinstance(body, ConsentRequest):
                self.asked[row.id] = row
            elif isinstance(body, ConsentRefusal):
                self._refusal(row, body)

    def _refusal(self, row: Row, body: ConsentRefusal) -> None:
        asked = self.asked.get(body.request)
        if asked is None or row.proved not in decode(asked.data).label.rel_to:
            raise InputError(f"{row.proved} was not asked")
        self.refused.setdefault(body.request, (row, body))

    def waiting(self) -> list[Row]:
        """Grants that wait for a second person."""
        return [row for name, row in self.proposals.items() if name not in self.decided]


# ---- giving ----------------------------------------------------------------------------------------------------------
def give(office: Office, wish: Wish, by: str) -> dict[str, str]:
    """Allow that own records be passed on: the id, and whether it is ``given`` or waits as ``proposed``.

    Raises Refusal, InputError.
    """
    asked = office.onward.grants.asked.get(wish.request)
    if wish.request and (asked is None or asked.proved == office.me):
        raise InputError("nobody asked this desk for that", code="no_request")
    if wish.request in office.onward.grants.refused:
        raise Refusal(SAID("grant.refused"), rule="answered", state=True)
    _ours(office, wish.scope)
    data, reach, two = _reached(office, wish, asked.proved if asked else "")
    if two:
        said = msgspec.json.encode(Proposal(base64.b64encode(data).decode(), reach, office.person_of(by)))
        office.note(PROPOSAL, said, by)
        name = next(n for n, row in office.onward.grants.proposals.items() if row.data == said)
        return {"id": name, "state": "proposed"}
    return {"id": office.write(data, by, reach, RULE).id, "state": "given"}


def _ours(office: Office, scope: Scope) -> None:
    """Only the originator grants; personal and purpose-bound records only for a purpose that fits."""
    for name in scope.records:
        found, held = office.holdings(name), office.shared.records.get(name)
        if found is None or found.origin != office.me or held is None or held.data is None:
            raise Refusal(SAID("grant.not_ours", record=name[:16], party=office.me), rule="originator")
        label = decode(held.data).label
        if label.personal and not scope.purpose:
            raise Refusal(SAID("grant.personal", record=name[:16]), rule="personal", hint="--purpose")
        if label.purpose and not (scope.purpose and label.purpose.issuperset(scope.purpose)):
            said = SAID("grant.purpose", record=name[:16], names=", ".join(sorted(label.purpose)))
            raise Refusal(said, rule="purpose", hint="--purpose")
    if not is_audience(scope.to) or scope.to in ("*", office.me):
        raise InputError(f"{scope.to[:40]!r} is no audience of a grant", hint="a party id, or a community c:...")


def _reached(office: Office, wish: Wish, asker: str) -> tuple[bytes, tuple[str, ...], bool]:
    """Bytes of the grant, to whom it goes, and whether a rule asks for two persons."""
    who = office.sharing.who()
    carriers = {p for p in (*wish.via, asker) if p}
    must = {p for p in carriers if p in who.partners}
    strangers = sorted(p for p in must if not office.reaches(p)) or (sorted(carriers) if not must else [])
    if strangers:
        raise Refusal(SAID("partner.none", party=strangers[0]), rule="partner")
    may = set(who.members(wish.scope.to))
    for name in wish.scope.records:
        found = office.holdings(name)
        may |= {p for p in (found.to if found else ()) if office.reaches(p)}
    data = _bytes(office, wish, must | may, carriers)
    facts = office.sharing.door.facts(decode(data))
    asked = {p: office.allowed(facts, p) for p in sorted((must | may) - {office.me})}
    no = [p for p in sorted(must) if not asked[p].released]
    reach = tuple(p for p, decision in asked.items() if decision.released)
    if no or not reach:
        if not asked:
            raise Refusal(SAID("grant.nobody", to=wish.scope.to), rule="bound.reader", hint="--via PARTNER")
        party = no[0] if no else next(iter(asked))
        office.withhold(record_id(data), asked[party], party)
        raise of_decision(asked[party], party)
    rules = office.sharing.rules()
    by_id = rules.by_id if rules else {}
    two = any(by_id[r].two_persons for p in reach for r in asked[p].rule_ids if r in by_id)
    return _bytes(office, wish, reach, carriers), reach, two


def _bytes(office: Office, wish: Wish, reach: Iterable[str], carriers: Iterable[str]) -> bytes:
    return granting.give(wish.scope, wish.until_ms, me=office.me, reach=reach, now_ms=office.now_ms(),
                         context=office.context, carriers=carriers, request=wish.request or None)  # fmt: skip


def decide(office: Office, proposal: str, by: str, *, approve: bool) -> None:
    """A second person's word about a grant that waits. Raises Refusal for the one who gave it."""
    row = next((r for r in office.onward.grants.waiting() if r.id == proposal), None)
    if row is None:
        raise InputError("no such grant waits", code="no_grant")
    said = msgspec.json.decode(row.data, type=Proposal)
    if approve and Person(by, office.person_of(by)).is_same(Person(row.by, said.person)):
        raise Refusal(SAID("grant.second"), rule=TWO)
    if approve:  # decided anew: rules may have changed since
        office.write(base64.b64decode(said.grant), f"{row.by} + {by}", said.to, RULE)
    office.note(DECIDED, msgspec.json.encode(Verdict(proposal, approve, by)), by)


def end(office: Office, names: Sequence[str], text: str, by: str) -> None:
    """End own grants before their time."""
    mine = {g.id: g for g in office.grants.given() if g.origin == office.me}
    odd = [n for n in names if n not in mine]
    if odd or not names:
        raise InputError(f"no grant {odd[0][:16] if odd else ''} of this desk", code="no_grant")
    reach = sorted({p for n in names for p in office.rows[n].to})
    data = granting.end(names, me=office.me, reach=reach, now_ms=office.now_ms(), context=office.context, text=text)
    office.write(data, by, reach, DUTY)


def ended_by(row: Row) -> tuple[str, ...]:
    """Grants that a record ends."""
    body = read_body(decode(row.data))
    return body.grants if isinstance(body, GrantEnd) else ()


# ---- asking ----------------------------------------------------------------------------------------------------------
def ask(office: Office, scope: Scope, originator: str, until_ms: int | None, text: str, by: str) -> str:
    """Ask the originator of others' records for leave to pass them on. Raises Refusal where they are of several."""
    origins = {found.origin for r in scope.records if (found := office.holdings(r)) is not None}
    origins |= {originator} if originator else set()
    if len(origins) != 1 or office.me in origins:
        raise Refusal(SAID("grant.one_party"), rule="originator", hint="--of PARTNER")
    [asked] = origins
    if not office.reaches(asked):
        raise Refusal(SAID("partner.none", party=asked), rule="partner")
    data = granting.ask(scope, asked, me=office.me, now_ms=office.now_ms(), context=office.context, text=text,
                        until_ms=until_ms)  # fmt: skip
    return office.write(data, by, [asked], RULE).id


def owed(office: Office) -> int:
    """How many requests of others wait for an answer."""
    rows = (r for r in office.onward.grants.asked.values() if r.proved != office.me)
    return sum(_state(office, row)[0] == "asked" for row in rows)


def refuse(office: Office, request: str, text: str, by: str) -> None:
    """Do not allow what was asked; the asker is told why."""
    row = office.onward.grants.asked.get(request)
    if row is None or row.proved == office.me:
        raise InputError("nobody asked this desk for that", code="no_request")
    if _state(office, row)[0] not in ("asked", "received"):
        raise Refusal(SAID("grant.answered"), rule="answered", state=True)
    data = granting.refuse(request, row.proved, me=office.me, now_ms=office.now_ms(), context=office.context, text=text)
    office.write(data, by, [row.proved], DUTY)


# ---- parties whose keys came by a carrier ----------------------------------------------------------------------------
def confirm(office: Office, party: str, printed: str, by: str) -> None:
    """Believe the root key of a party that was never introduced here. ``printed``: its fingerprint, as it was told.

    Raises Refusal where it is another than the one that carriers brought.
    """
    root = office.proofs.root_of(party)
    if printed.strip().lower() != fingerprint(root):
        raise Refusal(SAID("grant.fingerprint", party=party), rule="fingerprint",
                      hint="ask the party itself; do not take it from the carrier")  # fmt: skip
    office.note(CONFIRMED, f"{party} {root}".encode(), by)


# ---- looking ---------------------------------------------------------------------------------------------------------
def listed(office: Office) -> dict[str, Any]:
    """Everything about leave, for people and programs."""
    tally: dict[str, list[dict[str, Any]]] = {}
    for t in office.shared.passed.tally():
        tally.setdefault(t.leave, []).append(
            {"carrier": t.carrier, "to": t.audience, "records": t.records, "last_ms": t.last_ms}
        )
    leaves = office.onward.grants
    counts = [{"origin": o, "carrier": c, "state": s, "records": n} for o, c, s, n in office.shared.carried.counts()]
    return {
        "me": office.me, "now_ms": office.now_ms(),
        "grants": sorted((_given(office, g, tally) for g in office.grants.given()), key=lambda g: -g["at_ms"]),
        "asked": sorted((_asked(office, row) for row in leaves.asked.values()), key=lambda a: -a["at_ms"]),
        "proposals": [_proposal(row) for row in leaves.waiting()],
        "by_label": tally.get("label", []),
        "received": counts,
        "aside": asides(office),
        "strangers": [s._asdict() for s in office.proofs.strangers()],
    }  # fmt: skip


def shown(office: Office, name: str) -> dict[str, Any]:
    """One grant with what went on under it. Raises InputError where it is not known."""
    given = office.grants.get(name)
    if given is None:
        raise InputError(f"no grant {name[:16]}", code="no_grant")
    row = next(g for g in listed(office)["grants"] if g["id"] == name)
    under = [
        {"record": p.id, "carrier": p.carrier, "to": p.audience, "at_ms": p.at_ms}
        for p in office.shared.passed.under(name, SHOWN_MOST)
    ]
    return {**row, "under": under}


def _scope(scope: Scope | Given) -> dict[str, Any]:
    return {"records": sorted(scope.records), "kinds": list(scope.kinds), "subjects": sorted(scope.subjects),
            "from_ms": scope.from_ms, "to": scope.to, "purpose": sorted(scope.purpose)}  # fmt: skip


def _given(office: Office, given: Given, tally: Mapping[str, Any]) -> dict[str, Any]:
    now, row = office.now_ms(), office.rows.get(given.id)
    body = read_body(decode(row.data)) if row else None
    state = "ended" if given.ended else "over" if now >= given.until_ms else "open"
    return {
        **_scope(given), "id": given.id, "origin": given.origin, "until_ms": given.until_ms, "state": state,
        "mine": given.origin == office.me, "request": body.request if isinstance(body, Grant) else None,
        "at_ms": row.at_ms if row else 0, "by": row.by if row else "", "via": sorted(given.carriers),
        "carrier": row.via if row and row.via != row.proved else "", "went": tally.get(given.id, []),
    }  # fmt: skip


def _asked(office: Office, row: Row) -> dict[str, Any]:
    body = read_body(decode(row.data))
    assert isinstance(body, ConsentRequest)
    state, why, grant = _state(office, row)
    of = sorted(decode(row.data).label.rel_to)
    return {
        **_scope(body), "id": row.id, "by": row.proved, "mine": row.proved == office.me, "until_ms": body.until_ms,
        "of": of[0] if of else "", "text": body.text, "at_ms": row.at_ms, "state": state, "why": why, "grant": grant,
        "answered": state in ("granted", "refused"), "officer": row.by,
    }  # fmt: skip


def _state(office: Office, row: Row) -> tuple[str, str, str | None]:
    """asked, received, granted or refused; the words of a refusal; the grant."""
    for given in office.grants.given():
        found = office.rows.get(given.id)
        body = read_body(decode(found.data)) if found else None
        if isinstance(body, Grant) and body.request == row.id:
            return "granted", "", given.id
    if row.id in office.onward.grants.refused:
        return "refused", office.onward.grants.refused[row.id][1].text, None
    if row.proved == office.me:
        got = any(office.acknowledged_ms(log, n) is not None for log, n in office.shared.records.where(row.id))
        return ("received" if got else "asked"), "", None
    return "asked", "", None


def _proposal(row: Row) -> dict[str, Any]:
    said = msgspec.json.decode(row.data, type=Proposal)
    body = read_body(decode(base64.b64decode(said.grant)))
    assert isinstance(body, Grant)
    return {**_scope(body), "id": row.id, "by": row.by, "at_ms": row.at_ms, "until_ms": body.until_ms,
            "via": list(body.carriers), "request": body.request}  # fmt: skip
