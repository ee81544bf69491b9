"""The publishing code run over a period of the past, step by step as the door's loops run it, for several rule sets.

A step offers what comes due in it, decides as of its end, and goes on with the memory of the step before. Memories are
fresh: they begin some hours ahead of the period, so that what thins and hides knows what went before, and the run goes
on behind the end, so that what is only told later is known as such. Partners count as read all the time; what was told
in truth, and earlier rules, do not matter. Word lists, agreements and partners are those of now. Rules that look at the
age of a row are asked once a minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from kizuna.base.table import Table
from kizuna.base.units import DAY_MS, HOUR_MS, MINUTE_MS, MISSING_TIME_MS
from kizuna.node.share.door import Door, Rows
from kizuna.node.share.lines import delays as delays_
from kizuna.node.share.lines.loops import KNOWN
from kizuna.node.share.preview.history import LATE_MS, History, Period, Rolling, fitted, received_ms
from kizuna.node.share.preview.said import Listener, Said
from kizuna.share import decide
from kizuna.share.publish import Candidates, Made, Memory, Offer, publish
from kizuna.share.publish.run import EVENTS_REMEMBERED_MS, GONE
from kizuna.share.rules.rule import Age, RuleSet
from kizuna.share.transforms.moment import tick_ms
from kizuna.share.transforms.steps import Delay

Ints = npt.NDArray[np.int64]
BESIDE_MOST_MS: Final = DAY_MS
"""The run begins and ends at most so far beside the period, for the sake of delays."""
POSITION: Final = "track.position"
Progress = Callable[[float], object]


def rehearse(
    door: Door, history: History, rules: Sequence[RuleSet], audiences: Sequence[str], period: Period,
    progress: Progress = lambda _share: None,
) -> tuple[Period, int, list[Mapping[str, Said]]]:  # fmt: skip
    """What each rule set would have told each audience, beside the period as it was looked at.

    Returns the period (cut where it holds too much), how many rows were observed in it, and for each rule set what was
    told by audience, also shortly before and after. ``progress`` is told the share that is done, 0 to 1. Raises
    InputError where rules name a zone or word list that the node does not hold.
    """
    run = _Rehearsal(door, rules, audiences)
    period = fitted(history, period, run.before_ms, len(audiences))
    known = _known_of(door)
    for kind, work in (
        ("event", run.events(history, period, known)),
        ("detection", run.detections(history, period, known)),
        (POSITION, run.positions(history, period)),
    ):
        for at_ms in work:
            if kind == POSITION:
                span = period.end_ms - period.start_ms
                progress(min(1.0, max(0.0, (at_ms - period.start_ms) / span)))
    return period, run.looked_at, [{a: heard.said() for a, heard in side.heard.items()} for side in run.sides]


class _Side:
    """One rule set: its memory and what it told."""

    def __init__(self, door: Door, rules: RuleSet, audiences: Sequence[str]) -> None:
        self._door, self._rules = door, rules
        self._audiences = [a for a in audiences if a in rules.audiences]
        self._memory = Memory()
        self.heard = {a: Listener() for a in audiences}

    def begin(self, kind: str, at_ms: int) -> None:
        self._memory = self._memory.looked(self._audiences, kind, at_ms)

    def tell(self, found: Sequence[Candidates], kind: str, until_ms: int) -> None:
        """One run of the door, as of ``until_ms``."""
        setting = replace(self._door.house.setting(), now_ms=until_ms)
        asked = [
            Offer(c, {a: decide.batch(self._rules, c.columns, a, setting) for a in self._audiences}) for c in found
        ]
        made: list[Made] = []
        told = publish(asked, self._memory, until_ms, self._door.shop, self._rules, made.append)
        self._memory = told.memory.looked(self._audiences, kind, until_ms)
        batches, held = self._door.house.lexicons.screen(told.batches, setting.who)
        free = frozenset(d for b in batches for d in b.records) if held else None
        for one in made:
            self.heard[one.audience].add(one, free)


class _Rehearsal:
    def __init__(self, door: Door, rules: Sequence[RuleSet], audiences: Sequence[str]) -> None:
        self._door = door
        self.sides = [_Side(door, one, audiences) for one in rules]
        self.looked_at = 0
        self._delays: tuple[Delay, ...] = tuple(dict.fromkeys(d for one in rules for d in delays_.delays_of(one)))
        self._reach_ms = min(delays_.horizon_ms(self._delays), BESIDE_MOST_MS)
        ages = any(isinstance(c, Age) for one in rules for r in one.rules for c in r.conditions)
        self._step_ms = MINUTE_MS if ages else HOUR_MS
        self.before_ms = LATE_MS + self._reach_ms

    def positions(self, history: History, period: Period) -> Iterator[int]:
        """Run over positions; yields the time that was reached."""
        rows = Rolling(history.fixes, received_ms, period)
        yield from self._through(rows, POSITION, period, lambda t: Rows(fixes=_heard(t)))

    def detections(self, history: History, period: Period, known: Mapping[str, Any]) -> Iterator[int]:
        """Run over detections."""
        since = known.get("detections", {})

        def known_ms(rows: Table) -> Ints:
            pairs = zip(rows["det_id"].tolist(), rows["time_ms"].tolist(), strict=True)
            return np.array([since.get(str(i), t) for i, t in pairs], np.int64)

        rows = Rolling(history.detections, known_ms, period)
        yield from self._through(rows, "detection", period, lambda t: Rows(detections=t, known_ms=known_ms(t)))

    def _through(self, rows: Rolling, kind: str, period: Period, offered: Callable[[Table], Rows]) -> Iterator[int]:
        """Step through the time: an hour at a time, each in the steps that the rules ask for."""
        first_ms, last_ms = period.start_ms - self.before_ms, period.end_ms + self._reach_ms
        self._begin(kind, first_ms)
        for hour_ms in range(first_ms, last_ms, HOUR_MS):
            end_ms = min(hour_ms + HOUR_MS, last_ms)
            found = rows.due(self._delays, hour_ms, end_ms)
            if found is None:
                yield end_ms
                continue
            for at_ms in range(hour_ms, end_ms, self._step_ms):
                until_ms = min(at_ms + self._step_ms, end_ms)
                part = found if self._step_ms == HOUR_MS else rows.of(found, self._delays, at_ms, until_ms)
                if len(part):
                    self._tell(offered(part), kind, until_ms)
            yield end_ms
        self.looked_at += rows.looked_at

    def events(self, history: History, period: Period, known: Mapping[str, Any]) -> Iterator[int]:
        """Run over events: at each time the newest version that was known then."""
        events = history.events(period.start_ms - EVENTS_REMEMBERED_MS)
        if not len(events):
            return
        known_ms, when = _versions(events, known.get("events", {})), _when(events)
        self._begin("event", period.start_ms - EVENTS_REMEMBERED_MS)
        first_ms, last_ms = period.start_ms - self.before_ms, period.end_ms + self._reach_ms
        ids = np.unique(np.array(events["event_id"].to_pylist(), np.object_), return_inverse=True)[1]
        words = events.codes_of("status")
        gone = np.isin(events["status"], [k for k, w in enumerate(words) if w in GONE]) & (known_ms > first_ms)
        asked = np.isin(ids, ids[gone]) | (np.maximum(when, known_ms) > first_ms - self._reach_ms)
        asked &= (known_ms <= period.end_ms) & (when < period.end_ms)
        self.looked_at += int(np.count_nonzero(asked & (np.maximum(when, known_ms) > period.start_ms)))
        rows = np.flatnonzero(asked)
        events, known_ms, when, ids = events.take(rows), known_ms[rows], when[rows], ids[rows]
        before_ms = period.start_ms - EVENTS_REMEMBERED_MS
        cuts = {
            *range(first_ms, last_ms, self._step_ms),
            last_ms,
            *_between(ids, known_ms, when, self._delays, first_ms),
        }
        for until_ms in sorted(c for c in cuts if c <= last_ms):
            now = _newest_by(ids, known_ms, until_ms)
            now = now[delays_.due(when[now], known_ms[now], self._delays, before_ms, until_ms)]
            if len(now):
                self._tell(Rows(events=events.take(now), known_ms=known_ms[now]), "event", until_ms)
            before_ms = until_ms
            yield until_ms

    def _begin(self, kind: str, at_ms: int) -> None:
        for side in self.sides:
            side.begin(kind, at_ms)

    def _tell(self, rows: Rows, kind: str, until_ms: int) -> None:
        found = self._door.candidates(rows, until_ms)
        for side in self.sides:
            side.tell(found, kind, until_ms)


def _heard(fixes: Table) -> Table:
    return fixes.replace(received_ms=received_ms(fixes))


def _known_of(door: Door) -> Mapping[str, Any]:
    """Since when this node knew its newer events (version and time by id) and detections (time by id)."""
    held = door.house.shared.notes.get(KNOWN)
    found: Mapping[str, Any] = msgspec.json.decode(held) if held else {}
    return found


def _when(events: Table) -> Ints:
    found: Ints = np.where(events["end_ms"] != MISSING_TIME_MS, events["end_ms"], events["start_ms"])
    return found


def _versions(events: Table, noted: Mapping[str, Sequence[int]]) -> Ints:
    """When each version was known: as noted; else at its end, or while it is open as far as it had lasted."""
    lasted = np.where(np.isfinite(events["duration_h"]), events["duration_h"], 0.0) * HOUR_MS
    closed = events["end_ms"] != MISSING_TIME_MS
    out: Ints = np.where(closed, events["end_ms"], events["start_ms"] + lasted.astype(np.int64))
    names, versions = events["event_id"].to_pylist(), events["version"].tolist()
    for k, (name, version) in enumerate(zip(names, versions, strict=True)):
        said = noted.get(name)
        if said is not None and said[0] == version:
            out[k] = said[1]
    latest: dict[str, int] = {}
    for k in np.argsort(events["version"], kind="stable").tolist():
        out[k] = latest[names[k]] = max(int(out[k]), latest.get(names[k], int(out[k])))
    return out


def _newest_by(ids: Ints, known_ms: Ints, until_ms: int) -> Ints:
    """Rows of the newest version of each event that was known by then; versions of one event are in order."""
    rows = np.flatnonzero(known_ms <= until_ms)
    order = rows[np.lexsort((rows, known_ms[rows], ids[rows]))]
    last = np.ones(len(order), np.bool_)
    last[:-1] = ids[order][1:] != ids[order][:-1]
    found: Ints = np.sort(order[last])
    return found


def _between(ids: Ints, known_ms: Ints, when: Ints, delays: Sequence[Delay], first_ms: int) -> list[int]:
    """Times at which a step must end: after a version of an event comes due, before the next version is known."""
    order = np.lexsort((np.arange(len(ids)), known_ms, ids))
    same = ids[order][1:] == ids[order][:-1]
    earlier, later = order[:-1][same], order[1:][same]
    needed: list[tuple[int, int]] = []
    for delay in delays:
        ticks = tick_ms(when[earlier], known_ms[earlier], delay)
        needed += zip((known_ms[later] - 1).tolist(), ticks.tolist(), strict=True)
    cuts = [first_ms]
    for end_ms, due_ms in sorted(needed):
        if cuts[-1] < due_ms <= end_ms:
            cuts.append(end_ms)
    return cuts
