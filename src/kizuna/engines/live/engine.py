"""The live engine: messages in, changes of events out; in the end the same events as a run over the file.

How it keeps that promise. Every fix is kept. The *watch* (``kernels.watch``, ``kernels.meet``) carries a state of a few
numbers a vessel and costs some microseconds a message; it says where an event may have begun or ended. Those vessels
are *looked at* at once: the detectors of the batch run work on their rows, and what they find is told as ``open``. From
time to time all events are *settled*: the same detectors work on all rows. What ended before the *watermark* (the
newest time less the lateness) is then told as ``closed``. So an event can be early and preliminary, but what is closed
was found by the code, and from the rows, of the batch run; how the rows came makes no difference.

Rules kept here. Nothing reads a clock: time passes with the fixes, and with ``advance``. A fix later than the lateness
allows is counted and set aside in ``kept.late``. Every row goes in once; ``save`` may come between any two calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, Final

import numpy as np

from kizuna.base.errors import InputError
from kizuna.base.table import Array, Table, concat, empty
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS, NM_M
from kizuna.engines.live.kept import Kept
from kizuna.engines.live.lookout import Lookout
from kizuna.engines.live.params import LiveParams
from kizuna.engines.live.settling import Begun, Settled, work_out
from kizuna.engines.live.told import Told, gaps_of
from kizuna.events.detect import detect_all
from kizuna.events.kernels import watch as w
from kizuna.events.params import Settings
from kizuna.events.surroundings import NOTHING_KNOWN, Surroundings
from kizuna.events.table import EVENTS
from kizuna.tracks import identity
from kizuna.tracks.reception import Reception
from kizuna.tracks.segment import segment

_GUARD_MS: Final = 24 * HOUR_MS
"""What the start of an event rests on lies at most so long before it."""
_HOLD: Final = 3


@dataclass(slots=True)
class Counts:
    """What became of the rows, for people."""

    fixes: int = 0
    late: int = 0
    refused: int = 0
    looks: int = 0
    deferred: int = 0
    settlings: int = 0
    let_go: int = 0

    def as_dict(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


@dataclass(slots=True)
class LiveEngine:
    """One stream. ``surroundings`` are given and stay: coast, imported anchorages, zones; reception is counted here."""

    settings: Settings = field(default_factory=Settings)
    surroundings: Surroundings = NOTHING_KNOWN
    params: LiveParams = field(default_factory=LiveParams)
    apart: bool = False
    """Whether whoever runs the engine settles on another thread, so that looks need not wait for it."""
    kept: Kept = field(init=False)
    told: Told = field(init=False)
    counts: Counts = field(init=False)
    _lookout: Lookout = field(init=False)
    _reception: Reception | None = field(init=False, default=None)
    _weights: Array = field(init=False)
    _credit: float = field(init=False)
    _settle_at_ms: int = field(init=False, default=MISSING_TIME_MS)
    _now_ms: int = field(init=False, default=MISSING_TIME_MS)
    _cut_ms: int = field(init=False, default=MISSING_TIME_MS)
    _context: str = field(init=False, default="")
    _closed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Begin with nothing heard."""
        self.kept, self.told, self.counts = Kept(), Told(self.settings), Counts()
        self._lookout = Lookout(self.settings, self.params)
        self._credit = float(self.params.burst)
        n = len(self.surroundings.zones) if self.surroundings.zones is not None else 0
        self._weights = (np.arange(1, n + 1, dtype=np.int64) * 0x9E3779B97F4A7C1) >> 4

    @property
    def clock_ms(self) -> int:
        """Time of the stream; missing before the first fix."""
        return self._lookout.clock_ms

    @property
    def context(self) -> str:
        """Context of all rows (real, exercise, test); empty before there are any."""
        return self._context

    @property
    def watermark_ms(self) -> int:
        """Before this nothing can change any more; missing before the first fix."""
        clock_ms = self.clock_ms
        return clock_ms if clock_ms == MISSING_TIME_MS else clock_ms - self.params.lateness_ms

    def feed(self, fixes: Table, statics: Table | None = None) -> Table:
        """Take what came in; gives the events that changed, each with its version.

        Raises InputError for rows of another context (real, exercise, test) than those before, and after ``close``.
        """
        self._check(fixes, statics)
        if statics is not None:
            self.kept.add_statics(statics)
        targets: set[int] = set()
        at_once = self._lookout.at_once
        if 0 < len(fixes) <= at_once:
            targets = self._take(fixes)
        else:
            for start in range(0, len(fixes), at_once):
                targets |= self._take(fixes.slice(start, min(start + at_once, len(fixes))))
        return self._pass(targets, max(self.clock_ms, self._now_ms))

    def advance(self, now_ms: int) -> Table:
        """Let time pass without a message: silences grow into gaps. Gives the events that changed."""
        self._now_ms = max(self._now_ms, now_ms)
        return self._pass(set(), self._now_ms)

    @property
    def settling_due(self) -> bool:
        """Whether all events should be worked out anew; only with ``apart``, else that is done by itself."""
        return (
            self.apart and self.clock_ms != MISSING_TIME_MS and self.clock_ms >= self._settle_at_ms != MISSING_TIME_MS
        )

    def begin_settling(self) -> Begun:
        """All rows for ``settling.work_out`` on another thread, held until ``end_settling`` takes what it gives."""
        self._settle_at_ms = self.clock_ms + self.params.settle_ms
        over = self._now_ms if self._now_ms > self.clock_ms else None
        return Begun(self.kept.hold(), self.kept.statics_in_parts, self.watermark_ms, over, len(self.told.tables))

    def end_settling(self, begun: Begun, found: Settled) -> Table:
        """Take up what was worked out of the rows as they were; gives the events that changed."""
        begun.held.release()
        settled = self._whole(found)
        self.counts.settlings += 1
        gone_ms = self._gone_ms if self.kept.generation else None
        changed = self.told.settle(settled.events, begun.watermark_ms, gone_ms, since=begun.told)
        self._note_gaps(settled.events)
        self._let_go()
        return changed

    def settle(self) -> Table:
        """Work out all events now; gives those that changed."""
        return self._settle(self.watermark_ms)[0]

    def events(self) -> Table:
        """The events of all rows so far, as a run over them gives them."""
        return self.settled().events

    def close(self) -> tuple[Table, Settled]:
        """The stream is over and nothing comes late any more: the last changes, and the result."""
        changed, settled = self._settle(None)
        self._closed = True
        return changed, settled

    def settled(self, data_end_ms: int | None = None) -> Settled:
        """Tracks, identities and events of all rows so far. Must not be held while rows are added."""
        return self._whole(work_out(
            self.kept.fixes, self.kept.statics, self.settings, self.surroundings, data_end_ms
        ))  # fmt: skip

    def _whole(self, found: Settled) -> Settled:
        """With the events whose rows are gone; what the looks need of it is noted."""
        self._reception = found.surroundings.reception
        if not self.kept.generation:
            return found
        return found._replace(events=self.told.with_closed(found.events, self._cut_ms + _GUARD_MS, self._gone_ms))

    def arrays(self) -> dict[str, Array]:
        """The carried state of the watch, for saving."""
        return self._lookout.arrays()

    def numbers(self) -> dict[str, Any]:
        """What else must be saved beside the rows and what was told."""
        return {
            "credit": self._credit, "settle_at_ms": self._settle_at_ms, "now_ms": self._now_ms,
            "context": self._context, "counts": self.counts.as_dict(), "cut_ms": self._cut_ms,
            "generation": self.kept.generation,
        }  # fmt: skip

    def take_up(self, tables: dict[str, Table], arrays: dict[str, Array], numbers: dict[str, Any]) -> None:
        """Go on with what was saved; only right after the engine was made."""
        self.kept.take_up(tables)
        self.told.restore(tables["told"])
        self._lookout.take_up(arrays)
        self._credit, self._context = float(numbers["credit"]), str(numbers["context"])
        self._settle_at_ms, self._now_ms = int(numbers["settle_at_ms"]), int(numbers["now_ms"])
        self._cut_ms, self.kept.generation = int(numbers["cut_ms"]), int(numbers["generation"])
        self.counts = Counts(**numbers["counts"])
        if len(self.kept):
            self.settled()  # for the counts of reception

    def begin_at(self, cut_ms: int) -> None:
        """Rows before this time will not be given, as if they had been let go; only right after the engine was made.

        What was told of them (see ``told.restore``) stays as it was told, and what the cut left of an older event is
        not told as a new one.
        """
        self._cut_ms, self.kept.generation = cut_ms, 1

    def _check(self, fixes: Table, statics: Table | None) -> None:
        if self._closed:
            raise InputError("the stream was closed", hint="begin a new one")
        for table in (fixes, statics):
            if table is None or not len(table):
                continue
            words = table.codes_of("context")
            used = set(words) if len(words) == 1 else {words[c] for c in np.unique(table["context"]).tolist() if c >= 0}
            if self._context:
                used.add(self._context)
            if len(used) > 1:
                raise InputError(f"the stream mixes the contexts {' and '.join(sorted(used))}", hint="run them apart")
            self._context = next(iter(used), "")

    def _take(self, fixes: Table) -> set[int]:
        seen = self._lookout.take(fixes, self._signature(fixes), self._near_port(fixes))
        before = seen.before
        if (seen.taken != 1).any():
            self.kept.late.add(fixes.take(seen.taken == -1))
            self.counts.late = int(self._lookout.c[w.LATE])
            self.counts.refused = int(self._lookout.c[w.REFUSED])
            fixes, before = fixes.take(seen.taken == 1), before[seen.taken == 1]
        self.kept.add(fixes, before)
        self.counts.fixes += len(fixes)
        self._credit = min(self._credit + len(fixes) / self.params.rows_per_look, float(self.params.burst))
        return self._wanted(seen.hints) | self._met(seen.entries, seen.places)

    def _signature(self, fixes: Table) -> Array:
        """One number for the zones that each fix is in; 0 for none."""
        sig = np.zeros(len(fixes), np.int64)
        if len(self._weights):
            zones = self.surroundings.zones
            assert zones is not None
            row, zone = zones.memberships(fixes["lat_deg"], fixes["lon_deg"])
            if len(row):
                np.add.at(sig, row, self._weights[zone])
        return sig

    def _near_port(self, fixes: Table) -> Array:
        near = np.zeros(len(fixes), np.int8)
        ports, p = self.surroundings.ports, self.settings.port_visits
        if ports is not None and len(ports):
            _, apart_m = ports.nearest(fixes["lat_deg"], fixes["lon_deg"], p.leave_m)
            near[apart_m < p.leave_m] = w.AT_RIM  # NaN is far
            near[apart_m <= p.enter_m] = w.INSIDE
        return near

    def _wanted(self, hints: Array) -> set[int]:
        """Vessels to look at; slow ones only where loitering may be far enough from shore, or was told."""
        if not len(hints):
            return set()
        kind = hints[:, 0]
        wanted = (kind != w.SLOW) & (kind != w.SLOW_ENDED)
        slow = np.flatnonzero(kind == w.SLOW)
        if len(slow):
            wanted[slow] = self._far_out(hints[slow, 2])
        for k in np.flatnonzero(kind == w.SLOW_ENDED).tolist():
            wanted[k] = self.told.in_force("loitering", (int(self._lookout.vessels[hints[k, 1], w.MMSI]),))
        return set(hints[wanted, 1].tolist())

    def _far_out(self, lanes: Array) -> Array:
        """Whether lanes are so far from shore that loitering may count; true where no coast is known."""
        lat, lon = (np.ascontiguousarray(self._lookout.floats[lanes, k]) for k in (w.LAT, w.LON))
        p = self.settings.loitering
        least_m = (p.shore_min_nm - p.speed_max_kn * p.duration_min_h) * NM_M
        return np.asarray(~(self.surroundings.shore(lat, lon) < least_m))

    def _met(self, entries: Array, places: Array) -> set[int]:
        if not len(entries):
            return set()
        allowed = np.ones(len(entries), np.bool_)
        if self.surroundings.in_anchorage is not None:
            allowed = ~np.asarray(self.surroundings.in_anchorage(places[:, 0].copy(), places[:, 1].copy()), np.bool_)
        out: set[int] = set()
        number = self._lookout.vessels[:, w.MMSI]
        for a, b in self._lookout.meet(entries, places, allowed).tolist():
            pair = sorted((int(number[a]), int(number[b])))
            if not self.told.in_force("encounter", (pair[0], pair[1])):
                out |= {a, b}
        return out

    def _pass(self, targets: set[int], now_ms: int) -> Table:
        """Look where it is worth it, settle when it is time."""
        targets |= set(self._lookout.overdue(now_ms)[:, 1].tolist())
        parts = []
        if targets:
            parts.append(self._look(targets, now_ms))
        if self.clock_ms != MISSING_TIME_MS:
            if self._settle_at_ms == MISSING_TIME_MS:
                self._settle_at_ms = self.clock_ms + self.params.settle_ms
            elif self.clock_ms >= self._settle_at_ms and not self.apart:
                parts.append(self.settle())
                self._let_go()
        return changes(parts)

    def _look(self, targets: set[int], now_ms: int) -> Table:
        if self._credit < len(targets):
            some = set(sorted(targets)[: int(self._credit)])
            self.counts.deferred += len(targets) - len(some)
            if not some:
                return nothing()
            targets = some
        self._credit -= len(targets)
        self.counts.looks += len(targets)
        vessels = self._lookout.vessels
        wanted = sorted(targets)
        fixes = self.kept.fixes_of(vessels[wanted, w.HEAD].tolist())
        statics = self.kept.statics_of(np.sort(vessels[wanted, w.MMSI]))
        tracks = identity.join(segment(fixes, self.settings.segment), statics, self.settings.identity)
        around = replace(self.surroundings, reception=self._reception, data_end_ms=now_ms)
        found = detect_all(tracks, self.settings, around)
        if self.kept.generation:
            found = self.told.unspoilt(found, self._cut_ms + _GUARD_MS)
        changed = self.told.look(found, set(vessels[wanted, w.MMSI].tolist()))
        self._note_gaps(changed)
        return changed

    def _settle(self, watermark_ms: int | None) -> tuple[Table, Settled]:
        over = self._now_ms if watermark_ms is not None and self._now_ms > self.clock_ms else None
        settled = self.settled(over)
        self.counts.settlings += 1
        gone_ms = self._gone_ms if self.kept.generation else None
        changed = self.told.settle(settled.events, watermark_ms, gone_ms)
        if watermark_ms is not None and watermark_ms != MISSING_TIME_MS:
            self._settle_at_ms = self.clock_ms + self.params.settle_ms
            self._note_gaps(settled.events)
        return changed, settled

    @property
    def _gone_ms(self) -> int:
        """Events that go on hold their rows for three times the time that rows are kept, and no longer."""
        return self._cut_ms - _HOLD * self.params.keep_ms

    def _let_go(self) -> None:
        """Let rows go that are older than they must be kept; seldom, because what stays is copied."""
        cut_ms = self.watermark_ms - self.params.keep_ms
        if self._cut_ms == MISSING_TIME_MS:
            self._cut_ms = self.watermark_ms
        if not self.params.keep_ms or cut_ms < self._cut_ms + self.params.keep_ms // 4:
            return
        self._cut_ms = cut_ms
        held = self.told.lasting(self._gone_ms)
        numbers = np.array(sorted(held), np.int64)
        least = np.array([min(held[m] - _GUARD_MS, cut_ms) for m in sorted(held)], np.int64)

        def stays(table: Table) -> Array:
            limit = np.full(len(table), cut_ms)
            if len(numbers):
                at = np.minimum(np.searchsorted(numbers, table["mmsi"]), len(numbers) - 1)
                limit = np.where(numbers[at] == table["mmsi"], least[at], cut_ms)
            return np.asarray(table["time_ms"] >= limit)

        before = len(self.kept)
        self.kept.let_go(stays(self.kept.fixes), stays(self.kept.statics))
        self._lookout.let_go(self.kept.fixes["mmsi"])
        self.counts.let_go += before - len(self.kept)

    def _note_gaps(self, events: Table) -> None:
        self._lookout.note_gaps(*gaps_of(events, self.watermark_ms))


def changes(tables: Iterable[Table]) -> Table:
    """Changes one after the other, as one table."""
    full = [t for t in tables if len(t)]
    return concat(full) if full else nothing()


@cache
def nothing() -> Table:
    """No change; always the same table, because making one costs more than a message may."""
    return empty(EVENTS)
