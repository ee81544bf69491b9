"""The door: the one way by which a record leaves this node.

Rows of the tables, and what people write, become candidates; the rules in force decide for each audience; what is
released goes into the audience's log together with the decisions and the memory of publishing, in one transaction;
then the head is marked, signed and shown. Nothing is signed that is not stored, and nothing shown that is not signed.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kizuna.base.errors import InputError
from kizuna.base.table import Table
from kizuna.node.share import epoch
from kizuna.node.share.exchange.lexicons import Lexicons
from kizuna.node.share.identity import Identity, Marks
from kizuna.node.share.lines.retracted import reminded
from kizuna.node.share.trust.heads import Heads, News
from kizuna.places.zone import Zone
from kizuna.places.zone_index import ZoneIndex
from kizuna.records.kinds import lane_of
from kizuna.records.partner import Directory
from kizuna.records.record import Record, decode, record_id
from kizuna.share import decide, release
from kizuna.share.columns import Facts, Setting, Terms
from kizuna.share.decide import Decision
from kizuna.share.decide.reasons import SAID
from kizuna.share.ledger.name import LANES, LogName
from kizuna.share.publish import (
    Author,
    Batch,
    Candidates,
    Count,
    Memory,
    Offer,
    SourcesOf,
    Workshop,
    of_detections,
    of_events,
    of_fixes,
    publish,
    unpack,
)
from kizuna.share.publish.memory import until_key
from kizuna.share.publish.run import AT_ONCE
from kizuna.share.rules.rule import DISTRESS, RuleSet
from kizuna.share.transform import Tools
from kizuna.share.transforms.moment import tick_ms
from kizuna.stores.shared.decisions import Decided
from kizuna.stores.shared.outbox import Told
from kizuna.stores.shared.shared import Shared

MEMORY: Final = "publish memory"
_NOTED_MOST: Final = 100_000
_POINT: Final = 2
_KEEP_MS: Final = 60_000


class Rows(NamedTuple):
    """Rows of the node's own tables that may be told: fixes, events, detections; None where there are none."""

    fixes: Table | None = None
    events: Table | None = None
    detections: Table | None = None
    known_ms: npt.NDArray[np.int64] | None = None
    """When each event or detection was known here; now where it is not given. Give events or detections with it."""


class Run(NamedTuple):
    """For whom a run over rows of one kind is, and in which lane; without a lane each record goes in its own.

    What came due until ``since_ms`` is not told, whether or not it was told before.
    """

    audiences: tuple[str, ...]
    kind: str
    lane: str = ""
    since_ms: int = 0


@dataclass(slots=True)
class House:
    """What the door needs of the node. The functions are asked anew each time, for officers change their answers.

    Attributes:
        identity: whose keys sign.
        shared: where it is kept.
        marks: how much was signed, outside the store.
        who: partners and communities.
        rules: rules in force; None where nothing leaves.
        terms: terms of every source.
        zones: zones that rules and transforms may name.
        secret: 32 random bytes of this node, for salts and pseudonyms.
        random: random bytes.
        now_ms: time of the node.
        lexicons: word lists, and whom they bind.
        sources_of: sources on which the track of an MMSI rests around a time.
        from_ms: what came due for an audience before this is not made up for: an officer has decided so.
    """

    identity: Identity
    shared: Shared
    marks: Marks
    who: Callable[[], Directory]
    rules: Callable[[], RuleSet | None]
    terms: Mapping[str, Terms]
    zones: Sequence[Zone]
    secret: bytes
    random: Callable[[int], bytes]
    now_ms: Callable[[], int]
    unit: str = ""
    sources_of: SourcesOf | None = None
    from_ms: Callable[[str], int] = lambda _audience: 0
    lexicons: Lexicons = field(default_factory=Lexicons)
    index: ZoneIndex = field(init=False)

    def __post_init__(self) -> None:
        self.index = ZoneIndex.build(self.zones)

    def setting(self) -> Setting:
        """What is the same for all decisions of now."""
        return Setting(self.now_ms(), self.who(), self.identity.context, self.terms,
                       frozenset(z.zone_id for z in self.zones))  # fmt: skip


