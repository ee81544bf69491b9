"""The cases of this desk: entries from the journal put in order, what an officer does, and who is told of it.

Entries of others are taken as they come; ``share.incident`` puts them in order and says what counts. An entry of ours
goes to every other desk that is in the case or asked into it, byte for byte, each at most once: under a rule of
release, or under the distress clause under which the case was passed. What neither allows stays here and is shown as
waiting; it goes as soon as a rule allows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kizuna.base.errors import InputError
from kizuna.base.units import DAY_MS
from kizuna.node.share.desk.journal import CASE, HOUSE, Row
from kizuna.node.share.desk.refusal import SAID as DESK
from kizuna.node.share.desk.refusal import Refusal, of_decision
from kizuna.records.bodies.incident import Entry, Offer, Opened, Review
from kizuna.records.bodies.trust import Answer
from kizuna.records.kinds import read_body
from kizuna.records.label import PARTY
from kizuna.records.person import Person
from kizuna.records.record import decode
from kizuna.share.decide import Decision
from kizuna.share.incident import break_glass as glass
from kizuna.share.incident import desk as desks
from kizuna.share.incident.break_glass import Act
from kizuna.share.incident.case import Case
from kizuna.share.incident.entries import KINDS, Written, read
from kizuna.share.incident.purpose import DISTRESS_TYPES, tags_of
from kizuna.share.incident.reasons import SAID

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office

CASES_MOST: Final = 5_000
"""Cases that are kept from partners; more are set aside, so that nobody can fill this desk."""
ENTRIES_MOST: Final = 5_000
BY_MOST: Final = 32
CLAUSE_RULE: Final = "clause.distress"
BREAK_GLASS_RULE: Final = "break-glass"


@dataclass(slots=True)
class Held:
    """One case: its entries, by record id, with their rows."""

    incident: str
    entries: dict[str, Written] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    joint: dict[str, str] = field(default_factory=dict)
    """Hash of the joint record that each desk signed."""
    signed: Row | None = None
    """Our own signature under the joint record."""
    version: int = 0
    crossed: set[tuple[str, str]] = field(default_factory=set)
    """(record id, desk) that stand in a log."""
    _told: tuple[int, Case | None] = (-1, None)

    def case(self) -> Case | None:
        """The case; None while its opening is missing."""
        if self._told[0] != len(self.entries):
            self._told = len(self.entries), desks.case_of(self.entries.values(), self.incident)
        return self._told[1]


class Cases:
    """All cases of this desk."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._held: dict[str, Held] = {}
        self.reviews: dict[str, Row] = {}
        """Reviews of acts, by act."""
        self.version = 0
        self.withheld: dict[tuple[str, str], Decision] = {}
        """Why an entry is not told to a desk, by record id and desk."""
        self._logged: set[tuple[str, str, str]] = set()

    # ---- reading -----------------------------------------------------------------------------------------------------
    def all(self) -> list[Held]:
        """Cases whose opening is here, newest first."""
        found = [(case.timeline.rows[0].entry.observed_ms, h) for h in self._held.values() if (case := h.case())]
        return [h for _, h in sorted(found, key=lambda f: (-f[0], f[1].incident))]

    def get(self, incident: str) -> Held:
        """One case. Raises InputError where it is not known."""
        held = self._held.get(incident)
        if held is None or held.case() is None:
            raise InputError(f"no incident {incident[:32]}", code="no_incident")
        return held

    def take(self, row: Row) -> None:
        """An entry, a joint record or a review from the journal. Raises InputError for what is none."""
        if row.what not in KINDS:
            self._beside(row)
            return
        entry = read(row.data)
        if entry.author != row.proved:
            raise InputError(f"{row.proved} cannot write for {entry.author}")
        held = self._held.get(entry.incident)
        if held is None:
            if len(self._held) >= CASES_MOST and row.proved != self._office.me:
                raise InputError(f"more than {CASES_MOST} cases are here")
            held = self._held[entry.incident] = Held(entry.incident)
        if len(held.entries) >= ENTRIES_MOST and row.proved != self._office.me:
            raise InputError(f"more than {ENTRIES_MOST} entries in one case")
        held.entries[entry.record_id] = entry
        held.rows[entry.record_id] = row
        self._changed(held)

    def _beside(self, row: Row) -> None:
        body = read_body(decode(row.data))
        if isinstance(body, Review) and row.proved == self._office.me:
            self.reviews[body.act] = row
            self.version += 1
        elif row.what == "incident.joint":
            incident, digest = getattr(body, "i", ""), getattr(body, "sha256", "")
            if incident in self._held:
                held = self._held[incident]
                held.joint[row.proved] = digest
                held.signed = row if row.proved == self._office.me else held.signed
                self._changed(self._held[incident])

    def _changed(self, held: Held) -> None:
        self.version += 1
        held.version = self.version

    # ---- writing -----------------------------------------------------------------------------------------------------
    def open(self, opened: Opened, by: str, reach: Iterable[str] = ()) -> str:
        """Open a case; its id. ``reach``: desks that may ever be told of it; without any, all that could be now."""
        office = self._office
        named = frozenset(reach) or self.reachable()
        data = desks.open_case(desks.Desk(office.me), opened, office.now_ms(), office.context, named)
        office.write(data, by, way=CASE)
        return read(data).incident

    def reachable(self) -> frozenset[str]:
        """Desks that a clause about incidents names as takers, or that some rule releases entries to."""
        office = self._office
        found: set[str] = set()
        for agreement in office.agreements.agreements.values():
            for clause in agreement.clauses:
                if clause.covers("incident.opened") and office.me in clause.givers:
                    found |= clause.takers
        rules = office.sharing.rules()
        found |= set(rules.audiences if rules else ())
        who = office.sharing.who()
        return frozenset(p for p in found if PARTY.fullmatch(p) and p in who.partners and p != office.me)

    def add(self, incident: str, body: Entry, by: str, *, signed: str = "") -> str:
        """Write an entry; its short id. Raises Refusal where it would change nothing. ``signed``: word on the wire."""
        office = self._office
        with office.lock:
            case = self.get(incident).case()
            assert case is not None
            draft = desks.add(desks.Desk(office.me, signed[:BY_MOST]), case, body, office.now_ms())
            if draft.data is None:
                raise Refusal(draft.why, rule="case", state=True)
            office.write(draft.data, by, way=CASE)
            return read(draft.data).id

    def offer(self, incident: str, to: str, by: str, *, why: str = "") -> str:
        """Bring another desk in, under the rules of release. Raises Refusal that names what does not allow it."""
        office = self._office
        held = self.get(incident)
        case = held.case()
        assert case is not None
        if case.opened_by != office.me:
            raise Refusal(SAID("case.opener", party=case.opened_by), rule="case", state=True)
        first = case.timeline.rows[0].entry
        decision = office.allowed(desks.facts(first, case.opened.type), to)
        if not decision.released:
            usable = ", ".join(self.clauses_for(to))
            hint = f"break-glass is open under {usable}" if usable and self._may_break(case) else ""
            self._log_refusal(first, to, decision)
            raise of_decision(decision, to, hint)
        return self.add(incident, Offer(n=1, op="offer", to=to, how="rule", why=why), by)

    def break_glass(self, opened: Opened, to: str, clause: str, by: str) -> Act:
        """Open a case and pass it on in one act. Raises Refusal."""
        office = self._office
        desk = desks.Desk(office.me, by[:BY_MOST], retain_until_ms=self._retain_ms(clause))
        with office.lock:
            self._partner(to)
            clause = clause or self._one_clause(to)
            act = glass.break_glass(desk, opened, to, clause, office.agreements, office.now_ms(), office.context)
            return self._pass(act, by)

    def pass_on(self, incident: str, to: str, clause: str, by: str) -> Act:
        """The same for a case that is open."""
        office = self._office
        with office.lock:
            self._partner(to)
            case = self.get(incident).case()
            assert case is not None
            clause = clause or self._one_clause(to)
            desk = desks.Desk(office.me, by[:BY_MOST])
            act = glass.pass_on(desk, case, to, clause, office.agreements, office.now_ms())
            return self._pass(act, by)

    def _partner(self, to: str) -> None:
        if not self._office.reaches(to):
            raise Refusal(DESK("partner.none", party=to), rule="partner")

    def _pass(self, act: Act | glass.Refusal, by: str) -> Act:
        if isinstance(act, glass.Refusal):
            raise Refusal(act.why, rule=BREAK_GLASS_RULE)
        for data in act.records:
            self._office.write(data, by, way=CASE)
        return act

    def _retain_ms(self, clause: str) -> int | None:
        found = self._office.agreements.allows(clause, self._office.now_ms()).clause if clause else None
        return self._office.now_ms() + found.retain_days * DAY_MS if found and found.retain_days else None

    def clauses_for(self, to: str) -> list[str]:
        """Distress clauses under which this desk may pass a case to another now."""
        office, now = self._office, self._office.now_ms()
        found = []
        for agreement_id in sorted({a.id for a in office.agreements.agreements.values()}):
            agreement = office.agreements.of(agreement_id, now)
            for clause in agreement.clauses if agreement else ():
                ref = f"{agreement_id}/{clause.id}"
                parties = office.me in clause.givers and to in clause.takers
                if clause.distress and parties and office.agreements.allows(ref, now).ok:
                    found.append(ref)
        return found

    def _one_clause(self, to: str) -> str:
        found = self.clauses_for(to)
        if not found:
            raise Refusal(SAID("glass.no_clause", party=self._office.me, to=to), rule=BREAK_GLASS_RULE)
        return found[0]

    def _may_break(self, case: Case) -> bool:
        return case.opened.type in DISTRESS_TYPES and case.opened.pos is not None

    # ---- reviews -----------------------------------------------------------------------------------------------------
    def acts(self) -> list[Act]:
        """Break-glass acts of this desk."""
        found = []
        for held in self._held.values():
            for name, entry in held.entries.items():
                body = entry.body
                if entry.author == self._office.me and isinstance(body, Offer) and body.how == "break_glass":
                    row = held.rows[name]
                    officer = row.by or body.by
                    act = Act((), name, body.to, body.clause, officer, row.at_ms, body.why, person=row.person)
                    found.append(act)
        return found

    def alone(self) -> list[Act]:
        """Answers in distress that one officer of this desk gave alone, reviewed like break-glass."""
        office, found = self._office, []
        for row in office.rows.values():
            body = read_body(decode(row.data)) if row.what == "answer" and row.proved == office.me else None
            asked = office.requests.get(body.request) if isinstance(body, Answer) else None
            if asked is not None and asked.request.distress:
                clause = asked.request.clause
                found.append(Act((), row.id, asked.by, clause, row.by, row.at_ms, "answer", person=row.person))
        return found

    def review(self, act: str, reviewer: str, verdict: str, text: str) -> None:
        """A second person's look. Raises InputError where there is no such act, Refusal for the officer itself."""
        office = self._office
        found = next((each for each in (*self.acts(), *self.alone()) if each.act == act), None)
        if found is None:
            raise InputError(f"no act {act[:64]} waits for a review", code="no_act")
        if act in self.reviews:
            raise Refusal(SAID("case.reviewed"), rule="case", state=True)
        try:
            who = Person(reviewer, office.person_of(reviewer))
            data = glass.review(found, who, verdict, text, office.now_ms(), me=office.me, context=office.context)
        except InputError as exc:
            raise Refusal(exc.message, rule="second-person", hint=exc.hint) from exc
        office.write(data, reviewer, way=HOUSE)

    # ---- telling -----------------------------------------------------------------------------------------------------
    def cross(self) -> None:
        """Tell every desk of every case what it has not been told yet, as far as rules and clauses allow."""
        for held in self._held.values():
            case = held.case()
            if case is None:
                continue
            desks_there = sorted(case.reaches() - {self._office.me})
            for row in case.timeline.rows:
                if row.entry.author == self._office.me:
                    for to in desks_there:
                        self._cross(held, case, row.entry, to)
            if held.signed is not None:
                for to in desks_there:
                    self._cross_data(held, case, held.signed, to)

    def owes(self, incident: str) -> bool:
        """Whether an entry of ours waits for a desk of the case that may be told it, as the logs stand now."""
        held = self.get(incident)
        case = held.case()
        if case is None:
            return False
        mine = [r.entry for r in case.timeline.rows if r.entry.author == self._office.me]
        return any(
            not self._office.told(e.record_id, to) and self._may(case, e, to)
            for to in case.reaches() - {self._office.me} for e in mine
        )  # fmt: skip

    def _may(self, case: Case, entry: Written, to: str) -> bool:
        allowed = self._office.allowed(desks.facts(entry, case.opened.type), to).released
        return allowed or self._by_clause(case, entry.kind, to) is not None

    def _cross(self, held: Held, case: Case, entry: Written, to: str) -> None:
        key = (entry.record_id, to)
        if key in held.crossed or self._office.told(*key):
            held.crossed.add(key)
            return
        row = held.rows[entry.record_id]
        decision = self._office.allowed(desks.facts(entry, case.opened.type), to, row.data)
        if decision.released:
            decision = self._office.sharing.say(row.data, to, tag=_tag(case))
        elif (found := self._by_clause(case, entry.kind, to)) is not None:
            acted = isinstance(entry.body, Offer) and entry.body.how == "break_glass"
            rule = BREAK_GLASS_RULE if acted else CLAUSE_RULE
            self._office.by_duty(row.data, to, rule=rule, clauses=(found[0],), why=found[1])
        else:
            self.withheld[key] = decision
            self._log_refusal(entry, to, decision)
            return
        self.withheld.pop(key, None)
        self.version += 1

    def _cross_data(self, held: Held, case: Case, row: Row, to: str) -> None:
        """A joint record, which is no entry, goes as entries go."""
        office, key = self._office, (row.id, to)
        if key in held.crossed or office.told(*key):
            held.crossed.add(key)
            return
        if office.allowed(office.sharing.door.facts(decode(row.data), _tag(case)), to).released:
            office.sharing.say(row.data, to, tag=_tag(case))
        elif (found := self._by_clause(case, row.what, to)) is not None:
            office.by_duty(row.data, to, rule=CLAUSE_RULE, clauses=(found[0],), why=found[1])

    def _by_clause(self, case: Case, kind: str, to: str) -> tuple[str, str] | None:
        """The distress clause under which this case was passed, where it still lets us tell this desk this kind."""
        office = self._office
        if not office.reaches(to):
            return None
        for row in case.timeline.rows:
            body = row.entry.body
            if not isinstance(body, Offer) or body.how == "rule" or row.entry.id in case.overtaken:
                continue
            allowed = office.agreements.allows(body.clause, office.now_ms())
            found = allowed.clause
            if not allowed.ok or found is None or not (found.distress and found.covers(kind)):
                continue
            if office.me in found.givers and to in found.takers:
                return body.clause, allowed.why
        return None

    def _log_refusal(self, entry: Written, to: str, decision: Decision) -> None:
        """Into the decision log, once for each policy."""
        key = (entry.record_id, to, decision.policy_hash)
        if key not in self._logged:
            self._logged.add(key)
            self._office.withhold(entry.record_id, decision, to)


def _tag(case: Case) -> frozenset[str]:
    return tags_of(case.opened.type) | {f"incident:{case.incident}"}
