"""One run of publishing: from offers and decisions to what each audience is told now, and what to remember.

What an audience is told depends on what it may know and on nothing else: on the rows released to it, the boundaries of
its time buckets and the clock. Rows that are withheld from it do not move an order, a number, a size or an hour. Where
the run is cut makes no difference either: one run over a day and a run every minute give the same records in the same
order, log by log. Asking twice gives nothing the second time.

Rows may be offered again and too early at will; each is told once, at its tick (``transforms.moment``). The node has to
offer every row at least once between its tick and the next run; offering what it received since the last run and what
was observed within ``reach_ms`` of it does that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kizuna.base.units import DAY_MS, SECOND_MS
from kizuna.places.zone import Zone
from kizuna.records import kinds
from kizuna.share import transform
from kizuna.share.decide import Decision, Decisions
from kizuna.share.publish.candidates import Candidates
from kizuna.share.publish.memory import Key, Memory, Track, until_key
from kizuna.share.publish.records import Author, Way, encoded
from kizuna.share.rules.rule import Age, RuleSet, wait_ms
from kizuna.share.transform import Tools, TransformSet
from kizuna.share.transforms.moment import last_tick_ms, tick_ms
from kizuna.share.transforms.rows import Rows
from kizuna.share.transforms.sensitive_zones import Hole, hole, visible
from kizuna.share.transforms.steps import Delay, Stop, Thin
from kizuna.share.transforms.thinning import thinned

Ints = npt.NDArray[np.int64]
AT_ONCE: Final = Delay(0, 1)
"""The delay of a set without one: told at the next full second."""
REMEMBERED_MS: Final = 2 * DAY_MS
"""How long beyond its delay a time bucket is remembered. What this node learns later than that does not pass
``thin`` and ``stop`` any more."""
EVENTS_REMEMBERED_MS: Final = 30 * DAY_MS
"""How long an event that is offered no more is remembered. One that changes later is news again. That it is gone is
told to whoever was told of it once, which the ledger says then."""
GONE: Final = ("superseded", "retracted")
"""States of an event that is not held to be true any more."""


class Offer(NamedTuple):
    """Candidates of one kind, with the decisions for every audience that was decided for (``decide.batch``)."""

    candidates: Candidates
    decisions: Mapping[str, Decisions]


class Batch(NamedTuple):
    """What one log is told now, in order: bytes of records with their decisions, as ``release.append`` takes them."""

    audience: str
    lane: str
    released: tuple[tuple[bytes, Decision], ...]

    @property
    def records(self) -> tuple[bytes, ...]:
        """The bytes alone."""
        return tuple(data for data, _ in self.released)


@dataclass(slots=True)
class Count:
    """What became of the rows offered for one audience. For this node's own eyes: it tells of what was withheld."""

    told: int = 0
    withheld: int = 0
    not_due: int = 0
    hidden: int = 0
    thinned: int = 0
    too_late: int = 0
    unchanged: int = 0


class Made(NamedTuple):
    """Records that a run has just made for one audience under one decision, row by row.

    ``which`` counts into the candidates; ``ticks`` are the times at which they were due, ms UTC.
    """

    audience: str
    candidates: Candidates
    which: Ints
    ticks: Ints
    data: Sequence[bytes]
    decision: Decision