class Door:
    """The door of one node in one context. Any thread may call it; releases take turns."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.news: list[News] = []
        """Called after each signed head with the log and how many records partners may read of it now."""
        self._heads = Heads(house.identity, house.shared, house.marks, house.random, house.now_ms, self.news)
        self._lock = threading.RLock()
        self._kept_ms = 0
        self._counted_ms: dict[str, int] = {}
        self._noted: dict[tuple[str, str, str], None] = {}
        held = house.shared.notes.get(MEMORY)
        self._memory = unpack(held) if held else Memory()
        author = Author(house.identity.party, house.unit, house.identity.context, house.secret)
        self._shop = Workshop(author, Tools(house.secret, house.lexicons.neutral), house.zones)

    # ---- releasing ------------------------------------------------------------------------------------------------
    def tell(
        self, rows: Rows, *, until_ms: int | None = None, notes: Mapping[str, bytes] = {}, run: Run | None = None,
    ) -> Mapping[str, Count]:  # fmt: skip
        """Tell every audience what is due of these rows by now, or by ``until_ms``. They may be offered again at will.

        ``notes`` are kept in the same transaction, for the caller; ``run`` narrows the audiences. What may leave is
        decided as of now in any case. Raises TrustError where a log must not go on (a restored backup),
        UnavailableError where the disk is full.
        """
        with self._lock:
            rules = self.house.rules()
            if rules is None:
                return {}
            setting = self.house.setting()
            until = until_ms or setting.now_ms
            to = self.audiences(rules) if run is None else run.audiences
            offers = self.offers(rows, rules, setting, to)
            before = self._memory if run is None else self._memory.since(to, run.kind, run.since_ms)
            before = reminded(before, offers, self.house.shared, setting.now_ms)
            told = publish(offers, before, until, self._shop, rules)
            memory = told.memory.looked(to, run.kind, until) if run is not None else told.memory
            begun = memory.until.keys() > self._memory.until.keys()  # an audience's first front is kept at once
            batches, held = self.house.lexicons.screen(told.batches, setting.who)
            decided = [*held, *(line for offer in offers for line in self._withheld(offer, until))]
            if batches or decided or begun or self._due_to_keep(setting.now_ms):
                self._release(_in_lane(batches, run.lane if run else ""), decided, memory, notes)
            else:
                self._memory = memory
            return told.counts

    def audiences(self, rules: RuleSet) -> tuple[str, ...]:
        """Audiences of the rules that somebody reads now: nothing is offered to a paused partner, nothing forgotten."""
        who = self.house.who()
        return tuple(a for a in sorted(rules.audiences) if who.members(a))

    def offers(
        self, rows: Rows, rules: RuleSet, setting: Setting, audiences: Sequence[str] | None = None
    ) -> list[Offer]:
        """Candidates of these rows and the decisions for each audience: what preview shows, ``tell`` carries out."""
        found = []
        for candidates in self.candidates(rows, setting.now_ms):
            to = rules.audiences if audiences is None else audiences
            asked = {a: decide.batch(rules, candidates.columns, a, setting) for a in to}
            found.append(Offer(candidates, asked))
        return found

    def candidates(self, rows: Rows, now_ms: int) -> list[Candidates]:
        """Candidates of these rows."""
        me, index, out = self.house.identity.party, self.house.index, []
        known = now_ms if rows.known_ms is None else rows.known_ms
        if rows.fixes is not None and len(rows.fixes):
            out.append(of_fixes(rows.fixes, me, index, now_ms))
        if rows.events is not None and len(rows.events):
            out.append(of_events(rows.events, me, index, known_ms=known, sources=self.house.sources_of))
        if rows.detections is not None and len(rows.detections):
            out.append(of_detections(rows.detections, me, index, known_ms=known, sources=self.house.sources_of))
        return [c for c in out if len(c)]

    def facts(self, record: Record, tag: frozenset[str] = frozenset()) -> Facts:
        """What rules look at in a record that a person of this node wrote: it rests on no source.

        Raises InputError where it is of another party or context.
        """
        me = self.house.identity
        if record.origin != me.party or record.context != me.context:
            raise InputError(f"a record of {record.origin} in {record.context}", hint=f"{me.party} in {me.context}")
        zone, touched = self._zones(record.geo)
        return Facts(
            record.kind, me.party, record.context, record.label, record.observed_ms, self.house.now_ms(), zone, touched,
            frozenset(), frozenset(record.subject), tag,
        )  # fmt: skip

    def facts_of_other(self, record: Record, tag: frozenset[str], granted: frozenset[str]) -> Facts:
        """What rules look at in a record that another party stated: it rests on no source of ours.

        ``granted``: audiences for which its originator gave leave.
        """
        zone, touched = self._zones(record.geo)
        return Facts(
            record.kind, record.origin, record.context, record.label, record.observed_ms, self.house.now_ms(), zone,
            touched, frozenset(), frozenset(record.subject), tag, granted,
        )  # fmt: skip

    def _zones(self, geo: tuple[float, ...]) -> tuple[frozenset[str], frozenset[str]]:
        """Zones that hold a place entirely, and zones that it may touch: of a box, in doubt, all."""
        names = [z.zone_id for z in self.house.index.zones]
        if len(geo) == _POINT and names:
            _, found = self.house.index.memberships(np.array([geo[1]]), np.array([geo[0]]))
            here = frozenset(names[k] for k in found.tolist())
            return here, here
        return frozenset(), frozenset(names) if geo else frozenset()

    def say(self, data: bytes, facts: Facts, to: str, *, lane: str = "") -> Decision:
        """Tell an audience one record that a person or a protocol wrote, if the rules in force let it go.

        The decision is kept whatever it is; a refusal is returned, not raised.
        """
        with self._lock:
            rules, setting = self.house.rules(), self.house.setting()
            if rules is None:
                return Decision("withhold", "", why=(SAID("decision.no_rules"),))
            decision = decide.one(rules, facts, to, setting)
            if decision.released and not decision.transforms.changes_nothing:  # others name it by its bytes
                why = SAID("rule.changes", names=", ".join(decision.rule_ids))
                decision = Decision("withhold", decision.policy_hash, decision.rule_ids, why=(why,))
            if DISTRESS not in (facts.tag or ()):  # nobody waits for rescue because of a name
                decision = self.house.lexicons.judge(data, decision, to, setting.who)
            if decision.released:
                self.pass_on(data, decision, to, lane=lane)
            else:
                self.house.shared.decisions.add([_said(to, decision, [record_id(data)])], setting.now_ms)
            return decision

    def pass_on(self, data: bytes, decision: Decision, to: str, *, lane: str = "") -> None:
        """Put one record, decided elsewhere in ``share`` (recalls, acknowledgements, break-glass), into a log."""
        kind = decode(data).kind
        self._release([Batch(to, lane or decision.lane or lane_of(kind), ((data, decision),))], [], None)

    def carry(self, run: Sequence[tuple[bytes, Decision]], to: str, lane: str) -> None:
        """Put records of others, decided by ``share.onward``, and the papers ahead of them into one log, in order."""
        self._release([Batch(to, lane, tuple(run))], [], None)

    def log_name(self, to: str, lane: str) -> str:
        """Name of our log to an audience in a lane, whether or not it has been begun."""
        me = self.house.identity
        return str(LogName(me.party, self._heads.epoch, to, me.context, lane))

    def _withheld(self, offer: Offer, until_ms: int) -> Iterable[Decided]:
        """Lines of the decision log for what stays: by name for events and detections, by number for positions."""
        found, kind = offer.candidates, offer.candidates.rows.kind
        ticks, fresh = None, np.ones(len(found), np.bool_)
        if found.columns.received_ms is not None and found.columns.observed_ms is not None:
            ticks = tick_ms(found.columns.observed_ms, found.columns.received_ms, AT_ONCE)
        for to, decisions in offer.decisions.items():
            if ticks is not None:  # a position is counted once, in the run in which it could have been told first
                fresh = (ticks > self._counted_ms.get(f"{to} {kind}", 0)) & (ticks <= until_ms)
                self._counted_ms[f"{to} {kind}"] = until_ms
            for place, decision in enumerate(decisions.decisions):
                if decision.released:
                    continue
                mine = np.flatnonzero((decisions.group == place) & (fresh | bool(found.keys)))
                if found.keys:
                    names = [n for k in mine.tolist() if (n := self._new_name(to, decision, found.keys[k]))]
                    if names:
                        yield _said(to, decision, names)
                elif len(mine):
                    yield _said(to, decision, (), f"{len(mine)} of {kind}")

    def _new_name(self, to: str, decision: Decision, event: str) -> str:
        """The name under which the decision log knows an event; empty where this was written already."""
        key = (to, decision.policy_hash + ",".join(decision.rule_ids), event)
        if key in self._noted:
            return ""
        self._noted[key] = None
        if len(self._noted) > _NOTED_MOST:
            del self._noted[next(iter(self._noted))]
        return hashlib.sha256(f"event\n{event}".encode()).hexdigest()

    def _due_to_keep(self, now_ms: int) -> bool:
        """Whether the memory of publishing is to be kept though nothing was told.

        After a crash a little is looked at again, and the memory in the last release says what of it was told.
        """
        if now_ms - self._kept_ms < _KEEP_MS:
            return False
        self._kept_ms = now_ms
        return True

    def told_until(self, audience: str, kind: str) -> int | None:
        """Until when an audience was told what was due of a kind; None where it was never offered any."""
        return self._memory.until.get(until_key(audience, kind))

    def _release(
        self, batches: Iterable[Batch], decided: Sequence[Decided], memory: Memory | None,
        notes: Mapping[str, bytes] = {},
    ) -> None:  # fmt: skip
        with self._lock:
            house, told, boxes, rows = self.house, [], [], list(decided)
            for whole in batches:
                box = self._heads.box(LogName(house.identity.party, self._heads.epoch, whole.audience,
                                              house.identity.context, whole.lane))  # fmt: skip
                self._heads.standing(box)
                batch = self._once(box, whole)
                if not batch.released:
                    continue
                made = release.append(box, batch.released)
                told.append(Told(box.name, made.first, batch.records, made.nodes, made.outbox.salts))
                boxes.append(made.outbox)
                rows += _released(batch, str(box.name), made.first)
            kept = dict(notes) if memory is None else {**notes, MEMORY: memory.pack()}
            house.shared.outbox.append(told, house.now_ms(), rows, kept)
            self._memory = memory or self._memory
            self._heads.sign(boxes)

    def _once(self, box: release.Outbox, batch: Batch) -> Batch:
        """The batch without what this audience was told already, in whatever lane.

        A vessel heard twice in one second says the same twice, and what was made up for may come again.
        """
        names = [record_id(data) for data in batch.records]
        logs = [str(replace(box.name, lane=lane)) for lane in LANES]
        held = self.house.shared.records.in_logs(logs, names)
        held |= epoch.acknowledged_before(self.house.shared, box.name, names, self.house.who().members(batch.audience))
        if not held:
            return batch
        return batch._replace(released=tuple(r for r, n in zip(batch.released, names, strict=True) if n not in held))

    def sign_rest(self) -> int:
        """Sign what a crash left unsigned, and once what a former key signed. How many logs."""
        with self._lock:
            return self._heads.sign_rest()

    @property
    def shop(self) -> Workshop:
        """What records are made with; the same for releases, previews and what is shared into a case."""
        return self._shop

    # ---- questions ------------------------------------------------------------------------------------------------
    def why(self, facts: Facts, to: str, rules: RuleSet | None = None) -> Decision:
        """What would be decided for one candidate, every rule explained. Nothing is told or kept."""
        chosen = rules or self.house.rules()
        if chosen is None:
            return Decision("withhold", "", why=(SAID("decision.no_rules"),))
        return decide.one(chosen, facts, to, self.house.setting())


def _released(batch: Batch, log: str, first: int) -> list[Decided]:
    """Lines of the decision log for what leaves: one for each decision, each with the entry of its first record."""
    by: dict[Decision, list[str]] = {}
    at: dict[Decision, int] = {}
    for n, (data, decision) in enumerate(batch.released, first):
        by.setdefault(decision, []).append(record_id(data))
        at.setdefault(decision, n)
    return [_said(batch.audience, d, ids)._replace(at=(log, at[d])) for d, ids in by.items()]


def _in_lane(batches: Iterable[Batch], lane: str) -> list[Batch]:
    """The batches as they are, or all of an audience in one lane."""
    if not lane:
        return list(batches)
    found: dict[str, list[tuple[bytes, Decision]]] = {}
    for batch in batches:
        found.setdefault(batch.audience, []).extend(batch.released)
    return [Batch(to, lane, tuple(released)) for to, released in found.items()]


def _said(to: str, decision: Decision, ids: Sequence[str], what: str = "") -> Decided:
    why = "; ".join((*([what] if what else ()), *decision.why))
    words = decision.transforms.words
    return Decided(to, decision.verdict, tuple(ids), decision.rule_ids, words, decision.policy_hash, why[:1000])
