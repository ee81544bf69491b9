"""Records of others that this node passes on, in the bytes in which they came, with their originator's own proof.

Nothing goes on unless the originator lets it (its label, or a grant) and our rules in force release it to that audience
under a label no narrower than its own, for what another party stated keeps its label and its bytes. It is decided when
a record comes, and for records that are held when a grant comes or our rules change. Ahead of the records, in the same
log, go the originator's key manifests, the grant, and the carriage with the proofs. Whoever gave a grant is told what
went on under it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kizuna.base.errors import InputError, KizunaError, TrustError, UnavailableError
from kizuna.node.share.onward.grants import ended_by
from kizuna.node.share.onward.late import Late
from kizuna.records.bodies.onward import RECORDS_MOST, GrantUse
from kizuna.records.kinds import lane_of
from kizuna.records.label import EVERYBODY, Label, Reshare, Tlp, reshare_of, widens
from kizuna.records.record import Record, body_bytes, decode, encode, record_id
from kizuna.share.decide import Decision, label_for
from kizuna.share.decide.bounds import narrowed
from kizuna.share.grants import DUTIES, Given, may_be_carried
from kizuna.share.incident.purpose import RESCUE_PURPOSE, tags_of
from kizuna.share.ledger.carriage import carriages
from kizuna.share.ledger.name import parse_name
from kizuna.share.rules.rule import DISTRESS
from kizuna.stores.shared import Decided
from kizuna.stores.shared.onward import Passing

if TYPE_CHECKING:
    from kizuna.node.share.desk.office import Office
    from kizuna.node.share.sharing import Received

SWEEP_MOST: Final = 20_000
"""Newest entries of each received log that are looked through when a grant by kind or subject comes."""
REPORT_MS: Final = 20_000
"""What went on under a grant is told its originator after so long, or once a record is full."""
_STREAMS: Final = ("track.", "detection")
"""Kinds of which there are many: a refusal is written down only where their originator would let them go on."""
_PIECE: Final = 2_000


class _Run(NamedTuple):
    """What goes into one log together."""

    audience: str
    lane: str
    origin: str
    grant: str


class PassingOn:
    """One node's passing on. Any thread may call it; changes take turns under the lock of the desk."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._late = Late(office)
        self._swept: Any = None
        self._ends: set[tuple[str, str]] = set()
        self._told: set[str] | None = None
        """Audiences to which anything of others ever went; None before the first look."""

    # ---- what came, and what is held ---------------------------------------------------------------------------------
    def __call__(self, rows: Sequence[Received]) -> None:
        """Pass on what came, as far as it may go on."""
        with self._office.lock:
            self._offer_late()
            self.offer(rows)
            self._late.keep()

    def tend(self) -> None:
        """What the running node does every few seconds."""
        office = self._office
        if not office.sends:
            return
        with office.lock:
            rules = office.sharing.rules()
            now = (office.grants.version, rules.hash if rules else "", len(rules.rules) if rules else 0,
                   office.sharing.partners.stamp())  # fmt: skip
            if now != self._swept:
                self._swept = now
                self.offer(self._held())
            self._offer_late()
            self._late.keep()
            self._end_grants()
            self._report()

    def _offer_late(self) -> None:
        for piece in self._late.ready():
            self.offer(piece)

    def _held(self) -> Iterator[Received]:
        """Held records that an open grant covers."""
        office, now = self._office, self._office.now_ms()
        open_ = [g for g in office.grants.given() if g.origin != office.me and g.open(now)]
        for given in open_:
            for name in sorted(given.records):
                row = self.row(name)
                if row is not None and row.record.origin == given.origin:
                    yield row
        wide = {g.origin: [x for x in open_ if x.origin == g.origin and (x.kinds or x.subjects)] for g in open_}
        marks = [f'"origin":"{origin}"'.encode() for origin, some in wide.items() if some]
        for state in office.shared.logs.all("in") if marks else ():
            after = max(0, state.size - SWEEP_MOST)
            while piece := office.shared.logs.entries(state.name, after, most=_PIECE, max_bytes=8 << 20):
                for entry in piece:
                    if entry.data and entry.id and entry.aside is None and any(m in entry.data for m in marks):
                        yield from self._covered(entry.id, wide)
                after = piece[-1].n + 1

    def _covered(self, name: str, wide: dict[str, list[Given]]) -> Iterator[Received]:
        row = self.row(name)
        if row is not None and any(g.covers(name, row.record) for g in wide.get(row.record.origin, ())):
            yield row

    def row(self, name: str) -> Received | None:
        """A record of another party that is held and was taken in; None where there is none to pass on."""
        from kizuna.node.share.sharing import Received  # noqa: PLC0415  it knows us

        shared = self._office.shared
        held = shared.records.get(name)
        if held is None or held.data is None:
            return None
        try:
            record = decode(held.data)
        except InputError:
            return None
        for log, n in shared.records.where(name):
            partner = parse_name(log).origin
            if partner == self._office.me:
                continue
            if partner != record.origin:
                carried = shared.carried.get(name, partner)
                if carried is None or carried.state != "taken":
                    continue
            return Received(0, partner, log, n, name, held.data, record, proved=record.origin)
        return None

    # ---- deciding ----------------------------------------------------------------------------------------------------
    def offer(self, rows: Iterable[Received]) -> None:
        """Decide about records of others for every audience of our rules, and pass on what may go."""
        office = self._office
        rules = office.sharing.rules()
        if rules is None or not rules.audiences or not office.sends:
            return
        runs: dict[_Run, list[tuple[Received, Decision]]] = {}
        stays: dict[tuple[str, Decision], list[str]] = {}
        for row in {r.id: r for r in rows}.values():
            for audience in self._audiences(row, rules.audiences):
                decision, grant = self.decide(row.id, row.record, audience)
                if decision.released:
                    lane = decision.lane or lane_of(row.record.kind)
                    key = _Run(audience, lane, row.record.origin, grant)
                    runs.setdefault(key, []).append((row, decision))
                else:
                    stays.setdefault((audience, decision), []).append(row.id)
        for (audience, decision), ids in stays.items():
            why = "; ".join(decision.why)[:1000]
            said = Decided(audience, "withhold", tuple(ids), decision.rule_ids, (), decision.policy_hash, why)
            office.shared.decisions.add([said], office.now_ms())
        for key, some in runs.items():
            self._carry(key, some)

    def _audiences(self, row: Received, audiences: Sequence[str]) -> list[str]:
        """Those who have not been told it yet: not its originator, nor partners from whom it came."""
        if not self._is_candidate(row):
            return []
        logs = [parse_name(log) for log, _ in self._office.shared.records.where(row.id)]
        have = {row.record.origin, row.partner}
        have |= {log.audience if log.origin == self._office.me else log.origin for log in logs}
        return [audience for audience in audiences if audience not in have]

    def _is_candidate(self, row: Received) -> bool:
        office, record = self._office, row.record
        if record.origin == office.me or record.context != office.context or not may_be_carried(record.kind):
            return False
        if (row.proved or row.partner) != record.origin or office.is_recalled(row.id):
            return False
        if not record.kind.startswith(_STREAMS):
            return True
        return reshare_of(record.label) >= Reshare.COMMUNITY or office.grants.speaks_of(record.origin, office.now_ms())

    def decide(self, name: str, record: Record, audience: str) -> tuple[Decision, str]:
        """Whether a record of another party may go on to an audience; and the grant, empty where its label lets it."""
        office = self._office
        leave = office.grants.may_pass_on(name, record, audience, office.sharing.who(), office.now_ms())
        granted = frozenset((audience,)) if leave.ok and leave.grant else frozenset[str]()
        facts = office.sharing.door.facts_of_other(record, self._tags(name, record), granted)
        decision = office.allowed(facts, audience)
        if not leave.ok:
            if decision.released:  # the rules alone never suffice
                decision = Decision("withhold", decision.policy_hash, decision.rule_ids)
            return replace(decision, why=(*decision.why, leave.why)), ""
        if not decision.released:
            return decision, leave.grant
        if widens(narrowed(record.label, audience), label_for(decision, record.observed_ms)):
            why = f"{', '.join(decision.rule_ids)} would narrow its label, and what a partner told keeps its own"
            return Decision("withhold", decision.policy_hash, decision.rule_ids, why=(why,)), leave.grant
        said = f"grant.{leave.grant[:16]}" if leave.grant else "label.reshare"
        return replace(decision, rule_ids=(*decision.rule_ids, said), why=(*decision.why, leave.why)), leave.grant

    def _tags(self, name: str, record: Record) -> frozenset[str]:
        """What our rules see of it: distress data is told by its purpose, entries of a case also by that case."""
        tags = frozenset((DISTRESS,)) if record.label.purpose == RESCUE_PURPOSE else frozenset[str]()
        if record.kind.startswith("incident."):
            held = next((h for h in self._office.cases.all() if name in h.entries), None)
            found = held.case() if held else None
            return tags | (tags_of(found.opened.type) if found else frozenset((DISTRESS,)))
        return tags

    # ---- carrying ----------------------------------------------------------------------------------------------------
    def _carry(self, key: _Run, some: list[tuple[Received, Decision]]) -> None:
        office = self._office
        rows = {row.id: (row, decision) for row, decision in some}
        try:
            ahead, able, later = self._ahead(key, list(rows))
        except UnavailableError:
            able, ahead, later = [], [], list(rows)
        except KizunaError as exc:
            traffic = getattr(office.sharing, "traffic", None)
            if traffic is not None:
                traffic.alarm(key.origin, f"to {key.audience}", f"cannot be passed on: {exc}")
            return
        for name, (row, _) in rows.items():
            if name in later:
                self._late.put(row)
        if not able:
            return
        paper = _paper_decision(rows[able[0]][1])
        run = [*((data, paper) for data in ahead), *((rows[n][0].data, rows[n][1]) for n in able)]
        self._audiences_told().add(key.audience)
        office.sharing.door.carry(run, key.audience, key.lane)
        now = office.now_ms()
        office.shared.passed.put(
            Passing(n, office.me, key.audience, key.origin, key.grant or "label", now) for n in able
        )  # fmt: skip
        office.version += 1

    def _ahead(self, key: _Run, names: Sequence[str]) -> tuple[list[bytes], list[str], list[str]]:
        """What goes ahead of records, those of them that are proved by now, and those that may be later."""
        office, proofs, later = self._office, {}, list[str]()
        for name in names:
            try:
                proofs[name] = office.proofs.of(name, key.origin)
            except UnavailableError:
                later.append(name)
            except TrustError as exc:  # under a key that was revoked since: nothing proves it any more
                office.withhold(name, Decision("withhold", "", why=(str(exc),)), key.audience)
        if not proofs:
            return [], [], later
        log = office.sharing.door.log_name(key.audience, key.lane)
        out = office.proofs.manifests(key.origin, key.audience)
        for grant in sorted(self._grants(key, names)):
            if not office.shared.records.in_logs([log], [grant]):
                held = office.rows.get(grant)
                if held is None:
                    raise InputError(f"the grant {grant[:16]} is not held")
                out += self._papers(key, {grant: office.proofs.of(grant, key.origin)}, Tlp.AMBER, None)
                out.append(held.data)
        tlp = max(decode(held.data).label.tlp for held in office.shared.records.many(proofs).values() if held.data)
        out += self._papers(key, proofs, tlp, key.grant or None)
        return out, list(proofs), later

    def _grants(self, key: _Run, names: Sequence[str]) -> set[str]:
        """The grant under which these go on, and those under which whoever takes them may pass them on."""
        office, now = self._office, self._office.now_ms()
        out, readers = {key.grant} - {""}, office.sharing.who().members(key.audience)
        for name, held in office.shared.records.many(names).items():
            if held.data is not None and (record := decode(held.data)).kind not in DUTIES:
                out |= {g.id for party in readers for g in office.grants.onward(name, record, party, now)}
        return out

    def _papers(self, key: _Run, proofs: dict[str, Any], tlp: Tlp, grant: str | None) -> list[bytes]:
        office = self._office
        level = Tlp.CLEAR if key.audience == EVERYBODY else tlp
        label = Label(tlp=level, rel_to=frozenset((key.audience,)))
        keys = office.proofs.ring(key.origin).sequence
        return [
            encode(Record(kind="carriage", origin=office.me, observed_ms=office.now_ms(), body=body_bytes(paper),
                          label=label, context=office.context))
            for paper in carriages(key.origin, proofs, keys=keys, grant=grant)
        ]  # fmt: skip

    def prove_again(self, names: Sequence[str], audience: str, lane: str) -> list[str]:
        """Put proofs of records that stand in our log to an audience there once more; of which, or that cannot be.

        What a newer head is still to come for stays out of the answer, to be tried again.
        """
        office, by = self._office, dict[str, dict[str, Any]]()
        done = []
        for name in names:
            row = self.row(name)
            try:
                if row is not None:
                    by.setdefault(row.record.origin, {})[name] = office.proofs.of(name, row.record.origin)
            except UnavailableError:
                continue
            except KizunaError:
                pass  # nothing proves it any more
            done.append(name)
        why = ("its proof was asked for anew",)
        for origin, proofs in by.items():
            tlp = max(decode(held.data).label.tlp for held in office.shared.records.many(proofs).values() if held.data)
            key = _Run(audience, lane, origin, "")
            papers = [*office.proofs.manifests(origin, audience), *self._papers(key, proofs, tlp, None)]
            said = Decision("release", "", ("duty.carriage.request",), label=Label(tlp=tlp), lane=lane, why=why)
            office.sharing.door.carry([(paper, said) for paper in papers], audience, lane)
        return done

    def by_duty(self, data: bytes, audience: str, decision: Decision) -> None:
        """Pass on a recall, a grant or its end of another party, with its proof; later where no head covers it yet."""
        record, name = decode(data), record_id(data)
        key = _Run(audience, decision.lane or lane_of(record.kind), record.origin, "")
        try:
            ahead, able, _ = self._ahead(key, [name])
        except UnavailableError:
            return
        if able:
            paper = _paper_decision(decision)
            self._office.sharing.door.carry([*((d, paper) for d in ahead), (data, decision)], audience, key.lane)

    # ---- afterwards --------------------------------------------------------------------------------------------------
    def _end_grants(self) -> None:
        """Ends of grants follow the grants, to everybody whom they were passed on to."""
        office = self._office
        for row in [r for r in office.rows.values() if r.what == "grant.end" and r.proved != office.me]:
            for grant in ended_by(row):
                logs = [parse_name(log) for log, _ in office.shared.records.where(grant)]
                for audience in sorted({log.audience for log in logs if log.origin == office.me}):
                    if (row.id, audience) not in self._ends:
                        office.by_duty(row.data, audience)
                        if office.told(row.id, audience):
                            self._ends.add((row.id, audience))

    def _report(self) -> None:
        """Tell originators what went on under their grants."""
        office, now = self._office, self._office.now_ms()
        rows = office.shared.passed.unreported(office.me)
        if not rows or (now - rows[0].at_ms < REPORT_MS and len(rows) < RECORDS_MOST):
            return
        by: dict[tuple[str, str, str], list[Passing]] = {}
        for row in rows:
            by.setdefault((row.origin, row.leave, row.audience), []).append(row)
        for (origin, grant, audience), some in by.items():
            for at in range(0, len(some) if office.reaches(origin) else 0, RECORDS_MOST):
                names = tuple(r.id for r in some[at : at + RECORDS_MOST])
                body = GrantUse(grant=grant, to=audience, records=names)
                data = encode(Record(kind="grant.use", origin=office.me, observed_ms=now, body=body_bytes(body),
                                     label=office.label((origin,)), context=office.context))  # fmt: skip
                office.by_duty(data, origin, lane="routine")
            office.shared.passed.reported(some)

    # ---- pages -------------------------------------------------------------------------------------------------------
    def _audiences_told(self) -> set[str]:
        if self._told is None:
            self._told = self._office.shared.passed.audiences(self._office.me)
        return self._told

    def gone(self, audience: str) -> Callable[[bytes], bool] | None:
        """Whether a record in our log to an audience may not be handed out any more: its originator's leave ended.

        None where nothing of others ever went to it, so that pages of our own cost nothing more.
        """
        if audience not in self._audiences_told():
            return None
        office, now = self._office, self._office.now_ms()
        own = re.compile(rb'\{"v":1,"kind":"[^"\\]*","origin":"' + office.me.encode() + b'"')

        def over(data: bytes) -> bool:
            if own.match(data):
                return False
            record = decode(data)
            if record.origin == office.me or record.kind in DUTIES:
                return False
            return not office.grants.may_pass_on(record_id(data), record, audience, office.sharing.who(), now).ok

        return over


def _paper_decision(decision: Decision) -> Decision:
    """The decision under which the papers go ahead of what it lets go."""
    return replace(decision, why=("the originator's proof goes ahead of what it states",), tried=())
