"""The desk of sharing: one object for one node, behind its pages and its commands.

Everything that it knows follows from the journal. A record that somebody writes here is decided first; then it is in
the journal; then it goes to its audiences, each at most once, for the logs themselves say who was told. What a crash
cuts off in between is done at the next look, so a command without the node, or a node that starts again, ends where
an undisturbed one would.

What only narrows what others may do with our data, or is needed to close a duty (recalls and their answers, ends of
grants, statements about agreements), goes to whom it concerns without a rule of release. All else needs a rule.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from kizuna.base.errors import ConfigError, InputError, KizunaError
from kizuna.base.utc import iso_s
from kizuna.node.share.desk.corrections import Corrected
from kizuna.node.share.desk.hidden_rows import HIDING, Hidden
from kizuna.node.share.desk.holdings import Holdings
from kizuna.node.share.desk.interfaces import Received, Sharing
from kizuna.node.share.desk.journal import CASE, DUTY, HOUSE, RULE, Journal, Row
from kizuna.node.share.desk.refusal import Refusal, of_decision
from kizuna.node.share.desk.taxii import TaxiiDesk
from kizuna.node.share.exchange.taxii_received import KIND as CTI
from kizuna.node.share.incidents.cases import Cases
from kizuna.node.share.onward import doubt
from kizuna.node.share.onward.desk import OnwardDesk
from kizuna.node.share.onward.grants import PROPOSED
from kizuna.node.share.onward.proofs import CONFIRMED, Proofs
from kizuna.node.share.views.released import Released
from kizuna.records.kinds import read_body
from kizuna.records.label import EVERYBODY, Label, Tlp
from kizuna.records.partner import ACTIVE
from kizuna.records.record import decode, record_id
from kizuna.share.agreement import Book, enforce, load, signing
from kizuna.share.columns import Facts
from kizuna.share.decide import Decision
from kizuna.share.decide.reasons import SAID
from kizuna.share.grants import Grants
from kizuna.share.ledger.name import parse_name
from kizuna.share.recall import Recalls
from kizuna.share.requests import Requests
from kizuna.share.rules.rule import DISTRESS, RuleSet
from kizuna.stores.shared import Decided

DUTIES: Final = frozenset((
    "recall", "recall.ack", "grant.end", "grant.use", "request.end", "agreement", "community.members",
    "carriage.request", "correction",
))  # fmt: skip
"""Kinds that go to whom they concern without a rule of release."""
TAKEN: Final = ("incident.", "recall", "grant", "consent.", "request", "answer", "agreement", "correction")
"""Beginnings of the kinds that the desk takes in."""
LOOK_S: Final = 1.0
ROWS_MOST: Final = 100_000
"""Papers of one partner that are kept in mind; twenty partners' fit into a gigabyte."""
_MANY: Final = 1 << 20
_LOG: Final = logging.getLogger("kizuna.node.share")


