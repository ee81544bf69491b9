"""Detection beside the intake: one thread feeds the live engine with what was stored and puts its events in the store.

The state of the engine is saved from time to time, with the versions of the store that it covers. After a crash the
thread takes up the saved state and feeds what the store holds beyond it, each message once, by its id. Events told
after the save are taken into the story before anything new is told, so that no version is given twice.

The intake does not wait for that: what it stores meanwhile waits in a queue, and what was in the store already when it
was read is left out of it, by id. Nothing heavy is loaded before the thread runs, so that a node that starts answers
and stores first.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from kizuna.base.errors import ConfigError, KizunaError, UnavailableError
from kizuna.base.table import Array, Table, concat
from kizuna.base.units import HOUR_MS, MISSING_TIME_MS
from kizuna.engines.live.params import LiveParams
from kizuna.events.table import EVENT_TYPES
from kizuna.node.origin import own_rows
from kizuna.node.service.clocks import Clock
from kizuna.node.service.health import Health
from kizuna.node.service.storing import NodeStore
from kizuna.sources.batch import Batch, nothing

if TYPE_CHECKING:
    from pathlib import Path

    from kizuna.engines.live.engine import LiveEngine
    from kizuna.engines.live.settling import Begun, Settled
    from kizuna.engines.live.state import Snapshot, Store
    from kizuna.events.params import Settings
    from kizuna.events.surroundings import Surroundings

ROWS_AT_ONCE: Final = 2_000
WAITING_MOST: Final = 1_000_000
"""Rows that may wait for detection before the intake waits for it: some seconds of settling at 50,000 a second."""
ADVANCE_S: Final = 1.0
_CAUGHT_AT_ONCE: Final = 20_000
_REBUILT_H: Final = 48.0
_FAR_MS: Final = 1 << 52
_DARK: Final = EVENT_TYPES.index("dark_detection")
_LOG: Final = logging.getLogger("kizuna.node.detection")


@dataclass(frozen=True, slots=True)
class Rules:
    """What events depend on."""

    settings: Settings
    surroundings: Surroundings
    live: LiveParams


class Detection:
    """The thread's work."""

    def __init__(
        self, keep: NodeStore, directory: Path, rules: Callable[[], Rules], clock: Clock, health: Health, *,
        save_s: float, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.alive_s = monotonic()
        self.lag_s = 0.0
        self.ready = False
        """Whether the engine is there: made anew or taken up."""
        self._keep, self._directory, self._given, self._clock, self._health = keep, directory, rules, clock, health
        self._state: Store
        self._rules: Rules
        self._save_s, self._monotonic = save_s, monotonic
        self._waiting: deque[tuple[Batch, int, float]] = deque()
        self._rows = 0
        self._change = threading.Condition()
        self._stopping = False
        self._partial = False
        self._covered = 0  # version of the picture that the engine has seen
        self._saved_s = monotonic()
        self._advanced_s = monotonic()
        self._unsaid: list[Table] = []  # events that the store could not take yet
        self._behind: tuple[Table, Table] | None = None
        self._read: tuple[int, Array, Array] | None = None  # picture when the store was read, ids read then
        self._engine: LiveEngine
        self._writer = ThreadPoolExecutor(1, "detection state")
        self._writing: Future[None] | None = None
        self._settler = ThreadPoolExecutor(1, "settling")
        self._settling: tuple[Begun, Future[Settled]] | None = None

    # ---- called by others -----------------------------------------------------------------------------------------
    def prepare(self) -> None:
        """Take up the saved state and read what the store holds beyond it; the intake may go on meanwhile."""
        from kizuna.engines.live.state import Store  # noqa: PLC0415  the engine is loaded when the node is up

        self._state, self._rules = Store(self._directory), self._given()
        engine, seen = self._taken_up()
        engine.apart = True
        self._engine = engine
        now = self._keep.versions()
        self._covered = now.picture
        if seen != now.picture and now.newest_ms != MISSING_TIME_MS:
            self._behind = fixes, statics = self._beyond()
            self._read = self._keep.versions().picture, fixes["msg_id"], statics["msg_id"]
        self.ready = True

    def take(self, batch: Batch, version: int) -> None:
        """A batch was stored; waits while too much waits already."""
        rows = len(batch.fixes) + len(batch.statics)
        with self._change:
            while self._rows > WAITING_MOST and not self._stopping:
                self._change.wait(0.5)
            self._waiting.append((batch, version, self._monotonic()))
            self._rows += rows
            self._change.notify_all()

    def stop(self) -> None:
        """Finish what waits, save, end."""
        with self._change:
            self._stopping = True
            self._change.notify_all()

    @property
    def rows_waiting(self) -> int:
        """Rows stored but not yet looked at."""
        return self._rows

    # ---- the thread -----------------------------------------------------------------------------------------------
    def run(self) -> None:
        """Detect until the node stops."""
        self.prepare()
        self._catch_up()
        while True:
            self.alive_s = self._monotonic()
            batch, version, came_s = self._next()
            if batch is not None:
                self._feed(self._unread(batch, version))
                self._covered = version
                self.lag_s = self._monotonic() - came_s
            elif self._stopping:
                break
            self._advance()
            self._settle()
            self._put()
            if self._monotonic() - self._saved_s >= self._save_s:
                self.save()
        self._settle(wait=True)
        self._put()
        if self._writing is not None:
            self._writing.result()
        self.save()
        self._settler.shutdown(wait=True)
        self._writer.shutdown(wait=True)

    def save(self) -> None:
        """Write the state; what could not be written is tried again later."""
        self._saved_s = self._monotonic()
        if self._unsaid or (self._writing is not None and not self._writing.done()):
            return  # the state must not know of events that the store does not
        versions = self._keep.versions()
        covered = -1 if self._partial else self._covered
        self._state.extra = {"picture": covered, "events": versions.events, "clock_ms": self._engine.clock_ms}
        self._writing = self._writer.submit(self._write, self._state.taken(self._engine))

    def _write(self, snapshot: Snapshot) -> None:
        """On a thread of its own: waiting for the disk must not hold up alerts."""
        try:
            self._state.write(snapshot)
        except UnavailableError as exc:
            if self._health.trouble("detection state", str(exc)):
                _LOG.error("the state of detection cannot be saved: %s", exc)
        else:
            self._health.trouble("detection state", "")

    def _next(self) -> tuple[Batch | None, int, float]:
        with self._change:
            if not self._waiting and not self._stopping:
                self._change.wait(ADVANCE_S / 2)
            if not self._waiting:
                return None, 0, 0.0
            batch, version, came_s = self._waiting.popleft()
            self._rows -= len(batch.fixes) + len(batch.statics)
            self._change.notify_all()
            return batch, version, came_s

    def _feed(self, batch: Batch) -> None:
        fixes = batch.fixes
        for start in range(0, max(len(fixes), 1), ROWS_AT_ONCE):
            part = fixes.slice(start, min(start + ROWS_AT_ONCE, len(fixes)))
            changed = self._engine.feed(part, None if start else batch.statics)
            if len(changed):
                self._unsaid.append(changed)
                self._put()
            self.alive_s = self._monotonic()
        if self._engine.clock_ms != MISSING_TIME_MS:
            self._clock.heard(self._engine.clock_ms)

    def _unread(self, batch: Batch, version: int) -> Batch:
        """A batch without what was in the store already when it was read at the start."""
        if self._read is None:
            return batch
        until, fixes, statics = self._read
        if version > until:
            self._read = None
            return batch
        return Batch(
            batch.fixes.take(~np.isin(batch.fixes["msg_id"], fixes)),
            batch.statics.take(~np.isin(batch.statics["msg_id"], statics)), batch.others, batch.rejects, batch.counts,
        )  # fmt: skip

    def _advance(self) -> None:
        """Let silences grow: by the clock of the machine only; an exercise brings its time with its messages."""
        now_s = self._monotonic()
        if now_s - self._advanced_s < ADVANCE_S or self._clock.received_ms() is None:
            return
        self._advanced_s = now_s
        if self._engine.clock_ms != MISSING_TIME_MS:
            changed = self._engine.advance(self._clock.now_ms())
            if len(changed):
                self._unsaid.append(changed)

    def _settle(self, *, wait: bool = False) -> None:
        """Work all events out anew on a thread of its own, so that alerts do not wait for it; take up what is done."""
        from kizuna.engines.live.settling import settled_apart  # noqa: PLC0415  loaded long ago

        if self._settling is not None and (wait or self._settling[1].done()):
            begun, found = self._settling
            self._settling = None
            changed = self._engine.end_settling(begun, found.result())
            if len(changed):
                self._unsaid.append(changed)
        if self._settling is None and not wait and self._engine.settling_due:
            begun = self._engine.begin_settling()
            rules = self._rules
            found_apart = self._settler.submit(settled_apart, begun, rules.settings, rules.surroundings)
            self._settling = begun, found_apart

    def _put(self) -> None:
        """Events into the store, in their order; those that it cannot take now wait."""
        while self._unsaid:
            try:
                self._keep.put_events(self._unsaid[0])
            except UnavailableError as exc:
                if self._health.trouble("events", str(exc)):
                    _LOG.critical("events cannot be stored: %s", exc)
                return
            self._unsaid.pop(0)
        if self._health.trouble("events", ""):
            _LOG.warning("events are stored again")

    # ---- after a start --------------------------------------------------------------------------------------------
    def _taken_up(self) -> tuple[LiveEngine, int]:
        """The engine as saved and the version of the picture it covers; a new one where settings have changed."""
        from kizuna.engines.live.engine import LiveEngine  # noqa: PLC0415
        from kizuna.engines.live.state import Store  # noqa: PLC0415

        rules = self._rules
        if self._state.exists():
            try:
                engine = self._state.restore(rules.settings, rules.surroundings, rules.live)
            except ConfigError as exc:
                _LOG.warning("detection begins anew with the rows of the last %g h: %s", rules.live.keep_h, exc)
            except KizunaError as exc:
                _LOG.error("the state of detection cannot be used, it begins anew: %s", exc)
            else:
                self._hear_of_events(engine, int(self._state.extra["events"]))
                return engine, int(self._state.extra["picture"])
            self._state = Store(self._state.directory)
        engine = LiveEngine(rules.settings, rules.surroundings, rules.live)
        newest_ms = self._keep.versions().newest_ms
        if newest_ms != MISSING_TIME_MS:  # what was told of older rows stays as it was told
            engine.begin_at(self._rows_from(engine))
            self._hear_of_events(engine, 0)
        return engine, -1

    def _rows_from(self, engine: LiveEngine) -> int:
        """Time from which rows of the store may be unknown to the engine."""
        if engine.clock_ms == MISSING_TIME_MS:
            return self._keep.versions().newest_ms - round((self._rules.live.keep_h or _REBUILT_H) * HOUR_MS)
        return engine.watermark_ms - round(self._rules.live.ahead_h * HOUR_MS)

    def _hear_of_events(self, engine: LiveEngine, since: int) -> None:
        """What was told after the state was saved belongs to the story."""
        told = self._keep.events(since_version=since, every_version=True)
        # matching tells dark detections, and remembers them itself; what partners told is no story of ours
        told = own_rows(told.take(told["event_type"] != _DARK))
        if not len(told):
            return
        known = {key for table in engine.told.tables for key in _keys(table)}
        new = np.array([key not in known for key in _keys(told)], np.bool_)
        if new.any():
            order = np.argsort(told["version"][new], kind="stable")
            more = told.take(np.flatnonzero(new)[order])
            before = engine.told.tables
            engine.told.restore(concat([*before, more]) if before else more)

    def _beyond(self) -> tuple[Table, Table]:
        """Rows of the store that the engine has not seen, in the order heard as far as that is known."""
        engine = self._engine
        start_ms = self._rows_from(engine)
        fixes = own_rows(self._keep.messages("fixes", None, start_ms, _FAR_MS))
        statics = self._keep.messages("statics", None, start_ms, _FAR_MS)
        seen = np.concatenate([engine.kept.fixes["msg_id"], engine.kept.late.view()["msg_id"]])
        fixes = fixes.take(np.flatnonzero(~np.isin(fixes["msg_id"], seen)))
        statics = statics.take(np.flatnonzero(~np.isin(statics["msg_id"], engine.kept.statics["msg_id"])))
        return _as_heard(fixes), _as_heard(statics)

    def _catch_up(self) -> None:
        if self._behind is None:
            return
        fixes, statics = self._behind
        self._behind = None
        begun = self._monotonic()
        self._partial = True  # a state saved meanwhile does not cover what it says; the next start looks again, by ids
        for start in range(0, max(len(fixes), 1), _CAUGHT_AT_ONCE):
            part = fixes.slice(start, min(start + _CAUGHT_AT_ONCE, len(fixes)))
            self._feed(Batch(part, nothing().statics if start else statics, nothing().others, nothing().rejects, {}))
            self._settle()
            self._put()
            if self._stopping:
                return
            if self._monotonic() - self._saved_s >= self._save_s:
                self.save()
        self._partial = False
        _LOG.info("detection caught up with %d fixes in %.1f s", len(fixes), self._monotonic() - begun)


def _as_heard(table: Table) -> Table:
    """By time of receipt where it is known, else by time."""
    when = np.where(table["received_ms"] == MISSING_TIME_MS, table["time_ms"], table["received_ms"])
    return table.take(np.lexsort((table["msg_id"], when)))


def _keys(events: Table) -> list[tuple[str, int, int]]:
    """What tells one thing told from another; a retraction has the version of what it retracts."""
    return list(zip(events["event_id"].to_pylist(), events["version"].tolist(), events["status"].tolist(), strict=True))