class Told(NamedTuple):
    """The result of a run."""

    batches: tuple[Batch, ...]
    memory: Memory
    counts: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the node hands in beside the rows; kept over runs, because it holds the holes once they are cut.

    Attributes:
        author: who states the records, and the secret key of their salts.
        tools: what the transforms need.
        zones: zones that a ``stop`` may name.
    """

    author: Author
    tools: Tools
    zones: Sequence[Zone] = ()
    _holes: dict[Stop, Hole] = field(default_factory=dict, repr=False, compare=False)

    def hole(self, stop: Stop) -> Hole:
        """The hole of a stop. Raises InputError where one of its zones is not known."""
        if stop not in self._holes:
            self._holes[stop] = hole(self.zones, stop)
        return self._holes[stop]


def publish(
    offers: Iterable[Offer], memory: Memory, now_ms: int, shop: Workshop, rules: RuleSet,
    watch: Callable[[Made], object] | None = None,
) -> Told:  # fmt: skip
    """Tell what is due at ``now_ms``. ``rules`` are those of the decisions; their ages say when a row may be told.

    ``watch`` is shown the records as they are made, with the rows that they were made from. Raises InputError where a
    rule names a zone or word list that the node does not hold; nothing is told then.
    """
    run = _Run(memory, now_ms, shop, rules, watch)
    for offer in offers:
        for audience in sorted(offer.decisions):
            run.tell(audience, offer.candidates, offer.decisions[audience])
    return run.result()


def reach_ms(sets: Iterable[TransformSet], rules: RuleSet) -> int:
    """How long after its observation a row may still wait to be told, for sets and rules in use."""
    delays = [s.get(Delay) or AT_ONCE for s in sets]
    ages = [c.max_ms or c.min_ms for r in rules.rules for c in r.conditions if isinstance(c, Age)]
    waiting = max((d.delay_s + 2 * d.bucket_s for d in delays), default=1) * SECOND_MS
    return waiting + max(ages, default=0)


class _Run:
    def __init__(
        self, memory: Memory, now_ms: int, shop: Workshop, rules: RuleSet, watch: Callable[[Made], object] | None
    ) -> None:
        self._now_ms, self._shop, self._watch = now_ms, shop, watch
        self._tracks = dict(memory.tracks)
        self._events: dict[str, Mapping[str, tuple[str, int]]] = dict(memory.events)
        self._open: dict[str, dict[str, tuple[str, int]]] = {}
        """Those that this run has written to."""
        self._until = dict(memory.until)
        ages = {r.id: [c for c in r.conditions if isinstance(c, Age)] for r in rules.rules}
        self._wait_ms = {
            r.id: max((c.min_ms for c in ages[r.id]), default=0) if r.releases else wait_ms(r) for r in rules.rules
        }
        late = [c.max_ms or 0 for r in rules.rules if not r.releases and not wait_ms(r) for c in ages[r.id]]
        self._slack_ms = max(late, default=0)
        self._out: dict[tuple[str, str], list[tuple[int, int, bytes]]] = {}
        self._by: dict[bytes, Decision] = {}
        self._counts: dict[str, Count] = {}
        self._offered: set[str] = set()

    def result(self) -> Told:
        batches = [
            Batch(
                audience, lane, tuple((data, self._by[data]) for data in dict.fromkeys(d for _, _, d in sorted(found)))
            )
            for (audience, lane), found in sorted(self._out.items())
            if found
        ]
        until = self._until | dict.fromkeys(self._offered, self._now_ms)
        return Told(tuple(batches), Memory(self._tracks, self._events, until), self._counts)

    def tell(self, audience: str, candidates: Candidates, decisions: Decisions) -> None:
        """Tell one audience what is due of one kind."""
        count = self._counts.setdefault(audience, Count())
        self._offered.add(until_key(audience, candidates.rows.kind))
        count.withheld += int(np.count_nonzero(~decisions.release))
        by_set: dict[TransformSet, dict[int, tuple[Way, Decision]]] = {}
        for place, decision in enumerate(decisions.decisions):
            if decision.released:
                way = self._way(decision)
                by_set.setdefault(way.transforms, {})[place] = way, decision
        for what, ways in sorted(by_set.items(), key=lambda item: item[0].words):
            which = np.flatnonzero(np.isin(decisions.group, list(ways)))
            if len(which):
                self._tell_set(audience, candidates, which, decisions.group, what, ways, count)

    def _way(self, decision: Decision) -> Way:
        """How a row leaves by a decision.

        A least age is a delay, and so is the age until which a rule withholds: whole buckets come of age, not rows one
        by one, and a row leaves at the same time whenever it is asked.
        """
        by = (*decision.rule_ids, *decision.tied, *decision.waited)
        waits_ms = max((self._wait_ms.get(r, 0) for r in by), default=0)
        what = decision.transforms
        if waits_ms:
            what = transform.join((what, transform.normal([Delay(-(-waits_ms // SECOND_MS), 1)])))
        if decision.label is None:
            raise ValueError("a release without a label")
        return Way(what, decision.label, decision.retain_d, decision.lane)

    def _tell_set(
        self, audience: str, candidates: Candidates, which: Ints, group: npt.NDArray[np.int32], what: TransformSet,
        ways: Mapping[int, tuple[Way, Decision]], count: Count,
    ) -> None:  # fmt: skip
        key = Key(audience, what.hash, candidates.rows.kind)
        delay = what.get(Delay) or AT_ONCE
        until = last_tick_ms(self._now_ms, delay)
        track = self._tracks.get(key, Track())
        before = self._until.get(until_key(audience, candidates.rows.kind))
        if before is not None:
            track = replace(track, tick_ms=max(track.tick_ms, last_tick_ms(before, delay)))
        rows = candidates.rows.take(which)
        ticks = tick_ms(rows["time_ms"], rows["known_ms"], delay)
        due = self._due(rows, ticks, until, track)
        count.not_due += int(np.count_nonzero(ticks > until))
        which, rows, ticks = which[due], rows.take(due), np.where(ticks > track.tick_ms, ticks, until)[due]
        stay, track = self._chosen(rows, ticks, what, track, until, count)
        track = self._remember(track, rows, what, until)
        self._tracks[key] = track
        which, rows, ticks = which[stay], rows.take(stay), ticks[stay]
        if not len(rows):
            return
        changed = transform.apply(rows, what, self._shop.tools)
        codes = group[which]
        for place in np.unique(codes).tolist():
            mine = np.flatnonzero(codes == place)
            self._put(audience, changed.take(mine), ticks[mine], *ways[place], candidates, which[mine], count)

    def _due(self, rows: Rows, ticks: Ints, until: int, track: Track) -> npt.NDArray[np.bool_]:
        if until <= track.tick_ms:
            return np.zeros(len(ticks), np.bool_)
        again = np.zeros(len(ticks), np.bool_)
        if self._slack_ms:
            again = (rows["time_ms"] > until - self._slack_ms - DAY_MS) & ~np.isin(rows["number"], track.told)
        due: npt.NDArray[np.bool_] = (ticks <= until) & ((ticks > track.tick_ms) | again)
        return due

    def _chosen(
        self, rows: Rows, ticks: Ints, what: TransformSet, track: Track, until: int, count: Count
    ) -> tuple[npt.NDArray[np.bool_], Track]:
        """Which rows stay after the hole and thinning, and the state of both."""
        stay = np.ones(len(rows), np.bool_)
        carried, kept = track.carried, track.kept
        stop, thin = what.get(Stop), what.get(Thin)
        if stop is not None:
            stay, carried = visible(rows, ticks, self._shop.hole(stop), stop, carried)
            count.hidden += int(np.count_nonzero(~stay))
        if thin is not None or stop is not None:
            delay = what.get(Delay) or AT_ONCE
            waits = REMEMBERED_MS + (delay.delay_s + 2 * delay.bucket_s) * SECOND_MS
            old = ticks - rows["time_ms"] > waits
            count.too_late += int(np.count_nonzero(stay & old))
            stay &= ~old
        if thin is not None:
            left = np.flatnonzero(stay)
            few, kept = thinned(rows.take(left), ticks[left], thin, kept)
            count.thinned += int(np.count_nonzero(~few))
            stay[left[~few]] = False
        return stay, Track(until, carried, kept, track.told, track.told_ms)

    def _remember(self, track: Track, rows: Rows, what: TransformSet, until: int) -> Track:
        if self._slack_ms:
            numbers = np.concatenate([track.told, rows["number"]])
            times = np.concatenate([track.told_ms, rows["time_ms"]])
            numbers, first = np.unique(numbers, return_index=True)
            track = Track(track.tick_ms, track.carried, track.kept, numbers, times[first])
        delay = what.get(Delay) or AT_ONCE
        before = until - max(REMEMBERED_MS, self._slack_ms + DAY_MS) - delay.delay_s * SECOND_MS - DAY_MS
        return track.pruned(before, what.get(Stop), what.get(Thin))

    def _put(
        self, audience: str, rows: Rows, ticks: Ints, way: Way, decision: Decision, candidates: Candidates, which: Ints,
        count: Count,
    ) -> None:  # fmt: skip
        """Make the records and lay them out for their log."""
        data = encoded(rows, way, self._shop.author)
        kept: Iterable[int] = range(len(data))
        if candidates.keys:
            kept = self._news(audience, candidates, which, data, count)
        kind = rows.kind if rows.kind != "event" else "event.gap"
        out = self._out.setdefault((audience, way.lane or kinds.lane_of(kind)), [])
        times, due = rows["time_ms"].tolist(), ticks.tolist()
        before = len(out)
        out.extend((due[k], times[k], data[k]) for k in kept)
        self._by.update((data[k], decision) for k in kept)
        count.told += len(out) - before
        if self._watch is not None:
            rows_told = np.fromiter(kept, np.int64)
            told = [data[k] for k in rows_told.tolist()]
            self._watch(Made(audience, candidates, which[rows_told], ticks[rows_told], told, decision))

    def _news(
        self, audience: str, candidates: Candidates, which: Ints, data: Sequence[bytes], count: Count
    ) -> list[int]:
        """Events that say something new to this audience; that one is gone is news only to who was told of it."""
        told = self._opened(audience)
        kept = []
        for k, row in enumerate(which.tolist()):
            name, digest = candidates.keys[row], hashlib.sha256(data[k]).hexdigest()[:16]
            gone = candidates.rows["status"][row] in GONE
            before = told.get(name)
            if before is not None or not gone:
                told[name] = digest, self._now_ms
            if (before is not None and before[0] == digest) or (gone and before is None):
                count.unchanged += 1
                continue
            kept.append(k)
        return kept

    def _opened(self, audience: str) -> dict[str, tuple[str, int]]:
        """What an audience was told of events, to be written to; without what is to be forgotten."""
        if audience not in self._open:
            held = self._events.get(audience, {})
            least_ms = self._now_ms - EVENTS_REMEMBERED_MS
            self._open[audience] = {name: said for name, said in held.items() if said[1] >= least_ms}
            self._events[audience] = self._open[audience]
        return self._open[audience]