class Office:
    """Any thread may call it; changes take turns."""

    def __init__(
        self, sharing: Sharing, *, now_ms: Callable[[], int] | None = None,
        random: Callable[[int], bytes] = os.urandom, sends: bool = True,
        person_of: Callable[[str], str] = lambda _name: "", names: Mapping[str, Mapping[str, str]] = {},
    ) -> None:  # fmt: skip
        """``sends`` False: a command beside the node, which writes into the journal and signs nothing.

        ``person_of``: id of the account of a name at this node, empty for none. ``names``: own names of parties.
        """
        self.sends, self.names = sends, names
        self.sharing, self.places, self.random = sharing, sharing.places, random
        self.now_ms = now_ms or sharing.now_ms
        self.me, self.context, self.shared = sharing.party, sharing.context, sharing.shared
        self.rulebook, self.person_of = sharing.book, person_of
        sharing.book.person_of = person_of
        self.journal = Journal(sharing.shared.papers)
        self.lock = threading.RLock()
        self.agreements = Book()
        self.recalls = Recalls(self.me, self.context)
        self.requests, self.grants = Requests(self.context), Grants(self.context)
        self.proofs = Proofs(self)
        self.onward = OnwardDesk(self)
        self.holdings, self.corrections = Holdings(self), Corrected(self)
        self.hidden = Hidden(self.shared)
        self.cases = Cases(self)
        self.rows: dict[str, Row] = {}
        self._from: Counter[str] = Counter()
        """Rows by the party that said them."""
        self.unusable: dict[str, str] = {}
        """Rows of the journal that no state machine takes, with the reason; kept, shown and left out."""
        self.refused: dict[tuple[str, str], Decision] = {}
        """Last refusal of a row for an audience."""
        self.version = 0
        self._waiting: dict[tuple[str, str], Row] = {}
        """Rows that are not told yet, by id and audience."""
        self._world: object = None
        self._released: dict[str, Released] = {}
        self.taxii = TaxiiDesk(self)
        self._looked_s = 0.0

    def released(self, partner: str) -> Released:
        """The logs to a partner as tables; one for each partner, kept."""
        with self.lock:
            if partner not in self._released:
                self._released[partner] = Released(self, partner)
            return self._released[partner]

    # ---- coming in ---------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Rebuild what is known, finish what was cut off, and follow what comes in."""
        with self.lock:
            self.read()
            for prefix in TAKEN:
                self.sharing.on(prefix, self._received)
            self.sharing.on(CTI, self.taxii.own.took)
            self.sharing.onward = self.onward

    def read(self) -> None:
        """Rebuild what is known."""
        with self.lock:
            self._read_agreements()
            self.sharing.bound, self.sharing.doubted = self.bound, lambda names: doubt.doubted(self, names)
            self.look()

    def close(self) -> None:
        """Let go of what is open."""
        self.taxii.close()

    def look(self) -> None:
        """Take in what other processes wrote, and pass on whatever waits. Cheap where nothing is new."""
        with self.lock:
            fresh = self.journal.news()
            for row in fresh:
                try:
                    self._apply(row)
                except KizunaError as exc:  # one bad row must not keep a desk shut
                    self.unusable[row.id] = f"{row.what} of {iso_s(row.at_ms)}: {exc.message}"
                    _LOG.error("row %s of the journal is left out: %s", row.id[:16], exc)
            world = (len(self.rulebook.status().steps), [(k.id, k.state) for k in self.sharing.partners.all()])
            if fresh or world != self._world:
                self._world = world
                self.version += 1
                self.deliver()

    def bound(self, rules: RuleSet) -> RuleSet:
        """The rules that hold now: without those that rest on an agreement that is not known here or does not hold."""
        return enforce(rules, self.agreements, self.now_ms())[0]

    def lapsed(self, rules: RuleSet) -> Mapping[str, str]:
        """Releasing rules whose agreement does not hold or is not known, each with the reason."""
        return enforce(rules, self.agreements, self.now_ms())[1]

    def lapsed_decision(self, decision: Decision, facts: Facts, audience: str) -> Decision:
        """A refusal as it is; or, where only a missing agreement stands in the way, one that names the rule and why."""
        active = self.rulebook.active()
        lapsed = self.lapsed(active) if active and not decision.released else {}
        if active is None or not lapsed:
            return decision
        free = self.sharing.door.why(facts, audience, active)
        named = tuple(r for r in free.rule_ids if r in lapsed)
        if not free.released or not named:
            return decision
        why = tuple(SAID("rule.lapsed", rule=r, why=lapsed[r]) for r in named)
        return Decision("withhold", decision.policy_hash, named, why=why)

    def tend(self) -> list[str]:
        """What the running node does every few seconds. What its people should be told."""
        with self.lock:
            self.look()
            if self.holdings.waits or self._waiting:
                self.deliver()
            self.onward.tend()
            active = self.rulebook.active()
            lapsed = self.lapsed(active) if active else {}
            return [
                *(f"a row of the journal cannot be used and is left out: {why}" for why in self.unusable.values()),
                *self.agreements.warnings(self.now_ms()),
                *(SAID("rule.lapsed", rule=r, why=why) for r, why in lapsed.items()),
            ]

    def seen(self) -> tuple[int, int]:
        """Versions for pages: of sharing and of incidents. Looks for news of other processes once a second."""
        if time.monotonic() - self._looked_s > LOOK_S:
            self._looked_s = time.monotonic()
            with contextlib.suppress(KizunaError):
                self.look()
        return self.version, self.cases.version

    def _received(self, came: Received) -> None:
        if decode(came.data).kind == "grant.use":
            self.onward.heard_use(came.data, came.partner)
            return
        self.take(came.data, came.proved or parse_name(came.log).origin, came.partner)

    def take(self, data: bytes, proved: str, via: str = "") -> None:
        """Take in a record from a partner. Raises InputError for one that is none."""
        record = decode(data)
        if record.context != self.context:
            raise InputError(f"a record of {record.context}")
        with self.lock:
            if self._from[proved] >= ROWS_MOST:
                hint = "look at what it sends; kizuna partner pause"
                raise InputError(f"more than {ROWS_MOST} papers of {proved} are kept", hint=hint)
            row = self.journal.put(
                Row(what=record.kind, data=data, at_ms=self.now_ms(), proved=proved, via=via or proved)
            )
            if row is None:
                return
            try:
                self._apply(row)
            except InputError as exc:
                self.shared.quarantine.put(via or proved, record.kind, str(exc), data, row.at_ms)
            self.deliver()

    # ---- writing -----------------------------------------------------------------------------------------------------
    def write(self, data: bytes, by: str, to: Iterable[str] = (), way: str = HOUSE) -> Row:
        """Keep a record that was written here and pass it on.

        Raises InputError for a body that is not of its kind's form, before anything is kept; Refusal where a rule does
        not let it go.
        """
        record = decode(data)
        read_body(record)
        audiences = tuple(dict.fromkeys(to))
        with self.lock:
            if way == RULE:
                for audience in audiences:
                    decision = self.allowed(self.sharing.door.facts(record), audience, data)
                    if not decision.released:
                        self.withhold(record_id(data), decision, audience)
                        raise of_decision(decision, audience)
            new = Row(what=record.kind, data=data, at_ms=self.now_ms(), proved=self.me, by=by,
                      person=self.person_of(by), to=audiences, way=way)  # fmt: skip
            row = self.journal.put(new)
            if row is None:
                return self.rows[record_id(data)]
            self._apply(row)
            self.deliver()
            return row

    def note(self, what: str, said: bytes, by: str = "") -> None:
        """Keep an event of this desk."""
        with self.lock:
            row = self.journal.put(Row(what=what, data=said, at_ms=self.now_ms(), proved=self.me, by=by))
            if row is not None:
                self._apply(row)

    # ---- what follows from rows --------------------------------------------------------------------------------------
    def _apply(self, row: Row) -> None:
        self.rows[row.id] = row
        self._from[row.proved] += 1
        self.version += 1
        try:
            self._take(row)
        except KizunaError:
            del self.rows[row.id]
            raise
        if row.proved == self.me and row.way in (RULE, DUTY):
            self._waiting.update({(row.id, audience): row for audience in row.to})

    def _take(self, row: Row) -> None:
        if row.what.startswith("incident."):
            self.cases.take(row)
        elif row.what in ("recall", "recall.ack", "!recall.sent", "!recall.refuse"):
            self.holdings.apply(row)
        elif row.what == "correction":
            self.corrections.take(row)
        elif row.what in ("request", "answer", "request.end"):
            _refuse(self.requests.take(row.data, row.proved, row.at_ms))
        elif row.what in ("grant", "grant.end"):
            _refuse(doubt.take_grant(self, row))
        elif row.what in ("consent.request", "consent.refusal") or row.what.startswith(PROPOSED):
            self.onward.grants.take(row)
        elif row.what == CONFIRMED:
            self.proofs.confirm(*row.data.decode().split(" ")[:2])
        elif row.what == "agreement":
            _refuse(signing.apply(self.agreements, row.data, row.proved, row.at_ms))

    def _read_agreements(self) -> None:
        """Memoranda that lie in the directory; unsigned until records say otherwise."""
        for path in sorted(self.places.agreements.glob("*.toml")) if self.places.agreements.is_dir() else ():
            try:
                self.agreements.put(load(path.read_bytes(), str(path)))
            except (ConfigError, OSError) as exc:
                _LOG.error("agreement %s: %s", path.name, exc)

    # ---- going out ---------------------------------------------------------------------------------------------------
    def deliver(self) -> None:
        """Pass on what waits: rows of this desk to their audiences, cases to their desks, recalls to their holders."""
        if not self.sends:
            return
        with self.lock:
            self.holdings.follow()
            for (name, audience), row in list(self._waiting.items()):
                if not self.told(name, audience):
                    self._tell(row, audience)
                if self.told(name, audience):
                    del self._waiting[name, audience]
            self.cases.cross()

    def _tell(self, row: Row, audience: str) -> None:
        if row.way == DUTY:
            self.by_duty(row.data, audience)
            return
        decision = self.allowed(self.sharing.door.facts(decode(row.data)), audience, row.data)
        if decision.released:
            self.sharing.say(row.data, audience)
            self.refused.pop((row.id, audience), None)
        else:
            self.refused[row.id, audience] = decision

    def allowed(self, facts: Facts, audience: str, data: bytes = b"") -> Decision:
        """Whether what a person wrote may go to an audience. It leaves whole or not at all, for others name it.

        ``data``: its bytes, to be looked through for words that the audience must not read; not in distress.
        """
        decision = self.lapsed_decision(self.sharing.door.why(facts, audience), facts, audience)
        if decision.released and not decision.transforms.changes_nothing:
            why = SAID("rule.changes", names=", ".join(decision.rule_ids))
            return Decision("withhold", decision.policy_hash, decision.rule_ids, why=(why,))
        if not data or DISTRESS in (facts.tag or ()):
            return decision
        return self.sharing.door.house.lexicons.judge(data, decision, audience, self.sharing.who())

    def withhold(self, record: str, decision: Decision, audience: str) -> None:
        """Keep a refusal in the decision log."""
        why = "; ".join(decision.why)[:1000]
        said = Decided(audience, "withhold", (record,), decision.rule_ids, (), decision.policy_hash, why)
        self.shared.decisions.add([said], self.now_ms())

    def by_duty(self, data: bytes, audience: str, *, rule: str = "", clauses: tuple[str, ...] = (),
                why: str = "", lane: str = "flash") -> None:  # fmt: skip
        """Pass a record on without a rule of release; the decision says by which duty or clause.

        What another party stated goes with its proof.
        """
        record = decode(data)
        if self.told(record_id(data), audience) or not (audience == EVERYBODY or self.reaches(audience)):
            return
        decision = Decision(
            "release", "", (rule or f"duty.{record.kind}", *clauses), clauses, label=record.label, lane=lane,
            why=(why or "it goes to whom it concerns",),
        )  # fmt: skip
        if record.origin != self.me:
            self.onward.by_duty(data, audience, decision)
        else:
            self.sharing.door.pass_on(data, decision, audience)
        self.version += 1

    def reaches(self, party: str) -> bool:
        """Whether a party is a partner that may be told anything, or a community that somebody reads."""
        who = self.sharing.who()
        found = who.partners.get(party)
        return found.state == ACTIVE if found is not None else party in who.communities and bool(who.members(party))

    def is_recalled(self, record: str) -> bool:
        """Whether nobody is to see a record any more."""
        stone = self.shared.tombstones.of([record]).get(record)
        return stone is not None and stone.action in HIDING

    def told(self, record: str, audience: str) -> bool:
        """Whether a record stands in a log to an audience."""
        names = (parse_name(name) for name, _ in self.shared.records.where(record))
        return any(n.origin == self.me and n.audience == audience for n in names)

    def acknowledged_ms(self, log: str, n: int, party: str = "") -> int | None:
        """When the receipt of a reader of a log covered an entry, by the reader's clock; None before."""
        times = [a.at_ms for who, a in self.shared.outbox.acks(log).items() if a.size > n and party in ("", who)]
        return min(times, default=None)

    def addresses(self) -> tuple[str, ...]:
        """Where partners reach this node, as it tells them in an introduction."""
        return self.sharing.addresses

    # ---- words -------------------------------------------------------------------------------------------------------
    def label(self, to: Iterable[str], tlp: Tlp = Tlp.AMBER) -> Label:
        """The label of a statement to these parties."""
        return Label(tlp=tlp, rel_to=frozenset(to) - {self.me})

    def health(self) -> dict[str, dict[str, Any]]:
        """Link of each partner by id."""
        return {str(row.get("id", row.get("partner", ""))): dict(row) for row in self.sharing.health()}


def _refuse(why: str) -> None:
    if why:
        raise InputError(why)


__all__ = ["CASE", "DUTIES", "DUTY", "HOUSE", "RULE", "Office", "Refusal"]
